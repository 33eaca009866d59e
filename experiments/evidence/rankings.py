"""Ren & Kraut's orderings RK1-RK4, asked of our own model over paired seeds.

The published model is not rebuilt (its equations are not public as a whole); what is asked is whether its orderings
hold in ours. Moderation there is none, community-level (off-topic messages are deleted) or personalised (readers are
shown what fits them). Here: *community*: the team removes off-topic openings, always and without error, with the hours
it takes; *personal*: similarity weighs in what is read as much as the model allows; *none*: neither. Broad: twice the
topics, and loud: members readier to write, on top.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from experiments.evidence.judging import ABOVE_ZERO, BELOW_ZERO, Row, ratio
from experiments.evidence.tries import Numbers
from experiments.stats.paired import interval

SEEDS = 60
RESTS_ON = ("rankings", "judging")
SOURCE = "Ren & Kraut 2014, Human-Computer Interaction 29 (draft)"
# 300 days as there; a team that does nothing else, so that the arms differ in moderation alone
WORLD: dict[str, Any] = {"community.days": 300, "strategy.hours": {}}
ARMS: dict[str, dict[str, Any]] = {
    "none": {},
    "community": {
        "strategy.hours": {"moderate": 1.0}, "strategy.strictness": 1.0, "keeping.false_positive": 0.0,
        "norms.on_topic.tolerance": 0.0,
    },
    "personal": {"reading.similarity": 1.5},
}  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {
    "usual": {},
    "broad": {"community.topics": 16},
    "loud": {"members.voice_mean": -5.2},
}


def moderated(setting: str, seed: int) -> dict[str, float]:
    """All arms in one setting: contributions a day, visits a member, and mean strength of mutual ties."""
    from sim.run import run
    from sim.scenario import load

    found = {}
    for arm, changes in ARMS.items():
        series = run(load("baseline", {**WORLD, **SETTINGS[setting], **changes}), seed, observe_every=300).series
        members = series["members"][-1] + series["left"][-1]
        found[f"{arm}_posts"] = (series["posts"][-1] + series["responses"][-1]) / 300
        found[f"{arm}_visits"] = series["visits"][-1] / members
        found[f"{arm}_tie"] = series["dyad"][-1]
    return found


CELLS: dict[str, Callable[[int], dict[str, float]]] = {name: partial(moderated, name) for name in SETTINGS}


def warm_up() -> None:
    """Compile the model."""
    from experiments.runs import tasks
    from sim.scenario import load

    tasks.warm_up(load("baseline"))


def orderings(usual: dict[str, np.ndarray]) -> list[Row]:
    """RK1 and RK4, which need the usual setting alone."""

    def less(one: str, other: str, what: str) -> Any:
        return interval(usual[f"{one}_{what}"] - usual[f"{other}_{what}"])

    return [
        Row("RK1a", "contributions a day, personal / none", "1.36", SOURCE,
            ratio(usual["personal_posts"], usual["none_posts"]), (1.15, 1.6)),
        Row("RK1b", "contributions a day, personal less none", "above 0", SOURCE, less("personal", "none", "posts"),
            ABOVE_ZERO, whole=True),
        Row("RK1c", "contributions a day, none less community", "0 or more", SOURCE, less("none", "community", "posts"),
            ABOVE_ZERO),
        Row("RK4", "mean strength of mutual ties, community less none", "below 0", SOURCE,
            less("community", "none", "tie"), BELOW_ZERO, whole=True),
    ]  # fmt: skip


def rows(numbers: Numbers) -> list[Row]:
    """All rows of the part."""
    usual = numbers["usual"]
    found = orderings(usual)
    for id, arm in (("RK2a", "personal"), ("RK2b", "community")):
        more = interval(usual[f"{arm}_visits"] - usual["none_visits"])
        found.append(Row(id, f"visits a member, {arm} less none", "above 0", SOURCE, more, ABOVE_ZERO, whole=True))
    for id, setting in (("RK3a", "broad"), ("RK3b", "loud")):
        there = numbers[setting]
        # As shares of none, since a loud community has more of everything
        gaps = [x["personal_posts"] / x["none_posts"] - 1 for x in (there, usual)]
        about = f"gain of contributions by personal moderation (share), {setting} less usual"
        more = interval(gaps[0] - gaps[1])
        found.append(Row(id, about, "above 0", SOURCE, more, ABOVE_ZERO, whole=True))
    return found
