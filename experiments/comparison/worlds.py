"""The worlds that a comparison asks: one a replicate, the same for every strategy, and each also without a team.

A world is a draw of the population of communities laid over the stated priors of all other values that nobody has
measured, or of these priors around a file's values, or of a posterior. What the user or a scenario's file says is a
fact, and keeps its value in every world; a strategy, its budget and the length of a run are what is compared, and never
vary.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.runs import files
from experiments.runs.files import StoreError, slug
from experiments.runs.given import BadInput
from experiments.runs.point import settled
from experiments.runs.prepare import Prepared
from sim.scenario import Scenario, ScenarioError, load

if TYPE_CHECKING:
    import pandas as pd

FILE = "worlds.parquet"
PRIORS, POPULATION, POSTERIOR = "priors", "population", "posterior"
NEVER = ("strategy", "team", "budget", "activities")  # tables that are part of what is compared
NEVER_KEYS = ("community.days",)
NOTHING = "nothing"
WITHOUT_TEAM = {"budget.hours_per_week": 0.0, "budget.money_per_week": 0.0}


@dataclass(frozen=True)
class Worlds:
    """The worlds of a comparison.

    draws : a world each, by key; kind : PRIORS, POPULATION or POSTERIOR; fixed : keys that are drawn elsewhere and keep
    here the value that a file or `--set` gives; around : the file whose values the priors lie around; nothing : the
    label of the community without a team; known : what was told that narrows them, if anything was
    """

    draws: tuple[dict[str, Any], ...]
    kind: str
    fixed: tuple[str, ...]
    around: str | None
    nothing: str
    known: dict[str, Any] | None = None

    def facts(self) -> dict[str, Any]:
        """What the manifest says of them; the draws lie in a table of their own."""
        return {
            "kind": self.kind,
            "draws": len(self.draws),
            "digest": digest(self.draws),
            "keys": list(self.draws[0]),
            "fixed": list(self.fixed),
            "around": self.around,
            "nothing": self.nothing,
            **({"known": self.known} if self.known else {}),
        }

    def write(self, folder: Path) -> None:
        """Write the table of worlds into a store, a row a world, if it is not there."""
        import pyarrow as pa

        if not (folder / FILE).exists():
            files.write_table(folder / FILE, pa.Table.from_pylist(list(self.draws)))


def digest(draws: Iterable[dict[str, Any]]) -> str:
    """A short hash of draws."""
    text = json.dumps([{key: float(value) for key, value in draw.items()} for draw in draws], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read(folder: Path, manifest: dict[str, Any]) -> pd.DataFrame:
    """The table of worlds of a stored comparison: a row a world, a column a key.

    Raises
    ------
    StoreError : if it is not there, or is not the one of which the manifest tells
    """
    import pandas as pd
    import pyarrow as pa

    about = manifest["worlds"]
    try:
        table = pd.read_parquet(folder / FILE)
        if list(table.columns) == about["keys"] and digest(table.to_dict("records")) == about["digest"]:
            return table
    except (OSError, ValueError, TypeError, pa.ArrowException):
        pass
    raise StoreError(f"`{folder / FILE}`: is not there, or holds other worlds than were run; compare anew")


def usual(prepared: Prepared, n: int, seed: int) -> Prepared:
    """The comparison asked in n worlds, as `over`: of the population, laid over the priors; around a file, of these."""
    from experiments.worlds import population, priors

    first = next(iter(prepared.scenarios.values()))
    if prepared.changes.world is None:
        return over(prepared, population.worlds(n, seed, first), POPULATION)
    return over(prepared, priors.draw(n, seed, first), PRIORS)


def over(prepared: Prepared, draws: Sequence[dict[str, float]], kind: str) -> Prepared:
    """The comparison asked in worlds: its scenarios and the one without a team, each replicate in a world.

    Parameters
    ----------
    draws : worlds, by key; but for a POSTERIOR, keys that the scenarios give as facts are left out

    Raises
    ------
    BadInput : if nothing is left that varies, or the scenarios are not possible in one of the worlds
    """
    said = facts(prepared) if kind != POSTERIOR else set()
    first = next(iter(prepared.scenarios.values()))
    has = [{entry.key for entry in one.entries()} for one in prepared.scenarios.values()]
    known = [key for key in draws[0] if varies(key) and all(key in keys for keys in has)]
    fixed = tuple(sorted(said & set(known)))
    open_keys = [key for key in known if key not in said]
    if not open_keys:
        raise BadInput("compare: every value that has a prior is given as a fact, so that all worlds are one; ask for "
                       "--one-world")  # fmt: skip
    made = tuple({key: draw[key] for key in open_keys} for draw in draws)
    label = next(name for name in (NOTHING, *(f"{NOTHING} {k}" for k in range(2, 200)))
                 if slug(name) not in map(slug, prepared.scenarios))  # fmt: skip
    scenarios = {**prepared.scenarios, label: without_team(first, label)}
    foundings = dict(prepared.foundings)
    if foundings:
        foundings[label] = foundings[next(iter(prepared.scenarios))]
    for number, draw in enumerate(made, 1):
        try:
            settled(first, draw)
        except ScenarioError as error:
            raise BadInput(f"compare: world {number}: {error}") from None
    world = prepared.changes.world
    worlds = Worlds(made, kind, fixed, world.stem if world else None, label)
    return replace(prepared, scenarios=scenarios, foundings=foundings, draws=made, worlds=worlds)


def without_team(scenario: Scenario, label: str) -> Scenario:
    """The same world without a team: no hours, no money, and so no message and no cost."""
    left = settled(scenario, WITHOUT_TEAM)
    table = left.table.model_copy(update={"name": label, "question": "What does the community do by itself?"})
    return Scenario(table, left.origins, left.path, left.rules)


def varies(key: str) -> bool:
    """Whether a value may differ between worlds: it is no part of what is compared."""
    return key.split(".")[0] not in NEVER and key not in NEVER_KEYS


def facts(prepared: Prepared) -> set[str]:
    """Keys whose values are given: by `--set`, by a scenario's own file, or by the log that founds the community.

    The values of the file that `--world` names are no facts: its worlds lie around them.
    """
    given = {"community.members"} if prepared.changes.members or prepared.changes.log else set()
    given |= {"ties.slots"} if prepared.changes.log else set()  # the ties of founders are made for so many
    base = {entry.key: entry.value for entry in load("baseline").entries()}
    for scenario in prepared.scenarios.values():
        for entry in scenario.entries():
            by_log = prepared.changes.log and entry.value != base.get(entry.key, entry.value)
            by_file = prepared.changes.world is None and entry.origin != "baseline"
            if entry.origin == "--set" or by_file or by_log:
                given.add(entry.key)
    return given
