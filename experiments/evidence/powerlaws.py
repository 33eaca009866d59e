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
    total, logs = 0, 0.0
    for k in range(first, values.size):
        total += counts[k]
        logs += counts[k] * math.log(values[k])
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
def _best(values, counts, lower):
    """Fit from `lower` on, or, if that is 0, from the value of least distance; exponent, place and distance."""
    start = 0
    while start < values.size - 1 and values[start] < lower:
        start += 1
    best, at = _fit(values, counts, start), start
    if lower == 0:
        for first in range(1, values.size - 1):
            found = _fit(values, counts, first)
            if found[1] < best[1]:
                best, at = found, first
    return best[0], at, best[1]


@allocating
def _distinct(sample):
    """Sorted distinct values and how often each occurs."""
    ordered = np.sort(sample)
    values, counts = np.empty(ordered.size, np.int64), np.zeros(ordered.size, np.int64)
    used = 0
    for x in ordered:
        if used == 0 or values[used - 1] != x:
            values[used] = x
            used += 1
        counts[used - 1] += 1
    return values[:used], counts[:used]


@allocating
def draw(rng, exponent, lower, size):
    """Draw whole numbers from a power law, int64 (size,)."""
    whole = zeta(exponent, float(lower))
    chances = np.empty(TABLE)
    total = 0.0
    for k in range(TABLE):
        total += (lower + k) ** -exponent / whole
        chances[k] = total
    drawn = np.empty(size, np.int64)
    for i in range(size):
        u = rng.random()
        if u < chances[-1]:
            drawn[i] = lower + np.searchsorted(chances, u, side="right")
        else:
            rest = max((1.0 - u) / max(1.0 - chances[-1], 1e-12), 1e-9)
            drawn[i] = int((lower + TABLE) * rest ** (-1.0 / (exponent - 1.0)))
    return drawn


@allocating
def _share_above(rng, sample, exponent, first, lower, distance, times):
    """The share of synthetic samples that lie farther from their own fit than the data from theirs."""
    under = sample[sample < first]
    part = under.size / sample.size
    above = 0
    for _ in range(times):
        made = draw(rng, exponent, first, sample.size)
        for i in range(sample.size):
            if under.size and rng.random() < part:
                made[i] = under[int(rng.random() * under.size)]
        values, counts = _distinct(made)
        above += _best(values, counts, lower)[2] > distance
    return above / times


def fit(sample: np.ndarray, lower: int = 0) -> Fit:
    """Fit a power law by maximum likelihood.

    Parameters
    ----------
    sample : int, shape (n,), 1 or more
    lower : the lower bound; 0: the one of least Kolmogorov-Smirnov distance
    """
    values, counts = _distinct(np.asarray(sample, np.int64))
    exponent, at, distance = _best(values, counts, lower)
    return Fit(float(exponent), int(values[at]), float(distance))


def chance(sample: np.ndarray, found: Fit, free: bool, seed: int, times: int = 200) -> float:
    """The p value of the fit: the share of `times` synthetic samples that lie farther from their own fit.

    Each is refitted as the data were: with its lower bound `free`, or fixed at that of the data.
    """
    sample = np.asarray(sample, np.int64)
    if not free:
        sample = sample[sample >= found.lower]
    rng = np.random.default_rng(seed)
    lower = 0 if free else found.lower
    return float(_share_above(rng, sample, found.exponent, found.lower, lower, found.distance, times))
