"""Meeting: gatherings that staff host, where members talk with each other (ODD, 7.8; M11).

Hosting makes the room and sets the frame; closeness still has to grow between those who come.
"""

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel, saturated, sig, toward
from sim.rules.creating import create
from sim.rules.responding import talk_depth
from sim.state.events import MESSAGE, record
from sim.state.flows import Flow
from sim.state.posts import Kind
from sim.state.team import Activity
from sim.state.ties import felt, find, message

MEETING = int(Rule.MEETING)
GATHERINGS, ATTENDANCES, EXCHANGES = int(Flow.GATHERINGS), int(Flow.ATTENDANCES), int(Flow.EXCHANGES)
HOST, SOCIAL = int(Activity.HOST), int(Kind.SOCIAL)
DRAWS = 32  # of a member that belong to one gathering


@kernel
def attends(belonging, felt_closeness, p):
    """Chance that somebody invited says yes, and comes; `felt_closeness`: pull of one's own ties, 0-1."""
    return p.shows * sig(p.attendance + p.attendance_belonging * belonging + p.attendance_closeness * felt_closeness)


@kernel
def invite(key, state, values, number):
    """Find the guests of gathering `number` among those who were here of late; how many they are.

    They are asked round about, from a place that is drawn on, while there are places.
    """
    m, p, recent, n = state.members, values.meeting, state.now.recent, 0
    first = int(uniform(key, -1 - number, 1) * recent)
    for k in range(recent):
        i = state.recent[(first + k) % recent]
        if n == p.places:
            break
        own = saturated(m.closeness[i], values.visiting.closeness_scale)
        if uniform(key, m.key[i], DRAWS * number) < attends(m.belonging[i], own, p):
            state.guests[n] = i
            n += 1
    return n


@kernel
def partner(key, state, values, number, g, n, r):
    """The place of whom guest g of `n` talks with next: acquaintances are the likelier."""
    m, i = state.members, state.guests[g]
    total = 0.0
    for other in range(n):
        total += acquainted(state, values.meeting, i, state.guests[other])
    goal = uniform(key, m.key[i], DRAWS * number + 1 + r) * total
    passed, chosen = 0.0, g
    for other in range(n):
        if other != g and passed <= goal:
            chosen = other
        passed += acquainted(state, values.meeting, i, state.guests[other])
    return chosen


@kernel
def acquainted(state, p, i, j):
    """How likely i is to turn to j, against a stranger; not to itself."""
    if i == j:
        return 0.0
    return p.known if find(state.members, state.ties, i, j) >= 0 else 1.0


@kernel
def take_attention(state, p, n):
    """Take off the attention of today's visitors what a gathering of `n` guests takes."""
    for v in range(state.now.visitors):
        for g in range(n):
            if state.guests[g] == state.visits.row[v]:
                state.visits.left[v] = max(0, state.visits.left[v] - p.attention)


@kernel
def talk(today, state, values, out, i, j):
    """Let two guests talk: a message each way, at the hour of gatherings; personal, perhaps, in a frame set for it."""
    m, gain, time = state.members, values.feeling.belonging_exchange, today.day + values.meeting.hour
    depth = values.ties.social
    if values.strategy.personal_frame:
        depth = talk_depth(SOCIAL, felt(m, state.ties, i, j), felt(m, state.ties, j, i), values.ties)
    depth *= values.activities[HOST].channel.depth
    message(state, i, j, today.day, depth, values.ties)
    message(state, j, i, today.day, depth, values.ties)
    out.flows[EXCHANGES] += 2
    m.belonging[i] = toward(m.belonging[i], gain)
    m.belonging[j] = toward(m.belonging[j], gain)
    record(out, time, i, j, MESSAGE, -1)
    record(out, time, j, i, MESSAGE, -1)


@kernel
def gather(today, state, values, out, number):
    """Hold today's gathering `number`: guests come, and talk in pairs; how many came. With too few it is called off."""
    m, p, t = state.members, values.meeting, values.ties
    key = day_key(today.seed, MEETING, today.day)
    n = invite(key, state, values, number)
    if n < p.fewest:
        return 0
    take_attention(state, p, n)
    out.flows[GATHERINGS] += 1
    out.flows[ATTENDANCES] += n
    for g in range(n):
        i = state.guests[g]
        m.belonging[i] = toward(m.belonging[i], p.belonging_gain)
        m.passion[i] += p.uplift
        m.to_staff[i] = toward(m.to_staff[i], t.staff_gain)
        m.from_staff[i] = toward(m.from_staff[i], t.staff_gain)
        m.known[i] = 1
        for r in range(min(p.partners, n - 1) if values.switches.exchange else 0):
            j = state.guests[partner(key, state, values, number, g, n, r)]
            talk(today, state, values, out, i, j)
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
