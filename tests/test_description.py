"""sim/ODD.md, held to the code: its declaration, its sections, what it names, and what refers to it by number."""

import re
import shutil

from sim.community import DAY
from sim.compiled.draws import Rule
from sim.measures import FLOWS
from tests import odd
from tests.odd import ROOT
from tests.places import compiled_day

LONGEST_PAGE = 70  # lines of the declaration


def test_the_declaration_is_one_page_at_the_head():
    page = odd.odd().split("\n# 1 ")[0]
    assert "\n## Declaration\n" in page and len(page.splitlines()) <= LONGEST_PAGE
    for said in ("What it is", "Entities and state", "Scales", "The day", "What is measured", "What it refuses to be"):
        assert f"**{said}" in page, said


def test_the_declared_day_is_the_day_that_is_lived():
    assert odd.declared_day() == list(enumerate(DAY, 1))


def test_section_7_n_describes_line_n_of_the_day():
    described = {section.number: section.file for section in odd.sections()}
    for at, (_, module) in enumerate(compiled_day(), 1):
        assert f"sim/{described[f'7.{at}']}" == f"{module.replace('.', '/')}.py", at


def test_every_reference_names_a_section():
    known, found = {section.number for section in odd.sections()}, list(odd.cited())
    assert len(found) > 150
    assert [(where, number) for where, number in found if number not in known] == []


def test_the_flows_are_told_as_the_measures_tell_them():
    text = " ".join(odd.odd().split())
    for flow, measure in FLOWS.items():
        assert f"{int(flow)} {flow.name} ({measure.unit}, {measure.about})" in text


def test_the_numbers_of_rules_that_draw_are_those_of_the_code():
    said = odd.odd().split("A rule that draws has a number")[1].split("those in brackets")[0]
    assert [(name.upper(), int(number)) for name, number in re.findall(r"(\w+)\s+(\d+)", said)] == [
        (rule.name, int(rule)) for rule in Rule
    ]


# Numbers of sections


def a_tree(folder, head):
    """A copy of the page and of some that refer to it, with a section of the given heading before telling."""
    for name in (
        "sim/ODD.md",
        "sim/DECISIONS.md",
        "sim/rules/telling.py",
        "sim/rules/solving.py",
        "tests/test_reference.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    (folder / "README.md").write_text("")
    (folder / "sim/rules/gifting.py").write_text('"""Gifting (ODD, 7.x)."""\nx = money / 7.13\n')
    path = folder / "sim/ODD.md"
    text = path.read_text()
    told = re.search(r"^## 7\.\d+ Telling", text, re.M)
    path.write_text(f"{text[: told.start()]}{head}\n\nAs in 7.13 and 4.9; chance 7.25.\n\n{text[told.start() :]}")
    return folder


def test_a_new_section_moves_the_numbers_of_those_behind_it(tmp_path):
    tree = a_tree(tmp_path, "## 7.x Gifting (`rules/gifting.py`)")
    changed = odd.renumber(tree)
    numbers = [section.number for section in odd.sections(tree) if section.number.startswith("7.")]
    assert numbers == [f"7.{at}" for at in range(len(numbers))]
    assert changed["7.x"] == "7.13" and changed["7.13"] == "7.14" and "7.12" not in changed
    assert "(ODD, 7.14; M10)" in (tree / "sim/rules/telling.py").read_text()
    assert "(ODD, 7.10; M4)" in (tree / "sim/rules/solving.py").read_text()
    assert (tree / "sim/rules/gifting.py").read_text() == '"""Gifting (ODD, 7.13)."""\nx = money / 7.13\n'
    assert "As in 7.14 and 4.9; chance 7.25." in (tree / "sim/ODD.md").read_text()
    assert "8.8 | .32 / .72; 7.5 |" in (tree / "sim/ODD.md").read_text()  # a figure, and no section
    assert odd.renumber(tree) == {}


def test_a_reference_to_no_section_would_show(tmp_path):
    tree = a_tree(tmp_path, "## 7.x Gifting (`rules/gifting.py`)")
    page = "ODD"  # not written out below, where this file would cite the section itself
    (tree / "sim/rules/gifting.py").write_text(f'"""Gifting ({page}, 7.99 and 4.77; M1)."""\n')
    found = [number for where, number in odd.cited(tree) if where == "sim/rules/gifting.py:1"]
    assert set(found) == {"7.99", "4.77"}
