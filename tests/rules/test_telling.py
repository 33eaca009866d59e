"""Telling, by hand."""

import math

import pytest

from sim.rules.telling import tells
from sim.state.flows import Flow
from sim.state.posts import Kind
from tests.tiny import ALWAYS, NEVER, handful, open_posts, tune, values


def test_readiness_to_tell():
    p = values("telling", base=-3.0, closeness=1.5, experience=1.0, asked=0.7)
    assert tells(0.0, 0.0, 0.0, p) == -3.0
    assert tells(0.5, 0.6, 1.0, p) == pytest.approx(-0.95)  # -3 + .75 + .6 + .7


def told(changes=None, base=ALWAYS, **columns):
    community = handful(changes)
    tune(community, "telling", base=base)
    m = community.members.view
    for name, value in columns.items():
        getattr(m, name)[0] = value
    community.tell()
    return community


def stories(community):
    return open_posts(community, Kind.STORY).tolist()


@pytest.mark.parametrize("won", [1, 2, 3])
def test_who_won_may_tell(won):
    community = told(won=won, topic=4)
    m = community.members.view
    (at,) = stories(community)
    assert (community.posts["author"][at], community.posts["topic"][at]) == (0, 4)
    assert m.passion[0] == 0.3 and m.wins[0] == 1 and m.won[0] == 0 and m.post[0] == 0
    assert community.flows[Flow.STORIES] == community.flows.sum() == 1 and community.company.stories == 1.0
    assert not m.passion[1:].any()


def test_a_winner_who_keeps_silent_feels_it_all_the_same():
    community = told(won=1, base=NEVER)
    assert stories(community) == [] and community.members.view.passion[0] == 0.3
    assert community.company.stories == 0.0


def test_nobody_tells_without_a_win():
    assert stories(told()) == []
    assert stories(told(invited=1)) == []  # asked, and has nothing to tell


def test_an_invitation_brings_an_old_win_up_once():
    community = told(invited=1, wins=1)
    assert len(stories(community)) == 1 and community.members.view.invited[0] == 0
    assert community.members.view.passion[0] == 0.0 and community.members.view.wins[0] == 1
    community.tell()
    assert len(stories(community)) == 1


def test_being_asked_and_closeness_and_experience_help():
    # -60 and 60 for being asked leave the logit at 1.5 x .5 + 1 x .5 > 0 or, without, far below
    for invited, number in ((0, 0), (1, 1)):
        community = handful()
        tune(community, "telling", base=NEVER, asked=2 * ALWAYS)
        m = community.members.view
        m.won[0], m.invited[0], m.closeness[0] = 1, invited, 2 * math.log(2)
        community.tell()
        assert len(stories(community)) == number


def test_who_has_left_tells_nothing():
    assert stories(told(won=1, stage=5)) == []


def test_stories_switched_off():
    community = told({"switches.stories": False}, won=1)
    assert stories(community) == [] and community.members.view.passion[0] == 0.3


@pytest.mark.parametrize("weights,teller", [({"closeness": 120.0}, 0), ({"experience": 120.0}, 1)])
def test_closeness_and_experience_move_to_tell_each_by_its_own_weight(weights, teller):
    community = handful()
    tune(community, "telling", **{"base": NEVER, "closeness": 0.0, "experience": 0.0, **weights})
    m = community.members.view
    m.won[:2], m.closeness[0], m.touchpoint[:2] = 1, 99.0, [1, 0]
    community.company.experience[:] = [1.0, 0.0, 1.0, 1.0]  # (0 + .75) / 2 for member 0, (1 + .75) / 2 for member 1
    community.tell()
    assert [int(community.posts["author"][at]) for at in stories(community)] == [teller]


def test_wins_are_counted():
    assert told(won=1, wins=4).members.view.wins[0] == 5


def test_stories_are_passed_around_once():
    community = told(won=1)
    community.members.view.won[1] = 1
    community.tell()
    assert community.flows[Flow.STORIES] == 2 and community.company.stories == 2.0
