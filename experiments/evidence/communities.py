"""Communities drawn from the population, run by their own teams and read by the designs that read real logs.

Every seed is a community that was not seen: a draw of the population, with how its own team divides its hours, over a
draw of all that nobody knows. It is run for four years and a half, written as a log, and goes through
`experiments.effects` as the eleven real logs do; the targets (`experiments/effects/targets.toml`) are held against all
seeds together. The population was fitted to their level facts, and not to the effects of replies, announcements, events
and staff effort, nor to the course of years.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.evidence.judging import Numbers, Row
from experiments.stats.paired import Interval

if TYPE_CHECKING:
    from experiments.effects.study import Study

FOUNDERS, DAYS = 1000, 1642  # as many founders as the baseline; four whole years after half of one
PLACEBOS = 40  # moved dates, from whose spread the least error is told; real logs get more, which takes minutes each
TABLES = {"estimates": "effect", "facts": "fact"}  # of a study of effects, and what their rows are named by
POINT = ("frequency", "drawn")


def simulate(seed: int) -> dict[str, float]:
    """Everything that the designs tell of one drawn community; nothing of one that writes more than any real one."""
    from experiments.effects import dilution, life_course, logs, study
    from experiments.runs.point import settled
    from experiments.worlds import population, priors, telling
    from experiments.worlds.simulate import lived
    from sim.community import Community
    from sim.logs.log import of_run

    team = population.teams(1, seed)[0]
    drawn = priors.draw(1, seed)[0] | team | population.divided(telling.shares_of(team))
    scenario = settled(population.baseline(), drawn | {"community.members": FOUNDERS, "community.days": DAYS})
    community = Community(scenario, seed, keep_events=True)
    if not lived(community, DAYS):
        return {}
    log = logs.community("run", *logs.of_export(of_run(community)))
    told = {"estimates": study.estimates(log, PLACEBOS), "facts": study.facts(log, life_course.years(log))}
    numbers = {
        f"{table} {name} {way}": float(getattr(x, way))
        for table, by_name in told.items() for name, x in by_name.items() for way in ("value", "se")
    }  # fmt: skip
    return numbers | {f"dilution {name}": x for name, x in (dilution.point(log) or {}).items()}


CELLS = {"a community": simulate}


def study_of(numbers: Numbers) -> Study:
    """What the designs told of the drawn communities, as a study of as many logs."""
    import pandas as pd

    from experiments.effects.study import Study

    logs = [f"run {k}" for k in range(next(iter(numbers.values())).size)]
    tables: dict[str, Any] = {}
    for table, column in TABLES.items():
        names = [name.split()[1] for name in numbers if name.startswith(table) and name.endswith("value")]
        of = {name: {way: numbers[f"{table} {name} {way}"] for way in ("value", "se")} for name in names}
        rows = [pd.DataFrame({"log": logs, column: name, **columns}) for name, columns in of.items()]
        tables[table] = pd.concat(rows, ignore_index=True).dropna(subset="value")
    nothing = np.full(len(logs), np.nan)
    points = pd.DataFrame({"log": logs, **{name: numbers.get(f"dilution {name}", nothing) for name in POINT}}).dropna()
    return Study(logs, **tables, points=points)


def rows(cells: dict[str, Numbers]) -> list[Row]:
    """A row for each part of each target: the effect pooled over communities, or what the median one shows."""
    from experiments.effects.study import targets

    results = study_of(cells["a community"])
    judged = targets(results)
    number = {name: k for k, name in enumerate(dict.fromkeys(judged["target"]), 1)}
    told = {
        name: int(n) for table, by in TABLES.items() for name, n in getattr(results, table)[by].value_counts().items()
    }
    told["dilution"] = len(results.points)
    return [
        Row(
            f"T{number[one['target']]}", one["target"] + (f": {one['part']}" if one["part"] else ""),
            "" if np.isnan(one["best"]) else f"{one['best']:g}", "eleven logs of company communities",
            Interval(one["value"], one["low"], one["high"], int(told.get(one["of"], 0))),
            (one["band_low"], one["band_high"]),
        )
        for one in judged.to_dict("records")
    ]  # fmt: skip


def more(cells: dict[str, Numbers]) -> dict[str, Any]:
    """How many of the targets are in band, all parts of each, and how many communities were given up."""
    by_target: dict[str, list[bool]] = {}
    for row in rows(cells):
        by_target.setdefault(row.id, []).append(row.passed)
    silent = int(np.isnan(cells["a community"]["facts staff_of_messages value"]).sum())
    return {"targets_in_band": sum(all(parts) for parts in by_target.values()), "given_up": silent}
