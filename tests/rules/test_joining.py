"""Joining, by hand."""

import numpy as np
import pytest

from sim.compiled.draws import Rule, day_key, normal, uniform
from sim.rules.joining import arrivals, endow, found, introduce_founders, join, recruit
from sim.scenario import load
from sim.state.flows import Flow
from sim.state.members import Source
from sim.state.state import Today
from sim.state.ties import acquaint, held
from tests.tiny import come, ran, some_members, some_ties, strength, tune


def test_arrivals():
    # 1000 people x .001 a day = 1 organic; at level 3 and elasticity 1/2 the force is sqrt(4) = 2, so 1 more
    assert arrivals(1000.0, 0.001, 3.0, 0.5) == pytest.approx(1.0)
    # (1 + 7) ^ (1/3) = 2
    assert arrivals(600.0, 0.01, 7.0, 1 / 3) == pytest.approx(6.0)
    assert arrivals(1000.0, 0.001, 0.0, 0.5) == 0.0  # no force, nobody


def counts_of(days, market, adstock, stories, **changes):
    """How many join in so many days, on each of which so many might; `stories` for each who knows the company."""
    community = some_members(2, {"community.market_per_member": market / 2}, seed=5)
    tune(community, "joining", **changes)
    community.company.adstock = adstock
    community.company.stories = 5 * stories  # two founders, and three customers among ten followers
    for day in range(1, days + 1):
        community.day = day
        community.make_room()
        join(*community.given)
        community.tables.now.members = 2
    return community.flows[[Flow.JOINED_ORGANIC, Flow.JOINED_WORD, Flow.JOINED_BROADCAST]]


def test_how_many_join():
    # 20 a day by themselves; adstock at 3 times its reference (2) and elasticity 1/2: 20 more; no stories: nobody.
    total = counts_of(400, 20_000.0, 6.0, 0.0, rate=0.001, broadcast_elasticity=0.5)
    # Poisson of mean 8,000 has a standard deviation of 89; four of them
    assert total[0] == pytest.approx(8000, abs=358) and total[2] == pytest.approx(8000, abs=358)
    assert total[1] == 0
    # stories at 3 times their reference (.1)
    total = counts_of(400, 20_000.0, 0.0, 0.3, rate=0.001, word_elasticity=0.5)
    assert total[1] == pytest.approx(8000, abs=358) and total[2] == 0


def test_nobody_joins_from_an_empty_market_or_at_rate_zero():
    assert not counts_of(50, 0.0, 6.0, 1.0, rate=0.001).any()
    assert not counts_of(50, 20_000.0, 6.0, 1.0, rate=0.0).any()


def endowed(n, topics=8, passion_sd=0.0, first=0, key=None, **changes):
    community = some_members(n, {"community.topics": topics, "switches.passion": True}, seed=3)
    tune(community, "members", **changes)
    tune(community, "feeling", passion_sd=passion_sd)
    if key is not None:
        community.members.view.key[:] = key
    endow(*community.given[:3], first)
    return community.members.view


def test_traits_without_spread_are_the_means():
    m = endowed(50, drive_sd=0.0, voice_sd=0.0, manners_sd=0.0, drive_mean=-3.0, voice_mean=-2.0, trust=0.4)
    assert (m.drive == -3.0).all() and (m.voice == -2.0).all() and not m.manners.any() and not m.passion.any()
    assert (m.trust == 0.4).all() and (m.belonging == 0.1).all() and (m.worth == 0.5).all()
    assert (m.norms == [0.9, 0.7, 0.6, 0.85, 0.8, 0.7]).all()


def test_drive_and_voice_go_together():
    standard = {"drive_mean": 0.0, "drive_sd": 1.0, "voice_mean": 0.0, "voice_sd": 1.0}
    m = endowed(500, drive_voice_correlation=1.0, **standard)
    assert m.voice == pytest.approx(m.drive)
    # 20,000 pairs: the error of a correlation of .5 is (1 - .25) / sqrt(20,000) = .0053; four of them
    m = endowed(20_000, drive_voice_correlation=0.5, **standard)
    assert np.corrcoef(m.drive, m.voice)[0, 1] == pytest.approx(0.5, abs=0.022)
    assert m.drive.mean() == pytest.approx(0.0, abs=0.03) and m.drive.std() == pytest.approx(1.0, abs=0.02)
    assert m.voice.std() == pytest.approx(1.0, abs=0.02)


def test_topics_and_expertise():
    m = endowed(20_000, topics=4, expertise_shape=2.0)
    assert (m.topic != m.second).all()
    # each of 4 topics has 5,000 (sd 61), each of the 12 ordered pairs 1,667 (sd 39)
    assert np.bincount(m.topic, minlength=4) == pytest.approx(np.full(4, 5000), abs=250)
    pairs = np.bincount(m.topic * 4 + m.second, minlength=16)
    assert (pairs > 0).sum() == 12 and pairs[pairs > 0] == pytest.approx(np.full(12, 1667), abs=160)
    assert m.expertise.mean() == pytest.approx(1 / 3, abs=0.01)  # a uniform draw squared
    assert sorted(set(m.touchpoint.tolist())) == [0, 1, 2, 3]


def test_traits_belong_to_the_key_not_to_the_row_and_older_rows_stay():
    alone = endowed(1, key=[77])
    m = endowed(3, key=[5, 9, 77], first=2, passion_sd=1.0)
    assert not m.drive[:2].any() and not m.expertise[:2].any()
    assert m.drive[2] == alone.drive[0] and m.voice[2] == alone.voice[0] and m.expertise[2] == alone.expertise[0]
    assert endowed(1, key=[78]).drive[0] != alone.drive[0]


