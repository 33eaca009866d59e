"""The best of many with a guarantee: Kim and Nelson's ranking and selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

SURE = 0.95


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
