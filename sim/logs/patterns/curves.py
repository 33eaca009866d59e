"""Distributions and courses for figures, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sim.logs.patterns.activity import Periods
from sim.logs.patterns.bonds import Contacts
from sim.logs.patterns.estimates import Estimate, share
from sim.logs.patterns.ground import WEEK, Ground

SURVIVAL = (0, 1, 2, 4, 7, 14, 21, 30, 45, 60, 90, 120, 150, 180, 240, 300, 365)  # days
MOST_RUNGS = 12
SILENCES = (1, 2, 4, 7, 14, 30, 60, 120, 240)  # days
FEWEST = 10  # units below which a point is not drawn


@dataclass(frozen=True)
class Curve:
    """A curve: `y` over `x`, with a 95 % interval where it is an estimate, and over how many units it is taken."""

    name: str
    x: np.ndarray
    y: np.ndarray
    n: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    estimates: list[Estimate] = field(default_factory=list, repr=False)

    def filled(self, y: np.ndarray, low: np.ndarray, high: np.ndarray) -> Curve:
        """The curve with the values of its estimates."""
        return replace(self, y=y, low=low, high=high, estimates=[])


def ccdf(name: str, value: np.ndarray) -> Curve:
    """Share of units with x or more."""
    x, count = np.unique(value, return_counts=True)
    y = np.cumsum(count[::-1])[::-1] / max(value.size, 1)
    return Curve(name, x.astype(float), y, np.full(x.size, value.size))


def _estimated(name: str, x: Sequence[float], found: list[Estimate]) -> Curve:
    """Points with enough units."""
    kept = [k for k, estimate in enumerate(found) if estimate.n >= FEWEST]
    nothing = np.full(len(kept), np.nan)
    at, units = np.array([x[k] for k in kept], float), np.array([found[k].n for k in kept])
    return Curve(name, at, nothing, units, estimates=[found[k] for k in kept])


def curves(g: Ground) -> list[Curve]:
    """All curves; members are accounts without staff."""
    who = g.member & g.wrote
    between = g.staff_ends == 0
    ends = np.concatenate([g.low, g.high])
    degree = np.bincount(ends, minlength=g.accounts)
    contacts = Contacts(g)
    found = [
        ccdf("contributions", g.written[who]),
        ccdf("ties", degree[g.member & (degree > 0)]),
        ccdf("exchanges", g.exchanges[between]),
    ]
    cohort = np.flatnonzero(who & g.reached(365.0))
    life = (g.last - g.first)[cohort]
    found.append(_estimated("survival", SURVIVAL, [share(life > day, cohort, g.accounts) for day in SURVIVAL]))
    for ends_, name in ((0, "ladder"), (1, "ladder_staff")):
        rungs = range(1, MOST_RUNGS + 1)
        found.append(_estimated(name, rungs, [contacts.ladder(k, ends_) for k in rungs]))
    found.append(_estimated("silence", SILENCES, [contacts.decay(s) for s in SILENCES]))
    hours = (g.threads.first_reply - g.threads.opened) * 24
    hours = np.sort(hours[np.isfinite(hours)])
    total = g.threads.opened.size
    found.append(Curve("reply_hours", hours, np.arange(1, hours.size + 1) / max(total, 1), np.full(hours.size, total)))
    weekly = Periods(g, WEEK, np.ones(g.accounts, bool))
    active = weekly.active(np.ones(g.accounts, np.int64))
    found.append(Curve("weekly_actives", np.arange(weekly.count, dtype=float), active, active.astype(np.int64)))
    return found
