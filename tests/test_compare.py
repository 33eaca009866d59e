"""The statistics by hand and against scipy, and what the verdict says of them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.comparison import verdict as compare
from experiments.comparison import words as verdict
from experiments.pages import text, wording
from experiments.stats import paired
from experiments.stats.difference import precision

LABELS = ["megaphone", "hearth"]
HEADLINE = ("intimacy", "value_members", "value_company", "reach", "newcomers_kept")
MEASURES = {
    key: {"label": key.replace("_", " "), "unit": "things", "kind": "state", "about": "", "better": "more"}
    for key in HEADLINE
} | {
    "annoyance": {"label": "Annoyance", "unit": "things", "kind": "state", "about": "", "better": "less"},
    "posts": {"label": "Posts", "unit": "posts", "kind": "flow", "about": "", "better": ""},
}
COST = {"hours_per_week": 40.0, "wage": 35.0, "money_per_week": 100.0, "cost_per_week": 1500.0}


def manifest(labels=LABELS, n=4, **more) -> dict:
    entries = [{"key": "ties.gain", "assumed": True}, {"key": "ties.slots", "assumed": False}]
    resolved = {"community": {"members": 100}, "ties": {"gain": 0.1}, "strategy": {"hours": {}}}
    return {
        "labels": list(labels),
        "sheet": {"replicates": n, "precision": None},
        "measures": MEASURES,
        "scenarios": {label: {"resolved": resolved, "entries": entries, "cost": COST} for label in labels},
        **more,
    }


def table(ends: dict[str, dict[str, list[float]]], days=(0, 1, 2)) -> pd.DataFrame:
    """Runs in which each measure stays at its end value; `ends` is label -> measure -> a value a seed."""
    rows = []
    for label, measures in ends.items():
        n = len(next(iter(measures.values())))
        for r in range(n):
            for day in days:
                values = {key: measures.get(key, [0.0] * n)[r] for key in MEASURES}
                rows.append({"scenario": label, "replicate": r, "seed": r + 10, "day": day, **values})
    return pd.DataFrame(rows)


def two(first: list[float], second: list[float]) -> compare.Verdict:
    """The verdict when only intimacy differs."""
    runs = table({LABELS[0]: {"intimacy": first}, LABELS[1]: {"intimacy": second}})
    return compare.verdict(runs, manifest(n=len(first)))


def test_interval_by_hand():
    # 1, 2, 3: mean 2, sd 1; t(.975, 2) = 4.30265; half = 4.30265 / sqrt(3) = 2.48414
    found = paired.interval(np.array([1.0, 2.0, 3.0]))
    assert (found.mean, found.n) == (2.0, 3)
    assert found.low == pytest.approx(2 - 2.48414, abs=1e-5)
    assert found.high == pytest.approx(2 + 2.48414, abs=1e-5)


def test_interval_is_scipys_and_leaves_nan_out():
    values = np.random.default_rng(4).normal(3, 2, 15)
    wanted = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = paired.interval(np.append(values, np.nan))
    assert (found.low, found.high, found.n) == (pytest.approx(wanted.low), pytest.approx(wanted.high), 15)
    assert paired.chance_of_none(values) == pytest.approx(stats.ttest_1samp(values, 0).pvalue)


def test_intervals_by_column_equal_the_single_ones():
    values = np.random.default_rng(5).normal(size=(7, 3))
    values[2, 1] = np.nan
    mean, low, high = paired.intervals(values)
    for k in range(3):
        one = paired.interval(values[:, k])
        assert (mean[k], low[k], high[k]) == (pytest.approx(one.mean), pytest.approx(one.low), pytest.approx(one.high))


def test_one_seed_has_no_interval():
    found = paired.interval(np.array([1.0]))
    assert math.isnan(found.low)
    assert not found.excludes_zero


def test_pairing_is_worth_it():
    # The luck is shared and large, the effect small: only within pairs does it show.
    luck = np.array([10.0, 50.0, 90.0, 30.0, 70.0])
    gain = np.array([0.9, 1.1, 1.0, 1.2, 0.8])
    (pair,) = two(list(luck), list(luck + gain)).pairs
    d = pair.headline[0]
    assert d.better == "hearth"
    assert d.mean == pytest.approx(1.0)
    assert d.correlation > 0.999
    assert stats.ttest_ind(luck, luck + gain).pvalue > 0.9


def test_bootstrap_is_scipys_and_repeats():
    values = np.random.default_rng(6).lognormal(size=12)
    found = paired.bootstrap(values)
    assert found == paired.bootstrap(values)
    rng = np.random.default_rng(0)
    wanted = stats.bootstrap((values,), np.mean, n_resamples=4999, method="BCa", batch=1000, rng=rng)
    assert found == pytest.approx(tuple(wanted.confidence_interval))
    assert all(math.isnan(end) for end in paired.bootstrap(np.ones(8)))


def test_disagreement_is_flagged_above_a_fifth():
    plain = paired.Interval(0.0, -1.0, 1.0, 20)
    assert not paired.disagree(plain, (-0.9, 0.9))
    assert paired.disagree(plain, (-0.7, 0.7))
    assert not paired.disagree(plain, (math.nan, math.nan))


def test_holm_by_hand():
    # Sorted .01, .03, .04 times 3, 2, 1 = .03, .06, .04; made monotone: .03, .06, .06.
    assert paired.holm(np.array([0.04, 0.01, 0.03])) == pytest.approx([0.06, 0.03, 0.06])


def test_the_interval_of_the_share_is_exact_and_takes_ties_both_ways():
    """Of n seeds of n: the low end is the n-th root of .025, worked by hand; a tie widens on its side alone."""
    assert paired.share_ends(np.full(10, 2.0)) == (pytest.approx(0.025**0.1), 1.0)
    assert paired.share_ends(np.full(10, -2.0)) == (0.0, pytest.approx(1 - 0.025**0.1))
    low, high = paired.share_ends(np.array([1.0] * 9 + [0.0]))
    assert low == pytest.approx(stats.beta.ppf(0.025, 9, 2)) and high == 1.0
    assert paired.share_ends(np.array([np.nan, 1.0])) == (pytest.approx(0.025), 1.0)
    assert np.isnan(paired.share_ends(np.array([np.nan]))).all()


def test_share_above_counts_ties_half():
    assert paired.share_above(np.array([1.0, -1.0, 0.0, 2.0])) == 0.625


def test_seeds_needed():
    # Half-width 2 with 10 seeds; 1 wanted: four times as many, and 5 % more. What is wide enough needs fewer.
    assert paired.seeds_needed(2.0, 10, 1.0) == 42
    assert paired.seeds_needed(2.0, 10, 2.0) == 11
    assert paired.seeds_needed(2.0, 10, 20.0) == 2
    assert math.isnan(paired.seeds_needed(math.nan, 1, 1.0)) and math.isnan(paired.seeds_needed(2.0, 10, 0.0))


DAYS = np.array([0, 7, 14, 21, 28])


def test_lead_finds_the_day_of_overtaking():
    course = np.array([0.0, -2.0, -1.0, 1.0, 3.0])
    found = paired.lead(DAYS, course + np.array([[-0.1], [0.0], [0.1]]))
    assert (found.ahead, found.since, found.clear, found.earlier) == ("second", 21, 21, (7, -2.0))
    assert found.overtaken


def test_lead_of_the_first_and_from_the_start():
    found = paired.lead(DAYS, -np.array([0.0, 1, 2, 3, 4]) + np.array([[-0.9], [0.0], [0.9]]))
    assert (found.ahead, found.since, found.earlier, found.overtaken) == ("first", 7, None, False)
    assert found.clear == 21  # half-width 4.303 * .9 / sqrt(3) = 2.24


def test_lead_of_nobody():
    assert paired.lead(DAYS, np.zeros((3, 5))).ahead == "nobody"
    assert paired.lead(DAYS, np.full((3, 5), np.nan)).since is None


def test_no_winner_is_named_where_the_interval_holds_zero():
    found = two([1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.5])
    d = found.pairs[0].headline[0]
    assert d.low < 0 < d.high
    assert d.better is None and d.higher is None
    said = verdict.answer(d)
    assert said.who is None
    assert "no difference could be shown" in str(said)
    assert "could be luck" in str(said)
    assert "Ahead" not in str(said) and "leads" not in str(said) and "overtakes" not in str(said)
    assert "Neither is shown to create more intimacy" in verdict.text(found)


def test_falsified_numbers_turn_the_comparison():
    low, high = [1.0, 1.1, 0.9, 1.0], [2.0, 2.2, 1.9, 2.1]
    assert two(low, high).pairs[0].headline[0].better == "hearth"
    assert two(high, low).pairs[0].headline[0].better == "megaphone"
    assert "More intimacy between members: megaphone." in verdict.text(two(high, low))
    assert two(low, low).pairs[0].headline[0].better is None


def test_less_of_a_bad_thing_is_better_and_neutral_is_nobodys():
    ends = {
        "megaphone": {"annoyance": [5.0, 5.1, 4.9, 5.0], "posts": [1.0, 1.1, 1.0, 1.2]},
        "hearth": {"annoyance": [1.0, 1.2, 0.9, 1.0], "posts": [3.0, 3.1, 3.0, 3.3]},
    }
    (pair,) = compare.verdict(table(ends), manifest()).pairs
    by_key = {d.measure: d for d in pair.others}
    assert by_key["annoyance"].better == "hearth"
    assert (by_key["posts"].better, by_key["posts"].higher) == (None, "hearth")


@pytest.mark.parametrize(("first", "second", "ahead"), [([1.0, 1.1, 0.9], [2.0, 2.2, 2.1], "second"),
                                                        ([2.0, 2.2, 2.1], [1.0, 1.1, 0.9], "first")])  # fmt: skip
def test_a_lead_is_of_who_is_higher_at_the_end(first, second, ahead):
    (pair,) = two(first, second).pairs
    assert pair.headline[0].lead.ahead == ahead


def test_the_loser_keeps_what_it_wins():
    ends = {
        "megaphone": {"intimacy": [1.0, 1.1, 1.0, 0.9], "reach": [9.0, 9.1, 9.2, 9.0]},
        "hearth": {"intimacy": [2.0, 2.1, 2.1, 1.9], "reach": [5.0, 5.1, 5.1, 5.0]},
    }
    found = compare.verdict(table(ends), manifest())
    assert "megaphone creates less intimacy, and still does better in: reach" in verdict.text(found)


def test_what_it_rests_on_is_said():
    said = verdict.text(two([1.0, 1.1, 0.9, 1.0], [2.0, 2.2, 1.9, 2.1]))
    assert "4 seeds" in said and "2 parameters, of which 1 are assumed" in said and "100 members over 2 days" in said
    assert "held constant" not in said
    assert "not a forecast" in said


def test_what_is_held_constant_is_counted_apart():
    facts = manifest()
    for item in facts["scenarios"].values():
        held = {"key": "ties.half_life", "assumed": True, "constant": "no measure feels it", "prior": []}
        item["entries"] = [*item["entries"], held]
    found = compare.verdict(table({label: {"intimacy": [1.0, 1.1, 1.0, 0.9]} for label in LABELS}), facts)
    said = verdict.text(found)
    assert "3 parameters, of which 1 are assumed: nobody has measured them; 1 more are held constant" in said


def test_unequal_costs_and_other_worlds_are_cautioned():
    facts = manifest()
    other = {**facts["scenarios"]["hearth"]}
    other["cost"] = {**COST, "hours_per_week": 80.0, "cost_per_week": 2900.0}
    other["resolved"] = {**other["resolved"], "ties": {"gain": 0.2}}
    facts["scenarios"]["hearth"] = other
    runs = table({label: {"intimacy": [1.0, 2.0, 1.5, 1.0]} for label in LABELS})
    said = verdict.text(compare.verdict(runs, facts))
    assert "do NOT cost the same" in said
    assert "1 value of the world (ties)" in said


def test_three_scenarios_each_against_the_first_and_the_best():
    ends = {
        "a": {"intimacy": [1.0, 1.1, 0.9, 1.0]},
        "b": {"intimacy": [3.0, 3.2, 2.9, 3.1]},
        "c": {"intimacy": [3.1, 3.0, 3.1, 3.0]},
    }
    found = compare.verdict(table(ends), manifest(labels=list(ends)))
    assert [(p.first, p.second) for p in found.pairs] == [("a", "b"), ("a", "c")]
    said = verdict.best(found.best[0])
    assert "no single best could be shown" in said and "b and c" in said.replace("c and b", "b and c")


def test_verdict_is_plain_json():
    import json

    data = json.loads(json.dumps(two([1.0, 1.1, 0.9, 1.0], [2.0, 2.2, 1.9, 2.1]).as_dict(), allow_nan=False))
    assert data["pairs"][0]["headline"][0]["better"] == "hearth"


def test_seeds_in_which_a_measure_is_unknown_are_left_out():
    found = two([1.0, 1.1, 0.9, 1.0, float("nan")], [2.0, 2.2, 1.9, 2.1, 2.0])
    assert found.pairs[0].headline[0].n == 4


def test_narrow_enough_looks_at_intimacy_and_both_values():
    ends = {
        label: {"intimacy": [10.0 + k, 10.0 + k], "value_members": [5.0, 5.0], "value_company": [100.0, 100.0 + 50 * k]}
        for k, label in enumerate(LABELS)
    }
    runs = table(ends)
    end, wanted = compare.at_end(runs), ("intimacy", "value_members", "value_company")
    met, needed, reached = precision(end, wanted, LABELS, 0.05)
    assert not met and needed > 2
    assert reached["intimacy"] == 0 and reached["value_company"] > 1
    assert precision(end, wanted, LABELS, 1e6).met
    said = compare.verdict(runs, manifest(n=2, sheet={"replicates": 2, "precision": 0.05, "most": 2})).basis.precision
    assert said == {"wanted": 0.05, "met": met, "needed": needed, "reached": reached}


@pytest.mark.parametrize(
    ("value", "said"), [(1234567.0, "1,234,567"), (0.5, "0.500"), (-2.0, "−2"), (float("nan"), "unknown")]
)
def test_numbers_in_words(value, said):
    assert wording.number(value) == said


def test_a_moment_is_of_a_day():
    assert text.date(0.0) == "1970-01-01" and text.date(365 * 86_400 - 0.5) == "1970-12-31"


@pytest.mark.parametrize("module", ["experiments.pages.wording", "experiments.stats.paired", "experiments.runs.tasks"])
def test_examples_in_docstrings(module):
    import doctest
    import importlib

    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted and not found.failed
