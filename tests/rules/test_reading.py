"""Reading and responding, by hand."""

import math

import numpy as np
import pytest

from sim.compiled.draws import Rule
from sim.rules.keeping import restraint
from sim.rules.reading import DIRECT, answers, hostility, talk_depth, weight
from sim.state.events import KINDS
from sim.state.flows import Flow
from sim.state.members import LONG_AGO
from sim.state.norms import Breach
from sim.state.posts import Kind
from tests.tiny import (
    ALWAYS,
    NEVER,
    come,
    drawn,
    handful,
    norms,
    open_posts,
    put,
    strength,
    thread,
    tune,
    values,
    visits,
)  # fmt: skip

READING = dict(activity=0.5, preference=1.0, outgoing=0.7, incoming=0.4, similarity=0.5, newcomer=-0.25,
               answer=-1.0, answer_skill=2.0, answer_closeness=1.0, crowding_out=0.3)  # fmt: skip
P = values("reading", **READING)
T = values("ties", practical=0.3, social=0.6, personal=1.0, personal_threshold=0.2)
SURE = {"answer": ALWAYS, "solve_slope": 200.0, "to_last": 0.0}


# The scalar rules


def test_weight():
    assert weight(0.0, 0.0, 0.0, 0.0, 0.0, P) == 1.0
    assert weight(3.0, 0.0, 0.0, 0.0, 0.0, P) == pytest.approx(2.0)  # (1 + 3) ^ .5
    assert weight(0.0, math.e - 1, 0.0, 0.0, 0.0, P) == pytest.approx(2.0137527)  # e ^ .7
    assert weight(0.0, 0.0, math.e - 1, 0.0, 0.0, P) == pytest.approx(1.4918247)  # e ^ .4
    assert weight(0.0, 0.0, 0.0, 1.0, 0.0, P) == pytest.approx(1.6487213)  # e ^ .5
    assert weight(0.0, 0.0, 0.0, 0.0, 1.0, P) == pytest.approx(0.7788008)  # e ^ -.25
    # preference 2: (e ^ .7)^2 x (e ^ .4)^2 = e ^ 2.2; preference 0: history does not matter
    twice, not_at_all = (values("reading", **{**READING, "preference": preference}) for preference in (2.0, 0.0))
    assert weight(0.0, math.e - 1, math.e - 1, 0.0, 0.0, twice) == pytest.approx(9.0250135)
    assert weight(0.0, 50.0, 50.0, 0.0, 0.0, not_at_all) == 1.0


def test_chance_to_answer():
    assert answers(0.5, 0.0, False, P) == pytest.approx(0.5)  # -1 + 2 x .5 = 0
    assert answers(0.5, 0.0, True, P) == pytest.approx(0.35)  # staff crowd 30 % out
    assert answers(0.0, 1.0, False, P) == pytest.approx(0.5)
    assert answers(0.0, 0.0, False, P) == pytest.approx(0.2689414)  # 1 / (1 + e)


def test_chance_of_hostility():
    community = handful()
    keeping = values("keeping", descriptive=1.0, rule=0.3, sanction=0.5)
    conflict = values("conflict", mood=0.7, seen=0.6)

    def logit(temptation, manners, usual, visible, sanctioned, bad, heated, enforced):
        norms(community).visible[0] = visible
        norms(community).sanctions[0], norms(community).breaches[0] = 4.0 * sanctioned, 4.0
        held_back = restraint(community.state.norms, 0, usual, keeping) if enforced else 0.0
        chance = hostility(temptation + manners - held_back, bad, heated, conflict)
        return math.log(chance / (1 - chance))

    assert logit(-3.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0, True) == pytest.approx(-2.5)
    assert logit(-3.0, 0.0, 0.9, 0.0, 0.0, 0.0, 0.0, True) == pytest.approx(-3.8)  # -(2 x .9 - 1)
    assert logit(-3.0, 0.0, 0.5, 1.0, 1.0, 0.0, 0.0, True) == pytest.approx(-3.8)  # -.3 - .5
    assert logit(-3.0, 0.0, 0.5, 0.0, 0.0, 1.0, 1.0, True) == pytest.approx(-1.7)  # +.7 + .6
    assert logit(-3.0, 0.0, 0.9, 1.0, 1.0, 0.0, 0.0, False) == pytest.approx(-3.0)  # no norms


