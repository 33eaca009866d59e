"""Who writes how much, and when: P1-P11, P26 and the weekly facts."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.logs.patterns import tails
from sim.logs.patterns.estimates import Estimate, dot, fixed, gini, mean, quantile, ratio, share, top
from sim.logs.patterns.ground import MONTH, WEEK, Ground, within

SPANS = (1, 7, 30, 90, 180, 365)  # days
SETTLING = 10  # weeks at the beginning that P7 leaves out, where the log has twice as many
BUSY = 20  # events from which on an account is busy


class Line(NamedTuple):
    """A fact before it is estimated."""

    name: str
    pattern: str  # P1-P30 (members only), or "" for a fact of all accounts
    unit: str
    about: str
    estimate: Estimate


def activity(g: Ground) -> list[Line]:
    """All facts about activity."""
    lines = []
    if g.registered:
        lines += [
            Line("contributed", "P1", "share of accounts", "wrote at least once, of all registered accounts",
                 share(g.wrote, g.everyone, g.accounts)),
            Line("gini_registered", "P3", "0-1", "Gini of contributions, members who never wrote among them",
                 gini(g.written[g.member], g.everyone[g.member])),
        ]  # fmt: skip
    lines += amounts(g, g.wrote & g.member, "P", "") + amounts(g, g.wrote, "", "_all")
    weekly, monthly = Periods(g, WEEK, g.member), Periods(g, MONTH, g.member)
    lines += p7_to_10(g, weekly, monthly)
    lines += lifespans(g) + bursts(g)
    return lines + pulse(g)


def amounts(g: Ground, who: np.ndarray, pattern: str, suffix: str) -> list[Line]:
    """Facts of contributions per writer, of members or of all accounts."""
    owner, x = np.flatnonzero(who), g.written[who]
    whose = "members who wrote" if pattern else "all accounts that wrote"

    def p(number: int) -> str:
        return f"P{number}" if pattern else ""

    lines = [
        Line(f"gini{suffix}", p(2), "0-1", f"Gini of contributions, {whose}", gini(x, owner)),
        *(
            Line(f"top_{percent}{suffix}", p(4), "share of contributions", f"by the top {percent} % of {whose}",
                 top(x, percent / 100, owner))
            for percent in (1, 10, 20)
        ),
        Line(f"once{suffix}", p(5), "share of writers", f"exactly one contribution, {whose}",
             share(x == 1, owner, g.accounts)),
        Line(f"median_contributions{suffix}", p(5), "contributions", f"per writer, {whose}", quantile(x, 0.5, owner)),
        Line(f"mean_contributions{suffix}", "", "contributions", f"per writer, {whose}", mean(x, owner, g.accounts)),
    ]  # fmt: skip
    tail = tails.fit(x)
    return [
        *lines,
        Line(f"exponent{suffix}", p(6), "exponent", f"power law, all x >= 1, {whose}", exponent(x, owner, 1)),
        Line(f"tail_exponent{suffix}", p(6), "exponent", f"power law from {tail.xmin} on, {whose}",
             exponent(x, owner, tail.xmin) if math.isfinite(tail.alpha) else fixed(math.nan, tail.n)),
        Line(f"tail_from{suffix}", "", "contributions", "where the tail begins (smallest distance)",
             fixed(tail.xmin if math.isfinite(tail.alpha) else math.nan, tail.n)),
        Line(f"vuong_tail{suffix}", "", "z", "power law against lognormal, in the tail", fixed(tail.z, tail.n)),
        Line(f"vuong{suffix}", "", "z", "power law against lognormal, all values", fixed(tail.z_all, len(x))),
        Line(f"lognormal_sigma{suffix}", "", "log units", "of the lognormal, all values", fixed(tail.sigma, len(x))),
    ]  # fmt: skip


def exponent(x: np.ndarray, owner: np.ndarray, xmin: int) -> Estimate:
    """Exponent of the discrete power law from xmin on, by maximum likelihood."""
    law, over = tails.Law(xmin), x >= xmin
    logs, owner = np.log(x[over]), owner[over]

    def at(w: np.ndarray) -> float:
        often = w[owner]
        return law.alpha(dot(often, logs) / float(often.sum())) if often.sum() else math.nan

    return Estimate(int(over.sum()), at)


class Periods:
    """Who was active in which whole week or month, counted from the first event."""

    def __init__(self, g: Ground, length: int, who: np.ndarray):
        self.count = max(int(g.end // length), 1)
        period = (g.time // length).astype(np.int64)
        kept = who[g.source] & (period < self.count)
        keys, self.events = np.unique(g.source[kept] * self.count + period[kept], return_counts=True)
        self.account, self.period = keys // self.count, keys % self.count
        self.keys = keys
        self.again = within(keys + 1, keys) & (self.period < self.count - 1)
        first = np.full(g.accounts, -1)
        first[who & g.wrote] = g.first[who & g.wrote] // length
        self.first = first
        self.new = g.newcomer[self.account] & (self.period == first[self.account])

    def active(self, w: np.ndarray) -> np.ndarray:
        """Active accounts in each period of a resample."""
        return np.bincount(self.period, w[self.account], self.count)


def p7_to_10(g: Ground, weekly: Periods, monthly: Periods) -> list[Line]:
    """Weekly actives and how they come back."""
    begin = SETTLING if weekly.count >= 2 * SETTLING else 0

    def of(since: np.ndarray, who: np.ndarray) -> Estimate:
        week = np.clip(np.floor(since[who] / WEEK), 0, weekly.count).astype(np.int64)

        def at(w: np.ndarray) -> float:
            there = np.cumsum(np.bincount(week, w[who], weekly.count + 1))[: weekly.count]
            with np.errstate(all="ignore"):
                part = (weekly.active(w) / there)[begin:]
            return float(np.nanmean(part)) if np.isfinite(part).any() else math.nan

        return Estimate(weekly.count - begin, at)

    active = weekly.active(np.ones(g.accounts, np.int64))
    # No interval: resampling accounts adds spread of its own to a spread between weeks.
    variation = float(active.std() / active.mean()) if active.any() else math.nan
    owner, inner = monthly.account, monthly.period < monthly.count - 1
    members = np.flatnonzero(g.member)
    lines = []
    if g.registered:
        lines.append(
            Line("weekly_of_registered", "P7", "share of members",
                 f"active in a week, of those registered by its end; mean over weeks{' after the tenth' * (begin > 0)}",
                 of(g.joined, members))
        )  # fmt: skip
    return [
        *lines,
        Line("weekly_of_contributors", "P7", "share of members", "the same, of those who have ever written by then",
             of(g.first, np.flatnonzero(g.member & g.wrote))),
        Line("weekly_variation", "P8", "ratio", "coefficient of variation of weekly actives",
             fixed(variation, weekly.count)),
        Line("per_active_week_mean", "P9", "contributions", "per active member and week",
             mean(weekly.events, weekly.account, g.accounts)),
        Line("per_active_week_median", "P9", "contributions", "the same, median",
             quantile(weekly.events, 0.5, weekly.account)),
        Line("per_active_week_p90", "P9", "contributions", "the same, 90th percentile",
             quantile(weekly.events, 0.9, weekly.account)),
        Line("monthly_retention", "P10", "share of actives", f"active again in the next {MONTH} days",
             ratio(monthly.again, inner, owner, g.accounts)),
        Line("monthly_newcomers", "P10", "share of actives", f"of a month ({MONTH} days) in their first",
             share(monthly.new, owner, g.accounts)),
    ]  # fmt: skip


def lifespans(g: Ground) -> list[Line]:
    """P11: days from the first to the last contribution, of members who began a year or more before the end."""
    who = np.flatnonzero(g.member & g.reached(365.0))
    life = g.last[who] - g.first[who]
    return [
        Line(f"lifespan_{days}", "P11", "share of members",
             f"wrote for more than {days} d, of those who began a year before the end",
             share(life > days, who, g.accounts))
        for days in SPANS
    ]  # fmt: skip


def burstiness(g: Ground, who: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Busy accounts, their burstiness B, and B corrected for few gaps (Kim & Jo 2016, Physical Review E 94:032311)."""
    kept = who[g.source] & (g.written[g.source] >= BUSY)
    order = np.lexsort((g.time[kept], g.source[kept]))
    source, time = g.source[kept][order], g.time[kept][order]
    gap, same = np.diff(time), np.diff(source) == 0
    gap, owner = gap[same], source[1:][same]
    n = np.bincount(owner, minlength=g.accounts)
    there = np.flatnonzero(n)
    if not there.size:
        return there, np.zeros(0), np.zeros(0)
    middle = np.bincount(owner, gap, g.accounts)[there] / n[there]
    square = np.zeros(g.accounts)
    np.add.at(square, owner, (gap - (np.bincount(owner, gap, g.accounts) / np.maximum(n, 1))[owner]) ** 2)
    spread = np.sqrt(square[there] / n[there])
    with np.errstate(all="ignore"):
        r = spread / middle
        k = n[there]
        plain = (r - 1) / (r + 1)
        fair = (np.sqrt(k + 1) * r - np.sqrt(k - 1)) / ((np.sqrt(k + 1) - 2) * r + np.sqrt(k - 1))
    sound = np.isfinite(plain)
    return there[sound], plain[sound], fair[sound]


