"""The company, by hand."""

import numpy as np
import pytest

from sim.community import Community
from sim.measures import reached
from sim.rules.acting import change_something, improve, remember
from sim.rules.receiving import promotion_excess
from sim.scenario import load
from sim.state.flows import Flow
from sim.team.desk import goodwill
from tests.tiny import handful, insights, works

LAGS = (90, 14, 21, 30)


def community(**changes):
    said = {"listening.improvement": 0.1, "listening.capability": 0.5, "listening.told": 0.1, "listening.ignored": 0.05,
            "listening.drift": 0.0, "listening.blind": 0.25}  # fmt: skip
    return handful(said | {key.replace("__", "."): value for key, value in changes.items()})


def learn(c, *learnt):
    """Let the company have these insights alone: touchpoint, member and day of each."""
    c.tables.now.insights = len(learnt)
    for place, (touchpoint, member, day) in enumerate(learnt):
        c.tables.rows["insights"][place] = (member, day, touchpoint)


def backlog(c):
    """Touchpoint, member and day of each insight."""
    learnt = insights(c)
    return list(zip(*(column.tolist() for column in (learnt.touchpoint, learnt.member, learnt.day)), strict=True))


def begin(c, *begun):
    """Let these changes alone be under way: day due, touchpoint, gain and member of each."""
    c.tables.now.works = len(begun)
    for place, (due, touchpoint, gain, member) in enumerate(begun):
        c.tables.rows["works"][place] = (gain, member, due, touchpoint)


def test_few_followers_meet_most_messages():
    assert reached(0.0, 0.2) == 0.0
    # (1 + .6 / .2) ^ -.2 = 4 ^ -.2 = .7578583; with all alike it would be 1 - e^-.6
    assert reached(0.6, 0.2) == pytest.approx(0.2421417, abs=1e-7)
    assert reached(0.6, 1e9) == pytest.approx(0.4511884, abs=1e-6)


def test_goodwill_falls_with_presence_to_nothing_at_the_peak_and_then_turns():
    company = community().company
    assert goodwill(company, 0.5) == 1.0  # no talk yet
    company.practical = 10.0
    for staff, worth in ((0.0, 1.0), (2.5, 0.5), (5.0, 0.0), (7.5, -0.5), (10.0, -1.0)):
        company.practical_staff = staff
        assert goodwill(company, 0.5) == pytest.approx(worth), staff  # 1 less its share, in shares of the peak
    assert goodwill(company, 0.4) == pytest.approx(-1.5)  # 1 - 1 / .4


def test_promotion_past_what_is_let_pass():
    company = community().company
    assert promotion_excess(company, 0.1) == 0.0
    company.feed, company.promotions = 10.0, 3.0
    assert promotion_excess(company, 0.1) == pytest.approx(2.0)  # .3 is twice more than .1
    assert promotion_excess(company, 0.3) == pytest.approx(0.0)
    assert promotion_excess(company, 0.5) == 0.0


def test_memories_fade():
    c = community(receiving__adstock_half_life=10.0, joining__stories_half_life=5.0)
    names = ("adstock", "practical", "practical_staff", "feed", "promotions", "awards")
    for name in names:
        setattr(c.company, name, 8.0)
    c.company.stories, c.company.exposures = 8.0, 8.0
    for _ in range(20):
        remember(*c.given)
    assert [getattr(c.company, name) for name in names] == pytest.approx([2.0] * 6)  # two half-lives
    assert c.company.stories == pytest.approx(0.5) and c.company.exposures == 8.0  # four; who met one has met one


def test_acting_on_the_insight_most_share():
    c = community()
    learn(c, (2, 4, 0), (1, 3, 0), (1, 5, 1))
    change_something(*c.given, 1)
    work = works(c)
    # two for marketing: the oldest of them; .1 at capability .5; effect after 14 days
    assert (work.due.tolist(), work.touchpoint.tolist(), work.member.tolist()) == ([1 + 14], [1], [3])
    assert work.gain.tolist() == pytest.approx([0.05])
    assert backlog(c) == [(2, 4, 0), (1, 5, 1)] and c.flows[Flow.ACTED] == 1


