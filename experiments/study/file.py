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

from experiments.runs.given import MOST_REPLICATES, MOST_SEED, BadInput, Faults, unequal_cost
from experiments.runs.point import settled
from experiments.runs.tasks import replicate_seed
from sim.scenario import Scenario, ScenarioError, load, nearest, read_toml

FOLDER = Path(__file__).resolve().parent.parent / "studies"
CUBES = ("latin", "morris", "sobol")  # designs over the unit cube; the others are made of levels
DIAL = "dial"
WHOLE_RANGE = "range"
ON_REQUEST = ("hours.", "person.")  # measures kept only when asked for by name
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


def sheet_of(manifest: dict[str, Any]) -> StudyFile:
    """The study file that the manifest of a store holds.

    Raises
    ------
    StudyError : if it is none
    """
    try:
        return StudyFile.model_validate(manifest["sheet"])
    except ValidationError as error:
        raise StudyError(f"manifest.json: key `sheet`: {_explain(error)[0]}") from None


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
    spec: StudyFile
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
        if key == "spec":  # while unpickling
            raise AttributeError(key)
        return getattr(self.spec, key)

    @property
    def keys(self) -> list[str]:
        """The varied keys, in the order of the file."""
        return list(self.vary)

    def seed_of(self, replicate: int) -> int:
        """The seed of a replicate: the same for every scenario and every point."""
        return replicate_seed(self.spec.seed, replicate)

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
    if os.path.isfile(path):
        return path
    what = "no such file, and no shipped study of that name"
    if os.path.exists(path):
        what = "is a folder; name a study file" if path.is_dir() else "is a pipe or a device, and not a file"
    raise StudyError(f"study `{name}`: {what}; {nearest(name, shipped() or ['none is shipped'])}")


def read(name: str, overrides: dict[str, Any] | None = None) -> Study:
    """Read and check a study by name or path; `overrides` replace whole keys of the file, for trying it small."""
    path = locate(name)
    try:
        table = read_toml(path, "study")
    except ScenarioError as error:
        raise StudyError(str(error)) from None
    for key, value in (overrides or {}).items():
        both = isinstance(value, dict) and isinstance(table.get(key), dict)
        table[key] = dict([*_flat(table[key]), *_flat(value)]) if both else value
    return checked(table, str(path), path.stem, path.read_text(encoding="utf-8"))


def checked(table: dict, path: str, name: str, text: str = "") -> Study:
    """A study out of plain data; `path` is what messages call it."""
    try:
        study = _checked(table, path, name, text)
        _check_design(study)
    except ValidationError as error:
        said = _explain(error)
    except StudyError as error:
        said = str(error).splitlines()
    else:
        return study
    raise StudyError("\n".join(f"{path}: {line}" for line in said)) from None


def _checked(table: dict, path: str, name: str, text: str) -> Study:
    """As `checked`; messages do not name the file yet."""
    spec = StudyFile.model_validate(table)
    held, vary, faults = dict(_flat(spec.hold)), dict(_flat(spec.vary)), Faults()
    wanted = "is missing; say how many seeds, or a `precision` such as 0.05"
    faults.note(not (spec.replicates or spec.precision), "key `replicates`", wanted)
    faults.note(spec.days and spec.every, "key `every`", "is not allowed beside `days`; give one of them")
    faults.note(spec.dial_to and DIAL not in vary, "key `dial_to`", f"without a `{DIAL}` in [vary] it says nothing")
    needs = "needs `dial_to`, the scenario to which 1 leads"
    faults.note(DIAL in vary and not spec.dial_to, f"[vary] key `{DIAL}`", needs)
    for key, value in held.items():
        several = isinstance(value, list | dict)
        faults.note(several, f"[hold] key `{key}`", "holds one value; several belong under [vary]")
    beside = Path(path).parent if os.sep in path else Path()
    held = {key: value for key, value in held.items() if not isinstance(value, list | dict)}
    scenarios: dict[str, Scenario] = {}
    for given in spec.scenarios:
        with faults.noting():
            scenario = _load(given, held, "scenarios", beside)
            faults.note(scenario.name in scenarios, "key `scenarios`", f"`{scenario.name}` is there twice")
            scenarios[scenario.name] = scenario
    faults.refuse(StudyError)  # what follows needs all of these
    differing = not spec.unequal and unequal_cost(scenarios)
    ask = "hold or vary the budget, or ask for an unequal comparison with `unequal = true`"
    faults.note(differing, "key `scenarios`", f"{differing}; {ask}")
    dials, varied, measures = dict[str, Scenario](), dict[str, list | Range](), dict[str, Any]()
    with faults.noting():
        dials = dict.fromkeys(scenarios, _load(spec.dial_to, held, "dial_to", beside)) if spec.dial_to else {}
    with faults.noting():
        varied = _vary(vary, held, scenarios)
    with faults.noting():
        measures = _measures(spec, scenarios)
    faults.refuse(StudyError)
    chosen = spec.measures or list(HEADLINE)
    precise = tuple(key for key in PRECISE if key in chosen) or (chosen[0],)
    return Study(name, path, text, spec, scenarios, varied, measures, precise, dials)


