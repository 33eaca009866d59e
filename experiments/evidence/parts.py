"""Running a part of the evidence: cells by seeds on every core, each kept as it is done, so that the same goes on.

A part is a module with `CELLS`, name -> function of a seed that gives numbers by name, and `rows(cells)`, which
judges them; `cells` are float64 (n_seeds,) by cell and name. It may have `more(cells)`, data for figures. What is
kept stands in a hidden folder beside the result and is used again only if model, scenarios, code of the evidence,
root seed and cell are the same.
"""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from experiments.evidence.judging import Numbers, Row
from experiments.runs import files
from experiments.runs.journal import Journal
from experiments.runs.tasks import Progress, failing_as, replicate_seed
from sim.version import model_hash

FOLDER = files.ROOT / "results" / "evidence"


class Task(NamedTuple):
    """One cell of a part with one seed."""

    part: str
    label: str
    replicate: int
    seed: int

    @property
    def key(self) -> str:
        """The task's key among the runs of its part."""
        return f"{files.slug(self.label)}-{self.replicate:05d}"


def module(part: str) -> Any:
    """The module of a part."""
    return importlib.import_module(f"experiments.evidence.{part}")


def carry_out(task: Task) -> dict[str, float | None]:
    """Run one cell with one seed; RunFailed names the cell and the seed."""
    with failing_as(f"scenario `{task.label}`, replicate {task.replicate + 1} (seed {task.seed})"):
        numbers = module(task.part).CELLS[task.label](task.seed)
        return files.plain({name: float(x) for name, x in numbers.items()})


def code_hash() -> str:
    """A short hash of the model, the scenarios and the evidence's code and targets."""
    digest = hashlib.sha256(model_hash().encode())
    for folder in (files.ROOT / "scenarios", Path(__file__).parent):
        for path in sorted([*folder.glob("*.toml"), *folder.glob("*.py")]):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def collect(
    part: str, root: int, seeds: int, workers: int, progress: Progress, folder: Path = FOLDER
) -> tuple[dict[str, Numbers], float]:
    """Do what is left of a part, and return its numbers and the seconds of work they took, over all workers.

    Parameters
    ----------
    root, seeds : root seed, and how many seeds each cell gets
    workers : threads
    folder : where the part's result stands

    Raises
    ------
    RunFailed : when a run raised; those finished before stay kept
    """
    names = module(part).CELLS
    journal = Journal(folder / f".{part}-{root}-{code_hash()}.partial", {"part": part}, workers, progress)
    tasks = [Task(part, name, r, replicate_seed(root, r)) for r in range(seeds) for name in names]
    progress.expect(len(tasks))
    results = dict(zip(tasks, journal.perform(tasks, carry_out), strict=True))
    tables = {
        name: pd.DataFrame([numbers for task, numbers in results.items() if task.label == name], dtype=float)
        for name in names
    }
    seconds = sum(journal.done[task.key]["seconds"] for task in tasks)
    return {cell: {name: x.to_numpy() for name, x in table.items()} for cell, table in tables.items()}, seconds


def save(part: str, cells: dict[str, Numbers], root: int, seconds: float, folder: Path = FOLDER) -> list[Row]:
    """Judge a part's numbers, and store its rows with all that made them: seed, versions, commit, date, seconds."""
    rows = module(part).rows(cells)
    more = module(part).more(cells) if hasattr(module(part), "more") else {}
    seeds = len(next(iter(next(iter(cells.values())).values())))
    facts = {
        "part": part,
        "root_seed": root,
        "seeds": seeds,
        **files.provenance(f"python -m experiments.evidence {part} --seed {root} --seeds {seeds}", seconds),
        "code": code_hash(),
        "passed": sum(row.passed for row in rows),
        "failed": sum(not row.passed for row in rows),
        "rows": [row.plain() for row in rows],
        **more,
    }
    files.write_json(folder / f"{part}.json", facts)
    return rows
