"""A scenario as a file that a person can read: what differs from the baseline, and all about hours and team."""

from __future__ import annotations

from typing import Any

import tomli_w

from sim.scenario import Scenario, load


def toml_of(scenario: Scenario, name: str | None = None) -> str:
    """The text of a scenario file that loads as `scenario`, under another name where one is given."""
    whole = scenario.resolved()
    changed = differing(whole, load("baseline").resolved())
    changed |= {"name": name or whole["name"], "question": whole["question"], "team": whole["team"]}
    changed["strategy"] = {**changed.get("strategy", {}), "hours": whole["strategy"]["hours"]}
    tables = [key for key, item in changed.items() if isinstance(item, dict)]
    return tomli_w.dumps({key: changed[key] for key in ("name", "question", "team", *tables)})


def differing(table: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    """What a table has otherwise than the usual one, table by table."""
    changed = {}
    for key, item in table.items():
        part = differing(item, usual.get(key, {})) if isinstance(item, dict) else item
        if part != ({} if isinstance(item, dict) else usual.get(key)):
            changed[key] = part
    return changed
