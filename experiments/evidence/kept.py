"""Why mechanisms are kept that change nothing in the ablations: each off in the world in which it is meant to act.

A mechanism may be idle in the calibrated world and in the baseline, which are quiet, and matter in another. Each is
switched off in a shipped scenario that has what it acts on (`ablations.toml`); the one measure that it exists for must
move in the direction that the mechanism claims, over paired seeds. One that does not is not borne out by the model, and
says so.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from experiments.evidence.ablations import ABLATIONS, SETTINGS
from experiments.evidence.judging import ABOVE_ZERO, BELOW_ZERO, Numbers, Row
from experiments.evidence.trials import at_end
from experiments.stats.paired import interval

WORLDS: dict[str, dict[str, Any]] = SETTINGS["worlds"]


def simulate(name: str, state: str, seed: int) -> dict[str, float]:
    """The measure of a mechanism's world at its end, with the mechanism on or off."""
    world = WORLDS[name]
    off = world.get("off", ABLATIONS[name]) if state == "off" else {}
    return {world["measure"]: at_end(world["scenario"], world.get("settings", {}) | off, seed)[world["measure"]]}


CELLS = {f"{name}: {state}": partial(simulate, name, state) for state in ("on", "off") for name in WORLDS}


def rows(cells: dict[str, Numbers]) -> list[Row]:
    """A row for each mechanism: what switching it off does to its measure."""
    rows = []
    for name, world in WORLDS.items():
        on, off = (cells[f"{name}: {state}"][world["measure"]] for state in ("on", "off"))
        settings = ", ".join(f"{key} {x:,}" for key, x in world.get("settings", {}).items())
        about = f"{world['measure']} in {world['scenario']}{f' with {settings}' if settings else ''}, off less on"
        claimed, band = ("above 0", ABOVE_ZERO) if world["without_it"] == "rises" else ("below 0", BELOW_ZERO)
        note = f"{world['acts']}; with it {on.mean():.4g}"
        rows.append(Row(name, about, claimed, "design", interval(off - on), band, whole=True, note=note))
    return rows
