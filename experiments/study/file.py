"""What a study file may say: a question, a prediction, scenarios, what is held and varied, how often, what is kept.

All that can be wrong with a file raises `StudyError`, whose message names the file, the key and what is allowed.
"""

from __future__ import annotations

import fnmatch
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from experiments.runs.given import MOST_REPLICATES, MOST_SEED, BadInput, unequal_cost
from experiments.runs.point import settled
from experiments.runs.tasks import replicate_seed
from sim.scenario import Scenario, ScenarioError, load, nearest, read_toml

FOLDER = Path(__file__).resolve().parent.parent / "studies"
CUBES = ("latin", "morris", "sobol")  # designs over the unit cube; the others are made of levels
DIAL = "dial"
WHOLE_RANGE = "range"
APART = ("hours.", "person.")  # measures kept only when asked for by name
LEAST_LEVELS = 2
A_RANGE = 'a range is low and high, two numbers, the first the smaller; steps, from 2; scale, "even" or (above 0) "log"'
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


class Range(BaseModel):
    """Values from `low` to `high`, evenly spread, or by equal ratios if `scale` is "log"; whole numbers if `whole`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    low: float
    high: float
    steps: Annotated[int, Field(ge=2, le=10_000)] | None = None
    scale: Literal["even", "log"] = "even"
    whole: bool = False

    @model_validator(mode="after")
    def _check_ends(self) -> Range:
        if self.low >= self.high or (self.scale == "log" and self.low <= 0):
            raise ValueError
        return self

    def at(self, share: float) -> float | int:
        """The value at a share of the way, in [0, 1].

        >>> Range(low=1, high=100, scale="log").at(0.5), Range(low=0, high=5, whole=True).at(0.5)
        (10.0, 2)
        """
        value = self.low + share * (self.high - self.low)
        if self.scale == "log":
            value = float(f"{self.low * (self.high / self.low) ** share:.12g}")  # so that the ends are as in the file
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


class StudyFile(BaseModel):
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

    @property
    def first_replicates(self) -> int:
        """Replicates to begin with; a precision may ask for more."""
        return self.replicates or min(20, self.most)


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
    sheet: StudyFile
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
        table = read_toml(path, "study")
    except ScenarioError as error:
        raise StudyError(str(error)) from None
    for key, value in (overrides or {}).items():
        under = table.get(key)
        table[key] = (
            dict([*_flat(under), *_flat(value)]) if isinstance(under, dict) and isinstance(value, dict) else value
        )
    return checked(table, str(path), path.stem, path.read_text(encoding="utf-8"))


def checked(table: dict, path: str, name: str, text: str = "") -> Study:
    """A study out of plain data; `path` is what messages call it."""
    try:
        sheet = StudyFile.model_validate(table)
    except ValidationError as error:
        raise StudyError(_explain(error, path)) from None
    held, vary = dict(_flat(sheet.hold)), dict(_flat(sheet.vary))
    several = [key for key, value in held.items() if isinstance(value, list | dict)]
    _refuse(
        path,
        (not (sheet.replicates or sheet.precision), "key `replicates`",
         "is missing; say how many seeds, or a `precision` such as 0.05"),
        (sheet.days and sheet.every, "key `every`", "is not allowed beside `days`; give one of them"),
        (sheet.dial_to and DIAL not in vary, "key `dial_to`", f"without a `{DIAL}` in [vary] it says nothing"),
        (DIAL in vary and not sheet.dial_to, f"[vary] key `{DIAL}`", "needs `dial_to`, the scenario to which 1 leads"),
        (several, f"[hold] key `{''.join(several[:1])}`", "holds one value; several belong under [vary]"),
    )  # fmt: skip
    beside = Path(path).parent if os.sep in path else Path()
    scenarios = _scenarios(sheet, held, path, beside)
    dials = {}
    if sheet.dial_to is not None:
        dials = dict.fromkeys(scenarios, _load(sheet.dial_to, held, path, "dial_to", beside))
    kept = sheet.measures or list(HEADLINE)
    precise = tuple(key for key in PRECISE if key in kept) or (kept[0],)
    varied, measures = _vary(vary, held, scenarios, path), _measures(sheet, scenarios, path)
    study = Study(name, path, text, sheet, scenarios, varied, measures, precise, dials)
    _check_design(study)
    for label, scenario in scenarios.items():
        values = study.vary.get("community.days", [scenario.community.days])
        last = min(values if isinstance(values, list) else [values.low])
        late = [day for day in study.days or [] if day > last]
        _refuse(path, (late, "key `days`", f"day {max(late, default=0)} is after the end of {label} (day {last})"))
    return study


def _refuse(path: str, *faults: tuple[Any, str, str]) -> None:
    """Raise StudyError for the first fault that is there; each says whether it is, where, and what is wrong."""
    for there, where, what in faults:
        if there:
            raise StudyError(f"{path}: {where}: {what}")


def _explain(error: ValidationError, path: str) -> str:
    """What pydantic found wrong with a file, in our words."""
    fault = error.errors()[0]
    where = [str(part) for part in fault["loc"]]
    said = f"{fault.get('input')!r} is not allowed: {fault['msg'][:1].lower()}{fault['msg'][1:]}"
    if fault["type"] == "extra_forbidden":
        known = Mix.model_fields if where[0] == "mix" else StudyFile.model_fields
        said = f"unknown; {nearest(where[-1], known)}"
    if fault["type"] == "missing":
        said = "is missing; the least study is `question`, `scenarios`, `replicates`"
    return f"{path}: key `{'.'.join(where)}`: {said}"


def _flat(table: dict, at: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys of nested tables; a table with `low` is a range, not a table of keys."""
    for key, item in table.items():
        if isinstance(item, dict) and not ("low" in item or "high" in item):
            yield from _flat(item, f"{at}{key}.")
        else:
            yield f"{at}{key}", item


