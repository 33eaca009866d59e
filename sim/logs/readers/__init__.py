"""Logs from what communities really export: `read(path)`, which knows the kind by the content.

Names, addresses and texts never leave a reader: a log holds numbers of accounts (in order of first appearance), times
and kinds. Whatever is wrong raises `sim.logs.log.LogError`, which names the file and the row or message.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.logs.log import Log, LogError, printable
from sim.logs.readers import discord, discourse, mbox, slack, stackexchange, table
from sim.logs.readers.files import SEVEN, Files

KINDS: dict[str, Any] = {
    "csv": table,
    "discourse": discourse,
    "slack": slack,
    "discord": discord,
    "stackexchange": stackexchange,
    "mbox": mbox,
}
ABOUT = (
    "a CSV with the columns time, source, target (and kind), posts of Discourse, an export of Slack, JSON of "
    "DiscordChatExporter, a dump of Stack Exchange, or an mbox"
)


def read(path: str | Path, kind: str | None = None) -> Log:
    """Read a log.

    Parameters
    ----------
    path : a file, plain or gzipped, a zip, or a folder
    kind : one of `KINDS` to force it; None: known by the content

    Raises
    ------
    LogError : for anything that is wrong, with its place
    """
    if kind is not None and kind not in KINDS:
        raise LogError(f"kind {kind!r}: is none; it is one of {', '.join(KINDS)}")
    with Files(Path(path)) as files:
        log = KINDS[kind or _kind(files)].read(files)
    return replace(log, name=printable(files.path.name))


def recognised(path: str | Path) -> str:
    """The kind of a file or folder, by its content: a key of `KINDS`.

    Raises
    ------
    LogError : if it is none
    """
    with Files(Path(path)) as files:
        return _kind(files)


def _kind(files: Files) -> str:
    for kind in ("slack", "stackexchange", "discord", "mbox", "discourse"):
        if KINDS[kind].recognises(files):
            return kind
    if not files.single:
        raise LogError(f"{files.path}: holds no log; it can be {ABOUT}")
    start = files.head(files.names[0])
    if start.startswith(SEVEN):
        raise LogError(f"{files.path}: is a 7z archive; unpack it (7z x) and name the folder with Posts.xml")
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        raise LogError(f"{files.path}: is XML, but not Posts.xml of Stack Exchange")
    if start.lstrip()[:1] in (b"{", b"["):
        raise LogError(
            f"{files.path}: is JSON, but not of DiscordChatExporter (guild, channel, messages); it can be {ABOUT}"
        )
    return "csv"  # whose reader says what is missing
