"""Files and folders of results: written aside and renamed, so that a reader sees the whole or nothing.

What is being written is hidden and has `.partial` at its end; only what is finished gets its name.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.runs.given import BadInput
from sim import aside

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = ".lock"  # held by the command that works in a folder
FULL = (errno.ENOSPC, errno.EDQUOT)
TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)  # of a lock that somebody else has
PACKAGES = ("mesa", "numpy", "numba", "scipy", "pandas", "pyarrow")


class StoreError(BadInput):
    """A folder that cannot be used; the message is for the person who named it."""


def slug(name: str) -> str:
    """A name as part of a file's name: letters, digits, `_` and `-` only."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-") or "scenario"


def file_name(name: str) -> str:
    """A name as a file's name in the folder that is meant: what is no letter, digit, `_`, `-` or `.` becomes `-`.

    >>> file_name("days-members.time"), file_name("days-../../x")
    ('days-members.time', 'days-..-..-x')
    """
    return re.sub(r"[^\w.-]+", "-", name).lstrip(".")[:100] or "nameless"


def refuse_used(out: Path, option: str = "--out", besides: tuple[str, ...] = ()) -> None:
    """Raise StoreError if something stands at `out` that a result would replace, or nothing can be written there.

    `besides` are names of what may be in the folder, as may be what a killed command left half written.
    """
    others = (path.name for path in out.iterdir()) if out.is_dir() else ("a file",) if out.exists() else ()
    if any(
        name not in besides and not name.startswith(LOCK) and not (name[0] == "." and name.endswith(aside.END))
        for name in others
    ):
        raise StoreError(f"{option}: `{out}` exists and is not empty; name a new folder (nothing was written)")
    refuse_unwritable(next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists()), option)


def refuse_unwritable(folder: Path, option: str) -> None:
    """Raise StoreError unless files can be made in `folder`: one without a name is."""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise StoreError(f"{option}: `{folder}` cannot be written to: {_reason(error)} (nothing was written)") from None


def cannot_write(folder: Path, error: OSError) -> StoreError:
    """The error for a folder that cannot be written to."""
    return StoreError(
        f"`{folder}` cannot be written to: {_reason(error)}; what is stored is whole. "
        f"{'Make room, then run' if error.errno in FULL else 'Run'} the same command to go on"
    )


def _reason(error: OSError) -> str:
    return "the disk is full" if error.errno in FULL else error.strerror or str(error)


@contextmanager
def held(folder: Path, part: tuple[int, int] | None = None) -> Iterator[None]:
    """Hold a folder, made if it is not there, for one command, or for one part of it beside others.

    A command that is killed holds it no longer, and what it left half written is taken away by the next. A full disk
    within is a StoreError that says how to go on. Nothing rests on the locks, which some shared disks lack: they only
    tell somebody early that the same is being done elsewhere.

    Raises
    ------
    StoreError : when another command is at work in the folder, or it cannot be written to
    """
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not stack.enter_context(_lock(folder / LOCK, alone=part is None)):
                raise StoreError(f"`{folder}`: another command is at work in it; wait until it has ended")
            if part is not None:
                name = f"{LOCK}-{part[0]}-of-{part[1]}"
                if not stack.enter_context(_lock(folder / name, alone=True)):
                    raise StoreError(f"`{folder}`: part {part[0]}/{part[1]} is being worked on already")
            else:
                for inside in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
                    aside.clear(inside)
            yield
        except OSError as error:
            if error.errno is None or isinstance(error, FileNotFoundError):
                raise
            raise cannot_write(folder, error) from error


@contextmanager
def _lock(path: Path, alone: bool) -> Iterator[bool]:
    """Lock a file, made if need be, alone or beside others that share it; false if somebody else has it.

    The file goes with the lock of one who has it alone.
    """
    while True:
        with open(path, "ab") as file:
            if not _locked(file, alone):
                yield False
                return
            if _stands(file):
                try:
                    yield True
                finally:
                    if alone:
                        _unlock(file)
                return


