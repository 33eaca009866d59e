"""Why mechanisms are kept that change nothing in the ablations: each off in the world in which it is meant to act.

A mechanism may be idle in the calibrated world and in the baseline, which are quiet, and matter in another. Each is
switched off in a shipped scenario that has what it acts on; the one measure that it exists for must move in the
direction that the mechanism claims, over paired seeds. One that does not is not borne out by the model, and says so.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from experiments.evidence.ablations import ABLATIONS
from experiments.evidence.judging import ABOVE_ZERO, BELOW_ZERO, Row
from experiments.evidence.tries import Numbers
from experiments.stats.paired import interval

SEEDS = 40
RESTS_ON = ("kept", "ablations", "judging")


class World(NamedTuple):
    """Where a mechanism is meant to act: scenario, settings, what is off, and the measure it must move, whither."""

    scenario: str
    changes: dict[str, Any]
    off: dict[str, Any]
    measure: str
    band: tuple[float, float]
    acts: str


WORLDS = {
    "switches.spaces": World(
        "facilitation", {}, ABLATIONS["switches.spaces"], "created", BELOW_ZERO, "projects of groups"
    ),
    "crowding": World(
        "baseline", {"community.members": 20_000, "community.days": 120}, ABLATIONS["crowding"], "visits", ABOVE_ZERO,
        "a feed too long to read",
    ),
    # all of it: an introduction whose weight alone is off still puts two members before each other's eyes
    "introductions": World(
        "facilitation", {}, {"strategy.hours.connect": 0.0}, "intimacy", BELOW_ZERO, "a team that introduces members"
    ),
    "crowding out by staff": World(
        "responsive", {}, ABLATIONS["crowding out by staff"], "solved_members", ABOVE_ZERO, "a team that answers first"
    ),
    "capacity for ties (most)": World(
        "clique_town", {}, ABLATIONS["capacity for ties (most)"], "intimacy", ABOVE_ZERO, "members with many close ties"
    ),
}  # fmt: skip


def lived(seed: int, world: World, changes: dict[str, Any]) -> dict[str, float]:
    """The measure of a world at its end."""
    from sim.run import run
    from sim.scenario import load

    scenario = load(world.scenario, {**world.changes, **changes})
    return {world.measure: float(run(scenario, seed, observe_every=scenario.community.days).series[world.measure][-1])}


CELLS = {
    **{f"{name}: on": partial(lived, world=world, changes={}) for name, world in WORLDS.items()},
    **{f"{name}: off": partial(lived, world=world, changes=world.off) for name, world in WORLDS.items()},
}


def rows(numbers: Numbers) -> list[Row]:
    """A row for each mechanism: what switching it off does to its measure."""
    found = []
    for name, world in WORLDS.items():
        on, off = (numbers[f"{name}: {state}"][world.measure] for state in ("on", "off"))
        more = ", ".join(f"{key} {x:,}" for key, x in world.changes.items())
        about = f"{world.measure} in {world.scenario}{f' with {more}' * bool(more)}, off less on"
        claimed = "above 0" if world.band == ABOVE_ZERO else "below 0"
        note = f"{world.acts}; with it {on.mean():.4g}"
        found.append(Row(name, about, claimed, "design", interval(off - on), world.band, whole=True, note=note))
    return found


def warm_up() -> None:
    """Compile the model."""
    from experiments.evidence import patterns

    patterns.warm_up()
