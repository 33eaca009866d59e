"""The replications without each mechanism: which experiments give another result when it is off.

Short: few seeds, and without E7 (its best level is chosen on half of the seeds), E11 and E13, which take longest. As in
`ablations`, arms and their luck are the same with and without the mechanism, a figure has *changed* by the same
measure, and the placebo shows what chance brings. A figure is what a row of the replication says, in one seed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.evidence import ablations, replications, trials
from experiments.evidence.judging import Numbers, Row
from experiments.pages.wording import number

EXPERIMENTS = ("E1", "E2", "E3", "E4", "E5", "E6 at rest", "E8", "E9", "E10", "E12")


def simulate(changes: dict[str, Any], seed: int) -> dict[str, float]:
    """All numbers of all experiments in one seed, named `experiment/number`."""
    with trials.without(changes):
        cells = {name: replications.CELLS[name](seed) for name in EXPERIMENTS}
    return {f"{name}/{key}": x for name, numbers in cells.items() for key, x in numbers.items()}


CELLS = ablations.cells(simulate)


def judged(numbers: Numbers) -> list[Row]:
    """The rows of the replications from the numbers of `simulate`, (n_seeds,) by name."""
    rows = []
    for name in EXPERIMENTS:
        of_experiment = {key.removeprefix(f"{name}/"): x for key, x in numbers.items() if key.startswith(f"{name}/")}
        rows += replications.judged(name, of_experiment)
    return rows


def by_seed(numbers: Numbers) -> Numbers:
    """The value of each row in each single seed, (n_seeds,) by row."""
    n = len(next(iter(numbers.values())))
    alone = [judged({key: x[k : k + 1] for key, x in numbers.items()}) for k in range(n)]
    return {rows[0].id: np.array([row.ours.mean for row in rows]) for rows in zip(*alone, strict=True)}


def rows(cells: dict[str, Numbers]) -> list[Row]:
    """All rows of the part; a note says from what to what each row changed, and whether its verdict did."""
    verdicts = {name: {row.id: row.passed for row in judged(numbers)} for name, numbers in cells.items()}
    words = {(True, False): ", passes no longer", (False, True): ", passes now"}

    def describe(name: str, changes: list[ablations.Change]) -> str:
        verdict = {id: words.get((passed, verdicts[name][id]), "") for id, passed in verdicts[ablations.WHOLE].items()}
        return "; ".join(f"{id} {number(one)} to {number(other)}{verdict[id]}" for _, id, one, other in changes)

    return ablations.rows_of({name: by_seed(numbers) for name, numbers in cells.items()}, describe)
