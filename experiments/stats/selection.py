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
    """Which may be the best: `left`, after `seeds` of `n` seeds."""

    left: list[str]
    seeds: int
    n: int

    @property
    def best(self) -> str | None:
        """The label of the only one left; None while there are more."""
        return self.left[0] if len(self.left) == 1 else None


def select(table: pd.DataFrame, indifference: float, wanted: str = "more", first_seeds: int = 10) -> Selection:
    """Kim and Nelson's KN (2001): the best of many, right in 95 of 100 cases if it leads by `indifference` or more.

    After r seeds, i is out if its mean is below that of some j by more than max(0, d / 2r (h2 S2_ij / d^2 - r)): d is
    the indifference, h2 = (f - 1) ((2 (1 - .95) / (k - 1))^(-2 / (f - 1)) - 1), S2_ij the variance of the difference
    over the first f seeds. Seeds may be shared by all (that makes it need fewer); numbers are taken as normal.

    Parameters
    ----------
    table : a row a seed, a column a scenario
    indifference : in the measure's unit, above 0
    wanted : "more" or "less"
    first_seeds : f, 3 or more; with fewer seeds than 3 nothing is out
    """
    values = table.to_numpy(float) * (-1 if wanted == "less" else 1)
    n, k = values.shape
    left, seeds, first = np.arange(k), n if k > 1 else 1, min(first_seeds, n)
    if k > 1 and first > 2:
        h2 = (first - 1) * ((2 * (1 - SURE) / (k - 1)) ** (-2 / (first - 1)) - 1)
        variance = (values[:first, :, None] - values[:first, None, :]).var(axis=0, ddof=1)
        for seeds in range(first, n + 1):
            mean = values[:seeds].mean(axis=0)
            slack = np.maximum(0, indifference / (2 * seeds) * (h2 * variance / indifference**2 - seeds))
            behind = mean[left, None] < mean[left] - slack[np.ix_(left, left)]
            left = left[~behind.any(axis=1)]
            if left.size == 1:
                break
    return Selection([table.columns[i] for i in left], seeds, n)
