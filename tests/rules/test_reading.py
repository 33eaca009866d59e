"""Reading, by hand: what a visitor looks at, what that is worth to it, and what moves it to respond."""

import math

import numpy as np
import pytest

from sim.compiled.draws import Rule
from sim.rules.reading import moved, weight
from sim.rules.receiving import receive
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
    drawn,
    norms,
    open_posts,
    owe,
    owed,
    put,
    strength,
    thread,
    tune,
    values,
    visits,
)  # fmt: skip

READING = dict(activity=0.5, preference=1.0, outgoing=0.7, incoming=0.4, similarity=0.5, newcomer=-0.25,
               respond=-1.0, respond_closeness=2.0, respond_cares=0.5, respond_first=0.25)  # fmt: skip
P = values("reading", **READING)


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


def test_what_moves_to_respond():
    assert moved(-2.0, 0.0, 0.0, 1, P) == -3.0
    assert moved(-2.0, 0.5, 0.0, 1, P) == -2.0
    assert moved(-2.0, 0.0, 0.5, 1, P) == -2.75
    assert moved(-2.0, 0.0, 0.0, 0, P) == -2.75  # the first
    assert moved(-2.0, 0.0, 0.0, 7, P) == -3.0


# Attention


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
    come(community, [0], ready=ALWAYS)
    community.read()
    assert visits(community).left.tolist() == [7] and visits(community).fits.tolist() == [0.0]
    assert community.flows.sum() == 0


def test_where_attention_goes():
    community = calm(scan=32)
    for author, kind in ((1, Kind.PRACTICAL), (-2, Kind.PROMPT), (-3, Kind.ANNOUNCEMENT), (2, Kind.STORY)):
        thread(community, author, kind)
    come(community, [0])
    community.read()
    flows = community.flows
    assert [flows[Flow[f"ATTENTION_{name}"]] for name in ("MEMBERS", "STAFF", "STORIES")] == [1, 2, 1]
    passion = community.scenario.telling.passion
    assert community.members.view.passion[0] == passion  # the story moves


def test_who_is_not_moved_to_write_leaves_nothing_behind():
    community = calm()
    thread(community, 1)
    come(community, [0])
    community.read()
    assert community.members.view.tie_count.sum() == 0 and community.flows[Flow.RESPONSES] == 0


# News


@pytest.mark.parametrize(("last", "latest", "before", "read"), [
    (1, 1.1, 0, 1),
    (0, 1.1, 0, 0),  # one's own word is no news
    (2, 1.1, 1, 1),  # on the day of the visit before, perhaps after it
    (2, 1.0, 1, 1),
    (2, 1.1, 2, 0),  # all of it was there then
    (2, 2.3, 2, 1),  # somebody has written since
])  # fmt: skip
@pytest.mark.parametrize("tied", [True, False])
def test_only_what_is_new_is_looked_at(last, latest, before, read, tied):
    community = calm({"channels.forum.reach": 0.0} if tied else None)
    community.day = 3
    at = thread(community, 1)
    if tied:
        put(community, 0, 1, 0.5)
    community.posts["last"][at], community.posts["latest"][at] = last, latest
    community.members.view.visit_before[:] = 9
    community.members.view.visit_before[0] = before
    come(community, [0])
    community.read()
    assert community.flows[Flow.ATTENTION_MEMBERS] == read and visits(community).left.tolist() == [8 - read]


def test_who_responds_makes_news_for_others_and_none_for_itself():
    community = calm()
    community.day = 3
    thread(community, 3, Kind.SOCIAL)
    community.members.view.visit_before[:] = 2
    community.members.view.visit_before[1] = 0
    come(community, [0, 1, 2, 1], hours=[0.4, 0.5, 0.6, 0.7], ready=ALWAYS)  # 1 alone has not seen it
    community.read()
    assert visits(community).left.tolist() == [8, 7, 7, 7]
    assert community.events["source"].tolist() == [1, 2, 1]


