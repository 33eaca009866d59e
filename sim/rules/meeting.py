"""Meeting: gatherings that staff host, where members talk with each other (ODD, 7.8; M11).

Hosting makes the room and sets the frame; closeness still has to grow between those who come.
"""

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel, saturated, sig, toward
from sim.rules.creating import create
from sim.state.events import MESSAGE, record
from sim.state.flows import Flow
from sim.state.team import Activity
from sim.state.ties import message

MEETING = int(Rule.MEETING)
GATHERINGS, ATTENDANCES, EXCHANGES = int(Flow.GATHERINGS), int(Flow.ATTENDANCES), int(Flow.EXCHANGES)
HOST = int(Activity.HOST)


@kernel
def attends(belonging, felt_closeness, p):
    """Logit of attending; `felt_closeness`: pull of one's own ties, 0-1."""
    return p.attendance + p.attendance_belonging * belonging + p.attendance_closeness * felt_closeness


@kernel
def invite(key, state, values, number):
    """Find the guests of gathering `number`, in the order of the hours while there are places; how many they are."""
    m, visits, p, n = state.members, state.visits, values.meeting, 0
    for v in range(state.now.visitors):
        i = visits.row[v]
        if n == p.places or visits.left[v] < p.attention:
            continue
        own = saturated(m.closeness[i], values.visiting.closeness_scale)
        if uniform(key, m.key[i], 32 * number) < sig(attends(m.belonging[i], own, p)):
            visits.left[v] -= p.attention
            state.guests[n] = i
            n += 1
    return n


@kernel
def talk(today, state, values, out, i, j, depth):
    """Let two guests talk: a message each way, at the hour of gatherings."""
    m, gain, time = state.members, values.feeling.belonging_exchange, today.day + values.meeting.hour
    message(state, i, j, today.day, depth, values.ties)
    message(state, j, i, today.day, depth, values.ties)
    out.flows[EXCHANGES] += 2
    m.belonging[i] = toward(m.belonging[i], gain)
    m.belonging[j] = toward(m.belonging[j], gain)
    record(out, time, i, j, MESSAGE, -1)
    record(out, time, j, i, MESSAGE, -1)


@kernel
def gather(today, state, values, out, number):
    """Hold today's gathering `number`: guests come, and talk in pairs; how many came."""
    m, p, t = state.members, values.meeting, values.ties
    key = day_key(today.seed, MEETING, today.day)
    frame = t.personal if values.strategy.personal_frame else t.social
    n = invite(key, state, values, number)
    out.flows[GATHERINGS] += 1
    out.flows[ATTENDANCES] += n
    for g in range(n):
        i = state.guests[g]
        m.belonging[i] = toward(m.belonging[i], p.belonging_gain)
        m.passion[i] += p.uplift
        m.to_staff[i] = toward(m.to_staff[i], t.staff_gain)
        m.from_staff[i] = toward(m.from_staff[i], t.staff_gain)
        m.known[i] = 1
        for r in range(p.partners if n > 1 and values.switches.exchange else 0):
            other = int(uniform(key, m.key[i], 32 * number + 1 + r) * (n - 1))
            j = state.guests[other if other < g else other + 1]
            talk(today, state, values, out, i, j, frame * values.activities[HOST].channel.depth)
    return n


@kernel
def meet(today, state, values, out):
    """Hold today's gatherings, some of which become projects."""
    p = values.creating
    key = day_key(today.seed, MEETING, today.day)
    for number in range(state.now.gatherings):
        n = gather(today, state, values, out, number)
        if values.switches.exchange and n > 1 and uniform(key, -1 - number, 0) < p.event_chance:
            create(today, state, values, out, p.event_hour, min(n, p.largest), values.activities[HOST].channel)
