"""Needing: needs arise, the fewer the better the company is experienced, and are given up unmet (ODD, 7.2; M4)."""

from sim.draws import Rule, day_key, uniform
from sim.flows import Flow
from sim.kernel import kernel
from sim.members import NOBODY, Stage

NEEDING = int(Rule.NEEDING)
LEFT, LAPSED = int(Stage.LEFT), int(Stage.LAPSED)
NEEDS, GIVEN_UP = int(Flow.NEEDS), int(Flow.GIVEN_UP)


@kernel
def experience_of(touchpoint, experience):
    """How member experiences the company, 0-1: half the touchpoint that matters to it, half all four."""
    mean = (experience[0] + experience[1] + experience[2] + experience[3]) / 4.0
    return (experience[touchpoint] + mean) / 2.0


@kernel
def need_chance(rate, experience):
    """Chance that a need arises today: `rate` at middling experience (.5), none at perfect."""
    return rate * 2.0 * (1.0 - experience)


@kernel
def need(seed, day, m, experience, topics, trust_unsolved, p, flows):
    """Let needs arise, but for the lapsed, and be given up; updates the need and the trust of current members."""
    key = day_key(seed, NEEDING, day)
    for i in range(m.key.size):
        if m.stage[i] == LEFT:
            continue
        if m.need[i] < 0:
            if m.stage[i] != LAPSED and uniform(key, m.key[i], 0) < need_chance(
                p.rate, experience_of(m.touchpoint[i], experience)
            ):
                own = uniform(key, m.key[i], 1) < p.own_topic
                m.need[i] = m.topic[i] if own else int(uniform(key, m.key[i], 2) * topics)
                m.difficulty[i] = uniform(key, m.key[i], 3)
                m.asked[i] = 0
                m.question[i] = NOBODY
                m.need_day[i] = day
                flows[NEEDS] += 1
        elif day - m.need_day[i] >= p.patience:
            m.need[i] = NOBODY
            m.trust[i] = max(0.0, m.trust[i] - trust_unsolved)
            flows[GIVEN_UP] += 1
