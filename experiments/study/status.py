"""How far a study is and what its store holds, from the store alone; also while a sweep runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.runs import files, store

if TYPE_CHECKING:
    import pandas as pd

MOST_MEASURES = 12


@dataclass(frozen=True)
class Status:
    """runs : finished, failed ones too; failures : scenario, seed and last line of some; means : a row a scenario."""

    manifest: dict[str, Any]
    points: int
    runs: int
    failed: int
    rows: int
    failures: pd.DataFrame | None
    means: pd.DataFrame | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        said = {key: self.manifest[key] for key in ("name", "question", "prediction", "labels", "keys", "commit")}
        said |= {"points": self.points, "runs": self.runs, "failed": self.failed, "rows": self.rows}
        return said | {"measures": list(self.manifest["measures"])}


def status(folder: Path) -> Status:
    """Read it off the store; StoreError if the folder is no study."""
    import pyarrow.parquet as pq

    manifest = store.read_manifest(folder)
    points = pq.read_metadata(folder / "points.parquet").num_rows
    if not store.shards(folder):
        return Status(manifest, points, 0, 0, 0, None, None)
    counted = store.query(
        folder,
        "select count(*) as rows, count(distinct (point, seed)) as runs, count(error) as failed from runs",
    ).iloc[0]
    failures = None
    if counted["failed"]:
        failures = store.query(
            folder,
            "select scenario, seed, string_split(trim(error, chr(10)), chr(10))[-1] as said from runs "
            "where error is not null order by replicate, scenario limit 5",
        )
    kept = list(manifest["measures"])[:MOST_MEASURES]
    said = ", ".join(f'avg("{key}") as "{key}"' for key in kept)
    means = store.query(
        folder,
        f"select scenario, count(*) as runs, {said} from (select * from runs where error is null "
        f"qualify day = max(day) over (partition by point)) group by scenario order by scenario",
    )
    return Status(manifest, points, int(counted["runs"]), int(counted["failed"]), int(counted["rows"]), failures, means)


def export(folder: Path, out: Path) -> int:
    """Write all rows as one CSV, Parquet or Arrow file, by the ending of `out`; returns how many rows."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    store.read_manifest(folder)
    shards = [str(path) for path in store.shards(folder)]
    if not shards:
        raise store.StoreError(f"`{folder}` holds no finished run yet")
    rows = ds.dataset(shards, format="parquet")
    count = 0

    def write(aside: Path) -> None:
        nonlocal count
        if out.suffix == ".csv":
            import pyarrow.csv as writer

            sink = writer.CSVWriter(aside, rows.schema)
        elif out.suffix == ".parquet":
            import pyarrow.parquet as pq

            sink = pq.ParquetWriter(aside, rows.schema, compression="zstd")
        else:
            sink = pa.ipc.new_file(aside, rows.schema)
        with sink:
            for batch in rows.to_batches():
                sink.write_batch(batch)
                count += len(batch)

    try:
        files.write_aside(out, write)
    except OSError as error:
        raise store.cannot_write(out.parent, error) from None
    return count
