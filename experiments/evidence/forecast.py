"""Forecast against what happened: the community is founded from the first half of a real log and lives the second.

Of Edgeryders (all accounts are members here; the log's own staff among them, so the scenario's team rests). Who was
there at the middle is followed for 26 weeks: how many of them write in a week, and who. Beside it stands what costs
nothing: as many as in the last four weeks, and those who wrote most in the last 90 days. The log is not in the
repository; `LOG` says where it is looked for.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from experiments.evidence.judging import ABOVE_ZERO, Row
from experiments.evidence.tries import Numbers
from experiments.runs import files
from experiments.stats.paired import Interval, interval

SEEDS = 12
RESTS_ON = ("forecast", "judging")
LOG = files.ROOT.parent / "shared" / "data" / "edgeryders.csv.gz"
WEEKS, BLOCK, BEFORE = 26, 4, 90  # weeks followed; weeks a row; days that the naive forecast of persons looks back
WITHIN = 0.3  # of the real figure; ours
SOURCE = "log of Edgeryders, from its middle on"
CHANGES = {"budget.hours_per_week": 0.0, "joining.rate": 0.0}


@functools.cache
def happened(path: Path = LOG) -> tuple:
    """The log, the moment of its middle, and what became of those who were there: weekly writers, and who wrote."""
    from sim.founding import middle
    from sim.log import DAY
    from sim.readers import read

    log = read(path)
    at = middle(log)
    past = log.before(at)
    there = np.unique(np.concatenate([past.source, past.target]))
    day = (log.time - at) / DAY
    known = np.isin(log.source, there)

    def writers(first: float, last: float) -> np.ndarray:
        return np.isin(there, log.source[known & (day >= first) & (day < last)])

    weekly = np.array([writers(7 * k, 7 * k + 7).sum() for k in range(WEEKS)], float)
    naive = float(np.mean([writers(-7 * k - 7, -7 * k).sum() for k in range(4)]))
    recent = np.array([((log.source == who) & (day >= -BEFORE) & (day < 0)).sum() for who in there])
    return log, at, there, weekly, naive, writers(0, 7 * WEEKS), recent


def told_apart(score: np.ndarray, wrote: np.ndarray) -> float:
    """Chance that one who wrote has the higher score than one who did not (the area under the ROC curve)."""
    from scipy.stats import rankdata

    ranks, n, m = rankdata(score), wrote.sum(), (~wrote).sum()
    return float((ranks[wrote].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def lived(seed: int) -> dict[str, float]:
    """One forecast."""
    from sim.community import Community
    from sim.founding import from_log
    from sim.scenario import load

    log, at, there, weekly, naive, wrote, recent = happened()
    scenario, founding = from_log(log, at, load("edgeryders", CHANGES))
    community = Community(scenario, seed, founding=founding, keep_events=True)
    for _ in range(7 * WEEKS):
        community.step()
    time = np.concatenate([day.time for day in community.event_log])
    source = np.concatenate([day.source for day in community.event_log])
    founder = (source >= 0) & (source < community.founders)
    found = {f"week_{k}": float(np.unique(source[founder & (time // 7 == k)]).size) for k in range(WEEKS)}
    found |= {f"real_{k}": float(x) for k, x in enumerate(weekly)} | {"naive": naive}
    score = np.zeros(there.size)
    place = np.searchsorted(there, founding.ids)
    score[place] = np.bincount(source[founder], minlength=community.founders)
    return found | {"apart": told_apart(score, wrote), "apart_naive": told_apart(recent, wrote)}


CELLS = {"middle": lived}


def rows(numbers: Numbers) -> list[Row]:
    """A row for every four weeks, and one for who writes."""
    x, found = numbers["middle"], []
    for first in range(0, WEEKS - BLOCK + 1, BLOCK):
        weeks = range(first, first + BLOCK)
        real = float(np.mean([x[f"real_{k}"][0] for k in weeks]))
        ours = interval(np.mean([x[f"week_{k}"] for k in weeks], axis=0))
        note = f"naive: {x['naive'][0]:.3g} all along; pass: within {WITHIN:.0%}, ours"
        found.append(Row("forecast", f"founders who write in a week, weeks {first + 1}-{first + BLOCK}", f"{real:.3g}",
                         SOURCE, ours, (real * (1 - WITHIN), real * (1 + WITHIN)), note=note))  # fmt: skip
    naive = float(x["apart_naive"][0])
    better: Interval = interval(x["apart"] - naive)
    note = f"one simulated half-year tells writers from others with {x['apart'].mean():.2f}"
    found.append(Row("forecast", "who writes again: area under the curve, less naive", f"naive {naive:.2f}", SOURCE,
                     better, ABOVE_ZERO, note=note))  # fmt: skip
    return found


def more(numbers: Numbers) -> dict:
    """The weeks, for the figure."""
    x = numbers["middle"]
    spans = [interval(x[f"week_{k}"]) for k in range(WEEKS)]
    return {
        "weeks": list(range(1, WEEKS + 1)), "real": [float(x[f"real_{k}"][0]) for k in range(WEEKS)],
        "mean": [s.mean for s in spans], "low": [s.low for s in spans], "high": [s.high for s in spans],
        "naive": float(x["naive"][0]),
    }  # fmt: skip


def warm_up() -> None:
    """Compile the model."""
    from experiments.evidence import patterns

    patterns.warm_up()
