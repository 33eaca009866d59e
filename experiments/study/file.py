"""What a study file may say: a question, a prediction, scenarios, what is held and varied, how often, what is kept.

All that can be wrong with a file raises `StudyError`, whose message names the file, the key and what is allowed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from experiments.runs.given import MOST_REPLICATES, MOST_SEED, BadInput
from experiments.runs.tasks import replicate_seed
from sim.scenario import Scenario, ScenarioError, nearest, read_toml

if TYPE_CHECKING:
    from experiments.study.stopping import Condition

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


class Stop(BaseModel):
    """When to stop early.

    when : a run ends on the first day on which one of these holds, as "active < 10", and its row is of that day; runs :
    so many are done, whole sets of scenarios, in an order that covers the space; a study with more goes on from there.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    when: list[str] = []
    runs: Annotated[int, Field(ge=1)] | None = None


class StudyFile(BaseModel):
    """A study file, as it is written; own rules (sim/own.py) are given in Python alone."""

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
    beyond: bool = False
    stop: Stop | None = None
    hold: dict[str, Any] = {}
    vary: dict[str, Any] = {}
    mix: Mix | None = None
    rules: list[Any] = Field(default=[], exclude=True)

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
        from experiments.study.checking import explained

        raise StudyError(f"manifest.json: key `sheet`: {explained(error)[0]}") from None


@dataclass(frozen=True)
class Study:
    """A study whose every part has been checked.

    scenarios : by label, what is held already in them; vary : key -> values or a Range; measures : to keep, with their
    meaning; precise : those that a precision is about; dials : where a dial of 1 leads, per label; foundings : what a
    real log tells of the founders, per label; draws : worlds, one for each replicate; networks : keep the ties
    of the first replicate; until : when a run ends early; facts : more for the manifest. The rest of what the file says
    is there under its name (`study.replicates`).
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
    until: tuple[Condition, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, key: str) -> Any:
        if key == "spec":  # while unpickling
            raise AttributeError(key)
        return getattr(self.spec, key)

    def ended(self, series: dict[str, Any]) -> int | None:
        """On which day of its series a run ends early; None if it does not."""
        from experiments.study.stopping import first_day

        return first_day(self.until, series)

    def implausible(self) -> list[str]:
        """The values beyond their plausible range, of the scenarios and of what varies, a line each; see `beyond`."""
        lines = []
        for label, scenario in self.scenarios.items():
            for entry in scenario.entries():
                item = self.vary.get(entry.key, [entry.value])
                values = [item.at(0.0), item.at(1.0)] if isinstance(item, Range) else item
                if outside := [value for value in values if not entry._replace(value=value).plausible]:
                    which = " and ".join(f"{value:g}" for value in dict.fromkeys((outside[0], outside[-1])))
                    low, high = entry.range
                    lines.append(f"{entry.key} = {which} in {label} (plausible: {low:g} to {high:g})")
        return lines

    @property
    def keys(self) -> list[str]:
        """The varied keys, in the order of the file."""
        return list(self.vary)

    def seed_of(self, replicate: int) -> int:
        """The seed of a replicate: the same for every scenario and every point."""
        return replicate_seed(self.spec.seed, replicate)

    def drawn(self, replicate: int) -> dict[str, Any]:
        """The world in which a replicate lives, the same for every scenario; empty without one."""
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
    """Read and check a study by name or path; every fault is said at once.

    `overrides` replace whole keys of the file, for trying it small.
    """
    path = locate(name)
    try:
        table = read_toml(path, "study")
    except ScenarioError as error:
        raise StudyError(str(error)) from None
    for key, value in (overrides or {}).items():
        both = isinstance(value, dict) and isinstance(table.get(key), dict)
        table[key] = dict([*flat(table[key]), *flat(value)]) if both else value
    return checked(table, str(path), path.stem, path.read_text(encoding="utf-8"))


def checked(table: dict, path: str, name: str, text: str = "") -> Study:
    """A study out of plain data; `path` is what messages call it. StudyError names every fault, a line each."""
    from experiments.study import checking

    return checking.checked(table, path, name, text)


def flat(table: dict, at: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys of nested tables; a table with `low` is a range, not a table of keys."""
    for key, item in table.items():
        if isinstance(item, dict) and not ("low" in item or "high" in item):
            yield from flat(item, f"{at}{key}.")
        else:
            yield f"{at}{key}", item
