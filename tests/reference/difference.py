"""Where the model and the reference differ: every state variable and every measure, compared exactly.

This file knows both sides. The reference (`model.py` beside it) was written from sim/ODD.md by somebody who had not
read the model's code; what it must offer to be compared is what this file reads of it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.community import Community
from sim.measures import COMPANY_LINES, MEMBER_LINES, shuffled_intimacy
from sim.state import members
from sim.state.events import EVENT, KINDS
from sim.state.posts import POST
from sim.state.ties import held
from tests.reference import measures

LIE = ("tie_row", "tie_room", "tie_count")  # where the ties of a member lie
COLUMNS = [name for name in members.COLUMNS if name not in LIE]
NUMBERS = ("adstock", "stories", "exposures", "practical", "practical_staff", "feed", "promotions", "awards", "money",
           "capability")  # fmt: skip
CHANGING = ("visible", "sanctions", "breaches", "held_days")
SLOT = ("partner", "strength", "memory", "last", "exchanges")
# The company's lists, as the reference calls them: the table of the model, and the fields in their order.
LISTS = {
    "backlog": ("insights", ("touchpoint", "member", "day")),
    "works": ("works", ("due", "touchpoint", "gain", "member")),
    "messages": ("messages", ("topic", "resonance", "promotion", "story", "novelty", "reach")),
}
# Answers owed: the fields of the model in the order of the reference.
OWED = ("due", "who", "to", "thread", "begun", "begun_by", "number", "turn")


def first_difference(model: Community, twin: Any) -> str | None:
    """The first difference found between the model and the reference, in words; None where they are equal."""
    return (
        _members(model, twin)
        or _ties(model, twin)
        or _posts(model, twin)
        or _company(model, twin)
        or _owed(model, twin)
        or _team(model, twin)
        or _norms(model, twin)
        or _events(model, twin)
        or _rest(model, twin)
    )


def null_difference(model: Community, twin: Any, seed: int) -> str | None:
    """The difference in intimacy with partners shuffled, but for rounding: the model's mean is NumPy's (ODD 7.18)."""
    if not twin.current():
        return None
    ours, theirs = shuffled_intimacy(model, seed), measures.shuffled_intimacy(twin, seed)
    return None if math.isclose(ours, theirs, rel_tol=1e-12) else _unequal(f"null, seed {seed}", ours, theirs)


def values(model: Community, twin: Any) -> int:
    """How many values `first_difference` compares."""
    slots = sum(len(member.ties) for member in twin.members)
    company = len(NUMBERS) + len(twin.company.experience) + len(twin.company.library) + 1
    company += sum(len(e) for name in LISTS for e in getattr(twin.company, name))
    return (
        len(twin.members) * (len(COLUMNS) + len(twin.norms) + 1)
        + slots * len(SLOT)
        + (twin.next - twin.oldest) * len(POST.names)
        + company
        + len(twin.owed) * len(OWED)
        + sum(2 * len(person.work) + len(person.talk) for person in twin.team)
        + len(twin.norms) * len(CHANGING)
        + sum(len(getattr(twin, name)) for name in ("visitors", "hours", "flows", "volume"))
        + len(model.measure_names)
        + (len(twin.events) - twin.earlier) * len(EVENT.names)
    )


def _unequal(name: str, ours: Any, theirs: Any) -> str | None:
    return None if ours == theirs else f"{name}: the model has {ours!r}, the reference {theirs!r}"


def _members(model: Community, twin: Any) -> str | None:
    m = model.members.view
    if said := _unequal("number of members", model.members.n, len(twin.members)):
        return said
    for name in [*COLUMNS, "norms"]:
        ours = getattr(m, name)
        theirs = np.array([getattr(member, name) for member in twin.members]).reshape(ours.shape)
        if not np.array_equal(ours, theirs):
            at = tuple(np.argwhere(ours != theirs)[0])
            count = int((ours != theirs).sum())
            return f"member {at[0]}, {_unequal(name, ours[at].item(), theirs[at].item())} (so do {count} in all)"
    return None


def _ties(model: Community, twin: Any) -> str | None:
    for i, member in enumerate(twin.members):
        if said := _unequal(f"member {i}, slots in use", int(model.members.view.tie_count[i]), len(member.ties)):
            return said
    ours = held(model.members.view, model.tables.ties)
    for name in SLOT:
        theirs = [getattr(tie, name) for member in twin.members for tie in member.ties]
        if (k := _first(getattr(ours, name), theirs)) is not None:
            value = getattr(ours, name)[k].item()  # of 64 bits: a float of 32 would take the other's for its own
            return _unequal(f"member {ours.owner[k]}, slot {ours.slot[k]}, {name}", value, theirs[k])
    return None


def _posts(model: Community, twin: Any) -> str | None:
    posts, now = model.posts, model.tables.now
    if said := _unequal("open posts", (int(now.oldest), int(now.next)), (twin.oldest, twin.next)):
        return said
    for name in POST.names:
        theirs = [getattr(twin.post(serial), name) for serial in range(twin.oldest, twin.next)]
        if (k := _first(posts[name], theirs)) is not None:
            return _unequal(f"post {twin.oldest + k}, {name}", posts[name][k], theirs[k])
    return None


def _first(ours: np.ndarray, theirs: list) -> int | None:
    """The place of the first difference between a row of the model's values and a list of the reference's."""
    wrong = np.flatnonzero(ours != np.array(theirs, dtype=None if theirs else ours.dtype))
    return int(wrong[0]) if wrong.size else None


def _company(model: Community, twin: Any) -> str | None:
    ours, theirs = model.company, twin.company
    for name in NUMBERS:
        if said := _unequal(f"company, {name}", getattr(ours, name), getattr(theirs, name)):
            return said
    for name, array in (("experience", ours.experience), ("library", model.tables.library)):
        if said := _unequal(f"company, {name}", array.tolist(), list(getattr(theirs, name))):
            return said
    for name, (table, fields) in LISTS.items():
        entries = model.tables.rows[table][: model.tables.now[table]]
        pairs = (
            [tuple(entry[field] for field in fields) for entry in entries],
            [tuple(e) for e in getattr(theirs, name)],
        )
        if said := _unequal(f"company, {name}", *pairs):
            return said
    return _unequal("company, acted", ours.acted, theirs.acted)


def _owed(model: Community, twin: Any) -> str | None:
    """Answers owed, in the order in which they are due."""
    entries = model.tables.rows["owed"][: model.tables.now.owed]
    ours = sorted(tuple(entry[field].item() for field in OWED) for entry in entries)
    theirs = sorted((due, who, to, thread, *turn) for due, who, to, thread, turn in twin.owed)
    return _unequal("answers owed", ours, theirs)


def _team(model: Community, twin: Any) -> str | None:
    for ours, theirs in zip(model.team, twin.team, strict=True):
        for name in ("minutes", "spent"):
            minutes = {activity: getattr(theirs, name)[activity] for activity in theirs.work}
            if said := _unequal(f"{ours.name}, {name}", getattr(ours, name), minutes):
                return said
        if said := _unequal(f"{ours.name}, talk", ours.talk.tolist(), list(theirs.talk)):
            return said
    return None


def _norms(model: Community, twin: Any) -> str | None:
    for b, (ours, theirs) in enumerate(zip(model.tables.rows["norms"], twin.norms, strict=True)):
        for name in CHANGING:
            if said := _unequal(f"norm {b}, {name}", ours[name].item(), getattr(theirs, name)):
                return said
    return None


def _events(model: Community, twin: Any) -> str | None:
    """Today's events; those before have been compared."""
    if said := _unequal("number of events", len(model.events), len(twin.events)):
        return said
    for k, (time, source, target, thread, kind) in enumerate(model.events[twin.earlier :].tolist(), twin.earlier):
        if said := _unequal(f"event {k}", (time, source, target, KINDS[kind], thread), twin.events[k]):
            return said
    return None


