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
    """Lines of verdicts that a page quotes: of quotations, and of blocks of plain text."""
    blocks = re.findall(r"^```text\n(.*?)^```", text, re.M | re.S)
    lines = [line[2:] for line in text.splitlines() if line.startswith("> ")]
    return [line for line in [*lines, *(line for block in blocks for line in block.splitlines())] if line]


def stored(name):
    return (ROOT / "results" / name / "verdict.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("page", "least"), [("README.md", 2), ("experiments/README.md", 25)])
def test_the_quoted_verdicts_are_those_of_the_stored_comparisons(page, least):
    told = [line for name in ("reference", "reference-startup", "reference-forum") for line in stored(name)]
    lines = quoted(TEXT[page])
    assert len(lines) >= least
    assert [line for line in lines if line not in told] == []
    falsified = [line.replace("facilitation", "broadcast") for line in lines]
    assert [line for line in falsified if line not in told]


def test_the_table_on_the_first_page_is_that_of_the_stored_comparison():
    rows = re.findall(r"^\| ([a-z ]+) \| (.+) \| (.+) \|$", README.split("## ")[2], re.M)
    assert len(rows) == 5
    names = {"broadcast ": "A ", "facilitation ": "B "}
    for what, ahead, difference in rows:
        (line,) = [line for line in stored("reference") if line.startswith(what)]
        for name, letter in names.items():
            ahead = ahead.replace(name, letter)
        assert " ".join(line.split()) == f"{what} {ahead} {difference}"
    assert "".join(README.split()).count("".join(stored("reference")[9].split())) == 1  # its units


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
