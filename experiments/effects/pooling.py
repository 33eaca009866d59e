"""One number out of several communities: random effects, and a bootstrap over communities."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import statsmodels.api as sm

DRAWS, SEED = 2_000, 1


class Pooled(NamedTuple):
    """A mean over communities, its 95 % interval, the bootstrap's, how many they are, and the spread between them."""

    value: float
    low: float
    high: float
    boot_low: float
    boot_high: float
    k: int
    tau: float


def pool(value: Any, se: Any) -> Pooled:
    """Pool estimates of communities, logs of ratios or differences (k,), with their standard errors (k,).

    Random effects by DerSimonian & Laird (1986), the interval by Hartung & Knapp (2001): t with k - 1 degrees of
    freedom. The bootstrap draws communities with replacement. One community alone: its own estimate with 1.96 errors
    either way, and no bootstrap.
    """
    value, se = np.asarray(value, float), np.asarray(se, float)
    if value.size == 1:
        half = 1.96 * se[0]
        return Pooled(value[0], value[0] - half, value[0] + half, np.nan, np.nan, 1, np.nan)
    tau2 = float(between(value, se))
    fit = sm.WLS(value, np.ones_like(value), weights=1 / (se**2 + tau2)).fit()  # its estimated scale is Hartung's
    low, high = fit.conf_int()[0]
    drawn = np.random.default_rng(SEED).integers(value.size, size=(DRAWS, value.size))
    boot = np.quantile(random_effects(value[drawn], se[drawn]), [0.025, 0.975])
    return Pooled(float(fit.params[0]), float(low), float(high), float(boot[0]), float(boot[1]), value.size, tau2**0.5)


def between(value: np.ndarray, se: np.ndarray) -> np.ndarray:
    """The variance between communities by DerSimonian & Laird, never below 0, along the last axis, (..., k) -> (...).

    statsmodels' `combine_effects` lets it go below 0, where the errors are no numbers.
    """
    w = se**-2.0
    total = w.sum(-1)
    fixed = (w * value).sum(-1) / total
    q = (w * (value - fixed[..., None]) ** 2).sum(-1)
    return np.maximum(q - (value.shape[-1] - 1), 0) / (total - (w**2).sum(-1) / total)


def random_effects(value: np.ndarray, se: np.ndarray) -> np.ndarray:
    """Means by DerSimonian & Laird along the last axis, (..., k) -> (...)."""
    w = 1 / (se**2 + between(value, se)[..., None])
    return (w * value).sum(-1) / w.sum(-1)
