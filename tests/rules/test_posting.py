"""Posting, by hand."""

import math

import numpy as np
import pytest

from sim.compiled.draws import Rule
from sim.rules.posting import addressed, breaches_of, found_chance, readiness
from sim.state.flows import Flow
from sim.state.norms import Breach
from sim.state.posts import Kind
from tests.tiny import ALWAYS, NEVER, come, drawn, handful, norms, open_posts, thread, tune, values, visits

P = values(
    "posting", heard=0.4, heard_enough=2.0, status=0.6, worth=0.3, active=1.2, passion=0.5, assurance=0.5, hurt=0.25
)


def test_readiness_term_by_term():
    assert addressed(-6.0, 0.0, 0.0, 0.0, P) == -6.0
    assert addressed(0.0, 3.0, 0.0, 0.0, P) == pytest.approx(0.31074794)  # .4 x (1 - e^-1.5)
    assert addressed(0.0, 0.0, 0.5, 0.0, P) == 0.3
    assert addressed(0.0, 0.0, 0.0, -0.5, P) == -0.15
    assert readiness(-6.0, 0.0, 0.0, 0.0, 0.0, P) == -6.0
    assert readiness(0.0, 1.0, 0.0, 0.0, 0.0, P) == 1.2
    assert readiness(0.0, 0.0, -2.0, 0.0, 0.0, P) == -1.0
    assert readiness(0.0, 0.0, 0.0, 1.0, 0.0, P) == 0.5
    assert readiness(0.0, 0.0, 0.0, 0.0, 2.0, P) == -0.5


def test_chance_to_find_it_in_the_library():
    assert found_chance(0.0, 20.0) == 0.0
    assert found_chance(20.0, 20.0) == pytest.approx(0.6321205588)  # 1 - 1/e
    assert found_chance(20 * math.log(4), 20.0) == pytest.approx(0.75)


def broken_by(community, who, believed, enforced, **keeping):
    """The norms that a member of plain manners breaks who believes so much in each, as bits."""
    beliefs = np.full(norms(community).breach.size, believed)
    return breaches_of(99, who, 0.0, beliefs, community.state.norms, int(enforced), values("keeping", **keeping))


def test_which_norms_a_visit_breaks():
    community = handful()
    kinds = [Breach(kind) for kind in norms(community).breach]
    norms(community).temptation[:] = ALWAYS
    broken = broken_by(community, 1, 0.5, True)
    # hostility and free riding are decided message by message, and promotion by the company is not a member's breach
    expected = [kind not in (Breach.HOSTILE, Breach.FREE_RIDE, Breach.COMPANY_PROMOTE) for kind in kinds]
    assert [bool(broken >> b & 1) for b in range(len(kinds))] == expected
    norms(community).temptation[:] = NEVER
    assert broken_by(community, 1, 0.5, True) == 0
    # beliefs hold back where norms are on: 60 of temptation, minus 200 x (2 x 1 - 1)
    norms(community).temptation[:] = ALWAYS
    assert broken_by(community, 1, 1.0, True, descriptive=200.0) == 0
    assert broken_by(community, 1, 1.0, False, descriptive=200.0) == broken


def poster(changes=None, **posting):
    """Six who never write, in a world whose norms nobody is tempted to break; who is ready to write opens a thread."""
    community = handful(changes)
    norms(community).temptation[:] = NEVER
    tune(community, "posting", opening=0.0, asking=0.0, **posting)
    return community


def opened(community):
    return open_posts(community, *Kind).tolist()


def test_who_is_ready_opens_a_thread():
    community = poster(social=0.0, first_topic=1.0)
    m = community.members.view
    m.voice[2], m.topic[2] = ALWAYS, 5
    come(community, [1, 2], hours=[0.2, 0.4])
    community.post()
    (at,) = opened(community)
    opening = community.posts[at]
    assert [opening[name] for name in ("author", "kind", "topic", "day", "hour")] == [2, 1, 5, 1, 0.4]
    assert m.post[2] == 0 and m.written[2] == 1 and m.last_written[2] == 1 and m.activity[2] == 1.0
    assert not m.written[[0, 1, 3, 4, 5]].any()
    assert community.flows[Flow.POSTS] == 1 and community.flows.sum() == 1
    assert (community.events["source"][0], community.events["target"][0], len(community.events)) == (2, 2, 1)


