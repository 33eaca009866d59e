"""The ten sentences about a log: their figures, their place among the communities, and what a log does not tell."""

import csv
from types import SimpleNamespace

import pytest

from experiments.pages import sentences as told
from experiments.runs.files import ROOT

COMPANY = ROOT.parent / "shared" / "data" / "company"


@pytest.fixture
def three(monkeypatch):
    """Three communities to compare with."""
    known = {"a": {"weekly_newcomers": 0.1}, "b": {"weekly_newcomers": 0.204}, "c": {"weekly_newcomers": 0.3}, "d": {}}
    monkeypatch.setattr(told, "communities", lambda: known)


def sentence(values, start):
    return next(one for one in told.sentences(values) if one.startswith(start))


def test_a_figure_and_its_place(three):
    assert sentence({"weekly_newcomers": 0.25}, "Of those who write in a week") == (
        "Of those who write in a week, 25 % do so for the first time. Elsewhere (first-time writers; 3 communities "
        "hosted by companies): 10 % to 30 %, the middle one 20 %; this log is above 2 of them."
    )
    assert "above 1 of them" in sentence({"weekly_newcomers": 0.2}, "Of those who write in a week")


def test_the_middle_of_an_even_number(monkeypatch):
    known = {name: {"weekly_newcomers": x} for name, x in zip("abcd", (0.1, 0.2, 0.4, 0.9), strict=True)}
    monkeypatch.setattr(told, "communities", lambda: known)
    assert "10 % to 90 %, the middle one 30 %; this log is above 4" in told.beside(told.SENTENCES[2], 0.95)


def test_numbers_as_people_say_them():
    assert [told.plain(x) for x in (0.25, 3.0, 9.96, 12.4, 1234.5)] == ["0.2", "3", "10.0", "12", "1,234"]


def test_what_the_log_does_not_hold_is_said(three):
    assert "Not to be told from this log: first-time writers (weekly_newcomers)." in told.sentences({})
    assert len(told.sentences({})) == len(told.SENTENCES) == 10
    of_nan = told.sentences({"weekly_newcomers": float("nan")})
    assert of_nan == told.sentences({})


def test_a_log_without_known_staff_tells_nothing_of_a_team():
    known = {name: SimpleNamespace(value=0.5) for name in ("staff_share", "first_reply_staff", "once")}
    with_team, without = (told.values_of(SimpleNamespace(facts=known, staff=n)) for n in (2, 0))
    assert with_team["staff_share"] == 0.5 and without == {"once": 0.5}
    assert any(one.startswith("Not to be told from this log: written by the team") for one in told.sentences(without))


def test_the_communities_table_has_all_that_is_compared_and_each_once():
    with told.TABLE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["community"] for row in rows}) == len(rows) == 11
    for one in told.SENTENCES:
        assert one.compared in one.facts and all(name in rows[0] for name in one.facts)
        assert one.words.count("{") == len(one.facts)
    first = told.sentences({name: float(x) for name, x in rows[0].items() if name != "community"})
    assert not any("Not to be told" in one or "{" in one for one in first)


@pytest.mark.skipif(not COMPANY.is_dir(), reason="the real logs are not here")
def test_the_table_is_what_the_command_makes(tmp_path, monkeypatch):
    from experiments.pages.patterns import facts_of

    before = {line.partition(",")[0]: line for line in told.TABLE.read_text().splitlines()}
    monkeypatch.setattr(told, "TABLE", tmp_path / "again.csv")
    told.write_communities([str(COMPANY / "fairfood.csv.gz")], lambda path: facts_of(path, None))
    head, row = (tmp_path / "again.csv").read_text().splitlines()
    assert head == before["community"] and row == before["fairfood"]
