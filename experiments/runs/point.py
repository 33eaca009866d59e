"""A point: a scenario with some values replaced, made fast enough for runs of some milliseconds, and its key."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from sim.scenario import Scenario, ScenarioError, _check_whole, load, nearest

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
    whole: Any = type(base.table)
    known = set(whole.model_fields) - {"name", "question", "team"}
    tables: dict[str, Any] = {}
    for key, value in settings.items():
        name, *rest = key.split(".")
        *within, last = rest or [""]
        if name not in known:
            raise ScenarioError(f"key `{key}`: unknown; {nearest(name, known)}")
        holder = tables.setdefault(name, {name: base.table.model_dump(include={name})[name]})
        for part in (name, *within):
            if not isinstance(holder.get(part), dict):
                raise ScenarioError(f"key `{key}`: unknown; {nearest(part, holder)}")
            holder = holder[part]
        if last not in holder and within != ["hours"]:
            raise ScenarioError(f"key `{key}`: unknown; {nearest(last, holder)}")
        holder[last] = value
    try:
        made = {name: _checker(whole, name).validate_python(table[name]) for name, table in tables.items()}
    except ValidationError:
        raise ScenarioError(_why(base, settings)) from None
    scenario = Scenario(base.table.model_copy(update=made), base.origins, base.path, base.rules)
    if WHOLE & made.keys():
        _check_whole(scenario, base.path)
    return scenario


@cache
def _checker(whole: Any, name: str) -> TypeAdapter:
    """The validator of one table of a scenario of the model `whole`."""
    return TypeAdapter(whole.model_fields[name].annotation)


def _why(base: Scenario, settings: dict[str, Any]) -> str:
    """The message of `load` about these settings, without its words on where they come from."""
    try:
        load(base.path, settings, base.beyond, base.rules)
    except ScenarioError as error:
        return str(error).removeprefix("--set: ")
    return f"{', '.join(settings)}: not allowed"


def between(start: Scenario, end: Scenario, share: float) -> dict[str, Any]:
    """The settings of a dial: the strategy of `start` at 0, of `end` at 1, hours and style by share between them.

    What is no number (a choice, a yes or no, a whole number) is as in the nearer of the two.
    """
    one, other = (scenario.table.strategy.model_dump() for scenario in (start, end))
    settings = {
        f"strategy.{key}": _blend(value, other[key], share) if isinstance(value, float) else
        (value if share <= 0.5 else other[key])
        for key, value in one.items()
        if key != "hours"
    }  # fmt: skip
    for act in one["hours"] | other["hours"]:
        settings[f"strategy.hours.{act}"] = _blend(one["hours"].get(act, 0.0), other["hours"].get(act, 0.0), share)
    return settings


def _blend(one: float, other: float, share: float) -> float:
    return one if share == 0 else other if share == 1 else round((1 - share) * one + share * other, 12)


def value_at(base: Scenario, key: str) -> Any:
    """The value of a dotted key in a scenario; hours not spent on an activity are 0."""
    item: Any = base.table
    for part in key.split("."):
        item = item.get(part, 0.0) if isinstance(item, dict) else getattr(item, part)
    return item


def key_of(digest: str, settings: dict[str, Any], model: str) -> str:
    """The key of a point: 16 hexadecimal digits out of the scenario, what is replaced in it, and the model's version.

    With the seed it is the key of a run. Settings that say what the scenario says already must be left out.
    """
    content = json.dumps([digest, settings, model], sort_keys=True, default=float)
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
