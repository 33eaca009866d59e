"""What makes a lead: the same two communities with one kind of work taken out, on paired seeds.

The hours of what is taken out go to the rest of the work, on both sides, so that budget and wages stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from studio.setup import BROADCASTING, HOURS, NAMES, SLIDER, Setup, Value
from studio.spread import Plans, Runs, short, sides

HALF = 0.5  # of a lead: what must go with a cause, and what may go with something that is none
WORK: dict[str, tuple[str, ...]] = {  # activities, by the name that a reader sees
    "messages": BROADCASTING,
    "gatherings": ("host",),
    "thanks in public": ("recognise",),
    "introductions": ("connect",),
    "welcomes": ("welcome",),
    "answers": ("answer",),
    "moderation": ("moderate",),
    "listening": ("listen",),
    "changes": ("act",),
}
AS_IT_IS = "as it is"


def without(setup: Setup, activities: Sequence[str]) -> Setup:
    """The state with the hours of `activities` given to the rest of the work, in proportion, on both sides.

    Where a side does nothing else, its hours are idle. What was moved by hand stays, but for these hours.
    """
    made: dict[str, Any] = {}
    for name in NAMES:
        hours = setup.scenario(name).strategy.hours
        rest = sum(share for activity, share in hours.items() if activity not in activities)
        more = sum(hours.values()) / rest if rest else 0.0
        given = {HOURS + key: 0.0 if key in activities else share * more for key, share in hours.items()}
        side = getattr(setup, name)
        made[name] = side.model_copy(update={"values": {**_no_slider(side.values), **given}})
    taken = {HOURS + activity for activity in activities}
    for kind in ("moves", "events"):
        made[kind] = [move for move in getattr(setup, kind) if move.key not in taken]
    return setup.model_copy(update=made)


def _no_slider(values: dict[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in values.items() if key != SLIDER}


def with_values(setup: Setup, values: dict[str, Value]) -> Setup:
    """The state with the same values set on both sides."""
    changed = {name: getattr(setup, name) for name in NAMES}
    return setup.model_copy(
        update={name: side.model_copy(update={"values": {**side.values, **values}}) for name, side in changed.items()}
    )


def worked(setup: Setup) -> dict[str, tuple[str, ...]]:
    """The kinds of work in which a side spends hours as it starts."""
    spent = {key for name in NAMES for key, share in setup.scenario(name).strategy.hours.items() if share > 0}
    return {label: of for label, of in WORK.items() if spent & set(of)}


def plans(setup: Setup) -> Plans:
    """Both sides of a state as it is, and without each kind of work; labels are `side, what is taken out`."""
    settings = {AS_IT_IS: setup} | {label: without(setup, of) for label, of in worked(setup).items()}
    return {f"{name}, {label}": plan for label, one in settings.items() for name, plan in sides(one).items()}


def leads(runs: Runs, measures: Sequence[str]) -> dict[str, Any]:
    """What B has more than A of each measure at the end, pair by pair, as it is and with each kind of work taken out.

    Parameters
    ----------
    runs : of `plans`
    measures : those that a run does not have are left out

    Returns
    -------
    `seeds`, and `measures`: by measure `lead`, a number a pair, and `out`: by kind of work the same without it
    """
    labels = [label.partition(", ")[2] for label in runs if label.startswith("A, ")]
    found: dict[str, Any] = {}
    for measure in measures:
        if any(measure not in run for each in runs.values() for run in each):
            continue
        ends = {label: np.array([run[measure][-1] for run in each]) for label, each in runs.items()}
        gap = {label: short((ends[f"B, {label}"] - ends[f"A, {label}"]).tolist()) for label in labels}
        found[measure] = {"lead": gap.pop(AS_IT_IS), "out": gap}
    return {"seeds": len(next(iter(runs.values()))), "measures": found}
