"""Small worlds for tests: communities in which nothing happens by itself, with chosen members, ties and visitors."""

import hashlib
import math
from copy import copy
from functools import cache
from pathlib import Path

import numpy as np

from sim.community import Community
from sim.compiled.draws import day_key, uniform
from sim.rules.room import Room
from sim.run import run
from sim.scenario import ACTIVITIES, load
from sim.state import conversations
from sim.state import posts as opening
from sim.state.members import COLUMNS
from sim.state.table import columns
from sim.state.ties import held, seat
from sim.state.values import values as values_of

WORLD = str(Path(__file__).with_name("world.toml"))  # values that stay when the baseline is calibrated
NEVER, ALWAYS = -60.0, 60.0  # as logits
QUIET = {
    "joining.rate": 0.0,
    "needing.rate": 0.0,
    "community.acquaintances": 0.0,
    "community.members": 6,
    "switches.passion": False,
}


@cache
def _world():
    return values_of(load(WORLD))


def values(table, **changes):
    """A table of the tests' world as rules get it, with some values chosen."""
    return _with(copy(getattr(_world(), table)), **changes)


def _with(table, **changes):
    """The same table of values, with `changes` written into it."""
    for name, value in changes.items():
        if isinstance(table, np.void):
            table[name] = value
        else:
            assert hasattr(table, name), name
            setattr(table, name, value)
    return table


def tune(community, table, **changes):
    """Choose values of one table of rules beyond what a scenario may say."""
    _with(getattr(community.values, table), **changes)


def handful(changes=None, seed=0):
    """Six members on day 1 who never visit or write by themselves: strangers, alike, expert in topic 0, calm.

    Nobody joins, no need arises. `changes` are dotted keys of the scenario.
    """
    community = Community(load(WORLD, {**QUIET, **(changes or {})}), seed, keep_events=True)
    m = community.members.view
    for name, value in {
        "drive": NEVER, "voice": NEVER, "topic": 0, "second": 1, "expertise": 1.0, "manners": 0.0, "vengeance": 0.0,
        "passion": 0.0, "joined": -100, "last_visit": 0, "touchpoint": 0,
    }.items():  # fmt: skip
        getattr(m, name)[:] = value
    community.day = 1
    come(community, [])
    return community


def calm(changes=None, **reading):
    """Six calm members: nobody is tempted to break a norm, nor answers in a conversation; an able answer solves."""
    community = handful(changes)
    norms(community).temptation[:] = NEVER
    tune(community, "reading", **{"solve_slope": 200.0, "to_last": 0.0, **reading})
    tune(community, "conversing", longest=0)
    return community


def answering(community, **conversing):
    """The same community, in which whoever is addressed answers, and is answered, after a tenth of a day."""
    tune(community, "conversing", **{"back": ALWAYS, "further": 1.0, "delay": math.log(2.4), "delay_sd": 0.0,
                                     "longest": 12, **conversing})  # fmt: skip
    return community


def some_members(n, changes=None, seed=0, **chosen):
    """A community of `n` on day 1, whose rows are as new but for their keys, 0 to n - 1, and the columns chosen."""
    community = handful({"community.members": max(n, 2), **(changes or {})}, seed)
    community.tables.now.members = n
    new = {name: initial for name, (_, initial, _) in COLUMNS.items()}
    for name, value in {**new, "key": np.arange(n), **chosen}.items():
        getattr(community.members.view, name)[:] = value
    return community


def some_ties(community, *felt):
    """Ties as (who, for whom, strength), in that order."""
    for one in felt:
        put(community, *one)


def put(community, i, j, strength, last=0, memory=0.0):
    """Let i feel `strength` for j, in its next free slot."""
    m, ties = community.members.view, community.tables.rows["ties"]
    assert j not in partners(community, i)
    at = seat(community.state, i, j, community.scenario.ties.slots)
    ties["strength"][at], ties["memory"][at], ties["last"][at] = strength, memory, last
    m.closeness[i] += strength
    if i in partners(community, j):
        ties["back"][place(community, j, i)] = strength


def partners(community, i):
    """The rows of those whom i holds, in the order of its slots."""
    m = community.members.view
    return community.tables.rows["ties"]["partner"][max(0, m.tie_row[i]) :][: m.tie_count[i]].tolist()


def place(community, i, j):
    """Where in the table i holds j."""
    return int(community.members.view.tie_row[i]) + partners(community, i).index(j)


def strength(community, i, j):
    """What i feels for j; None where it holds no slot."""
    assert partners(community, i).count(j) <= 1
    held_by = j in partners(community, i)
    return float(community.tables.ties["strength"][place(community, i, j)]) if held_by else None


def drawn(seed, rule, day, who, number):
    """One draw."""
    return uniform(day_key(seed, int(rule), day), who, number)


def come(community, rows, hours=None, left=8, ready=NEVER, bits=0):
    """Let these members be today's visitors, in this order, with attention, and so ready to write."""
    tables, n = community.tables, len(rows)
    now = tables.now
    tables.make_room(
        Room(
            members=now.members,
            posts=now.next - now.start + 500,
            insights=now.insights + 500,
            works=now.works + 500,
            owed=now.owed + 500,
            messages=500,
            lists=5000,
            events=tables.count.events + 5000,
            series=0,
        )
    )
    now.visitors, now.recent, now.here = n, now.members, community.current
    tables.rows["recent"][: now.members] = np.arange(now.members)
    today = visits(community)
    today.row[:] = rows
    today.hour[:] = np.linspace(0.5, 0.9, n) if hours is None else hours
    today.left[:], today.ready[:], today.broken[:], today.fits[:], today.passed_over[:] = left, ready, bits, 0.0, 0


