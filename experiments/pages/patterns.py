"""`hearth patterns`: the facts of a log as a table, as JSON and as a page of figures."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from experiments.pages import terminal
from experiments.pages.wording import number
from experiments.runs import files
from experiments.runs.given import BadInput

if TYPE_CHECKING:
    from sim.logs.patterns import Fact, Patterns

FIRST, SECOND = "Members (accounts without staff)", "All accounts"


def show_log(path: Path, kind: str | None, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Read a log, compute its facts, and show or write them.

    Raises
    ------
    BadInput : if the log cannot be used, or the folder is taken
    """
    if out is not None:
        files.refuse_used(out)
    with terminal.Bar(quiet or as_json) as bar:
        bar.say(f"Reading {terminal.quoted(path)}")
        found = facts_of(path, kind)
    if out is not None:
        write(found, out)
    if as_json:
        typer.echo(json.dumps(as_dict(found), ensure_ascii=False))
        return
    show(found)
    if out is not None:
        terminal.OUT.print(f"\nPage: {terminal.quoted(out)}/patterns.html", soft_wrap=True)


def facts_of(path: Path, kind: str | None) -> Patterns:
    """The facts of a file."""
    from sim.logs.log import LogError
    from sim.logs.patterns import patterns
    from sim.logs.readers import read

    try:
        return patterns(read(path, kind))
    except LogError as error:
        raise BadInput(str(error)) from None


def as_dict(found: Patterns) -> dict[str, Any]:
    """Everything as plain data; null where a log says nothing."""
    facts = [fact._asdict() for fact in found.facts.values()]
    curves = {
        name: {key: getattr(curve, key) for key in ("x", "y", "n", "low", "high") if getattr(curve, key) is not None}
        for name, curve in found.curves.items()
    }
    return files.plain({**counts(found), "facts": facts, "curves": curves})


def counts(found: Patterns) -> dict[str, Any]:
    """What the log holds."""
    said = {"log": found.name, "events": found.events, "days": found.days}
    numbers = {"accounts": found.accounts, "wrote": found.wrote, "staff": found.staff}
    return {**said, **numbers, "notes": list(found.notes)}


def halves(found: Patterns) -> dict[str, list[Fact]]:
    """The facts that could be told: of members by pattern, and of all accounts."""
    told = [fact for fact in found.facts.values() if math.isfinite(fact.value)]
    return {
        FIRST: sorted((fact for fact in told if fact.pattern), key=lambda fact: int(fact.pattern[1:])),
        SECOND: [fact for fact in told if not fact.pattern],
    }


def interval(fact: Fact) -> str:
    """The interval of a fact in words; empty where it has none."""
    return f"{number(fact.low)} to {number(fact.high)}" if math.isfinite(fact.low) else ""


def unknown(found: Patterns) -> list[str]:
    """Names of facts that the log has too little for."""
    return [fact.name for fact in found.facts.values() if not math.isfinite(fact.value)]


def summary(found: Patterns) -> str:
    """What the log holds, and what had to be left out."""
    holds = (
        f"{found.name}: {found.events:,} events in {found.days:,.0f} days by {found.wrote:,} of {found.accounts:,} "
        f"accounts, {found.staff:,} of them staff"
    )
    return "; ".join([holds, *found.notes])


def show(found: Patterns) -> None:
    """Print the facts."""
    terminal.OUT.print(terminal.quoted(summary(found)), soft_wrap=True)
    for title, rows in halves(found).items():
        if not rows:
            continue
        columns = [*(["pattern"] if title == FIRST else []), "what", "value", "95 % interval", "n"]
        cells = [
            (*([fact.pattern] if title == FIRST else []), f"{fact.unit}: {fact.about}", number(fact.value),
             interval(fact), f"{fact.n:,}")
            for fact in rows
        ]  # fmt: skip
        terminal.show_rows(columns, cells, f"\n{title}", ("value", "95 % interval", "n"), bold=False)
    if names := unknown(found):
        terminal.OUT.print(f"\nToo little in the log for: {', '.join(names)}", soft_wrap=True)


def write(found: Patterns, out: Path) -> None:
    """Write patterns.html, facts.csv, facts.json and the figures into a new folder, aside first."""
    import pandas as pd

    from experiments.pages import page
    from experiments.pages.patterns_figures import figures

    pictures = [page.Picture.of(name, alt, figure) for name, (figure, alt) in figures(found).items()]
    html = page.render(
        "patterns", {"interval": interval}, found=found, pictures=pictures, halves=halves(found),
        unknown=unknown(found), summary=summary(found), first=FIRST,
    )  # fmt: skip
    with files.gathered(out) as partial:
        files.write_json(partial / "facts.json", as_dict(found))
        files.write_csv(partial / "facts.csv", pd.DataFrame([fact._asdict() for fact in found.facts.values()]))
        page.write(partial, "patterns.html", html, pictures, {})
