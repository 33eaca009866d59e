"""Creating together: projects of a few, worth more or less than the sum of what they put in (ODD, 7.11; M5)."""

import math

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel, sig
from sim.state.events import MESSAGE, record
from sim.state.flows import Flow
from sim.state.members import Stage, interest
from sim.state.ties import find, message

CREATING = int(Rule.CREATING)
LEFT = int(Stage.LEFT)
PROJECTS, CREATED, CREATED_SUM, EXCHANGES = (
    int(Flow.PROJECTS),
    int(Flow.CREATED),
    int(Flow.CREATED_SUM),
    int(Flow.EXCHANGES),
)


@kernel
def joint_worth(total, n, diversity, closeness, p):
    """Worth of a project of `n` members who put in `total`: a surplus for diversity held together, a cost per pair."""
    surplus = p.surplus * (1.0 - 1.0 / n) * diversity * closeness
    return total * (1.0 + surplus) - p.coordination * (total / n) * n * (n - 1) / 2.0


@kernel
def work_together(today, state, values, out, hour, n, depth):
    """Let the first `n` of `guests` work in a ring, each with the next, both ways."""
    group = state.guests
    for g in range(n):
        i = group[g]
        j = group[(g + 1) % n]
        if i == j or (n == 2 and g == 1):
            continue
        for one, other in ((i, j), (j, i)):
            message(state, one, other, today.day, depth, values.ties)
            record(out, today.day + hour, one, other, MESSAGE, -1)
        out.flows[EXCHANGES] += 2


@kernel
def create(today, state, values, out, hour, n, channel):
    """Let the first `n` of `guests` make something on `channel`; the worth is counted after the work.

    Where the claim is switched off a group makes exactly the sum of its members.
    """
    m, ties, group, p = state.members, state.ties, state.guests, values.creating
    if values.switches.exchange:
        work_together(today, state, values, out, hour, n, values.ties.social * channel.depth)
    share = values.members.secondary_topic
    total = apart = close = 0.0
    for g in range(n):
        i = group[g]
        total += p.work * m.expertise[i] * sig(m.passion[i])
        m.won[i] |= 2
        for h in range(g):
            j = group[h]
            alike = interest(m.topic[i], m.topic[j], m.second[j], share)
            back = interest(m.topic[j], m.topic[i], m.second[i], share)
            apart += 1.0 - (alike + back) / 2.0
            at = find(m, ties, i, j)
            close += math.sqrt(ties.strength[at] * ties.back[at]) if at >= 0 else 0.0
    pairs = n * (n - 1) / 2.0
    worth = joint_worth(total, n, apart / pairs, close / pairs, p) if values.switches.spaces else total
    out.flows[PROJECTS] += 1
    out.flows[CREATED] += worth
    out.flows[CREATED_SUM] += total
    if channel.searchable:
        state.library[m.topic[group[0]]] += p.library


@kernel
def close_by(today, state, p, i):
    """Write into `guests` member i and those of its close ties who were here in the last days; how many they are."""
    m, ties = state.members, state.ties
    state.guests[0] = i
    n = 1
    for at in range(m.tie_row[i], m.tie_row[i] + m.tie_count[i]):
        j = ties.partner[at]
        near = ties.strength[at] >= p.own_strength and today.day - m.last_visit[j] < p.together_days
        if n < p.largest and near and m.stage[j] != LEFT:
            state.guests[n] = j
            n += 1
    return n


@kernel
def start_projects(today, state, values, out):
    """Let visitors with close ties start a project with those of them who were here in the last week."""
    m, p = state.members, values.creating
    key = day_key(today.seed, CREATING, today.day)
    for v in range(state.now.visitors if values.switches.exchange else 0):
        i = state.visits.row[v]
        if m.tie_count[i] > 0 and uniform(key, m.key[i], 0) < p.own_rate:
            n = close_by(today, state, p, i)
            if n > 1:
                create(today, state, values, out, state.visits.hour[v], n, values.home)
