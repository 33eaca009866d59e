"""Feeling, by hand."""

import math

import numpy as np
import pytest

from sim.rules.feeling import fade_ties, feel, kept_of
from sim.state.members import LONG_AGO, Stage
from tests.tiny import partners, place, put, some_members, some_ties, strength, tune, values

TIES = dict(half_life=30.0, slowing=4.0, forgotten_strength=0.01, forgotten_days=120)


def fade(community, day=1):
    """Let all ties fade by a day; who has been away for more than 60 has lapsed."""
    for i in range(community.members.n):
        fade_ties(community.today._replace(day=day), community.state, values("ties", **TIES), 60, i)


def test_strong_ties_fade_more_slowly():
    p = values("ties", **TIES)
    # ln 2 / 30 = .0231049 a day for a weak tie; at strength .5 a third of it, at 1 a fifth
    assert kept_of(0.0, p) == pytest.approx(1 - 0.0231049, abs=1e-7)
    assert kept_of(0.5, p) == pytest.approx(1 - 0.0077016, abs=1e-7)
    assert kept_of(1.0, p) == pytest.approx(1 - 0.0046210, abs=1e-7)


def test_ties_fade_and_closeness_is_their_sum():
    community = some_members(3)
    some_ties(community, (0, 1, 0.5), (0, 2, 1.0), (1, 0, 0.2))
    m = community.members.view
    m.closeness[:] = 77.0  # whatever it was
    fade(community)
    assert strength(community, 0, 1) == pytest.approx(0.5 * (1 - 0.0077016), abs=1e-7)
    assert m.closeness[0] == strength(community, 0, 1) + strength(community, 0, 2)
    assert m.closeness[1] == strength(community, 1, 0) and m.closeness[2] == 0.0


def test_what_is_felt_back_fades_with_the_tie_that_it_tells_of():
    community = some_members(2)
    some_ties(community, (0, 1, 0.5), (1, 0, 0.2))
    back = community.tables.rows["ties"]["back"]
    assert (back[place(community, 0, 1)], back[place(community, 1, 0)]) == (0.2, 0.5)
    fade(community)
    assert back[place(community, 0, 1)] == strength(community, 1, 0) == pytest.approx(0.2 * (1 - 0.0128360), abs=1e-7)
    assert back[place(community, 1, 0)] == strength(community, 0, 1) == pytest.approx(0.5 * (1 - 0.0077016), abs=1e-7)


def test_a_very_weak_tie_halves_in_its_half_life():
    community = some_members(2)
    put(community, 0, 1, 1e-9, last=0)
    for day in range(30):
        fade(community, day)
    assert strength(community, 0, 1) == pytest.approx(1e-9 * (1 - math.log(2) / 30) ** 30, rel=1e-6)
    assert strength(community, 0, 1) == pytest.approx(0.5e-9, rel=0.01)


def test_what_is_weak_and_silent_is_forgotten():
    community = some_members(5)
    put(community, 0, 1, 0.009, last=-120)  # weak, silent for 121 days
    put(community, 0, 2, 0.009, last=-119)  # for 120
    put(community, 0, 3, 0.5, last=LONG_AGO)  # strong
    put(community, 0, 4, 0.0, last=LONG_AGO)  # never wrote, felt nothing
    fade(community)
    assert sorted(partners(community, 0)) == [2, 3]
    felt = [strength(community, 0, 2), strength(community, 0, 3)]
    assert min(felt) > 0.0 and community.members.view.closeness[0] == pytest.approx(sum(felt), abs=1e-15)


def test_slots_of_those_who_have_left_fall():
    community = some_members(4, stage=[2, 5, 2, 2])
    some_ties(community, (0, 1, 0.9), (0, 2, 0.3), (2, 1, 0.5))  # 1 does not hold them
    fade(community)
    m = community.members.view
    assert m.tie_count.tolist() == [1, 0, 0, 0] and strength(community, 0, 2) > 0.29
    assert m.closeness[0] == strength(community, 0, 2) and m.closeness[2] == 0.0


def losing(*felt, stage, last_visit=-60, away=1):
    """What member 0 has lost by day `away`: its partners are of these stages and were last here on these days."""
    n = len(felt) + 1
    community = some_members(n, stage=[2, *stage], last_visit=np.broadcast_to(last_visit, n))
    for j, one in enumerate(felt, 1):
        put(community, 0, j, one, last=LONG_AGO)
    fade(community, away)
    return community.members.view.loss.tolist()


