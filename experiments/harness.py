"""Running (scenario, seed) pairs on every core, through the standard Executor protocol.

A task is one run. The worker that carries it out writes the run to the store and returns nothing but what it did, so
no finished run is lost with the parent, with another worker, or with a scheduler. Anything that has `submit` as
`concurrent.futures` defines it can stand in for the local processes (`perform(..., executor=...)`).
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments import store

# Runs are the parallel unit: threads inside a run would only fight over the same cores.
ONE_THREAD = {name: "1" for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
WARM_UP = {"days": 8, "members": 60}  # long enough that every rule has been called once


class RunFailed(RuntimeError):
    """A run that raised, or whose worker died twice; `detail` holds the traceback, for --debug."""

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
    RunFailed : when a run raised, or a worker died twice; runs finished before that stay stored
    KeyboardInterrupt : on Ctrl-C, after the waiting runs are cancelled; what is finished stays stored
    """
    if executor is not None:
        _gather(executor, tasks, work, on_done)
        return
    if workers == 1 or len(tasks) == 1:
        for task in tasks:
            _accept(work(task), on_done)
        return
    left = {task.key: task for task in tasks}

    def settle(outcome: Outcome) -> None:
        left.pop((outcome.label, outcome.replicate), None)
        on_done(outcome)

    for attempt in (1, 2):
        pool = ProcessPoolExecutor(
            min(workers, len(left)), multiprocessing.get_context("spawn"), initializer=start_worker
        )
        processes: list[Any] = []
        try:
            _gather(pool, list(left.values()), work, settle, processes)
            pool.shutdown()
            return
        except BrokenProcessPool:
            pool.shutdown(wait=False, cancel_futures=True)
            if attempt == 2:
                names = ", ".join(f"{label} seed {replicate + 1}" for label, replicate in list(left)[:4])
                raise RunFailed(
                    f"a worker process died twice (out of memory?); {len(left)} of {len(tasks)} runs are not done, "
                    f"the first of them {names}; try --workers 1"
                ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:  # a run cannot be asked to stop, and nobody waits for it any more
                process.terminate()
            raise


def _gather(
    executor: Executor,
    tasks: Sequence[Task],
    work: Callable[[Task], Outcome],
    on_done: Callable[[Outcome], None],
    processes: list[Any] | None = None,
) -> None:
    """Submit every task and accept outcomes as they come."""
    waiting: set[Future] = set()
    with _deaf_and_single_threaded():
        waiting.add(executor.submit(work, tasks[0]))  # the first submission starts the processes
    if processes is not None:
        processes += list((getattr(executor, "_processes", None) or {}).values())
    waiting |= {executor.submit(work, task) for task in tasks[1:]}
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            _accept(future.result(), on_done)


def _accept(outcome: Outcome, on_done: Callable[[Outcome], None]) -> None:
    if outcome.error:
        last = outcome.error.strip().splitlines()[-1]
        raise RunFailed(
            f"scenario `{outcome.label}`, replicate {outcome.replicate + 1} (seed {outcome.seed}) failed: {last}",
            outcome.error,
        )
    on_done(outcome)


@contextlib.contextmanager
def _deaf_and_single_threaded() -> Iterator[None]:
    """Start child processes that ignore Ctrl-C from their first instruction and use one thread each.

    Both are inherited, so they hold while a child still imports; an initialiser alone would come too late.
    """
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def start_worker() -> None:
    """In a worker: leave Ctrl-C to the parent, and end when the parent ends, however it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