def test_depth_of_talk():
    for kind in (Kind.QUESTION, Kind.PRACTICAL, Kind.PROMOTION):
        assert talk_depth(int(kind), 0.9, 0.9, T) == 0.3
    for kind in (Kind.SOCIAL, Kind.STORY, Kind.PROMPT, DIRECT):
        assert talk_depth(int(kind), 0.0, 0.9, T) == 0.6
        assert talk_depth(int(kind), 0.2, 0.9, T) == 0.6  # above the threshold, not at it
        assert talk_depth(int(kind), 0.21, 0.21, T) == 1.0


# Attention


def calm(changes=None, **reading):
    """Six calm members; nobody is tempted to break a norm."""
    community = handful(changes)
    norms(community).temptation[:] = NEVER
    tune(community, "reading", **{**SURE, **reading})
    return community


def test_reads_as_many_things_as_attention_is_left():
    community = calm(scan=32)
    for author in (1, 2, 3, 4, 5) * 4:
        thread(community, author)
    come(community, [0], left=3)
    community.read()
    assert community.flows[Flow.ATTENTION_MEMBERS] == 3 and visits(community).left.tolist() == [0]
    come(community, [0], left=0)
    community.read()
    assert community.flows[Flow.ATTENTION_MEMBERS] == 3


def test_reads_each_thread_once_and_none_of_its_own():
    community = calm(scan=32)
    thread(community, 1)
    thread(community, 0)
    come(community, [0], left=8)
    community.read()
    assert community.flows[Flow.ATTENTION_MEMBERS] == 1 and visits(community).left.tolist() == [7]


@pytest.mark.parametrize("what", ["nothing", "hidden", "later today", "no reach"])
def test_what_cannot_be_seen_takes_no_attention(what):
    community = calm({"channels.forum.reach": 0.0} if what == "no reach" else None)
    if what != "nothing":
        at = thread(community, 1, hour=0.9 if what == "later today" else 0.1)
        community.posts["hidden"][at] = what == "hidden"
    come(community, [0], hours=[0.5])
    community.read()
    assert visits(community).left.tolist() == [8] and community.flows.sum() == 0


def test_a_thread_lost_in_noise_takes_attention_and_does_nothing():
    community = calm({"channels.forum.noise": 1.0})
    thread(community, 1)
    come(community, [0], turns=1)
    community.read()
    assert visits(community).left.tolist() == [7] and visits(community).turns.tolist() == [1]
    assert community.flows.sum() == 0


def test_where_attention_goes():
    community = calm(scan=32)
    for author, kind in ((1, Kind.PRACTICAL), (-2, Kind.PROMPT), (2, Kind.STORY)):
        thread(community, author, kind)
    come(community, [0])
    community.read()
    flows = community.flows
    assert [flows[Flow[f"ATTENTION_{name}"]] for name in ("MEMBERS", "STAFF", "STORIES")] == [1, 1, 1]
    passion = community.scenario.telling.passion
    assert community.members.view.passion[0] == passion  # the story moves


def test_readers_who_do_not_write_leave_nothing_behind():
    community = calm()
    thread(community, 1)
    come(community, [0], turns=0)
    community.read()
    assert community.members.view.tie_count.sum() == 0 and community.flows[Flow.RESPONSES] == 0


# Responding


def test_a_response_makes_its_target_closer():
    community = calm()
    thread(community, 1, Kind.SOCIAL)
    come(community, [0], turns=1)
    community.read()
    m, flows = community.members.view, community.flows
    # gain .08 x depth .6; the reader feels nothing for having written
    assert strength(community, 1, 0) == pytest.approx(0.048) and strength(community, 0, 1) == 0.0
    assert m.closeness.tolist() == pytest.approx([0.0, 0.048, 0, 0, 0, 0])
    assert flows[Flow.RESPONSES] == flows[Flow.EXCHANGES] == 1 and visits(community).turns.tolist() == [0]
    assert (m.caller[1], m.called[1], m.thread[1], m.heard_member[1]) == (0, 1, 0, 1.0)
    # belonging .1 + .003 x .9, on both sides
    assert m.belonging[:2].tolist() == pytest.approx([0.1027, 0.1027]) and m.belonging[2] == 0.1
    assert (m.written[0], m.last_written[0], m.activity[0]) == (1, 1, 1.0)
    assert community.posts["replies"][0] == 1 and community.posts["last"][0] == 0
    assert community.events[["source", "target"]].tolist() == [(0, 1)]


