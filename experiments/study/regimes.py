"""Who is ahead where and when: the course over the kept days, the map of what varies, and what turns the lead.

Rules of where are found, not assumed: a shallow decision tree (scikit-learn), said in words.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from experiments.runs import store
from experiments.stats import paired
from experiments.stats.difference import wide
from experiments.study.sensitivity import one_at_a_time

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.tree import DecisionTreeClassifier

NOBODY = "nobody for certain"
DEPTH = 3  # of a tree that people can read
LEAST_SHARE = 0.03  # of the places that a rule speaks of
FOLDS = 5


class Rule(NamedTuple):
    """A sentence about where a strategy wins: `when` conditions hold; of so many places, so large a share."""

    winner: str
    when: list[str]
    places: int
    share: float


def by_day(folder: Path, measure: str) -> pd.DataFrame:
    """The finished runs on every kept day but day 0; on one and the same day, where runs end early (`stop.when`)."""
    sheet = store.read_manifest(folder)["sheet"]
    if (sheet.get("stop") or {}).get("when"):
        ends = store.read(folder, keep=[measure])
        return ends.assign(day=ends["day"].max())
    return store.read(folder, store.EVERY_DAY, [measure]).query("day > 0")


def ahead(table: pd.DataFrame) -> dict[str, Any]:
    """Who is ahead: `winner`, `best`, `next`, `lead`, `low`, `high`, as in `winners`.

    Parameters
    ----------
    table : a row a seed, a column a scenario, more being better
    """
    best, second = table.mean().sort_values(ascending=False).index[:2]
    lead = paired.interval((table[best] - table[second]).to_numpy())
    winner = best if lead.low > 0 else NOBODY
    return {"winner": winner, "best": best, "next": second, "lead": lead.mean, "low": lead.low, "high": lead.high}


def winners(folder: Path, measure: str) -> pd.DataFrame:
    """Who wins at every place on every kept day.

    Returns
    -------
    place, day, the varied keys, `winner` (the best scenario if its paired lead over the next best excludes zero, else
    "nobody for certain"), `best`, `next`, `lead` in the measure's wanted direction with its interval `low` to `high`
    """
    import pandas as pd

    manifest = store.read_manifest(folder)
    sign = -1 if manifest["measures"][measure]["better"] == "less" else 1
    rows = by_day(folder, measure)
    places = rows.drop_duplicates("place").set_index("place")[manifest["keys"]]
    records = []
    for day, of_day in rows.groupby("day"):
        for place, group in (sign * wide(of_day, measure)).groupby(level="place"):
            records.append({"place": place, "day": day, **places.loc[place], **ahead(group)})
    return pd.DataFrame(records)


def when(ahead: pd.DataFrame) -> str:
    """Who is ahead when, in words; neighbouring days with the same winner form one span.

    Parameters
    ----------
    ahead : columns day and winner, one place, as `regimes.winners` gives them
    """
    spans: list[list] = []
    for row in ahead.sort_values("day").itertuples():
        if spans and spans[-1][0] == row.winner:
            spans[-1][2] = row.day
        else:
            spans.append([row.winner, row.day, row.day])
    phrases = []
    for who, first, last in spans:
        held = f"on day {first}" if first == last else f"on days {first} to {last}"
        phrases.append(f"nobody is shown to be ahead {held}" if who == NOBODY else f"{who} is ahead {held}")
    return "; ".join(phrases)


def numbers(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The varied keys, and the day where there are several, as numbers; words and yes-or-no as 0 and 1 each."""
    import pandas as pd

    keys = [*keys, "day"] if table["day"].nunique() > 1 else keys
    varied = table[[key for key in keys if table[key].nunique() > 1]]
    words = [
        key for key in varied.columns if not pd.api.types.is_numeric_dtype(varied[key]) or varied[key].dtype == bool
    ]
    return pd.get_dummies(varied, columns=words, prefix_sep=" is ", dtype=float)


def rules(table: pd.DataFrame, keys: list[str]) -> tuple[list[Rule], float]:
    """Plain rules of who wins, and the share of places, left out while the rules were made, of which they are right.

    Parameters
    ----------
    table : as `winners` returns it
    """
    from sklearn.model_selection import GroupKFold, cross_val_score
    from sklearn.tree import DecisionTreeClassifier

    x, y = numbers(table, keys), table["winner"].astype(str)
    if y.nunique() == 1 or not len(x.columns):
        most, share = y.mode()[0], float(y.value_counts(normalize=True).iloc[0])
        return [Rule(most, [], len(y), share)], share
    least = max(2, int(LEAST_SHARE * len(y)))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=0, ccp_alpha=0.002)
    folds, right = min(FOLDS, table["place"].nunique()), float("nan")
    if folds > 1:  # days of one place are left out together
        right = float(cross_val_score(tree, x, y, cv=GroupKFold(folds), groups=table["place"]).mean())
    return leaves(tree.fit(x, y), list(x.columns)), right


