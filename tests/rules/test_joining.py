"""Joining, by hand."""

import numpy as np
import pytest

from sim.compiled.draws import Rule, day_key, normal, uniform
from sim.rules.joining import acquaint, arrivals, count_joiners, endow, introduce_founders, recruit, seat_with, settle
from sim.scenario import load
from sim.state.members import Source
from tests.tiny import ran, some_members, some_ties, strength, values

STARTS = np.array([0.9, 0.3])


def test_arrivals():
    # 1000 people x .001 a day = 1 organic; at level 3 and elasticity 1/2 the force is sqrt(4) = 2, so 1 more
    assert arrivals(1000.0, 0.001, 3.0, 0.5) == pytest.approx(1.0)
    # (1 + 7) ^ (1/3) = 2
    assert arrivals(600.0, 0.01, 7.0, 1 / 3) == pytest.approx(6.0)
    assert arrivals(1000.0, 0.001, 0.0, 0.5) == 0.0  # no force, nobody


def counts_of(days, market, adstock, stories, **changes):
    p, counts, total = values("joining", **changes), np.zeros(3, np.int64), np.zeros(3)
    for day in range(1, days + 1):
        count_joiners(5, day, market, adstock, stories, p, counts)
        total += counts
    return total


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


def endowed(n, key=None, topics=8, passion_sd=0.0, first=0, **changes):
    m = some_members(n, norms=2)
    if key is not None:
        m.key[:] = key
    endow(3, first, topics, passion_sd, STARTS, m, values("members", **changes))
    return m


def test_traits_without_spread_are_the_means():
    m = endowed(50, drive_sd=0.0, voice_sd=0.0, manners_sd=0.0, drive_mean=-3.0, voice_mean=-2.0, trust=0.4)
    assert (m.drive == -3.0).all() and (m.voice == -2.0).all() and not m.manners.any() and not m.passion.any()
    assert (m.trust == 0.4).all() and (m.belonging == 0.1).all()
    assert (m.norms == STARTS).all()


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
    m = some_members(3, norms=2)
    m.key[:] = [5, 9, 77]
    endow(3, 2, 8, 1.0, STARTS, m, values("members"))
    assert not m.drive[:2].any() and not m.expertise[:2].any()
    assert m.drive[2] == alone.drive[0] and m.voice[2] == alone.voice[0] and m.expertise[2] == alone.expertise[0]
    assert endowed(1, key=[78]).drive[0] != alone.drive[0]


def test_a_recruit_knows_its_recruiter():
    m, ties = some_members(4, source=[0, 2, 1, 2], topic=[6, 0, 0, 0], second=[2, 1, 1, 1]), some_ties(4)
    recruit(1, 1, 1, np.array([0]), m, ties, 0.1)
    assert strength(ties, 1, 0) == strength(ties, 0, 1) == 0.1  # by word of mouth
    assert strength(ties, 3, 0) == strength(ties, 0, 3) == 0.1
    assert ties.count[2] == 0  # came by itself
    assert m.topic.tolist() == [6, 6, 0, 6] and m.second.tolist() == [2, 2, 1, 2]
    assert m.closeness.tolist() == pytest.approx([0.2, 0.1, 0.0, 0.1])


@pytest.mark.parametrize(("visitors", "stage"), [([], 2), ([0], 5)])
def test_no_recruiter_where_nobody_was_there_or_it_has_left(visitors, stage):
    m, ties = some_members(2, source=[0, 2], stage=[stage, 0]), some_ties(2)
    recruit(1, 1, 1, np.array(visitors, np.int64), m, ties, 0.1)
    assert not ties.count.any() and not m.closeness.any()


def test_acquaintance_leaves_an_existing_tie_as_it_is():
    m = some_members(2)
    ties = some_ties(2, (0, 1, 0.5), m=m)
    acquaint(ties, m.closeness, 0, 1, 0.1)
    assert strength(ties, 0, 1) == 0.5 and strength(ties, 1, 0) == 0.1
    assert m.closeness.tolist() == [0.5, 0.1]
    seat_with(ties, m.closeness, 1, 0, 0.3)
    assert strength(ties, 1, 0) == 0.1


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
    m = some_members(2000, drive=-3.0)
    settle(3, 100.0, m)
    assert m.joined.max() == -1 and m.joined.min() == -100
    assert (m.last_visit >= m.joined).all() and m.last_visit.max() == -1
    # chance .0474 a day: half have been here in the last ln 2 / .0486 = 14.3 days, or joined in them; sd 22
    assert (m.last_visit >= -14).sum() == pytest.approx(2000 * (1 - 0.9526**14 * 0.86), abs=90)


def test_founders_know_some_others():
    m, ties = some_members(300), some_ties(300, slots=12)
    introduce_founders(3, 1.5, 0.1, m, ties)
    used = np.arange(12) < ties.count[:, None]
    assert not (ties.partner[used] == used.nonzero()[0]).any()  # nobody knows itself
    assert used.sum() == pytest.approx(300 * 1.5 * 2, abs=40)  # one or two each, at both ends, hardly ever the same
    strengths = ties.strength[used]
    assert strengths.mean() == pytest.approx(0.1, abs=0.01) and strengths.max() <= 0.2
    assert m.closeness == pytest.approx(np.where(used, ties.strength, 0.0).sum(axis=1))
    # how close has nothing to do with who it is: 450 pairs, .047 a standard error of nothing
    assert abs(np.corrcoef(ties.partner[used], strengths)[0, 1]) < 0.2
