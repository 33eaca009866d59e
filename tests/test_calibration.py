"""Calibration: known truths come back, intervals hold, a stop loses nothing, and a false forecast is seen."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from experiments.calibration import draws, fitting, parameters, posterior, record, result, simulate, tide
from experiments.calibration import window as windows
from experiments.calibration.arrivals import Arrivals
from experiments.calibration.check import TINY, Ranks, ranks, tiny_world
from experiments.calibration.holdout import SERIES, Course, courses, naive
from experiments.calibration.summaries import ABOUT, describe, pairs, returns, weekly
from experiments.calibration.window import CalibrationError, Window, target_of, window_of
from experiments.cli import main
from experiments.comparison.run import Asked, study_of
from experiments.pages import answers, figures, forms
from experiments.runs import prepare
from experiments.runs.files import StoreError
from experiments.runs.given import BadInput
from experiments.runs.journal import Journal
from experiments.runs.point import settled
from sim.logs.log import DAY, Log
from sim.scenario import load

AT = 1000 * DAY


def log_of(*events, name="small.csv"):
    day, source, target = (np.array([event[k] for event in events]) for k in range(3))
    zero = np.zeros(len(events), np.int16)
    return Log(AT + day * DAY, source.astype(np.int64), target.astype(np.int64), zero, ("message",), name)


def window(*events, old=(), length=14.0):
    day, source, target = (np.array([event[k] for event in events]) for k in range(3))
    source, target = source.astype(np.int64), target.astype(np.int64)
    return Window(day, source, target, np.array(old, np.int64), length)


# What a stretch shows


def test_weeks_by_hand():
    w = window((0.5, 1, 1), (1.0, 2, 1), (1.5, 2, 1), (8.0, 1, 2), (9.0, 3, 3), old=[1])
    found = weekly(w)
    assert found["actives"].tolist() == [2, 2]
    assert found["exchanges"].tolist() == [2, 1]
    assert found["newcomers"].tolist() == [1, 1]  # 2 and 3; 1 wrote before


def test_who_wrote_before_is_no_newcomer_also_in_a_part():
    w = window((0.5, 1, 1), (1.0, 2, 1), (8.0, 1, 2), (9.0, 3, 3)).between(7.0, 14.0)
    assert weekly(w)["newcomers"].tolist() == [1] and w.day.tolist() == [1.0, 2.0]


def test_returns_by_hand():
    events = [(0.0, 1, 1), (31.0, 1, 1), (5.0, 2, 2), (34.0, 2, 2), (6.0, 9, 9), (40.0, 9, 9), (60.0, 3, 3)]
    share, count = returns(window(*sorted(events), old=[9], length=90.0))
    assert count.tolist() == [2.0] and share.tolist() == [0.5]  # 1 wrote on day 31, 2 on day 29 only; 9 is old


def test_ties_by_hand():
    count, mutual, ends = pairs(window((0.1, 1, 2), (0.2, 2, 1), (0.3, 1, 2), (0.4, 3, 1), (0.5, 4, 4)))
    assert ends.tolist() == [[1, 2], [1, 3]] and count.tolist() == [3, 1] and mutual.tolist() == [True, False]


def test_summaries_are_finite_for_next_to_nothing():
    summaries = describe(window((0.5, 1, 1), length=42.0))
    assert np.isfinite(list(summaries.values())).all() and list(summaries) == list(ABOUT)


# The model's course beside naive forecasts


def test_naive_forecasts_leave_out_what_is_not_known():
    found = naive(np.array([np.nan, 4.0, 2.0, np.nan]), 2, 8)
    assert found["last value"].tolist() == [2, 2] and found["mean of the last"].tolist() == [3, 3]
    assert found["linear trend"].tolist() == [0, 0]  # 4, 2, (0), then below zero


def test_a_false_course_is_seen():
    rng = np.random.default_rng(1)
    past, real = 50 + rng.normal(0, 2, 40), 50 - np.arange(30) + rng.normal(0, 2, 30)
    runs = 50 - np.arange(30) + rng.normal(0, 2, (40, 30))
    sound, false = (Course(past, real, r, 8).score() for r in (runs, runs + 25))
    assert sound is not None and false is not None
    assert sound["model"] < sound["naive"][sound["best"]] and false["model"] > false["naive"][false["best"]]
    assert sound["covered"] > 0.7 and false["covered"] == 0


# The posterior, on a model that can be written down


def easy(u, rng):
    """Two of three parameters move three summaries."""
    x = np.column_stack([u[:, 0] * 4, u[:, 1] * 3 + u[:, 0], u[:, 0] * u[:, 1] * 2])
    return x + rng.normal(0, 0.3, x.shape)


def easy_ranks(n):
    truths = np.random.default_rng(5).random((n, 3))
    logs = easy(truths, np.random.default_rng(6))
    first = {}

    def run(number, generation, u):
        if generation == 0:
            return first.setdefault(0, easy(u, np.random.default_rng(7)))
        return easy(u, np.random.default_rng([number, generation]))

    return ranks(("a", "b", "c"), truths, logs, run, 30, 1)


@pytest.mark.parametrize("truths", [16, pytest.param(30, marks=pytest.mark.slow)])
def test_intervals_hold_on_known_truths_and_a_biased_posterior_is_seen(truths):
    found = easy_ranks(truths)
    assert found.faults() == []
    assert (found.error[:, :2].mean(axis=0) < 0.1).all()
    assert Ranks(found.keys, np.clip(found.rank + 0.35, 0, 1), found.error).faults()
    narrow = np.where(np.abs(found.rank - 0.5) > 0.2, np.round(found.rank), found.rank)
    assert any("hold" in fault for fault in Ranks(found.keys, narrow, found.error).faults())


def test_what_moves_nothing_keeps_its_prior():
    observed = easy(np.array([[0.5, 0.5, 0.5]]), np.random.default_rng(1))[0]
    rng = np.random.default_rng(2)
    found = posterior.posterior(observed, 3, lambda g, u: easy(u, rng), 30, 1, lambda g: g <= 1)
    assert found.moved.tolist() == [True, True, False]
    assert np.ptp(np.quantile(found.u[:, 2], [0.05, 0.95])) > 0.7
    low, high = np.quantile(found.u, [0.05, 0.95], axis=0)
    assert (low[:2] < 0.5).all() and (high[:2] > 0.5).all() and (high[:2] - low[:2] < 0.5).all()


# The model, on a small log of its own


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A log of known values, and what was found from it."""
    world = tiny_world(members=60, days=120)
    target = world.target
    truth = {"arrivals": 1.5, "members.drive_mean": -1.5, "members.voice_mean": -1.0, "leaving.base": -5.0,
             "posting.opening": -0.5}  # fmt: skip
    log = target.log
    folder = tmp_path_factory.mktemp("calibration") / "runs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "WARM", 0)  # founded at the start of the stretch, so that rows are members of the log
        made, _ = simulate.run_window(simulate.Job("truth", world, truth, 99))
    # The stretch's events in place of the log's own, and four more weeks of it as what came after.
    past = log.before(target.start)
    ids = np.union1d(past.source, past.target)
    first = {k: k for k in range(ids.size)}
    order = np.argsort([np.flatnonzero((past.source == i) | (past.target == i))[0] for i in ids], kind="stable")
    back = np.array([ids[order[k]] if k in first else 10**6 + k for k in range(int(made.source.max()) + 10**4)])
    time = np.concatenate([past.time, target.start + made.day * DAY])
    source = np.concatenate([past.source, back[made.source]])
    reached = np.concatenate([past.target, back[made.target]])
    whole = Log(time, source, reached, np.zeros(time.size, np.int16), ("message",), "small.csv")
    split = target.split - 35 * DAY
    effort = fitting.Effort(keep=24, generations=1, draws=8)
    found = fitting.calibrate(whole, load("baseline"), folder, effort, split, keys=list(TINY))
    return whole, split, effort, folder, truth, found


