"""The growing network of Cottica, Melancon & Renoust (2017), from its description: docking target B, and X2.

Two nodes linked both ways; at each step a node joins and an edge appears, from a node drawn evenly to one drawn in
proportion to its in-degree + A (A = 1). Under onboarding the manager adds an edge to each newcomer; with chance `v1`
the newcomer adds one to a popular node, and with chance `v2` a random node one to the newcomer. The in-degrees k are
tested for a power law of q = k + A (Applied Network Science 2:30, equation 1 and appendix A1).
"""

from __future__ import annotations

import numpy as np

from experiments.evidence import powerlaws
from sim.compiled.kernel import allocating

NODES = 2000
ATTRACTION = 1
REJECTED = 0.1


@allocating
def _grow(rng, size, onboard, v1, v2):
    """In-degrees, int64 (size,). Targets are drawn from a list that holds each node k + A times (A = 1)."""
    urn = np.empty(5 * size, np.int64)
    urn[:4] = np.array([0, 0, 1, 1])
    used = 4
    for node in range(2, size):
        urn[used] = node
        used += 1
        for _ in range(1 + (onboard and rng.random() < v1)):
            urn[used] = urn[int(rng.random() * used)]
            used += 1
        for _ in range((1 + (rng.random() < v2)) if onboard else 0):
            urn[used] = node
            used += 1
    return np.bincount(urn[:used]) - ATTRACTION


def grow(seed: int, onboard: bool, v1: float = 0.0, v2: float = 0.0, nodes: int = NODES) -> np.ndarray:
    """In-degrees of a grown network, int64 (nodes,)."""
    return _grow(np.random.default_rng(seed), nodes, onboard, v1, v2)


def test(degrees: np.ndarray, seed: int, times: int = 200) -> dict[str, float]:
    """Test two power laws of q = k + A: over k >= 1 and over k >= k_min.

    Returns
    -------
    exponent, p, rejected (p < .1) of the first, and tail_exponent, tail_p, tail_rejected, k_min of the second
    """
    q = degrees + ATTRACTION
    whole, tail = powerlaws.fit(q, 1 + ATTRACTION), powerlaws.fit(q[q > ATTRACTION])
    p = powerlaws.chance(q, whole, False, seed, times)
    tail_p = powerlaws.chance(q[q > ATTRACTION], tail, True, seed + 1, times)
    return {
        "exponent": whole.exponent, "p": p, "rejected": float(p < REJECTED),
        "tail_exponent": tail.exponent, "tail_p": tail_p, "tail_rejected": float(tail_p < REJECTED),
        "k_min": float(tail.lower - ATTRACTION),
    }  # fmt: skip
