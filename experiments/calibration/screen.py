"""Identifiability: which parameters move any summary beyond what other parameters and seeds do.

By partial rank correlation over the draws from the prior (Marino et al. 2008, Journal of Theoretical Biology 254),
not by Morris' trajectories, since the same runs then also begin the posterior: none is spent on the screen alone.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata, t

SURE = 0.01  # chance that a parameter which moves nothing passes, over all summaries (Bonferroni)


def partial_ranks(u: np.ndarray, summaries: np.ndarray) -> np.ndarray:
    """Partial rank correlation of each parameter with each summary, (parameters, summaries)."""
    x, y = rankdata(u, axis=0), rankdata(summaries, axis=0)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    found = np.zeros((x.shape[1], y.shape[1]))
    for k in range(x.shape[1]):
        others = np.delete(x, k, axis=1)
        base = np.linalg.qr(others)[0] if others.shape[1] else np.zeros((len(x), 0))
        own, rest = x[:, k] - base @ (base.T @ x[:, k]), y - base @ (base.T @ y)
        size = np.sqrt((own**2).sum() * (rest**2).sum(axis=0))
        found[k] = np.divide(own @ rest, size, out=np.zeros(y.shape[1]), where=size > 1e-12)
    return found


def movers(u: np.ndarray, summaries: np.ndarray) -> np.ndarray:
    """Flags of the parameters that move a summary; u in (n, parameters), runs that were far off are left out."""
    sound = np.isfinite(summaries).all(axis=1)
    n, k = int(sound.sum()), u.shape[1]
    free = n - 2 - (k - 1)
    if free < 8:
        return np.ones(k, bool)  # too few to tell
    r = np.clip(partial_ranks(u[sound], summaries[sound]), -1 + 1e-12, 1 - 1e-12)
    p = 2 * t.sf(np.abs(r) * np.sqrt(free / (1 - r**2)), free)
    return p.min(axis=1) * summaries.shape[1] < SURE
