"""Paired comparison of any scenarios of a study, place by place, and the best of many with a guarantee.

Everything is a function of the table of finished runs (`shelf.read`): one row a run, seeds shared by all scenarios.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments import paired

if TYPE_CHECKING:
    import pandas as pd

PRECISION = 0.05  # of the first's mean: what `seeds_needed` is about
SURE = 0.95


def wide(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """One measure with a row a place and seed and a column a scenario; seeds that not all have are left out."""
    table = rows.pivot_table(index=["place", "replicate"], columns="scenario", values=measure, sort=True)
    return table.dropna()


def compare(rows: pd.DataFrame, measures: list[str], first: str | None = None) -> pd.DataFrame:
    """Every pair of scenarios at every place: `second` minus `first`, paired by seed.

    Parameters
    ----------
    rows : as `shelf.read` returns it
    measures : which to compare
    first : only pairs against this scenario; all pairs, if not said

    Returns
    -------
    A row a place, pair and measure: means, `difference` with its paired t interval `low` to `high` and the BCa
    bootstrap's, `flagged` where the two disagree in width by more than a fifth, `effect` (the difference over the mean
    of the two standard deviations, Cohen's d_av, Lakens 2013), `share` of seeds in which the second is above,
    `correlation` over seeds, `p` and `holm` (over all rows), `seeds_needed` for a half-width of 5 % of the first's
    mean with the same luck and `seeds_apart` without.
    """
    import pandas as pd

    found = []
    for measure in measures:
        table = wide(rows, measure)
        labels = list(table.columns)
        pairs = [(first, label) for label in labels if label != first] if first else itertools.combinations(labels, 2)
        for one, other in pairs:
            for place, own in table.groupby(level="place"):
                found.append({"place": place, "measure": measure, **pair(own[one], own[other], one, other)})
    made = pd.DataFrame(found)
    if len(made):
        made["holm"] = paired.holm(made["p"].to_numpy())
    return made


def pair(a, b, first: str, second: str) -> dict:
    """The comparison of two columns of numbers, one number a seed each."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    gaps = b - a
    found, resampled = paired.interval(gaps), paired.bootstrap(gaps)
    spread = (a.std(ddof=1) + b.std(ddof=1)) / 2 if a.size > 1 else math.nan
    target = PRECISION * abs(a.mean())
    apart = paired.Interval(found.mean, *_apart(a, b), found.n)
    return {
        "first": first,
        "second": second,
        "n": found.n,
        "first_mean": a.mean(),
        "second_mean": b.mean(),
        "difference": found.mean,
        "low": found.low,
        "high": found.high,
        "bca_low": resampled[0],
        "bca_high": resampled[1],
        "flagged": paired.disagree(found, resampled),
        "effect": found.mean / spread if spread else math.nan,
        "share": paired.share_above(gaps),
        "correlation": paired.correlation(a, b),
        "p": paired.chance_of_none(gaps),
        "seeds_needed": _seeds(found, target),
        "seeds_apart": _seeds(apart, target),
    }


def _seeds(now: paired.Interval, target: float) -> float:
    """How many seeds give a half-width of `target`, more or fewer than there are; 5 % more for having looked."""
    if not math.isfinite(now.half) or target <= 0:
        return math.nan
    return max(2.0, math.ceil(1.05 * now.n * (now.half / target) ** 2))


def _apart(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """The interval that the same numbers would give if the two had not shared their seeds (Welch)."""
    if a.size < 2:
        return math.nan, math.nan
    from scipy import stats

    parts = a.var(ddof=1) / a.size, b.var(ddof=1) / b.size
    if not sum(parts):
        return float(b.mean() - a.mean()), float(b.mean() - a.mean())
    freedom = sum(parts) ** 2 / sum(part**2 / (a.size - 1) for part in parts)
    half = float(stats.t.ppf((1 + paired.LEVEL) / 2, freedom) * math.sqrt(sum(parts)))
    return float(b.mean() - a.mean()) - half, float(b.mean() - a.mean()) + half


@dataclass(frozen=True)
class Selection:
    """The best of many.

    best : its label, None while more than one may be it; left : who may be; seeds : after how many the rest were out;
    indifference : a lead smaller than this is not told apart; n : how many seeds there were.
    """

    best: str | None
    left: list[str]
    out: dict[str, int]
    seeds: int
    indifference: float
    n: int


def select(table: pd.DataFrame, indifference: float, wanted: str = "more", first_seeds: int = 10) -> Selection:
    """Kim and Nelson's KN (2001): the best of many, right in 95 of 100 cases if it leads by `indifference` or more.

    Seeds may be shared by all (that makes it need fewer); numbers are taken as normal.

    Parameters
    ----------
    table : a row a seed, a column a scenario
    indifference : in the measure's unit, above 0
    wanted : "more" or "less"
    first_seeds : from which the variances of differences are estimated, 3 or more
    """
    values = table.to_numpy(float) * (-1 if wanted == "less" else 1)
    n, k = values.shape
    labels = list(table.columns)
    if k == 1:
        return Selection(labels[0], labels, {}, 1, indifference, n)
    first = min(first_seeds, n)
    if first < 3:
        return Selection(None, labels, {}, n, indifference, n)
    eta = 0.5 * ((2 * (1 - SURE) / (k - 1)) ** (-2 / (first - 1)) - 1)
    h2 = 2 * eta * (first - 1)
    between = values[:first, :, None] - values[:first, None, :]
    variance = between.var(axis=0, ddof=1)
    left = list(range(k))
    out: dict[str, int] = {}
    sums = values[: first - 1].sum(axis=0)
    for r in range(first, n + 1):
        sums = sums + values[r - 1]
        mean = sums / r
        slack = np.maximum(0, indifference / (2 * r) * (h2 * variance / indifference**2 - r))
        keep = [i for i in left if all(mean[i] >= mean[j] - slack[i, j] for j in left if j != i)]
        out |= {labels[i]: r for i in left if i not in keep}
        left = keep
        if len(left) == 1:
            return Selection(labels[left[0]], [labels[left[0]]], out, r, indifference, n)
    return Selection(None, [labels[i] for i in left], out, n, indifference, n)
