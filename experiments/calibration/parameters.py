"""What may be fitted: keys of the scenario, each on a scale on which its prior is even, with the range of the schema.

Some ranges are narrower than the schema's, and say so. `arrivals` is no key: a log shows who writes for the first
time, the model who joins, so it stands for joins a day in units of the log's own first messages a day (arrivals.py)
over the chance that a joiner ever writes; it gives `community.market_per_member`. members.voice_sd, visiting.silence,
reading.thread and joining.rate are held: hardly any of four logs narrowed them, and each value that is sought asks
for many runs more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.calibration.arrivals import Arrivals
from sim.logs.founding import Surroundings, contributions, habits_of
from sim.scenario import BASELINE, Scenario, validated

ARRIVALS = "arrivals"
NODES = 32  # draws of each of two normals in the chance to ever write


@dataclass(frozen=True)
class Parameter:
    """A value to be fitted. `low`, `high`: its range; `log`: its prior is even in the logarithm."""

    key: str
    low: float
    high: float
    log: bool = False

    def value(self, u: Any) -> Any:
        """The value at `u` in [0, 1]: a number, or an array of them."""
        if self.log:
            return self.low * (self.high / self.low) ** u
        return self.low + u * (self.high - self.low)


Parameters = tuple[Parameter, ...]


def _of_schema(key: str, low: float | None = None, high: float | None = None, log: bool = False) -> Parameter:
    table, name = key.split(".")
    least, most = BASELINE[table][name]["range"]
    return Parameter(key, least if low is None else low, most if high is None else high, log)


CANDIDATES = (
    Parameter(ARRIVALS, 0.25, 4.0, log=True),
    _of_schema("members.drive_mean", low=-7.0, high=-1.0),
    _of_schema("members.drive_sd", low=0.2),
    _of_schema("members.voice_mean", low=-5.5, high=1.5),  # below, nearly all only read, of whom a log knows nothing
    _of_schema("leaving.base"),
    _of_schema("posting.more"),
    _of_schema("posting.opening", low=0.02),
    _of_schema("reading.preference"),
    _of_schema("visiting.tide_sd"),  # these two after the others (tide.py)
    _of_schema("visiting.tide_half_life", log=True),
)


def by_key(keys: list[str]) -> Parameters:
    """The candidates of these keys, in their order."""
    return tuple(parameter for parameter in CANDIDATES if parameter.key in keys)


def values(parameters: Parameters, u: np.ndarray) -> dict[str, float]:
    """Places in the prior as values by key."""
    return {parameter.key: parameter.value(float(x)) for parameter, x in zip(parameters, u, strict=True)}


def neutral(scenario: Scenario) -> Scenario:
    """The scenario without a working team: of hours and company messages a log says nothing."""
    table = scenario.resolved()
    table["strategy"]["hours"] = {}
    return validated(table, dict(scenario.origins), scenario.path)


def ever_writes(scenario: Scenario, days: float) -> float:
    """Chance that a joiner writes within `days`, by the rates that founding uses: over a fixed grid of two normals."""
    from scipy.stats import norm

    members, p = scenario.members, (np.arange(NODES) + 0.5) / NODES
    z, e = (x.ravel() for x in np.meshgrid(norm.ppf(p), norm.ppf(p)))
    tied = members.drive_voice_correlation
    drive = members.drive_mean + members.drive_sd * z
    voice = members.voice_mean + members.voice_sd * (tied * z + math.sqrt(1.0 - tied * tied) * e)
    habits = habits_of(scenario)._replace(turns=1.0)
    around = Surroundings(closeness=0.0, belonging=members.belonging, heard=0.0, active=0.0)
    rate = np.array([contributions(d, v, around, habits) for d, v in zip(drive, voice, strict=True)])
    at_once = 1.0 / (1.0 + np.exp(-voice))  # who joins visits on that day
    return float(1.0 - ((1.0 - at_once) * np.exp(-rate * days)).mean())


def joins(settings: dict[str, float], scenario: Scenario, days: float) -> float:
    """Joins that stand for one newcomer of the log."""
    return settings.get(ARRIVALS, 1.0) / ever_writes(scenario, days)


def scenario_with(base: Scenario, settings: dict[str, float]) -> Scenario:
    """The scenario with these values, by key of `CANDIDATES`."""
    table = base.resolved()
    for key, value in settings.items():
        if key != ARRIVALS:
            name, inner = key.split(".")
            table[name][inner] = value
    return validated(table, dict(base.origins), base.path)


def market_per_member(settings: dict[str, float], scenario: Scenario, arrivals: Arrivals, founders: int) -> float:
    """The market from which as many people join as came to the log at the split, for each of the founders."""
    daily = joins(settings, scenario, arrivals.days) * arrivals.lately
    return min(daily / scenario.joining.rate / founders, BASELINE["community"]["market_per_member"]["range"][1])
