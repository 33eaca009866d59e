"""A run of the studio again, from its file and without a page: the same people, luck and moves, the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import typer
from pydantic import BaseModel, NonNegativeInt, ValidationError

from experiments.pages import answers
from experiments.runs.given import BadInput
from sim.given import read_bytes
from sim.measures import catalogue
from sim.scenario import ScenarioError
from studio.session import FORMAT, SHOWN, Session
from studio.setup import NAMES, Setup

LARGEST_FILE = 5_000_000  # bytes


class Saved(BaseModel, strict=True):
    """What a file of the studio holds that a replay needs."""

    format: Literal[FORMAT]  # type: ignore[valid-type]
    setup: Setup
    day: NonNegativeInt
    last: dict[str, dict[str, float | None]] = {}


def replay(file: Path, as_json: bool) -> None:
    """Print the last day's measures of both sides, and whether they equal those in the file.

    Raises
    ------
    BadInput : when the file cannot be used
    """
    try:
        saved = Saved.model_validate_json(read_bytes(file, LARGEST_FILE))
        session = Session(saved.setup, saved.day)
    except OSError as error:
        raise BadInput(f"replay: `{file}` cannot be read ({error.strerror})") from None
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "file"
        raise BadInput(f"replay: `{file}`: {where}: {fault['msg']}; save it in the studio under More") from None
    except ScenarioError as error:
        raise BadInput(f"replay: `{file}`: {error}") from None
    last = session.last()
    same = last == saved.last
    if as_json:
        answers.show("replay", {"day": session.day, "last": last, "same": same})
        return
    from experiments.pages.terminal import show_rows
    from experiments.pages.wording import amount

    known = catalogue(session.scenario("A"))
    rows = [(known[key].label, *(amount(last[name][key], known[key].unit) for name in NAMES)) for key in SHOWN]
    show_rows(["measure", *NAMES], rows, f"Day {session.day}, seed {saved.setup.seed}", NAMES, bold=False)
    differ = "The numbers differ from those of the file, which another version of the model has made."
    typer.echo("The numbers are those of the file." if same else differ)
