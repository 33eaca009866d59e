"""What a strategist says of a community: facts that hold in every world, and outcomes that choose among worlds.

Facts (`--like members=3000`) are set. What is told of outcomes (`--like weekly_writers=60`), and a value of the
population that has been found out (`--know`), weigh the draws of the population by how near they come, and worlds are
drawn anew with these weights. A value that is drawn from a prior of its own is set, and tells nothing of the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.comparison import worlds
from experiments.pages.wording import listed, number
from experiments.runs.given import BadInput, Faults, setting
from experiments.runs.point import settled
from experiments.runs.prepare import Prepared
from experiments.stats import narrowing
from experiments.worlds import outcomes, population
from sim.scenario import Scenario, load, nearest

if TYPE_CHECKING:
    import pandas as pd

FACTS, LEFT = outcomes.TABLE["facts"], outcomes.TABLE["left"]
MEMBERS, HOURS, MONEY = "community.members", population.BUDGET, "budget.money_per_week"  # keys
FOUNDERS = 1000  # of the draws
FAR = 1e3  # times less than the least of all draws
VALUES = {value.key: value for value in population.VALUES if worlds.varies(value.key)}


@dataclass(frozen=True)
class Known:
    """What was told, and what it leaves.

    like, know : by name and by key; without : the comparison without the answers; notes : what was set beside, in
    words; left : how many equal draws of the population are left, None where no draw was weighed
    """

    like: dict[str, float]
    know: dict[str, Any]
    without: Prepared
    notes: tuple[str, ...] = ()
    left: float | None = None

    def facts(self) -> dict[str, Any]:
        """What the manifest says of them."""
        few = self.left is not None and self.left < LEFT["few"]
        return {"like": self.like, "know": self.know, "draws": len(population.drawn()), "left": self.left, "few": few,
                "notes": list(self.notes)}  # fmt: skip


@dataclass
class Weighed:
    """Draws of the population beside what is told of them: columns on the scale on which nearness is measured.

    names : what the user has called them; ranges : eight of ten draws, in the user's unit
    """

    columns: dict[str, np.ndarray] = field(default_factory=dict)
    told: dict[str, narrowing.Told] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    ranges: dict[str, str] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """A row a draw, a column what is told."""
        import pandas as pd

        return pd.DataFrame(self.columns)


def told(prepared: Prepared) -> Prepared:
    """The comparison with the answers of its options `--like` and `--know`; as it is, if there are none.

    Raises
    ------
    BadInput : with all that is wrong with them, a line each
    """
    changes = prepared.changes
    if not (changes.like or changes.know):
        return prepared
    faults = Faults()
    like = {key: x for text in changes.like for key, x in read_like(text, faults)}
    know = {key: x for text in changes.know for key, x in _know(text, faults)}
    given = {entry.key for one in prepared.scenarios.values() for entry in one.entries() if entry.origin == "--set"}
    for name, key in (*((name, FACTS[name]["key"]) for name in like if name in FACTS), *((key, key) for key in know)):
        faults.note(key in given, "--like" if name in like else "--know",
                    f"`{name}` is given by --set, --members or --hours too; leave one of them out")  # fmt: skip
    for option, texts, kept in (("--like", changes.like, like), ("--know", changes.know, know)):
        faults.note(not faults.said and len(texts) > len(kept), option, "says the same twice; leave one of them out")
    faults.refuse()
    scenarios, notes = {}, []
    for label, scenario in prepared.scenarios.items():
        said, note = of_scenario(scenario, like)
        notes += note
        made = scenario
        with faults.noting("--like: ", " (it goes with the members, where nothing else is said)"):
            made = settled(scenario, said | know)
        origins = made.origins | dict.fromkeys(said, "--like") | dict.fromkeys(know, "--know")
        scenarios[label] = Scenario(made.table, origins, made.path, made.rules)
    faults.refuse()
    without = replace(prepared, changes=replace(changes, like=(), know=()))
    return replace(prepared, scenarios=scenarios, known=Known(like, know, without, tuple(dict.fromkeys(notes))))


def read_like(text: str, faults: Faults) -> list[tuple[str, float]]:
    """One answer of `--like`, its name and number; nothing if it is at fault, which is noted."""
    name, equals, value = (part.strip() for part in str(text).partition("="))
    names = sorted({*FACTS, *outcomes.OUTCOMES})
    if faults.note(not equals, "--like", f"`{text}` is not allowed; it is NAME=NUMBER, as weekly_writers=60"):
        return []
    if faults.note(name not in names, "--like", f"`{name}`: unknown; {nearest(name, names)}"):
        return []
    try:
        x = float(value[:-1]) / 100 if value.endswith("%") else float(value.replace("_", ""))
    except ValueError:
        x = math.nan
    low, high = _allowed(name)
    wrong = not low <= x <= high or (name == "members" and x != int(x))
    allowed = f"{'a whole' if name == 'members' else 'a'} number from {low:g} to {high:,.10g}"
    faults.note(wrong, "--like", f"`{name}`: {value!r} is not allowed; it is {allowed} ({_about(name)})")
    return [] if wrong else [(name, x)]


def _allowed(name: str) -> tuple[float, float]:
    """The least and the most that can be told of something: what the scenario allows; of outcomes, any that can be."""
    if name in ("members", "hours"):
        low, high = next(entry.range for entry in load("baseline").entries() if entry.key == FACTS[name]["key"])
        return low, high
    return 0.0, 1e9 if name in FACTS or outcomes.OUTCOMES[name].size else 1.0


def _about(name: str) -> str:
    return (FACTS.get(name) or outcomes.TABLE["outcomes"][name])["about"]


def _know(text: str, faults: Faults) -> list[tuple[str, Any]]:
    """One answer of `--know`, its key and value; nothing if it is at fault, which is noted."""
    try:
        key, value = setting(text)
        load("baseline", {key: value})
    except BadInput as error:
        faults.said.append(f"--know: {str(error).removeprefix('--set: ')}")
        return []
    drawn = {entry.key for entry in load("baseline").entries() if entry.prior} | VALUES.keys()
    what = f"`{key}` is the same in all worlds, so that knowing it narrows nothing; --set {text} changes it"
    return [] if faults.note(key not in drawn or not worlds.varies(key), "--know", what) else [(key, value)]


def of_scenario(scenario: Scenario, like: dict[str, float]) -> tuple[dict[str, Any], list[str]]:
    """The facts among what is told as settings of a scenario, and what is set beside, in words.

    Where members are told and hours are not, hours and money stay what they are for each member, unless --set says so.
    """
    said, own, usual = dict[str, Any](), scenario.community.members, scenario.budget
    members = int(like.get("members", own))
    if members != own:
        said[MEMBERS] = members
        given = {entry.key for entry in scenario.entries() if entry.origin == "--set"}
        budget = {HOURS: usual.hours_per_week, MONEY: usual.money_per_week}
        said |= {key: float(f"{x * members / own:.4g}") for key, x in budget.items() if key not in given}
    if "hours" in like:
        said[HOURS] = like["hours"]
    if "followers" in like:
        said[FACTS["followers"]["key"]] = float(f"{like['followers'] / members:.6g}")
    scaled = [f"{number(said[key])} {what} a week, as {number(x)} for {own:,}" for key, x, what in
              ((HOURS, usual.hours_per_week, "hours of the team"), (MONEY, usual.money_per_week, "of money"))
              if MEMBERS in said and key in said and not (key == HOURS and "hours" in like)]  # fmt: skip
    other = "; --like hours=NUMBER says otherwise" if HOURS in said and "hours" not in like else ""
    return said, [f"For {members:,} members are taken {listed(scaled)}{other}"] if scaled else []


def asked(prepared: Prepared, n: int, seed: int) -> Prepared:
    """The comparison with answers, in n worlds of the population.

    Raises
    ------
    BadInput : if hardly any draw of the population is like what was told, with the answer that goes least with the rest
    """
    weighed, found = weighted(prepared)
    if not weighed.told:
        made, known = worlds.usual(prepared, n, seed), prepared.known
    else:
        refuse_few(weighed, found)
        pool = outcomes.pool(next(iter(prepared.scenarios.values())))
        draws = [pool[k] for k in drawn_anew(found.weights, n, seed)]
        made = worlds.over(prepared, draws, worlds.POPULATION)
        known = replace(prepared.known, left=found.effective)
    about = replace(made.worlds, known=known.facts())
    return replace(made, worlds=about, known=known)


def weighted(prepared: Prepared) -> tuple[Weighed, narrowing.Narrowed]:
    """What is told beside the draws of the population, and the weights that it gives them."""
    weighed = _weighed(prepared)
    return weighed, narrowing.narrow(weighed.table(), weighed.told)


def _weighed(prepared: Prepared) -> Weighed:
    """What is told of outcomes, and of values of the population, beside the draws.

    Values of the population that a file or --set gives are weighed too, where anything else is; the outcomes of draws
    with other values say nothing of such a community.
    """
    known, made = prepared.known, Weighed()
    members = next(iter(prepared.scenarios.values())).community.members
    table = outcomes.table()
    for name, fact in outcomes.OUTCOMES.items():
        if name in known.like:
            scale = members / FOUNDERS if fact.size else 1.0
            made.columns[name] = fact.transformed(table[name])
            value = float(fact.transformed(np.array(known.like[name] / scale)))
            made.told[name] = narrowing.Told(value, fact.error)
            made.names[name] = f"`--like {name}={known.like[name]:g}`"
            made.ranges[name] = _span(scale * table[name], f"for {members:,} members; {_about(name)}")
    if not made.told and not VALUES.keys() & known.know.keys():
        return made
    first = {entry.key: entry.value for entry in next(iter(prepared.scenarios.values())).entries()}
    for key in sorted(worlds.facts(prepared) & VALUES.keys()):
        own = np.array([one[key] for one in population.drawn()])
        made.columns[key] = np.array([VALUES[key].place(x) for x in own])
        value = max(first[key], own.min() / FAR) if VALUES[key].scale == "log" else first[key]  # of 0 there is no log
        made.told[key] = narrowing.Told(VALUES[key].place(value), narrowing.width(made.columns[key]))
        made.names[key] = f"`{'--know ' * (key in known.know)}{key}={first[key]:g}`"
        made.ranges[key] = _span(own, "of the population")
    return made


def _span(values: np.ndarray, of: str) -> str:
    low, high = np.nanquantile(values, [0.1, 0.9])
    return f"{number(float(f'{low:.3g}'))} to {number(float(f'{high:.3g}'))} ({of})"


def refuse_few(weighed: Weighed, found: narrowing.Narrowed) -> None:
    """Raise BadInput if draws are worth too few equal ones, or one answer is out of the reach of all."""
    odd, left = least_likely(weighed, found)
    if odd is None:
        return
    rest = f"; without it the rest leaves {left:.0f}" if len(weighed.told) > 1 else ""
    raise BadInput(
        f"compare: hardly any community of the population is like that: "
        f"of {len(found.weights):,} draws it leaves as much as {found.effective:.1f}, and {LEFT['least']:g} are "
        f"needed. Least likely is {weighed.names[odd]}{rest}. Eight of ten draws have {weighed.ranges[odd]}. Look at "
        "it again, or leave it out"
    )


def least_likely(weighed: Weighed, found: narrowing.Narrowed) -> tuple[str | None, float]:
    """The answer that goes least with the rest, and how many draws the rest leaves; None if enough are left with it.

    It is one that is out of the reach of all draws, or else the one without which most are left.
    """
    if not weighed.told or (found.effective >= LEFT["least"] and not found.out_of_reach):
        return None, found.effective
    table, told_ = weighed.table(), weighed.told
    left = {name: narrowing.narrow(table, {key: one for key, one in told_.items() if key != name}).effective
            for name in told_}  # fmt: skip
    odd = found.out_of_reach[0] if found.out_of_reach else max(left, key=lambda name: left[name])
    return odd, left[odd]


def drawn_anew(weights: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Rows drawn with probabilities in proportion to weights, at evenly spread points: int (n,).

    The points are a scrambled Sobol sequence, so that a row comes about as often as its weight says (as in systematic
    resampling), and the first k of n are the same for any n.
    """
    from scipy.stats import qmc

    points = qmc.Sobol(1, rng=np.random.default_rng(seed)).random_base2(max(n - 1, 1).bit_length())[:n, 0]
    sums = np.cumsum(weights)
    return np.searchsorted(sums, points * sums[-1], side="right").clip(max=int(np.flatnonzero(weights)[-1]))
