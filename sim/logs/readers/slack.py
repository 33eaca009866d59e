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
from pathlib import Path, PurePosixPath
from typing import Any

from sim.logs.log import Log, LogError
from sim.logs.readers.build import Known, Message, build, checked
from sim.logs.readers.files import Bundle, parsed

USERS, CHANNELS = ("users.json", "org_users.json"), ("channels.json", "groups.json", "dms.json", "mpims.json")
WRITTEN = ("", "thread_broadcast", "me_message", "file_share", "file_comment")  # subtypes that people write
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


def is_export(names: list[str]) -> bool:
    """Whether these are the files of an export."""
    here = {PurePosixPath(name).name for name in names}
    return any(name in here for name in CHANNELS + USERS) and any(DAY.fullmatch(name) for name in here)


def read(path: Path) -> Log:
    """Read an export."""
    bundle = Bundle(path)
    try:
        users, bots = _users(bundle)
        messages = [message for name in bundle.names for message in _day(bundle, name, bots)]
    finally:
        bundle.close()
    return build(path.name, messages, users)


def _users(bundle: Bundle) -> tuple[list[Known], set[str]]:
    """The accounts, and which are bots."""
    known, bots = [], {"USLACKBOT"}
    for name in bundle.names:
        if PurePosixPath(name).name not in USERS:
            continue
        where = bundle.where(name)
        for row, user in enumerate(_list(parsed(bundle.read(name), where), where), 1):
            place = f"{where}: user {row}"
            if not isinstance(user, dict) or not isinstance(user.get("id"), str):
                raise LogError(f"{place}: has no id")
            if user.get("is_bot") or user["id"] in bots:
                bots.add(user["id"])
                continue
            staff = any(user.get(key) is True for key in ("is_admin", "is_owner", "is_primary_owner"))
            known.append(Known(user["id"], math.nan, staff))
    return known, bots


def _day(bundle: Bundle, name: str, bots: set[str]) -> Iterator[Message]:
    """The messages of a day of a channel."""
    path = PurePosixPath(name)
    if not DAY.fullmatch(path.name) or str(path.parent) == ".":
        return
    channel, where = str(path.parent), bundle.where(name)
    for row, item in enumerate(_list(parsed(bundle.read(name), where), where), 1):
        place = f"{where}: message {row}"
        if not isinstance(item, dict):
            raise LogError(f"{place}: is not an object")
        if item.get("type", "message") != "message" or str(item.get("subtype") or "") not in WRITTEN:
            continue
        user = item.get("user")
        if user is None or user in bots or item.get("bot_id"):
            continue
        time, stamp = _ts(item.get("ts"), place), item.get("thread_ts")
        kind, to, parent = "chat", None, None
        if stamp is not None and stamp != item["ts"]:
            _ts(stamp, place)
            kind, to, parent = "reply", item.get("parent_user_id"), (channel, stamp)
        elif found := MENTION.search(str(item.get("text") or "")):
            kind, to = "mention", found[1]
        yield Message((channel, item["ts"]), time, user, kind, None, parent, None if to in bots else to)


def _ts(value: Any, place: str) -> float:
    """A time stamp of Slack: seconds and microseconds as text."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise LogError(f"{place}: ts {str(value)[:40]!r} is none; expected such as 1355517523.000005") from None
    return checked(seconds, place)


def _list(found: Any, where: str) -> list:
    if not isinstance(found, list):
        raise LogError(f"{where}: is not a list")
    return found
