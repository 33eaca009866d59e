"""From stored runs in many worlds to a verdict: in how many of them who is ahead, by how much, and what it costs.

Everything here is a pure function of what stands in the store: the table of runs, the manifest, the worlds. Each world
is run under every strategy and without a team, with the same people and the same luck, and differences are taken within
a world.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from experiments.comparison import hours
from experiments.comparison.verdict import at_end, flat
from experiments.comparison.worlds import varies
from experiments.pages.wording import in_currency
from experiments.runs.files import plain
from experiments.stats.ahead import Ahead, Share, ahead, told

if TYPE_CHECKING:
    import pandas as pd

    from experiments.comparison.across.narrowed import Narrowed
    from experiments.comparison.across.why import Why

YEAR = 365.0
CURRENCY = "currency"  # what money is called, if nobody says
MIDDLE = (0.1, 0.5, 0.9)  # shares of worlds below: 80 % of the worlds lie between the outer two
HUNDRED, EACH, YEARLY = "of a hundred", "a member", "a member and year"


class Asked(NamedTuple):
    """A question of the verdict: what it is called, of what, in a unit that a person has a feeling for."""

    name: str
    unit: str
    per: str  # HUNDRED: a share times 100; EACH: over the founding members; YEARLY: the same, and over the years


# The five lines of the verdict, by measure; more of each is better.
QUESTIONS = {
    "intimate_share": Asked("close ties", "members of 100 with a close tie", HUNDRED),
    "value_members": Asked("member value", "currency a member and year", YEARLY),
    "value_company": Asked("company value", "currency a member and year", YEARLY),
    "reach": Asked("reach", "people reached a member", EACH),
    "newcomers_kept": Asked("newcomers", "kept of 100", HUNDRED),
}
DECIDING = ("intimate_share", "value_members", "value_company")  # what a recommendation is about
JOURNEY = ("members", "active", "intimate_share")
COSTS = ("company.wages", "company.money")


@dataclass(frozen=True)
class Spread:
    """Where something lies over worlds: 10 % of them are below `low`, half below `median`, 90 % below `high`."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: np.ndarray) -> Spread:
        """Of one number a world, float (n,), NaN left out; NaN where none is known."""
        known = np.asarray(values, float)
        known = known[np.isfinite(known)]
        return cls(*map(float, np.quantile(known, MIDDLE))) if known.size else cls(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Row:
    """One measure under two scenarios over worlds: who is ahead, and where the measure lies under each.

    wanted : "more", "less", or "" where neither is better; `found` says then who is higher, and nobody is told better
    """

    measure: str
    name: str
    unit: str
    wanted: str
    found: Ahead
    ends: tuple[Spread, Spread]

    @property
    def better(self) -> str | None:
        """Who does better in more than half of all plausible worlds; None where there is no telling."""
        return self.found.winner if self.wanted else None

    @property
    def leader(self) -> str:
        """Who is ahead in more of the worlds that were run, told or not."""
        found = self.found
        return found.second if found.second_ahead.share >= found.first_ahead.share else found.first

    @property
    def leads(self) -> tuple[int, Share]:
        """In how many worlds the leader is ahead, and the share that this is."""
        found = self.found
        share = found.second_ahead if self.leader == found.second else found.first_ahead
        return round(share.share * found.worlds) if found.worlds else 0, share

    @property
    def difference(self) -> Spread:
        """Second minus first, over worlds."""
        return Spread(self.found.inner[0], self.found.median, self.found.inner[1])


@dataclass(frozen=True)
class Money:
    """What a strategy brings the company over doing nothing, in currency a member and year: worlds' spreads.

    gross : before its costs; wages, money : what it costs; net : what is left; pays : worlds in which more is left than
    doing nothing leaves, of n
    """

    gross: Spread
    wages: float
    money: float
    net: Spread
    pays: int
    n: int


@dataclass(frozen=True)
class Added:
    """A strategy against doing nothing: the five questions, and the company's money."""

    label: str
    rows: list[Row]
    money: Money


@dataclass(frozen=True)
class Pair:
    """A strategy against the first: the five questions, every other measure in its own unit, keys that differ."""

    first: str
    second: str
    rows: list[Row]
    others: list[Row]
    world: list[str]


@dataclass(frozen=True)
class Advice:
    """Which strategy to choose, None if none can be recommended, and the rows of DECIDING that tell somebody ahead.

    A strategy is recommended over another where it is told ahead in one of them or more, and behind in none.
    """

    label: str | None
    told: list[Row]


@dataclass(frozen=True)
class Way:
    """From where to where a community goes under a scenario: a measure on day 0 and on the last."""

    measure: str
    start: Spread
    end: Spread


@dataclass(frozen=True)
class Basis:
    """What the verdict rests on.

    worlds : in which every scenario was run; kind : "priors", "population" or "posterior"; draws : worlds drawn;
    open, held, fixed : values of a world that are drawn, that have no prior and are held, that a file or --set gives;
    currency : what money is called
    """

    worlds: int
    days: int
    kind: str
    draws: int
    around: str | None
    open: int
    held: int
    fixed: list[str]
    equal_cost: bool
    costs: dict[str, dict[str, float]]
    founded_from: str | None
    precision: dict[str, Any] | None
    interrupted: bool
    hours: dict[str, dict[str, Any]]
    currency: str


@dataclass(frozen=True)
class Across:
    """The answer to a comparison over worlds, as data; `words` puts it into sentences.

    why : which activities make the differences, where that was asked; known : what was told of the community, and how
    far that narrows the doubt
    """

    labels: list[str]
    nothing: str
    pairs: list[Pair]
    added: list[Added]
    ways: dict[str, list[Way]]
    advice: Advice
    basis: Basis
    why: Why | None = None
    known: Narrowed | None = None

    def as_dict(self) -> dict[str, Any]:
        """The verdict as plain data for JSON; unknown values are null."""
        data = asdict(self)
        data["advice"] = self.advice.label
        lists: list[tuple[Any, Any, Any]] = [
            (data["pairs"], self.pairs, ("rows", "others")),
            (data["added"], self.added, ("rows",)),
        ]
        for entries, items, kinds in lists:
            for entry, item in zip(entries, items, strict=True):
                for kind in kinds:
                    for one, of in zip(entry[kind], getattr(item, kind), strict=True):
                        one["better"] = of.better
        return plain(data)


def in_units(runs: pd.DataFrame) -> pd.DataFrame:
    """The measures of QUESTIONS in their units, other columns as they are; each run against its own day 0.

    runs : rows of every day, as `report.read` returns them
    """
    founders = runs["members"].where(runs["day"] == 0).groupby([runs["scenario"], runs["replicate"]]).transform("max")
    years = runs["day"].max() / YEAR
    sizes = {HUNDRED: 0.01, EACH: founders, YEARLY: founders * years}
    return runs.assign(**{key: runs[key] / sizes[asked.per] for key, asked in QUESTIONS.items() if key in runs})


def rows(
    end: dict[str, pd.DataFrame],
    about: dict[str, dict[str, str]],
    pairs: list[tuple[str, str]],
    drawn_from: float | None = None,
) -> list[list[Row]]:
    """Compare pairs of scenarios in some measures; winners are told with regard to all that is asked here.

    Parameters
    ----------
    end : by scenario, the last day's rows, a row a world, all in one order
    about : by measure its label, unit and better ("more", "less", "")
    pairs : first and second
    drawn_from : as `ahead` takes it

    Returns
    -------
    a list a pair, a row a measure
    """
    asked = [(pair, key) for pair in pairs for key in about]
    found = told([ahead(end[first][key], end[second][key], (first, second), _wanted(about[key]),
                        drawn_from=drawn_from)
                  for (first, second), key in asked])  # fmt: skip
    made = [
        Row(key, about[key]["label"], about[key]["unit"], about[key]["better"], one,
            (Spread.of(end[pair[0]][key].to_numpy()), Spread.of(end[pair[1]][key].to_numpy())))
        for (pair, key), one in zip(asked, found, strict=True)
    ]  # fmt: skip
    return [made[k : k + len(about)] for k in range(0, len(made), len(about))]


def _wanted(about: dict[str, str]) -> Literal["more", "less"]:
    """Whether more or less of a measure is better; of one that is neither, who has more is ahead."""
    return "less" if about["better"] == "less" else "more"


def verdict(runs: pd.DataFrame, manifest: dict[str, Any]) -> Across:
    """The verdict on all scenarios of the manifest: each against the first, and each against doing nothing.

    Parameters
    ----------
    runs : whole worlds, rows of every day, as `report.read` returns them
    manifest : as `store.read_manifest` returns it, of a comparison over worlds
    """
    nothing = manifest["worlds"]["nothing"]
    labels = [label for label in manifest["labels"] if label != nothing]
    scaled = in_units(runs)
    last = at_end(scaled)
    end = {label: rows.sort_values("replicate") for label, rows in last.groupby("scenario")}
    measures = {key: about for key, about in manifest["measures"].items() if key in runs.columns}
    called = manifest.get("currency", CURRENCY)
    own = {key: {"label": asked.name, "unit": in_currency(asked.unit, called), "better": "more"}
           for key, asked in QUESTIONS.items() if key in measures}  # fmt: skip

    rest = {key: about for key, about in measures.items() if key not in own}
    against_first = [(labels[0], label) for label in labels[1:]]
    against_nothing = [(nothing, label) for label in labels]
    size, left = _member_years(runs), drawn_from(manifest)
    pairs = [
        Pair(*pair, mine, others, differing(manifest, *pair))
        for pair, mine, others in zip(
            against_first, rows(end, own, against_first, left), rows(end, rest, against_first, left), strict=True
        )
    ]
    return Across(
        labels=labels,
        nothing=nothing,
        pairs=pairs,
        added=[Added(label, mine, money(end, nothing, label, size))
               for label, mine in zip(labels, rows(end, own, against_nothing, left), strict=True)],
        ways={label: ways(scaled, label) for label in (nothing, *labels)},
        advice=advice(pairs),
        basis=basis(runs, manifest, labels),
    )  # fmt: skip


def drawn_from(manifest: dict[str, Any]) -> float | None:
    """How many equal draws the worlds were drawn from anew, where answers have weighed them; else None."""
    return (manifest["worlds"].get("known") or {}).get("left")


def advice(pairs: list[Pair]) -> Advice:
    """Which strategy to choose: the one that is recommended over the first, or the first, over all others."""
    decisive = [row for pair in pairs for row in pair.rows if row.measure in DECIDING and row.better]
    over = []
    for pair in pairs:
        better = {row.better for row in decisive if row.found.second == pair.second}
        over.append(next(iter(better)) if len(better) == 1 else None)
    first = pairs[0].first
    ahead_of_first = [label for label in over if label not in (None, first)]
    if len(ahead_of_first) == 1:
        return Advice(ahead_of_first[0], decisive)
    return Advice(first if set(over) == {first} else None, decisive)


def _member_years(runs: pd.DataFrame) -> float:
    """Founding members times years, the mean over runs: what a cost is divided by."""
    return float(runs.loc[runs["day"] == 0, "members"].mean() * runs["day"].max() / YEAR)


def money(end: dict[str, pd.DataFrame], nothing: str, label: str, member_years: float) -> Money:
    """What a strategy brings the company over doing nothing, and what it costs."""
    mine, without = end[label], end[nothing]
    net = mine["value_company"].to_numpy() - without["value_company"].to_numpy()
    costs = [-(mine[key].to_numpy() - without[key].to_numpy()) / member_years for key in COSTS]
    wages, spent = (float(np.mean(cost)) for cost in costs)
    return Money(Spread.of(net + costs[0] + costs[1]), wages, spent, Spread.of(net), int((net > 0).sum()), net.size)


def ways(scaled: pd.DataFrame, label: str) -> list[Way]:
    """From where to where a community goes under a scenario."""
    mine, last = scaled[scaled["scenario"] == label], scaled["day"].max()
    return [
        Way(key, *(Spread.of(mine.loc[mine["day"] == day, key].to_numpy()) for day in (0, last)))
        for key in JOURNEY
        if key in mine
    ]


def differing(manifest: dict[str, Any], first: str, second: str) -> list[str]:
    """Keys in which the worlds of two scenarios differ beside strategy and team."""
    one, other = (flat(manifest["scenarios"][label]["resolved"]) for label in (first, second))
    keys = {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
    return sorted(key for key in keys if key.split(".")[0] not in ("strategy", "team", "name", "question", "budget"))


def basis(runs: pd.DataFrame, manifest: dict[str, Any], labels: list[str]) -> Basis:
    """What a verdict rests on."""
    scenarios, spec, about = manifest["scenarios"], manifest["sheet"], manifest["worlds"]
    count, days, end = runs["replicate"].nunique(), int(runs["day"].max()), at_end(runs)
    costs = {label: scenarios[label]["cost"] for label in labels}
    of_world = [entry["key"] for entry in scenarios[labels[0]]["entries"] if varies(entry["key"])]
    weeks = {label: hours.of_week(end[end["scenario"] == label], scenarios[label]["resolved"]["strategy"]["hours"],
                                  costs[label]["hours_per_week"], days)
             for label in labels}  # fmt: skip
    wanted, interrupted, reached = spec["precision"], count < (spec["replicates"] or 0), None
    if wanted and not interrupted:
        needed = worlds_needed(end, manifest, wanted)
        reached = {"wanted": wanted, "met": needed <= count, "needed": needed}
        interrupted = needed > count and count < spec["most"]
    return Basis(
        worlds=count,
        days=days,
        kind=about["kind"],
        draws=about["draws"],
        around=about["around"],
        open=len(about["keys"]),
        held=len(set(of_world) - {*about["keys"], *about["fixed"]}),
        fixed=about["fixed"],
        equal_cost=len({tuple(cost.values()) for cost in costs.values()}) == 1,
        costs=costs,
        founded_from=manifest.get("founded_from"),
        precision=None if interrupted else reached,
        interrupted=interrupted,
        hours={label: week for label, week in weeks.items() if week is not None},
        currency=manifest.get("currency", CURRENCY),
    )


def worlds_needed(end: pd.DataFrame, manifest: dict[str, Any], wanted: float) -> int:
    """How many worlds bring the half-width of the share of worlds ahead within `wanted`, for each of the questions.

    Shares between the scenarios are meant, not those against doing nothing. What there is, where that is enough.

    Parameters
    ----------
    end : the last day, a row a run
    """
    nothing = manifest["worlds"]["nothing"]
    labels = [label for label in manifest["labels"] if label != nothing]
    by = {label: rows.sort_values("replicate") for label, rows in end.groupby("scenario")}
    needed = n = len(by[labels[0]])
    for label in labels[1:]:
        for key in (key for key in QUESTIONS if key in end):
            found = ahead(by[labels[0]][key], by[label][key], (labels[0], label), drawn_from=drawn_from(manifest))
            for share in (found.first_ahead, found.second_ahead):
                half = (share.high - share.low) / 2
                if half > wanted:  # the half-width goes with one over the root of n
                    needed = max(needed, n + 1, math.ceil(1.05 * n * (half / wanted) ** 2))
    return needed