def test_how_ready_each_is_stays_for_what_it_reads():
    community = poster(
        heard=0.4, heard_enough=2.0, status=0.6, worth=0.3, active=1.2, active_days=7, passion=0.5, hurt=0.25
    )
    m = community.members.view
    m.voice[:] = [-50.0, -51.0, -52.0, -53.0, -54.0, -55.0]
    m.heard_staff[0], m.heard_member[0], m.status[1], m.worth[2], m.last_written[3] = 1.0, 2.0, 0.5, 1.0, 0
    m.passion[4], m.hurt[5] = -2.0, 2.0
    come(community, [5, 4, 3, 2, 1, 0])
    community.post()
    # .4 (1 - e^-((1 + 2) / 2)), .6 x .5, .3 x (1 - .5), 1.2, .5 x -2, -.25 x 2
    more = [0.31074794, 0.3, 0.15, 1.2, -1.0, -0.5]
    assert visits(community).ready.tolist() == pytest.approx([v + x for v, x in zip(m.voice, more, strict=True)][::-1])
    assert opened(community) == []  # readiness alone


def test_readiness_does_not_count_what_it_takes_to_open_or_ask():
    community = poster()
    tune(community, "posting", opening=7.0, asking=9.0)
    m = community.members.view
    m.need[1], m.asked[1] = 3, 1
    come(community, [0, 1])
    community.post()
    assert visits(community).ready.tolist() == [NEVER, NEVER]


@pytest.mark.parametrize(("opening", "asking", "wrote"), [
    (0.0, 0.0, [0, 0, 0]), (2 * ALWAYS, 0.0, [1, 0, 1]), (0.0, 2 * ALWAYS, [0, 1, 0]),
])  # fmt: skip
def test_who_has_searched_asks_and_all_others_open(opening, asking, wrote):
    community = poster()
    tune(community, "posting", opening=opening, asking=asking)
    m = community.members.view
    m.need[1:3], m.asked[1:3] = 3, [1, 2]  # one not asked yet, one asked
    come(community, [0, 1, 2])
    community.post()
    assert m.written[:3].tolist() == wrote
    kinds = [int(community.posts["kind"][at]) for at in opened(community)]
    assert (Kind.QUESTION in kinds) == (asking > 0.0)


def test_a_visit_opens_one_thread_by_a_draw_of_its_own():
    wrote = []
    for day in range(1, 41):
        community = poster()
        community.day = day
        community.members.view.voice[0] = -1.0986122886681098  # odds of 1 to 3
        tune(community, "posting", active=0.0)
        come(community, [0])
        community.post()
        wrote.append(len(opened(community)))
    assert wrote == [int(drawn(0, Rule.POSTING, day, 0, 1) < 0.25) for day in range(1, 41)]


def test_a_need_is_searched_for_once_then_asked():
    community = poster()
    m = community.members.view
    m.need[0], m.difficulty[0] = 3, 0.7
    come(community, [0])
    community.post()  # the library is empty, the voice is low
    assert m.asked[0] == 1 and m.need[0] == 3
    community.tables.library[3] = 1e9  # by now the answer could be found
    come(community, [0])
    community.post()
    assert m.need[0] == 3 and community.flows[Flow.SELF_SOLVED] == 0
    m.voice[0] = ALWAYS
    come(community, [0])
    community.post()
    (at,) = opened(community)
    assert community.posts["kind"][at] == Kind.QUESTION and community.posts["topic"][at] == 3
    assert community.posts["difficulty"][at] == 0.7 and m.asked[0] == 2
    assert community.flows[Flow.ASKED] == 1
    come(community, [0])
    community.post()
    assert community.flows[Flow.ASKED] == 1 and community.flows[Flow.POSTS] == 2  # a need is asked once


def test_a_full_library_solves_a_need_unless_it_cannot_be_searched():
    community = poster()
    community.members.view.need[0] = 3
    community.tables.library[3] = 1e9
    come(community, [0])
    community.post()
    assert community.members.view.need[0] == -1 and community.flows[Flow.SELF_SOLVED] == 1
    community = poster({"channels.forum.searchable": False})
    community.members.view.need[0] = 3
    community.tables.library[3] = 1e9
    come(community, [0])
    community.post()
    assert community.members.view.need[0] == 3 and community.flows[Flow.SELF_SOLVED] == 0


def test_visible_rules_give_courage_to_newcomers_alone():
    community = poster(assurance=2 * ALWAYS)
    m = community.members.view
    m.joined[:2] = [-27, -28]  # 28 and 29 days ago
    norms(community).visible[:] = 1
    come(community, [0, 1])
    community.post()
    assert (m.written[:2] > 0).tolist() == [True, False]
    come(community, [0])
    norms(community).visible[:] = 0
    m.written[:] = 0
    m.last_written[:] = -100
    community.post()
    assert not m.written.any()


