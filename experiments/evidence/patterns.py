"""P1-P30: a simulated community beside two real ones, by the same code for the facts of both.

The world is `scenarios/edgeryders.toml`; its log is put through `sim.patterns`, with staff known, as the log of
Edgeryders was (ER). Matera 2019 (MT) was held out of every choice: its published figures stand beside, nothing was
fitted to them. Targets and bands are those of the ODD, 1.2; a pattern is in band if the mean over seeds of each of its
figures is. Where the ODD says a band in words, it is made a number in `TARGETS` and said in the row's note.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from experiments.evidence.judging import Row
from experiments.evidence.tries import Numbers
from experiments.stats.paired import interval

SEEDS = 12
RESTS_ON = ("patterns", "judging")
WORLD = "edgeryders"
SOURCE = "logs of Edgeryders and Matera 2019 (A. Cottica, open data); ODD, 1.2"
NUMBER = {f"P{k}": k for k in range(1, 31)}
MOST = math.inf
GRID = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, 500, 1000)  # where curves of counts are kept
HOURS = (0.25, 0.5, 1, 2, 4, 8, 12, 24, 48, 72, 120, 240)  # where the curve of first replies is kept


class Target(NamedTuple):
    """A figure of a pattern: what it was in the two logs, and between which numbers the simulated one must lie."""

    pattern: str
    fact: str  # a name of `sim.patterns`, or of `derived`
    er: float
    mt: float  # NaN: not published
    low: float
    high: float
    note: str = ""


NONE = math.nan
UNPUBLISHED = "no band is published: the pair widened by a quarter"
TARGETS = (
    Target("P1", "contributed", 0.27, 0.37, 0.20, 0.45),
    Target("P2", "gini", 0.75, 0.58, 0.50, 0.82),
    Target("P3", "gini_registered", 0.93, 0.85, 0.80, 0.96),
    Target("P4", "top_1", 0.25, 0.11, 0.10, 0.30),
    Target("P4", "top_10", 0.65, 0.46, 0.45, 0.70),
    Target("P4", "top_20", 0.80, 0.63, 0.60, 0.85),
    Target("P5", "once", 0.29, 0.24, 0.20, 0.45),
    Target("P5", "median_contributions", 3, 3, 2, 4),
    Target("P6", "exponent", 1.53, 1.57, 1.4, 1.8),
    Target("P6", "tail_exponent", 2.15, 2.03, 1.9, 2.6),
    Target("P7", "weekly_of_registered", 0.014, 0.013, 0.010, 0.03),
    Target("P7", "weekly_of_contributors", 0.067, 0.035, 0.03, 0.10),
    Target("P8", "weekly_variation", 0.71, 1.73, 0.5, 2.0),
    Target("P9", "per_active_week_mean", 3.0, 2.1, 1.8, 3.5),
    Target("P10", "monthly_retention", 0.42, 0.30, 0.25, 0.50),
    Target("P10", "monthly_newcomers", 0.37, 0.46, 0.30, 0.55),
    Target("P11", "lifespan_1", 0.68, 0.70, 0.60, 0.78, "band: .08 beyond the pair"),
    Target("P11", "lifespan_7", 0.54, 0.55, 0.46, 0.63, "band: .08 beyond the pair"),
    Target("P11", "lifespan_30", 0.44, 0.41, 0.33, 0.52, "band: .08 beyond the pair"),
    Target("P11", "lifespan_90", 0.32, 0.24, 0.16, 0.40, "band: .08 beyond the pair"),
    Target("P11", "lifespan_180", 0.24, 0.13, 0.05, 0.32, "band: .08 beyond the pair"),
    Target("P11", "lifespan_365", 0.16, 0.07, 0.0, 0.24, "band: .08 beyond the pair"),
    Target("P12", "replied", 0.66, 0.70, 0.55, 0.80),
    Target("P12", "replied_24h", 0.45, 0.47, 0.35, 0.60),
    Target("P13", "reply_hours", 8.6, 13.6, 4, 20),
    Target("P14", "first_reply_staff", 0.69, 0.83, 0.4, 0.8, "band of a facilitated site; MT is outside it"),
    Target("P14", "staff_share", 0.55, 0.58, 0.4, 0.8, "band of a facilitated site"),
    Target("P15", "newcomer_replied", 0.70, 0.58, 0.50, 0.80),
    Target("P16", "again_odds_ratio", 2.7, 1.6, 1.3, 3.0),
    Target("P17", "member_less_staff", 0.24, 0.10, 0.0, 1.0, "`member >= staff`: difference, replies by members only "
           "less by staff only"),
    Target("P18", "edge_reciprocity_members", 0.29, 0.27, 0.20, 0.40),
    Target("P18", "mutual_members", 0.17, 0.15, 0.12, 0.25),
    Target("P19", "one_exchange", 0.67, 0.59, 0.55, 0.75),
    Target("P19", "exchanges_5", 0.07, 0.06, 0.04, 0.10),
    Target("P19", "exchanges_10", 0.016, 0.010, 0.005, 0.03),
    Target("P19", "exchanges_20", 0.002, 0.0, 0.0, 0.01),
    Target("P20", "ladder_1", 0.24, 0.31, 0.14, 0.41, "band: .10 beyond the pair"),
    Target("P20", "ladder_2", 0.40, 0.37, 0.27, 0.50, "band: .10 beyond the pair"),
    Target("P20", "ladder_3", 0.50, 0.48, 0.38, 0.60, "band: .10 beyond the pair"),
    Target("P20", "ladder_5", 0.61, 0.62, 0.51, 0.72, "band: .10 beyond the pair"),
    Target("P20", "ladder_8", 0.74, NONE, 0.64, 0.84, "band: .10 beyond ER"),
    Target("P21", "staff_less_member_1", 0.20, 0.11, 0.0, 1.0, "above P20: difference after one contact day"),
    Target("P21", "staff_less_member_2", 0.16, 0.12, 0.0, 1.0, "above P20: difference after two contact days"),
    Target("P22", "per_doubling", 0.57, 0.51, 0.35, 0.65, "factor per doubling of silence from 7 to 60 days: a half, "
           "+-30 %"),
    Target("P23", "flow_members_members", 0.20, 0.18, 0.14, 0.25, UNPUBLISHED),
    Target("P23", "flow_members_staff", 0.26, 0.19, 0.14, 0.33, UNPUBLISHED),
    Target("P23", "flow_staff_members", 0.27, 0.41, 0.20, 0.51, UNPUBLISHED),
    Target("P23", "flow_staff_staff", 0.27, 0.23, 0.17, 0.34, UNPUBLISHED),
    Target("P24", "addressed_mean", 2.7, 1.8, 1.5, 3.5),
    Target("P25", "to_top_1", 0.28, 0.32, 0.2, 0.4),
    Target("P25", "to_top_5", 0.67, 0.72, 0.55, 0.80),
    Target("P25", "effective_partners", 8.8, 7.5, 5, 12),
    Target("P26", "burstiness", 0.46, 0.40, 0.30, 0.55),
    Target("P27", "giant_members", 0.69, 0.70, 0.5, 0.9),
    Target("P27", "transitivity_members", 0.17, 0.07, 0.05, 0.25),
    Target("P28", "stays_none", 0.24, 0.31, 0.2, 0.4),
    Target("P28", "stays_more", 0.86, 0.67, 0.6, 0.9),
    Target("P28", "ladder_of_stays", 0.15, 0.10, 0.0, 1.0, "monotone: least step between none, staff only, one, more"),
    Target("P29", "least_jump", 8.6, 25.0, 5.0, MOST, "least of staff, member, both, over no comment"),
    Target("P30", "comment_less_none", 0.10, 0.10, 0.0, 1.0, "ordering: the lesser of staff and member, less none"),
    Target("P30", "both_less_either", 0.11, 0.0, 0.0, 1.0, "ordering: both, less the greater of staff and member"),
)  # fmt: skip


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
    from sim.patterns import patterns

    told = patterns(log, resamples=0)
    fact = {name: one.value for name, one in told.facts.items() if one.pattern}
    found = fact | derived(fact) | {"accounts": float(told.accounts), "events": float(told.events)}
    for name in ("contributions", "exchanges"):
        curve = told.curves[name]
        for x in GRID:
            above = curve.y[curve.x >= x]
            found[f"{name}@{x}"] = float(above[0]) if above.size else 0.0
    for name in ("survival", "ladder", "silence"):
        curve = told.curves[name]
        found |= {f"{name}@{x:g}": float(y) for x, y in zip(curve.x, curve.y, strict=True)}
    replies = told.curves["reply_hours"]
    found |= {f"reply_hours@{x:g}": float((replies.x <= x).sum() / max(replies.n[0], 1)) if replies.x.size else 0.0
              for x in HOURS}  # fmt: skip
    return found


def simulated(seed: int, changes: dict[str, Any] | None = None, world: str = WORLD) -> dict[str, float]:
    """The figures of one simulated community; `changes`: dotted keys laid over the world."""
    from sim.run import run
    from sim.scenario import load

    scenario = load(world, changes)
    return figures(run(scenario, seed, observe_every=scenario.community.days, log=True).events)


CELLS = {WORLD: simulated}


def warm_up() -> None:
    """Compile the model."""
    from sim.run import run
    from sim.scenario import load

    run(load(WORLD, {"community.days": 3}), 0, log=True)


def judged(numbers: dict[str, np.ndarray]) -> list[Row]:
    """A row for each figure; a figure that a seed does not tell is left out of the mean, one that none tells fails."""
    rows = []
    for t in TARGETS:
        published = f"ER {t.er:g}" + ("" if math.isnan(t.mt) else f"; MT {t.mt:g}")
        ours = interval(np.asarray(numbers.get(t.fact, [])))
        rows.append(Row(t.pattern, t.fact, published, SOURCE, ours, (t.low, t.high), note=t.note))
    return rows


def rows(numbers: Numbers) -> list[Row]:
    """All rows of the part."""
    return judged(numbers[WORLD])


def in_band(found: list[Row]) -> dict[str, bool]:
    """By pattern, whether all its figures are in band."""
    return {pattern: all(row.passed for row in found if row.id == pattern) for pattern in NUMBER}


def more(numbers: Numbers) -> dict[str, Any]:
    """How many patterns are in band, and the curves as means with intervals over seeds, for the page."""
    spans = {name: interval(x) for name, x in numbers[WORLD].items() if "@" in name}
    told = {name: [s.mean, s.low, s.high] for name, s in spans.items()}
    kept = {name: three for name, three in told.items() if all(map(math.isfinite, three))}
    verdicts = in_band(rows(numbers))
    return {
        "patterns_in_band": sum(verdicts.values()), "out_of_band": [p for p, good in verdicts.items() if not good],
        "curves": kept,
    }  # fmt: skip
