"""The store of a study: a folder of whole Parquet files that pandas, Polars, DuckDB or R open without this project.

    manifest.json     what was asked: the study, scenarios with every value, versions, machine, command, measures
    points.parquet    every planned point: point, place, scenario, the varied keys
    design.parquet    the design in the unit cube (Latin hypercube, Morris, Sobol only)
    runs/*.parquet    a row a run and kept day: point, scenario, replicate, seed, varied keys, day, measures, error,
                      seconds (what the run took) and host (the machine that did it)
    worlds.parquet    a row a world, a column a value that is drawn; replicate r lives in row r, counted round and round
                      (comparisons over worlds only)
    why/SCENARIO/     a store of the same form: the strategy with hours idle (comparisons with --why only)
    network/*.parquet ties between members on the last day of the first replicate (comparisons in one world only)

A run is known by `point` (a key of the resolved scenario and the model's version) and `seed`. A run that failed is one
row whose `error` holds the traceback and whose measures are empty. Files are written aside and renamed, so a reader
sees whole files only, at any time; names that begin with a point are being written. A name holds the host and the
process that wrote the file: no two commands ever have one. A comparison is a study that varies nothing. `study` is an
`experiments.study.file.Study` below, `plan` its `design.Plan`.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from experiments.runs import files
from experiments.runs import manifest as manifests
from experiments.runs.files import StoreError
from experiments.runs.given import cost
from sim import aside

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

    from experiments.runs.tasks import Done

Answer = TypeVar("Answer")
FORMAT = "study 1"
MANIFEST, RUNS = "manifest.json", "runs"
BEGUN = (RUNS, "points.parquet")  # all that a store may have before its manifest
IN_A_ROW = {"point", "scenario", "replicate", "seed", "day", "error"}
EFFORT = ("seconds", "host")  # of a run: no result, and other each time
MANY = 24  # files that are left as they are
EVERY_DAY = "every"
OWN_FILE = re.compile(r"(rows-)?[0-9a-f]+(-([0-9a-f]{8}\.)?[0-9]+)?\.parquet")
AT_ONCE = 50_000  # rows held in memory while files of them are written or gathered
WHOLE = "from rows where error is null"
DOUBLED = "select count(*) > count(distinct hash(point, seed, day)) from rows"
AGAIN = (
    f"select count(*) from (select point, seed from rows where error is not null intersect select point, seed {WHOLE})"
)
PLANNED = "`hearth study run` without --part writes it, as does part 1 when it ends, and `hearth study slurm` before"
TRIES = 20  # at reading a folder in which others gather files


def schema(study: Any, columns: Mapping[str, Sequence]) -> pa.Schema:
    """The columns of a row."""
    import pyarrow as pa

    fields = [("point", pa.string()), ("scenario", pa.string()), ("replicate", pa.int32()), ("seed", pa.int64())]
    fields += [(key, pa.infer_type(getattr(values, "kinds", values))) for key, values in columns.items()]
    fields += [("day", pa.int32()), *((key, pa.float64()) for key in study.measures), ("error", pa.string())]
    return pa.schema([*fields, ("seconds", pa.float64()), ("host", pa.string())])


def write(folder: Path, name: str, done: Done) -> Path | None:
    """Write what came of a batch; where the disk is full or read-only, OSError, the store being as before.

    Returns the file of its rows, if it has any.
    """
    import pyarrow as pa

    for label, network in done.networks.items():
        start = folder / "network" / files.slug(label)
        members = {"member": np.asarray(network.key), "stage": np.asarray(network.stage)}
        ties = {key: np.asarray(getattr(network, key)) for key in ("source", "target", "strength")}
        for kind, columns in (("members", members), ("ties", ties)):
            files.write_table(start.with_name(f"{start.name}-{kind}.parquet"), pa.table(columns))
    if not len(done.rows):
        return None
    # last: where the rows of a run stand, all that belongs to it stands
    return files.write_table(folder / RUNS / f"{name}-{aside.writer()}.parquet", done.rows)


def read_network(folder: Path, label: str) -> dict[str, pd.DataFrame]:
    """The stored ties of the first replicate: tables `members` and `ties`."""
    import pandas as pd
    import pyarrow as pa

    paths = {kind: folder / "network" / f"{files.slug(label)}-{kind}.parquet" for kind in ("members", "ties")}
    try:
        return {kind: pd.read_parquet(path) for kind, path in paths.items()}
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"`{folder / 'network'}`: a file of `{label}` is damaged ({error}); compare anew") from None


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
        "beyond": study.implausible(),
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
    folder: Path,
    wanted: dict[str, Any],
    plan: Any,
    else_do: str = "name another folder with --out",
    part: bool = False,
) -> None:
    """Make the store, or make sure that what is there belongs to this study; nothing is lost either way.

    `wanted` is its `manifest`; `else_do` is what to do where the folder holds something else. For a part, what is
    planned is not written (it is as large as the whole), and a manifest that says the same is left as it is.
    """
    (folder / RUNS).mkdir(exist_ok=True)
    same = False
    if (folder / MANIFEST).exists():
        stored = read_manifest(folder)
        if what := other(stored, wanted):
            raise StoreError(f"the runs in `{folder}` are of {what}; {else_do}")
        same = stored["sheet"] == wanted["sheet"]
    elif any((folder / RUNS).glob("*.parquet")) and not (folder / MANIFEST).exists():  # parts may just have begun
        raise StoreError(f"`{folder}` holds runs and no {MANIFEST}; {else_do}")
    if not part and not (same and has_points(folder, plan)):
        write_points(folder, plan)
    if not (part and same):
        files.write_json(folder / MANIFEST, wanted)


def has_points(folder: Path, plan: Any) -> bool:
    """Whether what is planned is written already, if the manifest says the same; false for places found on the way."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_metadata(folder / "points.parquet").num_rows
    except (OSError, pa.ArrowException):
        return False
    designed = plan.unit is None or (folder / "design.parquet").exists()
    return designed and not plan.given and rows == plan.places * len(plan.labels)


