"""Needing, by hand."""

import numpy as np
import pytest

from sim.compiled.draws import Rule
from sim.rules.needing import experience_of, need, need_chance
from sim.state.flows import Flow
from tests.tiny import drawn, no_flows, some_members, values

WORST, MIDDLING, BEST = np.zeros(4), np.full(4, 0.5), np.ones(4)


def test_experience_is_half_ones_own_touchpoint():
    # mean of .2 .6 .8 .4 is .5; (.6 + .5) / 2 = .55, (.2 + .5) / 2 = .35
    experience = np.array([0.2, 0.6, 0.8, 0.4])
    assert experience_of(1, experience) == pytest.approx(0.55)
    assert experience_of(0, experience) == pytest.approx(0.35)


def test_chance_of_a_need():
    assert need_chance(0.02, 0.5) == pytest.approx(0.02)
    assert need_chance(0.02, 1.0) == 0.0
    assert need_chance(0.02, 0.0) == pytest.approx(0.04)
    assert need_chance(0.02, 0.75) == pytest.approx(0.01)


def needed(m, experience=WORST, day=10, trust_unsolved=0.02, **changes):
    flows = no_flows()
    need(1, day, m, experience, 8, trust_unsolved, values("needing", **changes), flows)
    return flows


def test_needs_arise_in_the_own_topic():
    # rate .5 at the worst experience: chance 1
    m = some_members(5, topic=[0, 1, 2, 3, 4], stage=[0, 1, 2, 3, 5], asked=2)
    flows = needed(m, rate=0.5, own_topic=1.0)
    assert m.need.tolist() == [0, 1, 2, 3, -1]  # who has left needs nothing
    assert m.need_day.tolist() == [10, 10, 10, 10, 0] and m.asked.tolist() == [0, 0, 0, 0, 2]
    assert flows[Flow.NEEDS] == 4 and flows.sum() == 4
    assert m.difficulty[0] == drawn(1, Rule.NEEDING, 10, 0, 3)


def test_needs_elsewhere_lie_anywhere():
    m = some_members(4000, topic=3)
    needed(m, rate=0.5, own_topic=0.0)
    # 500 in each of 8 topics, sd 21
    assert np.bincount(m.need, minlength=8) == pytest.approx(np.full(8, 500), abs=85)


def test_the_lapsed_need_nothing_new_and_give_up_what_they_needed():
    m = some_members(2, stage=4, need=[-1, 2], need_day=-4, trust=0.5)
    flows = needed(m, rate=0.5, patience=14)
    assert m.need.tolist() == [-1, -1] and flows[Flow.NEEDS] == 0 and flows[Flow.GIVEN_UP] == 1


@pytest.mark.parametrize("rate,experience", [(0.0, WORST), (0.5, BEST)])
def test_no_needs(rate, experience):
    m = some_members(200)
    assert needed(m, experience, rate=rate).sum() == 0 and (m.need == -1).all()


def test_how_many_needs():
    m = some_members(20_000)
    # 2 % of 20,000 = 400, sd 20
    assert needed(m, MIDDLING, rate=0.02)[Flow.NEEDS] == pytest.approx(400, abs=80)


def test_an_open_need_keeps_others_away_until_patience_ends():
    m = some_members(3, need=2, need_day=[-3, -4, -4], trust=[0.5, 0.5, 0.01], topic=7)
    flows = needed(m, rate=0.5, patience=14)  # open for 13, 14 and 14 days
    assert m.need.tolist() == [2, -1, -1] and flows[Flow.GIVEN_UP] == 2 and flows[Flow.NEEDS] == 0
    assert m.trust.tolist() == pytest.approx([0.5, 0.48, 0.0])  # never below 0


def test_a_new_need_has_no_question_yet():
    m = some_members(1, question=17)  # of a need before
    needed(m, rate=0.5)
    assert m.need[0] >= 0 and m.question[0] == -1


def test_luck_belongs_to_the_key():
    m = some_members(3, key=[40, 41, 42])
    needed(m, MIDDLING, rate=0.5)
    assert (m.need >= 0).tolist() == [drawn(1, Rule.NEEDING, 10, key, 0) < 0.5 for key in (40, 41, 42)]
    all_of_them = some_members(60)
    needed(all_of_them, MIDDLING, rate=0.5)
    assert (m.need >= 0).tolist() == (all_of_them.need[40:43] >= 0).tolist() != (all_of_them.need[:3] >= 0).tolist()
