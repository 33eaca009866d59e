"""Arguments and options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from experiments.runs.given import MOST_SEED, Amount, OfBaseline, Stopped, Whole, date
from sim.given import printable


class Faults(typer.BadParameter):
    """Several options or arguments that cannot be used, a line each."""

    def __init__(self, faults: list[typer.BadParameter]):
        super().__init__("")
        self.faults = faults

    def format_message(self) -> str:
        """All that is wrong."""
        return "\n".join(fault.format_message() for fault in self.faults)


class Commands(typer.core.TyperGroup):
    """The commands; a stop leaves them as `Stopped`, for of Ctrl-C Typer makes an exit code without a word."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options, False if not given; to read a None, Typer imports pydantic: a quarter of a second."""
        params = super().get_params(ctx)
        for one in params:
            if one.default is None:
                one.default = False
        return params

    def invoke(self, ctx: Any) -> Any:
        """Carry out the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise Stopped("", error) from error


class Command(typer.core.TyperCommand):
    """A command that says at once all that is wrong with its options and arguments."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read them."""
        faults: list[typer.BadParameter] = []

        def noting(handle: Callable) -> Callable:
            def act(ctx: Any, given: Any, rest: list[str]) -> tuple[Any, list[str]]:
                try:
                    return handle(ctx, given, rest)
                except typer.BadParameter as fault:
                    faults.append(fault)
                    return None, rest

            return act

        for one in self.params:
            one.handle_parse_result = noting(type(one).handle_parse_result.__get__(one))  # type: ignore[method-assign]
        rest = super().parse_args(ctx, args)
        if faults:
            raise faults[0] if len(faults) == 1 else Faults(faults)
        return rest


def option(
    name: str | tuple[str, ...], what: str, help: str, parser: Callable[[str], Any] | None = None, **more: Any
) -> Any:
    """An option of a command: its name or names, what stands for its value in the help, and what reads that value."""
    names = (name,) if isinstance(name, str) else name
    return typer.Option(*names, metavar=what, help=help, parser=parser, **more)


def echo(text: str, err: bool = False) -> None:
    """Print lines in which somebody else's names may stand: without control characters, which a terminal obeys."""
    typer.echo("\n".join(printable(line) for line in text.split("\n")), err=err)


def flag(name: str, help: str) -> Any:
    """An option without a value."""
    return typer.Option(name, help=help)


def of_scenarios(incomplete: str) -> list[str]:
    """Names of shipped scenarios, for the shell."""
    from sim.scenario import shipped

    return [name for name in shipped() if name.startswith(incomplete)]


def of_studies(incomplete: str) -> list[str]:
    """Names of shipped studies, for the shell."""
    from experiments.study.file import shipped

    return [name for name in shipped() if name.startswith(incomplete)]


def of_kinds(incomplete: str) -> list[str]:
    """Kinds of logs, for the shell."""
    from sim.logs.readers import KINDS

    return [name for name in KINDS if name.startswith(incomplete)]


def out(help: str) -> Any:
    """The option that names the folder of what a command makes."""
    return option(("--out", "-o"), "FOLDER", help)


SCENARIO = typer.Argument(
    metavar="SCENARIO",
    help="A shipped scenario's name (see `hearth list`) or a TOML file.",
    autocompletion=of_scenarios,
)
Scenario = Annotated[str, SCENARIO]
Scenarios = Annotated[list[str], SCENARIO]
Days = Annotated[Any, option("--days", "DAYS", "Length of a run.", OfBaseline("community", "days"))]
Members = Annotated[Any, option("--members", "N", "Founding members.", OfBaseline("community", "members"))]
HOURS = option("--hours", "N", "Hours of the team a week.", Amount("budget", "hours_per_week"))
Hours = Annotated[Any, HOURS]
Wage = Annotated[Any, option("--wage", "N", "What an hour costs.", Amount("budget", "wage"))]
MONEY = option("--money", "N", "Money a week for content and gatherings.", Amount("budget", "money_per_week"))
Money = Annotated[Any, MONEY]
Seed = Annotated[Any, option("--seed", "N", "Random seed.", Whole(0, MOST_SEED, "seed"))]
SET = option("--set", "KEY=VALUE", "Change a value in every scenario; may be given again.")
Settings = Annotated[list[str] | None, SET]
LOG = option("--log", "FILE", "Found the community from a real log, as `hearth patterns` reads it.")
Log = Annotated[Path | None, LOG]
At = Annotated[Any, option("--at", "DATE", "The day in the log on which to found it.", date)]
KINDS = "csv, discourse, slack, discord, stackexchange or mbox; else seen by the content."
Kind = Annotated[str | None, option("--kind", "KIND", KINDS, autocompletion=of_kinds)]
Workers = Annotated[Any, option("--workers", "N", "Runs at once; as many as cores.", Whole(1, 512, "threads"))]
Json = Annotated[bool, flag("--json", "Print JSON and nothing else.")]
Quiet = Annotated[bool, flag("--quiet", "Hide progress.")]
