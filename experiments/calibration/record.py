"""Evidence: the forecasts of many logs beside the naive ones, and the check of the intervals, with what made them.

Each log is calibrated with the same number of runs, whatever the machine does meanwhile, so that the same command
gives the same numbers. What is stored grows log by log; rows of another model or other numbers of runs are dropped.
The page is made from what is stored alone.
"""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration.forecast import LEVEL, SERIES
from experiments.runs import files
from sim.version import model_hash

FOLDER = files.ROOT / "results" / "evidence"
NAIVE = ("last value", "mean of the last", "linear trend")


def made(words: list[str], seconds: float) -> dict[str, Any]:
    """What made some numbers."""
    return {
        "command": shlex.join(["python", "-m", "experiments.calibration", *words]),
        "seconds": round(seconds, 1),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": files.commit(),
        "model": model_hash(),
        "versions": files.versions(("mesa", "numpy", "numba", "scipy", "scikit-learn", "pandas")),
    }


def add(rows: list[dict[str, Any]], facts: dict[str, Any], folder: Path = FOLDER) -> None:
    """Store rows of logs, made as `facts` say, with those of other logs that were made alike; and the page."""
    path = folder / "calibration.json"
    stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    alike = all(stored.get(key) == facts[key] for key in ("model", "seed", "keep", "generations", "draws"))
    others = [row for row in stored.get("logs", ()) if row["log"] not in {new["log"] for new in rows}]
    logs = sorted([*(others if alike else []), *rows], key=lambda row: str(row["log"]))
    facts = {**facts, "logs": logs, "summary": summary(logs)}
    files.write_json(path, facts)
    files.write_text(folder / "calibration.md", page(facts))


def of_log(path: Path, folder: Path, effort: Any) -> dict[str, Any]:
    """Calibrate a log and check its forecast; one that cannot be fitted is named with the reason."""
    from experiments.calibration import fitting, result
    from sim.log import LogError
    from sim.readers import read
    from sim.scenario import load

    name = path.name.split(".")[0]
    try:
        one = fitting.calibrate(read(path), load("baseline"), folder / name, effort)
    except LogError as error:
        return {"log": name, "refused": str(error)}
    rows = result.as_dict(one)
    kept = ("fitted_from", "split", "end", "runs", "forecasts", "likeness")
    return {"log": name, "members": one.founders, "events": len(one.target.log), **{key: rows[key] for key in kept},
            "verdict": rows["verdict"]["fit"], "met": rows["verdict"]["met"]}  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Over the logs, by series: how often the model is better, geometric means of the error ratios, coverage.

    `against` holds the ratios to each naive forecast, `naive` those of each of these to the better of the other two.
    """
    found = {}
    for series in SERIES:
        scores = [one for row in rows for one in row.get("forecasts", ()) if one["series"] == series]
        if not scores:
            continue
        errors = {name: np.array([one["naive"][name] for one in scores]) for name in NAIVE}
        own, alone = (np.array([one[key] for one in scores]) for key in ("model", "alone"))
        best = np.min(list(errors.values()), axis=0)
        others = {name: np.min([errors[other] for other in NAIVE if other != name], axis=0) for name in NAIVE}
        found[series] = {
            "logs": len(scores),
            "better_than_best": int((own < best).sum()),
            "to_best": _mean(own, best),
            "alone_better_than_best": int((alone < best).sum()),
            "alone_to_best": _mean(alone, best),
            "against": {name: {"better": int((own < errors[name]).sum()), "to": _mean(own, errors[name])}
                        for name in NAIVE},
            "naive": {name: {"best": int((errors[name] < others[name]).sum()), "to": _mean(errors[name], others[name])}
                      for name in NAIVE},
            "covered": float(np.average([one["covered"] for one in scores])),
            "values": int(sum(one["n"] for one in scores)),
        }  # fmt: skip
    return found


def _mean(errors: np.ndarray, others: np.ndarray) -> float:
    """Geometric mean of ratios; an error of nothing counts as a thousandth of the other's mean."""
    least = 1e-3 * max(float(others.mean()), 1e-9)
    return float(np.exp(np.log(np.maximum(errors, least) / np.maximum(others, least)).mean()))


def page(facts: dict[str, Any]) -> str:
    """The stored numbers to read."""
    lines = [
        "# Forecasts of the second half of logs",
        "",
        "Each log is fitted before the middle of its life and forecast after it. Numbers are mean absolute errors "
        "over that of the best naive forecast, chosen afterwards among three: below 1 the forecast is better. *model "
        f"alone*: without the level of the last {LEVEL} weeks and without a weight. *weight*: how far the model's "
        "change is followed; with 0 the forecast is that level. *covered*: weeks within the 90 % interval.",
        "",
        "| log | series | values | forecast | model alone | last value | mean of eight weeks | linear trend | weight "
        "| covered |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in facts["logs"]:
        if "refused" in row:
            lines.append(f"| {row['log']} | not fitted: {row['refused']} | | | | | | | | |")
        for one in row.get("forecasts", ()):
            best = max(one["naive"][one["best"]], 1e-9)
            numbers = [one["model"], one["alone"], *(one["naive"][name] for name in NAIVE)]
            weight = "" if one["weight"] is None else f"{one['weight']:.2f}"
            told = " | ".join(f"{x / best:.2f}" for x in numbers)
            lines.append(f"| {row['log']} | {SERIES[one['series']]} | {one['n']} | {told} | {weight} "
                         f"| {one['covered']:.0%} |")  # fmt: skip
    lines += [
        "", "## Over the logs", "",
        "Geometric means of ratios of errors, and how often below 1. The last three columns: each naive forecast to "
        "the better of the other two, which tells what it takes to beat the best of three known afterwards.", "",
        "| series | logs | to the best naive | model alone | to last value | to mean of eight weeks | to linear trend "
        "| covered | last value to others | mean to others | trend to others |",
        "| --- " * 11 + "|",
    ]  # fmt: skip
    for series, one in facts["summary"].items():
        of = one["logs"]
        cells = [
            f"{one['to_best']:.2f} ({one['better_than_best']} of {of})",
            f"{one['alone_to_best']:.2f} ({one['alone_better_than_best']} of {of})",
            *(f"{told['to']:.2f} ({told['better']} of {of})" for told in one["against"].values()),
            f"{one['covered']:.0%}",
            *(f"{told['to']:.2f} ({told['best']} of {of})" for told in one["naive"].values()),
        ]
        lines.append(f"| {SERIES[series]} | {of} | {' | '.join(cells)} |")
    lines += ["", "## Log-log correlation of distributions", ""]
    for row in facts["logs"]:
        for when, each in row.get("likeness", {}).items():
            told = ", ".join(f"{key} {'-' if value is None else f'{value:.3f}'}" for key, value in each.items())
            lines.append(f"- {row['log']}, {when}: {told}")
    versions = ", ".join(f"{name} {said}" for name, said in facts["versions"].items())
    lines += [
        "",
        f"Made by `{facts['command']}` on {facts['date'][:10]}, model `{facts['model']}`, commit "
        f"`{facts['commit'][:10]}`: seed {facts['seed']}, {facts['keep']} runs a generation, {facts['generations']} "
        f"after the first, {facts['draws']} draws run ahead; {versions}.",
        "",
    ]
    return "\n".join(lines)
