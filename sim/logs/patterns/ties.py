"""How ties form, deepen and fade: P18-P25 and the ladder of exchanges. A tie: two accounts, an exchange or more."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.logs.patterns.activity import BUSY
from sim.logs.patterns.estimates import Estimate, Statistic, fixed, quantile
from sim.logs.patterns.indexed import MONTH, Indexed, is_in, place_in_run

RUNGS = (1, 2, 3, 5, 8)  # contact days
SILENCES = (7, 14, 30, 60, 120)  # days
AHEAD = 90  # days in which P20 and P21 look for the next contact
STRONG = 10  # exchanges of a strong tie


def ties(log: Indexed) -> Iterator[Statistic]:
    """All statistics of ties."""
    contacts = Contacts(log)
    yield from reciprocity(log)
    yield from repetition(log)
    for k in RUNGS:
        yield Statistic(f"ladder_{k}", contacts.ladder(k, 0))
    for k in RUNGS if log.staff.any() else ():
        yield Statistic(f"ladder_staff_{k}", contacts.ladder(k, 1))
    for days in SILENCES:
        yield Statistic(f"silence_{days}", contacts.decay(days))
    yield from flows(log)
    yield from addressed(log)
    yield from circles(log)
    yield from depth(log)
    yield from lasting(log)


def reciprocity(log: Indexed) -> Iterator[Statistic]:
    """P18: of directed edges (who ever wrote to whom) and of dyads."""
    between = log.staff_ends == 0
    for whose, flags in (("all", np.ones(between.size, bool)), ("members", between)):
        yield Statistic(f"edge_reciprocity_{whose}", log.tie_ratio(2 * log.mutual * flags, (1 + log.mutual) * flags))
        yield Statistic(f"mutual_{whose}", log.tie_ratio(log.mutual & flags, flags))


def repetition(log: Indexed) -> Iterator[Statistic]:
    """P19: how many exchanges a tie between members has."""
    between, n = log.staff_ends == 0, log.exchanges
    yield Statistic("one_exchange", log.tie_ratio((n == 1) & between, between))
    for k in (5, 10, 20):
        yield Statistic(f"exchanges_{k}", log.tie_ratio((n >= k) & between, between))


class Contacts:
    """The days on which the two of a tie had contact (UTC), in order, with the time of the day's first."""

    def __init__(self, log: Indexed):
        self.log = log
        time, date = log.time[log.aimed], log.date[log.aimed]
        order = np.argsort(log.tie, kind="stable")  # events are in order of time
        new = (np.diff(log.tie[order], prepend=-1) != 0) | (np.diff(date[order], prepend=-1) != 0)
        first = order[new]
        self.tie, self.date, self.time = log.tie[first], date[first], time[first]
        self.rung = place_in_run(self.tie) + 1
        same = np.append(np.diff(self.tie) == 0, False)
        self.days_on = np.where(same, np.append(np.diff(self.date), 0), np.inf)
        self.time_on = np.where(same, np.append(np.diff(self.time), 0.0), np.inf)

    def ladder(self, k: int, ends: int) -> Estimate:
        """Another contact day within `AHEAD` days after the k-th, of ties with so many staff, followed so long."""
        followed = self.date <= self.log.date[-1] - AHEAD
        among = (self.rung == k) & (self.log.staff_ends[self.tie] == ends) & followed
        return self.log.tie_share(self.days_on <= AHEAD, among, self.tie)

    def decay(self, silence: float) -> Estimate:
        """Contact in the 30 days after a silence, of members' ties with 3 contact days so far, followed so long."""
        followed = self.time + silence + 30 <= self.log.end
        among = (self.rung >= 3) & (self.log.staff_ends[self.tie] == 0) & (self.time_on > silence) & followed
        return self.log.tie_share(self.time_on <= silence + 30, among, self.tie)


def flows(log: Indexed) -> Iterator[Statistic]:
    """P23: who writes to whom."""
    by, to = log.by_staff[log.aimed], log.to_staff[log.aimed]
    names = ("members", "staff")
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)) if log.staff.any() else ():
        estimate = log.tie_share((by == a) & (to == b), np.ones(by.size, bool), log.tie)
        yield Statistic(f"flow_{names[a]}_{names[b]}", estimate)


