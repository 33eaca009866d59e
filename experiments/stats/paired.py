"""Paired statistics: pure functions of numbers, one number a seed.

The unit of replication is the run, never the member. Two scenarios share their seeds, so all that is said about
their difference is said about the differences within seeds.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from scipy import stats

LEVEL = 0.95
RESAMPLES = 4999
DISAGREEMENT = 0.2  # by this share of width the two intervals may differ before we say so


@dataclass(frozen=True)
class Interval:
    """A mean with its t interval at `LEVEL`; low and high are NaN with fewer than two values."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def half(self) -> float:
        """Half its width."""
        return (self.high - self.low) / 2

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference is shown: zero lies outside. An interval of no width at zero shows none."""
        return bool(self.low > 0 or self.high < 0)


def _known(values: np.ndarray) -> np.ndarray:
    """The finite ones among values, as floats."""
    values = np.asarray(values, dtype=float)
    return values[np.isfinite(values)]


def interval(values: np.ndarray) -> Interval:
    """Mean and t interval of independent values; NaN values are left out.

    Parameters
    ----------
    values : float, shape (n,)

    >>> round(interval(np.array([1.0, 2.0, 3.0])).low, 3)  # 2 - 4.303 * 1 / sqrt(3)
    -0.484
    """
    values = _known(values)
    mean, low, high = (end.item() for end in intervals(values[:, None]))
    return Interval(mean, low, high, values.size)


def intervals(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, low and high of the t interval of every column: mean -+ t(n - 1) * s / sqrt(n), s with n - 1; NaN left out.

    Parameters
    ----------
    values : float, shape (n, days); low and high of a column with fewer than two values are NaN
    """
    values = np.asarray(values, dtype=float)
    n = np.isfinite(values).sum(axis=0)
    with warnings.catch_warnings(action="ignore"):  # columns without values are NaN, as they should be
        mean, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0, ddof=1)
        half = stats.t.ppf((1 + LEVEL) / 2, n - 1) * spread / np.sqrt(n)
    return mean, mean - half, mean + half


def bootstrap(values: np.ndarray) -> tuple[float, float]:
    """The BCa bootstrap interval of the mean (Efron 1987), the same every time; NaN where it is not defined."""
    values = _known(values)
    if values.size < 4 or np.ptp(values) == 0:
        return float("nan"), float("nan")
    with warnings.catch_warnings(action="ignore"):  # degenerate samples give NaN, which is our answer too
        ends = stats.bootstrap((values,), np.mean, confidence_level=LEVEL, n_resamples=RESAMPLES, method="BCa",
                                batch=1000, rng=np.random.default_rng(0)).confidence_interval  # fmt: skip
    return float(ends.low), float(ends.high)


def ratio(part: np.ndarray, whole: np.ndarray) -> Interval:
    """The mean of a part over the mean of the whole, world by world both, with its BCa bootstrap 95 % interval.

    Meant for a whole whose mean is shown not to be zero; the interval is NaN with fewer than four worlds.

    Parameters
    ----------
    part, whole : float (n,), all known

    >>> ratio(np.array([1.0, 2.0, 3.0, 6.0]), np.array([2.0, 4.0, 6.0, 12.0]))
    Interval(mean=0.5, low=0.5, high=0.5, n=4)
    """
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    mean = float(part.mean() / whole.mean())
    if part.size < 4:
        return Interval(mean, float("nan"), float("nan"), part.size)
    if np.allclose(part, mean * whole):  # all worlds alike: there is nothing to draw
        return Interval(mean, mean, mean, part.size)
    with warnings.catch_warnings(action="ignore"):
        ends = stats.bootstrap((part, whole), _ratio, paired=True, confidence_level=LEVEL, n_resamples=RESAMPLES,
                                method="BCa", rng=np.random.default_rng(0)).confidence_interval  # fmt: skip
    return Interval(mean, float(ends.low), float(ends.high), part.size)


def _ratio(part: np.ndarray, whole: np.ndarray, axis: int = -1) -> np.ndarray:
    return part.mean(axis) / whole.mean(axis)


def disagree(plain: Interval, resampled: tuple[float, float]) -> bool:
    """Whether the two intervals differ in width by more than `DISAGREEMENT`: then neither is reliable."""
    width, other = plain.high - plain.low, resampled[1] - resampled[0]
    if not np.isfinite(width) or not np.isfinite(other) or width == 0:
        return False
    return abs(other / width - 1) > DISAGREEMENT


def chance_of_none(differences: np.ndarray) -> float:
    """The two-sided p of the paired t test, float (n,); 1 where it is not defined, 0 where all are one number."""
    with warnings.catch_warnings(action="ignore"):  # of numbers that are nearly one number
        chance = float(stats.ttest_1samp(_known(differences), 0).pvalue)
    return 1.0 if np.isnan(chance) else chance


