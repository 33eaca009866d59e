"""Ablations: each mechanism off, one at a time; which patterns P1-P30 and which measures that changes.

Off is the mechanism's switch or, where it has none, the value of its keys at which it does nothing (or, where the
declared range ends before that, as little as it may). Patterns are of the calibrated world (`patterns.WORLD`);
since its team sends no messages, the measures of a year of the baseline stand beside them. Both have the same seeds
with and without the mechanism, so that the tide and whoever joins are the same. A figure has *changed* if its mean
difference over seeds is so many standard errors from zero that of all the figures chance would bring one so far in
one ablation of thirty; the placebo, the whole model with other seeds, shows whether that is so. A mechanism that
changes nothing fails its row: it is to be removed, or its keep justified.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from experiments.evidence import patterns
from experiments.evidence.judging import Row
from experiments.evidence.tries import Numbers
from experiments.stats.paired import Interval

SEEDS = 12
RESTS_ON = ("ablations", "patterns", "judging")
OFTEN = 1 / 30  # ablations in which chance may change a figure
WHOLE, PLACEBO = "the whole model", "placebo: other seeds"
SWITCHES = ("exchange", "resonance", "stories", "loop", "spaces", "norms", "passion", "friction")
BY_KEYS: dict[str, dict[str, Any]] = {
    "pull of ties on visits and leaving": {"visiting.closeness": 0.0, "leaving.closeness": 0.0},
    "pull of belonging on visits and leaving": {"visiting.belonging": 0.0, "leaving.belonging": 0.0},
    "silence": {"visiting.silence": 0.0},
    "the tide": {"visiting.tide_sd": 0.0},
    "being called": {"visiting.called": 0.0},
    "crowding": {"visiting.crowd": 0.0},
    "encouragement by replies (least)": {"posting.heard_staff": 0.2, "posting.heard_member": 0.2},
    "momentum of writing (least)": {"posting.active": 0.7},
    "memory of partners": {"reading.preference": 0.0},
    "going on with who has just addressed me": {"reading.thread": 1.0},
    "newest first": {"reading.recency": 1.0},
    "similarity": {"reading.similarity": 0.0},
    "introductions": {"reading.introduced": 1.0},
    "crowding out by staff": {"reading.crowding_out": 0.0},
    "capacity for ties (most)": {"ties.slots": 64, "ties.capacity": 30.0},
    "decay of ties (least)": {"ties.half_life": 90.0, "ties.slowing": 10.0},
    "reciprocity": {"ties.reciprocity": 1.0},
    "needs": {"needing.rate": 0.0},
    "library": {"channels.forum.searchable": False},
    "hostility": {"norms.civility.temptation": -12.0},
    "leaving (least)": {"leaving.base": -7.0},
    "the team": {"budget.hours_per_week": 0.0},
}
ABLATIONS: dict[str, dict[str, Any]] = {
    **{f"switches.{name}": {f"switches.{name}": False} for name in SWITCHES}, **BY_KEYS,
}  # fmt: skip


class Change(NamedTuple):
    """What an ablation did to one figure."""

    figure: str
    whole: float
    without: float
    errors: float  # difference in standard errors


def lived(seed: int, changes: dict[str, Any]) -> dict[str, float]:
    """The figures of the calibrated world and the measures of a year of the baseline, at its end."""
    from sim.run import run
    from sim.scenario import load

    told = patterns.simulated(seed, changes)
    found = {target.fact: told[target.fact] for target in patterns.TARGETS}
    scenario = load("baseline", changes)
    series = run(scenario, seed, observe_every=scenario.community.days).series
    return found | {f"measure {name}": float(x[-1]) for name, x in series.items()}


def _placebo(seed: int) -> dict[str, float]:
    return lived(seed + 1, {})


CELLS = {
    WHOLE: partial(lived, changes={}),
    PLACEBO: _placebo,
    **{name: partial(lived, changes=changes) for name, changes in ABLATIONS.items()},
}
warm_up = patterns.warm_up


def changed(numbers: Numbers, name: str) -> list[Change]:
    """The figures that an ablation changed, by more than noise, the most changed first."""
    from scipy.stats import t

    found = []
    for figure, before in numbers[WHOLE].items():
        after = numbers[name].get(figure, np.full(before.size, math.nan))
        told = np.isfinite(before) & np.isfinite(after)
        off, n = (after - before)[told], int(told.sum())
        if n < 3 or not off.any():
            continue
        errors = float(off.mean() / (off.std(ddof=1) / math.sqrt(n) + 1e-300))
        if abs(errors) > t.isf(OFTEN / len(numbers[WHOLE]) / 2, n - 1):
            found.append(Change(figure, float(before[told].mean()), float(after[told].mean()), errors))
    return sorted(found, key=lambda change: -abs(change.errors))


def _bands(numbers: Numbers, name: str) -> dict[str, bool]:
    return patterns.in_band(patterns.judged(numbers[name]))


def said(numbers: Numbers, name: str) -> str:
    """What an ablation changed, in words: patterns that went out of band or came in, and those that moved."""
    before, after = _bands(numbers, WHOLE), _bands(numbers, name)
    by_figure = {target.fact: target.pattern for target in patterns.TARGETS}
    found = changed(numbers, name)
    moved = {by_figure[change.figure] for change in found if change.figure in by_figure}
    order = sorted(moved, key=patterns.NUMBER.__getitem__)
    parts = []
    for word, wanted in (("out", False), ("in", True)):
        flipped = [p for p in order if before[p] != after[p] and after[p] is wanted]
        parts += [f"{word}: {', '.join(flipped)}"] if flipped else []
    inside = [p for p in order if before[p] == after[p]]
    parts += [f"moved: {', '.join(inside)}"] if inside else []
    measures = [change.figure.removeprefix("measure ") for change in found if change.figure.startswith("measure ")]
    parts += [f"measures: {', '.join(measures[:6])}{f' and {len(measures) - 6} more' * (len(measures) > 6)}"
              ] if measures else []  # fmt: skip
    return "; ".join(parts) or "nothing"


def rows(numbers: Numbers) -> list[Row]:
    """A row for each ablation, which passes if it changes a figure; the placebo passes if it changes none."""
    found = []
    for name in [PLACEBO, *ABLATIONS]:
        n = float(len(changed(numbers, name)))
        band = (0.0, 0.0) if name == PLACEBO else (1.0, math.inf)
        ours = Interval(n, math.nan, math.nan, len(next(iter(numbers[name].values()))))
        published = "0 (chance)" if name == PLACEBO else "1 or more"
        found.append(Row(name, "figures changed", published, "design", ours, band, note=said(numbers, name)))
    return found
