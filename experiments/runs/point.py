"""A point: a scenario with some values replaced, made fast enough for runs of some milliseconds, and its key."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from pydantic import ValidationError

from sim.scenario import TEMPLATES, Scenario, ScenarioError, _check_whole, load, nearest

WHOLE = {"strategy", "team", "activities", "channels", "places"}  # tables that are checked against each other


class Point(NamedTuple):
    """One point: its key, the scenario's label, what is replaced in it, and the varied values as its rows show them."""

    key: str
    label: str
    settings: dict[str, Any]
    shown: dict[str, Any]


def settled(base: Scenario, settings: dict[str, Any]) -> Scenario:
    """`base` with dotted keys replaced and checked, without reading a file; raises ScenarioError as `load` does."""
    if not settings:
        return base
    tables: dict[str, Any] = {}
    for key, value in settings.items():
        name, _, rest = key.partition(".")
        table = tables.get(name) or _dump(base, name, key)
        holder, last = table, rest
        if name in TEMPLATES.values() or rest.startswith("hours."):
            inner, _, last = rest.partition(".")
            if name in TEMPLATES.values() and inner not in table:
                raise ScenarioError(f"key `{key}`: unknown; {nearest(inner, table)}")
            table[inner] = holder = dict(table[inner])
        if last not in holder and "hours" not in rest:
            raise ScenarioError(f"key `{key}`: unknown; {nearest(last, holder)}")
        holder[last] = value
        tables[name] = table
    try:
        made = {name: _remade(base, name, table) for name, table in tables.items()}
    except ValidationError:
        raise ScenarioError(_why(base, settings)) from None
    scenario = Scenario(base.table.model_copy(update=made), base.origins, base.path)
    if WHOLE & made.keys():
        _check_whole(scenario, base.path)
    return scenario


def _dump(base: Scenario, name: str, key: str) -> dict:
    known = type(base.table).model_fields
    if name not in known or name in ("name", "question", "team"):
        raise ScenarioError(f"key `{key}`: unknown; {nearest(name, set(known) - {'name', 'question', 'team'})}")
    table = getattr(base.table, name)
    return {one: item.model_dump() for one, item in table.items()} if isinstance(table, dict) else table.model_dump()


def _remade(base: Scenario, name: str, table: dict) -> Any:
    old = getattr(base.table, name)
    if isinstance(old, dict):
        return {one: type(old[one]).model_validate(item) for one, item in table.items()}
    return type(old).model_validate(table)


def _why(base: Scenario, settings: dict[str, Any]) -> str:
    """What `load` says about these settings, without where it says that they come from."""
    try:
        load(base.path, settings)
    except ScenarioError as error:
        return str(error).removeprefix("--set: ")
    return f"{', '.join(settings)}: not allowed"


def between(start: Scenario, end: Scenario, share: float) -> dict[str, Any]:
    """The settings of a dial: the strategy of `start` at 0, of `end` at 1, hours and style by share between them.

    What is no number (a choice, a yes or no, a whole number) is as in the nearer of the two.
    """
    one, other = start.table.strategy.model_dump(), end.table.strategy.model_dump()
    hours = {
        act: _blend(one["hours"].get(act, 0.0), other["hours"].get(act, 0.0), share)
        for act in {**one["hours"], **other["hours"]}
    }
    settings = {
        f"strategy.{key}": _blend(value, other[key], share) if isinstance(value, float) else
        (value if share <= 0.5 else other[key])
        for key, value in one.items()
        if key != "hours"
    }  # fmt: skip
    return {**settings, **{f"strategy.hours.{act}": value for act, value in hours.items()}}


def _blend(one: float, other: float, share: float) -> float:
    return one if share == 0 else other if share == 1 else round((1 - share) * one + share * other, 12)


def value_at(base: Scenario, key: str) -> Any:
    """The value of a dotted key in a scenario; hours not spent on an activity are 0."""
    name, _, rest = key.partition(".")
    item = getattr(base.table, name)
    if rest.startswith("hours."):
        return item.hours.get(rest.removeprefix("hours."), 0.0)
    if isinstance(item, dict):
        one, _, last = rest.partition(".")
        return getattr(item[one], last)
    return getattr(item, rest)


def key_of(digest: str, settings: dict[str, Any], model: str) -> str:
    """The key of a point: 16 hexadecimal digits out of the scenario, what is replaced in it, and the model's version.

    With the seed it is the key of a run. Settings that say what the scenario says already must be left out.
    """
    said = json.dumps([digest, settings, model], sort_keys=True, default=float)
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()
