"""The statistics by hand and beside SciPy, statsmodels and a slow transcript of Kim & Nelson's procedure."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from experiments.comparison import verdict, words
from experiments.runs import store, tasks
from experiments.runs.pool import Pool
from experiments.stats import paired
from experiments.stats.difference import (
    UNREACHABLE,
    Difference,
    differences,
    gaps,
    means,
    measured,
    precision,
    share_of,
    wide,
)
from experiments.stats.selection import select
from experiments.study import sweep
from tests.test_compare import MEASURES, manifest, table
from tests.test_study import GRID, LEAST, written

DICE = np.random.default_rng(12)


# Intervals


@pytest.mark.parametrize("n", [2, 3, 5, 40])
def test_both_ends_of_an_interval_are_scipys(n):
    values = DICE.lognormal(size=n)
    wanted = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = paired.interval(values)
    assert (found.low, found.high) == (pytest.approx(wanted.low), pytest.approx(wanted.high))
    assert found.half == pytest.approx((wanted.high - wanted.low) / 2) and found.mean == pytest.approx(values.mean())


def test_two_seeds_by_hand():
    found = paired.interval(np.array([1.0, 3.0]))  # sd sqrt(2), error 1, and t(.975, 1) = 12.7062
    assert (found.mean, found.low, found.high) == (2.0, pytest.approx(-10.7062), pytest.approx(14.7062))


def test_values_that_do_not_vary_have_an_interval_of_no_width():
    found = paired.interval(np.array([5.0, 5.0, 5.0]))
    assert (found.mean, found.low, found.high, found.excludes_zero) == (5.0, 5.0, 5.0, True)
    assert not paired.interval(np.zeros(3)).excludes_zero


def test_an_interval_on_either_side_of_zero_excludes_it():
    assert paired.Interval(1.5, 1.0, 2.0, 5).excludes_zero and paired.Interval(-1.5, -2.0, -1.0, 5).excludes_zero
    assert not paired.Interval(0.5, -1.0, 2.0, 5).excludes_zero


def test_by_day_an_interval_counts_the_seeds_that_know_the_day():
    values = np.array([[1.0, 1.0], [2.0, np.nan], [6.0, 6.0]])
    mean, low, high = paired.intervals(values)
    for day, known in enumerate(([1.0, 2.0, 6.0], [1.0, 6.0])):
        wanted = stats.ttest_1samp(known, 0).confidence_interval(0.95)
        assert (mean[day], low[day], high[day]) == pytest.approx((np.mean(known), wanted.low, wanted.high))


@pytest.mark.parametrize(("n", "m", "spread"), [(5, 5, 1.0), (4, 12, 5.0), (2, 2, 3.0)])
def test_the_unpaired_interval_is_welchs(n, m, spread):
    a, b = DICE.normal(0, 1, n), DICE.normal(1, spread, m)
    low, high = CompareMeans(DescrStatsW(b), DescrStatsW(a)).tconfint_diff(usevar="unequal")
    assert paired.unpaired_half(a, b) == pytest.approx((high - low) / 2)
    scipys = stats.ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    assert paired.unpaired_half(a, b) == pytest.approx((scipys.high - scipys.low) / 2)


def test_welchs_degrees_of_freedom_by_hand():
    """Variances 5/3 of 4 and 50 of 2: errors 5/12 and 25, so (25 5/12)^2 / ((5/12)^2 / 3 + 25^2) = 1.0335 degrees."""
    half = stats.t.ppf(0.975, 1.033537) * math.sqrt(25 + 5 / 12)
    assert paired.unpaired_half(np.array([1.0, 2, 3, 4]), np.array([10.0, 20])) == pytest.approx(half, rel=1e-4)


def test_unpaired_samples_that_do_not_vary_or_are_one_seed():
    assert paired.unpaired_half(np.ones(3), np.ones(3) * 4) == 0
    one_varies = stats.t.ppf(0.975, 2) * 1 / math.sqrt(3)
    assert paired.unpaired_half(np.ones(3), np.array([1.0, 2.0, 3.0])) == pytest.approx(one_varies)
    assert math.isnan(paired.unpaired_half(np.ones(1), np.ones(4)))


def test_the_bootstrap_leans_where_the_values_lean_and_knows_when_it_is_not_defined():
    values = np.array([0.0, 0.1, 0.1, 0.2, 0.3, 0.3, 0.5, 6.0])
    low, high = paired.bootstrap(values)
    assert high - values.mean() > 1.5 * (values.mean() - low)
    wanted = stats.bootstrap((values,), np.mean, n_resamples=50_000, method="BCa", rng=1).confidence_interval
    assert (low, high) == (pytest.approx(wanted.low, rel=0.1), pytest.approx(wanted.high, rel=0.1))
    assert np.isnan(paired.bootstrap(values[:3])).all() and np.isnan(paired.bootstrap(np.ones(5))).all()
    assert np.isfinite(paired.bootstrap(values[[0, 1, 3, 4]])).all()


def test_intervals_disagree_either_way():
    plain = paired.Interval(0.0, -1.0, 1.0, 20)
    assert paired.disagree(plain, (-1.25, 1.25)) and not paired.disagree(plain, (-1.15, 1.15))
    assert not paired.disagree(paired.Interval(0.0, 0.0, 0.0, 20), (0.0, 1.0))


# Chance, and many questions at once


def test_the_chance_is_two_sided_and_of_pairs():
    values = np.array([1.0, 2.0, 3.0])  # t = 2 sqrt(3), 2 degrees of freedom: p = .0742
    assert paired.chance_of_none(values) == paired.chance_of_none(-values) == pytest.approx(0.0742, abs=1e-4)
    assert paired.chance_of_none(np.full(3, 2.0)) == 0
    assert paired.chance_of_none(np.zeros(3)) == paired.chance_of_none(np.ones(1)) == 1


def test_holm_is_that_of_statsmodels():
    chances = DICE.random(20) ** 4
    assert paired.holm(chances) == pytest.approx(multipletests(chances, method="holm")[1])
    assert paired.holm(np.array([0.03, 0.4])) == pytest.approx([0.06, 0.4]) and paired.holm(np.empty(0)).size == 0


def runs(values: dict[str, np.ndarray], measure="m", place=0) -> pd.DataFrame:
    """Rows as a store has them: scenario -> one value a seed."""
    return pd.concat(
        pd.DataFrame({"place": place, "scenario": label, "replicate": np.arange(len(own)), measure: own})
        for label, own in values.items()
    )


def test_differences_are_paired_by_seed_and_adjusted_over_all_that_is_asked():
    luck = DICE.normal(0, 10, 8)
    a, b, c = luck, luck + 1 + 0.1 * DICE.normal(size=8), luck[::-1] + 3
    rows = pd.concat([runs({"a": a, "b": b, "c": c}), runs({"a": a, "b": b + 1, "c": c}, place=1)]).assign(k=1.0)
    rows.loc[rows["scenario"] == "b", "k"] = 2.0
    rows = rows.sample(frac=1, random_state=1)  # the order in which runs are stored says nothing
    found = differences(rows, ["m", "k"])
    assert list(zip(found["first"], found["second"], strict=True))[::2] == [("a", "b"), ("a", "c"), ("b", "c")] * 2
    row = found.iloc[0]
    wanted = stats.ttest_rel(b, a)
    assert row["p"] == pytest.approx(wanted.pvalue)
    assert (row["low"], row["high"]) == pytest.approx(tuple(wanted.confidence_interval(0.95)))
    assert found["holm"].tolist() == pytest.approx(multipletests(found["p"], method="holm")[1].tolist())
    assert len(differences(rows, ["m"], "a")) == 4 and set(differences(rows, ["m"], "b")["second"]) == {"a", "c"}


def test_holm_in_a_verdict_is_over_the_judged_measures_of_one_pair():
    """Three scenarios, six measures that are good or bad and one that is neither: six chances a pair."""
    dice = np.random.default_rng(3)
    labels, judged = ["a", "b", "c"], [key for key, about in MEASURES.items() if about["better"]]
    ends = {label: {key: list(dice.normal(0.6 * k, 1, 12)) for key in MEASURES} for k, label in enumerate(labels)}
    for pair in verdict.verdict(table(ends), manifest(labels, n=12)).pairs:
        found = {d.measure: d for d in pair.judged}
        chances = [stats.ttest_rel(ends[pair.second][key], ends[pair.first][key]).pvalue for key in judged]
        wanted = multipletests(chances, method="holm")[1]
        assert [found[key].holm for key in judged] == pytest.approx(wanted) and found.keys() == set(judged)
        (neutral,) = [d for d in pair.others if d.measure == "posts"]
        assert neutral.holm == 1.0 and neutral.better is None
        won = pair.wins(pair.first) + pair.wins(pair.second)
        assert {d.measure for d in won} == {key for key, p in zip(judged, wanted, strict=True) if p < 0.05}


def test_a_win_that_does_not_survive_all_that_was_asked_is_none():
    d = SimpleNamespace(wanted="more", better="b", holm=0.06)
    assert verdict.Pair("a", "b", [d], [], []).wins("b") == []
    assert verdict.Pair("a", "b", [SimpleNamespace(wanted="more", better="b", holm=0.04)], [], []).wins("b")


def test_a_seed_that_one_scenario_lacks_is_no_pair():
    rows = runs({"a": np.array([1.0, 2.0, 3.0]), "b": np.array([2.0, np.nan, 5.0])})
    assert wide(rows, "m").index.get_level_values("replicate").tolist() == [0, 2]
    (row,) = differences(rows, ["m"]).to_dict("records")
    assert row["n"] == 2 and row["difference"] == 1.5


def test_a_difference_of_rounding_is_none():
    a = np.array([0.1, 1e6, 0.0])
    assert gaps(a, a * (1 + 1e-15)).tolist() == gaps(-a, -a * (1 + 1e-15)).tolist() == [0.0, 0.0, 0.0]
    assert gaps(a, a + np.array([1e-9, 0, 1e-300])).tolist() == pytest.approx([1e-9, 0.0, 1e-300], rel=1e-6)


def test_the_sizes_of_a_difference_by_hand():
    """Standard deviations 1 and 3, a difference of 2: d_av = 1. Half-widths by t(.975, 2) = 4.3027."""
    a, b = np.array([9.0, 10.0, 11.0]), np.array([9.0, 12.0, 15.0])
    found = Difference(**measured(a, b, "a", "b"))
    assert found.effect == pytest.approx(1.0) and found.correlation == pytest.approx(1.0)
    assert found.relative == pytest.approx(0.2) and found.share_above == pytest.approx(5 / 6)
    half = 4.302653 * 2 / math.sqrt(3)
    assert found.high - found.mean == pytest.approx(half, rel=1e-6)
    assert found.seeds_needed == math.ceil(1.05 * 3 * (half / 0.5) ** 2)
    assert found.seeds_apart == math.ceil(1.05 * 3 * (paired.unpaired_half(a, b) / 0.5) ** 2)
    assert not found.shown and found.higher is None
    assert Difference(**measured(a, a - [1.0, 1.1, 1.2], "a", "b")).higher == "a"


def test_a_correlation_needs_three_seeds_that_vary():
    a, b = np.array([1.0, 2.0, np.nan, 4.0]), np.array([3.0, 1.0, 9.0, 0.0])
    assert paired.correlation(a, b) == pytest.approx(stats.pearsonr(a[[0, 1, 3]], b[[0, 1, 3]])[0])
    assert math.isnan(paired.correlation(a[:3], b[:3])) and math.isnan(paired.correlation(np.ones(4), b))


def test_a_share_of_nothing_is_not_told():
    assert share_of(3.0, -2.0) == 1.5 and share_of(-3.0, 2.0) == -1.5
    assert share_of(3.0, 0.0) is None and share_of(3.0, 1e-13) is None and share_of(3.0, 1e-9) == pytest.approx(3e9)


def test_means_have_the_interval_of_their_own_group():
    rows = pd.concat([runs({"a": np.array([1.0, 2.0, 3.0])}), runs({"a": np.array([5.0, 5.0])}, place=1)])
    one, other = means(rows, ["place"], ["m"]).itertuples()
    assert (one.place, one.mean, one.n) == (0, 2.0, 3) and one.low == pytest.approx(2 - 2.48414, abs=1e-5)
    assert (other.place, other.mean, other.low, other.high, other.n) == (1, 5.0, 5.0, 5.0, 2)


# Precision


def test_a_precision_is_that_of_the_paired_difference():
    luck = np.array([-40.0, 10.0, 40.0, -10.0])
    rows = runs({"a": 100 + luck, "b": 102 + luck + [0.5, -0.5, 0.5, -0.5]})
    half = 3.182446 * math.sqrt(1 / 3) / 2  # of the differences 2.5, 1.5, 2.5, 1.5; each mean alone is wide: +-54
    found = precision(rows, ["m"], ["a", "b"], 0.01)
    assert found.met and found.reached["m"] == pytest.approx(half / 100) and found.needed == 2
    short = precision(rows, ["m"], ["a", "b"], 0.005)
    assert not short.met and short.needed == math.ceil(1.05 * 4 * (half / 0.5) ** 2)
    assert precision(rows, ["m"], ["b"], 0.01).reached["m"] > 0.4  # alone: the interval of its mean


def test_a_precision_is_met_by_every_measure_and_pair_or_not_at_all():
    rows = runs({"a": np.array([10.0, 10.1]), "b": np.array([11.0, 11.1]), "c": np.array([5.0, 15.0])}).assign(k=1.0)
    assert precision(rows, ["k"], ["a", "b", "c"], 0.05) == (True, 2, {"k": 0.0})
    assert precision(rows, ["m"], ["a", "b"], 0.05).met
    found = precision(rows, ["m", "k"], ["a", "b", "c"], 0.05)
    assert not found.met and found.reached["k"] == 0 and found.needed > 1000
    assert precision(rows, ["m", "k"], ["a", "c", "b"], 0.05) == found  # the widest counts, and not the last


@pytest.mark.parametrize("labels", [["a"], ["a", "b"]])
def test_one_seed_has_no_precision(labels):
    rows = runs({"a": np.array([10.0]), "b": np.array([11.0])})
    assert precision(rows, ["m"], labels, 0.5) == (False, 3, {"m": math.inf})


def test_a_precision_counts_seeds_and_not_those_alone_that_know_the_measure():
    known = np.array([9.0, 11.0, 10.0, 10.0])
    half = 3.182446 * math.sqrt(2 / 3) / 2
    rows = runs({"a": np.append(known, [np.nan] * 4)})
    assert precision(rows, ["m"], ["a"], 0.05).needed == math.ceil(1.05 * 8 * (half / 0.5) ** 2)
    nobody = runs({"a": np.full(6, np.nan)})
    assert precision(nobody, ["m"], ["a"], 0.05) == (False, 8, {"m": math.inf})


def test_a_share_of_a_mean_of_zero_is_never_reached_but_by_no_width():
    assert precision(runs({"a": np.array([-1.0, 1.0])}), ["m"], ["a"], 0.05) == (False, UNREACHABLE, {"m": math.inf})
    assert precision(runs({"a": np.zeros(3), "b": np.zeros(3)}), ["m"], ["a", "b"], 0.05) == (True, 2, {"m": 0.0})


def grown(tmp_path, monkeypatch, head, answer):
    """Seeds by place of a study with a precision, of which only the model is replaced; and whether it was reached."""

    def simulate(study, task):
        values = np.array([answer(task.point.label, task.point.shown["ties.gain"], np.random.default_rng(task.seed))])
        return SimpleNamespace(days=np.array([4]), series={"intimacy": values})

    monkeypatch.setattr(tasks, "simulate", simulate)
    study = written(tmp_path, LEAST.replace("replicates = 2\n", head + 'measures = ["intimacy"]\n') + GRID)
    result = sweep.sweep(study, tmp_path / "out", Pool(1))
    rows = store.read(tmp_path / "out")
    return rows.groupby("place")["replicate"].nunique().tolist(), result.precise


def answer(label, gain, dice):
    """Luck that is shared, and large; beside it each scenario's own, which is small where the gain is."""
    luck = 100 + 30 * dice.normal()
    return luck + (gain > 0.07) * 40 * (1 if label == "broadcast" else -1) * dice.normal()


