"""Files written aside and renamed, so that a reader sees the whole file or none.

A hidden name holds the host and the process that writes it, so that no two writers ever have one file, on however many
machines; and what a killed one left can be told from what another is writing.
"""

from __future__ import annotations

import contextlib
import glob
import os
import platform
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

END = ".partial"  # of a hidden name, for what is being written
OLD = 3600.0  # seconds after which a half written file of another machine is taken to be left: writing takes moments


def writer() -> str:
    """The host and the process, as they stand in a file's name: letters, digits, `_` and `-` only."""
    host = re.sub(r"[^A-Za-z0-9]+", "_", platform.node())[:40] or "host"
    return f"{host}-{os.getpid()}"


def left_behind(path: Path) -> bool:
    """Whether nobody writes a hidden file any more: its process is gone, or it is another machine's and old."""
    host, _, process = path.name.removesuffix(END).rpartition(".")[2].rpartition("-")
    if not host or not process.isdigit():  # of no writer that there is now
        return True
    if host != writer().rpartition("-")[0]:
        with contextlib.suppress(FileNotFoundError):
            return time.time() - path.stat().st_mtime > OLD
        return False
    return int(process) != os.getpid() and not _alive(int(process))


def _alive(process: int) -> bool:
    """Whether a process of this machine is there; true where that cannot be asked."""
    if os.name != "posix":  # there the question would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def clear(folder: Path, name: str = "*") -> None:
    """Take away what killed commands left half written of files of such a name (a pattern) in a folder."""
    for path in folder.glob(f".{name}{END}"):
        if path.is_file() and left_behind(path):
            path.unlink(missing_ok=True)


def write_aside(path: Path, write: Callable[[Path], Any], new: bool = False) -> Path:
    """Let `write` fill a hidden file beside `path`, then give it its name; whatever fails, what was there stays.

    new : keep a file that is there; what a command that was killed left of this one is taken away

    Raises
    ------
    FileExistsError : if `new` and there is a file of that name, even one that was made meanwhile
    OSError : if it cannot be written
    """
    aside = path.with_name(f".{path.name}.{writer()}{END}")
    if new:
        clear(path.parent, f"{glob.escape(path.name)}.*")
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
