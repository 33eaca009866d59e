"""What has state but no will of its own: ties (ODD 2.2), posts (2.3), norms (2.4), answers owed (2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tests.reference.helpers import LONG_AGO, NOBODY


@dataclass
class Tie:
    """One slot of a member: what it feels for its partner (a row)."""

    partner: int
    strength: float = 0.0
    memory: float = 0.0
    last: int = LONG_AGO
    exchanges: int = 0


@dataclass
class Post:
    """A thread, from its opening on."""

    serial: int
    author: int
    day: int
    hour: float
    topic: int
    kind: int
    breach: int = 0
    difficulty: float = 0.0
    conduct: int = 0
    attacker: int = NOBODY
    target: int = NOBODY
    heat: float = 0.0
    last: int = NOBODY
    latest: float = 0.0
    waits: int = NOBODY
    replies: int = 0
    solver: int = NOBODY
    closed: int = 0
    answered: int = 0
    hidden: int = 0
    checked: int = 0
    uses: int = 0

    def __post_init__(self):
        self.last = self.author
        self.latest = self.opened

    @property
    def opened(self) -> float:
        """When it was opened, in days since day 0."""
        return self.day + self.hour

    def broken(self, b: int) -> bool:
        """Whether norm b was broken in it, by whomever."""
        return bool((self.breach | self.conduct) >> b & 1)


class Turn(NamedTuple):
    """Which draws belong to a word and the answer to it: a day and key, a number, and the place in the conversation."""

    day: int
    key: int
    number: int
    turn: int = 0

    def next(self) -> Turn:
        """The turn of the answer."""
        return self._replace(turn=self.turn + 1)


class Owed(NamedTuple):
    """An answer that a member (a row) owes to a member or to one of the team, at its time; thread -1: directly."""

    due: float
    who: int
    to: int
    thread: int
    turn: Turn


class Norm:
    """A norm: what it is, and what the community has lately seen of it."""

    def __init__(self, number: int, name: str, given):
        self.number, self.name = number, name
        self.visible = 0
        self.sanctions = 0.0
        self.breaches = 0.0
        self.held_days = 0
        self.take(given)

    def take(self, given):
        """Take the values of a scenario; what is written down stays so (3)."""
        self.breach = given.breach
        self.start, self.tolerance, self.temptation = given.start, given.tolerance, given.temptation
        self.by_peers = given.enforced_by in ("peers", "both")
        self.by_staff = given.enforced_by in ("staff", "both")
        self.visible = max(self.visible, int(given.visible))

    def sanctioned_share(self) -> float:
        """Sanctions a breach, as remembered (7.12)."""
        return min(1.0, self.sanctions / self.breaches) if self.breaches > 0.0 else 0.0
