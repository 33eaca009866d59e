"""The events of a day, in the form of the real logs: time, source, target, kind (ODD, 4.11 Observation)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.kernel import kernel

KINDS = ("topic", "question", "reply", "answer", "message")
TOPIC, QUESTION, REPLY, ANSWER, MESSAGE = range(5)


class Events(NamedTuple):
    """A buffer that rules write into; with size 0 nothing is kept."""

    time: np.ndarray  # float64, days since day 0
    source: np.ndarray  # int32: row of the member; -2 - k for person k of the team
    target: np.ndarray  # int32: as source; equal to it where everybody is addressed
    kind: np.ndarray  # int8, index into KINDS
    thread: np.ndarray  # int32, serial of the post that it opens or responds to; -1: none
    used: np.ndarray  # int64 (1,)


def buffer(size: int) -> Events:
    """An empty buffer for `size` events."""
    return Events(
        np.zeros(size),
        np.zeros(size, np.int32),
        np.zeros(size, np.int32),
        np.zeros(size, np.int8),
        np.zeros(size, np.int32),
        np.zeros(1, np.int64),
    )


def with_room(events: Events, more: int) -> Events:
    """The same events in a buffer with room for `more`, and one to spare; the same buffer where there is room."""
    used = int(events.used[0])
    if used + more < events.time.size:
        return events
    grown = buffer(max(used + more + 1, 2 * events.time.size))
    for new, old in zip(grown[:-1], events[:-1], strict=True):
        new[:used] = old[:used]
    grown.used[0] = used
    return grown


@kernel
def record(events, time, source, target, kind, thread):
    """Keep one event, where events are kept."""
    at = events.used[0]
    if at < events.time.size:
        events.time[at] = time
        events.source[at] = source
        events.target[at] = target
        events.kind[at] = kind
        events.thread[at] = thread
        events.used[0] = at + 1
