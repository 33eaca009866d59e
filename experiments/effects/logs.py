"""A log with roles as tables: messages, threads, members.

Files are those of `hearth run --events` and of the logs of hosted communities (CSV, plain or gzipped):

- LOG: time (seconds since 1970, UTC), source, target, kind, thread (empty or -1: none). Kinds: topic, question,
  announcement, event open a thread; reply, answer are in one; others (message: private, or face to face) are left out.
- LOG_members: member, staff (0, 1); if known, moderator (a volunteer lead, 0, 1) and since (seconds since 1970 from
  which the role holds; 0: always).
- LOG_threads, if known: thread, opened, opener (-1: unknown), kind, category (number), first_reply, first_replier,
  first_staff_reply, first_member_reply (seconds, empty: never), opening_words. What it does not say is taken from the
  messages.

Or an export that `sim.logs.readers` knows and that tells threads and staff: a table of members comes before its flags.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.runs.given import BadInput
from sim.logs import readers
from sim.logs.log import Log, LogError, beside
from sim.logs.readers.files import Files
from sim.logs.readers.messages import LATEST

DAY, WEEK = 86_400, 7 * 86_400  # seconds
OPENINGS = ("topic", "question", "announcement", "event")
REPLIES = ("reply", "answer")
SPECIAL = ("announcement", "event")  # kinds of threads that are told from topics
TIMES = ("first_reply", "first_staff_reply", "first_member_reply")
RARE = 20  # threads; smaller categories are put together


@dataclass(frozen=True, eq=False)
class Community:
    """A log with roles.

    messages : in order of time: time (whole s), source, target, thread, opens (bool), staff, lead (bool: the writer's
        role then), to_staff (bool: the target's), special (kind of the thread, "topic" unless in `SPECIAL`)
    threads : thread, opened (s), opener, kind, category (int, rare ones -1), words, first_reply, first_staff_reply,
        first_member_reply (s, NaN: never), first_by ("staff", "lead", "member", "": nobody), staff, lead (bool: the
        opener's role then); in order of `opened`
    members : everybody who wrote: member, staff, lead (bool: ever), first (s, of the first message)
    start, end : s; midnight before the first and after the last message
    notes : what the reader of an export had to leave out
    """

    name: str
    messages: pd.DataFrame
    threads: pd.DataFrame
    members: pd.DataFrame
    start: int
    end: int
    notes: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        """Days from the first to the last message, both counted."""
        return (self.end - self.start) // DAY

    def period(self, time: pd.Series, days: int) -> np.ndarray:
        """The number of the period of so many days, from 0 at the start, in which each time lies; int (n,)."""
        return ((time.to_numpy() - self.start) // (days * DAY)).astype(int)


def read(path: Path, members: Path | None = None, threads: Path | None = None) -> Community:
    """Read a log with its members and, if there is one, its table of threads; they lie beside it unless named.

    Raises
    ------
    BadInput : if a file is missing, or is not what it should be
    """
    notes: tuple[str, ...] = ()
    if is_export(path):
        log = readers.read(path)
        rows, roles = of_export(log, needs_staff=members is None)
        notes = log.notes
    else:
        rows = _table(path, ("time", "source", "target", "kind", "thread"))
        members = members or beside(path, "members")
    roles = _table(members, ("member", "staff"), ("moderator", "since")) if members else roles
    about = threads or beside(path, "threads")
    more = ("category", "first_replier", "opening_words", *TIMES)
    given = _table(about, ("thread", "opened", "opener", "kind"), more) if threads or about.is_file() else None
    for where, table, key in ((members, roles, "member"), (about, given, "thread")):
        if where and table is not None and (twice := table[key].duplicated()).any():
            raise BadInput(f"`{where}`: column `{key}`: row {int(twice.idxmax()) + 2}: stands there twice")
    return replace(community(name_of(path), rows, roles, given), notes=notes)


def is_export(path: Path) -> bool:
    """Whether a file or folder is an export of a platform; not so a CSV with the columns of a log."""
    return path.exists() and readers.recognised(path) != "csv"


def of_export(log: Log, needs_staff: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The messages and roles of an export, with columns as in the files.

    Raises
    ------
    BadInput : if it tells of no staff, and `needs_staff`
    """
    if needs_staff and not log.staff.size:
        raise BadInput(f"{log.name}: does not tell who is staff; name a table with --members (CSV: member, staff)")
    kind = np.array(log.kinds, object)[log.kind]
    thread = np.full(len(log), -1) if log.thread is None else log.thread
    columns = {"time": log.time, "source": log.source, "target": log.target, "kind": kind, "thread": thread}
    return pd.DataFrame(columns), pd.DataFrame({"member": log.staff, "staff": 1})


def name_of(path: Path) -> str:
    """The name of a log: its file's, without endings."""
    return path.name.split(".")[0]


def _table(path: Path, needed: tuple[str, ...], more: tuple[str, ...] = ()) -> pd.DataFrame:
    if not path.is_file():
        raise BadInput(f"`{path}`: there is no such file; wanted is a CSV with the columns {', '.join(needed)}")
    try:
        with Files(path) as files:
            table = pd.read_csv(io.BytesIO(files.read(path.name)))  # no more of it than a log can have
    except LogError:
        raise
    except (ValueError, KeyError, OSError) as error:  # KeyError: in a zip
        raise BadInput(f"`{path}`: is no CSV, plain or gzipped ({str(error)[:100]})") from None
    if missing := [column for column in needed if column not in table]:
        raise BadInput(
            f"`{path}`: has no column `{'`, `'.join(missing)}`; it must have {', '.join(needed)}, and says "
            f"{', '.join(map(str, table.columns))[:100]}"
        )
    if table.empty:
        raise BadInput(f"`{path}`: has a header and no rows")
    for column in (*needed, *(column for column in more if column in table)):
        highest = LATEST if column in ("time", "opened", "since", *TIMES) else np.iinfo(np.int64).max / 2
        if column != "kind" and not pd.api.types.is_numeric_dtype(table[column]):
            raise BadInput(f"`{path}`: column `{column}` holds something that is no number")
        if column != "kind" and (outside := ~table[column].dropna().between(-1, highest)).any():
            row = int(outside.idxmax()) + 2
            raise BadInput(f"`{path}`: column `{column}` is out of range in row {row}; it is 0 to {highest:.0f}")
        if column in needed and column != "thread" and table[column].isna().any():
            raise BadInput(f"`{path}`: column `{column}` is empty in row {int(table[column].isna().argmax()) + 2}")
    return table


def community(name: str, rows: pd.DataFrame, roles: pd.DataFrame, given: pd.DataFrame | None = None) -> Community:
    """A community out of its messages, roles and, if known, table of threads, with columns as in the files.

    Raises
    ------
    BadInput : if no message is in a thread
    """
    known = rows["kind"].isin([*OPENINGS, *REPLIES]) & (rows["thread"] >= 0)  # an empty thread is none
    rows = rows[known].sort_values("time", kind="stable", ignore_index=True).astype({"thread": np.int64})
    if rows.empty:
        raise BadInput(f"{name}: no message is in a thread; kinds are {', '.join([*OPENINGS, *REPLIES])}")
    rows["time"] = np.floor(rows["time"]).astype(np.int64)
    opens = rows["kind"].isin(OPENINGS)
    role = _Roles(roles)
    messages = rows[["time", "source", "target", "thread"]].assign(
        opens=opens,
        staff=role.staff(rows["source"], rows["time"]),
        lead=role.lead(rows["source"], rows["time"]),
        to_staff=role.staff(rows["target"], rows["time"]),
    )
    threads = _threads(messages, rows["kind"], role, given)
    messages["special"] = messages["thread"].map(threads.set_index("thread")["kind"]).fillna("topic")
    first = messages.groupby("source")["time"].min()
    members = pd.DataFrame({"member": first.index, "first": first.to_numpy()})
    members["staff"] = members["member"].isin(role.ever("staff"))
    members["lead"] = members["member"].isin(role.ever("moderator"))
    start = int(messages["time"].iloc[0]) // DAY * DAY
    end = (int(messages["time"].iloc[-1]) // DAY + 1) * DAY
    return Community(name, messages, threads, members, start, end)


class _Roles:
    """Who is staff and who is a volunteer lead, and since when."""

    def __init__(self, table: pd.DataFrame):
        zero = pd.Series(0, index=table.index)
        self.table = pd.DataFrame({key: table.get(key, zero).fillna(0) for key in ("staff", "moderator", "since")})
        self.table.index = pd.Index(table["member"])

    def ever(self, role: str) -> pd.Index:
        return self.table.index[self.table[role] == 1]

    def _holds(self, role: str, who: pd.Series, time: pd.Series) -> pd.Series:
        since = who.map(self.table.loc[self.table[role] == 1, "since"])
        return since <= time  # NaN, nobody of that role: never

    def staff(self, who: pd.Series, time: pd.Series) -> pd.Series:
        return self._holds("staff", who, time)

    def lead(self, who: pd.Series, time: pd.Series) -> pd.Series:
        return self._holds("moderator", who, time) & ~self.staff(who, time)


def _threads(messages: pd.DataFrame, kind: pd.Series, role: _Roles, given: pd.DataFrame | None) -> pd.DataFrame:
    """The table of threads: what is given, and the rest from the messages."""
    opening = messages[messages["opens"]].drop_duplicates("thread").assign(kind=kind)
    made = opening[["thread", "time", "source", "kind"]].rename(columns={"time": "opened", "source": "opener"})
    by_others = messages.merge(made[["thread", "opener"]], on="thread")
    by_others = by_others[by_others["source"] != by_others["opener"]]
    first = by_others.drop_duplicates("thread").set_index("thread")
    made = made.set_index("thread")
    made["first_reply"], made["first_replier"] = first["time"], first["source"]
    made["first_staff_reply"] = by_others[by_others["staff"]].drop_duplicates("thread").set_index("thread")["time"]
    made["first_member_reply"] = by_others[~by_others["staff"]].drop_duplicates("thread").set_index("thread")["time"]
    if given is not None:
        given = given.set_index("thread")
        known = [column for column in (*made.columns, "category", "opening_words") if column in given]
        made = given[known].join(made[[column for column in made.columns if column not in known]])
    return _described(made.reset_index(), role)


def _described(threads: pd.DataFrame, role: _Roles) -> pd.DataFrame:
    threads = threads.sort_values("opened", kind="stable", ignore_index=True)
    threads["opened"] = np.floor(threads["opened"]).astype(np.int64)
    zero = pd.Series(0, index=threads.index)
    category = threads.get("category", zero).fillna(-1).astype(int)
    threads["category"] = category.where(category.map(category.value_counts()) >= RARE, -1)
    threads["words"] = threads.get("opening_words", zero).fillna(0)
    threads["kind"] = threads["kind"].where(threads["kind"].isin(SPECIAL), "topic")
    threads["staff"] = role.staff(threads["opener"], threads["opened"])
    threads["lead"] = role.lead(threads["opener"], threads["opened"])
    replier, reply = threads["first_replier"], threads["first_reply"]
    by = np.select([role.staff(replier, reply), role.lead(replier, reply)], ["staff", "lead"], "member")
    threads["first_by"] = np.where(reply.notna(), by, "")
    columns = ["thread", "opened", "opener", "kind", "category", "words", *TIMES, "first_by", "staff", "lead"]
    return threads[columns]


def responses(log: Community) -> pd.DataFrame:
    """The first message of each writer but the opener in each thread.

    Columns: thread, source, time, staff, lead; in order of time.
    """
    messages = log.messages[["thread", "source", "time", "staff", "lead"]]
    messages = messages.merge(log.threads[["thread", "opener"]], on="thread")
    messages = messages[messages["source"] != messages["opener"]]
    return messages.drop_duplicates(["thread", "source"]).drop(columns="opener")