def test_a_sweep_adds_seeds_where_the_paired_difference_is_wide(tmp_path, monkeypatch):
    assert grown(tmp_path, monkeypatch, "replicates = 4\nprecision = 0.05\nmost = 12\n", answer) == ([4, 12], False)


def test_a_sweep_stops_where_it_is_precise_and_one_seed_never_is(tmp_path, monkeypatch):
    head = "replicates = 1\nprecision = 0.05\nmost = 12\n"
    assert grown(tmp_path, monkeypatch, head, lambda *of: answer(of[0], 0.05, of[2])) == ([2, 2], True)


@pytest.mark.parametrize(
    ("reached", "needed", "said"),
    [
        (
            {"m": 0.2, "k": 0.01},
            180,
            "(m ±20 % and k ±1.0 %): the limit of 20 seeds was reached; about 180 would be needed.",
        ),
        ({"m": math.inf}, 22, "(m unbounded): the limit of 20 seeds was reached; about 22 would be needed."),
        (
            {"m": math.inf},
            UNREACHABLE,
            "(m unbounded): the limit of 20 seeds was reached; no number of seeds would do.",
        ),
    ],
)
def test_a_precision_that_is_not_met_is_told(reached, needed, said):
    found = {"wanted": 0.05, "met": False, "needed": needed, "reached": reached}
    assert words._precision(found, "a", 20) == f"The intervals are NOT yet within ±5.0 % {said}"
    assert words._precision(found | {"met": True}, "a", 20).endswith(
        "until the intervals were within ±5.0 % of a's means."
    )


