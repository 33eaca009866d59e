"""Feeling: what the day leaves behind fades, ties included (ODD, 7.14; M3, M7, M8, M9)."""

import math

from sim.compiled.kernel import kernel, left_after
from sim.state.members import Stage
from sim.state.ties import drop

LEFT = int(Stage.LEFT)


@kernel
def kept_of(strength, p):
    """Share of a tie's strength that a day without a message leaves: strong ties fade more slowly."""
    return 1.0 - math.log(2.0) / (p.half_life * (1.0 + p.slowing * strength))


@kernel
def fade_ties(today, state, p, i):
    """Let the ties of member i fade by a day, drop the weak and silent and those to leavers; closeness is summed up."""
    m, ties = state.members, state.ties
    row, total, k = m.tie_row[i], 0.0, 0
    while k < m.tie_count[i]:
        strength = ties.strength[row, k] * kept_of(ties.strength[row, k], p)
        ties.strength[row, k] = strength
        silent = today.day - ties.last[row, k] > p.forgotten_days
        if m.stage[ties.partner[row, k]] == LEFT or strength < p.forgotten_strength and silent:
            drop(m, ties, i, k)
        else:
            total += strength
            k += 1
    m.closeness[i] = total


@kernel
def feel(today, state, values, out):
    """Let ties and feelings fade by a day, each with its half-life; trust returns to where it started."""
    m, p, received = state.members, values.feeling, values.receiving
    adstock, brand = left_after(1.0 / received.adstock_half_life), left_after(1.0 / received.brand_half_life)
    annoyance, heard = left_after(1.0 / received.annoyance_half_life), left_after(1.0 / p.heard_half_life)
    hurt, activity = left_after(1.0 / p.hurt_half_life), left_after(1.0 / p.activity_half_life)
    belonging, status = left_after(1.0 / p.belonging_half_life), left_after(1.0 / p.status_half_life)
    trust, staff = left_after(1.0 / p.trust_half_life), left_after(1.0 / values.ties.half_life)
    start = values.members.trust
    for i in range(state.now.members):
        fade_ties(today, state, values.ties, i)
        m.adstock[i] *= adstock
        m.brand[i] *= brand
        m.annoyance[i] *= annoyance
        m.heard_staff[i] *= heard
        m.heard_member[i] *= heard
        m.hurt[i] *= hurt
        m.activity[i] *= activity
        m.belonging[i] *= belonging
        m.trust[i] = (m.trust[i] - start) * trust + start
        m.status[i] *= status
        m.to_staff[i] *= staff
        m.from_staff[i] *= staff