@pytest.mark.parametrize("loop", [True, False])
def test_acting_blindly_is_worth_a_quarter(loop):
    c = community(switches__loop=loop)
    if not loop:
        learn(c, (2, 4, 0))
    change_something(*c.given, 1)
    work = works(c)
    assert work.gain.tolist() == pytest.approx([0.0125]) and work.member.tolist() == [-1]
    assert work.due.tolist() == [1 + LAGS[work.touchpoint[0]]]
    assert len(backlog(c)) == (0 if loop else 1) and c.flows[Flow.IDEAS] == 0


def test_blind_changes_land_anywhere():
    c, touchpoints = community(), []
    for number in range(4000):
        c.tables.now.works = 0
        change_something(*c.given, number)
        touchpoints += works(c).touchpoint.tolist()
    assert np.bincount(touchpoints, minlength=4) == pytest.approx(np.full(4, 1000), abs=120)


def test_few_insights_become_ideas():
    c = community(listening__accepted=0.04)
    for number in range(3000):
        learn(c, (0, 1, 0))
        begin(c)
        change_something(*c.given, number)
    assert c.flows[Flow.IDEAS] == pytest.approx(120, abs=45)  # sd 10.7


def test_a_change_takes_effect_when_it_is_due_and_who_asked_is_told():
    c = community()
    begin(c, (5, 2, 0.2, 3), (6, 2, 0.5, -1))
    c.day = 4
    improve(*c.given)
    assert c.company.experience.tolist() == [0.5] * 4 and works(c).due.tolist() == [5, 6]
    c.day = 5
    improve(*c.given)
    assert c.company.experience.tolist() == pytest.approx([0.5, 0.5, 0.6, 0.5])
    m = c.members.view
    assert m.belonging[3] == pytest.approx(0.19) and m.trust[3] == pytest.approx(0.55)  # .1 of the rest
    c.day = 6
    improve(*c.given)
    assert c.company.experience[2] == pytest.approx(0.8) and c.tables.now.works == 0
    assert m.belonging[3] == pytest.approx(0.19)


def test_experience_drifts_back():
    c = community(listening__drift=0.01)
    c.company.experience[:] = [0.5, 1.0, 0.0, 0.5]
    improve(*c.given)
    assert c.company.experience.tolist() == pytest.approx([0.5, 0.995, 0.005, 0.5])


def test_insight_ignored_costs_trust_once():
    c = community(listening__ignored_days=60)
    learn(c, (0, 2, 1), (0, 2, 2))
    for c.day, trust, kept in ((60, 0.5, 2), (61, 0.45, 1), (62, 0.40, 0), (63, 0.40, 0)):
        improve(*c.given)
        assert c.members.view.trust[2] == pytest.approx(trust) and len(backlog(c)) == kept
    assert (c.members.view.trust[[0, 1, 3, 4, 5]] == 0.5).all()
    c.members.view.trust[2] = 0.01
    learn(c, (0, 2, 0))
    improve(*c.given)
    assert c.members.view.trust[2] == 0.0  # never below


def test_capability_grows_by_acting_once_a_day_however_often():
    once, often, never = community(), community(), community()
    for c, acts in ((once, 1), (often, 5), (never, 0)):
        for number in range(acts):
            change_something(*c.given, number)
        improve(*c.given)
    # ln 2 / 180 x .5 x .5
    assert once.company.capability == often.company.capability == pytest.approx(0.5 + 0.00385082 * 0.25, abs=1e-8)
    assert never.company.capability == 0.5
    improve(*once.given)
    assert once.company.capability == often.company.capability  # yesterday's acting counts no more


def test_small_capability_doubles_in_its_doubling_time():
    c = community(listening__capability=0.01, listening__capability_doubling=90.0)
    for day in range(90):
        change_something(*c.given, day)
        improve(*c.given)
    assert c.company.capability == pytest.approx(0.02, rel=0.02)


def test_founded():
    c = Community(load("baseline", {"listening.experience": 0.7, "community.members": 10}), 0)
    assert c.company.experience.tolist() == [0.7] * 4
    assert c.tables.library.tolist() == [0.0] * 8 and c.company.money == 0.0
