"""Running one scenario: a table of its measures on the last day, and the series as CSV."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from experiments import harness, screen, store
from experiments.conduct import MOST_DAYS_OBSERVED
from experiments.prepare import BadInput, Prepared

if TYPE_CHECKING:
    import pandas as pd

APART = ("hours.", "person.", "company.", "members.")  # in the CSV and JSON; the table on screen is short


def run_one(
    prepared: Prepared,
    root: int,
    replicates: int,
    workers: int,
    out: Path | None,
    events: Path | None,
    as_json: bool,
    quiet: bool,
    kept: tuple[Path | None, int],
) -> None:
    """Run one scenario `replicates` times; print or write what was measured.

    `kept`: a file to keep a single run in, to go on from, or None; and days between checkpoints.
    """
    ((label, scenario),) = prepared.scenarios.items()
    _refuse(replicates, out, events, kept[0])
    every = max(1, -(-scenario.community.days // MOST_DAYS_OBSERVED))
    with tempfile.TemporaryDirectory(prefix="hearth-") as folder, screen.Teller(quiet or as_json) as teller:
        if replicates == 1:
            teller.thing = "days"
            teller.expect(scenario.community.days)
            teller.say(f"Running {label}")
            _run_here(prepared, label, root, every, Path(folder), events, kept, teller)
        else:
            tasks = harness.plan(prepared.scenarios, root, range(replicates), every, Path(folder), prepared.foundings)
            teller.expect(len(tasks))
            teller.say(f"Running {label}")
            if workers > 1:
                harness.warm_up(scenario)
            harness.perform(tasks, workers, teller.done)
        runs = store.read_runs(Path(folder), [label], list(range(replicates)))
    rows = _ends(runs, scenario)
    if out is not None:
        _write(prepared, root, replicates, runs, rows, out)
    if as_json:
        seeds = [harness.replicate_seed(root, r) for r in range(replicates)]
        data = {"scenario": label, "days": int(runs["day"].max()), "seeds": seeds}
        typer.echo(json.dumps({**data, "measures": {row.pop("measure"): row for row in rows}}, ensure_ascii=False))
        return
    short = [row for row in rows if not row["measure"].startswith(APART)]
    title = f"{label}: day {runs['day'].max()}, {replicates} seed{'' if replicates == 1 else 's'}"
    screen.show_ends(short, title)
    if out is not None:
        screen.OUT.print(f"\nEvery measure of every day: {out}/series.csv", soft_wrap=True)


def _refuse(replicates: int, out: Path | None, events: Path | None, checkpoint: Path | None) -> None:
    if checkpoint is not None and replicates != 1:
        raise BadInput("--checkpoint: is not allowed with --replicates above 1; it holds one run")
    if checkpoint is not None and not checkpoint.absolute().parent.is_dir():
        raise BadInput(f"--checkpoint: there is no folder `{checkpoint.parent}`")
    try:
        if out is not None:
            store.refuse_used(out)
    except store.StoreError as error:
        raise BadInput(str(error)) from None
    if events is None:
        return
    if replicates != 1:
        raise BadInput("--events: is not allowed with --replicates above 1; an event log is of one run")
    from sim.logs.log import beside

    for taken in (events, beside(events, "members")):
        if taken.exists():
            raise BadInput(f"--events: `{taken}` exists; name a new file (nothing was written)")
    if not events.absolute().parent.is_dir():
        raise BadInput(f"--events: there is no folder `{events.parent}`")


def _run_here(
    prepared: Prepared,
    label: str,
    root: int,
    every: int,
    folder: Path,
    events: Path | None,
    kept: tuple[Path | None, int],
    teller: Any,
) -> None:
    from sim.run import run

    checkpoint, between = kept
    told = 0

    def on_day(day: int) -> None:
        nonlocal told
        while told < day:  # those of before a checkpoint too
            told += 1
            teller.done()

    def on_resume(day: int) -> None:
        last = prepared.scenarios[label].community.days
        typer.echo(
            f"hearth: `{checkpoint}` holds the whole run, {last} days; nothing is left to do"
            if day == last
            else f"hearth: going on from day {day} of {last}, as `{checkpoint}` holds it",
            err=True,
        )
        on_day(day)

    try:
        done = run(
            prepared.scenarios[label],
            harness.replicate_seed(root, 0),
            observe_every=every,
            founding=prepared.foundings.get(label),
            on_day=on_day,
            log=events is not None,
            checkpoint=checkpoint,
            every=between,
            on_resume=on_resume,
        )
    except KeyboardInterrupt:
        if checkpoint is not None:
            typer.echo(f"hearth: the same command goes on from `{checkpoint}`", err=True)
        raise
    except ValueError as error:
        if type(error).__name__ != "CheckpointError":
            raise
        raise BadInput(f"--checkpoint: {error}") from None
    store.write_run(folder, label, 0, done)
    if events is not None and done.events is not None:
        done.events.write(events)


def _ends(runs: pd.DataFrame, scenario: Any) -> list[dict]:
    """Every measure on the last day: measure, label, unit, mean, low, high (None with one seed)."""
    from experiments.contrast import KEYS, at_end
    from experiments.paired import interval
    from sim.measures import catalogue

    end, about = at_end(runs), catalogue(scenario)
    rows: list[dict] = []
    for key in (key for key in end.columns if key not in KEYS):
        found, measure = interval(end[key].to_numpy()), about.get(key)
        mean, low, high = (value if math.isfinite(value) else None for value in (found.mean, found.low, found.high))
        said = {"label": measure.label if measure else key, "unit": measure.unit if measure else "hours"}
        rows.append({"measure": key, **said, "mean": mean, "low": low, "high": high})
    return rows


def _write(prepared: Prepared, root: int, replicates: int, runs: pd.DataFrame, rows: list[dict], out: Path) -> None:
    """Write the series, the end and what was run into a new folder, aside first."""
    import pandas as pd

    partial = store.begin(out)
    ((label, scenario),) = prepared.scenarios.items()
    store.write_text(partial / "series.csv", runs.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    store.write_text(partial / "end.csv", pd.DataFrame(rows).to_csv(index=False, lineterminator="\n"))
    facts = {
        "command": prepared.command("run", ["--seed", str(root), "--replicates", str(replicates)]),
        "scenario": label,
        "resolved": scenario.resolved(),
        "model": store.model_hash(),
        "commit": store.commit(),
        "versions": store.versions(),
    }
    store.write_json(partial / "manifest.json", facts)
    if out.is_dir():
        out.rmdir()  # known to be empty
    store.finish(partial, out, named=True)
