"""Facts of any event log, real or simulated, by the same code: `patterns(log)`.

A fact has the number of the pattern P1-P30 that it measures (in ODD.md, 1) or none,
where it belongs to the facts of all accounts that hold in many communities. P facts are of members: accounts without
those of staff, where staff are known. Intervals: 95 %, percentile bootstrap over accounts
(`sim.logs.patterns.estimates`).
This is analysis, apart from the model: nothing in a run reads it, and its draws are NumPy's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.logs.log import Log
from sim.logs.patterns.activity import Line, activity
from sim.logs.patterns.bonds import bonds
from sim.logs.patterns.curves import Curve, curves
from sim.logs.patterns.graph import graph
from sim.logs.patterns.ground import Ground
from sim.logs.patterns.newcomers import newcomers

RESAMPLES = 200


class Fact(NamedTuple):
    """A number that a log tells; NaN where it tells none."""

    name: str
    pattern: str  # "P1" to "P30", or ""
    value: float
    unit: str
    n: int  # units (accounts, threads, ties, weeks ...) that it is taken over
    low: float  # 95 % interval; NaN where there is none
    high: float
    about: str


@dataclass(frozen=True)
class Patterns:
    """What a log tells."""

    name: str
    events: int
    days: float
    accounts: int
    wrote: int
    staff: int
    facts: dict[str, Fact]
    curves: dict[str, Curve]

    def __getitem__(self, name: str) -> float:
        """The value of a fact."""
        return self.facts[name].value

    def of(self, pattern: str) -> dict[str, Fact]:
        """The facts that measure one pattern, such as "P16"."""
        return {name: fact for name, fact in self.facts.items() if fact.pattern == pattern}


def patterns(log: Log, resamples: int = RESAMPLES, seed: int = 1) -> Patterns:
    """The facts of a log.

    Parameters
    ----------
    log : from `sim.logs.readers.read` or `sim.logs.log.of_run`; accounts and threads are used where it has them
    resamples : bootstrap resamples of accounts for the intervals; 0: none
    seed : int, of the resamples and of the rewired graph

    Raises
    ------
    LogError : if the log has no events
    """
    g = Ground(log)
    generator = np.random.default_rng(seed)
    lines = activity(g) + newcomers(g) + bonds(g) + graph(g, generator)
    drawn = curves(g)
    points = [estimate for curve in drawn for estimate in curve.estimates]
    estimates = [line.estimate for line in lines] + points
    value, low, high = _intervals(estimates, g.accounts, resamples, generator)
    facts = {}
    for k, line in enumerate(lines):
        assert line.name not in facts, line.name
        facts[line.name] = Fact(line.name, line.pattern, value[k], line.unit, line.estimate.n, low[k], high[k],
                                line.about)  # fmt: skip
    made, at = {}, len(lines)
    for curve in drawn:
        if curve.estimates:
            part = slice(at, at + len(curve.estimates))
            at = part.stop
            curve = curve.filled(value[part], low[part], high[part])
        made[curve.name] = curve
    return Patterns(log.name, int(g.time.size), g.end, g.accounts, int(g.wrote.sum()), int(g.staff.sum()), facts, made)


def _intervals(
    estimates: list, accounts: int, resamples: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, and the 2.5 and 97.5 percentiles over resamples of accounts; NaN where half of them say nothing."""
    value = np.array([estimate.at(np.ones(accounts, np.int64)) for estimate in estimates])
    low, high = np.full(value.size, np.nan), np.full(value.size, np.nan)
    if resamples < 2:
        return value, low, high
    drawn = np.full((resamples, value.size), np.nan)
    for k in range(resamples):
        w = np.bincount(generator.integers(0, accounts, accounts), minlength=accounts)
        for place, estimate in enumerate(estimates):
            if np.isfinite(value[place]):
                drawn[k, place] = estimate.at(w)
    enough = np.isfinite(drawn).sum(axis=0) > resamples // 2
    low[enough], high[enough] = np.nanpercentile(drawn[:, enough], (2.5, 97.5), axis=0)
    return value, low, high


__all__ = ["Fact", "Line", "Patterns", "patterns"]
