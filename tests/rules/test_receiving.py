"""Receiving, by hand."""

import math

import numpy as np
import pytest

from sim.rules.receiving import annoyed, receive, saturation
from sim.state.flows import Flow
from sim.state.norms import Breach
from tests.tiny import come, norms, some_members, tune, values, visits

RECEIVING = dict(exposure=1.0, mute=0.0, annoyance_gain=0.2, story_annoyance=0.3, trust_loss=0.01, peak=10.0,
                 brand_gain=0.1, knowledge=0.5)  # fmt: skip
LEARNING = dict(learning_early=0.2, learning_late=0.1, early_days=60, status_weight=2.0)
FIELDS = ("topic", "resonance", "promotion", "story", "novelty", "reach")
PLAIN = (0, 0.5, 0.0, 0, 1.0, 1.0)
GUARDED = {"switches.norms": True}  # in all other tests no norm is against promotion by the company


@pytest.mark.parametrize("half_life", [7.0, 14.0, 40.0])
def test_saturation_counts_the_exposures_of_four_weeks_whatever_the_memory(half_life):
    # half a message a day for ever: adstock = .5 x half-life / ln 2, and 14 exposures in 28 days, of 10 at the peak
    p = values("receiving", **RECEIVING | {"adstock_half_life": half_life, "peak": 10.0, "peak_days": 28.0})
    assert saturation(0.5 * half_life / math.log(2.0), p) == pytest.approx(1.4)


def test_annoyance():
    p = values("receiving", **RECEIVING)
    assert annoyed(1.0, 1.0, 0.0, 0.0, 0, p) == 0.0  # resonates
    assert annoyed(0.5, 1.0, 0.0, 0.0, 0, p) == pytest.approx(0.1)  # .2 x .5 x 1
    assert annoyed(0.5, 0.0, 0.0, 0.0, 0, p) == pytest.approx(0.05)  # not promotional: half
    assert annoyed(0.5, 1.0, 0.0, 0.0, 1, p) == pytest.approx(0.03)  # a story: .3
    assert annoyed(0.5, 1.0, 0.0, 2.0, 0, p) == pytest.approx(0.3)  # promotion past the norm: times 1 + 2
    # twice the peak: x = 2, one unit over; times 1 + 1
    assert annoyed(0.5, 1.0, 2.0, 0.0, 0, p) == pytest.approx(0.2)


def visitors(n, changes=None, **chosen):
    """So many members, whom the company finds in all that concerns it as the numbers below have it."""
    community = some_members(n, {"switches.norms": False, **(changes or {})}, seed=4, **chosen)
    tune(community, "receiving", **RECEIVING)
    tune(community, "keeping", **LEARNING)
    return community


def received(community, sent, rows=None, attention=8, **receiving):
    """Let all, or those in `rows`, visit and meet the messages; what attention each has left, and what was counted."""
    tune(community, "receiving", **receiving)
    tune(community, "attention", things=attention)
    come(community, range(community.members.n) if rows is None else rows)
    community.tables.now.messages = len(sent)
    for place, message in enumerate(sent):
        for name, value in zip(FIELDS, message, strict=True):
            community.tables.rows["messages"][name][place] = value
    receive(*community.given)
    return visits(community).left.tolist(), community.flows


def test_what_one_message_does():
    community = visitors(3, topic=[0, 1, 1], second=[1, 0, 2], trust=0.5)
    left, flows = received(community, [(0, 0.6, 1.0, 0, 1.0, 1.0)])
    m = community.members.view
    assert left == [7, 7, 7] and flows[Flow.ATTENTION_COMPANY] == 3 and flows.sum() == 3
    assert m.adstock.tolist() == [1.0, 1.0, 1.0] and m.met.tolist() == [1, 1, 1]
    # fit: (.6 + 1) / 2 = .8 for its first topic, (.6 + .5) / 2 = .55 for its second, .3 for none
    # brand: .1 x fit, half as it is promotional
    assert m.brand.tolist() == pytest.approx([0.04, 0.0275, 0.015])
    # annoyance: .2 x (1 - fit) x 1; trust: .5 - .01 x annoyance
    assert m.annoyance.tolist() == pytest.approx([0.04, 0.09, 0.14])
    assert m.trust.tolist() == pytest.approx([0.4996, 0.4991, 0.4986])


def test_resonance_switched_off_makes_all_alike():
    community = visitors(2, {"switches.resonance": False}, topic=[0, 5], second=[1, 6])
    received(community, [(0, 1.0, 1.0, 0, 1.0, 1.0)], neutral_resonance=0.25)
    m = community.members.view
    assert m.annoyance.tolist() == pytest.approx([0.15, 0.15])  # .2 x .75
    assert m.brand[0] == m.brand[1] > 0.0


def test_attention_runs_out():
    community = visitors(1)
    left, flows = received(community, [PLAIN] * 10, attention=3)
    assert left == [0] and community.members.view.adstock[0] == 3.0 and flows[Flow.ATTENTION_COMPANY] == 3


def test_muted_members_get_nothing_and_keep_their_attention():
    community = visitors(2, muted=[1, 0])
    left, flows = received(community, [PLAIN] * 2)
    m = community.members.view
    assert left == [8, 6] and m.met.tolist() == [0, 1] and m.adstock.tolist() == [0.0, 2.0]
    assert m.annoyance[0] == m.brand[0] == 0.0 and flows[Flow.ATTENTION_COMPANY] == 2


