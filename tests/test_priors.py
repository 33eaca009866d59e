"""Priors: what each declaration says of a value that nobody has measured, quantiles by hand, draws of whole worlds."""

import numpy as np
import pytest
from scipy.stats import norm, qmc

from experiments.runs.point import settled
from experiments.worlds.priors import draw, quantile
from sim.prior import CUT, on_log_scale, prior_around
from sim.scenario import BASELINE, Entry, load, shipped
from tests.places import lacking
from tests.test_sources import declarations

DECLARED = dict(declarations(BASELINE))
WITH_PRIOR = {key: item for key, item in DECLARED.items() if "prior" in item}


def entry(value, allowed, prior):
    return Entry("a.b", value, "unit", allowed, "assumed", "about", "baseline", prior, "why", "")


def test_what_is_assumed_has_a_prior_or_is_held_for_a_reason():
    assert {key: said for key, item in DECLARED.items() if (said := lacking(item))} == {}
    assert len(WITH_PRIOR) > 100


@pytest.mark.parametrize(("more", "said"), [
    ({}, "has no prior"),
    ({"prior": [0.1, 0.3]}, "without why"),
    ({"why": "so"}, "without a prior"),
    ({"prior": [0.1, 0.3], "why": "so", "constant": "so"}, "say one"),
    ({"prior": [0.1, 0.3], "why": "so"}, ""),
    ({"constant": "so"}, ""),
    ({"source": "M2; range assumed"}, ""),
    ({"value": True}, ""),
])  # fmt: skip
def test_a_declaration_that_lacks_one_is_told(more, said):
    told = lacking({"value": 0.2, "source": "M2; assumed", **more})
    assert said in told and bool(said) == bool(told)


def test_priors_are_of_numbers_and_lie_in_their_range():
    """So far within it that truncation leaves a tenth beyond each end, on the scale that is used."""
    for key, item in WITH_PRIOR.items():
        (low, high), (least, most), value = item["prior"], item["range"], item["value"]
        assert type(value) in (int, float) and type(low) is type(high) is type(value), key
        assert not item["source"].startswith(("design", "fact of a community")), key
        to = np.log if on_log_scale(item["range"]) else float
        least, low, value, high, most = map(to, (least, low, value, high, most))
        assert least + CUT * (value - least) <= low <= value <= high <= most - CUT * (most - value), key
        assert low < high, key


def test_quantiles_by_hand():
    """With a range so far off that it does not cut, each half is a normal: .1, .25, .5, .75, .9."""
    plain = entry(10.0, [-1000, 1000], [8.0, 14.0])
    assert quantile(plain, [0.1, 0.25, 0.5, 0.75, 0.9]) == pytest.approx(
        [8.0, 10 - 2 * 0.6744898 / 1.2815516, 10.0, 10 + 4 * 0.6744898 / 1.2815516, 14.0]
    )
    assert quantile(plain, 0.3) == pytest.approx(10 + 2 / norm.ppf(0.9) * norm.ppf(0.3))


def test_the_range_cuts_and_moves_neither_the_median_nor_the_tenths():
    """A half normal of 0.8 quantile .3, cut at .5: erf(.6 k) = .8 erf(k) for k = 1.38399, by hand."""
    cut = entry(0.5, [0, 1], [0.2, 0.7])
    assert quantile(cut, [0, 0.1, 0.5, 0.9, 1]) == pytest.approx([0.0, 0.2, 0.5, 0.7, 1.0], abs=1e-9)
    u = (np.arange(20_000) + 0.5) / 20_000
    values = quantile(cut, u)
    assert ((values > 0) & (values < 1)).all() and (np.diff(values) > 0).all()  # none heaped on an end: truncated
    assert np.mean(values < 0.2) == pytest.approx(0.1, abs=1e-3)
    spread = 0.5 / 1.38399 / np.sqrt(2)
    half = (norm.cdf(0.1 / spread) - 0.5) / (norm.cdf(0.5 / spread) - 0.5)
    assert np.mean((values < 0.5) & (values > 0.4)) == pytest.approx(half / 2, abs=1e-3)


def test_a_prior_to_the_cut_is_flat():
    flat = entry(0.5, [0, 1], [0.1, 0.9])
    assert quantile(flat, [0.05, 0.1, 0.3, 0.7]) == pytest.approx([0.05, 0.1, 0.3, 0.7])


