"""What `hearth ask` makes of answers: scenario files, the comparison, a search for a mix of hours, the brief."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.ask import brief, plan, questions
from experiments.ask.questions import Answers
from experiments.comparison import run as comparison
from experiments.runs import files
from experiments.runs.given import BadInput
from experiments.runs.pool import Pool
from experiments.runs.tasks import Progress
from experiments.study import file, mix, report, sweep

RESULTS = Path("results")
COMPARISON, MIX = "comparison", "mix"  # folders within that of the answers
OWN = (questions.FILE, plan.TODAY, plan.COMMUNITY, COMPARISON, MIX, *brief.FILES)
MOST_MEMBERS = 4000  # a search takes some two hundred runs, and a run of so many members takes seconds
SEARCH = {"goals": ["intimate_share", "value_company"], "trials": 40, "finalists": 3, "fresh": 16}
SEEDS = 4  # of each mix tried


@dataclass(frozen=True)
class How:
    """How much is run: worlds, days of a run (as the baseline says, if None), whether a mix of hours is searched."""

    worlds: int = 100
    days: int | None = None
    mix: bool = True


def finished(folder: Path) -> bool:
    """Whether a folder holds a brief."""
    return (folder / brief.PAGE).exists()


def numbered() -> Any:
    """Folders in results/ that are taken in turn."""
    return (RESULTS / (f"ask-{k}" if k > 1 else "ask") for k in itertools.count(1))


def folder_of(out: Path | None, given: Answers | None) -> Path:
    """The folder to work in: the one named, else the first that is new, unfinished or, with answers, holds just these.

    Raises
    ------
    BadInput : if something else is in the folder that is named, or other answers
    """
    if out is None:
        return next(one for one in numbered() if not _taken(one, given))
    files.refuse_used(out, besides=OWN)
    if _taken(out, given):
        what = "other answers" if given is not None else "answers and their brief"
        raise BadInput(f"--out: `{out}` holds {what}; name a new folder (nothing was written)")
    return out


def _taken(folder: Path, given: Answers | None) -> bool:
    """Whether a folder is of others: of a finished brief, or of answers that are not those given."""
    if not folder.exists():
        return False
    kept = folder / questions.FILE
    if given is None:
        return finished(folder) or not (kept.exists() or not any(folder.iterdir()))
    return any(folder.iterdir()) if not kept.exists() else questions.read(kept) != given


def earlier() -> Answers:
    """The answers of the last brief in results/, which are offered again; none if there is none."""
    done = list(itertools.takewhile(finished, numbered()))
    return questions.read(done[-1] / questions.FILE) if done else {}


def whole(answers: Answers, counted: Answers | None = None) -> Answers:
    """Answers to all questions: what is not answered is what a log counts, else not known."""
    return {name: answers.get(name, (counted or {}).get(name)) for name in questions.questions()}


def given(path: Path | None, typed: list[str]) -> Answers:
    """All answers from a file and from options, which come before it, and from the log that one of them names.

    Raises
    ------
    BadInput : with what is wrong with them
    """
    pairs = [text.partition("=") for text in typed]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise BadInput(f"--answer: `{wrong[0]}` is not allowed; it is NAME=VALUE, as members=3000")
    said: Mapping[str, str] = {name.strip(): value for name, _, value in pairs}
    answers = (questions.read(path) if path else {}) | questions.checked(said, "--answer: ")
    log = answers.get("log")
    return whole(answers, questions.counted(log) if log else None)


def carry_out(answers: Answers, folder: Path, how: How, pool: Pool, progress: Progress) -> brief.Brief:
    """Run what is missing and write the brief; stopped at any moment, the same again goes on.

    Raises
    ------
    BadInput : if the answers make no community that can be simulated
    Stopped : on Ctrl-C and when a run fails
    """
    questions.write(folder / questions.FILE, answers)
    names = plan.write_today(folder, answers)
    ready = plan.ready(names, answers, how.days)
    plan.write_community(folder, ready)
    if said := plan.left_out_in_words(ready):
        progress.note(said)
    asked = comparison.Asked(1, how.worlds, None, folder / COMPARISON, one_world=False)
    prepared = comparison.over_worlds(ready.prepared, asked)
    where, verdict = comparison.compare(prepared, asked, pool, progress)
    members = next(iter(prepared.scenarios.values())).community.members
    found = None
    if how.mix and members <= MOST_MEMBERS:
        found = search(folder, how, pool, progress)
    made = brief.of(folder, where, answers, ready, verdict, found)
    brief.write(folder, made)
    return made


def search(folder: Path, how: How, pool: Pool, progress: Progress) -> mix.Best:
    """Search for a better mix of hours than today's, on some seeds of one world, and report it."""
    days = {} if how.days is None else {"hold": {"community.days": how.days}}
    settings = {"scenarios": [str(folder / plan.COMMUNITY)], "prediction": "", "replicates": SEEDS, "mix": SEARCH}
    study = file.read("mix-community", settings | days)
    progress.say("Searching for a better mix of hours")
    mix.search(study, folder / MIX, pool, sweep.Order("hearth ask"), progress)
    report.write(folder / MIX)
    return mix.best(folder / MIX)
