"""`hearth ask`: answers read, kept and taken up again, what they make of the worlds, and the page for who decides."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.ask import brief, pdf, plan, questions, run
from experiments.ask.brief import Brief, Table
from experiments.cli import main
from experiments.comparison import known
from experiments.comparison.coalitions import GROUPS
from experiments.pages import figures, terminal
from experiments.runs.given import BadInput
from experiments.runs.prepare import Changes, prepare
from experiments.worlds import outcomes, population
from sim.scenario import load
from tests import strategist

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
TOLD = {
    "members": "3,000",
    "weekly_writers": "60",
    "hours": "60",
    "wage": "40",
    "currency": "EUR",
    "on_messages": "60%",
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# The way of a stranger


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The folder of a strategist who has gone the whole way, with few members, worlds and days."""
    few = {"members": "60", "weekly_writers": "5", "member_messages": "", "followers": "300", "hours": "2"}
    small = ("--worlds", "4", "--days", "15", "--quiet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "DPI", 40)
        patch.setattr(terminal, "OUT", terminal.Terminal())

        def typed(folder, command, given=""):
            """In this process, where what a command imports is there already."""
            patch.chdir(folder)
            patch.setattr(sys, "stdin", io.StringIO(given))
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                assert main(command[1:]) == 0
            return printed.getvalue()

        return strategist.walk(tmp_path_factory.mktemp("walk"), strategist.ANSWERS | few, small, typed)


def test_a_stranger_comes_from_the_readme_to_a_brief_on_his_own_numbers(walked):
    assert run.finished(walked)
    page = (walked / "brief.html").read_text(encoding="utf-8")
    assert "2 hours a week at 40 EUR an hour" in page and "today, broadcast or facilitation?" in page
    assert "EUR a member and year" in page and "currency" not in page
    for title in (
        "Is it worth it at all?",
        "Does it look like ours?",
        "A better mix of hours",
        "What to find out first",
    ):
        assert title in page
    assert "Not searched" not in page and "no forecast of your community" in page


def test_the_same_answers_go_on_in_the_same_folder_and_others_in_a_new_one(walked, monkeypatch):
    monkeypatch.chdir(walked.parent.parent)
    same = questions.read(walked / questions.FILE)
    assert run.folder_of(None, same) == Path("results/ask") and run.folder_of(None, None) == Path("results/ask-2")
    assert run.folder_of(None, same | {"members": 61}) == Path("results/ask-2")
    assert run.earlier() == same
    with pytest.raises(BadInput, match="holds other answers"):
        run.folder_of(walked, same | {"members": 61})
    with pytest.raises(BadInput, match="is not empty"):
        run.folder_of(walked / "comparison", same)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed, which prints")
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_prints_on_one_page(walked, paper, tmp_path):
    text = (walked / "brief.html").read_text(encoding="utf-8").replace("size: A4", f"size: {paper}")
    (tmp_path / "brief.html").write_text(text, encoding="utf-8")
    printing = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={tmp_path}",
                f"--print-to-pdf={tmp_path / 'brief.pdf'}", (tmp_path / "brief.html").as_uri()]  # fmt: skip
    subprocess.run([CHROMIUM, *printing], check=True, capture_output=True, timeout=120)
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "brief.pdf").read_bytes())) == 1


# Answers


def test_answers_are_read_as_people_type_them():
    said = TOLD | {"followers": "?", "staff_answers": " 20% ", "newcomers": "1_000"}
    assert questions.checked(said, "") == {
        "members": 3000, "weekly_writers": 60.0, "newcomers": 1000.0, "staff_answers": 0.2, "followers": None,
        "hours": 60.0, "wage": 40.0, "currency": "EUR", "on_messages": 0.6,
    }  # fmt: skip


def test_kept_answers_are_read_again(tmp_path):
    told = run.whole(questions.checked(TOLD, ""))
    assert len(told) == 12 and told["log"] is None
    questions.write(tmp_path / "a.toml", told)
    assert questions.read(tmp_path / "a.toml") == told


