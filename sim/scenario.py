"""What a scenario file may say: the schema, loading, `base`, and the resolved values (ODD, 6 Input data).

`scenarios/baseline.toml` is the schema as well as the default: each value stands there once with its unit, range and
source, and this module reads from it which keys exist, of which type, and what is allowed. Another scenario says
only what differs. All of what can be wrong with a file raises `ScenarioError`, whose message names the file and the
key, what is allowed, and the nearest known name.
"""

from __future__ import annotations

import copy
import difflib
import hashlib
import json
import tomllib
from collections import namedtuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

FOLDER = Path(__file__).resolve().parent.parent / "scenarios"
LARGEST_FILE = 1_000_000  # bytes; a scenario is some hundred lines
TEMPLATES = {"norm": "norms", "activity": "activities", "channel": "channels"}
HATS = ("community", "social", "service", "product")
REPLACED_WHOLE = (("strategy", "hours"), ("team",))


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message is for the person who wrote it."""


class Entry(NamedTuple):
    """One value of a scenario, with all that is known about it."""

    key: str
    value: Any
    unit: str
    range: list
    source: str
    about: str
    origin: str

    @property
    def assumed(self) -> bool:
        """Whether nobody has measured it; of what is calibrated only the range may be assumed."""
        return "assumed" in self.source.replace("range assumed", "")


def nearest(name: str, known) -> str:
    """A hint naming the known name nearest to `name`, or the known names where none is near."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else f"known: {', '.join(known)}"


def read_toml(path: Path, what: str = "scenario") -> dict:
    """Parse the file of a scenario, or of what else is written so; ScenarioError names what is wrong with it."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ScenarioError(
                f"{path}: {path.stat().st_size:,} bytes is too large for a {what} "
                f"(at most {LARGEST_FILE:,}); is it another kind of file?"
            )
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: is not text; a {what} is a TOML file in UTF-8") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path}: is not valid TOML: {error}") from None
    except RecursionError:
        raise ScenarioError(f"{path}: is not valid TOML: brackets within brackets without end") from None
    return table


def is_entry(item: Any) -> bool:
    """Whether a TOML item of the baseline declares a value with its unit, range and source."""
    return isinstance(item, dict) and "value" in item and "source" in item


BASELINE = read_toml(FOLDER / "baseline.toml")


def field_for(meta: dict) -> tuple:
    """The pydantic field that a declaration of the baseline stands for: (type, default with bounds)."""
    value, allowed = meta["value"], meta["range"]
    extra = {"unit": meta["unit"], "source": meta["source"], "range": allowed}
    if isinstance(value, bool):
        kind: Any = bool
        bounds = {}
    elif isinstance(value, int | float):
        kind = type(value)
        bounds = (
            {"ge": allowed[0], "le": allowed[1], "allow_inf_nan": False}
            if kind is float
            else {
                "ge": allowed[0],
                "le": allowed[1],
            }
        )
    elif allowed:
        kind = Literal[tuple(allowed)]  # type: ignore[misc]
        bounds = {}
    else:
        kind = Annotated[str, Field(min_length=1, max_length=60)]
        bounds = {}
    return kind, Field(default=value, description=meta["about"], json_schema_extra=extra, **bounds)


class Table(BaseModel):
    """A table of a scenario: frozen, strict, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Person(Table):
    """A member of the team: an agent of kind staff or marketer, and the hats it wears."""

    name: str = Field(min_length=1, max_length=60)
    kind: Literal["staff", "marketer"]
    hats: list[Literal["community", "social", "service", "product"]] = Field(min_length=1, max_length=4)


def _entries(table: dict) -> dict:
    return {key: item for key, item in table.items() if is_entry(item)}


def _model(name: str, table: dict, **more) -> type[Table]:
    fields: dict[str, Any] = {key: field_for(meta) for key, meta in _entries(table).items()}
    return create_model(name.title().replace("_", ""), __base__=Table, **fields, **more)


ITEMS = {plural: _model(single, BASELINE[single]) for single, plural in TEMPLATES.items()}
ACTIVITIES = tuple(BASELINE["activities"])
Hours = dict[Literal[ACTIVITIES], Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]]  # type: ignore[valid-type]
NAME = Annotated[str, Field(min_length=1, max_length=60)]


def _root() -> type[Table]:
    """The model of a whole scenario, made from the baseline file."""
    fields: dict[str, Any] = {
        "name": (NAME, ...),
        "question": (Annotated[str, Field(max_length=1000)], ""),
        "team": (Annotated[list[Person], Field(min_length=1, max_length=200)], ...),
    }
    for plural, model in ITEMS.items():
        fields[plural] = (dict[NAME, model], Field(max_length=62))  # type: ignore[valid-type]
    for name, table in BASELINE.items():
        if isinstance(table, dict) and _entries(table) and name not in TEMPLATES:
            more = {"hours": (Hours, ...)} if name == "strategy" else {}
            fields[name] = (_model(name, table, **more), ...)
    return create_model("ScenarioTable", __base__=Table, **fields)


