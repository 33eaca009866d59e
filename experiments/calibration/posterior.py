"""The posterior: sequential emulation. Few runs must do, for each takes a second and a log has minutes.

The first generation is drawn from the prior (a Latin hypercube); it also shows which parameter moves any summary
(`movers`). Then, generation by generation: a quadratic regression predicts each summary from the setting, those runs
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
from functools import cache

import numpy as np

from experiments.calibration.window import CalibrationError

FIRST = 3  # the first generation, in units of the others
TAIL = 4.0  # degrees of freedom of the t
ALPHAS = np.logspace(-2, 3, 11)  # ridge penalties tried
FOLDS = 5
CHAINS, EVERY = 20, 20  # chains for each parameter; steps for each that is kept
FIRST_PASS, BURN_IN, SECOND_PASS = 5, 5, 10  # kept steps
OUTWARD = 0.1  # share of a generation that is drawn from the prior all the same: defends against a wrong turn
NEAR = 0.5  # share of the runs that count fully in the regression
SURE = 0.01  # chance that a parameter which moves nothing passes for one that does, over all summaries (Bonferroni)
FEW = 8  # degrees of freedom below which there are too few runs to see what moves nothing


@dataclass(frozen=True)
class Posterior:
    """Equally likely settings. `u`: float64 (n, parameters), places in the prior."""

    u: np.ndarray
    moved: np.ndarray  # bool (parameters,): moves some summary beyond what seeds do
    generations: int
    runs: int

    def drawn(self, count: int, seed: int) -> np.ndarray:
        """Some of the settings, (count, parameters)."""
        return np.random.default_rng([seed, 10_000]).permutation(self.u)[np.arange(count) % len(self.u)]

    def with_more(self, places: np.ndarray) -> Posterior:
        """With further parameters, that were fitted after these: (n, further)."""
        moved = np.append(self.moved, [True] * places.shape[1])
        return Posterior(np.hstack([self.u, places]), moved, self.generations, self.runs)

    def centre(self) -> np.ndarray:
        """The setting that lies nearest to all others; unlike a mean, it is likely itself."""
        spread = np.maximum(self.u.std(axis=0), 1e-9)
        distances = [(np.abs(self.u - setting) / spread).sum() for setting in self.u]
        return self.u[int(np.argmin(distances))]


pairs_of = cache(np.triu_indices)  # asked for at every step of the chains


class Emulator:
    """Summaries predicted from settings, and the likelihood of the log."""

    def __init__(self, u: np.ndarray, summaries: np.ndarray, observed: np.ndarray):
        from sklearn.covariance import LedoitWolf
        from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
        from sklearn.model_selection import KFold, cross_val_predict

        sound = np.isfinite(summaries).all(axis=1)
        if sound.sum() < 2 * FOLDS:
            raise CalibrationError(
                f"the log: {sound.sum()} of {len(u)} runs came near it, {2 * FOLDS} are needed: the model writes far "
                f"more than its members do; calibrate from another --base"
            )
        y = (summaries[sound] - observed) / np.maximum(summaries[sound].std(axis=0), 1e-9)
        distance = np.abs(y).mean(axis=1)
        near = np.quantile(distance, NEAR)
        weight = 1.0 / np.maximum(distance / max(near, 1e-12), 1.0) ** 4
        design, folds = self._features(u[sound]), KFold(FOLDS, shuffle=True, random_state=0)
        ridge = RidgeCV(ALPHAS).fit(design, y, sample_weight=weight)
        guess = cross_val_predict(Ridge(ridge.alpha_), design, y, cv=folds, params={"sample_weight": weight})
        self.slope, self.level = ridge.coef_.T, ridge.intercept_
        self.covariance = LedoitWolf(assume_centered=True).fit((y - guess)[distance <= near]).covariance_
        self.whiten: np.ndarray | None = None  # once the discrepancy is known
        self.reach = None if sound.all() else LogisticRegression().fit(u, sound)  # the chance that a run is not cut off

    @staticmethod
    def _features(u: np.ndarray) -> np.ndarray:
        """Each parameter, and each product of two; not by a library, since the chain asks some hundred times."""
        x = 2.0 * u - 1.0
        one, other = pairs_of(x.shape[1])
        return np.hstack([x, x[:, one] * x[:, other]])

    def residuals(self, u: np.ndarray) -> np.ndarray:
        """Predicted less observed, in units of the summaries' spread, (n, summaries)."""
        return self._features(u) @ self.slope + self.level

    def allow(self, best: np.ndarray) -> None:
        """Set the model's discrepancy to what the best setting leaves unexplained."""
        explained = np.diag(self.covariance)
        more = np.maximum(self.residuals(best[None])[0] ** 2 - explained, 0.0)
        self.whiten = np.linalg.inv(np.linalg.cholesky(self.covariance + np.diag(more)))

    def log_likelihood(self, u: np.ndarray) -> np.ndarray:
        """Log-likelihood of the log, up to a constant; (n,)."""
        r = self.residuals(u)
        if self.whiten is None:
            total = -0.5 * (TAIL + 1.0) * np.log1p(r**2 / np.diag(self.covariance) / TAIL).sum(axis=1)
        else:
            total = -0.5 * ((r @ self.whiten.T) ** 2).sum(axis=1)
        return total if self.reach is None else total + self.reach.predict_log_proba(u)[:, 1]

    def sample(self, free: int, seed: list[int]) -> np.ndarray:
        """Draws of the settings within the prior, (n, free), by chains of differential evolution (ter Braak 2006)."""
        from emcee import EnsembleSampler, State
        from emcee.moves import DEMove

        def log_posterior(u: np.ndarray) -> np.ndarray:
            inside = ((u >= 0) & (u <= 1)).all(axis=1)
            return np.where(inside, self.log_likelihood(u), -np.inf)

        random = np.random.RandomState(seed)
        moves = [(DEMove(), 0.9), (DEMove(gamma0=1.0), 0.1)]  # the second leaps between modes
        sampler = EnsembleSampler(CHAINS * free, free, log_posterior, moves=moves, vectorize=True)
        start = State(random.random_sample((CHAINS * free, free)), random_state=random.get_state())
        near = sampler.run_mcmc(start, FIRST_PASS, thin_by=EVERY)
        self.allow(sampler.get_chain(flat=True)[sampler.get_log_prob(flat=True).argmax()])
        sampler.reset()
        sampler.run_mcmc(State(near.coords, random_state=near.random_state), BURN_IN + SECOND_PASS, thin_by=EVERY)
        return sampler.get_chain(discard=BURN_IN, flat=True)


