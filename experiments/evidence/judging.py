"""A row of evidence: a published figure, ours with its interval, a criterion fixed beforehand, and what came of it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from experiments.stats.paired import Interval, interval

NEVER = (math.inf, -math.inf)  # a criterion that nothing meets
ABOVE_ZERO, BELOW_ZERO = (0.0, math.inf), (-math.inf, 0.0)


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
        """Whether the criterion is met; what is not a number, or has no interval where one is asked for, fails."""
        low, high = (self.ours.low, self.ours.high) if self.whole else (self.ours.mean, self.ours.mean)
        if self.whole and self.ours.n < 2:
            return False
        return bool(self.band[0] <= low and high <= self.band[1]) and self.band != NEVER and not self._at_nothing

    @property
    def _at_nothing(self) -> bool:
        """An ordering is not met by no difference at all."""
        return self.band in (ABOVE_ZERO, BELOW_ZERO) and self.ours.low == self.ours.high == 0.0

    def plain(self) -> dict[str, Any]:
        """As data for a file: what is not finite is None."""
        found = asdict(self) | {"band": list(self.band), "passed": self.passed}
        found["band"] = [bound if math.isfinite(bound) else None for bound in self.band]
        found["ours"] = {k: v if math.isfinite(v) else None for k, v in asdict(self.ours).items()}
        return found


def ratio(top: np.ndarray, bottom: np.ndarray) -> Interval:
    """The ratio of the means of two paired columns, with the delta interval of its logarithm (t, n - 1).

    NaN where a mean is not above zero. A ratio of means, because a seed in which nobody did anything has no ratio.

    >>> round(ratio(np.array([2.0, 4.0]), np.array([1.0, 2.0])).mean, 3)
    2.0
    """
    top, bottom = np.asarray(top, float), np.asarray(bottom, float)
    both = np.isfinite(top) & np.isfinite(bottom)
    top, bottom = top[both], bottom[both]
    n = top.size
    if n == 0 or top.mean() <= 0 or bottom.mean() <= 0:
        return Interval(math.nan, math.nan, math.nan, n)
    found = top.mean() / bottom.mean()
    # what each seed adds to the logarithm of the ratio, to first order
    half = interval(top / top.mean() - bottom / bottom.mean()).half
    return Interval(float(found), float(found * math.exp(-half)), float(found * math.exp(half)), n)


def not_expressible(id: str, about: str, published: str, source: str, why: str) -> Row:
    """An experiment that the model cannot express: it counts as failed, with the reason."""
    nothing = Interval(math.nan, math.nan, math.nan, 0)
    return Row(id, about, published, source, nothing, NEVER, note=f"not expressible: {why}")


def odds_ratio(again: np.ndarray, of: np.ndarray, again_other: np.ndarray, of_other: np.ndarray) -> Interval:
    """The odds ratio of pooled counts, with the delete-one jackknife interval of its logarithm over seeds.

    Half a case is added to each cell, so that an empty one gives a number (Haldane & Anscombe).

    >>> ten = np.array([10.0, 10.0])
    >>> round(odds_ratio(ten / 2, ten, ten / 5, ten).mean, 2)
    3.73
    """
    columns = np.array([again, of, again_other, of_other], float)
    columns = columns[:, np.isfinite(columns).all(axis=0)]
    n = columns.shape[1]
    if n == 0 or (columns.sum(axis=1) == 0)[[1, 3]].any():
        return Interval(math.nan, math.nan, math.nan, n)

    def log_odds(sums: np.ndarray) -> float:
        a, b, c, d = sums
        return math.log((a + 0.5) * (d - c + 0.5) / ((b - a + 0.5) * (c + 0.5)))

    whole = columns.sum(axis=1)
    found = log_odds(whole)
    without = np.array([log_odds(whole - columns[:, k]) for k in range(n)])
    half = interval(n * found - (n - 1) * without).half  # of the jackknife's pseudo-values
    return Interval(math.exp(found), math.exp(found - half), math.exp(found + half), n)
