"""Finished tasks, the result of each kept as a file of JSON, so that a stop loses none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.runs import files
from experiments.runs.pool import Pool
from experiments.runs.tasks import SILENT, Progress, telling_of_compiling
from sim import aside
from sim.compiled.compiling import compile_all
from sim.given import plain_json, read_bytes
from sim.version import model_hash

LONGEST = 1e9  # seconds of a task
LARGEST = 100_000_000  # bytes of the result of a task
PLAN = "plan.json"  # what was asked for; a folder is of one plan


class Journal:
    """A folder with the results of finished tasks, and the threads that add to it; to be used while it is `held`.

    Parameters
    ----------
    folder : new, or left by the same command that was stopped
    asked : what all of its tasks are of, as plain data
    workers : number of threads, 1 or more
    begun : when this session began (time.perf_counter, seconds); None: now

    Raises
    ------
    StoreError : if the folder holds something else
    OSError : if it cannot be written to
    """

    def __init__(
        self,
        folder: Path,
        asked: dict[str, Any],
        workers: int = 1,
        progress: Progress = SILENT,
        begun: float | None = None,
    ):
        self.folder, self.workers, self.progress = folder, workers, progress
        asked = {**asked, "model": model_hash()}
        if not (folder / PLAN).exists():
            files.refuse_used(folder)
            files.write_json(folder / PLAN, asked)
        stored = _read(folder / PLAN)
        for key, value in asked.items():
            if stored.get(key) != value:
                raise files.StoreError(
                    f"{folder}: holds runs of something else ({key}: {stored.get(key)}, now {value}); "
                    f"name another folder with --out"
                )
        there = [path for path in sorted((folder / "runs").glob("*")) if path.suffix != aside.END]
        rows = {path.name: _read(path) for path in there}
        self.done = {row["key"]: row for name, row in rows.items() if _is_row(row) and name == f"{row['key']}.json"}
        if others := [name for name in rows if name.removesuffix(".json") not in self.done]:
            names = ", ".join(map(repr, others))
            progress.note(f"Passed over in `{folder / 'runs'}`, being foreign or damaged: {names}")
        if self.done:
            progress.note(f"{len(self.done):,} finished runs are here already; going on")
        self.begun = (time.perf_counter() if begun is None else begun) - self.work / workers

    @property
    def work(self) -> float:
        """Seconds of work spent on the finished tasks, over all workers."""
        return sum(row["seconds"] for row in self.done.values())

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning, those of earlier sessions among them."""
        return time.perf_counter() - self.begun

    def perform(
        self, tasks: Sequence[Any], work: Callable[[Any], Any], least: int | None = None, until: float = 0.0
    ) -> list[Any]:
        """Results of the tasks, in their order; what is finished is not done again.

        Parameters
        ----------
        tasks : each with a `key` of its own, which names its file
        work : gives the result of a task as plain data
        least : tasks to do whatever the time; None: all
        until : seconds since the beginning (`elapsed`) after which no further task is begun
        """
        taken = 0

        def left() -> Iterator[Any]:
            nonlocal taken
            for task in tasks:
                if least is not None and taken >= least and task.key not in self.done:
                    if self.elapsed > until:
                        return
                    self.progress.expect(1)
                taken += 1
                if task.key in self.done:
                    self.progress.done()
                else:
                    yield task

        def timed(task: Any) -> dict[str, Any]:
            begun = time.perf_counter()
            result = work(task)
            return {"key": task.key, "seconds": time.perf_counter() - begun, "result": result}

        def settle(task: Any, row: dict[str, Any]) -> None:
            self.done[task.key] = _read(files.write_json(self.folder / "runs" / f"{task.key}.json", row))
            self.progress.done()

        with telling_of_compiling(self.progress):
            compile_all()  # once, and not by every thread
        Pool(min(self.workers, len(tasks) or 1)).run(left(), timed, settle)
        return [self.done[task.key]["result"] for task in tasks[:taken]]


def _is_row(row: dict[str, Any]) -> bool:
    """Whether this is what a finished task leaves; what is not is done again."""
    seconds: Any = row.get("seconds")
    return row.keys() == {"key", "seconds", "result"} and type(seconds) in (int, float) and 0 <= seconds < LONGEST


def _read(path: Path) -> dict[str, Any]:
    """A file of JSON; empty if it is damaged, or is no file."""
    try:
        content = plain_json(read_bytes(path, LARGEST))
    except (OSError, ValueError):
        content = None
    return content if isinstance(content, dict) else {}
