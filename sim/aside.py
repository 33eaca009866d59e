"""Files written aside and renamed, so that a reader sees the whole file or none."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

END = ".partial"  # of a hidden name, for what is being written
FORSAKEN = 86_400.0  # seconds; what nobody has touched for so long is being written by nobody, wherever he was


def write_aside(path: Path, write: Callable[[Path], Any], new: bool = False) -> Path:
    """Let `write` fill a hidden file beside `path`, then give it its name; whatever fails, what was there stays.

    What a writer of the same file left half written when it was killed is taken away, and never what another still
    writes: the hidden name says on which host, and by which process.

    new : keep a file that is there

    Raises
    ------
    FileExistsError : if `new` and there is a file of that name, even one that was made meanwhile
    OSError : if it cannot be written
    """
    for left in _left_over(path):
        with contextlib.suppress(OSError):  # it is gone, or is not ours to take away
            left.unlink()
    aside = path.with_name(f".{path.name}.{_host()}.{os.getpid()}{END}")
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


def _left_over(path: Path) -> Iterator[Path]:
    """What is left of earlier writes of this file whose process lives no longer, or did not touch it for a day."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.([0-9a-f]{{8}})\.([0-9]{{1,10}}){re.escape(END)}")
    try:
        entries = list(os.scandir(path.parent))
    except OSError:  # such as no folder: to write will say so
        return
    for entry in entries:
        if found := ours.fullmatch(entry.name):
            host, process = found[1], int(found[2])
            with contextlib.suppress(OSError):
                if (host == _host() and not _lives(process)) or time.time() - entry.stat().st_mtime > FORSAKEN:
                    yield path.with_name(entry.name)


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
        return process != os.getpid()
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        pass
    return process != os.getpid()  # ours was left by an earlier process of that number
