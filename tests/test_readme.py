"""The README says what the stored results say, names what exists, and its example runs."""

import re
from pathlib import Path

import pytest

from sim.scenario import load, shipped

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", *(f"{folder}/README.md" for folder in ("experiments", "studio", "scenarios", "sim"))]
TEXT = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
README = TEXT["README.md"]


def quoted(text):
    return [line[2:] for line in text.splitlines() if line.startswith("> ") and line[2:]]


def test_the_quoted_verdicts_are_those_of_the_stored_comparisons():
    stored = [
        line
        for name in ("reference", "reference-startup")
        for line in (ROOT / "results" / name / "verdict.txt").read_text(encoding="utf-8").splitlines()
    ]
    lines = quoted(TEXT["experiments/README.md"])
    assert len(lines) > 8
    assert [line for line in lines if line not in stored] == []
    falsified = [line.replace("facilitation", "broadcast") for line in lines]
    assert [line for line in falsified if line not in stored]


def test_the_numbers_on_the_first_page_are_those_of_the_stored_comparison():
    verdict = (ROOT / "results" / "reference" / "verdict.txt").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| ([\d.,]+) \| ([\d.,]+) \|$", README, re.M)
    assert len(rows) == 3
    for what, broadcast, facilitation in rows:
        said = what.split(" (")[0].replace("people reached", "Reaches more people")
        (line,) = [line for line in verdict.splitlines() if said in line and "at the end" in line]
        ends = {"facilitation": facilitation, "broadcast": broadcast}
        (first,) = [name for name in ends if f": {name}. {ends[name]}" in line]
        other = next(name for name in ends if name != first)
        assert re.search(rf"against {re.escape(ends[other])} (\w+ )?under {other}", line), line


def test_every_shipped_scenario_is_listed_with_its_question():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", TEXT["scenarios/README.md"], re.M))
    assert rows == {name: load(name).question for name in shipped()}


def leads_nowhere(link, page="README.md"):
    """Whether the file is missing, or the heading in it that the link names."""
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    if not target.exists():
        return True
    text = target.read_text(encoding="utf-8") if anchor else ""
    heads = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in re.findall(r"^#+ (.+)$", text, re.M)}
    return bool(anchor) and anchor not in heads


@pytest.mark.parametrize("page", PAGES)
def test_what_it_links_to_exists(page):
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT[page]) if not link.startswith("http")]
    assert links
    assert [link for link in links if leads_nowhere(link, page)] == []
    assert leads_nowhere("experiments/studies/README.md#what-nobody-found") and leads_nowhere("results/nothing")


def test_the_commands_are_the_first_two_lines_that_begin_with_a_dollar():
    commands = re.findall(r"^\$ (.*)$", README, re.M)
    assert len(commands) == 2
    assert commands[0].endswith("hearth compare broadcast facilitation")
    assert commands[1].endswith("pytest")


@pytest.mark.parametrize("language", ["toml", "python"])
def test_the_examples_work(language, tmp_path, capsys):
    page = {"toml": "experiments/README.md", "python": "sim/README.md"}[language]
    text, *_ = re.findall(rf"^```{language}\n(.*?)^```", TEXT[page], re.M | re.S)
    if language == "toml":
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        mine = load(str(tmp_path / "mine.toml"))
        assert mine.strategy.hours["host"] == 0.24
        assert mine.norms["no_spoilers"].enforced_by == "peers"
    else:
        exec(compile(text, "README", "exec"), {})
        assert 0.0 < float(capsys.readouterr().out) < 1.0
