"""The values of a scenario as rules are given them: one record, its tables and values named as in the scenario file.

Beside the tables that `baseline.toml` lays down it holds `home`, the channel on which members post and respond, and
under `activities` what each activity costs and where it goes on. Words (kinds, hats, names of channels) stay outside.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.compiled.kernel import COMPILED
from sim.scenario import ACTIVITIES, BASELINE, TEMPLATES, Scenario, is_entry
from sim.state.table import record, record_type


def _fields(table: dict) -> dict[str, Any]:
    """Name and type of each number in a table of the baseline; yes or no is a whole number, 0 or 1."""
    types = {bool: np.int64, int: np.int64, float: np.float64}
    return {
        key: types[type(item["value"])]
        for key, item in table.items()
        if is_entry(item) and type(item["value"]) in types
    }


TABLES = {
    name: record_type(_fields(table))
    for name, table in BASELINE.items()
    if isinstance(table, dict) and name not in TEMPLATES and _fields(table)
}
CHANNEL = record_type(_fields(BASELINE["channel"]) | {"outward": np.int64})  # outward: the followers outside hear it
ACTIVITY = record_type(_fields(BASELINE["activity"]) | {"hours": np.float64, "channel": CHANNEL})
VALUES = record_type({**TABLES, "home": CHANNEL, "activities": (ACTIVITY, (len(ACTIVITIES),))})


def _channel(item: Any) -> dict[str, Any]:
    numbers = {key: getattr(item, key) for key in _fields(BASELINE["channel"])}
    return {**numbers, "outward": item.online and item.direction == "one-to-many"}


def _plain(scenario: Scenario) -> dict[str, Any]:
    """All that the record holds, by name."""
    found: dict[str, Any] = {
        name: {key: getattr(getattr(scenario, name), key) for key in dtype.names or ()}
        for name, dtype in TABLES.items()
    }
    found["home"] = _channel(scenario.channels[scenario.places.home])
    found["activities"] = [
        {
            "minutes": item.minutes,
            "money": item.money,
            "hours": scenario.strategy.hours.get(name, 0.0),
            "channel": _channel(scenario.channels[item.channel]),
        }
        for name, item in ((name, scenario.activities[name]) for name in ACTIVITIES)
    ]
    return found


def _fill(place: Any, numbers: dict[str, Any]) -> None:
    for key, item in numbers.items():
        if isinstance(item, dict):
            _fill(place[key], item)
        elif isinstance(item, list):
            for at, one in enumerate(item):
                _fill(place[key][at], one)
        else:
            place[key] = item


def _named(item: Any) -> Any:
    """The same numbers as attributes: quicker than a record where rules are not compiled."""
    if isinstance(item, list):
        return [_named(one) for one in item]
    return SimpleNamespace(**{key: _named(one) for key, one in item.items()}) if isinstance(item, dict) else item


def values(scenario: Scenario) -> Any:
    """The values of `scenario` as rules are given them; read-only."""
    return _record(scenario).copy().view(np.recarray)[0] if COMPILED else _named(_plain(scenario))


def own_values(scenario: Scenario) -> dict[str, Any]:
    """The numbers of the tables of own rules, by the rule's name, as those of the model are given; read-only."""
    found = {}
    for rule in scenario.rules:
        fields = _fields(rule.table)
        numbers = {key: getattr(getattr(scenario, rule.name), key) for key in fields}
        found[rule.name] = record(record_type(fields)) if COMPILED else _named(numbers)
        if COMPILED:
            _fill(found[rule.name], numbers)
    return found


@lru_cache(maxsize=8)
def _record(scenario: Scenario) -> np.ndarray:
    """The record of `scenario`, which never changes, in an array of one."""
    record = np.zeros(1, VALUES)
    _fill(record[0], _plain(scenario))
    return record
