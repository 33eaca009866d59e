"""Priors: how plausible each value of the model is, and draws of whole worlds from all of them (ODD, 6 Input data).

An entry's prior [low, high] stands for a two-piece ("split") normal, the form of the central banks' fan charts (Fechner
1897; Britton, Fisher & Whitley 1998), joined at the median: half of the plausible worlds lie below the value and half
above, each half normal with a spread of its own, a tenth of all below low and a tenth above high. Both halves are
truncated at the entry's range, each in itself and with the spread that leaves these tenths what they are, so that the
cut moves neither the median nor low nor high. A value whose range is positive and spans more than a factor of 10 has
this form on the log scale. A whole number is rounded.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import erf, erfinv

from sim.prior import on_log_scale
from sim.scenario import SINGLES, Entry, Scenario, load

INSIDE = 0.8  # share of a half between the median and the end of the prior


def quantile(entry: Entry, u: ArrayLike) -> np.ndarray:
    """The values of an entry with a prior below which shares u of the plausible worlds lie.

    Parameters
    ----------
    entry : with a prior; its value is the median
    u : shares, any shape, in [0, 1]; 0 and 1 give the ends of the range

    Returns
    -------
    float, the shape of u, within the entry's range; whole where the entry's value is
    """
    to, back = (np.log, np.exp) if on_log_scale(entry.range) else (np.asarray, np.asarray)
    value, low, high, least, most = to(np.array([entry.value, *entry.prior, *entry.range], float))
    u = np.asarray(u, float)
    below = value - _half(value - low, value - least, np.maximum(1 - 2 * u, 0))
    above = value + _half(high - value, most - value, np.maximum(2 * u - 1, 0))
    values = back(np.where(u < 0.5, below, above))
    values = np.where(u == 0.5, entry.value, np.clip(values, *entry.range))  # the log and back may miss by a last bit
    return np.rint(values) if isinstance(entry.value, int) else values


def _half(inside: float, end: float, share: np.ndarray) -> np.ndarray:
    """Quantiles of a half normal cut at `end`, of which INSIDE lies below `inside`: distances from the median."""
    if inside == 0:
        return np.zeros_like(share)
    k = _cut(inside / end)
    return end * erfinv(share * erf(k)) / k


@cache
def _cut(ratio: float) -> float:
    """Where a half normal is cut, in units of its spread times the square root of 2, given inside / end."""
    flat = 1e-6  # a half normal cut so near its median is uniform, of which no more than INSIDE lies below INSIDE * end
    if ratio >= INSIDE - flat:
        return flat
    return brentq(lambda k: erf(ratio * k) - INSIDE * erf(k), flat, 2 * erfinv(INSIDE) / ratio)


def draw(n: int, seed: int, scenario: Scenario | None = None) -> list[dict[str, float]]:
    """Draw n plausible worlds: scrambled Sobol points, one dimension a declared prior, through `quantile`.

    Parameters
    ----------
    n : worlds, 1 or more; the first k of n are the k of the same seed
    seed : 0 or more
    scenario : the values around which is drawn, and whose keys are given; the baseline, if none is given

    Returns
    -------
    values by dotted key, as `experiments.runs.point.settled` takes them, of all values that have a prior. What a
    template declares (a norm) is drawn once for all norms, each around its own value.
    """
    from scipy.stats import qmc

    names = dict.fromkeys(declared(entry.key) for entry in load("baseline").entries() if entry.prior)
    dimension = {key: k for k, key in enumerate(names)}
    points = qmc.Sobol(len(dimension), rng=np.random.default_rng(seed)).random_base2(max(n - 1, 1).bit_length())[:n]
    entries = [entry for entry in (scenario or load("baseline")).entries() if entry.prior]
    columns = {entry.key: quantile(entry, points[:, dimension[declared(entry.key)]]) for entry in entries}
    kinds = {entry.key: type(entry.value) for entry in entries}
    return [{key: kinds[key](values[k]) for key, values in columns.items()} for k in range(n)]


def declared(key: str) -> str:
    """The key of the declaration of a value: that of the template for a norm, an activity or a channel."""
    table, *rest = key.split(".")
    return ".".join((SINGLES[table], rest[-1]) if table in SINGLES else (table, *rest))
