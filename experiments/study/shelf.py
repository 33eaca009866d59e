"""The store of a study: a folder of whole Parquet files that pandas, Polars, DuckDB or R open without this project.

    manifest.json     what was asked: the study's text, scenarios with every value, versions, machine, command, measures
    points.parquet    every planned point: point, place, scenario, the varied keys
    design.parquet    the design in the unit cube (Latin hypercube, Morris, Sobol only)
    runs/*.parquet    a row a run and kept day: point, scenario, replicate, seed, varied keys, day, measures, error

A run is known by `point` (a key of the resolved scenario and the model's version) and `seed`. A run that failed is one
row whose `error` holds the traceback and whose measures are empty. Files are written aside and renamed, so a reader
sees whole files only, at any time; names that begin with a point are being written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import store
from experiments.prepare import cost
from experiments.store import StoreError

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

    from experiments.study.design import Plan
    from experiments.study.file import Study

FORMAT = "study 1"
RUNS = "runs"
ROWS_A_FILE = 200_000  # of the gathered files
MANY = 24  # files that are left as they are
PATIENCE = 60.0  # seconds to wait for the workers of a sweep that was killed


def schema(study: Study, columns: dict[str, list]) -> pa.Schema:
    """The columns of a row."""
    import pyarrow as pa

    fields = [("point", pa.string()), ("scenario", pa.string()), ("replicate", pa.int32()), ("seed", pa.int64())]
    fields += [(key, _type(values)) for key, values in columns.items()]
    fields += [("day", pa.int32()), *((key, pa.float64()) for key in study.measures), ("error", pa.string())]
    return pa.schema(fields)


def _type(values: Sequence) -> pa.DataType:
    import pyarrow as pa

    kinds = {type(value) for value in values}
    if kinds <= {bool}:
        return pa.bool_()
    if kinds <= {int}:
        return pa.int64()
    return pa.float64() if kinds <= {int, float} else pa.string()


def write_rows(folder: Path, name: str, rows: list[dict], schema: pa.Schema) -> None:
    """Write a shard of rows; StoreError, the store being as before, where the disk is full or read-only."""
    import pyarrow as pa

    try:
        store.write_table(folder / RUNS / f"{name}.parquet", pa.Table.from_pylist(rows, schema))
    except OSError as error:
        raise cannot_write(folder, error) from None


def cannot_write(folder: Path, error: OSError) -> StoreError:
    """What to say where nothing can be written."""
    why = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror or str(error)
    return StoreError(f"`{folder}` cannot be written to: {why}; what is stored is whole. Run the same command to go on")


def manifest(study: Study, plan: Plan, command: str, workers: int) -> dict[str, Any]:
    """All that a study's results rest on, as plain data."""
    return {
        "format": FORMAT,
        "name": study.name,
        "question": study.question,
        "prediction": study.prediction,
        "study": study.text,
        "sheet": study.sheet.model_dump(mode="json"),
        "command": command,
        "started": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "root_seed": study.seed,
        "labels": plan.labels,
        "keys": list(plan.columns),
        "places": plan.places,
        "model": plan.model,
        "commit": store.commit(),
        "versions": store.versions((*store.PACKAGES, "duckdb", "SALib", "optuna", "scikit-learn")),
        "machine": {"cores": os.cpu_count(), "workers": workers, "system": platform.platform()},
        "measures": {key: measure._asdict() for key, measure in study.measures.items()},
        "scenarios": {
            label: {"digest": plan.digests[label], "resolved": scenario.resolved(), "cost": cost(scenario)}
            for label, scenario in study.scenarios.items()
        },
        "values": {
            entry.key: {**entry._asdict(), "range": list(entry.range), "assumed": entry.assumed}
            for entry in next(iter(study.scenarios.values())).entries()
            if entry.key in plan.columns or study.mix
        },
    }  # fmt: skip


def read_manifest(folder: Path) -> dict:
    """What was asked; StoreError if the folder is no stored study."""
    import json

    path = folder / "manifest.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise StoreError(f"`{folder}` holds no study (no manifest.json in it)") from None
    except ValueError:
        raise StoreError(f"{path}: is not valid JSON") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise StoreError(f"{path}: is not of the format `{FORMAT}`, the one that this version reads")
    return found


def open_for(folder: Path, study: Study, plan: Plan, command: str, workers: int) -> None:
    """Make the store, or make sure that what is there belongs to this study; nothing is lost either way."""
    wanted = manifest(study, plan, command, workers)
    try:
        (folder / RUNS).mkdir(parents=True, exist_ok=True)
        _recover(folder)
        for aside in folder.rglob(".*.parquet.*"):
            aside.unlink(missing_ok=True)
        if (folder / "manifest.json").exists():
            _refuse_other(folder, read_manifest(folder), wanted)
        elif any((folder / RUNS).glob("*.parquet")):
            raise StoreError(f"`{folder}` holds runs and no manifest.json; name another folder with --out")
        write_points(folder, plan)
        store.write_json(folder / "manifest.json", wanted)
    except OSError as error:
        raise cannot_write(folder, error) from None


