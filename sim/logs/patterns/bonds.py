"""How ties form, deepen and fade: P18-P25 and the ladder of exchanges. A tie: two accounts, an exchange or more."""

from __future__ import annotations

import numpy as np

from sim.logs.patterns.activity import BUSY, Line
from sim.logs.patterns.estimates import Estimate, mean, quantile, share, tie_ratio
from sim.logs.patterns.ground import MONTH, Ground, within

RUNGS = (1, 2, 3, 5, 8)  # contact days
SILENCES = (7, 14, 30, 60, 120)  # days
AHEAD = 90  # days in which P20 and P21 look for the next contact
STRONG = 10  # exchanges of a strong tie


def bonds(g: Ground) -> list[Line]:
    """All facts about ties."""
    contacts = Contacts(g)
    lines = reciprocity(g) + repetition(g)
    for pattern, ends, said in (("P20", 0, "two members"), ("P21", 1, "a member and staff")):
        if ends and not g.staff.any():
            continue
        name = "ladder" if ends == 0 else "ladder_staff"
        lines += [
            Line(f"{name}_{k}", pattern, "share of ties",
                 f"another contact within {AHEAD} d after {k} contact day{'s' * (k > 1)}, {said}",
                 contacts.ladder(k, ends))
            for k in RUNGS
        ]  # fmt: skip
    lines += [
        Line(f"silence_{days}", "P22", "share of ties",
             f"contact in the next 30 d after {days} d of silence, members with 3 or more contact days",
             contacts.decay(days))
        for days in SILENCES
    ]  # fmt: skip
    return lines + flows(g) + reach(g) + circles(g) + depth(g)


def reciprocity(g: Ground) -> list[Line]:
    """P18: of directed edges (who ever wrote to whom) and of dyads."""
    between = g.staff_ends == 0
    one = np.ones(len(g.low))
    lines = []
    for key, flags, said in (("all", one, "all"), ("members", between, "between members")):
        lines += [
            Line(f"edge_reciprocity_{key}", "P18", "share of edges", f"returned, {said}",
                 tie_ratio(2 * g.mutual * flags, (1 + g.mutual) * flags, g.tie_weights)),
            Line(f"mutual_{key}", "P18", "share of ties", f"messages both ways, {said}",
                 tie_ratio(g.mutual * flags, flags, g.tie_weights)),
        ]  # fmt: skip
    return lines


def repetition(g: Ground) -> list[Line]:
    """P19: how many exchanges a tie between members has."""
    between, n = g.staff_ends == 0, g.exchanges
    lines = [
        Line("one_exchange", "P19", "share of ties", "a single exchange, between members",
             tie_ratio((n == 1) & between, between, g.tie_weights))
    ]  # fmt: skip
    return lines + [
        Line(f"exchanges_{k}", "P19", "share of ties", f"{k} or more exchanges, between members",
             tie_ratio((n >= k) & between, between, g.tie_weights))
        for k in (5, 10, 20)
    ]  # fmt: skip


class Contacts:
    """The days on which the two of a tie had contact (UTC), in order, with the time of the day's first."""

    def __init__(self, g: Ground):
        self.g = g
        time, date = g.time[g.aimed], g.date[g.aimed]
        order = np.argsort(g.tie, kind="stable")  # events are in order of time
        new = (np.diff(g.tie[order], prepend=-1) != 0) | (np.diff(date[order], prepend=-1) != 0)
        first = order[new]
        self.tie, self.date, self.time = g.tie[first], date[first], time[first]
        begins = np.flatnonzero(np.diff(self.tie, prepend=-1))
        runs = np.diff(np.append(begins, self.tie.size))
        self.rung = np.arange(self.tie.size) - np.repeat(begins, runs) + 1
        same = np.append(np.diff(self.tie) == 0, False)
        self.days_on = np.where(same, np.append(np.diff(self.date), 0), np.inf)
        self.time_on = np.where(same, np.append(np.diff(self.time), 0.0), np.inf)
        self.last_date = int(g.date[-1])

    def _per_tie(self, hit: np.ndarray, among: np.ndarray) -> Estimate:
        g, size = self.g, self.g.low.size
        above, below = (np.bincount(self.tie[flags], minlength=size) for flags in (hit & among, among))
        found = tie_ratio(above, below, g.tie_weights)
        return Estimate(int(among.sum()), found.at)

    def ladder(self, k: int, ends: int) -> Estimate:
        """Another contact day within `AHEAD` days after the k-th, of ties with so many staff, followed so long."""
        among = (self.rung == k) & (self.g.staff_ends[self.tie] == ends) & (self.date <= self.last_date - AHEAD)
        return self._per_tie(self.days_on <= AHEAD, among)

    def decay(self, silence: float) -> Estimate:
        """Contact in the 30 days after a silence, of members' ties with 3 contact days so far, followed so long."""
        among = (self.rung >= 3) & (self.g.staff_ends[self.tie] == 0) & (self.time_on > silence)
        among &= self.time + silence + 30 <= self.g.end
        return self._per_tie(self.time_on <= silence + 30, among)


