"""The only source of random numbers (ODD, 4.9 Stochasticity).

A draw is a pure function of (seed, rule, day, who, number). No stream is kept, so no draw depends on who else drew,
on the order of evaluation, on threads or processes, or on anybody watching. Two strategies run with one seed share
every draw that they can share. Mixing: the finaliser of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA), used as a
counter-based generator in the sense of Salmon et al. 2011 (SC11).
"""

from __future__ import annotations

import math
from enum import IntEnum

from numba import config, uint64

from sim.compiled.kernel import kernel

if getattr(config, "DISABLE_JIT", 0):  # plain Python integers: exact, and without NumPy's overflow warnings
    uint64 = int  # type: ignore[assignment,misc]

GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
MASK = 0xFFFFFFFFFFFFFFFF


class Rule(IntEnum):
    """The rules that draw. A number is never reused for another rule, so that old seeds keep giving the same runs."""

    TRAITS = 1
    JOINING = 2
    NEEDING = 3
    VISITING = 4
    PLANNING = 5
    POSTING = 6
    RECEIVING = 7
    READING = 8
    MEETING = 9
    CREATING = 10
    KEEPING = 11
    TELLING = 12
    LISTENING = 13
    FEELING = 14
    LEAVING = 15
    NULL = 16
    FOUNDING = 17
    ORDERING = 18
    PLACES = 19  # where the studio draws a member
    CONVERSING = 20


@kernel
def mix(z):
    """SplitMix64's finaliser: uint64 -> uint64, a bijection that avalanches."""
    z = (z ^ (z >> uint64(30))) * MIX_1 & MASK
    z = (z ^ (z >> uint64(27))) * MIX_2 & MASK
    return z ^ (z >> uint64(31))


@kernel
def day_key(seed, rule, day):
    """The key of all draws of one rule on one day (63 bits, so that plain Python can hand it on)."""
    z = mix((uint64(seed) + uint64(GOLDEN)) & MASK)
    z = mix((z + uint64(rule) * GOLDEN) & MASK)
    return mix((z + uint64(day) * GOLDEN) & MASK) >> uint64(1)


@kernel
def uniform(key, who, number):
    """Draw `number` of `who` under `key`: float64 in [0, 1), 53 random bits."""
    z = mix((uint64(key) + uint64(who + 1) * GOLDEN) & MASK)
    z = mix((z + uint64(number + 1) * GOLDEN) & MASK)
    return (z >> uint64(11)) * 1.1102230246251565e-16


@kernel
def normal(key, who, number):
    """A standard normal from draws `number` and `number` + 1 (Box & Muller 1958, the cosine half)."""
    u = 1.0 - uniform(key, who, number)
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * uniform(key, who, number + 1))


@kernel
def poisson(key, who, mean):
    """A Poisson count with `mean` >= 0, by inversion in pieces of mean 16 at most (draw k for piece k)."""
    pieces = int(mean / 16.0) + 1
    part = mean / pieces
    total = 0
    for k in range(pieces):
        u = uniform(key, who, k)
        n = 0
        chance = math.exp(-part)
        below = chance
        while u >= below and n < 200:
            n += 1
            chance = chance * part / n
            below += chance
        total += n
    return total
