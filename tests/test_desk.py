"""The desk of the team: its lists, by hand."""

import pytest

from sim.state.team import Activity
from sim.team.desk import draw, hand_out, open_list, rank, workable
from sim.team.facilitating import fitting
from sim.team.planning import take_on
from tests.tiny import handful


def ranked(entries, most, start=0):
    """Whom the list holds, in order, after these have been inserted as (who, first, second)."""
    community = handful()
    lists, n = community.state.lists, 0
    community.tables.rows["lists"]["who"][:] = 99
    for entry in entries:
        n = rank(lists, start, n, most, *entry)
    who = community.tables.rows["lists"]["who"]
    assert (who[:start] == 99).all() and (who[start + most :] == 99).all()  # the neighbours are left alone
    return who[start : start + n].tolist()


@pytest.mark.parametrize("start", [0, 3])
def test_the_least_comes_first_and_of_equals_who_came_first(start):
    entries = [(10, 2.0, 0.0), (11, 1.0, 0.0), (12, 2.0, -1.0), (13, 1.0, 0.0)]
    assert ranked(entries, 9, start) == [11, 13, 12, 10]
    assert ranked(entries, 4, start) == [11, 13, 12, 10]
    assert ranked(entries, 3, start) == [11, 13, 12]
    assert ranked(entries, 1, start) == [11]
    assert ranked(entries[::-1], 3, start) == [13, 11, 12]


def test_each_entry_is_handed_out_once():
    community = handful()
    now = community.tables.now
    now.listed = now.handed = 7  # of another activity
    open_list(community.state, Activity.ANSWER)
    assert (now.listing, now.listed, now.handed) == (Activity.ANSWER, 0, 0) and hand_out(community.state) == -1
    community.tables.rows["lists"]["who"][:2] = [5, 3]
    now.listed = 2
    assert [hand_out(community.state) for _ in range(4)] == [5, 3, -1, -1]


def test_a_list_is_as_long_as_minutes_at_hand_allow_and_one_more_for_each_whose_work_it_is():
    community = handful()
    minutes = community.tables.rows["team"]["minutes"]
    minutes[:, Activity.ANSWER] = [35.0, 600.0]  # the marketer does not answer
    assert workable(community.state, community.values, Activity.ANSWER) == 1 + 3  # ten minutes each


def test_a_full_list_keeps_the_first_and_nothing_lies_past_its_end(desk):
    lists = desk.tables.rows["lists"]
    lists["who"][:] = -7
    entries = [(10, 3, 0), (11, 2, 0), (12, 4, 0), (13, 1, 0), (14, 2, 0), (15, 9, 0)]
    assert ranked(desk, entries, 3) == [13, 11, 14]
    assert lists["who"][:5].tolist() == [13, 11, 14, -7, -7]


def test_two_lists_lie_side_by_side(desk):
    entries = [(10, 3, 0), (11, 2, 0), (12, 1, 0)]
    assert ranked(desk, entries, 2) == [12, 11]
    assert ranked(desk, [(20, 1, 0), (21, 0, 0), (22, 2, 0)], 2, start=2) == [21, 20]
    assert desk.tables.rows["lists"]["who"][:4].tolist() == [12, 11, 21, 20]


def test_each_entry_is_handed_out_once_from_the_beginning(desk):
    desk.tables.now.listed = len(ranked(desk, [(10, 2, 0), (11, 1, 0)], 5))
    assert [hand_out(desk.state) for _ in range(4)] == [11, 10, -1, -1]
    open_list(desk.state, int(Activity.CONNECT))
    assert hand_out(desk.state) == -1
    desk.tables.now.listed = 1
    assert hand_out(desk.state) == 11


def test_what_can_be_worked_off_is_counted_of_those_whose_work_it_is(desk):
    team, cost = desk.tables.rows["team"], desk.values.activities[Activity.WELCOME].minutes
    team["weekly"][:, Activity.WELCOME] = (0.0, -1.0)
    team["minutes"][:, Activity.WELCOME] = (2.5 * cost, 9.5 * cost)
    assert workable(desk.state, desk.values, int(Activity.WELCOME)) == 2 + 1


def test_a_person_draws_anew_for_each_activity_and_never_twice_the_same(desk):
    take_on(desk.state, 0, int(Activity.ANSWER))
    first = [draw(desk.state, 0) for _ in range(5)]
    take_on(desk.state, 0, int(Activity.LISTEN))
    other = [draw(desk.state, 0) for _ in range(5)]
    take_on(desk.state, 0, int(Activity.ANSWER))
    assert [draw(desk.state, 0) for _ in range(5)] == first
    assert len({*first, *other}) == 10


def test_of_those_who_fit_alike_the_lowest_row_is_introduced(desk):
    recent, shortlist = desk.tables.now.recent, desk.values.staffing.shortlist
    for i in range(6):
        take_on(desk.state, 0, int(Activity.CONNECT))
        drawn = {int(draw(desk.state, 0) * recent) for _ in range(min(shortlist, recent))} - {i}
        take_on(desk.state, 0, int(Activity.CONNECT))
        assert fitting(desk.state, desk.values, 0, i) == min(drawn)
    assert len(drawn) > 1
