"""The day of a community: what comes before what, and what begins anew each day."""

import numpy as np
import pytest

from sim.community import Community
from sim.compiled.draws import Rule
from sim.scenario import load
from sim.state.flows import Flow
from sim.state.members import Stage
from sim.state.posts import Kind
from sim.state.team import Activity
from sim.team import planning
from tests.tiny import ALWAYS, drawn, handful, messages, put, strength, thread, tune, visits


@pytest.mark.parametrize("of_python", [False, True])
def test_ties_to_those_who_leave_fall_on_the_same_day(of_python):
    community = handful({"community.members": 7, "strategy.hours": {}})
    if of_python:  # an overridden rule: the day is lived from Python
        community.tell = lambda: Community.tell(community)
    community.day = 0
    tune(community, "leaving", base=ALWAYS)
    put(community, 1, 6, 0.5)
    put(community, 1, 2, 0.5)
    community.step()  # day 1: the day of key 6
    assert community.members.view.stage[6] == Stage.LEFT
    assert strength(community, 1, 6) is None and strength(community, 1, 2) > 0.4


def test_who_goes_to_a_gathering_has_less_attention_left_to_read():
    community = handful({"strategy.hours": {"host": 1.0}, "attention.things": 2, "creating.event_chance": 0.0})
    tune(community, "meeting", attendance=ALWAYS, shows=1.0)
    community.members.view.drive[:2] = ALWAYS
    community.company.money = 1000.0
    thread(community, 3)
    community.step()
    assert community.flows[Flow.VISITS] == 2 and community.flows[Flow.GATHERINGS] > 0
    assert community.flows[Flow.ATTENDANCES] == 6 * community.flows[Flow.GATHERINGS]  # all who were here of late
    assert community.flows[Flow.ATTENTION_MEMBERS] == 0 and visits(community).left.tolist() == [0, 0]


def test_who_is_helped_today_may_tell_it_today():
    community = handful({"strategy.hours": {}})
    tune(community, "telling", base=ALWAYS)
    m = community.members.view
    at = thread(community, 2, Kind.QUESTION, topic=3)
    m.need[2], m.asked[2], m.question[2], m.need_day[2] = 3, 2, m.post[2], 1
    community.posts["solver"][at] = -2
    community.step()
    assert community.flows[Flow.SOLVED_STAFF] == community.flows[Flow.STORIES] == 1


def test_who_joins_has_needs_and_visits_on_the_same_day():
    community = handful({"community.market_per_member": 20.0})
    tune(community, "joining", rate=0.01)
    tune(community, "needing", rate=0.5)
    community.company.experience[:] = 0.0  # a need for sure
    community.day = 0
    for _ in range(10):  # 1.2 join a day
        community.step()
        if community.members.n > 6:
            break
    m = community.members.view
    assert community.members.n > 6
    assert (m.joined[6:] == community.day).all() and (m.last_visit[6:] == community.day).all()
    assert (m.need_day[6:] == community.day).all() and (m.need[6:] >= 0).all()


def test_yesterdays_messages_are_not_shown_again():
    community = handful({"strategy.hours": {}})
    tune(community, "receiving", exposure=1.0)
    community.members.view.drive[:] = ALWAYS
    community.tables.now.messages = 1
    messages(community).resonance[:], messages(community).novelty[:], messages(community).reach[:] = 0.5, 1.0, 1.0
    community.step()
    assert community.flows[Flow.VISITS] == 6 and not community.members.view.met.any()
    assert community.tables.now.messages == 0


def test_each_list_of_the_team_is_drawn_up_anew_each_day():
    community = handful({"strategy.hours": {"welcome": 1.0}})
    for day, new, greeted in ((2, [0, 1], 2), (3, [4], 3), (4, [], 3), (5, [2, 3, 5], 6)):  # there is time for all six
        community.members.view.joined[new] = day - 1
        community.step()
        assert (community.day, community.flows[Flow.STAFF_MESSAGES]) == (day, greeted)


def test_gatherings_are_of_one_day():
    community = handful({"strategy.hours": {}})
    community.tables.now.gatherings = 2
    community.step()
    assert community.tables.now.gatherings == community.flows[Flow.GATHERINGS] == 0


def test_the_team_plans_by_whom_it_saw_before_today():
    community = handful({"strategy.hours": {}})
    m = community.members.view
    m.drive[:3] = ALWAYS  # here today; before that long ago, 14 days ago, 15 days ago
    m.last_visit[:3] = [-100, -13, -14]
    community.visit()
    assert sorted(visits(community).row) == [0, 1, 2]
    assert community.tables.rows["recent"][: community.tables.now.recent].tolist() == [1, 3, 4, 5]


def test_todays_stories_are_passed_around_once():
    community = handful()
    tune(community, "telling", base=ALWAYS)
    for told, i in enumerate((2, 4), 1):
        community.members.view.won[i] = 1
        community.tell()
        assert community.flows[Flow.STORIES] == community.company.stories == told


def test_the_market_empties_by_those_who_join_and_not_by_the_founders():
    community = handful({"community.market_per_member": 1.0})
    tune(community, "joining", rate=0.5)  # three of six on the first day
    joined = []
    for _ in range(30):
        community.day += 1
        community.join()
        joined.append(community.members.n - 6)
    assert joined[0] >= 1 and joined[-1] >= 4
    # with nobody left nobody comes: the last draw may bring more than there were
    later = [b - a for a, b in zip(joined, joined[1:], strict=False) if a >= 6]
    assert later and not any(later)


def test_visitors_act_in_the_order_of_their_own_hours():
    community = handful({"community.members": 40})
    community.members.view.drive[:] = ALWAYS
    community.visit()
    hours = [drawn(0, Rule.VISITING, 1, i, 1) for i in range(40)]
    assert visits(community).row.tolist() == np.argsort(hours).tolist()
    assert visits(community).hour.tolist() == sorted(hours)


def test_noise_takes_off_from_the_reach_of_a_message():
    community = handful({"channels.feed.reach": 0.5, "channels.feed.noise": 0.2})
    planning.take_on(community.state, 0, int(Activity.PUBLISH))
    community.team[0].send(0, promotion=1.0)
    assert messages(community).reach.tolist() == [0.4] and community.company.feed == 0.4


def test_a_second_series_has_sums_of_its_own():
    community = Community(load("facilitation", {"community.members": 40}), 1)
    totals = [community.measure_names.index(name) for name in ("value_company", "value_members")]
    firsts = [community.measure_names.index(name) for name in ("company.support", "members.help")]
    for _ in range(2):  # the second time the rows hold what was there before
        community.run(3, every=1)
        series = community.take_series()
        assert len(series) == 3
        for row in series:
            company, members = row[firsts[0] : firsts[1]], row[firsts[1] : totals[0]]
            assert row[totals].tolist() == pytest.approx([company.sum(), members.sum()])
