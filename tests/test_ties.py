"""Ties, by hand."""

import pytest

from sim.state.members import LONG_AGO
from sim.state.ties import TieSlots, drop, felt, find, growth, message, remembered, seat, weaken
from tests.tiny import put, some_members, some_ties, strength, values

P = values("ties", gain=0.1, capacity=10.0, reciprocity=2.0, reciprocity_days=7, memory_half_life=30.0)


def test_find_and_felt():
    ties = some_ties(3, (0, 1, 0.5), (0, 2, 0.3))
    assert (find(ties, 0, 1), find(ties, 0, 2), find(ties, 1, 0)) == (0, 1, -1)
    assert (felt(ties, 0, 2), felt(ties, 2, 0)) == (0.3, 0.0)


def test_a_seat_is_kept_or_made():
    m = some_members(3)
    ties = some_ties(3, (0, 1, 0.5), m=m)
    assert seat(ties, m.closeness, 0, 1) == 0 and ties.count[0] == 1
    assert seat(ties, m.closeness, 0, 2) == 1 and ties.count[0] == 2
    assert (strength(ties, 0, 2), ties.memory[0, 1], ties.last[0, 1], ties.exchanges[0, 1]) == (0.0, 0.0, LONG_AGO, 0)
    assert m.closeness[0] == 0.5


def test_full_slots_push_out_the_weakest():
    m = some_members(6)
    ties = some_ties(6, (0, 1, 0.5), (0, 2, 0.2), (0, 3, 0.7), (0, 4, 0.2), slots=4, m=m)
    ties.memory[0, :], ties.exchanges[0, :] = 3.0, 9
    assert seat(ties, m.closeness, 0, 5) == 1  # the first of the two weakest
    assert strength(ties, 0, 2) is None and strength(ties, 0, 5) == 0.0 and strength(ties, 0, 4) == 0.2
    assert ties.count[0] == 4 and m.closeness[0] == pytest.approx(1.4)  # 1.6 - .2
    assert ties.memory[0, 1] == 0.0 and ties.exchanges[0, 1] == 0  # nothing of the old partner is left


def test_dropping_moves_the_last():
    m = some_members(4)
    ties = some_ties(4, (0, 1, 0.5), (0, 2, 0.3), (0, 3, 0.1), m=m)
    ties.memory[0, 2], ties.last[0, 2], ties.exchanges[0, 2] = 4.0, 8, 6
    drop(ties, m.closeness, 0, 0)
    assert ties.partner[0, :3].tolist() == [3, 2, -1] and ties.count[0] == 2
    assert (strength(ties, 0, 3), ties.memory[0, 0], ties.last[0, 0], ties.exchanges[0, 0]) == (0.1, 4.0, 8, 6)
    assert m.closeness[0] == pytest.approx(0.4)
    drop(ties, m.closeness, 0, 1)  # the last itself
    assert ties.partner[0, :2].tolist() == [3, -1] and ties.count[0] == 1


def test_memory_fades():
    assert remembered(4.0, 10, 10, 30.0) == 4.0
    assert remembered(4.0, 10, 40, 30.0) == pytest.approx(2.0)
    assert remembered(0.0, LONG_AGO, 40, 30.0) == 0.0


def test_growth():
    assert growth(0.0, 0.0, 1.0, False, P) == pytest.approx(0.1)
    assert growth(0.0, 0.0, 0.5, False, P) == pytest.approx(0.05)
    assert growth(0.0, 0.0, 1.0, True, P) == pytest.approx(0.2)  # reciprocity
    assert growth(0.6, 0.0, 1.0, False, P) == pytest.approx(0.04)  # the stronger, the slower
    assert growth(0.6, 2.5, 1.0, False, P) == pytest.approx(0.03)  # a quarter of the capacity is taken
    assert growth(1.0, 1.0, 1.0, False, P) == 0.0


def test_no_growth_at_capacity():
    assert growth(0.1, 10.0, 1.0, True, P) == 0.0
    assert growth(0.1, 12.0, 1.0, True, P) == 0.0  # never shrinks
    m = some_members(2, closeness=10.0)
    ties = some_ties(2, (1, 0, 0.1))
    message(ties, m.closeness, 0, 1, 5, 1.0, P)
    assert strength(ties, 1, 0) == 0.1 and m.closeness[1] == 10.0


def test_a_strength_never_passes_1():
    assert growth(0.99, 0.0, 2.0, True, P._replace(gain=0.9, reciprocity=4.0)) == pytest.approx(0.01)


def test_a_message():
    m, ties = some_members(2), some_ties(2)
    message(ties, m.closeness, 0, 1, 5, 1.0, P)
    # who writes remembers, who reads feels
    assert (ties.memory[0, 0], ties.last[0, 0], ties.exchanges[0, 0], strength(ties, 0, 1)) == (1.0, 5, 1, 0.0)
    assert (ties.memory[1, 0], ties.last[1, 0], ties.exchanges[1, 0]) == (0.0, LONG_AGO, 0)
    assert strength(ties, 1, 0) == pytest.approx(0.1) and m.closeness.tolist() == pytest.approx([0.0, 0.1])
    message(ties, m.closeness, 0, 1, 35, 1.0, P)  # a half-life later: .5 + 1
    assert ties.memory[0, 0] == pytest.approx(1.5) and ties.exchanges[0, 0] == 2
    assert strength(ties, 1, 0) == pytest.approx(0.1 + 0.1 * 0.9 * 0.99)


@pytest.mark.parametrize("day,gained", [(17, 0.2), (18, 0.1)])
def test_reciprocity_counts_within_seven_days_of_ones_own_message(day, gained):
    m, ties = some_members(2), some_ties(2)
    put(ties, 1, 0, 0.0, last=10)  # the reader wrote on day 10
    message(ties, m.closeness, 0, 1, day, 1.0, P)
    assert strength(ties, 1, 0) == pytest.approx(gained)


def test_weakening_stops_at_nothing():
    m = some_members(2)
    ties = some_ties(2, (0, 1, 0.5), m=m)
    weaken(ties, m.closeness, 0, 1, 0.2)
    assert strength(ties, 0, 1) == pytest.approx(0.3) and m.closeness[0] == pytest.approx(0.3)
    weaken(ties, m.closeness, 0, 1, 0.4)
    assert strength(ties, 0, 1) == 0.0 and m.closeness[0] == 0.0
    weaken(ties, m.closeness, 1, 0, 0.4)
    assert ties.count[1] == 0 and m.closeness[1] == 0.0  # where nothing is felt nothing is taken


def test_slots_grow_with_the_members_and_keep_what_they_hold():
    store = TieSlots(4, 2)
    store.add(2)
    put(store.view, 0, 1, 0.5)
    store.add(100)
    assert store.view.partner.shape == (102, 4) and strength(store.view, 0, 1) == 0.5
    assert not store.view.count[1:].any() and (store.view.partner[2:] == -1).all()


def test_the_count_of_messages_stays_within_16_bits():
    m, ties = some_members(2), some_ties(2, (0, 1, 0.5))
    ties.exchanges[0, 0] = 31_999
    for _ in range(2):
        message(ties, m.closeness, 0, 1, 5, 1.0, P)
    assert ties.exchanges[0, 0] == 32_000
