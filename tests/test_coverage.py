"""Coverage: every interval of the code is tried, the stored table keeps its promises or says which it does not.

The whole, which makes the table: `python -m tests.coverage`.
"""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from experiments.stats import paired
from tests import coverage, coverage_worlds
from tests.coverage import FOLDER, REPEATS
from tests.coverage_cases import CASES, PROCEDURES, Case

ROOT = FOLDER.parent.parent
SHORT = 50

# What makes an interval: to meet one of these is to promise something.
SIGNS = {"bootstrap", "confidence_interval", "conf_int", "quantile", "nanquantile", "nanpercentile", "percentile",
         "ppf", "analyze", "ttest_1samp", "ttest_ind", "proportion_ci"}  # fmt: skip
OTHER = {
    "experiments/ask/plan.py beside": "the middle and the tenths of the draws themselves, told as such",
    "experiments/comparison/across/report.py fan": "quantiles of the worlds themselves, shown as such",
    "experiments/comparison/across/verdict.py of": "the middle and the tenths of the worlds themselves, shown as such",
    "experiments/comparison/known.py _span": "the tenths of the draws themselves, told as such",
    "experiments/evidence/claims.py moved": "the tenths of the worlds themselves; p values, adjusted by Holm",
    "experiments/stats/paired.py ratio": "has no coverage tried yet: the BCa interval of a ratio of means",
    "experiments/worlds/emulator.py fit": "a regression, with no interval of its own",
    "experiments/worlds/screening.py moves": "the tenths of drawn worlds, a distance",
    "experiments/worlds/telling.py intervals": "quantiles of draws; results/worlds says what they hold",
    "experiments/worlds/telling.py of_baseline": "the middle of draws",
    "experiments/worlds/telling.py of_targets": "quartiles of runs, shown as such",
    "experiments/worlds/telling.py of_values": "quantiles of draws of the posterior, shown as such",
    "experiments/calibration/check.py faults": "is a test of coverage itself",
    "experiments/calibration/posterior.py __init__": "a weight of runs by their distance",
    "experiments/calibration/parameters.py ever_writes": "a grid of two normals",
    "experiments/calibration/result.py fitted": "tried by `python -m experiments.calibration --check` on known truths",
    "experiments/stats/difference.py measured": "hands on what paired.py makes",
    "studio/spread.py summary": "quantiles of the seeds themselves, shown as such",
}


