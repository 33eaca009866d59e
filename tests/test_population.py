"""The population of communities: transforms, windows, draws, intervals, and that a known population is found."""

import csv
from importlib.util import find_spec

import numpy as np
import pytest

from experiments.effects import levels, logs
from experiments.runs.point import settled, value_at
from experiments.worlds import emulator, facts, population, posterior, simulate, study, telling
from experiments.worlds.emulator import Emulator
from experiments.worlds.facts import Piece
from experiments.worlds.population import FACTS, HOURS, VALUES, Fact, Value
from experiments.worlds.posterior import Observed, Posterior
from sim.logs.log import of_run
from sim.scenario import BASELINE, declaration, load

DAY = facts.DAY
drawn = pytest.mark.skipif(not population.DRAWS.is_file(), reason="no draws have been made")
with_logs = pytest.mark.skipif(not facts.LOGS.is_dir(), reason="the logs of companies are not in the repository")


# Transforms


def test_a_place_is_a_share_of_the_way_between_the_bounds():
    assert Value("x", 1.0, 3.0, "linear").at(0.25) == 1.5
    assert Value("x", 0.01, 1.0, "log").at(0.5) == 0.1
    for value in VALUES:
        assert value.at(0.0) == pytest.approx(value.low, rel=1e-3)
        assert value.place(value.at(0.3)) == pytest.approx(0.3, abs=1e-3)


def test_bounds_lie_within_the_ranges_of_the_baseline():
    for value in VALUES:
        if value.key != HOURS:
            low, high = declaration(tuple(value.key.split(".")))["range"]
            assert low <= value.low < value.high <= high, value.key


@drawn
def test_the_baseline_is_the_median_of_the_draws():
    medians = {row["key"]: row["median"] for row in telling.of_baseline(population.draw(1000, 1))}
    assert {key: value_at(load("baseline"), key) for key in medians} == medians
    assert len(medians) == len(VALUES) - 3  # hours and their two shares are decisions


def test_facts_are_logs_or_logits_and_come_back():
    assert Fact("x", "log", 0.1).transformed(np.array([0.0, np.e])) == pytest.approx([np.log(0.1), 1.0])
    logit = Fact("x", "logit", 0.1)
    assert logit.transformed(np.array([0.0, 0.5, 1.0])) == pytest.approx([np.log(1 / 9), 0.0, np.log(9)])
    for fact in FACTS:
        x = max(0.3, fact.least)
        assert fact.back(fact.transformed(np.array([x]))) == pytest.approx([x])
        assert np.isnan(fact.transformed(np.array([np.nan]))).all()


def test_scores_and_places():
    assert population.place(population.score(np.array([0.1, 0.5]))) == pytest.approx([0.1, 0.5])
    assert np.isfinite(population.score(np.array([0.0, 1.0]))).all()


def test_shares_of_hours_add_up_to_one_and_the_rest_is_as_in_the_baseline():
    shares = population.divided({"strategy.hours.answer": 0.3, "strategy.hours.respond": 0.2})
    assert 0.998 < sum(shares.values()) <= 1.0
    assert shares["strategy.hours.answer"] == 0.3
    usual = load("baseline").strategy.hours
    assert shares["strategy.hours.host"] / shares["strategy.hours.act"] == pytest.approx(
        usual["host"] / usual["act"], rel=2e-3
    )


def test_hours_follow_the_members_who_write():
    values = population.values_at(np.full(len(VALUES), 0.5))
    hours = [population.settings(values, members)["budget.hours_per_week"] for members in (500, 1000)]
    assert hours[1] == pytest.approx(2 * hours[0], rel=1e-3)
    more = population.settings(values | {"members.voice_mean": values["members.voice_mean"] + 1}, 500)
    assert more["budget.hours_per_week"] > 1.5 * hours[0]
    assert population.settings(values | {HOURS: 2 * values[HOURS]}, 500)["budget.hours_per_week"] == pytest.approx(
        2 * hours[0], rel=1e-3
    )


def test_who_is_expected_to_write_in_a_week_is_about_who_does():
    """Twenty of a thousand in the baseline: founding's own expectation is held elsewhere."""
    share = population.weekly_writers((("members.drive_mean", load("baseline").members.drive_mean),))
    assert 0.01 < share < 0.05


# Windows


def piece(rows, threads=()):
    """Messages as (day, source, target, opens); members are below 100."""
    day, source, target, opens = (np.array(x) for x in zip(*rows, strict=True))
    opened, replied, staff = (np.array(x) for x in zip(*threads, strict=True)) if threads else (np.zeros(0, int),) * 3
    return Piece((day * DAY).astype(int), source, target, opens.astype(bool), source >= 100, target >= 100,
                 (opened * DAY).astype(int), np.where(replied < 0, -1, replied * DAY).astype(int),
                 staff.astype(bool))  # fmt: skip


