"""Communities under an experimenter's hand: who is treated, and what became of them (for the replications).

A trial is our model, unchanged, in which an experimenter acts once a day after the team; it acts by the model's own
acts and rules only. Arms of one seed share all luck, so that the same person is treated in one and not in the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from sim.community import Community
from sim.scenario import load
from sim.state.members import Stage
from sim.state.posts import Kind

NO_TEAM: dict[str, Any] = {"strategy.hours": {}}
NEWCOMERS = {"joining.rate": 0.0002}  # four times the baseline's, so that there are newcomers to count

_OFF: ContextVar[dict[str, Any]] = ContextVar("_OFF")  # what an ablation holds, over all that a trial sets


@contextmanager
def without(changes: dict[str, Any]) -> Iterator[None]:
    """Trials set up within have these values in every arm, whatever their experiment asks for."""
    token = _OFF.set(changes)
    try:
        yield
    finally:
        _OFF.reset(token)


class Followed(NamedTuple):
    """A member who is watched: row, since which day, contributions until then."""

    row: int
    day: int
    written: int


class Trial(Community):
    """A community with an experimenter.

    Parameters
    ----------
    arm : which arm this is, as the experiment names it
    changes : dotted keys of the scenario, on top of the baseline

    Attributes
    ----------
    outcomes : list of (contributions, came again) of each member followed for `horizon` days
    """

    horizon = 30

    def __init__(self, seed: int, arm: str = "", changes: dict[str, Any] | None = None, keep_events: bool = False):
        super().__init__(load("baseline", {**(changes or {}), **_OFF.get({})}), seed, keep_events=keep_events)
        self.arm = arm
        self.followed: list[Followed] = []
        self.outcomes: list[tuple[int, bool]] = []
        self._first = np.zeros(0, np.int64)

    def plan(self) -> None:
        """The team works, then the experimenter."""
        super().plan()
        self.treat()

    def step(self) -> None:
        """A day, after which those followed long enough are looked at."""
        super().step()
        m = self.members.view
        for one in [one for one in self.followed if self.day - one.day >= self.horizon]:
            self.followed.remove(one)
            self.outcomes.append((int(m.written[one.row]) - one.written, bool(m.last_visit[one.row] > one.day)))

    def treat(self) -> None:
        """What the experimenter does today."""

    def follow(self, row: int) -> None:
        """Watch a member from today on."""
        self.followed.append(Followed(row, self.day, int(self.members.view.written[row])))

    def reply(self, row: int) -> None:
        """Let the first of the team write to a member."""
        self.team[0].speak_to(row)

    def award(self, row: int) -> None:
        """Recognise a member, by the model's own act."""
        self._rounds["recognise"] = iter([row])
        self.team[0].recognise()

    def joined_yesterday(self) -> np.ndarray:
        """Rows of those who joined yesterday."""
        return np.flatnonzero(self.members.view.joined == self.day - 1)

    def first_posters(self) -> np.ndarray:
        """Rows of newcomers whose first contribution was yesterday's."""
        m, newcomer = self.members.view, self.scenario.reading.newcomer_days
        new = (m.joined > 0) & (self.day - m.joined <= newcomer) & (m.stage != Stage.LEFT)
        return np.flatnonzero(new & (m.written > 0) & (self._first_day(m) == self.day - 1))

    def _first_day(self, m: Any) -> np.ndarray:
        """The day of the first contribution; kept as it is seen."""
        grown = np.full(m.key.size, -1)
        grown[: self._first.size] = self._first
        grown[(grown < 0) & (m.written > 0)] = self.day - 1  # written by last night, and not before
        self._first = grown
        return grown


def lived(trial: Trial) -> Trial:
    """Run a trial for as many days as its scenario says."""
    while trial.day < trial.scenario.community.days:
        trial.step()
    return trial


class Replied(Trial):
    """E1: newcomers whose first contribution nobody has answered by the next day get a reply, or do not."""

    horizon = 90

    def treat(self) -> None:
        """Reply to them in the arm "reply"."""
        m = self.members.view
        for i in self.first_posters().tolist():
            if m.called[i] >= self.day - 1:
                continue
            self.follow(i)
            if self.arm == "reply":
                self.reply(i)


class Templated(Trial):
    """E2: joiners get a company message made for nobody in particular, on the day on which they join."""

    def treat(self) -> None:
        """Follow those who join today."""
        for i in np.flatnonzero(self.members.view.joined == self.day).tolist():
            self.follow(i)

    def receive(self) -> None:
        """Visitors meet the company's messages; today's joiners meet the template with certainty, as the last."""
        if self.arm != "template":
            super().receive()
            return
        everybody, left = self.visitors, self.left
        new = self.members.view.joined[everybody] == self.day
        template = (-1, self.scenario.receiving.neutral_resonance, 0.0, 0, 1.0, 1.0 / self.scenario.receiving.exposure)
        for group, more in ((~new, []), (new, [template])):
            self.visitors, self.left = everybody[group], left[group]
            self.company.messages += more
            super().receive()
            left[group] = self.left
            self.company.messages = self.company.messages[: len(self.company.messages) - len(more)]
        self.visitors, self.left = everybody, left


