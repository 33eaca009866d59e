"""`python -m experiments.evidence PART`: do a part of the evidence, store it in results/evidence, and show its rows.

Stopped with Ctrl-C it keeps what is done, and the same command goes on. Exit codes: 0 done, whether rows passed or
failed; 1 a failure of ours; 2 what was given cannot be used; 130 stopped.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from experiments.runs.given import MOST_SEED, Whole, cores

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
Root = Annotated[
    Any, typer.Option("--seed", metavar="N", parser=Whole(0, MOST_SEED, "seed"), help="Root of all seeds.")
]
Workers = Annotated[
    Any, typer.Option("--workers", metavar="N", parser=Whole(1, 512, "processes"), help="Processes; as many as cores.")
]
Seeds = Annotated[
    Any,
    typer.Option(
        "--seeds", metavar="N", parser=Whole(2, 100_000, "seeds; an interval needs two"), help="Seeds a cell."
    ),
]


@app.callback()
def evidence() -> None:
    """What the model is held against."""


@app.command()
def docking(seed: Root = 1, seeds: Seeds = None, workers: Workers = None) -> None:
    """Cottica's two models, written from their descriptions: DOCK-A, DOCK-B, X1, X2."""
    _do("docking", seed, seeds, workers)


@app.command()
def rankings(seed: Root = 1, seeds: Seeds = None, workers: Workers = None) -> None:
    """Ren & Kraut's orderings RK1-RK4, in our own model."""
    _do("rankings", seed, seeds, workers)


@app.command()
def replications(seed: Root = 1, seeds: Seeds = None, workers: Workers = None) -> None:
    """The virtual replications E1-E13, in our own model: once, after its values are frozen."""
    _do("replications", seed, seeds, workers)


@app.command()
def patterns(seed: Root = 1, seeds: Seeds = None, workers: Workers = None) -> None:
    """P1-P30: a simulated community beside Edgeryders, on which the model is calibrated, and Matera, held out."""
    _do("patterns", seed, seeds, workers)


@app.command()
def ablations(seed: Root = 1, seeds: Seeds = None, workers: Workers = None) -> None:
    """Each mechanism off, one at a time: which patterns and measures change."""
    _do("ablations", seed, seeds, workers)


@app.command()
def ablated(seed: Root = 1, seeds: Seeds = None, workers: Workers = None) -> None:
    """Each mechanism off, one at a time: which replications come out otherwise (short form)."""
    _do("ablated", seed, seeds, workers)


@app.command()
def kept(seed: Root = 1, seeds: Seeds = None, workers: Workers = None) -> None:
    """Mechanisms that the ablations find idle, each off in the world in which it is meant to act."""
    _do("kept", seed, seeds, workers)


@app.command()
def forecast(seed: Root = 1, seeds: Seeds = None, workers: Workers = None) -> None:
    """A community founded from half of Edgeryders' log, beside what happened (the log is not in the repository)."""
    from experiments.evidence.forecast import LOG
    from experiments.pages.terminal import ERR

    if not LOG.is_file():
        ERR.print(f"{LOG}: no such file; forecast needs the log of Edgeryders there", markup=False)
        sys.exit(2)
    _do("forecast", seed, seeds, workers)


@app.command()
def real(log: Annotated[str, typer.Argument(metavar="LOG", help="The log of Edgeryders.")]) -> None:
    """The facts and curves of a real log, by the code of part `patterns`, for the page's figures: real.json."""
    from experiments.evidence import patterns, tries
    from experiments.pages import terminal
    from experiments.runs import files
    from sim.log import LogError
    from sim.readers import read

    try:
        figures = patterns.figures(read(log))
    except LogError as error:
        terminal.ERR.print(str(error), markup=False)
        sys.exit(2)
    facts = {name: x if x == x else None for name, x in figures.items()}
    path = files.write_json(tries.FOLDER / "real.json", {"log": "Edgeryders", "figures": facts})
    terminal.OUT.print(f"Stored in {path}", markup=False, soft_wrap=True)


@app.command()
def page() -> None:
    """results/evidence/README.md and its figures, from stored results alone."""
    from experiments.evidence import page as made
    from experiments.pages import terminal

    terminal.OUT.print(f"Written: {made.write()}", markup=False, soft_wrap=True)


def _do(part: str, root: int, seeds: int | None, workers: int | None) -> None:
    from experiments.evidence import tries
    from experiments.pages import terminal
    from experiments.runs.tasks import RunFailed

    count = seeds or tries.module(part).SEEDS
    try:
        with terminal.Bar(thing="tries") as bar:
            bar.say(f"{part}, {count} seeds a cell (the first time on a machine, code is compiled)")
            numbers, seconds = tries.collect(part, root, count, workers or cores(), bar.expect, lambda one: bar.done())
        rows = tries.module(part).rows(numbers)
        more = getattr(tries.module(part), "more", None)
        path = tries.keep(part, rows, root, count, seconds, more=more(numbers) if more else None)
    except KeyboardInterrupt:
        terminal.ERR.print("Stopped; what is done is kept, and the same command goes on.")
        sys.exit(130)
    except RunFailed as error:
        terminal.ERR.print(f"{error}\n{error.detail}", markup=False)
        sys.exit(1)
    show(rows, part)
    terminal.OUT.print(f"Stored in {path}", markup=False, soft_wrap=True)


def show(rows: list, title: str) -> None:
    """Print rows of evidence as a table."""
    from rich.table import Table

    from experiments.pages.terminal import OUT
    from experiments.pages.wording import number

    table = Table(title=f"{title}: {sum(row.passed for row in rows)} of {len(rows)} pass", box=None, pad_edge=False)
    for name in ("", "what", "published", "ours", "95 % interval", "n", ""):
        table.add_column(name)
    for row in rows:
        ends = f"{number(row.ours.low)} to {number(row.ours.high)}" if row.ours.n > 1 else ""
        verdict = "pass" if row.passed else "FAIL"
        table.add_row(row.id, row.about, row.published, number(row.ours.mean), ends, str(row.ours.n), verdict)
    OUT.print(table)


if __name__ == "__main__":
    app()
