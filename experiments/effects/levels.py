"""(g) Level facts of a community: how much is written, by whom, how soon answered.

Staff are those of the staff at the time of writing; members are everybody else, volunteer leads too. Exchanges are
messages addressed to somebody else. Weeks and 28 days are counted from midnight before the first message. Most
facts are ratios of sums over quarters of 13 weeks; their errors take the quarters as independent (Cochran 1977, 6.4).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.effects.fits import Estimate
from experiments.effects.logs import Community
from experiments.effects.newcomers import WINDOWS, newcomers

QUARTER, LAST = 91, 13  # days; weeks
DRAWS, SEED = 200, 1  # of a bootstrap over members or threads


def levels(log: Community) -> dict[str, Estimate]:
    """Every level fact: shares 0 to 1, counts a day or week, hours; NaN where the log has nothing of the sort."""
    weekly = active(log, 7)
    each = log.messages["source"].value_counts()
    once = (each == 1).mean()
    hours = waits(log)
    people = newcomers(log)
    facts = rates(log, weekly) | shares(log) | pairs(log)
    facts["weekly_of_monthly_active"] = of_month(log, weekly)
    facts["wrote_once"] = share(once, len(each))
    top = resampled(each.to_numpy(), top_tenth)
    facts["top_tenth_of_messages"] = Estimate(top_tenth(each.to_numpy()), top, len(each))
    middle = resampled(hours.dropna().to_numpy(), np.median)
    facts["answered_median_hours"] = Estimate(float(hours.median()), middle, int(hours.notna().sum()))
    for name in WINDOWS:
        facts[f"back_{name}"] = share(people[name].mean(), int(people[name].notna().sum()))
    contributors = log.messages.loc[~log.messages["staff"], "source"].nunique()
    for name, value in (
        ("weekly_active_max", weekly.max()),
        ("weekly_active_last_quarter", weekly[-LAST:].mean()),
        ("weekly_active_per_contributor", weekly.mean() / max(contributors, 1)),
    ):
        facts[name] = Estimate(float(value), np.nan, weekly.size)
    return facts


def active(log: Community, days: int) -> np.ndarray:
    """Members who wrote in each period of so many days; int (periods,)."""
    written = log.messages[~log.messages["staff"]]
    who = pd.DataFrame({"period": log.period(written["time"], days), "who": written["source"]}).drop_duplicates()
    return np.bincount(who["period"], minlength=-(-log.days // days))


def waits(log: Community) -> pd.Series:
    """Hours from opening to first reply, of every thread; NaN: never."""
    return (log.threads["first_reply"] - log.threads["opened"]) / 3600


def top_tenth(each: np.ndarray) -> float:
    """The share of messages by the tenth of writers who wrote most; `each`: messages of each writer."""
    each = np.sort(each)[::-1]
    return float(each[: max(round(each.size / 10), 1)].sum() / each.sum())


def rates(log: Community, weekly: np.ndarray) -> dict[str, Estimate]:
    """Counts per day, week, or active member and week."""
    messages, threads = log.messages, log.threads
    quarter = log.period(messages["time"], QUARTER)
    size = quarter.max() + 1
    first = ~messages["staff"] & ~messages["source"].duplicated()
    written, by_staff, new = (np.bincount(quarter, of, size) for of in (None, messages["staff"], first))
    announcements = threads[(threads["kind"] == "announcement") & (threads["opened"] >= log.start)]
    announced = np.bincount(log.period(announcements["opened"], QUARTER), minlength=size)
    days = np.minimum((np.arange(size) + 1) * QUARTER, log.days) - np.arange(size) * QUARTER
    actives = np.bincount(np.arange(weekly.size) // LAST, weekly, size)
    return {
        "posts_a_day": ratio(written, days),
        "weekly_active": ratio(actives, np.bincount(np.arange(weekly.size) // LAST, minlength=size)),
        "newcomers_a_week": ratio(new, days / 7),
        "newcomers_of_weekly_active": ratio(new, actives),
        "staff_messages_per_active_week": ratio(by_staff, actives),
        "announcements_a_week": ratio(announced, days / 7),
    }


def shares(log: Community) -> dict[str, Estimate]:
    """Shares of messages, replies, exchanges and threads."""
    messages, threads = log.messages, log.threads
    exchange = messages["source"] != messages["target"]
    written = log.period(messages["time"], QUARTER)
    opened = log.period(threads["opened"].clip(log.start, log.end - 1), QUARTER)
    replied = threads["first_by"] != ""
    parts = {
        "staff_of_messages": (messages["staff"], messages["time"] > 0, written),
        "staff_of_replies": (messages["staff"], ~messages["opens"], written),
        "lead_of_messages": (messages["lead"], messages["time"] > 0, written),
        "between_members": (~messages["staff"] & ~messages["to_staff"], exchange, written),
        "staff_of_first_repliers": (threads["first_by"] == "staff", replied, opened),
        "answered_24h": (waits(log) <= 24, threads["opened"] > 0, opened),
    }
    return {
        name: ratio(np.bincount(quarter, top & of), np.bincount(quarter, of))
        for name, (top, of, quarter) in parts.items()
    }


def pairs(log: Community) -> dict[str, Estimate]:
    """Of the pairs of members who ever exchanged a reply: with replies both ways, and with one reply only."""
    replies = log.messages[~log.messages["opens"] & ~log.messages["staff"] & ~log.messages["to_staff"]]
    one, other = replies["source"].to_numpy(), replies["target"].to_numpy()
    table = pd.DataFrame({"low": np.minimum(one, other), "high": np.maximum(one, other), "up": one < other})
    each = table[one != other].groupby(["low", "high"])["up"].agg(["sum", "count"])
    both = (each["sum"] > 0) & (each["sum"] < each["count"])
    return {
        "pairs_both_ways": share(float(both.mean()), len(each)),
        "pairs_of_one_reply": share(float((each["count"] == 1).mean()), len(each)),
    }


def of_month(log: Community, weekly: np.ndarray) -> Estimate:
    """Weekly active over 28-day active members, their means over the log; periods of 28 days."""
    monthly = active(log, 28)
    block = np.arange(weekly.size) // 4
    estimate = ratio(np.bincount(block, weekly) / np.bincount(block), monthly)
    return estimate._replace(value=float(weekly.mean() / monthly.mean()))


def ratio(top: Any, of: Any) -> Estimate:
    """A ratio of sums over periods (periods,), with its error; NaN where there is nothing to divide by."""
    top, of = np.asarray(top, float), np.asarray(of, float)
    if not of.sum():
        return Estimate(np.nan, np.nan, 0)
    value = top.sum() / of.sum()
    spread = np.sqrt(((top - value * of) ** 2).sum() * top.size / max(top.size - 1, 1)) / of.sum()
    return Estimate(float(value), float(spread), top.size)


def share(value: float, n: int) -> Estimate:
    """A share of n people, with the binomial error."""
    return Estimate(float(value), float(np.sqrt(value * (1 - value) / n)) if n else np.nan, n)


def resampled(values: np.ndarray, of: Any) -> float:
    """The standard error of a number made of values, by a bootstrap over them; NaN with none."""
    if not values.size:
        return np.nan
    draws = np.random.default_rng(SEED)
    return float(np.std([of(draws.choice(values, values.size)) for _ in range(DRAWS)]))
