"""The brief: one page for who decides, as HTML that prints on one page and as a PDF, from what was run."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from experiments.ask import plan
from experiments.ask.questions import SHARES, Answers, questions
from experiments.comparison.across import words
from experiments.comparison.across.report import DECISION
from experiments.comparison.across.verdict import YEAR, Across
from experiments.pages import page
from experiments.pages.wording import count, in_currency, listed, number, percent, plain_number
from experiments.runs import files, store

if TYPE_CHECKING:
    from experiments.study.mix import Best

PAGE, PDF = "brief.html", "brief.pdf"
FILES = (PAGE, PDF)
MOST_TURNS = 3
LEAST_SHARE = 0.02  # of the hours; smaller shares of a mix are not named
UNITS = {
    "intimate_share": "members of 100 with a close tie",
    "value_company": "currency a member and year to the company",
}


@dataclass(frozen=True)
class Table:
    """A table: a title, its head, rows of text, and a note below."""

    title: str
    head: list[str]
    rows: list[list[str]]
    note: str = ""


@dataclass(frozen=True)
class Brief:
    """What stands on the page, in its order.

    box : what to do; ahead, worth : tables over the whole width; like : the table beside the picture, None where
    nothing of the sort was told; picture : PNG and its words, None if there is none; texts : title and sentences;
    started : when the comparison was begun
    """

    title: str
    under: str
    box: list[str]
    ahead: Table
    worth: Table
    like: Table | None
    picture: tuple[bytes, str] | None
    texts: list[tuple[str, list[str]]]
    started: str


def of(folder: Path, where: Path, answers: Answers, ready: plan.Ready, verdict: Across, found: Best | None) -> Brief:
    """The brief of a comparison.

    Parameters
    ----------
    folder : of the answers; where : of the comparison
    found : a search for a better mix, if there was one
    """
    decided = json.loads((where / DECISION).read_text(encoding="utf-8"))
    manifest, basis = store.read_manifest(where), verdict.basis
    cost = next(iter(basis.costs.values()))
    members = next(iter(ready.prepared.scenarios.values())).community.members
    called = "" if basis.currency == "currency" else f" {basis.currency}"
    hours = f"{number(cost['hours_per_week'])} hours a week at {number(cost['wage'])}{called} an hour"
    spent = f"{number(cost['money_per_week'])}{called} a week for content and gatherings"
    return Brief(
        title=f"{listed(verdict.labels, last='or')}?",
        under=f"{members:,} members; {hours} and {spent}. {count(basis.worlds, 'world')} that might be, in each "
        f"the same people with the same luck under each strategy, for {count(basis.days, 'day')}.",
        box=decided["recommended"],
        ahead=ahead(verdict),
        worth=worth(verdict),
        like=like(ready),
        picture=picture(where, verdict),
        texts=[
            ("What must be so for this to turn", turns(decided["turns"])),
            ("What to find out first", [decided["first"]]),
            ("A better mix of hours", mixes(folder, ready, verdict, found)),
            ("What it rests on", rests_on(folder, where, answers, ready, verdict)),
        ],
        started=str(manifest["started"]),
    )


def turns(said: list[str]) -> list[str]:
    """What could turn the verdict, as much as a page has room for."""
    more = len(said) - MOST_TURNS
    return [*said[:MOST_TURNS], *([f"{count(more, 'sentence')} more in the report."] if more > 0 else [])]


def ahead(verdict: Across) -> Table:
    """Who is ahead in what: a line a question, two columns a pair."""
    names, worlds = dict(zip(verdict.labels, verdict.labels, strict=True)), verdict.basis.worlds
    head, columns = [""], []
    for pair in verdict.pairs:
        head += [f"{pair.second} or {pair.first}: ahead in, of {worlds:,}", f"{pair.second} minus {pair.first}"]
        columns.append([(words.who(row, names, worlds), words.spread(row.difference)) for row in pair.rows])
    rows = [[row.name, *(cell for column in columns for cell in column[k])]
            for k, row in enumerate(verdict.pairs[0].rows)]  # fmt: skip
    return Table("Who is ahead", head, rows, words.units(verdict))


def worth(verdict: Across) -> Table:
    """What each strategy adds to doing nothing, and what is left of it."""
    head = ["", "close ties", "value to members", "to the company", "cost", "left to the company", "pays for itself in"]
    rows = []
    for item in verdict.added:
        money, by = item.money, {row.measure: words.spread(row.difference) for row in item.rows}
        rows.append([item.label, by.get("intimate_share", "unknown"), by.get("value_members", "unknown"),
                     words.spread(money.gross), plain_number(money.wages + money.money), words.spread(money.net),
                     f"{money.pays:,} of {count(money.n, 'world')}"])  # fmt: skip
    note = f"Value, cost and what is left: {verdict.basis.currency} a member and year. {words.alone(verdict)}"
    return Table("Is it worth it at all? Against doing nothing", head, rows, note)


def like(ready: plan.Ready) -> Table | None:
    """The answers beside the worlds that are asked; None where no answer chose any."""
    if not ready.beside:
        return None
    left = {one.name for one in ready.left_out}
    rows = []
    for one in ready.beside:
        show = questions()[one.name].shown
        told = f"{show(one.told)}{' *' if one.name in left else ''}" if one.told is not None else "–"
        low, median, high = (show(x) if one.name in SHARES else f"{float(f'{x:.2g}'):,g}"
                             for x in (one.low, one.median, one.high))  # fmt: skip
        rows.append([one.name.replace("_", " "), told, f"{median} ({low} to {high})"])
    note = "In brackets: 80 % of the draws like yours, for so many members, in their first half-year."
    return Table("Does it look like ours?", ["", "you say", "the worlds"], rows,
                 f"{note} * chose no worlds." if left else note)  # fmt: skip


def picture(where: Path, verdict: Across) -> tuple[bytes, str] | None:
    """The map of worlds of the last pair, as the report has drawn it."""
    pair = verdict.pairs[-1]
    path = where / "figures" / f"worlds-{files.slug(pair.first)}-{files.slug(pair.second)}.png"
    alt = f"Each world a dot: {pair.second} minus {pair.first}, value to the company and close ties."
    return (path.read_bytes(), alt) if path.is_file() else None


def mixes(folder: Path, ready: plan.Ready, verdict: Across, found: Best | None) -> list[str]:
    """The best mixes found for each goal, or how to find them."""
    own = "today's mix" if (folder / plan.TODAY).exists() else f"the mix of `{plan.USUAL}`"
    if found is None:
        return [f"Not searched. `hearth study mix {folder / plan.COMMUNITY}` looks for one that beats {own}."]
    members = next(iter(ready.prepared.scenarios.values())).community.members
    scales = {"intimate_share": 100.0, "value_company": YEAR / verdict.basis.days / members}
    best: dict[str, tuple[str, list[str]]] = {}
    for goal, scale in scales.items():
        table = found.table[found.table[f"{goal}_lead_low"] > 0]
        if table.empty:
            continue
        row = table.loc[table[goal].idxmax()]
        lead, low, high = (plain_number(scale * row[f"{goal}_lead{end}"], sign=True) for end in ("", "_low", "_high"))
        shares = {
            str(key).removeprefix("strategy.hours."): float(row[key]) for key in row.index if "hours." in str(key)
        }
        hours = [f"{name} {percent(x)}" for name, x in sorted(shares.items(), key=lambda one: -one[1])
                 if x >= LEAST_SHARE]  # fmt: skip
        unit = in_currency(UNITS[goal], verdict.basis.currency)
        best.setdefault(listed(hours), ("", []))[1].append(f"{lead} {unit} (95 % interval {low} to {high})")
    if not best:
        return [f"None of {len(found.goals)} mixes is shown to beat {own}."]
    said = [f"{hours}: {listed(leads)}." for hours, (_, leads) in best.items()]
    return [
        f"Against {own}, in the one world of {plan.COMMUNITY}, on seeds that no search has seen: {said[0]}",
        *said[1:],
    ]


def rests_on(folder: Path, where: Path, answers: Answers, ready: plan.Ready, verdict: Across) -> list[str]:
    """What a reader must know before the numbers are used, and where the rest lies."""
    left = plan.left_out_in_words(ready)
    known = verdict.known
    draws = (
        f"Your answers leave {known.left:.0f} equally likely draws of {known.draws:,}." if known and known.left else ""
    )
    founded = f"hearth compare {' '.join(plan.STRATEGIES)} --log {answers.get('log')}"
    log = f"The log itself founds the community in `{founded}`." if answers.get("log") else ""
    said = [draws, left, *(f"{note.partition(';')[0]}." for note in (known.notes if known else [])),
            *words.cautions(verdict), words.rests_on(verdict), words.READ_AS, log]  # fmt: skip
    more = f"Everything: {where / 'report.html'}. The scenario: `hearth run {folder / plan.COMMUNITY}`."
    return [*filter(None, said), more]


def write(folder: Path, brief: Brief) -> None:
    """Write the brief as a PDF and, last, as HTML."""
    from experiments.ask import pdf

    data, size = pdf.of(brief)
    files.write_bytes(folder / PDF, data)
    image = base64.b64encode(brief.picture[0]).decode() if brief.picture else ""
    files.write_text(folder / PAGE, page.render("brief", {"code": code}, brief=brief, image=image, size=size))


def code(text: str) -> Markup:
    """A sentence in HTML, with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))


def as_text(brief: Brief) -> str:
    """What is printed where the command ends."""
    lines: list[Any] = [brief.title, "", *brief.box]
    for title, said in brief.texts[:3]:
        lines += ["", f"{title}: {' '.join(said)}"]
    return "\n".join(lines)
