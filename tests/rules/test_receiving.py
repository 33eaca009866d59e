"""Receiving, by hand."""

import math

import numpy as np
import pytest

from sim.rules.receiving import annoyed, as_messages, liking, receive
from sim.state.flows import Flow
from tests.tiny import no_flows, some_members, values

P = values("receiving", exposure=1.0, mute=0.0, annoyance_gain=0.2, story_annoyance=0.3, trust_loss=0.01, peak=10.0,
           brand_gain=0.1, knowledge=0.5)  # fmt: skip
KEEPING = values("keeping", learning_early=0.2, learning_late=0.1, early_days=60, status_weight=2.0)
PLAIN = (0, 0.5, 0.0, 0, 1.0, 1.0)  # topic, resonance, promotion, story, novelty, reach


def test_liking_is_an_inverted_u():
    # x = 2 ln 2 a / peak; x exp(1 - x)
    assert liking(0.0, 10.0) == 0.0
    assert liking(10 / (2 * math.log(2)), 10.0) == pytest.approx(1.0)
    assert liking(20 / (2 * math.log(2)), 10.0) == pytest.approx(0.7357588823428847)  # 2 / e
    assert liking(5 / (2 * math.log(2)), 10.0) == pytest.approx(0.8243606353500641)  # .5 x exp(.5)


def test_annoyance():
    assert annoyed(1.0, 1.0, 0.0, 10.0, 0.0, 0, P) == 0.0  # resonates
    assert annoyed(0.5, 1.0, 0.0, 10.0, 0.0, 0, P) == pytest.approx(0.1)  # .2 x .5 x 1
    assert annoyed(0.5, 0.0, 0.0, 10.0, 0.0, 0, P) == pytest.approx(0.05)  # not promotional: half
    assert annoyed(0.5, 1.0, 0.0, 10.0, 0.0, 1, P) == pytest.approx(0.03)  # a story: .3
    assert annoyed(0.5, 1.0, 0.0, 10.0, 2.0, 0, P) == pytest.approx(0.3)  # promotion past the norm: times 1 + 2
    # twice the peak in terms of x: x = 2, one unit over; times 1 + 1
    assert annoyed(0.5, 1.0, 20 / (2 * math.log(2)), 10.0, 0.0, 0, P) == pytest.approx(0.2)


def received(m, sent, rows=None, resonates=True, excess=0.0, norm=-1, attention=8, p=P):
    visitors = np.arange(m.key.size) if rows is None else np.array(rows)
    left, flows = np.zeros(visitors.size, np.int64), no_flows()
    receive(
        4, 1, visitors, as_messages(sent), resonates, excess, norm, 0.02, attention, 0.5, m, p, KEEPING, left, flows
    )
    return left.tolist(), flows


def test_what_one_message_does():
    m = some_members(3, topic=[0, 1, 1], second=[1, 0, 2], trust=0.5)
    left, flows = received(m, [(0, 0.6, 1.0, 0, 1.0, 1.0)])
    assert left == [7, 7, 7] and flows[Flow.ATTENTION_COMPANY] == 3 and flows.sum() == 3
    assert m.adstock.tolist() == [1.0, 1.0, 1.0] and m.met.tolist() == [1, 1, 1]
    # fit: (.6 + 1) / 2 = .8 for its first topic, (.6 + .5) / 2 = .55 for its second, .3 for none
    # liking after one: x = .2 ln 2 = .1386294, times exp(.8613706) = .3280530; promotional: half
    # brand: .1 x fit x .3280530 / 2
    assert m.brand.tolist() == pytest.approx([0.01312212, 0.00902146, 0.00492080], abs=1e-8)
    # annoyance: .2 x (1 - fit) x 1; trust: .5 - .01 x annoyance
    assert m.annoyance.tolist() == pytest.approx([0.04, 0.09, 0.14])
    assert m.trust.tolist() == pytest.approx([0.4996, 0.4991, 0.4986])


def test_resonance_switched_off_makes_all_alike():
    m = some_members(2, topic=[0, 5], second=[1, 6])
    received(m, [(0, 1.0, 1.0, 0, 1.0, 1.0)], resonates=False, p=P._replace(neutral_resonance=0.25))
    assert m.annoyance.tolist() == pytest.approx([0.15, 0.15])  # .2 x .75
    assert m.brand[0] == m.brand[1] > 0.0