def other(stored: dict, wanted: dict) -> str:
    """What of the stored manifest is not as it is wanted, in words; empty if the runs are of the same."""
    have = _rests_on(stored)
    return next((what for what, value in _rests_on(wanted).items() if have.get(what) != value), "")


def write_points(folder: Path, plan: Any) -> None:
    """Write what is planned: points.parquet, and design.parquet where there is a design in the unit cube."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {key: pa.infer_type(getattr(values, "kinds", values)) for key, values in plan.columns.items()}
    fields = [("point", pa.string()), ("place", pa.int64()), ("scenario", pa.string()), *kinds.items()]

    def fill(hidden: Path) -> None:
        with pq.ParquetWriter(hidden, pa.schema(fields), compression="zstd") as file:
            for first in range(0, plan.places, AT_ONCE):
                places = range(first, min(first + AT_ONCE, plan.places))
                points = [plan.point(place, label) for place in places for label in plan.labels]
                columns: dict[str, Any] = {"point": [point.key for point in points]}
                columns |= {"place": np.repeat(places, len(plan.labels)), "scenario": plan.labels * len(places)}
                columns |= {key: [point.shown[key] for point in points] for key in kinds}
                file.write_table(pa.table(columns, file.schema))

    if plan.unit is not None:  # before the points, which tell that all of it is there
        files.write_table(folder / "design.parquet", pa.table(dict(zip(plan.columns, plan.unit.T, strict=True))))
    files.write_aside(folder / "points.parquet", fill)


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
        "other worlds": manifest.get("worlds"),
        **{f"a `{label}` with other values": item["digest"] for label, item in manifest["scenarios"].items()},
        "other days (`days`, `every`)": (spec["days"], spec["every"]),
        "runs that stop at something else (`stop.when`)": (spec.get("stop") or {}).get("when") or [],
    }


def steadily(read: Callable[[], Answer]) -> Answer:
    """What `read` finds in a folder; again, where a file was gathered into another between listing and reading it."""
    for _ in range(TRIES):
        with contextlib.suppress(FileNotFoundError):
            return read()
    return read()


def _whole(folder: Path) -> dict[Path, set[Path]]:
    """The whole files of rows, each with those whose rows it has gathered, by what is said in the file."""
    return steadily(partial(_whole_now, folder))


def _whole_now(folder: Path) -> dict[Path, set[Path]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = {}
    for path in filter(lambda path: OWN_FILE.fullmatch(path.name), list((folder / RUNS).glob("*"))):
        try:
            file = pq.read_metadata(path)
        except FileNotFoundError:
            if not path.is_symlink():
                raise
        except (OSError, pa.ArrowException):  # empty, cut short, or of another kind
            continue
        else:
            if set(file.schema.names) >= IN_A_ROW:
                names = (file.metadata or {}).get(b"gathers", b"").split()
                found[path] = {path.with_name(name.decode()) for name in names}
    return found


def shards(folder: Path) -> list[Path]:
    """The whole files of rows, without those that a gathered file holds and that are yet to be taken away."""
    whole = _whole(folder)
    return sorted(whole.keys() - set().union(*whole.values()))


def strangers(folder: Path) -> list[str]:
    """Files in the folder of rows that no sweep wrote or that are damaged; they are passed over."""
    others = set((folder / RUNS).glob("*")) - _whole(folder).keys()
    return sorted(path.name for path in others if not (path.name[0] == "." and path.name.endswith(aside.END)))


@contextlib.contextmanager
def connected(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB in memory with the tables `runs` and `points` of the stored files, whatever these are called.

    No run is in it twice, though parts of two kinds may both have done it, or one again that had failed.
    """
    import duckdb
    import pyarrow as pa
    import pyarrow.dataset as ds

    if not (paths := shards(folder)):
        raise StoreError(f"`{folder}` holds no finished run yet")
    manifest = read_manifest(folder)
    planned = [path for path in (folder / "points.parquet",) if path.exists()]  # not yet, where parts have just begun
    with duckdb.connect(":memory:") as con:
        for name, those in (("rows", paths), ("points", planned)):
            if not those:
                continue
            first, *_ = [manifests.refuse_other_columns(path, manifest, measured=name == "rows") for path in those]
            if name == "rows":
                first = first if "seconds" in first.names else first.append(pa.field("seconds", pa.float64()))
                first = first if "host" in first.names else first.append(pa.field("host", pa.string()))
            con.register(name, ds.dataset([str(path) for path in those], schema=first, format="parquet"))
        once, failed = "", ""
        if len(paths) > 1:
            try:
                doubled, again = (bool((con.execute(count).fetchone() or (0,))[0]) for count in (DOUBLED, AGAIN))
            except (duckdb.Error, OSError) as error:  # a file whose rows are damaged
                _refuse_gone(error)
                raise StoreError(f"the runs in `{folder}` cannot be read: {str(error).splitlines()[0]}") from None
            once = "distinct on (point, seed, day)" if doubled else ""
            failed = f"where error is null or (point, seed) not in (select (point, seed) {WHOLE})" if again else ""
        con.execute(f"create view runs as select {once} * from rows {failed}")
        yield con