# Who leads since when

DAYS = np.array([0, 7, 14, 21, 28])
APART = np.array([[-0.1], [0.0], [0.1]])  # three seeds that agree: half-width .248


def lead(*course: float, apart: np.ndarray = APART) -> paired.Lead:
    return paired.lead(DAYS, np.array(course) + apart)


def test_a_lead_that_is_lost_and_won_again_counts_from_the_last_time():
    found = lead(1.0, 2.0, -3.0, 1.0, 2.0)
    assert (found.ahead, found.since, found.clear, found.earlier) == ("second", 21, 21, (14, -3.0))
    assert found.overtaken


def test_a_lead_that_is_clear_for_a_while_only_is_clear_from_the_last_time():
    found = lead(1.0, 1.0, 0.1, 0.1, 1.0)
    assert (found.since, found.clear, found.earlier, found.overtaken) == (0, 28, None, False)


def test_a_lead_that_is_never_clear():
    found = lead(0.1, 0.1, 0.1, 0.1, 0.2)
    assert (found.ahead, found.since, found.clear) == ("second", 0, None)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_lead_from_the_start(sign):
    found = lead(*(sign * np.ones(5)))
    assert (found.ahead, found.since, found.clear) == ("second" if sign > 0 else "first", 0, 0)


def test_an_earlier_lead_that_could_be_luck_is_no_overtaking():
    found = lead(0.0, -0.2, -0.1, 1.0, 1.0)
    assert found.earlier == (7, pytest.approx(-0.2)) and not found.overtaken
    mirrored = lead(0.0, 0.2, 0.1, -1.0, -1.0)
    assert (mirrored.ahead, mirrored.since, mirrored.earlier) == ("first", 21, (7, pytest.approx(0.2)))
    shown = lead(0.0, 0.3, 0.1, -1.0, -1.0)
    assert shown.overtaken


