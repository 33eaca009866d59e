"""Creating together: projects of a few, worth more or less than the sum of what they put in (ODD, 7.10; M5)."""

import math

from sim.draws import Rule, day_key, uniform
from sim.events import MESSAGE, record
from sim.flows import Flow
from sim.kernel import kernel, sig
from sim.members import Stage, interest
from sim.ties import felt, message

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
def create(
    day, hour, group, n, m, ties, depth, secondary, spaces_on, exchange_on, p, t, library, searchable, flows, events
):
    """Let the first `n` members of `group` make something; they work in a ring, each with the next, both ways.

    Worth is counted after the work. Without `spaces_on` a group makes exactly the sum of its members.
    """
    if exchange_on:
        for g in range(n):
            i = group[g]
            j = group[(g + 1) % n]
            if i == j or (n == 2 and g == 1):
                continue
            message(ties, m.closeness, i, j, day, depth, t)
            message(ties, m.closeness, j, i, day, depth, t)
            flows[EXCHANGES] += 2
            record(events, day + hour, i, j, MESSAGE, -1)
            record(events, day + hour, j, i, MESSAGE, -1)
    total = 0.0
    apart = 0.0
    close = 0.0
    for g in range(n):
        i = group[g]
        total += p.work * m.expertise[i] * sig(m.passion[i])
        m.won[i] |= 2
        for h in range(g):
            j = group[h]
            alike = interest(m.topic[i], m.topic[j], m.second[j], secondary)
            back = interest(m.topic[j], m.topic[i], m.second[i], secondary)
            apart += 1.0 - (alike + back) / 2.0
            close += math.sqrt(felt(ties, i, j) * felt(ties, j, i))
    pairs = n * (n - 1) / 2.0
    worth = joint_worth(total, n, apart / pairs, close / pairs, p) if spaces_on else total
    flows[PROJECTS] += 1
    flows[CREATED] += worth
    flows[CREATED_SUM] += total
    if searchable:
        library[m.topic[group[0]]] += p.library


@kernel
def start_own(
    seed, day, visitors, hours, m, ties, depth, secondary, spaces_on, exchange_on, p, t, group, library, searchable,
    flows, events,
):  # fmt: skip
    """Let visitors with close ties start a project with those of them who were here in the last week."""
    key = day_key(seed, CREATING, day)
    for v in range(visitors.size):
        i = visitors[v]
        if ties.count[i] == 0 or uniform(key, m.key[i], 0) >= p.own_rate:
            continue
        group[0] = i
        n = 1
        for k in range(ties.count[i]):
            j = ties.partner[i, k]
            if (
                n < group.size
                and ties.strength[i, k] >= p.own_strength
                and day - m.last_visit[j] < p.together_days
                and m.stage[j] != LEFT
            ):
                group[n] = j
                n += 1
        if n > 1:
            create(
                day, hours[v], group, n, m, ties, depth, secondary, spaces_on, exchange_on, p, t, library, searchable,
                flows, events,
            )  # fmt: skip
