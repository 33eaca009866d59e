"""What `--json` prints: one object in one line, which names the form that it has and the form's version.

The forms stand in `experiments.pages.forms`, and for people in experiments/JSON.md.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

# The version of a form goes up when a field changes its meaning or goes away; a field more is no new version.
VERSIONS = dict.fromkeys(
    ("compare --one-world", "run", "patterns", "effects", "calibrate", "list", "describe", "check", "replay",
     "study run", "study check", "study list", "study show", "study sql"), 1,
) | {"compare": 2}  # fmt: skip


def show(command: str, data: dict[str, Any]) -> None:
    """Print the answer of a command as JSON; what is not finite is null.

    Where the stream is not of Unicode, signs beyond ASCII are escaped, so that none is lost.
    """
    from experiments.runs.files import plain

    schema = {"name": f"hearth {command}", "version": VERSIONS[command]}
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    typer.echo(json.dumps(plain({"schema": schema, **data}), ensure_ascii=not unicode, allow_nan=False))
