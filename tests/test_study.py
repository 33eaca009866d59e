"""Studies: files that say all of it, points, sweeps that go on where they stopped, a store that others can open."""

from __future__ import annotations

import dataclasses
import os
import resource
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.cli import main
from experiments.runs import files, point, store, tasks
from experiments.runs.files import StoreError
from experiments.runs.pool import Pool
from experiments.runs.tasks import Progress
from experiments.study import design, file, status, sweep
from experiments.study.file import StudyError
from sim.scenario import ScenarioError, load

LEAST = 'question = "q"\nscenarios = ["broadcast", "facilitation"]\nreplicates = 2\n'
SMALL = "[hold]\ncommunity.members = 30\ncommunity.days = 4\n"
GRID = SMALL + "[vary]\nties.gain = [0.05, 0.1]\n"


class Counted(Progress):
    """Counts what is expected and what is done."""

    def __init__(self):
        self.expected = self.count = 0

    def expect(self, count):
        self.expected += count

    def done(self, count=1, note=""):
        self.count += count


def written(tmp_path, text, name="mine") -> file.Study:
    path = tmp_path / f"{name}.toml"
    path.write_text(text)
    return file.read(str(path))


def swept(study, folder, progress=None, **order):
    return sweep.sweep(study, folder, Pool(1), sweep.Order(**order), progress or Progress())


# What a file may say


def test_the_least_study(tmp_path):
    study = written(tmp_path, LEAST)
    plan = design.Plan(study, "m")
    assert plan.places == 1 and study.keys == [] and "intimacy" in study.measures
    assert study.seed_of(0) != study.seed_of(1)


BAD = [
    ("", "`question`: is missing"),
    (LEAST.replace("replicates = 2", ""), "`replicates`: is missing"),
    (LEAST + "replicatess = 2\n", "did you mean `replicates`"),
    (LEAST.replace("= 2", "= 0"), "`replicates`: 0 is not allowed"),
    (LEAST.replace('"broadcast"', '"broadcats"'), "did you mean `broadcast`"),
    (LEAST.replace('"broadcast"', '"facilitation"'), "is there twice"),
    (LEAST + 'measures = ["intimcy"]\n', "did you mean `intimacy`"),
    (LEAST + "days = [9]\n" + SMALL, "day 9 is after the end"),
    (LEAST + "days = [1]\nevery = 2\n", "`every`: is not allowed beside"),
    (LEAST + '[hold]\n"ties.gian" = 0.1\n', "did you mean `gain`"),
    (LEAST + "[hold]\nties.gain = [0.1, 0.2]\n", "several belong under [vary]"),
    (LEAST + "[vary]\nties.gian = [0.1, 0.2]\n", "did you mean `gain`"),
    (LEAST + "[vary]\nties.gain = [0.1, 7.0]\n", "7.0 is not allowed; it is a number from 0.03 to 0.2"),
    (LEAST + "[vary]\nties.gain = [0.1, 0.1]\n", "has a value twice"),
    (LEAST + "[vary]\nties.gain = { low = 0.1, high = 0.05 }\n", "the first the smaller"),
    (LEAST + "[vary]\nties.gain = { low = 0.1, high = 0.2, stepps = 3 }\n", "did you mean `steps`"),
    (LEAST + "[vary]\nties.gain = { low = 0.1, high = 0.2 }\n", "needs `steps`"),
    (LEAST + 'design = "latin"\n[vary]\nties.gain = "range"\n', "`points`: is missing"),
    (LEAST + 'design = "sobol"\npoints = 100\n[vary]\nties.gain = "range"\n', "a power of 2"),
    (LEAST + 'design = "rows"\n[vary]\nties.gain = [0.1, 0.2]\nties.slots = [4, 5, 6]\n', "lists of one length"),
    (LEAST + "[hold]\nties.gain = 0.1\n[vary]\nties.gain = [0.1, 0.2]\n", "is held too"),
    (LEAST + '[vary]\n"tiess.*" = "range"\n', "no value that could vary"),
    (LEAST + "[vary]\ndial = [0, 1]\n", "needs `dial_to`"),
    (LEAST.replace('"facilitation"', '"tiny_startup"'), "do not cost the same"),
    (LEAST + '[mix]\ngoals = ["parasocial"]\n', "no measure of better and worse"),
    ("question = \n", "not valid TOML"),
]


