"""Discourse: what administrators and members can export.

Posts, as CSV from the Data Explorer plugin (a query over the table posts): user_id or username, topic_id,
post_number, created_at, and where known reply_to_post_number, reply_to_user_id, post_type (1: a post; others, such as
notices and whispers, are left out). All posts are in it, so this is the export to ask for.
The user archive ("Download my posts", a zip with user_archive.csv, or that file): one member's posts without
addressees: topic_title (topic_name), categories, is_pm, post_raw, ..., url, created_at. One member is no community:
such a log says when somebody wrote, and no more.
The user list (Admin, Users, Export; `user-list-....csv` beside the posts or in the same zip or folder): id, username,
created_at, admin, moderator: gives the registered accounts and the staff.
Names, addresses and texts are not kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from sim.logs.log import Log, LogError
from sim.logs.readers.build import Known, Message, build, seconds
from sim.logs.readers.files import ZIP, Bundle, head, table, whole

POSTS = ("topic_id", "post_number", "created_at")
ARCHIVE = ("url", "created_at")
LIST = ("id", "username", "created_at", "admin", "moderator")
URL = re.compile(r"/t/(?:[^/]+/)?(\d+)/(\d+)/?$")
TRUE = ("true", "t", "1", "yes")


def is_posts(header: list[str]) -> bool:
    """Whether a CSV's header is that of posts."""
    return all(name in header for name in POSTS) and ("user_id" in header or "username" in header)


def is_archive(header: list[str]) -> bool:
    """Whether a CSV's header is that of a user archive."""
    return all(name in header for name in ARCHIVE) and ("topic_title" in header or "topic_name" in header)


def is_list(header: list[str]) -> bool:
    """Whether a CSV's header is that of a user list."""
    return all(name in header for name in LIST)


def header_of(data: bytes) -> list[str]:
    """The names of the columns of a CSV."""
    line = data.split(b"\n", 1)[0].decode("utf-8", "replace").removeprefix("\ufeff")
    return [name.strip().strip('"').lower() for name in line.split(",")]


def read(path: Path) -> Log:
    """Read posts, with a user list that lies beside them."""
    if path.is_dir() or head(path)[:4] == ZIP:
        bundle = Bundle(path)
        try:
            found = {
                bundle.where(name): bundle.read(name) for name in bundle.names if name.endswith((".csv", ".csv.gz"))
            }
        finally:
            bundle.close()
    else:
        found = {str(path): whole(path)}
        for near in sorted(path.parent.glob("user-list*.csv*")):
            if near != path:
                found[str(near)] = whole(near)
    posts = {where: data for where, data in found.items() if is_posts(header_of(data))}
    archives = {where: data for where, data in found.items() if is_archive(header_of(data))}
    lists = {where: data for where, data in found.items() if is_list(header_of(data))}
    if not posts and not archives:
        raise LogError(
            f"{path}: has no posts of Discourse; wanted is a CSV with user_id or username, topic_id, post_number, "
            "created_at (Data Explorer), or user_archive.csv"
        )
    known: list[Known] = []
    ids: dict[str, str] = {}
    for where, data in lists.items():
        for place, row in table(data, where, LIST):
            joined = seconds(row["created_at"], place) if row["created_at"].strip() else math.nan
            staff = any(row[name].strip().lower() in TRUE for name in ("admin", "moderator"))
            ids[row["username"].strip().lower()] = row["id"].strip()
            known.append(Known(row["id"].strip(), joined, staff))
    messages = [message for where, data in posts.items() for message in _posts(where, data, ids)]
    if not messages:
        messages = [message for where, data in archives.items() for message in _archive(where, data)]
    return build(path.name, messages, known)


def _posts(where: str, data: bytes, ids: dict[str, str]) -> Iterator[Message]:
    for place, row in table(data, where, POSTS):
        if row.get("post_type", "").strip() not in ("", "1"):
            continue
        try:
            topic, post = int(row["topic_id"]), int(row["post_number"])
            parent = int(said) if (said := row.get("reply_to_post_number", "").strip()) else None
        except ValueError:
            raise LogError(f"{place}: topic_id, post_number and reply_to_post_number must be whole numbers") from None
        name = row.get("username", "").strip().lower()
        author = row.get("user_id", "").strip() or ids.get(name, name)
        if not author:
            raise LogError(f"{place}: has no author")
        if author.startswith("-") or name in ("system", "discobot"):
            continue
        yield Message(
            (topic, post),
            seconds(row["created_at"], place),
            author,
            "topic" if post == 1 else "reply",
            topic,
            None if parent is None else (topic, parent),
            (row.get("reply_to_user_id", "").strip() or None) if row.get("user_id") else None,
        )


def _archive(where: str, data: bytes) -> Iterator[Message]:
    for place, row in table(data, where, ARCHIVE):
        found = URL.search(row["url"].strip())
        if not found:
            raise LogError(f"{place}: the url is not that of a post; expected such as https://forum/t/title/12/3")
        topic, post = map(int, found.groups())
        yield Message((topic, post), seconds(row["created_at"], place), "who", "topic" if post == 1 else "reply")
