"""What did it: which groups of activities make the difference between two strategies, by Shapley values over worlds.

In each world groups are put to work one after the other, under each strategy its own, in one order and back
(`comparison.coalitions`, `stats.shapley`). A group's part of a difference is what it adds to the second strategy minus
what it adds to the first; in every world the parts, with what remains where all hours are idle, add up to the
difference. A part is told where it is not zero with regard to all that is asked at once, and where taking the group out
by itself goes the same way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.comparison import coalitions
from experiments.comparison.across.verdict import QUESTIONS, Across, Row, in_units
from experiments.comparison.coalitions import GROUPS, HOURS
from experiments.comparison.verdict import at_end
from experiments.runs import files, store
from experiments.stats import paired, shapley
from experiments.stats.paired import Interval
from experiments.stats.shapley import Coalition

if TYPE_CHECKING:
    import pandas as pd

REST = "all but hours"  # style, team, and a world or a cost that differs: what is left where all hours are idle
NONE = 0.1  # of a lead: a part is none where its interval lies within this of zero
Ends = dict[Coalition, dict[int, dict[str, float]]]  # of a strategy: by coalition and world, the measures


UNKNOWN = Interval(math.nan, math.nan, math.nan, 0)


@dataclass(frozen=True)
class Part:
    """What a group of activities makes of the difference, second minus first.

    hours : a week under the first and under the second; added : its part of the mean difference; alone, out : the
    difference that it makes as the only one that works, and that goes if it alone is taken out, where that was run;
    share : of the mean difference, 0 to 1, with its 95 % interval, NaN where no lead is told; holm : p of the t test
    that the part is zero, adjusted for all that was asked at once, 1 where no lead is told; told : whether it is
    named: it is not zero, and taking the group out by itself goes the same way; none : whether it is shown to be none
    of the lead, or nearly
    """

    group: str
    hours: tuple[float, float]
    added: Interval
    alone: Interval
    out: Interval
    share: Interval
    holm: float = 1.0
    told: bool = False
    none: bool = False


@dataclass(frozen=True)
class Difference:
    """A measure of the verdict under two strategies: the mean of second minus first with its interval, and its parts.

    worlds : in which all that was asked is known; leader : the strategy that the verdict tells to be ahead, where these
    worlds say so too; None: no telling
    """

    measure: str
    first: str
    second: str
    worlds: int
    mean: float
    low: float
    high: float
    leader: str | None
    parts: list[Part]


@dataclass(frozen=True)
class Why:
    """What did it: worlds asked, the activities of each group, and each measure of each pair of strategies."""

    worlds: int
    groups: dict[str, list[str]]
    differences: list[Difference]


def of(folder: Path, runs: pd.DataFrame, manifest: dict[str, Any], judged: Across) -> Why | None:
    """What the store of a comparison says of its activities; None if that was not asked.

    Parameters
    ----------
    folder : of the comparison
    runs, manifest : as `report.read` returns them
    judged : the verdict on them

    Raises
    ------
    StoreError : if the runs of a strategy are of another one, or of other worlds
    """
    worlds = manifest.get("why")
    if worlds is None:
        return None
    hours = {label: manifest["scenarios"][label]["resolved"]["strategy"]["hours"] for label in judged.labels}
    drawn = coalitions.orders(hours.values(), worlds)
    ends = {label: _ends(folder, label, hours[label], runs, manifest) for label in judged.labels}
    paid = {label: cost["hours_per_week"] for label, cost in judged.basis.costs.items()}
    weeks = {label: {group: share * paid[label] for group, share in coalitions.spent(hours[label]).items()}
             for label in judged.labels}  # fmt: skip
    found = [
        difference(drawn, (ends[pair.first], ends[pair.second]), (weeks[pair.first], weeks[pair.second]), row)
        for pair in judged.pairs
        for row in pair.rows
    ]
    groups = {group: list(of) for group, of in GROUPS.items() if drawn and group in drawn[0]}
    return Why(worlds, groups, adjusted(found))


def _ends(folder: Path, label: str, hours: dict[str, float], runs: pd.DataFrame, manifest: dict[str, Any]) -> Ends:
    """The measures on the last day of all that was run of a strategy, in the verdict's units."""
    own = frozenset(coalitions.spent(hours))
    whole = at_end(in_units(runs))
    whole = whole[whole["scenario"] == label]
    measures = [key for key in QUESTIONS if key in whole]
    made: Ends = {own: dict(zip(whole["replicate"].tolist(), whole[measures].to_dict("records"), strict=True))}
    place = folder / coalitions.FOLDER / files.slug(label)
    if not own or not (place / store.MANIFEST).exists():
        return made
    stored = store.read_manifest(place)
    worlds = {key: manifest["worlds"][key] for key in coalitions.DRAWS}
    for key, wanted in (*((key, manifest[key]) for key in ("model", "root_seed")), ("posterior", worlds)):
        if stored.get(key) != wanted:
            raise store.StoreError(f"`{place}`: is of another comparison (`{key}`); take it away and compare anew")
    if stored["scenarios"].get(label, {}).get("digest") != manifest["scenarios"][label]["digest"]:
        raise store.StoreError(f"`{place}`: is of another `{label}`; take it away and compare anew")
    rows = store.read(place, store.EVERY_DAY)
    if rows.empty:
        return made
    for row in at_end(in_units(rows)).to_dict("records"):
        works = frozenset(group for group in own if any(row.get(HOURS + one, 0) > 0 for one in GROUPS[group]))
        made.setdefault(works, {})[row["replicate"]] = {key: row[key] for key in measures}
    return made


