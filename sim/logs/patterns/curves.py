"""Distributions and courses for figures, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.logs.patterns.activity import Periods
from sim.logs.patterns.estimates import Estimate
from sim.logs.patterns.indexed import WEEK, Indexed
from sim.logs.patterns.ties import Contacts

SURVIVAL = (0, 1, 2, 4, 7, 14, 21, 30, 45, 60, 90, 120, 150, 180, 240, 300, 365)  # days
CONTACTS = range(1, 13)  # contact days
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
    estimates: list[Estimate] = field(default_factory=list, repr=False)  # of `y`, where they are still to be made


def distribution(name: str, value: np.ndarray) -> Curve:
    """Share of units with x or more."""
    x, count = np.unique(value, return_counts=True)
    y = np.cumsum(count[::-1])[::-1] / max(value.size, 1)
    return Curve(name, x.astype(float), y, np.full(x.size, value.size))


def estimated(name: str, x: Sequence[float], of: Callable[[float], Estimate]) -> Curve:
    """The points with enough units."""
    points = [(place, estimate) for place in x if (estimate := of(place)).n >= FEWEST]
    places, units = np.array([place for place, _ in points], float), np.array([one.n for _, one in points])
    return Curve(name, places, np.full(len(points), np.nan), units, estimates=[one for _, one in points])


def curves(log: Indexed) -> Iterator[Curve]:
    """All curves; members are accounts without staff."""
    degree = np.bincount(np.concatenate([log.low, log.high]), minlength=log.accounts)
    yield distribution("contributions", log.written[log.member & log.wrote])
    yield distribution("ties", degree[log.member & (degree > 0)])
    yield distribution("exchanges", log.exchanges[log.staff_ends == 0])
    cohort = log.member & log.reached(365.0)
    yield estimated("survival", SURVIVAL, lambda days: log.share(log.last - log.first > days, cohort))
    contacts = Contacts(log)
    yield estimated("ladder", CONTACTS, lambda k: contacts.ladder(int(k), 0))
    yield estimated("ladder_staff", CONTACTS, lambda k: contacts.ladder(int(k), 1))
    yield estimated("silence", SILENCES, contacts.decay)
    hours = (log.threads.first_reply - log.threads.opened) * 24
    hours, total = np.sort(hours[np.isfinite(hours)]), log.threads.opened.size
    yield Curve("reply_hours", hours, np.arange(1, hours.size + 1) / max(total, 1), np.full(hours.size, total))
    weekly = Periods(log, WEEK, log.everyone)
    active = weekly.active(np.ones(log.accounts, np.int64))
    yield Curve("weekly_actives", np.arange(weekly.count, dtype=float), active, active.astype(np.int64))