def _locked(file: Any, alone: bool) -> bool:
    """Lock an open file; false if somebody else has it, true also where there are no locks."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in TAKEN
    return True


def _stands(file: Any) -> bool:
    """Whether an open file still has its name, and has not been taken away by the one who held it before."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), os.stat(file.name))
    return False


def _unlock(file: Any) -> None:
    """Take the file of a lock away while it is held, so that nothing stays beside the results."""
    with contextlib.suppress(OSError):  # on Windows an open file stays
        if _stands(file):
            os.unlink(file.name)


@contextmanager
def gathered(out: Path) -> Iterator[Path]:
    """A hidden folder to fill, which becomes the folder `out`, named by the user, when all went well; else it goes.

    What a command that was killed left of it is taken away first.
    """
    partial = out.absolute().with_name(f".{out.absolute().name}{aside.END}")
    with held(partial):
        try:
            for left in partial.iterdir():
                if left.is_dir():
                    shutil.rmtree(left)
                elif left.name != LOCK:
                    left.unlink()
            yield partial
            (partial / LOCK).unlink()
            if out.is_dir():
                out.rmdir()  # it is empty
            partial.rename(out)
        except BaseException as error:
            shutil.rmtree(partial, ignore_errors=True)
            if isinstance(error, OSError):
                raise cannot_write(out, error) from error
            raise


def write_aside(path: Path, write: Callable[[Path], Any]) -> Path:
    """Let `write` fill a hidden file beside `path`, in a folder that is made, then rename it (sim/aside.py)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return aside.write_aside(path, write)


def write_bytes(path: Path, data: bytes) -> Path:
    """Write bytes aside and rename them."""
    return write_aside(path, lambda hidden: hidden.write_bytes(data))


def write_text(path: Path, text: str) -> Path:
    """Write a text file aside and rename it; lines end alike on every system."""
    return write_bytes(path, text.encode("utf-8", "replace"))  # half a sign, as JSON may hold, becomes ?


def plain(data: Any) -> Any:
    """Data as JSON knows it: NumPy's numbers and arrays as Python's, and null for what is not finite."""
    if isinstance(data, dict):
        return {key: plain(item) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [plain(item) for item in data]
    if hasattr(data, "tolist"):
        return plain(data.tolist())
    return None if isinstance(data, float) and not math.isfinite(data) else data


def write_json(path: Path, data: Any) -> Path:
    """Write plain data as JSON, whole or not at all."""
    return write_text(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: Path, table: pd.DataFrame) -> Path:
    """Write a table as CSV, numbers with six digits, for a spreadsheet too (sheets.py)."""
    from experiments.runs import sheets

    return write_text(path, sheets.text(table, float_format="%.6g"))


def write_table(path: Path, table: pa.Table) -> Path:
    """Write an Arrow table as Parquet, aside first."""
    import pyarrow.parquet as pq

    return write_aside(path, lambda hidden: pq.write_table(table, hidden, compression="zstd"))


@cache
def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """The versions that a number may depend on."""
    from importlib.metadata import PackageNotFoundError, version

    installed = {"python": platform.python_version()}
    for package in packages:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            installed[package] = "unknown"
    return installed


def provenance(command: str, seconds: float, packages: tuple[str, ...] = PACKAGES) -> dict[str, Any]:
    """What some numbers were computed with: the command, its seconds of work, when, and by which code."""
    from datetime import UTC, datetime

    from sim.version import model_hash

    return {
        "command": command,
        "seconds": round(seconds, 1),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "model": model_hash(),
        "versions": versions(packages),
    }


@cache  # of the code that this process has read
def commit() -> str:
    """The git commit of the model, with `+changes` if the working copy differs, or "unknown"."""
    try:
        head, changes = (
            subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=10).stdout
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--", "sim", "scenarios", "experiments"))
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return head.strip() + ("+changes" if changes else "")
