"""Who is ahead over many plausible worlds: in how many, by how much, and whether a winner can be told at all.

A world has one outcome a strategy; worlds are exchangeable draws and may carry weights (stats/narrowing.py). A winner
is a strategy that is ahead in more than half of all plausible worlds; worlds in which both are alike count for neither.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from experiments.stats import paired
from experiments.stats.difference import gaps
from experiments.stats.paired import LEVEL

MIDDLE = (0.1, 0.9)  # between these quantiles lie 80 % of the worlds


@dataclass(frozen=True)
class Share:
    """A share of the worlds, 0 to 1, with its 95 % interval (Clopper & Pearson 1934)."""

    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Ahead:
    """Who is ahead in a measure over worlds, second against first.

    `effective` is the number of worlds that weighted ones are worth (Kish 1965), with equal weights `worlds`. `median`
    is that of second minus first, in the measure's unit, `low` and `high` its distribution-free 95 % interval (Thompson
    1936; NaN with fewer than 6 worlds), `inner` holds 80 % of the worlds. `chances` are the p of the one-sided sign
    tests that the first, and the second, is ahead in half of all worlds or in fewer; `holm` the same, adjusted by
    `told` for all that was asked at once.
    """

    first: str
    second: str
    worlds: int
    effective: float
    first_ahead: Share
    second_ahead: Share
    alike: float
    median: float
    low: float
    high: float
    inner: tuple[float, float]
    chances: tuple[float, float]
    holm: tuple[float, float] | None = None

    @property
    def winner(self) -> str | None:
        """The strategy that is told to be ahead in more than half of all plausible worlds; None is "no telling".

        Raises
        ------
        ValueError : before `told` has adjusted for all that is asked
        """
        if self.holm is None:
            raise ValueError("ask `told` first: a winner is told with regard to all measures that are shown")
        return next((who for who, p in zip((self.first, self.second), self.holm, strict=True) if p <= 1 - LEVEL), None)


def ahead(
    first: Any,
    second: Any,
    names: tuple[str, str],
    wanted: Literal["more", "less"] = "more",
    weights: Any = None,
    drawn_from: float | None = None,
) -> Ahead:
    """Compare two strategies in one measure over the same worlds with the same luck.

    Parameters
    ----------
    first, second : the measure, float (worlds,); a world in which one is not known (NaN) is left out
    names : of the strategies
    wanted : whether more or less of the measure is better
    weights : of the worlds, float (worlds,), 0 or more; all alike if not given
    drawn_from : how many equal worlds these n were drawn from again, some more than once. The error of a share is then
        that of these and, at most, that of n: n worlds are worth 1 / (1 / n + 1 / drawn_from)
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    weights = np.ones(len(first)) if weights is None else np.asarray(weights, float)
    known = np.isfinite(first) & np.isfinite(second) & (weights > 0)
    gap, weights = gaps(first[known], second[known]), weights[known]
    n = effective(weights)
    n = n / (1 + n / drawn_from) if drawn_from else n
    better = gap if wanted == "more" else -gap
    of_first, of_second = (share(better < 0, weights, n), share(better > 0, weights, n))
    low, high = median_ends(gap, weights, n)
    inner = quantiles(gap, weights, MIDDLE)
    return Ahead(
        *names,
        worlds=int(gap.size),
        effective=n,
        first_ahead=of_first,
        second_ahead=of_second,
        alike=1 - of_first.share - of_second.share,
        median=quantiles(gap, weights, (0.5,))[0],
        low=low,
        high=high,
        inner=(inner[0], inner[1]),
        chances=(at_most_half(of_first.share, n), at_most_half(of_second.share, n)),
    )


