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
        yield Statistic("contributed", "P1", "share of accounts", "wrote at least once, of all registered accounts",
                        log.share(log.wrote, log.everyone))  # fmt: skip
        yield Statistic("gini_registered", "P3", "0-1", "Gini of contributions, members who never wrote among them",
                        gini(log.written[log.member], np.flatnonzero(log.member)))  # fmt: skip
    yield from amounts(log, log.wrote & log.member, True)
    yield from amounts(log, log.wrote, False)
    yield from weeks_and_months(log)
    for days in SPANS:
        yield Statistic(f"lifespan_{days}", "P11", "share of members",
                        f"wrote for more than {days} d, of those who began a year before the end",
                        log.share(log.last - log.first > days, log.member & log.reached(365.0)))  # fmt: skip
    yield from bursts(log)
    yield from pulse(log)


def amounts(log: Indexed, who: np.ndarray, members: bool) -> Iterator[Statistic]:
    """Contributions per writer, of members or of all accounts (which belong to no pattern)."""
    owner, x = np.flatnonzero(who), log.written[who]
    whose, suffix = ("members who wrote", "") if members else ("all accounts that wrote", "_all")

    def of(name: str, pattern: str, unit: str, about: str, estimate: Estimate) -> Statistic:
        return Statistic(f"{name}{suffix}", pattern if members else "", unit, about, estimate)

    yield of("gini", "P2", "0-1", f"Gini of contributions, {whose}", gini(x, owner))
    for percent in (1, 10, 20):
        yield of(f"top_{percent}", "P4", "share of contributions", f"by the top {percent} % of {whose}",
                 top(x, percent / 100, owner))  # fmt: skip
    yield of("once", "P5", "share of writers", f"exactly one contribution, {whose}", log.mean(x == 1, owner))
    yield of("median_contributions", "P5", "contributions", f"per writer, {whose}", quantile(x, 0.5, owner))
    yield of("mean_contributions", "", "contributions", f"per writer, {whose}", log.mean(x, owner))
    tail = powerlaw.fit(x)
    fitted = math.isfinite(tail.alpha)
    yield of("exponent", "P6", "exponent", f"power law, all x >= 1, {whose}", exponent(x, owner, 1))
    yield of("tail_exponent", "P6", "exponent", f"power law from {tail.xmin} on, {whose}",
             exponent(x, owner, tail.xmin) if fitted else fixed(math.nan, tail.n))  # fmt: skip
    yield of("tail_from", "", "contributions", "where the tail begins (smallest distance)",
             fixed(tail.xmin if fitted else math.nan, tail.n))  # fmt: skip
    yield of("vuong_tail", "", "z", "power law against lognormal, in the tail", fixed(tail.z, tail.n))
    yield of("vuong", "", "z", "power law against lognormal, all values", fixed(tail.z_all, len(x)))
    yield of("lognormal_sigma", "", "log units", "of the lognormal, all values", fixed(tail.sigma, len(x)))


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
        kept = who[log.source] & (period < self.count)
        keys, self.events = np.unique(log.source[kept] * self.count + period[kept], return_counts=True)
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
        yield Statistic("weekly_of_registered", "P7", "share of members",
                        "active in a week, of those registered by its end; mean over weeks" +
                        " after the tenth" * (begin > 0), part_of(log.member, log.joined))  # fmt: skip
    yield Statistic("weekly_of_contributors", "P7", "share of members", "the same, of those who have ever written by "
                    "then", part_of(log.member & log.wrote, log.first))  # fmt: skip
    # No interval: resampling accounts adds spread of its own to a spread between weeks.
    active = weekly.active(np.ones(log.accounts, np.int64))
    variation = float(active.std() / active.mean()) if active.any() else math.nan
    yield Statistic("weekly_variation", "P8", "ratio", "coefficient of variation of weekly actives",
                    fixed(variation, weekly.count))  # fmt: skip
    yield Statistic("per_active_week_mean", "P9", "contributions", "per active member and week",
                    log.mean(weekly.events, weekly.account))  # fmt: skip
    for name, about, q in (("median", "median", 0.5), ("p90", "90th percentile", 0.9)):
        yield Statistic(f"per_active_week_{name}", "P9", "contributions", f"the same, {about}",
                        quantile(weekly.events, q, weekly.account))  # fmt: skip
    followed = monthly.period < monthly.count - 1
    yield Statistic("monthly_retention", "P10", "share of actives", f"active again in the next {MONTH} days",
                    log.mean(monthly.again[followed], monthly.account[followed]))  # fmt: skip
    yield Statistic("monthly_newcomers", "P10", "share of actives", f"of a month ({MONTH} days) in their first",
                    log.mean(monthly.new, monthly.account))  # fmt: skip


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
    about = f"(sd-mean)/(sd+mean) of the gaps between events, those with {BUSY} or more"
    yield Statistic("burstiness", "P26", "-1 to 1", f"{about}, members; mean", log.mean(plain, owner))
    yield Statistic("burstiness_all", "", "-1 to 1", f"{about}, all accounts; median",
                    quantile(plain_all, 0.5, everyone))  # fmt: skip
    yield Statistic("burstiness_corrected", "", "-1 to 1", "the same, corrected for few gaps",
                    quantile(fair, 0.5, everyone))  # fmt: skip


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

    yield Statistic("weekly_actives", "", "accounts", "that wrote in a week, mean over whole weeks",
                    Estimate(weekly.count, lambda w: float(weekly.active(w).mean())))  # fmt: skip
    yield Statistic("weekly_actives_most", "", "accounts", "that wrote in the busiest week",
                    fixed(float(weekly.active(np.ones(log.accounts, int)).max()), weekly.count))  # fmt: skip
    yield Statistic("weekly_last_quarter", "", "ratio", "weekly actives in the last quarter of the weeks to the "
                    "busiest week", Estimate(quarter, last_quarter))  # fmt: skip
    yield Statistic("weekly_of_monthly", "", "ratio", f"weekly to monthly actives ({MONTH} days), mean over months",
                    Estimate(months, of_month))  # fmt: skip
    yield Statistic("weekly_newcomers", "", "share of actives", "of a week in their first",
                    log.mean(weekly.new, weekly.account))  # fmt: skip
