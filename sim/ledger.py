"""The ledger: what a day was worth to members and to the company, line by line (ODD, 7.16; M15).

It reads the state and what was counted; no rule reads it. Every price is assumed or borrowed: look at the lines, and
at how the sum changes with the prices, before you look at the sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.flows import Flow
from sim.measures import LEFT, intimacies

if TYPE_CHECKING:
    from sim.community import Community


def lift(level: float, reference: float, elasticity: float) -> float:
    """Share of sales moved by a force at `level`, of constant elasticity past its `reference`."""
    return (1.0 + level / reference) ** elasticity - 1.0


def day_value(community: Community, counted: np.ndarray) -> tuple[dict[str, float], dict[str, float]]:
    """Lines of the company and of members for one day, in currency; `counted`: what the flows gained today."""
    p, joining, company = community.scenario.value, community.scenario.joining, community.company
    m = community.members.view
    here = m.stage != LEFT
    measured = community.scenario.measures
    # Large columns one after the other: of a million members each is eight million bytes.
    ego = np.empty(m.key.size)
    intimacies(m.stage, community.ties.view, measured.ego_scale, measured.intimate, ego)
    intimacy = float(ego[here].sum())
    del ego
    liked = m.brand[here]
    liked += 1.0
    liked **= p.broadcast_elasticity
    liked -= 1.0
    sold = float(liked.sum())
    del liked
    above = (community.company.felt() - 0.5)[m.touchpoint[here]]
    experienced = float(above.sum())
    del above
    earned = p.spend * p.margin
    outside = community.followers * community.scenario.community.follower_customers
    solved = counted[Flow.SOLVED_MEMBERS] + counted[Flow.SOLVED_STAFF] + counted[Flow.SELF_SOLVED]
    won = counted[Flow.JOINED_WORD] + counted[Flow.JOINED_BROADCAST]
    stories = lift(company.stories, joining.stories_reference * community.customers, p.story_elasticity)
    adstock = lift(company.adstock, joining.adstock_reference, p.broadcast_elasticity)
    budget = community.scenario.budget
    for_company = {
        "support": p.ticket * solved * p.direct * (1.0 - p.recontact),
        "product": p.idea * counted[Flow.IDEAS],
        "engagement": earned * p.uplift * intimacy,
        "acquisition": p.newcomer * won,
        "departures": -p.newcomer * counted[Flow.LEFT],
        "stories": earned * (outside + float(here.sum())) * stories,
        "broadcast": earned * (outside * adstock + sold),
        "creation": (1.0 - p.creation_share) * counted[Flow.CREATED],
        "incidents": -p.incident * counted[Flow.HOSTILE],
        "wages": -budget.hours_per_week * budget.wage / 7.0,
        "money": -budget.money_per_week / 7.0,
    }
    for_members = {
        "help": p.help * solved,
        "relationships": p.relationship * intimacy,
        "creation": p.creation_share * counted[Flow.CREATED],
        "experience": p.experience * experienced,
        "attention": -p.hour * p.minutes_read / 60.0 * counted[Flow.ATTENTION_COMPANY],
        "harm": -p.harm * counted[Flow.HOSTILE],
        "nuisance": -p.nuisance * float(m.annoyance[here].sum()),
    }
    return for_company, for_members
