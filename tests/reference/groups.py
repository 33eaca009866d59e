"""Groups of a day: meeting (ODD 7.8) and creating (7.11)."""

from __future__ import annotations

import math

from tests.reference import draws
from tests.reference.draws import Luck
from tests.reference.helpers import sig, toward
from tests.reference.member import Member


def meet(model):
    """Today's gatherings, one after the other (7.8)."""
    for g in range(model.gatherings):
        gather(model, g)


def gather(model, g: int):
    """One gathering: guests, talk, perhaps a project."""
    t, ties, exchange = model.p.meeting, model.p.ties, model.p.switches.exchange
    place = model.channel_of("host")
    guests = invite(model, g)
    n = len(guests)
    if n < t.fewest:
        return
    for visit in model.visits:
        if visit.member in guests:
            visit.left = max(0, visit.left - t.attention)
    model.count("gatherings")
    model.count("attendances", n)
    for i in guests:
        i.belonging = toward(i.belonging, t.belonging_gain)
        i.passion += t.uplift
        i.near_team()
        for q in range(min(t.partners, n - 1) if exchange else 0):
            j = partner(i, guests, i.luck(draws.MEETING)(32 * g + 1 + q))
            near = min(i.felt(j), j.felt(i)) > ties.personal_threshold
            depth = ties.personal if model.p.strategy.personal_frame and near else ties.social
            talk(i, j, depth * place.depth, t.hour)
            i.belong()
            j.belong()
    if exchange and n > 1 and Luck(model.key(draws.MEETING), -1 - g)(0) < model.p.creating.event_chance:
        group, hour = guests[: min(n, model.p.creating.largest)], model.p.creating.event_hour
        project(group, ties.social * place.depth, place.searchable, hour)


def invite(model, g: int) -> list[Member]:
    """Those of the members seen of late who come to gathering g, while there is room, from a place drawn on."""
    t, recent = model.p.meeting, model.recent
    start = int(Luck(model.key(draws.MEETING), -1 - g)(1) * len(recent))
    guests: list[Member] = []
    for i in recent[start:] + recent[:start]:
        yes = sig(t.attendance + t.attendance_belonging * i.belonging + t.attendance_closeness * i.own())
        if len(guests) < t.places and i.luck(draws.MEETING)(32 * g) < t.shows * yes:
            guests.append(i)
    return guests


def partner(i: Member, guests: list[Member], luck: float) -> Member:
    """With whom a guest talks: likelier with somebody it knows."""
    others = [j for j in guests if j is not i]
    before, running = [], 0.0
    for j in others:
        before.append(running)
        running += i.model.p.meeting.known if i.tie_to(j) else 1.0
    return [j for j, below in zip(others, before, strict=True) if below <= luck * running][-1]


def talk(i: Member, j: Member, depth: float, hour: float):
    """A message there, a message back."""
    for one, two in ((i, j), (j, i)):
        one.message(two, depth)
        i.model.record(i.model.day + hour, one.row, two.row, "message")
    i.model.count("exchanges", 2)


def create(model):
    """Visitors with close ties start projects of their own (7.11)."""
    c = model.p.creating
    for visit in model.visits:
        i = visit.member
        if not i.ties or i.luck(draws.CREATING)(0) >= c.own_rate:
            continue
        group = [i]
        for tie in i.ties:
            j = model.members[tie.partner]
            here = model.day - j.last_visit < c.together_days and not j.left
            if len(group) < c.largest and tie.strength >= c.own_strength and here:
                group.append(j)
        if len(group) >= 2:
            project(group, model.p.ties.social * model.home.depth, model.home.searchable, visit.hour)


def project(group: list[Member], depth: float, searchable: bool, hour: float):
    """Members make something together (7.11)."""
    model, c = group[0].model, group[0].model.p.creating
    n = len(group)
    if model.p.switches.exchange:
        for x in range(n if n > 2 else 1):
            talk(group[x], group[(x + 1) % n], depth, hour)
    total = apart = close = 0.0
    for x, i in enumerate(group):
        total += c.work * i.expertise * sig(i.passion)
        i.won |= 2
        for j in group[:x]:
            apart += 1.0 - (i.interest(j.topic) + j.interest(i.topic)) / 2.0
            close += math.sqrt(i.felt(j) * j.felt(i))
    worth = total
    if model.p.switches.spaces:
        pairs = n * (n - 1) / 2.0
        worth = total * (1.0 + c.surplus * (1.0 - 1.0 / n) * (apart / pairs) * (close / pairs))
        worth -= c.coordination * (total / n) * n * (n - 1) / 2.0
    model.count("projects")
    model.count("created", worth)
    model.count("created_sum", total)
    if searchable:
        model.company.library[group[0].topic] += c.library
