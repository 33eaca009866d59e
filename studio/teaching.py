"""The lessons: data files in, what the page and the printer need out; and whether a claim holds, seed by seed.

A lesson says what is set, what is claimed, and a setting in which a claim fails. `python -m studio.truth` tries each
claim on paired seeds and writes the shares beside the lessons; a test tries them again.
"""

from __future__ import annotations

import json
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from experiments.pages.text import render
from sim.measures import catalogue
from sim.scenario import load
from studio.setup import NAMES, Move, Name, Setup, Side, Strict, Value

FOLDER = Path(__file__).resolve().parent / "lessons"
LANGUAGE = "en"
SHARES = FOLDER / "shares.json"


class Event(Strict):
    """Something that happens on both sides after a week."""

    week: int = Field(ge=1)
    key: str
    value: Value


class Claim(Strict):
    """`measure` ends (or grows, from week `since` to week `until`) higher on one side than on the other."""

    text: str
    measure: str
    higher: Name
    since: int | None = None
    until: int | None = None

    def holds(self, runs: dict[str, dict[str, list[float]]]) -> bool:
        """Whether the claim holds in one seed; `runs` has the weekly series of both sides."""
        until = -1 if self.until is None else self.until
        gains = {}
        for name in NAMES:
            series = runs[name][self.measure]
            gains[name] = series[until] - (0.0 if self.since is None else series[self.since])
        other: Name = "B" if self.higher == "A" else "A"
        return gains[self.higher] > gains[other]


class Choice(Strict):
    """One answer to a bet, and the reply to who chooses it."""

    text: str
    reply: str


class Bet(Strict):
    """What is asked before the run."""

    question: str
    choices: list[Choice] = Field(min_length=2, max_length=4)


class Stage(Strict):
    """The setting of a lesson, or what is different where the claim fails."""

    A: Side = Side()
    B: Side = Side()
    members: int = 300
    weeks: int = 52
    both: list[Event] = []
    more: dict[str, Value] = {}


class Notes(Strict):
    """For the teacher."""

    before: str
    steps: list[str]
    question: str
    caution: str


class Lesson(Strict):
    """One lesson, as in its file."""

    title: str
    minutes: int
    from_: str = Field(alias="from")
    claim: str
    run: str
    closer: str
    charts: list[str] = Field(min_length=3, max_length=3)
    plans: list[float] = []
    false_when: str
    bet: Bet
    claims: list[Claim] = Field(min_length=1)
    fail_claims: list[Claim] = Field(min_length=1)
    sides: dict[Name, str] | None = None  # what the two are called, where their sliders do not say it
    setup: Stage
    fails: Stage
    notes: Notes

    def staged(self, name: str, failing: bool) -> Setup:
        """The state to start from; what a failing setting leaves out is as in the lesson."""
        stage = {key: getattr(self.setup, key) for key in ("A", "B", "members", "weeks", "both")}
        more = {}
        if failing:
            stage |= {key: getattr(self.fails, key) for key in self.fails.model_fields_set & stage.keys()}
            more = self.fails.more
        sides = {side: stage[side].model_copy(update={"values": {**stage[side].values, **more}}) for side in NAMES}
        events = [
            Move(day=7 * event.week, side=side, key=event.key, value=event.value)
            for event in stage["both"] for side in NAMES
        ]  # fmt: skip
        return Setup(**sides, members=stage["members"], weeks=stage["weeks"], events=events, lesson=name)


@lru_cache
def lessons() -> dict[str, Lesson]:
    """The lessons by name, in order."""
    files = sorted((FOLDER / LANGUAGE).glob("*.toml"))
    return {path.stem: Lesson.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))) for path in files}


@lru_cache
def shares() -> dict[str, Any]:
    """The shares of seeds in which the claims held when last tried."""
    return json.loads(SHARES.read_text(encoding="utf-8"))


def listed() -> list[dict[str, Any]]:
    """The lessons as the page gets them, with the share of seeds in which each claim held."""
    tried, parts = shares(), {"title", "minutes", "claim", "run", "closer", "charts", "plans", "false_when", "sides"}

    def claims(name: str, setting: str, claims: list[Claim]) -> list[dict[str, Any]]:
        held = tried["lessons"].get(name, {}).get(setting, {})
        return [
            {**claim.model_dump(include={"text", "measure", "higher"}), "share": held.get(claim.text),
             "seeds": tried["seeds"]}
            for claim in claims
        ]  # fmt: skip

    return [
        {
            **lesson.model_dump(include=parts),
            "from": lesson.from_,
            "bet": lesson.bet.model_dump(),
            "name": name,
            "number": number,
            "setup": lesson.staged(name, False).model_dump(),
            "fails": lesson.staged(name, True).model_dump(),
            "claims": claims(name, "claims", lesson.claims),
            "fail_claims": claims(name, "fails", lesson.fail_claims),
        }
        for number, (name, lesson) in enumerate(lessons().items(), 1)
    ]


def notes(name: str) -> str:
    """The teacher's notes of a lesson as a page to print; KeyError where there is no such lesson."""
    lesson, tried, known = lessons()[name], shares(), catalogue(load("baseline"))
    return render(
        Path(__file__).with_name("notes.html.j2"), {"percent": lambda share: f"{100 * share:.0f} %"},
        lesson=lesson, number=list(lessons()).index(name) + 1, seeds=tried["seeds"], held=tried["lessons"][name],
        label=lambda key: known[key].label,
    )  # fmt: skip
