"""Newcomers a week as the input of a run: as the log shows them up to the split, and drawn on from there.

Who joins is no part of what is fitted: a log shows it. Only how many joins stand for one newcomer is (`arrivals` in
parameters). After the split the rate of newcomers is a steady Gamma-Poisson process, whose discount the log's own
past gives by maximum likelihood (Smith & Miller 1986, Journal of the Royal Statistical Society B 48; Harvey &
Fernandes 1989, Journal of Business & Economic Statistics 7): where the rate has moved much it is remembered briefly
and spreads fast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DISCOUNTS = (0.6, 0.995)  # of a week; range of the discount


def _filtered(count: np.ndarray, discount: float) -> tuple[np.ndarray, np.ndarray]:
    """Shape and rate of the Gamma of the level after each week's count."""
    from scipy.signal import lfilter

    shape, rate = (lfilter([1.0], [1.0, -discount], x, zi=[0.5 * discount])[0] for x in (count, np.ones(count.size)))
    return shape, rate


def _discount(count: np.ndarray) -> float:
    """The discount that makes each week likeliest, given those before."""
    from scipy.optimize import minimize_scalar
    from scipy.stats import nbinom

    def loss(discount: float) -> float:
        shape, rate = _filtered(count, discount)
        a, b = discount * shape[:-1], discount * rate[:-1]
        return -float(nbinom.logpmf(count[1:], np.maximum(a, 1e-6), b / (b + 1.0)).sum())

    return float(minimize_scalar(loss, bounds=DISCOUNTS, method="bounded").x)


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Newcomers of a log. `past`: a day, float64 (weeks up to the split,), smoothed.

    shape, rate : of the Gamma of the level at the split, a week
    discount : of a week
    days : of the fitted stretch
    """

    past: np.ndarray
    shape: float
    rate: float
    discount: float
    days: float

    @classmethod
    def of(cls, count: np.ndarray, weeks: int) -> Arrivals:
        """Of newcomers a week up to the split, of which the last `weeks` are the fitted stretch."""
        discount = _discount(count)
        shape, rate = _filtered(count, discount)
        lag = np.abs(np.subtract.outer(np.arange(count.size), np.arange(count.size)))
        weight = discount**lag
        smooth = weight @ count / weight.sum(axis=1) / 7.0
        return cls(smooth, float(shape[-1]), float(rate[-1]), discount, 7.0 * weeks)

    @property
    def lately(self) -> float:
        """Newcomers a day at the split."""
        return self.shape / self.rate / 7.0

    def ahead(self, weeks: int, seed: int) -> np.ndarray:
        """Newcomers a day in the weeks after the split: one way it may go, whose mean stays."""
        rng, discount = np.random.default_rng(seed), self.discount
        level = rng.gamma(discount * self.shape) / (discount * self.rate)
        steps = rng.beta(discount * self.shape, (1.0 - discount) * self.shape, weeks) / discount
        return level * np.cumprod(steps) / 7.0
