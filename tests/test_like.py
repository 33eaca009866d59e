"""What is told of a community without a log, and what has been found out: which worlds are left, and what is said."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from experiments.cli import main
from experiments.comparison import known, worlds
from experiments.comparison.across import narrowed
from experiments.pages import forms
from experiments.runs import store
from experiments.runs.given import BadInput
from experiments.runs.prepare import Changes, prepare
from experiments.stats import narrowing
from experiments.stats.ahead import ahead
from experiments.worlds import outcomes, population
from sim.scenario import load

pytestmark = pytest.mark.usefixtures("unpainted")

TWO = ["broadcast", "facilitation"]


def told(like=(), know=(), **changes):
    return known.told(prepare(TWO, Changes(like=tuple(like), know=tuple(know), **changes)))


# Facts


def test_members_scale_what_the_budget_is_and_followers_are_counted_a_member():
    made = told(["members=3000", "followers=6000"])
    for scenario in made.scenarios.values():
        assert scenario.community.members == 3000 and scenario.community.followers_per_member == 2.0
        assert (scenario.budget.hours_per_week, scenario.budget.money_per_week) == (60.0, 300.0)
    assert len(made.known.notes) == 1
    assert "60 hours of the team a week, as 20 for 1,000 and 300 of money a week, as 100" in made.known.notes[0]
    assert made.known.without.scenarios["broadcast"].community.members == 1000


def test_hours_that_are_told_or_set_are_not_scaled():
    made = told(["members=3000", "hours=25"])
    assert made.scenarios["broadcast"].budget.hours_per_week == 25.0
    assert made.scenarios["broadcast"].budget.money_per_week == 300.0 and "hours" not in made.known.notes[0]
    by_hand = told(["members=3000"], settings=("budget.hours_per_week=31.0",))
    assert by_hand.scenarios["facilitation"].budget.hours_per_week == 31.0
    assert told(["hours=25"]).known.notes == () and told(["members=1000"]).known.notes == ()


def test_facts_hold_in_all_worlds_and_choose_none():
    made = known.asked(told(["members=3000"]), 4, 1)
    usual = worlds.usual(prepare(TWO, Changes()), 4, 1)
    assert made.draws == usual.draws and made.known.left is None
    assert {one.community.members for one in made.scenarios.values()} == {3000}
    assert made.worlds.known["like"] == {"members": 3000.0} and "known" not in usual.worlds.facts()


# Outcomes


@pytest.fixture
def three(monkeypatch):
    """Three draws, in which 30 of a thousand members write in a week, and 1.25 and 1.5625 times as many."""
    own = [{"members.drive_mean": -3.0 + k, "budget.hours_per_week": 10.0} for k in range(3)]
    monkeypatch.setattr(population, "drawn", lambda: own)
    monkeypatch.setattr(outcomes, "table", lambda: {"weekly_writers": 30.0 * 1.25 ** np.arange(3)})
    monkeypatch.setitem(known.LEFT, "least", 1.0)


def weights(prepared):
    weighed = known._weighed(prepared)
    return narrowing.narrow(weighed.table(), weighed.told)


@pytest.mark.parametrize("like", [["weekly_writers=30"], ["weekly_writers=90", "members=3000"]])
def test_weights_by_hand_for_each_member(three, like):
    """A factor of 1.25 is one standard error: at distances of 0, 1 and 2 the weights are as 1, e^-1/2 and e^-2."""
    found = weights(told(like))
    by_hand = np.exp(-np.array([0.0, 1.0, 4.0]) / 2)
    assert found.weights == pytest.approx(by_hand / by_hand.sum())
    assert found.effective == pytest.approx(by_hand.sum() ** 2 / (by_hand**2).sum())


def test_a_share_is_weighed_by_its_odds(three, monkeypatch):
    """0.3 and 0.3913 are odds of 3 to 7 and 1.5 times that: one standard error."""
    monkeypatch.setattr(outcomes, "table", lambda: {"staff_answers": np.array([0.3, 4.5 / 11.5, np.nan])})
    found = weights(told(["staff_answers=30%", "members=5000"]))
    assert found.weights == pytest.approx(np.array([1, np.exp(-0.5), 0]) / (1 + np.exp(-0.5)))


def test_a_value_of_the_population_weighs_the_draws_and_is_then_a_fact(three):
    prepared = told(know=["members.drive_mean=-2.0"])
    found = weights(prepared)
    place = population.VALUES[0].place
    width = narrowing.width(np.array([place(x) for x in (-3.0, -2.0, -1.0)]))
    side = np.exp(-(((place(-1.0) - place(-2.0)) / width) ** 2) / 2)
    assert found.weights == pytest.approx(np.array([side, 1, side]) / (1 + 2 * side))
    made = known.asked(prepared, 4, 1)
    assert "members.drive_mean" not in made.draws[0] and made.worlds.fixed == ("members.drive_mean",)
    assert {one.members.drive_mean for one in made.scenarios.values()} == {-2.0}


def test_a_value_with_a_prior_of_its_own_is_set_and_chooses_nothing():
    made = known.asked(told(know=["meeting.attendance=-2.1"]), 4, 1)
    assert {one.meeting.attendance for one in made.scenarios.values()} == {-2.1}
    assert made.known.left is None and made.worlds.fixed == ("meeting.attendance",)
    usual = worlds.usual(prepare(TWO, Changes()), 4, 1)
    assert [{**one, "meeting.attendance": other["meeting.attendance"]} for one, other in
            zip(made.draws, usual.draws, strict=True)] == list(usual.draws)  # fmt: skip


def test_what_a_file_says_of_the_population_weighs_where_outcomes_are_told(three):
    """Draws with other values of it come to other outcomes."""
    plain, by_hand = (weights(told(["weekly_writers=30"], settings=s)) for s in ((), ("members.drive_mean=-1.0",)))
    assert by_hand.weights[2] > plain.weights[2]
    assert not known._weighed(told(["members=50"], settings=("members.drive_mean=-1.0",))).told


def test_draws_come_about_as_often_as_their_weights_say():
    rows = known.drawn_anew(np.array([0.5, 0.0, 0.25, 0.25]), 8, 3)
    assert np.bincount(rows, minlength=4).tolist() == [4, 0, 2, 2]
    assert (known.drawn_anew(np.array([0.5, 0.0, 0.25, 0.25]), 8, 3) == rows).all()
    many = np.random.default_rng(1).random(50)
    assert (known.drawn_anew(many, 100, 7)[:40] == known.drawn_anew(many, 40, 7)).all()
    assert (known.drawn_anew(many, 40, 7) != known.drawn_anew(many, 40, 8)).any()


def test_the_same_answers_give_the_same_worlds_and_others_others():
    asked = [(60, 1), (60, 1), (60, 2), (80, 1)]
    made = [known.asked(told([f"weekly_writers={writers}"]), 20, seed).draws for writers, seed in asked]
    assert made[0] == made[1] and made[0] != made[2] and made[0] != made[3]


def test_who_is_told_of_more_writers_gets_worlds_with_more():
    """Runs with new luck: with twice as many told, more than 1.3 times as many write (geometric mean of 12 worlds)."""
    means = []
    for writers in (6, 12):
        made = known.asked(told([f"weekly_writers={writers}", "members=200"]), 12, 1)
        small = {"community.members": 200, "budget.hours_per_week": 4.0}
        wrote = [outcomes.told_of({**world, **small}, 500 + k)["weekly_writers"] for k, world in enumerate(made.draws)]
        means.append(np.log(np.maximum(wrote, 0.2)).mean())
    assert means[1] - means[0] > np.log(1.3)


# The table of outcomes


def test_the_table_has_a_row_a_draw_and_comes_near_to_what_runs_say():
    """Not the same bits: a small change of the model moves luck, and the table is good as long as it is no more."""
    table, pool = outcomes.table(), outcomes.pool()
    assert {len(column) for column in table.values()} == {len(pool)} == {len(population.drawn())}
    assert set(table) == set(outcomes.OUTCOMES)
    rows = [*range(1, 400, 33)]
    again = [outcomes.of_draw(k, pool) for k in rows]
    for name, least in (("weekly_writers", 0.5), ("newcomers", 0.8), ("staff_messages", 0.8)):
        here, there = (np.log(np.maximum(x, 0.2)) for x in ([one[name] for one in again], table[name][rows]))
        stale = f"{name}: python -m experiments.worlds.outcomes"
        assert np.corrcoef(here, there)[0, 1] > least and abs((here - there).mean()) < 0.4, stale


def test_worlds_of_the_pool_have_no_team_of_their_own():
    pool = outcomes.pool(load("broadcast"))
    assert not any(key.startswith(population.SHARES) for key in pool[0])
    assert pool[7]["members.drive_mean"] == population.drawn()[7]["members.drive_mean"]


# What is said


def test_worlds_that_were_drawn_again_are_worth_less():
    """A hundred drawn from a hundred have twice the variance of a hundred; of very many, that of a hundred."""
    gap = np.where(np.arange(100) < 60, 1.0, -1.0)
    plain, again = (ahead(np.zeros(100), gap, ("a", "b"), drawn_from=n) for n in (None, 100))
    half = ahead(np.zeros(50), gap[::2], ("a", "b"))
    assert (plain.effective, again.effective) == (100, 50) and again.chances == pytest.approx(half.chances)
    assert (again.second_ahead.low, again.second_ahead.high) == pytest.approx(
        (half.second_ahead.low, half.second_ahead.high)
    )
    assert again.second_ahead.share == 0.6 and again.median == plain.median
    assert ahead(np.zeros(100), gap, ("a", "b"), drawn_from=1e9).effective == pytest.approx(100)


@pytest.mark.parametrize(("given", "said"), [
    (["--like", "weekly_writer=60"], "`weekly_writer`: unknown; did you mean `weekly_writers`?"),
    (["--like", "members"], "`members` is not allowed; it is NAME=NUMBER"),
    (["--like", "members=30.5"], "'30.5' is not allowed; it is a whole number from 2 to 5,000,000"),
    (["--like", "staff_answers=130%"], "'130%' is not allowed; it is a number from 0 to 1"),
    (["--like", "newcomers=many"], "'many' is not allowed; it is a number from 0"),
    (["--like", "members=30", "--like", "members=40"], "--like: says the same twice"),
    (["--like", "members=30", "--members", "40"], "`members` is given by --set, --members or --hours too"),
    (["--know", "ties.gain=0.1", "--set", "ties.gain=0.2"], "--know: `ties.gain` is given by --set"),
    (["--know", "meeting.attendanc=-2"], "--know: key `meeting.attendanc`: unknown; did you mean `attendance`?"),
    (["--know", "meeting.attendance=-21"], "--know: key `meeting.attendance`: -21 is not allowed; it is a number from"),
    (["--know", "budget.wage=40"], "--know: `budget.wage` is the same in all worlds"),
    (["--know", "strategy.hours.answer=0.1"], "--know: `strategy.hours.answer` is the same in all worlds"),
    (["--know", "joining.rate=0"], "Least likely is `--know joining.rate=0`"),
    (["--like", "weekly_writers=9000"], "Least likely is `--like weekly_writers=9000`"),
    (["--like", "members=4000000"], "budget.hours_per_week`: 80000"),
    (["--like", "members=30", "--one-world"], "--like: is not allowed with --one-world"),
    (["--know", "ties.gain=0.1", "--world", "x.toml"], "--know: is not allowed with --world"),
    (["--like", "members=30", "--log", "x.csv"], "--like: is not allowed with --log"),
])  # fmt: skip
def test_what_cannot_be_used_is_said(given, said, capsys):
    assert main(["compare", *TWO, *given]) == 2
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err


def test_the_answer_that_goes_least_with_the_rest_is_named_with_what_there_is():
    """Hours a thousand times those of any draw; the writers alone would leave many."""
    with pytest.raises(BadInput) as error:
        known.asked(told(["weekly_writers=100", "hours=3000", "members=3000"]), 20, 1)
    low, high = np.quantile(3 * outcomes.table()["hours"], [0.1, 0.9])
    assert "Least likely is `--like hours=3000`; without it the rest leaves " in str(error.value)
    assert f"Eight of ten draws have {low:.3g} to {high:.3g} (for 3,000 members" in str(error.value)


NARROWING = narrowed.Narrowing("reach", "reach", "u", "A", "B", "B", narrowed.Doubt(2.0, 0.9), narrowed.Doubt(8.0, 0.7))


def test_the_words_say_what_is_left_and_what_is_narrower():
    found = narrowed.Narrowed({"members": 3000.0}, {"ties.gain": 0.1}, 1000, 88.4, False, ["A note"], 71, [NARROWING])
    first, note, widths, shares = narrowed.sentences(found)
    assert first.startswith("Your answers: members 3,000 and ties.gain 0.1. Of 1,000 draws of the population they")
    assert "leave as much as 88 equally" in first and "71 different" in first and "few" not in first
    assert note == "A note." and widths.startswith("With your answers there is less doubt in reach.")
    assert "reach 2.0 (8.0)" in widths and "reach B 90 (70)" in shares


def test_what_is_not_narrower_is_not_called_so():
    wide = narrowed.Narrowing("reach", "reach", "u", "A", "B", "B", narrowed.Doubt(9.0, 0.9), narrowed.Doubt(8.0, 0.7))
    other = narrowed.Narrowing("x", "ties", "u", "A", "B", "B", narrowed.Doubt(7.0, 0.9), narrowed.Doubt(8.0, 0.7))
    said = [narrowed.sentences(narrowed.Narrowed({}, {"x": 1}, 1000, 20.0, True, [], 9, rows)) for rows in
            ([wide], [wide, other])]  # fmt: skip
    assert "there is no less doubt in anything." in said[0][1] and "That is few" in said[0][0]
    assert "less doubt in ties, in the rest not." in said[1][1]


# All of it


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small comparison with answers; its folder, and what it printed as JSON."""
    folder = tmp_path_factory.mktemp("like") / "made"
    words = ["compare", *TWO, "--like", "members=60", "--like", "weekly_writers=3", "--know", "meeting.attendance=-2.1",
             "--days", "8", "--worlds", "3", "--workers", "1", "--out", str(folder)]  # fmt: skip
    return folder, words


