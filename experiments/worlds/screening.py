"""`python -m experiments.worlds.screening`: which assumed values move what a comparison tells, and which move nothing.

Each value that nobody has measured stands once at either end of its prior, all others at their own values, in several
worlds under the same seeds; how far each headline measure moves is told as a share of how far apart it lies between
worlds drawn from all the priors (from their first to their last tenth). A value that no measure of a run feels gives
the same numbers to the last bit, for all runs of a seed share their luck.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import typer

from experiments.pages.text import render
from experiments.runs import files
from experiments.runs.point import settled
from experiments.runs.pool import Pool, heed
from experiments.study.file import HEADLINE
from experiments.worlds.priors import declared, draw, quantile
from sim.prior import on_log_scale
from sim.run import run
from sim.scenario import Entry, Scenario, load

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).resolve().parents[2] / "results/screening"
MEMBERS = {"facilitation": 500, "broadcast": 500, "support_desk": 1000, "clique_town": 300, "newcomers_flood": 150}
DAYS, SEEDS, DRAWS = 365, (1, 2), 64
LITTLE = 0.05  # of the distance between plausible worlds: what moves no headline by more is little


class Task(NamedTuple):
    """A run: the world, the value that is moved ("" for none), the end it is moved to or the draw, and the seed."""

    world: str
    key: str
    end: str
    seed: int
    settings: dict[str, Any]


def world(name: str) -> Scenario:
    """A living world of the screening."""
    return load(name, {"community.members": MEMBERS[name], "community.days": DAYS})


def ends(entry: Entry) -> dict[str, Any]:
    """The ends to which a value is moved: of its prior; if it is held constant, a third of the way to the range's."""
    kind = type(entry.value)
    if entry.prior:
        return {end: kind(quantile(entry, u)) for end, u in (("low", 0.1), ("high", 0.9))}
    to, back = (np.log, np.exp) if on_log_scale(entry.range) else (float, float)
    way = (back(to(entry.value) + (to(end) - to(entry.value)) / 3) for end in entry.range)
    return {end: kind(round(value) if kind is int else value) for end, value in zip(("low", "high"), way, strict=True)}


def tasks() -> list[Task]:
    """Every run of the screening: as it is, each assumed value at both ends, and worlds drawn from all the priors."""
    made = []
    for name in MEMBERS:
        scenario = world(name)
        moved: dict[tuple[str, str], dict[str, Any]] = {}
        for entry in scenario.entries():
            if entry.assumed and type(entry.value) in (int, float):
                for end, value in ends(entry).items():
                    moved.setdefault((declared(entry.key), end), {})[entry.key] = value
        for seed in SEEDS:
            made += [Task(name, "", "own", seed, {})]
            made += [Task(name, key, end, seed, settings) for (key, end), settings in moved.items()]
        drawn = draw(DRAWS, seed=1, scenario=scenario)
        made += [Task(name, "", f"draw {k}", 1000 + k, settings) for k, settings in enumerate(drawn)]
    return made


def lived(task: Task) -> dict[str, Any]:
    """The headline measures of a run on its last day, and a digest of all measures."""
    series = run(settled(world(task.world), task.settings), task.seed, observe_every=DAYS, on_day=heed).series
    ended = {key: float(values[-1]) for key, values in series.items()}
    digest = hashlib.blake2b(repr(sorted(ended.items())).encode(), digest_size=8).hexdigest()
    return {**task._asdict(), "settings": None, **{key: ended[key] for key in HEADLINE}, "digest": digest}


def run_all(workers: int) -> pd.DataFrame:
    """All runs, a row each, in a fixed order."""
    import pandas as pd

    todo, rows = tasks(), list[dict[str, Any]]()

    def settle(_: Task, row: dict[str, Any]) -> None:
        rows.append(row)
        print(f"{len(rows)} of {len(todo)}", end="\r", file=sys.stderr, flush=True)

    Pool(workers).run(todo, lived, settle)
    columns = ["world", "key", "end", "seed"]
    return pd.DataFrame(rows).drop(columns="settings").sort_values(columns, ignore_index=True)


def moves(runs: pd.DataFrame) -> pd.DataFrame:
    """How far each value moves each headline in each world.

    Parameters
    ----------
    runs : as `run_all` returns them

    Returns
    -------
    key; world; measure; `change`, the largest of low less own, high less own and high less low, each the mean over the
    seeds; `spread`, the distance from the first to the last tenth of drawn worlds; `share`, the size of the change over
    the spread, 0 where there is none; `error`, the standard error of the share over the seeds; `felt`, whether any
    measure at all moved
    """
    import pandas as pd

    rows = []
    for name, of_world in runs.groupby("world", sort=False):
        drawn = of_world[of_world["end"].str.startswith("draw")]
        single = of_world[~of_world["end"].str.startswith("draw")].set_index(["key", "end", "seed"]).sort_index()
        own = single.loc[("", "own")]
        for key in single.index.get_level_values("key").unique().drop(""):
            low, high = single.loc[(key, "low")], single.loc[(key, "high")]
            felt = bool((low["digest"] != own["digest"]).any() or (high["digest"] != own["digest"]).any())
            for measure in HEADLINE:
                a, b, c = low[measure], own[measure], high[measure]
                change = max((a - b, c - b, c - a), key=lambda change: abs(change.mean()))
                spread = float(drawn[measure].quantile(0.9) - drawn[measure].quantile(0.1))
                rows.append({"key": key, "world": name, "measure": measure, "change": change.mean(), "spread": spread,
                             "share": abs(change.mean()) / spread if spread else 0.0, "felt": felt,
                             "error": change.sem() / spread if spread else 0.0})  # fmt: skip
    return pd.DataFrame(rows)


def most(table: pd.DataFrame) -> pd.DataFrame:
    """The row of each value in which it moves a headline most, largest first.

    table : as `moves` returns it; `felt` is then whether any measure moved in any world
    """
    felt = table.groupby("key")["felt"].any()
    rows = table.loc[table.groupby("key")["share"].idxmax()].sort_values("share", ascending=False, ignore_index=True)
    return rows.assign(felt=rows["key"].map(felt))


def write(runs: pd.DataFrame, about: dict[str, Any]) -> None:
    """The runs, the table and the page."""
    table = moves(runs)
    files.write_csv(FOLDER / "runs.csv", runs)
    files.write_csv(FOLDER / "table.csv", table)
    files.write_json(FOLDER / "about.json", about)
    rows, counts = most(table).to_dict("records"), {"seeds": len(SEEDS), "draws": DRAWS, "runs": len(runs)}
    said = {"rows": rows, "about": about, "members": MEMBERS, "little": LITTLE, "days": DAYS, **counts}
    files.write_text(FOLDER / "README.md", render(Path(__file__).with_name("screening.md.j2"), {}, **said))


def main(workers: Annotated[int, typer.Option(min=1, help="Threads.")] = 2) -> None:
    """Screen every assumed value; write runs, table and page into results/screening."""
    begun = time.perf_counter()
    runs = run_all(workers)
    write(runs, files.provenance("python -m experiments.worlds.screening", time.perf_counter() - begun))


if __name__ == "__main__":
    typer.run(main)
