"""Meeting, by hand."""

import pytest

from sim.compiled.draws import Rule
from sim.rules.meeting import attends
from sim.scenario import load
from sim.state.flows import Flow
from sim.state.members import LONG_AGO
from tests.tiny import (
    ALWAYS,
    NEVER,
    QUIET,
    WORLD,
    calm,
    come,
    drawn,
    partners,
    put,
    strength,
    tune,
    values,
    visits,
)  # fmt: skip


def test_chance_to_come():
    p = values("meeting", attendance=-1.5, attendance_belonging=1.5, attendance_closeness=1.0, shows=0.6)
    assert attends(0.0, 0.0, p) == pytest.approx(0.1094553)  # .6 of those who say yes: 1 / (1 + e^1.5) = .1824255
    assert attends(1.0, 0.0, p) == pytest.approx(0.3)
    assert attends(0.5, 0.5, p) == pytest.approx(0.2626941)  # .6 / (1 + e^.25)


def invite(community, recent, gatherings=1, visitors=(), left=8):
    """Let the team have hosted so much, for those of `recent`; some members visit today."""
    come(community, visitors, left=left)
    now = community.tables.now
    now.recent, now.gatherings = len(recent), gatherings
    community.tables.rows["recent"][: len(recent)] = recent


def gathering(recent, changes=None, visitors=(), left=8, **meeting):
    """One gathering, to which all of `recent` want to come; none becomes a project."""
    changes = {"creating.event_chance": 0.0, "meeting.places": meeting.pop("places", 12), **(changes or {})}
    community = calm(changes)
    tune(community, "meeting", **{"attendance": ALWAYS, "shows": 1.0, "fewest": 2, "partners": 1, **meeting})
    invite(community, recent, visitors=visitors, left=left)
    community.meet()
    return community


def round_about(recent, number=0, day=1):
    """Those of `recent` in the order in which they are asked to gathering `number`."""
    first = int(drawn(0, Rule.MEETING, day, -1 - number, 1) * len(recent))
    return [*recent[first:], *recent[:first]]


def test_two_who_meet_talk_both_ways():
    community = gathering([2, 4], visitors=[4, 2])
    one, other = round_about([2, 4])
    m, flows = community.members.view, community.flows
    # Social talk: depth .6, so .048 a message. One writes to the other, who feels .048 and answers: .096, doubled.
    # Then the other has its turn: it writes, an answer: .096 + .096 x (1 - .096) x (1 - .096 / 15);
    # the first writes back, an answer: .048 + .096 x (1 - .048) x (1 - .048 / 15)
    assert strength(community, one, other) == pytest.approx(0.096 + 0.086784 * 0.9936)
    assert strength(community, other, one) == pytest.approx(0.048 + 0.091392 * 0.9968)
    assert flows[Flow.EXCHANGES] == 4 and flows[Flow.ATTENDANCES] == 2 and flows[Flow.GATHERINGS] == 1
    assert flows.sum() == 7 and visits(community).left.tolist() == [6, 6]
    # belonging: .1 -> .127 by coming; two exchanges each, .003 of the rest; the other's own coming lies between its two
    assert m.passion[[2, 4]].tolist() == [0.3, 0.3]
    assert m.belonging[[2, 4]].tolist() == pytest.approx([1 - 0.9 * 0.97 * 0.997**2] * 2)
    assert m.known[[2, 4]].tolist() == [1, 1] and m.to_staff[2] == m.from_staff[2] == 0.08
    talk = [(one, other), (other, one), (other, one), (one, other)]
    assert community.events[["source", "target"]].tolist() == talk
    assert community.events["time"].tolist() == [1.75] * 4  # at the hour of gatherings


