"""Who writes how much, and when: P1-P11, P26 and the weekly facts."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim.logs.patterns import powerlaw
from sim.logs.patterns.estimates import Estimate, Statistic, dot, fixed, gini, quantile, top
from sim.logs.patterns.indexed import MONTH, WEEK, Indexed, is_in

SPANS = (1, 7, 30, 90, 180, 365)  # days
SETTLING = 10  # weeks at the beginning that P7 leaves out, where the log has twice as many
BUSY = 20  # events from which on an account is busy


def activity(log: Indexed) -> Iterator[Statistic]:
    """All statistics of activity."""
    if log.registered:
        yield Statistic("contributed", log.share(log.wrote, log.everyone))
        yield Statistic("gini_registered", gini(log.written[log.member], np.flatnonzero(log.member)))
    yield from amounts(log, log.wrote & log.member, "")
    yield from amounts(log, log.wrote, "_all")
    yield from weeks_and_months(log)
    for days in SPANS:
        cohort = log.member & log.reached(365.0)
        yield Statistic(f"lifespan_{days}", log.share(log.last - log.first > days, cohort))
    yield from bursts(log)
    yield from pulse(log)


def amounts(log: Indexed, who: np.ndarray, whose: str) -> Iterator[Statistic]:
    """Contributions per writer, of members ("") or of all accounts ("_all")."""
    owner, x = np.flatnonzero(who), log.written[who]
    yield Statistic(f"gini{whose}", gini(x, owner))
    for percent in (1, 10, 20):
        yield Statistic(f"top_{percent}{whose}", top(x, percent / 100, owner))
    yield Statistic(f"once{whose}", log.mean(x == 1, owner))
    yield Statistic(f"median_contributions{whose}", quantile(x, 0.5, owner))
    yield Statistic(f"mean_contributions{whose}", log.mean(x, owner))
    tail = powerlaw.fit(x)
    fitted = math.isfinite(tail.alpha)
    yield Statistic(f"exponent{whose}", exponent(x, owner, 1))
    of_tail = exponent(x, owner, tail.xmin) if fitted else fixed(math.nan, tail.n)
    yield Statistic(f"tail_exponent{whose}", of_tail, {"start": tail.xmin})
    yield Statistic(f"tail_from{whose}", fixed(tail.xmin if fitted else math.nan, tail.n))
    yield Statistic(f"vuong_tail{whose}", fixed(tail.z, tail.n))
    yield Statistic(f"vuong{whose}", fixed(tail.z_all, len(x)))
    yield Statistic(f"lognormal_sigma{whose}", fixed(tail.sigma, len(x)))


def exponent(x: np.ndarray, owner: np.ndarray, xmin: int) -> Estimate:
    """Exponent of the discrete power law from xmin on, by maximum likelihood."""
    law, over = powerlaw.Law(xmin), x >= xmin
    logs, owner = np.log(x[over]), owner[over]

    def at(w: np.ndarray) -> float:
        often = w[owner]
        return law.alpha(dot(often, logs) / float(often.sum())) if often.sum() else math.nan

    return Estimate(int(over.sum()), at)


class Periods:
    """Who was active in which whole week or month, counted from the first event."""

    def __init__(self, log: Indexed, length: int, who: np.ndarray):
        self.count = max(int(log.end // length), 1)
        period = (log.time // length).astype(np.int64)
        counted = who[log.source] & (period < self.count)
        keys, self.events = np.unique(log.source[counted] * self.count + period[counted], return_counts=True)
        self.account, self.period = keys // self.count, keys % self.count
        self.again = is_in(keys + 1, keys) & (self.period < self.count - 1)
        self.new = log.newcomer[self.account] & (self.period == log.first[self.account] // length)

    def active(self, w: np.ndarray) -> np.ndarray:
        """Active accounts in each period of a resample."""
        return np.bincount(self.period, w[self.account], self.count)


def weeks_and_months(log: Indexed) -> Iterator[Statistic]:
    """P7-P10: weekly actives and how they come back."""
    weekly, monthly = Periods(log, WEEK, log.member), Periods(log, MONTH, log.member)
    begin = SETTLING if weekly.count >= 2 * SETTLING else 0

    def part_of(who: np.ndarray, since: np.ndarray) -> Estimate:
        """Weekly actives to the accounts flagged `who` that were there by the week's end; mean over weeks."""
        week = np.clip(np.floor(since[who] / WEEK), 0, weekly.count).astype(np.int64)

        def at(w: np.ndarray) -> float:
            there = np.cumsum(np.bincount(week, w[who], weekly.count + 1))[: weekly.count]
            with np.errstate(all="ignore"):
                part = (weekly.active(w) / there)[begin:]
            return float(np.nanmean(part)) if np.isfinite(part).any() else math.nan

        return Estimate(weekly.count - begin, at)

    if log.registered:
        after = " after the tenth" if begin else ""
        yield Statistic("weekly_of_registered", part_of(log.member, log.joined), {"after": after})
    yield Statistic("weekly_of_contributors", part_of(log.member & log.wrote, log.first))
    # No interval: resampling accounts adds spread of its own to a spread between weeks.
    active = weekly.active(np.ones(log.accounts, np.int64))
    variation = float(active.std() / active.mean()) if active.any() else math.nan
    yield Statistic("weekly_variation", fixed(variation, weekly.count))
    yield Statistic("per_active_week_mean", log.mean(weekly.events, weekly.account))
    yield Statistic("per_active_week_median", quantile(weekly.events, 0.5, weekly.account))
    yield Statistic("per_active_week_p90", quantile(weekly.events, 0.9, weekly.account))
    followed = monthly.period < monthly.count - 1
    yield Statistic("monthly_retention", log.mean(monthly.again[followed], monthly.account[followed]))
    yield Statistic("monthly_newcomers", log.mean(monthly.new, monthly.account))