def test_a_range_over_a_factor_of_ten_is_on_the_log_scale():
    assert quantile(entry(10.0, [0.001, 1e6], [5.0, 40.0]), [0.1, 0.5, 0.9]).tolist() == pytest.approx([5, 10, 40])
    wide, narrow = entry(10.0, [0.9, 110], [5.0, 20.0]), entry(10.0, [2, 20], [5.0, 15.0])
    low, high = quantile(wide, [0.25, 0.75])
    assert low * high == pytest.approx(100, rel=1e-2)  # symmetric by ratio
    low, high = quantile(narrow, [0.25, 0.75])
    assert low + high == pytest.approx(20, rel=1e-2)  # of a factor of ten, not more: by difference
    assert not on_log_scale([0, 10]) and not on_log_scale([-1, 100]) and not on_log_scale([1, 10])


def test_whole_numbers_are_rounded():
    whole = entry(4, [1, 8], [2, 6])
    values = quantile(whole, np.linspace(0, 1, 101))
    assert set(values) == {1, 2, 3, 4, 5, 6, 7, 8} and values[50] == 4 and values[10] == 2 and values[90] == 6


def test_a_half_without_spread_stays_at_the_value():
    assert quantile(entry(0.0, [0, 1], [0.0, 0.4]), [0.0, 0.2, 0.5, 0.9]).tolist() == pytest.approx([0, 0, 0, 0.4])


def test_a_value_of_its_own_takes_the_prior_along():
    """By distance, or by ratio on the log scale, and never nearer to an end of the range than truncation allows."""
    shares = {"value": 0.8, "range": [0, 1], "prior": [0.6, 0.9]}
    assert prior_around(shares, 0.5) == pytest.approx([0.3, 0.6])
    assert prior_around(shares, 0.95) == pytest.approx([0.75, 0.99])
    assert prior_around(shares, 1.0) == pytest.approx([0.8, 1.0])
    days = {"value": 10.0, "range": [1, 1000], "prior": [5.0, 30.0]}
    assert prior_around(days, 100.0) == pytest.approx([50, 300])
    assert prior_around({"value": 1, "range": [0, 2]}, 2) == []
    (set_by_hand,) = [e for e in load("baseline", {"ties.gain": 0.1}).entries() if e.key == "ties.gain"]
    assert set_by_hand.prior == pytest.approx([0.07, 0.15])


def test_every_draw_is_a_valid_scenario():
    base = load("baseline")
    worlds = draw(40, 3)
    for world in worlds:
        made = settled(base, world)
        assert made.digest() != base.digest() and not made.implausible()
    with_prior = {e.key: e for e in base.entries() if e.prior}
    assert all(list(world) == list(with_prior) for world in worlds)
    assert all(type(value) is type(with_prior[key].value) for world in worlds for key, value in world.items())


@pytest.mark.parametrize("name", shipped())
def test_worlds_are_drawn_around_any_scenario(name):
    scenario = load(name)
    for world in draw(4, 1, scenario):
        settled(scenario, world)


def test_draws_are_of_the_priors():
    worlds = draw(512, 5)
    for e in load("baseline").entries():
        if e.prior:
            values = np.array([world[e.key] for world in worlds])
            assert np.median(values) == pytest.approx(e.value, abs=0.02 * (e.range[1] - e.range[0])), e.key
            assert 0.72 < np.mean((values >= e.prior[0]) & (values <= e.prior[1])) <= 1, e.key
    gain, half_life = (np.array([world[key] for world in worlds]) for key in ("ties.gain", "visiting.need"))
    assert abs(np.corrcoef(gain, half_life)[0, 1]) < 0.1


def test_the_first_draws_of_many_are_those_of_few():
    assert draw(37, 8)[:5] == draw(5, 8) and draw(1, 8) == draw(2, 8)[:1]
    assert draw(4, 8) != draw(4, 9)


def test_what_a_template_declares_is_drawn_once_for_all():
    """Each norm around its own value, all by the same share."""
    own = {e.key: e for e in load("baseline").entries()}
    keys = [key for key in own if own[key].prior and key.startswith("norms.") and key.endswith(".start")]
    assert len(keys) == 6
    worlds = draw(64, 2)
    ranks = {tuple(np.argsort([world[key] for world in worlds])) for key in keys}
    assert len(ranks) == 1
    assert worlds[0][keys[0]] != worlds[0][keys[1]]


def test_points_are_scrambled_sobol():
    """More even than luck: the discrepancy of two columns, taken back to shares, is far below that of random points."""
    by_hand = [(key, item["range"]) for key, item in WITH_PRIOR.items() if key in ("ties.gain", "visiting.need")]
    worlds, rng = draw(256, 4), np.random.default_rng(1)
    ranks = np.array([np.argsort(np.argsort([world[key] for world in worlds])) for key, _ in by_hand]).T
    even = qmc.discrepancy((ranks + 0.5) / 256)
    luck = np.array([np.argsort(np.argsort(rng.random(256))) for _ in by_hand]).T
    assert even < 0.7 * qmc.discrepancy((luck + 0.5) / 256)