def test_whom_one_was_introduced_to_is_looked_at_without_news():
    community = calm(scan=0)
    thread(community, 4, Kind.SOCIAL)
    m = community.members.view
    m.introduced[0], m.introduced_day[0], m.visit_before[0] = 4, 1, 9
    come(community, [0], ready=ALWAYS)
    community.read()
    assert community.events["thread"].tolist() == [0] and community.events["target"].tolist() == [4]


# Responding


def test_who_is_ready_responds_to_what_it_reads():
    community = calm(scan=32)
    for author in (1, 2, 3):
        thread(community, author, Kind.SOCIAL)
    come(community, [0], hours=[0.25], left=2, ready=ALWAYS)
    community.read()
    assert community.flows[Flow.RESPONSES] == community.flows[Flow.ATTENTION_MEMBERS] == 2  # as far as attention goes
    said = community.events
    assert set(said["source"]) == {0} and said["target"].tolist() == [1 + at for at in said["thread"]]
    assert said["time"].tolist() == [1.25, 1.25] and {KINDS[kind] for kind in said["kind"]} == {"reply"}


def unmoved(**reading):
    """Six calm members whom nothing moves but what is said."""
    nothing = {"respond": 0.0, "respond_closeness": 0.0, "respond_cares": 0.0, "respond_first": 0.0, "answer": 0.0,
               "answer_skill": 0.0}  # fmt: skip
    return calm(**{**nothing, **reading})


@pytest.mark.parametrize(("reading", "case", "responses"), [
    ({}, {}, 0),
    ({"respond": 120.0}, {}, 1),
    ({}, {"ready": ALWAYS}, 1),
    ({"respond_closeness": 240.0}, {"felt": 0.6}, 1),
    ({"respond_closeness": 240.0}, {"felt": 0.1}, 0),
    ({"respond_cares": 90.0}, {"topic": 0}, 1),
    ({"respond_cares": 90.0}, {"topic": 1}, 0),  # the second topic: half
    ({"respond_cares": 90.0}, {"topic": 1, "ready": -15.0}, 1),
    ({"respond_first": 120.0}, {}, 1),
    ({"respond_first": 120.0}, {"replies": 1}, 0),
    ({"answer": 120.0}, {}, 0),  # no question
    ({"answer": 120.0}, {"kind": Kind.QUESTION}, 1),
    ({"answer_skill": 120.0}, {"kind": Kind.QUESTION, "topic": 0}, 1),
    ({"answer_skill": 120.0}, {"kind": Kind.QUESTION, "topic": 5}, 0),  # a fifth of the skill
])  # fmt: skip
def test_each_thing_that_moves(reading, case, responses):
    community = unmoved(**reading)
    at = thread(community, 1, case.get("kind", Kind.SOCIAL), topic=case.get("topic", 5))
    community.posts["replies"][at] = case.get("replies", 0)
    if "felt" in case:
        put(community, 0, 1, case["felt"])
    put(community, 1, 0, 1.0)  # what the author feels moves it to nothing
    come(community, [0], ready=case.get("ready", NEVER))
    community.read()
    assert community.flows[Flow.RESPONSES] == responses


def test_nobody_is_the_first_to_respond_to_a_word_apart():
    community = unmoved(respond_first=120.0)
    m = community.members.view
    m.introduced[0], m.introduced_day[0] = 4, 1
    come(community, [0])
    community.read()
    assert community.flows[Flow.RESPONSES] == 0 and visits(community).left.tolist() == [7]


def test_whether_one_responds_is_a_draw_of_its_own_for_each_thing_read():
    for day in range(1, 21):
        community = unmoved(scan=32)
        community.day = day
        for author in (1, 2, 3, 4, 5) * 4:
            thread(community, author, Kind.SOCIAL, day=day)
        come(community, [0], ready=0.0)
        community.read()
        assert community.flows[Flow.RESPONSES] == sum(
            drawn(0, Rule.READING, day, 0, 104 + 16 * reads) < 0.5 for reads in range(8)
        )


