"""The ledger, line by line, by hand."""

import math

import numpy as np
import pytest

from sim.compiled.kernel import lift
from sim.measures import COMPANY_LINES, MEMBER_LINES
from sim.scenario import load
from sim.state.flows import Flow
from sim.state.members import LONG_AGO, Stage
from tests.tiny import handful, ran, some_ties

PRICES = dict(
    ticket=20.0,
    direct=0.5,
    recontact=0.25,
    idea=1000.0,
    spend=0.5,
    margin=0.4,
    uplift=0.2,
    newcomer=30.0,
    story_elasticity=0.2,
    broadcast_elasticity=0.1,
    incident=15.0,
    help=25.0,
    relationship=0.5,
    experience=0.2,
    creation_share=0.4,
    hour=12.0,
    minutes_read=0.5,
    harm=10.0,
    nuisance=0.05,
    bound_visiting=0.25,
    bound_writing=0.35,
    bound_days=90,
)


def value(happened=None, prepare=None, **changes):
    """The lines of a day on which so much happened."""
    community = handful({f"value.{name}": price for name, price in PRICES.items()} | changes)
    if prepare:
        prepare(community)
    community.tables.dawn[:] = community.flows
    for flow, number in (happened or {}).items():
        community.flows[flow] += number
    community.account()
    return ledger(community)


def ledger(community):
    """The lines so far, of the company and of the members."""
    tables = community.tables
    return (
        dict(zip(COMPANY_LINES, tables.company_value.tolist(), strict=True)),
        dict(zip(MEMBER_LINES, tables.member_value.tolist(), strict=True)),
    )


def test_lift():
    assert lift(0.0, 0.5) == 0.0
    assert lift(3.0, 0.5) == pytest.approx(1.0)  # sqrt(1 + 3) - 1


def test_a_day_on_which_nothing_happens_costs_its_wages():
    company, members = value(prepare=away)
    assert company.pop("wages") == pytest.approx(-40 * 35 / 7) and company.pop("money") == pytest.approx(-100 / 7)
    assert not any(company.values()) and not any(members.values())


def test_solved_needs():
    company, members = value({Flow.SOLVED_MEMBERS: 2, Flow.SOLVED_STAFF: 1, Flow.SELF_SOLVED: 1})
    assert company["support"] == pytest.approx(30.0)  # 4 x 20 x .5 x .75
    assert members["help"] == pytest.approx(100.0)


def test_ideas_members_and_incidents():
    company, members = value({Flow.IDEAS: 2, Flow.JOINED_WORD: 1, Flow.JOINED_BROADCAST: 2, Flow.JOINED_ORGANIC: 9,
                              Flow.LEFT: 4, Flow.HOSTILE: 3})  # fmt: skip
    assert company["product"] == 2000.0 and company["acquisition"] == 90.0 and company["departures"] == -120.0
    assert company["incidents"] == -45.0 and members["harm"] == -30.0


def test_creation_is_shared():
    company, members = value({Flow.CREATED: 50.0, Flow.CREATED_SUM: 99.0})
    assert company["creation"] == pytest.approx(30.0) and members["creation"] == pytest.approx(20.0)
    company, members = value({Flow.CREATED: -10.0})  # a surplus can be negative
    assert company["creation"] == pytest.approx(-6.0) and members["creation"] == pytest.approx(-4.0)


def away(community):
    """Nobody has visited or written for a long time."""
    community.members.view.last_visit[:] = community.members.view.last_written[:] = LONG_AGO


def test_ties():
    def close(community):
        away(community)
        some_ties(community, (0, 1, math.log(2)), (1, 0, math.log(2)))

    company, members = value(prepare=close)
    # mutual ln 2, scale 2: each has 1 - 2 ^ -.5 = .2928932
    assert members["relationships"] == pytest.approx(0.5 * 2 * 0.2928932, abs=1e-6)
    # of what binds, a part of .4 goes with intimacy; spend .5 x margin .4 x uplift .2
    assert company["engagement"] == pytest.approx(0.5 * 0.4 * 0.2 * 0.4 * 2 * 0.2928932, abs=1e-6)


def test_who_has_been_here_or_has_written_is_bound():
    def here(community):
        away(community)
        m = community.members.view
        community.day = 100
        m.last_visit[:] = [100, 10, 9, LONG_AGO, 100, 100]  # 90 days ago, and 91
        m.last_written[:] = [100, LONG_AGO, LONG_AGO, 10, 9, 100]
        m.stage[5] = Stage.LEFT

    company, members = value(prepare=here)
    # three have visited, .25 each, and two have written, .35 each; nobody is close to anybody
    assert company["engagement"] == pytest.approx(0.5 * 0.4 * 0.2 * (3 * 0.25 + 2 * 0.35))
    assert members["relationships"] == 0.0


def test_messages_and_stories():
    def told(community):
        company = community.company
        company.adstock = 1023 * community.scenario.joining.adstock_reference
        company.stories = 31 * community.scenario.joining.stories_reference * 15  # customers

    company, _ = value(prepare=told)
    # 30 followers, .3 of them customers: 9, and 6 members; spend .5 x margin .4 = .2 a day
    assert company["broadcast"] == pytest.approx(0.2 * 9 * 1.0)  # 1024 ^ .1 = 2
    assert company["stories"] == pytest.approx(0.2 * 15 * 1.0)  # 32 ^ .2 = 2


def test_messages_met_inside():
    def liked(community):
        community.members.view.brand[:2] = [1.0, 1.0]
        community.members.view.stage[1] = 5

    company, members = value({Flow.ATTENTION_COMPANY: 30, Flow.ATTENTION_STORIES: 99}, prepare=liked)
    assert company["broadcast"] == pytest.approx(0.2 * (2**0.1 - 1))  # who has left buys nothing more
    assert members["attention"] == pytest.approx(-3.0)  # 30 x half a minute at 12 an hour


def test_experience_and_nuisance():
    def better(community):
        community.company.experience[:] = 0.75
        community.members.view.annoyance[:3] = [1.0, 2.0, 4.0]
        community.members.view.stage[2] = 5

    _, members = value(prepare=better)
    assert members["experience"] == pytest.approx(0.2 * 5 * 0.25) and members["nuisance"] == pytest.approx(-0.15)


def test_the_days_add_up_and_nothing_is_counted_twice():
    community = ran(load("facilitation", {"community.members": 150}), 2, 30)
    p, flows = community.scenario.value, community.flows
    company, members = ledger(community)
    solved = flows[[Flow.SOLVED_MEMBERS, Flow.SOLVED_STAFF, Flow.SELF_SOLVED]].sum()
    assert members["help"] == pytest.approx(p.help * solved) and solved > 0
    assert company["incidents"] == pytest.approx(-p.incident * flows[Flow.HOSTILE])
    assert company["creation"] + members["creation"] == pytest.approx(flows[Flow.CREATED])
    assert np.isfinite([*company.values(), *members.values()]).all()


def test_who_has_left_buys_nothing():
    def told(community):
        community.company.stories = 31 * community.scenario.joining.stories_reference * 15  # customers
        community.members.view.stage[:2] = 5

    company, _ = value(prepare=told)
    assert company["stories"] == pytest.approx(0.2 * (9 + 4) * 1.0)  # as above, and two of six have left
