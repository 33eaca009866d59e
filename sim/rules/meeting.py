"""Meeting: gatherings that staff host, where members talk with each other (ODD, 7.8; M11).

Hosting makes the room and sets the frame; closeness still has to grow between those who come.
"""

from sim.draws import Rule, day_key, uniform
from sim.events import MESSAGE, record
from sim.flows import Flow
from sim.kernel import kernel, saturated, sig, toward
from sim.ties import message

MEETING = int(Rule.MEETING)
GATHERINGS, ATTENDANCES, EXCHANGES = int(Flow.GATHERINGS), int(Flow.ATTENDANCES), int(Flow.EXCHANGES)


@kernel
def attends(belonging, felt_closeness, p):
    """Logit of attending; `felt_closeness`: pull of one's own ties, 0-1."""
    return p.attendance + p.attendance_belonging * belonging + p.attendance_closeness * felt_closeness


@kernel
def gather(
    seed, day, number, visitors, left, m, ties, depth, closeness_scale, belonging_exchange, exchange_on, p, t, guests,
    flows, events,
):  # fmt: skip
    """Hold today's gathering `number`: find the guests (rows, overwritten), let them talk in pairs; returns how many.

    Guests come in the order of the hours while there are places, and spend attention. Updates ties and members.
    """
    key = day_key(seed, MEETING, day)
    n = 0
    for v in range(visitors.size):
        i = visitors[v]
        if n == guests.size or left[v] < p.attention:
            continue
        own = saturated(m.closeness[i], closeness_scale)
        if uniform(key, m.key[i], 32 * number) < sig(attends(m.belonging[i], own, p)):
            left[v] -= p.attention
            guests[n] = i
            n += 1
    flows[GATHERINGS] += 1
    flows[ATTENDANCES] += n
    for g in range(n):
        i = guests[g]
        m.belonging[i] = toward(m.belonging[i], p.belonging_gain)
        m.passion[i] += p.uplift
        m.to_staff[i] = toward(m.to_staff[i], t.staff_gain)
        m.from_staff[i] = toward(m.from_staff[i], t.staff_gain)
        m.known[i] = 1
        if n < 2 or not exchange_on:
            continue
        for r in range(p.partners):
            other = int(uniform(key, m.key[i], 32 * number + 1 + r) * (n - 1))
            j = guests[other if other < g else other + 1]
            message(ties, m.closeness, i, j, day, depth, t)
            message(ties, m.closeness, j, i, day, depth, t)
            flows[EXCHANGES] += 2
            m.belonging[i] = toward(m.belonging[i], belonging_exchange)
            m.belonging[j] = toward(m.belonging[j], belonging_exchange)
            record(events, day + 0.75, i, j, MESSAGE, -1)
            record(events, day + 0.75, j, i, MESSAGE, -1)
    return n
