"""What a scenario file may say: the schema, loading, `base`, and the resolved values (ODD, 6 Input data).

`scenarios/baseline.toml` is the schema as well as the default: each value stands there once with its unit, range and
source, and with its prior or why it is held constant where nobody has measured it; this module reads from it which
keys exist, of which type, and what is allowed. Another scenario says only what differs. All of what can be wrong with
a file raises `ScenarioError`, whose message names the file and the key, what is allowed, and the nearest known name.
"""

from __future__ import annotations

import copy
import difflib
import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from sim.given import BadInput, read_bytes
from sim.limits import limits
from sim.prior import prior_around

FOLDER = Path(__file__).resolve().parent.parent / "scenarios"
LARGEST_FILE = 1_000_000  # bytes; a scenario is some hundred lines
TEMPLATES = {"norm": "norms", "activity": "activities", "channel": "channels"}
HATS = ("community", "social", "service", "product")
REPLACED_WHOLE = (("strategy", "hours"), ("team",))


class ScenarioError(BadInput):
    """A scenario that cannot be used; the message is for the person who wrote it."""


class Entry(NamedTuple):
    """One value of a scenario, with all that is known about it.

    prior : [low, high], between which it lies in eight of ten plausible worlds (see `sim.prior`), or []
    why : a few words on the prior, else ""
    constant : a few words on why a value that nobody has measured is held at what it is, else ""
    """

    key: str
    value: Any
    unit: str
    range: list
    source: str
    about: str
    origin: str
    prior: list[float]
    why: str
    constant: str

    @property
    def assumed(self) -> bool:
        """Whether nobody has measured it; of what is calibrated only the range may be assumed."""
        return "assumed" in self.source.replace("range assumed", "")

    @property
    def open(self) -> bool:
        """Whether it is assumed and not held constant: it has a prior, and varies between plausible worlds."""
        return self.assumed and not self.constant

    @property
    def plausible(self) -> bool:
        """Whether it lies within its range; what is no number has only allowed values."""
        number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        return not number or self.range[0] <= self.value <= self.range[1]


def nearest(name: str, known) -> str:
    """A hint naming the known name nearest to `name`, or the known names where none is near."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else f"known: {', '.join(known)}"


def read_toml(path: Path, what: str = "scenario") -> dict:
    """Parse the file of a scenario, or of what else is written so; ScenarioError names what is wrong with it."""
    try:
        text = read_bytes(path, LARGEST_FILE).decode("utf-8")
    except BadInput as error:
        raise ScenarioError(f"{error} (wanted is a {what})") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: is not text; a {what} is a TOML file in UTF-8") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        table = tomllib.loads(text)
    except ValueError as error:  # a number of thousands of digits is one that TOML's own error does not cover
        raise ScenarioError(f"{path}: is not valid TOML: {error}") from None
    except RecursionError:
        raise ScenarioError(f"{path}: is not valid TOML: brackets within brackets without end") from None
    return table


def is_entry(item: Any) -> bool:
    """Whether a TOML item of the baseline declares a value with its unit, range and source."""
    return isinstance(item, dict) and "value" in item and "source" in item


BASELINE = read_toml(FOLDER / "baseline.toml")


SINGLES = {plural: single for single, plural in TEMPLATES.items()}
NAME = Annotated[str, Field(min_length=1, max_length=60)]
HOURS = {"unit": "share of hours", "range": [0, 1], "source": "design", "about": "hours on it"}


def declared(rules: tuple = ()) -> dict:
    """What the baseline declares, and after it the tables of own rules (sim/own.py)."""
    return {**BASELINE, **{rule.name: rule.table for rule in rules if rule.table}}


def declaration(path: tuple[str, ...], rules: tuple = ()) -> dict | None:
    """Unit, range, source and meaning of a key, given by its parts, such as ("norms", "civility", "start"); or None."""
    if path[:2] == ("strategy", "hours"):
        return HOURS if len(path) == 3 else None
    at = (SINGLES[path[0]], *path[2:]) if path[0] in SINGLES else path
    item: Any = declared(rules)
    for part in at:
        item = item.get(part) if isinstance(item, dict) else None
    return item if is_entry(item) else None


OUT_OF_BOUNDS = ("greater_than_equal", "less_than_equal")  # of pydantic's kinds of error


def field_for(meta: dict, beyond: bool = False) -> tuple:
    """The pydantic field that a declaration of the baseline stands for: (type, default with bounds).

    The bounds are what is plausible, or, `beyond` that, what can be computed.
    """
    value, allowed = meta["value"], meta["range"]
    kind: Any = type(value)
    bounds: dict[str, Any] = {}
    if kind in (int, float):
        low, high = limits(meta) if beyond else allowed
        bounds = {"ge": low, "le": high}
    if kind is float:
        bounds["allow_inf_nan"] = False
    if kind is str:
        kind = Literal[tuple(allowed)] if allowed else NAME
    extra = {"unit": meta["unit"], "source": meta["source"], "range": allowed}
    return kind, Field(default=value, description=meta["about"], json_schema_extra=extra, **bounds)


class Table(BaseModel):
    """A table of a scenario: frozen, strict, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Person(Table):
    """A member of the team: an agent of kind staff or marketer, and the hats it wears."""

    name: NAME
    kind: Literal["staff", "marketer"]
    hats: list[Literal[HATS]] = Field(min_length=1, max_length=4)  # type: ignore[valid-type]


