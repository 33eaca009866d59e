"""Level facts of a community in a window of two years: of real logs and of runs alike, by the same code.

They mean what `experiments.effects.levels` means by them (a test holds them to it); here they are of arrays, since
thousands of runs are looked at, and a table for each took longer than the run. Facts are shares or amounts for each
active member, so that the size of a community matters little. A window has half a year before it, which tells who is
no newcomer: the logs of real communities are cut so, and runs begin with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.effects import logs
from experiments.effects.levels import top_tenth
from experiments.effects.logs import DAY, OPENINGS, REPLIES
from experiments.effects.newcomers import WINDOWS
from experiments.effects.windows import Moments, pairs
from experiments.runs.files import ROOT
from experiments.runs.given import BadInput
from sim.logs.log import TEAM, Log

LEAD, WINDOW = 182, 728  # days before a window, and of a window
FEWEST = 50  # messages by members, without which a window says nothing
LOGS = ROOT.parent / "shared" / "data" / "company"

Facts = dict[str, float]


class Piece(NamedTuple):
    """Messages in order of time, as arrays of one length, and the threads opened among them; whole seconds.

    staff, to_staff : whether the writer, the target was of the staff then
    opened, replied : when each thread was opened, and first answered by somebody else (-1: never)
    by_staff : whether it was by staff
    """

    time: np.ndarray
    source: np.ndarray
    target: np.ndarray
    opens: np.ndarray
    staff: np.ndarray
    to_staff: np.ndarray
    opened: np.ndarray
    replied: np.ndarray
    by_staff: np.ndarray

    def between(self, start: int, end: int) -> Piece:
        """The part from `start` to before `end`; what threads opened in it saw later is not known."""
        said = slice(*np.searchsorted(self.time, [start, end]))
        of = (self.opened >= start) & (self.opened < end)
        replied = np.where(self.replied < end, self.replied, -1)
        return Piece._make([*(column[said] for column in self[:6]), self.opened[of], replied[of], self.by_staff[of]])


def of_log(log: logs.Community) -> Piece:
    """The messages and threads of a log with roles."""
    columns = [log.messages[name].to_numpy() for name in ("time", "source", "target", "opens", "staff", "to_staff")]
    replied = log.threads["first_reply"].fillna(-1).to_numpy(np.int64)
    by_staff = (log.threads["first_by"] == "staff").to_numpy()
    return Piece._make([*columns, log.threads["opened"].to_numpy(), replied, by_staff])


def of_run(log: Log) -> Piece:
    """The messages and threads of a run's log."""
    assert log.thread is not None
    said = log.is_of((*OPENINGS, *REPLIES)) & (log.thread >= 0)
    time, source, target, thread = (x[said].astype(np.int64) for x in (log.time, log.source, log.target, log.thread))
    opens = log.is_of(OPENINGS)[said]
    threads, at = np.unique(thread[opens], return_index=True)
    opened, opener = time[opens][at], source[opens][at]
    place = np.searchsorted(threads, thread).clip(max=max(threads.size - 1, 0))
    answers = np.flatnonzero((threads[place] == thread) & (source != opener[place])) if threads.size else place[:0]
    first, where = np.unique(place[answers], return_index=True)
    replied, by_staff = np.full(threads.size, -1), np.zeros(threads.size, bool)
    replied[first], by_staff[first] = time[answers[where]], source[answers[where]] >= TEAM
    return Piece(time, source, target, opens, source >= TEAM, target >= TEAM, opened, replied, by_staff)


def real(folder: Path = LOGS) -> dict[str, list[Facts]]:
    """The facts of each window of each log in a folder, by the log's name.

    Raises
    ------
    BadInput : if there are no logs
    """
    paths = sorted(p for p in folder.glob("*.csv.gz") if not p.name.endswith(("_members.csv.gz", "_threads.csv.gz")))
    if not paths:
        raise BadInput(f"`{folder}`: has no logs of company communities (NAME.csv.gz, NAME_members.csv.gz), to which "
                       "the population is fitted; name their folder with --logs")  # fmt: skip
    found = {}
    for path in paths:
        log = logs.read(path)
        found[log.name] = of_windows(of_log(log), log.start, log.end)
    return found


