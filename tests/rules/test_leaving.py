"""Leaving, by hand."""

import math

import pytest

from sim.rules.leaving import leave, leave_chance, stage_of
from sim.scenario import load
from sim.state.flows import Flow
from sim.state.members import NOBODY, Stage
from tests.tiny import ALWAYS, NEVER, Community, handful, partners, put, some_members, some_ties, strength, tune, values

P = values(
    "leaving",
    base=-4.0,
    closeness=2.0,
    belonging=1.5,
    annoyance=1.5,
    hurt=1.0,
    loss=0.5,
    core_closeness=1.0,
    lapse_days=60,
)


def test_chance_to_leave():
    # hazard e^-4 = .0183156: chance 1 - exp(-.0183156) = .0181489
    assert leave_chance(0.0, 0.0, 0.0, 0.0, 0.0, P) == pytest.approx(0.0181489, abs=1e-7)
    assert leave_chance(0.0, 0.0, 2.0, 1.0, 0.0, P) == pytest.approx(1 - 1 / math.e)  # -4 + 3 + 1 = 0: hazard 1
    assert leave_chance(0.0, 0.0, 2.0, 0.0, 2.0, P) == pytest.approx(1 - 1 / math.e)  # -4 + 3 + 1
    # held by ties and belonging: -4 - 2 x .5 - 1.5 x .4 = -5.6: hazard .0036979
    assert leave_chance(0.5, 0.4, 0.0, 0.0, 0.0, P) == pytest.approx(0.0036910, abs=1e-7)
    assert leave_chance(0.0, 0.0, 100.0, 0.0, 0.0, P) == 1.0


def test_stages():
    def of(last_visit=100, written=1, new=False, closeness=0.0):
        return Stage(stage_of(100 - last_visit, written, new, closeness, P))

    assert of(last_visit=40) == Stage.REGULAR  # away for 60 days
    assert of(last_visit=39, closeness=9.0) == Stage.LAPSED
    assert of(written=0, closeness=9.0) == Stage.VISITOR
    assert of(new=True, closeness=9.0) == Stage.NEWCOMER
    assert of(closeness=1.0) == Stage.CORE


def test_a_newcomer_is_one_for_28_days():
    community = some_members(2, written=1, last_visit=100, joined=[72, 71])
    left(community, [100], NEVER)
    assert community.members.view.stage.tolist() == [Stage.NEWCOMER, Stage.REGULAR]


def test_leaving_empties_both_sides():
    community = handful({"community.members": 7})
    m = community.members.view
    tune(community, "leaving", base=ALWAYS)
    for i, j, felt in ((6, 1, 0.5), (6, 2, 0.3), (1, 2, 0.2), (1, 6, 0.4), (1, 3, 0.1), (3, 6, 0.9)):
        put(community, i, j, felt)
    m.tie_count[6], m.closeness[6] = 1, 0.5  # it holds 1 alone; 1 and 3 hold it
    community.leave()  # day 1: the day of key 6
    community.feel()
    assert m.stage[6] == Stage.LEFT and m.closeness[6] == 0.0
    assert m.tie_count.tolist() == [0, 2, 0, 0, 0, 0, 0]
    assert sorted(partners(community, 1)) == [2, 3]
    felt = [strength(community, 1, j) for j in (2, 3)]
    assert felt[0] > 0.19 and felt[1] > 0.09
    assert m.closeness[1] == pytest.approx(sum(felt)) and m.closeness[3] == 0.0


def left(community, days, base):
    """How many leave on these days."""
    tune(community, "leaving", base=base)
    before = community.flows[Flow.LEFT]
    for community.day in days:  # noqa: B020
        leave(*community.given)
    return community.flows[Flow.LEFT] - before


def test_everybody_has_one_day_a_week():
    community = some_members(14, need=3, written=1, joined=-100, last_visit=0)
    m, leavers = community.members.view, left(community, [1], ALWAYS)
    # day 1: keys 6 and 13, since (1 + key) is a multiple of 7
    assert [i for i in range(14) if m.stage[i] == Stage.LEFT] == [6, 13] and leavers == 2
    assert m.need[6] == NOBODY and m.need[0] == 3 and m.stage[0] == Stage.REGULAR
    assert left(community, [1], ALWAYS) == 0  # who has left cannot leave again
    left(community, range(2, 8), ALWAYS)
    assert (m.stage == Stage.LEFT).all()


def test_nobody_leaves_whom_all_holds():
    community = some_members(50)
    assert left(community, range(1, 60), NEVER) == 0 and (community.members.view.stage != Stage.LEFT).all()


def test_hazard_is_weekly():
    # a week at hazard e^-2.3 = .1002588: 9.5397 % of 7,000 = 668, sd 25
    assert left(some_members(7000), range(1, 8), -2.3) == pytest.approx(668, abs=100)


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
        events = community.events
        writers = set(events["source"][events["time"] >= community.day].tolist())
        assert not writers & gone.keys()
        for i in (m.stage == Stage.LEFT).nonzero()[0].tolist():
            gone.setdefault(i, [getattr(m, name)[i] for name in doings])
    assert len(gone) > 30


def test_the_day_of_the_week_belongs_to_the_key():
    community = some_members(2, key=[13, 14])
    left(community, [1], ALWAYS)
    assert (community.members.view.stage == Stage.LEFT).tolist() == [True, False]  # 1 + 13 is a multiple of 7


def test_who_leaves_is_close_to_nobody_at_once():
    community = some_members(2, key=[6, 7])
    some_ties(community, (0, 1, 0.5), (1, 0, 0.4))
    left(community, [1], ALWAYS)
    m = community.members.view
    assert m.closeness.tolist() == [0.0, 0.4] and m.tie_count.tolist() == [0, 1]


def test_who_has_lost_partners_leaves_more_readily():
    community = some_members(14, loss=[0.0] * 7 + [1.0] * 7)
    tune(community, "leaving", loss=2 * ALWAYS)
    assert left(community, range(1, 8), NEVER) == 7
    assert (community.members.view.stage == Stage.LEFT).tolist() == [False] * 7 + [True] * 7
