"""A run of the studio again, from its file and without a page: the same people, luck and moves, the same numbers."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from pydantic import TypeAdapter, ValidationError

from experiments.runs.given import BadInput
from sim.measures import catalogue
from sim.scenario import ScenarioError
from studio.session import FORMAT, SHOWN, Session
from studio.setup import NAMES, Setup

LARGEST_FILE = 5_000_000  # bytes


def replay(file: Path, as_json: bool) -> None:
    """Print the last day's measures of both sides, and say whether they are those of the file.

    Raises
    ------
    BadInput : when the file cannot be used
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise BadInput(f"replay: `{file}` is too large for a state of the studio (at most {LARGEST_FILE:,} bytes)")
        saved = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"replay: `{file}` cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise BadInput(f"replay: `{file}` is not JSON; save it in the studio under More") from None
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        raise BadInput(f"replay: `{file}` is no state of the studio (`format` is not {FORMAT!r})")
    try:
        setup = Setup.model_validate(saved.get("setup"))
        day = TypeAdapter(int).validate_python(saved.get("day"), strict=True)
        session = Session(setup, day)
    except ValidationError as error:
        fault = error.errors()[0]
        raise BadInput(f"replay: `{file}`: {'.'.join(map(str, fault['loc'])) or 'day'}: {fault['msg']}") from None
    except ScenarioError as error:
        raise BadInput(f"replay: `{file}`: {error}") from None
    last = session.last()
    same = json.loads(json.dumps(last)) == saved.get("last")
    if as_json:
        typer.echo(json.dumps({"day": session.day, "last": last, "same": same}, ensure_ascii=False))
        return
    from experiments.pages.terminal import show_rows
    from experiments.pages.wording import amount

    known = catalogue(session.scenario("A"))
    rows = [(known[key].label, *(amount(last[name][key], known[key].unit) for name in NAMES)) for key in SHOWN]
    show_rows(["measure", *NAMES], rows, f"Day {session.day}, seed {setup.seed}", NAMES, bold=False)
    differ = "The numbers differ from those of the file, which another version of the model has made."
    typer.echo("The numbers are those of the file." if same else differ)
