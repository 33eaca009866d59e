"""Keeping norms, by hand."""

import math

import numpy as np
import pytest

from sim.compiled.kernel import sig
from sim.rules.keeping import codify, keep_norms, learning, learnt, restraint, sanctioned_share
from sim.state.flows import Flow
from tests.tiny import handful, norms, some_members, tune, values

LEARNING = dict(learning_early=0.15, learning_late=0.02, early_days=60, status_weight=2.0)


def test_chance_of_a_breach():
    community = handful()
    p = values("keeping", descriptive=1.0, rule=0.3, sanction=0.5)

    def logit(temptation, manners, usual, visible, sanctioned):
        norms(community).visible[0] = visible
        norms(community).sanctions[0], norms(community).breaches[0] = 4.0 * sanctioned, 4.0
        chance = sig(temptation + manners - restraint(community.state.norms, 0, usual, p))
        return math.log(chance / (1 - chance))

    assert logit(-1.0, 0.0, 0.5, 0.0, 0.0) == pytest.approx(-1.0)  # half keep it: no pull either way
    assert logit(-1.0, 0.0, 1.0, 0.0, 0.0) == pytest.approx(-2.0)
    assert logit(-1.0, 0.0, 0.0, 0.0, 0.0) == pytest.approx(0.0)  # everybody breaks it
    assert logit(-1.0, 0.7, 0.5, 1.0, 0.0) == pytest.approx(-0.6)
    assert logit(-1.0, 0.0, 0.5, 0.0, 1.0) == pytest.approx(-1.5)


def test_share_of_breaches_sanctioned():
    assert sanctioned_share(0.0, 0.0) == 0.0
    assert sanctioned_share(1.0, 4.0) == 0.25
    assert sanctioned_share(5.0, 4.0) == 1.0


def test_learning_has_two_phases():
    def after(kept, tenure, status, **changes):
        """What a member believes who believed .5."""
        return learnt(0.5, kept, learning(tenure, status, values("keeping", **{**LEARNING, **changes})))

    # early .15: .5 -> .575 or .425; late .02
    assert after(1.0, 59, 0.0) == pytest.approx(0.575)
    assert after(0.0, 59, 0.0) == pytest.approx(0.425)
    assert after(1.0, 60, 0.0) == pytest.approx(0.51)
    # an example of full status counts double, of half status one and a half times
    assert after(1.0, 0, 1.0) == pytest.approx(0.65)
    assert after(1.0, 0, 0.5) == pytest.approx(0.6125)
    # and no example counts more than everything
    assert after(1.0, 0, 1.0, learning_early=0.5, status_weight=4.0) == 1.0


def test_sanctions_are_forgotten():
    community = handful({"keeping.sanction_half_life": 10.0})
    norm = norms(community)
    norm.sanctions[0], norm.breaches[0] = 4.0, 8.0
    for _ in range(20):
        keep_norms(*community.given)  # two half-lives
    assert norm.sanctions[0] == pytest.approx(1.0) and norm.breaches[0] == pytest.approx(2.0)


def holding(*beliefs, last_visit=0, stage=2):
    """Members of whom each believes so much in the first norm, and in no other."""
    community = some_members(len(beliefs), last_visit=last_visit, stage=stage)
    tune(community, "keeping", codify_share=0.5, codify_level=0.8, codify_days=3)
    community.members.view.norms[:] = 0.0
    community.members.view.norms[:, 0] = beliefs
    return community, norms(community)


def test_a_norm_is_written_down_once_half_have_held_it_for_three_days():
    (community, norm), seen = holding(0.8, 0.79), []
    for community.day in range(1, 5):  # noqa: B020
        codify(*community.given)
        seen.append((int(norm.held_days[0]), int(norm.visible[0])))
    assert seen == [(1, 0), (2, 0), (3, 1), (4, 1)] and community.flows[Flow.CODIFIED] == 1
    assert not norm.visible[1:].any()


def test_holding_must_not_be_broken_off():
    community, norm = holding(0.8, 0.8)
    for belief in (0.8, 0.8, 0.1, 0.8, 0.8):
        community.members.view.norms[:] = belief
        codify(*community.given)
    assert norm.visible[0] == 0 and norm.held_days[0] == 2


@pytest.mark.parametrize("case", [{"last_visit": -27}, {"stage": 5}])
def test_only_active_members_count(case):
    community, norm = holding(0.9, 0.9, **case)
    for _ in range(5):
        codify(*community.given)
    assert norm.held_days[0] == 0 and norm.visible[0] == 0


@pytest.mark.parametrize("changes,written", [
    ({}, True),
    ({"strategy.codify": False}, False),
    ({"strategy.hours": {"publish": 1.0}}, False),  # nobody hosts or moderates
    ({"switches.norms": False}, False),
])  # fmt: skip
def test_who_may_write_a_norm_down(changes, written):
    community = handful(changes)
    community.members.view.norms[:] = 1.0
    norms(community).visible[:] = 0
    norms(community).held_days[:] = 1000
    community.keep_norms()
    assert bool(norms(community).visible.all()) == written
    assert np.all(norms(community).visible == written)