def _load(name: str, held: dict, path: str, key: str, beside: Path) -> Scenario:
    """A scenario by name, or by path from where the study file lies, with what is held."""
    local = beside / name
    try:
        return load(str(local) if name.endswith(".toml") and local.is_file() else name, held)
    except ScenarioError as error:
        said = str(error)
        if said.startswith("--set: key `"):
            raise StudyError(f"{path}: [hold] {said.removeprefix('--set: ')}") from None
        raise StudyError(f"{path}: key `{key}`: {said}") from None


def _scenarios(sheet: StudyFile, held: dict, path: str, beside: Path) -> dict[str, Scenario]:
    """The scenarios by label, of equal cost unless the file asks for an unequal comparison."""
    found: dict[str, Scenario] = {}
    for name in sheet.scenarios:
        scenario = _load(name, held, path, "scenarios", beside)
        _refuse(path, (scenario.name in found, "key `scenarios`", f"`{scenario.name}` is there twice"))
        found[scenario.name] = scenario
    apart = not sheet.unequal and unequal_cost(found)
    ask = "hold or vary the budget, or ask for an unequal comparison with `unequal = true`"
    _refuse(path, (apart, "key `scenarios`", f"{apart}; {ask}"))
    return found


def _vary(asked: dict, held: dict, scenarios: dict, path: str) -> dict[str, list | Range]:
    """What varies: patterns opened, ranges completed, every value tried on every scenario."""
    entries = {entry.key: entry for entry in next(iter(scenarios.values())).entries()}
    found: dict[str, list | Range] = {}
    free = [name for name, entry in entries.items() if name not in {**held, **asked} and _numeric(entry)]
    for key, item in asked.items():
        keys = fnmatch.filter(free, key) if "*" in key else [key]
        _refuse(
            path,
            (not keys, f"[vary] key `{key}`", "no value that could vary has such a name"),
            (key in held, f"[vary] key `{key}`", "is held too; leave it out of one of [hold] and [vary]"),
        )
        found |= {name: _values(name, item, entries.get(name), path) for name in keys}
    for key, values in found.items():
        tries = values if isinstance(values, list) else [values.at(0.0), values.at(1.0)]
        if key == DIAL:
            shares = all(isinstance(x, int | float) and 0 <= x <= 1 for x in tries)
            _refuse(path, (not shares, f"[vary] key `{DIAL}`", "is a share from 0 to 1"))
        elif not key.startswith("strategy.hours."):  # shares are tried together: one alone may be too much
            for label, value in itertools.product(scenarios, tries):
                try:
                    settled(scenarios[label], {key: value})
                except ScenarioError as error:
                    raise StudyError(f"{path}: [vary] {error} (in {label})") from None
    return found