def test_all_that_is_wrong_is_said_at_once(capsys):
    wrong = [
        "membres=3",
        "wage=-4",
        "currency=EURO12345",
        "members=0.5",
        "staff_answers=40",
        "on_messages=2",
        "hours=1,5",
    ]
    assert main(["ask", *(word for one in wrong for word in ("--answer", one))]) == 2
    err = capsys.readouterr().err
    said = [
        "did you mean `members`",
        "'-4' is not allowed; it is a number from 0 to 500",
        "up to eight letters",
        "'1,5'",
    ]
    said += ["whole number from 2 to", "number from 0 to 1 (", "a share from 0 to 1, or per cent"]
    assert [text for text in said if text not in err] == []
    assert err.count("\n") == len(wrong) and not list(Path().iterdir())
    assert main(["ask", "--answer", "members"]) == 2 and "NAME=VALUE" in capsys.readouterr().err


@pytest.fixture
def at_a_terminal(monkeypatch):
    """Types lines to the command; what is run with the answers is only noted."""
    noted = []
    monkeypatch.setattr(run, "carry_out", lambda told, *_: noted.append(told))
    monkeypatch.setattr(brief, "as_text", lambda made: "")

    def typing(*lines):
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return main(["ask", "--quiet"]), noted

    return typing


def test_a_wrong_answer_is_asked_again_and_a_stop_loses_nothing(at_a_terminal, capsys):
    code, noted = at_a_terminal("none.csv", "", "a few", "3,000", "60")
    out, err = capsys.readouterr()
    assert code == 130 and not noted and "the answers are kept in `results/ask`, and the same command goes on" in err
    assert "there is no such file" in out and "'a few' is not allowed; it is a whole number from 2 to 5,000,000" in out
    code, (told,) = at_a_terminal(*["?"] * 8, "0.6")
    assert code == 0 and "Going on with 3 of 12 answers" in capsys.readouterr().out
    assert told == run.whole({"members": 3000, "weekly_writers": 60.0, "on_messages": 0.6})
    assert questions.read(Path("results/ask/answers.toml")) == told


def test_what_a_log_counts_is_offered_as_the_answer(at_a_terminal):
    """Ten days; members 1 and 2 write in both weeks, 3 in the first; staff is 9. A week is seven of the ten days."""
    rows = [(0, 1, 1, "topic", 1), (1, 2, 1, "reply", 1), (2, 3, 3, "topic", 2), (3, 9, 3, "reply", 2),
            (8, 1, 1, "topic", 3), (9, 9, 1, "reply", 3), (9, 2, 1, "reply", 3)]  # fmt: skip
    text = "\n".join(f"{day * 86_400 + k},{','.join(map(str, row))}" for k, (day, *row) in enumerate(rows))
    Path("log.csv").write_text(f"time,source,target,kind,thread\n{text}\n")
    Path("log_members.csv").write_text("member,staff\n9,1\n")
    counted = {"weekly_writers": 2.5, "member_messages": 3.5, "staff_messages": 1.4, "staff_answers": 0.667}
    assert questions.counted("log.csv") == pytest.approx(counted)
    _, (told,) = at_a_terminal("log.csv", *[""] * 11)
    assert {name: told[name] for name in counted} == counted and told["newcomers"] is None
    Path("log_members.csv").unlink()
    assert questions.counted("log.csv") == {"weekly_writers": 3.5, "member_messages": 4.9}  # nobody is known as staff
    assert run.given(None, ["log=log.csv", "weekly_writers=7", "member_messages=?"])["weekly_writers"] == 7.0


# What is made of them


def test_hours_are_split_as_told():
    usual = load("balanced").strategy.hours
    for on in (0.0, 0.6, 1.0):
        made = plan.split(on)
        assert sum(made.values()) == pytest.approx(1.0, abs=1e-9)
        assert sum(made[name] for name in GROUPS["messages"]) == pytest.approx(on, abs=1e-3)
    assert made["publish"] / made["amplify"] == pytest.approx(usual["publish"] / usual["amplify"], rel=0.01)


def test_every_strategy_gets_what_is_told(tmp_path):
    told = questions.checked(TOLD | {"followers": "9000"}, "")
    ready = plan.ready(plan.write_today(tmp_path, told), told, 30)
    assert list(ready.prepared.scenarios) == ["today", "broadcast", "facilitation"]
    for scenario in (*ready.prepared.scenarios.values(), load(str(plan.write_community(tmp_path, ready)))):
        assert (scenario.community.members, scenario.community.followers_per_member) == (3000, 3.0)
        assert tuple(scenario.budget.model_dump().values()) == (60.0, 300.0, 40.0)
    assert ready.prepared.changes.currency == "EUR" and ready.draw is not None
    hours = load(str(tmp_path / plan.COMMUNITY)).strategy.hours
    assert sum(hours[name] for name in GROUPS["messages"]) == pytest.approx(0.6, abs=1e-3)


