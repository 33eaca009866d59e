"""The posterior, by adaptive population Monte Carlo ABC (Lenormand, Jabot & Deffuant 2013, Computational Statistics 28).

Each generation proposes as many settings as are kept, from the kept ones and a normal kernel of twice their
covariance; of kept and new the nearest are kept, and weighted by prior over proposal. The first generation is drawn
from the prior and also tells which parameter moves any summary at all (screen). Distance: the mean absolute
difference of summaries, each in units of its spread among the settings at hand, so that weights adapt from
generation to generation (Prangle 2017, Bayesian Analysis 12). Absolute, not squared: where the model cannot meet
one summary, the others still count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from experiments.calibration.screen import movers

FIRST = 3  # the first generation, in units of what is kept
STALE = 0.05  # stop when fewer than this share of the new settings come among the nearest


@dataclass(frozen=True)
class Posterior:
    """Weighted settings. `u`: float64 (n, parameters), places in the prior; `weight` adds up to 1."""

    u: np.ndarray
    weight: np.ndarray
    distance: np.ndarray
    summaries: np.ndarray  # float64 (n, summaries)
    moved: np.ndarray  # bool (parameters,): moves some summary beyond what seeds do
    generations: int
    runs: int

    def drawn(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Settings drawn by their weight, each as often as its weight has it (systematic resampling)."""
        at = (rng.random() + np.arange(count)) / count
        order = np.argsort(self.u[:, 0], kind="stable")  # neighbours in one parameter stay neighbours
        return self.u[order[np.minimum(np.searchsorted(np.cumsum(self.weight[order]), at), self.weight.size - 1)]]

    def quantile(self, q: float) -> np.ndarray:
        """Weighted quantile of each parameter."""
        found = np.empty(self.u.shape[1])
        for k in range(found.size):
            order = np.argsort(self.u[:, k])
            found[k] = np.interp(q, np.cumsum(self.weight[order]) - 0.5 * self.weight[order], self.u[order, k])
        return found

    def centre(self) -> np.ndarray:
        """The kept setting that lies nearest to all others: one that was run, unlike a mean."""
        spread = np.maximum(self.u.std(axis=0), 1e-9)
        apart = np.abs(self.u[:, None, :] - self.u[None, :, :]) / spread
        return self.u[int(np.argmin((apart.sum(axis=2) * self.weight).sum(axis=1)))]


def distances(summaries: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Mean absolute difference in units of each summary's spread; infinite where a run was far off."""
    sound = np.isfinite(summaries).all(axis=1)
    if not sound.any():
        return np.full(len(summaries), np.inf)
    middle = np.median(summaries[sound], axis=0)
    spread = 1.4826 * np.median(np.abs(summaries[sound] - middle), axis=0)
    use = spread > 1e-9
    found = np.full(len(summaries), np.inf)
    if use.any():
        found[sound] = (np.abs(summaries[sound] - observed)[:, use] / spread[use]).mean(axis=1)
    return found


def posterior(
    observed: np.ndarray,
    held: np.ndarray,
    simulate: Callable[[int, np.ndarray], np.ndarray],
    keep: int,
    root: int,
    more: Callable[[int], bool],
) -> Posterior:
    """Find the settings whose runs show what was observed.

    Parameters
    ----------
    observed : float64 (summaries,)
    held : float64 (parameters,), place in the prior at which a parameter stays that moves nothing
    simulate : (generation, settings (n, parameters)) -> summaries (n, summaries); nan where a run was far off
    keep : settings in the posterior
    root : of the proposals; the same root, observations and runs give the same posterior
    more : whether to begin this generation
    """
    u = qmc.LatinHypercube(held.size, rng=np.random.default_rng([root, 0])).random(FIRST * keep)
    found = simulate(0, u)
    moved = movers(u, found)
    u = np.where(moved, u, held)
    free = np.flatnonzero(moved)
    weight, generation, runs = np.ones(len(u)), 0, len(u)
    nearest = np.argsort(distances(found, observed), kind="stable")[:keep]
    u, found, weight = u[nearest], found[nearest], weight[nearest]
    while free.size and more(generation + 1):
        generation += 1
        new, density = _propose(u[:, free], weight / weight.sum(), keep, np.random.default_rng([root, generation]))
        fresh = np.tile(held, (keep, 1))
        fresh[:, free] = new
        u = np.concatenate([u, fresh])
        found = np.concatenate([found, simulate(generation, fresh)])
        runs += keep
        weight = np.concatenate([weight, 1.0 / density])  # prior over proposal; the prior's density is 1
        nearest = np.argsort(distances(found, observed), kind="stable")[:keep]
        came = int((nearest >= keep).sum())
        u, found, weight = u[nearest], found[nearest], weight[nearest]
        if came < STALE * keep:
            break
    return Posterior(u, weight / weight.sum(), distances(found, observed), found, moved, generation, runs)


def _propose(u: np.ndarray, weight: np.ndarray, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Settings within the prior from the kept ones and a kernel, and the density of each."""
    spread = 2.0 * np.atleast_2d(np.cov(u.T, aweights=weight)) + 1e-8 * np.eye(u.shape[1])
    root = np.linalg.cholesky(spread)
    chosen: list[np.ndarray] = []
    tried = 0
    while len(chosen) < count:
        tried += 1
        one = u[rng.choice(len(u), p=weight)] + root @ rng.standard_normal(u.shape[1])
        if ((one >= 0) & (one <= 1)).all():
            chosen.append(one)
    new = np.array(chosen)
    apart = np.linalg.solve(root, (new[:, None, :] - u[None, :, :]).reshape(-1, u.shape[1]).T)
    kernel = np.exp(-0.5 * (apart**2).sum(axis=0)).reshape(len(new), len(u))
    size = np.sqrt(2 * np.pi) ** u.shape[1] * np.prod(np.diag(root))
    inside = count / tried  # of the proposals; what lies outside of the prior was drawn again
    return new, kernel @ weight / size / inside
