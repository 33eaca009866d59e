"""The benchmark: that it measures, stores and says what it should. No time is asserted."""

import json
import subprocess
import sys

import pytest

from experiments import benchmark, store

RUN = [sys.executable, "-m", "experiments.benchmark"]


def called(*words):
    return subprocess.run([*RUN, *words], cwd=store.ROOT, capture_output=True, text=True, timeout=900)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The quick benchmark of the whole model and of the core workload."""
    folder = tmp_path_factory.mktemp("benchmark")
    for more in ((), ("--peers",)):
        done = called("--quick", "--json", "--out", str(folder), *more)
        assert done.returncode == 0, done.stderr
        name = "peers.json" if more else "benchmark.json"
        assert json.loads(done.stdout) == json.loads((folder / name).read_text())
    return folder


@pytest.mark.xdist_group("benchmark")
def test_the_whole_model_is_measured(folder):
    found = json.loads((folder / "benchmark.json").read_text())
    assert {"date", "machine", "versions", "commit", "whole", "reference_ratio", "compile", "year"} <= found.keys()
    (one,) = found["whole"]
    assert (one["members"], one["days"], one["repeats"]) == (1000, 10, 1)
    for key in ("seconds", "ns_per_member_day", "ns_per_visit", "set_up_seconds"):
        assert 0 < one[key]["low"] <= one[key]["median"] <= one[key]["high"]
    reference = found["reference_ratio"]["1000"]
    assert reference["said"] if reference["ratio"] is None else reference["equal_flows"]
    assert [row["reached"] for row in found["to_reach"]] == [None] * len(found["to_reach"])  # nothing of it at 1,000


@pytest.mark.xdist_group("benchmark")
def test_the_core_workload_is_measured_and_agrees(folder):
    (one,) = json.loads((folder / "peers.json").read_text())["cells"]
    assert one["same_bits"] and len(one["mesa_apart"]) == 1 and abs(one["mesa_apart"][0]) < 0.1
    assert {"Mesa", "plain loops", "+ prefetch"} <= one["ns_per_member_day"].keys()


@pytest.mark.xdist_group("benchmark")
def test_the_page_says_what_is_stored(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "The whole model" in text and "The common core workload" in text and "not measured" in text
    assert "the same bits" in text and benchmark.page(folder) == text


def test_bits_that_differ_would_be_said(tmp_path):
    spent = {"median": 2.0, "low": 1.0, "high": 3.0}
    cell = {"members": 10, "ns_per_member_day": {"C": spent}, "of_c": {}, "same_bits": False, "mesa_apart": [0.5]}
    assert "DIFFERENT" in benchmark.of_peers({"cells": [cell]})[1]


def test_targets_are_told_by_the_figures():
    def size(n, cost, memory):
        return {"members": n, "ns_per_member_day": {"median": cost}, "peak_bytes_per_member": memory}

    result = {
        "whole": [size(10_000, 400.0, 900.0), size(1_000_000, 900.0, 500.0)],
        "reference_ratio": {"10000": {"ratio": 120.0}},
        "year": {"seconds": {"median": 0.4}},
        "compile": {"empty": {"wall_seconds": 30.0}, "warm": {"wall_seconds": 0.5}},
    }
    assert [row["reached"] for row in benchmark.targets(result)] == [True, False, True, True, False, True]


@pytest.mark.parametrize("sizes", ["many", "5"])
def test_sizes_that_cannot_be_are_refused(sizes):
    done = called("--sizes", sizes)
    assert done.returncode == 2 and "--sizes" in done.stderr and "Traceback" not in done.stderr
