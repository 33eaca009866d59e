"""What a study file may say: a question, a prediction, scenarios, what is held and varied, how often, what is kept.

All that can be wrong with a file raises `StudyError`, whose message names the file, the key and what is allowed.
"""

from __future__ import annotations

import fnmatch
import math
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from experiments.runs.given import BUDGET, MOST_REPLICATES, MOST_SEED, BadInput
from experiments.runs.point import settled
from experiments.runs.tasks import replicate_seed
from sim.scenario import LARGEST_FILE, Scenario, ScenarioError, load, nearest

FOLDER = Path(__file__).resolve().parent.parent / "studies"
DESIGNS = ("grid", "rows", "one", "latin", "morris", "sobol")
CUBES = ("latin", "morris", "sobol")  # designs over the unit cube; the others are made of levels
DIAL = "dial"
WHOLE_RANGE = "range"
APART = ("hours.", "person.")  # measures kept only when asked for by name
LEAST_LEVELS = 2
# The five questions of the verdict, in this order; the rest of the measures can only add to them.
HEADLINE = {
    "intimacy": "More intimacy between members",
    "value_members": "More value to members",
    "value_company": "More value to the company",
    "reach": "Reaches more people",
    "newcomers_kept": "Keeps more newcomers",
}
PRECISE = ("intimacy", "value_members", "value_company")  # what a precision is about, where they are kept


class StudyError(BadInput):
    """A study that cannot be used; the message is for the person who wrote it."""


@dataclass(frozen=True)
class Range:
    """Values from `low` to `high`, evenly spread, or by equal ratios if `log`; whole numbers if `whole`."""

    low: float
    high: float
    steps: int | None = None
    log: bool = False
    whole: bool = False

    def at(self, share: float) -> float | int:
        """The value at a share of the way, in [0, 1].

        >>> Range(1, 100, log=True).at(0.5), Range(0, 5, whole=True).at(0.5)
        (10.0, 2)
        """
        if self.log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
            value = float(f"{value:.12g}")  # so that the ends are what the file says
        else:
            value = self.low + share * (self.high - self.low)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else float(value)

    def levels(self) -> list:
        """`steps` values from end to end."""
        assert self.steps
        return list(dict.fromkeys(self.at(k / (self.steps - 1)) for k in range(self.steps)))


class Mix(BaseModel):
    """The search for the best mix: hours over activities, under the scenario's own budget.

    goals : measures to do well in, one or more; activities : those among which hours are divided (all that the team's
    hats allow, if not said); trials : mixes tried; fresh : seeds, used by no trial, on which the finalists are checked.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    goals: list[str] = Field(min_length=1, max_length=3)
    activities: list[str] = []
    trials: int = Field(default=200, ge=10, le=100_000)
    finalists: int = Field(default=5, ge=1, le=50)
    fresh: int = Field(default=40, ge=5, le=MOST_REPLICATES)


class Sheet(BaseModel):
    """A study file, as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)
    question: Annotated[str, Field(min_length=1, max_length=2000)]
    prediction: Annotated[str, Field(max_length=4000)] = ""
    scenarios: Annotated[list[str], Field(min_length=1, max_length=100)]
    replicates: Annotated[int, Field(ge=1, le=MOST_REPLICATES)] | None = None
    precision: Annotated[float, Field(ge=0.001, le=1)] | None = None
    most: Annotated[int, Field(ge=2, le=MOST_REPLICATES)] = 200
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] = 1
    measures: Annotated[list[str], Field(min_length=1)] | None = None
    days: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] | None = None
    every: Annotated[int, Field(ge=1)] | None = None
    design: Literal["grid", "rows", "one", "latin", "morris", "sobol"] = "grid"
    points: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    dial_to: str | None = None
    unequal: bool = False
    hold: dict[str, Any] = {}
    vary: dict[str, Any] = {}
    mix: Mix | None = None


