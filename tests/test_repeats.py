"""Repeats of a verdict: who is ahead in all, and which repeats call it, on worlds made by hand."""

import numpy as np
import pandas as pd

from tests import repeats


def ends(leads):
    """Worlds of three repeats: in each measure facilitation has 1 more in so many of twenty, and 1 less in the rest."""
    rows = []
    for repeat, lead in enumerate(leads):
        for world in range(20):
            more = 1.0 if world < lead else -1.0
            for name, plus in zip(repeats.STRATEGIES, (0.0, more), strict=True):
                rows.append((repeat, world, name, *(10.0 + plus for _ in repeats.ABOUT)))
    return pd.DataFrame(rows, columns=["repeat", "replicate", "scenario", *repeats.ABOUT])


def test_calls_are_right_wrong_or_none():
    found = repeats.judged(ends([20, 20, 0]))
    assert {(row["ahead"], row["right"], row["wrong"], row["none"]) for row in found} == {("facilitation", 2, 1, 0)}
    assert all(row["share"] == 40 / 60 for row in found)
    found = repeats.judged(ends([20, 10, 20]))
    assert {(row["right"], row["wrong"], row["none"]) for row in found} == {(2, 0, 1)}
    assert {row["ahead"] for row in repeats.judged(ends([0, 5, 1]))} == {"broadcast"}


def test_every_repeat_has_worlds_of_its_own(monkeypatch):
    monkeypatch.setattr(repeats, "WORLDS", 2)
    monkeypatch.setattr(repeats, "DAYS", 20)
    asked = []
    for of in (repeats.priors, repeats.population):
        monkeypatch.setattr(of, "draw", lambda n, seed, draw=of.draw: asked.append(seed) or draw(n, seed))
    first, again, other = repeats.lived(0), repeats.lived(0), repeats.lived(1)
    keys = list(repeats.ABOUT)
    assert len(first) == 2 * len(repeats.STRATEGIES) and set(first["day"]) == {20}
    np.testing.assert_array_equal(first[keys], again[keys])
    assert not np.array_equal(first[keys], other[keys])
    assert asked[:2] == asked[2:4] and set(asked[:2]).isdisjoint(asked[4:])
