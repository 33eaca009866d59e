"""`hearth run`: one scenario; its measures on the last day as a table, and their courses as CSV."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from experiments.cli import late
from experiments.cli.options import (
    At,
    Days,
    Hours,
    Json,
    Log,
    Members,
    Money,
    Quiet,
    Scenario,
    Seed,
    Settings,
    Wage,
    Workers,
    echo,
    option,
)
from experiments.cli.options import out as out_option
from experiments.runs.given import MOST_REPLICATES, BadInput, Stopped, Whole, cores

if TYPE_CHECKING:
    import pandas as pd

    from experiments.runs.prepare import Prepared
    from experiments.runs.tasks import Progress

NOT_SHOWN = ("hours.", "person.", "company.", "members.")  # in the CSV and JSON; the table on screen is short
Replicates = Annotated[Any, option("--replicates", "N", "Seeds.", Whole(1, MOST_REPLICATES, "seeds"))]
Out = Annotated[Path | None, out_option("A new folder for the measures of every day as CSV.")]
EVENTS = option("--events", "FILE", "A new file for the event log, with its accounts beside it (one replicate).")
Events = Annotated[Path | None, EVENTS]
CHECKPOINT = option("--checkpoint", "FILE", "Keep the run in FILE; the same command again goes on from it.")
Checkpoint = Annotated[Path | None, CHECKPOINT]
Every = Annotated[Any, option("--every", "DAYS", "Days between checkpoints.", Whole(1, 20_000, "days"))]


def run(
    scenario: Scenario,
    days: Days = None,
    members: Members = None,
    hours: Hours = None,
    wage: Wage = None,
    money: Money = None,
    seed: Seed = 1,
    replicates: Replicates = 1,
    settings: Settings = None,
    log: Log = None,
    at: At = None,
    out: Out = None,
    events: Events = None,
    checkpoint: Checkpoint = None,
    every: Every = 30,
    as_json: Json = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Run one scenario and print its measures on the last day."""
    late.import_late()
    from experiments.comparison.run import Asked, study_of
    from experiments.pages import answers, terminal
    from experiments.runs.prepare import Changes, prepare
    from experiments.runs.tasks import telling_of_compiling

    own = Changes(days, members, tuple(settings or ()), log, at, hours=hours, wage=wage, money=money)
    prepared = prepare([scenario], own)
    _refuse(replicates, out, events, checkpoint)
    ((label, resolved),) = prepared.scenarios.items()
    study = study_of(prepared, Asked(seed, replicates), networks=False)
    with terminal.Bar(quiet or as_json, "days" if replicates == 1 else "runs") as bar, telling_of_compiling(bar):
        bar.say(f"Running {label}")
        if replicates == 1:
            runs = _one_seed(prepared, study.seed_of(0), study.every, events, (checkpoint, every), bar)
        else:
            runs = _several_seeds(study, workers or cores(), bar)
    rows = _ends(runs, resolved)
    if out is not None:
        _write(prepared, seed, replicates, runs, rows, out)
    if as_json:
        seeds = [study.seed_of(r) for r in range(replicates)]
        data = {"scenario": label, "days": int(runs["day"].max()), "seeds": seeds}
        answers.show("run", {**data, "measures": {row.pop("measure"): row for row in rows}})
        return
    short = [row for row in rows if not row["measure"].startswith(NOT_SHOWN)]
    terminal.show_ends(short, f"{label}: day {runs['day'].max()}, {replicates} seed{'' if replicates == 1 else 's'}")
    if out is not None:
        terminal.OUT.print(f"\nEvery measure of every day: {out}/series.csv", soft_wrap=True, markup=False)


def _refuse(replicates: int, out: Path | None, events: Path | None, checkpoint: Path | None) -> None:
    from experiments.runs.files import refuse_unwritable, refuse_used

    if out is not None:
        refuse_used(out)
    for name, path, what in (("--checkpoint", checkpoint, "it holds"), ("--events", events, "an event log is of")):
        if path is None:
            continue
        if replicates != 1:
            raise BadInput(f"{name}: is not allowed with --replicates above 1; {what} one run")
        if not path.absolute().parent.is_dir():
            raise BadInput(f"{name}: there is no folder `{path.parent}`")
        refuse_unwritable(path.parent, name)
    if events is None:
        return
    from sim.logs.log import beside

    for taken in (events, beside(events, "members")):
        if taken.exists():
            raise BadInput(f"--events: `{taken}` exists; name a new file (nothing was written)")


