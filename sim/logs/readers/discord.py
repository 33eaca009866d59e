"""Discord: the JSON of DiscordChatExporter, one file a channel, or a folder or zip of them.

guild, channel, messages[id, type, timestamp, author{id, isBot}, mentions[{id}], reference{messageId}]. A reply is
aimed at the author of the message it refers to, else a message is aimed at the first person it mentions, else at
everybody. Messages of bots and of the system are left out. A channel whose type ends in Thread (also a forum's post)
is a thread, opened by its first message; other channels have none. Names and texts are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.logs.log import Log, LogError
from sim.logs.readers.build import Message, build, seconds
from sim.logs.readers.files import ZIP, Bundle, head, parsed, whole

WRITTEN = ("Default", "Reply", "0", "19")  # types that people write


def is_export(start: bytes) -> bool:
    """Whether a file begins as an export does."""
    return start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and all(
        key in start for key in (b'"guild"', b'"channel"', b'"messages"')
    )


def read(path: Path) -> Log:
    """Read an export."""
    if path.is_dir() or head(path)[:4] == ZIP:
        bundle = Bundle(path)
        try:
            messages = [
                message
                for name in bundle.names
                if name.endswith(".json") and is_export((data := bundle.read(name))[:65_536])
                for message in _channel(parsed(data, bundle.where(name)), bundle.where(name))
            ]
        finally:
            bundle.close()
    else:
        messages = list(_channel(parsed(whole(path), str(path)), str(path)))
    return build(path.name, messages)


def _channel(found: Any, where: str) -> Iterator[Message]:
    """The messages of one channel."""
    if not isinstance(found, dict) or not isinstance(found.get("messages"), list):
        raise LogError(f"{where}: has no list `messages`; wanted is the JSON of DiscordChatExporter")
    channel = found.get("channel") or {}
    own = str(channel.get("id", where))
    in_thread = str(channel.get("type", "")).endswith("Thread")
    rows = [(f"{where}: message {row}", item) for row, item in enumerate(found["messages"], 1)]
    first = True
    for place, item in rows:
        if not isinstance(item, dict) or not item.get("id"):
            raise LogError(f"{place}: has no id")
        author = item.get("author")
        if not isinstance(author, dict) or not author.get("id"):
            raise LogError(f"{place}: has no author with an id")
        if str(item.get("type", "Default")) not in WRITTEN or author.get("isBot") is True:
            continue
        key, before = str(item["id"]), _reference(item)
        mentioned = [
            str(person["id"]) for person in item.get("mentions") or () if person.get("id") and not person.get("isBot")
        ]
        aim = None if before else next((person for person in mentioned if person != str(author["id"])), None)
        kind = "reply" if before else "mention" if aim else "chat"
        if in_thread:
            kind = "topic" if first else "reply"
        first, thread = False, own if in_thread else None
        yield Message(key, seconds(item.get("timestamp"), place), str(author["id"]), kind, thread, before, aim)


def _reference(item: dict) -> str | None:
    """The message that this one refers to, if it is a reply."""
    found = item.get("reference") or {}
    if str(found.get("type", "Default")) not in ("Default", "0"):  # a message that was only forwarded
        return None
    return str(found["messageId"]) if found.get("messageId") else None
