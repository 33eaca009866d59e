"""Runs of worlds, and the level facts of each: half a year of burn-in and a window of two years.

A world is the population's values at places, drawn or spread evenly, with all other values from their priors. What is
finished is kept in a journal; a design is kept too, so that a stopped command goes on with the runs that it meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from experiments.runs import files
from experiments.runs.journal import Journal
from experiments.runs.point import settled
from experiments.runs.pool import heed
from experiments.worlds import facts, population, priors
from experiments.worlds.population import FACTS, TABLE, VALUES, Values

if TYPE_CHECKING:
    from sim.community import Community

DAYS = facts.LEAD + facts.WINDOW
SPAN = 14  # days between looks at whether anybody still waits, and at how much is written
BUSIEST = 250.0  # messages a day, from which a run is given up: more than any community of its size writes


class Task(NamedTuple):
    """One run: a name in the journal, a seed, and what is laid over the baseline."""

    key: str
    seed: int
    settings: Values


def spread(n: int, root: int) -> np.ndarray:
    """Places spread evenly over the bounds, the last column that of the founding members: (n, values + 1), Sobol."""
    from scipy.stats import qmc

    points = qmc.Sobol(len(VALUES) + 1, rng=np.random.default_rng([root, 1]))
    return points.random_base2(max(n - 1, 1).bit_length())[:n]


def members_at(u: float) -> int:
    """Founding members at a place, evenly on the log scale."""
    low, high = TABLE["members"]["low"], TABLE["members"]["high"]
    return round(low * (high / low) ** u)


def key(name: str, k: int) -> str:
    """The name of a wave's run in the journal."""
    return f"{name}-{k:04d}"


def tasks(name: str, design: np.ndarray, root: int) -> list[Task]:
    """The runs of a design (n, values + 1): a fresh seed and fresh other values each."""
    others = priors.draw(len(design), int(np.random.default_rng([root, *name.encode()]).integers(2**31)))
    made = []
    for k, (place, other) in enumerate(zip(design, others, strict=True)):
        members = members_at(place[-1])
        own = population.settings(population.values_at(place[:-1]), members)
        about = {"community.members": members, "community.days": DAYS}
        made.append(Task(key(name, k), root * 100_000 + k, other | own | about))
    return made


def lived(community: Community, days: int) -> bool:
    """Run a community for so many days, unless it writes more than any community of its size."""
    from sim.state.flows import Flow

    while community.day < days:
        community.run(min(SPAN, days - community.day))
        heed()
        if community.flows[Flow.POSTS] + community.flows[Flow.RESPONSES] > BUSIEST * community.day:
            return False
    return True


def facts_of(task: Task) -> dict[str, float | None]:
    """The level facts of a run, those that are of accounts among them; None where there is nothing of the sort.

    Nothing at all of a run in which members wrote hardly anything, or more than any community of its size writes.
    """
    from sim.community import Community
    from sim.logs.log import EPOCH, of_run
    from sim.state.members import Source

    community = Community(settled(population.baseline(), task.settings), task.seed, keep_events=True)
    if not lived(community, DAYS):
        return {}
    start, end = (int(EPOCH) + days * facts.DAY for days in (facts.LEAD, DAYS))
    found, members = facts.of_window(facts.of_run(of_run(community)), start, end), community.members.view
    if not found:
        return {}
    new = (members.source != Source.FOUNDER) & (members.joined <= DAYS - facts.LEAD)
    found["accounts_that_write"] = float((members.written[new] > 0).mean()) if new.any() else float("nan")
    found["weekly_active_per_account"] = found["weekly_active"] / members.joined.size
    return files.plain(found)


def design_of(path: Path, make: Any) -> np.ndarray:
    """A design that was kept at `path`, or one that is made now and kept."""
    if not path.is_file():
        files.write_bytes(path, np.asarray(make(), np.float32).tobytes())
    return np.fromfile(path, np.float32).reshape(-1, len(VALUES) + 1).astype(float)


def table(runs: Sequence[Mapping[str, float | None]]) -> np.ndarray:
    """The fitted facts of runs on the scale of the fit, float64 (runs, facts); NaN where there are none."""
    raw = np.array([[run.get(fact.name) for fact in FACTS] for run in runs], float)
    return np.column_stack([fact.transformed(raw[:, k]) for k, fact in enumerate(FACTS)])


def journal(folder: Path, root: int, workers: int, progress: Any) -> Journal:
    """The journal of the runs of this population."""
    return Journal(folder / "simulations", {"population": TABLE["values"], "root": root}, workers, progress)
