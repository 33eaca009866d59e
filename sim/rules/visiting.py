"""Visiting: who comes today, and at which hour (ODD, 7.3; M1)."""

import math

from sim.draws import Rule, day_key, normal, uniform
from sim.flows import Flow
from sim.kernel import kernel, left_after, log_past_1, out_of_reach, saturated, sig
from sim.members import Stage
from sim.rules.needing import experience_of

VISITING = int(Rule.VISITING)
LEFT = int(Stage.LEFT)
VISITS = int(Flow.VISITS)


@kernel
def pull(drive, tide, own, belonging, needs, experience, called, annoyance, unread, hurt, away, p):
    """Logit of a visit today.

    `tide`: a pull on all; `own`: pull of one's own ties, 0-1; `needs`, `called`: 1 or 0; `away`: days since the last
    visit.
    """
    return (
        drive
        + tide
        + p.closeness * own
        + p.belonging * belonging
        + p.need * needs
        + p.experience * (experience - 0.5)
        + p.called * called
        - p.annoyance * annoyance
        - p.crowd * log_past_1(unread / p.crowd_knee)
        - p.hurt * hurt
        - p.silence * log_past_1(away / p.silence_days)
    )


@kernel
def drift(passion, days, half_life, sd, z):
    """Passion or tide after `days`: an Ornstein-Uhlenbeck process around 0, with half-life and spread; z: a normal."""
    kept = left_after(days / half_life)
    return passion * kept + sd * math.sqrt(1.0 - kept * kept) * z


@kernel
def visit(seed, day, m, tide, experience, volume, lasting, passion_half_life, passion_sd, p, visitors, hours, flows):
    """Find today's visitors (rows) and hours (share of the day), both overwritten; returns how many.

    Updates last_visit, visit_before and passion, which has drifted since the last visit. Who joined today visits.
    The tide (float64, (1,)) is the community's: seasons, news, whatever brings all alike or keeps them away.
    """
    key = day_key(seed, VISITING, day)
    tide[0] = drift(tide[0], 1, p.tide_half_life, p.tide_sd, normal(key, -1, 0))
    n = 0
    for i in range(m.key.size):
        if m.stage[i] == LEFT:
            continue
        draw = uniform(key, m.key[i], 0)
        needs = 1.0 if m.need[i] >= 0 else 0.0
        felt = experience_of(m.touchpoint[i], experience)
        called = 1.0 if day - m.called[i] <= p.called_days else 0.0
        # Most stay away on most days: who would not come if its ties pulled in proportion and nothing kept it away
        # needs no more reckoning.
        own = min(1.0, m.closeness[i] / p.closeness_scale)
        drawn = pull(m.drive[i], tide[0], own, m.belonging[i], needs, felt, called, 0.0, 0.0, 0.0, 0, p)
        if out_of_reach(draw, drawn) and m.joined[i] != day:
            continue
        own = saturated(m.closeness[i], p.closeness_scale)
        away = min(day - m.last_visit[i], 3650)
        unread = (volume[m.topic[i]] + volume[m.second[i]]) * min(away, lasting) / lasting
        logit = pull(
            m.drive[i], tide[0], own, m.belonging[i], needs, felt, called, m.annoyance[i], unread, m.hurt[i], away, p
        )
        if draw < sig(logit) or m.joined[i] == day:
            visitors[n] = i
            hours[n] = uniform(key, m.key[i], 1)
            n += 1
            z = normal(key, m.key[i], 2)
            m.passion[i] = drift(m.passion[i], away, passion_half_life, passion_sd, z)
            m.visit_before[i] = m.last_visit[i]
            m.last_visit[i] = day
    flows[VISITS] += n
    return n
