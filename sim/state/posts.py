"""Open posts: what can still be seen on the members' channel (ODD, 2.3).

A post has a serial number for life. Posts from `now.oldest` up to, not including, `now.next` are open, and lie in the
table at their serial less `now.start`. A post older than the channel lasts is closed at the start of the day; once more
than half of the table is closed the open ones move to its beginning.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from sim.compiled.kernel import kernel
from sim.state.table import move, record_type


class Kind(IntEnum):
    """What a post is."""

    QUESTION = 0
    PRACTICAL = 1
    SOCIAL = 2
    PROMOTION = 3  # a member promoting itself
    STORY = 4
    PROMPT = 5  # by the team, to start talk
    ANNOUNCEMENT = 6  # by the team: a message that it sends, posted here too


QUESTION, PRACTICAL = int(Kind.QUESTION), int(Kind.PRACTICAL)
POST = record_type(
    {
        "hour": np.float64,  # share of the day
        "breach": np.int64,  # bit b: norm b was broken
        "conduct": np.int64,  # bit b: norm b was broken in the thread, by whoever responded
        "heat": np.float64,  # 0 or more
        "difficulty": np.float64,  # of a question
        "latest": np.float64,  # when somebody last wrote in the thread, days since day 0
        "author": np.int32,  # row of the member; -2 - k for person k of the team
        "day": np.int32,
        "last": np.int32,  # who wrote last in the thread (as author)
        "attacker": np.int32,  # row of who was hostile in it last; -1: nobody
        "target": np.int32,  # row of whom that hit
        "replies": np.int32,
        "solver": np.int32,  # who solved it (as author); -1: nobody yet
        "uses": np.int32,  # times a story was passed on
        "waits": np.int32,  # row of the member who has written to the team in the thread and waits; -1: nobody
        "topic": np.int8,
        "kind": np.int8,  # Kind
        "closed": np.int8,  # the solution has reached the asker
        "answered": np.int8,  # staff have answered
        "hidden": np.int8,  # removed or locked by staff
        "checked": np.int8,  # staff have looked at it
    }
)


@kernel
def add(now, posts, author, day, hour, topic, kind, breach):
    """Append a post; its serial number. The table has room for what a day can open."""
    serial = now.next
    at = serial - now.start
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
    posts.latest[at] = day + hour
    posts.waits[at] = -1
    now.next = serial + 1
    return serial


@kernel
def close_old(now, posts, day, lasting, cooling, volume):
    """Close posts of `lasting` days ago, cool the others, and count open posts by topic into `volume` (overwritten)."""
    while now.oldest < now.next and day - posts.day[now.oldest - now.start] >= lasting:
        now.oldest += 1
    volume[:] = 0
    closed, used = now.oldest - now.start, now.next - now.start
    if 2 * closed > used:
        for at in range(closed, used):
            move(posts, at, posts, at - closed)
        now.start = now.oldest
    for at in range(now.oldest - now.start, now.next - now.start):
        posts.heat[at] *= 1.0 - cooling
        if posts.hidden[at] == 0:
            volume[posts.topic[at]] += 1
