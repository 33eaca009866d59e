"""Strategy and world are two choices: which there are, and what a new choice does to what was set by hand.

The strategy is what the team does: hours, style, people. The world is all the rest: members, channels, the budget.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sim.scenario import Scenario, ScenarioError, shipped
from studio.setup import NAMES, SLIDER, Name, Setup, Side, plain

USUAL = "baseline"
STRATEGY = ("strategy.", "team.")  # the keys of what the team does


def of_strategy(key: str) -> bool:
    """Whether a key says what the team does."""
    return key == SLIDER or key.startswith(STRATEGY)


def split(name: str) -> tuple[str, str]:
    """The strategy and the world of a scenario's name."""
    strategy, _, world = name.partition("@")
    return strategy, world or strategy


def joined(strategy: str, world: str) -> str:
    """The name of a strategy in a world."""
    return strategy if strategy == world else f"{strategy}@{world}"


def _led(scenario: Scenario) -> Any:
    whole = scenario.resolved()
    return whole["strategy"], whole["team"]


def _lived(scenario: Scenario) -> Any:
    whole = scenario.resolved()
    return {key: item for key, item in whole.items() if key not in ("strategy", "team", "name", "question")}


@lru_cache
def strategies() -> list[str]:
    """Shipped scenarios whose team does something that no other's does, those of the usual world first."""
    usual = _lived(plain(USUAL))
    names = sorted(shipped(), key=lambda name: _lived(plain(name)) != usual)
    return _unlike(names, _led)


@lru_cache
def worlds() -> list[str]:
    """Shipped scenarios whose community is like no other's, the usual one first."""
    return _unlike(shipped(), _lived)


def _unlike(names: list[str], part: Any) -> list[str]:
    found: list[tuple[str, Any]] = []
    for name in names:
        it = part(plain(name))
        if all(it != other for _, other in found):
            found.append((name, it))
    return [name for name, _ in found]


def listed() -> dict[str, Any]:
    """Both lists as the page gets them: hours are hours a week in the usual world."""
    usual = plain(USUAL).budget.hours_per_week
    return {
        "strategies": [
            {"name": name, "question": plain(name).question,
             "hours": {key: share * usual for key, share in plain(name).strategy.hours.items()}}
            for name in strategies()
        ],
        "worlds": [{"name": name, "budget": plain(name).budget.hours_per_week} for name in worlds()],
    }  # fmt: skip


def _known(name: str) -> str:
    if name not in shipped():
        raise ScenarioError(f"scenario `{name}`: is not shipped; known: {', '.join(shipped())}")
    return name


def with_strategy(setup: Setup, name: Name, strategy: str) -> tuple[Setup, dict[str, Any]]:
    """The state with another strategy on one side, in the same world; and what was set there and is dropped by it."""
    side: Side = getattr(setup, name)
    _known(strategy.partition("@")[0])
    world = USUAL if side.text else split(side.scenario)[1]
    scenario = strategy if "@" in strategy else joined(strategy, world if world in shipped() else USUAL)
    kept = {key: value for key, value in side.values.items() if not of_strategy(key) and not side.text}
    first = getattr(Setup(), name).values  # where the slider stands at first is nobody's choice
    dropped = {key: value for key, value in side.values.items() if key not in kept and first.get(key) != value}
    if side.text:
        dropped = {"file": side.scenario, **dropped}
    return _changed(setup, {name: Side(scenario=scenario, values=kept)}), dropped


def with_world(setup: Setup, world: str) -> tuple[Setup, dict[Name, dict[str, Any]]]:
    """The state with both communities in another world, teams as they were; and what is dropped by it on each side.

    A side that is a file of the user's has its own world, and keeps it.
    """
    _known(world)
    sides: dict[Name, Side] = {}
    dropped: dict[Name, dict[str, Any]] = {}
    for name in NAMES:
        side: Side = getattr(setup, name)
        if side.text:
            continue
        kept = {key: value for key, value in side.values.items() if of_strategy(key)}
        sides[name] = Side(scenario=joined(split(side.scenario)[0], world), values=kept)
        dropped[name] = {key: value for key, value in side.values.items() if key not in kept}
    return _changed(setup, sides), dropped


def _changed(setup: Setup, sides: dict[Name, Side]) -> Setup:
    update: dict[str, Any] = {str(name): side for name, side in sides.items()}
    return setup.model_copy(update={**update, "events": [], "lesson": ""})
