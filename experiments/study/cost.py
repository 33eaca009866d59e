"""What a study takes: places, runs, time, disk and memory, from its plan and a few runs of it that are timed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.runs import store, tasks
from experiments.runs.pool import Pool
from experiments.runs.tasks import Batch, RunFailed
from experiments.study.design import Plan
from experiments.study.file import Study
from experiments.study.sweep import Sweep

ENOUGH = 3.0  # seconds of timed runs, once every scenario has had one
MOST_TIMED = 40
SPARE = 1.3  # of the memory that the probe took: the largest run need not be among those timed


@dataclass(frozen=True)
class Cost:
    """What a study takes, as far as a few of its runs tell.

    places; scenarios; runs : at least, and `most` where a precision may ask for more; timed : runs that were done for
    this; seconds : mean of a run on one core, `low` to `high` the least and the most of those timed; disk : bytes of
    the whole store, uncompressed; memory : bytes of a process that does such runs.
    """

    places: int
    scenarios: int
    runs: int
    most: int
    timed: int
    seconds: float
    low: float
    high: float
    disk: int
    memory: int

    def hours(self, cores: int) -> float:
        """Hours of all runs on so many cores."""
        return self.runs * self.seconds / cores / 3600


def planned(study: Study, plan: Plan) -> tuple[int, int]:
    """How many runs a study has at least and at most."""
    if study.mix:
        own = study.mix.trials * study.first_replicates + (study.mix.finalists + 1) * study.mix.fresh
        return own, own
    work = Sweep(study, plan, Path(), Pool(1))
    counts = [
        sum(len(places) for places, _ in work.turns(np.full(plan.places, seeds))) * len(plan.labels)
        for seeds in (study.first_replicates, max(study.most, study.first_replicates))
    ]
    return counts[0], counts[1] if study.precision else counts[0]


def probe(study: Study) -> Cost:
    """Time some runs of a study, spread over its places, each scenario in turn; nothing is kept.

    Raises
    ------
    StudyError : for a point that cannot be, every fault that is found among some thousand
    RunFailed : when one of the runs fails
    """
    plan = Plan(study, "")
    plan.refuse_faults()
    runs, most = planned(study, plan)
    tasks.warm_up(next(iter(study.scenarios.values())))
    schema, order, times, size = store.schema(study, plan.columns), plan.order(), list[float](), 0.0
    while len(times) < len(plan.labels) or (sum(times) < ENOUGH and len(times) < min(MOST_TIMED, runs)):
        label, turn = plan.labels[len(times) % len(plan.labels)], len(times) // len(plan.labels)
        replicate = turn // plan.places
        point = plan.point(int(order[turn % plan.places]), label)
        done = tasks.carry_out(Batch(study, schema, (tasks.Task(point, replicate, study.seed_of(replicate)),)))
        if done.failed:
            error = done.failed[0]["error"]
            shown = ", ".join(f"{key} = {value}" for key, value in point.shown.items())
            said = error.strip().splitlines()[-1]
            raise RunFailed(f"a timed run of `{label}`{f' with {shown}' if shown else ''} failed: {said}", error)
        times.append(done.seconds)
        size += done.rows.nbytes  # uncompressed: a file has less, and somewhat more around it
    points = plan.places * len(plan.labels) * (30 + 9 * len(plan.columns))
    disk = int(size / len(times) * runs) + points
    timed = np.array(times[1:] if len(times) > len(plan.labels) else times)  # the first makes more than itself ready
    return Cost(
        plan.places, len(plan.labels), runs, most, len(timed), float(timed.mean()), float(timed.min()),
        float(timed.max()), disk, int(SPARE * _peak()),
    )  # fmt: skip


def _peak() -> int:
    """Bytes of memory that this process has had at most."""
    try:
        import resource
    except ImportError:  # not on Windows
        return 500_000_000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def said(cost: Cost, name: str, cores: int) -> list[str]:
    """The cost in sentences, a line each."""
    more = f" (up to {cost.most:,} for the precision)" if cost.most > cost.runs else ""
    return [
        f"{name} is sound: {cost.places:,} places, {cost.scenarios} scenarios, {cost.runs:,} runs{more}",
        f"time: a run takes {span(cost.seconds)} ({span(cost.low)} to {span(cost.high)} in {cost.timed} timed); "
        f"all of them about {span(cost.runs * cost.seconds / cores)} on {cores} cores",
        f"disk: at most {size(cost.disk)}; memory: about {size(cost.memory)} a process",
    ]


def span(seconds: float) -> str:
    """A time in words: 0.21 s, 12 s, 7 min, 3.5 h, 12 days."""
    for least, unit, by in ((172800, "days", 86400), (5400, "h", 3600), (90, "min", 60)):
        if seconds >= least:
            return f"{seconds / by:.2g} {unit}" if seconds / by < 10 else f"{seconds / by:,.0f} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def size(number: float) -> str:
    """Bytes in words: 12 kB, 3.4 MB, 1.2 GB."""
    units = ["bytes", "kB", "MB", "GB", "TB"]
    while number >= 1000 and len(units) > 1:
        number, units = number / 1000, units[1:]
    return f"{number:.2g} {units[0]}" if number < 10 else f"{number:,.0f} {units[0]}"
