"""Discourse: what administrators and members can export.

Posts, as CSV from the Data Explorer plugin (a query over the table posts): user_id or username, topic_id,
post_number, created_at, and where known reply_to_post_number, reply_to_user_id, post_type (1: a post; others, such as
notices and whispers, are left out), deleted_at and archetype (deleted and private posts are left out). All posts are in
it, so this is the export to ask for. A post without an author is by an account that is gone.
Where the query has them, columns of the topic tell its kind: category (category_name), tags and pinned_globally an
announcement, event_starts_at (of the events plugin), category and tags an event; and columns of the writer tell who is
staff: admin, moderator, staff, user_title, primary_group_name, group_names.
The user archive ("Download my posts", a zip with user_archive.csv, or that file): one member's posts without
addressees: topic_title (topic_name), categories, is_pm, post_raw, ..., url, created_at. One member is no community:
such a log says when somebody wrote, and no more.
The user list (Admin, Users, Export; `user-list-....csv` beside the posts or in the same zip or folder): id, username,
created_at, admin, moderator, title, primary_group_name, group_names: gives the registered accounts and the staff.
Names, addresses and texts are not kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterator

from sim.logs.log import ANNOUNCEMENT, EVENT, Log, LogError
from sim.logs.readers.files import Files
from sim.logs.readers.messages import BY_THE_SYSTEM, Entry, Known, LeftOut, Message, log_of, time_of
from sim.logs.readers.names import of_staff, opened_in
from sim.logs.readers.table import Table

POSTS = ("topic_id", "post_number", "created_at")
FLAGS, GROUPS = ("admin", "moderator", "staff"), ("user_title", "primary_group_name", "group_names")
PLACES, EVENTS = ("category", "category_name", "tags"), ("event_starts_at", "event_start")
MORE = ("user_id", "username", "reply_to_post_number", "reply_to_user_id", "post_type", "deleted_at", "archetype",
        "pinned_globally", *FLAGS, *GROUPS, *PLACES, *EVENTS)  # fmt: skip
ARCHIVE = ("url", "created_at")
LIST = ("id", "username", "created_at", "admin", "moderator")
DELETED, PRIVATE = LeftOut("that were deleted"), LeftOut("that are private")
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
    beside = (file.name for file in files.root.glob("user-list*.csv*") if file.is_file()) if files.single else ()
    forms = {name: form_of(files, name) for name in sorted({*files.ending(*ENDINGS), *beside})}
    posts, archives, lists = ([name for name in forms if forms[name] == form] for form in (POSTS, ARCHIVE, LIST))
    if not posts and not archives:
        raise LogError(
            f"{files.path}: has no posts of Discourse; wanted is a CSV with user_id or username, topic_id, "
            "post_number, created_at (Data Explorer), or user_archive.csv"
        )
    known: dict[Hashable, Known] = {}
    ids: dict[str, str] = {}
    faults: list[LogError] = []
    for name in lists:
        table = Table(files, name, LIST, ("staff", "title", *GROUPS))
        faults += table.odd.values()
        for place, row in table.dicts():
            try:
                joined = time_of(row["created_at"], place) if row["created_at"] else math.nan
            except LogError as fault:
                faults.append(fault)
                continue
            ids[row["username"].lower()] = row["id"]
            known[row["id"]] = Known(row["id"], joined, _is_staff(row) or of_staff(row["title"]))
    entries = [entry for name in posts for entry in _posts(files, name, ids, known)]
    if not any(isinstance(entry, Message) for entry in entries):
        entries += [entry for name in archives for entry in _archive(files, name)]
    return log_of(files.path.name, entries, [*known.values(), *faults])


def _is_staff(row: dict[str, str]) -> bool:
    """Whether the columns of an account say that it is staff's."""
    groups = (name for column in GROUPS for name in re.split(r"[,|]", row[column]))
    return any(row[column].lower() in TRUE for column in FLAGS) or of_staff(*groups)


def _posts(files: Files, name: str, ids: dict[str, str], known: dict[Hashable, Known]) -> Iterator[Entry]:
    """The posts of a table; `known` takes up who is staff by it."""
    table = Table(files, name, POSTS, MORE)
    yield from table.odd.values()
    for place, row in table.dicts():
        try:
            entry = _post(row, place, ids)
        except LogError as fault:
            entry = fault
        if isinstance(entry, Message) and entry.author is not None and _is_staff(row):
            known[entry.author] = known.get(entry.author, Known(entry.author, math.nan, True))._replace(staff=True)
        yield entry


def _post(row: dict[str, str], place: str, ids: dict[str, str]) -> Entry:
    """A post, or why there is none."""
    username = row["username"].lower()
    author = row["user_id"] or ids.get(username, username)
    if row["post_type"] not in ("", "1") or author.startswith("-") or username in ("system", "discobot"):
        return BY_THE_SYSTEM
    if row["deleted_at"]:
        return DELETED
    if row["archetype"] == "private_message":
        return PRIVATE
    try:
        topic, post = int(row["topic_id"]), int(row["post_number"])
        parent = (topic, int(row["reply_to_post_number"])) if row["reply_to_post_number"] else None
    except ValueError:
        raise LogError(f"{place}: topic_id, post_number and reply_to_post_number must be whole numbers") from None
    to = row["reply_to_user_id"] or None if row["user_id"] else None
    kind = _opened(row) if post == 1 else "reply"
    return Message((topic, post), time_of(row["created_at"], place), author or None, kind, topic, parent, to)


def _opened(row: dict[str, str]) -> str:
    """What a first post opens."""
    names = [name for column in PLACES for name in re.split(r"[,|]", row[column])]
    if any(row[column] for column in EVENTS):
        return EVENT
    pinned = row["pinned_globally"].lower() in TRUE
    return opened_in(*names) or (ANNOUNCEMENT if pinned else "topic")


def _archive(files: Files, name: str) -> Iterator[Entry]:
    """One member's posts."""
    table = Table(files, name, ARCHIVE)
    yield from table.odd.values()
    for place, row in table.dicts():
        post = URL.search(row["url"])
        try:
            if not post:
                raise LogError(f"{place}: the url is not that of a post; expected such as https://forum/t/title/12/3")
            topic, number = map(int, post.groups())
            time = time_of(row["created_at"], place)
            yield Message((topic, number), time, "who", "topic" if number == 1 else "reply")
        except LogError as fault:
            yield fault
