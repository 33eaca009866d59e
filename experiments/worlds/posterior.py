"""The hierarchical posterior: what communities are like together, and each of them.

The normal scores of the places of a community's values are normal around those of the population, value by value:
eleven communities tell hardly anything of how values go together, so each has a spread of its own and no correlation. A
priori a new community's place is close to evenly spread: mean and spread of the scores have variance 1 together. The
facts of a community are those of the emulator, off by what the emulator leaves (with one covariance), by the spread
between a community's own windows over their number, and by the model's own discrepancy, fact by fact, which is fitted
too (Kennedy & O'Hagan 2001). Sampled by NUTS (Hoffman & Gelman 2014; NumPyro, of the dependency group `fit`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.worlds import population
from experiments.worlds.emulator import Emulator

PRIOR = 0.7  # standard deviation of the population's mean score, and scale of its spread
DISCREPANCY = 0.5  # its scale, in standard deviations between communities
UNKNOWN = 1e6  # variance of a fact that is not known
WARM, KEEP, CHAINS = 400, 500, 1


@dataclass(frozen=True, eq=False)
class Observed:
    """The facts of the communities on the scale of the fit.

    facts : (communities, facts), means over windows; NaN: not known
    error : (communities, facts), variances of these means
    """

    names: list[str]
    facts: np.ndarray
    error: np.ndarray

    def without(self, name: str | None) -> Observed:
        """The same with one community of which nothing is known."""
        facts = self.facts.copy()
        if name is not None:
            facts[self.names.index(name)] = np.nan
        return Observed(self.names, facts, self.error)


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


class Sampler:
    """Samples posteriors; those after the first need no new compilation."""

    def __init__(self, emulator: Emulator, observed: Observed, warm: int = WARM, keep: int = KEEP):
        import jax
        from numpyro.infer import MCMC, NUTS

        jax.config.update("jax_enable_x64", True)
        self.observed = observed
        self.scale = DISCREPANCY * np.nanstd(observed.facts, axis=0)
        kernel = NUTS(_model(emulator), target_accept_prob=0.85, max_tree_depth=8)
        self.mcmc = MCMC(kernel, num_warmup=warm, num_samples=keep, num_chains=CHAINS, progress_bar=False)

    def sample(self, left_out: str | None, seed: int) -> Posterior:
        """The posterior of all communities, or of all but one."""
        import jax
        from numpyro.diagnostics import split_gelman_rubin

        seen = self.observed.without(left_out)
        known = np.isfinite(seen.facts)
        y, error = np.where(known, seen.facts, 0.0), np.where(known, seen.error, UNKNOWN)
        self.mcmc.run(jax.random.PRNGKey(seed), y, error, self.scale, extra_fields=("diverging",))
        found = {key: np.asarray(x) for key, x in self.mcmc.get_samples().items()}
        together = self.mcmc.get_samples(group_by_chain=True)
        worst = max(float(np.max(split_gelman_rubin(np.asarray(together[key])))) for key in ("mean", "spread"))
        return Posterior(found["mean"], found["spread"], found["discrepancy"], found["places"],
                         int(np.asarray(self.mcmc.get_extra_fields()["diverging"]).sum()), worst)  # fmt: skip


def _model(emulator: Emulator) -> Any:
    """The model of NumPyro: y and error (communities, facts), scale (facts,)."""
    import jax.numpy as jnp
    import numpyro
    from jax.scipy.special import ndtr
    from numpyro import distributions as dist

    values = emulator_values(emulator)

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


def emulator_values(emulator: Emulator) -> int:
    """How many values of the population an emulator takes, beside founding members."""
    width = emulator.layers[0][0].shape[0]
    sizes = range(1, width + 1)
    if emulator.form != "quadratic":
        return width - 1
    return next(n for n in sizes if n + n * (n + 1) // 2 == width) - 1
