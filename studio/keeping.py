"""A page to keep: one file with all lessons and a grid of strategies by worlds, lived beforehand; it needs no network.

A strategy of the grid is a place of the slider. Every side is kept once, by itself: any two of one world are a pair,
for they share people and luck.
"""

from __future__ import annotations

import base64
import gzip
import json
import struct
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from experiments.runs import files
from experiments.runs.given import cores
from studio import spread
from studio.page import standalone
from studio.session import SHOWN, Session, hello
from studio.setup import NAMES, SLIDER, Name, Setup, Side, facilitation
from studio.spread import short
from studio.teaching import lessons
from studio.world import World


class Grid(NamedTuple):
    """What is lived beforehand.

    shares : places of the slider, at equal distances; worlds : shipped scenarios
    members, weeks : of the grid; lessons have their own
    every, lesson_every : weeks between two pictures (measures are kept week by week)
    seeds : of a lesson's ranking; lessons : the first so many
    """

    shares: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7, 0.9)
    worlds: tuple[str, ...] = ("baseline", "tiny_startup", "clique_town", "newcomers_flood")
    members: int = 150
    weeks: int = 52
    every: int = 2
    lesson_every: int = 4
    seeds: int = 12
    lessons: int = 6


USUAL = Grid()
LARGEST = 2_000_000  # bytes of the page


def lived(setup: Setup, name: Name, every: int) -> str:
    """One side of a setup, lived to its end, as packed text.

    4 bytes with the length of a header, the header as JSON (hours, budget, slider, a row of measures a week, the weeks
    and the counts of the pictures), then the records of the pictures (world.py); gzip, base64.
    """
    world, scenario = World(setup, name), setup.scenario(name)
    rows, counts, records = [], [], []
    for week in range(setup.weeks + 1):
        if week:
            world.live_week()
        rows.append(short([world.rows[-1][key] for key in SHOWN]))
        if week % every == 0 or week == setup.weeks:
            count, record = world.picture()
            counts.append({"week": week, **count})
            records.append(record)
    header = {
        "slider": facilitation(scenario), "hours": dict(scenario.strategy.hours),
        "budget": scenario.budget.hours_per_week, "rows": rows, "pictures": counts,
    }  # fmt: skip
    text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
    packed = gzip.compress(struct.pack("<I", len(text)) + text + b"".join(records), mtime=0)
    return base64.b64encode(packed).decode()


def of_grid(grid: Grid, world: str, share: float) -> Setup:
    """The state with the slider at a place, on both sides, in a world of the grid."""
    side = Side(scenario="baseline" if world == "baseline" else f"baseline@{world}", values={SLIDER: share})
    return Setup(A=side, B=side, members=grid.members, weeks=grid.weeks)


def content(grid: Grid = USUAL, progress: Callable[[int, int], Any] = lambda done, whole: None) -> dict[str, Any]:
    """All that the page holds.

    `runs`: by `world share`, `lesson A`, `lesson B`, and the same after `fails `; `states`: by world, lesson and
    `fails lesson`; `rankings`: by lesson; `shares`, `worlds`: of the grid
    """
    jobs: dict[str, tuple[Setup, Name, int]] = {
        f"{world} {share:g}": (of_grid(grid, world, share), "A", grid.every)
        for world in grid.worlds for share in grid.shares
    }  # fmt: skip
    stages = {f"{world}": of_grid(grid, world, grid.shares[0]) for world in grid.worlds}
    taught = dict(list(lessons().items())[: grid.lessons])
    for failing in (False, True):
        for name, lesson in taught.items():
            key = f"fails {name}" if failing else name
            stages[key] = lesson.staged(name, failing)
            jobs |= {f"{key} {side}": (stages[key], side, grid.lesson_every) for side in NAMES}
    runs = {}
    for done, (key, job) in enumerate(jobs.items()):
        progress(done, len(jobs))
        runs[key] = lived(*job)
    said = hello()
    runner = spread.Runner(cores())
    return {
        "hello": {
            **said, "strategies": [], "worlds": [one for one in said["worlds"] if one["name"] in grid.worlds],
            "lessons": said["lessons"][: grid.lessons],
        },
        "runs": runs, "states": {key: Session(setup).state() for key, setup in stages.items()},
        "rankings": {name: ranking(runner, stages[name], lesson.plans, grid.seeds)
                     for name, lesson in taught.items() if lesson.plans},
        "shares": list(grid.shares), "worlds": list(grid.worlds),
    }  # fmt: skip


def ranking(runner: spread.Runner, setup: Setup, shares: list[float], seeds: int) -> dict[str, Any]:
    """How plans that are places of the slider end, over some seeds: a summary of their last week alone."""
    plans: spread.Plans = {f"{share:.0%}": (setup.with_value("A", 0, SLIDER, share), "A") for share in shares}
    found = spread.summary(runner.run(plans, range(seeds)), SHOWN)
    for labels in found["measures"].values():
        for one in labels.values():
            one["band"] = [line[-1:] for line in one["band"]]
    return found


def page(grid: Grid = USUAL, progress: Callable[[int, int], Any] = lambda done, whole: None) -> str:
    """The page as HTML.

    Raises
    ------
    RuntimeError : for one that is too large to be kept and sent
    """
    text = standalone(content(grid, progress))
    if len(text.encode()) >= LARGEST:
        raise RuntimeError(f"the page has {len(text.encode()):,} bytes; less than {LARGEST:,} are to be had")
    return text


usual = lru_cache(maxsize=1)(page)  # for a button that several press


def write(file: Path, say: Callable[[str], Any], grid: Grid = USUAL) -> None:
    """Write the page, whole or not at all.

    Raises
    ------
    StoreError : where something stands at `file`, or nothing can be written there
    """
    if file.exists():
        raise files.StoreError(f"--export: `{file}` exists; name a new file (nothing was written)")
    files.refuse_unwritable(next(folder for folder in file.absolute().parents if folder.exists()), "--export")
    say("Living the lessons and the grid beforehand; this takes about half a minute.")
    text = page(grid)
    files.write_text(file, text)
    say(f"{file}: {len(text.encode()) / 1e6:.2f} MB; it opens in any browser, without a network.")
