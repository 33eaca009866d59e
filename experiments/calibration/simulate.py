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
from sim.logs.log import DAY

EXCESS, SPARE = 3.0, 200  # a run is far off that has written so many times what the log has by then, and so many more


@dataclass(frozen=True)
class World:
    """What all runs of a calibration share."""

    target: Target
    base: Any  # the neutral scenario
    arrivals: dict[int, Arrivals]  # as they look some weeks before the split; 0: at the split

    @classmethod
    def of(cls, target: Target, scenario: Any) -> World:
        """Take what is needed from the log."""
        newcomers = weekly(window_of(target.log, target.origin(target.past_weeks), target.split))["newcomers"]
        size, weeks = newcomers.size, target.fitted.weeks
        arrivals = {back: Arrivals.of(newcomers[: size - back], weeks) for back in (0, *target.origins)}
        return cls(target, neutral(scenario), arrivals)


@dataclass(frozen=True)
class Job:
    """One run to do: values by key, a seed, and where it begins: `back` weeks before the split; None: as fitted.

    `key` names it among the runs that are kept, and must be another wherever the rest is.
    """

    key: tuple
    folder: str
    values: dict
    seed: int
    back: int | None = None


@cache
def world_in(folder: str) -> World:
    """The world of a calibration, read once by each worker from the file that the parent wrote."""
    import pickle

    return pickle.loads((Path(folder) / "world.pickle").read_bytes())


def run_window(
    world: World, found: dict[str, float], seed: int, back: int | None = None, limit: np.ndarray | None = None
) -> tuple[Window, np.ndarray] | None:
    """Found the community with these values and run it; its log and weekly tide, or None: far too much.

    It is founded some weeks before it is looked at, and lives through them with the arrivals of the log; with these
    weeks the log and the tide of a forecast begin. What comes after the origin of a forecast plays no part in it.

    Parameters
    ----------
    back : None: over the fitted stretch; else a forecast from so many weeks before the split (`Target.ahead`)
    limit : float64 (days,), messages by each day of the stretch above which a run is stopped
    """
    from sim.community import Community
    from sim.logs.founding import from_log
    from sim.logs.log import of_run

    target, arrivals = world.target, world.arrivals[back or 0]
    begun = target.start if back is None else target.origin(back)
    warm = target.warm(back)
    start, first = begun - warm * WEEK * DAY, warm if back is None else 0
    ids = np.union1d(*(getattr(target.log.before(start), name) for name in ("source", "target")))
    scenario = scenario_with(world.base, found, arrivals, ids.size)
    scenario, founding = from_log(target.log, start, scenario)
    community = Community(scenario, seed, founding=founding, keep_events=True)
    past = arrivals.past
    if back is None:
        coming = past[past.size - target.fitted.weeks - warm :]
    else:
        coming = np.concatenate([past[past.size - warm :], arrivals.ahead(target.ahead(back).weeks, seed)])
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
    old = np.flatnonzero(founding.members.written > 0)
    epoch = founding.epoch + DAY  # what is written in the first step carries day 1
    made = window_of(of_run(community), epoch, epoch + days * DAY, old)
    made = made if target.opens else made.aimed()
    return made.between(float(first * WEEK), float(days)), tide.reshape(-1, WEEK).mean(axis=1)[first:]


def fit(job: Job) -> tuple[float, list[float | None]]:
    """Seconds, and the summaries of a run over the fitted stretch, in the order of `ABOUT`; None: far off."""
    begun = time.perf_counter()
    world = world_in(job.folder)
    fitted = world.target.fitted
    limit = EXCESS * np.searchsorted(fitted.day, np.arange(round(fitted.length)) + 1.0) + SPARE
    made = run_window(world, job.values, job.seed, None, limit)
    found = dict.fromkeys(ABOUT, None) if made is None else describe(made[0])
    return time.perf_counter() - begun, [found[name] for name in ABOUT]


def show(job: Job) -> tuple[float, dict[str, Any]]:
    """Seconds, and all that is laid beside the log; of a forecast also the weeks before its origin."""
    begun = time.perf_counter()
    world = world_in(job.folder)
    made = run_window(world, job.values, job.seed, job.back)
    assert made is not None
    window, tide = made
    if job.back is None:
        return time.perf_counter() - begun, {**shown(window), "tide": tide.round(4).tolist()}
    warm = float(WEEK * world.target.warm(job.back))
    ahead = window.between(warm, window.length)
    found = shown(ahead) if job.back == 0 else course(ahead)
    return time.perf_counter() - begun, {**found, "before": course(window.between(0.0, warm))["weekly"]}


def course(w: Window) -> dict[str, Any]:
    """The series that are forecast, of a real or a simulated stretch, as plain data."""
    share, count = returns(w)
    return {
        "weekly": {name: x.tolist() for name, x in weekly(w).items()},
        "returned": [None if math.isnan(x) else x for x in share.tolist()],
        "cohorts": count.tolist(),
    }


def shown(w: Window) -> dict[str, Any]:
    """All that is laid side by side: the series, the summaries, and the distributions as counts of values."""
    spread = {name: np.unique(x, return_counts=True) for name, x in distributions(w).items()}
    return {
        **course(w),
        "summaries": describe(w),
        "distributions": {name: [value.tolist(), often.tolist()] for name, (value, often) in spread.items()},
    }
