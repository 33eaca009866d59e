"""From the messages of an export to a log: accounts numbered in order of first appearance, addressees, threads.

Readers hand over keys (names, mail addresses, ids of the source). The keys stay here: a log holds numbers only. What
cannot be read, or is by no person, is left out, and the log's notes say how much of it there was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from sim.logs.log import ANNOUNCEMENT, Accounts, Log, LogError, threads_of

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


class LeftOut(NamedTuple):
    """A message that does not belong into a log."""

    which: str  # as in "by bots"


BY_BOTS = LeftOut("by bots")
BY_THE_SYSTEM = LeftOut("of the system (joins, pins, notices)")
Entry = Message | LeftOut | LogError  # the last: a message that cannot be read, and why


def log_of(name: str, entries: Iterable[Entry], known: Sequence[Known | LogError] = ()) -> Log:
    """The log of an export.

    A message is aimed at the account that the source names, else at the author of the message it answers; where none
    is named, in a thread that it did not open, at the last other writer there; else at everybody. What members call an
    announcement is a topic, if anybody is known to be staff.

    Raises
    ------
    LogError : if no message has an author
    """
    ordered, left_out, faults = _sorted_out(entries)
    people = [account for account in known if isinstance(account, Known)]
    notes = _notes(ordered, left_out, faults, [account for account in known if isinstance(account, LogError)], people)
    if all(message.author is None for message in ordered):
        raise LogError(": ".join([name, "has no messages by people", *notes]))
    staff = {account.key for account in people if account.staff}
    author = {message.key: message.author for message in ordered}
    number: dict[Hashable, int] = {}
    places: dict[Hashable, int] = {}  # of threads
    writers: dict[Hashable, tuple[Hashable, Hashable]] = {}  # by thread: the last, and the last other than that one
    source, target, thread = (np.full(len(ordered), -1) for _ in range(3))
    words: list[str] = []
    for row, message in enumerate(ordered):
        if message.thread is not None:
            thread[row] = places.setdefault(message.thread, len(places))
        by_a_member = message.kind == ANNOUNCEMENT and staff and message.author not in staff
        words.append("topic" if by_a_member else message.kind)
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
    accounts = [(number.setdefault(account.key, len(number)), account.joined, account.staff) for account in people]
    time, by_people = np.array([message.time for message in ordered], np.float64), source >= 0
    kind = np.array(words, object)
    threads = threads_of(time, source, thread, by_people & (kind != ANNOUNCEMENT))
    kinds = tuple(dict.fromkeys(kind[by_people]))
    return Log(
        time[by_people],
        source[by_people],
        target[by_people],
        np.array([kinds.index(word) for word in kind[by_people]], np.int16),
        kinds,
        name,
        Accounts(*map(np.array, zip(*accounts, strict=True))) if accounts else None,
        threads if threads.opened.size or ANNOUNCEMENT in kinds else None,
        notes,
        thread[by_people] if places else None,
    )


def _sorted_out(entries: Iterable[Entry]) -> tuple[list[Message], Counter[str], list[LogError]]:
    """The messages in order of time, each once; how many were left out, by what they are; and the faults."""
    messages: dict[tuple[Hashable, ...], Message] = {}
    left_out: Counter[str] = Counter()
    faults = []
    for entry in entries:
        if isinstance(entry, LogError):
            faults.append(entry)
        elif isinstance(entry, LeftOut):
            left_out[entry.which] += 1
        elif (same := (entry.key, entry.time, entry.author)) in messages:
            left_out["that are there twice"] += 1
        else:
            messages[same] = entry
    ordered = sorted(messages.values(), key=lambda message: message.time)
    if gone := sum(message.author is None for message in ordered):
        left_out["by accounts that are gone"] = gone
    return ordered, left_out, faults


def _notes(
    messages: list[Message],
    left_out: Counter[str],
    faults: list[LogError],
    bad_accounts: list[LogError],
    accounts: list[Known],
) -> tuple[str, ...]:
    """What was left out, for the person who gave the log."""
    unread = [
        f"{len(bad):,} of {len(bad) + len(good):,} {what} left out, the first: {bad[0]}"
        for bad, good, what in ((faults, messages, "messages"), (bad_accounts, accounts, "accounts"))
        if bad
    ]
    return (*unread, *(f"messages {which} left out: {count:,}" for which, count in left_out.items()))


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
