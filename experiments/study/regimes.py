"""The regime map: where in the space of what varies, and at which horizon, each strategy wins; and what flips that.

Rules are found, not assumed: a shallow decision tree (scikit-learn) says them in words, and PRIM (Friedman & Fisher
1999), which peels a box off the space, says where one strategy wins nearly always.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.runs import store
from experiments.stats import paired
from experiments.stats.difference import wide
from experiments.study.horizons import NOBODY, days
from experiments.study.sensitivity import one_at_a_time

if TYPE_CHECKING:
    import pandas as pd

DEPTH = 3  # of a tree that people can read
LEAST_SHARE = 0.03  # of the places that a rule speaks of
PEEL = 0.05  # of the places that PRIM takes away at a time (Friedman & Fisher: patience)
LEAST_BOX = 0.05  # of all places that a box holds
WANTED_DENSITY = 0.95
FOLDS = 5


@dataclass(frozen=True)
class Rule:
    """A sentence about where a strategy wins: `when` conditions hold; of so many places, so large a share."""

    winner: str
    when: list[str]
    places: int
    share: float


@dataclass(frozen=True)
class Box:
    """Where a strategy wins nearly always: limits per key, share of wins inside, share of all its wins inside."""

    winner: str
    limits: dict[str, tuple[float, float]]
    density: float
    coverage: float
    places: int


def winners(folder: Path, measure: str, wanted: str | None = None) -> pd.DataFrame:
    """Who wins at every place on every kept day.

    Returns
    -------
    place, day, the varied keys, `winner` (the best scenario if its paired lead over the next best excludes zero, else
    "nobody for certain"), `best`, `next`, `lead` in the measure's wanted direction with its interval `low` to `high`
    """
    import pandas as pd

    manifest = store.read_manifest(folder)
    sign = -1 if (wanted or manifest["measures"][measure]["better"]) == "less" else 1
    keys = manifest["keys"]
    found = []
    for day in days(folder):
        rows = store.read(folder, day=day, keep=[measure])
        places = rows.drop_duplicates("place").set_index("place")[keys]
        for place, own in (sign * wide(rows, measure)).groupby(level="place"):
            best, second = own.mean().sort_values(ascending=False).index[:2]
            lead = paired.interval((own[best] - own[second]).to_numpy())
            winner = best if lead.low > 0 else NOBODY
            ahead = {"winner": winner, "best": best, "next": second, "lead": lead.mean}
            found.append({"place": place, "day": day, **places.loc[place], **ahead, "low": lead.low, "high": lead.high})
    return pd.DataFrame(found)


def numbers(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The varied keys, and the day where there are several, as numbers; words and yes-or-no as 0 and 1 each."""
    import pandas as pd

    keys = [*keys, "day"] if table["day"].nunique() > 1 else keys
    own = table[[key for key in keys if table[key].nunique() > 1]]
    words = [key for key in own.columns if not pd.api.types.is_numeric_dtype(own[key]) or own[key].dtype == bool]
    return pd.get_dummies(own, columns=words, prefix_sep=" is ", dtype=float)


def rules(table: pd.DataFrame, keys: list[str]) -> tuple[list[Rule], float]:
    """Plain rules of who wins, and the share of places, left out while the rules were made, of which they are right.

    Parameters
    ----------
    table : as `winners` returns it
    """
    from sklearn.model_selection import GroupKFold, cross_val_score
    from sklearn.tree import DecisionTreeClassifier

    x, y = numbers(table, keys), table["winner"].to_numpy()
    if len(set(y)) == 1 or not len(x.columns):
        most = max(set(y), key=list(y).count)
        return [Rule(str(most), [], len(y), float(np.mean(y == most)))], float(np.mean(y == most))
    tree = DecisionTreeClassifier(
        max_depth=DEPTH, min_samples_leaf=max(2, int(LEAST_SHARE * len(y))), random_state=0, ccp_alpha=0.002
    )
    folds = min(FOLDS, table["place"].nunique())
    right = float("nan")
    if folds > 1:
        right = float(cross_val_score(tree, x, y, cv=GroupKFold(folds), groups=table["place"]).mean())
    tree.fit(x, y)
    found: list[Rule] = []

    def walk(node: int, when: dict[str, tuple[float, float]]) -> None:
        made = tree.tree_
        if made.children_left[node] < 0:
            shares = made.value[node][0] / made.value[node][0].sum()
            best = int(np.argmax(shares))
            found.append(
                Rule(str(tree.classes_[best]), said(when), int(made.n_node_samples[node]), float(shares[best]))
            )
            return
        name, cut = x.columns[made.feature[node]], float(made.threshold[node])
        low, high = when.get(name, (-np.inf, np.inf))
        walk(made.children_left[node], {**when, name: (low, min(high, cut))})
        walk(made.children_right[node], {**when, name: (max(low, cut), high)})

    walk(0, {})
    return sorted(found, key=lambda rule: -rule.places), right


