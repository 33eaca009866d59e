"""What is told leaves of many worlds: weights by hand, and beside the posterior of a normal that is known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.stats.ahead import ahead
from experiments.stats.narrowing import Narrowed, Told, know, narrow, spreads, width


def drawn(n: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Open values, and a fact that is the first with an error of the same size."""
    rng = np.random.default_rng(seed)
    values = pd.DataFrame({"passion.base": rng.normal(size=n), "ties.gain": rng.normal(size=n)})
    return values, pd.DataFrame({"writers": 30 + 5 * (values["passion.base"] + rng.normal(size=n))})


def test_weights_by_hand():
    """At no, one and two tolerances: 1, e^-1/2, e^-2; a second fact multiplies."""
    values = pd.DataFrame({"writers": [30.0, 35, 20], "newcomers": [4.0, 4, 6]})
    found = narrow(values, {"writers": Told(30, 5)})
    one = np.exp([0, -0.5, -2])
    assert found.weights == pytest.approx(one / one.sum())
    assert found.effective == pytest.approx(one.sum() ** 2 / (one**2).sum())
    both = np.exp([-0.5, -1, -2.5])  # newcomers 5 give or take 1: each lies one off
    assert narrow(values, {"writers": Told(30, 5), "newcomers": Told(5, 1)}).weights == pytest.approx(both / both.sum())


def test_nothing_told_weighs_all_alike():
    found = narrow(pd.DataFrame({"x": [1.0, 2, 3, 4]}), {})
    assert found.weights == pytest.approx([0.25] * 4) and (found.effective, found.out_of_reach) == (4, [])


def test_what_is_out_of_reach_of_every_world_is_said():
    values = pd.DataFrame({"writers": [30.0, 35, 20], "members": [100.0, 200, 300]})
    told = {"writers": Told(51, 5), "members": Told(200, 50)}
    found = narrow(values, told)
    assert found.out_of_reach == ["writers"] and found.weights.sum() == pytest.approx(1)
    assert narrow(values, told | {"writers": Told(49, 5)}).out_of_reach == []  # 2.8 tolerances from 35
    far = narrow(values, {"writers": Told(1e9, 1)})
    assert far.weights.sum() == pytest.approx(1) and far.out_of_reach == ["writers"]


def test_a_world_of_which_a_fact_is_not_known_has_no_weight():
    found = narrow(pd.DataFrame({"x": [np.nan, 1.0, 1.0]}), {"x": Told(1, 1)})
    assert found.weights.tolist() == [0, 0.5, 0.5]
    nobody = narrow(pd.DataFrame({"x": [np.nan]}), {"x": Told(1, 1)})
    assert (nobody.weights.tolist(), nobody.effective, nobody.out_of_reach) == ([0], 0, ["x"])


@pytest.mark.parametrize("told", [Told(1, 0), Told(1, -1), Told(math.nan, 1), Told(1, math.inf)])
def test_what_cannot_be_told_is_refused(told):
    with pytest.raises(ValueError, match=r"x: told .* give or take"):
        narrow(pd.DataFrame({"x": [1.0]}), {"x": told})
    with pytest.raises(KeyError):
        narrow(pd.DataFrame({"x": [1.0]}), {"y": Told(1, 1)})


def test_the_weighted_worlds_are_the_posterior():
    """Of v ~ N(0, 1) the fact 30 + 5 (v + e), told as 40 give or take 5, says 2 with variance 2: N(2/3, 2/3)."""
    values, facts = drawn(200_000)
    found = narrow(facts, {"writers": Told(40, 5)})
    value = values["passion.base"].to_numpy()
    mean = found.weights @ value
    assert mean == pytest.approx(2 / 3, abs=0.02)
    assert found.weights @ (value - mean) ** 2 == pytest.approx(2 / 3, abs=0.02)
    held = ahead(np.zeros(len(value)), value - 2 / 3, ("a", "b"), weights=found.weights)
    assert held.second_ahead.share == pytest.approx(0.5, abs=0.02) and held.effective == pytest.approx(found.effective)


