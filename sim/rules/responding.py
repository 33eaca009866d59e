"""Responding: what a message to somebody does, to both of them and to the thread (ODD, 7.9; M3, M6, M8)."""

from typing import NamedTuple

from sim.compiled.kernel import kernel, sig, toward
from sim.rules.keeping import restraint
from sim.state.events import ANSWER, MESSAGE, REPLY, record
from sim.state.flows import Flow
from sim.state.members import interest
from sim.state.norms import Breach
from sim.state.posts import Kind
from sim.state.team import Activity
from sim.state.ties import felt, message, weaken

QUESTION, PRACTICAL, SOCIAL = int(Kind.QUESTION), int(Kind.PRACTICAL), int(Kind.SOCIAL)
STORY, PROMPT, ANNOUNCEMENT = int(Kind.STORY), int(Kind.PROMPT), int(Kind.ANNOUNCEMENT)
HOSTILE = int(Breach.HOSTILE)
RESPONSES, EXCHANGES, HOSTILES = int(Flow.RESPONSES), int(Flow.EXCHANGES), int(Flow.HOSTILE)
BREACHES = int(Flow.BREACHES)
DIRECT = -1  # instead of a post: a word to somebody directly
MODERATE = int(Activity.MODERATE)


class Word(NamedTuple):
    """A message of one to another."""

    who: int  # row of the member who writes; -2 - k: person k of the team
    to: int  # whom it addresses: a row, or -2 - k
    thread: int  # serial of the post; DIRECT: a word apart
    time: float  # days since day 0


@kernel
def hostility(logit, bad_mood, heated, c):
    """Chance that a response is hostile: a breach of civility, likelier in a bad mood and in a heated thread."""
    return sig(logit + c.mood * bad_mood + c.seen * heated)


@kernel
def talk_depth(kind, felt_here, felt_there, p):
    """Depth of a response in a thread of `kind`: social talk between people close to each other turns personal."""
    if kind in (SOCIAL, STORY, PROMPT, ANNOUNCEMENT, DIRECT):
        if felt_here > p.personal_threshold and felt_there > p.personal_threshold:
            return p.personal
        return p.social
    return p.practical


@kernel
def respond(today, state, values, out, word, u):
    """Let a member write to somebody: `word` is what it writes, `u` the draw that decides whether it is hostile."""
    m, posts, i, target, serial = state.members, state.posts, word.who, word.to, word.thread
    at = serial - state.now.start
    if target < 0:
        m.to_staff[i] = toward(m.to_staff[i], values.ties.staff_gain)
        m.from_staff[i] = toward(m.from_staff[i], values.ties.staff_gain)
        m.known[i] = 1
        if serial >= 0:
            posts.waits[at] = i
    else:
        hostile = is_hostile(state, values, out, word, u)
        address(today, state, values, out, word)
        if hostile:
            wound(state, values, out, i, target)
        if serial >= 0:
            cares = interest(posts.topic[at], m.topic[i], m.second[i], values.members.secondary_topic)
            posts.heat[at] += values.conflict.heat_gain if hostile else 0.0
            posts.heat[at] += values.conflict.disagreement * max(0.0, m.passion[i]) * (1.0 - cares)
    helps = False
    if serial >= 0:
        helps = posts.kind[at] == QUESTION and target == posts.author[at]  # who asked, and thanks, does not answer
        posts.replies[at] += 1
        posts.last[at] = i
        posts.latest[at] = word.time
        state.now.practical += posts.kind[at] in (QUESTION, PRACTICAL)
    out.flows[RESPONSES] += 1
    m.activity[i] += 1.0
    m.written[i] += 1
    m.last_written[i] = today.day
    record(out, word.time, i, target, ANSWER if helps else (MESSAGE if serial < 0 else REPLY), serial)


@kernel
def is_hostile(state, values, out, word, u):
    """Whether a response is hostile; if so the breach is counted, and the thread shows it."""
    m, norms, posts, i = state.members, state.norms, state.posts, word.who
    at = word.thread - state.now.start
    hostile = False
    bad = 1.0 if m.passion[i] - m.hurt[i] < values.conflict.bad_mood else 0.0
    heated = 1.0 if word.thread >= 0 and posts.heat[at] >= values.conflict.heated else 0.0
    for b in range(norms.breach.size):
        if norms.breach[b] != HOSTILE:
            continue
        logit = norms.temptation[b] + m.manners[i]
        if values.switches.norms:
            logit -= restraint(norms, b, state.beliefs[i, b], values.keeping)
        if u < hostility(logit, bad, heated, values.conflict):
            hostile = True
            norms.breaches[b] += 1.0
            out.flows[BREACHES] += 1
            if word.thread >= 0:
                posts.conduct[at] |= 1 << b
                posts.attacker[at] = i
                posts.target[at] = word.to
    return hostile


@kernel
def address(today, state, values, out, word):
    """Let a member write to another: an exchange, by which both come to know each other better."""
    m, ties, gain, i, target = state.members, state.ties, values.feeling.belonging_exchange, word.who, word.to
    kind = DIRECT if word.thread < 0 else state.posts.kind[word.thread - state.now.start]
    depth = values.home.depth * talk_depth(kind, felt(m, ties, i, target), felt(m, ties, target, i), values.ties)
    message(state, i, target, today.day, depth, values.ties)
    out.flows[EXCHANGES] += 1
    m.heard_member[target] += 1.0
    m.called[target] = today.day
    m.belonging[i] = toward(m.belonging[i], gain)
    m.belonging[target] = toward(m.belonging[target], gain)


@kernel
def wound(state, values, out, i, target):
    """Let a hostile response of member i hurt: both feel less for each other."""
    m, loss = state.members, values.conflict.loss
    out.flows[HOSTILES] += 1
    weaken(m, state.ties, i, target, loss)
    weaken(m, state.ties, target, i, loss)
    m.hurt[target] += 1.0
    m.passion[target] -= values.feeling.insult


@kernel
def talk_it_out(today, state, values, out, i, j):
    """Let two members talk it out at the start of work; what that does to their tie is what messages do."""
    time = today.day + values.staffing.start_of_work
    depth = values.ties.social * values.activities[MODERATE].channel.depth
    for _ in range(values.conflict.talks):
        message(state, i, j, today.day, depth, values.ties)
        message(state, j, i, today.day, depth, values.ties)
        out.flows[EXCHANGES] += 2
        record(out, time, i, j, MESSAGE, -1)
        record(out, time, j, i, MESSAGE, -1)
