"""Estimates that can be made again on resampled accounts: the bootstrap of `sim.logs.patterns`.

Each is a function of `w`, how often each account stands in a resample (int, shape (accounts,); all 1 for the log as
it is). A unit of several accounts (a tie) counts the product of theirs: the pigeonhole bootstrap of Owen (2007,
Annals of Applied Statistics 1:386), which keeps the dependence between the ties of one account.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Weights = Callable[[np.ndarray], np.ndarray]


class Estimate(NamedTuple):
    """A number computed from a log, and the number of units that it is taken over."""

    n: int
    at: Callable[[np.ndarray], float]  # NaN where nothing can be said


class Statistic(NamedTuple):
    """What can be computed of a log."""

    name: str  # of a row of facts.csv
    estimate: Estimate
    given: dict[str, Any] = {}  # what is put into the braces of the row's text, by name


def dot(a: np.ndarray, b: np.ndarray) -> float:
    """The sum of products; without BLAS, whose threads cost more than they bring at these lengths."""
    return float(np.einsum("i,i->", a, b))


def fixed(value: float, n: int) -> Estimate:
    """A number that is not resampled; it gets no interval."""
    return Estimate(n, lambda w: value if (w == 1).all() else math.nan)


def ratio(above: np.ndarray, below: np.ndarray, n: int | None = None, weights: Weights = lambda w: w) -> Estimate:
    """Sum over sum; `weights`: how often each place stands in a resample; `n`: units, by default the nonzero below."""
    above, below = above.astype(float), below.astype(float)

    def at(w: np.ndarray) -> float:
        often = weights(w)
        under = dot(often, below)
        return dot(often, above) / under if under > 0 else math.nan

    return Estimate(int(np.count_nonzero(below)) if n is None else n, at)


def of_sorted(value: np.ndarray, owner: np.ndarray, statistic: Callable[[np.ndarray], float]) -> Estimate:
    """A statistic of the values of a resample, which it is given in order (made from one sort)."""
    order = np.argsort(value, kind="stable")
    value, owner = np.asarray(value, float)[order], np.asarray(owner)[order]
    return Estimate(len(value), lambda w: statistic(np.repeat(value, w[owner])))


def quantile(value: np.ndarray, q: float, owner: np.ndarray) -> Estimate:
    """A quantile over units, interpolated (as `numpy.quantile`)."""

    def at(x: np.ndarray) -> float:
        if not x.size:
            return math.nan
        place = q * (x.size - 1)
        low = int(place)
        high = min(low + 1, x.size - 1)
        return float(x[low] + (place - low) * (x[high] - x[low])) if x[high] > x[low] else float(x[low])

    return of_sorted(value, owner, at)


def gini(value: np.ndarray, owner: np.ndarray) -> Estimate:
    """Gini coefficient of amounts >= 0: 0 all the same, towards 1 all with one."""

    def at(x: np.ndarray) -> float:
        total = x.sum()
        if not total > 0:
            return math.nan
        return float(2 * dot(np.arange(1, x.size + 1), x) / (x.size * total) - (x.size + 1) / x.size)

    return of_sorted(value, owner, at)


def top(value: np.ndarray, part: float, owner: np.ndarray) -> Estimate:
    """Share of the whole that the largest `part` of the units have, at least one unit (rounded up)."""

    def at(x: np.ndarray) -> float:
        total = x.sum()
        return float(x[x.size - math.ceil(part * x.size) :].sum() / total) if total > 0 else math.nan

    return of_sorted(value, owner, at)


def of_both(first: Estimate, second: Estimate, how: Callable[[float, float], float]) -> Estimate:
    """Something of two estimates on the same resample, such as their ratio; over the units of both."""

    def at(w: np.ndarray) -> float:
        a, b = first.at(w), second.at(w)
        return how(a, b) if math.isfinite(a) and math.isfinite(b) else math.nan

    return Estimate(first.n + second.n, at)


def quotient(a: float, b: float) -> float:
    """A ratio, NaN where there is none."""
    return a / b if b else math.nan


def odds_ratio(a: float, b: float) -> float:
    """Odds of a share over the odds of another."""
    return a * (1 - b) / ((1 - a) * b) if b > 0 and a < 1 else math.nan
