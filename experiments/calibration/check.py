"""Whether intervals hold what they promise: simulation-based calibration (Talts et al. 2018, arXiv:1804.06788).

Truths are drawn from the prior, each makes a log, each log is fitted as any other. Among the posterior's settings
the truth must have an even rank, and 90 % intervals must hold nine truths in ten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.stats import binom, kstest

from experiments.calibration import parameters, posterior

COVER = 0.9
SURE = 0.001  # chance of a false alarm, each test


@dataclass(frozen=True)
class Ranks:
    """Ranks in [0, 1] of the truths among the posterior's settings, (truths, parameters), and whether identified."""

    keys: tuple[str, ...]
    rank: np.ndarray
    error: np.ndarray  # |posterior mean - truth| in units of the prior's range, alike

    def covered(self) -> np.ndarray:
        """Share of the truths within the 90 % interval, by parameter."""
        return (np.abs(self.rank - 0.5) <= COVER / 2).mean(axis=0)

    def plain(self) -> dict[str, Any]:
        """The ranks, what the intervals hold and what is wrong, as plain data."""
        rows = zip(
            self.keys, self.covered().tolist(), self.error.mean(axis=0).tolist(), self.rank.T.tolist(), strict=True
        )
        return {
            "values": {key: {"covered": share, "error": error, "ranks": rank} for key, share, error, rank in rows},
            "faults": self.faults(),
        }

    def words(self) -> list[str]:
        """For a person, a line a value and a line a fault."""
        shares, errors = self.covered(), self.error.mean(axis=0)
        told = [
            f"{key}: in the 90 % interval {share:.0%} of {len(self.rank)} truths; mean error {error:.3f}"
            for key, share, error in zip(self.keys, shares, errors, strict=True)
        ]
        return told + [f"fault: {fault}" for fault in self.faults()]

    def faults(self) -> list[str]:
        """What is wrong beyond chance, in words; intervals that are too wide are a fault as well."""
        n, found = len(self.rank), []
        least, most = binom.ppf([SURE / 2, 1 - SURE / 2], n, COVER) / n
        for k, key in enumerate(self.keys):
            share, p = self.covered()[k], kstest(self.rank[:, k], "uniform").pvalue
            if not least <= share <= most:
                found.append(f"{key}: 90 % intervals hold {share:.0%} of {n} truths")
            elif p < SURE:
                found.append(f"{key}: ranks of the truths are not even (p = {p:.2g})")
        return found


def ranks(
    keys: tuple[str, ...],
    truths: np.ndarray,
    observe: Callable[[int, np.ndarray], np.ndarray],
    simulate: Callable[[int, int, np.ndarray], np.ndarray],
    keep: int,
    generations: int,
    root: int = 1,
) -> Ranks:
    """Fit each truth's own log.

    Parameters
    ----------
    truths : float64 (truths, parameters), places in the prior
    observe : (number, truth) -> its summaries
    simulate : (number, generation, settings) -> summaries; the first generation may be the same for all truths
    """
    rank, error = np.empty(truths.shape), np.empty(truths.shape)
    for number, truth in enumerate(truths):
        found = posterior.posterior(
            observe(number, truth), truth.size, partial(simulate, number), keep, root,
            lambda generation: generation <= generations,
        )  # fmt: skip
        rank[number] = (found.u < truth).mean(axis=0)
        error[number] = np.abs(found.u.mean(axis=0) - truth)
    return Ranks(keys, rank, error)


def tiny_world(members: int = 150, days: int = 140) -> Any:
    """A world whose log is the model's own: a small community, neutral, with settings near a real forum's."""
    from experiments.calibration.simulate import World
    from experiments.calibration.window import target_of
    from sim.run import run
    from sim.scenario import load

    changes = {"community.members": members, "community.days": days, "community.market_per_member": 100.0,
               "joining.rate": 1e-4, "members.voice_mean": -2.5, "members.drive_mean": -2.5}  # fmt: skip
    made = run(parameters.neutral(load("baseline", changes)), 7, observe_every=days, log=True)
    end = float(made.events.time[-1])
    return World.of(target_of(made.events, end), load("baseline"))


TINY = ("arrivals", "members.drive_mean", "members.voice_mean", "leaving.base", "posting.more", "posting.opening")


def of_model(
    truths: int, workers: int, folder: Any, tell: Callable[[str], None], keep: int = 60, generations: int = 2
) -> Ranks:
    """The check on the model itself: every truth is run as a log, and fitted with fresh runs."""
    from experiments.calibration.bench import Bench
    from experiments.calibration.fitting import seed_of
    from experiments.calibration.simulate import Job, fit

    world = tiny_world()
    chosen = parameters.by_key(list(TINY))
    asked = {"check": "known truths", "keep": keep, "keys": list(TINY)}  # more truths may be added to those in a folder
    bench = Bench.at(folder, world, asked, workers, lambda count: None)

    def jobs(name: str, kind: int, generation: int, u: np.ndarray) -> np.ndarray:
        todo = [
            Job((name, generation, k), str(folder), parameters.values(chosen, row), seed_of(3, kind, generation, k))
            for k, row in enumerate(u)
        ]
        return posterior.as_numbers(bench.perform(todo, fit))

    drawn = np.random.default_rng(11).random((2 * truths, len(chosen)))
    logs = jobs("truth", 1, 0, drawn)
    sound = np.flatnonzero(np.isfinite(logs).all(axis=1))[:truths]  # a log that was cut off is no log

    def simulate(number: int, generation: int, u: np.ndarray) -> np.ndarray:
        if generation == 0:
            return jobs("first", 2, 0, u)
        tell(f"truth {number + 1} of {len(sound)}")
        return jobs(f"truth {number}", 3 + number, generation, u)

    keys = tuple(one.key for one in chosen)
    return ranks(keys, drawn[sound], lambda number, truth: logs[sound[number]], simulate, keep, generations)
