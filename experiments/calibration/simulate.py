"""One run of a calibration: a setting and a seed in, what the log of the run shows out. Done by the workers."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from experiments.calibration.arrivals import Arrivals
from experiments.calibration.parameters import Parameters, joins, neutral, scenario_with, values
from experiments.calibration.summaries import ABOUT, describe, returns, weekly
from experiments.calibration.window import WEEK, CalibrationError, Target, Window, window_of
from sim.logs.log import DAY

EXCESS, SPARE = 3.0, 200  # a run is far off that has written so many times what the log has by then, and so many more


@dataclass(frozen=True, eq=False)
class World:
    """What all runs of a calibration share."""

    target: Target
    base: Any  # the neutral scenario
    arrivals: Arrivals

    @classmethod
    def of(cls, target: Target, scenario: Any) -> World:
        """Take what is needed from the log."""
        newcomers = weekly(target.past)["newcomers"]
        return cls(target, neutral(scenario), Arrivals.of(newcomers, target.fitted.weeks))


@dataclass(frozen=True, eq=False)
class Job:
    """One run to do: over the fitted stretch or, where its name begins with `ahead`, over what came after the split."""

    name: str
    world: World
    values: dict[str, float]
    root: int

    @property
    def ahead(self) -> bool:
        """Whether the job is about the time after the split."""
        return self.name.startswith("ahead")

    @property
    def key(self) -> str:
        """The job's key among stored runs; another name, root or other values give another key."""
        text = json.dumps([self.root, self.values], sort_keys=True)
        return f"{self.name}-{sha256(text.encode()).hexdigest()[:12]}"

    @property
    def seed(self) -> int:
        """The seed, a whole number in [0, 2^48), different for each run: settings do not share seeds."""
        return int(sha256(self.key.encode()).hexdigest()[:12], 16)


def jobs(name: str, world: World, candidates: Parameters, u: np.ndarray, root: int) -> list[Job]:
    """A run for each setting; u: (n, candidates)."""
    return [Job(f"{name}-{place}", world, values(candidates, row), root) for place, row in enumerate(u)]


def run_window(job: Job, limit: np.ndarray | None = None) -> tuple[Window, np.ndarray] | None:
    """Found the community with a job's values and run it; its log and weekly tide, or None: far too much.

    It is founded some weeks before it is looked at, and lives through them with the arrivals of the log.

    Parameters
    ----------
    limit : float64 (days,), messages by each day of the stretch above which a run is stopped
    """
    from experiments.runs.pool import heed
    from sim.community import Community
    from sim.logs.founding import from_log
    from sim.logs.log import of_run

    target, arrivals = job.world.target, job.world.arrivals
    start = target.split if job.ahead else target.start
    warm = target.warm_up(start)
    scenario = scenario_with(job.world.base, job.values)
    scenario, founding = from_log(target.log, start - warm * WEEK * DAY, scenario)
    community = Community(scenario, job.seed, founding=founding, keep_events=True)
    coming, weeks = arrivals.past, target.fitted.weeks
    if job.ahead:
        weeks = target.later.weeks  # type: ignore[union-attr]
        coming = np.concatenate([coming, arrivals.ahead(weeks, job.seed)])
    coming = coming[coming.size - weeks - warm :] * joins(job.values, scenario, arrivals.days) / scenario.joining.rate
    days, first = WEEK * coming.size, WEEK * warm
    tide, before = np.zeros(days), 0
    for day in range(days):
        if day % WEEK == 0:  # input data: as many people left in the market as give this week's joins
            here = community.members.n - scenario.community.members
            community.tables.now.market = float(coming[day // WEEK]) + here
        community.step()
        heed()
        tide[day] = community.tables.now.tide
        if day < first:
            before = len(community.events)
        elif limit is not None and len(community.events) - before > limit[day - first]:
            return None
    old = np.flatnonzero(founding.members.written > 0)
    epoch = founding.epoch + DAY  # what is written in the first step carries day 1
    window = window_of(of_run(community), epoch, epoch + days * DAY, old)
    window = window if target.opens else window.only(window.aimed)
    return window.between(float(first), float(days)), tide.reshape(-1, WEEK).mean(axis=1)[warm:]


def fit(job: Job) -> list[float] | None:
    """The summaries of a run over the fitted stretch, as `describe` orders them; None: far off."""
    fitted = job.world.target.fitted
    limit = EXCESS * np.searchsorted(fitted.day, np.arange(round(fitted.length)) + 1.0) + SPARE
    result = run_window(job, limit)
    return None if result is None else list(describe(result[0]).values())


class Shown(BaseModel):
    """What `show` returns, as it is kept."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    summaries: dict[str, float | None]
    weekly: dict[str, list[float]]
    returned: list[float | None]
    cohorts: list[float]
    tide: list[float]


Summaries = Annotated[
    list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=len(ABOUT), max_length=len(ABOUT))
]
KEPT: dict[bool, TypeAdapter] = {
    False: TypeAdapter(list[Summaries | None], config=ConfigDict(strict=True)),
    True: TypeAdapter(list[Shown]),
}


def checked(results: list[Any], shown: bool = False) -> list[Any]:
    """Results of `fit`, or of `show`, as they were kept; CalibrationError for what no run has left."""
    try:
        KEPT[shown].validate_python(results)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))[:100]
        raise CalibrationError(
            f"the folder of runs: a result is none of a run ({where}); name another folder"
        ) from None
    return results


def as_numbers(rows: list[list[float] | None]) -> np.ndarray:
    """Summaries of runs as they are kept, (runs, summaries); of a run that was far off nan."""
    return np.array([row or [np.nan] * len(ABOUT) for row in rows])


def show(job: Job) -> dict[str, Any]:
    """The summaries and series of a run, to compare with the log's."""
    window, tide = run_window(job)  # type: ignore[misc]
    return {**shown(window), "tide": tide.round(4).tolist()}


def shown(w: Window) -> dict[str, Any]:
    """The summaries and series of a real or simulated stretch, as plain data, to be compared."""
    share, count = returns(w)
    return {
        "summaries": describe(w),
        "weekly": {name: x.tolist() for name, x in weekly(w).items()},
        "returned": [None if math.isnan(x) else x for x in share.tolist()],
        "cohorts": count.tolist(),
    }
