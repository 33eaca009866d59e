"""Responding, by hand: what one message does."""

import math

import pytest

from sim.rules.keeping import restraint
from sim.rules.responding import DIRECT, Word, hostility, respond, talk_depth, talk_it_out
from sim.state.events import KINDS
from sim.state.flows import Flow
from sim.state.members import LONG_AGO
from sim.state.norms import Breach
from sim.state.posts import Kind
from tests.tiny import ALWAYS, NEVER, calm, handful, norms, partners, put, strength, thread, tune, values

T = values("ties", practical=0.3, social=0.6, personal=1.0, personal_threshold=0.2)


def say(community, who, to, serial=DIRECT, time=1.5, u=0.5):
    """Let `who` write to another; `u`: the draw against being hostile."""
    respond(*community.given, Word(who, to, serial, time), u)
    return community


def last_event(community):
    event = community.events[-1]
    return KINDS[event["kind"]], *event[["source", "target", "thread"]].tolist(), event["time"]


# The scalar rules


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
    assert logit(-3.0, 0.0, 0.5, 0.0, 0.0, 0.0, 1.0, True) == pytest.approx(-2.4)
    assert logit(-3.0, 0.0, 0.9, 1.0, 1.0, 0.0, 0.0, False) == pytest.approx(-3.0)  # no norms


def test_depth_of_talk():
    for kind in (Kind.QUESTION, Kind.PRACTICAL, Kind.PROMOTION):
        assert talk_depth(int(kind), 0.9, 0.9, T) == 0.3
    for kind in (Kind.SOCIAL, Kind.STORY, Kind.PROMPT, Kind.ANNOUNCEMENT, DIRECT):
        assert talk_depth(int(kind), 0.0, 0.9, T) == 0.6
        assert talk_depth(int(kind), 0.9, 0.0, T) == 0.6
        assert talk_depth(int(kind), 0.2, 0.9, T) == 0.6  # above the threshold, not at it
        assert talk_depth(int(kind), 0.21, 0.21, T) == 1.0


# To a member


def test_a_response_makes_its_target_closer():
    community = calm()
    at = thread(community, 1, Kind.SOCIAL)
    say(community, 0, 1, at)
    m, flows = community.members.view, community.flows
    # gain .08 x depth .6; who writes feels nothing for having written
    assert strength(community, 1, 0) == pytest.approx(0.048) and strength(community, 0, 1) == 0.0
    assert m.closeness.tolist() == pytest.approx([0.0, 0.048, 0, 0, 0, 0])
    assert flows[Flow.RESPONSES] == flows[Flow.EXCHANGES] == 1 and flows.sum() == 2
    assert m.called.tolist() == [LONG_AGO, 1, *[LONG_AGO] * 4] and m.heard_member.tolist() == [0, 1, 0, 0, 0, 0]
    # belonging .1 + .003 x .9, on both sides
    assert m.belonging[:2].tolist() == pytest.approx([0.1027, 0.1027]) and m.belonging[2] == 0.1
    assert (m.written[0], m.last_written[0], m.activity[0]) == (1, 1, 1.0)
    assert not m.written[1:].any() and not m.to_staff.any() and not m.heard_staff.any()
    assert last_event(community) == ("reply", 0, 1, at, 1.5) and len(community.events) == 1


def test_a_response_is_the_last_word_in_its_thread_and_news():
    community = calm()
    other, at = thread(community, 1), thread(community, 1, Kind.SOCIAL, hour=0.25)
    assert community.posts["latest"].tolist() == [1.1, 1.25]
    say(community, 2, 1, at, time=1.75)
    posts = community.posts
    assert [posts[name][at] for name in ("replies", "last", "latest", "waits")] == [1, 2, 1.75, -1]
    assert [posts[name][other] for name in ("replies", "last", "latest", "waits")] == [0, 1, 1.1, -1]


def test_a_word_apart_is_social_and_in_no_thread():
    community = say(calm(), 0, 3)
    assert strength(community, 3, 0) == pytest.approx(0.048)  # .08 x .6
    assert last_event(community) == ("message", 0, 3, -1, 1.5)


