"""Event logs: who wrote to whom, when; of real communities and of runs (ODD, 6 Input data).

`sim.logs.readers` reads logs of real communities; a run's log is made and written here. Whatever is wrong with a log
raises `LogError`.
"""

from __future__ import annotations

import gzip
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.aside import write_aside
from sim.given import BadInput, printable
from sim.state.events import KINDS

if TYPE_CHECKING:
    import pandas as pd

DAY = 86_400.0  # seconds
TEAM = 1_000_000_000  # person k of the team is this + k in a log; members are their rows
LARGEST_TEAM = 10_000  # ids from here on are no team's
EPOCH = 946_684_800.0  # 2000-01-01 UTC: day 0 of a run that was not founded from a log
ANNOUNCEMENT, EVENT = "announcement", "event"  # kinds: what the team sends to everybody; a gathering, contest
OUTSIDE = ("accept",)  # kinds without a time of their own


class LogError(BadInput):
    """A log that cannot be used; the message is for the person who gave it.

    The message names the file, the place in it, what is there and what is allowed. Control characters in it, as in the
    name of a file, are shown as escapes.
    """

    def __init__(self, message: str):
        super().__init__(printable(message))


class Accounts(NamedTuple):
    """Whoever was registered, also those who never wrote; arrays of one length."""

    member: np.ndarray  # int64, as in the events
    joined: np.ndarray  # float64, seconds since 1970, UTC; NaN: not known
    staff: np.ndarray  # bool


class Threads(NamedTuple):
    """The threads of a log, each with the first message by somebody other than its opener; arrays of one length."""

    opened: np.ndarray  # float64, seconds since 1970, UTC
    opener: np.ndarray  # int64
    first_reply: np.ndarray  # float64, seconds since 1970, UTC; NaN: never
    first_replier: np.ndarray  # int64; -1: nobody, or an account that is gone


@dataclass(frozen=True, eq=False)
class Log:
    """Events in order of time, as arrays of one length."""

    time: np.ndarray  # float64, seconds since 1970, UTC
    source: np.ndarray  # int64, who wrote
    target: np.ndarray  # int64, to whom; equal to source: to everybody
    kind: np.ndarray  # int16, place in `kinds`
    kinds: tuple[str, ...] = KINDS
    name: str = "log"  # where it comes from, for messages
    accounts: Accounts | None = None  # where the source tells who was registered
    threads: Threads | None = None  # where the source tells what belongs to which thread
    notes: tuple[str, ...] = ()  # what a reader had to leave out, for the person who gave the log
    thread: np.ndarray | None = None  # int64, the thread of each event, -1: none; where it is known

    def __len__(self) -> int:
        return self.time.size

    @property
    def first_day(self) -> date:
        """The day (UTC) of the first event."""
        return self._day(0)

    @property
    def last_day(self) -> date:
        """The day (UTC) of the last event."""
        return self._day(-1)

    @property
    def staff(self) -> np.ndarray:
        """Ids of the staff: flagged accounts, and the team of a run; empty if nobody is known to be staff."""
        ids = np.concatenate([self.source, self.target])
        flagged = np.zeros(0, np.int64) if self.accounts is None else self.accounts.member[self.accounts.staff]
        return np.union1d(ids[(ids >= TEAM) & (ids < TEAM + LARGEST_TEAM)], flagged)

    def _day(self, place: int) -> date:
        if not len(self):
            raise LogError(f"{self.name}: has no events")
        return datetime.fromtimestamp(float(self.time[place]), UTC).date()

    def is_of(self, kinds: Collection[str]) -> np.ndarray:
        """Flags of the events of these kinds, bool (n,)."""
        return np.isin(self.kind, [place for place, name in enumerate(self.kinds) if name in kinds])

    def only(self, chosen: np.ndarray | slice) -> Log:
        """The chosen events (flags or a slice), without accounts, threads and notes."""
        time, source, target, kind = (column[chosen] for column in (self.time, self.source, self.target, self.kind))
        return Log(time, source, target, kind, self.kinds, self.name)

    def before(self, at: float | str | date) -> Log:
        """The events before a moment: a date, an ISO text, or seconds since 1970; neither accounts nor threads."""
        return self.only(slice(int(np.searchsorted(self.time, moment(at), side="left"))))

    def with_threads(self, thread: np.ndarray) -> Log:
        """The same log with the threads that begin in it, each opened by a first event that is addressed to everybody.

        Announcements ask for no answer: `threads` does not count theirs.

        thread : int, shape (n,), the thread of each event; -1: none
        """
        opens = (self.source == self.target) & ~self.is_of((ANNOUNCEMENT,))
        return replace(self, thread=thread, threads=threads_of(self.time, self.source, thread, opens))

    def write(self, path: str | Path) -> Path:
        """Write the log as CSV, gzipped if the name ends in .gz, and the accounts, if known, beside it.

        Written aside and renamed; nothing is overwritten.

        Raises
        ------
        LogError : if there is a file of that name, or it cannot be written
        """
        import pandas as pd

        path = Path(path)
        kind = np.asarray(self.kinds, dtype=object)[self.kind] if len(self) else []
        columns = {"time": _whole(self.time), "source": self.source, "target": self.target, "kind": kind}
        if self.thread is not None:
            columns["thread"] = np.where(self.thread < 0, "", self.thread.astype(str))
        tables = {path: pd.DataFrame(columns)}
        if self.accounts is not None:
            member, joined, staff = self.accounts
            columns = {"member": member, "joined": _whole(joined), "staff": staff.astype(np.int8)}
            tables[beside(path, "members")] = pd.DataFrame(columns)
        for file in tables:
            if file.exists():
                raise _taken(file)
        for file, table in tables.items():
            _put(file, table)
        return path


