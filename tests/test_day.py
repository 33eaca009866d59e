"""The day and days on end: what begins anew, which days are observed, and that none is lived without room."""

import numpy as np

from sim.community import Community
from sim.rules import day as whole_day
from sim.rules.day import days
from sim.scenario import load
from sim.state.flows import Flow
from sim.state.state import Today
from tests.tiny import WORLD, differences, handful, state

SMALL = {"community.members": 30, "community.days": 20, "members.drive_mean": -1.0}


def test_the_morning_sets_the_flows_aside_and_clears_what_was_of_yesterday_only():
    community = handful()
    community.flows[:] = np.arange(len(community.flows))
    now = community.tables.now
    now.gatherings, now.messages, now.insights = 2, 3, 4
    whole_day.dawn(*community.given)
    assert (now.gatherings, now.messages, now.insights) == (0, 0, 4)
    assert community.tables.dawn.tolist() == list(range(len(community.flows)))


def test_days_at_a_stretch_are_days_one_by_one():
    one, other = (Community(load(WORLD, SMALL), 3) for _ in range(2))
    one.run(12)
    for _ in range(12):
        other.step()
    assert one.day == other.day == 12 and one.flows[Flow.VISITS] > 0
    assert differences(state(one), state(other)) == []


def test_every_so_many_days_are_observed_and_the_last_of_the_scenario():
    community = Community(load(WORLD, SMALL), 3)
    visits = {0: 0.0}
    watching = Community(load(WORLD, SMALL), 3)
    for day in range(1, 21):
        watching.step()
        visits[day] = watching.flows[Flow.VISITS]
    at = community.measure_names.index("visits")
    community.run(10, every=8)
    assert community.take_series()[:, at].tolist() == [visits[8]]
    community.run(10, every=8)
    assert community.take_series()[:, at].tolist() == [visits[16], visits[20]]


def test_a_day_for_which_there_is_no_room_is_not_lived():
    community = Community(load(WORLD, SMALL), 3)
    community.step()
    tables = community.tables
    tables.rows["messages"] = tables.rows["messages"][: tables.now.messages]
    tables.lay_out()
    before = state(community)
    assert days(Today(3, 2), 9, 0, tables.state, community.values, tables.out) == 1
    assert differences(before, state(community)) == []
    community.run(4)
    assert community.day == 5
