"""P1-P30: a simulated community beside two real ones, by the same code for the facts of both.

The world is `scenarios/edgeryders.toml`; its log is put through `sim.logs.patterns`, with staff known, as the log of
Edgeryders was (ER). Matera 2019 (MT) was held out of every choice: its published figures stand beside, nothing was
fitted to them. Targets and bands are those of the ODD, 1.2; a pattern is in band if the mean over seeds of each of its
figures is. Where the ODD says a band in words, it is a number in `targets.toml`, and the row's note says so.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from experiments.evidence.judging import TARGETS as TABLES
from experiments.evidence.judging import Numbers, Row
from experiments.stats.paired import interval

WORLD = "edgeryders"
NUMBER = {f"P{k}": k for k in range(1, 31)}
GRID = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, 500, 1000)  # where curves of counts are kept
HOURS = (0.25, 0.5, 1, 2, 4, 8, 12, 24, 48, 72, 120, 240)  # where the curve of first replies is kept


class Target(NamedTuple):
    """A figure of a pattern: what it was in the two logs, and between which numbers the simulated one must lie."""

    pattern: str
    fact: str  # a name of `sim.logs.patterns`, or of `derived`
    er: float
    band: tuple[float, float]
    mt: float = math.nan  # not published
    note: str = ""


TARGETS = tuple(Target(**row | {"band": tuple(row["band"])}) for row in TABLES["patterns"]["rows"])


def derived(fact: dict[str, float]) -> dict[str, float]:
    """The figures that a pattern makes of several facts, by name; NaN where one of them is unknown."""
    stays = [fact[f"stays_{name}"] for name in ("none", "staff_only", "one", "more")]
    idle = [fact[f"idle_{name}"] for name in ("staff", "member", "both")]
    either = (fact["active_staff"], fact["active_member"])
    week, months = fact["silence_7"], fact["silence_60"]
    return {
        "member_less_staff": fact["again_member_only"] - fact["again_staff_only"],
        "staff_less_member_1": fact["ladder_staff_1"] - fact["ladder_1"],
        "staff_less_member_2": fact["ladder_staff_2"] - fact["ladder_2"],
        "per_doubling": (months / week) ** (1 / math.log2(60 / 7)) if week > 0 and months > 0 else math.nan,
        "ladder_of_stays": float(np.min(np.diff(stays))),
        "least_jump": float(np.min(idle)) / fact["idle_alone"] if fact["idle_alone"] > 0 else math.nan,
        "comment_less_none": float(np.min(either)) - fact["active_alone"],
        "both_less_either": fact["active_both"] - float(np.max(either)),
    }


def figures(log: Any) -> dict[str, float]:
    """All figures of a log, real or simulated: facts of a pattern, what is derived, and points of curves."""
    from sim.logs.patterns import patterns

    summary = patterns(log, resamples=0)
    facts = {name: fact.value for name, fact in summary.facts.items() if fact.pattern}
    facts |= derived(facts) | {"accounts": float(summary.accounts), "events": float(summary.events)}
    for name in ("contributions", "exchanges"):
        curve = summary.curves[name]
        facts |= {f"{name}@{x}": float(max(curve.y[curve.x >= x], default=0.0)) for x in GRID}
    for name in ("survival", "ladder", "silence"):
        curve = summary.curves[name]
        facts |= {f"{name}@{x:g}": float(y) for x, y in zip(curve.x, curve.y, strict=True)}
    replies = summary.curves["reply_hours"]
    openings = max(replies.n[0], 1) if replies.x.size else 1
    return facts | {f"reply_hours@{x:g}": float((replies.x <= x).sum() / openings) for x in HOURS}


def simulated(seed: int, changes: dict[str, Any] | None = None) -> dict[str, float]:
    """The figures of one simulated community; `changes`: dotted keys laid over the world."""
    from sim.run import run
    from sim.scenario import load

    scenario = load(WORLD, changes)
    return figures(run(scenario, seed, observe_every=scenario.community.days, log=True).events)


CELLS = {WORLD: simulated}


def judged(numbers: Numbers) -> list[Row]:
    """A row for each figure; a figure that a seed does not give is left out of the mean, one that none gives fails."""
    rows = []
    for t in TARGETS:
        published = f"ER {t.er:g}" + ("" if math.isnan(t.mt) else f"; MT {t.mt:g}")
        ours = interval(np.asarray(numbers.get(t.fact, [])))
        rows.append(Row(t.pattern, t.fact, published, TABLES["patterns"]["source"], ours, t.band, note=t.note))
    return rows


def rows(cells: dict[str, Numbers]) -> list[Row]:
    """All rows of the part."""
    return judged(cells[WORLD])


def in_band(rows: list[Row]) -> dict[str, bool]:
    """By pattern, whether all its figures are in band."""
    return {pattern: all(row.passed for row in rows if row.id == pattern) for pattern in NUMBER}


def more(cells: dict[str, Numbers]) -> dict[str, Any]:
    """How many patterns are in band, and the curves as means with intervals over seeds, for the page."""
    curves = {name: interval(x) for name, x in cells[WORLD].items() if "@" in name}
    verdicts = in_band(rows(cells))
    return {
        "patterns_in_band": sum(verdicts.values()),
        "out_of_band": [pattern for pattern, passed in verdicts.items() if not passed],
        "curves": {name: [x.mean, x.low, x.high] for name, x in curves.items() if math.isfinite(x.mean + x.half)},
    }
