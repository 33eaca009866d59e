"""Leaving: members lapse by staying away, or take their leave for good (ODD, 7.15; M14)."""

import math

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import growing, kernel, saturated
from sim.state.flows import Flow
from sim.state.members import NOBODY, Stage

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
def leave_chance(felt_closeness, belonging, annoyance, hurt, loss, p):
    """Chance to leave for good, asked once in `every` days; `felt_closeness`: pull of one's own ties, 0-1."""
    hazard = growing(
        p.base
        - p.closeness * felt_closeness
        - p.belonging * belonging
        + p.annoyance * annoyance
        + p.hurt * hurt
        + p.loss * loss
    )
    return 1.0 - math.exp(-hazard)


@kernel
def stage_of(away, written, new, closeness, p):
    """Where a current member stands; `away`: days since its last visit, `new`: whether it joined lately."""
    if away > p.lapse_days:
        return LAPSED
    if written == 0:
        return VISITOR
    if new:
        return NEWCOMER
    return CORE if closeness >= p.core_closeness else REGULAR


@kernel
def leave(today, state, values, out):
    """Once a week each current member may leave (its day of the week comes from its key); all get their stage.

    Who leaves gives up its ties at once; those to it fall when ties fade.
    """
    m, p, day = state.members, values.leaving, today.day
    key = day_key(today.seed, LEAVING, day)
    for i in range(state.now.members):
        if m.stage[i] == LEFT:
            continue
        if (day + m.key[i]) % p.every == 0:
            own = saturated(m.closeness[i], values.visiting.closeness_scale)
            chance = leave_chance(own, m.belonging[i], m.annoyance[i], m.hurt[i], m.loss[i], p)
            if uniform(key, m.key[i], 0) < chance:
                m.stage[i] = LEFT
                m.need[i] = NOBODY
                m.tie_count[i] = 0
                m.closeness[i] = 0.0
                out.flows[LEFT_FLOW] += 1
                continue
        new = day - m.joined[i] <= values.reading.newcomer_days
        m.stage[i] = stage_of(day - m.last_visit[i], m.written[i], new, m.closeness[i], p)
