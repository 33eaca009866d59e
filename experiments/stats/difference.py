"""The paired difference between two scenarios: how large, how sure, how much of the luck they shared."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from experiments.stats import paired

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-12  # relative; below this a difference is that of two orders of adding up
PRECISION = 0.05  # of the first's mean: what `seeds_needed` is about
UNREACHABLE = 10**9  # seeds: as many as are allowed, for a share of a mean of zero is never reached


@dataclass(frozen=True)
class Difference:
    """`second` minus `first`, paired by seed.

    `low` and `high` bound the 95 % t interval of the mean difference, `bca` the bootstrap's; `flagged` says that their
    widths differ by more than a fifth. `effect` is the difference over the mean of the two standard deviations (Cohen's
    d_av, Lakens 2013), `share_above` the share of seeds in which the second is above, `share_ends` its 95 % interval
    (Clopper & Pearson), `correlation` that over seeds, `chance` the p of the paired t test and `holm` the same,
    adjusted for all that was asked at once. `seeds_needed` would give a half-width of 5 % of the first's mean with the
    same luck, `seeds_apart` without. What is not defined is NaN.
    """

    first: str
    second: str
    n: int
    first_mean: float
    second_mean: float
    mean: float
    low: float
    high: float
    bca: tuple[float, float]
    flagged: bool
    effect: float
    share_above: float
    share_ends: tuple[float, float]
    correlation: float
    chance: float
    seeds_needed: float
    seeds_apart: float
    holm: float = 1.0

    @property
    def shown(self) -> bool:
        """Whether a difference is shown at all: the interval excludes zero."""
        return bool(self.low > 0 or self.high < 0)

    @property
    def higher(self) -> str | None:
        """The scenario shown to be higher."""
        return (self.second if self.mean > 0 else self.first) if self.shown else None

    @property
    def relative(self) -> float | None:
        """The difference as a share of the first's size; None where that is zero."""
        return share_of(self.mean, self.first_mean)

    def row(self) -> dict[str, Any]:
        """As a row of a table: what is two numbers in two cells, and the short names that tables have."""
        names = {"mean": "difference", "share_above": "share", "chance": "p"}
        pairs = {"bca": ("bca_low", "bca_high"), "share_ends": ("share_low", "share_high")}
        row: dict[str, Any] = {}
        for key, value in vars(self).items():
            row |= dict(zip(pairs[key], value, strict=True)) if key in pairs else {names.get(key, key): value}
        return row


def gaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`b` minus `a`, float of their shape; what is but rounding is zero."""
    between = b - a
    between[np.abs(between) <= ROUNDING * np.maximum(np.abs(a), np.abs(b))] = 0.0
    return between


def share_of(gap: float, base: float) -> float | None:
    """A difference as a share of the size of `base`; None where the base is zero, or zero but for rounding."""
    return gap / abs(base) if abs(base) > ROUNDING * abs(gap) else None


def measured(a: Any, b: Any, first: str, second: str) -> dict[str, Any]:
    """The fields of a Difference out of two columns of numbers, one number a seed each, float (n,), NaN left out."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    between = gaps(a, b)
    gap, resampled = paired.interval(between), paired.bootstrap(between)
    one, other = paired.interval(a), paired.interval(b)
    spread = (np.nanstd(a, ddof=1) + np.nanstd(b, ddof=1)) / 2 if gap.n > 1 else math.nan
    target = PRECISION * abs(one.mean)
    return {
        "first": first,
        "second": second,
        "n": gap.n,
        "first_mean": one.mean,
        "second_mean": other.mean,
        "mean": gap.mean,
        "low": gap.low,
        "high": gap.high,
        "bca": resampled,
        "flagged": paired.disagree(gap, resampled),
        "effect": gap.mean / spread if spread else math.nan,
        "share_above": paired.share_above(between),
        "share_ends": paired.share_ends(between),
        "correlation": paired.correlation(a, b),
        "chance": paired.chance_of_none(between),
        "seeds_needed": paired.seeds_needed(gap.half, gap.n, target),
        "seeds_apart": paired.seeds_needed(paired.unpaired_half(a, b), gap.n, target),
    }


def means(rows: pd.DataFrame, by: list[str], measures: list[str]) -> pd.DataFrame:
    """Columns measure, those of `by`, mean, low, high (95 % t interval over seeds), n: a row a measure and group."""
    import pandas as pd

    records = [
        {"measure": measure, **dict(zip(by, group, strict=True)), **vars(paired.interval(values.to_numpy()))}
        for measure in measures
        for group, values in rows.groupby(by, sort=False)[measure]
    ]
    return pd.DataFrame(records, columns=["measure", *by, "mean", "low", "high", "n"])


def wide(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """One measure with a row a place and seed and a column a scenario; seeds that not all have are left out."""
    table = rows.pivot_table(index=["place", "replicate"], columns="scenario", values=measure, sort=True)
    return table.dropna()


def differences(rows: pd.DataFrame, measures: list[str], first: str | None = None) -> pd.DataFrame:
    """Every pair of scenarios at every place, paired by seed: a row a place, pair and measure.

    Parameters
    ----------
    rows : as `store.read` returns it: a row a run, seeds shared by all scenarios
    measures : which to compare
    first : only pairs against this scenario; all pairs, if not said

    Returns
    -------
    place, measure and the fields of `Difference`, the mean difference as `difference`, its p as `p` with `holm` over
    all rows, `share_above` as `share` with `share_low` and `share_high`, and the bootstrap's interval as `bca_low` and
    `bca_high`
    """
    import pandas as pd

    made = []
    for measure in measures:
        table = wide(rows, measure)
        labels = list(table.columns)
        pairs = [(first, label) for label in labels if label != first] if first else itertools.combinations(labels, 2)
        for one, other in pairs:
            for place, group in table.groupby(level="place"):
                pair = Difference(**measured(group[one], group[other], one, other))
                made.append({"place": place, "measure": measure, **pair.row()})
    rows = pd.DataFrame(made)
    return rows.assign(holm=paired.holm(rows["p"].to_numpy())) if made else rows


class Precision(NamedTuple):
    """Whether all intervals are as narrow as wanted, the seeds needed for that, and each measure's relative width.

    `reached` is infinite for a measure that fewer than two seeds know, which has no interval, and for a mean of zero.
    """

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
        table = rows.pivot(index="replicate", columns="scenario", values=measure).reindex(columns=labels)
        first, n = table[labels[0]], len(table)
        size = abs(float(first.mean()))
        for values in [table[label] - first for label in labels[1:]] or [first]:
            half = paired.interval(values.to_numpy()).half
            if np.isnan(half):  # known in fewer than two seeds: no interval, and nobody can tell how many it takes
                width, more = np.inf, n + 2
            elif half and not size:
                width, more = np.inf, UNREACHABLE
            else:
                width = half / size if half else 0.0
                more = int(min(paired.seeds_needed(width, n, wanted), UNREACHABLE))
            if width > wanted:  # of all n seeds, also where some do not know the measure
                needed = max(needed, n + 2, more)
            reached[measure] = max(reached[measure], width)
    return Precision(all(value <= wanted for value in reached.values()), needed, reached)
