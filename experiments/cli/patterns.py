"""`hearth patterns`: the facts of a log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.options import Json, Kind, Quiet
from experiments.cli.options import out as out_option

LOG = "A log: generic CSV, or an export of Discourse, Slack, Discord, Stack Exchange, mbox."


def patterns(
    log: Annotated[Path, typer.Argument(metavar="LOG", help=LOG)],
    kind: Kind = None,
    out: Annotated[Path | None, out_option("A new folder for a page of figures, CSV and JSON.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compute the facts of a log, real or simulated, with intervals."""
    from experiments.pages import patterns

    patterns.show_log(log, kind, out, as_json, quiet)
