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

    def value(self, u: float) -> float:
        """The value at `u` in [0, 1]."""
        if self.log:
            return float(math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low))))
        return float(self.low + u * (self.high - self.low))

    def place(self, value: float) -> float:
        """Where a value lies in the prior, in [0, 1]."""
        if self.log:
            value, low, high = (math.log(max(x, self.low)) for x in (value, self.low, self.high))
        else:
            low, high = self.low, self.high
        return float(np.clip((value - low) / (high - low), 0.0, 1.0))


def _of_schema(key: str, log: bool = False, low: float | None = None, high: float | None = None) -> Parameter:
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


def by_key(keys: list[str]) -> tuple[Parameter, ...]:
    """The candidates of these keys, in their order."""
    return tuple(parameter for parameter in CANDIDATES if parameter.key in keys)


def values(parameters: tuple[Parameter, ...], u: np.ndarray) -> dict[str, float]:
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


def joins(found: dict[str, float], scenario: Scenario, days: float) -> float:
    """Joins that stand for one newcomer of the log."""
    return found.get(ARRIVALS, 1.0) / ever_writes(scenario, days)


def scenario_with(base: Scenario, found: dict[str, float], arrivals: Arrivals, founders: int) -> Scenario:
    """The neutral scenario with fitted values, to which people come as they came to the log at the split.

    Parameters
    ----------
    found : values by key of `CANDIDATES`
    founders : founding members of the run, on whom the size of the market depends
    """
    table = base.resolved()
    for key, value in found.items():
        if key != ARRIVALS:
            name, inner = key.split(".")
            table[name][inner] = value
    changed = validated(table, dict(base.origins), base.path)
    daily = joins(found, changed, arrivals.days) * arrivals.lately
    most = BASELINE["community"]["market_per_member"]["range"][1]
    table["community"]["market_per_member"] = min(daily / changed.joining.rate / founders, most)
    return validated(table, dict(base.origins), base.path)
