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
PAGE = "ODD"  # in examples, so that this file does not cite their sections itself


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


def a_tree(folder):
    """A copy of the page and of some that refer to it, with a new section before telling; telling's number."""
    for name in ("sim/ODD.md", "sim/DECISIONS.md", "sim/rules/telling.py", "sim/rules/solving.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    (folder / "README.md").write_text("")
    text = (folder / "sim/ODD.md").read_text()
    told = re.search(r"^## 7\.(\d+) Telling", text, re.M)
    number = int(told[1])
    section = f"## 7.x Lending (`rules/lending.py`)\n\nAs in 7.{number} and 4.9; chance 7.25."
    (folder / "sim/ODD.md").write_text(f"{text[: told.start()]}{section}\n\n{text[told.start() :]}")
    (folder / "sim/rules/lending.py").write_text(f'"""Lending ({PAGE}, 7.x)."""\nx = money / 7.{number}\n')
    return number


def numbers(folder, file):
    return {number for where, number in odd.cited(folder) if where == f"{file}:1"}


def test_a_new_section_moves_the_numbers_of_those_behind_it(tmp_path):
    n, before = a_tree(tmp_path), numbers(tmp_path, "sim/rules/solving.py")
    changed = odd.renumber(tmp_path)
    found = [section.number for section in odd.sections(tmp_path) if section.number.startswith("7.")]
    assert found == [f"7.{at}" for at in range(len(found))]
    assert changed["7.x"] == f"7.{n}" and changed[f"7.{n}"] == f"7.{n + 1}" and f"7.{n - 1}" not in changed
    assert numbers(tmp_path, "sim/rules/telling.py") == {f"7.{n + 1}"}
    assert numbers(tmp_path, "sim/rules/solving.py") == before
    assert (tmp_path / "sim/rules/lending.py").read_text() == f'"""Lending ({PAGE}, 7.{n})."""\nx = money / 7.{n}\n'
    text = (tmp_path / "sim/ODD.md").read_text()
    assert f"As in 7.{n + 1} and 4.9; chance 7.25." in text
    assert "8.8 | .32 / .72; 7.5 |" in text  # a figure, and no section
    assert odd.renumber(tmp_path) == {}


def test_a_reference_to_no_section_would_show(tmp_path):
    a_tree(tmp_path)
    (tmp_path / "sim/rules/lending.py").write_text(f'"""Lending ({PAGE}, 7.99 and 4.77; M1)."""\n')
    assert numbers(tmp_path, "sim/rules/lending.py") == {"7.99", "4.77"}
