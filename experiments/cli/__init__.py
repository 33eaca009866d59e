"""The `hearth` command: one file a command or a few kindred ones; what a command needs is imported when it is called.

Exit codes: 0 done; 1 a failure of ours; 2 what was given cannot be used (`BadInput`, and no other exception), or the
disk is full; 75 stopped after the time given (`--stop-after`), and the same command goes on; 130 stopped with Ctrl-C,
143 by SIGTERM, 129 by SIGHUP.
"""

from __future__ import annotations

import contextlib
import shlex
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli import (
    ask,
    calibrate,
    compare,
    effects,
    encoding,
    new_rule,
    patterns,
    report,
    run,
    scenarios,
    studio,
    study,
)
from experiments.cli.options import Command, Commands, echo
from experiments.runs import files
from sim.given import BadInput

# A line with only \\b keeps the lines of its paragraph as they are. Plain help, because Rich's takes a quarter of a
# second to import and the help must answer at once.
EXAMPLES = """\b
Examples:
  hearth ask
  hearth compare broadcast facilitation
  hearth compare broadcast facilitation --members 300 --worlds 200
  hearth compare broadcast facilitation --log forum.csv.gz --at 2016-06-01
  hearth run facilitation --set ties.gain=0.1 --replicates 10
  hearth describe broadcast
"""


app = typer.Typer(
    name="hearth",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Hearthside: what a customer community becomes under a strategy, before you live through it.",
    epilog=EXAMPLES,
)
for name, command, example in (
    ("ask", ask.ask, "ask --answer members=3000 --answer hours=60"),
    ("compare", compare.compare, "compare broadcast facilitation --worlds 40 --set community.topics=4"),
    ("run", run.run, "run facilitation --days 3650 --checkpoint long.checkpoint"),
    ("patterns", patterns.patterns, "patterns forum.csv.gz --out facts"),
    ("effects", effects.effects, "effects forum.csv.gz --members forum_members.csv.gz --out found"),
    ("list", scenarios.list_scenarios, "list"),
    ("describe", scenarios.describe, "describe broadcast | grep assumed"),
    ("check", scenarios.check, "check my_strategy.toml"),
    ("new-rule", new_rule.new_rule, "new-rule gifting"),
    ("report", report.report, "report results/broadcast-vs-facilitation --out again"),
    ("studio", studio.studio, "studio --port 8000"),
    ("replay", studio.replay, "replay hearthside.json"),
    ("calibrate", calibrate.calibrate, "calibrate forum.csv.gz --scenario mine.toml"),
):
    app.command(name, cls=Command, epilog=f"Example: hearth {example}")(command)
app.add_typer(study.app, name="study")
state = {"debug": False, "ended": 0}  # ended: the signal that asked to stop
UNHEEDED = (signal.SIG_DFL, signal.default_int_handler)
LONGEST = 1000  # characters of a line; a name in it may be of any length
SOON = 0.05  # seconds until a stop that was lost is asked for once more


def _version(asked: bool) -> None:
    """Print the version of the package and of the model, and end."""
    if asked:
        from experiments.runs.files import versions
        from sim.version import model_hash

        echo(f"hearthside {versions(('hearthside',))['hearthside']}, model {model_hash()}")
        raise typer.Exit


VERSION = typer.Option("--version", callback=_version, is_eager=True, help="Show the version and the model's hash.")


@app.callback()
def common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")] = False,
    version: Annotated[bool, VERSION] = False,
) -> None:
    """Options of every command."""
    state["debug"] = debug


def _end(number: int, frame: object) -> None:
    """Heed a signal that asks to stop like Ctrl-C; it is noted, for DuckDB makes an error of its own of it."""
    state["ended"] = number
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)  # it is not lost: no need to ask again
    raise KeyboardInterrupt


@contextlib.contextmanager
def _asking_again() -> Iterator[None]:
    """Ask to stop once more where that was lost, as in a callback while garbage is collected: Python passes it over.

    Not on Windows, which has no such timer: there Ctrl-C is pressed again.
    """
    if not hasattr(signal, "setitimer") or signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
        yield
        return
    before = sys.unraisablehook

    def lost(what: Any) -> None:
        if what.exc_type is KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, SOON)
        else:
            before(what)

    sys.unraisablehook = lost
    signal.signal(signal.SIGALRM, lambda number, frame: _end(state["ended"] or signal.SIGINT, frame))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        sys.unraisablehook = before


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code and prints what went wrong as one short message."""
    state["ended"] = 0
    asking: contextlib.AbstractContextManager = contextlib.nullcontext()
    if threading.current_thread() is threading.main_thread():  # the only one that may say so
        asking = _asking_again()
        for number in filter(None, (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))):
            if signal.getsignal(number) in UNHEEDED:  # else somebody heeds or ignores it, as nohup does
                signal.signal(number, _end)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=encoding.LIKENESS)
    try:
        with asking:
            code = int(app(args=arguments, prog_name="hearth", standalone_mode=False) or 0)
        if code == 128 + signal.SIGINT and state["ended"]:  # Typer's, where no command was being carried out
            raise KeyboardInterrupt
        return code
    except (KeyboardInterrupt, Exception) as error:
        if hasattr(error, "format_message"):  # what Typer says about options and arguments
            return _say(f"{error.format_message()} (see `hearth --help`)", getattr(error, "exit_code", 2))
        return _fail(error, shlex.join(["hearth", *(sys.argv[1:] if arguments is None else arguments)]))


def _say(message: str, code: int) -> int:
    lines = f"hearth: {message}".splitlines()
    echo("\n".join(line if len(line) <= LONGEST else f"{line[:LONGEST]}..." for line in lines), err=True)
    return code


def _fail(error: BaseException, command: str) -> int:
    """Print bad input, a failure or a stop as one message, with what is kept; the exit code."""
    cause = getattr(error, "cause", error)
    note = f"; {error}: {command}" if cause is not error and str(error) else ""
    if isinstance(cause, OSError) and cause.errno in files.FULL:
        cause = files.cannot_write(Path(cause.filename or ".").parent, cause)
    if isinstance(cause, KeyboardInterrupt) or state["ended"]:
        return _say(f"stopped{note}", 128 + (state["ended"] or signal.SIGINT))
    if isinstance(cause, BadInput):
        return _say(f"{cause}{note}", 2)
    detail = getattr(cause, "detail", "") or "".join(traceback.format_exception(cause))
    message = str(cause) if hasattr(cause, "detail") else f"{type(cause).__name__}: {cause}"
    return _say(f"failed: {message}{note}\n{_report(detail)}", 1)


def _report(detail: str) -> str:
    """How to report a failure of ours; the traceback is shown with --debug, else kept in a file of its own."""
    if state["debug"]:
        echo(detail, err=True)
        where = "the traceback above"
    else:
        try:
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", errors="replace", prefix="hearth-", suffix=".txt", delete=False
            ) as file:
                file.write(detail)
            where = f"the traceback, which is in {file.name}"
        except OSError:  # such as a full disk
            where = "the traceback, which `hearth --debug ...` shows"
    return f"This is a fault of Hearthside, not of what you gave. Please report it with the command and {where}."
