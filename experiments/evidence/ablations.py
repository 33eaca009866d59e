"""Ablations: each mechanism off, one at a time; which patterns P1-P30 and which measures that changes.

What a scenario says with a mechanism off stands in `ablations.toml`. Patterns are of the calibrated world; since its
team sends no messages, the measures of a year of the baseline stand beside them. Both have the same seeds with and
without the mechanism, so that the tide and whoever joins are the same. A figure has *changed* if its mean difference
over seeds is so many standard errors from zero that of all the figures chance would bring one so far in one ablation of
thirty; the placebo, the whole model with other seeds, shows whether that is so. A mechanism that changes nothing fails
its row: it is to be removed, or its keep justified.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.evidence import patterns
from experiments.evidence.judging import Numbers, Row
from experiments.evidence.trials import at_end
from experiments.stats.paired import Interval, chance_of_none

OFTEN = 1 / 30  # ablations in which chance may change a figure
MOST_NAMED = 6  # measures that a note names
WHOLE, PLACEBO = "the whole model", "placebo: other seeds"
SETTINGS = tomllib.loads(Path(__file__).with_name("ablations.toml").read_text(encoding="utf-8"))
ABLATIONS: dict[str, dict[str, Any]] = SETTINGS["off"]


class Change(NamedTuple):
    """What an ablation did to one figure."""

    chance: float  # that the seeds alone bring it, two-sided
    figure: str
    whole: float
    without: float


def cells(simulate: Callable[[dict[str, Any], int], dict[str, float]]) -> dict[str, Callable]:
    """The whole model, the placebo and each ablation, by a function of dotted keys and a seed."""
    return {
        WHOLE: partial(simulate, {}),
        PLACEBO: lambda seed: simulate({}, seed + 1),
        **{name: partial(simulate, changes) for name, changes in ABLATIONS.items()},
    }


def simulate(changes: dict[str, Any], seed: int) -> dict[str, float]:
    """The figures of the calibrated world and the measures of a year of the baseline, at its end."""
    figures = patterns.simulated(seed, changes)
    measures = {f"measure {name}": x for name, x in at_end("baseline", changes, seed).items()}
    return {target.fact: figures[target.fact] for target in patterns.TARGETS} | measures


CELLS = cells(simulate)


def changed(cells: dict[str, Numbers], name: str) -> list[Change]:
    """The figures that an ablation changed, by more than noise, the most surely changed first."""
    changes = []
    for figure, before in cells[WHOLE].items():
        after = cells[name].get(figure, np.full(before.size, math.nan))
        known, chance = np.isfinite(after - before), chance_of_none(after - before)
        if known.sum() > 2 and chance < OFTEN / len(cells[WHOLE]):
            changes.append(Change(chance, figure, float(before[known].mean()), float(after[known].mean())))
    return sorted(changes, key=lambda change: change.chance)


def rows_of(cells: dict[str, Numbers], describe: Callable[[str, list[Change]], str]) -> list[Row]:
    """A row for each ablation, which passes if it changes a figure; the placebo passes if it changes none.

    Parameters
    ----------
    cells : figures by cell and name, float64 (n_seeds,)
    describe : what an ablation changed, in words
    """
    rows = []
    for name in [PLACEBO, *ABLATIONS]:
        changes = changed(cells, name)
        published, band = ("0 (chance)", (0.0, 0.0)) if name == PLACEBO else ("1 or more", (1.0, math.inf))
        ours = Interval(float(len(changes)), math.nan, math.nan, len(next(iter(cells[name].values()))))
        note = describe(name, changes) or "nothing"
        rows.append(Row(name, "figures changed", published, "design", ours, band, note=note))
    return rows


def rows(cells: dict[str, Numbers]) -> list[Row]:
    """All rows of the part; a note names the patterns that went out of band or came in, and what moved."""
    by_figure = {target.fact: target.pattern for target in patterns.TARGETS}
    verdicts = {name: patterns.in_band(patterns.judged(numbers)) for name, numbers in cells.items()}

    def describe(name: str, changes: list[Change]) -> str:
        before, after = verdicts[WHOLE], verdicts[name]
        moved = {by_figure[change.figure] for change in changes if change.figure in by_figure}
        words: dict[str, list[str]] = {"out": [], "in": [], "moved": []}
        for pattern in sorted(moved, key=patterns.NUMBER.__getitem__):
            words["moved" if before[pattern] == after[pattern] else "in" if after[pattern] else "out"].append(pattern)
        measures = [change.figure.removeprefix("measure ") for change in changes if change.figure not in by_figure]
        more = f" and {len(measures) - MOST_NAMED} more" if len(measures) > MOST_NAMED else ""
        words["measures"] = measures[:MOST_NAMED]
        return "; ".join(f"{word}: {', '.join(names)}" for word, names in words.items() if names) + more

    return rows_of(cells, describe)
