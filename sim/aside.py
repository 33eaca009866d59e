"""Files written aside and renamed, so that a reader sees the whole file or none."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

END = ".partial"  # of a hidden name, for what is being written


def write_aside(path: Path, write: Callable[[Path], Any], new: bool = False) -> Path:
    """Let `write` fill a hidden file beside `path`, then give it its name; whatever fails, what was there stays.

    new : keep a file that is there; what a command that was killed left of this one is taken away

    Raises
    ------
    FileExistsError : if `new` and there is a file of that name, even one that was made meanwhile
    OSError : if it cannot be written
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}{END}")
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{END}") if new else ():
        left.unlink(missing_ok=True)
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
