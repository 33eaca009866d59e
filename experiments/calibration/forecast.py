"""The hold-out check: what the fitted model and three naive forecasts say of the time after the split, and the errors.

The forecast of weekly actives and of exchanges combines two. The *level* is what the log shows of the last four weeks
before the split. The *change* is the model's: the median of runs with settings drawn from the posterior, founded from
the log some weeks before the split, over what the same runs show of those four weeks. The forecast is

    level x change ^ weight,    weight between 0 (the level stays) and 1 (the model alone says how it moves),

a geometric combination of forecasts (Bates & Granger 1969, Operational Research Quarterly 20). The weight is learned
before the split: the model is run on from earlier origins up to the split, with the arrivals as they could be known
there, and the log's change is regressed on the model's. There are few origins, so the weight is drawn to one half,
for equal weights are hard to beat with little to learn from (Claeskens et al. 2016, International Journal of
Forecasting 32). The spread of the runs about the forecast is widened or narrowed by the errors at the same origins.
Newcomers' return is the model's own, since few origins have any. An interval holds 90 % of the runs. Nothing after
the split is used, but the values were fitted up to the split, which the earlier origins see: they flatter the model.
Naive: the last value, the mean of the last eight weeks, and a straight line through the fitted stretch, none below 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.calibration.summaries import COHORT
from experiments.calibration.window import WEEK

LAST = 8  # weeks of the mean
LEVEL = 4  # weeks before an origin whose mean is the level
EVEN = 0.5  # weight before anything is learned
UNSURE = 0.3  # standard deviation of the weight before anything is learned: 0 and 1 are as far as can be
SURE = 4.0  # origins that the spread of the runs counts for, before anything is learned
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
    alone: float  # of the model's runs as they are, with neither level nor weight
    naive: dict[str, float]
    crps: float
    covered: float  # share of values within the 90 % interval
    weight: float | None = None  # of the model's change, where a level was combined with it

    @property
    def best(self) -> str:
        """The best of the naive forecasts, known only afterwards."""
        return min(self.naive, key=lambda name: self.naive[name])

    @property
    def ratio(self) -> float:
        """The model's error to that of the best naive forecast; below 1 the model is better."""
        return self.model / self.naive[self.best] if self.naive[self.best] > 0 else math.inf


def _log(x: Any) -> Any:
    """Logarithm of counts; half a count more, so that a week without any is none of minus infinity."""
    return np.log(x + 0.5)


@dataclass(frozen=True, eq=False)
class Origin:
    """One weekly series on both sides of an origin: of the log (weeks,), and of the runs (runs, weeks)."""

    past: np.ndarray
    real: np.ndarray
    before: np.ndarray  # the runs' last weeks before the origin
    runs: np.ndarray

    @property
    def level(self) -> float:
        """The log's, as a logarithm."""
        return float(_log(self.past[-LEVEL:].mean()))

    @property
    def change(self) -> np.ndarray:
        """The model's since the origin, as a logarithm."""
        return _log(np.median(self.runs, axis=0)) - _log(np.median(self.before[:, -LEVEL:].mean(axis=1)))

    def followed(self, trust: Trust) -> np.ndarray:
        """The runs about the combined forecast, (runs, weeks)."""
        middle = self.level + trust.weight * self.change
        apart = _log(self.runs) - _log(np.median(self.runs, axis=0))
        return np.maximum(np.exp(middle + trust.spread * apart) - 0.5, 0.0)


@dataclass(frozen=True)
class Trust:
    """How far the model's change is followed (0-1), and by what factor the spread of its runs is multiplied."""

    weight: float = EVEN
    spread: float = 1.0
    origins: int = 0

    @classmethod
    def learned(cls, origins: list[Origin]) -> Trust:
        """From earlier origins: the mode under a normal prior of the weight; each origin counts once."""
        if not origins:
            return cls()
        x = np.array([one.change.mean() for one in origins])
        y = np.array([_log(one.real).mean() - one.level for one in origins])
        noise = float(((y - EVEN * x) ** 2).mean())
        prior = noise / UNSURE**2
        apart = (x * (y - EVEN * x)).sum() / max(prior + float((x * x).sum()), 1e-9)
        weight = float(np.clip(EVEN + apart, 0.0, 1.0))
        ratios = []
        for one in origins:
            error = _log(one.real) - one.level - weight * one.change
            ratios.append(float((error**2).mean() / max(_log(one.runs).var(axis=0).mean(), 1e-9)))
        spread = math.sqrt((SURE + sum(ratios)) / (SURE + len(ratios)))
        return cls(weight, spread, len(origins))


@dataclass(frozen=True)
class Path:
    """One series: what was before, what came, what the runs gave (runs, values)."""

    past: np.ndarray
    real: np.ndarray
    runs: np.ndarray
    last: int  # values in the mean of the last eight weeks
    alone: np.ndarray  # the model's runs as they are, alike
    trust: Trust | None = None

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
        alone = np.nanmedian(self.alone, axis=0)
        columns = [self.runs[np.isfinite(self.runs[:, k]), k] for k in np.flatnonzero(use)]
        return Score(
            name,
            int(use.sum()),
            float(np.abs(middle[use] - real).mean()),
            float(np.abs(alone[use] - real).mean()),
            {key: float(np.abs(other[use] - real).mean()) for key, other in others.items()},
            float(np.mean([crps(column, value) for column, value in zip(columns, real, strict=True)])),
            float(((real >= low[use]) & (real <= high[use])).mean()),
            None if self.trust is None else self.trust.weight,
        )


def _numbers(values: list) -> np.ndarray:
    return np.array([math.nan if value is None else value for value in values], float)


def paths(
    past: dict[str, Any], later: dict[str, Any], runs: list[dict[str, Any]], earlier: dict[int, list[dict[str, Any]]]
) -> dict[str, Path]:
    """The three series, of what `simulate.course` gave.

    Parameters
    ----------
    past : of the log up to the split; later : of the log after it; runs : of the runs after it
    earlier : runs from so many weeks before the split, up to it
    """
    found = {}
    for name in ("actives", "exchanges"):
        known, came = _numbers(past["weekly"][name]), _numbers(later["weekly"][name])

        def series(those: list[dict[str, Any]], key: str, name: str = name) -> np.ndarray:
            return np.array([run[key][name] for run in those], float)

        origins = [
            Origin(known[:-back], known[-back:], series(those, "before"), series(those, "weekly"))
            for back, those in earlier.items()
        ]
        trust = Trust.learned(origins)
        alone = series(runs, "weekly")
        ahead = Origin(known, came, series(runs, "before"), alone).followed(trust)
        found[name] = Path(known[-past["fitted"] :], came, ahead, LAST, alone, trust)
    real = np.where(np.array(later["cohorts"]) >= FEW, _numbers(later["returned"]), np.nan)
    before = np.where(np.array(past["cohorts"]) >= FEW, _numbers(past["returned"]), np.nan)
    back = np.array([_numbers(run["returned"]) for run in runs]).reshape(len(runs), real.size)
    found["returned"] = Path(before, real, back, LAST * WEEK // COHORT, back)
    return found
