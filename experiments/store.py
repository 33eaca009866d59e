"""The store of a comparison: a folder of whole files, each written aside and renamed.

    manifest.json                what was run: command, scenarios with every value, seeds, versions, measures
    runs/<label>-<replicate>.parquet       one row a day, one column a measure
    network/<label>-<replicate>-*.parquet  ties between members on the last day (first replicate only)
    report.html  figures/  tables/  verdict.json   made from the above alone

A folder that is being filled is hidden and has `.partial` at its end; only a finished one gets its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT = 1
ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("mesa", "numpy", "numba", "scipy", "pandas", "pyarrow")


class StoreError(ValueError):
    """A folder that cannot be used; the message is for the person who named it."""


def slug(name: str) -> str:
    """A name as part of a file's name: letters, digits, `_` and `-` only."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-") or "scenario"


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
    partial.chmod(0o777 & ~_umask())
    while True:
        target = out if named else free_name(out)
        try:
            partial.rename(target)
            return target
        except OSError:
            if named or not target.exists():
                raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_aside(path: Path, write: Callable[[Path], Any]) -> Path:
    """Let `write` fill a hidden file beside `path`, then rename it: a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(aside)
        with open(aside, "rb") as written:
            os.fsync(written.fileno())  # or a power cut could leave the name without the bytes
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def write_text(path: Path, text: str) -> Path:
    """Write a text file aside and rename it; lines end alike on every system."""
    return write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, data: Any) -> Path:
    """Write plain data as JSON, whole or not at all."""
    return write_text(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_bytes(path: Path, data: bytes) -> Path:
    """Write bytes aside and rename them."""
    return write_aside(path, lambda aside: aside.write_bytes(data))


def write_table(path: Path, table: pa.Table) -> Path:
    """Write an Arrow table as Parquet, aside first."""
    import pyarrow.parquet as pq

    return write_aside(path, lambda aside: pq.write_table(table, aside, compression="zstd"))


def run_path(folder: Path, label: str, replicate: int) -> Path:
    """Where the run of a label and a replicate stands."""
    return folder / "runs" / f"{slug(label)}-{replicate:05d}.parquet"


def write_run(folder: Path, label: str, replicate: int, run: Any) -> None:
    """Store one run: its series, and for the first replicate its network.

    Parameters
    ----------
    folder : the comparison's folder
    run : a `sim.run.Run`
    """
    import numpy as np
    import pyarrow as pa

    if replicate == 0:
        network = run.network
        start = folder / "network" / slug(label)
        tables = {
            "members": pa.table({"member": np.asarray(network.key), "stage": np.asarray(network.stage)}),
            "ties": pa.table({name: np.asarray(getattr(network, name)) for name in ("source", "target", "strength")}),
        }
        for name, table in tables.items():
            write_table(start.with_name(f"{start.name}-{name}.parquet"), table)
    columns = {
        "label": pa.array([label] * len(run.days)).dictionary_encode(),
        "replicate": np.full(len(run.days), replicate, dtype=np.int64),
        "seed": np.full(len(run.days), run.seed, dtype=np.int64),
        "day": np.asarray(run.days, dtype=np.int64),
    }
    columns |= {key: np.asarray(values, dtype=np.float64) for key, values in run.series.items()}
    # The run is written last: where it stands, all that belongs to it stands.
    write_table(run_path(folder, label, replicate), pa.table(columns))


def finished(folder: Path, label: str, replicate: int) -> bool:
    """Whether this run is stored."""
    return run_path(folder, label, replicate).is_file()


def read_runs(folder: Path, labels: list[str], replicates: list[int]) -> pd.DataFrame:
    """The stored runs as one table: label, replicate, seed, day, then a column a measure, in that order of rows.

    Measures that only some scenarios have (their people differ) are NaN in the others.
    """
    import pandas as pd

    frames = []
    for label in labels:
        for replicate in replicates:
            path = run_path(folder, label, replicate)
            if not path.is_file():
                raise StoreError(f"{folder}: the run of `{label}`, replicate {replicate + 1}, is missing ({path.name})")
            frame = pd.read_parquet(path)
            frames.append(frame.assign(label=label))
    return pd.concat(frames, ignore_index=True)


def read_network(folder: Path, label: str) -> dict[str, pd.DataFrame]:
    """The stored ties of the first replicate: tables `members` and `ties`."""
    import pandas as pd

    start = folder / "network"
    return {name: pd.read_parquet(start / f"{slug(label)}-{name}.parquet") for name in ("members", "ties")}


def read_manifest(folder: Path) -> dict:
    """What was run; StoreError if the folder is not a stored comparison."""
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise StoreError(f"`{folder}` holds no comparison (no manifest.json in it)") from None
    except ValueError:
        raise StoreError(f"{path}: is not valid JSON") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise StoreError(f"{path}: is not of format {FORMAT}, the one that this version reads")
    return manifest


def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """The versions that a number may depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def commit() -> str:
    """The git commit of the model, with `+changes` if the working copy differs, or "unknown"."""
    try:
        head = _git("rev-parse", "HEAD")
        return head + ("+changes" if _git("status", "--porcelain", "--", "sim", "scenarios", "experiments") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def model_hash() -> str:
    """A short hash of the model's source: runs of two models must not be laid side by side."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "sim").rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
