"""Level facts of a community in a window of two years: of real logs and of runs alike, by the same code.

Facts are shares or amounts for each active member, so that the size of a community matters little. A window has half a
year before it, which tells who is no newcomer: the logs of real communities are cut so, and runs begin with it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from experiments.effects import levels, logs
from experiments.effects.logs import DAY, Community
from experiments.effects.newcomers import WINDOWS, newcomers
from experiments.runs.files import ROOT
from experiments.runs.given import BadInput

LEAD, WINDOW = 182, 728  # days before a window, and of a window
FEWEST = 50  # messages by members, without which a window says nothing
LOGS = ROOT.parent / "shared" / "data" / "company"

Facts = dict[str, float]


def real(folder: Path = LOGS) -> dict[str, list[Facts]]:
    """The facts of each window of each log in a folder, by the log's name.

    Raises
    ------
    BadInput : if there are no logs
    """
    paths = sorted(p for p in folder.glob("*.csv.gz") if not p.name.endswith(("_members.csv.gz", "_threads.csv.gz")))
    if not paths:
        raise BadInput(f"`{folder}`: has no logs of company communities (NAME.csv.gz, NAME_members.csv.gz); "
                       "the population is fitted to them")  # fmt: skip
    return {logs.name_of(path): of_windows(logs.read(path)) for path in paths}


def of_windows(log: Community) -> list[Facts]:
    """The facts of each whole window of a log, one after the other, the first half a year after its first message."""
    first, step = log.start + LEAD * DAY, WINDOW * DAY
    starts = range(first, log.end - step + 1, step)
    pieces = [cut(log, start - LEAD * DAY, start + step) for start in starts]
    return [of_window(piece) for piece in pieces if enough(piece)]


def enough(piece: Community) -> bool:
    """Whether members wrote enough in a window for facts."""
    messages = piece.messages
    return int((~messages["staff"] & (messages["time"] >= piece.start + LEAD * DAY)).sum()) >= FEWEST


def cut(log: Community, start: int, end: int) -> Community:
    """The part of a log from `start` to before `end` (s); what threads opened in it saw later is not known."""
    messages, threads = log.messages, log.threads
    messages = messages[messages["time"].between(start, end, inclusive="left")].reset_index(drop=True)
    threads = threads[threads["opened"].between(start, end, inclusive="left")].reset_index(drop=True)
    for name in logs.TIMES:
        threads[name] = threads[name].where(threads[name] < end)
    threads["first_by"] = threads["first_by"].where(threads["first_reply"].notna(), "")
    return replace(log, messages=messages, threads=threads, start=start, end=end)


def of_window(piece: Community) -> Facts:
    """The facts of a window; `piece` has the half year before it too. NaN where there is nothing of the sort."""
    start = piece.start + LEAD * DAY
    log = cut(piece, start, piece.end)
    weekly, messages = levels.active(log, 7), log.messages
    written, each = messages[~messages["staff"]], messages["source"].value_counts().to_numpy()
    people, waits = newcomers(piece), levels.waits(log)
    people = people[people["first"] >= start]
    half, total = weekly.size // 2, max(weekly.sum(), 1)
    facts = {name: estimate.value for name, estimate in (levels.shares(log) | levels.pairs(log)).items()}
    facts |= {f"back_{name}": float(people[name].mean()) for name in WINDOWS}
    return facts | {
        "weekly_active": float(weekly.mean()),
        "weekly_of_monthly_active": levels.of_month(log, weekly).value,
        "weekly_active_per_contributor": float(weekly.mean() / max(written["source"].nunique(), 1)),
        "messages_per_active_week": len(written) / total,
        "staff_messages_per_active_week": float(messages["staff"].sum() / total),
        "newcomers_of_weekly_active": len(people) / total,
        "second_year_of_first": float(weekly[half:].mean() / max(weekly[:half].mean(), 1 / half)),
        "openings": float(written["opens"].mean()),
        "wrote_once": float((each == 1).mean()),
        "top_tenth_of_messages": levels.top_tenth(each),
        "answered_median_hours": float(np.nanmedian(waits)) if waits.notna().any() else float("nan"),
    }
