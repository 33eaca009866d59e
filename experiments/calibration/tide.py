"""The tide, from what the fitted model leaves of weekly actives: all members alike come more for a while, or less.

Its spread and half-life are fitted after the other values. While these are sought, runs have the scenario's own tide,
so that levels count as what they are: uncertain. Then r, the logarithm of the log's weekly actives less the median of
the runs', is taken as a level, plus `slope` times weekly means of an Ornstein-Uhlenbeck process, plus noise of each
week; slope and noise are those of the runs, whose tides are known. The posterior is found on a grid, under an even
prior on spread and logarithm of half-life.
"""

from __future__ import annotations

import numpy as np

from experiments.calibration.window import WEEK

KEYS = ("visiting.tide_sd", "visiting.tide_half_life")
GRID = 24  # places of each value
LEVEL = 0.5  # prior standard deviation of the level, in log units


def response(actives: np.ndarray, tide: np.ndarray) -> tuple[float, float]:
    """How log weekly actives answer to the week's mean tide, and the variance of a week that is left, over runs.

    actives, tide : float64 (runs, weeks)
    """
    y = np.log(actives + 0.5)
    y = y - y.mean(axis=0)  # what all runs share
    x, y = tide - tide.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    slope = float(np.clip((x * y).sum() / max(float((x**2).sum()), 1e-9), 0.1, 1.5))
    rest = np.diff(y - slope * x, axis=1)
    return slope, float(0.5 * (rest**2).mean())


def alike(weeks: int, half_life: float) -> np.ndarray:
    """Correlation of an Ornstein-Uhlenbeck process of variance 1 between weekly means, (weeks, weeks)."""
    day = np.arange(weeks * WEEK)
    kept = 0.5 ** (np.abs(np.subtract.outer(day, day)) / half_life)
    return kept.reshape(weeks, WEEK, weeks, WEEK).mean(axis=(1, 3))


def weights(rest: np.ndarray, slope: float, noise: float, sds: np.ndarray, half_lives: np.ndarray) -> np.ndarray:
    """Posterior of spread and half-life on a grid, (sds, half-lives), summing to 1; rest: float64 (weeks,)."""
    found = np.empty((sds.size, half_lives.size))
    level = LEVEL**2 * np.ones((rest.size, rest.size)) + noise * np.eye(rest.size)
    for b, half_life in enumerate(half_lives):
        shape = alike(rest.size, half_life)
        for a, sd in enumerate(sds):
            lower = np.linalg.cholesky(level + (slope * sd) ** 2 * shape)
            z = np.linalg.solve(lower, rest)
            found[a, b] = -np.log(np.diag(lower)).sum() - 0.5 * float(z @ z)
    found = np.exp(found - found.max())
    return found / found.sum()


def places(
    real: np.ndarray, actives: np.ndarray, tide: np.ndarray, value: tuple, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Draws of the two values as places in their priors, (count, 2).

    real : float64 (weeks,), weekly actives of the log; actives, tide : of the runs, (runs, weeks)
    value : for each of the two, what a place in its prior stands for
    """
    at = (np.arange(GRID) + 0.5) / GRID
    sds, half_lives = (np.array([one(x) for x in at]) for one in value)
    rest = np.log(real + 0.5) - np.median(np.log(actives + 0.5), axis=0)
    found = weights(rest, *response(actives, tide), sds, half_lives)
    cell = rng.choice(GRID * GRID, count, p=found.ravel())
    return (np.column_stack(np.divmod(cell, GRID)) + rng.random((count, 2))) / GRID
