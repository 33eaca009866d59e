"""The desk of the team: its lists, by hand."""

import pytest

from sim.state.team import Activity
from sim.team.desk import draw, hand_out, known_topic, open_list, rank, workable
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


def test_a_topic_is_known_by_how_often_it_was_met_in_talk():
    community = handful()
    talk = community.tables.talk[0]
    talk[[2, 5]] = [1.0, 3.0]
    topics = [known_topic(community.state, 0) for _ in range(2000)]
    assert set(topics) == {2, 5} and topics.count(5) == pytest.approx(1500, abs=80)  # sd 19
    talk[:] = 0.0
    assert {known_topic(community.state, 0) for _ in range(200)} == set(range(8))


def test_what_moves_takes_its_second_number_along():
    entries = [(10, 1.0, 7.0), (11, 1.0, 5.0), (12, 1.0, 3.0), (13, 1.0, 6.0)]
    assert ranked(entries, 6) == [12, 11, 13, 10]


def test_a_person_draws_anew_for_each_activity_and_never_twice_the_same():
    state = handful().state
    drawn = []
    for activity in (Activity.ANSWER, Activity.LISTEN, Activity.ANSWER):
        take_on(state, 0, int(activity))
        drawn.append([draw(state, 0) for _ in range(5)])
    assert drawn[0] == drawn[2] and len({*drawn[0], *drawn[1]}) == 10


def test_of_those_who_fit_alike_the_lowest_row_is_introduced():
    community = handful()
    recent, shortlist = community.tables.now.recent, community.values.staffing.shortlist
    for i in range(6):
        take_on(community.state, 0, int(Activity.CONNECT))
        drawn = {int(draw(community.state, 0) * recent) for _ in range(min(shortlist, recent))} - {i}
        take_on(community.state, 0, int(Activity.CONNECT))
        assert fitting(community.state, community.values, 0, i) == min(drawn)
    assert len(drawn) > 1
