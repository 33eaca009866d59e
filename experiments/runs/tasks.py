"""Runs as tasks: which scenario with which seed, and batches of them that a worker carries out one after the other.

A worker returns the rows of its batch and writes nothing: what is kept, and where, is for whoever asked.
"""

from __future__ import annotations

import hashlib
import math
import platform
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.runs.point import Point, settled
from experiments.runs.pool import Cancelled, heed

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

NEVER = 10**9
SPAN = 7  # days between looks at whether a run is to end early


class RunFailed(RuntimeError):
    """A run that raised; `detail` holds the traceback, for --debug."""

    def __init__(self, message: str, detail: str = ""):
        super().__init__(message)
        self.detail = detail


@contextmanager
def failing_as(what: str) -> Iterator[None]:
    """Raise RunFailed, which names `what` was being done, in place of any exception within."""
    try:
        yield
    except Exception as error:
        raise RunFailed(f"{what} failed: {type(error).__name__}: {error}", traceback.format_exc()) from error


class Progress:
    """Progress of the work. This class shows nothing; `pages.terminal.Bar` overrides it with a bar."""

    def say(self, text: str) -> None:
        """Show what is being done."""

    def note(self, text: str) -> None:
        """Tell what stays worth knowing after the next step has begun."""
        self.say(text)

    def expect(self, count: int) -> None:
        """Add `count` tasks to those expected."""

    def lasts(self, seconds: float) -> None:
        """Tell that more tasks may be added until so many seconds from now have gone by."""

    def done(self, count: int = 1, note: str = "") -> None:
        """Count finished tasks; `note` stands beside the count, such as how many failed."""


SILENT = Progress()


class Task(NamedTuple):
    """One run to do: a point (a scenario with some values replaced), and a replicate with its seed."""

    point: Point
    replicate: int
    seed: int


@dataclass(frozen=True)
class Batch:
    """Runs that one worker does one after the other, with all data that they need.

    `study` is an `experiments.study.file.Study`; `schema` has the columns of a row. With `fallen`, the runs killed
    their worker again and again: they are not done, and get a row that says so.
    """

    study: Any
    schema: pa.Schema
    tasks: tuple[Task, ...]
    fallen: bool = False


@dataclass(frozen=True)
class Done:
    """What came of a batch: a row a run and kept day, the tie networks that are kept, and the seconds it took."""

    rows: pa.Table
    seconds: float
    networks: dict[str, Any] = field(default_factory=dict)

    @property
    def runs(self) -> list[tuple[str, int]]:
        """Point and seed of the runs that have rows, in their order."""
        return list(dict.fromkeys(zip(self.rows["point"].to_pylist(), self.rows["seed"].to_pylist(), strict=True)))

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The rows of runs that failed."""
        return self.rows.filter(self.rows["error"].is_valid()).to_pylist()

    def without_failed(self) -> Done:
        """The same without the rows of runs that failed."""
        return replace(self, rows=self.rows.filter(self.rows["error"].is_null()))


def replicate_seed(root: int, replicate: int) -> int:
    """The seed of replicate `replicate` (0, 1, ...) under root seed `root`: an integer in [0, 2^48).

    A hash, so the n-th seed is the same however many there are, and neighbouring root seeds share none. All scenarios
    of a comparison use the same seeds; that is what makes the differences paired.

    >>> replicate_seed(1, 0) == replicate_seed(1, 0) != replicate_seed(1, 1)
    True
    """
    digest = hashlib.sha256(f"hearthside {root} {replicate}".encode()).digest()
    return int.from_bytes(digest[:6], "big")


@contextmanager
def telling_of_compiling(progress: Progress) -> Iterator[None]:
    """Say once that the model is compiled, if it is within; of what lies in the cache nothing is said."""
    from numba.core import event

    class Listener(event.Listener):
        """Hears of each function that Numba compiles."""

        told = False

        def on_start(self, _: Any) -> None:
            """Say it of the first."""
            if not self.told:
                self.told = True
                progress.say("The model is compiled, once on a machine: up to a minute")

        def on_end(self, _: Any) -> None:
            """Say nothing."""

    with event.install_listener("numba:compile", Listener()):
        yield


def warm_up(scenario: Any) -> None:
    """Do one short run here, in which every rule is called, so that the model is compiled before many runs begin."""
    from sim.run import run

    run(settled(scenario, {"community.days": 8, "community.members": 60}), 0)


def simulate(study: Any, task: Task) -> Any:
    """Do a run; returns a `sim.run.Run`."""
    from sim.run import run

    every = study.every or (math.gcd(*study.days) if study.days else 0) or NEVER
    scenario = settled(study.scenarios[task.point.label], {**task.point.settings, **study.drawn(task.replicate)})
    founding = study.foundings.get(task.point.label)
    if study.until:
        return _until(study, scenario, task.seed, founding)
    return run(scenario, task.seed, observe_every=every, founding=founding, on_day=heed)


def _until(study: Any, scenario: Any, seed: int, founding: Any) -> Any:
    """Do a run that ends on the first day on which a condition holds; its series ends there."""
    import numpy as np

    from sim.community import Community
    from sim.run import Run, network

    community = Community(scenario, seed, founding=founding)
    names, last = community.measure_names, scenario.community.days
    table, ended = np.array([list(community.observe().values())]), None
    while community.day < last and ended is None:
        heed(community.day)
        community.run(min(SPAN, last - community.day), every=1)
        table = np.vstack([table, community.take_series()])
        ended = study.ended(dict(zip(names, table.T, strict=True)))
    table = table if ended is None else table[: ended + 1]
    series = dict(zip(names, table.T, strict=True))
    return Run(scenario.name, seed, np.arange(len(table)), series, network(community))


def kept_days(study: Any, days: np.ndarray) -> list[int]:
    """Which of the days observed are kept, as places in `days`: those asked for, all of a course, or the last."""
    if study.every:
        return list(range(len(days)))
    return [days.tolist().index(day) for day in study.days] if study.days else [len(days) - 1]


def carry_out(batch: Batch) -> Done:
    """Do a batch of runs; called in a worker. A run that raises is a row with its error, not an exception.

    When nobody waits any more, what is finished is returned.
    """
    import pyarrow as pa

    start, study = time.perf_counter(), batch.study
    columns: dict[str, list] = {name: [] for name in batch.schema.names}
    networks, host = {}, platform.node()
    for point, replicate, seed in batch.tasks:
        about = {"point": point.key, "scenario": point.label, "replicate": replicate, "seed": seed, **point.shown}
        begun = time.perf_counter()
        values: dict[str, Any] = {}
        try:
            if batch.fallen:
                raise ChildProcessError("the worker process died over this run again and again (out of memory?)")
            made = simulate(study, Task(point, replicate, seed))
            at = kept_days(study, made.days)
            values = {key: made.series[key][at] for key in study.measures.keys() & made.series}
            values["day"] = made.days[at]
            if study.networks and replicate == 0:
                networks[point.label] = made.network
        except Cancelled:
            break
        except Exception:
            about["error"] = traceback.format_exc()
        about |= {"seconds": round(time.perf_counter() - begun, 6), "host": host}
        n = len(values.get("day", "."))
        for name, column in columns.items():
            column += values[name].tolist() if name in values else [about.get(name)] * n
    return Done(pa.Table.from_pydict(columns, batch.schema), time.perf_counter() - start, networks)