def test_attention_runs_out():
    m = some_members(1)
    left, flows = received(m, [PLAIN] * 10, attention=3)
    assert left == [0] and m.adstock[0] == 3.0 and flows[Flow.ATTENTION_COMPANY] == 3


def test_muted_members_get_nothing_and_keep_their_attention():
    m = some_members(2, muted=[1, 0])
    left, flows = received(m, [PLAIN] * 2)
    assert left == [8, 6] and m.met.tolist() == [0, 1] and m.adstock.tolist() == [0.0, 2.0]
    assert m.annoyance[0] == m.brand[0] == 0.0 and flows[Flow.ATTENTION_COMPANY] == 2


def test_muting_takes_effect_at_once():
    m = some_members(1)
    left, flows = received(m, [PLAIN] * 5, p=P._replace(mute=1.0))  # exp(annoyance) >= 1: surely
    assert m.muted[0] == 1 and m.adstock[0] == 1.0 and left == [7] and flows[Flow.MUTED] == 1


def test_only_visitors_meet_messages_and_only_as_far_as_they_reach():
    m = some_members(3)
    received(m, [PLAIN], rows=[1])
    assert m.met.tolist() == [0, 1, 0]
    m = some_members(1)
    left, _ = received(m, [(0, 0.5, 0.0, 0, 1.0, 0.0)])
    assert left == [8] and m.met[0] == 0  # reach 0
    m = some_members(10_000)
    received(m, [(0, 0.5, 0.0, 0, 1.0, 0.5)], p=P._replace(exposure=0.6))
    assert m.met.sum() == pytest.approx(3000, abs=184)  # chance .6 x .5 = .3; sd 46


def test_a_story_moves_passion_by_its_novelty_and_annoys_less():
    m = some_members(1, topic=5, second=6)
    _, flows = received(m, [(0, 0.6, 0.0, 1, 0.25, 1.0)])
    assert m.passion[0] == pytest.approx(0.005)  # .02 x .25
    assert m.annoyance[0] == pytest.approx(0.2 * 0.7 * 0.3)  # fit (.6 + 0) / 2 = .3
    assert flows[Flow.ATTENTION_STORIES] == 1 and flows[Flow.ATTENTION_COMPANY] == 0


def test_promotion_past_the_norm_annoys_who_believes_in_it():
    m = some_members(2, norms=1, topic=5, second=6)
    m.norms[:, 0] = [1.0, 0.25]
    received(m, [(0, 0.0, 1.0, 0, 1.0, 1.0)], excess=2.0, norm=0)
    assert m.annoyance.tolist() == pytest.approx([0.6, 0.3])  # .2 x (1 + 2 x 1), .2 x (1 + 2 x .25)
    assert m.norms[:, 0].tolist() == pytest.approx([0.8, 0.2])  # and it is an example: a fifth towards 0


def test_a_message_that_does_not_promote_is_an_example_of_keeping_the_norm():
    m = some_members(1, norms=1, joined=-59)  # the late phase: a tenth towards 1
    m.norms[0, 0] = 0.5
    received(m, [PLAIN], norm=0)
    assert m.norms[0, 0] == pytest.approx(0.55)


def test_trust_is_never_below_0_and_no_message_does_nothing():
    m = some_members(1, trust=0.0, annoyance=5.0)
    received(m, [PLAIN])
    assert m.trust[0] == 0.0
    m = some_members(1)
    left, flows = received(m, [])
    assert left == [8] and flows.sum() == 0 and m.met[0] == 0


def test_who_meets_a_message_is_no_likelier_to_mute_for_it():
    # One in ten meets it, and one in five of those mutes: had both one draw, who met it would mute.
    m = some_members(20_000, topic=5, second=6)
    _, flows = received(m, [(0, 1.0, 0.0, 0, 1.0, 1.0)], p=P._replace(exposure=0.1, mute=0.2, annoyance_gain=0.0))
    assert m.met.sum() == pytest.approx(2000, abs=170)  # sd 42
    assert flows[Flow.MUTED] == m.muted.sum() == pytest.approx(400, abs=80)  # sd 20
