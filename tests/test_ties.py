"""Ties, by hand."""

import numpy as np
import pytest

from sim.rules.room import Room
from sim.state.members import LONG_AGO
from sim.state.ties import acquaint, drop, felt, find, growth, held, message, places, remembered, seat, weaken
from tests.tiny import partners, place, put, some_members, some_ties, strength, values

WORTH = dict(slots=4, gain=0.1, capacity=10.0, reciprocity=2.0, reciprocity_days=7, memory_half_life=30.0)
P = values("ties", **WORTH)


def strangers(n, *ties, **chosen):
    """So many members with four slots each, and these ties as (who, for whom, strength)."""
    community = some_members(n, {"ties.slots": 4}, **chosen)
    some_ties(community, *ties)
    return community


def of(community):
    """The members and their ties, as rules are given them."""
    return community.state.members, community.state.ties


def seated(community, i, j):
    """The slot in which i holds j from now on."""
    return seat(community.state, i, j, 4) - community.members.view.tie_row[i]


def slot(community, i, k):
    """A slot of i: a record that can be written to."""
    return community.tables.ties[community.members.view.tie_row[i] + k]


def back(community, i):
    """What i knows that others feel for it, by their rows."""
    return {j: float(community.tables.ties["back"][place(community, i, j)]) for j in partners(community, i)}


def write(community, i, j, day):
    """A message of full depth."""
    message(community.state, i, j, day, 1.0, P)


def test_find_and_felt():
    community = strangers(3, (0, 1, 0.5), (0, 2, 0.3))
    at = community.members.view.tie_row[0]
    assert [find(*of(community), i, j) for i, j in ((0, 1), (0, 2), (1, 0))] == [at, at + 1, -1]
    assert (felt(*of(community), 0, 2), felt(*of(community), 2, 0)) == (0.3, 0.0)


def test_a_seat_is_kept_or_made():
    community = strangers(3, (0, 1, 0.5))
    m = community.members.view
    assert seated(community, 0, 1) == 0 and m.tie_count[0] == 1
    assert seated(community, 0, 2) == 1 and m.tie_count[0] == 2
    assert slot(community, 0, 1).tolist() == (0.0, 0.0, 2, 0.0, LONG_AGO, 0)  # strength, back, partner, memory, ...
    assert m.closeness[0] == 0.5


def test_full_slots_push_out_the_weakest():
    community = strangers(6, (0, 1, 0.5), (0, 2, 0.2), (0, 3, 0.7), (0, 4, 0.2))
    for k in range(4):
        slot(community, 0, k)["memory"], slot(community, 0, k)["exchanges"] = 3.0, 9
    assert seated(community, 0, 5) == 1  # the first of the two weakest
    assert partners(community, 0) == [1, 5, 3, 4]
    assert community.members.view.closeness[0] == pytest.approx(1.4)  # 1.6 - .2
    assert slot(community, 0, 1).tolist() == (0.0, 0.0, 5, 0.0, LONG_AGO, 0)  # nothing of the old partner is left


def test_dropping_moves_the_last():
    community = strangers(4, (0, 1, 0.5), (0, 2, 0.3), (0, 3, 0.1))
    slot(community, 0, 2)["memory"], slot(community, 0, 2)["last"], slot(community, 0, 2)["exchanges"] = 4.0, 8, 6
    drop(*of(community), 0, place(community, 0, 1))
    assert partners(community, 0) == [3, 2]
    assert slot(community, 0, 0).tolist() == (0.1, 0.0, 3, 4.0, 8, 6)
    assert community.members.view.closeness[0] == pytest.approx(0.4)
    drop(*of(community), 0, place(community, 0, 2))  # the last itself
    assert partners(community, 0) == [3]


def test_memory_fades():
    assert remembered(np.float32(4.0), 10, 10, 30.0) == 4.0
    assert remembered(np.float32(4.0), 10, 40, 30.0) == pytest.approx(2.0)
    assert remembered(np.float32(0.0), LONG_AGO, 40, 30.0) == 0.0


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
    community = strangers(2, (1, 0, 0.1))
    community.members.view.closeness[:] = 10.0
    write(community, 0, 1, 5)
    assert strength(community, 1, 0) == 0.1 and community.members.view.closeness[1] == 10.0


def test_a_strength_never_passes_1():
    eager = values("ties", **{**WORTH, "gain": 0.9, "reciprocity": 4.0})
    assert growth(0.99, 0.0, 2.0, True, eager) == pytest.approx(0.01)


def test_a_message():
    community = strangers(2)
    write(community, 0, 1, 5)
    # who writes remembers, who reads feels
    assert slot(community, 0, 0).tolist() == (0.0, pytest.approx(0.1), 1, 1.0, 5, 1)
    assert slot(community, 1, 0).tolist() == (pytest.approx(0.1), 0.0, 0, 0.0, LONG_AGO, 0)
    assert community.members.view.closeness.tolist() == pytest.approx([0.0, 0.1])
    write(community, 0, 1, 35)  # a half-life later: .5 + 1
    assert slot(community, 0, 0)["memory"] == pytest.approx(1.5) and slot(community, 0, 0)["exchanges"] == 2
    assert strength(community, 1, 0) == pytest.approx(0.1 + 0.1 * 0.9 * 0.99)


