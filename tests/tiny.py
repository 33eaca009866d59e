"""Small worlds for tests: bare columns with chosen values, and communities in which nothing happens by itself."""

import hashlib
from functools import cache
from pathlib import Path

import numpy as np

from sim import events as log
from sim import posts as ring
from sim.community import Community
from sim.compiled.draws import day_key, uniform
from sim.run import run
from sim.scenario import load
from sim.state.flows import N_FLOWS
from sim.state.members import Members
from sim.state.ties import TieSlots

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
def _table(name):
    return load(WORLD).values(name)


def values(table, **changes):
    """A table of the tests' world as rules get it, with some values chosen."""
    return _table(table)._replace(**changes)


def some_members(n, norms=0, **columns):
    """Bare member columns: row i has key i; the rest is as of a blank row or as given."""
    members = Members(norms, n)
    members.add(n)
    m = members.view
    m.key[:] = np.arange(n)
    for name, value in columns.items():
        getattr(m, name)[:] = value
    return m


def some_ties(n, *felt, slots=4, m=None):
    """Tie slots with (who, for whom, strength) seated in that order; adds to the closeness of `m`, where given."""
    store = TieSlots(slots, n)
    store.add(n)
    for i, j, strength in felt:
        put(store.view, i, j, strength, m)
    return store.view


def put(ties, i, j, strength, m=None, last=0):
    """Let i feel `strength` for j, in the next free slot."""
    k = ties.count[i]
    ties.partner[i, k], ties.strength[i, k], ties.last[i, k] = j, strength, last
    ties.count[i] += 1
    if m is not None:
        m.closeness[i] += strength


def strength(ties, i, j):
    """What i feels for j; None where it holds no slot."""
    held = [k for k in range(ties.count[i]) if ties.partner[i, k] == j]
    assert len(held) <= 1
    return float(ties.strength[i, held[0]]) if held else None


def no_flows():
    """Empty counters."""
    return np.zeros(N_FLOWS)


def drawn(seed, rule, day, who, number):
    """One draw."""
    return uniform(day_key(seed, int(rule), day), who, number)


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


def tune(community, table, **changes):
    """Choose values of one table of rules beyond what a scenario may say."""
    community._values[table] = community._values[table]._replace(**changes)


def come(community, rows, hours=None, left=8, turns=0, bits=0):
    """Let these members be today's visitors, in this order, with attention and contributions to make."""
    n = len(rows)
    community.visitors = np.array(rows, np.int64)
    community.hours = np.linspace(0.5, 0.9, n) if hours is None else np.array(hours, float)
    community.left, community.turns, community.bits = np.full(n, left), np.full(n, turns), np.full(n, bits)
    community.recent = np.arange(community.members.n)
    community.posts = ring.with_room(community.posts, 500)
    community.events = log.buffer(5000)


def thread(community, author, kind=1, day=1, hour=0.1, topic=0, breach=0):
    """Open a thread; its place in the ring."""
    serial = ring.add(community.posts, author, day, hour, topic, int(kind), breach)
    if author >= 0:
        community.members.view.post[author] = serial
    return serial % community.posts.author.size


def ran(scenario, seed, days, keep_events=False):
    """A community after some days."""
    community = Community(scenario, seed, keep_events=keep_events)
    for _ in range(days):
        community.step()
    return community


def state(community):
    """Every column of the state and all counts, by name, copied."""
    m, ties = community.members.view, community.ties.view
    used = np.arange(ties.partner.shape[1]) < ties.count[:, None]
    found = {f"members.{name}": column.copy() for name, column in m._asdict().items()}
    found |= {f"ties.{name}": np.where(used, column, 0) for name, column in ties._asdict().items() if name != "count"}
    found["ties.count"] = ties.count.copy()
    at = np.arange(*community.posts.span) % community.posts.author.size
    found |= {f"posts.{name}": column[at] for name, column in community.posts._asdict().items() if name != "span"}
    found |= {f"norms.{name}": column.copy() for name, column in community.norms._asdict().items()}
    company = community.company
    for name in ("experience", "library"):
        found[f"company.{name}"] = getattr(company, name).copy()
    for name in ("capability", "adstock", "stories", "exposures", "practical", "practical_staff", "feed", "promotions",
                 "awards", "money"):  # fmt: skip
        found[f"company.{name}"] = np.array(float(getattr(company, name)))
    found["company.backlog"] = np.array(company.backlog, float)
    found["company.works"] = np.array(company.works, float)
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