@pytest.mark.parametrize("kind,shown", [("promote", Kind.PROMOTION), ("stray", Kind.SOCIAL)])
def test_breaches_show_in_the_thread(kind, shown):
    community = poster(social=0.0)
    b = norms(community).breach.tolist().index(Breach[kind.upper()])
    norms(community).temptation[b] = 2 * ALWAYS
    community.members.view.voice[0] = ALWAYS
    come(community, [0])
    community.post()
    (at,) = opened(community)
    assert community.posts["kind"][at] == shown and community.posts["breach"][at] == 1 << b
    assert visits(community).broken.tolist() == [1 << b]
    assert norms(community).breaches[b] == 1.0 and community.flows[Flow.BREACHES] == 1


def test_questions_break_no_norm_of_posting():
    community = poster()
    for b, kind in enumerate(norms(community).breach):
        if kind in (Breach.PROMOTE, Breach.STRAY):
            norms(community).temptation[b] = 2 * ALWAYS
    m = community.members.view
    m.voice[0], m.need[0], m.asked[0] = ALWAYS, 3, 1
    come(community, [0])
    community.post()
    (at,) = opened(community)
    assert community.posts["kind"][at] == Kind.QUESTION and community.posts["breach"][at] == 0
    assert community.flows[Flow.BREACHES] == 0


def test_kinds_of_threads():
    community = poster(social=1.0, first_topic=0.0)
    community.members.view.voice[0] = ALWAYS
    thread(community, 4)
    come(community, [0])
    community.post()
    at = opened(community)[-1]
    assert community.posts["kind"][at] == Kind.SOCIAL and community.posts["topic"][at] == 1  # the second topic


@pytest.mark.parametrize(
    ("column", "weight"),
    [
        ("heard_staff", "heard"),
        ("heard_member", "heard"),
        ("status", "status"),
        ("worth", "worth"),
        ("passion", "passion"),
    ],
)
def test_what_encourages_to_write(column, weight):
    community = poster(heard=0.0, status=0.0, worth=0.0, passion=0.0)
    tune(community, "posting", **{weight: 200.0})
    getattr(community.members.view, column)[0] = 1.0  # 200 x .63 or x 1 against a voice of -60
    come(community, [0, 1])
    community.post()
    assert community.members.view.written[:2].tolist() == [1, 0]


def test_replies_encourage_up_to_a_few():
    assert addressed(0.0, 2 * math.log(2), 0.0, 0.0, P) == pytest.approx(0.2)  # half of the pull
    assert addressed(0.0, 30.0, 0.0, 0.0, P) == pytest.approx(0.4, abs=1e-6)
    assert addressed(0.0, 1000.0, 0.0, 0.0, P) == pytest.approx(0.4)


def test_hurt_silences():
    community = poster(hurt=200.0)
    m = community.members.view
    m.voice[:], m.hurt[1] = ALWAYS, 1.0
    come(community, [0, 1])
    community.post()
    assert m.written[:2].tolist() == [1, 0]


def test_who_has_written_is_active_for_seven_days():
    community = poster(active=2 * ALWAYS, active_days=7)
    m = community.members.view
    m.last_written[:2] = [-6, -7]  # 7 and 8 days ago
    come(community, [0, 1])
    community.post()
    assert m.written[:2].tolist() == [1, 0]


def test_breaches_of_several_norms_are_several_draws():
    community = handful()
    norms(community).temptation[:] = 0.0
    found = [broken_by(community, who, 0.5, False) for who in range(2000)]
    broken = [[bits >> b & 1 for bits in found] for b in range(norms(community).breach.size)]
    one, other = [bits for bits in broken if any(bits)][:2]
    assert sum(one) == pytest.approx(1000, abs=90) and sum(other) == pytest.approx(1000, abs=90)  # sd 22
    assert sum(a and b for a, b in zip(one, other, strict=True)) == pytest.approx(500, abs=80)  # a quarter: sd 19


def test_a_question_keeps_its_difficulty_whatever_its_serial():
    community = poster()
    m = community.members.view
    m.need[0], m.asked[0], m.difficulty[0], m.voice[0] = 3, 1, 0.7, ALWAYS
    come(community, [0])
    now = community.tables.now
    now.start = 1000  # so many have been closed and cleared away, and five are closed
    now.oldest = now.next = 1005
    community.post()
    assert community.posts["difficulty"].tolist() == [0.7] and community.tables.rows["posts"]["difficulty"][5] == 0.7
    assert m.question[0] == 1005