def test_muting_takes_effect_at_once():
    community = visitors(1)
    left, flows = received(community, [PLAIN] * 5, mute=1.0)  # exp(annoyance) >= 1: surely
    m = community.members.view
    assert m.muted[0] == 1 and m.adstock[0] == 1.0 and left == [7] and flows[Flow.MUTED] == 1


def test_only_visitors_meet_messages_and_only_as_far_as_they_reach():
    community = visitors(3)
    received(community, [PLAIN], rows=[1])
    assert community.members.view.met.tolist() == [0, 1, 0]
    community = visitors(1)
    left, _ = received(community, [(0, 0.5, 0.0, 0, 1.0, 0.0)])
    assert left == [8] and community.members.view.met[0] == 0  # reach 0
    community = visitors(10_000)
    received(community, [(0, 0.5, 0.0, 0, 1.0, 0.5)], exposure=0.6)
    assert community.members.view.met.sum() == pytest.approx(3000, abs=184)  # chance .6 x .5 = .3; sd 46


def test_a_story_moves_passion_by_its_novelty_and_annoys_less():
    community = visitors(1, topic=5, second=6)
    _, flows = received(community, [(0, 0.6, 0.0, 1, 0.25, 1.0)])
    m = community.members.view
    assert m.passion[0] == pytest.approx(0.005)  # .02 x .25
    assert m.annoyance[0] == pytest.approx(0.2 * 0.7 * 0.3)  # fit (.6 + 0) / 2 = .3
    assert flows[Flow.ATTENTION_STORIES] == 1 and flows[Flow.ATTENTION_COMPANY] == 0


def test_promotion_past_the_norm_annoys_who_believes_in_it():
    community = visitors(2, GUARDED, topic=5, second=6)
    m, against = community.members.view, norms(community).breach.tolist().index(Breach.COMPANY_PROMOTE)
    m.norms[:, against] = [1.0, 0.25]
    community.company.feed, community.company.promotions = 10.0, 3.0  # .3, where .1 is let pass: 2 in excess
    received(community, [(0, 0.0, 1.0, 0, 1.0, 1.0)])
    assert m.annoyance.tolist() == pytest.approx([0.6, 0.3])  # .2 x (1 + 2 x 1), .2 x (1 + 2 x .25)
    assert m.norms[:, against].tolist() == pytest.approx([0.8, 0.2])  # and it is an example: a fifth towards 0


def test_a_message_that_does_not_promote_is_an_example_of_keeping_the_norm():
    community = visitors(1, GUARDED, joined=-59)  # the late phase: a tenth towards 1
    m, against = community.members.view, norms(community).breach.tolist().index(Breach.COMPANY_PROMOTE)
    m.norms[:] = 0.5
    received(community, [PLAIN])
    assert m.norms[0, against] == pytest.approx(0.55)
    assert (np.delete(m.norms[0], against) == 0.5).all()


def test_trust_is_never_below_0_and_no_message_does_nothing():
    community = visitors(1, trust=0.0, annoyance=5.0)
    received(community, [PLAIN])
    assert community.members.view.trust[0] == 0.0
    community = visitors(1)
    left, flows = received(community, [])
    assert left == [8] and flows.sum() == 0 and community.members.view.met[0] == 0


def test_who_meets_a_message_is_no_likelier_to_mute_for_it():
    # One in ten meets it, and one in five of those mutes: had both one draw, who met it would mute.
    community = visitors(20_000, topic=5, second=6)
    _, flows = received(community, [(0, 1.0, 0.0, 0, 1.0, 1.0)], exposure=0.1, mute=0.2, annoyance_gain=0.0)
    m = community.members.view
    assert m.met.sum() == pytest.approx(2000, abs=170)  # sd 42
    assert flows[Flow.MUTED] == m.muted.sum() == pytest.approx(400, abs=80)  # sd 20


@pytest.mark.parametrize(("message", "brand"), [
    ((0, 0.6, 0.0, 0, 1.0, 1.0), 0.08),  # .1 x fit .8
    ((0, 0.6, 0.0, 1, 0.25, 1.0), 0.02),  # a story worn down to a quarter
    ((0, 0.6, 1.0, 0, 1.0, 1.0), 0.04),  # known for what it is
])  # fmt: skip
def test_what_brings_the_brand_nearer(message, brand):
    community = visitors(1)
    received(community, [message])
    assert community.members.view.brand[0] == pytest.approx(brand)


def test_the_hundredth_message_brings_the_brand_as_near_as_the_first_and_annoys_more():
    community = visitors(2, adstock=[0.0, 100.0], brand=0.5)
    received(community, [(0, 0.6, 0.0, 0, 1.0, 1.0)])
    m = community.members.view
    assert m.brand.tolist() == pytest.approx([0.54, 0.54])  # .5 + .08 x .5
    x = saturation(101.0, values("receiving", **RECEIVING))  # the message met now is the hundred and first
    assert x > 2 and m.annoyance.tolist() == pytest.approx([0.02, 0.02 * x])  # .2 x (1 - .8) x .5, times 1 + (x - 1)
