"""What could turn a difference: values that matter are found and noise is not; a rule is told where it helps."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import rbd_fast

from experiments.study import turning
from experiments.study.turning import NO_BORDER, border, influences

NAMES = ("broadcast", "facilitation")


def drawn(n: int, seed: int, k: int = 120) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).uniform(0, 100, (n, k)), columns=[f"x{j}" for j in range(k)])


def noise(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 1]).normal(size=n)


def test_shares_are_salibs_on_ranks():
    values = drawn(200, 1, k=3)
    gap = np.exp(values["x0"].to_numpy() / 10) + noise(200, 1)
    ranks = pd.Series(gap).rank().to_numpy()
    problem = {"num_vars": 3, "names": list(values), "bounds": [[0, 100]] * 3}
    wanted = rbd_fast.analyze(problem, values.to_numpy(), ranks, M=2, num_resamples=2, seed=1)["S1"]
    found = influences(values, gap).set_index("key")["share"]
    assert found[["x0", "x1", "x2"]].tolist() == pytest.approx(np.clip(wanted, 0, 1))
    assert found["x0"] > 0.9


@pytest.mark.parametrize(
    ("shape", "share"),
    [
        (lambda x: 3.46 * x, 0.5),  # a line with variance 1, and noise with 1
        (lambda x: 2.0 * (x > 0.5), 0.5),  # a step of 2: variance 1
        (lambda x: 1.414 * np.cos(2 * np.pi * x), 0.5),  # a hump that no correlation sees
    ],
)
def test_a_line_a_step_and_a_hump_are_found(shape, share):
    values = drawn(400, 3)
    gap = shape(values["x7"].to_numpy() / 100) + noise(400, 3)
    found = influences(values, gap)
    assert found["key"][0] == "x7" and found["found"][0] and found["found"].sum() <= 2
    assert found["share"][0] == pytest.approx(share, abs=0.12)


def test_a_few_extreme_worlds_do_not_decide():
    values = drawn(200, 4)
    gap = values["x2"].to_numpy() + 20 * noise(200, 4)
    gap[:3] *= 1e4
    assert influences(values, gap)["key"][0] == "x2"


def test_noise_is_not_told_as_influence():
    told = sum(bool(influences(drawn(100, seed), noise(100, seed))["found"].any()) for seed in range(24))
    assert told <= 4  # of 24 at 5 %: more in 1 of 100
    plain = [(influences(drawn(100, seed), noise(100, seed))["p"] < 0.05).sum() for seed in range(5)]
    assert np.mean(plain) > 3  # each asked by itself would be told


def test_what_does_not_vary_has_no_share():
    values = drawn(50, 5, k=2).assign(x1=3.0)
    found = influences(values, values["x0"].to_numpy()).set_index("key")
    assert (found.at["x1", "share"], found.at["x1", "p"]) == (0, 1)
    assert not found.at["x1", "found"] and found.at["x0", "found"]
    assert not influences(values, np.ones(50))["found"].any()
    assert influences(values[[]], np.ones(50)).empty


# The border


def test_a_border_is_said_in_words_and_tried_on_worlds_not_seen():
    values = drawn(200, 6, k=40)
    gap = values["x3"].to_numpy() - 40 + 10 * noise(200, 6)
    found = border(values, gap, NAMES)
    assert [rule.winner for rule in found.rules] == ["facilitation", "broadcast"]
    (above,), (below,) = (rule.when for rule in found.rules)
    assert above.startswith("x3 above") and below.startswith("x3 up to")
    assert float(above.split()[-1]) == pytest.approx(40, abs=8)
    truth = np.mean((values["x3"] > 40) == (gap > 0))
    assert found.right == pytest.approx(truth, abs=0.06) and found.right > found.usual and found.p < 0.001
    assert found.usual == pytest.approx(np.mean(gap > 0), abs=0.02)


def test_two_conditions_are_told_where_one_is_not_enough():
    values = drawn(400, 7, k=20)
    both = (values["x0"] > 40) & (values["x1"] > 40)
    found = border(values, np.where(both, 1.0, -1.0) * (1 + 0.1 * np.abs(noise(400, 7))), NAMES)
    (rule,) = [rule for rule in found.rules if rule.winner == "facilitation"]
    assert sorted(words.split()[0] for words in rule.when) == ["x0", "x1"] and found.right > 0.95


def test_no_border_is_told_where_the_usual_winner_is_as_good():
    """A value on which the size of the lead hangs, and never its side but by luck."""
    values = drawn(200, 8, k=20)
    gap = 5 + values["x0"].to_numpy() / 20 + noise(200, 8)
    assert influences(values, gap)["found"][0]
    found = border(values, gap, NAMES)
    assert found.rules == [] and found.right == found.usual == 1 and found.p == 1


def test_no_border_is_made_of_noise_or_of_few_worlds():
    assert border(drawn(100, 9), noise(100, 9), NAMES) == NO_BORDER
    values = drawn(100, 10)
    gap = values["x0"].to_numpy() - 50
    gap[15:] = 0  # alike in all other worlds
    assert border(values, gap, NAMES) == NO_BORDER and math.isnan(NO_BORDER.right)


def test_values_are_chosen_without_the_worlds_that_a_rule_is_tried_on(monkeypatch):
    """Chosen by the worlds they are tried on, the luckiest of 120 values would look like a rule."""
    values, gap = drawn(60, 11), noise(60, 11)
    winner, seen = np.where(gap > 0, "b", "a"), []

    def watched(table, own, seed):
        seen.append((len(table), np.isin(own, gap).all()))
        return ["x0"]

    monkeypatch.setattr(turning, "found", watched)
    turning.tried(values, gap, winner, 0)
    assert seen == [(54, True)] * 10


def test_better_is_by_the_worlds_of_which_one_is_right():
    one, other = np.array([True] * 6 + [False, True]), np.array([False] * 5 + [True] * 2 + [True])
    assert turning.better(one, other) == pytest.approx(7 / 64)  # 5 or more of 6
    assert turning.better(one, one) == 1
