"""The same two communities on other, paired seeds, run in threads, and a summary of the runs."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from experiments.runs.pool import LOOK, Pool, heed
from experiments.runs.tasks import failing_as
from sim.community import Community
from studio.setup import NAMES, Name, Setup
from studio.world import live

Plans = dict[str, tuple[Setup, Name]]
Runs = dict[str, list[dict[str, list[float]]]]
SHOWN_EVERY = 7  # days between the points of a band
BAND = (0.1, 0.5, 0.9)  # 80 % of the seeds lie between the outer two


class Task(NamedTuple):
    """One run: a side of a setup, and the number of its seed."""

    setup: Setup
    side: Name
    replicate: int
    label: str


def carry_out(task: Task) -> dict[str, list[float]]:
    """Do one run with all moves and events of its setup; each measure at the end of every week.

    Raises RunFailed, which names the plan and the seed.
    """
    seed = task.setup.seed_of(task.replicate)
    with failing_as(f"{task.label}, seed {seed}"):
        community = Community(task.setup.scenario(task.side), seed)
        rows = [community.observe()]
        while community.day < task.setup.days:
            live(community, task.setup, task.side)
            heed()
            if community.day % SHOWN_EVERY == 0:
                rows.append(community.observe())
        return {key: [float(row[key]) for row in rows] for key in rows[0] if all(key in row for row in rows)}


class Stopped(Exception):
    """Raised when the runs were stopped."""


class Runner:
    """The threads of a studio: one tab's runs at a time, for each keeps every core busy."""

    def __init__(self, workers: int):
        self.pool = Pool(workers)
        self.turn = threading.Lock()

    def run(
        self,
        plans: Plans,
        seeds: range,
        progress: Callable[[int, int], None] = lambda done, whole: None,
        stop: threading.Event | None = None,
    ) -> Runs:
        """Run every plan on the same seeds; the series of each, in the order of the seeds.

        Parameters
        ----------
        plans : by label, a setup and the side of it to run
        progress : called with (runs done, runs in all) after each
        stop : ends the runs when it is set

        Raises
        ------
        RunFailed : when a run raised
        Stopped : when `stop` was set
        """
        tasks = [Task(setup, side, r, label) for r in seeds for label, (setup, side) in plans.items()]
        done: dict[tuple[str, int], dict[str, list[float]]] = {}

        def look() -> None:
            if stop and stop.is_set():
                raise Stopped

        def settle(task: Task, series: dict[str, list[float]]) -> None:
            done[task.label, task.replicate] = series
            progress(len(done), len(tasks))

        while not self.turn.acquire(timeout=LOOK):
            look()
        try:
            self.pool.run(tasks, carry_out, settle, meanwhile=look)
        finally:
            self.turn.release()
        return {label: [done[label, r] for r in seeds] for label in plans}


def sides(setup: Setup) -> Plans:
    """Both sides of a setup as plans."""
    return {name: (setup, name) for name in NAMES}


def summary(runs: Runs, measures: tuple[str, ...]) -> dict[str, Any]:
    """Bands and wins of plans that share their seeds.

    For each measure: by label the 10, 50 and 90 % quantiles over the seeds at every week (`band`), the values at the
    end (`last`), and the share of seeds in which that plan ends above every other (`wins`; ties win for nobody).
    """
    labels, measured = list(runs), {}
    for measure in measures:
        if any(measure not in run for label in labels for run in runs[label]):
            continue
        values = np.array([[run[measure] for run in runs[label]] for label in labels])  # label, seed, week
        last = values[:, :, -1]
        best = (last == last.max(axis=0)) & ((last == last.max(axis=0)).sum(axis=0) == 1)
        bands = np.moveaxis(np.quantile(values, BAND, axis=1), 1, 0)  # label, quantile, week
        measured[measure] = {
            label: {"band": short(bands[at].tolist()), "last": short(last[at].tolist()), "wins": float(best[at].mean())}
            for at, label in enumerate(labels)
        }
    return {"seeds": len(runs[labels[0]]), "labels": labels, "every": SHOWN_EVERY, "measures": measured}


def short(data: Any) -> Any:
    """Plain data with numbers of seven digits, which are plenty for a page; None for what is not defined."""
    if isinstance(data, dict):
        return {key: short(item) for key, item in data.items()}
    if isinstance(data, list):
        return [short(item) for item in data]
    return float(f"{float(data):.7g}") if data is not None and math.isfinite(data) else None