def _entries(table: dict) -> dict:
    return {key: item for key, item in table.items() if is_entry(item)}


def _model(name: str, table: dict, beyond: bool, **more) -> type[Table]:
    fields: dict[str, Any] = {key: field_for(meta, beyond) for key, meta in _entries(table).items()}
    return create_model(name.title().replace("_", ""), __base__=Table, **fields, **more)


ACTIVITIES = tuple(BASELINE["activities"])
Hours = dict[Literal[ACTIVITIES], Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]]  # type: ignore[valid-type]


def _root(beyond: bool = False) -> type[Table]:
    """The model of a whole scenario, made from the baseline file; its numbers are plausible, or within `limits`."""
    fields: dict[str, Any] = {
        "name": (NAME, ...),
        "question": (Annotated[str, Field(max_length=1000)], ""),
        "team": (Annotated[list[Person], Field(min_length=1, max_length=200)], ...),
    }
    for single, plural in TEMPLATES.items():
        model = _model(single, BASELINE[single], beyond)
        fields[plural] = (dict[NAME, model], Field(max_length=62))  # type: ignore[valid-type]
    for name, table in BASELINE.items():
        if isinstance(table, dict) and _entries(table) and name not in TEMPLATES:
            more = {"hours": (Hours, ...)} if name == "strategy" else {}
            fields[name] = (_model(name, table, beyond, **more), ...)
    return create_model("ScenarioTable", __base__=Table, **fields)


ScenarioTable = _root()
BeyondTable = _root(beyond=True)  # the same keys, and values that can be computed, plausible or not


@lru_cache(maxsize=16)
def schema(beyond: bool, rules: tuple) -> type[Table]:
    """The model of a whole scenario under own rules, whose tables stand beside those of the baseline."""
    kind = BeyondTable if beyond else ScenarioTable
    more: dict[str, Any] = {rule.name: (_model(rule.name, rule.table, beyond), ...) for rule in rules if rule.table}
    return create_model(kind.__name__, __base__=kind, **more) if more else kind


