"""Joining: people of the market find the community, hear of it, or are reached by messages (ODD, 7.1; M13)."""

import math

from sim.draws import Rule, day_key, normal, poisson, uniform
from sim.kernel import kernel, sig
from sim.members import Source, Stage
from sim.ties import seat

TRAITS, JOINING, FOUNDING = int(Rule.TRAITS), int(Rule.JOINING), int(Rule.FOUNDING)
LEFT, WORD = int(Stage.LEFT), int(Source.WORD)
KEY_STEP = 1 << 20  # joiners of one day and one way of joining have keys of their own


@kernel
def arrivals(market, rate, level, elasticity):
    """Joins a day that a force at `level` (times its reference) adds to those who come by themselves."""
    return market * rate * ((1.0 + level) ** elasticity - 1.0)


@kernel
def count_joiners(seed, day, market, adstock, stories, p, counts):
    """Draw how many join today: organic, by word, by broadcast (`counts`, int64 (3,), overwritten).

    `market`: people left in it, of whom no more join than there are, first come first served.
    """
    key = day_key(seed, JOINING, day)
    counts[0] = poisson(key, 0, market * p.rate)
    counts[1] = poisson(key, 1, arrivals(market, p.rate, stories / p.stories_reference, p.word_elasticity))
    counts[2] = poisson(key, 2, arrivals(market, p.rate, adstock / p.adstock_reference, p.broadcast_elasticity))
    left = int(market)
    for k in range(3):
        counts[k] = min(counts[k], left)
        left -= counts[k]


@kernel
def endow(seed, first, topics, passion_sd, starts, m, p):
    """Give the members from row `first` on their traits; draws belong to a member's key, on whichever day it joins."""
    key = day_key(seed, TRAITS, 0)
    for i in range(first, m.key.size):
        who = m.key[i]
        drive = normal(key, who, 0)
        rest = normal(key, who, 2)
        tied = p.drive_voice_correlation
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
        m.belonging[i] = p.belonging
        for b in range(starts.size):
            m.norms[i, b] = starts[b]


@kernel
def settle(seed, tenure, m):
    """Let founders have joined over the last `tenure` days, and have visited since as their drive has it."""
    key = day_key(seed, FOUNDING, 0)
    for i in range(m.key.size):
        m.joined[i] = -1 - int(uniform(key, m.key[i], 0) * tenure)
        daily = sig(m.drive[i])
        away = math.log(1.0 - uniform(key, m.key[i], 1)) / math.log(1.0 - daily)
        m.last_visit[i] = max(m.joined[i], -1 - int(min(away, 10_000.0)))


@kernel
def introduce_founders(seed, acquaintances, strength, m, ties):
    """Give founders `acquaintances` (a mean) acquaintances each among founders, of `strength` on average."""
    key = day_key(seed, FOUNDING, 0)
    n = m.key.size
    whole = int(acquaintances)
    for i in range(n if n > 1 else 0):
        number = whole + (1 if uniform(key, m.key[i], 2) < acquaintances - whole else 0)
        for k in range(number):
            other = int(uniform(key, m.key[i], 3 + 2 * k) * (n - 1))
            other = other if other < i else other + 1
            acquaint(ties, m.closeness, i, other, 2.0 * strength * uniform(key, m.key[i], 4 + 2 * k))


@kernel
def recruit(seed, day, first, visitors, m, ties, first_tie):
    """Give each word-of-mouth joiner from row `first` on a recruiter among yesterday's visitors, and its topic."""
    key = day_key(seed, JOINING, day)
    if visitors.size == 0:
        return
    for i in range(first, m.key.size):
        if m.source[i] != WORD:
            continue
        j = visitors[int(uniform(key, m.key[i], 0) * visitors.size)]
        if m.stage[j] == LEFT:
            continue
        m.topic[i] = m.topic[j]
        m.second[i] = m.second[j]
        acquaint(ties, m.closeness, i, j, first_tie)


@kernel
def acquaint(ties, closeness, i, j, strength):
    """Let i and j know each other with `strength`, where they did not."""
    seat_with(ties, closeness, i, j, strength)
    seat_with(ties, closeness, j, i, strength)


@kernel
def seat_with(ties, closeness, i, j, strength):
    """Let i feel `strength` for j, if it felt nothing."""
    k = seat(ties, closeness, i, j)
    if ties.strength[i, k] == 0.0:
        ties.strength[i, k] = strength
        closeness[i] += strength
