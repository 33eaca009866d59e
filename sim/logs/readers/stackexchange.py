"""Stack Exchange: the data dump, a folder (or zip) with Posts.xml and, if there, Comments.xml and Users.xml.

The dump comes as .7z; unpack it first. Posts.xml: rows with Id, PostTypeId (1 a question, 2 an answer; others are
left out), ParentId, OwnerUserId, CreationDate. Comments.xml: Id, PostId, UserId, CreationDate. Users.xml: Id,
CreationDate. Answers are aimed at the asker, comments at the author of the post. Names and texts are not kept.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import ParseError, iterparse

from sim.logs.log import Log, LogError
from sim.logs.readers.build import Known, Message, build, seconds
from sim.logs.readers.files import ZIP, Bundle, head, whole

POSTS, COMMENTS, USERS = "posts.xml", "comments.xml", "users.xml"


def read(path: Path) -> Log:
    """Read a dump: its folder, a zip of it, or Posts.xml with the others beside it."""
    bundle = None
    if path.is_dir() or head(path)[:4] == ZIP:
        bundle = Bundle(path)
        found = {PurePosixPath(name).name.lower(): name for name in bundle.names}
    else:
        found = {file.name.lower(): str(file) for file in path.parent.iterdir() if file.is_file()}
        found[POSTS] = str(path)
    if POSTS not in found:
        raise LogError(f"{path}: has no Posts.xml")

    def rows(name: str) -> Iterator[tuple[str, dict[str, str]]]:
        if name not in found:
            return iter(())
        data = bundle.read(found[name]) if bundle else whole(Path(found[name]))
        return _rows(data, bundle.where(found[name]) if bundle else found[name])

    try:
        known = [
            Known(_need(row, "Id", place), seconds(row["CreationDate"], place) if "CreationDate" in row else math.nan,
                  False)
            for place, row in rows(USERS)
            if row.get("Id") != "-1"
        ]  # fmt: skip
        messages, question, author = [], {}, {}
        for place, row in rows(POSTS):
            kind, key, owner = row.get("PostTypeId"), _need(row, "Id", place), row.get("OwnerUserId")
            if kind not in ("1", "2"):
                continue
            asked = key if kind == "1" else _need(row, "ParentId", place)
            question[key], author[key] = asked, owner
            messages.append(
                Message(("post", key), seconds(_need(row, "CreationDate", place), place), _person(owner),
                        "question" if kind == "1" else "answer", asked, None if kind == "1" else ("post", asked))
            )  # fmt: skip
        for place, row in rows(COMMENTS):
            post = _need(row, "PostId", place)
            if post not in question:
                continue
            kind = "comment_q" if question[post] == post else "comment_a"
            time = seconds(_need(row, "CreationDate", place), place)
            name = ("comment", _need(row, "Id", place))
            messages.append(Message(name, time, _person(row.get("UserId")), kind, question[post], ("post", post)))
    finally:
        if bundle:
            bundle.close()
    return build(path.name, messages, known)


def _person(said: str | None) -> str | None:
    """An account; none if it is gone or the site's own."""
    return None if said in (None, "", "-1") else said


def _need(row: dict[str, str], name: str, place: str) -> str:
    if not row.get(name):
        raise LogError(f"{place}: has no {name}")
    return row[name]


def _rows(data: bytes, where: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The attributes of each <row>, with its place."""
    number = 0
    try:
        parse = iterparse(io.BytesIO(data), events=("start", "end"))
        _, root = next(parse)
        for event, element in parse:
            if event == "end" and element.tag == "row":
                number += 1
                yield f"{where}: row {number}", dict(element.attrib)
                root.clear()
    except ParseError as error:
        line, column = error.position
        raise LogError(f"{where}: line {line}, column {column}: is not XML, after row {number}") from None
