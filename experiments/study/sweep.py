"""Sweeping: every planned run of a study done once, on whatever workers there are, whatever stops it.

Runs are grouped into batches of about a second's work. The worker that does a batch writes its rows as one file and
returns only counts; what is stored is what is done, and a sweep that goes on begins with asking the store.
"""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments import harness, store
from experiments.crew import work_off
from experiments.study import shelf
from experiments.study.design import Plan, Point
from experiments.study.file import Study, StudyError

BATCH_SECONDS = (1.0, 10.0)  # of work in a batch: at first, and at most in a long sweep
LONG = 200  # a batch is at most this fraction of the time that the sweep has taken
MOST_IN_BATCH = 5000
NEVER = 10**9


class Wanted(NamedTuple):
    """One run of a batch."""

    point: Point
    replicate: int
    seed: int


@dataclass(frozen=True)
class Batch:
    """Runs that one worker does one after the other and stores as one file; it holds all that is needed for that."""

    folder: Path
    writers: Path
    schema: Any
    bases: dict[str, Any]
    days: tuple[int, ...]
    every: int
    keys: tuple[str, ...]
    measures: tuple[str, ...]
    runs: tuple[Wanted, ...]
    fallen: bool = False  # its worker died over it: to be stored as failed, and not to be done

    @property
    def key(self) -> str:
        """What names its file: the same runs, the same file."""
        said = "".join(f"{run.point.key}{run.seed:x}." for run in self.runs)
        return blake2b(said.encode(), digest_size=10).hexdigest()


class Done(NamedTuple):
    """What became of a batch: runs done, failed among them, seconds it took, the last line of a failure."""

    runs: int
    failed: int
    seconds: float
    said: str = ""


class Told(NamedTuple):
    """How far a sweep is: what a screen shows."""

    done: int
    failed: int
    said: str
    expected: int = 0


@dataclass(frozen=True)
class Means:
    """What a sweep is done with: local processes, or another Executor; all of it, or a part."""

    workers: int = 1
    executor: Executor | None = None
    width: Callable[[], int] | None = None
    deadly: tuple[type[BaseException], ...] = ()
    part: tuple[int, int] | None = None


@dataclass(frozen=True)
class Result:
    """What is in the store after a sweep: runs planned, stored, failed among them; replicates of the first place."""

    planned: int
    stored: int
    failed: int
    replicates: int
    precise: bool | None = None


def observed_every(days: tuple[int, ...], every: int) -> int:
    """Days between observations that meet every kept day; the first and the last day always are observed."""
    return every or (math.gcd(*days) if days else 0) or NEVER


def carry_out(batch: Batch) -> Done:
    """Do a batch and store it; called in a worker. A run that raises is a row, not an exception.

    Raises StoreError where nothing can be written: that is no fault of a run.
    """
    start = time.perf_counter()
    rows: list[dict] = []
    failed, said = 0, ""
    with shelf.writing(batch.writers):
        for run in batch.runs:
            about = {
                "point": run.point.key,
                "scenario": run.point.label,
                "replicate": run.replicate,
                "seed": run.seed,
                **dict(zip(batch.keys, run.point.shown, strict=True)),
            }
            try:
                if batch.fallen:
                    raise ChildProcessError("the worker process died over this run again and again (out of memory?)")
                rows += _rows(batch, run, about)
            except Exception as error:
                failed += 1
                said = f"{type(error).__name__}: {error}"
                rows.append({**about, "error": traceback.format_exc()})
        shelf.write_rows(batch.folder, batch.key, rows, batch.schema)
    return Done(len(batch.runs), failed, time.perf_counter() - start, said)


def _rows(batch: Batch, run: Wanted, about: dict) -> list[dict]:
    from experiments.study.point import settled
    from sim.run import run as simulate

    scenario = settled(batch.bases[run.point.label], run.point.settings)
    made = simulate(scenario, run.seed, observe_every=observed_every(batch.days, batch.every))
    days = made.days.tolist()
    if batch.every:
        kept = list(range(len(days)))
    else:
        kept = [days.index(day) for day in batch.days] if batch.days else [len(days) - 1]
    series = {key: made.series[key] for key in batch.measures if key in made.series}
    return [{**about, "day": days[k], **{key: float(values[k]) for key, values in series.items()}} for k in kept]


