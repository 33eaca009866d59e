"""The hold-out check: how the fitted model's own course fares on what came after the split, beside naive forecasts.

Runs are founded before the split, with settings drawn from the posterior, and live on after it; nothing from after
the split is used. Their median is the model's course, and 90 % of them lie within its band. It is laid beside what
came, and its error beside that of the best of three naive forecasts, chosen afterwards: the last value, the mean of
the last eight weeks, and a straight line through the fitted stretch, none below 0. Combining the log's level with the
model's change by a learned weight was tried and left out: it bought little, and it hid what the model says itself.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.calibration.summaries import COHORT
from experiments.calibration.window import WEEK

LAST = 8  # weeks of the mean
COVER = 0.9
FEW = 3  # newcomers that a cohort needs for its share to be scored
SERIES = {
    "actives": "weekly actives",
    "exchanges": "exchanges a week",
    "returned": "newcomers' day-30 return, by four weeks",
}
NAIVE = ("last value", "mean of the last", "linear trend")


def naive(past: np.ndarray, ahead: int, last: int) -> dict[str, np.ndarray]:
    """The naive forecasts of the next `ahead` values; `last`: values in the mean. What is nan is left out.

    >>> forecasts = naive(np.array([1.0, 2.0, 3.0]), 2, 2)
    >>> forecasts["last value"].tolist(), forecasts["mean of the last"].tolist()
    ([3.0, 3.0], [2.5, 2.5])
    >>> forecasts["linear trend"].round(6).tolist()
    [4.0, 5.0]
    """
    at = np.flatnonzero(np.isfinite(past))
    if not at.size:
        return dict.fromkeys(NAIVE, np.full(ahead, np.nan))
    known = past[at]
    slope, level = np.polyfit(at, known, 1) if at.size > 1 else (0.0, known[0])
    line = np.maximum(level + slope * (past.size + np.arange(ahead)), 0.0)
    return dict(zip(NAIVE, (np.full(ahead, known[-1]), np.full(ahead, known[-last:].mean()), line), strict=True))


@dataclass(frozen=True)
class Score:
    """How good the model's course was in one series; errors are mean absolute ones over the values, in its unit."""

    series: str
    n: int  # values that came
    model: float
    naive: dict[str, float]
    covered: float  # share of values within the 90 % band

    @property
    def best(self) -> str:
        """The best of the naive forecasts, known only afterwards."""
        return min(self.naive, key=lambda name: self.naive[name])

    @property
    def ratio(self) -> float:
        """The model's error to that of the best naive forecast; below 1 the model is better."""
        return self.model / self.naive[self.best] if self.naive[self.best] > 0 else math.inf


@dataclass(frozen=True, eq=False)
class Course:
    """One series: float64 what was before (values,), what came (values,), and the runs (runs, values)."""

    past: np.ndarray
    real: np.ndarray
    runs: np.ndarray
    last: int  # values in the mean of the last eight weeks

    def band(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Median and the two ends of the 90 % band; nan where no run has a value."""
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
        if not use.any() or not np.isfinite(list(others.values())).all():
            return None
        real = self.real[use]
        return Score(
            name,
            real.size,
            float(np.abs(middle[use] - real).mean()),
            {key: float(np.abs(other[use] - real).mean()) for key, other in others.items()},
            float(((real >= low[use]) & (real <= high[use])).mean()),
        )


def courses(past: dict[str, Any], later: dict[str, Any], runs: list[dict[str, Any]], fitted: int) -> dict[str, Course]:
    """The three series, by the names of `SERIES`, of what `simulate.shown` gave.

    Parameters
    ----------
    past, later : of the log up to the split, and after it
    runs : of the model after the split
    fitted : weeks of the fitted stretch, through which the naive trend is laid
    """

    def weekly(stretch: dict[str, Any], name: str) -> np.ndarray:
        return np.array(stretch["weekly"][name], float)

    def returned(stretch: dict[str, Any], few: int = 0) -> np.ndarray:
        return np.where(np.array(stretch["cohorts"]) >= few, np.array(stretch["returned"], float), np.nan)

    courses = {
        name: Course(weekly(past, name)[-fitted:], weekly(later, name), np.array([weekly(run, name) for run in runs]),
                     LAST)
        for name in ("actives", "exchanges")
    }  # fmt: skip
    back = np.array([returned(run) for run in runs])
    courses["returned"] = Course(returned(past, FEW), returned(later, FEW), back, LAST * WEEK // COHORT)
    return courses
