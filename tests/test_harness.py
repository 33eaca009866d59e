"""The harness: the same runs on any number of workers, whatever is stopped, killed or failing."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from experiments import crew, harness, store
from experiments.harness import Outcome, Task
from sim.scenario import load

SMALL = {"community.members": 40, "community.days": 6}


def tasks_in(folder, replicates=2) -> list[Task]:
    scenarios = {name: load(name, SMALL) for name in ("broadcast", "facilitation")}
    return harness.plan(scenarios, 7, range(replicates), 1, folder, {})


def stored(folder, replicates=2) -> pd.DataFrame:
    return store.read_runs(folder, ["broadcast", "facilitation"], list(range(replicates)))


def test_seeds_do_not_depend_on_how_many_there_are():
    assert [harness.replicate_seed(3, r) for r in range(5)][:3] == [harness.replicate_seed(3, r) for r in range(3)]
    many = {harness.replicate_seed(root, r) for root in range(20) for r in range(50)}
    assert len(many) == 1000
    assert all(0 <= seed < 2**48 for seed in many)


def test_plan_goes_seed_by_seed_with_the_same_seed_for_each_scenario(tmp_path):
    planned = tasks_in(tmp_path)
    assert [task.key for task in planned] == [
        ("broadcast", 0), ("facilitation", 0), ("broadcast", 1), ("facilitation", 1)
    ]  # fmt: skip
    assert planned[0].seed == planned[1].seed != planned[2].seed


def test_one_and_two_workers_and_another_executor_store_the_same(tmp_path):
    for name in ("one", "two", "threads"):
        folder = tmp_path / name
        counted: list[Outcome] = []
        if name == "threads":
            with ThreadPoolExecutor(1) as executor:
                harness.perform(tasks_in(folder), 1, counted.append, executor=executor)
        else:
            harness.perform(tasks_in(folder), 1 if name == "one" else 2, counted.append)
        assert len(counted) == 4
    pd.testing.assert_frame_equal(stored(tmp_path / "one"), stored(tmp_path / "two"), check_exact=True)
    pd.testing.assert_frame_equal(stored(tmp_path / "one"), stored(tmp_path / "threads"), check_exact=True)
    for label in ("broadcast", "facilitation"):
        for name in ("members", "ties"):
            one, two = (store.read_network(tmp_path / which, label)[name] for which in ("one", "two"))
            pd.testing.assert_frame_equal(one, two, check_exact=True)


def fail(task: Task) -> Outcome:
    if task.replicate == 1:
        return Outcome(task.label, task.replicate, task.seed, 0.0, "Traceback ...\nValueError: broken on purpose")
    return harness.carry_out(task)


def test_a_failing_run_is_named_and_the_others_are_kept(tmp_path):
    with pytest.raises(harness.RunFailed, match="`broadcast`, replicate 2 .* broken on purpose") as caught:
        harness.perform(tasks_in(tmp_path), 1, work=fail)
    assert "Traceback" in caught.value.detail
    assert store.finished(tmp_path, "broadcast", 0) and not store.finished(tmp_path, "broadcast", 1)


def die_once(task: Task) -> Outcome:
    mark = task.folder / "died"
    if task.key == ("facilitation", 0) and not mark.exists():
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(task.label, task.replicate, task.seed, 0.0)


def die(task: Task) -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_a_worker_that_dies_is_replaced_once(tmp_path):
    done: list[tuple[str, int]] = []
    harness.perform(tasks_in(tmp_path), 2, lambda o: done.append((o.label, o.replicate)), work=die_once)
    assert sorted(done) == sorted(task.key for task in tasks_in(tmp_path))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_a_worker_that_dies_again_is_reported(tmp_path):
    with pytest.raises(harness.RunFailed, match="died again and again"):
        harness.perform(tasks_in(tmp_path), 2, work=die)


def test_environment_and_signals_are_as_before(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    before = signal.getsignal(signal.SIGINT)
    with crew._deaf_and_single_threaded():
        assert os.environ["OMP_NUM_THREADS"] == os.environ["NUMBA_NUM_THREADS"] == "1"
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert os.environ["OMP_NUM_THREADS"] == "3" and "NUMBA_NUM_THREADS" not in os.environ
    assert signal.getsignal(signal.SIGINT) is before


def test_writing_aside_leaves_the_old_file_when_it_fails(tmp_path):
    path = store.write_text(tmp_path / "a.txt", "old")

    def fail_half_way(aside):
        aside.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError):
        store.write_aside(path, fail_half_way)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_names_are_never_taken_twice(tmp_path):
    assert store.free_name(tmp_path / "x").name == "x"
    for wanted in ("x", "x-2", "x-3"):
        partial = store.begin(tmp_path / "x")
        assert partial.name.startswith(".") and partial.name.endswith(".partial")
        (partial / "file").touch()
        assert store.finish(partial, tmp_path / "x").name == wanted


def test_missing_runs_are_named(tmp_path):
    with pytest.raises(store.StoreError, match="replicate 1, is missing"):
        store.read_runs(tmp_path, ["broadcast"], [0])
    with pytest.raises(store.StoreError, match="holds no comparison"):
        store.read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("[1")
    with pytest.raises(store.StoreError, match="not valid JSON"):
        store.read_manifest(tmp_path)
