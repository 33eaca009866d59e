"""The population: values that differ between communities, and draws of a community that was not seen.

A value lies at a place u from 0 to 1 between its bounds; the fit works on normal scores of places (`score`), so that
no draw leaves them. `scenarios/worlds/draws.csv` is made by `python -m experiments.worlds`.
"""

from __future__ import annotations

import csv
import math
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from sim.scenario import FOLDER, Scenario, load

Values = dict[str, float]
TABLE = tomllib.loads(Path(__file__).with_name("population.toml").read_text(encoding="utf-8"))
DRAWS = FOLDER / "worlds" / "draws.csv"
HOURS, BUDGET, SHARES = "team.hours", "budget.hours_per_week", "strategy.hours."
NODES = 12  # of each of two normals, in the members who write in a week
EDGE = 1e-4  # of places, whose scores would be without end


class Value(NamedTuple):
    """A value of the population: its key, bounds and scale."""

    key: str
    low: float
    high: float
    scale: str

    def at(self, u: float) -> float:
        """The value at a place; four digits."""
        low, high = (math.log(self.low), math.log(self.high)) if self.scale == "log" else (self.low, self.high)
        x = low + (high - low) * u
        return float(f"{math.exp(x) if self.scale == 'log' else x:.4g}")

    def place(self, x: float) -> float:
        """The place of a value."""
        if self.scale == "log":
            return math.log(x / self.low) / math.log(self.high / self.low)
        return (x - self.low) / (self.high - self.low)


class Fact(NamedTuple):
    """A level fact: its name, its transform, the least that counts, its own error, and whether it is of size.

    Of a share, the most that counts is 1 less the least.
    """

    name: str
    by: str
    least: float
    error: float = 0.0
    size: bool = False

    def transformed(self, x: np.ndarray) -> np.ndarray:
        """Facts on the scale of the fit: logs or logits."""
        if self.by == "log":
            return np.log(np.maximum(x, self.least))
        x = np.clip(x, self.least, 1.0 - self.least)
        return np.log(x / (1.0 - x))

    def back(self, y: np.ndarray) -> np.ndarray:
        """Facts as they are, from the scale of the fit."""
        return np.exp(y) if self.by == "log" else 1.0 / (1.0 + np.exp(-np.asarray(y)))


VALUES = tuple(Value(key, **about) for key, about in TABLE["values"].items())
FACTS = tuple(Fact(name, **about) for name, about in TABLE["facts"].items())


def score(u: np.ndarray) -> np.ndarray:
    """Normal scores of places."""
    return ndtri(np.clip(u, EDGE, 1.0 - EDGE))


def place(scores: np.ndarray) -> np.ndarray:
    """Places of normal scores."""
    return ndtr(scores)


@cache
def baseline() -> Scenario:
    """The baseline, read once."""
    return load("baseline")


def values_at(u: np.ndarray) -> Values:
    """The population's values at places (values,)."""
    return {value.key: value.at(float(x)) for value, x in zip(VALUES, u, strict=True)}


def settings(values: Values, members: int) -> Values:
    """Values by key of the scenario, for a community of so many founders: hours, and all shares of them."""
    world = {key: x for key, x in values.items() if key != HOURS and not key.startswith(SHARES)}
    hours = values[HOURS] * members * weekly_writers(tuple(sorted(world.items())))
    world[BUDGET] = float(f"{min(max(hours, 0.01), 4000.0):.4g}")
    return world | divided({key: x for key, x in values.items() if key.startswith(SHARES)})


def divided(shares: Values) -> Values:
    """All shares of hours: those given, and the baseline's of the rest."""
    usual = {SHARES + name: x for name, x in baseline().strategy.hours.items()}
    rest = sum(x for key, x in usual.items() if key not in shares)
    left = max(1.0 - sum(shares.values()), 0.0) / rest
    return {key: shares.get(key, math.floor(1e4 * left * x) / 1e4) for key, x in usual.items()}


@cache
def weekly_writers(world: tuple[tuple[str, float], ...]) -> float:
    """The share of members who write in a week, as founding expects it: over a grid of drive and voice."""
    from experiments.runs.point import settled
    from sim.logs.founding import Surroundings, contributions, habits_of

    scenario = settled(baseline(), dict(world))
    members, z = scenario.members, ndtri((np.arange(NODES) + 0.5) / NODES)
    tied = members.drive_voice_correlation
    habits, around = habits_of(scenario), Surroundings(0.0, members.belonging, 0.0, 0.0, 0.0)
    rates = [
        contributions(
            members.drive_mean + members.drive_sd * one,
            members.voice_mean + members.voice_sd * (tied * one + math.sqrt(1.0 - tied * tied) * other),
            around, habits,
        )
        for one in z for other in z
    ]  # fmt: skip
    return float(1.0 - np.exp(-7.0 * np.array(rates)).mean())


@cache
def drawn() -> list[Values]:
    """The rows of the shipped table of draws, in its order; not to be changed."""
    with DRAWS.open(encoding="utf-8", newline="") as file:
        return [{key: float(x) for key, x in row.items()} for row in csv.DictReader(file)]


def teams(n: int, seed: int) -> list[Values]:
    """Draws of communities as they are, with how their own teams divide the hours; as `draw`."""
    there = drawn()
    order = np.random.default_rng(seed).permutation(len(there))
    return [dict(there[k]) for k in order[np.arange(n) % len(there)]]


def draw(n: int, seed: int) -> list[Values]:
    """Draws of a community that was not seen: its values, by key of the scenario, for a thousand founding members.

    Parameters
    ----------
    n : how many, 1 or more; beyond the draws that there are they come again
    seed : of their order; the first k of n are the same for any n

    Returns
    -------
    values as `experiments.runs.point.settled` takes them. What a team does with its hours is for strategies to say, and
    not in them.
    """
    return [{key: x for key, x in one.items() if not key.startswith(SHARES)} for one in teams(n, seed)]


def worlds(n: int, seed: int, scenario: Scenario | None = None) -> list[Values]:
    """Whole worlds: draws of the population laid over draws of all other values from their priors.

    Parameters
    ----------
    n, seed : as of `draw`
    scenario : the values around which the others are drawn; the baseline, if none is given
    """
    from experiments.worlds import priors

    return [other | own for other, own in zip(priors.draw(n, seed, scenario), draw(n, seed), strict=True)]
