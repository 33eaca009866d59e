"""The same two communities with other luck: paired seeds in threads, and what they say together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.runs.pool import LOOK, Pool, heed
from experiments.runs.tasks import RunFailed
from sim.community import Community
from studio.setup import NAMES, Name, Setup

Plans = dict[str, tuple[Setup, Name]]
Runs = dict[str, list[dict[str, list[float]]]]
SHOWN_EVERY = 7  # days between the points of a band
BAND = (0.1, 0.5, 0.9)  # 80 % of the seeds lie between the outer two


@dataclass(frozen=True)
class Task:
    """One run: a side of a setup, and the number of its seed."""

    setup: Setup
    side: Name
    replicate: int
    label: str


def carry_out(task: Task) -> dict[str, list[float]]:
    """Do one run with all moves and events of its setup; each measure at the end of every week.

    Raises RunFailed, which names the side and the seed.
    """
    try:
        return _series(task.setup, task.side, task.replicate)
    except Exception as error:
        raise RunFailed(
            f"{task.label}, seed {task.setup.seed_of(task.replicate)} failed: {type(error).__name__}: {error}"
        ) from error


def _series(setup: Setup, side: Name, replicate: int) -> dict[str, list[float]]:
    community = Community(setup.scenario(side), setup.seed_of(replicate))
    rows = [community.observe()]
    while community.day < setup.days:
        if community.day and setup.moved(side, community.day):
            community.change(setup.scenario(side, community.day))
        community.step()
        heed()
        if community.day % SHOWN_EVERY == 0:
            rows.append(community.observe())
    return {key: [float(row[key]) for row in rows] for key in rows[0] if all(key in row for row in rows)}


class Crowd:
    """The threads of a studio: one tab's runs at a time, for each keeps every core busy."""

    def __init__(self, workers: int):
        self.pool = Pool(workers)
        self.turn = threading.Lock()
        self.closed = threading.Event()

    def run(self, plans: Plans, seeds: range, told: Callable[[int, int], None]) -> Runs:
        """Run every plan on the same seeds; the series of each, in the order of the seeds.

        Parameters
        ----------
        plans : by label, a setup and the side of it to run
        told : called with (runs done, runs in all) after each and now and then; what it raises stops the runs

        Raises
        ------
        RunFailed : when a run raised, or the studio was closed
        """
        tasks = [Task(setup, side, r, label) for r in seeds for label, (setup, side) in plans.items()]
        found: dict[tuple[str, int], dict[str, list[float]]] = {}

        def look() -> None:
            if self.closed.is_set():
                raise RunFailed("the studio was closed")
            told(len(found), len(tasks))

        def settle(task: Task, series: dict[str, list[float]]) -> None:
            found[task.label, task.replicate] = series
            look()

        while not self.turn.acquire(timeout=LOOK):
            look()
        try:
            self.pool.run(tasks, carry_out, settle, meanwhile=look)
        finally:
            self.turn.release()
        return {label: [found[label, r] for r in seeds] for label in plans}

    def close(self) -> None:
        """End what is running; what it did is lost."""
        self.closed.set()


def sides(setup: Setup) -> Plans:
    """Both sides of a setup as plans."""
    return {name: (setup, name) for name in NAMES}


def summary(runs: Runs, measures: tuple[str, ...]) -> dict[str, Any]:
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
