"""The tide, from what the fitted model leaves of weekly actives: all members alike come more for a while, or less.

Its spread and half-life are fitted after the other values. While these are sought, runs have the scenario's own tide,
so that levels count as what they are: uncertain. Then r, the logarithm of the log's weekly actives less the median of
the runs', is taken as a level, plus `slope` times weekly means of an Ornstein-Uhlenbeck process, plus noise of each
week; slope and noise are those of the runs, whose tides are known. The posterior is found on a grid, under an even
prior on spread and logarithm of half-life.
"""

from __future__ import annotations

import numpy as np

from experiments.calibration.parameters import Parameter
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
    correlation = 0.5 ** (np.abs(np.subtract.outer(day, day)) / half_life)
    return correlation.reshape(weeks, WEEK, weeks, WEEK).mean(axis=(1, 3))


def weights(rest: np.ndarray, slope: float, noise: float, sds: np.ndarray, half_lives: np.ndarray) -> np.ndarray:
    """Posterior of spread and half-life on a grid, (sds, half-lives), summing to 1; rest: float64 (weeks,)."""
    from scipy.special import softmax
    from scipy.stats import multivariate_normal

    level = LEVEL**2 * np.ones((rest.size, rest.size)) + noise * np.eye(rest.size)
    shapes = [alike(rest.size, half_life) for half_life in half_lives]
    return softmax(
        [[multivariate_normal.logpdf(rest, cov=level + (slope * sd) ** 2 * shape) for shape in shapes] for sd in sds]
    )


def places(
    real: np.ndarray, actives: np.ndarray, tide: np.ndarray, parameters: tuple[Parameter, ...], count: int, seed: int
) -> np.ndarray:
    """Draws of the two values as places in their priors, (count, 2).

    real : float64 (weeks,), weekly actives of the log; actives, tide : of the runs, (runs, weeks)
    parameters : of `KEYS`
    """
    rng = np.random.default_rng([seed, 20_000])
    sds, half_lives = (one.value((np.arange(GRID) + 0.5) / GRID) for one in parameters)
    rest = np.log(real + 0.5) - np.median(np.log(actives + 0.5), axis=0)
    cell = rng.choice(GRID * GRID, count, p=weights(rest, *response(actives, tide), sds, half_lives).ravel())
    return (np.column_stack(np.divmod(cell, GRID)) + rng.random((count, 2))) / GRID
