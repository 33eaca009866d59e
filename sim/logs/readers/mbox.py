"""Mailing lists: an mbox (also of Mailman/Pipermail archives), plain or gzipped.

From, Date, Message-ID, In-Reply-To, References. A message is aimed at the author of the message it answers; where
that one is not in the archive, at the last other writer under the same subject within 30 days; else at everybody.
A message without a sender or a date is left out and counted, and so is what a machine answered (Auto-Submitted, RFC
3834). Addresses, names and subjects only tell people and threads apart and are not kept.

Python's `mailbox` begins a message at every line with `From ` in front, also in a text; here it takes a date as well.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Hashable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.parser import BytesHeaderParser
from email.utils import parseaddr, parsedate_to_datetime
from typing import NamedTuple

from sim.logs.log import Log, LogError
from sim.logs.readers.files import Files
from sim.logs.readers.messages import BY_BOTS, Entry, Message, log_of, since_1970, time_of

START = rb"From [^\n]{0,300}\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {1,2}[A-Z][a-z]{2} {1,2}\d{1,2} \d{1,2}:\d\d[^\n]*\n"
HEADERS = re.compile(START + rb"((?:[^\r\n][^\n]*\n)*)")
ID = re.compile(r"<[^<>\s]+>")
REPLY = re.compile(r"(\s*((re|aw|fwd?|antw|sv)(\[\d+\])?:|\[[^\]]*\]))*", re.I)
LONGEST = 1_000  # letters of a subject that are looked at; lines have no more
WITHIN = 30 * 86_400.0  # seconds in which a subject belongs to one thread


class Header(NamedTuple):
    """What is read of a message."""

    time: float  # seconds since 1970
    key: Hashable  # its Message-ID, or its place
    author: str
    answered: str | None  # the Message-ID that it answers
    subject: str


def recognises(files: Files) -> bool:
    """Whether the one file begins as an mbox does."""
    return files.single and bool(re.match(START, files.head(files.names[0]).lstrip(b"\r\n")))


def read(files: Files) -> Log:
    """Read an archive."""
    headers: list[Header] = []
    others: list[Entry] = []
    for row, block in enumerate(_blocks(files.read(files.names[0])), 1):
        mail = BytesHeaderParser().parsebytes(block)
        try:
            if str(mail.get("Auto-Submitted", "no")).strip().lower() == "no":
                headers.append(_header(mail, f"message {row}"))
            else:
                others.append(BY_BOTS)
        except LogError as fault:
            others.append(fault)
    return log_of(files.path.name, [*_messages(sorted(headers, key=lambda header: header.time)), *others])


def _blocks(data: bytes) -> Iterator[bytes]:
    """The headers of each message."""
    at = 0
    while at >= 0:
        if found := HEADERS.match(data, at):
            yield found[1]
        at = data.find(b"\nFrom ", at) + 1 or -1


def _messages(headers: list[Header]) -> list[Message]:
    """The messages with their threads; `headers` in order of time."""
    thread_of: dict[Hashable, Hashable] = {}
    latest: dict[str, tuple[float, Hashable]] = {}  # per subject: when last, and in which thread
    messages = []
    for time, key, author, answered, subject in headers:
        parent = answered if answered in thread_of else None
        thread = thread_of[parent] if parent else None
        if thread is None and subject in latest and time - latest[subject][0] <= WITHIN:
            thread = latest[subject][1]
        kind = "topic" if thread is None else "reply"
        thread = key if thread is None else thread
        thread_of.setdefault(key, thread)
        if subject:
            latest[subject] = time, thread
        messages.append(Message(key, time, author, kind, thread, parent))
    return messages


def _header(mail: Mail, place: str) -> Header:
    """What is read of a message; LogError, naming its place, if it has no sender or no date."""
    author = _author(str(mail.get("From", "")))
    if not author:
        raise LogError(f"{place}: has no sender (From:)")
    key = next(iter(ID.findall(str(mail.get("Message-ID", "")))), ("no id", place))
    answered = ID.findall(str(mail.get("In-Reply-To", "")))[:1] or ID.findall(str(mail.get("References", "")))[-1:]
    date, example = str(mail.get("Date", "")), "Sat, 01 Mar 2014 12:00:00 +0000"
    time = time_of(date, place, lambda text: since_1970(parsedate_to_datetime(text)), "the date", example)
    return Header(
        time, key, author, answered[0] if answered else None, _subject(str(mail.get("Subject", ""))[:LONGEST])
    )


def _author(text: str) -> str:
    """A key for the sender: the address in small letters; archives write `who at where`."""
    try:
        _, address = parseaddr(text if "@" in text else text.replace(" at ", "@", 1))
    except RecursionError:  # hundreds of brackets in each other
        address = ""
    return (address or text).strip().lower()


def _subject(text: str) -> str:
    """A subject without what replies add to it."""
    with contextlib.suppress(LookupError, ValueError, HeaderParseError):  # malformed, or in an unknown character set
        text = str(make_header(decode_header(text)))
    return " ".join(REPLY.sub("", text, count=1).lower().split())