@pytest.mark.parametrize("day,gained", [(17, 0.2), (18, 0.1)])
def test_reciprocity_counts_within_seven_days_of_ones_own_message(day, gained):
    community = strangers(2)
    put(community, 1, 0, 0.0, last=10)  # the reader wrote on day 10
    write(community, 0, 1, day)
    assert strength(community, 1, 0) == pytest.approx(gained)


def test_weakening_stops_at_nothing():
    community = strangers(2, (0, 1, 0.5))
    m = community.members.view
    weaken(*of(community), 0, 1, 0.2)
    assert strength(community, 0, 1) == pytest.approx(0.3) and m.closeness[0] == pytest.approx(0.3)
    weaken(*of(community), 0, 1, 0.4)
    assert strength(community, 0, 1) == 0.0 and m.closeness[0] == 0.0
    weaken(*of(community), 1, 0, 0.4)
    assert m.tie_count[1] == 0 and m.closeness[1] == 0.0  # where nothing is felt nothing is taken


def test_room_for_ties_grows_with_the_members_and_keeps_what_they_hold():
    community = strangers(2, (0, 1, 0.5), (1, 0, 0.25))
    room = Room(members=1000, posts=0, insights=0, works=0, owed=0, messages=0, lists=0, events=0, series=0)
    community.tables.make_room(room)
    assert len(community.tables.rows["ties"]) >= 1000 * places(4)
    assert strength(community, 0, 1) == 0.5 and strength(community, 1, 0) == 0.25
    write(community, 0, 1, 5)  # rules are given the table that has grown
    assert strength(community, 1, 0) == pytest.approx(0.25 + 0.1 * 2 * 0.75 * 0.975)


def test_the_count_of_messages_stays_within_16_bits():
    community = strangers(2, (0, 1, 0.5))
    slot(community, 0, 0)["exchanges"] = 31_999
    for _ in range(2):
        write(community, 0, 1, 5)
    assert slot(community, 0, 0)["exchanges"] == 32_000


def test_all_ties_in_the_order_of_owners_and_slots_with_what_is_felt_back():
    community = strangers(4, (2, 0, 0.1), (0, 3, 0.2), (0, 2, 0.3))  # 2 has its row before 0
    ties = held(community.members.view, community.tables.ties)
    assert list(zip(ties.owner.tolist(), ties.slot.tolist(), ties.partner.tolist(), strict=True)) == [
        (0, 0, 3), (0, 1, 2), (2, 0, 0)
    ]  # fmt: skip
    assert ties.strength.tolist() == [0.2, 0.3, 0.1] and ties.back.tolist() == [0.0, 0.1, 0.3]
    alone = strangers(2)
    assert held(alone.members.view, alone.tables.ties).back.tolist() == []


def test_what_is_felt_back_is_what_the_partner_feels_whatever_happens():
    community = strangers(7)
    write(community, 0, 1, 5)
    assert back(community, 0) == {1: strength(community, 1, 0)} and back(community, 1) == {0: 0.0}
    acquaint(community.state, 0, 1, 0.05, 4)  # 0 felt nothing yet
    assert back(community, 1) == {0: 0.05} and back(community, 0) == {1: strength(community, 1, 0)}
    weaken(*of(community), 0, 1, 0.02)
    assert back(community, 1) == {0: strength(community, 0, 1)}
    assert seated(community, 2, 0) == 0 and seated(community, 0, 2) == 1  # a tie made later finds what is there
    put(community, 3, 0, 0.4)
    assert seated(community, 0, 3) == 2 and back(community, 0)[3] == 0.4
    drop(*of(community), 0, place(community, 0, 1))
    assert back(community, 1) == {0: 0.0}


def test_who_gives_up_a_tie_feels_nothing_and_the_partner_knows():
    community = strangers(6, (1, 0, 0.3), (0, 1, 0.1), (0, 2, 0.2), (0, 3, 0.7), (0, 4, 0.2))
    assert back(community, 1) == {0: 0.1}
    seated(community, 0, 5)  # in the place of 1
    assert partners(community, 0)[0] == 5 and back(community, 1) == {0: 0.0} and strength(community, 1, 0) == 0.3


def test_a_member_moves_to_twice_as_many_places_when_its_own_are_full():
    community = strangers(6, (0, 1, 0.1), (0, 2, 0.2), (1, 0, 0.5))
    m, now = community.members.view, community.tables.now
    assert (m.tie_row[:2].tolist(), m.tie_room[:3].tolist(), now.tie_rows) == ([0, 2], [2, 2, 0], 4)
    put(community, 0, 3, 0.3)
    assert (m.tie_row[:2].tolist(), m.tie_room[:3].tolist(), now.tie_rows) == ([4, 2], [4, 2, 0], 8)
    assert partners(community, 0) == [1, 2, 3] and [strength(community, 0, j) for j in (1, 2, 3)] == [0.1, 0.2, 0.3]
    assert back(community, 0) == {1: 0.5, 2: 0.0, 3: 0.0} and partners(community, 1) == [0]
    assert (places(2), places(4), places(12), places(5)) == (2, 2 + 4, 2 + 4 + 8 + 12, 2 + 4 + 5)
