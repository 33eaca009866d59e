"""`hearth ask`: a dozen questions about a community, and a page for who decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli import late
from experiments.cli.compare import HUNDRED, Worlds
from experiments.cli.options import Days, Quiet, Workers, echo, option
from experiments.cli.options import out as out_option
from experiments.runs.given import BadInput, Stopped, cores

if TYPE_CHECKING:
    from experiments.ask.questions import Answers, Question

Out = Annotated[Path | None, out_option("The folder of all that is made; else results/ask, numbered.")]
FILE = "Answers from a file, as the command keeps them (TOML); nothing is asked, what is not in it is not known."
From = Annotated[Path | None, option("--answers", "FILE", FILE)]
ANSWER = "An answer, as members=3000; may be given again. Nothing is asked, what is not given is not known."
Answer = Annotated[list[str] | None, option("--answer", "NAME=VALUE", ANSWER)]
MIX = "Search for a better mix of hours too; not done for more than 4,000 members."
Mix = Annotated[bool, typer.Option("--mix/--no-mix", help=MIX)]


def ask(
    answers: From = None,
    answer: Answer = None,
    worlds: Worlds = None,
    mix: Mix = True,
    days: Days = None,
    out: Out = None,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Ask a dozen questions about your community, compare strategies in worlds like it, and write a brief of one page.

    None has to be answered. Ctrl-C loses nothing: the same command goes on.
    """
    late.import_late()
    from experiments.ask import brief, run
    from experiments.pages import terminal
    from experiments.runs import files
    from experiments.runs.pool import Pool

    told = run.given(answers, answer or []) if answers or answer else None
    folder = run.folder_of(out, told)
    with files.held(folder):
        if told is None:
            told = _asked(folder)
        with terminal.Bar(quiet) as bar:
            made = run.carry_out(told, folder, run.How(worlds or HUNDRED, days, mix), Pool(workers or cores()), bar)
    terminal.OUT.print(brief.as_text(made), soft_wrap=not terminal.OUT.is_terminal)
    echo(f"\nBrief: {folder / brief.PAGE} (one page; as PDF: {folder / brief.PDF})")


def _asked(folder: Path) -> Answers:
    """The answers of somebody at a terminal, each kept as soon as it is given; those kept are not asked again."""
    from experiments.ask import questions, run

    kept = folder / questions.FILE
    told = questions.read(kept) if kept.exists() else {}
    offered = dict(run.earlier())
    asked = questions.questions()
    if told:
        echo(f"Going on with {len(told)} of {len(asked)} answers from {kept}.")
    else:
        echo("Enter takes what is in brackets; ? stands for: I do not know. Ctrl-C keeps the answers.")
    if told.get("log"):
        offered |= questions.counted(told["log"])
    try:
        for number, (name, one) in enumerate(asked.items(), 1):
            if name not in told:
                echo(f"\n{number} of {len(asked)}. {one.ask}\n    {one.does} Not known: {one.unknown}.")
                told[name], more = _one(one, offered.get(name))
                offered |= more
                questions.write(kept, told)
    except typer.Abort as error:
        raise Stopped(
            f"the answers are kept in `{folder}`, and the same command goes on", KeyboardInterrupt()
        ) from error
    echo("")
    return told


def _one(question: Question, offered: Any) -> tuple[Any, Answers]:
    """One answer, asked again until it can be used; and what the log counts that it names."""
    from experiments.ask import questions

    def read(text: str) -> tuple[Any, Answers]:
        try:
            answer = question.read(text)
            return answer, questions.counted(answer) if question.name == "log" and answer else {}
        except BadInput as error:
            raise typer.BadParameter(str(error)) from None

    shown = questions.UNKNOWN if offered is None else f"{offered:g}" if isinstance(offered, float) else str(offered)
    answer, counted = typer.prompt(f"    {question.name}", default=shown, value_proc=read)
    if counted:
        asked = questions.questions()
        echo(f"    It counts: {', '.join(f'{name} {asked[name].shown(x)}' for name, x in counted.items())}.")
    return answer, counted
