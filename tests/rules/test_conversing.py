"""Conversing, by hand: who answers, when, and what becomes of an answer that is owed."""

import heapq
import math

import numpy as np
import pytest

from sim.compiled.draws import Rule, day_key, normal
from sim.rules.conversing import answers_back, converse, expect_answer
from sim.rules.responding import DIRECT, Word
from sim.state.conversations import Turn, take_first
from sim.state.events import KINDS
from sim.state.flows import Flow
from sim.state.norms import Breach
from sim.state.posts import Kind
from tests.tiny import (
    ALWAYS,
    NEVER,
    answering,
    calm,
    come,
    doer,
    drawn,
    norms,
    owe,
    owed,
    put,
    strength,
    thread,
    tune,
    values,
    visits,
    working,
)  # fmt: skip

P = values("conversing", back=-1.0, back_opener=1.0, back_age=0.5, further=0.3)


def talkative(changes=None, seed=0, **conversing):
    """Six calm members who answer whatever is said to them, all after a tenth of a day."""
    community = calm(changes)
    community.root = seed
    return answering(community, **conversing)


def address(community, who=0, to=1, serial=DIRECT, time=1.5, turn=0, key=0, number=6400):
    """Let one address another; the answers owed from now on."""
    expect_answer(*community.given, Word(who, to, serial, time), Turn(community.day, key, number, turn))
    return owed(community)


def given(community, until):
    """Let answers be given; who wrote to whom, and when."""
    before = len(community.events)
    converse(*community.given, until)
    events = community.events[before:]
    return events[["source", "target"]].tolist(), events["time"].tolist()


# The heap