def write_rows(folder: Path, path: Path, sink: Any, notes: dict[str, str] | None = None) -> int:
    """Write all rows into one file, not through memory, with `notes` in its schema; returns how many rows.

    `sink` makes what takes batches, from a path and a schema, e.g. pyarrow.parquet.ParquetWriter.
    """
    import pyarrow as pa

    count = 0

    def write(hidden: Path) -> None:
        nonlocal count
        count = 0
        with connected(folder) as con:
            batches = pa.RecordBatchReader.from_stream(con.sql("from runs"))
            with sink(str(hidden), batches.schema.with_metadata(notes)) as file:
                for batch in batches:
                    file.write_batch(batch.replace_schema_metadata(notes))
                    count += len(batch)

    steadily(partial(files.write_aside, path, write))
    return count


def quoted(name: object, mark: str = '"') -> str:
    """A name as it stands in SQL, or, with a single mark, a text."""
    return mark + str(name).replace(mark, 2 * mark) + mark


def _unquoted(sql: str, con: Any) -> str:
    """What to do about names with a dot that a question has without quotes; "" if it has none."""
    tables = [row[0] for row in con.execute("show tables").fetchall()]  # without `points`, where parts have just begun
    columns = {row[0] for table in tables for row in con.execute(f"describe {quoted(table)}").fetchall()}
    bare = re.sub(r'"[^"]*"|\'[^\']*\'', " ", sql)
    names = [
        name for name in sorted(columns) if "." in name and re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", bare)
    ]
    return f"a name with a dot stands in double quotes: {', '.join(map(quoted, names))}" if names else ""


