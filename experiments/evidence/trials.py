"""Communities with an experimenter: who is treated, and what becomes of them (for the replications).

A trial is our model, unchanged, in which an experimenter acts once a day after the team; it acts by the model's own
acts and rules only. Arms of one seed share all luck, so that the same person is treated in one and not in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, Self

import numpy as np

from experiments.runs.pool import heed
from sim.community import Community
from sim.run import run
from sim.scenario import BASELINE, load
from sim.state.members import Stage
from sim.state.posts import Kind
from sim.state.team import Activity

NO_TEAM: dict[str, Any] = {"strategy.hours": {}}
NEWCOMERS: dict[str, Any] = {
    **NO_TEAM,
    "joining.rate": 4 * BASELINE["joining"]["rate"]["value"],
}  # to have some to count

_OFF: ContextVar[dict[str, Any]] = ContextVar("_OFF")  # what an ablation sets, over all that a trial sets


@contextmanager
def without(changes: dict[str, Any]) -> Iterator[None]:
    """Override these values in every arm of trials set up within the block."""
    token = _OFF.set(changes)
    try:
        yield
    finally:
        _OFF.reset(token)


class Followed(NamedTuple):
    """A member who is followed: row, since which day, contributions until then."""

    row: int
    day: int
    written: int


class Outcome(NamedTuple):
    """What a member did while followed: contributions, and whether they came again."""

    written: int
    came: bool


class Trial(Community):
    """A community with an experimenter.

    Parameters
    ----------
    arm : which arm this is, as the experiment names it
    changes : dotted keys of the scenario, on top of the baseline

    Attributes
    ----------
    arms : all arms of the experiment
    horizon : days for which a member is followed
    outcomes : of each member followed that long
    """

    arms: tuple[str, ...] = ()
    horizon = 30

    def __init__(self, seed: int, arm: str = "", changes: dict[str, Any] | None = None, keep_events: bool = False):
        super().__init__(load("baseline", {**(changes or {}), **_OFF.get({})}), seed, keep_events=keep_events)
        self.arm = arm
        self.followed: list[Followed] = []
        self.outcomes: list[Outcome] = []
        self._first = np.zeros(0, np.int64)  # day of each member's first contribution, -1 before it

    @classmethod
    def each_arm(cls, seed: int, changes: dict[str, Any]) -> Iterator[tuple[str, Self]]:
        """Run every arm to its end, one after the other."""
        for arm in cls.arms:
            yield arm, cls(seed, arm, changes).run_to_end()

    def run_to_end(self) -> Self:
        """Run for as many days as the scenario says."""
        while self.day < self.scenario.community.days:
            self.step()
        return self

    def plan(self) -> None:
        """The team works, then the experimenter."""
        super().plan()
        self.treat()

    def step(self) -> None:
        """A day, after which those followed long enough are looked at."""
        super().step()
        heed()
        m = self.members.view
        for member in [member for member in self.followed if self.day - member.day >= self.horizon]:
            self.followed.remove(member)
            self.outcomes.append(
                Outcome(int(m.written[member.row]) - member.written, bool(m.last_visit[member.row] > member.day))
            )

    def treat(self) -> None:
        """Do the experimenter's actions of today."""

    def follow(self, row: int) -> None:
        """Follow a member from today on."""
        self.followed.append(Followed(row, self.day, int(self.members.view.written[row])))

    def treat_each(self, rows: Iterable[int], act: Callable[[int], None]) -> None:
        """Follow members from today on, and act on each but in an arm of none."""
        for row in rows:
            self.follow(row)
            if not self.arm.endswith("none"):
                act(row)

    def reply(self, row: int) -> None:
        """Let the first of the team write to a member."""
        self.team[0].speak_to(row)

    def award(self, row: int) -> None:
        """Recognise a member, by the model's own act."""
        now = self.tables.now
        self.tables.rows["lists"]["who"][0] = row
        now.listing, now.listed, now.handed = Activity.RECOGNISE, 1, 0
        self.team[0].recognise()

    def joined(self, day: int) -> list[int]:
        """Rows of those who joined on a day."""
        return np.flatnonzero(self.members.view.joined == day).tolist()

    def first_posters(self) -> list[int]:
        """Rows of newcomers whose first contribution was yesterday's."""
        m, newcomer = self.members.view, self.scenario.reading.newcomer_days
        first = np.full(m.key.size, -1)
        first[: self._first.size] = self._first
        first[(first < 0) & (m.written > 0)] = self.day - 1  # written by last night, and not before
        self._first = first
        new = (m.joined > 0) & (self.day - m.joined <= newcomer) & (m.stage != Stage.LEFT)
        return np.flatnonzero(new & (m.written > 0) & (first == self.day - 1)).tolist()


class Replied(Trial):
    """E1: newcomers whose first contribution nobody has answered by the next day get a reply, or do not."""

    arms = ("reply", "none")
    horizon = 90

    def treat(self) -> None:
        """Reply to them in the arm "reply"."""
        called = self.members.view.called
        self.treat_each([i for i in self.first_posters() if called[i] < self.day - 1], self.reply)


class Ruled(Trial):
    """E3: newcomers are followed; whether the rule is visible is the scenario's."""

    horizon = 28

    def treat(self) -> None:
        """Follow those who join today."""
        for i in self.joined(self.day):
            self.follow(i)


