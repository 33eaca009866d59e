"""Feeling: what the day leaves behind fades, ties included (ODD, 7.14; M3, M7, M8, M9)."""

import math

from sim.kernel import kernel, left_after
from sim.members import Stage
from sim.ties import drop

LEFT = int(Stage.LEFT)


@kernel
def kept_of(strength, p):
    """Share of a tie's strength that a day without a message leaves: strong ties fade more slowly."""
    return 1.0 - math.log(2.0) / (p.half_life * (1.0 + p.slowing * strength))


@kernel
def fade(day, m, ties, p):
    """Let ties fade by a day, drop the weak and silent and those to leavers; closeness is summed up (overwritten)."""
    for i in range(m.key.size):
        total = 0.0
        k = 0
        while k < ties.count[i]:
            strength = ties.strength[i, k] * kept_of(ties.strength[i, k], p)
            ties.strength[i, k] = strength
            if (
                m.stage[ties.partner[i, k]] == LEFT
                or strength < p.forgotten_strength
                and day - ties.last[i, k] > p.forgotten_days
            ):
                drop(ties, m.closeness, i, k)
            else:
                total += strength
                k += 1
        m.closeness[i] = total


@kernel
def feel(m, trust_start, adstock_half_life, brand_half_life, annoyance_half_life, staff_half_life, p):
    """Let feelings fade by a day, each with its half-life; trust returns to where it started."""
    adstock = left_after(1.0 / adstock_half_life)
    brand = left_after(1.0 / brand_half_life)
    annoyance = left_after(1.0 / annoyance_half_life)
    heard = left_after(1.0 / p.heard_half_life)
    hurt = left_after(1.0 / p.hurt_half_life)
    activity = left_after(1.0 / p.activity_half_life)
    belonging = left_after(1.0 / p.belonging_half_life)
    trust = left_after(1.0 / p.trust_half_life)
    status = left_after(1.0 / p.status_half_life)
    staff = left_after(1.0 / staff_half_life)
    for i in range(m.key.size):
        m.adstock[i] *= adstock
        m.brand[i] *= brand
        m.annoyance[i] *= annoyance
        m.heard_staff[i] *= heard
        m.heard_member[i] *= heard
        m.hurt[i] *= hurt
        m.activity[i] *= activity
        m.belonging[i] *= belonging
        m.trust[i] = trust_start + (m.trust[i] - trust_start) * trust
        m.status[i] *= status
        m.to_staff[i] *= staff
        m.from_staff[i] *= staff
