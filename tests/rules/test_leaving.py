"""Leaving, by hand."""

import math

import pytest

from sim.rules.leaving import leave, leave_chance, stage_of
from sim.scenario import load
from sim.state.flows import Flow
from sim.state.members import NOBODY, Stage
from tests.tiny import ALWAYS, NEVER, Community, handful, no_flows, put, some_members, some_ties, strength, tune, values

P = values(
    "leaving", base=-4.0, closeness=2.0, belonging=1.5, annoyance=1.5, hurt=1.0, core_closeness=1.0, lapse_days=60
)


def test_chance_to_leave():
    # hazard e^-4 = .0183156: chance 1 - exp(-.0183156) = .0181489
    assert leave_chance(0.0, 0.0, 0.0, 0.0, P) == pytest.approx(0.0181489, abs=1e-7)
    assert leave_chance(0.0, 0.0, 2.0, 1.0, P) == pytest.approx(1 - 1 / math.e)  # -4 + 3 + 1 = 0: hazard 1
    # held by ties and belonging: -4 - 2 x .5 - 1.5 x .4 = -5.6: hazard .0036979
    assert leave_chance(0.5, 0.4, 0.0, 0.0, P) == pytest.approx(0.0036910, abs=1e-7)
    assert leave_chance(0.0, 0.0, 100.0, 0.0, P) == 1.0


def test_stages():
    def of(last_visit=100, written=1, joined=0, closeness=0.0):
        return Stage(stage_of(100, joined, last_visit, written, closeness, 28, P))

    assert of(last_visit=40) == Stage.REGULAR  # away for 60 days
    assert of(last_visit=39, closeness=9.0) == Stage.LAPSED
    assert of(written=0, closeness=9.0) == Stage.VISITOR
    assert of(joined=72, closeness=9.0) == Stage.NEWCOMER  # here for 28 days
    assert of(joined=71) == Stage.REGULAR
    assert of(closeness=1.0) == Stage.CORE


def test_leaving_empties_both_sides():
    community = handful({"community.members": 7})
    m, ties = community.members.view, community.ties.view
    tune(community, "leaving", base=ALWAYS)
    for i, j, felt in ((6, 1, 0.5), (6, 2, 0.3), (1, 2, 0.2), (1, 6, 0.4), (1, 3, 0.1), (3, 6, 0.9)):
        put(ties, i, j, felt, m)
    ties.count[6], m.closeness[6] = 1, 0.5  # it holds 1 alone; 1 and 3 hold it
    community.leave()  # day 1: the day of key 6
    community.feel()
    assert m.stage[6] == Stage.LEFT and m.closeness[6] == 0.0
    assert ties.count.tolist() == [0, 2, 0, 0, 0, 0, 0]
    assert strength(ties, 1, 6) is None and strength(ties, 1, 2) > 0.19 and strength(ties, 1, 3) > 0.09
    assert m.closeness[1] == pytest.approx(strength(ties, 1, 2) + strength(ties, 1, 3)) and m.closeness[3] == 0.0


def left(m, ties, days, base):
    flows = no_flows()
    for day in days:
        leave(1, day, m, ties, 2.0, 28, P._replace(base=base), flows)
    return flows


def test_everybody_has_one_day_a_week():
    m, ties = some_members(14, need=3, written=1, joined=-100, last_visit=0), some_ties(14)
    flows = left(m, ties, [1], ALWAYS)
    # day 1: keys 6 and 13, since (1 + key) is a multiple of 7
    assert [i for i in range(14) if m.stage[i] == Stage.LEFT] == [6, 13] and flows[Flow.LEFT] == 2
    assert m.need[6] == NOBODY and m.need[0] == 3 and m.stage[0] == Stage.REGULAR
    assert left(m, ties, [1], ALWAYS).sum() == 0  # who has left cannot leave again
    left(m, ties, range(2, 8), ALWAYS)
    assert (m.stage == Stage.LEFT).all()


def test_nobody_leaves_whom_all_holds():
    m, ties = some_members(50), some_ties(50)
    assert left(m, ties, range(1, 60), NEVER).sum() == 0 and (m.stage != Stage.LEFT).all()


def test_hazard_is_weekly():
    m, ties = some_members(7000), some_ties(7000)
    # a week at hazard e^-2.3 = .1002588: 9.5397 % of 7,000 = 668, sd 25
    assert left(m, ties, range(1, 8), -2.3)[Flow.LEFT] == pytest.approx(668, abs=100)


def test_nobody_acts_after_leaving():
    """In a community from which many leave: nothing that a member does is written to the row of one who has left."""
    community = Community(
        load("facilitation", {"community.members": 150, "leaving.base": -3.0, "leaving.belonging": 0.0}),
        2,
        keep_events=True,
    )
    gone = {}
    doings = ("last_visit", "written", "last_written", "need", "muted", "post", "met")
    for _ in range(60):
        community.step()
        m = community.members.view
        for i, seen in gone.items():
            assert [getattr(m, name)[i] for name in doings] == seen
        writers = set(community.event_log[-1].source.tolist())
        assert not writers & gone.keys()
        for i in (m.stage == Stage.LEFT).nonzero()[0].tolist():
            gone.setdefault(i, [getattr(m, name)[i] for name in doings])
    assert len(gone) > 30


def test_the_day_of_the_week_belongs_to_the_key():
    m, ties = some_members(2, key=[13, 14]), some_ties(2)
    left(m, ties, [1], ALWAYS)
    assert [int(stage) == Stage.LEFT for stage in m.stage] == [True, False]  # 1 + 13 is a multiple of 7


def test_who_leaves_is_close_to_nobody_at_once():
    m = some_members(2, key=[6, 7])
    ties = some_ties(2, (0, 1, 0.5), (1, 0, 0.4), m=m)
    left(m, ties, [1], ALWAYS)
    assert m.closeness.tolist() == [0.0, 0.4] and ties.count.tolist() == [0, 1]
