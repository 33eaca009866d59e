"""How far a study is and what its store holds, from the store alone; also while a sweep runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.runs import files, store
from experiments.runs import manifest as manifests

MOST_MEASURES = 12
OF_MANIFEST = ("name", "question", "prediction", "labels", "keys", "commit")


def status(folder: Path) -> dict[str, Any]:
    """What a study asks and how far it is; StoreError if the folder is no study.

    Returns
    -------
    name, question, prediction, labels, keys, commit, measures; points planned; runs stored, failed ones too; failed;
    rows; passed_over: files that hold none; failures: scenario, seed and last line of some; means: a row a scenario,
    its runs and the means of measures
    """
    import pyarrow.parquet as pq

    manifest = store.read_manifest(folder)
    state: dict[str, Any] = {key: manifest[key] for key in OF_MANIFEST}
    state |= {"points": manifest["places"] * len(manifest["labels"]), "measures": list(manifest["measures"])}
    if (planned := folder / "points.parquet").exists():
        manifests.refuse_other_columns(planned, manifest, measured=False)
        state["points"] = pq.read_metadata(planned).num_rows
    state["passed_over"] = store.strangers(folder)
    if not store.shards(folder):
        return {**state, "runs": 0, "failed": 0, "rows": 0, "failures": [], "means": []}
    names = map(store.quoted, state["measures"][:MOST_MEASURES])
    means = ", ".join(f"avg({name}) as {name}" for name in names)
    counted, failures, of_measures = (
        store.query(folder, f"select {sql}").to_dict("records")
        for sql in (
            "count(*) as rows, count(distinct (point, seed)) as runs, count(error) as failed from runs",
            "scenario, seed, string_split(trim(error, chr(10)), chr(10))[-1] as said from runs "
            "where error is not null order by replicate, scenario limit 5",
            f"scenario, count(*) as runs, {means} from (select * from runs where error is null "
            "qualify day = max(day) over (partition by point)) group by scenario order by scenario",
        )
    )
    return {**state, **counted[0], "failures": failures, "means": of_measures}


def export(folder: Path, out: Path) -> int:
    """Write all rows as one CSV, Parquet or Arrow file, by the ending of `out`; returns how many rows."""
    import pyarrow as pa
    from pyarrow import parquet

    from experiments.runs import sheets

    store.read_manifest(folder)
    writers = {".csv": sheets.Writer, ".parquet": parquet.ParquetWriter, ".arrow": pa.ipc.new_file}
    try:
        return store.write_rows(folder, out, writers[out.suffix])
    except OSError as error:
        raise files.cannot_write(out.parent, error) from None
