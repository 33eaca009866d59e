"""`python -m experiments.worlds`: fit the population to logs of company communities, and write its draws and its page.

Needs the logs and the dependency group `fit`. Stopped with Ctrl-C it keeps what is done, and the same command goes
on. Exit codes: 0 done, 2 what was given cannot be used, 130 stopped.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.runs.given import MOST_SEED, BadInput, cores
from experiments.worlds.facts import LOGS

if TYPE_CHECKING:
    from experiments.worlds.study import Effort

WIDE = "Runs of the wave that is spread evenly over the bounds."
NEAR = "Runs of the wave where the first says that communities are."


def main(
    logs: Annotated[Path, typer.Option(metavar="FOLDER", help="Logs of company communities.")] = LOGS,
    wide: Annotated[int, typer.Option(metavar="N", min=100, max=100_000, help=WIDE)] = 1024,
    near: Annotated[int, typer.Option(metavar="N", min=100, max=100_000, help=NEAR)] = 640,
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=MOST_SEED, help="Root of all seeds.")] = 1,
    workers: Annotated[int | None, typer.Option(metavar="N", min=1, max=512, help="Threads; as many as cores.")] = None,
) -> None:
    """Fit the population of communities to real logs."""
    from experiments.worlds.study import Effort

    try:
        if find_spec("numpyro") is None:
            raise BadInput("`numpyro` is not installed; it is in the dependency group `fit`: "
                           "uv run --group fit python -m experiments.worlds")  # fmt: skip
        run(logs, Effort(wide, near, workers or cores(), seed))
    except BadInput as error:
        end(str(error), 2)
    except KeyboardInterrupt:
        end("Stopped; what is done is kept, and the same command goes on.", 130)


def run(logs: Path, effort: Effort) -> None:
    """All steps; what is kept lies in a hidden folder of results/worlds."""
    from experiments.pages import terminal
    from experiments.runs import files
    from experiments.worlds import facts, page, study

    real = facts.real(logs)
    kept = page.FOLDER / ".runs"
    with files.held(kept), terminal.Bar(thing="runs") as progress:
        done = study.Study(real, kept, effort, progress).all()
    for path in page.write(done):
        terminal.OUT.print(f"Written: {path}", soft_wrap=True)


def end(message: str, code: int) -> None:
    """Print the reason for stopping on the error stream."""
    from experiments.pages.terminal import ERR

    ERR.print(message)
    sys.exit(code)


if __name__ == "__main__":
    typer.run(main)
