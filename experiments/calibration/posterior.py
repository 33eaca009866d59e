"""The posterior: sequential emulation. Few runs must do, for each takes a second and a log has minutes.

The first generation is drawn from the prior (a Latin hypercube); it also tells which parameter moves any summary
(screen). Then, generation by generation: a quadratic regression predicts each summary from the setting, those runs
counting most that came near the log; a Markov chain draws settings by the likelihood of the log under these
predictions; and the next runs are made there, so that the prediction becomes good where it matters (Fasiolo et al.
2018, Bayesian Analysis 13, and Gutmann & Corander 2016, JMLR 17, on likelihoods from few runs). ABC
by acceptance hardly leaves the prior with a dozen parameters and some hundred runs.

The errors of the predictions (cross-validated: the luck of seeds and the emulator's own) are taken as normal with one
covariance, shrunk (Ledoit & Wolf 2004), so that a trend counts more surely than the levels it joins. No model is
true: what the best setting of a first, robust pass (a product of Student t) leaves unexplained beyond these errors
is added as the model's own discrepancy, summary by summary (Kennedy & O'Hagan 2001), so that a summary that the
model cannot meet neither pulls the others away nor makes the values look certain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import qmc

from experiments.calibration.screen import movers

FIRST = 3  # the first generation, in units of the others
TAIL = 4.0  # degrees of freedom of the t
ALPHAS = np.logspace(-2, 3, 11)  # ridge penalties tried
FOLDS = 5
CHAINS, STEPS, EVERY = 150, 600, 50  # of the chain; the last steps give CHAINS x 6 draws
OUTWARD = 0.1  # share of a generation that is drawn from the prior all the same: defends against a wrong turn
NEAR = 0.5  # share of the runs that count fully in the regression


@dataclass(frozen=True)
class Posterior:
    """Equally likely settings. `u`: float64 (n, parameters), places in the prior."""

    u: np.ndarray
    best: np.ndarray  # float64 (parameters,): the likeliest setting found
    moved: np.ndarray  # bool (parameters,): moves some summary beyond what seeds do
    generations: int
    runs: int

    def drawn(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Some of the settings."""
        return self.u[rng.permutation(len(self.u))[np.arange(count) % len(self.u)]]

    def with_more(self, places: np.ndarray) -> Posterior:
        """With further parameters, that were fitted after these: (n, further)."""
        best, moved = np.append(self.best, np.median(places, axis=0)), np.append(self.moved, [True] * places.shape[1])
        return Posterior(np.hstack([self.u, places]), best, moved, self.generations, self.runs)

    def quantile(self, q: float) -> np.ndarray:
        """Quantile of each parameter."""
        return np.quantile(self.u, q, axis=0)

    def centre(self) -> np.ndarray:
        """The setting that lies nearest to all others; unlike a mean, it is likely itself."""
        spread = np.maximum(self.u.std(axis=0), 1e-9)
        apart = [(np.abs(self.u - one) / spread).sum() for one in self.u]
        return self.u[int(np.argmin(apart))]


