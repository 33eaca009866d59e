"""Open posts: a ring of what can still be seen on the members' channel (ODD, 2.3).

A post has a serial number for life; it lies at serial % capacity. Posts from `span[0]` up to, not including, `span[1]`
are open. A post older than the channel lasts is closed at the start of the day.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from sim.kernel import kernel


class Kind(IntEnum):
    """What a post is."""

    QUESTION = 0
    PRACTICAL = 1
    SOCIAL = 2
    PROMOTION = 3  # a member promoting itself
    STORY = 4
    PROMPT = 5  # by the team, to start talk


QUESTION, PRACTICAL = int(Kind.QUESTION), int(Kind.PRACTICAL)


class Posts(NamedTuple):
    """Columns of the open posts, each of shape (capacity,)."""

    author: np.ndarray  # int32: row of the member; -2 - k for person k of the team
    day: np.ndarray  # int32
    hour: np.ndarray  # float64, share of the day
    topic: np.ndarray  # int8
    kind: np.ndarray  # int8, Kind
    breach: np.ndarray  # int64, bit b: norm b was broken
    conduct: np.ndarray  # int64, bit b: norm b was broken in the thread, by whoever responded
    attacker: np.ndarray  # int32: row of who was hostile in it last; -1: nobody
    target: np.ndarray  # int32: row of whom that hit
    heat: np.ndarray  # float64, 0 or more
    last: np.ndarray  # int32: who wrote last in the thread (as author)
    replies: np.ndarray  # int32
    difficulty: np.ndarray  # float64, of a question
    solver: np.ndarray  # int32: who solved it (as author); -1: nobody yet
    closed: np.ndarray  # int8: the solution has reached the asker
    answered: np.ndarray  # int8: staff have answered
    hidden: np.ndarray  # int8: removed or locked by staff
    checked: np.ndarray  # int8: staff have looked at it
    uses: np.ndarray  # int32: times a story was passed on
    span: np.ndarray  # int64 (2,): serial of the oldest open post, serial of the next post


DTYPES = {
    "author": np.int32, "day": np.int32, "hour": np.float64, "topic": np.int8, "kind": np.int8, "breach": np.int64,
    "conduct": np.int64, "attacker": np.int32, "target": np.int32,
    "heat": np.float64, "last": np.int32, "replies": np.int32, "difficulty": np.float64, "solver": np.int32,
    "closed": np.int8, "answered": np.int8, "hidden": np.int8, "checked": np.int8, "uses": np.int32,
}  # fmt: skip


def empty(capacity: int) -> Posts:
    """An empty ring for `capacity` open posts."""
    columns = [np.zeros(capacity, dtype) for dtype in DTYPES.values()]
    return Posts._make([*columns, np.zeros(2, np.int64)])


def with_room(posts: Posts, more: int) -> Posts:
    """The same open posts in a ring with room for `more`; the same ring where there is room."""
    oldest, following = posts.span
    needed = int(following - oldest) + more
    if needed <= posts.author.size:
        return posts
    grown = empty(max(needed, 2 * posts.author.size))
    serials = np.arange(oldest, following)
    for name in DTYPES:
        getattr(grown, name)[serials % grown.author.size] = getattr(posts, name)[serials % posts.author.size]
    grown.span[:] = posts.span
    return grown


@kernel
def add(posts, author, day, hour, topic, kind, breach):
    """Append a post; its serial number."""
    serial = posts.span[1]
    at = serial % posts.author.size
    posts.author[at] = author
    posts.day[at] = day
    posts.hour[at] = hour
    posts.topic[at] = topic
    posts.kind[at] = kind
    posts.breach[at] = breach
    posts.conduct[at] = 0
    posts.attacker[at] = -1
    posts.target[at] = -1
    posts.heat[at] = 0.0
    posts.last[at] = author
    posts.replies[at] = 0
    posts.difficulty[at] = 0.0
    posts.solver[at] = -1
    posts.closed[at] = 0
    posts.answered[at] = 0
    posts.hidden[at] = 0
    posts.checked[at] = 0
    posts.uses[at] = 0
    posts.span[1] = serial + 1
    return serial


def serial(posts: Posts, at: int) -> int:
    """The serial number of the open post in place `at` of the ring."""
    first = int(posts.span[0])
    return first + (at - first) % posts.author.size


# These two take the columns that they read: a call from Python takes time for each array that it hands over.


@kernel
def seen(span, kind, hidden, kinds, places):
    """Find the places of open posts that are not hidden, oldest first (`places`, overwritten); returns how many.

    `kinds`: those wanted, bit k for Kind k.
    """
    n = 0
    for serial in range(span[0], span[1]):
        at = serial % kind.size
        if hidden[at] == 0 and kinds >> kind[at] & 1:
            places[n] = at
            n += 1
    return n


@kernel
def opened(span, day, author, kind, today):
    """How many posts members have opened today, and how many of these are practical."""
    number = practical = 0
    serial = span[1] - 1
    while serial >= span[0] and day[serial % day.size] == today:
        at = serial % day.size
        if author[at] >= 0:
            number += 1
            practical += kind[at] == QUESTION or kind[at] == PRACTICAL
        serial -= 1
    return number, practical


@kernel
def close_old(posts, day, lasting, cooling, volume):
    """Close posts of `lasting` days ago, cool the others, and count open posts by topic into `volume` (overwritten)."""
    while posts.span[0] < posts.span[1] and day - posts.day[posts.span[0] % posts.author.size] >= lasting:
        posts.span[0] += 1
    volume[:] = 0
    for serial in range(posts.span[0], posts.span[1]):
        at = serial % posts.author.size
        posts.heat[at] *= 1.0 - cooling
        if posts.hidden[at] == 0:
            volume[posts.topic[at]] += 1
