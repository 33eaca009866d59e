"""`hearth effects`: what staff, announcements and events do in a community, estimated on its log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.options import Json, Quiet, option
from experiments.cli.options import out as out_option
from experiments.runs.given import stopping

LOGS = "Logs (CSV: time, source, target, kind, thread), or folders of logs; each with NAME_members beside it."
MEMBERS = option("--members", "FILE", "Who is staff, of one log (CSV: member, staff; moderator, since).")
THREADS = option("--threads", "FILE", "Its threads, if known (CSV: thread, opened, opener, kind, category).")
OUT = "A new folder for a page of figures, CSV and JSON."


def effects(
    logs: Annotated[list[Path], typer.Argument(metavar="LOG...", help=LOGS)],
    members: Annotated[Path | None, MEMBERS] = None,
    threads: Annotated[Path | None, THREADS] = None,
    out: Annotated[Path | None, out_option(OUT)] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Estimate what replies, announcements, events and staff effort do, on logs with roles, real or simulated."""
    from experiments.effects import page

    with stopping():
        page.show(logs, members, threads, out, as_json, quiet)
