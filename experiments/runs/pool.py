"""The pool: tasks carried out by threads of this process, or by the workers of a cluster.

The model's kernels release Python's lock, so threads use every core; nothing is copied, and nothing has to start. A
task must be safe to do twice. A long task calls `heed` now and then (a run does, as its `on_day`), so that it ends
within a moment when nobody waits for it any more.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

AHEAD = 2  # tasks handed out per worker: one that is being done, and one waiting so that nobody idles
LOOK = 0.3  # seconds between looks at how many workers there are, and at whether anybody still waits
_thread = threading.local()


class Cancelled(BaseException):
    """Raised by `heed` in a task whose result is no longer needed; no Exception, so that no task catches it."""


class TimeUp(BaseException):
    """The time that was given is over; no Exception, so that nothing on the way takes it for a failure."""


class ClusterLost(RuntimeError):
    """The scheduler of a cluster went away with the tasks it had."""


def heed(day: int = 0) -> None:
    """Raise Cancelled if this thread's pool was stopped; else do nothing. Can be given to a run as `on_day`."""
    stop = getattr(_thread, "stop", None)
    if stop is not None and stop.is_set():
        raise Cancelled


def _heeding(work: Callable[[Any], Any], stop: threading.Event) -> Callable[[Any], Any]:
    """Wrap `work` so that `heed`, called in its thread, checks `stop`."""

    def act(task: Any) -> Any:
        _thread.stop = stop
        return work(task)

    return act


@dataclass(frozen=True)
class Pool:
    """Workers that carry out tasks.

    Parameters
    ----------
    workers : threads of this process, 1 or more
    executor : another Executor to use instead, which is not shut down here
    width : how many workers the other executor has now; it may grow
    deadly : what the other executor raises when a task has killed its worker too often
    """

    workers: int = 1
    executor: Executor | None = None
    width: Callable[[], int] | None = None
    deadly: tuple[type[BaseException], ...] = ()

    def size(self) -> int:
        """How many tasks can be done at once now."""
        return max(self.width() if self.width else self.workers, 1)

    def run(
        self,
        tasks: Iterable[Any],
        work: Callable[[Any], Any],
        settle: Callable[[Any, Any], None],
        instead: Callable[[Any], Iterable[Any]] = lambda task: [task],
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """Carry out every task, and call `settle(task, result)` in this thread after each; returns when all are.

        Parameters
        ----------
        tasks : taken one by one, shortly before a worker is free, so they may be made late
        work : what to do with a task; for a cluster, importable by its workers
        instead : called with a task that killed its worker too often; returns the tasks to try in its place
        meanwhile : called in this thread some times a second; what it raises stops the tasks

        Raises
        ------
        ClusterLost : when the cluster's scheduler is gone
        BaseException : whatever a task or `settle` raised, Ctrl-C and TimeUp too, after all tasks have ended; on these
            two, tasks that had something to return are settled first
        """
        stop, feed, flying = threading.Event(), iter(tasks), dict[Future, Any]()
        threads = ThreadPoolExecutor(self.workers, "run") if self.executor is None else None
        executor, act = (self.executor, work) if threads is None else (threads, _heeding(work, stop))
        try:
            while True:
                for task in itertools.islice(feed, max(AHEAD * self.size() - len(flying), 0)):
                    flying[executor.submit(act, task)] = task  # type: ignore[union-attr]
                if not flying:
                    break
                meanwhile()
                done = wait(flying, timeout=LOOK, return_when=FIRST_COMPLETED).done
                for future in [future for future in flying if future in done]:  # in their order: `done` is a set
                    task = flying.pop(future)
                    try:
                        result = future.result()
                    except self.deadly:
                        feed = itertools.chain(instead(task), feed)
                    except CancelledError:
                        raise ClusterLost("the cluster's scheduler has gone away") from None
                    else:
                        settle(task, result)
        except BaseException as error:
            stop.set()
            for future in flying:
                future.cancel()
            if threads and isinstance(error, KeyboardInterrupt | TimeUp):
                threads.shutdown()
                for future, task in flying.items():
                    if not future.cancelled() and future.exception() is None:
                        settle(task, future.result())
            raise
        finally:
            if threads:
                threads.shutdown()
