"""Facts of any event log, real or simulated, by the same code: `patterns(log)`.

All facts stand in facts.csv, with the number of the pattern P1-P30 that each measures (in ODD.md, 1), or none where it
belongs to the facts of all accounts that hold in many communities. P facts are of members: accounts without those of
staff, where staff are known. Intervals: 95 %, percentile bootstrap over accounts (`sim.logs.patterns.estimates`).
This is analysis, apart from the model: nothing in a run reads it, and its draws are NumPy's.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.logs.log import Log
from sim.logs.patterns.activity import activity
from sim.logs.patterns.curves import Curve, curves
from sim.logs.patterns.estimates import Estimate
from sim.logs.patterns.graph import graph
from sim.logs.patterns.indexed import Indexed
from sim.logs.patterns.newcomers import newcomers
from sim.logs.patterns.ties import ties

RESAMPLES = 200
with (Path(__file__).parent / "facts.csv").open(encoding="utf-8", newline="") as _file:
    FACTS = {row["name"]: row for row in csv.DictReader(_file)}  # pattern, unit and meaning of each, in words


class Fact(NamedTuple):
    """A number computed from a log; NaN where the log has too little data for it."""

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
    """The facts and curves of a log."""

    name: str
    events: int
    days: float
    accounts: int
    wrote: int
    staff: int
    facts: dict[str, Fact]
    curves: dict[str, Curve]
    notes: tuple[str, ...]  # what the reader had to leave out

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
    indexed = Indexed(log)
    generator = np.random.default_rng(seed)
    statistics = [*activity(indexed), *newcomers(indexed), *ties(indexed), *graph(indexed, generator)]
    drawn = list(curves(indexed))
    estimates = [one.estimate for one in statistics] + [point for curve in drawn for point in curve.estimates]
    intervals = _intervals(estimates, indexed.accounts, resamples, generator)
    facts = {}
    for (name, estimate, given), value, low, high in zip(statistics, *intervals[:, : len(statistics)], strict=True):
        row = FACTS[name]
        about = row["about"].format(**given)
        facts[name] = Fact(name, row["pattern"], value, row["unit"], estimate.n, low, high, about)
    assert len(facts) == len(statistics)
    courses = {curve.name: curve for curve in drawn}
    begin = len(statistics)
    for curve in drawn:
        if size := len(curve.estimates):
            y, low, high = intervals[:, begin : begin + size]
            courses[curve.name] = replace(curve, y=y, low=low, high=high, estimates=[])
            begin += size
    wrote, staff = int(indexed.wrote.sum()), int(indexed.staff.sum())
    return Patterns(log.name, indexed.time.size, indexed.end, indexed.accounts, wrote, staff, facts, courses, log.notes)


def _intervals(
    estimates: Sequence[Estimate], accounts: int, resamples: int, generator: np.random.Generator
) -> np.ndarray:
    """Values, and the 2.5 and 97.5 percentiles over resamples of accounts; NaN where half of them have no value.

    Returns
    -------
    float64, shape (3, len(estimates))
    """
    value = np.array([estimate.at(np.ones(accounts, np.int64)) for estimate in estimates])
    low, high = np.full((2, value.size), np.nan)
    if resamples > 1:
        finite, drawn = np.isfinite(value), np.empty((resamples, value.size))
        for row in drawn:
            w = np.bincount(generator.integers(0, accounts, accounts), minlength=accounts)
            row[:] = [estimate.at(w) if known else np.nan for estimate, known in zip(estimates, finite, strict=True)]
        enough = np.isfinite(drawn).sum(axis=0) > resamples // 2
        low[enough], high[enough] = np.nanpercentile(drawn[:, enough], (2.5, 97.5), axis=0)
    return np.stack([value, low, high])
