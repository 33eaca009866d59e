"""Receiving: visitors meet the company's messages before anything else, and pay attention for them (ODD, 7.6; M9).

A message works only as far as it resonates: with what members talk about, and with what this member cares about.
"""

import math

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import growing, kernel, toward
from sim.rules.keeping import learning, learnt
from sim.state.flows import Flow
from sim.state.members import interest
from sim.state.norms import Breach

RECEIVING, COMPANY_PROMOTE = int(Rule.RECEIVING), int(Breach.COMPANY_PROMOTE)
ATTENTION_COMPANY, ATTENTION_STORIES, MUTED = (
    int(Flow.ATTENTION_COMPANY),
    int(Flow.ATTENTION_STORIES),
    int(Flow.MUTED),
)


@kernel
def saturation(adstock, p):
    """Exposures of late over those at which one more stops helping; `adstock`: exposures remembered.

    At a steady rate adstock is that rate times its half-life over ln 2: so many exposures in `peak_days`.
    """
    return p.peak_days / p.adstock_half_life * math.log(2.0) * adstock / p.peak


@kernel
def annoyed(resonance, promotion, x, excess, story, p):
    """What one message adds to annoyance; `x`: saturation, `excess`: promotion past what the norm lets pass."""
    over = max(0.0, x - 1.0)
    factor = p.story_annoyance if story == 1 else p.plain_annoyance + (1.0 - p.plain_annoyance) * promotion
    return p.annoyance_gain * (1.0 - resonance) * factor * (1.0 + over + excess)


@kernel
def guarding(norms):
    """The norm against promotion by the company; -1 where there is none."""
    for b in range(norms.breach.size):
        if norms.breach[b] == COMPANY_PROMOTE:
            return b
    return -1


@kernel
def promotion_excess(company, tolerance):
    """How far the share of promotion in the feed passes `tolerance` (above 0), as a multiple of it, 0 or more."""
    if company.feed == 0.0:
        return 0.0
    return max(0.0, company.promotions / company.feed / tolerance - 1.0)


@kernel
def receive(today, state, values, out):
    """Let visitors meet today's messages, which take attention; updates feelings and what each visitor has left."""
    visits, norms = state.visits, state.norms
    key = day_key(today.seed, RECEIVING, today.day)
    norm = guarding(norms) if values.switches.norms else -1
    excess = 0.0
    if norm >= 0:
        excess = promotion_excess(state.company, max(norms.tolerance[norm], values.keeping.least_tolerance))
    for v in range(state.now.visitors):
        visits.left[v] = values.attention.things
        if state.members.muted[visits.row[v]] == 1:
            continue
        for k in range(state.now.messages):
            who = state.members.key[visits.row[v]]
            seen = uniform(key, who, 2 * k) < values.receiving.exposure * state.messages.reach[k]
            if visits.left[v] > 0 and seen:
                meet_message(today, state, values, out, v, k, excess, norm)
                mute = values.receiving.mute * growing(state.members.annoyance[visits.row[v]])
                if uniform(key, who, 2 * k + 1) < mute:
                    state.members.muted[visits.row[v]] = 1
                    out.flows[MUTED] += 1
                    break


@kernel
def meet_message(today, state, values, out, v, k, excess, norm):
    """Let visitor v read message k.

    `excess`: how far the share of promotion in the feed passes the tolerance of the norm against it, 0 or more;
    `norm`: the index of that norm, -1 where there is none.
    """
    m, messages, p, i = state.members, state.messages, values.receiving, state.visits.row[v]
    state.visits.left[v] -= 1
    m.met[i] = 1
    cares = interest(messages.topic[k], m.topic[i], m.second[i], values.members.secondary_topic)
    fit = (messages.resonance[k] + cares) / 2.0 if values.switches.resonance else p.neutral_resonance
    m.adstock[i] += 1.0
    x = saturation(m.adstock[i], p)
    works = fit * messages.novelty[k]
    if messages.promotion[k] > 0.0:
        works *= p.knowledge
    m.brand[i] = toward(m.brand[i], p.brand_gain * works)
    believed = excess * state.beliefs[i, norm] if norm >= 0 else 0.0
    m.annoyance[i] += annoyed(fit, messages.promotion[k], x, believed, messages.story[k], p)
    m.trust[i] = max(0.0, m.trust[i] - p.trust_loss * m.annoyance[i])
    if norm >= 0:
        kept = 1.0 - messages.promotion[k]
        state.beliefs[i, norm] = learnt(
            state.beliefs[i, norm], kept, learning(today.day - m.joined[i], 0.0, values.keeping)
        )
    if messages.story[k] == 1:
        m.passion[i] += values.telling.passion * messages.novelty[k]
        out.flows[ATTENTION_STORIES] += 1
    else:
        out.flows[ATTENTION_COMPANY] += 1