class Ruled(Trial):
    """E3: newcomers are followed; whether the rule is visible is the scenario's."""

    horizon = 28

    def treat(self) -> None:
        """Follow those who join today."""
        for i in np.flatnonzero(self.members.view.joined == self.day).tolist():
            self.follow(i)


class Awarded(Trial):
    """E4: newcomers are awarded on the day after their first contribution, or are not."""

    def treat(self) -> None:
        """Award them in the arm "award"."""
        for i in self.first_posters().tolist():
            self.follow(i)
            if self.arm == "award":
                self.award(i)


class Praised(Trial):
    """E5: on one day the most active hundredth of the members, or the less active half of those who write, get one."""

    horizon = 90
    groups = ("top", "bottom")

    def __init__(self, seed: int, arm: str, watch: str, changes: dict[str, Any], on: int = 120):
        super().__init__(seed, arm, changes)
        self.watch, self.on = watch, on

    def treat(self) -> None:
        """Rank members by what they have written; follow the watched group, awarded in the arm "award"."""
        if self.day != self.on:
            return
        m = self.members.view
        here = np.flatnonzero((m.stage != Stage.LEFT) & (m.written > 0))
        ranked = here[np.argsort(-m.written[here], kind="stable")]
        top = ranked[: max(1, self.current // 100)]
        for i in (top if self.watch == "top" else ranked[ranked.size // 2 :]).tolist():
            self.follow(i)
            if self.arm == "award":
                self.award(i)


class Provoked(Trial):
    """E6: whenever members read, all are in a bad mood or none is, and all threads are heated or none is."""

    def read(self) -> None:
        """Set mood and heat for the reading of today; mood is given back."""
        m, c = self.members.view, self.scenario.conflict
        passion, hurt = m.passion.copy(), m.hurt.copy()
        m.passion[:], m.hurt[:] = (c.bad_mood - 1.0 if "mood" in self.arm else c.bad_mood + 1.0), 0.0
        at = np.arange(*self.posts.span) % self.posts.author.size
        self.posts.heat[at] = c.heated if "context" in self.arm else 0.0
        set_to = m.passion.copy()
        super().read()
        m = self.members.view
        m.passion[:], m.hurt[:] = passion + (m.passion - set_to), hurt + m.hurt


class Present(Trial):
    """E7: the team writes to the authors of yesterday's threads of one kind, so many messages a thread."""

    def __init__(self, seed: int, kind: Kind, messages: float, changes: dict[str, Any]):
        super().__init__(seed, kind.name, changes)
        self.kind, self.messages = kind, messages
        self.threads = 0

    def treat(self) -> None:
        """Write, counting on over the days so that a part of a message a thread is one in every few threads."""
        at = self.fresh_talk()
        for place in at[self.posts.kind[at] == self.kind].tolist():
            more = int((self.threads + 1) * self.messages) - int(self.threads * self.messages)
            self.threads += 1
            for _ in range(more):
                self.posts.replies[place] += 1
                self.team[0].speak_to(int(self.posts.author[place]), practical=self.kind == Kind.PRACTICAL)


class Frequent(Trial):
    """E10: messages by a fixed timetable, `weekly` of them, until a day from which none comes."""

    def __init__(self, seed: int, weekly: int, until: int, changes: dict[str, Any]):
        super().__init__(seed, "", changes)
        self.weekly, self.until = weekly, until
        self.net: list[float] = []

    def treat(self) -> None:
        """Send today's messages: on what is most talked of, and not promoting."""
        if self.day > self.until:
            return
        for _ in range(self.day * self.weekly // 7 - (self.day - 1) * self.weekly // 7):
            self.send(self.team[0].author, "publish", int(np.argmax(self.volume)), 0.0, story=False, novelty=1.0)

    def step(self) -> None:
        """A day; what members feel for the brand, less what annoys them, is noted."""
        super().step()
        self.net.append(self.attitude - float(self.members.view.annoyance.mean()))

    @property
    def attitude(self) -> float:
        """Mean closeness to the brand, 0-1."""
        return float(self.members.view.brand.mean())


class Welcomed(Trial):
    """E12, E13: the team writes once to each member who joined yesterday, or to everybody seen lately, or to nobody."""

    def treat(self) -> None:
        """Onboarding: one word a newcomer. Engaging: one a day to each who was there yesterday."""
        if self.arm == "onboard":
            for i in self.joined_yesterday().tolist():
                self.reply(i)
        elif self.arm == "engage":
            for i in np.flatnonzero(self.members.view.last_visit == self.day - 1).tolist():
                self.reply(i)
