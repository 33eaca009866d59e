"""What one tab (or one notebook) holds: two worlds that share seed and people, and the state that made them."""

from __future__ import annotations

import base64
import gzip
import json
import shlex
import struct
from typing import Any

from sim.measures import STATES, catalogue
from sim.scenario import HATS, Scenario, ScenarioError, load
from studio import choices, teaching
from studio.file import toml_of
from studio.setup import HOURS, NAMES, Name, Setup, clipped, facilitation
from studio.spread import short
from studio.world import World

# What the page charts and lists, in the order of its table.
FORMAT = "hearthside studio 1"
LEAST = 0.05  # hours a week: a smaller difference is not told
SHOWN = (
    "reach", "intimacy", "intimate_share", "value_members", "value_company", "members", "active", "exchanges",
    "staff_messages", "solved_members", "solved_staff", "given_up", "stories", "projects", "trust", "experience",
    "hostile", "false_sanctions", "left",
)  # fmt: skip


class Session:
    """Two communities side by side; it knows nothing of sockets."""

    def __init__(self, setup: Setup | None = None, day: int = 0):
        self.chosen: int | None = None  # the key of the member whose card is open
        self.restart(setup or Setup(), day)

    def restart(self, setup: Setup, day: int = 0) -> None:
        """Found both communities anew and live up to `day`; nothing changes where the setup cannot be used."""
        worlds = {name: World(setup, name) for name in NAMES}
        for name, world in worlds.items():  # later moves must be usable too, before anything is thrown away
            for when in sorted({move.day for move in (*setup.events, *setup.moves) if move.side == name}):
                if setup.scenario(name, when).laid_down() != world.community.scenario.laid_down():
                    raise ScenarioError(f"a move after day {when} changes what day 0 laid down; it cannot be used")
        self.setup, self.worlds = setup, worlds
        self.slider = {name: facilitation(setup.scenario(name)) for name in NAMES}
        self.tape = [self.frame()]  # a picture a week, for the page that plays by itself
        self.advance(min(day, setup.days))

    @property
    def day(self) -> int:
        """Days since the founding."""
        return self.worlds["A"].day

    @property
    def done(self) -> bool:
        """Whether the run is at its end."""
        return self.day >= self.setup.days

    def advance(self, days: int) -> None:
        """Live `days` more, at most to the end."""
        for done in range(min(days, self.setup.days - self.day)):
            for world in self.worlds.values():
                if done % 7 == 0:  # a picture shows who has talked within its days, and no more than a week of that
                    world.forget()
                world.step()
            for name in NAMES:
                if self.setup.moved(name, self.day):
                    self.slider[name] = facilitation(self.setup.scenario(name, self.day))
            if self.day % 7 == 0:
                self.tape.append(self.frame(self.day - 6))

    def change(self, name: Name, key: str, value: Any) -> bool:
        """Change one thing on a side, within the schema's range, at once; returns whether both had to start again.

        Raises
        ------
        ScenarioError : for what cannot be used; nothing has changed then
        """
        now = self.setup.scenario(name, self.day)
        value = clipped(now, key, value)
        setup = self.setup.with_value(name, self.day, key, value)
        scenario = setup.scenario(name, self.day)
        if scenario.laid_down() != now.laid_down():
            self.restart(self.setup.folded(self.day).with_value(name, 0, key, value))
            return True
        for world in self.worlds.values():
            world.setup = setup
        self.setup = setup
        if self.day == 0:
            self.worlds[name].community.change(scenario)
        self.slider[name] = facilitation(scenario)
        return False

    def reset(self) -> None:
        """Back to day 0, with sliders and values as they stand."""
        self.restart(self.setup.folded(self.day))

    def scenario(self, name: Name) -> Scenario:
        """The scenario of one side as it is now."""
        return self.setup.scenario(name, self.day)

    # What a page is sent

    def state(self) -> dict[str, Any]:
        """Everything about the run but its pictures, as plain data."""
        scenarios = {name: self.scenario(name) for name in NAMES}
        return {
            "type": "state",
            "setup": self.setup.model_dump(),
            "day": self.day,
            "days": self.setup.days,
            "slider": self.slider,
            "hours": {name: dict(scenarios[name].strategy.hours) for name in NAMES},
            "budget": {name: scenarios[name].budget.hours_per_week for name in NAMES},
            "question": {name: scenarios[name].question for name in NAMES},
            "differs": (differs := differing(*scenarios.values())),
            "same_world": same_world(differs),
            "command": self.command(),
        }

    def frame(self, since: int = 0) -> bytes:
        """A picture with the measures from day `since` on, as bytes."""
        rows = [
            [day, *(short([self.worlds[name].rows[day][key] for key in SHOWN]) for name in NAMES)]
            for day in range(since, self.day + 1)
        ]
        header = {"type": "frame", "day": self.day, "slider": self.slider, "rows": rows}
        if self.chosen is not None:
            header["cards"] = {"key": self.chosen} | {n: self.worlds[n].card(self.chosen) for n in NAMES}
        return packed(header, self.worlds)

    # Files

    def csv(self) -> str:
        """Every measure of both sides, a row a day and side."""
        import pandas as pd

        from experiments.runs import sheets

        sides = {name: pd.DataFrame(world.rows) for name, world in self.worlds.items()}
        table = pd.concat(sides, names=["side", "day"])
        return sheets.text(table.reset_index(), "%.7g")

    def last(self) -> dict[str, dict[str, float | None]]:
        """Every measure of both sides, as of now."""
        return short({name: world.rows[-1] for name, world in self.worlds.items()})

    def json(self) -> str:
        """The state, the scenarios with every value, and the measures of the last day; `hearth replay` reads it."""
        return json.dumps(
            {
                "format": FORMAT,
                "setup": self.setup.model_dump(),
                "day": self.day,
                "command": self.command(),
                "last": self.last(),
                "scenarios": {name: self.scenario(name).resolved() for name in NAMES},
            },
            indent=1, ensure_ascii=False, allow_nan=False,
        )  # fmt: skip

    def toml(self, name: Name) -> str:
        """The scenario of one side as a file; one that was changed is named after its side."""
        return toml_of(self.scenario(name), name if self.setup.values(name, self.day) else None)

    def recording(self) -> dict[str, Any]:
        """A picture a week, packed, for a page that plays the run without a server."""
        packed = gzip.compress(b"".join(struct.pack("<I", len(frame)) + frame for frame in self.tape), mtime=0)
        return {"hello": hello(), "state": self.state(), "frames": base64.b64encode(packed).decode()}

    def command(self) -> str:
        """The command line that repeats what is on the screen."""
        if self.setup.moves or self.setup.events:
            return "hearth replay hearthside.json"
        words, same = [], self.scenario("A").digest() == self.scenario("B").digest()
        for name in NAMES[:1] if same else NAMES:
            side = getattr(self.setup, name)
            words.append(f"{name}.toml" if side.text or side.values else side.scenario)
        seeds = ["--seed", str(self.setup.seed), *([] if same else ["--one-world"])]
        seeds += ["--replicates", "1" if same else "30"]
        run = ["--members", str(self.setup.members), "--days", str(self.setup.days), *seeds]
        budgets = {name: tuple(self.scenario(name).budget.model_dump().values()) for name in NAMES}
        unequal = ["--unequal"] if not same and budgets["A"] != budgets["B"] else []
        return shlex.join(["hearth", "run" if same else "compare", *words, *run, *unequal])


