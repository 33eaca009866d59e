"""The graph of ties: components, triangles, degrees, beside a rewired graph with the same degrees (P27)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from sim.logs.patterns.activity import Line
from sim.logs.patterns.estimates import Estimate, fixed, mean, ratio, share, tie_ratio
from sim.logs.patterns.ground import Ground, within

SWITCHES = 10  # per edge
BATCH = 5  # a round tries one switch for so many edges


def triangles(low: np.ndarray, high: np.ndarray, accounts: int) -> tuple[np.ndarray, np.ndarray]:
    """Per account: its triangles and its degree, in a simple graph of edges low-high."""
    degree = np.bincount(low, minlength=accounts) + np.bincount(high, minlength=accounts)
    place = np.empty(accounts, np.int64)
    place[np.lexsort((np.arange(accounts), degree))] = np.arange(accounts)
    a, b = place[low], place[high]
    up, down = np.minimum(a, b), np.maximum(a, b)  # from the smaller degree to the larger: few edges out of hubs
    edges = csr_array(coo_array((np.ones(up.size, np.int64), (up, down)), shape=(accounts, accounts)))
    closed = (edges @ edges).multiply(edges)  # over the middle account of each triangle
    within = (edges.T @ edges).multiply(edges)  # over its lowest
    count = np.asarray(closed.sum(axis=1)).ravel() + np.asarray(closed.sum(axis=0)).ravel()
    count = count + np.asarray(within.sum(axis=1)).ravel()
    return count[place], degree


def clustering(found: np.ndarray, degree: np.ndarray) -> tuple[float, float]:
    """Mean local clustering over accounts with a tie, and transitivity."""
    wedges = degree * (degree - 1) / 2
    local = np.divide(found, wedges, out=np.zeros(found.size), where=wedges > 0)
    there = degree > 0
    return float(local[there].mean()) if there.any() else np.nan, float(found.sum() / max(wedges.sum(), 1))


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
        fresh &= ~within(keys, np.sort(low * accounts + high))
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


def local_line(name: str, said: str, found: np.ndarray, degree: np.ndarray, accounts: int) -> Line:
    """Mean local clustering as a fact."""
    wedges = degree * (degree - 1) / 2
    local = np.divide(found, wedges, out=np.zeros(found.size), where=wedges > 0)
    who = np.flatnonzero(degree)
    return Line(name, "", "0-1", said, mean(local[who], who, accounts))


def graph(g: Ground, generator: np.random.Generator) -> list[Line]:
    """All facts about the graph."""
    n, between = g.accounts, g.staff_ends == 0
    low, high = g.low[between], g.high[between]
    inside = largest(low, high, n)
    tied = np.flatnonzero(g.marked(np.concatenate([g.low, g.high])) & g.member)
    found, degree = triangles(low, high, n)
    lines = [
        Line("giant_members", "P27", "share of members", "in the largest component of ties between members, of those "
             "with any tie", share(inside[tied], tied, n)),
        Line("transitivity_members", "P27", "0-1", "closed share of paths of two ties between members",
             ratio(found, degree * (degree - 1) / 2, g.everyone, n)),
    ]  # fmt: skip
    found, degree = triangles(g.low, g.high, n)
    everyone = np.flatnonzero(degree)
    inside = largest(g.low, g.high, n)
    lines += [
        Line("giant", "", "share of accounts", "in the largest component, of those with any tie",
             share(inside[everyone], everyone, n)),
        local_line("clustering", "mean local clustering, accounts with a tie", found, degree, n),
        Line("transitivity", "", "0-1", "closed share of paths of two ties",
             ratio(found, degree * (degree - 1) / 2, g.everyone, n)),
        Line("assortativity", "", "-1 to 1", "correlation of the degrees at both ends of a tie",
             _assortative(g, degree)),
    ]  # fmt: skip
    a, b = rewired(g.low, g.high, n, generator)
    other, same = triangles(a, b, n)
    assert (same == degree).all()
    (local, transitive), (random_local, random_transitive) = clustering(found, degree), clustering(other, degree)
    m = g.low.size
    for name, value, said in (
        ("clustering_rewired", random_local, "mean local clustering of a random graph with the same degrees"),
        ("transitivity_rewired", random_transitive, "transitivity of that graph"),
        ("assortativity_rewired", assortativity(a, b, degree), "assortativity of that graph"),
        ("clustering_ratio", local / random_local if random_local > 0 else np.nan, "mean local clustering to that"),
        ("transitivity_ratio", transitive / random_transitive if random_transitive > 0 else np.nan,
         "transitivity to that"),
    ):  # fmt: skip
        lines.append(Line(name, "", "ratio" if "ratio" in name else "-1 to 1", said, fixed(value, m)))
    return lines


def _assortative(g: Ground, degree: np.ndarray) -> Estimate:
    """Assortativity on resampled ties, degrees as they are in the log."""
    x, y = degree[g.low].astype(float), degree[g.high].astype(float)
    one = np.ones(x.size)
    middle, product, square = (tie_ratio(v, one, g.tie_weights) for v in ((x + y) / 2, x * y, (x * x + y * y) / 2))

    def at(w: np.ndarray) -> float:
        centre = middle.at(w)
        spread = square.at(w) - centre**2
        return float((product.at(w) - centre**2) / spread) if spread > 0 else np.nan

    return Estimate(x.size, at)
