"""Slot masks: the same as searching slot by slot, for every number of slots."""

import numpy as np
import pytest
from sim.lanes import fetch, fetch_row, holders, lowest, weakest

from sim.state.ties import TieSlots, find, place

RNG = np.random.default_rng(1)


@pytest.mark.parametrize("slots", [1, 2, 7, 8, 9, 12, 16, 23, 31, 32, 33, 60])
def test_a_row_is_searched_whole(slots):
    rows = RNG.integers(0, 6, (5, slots)).astype(np.int32)
    for i in range(5):
        for value in range(7):
            held = np.flatnonzero(rows[i] == value)
            bits = holders(rows, i, value)
            assert [k for k in range(64) if bits >> k & 1] == held.tolist()
            if held.size:
                assert lowest(bits) == held[0]


@pytest.mark.parametrize("slots", [1, 2, 7, 8, 9, 12, 16, 23, 33, 60])
def test_the_weakest_is_the_first_of_equals(slots):
    for round_to in (1, 16):
        rows = RNG.random((20, slots)).round(round_to)
        rows[3] = 0.5
        assert [weakest(rows, i) for i in range(20)] == rows.argmin(axis=1).tolist()


def test_neighbouring_rows_are_not_looked_at():
    rows = np.full((3, 12), 7, np.int32)
    rows[1] = 1
    assert holders(rows, 1, 7) == 0 and holders(rows, 1, 1) == (1 << 12) - 1


def test_fetching_changes_nothing():
    rows, column = RNG.random((4, 12)), np.arange(4)
    before = rows.copy()
    fetch_row(rows, 3)
    fetch(rows, 3, 11)
    fetch(column, 3, 0)
    assert np.array_equal(rows, before) and column.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("slots", [4, 12])
def test_a_place_is_held_or_free_or_the_weakest(slots):
    store = TieSlots(slots, 1)
    store.add(1)
    ties = store.view
    ties.partner[0, 2] = 9  # left over in a slot that is not in use
    assert find(ties, 0, 9) == -1 and tuple(place(ties, 0, 9)) == (0, False)
    ties.partner[0], ties.count[0] = np.arange(slots), slots
    ties.strength[0] = 0.5
    ties.strength[0, 1] = 0.25
    assert tuple(place(ties, 0, 3)) == (3, True) and tuple(place(ties, 0, 99)) == (1, False)
