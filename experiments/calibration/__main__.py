"""`python -m experiments.calibration LOG ...`: forecasts of many logs; `--check`: intervals on known truths."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from experiments.runs.given import cores


def main(
    logs: Annotated[list[Path] | None, typer.Argument(help="Logs to fit and to forecast.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Fit logs of known truths and see whether intervals hold.")]
    = False,
    truths: Annotated[int, typer.Option("--truths", min=10, max=1000, help="How many.")] = 50,
    keep: Annotated[int, typer.Option("--keep", min=24, max=1000, help="Runs of a generation.")] = 30,
    generations: Annotated[int, typer.Option("--generations", min=1, max=20, help="After the first.")] = 2,
    draws: Annotated[int, typer.Option("--draws", min=8, max=200, help="Of the posterior, run ahead.")] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Root of all seeds.")] = 1,
    workers: Annotated[int, typer.Option("--workers", min=0, max=512, help="Processes; 0: as many as cores.")] = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder of the runs; the same goes on.")] = Path(
        "results/calibration-evidence"
    ),
) -> None:  # fmt: skip
    """Write evidence; exit code 1 if the check finds that intervals do not hold. Stopped, the same goes on."""
    from experiments.calibration import record
    from experiments.runs import files

    def tell(text: str) -> None:
        typer.echo(text, err=True)

    begun = time.perf_counter()
    if check:
        from experiments.calibration.check import of_model

        found = of_model(truths, workers or cores(), out / "check", tell, keep, generations)
        words = ["--check", "--truths", str(truths), "--keep", str(keep), "--generations", str(generations)]
        facts = {**record.made(words, time.perf_counter() - begun), "truths": len(found.rank), **found.plain()}
        files.write_json(record.FOLDER / "calibration-check.json", facts)
        typer.echo("\n".join(found.words()))
        sys.exit(1 if found.faults() else 0)
    if not logs:
        typer.echo("name logs, or --check", err=True)
        sys.exit(2)
    from experiments.calibration.fitting import Effort

    effort = Effort(workers=workers or cores(), root=seed, keep=keep, generations=generations, draws=draws)
    asked = {"seed": seed, "keep": keep, "generations": generations, "draws": draws}
    options = [word for key, value in asked.items() for word in (f"--{key}", str(value))]
    for path in logs:
        begun = time.perf_counter()
        row = record.of_log(path, out, effort)
        seconds = time.perf_counter() - begun
        record.add([{**row, "seconds": round(seconds)}], {**record.made(["LOG", *options], seconds), **asked})
        tell(f"{path.name}: {seconds:.0f} s")


if __name__ == "__main__":
    typer.run(main)
