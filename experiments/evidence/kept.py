"""Why mechanisms are kept that change nothing in the ablations: each off in the world in which it is meant to act.

A mechanism may be idle in the calibrated world and in the baseline, which are quiet, and rule another. Each is
switched off in a shipped scenario that has what it acts on, and the measures of a year are compared over paired seeds
as in `ablations`. One that changes nothing there either fails its row: then nothing speaks for its keep.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from experiments.evidence.ablations import ABLATIONS, WHOLE, changed
from experiments.evidence.judging import Row
from experiments.evidence.tries import Numbers
from experiments.paired import Interval

SEEDS = 40
RESTS_ON = ("kept", "ablations", "judging")
# mechanism: scenario, what is set there besides, and what the mechanism acts on there
WORLDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "switches.spaces": ("facilitation", {}, "hosted gatherings and the projects that grow in them"),
    "crowding": ("baseline", {"community.members": 20_000, "community.days": 120}, "a feed too long to read"),
    "introductions": ("facilitation", {}, "a team that introduces members"),
    "crowding out by staff": ("responsive", {}, "a team that answers questions first"),
    "capacity for ties (most)": ("clique_town", {}, "members with many close ties"),
}  # fmt: skip


def lived(seed: int, world: str, changes: dict[str, Any]) -> dict[str, float]:
    """Every measure at the end of a year in a world."""
    from sim.run import run
    from sim.scenario import load

    scenario = load(world, changes)
    return {name: float(x[-1]) for name, x in run(scenario, seed, observe_every=scenario.community.days).series.items()}


CELLS = {}
for _name, (_world, _set, _) in WORLDS.items():
    CELLS[f"{_name}: with"] = partial(lived, world=_world, changes=_set)
    CELLS[f"{_name}: without"] = partial(lived, world=_world, changes={**_set, **ABLATIONS[_name]})


def rows(numbers: Numbers) -> list[Row]:
    """A row for each mechanism, which passes if switching it off changes a measure."""
    found = []
    for name, (world, changes, acts) in WORLDS.items():
        pair = {WHOLE: numbers[f"{name}: with"], name: numbers[f"{name}: without"]}
        moved = changed(pair, name)
        ours = Interval(float(len(moved)), math.nan, math.nan, len(next(iter(pair[name].values()))))
        more = ", ".join(f"{key} {x:,}" for key, x in changes.items())
        note = f"in `{world}`{f' with {more}' * bool(more)} ({acts}): " + (_said(moved) or "nothing")
        found.append(Row(name, "measures changed", "1 or more", "design", ours, (1.0, math.inf), note=note))
    return found


def _said(moved: list) -> str:
    """The most changed measures, from with to without."""
    from experiments.wording import number

    told = [f"{change.figure} {number(change.whole)} to {number(change.without)}" for change in moved[:5]]
    return ", ".join(told) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")


def warm_up() -> None:
    """Compile the model."""
    from experiments.evidence import patterns

    patterns.warm_up()