class Sweep:
    """One command's work on one study's folder."""

    def __init__(self, study: Study, plan: Plan, folder: Path, means: Means, tell: Callable[[Told], None]):
        self.study, self.plan, self.folder, self.means, self.tell = study, plan, folder, means, tell
        self.started = time.monotonic()
        self.pace = 0.0  # seconds of a run, of late
        self.failed = 0
        self.schema = shelf.schema(study, plan.columns)

    def expected(self, replicates: np.ndarray) -> np.ndarray:
        """The runs that are not stored yet, seed by seed over the whole space: int (runs, 3) place, label, replicate.

        Parameters
        ----------
        replicates : int (places,), how many of each place
        """
        most = int(replicates.max())
        done, self.failed = shelf.finished(self.folder, self.plan.keys, most)
        order = self.plan.order()
        open_ = ~done[order] & (np.arange(most) < replicates[order, None])[:, None, :]
        if self.means.part:
            k, n = self.means.part
            turn = np.arange(order.size)[:, None] + np.arange(most) * order.size
            open_ &= (turn % n == k - 1)[:, None, :]
        keys = self.plan.keys[order]
        r, p, s = np.nonzero(open_.transpose(2, 0, 1))
        _, first = np.unique(np.rec.fromarrays([keys[p, s], r]), return_index=True)  # points that say the same: once
        first.sort()
        return np.column_stack([order[p], s, r])[first]

    def run(self, replicates: np.ndarray) -> None:
        """Do what is missing."""
        missing = self.expected(replicates)
        self.tell(Told(0, self.failed, "", len(missing)))
        if len(missing):
            means = self.means
            work_off(
                self.batches(missing), carry_out, self.settle, self.split, means.workers, means.executor, means.width,
                means.deadly,
            )  # fmt: skip

    def batches(self, missing: np.ndarray) -> Iterator[Batch]:
        """Group runs into batches; made late, so that their size fits the pace, and small at the end."""
        at = 0
        while at < len(missing):
            size = self.size(len(missing) - at)
            runs = tuple(
                Wanted(self.plan.point(place, self.plan.labels[s]), replicate, self.study.seed_of(replicate))
                for place, s, replicate in missing[at : at + size].tolist()
            )
            at += size
            yield self.batch(runs)

    def batch(self, runs: tuple[Wanted, ...], fallen: bool = False) -> Batch:
        """A batch of these runs."""
        study = self.study
        return Batch(
            self.folder,
            shelf.writers(self.folder, self.means.part),
            self.schema,
            {run.point.label: study.scenarios[run.point.label] for run in runs},
            tuple(study.days or ()),
            study.every or 0,
            tuple(self.plan.columns),
            tuple(study.measures),
            runs,
            fallen,
        )

    def size(self, left: int) -> int:
        """How many runs the next batch has."""
        if not self.pace:
            return 1
        seconds = min(max(BATCH_SECONDS[0], (time.monotonic() - self.started) / LONG), BATCH_SECONDS[1])
        workers = max(self.means.width() if self.means.width else self.means.workers, 1)
        return max(1, min(int(seconds / self.pace), math.ceil(left / (4 * workers)), MOST_IN_BATCH))

    def settle(self, batch: Batch, done: Done) -> None:
        """Count a finished batch."""
        pace = done.seconds / max(done.runs, 1)
        self.pace = pace if not self.pace else 0.7 * self.pace + 0.3 * pace
        self.failed += done.failed
        self.tell(Told(done.runs, self.failed, done.said))

    def split(self, batch: Batch) -> list[Batch]:
        """What to do instead of a batch whose worker dies: its halves; of a single run, to say that it failed."""
        if len(batch.runs) > 1:
            half = len(batch.runs) // 2
            return [self.batch(batch.runs[:half]), self.batch(batch.runs[half:])]
        if batch.fallen:
            raise StudyError("a worker died while it wrote that a run had failed; is the memory full?")
        return [self.batch(batch.runs, fallen=True)]


