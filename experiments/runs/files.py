"""Files and folders of results: written aside and renamed, so that a reader sees the whole or nothing.

A folder that is being filled is hidden and has `.partial` at its end; only a finished one gets its name.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
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


def free_name(wanted: Path) -> Path:
    """`wanted`, or the first of `wanted`-2, `wanted`-3, ... that does not exist."""
    number, path = 1, wanted
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


def refuse_used(out: Path, option: str = "--out") -> None:
    """Raise StoreError if something stands at `out` that a result would replace."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StoreError(f"{option}: `{out}` exists and is not empty; name a new folder (nothing was written)")
    parent = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise StoreError(f"{option}: `{out}` cannot be made: `{parent}` is not a folder that can be written to")


def begin(out: Path) -> Path:
    """Make the hidden folder beside `out` in which a result is gathered."""
    out.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".partial", dir=out.parent))


def finish(partial: Path, out: Path, named: bool = False) -> Path:
    """Give a gathered result its name; if that was taken meanwhile, the next free one unless `named` by the user."""
    os.umask(mask := os.umask(0))
    partial.chmod(0o777 & ~mask)
    if out.is_dir() and not any(out.iterdir()):
        out.rmdir()
    while True:
        target = out if named else free_name(out)
        try:
            return partial.rename(target)
        except OSError:
            if named or not target.exists():
                raise


@contextmanager
def gathered(out: Path) -> Iterator[Path]:
    """A hidden folder to fill, which becomes the folder `out`, named by the user, when all went well."""
    partial = begin(out)
    yield partial
    finish(partial, out, named=True)


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
    """Write a table as CSV, numbers with six digits."""
    return write_text(path, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


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
