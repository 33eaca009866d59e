"""The sixth invariant: every number has a source, and none hides in a rule."""

import ast
import re
from pathlib import Path

import pytest

import sim
from sim.scenario import BASELINE, is_entry, load, shipped

ROOT = Path(sim.__file__).resolve().parent


@pytest.mark.parametrize("name", shipped())
def test_every_value_has_unit_range_source_and_meaning(name):
    entries = load(name).entries()
    assert len(entries) > 250
    named = {"activities": "channel", "places": "home"}  # their range is the channels of the scenario
    for entry in entries:
        for said in (entry.unit, entry.source, entry.about):
            assert isinstance(said, str) and said.strip(), entry.key
        assert entry.range or named.get(entry.key.split(".")[0]) == entry.key.split(".")[-1], entry.key
        if isinstance(entry.value, float | int) and not isinstance(entry.value, bool):
            assert entry.range[0] <= entry.value <= entry.range[1], entry.key
        elif entry.range:
            assert entry.value in entry.range, entry.key


def declarations(table, at=""):
    for key, item in table.items():
        if is_entry(item):
            yield f"{at}{key}", item
        elif isinstance(item, dict):
            yield from declarations(item, f"{at}{key}.")


def test_a_source_is_evidence_or_the_word_assumed():
    """Each names a mechanism, pattern or experiment, a study, the design, or says assumed."""
    named = (
        "assumed design essay logs Urho3D reach return ticket elasticity attitude persuasion advertising eWOM overload"
    )
    known = re.compile(rf"\b[MPEX]\d+|\d{{4}}|&|\(.*\)|social dollars|visible rules|{'|'.join(named.split())}")
    entries = dict(declarations(BASELINE))
    assert len(entries) > 250
    assert [key for key, item in entries.items() if not known.search(item["source"])] == []


def numbers(source):
    """Float literals of a source and the lines they stand on, docstrings left out."""
    return [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and type(node.value) is float
    ]


STRUCTURAL = {0.0, 0.5, 1.0, 2.0, -1.0}
FORM = {  # a form, a unit or a place in the day, not an estimate
    "acting.py": {7.0},  # days a week
    "joining.py": {10_000.0},  # no founder was away for longer
    "needing.py": {4.0},  # the mean of four touchpoints
    "planning.py": {7.0},  # days a week
    "reading.py": {1e-12},  # less than this weight is left: nothing
    "room.py": {7.0, 16.0},  # days a week; a Poisson draw goes in pieces of such a mean
}


@pytest.mark.parametrize(
    "path", sorted([*(ROOT / "rules").glob("*.py"), *(ROOT / "team").glob("*.py")]), ids=lambda path: path.stem
)
def test_no_value_hides_in_a_rule(path):
    hidden = {value for _, value in numbers(path.read_text())} - STRUCTURAL - FORM.get(path.name, set())
    assert not hidden, f"{path.name}: {sorted(hidden)}: a value belongs in scenarios/baseline.toml"


def test_a_hidden_value_would_show():
    assert {value for _, value in numbers("x = 0.37 * y + 1.0")} - STRUCTURAL == {0.37}
