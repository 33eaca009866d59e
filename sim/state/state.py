"""The whole state as rules are given it, and room for it to grow."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.state.table import record_type

LONGEST = 128  # entries of a short list: ties, glances and two more, within the ranges of the scenario

NOW = record_type(  # how much of each table is in use, and what is true of the community as a whole today
    {
        "members": np.int64,  # rows of members, those who left included
        "tie_rows": np.int64,  # places for ties that were given out
        "oldest": np.int64,  # serial number of the oldest open post
        "next": np.int64,  # of the next post
        "start": np.int64,  # of the post in the first row
        "insights": np.int64,
        "works": np.int64,
        "owed": np.int64,  # answers in conversations
        "messages": np.int64,
        "visitors": np.int64,
        "recent": np.int64,  # members seen lately
        "here": np.int64,  # members who have not left
        "gatherings": np.int64,  # hosted today
        "listed": np.int64,  # entries of the list of an activity
        "handed": np.int64,  # of these, handed out
        "listing": np.int64,  # whose list it is: Activity; -1: none
        "practical": np.int64,  # practical messages by members today, while they read
        "market": np.float64,  # people who might have joined since day 0
        "tide": np.float64,  # pull to visit that all feel alike, logit
        "money_spent": np.float64,  # currency, since day 0
    }
)

VISIT = record_type(  # one a visitor, in the order of the hours
    {
        "hour": np.float64,  # share of the day
        "ready": np.float64,  # readiness to write, logit
        "fits": np.float64,  # how well what it has read suits it, in things that suit it wholly
        "broken": np.int64,  # bit b: norm b is broken on this visit
        "passed_over": np.int8,  # whether a newcomer was in view, and is passed over
        "row": np.int32,  # of the member
        "left": np.int32,  # things that it can still read
        "read": np.int32,  # things read so far
    }
)

ENTRY = record_type(  # of a short list of what a visitor may read, or of a list that the team works off
    {
        "weight": np.float64,
        "second": np.float64,  # the second thing to sort by
        "serial": np.int64,  # of the post; -1: a word apart
        "who": np.int64,  # row of the member; -2 - k: person k of the team
    }
)


class Today(NamedTuple):
    """Which day of which run it is: with the rule and the member it determines every draw."""

    seed: int
    day: int


class State(NamedTuple):
    """All state variables; a table has rows beyond those in use, which `now` counts."""

    now: Any  # NOW
    members: Any  # Columns, each (rows,)
    beliefs: np.ndarray  # float64 (rows of members, n_norms): how often each believes each norm is kept
    ties: Any  # TIE (rows,)
    posts: Any  # POST (rows,)
    norms: Any  # NORM (n_norms,)
    team: Any  # PERSON (n_team,)
    talk: np.ndarray  # float64 (n_team, n_topics): how often each topic was met in talk, fading
    heard: np.ndarray  # float64 (n_team, n_topics), overwritten: what colleagues knew
    company: Any  # COMPANY
    library: np.ndarray  # float64 (n_topics,): solved threads that can be found
    volume: np.ndarray  # int64 (n_topics,): open posts this morning
    insights: Any  # INSIGHT (rows,), the oldest first
    works: Any  # WORK (rows,)
    owed: Any  # OWED (rows,), a heap
    messages: Any  # MESSAGE (rows,), today's
    visits: Any  # VISIT (rows,), today's
    recent: np.ndarray  # int32 (rows,): members seen lately
    guests: np.ndarray  # int32 (places,): rows of who came to a gathering or works on a project
    short_list: Any  # ENTRY (LONGEST,)
    lists: Any  # ENTRY (rows,): what is left to do for the team in one activity
    scratch: np.ndarray  # int32 (2, rows of members): overwritten by who needs it


class Out(NamedTuple):
    """What is observed of a run; no rule reads it."""

    count: Any  # COUNT
    flows: np.ndarray  # float64 (N_FLOWS,), since day 0
    dawn: np.ndarray  # float64 (N_FLOWS,), the flows at the start of the day
    events: Any  # EVENT (rows,); none where no events are kept
    company_value: np.ndarray  # float64 (lines,), currency since day 0
    member_value: np.ndarray  # float64 (lines,), currency since day 0
    closeness: Any  # CLOSENESS: what the ties add up to at the end of the day
    ego: np.ndarray  # float64 (rows of members,): intimacy of each at the end of the day
    sorted: np.ndarray  # float64 (rows of members,), overwritten
    shares: np.ndarray  # int64 (n, 2): whose hours on what are a measure of their own: person, Activity
    series: np.ndarray  # float64 (rows, n_measures): one row a day observed


COUNT = record_type({"events": np.int64, "rows": np.int64})  # used of `events` and of `series`
