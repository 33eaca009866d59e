"""`hearth studio` and `hearth replay`: the page for teaching and trying, and what was saved in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli.options import Json, flag, option
from experiments.runs.given import Whole

Port = Annotated[Any, option("--port", "N", "Port; 0 takes a free one.", Whole(0, 65_535, "port"))]
Host = Annotated[str, option("--host", "ADDRESS", "Address to listen on; another than loopback opens it.")]


def studio(
    port: Port = 8765,
    no_browser: Annotated[bool, flag("--no-browser", "Open no browser.")] = False,
    host: Host = "127.0.0.1",
) -> None:
    """Open two communities side by side in the browser, live."""
    from studio import server

    server.serve(port, host, not no_browser, lambda text: typer.echo(text, err=True))


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file saved in the studio.")],
    as_json: Json = False,
) -> None:
    """Repeat a run of the studio, every move on its day, and print the last day's numbers."""
    from studio import replaying

    replaying.replay(file, as_json)
