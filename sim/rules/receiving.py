"""Receiving: visitors meet the company's messages before anything else, and pay attention for them (ODD, 7.5; M9).

A message works only as far as it resonates: with what members talk about, and with what this member cares about.
"""

import math
from typing import NamedTuple

import numpy as np

from sim.draws import Rule, day_key, uniform
from sim.flows import Flow
from sim.kernel import growing, kernel, toward
from sim.members import interest
from sim.rules.keeping import learnt

RECEIVING = int(Rule.RECEIVING)
ATTENTION_COMPANY, ATTENTION_STORIES, MUTED = (
    int(Flow.ATTENTION_COMPANY),
    int(Flow.ATTENTION_STORIES),
    int(Flow.MUTED),
)


class Messages(NamedTuple):
    """Today's messages of the company, each column of shape (n_messages,)."""

    topic: np.ndarray  # int8
    resonance: np.ndarray  # float64, 0-1: with what members talk about
    promotion: np.ndarray  # float64: 1 pushes the brand line, 0 does not
    story: np.ndarray  # int8: 1 passes on a customer's story
    novelty: np.ndarray  # float64, 0-1
    reach: np.ndarray  # float64, 0-1: of the channel, noise taken off


def as_messages(sent: list[tuple]) -> Messages:
    """Today's messages as columns."""
    dtypes = (np.int8, np.float64, np.float64, np.int8, np.float64, np.float64)
    columns = zip(*sent, strict=True) if sent else ((),) * len(dtypes)
    return Messages(*(np.array(column, dtype) for column, dtype in zip(columns, dtypes, strict=True)))


@kernel
def liking(adstock, peak):
    """How much one more message helps, given exposures remembered (half-life 14 d): an inverted U, 1 at its peak."""
    x = 2.0 * math.log(2.0) * adstock / peak
    return x * math.exp(1.0 - x)


@kernel
def annoyed(resonance, promotion, adstock, peak, excess, story, p):
    """What one message adds to annoyance; `excess`: promotion in the feed past what the norm lets pass, as believed."""
    over = max(0.0, 2.0 * math.log(2.0) * adstock / peak - 1.0)
    factor = p.story_annoyance if story == 1 else 0.5 + 0.5 * promotion
    return p.annoyance_gain * (1.0 - resonance) * factor * (1.0 + over + excess)


@kernel
def receive(
    seed,
    day,
    visitors,
    messages,
    resonates,
    excess,
    norm,
    story_passion,
    attention,
    secondary,
    m,
    p,
    keeping,
    left,
    flows,
):
    """Let visitors meet today's messages; updates feelings, `left` (things each can still read) and `flows`.

    `excess`: how far the share of promotion in the feed passes the tolerance of the norm against it, 0 or more;
    `norm`: the index of that norm, -1 where there is none.
    """
    key = day_key(seed, RECEIVING, day)
    for v in range(visitors.size):
        i = visitors[v]
        left[v] = attention
        if m.muted[i] == 1:
            continue
        for k in range(messages.topic.size):
            if left[v] == 0 or uniform(key, m.key[i], 2 * k) >= p.exposure * messages.reach[k]:
                continue
            left[v] -= 1
            m.met[i] = 1
            cares = interest(messages.topic[k], m.topic[i], m.second[i], secondary)
            fit = (messages.resonance[k] + cares) / 2.0 if resonates else p.neutral_resonance
            m.adstock[i] += 1.0
            works = fit * messages.novelty[k] * liking(m.adstock[i], p.peak)
            if messages.promotion[k] > 0.0:
                works *= p.knowledge
            m.brand[i] = toward(m.brand[i], p.brand_gain * works)
            believed = excess * m.norms[i, norm] if norm >= 0 else 0.0
            m.annoyance[i] += annoyed(fit, messages.promotion[k], m.adstock[i], p.peak, believed, messages.story[k], p)
            m.trust[i] = max(0.0, m.trust[i] - p.trust_loss * m.annoyance[i])
            if norm >= 0:
                m.norms[i, norm] = learnt(
                    m.norms[i, norm], 1.0 - messages.promotion[k], day - m.joined[i], 0.0, keeping
                )
            if messages.story[k] == 1:
                m.passion[i] += story_passion * messages.novelty[k]
                flows[ATTENTION_STORIES] += 1
            else:
                flows[ATTENTION_COMPANY] += 1
            if uniform(key, m.key[i], 2 * k + 1) < p.mute * growing(m.annoyance[i]):
                m.muted[i] = 1
                flows[MUTED] += 1
                break
