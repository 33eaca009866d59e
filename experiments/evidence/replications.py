"""E1-E13: published experiments repeated in our model over paired seeds.

Each is a small function of a seed that sets the arms and measures, and one that judges: E1-E6 in `on_members.py`,
E7-E13 in `on_strategies.py`. They are run once, when the baseline's values are frozen, and never tuned to. Criteria
are those of the targets' list, fixed before; a row asks that the mean lie in its band or, where it says so, the whole
interval. Notes say where a mechanism was given its strength by the very experiment, so that passing shows wiring only.
"""

from __future__ import annotations

from experiments.evidence import on_members, on_strategies, rankings
from experiments.evidence.judging import Row
from experiments.evidence.tries import Numbers

SEEDS = 60
RESTS_ON = (
    "replications", "on_members", "on_strategies", "trials", "rankings", "growth", "powerlaws", "judging",
)  # fmt: skip
CELLS = {**on_members.CELLS, **on_strategies.CELLS}


def warm_up() -> None:
    """Compile the model, and what tests power laws."""
    rankings.warm_up()
    on_strategies.warm_up()


def rows(numbers: Numbers) -> list[Row]:
    """All rows of the part."""
    return on_members.rows(numbers) + on_strategies.rows(numbers)
