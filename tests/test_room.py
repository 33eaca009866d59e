"""Room: a day finds as many rows as it can need, worked by hand, and no day is lived for which there is none."""

import math

import numpy as np
import pytest

from sim.rules.room import actions, has_room, joiners, room_for
from sim.state.flows import Flow
from sim.state.posts import Kind
from sim.state.team import NOT_ITS_WORK, Activity
from tests.tiny import ALWAYS, NEVER, come, handful, norms, owe, thread, tune

TABLES = ("members", "posts", "insights", "works", "owed", "messages", "lists", "events")


@pytest.fixture
def idle():
    """Six members whom nobody can join, and a team of two without work or minutes."""
    community = handful({"community.market_per_member": 0.0})
    team = community.tables.rows["team"]
    team["weekly"], team["minutes"] = NOT_ITS_WORK, 0.0
    return community


def give(community, activity, *, hand=0.0, today=0.0):
    """Let the first of the team have minutes for so many actions, at hand and coming in today."""
    cost = community.values.activities[activity].minutes
    community.tables.rows["team"]["minutes"][0, activity] = hand * cost
    community.tables.rows["team"]["weekly"][0, activity] = 7.0 * today * cost


def room(community):
    return room_for(*community.given)


def test_actions_are_those_of_the_minutes_at_hand_and_of_today_and_one_more_each(idle):
    for hand, today, most in ((0.0, 0.0, 2), (2.5, 0.0, 4), (0.0, 3.25, 5), (2.5, 3.75, 8)):
        give(idle, Activity.PUBLISH, hand=hand, today=today)
        assert actions(idle.state, idle.values, int(Activity.PUBLISH)) == most


def test_messages_are_those_published_and_those_passed_on(idle):
    assert room(idle).messages == 2 + 2
    give(idle, Activity.PUBLISH, hand=3.5)
    give(idle, Activity.AMPLIFY, today=5.5)
    assert room(idle).messages == 5 + 7


def test_what_is_in_use_keeps_its_rows(idle):
    idle.tables.now.insights, idle.tables.now.works = 30, 20
    give(idle, Activity.LISTEN, today=1.5)
    give(idle, Activity.ACT, today=2.5)
    assert room(idle).insights == 30 + 3 * 12  # twelve posts are read at a time
    assert room(idle).works == 20 + 4


def test_closed_posts_take_room_until_the_open_ones_move(idle):
    for day in (1, 2, 3):
        thread(idle, 0, day=day)
    idle.tables.now.oldest = 1
    # every member may open a thread and tell a story; the team prompts, and announces what it publishes
    assert room(idle).posts == 3 + 2 * 6 + 2 + 2
    give(idle, Activity.PROMPT, hand=4.5)
    assert room(idle).posts == 3 + 2 * 6 + 6 + 2
    give(idle, Activity.PUBLISH, today=2.5)
    assert room(idle).posts == 3 + 2 * 6 + 6 + 4
    assert room(idle).lists == 4 * 6 + 2 + 10  # what can be worked off, and every open post


def test_events_are_those_of_members_of_gatherings_and_of_the_team(idle):
    v, before = idle.values, room(idle).events
    each = 2 * v.creating.largest + 2
    a_gathering = 2 * v.meeting.places * v.meeting.partners + 2 * v.creating.largest
    a_word = 1 + v.conversing.longest  # with all that answer it
    words = 6 * v.attention.things + 2 * 12  # what members read, and two actions of each kind
    rest = 2 * a_gathering + 2 * 2 * v.conflict.talks + 2 * 12
    assert before == idle.tables.count.events + 6 * each + words * a_word + rest
    give(idle, Activity.MODERATE, hand=3.5)
    assert room(idle).events - before == 3 * (2 * v.conflict.talks + 1 + a_word)
    give(idle, Activity.MODERATE)
    give(idle, Activity.HOST, hand=1.5)
    assert room(idle).events - before == a_gathering + 1 + a_word
    give(idle, Activity.HOST)
    owe(idle, 3, 4, 5.5)
    assert room(idle).events - before == a_word


def test_answers_owed_are_those_so_far_and_one_for_each_word_of_today(idle):
    """Two rows more than that: the one where an answer lies that is taken in, and the one behind it."""
    words = 6 * idle.values.attention.things + 2 * 12
    assert room(idle).owed == words + 2
    for due in (5.5, 4.5, 6.5):
        owe(idle, 3, 4, due)
    assert room(idle).owed == 3 + words + 2
    give(idle, Activity.WELCOME, today=4.5)
    assert room(idle).owed == 3 + words + 4 + 2


def test_as_many_answers_are_taken_in_as_there_is_room_for():
    """Everybody reads as much as it can and writes each time, and everybody answers, not before tomorrow."""
    community = handful({"community.members": 8, "strategy.hours": {}})
    tune(community, "conversing", back=ALWAYS, delay=math.log(48.0), delay_sd=0.0)
    norms(community).temptation[:] = NEVER
    for i in range(8):
        thread(community, i, Kind.SOCIAL, day=0)
    come(community, range(8), left=community.values.attention.things, ready=ALWAYS)
    tables = community.tables
    tables.rows["owed"] = tables.rows["owed"][: room(community).owed]
    tables.lay_out()
    community.read()
    assert tables.now.owed == community.flows[Flow.EXCHANGES] > 40


def test_as_many_may_join_as_draws_can_give_and_no_more_than_are_left():
    many = handful({"joining.rate": 0.001, "community.market_per_member": 1000.0})
    assert joiners(many.state, many.values) == 600  # means below 16: 200 for each of three ways of coming
    few = handful({"joining.rate": 0.001, "community.market_per_member": 10.0})
    assert joiners(few.state, few.values) == 60
    assert room(few).members == 66


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_is_one_row_short_has_no_room(idle, table):
    tables, need = idle.tables, room(idle)
    tables.make_room(need)
    for short in (0, 1):
        rows = getattr(need, table) - short
        if table == "members":
            tables.columns = {name: column[:rows] for name, column in tables.columns.items()}
        else:
            tables.rows[table] = tables.rows[table][:rows]
        tables.lay_out()
        assert has_room(*idle.given) == (short == 0)


def test_a_series_has_room_for_one_more_day_where_one_is_kept(idle):
    assert room(idle).series == 0
    idle.tables.observe_into(3)
    idle.tables.count.rows = 7
    assert room(idle).series == 8
    idle.tables.make_room(room(idle))
    for rows in (8, 7):
        idle.tables.rows["series"] = np.zeros((rows, 3))
        idle.tables.lay_out()
        assert has_room(*idle.given) == (rows == 8)
