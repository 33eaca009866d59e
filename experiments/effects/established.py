"""(a) What replies do to established members: threads of the same member compared.

All threads of members, not of the staff, with four or more; linear probabilities with an effect for each member, the
quarter, and the member's own messages in the 14 days before. Exposure within 24 hours, outcome in (1, 15] days after
the opening. Estimates are differences of shares (times 100: points), errors clustered by member.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.effects.fits import Estimate, dummies, linear
from experiments.effects.logs import DAY, Community
from experiments.effects.newcomers import QUARTER, SMALLEST_ARM
from experiments.effects.windows import Moments, pairs

LEAST_THREADS, FEWEST = 4, 100  # of a member; in all


def threads_of_members(log: Community) -> pd.DataFrame:
    """Threads of members with four or more, whose outcome ends within the log.

    Columns: opener, quarter, before (own messages in the 14 days before), any, staff, others (1.0: replied within 24
    h), elsewhere, back (1.0: wrote in another thread, or anywhere, in (1, 15] days).
    """
    opened, messages = log.threads, log.messages
    opened = opened[~opened["staff"] & (opened["opener"] >= 0)]
    opened = opened[opened["opener"].map(opened["opener"].value_counts()) >= LEAST_THREADS]
    begin, stop = opened["opened"] + DAY, opened["opened"] + 15 * DAY
    wrote = Moments(messages["source"], messages["time"])
    there = Moments(pairs(messages["source"], messages["thread"]), messages["time"])
    count = wrote.count(opened["opener"], begin, stop)
    same = there.count(pairs(opened["opener"], opened["thread"]), begin, stop)
    rows = pd.DataFrame(
        {
            "opener": opened["opener"],
            "quarter": log.period(opened["opened"], QUARTER),
            "before": wrote.count(opened["opener"], opened["opened"] - 14 * DAY - 1, opened["opened"] - 1),
            "elsewhere": (count > same).astype(float),
            "back": (count > 0).astype(float),
        }
    )
    for name, key in (("any", "first_reply"), ("staff", "first_staff_reply"), ("others", "first_member_reply")):
        rows[name] = (opened[key] - opened["opened"] <= DAY).astype(float)
    return rows[stop <= log.end].reset_index(drop=True)


def effects(log: Community) -> dict[str, Estimate]:
    """The estimates of (a) on established members, differences of shares."""
    rows = threads_of_members(log)
    if len(rows) < FEWEST:
        return {}
    held = dummies(rows["quarter"], "quarter").assign(before=np.log1p(rows["before"]))
    both = linear(rows["elsewhere"], held.join(rows[["staff", "others"]]), rows["opener"])
    estimates = {
        "established_any": linear(rows["elsewhere"], held.join(rows["any"]), rows["opener"]).get("any"),
        "established_staff": both.get("staff"),
        "established_others": both.get("others"),
        "established_any_anywhere": linear(rows["back"], held.join(rows["any"]), rows["opener"]).get("any"),
    }
    exposed = {name: rows[key].sum() for name, key in zip(estimates, ("any", "staff", "others", "any"), strict=True)}
    return {
        name: estimate
        for name, estimate in estimates.items()
        if estimate is not None and min(exposed[name], len(rows) - exposed[name]) >= SMALLEST_ARM
    }


def base(log: Community) -> float:
    """The share of such threads after which the opener writes in another thread, in (1, 15] days."""
    return float(threads_of_members(log)["elsewhere"].mean())
