"""Coverage of verdicts over worlds: the stored table is of this code's cases, and its first repeats come out again.

The whole, which makes the table: `python -m tests.coverage_worlds`.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from experiments.stats import ahead
from tests import coverage_worlds as coverage
from tests.coverage import percent
from tests.coverage_worlds import CASES, FOLDER, PROCEDURES

QUICK = [number for number, one in enumerate(CASES) if one.repeats >= 80 and "120 values" not in one.case.draws]
SHORT = 10


def test_the_stored_table_is_of_what_is_tried():
    table = pd.read_csv(FOLDER / "table.csv")
    cases = [
        (name, one.case.draws, one.case.n, one.case.promised, one.repeats)
        for one in CASES
        for name in one.case.procedures
    ]
    found = table[["procedure", "draws", "n", "promised", "repeats"]].itertuples(index=False, name=None)
    assert list(found) == cases, "make it anew: python -m tests.coverage_worlds"
    assert {name for name, *_ in cases} == {name for name, *_ in PROCEDURES.values()}


def test_the_page_follows_from_the_counts_and_says_what_falls_short():
    rows, about = coverage.stored()
    made = pd.DataFrame(map(asdict, rows))
    pd.testing.assert_frame_equal(pd.read_csv(FOLDER / "table.csv"), made, rtol=1e-5, check_dtype=False)
    assert made["verdict"].value_counts().to_dict() == about["verdicts"]
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert page == coverage.page(rows, about), "make it anew: python -m tests.coverage_worlds --page"
    for row in rows:
        told = f"{percent(row.share)} ({row.draws}, n = {row.n})" in page
        assert told or row.verdict != "falls short"


def test_a_false_winner_is_told_at_most_once_in_twenty():
    """What the call promises is kept in every row of the table."""
    rows = [row for row in coverage.stored()[0] if row.procedure == PROCEDURES["none"][0]]
    assert len(rows) == 9 and all(row.verdict != "falls short" for row in rows)
    assert sum(row.held for row in rows) / sum(row.repeats for row in rows) >= 0.95


@pytest.mark.parametrize("number", QUICK, ids=[f"{CASES[k].case.procedures[0]}, {CASES[k].case.draws}" for k in QUICK])
def test_what_is_tried_now_is_what_is_stored(number):
    """The first repeats are those of the stored table; so few can be told from its share only if all has changed."""
    held = coverage.tried(number, SHORT)
    one = CASES[number].case
    shares = {(row.procedure, row.draws, row.n): row.share for row in coverage.stored()[0]}
    for name, now in zip(one.procedures, held, strict=True):
        share = shares[name, one.draws, one.n]
        assert binomtest(int(now), SHORT, share).pvalue > 1e-4, f"{name}: {now} of {SHORT}, {share:.1%} are stored"


def test_a_call_that_is_too_bold_would_show(monkeypatch):
    monkeypatch.setattr(ahead, "LEVEL", 0.5)
    (held,) = coverage.tried(1, 60)
    assert coverage.rows_of(1, np.array([held]), 60)[0].verdict == "falls short"