def bursts(g: Ground) -> list[Line]:
    """P26, and the same of all accounts."""
    owner, plain, _ = burstiness(g, g.member)
    everyone, plain_all, fair = burstiness(g, np.ones(g.accounts, bool))
    said = f"(sd-mean)/(sd+mean) of the gaps between events, those with {BUSY} or more"
    return [
        Line("burstiness", "P26", "-1 to 1", f"{said}, members; mean", mean(plain, owner, g.accounts)),
        Line("burstiness_all", "", "-1 to 1", f"{said}, all accounts; median", quantile(plain_all, 0.5, everyone)),
        Line("burstiness_corrected", "", "-1 to 1", "the same, corrected for few gaps", quantile(fair, 0.5, everyone)),
    ]


def pulse(g: Ground) -> list[Line]:
    """Weekly and monthly actives of all accounts."""
    weekly, monthly = (Periods(g, length, np.ones(g.accounts, bool)) for length in (WEEK, MONTH))
    months = weekly.count // 4

    def mean_week(w: np.ndarray) -> float:
        return float(weekly.active(w).mean())

    def last_quarter(w: np.ndarray) -> float:
        active = weekly.active(w)
        return float(active[-max(weekly.count // 4, 1) :].mean() / active.max()) if active.any() else math.nan

    def of_month(w: np.ndarray) -> float:
        if not months:
            return math.nan
        week, month = weekly.active(w)[: 4 * months].reshape(-1, 4).mean(axis=1), monthly.active(w)[:months]
        return float((week[month > 0] / month[month > 0]).mean()) if month.any() else math.nan

    return [
        Line("weekly_actives", "", "accounts", "that wrote in a week, mean over whole weeks",
             Estimate(weekly.count, mean_week)),
        Line("weekly_actives_most", "", "accounts", "that wrote in the busiest week",
             fixed(float(weekly.active(np.ones(g.accounts, int)).max()), weekly.count)),
        Line("weekly_last_quarter", "", "ratio", "weekly actives in the last quarter of the weeks to the busiest week",
             Estimate(max(weekly.count // 4, 1), last_quarter)),
        Line("weekly_of_monthly", "", "ratio", f"weekly to monthly actives ({MONTH} days), mean over months",
             Estimate(months, of_month)),
        Line("weekly_newcomers", "", "share of actives", "of a week in their first",
             share(weekly.new, weekly.account, g.accounts)),
    ]  # fmt: skip
