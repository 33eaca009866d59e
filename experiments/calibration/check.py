"""Coverage of the intervals: simulation-based calibration (Talts et al. 2018, arXiv:1804.06788).

Truths are drawn from the prior, each makes a log, each log is fitted as any other. Among the posterior's settings
the truth must have an even rank, and 90 % intervals must hold nine truths in ten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration import parameters
from experiments.calibration.fitting import Effort
from experiments.calibration.posterior import posterior
from experiments.calibration.simulate import World, as_numbers, fit, jobs
from experiments.calibration.window import target_of
from experiments.runs.journal import Journal

COVER = 0.9
SURE = 0.001  # chance of a false alarm, each test


@dataclass(frozen=True)
class Ranks:
    """Where known truths lie in the posteriors of their logs; float64 (truths, parameters) each.

    Attributes
    ----------
    rank : share of the posterior's settings below the truth, 0-1
    error : distance of the posterior's mean from the truth, in units of the prior's range
    """

    keys: tuple[str, ...]
    rank: np.ndarray
    error: np.ndarray

    @property
    def covered(self) -> np.ndarray:
        """Share of the truths within the 90 % interval, by parameter."""
        return (np.abs(self.rank - 0.5) <= COVER / 2).mean(axis=0)

    def plain(self) -> dict[str, Any]:
        """The ranks, what the intervals hold and what is wrong, as plain data."""
        columns = zip(self.keys, self.covered, self.error.mean(axis=0), self.rank.T, strict=True)
        return {
            "truths": len(self.rank),
            "values": {key: {"covered": float(share), "error": float(error), "ranks": rank.tolist()}
                       for key, share, error, rank in columns},
            "faults": self.faults(),
        }  # fmt: skip

    def faults(self) -> list[str]:
        """Messages on coverage that differs from nominal beyond chance, too wide intervals included."""
        from scipy.stats import binom, kstest

        n, faults = len(self.rank), []
        least, most = binom.ppf([SURE / 2, 1 - SURE / 2], n, COVER) / n
        for key, share, ranks in zip(self.keys, self.covered, self.rank.T, strict=True):
            p = kstest(ranks, "uniform").pvalue
            if not least <= share <= most:
                faults.append(f"{key}: 90 % intervals hold {share:.0%} of {n} truths")
            elif p < SURE:
                faults.append(f"{key}: ranks of the truths are not even (p = {p:.2g})")
        return faults


def ranks(
    keys: tuple[str, ...],
    truths: np.ndarray,
    logs: np.ndarray,
    simulate: Callable[[int, int, np.ndarray], np.ndarray],
    keep: int,
    generations: int,
) -> Ranks:
    """Fit each truth's own log.

    Parameters
    ----------
    truths : float64 (truths, parameters), places in the prior
    logs : float64 (truths, summaries), what each truth's log shows
    simulate : (number, generation, settings) -> summaries; the first generation may be the same for all truths
    """
    rank, error = [], []
    for number, (log, truth) in enumerate(zip(logs, truths, strict=True)):
        settings = posterior(
            log, len(keys), partial(simulate, number), keep, 1, lambda generation: generation <= generations
        )
        rank.append((settings.u < truth).mean(axis=0))
        error.append(np.abs(settings.u.mean(axis=0) - truth))
    return Ranks(keys, np.array(rank), np.array(error))


def tiny_world(members: int = 150, days: int = 140) -> World:
    """A world whose log is the model's own: a small community, neutral, with settings near a real forum's."""
    from sim.run import run
    from sim.scenario import load

    changes = {"community.members": members, "community.days": days, "community.market_per_member": 100.0,
               "joining.rate": 1e-4, "members.voice_mean": -2.5, "members.drive_mean": -2.5}  # fmt: skip
    log = run(parameters.neutral(load("baseline", changes)), 7, observe_every=days, log=True).events
    return World.of(target_of(log, float(log.time[-1])), load("baseline"))


TINY = ("arrivals", "members.drive_mean", "members.voice_mean", "leaving.base", "posting.opening")


def of_model(truths: int, effort: Effort, folder: Path, say: Callable[[str], Any]) -> Ranks:
    """The check on the model itself: every truth is run as a log, and fitted with fresh runs."""
    world, chosen = tiny_world(), parameters.by_key(list(TINY))
    # More truths may be added to those in a folder.
    runs = Journal(folder, {"check": "known truths", "keep": effort.keep, "keys": list(TINY)}, effort.workers)

    def summaries(name: str, u: np.ndarray) -> np.ndarray:
        return as_numbers(runs.perform(jobs(name, world, chosen, u, 3), fit))

    drawn = np.random.default_rng(11).random((2 * truths, len(chosen)))
    logs = summaries("truth", drawn)
    sound = np.flatnonzero(np.isfinite(logs).all(axis=1))[:truths]  # a log that was cut off is no log

    def simulate(number: int, generation: int, u: np.ndarray) -> np.ndarray:
        if generation == 0:
            return summaries("first", u)
        say(f"truth {number + 1} of {len(sound)}")
        return summaries(f"truth-{number}-{generation}", u)

    return ranks(TINY, drawn[sound], logs[sound], simulate, effort.keep, effort.generations or 0)
