"""The runs of a calibration: done by workers, each kept on disk as soon as it is done, so that a stop loses none."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from experiments.calibration.simulate import Job
from experiments.calibration.window import CalibrationError
from experiments.runs import files
from experiments.runs.pool import Pool
from experiments.runs.tasks import Progress
from sim.version import model_hash

PLAN = "plan.json"  # what was asked for; a folder holds one calibration


class Runs:
    """A folder with finished runs, a file each, and the workers that add to it.

    Parameters
    ----------
    folder : new, or left by a calibration that was stopped
    asked : what all of its runs are of, as plain data
    workers : number of threads, 1 or more
    progress : where progress is shown, by `say(text)`, `expect(runs)` and `done(count=runs)`; None: nowhere

    Raises
    ------
    CalibrationError : if the folder holds something else
    BadInput : if it cannot be written to
    """

    def __init__(self, folder: Path, asked: dict[str, Any], workers: int = 1, progress: Any = None):
        self.folder, self.workers, self.progress = folder, workers, progress or Progress()
        asked = {**asked, "model": model_hash()}
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            stored = _read(folder / PLAN)
            if stored is None:
                raise CalibrationError(f"{folder}: is in use for something else; name a new folder with --out")
            for key, value in asked.items():
                if stored.get(key) != value:
                    raise CalibrationError(
                        f"{folder}: holds a calibration of something else ({key}: {stored.get(key)}, now {value}); "
                        f"name another folder with --out"
                    )
        else:
            files.refuse_used(folder)
            files.write_json(folder / PLAN, asked)
        rows = ((path.stem, _read(path)) for path in (folder / "runs").glob("[!.]*.json"))
        self.done: dict[str, dict[str, Any]] = {
            key: row for key, row in rows if row and {"seconds", "result"} <= row.keys()
        }
        self.begun = time.perf_counter() - self.work / workers

    @property
    def work(self) -> float:
        """Seconds of work spent on the runs, over all workers."""
        return sum(row["seconds"] for row in self.done.values())

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning, those of earlier sessions among them."""
        return time.perf_counter() - self.begun

    def any(self, start: str) -> bool:
        """Whether there is a finished run whose key starts so."""
        return any(key.startswith(start) for key in self.done)

    def perform(
        self, jobs: list[Job], work: Callable[[Job], Any], least: int | None = None, until: float = 0.0
    ) -> list[Any]:
        """Results of the jobs, in their order; what is finished is not done again.

        Parameters
        ----------
        work : gives the result of a job as plain data; importable by the workers
        least : jobs to do whatever the time; None: all
        until : seconds since the beginning (`elapsed`) after which no further job is begun
        """
        taken = 0

        def left() -> Iterator[Job]:
            nonlocal taken
            for job in jobs:
                if least is not None and taken >= least and job.key not in self.done:
                    if self.elapsed > until:
                        return
                    self.progress.expect(1)
                taken += 1
                if job.key in self.done:
                    self.progress.done(count=1)
                else:
                    yield job

        Pool(min(self.workers, len(jobs) or 1)).run(left(), partial(_timed, work), self._settle)
        return [self.done[job.key]["result"] for job in jobs[:taken]]

    def _settle(self, job: Job, row: dict[str, Any]) -> None:
        path = files.write_json(self.folder / "runs" / f"{job.key}.json", row)
        self.done[job.key] = json.loads(path.read_bytes())
        self.progress.done(count=1)


def _timed(work: Callable[[Job], Any], job: Job) -> dict[str, Any]:
    begun = time.perf_counter()
    result = work(job)
    return {"seconds": time.perf_counter() - begun, "result": result}


def _read(path: Path) -> dict[str, Any] | None:
    """A file of JSON; None if there is none, or it is damaged."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
