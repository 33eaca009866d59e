"""Measures, by hand: small networks whose numbers can be worked out."""

import math

import numpy as np
import pytest

from sim.equality import gini, in_order
from sim.measures import catalogue, intimacies, largest_group, mutual, shuffled_intimacy
from sim.scenario import load
from sim.state.flows import Flow
from sim.state.members import Stage
from tests.tiny import handful, ran, some_members, some_ties, values


def test_a_pair_is_close_only_if_both_feel_it():
    assert mutual(0.4, 0.9) == pytest.approx(0.6) and mutual(0.9, 0.0) == 0.0 and mutual(0.5, 0.5) == 0.5


def vector(community, intimate=0.3):
    """What the ties add up to, and the intimacy of each member; whatever was there before."""
    out = community.tables.out
    out.ego[:] = 99.0
    intimacies(community.state, values("measures", ego_scale=2.0, intimate=intimate), out)
    return out.closeness, out.ego[: community.members.n].tolist()


def test_intimacy_of_a_small_town():
    community = some_members(4)
    # 0 and 1: sqrt(.4 x .9) = .6; 0 and 2: .3; 1 feels for 3, who feels nothing
    some_ties(community, (0, 1, 0.4), (1, 0, 0.9), (0, 2, 0.3), (2, 0, 0.3), (1, 3, 0.8))
    close, ego = vector(community)
    assert close.total == pytest.approx(1.8) and close.number == 4  # each tie seen from both ends
    assert ego == pytest.approx([1 - math.exp(-0.45), 1 - math.exp(-0.3), 1 - math.exp(-0.15), 0.0])
    assert close.depth == pytest.approx(0.5 + 0.6 + 0.3)  # of member 0: (.36 + .09) / .9
    ones = [float(vector(community, least)[0].one) for least in (0.25, 0.35, 0.65)]
    twos = [float(vector(community, least)[0].two) for least in (0.25, 0.35, 0.65)]
    assert ones == [3, 2, 0] and twos == [1, 0, 0]  # the two closest of member 0 are .6 and .3


def test_who_has_left_counts_for_nobody():
    community = some_members(3, stage=[2, 5, 2])
    some_ties(community, (0, 1, 0.5), (1, 0, 0.5), (0, 2, 0.5), (2, 0, 0.5))
    close, ego = vector(community)
    assert close.total == pytest.approx(1.0) and close.number == 2 and ego[1] == 0.0
    assert ego[0] == pytest.approx(1 - math.exp(-0.25))


def test_groups():
    community = some_members(7, stage=[2, 2, 2, 2, 2, 2, 5])
    pairs = [(0, 1, 0.3), (1, 2, 0.5), (3, 4, 0.29), (2, 6, 0.9), (6, 5, 0.9)]
    some_ties(community, *[pair for i, j, felt in pairs for pair in ((i, j, felt), (j, i, felt))])
    assert largest_group(community.state, 0.3) == 3  # 0 - 1 - 2; a leaver joins nobody
    assert largest_group(community.state, 0.6) == 1
    assert largest_group(community.state, 0.2) == 3


def test_numbers_above_nothing_are_put_in_order():
    for numbers in ([0.3, 0.0, 0.1, 0.2], [0.0, 0.0], [0.5], [0.7] * 9, [1e-12, 0.999, 1e-12, 1e-9], []):
        above, ordered = sorted(number for number in numbers if number > 0.0), np.zeros(9)
        n = in_order(np.array(numbers, float), len(numbers), np.full(10, 99, np.int32), ordered)
        assert ordered[:n].tolist() == above
    many = np.random.default_rng(0).random(1000) ** 6  # most lie close to nothing
    many[::3], ordered = 0.0, np.zeros(1000)
    n = in_order(many, 900, np.zeros(1001, np.int32), ordered)  # the first 900 alone
    assert n == 600 and ordered[:n].tolist() == sorted(many[:900][many[:900] > 0.0].tolist())


def test_gini():
    assert gini(np.array([2.0, 2.0, 2.0]), 3, 0) == pytest.approx(0.0)
    # of 1, 2, 3: mean difference of pairs 8/9, over twice the mean 2: 2/9
    assert gini(np.array([1.0, 2.0, 3.0]), 3, 0) == pytest.approx(2 / 9)
    assert gini(np.array([4.0, 99.0, 99.0, 99.0]), 1, 3) == pytest.approx(0.75)  # of 0, 0, 0, 4
    assert math.isnan(gini(np.zeros(3), 0, 3))
    many = np.arange(100.0)  # of 0 to 99: 101/300
    assert gini(many, 100, 0) == pytest.approx(101 / 300)


def town():
    """Six on day 100: one newcomer, one lapsed, one who has left."""
    community = handful({"ties.slots": 4})
    m = community.members.view
    community.day = 100
    m.joined[:] = [-100, -50, 10, 11, 69, 71]
    m.last_visit[:] = [99, 73, 72, 30, 100, 100]
    m.stage[:] = [3, 2, 2, 4, 2, 5]
    some_ties(community, (0, 1, 0.5), (1, 0, 0.5), (0, 4, 0.5), (4, 0, 0.5))
    m.met[:] = [1, 0, 1, 0, 0, 1]
    m.trust[:] = [0.1, 0.2, 0.3, 0.4, 0.5, 9.0]
    m.muted[:] = [1, 0, 0, 0, 0, 1]
    m.to_staff[0], m.from_staff[0] = 0.25, 1.0
    community.company.exposures = 0.0
    return community