def movers(u: np.ndarray, summaries: np.ndarray) -> np.ndarray:
    """Flags of the parameters with an effect on a summary beyond other parameters' and seeds', bool (parameters,).

    By partial rank correlation (Marino et al. 2008, Journal of Theoretical Biology 254), whose test is that of a
    coefficient in the regression of ranks on ranks; not by Morris' trajectories, since the same runs also begin the
    posterior: none is spent on this alone. `u`: (n, parameters); runs that were far off are left out.
    """
    from scipy.stats import rankdata, t

    sound = np.isfinite(summaries).all(axis=1)
    free = int(sound.sum()) - u.shape[1] - 1
    if free < FEW:
        return np.ones(u.shape[1], bool)
    ranks = rankdata(u[sound], axis=0)
    x, y = np.column_stack([np.ones(len(ranks)), ranks]), rankdata(summaries[sound], axis=0)
    slope = np.linalg.lstsq(x, y)[0]
    noise = np.maximum(((y - x @ slope) ** 2).sum(axis=0) / free, 1e-12)
    error = np.sqrt(np.outer(np.diag(np.linalg.inv(x.T @ x)), noise))
    p = 2 * t.sf(np.abs(slope / error)[1:], free)
    return p.min(axis=1) * y.shape[1] < SURE


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
    simulate : (generation, settings (n, parameters)) -> summaries (n, summaries); nan where a run was far off;
        of the first generation it may leave some of the last out
    keep : runs of a generation
    root : of the proposals; the same root, observations and runs give the same posterior
    more : whether to begin this generation

    Raises
    ------
    CalibrationError : if hardly any run came near what was observed
    """
    from scipy.stats import qmc

    u = qmc.LatinHypercube(size, rng=np.random.default_rng([root, 0])).random(FIRST * keep)
    summaries = simulate(0, u)
    u = u[: len(summaries)]
    moved = movers(u, summaries)
    outward, generation = max(round(OUTWARD * keep), 1), 0
    while True:
        draws = Emulator(u, summaries, observed).sample(size, [root, generation])
        if not more(generation + 1):
            return Posterior(draws, moved, generation, len(u))
        generation += 1
        rng = np.random.default_rng([root, 2, generation])
        chosen = draws[rng.choice(len(draws), keep - outward, replace=len(draws) < keep)]
        fresh = np.concatenate([chosen, rng.random((outward, size))])
        u = np.concatenate([u, fresh])
        summaries = np.concatenate([summaries, simulate(generation, fresh)])
