"""The whole state of a studio run, as a link carries it, and what it means to the model.

A state says for each side from which scenario it starts, which values differ, and what was moved on which day. The
model is deterministic, so the state and a day are the run: whoever opens the link sees the same community.
"""

from __future__ import annotations

import json
import re
import tempfile
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from experiments.runs.tasks import replicate_seed
from sim.scenario import HATS, Scenario, ScenarioError, load, shipped

FACILITATING = ("welcome", "connect", "host", "answer", "moderate", "recognise", "listen")
BROADCASTING = ("publish", "amplify", "respond", "prompt")
HOURS = "strategy.hours."  # then an activity: a share of the budget
SLIDER = "facilitation"  # the key of the slider; `team.0.hats` is that of a person's hats; the rest are the scenario's
HATS_OF = re.compile(r"team\.(\d{1,3})\.hats")
MOST_MEMBERS, MOST_WEEKS, MOST_MOVES, MOST_SEED = 2_000, 156, 500, 2**53 - 1
LONGEST_TEXT = 40_000  # characters of a scenario file that is carried up

Name = Literal["A", "B"]
NAMES: tuple[Name, Name] = ("A", "B")
Value = bool | int | float | Annotated[str, Field(max_length=60)]
Key = Annotated[str, Field(max_length=160)]


