"""`python -m experiments.evidence PART`: run a part of the evidence, store it in results/evidence, and show its rows.

Stopped with Ctrl-C it keeps what is done, and the same command goes on. Exit codes: 0 done, whether rows passed or
failed; 1 a failure of ours; 2 what was given cannot be used; 130 stopped.
"""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from experiments.evidence import PARTS
from experiments.runs.given import MOST_SEED, cores

app = typer.Typer(
    help="What the model is held against.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode=None,
)  # fmt: skip
Root = Annotated[int, typer.Option("--seed", metavar="N", min=0, max=MOST_SEED, help="Root of all seeds.")]
Seeds = Annotated[int, typer.Option(metavar="N", min=2, max=100_000, help="Seeds a cell; an interval needs two.")]
Workers = Annotated[int | None, typer.Option(metavar="N", min=1, max=512, help="Threads; as many as cores.")]


def add_command(part: str) -> None:
    """Add the command that runs a part."""

    @app.command(part, help=PARTS[part]["about"])
    def command(seed: Root = 1, seeds: Seeds = PARTS[part]["seeds"], workers: Workers = None) -> None:
        run(part, seed, seeds, workers or cores())


for name in PARTS:
    add_command(name)


@app.command()
def real(log: Annotated[str, typer.Argument(metavar="LOG", help="The log of Edgeryders.")]) -> None:
    """The facts and curves of a real log, by the code of part `patterns`, for the page's figures: real.json."""
    from experiments.evidence import parts, patterns
    from experiments.runs import files
    from sim.logs.log import LogError
    from sim.logs.readers import read

    try:
        facts = files.plain(patterns.figures(read(log)))
    except LogError as error:
        end(str(error), 2)
    print_line(f"Stored in {files.write_json(parts.FOLDER / 'real.json', {'log': 'Edgeryders', 'figures': facts})}")


@app.command()
def page() -> None:
    """results/evidence/README.md and its figures, from stored results alone."""
    from experiments.evidence.page import write

    print_line(f"Written: {write()}")


def print_line(text: str) -> None:
    """Print a line."""
    from experiments.pages.terminal import OUT

    OUT.print(text, soft_wrap=True)


def end(message: str, code: int) -> NoReturn:
    """Print the reason for stopping on the error stream."""
    from experiments.pages.terminal import ERR

    ERR.print(message)
    sys.exit(code)


def run(part: str, root: int, seeds: int, workers: int) -> None:
    """Run what is left of a part, store its rows and show them."""
    from experiments.evidence import parts
    from experiments.pages import terminal
    from experiments.pages.wording import number
    from experiments.runs.tasks import RunFailed, telling_of_compiling

    log = getattr(parts.module(part), "LOG", None)
    if log and not log.is_file():
        end(f"{log}: no such file; {part} needs the log of Edgeryders there", 2)
    try:
        with terminal.Bar(thing="runs") as progress:
            progress.say(f"{part}, {seeds} seeds a cell")
            with telling_of_compiling(progress):
                cells, seconds = parts.collect(part, root, seeds, workers, progress)
        rows = parts.save(part, cells, root, seconds, parts.FOLDER)
    except KeyboardInterrupt:
        end("Stopped; what is done is kept, and the same command goes on.", 130)
    except RunFailed as error:
        end(f"{error}\n{error.detail}", 1)
    print_line(f"{part}: {sum(row.passed for row in rows)} of {len(rows)} pass")
    columns = ["", "what", "published", "ours", "95 % interval", "n", ""]
    lines = [
        (row.id, row.about, row.published, number(row.ours.mean),
         f"{number(row.ours.low)} to {number(row.ours.high)}" if row.ours.n > 1 else "", row.ours.n,
         "pass" if row.passed else "FAIL")
        for row in rows
    ]  # fmt: skip
    terminal.show_rows(columns, lines)
    print_line(f"Stored in {parts.FOLDER / part}.json")


if __name__ == "__main__":
    app()
