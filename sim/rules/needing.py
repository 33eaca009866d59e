"""Needing: needs arise, the fewer the better the company is experienced, and are given up unmet (ODD, 7.3; M4)."""

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel
from sim.state.flows import Flow
from sim.state.members import NOBODY, Stage

NEEDING = int(Rule.NEEDING)
LEFT, LAPSED = int(Stage.LEFT), int(Stage.LAPSED)
NEEDS, GIVEN_UP = int(Flow.NEEDS), int(Flow.GIVEN_UP)


@kernel
def experience_of(touchpoint, experience):
    """How member experiences the company, 0-1: half the touchpoint that matters to it, half all four."""
    mean = (experience[0] + experience[1] + experience[2] + experience[3]) / 4.0
    return (experience[touchpoint] + mean) / 2.0


@kernel
def felt_at_each(experience):
    """The same for each of the four touchpoints, once for all who ask."""
    return (
        experience_of(0, experience), experience_of(1, experience), experience_of(2, experience),
        experience_of(3, experience),
    )  # fmt: skip


@kernel
def need_chance(rate, experience):
    """Chance that a need arises today: `rate` at middling experience (.5), none at perfect."""
    return rate * 2.0 * (1.0 - experience)


@kernel
def need(today, state, values, out):
    """Let needs arise, but for the lapsed, and be given up; updates the need and the trust of current members."""
    m, p, day = state.members, values.needing, today.day
    key = day_key(today.seed, NEEDING, day)
    experience = felt_at_each(state.company.experience)
    for i in range(state.now.members):
        if m.stage[i] == LEFT:
            continue
        if m.need[i] < 0:
            if m.stage[i] == LAPSED:
                continue
            if uniform(key, m.key[i], 0) < need_chance(p.rate, experience[m.touchpoint[i]]):
                own = uniform(key, m.key[i], 1) < p.own_topic
                m.need[i] = m.topic[i] if own else int(uniform(key, m.key[i], 2) * values.community.topics)
                m.difficulty[i] = uniform(key, m.key[i], 3)
                m.asked[i] = 0
                m.question[i] = NOBODY
                m.need_day[i] = day
                out.flows[NEEDS] += 1
        elif day - m.need_day[i] >= p.patience:
            m.need[i] = NOBODY
            m.trust[i] = max(0.0, m.trust[i] - values.feeling.trust_unsolved)
            out.flows[GIVEN_UP] += 1
