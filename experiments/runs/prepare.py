"""From the names of scenarios to scenarios that can be run: loading, changing, founding, refusing to compare."""

from __future__ import annotations

import datetime
import hashlib
import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.runs.files import slug
from experiments.runs.given import BadInput, Faults, setting, unequal_cost


@dataclass(frozen=True)
class Changes:
    """What the options change in every scenario of a command."""

    days: int | None = None
    members: int | None = None
    settings: tuple[str, ...] = ()
    log: Path | None = None
    at: datetime.date | None = None
    posterior: Path | None = None
    world: Path | None = None
    like: tuple[str, ...] = ()
    know: tuple[str, ...] = ()
    hours: float | None = None
    wage: float | None = None
    money: float | None = None
    currency: str | None = None

    @property
    def plain(self) -> dict[str, Any]:
        """The values that have an option of their own, by key, as far as they are given."""
        own = {"community.days": self.days, "community.members": self.members, "budget.hours_per_week": self.hours,
               "budget.wage": self.wage, "budget.money_per_week": self.money}  # fmt: skip
        return {key: value for key, value in own.items() if value is not None}

    def overrides(self) -> dict[str, Any]:
        """The changes as the overrides that `sim.scenario.load` takes."""
        changed, faults = dict[str, Any](), Faults()
        for text in self.settings:
            with faults.noting():
                changed |= [setting(text)]
        for key in changed.keys() & self.plain.keys():
            faults.note(True, "--set", f"`{key}` is given by an option of its own too; leave one of them out")
        faults.refuse()
        return changed | self.plain

    def words(self) -> list[str]:
        """The changes as words of a command line."""
        amounts = {"--hours": self.hours, "--wage": self.wage, "--money": self.money}
        options: list[tuple[str, Any]] = [("--days", self.days), ("--members", self.members)]
        options += [(name, None if x is None else f"{x:.12g}") for name, x in amounts.items()]
        options += [("--currency", self.currency)]
        options += [("--set", text) for text in self.settings]
        options += [("--log", self.log), ("--at", self.at), ("--posterior", self.posterior)]
        options += [("--world", self.world)]
        options += [("--like", text) for text in self.like] + [("--know", text) for text in self.know]
        return [word for option, value in options if value is not None for word in (option, str(value))]


@dataclass(frozen=True)
class Prepared:
    """Scenarios ready to run, by label, and what they are founded from."""

    scenarios: dict[str, Any]
    names: tuple[str, ...]
    changes: Changes
    foundings: dict[str, Any] = field(default_factory=dict)
    draws: tuple[dict[str, Any], ...] = ()  # worlds, by key
    worlds: Any = None  # `experiments.comparison.worlds.Worlds` of which the draws are
    known: Any = None  # `experiments.comparison.known.Known` of the options --like and --know

    @property
    def posterior(self) -> dict[str, Any] | None:
        """A summary of the draws, for the manifest."""
        if not self.draws or self.worlds:
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


def prepare(names: list[str], changes: Changes, draws: tuple[dict[str, float], ...] = ()) -> Prepared:
    """Load the named scenarios with the changes, and found them from the log if there is one.

    `draws` of a posterior, by key: each replicate lives under one of them.
    """
    from sim.scenario import load

    if changes.world is not None and (there := [name for name in names if "@" in name and not Path(name).is_file()]):
        raise BadInput(f"--world: is not allowed with `{there[0]}`, which names its world after the @")

    if changes.at is not None and changes.log is None:
        raise BadInput("--at: is not allowed alone; it is the day in the log that --log names")
    if changes.log is not None and changes.members is not None:
        raise BadInput("--members: is not allowed with --log; the log says who is a member")
    overrides = changes.overrides()
    if both := sorted(set(overrides) & {key for draw in draws[:1] for key in draw}):
        raise BadInput(f"--posterior: draws {both[0]}, which --set sets; leave one of them out")
    scenarios: dict[str, Any] = {}
    faults = Faults()
    for name in names:
        try:
            scenario = load(f"{name}@{changes.world}" if changes.world else name, overrides)
            called = scenario.name.partition("@")[0] if changes.world else scenario.name
            scenarios[_label(name, called, scenarios)] = scenario
        except BadInput as error:
            before = len(faults.said)
            for key, value in overrides.items():  # each by itself, for one error names one of them
                with faults.noting():
                    load(name, {key: value})
            if len(faults.said) == before:
                faults.said.append(str(error))
    faults.refuse()
    foundings: dict[str, Any] = {}
    if changes.log is not None:
        scenarios, foundings = _founded(scenarios, changes.log, changes.at)
    return Prepared(scenarios, tuple(names), changes, foundings, draws)


def _label(given: str, name: str, taken: dict[str, Any]) -> str:
    """The label of a scenario: its name, its file's name if that is taken, a numbered name if both are."""
    files = {slug(label) for label in taken}  # labels name files too
    for label in (name, Path(given).stem, *(f"{name} {number}" for number in range(2, 100))):
        if slug(label) not in files:
            return label
    return f"{name} {len(taken) + 100}"


def _founded(scenarios: dict[str, Any], path: Path, at: datetime.date | None) -> tuple[dict[str, Any], dict[str, Any]]:
    from sim.logs.founding import from_log
    from sim.logs.log import LogError
    from sim.logs.readers import read

    try:
        log = read(path)
        made = {label: from_log(log, at, scenario) for label, scenario in scenarios.items()}
    except LogError as error:
        raise BadInput(f"--log: {error}") from None
    except (OSError, EOFError) as error:
        raise BadInput(f"--log: `{path}` cannot be read ({error})") from None
    return {label: pair[0] for label, pair in made.items()}, {label: pair[1] for label, pair in made.items()}


def refuse_incomparable(scenarios: dict[str, Any], unequal: bool) -> None:
    """Raise BadInput unless the scenarios can be compared: equal length, equal cost, different values."""
    labels = list(scenarios)
    if len(labels) < 2:
        raise BadInput("compare: needs two scenarios or more, for example: hearth compare broadcast facilitation")
    lengths = {label: scenario.community.days for label, scenario in scenarios.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{label} {days} days" for label, days in lengths.items())
        raise BadInput(f"compare: the scenarios differ in length ({listed}); give both one with --days")
    for label in labels[1:]:
        if scenarios[label].digest() == scenarios[labels[0]].digest():
            raise BadInput(f"compare: {labels[0]} and {label} say the same in every value; there is nothing to compare")
    if not unequal and (difference := unequal_cost(scenarios)):
        raise BadInput(
            f"compare: {difference}; strategies are compared at equal hours and money: make the budgets equal, or ask "
            f"for an unequal comparison with --unequal"
        )
