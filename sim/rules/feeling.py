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


def feel(m, trust_start, adstock_half_life, brand_half_life, annoyance_half_life, staff_half_life, p):
    """Let feelings fade by a day, each with its half-life; trust returns to where it started.

    Column by column, in NumPy: twelve at once, of many members, are more streams than memory serves well.
    """
    trust = m.trust
    trust -= trust_start
    for column, half_life in (
        (m.adstock, adstock_half_life),
        (m.brand, brand_half_life),
        (m.annoyance, annoyance_half_life),
        (m.heard_staff, p.heard_half_life),
        (m.heard_member, p.heard_half_life),
        (m.hurt, p.hurt_half_life),
        (m.activity, p.activity_half_life),
        (m.belonging, p.belonging_half_life),
        (trust, p.trust_half_life),
        (m.status, p.status_half_life),
        (m.to_staff, staff_half_life),
        (m.from_staff, staff_half_life),
    ):
        column *= left_after(1.0 / half_life)
    trust += trust_start