def burstiness(log: Indexed, who: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Busy accounts, their burstiness B, and B corrected for few gaps (Kim & Jo 2016, Physical Review E 94:032311)."""
    busy = (who & (log.written >= BUSY))[log.source]
    order = np.lexsort((log.time[busy], log.source[busy]))
    source, time = log.source[busy][order], log.time[busy][order]
    same = np.diff(source) == 0
    gap = np.diff(time)[same]
    account, owner, n = np.unique(source[1:][same], return_inverse=True, return_counts=True)
    middle = np.bincount(owner, gap) / n
    spread = np.sqrt(np.bincount(owner, (gap - middle[owner]) ** 2) / n)
    with np.errstate(all="ignore"):
        r = spread / middle
        plain = (r - 1) / (r + 1)
        fair = (np.sqrt(n + 1) * r - np.sqrt(n - 1)) / ((np.sqrt(n + 1) - 2) * r + np.sqrt(n - 1))
    sound = np.isfinite(plain)
    return account[sound], plain[sound], fair[sound]


def bursts(log: Indexed) -> Iterator[Statistic]:
    """P26, and the same of all accounts."""
    owner, plain, _ = burstiness(log, log.member)
    everyone, plain_all, fair = burstiness(log, log.everyone)
    yield Statistic("burstiness", log.mean(plain, owner))
    yield Statistic("burstiness_all", quantile(plain_all, 0.5, everyone))
    yield Statistic("burstiness_corrected", quantile(fair, 0.5, everyone))


def pulse(log: Indexed) -> Iterator[Statistic]:
    """Weekly and monthly actives of all accounts."""
    weekly, monthly = (Periods(log, length, log.everyone) for length in (WEEK, MONTH))
    months, quarter = weekly.count // 4, max(weekly.count // 4, 1)

    def last_quarter(w: np.ndarray) -> float:
        active = weekly.active(w)
        return float(active[-quarter:].mean() / active.max()) if active.any() else math.nan

    def of_month(w: np.ndarray) -> float:
        if not months:
            return math.nan
        week, month = weekly.active(w)[: 4 * months].reshape(-1, 4).mean(axis=1), monthly.active(w)[:months]
        return float((week[month > 0] / month[month > 0]).mean()) if month.any() else math.nan

    busiest = float(weekly.active(np.ones(log.accounts, int)).max())
    yield Statistic("weekly_actives", Estimate(weekly.count, lambda w: float(weekly.active(w).mean())))
    yield Statistic("weekly_actives_most", fixed(busiest, weekly.count))
    yield Statistic("weekly_last_quarter", Estimate(quarter, last_quarter))
    yield Statistic("weekly_of_monthly", Estimate(months, of_month))
    yield Statistic("weekly_newcomers", log.mean(weekly.new, weekly.account))