class Templated(Ruled):
    """E2: joiners get a company message made for nobody in particular, on the day on which they join."""

    arms = ("template", "none")
    horizon = 30

    def receive(self) -> None:
        """Visitors meet the company's messages; today's joiners meet the template with certainty, as the last."""
        if self.arm != "template":
            super().receive()
            return
        now, visits, messages = self.tables.now, self.tables.rows["visits"], self.tables.rows["messages"]
        template = messages[now.messages : now.messages + 1]
        template["topic"], template["resonance"] = -1, self.scenario.receiving.neutral_resonance
        template["promotion"], template["story"], template["novelty"] = 0.0, 0, 1.0
        template["reach"] = 1.0 / self.scenario.receiving.exposure
        everybody = visits[: now.visitors].copy()
        new = self.members.view.joined[everybody["row"]] == self.day
        for group, more in ((~new, 0), (new, 1)):
            now.visitors = np.count_nonzero(group)
            visits[: now.visitors] = everybody[group]
            now.messages += more
            super().receive()
            now.messages -= more
            everybody[group] = visits[: now.visitors]
        now.visitors = everybody.size
        visits[: everybody.size] = everybody


class Awarded(Trial):
    """E4: newcomers are awarded on the day after their first contribution, or are not."""

    arms = ("award", "none")

    def treat(self) -> None:
        """Award them in the arm "award"."""
        self.treat_each(self.first_posters(), self.award)


class Praised(Trial):
    """E5: on one day the most active hundredth of the members, or the less active half of those who write, get one."""

    arms = ("top_award", "top_none", "bottom_award", "bottom_none")
    horizon = 90
    on = 120  # the day

    def treat(self) -> None:
        """Rank members by what they have written; follow the arm's group, awarded or not."""
        if self.day != self.on:
            return
        m = self.members.view
        here = np.flatnonzero((m.stage != Stage.LEFT) & (m.written > 0))
        ranked = here[np.argsort(-m.written[here], kind="stable")]
        top = ranked[: max(1, self.current // 100)]
        group = top if self.arm.startswith("top") else ranked[ranked.size // 2 :]
        self.treat_each(group.tolist(), self.award)


class Provoked(Trial):
    """E6: whenever members read, all are in a bad mood or none is, and all threads are heated or none is."""

    arms = ("none", "mood", "context", "mood and context")

    def read(self) -> None:
        """Set mood and heat for the reading of today; mood is given back."""
        m, c = self.members.view, self.scenario.conflict
        passion, hurt = m.passion.copy(), m.hurt.copy()
        m.passion[:], m.hurt[:] = (c.bad_mood - 1.0 if "mood" in self.arm else c.bad_mood + 1.0), 0.0
        self.posts["heat"] = c.heated if "context" in self.arm else 0.0
        set_to = m.passion.copy()
        super().read()
        m = self.members.view
        m.passion[:], m.hurt[:] = passion + (m.passion - set_to), hurt + m.hurt


class Present(Trial):
    """E7: the team writes to the authors of yesterday's threads of one kind, so many messages a thread."""

    levels = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 40.0)  # messages a thread: up to some 80 % of all messages
    arms = tuple(f"{kind}_{level:g}" for level in levels for kind in ("practical", "social"))
    threads = 0

    def treat(self) -> None:
        """Write, counting on over the days so that a part of a message a thread is one in every few threads."""
        kind, messages = Kind[self.arm.split("_")[0].upper()], float(self.arm.split("_")[1])
        posts, stage = self.posts, self.members.view.stage
        fresh = (posts["kind"] == kind) & (posts["hidden"] == 0) & (self.day - posts["day"] == 1)
        at = np.flatnonzero(fresh & (stage[np.maximum(posts["author"], 0)] != Stage.LEFT))
        for place in at[np.argsort(posts["replies"][at], kind="stable")].tolist():
            more = int((self.threads + 1) * messages) - int(self.threads * messages)
            self.threads += 1
            for _ in range(more):
                posts["replies"][place] += 1
                self.team[0].speak_to(int(posts["author"][place]), practical=kind == Kind.PRACTICAL)


class Frequent(Trial):
    """E10: messages by a fixed timetable, so many a week, until the campaign ends."""

    arms = ("1", "2", "3", "4", "6", "8", "10", "12", "16")
    campaign = 84  # days of messages

    def treat(self) -> None:
        """Send today's messages: on what is most talked of, and not promoting."""
        if self.day <= self.campaign:
            self.tables.rows["team"]["doing"][0] = Activity.PUBLISH
            for _ in range(self.day * int(self.arm) // 7 - (self.day - 1) * int(self.arm) // 7):
                self.team[0].send(int(np.argmax(self.tables.volume)))


class Welcomed(Trial):
    """E12, E13: the team writes once to each member who joined yesterday, or to everybody seen lately, or to nobody."""

    arms = ("none", "onboard", "engage")

    def treat(self) -> None:
        """Onboarding: one word a newcomer. Engaging: one a day to each who was there yesterday."""
        seen = np.flatnonzero(self.members.view.last_visit == self.day - 1).tolist()
        for i in {"none": [], "onboard": self.joined(self.day - 1), "engage": seen}[self.arm]:
            self.reply(i)


def at_end(world: str, changes: dict[str, Any], seed: int) -> dict[str, float]:
    """The measures of a scenario on its last day; `changes`: dotted keys laid over it."""
    scenario = load(world, changes)
    series = run(scenario, seed, observe_every=scenario.community.days).series
    return {name: float(x[-1]) for name, x in series.items()}
