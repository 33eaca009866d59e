"""Docking: Cottica's two models, each rebuilt from its description, held against the figures that its authors gave.

DOCK-A, the paid manager (`cottica.py`); DOCK-B, the growing network (`growth.py`); X1 and X2, what both say about
newcomers. Nothing of our own model is in it. Criteria were fixed with the targets: of DOCK-A totals and effort within
1 %, Ginis within .01, drop-outs within two combined standard errors.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from experiments.evidence import growth
from experiments.evidence.cottica import World, simulate
from experiments.evidence.judging import ABOVE_ZERO, TARGETS, Numbers, Row, judge
from experiments.paired import interval

PAPER = TARGETS["X2"]["source"]
SYNTHETIC = 200  # samples of the goodness-of-fit test; the paper's 2,500 would be twelve times the work
PAID = TARGETS["paid"]
ABOUT = {"dropouts": "drop-outs (members)", "gini_strength": "Gini of strength", "gini_comments": "Gini of comments",
         "comments": "comments", "effort": "comments by the manager"}  # fmt: skip
POLICIES: dict[str, dict[str, bool]] = {"none": {}, "onboard": {"onboard": True}, "engage": {"engage": True}}
EXPONENT_WITHIN = 0.03


def _paid(name: str, intended: bool, seed: int) -> dict[str, float]:
    return simulate(World(**PAID["worlds"][name], engage=True, intended=intended), seed)


def _excluding(b: str, policy: str, seed: int) -> dict[str, float]:
    return simulate(World(0.05, float(b), members=600, capacity=100, threshold=5.2, **POLICIES[policy]), seed)


def _growing(name: str, seed: int) -> dict[str, float]:
    how = TARGETS["grown"][name]
    return growth.test(growth.grow(seed, how["onboard"], how["v1"], how["v2"]), seed, SYNTHETIC)


CELLS = {
    **{f"{name} as published": partial(_paid, name, False) for name in PAID["worlds"]},
    **{f"{name} as intended": partial(_paid, name, True) for name in PAID["worlds"]},
    **{f"X1 {b} {policy}": partial(_excluding, b, policy) for b in TARGETS["excluding"] for policy in POLICIES},
    **{f"B {name}": partial(_growing, name) for name in TARGETS["grown"]},
}


def near(value: float, within: float, ours: np.ndarray, **words: Any) -> Row:
    """A row that passes if our mean lies `within` of a published value; `words`: what else a `Row` says."""
    words = {"published": f"{value:g}"} | words
    return Row(**words, ours=interval(ours), band=(value - within, value + within))


def two_errors(ours: np.ndarray, runs: int) -> float:
    """Two standard errors of the difference to a mean of so many runs whose spread is taken to be ours."""
    return 2.0 * float(ours.std(ddof=1) * math.sqrt(1.0 / ours.size + 1.0 / runs)) if ours.size > 1 else 0.0


def two_errors_of_share(share: float, n: int) -> float:
    """Two standard errors of a share of 100 runs and one of `n`, at least that of one run in 100."""
    share = min(max(share, 0.01), 0.99)
    return 2.0 * math.sqrt(share * (1 - share) * (1 / 100 + 1 / n))


def paid_rows(cells: dict[str, Numbers], name: str, model: str = "published") -> list[Row]:
    """DOCK-A: one row of the published table, or what the earlier replica gives for it as `intended`."""
    ours, world, of = cells[f"{name} as {model}"], World(**PAID["worlds"][name]), PAID[model]
    first = "newer" if world.newer_first else "more active"
    about = f"{of['prefix']}c {world.chattiness}, b {world.preference:g}, {first} first: "
    rows = []
    for key, value in of["rows"].get(name, {}).items():
        within = 0.01 if key.startswith("gini") else 0.01 * value
        if key == "dropouts":
            within = two_errors(ours[key], of["runs"])
        words = {"id": f"DOCK-{name}{of['mark']}", "about": about + ABOUT[key], "source": of["source"]}
        rows.append(near(value, within, ours[key], **words))
    return rows


def excluding_rows(cells: dict[str, Numbers]) -> list[Row]:
    """X1: intimacy excludes; a welcome halves the loss; engaging everybody ends it at forty times the effort."""
    cells = {name.removeprefix("X1 "): x for name, x in cells.items() if name.startswith("X1 ")}
    rows = []
    for b, lost in TARGETS["excluding"].items():
        for policy, value in lost.items():
            ours = cells[f"{b} {policy}"]["dropouts"]
            about = f"c .05, b {b}, policy {policy}: drop-outs (members)"
            rows.append(near(value, two_errors(ours, 3), ours, id="X1", about=about, source=TARGETS["X1"]["source"]))
    return rows + judge("X1", {f"{name} {key}": x for name, by in cells.items() for key, x in by.items()})


def growing_rows(cells: dict[str, Numbers], name: str) -> list[Row]:
    """DOCK-B, one cell of the published tables."""
    target, ours = TARGETS["grown"][name], cells[f"B {name}"]
    n, words = ours["p"].size, {"id": f"DOCK-B {name}", "source": PAPER, "note": target.get("note", "")}
    rows = []
    for key, about, within in (
        ("exponent", "exponent, k >= 1", EXPONENT_WITHIN),
        ("rejected", "share rejected, k >= 1", two_errors_of_share(target["rejected"] / 100, n)),
        ("p", "mean p, k >= 1", max(two_errors(ours["p"], 100), 0.005)),
        ("k_min", "mean k_min", two_errors(ours["k_min"], 100)),
        ("tail_rejected", "share rejected, k >= k_min", two_errors_of_share(target["tail_rejected"] / 100, n)),
    ):
        value, published = target[key], f"{target[key]:g}"
        if key.endswith("rejected"):
            value, published = value / 100, f"{value} of 100"
        rows.append(near(value, within, ours[key], about=about, published=published, **words))
    return rows


def signature_rows(cells: dict[str, Numbers]) -> list[Row]:
    """X2: onboarding breaks the power law at low in-degrees, and leaves the tail much as it was."""
    onboarded = {name: cells[f"B {name}"] for name, how in TARGETS["grown"].items() if how["onboard"]}
    rows = []
    for name, ours in onboarded.items():
        more = interval(ours["rejected"] - cells["B control"]["rejected"])
        about = f"share rejected at k >= 1, {name} less control"
        rows.append(Row("X2", about, "above 0 (.96-1.00 - .61)", PAPER, more, ABOVE_ZERO, whole=True))
    return rows + judge("X2", {"tail_rejected": np.mean([x["tail_rejected"] for x in onboarded.values()], axis=0)})


def rows(cells: dict[str, Numbers]) -> list[Row]:
    """All rows of the part."""
    models = [(name, model) for model in ("published", "intended") for name in PAID["worlds"]]
    paid = [row for name, model in models for row in paid_rows(cells, name, model)]
    mended = {name: cells[f"{name} as intended"]["dropouts"] for name in PAID["worlds"]}
    grown = [row for name in TARGETS["grown"] for row in growing_rows(cells, name)]
    return paid + judge("intended", mended) + excluding_rows(cells) + grown + signature_rows(cells)
