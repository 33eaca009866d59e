"""Bands, shares and errors of calibration, effects and evidence: quantiles at both ends, what is left out, by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.contingency_tables import Table2x2

from experiments.calibration import posterior, result
from experiments.calibration.check import Ranks
from experiments.calibration.fitting import Findings
from experiments.calibration.holdout import Course
from experiments.calibration.parameters import CANDIDATES
from experiments.calibration.summaries import ABOUT
from experiments.comparison import report
from experiments.effects import dilution, levels, pooling
from experiments.effects import study as effects
from experiments.evidence import judging
from experiments.stats import paired
from sim.logs import patterns
from sim.logs.patterns import estimates

HUNDRED = np.arange(101.0)  # whose q-quantile is 100 q


def findings(log: float = 50.0, runs=HUNDRED, **more) -> Findings:
    replays = [{"summaries": dict.fromkeys(ABOUT, float(value))} for value in runs]
    empty = dict.fromkeys(("world", "candidates", "posterior", "later", "aheads", "seconds"))
    return Findings(**(empty | {"real": {"summaries": dict.fromkeys(ABOUT, log)}, "replays": replays} | more))


def test_a_fact_is_met_between_the_quantiles_that_hold_95_of_100_runs():
    facts = findings().facts()
    assert facts["low"].tolist() == pytest.approx([2.5] * len(ABOUT)) and set(facts["model"]) == {50.0}
    assert facts["high"].tolist() == pytest.approx([97.5] * len(ABOUT))
    for log, met in ((2.4, False), (2.6, True), (97.4, True), (97.6, False)):
        assert (findings(log).facts()["met"] == met).all()


def facts_met(share, levels_met):
    names = [name for name in ABOUT if name not in result.LEVELS]
    others = round(share * len(ABOUT)) - levels_met
    met = {*names[:others], *result.LEVELS[:levels_met]}
    real = {"summaries": {name: 50.0 if name in met else -1.0 for name in ABOUT}}
    return findings(real=real)


@pytest.mark.parametrize(
    ("share", "levels_met", "said"),
    [
        (0.9, 6, "fits"),
        (0.7, 6, "fits in part"),
        (0.4, 6, "cannot fit"),
        (0.7, 2, "cannot fit"),
        (0.7, 3, "fits in part"),
    ],
)
def test_how_well_a_log_is_fitted_is_told_by_the_share_of_its_facts(share, levels_met, said):
    found = result.verdict(facts_met(share, levels_met))
    assert found.fit == said and found.met == round(share * len(ABOUT)) and len(found.off) == len(ABOUT) - found.met


def test_the_band_of_a_course_holds_nine_runs_in_ten():
    course = Course(np.array([5.0]), np.array([4.0, 96.0]), np.column_stack([HUNDRED, HUNDRED]), 8)
    middle, low, high = course.band()
    assert (middle.tolist(), low.tolist(), high.tolist()) == ([50, 50], pytest.approx([5, 5]), pytest.approx([95, 95]))
    assert course.score()["covered"] == 0


def test_the_score_of_a_course_by_hand():
    """Median 2 against 3, 1 and one that is not known; the last value is 4, the mean of the last two 3."""
    runs = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [3.2, 3.2, 3.2]])
    score = Course(np.array([2.0, 4.0]), np.array([3.0, 0.5, np.nan]), runs, 2).score()
    assert (score["n"], score["model"], score["covered"]) == (2, pytest.approx((1 + 1.5) / 2), 0.5)
    assert score["naive"]["last value"] == pytest.approx((1 + 3.5) / 2)
    assert score["naive"]["mean of the last"] == pytest.approx((0 + 2.5) / 2)
    assert score["naive"]["linear trend"] == pytest.approx((3 + 7.5) / 2)  # 6 and 8
    assert score["best"] == "mean of the last"


def test_a_fitted_value_has_the_ends_of_90_of_100_draws_and_is_identified_if_narrowed():
    """The first parameter's draws fill its prior, the second's fifteen hundredths of it, the third moves nothing."""
    one = HUNDRED / 100
    u = np.column_stack([one, 0.4 + 0.15 * one, 0.4 + 0.15 * one])
    found = findings(posterior=posterior.Posterior(u, np.array([True, True, False]), 1, 9), candidates=CANDIDATES[:3])
    first, second, third = result.fitted(found)
    for value, p, low, high in ((first, CANDIDATES[0], 0.05, 0.95), (second, CANDIDATES[1], 0.4075, 0.5425)):
        assert (value.low, value.high) == (pytest.approx(p.value(low)), pytest.approx(p.value(high)))
    assert (first.identified, second.identified, third.identified) == (False, True, False)
    assert not third.moves


def test_ranks_are_covered_between_a_twentieth_and_nineteen():
    rank = np.array([[0.04], [0.06], [0.5], [0.94], [0.96]])
    assert Ranks(("a",), rank, rank).covered.tolist() == [0.6]


def test_the_emulators_errors_are_of_runs_that_it_was_not_fitted_to():
    """Twenty-five runs, nine features: fitted to all of them the errors would look smaller than the noise."""
    ratios = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        u = rng.random((25, 3))
        y = 20 * u @ rng.normal(size=(3, 2)) + rng.normal(size=(25, 2))
        emulator = posterior.Emulator(u, y, y.mean(axis=0))
        inside = (emulator.residuals(u) - (y - y.mean(axis=0)) / y.std(axis=0)).var(axis=0)
        ratios.append(np.mean(np.diag(emulator.covariance) / inside))
    assert np.median(ratios) > 1.5


def test_what_moves_a_summary_is_found_by_the_regression_of_ranks():
    rng = np.random.default_rng(3)
    u = rng.random((40, 3))
    y = np.column_stack([np.exp(3 * u[:, 0]) + 0.6 * rng.normal(size=40), rng.normal(size=40)])
    ranks = pd.DataFrame(u).rank()
    p = np.array([sm.OLS(pd.Series(column).rank(), sm.add_constant(ranks)).fit().pvalues[1:] for column in y.T])
    least = p.min(axis=0)
    assert posterior.movers(u, y).tolist() == (least * 2 < 0.01).tolist() == [True, False, False]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(posterior, "SURE", 1.001 * 2 * least[1])
        assert posterior.movers(u, y)[1]
        patched.setattr(posterior, "SURE", 0.999 * 2 * least[1])
        assert not posterior.movers(u, y)[1]


# Evidence


def test_a_ratio_of_means_by_hand():
    """Means 3 and 1.5; what each seed adds is top / 3 - bottom / 1.5: 1/3 - 2/3, 5/3 - 4/3, 1 - 1."""
    found = judging.ratio(np.array([1.0, 5.0, 3.0, np.nan]), np.array([1.0, 2.0, 1.5, 9.0]))
    half = paired.interval(np.array([-1 / 3, 1 / 3, 0.0])).half
    assert (found.mean, found.n) == (2.0, 3)
    assert (found.low, found.high) == (pytest.approx(2 * math.exp(-half)), pytest.approx(2 * math.exp(half)))
    assert math.isnan(judging.ratio(np.array([1.0, -1.0]), np.ones(2)).mean)


def test_an_odds_ratio_is_that_of_the_pooled_table():
    cases, of = np.array([3.0, 5.0, 4.0, np.nan]), np.array([10.0, 10.0, 10.0, 1.0])
    other, of_other = np.array([1.0, 2.0, 2.0, 1.0]), np.array([12.0, 10.0, 11.0, 1.0])
    found = judging.odds_ratio(cases, of, other, of_other)
    assert found.n == 3
    assert found.mean == pytest.approx(Table2x2(np.array([[12, 18], [5, 28]]) + 0.5).oddsratio)
    logs = [
        Table2x2(np.array([[12 - a, 18 - (n - a)], [5 - b, 28 - (m - b)]]) + 0.5).log_oddsratio
        for a, n, b, m in zip(cases[:3], of, other, of_other, strict=False)
    ]
    half = 4.302653 * math.sqrt(2 / 3 * np.sum((logs - np.mean(logs)) ** 2))  # the jackknife's error, t with 2
    assert found.high / found.mean == pytest.approx(math.exp(half), rel=1e-6)


@pytest.mark.parametrize(
    ("ends", "band", "whole", "passed"),
    [
        ((1.0, 0.5, 1.5), (0.8, 1.2), False, True), ((1.0, 0.5, 1.5), (0.8, 1.2), True, False),
        ((1.0, 0.9, 1.1), (0.8, 1.2), True, True), ((0.7, 0.6, 0.8), (0.8, 1.2), False, False),
        ((1.3, 1.1, 1.5), (0.8, 1.2), False, False), ((0.5, -0.1, 1.1), judging.ABOVE_ZERO, True, False),
        ((0.5, 0.1, 0.9), judging.ABOVE_ZERO, True, True), ((-0.5, -0.9, -0.1), judging.BELOW_ZERO, True, True),
        ((0.0, 0.0, 0.0), judging.ABOVE_ZERO, True, False), ((1.0, math.nan, math.nan), (0.8, 1.2), True, False),
    ],
)  # fmt: skip
def test_a_criterion_is_met_by_the_mean_or_by_the_whole_interval(ends, band, whole, passed):
    row = judging.Row("x", "", "", "", paired.Interval(*ends, 5), band, whole)
    assert row.passed is passed


# Effects


def test_effects_of_a_log_have_both_ends_in_their_unit():
    catalogue = effects.catalogue()
    name = catalogue[catalogue["unit"] == "ratio"]["effect"].iloc[0]
    estimates = pd.DataFrame([("x", name, math.log(2), 0.1, 9)], columns=["log", "effect", "value", "se", "n"])
    (row,) = effects.by_log(SimpleNamespace(estimates=estimates)).to_dict("records")
    ends = (2.0, 2 * math.exp(-0.196), 2 * math.exp(0.196))
    assert (row["value"], row["low"], row["high"]) == pytest.approx(ends)


def test_a_fact_over_logs_is_their_median_between_the_ends_of_a_bootstrap():
    values = np.array([0.1, 0.2, 0.3, 0.4, 0.9])
    facts = pd.DataFrame({"fact": "f", "value": [*values, np.nan], "se": 0.01})
    middle, low, high = effects.fact_of(SimpleNamespace(facts=facts), "f")
    assert (middle, low, high) == (0.3, 0.1, 0.9)  # the median of five is the least in 5.8 of 100 resamples
    alone = effects.fact_of(SimpleNamespace(facts=facts.iloc[:1]), "f")
    assert alone == pytest.approx((0.1, 0.1 - 0.0196, 0.1 + 0.0196))


def test_a_slope_over_communities_lies_between_the_ends_of_a_bootstrap():
    rng = np.random.default_rng(2)
    x = rng.normal(size=40)
    y = -0.7 * x + 0.3 * rng.normal(size=40)
    found = dilution.elasticity([{"frequency": math.exp(a), "drawn": math.exp(b)} for a, b in zip(x, y, strict=True)])
    fit = sm.OLS(y, sm.add_constant(x)).fit()
    assert found["value"] == pytest.approx(fit.params[1]) and found["r"] == pytest.approx(np.corrcoef(x, y)[0, 1])
    low, high = fit.conf_int()[1]
    assert (found["low"], found["high"]) == (pytest.approx(low, abs=0.03), pytest.approx(high, abs=0.03))


def test_errors_of_a_share_and_of_resampled_values():
    assert levels.share(0.2, 100).se == pytest.approx(0.04) and math.isnan(levels.share(0.2, 0).se)
    values = np.random.default_rng(1).normal(size=400)
    assert levels.resampled(values, np.mean) == pytest.approx(values.std() / 20, rel=0.15)
    assert math.isnan(levels.resampled(np.empty(0), np.mean))


def test_a_pooled_value_has_the_t_interval_of_its_communities():
    """Equal errors: the mean, with t of k - 1 and the spread of the values themselves (Hartung & Knapp)."""
    value = np.array([0.1, 0.3, 0.2, 0.6])
    found, wanted = pooling.pool(value, np.full(4, 0.01)), paired.interval(value)
    assert (found.value, found.low, found.high) == pytest.approx((wanted.mean, wanted.low, wanted.high))
    assert found.boot_low < found.value < found.boot_high and found.k == 4
    alone = pooling.pool([0.5], [0.1])
    assert (alone.low, alone.high) == pytest.approx((0.304, 0.696))


def test_a_fact_of_a_log_lies_between_the_percentiles_of_resampled_accounts():
    """Twenty accounts, of whose 3 messages each some are answered; the same draws by hand."""
    answered, written = np.arange(20) % 4, np.full(20, 3)
    one = estimates.ratio(answered, written)
    never = estimates.Estimate(1, lambda w: 0.5 if (w == 1).all() else math.nan)
    value, low, high = patterns._intervals([one, never], 20, 300, np.random.default_rng(8))
    dice = np.random.default_rng(8)
    drawn = [answered[dice.integers(0, 20, 20)].sum() / 60 for _ in range(300)]
    assert value.tolist() == [0.5, 0.5]
    assert (low[0], high[0]) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))
    assert np.isnan([low[1], high[1]]).all() and np.isnan(patterns._intervals([one], 20, 0, dice)[1:]).all()


# The base of a percentage


def test_a_share_in_the_picture_of_differences_is_of_the_means_average_size():
    def judged(first, second):
        return SimpleNamespace(
            measure="m", label="thing", wanted="", first_mean=first, second_mean=second,
            mean=second - first, low=second - first - 1, high=second - first + 1,
        )  # fmt: skip

    rows = report.forest([judged(10.0, 30.0), judged(-30.0, -10.0), judged(-10.0, 30.0), judged(0.0, 0.0)])
    assert rows["mean"].tolist() == [1.0, 1.0, 2.0] and rows["low"].tolist() == pytest.approx([0.95, 0.95, 1.95])
    assert rows["high"].tolist() == pytest.approx([1.05, 1.05, 2.05])
