"""The study: from logs and runs to the population, its draws, and what is told of it.

Runs are made in two waves: one spread evenly over the bounds, one where the first says that communities are, so that
the emulator is good there. The posterior looks at level facts alone: at no comparison of strategies, and at no estimate
of what replies, announcements, events or effort do.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.runs.tasks import Progress
from experiments.worlds import emulator, facts, population, posterior, priors, simulate, telling
from experiments.worlds.emulator import Emulator
from experiments.worlds.population import FACTS, SHARES, TABLE, VALUES
from experiments.worlds.posterior import Observed, Posterior

FOUNDERS = 1000  # of the communities that are drawn, as in the baseline
DRAWS, LOOKED = 1000, 200  # shipped; run for real
WIDER = 0.4  # added to the scores of the second wave, as a standard deviation


@dataclass(frozen=True)
class Effort:
    """How much is run: runs of the two waves, threads, and the root of all seeds."""

    wide: int = 1024
    near: int = 640
    workers: int = 1
    root: int = 1


def observed(real: dict[str, list[facts.Facts]]) -> Observed:
    """The facts of communities on the scale of the fit, with their errors.

    A community's windows differ by luck and by what happens to it; that spread is taken to be the same for all (pooled
    over communities with two windows or more), and falls with the number of windows.
    """
    means, error, squares, free = [], [], np.zeros(len(FACTS)), np.zeros(len(FACTS))
    for windows in real.values():
        y = simulate.table(windows)
        seen = np.isfinite(y).sum(axis=0)
        means.append(np.where(seen, np.nansum(y, axis=0) / np.maximum(seen, 1), np.nan))
        error.append(np.maximum(seen, 1))
        squares += np.nansum((y - means[-1]) ** 2, axis=0)
        free += np.maximum(seen - 1, 0)
    within = squares / np.maximum(free, 1)
    own = np.array([fact.error**2 for fact in FACTS])
    y, variance = np.array(means), within / np.array(error) + own
    for k, fact in enumerate(FACTS):
        for i, name in enumerate(real):
            if (told := TABLE["accounts"].get(name, {}).get(fact.name)) is not None:
                y[i, k], variance[i, k] = fact.transformed(np.array(told)), own[k]
    return Observed(list(real), y, variance)


class Study:
    """The steps of the study; `folder` keeps the runs."""

    def __init__(self, real: dict[str, list[facts.Facts]], folder: Path, effort: Effort, progress: Progress):
        self.real, self.folder, self.effort, self.progress = real, folder, effort, progress
        self.observed = observed(real)
        self.runs = simulate.journal(folder, effort.root, effort.workers, progress)

    def simulated(self, name: str, make: Any) -> tuple[np.ndarray, np.ndarray]:
        """Places and facts of the runs of a wave; its design is made once."""
        design = simulate.design_of(self.folder / f"{name}.design", make)
        keys = [simulate.key(name, k) for k in range(len(design))]
        if any(key not in self.runs.done for key in keys):  # else nothing need be drawn
            self.progress.say(f"runs, {name}")
            self.progress.expect(len(design))
            self.runs.perform(simulate.tasks(name, design, self.effort.root), simulate.facts_of)
        return design, simulate.table([self.runs.done[key]["result"] for key in keys])

    def fitted(self) -> tuple[Emulator, Posterior]:
        """The emulator of both waves, and the posterior."""
        root = self.effort.root
        u, y = self.simulated("wide", lambda: simulate.spread(self.effort.wide, root))

        def near() -> np.ndarray:
            self.progress.say("the posterior of the first wave")
            first = posterior.sample(emulator.fit(u, y, self.observed.facts), self.observed, root)
            return around(first, self.effort.near, root)

        more_u, more_y = self.simulated("near", near)
        made = emulator.fit(np.vstack([u, more_u]), np.vstack([y, more_y]), self.observed.facts)
        self.progress.say("the posterior")
        return made, posterior.sample(made, self.observed, root)

    def left_out(self, made: Emulator, found: Posterior) -> dict[str, dict[str, Any]]:
        """For each community: the intervals of facts by a population that has not seen it."""
        self.progress.say("the population without each community")
        told = {}
        for name, (without, worth) in posterior.left_out(found, made, self.observed, self.effort.root).items():
            error = self.observed.error[self.observed.names.index(name)]
            told[name] = {
                "run": telling.intervals(telling.predicted(made, without, self.effort.root)),
                "all": telling.intervals(telling.predicted(made, without, self.effort.root, error)),
                "worth": worth,
            }
        return told

    def all(self) -> dict[str, Any]:
        """Everything that is told and written."""
        made, found = self.fitted()
        drawn = shipped(found, self.effort.root)
        looked = self.looked([one | population.divided(telling.shares_of(one)) for one in drawn[:LOOKED]])
        without = self.left_out(made, found)
        return {
            "draws": drawn,
            "communities": telling.communities(found, self.observed.names),
            "values": telling.of_values(found, self.observed.names),
            "emulator": telling.of_emulator(made),
            "facts": telling.of_facts(self.real, self.observed, made, found, looked, self.effort.root),
            "held": telling.of_held(self.observed, without),
            "targets": telling.of_targets(self.real, looked),
            "baseline": telling.of_baseline(drawn),
            "posterior": {"draws": len(found.mean), "diverging": found.diverging, "rhat": found.worst},
            "looked": sum(bool(run) for run in looked),
            "silent": sum(not run for run in looked),
            "windows": {name: len(windows) for name, windows in self.real.items()},
            "days": {"before": facts.LEAD, "window": facts.WINDOW},
            "bounds": {value.key: [value.low, value.high, value.scale] for value in VALUES},
            "effort": {"wide": self.effort.wide, "near": self.effort.near, "seed": self.effort.root},
        }

    def looked(self, teams: list[population.Values]) -> list[dict[str, Any]]:
        """Facts of runs of drawn communities, for real: no emulator."""
        others = priors.draw(len(teams), self.effort.root + 1)
        about = {"community.members": FOUNDERS, "community.days": simulate.DAYS}
        runs = [
            simulate.Task(f"look-{_digest(one | other)}", 900_000 + k, other | one | about)
            for k, (one, other) in enumerate(zip(teams, others, strict=True))
        ]
        self.progress.say("drawn communities, run for real")
        self.progress.expect(len(runs))
        return self.runs.perform(runs, simulate.facts_of)


def around(found: Posterior, n: int, root: int) -> np.ndarray:
    """A design where communities are: half around those that were seen, half around new ones; (n, values + 1)."""
    rng = np.random.default_rng([root, 2])
    seen = found.places.reshape(-1, len(VALUES) + 1)
    seen = seen[rng.choice(len(seen), n // 2)]
    new = np.column_stack([found.new(n - n // 2, root), rng.random(n - n // 2)])
    scores = population.score(np.vstack([seen, new]))
    return population.place(scores + WIDER * rng.normal(size=scores.shape))


def shipped(found: Posterior, root: int) -> list[population.Values]:
    """Draws of communities that were not seen, as `draws.csv` has them: a thousand founders each."""
    keep = {SHARES + name for name in ("answer", "respond")}
    drawn = [population.settings(population.values_at(u), FOUNDERS) for u in found.new(DRAWS, root)]
    return [{key: x for key, x in one.items() if key in keep or not key.startswith(SHARES)} for one in drawn]


def _digest(settings: population.Values) -> str:
    """A name for settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