@pytest.mark.parametrize(("kind", "practical"), [(Kind.QUESTION, 1), (Kind.PRACTICAL, 1), (Kind.SOCIAL, 0),
                                                 (Kind.STORY, 0), (DIRECT, 0)])  # fmt: skip
def test_what_is_practical_talk(kind, practical):
    community = calm()
    say(community, 0, 1, DIRECT if kind == DIRECT else thread(community, 1, kind))
    assert community.tables.now.practical == practical


def test_an_answer_to_ones_own_message_counts_double_within_seven_days():
    for last, expected in ((-6, 0.048), (-7, 0.024)):  # 7 and 8 days ago; gain .08 x depth .3, times 2 or not
        community = calm()
        put(community, 1, 0, 0.0, last=last)
        say(community, 0, 1, thread(community, 1, Kind.PRACTICAL))
        assert strength(community, 1, 0) == pytest.approx(expected)


@pytest.mark.parametrize(("here", "there", "gain"), [(0.3, 0.3, 0.08), (0.3, 0.1, 0.048), (0.1, 0.3, 0.048)])
def test_talk_turns_personal_where_both_feel_close(here, there, gain):
    community = calm()
    put(community, 0, 1, here, last=LONG_AGO)
    put(community, 1, 0, there, last=LONG_AGO)
    say(community, 0, 1, thread(community, 1, Kind.SOCIAL))
    assert strength(community, 1, 0) == pytest.approx(there + gain * (1.0 - there) * (1.0 - there / 15.0))


def test_the_channel_sets_the_depth():
    for depth, felt in ((0.5, 0.024), (2.0, 0.096)):  # .08 x .6 x the channel's
        community = calm({"channels.forum.depth": depth})
        say(community, 0, 1, thread(community, 1, Kind.SOCIAL))
        assert strength(community, 1, 0) == pytest.approx(felt)


def test_only_who_asked_is_answered():
    community = calm()
    at = thread(community, 1, Kind.QUESTION)
    kinds = []
    for who, to in ((0, 1), (1, 0), (2, 0)):  # who asked may thank, and another may add to what was answered
        say(community, who, to, at)
        kinds.append(last_event(community)[0])
    assert kinds == ["answer", "reply", "reply"]


# To the team


def test_a_word_to_the_team_makes_no_tie_between_members():
    community = calm()
    at = thread(community, -3, Kind.PROMPT)
    say(community, 0, -3, at)
    m, posts, flows = community.members.view, community.posts, community.flows
    assert m.to_staff[0] == m.from_staff[0] == 0.08 and m.known.tolist() == [1, 0, 0, 0, 0, 0]
    assert m.tie_count.sum() == 0 and flows[Flow.RESPONSES] == flows.sum() == 1
    assert (m.belonging == 0.1).all() and not m.heard_member.any() and (m.called == LONG_AGO).all()
    assert (m.written[0], m.last_written[0], m.activity[0]) == (1, 1, 1.0)
    assert [posts[name][at] for name in ("replies", "last", "latest", "waits")] == [1, 0, 1.5, 0]
    assert last_event(community) == ("reply", 0, -3, at, 1.5)


def test_who_writes_to_the_team_apart_waits_in_no_thread():
    community = calm()
    thread(community, -2, Kind.PROMPT)
    say(community, 0, -2)
    assert community.posts["waits"].tolist() == [-1] and community.members.view.to_staff[0] == 0.08
    assert last_event(community) == ("message", 0, -2, -1, 1.5)


def test_nobody_is_hostile_to_the_team():
    community, _ = angry()
    at = thread(community, -2, Kind.PROMPT)
    say(community, 0, -2, at)
    assert community.flows[Flow.HOSTILE] == community.flows[Flow.BREACHES] == 0 and community.posts["heat"][at] == 0.0


# Conflict


def angry(changes=None, **conflict):
    """Everybody is tempted to be hostile, without fail."""
    community = calm(changes)
    tune(community, "conflict", **{"loss": 0.2, "heat_gain": 0.5, "disagreement": 0.0, **conflict})
    civility = norms(community).breach.tolist().index(Breach.HOSTILE)
    norms(community).temptation[civility] = 2 * ALWAYS
    return community, civility


