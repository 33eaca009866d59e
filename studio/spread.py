"""The same two communities with other luck: paired seeds in worker processes, and what they say together."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments import crew
from experiments.harness import RunFailed
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
    """Do one run with all moves and events of its setup; each measure at the end of every week."""
    setup, side = task.setup, task.side
    community = Community(setup.scenario(side), setup.seed_of(task.replicate))
    rows = [community.observe()]
    while community.day < setup.days:
        if community.day and setup.moved(side, community.day):
            community.change(setup.scenario(side, community.day))
        community.step()
        if community.day % SHOWN_EVERY == 0:
            rows.append(community.observe())
    return {key: [float(row[key]) for row in rows] for key in rows[0] if all(key in row for row in rows)}


class Crowd:
    """The worker processes of a studio: started when first asked for, and kept, so that the next time is quick."""

    def __init__(self, workers: int):
        self.workers = workers
        self.pool: ProcessPoolExecutor | None = None

    def run(self, plans: Plans, seeds: range, told: Callable[[int, int], None]) -> Runs:
        """Run every plan on the same seeds; the series of each, in the order of the seeds.

        Parameters
        ----------
        plans : by label, a setup and the side of it to run
        told : called with (runs done, runs in all) after each and now and then; what it raises stops the runs

        Raises
        ------
        RunFailed : when a run raised or a worker died
        """
        tasks = [Task(setup, side, r, label) for r in seeds for label, (setup, side) in plans.items()]
        if self.pool is None:
            spawn = multiprocessing.get_context("spawn")
            self.pool = ProcessPoolExecutor(self.workers, spawn, initializer=crew.start_worker)
        waiting = {self.pool.submit(carry_out, task): task for task in tasks}
        found: dict[tuple[str, int], dict[str, list[float]]] = {}
        try:
            while waiting:
                done, _ = wait(waiting, timeout=0.3, return_when=FIRST_COMPLETED)
                for future in done:
                    task = waiting.pop(future)
                    found[task.label, task.replicate] = future.result()
                told(len(found), len(tasks))
        except BrokenProcessPool:
            self.pool = None
            raise RunFailed("a worker process died (out of memory?); try fewer members") from None
        finally:
            for future in waiting:
                future.cancel()
        return {label: [found[label, r] for r in seeds] for label in plans}

    def close(self) -> None:
        """End the processes; what they do is lost."""
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.pool = None


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
