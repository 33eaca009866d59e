"""What could turn a difference: which open values it hangs on over many worlds, and where the border lies, in words.

Out of worlds that were run anyway (given data). Noise is not told as influence, and a rule is told only where it
is right more often, on worlds that it has not seen, than always naming the usual winner.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from experiments.stats.ahead import at_most_half
from experiments.study.regimes import Rule, leaves

if TYPE_CHECKING:
    import pandas as pd

HARMONICS = 2  # a rise, a fall, a hump: with more a hundred worlds tell less
SHUFFLES = 5000  # so many that one of a hundred values can be told
FALSE = 0.05
DEPTHS = (1, 2)  # of a tree: one condition, or two
LEAST_SHARE = 0.05  # of the worlds that a rule speaks of
FOLDS = 10


@dataclass(frozen=True)
class Border:
    """Where the lead turns, as far as a shallow rule can say.

    rules : a leaf each, in words; empty if none is told
    right, usual : of the worlds not seen while it was made, the share of which the rule is right, and of which naming
        the usual winner always is; NaN where there is no influential value to make a rule of, or no world to try it on
    p : of the sign test that the rule is no better than that
    """

    rules: list[Rule]
    right: float
    usual: float
    p: float


NO_BORDER = Border([], float("nan"), float("nan"), 1.0)


def influences(values: pd.DataFrame, gap: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """How much of the variance of the difference's ranks each open value makes alone, most first.

    The first-order index by RBD-FAST from given data (SALib; Tarantola et al. 2006, Plischke 2010, bias corrected after
    Tissot & Prieur 2012), with two harmonics and on ranks, so that a few extreme worlds do not decide. An index is
    compared with those of the same differences shuffled among the worlds, which are alike for every value, for RBD-FAST
    heeds a value's order alone. What acts only together with another value, or varies along with one that acts, is not
    told from noise, or from that one.

    Parameters
    ----------
    values : a row a world, a column an open value
    gap : the difference between the strategies, float (worlds,)
    seed : of the shuffles

    Returns
    -------
    key; share, 0 to 1; p; found, whether it is told to matter with a false discovery rate of 5 % (Benjamini & Hochberg
    1995, for values that are drawn apart)
    """
    import pandas as pd
    from scipy import stats

    ranks = stats.rankdata(gap)
    shares = _shares(values, ranks)
    noise = shuffled(tuple(np.sort(ranks).tolist()), seed)
    p = (1 + (noise >= shares[:, None] - 1e-12).sum(axis=1)) / (1 + SHUFFLES) if shares.size else shares
    found = stats.false_discovery_control(p) <= FALSE if shares.size else np.empty(0, bool)
    made = pd.DataFrame({"key": values.columns, "share": np.clip(shares, 0, 1), "p": p, "found": found})
    return made.sort_values(["share", "p"], ascending=[False, True], ignore_index=True)


def border(values: pd.DataFrame, gap: np.ndarray, names: tuple[str, str], seed: int = 0) -> Border:
    """Where the lead turns: a tree of one condition, or of two if shown to be better, over the influential values.

    In each of ten folds the influential values are found anew, without the worlds that the rule is tried on; else it
    would seem better than it is. One rule is shown to be better than another if it is right in more than half of the
    worlds of which just one of them is (sign test, p up to 5 %; McNemar 1947).

    Parameters
    ----------
    values, seed : as of `influences`; seed also of the folds
    gap : above 0 where the second is ahead, float (worlds,); worlds in which none is are left out
    names : of the first and the second strategy
    """
    apart = gap != 0
    values, gap = values[apart], gap[apart]
    keys = found(values, gap, seed)
    winner = np.where(gap > 0, names[1], names[0])
    if not keys or len(values) < 2 * FOLDS:
        return NO_BORDER
    right, usual = tried(values, gap, winner, seed)
    depth = DEPTHS[0] if better(right[DEPTHS[1]], right[DEPTHS[0]]) > FALSE else DEPTHS[1]
    p = better(right[depth], usual)
    rules = leaves(_tree(depth, len(values)).fit(values[keys], winner), keys) if p <= FALSE else []
    return Border(rules, float(right[depth].mean()), float(usual.mean()), p)


def tried(
    values: pd.DataFrame, gap: np.ndarray, winner: np.ndarray, seed: int
) -> tuple[dict[int, np.ndarray], np.ndarray]:
    """Whether a rule of each depth, and the usual winner, made without a world is right of it: bool (worlds,) each."""
    from sklearn.model_selection import KFold

    right = {depth: np.zeros(len(gap), bool) for depth in DEPTHS}
    usual = np.zeros(len(gap), bool)
    for seen, unseen in KFold(FOLDS, shuffle=True, random_state=seed).split(values):
        names, counts = np.unique(winner[seen], return_counts=True)
        usual[unseen] = winner[unseen] == names[counts.argmax()]
        keys = found(values.iloc[seen], gap[seen], seed)
        for depth in DEPTHS:
            right[depth][unseen] = usual[unseen]
            if keys:
                tree = _tree(depth, len(seen)).fit(values[keys].iloc[seen], winner[seen])
                right[depth][unseen] = tree.predict(values[keys].iloc[unseen]) == winner[unseen]
    return right, usual


def better(one: np.ndarray, other: np.ndarray) -> float:
    """The p of the sign test that the one is right in at most half of the worlds of which just one of both is."""
    only, apart = int((one & ~other).sum()), int((one != other).sum())
    return at_most_half(only / apart, apart) if apart else 1.0


def found(values: pd.DataFrame, gap: np.ndarray, seed: int) -> list[str]:
    """The keys of the values that are told to matter, most first."""
    table = influences(values, gap, seed)
    return table.loc[table["found"], "key"].tolist()


@lru_cache(maxsize=16)  # without ties the ranks of so many worlds are the same for every measure and fold
def shuffled(ranks: tuple[float, ...], seed: int) -> np.ndarray:
    """The shares of values that say nothing, float (SHUFFLES,)."""
    rng, sorted_ = np.random.default_rng(seed), np.array(ranks)
    return _shares_in_order(np.array([rng.permutation(sorted_) for _ in range(SHUFFLES)]))


def _shares(values: pd.DataFrame, ranks: np.ndarray) -> np.ndarray:
    """The share of each value, float (values,); below all noise if it does not vary."""
    from SALib.analyze.rbd_fast import permute_outputs

    columns = values.to_numpy(float).T
    if not columns.size:
        return np.empty(0)
    shares = _shares_in_order(np.array([permute_outputs(value, ranks) for value in columns]))
    return np.where(np.ptp(columns, axis=1) > 0, shares, -np.inf)


def _shares_in_order(ranks: np.ndarray) -> np.ndarray:
    """The share that each order of ranks, float (orders, worlds), makes; SALib's, of all orders at once."""
    from SALib.analyze.rbd_fast import unskew_S1
    from scipy.signal import periodogram

    worlds = ranks.shape[1]
    if worlds <= 4 * HARMONICS or np.ptp(ranks[0]) == 0:
        return np.zeros(len(ranks))
    power = periodogram(ranks)[1]
    return unskew_S1(power[:, 1 : HARMONICS + 1].sum(axis=1) / power[:, 1:].sum(axis=1), HARMONICS, worlds)


def _tree(depth: int, worlds: int):
    from sklearn.tree import DecisionTreeClassifier

    least = max(2, int(LEAST_SHARE * worlds))
    return DecisionTreeClassifier(max_depth=depth, min_samples_leaf=least, random_state=0)
