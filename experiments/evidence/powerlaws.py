"""Power laws of whole numbers: fit, lower bound and goodness of fit after Clauset, Shalizi & Newman (2009).

Well-kept libraries fit power laws, but none tests the fit by the bootstrap, which takes a million fits here; hence
these compiled loops. The tests hold the fit against samples of known exponent.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.compiled.kernel import allocating

LEAST, MOST = 1.01, 8.0  # exponents looked at
TABLE = 4096  # values whose chances are tabled; beyond, the continuous law is as good


class Fit(NamedTuple):
    """A fitted law p(x) ~ x^-exponent for x >= lower, and its Kolmogorov-Smirnov distance from the data."""

    exponent: float
    lower: int
    distance: float


@allocating
def zeta(s, a):
    """Hurwitz zeta function sum (a + k)^-s, for s > 1 and a > 0: ten terms, then Euler-Maclaurin."""
    total = 0.0
    for k in range(10):
        total += (a + k) ** -s
    x = a + 10.0
    total += x ** (1.0 - s) / (s - 1.0) + 0.5 * x**-s + s / 12.0 * x ** (-s - 1.0)
    return total - s * (s + 1.0) * (s + 2.0) / 720.0 * x ** (-s - 3.0)


@allocating
def likeliest(lower, mean_log):
    """The exponent of greatest likelihood for values >= lower with this mean of logs: golden section search."""
    golden = 0.6180339887498949
    low, high = LEAST, MOST
    one, other = high - golden * (high - low), low + golden * (high - low)
    cost_one = math.log(zeta(one, lower)) + one * mean_log
    cost_other = math.log(zeta(other, lower)) + other * mean_log
    while high - low > 1e-6:
        if cost_one < cost_other:
            high, other, cost_other = other, one, cost_one
            one = high - golden * (high - low)
            cost_one = math.log(zeta(one, lower)) + one * mean_log
        else:
            low, one, cost_one = one, other, cost_other
            other = low + golden * (high - low)
            cost_other = math.log(zeta(other, lower)) + other * mean_log
    return (low + high) / 2.0


@allocating
def _fit(values, counts, first):
    """Fit to sorted distinct values from place `first` on; returns exponent and distance."""
    total, logs = counts[first:].sum(), (counts[first:] * np.log(values[first:])).sum()
    exponent = likeliest(values[first], logs / total)
    whole = zeta(exponent, float(values[first]))
    distance, below = 0.0, 0
    for k in range(first, values.size):
        before = 1.0 - zeta(exponent, float(values[k])) / whole  # of all smaller values
        upto = 1.0 - zeta(exponent, float(values[k]) + 1.0) / whole
        distance = max(distance, abs(below / total - before))
        below += counts[k]
        distance = max(distance, abs(below / total - upto))
    return exponent, distance


@allocating
def _best(sample, lower):
    """Fit from `lower` on, or, if that is 0, from the value of least distance; exponent, that value and distance."""
    values, ordered = np.unique(sample), np.sort(sample)
    upto = np.searchsorted(ordered, values, side="right")
    counts = upto.copy()
    counts[1:] -= upto[:-1]
    first = min(np.searchsorted(values, lower), values.size - 1)
    best, at = _fit(values, counts, first), first
    if lower == 0:
        for other in range(1, values.size - 1):
            fitted = _fit(values, counts, other)
            if fitted[1] < best[1]:
                best, at = fitted, other
    return best[0], values[at], best[1]


@allocating
def draw(rng, exponent, lower, size):
    """Draw whole numbers from a power law, int64 (size,)."""
    upto = np.cumsum((lower + np.arange(TABLE)) ** -exponent / zeta(exponent, float(lower)))
    u = rng.random(size)
    drawn = lower + np.searchsorted(upto, u, side="right")
    for i in np.flatnonzero(u >= upto[-1]):
        rest = max((1.0 - u[i]) / max(1.0 - upto[-1], 1e-12), 1e-9)
        drawn[i] = int((lower + TABLE) * rest ** (-1.0 / (exponent - 1.0)))
    return drawn


@allocating
def _share_above(rng, sample, law, free, times):
    """The share of synthetic samples that lie farther from their own fit than the data from theirs."""
    under = sample[sample < law.lower]
    part = under.size / sample.size
    above = 0
    for _ in range(times):
        synthetic = draw(rng, law.exponent, law.lower, sample.size)
        for i in range(sample.size):
            if under.size and rng.random() < part:
                synthetic[i] = under[int(rng.random() * under.size)]
        above += _best(synthetic, 0 if free else law.lower)[2] > law.distance
    return above / times


def fit(sample: np.ndarray, lower: int = 0) -> Fit:
    """Fit a power law by maximum likelihood.

    Parameters
    ----------
    sample : int, shape (n,), 1 or more
    lower : the lower bound; 0: the one of least Kolmogorov-Smirnov distance
    """
    return Fit(*_best(np.asarray(sample, np.int64), lower))


def chance(sample: np.ndarray, law: Fit, free: bool, seed: int, times: int = 200) -> float:
    """The p value of the fit: the share of `times` synthetic samples that lie farther from their own fit.

    Each is refitted as the data were: with its lower bound `free`, or fixed at that of the data.
    """
    sample = np.asarray(sample, np.int64)
    sample = sample if free else sample[sample >= law.lower]
    return float(_share_above(np.random.default_rng(seed), sample, law, free, times))
