"""`hearth studio` and `hearth replay`: the page for teaching and trying, and what was saved in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli.options import Json
from experiments.runs.given import Whole


def studio(
    port: Annotated[
        Any, typer.Option("--port", metavar="N", parser=Whole(0, 65_535, "port"), help="Port; 0 takes a free one.")
    ] = 8765,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on; another than loopback opens it.")
    ] = "127.0.0.1",
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
