"""The questions: what is asked, what an answer does, what it may be; and the file in which answers are kept."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from experiments.comparison import known
from experiments.pages.wording import number, percent
from experiments.runs import files
from experiments.runs.given import Amount, BadInput, Faults, currency, share
from sim.scenario import load, nearest, read_toml

UNKNOWN = "?"
FILE = "answers.toml"
HEAD = '# Answers to `hearth ask`, which reads this file again; "?" stands for: I do not know.\n'
LIKE = ("members", "weekly_writers", "newcomers", "member_messages", "staff_messages", "staff_answers", "followers",
        "hours")  # fmt: skip
THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")
SHARES = ("staff_answers", "on_messages")
Answers = dict[str, Any]  # by question; None: not known


@dataclass(frozen=True)
class Question:
    """A question: its name, what is asked, what an answer does, and what is taken where it is not known."""

    name: str
    ask: str
    does: str
    unknown: str

    def read(self, text: str) -> Any:
        """An answer as somebody types it; None: not known.

        Raises
        ------
        BadInput : with what is allowed
        """
        text = text.strip()
        if text in ("", UNKNOWN):
            return None
        if self.name in LIKE:
            faults, whole = Faults(), text.replace(",", "") if THOUSANDS.fullmatch(text) else text
            read = known.read_like(f"{self.name}={whole}", faults)
            if faults.said:
                raise BadInput("\n".join(faults.said).replace("--like: ", ""))
            return int(read[0][1]) if self.name == "members" else read[0][1]
        try:
            return READERS[self.name](text)
        except typer.BadParameter as error:
            raise BadInput(f"{self.name}: {error}") from None

    def shown(self, answer: Any) -> str:
        """An answer as people read it."""
        if answer is None:
            return "not known"
        if self.name in SHARES:
            return percent(answer)
        return number(answer) if isinstance(answer, int | float) else str(answer)


def log(text: str) -> str:
    """The path of a log that is there, from the root."""
    if not (path := Path(text).expanduser()).exists():
        raise typer.BadParameter(f"`{text}`: there is no such file or folder")
    return str(path.absolute())


READERS: dict[str, Callable[[str], Any]] = {
    "wage": Amount("budget", "wage"), "currency": currency, "log": log, "on_messages": share,
}  # fmt: skip


def questions() -> dict[str, Question]:
    """All questions by name, in their order."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    usual = load("baseline")
    taken = {"members": usual.community.members, "followers": usual.community.followers_per_member,
             "hours": usual.budget.hours_per_week, "wage": usual.budget.wage}  # fmt: skip
    return {name: Question(name, **about | {"unknown": about["unknown"].format(**taken)})
            for name, about in table.items()}  # fmt: skip


def read(path: Path) -> Answers:
    """The answers of a file, as far as they are given.

    Raises
    ------
    BadInput : with all that is wrong with them, a line each
    """
    return checked(read_toml(path), f"{path}: ")


def checked(given: Mapping[str, Any], where: str) -> Answers:
    """Answers by name as they were typed, read; where : what messages begin with.

    Raises
    ------
    BadInput : with all that is wrong with them, a line each
    """
    asked, faults, made = questions(), Faults(), Answers()
    for name, value in given.items():
        if name not in asked:
            faults.said.append(f"`{name}`: unknown; {nearest(name, list(asked))}")
            continue
        with faults.noting():
            made[name] = asked[name].read(str(value))
    faults.refuse(before=where)
    return {name: made[name] for name in asked if name in made}


def write(path: Path, answers: Answers) -> None:
    """Keep answers, each under its question."""
    asked = questions()
    said = {name: UNKNOWN if answer is None else answer for name, answer in answers.items()}
    parts = [f"\n# {asked[name].ask}\n{name} = {json.dumps(one, ensure_ascii=False)}\n" for name, one in said.items()]
    files.write_text(path, HEAD + "".join(parts))


def counted(path: str) -> Answers:
    """What a log counts of its last half-year, or of its whole life if that is shorter.

    Raises
    ------
    BadInput : if it cannot be read, or has no threads
    """
    from experiments.effects import logs
    from experiments.worlds import facts, outcomes
    from sim.logs import readers

    read_ = readers.read(Path(path))
    table = logs.community(read_.name, *logs.of_export(read_, needs_staff=False))
    start = max(table.end - outcomes.DAYS * logs.DAY, table.start)
    weeks, piece = (table.end - start) / logs.WEEK, facts.of_log(table).between(start, table.end)
    made: Answers = {
        "weekly_writers": float(facts.active(piece, start, table.end, 7).mean()),
        "member_messages": float((~piece.staff).sum() / weeks),
    }
    if read_.staff.size:
        made["staff_messages"] = float(piece.staff.sum() / weeks)
        if (replied := piece.replied >= 0).any():
            made["staff_answers"] = float(piece.by_staff[replied].mean())
    return {name: float(f"{value:.3g}") for name, value in made.items()}
