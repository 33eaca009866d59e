"""A crew of worker processes that takes tasks one after the other, whatever dies on the way.

The seam is the standard Executor protocol: anything that has `submit` as `concurrent.futures` defines it can stand in
for the local processes. A task must be safe to do twice; the worker stores what it made, and returns only what it did.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

# Runs are the parallel unit: threads inside a run would only fight over the same cores.
ONE_THREAD = {name: "1" for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
AHEAD = 2  # tasks handed out per worker: one being done, one waiting so that nobody idles
SUSPECT = 2  # deaths in company after which a task is tried alone, for whoever ran beside it shares the blame
BLAMED = 5  # deaths alone after which the task itself is to blame, and not whoever kills processes here
TRIES = 50  # processes started for one suspect, before we give up
LOOK = 1.0  # seconds between looks at how many workers there are


class CrewLost(RuntimeError):
    """The workers of another executor went away with what they were doing."""


class Crew:
    """Local processes that are replaced when they die.

    Parameters
    ----------
    workers : number of processes, 1 or more
    """

    def __init__(self, workers: int):
        self.workers = workers
        self.pool: ProcessPoolExecutor | None = None
        self.processes: list[Any] = []

    def submit(self, work: Callable, task: Any) -> Future:
        """Hand out a task; BrokenProcessPool if a worker has died since."""
        if self.pool is None:
            context = multiprocessing.get_context("spawn")
            self.pool = ProcessPoolExecutor(self.workers, context, initializer=start_worker)
        if len(getattr(self.pool, "_processes", None) or ()) == self.workers:
            return self.pool.submit(work, task)
        with _deaf_and_single_threaded():  # this submission may start a process
            future = self.pool.submit(work, task)
        self.processes = list((getattr(self.pool, "_processes", None) or {}).values())
        return future

    def replace(self) -> None:
        """Drop the broken pool and wait until its processes are gone; the next submission starts new ones."""
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)
        self.pool = None

    def stop(self) -> None:
        """End at once: a run cannot be asked to stop, and nobody waits for it any more."""
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.join(5)
        self.pool = None


def work_off(
    tasks: Iterable[Any],
    work: Callable[[Any], Any],
    settle: Callable[[Any, Any], None],
    on_death: Callable[[Any], Iterable[Any]],
    workers: int = 1,
    executor: Executor | None = None,
    width: Callable[[], int] | None = None,
    deadly: tuple[type[BaseException], ...] = (),
) -> None:
    """Do every task, calling `settle(task, result)` after each; returns when all are settled.

    Parameters
    ----------
    tasks : with a hashable `key` each; taken one by one, shortly before a worker is free, so they may be made late
    work : what to do with a task; importable by the workers
    settle : called in this process
    on_death : called with a task over which workers died although nothing else ran; returns what to try instead
    workers : number of local processes; 1 works in this process
    executor : another Executor to use instead; it is not shut down here
    width : how many workers the other executor has now; it may grow
    deadly : what the other executor raises when a task has killed its worker too often

    Raises
    ------
    CrewLost : when the other executor lost the tasks with its workers
    BaseException : whatever a task or `settle` raised, Ctrl-C too, after the workers were stopped
    """
    if executor is None and workers == 1:
        for task in tasks:
            settle(task, work(task))
        return
    feed, again = iter(tasks), deque[Any]()
    deaths: Counter = Counter()
    flying: dict[Future, Any] = {}
    crew = Crew(workers) if executor is None else None

    def take() -> Any:
        while True:
            task = again.popleft() if again else next(feed, None)
            if crew is None or task is None or deaths[task.key] < SUSPECT:
                return task
            for part in _alone(task, work, settle, on_death):
                deaths[part.key] = SUSPECT
                again.append(part)

    def fly() -> bool:
        """Hand out as many as there is room for; False if the crew broke meanwhile."""
        while len(flying) < AHEAD * (workers if width is None else max(width(), 1)):
            task = take()
            if task is None:
                break
            try:
                flying[(crew or executor).submit(work, task)] = task  # type: ignore[union-attr]
            except BrokenProcessPool:
                again.appendleft(task)
                return False
        return True

    try:
        while True:
            whole = fly()
            if not flying and whole:
                break
            done, _ = wait(flying, timeout=LOOK, return_when=FIRST_COMPLETED)
            for future in done:
                task = flying.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    if crew is None:
                        raise
                    whole = False
                    deaths[task.key] += 1
                    again.append(task)
                except deadly:
                    again.extend(on_death(task))
                except CancelledError:
                    raise CrewLost("the cluster's scheduler has gone away") from None
                else:
                    settle(task, result)
            if crew and not whole:
                for future, task in list(flying.items()):  # their futures fail or are cancelled with the pool
                    again.append(task)
                    deaths[task.key] += 1
                    del flying[future]
                crew.replace()
        if crew:
            crew.replace()
    except BaseException:
        for future in flying:
            future.cancel()
        if crew:
            crew.stop()
        raise


def _alone(task: Any, work: Callable, settle: Callable, on_death: Callable) -> Iterable[Any]:
    """Do a suspect with nobody beside it; returns what to try instead of it if it is to blame."""
    crew = Crew(1)
    died = 0
    try:
        for _ in range(TRIES):
            try:
                crew.submit(_ready, None).result()  # a death before the task began is not the task's
            except BrokenProcessPool:
                crew.replace()
                continue
            try:
                result = crew.submit(work, task).result()
            except BrokenProcessPool:
                crew.replace()
                died += 1
                if died == BLAMED:
                    return on_death(task)
                continue
            crew.replace()
            settle(task, result)
            return []
    except BaseException:
        crew.stop()
        raise
    raise CrewLost("worker processes die before they begin; is the memory full?")


def _ready(_: None) -> None:
    """What a worker does to show that it is there."""


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