def said(limits: dict[str, tuple[float, float]]) -> list[str]:
    """Limits in words: `ties.gain up to 0.1`."""
    from experiments.pages.wording import number

    found = []
    for name, (low, high) in limits.items():
        if " is " in name:
            key, _, word = name.partition(" is ")
            found.append(f"{key} is {'not ' if high < 1 else ''}{word}")
        elif np.isinf(low):
            found.append(f"{name} up to {number(high)}")
        else:
            found.append(f"{name} above {number(low)}" if np.isinf(high) else f"{name} {number(low)} to {number(high)}")
    return found


def importance(table: pd.DataFrame, keys: list[str]) -> list[str]:
    """Numeric keys by how much they decide who wins, most first (mean decrease of impurity in 200 random trees)."""
    from sklearn.ensemble import ExtraTreesClassifier

    if table["winner"].nunique() < 2:
        return keys
    forest = ExtraTreesClassifier(200, random_state=0, min_samples_leaf=2).fit(table[keys], table["winner"])
    return [keys[k] for k in forest.feature_importances_.argsort()[::-1]]


def box(table: pd.DataFrame, keys: list[str], winner: str) -> Box | None:
    """PRIM: the box in which `winner` wins nearly always; None where it wins nowhere.

    Peels off, again and again, the twentieth at an end of some key that leaves the highest share of wins; stops at a
    share of 95 %, or where the box would hold less than a twentieth of all places.
    """
    x, wins = numbers(table, keys), (table["winner"] == winner).to_numpy()
    if not wins.any():
        return None
    values = x.to_numpy(float)
    inside = np.ones(len(values), bool)
    least = max(3, int(LEAST_BOX * len(values)))
    while wins[inside].mean() < WANTED_DENSITY:
        best, kept = wins[inside].mean(), None
        for k in range(values.shape[1]):
            own = values[inside, k]
            ends = np.unique(own)
            if ends.size < 2:
                continue
            for trial in (
                inside & (values[:, k] > max(np.quantile(own, PEEL, method="lower"), ends[0])),
                inside & (values[:, k] < min(np.quantile(own, 1 - PEEL, method="higher"), ends[-1])),
            ):
                if trial.sum() >= least and wins[trial].mean() > best:
                    best, kept = wins[trial].mean(), trial
        if kept is None:
            break
        inside = kept
    limits = {}
    for k, key in enumerate(x.columns):
        low, high = values[inside, k].min(), values[inside, k].max()
        if low > values[:, k].min() or high < values[:, k].max():
            limits[key] = (float(low), float(high))

    def within(said: dict[str, tuple[float, float]]) -> np.ndarray:
        held = [(x[key].to_numpy() >= low) & (x[key].to_numpy() <= high) for key, (low, high) in said.items()]
        return np.logical_and.reduce(held) if held else np.ones(len(values), bool)

    reached = min(float(wins[within(limits)].mean()), WANTED_DENSITY)
    for key in list(limits):  # a limit without which the box is as good says nothing
        without = {other: limit for other, limit in limits.items() if other != key}
        if wins[within(without)].mean() >= reached:
            limits = without
    inside = within(limits)
    return Box(winner, limits, float(wins[inside].mean()), float(wins[inside].sum() / wins.sum()), int(inside.sum()))


def hinges(folder: Path, measure: str, first: str, second: str) -> pd.DataFrame:
    """What the conclusion hinges on: for each value of a one-at-a-time design, the smallest change that flips it.

    Returns
    -------
    key, `own` value, `flips_at`: where, between the levels run, the mean difference `second` minus `first` changes its
    sign (linear between levels); NaN if nowhere in the range tried; `change`: that distance as a share of the range
    tried, smallest first; `shown`: whether, at some level beyond, the other sign is shown (95 % interval); `low_tried`,
    `high_tried`, `assumed`
    """
    import pandas as pd

    manifest = store.read_manifest(folder)
    rows = store.read(folder, keep=[measure])
    places = rows.drop_duplicates("place").set_index("place")[manifest["keys"]].sort_index()
    table = wide(rows, measure)
    gaps = {
        place: paired.interval((own[second] - own[first]).to_numpy()) for place, own in table.groupby(level="place")
    }
    base, own_gap = places.iloc[0], gaps[places.index[0]]
    found = []
    for key, moved in one_at_a_time(places).items():
        own = base[key]
        if not isinstance(own, int | float | np.number) or isinstance(own, bool | np.bool_):
            continue
        line = sorted([(float(own), own_gap), *((float(places.at[place, key]), gaps[place]) for place in moved)],
                      key=lambda step: step[0])  # fmt: skip
        crosses = [
            left + (right - left) * one.mean / (one.mean - other.mean)
            for (left, one), (right, other) in itertools.pairwise(line)
            if np.sign(one.mean) != np.sign(other.mean)
        ]
        flip = min(crosses, key=lambda cross: abs(cross - own), default=np.nan)
        low, high = line[0][0], line[-1][0]
        turned = [gap.high < 0 if own_gap.mean > 0 else gap.low > 0 for _, gap in line]
        found.append(
            {"key": key, "own": float(own), "flips_at": flip, "change": abs(flip - own) / (high - low or np.nan),
             "shown": any(turned), "low_tried": low, "high_tried": high,
             "assumed": manifest["values"].get(key, {}).get("assumed")}
        )  # fmt: skip
    return pd.DataFrame(found).sort_values(["change", "key"], ignore_index=True)