class Strict(BaseModel):
    """Plain data from outside: nothing unknown, no infinities."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Side(Strict):
    """One community on day 0: a shipped scenario or the text of a file, and the values that differ from it."""

    scenario: Annotated[str, Field(max_length=80)] = "baseline"
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    values: Annotated[dict[Key, Value], Field(max_length=400)] = {}


class Move(Strict):
    """Something that was changed after `day`; it acts from the next day on."""

    day: Annotated[int, Field(ge=1, le=7 * MOST_WEEKS)]
    side: Name
    key: Key
    value: Value


class Setup(Strict):
    """The state of both sides. `moves` were made by hand; `events` belong to a lesson and stay at a reset."""

    A: Side = Side(values={SLIDER: 0.15})
    B: Side = Side(values={SLIDER: 0.85})
    members: Annotated[int, Field(ge=20, le=MOST_MEMBERS)] = 300
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] = 18  # the most usual of thirty: studio.truth
    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = 52
    moves: Annotated[list[Move], Field(max_length=MOST_MOVES)] = []
    events: Annotated[list[Move], Field(max_length=20)] = []
    lesson: Annotated[str, Field(max_length=40)] = ""

    @model_validator(mode="after")
    def _in_order(self) -> Setup:
        self.moves.sort(key=lambda move: move.day)
        self.events.sort(key=lambda move: move.day)
        return self

    @property
    def days(self) -> int:
        """Length of the run."""
        return 7 * self.weeks

    def moved(self, name: Name, day: int) -> bool:
        """Whether something changes on this side after exactly `day`."""
        return any(move.day == day and move.side == name for move in (*self.events, *self.moves))

    def values(self, name: Name, day: int) -> dict[str, Any]:
        """The values of one side that differ from its scenario, as they are after `day`."""
        moves = [move for move in (*self.events, *self.moves) if move.day <= day and move.side == name]
        moves.sort(key=lambda move: move.day)
        return {**getattr(self, name).values, **{move.key: move.value for move in moves}}

    def with_value(self, name: Name, day: int, key: str, value: Any) -> Setup:
        """The state with one thing changed after `day`; on day 0 it is how the side starts."""
        if day == 0:
            side = getattr(self, name)
            return self.model_copy(update={name: side.model_copy(update={"values": {**side.values, key: value}})})
        others = [move for move in self.moves if (move.day, move.side, move.key) != (day, name, key)]
        if len(others) >= MOST_MOVES:
            raise ScenarioError(f"more than {MOST_MOVES} changes in one run; press Reset to start from where it stands")
        return self.model_copy(update={"moves": [*others, Move(day=day, side=name, key=key, value=value)]})

    def folded(self, day: int) -> Setup:
        """The state with the moves up to `day` made the start: what Reset starts from."""
        by_hand = self.model_copy(update={"events": []})
        sides: dict[str, Any] = {
            name: getattr(self, name).model_copy(update={"values": by_hand.values(name, day)}) for name in NAMES
        }
        return self.model_copy(update={**sides, "moves": []})

    def scenario(self, name: Name, day: int = 0) -> Scenario:
        """The scenario of one side as it is after `day`; ScenarioError when a value or a file cannot be used."""
        return resolve(getattr(self, name), self.values(name, day), self.members, self.days)

    def seed_of(self, replicate: int) -> int:
        """The seed of run 0, 1, ...: run 0 is on the screen, and first in a `hearth compare` with the same --seed."""
        return replicate_seed(self.seed, replicate)


def resolve(side: Side, values: dict[str, Any], members: int, days: int) -> Scenario:
    """The scenario of `side` with `values`, for as many members and days."""
    whole = {**values, "community.members": members, "community.days": days}
    return _resolved(side.scenario, side.text, json.dumps(whole, sort_keys=True))


@lru_cache(maxsize=64)
def _resolved(name: str, text: str, settings: str) -> Scenario:
    """As `resolve`; the settings come as JSON, for 1, 1.0 and True would be one key to the cache."""
    values = json.loads(settings)
    slider = values.pop(SLIDER, None)
    start = _load(name, text, json.dumps(values))
    if slider is None:
        return start
    # it moves the hours that are there once every other value has been set
    return _load(name, text, json.dumps(values | shifted(start, clipped(start, SLIDER, slider))))


plain = lru_cache(load)  # a shipped scenario as it is


@lru_cache(maxsize=64)
def _load(name: str, text: str, settings: str) -> Scenario:
    """Load a scenario with settings, as above."""
    values = json.loads(settings)
    if not text:
        if name.count("@") > 1 or not set(name.split("@")) <= set(shipped()):
            raise ScenarioError(f"scenario `{name}`: is not shipped; known: {', '.join(shipped())}")
        return _changed(name, plain(name), values)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name) or 'yours'}.toml"
        try:
            base = tomllib.loads(text).get("base", "baseline")
        except (tomllib.TOMLDecodeError, RecursionError):
            base = "baseline"  # load says better what is wrong
        if base not in shipped():
            raise ScenarioError(f"key `base`: {str(base)[:60]!r} is not a shipped scenario; no other file is read")
        path.write_text(text, encoding="utf-8")
        try:
            return _changed(str(path), load(str(path)), values)
        except ScenarioError as error:
            raise ScenarioError(str(error).replace(str(path), "your file")) from None


def _changed(name: str, start: Scenario, values: dict[str, Any]) -> Scenario:
    """A scenario with values; errors do not mention `--set`, which a studio user has not typed."""
    try:
        return load(name, _overrides(start, values))
    except ScenarioError as error:
        raise ScenarioError(str(error).removeprefix("--set: ")) from None


def _overrides(scenario: Scenario, values: dict[str, Any]) -> dict[str, Any]:
    """As for `load`: whole numbers become floats where the schema has one, for a browser writes 1.0 as 1."""
    floats = {entry.key for entry in scenario.entries() if isinstance(entry.value, float)}
    team = scenario.resolved()["team"]
    overrides: dict[str, Any] = {}
    for key, value in values.items():
        if of := HATS_OF.fullmatch(key):
            if int(of[1]) >= len(team):
                raise ScenarioError(f"key `{key}`: the team has {len(team)} people, counted from 0")
            team[int(of[1])]["hats"] = [hat.strip() for hat in str(value).split(",")]
            overrides["team"] = team
        elif isinstance(value, int) and not isinstance(value, bool):
            overrides[key] = float(value) if key in floats or key.startswith("strategy.hours.") else value
        else:
            overrides[key] = value
    return overrides


def facilitation(scenario: Scenario) -> float:
    """Where the slider of a scenario stands: facilitating hours as a share of facilitating and broadcasting ones."""
    hours = scenario.strategy.hours
    members, messages = (sum(hours.get(a, 0.0) for a in group) for group in (FACILITATING, BROADCASTING))
    return members / (members + messages) if members + messages else 0.0


def shifted(scenario: Scenario, share: float) -> dict[str, float]:
    """Hours with `share` of facilitating and broadcasting hours on facilitating, their sum and `act` as they were.

    Within each group the hours keep their proportions; a group that had none gets those of the baseline, as far as
    the team wears the hats for them.
    """
    hours, usual = scenario.strategy.hours, plain("baseline").strategy.hours
    worn = {hat for person in scenario.team for hat in person.hats}
    total = sum(hours.get(activity, 0.0) for activity in (*FACILITATING, *BROADCASTING))
    moved: dict[str, float] = {}
    for group, part in ((FACILITATING, share), (BROADCASTING, 1.0 - share)):
        weights = {activity: hours.get(activity, 0.0) for activity in group}
        if not sum(weights.values()):
            weights = {activity: usual[activity] * (scenario.activities[activity].hat in worn) for activity in group}
        whole = sum(weights.values())
        if not whole:
            raise ScenarioError("the slider: nobody in the team wears a hat for these hours; give it to somebody")
        moved |= {f"strategy.hours.{activity}": total * part * weight / whole for activity, weight in weights.items()}
    return moved


def clipped(scenario: Scenario, key: str, value: Any) -> Any:
    """A value for `key`, brought within the schema's range; what is not of its kind is left for `load` to refuse.

    Raises
    ------
    ScenarioError : for hours or a slider that are no number, and for hats that nobody knows
    """
    if HATS_OF.fullmatch(key):
        hats = str(value).replace(",", " ").split()
        if not hats or not set(hats) <= set(HATS):
            raise ScenarioError(f"key `{key}`: {value!r} is not allowed; it is one or more of {', '.join(HATS)}")
        return ", ".join(hat for hat in HATS if hat in hats)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if key == SLIDER or (key.startswith("strategy.hours.") and key.count(".") == 2):
        if not is_number:
            raise ScenarioError(f"key `{key}`: {value!r} is not allowed; it is a number")
        return min(max(value, 0.0), 1.0)
    entry = next((entry for entry in scenario.entries() if entry.key == key), None)
    if entry is None or not is_number or not isinstance(entry.value, int | float) or isinstance(entry.value, bool):
        return value
    within = min(max(value, entry.range[0]), entry.range[1])
    return round(within) if isinstance(entry.value, int) else float(within)
