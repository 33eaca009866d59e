"""Files written aside and renamed, so that a reader sees the whole file or none.

A hidden name holds the host and the process that writes it, so that no two writers ever have one file, on however many
machines, and what a killed one left can be told from what another still writes.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

END = ".partial"  # of a hidden name, for what is being written
HIDDEN = re.compile(rf"\.(.+)\.([0-9a-f]{{8}})\.([0-9]{{1,10}}){re.escape(END)}")  # the file, the host, the process
FORSAKEN = 86_400.0  # seconds; what nobody has touched for so long is being written by nobody, wherever he was


def write_aside(path: Path, write: Callable[[Path], Any], new: bool = False) -> Path:
    """Let `write` fill a hidden file beside `path`, then give it its name; whatever fails, what was there stays.

    What a writer of the same file left half written when it was killed is taken away (`clear`).

    new : keep a file that is there

    Raises
    ------
    FileExistsError : if `new` and there is a file of that name, even one that was made meanwhile
    OSError : if it cannot be written
    """
    clear(path.parent, path.name)
    aside = path.with_name(f".{path.name}.{writer()}{END}")
    try:
        write(aside)
        with open(aside, "rb") as written:
            os.fsync(written.fileno())  # or a power cut could leave the name without the bytes
        try:
            (os.link if new else os.replace)(aside, path)  # a link fails if there is a file of that name
        except FileExistsError:
            raise
        except OSError:
            if not new:
                raise
            os.rename(aside, path)  # on a disk without links
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
    return path


def clear(folder: Path, name: str | None = None) -> None:
    """Take away what writers that were killed left half written in a folder, and never what another still writes.

    name : of the file that they wrote; of all files if not said, those among them whose hidden name holds no writer
    """
    try:
        hidden = [entry for entry in os.scandir(folder) if entry.name[0] == "." and entry.name.endswith(END)]
    except OSError:  # such as no folder: to write will say so
        return
    for entry in hidden:
        found = HIDDEN.fullmatch(entry.name)
        if name is None or (found and found[1] == name):
            with contextlib.suppress(OSError):  # it is gone, or is not ours to take away
                written = found and _at_work(found[2], int(found[3]), entry.stat().st_mtime)
                if entry.is_file() and not written:
                    os.unlink(entry.path)


def writer() -> str:
    """Who writes, as it stands in a file's name: the host, a point and the process."""
    return f"{_host()}.{os.getpid()}"


def _at_work(host: str, process: int, touched: float) -> bool:
    """Whether a process may still write what it last touched at such a time."""
    return time.time() - touched <= FORSAKEN and (host != _host() or _lives(process))


@cache
def _host() -> str:
    """Where a process's number means this process: the host, and on Linux its container too; 8 hexadecimal digits."""
    try:
        numbers = os.readlink("/proc/self/ns/pid")
    except OSError:
        numbers = ""
    return f"{crc32(f'{platform.node()} {numbers}'.encode()):08x}"


def _lives(process: int) -> bool:
    """Whether a process of this host may still be at work; on Windows, where to ask would end it, always."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        pass
    return True
