"""The shipped studies: each is sound, says what it predicts, and runs to a report when made tiny."""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pandas as pd
import pytest

from experiments.runs import store
from experiments.runs.pool import Pool
from experiments.study import design, file, mix, regimes, report, sweep
from sim.measures import Measure

TINY = {
    "community.members": 30,
    "community.days": 8,
    "budget.hours_per_week": 40.0,
}
FEW = {"sensitivity": ["ties.gain", "ties.half_life"]}


def tiny(name):
    """A shipped study with few points, members, days and seeds."""
    table = tomllib.loads(file.locate(name).read_text())
    table |= {"replicates": 2, "points": 6} if "points" in table else {"replicates": 2}
    if "days" in table:
        table["days"] = [4, 8]
    vary = dict(file.flat(table.get("vary", {})))
    if name in FEW:
        vary = dict.fromkeys(FEW[name], "range")
    vary = {key: item[:2] if isinstance(item, list) else item for key, item in vary.items()}
    if "community.members" in vary:
        vary["community.members"] = {"low": 20, "high": 40, **({} if "points" in table else {"steps": 2})}
    held = {"budget.money_per_week": 100.0, "budget.wage": 35.0} if name in FEW else {}
    table["hold"] = {key: value for key, value in (TINY | held).items() if key not in vary}
    table["vary"] = vary
    if "mix" in table:
        table["mix"] |= {"trials": 16, "finalists": 2, "fresh": 5}
    return file.checked(table, name, name)


@pytest.mark.parametrize("name", file.shipped())
def test_a_shipped_study_is_sound_and_predicts(name):
    study = file.read(name)
    assert study.question.endswith("?") and len(study.prediction) > 100
    plan = design.Plan(study, "m")
    for label in study.scenarios:
        plan.point(plan.places - 1, label)


@pytest.mark.parametrize("name", file.shipped())
def test_a_shipped_study_runs_to_a_report(name, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.pages.page.png", lambda figure: b"")  # drawn, and not turned into pixels
    study = tiny(name)
    work = mix.search if study.mix else sweep.sweep
    result = work(study, tmp_path, Pool(1))
    assert result.stored == result.planned and result.failed == 0
    page = report.write(tmp_path)
    html = (tmp_path / "report.html").read_text()
    assert study.question in html.replace("&#39;", "'") and page.summary and page.tables
    assert (tmp_path / "summary.txt").read_text().count("\n") == len(page.summary)
    assert "It rests on" in html and "http" not in html.replace("http-equiv", "")
    assert json.loads((tmp_path / "manifest.json").read_text())["prediction"] == study.prediction
    for table in page.tables:
        assert (tmp_path / "tables" / f"{table}.csv").stat().st_size > 20
    assert len(store.shards(tmp_path)) > 0


def test_the_best_is_told_with_those_not_shown_to_be_worse():
    """Places 0 and 1 differ by luck alone, 2 is worse in every seed."""
    seeds = np.arange(8)
    luck = np.array([0.3, -0.2, 0.1, -0.3, 0.2, -0.1, 0.05, -0.04])
    of_place = {0: 1.0 + 0 * luck, 1: 0.99 + luck, 2: 0.5 + luck / 10}
    rows = pd.DataFrame(
        [{"scenario": "a", "place": place, "seed": seed, "reach": values[seed]} for place, values in of_place.items()
         for seed in seeds]
    )  # fmt: skip
    ends = pd.DataFrame(
        {"scenario": "a", "place": place, "x": place / 10, "mean": values.mean(), "low": 0.0, "high": 2.0}
        for place, values in of_place.items()
    )
    about = Measure("Reach", "people", "state", "", "more")
    assert report._best(ends, rows, "x", "reach", about).endswith("; 0.100 not shown to be worse")
    assert report._best(ends[ends["place"] < 2], rows, "x", "reach", about) == ""


def test_who_is_ahead_when_is_told_in_spans():
    ahead = pd.DataFrame({"day": [30, 7, 14, 365], "winner": ["b", regimes.NOBODY, regimes.NOBODY, "a"]})
    said = "nobody is shown to be ahead on days 7 to 14; b is ahead on day 30; a is ahead on day 365"
    assert regimes.when(ahead) == said
