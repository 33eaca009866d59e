"""Planning: what the team has today, what it can afford, and that each day begins anew."""

import pytest

from sim.compiled.draws import Rule
from sim.state.flows import Flow
from sim.state.team import N_ACTIVITIES, NOT_ITS_WORK, Activity
from sim.team.desk import draw
from sim.team.planning import affords, begin, plan, share_knowledge, take_on
from tests.tiny import drawn, handful


@pytest.fixture
def at_work():
    """Six members, and a team of two of whom the first greets, with time for ten of them a day."""
    community = handful()
    team, cost = community.tables.rows["team"], community.values.activities[Activity.WELCOME].minutes
    team["weekly"], team["minutes"], team["hats"] = NOT_ITS_WORK, 0.0, 1
    team["weekly"][0, Activity.WELCOME] = 7.0 * 10.5 * cost
    return community


def test_each_list_is_drawn_up_anew_each_day(at_work):
    joined = at_work.members.view.joined
    for at_work.day, new, greeted in ((1, [0, 1], 2), (2, [4], 3), (3, [], 3), (4, [2, 3, 5], 6)):
        joined[new] = at_work.day
        plan(*at_work.given)
        assert at_work.flows[Flow.STAFF_MESSAGES] == greeted


def test_what_is_done_is_drawn_from_the_first_draw_on(at_work):
    begin(*at_work.given[:3])
    for person, activity in ((0, Activity.ANSWER), (1, Activity.PUBLISH)):
        take_on(at_work.state, person, int(activity))
        who = person * N_ACTIVITIES + activity
        draws = [drawn(0, Rule.PLANNING, 1, who, number) for number in (1, 2, 3)]
        assert [draw(at_work.state, person) for _ in draws] == draws


def test_what_costs_just_what_is_at_hand_is_afforded(at_work):
    cost, team = at_work.values.activities[Activity.PUBLISH], at_work.tables.rows["team"]

    def affordable(minutes, money, weekly=0.0):
        team["minutes"][0, Activity.PUBLISH], at_work.company.money = minutes, money
        team["weekly"][0, Activity.PUBLISH] = weekly
        return affords(at_work.state, at_work.values, 0, int(Activity.PUBLISH))

    assert affordable(cost.minutes, cost.money)
    assert not affordable(cost.minutes - 0.5, cost.money)
    assert not affordable(cost.minutes, cost.money - 0.5)
    assert not affordable(cost.minutes, cost.money, weekly=NOT_ITS_WORK)


def test_colleagues_hear_a_part_of_what_others_knew_before(at_work):
    talk = at_work.tables.talk
    talk[:] = 0.0
    talk[0, :2], talk[1, 1:3] = (8.0, 1.0), (6.0, 4.0)
    share_knowledge(at_work.state, 0.5)
    assert talk[0, :4].tolist() == [8.0, 3.0, 2.0, 0.0]
    assert talk[1, :4].tolist() == [4.0, 6.0, 4.0, 0.0]
