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
    ego = np.empty(m.key.size)
    intimacies(m, community.ties.view, measured.ego_scale, measured.intimate, ego)
    intimacy = float(ego[here].sum())
    del ego  # a million members: eight million bytes
    earned = p.spend * p.margin
    outside = community.followers * community.scenario.community.follower_customers
    solved = counted[Flow.SOLVED_MEMBERS] + counted[Flow.SOLVED_STAFF] + counted[Flow.SELF_SOLVED]
    won = counted[Flow.JOINED_WORD] + counted[Flow.JOINED_BROADCAST]
    stories = lift(company.stories, joining.stories_reference * community.customers, p.story_elasticity)
    adstock = lift(company.adstock, joining.adstock_reference, p.broadcast_elasticity)
    liked = 1.0 + m.brand[here]
    liked **= p.broadcast_elasticity
    liked -= 1.0
    experience = community.experience_of_members()
    budget = community.scenario.budget
    for_company = {
        "support": p.ticket * solved * p.direct * (1.0 - p.recontact),
        "product": p.idea * counted[Flow.IDEAS],
        "engagement": earned * p.uplift * intimacy,
        "acquisition": p.newcomer * won,
        "departures": -p.newcomer * counted[Flow.LEFT],
        "stories": earned * (outside + float(here.sum())) * stories,
        "broadcast": earned * (outside * adstock + float(liked.sum())),
        "creation": (1.0 - p.creation_share) * counted[Flow.CREATED],
        "incidents": -p.incident * counted[Flow.HOSTILE],
        "wages": -budget.hours_per_week * budget.wage / 7.0,
        "money": -budget.money_per_week / 7.0,
    }
    for_members = {
        "help": p.help * solved,
        "relationships": p.relationship * intimacy,
        "creation": p.creation_share * counted[Flow.CREATED],
        "experience": p.experience * float((experience[here] - 0.5).sum()),
        "attention": -p.hour * p.minutes_read / 60.0 * counted[Flow.ATTENTION_COMPANY],
        "harm": -p.harm * counted[Flow.HOSTILE],
        "nuisance": -p.nuisance * float(m.annoyance[here].sum()),
    }
    return for_company, for_members
