"""Members as columns: one array a state variable, row i is member i (ODD, 2 Entities and state variables).

What a day asks of every member has memory of its own; the others are columns of two tables of records, so that what a
visitor feels lies together, and what else is asked of a visitor (`FELT`, `ASKED`).

A row belongs to one member for the whole run and is never given to another; who leaves keeps the row, with stage
LEFT. Rows are added at the end. `key` names the member in draws: it depends on the day and the way of joining, not
on the row, so that one person is the same person under two strategies.
"""

from __future__ import annotations

from collections import namedtuple
from enum import IntEnum

import numpy as np

from sim.compiled.kernel import kernel
from sim.state.table import record_type


class Stage(IntEnum):
    """Where in its membership a member is."""

    VISITOR = 0  # has not written yet
    NEWCOMER = 1  # has written, and joined lately
    REGULAR = 2
    CORE = 3  # holds close ties
    LAPSED = 4  # no visit for `leaving.lapse_days`
    LEFT = 5  # gone for good


class Source(IntEnum):
    """How a member came."""

    FOUNDER = 0
    ORGANIC = 1
    WORD = 2  # by word of mouth
    BROADCAST = 3


NOBODY = -1
LONG_AGO = -10_000  # a day that no run reaches

# name: (dtype, value of a new row, meaning with unit)
COLUMNS = {
    "key": (np.int64, 0, "the member's name in draws"),
    "drive": (np.float64, 0.0, "initial drive to visit, logit a day"),
    "closeness": (np.float64, 0.0, "sum of the strengths of the member's own ties to members"),
    "belonging": (np.float64, 0.0, "to the group, 0-1"),
    "worth": (np.float64, 0.0, "what a visit has been worth of late, 0-1"),
    "stage": (np.int8, 0, "Stage"),
    "need": (np.int8, NOBODY, "topic of the open need; -1: none"),
    "touchpoint": (np.int8, 0, "the touchpoint that matters most: product, marketing, service, sales"),
    "topic": (np.int8, 0, "first topic of interest"),
    "second": (np.int8, 0, "second topic of interest"),
    "asked": (np.int8, 0, "the open need: 0 new, 1 searched for in vain, 2 asked"),
    "muted": (np.int8, 0, "whether the member has muted the company"),
    "known": (np.int8, 0, "whether the team knows what the member cares about"),
    "joined": (np.int16, 0, "day of joining; negative for founders"),
    "last_visit": (np.int16, LONG_AGO, "day"),
    "visit_before": (np.int16, LONG_AGO, "day of the visit before the last"),
    "called": (np.int16, LONG_AGO, "day on which somebody last addressed this one"),
    "need_day": (np.int16, 0, "day on which the need arose"),
    "last_written": (np.int16, LONG_AGO, "day of the last contribution"),
    "tie_count": (np.int16, 0, "ties that the member holds"),
    "wins": (np.int16, 0, "needs solved and projects finished so far"),
    "tie_room": (np.int8, 0, "places that the member has for ties"),
    "tie_row": (np.int32, -1, "the first of these; -1: it never had any"),
    "written": (np.int32, 0, "contributions so far"),
    "trust": (np.float64, 0.5, "trust in the company, 0-1"),
    "annoyance": (np.float64, 0.0, "by company messages and breaches, 0 or more"),
    "hurt": (np.float64, 0.0, "by hostility and wrong sanctions, 0 or more"),
    "status": (np.float64, 0.0, "0-1"),
    "activity": (np.float64, 0.0, "contributions, fading"),
    "adstock": (np.float64, 0.0, "company messages met, fading"),
    "brand": (np.float64, 0.0, "one-way closeness to the brand, 0-1"),
    "heard_staff": (np.float64, 0.0, "replies by staff, fading"),
    "heard_member": (np.float64, 0.0, "replies by members, fading"),
    "loss": (np.float64, 0.0, "closeness lost with partners who left or lapsed, as shares, fading"),
    "to_staff": (np.float64, 0.0, "closeness felt to the team, 0-1"),
    "from_staff": (np.float64, 0.0, "closeness of the team to the member, 0-1"),
    "passion": (np.float64, 0.0, "logit, around 0"),
    "voice": (np.float64, 0.0, "initial readiness to write, logit a visit"),
    "expertise": (np.float64, 0.0, "skill in the first topic, 0-1"),
    "manners": (np.float64, 0.0, "readiness to break a norm, logit; lessons lower it"),
    "vengeance": (np.float64, 0.0, "readiness to sanction, 0-1"),
    "difficulty": (np.float64, 0.0, "of the open need, 0-1"),
    "question": (np.int32, NOBODY, "serial number of the post that asks the open need; -1: none"),
    "introduced": (np.int32, NOBODY, "row of the member to whom staff introduced this one"),
    "post": (np.int32, NOBODY, "serial number of the member's newest own post"),
    "helped": (np.int32, 0, "needs of others solved so far"),
    "introduced_day": (np.int16, LONG_AGO, "day of that"),
    "source": (np.int8, 0, "how the member came: Source"),
    "met": (np.int8, 0, "whether the member has ever met a company message"),
    "won": (np.int8, 0, "1: a need was solved today, 2: a project finished today, 3: both"),
    "invited": (np.int8, 0, "whether a facilitator has asked for the member's story"),
}
FELT = (
    "trust", "hurt", "status", "activity", "adstock", "heard_staff", "heard_member", "to_staff", "from_staff", "loss",
)  # fmt: skip
ASKED = (
    "passion", "voice", "expertise", "manners", "vengeance", "difficulty", "question", "introduced", "post",
    "helped", "last_written", "visit_before", "introduced_day", "wins", "topic", "second", "asked", "muted",
    "known", "source", "met", "tie_room",
)  # fmt: skip
Columns = namedtuple("Columns", COLUMNS)  # type: ignore[misc]


def blank_columns(capacity: int) -> dict[str, np.ndarray]:
    """Columns for `capacity` members who are not there yet: zeros, which take no memory until they are written to."""
    columns = {name: np.zeros(capacity, dtype) for name, (dtype, _, _) in COLUMNS.items()}
    for together in (FELT, ASKED):
        rows = np.zeros(capacity, record_type({name: COLUMNS[name][0] for name in together}))
        columns |= {name: rows[name] for name in together}
    return columns


def with_more(columns: dict[str, np.ndarray], used: int, capacity: int) -> dict[str, np.ndarray]:
    """The first `used` rows of `columns` in columns for `capacity` members."""
    more = blank_columns(capacity)
    for name, column in columns.items():
        more[name][:used] = column[:used]
    return more


@kernel
def blank(m, i):
    """Let row i be a new member's, as `COLUMNS` has it: what does not begin at zero."""
    m.last_visit[i] = m.visit_before[i] = m.called[i] = m.last_written[i] = m.introduced_day[i] = LONG_AGO
    m.need[i] = m.question[i] = m.introduced[i] = m.post[i] = m.tie_row[i] = NOBODY
    m.trust[i] = 0.5


@kernel
def interest(topic, first, second, share):
    """How much a member cares about `topic`: 1 for its first, `share` for its second, else 0."""
    if topic == first:
        return 1.0
    return share if topic == second else 0.0


@kernel
def skill(topic, first, second, expertise, p):
    """Skill of a member in `topic`, 0-1; `p`: the table [members]."""
    if topic == first:
        return expertise
    return expertise * (p.secondary_topic if topic == second else p.other_topic)
