"""(c) What a staff answer does to further answers: in the same thread, and to how many threads are answered.

In the thread: threads opened by members and still open to answers; who has responded by a landmark (6 or 24 hours after
the opening), and how many further members, who had not written in it, respond in the 7 days after the landmark.
Poisson with an effect for each quarter, hour of day, category, length of the opening, and whether the opener is new.
From week to week: threads answered within 7 days on threads answered by staff, the number of threads held fixed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.effects.fits import Estimate, dummies, over_time, poisson
from experiments.effects.logs import WEEK, Community, responses
from experiments.effects.newcomers import QUARTER, SMALLEST_ARM
from experiments.effects.windows import Moments

FEWEST, FEWEST_WEEKS = 100, 52  # threads; weeks, with one thread a week on average


def of_members(log: Community, end: float) -> pd.DataFrame:
    """Threads opened by members, followed for so many seconds within the log."""
    threads = log.threads
    return threads[~threads["staff"] & (threads["opener"] >= 0) & (threads["opened"] + end <= log.end)]


def by_landmark(log: Community, hours: int) -> pd.DataFrame:
    """Threads of members at a landmark.

    Columns: thread, quarter, hour (of day, UTC), category, words, new (bool: the opener's first message), by_staff,
    by_members (responders by the landmark), wait (hours to the first of them, NaN: none), further (members who respond
    first in the 7 days after it).
    """
    mark = hours * 3600
    threads = of_members(log, mark + WEEK)
    who = responses(log)
    staff, members = (Moments(rows["thread"], rows["time"]) for rows in (who[who["staff"]], who[~who["staff"]]))
    number, opened = threads["thread"], threads["opened"]
    first = log.messages.groupby("source")["time"].min()
    wait = number.map(who.drop_duplicates("thread").set_index("thread")["time"]) - opened
    return pd.DataFrame(
        {
            "thread": number,
            "quarter": log.period(opened, QUARTER),
            "hour": opened // 3600 % 24,
            "category": threads["category"],
            "words": threads["words"],
            "new": threads["opener"].map(first) == opened,
            "by_staff": staff.count(number, opened - 1, opened + mark),
            "by_members": members.count(number, opened - 1, opened + mark),
            "wait": wait.where(wait <= mark) / 3600,
            "further": members.count(number, opened + mark, opened + mark + WEEK),
        }
    ).reset_index(drop=True)


def further(threads: pd.DataFrame, exposures: pd.DataFrame) -> dict[str, Estimate]:
    """Ratios of further members for exposures (0 or 1, or numbers), the rest held fixed."""
    held = dummies(threads["hour"], "hour").join(dummies(threads["category"], "category"))
    held = held.set_index(threads.index).assign(words=np.log1p(threads["words"]), new=threads["new"].astype(float))
    return poisson(threads["further"], exposures.join(held), threads["quarter"])


def in_the_thread(log: Community) -> dict[str, Estimate]:
    """Staff or member by the landmark against nobody; a sole staff responder against a sole member."""
    estimates: dict[str, Estimate] = {}
    threads = by_landmark(log, 24)
    staff, member = threads["by_staff"] > 0, threads["by_members"] > 0
    state = pd.DataFrame({"staff_24h": staff & ~member, "member_24h": ~staff & member, "both": staff & member})
    if enough(len(threads), state["staff_24h"], state["member_24h"], ~staff & ~member):
        fitted = further(threads, state.astype(float))
        estimates |= {f"further_{name}": fitted[name] for name in ("staff_24h", "member_24h") if name in fitted}
    for hours in (24, 6):
        threads = by_landmark(log, hours)
        sole = threads[threads["by_staff"] + threads["by_members"] == 1]
        staff = sole["by_staff"] == 1
        if enough(len(sole), staff, ~staff):
            waited = np.log(np.maximum(sole["wait"], 1 / 60))
            fitted = further(sole, pd.DataFrame({"staff": staff.astype(float), "wait": waited}))
            estimates |= {f"further_sole_staff_{hours}h": fitted["staff"]} if "staff" in fitted else {}
    return estimates


def enough(rows: int, *sides: pd.Series) -> bool:
    """Whether there are enough threads, and enough on every side."""
    return rows >= FEWEST and all(side.sum() >= SMALLEST_ARM for side in sides)


def weekly(log: Community) -> pd.DataFrame:
    """A row a week with a thread of a member.

    Columns, of these threads: threads, answered (by anybody, within 7 days), by_staff, by_members, answerers (members
    who responded within 7 days), quarter.
    """
    threads = of_members(log, WEEK)
    who = responses(log).merge(threads[["thread", "opened"]], on="thread")
    who = who[(who["time"] - who["opened"] <= WEEK) & ~who["staff"]]
    week = pd.Series(log.period(threads["opened"], 7), index=threads.index)
    answered = {
        name: (threads[key] - threads["opened"] <= WEEK).groupby(week).sum()
        for name, key in (
            ("answered", "first_reply"), ("by_staff", "first_staff_reply"), ("by_members", "first_member_reply"),
        )
    }  # fmt: skip
    answerers = who.groupby(log.period(who["opened"], 7))["source"].nunique()
    table = pd.DataFrame({"threads": week.value_counts().sort_index()} | answered)
    table["answerers"] = answerers.reindex(table.index, fill_value=0)
    return table.assign(quarter=table.index // 13)


def from_week_to_week(log: Community) -> dict[str, Estimate]:
    """Slopes: threads answered, answered by members, and answering members, for one more thread answered by staff."""
    weeks = weekly(log)
    a_week = weeks["threads"].sum() / (log.days / 7)
    if len(weeks) < FEWEST_WEEKS or a_week < 1 or weeks["by_staff"].sum() < SMALLEST_ARM:
        return {}
    estimates = {
        f"weekly_{name}": over_time(weeks[name], weeks[["by_staff", "threads"]], weeks["quarter"]).get("by_staff")
        for name in ("answered", "by_members", "answerers")
    }
    return {name: estimate for name, estimate in estimates.items() if estimate is not None}


def effects(log: Community) -> dict[str, Estimate]:
    """The estimates of (c): logs of ratios, and slopes."""
    return in_the_thread(log) | from_week_to_week(log)
