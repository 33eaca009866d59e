"""Committed results: each names the model that made it, so that which are older can be told (tests/results.py)."""

import json

import pytest

from sim import version
from tests.results import faults, folders, older, records

MADE = {"command": "hearth", "commit": "0" * 40, "model": "0123456789abcdef"}


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_a_committed_result_names_the_model_that_made_it(folder):
    assert list(faults(folder)) == []


def test_committed_results_are_found():
    assert {"reference", "evidence", "effects", "benchmark", "planted-errors", "reference-model"} <= {
        folder.name for folder in folders()
    }
    assert {record.file.name for record in records(folders()[0])} >= {"benchmark.json", "studio.json"}


def test_results_of_an_older_model_are_told():
    """Age is no failure: what is old is named, and `python -m tests.results` lists it with the command to renew it."""
    if names := sorted({record.file.parent.name for record in older()}):
        pytest.xfail(f"of an older model: {', '.join(names)}")


@pytest.mark.parametrize(
    ("record", "page", "fault"),
    [
        (MADE, "model 0123456789abcdef", ""),
        (MADE, None, ""),  # a table alone
        (MADE | {"model": "0123456789abcdef+changes"}, "model 0123456789abcdef+changes", ""),
        ({"rows": []}, None, "names the `commit` and the `model`"),
        ({"command": "hearth", "commit": "0" * 40}, None, "model `None` is none"),
        (MADE | {"model": "unknown"}, None, "model `unknown` is none"),
        (MADE | {"commit": "unknown"}, None, "commit `unknown` is none"),
        (MADE, "model 0123456789abcdee", "no page of it states model 0123456789abcdef, which about.json names"),
    ],
)
def test_what_cannot_be_compared_is_told(tmp_path, record, page, fault):
    (tmp_path / "about.json").write_text(json.dumps(record))
    if page:
        (tmp_path / "README.md").write_text(page)
    assert [fault in told for told in faults(tmp_path)] == [True] * bool(fault)


def test_a_value_makes_another_model_but_needs_no_compiling(tmp_path, monkeypatch):
    source, values = tmp_path / "sim" / "rule.py", tmp_path / "scenarios" / "baseline.toml"
    for path in (source, values):
        path.parent.mkdir()
        path.write_text("1")
    monkeypatch.setattr(version, "HERE", source.parent)
    monkeypatch.setattr(version, "BASELINE", values)
    first = version.model_hash(), version.source_hash()
    values.write_text("2")
    second = version.model_hash(), version.source_hash()
    assert second[0] != first[0] and second[1] == first[1]
    source.write_text("2")
    assert version.model_hash() != second[0] and version.source_hash() != second[1]