class Scenario:
    """A resolved scenario: every value known, nothing implicit; read-only.

    `scenario.ties.gain` is a value, `scenario.entries()` every value with unit, range, source and the file that it
    comes from; `scenario.rules` are the own rules under which it lives (sim/own.py), most often none.
    """

    def __init__(self, table: Any, origins: dict[str, str], path: str, rules: tuple = ()):
        self.table, self.origins, self.path, self.rules = table, origins, path, rules
        vars(self).update(vars(table))  # tables by name: a day asks hundreds of times

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __getstate__(self):
        return self.resolved(), self.origins, self.path, self.beyond, self.rules

    def __setstate__(self, state):
        resolved, origins, path, beyond, rules = state
        self.__init__(schema(beyond, rules).model_validate(resolved), origins, path, rules)  # type: ignore[misc]

    @property
    def beyond(self) -> bool:
        """Whether values beyond what is plausible were allowed."""
        return isinstance(self.table, BeyondTable)

    def implausible(self) -> list[Entry]:
        """The values beyond their plausible range; none unless they were allowed."""
        return [entry for entry in self.entries() if not entry.plausible]

    def resolved(self) -> dict:
        """The whole scenario as plain data, nothing implicit."""
        return self.table.model_dump()

    def under(self, rules: Sequence[Any]) -> Scenario:
        """The same under own rules too (sim/own.py), with the values that their tables declare."""
        from sim.own import refuse_wrong

        both = (*self.rules, *rules)
        refuse_wrong(both)
        tables = plain({rule.name: rule.table for rule in both if rule.table})
        return validated({**tables, **self.resolved()}, self.origins, self.path, self.beyond, both)

    def laid_down(self) -> dict[str, Any]:
        """What day 0 of a run lays down, and no later day can change, by its key."""
        return {
            "community": self.table.community.model_dump(),
            "ties.slots": self.table.ties.slots,
            "norms": list(self.table.norms),
            "activities": list(self.table.activities),
            "team": [(person.name, person.kind) for person in self.table.team],
            "rules": [rule.fingerprint() for rule in self.rules],
        }

    def digest(self) -> str:
        """A short hash of what is resolved, its name and question left out, and of own rules."""
        world = {key: item for key, item in self.resolved().items() if key not in ("name", "question")}
        world |= {f"rule {rule.name}": rule.fingerprint() for rule in self.rules}
        return hashlib.sha256(json.dumps(world, sort_keys=True).encode()).hexdigest()[:16]

    def entries(self) -> list[Entry]:
        """Every value with unit, range, source, meaning and origin, in the order of the baseline."""
        entries = []
        for path, value in _leaves(self.resolved()):
            if meta := declaration(path, self.rules):
                key = ".".join(path)
                origin = self.origins.get(key, "baseline")
                said = (meta["unit"], meta["range"], meta["source"], meta["about"], origin)
                why, constant = meta.get("why", ""), meta.get("constant", "")
                entries.append(Entry(key, value, *said, prior_around(meta, value), why, constant))
        return entries

    @property
    def cost_per_week(self) -> float:
        """What the budget costs a week, in currency: hours at the wage, and the money."""
        budget = self.table.budget
        return budget.hours_per_week * budget.wage + budget.money_per_week


def shipped() -> list[str]:
    """The names of the shipped scenarios, baseline first."""
    names = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return ["baseline", *(name for name in names if name != "baseline")]


def locate(name: str, beside: Path | None = None) -> Path:
    """The file of a shipped scenario's name or of a path; ScenarioError if there is none."""
    if name in shipped():
        return FOLDER / f"{name}.toml"
    path = Path(name) if beside is None or Path(name).is_absolute() else beside / name
    if os.path.isfile(path):  # where the name is no name of a file, as of thousands of letters, it is none
        return path
    if os.path.isdir(path):
        raise ScenarioError(f"{path}: is a folder; name a scenario file")
    if os.path.exists(path):
        raise ScenarioError(f"{path}: is a pipe or a device, and not a file")
    where = "no such file, and no shipped scenario of that name"
    raise ScenarioError(f"scenario `{name}`: {where}; {nearest(name, shipped())}")


def plain(table: dict) -> dict:
    """A TOML table with each declaration replaced by its value."""
    return {
        key: item["value"] if is_entry(item) else plain(item) if isinstance(item, dict) else item
        for key, item in table.items()
    }