def test_an_answer_to_ones_own_message_counts_double_within_seven_days():
    for last, expected in ((-6, 0.048), (-7, 0.024)):  # 7 and 8 days ago; gain .08 x depth .3, times 2 or not
        community = calm()
        thread(community, 1, Kind.PRACTICAL)
        put(community, 1, 0, 0.0, last=last)
        come(community, [0], turns=1)
        community.read()
        assert strength(community, 1, 0) == pytest.approx(expected)


def test_with_exchange_off_nobody_meets():
    community = calm({"switches.exchange": False})
    thread(community, 1, Kind.SOCIAL)
    thread(community, 2, Kind.QUESTION)
    come(community, [0], turns=5)
    community.read()
    assert community.flows[Flow.ATTENTION_MEMBERS] == 2 and community.flows[Flow.RESPONSES] == 0
    assert community.members.view.tie_count.sum() == 0 and visits(community).turns.tolist() == [5]


def test_a_response_to_the_team_makes_no_tie_between_members():
    community = calm()
    thread(community, -2, Kind.PROMPT)
    come(community, [0], turns=1)
    community.read()
    m = community.members.view
    assert m.to_staff[0] == m.from_staff[0] == 0.08 and m.known[0] == 1
    assert community.members.view.tie_count.sum() == 0 and community.flows[Flow.EXCHANGES] == 0
    assert community.flows[Flow.RESPONSES] == 1


@pytest.mark.parametrize("day,answered", [(-1, True), (-2, False)])
def test_a_word_of_the_team_is_answered_within_two_days(day, answered):
    community = calm(scan=0)
    m = community.members.view
    m.caller[0], m.called[0] = -3, day  # now is day 1
    come(community, [0], turns=2)
    community.read()
    assert (m.caller[0] == -1) == answered and community.flows[Flow.RESPONSES] == answered
    assert visits(community).turns.tolist() == [2 - answered]
    assert community.events[["source", "target"]].tolist() == [(0, -3)] * answered


def test_a_word_apart_from_the_team_is_about_what_the_member_cares_for():
    for seed in range(20):
        community = calm(scan=32, staff=0.0, similarity=50.0, thread=1.0)
        community.root = seed
        m = community.members.view
        m.topic[:2], m.second[:2] = (1, 4), (2, 5)  # member 0 cares for other things than member 1
        thread(community, -2, Kind.PROMPT, topic=7)  # and nobody for this
        m.caller[1], m.called[1], m.thread[1] = -3, 1, -1
        come(community, [1], left=1, turns=1)
        community.read()
        assert community.events["target"][0] == -3


@pytest.mark.parametrize("caller,share", [(-1, 0.5), (-2, 0.75)])
def test_a_caller_of_the_team_is_dearer_by_the_same_factor(caller, share):
    chosen = 0
    for seed in range(400):
        community = calm(scan=32, staff=0.0, similarity=0.0, activity=0.0, thread=3.0)
        community.root = seed
        thread(community, -2, Kind.PROMPT)
        thread(community, -3, Kind.PROMPT)
        m = community.members.view
        m.caller[0], m.called[0], m.thread[0] = caller, 1, 0
        come(community, [0], left=1, turns=1)
        community.read()
        chosen += community.events["target"][0] == -2
    assert chosen / 400 == pytest.approx(share, abs=0.09)  # odds of 1 or of 3


def test_promotion_by_a_member_is_read_and_not_answered():
    community = calm()
    thread(community, 1, Kind.PROMOTION)
    come(community, [0], turns=3)
    community.read()
    assert community.flows[Flow.ATTENTION_MEMBERS] == 1 and visits(community).turns.tolist() == [3]


def test_the_last_writer_is_addressed_else_the_opener():
    for to_last, target in ((1.0, 2), (0.0, 1)):
        community = calm(to_last=to_last)
        at = thread(community, 1, Kind.SOCIAL)
        community.posts["last"][at] = 2
        come(community, [0], turns=1)
        community.read()
        held = [j for j in range(6) if strength(community, j, 0)]
        assert held == [target]


