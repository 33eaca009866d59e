"""The replications without each mechanism: which experiments come out otherwise when it is off.

Short: few seeds, and without E7 (its best level is chosen on half of the seeds), E11 and E13, which take longest. As in
`ablations`, arms and their luck are the same with and without the mechanism, a figure has *changed* by the same
measure, and the placebo shows what chance brings. A figure is what a row of the replication says, in one seed.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from experiments.evidence import on_members, on_strategies, trials
from experiments.evidence.ablations import ABLATIONS, PLACEBO, WHOLE, changed
from experiments.evidence.judging import Row
from experiments.evidence.tries import Numbers
from experiments.stats.paired import Interval

SEEDS = 6
RESTS_ON = ("ablated", "ablations", "on_members", "on_strategies", "trials", "judging")
JUDGED = {
    "E1": on_members.e1_rows, "E2": on_members.e2_rows, "E3": on_members.e3_rows, "E4": on_members.e4_rows,
    "E5": on_members.e5_rows, "E6 at rest": on_members.e6_at_rest_rows, "E8": on_strategies.e8_rows,
    "E9": on_strategies.e9_rows, "E10": on_strategies.e10_rows, "E12": on_strategies.e12_rows,
}  # fmt: skip


def lived(seed: int, changes: dict[str, Any]) -> dict[str, float]:
    """All numbers of all experiments in one seed, named `experiment/number`."""
    cells = {**on_members.CELLS, **on_strategies.CELLS}
    found: dict[str, float] = {}
    with trials.without(changes):
        for name in JUDGED:
            found |= {f"{name}/{key}": x for key, x in cells[name](seed).items()}
    return found


def _placebo(seed: int) -> dict[str, float]:
    return lived(seed + 1, {})


CELLS = {
    WHOLE: partial(lived, changes={}),
    PLACEBO: _placebo,
    **{name: partial(lived, changes=changes) for name, changes in ABLATIONS.items()},
}


def judged(numbers: dict[str, np.ndarray]) -> list[Row]:
    """The rows of the replications from the numbers of `lived`, (n_seeds,) by name."""
    found = []
    for name, judge in JUDGED.items():
        found += judge({key.removeprefix(f"{name}/"): x for key, x in numbers.items() if key.startswith(f"{name}/")})
    return found


def by_seed(numbers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What each row says in each seed alone, (n_seeds,) by row."""
    n = len(next(iter(numbers.values())))
    alone = [judged({key: x[k : k + 1] for key, x in numbers.items()}) for k in range(n)]
    return {row.id: np.array([rows[place].ours.mean for rows in alone]) for place, row in enumerate(alone[0])}


def rows(numbers: Numbers) -> list[Row]:
    """A row for each ablation, which passes if it changes what an experiment finds; the placebo, if it changes none."""
    figures = {cell: by_seed(found) for cell, found in numbers.items()}
    verdicts = {cell: {row.id: row.passed for row in judged(found)} for cell, found in numbers.items()}
    found = []
    for name in [PLACEBO, *ABLATIONS]:
        moved = changed(figures, name)
        band = (0.0, 0.0) if name == PLACEBO else (1.0, float("inf"))
        ours = Interval(float(len(moved)), float("nan"), float("nan"), len(next(iter(numbers[name].values()))))
        published = "0 (chance)" if name == PLACEBO else "1 or more"
        note = "; ".join(_said(change, verdicts[WHOLE], verdicts[name]) for change in moved) or "nothing"
        found.append(Row(name, "figures changed", published, "design", ours, band, note=note))
    return found


def _said(change: Any, before: dict[str, bool], after: dict[str, bool]) -> str:
    """One change in words: from, to, and whether it passes now or no longer."""
    from experiments.pages.wording import number

    verdict = {(True, False): ", passes no longer", (False, True): ", passes now"}
    what = verdict.get((before[change.figure], after[change.figure]), "")
    return f"{change.figure} {number(change.whole)} to {number(change.without)}{what}"


warm_up = on_strategies.rankings.warm_up