def test_answers_come_out_in_the_order_in_which_they_are_due():
    draw, community = np.random.default_rng(1), calm()
    come(community, [])
    now, table, heap = community.tables.now, community.tables.rows["owed"], []
    for step in range(2000):
        if draw.random() < (0.6 if step < 1000 else 0.45) or not heap:
            due = float(draw.integers(50)) + (draw.random() if step % 2 else 0.0)  # many at one moment
            owe(community, who=step % 6, to=-2 - step, due=due, thread=step, turn=step % 7, number=3 * step)
            heapq.heappush(heap, (due, step))
        else:
            at = take_first(now, community.state.owed)
            step = int(table["thread"][at])
            assert table["due"][at] == heap[0][0]  # of those due at one moment any may be the first
            heap.remove((table["due"][at], step))
            heapq.heapify(heap)
            found = [int(table[name][at]) for name in ("who", "to", "turn", "number", "begun")]
            assert found == [step % 6, -2 - step, step % 7, 3 * step, 1]
        assert now.owed == len(heap)
        dues = table["due"][: now.owed]
        assert all(dues[(k - 1) // 2] <= dues[k] for k in range(1, now.owed))
    assert sorted(zip(owed(community).due.tolist(), owed(community).thread.tolist(), strict=True)) == sorted(heap)


# Who answers


def test_chance_to_answer():
    assert answers_back(1.0, 0.0, 0, P) == 0.5  # -1 + 1
    assert answers_back(0.0, 0.0, 0, P) == pytest.approx(0.2689414)  # 1 / (1 + e)
    assert answers_back(0.0, math.e - 1.0, 0, P) == pytest.approx(0.1824255)  # -1 - .5
    assert answers_back(1.0, math.exp(2.0) - 1.0, 0, P) == pytest.approx(0.2689414)  # 0 - .5 x 2
    for turn in (1, 2, 11):
        assert answers_back(1.0, 9.0, turn, P) == answers_back(0.0, 0.0, turn, P) == 0.3


def test_who_is_addressed_owes_an_answer():
    community = talkative()
    at = thread(community, 1)
    (due,) = zip(*address(community, serial=at, key=77, number=6400), strict=True)
    expected = {"who": 1, "to": 0, "thread": at, "due": pytest.approx(1.6), "begun": 1, "begun_by": 77, "number": 6400,
                "turn": 1}  # fmt: skip
    assert dict(zip(owed(community)._fields, due, strict=True)) == expected
    assert community.flows.sum() == 0 and len(community.events) == 0  # nothing is said yet


def test_whether_one_answers_is_a_draw_of_its_own_each_turn():
    asked, answered = [], []
    for turn in range(12):
        for key in range(20):
            community = talkative(back=-1.0, back_opener=1.0, further=0.5, seed=3)
            asked.append(drawn(3, Rule.CONVERSING, 1, key, 6400 + 8 * turn) < 0.5)
            answered.append(len(address(community, turn=turn, key=key).who) == 1)
    assert answered == asked and 80 < sum(asked) < 160


def test_what_was_begun_on_one_day_is_drawn_on_that_day():
    answered = []
    for key in range(40):
        community = talkative(further=0.5)
        community.day = 4
        expect_answer(*community.given, Word(0, 1, DIRECT, 4.5), Turn(1, key, 6400, 1))
        answered.append(community.tables.now.owed == 1)
    assert answered == [drawn(0, Rule.CONVERSING, 1, key, 6408) < 0.5 for key in range(40)]


@pytest.mark.parametrize(("author", "apart", "owes"), [(1, False, True), (2, False, False), (2, True, True)])
def test_in_ones_own_thread_and_apart_one_answers_rather(author, apart, owes):
    community = talkative(back=NEVER, back_opener=2 * ALWAYS)
    at = thread(community, author)
    assert (len(address(community, serial=DIRECT if apart else at).who) == 1) == owes


# At 1.5, in threads opened at 1.1: at .2 days the chance is a half, at .4 and .05 it is 1 to e^30 one way or the other
@pytest.mark.parametrize(("author", "latest", "owes"), [
    (1, 1.1, False),  # since it opened the thread: .4 days
    (1, 1.45, False),  # whoever wrote later
    (2, 1.1, False),  # since anybody wrote in the thread of another
    (2, 1.45, True),
    (2, 1.9, True),  # the team will have written by then: no time has passed
])  # fmt: skip
def test_the_longer_ago_one_wrote_there_the_less_one_answers(author, latest, owes):
    community = talkative(back=200.0 * math.log(1.2), back_opener=0.0, back_age=200.0)
    at = thread(community, author)
    community.posts["latest"][at] = latest
    assert (len(address(community, serial=at).who) == 1) == owes


def test_no_less_than_no_time_has_passed():
    community = talkative(back=-30.0, back_opener=0.0, back_age=60.0)
    at = thread(community, 2)
    community.posts["latest"][at] = 1.9  # by the team, later today: ln(1 - .525) would bring 45
    assert len(address(community, serial=at, time=1.375).who) == 0


def test_an_answer_is_answered_at_one_rate_wherever():
    for further, owes in ((0.0, 0), (1.0, 1)):
        community = talkative(back=NEVER, further=further)
        at = thread(community, 2, day=-9)
        assert len(address(community, serial=at, turn=1).who) == owes


@pytest.mark.parametrize(("turn", "owes"), [(0, 1), (2, 1), (3, 0), (4, 0)])
def test_a_conversation_has_an_end(turn, owes):
    assert len(address(talkative(longest=3), turn=turn).who) == owes


def test_how_long_one_takes_is_a_draw_of_its_own():
    for turn, key in ((0, 0), (0, 5), (3, 5)):
        community = talkative(delay=1.0, delay_sd=2.0, seed=3)
        z = normal(day_key(3, int(Rule.CONVERSING), 1), key, 6400 + 8 * turn + 2)
        assert address(community, turn=turn, key=key).due.tolist() == [1.5 + math.exp(1.0 + 2.0 * z) / 24.0]


# Free riding


def riders(temptation, norms_on=False, **conversing):
    """Members who answer, if the norm of reciprocity does not break."""
    community = talkative({"switches.norms": norms_on}, **conversing)
    b = norms(community).breach.tolist().index(Breach.FREE_RIDE)
    norms(community).temptation[b] = temptation
    return community, b


@pytest.mark.parametrize("apart", [True, False])
def test_a_free_rider_owes_nothing_and_its_breach_shows(apart):
    community, b = riders(ALWAYS)
    at = thread(community, 1)
    assert len(address(community, serial=DIRECT if apart else at).who) == 0
    assert community.posts["conduct"][at] == (0 if apart else 1 << b) and community.posts["breach"][at] == 0
    assert norms(community).breaches.sum() == norms(community).breaches[b] == 1.0
    assert community.flows[Flow.BREACHES] == community.flows.sum() == 1


def test_only_who_would_have_answered_can_ride_free():
    community, _ = riders(ALWAYS, back=NEVER)
    assert len(address(community).who) == 0 and community.flows.sum() == 0


def test_free_riding_is_a_draw_of_its_own_each_turn():
    rode, drew = [], []
    for turn in range(6):
        for key in range(20):
            community, _ = riders(0.0)
            rode.append(len(address(community, turn=turn, key=key).who) == 0)
            drew.append(drawn(0, Rule.CONVERSING, 1, key, 6400 + 8 * turn + 1) < 0.5)
    assert rode == drew and 40 < sum(rode) < 80


@pytest.mark.parametrize(("believed", "manners", "rides"), [(0.0, 0.0, True), (1.0, 0.0, False), (1.0, 100.0, True)])
def test_belief_in_reciprocity_holds_back_whom_it_is_on_to_answer(believed, manners, rides):
    community, b = riders(0.0, norms_on=True)
    tune(community, "keeping", descriptive=60.0)
    m = community.members.view
    m.norms[:, b], m.manners[:] = 1.0 - believed, 30.0 - manners  # of all others, which decide nothing
    m.norms[1, b], m.manners[1] = believed, manners
    assert (len(address(community).who) == 0) == rides


# Giving


def test_answers_are_given_in_the_order_of_their_moments():
    community = talkative(longest=1)
    come(community, [])
    for who, to, due in ((0, 1, 1.3), (2, 3, 1.1), (4, 5, 1.2), (5, 0, 1.25)):
        owe(community, who, to, due)
    assert given(community, 1.25) == ([(2, 3), (4, 5), (5, 0)], [1.1, 1.2, 1.25])
    assert owed(community).who.tolist() == [0]
    assert given(community, 1.29) == ([], [])
    assert given(community, 9.0) == ([(0, 1)], [1.3])


def test_an_answer_calls_for_another_which_is_given_in_its_turn():
    community = talkative(longest=3)
    at = thread(community, 1, Kind.SOCIAL)
    come(community, [])
    owe(community, 1, 0, 1.1, thread=at, number=40)
    owe(community, 4, 5, 1.15, turn=3)
    said, times = given(community, 1.25)
    assert said == [(1, 0), (4, 5), (0, 1)] and times == pytest.approx([1.1, 1.15, 1.2])
    (left,) = zip(*owed(community), strict=True)
    assert dict(zip(owed(community)._fields, left, strict=True)) == {
        "who": 1, "to": 0, "thread": at, "due": pytest.approx(1.3), "begun": 1, "begun_by": 0, "number": 40, "turn": 3,
    }  # fmt: skip
    assert given(community, 9.0)[0] == [(1, 0)] and community.tables.now.owed == 0  # three answers are the most
    assert community.posts["replies"][at] == 3 and community.posts["latest"][at] == pytest.approx(1.3)


def test_an_answer_does_what_a_response_does():
    community = talkative(longest=1)
    at = thread(community, 0, Kind.SOCIAL)
    come(community, [])
    owe(community, 1, 0, 1.2, thread=at)
    converse(*community.given, 2.0)
    m, flows = community.members.view, community.flows
    assert strength(community, 0, 1) == pytest.approx(0.048) and m.written[1] == 1
    assert flows[Flow.RESPONSES] == flows[Flow.EXCHANGES] == flows[Flow.VISITS] == 1 and flows.sum() == 3
    assert (community.posts["last"][at], community.posts["replies"][at]) == (1, 1)
    assert KINDS[community.events["kind"][0]] == "reply" and community.events["thread"].tolist() == [at]


def test_an_answer_makes_the_tie_grow_faster_for_answering():
    community = talkative(longest=1)
    put(community, 0, 1, 0.0, last=1)  # 0 has written to 1 today
    come(community, [])
    owe(community, 1, 0, 1.2)
    converse(*community.given, 2.0)
    assert strength(community, 0, 1) == pytest.approx(0.096)  # .08 x .6 x 2


@pytest.mark.parametrize("why", ["nothing", "who has left", "to has left", "closed", "hidden", "apart"])
def test_an_answer_is_dropped_where_somebody_or_the_thread_is_gone(why):
    community = talkative()
    thread(community, 2)
    at = thread(community, 1)
    come(community, [])
    m, now = community.members.view, community.tables.now
    owe(community, 1, 0, 1.2, thread=DIRECT if why == "apart" else at, turn=12)
    if "left" in why:
        m.stage[1 if "who" in why else 0] = 5
    community.posts["hidden"][at] = why in ("hidden", "apart")
    now.oldest += 2 if why in ("closed", "apart") else 1
    said, _ = given(community, 2.0)
    assert said == ([(1, 0)] if why in ("nothing", "apart") else []) and now.owed == 0
    if not said:
        assert community.flows.sum() == 0 and m.last_visit[1] == 0


@pytest.mark.parametrize(("to", "given_"), [(0, False), (-2, True)])
def test_where_exchange_has_been_switched_off_members_answer_the_team_alone(to, given_):
    community = talkative(longest=1)
    come(community, [])
    owe(community, 1, to, 1.2)
    tune(community, "switches", exchange=0)  # in the middle of a run
    assert given(community, 2.0)[0] == ([(1, to)] if given_ else []) and community.tables.now.owed == 0
    assert community.members.view.tie_count.sum() == 0 and community.flows[Flow.EXCHANGES] == 0


def test_a_thread_is_found_wherever_in_the_table_it_lies():
    community = talkative(longest=2)
    now = community.tables.now
    now.start, now.oldest, now.next = 16, 21, 21  # sixteen have been cleared away, five are closed
    thread(community, 1, hour=0.1)
    b = norms(community).breach.tolist().index(Breach.FREE_RIDE)
    come(community, [])
    owe(community, 1, 0, 1.2, thread=21)
    norms(community).temptation[b] = 2 * ALWAYS  # and 0 leaves that unanswered
    assert given(community, 2.0)[0] == [(1, 0)]
    posts = community.posts
    assert [posts[name].tolist() for name in ("replies", "conduct", "latest")] == [[1], [1 << b], [1.2]]


def test_hostility_in_an_answer_is_a_draw_of_its_own_each_turn():
    hostile, drew = [], []
    for turn in (1, 2, 5):
        for number in range(0, 400, 10):
            community = talkative({"switches.norms": False}, longest=0)
            b = norms(community).breach.tolist().index(Breach.HOSTILE)
            norms(community).temptation[b] = 0.0
            come(community, [])
            owe(community, 1, 3, 1.2, turn=turn, number=number)
            converse(*community.given, 2.0)
            hostile.append(community.flows[Flow.HOSTILE] == 1)
            drew.append(drawn(0, Rule.CONVERSING, 1, 3, number + 8 * turn + 4) < 0.5)
    assert hostile == drew and 40 < sum(hostile) < 80


# The short visit


def test_who_is_not_there_comes_for_its_answer_and_reads_nothing():
    community = talkative(longest=1)
    at = thread(community, 2)
    come(community, [3])
    m = community.members.view
    m.last_visit[1], m.passion[1] = -29, 2.0
    tune(community, "feeling", passion_half_life=30.0)
    owe(community, 1, 0, 1.2, thread=at)
    owe(community, 1, 4, 1.3)
    converse(*community.given, 2.0)
    assert (m.last_visit[1], m.visit_before[1]) == (1, -29) and community.flows[Flow.VISITS] == 1  # one visit, not two
    assert m.passion[1] == pytest.approx(1.0)  # 30 days: one half-life
    assert m.worth[1] == 0.5 and community.flows[Flow.ATTENTION_MEMBERS] == 0
    assert visits(community).row.tolist() == [3] and m.last_visit[0] == 0  # who is addressed does not come for that


def test_passion_drifts_on_a_short_visit_as_on_any():
    community = talkative({"switches.passion": True}, longest=1)
    tune(community, "feeling", passion_half_life=30.0, passion_sd=1.0)
    community.members.view.last_visit[1] = -29
    come(community, [])
    owe(community, 1, 0, 1.2)
    converse(*community.given, 2.0)
    z = normal(day_key(0, int(Rule.VISITING), 1), 1, 2)
    assert community.members.view.passion[1] == pytest.approx(math.sqrt(0.75) * z)


def test_who_has_been_there_today_does_not_come_again():
    community = talkative(longest=1)
    m = community.members.view
    m.last_visit[1], m.visit_before[1], m.passion[1] = 1, -5, 2.0
    come(community, [1])
    owe(community, 1, 0, 1.2)
    assert given(community, 2.0)[0] == [(1, 0)]
    assert (m.last_visit[1], m.visit_before[1], m.passion[1]) == (1, -5, 2.0) and community.flows[Flow.VISITS] == 0


# With the team


def test_a_word_of_the_team_is_answered_and_who_answers_waits():
    community = answering(working("answer"))
    at = thread(community, 3, Kind.QUESTION, day=-1)
    norms(community).temptation[:] = NEVER
    community.plan()
    person = doer(community, "answer")
    (due,) = zip(*owed(community), strict=True)
    team = -2 - person.number
    assert dict(zip(owed(community)._fields, due, strict=True)) | {"number": 0} == {
        "who": 3, "to": team, "thread": at, "due": pytest.approx(1.475), "begun": 1, "begun_by": 3, "number": 0,
        "turn": 1,
    }  # fmt: skip
    m = community.members.view
    felt = m.to_staff[3]
    come(community, [])
    assert given(community, 2.0) == ([(3, team)], [pytest.approx(1.475)])
    assert community.posts["waits"][at] == 3 and m.to_staff[3] > felt > 0.0 and m.tie_count.sum() == 0
    assert community.tables.now.owed == 0  # the team answers by what it spends its minutes on


def test_a_word_of_the_team_apart_is_answered_apart():
    community = answering(working("welcome"))
    m = community.members.view
    m.joined[2], m.last_visit[:] = 0, -90
    m.last_visit[2] = 0
    come(community, [])
    community.tables.now.recent, community.tables.rows["recent"][0] = 1, 2
    community.plan()
    team = -2 - doer(community, "welcome").number
    assert owed(community).thread.tolist() == [DIRECT] and owed(community).to.tolist() == [team]
    assert given(community, 2.0)[0] == [(2, team)] and KINDS[community.events["kind"][-1]] == "message"


def test_days_go_by_with_conversations():
    community = answering(calm({"strategy.hours": {}}), delay=math.log(30.0), longest=4)
    at = thread(community, 1, Kind.SOCIAL)
    come(community, [])
    owe(community, 1, 0, 2.9, thread=at)
    for _ in range(6):
        community.step()
    # and three more after 30 hours each; nobody else ever comes or writes
    assert community.events[["source", "target"]].tolist() == [(1, 0), (0, 1), (1, 0), (0, 1)]
    assert community.events["time"].tolist() == pytest.approx([2.9, 4.15, 5.4, 6.65])
    assert community.flows[Flow.VISITS] == 4 and community.day == 7
