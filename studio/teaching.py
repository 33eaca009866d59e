"""The lessons: data files in, what the page and the printer need out; and whether a claim holds, seed by seed.

A lesson says what is set, what is claimed, what takes a lead away and what does not, and a setting in which a claim
fails. `python -m studio.truth` tries all of it on paired seeds and writes the shares beside the lessons; a test tries
it again.
"""

from __future__ import annotations

import json
import statistics
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from experiments.pages.text import render
from sim.measures import catalogue
from sim.scenario import load
from studio.causes import HALF, with_values, without
from studio.setup import NAMES, Move, Name, Setup, Side, Strict, Value

FOLDER = Path(__file__).resolve().parent / "lessons"
LANGUAGE = "en"
SHARES = FOLDER / "shares.json"
CLOSE = 1.25  # whoever bets on no great difference is right where the larger is less than this many times the other
Pair = dict[str, dict[str, list[float]]]  # of one seed: by side, the weekly series of each measure


def ended(a: float, b: float) -> Name | Literal["neither"]:
    """Who is ahead where a bet is settled, or neither where the two end close together.

    >>> ended(1.0, 2.0), ended(1.0, 1.2), ended(0.0, 0.0)
    ('B', 'neither', 'neither')
    """
    if a == b or max(a, b) < CLOSE * min(a, b):
        return "neither"
    return "A" if a > b else "B"


class Event(Strict):
    """Something that happens on both sides after a week."""

    week: int = Field(ge=1)
    key: str
    value: Value


class Trial(Strict):
    """What is taken out on both sides to see whether a lead rests on it; the hours of activities go to the rest.

    out : activities; values : instead of hours, what is set; lead : what must become of it: more than half of it goes
    (this is its cause), or stays (this is none)
    """

    words: str
    out: list[str] = []
    values: dict[str, Value] = {}
    lead: Literal["goes", "stays"] = "goes"

    def staged(self, setup: Setup) -> Setup:
        """The state with it taken out."""
        return with_values(without(setup, self.out) if self.out else setup, self.values)

    def found(self, leads: list[float], left: list[float]) -> dict[str, float]:
        """Of pairs of seeds, by their leads and what was left of each: how many, in how many more than half went.

        `left` is what is left of the lead in the middle pair, as a share of it.
        """
        shares = [after / lead for lead, after in zip(leads, left, strict=True)]
        gone = sum(share < HALF for share in shares)
        return {"pairs": len(shares), "gone": gone, "left": round(statistics.median(shares), 3) if shares else 0.0}


class Claim(Strict):
    """`measure` ends (or grows, from week `since` to week `until`) higher on one side than on the other.

    times : by which factor it is higher at the least; trials : what the lead rests on, and what it does not
    """

    text: str
    measure: str
    higher: Name
    times: float = Field(default=1.0, ge=1.0)
    since: int | None = None
    until: int | None = None
    trials: list[Trial] = []

    def gains(self, runs: Pair) -> tuple[float, float]:
        """What is claimed to be higher, and the other, in one seed; `runs` has the weekly series of both sides."""
        until = -1 if self.until is None else self.until
        gains = {}
        for name in NAMES:
            series = runs[name][self.measure]
            gains[name] = series[until] - (0.0 if self.since is None else series[self.since])
        return gains[self.higher], gains["B" if self.higher == "A" else "A"]

    def holds(self, runs: Pair) -> bool:
        """Whether the claim holds in one seed."""
        high, low = self.gains(runs)
        return high > self.times * low

    def lead(self, runs: Pair) -> float:
        """By how much it is higher in one seed."""
        high, low = self.gains(runs)
        return high - low


class Choice(Strict):
    """One answer to a bet: who is ahead by it (or neither), and the reply to who chooses it."""

    text: str
    says: Name | Literal["neither"]
    reply: str


class Bet(Strict):
    """What is asked before the run; at its end it is settled by `measure`."""

    question: str
    measure: str
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
        seed = shares()["lessons"].get(name, {}).get("seed", Setup().seed)  # the most usual of those it was tried on
        return Setup(**sides, members=stage["members"], weeks=stage["weeks"], seed=seed, events=events, lesson=name)


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
        known = tried["lessons"].get(name, {})
        held, trials = known.get(setting, {}), known.get("trials", {})
        return [
            {
                **claim.model_dump(include={"text", "measure", "higher"}),
                "share": held.get(claim.text),
                "seeds": tried["seeds"],
                "trials": [
                    {"words": trial.words, "found": trials.get(claim.text, {}).get(trial.words)}
                    for trial in claim.trials
                ],
            }
            for claim in claims
        ]

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
