"""Hours that are paid and do nothing: worked by hand, and said in one line."""

import pandas as pd
import pytest

from experiments.comparison import hours

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
