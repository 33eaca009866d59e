"""Adding a rule: every place of every rule is there, and one that is missing is named, with what to do about it.

The steps of sim/README.md are followed in a copy of the tree, with the worked example tests/gifting.toml.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import odd
from tests.odd import ROOT
from tests.places import missing

EXAMPLE = Path(__file__).with_name("gifting.toml")
EDITS = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))["edit"]
NUMBERS = "python -m tests.odd"  # a step that is a command


def test_every_place_of_every_rule_is_there():
    found = missing()
    assert not found, "\n- ".join([f"{len(found)} places are missing", *found])


def steps():
    """Number and text of each step in sim/README.md."""
    text = (ROOT / "sim/README.md").read_text(encoding="utf-8").split("**To add a rule**")[1]
    return {int(number): said for number, said in re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |\n\n)", text, re.M | re.S)}


def test_the_example_follows_the_steps_word_for_word():
    said = steps()
    assert list(said) == list(range(1, len(said) + 1)) and NUMBERS in said[1]
    assert sorted({edit["step"] for edit in EDITS}) == list(said)[:-1]  # the last is commands alone
    for edit in EDITS:
        assert edit["file"] in said[edit["step"]], f"step {edit['step']} of sim/README.md does not name {edit['file']}"


def follow(folder, edits, numbered=True, tree=("sim", "scenarios", "tests", "README.md")):
    """A copy of the tree in which `edits` have been made."""
    for name in tree:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copyfile(ROOT / name, folder / name)
    for edit in edits:
        path = folder / edit["file"]
        text = path.read_text(encoding="utf-8") if "old" in edit else ""
        where = (
            f"{EXAMPLE.name}, step {edit['step']}: {edit['file']} has {edit.get('old')!r} not once; change the example"
        )
        assert "old" not in edit or text.count(edit["old"]) == 1, where
        path.write_text(text.replace(edit["old"], edit["new"]) if text else edit["new"], encoding="utf-8")
    if numbered:
        odd.renumber(folder)
    return folder


def test_with_all_steps_nothing_is_missing(tmp_path):
    assert missing(follow(tmp_path, EDITS)) == []


@pytest.mark.parametrize("left_out", EDITS, ids=lambda edit: f"{edit['step']} {edit['file']}: {edit['says'][:40]}")
def test_a_step_left_out_is_named(tmp_path, left_out):
    found = missing(follow(tmp_path, [edit for edit in EDITS if edit is not left_out]))
    assert any(left_out["says"] in sentence for sentence in found), found


def test_numbers_that_were_not_renewed_are_named(tmp_path):
    found = missing(follow(tmp_path, EDITS, numbered=False))
    assert found and all(NUMBERS in sentence for sentence in found), found


@pytest.mark.parametrize(
    "file, old, new, says",
    [
        ("scenarios/baseline.toml", "[gifting]\n", '[gifting]\nno_use = { value = 1.0, range = [0, 1], unit = "share", '
         'source = "assumed", constant = "no use", about = "nothing" }\n', "gifting.no_use is read by nobody"),
        ("scenarios/baseline.toml", 'source = "assumed", prior = [0.009', 'prior = [0.009', "no source"),
        ("scenarios/baseline.toml", 'prior = [0.009, 0.05], why = "half to some twice", ', "", "and has no prior"),
        ("scenarios/baseline.toml", "prior = [0.009, 0.05], ", "", "why without a prior"),
        ("scenarios/baseline.toml", "prior = [0.009, 0.05]", 'constant = "so", prior = [0.009, 0.05]', "say one of"),
        ("sim/ODD.md", "`gifting.warmth`", "something", "does not name gifting.warmth"),
        ("sim/rules/gifting.py", "Rule.GIFTING", "Rule.TELLING", "draw by one number, Rule.TELLING"),
        ("sim/rules/day.py", "    gift(today, state, values, out)\n    improve(today, state, values, out)\n",
         "    improve(today, state, values, out)\n    gift(today, state, values, out)\n", "are in another order"),
    ],
)  # fmt: skip
def test_a_place_that_is_not_right_is_named(tmp_path, file, old, new, says):
    tree = follow(tmp_path, EDITS)
    text = (tree / file).read_text()
    assert text.count(old) == 1
    (tree / file).write_text(text.replace(old, new))
    found = missing(tree)
    assert any(says in sentence for sentence in found), found


@pytest.mark.parametrize(("file", "old", "said"), [
    ("sim/ODD.md", ", `conversing.py`)", "the section on reading does not name `conversing.py`"),
    ("sim/rules/reading.py", "from sim.rules.responding import", "reading.py takes nothing from responding.py"),
])  # fmt: skip
def test_what_is_part_of_a_rule_has_its_places_too(tmp_path, file, old, said):
    tree = follow(tmp_path, [], numbered=False)
    text = (tree / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tree / file).write_text(text.replace(old, "from somewhere import" if "import" in old else ")"), encoding="utf-8")
    assert [sentence for sentence in missing(tree) if said in sentence]


WHOLE = ("sim", "scenarios", "tests", "experiments", "studio", "README.md", "pyproject.toml")


def run(tree, *command):
    """A command in the copy, uncompiled; green, or its output."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(tree)}
    done = subprocess.run([sys.executable, "-m", *command], env=environment, cwd=tree, capture_output=True, text=True,
                          timeout=1200)  # fmt: skip
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-5000:]}{done.stderr[-2000:]}"
    return done.stdout


QUICK = ["tests/rules/test_gifting.py", "tests/test_description.py", "tests/test_day.py",
         "tests/test_sources.py::test_a_source_is_evidence_or_the_word_assumed",
         "tests/test_sources.py::test_no_value_hides_in_code[rules/gifting.py]",
         "tests/test_new_rule.py::test_every_place_of_every_rule_is_there",
         "tests/test_planted.py::test_each_error_is_where_the_list_says"]  # fmt: skip


def test_the_new_rule_is_green_where_it_is_told_again(tmp_path):
    """By hand, in the description, with its sources, and against the reference: equal in every number."""
    tree = follow(tmp_path, EDITS, tree=WHOLE)
    run(tree, "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *QUICK)
    told = "from tests.reference.runs import Case, compare\nfound = compare(Case('facilitation', 5, 60, 30))\n"
    told += "assert found.difference is None, found.difference\nprint(found.flows['gifts'])\n"
    (tree / "twice.py").write_text(told)
    assert float(run(tree, "twice")) > 0


@pytest.mark.slow
def test_the_new_rule_is_green_in_the_house_and_in_the_pinned_run(tmp_path):
    """The last step too: pinned numbers are red until they are renewed, and then everything that concerns a rule is."""
    tree = follow(tmp_path, EDITS, tree=WHOLE)
    pinned = ["tests/test_baseline.py::test_the_baseline_is_the_one_that_was_frozen"]
    with pytest.raises(AssertionError, match=r"python -m tests\.renew"):
        run(tree, "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *pinned)
    run(tree, "tests.renew")
    run(tree, "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/test_baseline.py", "tests/test_house.py",
        "tests/test_sources.py", "tests/test_measures.py", "tests/test_switches.py", *QUICK)  # fmt: skip
