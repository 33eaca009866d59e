"""The hold-out check: what the fitted model and three naive forecasts say of the time after the split, and the errors.

Forecasts of the model are the median over runs with settings drawn from the posterior, each with a seed of its own;
an interval holds 90 % of these runs. They are founded from the log some weeks before the split, and their level is
anchored: the forecast is multiplied by what the log shows of the last four weeks before the split over what the
median run shows of them. Nothing after the split is used. Naive: the last value, the mean of the last eight weeks,
and a straight line through the fitted stretch, none below zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.calibration.summaries import COHORT
from experiments.calibration.window import WEEK

LAST = 8  # weeks of the mean
ANCHOR = 4  # weeks before the split at which the level is anchored
COVER = 0.9
FEW = 3  # newcomers that a cohort needs for its share to be scored
SERIES = {
    "actives": "weekly actives",
    "exchanges": "exchanges a week",
    "returned": "newcomers' day-30 return, by four weeks",
}


def naive(past: np.ndarray, ahead: int, last: int) -> dict[str, np.ndarray]:
    """The naive forecasts of the next `ahead` values; `last`: values in the mean. What is nan is left out.

    >>> found = naive(np.array([1.0, 2.0, 3.0]), 2, 2)
    >>> found["last value"].tolist(), found["mean of the last"].tolist()
    ([3.0, 3.0], [2.5, 2.5])
    >>> found["linear trend"].round(6).tolist()
    [4.0, 5.0]
    """
    at = np.flatnonzero(np.isfinite(past))
    if not at.size:
        return dict.fromkeys(("last value", "mean of the last", "linear trend"), np.full(ahead, np.nan))
    known = past[at]
    slope, level = np.polyfit(at, known, 1) if at.size > 1 else (0.0, known[0])
    line = level + slope * (past.size + np.arange(ahead))
    return {
        "last value": np.full(ahead, known[-1]),
        "mean of the last": np.full(ahead, known[-last:].mean()),
        "linear trend": np.maximum(line, 0.0),
    }


def crps(runs: np.ndarray, value: float) -> float:
    """Continuous ranked probability score of equally likely runs (Gneiting & Raftery 2007), in the value's unit.

    >>> crps(np.array([2.0, 2.0]), 5.0)
    3.0
    """
    x = np.sort(runs)
    n = x.size
    between = 2.0 * (x * (2 * np.arange(1, n + 1) - n - 1)).sum() / n**2
    return float(np.abs(x - value).mean() - 0.5 * between)


@dataclass(frozen=True)
class Score:
    """How good a forecast of one series was; errors are mean absolute ones over the weeks, in its unit."""

    series: str
    n: int  # values that were forecast
    model: float
    naive: dict[str, float]
    crps: float
    covered: float  # share of values within the 90 % interval

    @property
    def best(self) -> str:
        """The best of the naive forecasts, known only afterwards."""
        return min(self.naive, key=lambda name: self.naive[name])

    @property
    def ratio(self) -> float:
        """The model's error to that of the best naive forecast; below 1 the model is better."""
        return self.model / self.naive[self.best] if self.naive[self.best] > 0 else math.inf


@dataclass(frozen=True)
class Path:
    """One series: what was before, what came, what the runs gave (runs, values)."""

    past: np.ndarray
    real: np.ndarray
    runs: np.ndarray
    last: int  # values in the mean of the last eight weeks
    anchor: float = 1.0  # factor by which the runs have been multiplied

    def band(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Median and the two ends of the 90 % interval; nan where no run has a value."""
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a cohort without newcomers in any run
            low, middle, high = np.nanquantile(self.runs, [(1 - COVER) / 2, 0.5, (1 + COVER) / 2], axis=0)
        return middle, low, high

    def score(self, name: str) -> Score | None:
        """The errors; None if there is nothing to compare."""
        if not self.real.size or not self.runs.size:
            return None
        middle, low, high = self.band()
        others = naive(self.past, self.real.size, self.last)
        use = np.isfinite(self.real) & np.isfinite(middle)
        if not use.any() or not all(np.isfinite(other).all() for other in others.values()):
            return None
        real = self.real[use]
        columns = [self.runs[np.isfinite(self.runs[:, k]), k] for k in np.flatnonzero(use)]
        return Score(
            name,
            int(use.sum()),
            float(np.abs(middle[use] - real).mean()),
            {key: float(np.abs(other[use] - real).mean()) for key, other in others.items()},
            float(np.mean([crps(column, value) for column, value in zip(columns, real, strict=True)])),
            float(((real >= low[use]) & (real <= high[use])).mean()),
        )


def _numbers(values: list) -> np.ndarray:
    return np.array([math.nan if value is None else value for value in values], float)


def anchor(real: np.ndarray, runs: np.ndarray) -> float:
    """Factor from the level of the median run to the log's, over the same weeks; runs: (runs, weeks).

    >>> anchor(np.array([3.0, 5.0]), np.array([[2.0, 2.0], [1.0, 1.0], [9.0, 9.0]]))
    2.0
    """
    level = float(np.median(runs.mean(axis=1)))
    return float(real.mean()) / level if level > 0 and real.mean() > 0 else 1.0


def paths(past: dict[str, Any], later: dict[str, Any], runs: list[dict[str, Any]]) -> dict[str, Path]:
    """The three series, of what `simulate.shown` gave of the fitted stretch, of what came after, and of each run."""
    found = {}
    for name in ("actives", "exchanges"):
        before, own = _numbers(past["weekly"][name]), np.array([run["before"][name] for run in runs], float)
        factor = anchor(before[-ANCHOR:], own[:, -ANCHOR:])
        ahead = factor * np.array([run["weekly"][name] for run in runs], float)
        found[name] = Path(before, _numbers(later["weekly"][name]), ahead, LAST, factor)
    real = np.where(np.array(later["cohorts"]) >= FEW, _numbers(later["returned"]), np.nan)
    before = np.where(np.array(past["cohorts"]) >= FEW, _numbers(past["returned"]), np.nan)
    back = np.array([_numbers(run["returned"]) for run in runs])
    found["returned"] = Path(before, real, back.reshape(len(runs), real.size), LAST * WEEK // COHORT)
    return found
