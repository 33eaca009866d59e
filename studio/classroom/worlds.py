"""The worlds of a class: both communities of the open lesson for every learner, each pair with luck of its own.

Learner k lives what run k of the same lesson lives anywhere else (`30 runs`, the command line): the model is
deterministic, so after a restart the worlds are simply lived again.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

from studio.session import packed
from studio.setup import NAMES, Name, Setup
from studio.teaching import Lesson, ended
from studio.world import World

DIGITS = 4  # of a number in the spread: what a line on a screen shows


class Pair:
    """The two communities of one learner.

    series : by measure of `looked` and by side, a value a week; drawn : the picture of the last week that was asked for
    """

    def __init__(self, setup: Setup, number: int, looked: list[str]):
        self.setup, self.number, self.looked = setup, number, looked
        self.worlds: dict[Name, World] = {}
        self.series: dict[str, dict[Name, list[float | None]]] = {key: {name: [] for name in NAMES} for key in looked}
        self.drawn = b""
        self.turn = asyncio.Lock()  # who holds it may live on

    @property
    def week(self) -> int:
        """Weeks lived; -1 before the founding."""
        return self.worlds["B"].day // 7 if self.worlds else -1

    def live(self) -> None:
        """Found both, or live one week more."""
        if self.worlds:
            for world in self.worlds.values():
                world.live_week()
        else:
            self.worlds = {name: World(self.setup, name, self.number) for name in NAMES}
        for key in self.looked:
            for name, world in self.worlds.items():
                self.series[key][name].append(rounded(world.rows[-1][key]))
        self.drawn = b""

    async def until(self, week: int, turns: asyncio.Semaphore, watched: bool) -> None:
        """Live up to `week`, in threads, as others take their turns too; draw it where somebody watches."""
        async with self.turn:
            while self.week < week:
                async with turns:
                    await asyncio.to_thread(self.live)
            if watched and not self.drawn:
                async with turns:
                    self.drawn = await asyncio.to_thread(self.frame)

    def frame(self) -> bytes:
        """Both pictures, with the week-by-week series of what the lesson looks at."""
        header = {"type": "frame", "day": 7 * self.week, "slider": {}, "rows": [], "series": self.series}
        return packed(header, self.worlds)

    def last(self) -> tuple[float, float]:
        """The measure of the bet in A and in B, as of now."""
        a, b = (float(self.worlds[name].rows[-1][self.looked[0]]) for name in NAMES)
        return a, b


def rounded(value: float) -> float | None:
    """A number as precise as a line on a screen shows it; None for what is not defined."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def looked_at(lesson: Lesson | None) -> list[str]:
    """The measures of a lesson: that of the bet, then those of its charts."""
    return list(dict.fromkeys([lesson.bet.measure, *lesson.charts])) if lesson else []


def spread(pairs: list[Pair]) -> dict[str, Any]:
    """What the teacher's screen draws: the learners' numbers; by measure, for each of them, a series a side."""
    measures = pairs[0].looked if pairs else []
    return {
        "type": "spread", "numbers": [pair.number for pair in pairs],
        "measures": {key: [pair.series[key] for pair in pairs] for key in measures},
    }  # fmt: skip


def settled(pairs: list[Pair], says: dict[int, str]) -> dict[str, Any]:
    """How the worlds ended, by the measure of the bet.

    Parameters
    ----------
    says : by learner who has bet, who would be ahead

    Returns
    -------
    `ends`: by learner A, B and who is ahead (A, B or neither); `ahead`: how many worlds ended so; `right`: how many
    bets were right in the world of who bet; `of`: of how many
    """
    ends = {pair.number: pair.last() for pair in pairs}
    heads = {number: ended(a, b) for number, (a, b) in ends.items()}
    return {
        "ends": {number: [*map(rounded, both), heads[number]] for number, both in ends.items()},
        "ahead": {who: list(heads.values()).count(who) for who in ("A", "B", "neither")},
        "right": sum(heads[number] == said for number, said in says.items() if number in heads),
        "of": sum(number in heads for number in says),
    }