def test_who_called_is_answered_directly_where_its_thread_is_gone():
    community = calm()
    m = community.members.view
    m.caller[0], m.called[0], m.thread[0] = 3, 0, -1
    come(community, [0], turns=1)
    community.read()
    assert strength(community, 3, 0) == pytest.approx(0.048)  # direct talk is social: .08 x .6
    assert m.caller[0] == -1  # answered
    assert community.flows[Flow.RESPONSES] == 1


@pytest.mark.parametrize("why", ["long ago", "left", "free rider"])
def test_a_call_that_is_not_answered(why):
    community = calm()
    m = community.members.view
    m.caller[0], m.called[0] = 3, -2 if why == "long ago" else 0
    m.stage[3] = 5 if why == "left" else 2
    bits = 1 << norms(community).breach.tolist().index(Breach.FREE_RIDE) if why == "free rider" else 0
    come(community, [0], turns=1, bits=bits)
    community.read()
    assert community.flows[Flow.RESPONSES] == 0 and visits(community).left.tolist() == [8]


def test_an_introduction_is_followed_for_some_days():
    for since, written in ((-6, 1), (-7, 0)):  # 7 and 8 days ago
        community = calm()
        m = community.members.view
        m.introduced[0], m.introduced_day[0] = 4, since
        come(community, [0], turns=1)
        community.read()
        assert m.written[0] == written and (strength(community, 4, 0) is not None) == bool(written)


def test_posts_of_ties_are_seen_without_luck():
    community = calm({"channels.forum.reach": 0.0})
    put(community, 0, 5, 0.1)
    thread(community, 5)
    come(community, [0])
    community.read()
    assert community.flows[Flow.ATTENTION_MEMBERS] == 1


def test_the_channel_sets_the_depth():
    for depth, felt in ((0.5, 0.024), (2.0, 0.096)):  # .08 x .6 x the channel's
        community = calm({"channels.forum.depth": depth})
        thread(community, 1, Kind.SOCIAL)
        come(community, [0], turns=1)
        community.read()
        assert strength(community, 1, 0) == pytest.approx(felt)


def preferred(prepare, **weights):
    """Of two alike, 4 and 5, how often 5 is read first, of 40 days, where something speaks for it."""
    indifferent = {
        "activity": 0.0,
        "similarity": 0.0,
        "outgoing": 0.0,
        "incoming": 0.0,
        "thread": 1.0,
        "introduced": 1.0,
    }
    first = 0
    for day in range(1, 41):
        community = calm(**{**indifferent, **weights}, scan=32)
        m = community.members.view
        community.day = day
        m.called[0] = m.introduced_day[0] = day
        for author in (4, 5):
            thread(community, author, Kind.SOCIAL, day=day)
        prepare(community, m)
        come(community, [0], left=1, turns=1)
        community.read()
        first += int(m.heard_member[5])
        assert m.heard_member.sum() == 1.0
    return first


def wrote(community, m):
    put(community, 0, 5, 0.0, memory=1e9)


def was_written_to(community, m):
    put(community, 0, 3, 0.0)  # so that 0 holds 5 in another slot than 5 holds 0
    put(community, 0, 5, 0.0)
    put(community, 5, 0, 0.0, memory=1e9)


def was_called(community, m):
    m.caller[0], m.thread[0] = 5, m.post[5]


def was_introduced(community, m):
    m.introduced[0] = 5


def was_introduced_a_week_ago(community, m):
    m.introduced[0] = 5
    m.introduced_day[0] -= 7


@pytest.mark.parametrize(
    "prepare,weights",
    [
        (wrote, {"outgoing": 5.0}),
        (was_written_to, {"incoming": 5.0}),
        (was_called, {"thread": 1e9}),
        (was_introduced, {"introduced": 1e9}),
        (was_introduced_a_week_ago, {"introduced": 1e9}),
    ],
)
def test_who_is_read_first(prepare, weights):
    assert preferred(prepare, **weights) == 40
    assert 8 <= preferred(prepare) <= 32  # without that weight it is one of two


# Answering


def test_a_skilled_reader_solves_an_easy_question():
    for difficulty, solver in ((0.5, 0), (1.0 + 1e-9 + 0.5, -1)):
        community = calm()
        at = thread(community, 1, Kind.QUESTION, topic=0)
        community.posts["difficulty"][at] = difficulty  # skill 1: 200 x (1 - .5) is sure, 200 x -.5 hopeless
        come(community, [0], turns=1)
        community.read()
        assert community.posts["solver"][at] == solver
        assert strength(community, 1, 0) == pytest.approx(0.024)  # practical either way


