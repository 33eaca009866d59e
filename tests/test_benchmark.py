"""The benchmark: that it measures, stores and says what it should. No time is asserted."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from experiments.benchmark import __main__ as benchmark
from experiments.benchmark.page import page
from experiments.runs import files

RUN = [sys.executable, "-m", "experiments.benchmark"]


def called(*words):
    return subprocess.run([*RUN, *words], cwd=files.ROOT, capture_output=True, text=True, timeout=900)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The quick benchmark of the whole model."""
    folder = tmp_path_factory.mktemp("benchmark")
    done = called("--quick", "--json", "--out", str(folder))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((folder / "benchmark.json").read_text())
    return folder


def test_the_whole_model_is_measured(folder):
    found = json.loads((folder / "benchmark.json").read_text())
    assert {"date", "machine", "versions", "commit", "whole", "reference_ratio", "compile", "year"} <= found.keys()
    (one,) = found["whole"]
    assert (one["members"], one["days"], one["repeats"]) == (1000, 10, 1)
    for key in ("seconds", "ns_per_member_day", "ns_per_visit", "set_up_seconds"):
        assert 0 < one[key]["low"] <= one[key]["median"] <= one[key]["high"]
    reference = found["reference_ratio"]["1000"]
    assert reference["said"] if reference["ratio"] is None else reference["equal_flows"]
    ratio, *rest = [row["reached"] for row in found["to_reach"]]
    assert ratio is not None or reference["said"]
    assert rest == [None] * len(rest)  # nothing of it at 1,000


def test_the_page_says_what_is_stored(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "The whole model" in text and "not measured" in text and page(folder) == text


def test_targets_are_told_by_the_figures():
    def size(n, cost, memory):
        return {"members": n, "ns_per_member_day": {"median": cost}, "peak_bytes_per_member": memory}

    result = {
        "whole": [size(10_000, 60.0, 900.0), size(1_000_000, 90.0, 390.0)],
        "reference_ratio": {"1000": {"ratio": 149.0}, "10000": {"ratio": 301.0}},
        "year": {"seconds": {"median": 0.05}, "daily_over_rarely": 1.2},
        "workers": {"speed_up": 1.8},
        "compile": {"empty": {"wall_seconds": 30.0}, "warm": {"wall_seconds": 0.5}},
    }
    reached = [row["reached"] for row in benchmark.targets(result)]
    assert reached == [False, True, False, True, True, False, True, False, False, True]


@pytest.mark.parametrize("sizes", ["many", "5"])
def test_sizes_that_cannot_be_are_refused(sizes):
    done = CliRunner().invoke(benchmark.app, ["--sizes", sizes])
    assert done.exit_code == 2 and "--sizes" in done.stderr and "Traceback" not in done.stderr