def query(folder: Path, sql: str) -> pd.DataFrame:
    """The answer to an SQL question of `runs` and `points`, one SELECT; StoreError says what is wrong with it.

    It reads nothing else, no file, no network, no variable of Python's, and writes nothing, not even aside.
    """
    manifests.refuse_leading_out(folder)
    try:
        return steadily(partial(_answer, folder, sql))
    except FileNotFoundError as error:
        raise StoreError(f"sql: {str(error).splitlines()[0]}") from None


def _answer(folder: Path, sql: str) -> pd.DataFrame:
    """As `query`; FileNotFoundError where a file of rows went while it was read."""
    import duckdb

    with connected(folder) as con:
        for name, value in (("temp_directory", "''"), ("python_enable_replacements", "false"),
                            ("enable_external_access", "false"), ("lock_configuration", "true")):  # fmt: skip
            con.execute(f"set {name} = {value}")
        try:
            if [part.type for part in con.extract_statements(sql)] != [duckdb.StatementType.SELECT]:
                raise StoreError("sql: only a question is allowed, one SELECT of `runs` and `points`; nothing was done")
            return con.execute(sql).df()
        except (duckdb.Error, OSError) as error:
            _refuse_gone(error)
            what, *more = str(error).splitlines()
            near = [line.strip() for line in more if line.startswith("Candidate bindings")]  # names that are alike
            hint = _unquoted(sql, con) or "; ".join(near)
            raise StoreError(f"sql: {what}" + (f"; {hint}" if hint else "")) from None


def _refuse_gone(error: Exception) -> None:
    """Raise FileNotFoundError if this is what DuckDB and Arrow make of one."""
    if "FileNotFoundError" in str(error) or "No such file" in str(error):
        raise FileNotFoundError(str(error)) from None


def read(folder: Path, day: int | str | None = None, keep: Sequence[str] = ()) -> pd.DataFrame:
    """The finished runs as a table, in the order of places, replicates and scenarios, failed ones left out.

    Parameters
    ----------
    day : only this day, or EVERY_DAY that is kept; the last of each run, if not said
    keep : measures to read, or what a run took (`EFFORT`); all measures, if empty
    """
    asked = read_manifest(folder)
    if shards(folder) and not (folder / "points.parquet").exists():
        raise StoreError(f"`{folder}`: what is planned is not written yet; {PLANNED}")
    names = ("point", "scenario", "replicate", "seed", *asked["keys"], "day", *keep)
    columns = ", ".join(f"r.{quoted(name)}" for name in names) if keep else f"r.* exclude ({', '.join(EFFORT)})"
    several = day is None and (asked["sheet"]["days"] or asked["sheet"]["every"])
    last = "qualify r.day = max(r.day) over (partition by r.point)" if several else ""
    if day is not None and day != EVERY_DAY:
        last = f"and r.day = {int(day)}"
    return query(
        folder,
        f"select * from (select p.place, {columns} from runs r join points p using (point) "
        f"where r.error is null {last}) order by place, replicate, scenario, day",
    )


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
    import pyarrow.parquet as pq

    if len(paths := shards(folder)) > MANY:
        sink = partial(pq.ParquetWriter, compression="zstd")
        names = {"gathers": " ".join(path.name for path in paths)}
        write_rows(folder, _gathered(folder), sink, names)
    for path in set().union(*_whole(folder).values()):
        path.unlink(missing_ok=True)


def gather_own(folder: Path, paths: list[Path]) -> list[Path]:
    """Write files that this process has written as one; returns the files that there are instead.

    Where another command has gathered them already, nothing is done.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    def fill(hidden: Path) -> None:
        kept: list[pa.Table] = []
        with pq.ParquetWriter(hidden, schema, compression="zstd") as file:
            for path in paths:
                kept.append(pq.read_table(path, partitioning=None))
                if path is paths[-1] or sum(map(len, kept)) > AT_ONCE:
                    file.write_table(pa.concat_tables(kept))
                    kept.clear()

    if len(paths) < 2:
        return paths
    try:
        notes = {"gathers": " ".join(path.name for path in paths)}
        schema = pq.read_schema(paths[-1]).with_metadata(notes)
        one = files.write_aside(_gathered(folder), fill)
    except FileNotFoundError:
        return []
    for path in paths:
        path.unlink(missing_ok=True)
    return [one]


def _gathered(folder: Path) -> Path:
    """The name of a new file of gathered rows."""
    return folder / RUNS / f"rows-{time.time_ns():x}-{aside.writer()}.parquet"