def response(day, prepare=None, changes=None, **reading):
    """The one response on a day on which member 0 reads one thread, by member 1, in which member 2 wrote last."""
    community = calm(changes, **reading)
    community.day = day
    at = thread(community, 1, Kind.QUESTION if "answer" in reading else Kind.SOCIAL, day=day)
    community.posts["last"][at] = 2
    if prepare:
        prepare(community)
    come(community, [0], ready=ALWAYS)
    community.read()
    return community


def test_each_choice_in_a_response_has_a_draw_of_its_own():
    days = range(1, 31)

    def below(number):
        return [drawn(0, Rule.READING, day, 0, 100 + number) < 0.5 for day in days]

    def tempted(community):
        civility = norms(community).breach.tolist().index(Breach.HOSTILE)
        norms(community).temptation[civility] = 0.0

    def as_hard_as_able(community):
        community.posts["difficulty"][:] = 1.0

    solved = [response(day, as_hard_as_able, answer=0.0) for day in days]
    assert [one.posts["solver"][0] == 0 for one in solved] == below(5)
    aimed = [response(day, to_last=0.5) for day in days]
    assert [one.events["target"][0] == 2 for one in aimed] == below(6)
    said = [response(day, tempted, {"switches.norms": False}) for day in days]
    assert [one.flows[Flow.HOSTILE] == 1 for one in said] == below(7)


def test_with_exchange_off_nobody_meets():
    community = calm({"switches.exchange": False})
    thread(community, 1, Kind.SOCIAL)
    thread(community, 2, Kind.QUESTION)
    come(community, [0], ready=ALWAYS)
    community.read()
    assert community.flows[Flow.ATTENTION_MEMBERS] == 2 and community.flows[Flow.RESPONSES] == 0
    assert community.members.view.tie_count.sum() == 0 and (community.posts["solver"] == -1).all()


def test_with_exchange_off_the_team_is_answered_and_not_who_wrote_last():
    community = calm({"switches.exchange": False}, to_last=1.0)
    at = thread(community, -2, Kind.PROMPT)
    community.posts["last"][at] = 3
    come(community, [0], ready=ALWAYS)
    community.read()
    assert community.events["target"].tolist() == [-2] and community.members.view.tie_count.sum() == 0


def test_a_prompt_of_the_team_is_responded_to_and_whoever_did_waits():
    community = answering(calm())
    at = thread(community, -2, Kind.PROMPT)
    put(community, 0, 1, 0.9)
    come(community, [0], ready=ALWAYS)
    community.read()
    m = community.members.view
    assert m.to_staff[0] == m.from_staff[0] == 0.08 and community.flows[Flow.EXCHANGES] == 0
    assert community.posts["waits"][at] == 0 and community.flows[Flow.RESPONSES] == 1
    assert community.tables.now.owed == 0  # the team answers in its own time


def test_what_is_felt_for_the_team_moves_nobody():
    community = unmoved(respond_closeness=240.0)
    community.members.view.to_staff[0] = 1.0
    thread(community, -2, Kind.PROMPT, topic=5)
    come(community, [0])
    community.read()
    assert community.flows[Flow.RESPONSES] == 0 and visits(community).fits.tolist() == [0.0]


def test_promotion_by_a_member_is_read_and_not_answered():
    community = calm()
    thread(community, 1, Kind.PROMOTION)
    come(community, [0], ready=ALWAYS)
    community.read()
    assert community.flows[Flow.ATTENTION_MEMBERS] == 1 and community.flows[Flow.RESPONSES] == 0


