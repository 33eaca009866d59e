"""From the messages of an export to a log: accounts numbered in order of first appearance, addressees, threads.

Readers hand over keys (names, mail addresses, ids of the source). The keys stay here: a log holds numbers only.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from sim.logs.log import Accounts, Log, LogError, Threads

LATEST = 32_503_680_000  # the year 3000; times in milliseconds lie beyond


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


@dataclass
class _Thread:
    """A thread so far: its opening, its first reply by another, and its last two writers."""

    opened: float
    opener: Hashable | None
    first_reply: float = math.nan
    first_replier: Hashable | None = None
    last: Hashable | None = None
    last_before: Hashable | None = None  # the last writer other than `last`


def log_of(name: str, messages: Iterable[Message], known: Iterable[Known] = (), notes: tuple[str, ...] = ()) -> Log:
    """The log of an export.

    A message is aimed at the account that the source names, else at the author of the message it answers; where none
    is named, in a thread that it did not open, at the last other writer there; else at everybody.

    Raises
    ------
    LogError : if no message has an author
    """
    ordered = sorted(messages, key=lambda message: message.time)
    author = {message.key: message.author for message in ordered}
    number: dict[Hashable, int] = {}
    threads: dict[Hashable, _Thread] = {}
    rows = []
    for message in ordered:
        to = message.to if message.to is not None or message.parent is None else author.get(message.parent)
        thread = threads.get(message.thread)
        if thread is None and message.thread is not None:
            thread = threads[message.thread] = _Thread(message.time, message.author)
        elif thread is not None:
            if math.isnan(thread.first_reply) and (message.author is None or message.author != thread.opener):
                thread.first_reply, thread.first_replier = message.time, message.author
            if to is None and message.parent is None:
                to = thread.last if thread.last != message.author else thread.last_before
        if message.author is None:
            continue
        if thread is not None and thread.last != message.author:
            thread.last, thread.last_before = message.author, thread.last
        source = number.setdefault(message.author, len(number))
        target = source if to is None else number.setdefault(to, len(number))
        rows.append((message.time, source, target, message.kind))
    if not rows:
        raise LogError(f"{name}: has no messages by people")
    accounts = [(number.setdefault(account.key, len(number)), account.joined, account.staff) for account in known]
    answered = [
        (one.opened, number.setdefault(one.opener, len(number)), one.first_reply,
         -1 if one.first_replier is None else number.setdefault(one.first_replier, len(number)))
        for one in threads.values() if one.opener is not None
    ]  # fmt: skip
    time, sources, targets, kind = zip(*rows, strict=True)
    kinds = tuple(dict.fromkeys(kind))
    return Log(
        np.array(time, np.float64),
        np.array(sources, np.int64),
        np.array(targets, np.int64),
        np.array([kinds.index(name) for name in kind], np.int16),
        kinds,
        name,
        Accounts(*_columns(accounts, np.int64, np.float64, bool)) if accounts else None,
        Threads(*_columns(answered, np.float64, np.int64, np.float64, np.int64)) if answered else None,
        notes,
    )


def _columns(rows: list[tuple], *types: type) -> list[np.ndarray]:
    return [np.array(column, of) for column, of in zip(zip(*rows, strict=True), types, strict=True)]


def seconds(text: str, where: str) -> float:
    """A time as exports write it (ISO 8601, or `2014-03-01 12:00:00 UTC`) as seconds since 1970; without a zone: UTC.

    Raises
    ------
    LogError : naming `where`, if it is none, or before 1970 or after 2999
    """
    try:
        moment = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise LogError(f"{where}: the time {text[:40]!r} is none; expected such as 2014-03-01T12:00:00Z") from None
    return checked(value, where)


def checked(value: float, where: str) -> float:
    """A number of seconds since 1970, if it can be one.

    Raises
    ------
    LogError : naming `where`, if it is before 1970 or after 2999
    """
    if not 0 <= value <= LATEST:
        raise LogError(f"{where}: the time lies outside of 1970 to 2999")
    return value