def flows(g: Ground) -> list[Line]:
    """P23: who writes to whom."""
    if not g.staff.any():
        return []
    by, to, size = g.by_staff[g.aimed], g.to_staff[g.aimed], g.low.size
    lines = []
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        count = np.bincount(g.tie[(by == a) & (to == b)], minlength=size)
        ends = [("members", "staff")[k] for k in (a, b)]
        found = tie_ratio(count, g.exchanges, g.tie_weights)
        lines.append(
            Line(f"flow_{ends[0]}_{ends[1]}", "P23", "share of messages", f"by {ends[0]} to {ends[1]}, of those aimed",
                 Estimate(int(g.aimed.sum()), found.at))
        )  # fmt: skip
    return lines


def reach(g: Ground) -> list[Line]:
    """P24: how many people an active member addresses in a month."""
    sent = g.aimed & ~g.by_staff
    months = int(g.end // MONTH) + 1
    month = (g.time // MONTH).astype(np.int64)
    trio = (g.source[sent] * g.accounts + g.target[sent]) * months + month[sent]
    pairs = np.unique(trio)
    ego = (pairs // months // g.accounts) * months + pairs % months
    ego, people = np.unique(ego, return_counts=True)
    owner = ego // months
    said = f"addressed by a member in {MONTH} days in which it addressed any"
    return [
        Line("addressed_mean", "P24", "people", said, mean(people, owner, g.accounts)),
        Line("addressed_median", "P24", "people", "the same, median", quantile(people, 0.5, owner)),
        Line("addressed_p90", "P24", "people", "the same, 90th percentile", quantile(people, 0.9, owner)),
    ]


def top_shares(g: Ground, ego: np.ndarray, alter: np.ndarray, ranks: tuple[int, ...]) -> tuple:
    """Per ego: number of messages, of alters, effective partners (1 over the sum of squared shares), top shares."""
    keys, count = np.unique(ego * g.accounts + alter, return_counts=True)
    who = keys // g.accounts
    order = np.lexsort((-count, who))
    who, count = who[order], count[order]
    total = np.bincount(who, count, g.accounts)
    alters = np.bincount(who, minlength=g.accounts)
    begins = np.flatnonzero(np.diff(who, prepend=-1))
    rank = np.arange(who.size) - np.repeat(begins, np.diff(np.append(begins, who.size)))
    part = count / total[who] if who.size else np.zeros(0)
    with np.errstate(divide="ignore"):
        effective = 1 / np.bincount(who, part**2, g.accounts)
    shares = {k: np.bincount(who, part * (rank < k), g.accounts) for k in ranks}
    return total, alters, effective, shares, (who, count)


def circles(g: Ground) -> list[Line]:
    """P25: how a busy member's messages go to few people."""
    sent = g.aimed & ~g.by_staff
    total, _, effective, shares, _ = top_shares(g, g.source[sent], g.target[sent], (1, 5))
    who = np.flatnonzero(total >= BUSY)
    said = f"of a member's messages to people, members with {BUSY} or more; mean"
    return [
        *(
            Line(f"to_top_{k}", "P25", "share of messages", f"to the top {k}, {said}",
                 mean(shares[k][who], who, g.accounts))
            for k in (1, 5)
        ),
        Line("effective_partners", "P25", "people", f"1 over the sum of squared shares {said}",
             mean(effective[who], who, g.accounts)),
    ]  # fmt: skip


def depth(g: Ground) -> list[Line]:
    """Exchanges per tie, its next one, what lasts, and the circles of busy accounts; all accounts."""
    n, one, weights = g.exchanges, np.ones(g.low.size), g.tie_weights
    lines = [
        Line("exchanges_mean", "", "exchanges", "per tie, all accounts", tie_ratio(n, one, weights)),
        Line("one_exchange_all", "", "share of ties", "a single exchange, all accounts",
             tie_ratio(n == 1, one, weights)),
        Line("strong_ties", "", "share of ties", f"{STRONG} or more exchanges", tie_ratio(n >= STRONG, one, weights)),
        Line("strong_exchanges", "", "share of exchanges", f"in ties of {STRONG} or more",
             tie_ratio(n * (n >= STRONG), n, weights)),
    ]  # fmt: skip
    lines += [
        Line(f"next_{k}", "", "share of ties", f"of those with {k} or more exchanges, {k + 1} or more",
             tie_ratio(n >= k + 1, n >= k, weights))
        for k in (1, 3, 10)
    ]  # fmt: skip
    source, target = g.source[g.aimed], g.target[g.aimed]
    found = top_shares(g, np.concatenate([source, target]), np.concatenate([target, source]), (1, 5, 15))
    total, alters, _, shares, (who, count) = found
    busy, many = total >= BUSY, (total >= BUSY) & (alters >= 30)
    for flags, name, said in ((busy, "busy", f"{BUSY} or more"), (many, "many", f"{BUSY} or more, with 30 alters")):
        chosen = np.flatnonzero(flags)
        lines += [
            Line(f"top_{k}_of_{name}", "", "share of exchanges",
                 f"with the {k} strongest alters, accounts with {said}; median",
                 quantile(shares[k][chosen], 0.5, chosen))
            for k in (1, 5, 15)
        ]  # fmt: skip
    strong = np.bincount(who[count >= STRONG], minlength=g.accounts)
    tied = np.flatnonzero(alters)
    lines += [
        Line("strong_per_account", "", "ties", f"of {STRONG} or more exchanges, per account with any tie",
             mean(strong[tied], tied, g.accounts)),
        Line("any_strong", "", "share of accounts", "with a strong tie, of those with any tie",
             share(strong[tied] > 0, tied, g.accounts)),
    ]  # fmt: skip
    return lines + lasting(g)


def lasting(g: Ground) -> list[Line]:
    """Ties seen again long after they began, and from one span of 30 days to the next."""
    time, size = g.time[g.aimed], g.low.size
    began, ended = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(began, g.tie, time)
    np.maximum.at(ended, g.tie, time)
    age = time - began[g.tie]
    lines = []
    for days in (30, 90, 365):
        there = np.zeros(size, bool)
        there[g.tie[(age > days) & (age <= days + 30)]] = True
        among = began <= g.end - days - 30
        lines.append(
            Line(f"seen_{days}", "", "share of ties", f"another exchange in the 30 days after day {days} of the tie",
                 tie_ratio(there & among, among, g.tie_weights))
        )  # fmt: skip
    spans = int(g.end // 30) + 1
    keys, count = np.unique(g.tie * spans + (time // 30).astype(np.int64), return_counts=True)
    again, inner = within(keys + 1, keys), keys % spans < spans - 1
    for name, low, high in (("1", 1, 1), ("2_3", 2, 3), ("4_9", 4, 9), ("10_more", 10, np.inf)):
        among = inner & (count >= low) & (count <= high)
        above, below = (np.bincount(keys[flags] // spans, minlength=size) for flags in (among & again, among))
        found = tie_ratio(above, below, g.tie_weights)
        said = f"{name.replace('_', '-').replace('-more', ' or more')} exchange{'s' * (name != '1')}"
        lines.append(
            Line(f"persists_{name}", "", "share of ties", f"active in the next 30 days, after 30 with {said}",
                 Estimate(int(among.sum()), found.at))
        )  # fmt: skip
    long = g.exchanges >= STRONG
    pair = (ended - began)[long]
    middle = float(np.median(pair)) if pair.size else np.nan
    return [*lines, Line("strong_life", "", "days", f"first to last exchange of ties of {STRONG} or more; median",
                         Estimate(int(long.sum()), lambda w: middle if (w == 1).all() else np.nan))]  # fmt: skip