@pytest.mark.parametrize(("to_last", "last", "target"), [(1.0, 2, 2), (0.0, 2, 1), (1.0, 3, 1), (1.0, -2, 1)])
def test_the_last_writer_is_addressed_else_the_opener(to_last, last, target):
    community = calm(to_last=to_last)
    at = thread(community, 1, Kind.SOCIAL)
    community.posts["last"][at] = last
    community.members.view.stage[3] = 5  # has left since
    come(community, [0], ready=ALWAYS)
    community.read()
    assert [j for j in range(6) if strength(community, j, 0)] == [target]


def test_an_introduction_is_followed_for_some_days():
    for since, written in ((-6, 1), (-7, 0)):  # 7 and 8 days ago
        community = calm()
        m = community.members.view
        m.introduced[0], m.introduced_day[0] = 4, since
        come(community, [0], ready=ALWAYS)
        community.read()
        assert m.written[0] == written and (strength(community, 4, 0) is not None) == bool(written)


@pytest.mark.parametrize("why", ["left", "no post", "hidden", "later today"])
def test_whom_one_was_introduced_to_is_written_to_apart_where_it_has_no_post(why):
    community = calm(scan=0)
    m = community.members.view
    m.introduced[0], m.introduced_day[0], m.stage[4] = 4, 1, 5 if why == "left" else 2
    if why in ("hidden", "later today"):
        at = thread(community, 4, hour=0.9 if why == "later today" else 0.1)
        community.posts["hidden"][at] = why == "hidden"
    come(community, [0], hours=[0.5], ready=ALWAYS)
    community.read()
    assert community.events["thread"].tolist() == ([] if why == "left" else [-1])
    assert strength(community, 4, 0) == (None if why == "left" else pytest.approx(0.048))  # social: .08 x .6


def test_posts_of_ties_are_seen_without_luck():
    community = calm({"channels.forum.reach": 0.0})
    put(community, 0, 5, 0.1)
    thread(community, 5)
    come(community, [0])
    community.read()
    assert community.flows[Flow.ATTENTION_MEMBERS] == 1


def preferred(prepare, **weights):
    """Of two alike, 4 and 5, how often 5 is read first, of 40 days, where something speaks for it."""
    indifferent = {
        "activity": 0.0,
        "similarity": 0.0,
        "outgoing": 0.0,
        "incoming": 0.0,
        "introduced": 1.0,
    }
    first = 0
    for day in range(1, 41):
        community = calm(**{**indifferent, **weights}, scan=32)
        m = community.members.view
        community.day = day
        m.introduced_day[0] = day
        for author in (4, 5):
            thread(community, author, Kind.SOCIAL, day=day)
        prepare(community, m)
        come(community, [0], left=1, ready=ALWAYS)
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
        come(community, [0], ready=ALWAYS)
        community.read()
        assert community.posts["solver"][at] == solver
        assert strength(community, 1, 0) == pytest.approx(0.024)  # practical either way


def test_skill_by_topic_decides():
    # full skill in topic 0, half in topic 1, a fifth elsewhere; difficulty .4
    for topic, solved in ((0, True), (1, True), (2, False)):
        community = calm()
        at = thread(community, 1, Kind.QUESTION, topic=topic)
        community.posts["difficulty"][at] = 0.4
        come(community, [0], ready=ALWAYS)
        community.read()
        assert (community.posts["solver"][at] == 0) == solved


def test_the_first_to_solve_keeps_it():
    community = calm()
    at = thread(community, 1, Kind.QUESTION)
    community.posts["solver"][at] = 4
    come(community, [0], ready=ALWAYS)
    community.read()
    assert community.posts["solver"][at] == 4