def test_a_comparison_with_answers_runs_its_worlds_and_those_without(made, capsys):
    folder, words = made
    assert main([*words, "--json"]) == 0
    answer = forms.FORMS["compare"].model_validate_json(capsys.readouterr().out).known
    assert answer.like == {"members": 60.0, "weekly_writers": 3.0} and answer.know == {"meeting.attendance": -2.1}
    assert answer.draws == 1000 and 10 < answer.left < 1000 and 1 <= answer.different <= 3 and len(answer.rows) == 5
    manifest, without = store.read_manifest(folder), store.read_manifest(folder / narrowed.FOLDER)
    assert "--like members=60 --like weekly_writers=3 --know meeting.attendance=-2.1" in manifest["command"]
    usual = worlds.usual(prepare(TWO, Changes(days=8)), 3, 1)
    assert without["posterior"]["digest"] == worlds.digest(usual.draws) and without["labels"] == TWO
    assert without["scenarios"]["broadcast"]["resolved"]["community"]["members"] == 1000
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "What your answers do" in page and "--like members=60" in page
    assert (
        "Your answers: members 60, weekly_writers 3 and meeting.attendance -2.1."
        in (folder / "verdict.txt").read_text()
    )


def test_the_doubt_is_that_of_both_stores_by_hand(made):
    folder, _ = made
    verdict = json.loads((folder / "verdict.json").read_text())
    rows = store.read(folder / narrowed.FOLDER)
    by = rows.pivot(index="replicate", columns="scenario", values="reach") / 1000
    gap = np.sort((by["facilitation"] - by["broadcast"]).to_numpy())
    one = next(row for row in verdict["known"]["rows"] if row["measure"] == "reach")
    of = next(row for row in verdict["pairs"][0]["rows"] if row["measure"] == "reach")
    assert one["without"]["width"] == pytest.approx(gap[2] - gap[0])  # of three worlds, 80 % are all
    assert one["told"]["width"] == pytest.approx(of["found"]["inner"][1] - of["found"]["inner"][0])
    assert one["without"]["ahead"] == ((gap < 0) if one["leader"] == "broadcast" else (gap > 0)).mean()
    assert of["found"]["effective"] == pytest.approx(1 / (1 / 3 + 1 / verdict["known"]["left"]))


def test_the_same_answers_go_on_and_others_are_refused(made, capsys):
    folder, words = made
    before = pd.read_parquet(folder / worlds.FILE)
    assert main([*words, "--quiet"]) == 0
    assert pd.read_parquet(folder / worlds.FILE).equals(before)
    for other in ([*words, "--like", "followers=100"], [word.replace("writers=3", "writers=4") for word in words]):
        assert main([*other, "--quiet"]) == 2
        assert "other" in capsys.readouterr().err.split("name another folder")[0]