ScenarioTable = _root()

# What the rules get: one named tuple a table, made once here so that compiled code can be kept on disk.
VALUES = {
    name: namedtuple(name.title() + "Values", list(_entries(table)), module=__name__)
    for name, table in BASELINE.items()
    if isinstance(table, dict) and _entries(table)
}
globals().update({made.__name__: made for made in VALUES.values()})


class Scenario:
    """A resolved scenario: every value known, nothing implicit; read-only.

    `scenario.ties.gain` is a value, `scenario.values("ties")` a whole table as a named tuple, `scenario.entries()`
    every value with unit, range, source and the file that it comes from.
    """

    def __init__(self, table: Any, origins: dict[str, str], path: str):
        self.table, self.origins, self.path = table, origins, path
        vars(self).update(vars(table))  # tables by name: a day asks hundreds of times

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __getstate__(self):
        return self.resolved(), self.origins, self.path

    def __setstate__(self, state):
        resolved, origins, path = state
        self.__init__(ScenarioTable.model_validate(resolved), origins, path)  # type: ignore[misc]

    def values(self, name: str):
        """Table `name` as a named tuple of its plain values."""
        made = VALUES[name]
        table = getattr(self.table, name)
        return made(*(getattr(table, field) for field in _entries(BASELINE[name])))

    def resolved(self) -> dict:
        """The whole scenario as plain data, nothing implicit."""
        return self.table.model_dump()

    def laid_down(self) -> dict[str, Any]:
        """What day 0 of a run lays down, and no later day can change, by its key."""
        return {
            "community": self.table.community.model_dump(),
            "ties.slots": self.table.ties.slots,
            "norms": list(self.table.norms),
            "activities": list(self.table.activities),
            "team": [(person.name, person.kind) for person in self.table.team],
        }

    def digest(self) -> str:
        """A short hash of what is resolved, its name and question left out."""
        said = {key: item for key, item in self.resolved().items() if key not in ("name", "question")}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]

    def entries(self) -> list[Entry]:
        """Every value with unit, range, source, meaning and origin, in the order of the baseline."""
        found = []
        for name, item in self.resolved().items():
            single = {plural: one for one, plural in TEMPLATES.items()}.get(name)
            if single:
                for one, inner in item.items():
                    found += [
                        self._entry(f"{name}.{one}.{key}", value, BASELINE[single][key]) for key, value in inner.items()
                    ]
            elif isinstance(item, dict):
                for key, value in item.items():
                    if key == "hours":
                        meta = {"unit": "share of hours", "range": [0, 1], "source": "design", "about": "hours on it"}
                        found += [self._entry(f"{name}.hours.{act}", share, meta) for act, share in value.items()]
                    else:
                        found.append(self._entry(f"{name}.{key}", value, BASELINE[name][key]))
        return found

    def _entry(self, key: str, value: Any, meta: dict) -> Entry:
        origin = self.origins.get(key, "baseline")
        return Entry(key, value, meta["unit"], meta["range"], meta["source"], meta["about"], origin)

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
    if path.is_file():
        return path
    if path.is_dir():
        raise ScenarioError(f"{path}: is a folder; name a scenario file")
    where = "no such file, and no shipped scenario of that name"
    raise ScenarioError(f"scenario `{name}`: {where}; {nearest(name, shipped())}")


def plain(table: dict) -> dict:
    """A TOML table with each declaration replaced by its value."""
    return {
        key: item["value"] if is_entry(item) else plain(item) if isinstance(item, dict) else item
        for key, item in table.items()
    }


def merge(base: dict, more: dict, origin: str, origins: dict[str, str], at: tuple = ()) -> dict:
    """Lay `more` over `base`, noting in `origins` which keys it sets; hours and team are replaced whole."""
    merged = dict(base)
    for key, item in more.items():
        here = (*at, key)
        if isinstance(item, dict) and isinstance(merged.get(key), dict) and here not in REPLACED_WHOLE:
            merged[key] = merge(merged[key], item, origin, origins, here)
        elif isinstance(item, dict) and here not in REPLACED_WHOLE:
            merged[key] = merge({}, item, origin, origins, here)
        else:
            merged[key] = copy.deepcopy(item)
            for inner in item if isinstance(item, dict) else [None]:
                origins[".".join(here if inner is None else (*here, inner))] = origin
    return merged


def load(name: str, overrides: dict[str, Any] | None = None) -> Scenario:
    """Load a shipped scenario or a file, with its bases under it and `overrides` on top.

    `strategy@world` is the strategy and team of one scenario in the world of another.

    Parameters
    ----------
    name : a shipped name (`shipped()`) or the path of a TOML file, or two of them joined by @
    overrides : dotted keys and plain values, e.g. {"ties.gain": 0.1}

    Raises
    ------
    ScenarioError : for anything that is wrong with a file, a key or a value
    """
    if "@" in name and not Path(name).is_file():
        led, _, world = name.partition("@")
        merged, origins, where = _layered(world)
        leading, leading_origins, _ = _layered(led)
        for table in ("strategy", "team", "question"):
            merged[table] = leading[table]
            origins |= {key: item for key, item in leading_origins.items() if key.split(".")[0] == table}
        merged["name"] = f"{leading['name']}@{merged['name']}"
    else:
        merged, origins, where = _layered(name)
    for key, value in (overrides or {}).items():
        nested: Any = value
        parts = key.split(".")
        for part in reversed(parts):
            nested = {part: nested}
        _refuse_unknown(nested, merged, "--set")
        if parts[:2] == ["strategy", "hours"] and len(parts) == 3:
            nested = {"strategy": {"hours": {**merged["strategy"]["hours"], parts[2]: value}}}
        merged = merge(merged, nested, "--set", origins)
    return validated(merged, origins, where)


