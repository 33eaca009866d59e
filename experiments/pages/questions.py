"""`python -m experiments.pages.questions`: the page of questions and the gallery, from what lies under results/.

Writes experiments/QUESTIONS.md, each question with its command and what stored results answer, and results/README.md,
every stored figure. Runs nothing: where a result is renewed, this command comes after it. tests/test_questions.py holds
both pages to the results.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from experiments.pages import gallery
from experiments.pages.wording import markdown, percent
from experiments.runs import files

RESULTS = files.ROOT / "results"
PAGE = files.ROOT / "experiments" / "QUESTIONS.md"
OWN = files.ROOT / "experiments" / "questions"  # scenarios that a question needs
HEAD = """# Questions

<!-- Written by `python -m experiments.pages.questions`, never by hand. -->

What a strategist asks, the command that answers it for a community of your own, and what it says on the worlds that are
stored under [results/](../results/README.md). `hearth ask` puts most of these answers on one page, about your own
numbers. Every quotation is read from stored results; which model made them stands beside each. None is a forecast.
"""


class Question(NamedTuple):
    """A question: its command, what to know about it, and its answers: a folder, and what finds them there."""

    asked: str
    command: str
    about: str
    answers: tuple[tuple[str, Callable[[Path], list[str]]], ...]


def lines(file: str, pattern: str) -> Callable[[Path], list[str]]:
    """What finds the lines of a stored text in which a pattern occurs."""

    def find(folder: Path) -> list[str]:
        text = (folder / file).read_text(encoding="utf-8")
        return [line for line in text.splitlines() if re.search(pattern, line)]

    return find


def table(folder: Path) -> list[str]:
    """The table of a verdict: its lines from the title to the second that is empty."""
    title, rows, *_ = (folder / "verdict.txt").read_text(encoding="utf-8").split("\n\n")
    return [title, "", *rows.splitlines()]


def decided(name: str) -> Callable[[Path], list[str]]:
    """What finds sentences of a comparison for who decides: recommended, turns, first."""

    def find(folder: Path) -> list[str]:
        said = json.loads((folder / "decision.json").read_text(encoding="utf-8"))[name]
        return [said] if isinstance(said, str) else said

    return find


def held(folder: Path) -> list[str]:
    """How far drawn communities are like real ones, from the record of their fit."""
    found = json.loads((folder / "worlds.json").read_text(encoding="utf-8"))
    of = found["held"]["run"]["0.9"]
    inside = sum(bool(target["in"]) for target in found["targets"])
    return [
        f"Without each of {len(found['windows'])} real communities in turn, the 90 % interval of drawn ones held "
        f"{percent(of['overall'])} of {of['n']} facts about the one left out. Of {len(found['targets'])} levels, the "
        f"median of {found['looked']} drawn communities is within the band of real ones in {inside}."
    ]


QUESTIONS = (
    Question(
        "Is it worth it at all?",
        "hearth compare broadcast facilitation",
        "Each strategy is laid beside doing nothing: no team, no message, no cost. What comes back before wages, what "
        "it costs, and in how many worlds more is left than doing nothing leaves.",
        (("reference", lines("verdict.txt", "^Doing nothing|adds to doing nothing")),
         ("reference", decided("recommended"))),
    ),
    Question(
        "What does the second half-post add?",
        "hearth compare facilitation experiments/questions/one_post.toml --unequal",
        "The same strategy with twice the hours, which costs more: so it must be asked for with `--unequal`. For other "
        "hours write such a file, or give a comparison of strategies more of them with `--hours 60`.",
        (("second-post", table),
         ("second-post", lines("verdict.txt", "^Close ties:|adds to doing nothing|do nothing:"))),
    ),
    Question(
        "What must I believe for this to flip?",
        "hearth compare broadcast facilitation",
        "The report says it under *What could turn it*; `hearth study run sensitivity` moves one value at a time over "
        "its whole range, `hearth study regimes mine.toml broadcast` maps where your own scenario wins.",
        (("reference", decided("turns")), ("sensitivity", lines("summary.txt", "flips")),
         ("regimes", lines("summary.txt", "^Value to the company: (ahead|where)"))),
    ),
    Question(
        "Does the simulated forum look like mine?",
        "hearth ask",
        "The brief lays what you say beside the worlds that are asked. With a log, `hearth patterns forum.csv.gz` says "
        "in ten sentences what yours is like beside eleven others, and `hearth calibrate forum.csv --scenario "
        "mine.toml` fits the model to it and says what it misses. What the model does not show at all stands first in "
        "[the evidence](../results/evidence/README.md).",
        (("worlds", held),),
    ),
    Question(
        "What did it?",
        "hearth compare broadcast facilitation --why",
        "Hours of some activities are left idle in turn: what goes with them, they gave.",
        (("reference", lines("verdict.txt", " lead over .* in ")),),
    ),
    Question(
        "What should I find out first?",
        "hearth compare broadcast facilitation",
        "What knowing a value before choosing would gain; `--know KEY=VALUE` takes what you have found out. "
        "`tables/information.csv` has every value.",
        (("reference", decided("first")),),
    ),
    Question(
        "What should I do on Monday?",
        "hearth study mix mine.toml",
        "A search for the mix of hours that does best; `hearth ask` does a small one for your community. It is one "
        "world on some seeds, so compare what it finds with what you do before you change it.",
        (("mix-community", lines("summary.txt", "^Mix |^The best mix")),),
    ),
)  # fmt: skip


def made_by(folder: Path) -> str:
    """The model that made a folder of results, and whether the reference is of another."""
    model, now = (gallery.about(one).get("model", "unknown") for one in (folder, folder.parent / "reference"))
    other = "" if model == now else ", another than that of results/reference"
    return f"[results/{folder.name}](../results/{folder.name}), model {model}{other}"


def quoted(said: list[str]) -> str:
    """Sentences as a quotation, a text with a table in it as it stands."""
    if any("  " in line for line in said):
        return "\n".join(["```text", *said, "```"])
    return "\n>\n".join(f"> {markdown(line)}" for line in said)


def page(results: Path = RESULTS) -> str:
    """The page of questions, in Markdown."""
    parts = [HEAD, *(f"- [{one.asked}](#{anchor(one.asked)})" for one in QUESTIONS), ""]
    for one in QUESTIONS:
        parts += [f"## {one.asked}", "", "```", one.command, "```", "", one.about, ""]
        for name in re.findall(r"experiments/questions/(\w+\.toml)", one.command):
            parts += ["```toml", (OWN / name).read_text(encoding="utf-8").rstrip(), "```", ""]
        for name, answers in itertools.groupby(one.answers, key=lambda answer: answer[0]):
            for _, find in answers:
                parts += [quoted(find(results / name) or ["Nothing of the sort is told."]), ""]
            parts += [made_by(results / name), ""]
    return "\n".join(parts).rstrip() + "\n"


def anchor(heading: str) -> str:
    """The name under which a page links to a heading of its own.

    >>> anchor("What did it?")
    'what-did-it'
    """
    return re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")


if __name__ == "__main__":
    files.write_text(PAGE, page())
    files.write_text(gallery.PAGE, gallery.page())
    print(f"Written: {PAGE.relative_to(files.ROOT)}, {gallery.PAGE.relative_to(files.ROOT)}")
