"""Mailing lists: an mbox (also of Mailman/Pipermail archives), plain or gzipped.

From, Date, Message-ID, In-Reply-To, References. A message is aimed at the author of the message it answers; where
that one is not in the archive, at the last other writer under the same subject within 30 days; else at everybody.
Addresses, names and subjects only tell people and threads apart and are not kept.
"""

from __future__ import annotations

import mailbox
import re
import tempfile
from datetime import UTC
from email.header import decode_header, make_header
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

from sim.logs.log import GZIP, Log, LogError
from sim.logs.readers.build import Message, build, checked
from sim.logs.readers.files import whole

ID = re.compile(r"<[^<>\s]+>")
REPLY = re.compile(r"^\s*((re|aw|fwd?|antw|sv)(\[\d+\])?:|\[[^\]]*\])\s*", re.I)
WITHIN = 30 * 86_400.0  # seconds in which a subject belongs to one thread
START = re.compile(rb"\AFrom \S+( at \S+)?\s+(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ")


def is_mbox(start: bytes) -> bool:
    """Whether a file begins as an mbox does."""
    return bool(START.match(start.lstrip(b"\r\n")))


def read(path: Path) -> Log:
    """Read an archive."""
    with path.open("rb") as raw:
        packed = raw.read(2) == GZIP
    with tempfile.TemporaryDirectory(prefix="hearth-") as folder:
        plain = path
        if packed:
            plain = Path(folder) / "archive.mbox"
            plain.write_bytes(whole(path))
        box = mailbox.mbox(plain, create=False)
        try:
            messages = _messages(box, str(path))
        finally:
            box.close()
    return build(path.name, messages)


def _messages(box: mailbox.mbox, where: str) -> list[Message]:
    found = []
    for row, mail in enumerate(box, 1):
        place = f"{where}: message {row}"
        author = _author(mail.get("From"))
        if not author:
            raise LogError(f"{place}: has no sender (From:)")
        key = (ID.findall(str(mail.get("Message-ID", ""))) or [("no id", row)])[0]
        answered = ID.findall(str(mail.get("In-Reply-To", "")))[:1] or ID.findall(str(mail.get("References", "")))[-1:]
        found.append((key, _time(mail.get("Date"), place), author, answered, _subject(mail.get("Subject"))))
    found.sort(key=lambda mail: mail[1])
    thread_of: dict = {}
    latest: dict[str, tuple[float, object]] = {}  # per subject: when last, and in which thread
    messages = []
    for key, time, author, answered, subject in found:
        parent = answered[0] if answered and answered[0] in thread_of else None
        thread = thread_of[parent] if parent else None
        if thread is None and subject and subject in latest and time - latest[subject][0] <= WITHIN:
            thread = latest[subject][1]
        kind = "topic" if thread is None else "reply"
        thread = key if thread is None else thread
        thread_of.setdefault(key, thread)
        latest[subject] = time, thread
        messages.append(Message(key, time, author, kind, thread, parent))
    return messages


def _author(said: object) -> str:
    """A key for the sender: the address in small letters; archives write `who at where`."""
    text = str(said or "")
    _, address = parseaddr(text if "@" in text else text.replace(" at ", "@", 1))
    return (address or text).strip().lower()


def _time(said: object, place: str) -> float:
    try:
        moment = parsedate_to_datetime(str(said))
        return checked((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), place)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, LogError):
            raise
        raise LogError(f"{place}: the date {str(said)[:40]!r} is none; expected such as "
                       "Sat, 01 Mar 2014 12:00:00 +0000") from None  # fmt: skip


def _subject(said: object) -> str:
    """A subject without what replies add to it."""
    try:
        text = str(make_header(decode_header(str(said or ""))))
    except (LookupError, UnicodeError, ValueError):
        text = str(said or "")
    while (shorter := REPLY.sub("", text)) != text:
        text = shorter
    return " ".join(text.lower().split())
