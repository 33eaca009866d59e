"""From the messages of an export to a log: accounts numbered in order of first appearance, addressees, threads.

Readers hand over keys (names, mail addresses, ids of the source). The keys stay here: a log holds numbers only.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from sim.logs.log import LATEST, Accounts, Log, LogError, Threads


class Message(NamedTuple):
    """A message of an export. Times are seconds since 1970, UTC."""

    key: Hashable  # which message it is
    time: float
    author: Hashable | None  # None: an account that is gone; the message is left out, but for its thread's first reply
    kind: str
    thread: Hashable | None = None  # None: in none
    parent: Hashable | None = None  # the key of the message that it answers
    to: Hashable | None = None  # the account that it is aimed at, where the source names it


class Known(NamedTuple):
    """An account of an export."""

    key: Hashable
    joined: float  # NaN: not known
    staff: bool


def build(name: str, messages: Iterable[Message], known: Iterable[Known] = ()) -> Log:
    """The log of an export.

    A message is aimed at the account that the source names, else at the author of the message it answers; where none
    is told, in a thread that it did not open, at the last other writer there; else at everybody.
    """
    ordered = sorted(messages, key=lambda message: message.time)
    if not ordered:
        raise LogError(f"{name}: has no messages by people")
    number: dict[Hashable, int] = {}

    def numbered(key: Hashable) -> int:
        return number.setdefault(key, len(number))

    author = {message.key: message.author for message in ordered}
    opened: dict[Hashable, list] = {}  # per thread: time, opener, first reply, first replier
    writers: dict[Hashable, list] = {}  # per thread: the last writer, and the last before other than that one
    rows = []
    for message in ordered:
        thread = None if message.thread is None else opened.get(message.thread)
        if thread is None and message.thread is not None:
            opened[message.thread] = [message.time, message.author, math.nan, None]
        elif thread is not None and math.isnan(thread[2]) and (message.author is None or message.author != thread[1]):
            thread[2:] = message.time, message.author
        if message.author is None:
            continue
        last = writers.setdefault(message.thread, [None, None]) if message.thread is not None else [None, None]
        to = message.to
        if to is None and message.parent is not None:
            to = author.get(message.parent)
        if to is None and message.parent is None and thread is not None:
            to = last[0] if last[0] != message.author else last[1]
        if last[0] != message.author:
            last[:] = message.author, last[0]
        source = numbered(message.author)
        rows.append((message.time, source, source if to is None else numbered(to), message.kind))
    if not rows:
        raise LogError(f"{name}: has no messages by people")
    accounts = [(numbered(account.key), account.joined, account.staff) for account in known]
    threads = [
        (time, numbered(opener), first, -1 if replier is None else numbered(replier))
        for time, opener, first, replier in opened.values()
        if opener is not None
    ]
    kinds = tuple(dict.fromkeys(row[3] for row in rows))
    column = list(zip(*rows, strict=True))
    return Log(
        np.array(column[0], np.float64),
        np.array(column[1], np.int64),
        np.array(column[2], np.int64),
        np.array([kinds.index(kind) for kind in column[3]], np.int16),
        kinds,
        name,
        _arrays(Accounts, (np.int64, np.float64, bool), accounts) if accounts else None,
        _arrays(Threads, (np.float64, np.int64, np.float64, np.int64), threads) if threads else None,
    )


def _arrays(form, types: tuple, rows: list):
    return form(*(np.array([row[k] for row in rows], of) for k, of in enumerate(types)))


def seconds(text: object, where: str) -> float:
    """A time as exports write it (ISO 8601, or `2014-03-01 12:00:00 UTC`); without a zone: UTC.

    Raises
    ------
    LogError : naming `where`, if it is none, or before 1970 or after 2999
    """
    said = str(text).strip()
    try:
        moment = datetime.fromisoformat(said.removesuffix(" UTC"))
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        raise LogError(f"{where}: the time {said[:40]!r} is none; expected such as 2014-03-01T12:00:00Z") from None
    return checked(value, where)


def checked(value: float, where: str) -> float:
    """A number of seconds since 1970, if it can be one."""
    if not 0 <= value <= LATEST:
        raise LogError(f"{where}: the time lies outside of 1970 to 2999")
    return value