def test_known_values_come_back(small):
    *_, truth, found = small
    rows = {one.key: one for one in result.fitted(found)}
    within = [rows[key].low <= truth[key] <= rows[key].high for key in TINY]
    assert sum(within) >= len(TINY) - 1  # of five 90 % intervals; the check of the whole has a command of its own
    one = rows["posting.opening"]
    assert one.identified and one.high - one.low < 6.0  # of 8 that are allowed
    assert result.verdict(found).fit != "cannot fit"


def test_a_log_that_is_not_the_models_is_called_so(small):
    *_, found = small
    far = {name: value + 3.0 for name, value in found.real["summaries"].items()}
    false = fitting.Findings(**{**vars(found), "real": {**found.real, "summaries": far}})
    assert result.verdict(false).fit == "cannot fit" and "cannot fit" in result.words(false)


def test_another_number_of_runs_in_the_same_folder_are_new_ones(small, tmp_path, monkeypatch):
    """Runs of another plan are other settings; taken for the new ones they would be false results."""
    monkeypatch.setattr(posterior, "EVERY", 2)  # what is asked is which runs are made, not what they show
    whole, split, effort, folder, _, found = small
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    fewer = fitting.Effort(keep=8, generations=1, draws=8)
    other = fitting.calibrate(whole, load("baseline"), again, fewer, split, keys=list(TINY))
    assert other.posterior.runs == 4 * 8
    assert len(list((again / "runs").glob("fit-*.json"))) == found.posterior.runs + other.posterior.runs
    assert other.aheads != found.aheads


