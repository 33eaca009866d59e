"""Planted errors: the list fits the source, a sample is caught now, and the stored table tells of all of them.

The whole, which makes the table: `python -m tests.planted`.
"""

import json
import subprocess
import sys
from collections import Counter

import pytest

from tests import planting
from tests.planted import SAMPLED, SAMPLED_ABOVE, TABLE, listed, page, read_rows, sample
from tests.planting import CAUGHT, ROOT, Planted, is_above

RULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "sim/rules").glob("[!_]*.py"))
OTHERS = [f"sim/{name}.py" for name in (
    "state/ties", "state/posts", "state/conversations", "state/norms", "state/table", "state/tables",
    "team/desk", "team/planning", "team/facilitating", "team/moderating", "team/broadcasting",
    "compiled/draws", "compiled/kernel", "compiled/by_address", "community", "equality", "measures", "ledger",
    "logs/founding",
)]  # fmt: skip


def places(items):
    return [(item.file, item.old, item.new) for item in items]


def test_each_error_is_where_the_list_says():
    errors = listed() + listed("harmless")
    for error in errors:
        planted = error.applied((ROOT / error.file).read_text(encoding="utf-8"))
        compile(planted, error.file, "exec")
        assert error.breaks and error.kind
    assert len(set(places(errors))) == len(errors)


@pytest.mark.parametrize("source", ["x = 2", "x = 1\nx = 1"])
def test_a_text_that_is_not_there_once_is_named(source):
    error = Planted("sim/state/ties.py", "sign", "x = 1", "x = -1", "nothing")
    assert error.applied("y = 0\nx = 1") == "y = 0\nx = -1"
    with pytest.raises(ValueError, match="planted.toml: sim/state/ties.py: 'x = 1': found"):
        error.applied(source)


@pytest.mark.parametrize("file", RULES + OTHERS)
def test_each_file_has_errors_of_several_kinds(file):
    kinds = [error.kind for error in listed() if error.file == file]
    assert len(set(kinds)) >= 3, f"tests/planted.toml: add errors for {file}: {len(set(kinds))} kinds, 3 are wanted"


ABOVE = ("experiments/stats", "experiments/study", "experiments/comparison", "experiments/runs",
         "experiments/calibration", "experiments/effects", "experiments/evidence", "experiments/pages",
         "sim/logs/patterns", "sim/logs/readers", "sim/logs/log.py", "sim/run.py", "sim/checkpoint.py",
         "sim/scenario.py", "experiments/worlds")  # fmt: skip


def test_no_file_is_listed_that_nobody_asked_for():
    assert {error.file for error in listed() if not error.above} == {*RULES, *OTHERS}
    assert all(error.file.startswith(ABOVE) for error in listed() if error.above)


@pytest.mark.parametrize("place", ABOVE)
def test_each_place_above_the_model_has_errors_and_tests_of_its_own(place):
    errors = [error for error in listed() if error.file.startswith(place)]
    assert errors and all(planting.tests_of(error.file) for error in errors)


def test_the_stored_table_covers_exactly_the_list():
    rows = read_rows(TABLE)
    assert sorted(places(rows)) == sorted(places(listed())), "make it anew: python -m tests.planted"
    assert all(row.caught == (row.by in CAUGHT) for row in rows)
    assert "broken" not in {row.by for row in rows}  # no verdict, so another error is needed
    said = json.loads(TABLE.with_name("about.json").read_text(encoding="utf-8"))
    assert said["errors"] == len(rows) and said["caught"] == sum(row.caught for row in rows)
    assert said["by"] == Counter(row.by for row in rows)
    assert said["caught"] >= 0.98 * said["errors"]
    assert TABLE.with_name("README.md").read_text(encoding="utf-8") == page(rows, said["model"])


def test_a_sample_is_caught_and_harmless_changes_are_not(tmp_path):
    out = tmp_path / "sample.csv"
    command = [sys.executable, "-m", "tests.planted", "--sample", "--out", str(out)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert found.returncode == 0, found.stderr
    rows, harmless = read_rows(out), places(listed("harmless"))
    assert places(rows) == places(sample(listed())) + harmless
    caught = [is_above(row.file) for row in rows if row.caught]
    assert caught.count(False) == SAMPLED and caught.count(True) == SAMPLED_ABOVE
    assert len({row.file for row in rows if row.caught}) == len(caught)
    assert [row.by for row in rows[-len(harmless) :]] == ["nothing"] * len(harmless)
