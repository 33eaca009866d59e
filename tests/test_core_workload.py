"""The common core workload: every way to write it ends with the same bits, and what is planted shows."""

import numpy as np
import pytest

from experiments.core_workload import OURS, SLOTS, STEPS, C, c_kernel, run_c, run_mesa, run_ours, same

N, LENGTH = 120, 25


@pytest.fixture(scope="module")
def ours():
    return run_ours(N, 3, STEPS[OURS], LENGTH)


@pytest.mark.parametrize("name", list(STEPS))
def test_every_step_gives_the_same_bits(name, ours):
    s, totals, _ = run_ours(N, 3, STEPS[name], LENGTH)
    assert same(s, ours[0]) and totals == pytest.approx(ours[1], rel=1e-12)


@pytest.mark.skipif(c_kernel() is None, reason="no C compiler")
def test_c_gives_the_same_bits_and_a_planted_error_shows(ours):
    s, totals, _ = run_c(N, 3, LENGTH)
    assert same(s, ours[0]) and totals == pytest.approx(ours[1], rel=1e-12)
    s.strength[5, 0] = np.nextafter(s.strength[5, 0], 2.0)
    assert not same(s, ours[0])
    assert not same(run_c(N, 4, LENGTH)[0], ours[0])


def test_rows_are_sound_and_fill_up(ours):
    s = ours[0]
    used = np.arange(SLOTS) < s.count[:, None]
    assert (s.partner[used] >= 0).all() and (s.partner[~used] == -1).all() and (s.strength[~used] == 0.0).all()
    assert (s.strength[used] >= 0.01).all() and s.count.max() > 4
    for i in range(N):
        held = s.partner[i, : s.count[i]].tolist()
        assert len(set(held)) == len(held) and i not in held


def test_mesa_agrees_on_average():
    ours = np.array([run_ours(N, seed, STEPS[OURS], LENGTH)[1][-1] for seed in range(12)])
    mesa = np.array([run_mesa(N, seed, LENGTH)[0][-1] for seed in range(12)])
    difference = mesa - ours
    error = difference.std(axis=0, ddof=1) / np.sqrt(12)
    assert (np.abs(difference.mean(axis=0)) < 4 * error)[[0, 2]].all()  # mean strength, mean satisfaction


def test_the_names_of_the_rows():
    assert OURS in STEPS and C not in STEPS
