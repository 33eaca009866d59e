"""The `hearth` command. Options are checked here; the work is done by the modules that each command imports late.

Exit codes: 0 done; 1 a failure of ours; 2 what was given cannot be used; 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.calibration.command import calibrate
from experiments.prepare import MOST_REPLICATES, MOST_SEED, BadInput, Changes, OfBaseline, Whole, cores, date, fraction
from experiments.study.command import app as study

# A line with only \\b keeps the lines of its paragraph as they are. Plain help, because Rich's takes a quarter of a
# second to import and the help must answer at once.
EXAMPLES = """\b
Examples:
  hearth compare broadcast facilitation
  hearth compare broadcast facilitation --members 300 --replicates 40
  hearth compare broadcast facilitation --log forum.csv.gz --at 2016-06-01
  hearth run facilitation --set ties.gain=0.1 --replicates 10
  hearth describe broadcast
"""
app = typer.Typer(
    name="hearth",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Hearthside: what a customer community becomes under a strategy, before you live through it.",
    epilog=EXAMPLES,
)
app.add_typer(study, name="study")
app.command("calibrate", epilog="Example: hearth calibrate forum.csv.gz -o mine.toml")(calibrate)
state = {"debug": False}

NAME = typer.Argument(metavar="SCENARIO", help="A shipped scenario's name (see `hearth list`) or a TOML file.")
Scenario = Annotated[str, NAME]
Days = Annotated[
    Any, typer.Option("--days", metavar="DAYS", parser=OfBaseline("community", "days"), help="Length of a run.")
]
Members = Annotated[
    Any, typer.Option("--members", metavar="N", parser=OfBaseline("community", "members"), help="Founding members.")
]
Seed = Annotated[
    Any, typer.Option("--seed", metavar="N", parser=Whole(0, MOST_SEED, "seed"), help="Root of all seeds.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value in every scenario; may be given again."),
]
Log = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Found the community from a real log (CSV: time, source, target, kind)"),
]
At = Annotated[Any, typer.Option("--at", metavar="DATE", parser=date, help="The day in the log on which to found it.")]
Workers = Annotated[
    Any,
    typer.Option("--workers", metavar="N", parser=Whole(1, 512, "processes"), help="Processes; as many as cores."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Tell no progress.")]


@app.callback()
def common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")] = False,
) -> None:
    """Options of every command."""
    state["debug"] = debug


@app.command(epilog="Example: hearth compare broadcast facilitation --replicates 40 --set community.topics=4")
def compare(
    scenarios: Annotated[list[str], NAME],
    days: Days = None,
    members: Members = None,
    seed: Seed = 1,
    replicates: Annotated[
        Any,
        typer.Option(
            "--replicates",
            metavar="N",
            parser=Whole(2, MOST_REPLICATES, "seeds; an interval needs two"),
            help="Seeds, the same for each scenario.",
        ),
    ] = 20,
    precision: Annotated[
        Any,
        typer.Option(
            "--precision",
            metavar="SHARE",
            parser=fraction,
            help="Add seeds until the half-width of the differences in intimacy and both values is within this share "
            "of the first scenario's mean: 0.05 or 5%. Stops at 200 seeds.",
        ),
    ] = None,
    settings: Set = None,
    log: Log = None,
    at: At = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="A new folder; else results/A-vs-B, numbered.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    workers: Workers = None,
    unequal: Annotated[bool, typer.Option("--unequal", help="Allow strategies of unequal hours or money.")] = False,
    posterior: Annotated[
        Path | None,
        typer.Option("--posterior", metavar="DIR", help="Folder of `hearth calibrate`: each seed lives under a draw."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="FOLDER", help="Go on with a comparison that was stopped.")
    ] = None,
) -> None:
    """Compare strategies on the same seeds; print a verdict, write a report.

    Each further scenario is compared with the first.
    """
    from experiments import conduct, prepare, screen, store, verdict

    changes = Changes(days, members, tuple(settings or ()), log, at, posterior)
    prepared = prepare.prepare(scenarios, changes)
    prepare.refuse_incomparable(prepared.scenarios, unequal)
    order = conduct.Order(seed, replicates, precision, workers or cores(), out, resume, unequal)
    try:
        with screen.Teller(quiet or as_json) as teller:
            folder, found = conduct.conduct(prepared, order, teller)
    except store.StoreError as error:
        raise BadInput(str(error)) from None
    if as_json:
        typer.echo(json.dumps({"folder": str(folder), **found.as_dict()}, ensure_ascii=False))
    else:
        screen.show_verdict(verdict.text(found), folder)


@app.command(epilog="Example: hearth run facilitation --days 3650 --checkpoint long.checkpoint")
def run(
    scenario: Scenario,
    days: Days = None,
    members: Members = None,
    seed: Seed = 1,
    replicates: Annotated[
        Any,
        typer.Option("--replicates", metavar="N", parser=Whole(1, MOST_REPLICATES, "seeds"), help="Seeds."),
    ] = 1,
    settings: Set = None,
    log: Log = None,
    at: At = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="A new folder for the measures of every day as CSV.")
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            "--events",
            metavar="FILE",
            help="A new file for the event log, with its accounts beside it (one replicate).",
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint", metavar="FILE", help="Keep the run in FILE; the same command again goes on from it."
        ),
    ] = None,
    every: Annotated[
        Any,
        typer.Option("--every", metavar="DAYS", parser=Whole(1, 20_000, "days"), help="Days between checkpoints."),
    ] = 30,
    as_json: Json = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Run one scenario and print its measures on the last day."""
    from experiments import prepare, single

    changes = Changes(days, members, tuple(settings or ()), log, at)
    prepared = prepare.prepare([scenario], changes)
    kept = (checkpoint, every)
    single.run_one(prepared, seed, replicates, workers or cores(), out, events, as_json, quiet, kept)