def test_answers_that_go_together_in_no_world_are_left_out_the_least_likely_first(monkeypatch):
    """Forty draws with 20 weekly writers: 24 with 200 hours and 100 newcomers, 16 with 220 and 110."""
    drawn = [{"members.drive_mean": -2.0 - k, "budget.hours_per_week": 200.0} for k in range(40)]
    half = np.repeat([1.0, 1.1], [24, 16])
    monkeypatch.setattr(population, "drawn", lambda: drawn)
    table = {"hours": 200 * half, "weekly_writers": np.full(40, 20.0), "newcomers": 100 * half}
    monkeypatch.setattr(outcomes, "table", lambda: table)
    told = questions.checked({"hours": "25", "newcomers": "1", "weekly_writers": "21"}, "")
    like = tuple(f"{name}={x:g}" for name, x in told.items())
    with pytest.raises(BadInput, match="Least likely is `--like hours=25`"):
        known.asked(known.told(prepare([*plan.STRATEGIES], Changes(like=like))), 2, 1)
    ready = plan.ready([*plan.STRATEGIES], told)
    assert [one.name for one in ready.left_out] == ["hours", "newcomers"]
    assert ready.left_out[1].left == pytest.approx(40.0) and ready.prepared.known.like == {"weekly_writers": 21.0}
    said = plan.left_out_in_words(ready)
    assert "Too few of 40 draws" in said and "first: hours (the rest leaves " in said
    for scenario in ready.prepared.scenarios.values():
        assert scenario.budget.hours_per_week == 25.0  # stays a fact, though it chooses no worlds
    marked = {row[0]: row[1:] for row in brief.like(ready).rows}
    assert marked["newcomers"] == ["1 *", "100 (100 to 110)"] and marked["weekly writers"] == ["21", "20 (20 to 20)"]


def test_an_outcome_is_laid_beside_weighted_draws(monkeypatch):
    monkeypatch.setattr(outcomes, "table", lambda: {"newcomers": np.array([1.0, 2.0, np.nan, 8.0])})
    (one,) = plan.beside({"newcomers": 5.0}, np.array([0.5, 0.4, 0.1, 0.0]), 3000)
    assert (one.told, one.low, one.median, one.high) == (5.0, 3.0, 3.0, 6.0)


def test_where_nothing_is_told_the_two_strategies_are_compared_in_all_worlds():
    ready = plan.ready(plan.write_today(Path(), {}), {})
    assert list(ready.prepared.scenarios) == ["broadcast", "facilitation"] and ready.prepared.known is None
    assert brief.like(ready) is None and load(str(plan.write_community(Path(), ready))).community.members == 1000


# The page


def long_brief(sentences):
    table = Table("Who is ahead", ["", "ahead in, of 100", "difference"], [["close ties", "B 91 (84–96)", "−0.72"]] * 5)
    texts = [("What it rests on", ["A sentence of some length that says what it rests on and no more."] * sentences)]
    return Brief("today or facilitation?", "3,000 members", ["Choose."], table, table, table, None, texts,
                 "2026-11-29 20:23:02 +0000")  # fmt: skip


def test_the_pdf_has_one_page_however_much_there_is_to_say():
    (short, size), (long, smaller) = pdf.of(long_brief(3)), pdf.of(long_brief(90))
    assert size == pdf.SIZES[0] > smaller and [
        len(re.findall(rb"/Type\s*/Page\b", made)) for made in (short, long)
    ] == [1, 1]
    assert pdf.of(long_brief(3))[0] == short


def test_commands_are_code_and_nothing_else_is_markup():
    assert brief.code("`hearth run <b>` & more") == "<code>hearth run &lt;b&gt;</code> &amp; more"
    told = replace(long_brief(1), title="<script>")
    brief.write(Path(), told)
    assert "<script>" not in Path(brief.PAGE).read_text(encoding="utf-8")