def of_windows(piece: Piece, start: int, end: int) -> list[Facts]:
    """The facts of each whole window of a log, one after the other, the first half a year after its start (s)."""
    step = WINDOW * DAY
    starts = range(start + LEAD * DAY, end - step + 1, step)
    found = [of_window(piece.between(at - LEAD * DAY, at + step), at, at + step) for at in starts]
    return [one for one in found if one]


def of_window(piece: Piece, start: int, end: int) -> Facts:
    """The facts of a window; `piece` has what lies before too. NaN: nothing of the sort; empty: hardly any messages."""
    window = piece.between(start, end)
    written = ~window.staff
    if written.sum() < FEWEST:
        return {}
    weekly, monthly = active(window, start, end, 7), active(window, start, end, 28)
    each = np.unique(window.source, return_counts=True)[1]
    exchange, replied = window.source != window.target, window.replied >= 0
    hours = (window.replied - window.opened)[replied] / 3600
    half, total = weekly.size // 2, weekly.sum()
    return {
        "weekly_active": float(weekly.mean()),
        "weekly_of_monthly_active": float(weekly.mean() / monthly.mean()),
        "weekly_active_per_contributor": float(weekly.mean() / np.unique(window.source[written]).size),
        "messages_per_active_week": float(written.sum() / total),
        "staff_of_messages": float(window.staff.mean()),
        "staff_messages_per_active_week": float(window.staff.sum() / total),
        "between_members": mean((written & ~window.to_staff)[exchange]),
        "staff_of_first_repliers": mean(window.by_staff[replied]),
        "answered_24h": float((hours <= 24).sum() / max(window.opened.size, 1)),
        "answered_median_hours": float(np.median(hours)) if hours.size else np.nan,
        "second_year_of_first": float(weekly[half:].mean() / max(weekly[:half].mean(), 1 / half)),
        "openings": float(window.opens[written].mean()),
        "wrote_once": float((each == 1).mean()),
        "top_tenth_of_messages": top_tenth(each),
        **of_newcomers(piece, start, end, total),
        **of_pairs(window),
    }


def mean(flags: np.ndarray) -> float:
    """The share of flags; NaN of none."""
    return float(flags.mean()) if flags.size else np.nan


def active(window: Piece, start: int, end: int, days: int) -> np.ndarray:
    """Members who wrote in each period of so many days; int (periods,)."""
    period = (window.time[~window.staff] - start) // (days * DAY)
    each = np.unique(pairs(period, window.source[~window.staff])) >> 31
    return np.bincount(each, minlength=-(-(end - start) // (days * DAY)))


def of_newcomers(piece: Piece, start: int, end: int, total: int) -> Facts:
    """Members whose first message is in the window: for each active member and week, and how many came back."""
    at = np.unique(piece.source, return_index=True)[1]
    at = at[~piece.staff[at] & (piece.time[at] >= start)]
    who, first = piece.source[at], piece.time[at]
    wrote, found = Moments(piece.source, piece.time), {"newcomers_of_weekly_active": at.size / total}
    for name, (after, upto) in WINDOWS.items():
        seen = first + upto * DAY <= end
        found[f"back_{name}"] = mean(wrote.count(who, first + after * DAY, first + upto * DAY)[seen] > 0)
    return found


def of_pairs(window: Piece) -> Facts:
    """Of the pairs of members who ever exchanged a reply: with replies both ways, and with one reply only."""
    of = ~window.opens & ~window.staff & ~window.to_staff & (window.source != window.target)
    one, other = window.source[of], window.target[of]
    _, pair, counts = np.unique(
        pairs(np.minimum(one, other), np.maximum(one, other)), return_inverse=True, return_counts=True
    )
    up = np.bincount(pair, one < other, counts.size)
    return {"pairs_both_ways": mean((up > 0) & (up < counts)), "pairs_of_one_reply": mean(counts == 1)}