def leaves(tree: DecisionTreeClassifier, names: list[str]) -> list[Rule]:
    """The rules of a fitted tree, those that speak of most places first; `names` are of what it was fitted on."""
    made, found = tree.tree_, []

    def walk(node: int, limits: dict[str, tuple[float, float]]) -> None:
        if made.children_left[node] < 0:
            shares = made.value[node][0] / made.value[node][0].sum()
            winner, places = tree.classes_[shares.argmax()], int(made.n_node_samples[node])
            found.append(Rule(str(winner), conditions(limits), places, float(shares.max())))
            return
        name, cut = names[made.feature[node]], float(made.threshold[node])
        low, high = limits.get(name, (-np.inf, np.inf))
        walk(made.children_left[node], {**limits, name: (low, min(high, cut))})
        walk(made.children_right[node], {**limits, name: (max(low, cut), high)})

    walk(0, {})
    return sorted(found, key=lambda rule: -rule.places)


def conditions(limits: dict[str, tuple[float, float]]) -> list[str]:
    """Limits in words: `ties.gain up to 0.1`."""
    from experiments.pages.wording import number

    words = []
    for name, (low, high) in limits.items():
        if " is " in name:
            key, _, word = name.partition(" is ")
            words.append(f"{key} is {'not ' if high < 1 else ''}{word}")
        elif np.isinf(low):
            words.append(f"{name} up to {number(high)}")
        else:
            words.append(f"{name} above {number(low)}" if np.isinf(high) else f"{name} {number(low)} to {number(high)}")
    return words


def importance(table: pd.DataFrame, keys: list[str]) -> list[str]:
    """Numeric keys by how much they decide who wins, most first (mean decrease of impurity in 200 random trees)."""
    from sklearn.ensemble import ExtraTreesClassifier

    if table["winner"].nunique() < 2:
        return keys
    forest = ExtraTreesClassifier(200, random_state=0, min_samples_leaf=2).fit(table[keys], table["winner"])
    return [keys[k] for k in forest.feature_importances_.argsort()[::-1]]


def flips_at(own: float, line: list[tuple[float, float]]) -> float:
    """The value nearest to `own` at which the lead is zero, linear between neighbours; NaN if its sign never changes.

    Parameters
    ----------
    line : values in rising order, each with the lead there

    >>> flips_at(0.0, [(0.0, 1.0), (2.0, -1.0), (3.0, 1.0)])
    1.0
    """
    crosses = [
        left + (right - left) * lead / (lead - other)
        for (left, lead), (right, other) in itertools.pairwise(line)
        if np.sign(lead) != np.sign(other)
    ]
    return min(crosses, key=lambda cross: abs(cross - own), default=np.nan)


def hinges(folder: Path, measure: str, first: str, second: str) -> pd.DataFrame:
    """For each number of a one-at-a-time design, the smallest change that flips the lead.

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
    places = rows.drop_duplicates("place").set_index("place")[manifest["keys"]].sort_index().select_dtypes("number")
    pairs = wide(rows, measure)
    by_place = (pairs[second] - pairs[first]).groupby(level="place")
    leads = {place: paired.interval(own.to_numpy()) for place, own in by_place}
    records = []
    for key, moved in one_at_a_time(places).items():
        own = float(places[key].iloc[0])
        levels = places.loc[[places.index[0], *moved], key].astype(float).sort_values()
        line = [(value, leads[place]) for place, value in levels.items()]
        flip = flips_at(own, [(value, lead.mean) for value, lead in line])
        low, high = line[0][0], line[-1][0]
        turned = [gap.high < 0 if leads[places.index[0]].mean > 0 else gap.low > 0 for _, gap in line]
        records.append(
            {"key": key, "own": own, "flips_at": flip, "change": abs(flip - own) / (high - low or np.nan),
             "shown": any(turned), "low_tried": low, "high_tried": high,
             "assumed": manifest["values"].get(key, {}).get("assumed")}
        )  # fmt: skip
    return pd.DataFrame(records).sort_values(["change", "key"], ignore_index=True)
