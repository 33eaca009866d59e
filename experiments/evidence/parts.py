"""Running a part of the evidence: cells by seeds on every core, each stored as it is done, so that the same goes on.

A part is a module with `CELLS`, name -> function of a seed that gives numbers by name, and `rows(cells)`, which
judges them; `cells` are float64 (n_seeds,) by cell and name. It may have `more(cells)`, data for figures. What is
stored stands in a hidden folder beside the result and is used again only if model, scenarios, code of the evidence,
root seed and cell are the same.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from experiments.evidence.judging import Numbers, Row
from experiments.runs import files
from experiments.runs.pool import Pool
from experiments.runs.tasks import RunFailed, replicate_seed
from sim.version import model_hash

FOLDER = files.ROOT / "results" / "evidence"


class Task(NamedTuple):
    """One cell of a part with one seed."""

    part: str
    label: str
    replicate: int
    seed: int
    folder: Path

    @property
    def key(self) -> tuple[str, int]:
        """What identifies it within its part."""
        return self.label, self.replicate

    @property
    def path(self) -> Path:
        """Where its numbers are stored."""
        return self.folder / f"{files.slug(self.label)}-{self.replicate:05d}.json"


def module(part: str) -> Any:
    """The module of a part."""
    return importlib.import_module(f"experiments.evidence.{part}")


def carry_out(task: Task) -> None:
    """Run one cell with one seed and store its numbers; called in a worker.

    Raises RunFailed, which names the cell and the seed.
    """
    start = time.perf_counter()
    try:
        numbers = {name: float(x) for name, x in module(task.part).CELLS[task.label](task.seed).items()}
        known = {name: x if math.isfinite(x) else None for name, x in numbers.items()}
        files.write_json(task.path, {"seconds": time.perf_counter() - start, "numbers": known})
    except Exception as error:
        where = f"scenario `{task.label}`, replicate {task.replicate + 1} (seed {task.seed})"
        raise RunFailed(f"{where} failed: {type(error).__name__}: {error}", traceback.format_exc()) from error


def code_hash() -> str:
    """A short hash of the model, the scenarios and the evidence's code and targets."""
    digest = hashlib.sha256(model_hash().encode())
    for folder in (files.ROOT / "scenarios", Path(__file__).parent):
        for path in sorted([*folder.glob("*.toml"), *folder.glob("*.py")]):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def collect(
    part: str, root: int, seeds: int, workers: int, progress: Any, folder: Path = FOLDER
) -> tuple[dict[str, Numbers], float]:
    """Do what is left of a part, and return its numbers and the seconds of work they took, over all workers.

    Parameters
    ----------
    root, seeds : root seed, and how many seeds each cell gets
    workers : threads
    progress : its `expect` is called with the number of runs, its `done` after each
    folder : where the part's result stands

    Raises
    ------
    RunFailed : when a run raised; those finished before stay stored
    """
    names = module(part).CELLS
    partial = folder / f".{part}-{root}-{code_hash()}.partial"
    tasks = [Task(part, name, r, replicate_seed(root, r), partial) for r in range(seeds) for name in names]
    left = [task for task in tasks if not task.path.is_file()]
    progress.expect(len(left))
    for some, threads in ((left[:1], 1), (left[1:], workers)):  # the first alone, so that code is compiled once
        Pool(threads).run(some, carry_out, lambda task, _: progress.done(1))
    stored = {task.key: json.loads(task.path.read_text(encoding="utf-8")) for task in tasks}
    tables = {name: pd.DataFrame([stored[name, r]["numbers"] for r in range(seeds)], dtype=float) for name in names}
    numbers = {cell: {name: x.to_numpy() for name, x in table.items()} for cell, table in tables.items()}
    return numbers, sum(one["seconds"] for one in stored.values())


def save(part: str, cells: dict[str, Numbers], root: int, seconds: float, folder: Path = FOLDER) -> list[Row]:
    """Judge a part's numbers, and store its rows with all that made them: seed, versions, commit, date, seconds."""
    rows = module(part).rows(cells)
    more = module(part).more(cells) if hasattr(module(part), "more") else {}
    seeds = len(next(iter(next(iter(cells.values())).values())))
    facts = {
        "part": part,
        "command": f"python -m experiments.evidence {part} --seed {root} --seeds {seeds}",
        "root_seed": root,
        "seeds": seeds,
        "seconds": round(seconds, 1),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": files.commit(),
        "model": model_hash(),
        "code": code_hash(),
        "versions": files.versions(),
        "passed": sum(row.passed for row in rows),
        "failed": sum(not row.passed for row in rows),
        "rows": [row.plain() for row in rows],
        **more,
    }
    files.write_json(folder / f"{part}.json", facts)
    return rows