@app.command("patterns", epilog="Example: hearth patterns forum.csv.gz --out facts")
def show_patterns(
    log: Annotated[
        Path,
        typer.Argument(
            metavar="LOG", help="A log: generic CSV, or an export of Discourse, Slack, Discord, Stack Exchange, mbox."
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND", help="csv, discourse, slack, discord, stackexchange or mbox; else seen."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="A new folder for a page of figures, CSV and JSON.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compute the facts of a log, real or simulated, with intervals."""
    from experiments import patterns_page

    patterns_page.tell(log, kind, out, as_json, quiet)


@app.command("list")
def list_scenarios(as_json: Json = False) -> None:
    """List the shipped scenarios, each with its question."""
    from sim.scenario import load, shipped

    found = [load(name) for name in shipped()]
    if as_json:
        rows = [{"name": s.name, "question": s.question, "cost_per_week": s.cost_per_week} for s in found]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    from rich.table import Table

    from experiments.screen import OUT
    from experiments.wording import number

    table = Table(box=None, pad_edge=False)
    table.add_column("scenario", no_wrap=True, style="bold")
    table.add_column("question")
    table.add_column("cost a week", justify="right")
    for scenario in found:
        table.add_row(scenario.name, scenario.question, number(scenario.cost_per_week))
    OUT.print(table)


@app.command(epilog="Example: hearth describe broadcast | grep assumed")
def describe(scenario: Scenario, settings: Set = None, as_json: Json = False) -> None:
    """Show every value with its unit, range and source, or *assumed*."""
    from experiments import prepare

    (found,) = prepare.prepare([scenario], Changes(settings=tuple(settings or ()))).scenarios.values()
    if as_json:
        data = {
            "name": found.name,
            "question": found.question,
            "cost_per_week": found.cost_per_week,
            "team": found.resolved()["team"],
            "values": [{**entry._asdict(), "assumed": entry.assumed} for entry in found.entries()],
        }
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    from experiments.screen import show_entries

    show_entries(found)


@app.command(epilog="Example: hearth check my_strategy.toml")
def check(scenario: Scenario, settings: Set = None, as_json: Json = False) -> None:
    """Check a scenario without running it."""
    from experiments import prepare

    (found,) = prepare.prepare([scenario], Changes(settings=tuple(settings or ()))).scenarios.values()
    entries = found.entries()
    data = {
        "name": found.name,
        "values": len(entries),
        "own": sum(entry.origin != "baseline" for entry in entries),
        "assumed": sum(entry.assumed for entry in entries),
        "cost_per_week": found.cost_per_week,
    }
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False))
    else:
        typer.echo(
            f"{data['name']} is sound: {data['values']} values, {data['own']} of its own, {data['assumed']} assumed; "
            f"{data['cost_per_week']:,g} a week"
        )


@app.command(epilog="Example: hearth report results/broadcast-vs-facilitation --out again")
def report(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a stored comparison.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="A new folder, instead of the same one.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the report that is there.")] = False,
) -> None:
    """Make the report again from stored runs, running nothing."""
    from experiments import screen, store, verdict

    try:
        manifest = store.read_manifest(folder)
        if len(manifest["replicates"]) < 2:
            raise BadInput(f"report: `{folder}` holds {len(manifest['replicates'])} whole seeds; two are needed")
        if out is not None:
            store.refuse_used(out)
        elif (folder / "report.html").exists() and not replace:
            raise BadInput(f"report: `{folder}` has a report; give --out for a new folder, or --replace")
        from experiments.report import write

        found = write(folder, out)
    except store.StoreError as error:
        raise BadInput(str(error)) from None
    screen.show_verdict(verdict.text(found), out or folder)


@app.command(epilog="Example: hearth studio --port 8000")
def studio(
    port: Annotated[
        Any, typer.Option("--port", metavar="N", parser=Whole(0, 65_535, "port"), help="Port; 0 takes a free one.")
    ] = 8765,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on; another than loopback opens it.")
    ] = "127.0.0.1",
) -> None:
    """Open two communities side by side in the browser, live."""
    from studio import server

    server.serve(port, host, not no_browser, lambda text: typer.echo(text, err=True))


@app.command(epilog="Example: hearth replay hearthside.json")
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file saved in the studio.")],
    as_json: Json = False,
) -> None:
    """Repeat a run of the studio, every move on its day, and print the last day's numbers."""
    from studio import replaying

    replaying.replay(file, as_json)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code and prints what went wrong as one short message."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without our signs gets a `?`, not a traceback
    try:
        return int(app(args=arguments, prog_name="hearth", standalone_mode=False) or 0)
    except BadInput as error:
        return _tell(str(error), 2)
    except KeyboardInterrupt:
        return _tell("stopped", 130)
    except Exception as error:
        if hasattr(error, "format_message"):  # what Typer says about options and arguments
            return _tell(f"{error.format_message()} (see `hearth --help`)", getattr(error, "exit_code", 2))
        if type(error).__name__ == "Abort":
            return _tell("stopped", 130)
        return _fail(error)


def _tell(message: str, code: int) -> int:
    typer.echo(f"hearth: {message}", err=True)
    return code


def _fail(error: Exception) -> int:
    """Tell of a failure of ours, or of a stop, with what is kept."""
    cause = getattr(error, "cause", error)
    if isinstance(cause, BadInput) or type(cause).__name__ == "StoreError":
        return _tell(str(cause), 2)
    kept = "" if cause is error else f"\n{error}"
    if isinstance(cause, KeyboardInterrupt):
        return _tell(f"stopped.{kept}", 130)
    if state["debug"]:
        typer.echo(getattr(cause, "detail", "") or "".join(traceback.format_exception(cause)), err=True)
    hint = "" if state["debug"] else " (`hearth --debug ...` shows where)"
    said = str(cause) if type(cause).__name__ == "RunFailed" else f"{type(cause).__name__}: {cause}"
    return _tell(f"failed: {said}{hint}{kept}", 1)


if __name__ == "__main__":
    sys.exit(main())
