"""`hearth calibrate`: fit the model to the log of a community."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli.options import Json, Kind, Quiet, Seed, Workers, of_scenarios, option
from experiments.cli.options import out as out_option
from experiments.runs.given import cores, date, stopping

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
    output: Annotated[Path, option("--scenario", "FILE", "A new scenario file.")],
    at: Annotated[Any, option("--at", "DATE", "The split; else the middle of the log's life.", date)] = None,
    base: Annotated[
        str, option("--base", "SCENARIO", "What is not fitted comes from it.", autocompletion=of_scenarios)
    ] = "baseline",
    budget: Annotated[Any, option("--budget", "MINUTES", "Time for the runs.", minutes)] = 12.0,
    out: Annotated[Path | None, out_option("Folder of runs and figures; else results/calibration-LOG.")] = None,
    seed: Seed = 1,
    kind: Kind = None,
    as_json: Json = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Fit the model to a log: values with intervals, what the log does not identify, and a hold-out check.

    For comparing strategies over what the log leaves open; not for forecasting a forum. Fits the stretch before the
    split and lays the model's course beside what came after. The same command goes on where it was stopped.
    """
    begun = time.perf_counter()  # the time for imports and reading is of the budget, too
    from experiments.calibration import fitting, result
    from experiments.calibration.window import target_of
    from experiments.pages import answers, terminal
    from experiments.runs import files
    from sim.logs import readers
    from sim.scenario import load

    folder = out or RESULTS / f"calibration-{files.slug(log.name.split('.')[0])}"
    effort = fitting.Effort(minutes=budget, workers=workers or cores(), root=seed, begun=begun)
    result.refuse_taken(output)
    with stopping(folder), terminal.Bar(quiet or as_json) as progress:
        progress.note(result.PURPOSE)
        known, scenario = readers.read(log, kind), load(base)
        for note in known.notes:
            progress.note(note)
        target_of(known, at)  # what cannot be fitted is refused before anything is written
        with files.held(folder):
            findings = fitting.calibrate(known, scenario, folder, effort, at, progress=progress)
            progress.say("Writing what was found")
            result.write(findings, folder)
        result.write_scenario(output, findings, base)
    if as_json:
        answers.show("calibrate", {"scenario": str(output), "folder": str(folder), **result.as_dict(findings)})
        return
    rows = [
        (value.key, f"{value.value:.4g}", f"{value.low:.4g} to {value.high:.4g}" if value.moves else "held",
         "yes" if value.identified else "no")
        for value in result.fitted(findings)
    ]  # fmt: skip
    terminal.OUT.print(f"{result.words(findings)}\n", soft_wrap=True)
    terminal.show_rows(["value", "fitted", "90 % interval", "the log identifies it"], rows)
    terminal.OUT.print(f"\nScenario: {output}\nFigures, tables and posterior: {folder}", soft_wrap=True)
    if (took := (time.perf_counter() - begun) / 60) > 1.1 * budget:
        terminal.ERR.print(f"It took {took:.1f} min of {budget:g}: the fewest runs that are of use took so long.")
