"""The screening by priors, by hand: how far a value moves a measure, over how far apart plausible worlds lie."""

import pandas as pd
import pytest

from experiments.study.file import HEADLINE
from experiments.worlds.screening import ends, most, moves
from sim.scenario import Entry


def row(key, end, seed, value, digest):
    return {"world": "w", "key": key, "end": end, "seed": seed, "digest": digest, **dict.fromkeys(HEADLINE, value)}


RUNS = pd.DataFrame([
    *(row("", f"draw {k}", k, float(k), "") for k in range(11)),  # tenths at 1 and 9
    row("", "own", 1, 5.0, "a"), row("", "own", 2, 7.0, "b"),
    row("x.up", "low", 1, 4.0, "c"), row("x.up", "low", 2, 7.0, "d"),  # less by .5 in the mean, high by 1.5
    row("x.up", "high", 1, 6.0, "e"), row("x.up", "high", 2, 9.0, "f"),
    row("x.none", "low", 1, 5.0, "a"), row("x.none", "low", 2, 7.0, "b"),
    row("x.none", "high", 1, 5.0, "a"), row("x.none", "high", 2, 7.0, "b"),
    row("x.other", "low", 1, 5.0, "a"), row("x.other", "low", 2, 7.0, "b"),
    row("x.other", "high", 1, 5.0, "a"), row("x.other", "high", 2, 7.0, "z"),  # some other measure moved
])  # fmt: skip


def test_a_move_is_told_as_a_share_of_the_spread_of_plausible_worlds():
    found = moves(RUNS).set_index(["key", "measure"])
    up = found.loc["x.up", "intimacy"]
    assert (up["change"], up["spread"], up["share"], up["error"]) == pytest.approx((2.0, 8.0, 0.25, 0.0))
    assert up["felt"] and found.loc["x.other", "intimacy"]["felt"] and not found.loc["x.none", "intimacy"]["felt"]
    assert found.loc["x.other", "reach"]["share"] == 0


def test_the_largest_move_of_each_value_leads():
    rows = most(moves(RUNS)).set_index("key")
    assert list(rows.index)[0] == "x.up" and rows["felt"].to_dict() == {"x.up": True, "x.none": False, "x.other": True}


def entry(value, allowed, prior, constant=""):
    return Entry("a.b", value, "unit", allowed, "assumed", "about", "baseline", prior, "why", constant)


def test_the_ends_are_those_of_the_prior_or_a_third_of_the_way():
    assert ends(entry(0.5, [0, 1], [0.3, 0.6])) == pytest.approx({"low": 0.3, "high": 0.6})
    assert ends(entry(4, [1, 8], [2, 6])) == {"low": 2, "high": 6}
    assert ends(entry(0.5, [0, 2], [], "held")) == pytest.approx({"low": 1 / 3, "high": 1.0})
    assert ends(entry(10, [1, 10_000], [], "held")) == {"low": 5, "high": 100}