def sweep(
    study: Study,
    folder: Path,
    means: Means,
    command: str = "",
    retry_failed: bool = False,
    tell: Callable[[Told], None] = lambda told: None,
    say: Callable[[str], None] = lambda text: None,
) -> Result:
    """Do every run of a study that is not stored yet; the same again goes on where it stopped.

    Parameters
    ----------
    folder : the store, made if it is not there
    retry_failed : run again what has failed
    tell, say : called with progress

    Raises
    ------
    StudyError : before anything is run, when a point is not possible
    StoreError : when the folder is another study's, is being swept, or cannot be written to
    """
    plan = Plan(study, store.model_hash())
    plan.refuse_faults()
    if means.part and study.precision:
        raise StudyError(f"{study.path}: a study with a `precision` has no parts: each round depends on all results")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise shelf.cannot_write(folder, error) from None
    with shelf.held(folder, means.part):
        shelf.open_for(folder, study, plan, command, means.workers)
        if retry_failed:
            say(f"{shelf.forget_failed(folder)} failed runs are run again")
        if means.executor is None:
            warm(study, means, say)
        one = Sweep(study, plan, folder, means, tell)
        replicates, precise = _rounds(one, say)
        if means.part is None:
            shelf.gather(folder)
        return _result(plan, folder, replicates, precise)


def _rounds(one: Sweep, say: Callable[[str], None]) -> tuple[np.ndarray, bool | None]:
    """Run the replicates; with a precision, add some where a place needs them until it is met."""
    study = one.study
    replicates = np.full(one.plan.places, study.first_replicates)
    one.run(replicates)
    while study.precision:
        needed = needs(study, one.folder, replicates)
        more = np.minimum(np.minimum(needed, 2 * replicates), study.most)
        if (more <= replicates).all():
            return replicates, bool((needed <= replicates).all())
        say(f"{(more > replicates).sum():,} of {more.size:,} places need more seeds, up to {more.max()}")
        replicates = np.maximum(replicates, more)
        one.run(replicates)
    return replicates, None


def needs(study: Study, folder: Path, replicates: np.ndarray) -> np.ndarray:
    """How many replicates each place needs for the precision: int (places,).

    The half-width of each scenario's paired difference from the first (of the mean, where there is one scenario only)
    within `precision` times the size of the first's mean.
    """
    from experiments import paired

    rows = shelf.read(folder, keep=study.precise)
    needed = replicates.copy()
    first = next(iter(study.scenarios))
    for place, own in rows.groupby("place"):
        for measure in study.precise:
            wide = own.pivot(index="replicate", columns="scenario", values=measure)
            target = study.precision * abs(float(wide[first].mean()))
            others = [wide[label] - wide[first] for label in wide.columns if label != first] or [wide[first]]
            for values in others:
                found = paired.interval(values.to_numpy())
                if found.half > target:
                    needed[place] = max(needed[place], paired.seeds_needed(found, target), found.n + 2)
    return needed


def warm(study: Study, means: Means, say: Callable[[str], None]) -> None:
    """Compile the model here where the machine has not got it yet, so that the workers do not all do it."""
    mark = store.ROOT / "sim" / "__pycache__" / f"warm-{store.model_hash()}"
    if mark.exists() or means.workers == 1:
        return
    say("Getting ready (the first time on a machine, the model is compiled: up to a minute)")
    harness.warm_up(next(iter(study.scenarios.values())))
    try:
        mark.touch()
    except OSError:
        return  # a place that is read-only: warm up each time


def _result(plan: Plan, folder: Path, replicates: np.ndarray, precise: bool | None) -> Result:
    done, failed = shelf.finished(folder, plan.keys, int(replicates.max()))
    wanted = np.arange(done.shape[2]) < replicates[:, None]
    stored = int((done & wanted[:, None, :]).sum())
    return Result(int(replicates.sum()) * len(plan.labels), stored, failed, int(replicates[0]), precise)
