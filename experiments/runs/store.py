"""The store of a study: a folder of whole Parquet files that pandas, Polars, DuckDB or R open without this project.

    manifest.json     what was asked: the study, scenarios with every value, versions, machine, command, measures
    points.parquet    every planned point: point, place, scenario, the varied keys
    design.parquet    the design in the unit cube (Latin hypercube, Morris, Sobol only)
    runs/*.parquet    a row a run and kept day: point, scenario, replicate, seed, varied keys, day, measures, error
    network/*.parquet ties between members on the last day of the first replicate (comparisons only)

A run is known by `point` (a key of the resolved scenario and the model's version) and `seed`. A run that failed is one
row whose `error` holds the traceback and whose measures are empty. Files are written aside and renamed, so a reader
sees whole files only, at any time; names that begin with a point are being written. A comparison is a study that varies
nothing. `study` is an `experiments.study.file.Study` below, `plan` its `design.Plan`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.runs import files
from experiments.runs import manifest as manifests
from experiments.runs.files import StoreError
from experiments.runs.given import cost

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

    from experiments.runs.tasks import Done

FORMAT = "study 1"
RUNS = "runs"
MANY = 24  # files that are left as they are
EVERY_DAY = "every"
OWN_FILE = re.compile(r"(rows-)?[0-9a-f]+(-[0-9]+)?\.parquet")


def schema(study: Any, columns: dict[str, list]) -> pa.Schema:
    """The columns of a row."""
    import pyarrow as pa

    fields = [("point", pa.string()), ("scenario", pa.string()), ("replicate", pa.int32()), ("seed", pa.int64())]
    fields += [(key, pa.infer_type(values)) for key, values in columns.items()]
    fields += [("day", pa.int32()), *((key, pa.float64()) for key in study.measures), ("error", pa.string())]
    return pa.schema(fields)


def write(folder: Path, name: str, done: Done) -> None:
    """Write what came of a batch; StoreError, the store being as before, where the disk is full or read-only."""
    import pyarrow as pa

    try:
        for label, network in done.networks.items():
            start = folder / "network" / files.slug(label)
            members = {"member": np.asarray(network.key), "stage": np.asarray(network.stage)}
            ties = {key: np.asarray(getattr(network, key)) for key in ("source", "target", "strength")}
            for kind, columns in (("members", members), ("ties", ties)):
                files.write_table(start.with_name(f"{start.name}-{kind}.parquet"), pa.table(columns))
        if len(done.rows):  # last: where the rows of a run stand, all that belongs to it stands
            files.write_table(folder / RUNS / f"{name}.parquet", done.rows)
    except OSError as error:
        raise cannot_write(folder, error) from None


def read_network(folder: Path, label: str) -> dict[str, pd.DataFrame]:
    """The stored ties of the first replicate: tables `members` and `ties`."""
    import pandas as pd

    start = folder / "network"
    return {kind: pd.read_parquet(start / f"{files.slug(label)}-{kind}.parquet") for kind in ("members", "ties")}


def cannot_write(folder: Path, error: OSError) -> StoreError:
    """The error for a folder that cannot be written to."""
    why = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror or str(error)
    return StoreError(f"`{folder}` cannot be written to: {why}; what is stored is whole. Run the same command to go on")


def manifest(study: Any, plan: Any, command: str, workers: int) -> dict[str, Any]:
    """All that a study's results rest on, as plain data."""
    first = entries(next(iter(study.scenarios.values())))
    return {
        "format": FORMAT,
        **{key: getattr(study, key) for key in ("name", "question", "prediction")},
        "study": study.text,
        "sheet": study.spec.model_dump(mode="json"),
        "command": command,
        "started": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "root_seed": study.seed,
        "labels": plan.labels,
        "keys": list(plan.columns),
        "places": plan.places,
        "model": plan.model,
        "commit": files.commit(),
        "versions": files.versions((*files.PACKAGES, "duckdb", "SALib", "optuna", "scikit-learn")),
        "machine": {"cores": os.cpu_count(), "workers": workers, "system": platform.platform()},
        "measures": {key: measure._asdict() for key, measure in study.measures.items()},
        "scenarios": {
            label: {
                "question": scenario.question,
                "digest": plan.digests[label],
                "resolved": scenario.resolved(),
                "cost": cost(scenario),
                "entries": [] if plan.columns else entries(scenario),
            }
            for label, scenario in study.scenarios.items()
        },
        "values": {entry["key"]: entry for entry in first if entry["key"] in plan.columns or study.mix},
        **study.facts,
    }


def entries(scenario: Any) -> list[dict[str, Any]]:
    """Every value of a scenario with unit, range, source and whether it is assumed, as plain data."""
    return [{**entry._asdict(), "range": list(entry.range), "assumed": entry.assumed} for entry in scenario.entries()]


def read_manifest(folder: Path) -> dict:
    """What was asked; StoreError if the folder is no stored study, or what it says is out of range."""
    return manifests.read(folder, FORMAT)