def holm(chances: np.ndarray) -> np.ndarray:
    """Holm's (1979) adjusted p values, float (n,), for asking many questions of the same seeds.

    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    from statsmodels.stats.multitest import multipletests

    return multipletests(chances, method="holm")[1] if len(chances) else np.empty(0)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r between the two over seeds; NaN where one of them does not vary."""
    both = np.isfinite(a) & np.isfinite(b)
    a, b = np.asarray(a)[both], np.asarray(b)[both]
    if a.size < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def unpaired_half(a: np.ndarray, b: np.ndarray) -> float:
    """Half the width of the interval for the same numbers taken as unpaired samples (Welch)."""
    a, b = _known(a), _known(b)
    if min(a.size, b.size) < 2:
        return float("nan")
    if not (np.ptp(a) or np.ptp(b)):
        return 0.0
    with warnings.catch_warnings(action="ignore"):  # of numbers that are nearly one number
        ends = stats.ttest_ind(a, b, equal_var=False).confidence_interval(LEVEL)
    return float(ends.high - ends.low) / 2


def share_above(differences: np.ndarray) -> float:
    """The share of seeds in which the difference is above zero; ties count half."""
    values = _known(differences)
    return float(np.mean((values > 0) + 0.5 * (values == 0))) if values.size else float("nan")


def share_ends(differences: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of `share_above`, 0 to 1; NaN without a seed.

    Clopper & Pearson's (SciPy's "exact"), because it holds the share as often as it says whatever the share and however
    few the seeds; Wilson's is narrower, and holds it less often where nearly all seeds agree, as they often do. A tie
    counts as below for the low end and as above for the high one.

    >>> [round(end, 2) for end in share_ends(np.ones(5))]
    [0.48, 1.0]
    """
    values = _known(differences)
    if not values.size:
        return float("nan"), float("nan")
    ends = [_exact(int(held.sum()), values.size) for held in (values > 0, values >= 0)]
    return ends[0][0], ends[1][1]


@cache  # it is searched for, some milliseconds, and a table asks the same of many measures
def _exact(held: int, n: int) -> tuple[float, float]:
    """Clopper & Pearson's interval of a share."""
    ends = stats.binomtest(held, n).proportion_ci(LEVEL, "exact")
    return float(ends.low), float(ends.high)


def seeds_needed(half: float, n: int, target: float) -> float:
    """How many seeds would bring a half-width of `half` with n seeds to `target`: n (half / target)^2, 5 % more.

    The 5 % are for having looked (Law & Kelton). At least 2; NaN where it is not defined.
    """
    if not np.isfinite(half) or not target > 0:
        return float("nan")
    return max(2.0, float(np.ceil(1.05 * n * (half / target) ** 2)))


@dataclass(frozen=True)
class Lead:
    """Who leads when: the second scenario's mean minus the first's, over the days.

    `ahead` is who leads at the end. `since` is the first day after which that holds to the end, `clear` the first day
    after which the interval excludes zero to the end (None if never), and `earlier` the largest lead of the other
    before `since`, with its day (None if the other never led: then nobody overtook anybody); `overtaken` says whether
    that lead was shown, that is, whether on some day before `since` the interval excluded zero on the other side. Each
    day is asked by itself, so over many days luck alone shows a lead more often than an interval errs.
    """

    ahead: Literal["first", "second", "nobody"]
    since: int | None
    clear: int | None
    earlier: tuple[int, float] | None
    overtaken: bool


def lead(days: np.ndarray, differences: np.ndarray) -> Lead:
    """Find out who leads from when on.

    Parameters
    ----------
    days : int, shape (n_days,)
    differences : float, shape (n_seeds, n_days), second minus first, may hold NaN
    """
    mean, low, high = intervals(differences)
    known = np.isfinite(mean)
    days, mean, low, high = np.asarray(days)[known], mean[known], low[known], high[known]
    if days.size == 0 or mean[-1] == 0:
        return Lead("nobody", None, None, None, False)
    sign = np.sign(mean[-1])
    if sign < 0:  # as seen by who leads
        mean, low, high = -mean, -high, -low
    start, first_shown = (np.flatnonzero(~held).max(initial=-1) + 1 for held in (mean > 0, low > 0))
    worst = int(np.argmin(mean[:start])) if start and mean[:start].min() < 0 else None
    return Lead(
        ahead="second" if sign > 0 else "first",
        since=int(days[start]),
        clear=int(days[first_shown]) if first_shown < days.size else None,
        earlier=None if worst is None else (int(days[worst]), float(sign * mean[worst])),
        overtaken=bool((high[:start] < 0).any()),
    )
