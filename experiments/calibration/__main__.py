"""`python -m experiments.calibration LOG ...`: evidence on many logs; `--check`: intervals on known truths."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.runs.given import BadInput, cores

if TYPE_CHECKING:
    from experiments.calibration.fitting import Effort

say = partial(typer.echo, err=True)


def main(
    logs: Annotated[list[Path] | None, typer.Argument(help="Logs to fit, with their second half held out.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Fit logs of known truths and see whether intervals hold.")]
    = False,
    truths: Annotated[int, typer.Option("--truths", min=10, max=1000, help="How many.")] = 50,
    keep: Annotated[int, typer.Option("--keep", min=24, max=1000, help="Runs of a generation.")] = 30,
    generations: Annotated[int, typer.Option("--generations", min=1, max=20, help="After the first.")] = 2,
    draws: Annotated[int, typer.Option("--draws", min=8, max=200, help="Of the posterior, run.")] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Root of all seeds.")] = 1,
    workers: Annotated[int, typer.Option("--workers", min=0, max=512, help="Threads; 0: as many as cores.")] = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder of the runs; the same goes on.")] = Path(
        "results/calibration-evidence"
    ),
) -> None:  # fmt: skip
    """Write evidence; exit code 1 if the check finds that intervals do not hold. Stopped, the same goes on."""
    from experiments.calibration.fitting import Effort

    effort = Effort(workers=workers or cores(), root=seed, keep=keep, generations=generations, draws=draws)
    try:
        if check:
            sys.exit(check_intervals(truths, effort, out))
        if not logs:
            raise BadInput("name logs, or --check")
        fit_logs(logs, effort, out)
    except BadInput as error:
        say(error)
        sys.exit(2)


def check_intervals(truths: int, effort: Effort, out: Path) -> int:
    """Store how often intervals hold known truths, and print it; the exit code."""
    from experiments.calibration import record
    from experiments.calibration.check import of_model
    from experiments.runs import files

    begun = time.perf_counter()
    asked = {"truths": truths, "keep": effort.keep, "generations": effort.generations}
    ranks = of_model(truths, effort, out / "check", say)
    facts = record.provenance("--check", asked, time.perf_counter() - begun) | ranks.plain()
    files.write_json(record.FOLDER / "calibration-check.json", facts)
    for key, one in facts["values"].items():
        typer.echo(f"{key}: in the 90 % interval {one['covered']:.0%}; mean error {one['error']:.3f}")
    typer.echo("\n".join(facts["faults"]))
    return 1 if facts["faults"] else 0


def fit_logs(logs: list[Path], effort: Effort, out: Path) -> None:
    """Calibrate each log, and store how the model's courses fare beside naive forecasts."""
    from experiments.calibration import record

    asked = {"seed": effort.root, "keep": effort.keep, "generations": effort.generations, "draws": effort.draws}
    for path in logs:
        begun = time.perf_counter()
        row = record.of_log(path, out, effort)
        seconds = time.perf_counter() - begun
        record.add({**row, "seconds": round(seconds)}, record.provenance("LOG", asked, seconds))
        say(f"{path.name}: {seconds:.0f} s")


if __name__ == "__main__":
    typer.run(main)
