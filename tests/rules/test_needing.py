"""Needing, by hand."""

import numpy as np
import pytest

from sim.compiled.draws import Rule
from sim.rules.needing import experience_of, need, need_chance
from sim.state.flows import Flow
from tests.tiny import drawn, some_members, tune

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


def needed(n, needing, experience=WORST, day=10, **chosen):
    """So many members on a day on which needs may arise, and what was counted."""
    community = some_members(n, seed=1, **chosen)
    tune(community, "needing", **needing)
    community.company.experience[:] = experience
    community.day = day
    need(*community.given)
    return community.members.view, community.flows


def test_needs_arise_in_the_own_topic():
    # rate .5 at the worst experience: chance 1
    chosen = {"topic": [0, 1, 2, 3, 4], "stage": [0, 1, 2, 3, 5], "asked": 2}
    m, flows = needed(5, {"rate": 0.5, "own_topic": 1.0}, **chosen)
    assert m.need.tolist() == [0, 1, 2, 3, -1]  # who has left needs nothing
    assert m.need_day.tolist() == [10, 10, 10, 10, 0] and m.asked.tolist() == [0, 0, 0, 0, 2]
    assert flows[Flow.NEEDS] == 4 and flows.sum() == 4
    assert m.difficulty[0] == drawn(1, Rule.NEEDING, 10, 0, 3)


def test_needs_elsewhere_lie_anywhere():
    m, _ = needed(4000, {"rate": 0.5, "own_topic": 0.0}, topic=3)
    # 500 in each of 8 topics, sd 21
    assert np.bincount(m.need, minlength=8) == pytest.approx(np.full(8, 500), abs=85)


def test_the_lapsed_need_nothing_new_and_give_up_what_they_needed():
    m, flows = needed(2, {"rate": 0.5, "patience": 14}, stage=4, need=[-1, 2], need_day=-4, trust=0.5)
    assert m.need.tolist() == [-1, -1] and flows[Flow.NEEDS] == 0 and flows[Flow.GIVEN_UP] == 1


@pytest.mark.parametrize("rate,experience", [(0.0, WORST), (0.5, BEST)])
def test_no_needs(rate, experience):
    m, flows = needed(200, {"rate": rate}, experience)
    assert flows.sum() == 0 and (m.need == -1).all()


def test_how_many_needs():
    _, flows = needed(20_000, {"rate": 0.02}, MIDDLING)
    # 2 % of 20,000 = 400, sd 20
    assert flows[Flow.NEEDS] == pytest.approx(400, abs=80)


def test_an_open_need_keeps_others_away_until_patience_ends():
    chosen = {"need": 2, "need_day": [-3, -4, -4], "trust": [0.5, 0.5, 0.01], "topic": 7}
    m, flows = needed(3, {"rate": 0.5, "patience": 14}, **chosen)  # open for 13, 14 and 14 days
    assert m.need.tolist() == [2, -1, -1] and flows[Flow.GIVEN_UP] == 2 and flows[Flow.NEEDS] == 0
    assert m.trust.tolist() == pytest.approx([0.5, 0.48, 0.0])  # never below 0


def test_a_new_need_has_no_question_yet():
    m, _ = needed(1, {"rate": 0.5}, question=17)  # of a need before
    assert m.need[0] >= 0 and m.question[0] == -1


def test_luck_belongs_to_the_key():
    m, _ = needed(3, {"rate": 0.5}, MIDDLING, key=[40, 41, 42])
    assert (m.need >= 0).tolist() == [drawn(1, Rule.NEEDING, 10, key, 0) < 0.5 for key in (40, 41, 42)]
    all_of_them, _ = needed(60, {"rate": 0.5}, MIDDLING)
    assert (m.need >= 0).tolist() == (all_of_them.need[40:43] >= 0).tolist() != (all_of_them.need[:3] >= 0).tolist()
