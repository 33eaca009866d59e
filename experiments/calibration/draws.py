"""Draws of a posterior, for comparisons: each paired seed lives under one draw, the same for every strategy."""

from __future__ import annotations

from pathlib import Path

from experiments.runs.given import BadInput
from experiments.runs.point import settled
from sim.scenario import ScenarioError, load

FILE = "posterior.parquet"
MOST = 100_000  # draws


def read(path: Path) -> list[dict[str, float]]:
    """The draws of a calibration's folder, or of the file in it, by key of the scenario.

    Raises
    ------
    BadInput : if there is none, or it holds other than numbers within the scenario's ranges
    """
    import pandas as pd
    import pyarrow.parquet as pq

    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise BadInput(f"--posterior: `{path}` is neither a folder of `hearth calibrate` nor its {FILE}")
    try:
        if (rows := pq.read_metadata(file).num_rows) > MOST:
            raise BadInput(f"--posterior: `{file}` holds {rows:,} draws; at most {MOST:,}")
        draws = pd.read_parquet(file).to_dict("records")
    except BadInput:
        raise
    except (OSError, ValueError) as error:
        raise BadInput(f"--posterior: `{file}` cannot be read ({str(error).splitlines()[0]})") from None
    if not draws:
        raise BadInput(f"--posterior: `{file}` holds no draws")
    baseline = load("baseline")
    for draw in draws:
        try:
            settled(baseline, draw)
        except ScenarioError as error:
            raise BadInput(f"--posterior: `{file}`: {error}; calibrate anew") from None
    return draws