def write_points(folder: Path, plan: Plan) -> None:
    """Write what is planned: points.parquet, and design.parquet where there is a design in the unit cube."""
    import pyarrow as pa

    n, s = plan.keys.shape
    columns: dict[str, Any] = {
        "point": [key.decode() for key in plan.keys.ravel()],
        "place": np.repeat(np.arange(plan.first, plan.first + n), s),
        "scenario": plan.labels * n,
    }
    columns |= {
        key: pa.array([v for v in values for _ in range(s)], _type(values)) for key, values in plan.columns.items()
    }
    store.write_table(folder / "points.parquet", pa.table(columns))
    if plan.unit is not None:
        store.write_table(folder / "design.parquet", pa.table(dict(zip(plan.columns, plan.unit.T, strict=True))))


def _refuse_other(folder: Path, stored: dict, wanted: dict) -> None:
    said = {
        "model": "another version of the model",
        "root_seed": "another `seed`",
        "keys": "other varied keys",
        "measures": "other measures",
        "labels": "other scenarios",
    }
    for key, what in said.items():
        if stored[key] != wanted[key]:
            raise StoreError(f"the runs in `{folder}` are of {what}; name another folder with --out")
    for label, scenario in wanted["scenarios"].items():
        if stored["scenarios"][label]["digest"] != scenario["digest"]:
            raise StoreError(f"the runs in `{folder}` are of a `{label}` with other values; name another with --out")
    for key in ("days", "every"):
        if stored["sheet"][key] != wanted["sheet"][key]:
            raise StoreError(f"the runs in `{folder}` keep other days (`{key}`); name another folder with --out")


def shards(folder: Path) -> list[Path]:
    """The files of rows."""
    return sorted((folder / RUNS).glob("*.parquet"))


def connect(folder: Path, extra: bool = True) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory with the views `runs` and `points` on the stored files; it writes nothing."""
    import duckdb

    con = duckdb.connect(":memory:")
    if not shards(folder):
        raise StoreError(f"`{folder}` holds no finished run yet")
    con.execute(f"create view runs as select * from read_parquet('{_quoted(folder / RUNS / '*.parquet')}')")
    if extra:
        con.execute(f"create view points as select * from read_parquet('{_quoted(folder / 'points.parquet')}')")
    return con


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def query(folder: Path, sql: str) -> pd.DataFrame:
    """The answer to an SQL question of `runs` and `points`; StoreError says what is wrong with it."""
    import duckdb

    with connect(folder) as con:
        try:
            return con.execute(sql).df()
        except duckdb.Error as error:
            raise StoreError(f"sql: {str(error).splitlines()[0]}") from None


def read(folder: Path, day: int | None = None, keep: Sequence[str] = ()) -> pd.DataFrame:
    """The finished runs as a table, in the order of places, replicates and scenarios, failed ones left out.

    Parameters
    ----------
    day : only this day; the last of each run, if not said
    keep : measures to read; all, if empty
    """
    found = read_manifest(folder)
    names = ("point", "scenario", "replicate", "seed", *found["keys"], "day", *keep)
    columns = ", ".join(f'r."{name}"' for name in names) if keep else "r.*"
    if day is not None:
        last = f"and r.day = {int(day)}"
    elif found["sheet"]["days"] or found["sheet"]["every"]:
        last = "qualify r.day = max(r.day) over (partition by r.point)"
    else:
        last = ""
    return query(
        folder,
        f"select * from (select p.place, {columns} from runs r join points p using (point) "
        f"where r.error is null {last}) order by place, replicate, scenario",
    )


def finished(folder: Path, keys: np.ndarray, replicates: int) -> tuple[np.ndarray, int]:
    """Which planned runs are stored: bool (places, scenarios, replicates); and how many of them failed.

    Parameters
    ----------
    keys : as `Plan.keys`
    """
    import pyarrow.parquet as pq

    flat = keys.ravel()
    order = np.argsort(flat, kind="stable")
    done = np.zeros((flat.size, replicates), bool)
    failed = 0
    for path in shards(folder):
        table = pq.read_table(path, columns=["point", "replicate", "error"])
        names = table["point"].to_numpy().astype("S16")
        replicate = table["replicate"].to_numpy()
        at = np.minimum(np.searchsorted(flat, names, sorter=order), flat.size - 1)
        known = (flat[order[at]] == names) & (replicate < replicates)
        done[order[at[known]], replicate[known]] = True
        failed += len(table) - table["error"].null_count
    if flat.size > np.unique(flat).size:  # points that say the same share their runs
        first = order[np.searchsorted(flat, flat, sorter=order)]
        done = done[first]
    return done.reshape(*keys.shape, replicates), failed


def forget_failed(folder: Path) -> int:
    """Take the rows of failed runs away, so that they are run again; returns how many there were."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    count = 0
    for path in shards(folder):
        table = pq.read_table(path)
        kept = table.filter(pc.is_null(table["error"]))
        if len(kept) == len(table):
            continue
        count += len(table) - len(kept)
        if len(kept):
            store.write_table(path, kept)
        else:
            path.unlink()
    return count


