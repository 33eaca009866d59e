"""The helpers of ODD 7: what formulas of all submodels share."""

from __future__ import annotations

import math

NOBODY = -1
LONG_AGO = -10000
LN2 = math.log(2.0)

VISITOR, NEWCOMER, REGULAR, CORE, LAPSED, LEFT = range(6)
FOUNDER, ORGANIC, WORD, BROADCAST = range(4)
NEW, SEARCHED, ASKED = range(3)
QUESTION, PRACTICAL, SOCIAL, PROMOTION, STORY, PROMPT, ANNOUNCEMENT = range(7)

ACTIVITIES = ("welcome", "connect", "host", "answer", "moderate", "recognise", "listen", "publish", "amplify",
              "prompt", "respond", "act")  # fmt: skip

FLOWS = ("joined_organic", "joined_word", "joined_broadcast", "left", "visits", "posts", "responses", "exchanges",
         "staff_messages", "hostile", "sanctions", "mediated", "needs", "asked", "solved_members", "solved_staff",
         "self_solved", "given_up", "stories", "amplified", "gatherings", "attendances", "introductions", "projects",
         "insights", "acted", "ideas", "attention_company", "attention_stories", "attention_staff",
         "attention_members", "created", "created_sum", "breaches", "muted", "codified", "false_sanctions")  # fmt: skip


def grow(x: float) -> float:
    """E to the x, never infinite."""
    return math.exp(min(x, 700.0))


def sig(x: float) -> float:
    """The logistic function."""
    return 1.0 / (1.0 + grow(-x))


def toward(x: float, share: float) -> float:
    """`x`, nearer to 1 by a share of what is missing."""
    return x + share * (1.0 - x)


def half(x: float) -> float:
    """What is left of 1 after `x` half-lives."""
    return math.exp(-0.6931471805599453 * x)


def of_team(author: int) -> bool:
    """Whether an author or solver is a person of the team."""
    return author <= -2
