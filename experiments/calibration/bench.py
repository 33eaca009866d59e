"""The runs of a calibration: done by a crew, each kept on disk as soon as it is done, so that a stop loses none."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.calibration.simulate import Job, World
from experiments.calibration.window import CalibrationError
from experiments.runs.pool import Pool

RUNS = "runs.jsonl"  # one finished run a line
WORLD = "world.pickle"  # what all runs share, for the workers
PLAN = "plan.json"  # what was asked for; a folder holds one calibration


def nothing(count: int) -> None:
    """Tell nobody."""


@dataclass
class Bench:
    """A folder with finished runs, and the workers who add to it.

    Parameters
    ----------
    work : (seconds, result) of a job, the result as plain numbers; importable by the workers
    tell : called with how many runs are done or found
    """

    folder: Path
    workers: int = 1
    tell: Callable[[int], None] = nothing
    done: dict[tuple, tuple[float, Any]] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path, world: World, asked: dict[str, Any], workers: int, tell: Callable[[int], None]) -> Bench:
        """Open a folder, new or left by a calibration that was stopped.

        Raises
        ------
        CalibrationError : if the folder holds something else
        """
        plan = folder / PLAN
        if plan.exists():
            found = json.loads(plan.read_text())
            apart = [key for key in asked if found.get(key) != asked[key]]
            if apart:
                raise CalibrationError(
                    f"{folder}: holds a calibration of something else ({apart[0]}: {found.get(apart[0])}, now "
                    f"{asked[apart[0]]}); name another folder with --out"
                )
        elif folder.exists() and any(folder.iterdir()):
            raise CalibrationError(f"{folder}: is in use for something else; name a new folder with --out")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            plan.write_text(json.dumps(asked, indent=1))
        (folder / WORLD).write_bytes(pickle.dumps(world))
        bench = cls(folder, workers, tell)
        bench._read()
        return bench

    def _read(self) -> None:
        """Take up what is finished; a line that was cut off by a stop is dropped."""
        path = self.folder / RUNS
        if not path.exists():
            return
        text = path.read_text()
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            aside = path.with_suffix(".part")
            aside.write_text(whole)
            os.replace(aside, path)
        for line in whole.splitlines():
            row = json.loads(line)
            self.done[tuple(row["key"])] = row["seconds"], row["result"]

    def perform(self, jobs: list[Job], work: Callable[[Job], tuple[float, Any]]) -> list[Any]:
        """Results of the jobs, in their order; what is finished is not done again."""
        left = [job for job in jobs if job.key not in self.done]
        self.tell(len(jobs) - len(left))
        with (self.folder / RUNS).open("a") as file:

            def settle(job: Job, outcome: tuple[float, Any]) -> None:
                seconds, result = outcome
                json.dump({"key": job.key, "seconds": round(seconds, 4), "result": result}, file)
                file.write("\n")
                file.flush()
                self.done[job.key] = seconds, json.loads(json.dumps(result))
                self.tell(1)

            Pool(self.workers).run(left, work, settle)
        return [self.done[job.key][1] for job in jobs]

    def seconds(self, kind: tuple) -> float:
        """Seconds of work spent on runs whose key begins so, over all workers."""
        return sum(seconds for key, (seconds, _) in self.done.items() if key[: len(kind)] == kind)
