"""Ties: a fixed number of slots per member, and what a message does to them (ODD, 2.2 and 7.0).

Row i of the arrays holds the ties of member i: to whom, how strongly i feels (`strength`), what i remembers of its
own messages to the partner (`memory`, as of day `last`), and how many those were. A tie is directed: the strength
that i feels for j grows only by what j writes to i. The arrays of one thing lie together, so that the daily decay
reads strengths and nothing else.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.kernel import kernel, left_after
from sim.lanes import holders, lowest, weakest


class Ties(NamedTuple):
    """Tie slots of all members; row i, slots 0 .. count[i] - 1 are in use."""

    partner: np.ndarray  # int32 (n, slots), row number of the partner
    strength: np.ndarray  # float64 (n, slots), closeness felt for the partner, 0-1
    memory: np.ndarray  # float32 (n, slots), own messages to the partner, faded to day `last`
    last: np.ndarray  # int16 (n, slots), day of the own last message, or LONG_AGO
    exchanges: np.ndarray  # int16 (n, slots), own messages so far
    count: np.ndarray  # type: ignore[assignment]  # int16 (n,), slots in use


class TieSlots:
    """The tie slots, growing with the members; `view` is the part in use."""

    def __init__(self, slots: int, capacity: int = 1024):
        self.slots, self.n, self.capacity = slots, 0, 0
        self._store: Ties | None = None
        self._reserve(capacity)
        self.view = self._slice()

    def _reserve(self, capacity: int) -> None:
        shape = (capacity, self.slots)
        dtypes = (np.int32, np.float64, np.float32, np.int16, np.int16)
        columns = [*(np.zeros(shape, dtype) for dtype in dtypes), np.zeros(capacity, np.int16)]
        if self._store is not None:
            for new, old in zip(columns, self._store, strict=True):
                new[: self.n] = old[: self.n]
        self._store, self.capacity = Ties(*columns), capacity

    def _slice(self) -> Ties:
        assert self._store is not None
        return Ties(*(column[: self.n] for column in self._store))

    def __getstate__(self):
        return {name: item for name, item in vars(self).items() if name != "view"}

    def __setstate__(self, state):
        vars(self).update(state)
        self.view = self._slice()  # of the copy's own store: what is written to it must be there when rows are added

    def add(self, count: int) -> None:
        """Add `count` rows without ties."""
        if self.n + count > self.capacity:
            self._reserve(max(self.n + count, self.capacity * 5 // 4))
        assert self._store is not None
        self._store.partner[self.n : self.n + count] = -1
        self._store.count[self.n : self.n + count] = 0
        self.n += count
        self.view = self._slice()


@kernel
def find(ties, i, j):
    """The slot in which i holds j, or -1."""
    for k in range(ties.count[i]):  # most rows are short: ending early beats looking at all of a row
        if ties.partner[i, k] == j:
            return k
    return -1


@kernel
def place(ties, i, j):
    """The slot in which i holds j or could, and whether it does: a free one, or in a full row the weakest tie's."""
    used = np.int64(ties.count[i])
    held = holders(ties.partner, i, j) & ((1 << used) - 1)
    k = lowest(held) if held != 0 else used
    if k == ties.partner.shape[1]:
        k = weakest(ties.strength, i)
    return k, held != 0


@kernel
def seat(ties, closeness, i, j):
    """The slot in which i holds j, made if need be: a full row gives up its weakest tie (the first of equals)."""
    k, held = place(ties, i, j)
    if held:
        return k
    if k < ties.count[i]:
        closeness[i] -= ties.strength[i, k]
    else:
        ties.count[i] = k + 1
    ties.partner[i, k] = j
    ties.strength[i, k] = 0.0
    ties.memory[i, k] = 0.0
    ties.last[i, k] = -10_000
    ties.exchanges[i, k] = 0
    return k


@kernel
def drop(ties, closeness, i, k):
    """Empty slot k of i; the last slot in use moves into its place."""
    closeness[i] -= ties.strength[i, k]
    end = ties.count[i] - 1
    ties.partner[i, k] = ties.partner[i, end]
    ties.strength[i, k] = ties.strength[i, end]
    ties.memory[i, k] = ties.memory[i, end]
    ties.last[i, k] = ties.last[i, end]
    ties.exchanges[i, k] = ties.exchanges[i, end]
    ties.partner[i, end] = -1
    ties.count[i] = end


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
def message(ties, closeness, i, j, day, depth, p):
    """Member i addresses member j: i remembers it, and j comes to feel closer to i (updates `ties`, `closeness`)."""
    k = seat(ties, closeness, i, j)
    ties.memory[i, k] = remembered(ties.memory[i, k], ties.last[i, k], day, p.memory_half_life) + 1.0
    ties.last[i, k] = day
    if ties.exchanges[i, k] < 32_000:
        ties.exchanges[i, k] += 1
    k = seat(ties, closeness, j, i)
    answers = day - ties.last[j, k] <= p.reciprocity_days
    gain = growth(ties.strength[j, k], closeness[j], depth, answers, p)
    ties.strength[j, k] += gain
    closeness[j] += gain


@kernel
def weaken(ties, closeness, i, j, loss):
    """Take `loss` from what i feels for j, down to nothing."""
    k = find(ties, i, j)
    if k >= 0:
        taken = min(loss, ties.strength[i, k])
        ties.strength[i, k] -= taken
        closeness[i] -= taken


@kernel
def felt(ties, i, j):
    """How close i feels to j, 0-1."""
    k = find(ties, i, j)
    return ties.strength[i, k] if k >= 0 else 0.0
