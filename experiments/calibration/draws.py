"""Draws of a posterior, for comparisons: each paired seed lives under one draw, the same for every strategy."""

from __future__ import annotations

from pathlib import Path

from experiments.calibration.parameters import range_of
from experiments.runs.given import BadInput

FILE = "posterior.parquet"


def read(path: Path) -> list[dict[str, float]]:
    """The draws of a calibration's folder, or of the file in it, by key of the scenario.

    Raises
    ------
    BadInput : if there is none, or it holds other than numbers within the scenario's ranges
    """
    import pandas as pd

    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise BadInput(f"--posterior: `{path}` is neither a folder of `hearth calibrate` nor its {FILE}")
    try:
        table = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise BadInput(f"--posterior: `{file}` cannot be read ({str(error).splitlines()[0]})") from None
    for key in table.columns:
        try:
            low, high = range_of(str(key))
        except (KeyError, ValueError):
            raise BadInput(f"--posterior: `{file}`, column `{key}`: is no key of a scenario; calibrate anew") from None
        numbers = table[key]
        if not pd.api.types.is_numeric_dtype(numbers) or not numbers.between(low, high).all():
            raise BadInput(f"--posterior: `{file}`, column `{key}`: not all numbers from {low} to {high}")
    if not len(table):
        raise BadInput(f"--posterior: `{file}` holds no draws")
    return table.to_dict("records")
