"""A study as a batch: parts that start together, time limits, what a study takes, job scripts, implausible values."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.cli import main
from experiments.runs import files, store, tasks
from experiments.runs.pool import Pool
from experiments.study import cost, design, file, slurm, sweep
from experiments.study.file import StudyError
from experiments.study.report import write as report
from sim import aside
from sim.run import run
from sim.scenario import BASELINE, ScenarioError, declaration, is_entry, limits, load
from tests.test_study import GRID, LEAST, SMALL, Counted, fail_sometimes, swept, written

ROOT = Path(__file__).resolve().parent.parent
MILLION = """
question = "q"
scenarios = ["broadcast", "facilitation"]
replicates = 20
measures = ["intimacy"]
[hold]
community.members = 30
community.days = 4
[vary]
ties.gain = { low = 0.05, high = 0.2, steps = 250 }
posting.passion = { low = 0.5, high = 1.0, steps = 100 }
"""


# Parts


@pytest.mark.parametrize("parts", [24, pytest.param(100, marks=pytest.mark.slow)])
def test_parts_that_start_together_without_locks_lose_nothing(tmp_path, parts):
    words = [sys.executable, "-m", "tests.parts_at_once", str(tmp_path), str(parts)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["failed"], told["left"]) == (0, 0) and told["stored"] == told["planned"] == 256, done.stderr
    assert not list((tmp_path / "parts").rglob(".*"))
    from tests.parts_at_once import study

    swept(study(), tmp_path / "whole")
    one, other = (store.read(tmp_path / name) for name in ("whole", "parts"))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("design_", ["", 'design = "latin"\npoints = 25_000\n'])
def test_a_part_of_a_million_runs_makes_only_its_own_points(tmp_path, monkeypatch, design_):
    text = MILLION.replace("[hold]", design_ + "[hold]")
    study = written(tmp_path, text if not design_ else text.replace(", steps = 250", "").replace(", steps = 100", ""))
    plan, made, real = design.Plan(study, "m"), [], design.Plan.point
    monkeypatch.setattr(design.Plan, "point", lambda self, place, label: made.append(1) or real(self, place, label))
    monkeypatch.setattr(design, "MOST_CHECKED", 10)
    work = sweep.Sweep(study, plan, tmp_path / "out", Pool(1), sweep.Order(part=(3, 1000)))
    with work.opened():
        opened = len(made)
        replicates = np.full(plan.places, 20)
        assert sum(len(places) for places, _ in work.turns(replicates)) * 2 == 1000
        missing = work.missing(replicates)
        next(missing)
        assert opened <= 2 * 11 and len(made) == opened + 1
        keys = {(task.point.key, task.replicate) for task in missing}
    assert len(keys) == 999 and len(made) == opened + 1000 and "keys" not in vars(plan)
    assert not (tmp_path / "out" / "points.parquet").exists()
    made.clear()
    again = sweep.Sweep(study, plan, tmp_path / "out", Pool(1), sweep.Order(part=(4, 1000)))
    with again.opened():
        assert not made  # the first has tried some points, and left a manifest


def test_what_is_planned_is_written_once(tmp_path, monkeypatch):
    study, real, written_ = written(tmp_path, LEAST + GRID), store.write_points, []
    monkeypatch.setattr(store, "write_points", lambda folder, plan: written_.append(1) or real(folder, plan))
    swept(study, tmp_path / "out", part=(2, 3))
    assert not written_
    with pytest.raises(files.StoreError, match="what is planned is not written yet"):
        store.read(tmp_path / "out")
    with pytest.raises(files.StoreError, match='in double quotes: "ties.gain"'):
        store.query(tmp_path / "out", "select ties.gain from runs")
    assert main(["study", "show", str(tmp_path / "out")]) == 0
    swept(study, tmp_path / "out", part=(1, 3))
    swept(study, tmp_path / "out", part=(1, 3))
    swept(study, tmp_path / "out")
    assert len(written_) == 1 and len(store.read(tmp_path / "out")) == 8
    swept(written(tmp_path, LEAST + GRID.replace("0.1]", "0.15]")), tmp_path / "out")
    assert len(written_) == 2


def test_a_part_gathers_its_own_files_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MANY", 2)
    study = written(tmp_path, LEAST.replace("= 2", "= 6") + GRID)
    foreign = tmp_path / "out" / "runs" / "abc-0123abcd.7.parquet"
    swept(study, tmp_path / "one", part=(1, 2))
    foreign.parent.mkdir(parents=True)
    shutil.copy(tmp_path / "one" / "manifest.json", tmp_path / "out")
    shutil.copy(store.shards(tmp_path / "one")[0], foreign)
    before = foreign.read_bytes()
    swept(study, tmp_path / "out", part=(2, 2))
    assert foreign.read_bytes() == before
    (own,) = {path for path in store.shards(tmp_path / "out")} - {foreign}
    assert own.name.endswith(f"-{aside.writer()}.parquet") and len(pd.read_parquet(own)) == 12
    assert store.gather_own(tmp_path / "out", [foreign, tmp_path / "gone"]) == [] and foreign.exists()


def test_what_another_is_writing_is_left_alone(tmp_path):
    host, own = aside.writer().split(".")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    names = {"alive": f"{host}.{os.getppid()}", "ours": f"{host}.{own}", "far": "0123abcd.7", "old": "0123abcd.8",
             "dead": f"{host}.{gone.pid}", "former": "77"}  # fmt: skip
    for name, writer in names.items():
        (tmp_path / f".{name}.{writer}.partial").write_text("half")
    os.utime(tmp_path / ".old.0123abcd.8.partial", (1, 1))
    with files.held(tmp_path):
        assert {path.name.split(".")[1] for path in tmp_path.glob(".*.partial")} == {"alive", "ours", "far"}


def test_a_disk_without_locks_holds_nobody_back(tmp_path, monkeypatch):
    import errno
    import fcntl

    def none(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with files.held(tmp_path), files.held(tmp_path, (1, 2)):
        pass
    assert not list(tmp_path.iterdir())


def test_a_part_runs_again_what_has_failed_and_leaves_the_files_of_others(tmp_path, monkeypatch):
    study = written(tmp_path, LEAST + GRID)
    with monkeypatch.context() as patched:
        patched.setattr(tasks, "simulate", fail_sometimes)
        for k in (1, 2):
            swept(study, tmp_path / "out", part=(k, 2))
    before = {path: path.read_bytes() for path in store.shards(tmp_path / "out")}
    for k in (1, 2):
        result = swept(study, tmp_path / "out", part=(k, 2), retry_failed=True)
        assert (result.stored, result.failed) == (4, 0)
    assert before.items() <= {path: path.read_bytes() for path in store.shards(tmp_path / "out")}.items()
    assert store.query(tmp_path / "out", "select count(error) as n, count(*) as all from runs").values.tolist() == [
        [0, 8]
    ]
    swept(study, tmp_path / "whole")
    one, other = (store.read(tmp_path / name) for name in ("whole", "out"))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_reading_goes_on_where_files_are_gathered_meanwhile(tmp_path, monkeypatch):
    study = written(tmp_path, LEAST + GRID)
    swept(study, tmp_path / "out")
    paths, real, calls = store.shards(tmp_path / "out"), store.shards, []
    assert len(paths) > 1

    def listed(folder):
        found = real(folder)
        if not calls:
            calls.append(store.gather_own(folder, paths))
        return found

    monkeypatch.setattr(store, "shards", listed)
    assert len(store.read(tmp_path / "out")) == 8 and calls


def test_seconds_and_host_of_a_run_are_columns_and_no_results(tmp_path):
    swept(written(tmp_path, LEAST + "days = [2, 4]\n" + GRID), tmp_path / "out")
    (table,) = [store.query(tmp_path / "out", "select * from runs")]
    assert (table["seconds"] > 0).all() and set(table["host"]) == {os.uname().nodename}
    assert (table.groupby(["point", "seed"])["seconds"].nunique() == 1).all()
    assert not {"seconds", "host"} & set(store.read(tmp_path / "out").columns)
    assert "seconds" in store.read(tmp_path / "out", keep=["intimacy", "seconds"])
    for path in store.shards(tmp_path / "out"):  # as before there were such columns
        pd.read_parquet(path).drop(columns=["seconds", "host"]).to_parquet(path)
    assert store.query(tmp_path / "out", "select count(seconds) as n from runs")["n"][0] == 0
    assert len(store.read(tmp_path / "out")) == 8


# Time


def test_a_study_stops_in_time_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, LEAST.replace("= 2", "= 30") + GRID)
    real = tasks.simulate

    def slow(study, task):
        time.sleep(0.05)
        return real(study, task)

    monkeypatch.setattr(tasks, "simulate", slow)
    words = ["study", "run", "mine.toml", "--workers", "1", "--quiet", "--part", "2/2"]
    assert main([*words, "--stop-after", "2s"]) == 75
    assert re.search(r"(\d+) of 60 runs of part 2/2 are stored in results/mine; stopped", capsys.readouterr().out)
    shards = store.shards(Path("results/mine"))
    assert len(shards) == 1 and 0 < len(pd.read_parquet(shards[0])) < 60
    monkeypatch.setattr(tasks, "simulate", real)
    assert main([*words, "--stop-after", "1h"]) == 0
    assert "60 of 60 runs of part 2/2" in capsys.readouterr().out
    assert main([*words, "--stop-after", "soon"]) == 2 and "it is a time as 90s" in capsys.readouterr().err


def test_no_run_in_the_time_given_is_said_and_not_tried_again_for_ever(tmp_path, monkeypatch):
    real = tasks.simulate  # a run that ends before anybody looks at the time would be one that was finished
    monkeypatch.setattr(tasks, "simulate", lambda study, task: time.sleep(0.5) or real(study, task))
    with pytest.raises(StudyError, match="no run was finished in the time given"):
        swept(written(tmp_path, LEAST + GRID), tmp_path / "out", until=time.monotonic() - 1)


def test_a_run_ends_when_its_condition_holds(tmp_path):
    text = LEAST + "[stop]\nwhen = ['broadcast_posts > 1e9', 'reach >= 10']\n" + SMALL.replace("= 4", "= 40")
    with pytest.raises(StudyError, match="no measure `broadcast_posts`"):
        written(tmp_path, text)
    with pytest.raises(StudyError, match="it is a measure, <"):
        written(tmp_path, text.replace("broadcast_posts > 1e9", "members = 5"))
    study = written(tmp_path, text.replace("broadcast_posts > 1e9", "intimacy > 1"))
    swept(study, tmp_path / "out")
    rows = store.read(tmp_path / "out")
    assert len(rows) == 4 and (rows["day"] > 0).all() and (rows["day"] < 40).all()
    for row in rows.to_dict("records"):
        made = run(study.scenarios[row["scenario"]], int(row["seed"]))
        first = next(day for day in range(1, 41) if made.series["reach"][day] >= 10)
        assert row["day"] == first and row["value_members"] == made.series["value_members"][first]
    assert any("with intimacy > 1 or reach >= 10" in line for line in report(tmp_path / "out").summary)
    with pytest.raises(StudyError, match="`stop.when`: is not allowed beside `days` or `every`"):
        written(tmp_path, "every = 15\n" + text.replace("broadcast_posts > 1e9", "intimacy > 1"))
    grid = text.replace("broadcast_posts > 1e9", "intimacy > 1") + "[vary]\nties.gain = [0.05, 0.1]\n"
    swept(written(tmp_path, grid), tmp_path / "grid")
    assert report(tmp_path / "grid").tables["regimes-reach"]["place"].tolist() == [0, 1]  # though they end on many days
    with pytest.raises(files.StoreError, match="stop at something else"):
        swept(written(tmp_path, LEAST + SMALL.replace("= 4", "= 40")), tmp_path / "out")


def test_a_study_ends_after_so_many_runs(tmp_path):
    study = written(tmp_path, LEAST + "[stop]\nruns = 5\n" + GRID)
    result = swept(study, tmp_path / "out")
    assert (result.planned, result.stored) == (6, 6)  # whole pairs
    for k in (1, 2):
        swept(study, tmp_path / "parts", part=(k, 2))
    one, other = (store.read(tmp_path / name) for name in ("out", "parts"))
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert swept(written(tmp_path, LEAST + GRID), tmp_path / "out").stored == 8
    with pytest.raises(StudyError, match="`stop.runs`: is not allowed beside `precision`"):
        written(tmp_path, LEAST + "precision = 0.1\n[stop]\nruns = 5\n")


# Checking


def test_every_fault_is_said_at_once(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.toml").write_text(
        'question = 3\nscenarios = ["broadcats", "facilitation"]\nreplicats = 6\ndesign = "grit"\n'
        "days = [900]\nmeasures = ['intimcy']\n[hold]\ncommunity.members = 1\nties.slots = 'many'\n"
        "[vary]\nties.gain = [0.1, 7.0]\nties.gian = [0.1]\n"
        "posting.passion = { low = 2, high = 1 }\n"
    )
    assert main(["study", "check", "bad.toml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    for said in ("`question`: 3", "`broadcast`?", "did you mean `replicates`", "`replicates`: is missing", "'grit'",
                 "`community.members`: 1", "[hold] key `ties.slots`: 'many'",
                 "`ties.gain`: 7.0", "did you mean `gain`", "did you mean `intimacy`",
                 "the first the smaller", "day 900 is after the end"):  # fmt: skip
        assert sum(said in line for line in lines) == 1, said
    assert len(lines) == 12 and all("bad.toml: " in line for line in lines)


def test_a_check_says_what_a_study_takes(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, LEAST + GRID)
    monkeypatch.setattr(cost, "ENOUGH", 0.05)
    assert main(["study", "check", "mine.toml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["places"], told["scenarios"], told["runs"], told["most"]) == (2, 2, 8, 8)
    assert 0 < told["low"] <= told["seconds"] <= told["high"] < 60 and told["timed"] >= 2
    swept(file.read("mine.toml"), tmp_path / "out")
    rows = store.query(tmp_path / "out", "select * from runs")
    assert told["disk"] >= 8 * 8 * len(rows.select_dtypes("float").columns) and told["memory"] > 50e6
    assert not Path("results").exists()
    assert main(["study", "check", "mine.toml", "--workers", "2"]) == 0
    out = capsys.readouterr().out
    assert "2 places, 2 scenarios, 8 runs" in out and "on 2 cores" in out and "disk: at most" in out
    precise = written(tmp_path, LEAST + "precision = 0.1\nmost = 50\n" + GRID, "precise")
    assert cost.planned(precise, design.Plan(precise, "")) == (8, 200)
    capped = written(tmp_path, LEAST + "[stop]\nruns = 4\n" + GRID, "capped")
    assert cost.planned(capped, design.Plan(capped, "")) == (4, 4)


@pytest.mark.parametrize(("seconds", "said"), [(0.2, "0.2 s"), (40, "40 s"), (600, "10 min"), (9000, "2.5 h"),
                                               (400_000, "4.6 days")])  # fmt: skip
def test_a_time_in_words(seconds, said):
    assert cost.span(seconds) == said


# Beyond


def test_values_beyond_what_is_plausible_are_for_those_who_ask(tmp_path, capsys):
    text = LEAST + SMALL + "[vary]\nties.gain = [0.1, 0.9]\n"
    with pytest.raises(
        StudyError, match="0.9 is not allowed; it is a number from 0.03 to 0.2.*--beyond from 0.003 to 1"
    ):
        written(tmp_path, text)
    with pytest.raises(StudyError, match="1.5 is not allowed"):
        written(tmp_path, "beyond = true\n" + text.replace("0.9", "1.5"))
    study = written(tmp_path, "beyond = true\n" + text)
    swept(study, tmp_path / "out")
    said = "ties.gain = 0.9 in broadcast (plausible: 0.03 to 0.2)"
    assert said in store.read_manifest(tmp_path / "out")["beyond"]
    assert any("Beyond what is plausible" in line and said in line for line in report(tmp_path / "out").summary)
    plain = written(tmp_path, LEAST + GRID)
    assert plain.implausible() == [] and not plain.scenarios["broadcast"].beyond
    assert main(["study", "check", str(tmp_path / "mine.toml"), "--beyond"]) == 0
    held = "[hold]\nties.gain = 0.9\ncommunity.members = 30\ncommunity.days = 4\n"
    assert (
        "ties.gain = 0.9 in facilitation (plausible: 0.03 to 0.2)"
        in written(tmp_path, "beyond = true\n" + LEAST + held).implausible()
    )


def numbers():
    """Every number of the baseline that is no whole one, by table and key."""
    return [(name, key, item) for name, table in BASELINE.items() if isinstance(table, dict)
            for key, item in table.items() if is_entry(item) and type(item["value"]) is float]  # fmt: skip


def test_hard_limits_hold_what_is_plausible_and_keep_signs_chances_and_shares():
    for name, key, item in numbers():
        (low, high), (least, most) = item["range"], limits(item)
        assert least <= low <= item["value"] <= high <= most and math.isfinite(most), (name, key)
        assert (least < 0) == (low < 0) and (least > 0) == (low > 0), (name, key)
        if item["unit"].startswith(("share", "chance", "correlation")) and high <= 1:
            assert most == 1 and least >= -1, (name, key)
    members = BASELINE["community"]["members"]
    assert limits(members) == tuple(members["range"])


def test_a_scenario_beyond_is_known_as_one():
    import pickle

    made = load("broadcast", {"ties.gain": 0.9}, beyond=True)
    again = pickle.loads(pickle.dumps(made))
    assert again.beyond and [entry.key for entry in again.implausible()] == ["ties.gain"]
    assert load("broadcast", beyond=True).digest() == load("broadcast").digest()
    with pytest.raises(ScenarioError):
        load("broadcast", {"ties.gain": 0.9})


@pytest.mark.slow
def test_the_rules_can_compute_every_hard_limit():
    """Nothing raises, and no measure is infinite."""
    busy = {"community.members": 60, "community.days": 12, "norms.civility.temptation": 0.0, "telling.base": -1.0,
            "joining.rate": 0.0005, "members.drive_mean": -1.0, "members.voice_mean": -1.0}  # fmt: skip
    from experiments.runs.point import settled

    base = load("story_led", busy, beyond=True)
    for entry in base.entries():
        if type(entry.value) is float and not entry.key.startswith("strategy.hours"):
            for value in limits(declaration(tuple(entry.key.split(".")))):
                made = run(settled(base, {entry.key: value}), 1)
                assert not any(np.isinf(series).any() for series in made.series.values()), (entry.key, value)


# Slurm


def scripted(tmp_path, monkeypatch, text=LEAST + GRID, *words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cost, "ENOUGH", 0.05)
    written(tmp_path, text)
    assert main(["study", "slurm", "mine.toml", "--out", "o ut", "--set", "replicates=3", *words]) == 0
    return Path("mine.sh").read_text()


def test_a_job_script_puts_itself_into_the_queue_again_until_it_is_done(tmp_path, monkeypatch, capsys):
    text = scripted(tmp_path, monkeypatch, LEAST + GRID, "--parts", "3", "--time", "1h", "--cpus", "2")
    assert "3 parts of 2 cores are in mine.sh" in capsys.readouterr().out
    for line in ("#SBATCH --array=1-3", "#SBATCH --cpus-per-task=2", "#SBATCH --time=01:00:00", "#SBATCH --requeue"):
        assert f"{line}\n" in text
    assert subprocess.run(["bash", "-n", "mine.sh"]).returncode == 0
    assert store.read_manifest(Path("o ut"))["places"] == 2 and (Path("o ut") / "points.parquet").exists()
    (Path("bin")).mkdir()
    for name, does in (("scontrol", 'echo "$@" >> asked'), ("stub", 'printf "%s\\n" "$@" > given; exit $CODE')):
        Path("bin", name).write_text(f"#!/bin/bash\ncd {tmp_path}\n{does}\n")
        Path("bin", name).chmod(0o755)
    Path("mine.sh").write_text(text.replace(f"{sys.executable} -m experiments", f"{tmp_path}/bin/stub"))
    about = {"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_JOB_ID": "77", "SLURM_CPUS_PER_TASK": "2"}
    for code, asked in ((75, "requeue 77_2\n"), (0, ""), (2, ""), (143, "")):
        Path("asked").write_text("")
        environment = {**os.environ, **about, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "CODE": str(code)}
        done = subprocess.run(["bash", "mine.sh"], env=environment)
        assert done.returncode == code and Path("asked").read_text() == asked
    given = Path("given").read_text().split("\n")
    assert given[:3] == ["study", "run", str(tmp_path / "mine.toml")] and str(tmp_path / "o ut") in given
    assert given[-3:-1] == ["--stop-after", "3240s"] and "2/3" in given and "replicates=3" in given
    assert main(["study", "slurm", "mine.toml"]) == 2 and "exists; name a new file" in capsys.readouterr().err


def test_parts_are_as_many_as_fit_the_time(tmp_path, monkeypatch):
    assert "#SBATCH --array=1-1\n" in scripted(tmp_path, monkeypatch)
    assert slurm.Job(time=3600).stop == 3240 and slurm.Job(time=40).stop == 20 and slurm.Job(time=1e5).stop == 99400
    slow = cost.Cost(25_000, 2, 1_000_000, 1_000_000, 9, 2.0, 1.0, 3.0, 10**9, 4 * 10**8)
    study = written(tmp_path, LEAST + GRID, "slow")
    count = slurm.write(study, tmp_path / "slow", tmp_path / "slow.sh", ["slow.toml"], slurm.Job(cpus=8), slow)
    assert count == math.ceil(2_000_000 / (8 * 3240))
    precise = written(tmp_path, LEAST + "precision = 0.1\n", "precise")
    with pytest.raises(StudyError, match="have no parts"):
        slurm.write(precise, tmp_path / "p", tmp_path / "p.sh", ["p"], slurm.Job(), slow)


def answers(*words) -> str:
    """What a command of Slurm says; nothing if there is no Slurm, or it is not running."""
    if shutil.which(words[0]) is None:
        return ""
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=10, check=True).stdout
    except subprocess.SubprocessError:
        return ""


@pytest.mark.slow
def test_a_real_scheduler_carries_the_script_out_though_a_part_is_killed(tmp_path, monkeypatch):
    if "idle" not in answers("sinfo", "-h", "-o", "%T"):
        pytest.skip("needs a running Slurm with an idle node (sinfo)")
    runs = LEAST.replace("= 2", "= 40") + GRID.replace("= 30", "= 400").replace("= 4", "= 120")
    scripted(tmp_path, monkeypatch, runs, "--parts", "2", "--time", "1m", "--cpus", "1", "--set", "replicates=40")
    job = answers("sbatch", "--parsable", "mine.sh").strip()
    assert job.isdigit()
    deadline, killed = time.monotonic() + 550, False
    while left := answers("squeue", "-h", "-j", job, "-r", "-o", "%i %T").split("\n")[:-1]:
        assert time.monotonic() < deadline, left
        if not killed and list(Path("o ut", "runs").glob("*.parquet")):
            killed = bool(answers("scontrol", "requeue", f"{job}_2") or True)
        time.sleep(1)
    said = {path.name: path.read_text() for path in Path("o ut", "slurm").iterdir()}
    assert killed and any("stopped after the time given" in text for text in said.values()), said
    told = Counted()
    swept(file.read("mine.toml", {"replicates": 40}), tmp_path / "o ut", told)
    assert told.count == 0 and len(store.read(tmp_path / "o ut")) == 160


# Python


def test_the_file_and_the_same_in_python(tmp_path, monkeypatch, capsys):
    """The two of experiments/studies/README.md, run as they stand there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("experiments.pages.page.png", lambda figure: b"")
    monkeypatch.setattr(cost, "ENOUGH", 0.05)
    text = (ROOT / "experiments" / "studies" / "README.md").read_text(encoding="utf-8")
    (asked,), (python,) = (re.findall(rf"```{kind}\n(.*?)```", text, re.S) for kind in ("toml", "python"))
    known: dict = {}
    exec(python, known)
    assert (known["cost"].places, known["cost"].runs) == (3, 24) and known["done"].stored == 24
    assert "An interval is about the seeds" in capsys.readouterr().out
    Path("asked.toml").write_text(asked)
    of_file, of_python = file.read("asked.toml"), file.read("ties.toml")
    assert of_file.spec.model_dump(exclude={"hold"}) == of_python.spec.model_dump(exclude={"hold"}) | {
        "vary": of_file.spec.vary
    }
    assert of_file.vary == of_python.vary
    swept(of_file, tmp_path / "of-file")
    one, other = (store.read(Path(name)) for name in ("of-file", "my-ties"))
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    with pytest.raises(ValueError, match="exists; name a new file"):
        known["study"].save("ties.toml")


def test_a_study_in_python_stops_and_says_what_is_wrong(tmp_path, monkeypatch):
    from experiments import Study

    with pytest.raises(ValueError) as caught:
        Study(question="?", scenarios=["nobody"], replicats=2)
    assert len(str(caught.value).splitlines()) == 3
    small = {"community.members": 30, "community.days": 4}
    study = Study(question="?", scenarios=["facilitation"], replicates=400, hold=small)
    monkeypatch.setattr(
        tasks, "simulate", lambda study, task, real=tasks.simulate: time.sleep(0.02) or real(study, task)
    )
    done = study.run(tmp_path / "out", workers=1, part=(1, 1), stop_after=1.5)
    assert done.out_of_time and 0 < done.stored < 400 and len(study.rows(tmp_path / "out")) == done.stored
