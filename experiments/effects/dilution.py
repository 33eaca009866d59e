"""Dilution: whether an announcement draws fewer replies where there are more of them per active member.

Across communities: the log of replies to an announcement, relative to replies to a topic, on the log of announcements
per active member and week; least squares, one point a community.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.effects.levels import active
from experiments.effects.logs import Community
from experiments.effects.pooling import DRAWS, SEED

FEWEST_DATES, FEWEST_LOGS = 8, 4


def point(log: Community) -> dict[str, float] | None:
    """`frequency`: announcements per active member and week; `drawn`: replies to one over replies to a topic.

    None where there are too few announcements, or no reply to any.
    """
    kind = log.threads.set_index("thread")["kind"]
    replies = log.messages[~log.messages["opens"]].groupby("thread").size().reindex(kind.index, fill_value=0)
    mean = replies.groupby(kind).mean()
    count = int((kind == "announcement").sum())
    weeks = active(log, 7).sum()
    if count < FEWEST_DATES or not mean["announcement"] or not mean.get("topic", 0) or not weeks:
        return None
    return {"frequency": count / weeks, "drawn": float(mean["announcement"] / mean["topic"])}


def elasticity(points: Sequence[dict[str, Any]]) -> dict[str, float] | None:
    """The slope over communities, its interval from a bootstrap over them, their correlation; None with too few."""
    if len(points) < FEWEST_LOGS:
        return None
    table = np.log(pd.DataFrame(points)[["frequency", "drawn"]])
    x, y = table["frequency"].to_numpy(), table["drawn"].to_numpy()
    drawn = np.random.default_rng(SEED).integers(x.size, size=(DRAWS, x.size))
    dx = x[drawn] - x[drawn].mean(1, keepdims=True)
    some = (dx**2).sum(1) > 1e-12
    slopes = (dx[some] * y[drawn][some]).sum(1) / (dx[some] ** 2).sum(1)
    low, high = np.quantile(slopes, [0.025, 0.975])
    return {
        "value": float(np.polyfit(x, y, 1)[0]),
        "low": float(low),
        "high": float(high),
        "r": float(np.corrcoef(x, y)[0, 1]),
        "k": len(points),
    }
