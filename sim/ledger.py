"""The ledger: what a day was worth to members and to the company, line by line (ODD, 7.17; M15).

It reads the state and what was counted; no rule reads it. Every price is assumed or borrowed: look at the lines, and
at how the sum changes with the prices, before you look at the sum. Sums over members go in the order of their rows.
"""

from typing import NamedTuple

from sim.compiled.kernel import kernel, lift
from sim.measures import begin_closeness, intimacy_of
from sim.rules.joining import customers, followers
from sim.rules.needing import felt_at_each
from sim.state.flows import Flow
from sim.state.members import Stage

LEFT = int(Stage.LEFT)
SOLVED_MEMBERS, SOLVED_STAFF, SELF_SOLVED = int(Flow.SOLVED_MEMBERS), int(Flow.SOLVED_STAFF), int(Flow.SELF_SOLVED)
JOINED_WORD, JOINED_BROADCAST, LEAVERS = int(Flow.JOINED_WORD), int(Flow.JOINED_BROADCAST), int(Flow.LEFT)
IDEAS, CREATED, HOSTILE, READ = int(Flow.IDEAS), int(Flow.CREATED), int(Flow.HOSTILE), int(Flow.ATTENTION_COMPANY)


class Living(NamedTuple):
    """Sums over current members today."""

    here: float
    intimacy: float  # of each, 0-1
    bound: float  # how far each is bound to the company by being here, 0-1
    liking: float  # by how much liking the brand lifts what each buys
    experience: float  # of the company above or below the middle
    annoyance: float


@kernel
def add_up_living(today, state, values, out):
    """Add up over current members what the ledger puts a price on; every member's intimacy is found on the way."""
    m, p, elasticity = state.members, values.value, values.value.broadcast_elasticity
    begin_closeness(out.closeness)
    felt = felt_at_each(state.company.experience)
    here = intimacy = bound = liking = experience = annoyance = 0.0
    for i in range(state.now.members):
        out.ego[i] = 0.0
        if m.stage[i] == LEFT:
            continue
        here += 1.0
        if today.day - m.last_visit[i] <= p.bound_days:
            bound += p.bound_visiting
        if today.day - m.last_written[i] <= p.bound_days:
            bound += p.bound_writing
        if m.tie_count[i] > 0:
            out.ego[i] = intimacy_of(state, values.measures, out.closeness, i)
            intimacy += out.ego[i]
        if m.brand[i] > 0.0:
            liking += lift(m.brand[i], elasticity)
        experience += felt[m.touchpoint[i]] - 0.5
        annoyance += m.annoyance[i]
    bound += (1.0 - p.bound_visiting - p.bound_writing) * intimacy
    return Living(here, intimacy, bound, liking, experience, annoyance)


@kernel
def account(today, state, values, out):
    """Write the day into the ledger, in currency; lines in the order in which sim/measures.py names them."""
    p, joining, company, world = values.value, values.joining, state.company, values.community
    living = add_up_living(today, state, values, out)
    counted = out.dawn
    for k in range(counted.size):
        counted[k] = out.flows[k] - counted[k]
    earned = p.spend * p.margin
    outside = followers(world) * world.follower_customers
    solved = counted[SOLVED_MEMBERS] + counted[SOLVED_STAFF] + counted[SELF_SOLVED]
    stories = lift(company.stories / (joining.stories_reference * customers(world)), p.story_elasticity)
    adstock = lift(company.adstock / joining.adstock_reference, p.broadcast_elasticity)
    for_company = (
        p.ticket * solved * p.direct * (1.0 - p.recontact),
        p.idea * counted[IDEAS],
        earned * p.uplift * living.bound,
        p.newcomer * (counted[JOINED_WORD] + counted[JOINED_BROADCAST]),
        -p.newcomer * counted[LEAVERS],
        earned * (outside + living.here) * stories,
        earned * (outside * adstock + living.liking),
        (1.0 - p.creation_share) * counted[CREATED],
        -p.incident * counted[HOSTILE],
        -values.budget.hours_per_week * values.budget.wage / 7.0,
        -values.budget.money_per_week / 7.0,
    )
    for_members = (
        p.help * solved,
        p.relationship * living.intimacy,
        p.creation_share * counted[CREATED],
        p.experience * living.experience,
        -p.hour * p.minutes_read / 60.0 * counted[READ],
        -p.harm * counted[HOSTILE],
        -p.nuisance * living.annoyance,
    )
    for line in range(len(for_company)):
        out.company_value[line] += for_company[line]
    for line in range(len(for_members)):
        out.member_value[line] += for_members[line]
