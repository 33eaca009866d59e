"""The lessons: that their claims hold as often as the page says, fail where it says, and can be read and printed."""

import json
from pathlib import Path

import pytest

from sim.measures import catalogue
from sim.scenario import load
from studio import spread, teaching
from studio.session import SHOWN, Session
from studio.setup import NAMES
from studio.teaching import Claim, lessons, listed, notes, shares
from studio.truth import shares_of
from tests.studio_server import ROOT

LESSONS = list(lessons())
SEEDS = range(100, 104)  # others than those behind the shares on the page
HOLDS, FAILS = 0.75, 0.25


@pytest.fixture(scope="module")
def runner():
    return spread.Runner(2)


def test_there_are_six():
    assert len(LESSONS) == 6 and [lesson["number"] for lesson in listed()] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_whole(name):
    lesson = lessons()[name]
    assert set(lesson.charts) <= set(SHOWN)
    for claim in (*lesson.claims, *lesson.fail_claims):
        assert claim.measure in catalogue(load("baseline"))
    for failing in (False, True):
        Session(lesson.staged(name, failing).model_copy(update={"members": 40, "weeks": 1, "events": []}))
        for event in lesson.staged(name, failing).events:
            lesson.staged(name, failing).scenario(event.side, event.day)
    assert lesson.staged(name, True) != lesson.staged(name, False)
    page = notes(name)
    assert lesson.notes.question in page.replace("&#39;", "'") and "@media print" in page


@pytest.mark.parametrize("name", LESSONS)
def test_the_shares_on_the_page_are_those_of_the_claims(name):
    lesson, held = lessons()[name], shares()["lessons"][name]
    assert shares()["seeds"] >= 10
    assert set(held["claims"]) == {claim.text for claim in lesson.claims}
    assert set(held["fails"]) == {claim.text for claim in lesson.fail_claims}
    assert all(share >= HOLDS for share in held["claims"].values()), held
    assert all(share < FAILS for share in held["fails"].values()), held


@pytest.mark.parametrize("name", LESSONS)
def test_a_claim_holds_and_fails_where_it_is_said_to(name, runner):
    found = shares_of(runner, SEEDS, [name])[name]
    assert all(share >= HOLDS for share in found["claims"].values()), found
    assert all(share <= FAILS for share in found["fails"].values()), found


def test_a_claim_by_hand():
    runs = {"A": {"x": [0.0, 5.0, 6.0]}, "B": {"x": [0.0, 1.0, 5.0]}}
    assert Claim(text="", measure="x", higher="A").holds(runs)
    assert not Claim(text="", measure="x", higher="B").holds(runs)
    assert Claim(text="", measure="x", higher="B", since=1, until=2).holds(runs)  # 4 against 1
    assert not Claim(text="", measure="x", higher="A", since=1, until=2).holds(runs)
    level = {name: {"x": [1.0]} for name in NAMES}
    assert not any(Claim(text="", measure="x", higher=name).holds(level) for name in NAMES)


def test_a_wrong_key_in_a_lesson_is_seen():
    table = {"title": "x", "tilte": "y"}
    with pytest.raises(ValueError, match="tilte"):
        teaching.Lesson.model_validate(table)


def test_the_widget_shows_the_two_sides():
    notebook = pytest.importorskip("studio.notebook", reason="anywidget is not installed")
    widget = notebook.TwoCommunities(0.2, 0.8, notebook.Setup(members=40, weeks=2))
    before = widget.frame
    widget.step(weeks=1)
    widget.move("A", 0.5)
    assert widget.frame != before and widget.session.slider["A"] == pytest.approx(0.5)
    assert widget.table().shape[0] == 8 and "render" in (Path(notebook.STATIC) / "widget.js").read_text(
        encoding="utf-8"
    )


def test_the_notebook_runs():
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    import nbformat

    book = nbformat.read(ROOT / "studio/lessons/two_communities.ipynb", as_version=4)
    nbclient.NotebookClient(book, timeout=600, resources={"metadata": {"path": str(ROOT)}}).execute()
    said = json.dumps([cell.get("outputs") for cell in book.cells])
    assert "application/vnd.jupyter.widget-view+json" in said and "B ends closer in 10 of 10 seeds" in said
