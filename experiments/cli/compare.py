"""`hearth compare`: strategies on the same seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli.options import At, Days, Json, Log, Members, Quiet, Scenarios, Seed, Settings, Workers
from experiments.runs.given import MOST_REPLICATES, BadInput, Whole, cores, fraction

Replicates = Annotated[
    Any,
    typer.Option(
        "--replicates",
        metavar="N",
        parser=Whole(2, MOST_REPLICATES, "seeds; an interval needs two"),
        help="Seeds, the same for each scenario.",
    ),
]
Precise = Annotated[
    Any,
    typer.Option(
        "--precision",
        metavar="SHARE",
        parser=fraction,
        help="Add seeds until the half-width of the differences in intimacy and both values is within this share "
        "of the first scenario's mean: 0.05 or 5%. Stops at 200 seeds.",
    ),
]
Posterior = Annotated[
    Path | None,
    typer.Option("--posterior", metavar="DIR", help="Folder of `hearth calibrate`: each seed lives under a draw."),
]


def compare(
    scenarios: Scenarios,
    days: Days = None,
    members: Members = None,
    seed: Seed = 1,
    replicates: Replicates = 20,
    precision: Precise = None,
    settings: Settings = None,
    log: Log = None,
    at: At = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="A new folder; else results/A-vs-B, numbered.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    workers: Workers = None,
    unequal: Annotated[bool, typer.Option("--unequal", help="Allow strategies of unequal hours or money.")] = False,
    posterior: Posterior = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="FOLDER", help="Go on with a comparison that was stopped.")
    ] = None,
) -> None:
    """Compare strategies on the same seeds; print a verdict, write a report.

    Each further scenario is compared with the first.
    """
    from experiments.compare import run, words
    from experiments.pages import terminal
    from experiments.runs import prepare
    from experiments.runs.pool import Pool

    changes = prepare.Changes(days, members, tuple(settings or ()), log, at, posterior)
    prepared = prepare.prepare(scenarios, changes, _draws(posterior))
    prepare.refuse_incomparable(prepared.scenarios, unequal)
    asked = run.Asked(seed, replicates, precision, out, resume, unequal)
    with terminal.Bar(quiet or as_json) as bar:
        folder, verdict = run.compare(prepared, asked, Pool(workers or cores()), bar)
    if as_json:
        typer.echo(json.dumps({"folder": str(folder), **verdict.as_dict()}, ensure_ascii=False))
    else:
        terminal.show_verdict(words.text(verdict), folder)


def _draws(posterior: Path | None) -> tuple[dict[str, float], ...]:
    """The draws of the posterior that was asked for."""
    if posterior is None:
        return ()
    from experiments.calibration.draws import read
    from experiments.calibration.window import CalibrationError

    try:
        return tuple(read(posterior))
    except CalibrationError as error:
        raise BadInput(str(error)) from None