def packed(header: dict[str, Any], worlds: dict[Any, World]) -> bytes:
    """A picture of both worlds as bytes.

    4 bytes with the length of the header, the header as JSON, then the records (world.py) of A and of B.
    """
    pictures = {name: world.picture() for name, world in worlds.items()}
    header = {**header, "sides": {name: counts for name, (counts, _) in pictures.items()}}
    text = json.dumps(header, allow_nan=False).encode()
    return struct.pack("<I", len(text)) + text + b"".join(data for _, data in pictures.values())


def differing(one: Scenario, other: Scenario) -> list[dict[str, Any]]:
    """What two scenarios differ in: `key`, its value in each as `A` and `B`, its `unit`, and what it is `about`.

    Hours are in hours a week, the most first; a team of other people is told without values.
    """
    said = {e.key: {"about": e.about, "unit": e.unit} for scenario in (one, other) for e in scenario.entries()}
    here, there = ({entry.key: entry.value for entry in scenario.entries()} for scenario in (one, other))
    hours, rest = [], []
    for key in {**here, **there}:
        a, b = here.get(key), there.get(key)
        if not key.startswith(HOURS):
            rest += [{"key": key, "A": a, "B": b, **said[key]}] if a != b else []
            continue
        a, b = (float(of or 0.0) * scenario.budget.hours_per_week for of, scenario in ((a, one), (b, other)))
        hours += (
            [{"key": key, "A": round(a, 2), "B": round(b, 2), "about": "", "unit": "hours"}]
            if abs(a - b) > LEAST
            else []
        )
    hours.sort(key=lambda row: -abs(row["A"] - row["B"]))
    team = {"key": "team", "A": None, "B": None, "about": "who is in the team", "unit": ""}
    return hours + rest + ([team] if one.team != other.team else [])


def same_world(differs: list[dict[str, Any]]) -> bool:
    """Whether all that two sides differ in is what their teams do: people and luck are then the same."""
    return all(row["key"] == "team" or row["key"].startswith(("strategy.", "budget.")) for row in differs)


def hello() -> dict[str, Any]:
    """The data that a page needs before anything runs."""
    measures = catalogue(load("baseline"))
    return {
        "type": "hello",
        **choices.listed(),
        "measures": [
            {"key": key, **{name: getattr(measures[key], name) for name in ("label", "unit", "about", "better")},
             "state": key in STATES}
            for key in SHOWN
        ],
        "lessons": teaching.listed(),
        "close": teaching.CLOSE,
    }  # fmt: skip


def described(scenario: Scenario) -> list[dict[str, Any]]:
    """Every value of a scenario with unit, range and source, for the drawer; people's hats among them."""
    people = [
        {"key": f"team.{at}.hats", "value": ", ".join(person.hats), "unit": "hats", "range": list(HATS),
         "source": "design", "about": f"{person.name} ({person.kind}): the hats that say what this person does"}
        for at, person in enumerate(scenario.team)
    ]  # fmt: skip
    fixed = ("community.members", "community.days")  # these have controls of their own
    return people + [
        {**entry._asdict(), "range": list(entry.range)} for entry in scenario.entries() if entry.key not in fixed
    ]
