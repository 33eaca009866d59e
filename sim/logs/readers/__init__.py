"""Logs from what communities really export: `read(path)`, which knows the kind by the content.

Names, addresses and texts never leave a reader: a log holds numbers of accounts (in order of first appearance), times
and kinds. Whatever is wrong raises `sim.logs.log.LogError`, which names the file and the row or message.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.logs.log import Log, LogError
from sim.logs.readers import discord, discourse, generic, mbox, slack, stackexchange
from sim.logs.readers.files import SEVEN, ZIP, Bundle, head

KINDS: dict[str, Any] = {
    "csv": generic,
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
    path = Path(path)
    if kind is not None and kind not in KINDS:
        raise LogError(f"kind {kind!r}: is none; it is one of {', '.join(KINDS)}")
    if not path.exists():
        raise LogError(f"{path}: no such file")
    return KINDS[kind or recognised(path)].read(path)


def recognised(path: Path) -> str:
    """The kind of a file or folder, by its content.

    Raises
    ------
    LogError : if it is none
    """
    start = b"" if path.is_dir() else head(path)
    if start.startswith(SEVEN):
        raise LogError(f"{path}: is a 7z archive; unpack it (7z x) and name the folder with Posts.xml")
    if path.is_dir() or start.startswith(ZIP):
        return _bundled(path)
    if discord.is_export(start):
        return "discord"
    if mbox.is_mbox(start):
        return "mbox"
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml") or b"<posts>" in start[:1_000]:
        if b"<posts>" in start:
            return "stackexchange"
        raise LogError(f"{path}: is XML, but not Posts.xml of Stack Exchange")
    header = discourse.header_of(start)
    if discourse.is_posts(header) or discourse.is_archive(header):
        return "discourse"
    if discourse.is_list(header):
        raise LogError(f"{path}: is a list of users of Discourse; name the posts, and put the list beside them")
    if start.lstrip()[:1] in (b"{", b"["):
        raise LogError(f"{path}: is JSON, but not of DiscordChatExporter (guild, channel, messages); it can be {ABOUT}")
    return "csv"  # whose reader says what is missing


def _bundled(path: Path) -> str:
    """The kind of a folder or zip."""
    bundle = Bundle(path)
    try:
        names = [Path(name).name.lower() for name in bundle.names]
        if slack.is_export(bundle.names):
            return "slack"
        if stackexchange.POSTS in names:
            return "stackexchange"
        for name in bundle.names:
            if name.endswith(".json") and discord.is_export(bundle.read(name)[:65_536]):
                return "discord"
            if name.endswith(".csv"):
                header = discourse.header_of(bundle.read(name)[:65_536])
                if discourse.is_posts(header) or discourse.is_archive(header):
                    return "discourse"
    finally:
        bundle.close()
    raise LogError(f"{path}: holds no log; it can be {ABOUT}")
