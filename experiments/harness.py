"""Running (scenario, seed) pairs on every core, through the standard Executor protocol.

A task is one run. The worker that carries it out writes the run to the store and returns nothing but what it did, so
no finished run is lost with the parent, with another worker, or with a scheduler. `crew` has the workers.
"""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments import store
from experiments.crew import work_off

WARM_UP = {"days": 8, "members": 60}  # long enough that every rule has been called once


class RunFailed(RuntimeError):
    """A run that raised, or whose worker died again and again; `detail` holds the traceback, for --debug."""

    def __init__(self, message: str, detail: str = ""):
        super().__init__(message)
        self.detail = detail


@dataclass(frozen=True)
class Task:
    """One run to do: a scenario under its label in the comparison, and a replicate with its seed."""

    label: str
    scenario: Any
    replicate: int
    seed: int
    every: int
    folder: Path
    founding: Any = None

    @property
    def key(self) -> tuple[str, int]:
        """What identifies the run within its folder."""
        return self.label, self.replicate


@dataclass(frozen=True)
class Outcome:
    """What became of a task: seconds it took, and the traceback if it raised."""

    label: str
    replicate: int
    seed: int
    seconds: float
    error: str = ""


def replicate_seed(root: int, replicate: int) -> int:
    """The seed of replicate `replicate` (0, 1, ...) under root seed `root`: an integer in [0, 2^48).

    A hash, so the n-th seed is the same however many there are, and neighbouring root seeds share none. All scenarios
    of a comparison use the same seeds; that is what makes the differences paired.

    >>> replicate_seed(1, 0) == replicate_seed(1, 0) != replicate_seed(1, 1)
    True
    """
    digest = hashlib.sha256(f"hearthside {root} {replicate}".encode()).digest()
    return int.from_bytes(digest[:6], "big")


def plan(
    scenarios: dict[str, Any], root: int, replicates: Sequence[int], every: int, folder: Path, foundings: dict[str, Any]
) -> list[Task]:
    """The tasks of a comparison, seed by seed, so that whatever stops it leaves whole pairs."""
    return [
        Task(label, scenario, r, replicate_seed(root, r), every, folder, foundings.get(label))
        for r in replicates
        for label, scenario in scenarios.items()
    ]


def carry_out(task: Task) -> Outcome:
    """Do one run and store it; called in a worker. A run that raises is an outcome, not an exception."""
    start = time.perf_counter()
    try:
        from sim.run import run

        done = run(task.scenario, task.seed, observe_every=task.every, founding=task.founding)
        store.write_run(task.folder, task.label, task.replicate, done)
        error = ""
    except Exception:
        error = traceback.format_exc()
    return Outcome(task.label, task.replicate, task.seed, time.perf_counter() - start, error)


def warm_up(scenario: Any) -> None:
    """Do one short run here, so that compiled code is in the cache before several workers look for it."""
    from sim.run import run
    from sim.scenario import validated

    table = scenario.resolved()
    table["community"] = {**table["community"], **WARM_UP}
    run(validated(table, {}, "warm-up"), 0)


def perform(
    tasks: Sequence[Task],
    workers: int,
    on_done: Callable[[Outcome], None] = lambda outcome: None,
    executor: Executor | None = None,
    work: Callable[[Task], Outcome] = carry_out,
) -> None:
    """Carry out `tasks`, calling `on_done` after each; returns when all are stored.

    Parameters
    ----------
    tasks : runs to do, in the order in which they should start
    workers : number of processes; 1 runs in this process
    on_done : called in this process after each finished run
    executor : another Executor to use instead of local processes; it is not shut down here
    work : what to do with a task; must be importable by the workers

    Raises
    ------
    RunFailed : when a run raised, or its worker died again and again; runs finished before that stay stored
    KeyboardInterrupt : on Ctrl-C, after the waiting runs are cancelled; what is finished stays stored
    """

    def settle(task: Task, outcome: Outcome) -> None:
        if outcome.error:
            last = outcome.error.strip().splitlines()[-1]
            raise RunFailed(
                f"scenario `{task.label}`, replicate {task.replicate + 1} (seed {task.seed}) failed: {last}",
                outcome.error,
            )
        on_done(outcome)

    def refuse(task: Task) -> list[Task]:
        raise RunFailed(
            f"scenario `{task.label}`, replicate {task.replicate + 1} (seed {task.seed}): its worker process died "
            f"again and again (out of memory?); try --workers 1"
        )

    work_off(tasks, work, settle, refuse, min(workers, len(tasks)) or 1, executor)
