"""Leaving: members lapse by staying away, or take their leave for good (ODD, 7.15; M14)."""

import math

from sim.draws import Rule, day_key, uniform
from sim.flows import Flow
from sim.kernel import growing, kernel, saturated
from sim.members import NOBODY, Stage

LEAVING = int(Rule.LEAVING)
LEFT_FLOW = int(Flow.LEFT)
VISITOR, NEWCOMER, REGULAR, CORE, LAPSED, LEFT = (
    int(Stage.VISITOR),
    int(Stage.NEWCOMER),
    int(Stage.REGULAR),
    int(Stage.CORE),
    int(Stage.LAPSED),
    int(Stage.LEFT),
)


@kernel
def leave_chance(felt_closeness, belonging, annoyance, hurt, p):
    """Chance to leave for good within a week; `felt_closeness`: pull of one's own ties, 0-1."""
    hazard = growing(
        p.base - p.closeness * felt_closeness - p.belonging * belonging + p.annoyance * annoyance + p.hurt * hurt
    )
    return 1.0 - math.exp(-hazard)


@kernel
def stage_of(day, joined, last_visit, written, closeness, newcomer_days, p):
    """Where a current member stands."""
    if day - last_visit > p.lapse_days:
        return LAPSED
    if written == 0:
        return VISITOR
    if day - joined <= newcomer_days:
        return NEWCOMER
    return CORE if closeness >= p.core_closeness else REGULAR


@kernel
def leave(seed, day, m, ties, closeness_scale, newcomer_days, p, flows):
    """Once a week each current member may leave (its day of the week comes from its key); all get their stage.

    Who leaves gives up its ties at once; those to it fall when ties fade.
    """
    key = day_key(seed, LEAVING, day)
    for i in range(m.key.size):
        if m.stage[i] == LEFT:
            continue
        if (day + m.key[i]) % 7 == 0:
            chance = leave_chance(
                saturated(m.closeness[i], closeness_scale), m.belonging[i], m.annoyance[i], m.hurt[i], p
            )
            if uniform(key, m.key[i], 0) < chance:
                m.stage[i] = LEFT
                m.need[i] = NOBODY
                ties.count[i] = 0
                m.closeness[i] = 0.0
                flows[LEFT_FLOW] += 1
                continue
        m.stage[i] = stage_of(day, m.joined[i], m.last_visit[i], m.written[i], m.closeness[i], newcomer_days, p)
