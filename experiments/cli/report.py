"""`hearth report`: the report of a stored comparison."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.options import flag
from experiments.cli.options import out as out_option
from experiments.runs.given import BadInput


def report(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a stored comparison.")],
    out: Annotated[Path | None, out_option("A new folder, instead of the same one.")] = None,
    replace: Annotated[bool, flag("--replace", "Replace the report that is there.")] = False,
) -> None:
    """Make the report again from stored runs, running nothing."""
    from experiments.pages import terminal
    from experiments.runs import files, store

    store.read_manifest(folder)
    if out is not None:
        files.refuse_used(out)
    elif (folder / "report.html").exists() and not replace:
        raise BadInput(f"report: `{folder}` has a report; give --out for a new folder, or --replace")
    from experiments.comparison import run

    with contextlib.nullcontext(folder) if out is None else files.gathered(out) as where:
        verdict = run.report(folder, where)
    terminal.show_verdict(run.text(verdict), out or folder)