def _rest(model: Community, twin: Any) -> str | None:
    tables, now = model.tables, model.tables.now
    visits = tables.rows["visits"][: now.visitors]
    arrays = {"visitors": visits["row"], "hours": visits["hour"], "flows": model.flows, "volume": tables.volume}
    for name, ours in arrays.items():
        if said := _unequal(name, ours.tolist(), list(getattr(twin, name))):
            return said
    numbers = {"day": model.day, "tide": now.tide, "gatherings": now.gatherings, "money_spent": now.money_spent,
               "epoch": model.epoch}  # fmt: skip
    for name, ours in numbers.items():
        if said := _unequal(name, ours, getattr(twin, name)):
            return said
    ledgers = {
        "company_value": dict(zip(COMPANY_LINES, tables.company_value.tolist(), strict=True)),
        "member_value": dict(zip(MEMBER_LINES, tables.member_value.tolist(), strict=True)),
    }
    for name, ours in ledgers.items():
        if said := _unequal(name, ours, getattr(twin, name)):
            return said
    ours, theirs = model.observe(), twin.observe()
    if said := _unequal("names of the measures", list(ours), list(theirs)):
        return said
    for name, value in ours.items():
        if value != theirs[name] and not (math.isnan(value) and math.isnan(theirs[name])):
            return _unequal(f"measure {name}", value, theirs[name])
    return None
