"""Whether a strategy's hours add up: what is paid, what is given to no activity, and what was never used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from experiments.pages.wording import listed, number

if TYPE_CHECKING:
    import pandas as pd

MEASURE = "hours."  # and the activity: hours spent on it since day 0
WORTH_SAYING = 0.01  # of the hours paid
LEAST = 0.05  # hours a week of an activity; less is rounding
MOST_NAMED = 4


def of_week(rows: pd.DataFrame, shares: dict[str, float], paid: float, days: int) -> dict[str, Any] | None:
    """Hours a week of a scenario; None where the runs do not have them.

    Parameters
    ----------
    rows : the last day of its runs, a row a seed
    shares : of the hours, by activity
    paid : hours a week
    days : length of the runs

    Returns
    -------
    paid; unassigned: those that its strategy gives to no activity; unused: by activity, those given to it and not
    spent, means over the seeds, largest first
    """
    given = {activity: share * paid for activity, share in shares.items() if share > 0}
    if days < 1 or not all(f"{MEASURE}{activity}" in rows for activity in given):
        return None
    unused = {name: hours - float(rows[f"{MEASURE}{name}"].mean()) * 7 / days for name, hours in given.items()}
    ordered = sorted((name for name in unused if unused[name] >= LEAST), key=lambda name: -unused[name])
    left = paid - sum(given.values())
    return {"paid": paid, "unassigned": max(left, 0.0), "unused": {name: unused[name] for name in ordered}}


def words(weeks: dict[str, dict[str, Any]]) -> str:
    """One line on the hours of all scenarios, by label, that were paid and did nothing; "" if there are none."""
    parts = [text for label, week in weeks.items() if (text := _of_one(label, week))]
    return f"Hours a week that are paid and do nothing: {'; '.join(parts)}." if parts else ""


def _of_one(label: str, week: dict[str, Any]) -> str:
    idle = week["unassigned"] + sum(week["unused"].values())
    if idle < WORTH_SAYING * week["paid"]:
        return ""
    why = []
    if week["unassigned"] >= LEAST:
        why.append(f"{number(week['unassigned'])} given to no activity")
    names = [f"{name} {number(hours)}" for name, hours in week["unused"].items()]
    if len(names) > MOST_NAMED:
        names = [*names[:MOST_NAMED], f"{len(names) - MOST_NAMED} more"]
    if names:
        why.append(f"given and not spent: {listed(names)}")
    return f"{number(idle)} of {number(week['paid'])} under {label} ({', '.join(why)})"
