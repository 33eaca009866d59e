"""Norms as columns: what each forbids, who enforces it, whether it is written down (ODD, 2.4 and 7.11)."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np


class Breach(IntEnum):
    """What a member, or the company, does who breaks a norm."""

    HOSTILE = 0  # answers with hostility
    FREE_RIDE = 1  # leaves unanswered who addressed it
    IGNORE_NEWCOMER = 2  # passes newcomers over
    PROMOTE = 3  # promotes itself
    COMPANY_PROMOTE = 4  # the company promotes past what is let pass
    STRAY = 5  # opens a thread beside the topic
    OTHER = 6  # a breach that others see and may sanction, and nothing more


class Norms(NamedTuple):
    """Columns of the norms, each of shape (n_norms,)."""

    breach: np.ndarray  # int8, Breach
    start: np.ndarray  # float64: how often a new member believes it is kept
    tolerance: np.ndarray  # float64: chance that a breach is let pass
    visible: np.ndarray  # int8: written down
    by_peers: np.ndarray  # int8
    by_staff: np.ndarray  # int8
    temptation: np.ndarray  # float64, logit
    sanctions: np.ndarray  # float64: sanctions remembered, fading
    breaches: np.ndarray  # float64: breaches remembered, fading
    held_days: np.ndarray  # int32: days for which enough active members have held it


def columns(norms: dict) -> Norms:
    """The columns of a scenario's norms."""
    items = list(norms.values())
    kinds = [Breach[item.breach.upper()] for item in items]
    n = len(items)
    return Norms(
        np.array(kinds, np.int8),
        np.array([item.start for item in items], np.float64),
        np.array([item.tolerance for item in items], np.float64),
        np.array([item.visible for item in items], np.int8),
        np.array([item.enforced_by in ("peers", "both") for item in items], np.int8),
        np.array([item.enforced_by in ("staff", "both") for item in items], np.int8),
        np.array([item.temptation for item in items], np.float64),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n, np.int32),
    )
