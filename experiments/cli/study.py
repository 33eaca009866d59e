"""The `hearth study` commands. Options are checked here; the work is done by the modules that each imports late."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli.options import (
    Command,
    Commands,
    Json,
    Quiet,
    Scenario,
    Workers,
    echo,
    flag,
    of_scenarios,
    of_studies,
    option,
)
from experiments.cli.options import out as out_option
from experiments.pages import answers
from experiments.runs.given import NOT_DONE, BadInput, Whole, cores, duration, setting, stopping

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Studies: a question asked of many scenarios, values and seeds.",
    epilog="Example: hearth study run dial",
)
RESULTS = Path("results")
FORMATS = (".csv", ".parquet", ".arrow")

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="The folder of a stored study, or its name in results/.")]
Out = Annotated[Path | None, out_option("The store's folder; else results/STUDY.")]
Settings = Annotated[
    list[str] | None, option("--set", "KEY=VALUE", "Change a key of the study file; may be given again.")
]
STUDY = typer.Argument(
    metavar="STUDY", help="A shipped study's name (see `hearth study list`) or a TOML file.", autocompletion=of_studies
)
SCENARIOS = typer.Argument(metavar="SCENARIO", help="Two or more: names or TOML files.", autocompletion=of_scenarios)


def part(text: str) -> tuple[int, int]:
    """A part as in 3/40: the third of forty."""
    number, slash, count = str(text).partition("/")
    if slash and number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count) <= 1_000_000:
        return int(number), int(count)
    raise typer.BadParameter(f"{text!r} is not allowed; it is a part of all runs as in 3/40")


Beyond = Annotated[bool, flag("--beyond", "Allow values beyond what is plausible, within what can be computed.")]
STOP = "Stop after such a time (50m, 1h30m) with what is finished; exit code 75 if more is to do."
StopAfter = Annotated[Any, option("--stop-after", "TIME", STOP, duration)]
TIME = option("--time", "TIME", "Time limit of a part, as 50m or 4h.", duration)
Parts = Annotated[
    Any, option("--parts", "N", "Parts; as many as fit the time, if not said.", Whole(1, 100_000, "parts"))
]
Cpus = Annotated[Any, option("--cpus", "N", "Cores of a part.", Whole(1, 512, "cores"))]
Script = Annotated[Path | None, option("--script", "FILE", "A new file; else STUDY.sh.")]


@app.command(
    cls=Command, epilog="Example: hearth study run dial --set replicates=4 --set hold.community.members=100 --out small"
)
def run(
    study: Annotated[str, STUDY],
    out: Out = None,
    workers: Workers = None,
    retry_failed: Annotated[bool, flag("--retry-failed", "Run again what has failed.")] = False,
    which: Annotated[Any, option("--part", "K/N", "Only the K-th of N parts, for array jobs.", part)] = None,
    cluster: Annotated[str | None, option("--cluster", "ADDRESS", "A Dask scheduler, as tcp://host:8786.")] = None,
    settings: Settings = None,
    beyond: Beyond = False,
    stop_after: StopAfter = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Run what is missing of a study; the same command again goes on where it stopped."""
    until = time.monotonic() + stop_after if stop_after else None
    from experiments.pages import terminal
    from experiments.study import mix, sweep

    checked = _read(study, settings, beyond)
    folder = out or RESULTS / checked.name
    command = shlex.join(["hearth", *sys.argv[1:]]) if sys.argv[1:2] == ["study"] else f"hearth study run {study}"
    order = sweep.Order(command, which, retry_failed, until=until)
    work = mix.search if checked.mix else sweep.sweep
    with terminal.Bar(quiet or as_json) as bar, _pool(cluster, workers or cores()) as pool, stopping(folder):
        result = work(checked, folder, pool, order, bar)
    code = NOT_DONE if result.out_of_time else 0
    if as_json:
        answers.show("study run", {"folder": str(folder), **vars(result)})
        return code
    of = f" of part {which[0]}/{which[1]}" if which else ""
    message = f"{result.stored:,} of {result.planned:,} runs{of} are stored in {folder}"
    failed = f"; {result.failed:,} failed (`hearth study show {folder}`, `--retry-failed`)" if result.failed else ""
    short = "" if result.precise in (None, True) else "; the precision is NOT met: `most` seeds were reached"
    late = "; stopped after the time given: the same command goes on" if result.out_of_time else ""
    echo(message + failed + short + late)
    return code


def _read(study: str, settings: list[str] | None, beyond: bool) -> Any:
    """A study with what the command line changes in it."""
    from experiments.study import file

    return file.read(study, _nested(settings or []) | ({"beyond": True} if beyond else {}))


@app.command(cls=Command, epilog="Example: hearth study check mine.toml")
def check(
    study: Annotated[str, STUDY],
    workers: Workers = None,
    settings: Settings = None,
    beyond: Beyond = False,
    as_json: Json = False,
) -> None:
    """Check a study: every fault at once, or its places, runs, time and disk, from some runs that are timed."""
    from experiments.study import cost

    checked = _read(study, settings, beyond)
    found = cost.probe(checked)
    implausible = checked.implausible()
    if as_json:
        answers.show("study check", {"name": checked.name, **vars(found), "beyond": implausible})
        return
    for line in cost.said(found, checked.name, workers or cores()):
        echo(line)
    for line in implausible:
        echo(f"beyond what is plausible: {line}")


