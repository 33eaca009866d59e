"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.runs.given import MOST_SEED, OfBaseline, Whole, date
from sim.given import printable


def option(name: str, what: str, help: str, parser: Callable[[str], Any] | None = None) -> Any:
    """An option of a command: its name, what stands for its value in the help, and what reads that value."""
    return typer.Option(name, metavar=what, help=help, parser=parser)


def echo(text: str, err: bool = False) -> None:
    """Print lines in which somebody else's names may stand: without control characters, which a terminal obeys."""
    typer.echo("\n".join(printable(line) for line in text.split("\n")), err=err)


def flag(name: str, help: str) -> Any:
    """An option without a value."""
    return typer.Option(name, help=help)


SCENARIO = typer.Argument(metavar="SCENARIO", help="A shipped scenario's name (see `hearth list`) or a TOML file.")
Scenario = Annotated[str, SCENARIO]
Scenarios = Annotated[list[str], SCENARIO]
Days = Annotated[Any, option("--days", "DAYS", "Length of a run.", OfBaseline("community", "days"))]
Members = Annotated[Any, option("--members", "N", "Founding members.", OfBaseline("community", "members"))]
Seed = Annotated[Any, option("--seed", "N", "Root of all seeds.", Whole(0, MOST_SEED, "seed"))]
SET = option("--set", "KEY=VALUE", "Change a value in every scenario; may be given again.")
Settings = Annotated[list[str] | None, SET]
LOG = option("--log", "FILE", "Found the community from a real log (CSV: time, source, target, kind)")
Log = Annotated[Path | None, LOG]
At = Annotated[Any, option("--at", "DATE", "The day in the log on which to found it.", date)]
Workers = Annotated[Any, option("--workers", "N", "Runs at once; as many as cores.", Whole(1, 512, "threads"))]
Json = Annotated[bool, flag("--json", "Print JSON and nothing else.")]
Quiet = Annotated[bool, flag("--quiet", "Show no progress.")]
