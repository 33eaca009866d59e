"""The emulator: level facts as smooth functions of places, with what it leaves unexplained.

Two forms are compared by cross-validation: a straight line and a quadratic, by ridge regression.
What is left (the luck of a run, the values that are not fitted, the emulator's own error) is one covariance, shrunk
(Ledoit & Wolf 2004). Both are judged by the runs that came near a real community.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

FOLDS, SEED = 5, 1
NEAR = 0.5  # share of the runs that are near a community
ALPHAS = np.logspace(-2, 4, 13)  # ridge penalties tried
FORMS = ("linear", "quadratic")


@dataclass(frozen=True, eq=False)
class Emulator:
    """Facts from places."""

    form: str
    slope: np.ndarray  # (features, facts)
    level: np.ndarray  # (facts,)
    covariance: np.ndarray  # (facts, facts), of what is left
    r2: dict[str, np.ndarray]  # by form, cross-validated, (facts,)
    runs: int
    near: int

    def facts(self, u: Any, xp: Any = np) -> Any:
        """Facts on the scale of the fit, (n, facts), at places (n, values + 1); `xp`: NumPy, or what works as it."""
        return features(u, self.form, xp) @ self.slope + self.level


def features(u: Any, form: str, xp: Any = np) -> Any:
    """Places from -1 to 1; with the quadratic, each product of two too."""
    x = 2.0 * u - 1.0
    if form != "quadratic":
        return x
    one, other = np.triu_indices(x.shape[1])
    return xp.concatenate([x, x[:, one] * x[:, other]], axis=1)


def fit(u: np.ndarray, y: np.ndarray, real: np.ndarray) -> Emulator:
    """The emulator of runs.

    Parameters
    ----------
    u : places (runs, values + 1)
    y : facts on the scale of the fit (runs, facts); runs with a NaN are left out
    real : facts of the real communities (communities, facts); NaN: not known
    """
    from sklearn.covariance import LedoitWolf
    from sklearn.model_selection import KFold

    sound = np.isfinite(y).all(axis=1)
    u, y = u[sound], y[sound]
    far = distance(y, real)
    near = far <= np.quantile(far, NEAR)
    weight = 1.0 / np.maximum(far / np.quantile(far, NEAR), 1.0) ** 2
    left = {form: np.empty_like(y) for form in FORMS}
    for train, held in KFold(FOLDS, shuffle=True, random_state=SEED).split(u):
        for form in FORMS:
            slope, level = ridge(form, u[train], y[train], weight[train])
            left[form][held] = y[held] - features(u[held], form) @ slope - level
    r2 = {form: 1.0 - (left[form][near] ** 2).mean(axis=0) / y[near].var(axis=0) for form in FORMS}
    form = max(FORMS, key=lambda form: r2[form].mean())
    covariance = LedoitWolf(assume_centered=True).fit(left[form][near]).covariance_
    return Emulator(form, *ridge(form, u, y, weight), covariance, r2, len(u), int(near.sum()))


def distance(y: np.ndarray, real: np.ndarray) -> np.ndarray:
    """How far runs are from the nearest community: mean over facts, in standard deviations of communities."""
    spread = np.nanstd(real, axis=0)
    return np.nanmean(np.abs(y[:, None] - real) / spread, axis=2).min(axis=1)


def ridge(form: str, u: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and level of facts on features, by ridge regression with the penalty that leave-one-out likes best."""
    from sklearn.linear_model import RidgeCV

    centre, spread = y.mean(axis=0), y.std(axis=0)
    made = RidgeCV(ALPHAS).fit(features(u, form), (y - centre) / spread, sample_weight=weight)
    return made.coef_.T * spread, made.intercept_ * spread + centre
