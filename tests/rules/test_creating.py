"""Creating together, by hand."""

import numpy as np
import pytest

from sim.rules.creating import create, joint_worth, start_projects
from sim.state.flows import Flow
from sim.state.team import Activity
from tests.tiny import ALWAYS, come, handful, put, some_members, some_ties, strength, tune, values

P = values("creating", surplus=0.6, coordination=0.02, work=40.0, library=1.0)


def test_worth_of_a_group():
    # two put in 80, fully diverse, half close: .6 x 1/2 x 1 x .5 = .15 more, 92; one pair costs .02 x 40 = .8
    assert joint_worth(80.0, 2, 1.0, 0.5, P) == pytest.approx(91.2)
    # strangers make less than their sum: eight put in 80, 28 pairs cost .02 x 10 each
    assert joint_worth(80.0, 8, 1.0, 0.0, P) == pytest.approx(74.4)
    # alike, however close: no surplus
    assert joint_worth(80.0, 4, 0.0, 1.0, P) == pytest.approx(80 - 0.02 * 20 * 6)
    # 4 members: .6 x 3/4 x .5 x .8 = .18
    assert joint_worth(100.0, 4, 0.5, 0.8, P) == pytest.approx(118 - 0.02 * 25 * 6)


def apart(n, changes=None):
    """So many skilled and passionate strangers, each with a topic of its own."""
    each = np.arange(n)
    return some_members(n, changes, expertise=1.0, passion=ALWAYS, topic=each, second=each)


def create_together(community, n):
    """The first `n` members make something on the channel of gatherings."""
    tune(community, "creating", surplus=0.6, coordination=0.02, work=40.0, library=1.0)
    community.tables.guests[:n] = np.arange(n)
    create(*community.given, 0.8, n, community.values.activities[Activity.HOST].channel)
    return community


@pytest.mark.parametrize("n,messages", [(2, 2), (3, 6), (5, 10)])
def test_they_work_in_a_ring(n, messages):
    community = create_together(apart(n), n)
    m, flows = community.members.view, community.flows
    assert flows[Flow.EXCHANGES] == len(community.events) == messages
    # one pair is two messages; from three on each has two neighbours
    assert m.tie_count.tolist() == [min(2, n - 1)] * n
    assert m.won.tolist() == [2] * n and flows[Flow.PROJECTS] == 1
    assert flows[Flow.CREATED_SUM] == pytest.approx(40.0 * n)


def test_two_who_know_each_other_make_more():
    community = some_members(2, {"switches.exchange": False}, expertise=[1.0, 0.5], passion=[ALWAYS, 0.0],
                             topic=[0, 1], second=[1, 0])  # fmt: skip
    some_ties(community, (0, 1, 0.64), (1, 0, 0.36))
    flows = create_together(community, 2).flows
    # in: 40 + 40 x .5 x sig(0) = 50. Closeness sqrt(.64 x .36) = .48; diversity .5: each cares half for
    # surplus .6 x .5 x .5 x .48 = .072: 53.6; one pair costs .02 x 25 = .5
    assert flows[Flow.CREATED_SUM] == pytest.approx(50.0) and flows[Flow.CREATED] == pytest.approx(53.1)
    assert flows[Flow.EXCHANGES] == 0 and strength(community, 0, 1) == 0.64


def test_without_spaces_exactly_the_sum():
    flows = create_together(apart(5, {"switches.spaces": False}), 5).flows
    assert flows[Flow.CREATED] == flows[Flow.CREATED_SUM] == pytest.approx(200.0)


def test_strangers_may_make_less():
    community = some_members(8, expertise=1.0, passion=ALWAYS, topic=0, second=1)  # all alike: no surplus
    assert create_together(community, 8).flows[Flow.CREATED] == pytest.approx(320 - 0.02 * 40 * 28)


def test_worth_is_counted_after_the_work():
    community = create_together(apart(2), 2)
    # 0 writes to 1: .08 x .6 = .048; 1 answers: .096; closeness sqrt(.048 x .096) = .0678823
    assert strength(community, 1, 0) == pytest.approx(0.048) and strength(community, 0, 1) == pytest.approx(0.096)
    assert community.flows[Flow.CREATED] == pytest.approx(80 * (1 + 0.3 * 0.0678823) - 0.8, abs=1e-5)


@pytest.mark.parametrize("searchable", [True, False])
def test_nothing_to_find_where_nothing_is_searchable(searchable):
    community = create_together(apart(3, {"channels.gathering.searchable": searchable}), 3)
    assert community.tables.library.tolist() == [float(searchable), 0, 0, 0, 0, 0, 0, 0]


def own_project(felt, last_visit=1, stage=2, rate=1.0):
    community = handful()
    tune(community, "creating", own_rate=rate)
    m = community.members.view
    m.last_visit[:] = 1
    for j in range(1, 4):
        put(community, 0, j, felt)
    m.last_visit[1], m.stage[1] = last_visit, stage
    come(community, [0])
    start_projects(*community.given)
    return community


def test_close_ties_are_asked():
    community = own_project(0.3)
    assert community.flows[Flow.PROJECTS] == 1 and community.members.view.won.tolist() == [2, 2, 2, 2, 0, 0]


@pytest.mark.parametrize("case,won", [
    ({"felt": 0.29}, [0, 0, 0, 0, 0, 0]),  # below .3: nobody to ask
    ({"felt": 0.5, "last_visit": -6}, [2, 0, 2, 2, 0, 0]),  # away for 7 days
    ({"felt": 0.5, "last_visit": -5}, [2, 2, 2, 2, 0, 0]),
    ({"felt": 0.5, "stage": 5}, [2, 0, 2, 2, 0, 0]),  # has left
    ({"felt": 0.5, "rate": 0.0}, [0, 0, 0, 0, 0, 0]),
])  # fmt: skip
def test_who_is_asked(case, won):
    assert own_project(**case).members.view.won.tolist() == won


def test_no_projects_with_exchange_off():
    community = handful({"switches.exchange": False})
    tune(community, "creating", own_rate=1.0)
    put(community, 0, 1, 0.9)
    community.members.view.last_visit[:] = 1
    come(community, [0])
    start_projects(*community.given)
    assert community.flows.sum() == 0


def test_a_group_is_never_larger_than_the_largest():
    community = handful({"creating.largest": 2})
    tune(community, "creating", own_rate=1.0)
    community.members.view.last_visit[:] = 1
    for j in range(1, 6):
        put(community, 0, j, 0.9)
    come(community, [0])
    start_projects(*community.given)
    assert (community.members.view.won > 0).sum() == 2


def test_a_project_is_remembered_beside_a_need_solved():
    community = create_together(some_members(2, expertise=1.0, won=[1, 0]), 2)
    assert community.members.view.won.tolist() == [3, 2]


def test_a_project_happens_in_the_hour_of_who_starts_it():
    community = handful()
    tune(community, "creating", own_rate=1.0)
    m = community.members.view
    m.last_visit[:] = 1
    put(community, 4, 5, 0.9)
    come(community, [1, 4], hours=[0.2, 0.6])  # 1 knows nobody
    start_projects(*community.given)
    assert community.events["time"].tolist() == pytest.approx([1.6, 1.6])