def test_a_log_is_recorded_beside_the_naive_forecasts(small, tmp_path):
    *_, found = small
    rows = [{"log": "small", "courses": result.as_dict(found)["courses"]}, {"log": "tiny", "refused": "too short"}]
    one = next(score for score in rows[0]["courses"] if score["series"] == "actives")
    one.update(model=1.0, naive={"last value": 2.0, "mean of the last": 3.0, "linear trend": 8.0})
    said = record.summary(rows)["actives"]
    assert said["logs"] == 1 and said["against"]["best"] == {"better": 1, "to": pytest.approx(0.5)}
    assert said["against"]["linear trend"] == {"better": 1, "to": pytest.approx(1 / 8)}
    asked = {"seed": 1, "keep": 24, "generations": 1, "draws": 8}
    facts = record.provenance("LOG", asked, 1.0)
    record.add(rows[0], facts, tmp_path)
    record.add(rows[1], facts, tmp_path)
    page = (tmp_path / "calibration.md").read_text()
    assert "too short" in page and "0.50 (1 of 1)" in page and "--keep 24" in page
    record.add(rows[1], {**facts, "keep": 25}, tmp_path)  # other numbers of runs: not laid beside each other
    assert [row["log"] for row in json.loads((tmp_path / "calibration.json").read_text())["logs"]] == ["tiny"]
    one.update(model=9.0)
    assert record.summary(rows)["actives"]["against"]["best"]["better"] == 0  # falsified
    assert record.summary(rows[1:]) == {}


def test_going_on_gives_what_an_unbroken_run_gives(small, tmp_path):
    whole, split, effort, folder, _, found = small
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    runs = sorted((again / "runs").iterdir())
    for gone in runs[::5]:
        gone.unlink()
    runs[1].write_bytes(runs[1].read_bytes()[:20])  # damaged
    (again / "runs" / ".fit-0-0.json.77").write_text('{"sec')  # what a killed go leaves of a file
    same = fitting.calibrate(whole, load("baseline"), again, effort, split, keys=list(TINY))
    assert np.array_equal(same.posterior.u, found.posterior.u)
    assert same.replays == found.replays and same.aheads == found.aheads
    assert len(list((again / "runs").glob("[!.]*"))) == len(runs)
    with pytest.raises(StoreError, match="something else"):
        fitting.calibrate(whole, load("baseline"), again, effort, split - 7 * DAY, keys=list(TINY))


