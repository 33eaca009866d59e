"""What is counted as it happens: flows, cumulative since day 0 (ODD, 4.11 Observation). No rule reads them."""

from __future__ import annotations

from enum import IntEnum


class Flow(IntEnum):
    """The index of each flow in `community.flows`; measures.py gives unit and meaning."""

    JOINED_ORGANIC = 0
    JOINED_WORD = 1
    JOINED_BROADCAST = 2
    LEFT = 3
    VISITS = 4
    POSTS = 5
    RESPONSES = 6
    EXCHANGES = 7
    STAFF_MESSAGES = 8
    HOSTILE = 9
    SANCTIONS = 10
    MEDIATED = 11
    NEEDS = 12
    ASKED = 13
    SOLVED_MEMBERS = 14
    SOLVED_STAFF = 15
    SELF_SOLVED = 16
    GIVEN_UP = 17
    STORIES = 18
    AMPLIFIED = 19
    GATHERINGS = 20
    ATTENDANCES = 21
    INTRODUCTIONS = 22
    PROJECTS = 23
    INSIGHTS = 24
    ACTED = 25
    IDEAS = 26
    ATTENTION_COMPANY = 27
    ATTENTION_STORIES = 28
    ATTENTION_STAFF = 29
    ATTENTION_MEMBERS = 30
    CREATED = 31
    CREATED_SUM = 32
    BREACHES = 33
    MUTED = 34
    CODIFIED = 35
    FALSE_SANCTIONS = 36


N_FLOWS = len(Flow)
