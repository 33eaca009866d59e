"""Sweeping: do every planned run of a study once, and go on after a stop.

Runs are grouped into batches of some seconds' work. What is stored is what is done, and a sweep that goes on begins
with asking the store.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.runs import files, store, tasks
from experiments.runs.pool import Pool, TimeUp
from experiments.runs.stored import Stored
from experiments.runs.tasks import SILENT, Batch, Done, Progress, RunFailed, Task
from experiments.stats.difference import precision
from experiments.study.design import Plan
from experiments.study.file import Study, StudyError
from sim.version import model_hash

if TYPE_CHECKING:
    import pandas as pd

BATCH_SECONDS = (4.0, 10.0)  # of work in a batch: at first, and at most in a long sweep
LONG = 200  # a batch is at most this fraction of the time that the sweep has taken
MOST_IN_BATCH = 5000
PART_AT_ONCE = 256  # turns of which a part looks up at once what is stored


@dataclass(frozen=True)
class Order:
    """How a sweep is to be done.

    command : what the manifest says made it; part : only the k-th of n parts; retry_failed : run again what has failed;
    stop_at_failure : raise RunFailed at the first run that fails, and store no row of it; otherwise : what to do where
    the folder holds something else, in words; until : the `time.monotonic` at which to stop, with what is finished.
    """

    command: str = ""
    part: tuple[int, int] | None = None
    retry_failed: bool = False
    stop_at_failure: bool = False
    otherwise: str = "name another folder with --out"
    until: float | None = None


USUAL = Order()


@dataclass(frozen=True)
class Result:
    """What is in the store after a sweep, of a part its own: runs planned, stored, failed among them.

    replicates : of the first place; precise : whether a precision is met; out_of_time : stopped before the end
    """

    planned: int
    stored: int
    failed: int
    replicates: int
    precise: bool | None = None
    out_of_time: bool = False


@dataclass
class Sweep:
    """One command's work on one study's folder: the plan may grow between runs.

    own : files of rows that it has written; done : runs that it has done itself; told : what was there has been said
    """

    study: Study
    plan: Plan
    folder: Path
    pool: Pool
    order: Order = USUAL
    progress: Progress = SILENT
    started: float = field(default_factory=time.monotonic)
    pace: float = 0.0  # seconds of a run, of late
    planned: int = 0
    stored: int = 0
    failed: int = 0
    replicates: int = 0
    done: int = 0
    own: list[Path] = field(default_factory=list)
    told: bool = False
    out_of_time: bool = False

    @contextmanager
    def opened(self, ready: bool = True) -> Iterator[None]:
        """Hold the folder, make it ready, and compile the model before several threads need it; gather at the end.

        ready : whether runs are to be done; else only the plan is written

        Raises
        ------
        StudyError : before anything is written, when a point is not possible; when the time given is less than a run's
        StoreError : when the folder is another study's, is being swept, or cannot be written to
        """
        part = self.order.part
        if part and self.study.precision:
            path = self.study.path
            raise StudyError(f"{path}: a study with a `precision` has no parts: each round depends on all results")
        if not (part and (self.folder / store.MANIFEST).exists()):  # else another has tried them
            self.plan.refuse_faults()
        with files.held(self.folder, part):
            self.write_plan()
            if part is None and (passed_over := store.strangers(self.folder)):
                names = ", ".join(map(repr, passed_over))
                self.progress.note(f"Passed over in `{self.folder / store.RUNS}`, being foreign or damaged: {names}")
            if self.order.retry_failed and part is None:
                self.progress.note(f"{store.forget_failed(self.folder)} failed runs are run again")
            with tasks.telling_of_compiling(self.progress):
                if ready and self.pool.executor is None and self.pool.workers > 1:
                    self.progress.say("Getting ready")
                    tasks.warm_up(next(iter(self.study.scenarios.values())))
                try:
                    yield
                except TimeUp:
                    self.out_of_time = True
            if part is None:
                store.gather(self.folder)
            else:
                self.own = store.gather_own(self.folder, self.own)
                if part[0] == 1 and not store.has_points(self.folder, self.plan):
                    store.write_points(self.folder, self.plan)
        if self.out_of_time and not self.done:
            raise StudyError(f"{self.study.path}: no run was finished in the time given; one takes longer")

    def write_plan(self) -> None:
        """Write the current plan into the store, unless for a part; StoreError if the store is another study's."""
        wanted = store.manifest(self.study, self.plan, self.order.command, self.pool.workers)
        store.open_for(self.folder, wanted, self.plan, self.order.otherwise, part=self.order.part is not None)

    def fill(self) -> bool | None:
        """Do every planned run that is not stored yet, and more seeds as long as the precision asks for them.

        Returns whether the precision is met; None if none is asked for.
        """
        study, progress = self.study, self.progress
        replicates, precise = np.full(self.plan.places, study.first_replicates), None
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
        return precise

    def turns(self, replicates: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Places and replicates of this part in the order in which they are run, some at a time: int (turns,) each.

        Seed by seed over the whole space. Each turn is a run of every scenario; parts take turns in turn.

        Parameters
        ----------
        replicates : int (places,), how many of each place
        """
        order, (k, n) = self.plan.order(), self.order.part or (1, 1)
        last = order.size * int(replicates.max())
        if self.study.stop and self.study.stop.runs:
            last = min(last, -(-self.study.stop.runs // len(self.plan.labels)))
        at_once = n * PART_AT_ONCE if self.order.part else last
        for first in range(k - 1, last, at_once):
            turn = np.arange(first, min(first + at_once, last), n)
            place, replicate = order[turn % order.size], turn // order.size
            kept = replicate < replicates[place]
            yield place[kept], replicate[kept]

    def missing(self, replicates: np.ndarray) -> Iterator[Task]:
        """The runs that are not stored yet, each made shortly before it is done; those that are stored are counted."""
        here, labels = Stored.of(self.folder), self.plan.labels
        seen: set[tuple[str, int]] = set()
        for places, seeds in self.turns(replicates):
            there = failed = np.zeros((len(places), len(labels)), bool)
            if here:
                there, failed = here.find(self.numbers(places), seeds[:, None])
            if self.order.retry_failed:  # by a part, which leaves the files of others alone
                there, failed = there & ~failed, np.zeros_like(failed)
            self.failed += int(failed.sum())
            self.count_stored(int(there.sum()))
            for row, s in np.argwhere(~there).tolist():
                point, replicate = self.plan.point(int(places[row]), labels[s]), int(seeds[row])
                if (point.key, replicate) in seen:  # points that say the same: once
                    self.count_stored(1)
                    continue
                seen.add((point.key, replicate))
                yield Task(point, replicate, self.study.seed_of(replicate))

    def numbers(self, places: np.ndarray) -> np.ndarray:
        """The keys of the points of some places as numbers: uint64 (places, scenarios)."""
        if not self.order.part:
            return self.plan.keys[places]
        keys = [int(self.plan.point(place, label).key, 16) for place in places.tolist() for label in self.plan.labels]
        return np.array(keys, np.uint64).reshape(len(places), -1)

    def count_stored(self, runs: int) -> None:
        """Count planned runs that are not to be done."""
        self.stored += runs
        self.progress.expect(-runs)

    def run(self, replicates: np.ndarray) -> None:
        """Do what is missing."""
        self.planned = sum(len(places) for places, _ in self.turns(replicates)) * len(self.plan.labels)
        self.stored, self.failed, self.replicates = 0, 0, int(replicates[0])
        self.progress.expect(self.planned)
        tasks_ = self.missing(replicates)
        first = list(
            itertools.islice(tasks_, 1)
        )  # now what is stored is counted, of a part what its first turns are of
        left = self.planned - self.stored
        if self.stored and not self.told:
            left_ = "; going on" if first else ": none is left to do"
            self.progress.note(f"{self.stored:,} of {self.planned:,} runs are here already{left_}")
        self.told = True
        if first:
            self.progress.say(f"Running {left:,} runs")
            every = itertools.chain(first, tasks_)
            self.pool.run(self.batches(every), tasks.carry_out, self.settle, self.split, self.heed_time)

    def heed_time(self) -> None:
        """Raise TimeUp when the time is over that the order gives."""
        if self.order.until is not None and time.monotonic() > self.order.until:
            raise TimeUp

    def batches(self, missing: Iterator[Task]) -> Iterator[Batch]:
        """Group runs into batches; made late, so that their size fits the pace, and small at the end."""
        schema, handed = store.schema(self.study, self.plan.columns), 0
        while runs := tuple(itertools.islice(missing, self.size(self.planned - self.stored - handed + self.done))):
            handed += len(runs)
            yield Batch(self.study, schema, runs)

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
        self.stored, self.done = self.stored + runs, self.done + runs
        pace = done.seconds / max(runs, 1)
        self.pace = 0.7 * self.pace + 0.3 * pace if self.pace else pace
        self.failed += len(failed)
        note = f", {self.failed} failed" + (f" ({reason})" if failed else "") if self.failed else ""
        self.progress.done(runs, note)

    def keep(self, done: Done) -> None:
        """Write a batch's rows into a file of its own; a part gathers its files now and then.

        So a part that begins beside a hundred others finds few.
        """
        path = store.write(self.folder, f"{time.time_ns():x}", done)
        self.own += [path] if path else []
        if self.order.part and len(self.own) > store.MANY:
            self.own = store.gather_own(self.folder, self.own)

    def split(self, batch: Batch) -> list[Batch]:
        """The tasks in place of a batch whose worker died: its two halves; a single run is stored as failed."""
        if batch.fallen:
            raise StudyError("a worker died while it said that a run had failed; is the memory full?")
        half = len(batch.tasks) // 2
        halves = [part for part in (batch.tasks[:half], batch.tasks[half:]) if part]
        return [replace(batch, tasks=part, fallen=len(halves) == 1) for part in halves]

    def result(self, precise: bool | None = None) -> Result:
        """What the store has of what the last `run` was to do."""
        return Result(self.planned, self.stored, self.failed, self.replicates, precise, self.out_of_time)


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
    work, precise = Sweep(study, Plan(study, model_hash()), folder, pool, order, progress), None
    with work.opened():
        precise = work.fill()
    return work.result(precise)


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
