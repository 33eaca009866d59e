"""What matters, and where: indices beside SALib and known functions, maps, hinges and rules on cases worked by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import morris as morris_of_salib
from SALib.analyze import sobol as sobol_of_salib
from SALib.sample import morris, sobol
from scipy import stats

from experiments.stats import paired
from experiments.study import design, mix, regimes, sensitivity
from experiments.study.file import Range

KEYS = ["one", "two", "three"]
PROBLEM = design.problem(KEYS)
# Ishigami with a = 7, b = 0.1 (Saltelli et al. 2008): the third value acts through the first alone.
FIRST, TOTAL = [0.3139, 0.4424, 0.0], [0.5576, 0.4424, 0.2437]


def ishigami(unit):
    x = (2 * unit - 1) * np.pi
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def study(kind, points, **more):
    vary = {key: Range(low=0.0, high=1.0) for key in KEYS}
    return SimpleNamespace(design=kind, points=points, vary=vary, keys=KEYS, seed=5, **more)


# Sobol


@pytest.fixture(scope="module")
def shares():
    unit = design._cube(study("sobol", 1024))
    return ishigami(unit), sensitivity.sobol_indices(ishigami(unit), KEYS)


def test_sobol_finds_first_order_and_total_of_ishigami(shares):
    y, found = shares
    assert found["key"].tolist() == ["one", "two", "three"]  # by total; by first order the second would be the first
    assert found["first"].tolist() == pytest.approx(FIRST, abs=0.04)
    assert found["total"].tolist() == pytest.approx(TOTAL, abs=0.04)
    for name, truth in (("first", FIRST), ("total", TOTAL)):
        assert (found[f"{name}_low"] <= truth).all() and (truth <= found[f"{name}_high"]).all()


def test_sobol_and_its_intervals_are_salibs_and_heed_no_unit(shares):
    y, found = shares
    wanted = sobol_of_salib.analyze(PROBLEM, y, calc_second_order=False, num_resamples=1000, conf_level=0.95, seed=1)
    for name, short in (("first", "S1"), ("total", "ST")):
        half = (found[f"{name}_high"] - found[f"{name}_low"]) / 2
        assert found[name].tolist() == pytest.approx(wanted[short].tolist())
        assert half.tolist() == pytest.approx(wanted[f"{short}_conf"].tolist())
    moved = sensitivity.sobol_indices(1000 * y + 1e6, KEYS)
    assert moved.drop(columns="key").to_numpy() == pytest.approx(found.drop(columns="key").to_numpy(), abs=1e-6)


def test_an_answer_that_never_varies_has_no_shares():
    assert sensitivity.sobol_indices(np.full(8 * 5, 3.0), KEYS).drop(columns="key").eq(0).all(axis=None)


def test_a_sobol_design_is_saltellis_without_second_order():
    unit = design._cube(study("sobol", 8))
    assert unit.shape == (8 * 5, 3)
    assert (unit == sobol.sample(PROBLEM, 8, calc_second_order=False, seed=5)).all()


# Morris


def signs(unit):
    """The first lowers by 3, the second raises by 2, the third does nothing."""
    return 10 - 3 * unit[:, 0] + 2 * unit[:, 1]


def test_morris_takes_sizes_without_sign_and_finds_what_is_inert():
    unit = design._cube(study("morris", 12))
    found = sensitivity.morris_indices(unit, signs(unit), KEYS)
    assert found["key"].tolist() == KEYS
    assert found["mu_star"].tolist() == pytest.approx([3.0, 2.0, 0.0], abs=1e-9)
    assert found["sigma"].max() < 1e-9 and (found["high"] - found["low"]).max() < 1e-9


def test_morris_sees_an_effect_whose_sign_turns():
    """y = (x1 - 1/2)(x2 - 1/2): steps of x1 go up and down by as much, so their mean is near 0 and their size is not.

    x2 is 0, 1/3, 2/3 or 1, each as often: the size of a step is 1/2 or 1/6, 1/3 on average.
    """
    unit = design._cube(study("morris", 60))
    y = (unit[:, 0] - 0.5) * (unit[:, 1] - 0.5)
    found = sensitivity.morris_indices(unit, y, KEYS).set_index("key")
    assert found.loc[["one", "two"], "mu_star"].tolist() == pytest.approx([1 / 3, 1 / 3], abs=0.06)
    assert found.loc["one", "low"] < 1 / 3 < found.loc["one", "high"] and found.loc["one", "sigma"] > 0.3
    wanted = morris_of_salib.analyze(PROBLEM, unit, y, num_levels=4, num_resamples=1000, conf_level=0.95, seed=1)
    half = ((found["high"] - found["low"]) / 2).loc[KEYS[:2]]
    assert half.tolist() == pytest.approx(list(wanted["mu_star_conf"][:2]), rel=1e-6)


def test_a_size_is_not_below_nothing():
    unit = design._cube(study("morris", 4))
    y = (unit[:, 0] > 0.5) * (unit[:, 1] > 0.9) * 1.0
    assert (sensitivity.morris_indices(unit, y, KEYS)["low"] >= 0).all()


def test_a_morris_design_has_four_levels():
    unit = design._cube(study("morris", 6))
    assert unit.shape == (6 * 4, 3) and set(unit.ravel().round(6)) <= {0.0, 0.333333, 0.666667, 1.0}
    assert (unit == morris.sample(PROBLEM, 6, num_levels=4, seed=5)).all()
    steps = np.abs(np.diff(unit.reshape(6, 4, 3), axis=1))
    assert ((steps > 0).sum(axis=2) == 1).all() and steps[steps > 0] == pytest.approx(2 / 3)


# One at a time


def rows(**of_scenario):
    """Scenario -> place -> a value a seed."""
    return pd.DataFrame([
        {"scenario": scenario, "place": place, "replicate": seed, "m": value}
        for scenario, places in of_scenario.items()
        for place, values in enumerate(places)
        for seed, value in enumerate(values)
    ])  # fmt: skip


def test_an_answer_is_the_scenario_or_its_lead_over_another():
    table = rows(a=[[1.0, 2.0], [3.0, 5.0]], b=[[2.0, 4.0], [3.0, 2.0]])
    assert sensitivity.answers(table, "m", "b").to_numpy().tolist() == [[2, 4], [3, 2]]
    assert sensitivity.answers(table, "m", "b", "a").to_numpy().tolist() == [[1, 2], [0, -3]]


def test_the_share_of_the_luck_by_hand():
    """Variance within the two places 1 and 4; over all of 0, 2, 10, 14 it is (6.5^2 + 4.5^2 + 3.5^2 + 7.5^2) / 4."""
    table = pd.DataFrame([[0.0, 2.0], [10.0, 14.0]])
    assert sensitivity.seed_share(table) == pytest.approx(2.5 / 32.75)
    assert np.isnan(sensitivity.seed_share(pd.DataFrame(np.ones((2, 2)))))
    assert sensitivity.seed_share(pd.DataFrame([[0.0, 2.0, np.nan], [10.0, 14.0, np.nan]])) == pytest.approx(
        2.5 / 32.75
    )


def test_the_largest_change_is_paired_by_seed_whatever_its_sign():
    places = pd.DataFrame({"one": [0.1, 0.2, 0.3, 0.1], "two": [5, 5, 5, 9], "three": [1, 1, 1, 1]})
    luck = np.array([-40.0, 0.0, 40.0])
    steps = [[0, 0, 0], [1.0, 1.1, 0.9], [-3.0, -3.1, -2.9], [2.0, 2.2, 1.8]]
    table = pd.DataFrame([luck + step for step in steps])
    found = sensitivity.largest_changes(table, places)
    assert found[["key", "at", "own"]].to_numpy().tolist() == [["one", 0.3, 0.1], ["two", 9, 5]]
    assert found["change"].tolist() == pytest.approx([-3.0, 2.0])
    wanted = stats.ttest_rel(table.loc[2], table.loc[0]).confidence_interval(0.95)
    assert (found["low"][0], found["high"][0]) == pytest.approx((wanted.low, wanted.high))


# Who is ahead where, and what turns it


def leads(monkeypatch, by_place, keys):
    """The hinges of a study in which b leads a by these values, a list of seeds a place."""
    table = rows(a=[[0.0] * len(own) for own in by_place], b=by_place)
    for key, values in keys.items():
        table[key] = table["place"].map(dict(enumerate(values)))
    manifest = {"keys": list(keys), "values": {"k": {"assumed": True}}, "measures": {"m": {"better": "less"}}}
    monkeypatch.setattr(regimes.store, "read_manifest", lambda folder: manifest)
    monkeypatch.setattr(regimes.store, "read", lambda folder, keep: table)
    return regimes.hinges(Path(), "m", "a", "b").set_index("key")


def test_nobody_is_ahead_before_the_first_day(monkeypatch):
    table = pd.DataFrame({"day": [0, 1, 7], "m": [1.0, 2.0, 3.0]})
    monkeypatch.setattr(regimes.store, "read", lambda folder, day, keep: table)
    monkeypatch.setattr(regimes.store, "read_manifest", lambda folder: {"sheet": {}})
    assert regimes.by_day(Path(), "m")["day"].tolist() == [1, 7]


def test_a_hinge_by_hand(monkeypatch):
    """From 2 at k = 1 the lead goes to 1 at 2, to -1 at 4 and to 1 at 0; the range tried is 4 wide."""
    near = np.array([-0.1, 0.0, 0.1])
    by_place = [2 + near, 1 + near, -1 + near, 1 + near, 2 + near]
    found = leads(monkeypatch, by_place, {"k": [1.0, 2.0, 4.0, 0.0, 1.0], "other": [7.0, 7.0, 7.0, 7.0, 9.0]})
    k = found.loc["k"]
    assert (k["own"], k["flips_at"], k["low_tried"], k["high_tried"]) == (1.0, pytest.approx(3.0), 0.0, 4.0)
    assert k["change"] == pytest.approx(2 / 4) and k["shown"] and k["assumed"]
    assert np.isnan(found.loc["other", "flips_at"]) and not found.loc["other", "shown"]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_hinge_is_shown_only_where_the_other_sign_is(monkeypatch, sign):
    far = np.array([-2.0, 0.0, 2.0])
    found = leads(monkeypatch, [sign * (2 + far / 20), sign * (-1 + far)], {"k": [1.0, 2.0]})
    assert found.loc["k", "flips_at"] == pytest.approx(1 + 2 / 3) and not found.loc["k", "shown"]
    clear = leads(monkeypatch, [sign * (2 + far / 20), sign * (-1 + far / 20)], {"k": [1.0, 2.0]})
    assert clear.loc["k", "shown"]


def test_who_is_ahead_has_a_paired_lead_over_the_next_best():
    luck = np.array([-30.0, 0.0, 30.0, 5.0])
    table = pd.DataFrame({"a": luck, "b": luck + [1.0, 1.2, 0.9, 1.1], "c": luck + [0.5, 0.4, 0.5, 0.7]})
    found = regimes.ahead(table)
    wanted = stats.ttest_rel(table["b"], table["c"]).confidence_interval(0.95)
    assert (found["winner"], found["next"]) == ("b", "c")
    assert (found["low"], found["high"]) == pytest.approx((wanted.low, wanted.high))
    assert regimes.ahead(table.iloc[:2])["winner"] == regimes.NOBODY  # two seeds are too few for it
    assert regimes.ahead(table.iloc[:2])["low"] == pytest.approx(paired.interval(np.array([0.5, 0.8])).low)


def test_days_of_a_place_that_rules_are_tried_on_were_not_learned_from():
    """Who wins is a matter of the place alone, by chance, and each place has thirty days: whoever has learned from
    other days of the place is always right; whoever has not, is right as often as a coin."""
    places = np.repeat(np.arange(8), 30)
    wins = np.array(["a", "b", "b", "a", "b", "a", "a", "b"])[places]
    table = pd.DataFrame({"place": places, "day": np.tile(np.arange(30), 8), "k": 1.0 * places, "winner": wins})
    _, right = regimes.rules(table.sort_values(["day", "place"]), ["k"])  # in the order of `winners`
    assert right < 0.7


def test_rules_are_of_places_and_their_share():
    rng = np.random.default_rng(4)
    k = rng.random(100)
    table = pd.DataFrame({"place": np.arange(100), "day": 4, "k": k, "winner": np.where(k > 0.6, "b", "a")})
    found, right = regimes.rules(table, ["k"])
    assert {(rule.winner, rule.places, rule.share) for rule in found} == {
        ("a", int((k <= 0.6).sum()), 1.0), ("b", int((k > 0.6).sum()), 1.0)
    }  # fmt: skip
    assert right > 0.95 and found[0].when[0].startswith("k up to 0.6")
    (alone,), share = regimes.rules(table.assign(winner="a"), ["k"])
    assert (alone.winner, alone.when, alone.places, share) == ("a", [], 100, 1.0)


def test_the_days_count_only_where_there_are_several():
    table = pd.DataFrame({"day": [4, 4], "k": [1.0, 2.0], "w": ["x", "y"], "same": [3, 3]})
    assert regimes.numbers(table, ["k", "w", "same"]).columns.tolist() == ["k", "w is x", "w is y"]
    assert "day" in regimes.numbers(table.assign(day=[2, 4]), ["k"]).columns


def test_what_decides_comes_first():
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.random((200, 2)), columns=["idle", "deciding"])
    table["winner"] = np.where(table["deciding"] > 0.5, "a", "b")
    assert regimes.importance(table, ["idle", "deciding"]) == ["deciding", "idle"]


# Mixes


def test_a_front_keeps_what_is_equal_and_drops_what_is_beaten_in_one_goal():
    values = np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 1.0], [2.0, 1.0]])
    assert mix.front(values, ["more", "more"]) == [0, 1, 3] and mix.front(values, ["more", "less"]) == [3]
    assert mix.front(values, ["less", "less"]) == [2]


def test_finalists_lie_spread_over_the_front(monkeypatch):
    means = pd.DataFrame({"m": [0.0, 1.0, 2.0, 3.0, 4.0, 0.5], "n": [9.0, 8.0, 7.0, 6.0, 5.0, 1.0]})
    monkeypatch.setattr(mix, "goals_by_place", lambda study, folder: means)
    better = {key: SimpleNamespace(better="more") for key in means}
    asked = SimpleNamespace(measures=better, mix=SimpleNamespace(goals=["m", "n"], finalists=3))
    assert mix.finalists(asked, Path()) == [0, 2, 4]  # not 5, which others beat in both


def test_a_mix_adds_up_to_its_hours_and_a_corner_is_four_fifths():
    found = mix.shares(np.array([1.0, 0.5, 0.19, 0.21]), 0.6)
    weights = np.array([1.0, 0.125, 0.0, 0.21**3])
    assert sum(found) == pytest.approx(0.6) and found == pytest.approx(
        (weights / weights.sum() * 0.6).tolist(), abs=1e-4
    )
    assert found[2] == 0
    assert mix.corner(pd.Series({"a": 0.0, "b": 0.0})) == ""  # without hours there is nothing to lean on
    assert mix.corner(pd.Series({"a": 0.39, "b": 0.11})) == "" and "a" in mix.corner(pd.Series({"a": 0.4, "b": 0.1}))
