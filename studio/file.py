"""A scenario as a file that a person can read: what differs from the baseline, and all about hours and team."""

from __future__ import annotations

import json
import re
from typing import Any

from sim.scenario import Scenario, load


def toml_of(scenario: Scenario, name: str | None = None) -> str:
    """The text of a scenario file that loads as `scenario`, under another name where one is given."""
    base, whole = load("baseline").resolved(), scenario.resolved()
    lines = [f"name = {_said(name or whole['name'])}", f"question = {_said(whole['question'])}", ""]
    for person in whole["team"]:
        lines += ["[[team]]", *(f"{key} = {_said(value)}" for key, value in person.items()), ""]
    for path, table in _tables(whole):
        usual: Any = base
        for key in path:
            usual = usual.get(key, {})
        own = {key: value for key, value in table.items() if not isinstance(value, dict)}
        if path != ("strategy", "hours"):
            own = {key: value for key, value in own.items() if usual.get(key) != value}
        if own:
            name = ".".join(map(_bare, path))
            lines += [f"[{name}]", *(f"{_bare(key)} = {_said(value)}" for key, value in own.items()), ""]
    return "\n".join(lines)


def _tables(table: dict, at: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], dict]]:
    found = [(at, table)] if at else []
    for key, item in table.items():
        if isinstance(item, dict):
            found += _tables(item, (*at, key))
    return found


def _bare(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _said(key)


def _said(value: Any) -> str:
    """A plain value as TOML; strings, numbers, booleans and lists of strings of JSON are TOML too, but for one sign."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
