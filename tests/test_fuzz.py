"""Whatever a stranger sends is accepted within its range, or refused with a message; some of each kind, every time.

The long form, thousands of each kind, whose table is stored: `python -m tests.fuzz`.
"""

import csv
import json

import pytest
from hypothesis import HealthCheck, given, settings

from sim.compiled.compiling import compile_all
from sim.given import BadInput
from tests.fuzz import COLUMNS, PATIENCE, TABLE, Hang, OutOfRange, changed, examples, tried
from tests.fuzz_kinds import KINDS, Kind

pytestmark = pytest.mark.filterwarnings("ignore")  # of NumPy and pandas about what nobody would write


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_stranger_sends_is_accepted_or_refused_with_a_message(kind):
    compile_all()

    @settings(max_examples=KINDS[kind].few, derandomize=True, database=None, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(changed(examples(kind)))
    def try_each(files):
        tried(kind, files)

    try_each()


def reader(raised):
    def read(folder):
        if (folder / "x").read_bytes() != b"a = 1":
            raise raised

    return read


@pytest.mark.parametrize("raised", [KeyError("x"), RecursionError(), OutOfRange(), Hang(), BadInput(" ")])
def test_a_reader_that_fails_would_show(monkeypatch, raised):
    monkeypatch.setitem(KINDS, "broken", Kind(lambda: [{"x": b"a = 1"}], reader(raised), 1, 1))
    wanted = OutOfRange if isinstance(raised, BadInput) else type(raised)
    with pytest.raises(wanted):
        tried("broken", {"x": b"b"})
    assert tried("broken", {"x": b"a = 1"}) == "accepted"


def test_the_stored_table_is_of_these_kinds_and_all_zero():
    rows = list(csv.DictReader(TABLE.open()))
    about = json.loads(TABLE.with_name("about.json").read_text())
    assert tuple(rows[0]) == COLUMNS and [row["kind"] for row in rows] == list(KINDS), "python -m tests.fuzz"
    for row in rows:
        counts = {name: int(row[name]) for name in COLUMNS[1:-1]}
        assert counts["tracebacks"] == counts["hangs"] == counts["out of range"] == 0, row
        assert counts["accepted"] + counts["refused"] == counts["examples"] >= 500, row
        assert counts["accepted"] > 0 and counts["refused"] > 0 and float(row["slowest seconds"]) < PATIENCE, row
    assert len(about["model"]) == 16 and about["command"] == "python -m tests.fuzz"