@pytest.mark.parametrize("kind", [Kind.QUESTION, Kind.SOCIAL, Kind.PRACTICAL, Kind.STORY, Kind.PROMPT])
@pytest.mark.parametrize(("crowding", "answered", "responses"), [(1.0, 1, 0), (0.0, 1, 1), (1.0, 0, 1)])
def test_a_word_of_the_team_crowds_others_out_of_any_thread(kind, crowding, answered, responses):
    community = calm(crowding_out=crowding)
    at = thread(community, -2 if kind == Kind.PROMPT else 1, kind)
    community.posts["answered"][at] = answered
    come(community, [0], ready=ALWAYS)
    community.read()
    assert community.flows[Flow.RESPONSES] == responses


def test_so_many_are_crowded_out():
    came = []
    for day in range(1, 41):
        community = calm(crowding_out=0.3)
        community.day = day
        at = thread(community, 1, Kind.SOCIAL, day=day)
        community.posts["answered"][at] = 1
        come(community, [0], ready=ALWAYS)
        community.read()
        came.append(community.flows[Flow.RESPONSES] == 1)
    assert came == [drawn(0, Rule.READING, day, 0, 104) < 0.7 for day in range(1, 41)]


def test_only_who_asked_is_answered():
    community = calm(to_last=1.0)
    at = thread(community, 1, Kind.QUESTION)
    community.posts["last"][at] = 2
    come(community, [0], ready=ALWAYS)
    community.read()
    answered = community.events[-1]
    assert (KINDS[answered["kind"]], answered["source"], answered["target"]) == ("answer", 0, 1)


# Conversations


def test_whoever_is_responded_to_may_answer_by_the_draws_of_what_was_read():
    community = answering(calm(scan=32), delay=math.log(24.0))
    for author in (1, 2):
        thread(community, author, Kind.SOCIAL)
    community.members.view.key[0] = 77
    come(community, [0], hours=[0.25], left=2, ready=ALWAYS)
    community.read()
    first, second = community.events["target"].tolist()
    found = owed(community)
    assert found.who[np.argsort(found.number)].tolist() == [first, second] and {first, second} == {1, 2}
    assert sorted(found.number.tolist()) == [64 * 100, 64 * 116] and found.begun_by.tolist() == [77, 77]
    assert found.to.tolist() == [0, 0] and found.turn.tolist() == [1, 1] and found.due.tolist() == [2.25, 2.25]
    assert found.thread[np.argsort(found.who)].tolist() == [0, 1]


def test_who_is_addressed_has_the_thread_as_it_was_before_the_word():
    # Member 2 wrote .4 days before: at .2 days the chance to answer is a half. Nothing would be .4 days ago after it.
    community = answering(calm(to_last=1.0), back=200.0 * math.log(1.2), back_opener=0.0, back_age=200.0)
    at = thread(community, 1, Kind.SOCIAL)
    community.posts["last"][at] = 2
    come(community, [0], hours=[0.5], ready=ALWAYS)
    community.read()
    assert community.events["target"].tolist() == [2] and community.tables.now.owed == 0


def test_answers_are_given_between_visits_at_their_hours():
    community = calm()
    come(community, [0, 2], hours=[0.5, 0.7], ready=ALWAYS)
    m = community.members.view
    m.introduced[[0, 2]], m.introduced_day[[0, 2]] = 3, 1  # to whom they write
    for due in (1.45, 1.6, 1.95, 2.0, 2.05):
        owe(community, 4, 5, due)
    community.read()
    said = community.events
    assert said["time"].tolist() == [1.45, 1.5, 1.6, 1.7, 1.95, 2.0]
    assert said["source"].tolist() == [4, 0, 4, 2, 4, 4] and owed(community).due.tolist() == [2.05]


def test_an_answer_is_news_for_who_comes_after_it():
    community = answering(calm(), longest=1)
    community.day = 3
    at = thread(community, 5, Kind.SOCIAL)
    community.members.view.visit_before[:] = 2
    come(community, [0, 2], hours=[0.5, 0.7])
    owe(community, 4, 5, 3.6, thread=at)
    community.read()
    assert visits(community).left.tolist() == [8, 7]


