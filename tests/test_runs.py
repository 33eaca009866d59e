"""Many runs: the same on any number of workers, whatever is stopped or failing; and files, whole or not there."""

from __future__ import annotations

import ast
import errno
import gc
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pandas as pd
import pytest

from experiments.cli import main
from experiments.comparison.run import Asked, study_of
from experiments.runs import files, journal, store, tasks
from experiments.runs.given import BadInput, fraction
from experiments.runs.journal import Journal
from experiments.runs.pool import Cancelled, Pool, heed
from experiments.runs.prepare import Changes, prepare, refuse_incomparable
from experiments.runs.tasks import RunFailed, replicate_seed
from experiments.study.sweep import Order, sweep
from sim import aside
from sim.scenario import load

SMALL = Changes(days=6, members=40)


def study(replicates=2):
    return study_of(prepare(["broadcast", "facilitation"], SMALL), Asked(7, replicates))


# What was given, and what is written


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0.05", 0.05), ("100%", 1.0), ("0.1%", 0.001)])
def test_a_precision_is_a_share_or_per_cent(text, share):
    assert fraction(text) == pytest.approx(share)


def test_scenarios_of_other_lengths_are_not_compared():
    pair = {label: load(label, {"community.days": days}) for label, days in (("broadcast", 10), ("facilitation", 20))}
    with pytest.raises(BadInput, match="differ in length .broadcast 10 days, facilitation 20 days"):
        refuse_incomparable(pair, unequal=False)


def test_small_numbers_keep_their_digits_in_tables(tmp_path):
    files.write_csv(tmp_path / "x.csv", pd.DataFrame({"x": [1.23456789e-9, 1234567.0, 0.5]}))
    assert (tmp_path / "x.csv").read_text().split() == ["x", "1.23457e-09", "1.23457e+06", "0.5"]


def test_a_journal_is_of_one_model_and_counts_the_time_of_earlier_sessions(tmp_path, monkeypatch):
    Journal(tmp_path, {"log": "x"})
    for key in "ab":
        files.write_json(tmp_path / "runs" / f"{key}.json", {"key": key, "seconds": 50.0, "result": 1})
    assert 50.0 <= Journal(tmp_path, {"log": "x"}, workers=2).elapsed < 60.0
    monkeypatch.setattr(journal, "model_hash", lambda: "another")
    with pytest.raises(files.StoreError, match="holds runs of something else"):
        Journal(tmp_path, {"log": "x"})


def test_what_kills_a_worker_is_tried_in_another_way_and_all_else_is_done():
    def work(task):
        if task == 1:
            raise KeyError
        return task

    done = []
    with ThreadPoolExecutor(1) as executor:
        pool = Pool(executor=executor, width=lambda: 1, deadly=(KeyError,))
        pool.run(range(6), work, lambda task, result: done.append(result), instead=lambda task: [100 + task])
    assert sorted(done) == [0, 2, 3, 4, 5, 101]


# Seeds and runs


@pytest.mark.parametrize(("days", "every"), [(6, 1), (400, 1), (401, 2), (800, 2), (801, 3)])
def test_no_more_than_400_days_are_observed(days, every):
    prepared = prepare(["broadcast", "facilitation"], Changes(days=days, members=40))
    assert study_of(prepared, Asked(7, 2)).every == every


def test_seeds_do_not_depend_on_how_many_there_are():
    assert [replicate_seed(3, r) for r in range(5)][:3] == [replicate_seed(3, r) for r in range(3)]
    many = {replicate_seed(root, r) for root in range(20) for r in range(50)}
    assert len(many) == 1000
    assert all(0 <= seed < 2**48 for seed in many)