def test_skill_by_topic_decides():
    # full skill in topic 0, half in topic 1, a fifth elsewhere; difficulty .4
    for topic, solved in ((0, True), (1, True), (2, False)):
        community = calm()
        at = thread(community, 1, Kind.QUESTION, topic=topic)
        community.posts["difficulty"][at] = 0.4
        come(community, [0], turns=1)
        community.read()
        assert (community.posts["solver"][at] == 0) == solved


def test_the_first_to_solve_keeps_it():
    community = calm()
    at = thread(community, 1, Kind.QUESTION)
    community.posts["solver"][at] = 4
    come(community, [0], turns=1)
    community.read()
    assert community.posts["solver"][at] == 4


def test_answers_by_staff_crowd_others_out():
    for crowding, answered in ((1.0, 0), (0.0, 1)):
        community = calm(crowding_out=crowding)
        at = thread(community, 1, Kind.QUESTION)
        community.posts["answered"][at] = 1
        come(community, [0], turns=1)
        community.read()
        assert community.flows[Flow.RESPONSES] == answered


def test_only_who_asked_is_answered():
    community = calm()
    at = thread(community, 1, Kind.QUESTION)
    come(community, [0], turns=1)
    community.read()
    m, answered = community.members.view, community.events[-1]
    assert (KINDS[answered["kind"]], answered["source"], answered["target"]) == ("answer", 0, 1)
    assert (m.caller[1], m.thread[1]) == (0, at)  # so the asker's next word goes to who answered
    come(community, [1], turns=1)
    community.read()
    thanked = community.events[-1]
    assert (KINDS[thanked["kind"]], thanked["source"], thanked["target"]) == ("reply", 1, 0)


def test_who_will_not_answer_keeps_its_contributions():
    community = calm(answer=NEVER)
    thread(community, 1, Kind.QUESTION)
    come(community, [0], turns=2)
    community.read()
    assert visits(community).turns.tolist() == [2] and community.flows[Flow.RESPONSES] == 0


# Norms and conflict


def angry(**conflict):
    """Everybody is tempted to be hostile, without fail."""
    community = handful()
    tune(community, "reading", **SURE)
    tune(community, "conflict", loss=0.2, heat_gain=0.5, disagreement=0.0, **conflict)
    civility = norms(community).breach.tolist().index(Breach.HOSTILE)
    norms(community).temptation[:] = NEVER
    norms(community).temptation[civility] = 2 * ALWAYS
    return community, civility


def test_a_hostile_response_hurts():
    community, civility = angry()
    m = community.members.view
    put(community, 0, 1, 0.5, last=LONG_AGO)
    put(community, 1, 0, 0.1, last=LONG_AGO)
    at = thread(community, 1, Kind.PRACTICAL)
    come(community, [0], turns=1)
    community.read()
    # .5 - .2; .1 + .08 x .3 x (1 - .1) x (1 - .1 / 15) = .1214560, which the loss of .2 takes to nothing
    assert strength(community, 0, 1) == pytest.approx(0.3) and strength(community, 1, 0) == 0.0
    assert m.closeness[:2].tolist() == pytest.approx([0.3, 0.0])
    assert m.hurt[1] == 1.0 and m.passion[1] == -0.5 and m.hurt[0] == 0.0
    assert community.posts["heat"][at] == 0.5 and community.posts["conduct"][at] == 1 << civility
    assert community.posts["breach"][at] == 0  # the opener broke nothing
    assert (community.posts["attacker"][at], community.posts["target"][at]) == (0, 1)
    flows = community.flows
    assert flows[Flow.HOSTILE] == flows[Flow.BREACHES] == flows[Flow.EXCHANGES] == 1
    assert norms(community).breaches[civility] == 1.0


def test_a_passionate_response_off_ones_topics_heats():
    community = calm(scan=32)
    tune(community, "conflict", disagreement=0.1)
    community.members.view.passion[0] = 2.0
    at = thread(community, 1, Kind.PRACTICAL, topic=5)  # of no interest to the reader
    own = thread(community, 2, Kind.PRACTICAL, topic=0)
    half = thread(community, 3, Kind.PRACTICAL, topic=1)
    come(community, [0], turns=3)
    community.read()
    assert community.posts["heat"][[at, own, half]].tolist() == pytest.approx([0.2, 0.0, 0.1])


