"""The company: what it has heard, what it does about it, and what it has sent out (ODD, 2.5)."""

from __future__ import annotations

import numpy as np

from sim.state.table import record_type

TOUCHPOINTS = ("product", "marketing", "service", "sales")

COMPANY = record_type(
    {
        "experience": (np.float64, (len(TOUCHPOINTS),)),  # 0-1, by touchpoint
        "capability": np.float64,  # to act on insight, 0-1
        "adstock": np.float64,  # exposures per follower outside, fading
        "stories": np.float64,  # stories passed around outside, fading
        "exposures": np.float64,  # messages met per follower outside, since day 0
        "practical": np.float64,  # practical messages on the members' channel, fading
        "practical_staff": np.float64,  # those by the team
        "feed": np.float64,  # things to read on the members' channel, fading
        "promotions": np.float64,  # those that push the brand line
        "awards": np.float64,  # recognitions, fading
        "money": np.float64,  # currency at hand
        "acted": np.int8,  # whether something was changed today
    }
)

INSIGHT = record_type(  # something learnt by listening
    {
        "member": np.int32,  # row of whom it comes from
        "day": np.int32,
        "touchpoint": np.int8,  # which should change
    }
)

WORK = record_type(  # a change under way
    {
        "gain": np.float64,  # what the touchpoint's experience gains of the rest
        "member": np.int32,  # row of who is told; -1: nobody
        "due": np.int32,  # day
        "touchpoint": np.int8,
    }
)

MESSAGE = record_type(  # of the company, today
    {
        "resonance": np.float64,  # 0-1: with what members talk about
        "promotion": np.float64,  # 1 pushes the brand line, 0 does not
        "novelty": np.float64,  # 0-1
        "reach": np.float64,  # 0-1: of the channel, noise taken off
        "topic": np.int8,
        "story": np.int8,  # 1 passes on a customer's story
    }
)
