"""Norms: what each forbids, who enforces it, whether it is written down (ODD, 2.4 and 7.12)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from sim.state.table import record_type


class Breach(IntEnum):
    """What a member, or the company, does who breaks a norm."""

    HOSTILE = 0  # answers with hostility
    FREE_RIDE = 1  # leaves unanswered who addressed it
    IGNORE_NEWCOMER = 2  # passes newcomers over
    PROMOTE = 3  # promotes itself
    COMPANY_PROMOTE = 4  # the company promotes past what is let pass
    STRAY = 5  # opens a thread beside the topic
    OTHER = 6  # a breach that others see and may sanction, and nothing more


NORM = record_type(
    {
        "start": np.float64,  # how often a new member believes it is kept
        "tolerance": np.float64,  # chance that a breach is let pass
        "temptation": np.float64,  # logit
        "sanctions": np.float64,  # sanctions remembered, fading
        "breaches": np.float64,  # breaches remembered, fading
        "held_days": np.int32,  # days for which enough active members have held it
        "breach": np.int8,  # Breach
        "visible": np.int8,  # written down
        "by_peers": np.int8,
        "by_staff": np.int8,
    }
)


def rows(norms: dict) -> np.ndarray:
    """A row for each of a scenario's norms, in its order."""
    table = np.zeros(len(norms), NORM)
    for row, item in zip(table, norms.values(), strict=True):
        row["breach"] = Breach[item.breach.upper()]
        row["start"], row["tolerance"], row["temptation"] = item.start, item.tolerance, item.temptation
        row["visible"] = item.visible
        row["by_peers"] = item.enforced_by in ("peers", "both")
        row["by_staff"] = item.enforced_by in ("staff", "both")
    return table