def _leaves(table: dict, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each value of nested tables with the parts of its key."""
    for key, item in table.items():
        if isinstance(item, dict):
            yield from _leaves(item, (*at, key))
        else:
            yield (*at, key), item


def merge(base: dict, more: dict, origin: str, origins: dict[str, str], at: tuple = ()) -> dict:
    """Lay `more` over `base`, noting in `origins` which keys it sets; hours and team are replaced whole."""
    merged = dict(base)
    for key, item in more.items():
        here = (*at, key)
        if isinstance(item, dict) and here not in REPLACED_WHOLE:
            below = merged.get(key)
            merged[key] = merge(below if isinstance(below, dict) else {}, item, origin, origins, here)
        else:
            merged[key] = copy.deepcopy(item)
            for inner in item if isinstance(item, dict) else [None]:
                origins[".".join(here if inner is None else (*here, inner))] = origin
    return merged


def load(
    name: str, overrides: dict[str, Any] | None = None, beyond: bool = False, rules: Sequence[Any] = ()
) -> Scenario:
    """Load a shipped scenario or a file, with its bases under it and `overrides` on top.

    `strategy@world` is the strategy and team of one scenario in the world of another.

    Parameters
    ----------
    name : a shipped name (`shipped()`) or the path of a TOML file, or two of them joined by @
    overrides : dotted keys and plain values, e.g. {"ties.gain": 0.1}
    beyond : allow numbers beyond their plausible range, within `limits`
    rules : own rules (sim/own.py), whose tables of values are then keys like all others

    Raises
    ------
    ScenarioError : for anything that is wrong with a file, a key, a value or a rule
    """
    own = tuple(rules)
    if own:
        from sim.own import refuse_wrong

        refuse_wrong(own)
    if "@" in name and not os.path.isfile(name):
        led, _, world = name.partition("@")
        merged, origins, where = _layered(world, own)
        leading, leading_origins, _ = _layered(led, own)
        for table in ("strategy", "team", "question"):
            merged[table] = leading[table]
            origins |= {key: item for key, item in leading_origins.items() if key.split(".")[0] == table}
        merged["name"] = f"{leading['name']}@{merged['name']}"
    else:
        merged, origins, where = _layered(name, own)
    for key, value in (overrides or {}).items():
        nested: Any = value
        parts = key.split(".")
        for part in reversed(parts):
            nested = {part: nested}
        if parts[:2] == ["strategy", "hours"] and len(parts) == 3:
            nested = {"strategy": {"hours": {**merged["strategy"]["hours"], parts[2]: value}}}
        merged = merge(merged, nested, "--set", origins)
    return validated(merged, origins, where, beyond, own)


def _layered(name: str, rules: tuple) -> tuple[dict, dict[str, str], str]:
    """A scenario file laid over its bases, as plain data not yet checked; where each key comes from; its path."""
    layers: list[tuple[str, Path, dict]] = []
    path = locate(name)
    while path.resolve() != (FOLDER / "baseline.toml").resolve():
        if path.resolve() in [seen.resolve() for _, seen, _ in layers]:
            raise ScenarioError(f"{path}: key `base`: the files name each other in a circle")
        table = read_toml(path)
        if not table:
            raise ScenarioError(f"{path}: is empty; say at least what differs from the baseline, or `question = ...`")
        base = table.pop("base", "baseline")
        if not isinstance(base, str):
            raise ScenarioError(f"{path}: key `base`: is the name of a scenario, in quotes")
        layers.append((path.stem, path, table))
        try:
            path = locate(base, beside=path.parent)
        except ScenarioError as error:
            raise ScenarioError(f"{layers[-1][1]}: key `base`: {error}") from None
    origins: dict[str, str] = {}
    merged = {key: item for key, item in plain(declared(rules)).items() if key not in TEMPLATES}
    for stem, _, table in reversed(layers):
        merged = merge(merged, table, stem, origins)
        merged["name"] = table.get("name", stem)
    where = str(layers[0][1]) if layers else str(FOLDER / "baseline.toml")
    return merged, origins, where


def validated(merged: dict, origins: dict[str, str], where: str, beyond: bool = False, rules: tuple = ()) -> Scenario:
    """Check a whole scenario given as plain data; ScenarioError names file and key of the first fault."""
    try:
        table = schema(beyond, rules).model_validate(merged)
    except ValidationError as error:
        raise ScenarioError(_explain(error, origins, where, rules)) from None
    scenario = Scenario(table, origins, where, rules)
    set_by_hand = any(key.startswith("strategy.hours") and origin == "--set" for key, origin in origins.items())
    _check_whole(scenario, "--set" if set_by_hand else where)
    return scenario


def _explain(error: ValidationError, origins: dict[str, str], where: str, rules: tuple) -> str:
    """The error in one line: file, key, what is wrong, what is allowed."""
    fault = error.errors()[0]
    path = tuple(str(part) for part in fault["loc"] if part != "[key]")
    key, kind, given = ".".join(path), fault["type"], fault.get("input")
    origin = next((origin for known, origin in origins.items() if f"{known}.".startswith(f"{key}.")), None)
    bases = [folder / f"{origin}.toml" for folder in (Path(where).parent, FOLDER)]
    where = "--set" if origin == "--set" else next((str(path) for path in bases if path.is_file()), where)
    if kind == "extra_forbidden":
        tables = schema(False, rules).model_fields
        known = declared(rules)[SINGLES.get(path[0], path[0])] if len(path) > 1 else {*tables, "base"}
        known = Person.model_fields if path[0] == "team" else known
        return f"{where}: key `{key}`: unknown; {nearest(path[-1], known)}"
    if kind in ("model_type", "dict_type"):
        return f"{where}: key `{key}`: is a table, for example `[{key}]` with keys under it"
    if path[:2] == ("strategy", "hours") and len(path) > 2 and path[2] not in ACTIVITIES:
        return f"{where}: key `{key}`: no such activity; {nearest(path[2], ACTIVITIES)}"
    meta = declaration(path, rules)
    if meta is None or not is_entry(meta):
        return f"{where}: key `{key}`: {given!r} is not allowed: {fault['msg']}"
    allowed, value = meta["range"], meta["value"]
    wanted = f"one of {', '.join(map(str, allowed))}" if allowed else meta["about"]
    if isinstance(value, bool):
        wanted = "true or false"
    elif isinstance(value, int | float):
        whole = "a whole number" if isinstance(value, int) else "a number"
        wanted = f"{whole} from {allowed[0]} to {allowed[1]} ({meta['unit']})"
        low, high = limits(meta)
        if (low, high) != tuple(allowed) and isinstance(given, int | float) and kind in OUT_OF_BOUNDS:
            wanted += f"; with --beyond from {low:g} to {high:g}"
    return f"{where}: key `{key}`: {given!r} is not allowed; it is {wanted}"


def _check_whole(scenario: Scenario, where: str) -> None:
    """Check what depends on several keys: shares that add up, hats that are worn, channels that exist."""
    hours = scenario.strategy.hours
    total = sum(hours.values())
    if total > 1 + 1e-9:
        raise ScenarioError(f"{where}: key `strategy.hours`: the shares add up to {total:.3f}; at most 1")
    worn = {hat for person in scenario.team for hat in person.hats}
    for activity, share in hours.items():
        hat = scenario.activities[activity].hat
        if share > 0 and hat not in worn:
            raise ScenarioError(
                f"{where}: key `strategy.hours.{activity}`: nobody in the team wears the hat `{hat}` that it needs; "
                f"give it to somebody in `team`, or set the share to 0"
            )
    known = scenario.channels
    named = {f"activities.{name}.channel": item.channel for name, item in scenario.activities.items()}
    for key, channel in {**named, "places.home": scenario.places.home}.items():
        if channel not in known:
            raise ScenarioError(f"{where}: key `{key}`: no channel `{channel}`; {nearest(channel, known)}")
    for name in sorted(set(scenario.activities) - set(ACTIVITIES)):
        raise ScenarioError(f"{where}: key `activities.{name}`: no such activity; {nearest(name, ACTIVITIES)}")
    names = [person.name for person in scenario.team]
    if len(set(names)) < len(names):
        raise ScenarioError(f"{where}: key `team`: two people have one name; names must differ")
