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
WARM, CHUNK = 200, 120  # steps that are thrown away, and that are kept at a time
CHUNKS = 3  # of the posterior of all communities
SETTLING = 40  # steps thrown away after a community has been taken out of a chain that is warm


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
    """Samples posteriors by one chain, which is warmed up once: what leaves a community out goes on from its end."""

    def __init__(self, emulator: Emulator, observed: Observed, warm: int = WARM, chunk: int = CHUNK):
        import jax
        from numpyro.infer import MCMC, NUTS

        jax.config.update("jax_enable_x64", True)
        self.observed = observed
        self.scale = DISCREPANCY * np.nanstd(observed.facts, axis=0)
        kernel = NUTS(_model(emulator), target_accept_prob=0.85, max_tree_depth=7)
        self.mcmc = MCMC(kernel, num_warmup=warm, num_samples=chunk, progress_bar=False, jit_model_args=True)
        self.warm: Any = None

    def sample(self, left_out: str | None, seed: int, chunks: int = CHUNKS) -> Posterior:
        """The posterior of all communities; or of all but one, after that of all: a chunk."""
        if left_out is None:
            self.mcmc.post_warmup_state = None
            runs = [self._chunk(self.observed, [seed, k]) for k in range(chunks)]
            self.warm = self.mcmc.last_state
            return self._posterior(runs, 0)
        self.mcmc.post_warmup_state = self.warm
        k = 1 + self.observed.names.index(left_out)
        return self._posterior([self._chunk(self.observed.without(left_out), [seed, 100 * k])], SETTLING)

    def _chunk(self, seen: Observed, seed: list[int]) -> dict[str, np.ndarray]:
        import jax

        known = np.isfinite(seen.facts)
        y, error = np.where(known, seen.facts, 0.0), np.where(known, seen.error, UNKNOWN)
        key = jax.random.PRNGKey(int(np.random.default_rng(seed).integers(2**31)))
        self.mcmc.run(key, y, error, self.scale, extra_fields=("diverging",))
        self.mcmc.post_warmup_state = self.mcmc.last_state
        return {key: np.asarray(x) for key, x in (self.mcmc.get_samples() | self.mcmc.get_extra_fields()).items()}

    def _posterior(self, runs: list[dict[str, np.ndarray]], first: int) -> Posterior:
        from numpyro.diagnostics import split_gelman_rubin

        found = {key: np.concatenate([run[key] for run in runs])[first:] for key in runs[0]}
        worst = max(float(np.max(split_gelman_rubin(found[key][None]))) for key in ("mean", "spread"))
        return Posterior(found["mean"], found["spread"], found["discrepancy"] * self.scale, found["places"],
                         int(found["diverging"].sum()), worst)  # fmt: skip


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