@pytest.mark.parametrize(("text", "said"), BAD, ids=[said for _, said in BAD])
def test_what_is_wrong_with_a_file_is_said(tmp_path, text, said):
    with pytest.raises(StudyError) as caught:
        written(tmp_path, text)
    assert said in str(caught.value) and "mine.toml" in str(caught.value)


def test_a_point_that_cannot_be_is_named_before_anything_runs(tmp_path):
    text = LEAST + "[vary]\nstrategy.hours.host = [0.2, 0.3]\nstrategy.hours.publish = [0.2, 0.6]\n"
    study = written(tmp_path, text.replace('["broadcast", "facilitation"]', '["facilitation"]'))
    with pytest.raises(StudyError, match="add up to"):
        swept(study, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# Points


def test_designs(tmp_path):
    vary = "[vary]\nties.gain = { low = 0.05, high = 0.2, steps = 4 }\nties.slots = [4, 8, 16]\n"
    assert design.Plan(written(tmp_path, LEAST + vary), "m").places == 12
    for name, points, places in (("latin", 10, 10), ("morris", 5, 15), ("sobol", 8, 32)):
        study = written(tmp_path, f'{LEAST}design = "{name}"\npoints = {points}\n{vary}')
        one, two = design.Plan(study, "m"), design.Plan(study, "m")
        assert one.places == places and one.columns == two.columns
        assert set(one.columns["ties.slots"]) <= {4, 8, 16}
        assert all(0.05 <= value <= 0.2 for value in one.columns["ties.gain"])
    single = design.Plan(written(tmp_path, f'{LEAST}design = "one"\n{vary}'), "m")
    base = {"ties.gain": 0.08, "ties.slots": 12}
    assert single.shown(0) == base
    assert all(sum(single.shown(p)[key] != base[key] for key in base) == 1 for p in range(1, single.places))
    rows = design.Plan(
        written(tmp_path, LEAST + 'design = "rows"\n[vary]\nties.gain = [0.1, 0.2]\nties.slots = 5\n'), "m"
    )
    assert rows.columns == {"ties.gain": [0.1, 0.2], "ties.slots": [5, 5]}


def test_a_range_of_equal_ratios(tmp_path):
    levels = file.Range(low=1, high=100, scale="log", steps=5).levels()
    assert levels == pytest.approx([1, 10**0.5, 10, 10**1.5, 100]) and (levels[0], levels[-1]) == (1, 100)
    assert file.Range(low=1, high=100, steps=5).levels() == pytest.approx([1, 25.75, 50.5, 75.25, 100])
    assert file.Range(low=0, high=5, whole=True).at(0.5) == 2


def test_each_replicate_lives_under_a_draw_of_its_own(tmp_path):
    study = written(tmp_path, LEAST)
    assert study.drawn(3) == {}
    drawn = dataclasses.replace(study, draws=[{"ties.gain": 0.1}, {"ties.gain": 0.2}])
    assert [drawn.drawn(k)["ties.gain"] for k in range(4)] == [0.1, 0.2, 0.1, 0.2]


def test_a_settled_point_is_the_scenario_that_load_makes():
    settings = {"ties.gain": 0.1, "strategy.hours.host": 0.1, "norms.civility.start": 0.5, "switches.stories": False}
    made = point.settled(load("facilitation"), settings)
    assert made.resolved() == load("facilitation", settings).resolved()
    assert made.digest() == load("facilitation", settings).digest()
    assert load("facilitation").strategy.hours["host"] == 0.22  # the base is as it was
    with pytest.raises(ScenarioError, match="it is a number from"):
        point.settled(load("facilitation"), {"ties.gain": 9.0})


def test_a_dial_leads_from_one_strategy_to_the_other(tmp_path):
    text = LEAST.replace('["broadcast", "facilitation"]', '["facilitation"]')
    study = written(tmp_path, text + 'dial_to = "broadcast"\n[vary]\ndial = [0, 0.5, 1]\n')
    plan = design.Plan(study, "m")
    ends = [point.settled(study.scenarios["facilitation"], plan.point(k, "facilitation").settings) for k in range(3)]
    assert ends[0].digest() == load("facilitation").digest()
    assert ends[2].strategy.model_dump() | {"hours": 0} == load("broadcast").strategy.model_dump() | {"hours": 0}
    wanted = {act: share for act, share in load("broadcast").strategy.hours.items() if share}
    assert {act: share for act, share in ends[2].strategy.hours.items() if share} == wanted
    assert ends[1].strategy.hours["publish"] == pytest.approx((0.06 + 0.62) / 2)
    quarter = point.between(load("facilitation"), load("broadcast"), 0.25)
    assert quarter["strategy.hours.publish"] == pytest.approx(0.75 * 0.06 + 0.25 * 0.62)


def test_keys_say_what_is_run(tmp_path):
    study = written(tmp_path, LEAST + GRID)
    plan = design.Plan(study, "m")
    assert np.unique(plan.keys).size == 4
    assert (design.Plan(study, "another model").keys != plan.keys).all()
    said = written(tmp_path, LEAST + "[vary]\nties.gain = [0.08, 0.1]\n", "said")  # the first is the scenario's own
    plain = design.Plan(written(tmp_path, LEAST, "plain"), "m").point(0, "broadcast")
    assert design.Plan(said, "m").point(0, "broadcast") == plain._replace(shown={"ties.gain": 0.08})
    longer = written(tmp_path, LEAST + GRID.replace("0.1]", "0.1, 0.15]"))
    assert (design.Plan(longer, "m").keys[:2] == plan.keys).all()


# Sweeps


def test_a_sweep_stores_every_run_and_goes_on_with_what_is_missing(tmp_path):
    study, told = written(tmp_path, LEAST + GRID), Counted()
    result = swept(study, tmp_path / "out", told)
    assert (result.planned, result.stored, result.failed) == (8, 8, 0)
    assert told.expected == told.count == 8
    rows = store.read(tmp_path / "out")
    assert len(rows) == 8 and rows[["point", "seed"]].drop_duplicates().shape[0] == 8
    assert set(rows["ties.gain"]) == {0.05, 0.1} and set(rows["day"]) == {4}
    first, *others = store.shards(tmp_path / "out")
    first.unlink()
    missing = 8 - sum(len(pd.read_parquet(path)) for path in others)
    again = Counted()
    swept(study, tmp_path / "out", again)
    assert again.count == missing > 0
    pd.testing.assert_frame_equal(store.read(tmp_path / "out"), rows, check_exact=True)


def test_more_seeds_and_values_keep_what_is_there(tmp_path):
    swept(written(tmp_path, LEAST + GRID), tmp_path / "out")
    more = written(tmp_path, LEAST.replace("= 2", "= 3") + GRID.replace("0.1]", "0.1, 0.2]"))
    told = Counted()
    result = swept(more, tmp_path / "out", told)
    assert result.planned == result.stored == 18 and told.count == 10


def test_rows_are_those_of_the_model(tmp_path):
    from sim.run import run

    study = written(tmp_path, LEAST + "days = [2, 4]\n" + GRID)
    swept(study, tmp_path / "out")
    rows = store.read(tmp_path / "out", day=2)
    row = rows[(rows["scenario"] == "broadcast") & (rows["ties.gain"] == 0.1) & (rows["replicate"] == 1)].iloc[0]
    made = run(load("broadcast", {"community.members": 30, "community.days": 4, "ties.gain": 0.1}), int(row["seed"]))
    assert row["seed"] == study.seed_of(1)
    for key in study.measures:
        assert row[key] == made.series[key][2] or np.isnan(row[key]) and np.isnan(made.series[key][2]), key


def test_seeds_interleave_over_the_space(tmp_path):
    study = written(tmp_path, LEAST + SMALL + "[vary]\nties.gain = { low = 0.05, high = 0.2, steps = 10 }\n")
    plan = design.Plan(study, "m")
    one = sweep.Sweep(study, plan, tmp_path, Pool(1))
    place = {one.plan.point(p, label).key: p for p in range(10) for label in one.plan.labels}
    missing = np.array([(place[task.point.key], task.replicate) for task in one.missing(np.full(10, 2))])
    assert len(missing) == 40 and set(missing[:20, 1]) == {0}  # the first seed everywhere, then the second
    assert all((missing[k : k + 2, 0] == missing[k, 0]).all() for k in range(0, 40, 2))  # whole pairs
    assert (np.diff(missing[:20:2, 0]) != 1).any()  # not from one corner on


def test_parts_are_the_whole(tmp_path):
    study = written(tmp_path, LEAST + GRID)
    swept(study, tmp_path / "whole")
    for k in (1, 2, 3):
        swept(study, tmp_path / "parts", part=(k, 3))
    one, other = (store.read(tmp_path / name) for name in ("whole", "parts"))
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    sizes = [len(pd.read_parquet(path)) for path in store.shards(tmp_path / "parts")]
    assert sum(sizes) == 8


def fail_sometimes(study, task, real=tasks.simulate):
    if task.point.label == "broadcast" and task.replicate == 1:
        raise RuntimeError("broken on purpose")
    return real(study, task)


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_no_run_of_a_batch_is_lost_where_it_is_split(n):
    whole = tasks.Batch(None, None, tuple(range(n)))
    halves = sweep.Sweep.split(None, whole)
    assert [run for half in halves for run in half.tasks] == list(range(n)) and len(halves) == 2
    (last,) = sweep.Sweep.split(None, tasks.Batch(None, None, (7,)))
    assert last.tasks == (7,) and last.fallen and not halves[0].fallen


def test_a_failing_run_is_a_row_and_can_be_retried(tmp_path, monkeypatch):
    study = written(tmp_path, LEAST + GRID)
    with monkeypatch.context() as patched:
        patched.setattr(tasks, "simulate", fail_sometimes)
        result = swept(study, tmp_path / "out")
        assert (result.stored, result.failed) == (8, 2)
    assert len(store.read(tmp_path / "out")) == 6
    errors = store.query(tmp_path / "out", "select * from runs where error is not null")
    assert set(errors["scenario"]) == {"broadcast"} and errors["error"].str.contains("Traceback").all()
    assert errors["intimacy"].isna().all()
    assert "broken on purpose" in status.status(tmp_path / "out")["failures"][0]["said"]
    assert swept(study, tmp_path / "out").failed == 2  # not by itself
    assert swept(study, tmp_path / "out", retry_failed=True).failed == 0
    whole = tmp_path / "whole"
    swept(study, whole)
    pd.testing.assert_frame_equal(store.read(tmp_path / "out"), store.read(whole), check_exact=True)


@pytest.mark.parametrize(("most", "wanted"), [(12, [6, 3]), (5, [5, 3])])
def test_a_precision_adds_seeds_where_they_are_needed(tmp_path, most, wanted):
    """Where few follow from outside, reach hangs on the seed; six seeds do, or as many as are allowed."""
    told = f'replicates = 3\nprecision = 0.4\nmost = {most}\nmeasures = ["reach"]'
    grid = SMALL + "[vary]\ncommunity.followers_per_member = [0.5, 50.0]\n"
    result = swept(written(tmp_path, LEAST.replace("replicates = 2", told) + grid), tmp_path / "out")
    rows = store.read(tmp_path / "out")
    places = [own for _, own in rows.groupby("place")]
    assert [len(own) // 2 for own in places] == wanted and len(rows) == result.stored == result.planned
    assert width(places[0], 3) > 0.4 and (width(places[0], 6) <= 0.4 or most == 5)
    assert width(places[1], 3) <= 0.4


def width(rows, n):
    """Half the 95 % interval of the paired difference in reach over the first scenario's mean, of n seeds."""
    table = rows[rows["replicate"] < n].pivot(index="replicate", columns="scenario", values="reach")
    interval = stats.ttest_rel(table["facilitation"], table["broadcast"]).confidence_interval()
    return (interval.high - interval.low) / 2 / table["broadcast"].mean()


# The store


def test_another_study_is_refused(tmp_path):
    swept(written(tmp_path, LEAST + GRID), tmp_path / "out")
    for text, said in (
        (LEAST + GRID.replace("ties.gain", "ties.reciprocity").replace("0.05, 0.1", "1.5, 2.0"), "other varied keys"),
        (LEAST + GRID.replace("= 30", "= 31"), "with other values"),
        (LEAST + "seed = 9\n" + GRID, "another `seed`"),
        (LEAST + "days = [2]\n" + GRID, "other days"),
    ):
        with pytest.raises(StoreError, match=said):
            swept(written(tmp_path, text), tmp_path / "out")


def test_one_sweep_at_a_time(tmp_path):
    study = written(tmp_path, LEAST + GRID)
    with files.held(tmp_path, None), pytest.raises(StoreError, match="another command is at work"):
        swept(study, tmp_path)
    with files.held(tmp_path, (1, 2)):
        with files.held(tmp_path, (2, 2)):
            pass
        with pytest.raises(StoreError, match="part 1/2 is being worked on"), files.held(tmp_path, (1, 2)):
            pass


def test_gathering_keeps_every_row_wherever_it_is_cut_short(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MANY", 2)
    study = written(tmp_path, LEAST + GRID)
    with monkeypatch.context() as patched:
        patched.setattr(store, "gather", lambda folder: None)
        swept(study, tmp_path / "out")
    rows = store.read(tmp_path / "out")
    whole = len(store.shards(tmp_path / "out"))
    assert whole > 2
    for module, name, step in ((os, "replace", 1), (Path, "unlink", 2), (Path, "unlink", 4)):
        cut_short = tmp_path / f"{name}-{step}"
        shutil.copytree(tmp_path / "out", cut_short)
        left, real = [step], getattr(module, name)  # the power goes before a renaming, or before some file is away

        def cut(*words, left=left, real=real, **more):
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            return real(*words, **more)

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(module, name, cut)
            store.gather(cut_short)
        pd.testing.assert_frame_equal(store.read(cut_short), rows, check_exact=True)
        told = Counted()
        swept(study, cut_short, told)
        assert not told.count and len(list((cut_short / "runs").iterdir())) == 1
        pd.testing.assert_frame_equal(store.read(cut_short), rows, check_exact=True)


def test_others_open_it_without_this_project(tmp_path):
    import duckdb
    import polars

    swept(written(tmp_path, LEAST + GRID), tmp_path / "out")
    files = str(tmp_path / "out" / "runs" / "*.parquet")
    columns = {"scenario", "seed", "ties.gain", "intimacy"}
    for table in (
        pd.read_parquet(tmp_path / "out" / "runs"),
        polars.read_parquet(files).to_pandas(),
        duckdb.sql(f"from '{files}'").df(),
    ):
        assert len(table) == 8 and columns <= set(table.columns)


def test_export_and_sql(tmp_path):
    folder = tmp_path / "out"
    swept(written(tmp_path, LEAST + GRID), folder)
    for name, read in (("a.csv", pd.read_csv), ("a.parquet", pd.read_parquet), ("a.arrow", pd.read_feather)):
        assert status.export(folder, tmp_path / name) == 8
        assert len(read(tmp_path / name)) == 8
    assert store.query(folder, "select count(*) as n from runs")["n"][0] == 8
    assert store.query(folder, "select count(*) as n from points")["n"][0] == 4
    with pytest.raises(StoreError, match="sql: "):
        store.query(folder, "select nothing from runs")
    with pytest.raises(StoreError, match="holds no study"):
        status.status(tmp_path)


def test_a_read_only_place_is_an_error_for_people(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written to"):
        swept(written(tmp_path, LEAST), tmp_path / "file" / "out")


def test_a_full_disk_stops_the_sweep_and_leaves_the_store_whole(tmp_path):
    """No file may grow beyond a limit that the manifest fits in and a shard does not: the write fails half-way."""
    study = written(tmp_path, LEAST + GRID)
    swept(study, tmp_path / "out")
    rows = store.read(tmp_path / "out")
    sizes = [path.stat().st_size for path in store.shards(tmp_path / "out")]
    victim = store.shards(tmp_path / "out")[0]
    victim.unlink()
    real = files.write_table

    def full(path, table):
        if path.parent.name != "runs":
            return real(path, table)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (min(sizes) // 2, before[1]))
        try:
            return real(path, table)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(files, "write_table", full)
        with pytest.raises(StoreError, match="cannot be written to.*what is stored is whole"):
            swept(study, tmp_path / "out")
    assert not list((tmp_path / "out").rglob(".*.parquet*"))
    assert len(store.read(tmp_path / "out")) < 8
    swept(study, tmp_path / "out")
    pd.testing.assert_frame_equal(store.read(tmp_path / "out"), rows, check_exact=True)


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, LEAST + GRID)
    assert main(["study", "run", "mine.toml", "--workers", "1", "--set", "replicates=1"]) == 0
    assert "4 of 4 runs are stored in results/mine" in capsys.readouterr().out
    assert main(["study", "show", "mine"]) == 0
    assert "4 runs of 4 points are stored, 0 of them failed" in capsys.readouterr().out
    assert main(["study", "sql", "mine", "select count(*) as n from runs"]) == 0
    assert capsys.readouterr().out == "n\n4\n"
    assert main(["study", "export", "mine", "all.csv"]) == 0 and len(pd.read_csv("all.csv")) == 4
    for words, said in (
        (["study", "run", "mien"], "no shipped study"),
        (["study", "run", "mine.toml", "--part", "4/3"], "it is a part"),
        (["study", "run", "mine.toml", "--set", "vary.ties.gain=[9.0]"], "9.0 is not allowed"),
        (["study", "show", "nowhere"], "holds no study"),
        (["study", "export", "mine", "all.csv"], "exists"),
        (["study", "export", "mine", "all.xls"], "ends in one of"),
        (["study", "sql", "mine", "drop"], "sql: "),
    ):
        assert main(words) == 2, words
        assert said in capsys.readouterr().err


def test_a_notebook_gets_tables():
    from experiments import compare as compared
    from experiments import sweep as swept_through

    small = {"community.members": 30, "community.days": 4}
    table = compared("broadcast", "facilitation", replicates=3, hold=small, workers=1)
    assert {"intimacy", "value_members", "value_company", "reach"} <= set(table["measure"]) and (table["n"] == 3).all()
    rows = swept_through(
        {"question": "?", "scenarios": ["facilitation"], "replicates": 2, "hold": small}, workers=1, replicates=3
    )
    assert len(rows) == 3 and "intimacy" in rows


def test_the_best_mix_and_the_regime_map_of_ones_own_scenario(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("experiments.pages.page.png", lambda figure: b"")
    monkeypatch.setattr("experiments.cli.study.cores", lambda: 1)
    Path("own.toml").write_text('question = "?"\nbase = "balanced"\nstrategy.brand_line = 0.5\n')
    small = ["--set", "hold.community.days=4", "--set", "replicates=2"]
    goal = ["--set", "hold.community.members=30", "--set", 'mix.goals=["intimacy"]', "--set", "mix.trials=12"]
    fresh = ["--set", "mix.fresh=5", "--set", "mix.finalists=2"]
    assert main(["study", "mix", "own.toml", *small, *goal, *fresh]) == 0
    assert "12 mixes were tried" in capsys.readouterr().out and Path("results/mix-own/report.html").is_file()
    few = ["--set", "points=6", "--set", "days=[2,4]", "--set", "vary.community.members={low=20,high=40}"]
    assert main(["study", "regimes", "own.toml", "broadcast", *small, *few]) == 0
    assert "ahead is" in capsys.readouterr().out and Path("results/regimes-own-broadcast/report.html").is_file()


def test_a_question_in_sql_reads_the_runs_alone_and_writes_nothing(tmp_path):
    swept(written(tmp_path, LEAST + GRID), tmp_path / "out")
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for sql in (
        f"from '{secret}'", f"from read_csv('{secret}')", f"copy runs to '{tmp_path}/stolen.csv'",
        "set enable_external_access = true", f"attach '{tmp_path}/other.db'",
    ):  # fmt: skip
        with pytest.raises(StoreError, match="sql: "):
            store.query(tmp_path / "out", sql)
    assert not (tmp_path / "stolen.csv").exists() and not (tmp_path / "other.db").exists()
    assert store.query(tmp_path / "out", "select count(*) as n from runs join points using (point)")["n"][0] == 8


def test_a_name_is_quoted_in_sql(tmp_path):
    assert store.quoted('a"b') == '"a""b"' and store.quoted("it's", "'") == "'it''s'"
