"""Norms: what a scenario says is what the rules get."""

import numpy as np

from sim.scenario import load
from sim.state.norms import Breach, rows
from sim.state.table import columns
from tests.tiny import WORLD


def test_each_column_is_what_the_scenario_says():
    said = load(WORLD, {"norms.civility.visible": True}).norms
    norms = columns(rows(said))
    assert list(said) == ["civility", "reciprocity", "welcome", "self_promotion", "company_promotion", "on_topic"]
    assert norms.breach.tolist() == [
        Breach.HOSTILE, Breach.FREE_RIDE, Breach.IGNORE_NEWCOMER, Breach.PROMOTE, Breach.COMPANY_PROMOTE, Breach.STRAY
    ]  # fmt: skip
    assert norms.start.tolist() == [0.9, 0.7, 0.6, 0.85, 0.8, 0.7] and norms.tolerance.tolist() == [0.1] * 6
    assert norms.temptation.tolist() == [-3.6, -0.5, 0.0, -2.2, -12.0, -0.5]
    assert norms.visible.tolist() == [1, 0, 0, 0, 0, 0]
    # enforced by both, nobody, nobody, both, peers, staff
    assert norms.by_peers.tolist() == [1, 0, 0, 1, 1, 0] and norms.by_staff.tolist() == [1, 0, 0, 1, 0, 1]


def test_nothing_has_happened_yet():
    norms = columns(rows(load(WORLD).norms))
    assert not norms.sanctions.any() and not norms.breaches.any() and not norms.held_days.any()
    assert all(isinstance(column, np.ndarray) and column.shape == (6,) for column in norms)