def test_runs_go_seed_by_seed_with_the_same_seed_for_each_scenario(tmp_path, monkeypatch):
    real, begun = tasks.simulate, []

    def simulate(study, task):
        begun.append((task.point.label, task.replicate, task.seed))
        return real(study, task)

    monkeypatch.setattr(tasks, "simulate", simulate)
    sweep(study(), tmp_path, Pool(1))
    assert [key for *key, _ in begun] == [["broadcast", 0], ["facilitation", 0], ["broadcast", 1], ["facilitation", 1]]
    seeds = [seed for *_, seed in begun]
    assert seeds[0] == seeds[1] != seeds[2]


def test_one_and_two_workers_and_another_executor_store_the_same(tmp_path):
    with ThreadPoolExecutor(1) as executor:
        pools = {"one": Pool(1), "two": Pool(2), "other": Pool(executor=executor, width=lambda: 1)}
        for name, pool in pools.items():
            assert sweep(study(), tmp_path / name, pool).stored == 4
    one, *others = (store.read(tmp_path / name, store.EVERY_DAY) for name in pools)
    assert len(one) == 4 * 7
    for other in others:
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    for label in ("broadcast", "facilitation"):
        for name in ("members", "ties"):
            one, two = (store.read_network(tmp_path / which, label)[name] for which in ("one", "two"))
            pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_a_failing_run_is_named_and_the_others_are_kept(tmp_path, monkeypatch):
    real = tasks.simulate

    def fail(study, task):
        if task.replicate == 1:
            raise ValueError("broken on purpose")
        return real(study, task)

    monkeypatch.setattr(tasks, "simulate", fail)
    with pytest.raises(RunFailed, match="`broadcast`, replicate 2 .* broken on purpose") as caught:
        sweep(study(), tmp_path, Pool(1), Order(stop_at_failure=True))
    assert "Traceback" in caught.value.detail
    kept = store.read(tmp_path)
    assert list(zip(kept["scenario"], kept["replicate"], strict=True)) == [("broadcast", 0), ("facilitation", 0)]
    assert store.query(tmp_path, "select count(error) as n from runs")["n"][0] == 0


# The pool


def test_every_task_is_settled_once_in_the_thread_that_asked():
    settled, threads = [], set()

    def settle(task, result):
        settled.append((task, result))
        threads.add(threading.current_thread())

    Pool(3).run(range(50), lambda task: task * task, settle)
    assert sorted(settled) == [(k, k * k) for k in range(50)]
    assert threads == {threading.current_thread()}


def test_what_ends_at_once_is_settled_in_order():
    """So that of two failures the first is named, on every machine."""

    class Immediate(Executor):
        def submit(self, work, /, *arguments):
            future: Future = Future()
            future.set_result(work(*arguments))
            return future

    settled: list[int] = []
    Pool(executor=Immediate(), width=lambda: 25).run(range(50), lambda task: task, lambda task, _: settled.append(task))
    assert settled == list(range(50))


def test_tasks_are_made_late():
    made: list[int] = []
    settled: list[int] = []

    def feed():
        for k in range(100):
            made.append(k)
            yield k

    def settle(task, result):
        settled.append(task)
        assert len(made) - len(settled) <= 4  # two a worker, whichever of them is done first

    Pool(2).run(feed(), lambda task: task, settle)


def test_a_failure_stops_the_others_within_a_moment_and_starts_no_more():
    begun, ended = [], []

    def work(task):
        begun.append(task)
        if task == 1:
            raise ValueError("broken on purpose")
        try:
            while True:
                heed()
                time.sleep(0.01)
        except Cancelled:
            ended.append(task)
            raise

    start = time.monotonic()
    with pytest.raises(ValueError, match="broken on purpose"):
        Pool(2).run(range(20), work, lambda task, result: None)
    assert time.monotonic() - start < 1.0
    assert ended == [0] and set(begun) <= {0, 1, 2, 3}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("run_")]


def test_what_is_finished_when_ctrl_c_comes_is_settled():
    settled = []

    def work(task):
        if task == 0:
            return "at once"
        try:
            while True:
                heed()
                time.sleep(0.01)
        except Cancelled:
            return "what there was"

    def settle(task, result):
        settled.append((task, result))
        if task == 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Pool(2).run(range(9), work, settle)
    assert settled[0] == (0, "at once") and (1, "what there was") in settled