def test_who_leaves_takes_along_its_share_of_closeness():
    # .5 fades to .5 x (1 - .0077016) = .4961492, and is lost of .5 + .3 felt before
    assert losing(0.5, 0.3, stage=[5, 2]) == [pytest.approx(0.4961492 / 0.8), 0.0, 0.0]
    # both: .3 x (1 - .0105022) = .2968493 besides
    assert losing(0.5, 0.3, stage=[5, 5])[0] == pytest.approx((0.4961492 + 0.2968493) / 0.8)
    assert losing(0.5, 0.3, stage=[2, 2])[0] == 0.0


@pytest.mark.parametrize(("stage", "away", "lost"), [
    (Stage.LAPSED, 61, True),  # the first day past 60
    (Stage.LAPSED, 62, False),  # and on no other
    (Stage.REGULAR, 61, False),  # back again today
])  # fmt: skip
def test_who_lapses_is_lost_once_and_felt_all_the_same(stage, away, lost):
    community = some_members(2, stage=[2, stage], last_visit=[0, 0])
    put(community, 0, 1, 0.5)
    fade(community, away)
    assert community.members.view.loss[0] == pytest.approx(0.9922984 if lost else 0.0)  # 1 - .0077016: all it felt
    assert partners(community, 0) == [1]


def test_who_lapsed_is_lost_again_when_it_leaves():
    community = some_members(2, stage=[2, 4], last_visit=[0, 0])
    put(community, 0, 1, 0.5)
    fade(community, 61)
    community.members.view.stage[1] = 5
    fade(community, 100)
    left = 1 - math.log(2) / 30 / (1 + 4 * 0.5 * 0.9922984)  # kept of what is left of .5
    assert community.members.view.loss[0] == pytest.approx(0.9922984 + left) and partners(community, 0) == []
    fade(community, 101)
    assert community.members.view.loss[0] == pytest.approx(0.9922984 + left)


def test_no_more_is_lost_than_was_felt():
    community = some_members(2, stage=[2, 5])
    put(community, 0, 1, 0.5)
    community.members.view.closeness[0] = 0.0  # rounding left less than the tie
    fade(community)
    assert community.members.view.loss[0] == 1.0


@pytest.mark.parametrize("felt", [(0.0,), (0.0, 0.5)])
def test_nothing_is_lost_with_who_never_wrote(felt):
    """Who has written to somebody and had no word back holds a tie without strength."""
    assert losing(*felt, stage=[5, 2][: len(felt)])[0] == 0.0


def test_feelings_fade_each_with_its_half_life():
    lives = dict(loss=12, heard=5, hurt=14, activity=15, belonging=180, trust=200, status=100)

    def felt(days, **chosen):
        community = some_members(1, **chosen)
        tune(community, "feeling", **{f"{name}_half_life": float(life) for name, life in lives.items()})
        tune(community, "receiving", adstock_half_life=10.0, brand_half_life=60.0, annoyance_half_life=6.0)
        tune(community, "ties", half_life=30.0)
        for _ in range(days):
            feel(*community.given)
        return community.members.view

    m = felt(30, adstock=1, brand=1, annoyance=1, heard_staff=1, heard_member=1, hurt=1, loss=1, activity=1,
             belonging=1, status=1, to_staff=1, from_staff=0.5, trust=0.9, passion=1)  # fmt: skip
    # 30 days are 3, 1/2, 5, 6, 6, 15/7, 2, 1/6 and 3/10 half-lives
    assert m.adstock[0] == pytest.approx(1 / 8) and m.brand[0] == pytest.approx(math.sqrt(1 / 2))
    assert m.annoyance[0] == pytest.approx(1 / 32)
    assert m.heard_staff[0] == m.heard_member[0] == pytest.approx(1 / 64)
    assert m.loss[0] == pytest.approx(2**-2.5)
    assert m.hurt[0] == pytest.approx(2 ** (-15 / 7)) and m.activity[0] == pytest.approx(1 / 4)
    assert m.belonging[0] == pytest.approx(2 ** (-1 / 6)) and m.status[0] == pytest.approx(2**-0.3)
    assert m.to_staff[0] == pytest.approx(0.5) and m.from_staff[0] == pytest.approx(0.25)  # as a weak tie
    # trust returns to where it started: .5 + .4 x 2^(-.15), from below alike
    assert m.trust[0] == pytest.approx(0.5 + 0.4 * 2**-0.15)
    assert m.passion[0] == 1.0  # not of this rule
    assert 0.1 < felt(1, trust=0.1).trust[0] < 0.5
