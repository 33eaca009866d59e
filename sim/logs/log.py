"""Event logs: who wrote to whom, when; of real communities in, of simulated ones out (ODD, 6 Input data).

A log is a CSV (or a gzipped one) with the columns time (seconds since 1970, UTC), source, target (numbers of
members) and, if known, kind. A target equal to the source says: addressed to everybody. Other columns are ignored.
Whatever is wrong with a log raises `LogError`, whose message names the file, the row and the column, what was found
and what is allowed.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import os
import warnings
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.events import KINDS

DAY = 86_400.0  # seconds
TEAM = 1_000_000_000  # person k of the team is this + k in a log; members are their rows
LARGEST_TEAM = 10_000  # ids from here on are no team's
EPOCH = 946_684_800.0  # 2000-01-01 UTC: day 0 of a run that was not founded from a log
OUTSIDE = ("accept",)  # kinds without a time of their own
COLUMNS = ("time", "source", "target")
LATEST = 32_503_680_000  # the year 3000; times in milliseconds lie beyond
LARGEST_FILE = 1_000_000_000  # bytes, unpacked: some 30 million rows
MOST_KINDS = 100
CHUNK = 1 << 20
GZIP = b"\x1f\x8b"

ALLOWED = {
    "time": f"a number of seconds since 1970 (UTC), 0 to {LATEST:,}",
    "source": "the number of a member, a whole number from 0",
    "target": "the number of a member, a whole number from 0",
    "kind": f"a word, such as {', '.join(KINDS)}",
}


class LogError(ValueError):
    """A log that cannot be used; the message is for the person who gave it."""


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
        found = [ids[(ids >= TEAM) & (ids < TEAM + LARGEST_TEAM)]]
        if self.accounts is not None:
            found.append(self.accounts.member[self.accounts.staff])
        return np.unique(np.concatenate(found))

    def _day(self, place: int) -> date:
        if not len(self):
            raise LogError(f"{self.name}: has no events")
        return datetime.fromtimestamp(float(self.time[place]), UTC).date()

    def before(self, at: float | str | date) -> Log:
        """The events before a moment: a date, an ISO text, or seconds since 1970; neither accounts nor threads."""
        end = int(np.searchsorted(self.time, moment(at), side="left"))
        return Log(self.time[:end], self.source[:end], self.target[:end], self.kind[:end], self.kinds, self.name)

    def write(self, path: str | Path) -> Path:
        """Write the log as CSV, gzipped if the name ends in .gz, and the accounts, if known, beside it.

        Written aside and renamed; nothing is overwritten.

        Raises
        ------
        LogError : if there is a file of that name, or it cannot be written
        """
        path = Path(path)
        names = np.asarray(self.kinds, dtype=object)
        tables = {
            path: pd.DataFrame(
                {
                    "time": _whole(self.time),
                    "source": self.source,
                    "target": self.target,
                    "kind": names[self.kind] if len(self) else [],
                }
            )
        }
        if self.accounts is not None:
            joined = self.accounts.joined
            table = pd.DataFrame({"member": self.accounts.member, "joined": _whole(joined)})
            tables[beside(path, "members")] = table.assign(staff=self.accounts.staff.astype(np.int8))
        for taken in tables:
            if taken.exists():
                raise LogError(f"{taken}: exists already, and nothing is overwritten; name another file")
        for at, table in tables.items():
            _put(at, table)
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


def _put(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV to a file that must not be there yet."""
    data = table.to_csv(index=False, lineterminator="\n").encode()
    if path.name.endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            aside.write_bytes(data)
            try:
                os.link(aside, path)  # unlike a rename, fails if somebody was faster
            except FileExistsError:
                raise LogError(f"{path}: exists already, and nothing is overwritten; name another file") from None
            except OSError:  # a disk without links
                os.rename(aside, path)
        finally:
            with contextlib.suppress(OSError):
                aside.unlink()
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


def from_days(day: Any, source: Any, target: Any, kind: Any, epoch: float = EPOCH) -> Log:
    """A log of events that are counted in days.

    Parameters
    ----------
    day : float, shape (n,), days since `epoch`; the fraction is the time of day
    source, target : int, shape (n,), rows of members; -2 - k: person k of the team, in the log `TEAM` + k
    kind : int, shape (n,), places in `KINDS`
    epoch : the moment at which day 0 begins, seconds since 1970
    """
    seconds = np.round(epoch + np.asarray(day, np.float64) * DAY, 3)
    order = np.argsort(seconds, kind="stable")
    source, target = (np.where(who < 0, TEAM - 2 - who, who) for who in (np.int64(source), np.int64(target)))
    return Log(seconds[order], source[order], target[order], np.asarray(kind, np.int16)[order], name="run")