def test_the_scenario_file_can_be_used(small, tmp_path):
    *_, found = small
    path = tmp_path / "mine.toml"
    result.write_scenario(path, found, "baseline")
    mine = load(str(path))
    rows = {one.key: one.value for one in result.fitted(found)}
    assert mine.members.voice_mean == pytest.approx(rows["members.voice_mean"], rel=1e-4)
    assert mine.strategy.hours == {} and "90 % interval" in path.read_text()
    led = load(f"broadcast@{path}")
    assert led.strategy.hours == load("broadcast").strategy.hours and led.members.voice_mean == mine.members.voice_mean
    with pytest.raises(BadInput, match="overwritten"):
        result.write_scenario(path, found, "baseline")


@pytest.fixture(scope="module")
def stored(small, tmp_path_factory):
    """What was found, in a folder: few draws, and figures of few dots."""
    *_, found = small
    folder = tmp_path_factory.mktemp("calibration") / "found"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "DPI", 40)
        patch.setattr(result, "DRAWS", 20)
        result.write(found, folder)
        yield folder


def test_tables_and_figures(stored):
    names = {path.name for path in stored.iterdir()}
    assert {"calibration.json", "facts.csv", "values.csv", "posterior.parquet", "courses.png", "README.md"} <= names
    assert len(json.loads((stored / "calibration.json").read_text())["values"]) == len(TINY)


def test_strategies_are_compared_over_draws(stored):
    rows = draws.read(stored)
    assert len(rows) == result.DRAWS and set(rows[0]) == {"community.market_per_member", *TINY[1:]}
    both = prepare.prepare(["broadcast", "facilitation"], prepare.Changes(posterior=stored), tuple(rows))
    study = study_of(both, Asked())
    for k in (0, 1, result.DRAWS + 1):
        one, other = (settled(scenario, study.drawn(k)) for scenario in study.scenarios.values())
        assert one.members.voice_mean == other.members.voice_mean == rows[k % result.DRAWS]["members.voice_mean"]
    broadcast = study.scenarios["broadcast"]
    assert settled(broadcast, study.drawn(0)).digest() != settled(broadcast, study.drawn(1)).digest()
    assert both.posterior == {"draws": result.DRAWS, "digest": both.posterior["digest"]}
    fixed = prepare.Changes(settings=("members.voice_mean=-2",), posterior=stored)
    with pytest.raises(prepare.BadInput, match="leave one"):
        prepare.prepare(["broadcast", "facilitation"], fixed, tuple(rows))


def test_draws_that_cannot_be_used_are_refused(tmp_path):
    with pytest.raises(BadInput, match="neither a folder"):
        draws.read(tmp_path)
    for column, value, said in (
        ("ties.nothing", 1.0, "unknown"), ("ties.gain", 9.0, "from 0.03 to 0.2"), ("ties.gain", "x", "is a number"),
        ("ties.gain", float("nan"), "nan is not allowed"),
    ):  # fmt: skip
        pd.DataFrame([{column: value}]).to_parquet(tmp_path / draws.FILE)
        with pytest.raises(BadInput, match=said):
            draws.read(tmp_path)


