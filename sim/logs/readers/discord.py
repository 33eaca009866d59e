"""Discord: the JSON of DiscordChatExporter, one file a channel, or a folder or zip of them.

guild, channel, messages[id, type, timestamp, author{id, isBot}, mentions[{id}], reference{messageId}]. A reply is
aimed at the author of the message it refers to, else a message is aimed at the first person it mentions, else at
everybody. Messages of bots and of the system are left out. A channel whose type ends in Thread (also a forum's post)
is a thread, opened by its first message; other channels have none. Names and texts are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sim.logs.log import Log
from sim.logs.readers.files import Files
from sim.logs.readers.messages import Message, log_of, time_of

WRITTEN = ("Default", "Reply", "0", "19")  # types that people write
QUOTED = ("Default", "0")  # types of references; the others only forward a message
GONE = "456226577798135808"  # "Deleted User": the one id under which Discord puts all accounts that are gone


class Form(BaseModel):
    """What is read of an export; ids may be numbers."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Person(Form):
    """Who writes or is mentioned."""

    id: str
    isBot: bool = False

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


class Export(Form):
    """A file."""

    channel: Channel | None = None
    messages: list[Item]


EXPORT = TypeAdapter(Export)


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
    return log_of(files.path.name, (message for name in exports for message in _channel(files, name)))


def _channel(files: Files, name: str) -> Iterator[Message]:
    """The messages of one channel."""
    export: Export = files.json(name, EXPORT, "message")
    channel = export.channel or Channel()
    thread = (channel.id or name) if channel.type.endswith("Thread") else None
    opening = thread is not None
    for row, item in enumerate(export.messages, 1):
        if item.type not in WRITTEN or item.author.isBot:
            continue
        before = item.reference.messageId if item.reference and item.reference.type in QUOTED else None
        mentioned = [person.key() for person in item.mentions or () if not person.isBot and person.id != item.author.id]
        to = next((person for person in mentioned if person), None) if before is None else None
        kind = "reply" if before else "mention" if to else "chat"
        if thread is not None:
            kind = "topic" if opening else "reply"
        opening = False
        time = time_of(item.timestamp, f"{files.where(name)}: message {row}")
        yield Message(item.id, time, item.author.key(), kind, thread, before, to)