@pytest.mark.parametrize(("framed", "felt", "depth"), [
    (True, (0.5, 0.5), 1.0), (False, (0.5, 0.5), 0.6),
    (True, (0.5, 0.1), 0.6), (True, (0.1, 0.5), 0.6),  # past .2 on both sides
])  # fmt: skip
@pytest.mark.parametrize("channel", [1.0, 0.5])
def test_in_a_personal_frame_talk_of_those_who_are_close_turns_personal(framed, felt, depth, channel):
    community = calm({"creating.event_chance": 0.0, "strategy.personal_frame": framed,
                      "channels.gathering.depth": channel})  # fmt: skip
    tune(community, "meeting", attendance=ALWAYS, shows=1.0, fewest=2, partners=1)
    one, other = round_about([2, 4])
    put(community, one, other, felt[0], last=LONG_AGO)
    put(community, other, one, felt[1], last=LONG_AGO)
    invite(community, [2, 4])
    community.meet()

    def grown(strength, gain):
        return strength + gain * depth * channel * (1.0 - strength) * (1.0 - strength / 15.0)

    # a word and three answers, which count double
    assert strength(community, other, one) == pytest.approx(grown(grown(felt[1], 0.08), 0.16))
    assert strength(community, one, other) == pytest.approx(grown(grown(felt[0], 0.16), 0.16))


# Who comes


@pytest.mark.parametrize("day", range(1, 7))
def test_those_who_were_here_of_late_are_asked_round_about_while_there_are_places(day):
    community = calm({"creating.event_chance": 0.0, "meeting.places": 2})
    tune(community, "meeting", attendance=ALWAYS, shows=1.0, fewest=2, partners=1)
    community.day = day
    invite(community, [0, 1, 3, 5])
    community.meet()
    guests = round_about([0, 1, 3, 5], day=day)[:2]
    assert community.members.view.known.nonzero()[0].tolist() == sorted(guests)


def test_all_are_asked_first_on_some_day():
    assert {round_about([0, 1, 3, 5], day=day)[0] for day in range(1, 40)} == {0, 1, 3, 5}


def test_guests_need_not_visit_and_a_gathering_takes_attention_of_those_who_do():
    community = gathering([0, 1, 2], visitors=[3, 2, 0], left=8)
    assert community.flows[Flow.ATTENDANCES] == 3 and visits(community).left.tolist() == [8, 6, 6]
    assert community.members.view.last_visit[1] == 0 and community.flows[Flow.VISITS] == 0
    community = gathering([0, 1, 2], visitors=[0, 2], left=1)
    assert community.flows[Flow.ATTENDANCES] == 3 and visits(community).left.tolist() == [0, 0]


@pytest.mark.parametrize(("fewest", "held"), [(3, True), (4, False)])
def test_with_too_few_it_is_called_off(fewest, held):
    community = gathering([0, 1, 2], {"creating.event_chance": 1.0}, visitors=[0], fewest=fewest)
    assert (community.flows.sum() > 0) == (community.members.view.passion.sum() > 0) == held
    assert (community.flows[Flow.PROJECTS], community.flows[Flow.GATHERINGS]) == (held, held)
    assert visits(community).left.tolist() == [6 if held else 8]
    assert (len(community.events) > 0) == held


@pytest.mark.parametrize("meeting", [{"attendance": NEVER}, {"shows": 0.0}])
def test_who_says_no_or_does_not_show_does_not_come(meeting):
    community = gathering([0, 1, 2], visitors=[0, 1, 2], **meeting)
    assert community.flows.sum() == 0 and visits(community).left.tolist() == [8, 8, 8]


@pytest.mark.parametrize("weights", [{"attendance_closeness": 60.0, "attendance_belonging": 0.0},
                                     {"attendance_closeness": 0.0, "attendance_belonging": 60.0}])  # fmt: skip
def test_who_has_close_ties_and_who_belongs_comes_rather(weights):
    community = calm({"creating.event_chance": 0.0})
    tune(community, "meeting", attendance=-30.0, shows=1.0, fewest=2, **weights)
    m = community.members.view
    m.closeness[:2], m.belonging[:] = 99.0, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]  # 60 x (1 - exp(-49.5)) - 30
    invite(community, range(6))
    community.meet()
    assert m.known.tolist() == ([1, 1, 0, 0, 0, 0] if weights["attendance_closeness"] else [0, 0, 1, 1, 0, 0])


