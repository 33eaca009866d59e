"""Telling: members who were helped, or made something, may tell it, asked or unasked (ODD, 7.13; M10)."""

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel, saturated, sig
from sim.rules.needing import experience_of
from sim.state import posts as ring
from sim.state.events import TOPIC, record
from sim.state.flows import Flow
from sim.state.members import Stage
from sim.state.posts import Kind

TELLING = int(Rule.TELLING)
LEFT = int(Stage.LEFT)
QUESTION, PRACTICAL, STORY = int(Kind.QUESTION), int(Kind.PRACTICAL), int(Kind.STORY)
STORIES = int(Flow.STORIES)


@kernel
def tells(felt_closeness, experience, asked, p):
    """Logit of telling a story after a win; `felt_closeness`: pull of one's own ties, 0-1."""
    return p.base + p.closeness * felt_closeness + p.experience * experience + p.asked * asked


@kernel
def tell(today, state, values, out):
    """Let today's winners feel it, and let them and those who were asked perhaps tell it; then count the day's feed."""
    m, now, p = state.members, state.now, values.telling
    key = day_key(today.seed, TELLING, today.day)
    told = 0
    for i in range(now.members):
        if m.won[i] == 0 and m.invited[i] == 0:
            continue
        if m.won[i] > 0:
            m.passion[i] += values.feeling.win
            m.wins[i] += 1
        m.won[i] = 0
        asked = 1.0 if m.invited[i] == 1 else 0.0
        m.invited[i] = 0
        if m.stage[i] == LEFT or m.wins[i] == 0 or not values.switches.stories:
            continue
        own = saturated(m.closeness[i], values.visiting.closeness_scale)
        experience = experience_of(m.touchpoint[i], state.company.experience)
        if uniform(key, m.key[i], 0) < sig(tells(own, experience, asked, p)):
            m.post[i] = ring.add(now, state.posts, i, today.day, p.hour, m.topic[i], STORY, 0)
            told += 1
            record(out, today.day + p.hour, i, i, TOPIC, m.post[i])
    out.flows[STORIES] += told
    state.company.stories += told
    watch_feed(today, state)


@kernel
def watch_feed(today, state):
    """Count what members opened today, stories included, into the company's memory of the feed."""
    now, posts = state.now, state.posts
    opened = practical = 0
    at = now.next - now.start - 1
    while at >= now.oldest - now.start and posts.day[at] == today.day:
        if posts.author[at] >= 0:
            opened += 1
            practical += posts.kind[at] == QUESTION or posts.kind[at] == PRACTICAL
        at -= 1
    state.company.feed += opened
    state.company.practical += practical
