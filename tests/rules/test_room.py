"""Room in the tables, by hand."""

import math

import pytest

from sim.community import Community
from sim.rules.day import days
from sim.rules.room import Room, actions, events_of_a_day, has_room, joiners, room_for
from sim.scenario import load
from sim.state.flows import Flow
from sim.state.state import Today
from sim.state.team import Activity
from tests.tiny import ALWAYS, calm, differences, handful, some_members, state, thread, tune

IDLE = {"strategy.hours": {}}


def test_what_the_team_can_do_today():
    community = handful({"strategy.hours": {"welcome": 1.0}})
    # 2400 minutes a week are 57 times six a day, and one more for each of the team, whose work it is or not
    assert actions(community.state, community.values, Activity.WELCOME) == 57 + 2
    community.tables.rows["team"]["minutes"][0, Activity.WELCOME] = 18.0
    assert actions(community.state, community.values, Activity.WELCOME) == 60 + 2
    assert actions(community.state, community.values, Activity.PUBLISH) == 2


def test_how_many_can_join_today():
    community = some_members(2, {"community.market_per_member": 400.0})
    tune(community, "joining", rate=0.0)
    assert joiners(community.state, community.values) == 3 * 200  # the most that a draw can be for a mean of 16
    tune(community, "joining", rate=0.05)  # a mean of 40 who come by themselves: three pieces
    assert joiners(community.state, community.values) == 800  # 1000, of whom there are 800
    community.tables.now.market = 5.0
    assert joiners(community.state, community.values) == 5


def test_rows_for_a_day():
    community = handful({**IDLE, "community.market_per_member": 0.0})
    for author in (1, 2, 3):
        thread(community, author)
    now = community.tables.now
    now.oldest, now.insights, now.works, now.owed = 1, 4, 5, 7
    # each member may open a thread and tell a story; one action for each of the team, more than it has minutes for; and
    # each of eight things that each member reads, and each word of the team, may be answered
    wanted = Room(members=6, posts=3 + 12 + 2 + 2, insights=4 + 2 * 12, works=5 + 2, owed=7 + (6 * 8 + 24) + 2,
                  messages=2 + 2, lists=4 * 2 + 2 + 2 + 2,
                  events=events_of_a_day(community.state, community.values, 6), series=0)  # fmt: skip
    assert Room(*room_for(*community.given)) == wanted


def test_events_of_a_day():
    community = handful(IDLE)
    # a thread, 8 partners both ways and a story each; 2 gatherings of 12 who talk with 2 both ways, and a project of 8;
    # 2 talks of 3 both ways; one word for each of the team in each of the 12 activities
    apart = 6 * (1 + 16 + 1) + 2 * (48 + 16) + 2 * 6 + 24
    # responses to eight things each, and the words of the team, call for 12 answers at the most
    assert events_of_a_day(community.state, community.values, 6) == apart + (6 * 8 + 24) * 13
    community.tables.now.owed = 7
    assert events_of_a_day(community.state, community.values, 6) == apart + (7 + 6 * 8 + 24) * 13


def test_no_day_begins_without_room():
    community = handful({"strategy.hours": {"prompt": 1.0}})
    community.make_room()
    for table in ("posts", "insights", "works", "owed", "messages", "lists", "events"):
        rows = community.tables.rows[table]
        community.tables.rows[table] = rows[:1].copy()
        community.tables.lay_out()
        assert not has_room(*community.given), table
        community.tables.rows[table] = rows
        community.tables.lay_out()
        assert has_room(*community.given), table
    community.tables.columns = {name: column[:6] for name, column in community.tables.columns.items()}
    community.tables.lay_out()
    assert not has_room(*community.given)  # for those who may join


def test_days_go_on_until_there_is_no_room_and_further_once_it_is_made():
    community = handful({"strategy.hours": {"prompt": 1.0}, "budget.hours_per_week": 400.0})
    before, rows = state(community), community.tables.rows
    rows["posts"] = rows["posts"][:1].copy()
    community.tables.lay_out()
    assert days(Today(0, 2), 9, 0, community.state, community.values, community.tables.out) == 1
    assert differences(before, state(community)) == []
    community.run(8)
    assert community.day == 9 and community.flows[Flow.STAFF_MESSAGES] > 8 * 100


def test_whatever_the_team_does_is_in_the_log_however_few_visit():
    asleep = {"community.members": 2, "members.drive_mean": -8.0, "members.drive_sd": 0.0, "joining.rate": 0.0}
    busy = {"budget.hours_per_week": 400.0, "strategy.hours": {"publish": 0.5, "prompt": 0.5}}
    community = Community(load("baseline", asleep | busy | {"strategy.announced": 1.0}), 1, keep_events=True)
    sent = 0
    for _ in range(10):
        community.step()
        sent += community.tables.now.messages
    assert len(community.events) == community.flows[Flow.STAFF_MESSAGES] > 500 and sent > 40


@pytest.mark.parametrize(("delay", "members", "days_"), [(2400.0, 40, 5), (0.01, 10, 2)])
def test_everybody_answers_everything_and_there_is_room(delay, members, days_):
    """All read eight things a day and respond; answers wait for months, or the whole talk is over in a quarter."""
    community = calm({**IDLE, "community.members": members, "creating.own_rate": 0.0}, respond=ALWAYS)
    tune(community, "conversing", back=ALWAYS, back_age=0.0, further=1.0, delay=math.log(delay), delay_sd=0.0,
         longest=30)  # fmt: skip
    m = community.members.view
    m.drive[:], m.voice[:] = ALWAYS, ALWAYS
    for _ in range(days_):
        community.step()
        assert community.tables.now.owed + 2 <= len(community.tables.rows["owed"])
    said = community.flows[Flow.EXCHANGES]
    if delay > 1.0:
        assert community.tables.now.owed == said > 1024  # the rows at first
    else:
        assert community.tables.now.owed <= 8 and said > 2_000  # of who visits last some talk is for tomorrow
