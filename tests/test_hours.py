"""Hours that are paid and do nothing, worked by hand and said in one line; and the options for hours and money."""

import pandas as pd
import pytest

from experiments.cli import main
from experiments.comparison import hours
from experiments.comparison.run import Asked, study_of
from experiments.runs.given import BadInput
from experiments.runs.prepare import Changes, prepare

ROWS = pd.DataFrame({"hours.host": [20.0, 40.0], "hours.answer": [20.0, 20.0], "hours.publish": [0.0, 0.0]})


def test_a_week_by_hand():
    # 40 paid; .5 host = 20, .25 answer = 10, .1 nowhere but kept for publish = 4, so that .15 = 6 have no activity.
    # In 14 days two seeds host 20 and 40 hours: 10 and 20 a week, 15 on the mean: 5 unused. Answer: 10 a week, all.
    week = hours.of_week(ROWS, {"host": 0.5, "answer": 0.25, "publish": 0.1, "listen": 0.0}, 40.0, 14)
    assert week["paid"] == 40 and week["unassigned"] == pytest.approx(6)
    assert week["unused"] == pytest.approx({"host": 5.0, "publish": 4.0}) and [*week["unused"]] == ["host", "publish"]
    said = hours.words({"mine": week, "full": {"paid": 40.0, "unassigned": 0.0, "unused": {}}})
    assert said == (
        "Hours a week that are paid and do nothing: 15 of 40 under mine (6 given to no activity, given and not spent: "
        "host 5 and publish 4)."
    )
    assert "\n" not in said


def test_where_all_hours_are_spent_nothing_is_said():
    week = hours.of_week(ROWS, {"host": 0.75, "answer": 0.25}, 20.0, 14)
    assert week == {"paid": 20.0, "unassigned": 0.0, "unused": {}} and hours.words({"mine": week}) == ""
    near = {"paid": 40.0, "unassigned": 0.0, "unused": {"host": 0.3}}  # under 1 %: said of nobody
    assert hours.words({"mine": near}) == ""


def test_many_activities_are_counted_and_not_listed():
    unused = {name: 2.0 for name in ("host", "answer", "listen", "act", "prompt", "respond")}
    said = hours.words({"a": {"paid": 40.0, "unassigned": 0.0, "unused": unused}})
    assert said.endswith("under a (given and not spent: host 2, answer 2, listen 2, act 2 and 2 more).")


def test_runs_without_hours_say_nothing_of_them():
    assert hours.of_week(ROWS, {"welcome": 0.5}, 40.0, 14) is None
    assert hours.of_week(ROWS, {"host": 0.5}, 40.0, 0) is None


# Options of their own


def test_what_every_strategy_gets_is_said_by_plain_options():
    own = {"hours": 60.0, "wage": 40.0, "money": 250.0, "currency": "EUR"}
    prepared = prepare(["broadcast", "facilitation"], Changes(**own))
    for scenario in prepared.scenarios.values():
        assert scenario.budget.model_dump() == {"hours_per_week": 60.0, "money_per_week": 250.0, "wage": 40.0}
    assert " --hours 60 --wage 40 --money 250 --currency EUR" in prepared.command("compare", [])
    with pytest.raises(BadInput, match=r"--set: `budget.wage` is given by an option of its own too"):
        prepare(["broadcast"], Changes(settings=("budget.wage=3",), wage=4.0))


def test_an_amount_that_cannot_be_is_refused_with_its_range(capsys):
    wrong = ["--hours", "5000", "--wage", "dear", "--money", "-1", "--currency", "1EUR"]
    assert main(["compare", "broadcast", "facilitation", *wrong]) == 2
    err = capsys.readouterr().err
    for said in (
        "from 0 to 4,000 (hours per week)",
        "'dear' is not allowed",
        "from 0 to 100,000",
        "up to eight letters",
    ):
        assert said in err
    assert main(["compare", "broadcast", "facilitation", "--hours", "30", "--like", "hours=30"]) == 2
    assert "`hours` is given by --set, --members or --hours too" in capsys.readouterr().err


def test_the_currency_names_the_unit_of_money_and_of_nothing_else():
    prepared = prepare(["broadcast", "facilitation"], Changes(currency="kr"))
    made = study_of(prepared, Asked())
    assert made.facts["currency"] == "kr" and made.measures["value_company"].unit == "kr"
    assert made.measures["reach"].unit == study_of(prepare(["broadcast"], Changes()), Asked()).measures["reach"].unit
