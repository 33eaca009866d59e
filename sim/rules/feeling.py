"""Feeling: what the day leaves behind fades, ties included (ODD, 7.16; M3, M7, M8, M9)."""

import math

from sim.compiled.kernel import kernel, left_after
from sim.state.members import Stage
from sim.state.ties import drop

LAPSED, LEFT = int(Stage.LAPSED), int(Stage.LEFT)


@kernel
def kept_of(strength, p):
    """Share of a tie's strength that a day without a message leaves: strong ties fade more slowly."""
    return 1.0 - math.log(2.0) / (p.half_life * (1.0 + p.slowing * strength))


@kernel
def gone(today, m, lapse_days, j):
    """Whether member j has left (its ties fall today), or has been away for `lapse_days` since today."""
    return m.stage[j] == LEFT or m.stage[j] == LAPSED and today.day - m.last_visit[j] == lapse_days + 1


@kernel
def fade_ties(today, state, p, lapse_days, i):
    """Let the ties of member i fade by a day, drop the weak and silent and those to leavers; closeness is summed up.

    Who has just left, or has just lapsed, takes along its share of what the member felt.
    """
    m, ties = state.members, state.ties
    at, total = m.tie_row[i], 0.0
    before = m.closeness[i]
    while at < m.tie_row[i] + m.tie_count[i]:
        strength = ties.strength[at] * kept_of(ties.strength[at], p)
        ties.strength[at] = strength
        ties.back[at] *= kept_of(ties.back[at], p)
        silent = today.day - ties.last[at] > p.forgotten_days
        if strength > 0.0 and gone(today, m, lapse_days, ties.partner[at]):
            m.loss[i] += strength / max(before, strength)
        if m.stage[ties.partner[at]] == LEFT or strength < p.forgotten_strength and silent:
            drop(m, ties, i, at)
        else:
            total += strength
            at += 1
    m.closeness[i] = total


@kernel
def fade(column, n, half_life):
    """Let the first `n` of a column fade by a day."""
    kept = left_after(1.0 / half_life)
    for i in range(n):
        column[i] *= kept


@kernel
def feel(today, state, values, out):
    """Let ties and feelings fade by a day, each with its half-life; trust returns to where it started."""
    m, n, p, received = state.members, state.now.members, values.feeling, values.receiving
    for i in range(n):
        if m.tie_count[i] > 0:
            fade_ties(today, state, values.ties, values.leaving.lapse_days, i)
        else:
            m.closeness[i] = 0.0
    fade(m.brand, n, received.brand_half_life)
    fade(m.annoyance, n, received.annoyance_half_life)
    fade(m.belonging, n, p.belonging_half_life)
    adstock, heard = left_after(1.0 / received.adstock_half_life), left_after(1.0 / p.heard_half_life)
    hurt, status = left_after(1.0 / p.hurt_half_life), left_after(1.0 / p.status_half_life)
    loss = left_after(1.0 / p.loss_half_life)
    activity, staff = left_after(1.0 / p.activity_half_life), left_after(1.0 / values.ties.half_life)
    trust, start = left_after(1.0 / p.trust_half_life), values.members.trust
    for i in range(n):
        m.adstock[i] *= adstock
        m.heard_staff[i] *= heard
        m.heard_member[i] *= heard
        m.hurt[i] *= hurt
        m.loss[i] *= loss
        m.activity[i] *= activity
        m.status[i] *= status
        m.to_staff[i] *= staff
        m.from_staff[i] *= staff
        m.trust[i] = (m.trust[i] - start) * trust + start
