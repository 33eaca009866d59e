"""A row of evidence: a published figure, ours with its interval, a criterion fixed beforehand, and whether it is met.

Figures and criteria stand in `targets.toml`.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.runs import files
from experiments.stats.paired import Interval, interval

TARGETS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("targets.toml").read_text(encoding="utf-8"))
ABOVE_ZERO, BELOW_ZERO = (0.0, math.inf), (-math.inf, 0.0)
Numbers = dict[str, np.ndarray]  # of one cell: float64 (n_seeds,) by name


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    id, about : its number in the list of targets, and what is measured, with unit
    published, source : the figure in words, and where it stands
    ours : mean and 95 % interval over seeds
    band : lowest and highest mean that pass
    whole : whether all of the interval must lie within the band, and not the mean alone
    note : what a reader must know to judge it
    """

    id: str
    about: str
    published: str
    source: str
    ours: Interval
    band: tuple[float, float]
    whole: bool = False
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the criterion is met.

        What is not a number fails, so does what has no interval where one is asked for, and an ordering is not met by
        no difference at all.
        """
        low, high = (self.ours.low, self.ours.high) if self.whole else (self.ours.mean, self.ours.mean)
        no_difference = self.band in (ABOVE_ZERO, BELOW_ZERO) and self.ours.low == self.ours.high == 0.0
        return bool(self.band[0] <= low and high <= self.band[1]) and not no_difference

    def plain(self) -> dict[str, Any]:
        """The row as plain data; what is not finite is None."""
        return files.plain({**asdict(self), "passed": self.passed})


def judge(table: str, numbers: Numbers) -> list[Row]:
    """The rows of a table of `targets.toml`, by the statistics that it names of a cell's numbers."""
    rows = []
    for row in TARGETS[table]["rows"]:
        target = {"note": "", "whole": False} | TARGETS[table] | row
        ours = STATISTICS[target["statistic"]](*(numbers[name] for name in target["of"]))
        note = target["note"].format(**{name: x.mean() for name, x in numbers.items() if x.size})
        words = {name: target[name] for name in ("id", "about", "published", "source", "whole")}
        rows.append(Row(**words, ours=ours, band=tuple(target["band"]), note=note))
    return rows


def ratio(top: np.ndarray, bottom: np.ndarray) -> Interval:
    """The ratio of the means of two paired columns, with the delta interval of its logarithm (t, n - 1).

    NaN where a mean is not above zero. A ratio of means, because a seed in which nobody did anything has no ratio.

    >>> round(ratio(np.array([2.0, 4.0]), np.array([1.0, 2.0])).mean, 3)
    2.0
    """
    both = np.isfinite(top) & np.isfinite(bottom)
    top, bottom = top[both], bottom[both]
    if top.size == 0 or top.mean() <= 0 or bottom.mean() <= 0:
        return Interval(math.nan, math.nan, math.nan, top.size)
    # what each seed adds to the logarithm of the ratio, to first order
    half = interval(top / top.mean() - bottom / bottom.mean()).half
    return _of_logarithm(top.mean() / bottom.mean(), half, top.size)


def ratio_of_shares(cases: np.ndarray, of: np.ndarray, other_cases: np.ndarray, of_other: np.ndarray) -> Interval:
    """The ratio of the mean shares of two arms; a seed in which an arm has nobody is left out."""
    shares = (x / np.where(n > 0, n, np.nan) for x, n in ((cases, of), (other_cases, of_other)))
    return ratio(*shares)


def odds_ratio(cases: np.ndarray, of: np.ndarray, other_cases: np.ndarray, of_other: np.ndarray) -> Interval:
    """The odds ratio of pooled counts, with the delete-one jackknife interval of its logarithm over seeds.

    Half a case is added to each cell, so that an empty one gives a number (Haldane & Anscombe).

    >>> ten = np.array([10.0, 10.0])
    >>> round(odds_ratio(ten / 2, ten, ten / 5, ten).mean, 2)
    3.73
    """
    columns = np.array([cases, of, other_cases, of_other], float)
    columns = columns[:, np.isfinite(columns).all(axis=0)]
    n, pooled = columns.shape[1], columns.sum(axis=1)
    if pooled[1] == 0 or pooled[3] == 0:
        return Interval(math.nan, math.nan, math.nan, n)
    a, b, c, d = np.column_stack([pooled, pooled[:, None] - columns])  # all seeds, then without each
    log_odds = np.log((a + 0.5) * (d - c + 0.5) / ((b - a + 0.5) * (c + 0.5)))
    half = interval(n * log_odds[0] - (n - 1) * log_odds[1:]).half  # of the jackknife's pseudo-values
    return _of_logarithm(math.exp(log_odds[0]), half, n)


def _of_logarithm(middle: float, half: float, n: int) -> Interval:
    """The interval of a ratio whose logarithm has this half-width."""
    return Interval(float(middle), float(middle * math.exp(-half)), float(middle * math.exp(half)), n)


STATISTICS: dict[str, Callable[..., Interval]] = {
    "mean": interval,
    "difference": lambda one, other: interval(one - other),
    "ratio": ratio,
    "ratio of shares": ratio_of_shares,
    "odds ratio": odds_ratio,
}
