"""Joining: people of the market find the community, hear of it, or are reached by messages (ODD, 7.2; M13)."""

import math

from sim.compiled.draws import Rule, day_key, normal, poisson, uniform
from sim.compiled.kernel import kernel, lift, sig
from sim.state.flows import Flow
from sim.state.members import Source, Stage, blank
from sim.state.ties import acquaint, move_on

TRAITS, JOINING, FOUNDING = int(Rule.TRAITS), int(Rule.JOINING), int(Rule.FOUNDING)
LEFT, FOUNDER, ORGANIC, WORD = int(Stage.LEFT), int(Source.FOUNDER), int(Source.ORGANIC), int(Source.WORD)
JOINED_ORGANIC = int(Flow.JOINED_ORGANIC)  # and after it, in the order of Source, by word and by broadcast
KEY_STEP = 1 << 20  # joiners of one day and one way of joining have keys of their own


@kernel
def arrivals(market, rate, level, elasticity):
    """Joins a day that a force at `level` (times its reference) adds to those who come by themselves."""
    return market * rate * lift(level, elasticity)


@kernel
def followers(world):
    """People outside who follow the company; `world`: the table [community]."""
    return world.followers_per_member * world.members


@kernel
def customers(world):
    """People who know the company as customers: founders, and some of the followers."""
    return world.members + world.follower_customers * followers(world)


@kernel
def market_left(now, world):
    """People who might still join."""
    return max(0.0, now.market - (now.members - world.members))


@kernel
def forces(state, values):
    """Mean numbers of people who join today: by themselves, by word of mouth, by broadcast."""
    p, market = values.joining, market_left(state.now, values.community)
    stories = state.company.stories / customers(values.community)
    return (
        market * p.rate,
        arrivals(market, p.rate, stories / p.stories_reference, p.word_elasticity),
        arrivals(market, p.rate, state.company.adstock / p.adstock_reference, p.broadcast_elasticity),
    )


@kernel
def admit(today, state, values, count, source):
    """Add `count` members who came by `source`, with the traits that are drawn for them."""
    m, now = state.members, state.now
    first = now.members
    now.members += count
    start = (today.day * 4 + source) * KEY_STEP if today.day > 0 else 0
    for i in range(first, now.members):
        blank(m, i)
        m.key[i] = start + i - first
        m.joined[i] = today.day
        m.source[i] = source
    endow(today, state, values, first)


@kernel
def endow(today, state, values, first):
    """Give the members from row `first` on their traits; draws belong to a member's key, on whichever day it joins."""
    m, beliefs, norms, p, topics = state.members, state.beliefs, state.norms, values.members, values.community.topics
    key = day_key(today.seed, TRAITS, 0)
    tied = p.drive_voice_correlation
    passion_sd = spread_of_passion(values)
    for i in range(first, state.now.members):
        who = m.key[i]
        drive = normal(key, who, 0)
        rest = normal(key, who, 2)
        m.drive[i] = p.drive_mean + p.drive_sd * drive
        m.voice[i] = p.voice_mean + p.voice_sd * (tied * drive + math.sqrt(1.0 - tied * tied) * rest)
        m.topic[i] = int(uniform(key, who, 4) * topics)
        m.second[i] = (m.topic[i] + 1 + int(uniform(key, who, 5) * (topics - 1))) % topics
        m.expertise[i] = uniform(key, who, 6) ** p.expertise_shape
        m.manners[i] = p.manners_sd * normal(key, who, 7)
        m.vengeance[i] = uniform(key, who, 9)
        m.touchpoint[i] = int(uniform(key, who, 10) * 4)
        m.passion[i] = passion_sd * normal(key, who, 11)
        m.trust[i] = p.trust
        m.worth[i] = values.reading.usual
        m.belonging[i] = p.belonging
        for b in range(norms.breach.size):
            beliefs[i, b] = norms.start[b]


@kernel
def spread_of_passion(values):
    """Standard deviation of passion, logit; 0 where the claim is switched off."""
    return values.feeling.passion_sd if values.switches.passion else 0.0


@kernel
def found(today, state, values):
    """Let the founders in: who joined over the last `founding_tenure` days, and visited since as their drive has it."""
    admit(today, state, values, values.community.members, FOUNDER)
    m, tenure = state.members, values.community.founding_tenure
    key = day_key(today.seed, FOUNDING, 0)
    for i in range(state.now.members):
        m.joined[i] = -1 - int(uniform(key, m.key[i], 0) * tenure)
        daily = sig(m.drive[i])
        away = math.log(1.0 - uniform(key, m.key[i], 1)) / math.log(1.0 - daily)
        m.last_visit[i] = max(m.joined[i], -1 - int(min(away, 10_000.0)))


@kernel
def acquaintances_of(key, who, mean):
    """How many acquaintances a founder brings: the whole part of the mean, and by chance one more."""
    whole = int(mean)
    return whole + (1 if uniform(key, who, 2) < mean - whole else 0)


@kernel
def other_founder(key, who, i, k, n):
    """The row of acquaintance k of the founder in row i of `n`."""
    other = int(uniform(key, who, 3 + 2 * k) * (n - 1))
    return other if other < i else other + 1


@kernel
def introduce_founders(today, state, values):
    """Give founders a few acquaintances each among founders, of the strength of a first tie on average.

    Places for ties are given out first, in the order of members: a day goes through them in that order.
    """
    m, mean, strength, slots = (
        state.members,
        values.community.acquaintances,
        values.joining.first_tie,
        values.ties.slots,
    )
    key = day_key(today.seed, FOUNDING, 0)
    n = state.now.members if state.now.members > 1 else 0
    for i in range(n):
        for k in range(acquaintances_of(key, m.key[i], mean)):
            m.tie_row[i] = m.tie_row[other_founder(key, m.key[i], i, k, n)] = 0
    for i in range(n):
        if m.tie_row[i] == 0:
            move_on(state, i, slots)
    for i in range(n):
        for k in range(acquaintances_of(key, m.key[i], mean)):
            other = other_founder(key, m.key[i], i, k, n)
            acquaint(state, i, other, 2.0 * strength * uniform(key, m.key[i], 4 + 2 * k), slots)


@kernel
def recruit(today, state, values, first):
    """Give those who came by word of mouth, from row `first` on, a recruiter of yesterday's visitors and its topic."""
    m, visits, yesterday = state.members, state.visits, state.now.visitors
    key = day_key(today.seed, JOINING, today.day)
    for i in range(first, state.now.members if yesterday > 0 else first):
        if m.source[i] != WORD:
            continue
        j = visits.row[int(uniform(key, m.key[i], 0) * yesterday)]
        if m.stage[j] == LEFT:
            continue
        m.topic[i] = m.topic[j]
        m.second[i] = m.second[j]
        acquaint(state, i, j, values.joining.first_tie, values.ties.slots)


@kernel
def join(today, state, values, out):
    """Let people of the market join, no more than are left of it, first come first served."""
    key = day_key(today.seed, JOINING, today.day)
    left = int(market_left(state.now, values.community))
    means = forces(state, values)
    first = state.now.members
    for k in range(3):
        count = min(poisson(key, k, means[k]), left)
        left -= count
        admit(today, state, values, count, ORGANIC + k)
        out.flows[JOINED_ORGANIC + k] += count
    recruit(today, state, values, first)
