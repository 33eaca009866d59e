"""The same two communities with other luck: paired seeds in worker processes, and what they say together."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from experiments import harness
from studio.setup import NAMES, Name, Setup

SHOWN_EVERY = 7  # days between the points of a band
BAND = (0.1, 0.5, 0.9)  # 80 % of the seeds lie between the outer two


@dataclass(frozen=True)
class Task:
    """One run: a side of a setup, and the number of its seed. `harness.perform` asks for `key`."""

    setup: Setup
    side: Name
    replicate: int
    label: str

    @property
    def key(self) -> tuple[str, int]:
        """What identifies the run."""
        return self.label, self.replicate


@dataclass(frozen=True)
class Done(harness.Outcome):
    """A finished run: each measure at the end of every week."""

    series: dict[str, list[float]] = field(default_factory=dict)


def carry_out(task: Task) -> Done:
    """Do one run with all moves and events of its setup; called in a worker."""
    start = time.perf_counter()
    series: dict[str, list[float]] = {}
    try:
        from sim.community import Community

        setup, side = task.setup, task.side
        community = Community(setup.scenario(side), setup.seed_of(task.replicate))
        rows = [community.observe()]
        while community.day < setup.days:
            if community.day and setup.moved(side, community.day):
                community.change(setup.scenario(side, community.day))
            community.step()
            if community.day % SHOWN_EVERY == 0:
                rows.append(community.observe())
        series = {key: [float(row[key]) for row in rows] for key in rows[0] if all(key in row for row in rows)}
        error = ""
    except Exception:
        error = traceback.format_exc()
    seconds = time.perf_counter() - start
    return Done(task.label, task.replicate, task.setup.seed_of(task.replicate), seconds, error, series)


def run(
    plans: dict[str, tuple[Setup, Name]], seeds: range, workers: int, told: Callable[[int, int], None]
) -> dict[str, list[dict[str, list[float]]]]:
    """Run every plan on the same seeds; the series of each, in the order of the seeds.

    Parameters
    ----------
    plans : by label, a setup and the side of it to run
    workers : processes; 1 runs in this one
    told : called with (runs done, runs in all) after each; what it raises stops the runs

    Raises
    ------
    RunFailed : when a run raised or its worker died twice
    """
    tasks = [Task(setup, side, r, label) for r in seeds for label, (setup, side) in plans.items()]
    found: dict[tuple[str, int], dict[str, list[float]]] = {}

    def keep(outcome: Any) -> None:
        found[outcome.label, outcome.replicate] = outcome.series
        told(len(found), len(tasks))

    harness.perform(tasks, workers, keep, work=carry_out)  # type: ignore[arg-type]
    return {label: [found[label, r] for r in seeds] for label in plans}


def sides(setup: Setup) -> dict[str, tuple[Setup, Name]]:
    """Both sides of a setup as plans."""
    return {name: (setup, name) for name in NAMES}


def summary(runs: dict[str, list[dict[str, list[float]]]], measures: tuple[str, ...]) -> dict[str, Any]:
    """Bands and wins of plans that share their seeds.

    For each measure: by label the 10, 50 and 90 % quantiles over the seeds at every week (`band`), the values at the
    end (`last`), and the share of seeds in which that plan ends above every other (`wins`; ties win for nobody).
    """
    labels = list(runs)
    found: dict[str, Any] = {}
    for measure in measures:
        if any(measure not in run for label in labels for run in runs[label]):
            continue
        values = np.array([[run[measure] for run in runs[label]] for label in labels])  # label, seed, week
        last = values[:, :, -1]
        best = (last == last.max(axis=0)) & ((last == last.max(axis=0)).sum(axis=0) == 1)
        found[measure] = {
            label: {
                "band": [[_plain(v) for v in row] for row in np.quantile(values[at], BAND, axis=0)],
                "last": [_plain(v) for v in last[at]],
                "wins": float(best[at].mean()),
            }
            for at, label in enumerate(labels)
        }
    return {"seeds": len(runs[labels[0]]), "labels": labels, "every": SHOWN_EVERY, "measures": found}


def _plain(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