# By how much


def test_how_far_a_value_is_narrowed():
    values, facts = drawn(2000)
    found = spreads(values, narrow(facts, {"writers": Told(40, 1)}).weights).set_index("key")
    first, other = found.loc["passion.base"], found.loc["ties.gain"]
    assert first["ratio"] == pytest.approx(math.sqrt(1 - 1 / 2.04), abs=0.06) and first["found"]
    assert first["before"] == pytest.approx(0, abs=0.1) and first["after"] == pytest.approx(2 / 2.04, abs=0.15)
    assert other["ratio"] == pytest.approx(1, abs=0.1) and not other["found"]
    assert found.index[0] == "passion.base"


def test_the_ratio_by_hand():
    """0 1 2 3 have a variance of 5/3; weights 0 1/2 1/2 0 leave 1/4, over 1 - 1/2."""
    values = pd.DataFrame({"x": [0.0, 1, 2, 3], "same": [7.0] * 4})
    found = spreads(values, np.array([0, 0.5, 0.5, 0])).set_index("key")
    assert found.at["x", "ratio"] == pytest.approx(math.sqrt(0.5 / (5 / 3)))
    assert (found.at["x", "before"], found.at["x", "after"]) == (1.5, 1.5)
    assert found.at["x", "p"] == pytest.approx(0.5, abs=0.04)  # of six pairs three are neighbours
    assert math.isnan(found.at["same", "ratio"]) and found.at["same", "p"] == 1


def test_few_worlds_do_not_pass_for_narrowing():
    """Weights that have nothing to do with the values: one of twenty such is narrowed at 5 %, and none is told."""
    rng = np.random.default_rng(5)
    values = pd.DataFrame(rng.normal(size=(100, 60)))
    found = spreads(values, rng.dirichlet(np.full(100, 0.1)))
    assert not found["found"].any() and found["ratio"].min() < 0.8
    assert stats.kstest(found["p"], "uniform").pvalue > 0.001


def test_all_alike_narrows_nothing():
    values, _ = drawn(50)
    found = spreads(values, np.full(50, 1 / 50))
    assert found["ratio"].tolist() == pytest.approx([1, 1]) and not found["found"].any()


# A value that is known


def test_the_width_of_a_kernel_is_silvermans():
    values = np.arange(1.0, 33)  # n^(1/5) = 2; quartiles 8.75 and 24.25
    assert width(values) == pytest.approx(0.9 * min(values.std(ddof=1), 15.5 / 1.34) / 2)
    tailed = np.append(values, np.nan)
    assert width(tailed) == width(values)
    assert width(np.array([1.0] * 9 + [2.0])) == pytest.approx(0.9 * np.std([1.0] * 9 + [2.0], ddof=1) * 10**-0.2)
    assert width(np.ones(5)) == 0 and width(np.array([])) == 0


def test_a_value_that_is_known_weighs_the_worlds_near_it():
    values, facts = drawn(400)
    told = know(values, {"passion.base": 1.0})
    assert told == {"passion.base": Told(1.0, width(values["passion.base"].to_numpy()))}
    found = narrow(values, told)
    assert isinstance(found, Narrowed) and 20 < found.effective < 200
    assert found.weights @ values["passion.base"] == pytest.approx(1, abs=0.15)
    assert found.weights @ facts["writers"] == pytest.approx(35, abs=2)


def test_a_value_that_all_worlds_share_is_known_already_or_cannot_be():
    values = pd.DataFrame({"meeting.attendance": [-2.1] * 3})
    assert know(values, {"meeting.attendance": -2.1}) == {}
    with pytest.raises(ValueError, match=r"meeting.attendance: is -2.1 in all worlds; to know -1 .* run again"):
        know(values, {"meeting.attendance": -1.0})
