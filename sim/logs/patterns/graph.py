"""The graph of ties: components, triangles, degrees, beside a rewired graph with the same degrees (P27)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from sim.logs.patterns.estimates import Estimate, Statistic, fixed, quotient, ratio
from sim.logs.patterns.indexed import Indexed, is_in

SWITCHES = 10  # per edge
BATCH = 5  # a round tries one switch for so many edges


def triangles(low: np.ndarray, high: np.ndarray, accounts: int) -> tuple[np.ndarray, np.ndarray]:
    """Per account: its triangles and its degree, in a simple graph of edges low-high."""
    degree = np.bincount(low, minlength=accounts) + np.bincount(high, minlength=accounts)
    place = np.argsort(np.lexsort((np.arange(accounts), degree)))
    a, b = place[low], place[high]
    up, down = np.minimum(a, b), np.maximum(a, b)  # from the smaller degree to the larger: few edges out of hubs
    edges = csr_array(coo_array((np.ones(up.size, np.int64), (up, down)), shape=(accounts, accounts)))
    closed = (edges @ edges).multiply(edges)  # over the middle account of each triangle
    within = (edges.T @ edges).multiply(edges)  # over its lowest
    count = np.sum([closed.sum(axis=1), closed.sum(axis=0), within.sum(axis=1)], axis=0)
    return count[place], degree


def local_clustering(closed: np.ndarray, degree: np.ndarray) -> np.ndarray:
    """Per account: triangles to pairs of its ties; 0 where it has fewer than two."""
    pairs = degree * (degree - 1) / 2
    return np.divide(closed, pairs, out=np.zeros(closed.size), where=pairs > 0)


def clustering(closed: np.ndarray, degree: np.ndarray) -> tuple[float, float]:
    """Mean local clustering over accounts with a tie, and transitivity."""
    local, pairs = local_clustering(closed, degree)[degree > 0], degree * (degree - 1) / 2
    return float(local.mean()) if local.size else np.nan, float(closed.sum() / max(pairs.sum(), 1))


def rewired(
    low: np.ndarray, high: np.ndarray, accounts: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A random simple graph with the same degrees: random pairs of edges switch ends, many pairs in a round.

    A switch that would make a loop or an edge that is there already is left out, as one after the other would. Of
    switches that would make the same edge in one round the first is kept: leaving all out would starve the hubs.
    """
    low, high = low.copy(), high.copy()
    m = low.size
    batch = max(m // BATCH, 1)
    for _ in range(-(-SWITCHES * m // batch) if m > 1 else 0):
        one, two = generator.permutation(m)[: 2 * batch].reshape(2, -1) if 2 * batch <= m else np.array([[0], [1]])
        turn = generator.integers(0, 2, one.size).astype(bool)
        a, b = low[one], high[one]
        c, d = np.where(turn, high[two], low[two]), np.where(turn, low[two], high[two])
        first, second = ((np.minimum(x, y), np.maximum(x, y)) for x, y in ((a, d), (c, b)))
        keys = np.stack([first[0] * accounts + first[1], second[0] * accounts + second[1]], axis=1).ravel()
        fresh = np.zeros(keys.size, bool)
        fresh[np.unique(keys, return_index=True)[1]] = True
        fresh &= ~is_in(keys, np.sort(low * accounts + high))
        sound = fresh.reshape(-1, 2).all(axis=1) & (first[0] != first[1]) & (second[0] != second[1])
        low[one[sound]], high[one[sound]] = first[0][sound], first[1][sound]
        low[two[sound]], high[two[sound]] = second[0][sound], second[1][sound]
    return low, high


def largest(low: np.ndarray, high: np.ndarray, accounts: int) -> np.ndarray:
    """Flags of the accounts in the largest component; nobody without edges."""
    if not low.size:
        return np.zeros(accounts, bool)
    graph = coo_array((np.ones(low.size), (low, high)), shape=(accounts, accounts))
    _, label = connected_components(graph, directed=False)
    return label == np.bincount(label).argmax()


def assortativity(low: np.ndarray, high: np.ndarray, degree: np.ndarray) -> float:
    """Correlation of the degrees at the two ends of an edge."""
    x, y = degree[np.concatenate([low, high])], degree[np.concatenate([high, low])]
    return float(np.corrcoef(x, y)[0, 1]) if x.size and x.std() > 0 else np.nan


def graph(log: Indexed, generator: np.random.Generator) -> Iterator[Statistic]:
    """All statistics of the graph."""
    n, between = log.accounts, log.staff_ends == 0
    low, high = log.low[between], log.high[between]
    tied = log.marked(np.concatenate([log.low, log.high]))
    closed, degree = triangles(low, high, n)
    yield Statistic("giant_members", log.share(largest(low, high, n), tied & log.member))
    yield Statistic("transitivity_members", ratio(closed, degree * (degree - 1) / 2))
    closed, degree = triangles(log.low, log.high, n)
    yield Statistic("giant", log.share(largest(log.low, log.high, n), tied))
    yield Statistic("clustering", log.mean_of(local_clustering(closed, degree), tied))
    yield Statistic("transitivity", ratio(closed, degree * (degree - 1) / 2))
    yield Statistic("assortativity", resampled_assortativity(log, degree))
    a, b = rewired(log.low, log.high, n, generator)
    other, same = triangles(a, b, n)
    assert (same == degree).all()
    (local, transitive), (random_local, random_transitive) = clustering(closed, degree), clustering(other, degree)
    for name, value in (
        ("clustering_rewired", random_local),
        ("transitivity_rewired", random_transitive),
        ("assortativity_rewired", assortativity(a, b, degree)),
        ("clustering_ratio", quotient(local, random_local)),
        ("transitivity_ratio", quotient(transitive, random_transitive)),
    ):
        yield Statistic(name, fixed(value, log.low.size))


def resampled_assortativity(log: Indexed, degree: np.ndarray) -> Estimate:
    """Assortativity on resampled ties, degrees as they are in the log."""
    x, y = degree[log.low].astype(float), degree[log.high].astype(float)
    one = np.ones(x.size)
    middle, product, square = (log.tie_ratio(v, one) for v in ((x + y) / 2, x * y, (x * x + y * y) / 2))

    def at(w: np.ndarray) -> float:
        centre = middle.at(w)
        spread = square.at(w) - centre**2
        return float((product.at(w) - centre**2) / spread) if spread > 0 else np.nan

    return Estimate(x.size, at)