class Emulator:
    """Summaries predicted from settings, and the likelihood of the log."""

    def __init__(self, u: np.ndarray, summaries: np.ndarray, observed: np.ndarray):
        from sklearn.covariance import LedoitWolf
        from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
        from sklearn.model_selection import KFold, cross_val_predict

        sound = np.isfinite(summaries).all(axis=1)
        if sound.sum() < 2 * FOLDS:
            raise ValueError("too few runs came near the log")
        x = self._centred(u[sound])
        self.scale = np.maximum(summaries[sound].std(axis=0), 1e-9)
        y = (summaries[sound] - observed) / self.scale
        apart = np.abs(y).mean(axis=1)
        near = np.quantile(apart, NEAR)
        weight = 1.0 / np.maximum(apart / max(near, 1e-12), 1.0) ** 4
        design = self._features(x)
        alpha = RidgeCV(ALPHAS).fit(design, y, sample_weight=weight).alpha_
        ridge = Ridge(alpha).fit(design, y, sample_weight=weight)
        self.slope, self.level = ridge.coef_.T, ridge.intercept_
        folds = KFold(FOLDS, shuffle=True, random_state=0)
        guess = cross_val_predict(Ridge(alpha), design, y, cv=folds, params={"sample_weight": weight})
        self.covariance = LedoitWolf(assume_centered=True).fit((y - guess)[apart <= near]).covariance_
        self.whiten: np.ndarray | None = None  # once the discrepancy is known
        self.reach: tuple[np.ndarray, np.ndarray] | None = None  # of the chance that a run is not cut off
        if not sound.all():
            reach = LogisticRegression().fit(self._centred(u), sound)
            self.reach = reach.coef_[0], reach.intercept_

    @staticmethod
    def _centred(u: np.ndarray) -> np.ndarray:
        return 2.0 * u - 1.0

    @staticmethod
    def _features(x: np.ndarray) -> np.ndarray:
        """Each parameter, and each product of two; not by a library, since the chain asks some hundred times."""
        one, other = np.triu_indices(x.shape[1])
        return np.hstack([x, x[:, one] * x[:, other]])

    def apart(self, u: np.ndarray) -> np.ndarray:
        """Predicted less observed, in units of the summaries' spread, (n, summaries)."""
        return self._features(self._centred(u)) @ self.slope + self.level

    def allow(self, best: np.ndarray) -> None:
        """Take what the best setting leaves unexplained as the model's discrepancy."""
        own = np.diag(self.covariance)
        more = np.maximum(self.apart(best[None])[0] ** 2 - own, 0.0)
        self.whiten = np.linalg.inv(np.linalg.cholesky(self.covariance + np.diag(more)))

    def log_likelihood(self, u: np.ndarray) -> np.ndarray:
        """Of the log, up to a constant; (n,)."""
        r = self.apart(u)
        if self.whiten is None:
            found = -0.5 * (TAIL + 1.0) * np.log1p(r**2 / np.diag(self.covariance) / TAIL).sum(axis=1)
        else:
            found = -0.5 * ((r @ self.whiten.T) ** 2).sum(axis=1)
        if self.reach is not None:
            found = found - np.logaddexp(0.0, -(self._centred(u) @ self.reach[0] + self.reach[1]))
        return found

    def sample(self, free: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draws of the settings within the prior, and the likeliest: differential evolution chains (ter Braak 2006)."""
        u = rng.random((CHAINS, free))
        now = self.log_likelihood(u)
        kept, best, top = [], u[0], -np.inf
        for step in range(STEPS):
            if step == STEPS // 4:  # the chains have come near
                self.allow(best)
                now, top = self.log_likelihood(u), -np.inf
            one, other = (rng.permutation(CHAINS) for _ in range(2))
            gamma = 1.0 if step % 10 == 0 else 2.38 / np.sqrt(2.0 * free)
            new = u + gamma * (u[one] - u[other]) + 1e-3 * rng.standard_normal(u.shape)
            inside = ((new >= 0) & (new <= 1)).all(axis=1)
            new = np.clip(new, 0, 1)
            at = self.log_likelihood(new)
            taken = inside & (np.log(rng.random(CHAINS)) < at - now)
            u, now = np.where(taken[:, None], new, u), np.where(taken, at, now)
            if now.max() > top:
                best, top = u[int(now.argmax())], float(now.max())
            if step >= STEPS // 2 and (step + 1) % EVERY == 0:
                kept.append(u)
        return np.concatenate(kept), best


def posterior(
    observed: np.ndarray,
    size: int,
    simulate: Callable[[int, np.ndarray], np.ndarray],
    keep: int,
    root: int,
    more: Callable[[int], bool],
) -> Posterior:
    """Find the settings whose runs show what was observed.

    Parameters
    ----------
    observed : float64 (summaries,)
    size : how many parameters
    simulate : (generation, settings (n, parameters)) -> summaries (n, summaries); nan where a run was far off
    keep : runs of a generation
    root : of the proposals; the same root, observations and runs give the same posterior
    more : whether to begin this generation
    """
    u = qmc.LatinHypercube(size, rng=np.random.default_rng([root, 0])).random(FIRST * keep)
    found = simulate(0, u)
    moved = movers(u, found)
    generation = 0
    while True:
        emulator = Emulator(u, found, observed)
        draws, best = emulator.sample(size, np.random.default_rng([root, 1, generation]))
        if not more(generation + 1):
            return Posterior(draws, best, moved, generation, len(u))
        generation += 1
        rng = np.random.default_rng([root, 2, generation])
        outward = max(round(OUTWARD * keep), 1)
        chosen = draws[rng.choice(len(draws), keep - outward, replace=len(draws) < keep)]
        fresh = np.concatenate([chosen, rng.random((outward, size))])
        u = np.concatenate([u, fresh])
        found = np.concatenate([found, simulate(generation, fresh)])


def as_numbers(rows: list[Any]) -> np.ndarray:
    """Summaries of runs as they are kept on disk; a run that was far off is nan."""
    return np.array([[np.nan if x is None else x for x in row] for row in rows], float)
