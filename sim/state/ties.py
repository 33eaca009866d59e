"""Ties: a fixed number of slots per member, and what a message does to them (ODD, 2.2 and 7.0).

A member who has never had a tie has no row. Row `tie_row` of the table holds the ties of a member in its first
`tie_count` slots: to whom, how strongly the member feels (`strength`), what it remembers of its own messages to the
partner (`memory`, as of day `last`), and how many those were. A tie is directed: the strength that i feels for j grows
only by what j writes to i.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.compiled.kernel import kernel, left_after
from sim.state.table import record_type

TIE = record_type(
    {
        "strength": np.float64,  # closeness felt for the partner, 0-1
        "partner": np.int32,  # row of the partner
        "memory": np.float32,  # own messages to the partner, faded to day `last`
        "last": np.int16,  # day of the own last message, or LONG_AGO
        "exchanges": np.int16,  # own messages so far
    }
)


class Held(NamedTuple):
    """Ties one by one, each array of shape (n_ties,), in the order of owners and slots."""

    owner: np.ndarray  # int64, row of the member who feels it
    slot: np.ndarray  # int64
    partner: np.ndarray  # int32, row
    strength: np.ndarray  # float64, 0-1
    memory: np.ndarray  # float32
    last: np.ndarray  # int16, day
    exchanges: np.ndarray  # int16


def held(m: Any, ties: np.ndarray) -> Held:
    """All ties of members; `m`: their columns, as far as they are in use."""
    counts = m.tie_count.astype(np.int64)
    owner = np.repeat(np.arange(counts.size), counts)
    slot = np.arange(owner.size) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = ties[m.tie_row[owner], slot]
    return Held(owner, slot, *(rows[name] for name in Held._fields[2:]))


def felt_back(ties: Held) -> np.ndarray:
    """How close the partner of each tie feels to its owner, float64 (n_ties,), 0-1."""
    if ties.owner.size == 0:
        return np.zeros(0)
    n = 1 + int(max(ties.owner.max(), ties.partner.max()))
    there, back = ties.owner * n + ties.partner, ties.partner.astype(np.int64) * n + ties.owner
    order = np.argsort(there)
    twin = order[np.minimum(np.searchsorted(there, back, sorter=order), order.size - 1)]
    return np.where(there[twin] == back, ties.strength[twin], 0.0)


@kernel
def find(m, ties, i, j):
    """The slot in which i holds j, or -1."""
    row = m.tie_row[i]
    for k in range(m.tie_count[i]):
        if ties.partner[row, k] == j:
            return k
    return -1


@kernel
def weakest(m, ties, i):
    """The slot of i's weakest tie, the first of equals."""
    row = m.tie_row[i]
    least = 0
    for k in range(1, m.tie_count[i]):
        if ties.strength[row, k] < ties.strength[row, least]:
            least = k
    return least


@kernel
def seat(m, ties, now, i, j):
    """The slot in which i holds j, made if need be: who holds all it can gives up its weakest tie."""
    k = find(m, ties, i, j)
    if k >= 0:
        return k
    if m.tie_row[i] < 0:
        m.tie_row[i] = now.tie_rows
        now.tie_rows += 1
    row = m.tie_row[i]
    if m.tie_count[i] == ties.strength.shape[1]:
        k = weakest(m, ties, i)
        m.closeness[i] -= ties.strength[row, k]
    else:
        k = np.int64(m.tie_count[i])
        m.tie_count[i] += 1
    ties.partner[row, k] = j
    ties.strength[row, k] = 0.0
    ties.memory[row, k] = 0.0
    ties.last[row, k] = -10_000
    ties.exchanges[row, k] = 0
    return k


@kernel
def drop(m, ties, i, k):
    """Empty slot k of i; the last slot in use moves into its place."""
    row = m.tie_row[i]
    m.closeness[i] -= ties.strength[row, k]
    end = m.tie_count[i] - 1
    ties.partner[row, k] = ties.partner[row, end]
    ties.strength[row, k] = ties.strength[row, end]
    ties.memory[row, k] = ties.memory[row, end]
    ties.last[row, k] = ties.last[row, end]
    ties.exchanges[row, k] = ties.exchanges[row, end]
    m.tie_count[i] = end


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
    """Member i addresses member j: i remembers it, and j comes to feel closer to i."""
    m, ties = state.members, state.ties
    k = seat(m, ties, state.now, i, j)
    row = m.tie_row[i]
    ties.memory[row, k] = remembered(ties.memory[row, k], ties.last[row, k], day, p.memory_half_life) + 1.0
    ties.last[row, k] = day
    if ties.exchanges[row, k] < 32_000:
        ties.exchanges[row, k] += 1
    k = seat(m, ties, state.now, j, i)
    row = m.tie_row[j]
    answers = day - ties.last[row, k] <= p.reciprocity_days
    gain = growth(ties.strength[row, k], m.closeness[j], depth, answers, p)
    ties.strength[row, k] += gain
    m.closeness[j] += gain


@kernel
def weaken(m, ties, i, j, loss):
    """Take `loss` from what i feels for j, down to nothing."""
    k = find(m, ties, i, j)
    if k >= 0:
        row = m.tie_row[i]
        taken = min(loss, ties.strength[row, k])
        ties.strength[row, k] -= taken
        m.closeness[i] -= taken


@kernel
def felt(m, ties, i, j):
    """How close i feels to j, 0-1."""
    k = find(m, ties, i, j)
    return ties.strength[m.tie_row[i], k] if k >= 0 else 0.0


@kernel
def acquaint(state, i, j, strength):
    """Let i and j know each other with `strength`, where they felt nothing."""
    know(state, i, j, strength)
    know(state, j, i, strength)


@kernel
def know(state, i, j, strength):
    """Let i feel `strength` for j, if it felt nothing."""
    m, ties = state.members, state.ties
    k = seat(m, ties, state.now, i, j)
    row = m.tie_row[i]
    if ties.strength[row, k] == 0.0:
        ties.strength[row, k] = strength
        m.closeness[i] += strength