def test_days_that_nobody_knows_are_left_out_of_a_lead():
    course = np.array([np.nan, -1.0, np.nan, 1.0, 1.0]) + APART
    assert paired.lead(DAYS, course).since == 21 and paired.lead(DAYS[:3], course[:, :3]).ahead == "first"


# Ranking and selection


def kim_and_nelson(values: np.ndarray, delta: float, n0: int, alpha: float = 0.05) -> tuple[list[int], int]:
    """The procedure as it stands in Kim & Nelson (2001), with c = 1: who is left, after how many seeds."""
    n, k = values.shape
    eta = ((2 * alpha / (k - 1)) ** (-2 / (n0 - 1)) - 1) / 2
    h2 = 2 * eta * (n0 - 1)
    s2 = {(i, j): np.var(values[:n0, i] - values[:n0, j], ddof=1) for i in range(k) for j in range(k)}
    left = list(range(k))
    for r in range(n0, n + 1):
        mean = values[:r].mean(axis=0)

        def w(i, j, r=r):
            return max(0.0, delta / (2 * r) * (h2 * s2[i, j] / delta**2 - r))

        left = [i for i in left if all(mean[i] >= mean[j] - w(i, j) for j in left if j != i)]
        if len(left) == 1:
            return left, r
    return left, n


