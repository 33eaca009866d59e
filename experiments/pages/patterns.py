"""`hearth patterns`: the facts of a log as a table, as JSON and as a page of figures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.pages import answers, terminal
from experiments.pages.sentences import sentences, values_of
from experiments.pages.wording import number
from experiments.runs import files

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
        bar.say(f"Reading {path}")
        patterns = facts_of(path, kind)
    if out is not None:
        write(patterns, out)
    if as_json:
        answers.show("patterns", as_dict(patterns))
        return
    show(patterns)
    if out is not None:
        terminal.OUT.print(f"\nPage: {out}/patterns.html", soft_wrap=True)


def facts_of(path: Path, kind: str | None) -> Patterns:
    """The facts of a file."""
    from sim.logs.patterns import patterns
    from sim.logs.readers import read

    return patterns(read(path, kind))


def as_dict(patterns: Patterns) -> dict[str, Any]:
    """All results as plain data; null where the log has too little data."""
    facts = [fact._asdict() for fact in patterns.facts.values()]
    curves = {
        name: {key: getattr(curve, key) for key in ("x", "y", "n", "low", "high") if getattr(curve, key) is not None}
        for name, curve in patterns.curves.items()
    }
    told = {"sentences": sentences(values_of(patterns))}
    return files.plain({**counts(patterns), **told, "facts": facts, "curves": curves})


def counts(patterns: Patterns) -> dict[str, Any]:
    """What the log holds."""
    span = {"log": patterns.name, "events": patterns.events, "days": patterns.days}
    numbers = {"accounts": patterns.accounts, "wrote": patterns.wrote, "staff": patterns.staff}
    return {**span, **numbers, "notes": list(patterns.notes)}


def halves(patterns: Patterns) -> dict[str, list[Fact]]:
    """The facts with a finite value: of members by pattern, and of all accounts."""
    known = [fact for fact in patterns.facts.values() if math.isfinite(fact.value)]
    return {
        FIRST: sorted((fact for fact in known if fact.pattern), key=lambda fact: int(fact.pattern[1:])),
        SECOND: [fact for fact in known if not fact.pattern],
    }


def interval(fact: Fact) -> str:
    """The interval of a fact in words; empty where it has none."""
    return f"{number(fact.low)} to {number(fact.high)}" if math.isfinite(fact.low) else ""


def unknown(patterns: Patterns) -> list[str]:
    """Names of facts that the log has too little for."""
    return [fact.name for fact in patterns.facts.values() if not math.isfinite(fact.value)]


def summary(patterns: Patterns) -> str:
    """What the log holds, and what had to be left out."""
    holds = (
        f"{patterns.name}: {patterns.events:,} events in {patterns.days:,.0f} days by {patterns.wrote:,} of "
        f"{patterns.accounts:,} accounts, {patterns.staff:,} of them staff"
    )
    return "; ".join([holds, *patterns.notes])


def show(patterns: Patterns) -> None:
    """Print what the log shows in sentences, then all facts as tables."""
    terminal.OUT.print(summary(patterns), soft_wrap=True)
    for number_of, sentence in enumerate(sentences(values_of(patterns)), 1):
        terminal.OUT.print(f"\n{number_of}. {sentence}")
    for title, rows in halves(patterns).items():
        if not rows:
            continue
        columns = [*(["pattern"] if title == FIRST else []), "what", "value", "95 % interval", "n"]
        cells = [
            (*([fact.pattern] if title == FIRST else []), f"{fact.unit}: {fact.about}", number(fact.value),
             interval(fact), f"{fact.n:,}")
            for fact in rows
        ]  # fmt: skip
        terminal.show_rows(columns, cells, f"\n{title}", ("value", "95 % interval", "n"), bold=False)
    if names := unknown(patterns):
        terminal.OUT.print(f"\nToo little in the log for: {', '.join(names)}", soft_wrap=True)


def write(patterns: Patterns, out: Path) -> None:
    """Write patterns.html, facts.csv, facts.json and the figures into a new folder, aside first."""
    import pandas as pd

    from experiments.pages import page
    from experiments.pages.patterns_figures import figures

    pictures = [page.Picture.of(name, alt, figure) for name, (figure, alt) in figures(patterns).items()]
    html = page.render(
        "patterns", {"interval": interval}, found=patterns, pictures=pictures, halves=halves(patterns),
        unknown=unknown(patterns), summary=summary(patterns), first=FIRST,
        sentences=sentences(values_of(patterns)),
    )  # fmt: skip
    with files.gathered(out) as partial:
        files.write_json(partial / "facts.json", as_dict(patterns))
        files.write_csv(partial / "facts.csv", pd.DataFrame([fact._asdict() for fact in patterns.facts.values()]))
        page.write(partial, "patterns.html", html, pictures, {})
