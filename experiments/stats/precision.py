"""How precise a comparison is, and how many seeds would make it as precise as is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.stats.paired import interval, seeds_needed

if TYPE_CHECKING:
    import pandas as pd

UNREACHABLE = 10**9  # seeds: as many as are allowed, for a share of a mean of zero is never reached


class Precision(NamedTuple):
    """Whether all intervals are as narrow as wanted, the seeds needed for that, and each measure's relative width."""

    met: bool
    needed: int
    reached: dict[str, float]


def precision(rows: pd.DataFrame, measures: Sequence[str], labels: list[str], wanted: float) -> Precision:
    """Whether the half-widths of the paired differences from the first scenario are within `wanted` times its mean.

    Parameters
    ----------
    rows : one row a scenario and replicate, with a column a measure
    labels : the scenarios, the first first; where there is one only, the interval is that of its mean
    wanted : a share of the size of the first's mean
    """
    needed, reached = 2, dict.fromkeys(measures, 0.0)
    for measure in measures:
        wide = rows.pivot(index="replicate", columns="scenario", values=measure).reindex(columns=labels)
        first = wide[labels[0]]
        size = abs(float(first.mean()))
        for values in [wide[label] - first for label in labels[1:]] or [first]:
            now = interval(values.to_numpy())
            if now.half > wanted * size:
                more = seeds_needed(now.half, now.n, wanted * size) if size else UNREACHABLE
                needed = max(needed, now.n + 2, int(min(more, UNREACHABLE)))
            reached[measure] = float(np.fmax(reached[measure], now.half / size if size else np.inf))
    return Precision(all(value <= wanted for value in reached.values()), needed, reached)
