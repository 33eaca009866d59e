"""How far answers have narrowed the doubt: the same strategies in as many worlds of the whole population, beside.

These worlds are those that the command without its answers would ask; they lie in a store within the comparison's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.comparison import worlds
from experiments.comparison.across.verdict import QUESTIONS, Across, in_units
from experiments.comparison.verdict import at_end
from experiments.pages.wording import listed, number, plain_number
from experiments.runs import store
from experiments.runs.prepare import Prepared
from experiments.stats.ahead import Ahead, ahead
from experiments.study import sweep
from experiments.study.design import Plan
from experiments.study.file import Study, StudyFile
from sim.version import model_hash

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "without-answers"


@dataclass(frozen=True)
class Doubt:
    """What is left open of a difference: the width within which 80 % of the worlds lie, and the share of worlds ahead.

    width : in the measure's unit; ahead : 0 to 1, of the strategy that leads with the answers
    """

    width: float
    ahead: float


@dataclass(frozen=True)
class Narrowing:
    """One measure of two strategies: who leads with the answers, and the doubt with the answers and without."""

    measure: str
    name: str
    unit: str
    first: str
    second: str
    leader: str
    told: Doubt
    without: Doubt


@dataclass(frozen=True)
class Narrowed:
    """What was told, what it leaves of the population, and how far it narrows each measure of the verdict.

    like, know : as told; draws : of the population; left : how many equal ones the answers leave, None if none was
    weighed; different : worlds that are asked and differ; few : whether `left` is few; notes : what was set beside
    """

    like: dict[str, float]
    know: dict[str, Any]
    draws: int
    left: float | None
    few: bool
    notes: list[str]
    different: int
    rows: list[Narrowing]


def run(study: Study, prepared: Prepared, folder: Path, work: sweep.Sweep) -> None:
    """Run the strategies in worlds without the answers, as many as were asked for with them, as far as not stored yet.

    Parameters
    ----------
    study, work : of the comparison with its answers; folder : its own
    """
    without = worlds.usual(prepared.known.without, study.replicates, study.seed)
    assert without.worlds is not None
    strategies = {label: one for label, one in without.scenarios.items() if label != without.worlds.nothing}
    end = next(iter(strategies.values())).community.days
    spec = StudyFile(question="And without the answers?", scenarios=list(prepared.names), days=[0, end],
                     replicates=study.replicates, seed=study.seed, unequal=study.unequal)  # fmt: skip
    measures = {key: about for key, about in study.measures.items() if key in QUESTIONS or key == "members"}
    mine = Study(
        f"{study.name}-without", "compare", "", spec, strategies, {}, measures, (), draws=without.draws,
        facts={"posterior": {"draws": len(without.draws), "digest": worlds.digest(without.draws)}},
    )  # fmt: skip
    one = sweep.Sweep(mine, Plan(mine, model_hash()), folder / FOLDER, work.pool, work.order, work.progress)
    with one.opened():
        one.run(np.full(1, study.replicates))


def of(folder: Path, manifest: dict[str, Any], judged: Across, table: pd.DataFrame) -> Narrowed | None:
    """What the answers of a stored comparison leave open, beside its worlds without them; None if it has no answers.

    table : its worlds, as `comparison.worlds.read` returns them

    Raises
    ------
    StoreError : if the worlds without the answers are of another comparison
    """
    about = manifest["worlds"].get("known")
    if about is None:
        return None
    place, different = folder / FOLDER, len(table.head(judged.basis.worlds).drop_duplicates())
    if not (place / store.MANIFEST).exists():
        return Narrowed(**about, different=different, rows=[])
    stored = store.read_manifest(place)
    for key, wanted in (("model", manifest["model"]), ("root_seed", manifest["root_seed"]), ("labels", judged.labels)):
        if stored[key] != wanted:
            raise store.StoreError(f"`{place}`: is of another comparison (`{key}`); take it away and compare anew")
    return Narrowed(**about, different=different, rows=rows(store.read(place, store.EVERY_DAY), judged))


def rows(runs: pd.DataFrame, judged: Across) -> list[Narrowing]:
    """The doubt about each measure of each pair, with the answers (judged) and without (runs, of every kept day)."""
    if runs.empty:
        return []
    end = at_end(in_units(runs))
    by = {key: end.pivot(index="replicate", columns="scenario", values=key) for key in QUESTIONS if key in end}
    made = []
    for pair in judged.pairs:
        for row in pair.rows:
            table, names = by[row.measure], (pair.first, pair.second)
            found = ahead(table[pair.first], table[pair.second], names)
            made.append(Narrowing(row.measure, row.name, row.unit, *names, row.leader, _doubt(row.found, row.leader),
                                  _doubt(found, row.leader)))  # fmt: skip
    return made


def _doubt(found: Ahead, leader: str) -> Doubt:
    """What is open of a difference."""
    share = found.second_ahead if leader == found.second else found.first_ahead
    return Doubt(found.inner[1] - found.inner[0], share.share)


def sentences(found: Narrowed) -> list[str]:
    """What the answers leave of the population, and how far they narrow the doubt."""
    given = [f"{name} {number(x)}" for name, x in found.like.items()]
    given += [f"{key} {x}" for key, x in found.know.items()]
    said = [f"Your answers: {listed(given)}. {_left(found)}", *(f"{note}." for note in found.notes)]
    for first, second in dict.fromkeys((one.first, one.second) for one in found.rows):
        of_pair = [one for one in found.rows if (one.first, one.second) == (first, second)]
        less = [one.name for one in of_pair if one.told.width < one.without.width]
        doubt = f"less doubt in {listed(less)}" if less else "no less doubt in anything"
        rest = ", in the rest not" if less and len(less) < len(of_pair) else ""
        widths = [f"{one.name} {plain_number(one.told.width)} ({plain_number(one.without.width)})" for one in of_pair]
        shares = [f"{one.name} {one.leader} {_hundred(one.told.ahead)} ({_hundred(one.without.ahead)})"
                  for one in of_pair]  # fmt: skip
        said += [
            f"With your answers there is {doubt}{rest}. How far apart the middle 80 of 100 worlds lie, {second} minus "
            f"{first}, and in brackets without your answers: {listed(widths)}.",
            f"Who is ahead in how many of 100 worlds, and in brackets without your answers: {listed(shares)}.",
        ]
    return said


def _left(found: Narrowed) -> str:
    """What is left of the population, in words."""
    if found.left is None:
        return "They are the same in every world, and choose none."
    few = (
        " That is few: the population has hardly any community like that, so take narrow numbers with care." * found.few
    )
    return (f"Of {found.draws:,} draws of the population they leave as much as {found.left:.0f} equally likely ones; "
            f"the worlds asked are {found.different:,} different ones.{few}")  # fmt: skip


def _hundred(share: float) -> str:
    return "unknown" if share != share else f"{100 * share:.0f}"
