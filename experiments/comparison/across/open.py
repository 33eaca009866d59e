"""What the values that nobody knows do to a verdict: what could turn it, and what to find out first.

Both are asked of the worlds that were run anyway; nothing is run for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.comparison.across.verdict import DECIDING, QUESTIONS, Across, in_units
from experiments.comparison.verdict import at_end
from experiments.pages.wording import in_currency, listed
from experiments.stats import information
from experiments.study import turning

if TYPE_CHECKING:
    import pandas as pd

LEAST_WORLDS = 2 * turning.FOLDS  # fewer say nothing about what a difference hangs on
MOST = 3  # values named
CHOICE = "value_company"  # what a choice between strategies is to be good for


@dataclass(frozen=True)
class Turn:
    """What one measure's difference hangs on: a row a value told to matter, and where the lead turns, if it is told."""

    first: str
    second: str
    measure: str
    values: pd.DataFrame
    border: turning.Border


@dataclass(frozen=True)
class Open:
    """What could turn a verdict, and what knowing would gain, in CHOICE's unit: of all values, and of each."""

    turns: list[Turn]
    all: information.Gain
    each: pd.DataFrame


def of(runs: pd.DataFrame, judged: Across, worlds: pd.DataFrame) -> Open | None:
    """Ask the worlds of a comparison; None if they are too few.

    Parameters
    ----------
    runs : as `report.read` returns them
    worlds : a row a world, as `comparison.worlds.read` returns them
    """
    end = at_end(in_units(runs))
    numbers = np.sort(end["replicate"].unique())
    if len(numbers) < LEAST_WORLDS:
        return None
    asked = worlds.iloc[numbers % len(worlds)].reset_index(drop=True)
    values, draws = distinct(asked), asked.groupby(list(asked.columns), sort=False).ngroup().to_numpy()
    if draws.max() + 1 < LEAST_WORLDS:
        return None
    by = {key: end.pivot(index="replicate", columns="scenario", values=key) for key in DECIDING if key in end}
    turns = []
    for pair in judged.pairs:
        for key, table in by.items():
            gap = (table[pair.second] - table[pair.first]).to_numpy(float)
            mine, gap = once(values, gap, draws)
            known = np.isfinite(gap)
            mine, gap = mine[known], gap[known]
            found = turning.influences(mine, gap)
            names = (pair.first, pair.second)
            border = turning.border(mine, gap, names) if gap.any() else turning.NO_BORDER
            turns.append(Turn(pair.first, pair.second, key, found[found["found"]], border))
    outcomes = by[CHOICE][judged.labels].to_numpy(float)
    return Open(turns, information.of_all(outcomes), information.of_each(*once(values, outcomes, draws)))


def distinct(values: pd.DataFrame) -> pd.DataFrame:
    """The values that vary by themselves: of those that are ranked alike in all worlds, as all norms are, the first."""
    return values.loc[:, ~values.rank().T.duplicated()]


def once(values: pd.DataFrame, outcomes: np.ndarray, draws: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Worlds of which each counts once, with the mean of its outcomes: one that is drawn anew tells nothing new.

    Parameters
    ----------
    values : a row a world; outcomes : float (worlds, ...)
    draws : which draw each world is, numbered from 0 as they first come; int (worlds,)
    """
    first = np.unique(draws, return_index=True)[1]
    means = [outcomes[draws == draw].mean(axis=0) for draw in range(first.size)]
    return values.iloc[first].reset_index(drop=True), np.array(means)


def turns_in_words(found: Open | None, about: dict[str, str]) -> list[str]:
    """What could turn the verdict, a sentence a measure; `about` says what each value is."""
    if found is None:
        return [f"Fewer than {LEAST_WORLDS} different worlds do not say."]
    said, none = [], dict[tuple[str, str], list[str]]()
    several = len({(turn.first, turn.second) for turn in found.turns}) > 1
    for turn in found.turns:
        name = QUESTIONS[turn.measure].name
        if turn.values.empty:
            none.setdefault((turn.first, turn.second), []).append(name)
            continue
        keys = turn.values["key"].tolist()[:MOST]
        shares = [f"{about.get(key, key)} ({key}, {100 * share:.0f} % of it)" for key, share in
                  zip(keys, turn.values["share"], strict=False)]  # fmt: skip
        rules = [f"{rule.winner} where {listed(rule.when)} ({100 * rule.share:.0f} % of {rule.places} worlds)"
                 for rule in turn.border.rules if rule.when]  # fmt: skip
        border = f" Ahead is {listed(rules)}." if rules else ""
        which = f", {turn.second} against {turn.first}" if several else ""
        said.append(f"{name}{which}: the difference hangs most on {listed(shares)}.{border}")
    return said + [f"{listed(names)}: no single open value is shown to matter for {second} against {first}."
                   for (first, second), names in none.items()]  # fmt: skip


def first_to_know(found: Open | None, about: dict[str, str], called: str) -> str:
    """What to find out first, in a sentence; called : the currency."""
    if found is None:
        return f"Fewer than {LEAST_WORLDS} different worlds do not say."
    unit = in_currency(QUESTIONS[CHOICE].unit, called)
    told = found.each[found.each["found"] & (found.each["gain"] > 0)].head(MOST)
    everything = f"Knowing every open value before choosing would gain {found.all.gain:.2g} {unit} at most"
    if told.empty:
        return f"{everything}; of no single one is it shown that knowing it would change the choice for the better."
    each = [f"{about.get(row.key, row.key)} ({row.key}): {row.gain:.2g}" for row in told.itertuples()]
    return f"{everything}; worth most is to know {listed(each)}."


def tables(found: Open | None) -> dict[str, Any]:
    """The numbers behind the sentences, by file name."""
    import pandas as pd

    if found is None:
        return {}
    turns = [turn.values.assign(first=turn.first, second=turn.second, measure=turn.measure) for turn in found.turns]
    return {"influences": pd.concat(turns, ignore_index=True), "information": found.each}