def test_a_window_knows_nothing_of_what_comes_after():
    cut = piece([(1, 1, 1, 1), (5, 2, 1, 0), (9, 3, 3, 1)], [(1, 5, 0), (9, 9.5, 1)]).between(0, 5 * DAY)
    assert cut.time.tolist() == [DAY] and cut.opened.tolist() == [DAY] and cut.replied.tolist() == [-1]


def test_newcomers_are_those_who_did_not_write_before_the_window():
    rows = [
        (1, 1, 1, 1),
        (101, 1, 1, 0),
        (102, 2, 1, 0),
        (105, 2, 1, 0),
        (115, 2, 1, 0),
        (103, 3, 1, 0),
        (104, 100, 1, 0),
    ]
    rows = sorted(rows)
    found = facts.of_newcomers(piece(rows), 100 * DAY, 400 * DAY, total=10)
    assert found["newcomers_of_weekly_active"] == 0.2  # members 2 and 3: neither 1 nor the staff
    assert found["back_d1_8"] == 0.5  # 2, three days later
    assert found["back_d7_37"] == 0.5  # 2, thirteen days later
    assert np.isnan(facts.of_newcomers(piece(rows), 100 * DAY, 105 * DAY, total=10)["back_d1_8"])


def test_pairs_by_hand():
    rows = [
        (1, 1, 2, 0),
        (2, 2, 1, 0),
        (3, 1, 3, 0),
        (4, 1, 100, 0),
        (5, 100, 1, 0),
        (6, 4, 4, 1),
        (7, 3, 4, 0),
        (8, 3, 4, 0),
    ]
    found = facts.of_pairs(piece(rows))
    assert found == {"pairs_both_ways": pytest.approx(1 / 3), "pairs_of_one_reply": pytest.approx(1 / 3)}


def test_active_members_of_each_week():
    rows = [(0, 1, 1, 1), (1, 1, 1, 1), (2, 2, 1, 0), (3, 100, 1, 0), (8, 1, 1, 1)]
    assert facts.active(piece(rows), 0, 21 * DAY, 7).tolist() == [2, 1, 0]


def test_windows_follow_one_another_half_a_year_after_the_start():
    days = np.arange(0, facts.LEAD + 2 * facts.WINDOW + 100)
    rows = [(day, day % 7, (day + 1) % 7, day % 5 == 0) for day in days]
    found = facts.of_windows(piece(rows), 0, (int(days[-1]) + 1) * DAY)
    assert len(found) == 2
    assert found[0]["weekly_active"] == 7.0 and found[0]["newcomers_of_weekly_active"] == 0.0
    assert facts.of_windows(piece(rows[:30]), 0, 900 * DAY) == []  # too few messages, and no whole window


@pytest.fixture(scope="module")
def run():
    """A small run with its log."""
    from sim.community import Community

    community = Community(load("baseline", {"community.members": 200, "community.days": 400}), 3, keep_events=True)
    community.run(400)
    return of_run(community)


def test_facts_are_those_of_the_effects(run):
    """The same facts by the code that reads real logs, where nothing lies before the window."""
    log = logs.community("run", *logs.of_export(run))
    known = {name: estimate.value for name, estimate in levels.levels(log).items()}
    for made in (facts.of_run(run), facts.of_log(log)):
        found = facts.of_window(made, log.start, log.end)
        same = found.keys() & known.keys()
        assert len(same) >= 16
        for name in same:
            assert found[name] == pytest.approx(known[name], nan_ok=True), name


@with_logs
def test_eleven_real_logs_have_windows():
    found = facts.real()
    assert len(found) == 11 and all(found.values())


def test_without_logs_the_command_says_so(tmp_path):
    with pytest.raises(facts.BadInput, match="has no logs"):
        facts.real(tmp_path)


# The observed facts


def windows(*staff):
    return [dict.fromkeys([fact.name for fact in FACTS], 0.5) | {"staff_messages_per_active_week": x} for x in staff]


def test_the_spread_between_windows_is_pooled_and_falls_with_their_number():
    k = [fact.name for fact in FACTS].index("staff_messages_per_active_week")
    seen = study.observed({"one": windows(1.0, np.e**2), "two": windows(1.0)})
    assert seen.facts[:, k] == pytest.approx([1.0, 0.0])
    assert seen.error[:, k] == pytest.approx([1.0, 2.0])  # squares 1 and 1 over one degree of freedom


