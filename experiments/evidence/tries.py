"""Doing a part of the evidence: cells by seeds on every core, each kept as it is done, so that it can be gone on with.

A part is a module with `CELLS`, name -> function of a seed that gives numbers by name, and `rows(numbers)`, which
judges them; numbers are float64 (n_seeds,) by cell and name. What is kept stands in a hidden folder beside the result
and is used again only if model, code of the evidence, root seed and cell are the same.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from experiments.evidence.judging import Row
from experiments.runs import files
from experiments.runs.pool import Pool
from experiments.runs.tasks import RunFailed, replicate_seed
from sim.version import model_hash

FOLDER = files.ROOT / "results" / "evidence"
Numbers = dict[str, dict[str, np.ndarray]]


@dataclass(frozen=True)
class Try:
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
        """Where its numbers are kept."""
        return self.folder / f"{files.slug(self.label)}-{self.replicate:05d}.json"


def module(part: str) -> Any:
    """The module of a part."""
    return importlib.import_module(f"experiments.evidence.{part}")


def carry_out(one: Try) -> None:
    """Do one try and keep its numbers; called in a worker.

    Raises RunFailed, which names the cell and the seed.
    """
    start = time.perf_counter()
    try:
        found = {name: float(x) for name, x in module(one.part).CELLS[one.label](one.seed).items()}
        seconds = time.perf_counter() - start
        numbers = {name: x if math.isfinite(x) else None for name, x in found.items()}
        files.write_json(one.path, {"seed": one.seed, "seconds": seconds, "numbers": numbers})
    except Exception as error:
        raise RunFailed(
            f"scenario `{one.label}`, replicate {one.replicate + 1} (seed {one.seed}) failed: "
            f"{type(error).__name__}: {error}",
            traceback.format_exc(),
        ) from error


def code_hash(part: str) -> str:
    """A short hash of the model and of the evidence's code that a part rests on."""
    digest = hashlib.sha256(model_hash().encode())
    for path in sorted((files.ROOT / "scenarios").glob("*.toml")):
        digest.update(path.name.encode() + path.read_bytes())
    for name in ("tries", *module(part).RESTS_ON):
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()[:16]


def collect(
    part: str,
    root: int,
    seeds: int,
    workers: int,
    expect: Callable[[int], None] = lambda runs: None,
    done: Callable[[Any], None] = lambda one: None,
    cells: list[str] | None = None,
    folder: Path = FOLDER,
) -> tuple[Numbers, float]:
    """Do what is left of a part, and return its numbers and the seconds of work they took, over all workers.

    Parameters
    ----------
    root, seeds : root seed, and how many seeds each cell gets
    workers : threads
    expect, done : called with the number of tries, and after each
    cells : those to do; all if None
    folder : where the part's result stands

    Raises
    ------
    RunFailed : when a try raised; those finished before are kept
    """
    names = list(module(part).CELLS) if cells is None else cells
    kept = folder / f".{part}-{root}-{code_hash(part)}.partial"
    tries = [Try(part, name, r, replicate_seed(root, r), kept) for r in range(seeds) for name in names]
    left = [one for one in tries if not one.path.is_file()]
    expect(len(left))
    if left and workers > 1:
        _ready(part)
    if left:
        Pool(workers).run(left, carry_out, lambda one, _: done(one))
    found: dict[str, dict[str, list[float]]] = {name: {} for name in names}
    seconds = 0.0
    for one in tries:
        stored = json.loads(one.path.read_text(encoding="utf-8"))
        seconds += stored["seconds"]
        for name, x in stored["numbers"].items():
            found[one.label].setdefault(name, []).append(math.nan if x is None else x)
    return {cell: {k: np.array(v) for k, v in by.items()} for cell, by in found.items()}, seconds


def _ready(part: str) -> None:
    """Let code be compiled once, before several workers look for it."""
    warm = getattr(module(part), "warm_up", None)
    if warm is not None:
        warm()


def keep(
    part: str, rows: list[Row], root: int, seeds: int, seconds: float, folder: Path = FOLDER,
    more: dict[str, Any] | None = None,
) -> Path:  # fmt: skip
    """Store a part's rows with all that made them: seed, versions, commit, date, seconds; `more`: for figures."""
    facts = {
        "part": part,
        "command": f"python -m experiments.evidence {part} --seed {root} --seeds {seeds}",
        "root_seed": root,
        "seeds": seeds,
        "seconds": round(seconds, 1),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": files.commit(),
        "model": model_hash(),
        "code": code_hash(part),
        "versions": files.versions(),
        "passed": sum(row.passed for row in rows),
        "failed": sum(not row.passed for row in rows),
        "rows": [row.plain() for row in rows],
        **(more or {}),
    }
    return files.write_json(folder / f"{part}.json", facts)
