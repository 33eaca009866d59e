"""Visiting: who comes today, and at which hour (ODD, 7.4; M1)."""

import math

from sim.compiled.draws import Rule, day_key, normal, uniform
from sim.compiled.kernel import kernel, left_after, log_past_1, out_of_reach, saturated, sig
from sim.rules.joining import spread_of_passion
from sim.rules.needing import felt_at_each
from sim.state.flows import Flow
from sim.state.members import Stage

VISITING = int(Rule.VISITING)
LEFT = int(Stage.LEFT)
VISITS = int(Flow.VISITS)


@kernel
def drawn(drive, tide, own, belonging, needs, experience, called, p):
    """The influences towards a visit today, logit, but for what visits have been worth.

    `tide`: a pull on all; `own`: pull of one's own ties, 0-1; `needs`, `called`: 1 or 0.
    """
    return (
        drive
        + tide
        + p.closeness * own
        + p.belonging * belonging
        + p.need * needs
        + p.experience * (experience - 0.5)
        + p.called * called
    )


@kernel
def pull(draws, worth, annoyance, unread, hurt, loss, away, p):
    """Logit of a visit today: what draws a member less what keeps it away.

    `worth`: what a visit has been worth, less what is usual; `away`: days since the last visit.
    """
    return (
        draws
        + p.worth * worth
        - p.annoyance * annoyance
        - p.crowd * log_past_1(unread / p.crowd_knee)
        - p.hurt * hurt
        - p.loss * loss
        - p.silence * log_past_1(away / p.silence_days)
    )


@kernel
def drift(passion, days, half_life, sd, z):
    """Passion or tide after `days`: an Ornstein-Uhlenbeck process around 0, with half-life and spread; z: a normal."""
    kept = left_after(days / half_life)
    return passion * kept + sd * math.sqrt(1.0 - kept * kept) * z


@kernel
def comes(today, key, state, values, experience, i):
    """Whether current member i visits today; `experience`: by touchpoint. Who joined today does."""
    m, p = state.members, values.visiting
    if m.joined[i] == today.day:
        return True
    draw = uniform(key, m.key[i], 0)
    needs = 1.0 if m.need[i] >= 0 else 0.0
    felt = experience[m.touchpoint[i]]
    called = 1.0 if today.day - m.called[i] <= p.called_days else 0.0
    worth = m.worth[i] - values.reading.usual
    # Most stay away on most days: who would not come if its ties pulled in proportion and nothing kept it away needs
    # no more reckoning.
    own = min(1.0, m.closeness[i] / p.closeness_scale)
    draws = drawn(m.drive[i], state.now.tide, own, m.belonging[i], needs, felt, called, p)
    if out_of_reach(draw, draws + p.worth * worth):
        return False
    own = saturated(m.closeness[i], p.closeness_scale)
    draws = drawn(m.drive[i], state.now.tide, own, m.belonging[i], needs, felt, called, p)
    away, lasting = min(today.day - m.last_visit[i], p.longest_away), values.home.lasting
    unread = (state.volume[m.topic[i]] + state.volume[m.second[i]]) * min(away, lasting) / lasting
    return draw < sig(pull(draws, worth, m.annoyance[i], unread, m.hurt[i], m.loss[i], away, p))


@kernel
def arrive(today, key, state, values, i):
    """Let member i begin a visit, the first of its day: passion has drifted since the last."""
    m, p = state.members, values.visiting
    away = min(today.day - m.last_visit[i], p.longest_away)
    z = normal(key, m.key[i], 2)
    m.passion[i] = drift(m.passion[i], away, values.feeling.passion_half_life, spread_of_passion(values), z)
    m.visit_before[i] = m.last_visit[i]
    m.last_visit[i] = today.day


@kernel
def visit(today, state, values, out):
    """Find who visits today, and for the team who was here lately; then put the visits in the order of their hours.

    Updates last_visit, visit_before and passion, which has drifted since the last visit. The tide is the community's:
    seasons, news, whatever brings all alike or keeps them away. Who owes an answer today comes for it.
    """
    m, now, p, day = state.members, state.now, values.visiting, today.day
    key = day_key(today.seed, VISITING, day)
    now.tide = drift(now.tide, 1, p.tide_half_life, p.tide_sd, normal(key, -1, 0))
    experience = felt_at_each(state.company.experience)
    n = recent = here = 0
    for i in range(now.members):
        if m.stage[i] == LEFT:
            continue
        here += 1
        state.recent[recent] = i  # overwritten by the next, unless it counts
        recent += day - m.last_visit[i] <= values.staffing.reach_back
        if comes(today, key, state, values, experience, i):
            state.scratch[0, n] = i
            n += 1
            arrive(today, key, state, values, i)
    for at in range(now.owed):
        i = state.owed.who[at]
        if state.owed.due[at] < day + 1 and m.stage[i] != LEFT and m.last_visit[i] < day:
            state.scratch[0, n] = i
            n += 1
            arrive(today, key, state, values, i)
    now.here, now.recent, now.visitors = here, recent, n
    out.flows[VISITS] += n
    in_order(key, state, n)


@kernel
def in_order(key, state, n):
    """Write down the visits of the first `n` members of `scratch` by hour, at one hour by row.

    Hours are drawn evenly: each goes where its hour would lie among `n` (a bucket sort), and moves little from there.
    """
    m, visits = state.members, state.visits
    who, start = state.scratch[0], state.scratch[1]
    start[: n + 1] = 0
    for v in range(n):
        start[int(uniform(key, m.key[who[v]], 1) * n) + 1] += 1
    for k in range(n):
        start[k + 1] += start[k]
    for v in range(n):
        hour = uniform(key, m.key[who[v]], 1)
        at = start[int(hour * n)]
        start[int(hour * n)] += 1
        visits.row[at] = who[v]
        visits.hour[at] = hour
        visits.left[at] = 0
        visits.fits[at] = 0.0
        visits.broken[at] = 0
        visits.passed_over[at] = 0
    for v in range(1, n):
        row, hour = visits.row[v], visits.hour[v]
        at = v
        while at > 0 and visits.hour[at - 1] > hour:
            visits.row[at], visits.hour[at] = visits.row[at - 1], visits.hour[at - 1]
            at -= 1
        visits.row[at], visits.hour[at] = row, hour