def of_run(community: Any) -> Log:
    """The log of a community that was made to keep its events; it begins at its founding's moment, else at `EPOCH`.

    Its accounts are all members there ever were, and the team.
    """
    kept = community.event_log

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(events, name) for events in kept]) if kept else np.zeros(0)

    epoch = EPOCH if community.epoch is None else community.epoch
    log = from_days(joined("time"), joined("source"), joined("target"), joined("kind"), epoch)
    threads = _threads(log, joined("time"), joined("thread"), epoch)
    n, team = community.members.n, len(community.team)
    member = np.concatenate([np.arange(n), TEAM + np.arange(team)])
    day = np.concatenate([community.members.view.joined[:n], np.zeros(team)])
    staff = np.arange(n + team) >= n
    return replace(log, accounts=Accounts(member, np.maximum(epoch + day * DAY, 0.0), staff), threads=threads)


def _threads(log: Log, day: np.ndarray, thread: np.ndarray, epoch: float) -> Threads:
    """The threads of a run; `day`, `thread`: of its events, float64 and int32 (n,), in the order they were kept."""
    thread = thread[np.argsort(np.round(epoch + day * DAY, 3), kind="stable")]
    opening = np.flatnonzero((thread >= 0) & (log.source == log.target))
    opening = opening[np.argsort(thread[opening])]
    inside = np.flatnonzero((thread >= 0) & (log.source != log.target))
    place = np.searchsorted(thread[opening], thread[inside])
    by_others = log.source[inside] != log.source[opening][place]
    answered, at = np.unique(place[by_others], return_index=True)  # events are in order of time: the first of each
    replies = inside[by_others][at]
    first, who = np.full(opening.size, np.nan), np.full(opening.size, -1)
    first[answered], who[answered] = log.time[replies], log.source[replies]
    return Threads(log.time[opening], log.source[opening], first, who)


def read(path: str | Path) -> Log:
    """Read a log; sorted by time (events of one second keep their order).

    Raises
    ------
    LogError : for anything that is wrong with the file, with its place
    """
    path = Path(path)
    data = _unpacked(path)
    header = _header(path, data)
    names = [name for name in (*COLUMNS, "kind") if name in header]
    if not data.partition(b"\n")[2].strip(b"\r\n\t ,"):
        raise LogError(f"{path}: has a header and no rows; a log has one row per message")
    _check_fields(path, data, len(header))
    table = _table(path, data, header, names)
    time = table["time"].to_numpy(np.float64)
    if "kind" in names:
        text = table["kind"].cat
        kinds, kind = tuple(map(str, text.categories)), text.codes.to_numpy(np.int16)
    else:
        kinds, kind = ("message",), np.zeros(time.size, np.int16)
    source, target = table["source"].to_numpy(np.int64), table["target"].to_numpy(np.int64)
    if (np.diff(time) < 0).any():
        order = np.argsort(time, kind="stable")
        time, source, target, kind = time[order], source[order], target[order], kind[order]
    return Log(time, source, target, kind, kinds, path.name)


def _unpacked(path: Path) -> bytes:
    """The text of a log as bytes, unpacked if need be, and surely text."""
    if path.is_dir():
        raise LogError(f"{path}: is a folder; name a log, a CSV with the columns {', '.join(COLUMNS)}, kind")
    if not path.exists():
        raise LogError(f"{path}: no such file")
    if not path.is_file():
        raise LogError(f"{path}: is not a file")
    pieces, size = [], 0
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == GZIP
            raw.seek(0)
            with gzip.open(raw) if packed else contextlib.nullcontext(raw) as file:
                while piece := file.read(CHUNK):
                    if b"\0" in piece:
                        raise LogError(f"{path}: is not text; a log is a CSV, plain or gzipped")
                    size += len(piece)
                    if size > LARGEST_FILE:
                        raise LogError(f"{path}: is too large; at most {LARGEST_FILE:,} bytes, unpacked")
                    pieces.append(piece)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise LogError(f"{path}: is a broken gzip file; unpack it by hand to see what is left") from None
    except OSError as error:
        raise LogError(f"{path}: cannot be read ({error.strerror})") from None
    data = b"".join(pieces)
    if not data.strip():
        raise LogError(f"{path}: is empty; a log is a CSV with the columns {', '.join(COLUMNS)}, kind")
    return data.removeprefix(b"\xef\xbb\xbf")


def _header(path: Path, data: bytes) -> list[str]:
    """The names of the columns, in small letters."""
    line = data.split(b"\n", 1)[0]
    try:
        header = [name.strip().strip('"').lower() for name in line.decode("utf-8").split(",")]
    except UnicodeDecodeError:
        raise LogError(f"{path}: is not text in UTF-8") from None
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        said = ", ".join(header)[:80]
        raise LogError(
            f"{path}: row 1: no column `{'`, `'.join(missing)}`; the header must name time, source, target (and kind, "
            f"if known), separated by commas; it says: {said}"
        )
    twice = [name for name in (*COLUMNS, "kind") if header.count(name) > 1]
    if twice:
        raise LogError(f"{path}: row 1: two columns are called `{twice[0]}`")
    return header