def open_for(
    folder: Path, study: Any, plan: Any, command: str, workers: int, else_do: str = "name another folder with --out"
) -> None:
    """Make the store, or make sure that what is there belongs to this study; nothing is lost either way.

    `else_do` is what to do where it does not.
    """
    wanted = manifest(study, plan, command, workers)
    try:
        (folder / RUNS).mkdir(parents=True, exist_ok=True)
        if (folder / "manifest.json").exists():
            stored = _rests_on(read_manifest(folder))
            for what, value in _rests_on(wanted).items():
                if stored.get(what) != value:
                    raise StoreError(f"the runs in `{folder}` are of {what}; {else_do}")
        elif any((folder / RUNS).glob("*.parquet")):
            raise StoreError(f"`{folder}` holds runs and no manifest.json; name another folder with --out")
        write_points(folder, plan)
        files.write_json(folder / "manifest.json", wanted)
    except OSError as error:
        raise cannot_write(folder, error) from None


def write_points(folder: Path, plan: Any) -> None:
    """Write what is planned: points.parquet, and design.parquet where there is a design in the unit cube."""
    import pyarrow as pa

    n, s = plan.keys.shape
    columns: dict[str, Any] = {"point": plan.keys.ravel().astype(str), "place": np.repeat(np.arange(n), s)}
    columns |= {"scenario": plan.labels * n, **{key: np.repeat(values, s) for key, values in plan.columns.items()}}
    files.write_table(folder / "points.parquet", pa.table(columns))
    if plan.unit is not None:
        files.write_table(folder / "design.parquet", pa.table(dict(zip(plan.columns, plan.unit.T, strict=True))))


def _rests_on(manifest: dict) -> dict[str, Any]:
    """What must be equal for all runs of a store, by the words for it in an error message."""
    spec = manifest["sheet"]
    return {
        "another version of the model": manifest["model"],
        "another `seed`": manifest["root_seed"],
        "other varied keys": manifest["keys"],
        "other measures": manifest["measures"],
        "other scenarios": manifest["labels"],
        "a community founded from another log": manifest.get("founded_from"),
        "another posterior": manifest.get("posterior"),
        **{f"a `{label}` with other values": item["digest"] for label, item in manifest["scenarios"].items()},
        "other days (`days`, `every`)": (spec["days"], spec["every"]),
    }


def shards(folder: Path) -> list[Path]:
    """The files of rows, without those that a gathered file holds and that are yet to be taken away."""
    return sorted({path for path in (folder / RUNS).glob("*") if OWN_FILE.fullmatch(path.name)} - _gathered(folder))


def strangers(folder: Path) -> list[str]:
    """Files in the folder of rows that no sweep wrote; they are ignored."""
    return sorted(path.name for path in (folder / RUNS).glob("*") if not OWN_FILE.fullmatch(path.name))


def _gathered(folder: Path) -> set[Path]:
    """Files whose rows a gathered file also holds, as listed in that file."""
    import pyarrow.parquet as pq

    ours = (path for path in (folder / RUNS).glob("rows-*") if OWN_FILE.fullmatch(path.name))
    notes = [pq.read_metadata(path).metadata or {} for path in ours]
    return {folder / RUNS / name.decode() for note in notes for name in note.get(b"gathers", b"").split()}


