"""Solving, by hand."""

import numpy as np
import pytest

from sim import posts as ring
from sim.rules.solving import age_library, solve
from sim.state.flows import Flow
from sim.state.members import NOBODY
from sim.state.posts import Kind
from tests.tiny import no_flows, some_members, values


def asked(solver, topic=3, kind=Kind.QUESTION, **columns):
    """Member 0 has asked on `topic`, member 1 has answered or not."""
    posts = ring.empty(8)
    serial = ring.add(posts, 0, 1, 0.5, topic, int(kind), 0)
    posts.solver[serial] = solver
    m = some_members(3, trust=0.5, **columns)
    m.need[0], m.asked[0], m.question[0] = topic, 2, serial
    return m, posts


def solved(m, posts, searchable=True):
    library, flows = np.zeros(8), no_flows()
    solve(m, posts, library, searchable, values("feeling", trust_solved=0.04, status_help=0.1), flows)
    return library, flows


def test_solved_by_a_member():
    m, posts = asked(solver=1)
    library, flows = solved(m, posts)
    assert m.need[0] == NOBODY and m.won.tolist() == [1, 0, 0]
    assert m.trust.tolist() == pytest.approx([0.52, 0.5, 0.5])  # .5 + .04 x .5
    assert m.helped.tolist() == [0, 1, 0] and m.status.tolist() == pytest.approx([0, 0.1, 0])
    assert library.tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    assert flows[Flow.SOLVED_MEMBERS] == flows.sum() == 1
    library, flows = solved(m, posts)
    assert flows.sum() == 0 and library.sum() == 0  # once


def test_solved_by_staff():
    m, posts = asked(solver=-2)
    _, flows = solved(m, posts)
    assert flows[Flow.SOLVED_STAFF] == flows.sum() == 1 and m.need[0] == NOBODY and not m.helped.any()


@pytest.mark.parametrize("case", ["unsolved", "no question"])
def test_nothing_to_solve(case):
    m, posts = asked(solver=-1 if case == "unsolved" else 1, kind=Kind.QUESTION if case == "unsolved" else Kind.SOCIAL)
    library, flows = solved(m, posts)
    assert flows.sum() == 0 and library.sum() == 0 and m.need[0] == 3


@pytest.mark.parametrize("need", [NOBODY, 3])
def test_a_need_given_up_counts_for_nobody_but_the_thread_can_be_found(need):
    m, posts = asked(solver=1)
    m.need[0], m.question[0], m.asked[0] = need, NOBODY, 0  # given up; perhaps a new need on the same topic since
    library, flows = solved(m, posts)
    assert flows.sum() == 0 and m.need[0] == need and not m.helped.any() and not m.won.any()
    assert library[3] == 1.0


def test_what_is_said_aloud_cannot_be_found_later():
    m, posts = asked(solver=1)
    library, flows = solved(m, posts, searchable=False)
    assert library.sum() == 0 and flows[Flow.SOLVED_MEMBERS] == 1


def test_the_library_goes_out_of_date():
    library = np.array([8.0, 0.0])
    for _ in range(10):
        age_library(library, 5.0)  # two half-lives
    assert library.tolist() == pytest.approx([2.0, 0.0])


def test_member_0_is_a_member():
    m, posts = asked(solver=0)
    posts.author[0], m.need[1], m.question[1] = 1, 3, 0  # 1 has asked
    _, flows = solved(m, posts)
    assert flows[Flow.SOLVED_MEMBERS] == flows.sum() == 1 and m.helped.tolist() == [1, 0, 0]


def test_a_question_is_found_wherever_in_the_ring_it_lies():
    posts = ring.empty(8)
    posts.span[:] = 21  # the ring has been round twice
    serial = ring.add(posts, 0, 1, 0.5, 3, int(Kind.QUESTION), 0)
    posts.solver[5] = 1
    m = some_members(3, trust=0.5)
    m.need[0], m.question[0] = 3, serial
    assert solved(m, posts)[1][Flow.SOLVED_MEMBERS] == 1 and posts.closed.tolist() == [0, 0, 0, 0, 0, 1, 0, 0]


def test_a_need_solved_is_remembered_beside_a_project():
    m, posts = asked(solver=1, won=2)
    solved(m, posts)
    assert m.won.tolist() == [3, 2, 2]