def _several_seeds(study: Any, workers: int, bar: Progress) -> pd.DataFrame:
    """Several seeds, through a store that is thrown away."""
    from experiments.runs import store
    from experiments.runs.pool import Pool
    from experiments.study.sweep import Order, sweep

    with tempfile.TemporaryDirectory(prefix="hearth-") as folder:
        sweep(study, Path(folder), Pool(workers), Order(stop_at_failure=True), bar)
        return store.read(Path(folder), store.EVERY_DAY)


def _one_seed(
    prepared: Prepared,
    seed: int,
    observe_every: int,
    events: Path | None,
    checkpoints: tuple[Path | None, int],
    bar: Progress,
) -> pd.DataFrame:
    """One seed, day by day, from a checkpoint if there is one."""
    import pandas as pd

    from sim.checkpoint import CheckpointError
    from sim.logs.log import LogError
    from sim.run import run as simulate

    ((label, scenario),) = prepared.scenarios.items()
    checkpoint, between = checkpoints
    last = scenario.community.days
    bar.expect(last)
    reached = 0

    def on_day(day: int) -> None:
        nonlocal reached
        bar.done(day - reached)  # those of before a checkpoint too
        reached = day

    def on_resume(day: int) -> None:
        echo(
            f"hearth: `{checkpoint}` holds the whole run, {last} days; nothing is left to do"
            if day == last
            else f"hearth: going on from day {day} of {last}, as `{checkpoint}` holds it",
            err=True,
        )
        on_day(day)

    try:
        done = simulate(
            scenario, seed, observe_every=observe_every, founding=prepared.foundings.get(label), on_day=on_day,
            log=events is not None, checkpoint=checkpoint, every=between, on_resume=on_resume,
        )  # fmt: skip
    except KeyboardInterrupt as error:
        kept = f"the run is kept in `{checkpoint}`, and the same command goes on" if checkpoint else ""
        raise Stopped(kept, error) from error
    except CheckpointError as error:
        raise BadInput(f"--checkpoint: {error}") from None
    if events is not None and done.events is not None:
        try:
            done.events.write(events)
        except LogError as error:
            raise BadInput(f"--events: {error}; make room or name another place, and run the same command") from None
    return pd.DataFrame({"scenario": label, "replicate": 0, "seed": seed, "day": done.days, **done.series})


def _ends(runs: pd.DataFrame, scenario: Any) -> list[dict]:
    """Every measure on the last day: measure, label, unit, mean, low, high (None with one seed)."""
    from experiments.comparison.verdict import at_end
    from experiments.runs.files import plain
    from experiments.stats.paired import interval
    from sim.measures import catalogue

    end, rows = at_end(runs), []
    for key, measure in catalogue(scenario).items():
        estimate = interval(end[key].to_numpy())
        about = {"measure": key, "label": measure.label, "unit": measure.unit}
        rows.append({**about, "mean": estimate.mean, "low": estimate.low, "high": estimate.high})
    return plain(rows)


def _write(prepared: Prepared, root: int, replicates: int, runs: pd.DataFrame, rows: list[dict], out: Path) -> None:
    """Write the series, the end and what was run into a new folder, aside first."""
    import pandas as pd

    from experiments.runs import files, sheets
    from sim.version import model_hash

    ((label, scenario),) = prepared.scenarios.items()
    series = runs[["scenario", "replicate", "seed", "day", *(row["measure"] for row in rows)]]
    with files.gathered(out) as partial:
        files.write_csv(partial / "series.csv", series.rename(columns={"scenario": "label"}))
        files.write_text(partial / "end.csv", sheets.text(pd.DataFrame(rows)))
        facts = {
            "command": prepared.command("run", ["--seed", str(root), "--replicates", str(replicates)]),
            "scenario": label,
            "resolved": scenario.resolved(),
            "model": model_hash(),
            "commit": files.commit(),
            "versions": files.versions(),
        }
        files.write_json(partial / "manifest.json", facts)