def test_each_gathering_is_a_draw_of_its_own():
    community = calm({"creating.event_chance": 0.0, "meeting.places": 100, "community.members": 40})
    tune(community, "meeting", attendance=0.0, attendance_belonging=0.0, attendance_closeness=0.0, partners=1,
         shows=0.6)  # fmt: skip
    invite(community, range(40), gatherings=2, visitors=range(40))
    community.meet()
    came = [sum(drawn(0, Rule.MEETING, 1, who, 32 * number) < 0.3 for number in (0, 1)) for who in range(40)]
    assert [(8 - left) // 2 for left in visits(community).left.tolist()] == came  # two things read each
    assert community.flows[Flow.ATTENDANCES] == sum(came)


def test_gatherings_find_room_for_as_many_as_another_scenario_allows():
    community = calm({"meeting.places": 2, "creating.largest": 2, "creating.event_chance": 0.0})
    community.change(load(WORLD, {**QUIET, "meeting.places": 6, "creating.event_chance": 0.0}))
    tune(community, "meeting", attendance=ALWAYS, shows=1.0)
    invite(community, range(6))
    community.meet()
    assert community.flows[Flow.ATTENDANCES] == 6 and community.state.guests.size >= 6


# Talk


def test_with_exchange_off_guests_belong_and_make_no_ties():
    community = gathering([0, 1, 2], {"switches.exchange": False})
    assert community.flows[Flow.ATTENDANCES] == 3 and community.flows[Flow.EXCHANGES] == 0
    assert community.members.view.tie_count.sum() == 0 and not community.members.view.closeness.any()
    assert community.members.view.belonging[0] == pytest.approx(0.127)


def test_nobody_talks_to_itself():
    community = gathering([0, 1, 2], partners=2)
    assert all(i not in partners(community, i) for i in range(3))
    assert community.flows[Flow.EXCHANGES] == 3 * 2 * 2


def test_nobody_talks_to_more_than_there_are():
    assert gathering([0, 1, 2], partners=8).flows[Flow.EXCHANGES] == 3 * 2 * 2


@pytest.mark.parametrize("day", range(1, 31))
def test_whom_one_talks_to_is_a_draw_in_which_acquaintances_weigh_more(day):
    community = calm({"creating.event_chance": 0.0})
    tune(community, "meeting", attendance=ALWAYS, shows=1.0, partners=2, known=3.0)
    community.day = day
    invite(community, range(4))
    guests = round_about(range(4), day=day)
    first, others = guests[0], guests[1:]
    put(community, first, others[1], 0.0)  # whom it has written to
    put(community, others[0], first, 0.5)  # who has written to it: not its acquaintance
    community.meet()
    weights, chosen = {others[0]: 1.0, others[1]: 3.0, others[2]: 1.0}, []
    for number in (1, 2):  # whoever it has talked with is an acquaintance the second time
        goal = drawn(0, Rule.MEETING, day, first, number) * sum(weights.values())
        chosen.append([j for k, j in enumerate(others) if sum(list(weights.values())[:k]) <= goal][-1])
        weights[chosen[-1]] = 3.0
    talk = community.events[["source", "target"]][:4].tolist()
    assert talk == [(first, chosen[0]), (chosen[0], first), (first, chosen[1]), (chosen[1], first)]


def test_the_talk_of_another_gathering_has_draws_of_its_own():
    second = []
    for day in range(1, 31):
        community = calm({"creating.event_chance": 0.0})
        tune(community, "meeting", attendance=ALWAYS, shows=1.0, partners=1, known=1.0)
        community.day = day
        invite(community, range(3), gatherings=2)
        community.meet()
        guests = round_about(range(3), number=1, day=day)
        assert community.events["source"][6] == guests[0]  # after three who have talked to one each, both ways
        second.append(community.events["target"][6] == guests[2])
        assert second[-1] == (drawn(0, Rule.MEETING, day, guests[0], 33) >= 0.5)
    assert 5 < sum(second) < 25


# Projects


def test_some_gatherings_become_projects():
    made = []
    for day in range(1, 31):
        community = calm({"creating.event_chance": 0.5, "creating.largest": 2})
        tune(community, "meeting", attendance=ALWAYS, shows=1.0, partners=1)
        community.day = day
        invite(community, range(4))
        community.meet()
        made.append(community.flows[Flow.PROJECTS] == 1)
        guests = round_about(range(4), day=day)[:2] if made[-1] else []
        assert community.members.view.won.nonzero()[0].tolist() == sorted(guests)
    assert made == [drawn(0, Rule.MEETING, day, -1, 0) < 0.5 for day in range(1, 31)]


def test_with_exchange_off_no_gathering_becomes_a_project():
    community = gathering([0, 1, 2], {"creating.event_chance": 1.0, "switches.exchange": False})
    assert community.flows[Flow.GATHERINGS] == 1 and community.flows[Flow.PROJECTS] == 0
