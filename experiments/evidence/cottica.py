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

from typing import NamedTuple

import numpy as np

from experiments.calibration.summaries import gini
from sim.compiled.kernel import allocating

FOUNDERS = 2
BONUS = 0.2  # chance of talking gained by having received a comment
FADING = 1.01
GRACE = 50  # ticks before a member may leave; the tick of joining is the first of its age


class World(NamedTuple):
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


class State(NamedTuple):
    """All members, those to come too; arrays of shape (members,), `ties` (members, members).

    Attributes
    ----------
    here : bool, who has joined and not left
    ties, manager : strength of the tie from one to another; from the manager
    strength : membership strength, the sum of incoming ties from those present and the manager's
    comments : int64, written
    active, received : int64, the last tick in which each wrote and was written to; -1 before
    """

    here: np.ndarray
    ties: np.ndarray
    manager: np.ndarray
    strength: np.ndarray
    comments: np.ndarray
    active: np.ndarray
    received: np.ndarray


@allocating
def _talk(rng, n, world, state):
    """Let the `n` members who have joined talk, in tick `n`."""
    here, ties = state.here, state.ties
    present = float(here.sum())
    chance = world.chattiness + np.where((state.received[:n] == n - 1) | (not world.intended), BONUS, 0.0)
    for i in range(n):
        if not here[i] or rng.random() >= chance[i]:
            continue
        total = present
        for k in range(n):
            if here[k]:
                total += world.preference * ties[i, k] * ties[k, i]
        for j in range(n):
            if j != i and here[j] and rng.random() < (1.0 + world.preference * ties[i, j] * ties[j, i]) / total:
                ties[i, j] += 1.0
                state.comments[i] += 1
                state.active[i] = n
                state.received[j] = n


@allocating
def _fade(n, state):
    """Let all ties fade, and add up the membership strength of each."""
    state.manager[:n] /= FADING
    state.ties[:n, :n] /= FADING
    state.strength[:n] = state.manager[:n]
    for i in range(n):
        if state.here[i]:
            state.strength[:n] += state.ties[i, :n]


@allocating
def _engage(n, world, state):
    """The manager comments to members of the last tick, up to its capacity; returns to how many."""
    there = np.flatnonzero((state.active[:n] == n - 1) & state.here[:n])
    rank = -there if world.newer_first else -state.comments[there]
    chosen = there[np.argsort(rank, kind="mergesort")[: world.capacity]]
    state.manager[chosen] += 1.0
    state.received[chosen] = n
    return chosen.size


@allocating
def _live(rng, world, state):
    """All ticks; fills the columns; returns drop-outs, member-ticks and the manager's comments."""
    dropouts = member_ticks = effort = 0
    state.here[:FOUNDERS] = True
    for n in range(FOUNDERS + 1, world.members + 1):
        state.here[n - 1] = True
        member_ticks += state.here.sum()
        _talk(rng, n, world, state)
        _fade(n, state)
        for j in range(n):
            joined = max(j + 1, FOUNDERS)
            if state.here[j] and n - joined >= GRACE and state.strength[j] < world.threshold:
                state.here[j] = False
                dropouts += 1
        if n == world.members:
            break
        if world.onboard and n > FOUNDERS + 1:  # the joiner of the last tick
            state.manager[n - 2] += 1.0
            state.received[n - 2] = n
            effort += 1
        if world.engage:
            effort += _engage(n, world, state)
    return dropouts, member_ticks, effort


def simulate(world: World, seed: int) -> dict[str, float]:
    """Run the model once.

    Returns
    -------
    dropouts (members), gini_strength and gini_comments (of those who stayed), comments (of members), effort (comments
    of the manager), member_ticks
    """
    n = world.members
    state = State(
        here=np.zeros(n, np.bool_), ties=np.zeros((n, n)), manager=np.zeros(n), strength=np.zeros(n),
        comments=np.zeros(n, np.int64), active=np.full(n, -1), received=np.full(n, -1),
    )  # fmt: skip
    dropouts, member_ticks, effort = _live(np.random.default_rng(seed), world, state)
    return {
        "dropouts": float(dropouts),
        "gini_strength": gini(np.where(state.here, state.strength, 0.0)),
        "gini_comments": gini(state.comments.astype(float)),
        "comments": float(state.comments.sum()),
        "effort": float(effort),
        "member_ticks": float(member_ticks),
    }