def test_a_hostile_response_hurts():
    community, civility = angry()
    m = community.members.view
    put(community, 0, 1, 0.5, last=LONG_AGO)
    put(community, 1, 0, 0.1, last=LONG_AGO)
    at = thread(community, 1, Kind.PRACTICAL)
    say(community, 0, 1, at)
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


def test_a_hostile_word_apart_leaves_no_trace_in_a_thread():
    community, civility = angry()
    at = thread(community, 1)
    say(community, 0, 1)
    posts = community.posts
    assert community.flows[Flow.HOSTILE] == 1 and norms(community).breaches[civility] == 1.0
    assert [posts[name][at] for name in ("conduct", "heat", "attacker", "target")] == [0, 0.0, -1, -1]


@pytest.mark.parametrize(("u", "hostile"), [(0.24, 1), (0.26, 0)])
def test_the_draw_decides_on_hostility_against_what_holds_back(u, hostile):
    for norms_on, temptation in ((True, 0.0), (False, -math.log(3.0))):
        community, civility = angry({"switches.norms": norms_on})
        tune(community, "keeping", descriptive=math.log(3.0))  # who believes in the norm: odds of 1 to 3
        norms(community).temptation[civility] = temptation
        community.members.view.norms[0, civility] = 1.0
        say(community, 0, 1, u=u)
        assert community.flows[Flow.HOSTILE] == hostile


def test_a_passionate_response_off_ones_topics_heats():
    community = calm()
    tune(community, "conflict", disagreement=0.1)
    community.members.view.passion[0] = 2.0
    # of no interest to who writes, its own, and of half interest
    places = [thread(community, author, Kind.PRACTICAL, topic=topic) for author, topic in ((1, 5), (2, 0), (3, 1))]
    for author, at in zip((1, 2, 3), places, strict=True):
        say(community, 0, author, at)
    assert community.posts["heat"][places].tolist() == pytest.approx([0.2, 0.0, 0.1])
    community.members.view.passion[0] = -2.0
    say(community, 0, 1, places[0])
    assert community.posts["heat"][places[0]] == pytest.approx(0.2)  # who does not care does not cool either


def test_what_bad_mood_is():
    # temptation is -60; a bad mood, below -1 of passion less hurt, brings 120
    for hurt, hostile in ((0.9, 0), (1.1, 1)):
        community, civility = angry(mood=2 * ALWAYS, bad_mood=-1.0)
        norms(community).temptation[civility] = NEVER
        community.members.view.hurt[0] = hurt
        say(community, 0, 1, thread(community, 1))
        assert community.flows[Flow.HOSTILE] == hostile


@pytest.mark.parametrize(("heat", "apart", "hostile"), [(0.5, False, 1), (0.49, False, 0), (9.0, True, 0)])
def test_a_heated_thread_invites_hostility(heat, apart, hostile):
    community, civility = angry(seen=2 * ALWAYS, heated=0.5)
    norms(community).temptation[civility] = NEVER
    at = thread(community, 1)
    community.posts["heat"][at] = heat
    say(community, 0, 1, DIRECT if apart else at)
    assert community.flows[Flow.HOSTILE] == hostile


def test_two_who_talk_it_out_write_to_each_other():
    community = calm()
    tune(community, "conflict", talks=1)
    talk_it_out(*community.given, 2, 4)
    # .08 x .6; the second is an answer
    assert strength(community, 4, 2) == pytest.approx(0.048) and strength(community, 2, 4) == pytest.approx(0.096)
    m, flows = community.members.view, community.flows
    assert flows[Flow.EXCHANGES] == flows.sum() == 2 and not m.heard_member.any() and (m.belonging == 0.1).all()
    assert community.events[["source", "target"]].tolist() == [(2, 4), (4, 2)]
    assert community.events["time"].tolist() == [1.375, 1.375]  # the start of work
    assert partners(community, 2) == [4] and partners(community, 4) == [2]
