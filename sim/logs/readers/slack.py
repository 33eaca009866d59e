"""Slack: the export of a workspace, a zip (or its unpacked folder).

users.json (org_users.json), channels.json (also groups, dms, mpims) and a folder per channel with a JSON file per day:
messages with ts, user, thread_ts and parent_user_id in threads, subtype for what people did not write. A reply in a
thread is aimed at the writer of the message that it hangs on; another message at the first user that it mentions
(<@U...>), else at everybody. Bots and joins are left out. A thread is known only once it has a reply, so nothing can
be said about threads without one, and the log names none. Names and texts are not kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, TypeAdapter

from sim.logs.log import Log
from sim.logs.readers.files import Files
from sim.logs.readers.messages import Known, Message, log_of, time_of

USERS, CHANNELS = ("users.json", "org_users.json"), ("channels.json", "groups.json", "dms.json", "mpims.json")
WRITTEN = ("", "thread_broadcast", "me_message", "file_share", "file_comment")  # subtypes that people write
DAY = re.compile(r".+/\d{4}-\d{2}-\d{2}\.json")
MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


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


ACCOUNTS, MESSAGES = TypeAdapter(list[User]), TypeAdapter(list[Item])


def recognises(files: Files) -> bool:
    """Whether these are the files of an export."""
    return bool(files.called(*USERS, *CHANNELS)) and any(DAY.fullmatch(name) for name in files.names)


def read(files: Files) -> Log:
    """Read an export."""
    users = [user for name in files.called(*USERS).values() for user in files.json(name, ACCOUNTS, "user")]
    bots = {"USLACKBOT", *(user.id for user in users if user.is_bot)}
    people = [
        Known(user.id, math.nan, bool(user.is_admin or user.is_owner or user.is_primary_owner))
        for user in users
        if user.id not in bots
    ]
    days = [name for name in files.names if DAY.fullmatch(name)]
    return log_of(files.path.name, (message for name in days for message in _day(files, name, bots)), people)


def _day(files: Files, name: str, bots: set[str]) -> Iterator[Message]:
    """The messages of a day of a channel."""
    channel = str(PurePosixPath(name).parent)
    for row, item in enumerate(files.json(name, MESSAGES, "message"), 1):
        by_people = item.type == "message" and (item.subtype or "") in WRITTEN and not item.bot_id
        if not by_people or item.user is None or item.user in bots:
            continue
        place = f"{files.where(name)}: message {row}"
        time, kind, to, parent = _seconds(item.ts, place), "chat", None, None
        if item.thread_ts is not None and item.thread_ts != item.ts:
            _seconds(item.thread_ts, place)
            kind, to, parent = "reply", item.parent_user_id, (channel, item.thread_ts)
        elif mention := MENTION.search(str(item.text)):
            kind, to = "mention", mention[1]
        yield Message((channel, item.ts), time, item.user, kind, None, parent, None if to in bots else to)


def _seconds(stamp: str | float | None, place: str) -> float:
    """A time stamp of Slack: seconds and microseconds as text."""
    return time_of("" if stamp is None else str(stamp), place, float, "ts", "1355517523.000005")
