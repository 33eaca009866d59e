"""`python -m experiments.calibration --check`: the intervals of a calibration, checked on truths that are known."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from experiments.prepare import cores


def main(
    check: Annotated[bool, typer.Option("--check", help="Fit logs of known truths and see whether intervals hold.")],
    truths: Annotated[int, typer.Option("--truths", min=10, max=1000, help="How many.")] = 100,
    keep: Annotated[int, typer.Option("--keep", min=24, max=1000, help="Runs of a generation.")] = 60,
    generations: Annotated[int, typer.Option("--generations", min=1, max=20, help="After the first.")] = 2,
    workers: Annotated[int, typer.Option("--workers", min=1, max=512, help="Processes.")] = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder of the runs; the same goes on.")] = Path(
        "results/calibration-check"
    ),
) -> None:
    """Check the intervals; exit code 1 if they do not hold."""
    from experiments.calibration.check import of_model

    found = of_model(truths, workers or cores(), out, lambda text: typer.echo(text, err=True), keep, generations)
    typer.echo(f"{len(found.rank)} truths, {keep} runs a generation, {generations} after the first")
    for k, key in enumerate(found.keys):
        typer.echo(f"{key}: in the 90 % interval {found.covered()[k]:.0%}; mean error {found.error[:, k].mean():.3f}")
    faults = found.faults()
    for fault in faults:
        typer.echo(f"fault: {fault}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    typer.run(main)
