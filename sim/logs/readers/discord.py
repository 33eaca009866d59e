"""Discord: the JSON of DiscordChatExporter, one file a channel, or a folder or zip of them.

guild, channel, messages[id, type, timestamp, author{id, isBot, roles[{name}]}, mentions[{id}], reference{messageId}].
A reply is aimed at the author of the message it refers to, else a message is aimed at the first person it mentions,
else at everybody. Messages of bots and of the system are left out. A channel whose type ends in Thread (also a forum's
post) is a thread, opened by its first message, or by the message of another channel that it hangs on; other channels
have none, but each announcement or event has its own: what is not a reply in a channel of announcements, or of such a
name. Who had a role of a name such as Admin or Team when it was exported is staff. Names and texts are not kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sim.logs.log import ANNOUNCEMENT, Log, LogError
from sim.logs.readers.files import Files, formed
from sim.logs.readers.messages import BY_BOTS, BY_THE_SYSTEM, Entry, Known, Message, log_of, time_of
from sim.logs.readers.names import of_staff, opened_in

WRITTEN = ("Default", "Reply", "0", "19")  # types that people write
BEGUN = ("ThreadStarterMessage", "21")  # type of the first message of a thread that hangs on one of another channel
QUOTED = ("Default", "0")  # types of references; the others only forward a message
NEWS_CHANNEL = {"GuildNews": ANNOUNCEMENT, "5": ANNOUNCEMENT}  # types of channels from which others take the news
GONE = "456226577798135808"  # "Deleted User": the one id under which Discord puts all accounts that are gone


class Form(BaseModel):
    """What is read of an export; ids may be numbers."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Role(Form):
    """What somebody is on the server."""

    name: str = ""


class Person(Form):
    """Who writes or is mentioned."""

    id: str
    isBot: bool = False
    roles: list[Role] | None = None

    def key(self) -> str | None:
        """The account; None if it is gone."""
        return None if self.id == GONE else self.id


class Reference(Form):
    """What a message refers to."""

    messageId: str | None = None
    type: str = "Default"


class Item(Form):
    """A message."""

    id: str
    type: str = "Default"
    timestamp: str
    author: Person
    mentions: list[Person] | None = None
    reference: Reference | None = None


class Channel(Form):
    """Where the messages are."""

    id: str | None = None
    type: str = ""
    name: str | None = None


class Export(Form):
    """A file."""

    channel: Channel | None = None
    messages: list[Any]


EXPORT, ITEM = TypeAdapter(Export), TypeAdapter(Item)


def recognises(files: Files) -> bool:
    """Whether there is an export among the files."""
    return any(_is_export(files.head(name)) for name in files.ending(".json"))


def _is_export(start: bytes) -> bool:
    """Whether a file begins as an export does."""
    return start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and all(
        key in start for key in (b'"guild"', b'"channel"', b'"messages"')
    )


def read(files: Files) -> Log:
    """Read an export."""
    exports = [name for name in files.ending(".json") if files.single or _is_export(files.head(name))]
    staff: dict[str, None] = {}
    entries = [entry for name in exports for entry in _channel(files, name, staff)]
    threads = {entry.thread for entry in entries if isinstance(entry, Message)}
    for place, entry in enumerate(entries):  # a thread has the number of the message of a channel that it hangs on
        if isinstance(entry, Message) and entry.thread is None and entry.key in threads:
            entries[place] = entry._replace(kind="topic", thread=entry.key)
    return log_of(files.path.name, entries, [Known(person, math.nan, True) for person in staff])


def _channel(files: Files, name: str, staff: dict[str, None]) -> Iterator[Entry]:
    """The messages of one channel; `staff` takes up who is staff."""
    export: Export = files.json(name, EXPORT)
    channel = export.channel or Channel()
    opened = NEWS_CHANNEL.get(channel.type) or opened_in(channel.name or "")
    thread = (channel.id or name) if channel.type.endswith("Thread") else None
    opening = thread is not None
    for row, data in enumerate(export.messages, 1):
        place = f"{files.where(name)}: message {row}"
        try:
            item: Item = formed(data, ITEM, place)
            time = time_of(item.timestamp, place)
        except LogError as fault:
            yield fault
            continue
        author = item.author
        if author.isBot or item.type not in WRITTEN:
            opening &= item.type not in BEGUN
            yield BY_BOTS if author.isBot else BY_THE_SYSTEM
            continue
        if of_staff(*(role.name for role in author.roles or ())):
            staff[author.id] = None
        before = item.reference.messageId if item.reference and item.reference.type in QUOTED else None
        mentioned = [person.key() for person in item.mentions or () if not person.isBot and person.id != author.id]
        to = next((person for person in mentioned if person), None) if before is None else None
        kind, within = "reply" if before else "mention" if to else "chat", thread
        if thread is not None:
            kind = "topic" if opening else "reply"
        elif opened and not before:
            kind, within, to = opened, item.id, None
        opening = False
        yield Message(item.id, time, author.key(), kind, within, before, to)
