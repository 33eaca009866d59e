"""The same members at the same places: which ties to draw, and where.

One layout for all scenarios, computed once on the union of their ties, so that a difference between two pictures is
a difference between two communities and not between two layouts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    import pandas as pd

CLOSE = 0.3  # the measure `intimate share` counts ties from this strength on
WEAKEST = 0.02  # ties below this are not drawn: a trace of one meeting
MOST_MEMBERS = 600
MOST_TIES = 6000


def graph_of(network: dict[str, pd.DataFrame]) -> nx.Graph:
    """The ties of a stored network as a graph of member ids; edges carry `strength`."""
    members = network["members"]["member"].to_numpy()
    ties = network["ties"]
    ties = ties[ties["strength"] >= WEAKEST]
    graph = nx.Graph()
    graph.add_nodes_from(int(member) for member in members)
    graph.add_weighted_edges_from(
        zip(members[ties["source"]].tolist(), members[ties["target"]].tolist(), ties["strength"].tolist(), strict=True),
        weight="strength",
    )
    return graph


def choose(graphs: list[nx.Graph]) -> list[int]:
    """At most `MOST_MEMBERS` members: those with the most strength under any of the scenarios; ties by id."""
    most: dict[int, float] = {}
    for graph in graphs:
        for member, strength in graph.degree(weight="strength"):
            most[member] = max(most.get(member, 0.0), strength)
    return sorted(sorted(most), key=lambda member: -most[member])[:MOST_MEMBERS]


def lay_out(union: nx.Graph) -> dict[int, np.ndarray]:
    """Places in the unit disc: a spring layout of those with ties, the others on a ring around them."""
    tied = union.subgraph(sorted(member for member in union if union.degree(member)))
    places: dict[int, np.ndarray] = {}
    if len(tied):
        ordered = nx.Graph()
        ordered.add_nodes_from(sorted(tied))
        ordered.add_edges_from(sorted((min(a, b), max(a, b), data) for a, b, data in tied.edges(data=True)))
        positions = nx.spring_layout(
            ordered, k=2.2 / np.sqrt(len(ordered)), iterations=60, seed=1, weight="strength", method="force"
        )
        at = np.array([positions[member] for member in ordered])
        at -= np.median(at, axis=0)
        radius = np.hypot(*at.T)
        # Spread by rank of distance: springs crowd the middle, and a hairball shows nobody.
        rank = np.sqrt((np.argsort(np.argsort(radius, kind="stable"), kind="stable") + 1) / len(radius))
        at *= (0.9 * (0.5 * rank + 0.5 * radius / radius.max()) / np.where(radius > 0, radius, 1))[:, None]
        places = dict(zip(ordered, at, strict=True))
    alone = sorted(member for member in union if member not in places)
    for i, member in enumerate(alone):
        angle = 2 * np.pi * i / len(alone)
        places[member] = np.array([np.cos(angle), np.sin(angle)])
    return places


def draw_together(
    networks: dict[str, dict[str, pd.DataFrame]],
) -> list[tuple[str, nx.Graph, dict[int, np.ndarray], int]]:
    """What to draw for each scenario: its label, the graph to draw, the common places, and how many members it has."""
    graphs = {label: graph_of(network) for label, network in networks.items()}
    chosen = choose(list(graphs.values()))
    union = nx.Graph()
    union.add_nodes_from(chosen)
    for graph in graphs.values():
        for a, b, strength in graph.subgraph(chosen).edges(data="strength"):
            before = union.edges[a, b]["strength"] if union.has_edge(a, b) else 0.0
            union.add_edge(a, b, strength=max(before, strength))
    places = lay_out(union)
    drawn = []
    for label, graph in graphs.items():
        part = nx.Graph(gone={member for member in chosen if member not in graph})
        part.add_nodes_from(chosen)
        edges = sorted(graph.subgraph(chosen).edges(data="strength"), key=lambda edge: (-edge[2], edge[:2]))
        part.add_weighted_edges_from(edges[:MOST_TIES], weight="strength")
        drawn.append((label, part, places, graph.number_of_nodes()))
    return drawn