def _numeric(entry: Any) -> bool:
    number = isinstance(entry.value, int | float) and not isinstance(entry.value, bool)
    return number and len(entry.range) == 2 and not entry.key.startswith("strategy.hours")


def _values(key: str, item: Any, entry: Any, path: str) -> list | Range:
    """The values of one key: a list, or a range from its table or from the baseline."""
    whole, where = entry is not None and isinstance(entry.value, int), f"[vary] key `{key}`"
    if item == WHOLE_RANGE:
        known = entry is not None and _numeric(entry)
        _refuse(path, (not known, where, '"range" is for numbers of the baseline; give a list or low and high'))
        item = {"low": entry.range[0], "high": entry.range[1], "steps": LEAST_LEVELS}
    if isinstance(item, dict):
        try:
            return Range(**{**item, "whole": whole})
        except ValidationError as error:
            fault = error.errors()[0]
            name = ".".join(map(str, fault["loc"])) or "low"
            said = f"{item.get(name)!r} is not allowed; {A_RANGE}"
            if fault["type"] == "extra_forbidden":
                said = f"unknown; {nearest(name, Range.model_fields)}"
            raise StudyError(f"{path}: {where}: `{name}`: {said}") from None
    values = item if isinstance(item, list) else [item]
    nested = not values or any(isinstance(value, list | dict) for value in values)
    _refuse(path, (nested, where, "is a list of values, one value, or a range { low = ..., high = ... }"))
    if entry is not None and isinstance(entry.value, float):
        values = [float(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in values]
    return values


def _measures(sheet: StudyFile, scenarios: dict, path: str) -> dict[str, Any]:
    """The measures to keep, each with its meaning; all but hours and people's if none are named."""
    from sim.measures import catalogue

    known = {key: about for scenario in scenarios.values() for key, about in catalogue(scenario).items()}
    judged = [key for key in known if known[key].better]
    wanted = sheet.measures or [key for key in known if not key.startswith(APART)]
    for goal in sheet.mix.goals if sheet.mix else []:
        what = f"`{goal}` is no measure of better and worse; {nearest(goal, judged)}"
        _refuse(path, (goal not in judged, "key `mix.goals`", what))
        wanted = [*wanted, goal]
    for key in wanted:
        _refuse(path, (key not in known, "key `measures`", f"no measure `{key}`; {nearest(key, known)}"))
    return {key: known[key] for key in dict.fromkeys(wanted)}


def _check_design(study: Study) -> None:
    """Refuse a design that does not fit what varies."""
    design, vary, points, path = study.design, study.vary, study.points, study.path
    _refuse(
        path,
        (study.mix and vary, "key `mix`", "is not allowed beside [vary]; the mix is what varies"),
        (study.mix and len(study.scenarios) > 1, "key `scenarios`",
         "a search for the best mix is about one; write a file for each"),
        (study.mix and study.precision, "key `precision`", "is not allowed with `mix`; say `replicates`"),
    )  # fmt: skip
    if not vary:
        return
    cube = design in CUBES
    _refuse(
        path,
        (cube and points is None, "key `points`", f"is missing; a {design} design needs its size"),
        (design == "sobol" and points and points & (points - 1), "key `points`",
         f"{points} is not allowed; for Sobol it is a power of 2, as 256"),
        (not cube and points is not None, "key `points`",
         f"is not allowed with design = {design!r}; its size follows from [vary]"),
    )  # fmt: skip
    for key, item in vary.items():
        where, range_ = f"[vary] key `{key}`", isinstance(item, Range)
        _refuse(
            path,
            (range_ and design in ("grid", "one") and item.steps is None, where,  # type: ignore[union-attr]
             f"in a {design} design a range needs `steps`"),
            (range_ and design == "rows", where, "in a design of rows give lists, all of one length"),
            (not range_ and design != "rows" and len(set(map(repr, item))) < len(item), where,  # type: ignore[arg-type]
             "has a value twice"),
        )  # fmt: skip
    lengths = sorted({len(item) for item in vary.values() if isinstance(item, list)} - {1})
    many = design == "rows" and len(lengths) > 1
    _refuse(path, (many, "[vary]", f"rows need lists of one length; these have {lengths}"))