def visits(community):
    """The columns of today's visits, in the order of the hours."""
    return columns(community.tables.rows["visits"][: community.tables.now.visitors])


def norms(community):
    """The columns of the norms, in the order of the scenario."""
    return columns(community.tables.rows["norms"])


def owe(community, who, to, due, thread=-1, turn=1, number=0):
    """Let `who` owe `to` an answer at `due`; its draws are those of who is owed, or of `who` to the team."""
    now, table = community.tables.now, columns(community.tables.rows["owed"])
    row, m = now.owed, community.members.view
    table.who[row], table.to[row], table.due[row], table.thread[row] = who, to, due, thread
    table.begun[row], table.begun_by[row] = community.day, m.key[to if to >= 0 else who]
    table.number[row], table.turn[row] = number, turn
    conversations.add(now, community.state.owed)


def owed(community):
    """The columns of the answers owed in conversations, the one due first before the others."""
    rows = community.tables.rows["owed"][: community.tables.now.owed]
    return columns(rows[np.argsort(rows["due"], kind="stable")])


def insights(community):
    """The columns of what the company has learnt, the oldest first."""
    return columns(community.tables.rows["insights"][: community.tables.now.insights])


def works(community):
    """The columns of the changes under way."""
    return columns(community.tables.rows["works"][: community.tables.now.works])


def messages(community):
    """The columns of the messages that the company has sent today."""
    return columns(community.tables.rows["messages"][: community.tables.now.messages])


def thread(community, author, kind=1, day=1, hour=0.1, topic=0, breach=0):
    """Open a thread; its place among the open posts."""
    now = community.tables.now
    serial = opening.add(now, community.state.posts, author, day, hour, topic, int(kind), breach)
    if author >= 0:
        community.members.view.post[author] = serial
    return serial - now.oldest


def open_posts(community, *kinds):
    """Places of the open posts of these kinds."""
    return np.flatnonzero(np.isin(community.posts["kind"], kinds))


def ran(scenario, seed, days, keep_events=False):
    """A community after some days."""
    community = Community(scenario, seed, keep_events=keep_events)
    for _ in range(days):
        community.step()
    return community


def state(community):
    """Every column of the state and all counts, by name, copied; ties as (members, slots), unused slots 0."""
    tables, now = community.tables, community.tables.now
    of_ties = held(community.members.view, community.tables.ties)
    found = {f"members.{name}": column.copy() for name, column in community.members.view._asdict().items()}
    for name in ("members.tie_row", "members.tie_room"):  # where the ties of a member lie, not what they are
        del found[name]
    for name in of_ties._fields[2:]:
        column = getattr(of_ties, name)
        found[f"ties.{name}"] = np.zeros((community.members.n, community.scenario.ties.slots), column.dtype)
        found[f"ties.{name}"][of_ties.owner, of_ties.slot] = column
    for name, rows in (
        ("posts", community.posts),
        ("norms", tables.rows["norms"]),
        ("insights", tables.rows["insights"][: now.insights]),
        ("works", tables.rows["works"][: now.works]),
        ("owed", tables.rows["owed"][: now.owed]),
    ):
        found |= {f"{name}.{column}": rows[column].copy() for column in rows.dtype.names}
    found |= {f"company.{name}": np.array(community.company[name]) for name in community.company.dtype.names}
    found["company.library"] = tables.library.copy()
    found |= {f"now.{name}": np.array(now[name]) for name in ("oldest", "next", "tide", "money_spent")}
    found["flows"] = community.flows.copy()
    for person in community.team:
        found[f"team.{person.name}.talk"] = person.talk.copy()
        found[f"team.{person.name}.spent"] = np.array(list(person.spent.values()))
    return found


def differences(one, other):
    """Names of what differs between two states, not a number being equal to itself."""
    return [
        name
        for name in one
        if one[name].shape != other[name].shape or not np.array_equal(one[name], other[name], equal_nan=True)
    ]


def digest(community):
    """A hash of the bits of the whole state."""
    found = hashlib.sha256()
    for name, column in state(community).items():
        found.update(name.encode() + str(column.dtype).encode() + np.ascontiguousarray(column).tobytes())
    return found.hexdigest()


@cache
def finished(scenario, seed, **changes):
    """A whole run by name, done once a session; `changes` with __ for the dot."""
    said = {key.replace("__", "."): value for key, value in changes.items()}
    return run(load(scenario, said), seed, observe_every=10_000)


def last(scenario, measure, seeds, **changes):
    """A measure on the last day, one number a seed."""
    return np.array([finished(scenario, seed, **changes).series[measure][-1] for seed in seeds])


# The team

MINUTES = 40 * 60 / 7  # of a week of 40 hours, a day


def working(activity, changes=None, minutes=None, seed=0):
    """Six members, and a team that spends all its hours on one activity; one action a day, or as many as said."""
    community = handful({"strategy.hours": {activity: 1.0}, "staffing.switching": 0.0, **(changes or {})}, seed)
    community.company.money = 1000.0
    needed = community.scenario.activities[activity].minutes if minutes is None else minutes
    at_hand = community.tables.rows["team"]["minutes"]
    at_hand[doer(community, activity).number, ACTIVITIES.index(activity)] = needed - MINUTES  # today's are to come
    return community


def doer(community, activity):
    (person,) = [person for person in community.team if person.weekly.get(activity)]
    return person


def sent(community):
    """The messages that the company has sent today."""
    return community.tables.rows["messages"][: community.tables.now.messages]


def heard(community):
    """Rows of the members to whom staff has spoken of late."""
    return np.flatnonzero(community.members.view.heard_staff).tolist()
