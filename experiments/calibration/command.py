"""`hearth calibrate`: options checked, progress told, results written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.runs.given import MOST_SEED, BadInput, Whole, cores, date

RESULTS = Path("results")


def minutes(text: str) -> float:
    """A time budget in minutes."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0.05 <= value <= 10_000:
        raise typer.BadParameter(f"{text!r} is not allowed; it is a number of minutes from 0.05 to 10,000")
    return value


def calibrate(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="A log or an export, as `hearth patterns` reads it.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="A new scenario file.")],
    at: Annotated[
        Any, typer.Option("--at", metavar="DATE", parser=date, help="The split; else the middle of the log's life.")
    ] = None,
    base: Annotated[
        str, typer.Option("--base", metavar="SCENARIO", help="What is not fitted comes from it.")
    ] = "baseline",
    budget: Annotated[
        Any, typer.Option("--budget", metavar="MINUTES", parser=minutes, help="Time for the runs.")
    ] = 12.0,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder of runs and figures; else results/calibration-LOG."),
    ] = None,
    seed: Annotated[
        Any, typer.Option("--seed", metavar="N", parser=Whole(0, MOST_SEED, "seed"), help="Root of all seeds.")
    ] = 1,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Kind of the log; else seen.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Tell no progress.")] = False,
    workers: Annotated[
        Any, typer.Option("--workers", metavar="N", parser=Whole(1, 512, "processes"), help="As many as cores.")
    ] = None,
) -> None:
    """Fit the model to a log: values with intervals, what the log does not identify, and a hold-out check.

    For comparing strategies over what the log leaves open; not for forecasting a forum. Fits the stretch before the
    split and lays the model's course beside what came after. The same command goes on where it was stopped.
    """
    from experiments.calibration import fitting, result
    from experiments.pages import terminal
    from experiments.runs.files import slug
    from experiments.runs.given import Stopped
    from sim.logs import readers
    from sim.logs.log import LogError
    from sim.scenario import ScenarioError, load

    try:
        if output.exists():
            raise BadInput(f"-o: `{output}` exists already, and nothing is overwritten; name another file")
        if not output.parent.is_dir():
            raise BadInput(f"-o: `{output.parent}` is no folder")
        scenario = load(base)
        source = readers.read(log, kind)
        folder = out or RESULTS / f"calibration-{slug(log.name.split('.')[0])}"
        effort = fitting.Effort(minutes=budget, workers=workers or cores(), root=seed)
        with terminal.Bar(quiet or as_json) as progress:
            try:
                findings = fitting.calibrate(source, scenario, folder, effort, at, progress=progress)
            except KeyboardInterrupt as stop:
                raise Stopped(f"what is finished is kept in {folder}; the same command goes on from it", stop) from stop
        result.write(findings, folder)
        result.write_scenario(output, result.scenario_text(findings, base, output.stem))
    except (LogError, ScenarioError) as error:
        raise BadInput(str(error)) from None
    if as_json:
        typer.echo(json.dumps({"scenario": str(output), "folder": str(folder), **result.as_dict(findings)}))
        return
    columns = ["value", "fitted", "90 % interval", "the log identifies it"]
    rows = [
        (one.key, f"{one.value:.4g}", f"{one.low:.4g} to {one.high:.4g}" if one.moves else "held",
         "yes" if one.identified else "no")
        for one in result.fitted(findings)
    ]  # fmt: skip
    terminal.show_rows(columns, rows)
    terminal.OUT.print()
    terminal.OUT.print(result.words(findings), soft_wrap=True, markup=False)
    terminal.OUT.print(f"\nScenario: {output}\nFigures, tables and posterior: {folder}", soft_wrap=True, markup=False)