def test_practical_talk_of_the_day_is_counted_with_the_answers_to_it():
    community = answering(calm(), longest=1)
    community.company.practical, community.tables.now.practical = 5.0, 99
    thread(community, 1, Kind.PRACTICAL)
    at = thread(community, 2, Kind.SOCIAL)
    come(community, [0], ready=ALWAYS)
    owe(community, 4, 2, 1.1, thread=at)
    community.read()  # 0 writes to both; the author of the first answers a tenth of a day later
    assert community.flows[Flow.RESPONSES] == 5 and community.company.practical == 7.0


# Worth


@pytest.mark.parametrize(("things", "worth"), [
    (0, 0.45),  # .5 + .1 x (0 - .5)
    (1, 0.4783469),  # 1 - e^-(1/3) = .2834687
    (3, 0.5132121),  # 1 - e^-1 = .6321206
    (6, 0.5364665),  # .8646647: the second three are worth less than the first
])  # fmt: skip
def test_a_visit_is_worth_what_was_read_with_falling_returns(things, worth):
    community = calm(scan=32, enough=3.0, learning=0.1)
    for author in (1, 2, 3, 4, 5, 1, 2)[:things]:
        thread(community, author)
    come(community, [0])
    community.read()
    m = community.members.view
    assert m.worth[0] == pytest.approx(worth, abs=1e-7) and (m.worth[1:] == 0.5).all()
    assert visits(community).left.tolist() == [8 - things] and visits(community).fits.tolist() == [things]


def test_who_has_no_attention_left_has_come_for_nothing():
    community = calm(learning=0.1)
    thread(community, 1)
    come(community, [0], left=0)
    community.read()
    assert community.members.view.worth[0] == pytest.approx(0.45)


@pytest.mark.parametrize(("topic", "felt", "fits"), [
    (0, None, 1.0), (1, None, 0.5), (5, None, 0.0), (5, 0.3, 0.3), (1, 0.3, 0.8), (0, 0.3, 1.0), (1, 0.7, 1.0),
])  # fmt: skip
@pytest.mark.parametrize("kind", [Kind.SOCIAL, Kind.QUESTION, Kind.STORY, Kind.PROMOTION])
def test_what_suits(topic, felt, fits, kind):
    community = calm()
    if felt is not None:
        put(community, 0, 1, felt)
    put(community, 1, 0, 1.0)  # what the author feels does not matter
    thread(community, 1, kind, topic=topic)
    come(community, [0])
    community.read()
    assert visits(community).fits.tolist() == pytest.approx([fits])


def test_a_visit_that_found_nothing_suitable_was_worth_nothing():
    community = calm(learning=0.1)
    thread(community, 1, topic=5)
    come(community, [0])
    community.read()
    assert community.members.view.worth[0] == pytest.approx(0.45) and visits(community).left.tolist() == [7]


def test_a_word_of_the_team_suits_by_its_topic():
    community = calm()
    thread(community, -2, Kind.PROMPT, topic=1)
    come(community, [0])
    community.read()
    assert visits(community).fits.tolist() == [0.5]


def test_a_friend_without_a_post_suits_by_what_it_cares_about():
    community = calm()
    m = community.members.view
    m.introduced[0], m.introduced_day[0], m.topic[4] = 4, 1, 1
    come(community, [0])
    community.read()
    assert visits(community).fits.tolist() == [0.5]


def test_company_messages_take_attention_and_so_the_worth_of_a_visit():
    worth = []
    for messages in (0, 2, 3):
        community = calm(scan=32, enough=3.0, learning=0.1)
        tune(community, "attention", things=3)
        tune(community, "receiving", exposure=1.0, mute=0.0)
        for author in (1, 2, 3):
            thread(community, author)
        come(community, [0])
        community.tables.now.messages = messages
        community.tables.rows["messages"]["reach"][:messages] = 1.0
        receive(*community.given)
        community.read()
        worth.append(community.members.view.worth[0])
    assert worth == pytest.approx([0.5132121, 0.4783469, 0.45], abs=1e-7)  # three, one and none were read