def _check_fields(path: Path, data: bytes, wanted: int) -> None:
    """Refuse rows with more or fewer fields than the header, which a parser would cut or fill up in silence."""
    if b'"' in data:
        try:
            rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
            found = next(
                ((row, len(cells)) for row, cells in enumerate(rows, 1) if len(cells) not in (0, wanted)), None
            )
        except (UnicodeDecodeError, csv.Error) as error:
            raise LogError(f"{path}: is not a CSV with one row per message: {str(error)[:120]}") from None
    else:
        signs = np.frombuffer(data, np.uint8)
        ends = np.append(np.flatnonzero(signs == ord("\n")), signs.size)
        fields = np.diff(np.searchsorted(np.flatnonzero(signs == ord(",")), ends), prepend=0) + 1
        length = np.diff(ends, prepend=-1) - 1
        odd = np.flatnonzero((fields != wanted) & (length > 1))  # a blank line has at most a carriage return
        found = (int(odd[0]) + 1, int(fields[odd[0]])) if odd.size else None
    if found:
        raise LogError(f"{path}: row {found[0]}: has {found[1]} fields; the header names {wanted}")


def _table(path: Path, data: bytes, header: list[str], names: list[str]) -> pd.DataFrame:
    """The columns wanted, in their types: fast if all is well; if not, read again as text to name the fault."""
    types = {"time": np.float64, "source": np.int64, "target": np.int64, "kind": "category"}
    try:
        table = _parse(data, header, names, {name: types[name] for name in names})
    except (ValueError, OverflowError, pd.errors.ParserWarning):
        table = None
    if table is not None:
        first = _parse(data, header, names, dict.fromkeys(names, str), nrows=1).iloc[0]
        sound = not any(str(first[name]).strip().lower() in ("true", "false") for name in COLUMNS)  # pandas: 1, 0
        time = table["time"].to_numpy()
        sound &= bool(((time >= 0) & (time <= LATEST)).all())
        sound &= all(bool((table[name].to_numpy() >= 0).all()) for name in ("source", "target"))
        if "kind" in names:
            kind = table["kind"].cat
            sound &= not bool((kind.codes < 0).any()) and len(kind.categories) <= MOST_KINDS
            sound &= all(str(name).strip() == str(name) != "" for name in kind.categories)
        if sound:
            return table
    raise _fault(path, data, header, names)


def _parse(data: bytes, header: list[str], names: list[str], types: dict, **more) -> pd.DataFrame:
    """Parse a log, with pandas' guesses switched off; blank lines are left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            io.BytesIO(data),
            header=None,
            skiprows=1,
            names=[name if name in names else f"{place}: {name}" for place, name in enumerate(header)],
            usecols=names,
            index_col=False,
            dtype=types,
            keep_default_na=False,
            na_values=[""],
            encoding="utf-8",
            low_memory=False,
            **more,
        )


def _fault(path: Path, data: bytes, header: list[str], names: list[str]) -> LogError:
    """What is wrong with a log that could not be parsed: its first bad row and column."""
    try:
        table = _parse(data, header, names, dict.fromkeys(names, str), skip_blank_lines=False)
    except UnicodeDecodeError:
        return LogError(f"{path}: is not text in UTF-8")
    except (ValueError, pd.errors.ParserWarning) as error:
        return LogError(f"{path}: is not a CSV with one row per message: {str(error)[:120]}")
    blank = table.isna().all(axis=1).to_numpy()
    faults = []
    for name in names:
        text = table[name]
        if name == "kind":
            bad = (text.isna() | (text.str.strip() != text)).to_numpy()
        else:
            value = pd.to_numeric(text, errors="coerce").to_numpy(np.float64)
            bad = ~((value >= 0) & (value <= (LATEST if name == "time" else np.iinfo(np.int64).max - 1024)))
            if name != "time":
                bad = bad | ~text.str.fullmatch(r"\s*\+?\d+\s*").fillna(False).to_numpy(bool)
        bad = bad & ~blank
        if bad.any():
            faults.append((int(bad.argmax()), name))
    if not faults:
        kinds = table["kind"].nunique() if "kind" in names else 0
        if kinds > MOST_KINDS:
            return LogError(f"{path}: column `kind`: {kinds:,} different kinds; at most {MOST_KINDS}")
        return LogError(f"{path}: cannot be read as a log: time, source and target must be plain numbers")
    row, name = min(faults, key=lambda fault: fault[0])
    cell = table[name].iloc[row]
    said = "nothing" if pd.isna(cell) else repr(cell if len(cell) <= 40 else cell[:40] + "...")
    hint = ""
    if name == "time" and not pd.isna(cell):
        value = pd.to_numeric(cell, errors="coerce")
        if LATEST < value < LATEST * 1000:
            hint = "; are these milliseconds?"
    return LogError(f"{path}: row {row + 2}: column `{name}`: {said} is not allowed; it is {ALLOWED[name]}{hint}")
