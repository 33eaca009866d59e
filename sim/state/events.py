"""Events, in the form of the real logs: time, source, target, kind, thread (ODD, 4.11 Observation)."""

from __future__ import annotations

import numpy as np

from sim.compiled.kernel import kernel
from sim.state.table import record_type

KINDS = ("topic", "question", "reply", "answer", "message", "announcement")
TOPIC, QUESTION, REPLY, ANSWER, MESSAGE, ANNOUNCEMENT = range(6)

EVENT = record_type(
    {
        "time": np.float64,  # days since day 0
        "source": np.int32,  # row of the member; -2 - k for person k of the team
        "target": np.int32,  # as source; equal to it where everybody is addressed
        "thread": np.int32,  # serial of the post that it opens or responds to; -1: none
        "kind": np.int8,  # index into KINDS
    }
)


@kernel
def record(out, time, source, target, kind, thread):
    """Keep one event, where events are kept (the table has rows); it has room for what a day can bring."""
    events = out.events
    if events.time.size > 0:
        at = out.count.events
        events.time[at] = time
        events.source[at] = source
        events.target[at] = target
        events.kind[at] = kind
        events.thread[at] = thread
        out.count.events = at + 1
