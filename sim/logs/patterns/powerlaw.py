"""The tail of a distribution of counts: discrete power law and lognormal by maximum likelihood.

Clauset, Shalizi & Newman (2009, SIAM Review 51:661): the exponent above the xmin of smallest Kolmogorov-Smirnov
distance; Vuong's z between the power law and a discretised lognormal (positive: the power law is better).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import zeta
from scipy.stats import norm

ALPHAS = np.linspace(1.02, 6.0, 2_491)
SMALLEST_TAIL = 10  # values; a tail of fewer says nothing


class Tail(NamedTuple):
    """What is known of a tail."""

    alpha: float
    xmin: int
    n: int  # values in the tail
    z: float  # Vuong, in the tail
    z_all: float  # Vuong, over all values
    sigma: float  # of the lognormal over all values


class Law:
    """The power law above an xmin: exponent from the mean of the logarithms."""

    def __init__(self, xmin: int):
        self.xmin = xmin
        self.mean_log = -np.gradient(np.log(zeta(ALPHAS, xmin)), ALPHAS)  # falls as the exponent grows

    def alpha(self, mean_log: float) -> float:
        """The exponent under which the logarithms have this mean; NaN where none in 1.02-6 does."""
        if not self.mean_log[-1] < mean_log < self.mean_log[0]:
            return math.nan
        return float(np.interp(-mean_log, -self.mean_log, ALPHAS))


def fit(counts: np.ndarray) -> Tail:
    """Fit both laws to counts >= 1; NaN where there are too few."""
    x, often = np.unique(np.asarray(counts, np.int64), return_counts=True)
    total = int(often.sum())
    nothing = Tail(math.nan, 1, total, math.nan, math.nan, math.nan)
    if total < SMALLEST_TAIL or x.size < 3:
        return nothing
    logs = np.log(x)
    best, alpha, at = math.inf, math.nan, 0
    above = np.cumsum(often[::-1])[::-1]  # how many at x or beyond
    sums = np.cumsum((often * logs)[::-1])[::-1]
    for k in np.flatnonzero(above >= SMALLEST_TAIL)[:200]:  # beyond 200 different values the distance only grows
        if k > x.size - 3:
            break
        one = Law(int(x[k])).alpha(sums[k] / above[k])
        if not math.isfinite(one):
            continue
        expected = zeta(one, x[k:]) / zeta(one, x[k])  # at x or beyond
        distance = float(np.abs(expected - above[k:] / above[k]).max())
        if distance < best:
            best, alpha, at = distance, one, int(k)
    if not math.isfinite(alpha):
        return nothing
    z, _ = vuong(x[at:], often[at:], alpha)
    whole = Law(int(x[0])).alpha(sums[0] / total)
    z_all, sigma = vuong(x, often, whole) if math.isfinite(whole) else (math.nan, math.nan)
    return Tail(alpha, int(x[at]), int(above[at]), z, z_all, sigma)


def vuong(x: np.ndarray, often: np.ndarray, alpha: float) -> tuple[float, float]:
    """Vuong's z of the power law against the lognormal, and the lognormal's sigma."""
    n, logs = often.sum(), np.log(x)
    centre = (often @ logs) / n
    spread = math.sqrt(max((often @ (logs - centre) ** 2) / n, 1e-4))

    def density(mu: float, sigma: float) -> np.ndarray:
        edge = norm.logsf((math.log(x[0] - 0.5) - mu) / sigma)
        a, b = (np.log(x - 0.5) - mu) / sigma, (np.log(x + 0.5) - mu) / sigma
        flip = a > 0  # in the upper half, differences of the upper tail keep their digits
        low, high = np.where(flip, -b, a), np.where(flip, -a, b)
        upper, lower = norm.logcdf(high), norm.logcdf(low)
        return upper + np.log1p(-np.exp(np.minimum(lower - upper, -1e-300))) - edge

    def loss(guess: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            value = -float(often @ density(guess[0], math.exp(guess[1])))
        return value if math.isfinite(value) else 1e300

    likeliest = minimize(loss, [centre, math.log(spread)], method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-4})
    with np.errstate(all="ignore"):
        lognormal = density(likeliest.x[0], math.exp(likeliest.x[1]))
    gap = -alpha * logs - math.log(zeta(alpha, x[0])) - lognormal
    mean = (often @ gap) / n
    sd = math.sqrt((often @ (gap - mean) ** 2) / n)
    return (float(mean * math.sqrt(n) / sd) if sd > 0 else math.nan), math.exp(likeliest.x[1])
