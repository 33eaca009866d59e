"""The ten claims behind the model and the norms a scenario can set, tried in plausible worlds: what each one moves.

Each claim (`claims.toml`) is a contrast: a scenario as it is, and the same without what is claimed. Every seed is
another world, a draw of all that nobody knows, in which both live with the same luck. A measure that a strategist can
see has *moved* if more worlds changed it one way than the other than chance would bring (sign test over worlds, Holm
over all measures of all claims, 5 %). A claim that moves nothing says so.
"""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from experiments.evidence.judging import ABOVE_ZERO, BELOW_ZERO, Numbers, Row
from experiments.evidence.trials import at_end
from experiments.stats.paired import holm, interval
from sim.scenario import load

CLAIMS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SEEN = (
    "members", "active", "newcomers_kept", "reach", "intimacy", "belonging", "trust", "annoyance", "experience",
    "joined_word", "joined_broadcast", "left", "posts", "exchanges", "hostile", "solved_members", "solved_staff",
    "stories", "projects", "created", "breaches", "value_members", "value_company",
)  # what a strategist can see of a year  # fmt: skip
SURE = 0.05  # chance of any false finding in the whole table
MIDDLE = (10, 90)  # percentiles between which eight in ten worlds lie


def simulate(name: str, state: str, seed: int) -> dict[str, float]:
    """What can be seen of a year of a claim's scenario, with what is claimed or without, in the world of this seed."""
    from experiments.worlds.population import worlds

    claim = CLAIMS[name]
    without = state == "without"
    scenario = claim.get("against", claim["scenario"]) if without else claim["scenario"]
    own = {entry.key for entry in load(scenario).entries() if entry.origin != "baseline"}  # what makes the scenario
    world = {key: x for key, x in worlds(1, seed)[0].items() if key not in own}
    end = at_end(scenario, world | (claim.get("without", {}) if without else {}), seed)
    return {measure: end[measure] for measure in SEEN}


CELLS = {f"{name}: {state}": partial(simulate, name, state) for name in CLAIMS for state in ("with", "without")}


def moved(cells: dict[str, Numbers]) -> list[dict[str, Any]]:
    """Every measure of every claim: what taking the claim away does to it, over worlds.

    Each has the claim, the measure, in how many worlds it rose, fell and stayed, the median difference and between
    which two eight in ten lie, and Holm's chance that as many rise as fall.
    """
    found = []
    for name in CLAIMS:
        before, after = (cells[f"{name}: {state}"] for state in ("with", "without"))
        for measure in SEEN:
            difference = after[measure] - before[measure]
            rose, fell = int((difference > 0).sum()), int((difference < 0).sum())
            low, high = np.percentile(difference, MIDDLE)
            found.append({
                "claim": name, "measure": measure, "rose": rose, "fell": fell,
                "same": difference.size - rose - fell, "median": float(np.median(difference)), "low": float(low),
                "high": float(high), "with": float(np.median(before[measure])),
                "chance": float(stats.binomtest(rose, rose + fell).pvalue) if rose + fell else 1.0,
            })  # fmt: skip
    for one, chance in zip(found, holm(np.array([one["chance"] for one in found])), strict=True):
        one["chance"] = float(chance)
    return found


def more(cells: dict[str, Numbers]) -> dict[str, Any]:
    """What each claim moved, the surest first, for the page's table; a claim that moved nothing has none."""
    table = moved(cells)
    return {
        "claims": {
            name: {
                "claim": claim["claim"],
                "what": claim["what"],
                "scenario": claim["scenario"],
                "moved": sorted(
                    (one for one in table if one["claim"] == name and one["chance"] < SURE),
                    key=lambda one: (one["chance"], -abs(one["median"])),
                ),
            }
            for name, claim in CLAIMS.items()
        }
    }


def rows(cells: dict[str, Numbers]) -> list[Row]:
    """A row for each claim: whether the measure that it is about moves as claimed, its mean over worlds."""
    table = {(one["claim"], one["measure"]): one for one in moved(cells)}
    rows = []
    for name, claim in CLAIMS.items():
        measure = claim["measure"]
        before, after = (cells[f"{name}: {state}"][measure] for state in ("with", "without"))
        claimed, band = ("above 0", ABOVE_ZERO) if claim["without_it"] == "rises" else ("below 0", BELOW_ZERO)
        one = table[name, measure]
        note = (
            f"{claim['what']}: without it {measure} rises in {one['rose']} and falls in {one['fell']} of "
            f"{before.size} worlds"
        )
        about = f"{claim['claim']}: {measure} without it less with it"
        rows.append(Row(name, about, claimed, "design", interval(after - before), band, whole=True, note=note))
    return rows