def promising():
    """Functions of the code that make an interval or a p, by file and name."""
    for folder in ("experiments", "sim/logs", "studio"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and any(
                    getattr(one, "attr", None) in SIGNS or getattr(one, "value", None) == 1.96 for one in ast.walk(node)
                ):
                    yield f"{path.relative_to(ROOT).as_posix()} {node.name}"


def tried():
    """The functions that coverage tries, by file and name."""
    procedures = (PROCEDURES | coverage_worlds.PROCEDURES).values()
    functions = [inspect.unwrap(one) for _, several, _ in procedures for one in several]
    return {f"{Path(inspect.getfile(one)).relative_to(ROOT).as_posix()} {one.__name__}" for one in functions}


def test_every_interval_of_the_code_is_tried():
    found = set(promising())
    assert found - tried() - OTHER.keys() == set(), (
        "add a case to tests/coverage_cases.py, or say why it promises nothing"
    )
    assert found >= OTHER.keys()


def test_the_stored_table_is_of_what_the_code_promises():
    table = pd.read_csv(FOLDER / "table.csv")
    cases = [(name, one.draws, one.n, one.promised) for one in CASES for name in one.procedures]
    found = table[["procedure", "draws", "n", "promised"]].itertuples(index=False, name=None)
    assert list(found) == cases, "make it anew: python -m tests.coverage"
    assert {name for name, *_ in cases} == {name for name, *_ in PROCEDURES.values()}
    _, about = coverage.stored()
    assert about["repeats"] == REPEATS == 2000 and set(table["repeats"]) == {REPEATS}
    assert re.fullmatch(r"[0-9a-f]{40}", about["commit"]) and re.fullmatch(r"[0-9a-f]{16}", about["model"])
    assert {"scipy", "statsmodels", "SALib"} <= about["versions"].keys()


def test_one_procedure_can_be_tried_again_and_the_other_rows_stay(tmp_path, monkeypatch):
    for name in ("table.csv", "about.json"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    monkeypatch.setattr(coverage, "FOLDER", tmp_path)
    monkeypatch.setattr(coverage, "try_all", lambda numbers, repeats, workers: {k: np.array([1999]) for k in numbers})
    before = pd.read_csv(tmp_path / "table.csv")
    coverage.main(only=["above"])
    after, mine = pd.read_csv(tmp_path / "table.csv"), before["procedure"] == PROCEDURES["above"][0]
    assert (after["held"][mine] == 1999).all() and mine.sum() == 4 and (before["held"][mine] != 1999).all()
    pd.testing.assert_frame_equal(after[~mine], before[~mine])
    about = coverage.stored()[1]
    assert PROCEDURES["above"][0] in about["again"] and "Tried again" in (tmp_path / "README.md").read_text()
    assert about["verdicts"] == after["verdict"].value_counts().to_dict()
    with pytest.raises(coverage.typer.BadParameter, match="no procedure nothing"):
        coverage.main(only=["nothing"])


def test_the_stored_table_keeps_its_promises_or_the_page_says_which_it_does_not():
    """Intervals and verdicts follow from the counts, and the page from both."""
    rows, about = coverage.stored()
    made = pd.DataFrame(map(asdict, rows))
    pd.testing.assert_frame_equal(pd.read_csv(FOLDER / "table.csv"), made, rtol=1e-5, check_dtype=False)
    assert made["verdict"].value_counts().to_dict() == about["verdicts"]
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert page == coverage.page(rows, about), "make it anew: python -m tests.coverage --page"
    for row in rows:
        told = f"{coverage.percent(row.share)} ({row.draws}, n = {row.n})" in page
        assert told or row.verdict != "falls short"


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=[f"{one.procedures[0]}, {one.draws}, {one.n}" for one in CASES]
)
def test_what_is_tried_now_is_what_is_stored(number):
    """The first repeats are those of the stored table; so few can be told from its share only if all has changed."""
    held = coverage.tried(number, 0, SHORT)
    shares = {(row.procedure, row.draws, row.n): row.share for row in coverage.stored()[0]}
    for name, now in zip(CASES[number].procedures, held, strict=True):
        share = shares[name, CASES[number].draws, CASES[number].n]
        assert binomtest(int(now), SHORT, share).pvalue > 1e-4, f"{name}: {now} of {SHORT}, {share:.1%} are stored"


@pytest.mark.parametrize(
    ("held", "promised", "verdict"),
    [
        (1900, 0.95, "kept"),
        (1870, 0.95, "kept"),
        (1860, 0.95, "falls short"),
        (1940, 0.95, "holds more"),
        (0, 0.9, "falls short"),
    ],
)
def test_a_promise_is_kept_within_the_binomial_error(held, promised, verdict):
    found = coverage.row(Case(("p",), "d", 5, promised, lambda rng: (True,)), "p", held, 2000)
    ends = binomtest(held, 2000).proportion_ci(0.95, "wilson")
    assert found.verdict == verdict and (found.low, found.high) == pytest.approx((ends.low, ends.high))


def test_an_interval_that_is_too_narrow_would_show(monkeypatch):
    number = next(k for k, one in enumerate(CASES) if one.draws == "normal" and one.n == 20)
    monkeypatch.setattr(paired, "LEVEL", 0.6)
    (held,) = coverage.tried(number, 0, 200)
    assert coverage.row(CASES[number], "p", int(held), 200).verdict == "falls short"


def test_the_draws_have_the_means_that_are_taken_for_the_truth():
    rng = np.random.default_rng(1)
    for draw in (coverage.normal, coverage.skewed, coverage.very_skewed):
        values = draw(rng, 400_000)
        assert abs(values.mean()) < 4 * values.std() / np.sqrt(values.size)
