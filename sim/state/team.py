"""The team: staff and marketers as rows, with the minutes that their hats bring them (ODD, 2.6)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from sim.scenario import ACTIVITIES
from sim.state.table import record_type


class Activity(IntEnum):
    """What hours are spent on, in the order of the day."""

    WELCOME = 0
    CONNECT = 1
    HOST = 2
    ANSWER = 3
    MODERATE = 4
    RECOGNISE = 5
    LISTEN = 6
    PUBLISH = 7
    AMPLIFY = 8
    PROMPT = 9
    RESPOND = 10
    ACT = 11


assert [activity.name.lower() for activity in Activity] == list(ACTIVITIES), "baseline.toml has other activities"
N_ACTIVITIES = len(Activity)

PERSON = record_type(
    {
        "key": np.uint64,  # of its draws today
        "drawn": np.int64,  # draws made so far for what it is doing
        "doing": np.int64,  # Activity
        "hats": np.int64,  # how many it wears
        "hosts": np.int8,  # wears the community hat
        "weekly": (np.float64, (N_ACTIVITIES,)),  # minutes a week that its hats bring it; below 0: not its work
        "minutes": (np.float64, (N_ACTIVITIES,)),  # at hand
        "spent": (np.float64, (N_ACTIVITIES,)),  # since day 0
    }
)
NOT_ITS_WORK = -1.0