@dataclass(frozen=True)
class Study:
    """A study whose every part has been checked.

    scenarios : by label, what is held already in them; vary : key -> values or a Range; measures : to keep, with their
    meaning; precise : those that a precision is about; dials : where a dial of 1 leads, per label; foundings : what a
    real log tells of the founders, per label; draws : of a posterior, one for each replicate; networks : keep the ties
    of the first replicate; facts : more for the manifest. The rest of what the file says is there under its name
    (`study.replicates`).
    """

    name: str
    path: str
    text: str
    sheet: Sheet
    scenarios: dict[str, Scenario]
    vary: dict[str, list | Range]
    measures: dict[str, Any]
    precise: tuple[str, ...]
    dials: dict[str, Scenario] = field(default_factory=dict)
    foundings: dict[str, Any] = field(default_factory=dict)
    draws: tuple[dict[str, Any], ...] = ()
    networks: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, key: str) -> Any:
        if key == "sheet":  # while unpickling
            raise AttributeError(key)
        return getattr(self.sheet, key)

    @property
    def keys(self) -> list[str]:
        """The varied keys, in the order of the file."""
        return list(self.vary)

    @property
    def first_replicates(self) -> int:
        """Replicates to begin with; a precision may ask for more."""
        return self.sheet.replicates or min(20, self.sheet.most)

    def seed_of(self, replicate: int) -> int:
        """The seed of a replicate: the same for every scenario and every point."""
        return replicate_seed(self.sheet.seed, replicate)

    def drawn(self, replicate: int) -> dict[str, Any]:
        """The draw of the posterior under which a replicate lives, the same for every scenario; empty without one."""
        return self.draws[replicate % len(self.draws)] if self.draws else {}


def shipped() -> list[str]:
    """The names of the shipped studies."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def locate(name: str) -> Path:
    """The file of a shipped study's name or of a path; StudyError if there is none."""
    if name in shipped():
        return FOLDER / f"{name}.toml"
    path = Path(name)
    if path.is_file():
        return path
    what = "is a folder; name a study file" if path.is_dir() else "no such file, and no shipped study of that name"
    raise StudyError(f"study `{name}`: {what}; {nearest(name, shipped() or ['none is shipped'])}")


def read(name: str, overrides: dict[str, Any] | None = None) -> Study:
    """Read and check a study by name or path; `overrides` replace whole keys of the file, for trying it small."""
    path = locate(name)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise StudyError(f"{path}: {path.stat().st_size:,} bytes is too large for a study")
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except UnicodeDecodeError:
        raise StudyError(f"{path}: is not text; a study is a TOML file in UTF-8") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from None
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{path}: is not valid TOML: {error}") from None
    except RecursionError:
        raise StudyError(f"{path}: is not valid TOML: brackets within brackets without end") from None
    for key, value in (overrides or {}).items():
        under = table.get(key)
        laid = isinstance(value, dict) and isinstance(under, dict)
        table[key] = {**dict(_flat(under)), **dict(_flat(value))} if laid else value  # type: ignore[arg-type]
    return checked(table, str(path), path.stem, text)


def checked(table: dict, path: str, name: str, text: str = "") -> Study:
    """A study out of plain data; `path` is what messages call it."""
    try:
        sheet = Sheet.model_validate(table)
    except ValidationError as error:
        raise StudyError(_explain(error, path)) from None
    if sheet.replicates is None and sheet.precision is None:
        raise StudyError(f"{path}: key `replicates`: is missing; say how many seeds, or a `precision` such as 0.05")
    if sheet.days and sheet.every:
        raise StudyError(f"{path}: key `every`: is not allowed beside `days`; give one of them")
    held = dict(_flat(sheet.hold))
    beside = Path(path).parent if os.sep in path else Path()
    scenarios = _scenarios(sheet, held, path, beside)
    dials = {}
    if sheet.dial_to is not None:
        if DIAL not in sheet.vary:
            raise StudyError(f"{path}: key `dial_to`: without a `{DIAL}` in [vary] it says nothing")
        dials = {label: _load(sheet.dial_to, held, path, "dial_to", beside) for label in scenarios}
    vary = _vary(sheet, held, scenarios, dials, path)
    study = Study(
        name, path, text, sheet, scenarios, vary, _measures(sheet, scenarios, path), _precise(sheet, path), dials
    )
    _check_design(study)
    _check_days(study)
    return study


def _explain(error: ValidationError, path: str) -> str:
    fault = error.errors()[0]
    where = [str(part) for part in fault["loc"]]
    if fault["type"] == "extra_forbidden":
        known = Mix.model_fields if where[0] == "mix" else Sheet.model_fields
        return f"{path}: key `{'.'.join(where)}`: unknown; {nearest(where[-1], known)}"
    if fault["type"] == "missing":
        return f"{path}: key `{'.'.join(where)}`: is missing; the least study is `question`, `scenarios`, `replicates`"
    said = fault["msg"][:1].lower() + fault["msg"][1:]
    return f"{path}: key `{'.'.join(where)}`: {fault.get('input')!r} is not allowed: {said}"


