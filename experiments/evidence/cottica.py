"""Cottica's model of a paid community manager, written from its description: the docking target A, and X1.

A model of its own, beside ours and sharing nothing with it. Source: A. Cottica, repository
*community-management-simulator* (MIT licence; an unfinished working paper, its model of version 4), as described
in words; no code was taken over.

One tick: (1) one member joins; (2) each active member talks with chance `chattiness` + 0.2, and a talker rolls for
every other member j: (1 + b W_ij W_ji) / (n + b sum_k W_ik W_ki), each hit a comment, W_ij + 1; (3) all ties fade by
1.01; (4) who has been there for more than 50 ticks and whose incoming ties, the manager's with them, sum to less than
the threshold, leaves for good; (5) the end, once N members have joined; (6) the manager comments: onboarding, once to
the joiner of the last tick; engagement, once to each of up to `capacity` members who commented in the last tick, the
more active or the newer first.

Where the words leave a choice: the age of a member counts the tick in which it joined; "of the last tick" is a date
that a later comment overwrites, so that the manager engages those who commented in the last tick and not in this one
(the published effort decides it: 6,625 comments against 6,694); those who left stay in the Ginis, with strength 0, and
their ties count no more. The first two were chosen by published figures, between two readings each: with the tick of
joining left out of the age, A5 loses 21.7 +- 1.2 members in place of 26.2 (published 26.6).

*As published*, the + 0.2 comes always: the code means to ask who has received a comment in the last tick, and compares
a set with nothing. *As intended*, it comes only to those.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.compiled.kernel import allocating
from sim.measures import gini

FOUNDERS = 2
BONUS = 0.2  # chance of talking gained by having received a comment
FADING = 1.01
GRACE = 50  # ticks before a member may leave; the tick of joining is the first of its age


@dataclass(frozen=True)
class World:
    """What is set in a run.

    Attributes
    ----------
    chattiness, preference : c, the chance of talking in a tick, 0-0.8; b, the intimacy preference, 0 or more
    members, capacity, threshold : members who join in all; members engaged in a tick at most; strength to stay
    onboard, engage, newer_first : the manager's policies
    intended : whether the bonus goes to those who received a comment only
    """

    chattiness: float
    preference: float
    members: int = 700
    capacity: int = 10
    threshold: float = 4.0
    onboard: bool = False
    engage: bool = False
    newer_first: bool = False
    intended: bool = False


@allocating
def _talk(rng, tick, here, ties, chance, preference, comments, active, received):
    """Let members talk; `active` and `received` say who wrote and who was written to in this tick."""
    n = tick
    present = 0
    for i in range(n):
        present += here[i]
    for i in range(n):
        if not here[i] or rng.random() >= chance[i]:
            continue
        total = float(present)
        for k in range(n):
            if here[k]:
                total += preference * ties[i, k] * ties[k, i]
        for j in range(n):
            if j != i and here[j] and rng.random() < (1.0 + preference * ties[i, j] * ties[j, i]) / total:
                ties[i, j] += 1.0
                comments[i] += 1
                active[i] = tick
                received[j] = tick


@allocating
def _incoming(n, here, ties, manager, strength):
    """Membership strength: the sum of incoming ties from those present, and the manager's."""
    for j in range(n):
        strength[j] = manager[j]
    for i in range(n):
        if here[i]:
            for j in range(n):
                strength[j] += ties[i, j]


@allocating
def _live(
    rng, size, chattiness, preference, capacity, threshold, onboard, engage, newer_first, intended,
    here, ties, manager, comments, strength, totals,
):  # fmt: skip
    """All ticks; fills the columns and `totals`: drop-outs, member-ticks, the manager's comments."""
    active, received = np.full(size, -1), np.full(size, -1)  # the last tick of each
    chance, rank = np.zeros(size), np.zeros(size)
    here[:FOUNDERS] = True
    for n in range(FOUNDERS + 1, size + 1):
        here[n - 1] = True
        for i in range(n):
            chance[i] = chattiness + (BONUS if received[i] == n - 1 or not intended else 0.0)
            totals[1] += here[i]
        _talk(rng, n, here, ties, chance, preference, comments, active, received)
        for i in range(n):
            manager[i] /= FADING
            for j in range(n):
                ties[i, j] /= FADING
        _incoming(n, here, ties, manager, strength)
        for j in range(n):
            joined = j + 1 if j >= FOUNDERS else FOUNDERS
            if here[j] and n - joined >= GRACE and strength[j] < threshold:
                here[j] = False
                totals[0] += 1
        if n == size:
            break
        if onboard and n > FOUNDERS + 1:  # the joiner of the last tick
            manager[n - 2] += 1.0
            received[n - 2] = n
            totals[2] += 1
        if engage:
            found = 0
            for i in range(n):
                if active[i] == n - 1 and here[i]:
                    rank[i] = -i if newer_first else -comments[i]
                    found += 1
                else:
                    rank[i] = np.inf
            order = np.argsort(rank[:n], kind="mergesort")
            for at in range(min(capacity, found)):
                manager[order[at]] += 1.0
                received[order[at]] = n
                totals[2] += 1


def live(world: World, seed: int) -> dict[str, float]:
    """Run the model once.

    Returns
    -------
    dropouts (members), gini_strength and gini_comments (of those who stayed), comments (of members), effort (comments
    of the manager), member_ticks
    """
    n = world.members
    here, ties, manager = np.zeros(n, np.bool_), np.zeros((n, n)), np.zeros(n)
    comments, strength, totals = np.zeros(n, np.int64), np.zeros(n), np.zeros(3)
    _live(
        np.random.default_rng(seed), n, world.chattiness, world.preference, world.capacity, world.threshold,
        world.onboard, world.engage, world.newer_first, world.intended, here, ties, manager, comments, strength, totals,
    )  # fmt: skip
    return {
        "dropouts": float(totals[0]),
        "gini_strength": gini(np.where(here, strength, 0.0)),
        "gini_comments": gini(comments.astype(float)),
        "comments": float(comments.sum()),
        "effort": float(totals[2]),
        "member_ticks": float(totals[1]),
    }
