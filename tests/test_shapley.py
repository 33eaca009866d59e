"""Shapley values over groups: games worked by hand, and all orders gone through for three groups."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from experiments.stats import paired
from experiments.stats.shapley import coalitions, contributions, orders, shares

GROUPS = ("answer", "connect", "publish")


def game(coalition: frozenset[str], scale: float = 1.0) -> float:
    """Answering adds 6, connecting 2, publishing takes 3; answering and connecting together add 4 more."""
    alone = {"answer": 6.0, "connect": 2.0, "publish": -3.0}
    return 10 + scale * (sum(alone[group] for group in coalition) + 4 * ({"answer", "connect"} <= coalition))


VALUES = {"answer": 8.0, "connect": 4.0, "publish": -3.0}  # what is added together is halved


def everywhere(drawn, scales=None):
    scales = np.ones(len(drawn)) if scales is None else scales
    return [{one: game(one, scale) for one in coalitions(order)} for order, scale in zip(drawn, scales, strict=True)]


def exact(groups, outcome) -> dict[str, float]:
    """The mean over all orders of what a group adds to those before it (Shapley 1953)."""
    made = dict.fromkeys(groups, 0.0)
    every = list(itertools.permutations(groups))
    for order in every:
        for k, group in enumerate(order):
            made[group] += (outcome(frozenset(order[: k + 1])) - outcome(frozenset(order[:k]))) / len(every)
    return made


def test_the_game_has_the_values_that_are_taken_for_the_truth():
    assert exact(GROUPS, game) == pytest.approx(VALUES)


@pytest.mark.parametrize("groups", [("answer",), ("answer", "connect"), ("answer", "publish")])
def test_one_or_two_groups_are_exact_in_every_world(groups):
    for order in orders(groups, 3):
        assert contributions(order, everywhere([order])[0]) == pytest.approx(exact(groups, game))


def test_all_orders_of_three_groups_give_the_values():
    every = list(itertools.permutations(GROUPS))
    found = shares(every, everywhere(every)).set_index("group")
    assert found["share"].to_dict() == pytest.approx(VALUES)
    assert found.index.tolist() == ["answer", "connect", "publish"]  # 8 4 -3


def test_a_drawn_order_is_by_hand():
    """There: answer 6, publish -3, connect 2 + 4. Back: connect 2, publish -3, answer 6 + 4."""
    order = ("answer", "publish", "connect")
    assert contributions(order, everywhere([order])[0]) == {"answer": 8.0, "publish": -3.0, "connect": 4.0}
    apart = {frozenset(): 0.0, frozenset("x"): 1.0, frozenset("z"): 5.0, frozenset("xy"): 3.0, frozenset("yz"): 6.0,
             frozenset("xyz"): 10.0}  # fmt: skip
    assert contributions("xyz", apart) == {"x": (1 + 4) / 2, "y": (2 + 1) / 2, "z": (7 + 5) / 2}


def test_contributions_sum_to_the_difference_in_every_world():
    rng = np.random.default_rng(4)
    groups = tuple("abcdefg")
    for order in orders(groups, 30, seed=2):
        outcome = {one: float(rng.normal(1e6, 1)) for one in coalitions(order)}
        whole = outcome[frozenset(groups)] - outcome[frozenset()]
        assert sum(contributions(order, outcome).values()) == pytest.approx(whole, abs=1e-8)


def test_what_is_run_in_a_world_is_two_runs_a_group():
    for g in range(2, 9):
        run = coalitions(tuple("abcdefgh"[:g]))
        assert len(run) == len(set(run)) == 2 * g and (len(run[0]), len(run[-1])) == (0, g)
    assert coalitions(("a",)) == [frozenset(), frozenset("a")]


def test_orders_are_random_and_each_group_is_first_and_last_equally_often():
    drawn = orders(GROUPS, 600, seed=1)
    assert drawn == orders(GROUPS, 600, seed=1) != orders(GROUPS, 600, seed=2)
    assert len(set(drawn)) == 6 and all(sorted(order) == sorted(GROUPS) for order in drawn)
    for place in range(3):
        assert [sum(order[place] == group for order in drawn) for group in GROUPS] == [200, 200, 200]
    assert len(orders(GROUPS, 7)) == 7
    counts = [drawn.count(order) for order in set(drawn)]
    assert min(counts) > 50 and max(counts) < 150  # 100 each


def test_intervals_are_over_worlds_and_shares_sum_to_the_mean_difference():
    rng = np.random.default_rng(5)
    drawn, scales = orders(GROUPS, 60), rng.lognormal(0, 0.5, 60)
    outcomes = everywhere(drawn, scales)
    found = shares(drawn, outcomes).set_index("group")
    assert found["share"].sum() == pytest.approx(9 * scales.mean())
    wanted = paired.interval(-3 * scales)  # what nothing hangs together with
    publish = found.loc["publish"]
    assert (publish["share"], publish["low"], publish["high"]) == pytest.approx((wanted.mean, wanted.low, wanted.high))


def test_one_group_alone_put_in_or_taken_out():
    drawn = orders(GROUPS, 30)
    found = shares(drawn, everywhere(drawn)).set_index("group")
    assert found["alone"].to_dict() == {"answer": 6.0, "connect": 2.0, "publish": -3.0}
    assert found["out"].to_dict() == {"answer": 10.0, "connect": 6.0, "publish": -3.0}
    assert found["alone_n"].tolist() == found["out_n"].tolist() == [20, 20, 20]  # first there or back


def test_a_world_that_is_not_whole_is_left_out_and_one_not_run_is_said():
    drawn = orders(GROUPS, 12)
    outcomes = everywhere(drawn)
    outcomes[3][frozenset()] = math.nan
    found = shares(drawn, outcomes).set_index("group")
    assert found.loc["publish", ["share", "low"]].tolist() == [-3.0, -3.0]
    assert found["alone_n"].sum() == 22
    scales = np.arange(1.0, 13)
    outcomes = everywhere(drawn, scales)
    outcomes[3][frozenset()] = math.nan  # the group moved in between would still be known, and the sum not hold
    assert shares(drawn, outcomes)["share"].sum() == pytest.approx(9 * np.delete(scales, 3).mean())
    with pytest.raises(KeyError):
        contributions(("answer", "connect"), {frozenset(): 0.0})
