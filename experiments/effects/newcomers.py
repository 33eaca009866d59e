"""(a) What replies do to newcomers: whether somebody whose first thread was answered writes again.

A newcomer is a member, not of the staff, at the first message; their first thread is what they opened with. Exposure is
what happens within 24 hours or 7 days of it; outcomes lie in (1, 8], (7, 37] and (7, 97] days after it, and only
newcomers whose window ends within the log count. Poisson regressions of 0/1 (Zou 2004) give risk ratios; each holds
quarter, category and length of the opening fixed. A better question draws answers and comes back more: ratios are
upper bounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.effects.fits import Estimate, dummies, poisson
from experiments.effects.logs import DAY, WEEK, Community, responses
from experiments.effects.windows import Moments, pairs

WINDOWS = {"d1_8": (1, 8), "d7_37": (7, 37), "d7_97": (7, 97)}  # days after the first message: (after, upto]
QUARTER = 91  # days
FEWEST, SMALLEST_ARM = 100, 20  # newcomers for a comparison: in all, and on either side


def newcomers(log: Community) -> pd.DataFrame:
    """Everybody's first message who was not of the staff then.

    Columns: member, first (s), quarter, opens (bool), thread, category, words; what came of the first thread, as
    hours to the first reply by anybody (`any`), staff, others, an ordinary member (`ordinary`), NaN: never; first_by;
    addressed (bool: somebody wrote to them within 7 days); for each window w of `WINDOWS`: w (1.0 back, 0.0 not, NaN:
    the log ends before), w_else (in another thread).
    """
    messages = log.messages
    first = messages.drop_duplicates("source")
    first = first[~first["staff"]].rename(columns={"source": "member", "time": "first"})
    about = log.threads.set_index("thread")
    rows = first[["member", "first", "opens", "thread", "special"]].reset_index(drop=True)
    rows["quarter"] = log.period(rows["first"], QUARTER)
    for key in ("category", "words", "first_by"):
        rows[key] = rows["thread"].map(about[key])
    for name, key in (("any", "first_reply"), ("staff", "first_staff_reply"), ("others", "first_member_reply")):
        rows[name] = (rows["thread"].map(about[key]) - rows["first"]) / 3600
    ordinary = responses(log)
    ordinary = ordinary[~ordinary["staff"] & ~ordinary["lead"]].drop_duplicates("thread").set_index("thread")["time"]
    rows["ordinary"] = (rows["thread"].map(ordinary) - rows["first"]) / 3600
    to_them = messages[messages["source"] != messages["target"]]
    addressed = Moments(to_them["target"], to_them["time"])
    rows["addressed"] = addressed.count(rows["member"], rows["first"], rows["first"] + WEEK) > 0
    wrote = Moments(messages["source"], messages["time"])
    there = Moments(pairs(messages["source"], messages["thread"]), messages["time"])
    both = pairs(rows["member"], rows["thread"])
    for name, (after, upto) in WINDOWS.items():
        begin, stop = rows["first"] + after * DAY, rows["first"] + upto * DAY
        count, same = wrote.count(rows["member"], begin, stop), there.count(both, begin, stop)
        seen = (stop <= log.end).to_numpy()
        rows[name] = np.where(seen, count > 0, np.nan)
        rows[f"{name}_else"] = np.where(seen, count > same, np.nan)
    return rows


def effects(log: Community) -> dict[str, Estimate]:
    """The estimates of (a) on newcomers, logs of ratios."""
    people = newcomers(log)
    opened = people[people["opens"]].copy()
    estimates: dict[str, Estimate] = {}
    day, week = within(opened, "any", 24), within(opened, "any", 168)
    for name in (*WINDOWS, "d7_97_else"):
        estimates |= compare(opened, name, {f"reply_24h_{name}": day})
    for name in ("d7_37", "d7_97"):
        estimates |= compare(opened, name, {f"reply_7d_{name}": week})
        sides = {f"{who}_reply_7d_{name}": within(opened, who, 168) for who in ("staff", "others")}
        estimates |= compare(opened, name, sides)
        answered = opened[week]
        estimates |= compare(answered, name, {f"first_by_staff_{name}": answered["first_by"] == "staff"})
        hours = {f"doubling_{name}": np.log2(np.maximum(answered["any"], 1 / 60))}
        estimates |= compare(answered, name, hours, arms=False)
    unpaid = opened[week & (opened["first_by"] != "staff")]
    estimates |= compare(unpaid, "d7_37", {"first_by_lead_d7_37": unpaid["first_by"] == "lead"})
    rate = staff_rate_elsewhere(log, opened)
    if within(opened, "staff", 168).sum() >= SMALLEST_ARM:
        estimates |= compare(opened, "d7_97", {"staff_rate_of_week_d7_97": rate}, arms=False)
    replied = people[~people["opens"]]
    estimates |= compare(replied, "d7_37", {"addressed_7d_d7_37": replied["addressed"]})
    announced = replied["special"] == "announcement"
    return estimates | compare(replied, "d7_97", {"came_by_announcement_d7_97": announced}, fixed=("words",))


def within(people: pd.DataFrame, who: str, hours: float) -> pd.Series:
    """Whether the first thread had a reply by `who` (any, staff, others) within so many hours; bool."""
    return people[who] <= hours


def compare(
    people: pd.DataFrame,
    outcome: str,
    exposures: dict[str, Any],
    arms: bool = True,
    fixed: tuple[str, ...] = ("category", "words"),
) -> dict[str, Estimate]:
    """Ratios of the outcome for exposures held against each other; those with too few on a side are left out.

    Where one of several exposures has too few on a side it stays in the regression, and no estimate of it is given.
    """
    x = pd.DataFrame({name: np.asarray(values, float) for name, values in exposures.items()}, index=people.index)
    seen = people[outcome].notna() & x.notna().all(axis=1)
    people, x = people[seen], x[seen]
    if len(people) < FEWEST:
        return {}
    exposed = [name for name in x if not arms or min(x[name].sum(), (1 - x[name]).sum()) >= SMALLEST_ARM]
    if not exposed:
        return {}
    if "category" in fixed:
        x = x.join(dummies(people["category"], "category").set_index(people.index))
    if "words" in fixed:
        x = x.assign(words=np.log1p(people["words"]))
    fitted = poisson(people[outcome], x, people["quarter"])
    return {name: fitted[name] for name in exposed if name in fitted}


def staff_rate_elsewhere(log: Community, people: pd.DataFrame) -> pd.Series:
    """The share of the other threads of the same week, by members, that staff answered within 7 days; 0 to 1.

    What staff happened to do that week, whatever the newcomer's own thread was like. NaN where there was no other.
    """
    threads = log.threads[~log.threads["staff"] & (log.threads["opener"] >= 0)]
    answered = threads["first_staff_reply"] - threads["opened"] <= WEEK
    weekly = answered.groupby(log.period(threads["opened"], 7)).agg(["sum", "size"])
    week = pd.Series(log.period(people["first"], 7), index=people.index)
    others = week.map(weekly["size"]) - 1
    return (week.map(weekly["sum"]) - within(people, "staff", 168)) / others.where(others > 0)


def raw(log: Community) -> dict[str, Any]:
    """The table of newcomers: how many, first threads answered, and shares back by who answered and how fast."""
    people = newcomers(log)
    opened = people[people["opens"]]
    facts: dict[str, Any] = {"newcomers": len(people), "opening_first": len(opened)}
    facts |= {f"first_answered_{n}h": within(opened, "any", n).mean() for n in (24, 168)}
    facts["first_answered_median_hours"] = opened["any"].median()
    staff, others, ordinary = (within(opened, who, 168) for who in ("staff", "others", "ordinary"))
    kinds = {
        "both": staff & others,
        "staff": staff & ~others,
        "lead": ~staff & others & ~ordinary,
        "members": ~staff & others & ordinary,
        "nobody": ~staff & ~others,
    }
    hours = {
        f"{a}_{b}h": opened["any"].between(a, b, inclusive="left") for a, b in ((0, 1), (1, 6), (6, 24), (24, 168))
    }
    for name, which in (kinds | hours).items():
        seen = opened.loc[which, "d7_97"].dropna()
        facts |= {f"back_if_{name}": seen.mean() if len(seen) >= SMALLEST_ARM else np.nan, f"n_if_{name}": len(seen)}
    return facts
