"""Stack Exchange: the data dump, a folder (or zip) with Posts.xml and, if there, Comments.xml and Users.xml.

The dump comes as .7z; unpack it first. Posts.xml: rows with Id, PostTypeId (1 a question, 2 an answer; others are
left out), ParentId, OwnerUserId, CreationDate. Comments.xml: Id, PostId, UserId, CreationDate. Users.xml: Id,
CreationDate. Answers are aimed at the asker, comments at the author of the post. Names and texts are not kept.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError, iterparse

from sim.logs.log import Log, LogError
from sim.logs.readers.files import Files
from sim.logs.readers.messages import Known, Message, log_of, time_of

Made = TypeVar("Made")
POSTS, COMMENTS, USERS = "posts.xml", "comments.xml", "users.xml"


class Row(dict[str, str]):
    """The attributes of a <row>, with its place for messages."""

    def __init__(self, attributes: dict[str, str], place: str):
        super().__init__(attributes)
        self.place = place

    def need(self, name: str) -> str:
        """An attribute that must be there."""
        if not self.get(name):
            raise LogError(f"{self.place}: has no {name}")
        return self[name]

    def time(self) -> float:
        """When it was made, seconds since 1970."""
        return time_of(self.need("CreationDate"), self.place)

    def person(self, name: str) -> str | None:
        """An account; None if it is gone or the site's own."""
        return None if self.get(name) in (None, "", "-1") else self[name]


def recognises(files: Files) -> bool:
    """Whether there is a Posts.xml, or the one file is one."""
    if not files.single:
        return POSTS in files.called(POSTS)
    start = files.head(files.names[0]).lstrip(b"\xef\xbb\xbf \r\n\t")
    return start.startswith((b"<?xml", b"<posts>")) and b"<posts>" in start


def read(files: Files) -> Log:
    """Read a dump: its folder, a zip of it, or Posts.xml with the others beside it."""
    names = files.called(POSTS, COMMENTS, USERS) | ({POSTS: files.names[0]} if files.single else {})
    if POSTS not in names:
        raise LogError(f"{files.path}: has no Posts.xml")
    tables = {table: _rows(files, names[table]) if table in names else iter(()) for table in (USERS, POSTS, COMMENTS)}
    known = [account for row in tables[USERS] if (account := _or_fault(_account, row))]
    asked: dict[str, str] = {}  # by post: the question that it belongs to
    posts = [entry for row in tables[POSTS] if (entry := _or_fault(_post, row, asked))]
    comments = [entry for row in tables[COMMENTS] if (entry := _or_fault(_comment, row, asked))]
    return log_of(files.path.name, posts + comments, known)


def _or_fault(make: Callable[..., Made | None], *given: Any) -> Made | LogError | None:
    """What is made of a row, or why it cannot be made."""
    try:
        return make(*given)
    except LogError as fault:
        return fault


def _account(row: Row) -> Known | None:
    """An account, but for the site's own."""
    joined = row.time() if "CreationDate" in row else math.nan
    return None if row.need("Id") == "-1" else Known(row["Id"], joined, False)


def _post(row: Row, asked: dict[str, str]) -> Message | None:
    """A question or an answer; `asked` takes it up."""
    kind, key, form, parent = row.get("PostTypeId"), row.need("Id"), "question", None
    if kind not in ("1", "2"):
        return None
    question = key
    if kind == "2":
        question, form = row.need("ParentId"), "answer"
        parent = ("post", question)
    message = Message(("post", key), row.time(), row.person("OwnerUserId"), form, question, parent)
    asked[key] = question
    return message


def _comment(row: Row, asked: dict[str, str]) -> Message | None:
    """A comment on a question or an answer."""
    post = row.need("PostId")
    if post not in asked:
        return None
    form, key = "comment_q" if asked[post] == post else "comment_a", ("comment", row.need("Id"))
    return Message(key, row.time(), row.person("UserId"), form, asked[post], ("post", post))


def _rows(files: Files, name: str) -> Iterator[Row]:
    """The rows of a table, which has nothing within them."""
    number, depth, where, data = 0, 1, files.where(name), io.BytesIO(files.read(name))
    try:
        parse = iterparse(data, events=("start", "end"))
        _, root = next(parse)
        for event, element in parse:
            depth += 1 if event == "start" else -1
            if depth > 2:
                raise LogError(f"{where}: is XML, but no table of rows, after row {number}")
            if event == "end" and element.tag == "row":
                number += 1
                yield Row(element.attrib, f"{where}: row {number}")
                root.clear()
    except ParseError as error:
        line, column = error.position
        raise LogError(f"{where}: line {line}, column {column}: is not XML, after row {number}") from None
    except LogError:
        raise
    except (LookupError, ValueError):
        raise LogError(f"{where}: is XML in an encoding that nobody knows; wanted is UTF-8") from None