def test_a_task_outside_of_a_pool_is_never_stopped():
    heed()


# Files


def test_writing_aside_leaves_the_old_file_when_it_fails(tmp_path):
    path = files.write_text(tmp_path / "a.txt", "old")

    def fail_half_way(hidden):
        hidden.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError):
        files.write_aside(path, fail_half_way)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_a_gathered_folder_is_whole_or_not_there(tmp_path):
    out = tmp_path / "it's [a] * b"
    with pytest.raises(files.StoreError, match="the disk is full"), files.gathered(out) as hidden:
        (hidden / "half").write_text("h")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []
    left = tmp_path / f".{out.name}.partial"  # as by a command that was killed
    (left / "figures").mkdir(parents=True)
    (left / "old").write_text("o")
    with files.gathered(out) as hidden:
        assert not out.exists()
        (hidden / "new").write_text("n")
        with pytest.raises(files.StoreError, match="another command is at work"), files.gathered(out):
            pass
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == [out.name, f"{out.name}/new"]


def test_what_a_killed_command_left_half_written_is_taken_away(tmp_path):
    (tmp_path / "store" / "runs").mkdir(parents=True)
    for name in ("store/.verdict.json.77.partial", "store/runs/.ab.parquet.77.partial", ".mine.toml.77.partial"):
        (tmp_path / name).write_text("half")
    (tmp_path / "begun").mkdir()
    for name in (files.LOCK, ".points.parquet.77.partial"):
        (tmp_path / "begun" / name).write_text("")
    files.refuse_used(tmp_path / "begun")
    shutil.rmtree(tmp_path / "begun")
    with files.held(tmp_path / "store", (1, 2)):
        assert len(list(tmp_path.rglob("*.partial"))) == 3  # other parts may be writing
    with files.held(tmp_path / "store"):
        assert [path.name for path in tmp_path.rglob("*.partial")] == [".mine.toml.77.partial"]


def ended():
    """The number of a process that was ended by SIGKILL."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process.kill()
    process.wait()
    process.stdin.close()
    return process.pid


@pytest.mark.skipif(os.name == "nt", reason="to ask whether a process lives would end it there")
@pytest.mark.parametrize("new", [False, True])
def test_what_a_killed_write_left_goes_at_the_next_and_a_running_one_stays(tmp_path, new):
    here, there, dead, alive = aside._host(), "0123abcd", ended(), os.getppid()
    gone = [f".mine.toml.{here}.{dead}.partial", f".mine.toml.{there}.{dead + 1}.partial"]
    stay = [
        f".mine.toml.{here}.{alive}.partial",  # another that is at work on the same file
        f".mine.toml.{there}.{dead}.partial",  # on another host
        f".mine.toml.old.{here}.{dead}.partial",  # of another file
        f".mine.toml.{here}.{dead}.partial.bak",
        f"mine.toml.{here}.{dead}.partial",
    ]
    for name in (*gone, *stay):
        (tmp_path / name).write_text("half")
    os.utime(tmp_path / gone[1], (1e9, 1e9))
    (tmp_path / f".mine.toml.{here}.{dead + 10**9}.partial").mkdir()  # no file of ours
    seen = []
    aside.write_aside(tmp_path / "mine.toml", lambda path: (seen.append(path.name), path.write_text("whole")), new)
    assert seen == [f".mine.toml.{here}.{os.getpid()}.partial"] and (tmp_path / "mine.toml").read_text() == "whole"
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {*stay, "mine.toml"}


@pytest.fixture
def unheeded():
    """Signals that ask to stop do what they do by default, though these tests were started in the background."""
    before = {
        number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_that_somebody_ignores_stays_ignored(unheeded):
    """As SIGHUP is by nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert main(["--version"]) == 0
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL


