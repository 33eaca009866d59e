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

EXCESS = 4.0  # a run that writes this many times what the log shows (and 500 more) is stopped: it is far off


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
    """One run to do: values by key, a seed, and whether to go on from the split instead of the start."""

    key: tuple
    folder: str
    values: dict
    seed: int
    ahead: bool = False


@cache
def world_in(folder: str) -> World:
    """The world of a calibration, read once by each worker from the file that the parent wrote."""
    import pickle

    return pickle.loads((Path(folder) / "world.pickle").read_bytes())


def run_window(
    world: World, found: dict[str, float], seed: int, ahead: bool, limit: float = math.inf
) -> tuple[Window, np.ndarray] | None:
    """Found the community with these values, run it over the stretch; its log and weekly tide, or None: far too much.

    Parameters
    ----------
    ahead : from the split on for as long as the log goes on, in whole weeks; else the fitted stretch
    limit : messages at which a run is stopped
    """
    from sim.community import Community
    from sim.founding import from_log
    from sim.log import of_run

    target = world.target
    start = target.split if ahead else target.start
    later = target.later
    days = round(later.length) if ahead and later is not None else round((target.split - target.start) / DAY)
    ids = np.union1d(*(getattr(target.log.before(start), name) for name in ("source", "target")))
    scenario = scenario_with(world.base, found, world.arrivals, ids.size)
    scenario, founding = from_log(target.log, start, scenario)
    community = Community(scenario, seed, founding=founding, keep_events=True)
    coming = world.arrivals.ahead(days // WEEK, seed) if ahead else world.arrivals.past
    coming = coming * joins(found, scenario, world.arrivals.days) / scenario.joining.rate
    written, tide = 0, np.zeros(days)
    for day in range(days):
        if day % WEEK == 0:  # input data: as many people left in the market as give this week's joins
            community.market = float(coming[day // WEEK]) + community.members.n - community.founders
        community.step()
        tide[day] = community.tide[0]
        written += int(community.event_log[-1].time.size) if community.event_log else 0
        if written > limit:
            return None
    old = np.flatnonzero(founding.written > 0)
    first = founding.epoch + DAY  # what is written in the first step carries day 1
    made = window_of(of_run(community), first, first + days * DAY, old)
    return made if target.opens else made.aimed(), tide.reshape(-1, WEEK).mean(axis=1)


def fit(job: Job) -> tuple[float, list[float | None]]:
    """Seconds, and the summaries of a run over the fitted stretch, in the order of `ABOUT`; None: far off."""
    begun = time.perf_counter()
    world = world_in(job.folder)
    limit = EXCESS * world.target.fitted.source.size + 500
    made = run_window(world, job.values, job.seed, False, limit)
    found = dict.fromkeys(ABOUT, None) if made is None else describe(made[0])
    return time.perf_counter() - begun, [found[name] for name in ABOUT]


def show(job: Job) -> tuple[float, dict[str, Any]]:
    """Seconds, and all that is laid beside the log: series, summaries and distributions as counts of values."""
    begun = time.perf_counter()
    made = run_window(world_in(job.folder), job.values, job.seed, job.ahead)
    assert made is not None
    return time.perf_counter() - begun, {**shown(made[0]), "tide": made[1].round(4).tolist()}


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
