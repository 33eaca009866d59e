"""Evidence: the model's courses over many logs beside naive forecasts, and the check of the intervals.

Each log is calibrated with the same number of runs, whatever the machine does meanwhile, so that the same command
gives the same numbers. What is stored grows log by log; rows of another model or other numbers of runs are dropped.
The page is made from what is stored alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration.holdout import NAIVE, SERIES
from experiments.pages.text import render
from experiments.runs import files

FOLDER = files.ROOT / "results" / "evidence"
PACKAGES = ("mesa", "numpy", "numba", "scipy", "scikit-learn", "emcee", "pandas")


def provenance(what: str, asked: dict[str, Any], seconds: float) -> dict[str, Any]:
    """What some numbers were computed with, and the options of the command."""
    options = " ".join(f"--{key} {value}" for key, value in asked.items())
    return files.provenance(f"python -m experiments.calibration {what} {options}", seconds, PACKAGES) | asked


def add(row: dict[str, Any], facts: dict[str, Any], folder: Path = FOLDER) -> None:
    """Store the row of a log, with the rows of other logs computed in the same way (`facts`), and write the page."""
    path = folder / "calibration.json"
    stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    alike = all(stored.get(key) == facts[key] for key in ("model", "seed", "keep", "generations", "draws"))
    others = [other for other in stored["logs"] if other["log"] != row["log"]] if alike else []
    logs = sorted([*others, row], key=lambda entry: str(entry["log"]))
    facts = {**facts, "logs": logs, "summary": summary(logs)}
    files.write_json(path, facts)
    page = render(Path(__file__).with_name("evidence.md.j2"), facts=facts, series=SERIES, naive=NAIVE)
    files.write_text(folder / "calibration.md", page)


def of_log(path: Path, folder: Path, effort: Any) -> dict[str, Any]:
    """Calibrate a log and lay the model's courses beside what came; for one that cannot be fitted, the reason."""
    from experiments.calibration import fitting, result
    from sim.logs.log import LogError
    from sim.logs.readers import read
    from sim.scenario import load

    name = path.name.split(".")[0]
    try:
        findings = fitting.calibrate(read(path), load("baseline"), folder / name, effort)
    except LogError as error:
        return {"log": name, "refused": str(error)}
    return {**result.as_dict(findings), "log": name}


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Over the logs, by series: how often the model is better, geometric means of the error ratios, coverage.

    `against` holds the ratios to each naive forecast, `best` that to the best of them.
    """
    import pandas as pd

    scores = pd.DataFrame([{**course, **course["naive"]} for row in rows for course in row.get("courses", ())])
    if scores.empty:
        return {}
    naive = scores[list(NAIVE)].assign(best=scores[list(NAIVE)].min(axis=1))
    return {
        series: {
            "logs": len(group),
            "values": int(group["n"].sum()),
            "covered": float(group["covered"].mean()),
            "against": {name: {"better": int((group["model"] < other).sum()), "to": _mean(group["model"], other)}
                        for name, other in naive.loc[group.index].items()},
        }
        for series, group in scores.groupby("series", sort=False)
    }  # fmt: skip


def _mean(errors: Any, others: Any) -> float:
    """Geometric mean of ratios; an error of nothing counts as a thousandth of the others' mean."""
    from scipy.stats import gmean

    least = 1e-3 * max(others.mean(), 1e-9)
    return float(gmean(np.maximum(errors, least) / np.maximum(others, least)))
