"""Slack: the export of a workspace, a zip (or its unpacked folder).

users.json (org_users.json), channels.json (also groups, dms, mpims) and a folder per channel with a JSON file per day:
messages with ts, user, thread_ts and parent_user_id in threads, subtype for what people did not write. A reply in a
thread is aimed at the writer of the message that it hangs on; another message at the first user that it mentions
(<@U...>), else at everybody. Bots and joins are left out. Administrators and owners are staff.
A thread is known only once it has a reply, so nothing can be said about threads without one, and the log names none
but those of announcements: whatever begins in a channel of that name. Names and texts are not kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, TypeAdapter

from sim.logs.log import Log, LogError
from sim.logs.readers.files import Files, formed
from sim.logs.readers.messages import BY_BOTS, BY_THE_SYSTEM, Entry, Known, Message, log_of, time_of
from sim.logs.readers.names import opened_in

USERS, CHANNELS = ("users.json", "org_users.json"), ("channels.json", "groups.json", "dms.json", "mpims.json")
WRITTEN = ("", "thread_broadcast", "me_message", "file_share", "file_comment")  # subtypes that people write
BY_A_BOT = "bot_message"
DAY = re.compile(r".+/\d{4}-\d{2}-\d{2}\.json")
MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")


class User(BaseModel):
    """An account."""

    id: str
    is_bot: bool | None = None
    is_admin: bool | None = None
    is_owner: bool | None = None
    is_primary_owner: bool | None = None


class Item(BaseModel):
    """A message."""

    type: str = "message"
    subtype: str | None = None
    user: str | None = None
    bot_id: str | None = None
    ts: str | float | None = None
    thread_ts: str | float | None = None
    parent_user_id: str | None = None
    text: Any = None


ITEMS, USER, MESSAGE = TypeAdapter(list[Any]), TypeAdapter(User), TypeAdapter(Item)


def recognises(files: Files) -> bool:
    """Whether these are the files of an export."""
    return bool(files.called(*USERS, *CHANNELS)) and any(DAY.fullmatch(name) for name in files.names)


def read(files: Files) -> Log:
    """Read an export."""
    bots, faults = {"USLACKBOT"}, []
    people: dict[str, Known] = {}
    for name in files.called(*USERS).values():
        for row, data in enumerate(files.json(name, ITEMS), 1):
            try:
                user: User = formed(data, USER, f"{files.where(name)}: user {row}")
            except LogError as fault:
                faults.append(fault)
                continue
            if user.is_bot or user.id in bots:
                bots.add(user.id)
            else:
                staff = bool(user.is_admin or user.is_owner or user.is_primary_owner)
                people[user.id] = Known(user.id, math.nan, staff)
    days = [name for name in files.names if DAY.fullmatch(name)]
    entries = (entry for name in days for entry in _day(files, name, bots))
    return log_of(files.path.name, entries, [*people.values(), *faults])


def _day(files: Files, name: str, bots: set[str]) -> Iterator[Entry]:
    """The messages of a day of a channel."""
    for row, data in enumerate(files.json(name, ITEMS), 1):
        place = f"{files.where(name)}: message {row}"
        try:
            yield _message(formed(data, MESSAGE, place), place, PurePosixPath(name).parent, bots)
        except LogError as fault:
            yield fault


def _message(item: Item, place: str, channel: PurePosixPath, bots: set[str]) -> Entry:
    """A message, or why there is none."""
    if item.bot_id or item.subtype == BY_A_BOT or item.user in bots:
        return BY_BOTS
    if item.type != "message" or (item.subtype or "") not in WRITTEN:
        return BY_THE_SYSTEM
    if item.user is None:
        raise LogError(f"{place}: has no user")
    key, opened = (channel, item.ts), opened_in(channel.name)
    message = Message(key, _seconds(item.ts, place), item.user, "chat")
    if item.thread_ts is not None and item.thread_ts != item.ts:
        _seconds(item.thread_ts, place)
        before, to = (channel, item.thread_ts), None if item.parent_user_id in bots else item.parent_user_id
        return message._replace(kind="reply", parent=before, to=to, thread=before if opened else None)
    if opened:
        return message._replace(kind=opened, thread=key)
    if mention := MENTION.search(str(item.text)):
        return message._replace(kind="mention", to=None if mention[1] in bots else mention[1])
    return message


def _seconds(stamp: str | float | None, place: str) -> float:
    """A time stamp of Slack: seconds and microseconds as text."""
    return time_of("" if stamp is None else str(stamp), place, float, "ts", "1355517523.000005")
