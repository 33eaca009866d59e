"""From the messages of an export to a log: accounts numbered in order of first appearance, addressees, threads.

Readers hand over keys (names, mail addresses, ids of the source). The keys stay here: a log holds numbers only.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from sim.logs.log import Accounts, Log, LogError, threads_of

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


def log_of(name: str, messages: Iterable[Message], known: Iterable[Known] = (), notes: tuple[str, ...] = ()) -> Log:
    """The log of an export.

    A message is aimed at the account that the source names, else at the author of the message it answers; where none
    is named, in a thread that it did not open, at the last other writer there; else at everybody.

    Raises
    ------
    LogError : if no message has an author
    """
    ordered = sorted(messages, key=lambda message: message.time)
    if all(message.author is None for message in ordered):
        raise LogError(f"{name}: has no messages by people")
    author = {message.key: message.author for message in ordered}
    number: dict[Hashable, int] = {}
    places: dict[Hashable, int] = {}  # of threads
    writers: dict[Hashable, tuple[Hashable, Hashable]] = {}  # by thread: the last, and the last other than that one
    source, target, thread = (np.full(len(ordered), -1) for _ in range(3))
    for row, message in enumerate(ordered):
        if message.thread is not None:
            thread[row] = places.setdefault(message.thread, len(places))
        if message.author is None:
            continue
        to, (last, before) = message.to, writers.get(message.thread, (None, None))
        if to is None:
            other = last if last != message.author else before
            to = author.get(message.parent) if message.parent is not None else other
        if message.thread is not None and last != message.author:
            writers[message.thread] = message.author, last
        source[row] = number.setdefault(message.author, len(number))
        target[row] = source[row] if to is None else number.setdefault(to, len(number))
    accounts = [(number.setdefault(account.key, len(number)), account.joined, account.staff) for account in known]
    time, people = np.array([message.time for message in ordered], np.float64), source >= 0
    threads = threads_of(time, source, thread, people)
    kinds = tuple(dict.fromkeys(message.kind for message in ordered if message.author is not None))
    kind = np.array([kinds.index(message.kind) for message in ordered if message.author is not None], np.int16)
    return Log(
        time[people],
        source[people],
        target[people],
        kind,
        kinds,
        name,
        Accounts(*map(np.array, zip(*accounts, strict=True))) if accounts else None,
        threads if threads.opened.size else None,
        notes,
    )


def seconds(text: str) -> float:
    """Seconds since 1970 of ISO 8601, or of `2014-03-01 12:00:00 UTC`; without a zone: UTC."""
    return since_1970(datetime.fromisoformat(text.strip().removesuffix(" UTC")))


def since_1970(moment: datetime) -> float:
    """A moment as seconds since 1970; without a zone: UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def time_of(
    text: str,
    where: str,
    parse: Callable[[str], float] = seconds,
    what: str = "the time",
    example: str = "2014-03-01T12:00:00Z",
) -> float:
    """A time of an export as seconds since 1970, as `parse` reads it.

    Raises
    ------
    LogError : naming `where` and, as `what`, the text, if it is no such time, or before 1970 or after 2999
    """
    try:
        value = parse(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        raise LogError(f"{where}: {what} {text[:40]!r} is none; expected such as {example}") from None
    if not 0 <= value <= LATEST:
        raise LogError(f"{where}: the time lies outside of 1970 to 2999")
    return value
