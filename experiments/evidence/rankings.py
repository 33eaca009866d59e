"""Ren & Kraut's orderings RK1-RK4, asked of our own model over paired seeds.

The published model is not rebuilt (its equations are not public as a whole); what is asked is whether its orderings
hold in ours. Moderation there is none, community-level (off-topic messages are deleted) or personalised (readers are
shown what fits them). Here: *community*: the team removes off-topic openings, always and without error, with the hours
it takes; *personal*: similarity weighs in what is read as much as the model allows; *none*: neither. Broad: twice the
topics, and loud: members readier to write, on top.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from experiments.evidence.judging import Numbers, Row, judge
from experiments.evidence.trials import at_end
from sim.scenario import BASELINE

# 300 days as there; a team that does nothing else, so that the arms differ in moderation alone; so many members that
# there is something to moderate: five openings a day or more
WORLD: dict[str, Any] = {"community.days": 300, "community.members": 4000, "strategy.hours": {}}
USUAL_VOICE = BASELINE["members"]["voice_mean"]["value"]
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
    "loud": {"members.voice_mean": USUAL_VOICE + 1.0},
}


def moderate(setting: str, seed: int) -> dict[str, float]:
    """All arms in one setting: contributions a day, visits a member, and mean strength of mutual ties."""
    numbers = {}
    for arm, changes in ARMS.items():
        end = at_end("baseline", {**WORLD, **SETTINGS[setting], **changes}, seed)
        numbers[f"{arm}_posts"] = (end["posts"] + end["responses"]) / WORLD["community.days"]
        numbers[f"{arm}_visits"] = end["visits"] / (end["members"] + end["left"])
        numbers[f"{arm}_tie"] = end["dyad"]
        if arm == "none":
            numbers["openings"] = end["posts"] / WORLD["community.days"]
        if arm == "community":
            numbers["removed"] = end["sanctions"]
    return numbers


CELLS = {name: partial(moderate, name) for name in SETTINGS}


def rows(cells: dict[str, Numbers]) -> list[Row]:
    """All rows of the part; gains are shares of what is written without moderation, as a loud community has more."""
    gains = {f"{name}_gain": x["personal_posts"] / x["none_posts"] - 1 for name, x in cells.items()}
    return judge("orderings", cells["usual"]) + judge("settings", cells["usual"] | gains)