def test_the_courses_are_the_models_own_and_nothing_after_the_split_is_used():
    flat = {"actives": [10.0] * 12, "exchanges": [40.0] * 12}
    past = {"weekly": flat, "returned": [0.5, None, 0.25], "cohorts": [4.0, 0.0, 3.0]}
    run = {"returned": [0.5], "cohorts": [1.0], "weekly": {"actives": [24.0] * 5, "exchanges": [30.0] * 5}}
    one, other = (
        courses(
            past, {"weekly": {"actives": came, "exchanges": came}, "returned": back, "cohorts": count}, [run] * 3, 8
        )
        for came, back, count in (([50.0] * 5, [0.1], [9.0]), ([1.0] * 5, [0.1], [2.0]))
    )
    for name in one:
        assert np.array_equal(one[name].runs, other[name].runs)
    assert one["actives"].past.size == 8 and one["actives"].runs.tolist() == [[24.0] * 5] * 3
    assert one["actives"].band()[0].tolist() == [24.0] * 5 and one["actives"].score()["model"] == 26.0
    assert one["returned"].past.tolist()[::2] == [0.5, 0.25] and one["returned"].last == 2
    assert one["returned"].score()["model"] == pytest.approx(0.4)
    assert other["returned"].score() is None  # two newcomers are too few for a share


def test_what_a_program_reads_has_the_form_of_the_page(small, capsys):
    *_, found = small
    answers.show("calibrate", {"scenario": "mine.toml", "folder": "here", **result.as_dict(found)})
    read = forms.Calibrate.model_validate_json(capsys.readouterr().out)
    assert read.schema_.name == "hearth calibrate" and [one.key for one in read.values] == list(TINY)
    assert read.facts and read.courses


def test_what_a_person_reads_begins_with_what_it_is_good_for(small):
    *_, found = small
    words = result.words(found).splitlines()
    assert "Do not use this to forecast your forum." in words[0] and words[1].startswith("The model ")
    assert any(line.startswith("The log does not identify: ") for line in words)
    assert {score["series"] for score in found.scores()} >= {"actives", "exchanges"}
    for score in found.scores():
        (line,) = [line for line in words if line.startswith(f"After the split, {SERIES[score['series']]} ")]
        better = score["model"] < score["naive"][score["best"]]
        assert score["best"] in line and (": better." if better else ": no better.") in line


# The market that stands for arrivals


def test_arrivals_become_joins_whatever_the_rate():
    base = parameters.neutral(load("baseline"))
    log = Arrivals(np.full(52, 2.0), 210.0, 10.0, 0.9, 364.0)  # 21 a week at the split
    for rate in (1e-5, 1e-3):
        settings = {"arrivals": 1.0, "joining.rate": rate, "members.voice_mean": -2.0}
        made = parameters.scenario_with(base, settings)
        joins = parameters.market_per_member(settings, made, log, 100) * 100 * rate
        assert joins * parameters.ever_writes(made, 364.0) == pytest.approx(3.0)


def test_arrivals_follow_the_log_and_spread_as_it_moves():
    rng = np.random.default_rng(3)
    steady = Arrivals.of(rng.poisson(20.0, 100), 50)
    moving = Arrivals.of(rng.poisson(20.0 * np.exp(np.cumsum(rng.normal(0, 0.2, 100)))), 50)
    assert steady.past.size == 100 and steady.discount > moving.discount
    assert 7 * steady.past.mean() == pytest.approx(20, rel=0.1) and 7 * steady.lately == pytest.approx(20, rel=0.2)
    ahead = np.array([steady.ahead(20, seed) for seed in range(400)])
    assert ahead.mean(axis=0) == pytest.approx(np.full(20, steady.lately), rel=0.1)  # the mean stays
    assert ahead[:, 19].std() > ahead[:, 0].std()
    one, other = (np.std(np.log([a.ahead(20, seed)[19] for seed in range(200)])) for a in (steady, moving))
    assert other > 2 * one


