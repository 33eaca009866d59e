"""Sweeping: do every planned run of a study once, and go on after a stop.

Runs are grouped into batches of about a second's work. What is stored is what is done, and a sweep that goes on begins
with asking the store.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.runs import files, store, tasks
from experiments.runs.pool import Pool
from experiments.runs.tasks import SILENT, Batch, Done, Progress, RunFailed, Task
from experiments.stats.difference import precision
from experiments.study.design import Plan
from experiments.study.file import Study, StudyError
from sim.version import model_hash

if TYPE_CHECKING:
    import pandas as pd

BATCH_SECONDS = (1.0, 10.0)  # of work in a batch: at first, and at most in a long sweep
LONG = 200  # a batch is at most this fraction of the time that the sweep has taken
MOST_IN_BATCH = 5000


@dataclass(frozen=True)
class Order:
    """How a sweep is to be done.

    command : what the manifest says made it; part : only the k-th of n parts; retry_failed : run again what has failed;
    stop_at_failure : raise RunFailed at the first run that fails, and store no row of it; otherwise : what to do where
    the folder holds something else, in words.
    """

    command: str = ""
    part: tuple[int, int] | None = None
    retry_failed: bool = False
    stop_at_failure: bool = False
    otherwise: str = "name another folder with --out"


USUAL = Order()


@dataclass(frozen=True)
class Result:
    """What is in the store after a sweep: runs planned, stored, failed among them; replicates of the first place."""

    planned: int
    stored: int
    failed: int
    replicates: int
    precise: bool | None = None


@dataclass
class Sweep:
    """One command's work on one study's folder: the plan may grow between runs."""

    study: Study
    plan: Plan
    folder: Path
    pool: Pool
    order: Order = USUAL
    progress: Progress = SILENT
    started: float = field(default_factory=time.monotonic)
    pace: float = 0.0  # seconds of a run, of late
    failed: int = 0

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the folder, make it ready, and compile the model before several threads need it; gather at the end.

        Raises
        ------
        StudyError : before anything is written, when a point is not possible
        StoreError : when the folder is another study's, is being swept, or cannot be written to
        """
        self.plan.refuse_faults()
        if self.order.part and self.study.precision:
            path = self.study.path
            raise StudyError(f"{path}: a study with a `precision` has no parts: each round depends on all results")
        with files.held(self.folder, self.order.part):
            self.write_plan()
            if passed_over := store.strangers(self.folder):
                names = ", ".join(map(repr, passed_over))
                self.progress.note(f"Passed over in `{self.folder / store.RUNS}`, being foreign or damaged: {names}")
            if self.order.retry_failed:
                self.progress.note(f"{store.forget_failed(self.folder)} failed runs are run again")
            with tasks.telling_of_compiling(self.progress):
                if self.pool.executor is None and self.pool.workers > 1:
                    self.progress.say("Getting ready")
                    tasks.warm_up(next(iter(self.study.scenarios.values())))
                yield
            if self.order.part is None:
                store.gather(self.folder)

    def write_plan(self) -> None:
        """Write the current plan into the store; StoreError if the store is another study's."""
        wanted = store.manifest(self.study, self.plan, self.order.command, self.pool.workers)
        store.open_for(self.folder, wanted, self.plan, self.order.otherwise)

    def fill(self) -> Result:
        """Do every planned run that is not stored yet, and more seeds as long as the precision asks for them."""
        study, progress = self.study, self.progress
        replicates, precise = np.full(self.plan.places, study.first_replicates), None
        if (before := self.result(replicates)).stored:
            left = "; going on" if before.stored < before.planned else ": none is left to do"
            progress.note(f"{before.stored:,} of {before.planned:,} runs are here already{left}")
        self.run(replicates)
        while study.precision:
            needed = needs(store.read(self.folder, keep=study.precise), study, replicates)
            more = np.minimum(np.minimum(needed, 2 * replicates), max(study.most, study.first_replicates))
            precise = bool((needed <= replicates).all())
            if (more <= replicates).all():
                break
            progress.say(f"{(more > replicates).sum():,} of {more.size:,} places need more seeds, up to {more.max()}")
            replicates = np.maximum(replicates, more)
            self.run(replicates)
        return self.result(replicates, precise)

    def missing(self, replicates: np.ndarray) -> np.ndarray:
        """The runs that are not stored yet, seed by seed over the whole space: int (runs, 3) place, label, replicate.

        Parameters
        ----------
        replicates : int (places,), how many of each place
        """
        most = int(replicates.max())
        done, self.failed = store.finished(self.folder, self.plan.keys, most)
        order = self.plan.order()
        open_ = ~done[order] & (np.arange(most) < replicates[order, None])[:, None, :]
        if self.order.part:
            k, n = self.order.part
            turn = np.arange(order.size)[:, None] + np.arange(most) * order.size
            open_ &= (turn % n == k - 1)[:, None, :]
        keys = self.plan.keys[order]
        r, p, s = np.nonzero(open_.transpose(2, 0, 1))
        _, first = np.unique(np.rec.fromarrays([keys[p, s], r]), return_index=True)  # points that say the same: once
        first.sort()
        return np.column_stack([order[p], s, r])[first]

    def run(self, replicates: np.ndarray) -> None:
        """Do what is missing."""
        missing = self.missing(replicates)
        if len(missing):
            self.progress.expect(len(missing))
            self.progress.say(f"Running {len(missing):,} runs")
            self.pool.run(self.batches(missing), tasks.carry_out, self.settle, self.split)

    def batches(self, missing: np.ndarray) -> Iterator[Batch]:
        """Group runs into batches; made late, so that their size fits the pace, and small at the end."""
        left, schema = missing.tolist(), store.schema(self.study, self.plan.columns)
        while left:
            now, left = left[: (size := self.size(len(left)))], left[size:]
            runs = [Task(self.plan.point(place, self.plan.labels[s]), r, self.study.seed_of(r)) for place, s, r in now]
            yield Batch(self.study, schema, tuple(runs))

    def size(self, left: int) -> int:
        """How many runs the next batch has."""
        if not self.pace:
            return 1
        seconds = min(max(BATCH_SECONDS[0], (time.monotonic() - self.started) / LONG), BATCH_SECONDS[1])
        return max(1, min(int(seconds / self.pace), math.ceil(left / (4 * self.pool.size())), MOST_IN_BATCH))

    def settle(self, batch: Batch, done: Done) -> None:
        """Store and count a finished batch."""
        failed, stop = done.failed, self.order.stop_at_failure
        self.keep(done.without_failed() if failed and stop else done)
        reason = failed[0]["error"].strip().splitlines()[-1] if failed else ""
        if failed and stop:
            run = failed[0]
            where = f"scenario `{run['scenario']}`, replicate {run['replicate'] + 1} (seed {run['seed']})"
            raise RunFailed(f"{where} failed: {reason}", run["error"])
        runs = len(done.runs)
        pace = done.seconds / max(runs, 1)
        self.pace = 0.7 * self.pace + 0.3 * pace if self.pace else pace
        self.failed += len(failed)
        note = f", {self.failed} failed" + (f" ({reason})" if failed else "") if self.failed else ""
        self.progress.done(runs, note)

    def keep(self, done: Done) -> None:
        """Write a batch's rows into a file that has its name from the runs in it: the same runs, the same file."""
        name = "".join(f"{point}{seed:x}." for point, seed in done.runs)
        store.write(self.folder, blake2b(name.encode(), digest_size=10).hexdigest(), done)

    def split(self, batch: Batch) -> list[Batch]:
        """The tasks in place of a batch whose worker died: its two halves; a single run is stored as failed."""
        if batch.fallen:
            raise StudyError("a worker died while it said that a run had failed; is the memory full?")
        half = len(batch.tasks) // 2
        halves = [part for part in (batch.tasks[:half], batch.tasks[half:]) if part]
        return [replace(batch, tasks=part, fallen=len(halves) == 1) for part in halves]

    def result(self, replicates: np.ndarray, precise: bool | None = None) -> Result:
        """What the store has of so many replicates of each place: int (places,)."""
        done, failed = store.finished(self.folder, self.plan.keys, int(replicates.max()))
        wanted = np.arange(done.shape[2]) < replicates[:, None, None]
        planned = int(wanted.sum()) * len(self.plan.labels)
        return Result(planned, int((done & wanted).sum()), failed, int(replicates[0]), precise)


def sweep(study: Study, folder: Path, pool: Pool, order: Order = USUAL, progress: Progress = SILENT) -> Result:
    """Do every run of a study that is not stored yet; the same again goes on where it stopped.

    Parameters
    ----------
    folder : the store, made if it is not there

    Raises
    ------
    StudyError, StoreError : as `Sweep.opened`
    RunFailed : when a run fails and the order is to stop then
    """
    work = Sweep(study, Plan(study, model_hash()), folder, pool, order, progress)
    with work.opened():
        return work.fill()


def needs(rows: pd.DataFrame, study: Study, replicates: np.ndarray) -> np.ndarray:
    """How many replicates each place needs for the precision: int (places,).

    Parameters
    ----------
    rows : as `store.read` returns it
    replicates : int (places,), how many each has
    """
    needed = replicates.copy()
    for place, group in rows.groupby("place"):
        needed[place] = max(
            needed[place], precision(group, study.precise, list(study.scenarios), study.precision).needed
        )
    return needed
