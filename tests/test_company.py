"""The company, by hand."""

import numpy as np
import pytest

from sim.state.company import Company, Insight, Work
from sim.state.flows import Flow
from tests.tiny import handful

LAGS = (90, 14, 21, 30)


def community(**changes):
    said = {"listening.improvement": 0.1, "listening.capability": 0.5, "listening.told": 0.1, "listening.ignored": 0.05,
            "listening.drift": 0.0, "listening.blind": 0.25}  # fmt: skip
    return handful(said | {key.replace("__", "."): value for key, value in changes.items()})


def test_few_followers_meet_most_messages():
    company = community().company
    assert company.reached(0.2) == 0.0
    company.exposures = 0.6
    # (1 + .6 / .2) ^ -.2 = 4 ^ -.2 = .7578583; with all alike it would be 1 - e^-.6
    assert company.reached(0.2) == pytest.approx(0.2421417, abs=1e-7)
    assert company.reached(1e9) == pytest.approx(0.4511884, abs=1e-6)


def test_goodwill_peaks_and_turns():
    company = community().company
    assert company.goodwill(0.5) == 1.0  # no talk yet
    company.practical = 10.0
    for staff, worth in ((2.0, 1.0), (5.0, 1.0), (7.5, 0.75), (10.0, 0.0)):
        company.practical_staff = staff
        assert company.goodwill(0.5) == pytest.approx(worth), staff  # q (2 - q) past the peak, q = 1.5: .75
    assert company.goodwill(0.4) == pytest.approx(-1.25)  # q = 2.5


def test_promotion_past_what_is_let_pass():
    company = community().company
    assert company.promotion_excess(0.1) == 0.0
    company.feed, company.promotions = 10.0, 3.0
    assert company.promotion_excess(0.1) == pytest.approx(2.0)  # .3 is twice more than .1
    assert company.promotion_excess(0.3) == pytest.approx(0.0)
    assert company.promotion_excess(0.5) == 0.0


def test_memories_fade():
    c = community(receiving__adstock_half_life=10.0, joining__stories_half_life=5.0)
    names = ("adstock", "practical", "practical_staff", "feed", "promotions", "awards")
    for name in names:
        setattr(c.company, name, 8.0)
    c.company.stories, c.company.exposures = 8.0, 8.0
    for _ in range(20):
        c.company.fade(c.scenario)
    assert [getattr(c.company, name) for name in names] == pytest.approx([2.0] * 6)  # two half-lives
    assert c.company.stories == pytest.approx(0.5) and c.company.exposures == 8.0  # four; who met one has met one


def test_acting_on_the_insight_most_share():
    c = community()
    c.company.backlog = [Insight(2, 4, 0), Insight(1, 3, 0), Insight(1, 5, 1)]
    c.company.act(c, 1)
    (work,) = c.company.works
    # two for marketing: the oldest of them; .1 at capability .5; effect after 14 days
    assert work == Work(1 + 14, 1, pytest.approx(0.05), 3)
    assert c.company.backlog == [Insight(2, 4, 0), Insight(1, 5, 1)] and c.flows[Flow.ACTED] == 1


@pytest.mark.parametrize("loop", [True, False])
def test_acting_blindly_is_worth_a_quarter(loop):
    c = community(switches__loop=loop)
    if not loop:
        c.company.backlog = [Insight(2, 4, 0)]
    c.company.act(c, 1)
    (work,) = c.company.works
    assert work.gain == pytest.approx(0.0125) and work.member == -1 and work.due == 1 + LAGS[work.touchpoint]
    assert len(c.company.backlog) == (0 if loop else 1) and c.flows[Flow.IDEAS] == 0


def test_blind_changes_land_anywhere():
    c = community()
    for number in range(4000):
        c.company.act(c, number)
    found = np.bincount([work.touchpoint for work in c.company.works], minlength=4)
    assert found == pytest.approx(np.full(4, 1000), abs=120)


def test_few_insights_become_ideas():
    c = community(listening__accepted=0.04)
    for number in range(3000):
        c.company.backlog = [Insight(0, 1, 0)]
        c.company.act(c, number)
    assert c.flows[Flow.IDEAS] == pytest.approx(120, abs=45)  # sd 10.7


def test_a_change_takes_effect_when_it_is_due_and_who_asked_is_told():
    c = community()
    c.company.works = [Work(5, 2, 0.2, 3), Work(6, 2, 0.5, -1)]
    c.day = 4
    c.company.improve(c)
    assert c.company.experience.tolist() == [0.5] * 4 and len(c.company.works) == 2
    c.day = 5
    c.company.improve(c)
    assert c.company.experience.tolist() == pytest.approx([0.5, 0.5, 0.6, 0.5])
    m = c.members.view
    assert m.belonging[3] == pytest.approx(0.19) and m.trust[3] == pytest.approx(0.55)  # .1 of the rest
    c.day = 6
    c.company.improve(c)
    assert c.company.experience[2] == pytest.approx(0.8) and c.company.works == []
    assert m.belonging[3] == pytest.approx(0.19)


def test_experience_drifts_back():
    c = community(listening__drift=0.01)
    c.company.experience[:] = [0.5, 1.0, 0.0, 0.5]
    c.company.improve(c)
    assert c.company.experience.tolist() == pytest.approx([0.5, 0.995, 0.005, 0.5])


def test_insight_ignored_costs_trust_once():
    c = community(listening__ignored_days=60)
    c.company.backlog = [Insight(0, 2, 1), Insight(0, 2, 2)]
    for c.day, trust, kept in ((60, 0.5, 2), (61, 0.45, 1), (62, 0.40, 0), (63, 0.40, 0)):
        c.company.improve(c)
        assert c.members.view.trust[2] == pytest.approx(trust) and len(c.company.backlog) == kept
    assert (c.members.view.trust[[0, 1, 3, 4, 5]] == 0.5).all()
    c.members.view.trust[2] = 0.01
    c.company.backlog = [Insight(0, 2, 0)]
    c.company.improve(c)
    assert c.members.view.trust[2] == 0.0  # never below


def test_capability_grows_by_acting_once_a_day_however_often():
    once, often, never = community(), community(), community()
    for c, acts in ((once, 1), (often, 5), (never, 0)):
        for number in range(acts):
            c.company.act(c, number)
        c.company.improve(c)
    # ln 2 / 180 x .5 x .5
    assert once.company.capability == often.company.capability == pytest.approx(0.5 + 0.00385082 * 0.25, abs=1e-8)
    assert never.company.capability == 0.5
    once.company.improve(once)
    assert once.company.capability == often.company.capability  # yesterday's acting counts no more


def test_small_capability_doubles_in_its_doubling_time():
    c = community(listening__capability=0.01, listening__capability_doubling=90.0)
    for day in range(90):
        c.company.act(c, day)
        c.company.improve(c)
    assert c.company.capability == pytest.approx(0.02, rel=0.02)


def test_founded():
    company = Company.founded(community(listening__experience=0.7).scenario)
    assert company.experience.tolist() == [0.7] * 4 and company.library.tolist() == [0.0] * 8 and company.money == 0.0
