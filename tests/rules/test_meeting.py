"""Meeting, by hand."""

import pytest

from sim.compiled.draws import Rule
from sim.rules.meeting import attends
from sim.scenario import load
from sim.state.flows import Flow
from tests.tiny import ALWAYS, NEVER, QUIET, WORLD, come, drawn, handful, partners, strength, tune, values, visits


def test_readiness_to_attend():
    p = values("meeting", attendance=-1.5, attendance_belonging=1.5, attendance_closeness=1.0)
    assert attends(0.0, 0.0, p) == -1.5
    assert attends(1.0, 0.0, p) == 0.0
    assert attends(0.5, 0.5, p) == pytest.approx(-0.25)


def gathering(rows, changes=None, attendance=ALWAYS, left=8, partners=1, places=12):
    """One gathering of those visitors, all of whom want to come; none becomes a project."""
    community = handful({"creating.event_chance": 0.0, "meeting.places": places, **(changes or {})})
    tune(community, "meeting", attendance=attendance, partners=partners)
    come(community, rows, left=left)
    community.tables.now.gatherings = 1
    community.meet()
    return community


def test_two_who_meet_talk_both_ways():
    community = gathering([2, 4])
    m, flows = community.members.view, community.flows
    # Personal frame: depth 1, so .08 a message. 2 writes to 4: 4 feels .08. 4 answers: .16, doubled.
    # Then 4 has its turn: it writes to 2, an answer: 2 feels .16 + .16 x (1 - .16) x (1 - .16 / 15) = .2929664;
    # 2 writes back, an answer: 4 feels .08 + .16 x .92 x (1 - .08 / 15) = .2264149
    assert strength(community, 2, 4) == pytest.approx(0.2929664)
    assert strength(community, 4, 2) == pytest.approx(0.2264149, abs=1e-7)
    assert flows[Flow.EXCHANGES] == 4 and flows[Flow.ATTENDANCES] == 2 and flows[Flow.GATHERINGS] == 1
    assert visits(community).left.tolist() == [6, 6]
    # belonging: .1 -> .127 by coming; two exchanges each, .003 of the rest; 4's own coming lies between 2's two
    assert m.passion[[2, 4]].tolist() == [0.3, 0.3]
    assert m.belonging[2] == pytest.approx(1 - 0.9 * 0.97 * 0.997**2)
    assert m.belonging[4] == pytest.approx(1 - 0.9 * 0.97 * 0.997**2)
    assert m.known[[2, 4]].tolist() == [1, 1] and m.to_staff[2] == m.from_staff[2] == 0.08
    assert len(community.events) == 4


def test_frame_sets_the_depth():
    shallow = gathering([2, 4], {"strategy.personal_frame": False})
    # depth .6: 4 feels .048, 2 then .096; 2: .096 + .096 x .904 x (1 - .096/15); 4: .048 + .096 x .952 x (1 - .048/15)
    assert strength(shallow, 2, 4) == pytest.approx(0.096 + 0.086784 * 0.9936)
    assert strength(shallow, 4, 2) == pytest.approx(0.048 + 0.091392 * 0.9968)


def test_places_are_given_in_the_order_of_coming():
    community = gathering([5, 3, 1, 0], places=2)
    assert community.members.view.known.tolist() == [0, 0, 0, 1, 0, 1]
    assert visits(community).left.tolist() == [6, 6, 8, 8]


def test_who_has_no_attention_left_does_not_come():
    assert gathering([0, 1], left=1).flows[Flow.ATTENDANCES] == 0
    assert gathering([0, 1], left=2).flows[Flow.ATTENDANCES] == 2


def test_who_does_not_want_to_does_not_come():
    community = gathering([0, 1, 2], attendance=NEVER)
    assert community.flows[Flow.ATTENDANCES] == 0 and community.flows[Flow.GATHERINGS] == 1
    assert visits(community).left.tolist() == [8, 8, 8]


def test_one_guest_meets_nobody():
    community = gathering([3])
    assert community.flows[Flow.EXCHANGES] == 0 and community.members.view.tie_count.sum() == 0
    assert community.members.view.known[3] == 1


def test_with_exchange_off_guests_belong_and_make_no_ties():
    community = gathering([0, 1, 2], {"switches.exchange": False})
    assert community.flows[Flow.ATTENDANCES] == 3 and community.flows[Flow.EXCHANGES] == 0
    assert community.members.view.tie_count.sum() == 0 and not community.members.view.closeness.any()
    assert community.members.view.belonging[0] == pytest.approx(0.127)


def test_nobody_talks_to_itself():
    community = gathering([0, 1, 2], partners=8)
    assert all(i not in partners(community, i) for i in range(3))
    assert community.flows[Flow.EXCHANGES] == 3 * 8 * 2


def test_who_has_close_ties_comes_rather():
    community = handful({"creating.event_chance": 0.0})
    tune(community, "meeting", attendance=-30.0, attendance_belonging=0.0, attendance_closeness=60.0)
    community.members.view.closeness[2] = 99.0  # 60 x (1 - exp(-49.5)) - 30
    come(community, [1, 2, 3])
    community.tables.now.gatherings = 1
    community.meet()
    assert community.flows[Flow.ATTENDANCES] == 1 and community.members.view.known[2] == 1


def test_gatherings_find_room_for_as_many_as_another_scenario_allows():
    community = handful({"meeting.places": 2, "creating.largest": 2, "creating.event_chance": 0.0})
    community.change(load(WORLD, {**QUIET, "meeting.places": 6, "creating.event_chance": 0.0}))
    tune(community, "meeting", attendance=ALWAYS)
    come(community, range(6))
    community.tables.now.gatherings = 1
    community.meet()
    assert community.flows[Flow.ATTENDANCES] == 6 and community.state.guests.size >= 6


def test_each_gathering_is_a_draw_of_its_own():
    community = handful({"creating.event_chance": 0.0, "meeting.places": 100, "community.members": 40})
    tune(community, "meeting", attendance=0.0, attendance_belonging=0.0, attendance_closeness=0.0, partners=1)
    come(community, range(40))
    community.tables.now.gatherings = 2
    community.meet()
    came = [sum(drawn(0, Rule.MEETING, 1, who, 32 * number) < 0.5 for number in (0, 1)) for who in range(40)]
    assert [(8 - left) // 2 for left in visits(community).left.tolist()] == came  # two things read each


def test_whom_one_talks_to_has_nothing_to_do_with_why_one_came():
    # Six come to a gathering to which one in two is drawn: draws below a half would choose among half of the others.
    places = set()
    for day in range(1, 60):
        community = handful({"creating.event_chance": 0.0})
        tune(community, "meeting", attendance=0.0, attendance_belonging=0.0, attendance_closeness=0.0, partners=1)
        community.day = day
        come(community, range(6))
        community.tables.now.gatherings = 1
        community.meet()
        guests = (visits(community).left < 8).nonzero()[0].tolist()
        first = community.events[:1]
        if len(guests) >= 4 and guests[0] == first["source"]:
            places.add(guests.index(first["target"]) / (len(guests) - 1))
    assert min(places) <= 1 / 3 and max(places) == 1.0
