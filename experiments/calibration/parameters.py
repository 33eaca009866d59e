"""What may be fitted: keys of the scenario, each on a scale on which its prior is even, with the range of the schema.

Some ranges are narrower than the schema's, and say so. `arrivals` is no key: a log shows who writes for the first
time, the model who joins, so it stands for joins a day in units of the log's own first messages a day (arrivals.py)
over the chance that a joiner ever writes; it gives `community.market_per_member`. members.voice_sd, visiting.silence
and joining.rate are held: hardly any of four logs narrowed them, and each value that is sought asks for many runs more.
So is reading.respond, for a log shows it in its sum with the readiness to write (members.voice_mean) alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.calibration.arrivals import Arrivals
from experiments.runs.point import settled
from sim.logs.founding import Surroundings, contributions, contributions_of_a_visit, habits_of
from sim.scenario import BASELINE, Scenario

ARRIVALS = "arrivals"
MARKET = "community.market_per_member"
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


def range_of(key: str) -> tuple[float, float]:
    """The range of a key of the scenario, as `scenarios/baseline.toml` declares it."""
    table, name = key.split(".")
    low, high = BASELINE[table][name]["range"]
    return low, high


CANDIDATES = (
    Parameter(ARRIVALS, 0.25, 4.0, log=True),
    Parameter("members.drive_mean", -7.0, -1.0),
    Parameter("members.drive_sd", 0.2, range_of("members.drive_sd")[1]),
    Parameter("members.voice_mean", -5.5, 1.5),  # below, nearly all only read, of whom a log knows nothing
    Parameter("leaving.base", *range_of("leaving.base")),
    Parameter("posting.opening", *range_of("posting.opening")),
    Parameter("reading.preference", *range_of("reading.preference")),
    Parameter("visiting.tide_sd", *range_of("visiting.tide_sd")),  # these two after the others (tide.py)
    Parameter("visiting.tide_half_life", *range_of("visiting.tide_half_life"), log=True),
)


def by_key(keys: list[str]) -> Parameters:
    """The candidates of these keys, in their order."""
    return tuple(parameter for parameter in CANDIDATES if parameter.key in keys)


def values(parameters: Parameters, u: np.ndarray) -> dict[str, float]:
    """Places in the prior as values by key."""
    return {parameter.key: parameter.value(float(x)) for parameter, x in zip(parameters, u, strict=True)}


def neutral(scenario: Scenario) -> Scenario:
    """The scenario without a working team: a log holds no data on hours and company messages."""
    return settled(scenario, {"strategy.hours": {}})


def ever_writes(scenario: Scenario, days: float) -> float:
    """Chance that a joiner writes within `days`, by the rates that founding uses: over a fixed grid of two normals."""
    from scipy.stats import norm

    members, p = scenario.members, (np.arange(NODES) + 0.5) / NODES
    z, e = (x.ravel() for x in np.meshgrid(norm.ppf(p), norm.ppf(p)))
    tied = members.drive_voice_correlation
    drive = members.drive_mean + members.drive_sd * z
    voice = members.voice_mean + members.voice_sd * (tied * z + math.sqrt(1.0 - tied * tied) * e)
    habits = habits_of(scenario)
    around = Surroundings(closeness=0.0, belonging=members.belonging, heard=0.0, active=0.0, received=0.0)
    rate = np.array([contributions(d, v, around, habits) for d, v in zip(drive, voice, strict=True)])
    at_once = np.array([contributions_of_a_visit(v, around, habits) for v in voice])  # who joins visits on that day
    return float(1.0 - np.exp(-at_once - rate * days).mean())


def joins(settings: dict[str, float], scenario: Scenario, days: float) -> float:
    """Joins that stand for one newcomer of the log."""
    return settings.get(ARRIVALS, 1.0) / ever_writes(scenario, days)


def scenario_with(base: Scenario, settings: dict[str, float]) -> Scenario:
    """The scenario with these values, by key of `CANDIDATES`."""
    return settled(base, {key: value for key, value in settings.items() if key != ARRIVALS})


def market_per_member(settings: dict[str, float], scenario: Scenario, arrivals: Arrivals, founders: int) -> float:
    """The market from which as many people join as came to the log at the split, for each of the founders."""
    daily = joins(settings, scenario, arrivals.days) * arrivals.lately
    return min(daily / scenario.joining.rate / founders, range_of(MARKET)[1])
