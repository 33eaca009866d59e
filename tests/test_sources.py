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
    """Each names a mechanism, pattern or experiment, a study, the design, a fact of a community, or says assumed."""
    named = (
        "assumed design fact essay logs communities Urho3D reach return ticket elasticity attitude persuasion "
        "advertising eWOM overload"
    )
    known = re.compile(rf"\b[MPEX]\d+|\d{{4}}|&|\(.*\)|social dollars|visible rules|{'|'.join(named.split())}")
    entries = dict(declarations(BASELINE))
    assert len(entries) > 250
    assert [key for key, item in entries.items() if not known.search(item["source"])] == []


def numbers(source):
    """Numbers that a source writes out, but for 0, 1, 2, the number of a draw, and the members of an enumeration."""
    tree = ast.parse(source)
    named = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and [ast.unparse(base) for base in node.bases] == ["IntEnum"]
    ]
    draws = [node.args[2] for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) == 3
             and ast.unparse(node.func) in ("uniform", "normal")]  # fmt: skip
    apart = {id(node) for one in named + draws for node in ast.walk(one)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) in (int, float)]
    return {node.value for node in found if id(node) not in apart} - {0, 1, 2}


# Numbers that are a form, a unit or a size in memory, and no estimate: what each is.
FORM = {
    "ledger.py": {0.5: "an experience that is neither good nor bad", 7: "days a week", 60: "minutes an hour"},
    "measures.py": {3: "the last of the touchpoints", 4: "touchpoints", 60: "minutes an hour"},
    "rules/acting.py": {7: "days a week"},
    "rules/conversing.py": {4: "the number of a draw", 8: "numbers of draws for each turn", 24: "hours a day"},
    "rules/joining.py": {
        3: "ways of joining after the founding", 4: "ways of joining, or touchpoints",
        20: "bits of a key for each way and day", 10_000: "days: no founder was away for longer, LONG_AGO",
    },
    "rules/meeting.py": {32: "numbers of draws for each gathering"},
    "rules/needing.py": {3: "the last of the touchpoints", 4: "touchpoints"},
    "rules/reading.py": {1e-12: "less than this weight is left: nothing", 16: "numbers of draws for each thing read",
                         64: "numbers of draws of conversations for each of these",
                         100: "the number of the first of these draws"},
    "rules/room.py": {4: "rows of a list for each action", 7: "days a week", 16: "mean of a piece of a Poisson draw",
                      200: "the most that a piece gives"},
    "rules/visiting.py": {0.5: "an experience that is neither good nor bad"},
    "state/events.py": {6: "kinds of events"},
    "state/members.py": {0.5: "trust of a row that nobody has filled yet", 10_000: "days: LONG_AGO"},
    "state/state.py": {128: "entries of the longest short list"},
    "state/table.py": {4: "rows are added by a quarter", 5: "rows are added by a quarter"},
    "state/tables.py": {1.5: "rows of members at first, a founder", 3: "rows of posts, a founder",
                        4: "rows are added by a quarter", 5: "rows are added by a quarter", 16: "rows at first",
                        64: "rows at first", 400: "rows at first", 1024: "rows at first"},
    "state/values.py": {8: "scenarios whose record is kept"},
    "state/ties.py": {10_000: "days: LONG_AGO", 32_000: "the most exchanges that are stored"},
    "team/planning.py": {7: "days a week", 1000: "numbers of draws for each person"},
}  # fmt: skip
MODEL = [ROOT / "ledger.py", ROOT / "measures.py", ROOT / "equality.py",
         *sorted(path for folder in ("rules", "state", "team") for path in (ROOT / folder).glob("*.py"))]  # fmt: skip


@pytest.mark.parametrize("path", MODEL, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_value_hides_in_code(path):
    name = path.relative_to(ROOT).as_posix()
    found, known = numbers(path.read_text(encoding="utf-8")), set(FORM.get(name, {}))
    assert not found - known, (
        f"sim/{name}: {sorted(found - known)}: a value belongs in scenarios/baseline.toml, with a source; "
        "a number that is none goes into FORM in tests/test_sources.py, with what it is"
    )
    assert not known - found, f"sim/{name}: no longer there, take out of FORM: {sorted(known - found)}"


def test_a_hidden_value_would_show():
    assert numbers("x = 0.37 * y + 1.0 + uniform(key, i, 40 + s) + 3 * z[-1]") == {0.37, 3}
    assert numbers("class Kind(IntEnum):\n    STORY = 4\n\n\nx = 9") == {9}
    assert numbers("uniform(key, i, 3) < .8 and normal(k, 7, 5)") == {0.8, 7}
