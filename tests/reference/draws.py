"""Luck (ODD 4.9): every draw is a pure function of seed, rule, day, who and number."""

from __future__ import annotations

import math

MASK = 2**64 - 1
G = 0x9E3779B97F4A7C15

TRAITS, JOINING, NEEDING, VISITING, PLANNING, POSTING, RECEIVING, READING, MEETING, CREATING = range(1, 11)
TELLING, LISTENING, LEAVING, NULL, FOUNDING = 12, 13, 15, 16, 17
CONVERSING = 20


def mix(z: int) -> int:
    """The finaliser of SplitMix64."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def key(seed: int, rule: int, day: int) -> int:
    """Where the draws of a rule on a day begin."""
    z = mix((seed + G) & MASK)
    z = mix((z + rule * G) & MASK)
    return mix((z + day * G) & MASK) >> 1


class Luck:
    """All the draws of one `who` under one key: `luck(n)` is u(key, who, n)."""

    def __init__(self, start: int, who: int):
        self.start = mix((start + (who + 1) * G) & MASK)

    def __call__(self, number: int) -> float:
        """A number from 0 to 1, without 1."""
        return (mix((self.start + (number + 1) * G) & MASK) >> 11) * 2.0**-53

    def normal(self, number: int) -> float:
        """A standard normal; takes two numbers."""
        return math.sqrt(-2.0 * math.log(1.0 - self(number))) * math.cos(2.0 * math.pi * self(number + 1))

    def poisson(self, mean: float) -> int:
        """A count with this mean, by pieces."""
        pieces = int(mean / 16.0) + 1
        part = mean / pieces
        total = 0
        for k in range(pieces):
            u = self(k)
            n = 0
            chance = math.exp(-part)
            below = chance
            while u >= below and n < 200:
                n += 1
                chance = chance * part / n
                below += chance
            total += n
        return total
