"""From words on the command line to scenarios that can be run: loading, overriding, founding, refusing.

All that is wrong with what a user gave raises `BadInput`, whose message is one line that says what is wrong and what
is allowed. Nothing has been written when it is raised.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import shlex
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from experiments.store import slug

MOST_REPLICATES = 10_000
MOST_SEED = 2**63 - 1
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_-]+)*")
BUDGET = ("hours_per_week", "wage", "money_per_week")


class BadInput(ValueError):
    """What a user gave cannot be used; the message is for that user."""


class Whole:
    """A whole number in a range, read from an option; the same sort of message for whatever is wrong with it."""

    def __init__(self, low: int, high: int, unit: str):
        self.low, self.high, self.unit = low, high, unit

    def __call__(self, text: str) -> int:
        """Read it."""
        try:
            value = int(str(text).replace("_", ""))
        except ValueError:
            value = None
        if value is None or not self.low <= value <= self.high:
            raise typer.BadParameter(
                f"{text!r} is not allowed; it is a whole number from {self.low:,} to {self.high:,} ({self.unit})"
            )
        return value


class OfBaseline:
    """A whole number whose range and unit stand in the baseline scenario; read late, for the scenarios import late."""

    def __init__(self, table: str, key: str):
        self.at = table, key

    def __call__(self, text: str) -> int:
        """Read it."""
        from sim.scenario import BASELINE

        meta = BASELINE[self.at[0]][self.at[1]]
        low, high = meta["range"]
        return Whole(low, high, meta["unit"])(text)


def fraction(text: str) -> float:
    """A precision: `0.05` or `5%`, in [0.001, 1]."""
    said = str(text).strip()
    try:
        value = float(said[:-1]) / 100 if said.endswith("%") else float(said)
    except ValueError:
        value = float("nan")
    if not 0.001 <= value <= 1:
        raise typer.BadParameter(f"{text!r} is not allowed; it is a share from 0.001 to 1, or per cent as in 5%")
    return value


def date(text: str) -> datetime.date:
    """A day as in 2020-12-31."""
    try:
        return datetime.date.fromisoformat(str(text))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not allowed; it is a date as in 2020-12-31") from None


def setting(text: str) -> tuple[str, Any]:
    """A `key=value` with a TOML value; what is not TOML is a string."""
    key, equals, said = str(text).partition("=")
    key = key.strip()
    if not equals or not KEY.fullmatch(key):
        raise BadInput(f"--set: `{text}` is not allowed; it is key=value, for example ties.gain=0.1")
    try:
        parsed = tomllib.loads(f"value = {said}")
    except tomllib.TOMLDecodeError:
        parsed = {}
    return key, parsed["value"] if set(parsed) == {"value"} else said.strip()


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


@dataclass(frozen=True)
class Changes:
    """What the options change in every scenario of a command."""

    days: int | None = None
    members: int | None = None
    settings: tuple[str, ...] = ()
    log: Path | None = None
    at: datetime.date | None = None
    posterior: Path | None = None

    def overrides(self) -> dict[str, Any]:
        """As `sim.scenario.load` takes them."""
        found = dict(setting(text) for text in self.settings)
        if self.days is not None:
            found["community.days"] = self.days
        if self.members is not None:
            found["community.members"] = self.members
        return found

    def words(self) -> list[str]:
        """As they stand on a command line."""
        said = [] if self.days is None else ["--days", str(self.days)]
        said += [] if self.members is None else ["--members", str(self.members)]
        for text in self.settings:
            said += ["--set", text]
        said += [] if self.log is None else ["--log", str(self.log)]
        said += [] if self.at is None else ["--at", self.at.isoformat()]
        return said + ([] if self.posterior is None else ["--posterior", str(self.posterior)])


@dataclass(frozen=True)
class Prepared:
    """Scenarios ready to run, by label, and what they are founded from."""

    scenarios: dict[str, Any]
    names: tuple[str, ...]
    changes: Changes
    foundings: dict[str, Any] = field(default_factory=dict)
    draws: tuple[dict[str, float], ...] = ()  # of a posterior, by key

    def under(self, replicate: int) -> dict[str, Any]:
        """The scenarios of a replicate: all under the same draw of the posterior, if there is one."""
        if not self.draws:
            return self.scenarios
        from sim.scenario import validated

        found = {}
        for label, scenario in self.scenarios.items():
            table = scenario.resolved()
            for key, value in self.draws[replicate % len(self.draws)].items():
                head, name = key.split(".")
                table[head][name] = value
            found[label] = validated(table, dict(scenario.origins), scenario.path)
        return found

    @property
    def posterior(self) -> dict[str, Any] | None:
        """What the draws are, for the manifest."""
        if not self.draws:
            return None
        text = json.dumps(self.draws, sort_keys=True)
        return {"draws": len(self.draws), "digest": hashlib.sha256(text.encode()).hexdigest()[:16]}

    def command(self, verb: str, more: list[str]) -> str:
        """The command line that repeats this."""
        return shlex.join(["hearth", verb, *self.names, *self.changes.words(), *more])

    @property
    def founded_from(self) -> str | None:
        """The log's name and the day, in words."""
        if self.changes.log is None:
            return None
        day = f", on {self.changes.at.isoformat()}" if self.changes.at else ""
        return f"{self.changes.log.name}{day}"


