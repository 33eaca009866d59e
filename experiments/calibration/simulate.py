"""One run of a calibration: a setting and a seed in, what the log of the run shows out. Done by the workers."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration.arrivals import Arrivals
from experiments.calibration.parameters import joins, neutral, scenario_with
from experiments.calibration.summaries import ABOUT, describe, distributions, returns, weekly
from experiments.calibration.window import WEEK, Target, Window, window_of
from sim.log import DAY

STRETCHES = ("fitted", "ahead")  # the fitted stretch, and what came after the split
WARM = 8  # weeks, at most, that a run has lived before what is looked at: a founding has no threads to respond to
EXCESS, SPARE = 3.0, 200  # a run is far off that has written so many times what the log has by then, and so many more


@dataclass(frozen=True)
class World:
    """What all runs of a calibration share."""

    target: Target
    base: Any  # the neutral scenario
    arrivals: Arrivals

    @classmethod
    def of(cls, target: Target, scenario: Any) -> World:
        """Take what is needed from the log."""
        begun = target.split - (target.split - float(target.log.time[0])) // (WEEK * DAY) * WEEK * DAY
        newcomers = weekly(window_of(target.log, begun, target.split))["newcomers"]
        arrivals = Arrivals.of(newcomers, target.fitted.weeks)
        return cls(target, neutral(scenario), arrivals)


@dataclass(frozen=True)
class Job:
    """One run to do: values by key, a seed, and one of `STRETCHES`."""

    key: tuple
    folder: str
    values: dict
    seed: int
    stretch: str = "fitted"


@cache
def world_in(folder: str) -> World:
    """The world of a calibration, read once by each worker from the file that the parent wrote."""
    import pickle

    return pickle.loads((Path(folder) / "world.pickle").read_bytes())


def run_window(
    world: World, found: dict[str, float], seed: int, stretch: str, limit: np.ndarray | None = None
) -> tuple[Window, np.ndarray] | None:
    """Found the community with these values, run it over the stretch; its log and weekly tide, or None: far too much.

    It is founded some weeks before the stretch, and lives through them with the arrivals of the log; with these weeks
    the log and the tide of a run ahead begin.

    Parameters
    ----------
    stretch : one of `STRETCHES`; ahead: from the split on for as long as the log goes on, in whole weeks
    limit : float64 (days,), messages by each day of the stretch above which a run is stopped
    """
    from sim.community import Community
    from sim.founding import from_log
    from sim.log import of_run

    target, arrivals, later = world.target, world.arrivals, world.target.later
    begun = target.start if stretch == "fitted" else target.split
    warm = warm_weeks(target, stretch)
    start, first = begun - warm * WEEK * DAY, warm if stretch == "fitted" else 0
    ids = np.union1d(*(getattr(target.log.before(start), name) for name in ("source", "target")))
    scenario = scenario_with(world.base, found, arrivals, ids.size)
    scenario, founding = from_log(target.log, start, scenario)
    community = Community(scenario, seed, founding=founding, keep_events=True)
    past = arrivals.past
    if stretch == "fitted":
        coming = past[past.size - target.fitted.weeks - warm :]
    else:
        assert later is not None
        coming = np.concatenate([past[past.size - warm :], arrivals.ahead(later.weeks, seed)])
    coming = coming * joins(found, scenario, arrivals.days) / scenario.joining.rate
    days = WEEK * coming.size
    written, tide = 0, np.zeros(days)
    for day in range(days):
        if day % WEEK == 0:  # input data: as many people left in the market as give this week's joins
            community.market = float(coming[day // WEEK]) + community.members.n - community.founders
        community.step()
        tide[day] = community.tide[0]
        if limit is not None and day >= first * WEEK:
            written += int(community.event_log[-1].time.size) if community.event_log else 0
            if written > limit[day - first * WEEK]:
                return None
    old = np.flatnonzero(founding.written > 0)
    epoch = founding.epoch + DAY  # what is written in the first step carries day 1
    made = window_of(of_run(community), epoch, epoch + days * DAY, old)
    made = made if target.opens else made.aimed()
    return made.between(float(first * WEEK), float(days)), tide.reshape(-1, WEEK).mean(axis=1)[first:]


def warm_weeks(target: Target, stretch: str) -> int:
    """Weeks that a run lives before the stretch.

    Before the fitted one at most half of those that the log has before it; before the split all of `WARM` if they were
    fitted, for the level is anchored at the last of them, when threads are open again.
    """
    if stretch == "ahead":
        return min(WARM, target.fitted.weeks)
    return min(WARM, int((target.start - float(target.log.time[0])) / DAY / 2 // WEEK))


def fit(job: Job) -> tuple[float, list[float | None]]:
    """Seconds, and the summaries of a run over the fitted stretch, in the order of `ABOUT`; None: far off."""
    begun = time.perf_counter()
    world = world_in(job.folder)
    fitted = world.target.fitted
    limit = EXCESS * np.searchsorted(fitted.day, np.arange(round(fitted.length)) + 1.0) + SPARE
    made = run_window(world, job.values, job.seed, job.stretch, limit)
    found = dict.fromkeys(ABOUT, None) if made is None else describe(made[0])
    return time.perf_counter() - begun, [found[name] for name in ABOUT]


def show(job: Job) -> tuple[float, dict[str, Any]]:
    """Seconds, and all that is laid beside the log: series, summaries and distributions as counts of values."""
    begun = time.perf_counter()
    made = run_window(world_in(job.folder), job.values, job.seed, job.stretch)
    assert made is not None
    window, tide = made
    if job.stretch == "fitted":
        return time.perf_counter() - begun, {**shown(window), "tide": tide.round(4).tolist()}
    warm = float(WEEK * warm_weeks(world_in(job.folder).target, job.stretch))
    before = {name: x.tolist() for name, x in weekly(window.between(0.0, warm)).items()}
    return time.perf_counter() - begun, {**shown(window.between(warm, window.length)), "before": before}


def shown(w: Window) -> dict[str, Any]:
    """What is laid side by side, of a real or a simulated stretch, as plain data."""
    share, count = returns(w)
    spread = {name: np.unique(x, return_counts=True) for name, x in distributions(w).items()}
    return {
        "weekly": {name: x.tolist() for name, x in weekly(w).items()},
        "returned": [None if math.isnan(x) else x for x in share.tolist()],
        "cohorts": count.tolist(),
        "summaries": describe(w),
        "distributions": {name: [value.tolist(), often.tolist()] for name, (value, often) in spread.items()},
    }
