"""Docking: Cottica's two models, each rebuilt from its description, held against the figures that its authors gave.

DOCK-A, the paid manager (`cottica.py`); DOCK-B, the growing network (`growth.py`); X1 and X2, what both say about
newcomers: intimacy excludes, a welcome halves the loss, engaging everybody ends it at forty times the effort; and
onboarding breaks the power law at low in-degrees and leaves the tail much as it was. Nothing of our own model is in it.
Criteria were fixed with the targets: of DOCK-A totals and effort within 1 %, Ginis within .01, drop-outs within two
combined standard errors. With the fault of DOCK-A mended only an earlier replica has figures, and the direction is the
lesson.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from experiments.evidence import growth
from experiments.evidence.cottica import World, simulate
from experiments.evidence.judging import TARGETS, Numbers, Row, judge
from experiments.stats.paired import interval

SYNTHETIC = 200  # samples of the goodness-of-fit test; the paper's 2,500 would be twelve times the work
POLICIES: dict[str, dict[str, bool]] = {"none": {}, "onboard": {"onboard": True}, "engage": {"engage": True}}
TABLES = {name: TARGETS["docking"][name] for name in ("published", "intended", "excluding", "grown")}
WORLDS = TARGETS["docking"]["worlds"]


def paid(name: str, intended: bool, seed: int) -> dict[str, float]:
    """DOCK-A: the paid manager, as published or as its text intends."""
    c, b, first = WORLDS[name].values()
    return simulate(World(c, b, engage=True, newer_first=first == "newer", intended=intended), seed)


def excluding(name: str, seed: int) -> dict[str, float]:
    """X1: the same with little talk, a high bar and a policy."""
    b, policy = WORLDS[name].values()
    return simulate(World(0.05, float(b), members=600, capacity=100, threshold=5.2, **POLICIES[policy]), seed)


def grown(name: str, seed: int) -> dict[str, float]:
    """DOCK-B: the growing network, tested for a power law."""
    return growth.test(growth.grow(seed, **WORLDS[name]), seed, SYNTHETIC)


CELLS = {
    **{f"{name} as published": partial(paid, name, False) for name in TABLES["published"]["rows"]},
    **{f"{name} as intended": partial(paid, name, True) for name in TABLES["published"]["rows"]},
    **{f"X1 {name}": partial(excluding, name) for name in TABLES["excluding"]["rows"]},
    **{f"B {name}": partial(grown, name) for name in TABLES["grown"]["rows"]},
}


def tolerance(column: dict[str, Any], published: float, ours: np.ndarray) -> float:
    """How far our mean may lie from a published figure, by the criterion of its column."""
    if "runs" in column:  # their spread is taken to be ours
        spread = ours.std(ddof=1) if ours.size > 1 else 0.0
        return max(2.0 * float(spread * math.sqrt(1.0 / ours.size + 1.0 / column["runs"])), column.get("least", 0.0))
    if "of" in column:  # a share, at least that of one run
        share = min(max(published, 1 / column["of"]), 1 - 1 / column["of"])
        return 2.0 * math.sqrt(share * (1 - share) * (1 / column["of"] + 1 / ours.size))
    return column["share"] * published if "share" in column else column["within"]


def table_rows(cells: dict[str, Numbers], table: str, name: str) -> list[Row]:
    """One row of a published table of `targets.toml`: a row of evidence for each figure in it."""
    of, rows = TABLES[table], []
    ours = cells[of["cell"].format(name=name)]
    for key, column in of["columns"].items():
        if key not in (figures := of["rows"][name]):
            continue
        figure, published = figures[key], f"{figures[key]:g}"
        if "of" in column:
            figure, published = figure / column["of"], f"{published} of {column['of']}"
        within = tolerance(column, figure, ours[key])
        id, about = of["id"].format(name=name), of["about"].format(column=column["about"], **WORLDS[name])
        band = (figure - within, figure + within)
        rows.append(Row(id, about, published, of["source"], interval(ours[key]), band, note=figures.get("note", "")))
    return rows


def rows(cells: dict[str, Numbers]) -> list[Row]:
    """All rows of the part."""
    columns = {f"{cell} {name}": x for cell, numbers in cells.items() for name, x in numbers.items()}
    tails = [cells[f"B {name}"]["tail_rejected"] for name in TABLES["grown"]["rows"] if WORLDS[name]["onboard"]]
    columns["tail_rejected"] = np.mean(tails, axis=0)
    rows = []
    for table, compared in (("published", None), ("intended", "intended"), ("excluding", "X1"), ("grown", "X2")):
        rows += [row for name in TABLES[table]["rows"] for row in table_rows(cells, table, name)]
        rows += judge(compared, columns) if compared else []
    return rows
