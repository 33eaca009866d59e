"""Parts of a calibration that can be worked by hand: the tide, keys of runs, draws, returns, arrivals, the centre."""

import math

import numpy as np
import pandas as pd
import pytest

from experiments.calibration import draws, tide
from experiments.calibration.arrivals import DISCOUNTS, Arrivals
from experiments.calibration.posterior import Posterior
from experiments.calibration.simulate import Job
from experiments.calibration.summaries import returns
from experiments.calibration.window import Window
from experiments.runs.given import BadInput


def test_the_tide_enters_a_week_by_slope_times_spread():
    """One week, a tide that does not move within it: its variance is level, noise and (slope * sd)^2."""
    found = tide.weights(np.array([1.0]), 0.5, 0.25, np.array([0.0, math.sqrt(2.0)]), np.array([1e12]))
    none, some = math.exp(-1.0) / math.sqrt(0.5), math.exp(-0.5)  # variances 0.25 + 0.25, and + 0.25 * 2
    assert found.ravel().tolist() == pytest.approx([none / (none + some), some / (none + some)])


def test_half_the_slope_is_twice_the_spread():
    rest, sds, half_lives = np.array([0.3, -0.8, 1.1, 0.2]), np.array([0.1, 0.4, 0.9]), np.array([3.0, 20.0])
    one, other = tide.weights(rest, 1.0, 0.02, sds, half_lives), tide.weights(rest, 0.5, 0.02, 2 * sds, half_lives)
    assert one.shape == (3, 2) and one.sum() == pytest.approx(1.0)
    assert one == pytest.approx(other)


def test_the_key_and_the_seed_of_a_run_tell_name_root_and_values_apart():
    one = Job("fit-1-0", None, {"a": 1.0, "b": 2.0}, 1)
    others = [
        Job("fit-1-0", None, {"a": 1.0, "b": 2.0}, 2), Job("fit-1-1", None, {"a": 1.0, "b": 2.0}, 1),
        Job("fit-1-0", None, {"a": 1.0, "b": 2.5}, 1), Job("fit-1-0", None, {"a": 2.0, "b": 1.0}, 1),
    ]  # fmt: skip
    assert len({job.key for job in [one, *others]}) == len({job.seed for job in [one, *others]}) == 5
    assert Job("fit-1-0", None, {"b": 2.0, "a": 1.0}, 1).key == one.key  # whatever the order


@pytest.mark.parametrize("at", [0, 1, 2])
def test_every_draw_is_held_against_the_ranges_of_the_scenario(at, tmp_path):
    path = tmp_path / draws.FILE
    gains = [0.05, 0.1, 0.15]
    pd.DataFrame({"ties.gain": gains}).to_parquet(path)
    assert draws.read(tmp_path) == [{"ties.gain": gain} for gain in gains]
    gains[at] = 9.0
    pd.DataFrame({"ties.gain": gains}).to_parquet(path)
    with pytest.raises(BadInput, match="from 0.03 to 0.2"):
        draws.read(tmp_path)


@pytest.mark.parametrize(("again", "share"), [(29.5, 0.0), (30.0, 0.0), (30.25, 1.0), (60.0, 1.0), (60.25, 0.0)])
def test_who_is_back_writes_more_than_30_and_at_most_60_days_after_the_first_message(again, share):
    day, one = np.array([2.0, 2.0 + again]), np.array([1, 1])
    found, count = returns(Window(day, one, one, np.zeros(0, np.int64), 90.0))
    assert found.tolist() == [share] and count.tolist() == [1.0]


def likelihood(counts, discount):
    """Of each week given those before: negative binomial, of a level that is Gamma(0.5, 0.5) before the first."""
    shape, rate, total = 0.5, 0.5, 0.0
    for week, n in enumerate(counts):
        shape, rate = discount * shape, discount * rate
        if week:
            total += math.lgamma(shape + n) - math.lgamma(shape) - math.lgamma(n + 1)
            total += shape * math.log(rate / (rate + 1)) - n * math.log(rate + 1)
        shape, rate = shape + n, rate + 1
    return total


@pytest.mark.parametrize("counts", [
    [4, 6, 3, 7, 5, 8, 9, 5, 7, 6, 4, 5, 3, 7, 6, 8, 5, 9, 7, 6],
    [20, 22, 17, 25, 21, 28, 24, 31, 26, 22, 29, 24, 26, 19, 23, 17, 22, 18, 24, 20],
    [2, 3, 1, 4, 2, 0, 5, 3, 6, 4, 7, 3, 2, 4, 1, 0, 2, 3, 1, 2],
])  # fmt: skip
def test_the_discount_is_the_one_that_makes_each_week_likeliest(counts):
    grid = np.arange(DISCOUNTS[0], DISCOUNTS[1], 0.005)
    best = grid[np.argmax([likelihood(counts, discount) for discount in grid])]
    assert DISCOUNTS[0] + 0.02 < best < DISCOUNTS[1] - 0.02
    assert Arrivals.of(np.array(counts, float), 10).discount == pytest.approx(best, abs=0.005)


def test_the_centre_is_the_setting_nearest_to_all_others():
    u = np.array([[0.9, 0.1], [0.2, 0.4], [0.1, 0.5], [0.3, 0.6]])
    # distances in the first 2.1, 0.9, 1.1, 0.9 and in the second 1.2, 0.6, 0.6, 0.8, each by its spread
    found = Posterior(u, np.ones(2, bool), 1, 4).centre()
    assert found.tolist() == [0.2, 0.4]
