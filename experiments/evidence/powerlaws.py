"""Power laws of whole numbers: lower bound and goodness of fit after Clauset, Shalizi & Newman (2009).

The exponent is that of `sim.logs.patterns.powerlaw`. Libraries that fit power laws leave the test of the fit by the
bootstrap to their user, and take too long for the some hundred fits that it asks for.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import zeta

from sim.logs.patterns.powerlaw import Law

TABLE = 4096  # values whose chances are tabled; beyond, the continuous law is as good
law_above = cache(Law)


class Fit(NamedTuple):
    """A fitted law p(x) ~ x^-exponent for x >= lower, and its Kolmogorov-Smirnov distance from the data."""

    exponent: float
    lower: int
    distance: float


def fit(sample: np.ndarray, lower: int = 0) -> Fit:
    """Fit a power law by maximum likelihood.

    Parameters
    ----------
    sample : int, shape (n,), 1 or more
    lower : the lower bound; 0: the one of least Kolmogorov-Smirnov distance
    """
    values, counts = np.unique(sample[sample >= lower], return_counts=True)
    above = counts[::-1].cumsum()[::-1]  # of each value or more
    mean_log = (counts * np.log(values))[::-1].cumsum()[::-1] / above
    fits = []
    for k, least in enumerate(values[:1].tolist() if lower else values[:-1].tolist()):
        exponent = law_above(least).alpha(mean_log[k])
        expected = zeta(exponent, np.stack([values[k:], values[k:] + 1])) / zeta(exponent, least)
        distance = np.abs(expected - np.stack([above[k:], above[k:] - counts[k:]]) / above[k]).max()
        fits.append(Fit(exponent, least, float(distance)))
    return min(fits, key=lambda one: one.distance if one.distance == one.distance else np.inf)


def draw(rng: np.random.Generator, law: Fit, size: int) -> np.ndarray:
    """Draw whole numbers from a power law, int64 (size,)."""
    upto = np.cumsum((law.lower + np.arange(TABLE)) ** -law.exponent) / zeta(law.exponent, law.lower)
    u = rng.random(size)
    rest = np.maximum((1.0 - u) / max(1.0 - upto[-1], 1e-12), 1e-9)
    far = (law.lower + TABLE) * np.minimum(rest, 1.0) ** (-1.0 / (law.exponent - 1.0))
    return np.where(u < upto[-1], law.lower + np.searchsorted(upto, u, side="right"), far).astype(np.int64)


def chance(sample: np.ndarray, law: Fit, free: bool, seed: int, times: int = 200) -> float:
    """The p value of the fit: the share of `times` synthetic samples that lie farther from their own fit.

    Each is refitted as the data were: with its lower bound `free`, or fixed at that of the data.
    """
    rng, under = np.random.default_rng(seed), sample[sample < law.lower]
    if not free:
        sample, under = sample[sample >= law.lower], under[:0]
    farther = 0
    for _ in range(times):
        below = rng.binomial(sample.size, under.size / sample.size)
        part = under[rng.integers(0, max(under.size, 1), below)]
        synthetic = np.concatenate([part, draw(rng, law, sample.size - below)])
        farther += fit(synthetic, 0 if free else law.lower).distance > law.distance
    return farther / times
