"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.runs.given import MOST_SEED, OfBaseline, Whole, date

SCENARIO = typer.Argument(metavar="SCENARIO", help="A shipped scenario's name (see `hearth list`) or a TOML file.")
Scenario = Annotated[str, SCENARIO]
Scenarios = Annotated[list[str], SCENARIO]
Days = Annotated[
    Any, typer.Option("--days", metavar="DAYS", parser=OfBaseline("community", "days"), help="Length of a run.")
]
Members = Annotated[
    Any, typer.Option("--members", metavar="N", parser=OfBaseline("community", "members"), help="Founding members.")
]
Seed = Annotated[
    Any, typer.Option("--seed", metavar="N", parser=Whole(0, MOST_SEED, "seed"), help="Root of all seeds.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value in every scenario; may be given again."),
]
Log = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Found the community from a real log (CSV: time, source, target, kind)"),
]
At = Annotated[Any, typer.Option("--at", metavar="DATE", parser=date, help="The day in the log on which to found it.")]
Workers = Annotated[
    Any,
    typer.Option("--workers", metavar="N", parser=Whole(1, 512, "threads"), help="Runs at once; as many as cores."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
