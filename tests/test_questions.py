"""The page of questions and the gallery say what the stored results say, and nothing that was typed."""

import json
import re
import shutil

import pytest

from experiments.cli import app
from experiments.pages import gallery, questions
from tests.test_readme import leads_nowhere

NEEDED = sorted({(name, file) for one in questions.QUESTIONS for name, _ in one.answers
                 for file in ("verdict.txt", "decision.json", "summary.txt", *gallery.RECORDS)})  # fmt: skip


@pytest.mark.parametrize("made", [questions, gallery])
def test_the_page_is_what_its_command_makes_of_the_results(made):
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), "python -m experiments.pages.questions"


@pytest.fixture
def copied(tmp_path):
    """The stored texts of which the page is made, to be changed."""
    for name, file in NEEDED:
        if (questions.RESULTS / name / file).is_file():
            (tmp_path / name).mkdir(exist_ok=True)
            shutil.copy(questions.RESULTS / name / file, tmp_path / name / file)
    assert questions.page(tmp_path) == questions.page()
    return tmp_path


@pytest.mark.parametrize("folder", sorted({name for name, _ in NEEDED}))
def test_every_number_of_an_answer_comes_from_its_result(folder, copied):
    """A digit more in every number of the stored texts changes every answer that is read from them."""
    before = answers(questions.page(copied), folder)
    for path in (copied / folder).iterdir():
        if path.suffix == ".txt" or path.name == "decision.json":
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(r"(?<![\w.])\d", r"7\g<0>", text), encoding="utf-8")
    record = copied / "worlds" / "worlds.json"
    if folder == "worlds":
        found = json.loads(record.read_text(encoding="utf-8"))
        record.write_text(json.dumps(found | {"looked": 7, "model": "0" * 16}), encoding="utf-8")
    after = answers(questions.page(copied), folder)
    assert len(before) == len(after) > 0
    told = [(one, other) for one, other in zip(before, after, strict=True) if re.search(r"\d", one)]
    assert told and all(one != other for one, other in told)


def answers(page, folder):
    """What a page quotes of a folder: the text between a blank line after a command or a source, and its own source."""
    parts = re.split(r"^\[results/([\w-]+)\].*$", page, flags=re.M)
    return [text for text, name in zip(parts[::2], parts[1::2], strict=False) if name == folder]


def test_the_commands_are_those_of_hearth():
    known = {command.name for command in app.registered_commands} | {
        group.name or "study" for group in app.registered_groups
    }
    assert {one.command.split()[1] for one in questions.QUESTIONS} <= known
    assert len({one.asked for one in questions.QUESTIONS}) == len(questions.QUESTIONS) >= 6


@pytest.mark.parametrize("made", [questions, gallery])
def test_what_a_page_links_to_exists(made):
    page = made.PAGE.relative_to(questions.files.ROOT).as_posix()
    links = re.findall(r'\]\(([^)]+)\)|src="([^"]+)"', made.page())
    assert links and [link for pair in links for link in pair if link and leads_nowhere(link, page)] == []


def test_the_gallery_has_every_figure_and_says_what_it_shows():
    page = gallery.page()
    figures = [path for folder in gallery.committed() for path in folder.glob("figures/*.png")]
    assert len(figures) > 50
    assert [path for path in figures if f'src="{path.relative_to(gallery.RESULTS).as_posix()}"' not in page] == []
    told = gallery.shown(gallery.RESULTS / "worlds")
    assert all(alt != path.stem.replace("-", " ") for path, alt in told.items())
