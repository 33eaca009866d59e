"""What a community's own facts, or a value that is known, leave of many plausible worlds: weights, by a kernel.

Worlds that were run anyway are weighted by how well they fit what is told; stats/ahead.py takes the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.stats.ahead import effective

if TYPE_CHECKING:
    import pandas as pd

FAR = 3.0  # tolerances: what is told further than this from every world is said to be out of their reach
SHUFFLES = 5000
FALSE = 0.05  # of the values told to be narrowed, at most so many are not, on average


class Told(NamedTuple):
    """What is said of a fact or an open value: about `value`, give or take `tolerance` (a standard error), its unit."""

    value: float
    tolerance: float


@dataclass(frozen=True)
class Narrowed:
    """Worlds weighted by what is told.

    weights : sum to 1, float (worlds,); all 0 if no world has the facts
    effective : how many equal worlds they are worth (Kish 1965)
    out_of_reach : keys of what is told that lies further than `FAR` tolerances from every world: the worlds say nothing
        of such a community, whatever their weights
    """

    weights: np.ndarray
    effective: float
    out_of_reach: list[str]


def narrow(values: pd.DataFrame, told: Mapping[str, Told]) -> Narrowed:
    """Weigh worlds by a normal kernel on each thing told, exp(-((x - value) / tolerance)^2 / 2), multiplied.

    That is the likelihood of the worlds' values if what is told is true but for a normal error of the tolerance's size
    (Wilkinson 2013), so the weighted worlds are draws from the posterior (importance sampling).

    Parameters
    ----------
    values : a row a world, a column a fact or an open value; a world in which one told of is not known has no weight
    told : by key

    Raises
    ------
    KeyError : when values have no such key
    ValueError : when a tolerance is not above 0, or what is told is no number
    """
    logs, far = np.zeros(len(values)), []
    for key, (value, tolerance) in told.items():
        if not (np.isfinite(value) and np.isfinite(tolerance) and tolerance > 0):
            raise ValueError(f"{key}: told {value:g} give or take {tolerance:g}; both are numbers, the second above 0")
        distance = np.abs(values[key].to_numpy(float) - value) / tolerance
        logs -= distance**2 / 2
        if not (distance <= FAR).any():
            far.append(key)
    known = np.isfinite(logs)
    weights = np.zeros(len(values))
    if known.any():
        weights[known] = np.exp(logs[known] - logs[known].max())
        weights /= weights.sum()
    return Narrowed(weights, effective(weights), far)


def width(values: np.ndarray) -> float:
    """The tolerance with which to know an open value of worlds that are run: Silverman's (1986) rule for a kernel.

    0.9 min(s, IQR / 1.34) n^(-1/5), by s where the middle half is one number; 0 where all are.

    Parameters
    ----------
    values : float (worlds,), NaN left out
    """
    values = values[np.isfinite(values)]
    spread = float(values.std(ddof=1)) if values.size > 1 else 0.0
    quarters = float(np.subtract(*np.quantile(values, [0.75, 0.25]))) / 1.34 if values.size else 0.0
    return 0.9 * (min(spread, quarters) or spread) * values.size ** (-1 / 5) if values.size else 0.0


def know(values: pd.DataFrame, fixed: Mapping[str, float]) -> dict[str, Told]:
    """Open values that are known, as `narrow` takes them, each with the tolerance that the worlds allow (`width`).

    Raises
    ------
    KeyError : when values have no such key
    ValueError : when a value is one number in all worlds and the one known is another
    """
    made = {}
    for key, value in fixed.items():
        own = values[key].to_numpy(float)
        tolerance = width(own)
        if not tolerance and not np.isclose(own, value).any():
            raise ValueError(f"{key}: is {own[0]:g} in all worlds; to know {value:g} they have to be run again")
        if tolerance:
            made[key] = Told(value, tolerance)
    return made


def spreads(values: pd.DataFrame, weights: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """By how much weights narrow each open value, the most narrowed first.

    Parameters
    ----------
    values : a row a world, a column an open value
    weights : of the worlds, sum to 1
    seed : of the shuffles

    Returns
    -------
    key; before and after, the mean; ratio, the weighted standard deviation, sqrt(sum w (x - m)^2 / (1 - sum w^2)), over
    the unweighted one (NaN if a value does not vary or a single world has all the weight); p, the share of shuffles of
    the weights that narrow it as much; found, whether it is told to be narrowed with a false discovery rate of 5 %
    (Benjamini & Hochberg 1995)
    """
    import pandas as pd
    from scipy import stats

    x = values.to_numpy(float)
    x = (x - x.mean(axis=0)) if x.size else x
    shuffled = np.random.default_rng(seed).permuted(np.tile(weights, (SHUFFLES, 1)), axis=1)
    after, noise = _spread(x, weights[None])[0], _spread(x, shuffled)
    before = x.std(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(before > 0, after / before, np.nan)
    p = np.where(np.isfinite(ratio), (1 + (noise <= after * (1 + 1e-9)).sum(axis=0)) / (1 + SHUFFLES), 1.0)
    made = pd.DataFrame({"key": values.columns, "before": values.to_numpy(float).mean(axis=0),
                         "after": weights @ values.to_numpy(float), "ratio": ratio, "p": p})  # fmt: skip
    found = stats.false_discovery_control(p) <= FALSE if len(p) else np.empty(0, bool)
    return made.assign(found=found).sort_values("ratio", ignore_index=True)


def _spread(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted standard deviations, float (weightings, values), of values (worlds, values) whose mean is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        second = np.maximum(weights @ x**2 - (weights @ x) ** 2, 0)
        return np.sqrt(second / (1 - (weights**2).sum(axis=1, keepdims=True)))
