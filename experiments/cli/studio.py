"""`hearth studio` and `hearth replay`: the page for teaching and trying, and what was saved in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli.options import Json, flag, option
from experiments.runs.given import Whole

Port = Annotated[Any, option("--port", "N", "Port; 0 takes a free one.", Whole(0, 65_535, "port"))]
Host = Annotated[str, option("--host", "ADDRESS", "Address to listen on; another than loopback opens it.")]
Tabs = Annotated[Any, option("--tabs", "N", "Tabs served at a time.", Whole(1, 200, "tabs"))]
Learners = Annotated[Any, option("--learners", "N", "Learners in a class.", Whole(1, 200, "learners"))]
Export = Annotated[Path, option("--export", "FILE", "Write a page that needs no network, and serve nothing.")]
Keep = Annotated[Path, option("--keep", "FOLDER", "Where a class is kept [~/.local/state/hearthside].")]


def studio(
    port: Port = 8765,
    no_browser: Annotated[bool, flag("--no-browser", "Open no browser.")] = False,
    host: Host = "127.0.0.1",
    tabs: Tabs = 12,
    learners: Learners = 40,
    keep: Keep | None = None,
    export: Export | None = None,
) -> None:
    """Open two communities side by side in the browser, live; with --host also to a class."""
    if export:
        from studio import keeping

        keeping.write(export, lambda text: typer.echo(text, err=True))
        return
    from studio import server

    limits = server.Limits(tabs, learners)
    server.serve(port, host, not no_browser, lambda text: typer.echo(text, err=True), limits, keep or None)


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file saved in the studio.")],
    as_json: Json = False,
) -> None:
    """Repeat a run of the studio, every move on its day, and print the last day's numbers."""
    from studio import replaying

    replaying.replay(file, as_json)
