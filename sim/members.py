"""Members as columns: one array a state variable, row i is member i (ODD, 2 Entities and state variables).

A row belongs to one member for the whole run and is never given to another; who leaves keeps the row, with stage
LEFT. Rows are added at the end. `key` names the member in draws: it depends on the day and the way of joining, not
on the row, so that one person is the same person under two strategies.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.kernel import kernel


class Stage(IntEnum):
    """Where in its membership a member is."""

    VISITOR = 0  # has not written yet
    NEWCOMER = 1  # has written, and joined lately
    REGULAR = 2
    CORE = 3  # holds close ties
    LAPSED = 4  # no visit for `leaving.lapse_days`
    LEFT = 5  # gone for good


class Source(IntEnum):
    """How a member came."""

    FOUNDER = 0
    ORGANIC = 1
    WORD = 2  # by word of mouth
    BROADCAST = 3


NOBODY = -1
LONG_AGO = -10_000  # a day that no run reaches

# name: (dtype, value of a new row, meaning with unit)
COLUMNS = {
    "key": (np.int64, 0, "the member's name in draws"),
    "joined": (np.int16, 0, "day of joining; negative for founders"),
    "source": (np.int8, 0, "how the member came: Source"),
    "stage": (np.int8, 0, "Stage"),
    "last_visit": (np.int16, LONG_AGO, "day"),
    "visit_before": (np.int16, LONG_AGO, "day of the visit before the last"),
    "last_written": (np.int16, LONG_AGO, "day of the last contribution"),
    "drive": (np.float64, 0.0, "initial drive to visit, logit a day"),
    "voice": (np.float64, 0.0, "initial readiness to write, logit a visit"),
    "topic": (np.int8, 0, "first topic of interest"),
    "second": (np.int8, 0, "second topic of interest"),
    "expertise": (np.float64, 0.0, "skill in the first topic, 0-1"),
    "manners": (np.float64, 0.0, "readiness to break a norm, logit; lessons lower it"),
    "vengeance": (np.float64, 0.0, "readiness to sanction, 0-1"),
    "touchpoint": (np.int8, 0, "the touchpoint that matters most: product, marketing, service, sales"),
    "passion": (np.float64, 0.0, "logit, around 0"),
    "trust": (np.float64, 0.5, "trust in the company, 0-1"),
    "annoyance": (np.float64, 0.0, "by company messages and breaches, 0 or more"),
    "belonging": (np.float64, 0.0, "to the group, 0-1"),
    "hurt": (np.float64, 0.0, "by hostility and wrong sanctions, 0 or more"),
    "status": (np.float64, 0.0, "0-1"),
    "activity": (np.float64, 0.0, "contributions, fading"),
    "adstock": (np.float64, 0.0, "company messages met, fading"),
    "brand": (np.float64, 0.0, "one-way closeness to the brand, 0-1"),
    "heard_staff": (np.float64, 0.0, "replies by staff, fading"),
    "heard_member": (np.float64, 0.0, "replies by members, fading"),
    "closeness": (np.float64, 0.0, "sum of the strengths of the member's own ties to members"),
    "to_staff": (np.float64, 0.0, "closeness felt to the team, 0-1"),
    "from_staff": (np.float64, 0.0, "closeness of the team to the member, 0-1"),
    "known": (np.int8, 0, "whether the team knows what the member cares about"),
    "muted": (np.int8, 0, "whether the member has muted the company"),
    "met": (np.int8, 0, "whether the member has ever met a company message"),
    "need": (np.int8, NOBODY, "topic of the open need; -1: none"),
    "asked": (np.int8, 0, "the open need: 0 new, 1 searched for in vain, 2 asked"),
    "question": (np.int32, NOBODY, "serial number of the post that asks the open need; -1: none"),
    "difficulty": (np.float64, 0.0, "of the open need, 0-1"),
    "need_day": (np.int16, 0, "day on which the need arose"),
    "caller": (np.int32, NOBODY, "who last addressed this one: row of the member; -2 - k: of the team; -1: nobody"),
    "called": (np.int16, LONG_AGO, "day of that"),
    "thread": (np.int32, NOBODY, "serial number of the post on which that was"),
    "introduced": (np.int32, NOBODY, "row of the member to whom staff introduced this one"),
    "introduced_day": (np.int16, LONG_AGO, "day of that"),
    "post": (np.int32, NOBODY, "serial number of the member's newest own post"),
    "written": (np.int32, 0, "contributions so far"),
    "helped": (np.int32, 0, "needs of others solved so far"),
    "wins": (np.int16, 0, "needs solved and projects finished so far"),
    "won": (np.int8, 0, "1: a need was solved today, 2: a project finished today, 3: both"),
    "invited": (np.int8, 0, "whether a facilitator has asked for the member's story"),
}

NOT_ZERO = {name: initial for name, (_, initial, _) in COLUMNS.items() if initial != 0}

if TYPE_CHECKING:

    class Columns(NamedTuple):
        """All columns by name, and `norms`, float64 (n, n_norms): how often the member believes each is kept."""

        key: np.ndarray

        def __getattr__(self, name: str) -> np.ndarray: ...

else:
    Columns = NamedTuple("Columns", [(name, np.ndarray) for name in [*COLUMNS, "norms"]])


class Members:
    """The member columns, growing at the end: `members.view` is the rows in use, as a named tuple of arrays.

    `norms` is the one column of rows, shape (n, n_norms).
    """

    def __init__(self, n_norms: int, capacity: int = 1024):
        self.n = 0
        self._n_norms = n_norms
        self._store: dict[str, np.ndarray] = {}
        self._reserve(capacity)
        self.view = self._slice()

    def _reserve(self, capacity: int) -> None:
        # Spare rows cost nothing: zeros that nobody has written to take no memory yet.
        for name, (dtype, _, _) in COLUMNS.items():
            self._store[name] = moved(self._store.get(name), np.zeros(capacity, dtype), self.n)
        self._store["norms"] = moved(self._store.get("norms"), np.zeros((capacity, self._n_norms)), self.n)
        self.capacity = capacity

    def _slice(self) -> Columns:
        return Columns._make([column[: self.n] for column in self._store.values()])

    def __getstate__(self):
        return {name: item for name, item in vars(self).items() if name != "view"}

    def __setstate__(self, state):
        vars(self).update(state)
        self.view = self._slice()  # of the copy's own store: what is written to it must be there when rows are added

    def add(self, count: int) -> np.ndarray:
        """Add `count` blank rows; their numbers, int64, shape (count,)."""
        rows = np.arange(self.n, self.n + count)
        if self.n + count > self.capacity:
            self._reserve(max(self.n + count, self.capacity * 5 // 4))
        for name, initial in NOT_ZERO.items():  # a spare row is zeros
            self._store[name][self.n : self.n + count] = initial
        self.n += count
        self.view = self._slice()
        return rows


def moved(old: np.ndarray | None, new: np.ndarray, n: int) -> np.ndarray:
    """The first `n` rows of `old` moved into `new`."""
    if old is not None:
        new[:n] = old[:n]
    return new


@kernel
def interest(topic, first, second, share):
    """How much a member cares about `topic`: 1 for its first, `share` for its second, else 0."""
    if topic == first:
        return 1.0
    return share if topic == second else 0.0


@kernel
def skill(topic, first, second, expertise, p):
    """Skill of a member in `topic`, 0-1; `p`: the table [members]."""
    if topic == first:
        return expertise
    return expertise * (p.secondary_topic if topic == second else p.other_topic)
