"""Posting: how ready each visitor is to write, and who opens a thread (ODD, 7.7; M1, M4, M6)."""

import math

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel, saturated, sig
from sim.rules.keeping import restraint
from sim.state import posts as ring
from sim.state.events import QUESTION as ASKING
from sim.state.events import TOPIC, record
from sim.state.flows import Flow
from sim.state.members import NOBODY
from sim.state.norms import Breach
from sim.state.posts import Kind

POSTING = int(Rule.POSTING)
NEW, SEARCHED, OUT = 0, 1, 2  # what has become of a need: nothing, searched in vain, asked
ASKED, POSTS, SELF_SOLVED, BREACHES = int(Flow.ASKED), int(Flow.POSTS), int(Flow.SELF_SOLVED), int(Flow.BREACHES)
QUESTION, PRACTICAL, SOCIAL, PROMOTION = int(Kind.QUESTION), int(Kind.PRACTICAL), int(Kind.SOCIAL), int(Kind.PROMOTION)
HOSTILE, FREE_RIDE, COMPANY, PROMOTE, STRAY, OTHER = (
    int(Breach.HOSTILE),
    int(Breach.FREE_RIDE),
    int(Breach.COMPANY_PROMOTE),
    int(Breach.PROMOTE),
    int(Breach.STRAY),
    int(Breach.OTHER),
)


@kernel
def addressed(voice, heard, status, worth, p):
    """Readiness to write, logit, of a member who has been addressed and esteemed; `worth`: as in visiting."""
    return voice + p.heard * saturated(heard, p.heard_enough) + p.status * status + p.worth * worth


@kernel
def readiness(so_far, active, passion, assured, hurt, p):
    """Readiness to write on this visit, logit; `so_far`: as `addressed` gives it; `active`, `assured`: 1 or 0."""
    return so_far + p.active * active + p.passion * passion + p.assurance * assured - p.hurt * hurt


@kernel
def found_chance(solved, scale):
    """Chance that searching a library of `solved` threads on the topic meets a need."""
    return 1.0 - math.exp(-solved / scale)


@kernel
def breaches_of(key, who, manners, beliefs, norms, enforced, p):
    """The norms that a visitor breaks today, as bits; hostility and free riding are decided message by message."""
    bits = 0
    for b in range(norms.breach.size):
        if norms.breach[b] == HOSTILE or norms.breach[b] == COMPANY or norms.breach[b] == FREE_RIDE:
            continue
        logit = norms.temptation[b] + manners
        if enforced:
            logit -= restraint(norms, b, beliefs[b], p)
        if uniform(key, who, 20 + b) < sig(logit):
            bits |= 1 << b
    return bits


@kernel
def rule_of_civility(values, norms):
    """Whether civility is written down, which gives newcomers courage."""
    for b in range(norms.breach.size):
        if norms.breach[b] == HOSTILE and norms.visible[b] == 1:
            return values.switches.norms == 1
    return False


@kernel
def post(today, state, values, out):
    """Let visitors search, ask and open threads; sets how ready each is to write, and which norms it breaks."""
    m, visits, norms, p = state.members, state.visits, state.norms, values.posting
    key = day_key(today.seed, POSTING, today.day)
    civil = rule_of_civility(values, norms)
    for v in range(state.now.visitors):
        i = visits.row[v]
        who = m.key[i]
        search(key, state, values, out, i)
        asks = m.need[i] >= 0 and m.asked[i] == SEARCHED
        active = 1.0 if today.day - m.last_written[i] <= p.active_days else 0.0
        assured = 1.0 if civil and today.day - m.joined[i] <= values.reading.newcomer_days else 0.0
        worth = m.worth[i] - values.reading.usual
        heard = addressed(m.voice[i], m.heard_staff[i] + m.heard_member[i], m.status[i], worth, p)
        visits.ready[v] = readiness(heard, active, m.passion[i], assured, m.hurt[i], p)
        visits.broken[v] = breaches_of(
            key, who, m.manners[i], state.beliefs[i], norms, values.switches.norms, values.keeping
        )
        if uniform(key, who, 1) < sig(visits.ready[v] + (p.asking if asks else p.opening)):
            open_thread(today, key, state, values, out, v, asks)


@kernel
def search(key, state, values, out, i):
    """Let member i, with a new need, look for a solution in the library first."""
    m = state.members
    if m.need[i] >= 0 and m.asked[i] == NEW:
        m.asked[i] = SEARCHED
        chance = found_chance(state.library[m.need[i]], values.needing.library_scale)
        if values.home.searchable and uniform(key, m.key[i], 0) < chance:
            m.need[i] = NOBODY
            out.flows[SELF_SOLVED] += 1


@kernel
def subject(key, state, values, v, asks):
    """Topic and kind of the thread that visitor v opens, and the norms that it breaks by it, as bits."""
    m, norms, p, i = state.members, state.norms, values.posting, state.visits.row[v]
    if asks:
        topic, kind = int(m.need[i]), QUESTION
    else:
        topic = int(m.topic[i] if uniform(key, m.key[i], 3) < p.first_topic else m.second[i])
        kind = SOCIAL if uniform(key, m.key[i], 4) < p.social else PRACTICAL
    shown = 0
    for b in range(norms.breach.size):
        if state.visits.broken[v] >> b & 1 == 0:
            continue
        if norms.breach[b] == OTHER:
            shown |= 1 << b
        elif norms.breach[b] == STRAY and not asks:
            kind = SOCIAL
            topic = int(uniform(key, m.key[i], 5) * values.community.topics)
            shown |= 1 << b
        elif norms.breach[b] == PROMOTE and not asks:
            kind = PROMOTION
            shown |= 1 << b
    return topic, kind, shown


@kernel
def open_thread(today, key, state, values, out, v, asks):
    """Let visitor v open a thread: a question, where it asks."""
    m, now, posts, norms = state.members, state.now, state.posts, state.norms
    i, hour = state.visits.row[v], state.visits.hour[v]
    topic, kind, shown = subject(key, state, values, v, asks)
    serial = ring.add(now, posts, i, today.day, hour, topic, kind, shown)
    if asks:
        m.asked[i] = OUT
        m.question[i] = serial
        posts.difficulty[serial - now.start] = m.difficulty[i]
        out.flows[ASKED] += 1
    m.post[i] = serial
    m.last_written[i] = today.day
    m.written[i] += 1
    m.activity[i] += 1.0
    out.flows[POSTS] += 1
    record(out, today.day + hour, i, i, ASKING if kind == QUESTION else TOPIC, serial)
    for b in range(norms.breach.size):
        if shown >> b & 1:
            norms.breaches[b] += 1.0
            out.flows[BREACHES] += 1
