"""The hierarchical posterior: what communities are like together, and each of them.

The normal scores of the places of a community's values are normal around those of the population, value by value:
eleven communities tell hardly anything of how values go together, so each has a spread of its own and no correlation. A
priori a new community's place is close to evenly spread: mean and spread of the scores have variance 1 together. The
facts of a community are those of the emulator, off by what the emulator leaves (with one covariance), by the spread
between a community's own windows over their number, and by the model's own discrepancy, fact by fact, which is fitted
too (Kennedy & O'Hagan 2001). Sampled by NUTS (Hoffman & Gelman 2014; NumPyro, of the dependency group `fit`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.worlds import population
from experiments.worlds.emulator import Emulator

PRIOR = 0.7  # standard deviation of the population's mean score, and scale of its spread
DISCREPANCY = 0.5  # its scale, in standard deviations between communities
UNKNOWN = 1e6  # variance of a fact that is not known
WARM, KEEP = 200, 360  # steps of the chain that are thrown away, and kept
INSIDE = 1000  # communities of each draw, over which the chance of one that is left out is averaged


@dataclass(frozen=True, eq=False)
class Observed:
    """The facts of the communities on the scale of the fit.

    facts : (communities, facts), means over windows; NaN: not known
    error : (communities, facts), variances of these means
    """

    names: list[str]
    facts: np.ndarray
    error: np.ndarray


@dataclass(frozen=True, eq=False)
class Posterior:
    """Equally likely populations: scores' means and spreads (draws, values), and the communities' places."""

    mean: np.ndarray
    spread: np.ndarray
    discrepancy: np.ndarray  # (draws, facts)
    places: np.ndarray  # (draws, communities, values + 1): the last is of founding members
    diverging: int
    worst: float  # of the split R-hat of means and spreads

    def new(self, n: int, seed: int) -> np.ndarray:
        """Places of communities that were not seen, (n, values)."""
        rng = np.random.default_rng(seed)
        k = rng.permutation(np.arange(n) % len(self.mean))
        return population.place(self.mean[k] + self.spread[k] * rng.normal(size=(n, self.mean.shape[1])))


def sample(emulator: Emulator, observed: Observed, seed: int, warm: int = WARM, keep: int = KEEP) -> Posterior:
    """The posterior of communities, by one chain."""
    import jax
    from numpyro.diagnostics import split_gelman_rubin
    from numpyro.infer import MCMC, NUTS

    jax.config.update("jax_enable_x64", True)
    scale = DISCREPANCY * np.nanstd(observed.facts, axis=0)
    kernel = NUTS(_model(emulator), target_accept_prob=0.85, max_tree_depth=7)
    mcmc = MCMC(kernel, num_warmup=warm, num_samples=keep, progress_bar=False)
    known = np.isfinite(observed.facts)
    y, error = np.where(known, observed.facts, 0.0), np.where(known, observed.error, UNKNOWN)
    mcmc.run(jax.random.PRNGKey(seed), y, error, scale, extra_fields=("diverging",))
    found = {key: np.asarray(x) for key, x in mcmc.get_samples().items()}
    worst = max(float(np.max(split_gelman_rubin(found[key][None]))) for key in ("mean", "spread"))
    diverging = int(np.asarray(mcmc.get_extra_fields()["diverging"]).sum())
    return Posterior(found["mean"], found["spread"], found["discrepancy"] * scale, found["places"], diverging, worst)


def left_out(found: Posterior, emulator: Emulator, observed: Observed, seed: int) -> dict[str, tuple[Posterior, float]]:
    """For each community the posterior without it, by weighting the draws, with how many draws that is worth.

    A draw of the population is weighted by one over the chance of the community's facts in it (over all communities
    that it may hold), as in leave-one-out by importance sampling (Gelfand, Dey & Chang 1992); weights are cut at their
    mean times the root of their number (Ionides 2008).
    """
    from scipy.special import logsumexp
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng([seed, 4])
    draws, values = found.mean.shape
    likelihood = np.empty((draws, len(observed.names)))
    for d in range(draws):
        scores = found.mean[d] + found.spread[d] * rng.normal(size=(INSIDE, values))
        y = emulator.facts(np.column_stack([population.place(scores), rng.random(INSIDE)]))
        for k in range(len(observed.names)):
            known = np.isfinite(observed.facts[k])
            if not known.any():
                likelihood[d, k] = 0.0
                continue
            error = np.diag((observed.error[k] + found.discrepancy[d] ** 2)[known])
            chance = multivariate_normal(observed.facts[k, known], emulator.covariance[np.ix_(known, known)] + error)
            likelihood[d, k] = logsumexp(chance.logpdf(y[:, known])) - np.log(INSIDE)
    made = {}
    for k, name in enumerate(observed.names):
        weight = np.exp(likelihood[:, k].min() - likelihood[:, k])
        weight = np.minimum(weight, weight.mean() * np.sqrt(draws))
        weight /= weight.sum()
        chosen = rng.choice(draws, draws, p=weight)
        one = Posterior(found.mean[chosen], found.spread[chosen], found.discrepancy[chosen], found.places[chosen],
                        found.diverging, found.worst)  # fmt: skip
        made[name] = one, float(1.0 / (weight**2).sum())
    return made


def _model(emulator: Emulator) -> Any:
    """The model of NumPyro: y and error (communities, facts), scale (facts,)."""
    import jax.numpy as jnp
    import numpyro
    from jax.scipy.special import ndtr
    from numpyro import distributions as dist

    values = values_of(emulator)

    def model(y: Any, error: Any, scale: Any) -> None:
        communities, facts = y.shape
        mean = numpyro.sample("mean", dist.Normal(0.0, PRIOR).expand([values]))
        spread = numpyro.sample("spread", dist.HalfNormal(PRIOR).expand([values]))
        off = numpyro.sample("off", dist.Normal(0.0, 1.0).expand([communities, values]))
        size = numpyro.sample("size", dist.Normal(0.0, 1.0).expand([communities, 1]))
        discrepancy = numpyro.sample("discrepancy", dist.HalfNormal(1.0).expand([facts])) * scale
        places = numpyro.deterministic("places", ndtr(jnp.concatenate([mean + spread * off, size], axis=1)))
        covariance = emulator.covariance + jnp.eye(facts) * (error + discrepancy**2)[:, None, :]
        numpyro.sample("y", dist.MultivariateNormal(emulator.facts(places, jnp), covariance), obs=y)

    return model


def values_of(emulator: Emulator) -> int:
    """How many values of the population an emulator takes, beside founding members."""
    n = len(emulator.slope)
    return n - 1 if emulator.form == "linear" else round((math.sqrt(9 + 8 * n) - 3) / 2) - 1