def _refuse(there: Any, where: str, what: str) -> None:
    """Raise StudyError with `where` and `what` as its message, if `there` is true."""
    if there:
        raise StudyError(f"{where}: {what}")


def _explain(error: ValidationError) -> list[str]:
    """The messages for a file that pydantic refused, one a fault."""
    return [_explained(fault) for fault in error.errors()]


def _explained(fault: Any) -> str:
    where = [str(part) for part in fault["loc"]]
    given = fault.get("input")
    message = f"{given!r} is not allowed: {fault['msg'][:1].lower()}{fault['msg'][1:]}"
    if fault["type"] == "less_than_equal" and fault["ctx"]["le"] == 1:  # a share
        message = f"{given!r} is not allowed: {given:g} means {100 * given:,.0f} %; write {given / 100:g}"
    if fault["type"] == "extra_forbidden":
        known = Mix.model_fields if where[0] == "mix" else StudyFile.model_fields
        message = f"unknown; {nearest(where[-1], known)}"
    if fault["type"] == "missing":
        message = "is missing; the least study is `question`, `scenarios`, `replicates`"
    return f"key `{'.'.join(where)}`: {message}"


def _flat(table: dict, at: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys of nested tables; a table with `low` is a range, not a table of keys."""
    for key, item in table.items():
        if isinstance(item, dict) and not ("low" in item or "high" in item):
            yield from _flat(item, f"{at}{key}.")
        else:
            yield f"{at}{key}", item


def _load(name: str, held: dict, key: str, beside: Path) -> Scenario:
    """A scenario by name, or by path from where the study file lies, with what is held."""
    local = beside / name
    try:
        return load(str(local) if name.endswith(".toml") and local.is_file() else name, held)
    except ScenarioError as error:
        message = str(error)
        of_hold = message.startswith("--set: key `")
        raise StudyError(
            f"[hold] {message.removeprefix('--set: ')}" if of_hold else f"key `{key}`: {message}"
        ) from None


def _vary(asked: dict, held: dict, scenarios: dict) -> dict[str, list | Range]:
    """What varies: patterns opened, ranges completed, every value tried on every scenario."""
    entries = {entry.key: entry for entry in next(iter(scenarios.values())).entries()}
    varied: dict[str, list | Range] = {}
    free = [name for name, entry in entries.items() if name not in {**held, **asked} and _numeric(entry)]
    faults = Faults()
    for key, item in asked.items():
        keys = fnmatch.filter(free, key) if "*" in key else [key]
        faults.note(not keys, f"[vary] key `{key}`", "no value that could vary has such a name")
        faults.note(key in held, f"[vary] key `{key}`", "is held too; leave it out of one of [hold] and [vary]")
        with faults.noting():
            varied |= {name: _values(f"[vary] key `{name}`", item, entries.get(name)) for name in keys}
    for key, values in varied.items():
        tries = values if isinstance(values, list) else [values.at(0.0), values.at(1.0)]
        if key == DIAL:
            shares = all(isinstance(x, int | float) and 0 <= x <= 1 for x in tries)
            faults.note(not shares, f"[vary] key `{DIAL}`", "is a share from 0 to 1")
        elif not key.startswith("strategy.hours."):  # shares are tried together: one alone may be too much
            for label, value in itertools.product(scenarios, tries):
                try:
                    settled(scenarios[label], {key: value})
                except ScenarioError as error:
                    faults.said.append(f"[vary] {error} (in {label})")
                    break
    faults.refuse(StudyError)
    return varied


def _numeric(entry: Any) -> bool:
    number = isinstance(entry.value, int | float) and not isinstance(entry.value, bool)
    return number and len(entry.range) == 2 and not entry.key.startswith("strategy.hours")


def _values(where: str, item: Any, entry: Any) -> list | Range:
    """The values of one key: a list, or a range from its table or from the baseline."""
    if item == WHOLE_RANGE:
        known = entry is not None and _numeric(entry)
        _refuse(not known, where, '"range" is for numbers of the baseline; give a list or low and high')
        item = {"low": entry.range[0], "high": entry.range[1], "steps": LEAST_LEVELS}
    if isinstance(item, dict):
        try:
            return Range(**{**item, "whole": entry is not None and isinstance(entry.value, int)})
        except ValidationError as error:
            fault = error.errors()[0]
            name = ".".join(map(str, fault["loc"])) or "low"
            unknown, given = fault["type"] == "extra_forbidden", item.get(name)
            message = (
                f"unknown; {nearest(name, Range.model_fields)}" if unknown else f"{given!r} is not allowed; {A_RANGE}"
            )
            raise StudyError(f"{where}: `{name}`: {message}") from None
    values = item if isinstance(item, list) else [item]
    nested = not values or any(isinstance(value, list | dict) for value in values)
    _refuse(nested, where, "is a list of values, one value, or a range { low = ..., high = ... }")
    if entry is not None and isinstance(entry.value, float):
        values = [float(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in values]
    return values


def _measures(spec: StudyFile, scenarios: dict) -> dict[str, Any]:
    """The measures to keep, each with its meaning; all but hours and people's if none are named."""
    from sim.measures import catalogue

    known = {key: about for scenario in scenarios.values() for key, about in catalogue(scenario).items()}
    judged = [key for key in known if known[key].better]
    wanted, goals = (
        spec.measures or [key for key in known if not key.startswith(ON_REQUEST)],
        spec.mix and spec.mix.goals,
    )
    faults = Faults()
    for goal in (goal for goal in goals or [] if goal not in judged):
        what = f"`{goal}` is no measure of better and worse; {nearest(goal, judged)}"
        faults.note(True, "key `mix.goals`", what)
    for key in (key for key in wanted if key not in known):
        faults.note(True, "key `measures`", f"no measure `{key}`; {nearest(key, known)}")
    faults.refuse(StudyError)
    return {key: known[key] for key in [*wanted, *(goals or [])]}


def _check_design(study: Study) -> None:
    """Refuse a design that does not fit what varies, and days after the end."""
    design, vary, points, mix, faults = study.design, study.vary, study.points, study.mix, Faults()
    faults.note(mix and vary, "key `mix`", "is not allowed beside [vary]; the mix is what varies")
    several = mix and len(study.scenarios) > 1
    faults.note(several, "key `scenarios`", "a search for the best mix is about one; write a file for each")
    faults.note(mix and study.precision, "key `precision`", "is not allowed with `mix`; say `replicates`")
    if vary:
        cube = design in CUBES
        faults.note(cube and points is None, "key `points`", f"is missing; a {design} design needs its size")
        uneven = design == "sobol" and points and points & (points - 1)
        faults.note(uneven, "key `points`", f"{points} is not allowed; for Sobol it is a power of 2, as 256")
        idle = f"is not allowed with design = {design!r}; its size follows from [vary]"
        faults.note(not cube and points is not None, "key `points`", idle)
    for key, item in vary.items():
        where = f"[vary] key `{key}`"
        if isinstance(item, Range):
            stepless = design in ("grid", "one") and item.steps is None
            faults.note(stepless, where, f"in a {design} design a range needs `steps`")
            faults.note(design == "rows", where, "in a design of rows give lists, all of one length")
        else:
            faults.note(design != "rows" and len(set(map(repr, item))) < len(item), where, "has a value twice")
    lengths = sorted({len(item) for item in vary.values() if isinstance(item, list)} - {1})
    many = design == "rows" and len(lengths) > 1
    faults.note(many, "[vary]", f"rows need lists of one length; these have {lengths}")
    for label, scenario in study.scenarios.items():
        values = vary.get("community.days", [scenario.community.days])
        last = min(values if isinstance(values, list) else [values.low])
        latest = max(study.days or [0])
        faults.note(latest > last, "key `days`", f"day {latest} is after the end of {label} (day {last})")
    faults.refuse(StudyError)
