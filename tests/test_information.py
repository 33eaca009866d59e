"""The value of information: cases with a closed form, and noise that is worth nothing."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from experiments.stats import information


def loss(mean: float, spread: float) -> float:
    """EVPPI of a difference that is normal in what is learnt: s phi(m / s) - |m| Phi(-|m| / s) (Raiffa & Schlaifer)."""
    return spread * norm.pdf(mean / spread) - abs(mean) * norm.cdf(-abs(mean) / spread)


def linear(n: int, seed: int, mean=0.3, slope=0.5, noise=1.0, k=20) -> tuple[pd.DataFrame, np.ndarray]:
    """Two strategies that share a large luck; the second is ahead by a line in x0."""
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(rng.normal(size=(n, k)), columns=[f"x{j}" for j in range(k)])
    shared = 100 * rng.normal(size=n)
    return values, np.column_stack([shared, shared + mean + slope * values["x0"] + noise * rng.normal(size=n)])


def test_perfect_information_by_hand():
    """The best of each world, 3 0 4 1, is 2 on average, the second alone 1: knowing gains 0 0 4 0."""
    found = information.of_all(np.array([[1.0, 3], [-4, 0], [4, 0], [1, 1]]))
    assert found.gain == 2 - 1 and found.error == pytest.approx(np.std([0, 0, 4, 0], ddof=1) / 2)
    assert found.gain == pytest.approx(np.mean([0, 0, 4, 0]))


def test_three_strategies_and_one_that_is_always_best():
    assert information.of_all(np.array([[0.0, 3, 6], [0, 6, 3]])).gain == 6 - 4.5
    assert information.of_all(np.array([[0.0, 3], [0, 6]])).gain == 0


def test_perfect_information_of_a_normal_difference_has_a_closed_form():
    rng = np.random.default_rng(2)
    found = information.of_all(np.column_stack([np.zeros(100_000), rng.normal(0.3, 1, 100_000)]))
    assert abs(found.gain - loss(0.3, 1.0)) < 4 * found.error < 0.02


@pytest.mark.slow
def test_what_a_value_is_worth_that_the_difference_is_linear_in():
    values, outcomes = linear(4000, 5)
    found = information.of_each(values, outcomes)
    first = found.iloc[0]
    assert (first["key"], first["found"]) == ("x0", True) and found["found"].sum() == 1
    assert abs(first["gain"] - loss(0.3, 0.5)) < 3 * first["error"] < 0.05  # .084
    assert first["changes"] == pytest.approx(norm.cdf(-0.3 / 0.5), abs=0.08)
    assert (found["gain"][1:] < 0.005).all() and found["gain"].is_monotonic_decreasing


def test_knowing_one_value_is_worth_less_than_knowing_all():
    values, outcomes = linear(400, 6)
    assert information.of_each(values, outcomes)["gain"].max() < information.of_all(outcomes).gain


@pytest.mark.parametrize("sets", [8, pytest.param(20, marks=pytest.mark.slow)])
def test_noise_is_worth_about_nothing(sets):
    """Over sets of worlds: what is fitted to noise would gain, and the shuffles' mean is taken off."""
    gains, plain = [], []
    for seed in range(sets):
        values, outcomes = linear(100, seed, mean=0.0, slope=0.0, k=6)
        gains += information.of_each(values, outcomes)["gain"].tolist()
        more = outcomes - outcomes[:, :1]
        fits = [information.fitted(values[key].to_numpy(), more) for key in values]
        plain += [information._gain(fit, more).gain for fit in fits]
    assert np.mean(gains) < 0.01 < 0.05 < loss(0, 0.5) and np.mean(gains) < 0.75 * np.mean(plain)


def test_three_strategies_are_chosen_among():
    """Each of three is best in a third of the worlds, by steps, which a spline rounds off: it tells less."""
    rng = np.random.default_rng(1)
    values = pd.DataFrame({"x": rng.uniform(0, 3, 500), "y": rng.normal(size=500)})
    outcomes = np.stack([10.0 * (np.floor(values["x"]) == s) for s in range(3)], axis=1)
    found = information.of_each(values, outcomes).set_index("key")
    assert 5.5 < found.at["x", "gain"] < 10 * 2 / 3 and found.at["y", "gain"] < 0.3
    assert found.at["x", "changes"] == pytest.approx(2 / 3, abs=0.06)


def test_the_unit_of_a_value_is_no_matter_and_that_of_the_outcome_is():
    values, outcomes = linear(200, 9)
    found = information.of_each(values, outcomes)
    other = information.of_each(np.exp(values), 1000 * outcomes + 5).set_index("key").loc[found["key"]]
    assert other["gain"].to_numpy() == pytest.approx(1000 * found["gain"].to_numpy(), rel=1e-3, abs=0.01)


def test_a_value_or_an_outcome_that_does_not_vary_is_worth_nothing():
    values, outcomes = linear(50, 9, k=2)
    found = information.of_each(values.assign(x1=2.0), outcomes).set_index("key")
    assert found.at["x1", "gain"] == 0 and not found.at["x1", "found"]
    assert information.of_each(values, np.ones((50, 2)))[["gain", "error"]].eq(0).all(axis=None)
    assert not information.of_each(values, np.ones((50, 2)))["found"].any()
    assert information.of_each(values[[]], outcomes).empty


def test_one_world_has_no_error():
    assert math.isnan(information.of_all(np.array([[1.0, 2.0]])).error)