def _layered(name: str) -> tuple[dict, dict[str, str], str]:
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
    merged = {key: item for key, item in plain(BASELINE).items() if key not in TEMPLATES}
    for stem, file, table in reversed(layers):
        _refuse_unknown(table, merged, str(file))
        merged = merge(merged, table, stem, origins)
        merged["name"] = table.get("name", stem)
    where = str(layers[0][1]) if layers else str(FOLDER / "baseline.toml")
    return merged, origins, where


def validated(merged: dict, origins: dict[str, str], where: str) -> Scenario:
    """Check a whole scenario given as plain data; ScenarioError names file and key of the first fault."""
    try:
        table = ScenarioTable.model_validate(merged)
    except ValidationError as error:
        raise ScenarioError(_explain(error, merged, origins, where)) from None
    scenario = Scenario(table, origins, where)
    set_by_hand = any(key.startswith("strategy.hours") and origin == "--set" for key, origin in origins.items())
    _check_whole(scenario, "--set" if set_by_hand else where)
    return scenario


def _refuse_unknown(table: dict, known: dict, where: str) -> None:
    """Refuse unknown tables and keys with the nearest known name, before pydantic looks at the values."""
    for key, item in table.items():
        if key not in known:
            raise ScenarioError(f"{where}: key `{key}`: unknown; {nearest(key, {*known, 'base'})}")
        if key in ITEMS.keys() | {"team"} or not isinstance(known[key], dict):
            continue
        if not isinstance(item, dict):
            raise ScenarioError(f"{where}: key `{key}`: is a table, for example `[{key}]` with keys under it")
        for inner in item:
            if inner not in known[key]:
                raise ScenarioError(f"{where}: key `{key}.{inner}`: unknown; {nearest(inner, known[key])}")


def _explain(error: ValidationError, merged: dict, origins: dict[str, str], where: str) -> str:
    """One line for a person: file, key, what is wrong, what is allowed."""
    fault = error.errors()[0]
    path = [str(part) for part in fault["loc"] if part != "[key]"]
    key = ".".join(path)
    origin = origins.get(key)
    bases = [folder / f"{origin}.toml" for folder in (Path(where).parent, FOLDER)]
    where = "--set" if origin == "--set" else next((str(path) for path in bases if path.is_file()), where)
    kind, given = fault["type"], fault.get("input")
    single = {plural: one for one, plural in TEMPLATES.items()}.get(path[0])
    meta = BASELINE[single].get(path[2]) if single and len(path) > 2 else None
    if meta is None and len(path) == 2 and isinstance(BASELINE.get(path[0]), dict):
        meta = BASELINE[path[0]].get(path[1])
    if kind == "extra_forbidden":
        known = BASELINE[single] if single else BASELINE.get(path[0], merged)
        known = Person.model_fields if path[0] == "team" else known
        return f"{where}: key `{key}`: unknown; {nearest(path[-1], known)}"
    if path[:2] == ["strategy", "hours"] and len(path) > 2 and path[2] not in ACTIVITIES:
        return f"{where}: key `{key}`: no such activity; {nearest(path[2], ACTIVITIES)}"
    if meta and is_entry(meta):
        allowed = meta["range"]
        if isinstance(meta["value"], bool):
            wanted = "true or false"
        elif isinstance(meta["value"], int | float):
            whole = "a whole number" if isinstance(meta["value"], int) else "a number"
            wanted = f"{whole} from {allowed[0]} to {allowed[1]} ({meta['unit']})"
        else:
            wanted = f"one of {', '.join(map(str, allowed))}" if allowed else meta["about"]
        return f"{where}: key `{key}`: {given!r} is not allowed; it is {wanted}"
    return f"{where}: key `{key}`: {given!r} is not allowed: {fault['msg']}"


def _check_whole(scenario: Scenario, where: str) -> None:
    """What no single key can tell: shares that add up, hats that are worn, channels that exist."""
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
    unknown = set(scenario.activities) - set(ACTIVITIES)
    if unknown:
        name = sorted(unknown)[0]
        raise ScenarioError(f"{where}: key `activities.{name}`: no such activity; {nearest(name, ACTIVITIES)}")
    names = [person.name for person in scenario.team]
    if len(set(names)) < len(names):
        raise ScenarioError(f"{where}: key `team`: two people have one name; names must differ")