def gather(folder: Path) -> None:
    """Write many files of rows as few, row by row and not through memory, and put them in place of the many.

    The old folder of rows is renamed away only when the new one is whole; `_recover` finishes what a crash left.
    """
    import pyarrow.dataset as ds

    found = shards(folder)
    if len(found) <= MANY:
        return
    aside, ready = folder / ".gathering", folder / "runs.gathered"
    shutil.rmtree(aside, ignore_errors=True)
    with connect(folder, extra=False) as con:
        counted = con.execute("select count(*), count(distinct (point, seed, day)) from runs").fetchone()
        rows, single = counted or (0, 0)
        if rows > single:  # two sweeps with different parts did the same runs
            aside.mkdir()
            con.execute(
                f"copy (select distinct on (point, seed, day) * from runs) to '{_quoted(aside / 'rows-0.parquet')}' "
                f"(format parquet, compression zstd)"
            )
        else:
            ds.write_dataset(
                ds.dataset([str(path) for path in found], format="parquet"),
                aside,
                format="parquet",
                file_options=ds.ParquetFileFormat().make_write_options(compression="zstd"),
                basename_template=f"rows-{time.time_ns():x}-{{i}}.parquet",
                max_rows_per_file=ROWS_A_FILE,
                max_rows_per_group=ROWS_A_FILE,
                min_rows_per_group=20_000,
                use_threads=False,
            )
    aside.rename(ready)
    (folder / RUNS).rename(folder / ".runs.old")
    ready.rename(folder / RUNS)
    shutil.rmtree(folder / ".runs.old", ignore_errors=True)


def _recover(folder: Path) -> None:
    """Finish, or forget, a gathering that was cut short."""
    ready, old = folder / "runs.gathered", folder / ".runs.old"
    shutil.rmtree(folder / ".gathering", ignore_errors=True)
    if ready.exists():
        if old.exists():  # the many are away: the few take their place
            with contextlib.suppress(OSError):
                (folder / RUNS).rmdir()  # empty, made a moment ago
            if not (folder / RUNS).exists():
                ready.rename(folder / RUNS)
        else:
            shutil.rmtree(ready)
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def held(folder: Path, part: tuple[int, int] | None) -> Iterator[None]:
    """Hold the store for one sweep, or for one part of it beside others; waits for workers that a kill left behind.

    Raises
    ------
    StoreError : when another sweep works in the folder
    """
    with contextlib.ExitStack() as stack:
        whole = stack.enter_context(_opened(folder / ".lock"))
        if not _lock(whole, alone=part is None):
            raise StoreError(f"`{folder}`: another `hearth study run` is at work in it; wait for it, or use --part")
        if part is not None:
            mine = stack.enter_context(_opened(folder / f".lock-{part[0]}-of-{part[1]}"))
            if not _lock(mine, alone=True):
                raise StoreError(f"`{folder}`: part {part[0]}/{part[1]} is being worked on already")
        workers = stack.enter_context(_opened(writers(folder, part)))
        deadline = time.monotonic() + PATIENCE
        while not _lock(workers, alone=True):
            if time.monotonic() > deadline:
                raise StoreError(f"`{folder}`: workers of an earlier sweep are still writing; try again later")
            time.sleep(0.1)
        _unlock(workers)
        yield


def writers(folder: Path, part: tuple[int, int] | None) -> Path:
    """The file that every worker of a sweep holds while it does a batch."""
    return folder / (".writers" if part is None else f".writers-{part[0]}-of-{part[1]}")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold a sweep's file of workers, for the time of one batch."""
    with _opened(path) as file:
        _lock(file, alone=False, wait=True)
        yield


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        file = open(path, "ab")  # noqa: SIM115
    except OSError as error:
        raise cannot_write(path.parent, error) from None
    try:
        yield file
    finally:
        file.close()  # gives the lock back; so does the system when a process is killed


def _lock(file: Any, alone: bool, wait: bool = False) -> bool:
    try:
        import fcntl
    except ImportError:  # not on Windows, where a killed sweep's workers end by themselves within a moment
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _unlock(file: Any) -> None:
    with contextlib.suppress(ImportError):
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)
