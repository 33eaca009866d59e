"""Draws of a posterior, for comparisons: each paired seed lives under one draw, the same for every strategy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from experiments.calibration.window import CalibrationError

FILE = "posterior.parquet"


def read(path: Path) -> list[dict[str, float]]:
    """The draws of a calibration's folder, or of the file in it, by key of the scenario.

    Raises
    ------
    CalibrationError : if there is none, or it holds other than numbers within the scenario's ranges
    """
    import pandas as pd

    from sim.scenario import BASELINE

    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise CalibrationError(f"--posterior: `{path}` is neither a folder of `hearth calibrate` nor its {FILE}")
    try:
        table = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise CalibrationError(f"--posterior: `{file}` cannot be read ({str(error).splitlines()[0]})") from None
    for key in table.columns:
        head, _, name = str(key).partition(".")
        if name not in BASELINE.get(head, {}):
            raise CalibrationError(f"--posterior: `{file}`, column `{key}`: is no key of a scenario; calibrate anew")
        low, high = BASELINE[head][name]["range"]
        numbers = table[key].to_numpy()
        if not np.issubdtype(numbers.dtype, np.number) or not ((numbers >= low) & (numbers <= high)).all():
            raise CalibrationError(f"--posterior: `{file}`, column `{key}`: not all numbers from {low} to {high}")
    if not len(table):
        raise CalibrationError(f"--posterior: `{file}` holds no draws")
    return table.to_dict("records")