def addressed(log: Indexed) -> Iterator[Statistic]:
    """P24: how many people an active member addresses in a month."""
    sent = log.aimed & ~log.by_staff
    months = int(log.end // MONTH) + 1
    month = (log.time // MONTH).astype(np.int64)
    triples = np.unique((log.source[sent] * log.accounts + log.target[sent]) * months + month[sent])
    active, people = np.unique((triples // months // log.accounts) * months + triples % months, return_counts=True)
    owner = active // months
    yield Statistic("addressed_mean", log.mean(people, owner))
    yield Statistic("addressed_median", quantile(people, 0.5, owner))
    yield Statistic("addressed_p90", quantile(people, 0.9, owner))


class Circle:
    """How the messages of each account go to its partners, the strongest first."""

    def __init__(self, log: Indexed, account: np.ndarray, partner: np.ndarray):
        keys, count = np.unique(account * log.accounts + partner, return_counts=True)
        who = keys // log.accounts
        order = np.lexsort((-count, who))
        self.log, self.who, self.count = log, who[order], count[order]
        self.total = np.bincount(self.who, self.count, log.accounts)
        self.partners = np.bincount(self.who, minlength=log.accounts)
        self.part = self.count / self.total[self.who]
        with np.errstate(divide="ignore"):
            self.effective = 1 / np.bincount(self.who, self.part**2, log.accounts)

    def share(self, k: int) -> np.ndarray:
        """Per account, the share of its messages that its k strongest partners have."""
        return np.bincount(self.who, self.part * (place_in_run(self.who) < k), self.log.accounts)


def circles(log: Indexed) -> Iterator[Statistic]:
    """P25: how a busy member's messages go to few people."""
    sent = log.aimed & ~log.by_staff
    circle = Circle(log, log.source[sent], log.target[sent])
    busy = circle.total >= BUSY
    for k in (1, 5):
        yield Statistic(f"to_top_{k}", log.mean_of(circle.share(k), busy))
    yield Statistic("effective_partners", log.mean_of(circle.effective, busy))


def depth(log: Indexed) -> Iterator[Statistic]:
    """Exchanges per tie and its next one, and the circles of busy accounts; all accounts."""
    n, one = log.exchanges, np.ones(log.low.size, int)
    yield Statistic("exchanges_mean", log.tie_ratio(n, one))
    yield Statistic("one_exchange_all", log.tie_ratio(n == 1, one))
    yield Statistic("strong_ties", log.tie_ratio(n >= STRONG, one))
    yield Statistic("strong_exchanges", log.tie_ratio(n * (n >= STRONG), n))
    for k in (1, 3, 10):
        yield Statistic(f"next_{k}", log.tie_ratio(n >= k + 1, n >= k))
    source, target = log.source[log.aimed], log.target[log.aimed]
    circle = Circle(log, np.concatenate([source, target]), np.concatenate([target, source]))
    busy = circle.total >= BUSY
    for name, flags in (("busy", busy), ("many", busy & (circle.partners >= 30))):
        for k in (1, 5, 15):
            yield Statistic(f"top_{k}_of_{name}", quantile(circle.share(k)[flags], 0.5, np.flatnonzero(flags)))
    strong, tied = np.bincount(circle.who[circle.count >= STRONG], minlength=log.accounts), circle.partners > 0
    yield Statistic("strong_per_account", log.mean_of(strong, tied))
    yield Statistic("any_strong", log.share(strong > 0, tied))


def lasting(log: Indexed) -> Iterator[Statistic]:
    """Ties seen again long after they began, and from one span of 30 days to the next."""
    time, size = log.time[log.aimed], log.low.size
    began, ended = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(began, log.tie, time)
    np.maximum.at(ended, log.tie, time)
    age = time - began[log.tie]
    for days in (30, 90, 365):
        seen = np.bincount(log.tie[(age > days) & (age <= days + 30)], minlength=size) > 0
        followed = began <= log.end - days - 30
        yield Statistic(f"seen_{days}", log.tie_ratio(seen & followed, followed))
    spans = int(log.end // 30) + 1
    keys, count = np.unique(log.tie * spans + (time // 30).astype(np.int64), return_counts=True)
    again, followed = is_in(keys + 1, keys), keys % spans < spans - 1
    for name, low, high in (("1", 1, 1), ("2_3", 2, 3), ("4_9", 4, 9), ("10_more", 10, np.inf)):
        chosen = followed & (count >= low) & (count <= high)
        yield Statistic(f"persists_{name}", log.tie_share(again, chosen, keys // spans))
    life = (ended - began)[log.exchanges >= STRONG]
    yield Statistic("strong_life", fixed(float(np.median(life)) if life.size else np.nan, life.size))
