"""Keeping norms, by hand."""

import math

import numpy as np
import pytest

from sim.rules.keeping import breach_chance, codify, fade_sanctions, learnt, sanctioned_share
from sim.state.flows import Flow
from sim.state.norms import columns
from tests.tiny import handful, no_flows, some_members, values

P = values("keeping", descriptive=1.0, rule=0.3, sanction=0.5, learning_early=0.15, learning_late=0.02, early_days=60,
           status_weight=2.0, codify_share=0.5, codify_level=0.8, codify_days=3)  # fmt: skip


def test_chance_of_a_breach():
    def logit(*args):
        chance = breach_chance(*args, P)
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
    # early .15: .5 -> .575 or .425; late .02
    assert learnt(0.5, 1.0, 59, 0.0, P) == pytest.approx(0.575)
    assert learnt(0.5, 0.0, 59, 0.0, P) == pytest.approx(0.425)
    assert learnt(0.5, 1.0, 60, 0.0, P) == pytest.approx(0.51)
    # an example of full status counts double, of half status one and a half times
    assert learnt(0.5, 1.0, 0, 1.0, P) == pytest.approx(0.65)
    assert learnt(0.5, 1.0, 0, 0.5, P) == pytest.approx(0.6125)
    # and no example counts more than everything
    assert learnt(0.5, 1.0, 0, 1.0, P._replace(learning_early=0.5, status_weight=4.0)) == 1.0


def test_sanctions_are_forgotten():
    norms = columns(handful().scenario.norms)
    norms.sanctions[0], norms.breaches[0] = 4.0, 8.0
    for _ in range(20):
        fade_sanctions(norms, 10.0)  # two half-lives
    assert norms.sanctions[0] == pytest.approx(1.0) and norms.breaches[0] == pytest.approx(2.0)


def holding(*beliefs, last_visit=0, stage=2):
    m = some_members(len(beliefs), norms=1, last_visit=last_visit, stage=stage)
    m.norms[:, 0] = beliefs
    norms = columns({"one": handful().scenario.norms["civility"]})
    norms.visible[0] = 0
    return m, norms


def test_a_norm_is_written_down_once_half_have_held_it_for_three_days():
    (m, norms), flows, seen = holding(0.8, 0.79), no_flows(), []
    for day in range(1, 5):
        codify(day, m, norms, P, np.zeros(1, np.int64), flows)
        seen.append((int(norms.held_days[0]), int(norms.visible[0])))
    assert seen == [(1, 0), (2, 0), (3, 1), (4, 1)] and flows[Flow.CODIFIED] == 1


def test_holding_must_not_be_broken_off():
    m, norms = holding(0.8, 0.8)
    flows = no_flows()
    for day, belief in enumerate((0.8, 0.8, 0.1, 0.8, 0.8)):
        m.norms[:] = belief
        codify(day, m, norms, P, np.zeros(1, np.int64), flows)
    assert norms.visible[0] == 0 and norms.held_days[0] == 2


@pytest.mark.parametrize("case", [{"last_visit": -27}, {"stage": 5}])
def test_only_active_members_count(case):
    (m, norms), flows = holding(0.9, 0.9, **case), no_flows()
    for _ in range(5):
        codify(1, m, norms, P, np.zeros(1, np.int64), flows)
    assert norms.held_days[0] == 0 and norms.visible[0] == 0


@pytest.mark.parametrize("changes,written", [
    ({}, True),
    ({"strategy.codify": False}, False),
    ({"strategy.hours": {"publish": 1.0}}, False),  # nobody hosts or moderates
    ({"switches.norms": False}, False),
])  # fmt: skip
def test_who_may_write_a_norm_down(changes, written):
    community = handful(changes)
    community.members.view.norms[:] = 1.0
    community.norms.visible[:] = 0
    community.norms.held_days[:] = 1000
    community.keep_norms()
    assert bool(community.norms.visible.all()) == written
    assert np.all(community.norms.visible == written)
