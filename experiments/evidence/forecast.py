"""Forecast against what happened: the community is founded from the first half of a real log and lives the second.

Of Edgeryders (all accounts are members here; the log's own staff among them, so the scenario's team rests). Who was
there at the middle is followed for 26 weeks: how many of them write in a week, and who. Beside it stands what costs
nothing: as many as in the last four weeks, and those who wrote most in the last 90 days. The log is not in the
repository; `LOG` says where it is looked for.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import roc_auc_score

from experiments.evidence.judging import ABOVE_ZERO, Numbers, Row
from experiments.runs import files
from experiments.stats.paired import interval

LOG = files.ROOT.parent / "shared" / "data" / "edgeryders.csv.gz"
WEEKS, BLOCK, BEFORE = 26, 4, 90  # weeks followed; weeks a row; days that the naive forecast of persons looks back
WITHIN = 0.3  # of the real figure; ours
SOURCE = "log of Edgeryders, from its middle on"
CHANGES = {"budget.hours_per_week": 0.0, "joining.rate": 0.0}


class Past(NamedTuple):
    """What a real log says of those who were there at its middle.

    Attributes
    ----------
    log, at : the log, and the moment of its middle, in seconds
    there : their ids, (n,)
    weekly : how many of them wrote in each week after it, float64 (WEEKS,)
    naive : the mean of that over the four weeks before
    wrote, recent : who wrote after it, bool (n,); events of each in the last `BEFORE` days before it, (n,)
    """

    log: Any
    at: float
    there: np.ndarray
    weekly: np.ndarray
    naive: float
    wrote: np.ndarray
    recent: np.ndarray


@functools.cache
def happened(path: Path = LOG) -> Past:
    """Read the log."""
    from sim.logs.founding import middle
    from sim.logs.log import DAY
    from sim.logs.readers import read

    log = read(path)
    at = middle(log)
    past = log.before(at)
    there = np.unique(np.concatenate([past.source, past.target]))
    day = (log.time - at) / DAY

    def writers(first: float, last: float) -> np.ndarray:
        """How much each wrote from one day to another, counted from the middle."""
        sources = log.source[np.isin(log.source, there) & (day >= first) & (day < last)]
        return np.bincount(np.searchsorted(there, sources), minlength=there.size)

    weekly = np.array([np.count_nonzero(writers(7 * k, 7 * k + 7)) for k in range(-4, WEEKS)], float)
    wrote = writers(0, 7 * WEEKS) > 0
    return Past(log, at, there, weekly[4:], float(weekly[:4].mean()), wrote, writers(-BEFORE, 0))


def simulate(seed: int) -> dict[str, float]:
    """One forecast."""
    from sim.community import Community
    from sim.logs.founding import from_log
    from sim.scenario import load

    past = happened()
    scenario, founding = from_log(past.log, past.at, load("edgeryders", CHANGES))
    community = Community(scenario, seed, founding=founding, keep_events=True)
    community.run(7 * WEEKS)
    time, source, founders = community.events["time"], community.events["source"], founding.ids.size
    founder = (source >= 0) & (source < founders)
    written = np.zeros(past.there.size)
    place = np.searchsorted(past.there, founding.ids)
    written[place] = np.bincount(source[founder], minlength=founders)
    return {
        **{f"week_{k}": float(np.unique(source[founder & (time // 7 == k)]).size) for k in range(WEEKS)},
        "auc": float(roc_auc_score(past.wrote, written)),
    }


CELLS = {"middle": simulate}


def rows(cells: dict[str, Numbers]) -> list[Row]:
    """A row for every four weeks, and one for who writes."""
    x, past, rows = cells["middle"], happened(), []
    for first in range(0, WEEKS - BLOCK + 1, BLOCK):
        real = float(past.weekly[first : first + BLOCK].mean())
        ours = interval(np.mean([x[f"week_{k}"] for k in range(first, first + BLOCK)], axis=0))
        about = f"founders who write in a week, weeks {first + 1}-{first + BLOCK}"
        note = f"naive: {past.naive:.3g} all along; pass: within {WITHIN:.0%}, ours"
        band = (real * (1 - WITHIN), real * (1 + WITHIN))
        rows.append(Row("forecast", about, f"{real:.3g}", SOURCE, ours, band, note=note))
    naive = float(roc_auc_score(past.wrote, past.recent))
    about, published = "who writes again: area under the curve, less naive", f"naive {naive:.2f}"
    note = f"one simulated half-year tells writers from others with {x['auc'].mean():.2f}"
    return [*rows, Row("forecast", about, published, SOURCE, interval(x["auc"] - naive), ABOVE_ZERO, note=note)]


def more(cells: dict[str, Numbers]) -> dict[str, Any]:
    """The weeks, for the figure."""
    past, weeks = happened(), [interval(cells["middle"][f"week_{k}"]) for k in range(WEEKS)]
    return {
        "weeks": list(range(1, WEEKS + 1)),
        "real": past.weekly.tolist(),
        **{name: [getattr(week, name) for week in weeks] for name in ("mean", "low", "high")},
        "naive": past.naive,
    }