def prepare(names: list[str], changes: Changes) -> Prepared:
    """Load the named scenarios with the changes, and found them from the log if there is one."""
    from sim.scenario import ScenarioError, load

    if changes.at is not None and changes.log is None:
        raise BadInput("--at: is not allowed alone; it is the day in the log that --log names")
    if changes.log is not None and changes.members is not None:
        raise BadInput("--members: is not allowed with --log; the log says who is a member")
    overrides = changes.overrides()
    scenarios: dict[str, Any] = {}
    for name in names:
        try:
            scenario = load(name, overrides)
        except ScenarioError as error:
            raise BadInput(str(error)) from None
        scenarios[_label(name, scenario.name, scenarios)] = scenario
    foundings: dict[str, Any] = {}
    if changes.log is not None:
        scenarios, foundings = _found(scenarios, changes.log, changes.at)
    return Prepared(scenarios, tuple(names), changes, foundings, _draws(changes))


def _draws(changes: Changes) -> tuple[dict[str, float], ...]:
    """The draws of the posterior that was asked for."""
    if changes.posterior is None:
        return ()
    from experiments.calibration.draws import read
    from experiments.calibration.window import CalibrationError

    try:
        draws = read(changes.posterior)
    except CalibrationError as error:
        raise BadInput(str(error)) from None
    both = sorted(set(changes.overrides()) & set(draws[0]))
    if both:
        raise BadInput(f"--posterior: draws {both[0]}, which --set sets; leave one of them out")
    return tuple(draws)


def _label(given: str, name: str, taken: dict[str, Any]) -> str:
    """What a scenario is called here: its name, its file's where that is taken, numbered where that is taken too."""
    files = {slug(label) for label in taken}  # labels name files too
    for label in (name, Path(given).stem, *(f"{name} {number}" for number in range(2, 100))):
        if slug(label) not in files:
            return label
    return f"{name} {len(taken) + 100}"


def _found(scenarios: dict[str, Any], path: Path, at: datetime.date | None) -> tuple[dict[str, Any], dict[str, Any]]:
    from sim.logs.founding import from_log
    from sim.logs.log import LogError
    from sim.logs.readers import read
    from sim.scenario import ScenarioError

    if not path.is_file():
        raise BadInput(f"--log: `{path}` is not a file")
    try:
        log = read(path)
        made = {label: from_log(log, at, scenario) for label, scenario in scenarios.items()}
    except (LogError, ScenarioError) as error:
        raise BadInput(str(error)) from None
    except (OSError, EOFError) as error:
        raise BadInput(f"--log: `{path}` cannot be read ({error})") from None
    return {label: pair[0] for label, pair in made.items()}, {label: pair[1] for label, pair in made.items()}


def cost(scenario: Any) -> dict[str, float]:
    """What a scenario's team costs: hours and money a week, the wage, and the sum a week."""
    return {key: float(getattr(scenario.budget, key)) for key in BUDGET} | {"cost_per_week": scenario.cost_per_week}


def refuse_incomparable(scenarios: dict[str, Any], unequal: bool) -> None:
    """Raise BadInput unless the scenarios can be laid side by side: as long, as dear, and not the same."""
    labels = list(scenarios)
    if len(labels) < 2:
        raise BadInput("compare: needs two scenarios or more, for example: hearth compare broadcast facilitation")
    lengths = {label: scenario.community.days for label, scenario in scenarios.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{label} {days} days" for label, days in lengths.items())
        raise BadInput(f"compare: the scenarios differ in length ({said}); give both one with --days")
    first = scenarios[labels[0]]
    for label in labels[1:]:
        if scenarios[label].digest() == first.digest():
            raise BadInput(f"compare: {labels[0]} and {label} say the same in every value; there is nothing to compare")
        mine, theirs = cost(scenarios[label]), cost(first)
        apart = [key for key in mine if mine[key] != theirs[key]]
        if apart and not unequal:
            said = ", ".join(f"{key} {mine[key]:g} against {theirs[key]:g}" for key in apart)
            raise BadInput(
                f"compare: {label} and {labels[0]} do not cost the same ({said}); strategies are compared at equal "
                f"hours and money: make the budgets equal, or ask for an unequal comparison with --unequal"
            )