def told(asked: Sequence[Ahead]) -> list[Ahead]:
    """The same, each with the p that count for all of them: then `winner` can be asked.

    Of each comparison two hypotheses are tested, that the one and that the other is not ahead in more than half of all
    worlds, and Holm's (1979) procedure runs over all of them. So with a chance of 95 % or more no winner is told that
    is none, however the measures hang together, and a winner on the wrong side counts as such an error.
    """
    chances = paired.holm(np.array([p for one in asked for p in one.chances]))
    return [replace(one, holm=tuple(chances[2 * k : 2 * k + 2].tolist())) for k, one in enumerate(asked)]


def effective(weights: np.ndarray) -> float:
    """How many equal worlds weighted ones are worth: (sum w)^2 / sum w^2 (Kish 1965); 0 without a weight.

    >>> effective(np.array([2.0, 1.0, 1.0]))  # 16 / 6
    2.6666666666666665
    """
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0


def share(held: np.ndarray, weights: np.ndarray, n: float | None = None) -> Share:
    """The weighted share of worlds in which something holds, with Clopper & Pearson's interval.

    With unequal weights the number of worlds is the effective one, and the count need not be whole (Korn & Graubard
    1998): the ends are quantiles of beta distributions either way. NaN without a world.

    n : the effective number, if it is another
    """
    from scipy import stats

    n = effective(weights) if n is None else n
    if not n:
        return Share(math.nan, math.nan, math.nan)
    part = float(weights[held].sum() / weights.sum())
    k, tail = min(part * n, n), (1 - LEVEL) / 2
    low = stats.beta.ppf(tail, k, n - k + 1) if k > 0 else 0.0
    high = stats.beta.ppf(1 - tail, k + 1, n - k) if k < n else 1.0
    return Share(part, float(low), float(high))


def at_most_half(part: float, n: float) -> float:
    """The p of the sign test that a share is 1/2 or less: P(Binomial(n, 1/2) >= part * n), 1 without a world.

    It is the incomplete beta function I(1/2; k, n - k + 1) (Abramowitz & Stegun 1964, 26.5.24), which allows for a
    number of worlds that is not whole.

    >>> round(at_most_half(0.8, 10), 4)  # (45 + 10 + 1) / 1024
    0.0547
    """
    from scipy.special import betainc

    k = min(part * n, n)
    return float(betainc(k, n - k + 1, 0.5)) if k > 0 else 1.0


def median_ends(values: np.ndarray, weights: np.ndarray, n: float | None = None) -> tuple[float, float]:
    """The distribution-free 95 % interval of a median, between two of the values (Thompson 1936); NaN if none is sure.

    The low end is the largest value with so few below it that P(Binomial(n, 1/2) <= as few) is 2.5 % or less; the high
    end the same from above. With unequal weights n is the effective number (Woodruff 1952), or
    the one given.
    """
    n = effective(weights) if n is None else n
    return _low_end(values, weights, n), -_low_end(-values, weights, n)


def _low_end(values: np.ndarray, weights: np.ndarray, n: float) -> float:
    """The low end of a median's interval."""
    ordered, place = np.unique(values, return_inverse=True)
    mass = np.bincount(place, weights)
    above = 1 - (np.cumsum(mass) - mass) / weights.sum()
    few = bisect_right(range(ordered.size), (1 - LEVEL) / 2, key=lambda k: at_most_half(above[k], n))  # it rises with k
    return float(ordered[few - 1]) if few else math.nan


def quantiles(values: np.ndarray, weights: np.ndarray, parts: Sequence[float]) -> list[float]:
    """Weighted quantiles, NaN without a world; where a part of the weight ends at a value, the middle to the next.

    With equal weights it is the usual median (Hyndman & Fan 1996, definition 2).
    """
    if not values.size:
        return [math.nan] * len(parts)
    a_hair = 1e-9  # to either side: what is added up of weights is not exact
    sides = [np.asarray(parts) + side for side in (-a_hair, a_hair)]
    ends = [np.quantile(values, side, weights=weights, method="inverted_cdf") for side in sides]
    return np.mean(ends, axis=0).tolist()