@pytest.mark.parametrize("shared", [0.0, 3.0])
@pytest.mark.parametrize("n0", [3, 10])
def test_selection_is_kim_and_nelsons(shared, n0):
    dice = np.random.default_rng([int(shared), n0])
    for _ in range(20):
        values = shared * dice.normal(size=(150, 1)) + dice.normal(size=(150, 4)) + [0, 0.1, 0.2, 0.5]
        wanted, seeds = kim_and_nelson(values, 0.4, n0)
        found = select(pd.DataFrame(values, columns=list("abcd")), 0.4, first_seeds=n0)
        assert (found.left, found.seeds, found.n) == (["abcd"[i] for i in wanted], seeds, 150)


def test_selection_by_hand():
    """Two scenarios, 3 first seeds: h2 = 2 (.1^-1 - 1) = 18; S2 of the differences 1, 2, 3 is 1. With d = 1 the slack
    after r seeds is (18 - r) / 2r: 2.5, 1.75, 1.3, 1, ...; the lead is 2 on average, so it ends after 4 seeds."""
    table = pd.DataFrame({"a": np.zeros(6), "b": [1.0, 2.0, 3.0, 2.0, 2.0, 2.0]})
    found = select(table, 1.0, first_seeds=3)
    assert (found.best, found.seeds) == ("b", 4)
    assert select(table.iloc[:3], 1.0, first_seeds=3).best is None
    assert select(table, 1.0, "less", first_seeds=3).best == "a"


def test_shared_luck_needs_fewer_seeds_and_the_better_one_never_goes():
    dice, used = np.random.default_rng(7), {0.0: [], 1.0: []}
    for _ in range(30):
        luck, own = dice.normal(size=(300, 1)), dice.normal(size=(300, 3))
        for shared in used:
            values = (luck if shared else dice.normal(size=(300, 3))) + 0.3 * own + [0.0, 0.0, 0.8]
            found = select(pd.DataFrame(values, columns=list("abc")), 0.4)
            assert "c" in found.left
            used[shared].append(found.seeds)
    assert np.mean(used[1.0]) < np.mean(used[0.0]) / 2


def test_within_the_indifference_either_may_be_left_and_one_alone_is_best():
    values = pd.DataFrame({"a": DICE.normal(0, 1, 400), "b": DICE.normal(0, 1, 400)})
    assert select(values, 0.5).best is not None and select(values, 0.5).seeds < 400
    assert select(values[["a"]], 0.5).best == "a" and select(values.iloc[:2], 0.5).left == ["a", "b"]
    same = pd.DataFrame({"a": np.ones(20), "b": np.ones(20)})
    assert select(same, 0.5).best is None  # numbers that are equal in every seed cannot be told apart