@app.command(cls=Command, epilog="Example: hearth study slurm mine.toml --out /shared/mine --cpus 8 --time 4h")
def slurm(
    study: Annotated[str, STUDY],
    out: Out = None,
    parts: Parts = None,
    cpus: Cpus = 4,
    limit: Annotated[Any, TIME] = "1h",
    script: Script = None,
    settings: Settings = None,
    beyond: Beyond = False,
) -> None:
    """Write the job script of a study for Slurm: parts that stop in time and go on by themselves."""
    from experiments.study import cost
    from experiments.study import slurm as jobs

    checked = _read(study, settings, beyond)
    found = cost.probe(checked)
    where, job = script or Path(f"{checked.name}.sh"), jobs.Job(cpus, limit, parts)
    changed = [word for text in settings or [] for word in ("--set", text)] + (["--beyond"] if beyond else [])
    count = jobs.write(checked, out or RESULTS / checked.name, where, [study, *changed], job, found)
    for line in cost.said(found, checked.name, cpus * count):
        echo(line)
    echo(f"{count} parts of {cpus} cores are in {where}, which says how to submit it")


@app.command(cls=Command, epilog="Example: hearth study regimes mine.toml broadcast --set points=60")
def regimes(
    scenarios: Annotated[list[str], SCENARIOS],
    out: Out = None,
    settings: Settings = None,
) -> None:
    """Map where your own scenarios win: the study `regimes` with them, and its report."""
    _run_shipped("regimes", scenarios, out, settings)


@app.command(
    cls=Command, epilog='Example: hearth study mix mine.toml --set mix.goals=["value_members"] --set mix.trials=100'
)
def mix(
    scenario: Scenario,
    out: Out = None,
    settings: Settings = None,
) -> None:
    """Find the best mix of hours for your own scenario: the study `mix-community` with it, and its report."""
    _run_shipped("mix-community", [scenario], out, settings)


def _run_shipped(study: str, scenarios: list[str], out: Path | None, settings: list[str] | None) -> None:
    """Run a shipped study on other scenarios, and report."""
    from experiments.runs.files import slug

    name = study.partition("-")[0]
    folder = out or RESULTS / "-".join([name, *(slug(Path(scenario).stem) for scenario in scenarios)])
    setting = f"scenarios={json.dumps(scenarios)}"
    run(study, folder, settings=[setting, 'prediction=""', *(settings or [])])
    report(str(folder))


@contextmanager
def _pool(cluster: str | None, workers: int) -> Iterator[Any]:
    """Threads of this process, or the workers of a cluster."""
    if cluster is None:
        from experiments.runs.pool import Pool

        yield Pool(workers)
        return
    from experiments.runs.cluster import connected

    with connected(cluster) as pool:
        yield pool


def _nested(settings: list[str]) -> dict[str, Any]:
    """`--set` of a study: `replicates=2`, `hold.community.members=40`, `vary.ties.gain=[0.1, 0.2]`."""
    nested: dict[str, Any] = {}
    for text in settings:
        key, value = setting(text)
        table, _, rest = key.partition(".")
        if rest:
            nested.setdefault(table, {})[rest] = value
        else:
            nested[table] = value
    return nested


def located(name: str) -> Path:
    """The folder of a store by its path or by its name in results/."""
    path = Path(name)
    return path if path.is_dir() or not (RESULTS / name).is_dir() else RESULTS / name


@app.command("list", cls=Command)
def list_studies(as_json: Json = False) -> None:
    """List the shipped studies, each with its question."""
    from experiments.study import file

    questions = {name: file.read(name).question for name in file.shipped()}
    if as_json:
        answers.show("study list", {"studies": questions})
    else:
        from experiments.pages.terminal import show_rows

        show_rows(["study", "question"], list(questions.items()))


@app.command(cls=Command)
def show(folder: Folder, as_json: Json = False) -> None:
    """Show how far a study is: runs, failures, means; also while it runs."""
    from experiments.pages.terminal import show_status
    from experiments.study.status import status

    summary = status(located(folder))
    if as_json:
        plain = {key: value for key, value in summary.items() if key not in ("failures", "means")}
        answers.show("study show", plain)
    else:
        show_status(summary)


@app.command(cls=Command, epilog="Example: hearth study export results/dial dial.csv")
def export(
    folder: Folder, out: Annotated[Path, typer.Argument(metavar="FILE", help="A new .csv, .parquet or .arrow")]
) -> None:
    """Write every row of a study into one file."""
    from experiments.study.status import export as write

    if out.suffix not in FORMATS:
        raise BadInput(f"export: `{out}`: the file ends in one of {', '.join(FORMATS)}")
    if out.exists():
        raise BadInput(f"export: `{out}` exists; name a new file (nothing was written)")
    echo(f"{write(located(folder), out):,} rows are in {out}")


@app.command(
    cls=Command, epilog='Example: hearth study sql results/dial "select dial, avg(intimacy) from runs group by all"'
)
def sql(
    folder: Folder,
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY", help="SQL (DuckDB) on the tables `runs` and `points`; a name with a dot in double quotes."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Ask a study's store in SQL; prints CSV."""
    from experiments.runs import sheets, store

    answer = store.query(located(folder), query)
    if as_json:
        answers.show("study sql", {"rows": json.loads(answer.to_json(orient="records"))})
        return
    text = sheets.text(answer)
    (echo if sys.stdout.isatty() else typer.echo)(text.rstrip("\n"))  # into a file it goes as it is stored


@app.command(cls=Command, epilog="Example: hearth study report results/dial")
def report(folder: Folder) -> None:
    """Make the report of a study from its store: a page, figures and tables; runs nothing."""
    from experiments.study.report import write

    where = located(folder)
    page = write(where)
    for line in page.summary:
        echo(line)
    echo(f"\nReport: {where}/report.html")
