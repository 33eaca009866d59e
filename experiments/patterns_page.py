"""`hearth patterns`: the facts of a log as a table, as JSON and as a page of figures."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from experiments import screen, store
from experiments.prepare import BadInput
from experiments.wording import number

if TYPE_CHECKING:
    from sim.logs.patterns import Fact, Patterns

TEMPLATE = "patterns.html.j2"
FIRST, SECOND = "Members (accounts without staff)", "All accounts"


def tell(path: Path, kind: str | None, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Read a log, compute its facts, and show or write them.

    Raises
    ------
    BadInput : if the log cannot be used, or the folder is taken
    """
    try:
        if out is not None:
            store.refuse_used(out)
        with screen.Teller(quiet or as_json) as teller:
            teller.say(f"Reading {_quoted(path)}")
            found = facts_of(path, kind)
    except store.StoreError as error:
        raise BadInput(str(error)) from None
    if out is not None:
        write(found, out)
    if as_json:
        typer.echo(json.dumps(as_dict(found), ensure_ascii=False))
        return
    show(found)
    if out is not None:
        screen.OUT.print(f"\nPage: {_quoted(out)}/patterns.html", soft_wrap=True)


def _quoted(name: object) -> str:
    """A name that somebody else gave, so that a terminal shows it and obeys nothing in it."""
    from rich.markup import escape

    from sim.logs.log import printable

    return escape(printable(str(name)))


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
    rows = [{key: _plain(value) for key, value in fact._asdict().items()} for fact in found.facts.values()]
    courses = {
        name: {key: [_plain(v) for v in values.tolist()] for key, values in _columns(curve).items()}
        for name, curve in found.curves.items()
    }
    return {**counts(found), "facts": rows, "curves": courses}


def counts(found: Patterns) -> dict[str, Any]:
    """What the log holds."""
    said = {"log": found.name, "events": found.events, "days": found.days}
    numbers = {"accounts": found.accounts, "wrote": found.wrote, "staff": found.staff}
    return {**said, **numbers, "notes": list(found.notes)}


def _columns(curve: Any) -> dict[str, Any]:
    return {key: getattr(curve, key) for key in ("x", "y", "n", "low", "high") if getattr(curve, key) is not None}


def _plain(value: Any) -> Any:
    """A value that JSON knows."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
    from rich.table import Table

    screen.OUT.print(_quoted(summary(found)), soft_wrap=True)
    for title, rows in halves(found).items():
        if not rows:
            continue
        table = Table(title=f"\n{title}", title_justify="left", box=None, pad_edge=False)
        patterned = title == FIRST
        if patterned:
            table.add_column("", no_wrap=True)
        table.add_column("what")
        for name in ("value", "95 % interval", "n"):
            table.add_column(name, justify="right", no_wrap=True)
        for fact in rows:
            cells = [f"{fact.unit}: {fact.about}", number(fact.value), interval(fact), f"{fact.n:,}"]
            table.add_row(*([fact.pattern, *cells] if patterned else cells))
        screen.OUT.print(table)
    if names := unknown(found):
        screen.OUT.print(f"\nToo little in the log for: {', '.join(names)}", soft_wrap=True)


def write(found: Patterns, out: Path) -> None:
    """Write patterns.html, facts.csv, facts.json and the figures into a new folder, aside first."""
    import pandas as pd

    from experiments.figures import png
    from experiments.patterns_figures import figures
    from experiments.report import Picture

    made = [Picture(name, alt, png(figure)) for name, (figure, alt) in figures(found).items()]
    partial = store.begin(out)
    for picture in made:
        store.write_bytes(partial / "figures" / f"{picture.name}.png", picture.data)
    store.write_json(partial / "facts.json", as_dict(found))
    table = pd.DataFrame([fact._asdict() for fact in found.facts.values()])
    store.write_text(partial / "facts.csv", table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    store.write_text(partial / "patterns.html", page(found, made))
    if out.is_dir():
        out.rmdir()  # known to be empty
    store.finish(partial, out, named=True)


def page(found: Patterns, pictures: list[Any]) -> str:
    """The page as one HTML file."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    world = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    world.filters |= {"number": number, "interval": interval}
    return world.get_template(TEMPLATE).render(
        found=found,
        pictures=pictures,
        halves=halves(found),
        unknown=unknown(found),
        summary=summary(found),
        first=FIRST,
    )