def test_examples_are_learnt_and_breaches_resented():
    community = calm()
    m = community.members.view
    m.norms[:] = 0.5
    thread(community, 1, breach=1 << 3)
    come(community, [0])
    community.read()
    # late learning .02: towards 0 for the norm broken, towards 1 for those kept
    assert m.norms[0, 3] == pytest.approx(0.49)
    kept = [b for b, breach in enumerate(norms(community).breach) if b != 3 and breach != Breach.COMPANY_PROMOTE]
    assert m.norms[0, kept] == pytest.approx(np.full(len(kept), 0.51))
    assert m.annoyance[0] == pytest.approx(0.025)  # .05 x .5
    assert (m.norms[1:] == 0.5).all()


def sanctioning(ties=True, vengeance=1.0, tolerance=0.0, by_peers=1, left=8):
    community = calm()
    m, norm = community.members.view, norms(community)
    m.vengeance[0], norm.tolerance[3], norm.by_peers[3] = vengeance, tolerance, by_peers
    if ties:
        put(community, 0, 1, 0.5)
    thread(community, 1, breach=1 << 3)
    come(community, [0], left=left)
    community.read()
    return community


def test_a_peer_who_knows_the_writer_sanctions():
    community = sanctioning()
    assert community.members.view.manners[1] == pytest.approx(-0.2)  # the lesson
    assert community.flows[Flow.SANCTIONS] == 1 and norms(community).sanctions[3] == 1.0
    assert visits(community).left.tolist() == [5]  # one to read, two to sanction


@pytest.mark.parametrize(
    "case", [{"ties": False}, {"vengeance": 0.0}, {"tolerance": 1.0}, {"by_peers": 0}, {"left": 1}]
)
def test_no_sanction(case):
    community = sanctioning(**case)
    assert community.flows[Flow.SANCTIONS] == 0 and not community.members.view.manners.any()


@pytest.mark.parametrize("breaks", [True, False])
def test_the_norm_of_welcome_decides_on_newcomers(breaks):
    # Where the visitor breaks it a newcomer weighs e^-600 of anybody else and is never read first.
    community = calm(newcomer=-600.0, activity=0.0, similarity=0.0, outgoing=0.0, incoming=0.0)
    welcome = norms(community).breach.tolist().index(Breach.IGNORE_NEWCOMER)
    community.members.view.joined[1] = 0
    thread(community, 1, Kind.SOCIAL)
    thread(community, 2, Kind.SOCIAL)
    for community.day in range(1, 28):  # noqa: B020
        come(community, [0], left=1, turns=1, bits=1 << welcome if breaks else 0)
        community.read()
    heard = [j for j in range(6) if strength(community, j, 0)]
    assert heard == ([2] if breaks else [1, 2])


# Order


def test_an_earlier_visitor_does_not_see_what_a_later_one_writes():
    community = calm()
    thread(community, 1, hour=0.6)
    come(community, [0, 2], hours=[0.5, 0.7])
    community.read()
    assert visits(community).left.tolist() == [8, 7]


def test_a_prompt_of_the_team_hides_nobody():
    """Posts are looked through in the order of the hours, so prompts stand before what members write that day."""
    community = calm({"strategy.hours": {"prompt": 1.0}})
    community.plan()
    (prompt, *_) = open_posts(community, Kind.PROMPT)
    thread(community, 1, hour=0.1)
    come(community, [0], hours=[0.2])
    community.read()
    assert community.posts["hour"][prompt] <= 0.1 and community.flows[Flow.ATTENTION_MEMBERS] == 1


def test_who_has_left_is_not_answered():
    community = calm()
    thread(community, 1, Kind.SOCIAL)
    community.members.view.stage[1] = 5
    come(community, [0], turns=1)
    community.read()
    assert community.flows[Flow.EXCHANGES] == 0 and community.members.view.tie_count.sum() == 0


def test_a_peer_sanctions_who_was_hostile_and_not_the_opener():
    community = calm()
    m, norm = community.members.view, norms(community)
    civility = norm.breach.tolist().index(Breach.HOSTILE)
    m.vengeance[0], norm.tolerance[civility], norm.by_peers[civility] = 1.0, 0.0, 1
    put(community, 0, 1, 0.5)
    put(community, 0, 2, 0.5)
    at = thread(community, 1)
    community.posts["conduct"][at], community.posts["attacker"][at], community.posts["target"][at] = 1 << civility, 2, 1
    come(community, [0])
    community.read()
    assert m.manners[2] == pytest.approx(-0.2) and m.manners[1] == 0.0


