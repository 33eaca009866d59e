"""Posting: which visitors write today, how much, and who opens a thread (ODD, 7.6; M1, M4, M6)."""

import math

from sim import posts as ring
from sim.draws import Rule, day_key, uniform
from sim.events import QUESTION as ASKING
from sim.events import TOPIC, record
from sim.flows import Flow
from sim.kernel import kernel, log_past_1, sig
from sim.norms import Breach
from sim.posts import Kind
from sim.rules.keeping import breach_chance, sanctioned_share

POSTING = int(Rule.POSTING)
NEW, SEARCHED, OUT = 0, 1, 2  # what has become of a need: nothing, searched in vain, asked
ASKED, POSTS, SELF_SOLVED, BREACHES = int(Flow.ASKED), int(Flow.POSTS), int(Flow.SELF_SOLVED), int(Flow.BREACHES)
QUESTION, PRACTICAL, SOCIAL, PROMOTION = int(Kind.QUESTION), int(Kind.PRACTICAL), int(Kind.SOCIAL), int(Kind.PROMOTION)
HOSTILE, COMPANY, PROMOTE, STRAY, OTHER = (
    int(Breach.HOSTILE),
    int(Breach.COMPANY_PROMOTE),
    int(Breach.PROMOTE),
    int(Breach.STRAY),
    int(Breach.OTHER),
)


@kernel
def urge(voice, heard_staff, heard_member, active, passion, asks, assured, hurt, p):
    """Logit of writing on this visit; `active`, `asks`, `assured`: 1 or 0."""
    return (
        voice
        + p.heard_staff * log_past_1(heard_staff)
        + p.heard_member * log_past_1(heard_member)
        + p.active * active
        + p.passion * passion
        + p.need * asks
        + p.assurance * assured
        - p.hurt * hurt
    )


@kernel
def found_chance(solved, scale):
    """Chance that searching a library of `solved` threads on the topic meets a need."""
    return 1.0 - math.exp(-solved / scale)


@kernel
def breaches_of(key, who, manners, beliefs, norms, enforced, p):
    """The norms that a writer breaks on this visit, as bits; hostility is decided thread by thread, in reading."""
    bits = 0
    for b in range(norms.breach.size):
        if norms.breach[b] == HOSTILE or norms.breach[b] == COMPANY:
            continue
        if enforced:
            sanctioned = sanctioned_share(norms.sanctions[b], norms.breaches[b])
            chance = breach_chance(norms.temptation[b], manners, beliefs[b], norms.visible[b], sanctioned, p)
        else:
            chance = sig(norms.temptation[b] + manners)
        if uniform(key, who, 20 + b) < chance:
            bits |= 1 << b
    return bits


@kernel
def post(
    seed, day, visitors, hours, m, posts, norms, norms_on, rule_visible, newcomer_days, library, searchable, topics,
    library_scale, p, keeping, turns, bits, events, flows,
):  # fmt: skip
    """Decide who writes, how often, and open threads; `turns` and `bits` (per visitor) are overwritten.

    `turns`: contributions still to make on this visit, after the opening; `bits`: norms broken on it.
    """
    key = day_key(seed, POSTING, day)
    for v in range(visitors.size):
        i = visitors[v]
        who = m.key[i]
        turns[v] = 0
        bits[v] = 0
        if m.need[i] >= 0 and m.asked[i] == NEW:
            m.asked[i] = SEARCHED
            if searchable and uniform(key, who, 0) < found_chance(library[m.need[i]], library_scale):
                m.need[i] = -1
                flows[SELF_SOLVED] += 1
        asks = m.need[i] >= 0 and m.asked[i] == SEARCHED
        active = day - m.last_written[i] <= p.active_days
        assured = rule_visible and day - m.joined[i] <= newcomer_days
        logit = urge(
            m.voice[i], m.heard_staff[i], m.heard_member[i], 1.0 if active else 0.0, m.passion[i], 1.0 if asks else 0.0,
            1.0 if assured else 0.0, m.hurt[i], p,
        )  # fmt: skip
        if uniform(key, who, 1) >= sig(logit):
            continue
        n = 1
        while n < p.most and uniform(key, who, 100 + n) < p.more:
            n += 1
        broken = breaches_of(key, who, m.manners[i], m.norms[i], norms, norms_on, keeping)
        if asks or uniform(key, who, 2) < p.opening:
            topic = m.topic[i] if uniform(key, who, 3) < p.first_topic else m.second[i]
            kind = SOCIAL if uniform(key, who, 4) < p.social else PRACTICAL
            shown = 0
            for b in range(norms.breach.size):
                if broken >> b & 1 == 0:
                    continue
                if norms.breach[b] == OTHER:
                    shown |= 1 << b
                elif norms.breach[b] == STRAY and not asks:
                    kind = SOCIAL
                    topic = int(uniform(key, who, 5) * topics)
                    shown |= 1 << b
                elif norms.breach[b] == PROMOTE and not asks:
                    kind = PROMOTION
                    shown |= 1 << b
            if asks:
                kind = QUESTION
                topic = m.need[i]
                m.asked[i] = OUT
                flows[ASKED] += 1
            serial = ring.add(posts, i, day, hours[v], topic, kind, shown)
            if asks:
                m.question[i] = serial
                posts.difficulty[serial % posts.author.size] = m.difficulty[i]
            m.post[i] = serial
            m.last_written[i] = day
            m.written[i] += 1
            m.activity[i] += 1.0
            flows[POSTS] += 1
            record(events, day + hours[v], i, i, ASKING if kind == QUESTION else TOPIC, serial)
            for b in range(norms.breach.size):
                if shown >> b & 1:
                    norms.breaches[b] += 1.0
                    flows[BREACHES] += 1
            n -= 1
        turns[v] = n
        bits[v] = broken
