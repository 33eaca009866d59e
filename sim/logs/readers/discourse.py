"""Discourse: what administrators and members can export.

Posts, as CSV from the Data Explorer plugin (a query over the table posts): user_id or username, topic_id,
post_number, created_at, and where known reply_to_post_number, reply_to_user_id, post_type (1: a post; others, such as
notices and whispers, are left out). All posts are in it, so this is the export to ask for. A post without an author is
by an account that is gone.
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

from sim.logs.log import Log, LogError
from sim.logs.readers.files import Files
from sim.logs.readers.messages import Known, Message, log_of, time_of
from sim.logs.readers.table import Table

POSTS = ("topic_id", "post_number", "created_at")
MORE = ("user_id", "username", "reply_to_post_number", "reply_to_user_id", "post_type")
ARCHIVE = ("url", "created_at")
LIST = ("id", "username", "created_at", "admin", "moderator")
URL = re.compile(r"/t/(?:[^/]+/)?(\d+)/(\d+)/?$")
TRUE = ("true", "t", "1", "yes")
ENDINGS = (".csv", ".csv.gz")


def form_of(files: Files, name: str) -> tuple[str, ...] | None:
    """What a CSV is, by its header: `POSTS`, `ARCHIVE`, `LIST`, or None."""
    line = files.head(name).split(b"\n", 1)[0].decode("utf-8-sig", "replace")
    header = {column.strip().strip('"').lower() for column in line.split(",")}
    also = {POSTS: {"user_id", "username"}, ARCHIVE: {"topic_title", "topic_name"}, LIST: header}
    return next((form for form, names in also.items() if header.issuperset(form) and header & names), None)


def recognises(files: Files) -> bool:
    """Whether there are posts or a user archive among the files."""
    forms = {form_of(files, name) for name in files.ending(*ENDINGS)}
    if files.single and LIST in forms:
        raise LogError(f"{files.path}: is a list of users of Discourse; name the posts, and put the list beside them")
    return bool(forms & {POSTS, ARCHIVE})


def read(files: Files) -> Log:
    """Read posts, with a user list that lies beside them."""
    beside = (file.name for file in files.root.glob("user-list*.csv*")) if files.single else ()
    forms = {name: form_of(files, name) for name in sorted({*files.ending(*ENDINGS), *beside})}
    posts, archives, lists = ([name for name in forms if forms[name] == form] for form in (POSTS, ARCHIVE, LIST))
    if not posts and not archives:
        raise LogError(
            f"{files.path}: has no posts of Discourse; wanted is a CSV with user_id or username, topic_id, "
            "post_number, created_at (Data Explorer), or user_archive.csv"
        )
    known: list[Known] = []
    ids: dict[str, str] = {}
    for name in lists:
        for place, row in Table(files, name, LIST).dicts():
            joined = time_of(row["created_at"], place) if row["created_at"] else math.nan
            staff = any(row[column].lower() in TRUE for column in ("admin", "moderator"))
            ids[row["username"].lower()] = row["id"]
            known.append(Known(row["id"], joined, staff))
    messages = [message for name in posts for message in _posts(files, name, ids)]
    if not messages:
        messages = [message for name in archives for message in _archive(files, name)]
    return log_of(files.path.name, messages, known)


def _posts(files: Files, name: str, ids: dict[str, str]) -> Iterator[Message]:
    for place, row in Table(files, name, POSTS, MORE).dicts():
        if row["post_type"] not in ("", "1"):
            continue
        try:
            topic, post = int(row["topic_id"]), int(row["post_number"])
            parent = (topic, int(row["reply_to_post_number"])) if row["reply_to_post_number"] else None
        except ValueError:
            raise LogError(f"{place}: topic_id, post_number and reply_to_post_number must be whole numbers") from None
        username = row["username"].lower()
        author = row["user_id"] or ids.get(username, username)
        if author.startswith("-") or username in ("system", "discobot"):
            continue
        yield Message(
            (topic, post),
            time_of(row["created_at"], place),
            author or None,
            "topic" if post == 1 else "reply",
            topic,
            parent,
            row["reply_to_user_id"] or None if row["user_id"] else None,
        )


def _archive(files: Files, name: str) -> Iterator[Message]:
    for place, row in Table(files, name, ARCHIVE).dicts():
        post = URL.search(row["url"])
        if not post:
            raise LogError(f"{place}: the url is not that of a post; expected such as https://forum/t/title/12/3")
        topic, number = map(int, post.groups())
        yield Message((topic, number), time_of(row["created_at"], place), "who", "topic" if number == 1 else "reply")