def outcomes(drawn: list[tuple[str, ...]], ends: tuple[Ends, Ends], measure: str) -> list[dict[Coalition, float]]:
    """Second minus first by the groups that work, a world each; NaN where one of the two was not run.

    A strategy in which a group has no hours is the same with it and without.
    """
    own = [max(of, key=len) for of in ends]

    def value(side: int, coalition: Coalition, world: int) -> float:
        return ends[side].get(coalition & own[side], {}).get(world, {}).get(measure, math.nan)

    return [{one: value(1, one, world) - value(0, one, world) for one in shapley.coalitions(order)}
            for world, order in enumerate(drawn)]  # fmt: skip


def parts_by_world(drawn: list[tuple[str, ...]], by_world: list[dict[Coalition, float]]) -> dict[str, np.ndarray]:
    """What each group, and REST, makes of the difference in each whole world: float (worlds,); they add up to it."""
    whole = [(order, one) for order, one in zip(drawn, by_world, strict=True) if np.isfinite(list(one.values())).all()]
    records = [shapley.contributions(order, one) for order, one in whole]
    made = {group: np.array([record[group] for record in records]) for group in (drawn[0] if drawn else ())}
    return made | {REST: np.array([one[frozenset()] for _, one in whole])}


def difference(
    drawn: list[tuple[str, ...]], ends: tuple[Ends, Ends], weeks: tuple[dict[str, float], dict[str, float]], row: Row
) -> Difference:
    """The parts of one measure's difference, the largest in size first; their p are not adjusted yet.

    Parameters
    ----------
    drawn : the order of each world
    ends, weeks : of both strategies; weeks: hours a week by group
    row : the verdict on the measure
    """
    by_world = outcomes(drawn, ends, row.measure)
    by_group = parts_by_world(drawn, by_world)
    gap = np.sum(list(by_group.values()), axis=0)
    mean = paired.interval(gap)
    ahead = row.found.second if mean.low > 0 else row.found.first if mean.high < 0 else None
    leader = ahead if ahead and ahead == row.better else None
    parts = []
    for record in _effects(drawn, by_world, by_group):
        group, (week_first, week_second) = record["group"], (of.get(record["group"], 0.0) for of in weeks)
        share = paired.ratio(by_group[group], gap) if leader else UNKNOWN
        chance = paired.chance_of_none(by_group[group]) if leader else 1.0
        parts.append(Part(hours=(week_first, week_second), share=share, holm=chance, **record))
    return Difference(row.measure, row.found.first, row.found.second, mean.n, mean.mean, mean.low, mean.high, leader,
                      parts)  # fmt: skip


def _effects(
    drawn: list[tuple[str, ...]], by_world: list[dict[Coalition, float]], by_group: dict[str, np.ndarray]
) -> list[dict[str, Any]]:
    """Of each group, and of REST where it is not nothing: group, added, alone, out."""
    made = [
        {
            "group": row["group"],
            "added": Interval(row["share"], row["low"], row["high"], by_group[row["group"]].size),
            "alone": Interval(row["alone"], row["alone_low"], row["alone_high"], int(row["alone_n"])),
            "out": Interval(row["out"], row["out_low"], row["out_high"], int(row["out_n"])),
        }
        for row in (shapley.shares(drawn, by_world).to_dict("records") if by_group[REST].size else [])
    ]
    if by_group[REST].any():
        made.append({"group": REST, "added": paired.interval(by_group[REST]), "alone": UNKNOWN, "out": UNKNOWN})
    return made


def adjusted(found: list[Difference]) -> list[Difference]:
    """The same with p adjusted for all parts of all leads (Holm 1979), and so with what can be told."""
    chances = [part.holm for one in found if one.leader for part in one.parts]
    holm = iter(paired.holm(np.array(chances)).tolist())
    return [replace(one, parts=[_judged(part, next(holm)) for part in one.parts]) if one.leader else one
            for one in found]  # fmt: skip


def _judged(part: Part, holm: float) -> Part:
    """A part with whether it is told, or told to be none."""
    same = part.group == REST or part.out.mean * part.added.mean > 0
    told = holm <= 1 - paired.LEVEL and same
    none = not told and part.share.low >= -NONE and part.share.high <= NONE
    return replace(part, holm=holm, told=told, none=none)


def table(why: Why) -> pd.DataFrame:
    """A row a part: the numbers behind the words."""
    import pandas as pd

    rows = []
    for one in why.differences:
        for part in one.parts:
            row = {"measure": one.measure, "first": one.first, "second": one.second, "group": part.group,
                   "hours_first": part.hours[0], "hours_second": part.hours[1]}  # fmt: skip
            for name in ("added", "alone", "out", "share"):
                of = getattr(part, name)
                row |= {name: of.mean, f"{name}_low": of.low, f"{name}_high": of.high, f"{name}_worlds": of.n}
            rows.append(row | {"holm": part.holm, "told": part.told})
    return pd.DataFrame(rows)