@pytest.mark.parametrize("occasion", [True, False])
@pytest.mark.parametrize("kind", [Breach.FREE_RIDE, Breach.IGNORE_NEWCOMER])
def test_silent_breaches_show_once_in_a_thread_and_need_an_occasion(kind, occasion):
    community = calm()
    m = community.members.view
    b = norms(community).breach.tolist().index(kind)
    at = thread(community, 1, Kind.SOCIAL)
    if occasion and kind == Breach.FREE_RIDE:
        m.caller[0], m.called[0] = 2, 0  # who has been addressed, and leaves it unanswered
    elif occasion:
        m.joined[1] = 0  # a newcomer in sight
    for _ in range(2):
        come(community, [0], turns=1, bits=1 << b)
        community.read()
    assert community.flows[Flow.RESPONSES] == 2
    assert community.posts["conduct"][at] == (1 << b if occasion else 0)
    assert community.flows[Flow.BREACHES] == norms(community).breaches[b] == (1 if occasion else 0)


def test_what_bad_mood_is():
    # temptation is -60; a bad mood, below -1 of passion less hurt, brings 120
    for hurt, hostile in ((0.9, 0), (1.1, 1)):
        community, civility = angry(mood=2 * ALWAYS, bad_mood=-1.0)
        norms(community).temptation[civility] = NEVER
        community.members.view.hurt[0] = hurt
        thread(community, 1)
        come(community, [0], turns=1)
        community.read()
        assert community.flows[Flow.HOSTILE] == hostile


@pytest.mark.parametrize("day", [1, 2, 3])
def test_noise_falls_on_each_thing_read_by_a_draw_of_its_own(day):
    community = calm({"channels.forum.noise": 0.5}, scan=32)
    community.day = day
    for author in (1, 2, 3, 4, 5) * 4:
        thread(community, author, day=day)
    come(community, [0])
    community.read()
    heard = sum(drawn(0, Rule.READING, day, 0, 101 + 16 * reads) >= 0.5 for reads in range(8))
    assert community.flows[Flow.ATTENTION_MEMBERS] == heard and visits(community).left.tolist() == [0]


def test_reach_has_nothing_to_do_with_how_new_a_post_is():
    seen = []
    for day in range(1, 41):
        community = calm({"channels.forum.reach": 0.3}, scan=2)
        community.day = day
        thread(community, 1, day=day)
        come(community, [0])
        community.read()
        seen.append(community.flows[Flow.ATTENTION_MEMBERS] == 1)
    # two glances at the one post there is
    assert seen == [min(drawn(0, Rule.READING, day, 0, 40 + s) for s in (0, 1)) < 0.3 for day in range(1, 41)]


def test_what_has_been_read_draws_no_attention():
    # weights of 1e9, 1e4 and 1: after the first the second is sure to come
    for day in range(1, 21):
        community = calm(scan=32, activity=0.0, similarity=0.0, outgoing=1.0, incoming=0.0)
        community.day = day
        m = community.members.view
        for author in (3, 4, 5):
            thread(community, author, Kind.SOCIAL, day=day)
        put(community, 0, 5, 0.0, last=day, memory=1e4)
        put(community, 0, 3, 0.0, last=day, memory=1e9)
        come(community, [0], left=2, turns=2)
        community.read()
        assert m.heard_member.tolist() == [0, 0, 0, 1, 0, 1]


@pytest.mark.parametrize("believed,annoyed", [(1.0, 0.05), (0.2, 0.01)])
def test_a_breach_annoys_who_believes_in_the_norm(believed, annoyed):
    community = calm()
    community.members.view.norms[0, 3] = believed
    thread(community, 1, breach=1 << 3)
    come(community, [0])
    community.read()
    assert community.members.view.annoyance[0] == pytest.approx(annoyed)


def test_a_call_counts_for_two_days():
    for called, written in ((-1, 1), (-2, 0)):  # 2 and 3 days ago
        community = calm()
        m = community.members.view
        m.caller[0], m.called[0] = 3, called
        come(community, [0], turns=1)
        community.read()
        assert m.written[0] == written