def test_signals_are_heeded_and_what_is_kept_is_said_in_one_sentence(tmp_path, monkeypatch, capsys, unheeded):
    """Ctrl-C, SIGTERM and SIGHUP come to a real command in the midst of its runs, without a process of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("experiments.comparison.report.pictures", lambda tables, networks: {})
    words = ["compare", "broadcast", "facilitation", "--days", "6", "--members", "40", "--one-world"]
    words += ["--replicates", "5", "--out", "o ut", "--workers", "1"]
    real, done, to_come = store.write, [], []

    def write(folder, name, finished):
        real(folder, name, finished)
        done.extend(finished.runs)
        if to_come:
            os.kill(os.getpid(), to_come.pop())

    monkeypatch.setattr(store, "write", write)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        before = len(done)
        to_come.append(number)
        assert main(words) == code
        out, err = capsys.readouterr()
        said = [line for line in err.splitlines() if line.startswith("hearth: ")]
        assert out == "" and said == [
            "hearth: stopped; every finished run is kept in `o ut`, and the same command goes on: "
            + shlex.join(["hearth", *words])
        ]
        assert (f"{before} of 10 runs are here already; going on" in err) == bool(before)
        assert not list((tmp_path / "o ut").glob("verdict*"))
    before = len(done)
    assert 3 <= before < 10 and main(words) == 0
    assert f"{before} of 10 runs are here already" in capsys.readouterr().err
    assert len(done) == len(set(done)) == 10  # nothing is done twice
    assert main([*words[:-4], "--out", "whole", "--workers", "1"]) == 0
    made = {folder: {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")
                     if path.suffix in (".json", ".csv", ".html", ".txt") and path.name != "manifest.json"}
            for folder in (tmp_path / "o ut", tmp_path / "whole")}  # fmt: skip
    assert len(made[tmp_path / "whole"]) == 7 and made[tmp_path / "o ut"] == made[tmp_path / "whole"]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Ctrl-C is pressed again there")
def test_a_stop_that_comes_while_garbage_is_collected_is_heeded(monkeypatch, capsys, unheeded):
    """Python passes over what is raised in a callback of the collector, and the command went on to its end."""
    ended = []

    class Kept:
        pass

    def slow(*given):
        one = Kept()
        finalizer = weakref.ref(one, lambda gone: os.kill(os.getpid(), signal.SIGTERM))
        one.itself = one
        del one
        gc.collect()
        assert finalizer() is None
        for _ in range(1000):
            time.sleep(0.01)
        ended.append("it was not stopped")
        raise AssertionError

    monkeypatch.setattr("sim.scenario.load", slow)
    before = sys.unraisablehook
    assert main(["check", "facilitation"]) == 143
    assert not ended and capsys.readouterr().err == "hearth: stopped\n"
    assert sys.unraisablehook is before and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_a_folder_without_runs_is_named(tmp_path):
    with pytest.raises(store.StoreError, match="holds no study"):
        store.read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("[1")
    with pytest.raises(store.StoreError, match="not valid JSON"):
        store.read_manifest(tmp_path)


# The house

FOLDERS = ("runs", "stats", "pages", "study", "comparison", "cli")  # each knows only those before it
MODULES = [path for folder in FOLDERS for path in sorted((files.ROOT / "experiments" / folder).glob("*.py"))]
COMMANDS = ("calibrate", "compare", "run")  # whose arguments are the options of a command


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_module_is_small_and_knows_only_what_lies_below(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    above = FOLDERS[FOLDERS.index(path.parent.name) + 1 :]
    assert not [name for name in names if name.startswith(tuple(f"experiments.{folder}" for folder in above))]
    assert ast.get_docstring(tree) and len(path.read_text(encoding="utf-8").splitlines()) <= 500
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 60, node.name
            wide = len(node.args.args) + len(node.args.kwonlyargs) > 8
            assert not wide or path.parent.name == "cli" and node.name in COMMANDS, node.name
