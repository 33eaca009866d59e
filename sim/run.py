"""One run: a scenario and a seed in, the series of its measures out. Nothing global, nothing on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.checkpoint import read, write
from sim.community import Community
from sim.compiled.compiling import compile_all
from sim.logs.log import of_run
from sim.measures import LEFT
from sim.scenario import Scenario
from sim.state.ties import held

MEMBER_DAYS = 1_000_000  # lived in one go: a tenth of a second or so, after which a run can be stopped


@dataclass(frozen=True)
class Network:
    """The ties between current members that both sides feel.

    members : int64 (n,), row of each; stage : int8 (n,); source, target : int64 (n_ties,), places in `members`,
    each pair once; strength : float64 (n_ties,), mutual, in (0, 1].
    """

    members: np.ndarray
    key: np.ndarray
    stage: np.ndarray
    source: np.ndarray
    target: np.ndarray
    strength: np.ndarray


@dataclass(frozen=True)
class Run:
    """What one run gave: `series` holds every measure of `measures.catalogue`, at `days`."""

    scenario: str
    seed: int
    days: np.ndarray
    series: dict[str, np.ndarray]
    network: Network
    events: Any = None


def network(community: Community) -> Network:
    """The tie network as of now."""
    m = community.members.view
    rows = np.flatnonzero(m.stage != LEFT)
    place = np.full(m.key.size, -1)
    place[rows] = np.arange(rows.size)
    ties = held(community.members.view, community.tables.ties)
    strength = np.sqrt(ties.strength * ties.back)
    once = (ties.partner > ties.owner) & (place[ties.partner] >= 0) & (place[ties.owner] >= 0) & (strength > 0.0)
    return Network(rows, m.key[rows], m.stage[rows], place[ties.owner[once]], place[ties.partner[once]], strength[once])


def fingerprint(founding: Any) -> str:
    """A short hash of the founders estimated from a real log; "" for none."""
    if founding is None:
        return ""
    digest = hashlib.sha256()
    for item in vars(founding).values():
        for part in item if isinstance(item, tuple) else (item,):
            digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]


def _span(community: Community, last: int, every: int) -> int:
    """Days to simulate in one call: up to the next checkpoint, and no more than take some tenths of a second."""
    at_once = max(1, MEMBER_DAYS // max(1, community.members.n))
    return min(last - community.day, every - community.day % every, at_once)


def run(
    scenario: Scenario,
    seed: int,
    *,
    observe_every: int = 1,
    founding: Any = None,
    on_day: Callable[[int], None] | None = None,
    log: bool = False,
    checkpoint: Path | None = None,
    every: int = 30,
    on_resume: Callable[[int], None] | None = None,
) -> Run:
    """Run `scenario` with `seed` for as many days as it says; observing changes nothing of it.

    Parameters
    ----------
    seed : int, 0 or more
    observe_every : int, days between observations; day 0 and the last day are always observed
    founding : what a real log tells of the founders, or None
    on_day : called with the day now and then, at least every half second; what it raises ends the run
    log : keep the event log
    checkpoint : a file to go on from, if it is there, and to write every `every` days and at the end
    on_resume : called with the day from which a checkpoint goes on

    Raises
    ------
    CheckpointError : if the checkpoint is of something else, or cannot be read or written
    """
    compile_all()
    community: Community | None = None
    days, rows, asked = [0], list[list[float]](), dict[str, Any]()
    if checkpoint is not None:
        asked = {"scenario": scenario.digest(), "seed": seed, "observed every": observe_every, "log": log,
                 "founded from": fingerprint(founding)}  # fmt: skip
        if checkpoint.exists():
            community, days, rows, _ = read(checkpoint, asked, scenario.rules)
            if on_resume is not None:
                on_resume(community.day)
    if community is None:
        community = Community(scenario, seed, founding=founding, keep_events=log)
        rows.append(list(community.observe().values()))
        if checkpoint is not None:
            write(community, checkpoint, days, rows, asked)
    names, last = community.measure_names, scenario.community.days
    while community.day < last:
        community.run(_span(community, last, every if checkpoint is not None else last), every=observe_every)
        observed = community.take_series()
        days += [day for day in range(days[-1] + 1, community.day + 1) if day % observe_every == 0 or day == last]
        rows += observed.tolist()
        if checkpoint is not None and (community.day % every == 0 or community.day == last):
            write(community, checkpoint, days, rows, asked)
        if on_day is not None:
            on_day(community.day)
    table = np.array(rows)
    series = {name: table[:, column] for column, name in enumerate(names)}
    events = of_run(community) if log else None
    return Run(scenario.name, seed, np.array(days), series, network(community), events)