def test_what_a_site_said_of_its_accounts_is_taken_as_it_is():
    k = [fact.name for fact in FACTS].index("accounts_that_write")
    seen = study.observed({"auxy": [windows(1.0)[0] | {"accounts_that_write": np.nan}]})
    assert FACTS[k].back(seen.facts[0, k]) == pytest.approx(0.727)
    assert seen.error[0, k] == pytest.approx(FACTS[k].error ** 2)


# The emulator and the posterior


def lines(rng, values=3, count=4):
    """A linear emulator of so many facts."""
    return Emulator(
        "linear", rng.normal(size=(values + 1, count)), rng.normal(size=count), 0.01 * np.eye(count), {}, 0, 0
    )


def test_the_better_form_is_chosen_and_its_errors_kept():
    rng = np.random.default_rng(2)
    u = rng.random((500, 3))
    y = np.column_stack([(u[:, 0] - 0.5) ** 2 * 8, u[:, 1]]) + 0.1 * rng.normal(size=(500, 2))
    made = emulator.fit(np.vstack([u, u[:1]]), np.vstack([y, [[np.nan, 0]]]), np.array([[0.5, 0.5], [1.0, 0.2]]))
    assert made.form == "quadratic" and made.runs == 500
    assert np.sqrt(np.diag(made.covariance)) == pytest.approx([0.1, 0.1], rel=0.3)


def test_values_of_an_emulator_are_counted():
    for form in emulator.FORMS:
        width = emulator.features(np.zeros((1, 4)), form).shape[1]
        assert posterior.values_of(Emulator(form, np.zeros((width, 2)), np.zeros(2), np.eye(2), {}, 0, 0)) == 3


def known_population(rng, communities=11, values=3):
    """Communities of a known population, seen through a linear emulator with as many facts as values, and two more."""
    mean, spread = np.array([0.6, -0.5, 0.0]), np.array([0.3, 0.5, 0.2])
    made = lines(rng, values, values + 2)
    scores = mean + spread * rng.normal(size=(communities, values))
    places = np.column_stack([population.place(scores), np.full(communities, 0.5)])
    y = made.facts(places) + rng.multivariate_normal(np.zeros(values + 2), made.covariance, communities)
    return mean, spread, places, made, Observed([str(k) for k in range(communities)], y, np.full(y.shape, 0.001))


@pytest.mark.skipif(find_spec("numpyro") is None, reason="the dependency group `fit` is not installed")
def test_a_known_population_is_found():
    rng = np.random.default_rng(3)
    mean, spread, places, made, seen = known_population(rng)
    found = posterior.sample(made, seen, 1, warm=300, keep=400)
    z = (found.mean.mean(axis=0) - mean) / found.mean.std(axis=0)
    assert np.abs(z).max() < 3
    assert (found.mean.std(axis=0) < 0.6 * posterior.PRIOR).all()
    low, high = np.quantile(found.spread, [0.01, 0.99], axis=0)
    assert ((low < spread) & (spread < high)).all()
    near = np.abs(found.places.mean(axis=0)[:, :3] - places[:, :3])
    assert near.mean() < 0.12


def test_leaving_out_weighs_against_draws_that_hold_a_community():
    """Two kinds of populations, low and high: without the one community that is high, the high ones count less."""
    made = Emulator("linear", np.array([[1.0], [0.0]]), np.zeros(1), 0.01 * np.eye(1), {}, 0, 0)
    mean = np.repeat([[-1.0], [1.0]], 100, axis=0)
    ones = np.ones((200, 1))
    found = Posterior(mean, 0.3 * ones, 0 * ones, np.full((200, 2, 2), 0.5), 0, 1.0)
    seen = Observed(["high", "none"], np.array([[0.68], [np.nan]]), np.array([[0.01], [0.01]]))
    without = posterior.left_out(found, made, seen, 1)
    high, worth = without["high"]
    assert (high.mean > 0).mean() < 0.1 and worth < 150
    same, all_of_them = without["none"]
    assert 0.35 < (same.mean > 0).mean() < 0.65 and all_of_them == pytest.approx(200)


def flat(values, draws=50):
    """A posterior that says nothing."""
    zeros = np.zeros((draws, values))
    return Posterior(zeros, zeros + 1.0, np.zeros((draws, len(FACTS))), np.full((draws, 2, values + 1), 0.5), 0, 1.0)


def test_new_communities_of_a_flat_population_are_spread_evenly():
    new = flat(3).new(4000, 1)
    assert new.mean() == pytest.approx(0.5, abs=0.02) and new.std() == pytest.approx(12**-0.5, abs=0.01)


