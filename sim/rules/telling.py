"""Telling: members who were helped, or made something, may tell it, asked or unasked (ODD, 7.12; M10)."""

from sim import posts as ring
from sim.draws import Rule, day_key, uniform
from sim.events import TOPIC, record
from sim.flows import Flow
from sim.kernel import kernel, saturated, sig
from sim.members import Stage
from sim.posts import Kind
from sim.rules.needing import experience_of

TELLING = int(Rule.TELLING)
LEFT = int(Stage.LEFT)
STORY = int(Kind.STORY)
STORIES = int(Flow.STORIES)


@kernel
def tells(felt_closeness, experience, asked, p):
    """Logit of telling a story after a win; `felt_closeness`: pull of one's own ties, 0-1."""
    return p.base + p.closeness * felt_closeness + p.experience * experience + p.asked * asked


@kernel
def tell(seed, day, m, posts, experience, closeness_scale, stories_on, win, p, flows, events):
    """Let today's winners feel it, and let them and those who were asked perhaps tell it; updates members and posts."""
    key = day_key(seed, TELLING, day)
    for i in range(m.key.size):
        if m.won[i] == 0 and m.invited[i] == 0:
            continue
        if m.won[i] > 0:
            m.passion[i] += win
            m.wins[i] += 1
        m.won[i] = 0
        asked = 1.0 if m.invited[i] == 1 else 0.0
        m.invited[i] = 0
        if m.stage[i] == LEFT or m.wins[i] == 0 or not stories_on:
            continue
        own = saturated(m.closeness[i], closeness_scale)
        if uniform(key, m.key[i], 0) < sig(tells(own, experience_of(m.touchpoint[i], experience), asked, p)):
            m.post[i] = ring.add(posts, i, day, 0.99, m.topic[i], STORY, 0)
            flows[STORIES] += 1
            record(events, day + 0.99, i, i, TOPIC, m.post[i])