def beside(path: Path, what: str) -> Path:
    """The file of the accounts or threads of a log.

    >>> beside(Path("forum.csv.gz"), "members").name
    'forum_members.csv.gz'
    """
    stem, dot, rest = path.name.partition(".")
    return path.with_name(f"{stem}_{what}{dot}{rest}")


def _whole(time: np.ndarray) -> np.ndarray:
    """Times as whole seconds, where all of them are."""
    return time.astype(np.int64) if bool((time == np.floor(time)).all()) else time


def _taken(path: Path) -> LogError:
    return LogError(f"{path}: exists already, and nothing is overwritten; name another file")


def _put(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV to a file that must not be there yet."""
    data = table.to_csv(index=False, lineterminator="\n").encode()
    if path.name.endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    try:
        write_aside(path, lambda hidden: hidden.write_bytes(data), new=True)
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        raise LogError(f"{path}: cannot be written ({error.strerror})") from None


def moment(at: float | str | date) -> float:
    """A date, a datetime, an ISO text or seconds, as seconds since 1970; without a zone: UTC.

    >>> moment("1970-01-02")
    86400.0
    """
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at.strip())
        except ValueError:
            raise LogError(f"date {at!r}: is none; write it as 2014-03-01") from None
    if isinstance(at, datetime):
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if isinstance(at, date):
        return datetime(at.year, at.month, at.day, tzinfo=UTC).timestamp()
    return float(at)


def from_days(day: Any, source: Any, target: Any, kind: Any, thread: Any = None, epoch: float = EPOCH) -> Log:
    """A log of events that are counted in days.

    Parameters
    ----------
    day : float, shape (n,), days since `epoch`; the fraction is the time of day
    source, target : int, shape (n,), rows of members; -2 - k: person k of the team, in the log `TEAM` + k
    kind : int, shape (n,), places in `KINDS`
    thread : int, shape (n,), the thread of each event, -1: none; None: threads are not known
    epoch : the moment at which day 0 begins, seconds since 1970
    """
    seconds = np.round(epoch + np.asarray(day, np.float64) * DAY, 3)
    order = np.argsort(seconds, kind="stable")
    source, target = (np.where(who < 0, TEAM - 2 - who, who) for who in (np.int64(source), np.int64(target)))
    log = Log(seconds[order], source[order], target[order], np.asarray(kind, np.int16)[order], name="run")
    return log if thread is None else log.with_threads(np.asarray(thread)[order])


def of_run(community: Any) -> Log:
    """The log of a community that was made to keep its events; it begins at its founding's moment, else at `EPOCH`.

    Its accounts are all members there ever were, and the team.
    """
    day, source, target, kind, thread = (
        community.events[name] for name in ("time", "source", "target", "kind", "thread")
    )
    epoch = EPOCH if community.epoch is None else community.epoch
    log = from_days(day, source, target, kind, thread, epoch)
    n, team = community.members.n, len(community.team)
    member = np.concatenate([np.arange(n), TEAM + np.arange(team)])
    day = np.concatenate([community.members.view.joined[:n], np.zeros(team)])
    staff = np.arange(n + team) >= n
    return replace(log, accounts=Accounts(member, np.maximum(epoch + day * DAY, 0.0), staff))


def threads_of(time: np.ndarray, source: np.ndarray, thread: np.ndarray, opens: np.ndarray) -> Threads:
    """The threads that begin in a log, each opened by its first event, if that is one that opens; arrays in time.

    source : int, shape (n,); -1: an account that is gone
    thread : int, shape (n,), the thread of each event; -1: none
    opens : bool, shape (n,), whether an event can open a thread
    """
    numbers, first = np.unique(thread, return_index=True)
    begins = (numbers >= 0) & opens[first]
    numbers, opening = numbers[begins], first[begins]
    inside = np.flatnonzero(np.isin(thread, numbers))
    place = np.searchsorted(numbers, thread[inside])
    by_others = source[inside] != source[opening][place]
    answered, at = np.unique(place[by_others], return_index=True)  # events are in order of time: the first of each
    replies = inside[by_others][at]
    reply, replier = np.full(opening.size, np.nan), np.full(opening.size, -1)
    reply[answered], replier[answered] = time[replies], source[replies]
    return Threads(time[opening], source[opening], reply, replier)