@contextlib.contextmanager
def connected(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB in memory with the tables `runs` and `points` of the stored files, whatever these are called."""
    import duckdb
    import pyarrow.dataset as ds

    if not (paths := shards(folder)):
        raise StoreError(f"`{folder}` holds no finished run yet")
    manifest = read_manifest(folder)
    with duckdb.connect(":memory:") as con:
        for name, those in (("runs", paths), ("points", [folder / "points.parquet"])):
            for path in those:
                manifests.refuse_other_columns(path, manifest, measured=name == "runs")
            con.register(name, ds.dataset([str(path) for path in those], format="parquet"))
        yield con


def quoted(name: object, mark: str = '"') -> str:
    """A name as it stands in SQL, or, with a single mark, a text."""
    return mark + str(name).replace(mark, 2 * mark) + mark


def query(folder: Path, sql: str) -> pd.DataFrame:
    """The answer to an SQL question of `runs` and `points`, one SELECT; StoreError says what is wrong with it.

    It reads nothing else, no file, no network, no variable of Python's, and writes nothing, not even aside.
    """
    import duckdb

    manifests.refuse_leading_out(folder)
    with connected(folder) as con:
        for name, value in (("temp_directory", "''"), ("python_enable_replacements", "false"),
                            ("enable_external_access", "false"), ("lock_configuration", "true")):  # fmt: skip
            con.execute(f"set {name} = {value}")
        try:
            if [part.type for part in con.extract_statements(sql)] != [duckdb.StatementType.SELECT]:
                raise StoreError("sql: only a question is allowed, one SELECT of `runs` and `points`; nothing was done")
            return con.execute(sql).df()
        except (duckdb.Error, OSError) as error:
            raise StoreError(f"sql: {str(error).splitlines()[0]}") from None


def read(folder: Path, day: int | str | None = None, keep: Sequence[str] = ()) -> pd.DataFrame:
    """The finished runs as a table, in the order of places, replicates and scenarios, failed ones left out.

    Parameters
    ----------
    day : only this day, or EVERY_DAY that is kept; the last of each run, if not said
    keep : measures to read; all, if empty
    """
    asked = read_manifest(folder)
    names = ("point", "scenario", "replicate", "seed", *asked["keys"], "day", *keep)
    columns = ", ".join(f"r.{quoted(name)}" for name in names) if keep else "r.*"
    several = day is None and (asked["sheet"]["days"] or asked["sheet"]["every"])
    last = "qualify r.day = max(r.day) over (partition by r.point)" if several else ""
    if day is not None and day != EVERY_DAY:
        last = f"and r.day = {int(day)}"
    return query(
        folder,
        f"select * from (select p.place, {columns} from runs r join points p using (point) "
        f"where r.error is null {last}) order by place, replicate, scenario, day",
    )


def finished(folder: Path, keys: np.ndarray, replicates: int) -> tuple[np.ndarray, int]:
    """Which planned runs are stored: bool (places, scenarios, replicates); and how many of them failed.

    Parameters
    ----------
    keys : as `Plan.keys`
    """
    import pyarrow.parquet as pq

    names, at = np.unique(keys, return_inverse=True)  # points that say the same share their runs
    done, failed = np.zeros((names.size, replicates), bool), 0
    for path in shards(folder):
        table = pq.read_table(path, columns=["point", "replicate", "error"])
        points, replicate = table["point"].to_numpy().astype("S16"), table["replicate"].to_numpy()
        place = np.minimum(np.searchsorted(names, points), names.size - 1)
        known = (names[place] == points) & (replicate < replicates)
        done[place[known], replicate[known]] = True
        failed += len(table) - table["error"].null_count
    return done[at].reshape(*keys.shape, replicates), failed


def count_runs(folder: Path) -> tuple[int, int]:
    """How many runs are stored, and how many replicates with all scenarios; for studies that vary nothing."""
    runs = query(folder, "select count(distinct scenario) as n from runs group by replicate")["n"]
    return int(runs.sum()), int((runs == len(read_manifest(folder)["labels"])).sum())


def forget_failed(folder: Path) -> int:
    """Take the rows of failed runs away, so that they are run again; returns how many there were."""
    import pyarrow.parquet as pq

    count = 0
    for path in shards(folder):
        table = pq.read_table(path)
        successful = table.filter(table["error"].is_null())
        count += len(table) - len(successful)
        if not len(successful):
            path.unlink()
        elif len(successful) < len(table):
            files.write_table(path, successful)
    return count


def gather(folder: Path) -> None:
    """Write many files of rows as one, not through memory, and take the many away.

    The one says which it holds, so that whatever cuts this short, their rows are neither lost nor read twice.
    """
    paths = shards(folder)
    if len(paths) <= MANY:
        return
    with connected(folder) as con:
        rows, single = con.execute("select count(*), count(distinct (point, seed, day)) from runs").fetchone() or (0, 0)
        once = "distinct on (point, seed, day)" if rows > single else ""  # parts of two kinds did the same runs

        def write(aside: Path) -> None:
            to, names = (quoted(text, "'") for text in (aside, " ".join(path.name for path in paths)))
            options = f"format parquet, compression zstd, kv_metadata {{gathers: {names}}}"
            con.execute(f"copy (select {once} * from runs) to {to} ({options})")

        files.write_aside(folder / RUNS / f"rows-{time.time_ns():x}.parquet", write)
    _take_away(folder)


def _take_away(folder: Path) -> None:
    """Delete files whose rows a gathered file also holds."""
    for path in _gathered(folder):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def held(folder: Path, part: tuple[int, int] | None = None) -> Iterator[None]:
    """Hold the store for one sweep, or for one part of it beside others; what is killed holds it no longer.

    Raises
    ------
    StoreError : when another sweep works in the folder
    """
    names = [".lock"] if part is None else [".lock", f".lock-{part[0]}-of-{part[1]}"]
    with contextlib.ExitStack() as stack:
        try:
            whole, *part_lock = [stack.enter_context(open(folder / name, "ab")) for name in names]
        except OSError as error:
            raise cannot_write(folder, error) from None
        if not _locked(whole, alone=part is None):
            raise StoreError(f"`{folder}`: another command is at work in it; wait for it, or use --part")
        if part is not None and not _locked(part_lock[0], alone=True):
            raise StoreError(f"`{folder}`: part {part[0]}/{part[1]} is being worked on already")
        if part is None:  # nobody else writes: what is here half was left by something that was killed
            _take_away(folder)
            for aside in folder.rglob(".*.parquet.*"):
                aside.unlink(missing_ok=True)
        yield


def _locked(file: Any, alone: bool) -> bool:
    """Lock an open file, alone or beside others that share it; false if somebody else has it."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