def test_worth_is_learnt_visit_by_visit():
    community = calm(learning=0.5)
    for _ in range(2):
        come(community, [0])
        community.read()
    assert community.members.view.worth[0] == 0.125  # .5, .25, .125


# Norms


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


def test_daring_and_tolerance_are_draws_of_their_own():
    for day in range(1, 31):
        for name, chosen, number in (("vengeance", 0.5, 102), ("tolerance", 0.5, 103)):
            community = calm()
            community.day = day
            m, norm = community.members.view, norms(community)
            m.vengeance[0], norm.tolerance[3], norm.by_peers[3] = 1.0, 0.0, 1
            if name == "vengeance":
                m.vengeance[0] = chosen
            else:
                norm.tolerance[3] = chosen
            put(community, 0, 1, 0.5)
            thread(community, 1, breach=1 << 3, day=day)
            come(community, [0])
            community.read()
            below = drawn(0, Rule.READING, day, 0, number) < 0.5
            assert community.flows[Flow.SANCTIONS] == (below if name == "vengeance" else not below)


@pytest.mark.parametrize("breaks", [True, False])
def test_the_norm_of_welcome_decides_on_newcomers(breaks):
    # Where the visitor breaks it a newcomer weighs e^-600 of anybody else and is never read first.
    community = calm(newcomer=-600.0, activity=0.0, similarity=0.0, outgoing=0.0, incoming=0.0)
    welcome = norms(community).breach.tolist().index(Breach.IGNORE_NEWCOMER)
    community.members.view.joined[1] = 0
    thread(community, 1, Kind.SOCIAL)
    thread(community, 2, Kind.SOCIAL)
    for community.day in range(1, 28):  # noqa: B020
        community.posts["last"][:] = community.posts["author"]  # so that there is news
        come(community, [0], left=1, ready=ALWAYS, bits=1 << welcome if breaks else 0)
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
    come(community, [0], ready=ALWAYS)
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


@pytest.mark.parametrize(("newcomer", "bits", "responds", "shown"), [
    (True, True, True, True), (False, True, True, False), (True, False, True, False), (True, True, False, False),
])  # fmt: skip
def test_passing_over_shows_once_in_a_thread_and_needs_an_occasion(newcomer, bits, responds, shown):
    community = calm(scan=32)
    m = community.members.view
    b = norms(community).breach.tolist().index(Breach.IGNORE_NEWCOMER)
    at = thread(community, 1, Kind.SOCIAL)
    if newcomer:
        m.joined[1] = 0
    for who in (0, 2):
        come(community, [who], ready=ALWAYS if responds else NEVER, bits=1 << b if bits else 0)
        community.read()
    assert community.flows[Flow.RESPONSES] == (2 if responds else 0)
    assert community.posts["conduct"][at] == (1 << b if shown else 0) and community.posts["breach"][at] == 0
    assert community.flows[Flow.BREACHES] == norms(community).breaches[b] == (1 if shown else 0)


def test_passing_over_is_of_one_visit():
    community = calm({"channels.forum.reach": 0.0})  # one sees the threads of one's ties alone
    b = norms(community).breach.tolist().index(Breach.IGNORE_NEWCOMER)
    for author in (1, 3):
        thread(community, author, Kind.SOCIAL)
        put(community, 0, author, 0.1)
    put(community, 2, 3, 0.1)
    community.members.view.joined[1] = 0
    come(community, [0, 2], ready=[NEVER, ALWAYS], bits=1 << b)  # who had the newcomer in view does not write
    community.read()
    assert visits(community).passed_over.tolist() == [1, 0]
    assert community.flows[Flow.RESPONSES] == 1 and community.flows[Flow.BREACHES] == 0


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
        come(community, [0], left=2, ready=ALWAYS)
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
