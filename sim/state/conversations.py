"""Answers that members owe in conversations, to be given at a moment of their own (ODD, 2.5 and 7.9).

They lie in the first `now.owed` rows of the table as a binary heap: the one due first is in row 0, and row k is due no
earlier than row (k - 1) // 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.compiled.kernel import kernel
from sim.state.table import move, record_type

OWED = record_type(
    {
        "due": np.float64,  # when it is given, days since day 0
        "begun_by": np.int64,  # key of the member whose draws these are
        "number": np.int64,  # the first of these draws
        "thread": np.int64,  # serial of the post; -1: a word apart
        "begun": np.int32,  # day on which the conversation began
        "turn": np.int32,  # answers given in it so far
        "who": np.int32,  # row of the member who owes it
        "to": np.int32,  # whom it is owed: a row, or -2 - k for person k of the team
    }
)


class Turn(NamedTuple):
    """Which turn of which conversation: it determines the draws."""

    day: int  # on which the conversation began
    key: int  # of the member by whose draws it goes
    number: int  # the first of these draws
    turn: int  # answers given so far


@kernel
def add(now, owed):
    """Take in the answer that has just been written to row `now.owed`; the row after it is overwritten."""
    at, spare = now.owed, now.owed + 1
    now.owed += 1
    move(owed, at, owed, spare)
    while at > 0 and owed.due[(at - 1) // 2] > owed.due[spare]:
        move(owed, (at - 1) // 2, owed, at)
        at = (at - 1) // 2
    move(owed, spare, owed, at)


@kernel
def take_first(now, owed):
    """Take out the answer that is due first; the row where it lies until the next is taken in."""
    now.owed -= 1
    last = now.owed
    move(owed, 0, owed, last + 1)
    at, child = 0, 1
    while child < last:
        if child + 1 < last and owed.due[child + 1] < owed.due[child]:
            child += 1
        if owed.due[child] >= owed.due[last]:
            break
        move(owed, child, owed, at)
        at, child = child, 2 * child + 1
    move(owed, last, owed, at)
    return last + 1
