"""Ties: a few places for each member, and what a message does to them (ODD, 2.2 and 7.0).

A member who has never had a tie has no place. The ties of a member lie one after the other in the table, in its first
`tie_count` places from `tie_row` on: to whom, how strongly the member feels (`strength`) and the partner feels back
(`back`), what it remembers of its own messages to the partner (`memory`, as of day `last`), and how many those were. A
tie is directed: the strength that i feels for j grows only by what j writes to i. `back` is the strength of the
partner's own tie to the member, 0 where it has none: whatever changes the one changes the other, so that nobody who
asks how close two are has to look in two places far apart.

Most members have a tie or two: they get places for two, and move to the end of the table, to twice as many, when these
are full. The places that they leave stay empty.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.compiled.kernel import kernel, left_after
from sim.state.table import move, record_type

TIE = record_type(
    {
        "strength": np.float64,  # closeness felt for the partner, 0-1
        "back": np.float64,  # closeness that the partner feels, 0-1
        "partner": np.int32,  # row of the partner
        "memory": np.float32,  # own messages to the partner, faded to day `last`
        "last": np.int16,  # day of the own last message, or LONG_AGO
        "exchanges": np.int16,  # own messages so far
    }
)
FIRST = 2  # places of a member with its first tie


class Held(NamedTuple):
    """Ties one by one, each array of shape (n_ties,), in the order of owners and slots."""

    owner: np.ndarray  # int64, row of the member who feels it
    slot: np.ndarray  # int64, 0 for the first tie of its owner
    partner: np.ndarray  # int32, row
    strength: np.ndarray  # float64, 0-1
    back: np.ndarray  # float64, 0-1
    memory: np.ndarray  # float32
    last: np.ndarray  # int16, day
    exchanges: np.ndarray  # int16


def held(m: Any, ties: np.ndarray) -> Held:
    """All ties of members; `m`: their columns, as far as they are in use."""
    counts = m.tie_count.astype(np.int64)
    owner = np.repeat(np.arange(counts.size), counts)
    slot = np.arange(owner.size) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = ties[m.tie_row[owner] + slot]
    return Held(owner, slot, *(rows[name] for name in Held._fields[2:]))


def places(slots: int) -> int:
    """How many places a member takes at the most until it can hold `slots` ties, those that it left included."""
    taken, room = slots, FIRST
    while room < slots:
        taken, room = taken + room, 2 * room
    return taken


@kernel
def find(m, ties, i, j):
    """The place of i's tie to j, or -1."""
    for at in range(m.tie_row[i], m.tie_row[i] + m.tie_count[i]):
        if ties.partner[at] == j:
            return at
    return -1


@kernel
def weakest(m, ties, i):
    """The place of i's weakest tie, the first of equals."""
    least = m.tie_row[i]
    for at in range(least + 1, m.tie_row[i] + m.tie_count[i]):
        if ties.strength[at] < ties.strength[least]:
            least = at
    return least


@kernel
def move_on(state, i, slots):
    """Give i places at the end of the table, for its first ties or twice as many as it had, and `slots` at the most."""
    m, now, old = state.members, state.now, state.members.tie_row[i]
    m.tie_row[i] = now.tie_rows
    m.tie_room[i] = min(max(FIRST, 2 * m.tie_room[i]), slots)
    now.tie_rows += m.tie_room[i]
    for k in range(m.tie_count[i]):
        move(state.ties, old + k, state.ties, m.tie_row[i] + k)


@kernel
def seat(state, i, j, slots):
    """The place of i's tie to j, made if need be: who holds `slots` ties gives up its weakest."""
    m, ties = state.members, state.ties
    at = find(m, ties, i, j)
    if at >= 0:
        return at
    if m.tie_count[i] == slots:
        at = np.int64(weakest(m, ties, i))
        m.closeness[i] -= ties.strength[at]
        feel_nothing(m, ties, ties.partner[at], i)
    else:
        if m.tie_count[i] == m.tie_room[i]:
            move_on(state, i, slots)
        at = np.int64(m.tie_row[i] + m.tie_count[i])
        m.tie_count[i] += 1
    ties.partner[at] = j
    ties.strength[at] = 0.0
    ties.back[at] = felt(m, ties, j, i)
    ties.memory[at] = 0.0
    ties.last[at] = -10_000
    ties.exchanges[at] = 0
    return at


@kernel
def feel_nothing(m, ties, i, j):
    """Let i know that j feels nothing for it any more."""
    at = find(m, ties, i, j)
    if at >= 0:
        ties.back[at] = 0.0


@kernel
def drop(m, ties, i, at):
    """Empty the place `at` of i; its last tie moves there."""
    m.closeness[i] -= ties.strength[at]
    feel_nothing(m, ties, ties.partner[at], i)
    m.tie_count[i] -= 1
    move(ties, m.tie_row[i] + m.tie_count[i], ties, at)


@kernel
def remembered(memory, last, day, half_life):
    """Own messages remembered on `day`: they fade with `half_life` days since `last`."""
    if memory == 0.0:
        return 0.0
    return np.float64(memory) * left_after((day - last) / half_life)  # stored in 32 bits, reckoned with in 64


@kernel
def growth(strength, closeness, depth, answers, p):
    """What a message of `depth` adds to the strength that its reader feels; `answers`: it answers the reader's own."""
    room = max(0.0, 1.0 - closeness / p.capacity)
    gain = p.gain * depth * (1.0 - strength) * room
    if answers:
        gain *= p.reciprocity
    return min(gain, 1.0 - strength)


@kernel
def message(state, i, j, day, depth, p):
    """Member i addresses member j: i remembers it, and j comes to feel closer to i; `p`: the table [ties]."""
    m, ties = state.members, state.ties
    at, there = seat(state, i, j, p.slots), seat(state, j, i, p.slots)
    ties.memory[at] = remembered(ties.memory[at], ties.last[at], day, p.memory_half_life) + 1.0
    ties.last[at] = day
    if ties.exchanges[at] < 32_000:
        ties.exchanges[at] += 1
    answers = day - ties.last[there] <= p.reciprocity_days
    gain = growth(ties.strength[there], m.closeness[j], depth, answers, p)
    ties.strength[there] += gain
    ties.back[at] = ties.strength[there]
    m.closeness[j] += gain


@kernel
def weaken(m, ties, i, j, loss):
    """Take `loss` from what i feels for j, down to nothing."""
    at = find(m, ties, i, j)
    if at >= 0:
        taken = min(loss, ties.strength[at])
        ties.strength[at] -= taken
        m.closeness[i] -= taken
        there = find(m, ties, j, i)
        if there >= 0:
            ties.back[there] = ties.strength[at]


@kernel
def felt(m, ties, i, j):
    """How close i feels to j, 0-1."""
    at = find(m, ties, i, j)
    return ties.strength[at] if at >= 0 else 0.0


@kernel
def acquaint(state, i, j, strength, slots):
    """Let i and j know each other with `strength`, where they felt nothing."""
    at, there = seat(state, i, j, slots), seat(state, j, i, slots)
    know(state, i, at, there, strength)
    know(state, j, there, at, strength)


@kernel
def know(state, i, at, there, strength):
    """Let i feel `strength` at `at`, if it felt nothing; `there`: the place of its partner's tie to it."""
    ties = state.ties
    if ties.strength[at] == 0.0:
        ties.strength[at] = strength
        ties.back[there] = strength
        state.members.closeness[i] += strength
