"""(h) What replies, and having written, do to a member's next week, the member beside itself in the same quarter.

A row a member and week, from the third week after its first message to twelve weeks after its last. Poisson, whether it
writes at all, with an effect for each member and quarter: who writes more anyhow, or at some time, says nothing.
Replies are those of the last week and half of those of the week before. A member in a busy spell writes more and gets
more replies, so their pull is an upper bound. What having written does comes out too low, by some .3: a quarter is
short, and its mean holds the week itself (Nickell 1981); it is for comparing logs with simulated ones. Estimates are
logs of ratios against a week after no reply and none written; errors belong together by member.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.effects.fits import Estimate, poisson
from experiments.effects.logs import WEEK, Community

AFTER, WEEKS, LEAST = 12, 13, 1_000  # weeks after the last message, weeks of a quarter, rows
REPLIES = {  # by the name of the estimate: replies remembered, more than and up to
    "pull_1": (0.75, 1.5),
    "pull_2": (1.5, 2.5),
    "pull_4": (2.5, 4.5),
    "pull_8": (4.5, 8.5),
    "pull_16": (8.5, 16.5),
    "pull_more": (16.5, np.inf),
}
FEWEST = 30  # rows with so many replies, for an estimate of it


def weeks_of_members(log: Community) -> pd.DataFrame:
    """The rows.

    Columns: member, quarter (a number), wrote (0.0, 1.0), replies (remembered), last, before (own messages in the last
    week and in the one before).
    """
    messages, whole = log.messages, log.days // 7
    week = (messages["time"].to_numpy() - log.start) // WEEK
    source, target = messages["source"].to_numpy(), messages["target"].to_numpy()
    wrote = ~messages["staff"].to_numpy() & (week < whole)
    told = (target >= 0) & (target != source)
    rows = pd.DataFrame({"member": source[wrote], "week": week[wrote]}).groupby("member")["week"].agg(["min", "max"])
    begin, end = rows["min"].to_numpy() + 2, np.minimum(rows["max"].to_numpy() + AFTER, whole - 1)
    many = np.maximum(end - begin + 1, 0)
    member = np.repeat(rows.index.to_numpy(), many)
    at = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + np.repeat(begin, many)
    own = pd.Series(1, pd.MultiIndex.from_arrays([source[wrote], week[wrote]])).groupby(level=[0, 1]).sum()
    heard = pd.Series(1, pd.MultiIndex.from_arrays([target[told], week[told]])).groupby(level=[0, 1]).sum()

    def count(of: pd.Series, ago: int) -> np.ndarray:
        return of.reindex(pd.MultiIndex.from_arrays([member, at - ago]), fill_value=0).to_numpy(float)

    return pd.DataFrame(
        {
            "member": member,
            "quarter": at // WEEKS,
            "wrote": (count(own, 0) > 0).astype(float),
            "replies": count(heard, 1) + 0.5 * count(heard, 2),
            "last": count(own, 1),
            "before": count(own, 2),
        }
    )


def facts(log: Community) -> dict[str, Estimate]:
    """The pulls: of replies by how many, of having written last week, and of each further message (log) in it."""
    rows = weeks_of_members(log)
    if len(rows) < LEAST:
        return {}
    x = pd.DataFrame({"pull_few": rows["replies"].between(0.1, 0.75).astype(float)})
    for name, (more, most) in REPLIES.items():
        x[name] = ((rows["replies"] > more) & (rows["replies"] <= most)).astype(float)
    for name, own in (("last", rows["last"]), ("before", rows["before"])):
        x[f"own_{name}"] = (own > 0).astype(float)
        x[f"own_{name}_more"] = np.log1p(np.maximum(own - 1, 0))
    spell = rows["member"].to_numpy() * (rows["quarter"].max() + 1) + rows["quarter"].to_numpy()
    x = x.loc[:, x.sum() >= FEWEST]
    wanted = [*REPLIES, "own_last", "own_last_more"]
    found = poisson(rows["wrote"], x, spell, rows["member"]) if x.shape[1] else {}
    return {name: found[name] for name in wanted if name in found}
