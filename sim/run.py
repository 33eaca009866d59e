"""One run: a scenario and a seed in, the series of its measures out. Nothing global, nothing on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.community import Community
from sim.compiling import compile_all
from sim.measures import LEFT, mutual
from sim.scenario import Scenario
from sim.ties import felt


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
    m, ties = community.members.view, community.ties.view
    rows = np.flatnonzero(m.stage != LEFT)
    place = np.full(m.key.size, -1)
    place[rows] = np.arange(rows.size)
    found = []
    for i in rows[ties.count[rows] > 0].tolist():
        for k in range(int(ties.count[i])):
            j = int(ties.partner[i, k])
            if j > i and place[j] >= 0:
                strength = mutual(ties.strength[i, k], felt(ties, j, i))
                if strength > 0.0:
                    found.append((place[i], place[j], strength))
    source, target, strength = zip(*found, strict=True) if found else ((), (), ())
    return Network(
        rows,
        m.key[rows],
        m.stage[rows],
        np.array(source, np.int64),
        np.array(target, np.int64),
        np.array(strength, float),
    )


def fingerprint(founding: Any) -> str:
    """A short hash of what a real log tells of the founders; "" for none."""
    if founding is None:
        return ""
    found = hashlib.sha256()
    for item in vars(founding).values():
        for part in item if isinstance(item, tuple) else (item,):
            found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()[:16]


def _keep(checkpoint: Path | None, community: Community, days: list, rows: list, asked: dict) -> None:
    if checkpoint is not None:
        from sim.checkpoint import write

        write(community, checkpoint, days, rows, asked)


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
    on_day : called with the day after each
    log : keep the event log
    checkpoint : a file to go on from, if it is there, and to write every `every` days and at the end
    on_resume : called with the day from which a checkpoint goes on

    Raises
    ------
    CheckpointError : if the checkpoint is of something else, or cannot be read or written
    """
    compile_all()
    community: Community | None = None
    days, rows, asked = [0], list[dict[str, float]](), dict[str, Any]()
    if checkpoint is not None:
        asked = {"scenario": scenario.digest(), "seed": seed, "observed every": observe_every, "log": log,
                 "founded from": fingerprint(founding)}  # fmt: skip
        if checkpoint.exists():
            from sim.checkpoint import read

            community, days, rows, _ = read(checkpoint, asked)
            if on_resume is not None:
                on_resume(community.day)
    if community is None:
        community = Community(scenario, seed, founding=founding, keep_events=log)
        rows.append(community.observe())
        _keep(checkpoint, community, days, rows, asked)
    last = scenario.community.days
    while community.day < last:
        community.step()
        if community.day % observe_every == 0 or community.day == last:
            days.append(community.day)
            rows.append(community.observe())
        if community.day % every == 0 or community.day == last:
            _keep(checkpoint, community, days, rows, asked)
        if on_day is not None:
            on_day(community.day)
    series = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    kept = None
    if log:
        from sim.logs.log import of_run

        kept = of_run(community)
    return Run(scenario.name, seed, np.array(days), series, network(community), kept)
