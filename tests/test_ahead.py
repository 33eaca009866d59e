"""Who is ahead over worlds: by hand, beside SciPy, and when no winner is told."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from experiments.stats import paired
from experiments.stats.ahead import Ahead, Share, ahead, at_most_half, effective, median_ends, quantiles, share, told

NAMES = ("a", "b")
RNG = np.random.default_rng(3)


def of(gap, **more) -> Ahead:
    gap = np.asarray(gap, float)
    return ahead(np.zeros(gap.size), gap, NAMES, **more)


def test_worlds_are_counted_and_what_is_alike_counts_for_neither():
    found = of([3, 1, 2, 5, 0, -1, 4, 0, 2, 1])  # 7 for b, 1 for a, 2 alike
    assert (found.worlds, found.effective) == (10, 10)
    assert (found.first_ahead.share, found.second_ahead.share, found.alike) == pytest.approx((0.1, 0.7, 0.2))
    ends = stats.binomtest(7, 10).proportion_ci(0.95, "exact")
    assert (found.second_ahead.low, found.second_ahead.high) == pytest.approx((ends.low, ends.high))
    assert found.chances[1] == pytest.approx(176 / 1024)  # 7 or more of 10: 120 + 45 + 10 + 1
    assert found.chances[0] == pytest.approx(1023 / 1024)  # 1 or more
    assert found.median == 1.5  # -1 0 0 1 [1 2] 2 3 4 5
    assert found.inner == (-0.5, 4.5)  # after one of ten values and after nine, which type 2 takes the middle at


def test_what_is_but_rounding_and_what_is_not_known_is_left_out():
    found = ahead([0.3, 1.0, np.nan, 1.0], [0.1 + 0.2, 2.0, 1.0, np.nan], NAMES)
    assert (found.worlds, found.alike, found.second_ahead.share) == (2, 0.5, 0.5)


def test_less_may_be_better_and_the_median_stays_second_minus_first():
    more, less = of([1.0] * 9 + [-1.0]), of([1.0] * 9 + [-1.0], wanted="less")
    assert (more.second_ahead.share, less.second_ahead.share, less.first_ahead.share) == pytest.approx((0.9, 0.1, 0.9))
    assert more.median == less.median == 1.0 and more.chances == less.chances[::-1]


@pytest.mark.parametrize("n", [6, 20, 101])
def test_the_interval_of_a_median_is_scipys(n):
    values = RNG.lognormal(size=n)
    wanted = stats.quantile_test(values, p=0.5).confidence_interval(0.95)
    assert median_ends(values, np.ones(n)) == pytest.approx((wanted.low, wanted.high))


def test_the_interval_of_a_median_by_hand():
    """Of 8 values 1 or fewer lie on a side in 9/256 = 3.5 %, none with 0.4 %: the outermost are the ends."""
    assert median_ends(np.arange(1.0, 9), np.ones(8)) == (1, 8)
    assert median_ends(np.arange(1.0, 10), np.ones(9)) == (2, 8)  # 10/512 = 2 %: one further in
    assert all(map(math.isnan, median_ends(np.arange(5.0), np.ones(5))))  # 1/32 = 3 %
    assert median_ends(np.array([1.0, 1, 1, 2, 2, 2, 2, 2, 3]), np.ones(9)) == (1, 2)


def test_no_world_tells_nothing():
    found = of([])
    assert (found.worlds, found.effective, found.chances) == (0, 0.0, (1.0, 1.0)) and math.isnan(found.median)
    assert told([found])[0].winner is None and told([]) == []


# Weights


def test_equal_weights_of_any_size_change_nothing():
    gap = RNG.normal(0.3, 1, 40)
    plain, weighted = of(gap), of(gap, weights=np.full(40, 0.025))
    assert weighted.effective == pytest.approx(40) and weighted.chances == pytest.approx(plain.chances)
    assert (weighted.low, weighted.high) == (plain.low, plain.high)
    ends = paired.share_ends(gap)
    assert (weighted.second_ahead.low, weighted.second_ahead.high) == pytest.approx(ends)


def test_weights_by_hand():
    """Weights 3 1 1 1: worth 36/12 = 3 worlds; b is ahead in half of the weight, the sign test is that of 1.5 of 3."""
    found = of([2.0, -1.0, -3.0, 0.0], weights=[3.0, 1, 1, 1])
    assert found.effective == 3 and found.second_ahead.share == 0.5 and found.first_ahead.share == pytest.approx(1 / 3)
    assert found.second_ahead.low == pytest.approx(stats.beta.ppf(0.025, 1.5, 2.5))
    assert found.second_ahead.high == pytest.approx(stats.beta.ppf(0.975, 2.5, 1.5))
    assert found.chances[1] == pytest.approx(stats.beta.cdf(0.5, 1.5, 2.5))
    assert found.median == 1.0  # half of the weight up to 0: the middle of 0 and 2
    assert of([1.0, -1, -1], weights=[1.0, 0, 0]).worlds == 1


def test_weights_are_worth_fewer_worlds_and_make_the_interval_wider():
    held = np.arange(100) < 70
    plain, weighted = share(held, np.ones(100)), share(held, np.tile([1.9, 0.1], 50))
    assert (plain.share, weighted.share) == pytest.approx((0.7, 0.7))
    assert effective(np.tile([1.9, 0.1], 50)) == pytest.approx(100 / 1.81)
    assert weighted.low < plain.low and weighted.high > plain.high


def test_all_or_no_worlds_have_an_interval_of_one_side():
    assert share(np.ones(10, bool), np.ones(10)) == Share(1.0, pytest.approx(0.025**0.1), 1.0)
    assert share(np.zeros(10, bool), np.ones(10)) == Share(0.0, 0.0, pytest.approx(1 - 0.025**0.1))
    assert at_most_half(1.0, 10) == pytest.approx(0.5**10) and at_most_half(0.0, 10) == 1


def test_weighted_quantiles_are_of_the_weight():
    assert quantiles(np.array([5.0, 1.0]), np.array([1.0, 3.0]), (0.5, 0.9)) == [1.0, 5.0]


# The call


def test_a_winner_is_told_with_regard_to_all_that_is_shown():
    clear, close = of([1.0] * 18 + [-1.0] * 2), of([1.0] * 14 + [-1.0] * 6)
    with pytest.raises(ValueError, match="told"):
        _ = clear.winner
    (alone,) = told([close])
    assert close.chances[1] == pytest.approx(0.0577, abs=1e-4) and alone.winner is None
    both = told([clear, close])
    assert both[0].winner == "b" and both[1].winner is None
    assert both[0].holm[1] == pytest.approx(4 * clear.chances[1])  # the smallest of four
    assert both[1].holm[1] == pytest.approx(3 * close.chances[1])  # the next


def test_what_one_measure_shows_many_do_not():
    one = of([1.0] * 16 + [-1.0] * 4)  # p = .0059
    assert told([one])[0].winner == "b" and told([one] * 4)[0].winner == "b"  # 8 times .0059 is .047
    assert told([one] * 5)[0].winner is None


def test_either_side_can_win():
    assert told([of([-1.0] * 10)])[0].winner == "a" and told([of([1.0] * 10)])[0].winner == "b"
    assert told([of([1.0] * 10, wanted="less")])[0].winner == "a"


def test_leading_where_most_are_alike_is_not_to_win():
    """Of 100 worlds b is ahead in 30 and a in none: not in more than half, though nobody else ever leads."""
    found = told([of([1.0] * 30 + [0.0] * 70)])[0]
    assert found.winner is None and found.second_ahead.low > found.first_ahead.high