def _flat(table: dict, at: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys of nested tables; a table with `low` is a range, not a table of keys."""
    for key, item in table.items():
        if isinstance(item, dict) and not ("low" in item or "high" in item):
            yield from _flat(item, f"{at}{key}.")
        else:
            yield f"{at}{key}", item


def _load(name: str, held: dict, path: str, key: str, beside: Path) -> Scenario:
    local = beside / name
    try:
        return load(str(local) if name.endswith(".toml") and local.is_file() else name, held)
    except ScenarioError as error:
        said = str(error)
        if said.startswith("--set: key `"):
            raise StudyError(f"{path}: [hold] {said.removeprefix('--set: ')}") from None
        raise StudyError(f"{path}: key `{key}`: {said}") from None


def _scenarios(sheet: Sheet, held: dict, path: str, beside: Path) -> dict[str, Scenario]:
    for key, value in held.items():
        if isinstance(value, list | dict):
            raise StudyError(f"{path}: [hold] key `{key}`: holds one value; several belong under [vary]")
    found: dict[str, Scenario] = {}
    for name in sheet.scenarios:
        scenario = _load(name, held, path, "scenarios", beside)
        if scenario.name in found:
            raise StudyError(f"{path}: key `scenarios`: `{scenario.name}` is there twice")
        found[scenario.name] = scenario
    first = next(iter(found.values()))
    for label, scenario in found.items():
        apart = [key for key in BUDGET if getattr(scenario.budget, key) != getattr(first.budget, key)]
        if apart and not sheet.unequal:
            raise StudyError(
                f"{path}: key `scenarios`: {label} and {first.name} do not cost the same (budget.{apart[0]}); "
                f"hold or vary the budget, or ask for an unequal comparison with `unequal = true`"
            )
    return found


def _vary(sheet: Sheet, held: dict, scenarios: dict, dials: dict, path: str) -> dict[str, list | Range]:
    """What varies: patterns opened, ranges completed, every value tried on every scenario."""
    asked = dict(_flat(sheet.vary))
    first = next(iter(scenarios.values()))
    entries = {entry.key: entry for entry in first.entries()}
    found: dict[str, list | Range] = {}
    for key, item in asked.items():
        keys = [key]
        if "*" in key:
            keys = [
                name
                for name, entry in entries.items()
                if fnmatch.fnmatchcase(name, key) and name not in held and name not in asked and _numeric(entry)
            ]
            if not keys:
                raise StudyError(f"{path}: [vary] key `{key}`: no value that could vary has such a name")
        for name in keys:
            if name in held:
                raise StudyError(f"{path}: [vary] key `{name}`: is held too; leave it out of one of [hold] and [vary]")
            found[name] = _values(name, item, entries.get(name), path)
    for key, values in found.items():
        if key == DIAL:
            if not dials:
                raise StudyError(f"{path}: [vary] key `{DIAL}`: needs `dial_to`, the scenario to which 1 leads")
            ends = values if isinstance(values, list) else [values.low, values.high]
            if not all(isinstance(x, int | float) and 0 <= x <= 1 for x in ends):
                raise StudyError(f"{path}: [vary] key `{DIAL}`: is a share from 0 to 1")
            continue
        if key.startswith("strategy.hours."):
            continue  # shares are tried together: one alone may be too much
        tries = values if isinstance(values, list) else [values.at(0.0), values.at(1.0)]
        for label, scenario in scenarios.items():
            for value in tries:
                try:
                    settled(scenario, {key: value})
                except ScenarioError as error:
                    raise StudyError(f"{path}: [vary] {error} (in {label})") from None
    return found


def _numeric(entry: Any) -> bool:
    number = isinstance(entry.value, int | float) and not isinstance(entry.value, bool)
    return number and len(entry.range) == 2 and not entry.key.startswith("strategy.hours")


def _values(key: str, item: Any, entry: Any, path: str) -> list | Range:
    whole = entry is not None and isinstance(entry.value, int)
    where = f"{path}: [vary] key `{key}`"
    if item == WHOLE_RANGE:
        if entry is None or not _numeric(entry):
            raise StudyError(f'{where}: "range" is for numbers of the baseline; give a list or low and high')
        low, high = entry.range
        return Range(low, high, LEAST_LEVELS, whole=whole)
    if isinstance(item, dict):
        known = {"low", "high", "steps", "scale"}
        for name in item:
            if name not in known:
                raise StudyError(f"{where}: `{name}`: unknown; {nearest(name, known)}")
        low, high, steps = item.get("low"), item.get("high"), item.get("steps")
        if not all(isinstance(x, int | float) and not isinstance(x, bool) for x in (low, high)) or low >= high:  # type: ignore[operator]
            raise StudyError(f"{where}: a range is low and high, two numbers, the first the smaller")
        if steps is not None and not (isinstance(steps, int) and 2 <= steps <= 10_000):
            raise StudyError(f"{where}: `steps`: {steps!r} is not allowed; it is a whole number from 2")
        if item.get("scale", "even") not in ("even", "log") or (item.get("scale") == "log" and low <= 0):  # type: ignore[operator]
            raise StudyError(f'{where}: `scale`: is "even", or "log" where low is above 0')
        return Range(low, high, steps, item.get("scale") == "log", whole)  # type: ignore[arg-type]
    values = item if isinstance(item, list) else [item]
    if not values or any(isinstance(value, list | dict) for value in values):
        raise StudyError(f"{where}: is a list of values, one value, or a range {{ low = ..., high = ... }}")
    if entry is not None and isinstance(entry.value, float):
        values = [float(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in values]
    return values


def _measures(sheet: Sheet, scenarios: dict, path: str) -> dict[str, Any]:
    """The measures to keep, each with its meaning; all but hours and people's if none are named."""
    from sim.measures import catalogue

    known: dict[str, Any] = {}
    for scenario in scenarios.values():
        known |= catalogue(scenario)
    wanted = sheet.measures or [key for key in known if not key.startswith(APART)]
    for goal in sheet.mix.goals if sheet.mix else []:
        if goal not in known or not known[goal].better:
            judged = [key for key in known if known[key].better]
            raise StudyError(
                f"{path}: key `mix.goals`: `{goal}` is no measure of better and worse; {nearest(goal, judged)}"
            )
        wanted = wanted if goal in wanted else [*wanted, goal]
    for key in wanted:
        if key not in known:
            raise StudyError(f"{path}: key `measures`: no measure `{key}`; {nearest(key, known)}")
    return {key: known[key] for key in dict.fromkeys(wanted)}


def _precise(sheet: Sheet, path: str) -> tuple[str, ...]:
    """The measures that a precision is about."""
    kept = sheet.measures or list(HEADLINE)
    return tuple(key for key in PRECISE if key in kept) or (kept[0],)


def _check_design(study: Study) -> None:
    design, vary, where = study.design, study.vary, study.path
    if study.mix and vary:
        raise StudyError(f"{where}: key `mix`: is not allowed beside [vary]; the mix is what varies")
    if study.mix and len(study.scenarios) > 1:
        raise StudyError(f"{where}: key `scenarios`: a search for the best mix is about one; write a file for each")
    if study.mix and study.precision:
        raise StudyError(f"{where}: key `precision`: is not allowed with `mix`; say `replicates`")
    if not vary:
        return
    ranges = [key for key, item in vary.items() if isinstance(item, Range)]
    if design in CUBES and study.points is None:
        raise StudyError(f"{where}: key `points`: is missing; a {design} design needs its size")
    if design == "sobol" and study.points & (study.points - 1):
        raise StudyError(f"{where}: key `points`: {study.points} is not allowed; for Sobol it is a power of 2, as 256")
    if design not in CUBES and study.points is not None:
        raise StudyError(
            f"{where}: key `points`: is not allowed with design = {design!r}; its size follows from [vary]"
        )
    for key in ranges:
        if design in ("grid", "one") and vary[key].steps is None:  # type: ignore[union-attr]
            raise StudyError(f"{where}: [vary] key `{key}`: in a {design} design a range needs `steps`")
        if design == "rows":
            raise StudyError(f"{where}: [vary] key `{key}`: in a design of rows give lists, all of one length")
    for key, item in vary.items():
        if design != "rows" and isinstance(item, list) and len(set(map(repr, item))) < len(item):
            raise StudyError(f"{where}: [vary] key `{key}`: has a value twice")
    lengths = {len(item) for item in vary.values() if isinstance(item, list)} - {1}
    if design == "rows" and len(lengths) > 1:
        raise StudyError(f"{where}: [vary]: rows need lists of one length; these have {sorted(lengths)}")


def _check_days(study: Study) -> None:
    for label, scenario in study.scenarios.items():
        vary = study.vary.get("community.days")
        values = vary if isinstance(vary, list) else [vary.low] if vary else [scenario.community.days]
        for day in study.days or []:
            if day > min(values):
                raise StudyError(f"{study.path}: key `days`: day {day} is after the end of {label} (day {min(values)})")
