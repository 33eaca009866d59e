"""Draws: known answers, their laws, and what they depend on."""

import math

import numba
import numpy as np
import pytest

from sim.compiled.draws import GOLDEN, Rule, day_key, mix, normal, poisson, uniform

word = int if getattr(numba.config, "DISABLE_JIT", 0) else np.uint64  # 64 bits without a sign
N = 20_000
KEY = day_key(1, 4, 10)


def test_mixing_is_splitmix64():
    # The first three outputs of SplitMix64 seeded with 1234567, as published with its reference code (Vigna 2015).
    state, found = 1234567, []
    for _ in range(3):
        state = (state + GOLDEN) % 2**64
        found.append(int(mix(word(state))))
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_keys_differ_by_seed_rule_and_day_and_can_be_handed_on():
    keys = {day_key(seed, rule, day) for seed in range(20) for rule in range(20) for day in range(20)}
    assert len(keys) == 8000 and all(0 <= key < 2**63 for key in keys)


def test_rules_are_never_renumbered():
    names = (
        "TRAITS JOINING NEEDING VISITING PLANNING POSTING RECEIVING READING MEETING CREATING KEEPING TELLING LISTENING"
    )
    expected = {name: k for k, name in enumerate(f"{names} FEELING LEAVING NULL FOUNDING".split(), 1)}
    assert {rule.name: int(rule) for rule in Rule if rule.name in expected} == expected
    assert len({int(rule) for rule in Rule}) == len(Rule)


def test_uniform_draws_are_even_and_independent():
    by_who = np.array([uniform(KEY, i, 0) for i in range(N)])
    by_number = np.array([uniform(KEY, 0, i) for i in range(N)])
    for drawn in (by_who, by_number):
        assert drawn.min() >= 0.0 and drawn.max() < 1.0
        # twenty bins of 1,000, sd 31; the largest of twenty is within 4.5 sd
        assert np.bincount((drawn * 20).astype(int), minlength=20) == pytest.approx(np.full(20, 1000), abs=140)
        assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.03  # 4 / sqrt(20,000)
    assert abs(np.corrcoef(by_who, by_number)[0, 1]) < 0.03
    other_day = np.array([uniform(day_key(1, 4, 11), i, 0) for i in range(N)])
    other_rule = np.array([uniform(day_key(1, 5, 10), i, 0) for i in range(N)])
    other_seed = np.array([uniform(day_key(2, 4, 10), i, 0) for i in range(N)])
    for other in (other_day, other_rule, other_seed):
        assert abs(np.corrcoef(by_who, other)[0, 1]) < 0.03


def test_a_draw_depends_on_its_indexes_alone():
    forth = [uniform(KEY, i, 3) for i in range(50)]
    back = [uniform(KEY, i, 3) for i in reversed(range(50))][::-1]
    assert forth == back and uniform(KEY, 7, 3) == forth[7] != uniform(KEY, 3, 7)


def test_names_below_nothing_draw_too():
    assert len({uniform(KEY, who, 0) for who in range(-5, 5)}) == 10


def test_normal():
    # sqrt(-2 ln(1 - u)) cos(2 pi v), of draws number 6 and 7
    u, v = uniform(KEY, 9, 6), uniform(KEY, 9, 7)
    assert normal(KEY, 9, 6) == pytest.approx(math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v))
    drawn = np.array([normal(KEY, i, 0) for i in range(N)])
    assert drawn.mean() == pytest.approx(0.0, abs=0.03) and drawn.std() == pytest.approx(1.0, abs=0.02)
    assert (np.abs(drawn) > 1.96).mean() == pytest.approx(0.05, abs=0.007)


@pytest.mark.parametrize("mean", [0.3, 4.0, 40.0, 700.0])
def test_poisson(mean):
    drawn = np.array([poisson(KEY, i, mean) for i in range(4000)])
    assert drawn.mean() == pytest.approx(mean, abs=4 * math.sqrt(mean / 4000))
    assert drawn.var() == pytest.approx(mean, rel=0.12, abs=0.05)  # a variance of 4,000 draws errs by 2.5 %
    assert (drawn == 0).mean() == pytest.approx(math.exp(-mean), abs=0.03)


def test_poisson_of_nothing():
    assert poisson(KEY, 1, 0.0) == 0