# Intervals


def test_intervals_and_what_they_hold_are_counted_right():
    y = np.arange(101.0)[:, None].repeat(2, axis=1)
    spans = telling.intervals(y)
    assert np.array(spans["0.9"]) == pytest.approx(np.array([[5.0, 95.0]] * 2))
    assert np.array(spans["0.8"]) == pytest.approx(np.array([[10.0, 90.0]] * 2))
    assert spans["median"] == [50.0] * 2
    inside = telling.held(np.array([[5.0, 95.1], [np.nan, 50.0]]), [[[5.0, 95.0], [5.0, 95.0]]] * 2)
    assert inside[0].tolist() == [1.0, 0.0] and np.isnan(inside[1, 0]) and inside[1, 1] == 1.0


def test_shares_held_leave_out_what_is_not_known():
    y = np.zeros((2, len(FACTS)))
    y[0, telling.HELD[0]], y[1, telling.HELD[1]] = 9.0, np.nan
    span = {"0.8": [[-1.0, 1.0]] * len(FACTS), "0.9": [[-1.0, 1.0]] * len(FACTS)}
    one = {"run": span, "all": span, "worth": 1.0}
    told = telling.of_held(Observed(["a", "b"], y, y), {"a": one, "b": one})["run"]["0.9"]
    n = 2 * len(telling.HELD) - 1
    assert told["n"] == n and told["overall"] == pytest.approx((n - 1) / n)
    assert told["missed"] == {"a": [FACTS[telling.HELD[0]].name], "b": []}
    assert told["facts"][FACTS[telling.HELD[0]].name] == 0.5


def test_the_spread_of_windows_and_the_discrepancy_widen_what_is_predicted():
    made = Emulator("linear", np.zeros((len(VALUES) + 1, len(FACTS))), np.zeros(len(FACTS)),
                    0.04 * np.eye(len(FACTS)), {}, 0, 0)  # fmt: skip
    found = flat(len(VALUES))
    luck = telling.predicted(made, found, 1).std(axis=0)
    assert luck == pytest.approx(0.2, rel=0.1)
    wide = telling.predicted(made, found, 1, np.full(len(FACTS), 0.05))
    assert wide.std(axis=0) == pytest.approx(0.3, rel=0.1)


# Designs and draws


def test_a_design_is_spread_and_the_first_of_it_stay():
    assert simulate.spread(64, 1)[:16] == pytest.approx(simulate.spread(16, 1))
    assert simulate.spread(64, 1).mean(axis=0) == pytest.approx(0.5, abs=0.02)
    assert simulate.members_at(0.0) == population.TABLE["members"]["low"]


def test_runs_of_a_design_are_of_their_own_and_come_again():
    design = simulate.spread(3, 1)
    one, again = simulate.tasks("wide", design, 1), simulate.tasks("wide", design, 1)
    assert one == again and len({task.seed for task in one}) == 3 == len({task.key for task in one})
    assert simulate.tasks("near", design, 1)[0].settings != one[0].settings


def test_a_run_gives_facts():
    design = np.full((1, len(VALUES) + 1), 0.5)
    found = simulate.facts_of(simulate.tasks("wide", design, 1)[0])
    assert set(found) >= {fact.name for fact in FACTS}
    assert simulate.table([found, {}]).shape == (2, len(FACTS)) and np.isnan(simulate.table([{}])).all()


@drawn
def test_draws_come_again_and_the_first_stay():
    assert population.draw(20, 1) == population.draw(20, 1) == population.draw(50, 1)[:20]
    assert population.draw(20, 1) != population.draw(20, 2)
    count = len(population.teams(10**4, 1))
    assert count == 10**4


@drawn
def test_every_draw_is_a_world():
    base = load("baseline")
    known = len(list(csv.DictReader(population.DRAWS.read_text(encoding="utf-8").splitlines())))
    for one in population.draw(known, 1):
        settled(base, one)
        assert not any(key.startswith("strategy.") for key in one)
    for one in population.worlds(40, 1):
        settled(base, one)
    one, own = population.worlds(1, 1)[0], population.draw(1, 1)[0]
    assert own.items() <= one.items() and len(one) > 100
    assert population.DRAWS.stat().st_size < 300_000


@drawn
def test_communities_load():
    for path in sorted(population.DRAWS.parent.glob("*.toml")):
        scenario = load(str(path))
        assert scenario.table.question and scenario.strategy.hours
        assert BASELINE["community"]["members"]["value"] >= scenario.community.members