def test_the_tide_of_known_series_comes_back_and_none_is_not_made_up():
    rng, weeks = np.random.default_rng(4), 60
    values = (parameters.Parameter("sd", 0.0, 1.5), parameters.Parameter("half-life", 2.0, 180.0, log=True))

    def tides(sd, half_life, count):
        day = np.arange(7 * weeks)
        kept = 0.5 ** (np.abs(np.subtract.outer(day, day)) / half_life)
        drawn = rng.multivariate_normal(np.zeros(day.size), sd**2 * kept, count, method="cholesky")
        return drawn.reshape(count, weeks, 7).mean(axis=2)

    def actives(x):
        return np.exp(np.log(60) + 0.8 * x + rng.normal(0, 0.1, x.shape))

    known = tides(0.3, 30, 20)
    runs = actives(known)
    slope, noise = tide.response(runs, known)
    assert slope == pytest.approx(0.8, abs=0.1) and noise == pytest.approx(0.01, rel=0.2)
    for sd, least, most in ((0.9, 0.5, 1.5), (0.0, 0.0, 0.3)):
        drawn = tide.places(actives(tides(sd + 1e-6, 10, 1))[0], runs, known, values, 400, 1)
        found = np.median(values[0].value(drawn[:, 0]))
        assert least <= found <= most


# What is refused


def many(n, days, members=50):
    rng = np.random.default_rng(1)
    who = rng.integers(0, members, (n, 2))
    return log_of(*[(day, a, b) for day, (a, b) in zip(np.linspace(0, days, n), who, strict=True)])


def test_runs_end_with_the_time_and_go_on(tmp_path):
    todo = [simulate.Job(f"x-{k}", None, {"k": k}, 1) for k in range(6)]
    runs = Journal(tmp_path / "runs", {"asked": 1})
    assert runs.perform(todo, lambda job: job.values["k"], least=2) == [0, 1]  # the time was over before it began
    assert runs.perform(todo[2:3], lambda job: job.values["k"]) == [2]
    again = Journal(tmp_path / "runs", {"asked": 1})
    assert again.perform(todo, lambda job: -1, least=2) == [0, 1, 2] and again.elapsed >= again.work > 0
    assert again.perform(todo, lambda job: -1, least=2, until=again.elapsed + 60) == [0, 1, 2, -1, -1, -1]
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".json"}  # nothing that runs when read
    with pytest.raises(StoreError, match="something else .asked: 1, now 2"):
        Journal(tmp_path / "runs", {"asked": 2})
    (tmp_path / "runs" / "plan.json").write_text("")
    with pytest.raises(StoreError, match="something else .asked: None, now 1"):
        Journal(tmp_path / "runs", {"asked": 1})


def test_a_log_that_no_run_comes_near_is_refused_in_words():
    u = np.random.default_rng(1).random((30, 2))
    with pytest.raises(CalibrationError, match="0 of 30 runs came near"):
        posterior.Emulator(u, np.full((30, 3), np.nan), np.zeros(3))


@pytest.mark.parametrize(
    ("log", "at", "said"),
    [
        (many(100, 400), None, "events before the split: too few"),
        (many(2000, 400, 8), None, "members before the split: too few"),
        (many(2000, 60), None, "too short to fit"),
        (many(2000, 400), 0.0, "lies outside of the log"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_words(log, at, said):
    with pytest.raises(CalibrationError, match=said):
        target_of(log, at)


def test_the_fitted_stretch_is_whole_weeks_up_to_the_split():
    target = target_of(many(4000, 1000))
    assert target.fitted.length == 7 * target.fitted.weeks <= 364 and target.later is not None
    assert target.start + target.fitted.length * DAY == target.split
    assert window_of(target.log, target.split, target.end).day.min() >= 0


def test_the_command_refuses_with_exit_code_2(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.csv").write_text("time,source,target\n1,1,2\n90000,2,1\n")
    assert main(["calibrate", "tiny.csv", "--scenario", "mine.toml"]) == 2
    assert "too short" in capsys.readouterr().err
    (tmp_path / "mine.toml").write_text("")
    assert main(["calibrate", "tiny.csv", "--scenario", "mine.toml"]) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
    assert main(["calibrate", "tiny.csv", "--scenario", "other.toml", "--budget", "soon"]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.toml", "tiny.csv"]