def test_observed():
    found = town().observe()
    assert (found["members"], found["active"], found["lapsed"]) == (5, 3, 1)  # last visit less than 28 days ago
    # joined after day 0 and 30 days ago or more: 2, 3 and 4 (day 69 is 31 ago), of whom 4 was here lately
    assert found["newcomers_kept"] == pytest.approx(1 / 3)
    assert found["reach"] == 3.0  # who has left was reached all the same
    ego = [1 - math.exp(-0.5), 1 - math.exp(-0.25), 0.0, 0.0, 1 - math.exp(-0.25)]
    assert found["intimacy"] == pytest.approx(sum(ego) / 5)
    assert found["intimacy_active"] == pytest.approx((ego[0] + ego[1] + ego[4]) / 3)
    assert found["dyad"] == pytest.approx(0.5) and found["ego_depth"] == pytest.approx(0.3)
    assert found["intimate_share"] == pytest.approx(0.6) and found["intimate_share_2"] == pytest.approx(0.2)
    assert found["cohesion"] == pytest.approx(0.6)
    # here for less than 90 days on day 100: 4 alone (2 and 3 are at 90 and 89 days, so 3 too)
    assert found["inclusion"] == pytest.approx((ego[4] / 2) / ((ego[0] + ego[1]) / 3))
    # four half-ties of .5 each between members; .5 to the team
    assert found["staff_dependence"] == pytest.approx(0.5 / 2.5)
    assert found["trust"] == pytest.approx(0.3)
    assert found["muted_share"] == pytest.approx(0.2)
    # of 0 0 .2212 .2212 .3935
    x, y = ego[1], ego[0]
    assert found["equality"] == pytest.approx(1 - (2 * (3 * x + 4 * x + 5 * y) / (5 * (2 * x + y)) - 6 / 5))


def test_people_outside_are_reached_by_messages():
    community = town()
    community.company.exposures = 0.6
    # 30 followers (5 each of 6 founders), of whom 1 - 4 ^ -.2 = .2421417 at a spread of .2
    assert community.observe()["reach"] == pytest.approx(3 + 30 * 0.2421417, abs=1e-5)


def test_observing_changes_nothing_and_draws_nothing():
    one, other = (ran(load("baseline", {"community.members": 80}), 3, 10) for _ in range(2))
    for _ in range(5):
        first = one.observe()
    assert one.observe() == pytest.approx(first, nan_ok=True)
    one.step()
    other.step()
    assert np.array_equal(one.members.view.last_visit, other.members.view.last_visit)


@pytest.mark.parametrize("name", ["baseline", "story_led", "two_hats", "no_social_media"])
def test_the_catalogue_is_what_is_observed(name):
    scenario = load(name, {"community.members": 60})
    found, known = ran(scenario, 1, 3).observe(), catalogue(scenario)
    assert list(found) == list(known)
    assert all(isinstance(value, float) for value in found.values())
    for key, measure in known.items():
        assert measure.kind in ("state", "flow") and measure.better in ("more", "less", "") and measure.label, key
    assert {flow.name.lower() for flow in Flow} <= set(known)


def test_of_nobody():
    community = handful()
    community.members.view.stage[:] = 5
    found = community.observe()
    assert found["members"] == 0 and math.isnan(found["intimacy"]) and math.isnan(found["trust"])


def test_the_null_draws_partners_anew_and_changes_nothing():
    community = ran(load("facilitation", {"community.members": 300}), 3, 60)
    before = community.tables.ties.copy()
    one, again, other = (shuffled_intimacy(community, seed) for seed in (1, 1, 2))
    assert one == again and one != other and np.array_equal(before, community.tables.ties)
    assert 0.0 <= one < community.observe()["intimacy"]


def test_the_null_of_no_ties():
    assert shuffled_intimacy(handful(), 1) == 0.0


def test_newcomers_kept_are_counted_from_30_days_on():
    community = handful()
    m = community.members.view
    community.day = 100
    m.joined[:] = [70, 71, 0, -5, 70, 10]  # for 30 and 29 days; founders; for 30 and 90 days
    m.last_visit[:] = [100, 100, 100, 100, 0, 0]
    assert community.observe()["newcomers_kept"] == pytest.approx(1 / 3)


def test_the_second_closest_is_found_in_whatever_order_ties_lie():
    for felt in ((0.3, 0.6, 0.4), (0.6, 0.4, 0.3), (0.4, 0.3, 0.6)):
        pairs = [pair for j, close in enumerate(felt, 1) for pair in ((0, j, close), (j, 0, close))]
        community = some_members(4)
        some_ties(community, *pairs)
        assert [float(vector(community, least)[0].two) for least in (0.35, 0.39, 0.41)] == [1, 1, 0]


def test_who_has_left_has_no_part_in_equality():
    community = some_members(4, stage=[0, 0, 0, Stage.LEFT])
    some_ties(community, (0, 1, 0.5), (1, 0, 0.5))
    # intimacies x, x, 0: a Gini of 2 (2 x + 3 x) / (3 (2 x)) - 4 / 3 = 1 / 3
    assert community.observe()["equality"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(("n", "zeros"), [(2, 0), (3, 2), (65_534, 0), (65_535, 1), (70_000, 0), (40_000, 40_000)])
def test_gini_of_many_is_the_formula(n, zeros):
    """Of 1, 2, ... n it is (n - 1) / 3 n; `zeros` more have nothing."""
    among = (n - 1) / (3 * n)
    whole = (zeros + n * among) / (zeros + n)
    assert gini(np.arange(1.0, n + 1.0), n, zeros) == pytest.approx(whole, rel=1e-9)
