"""(e) The life course of a community: a row a year of 365 days from its first message."""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.effects.levels import active
from experiments.effects.logs import Community

YEAR, LEAST, TOP = 365, 91, 10  # days; days that a last year must have; answerers


def years(log: Community) -> pd.DataFrame:
    """A row a year, the last one if it has at least a quarter.

    Columns: year (from 1), weekly_active (members), staff_of_messages, staff_of_first_replies, between_members
    (shares, of exchanges the last), newcomers, kept (share of the year's ten busiest answerers, staff left out, who
    are among the next year's; NaN: no next year).
    """
    messages, threads = log.messages, log.threads
    year = pd.Series(log.period(messages["time"], YEAR), index=messages.index)
    member, exchange = ~messages["staff"], messages["source"] != messages["target"]
    weekly = active(log, 7)  # a week is of the year in which it begins
    weekly_mean = pd.Series(weekly).groupby(np.arange(weekly.size) * 7 // YEAR).mean()
    number = np.arange(-(-log.days // YEAR))
    length = np.minimum((number + 1) * YEAR, log.days) - number * YEAR
    replied = threads[(threads["first_by"] != "") & (threads["opened"] >= log.start)]
    between = (member & ~messages["to_staff"])[exchange]
    table = pd.DataFrame({"year": number + 1, "weekly_active": weekly_mean.reindex(number, fill_value=0)})
    table["staff_of_messages"] = messages["staff"].groupby(year).mean()
    table["staff_of_first_replies"] = (
        (replied["first_by"] == "staff").groupby(log.period(replied["opened"], YEAR)).mean()
    )
    table["between_members"] = between.groupby(year[exchange]).mean()
    first = year[member & ~messages["source"].duplicated()]
    table["newcomers"] = first.value_counts().reindex(number, fill_value=0)
    table["kept"] = retained(messages[member & ~messages["opens"]], year)
    return table[length >= LEAST].reset_index(drop=True)


def retained(replies: pd.DataFrame, year: pd.Series) -> pd.Series:
    """The share of each year's ten busiest answerers who are among the next year's; by year."""
    count = replies.groupby([year.reindex(replies.index), "source"]).size()
    busiest = {now: set(those.droplevel(0).nlargest(TOP).index) for now, those in count.groupby(level=0)}
    both = {now: len(those & busiest[now + 1]) / TOP for now, those in busiest.items() if now + 1 in busiest}
    return pd.Series(both, dtype=float)


def halved(table: pd.DataFrame, by: int | None = None) -> bool:
    """Whether staff's share of messages falls to half of the first year's or less, at some time or in year `by`."""
    share = table["staff_of_messages"].to_numpy()
    later = share[1:by] if by else share[1:]
    return bool(share[0] > 0 and (later <= share[0] / 2).any())
