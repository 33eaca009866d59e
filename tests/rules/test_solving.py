"""Solving, by hand."""

import numpy as np
import pytest

from sim.rules.solving import solve
from sim.state.flows import Flow
from sim.state.members import NOBODY
from sim.state.posts import Kind
from tests.tiny import some_members, thread, tune


def asked(solver, topic=3, kind=Kind.QUESTION, searchable=True, **chosen):
    """Member 0 has asked on `topic`, member 1 has answered or not."""
    community = some_members(3, {"channels.forum.searchable": searchable}, trust=0.5, **chosen)
    tune(community, "needing", library_half_life=1e12)  # nothing goes out of date
    at = thread(community, 0, kind, topic=topic)
    community.posts["solver"][at] = solver
    m = community.members.view
    m.need[0], m.asked[0], m.question[0] = topic, 2, at + community.tables.now.oldest
    return community


def solved(community):
    """The members, the library and what was counted once solutions have reached those who asked."""
    tune(community, "feeling", trust_solved=0.04, status_help=0.1)
    solve(*community.given)
    return community.members.view, community.tables.library, community.flows


def test_solved_by_a_member():
    community = asked(solver=1)
    for _ in range(2):  # once, however often it is looked at
        m, library, flows = solved(community)
        assert m.need[0] == NOBODY and m.won.tolist() == [1, 0, 0]
        assert m.trust.tolist() == pytest.approx([0.52, 0.5, 0.5])  # .5 + .04 x .5
        assert m.helped.tolist() == [0, 1, 0] and m.status.tolist() == pytest.approx([0, 0.1, 0])
        assert library.tolist() == pytest.approx([0, 0, 0, 1, 0, 0, 0, 0])
        assert flows[Flow.SOLVED_MEMBERS] == flows.sum() == 1


def test_solved_by_staff():
    m, _, flows = solved(asked(solver=-2))
    assert flows[Flow.SOLVED_STAFF] == flows.sum() == 1 and m.need[0] == NOBODY and not m.helped.any()


@pytest.mark.parametrize("case", [{"solver": -1}, {"solver": 1, "kind": Kind.SOCIAL}])
def test_nothing_to_solve(case):
    m, library, flows = solved(asked(**case))
    assert flows.sum() == 0 and library.sum() == 0 and m.need[0] == 3


@pytest.mark.parametrize("need", [NOBODY, 3])
def test_a_need_given_up_counts_for_nobody_but_the_thread_can_be_found(need):
    community = asked(solver=1)
    m = community.members.view
    m.need[0], m.question[0], m.asked[0] = need, NOBODY, 0  # given up; perhaps a new need on the same topic since
    m, library, flows = solved(community)
    assert flows.sum() == 0 and m.need[0] == need and not m.helped.any() and not m.won.any()
    assert library[3] == pytest.approx(1.0)


def test_what_is_said_aloud_cannot_be_found_later():
    _, library, flows = solved(asked(solver=1, searchable=False))
    assert library.sum() == 0 and flows[Flow.SOLVED_MEMBERS] == 1


def test_the_library_goes_out_of_date():
    community = some_members(2)
    tune(community, "needing", library_half_life=5.0)
    community.tables.library[0] = 8.0
    for _ in range(10):
        solve(*community.given)  # two half-lives
    assert community.tables.library.tolist() == pytest.approx([2.0, 0, 0, 0, 0, 0, 0, 0])


def test_member_0_is_a_member():
    community = asked(solver=0)
    m = community.members.view
    community.posts["author"][0], m.need[1], m.question[1] = 1, 3, 0  # 1 has asked
    m, _, flows = solved(community)
    assert flows[Flow.SOLVED_MEMBERS] == flows.sum() == 1 and m.helped.tolist() == [1, 0, 0]


def test_a_question_is_found_wherever_in_the_table_it_lies():
    community = some_members(3, trust=0.5)
    now = community.tables.now
    now.start, now.oldest, now.next = 16, 21, 21  # sixteen have been cleared away, five are closed
    at = thread(community, 0, Kind.QUESTION, topic=3)
    community.posts["solver"][at] = 1
    m = community.members.view
    m.need[0], m.question[0] = 3, 21
    assert solved(community)[2][Flow.SOLVED_MEMBERS] == 1
    assert np.flatnonzero(community.tables.rows["posts"]["closed"]).tolist() == [5]


def test_a_need_solved_is_remembered_beside_a_project():
    m, _, _ = solved(asked(solver=1, won=2))
    assert m.won.tolist() == [3, 2, 2]