def test_a_recruit_knows_its_recruiter():
    community = some_members(4, source=[0, 2, 1, 2], topic=[6, 0, 0, 0], second=[2, 1, 1, 1])
    come(community, [0])
    recruit(*community.given[:3], 1)
    m = community.members.view
    assert strength(community, 1, 0) == strength(community, 0, 1) == 0.1  # by word of mouth
    assert strength(community, 3, 0) == strength(community, 0, 3) == 0.1
    assert m.tie_count[2] == 0  # came by itself
    assert m.topic.tolist() == [6, 6, 0, 6] and m.second.tolist() == [2, 2, 1, 2]
    assert m.closeness.tolist() == pytest.approx([0.2, 0.1, 0.0, 0.1])


@pytest.mark.parametrize(("visitors", "stage"), [([], 2), ([0], 5)])
def test_no_recruiter_where_nobody_was_there_or_it_has_left(visitors, stage):
    community = some_members(2, source=[0, 2], stage=[stage, 0])
    come(community, visitors)
    recruit(*community.given[:3], 1)
    m = community.members.view
    assert not m.tie_count.any() and not m.closeness.any()


def test_acquaintance_leaves_an_existing_tie_as_it_is():
    community = some_members(2)
    some_ties(community, (0, 1, 0.5))
    acquaint(community.state, 0, 1, 0.1, 4)
    assert strength(community, 0, 1) == 0.5 and strength(community, 1, 0) == 0.1
    assert community.members.view.closeness.tolist() == [0.5, 0.1]
    acquaint(community.state, 1, 0, 0.3, 4)
    assert strength(community, 0, 1) == 0.5 and strength(community, 1, 0) == 0.1


def test_the_same_person_joins_whoever_came_before():
    def organic(**changes):
        changes = {key.replace("__", "."): value for key, value in changes.items()}
        community = ran(load("baseline", {"community.members": 100, "joining.rate": 0.0005, **changes}), 4, 25)
        m = community.members.view
        rows = np.flatnonzero(m.source == Source.ORGANIC)
        return {int(m.key[i]): (m.joined[i], m.drive[i], m.voice[i], m.expertise[i]) for i in rows}, community

    more, crowded = organic(receiving__follower_exposure=0.1, joining__broadcast_elasticity=0.25,
                            joining__adstock_reference=0.01)  # fmt: skip
    fewer, quiet = organic(budget__hours_per_week=0.0)
    came = [int((one.members.view.source == Source.BROADCAST).sum()) for one in (crowded, quiet)]
    assert came[0] > 10 and came[1] == 0  # many joiners lie between, in one of the two
    shared = more.keys() & fewer.keys()
    # the market of the crowded one empties a little faster, so that a few may be missing, and no others come
    assert len(shared) >= 0.9 * len(fewer) and len(shared) > 10
    assert all(more[key] == fewer[key] for key in shared)
    for community in (crowded, quiet):
        assert np.unique(community.members.view.key).size == community.members.n  # no two have one name


def test_each_trait_has_luck_of_its_own():
    """A normal takes two draws: drive 0 and 1, the rest of voice 2 and 3, topics 4 and 5, manners 7 and 8, passion."""
    m = endowed(1, key=[77], passion_sd=1.0, drive_mean=0.0, drive_sd=1.0, voice_mean=0.0, voice_sd=1.0,
                drive_voice_correlation=0.0, manners_sd=1.0, expertise_shape=1.0)  # fmt: skip
    key = day_key(3, int(Rule.TRAITS), 0)
    assert (m.drive[0], m.voice[0], m.manners[0], m.passion[0]) == tuple(normal(key, 77, k) for k in (0, 2, 7, 11))
    assert (m.expertise[0], m.vengeance[0]) == (uniform(key, 77, 6), uniform(key, 77, 9))


def test_founders_joined_before_day_0_and_have_visited_since():
    community = some_members(2000, {"community.founding_tenure": 100}, seed=3)
    tune(community, "members", drive_mean=-3.0, drive_sd=0.0)
    community.tables.now.members = 0
    found(Today(3, 0), community.state, community.values)
    m = community.members.view
    assert m.joined.max() == -1 and m.joined.min() == -100
    assert (m.last_visit >= m.joined).all() and m.last_visit.max() == -1
    # chance .0474 a day: half have been here in the last ln 2 / .0486 = 14.3 days, or joined in them; sd 22
    assert (m.last_visit >= -14).sum() == pytest.approx(2000 * (1 - 0.9526**14 * 0.86), abs=90)


def test_founders_know_some_others():
    community = some_members(300, seed=3)
    tune(community, "community", acquaintances=1.5)
    introduce_founders(Today(3, 0), community.state, community.values)
    ties = held(community.members.view, community.tables.ties)
    assert not (ties.partner == ties.owner).any()  # nobody knows itself
    # one or two each, at both ends, hardly ever the same
    assert ties.owner.size == pytest.approx(300 * 1.5 * 2, abs=40)
    assert ties.strength.mean() == pytest.approx(0.1, abs=0.01) and ties.strength.max() <= 0.2
    assert community.members.view.closeness == pytest.approx(np.bincount(ties.owner, ties.strength, minlength=300))
    # how close has nothing to do with who it is: 450 pairs, .047 a standard error of nothing
    assert abs(np.corrcoef(ties.partner, ties.strength)[0, 1]) < 0.2
