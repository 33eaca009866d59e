"""The team: what an hour of messages does, by hand."""

import pytest

from sim.state.events import ANNOUNCEMENT, REPLY, TOPIC
from sim.state.flows import Flow
from sim.state.members import Stage
from sim.state.posts import Kind
from sim.state.team import Activity
from tests.tiny import MINUTES, NEVER, doer, heard, open_posts, sent, thread, tune, working

MINUTES_TO_RESPOND = 6


def test_publish_sends_a_message_and_reaches_followers():
    community = working("publish", {"strategy.brand_line": 1.0})
    community.plan()
    (message,) = sent(community)
    assert [message[name] for name in ("promotion", "story", "novelty", "reach")] == [1.0, 0, 1.0, 1.0]
    assert 0 <= message["topic"] < 8 and message["resonance"] == 0.5  # there is no talk to resonate with
    # 4 % of followers see it, and it fits by half
    assert community.company.exposures == pytest.approx(0.04) and community.company.adstock == pytest.approx(0.02)
    assert community.company.promotions == community.company.feed == 1.0
    assert not community.members.view.met.any() and community.members.view.tie_count.sum() == 0
    assert len(community.events) == len(community.posts) == 0  # on a channel of its own it is no talk


def test_the_brand_line_is_always_about_one_thing():
    community = working("publish", {"strategy.brand_line": 1.0}, minutes=45 * 8)
    community.plan()
    assert len(set(sent(community)["topic"].tolist())) == 1 and len(sent(community)) == 8


def test_other_messages_are_about_what_members_talk_about():
    community = working("publish", {"strategy.brand_line": 0.0})
    doer(community, "publish").talk[6] = 3.0
    community.tables.volume[:] = [0, 0, 0, 10, 0, 0, 5, 0]
    community.plan()
    (message,) = sent(community)
    assert (message["topic"], message["promotion"]) == (6, 0.0)
    assert message["resonance"] == 0.5  # half as much talk as on the loudest topic


def test_channels_are_tools():
    community = working("publish", {"channels.feed.direction": "many-to-many"})
    community.plan()
    assert len(sent(community)) == 1 and community.company.exposures == 0.0
    community = working("publish", {"channels.feed.reach": 0.5, "channels.feed.noise": 0.2})
    community.plan()
    assert sent(community)["reach"] == pytest.approx(0.4)
    assert community.company.exposures == pytest.approx(0.016)


def amplified(uses, **changes):
    community = working("amplify", changes)
    at = thread(community, 1, Kind.STORY, topic=4)
    community.posts["uses"][at] = uses
    community.plan()
    return community, at


def test_a_story_is_passed_on():
    community, at = amplified(0)
    (message,) = sent(community)
    assert [message[name] for name in ("topic", "promotion", "story", "novelty")] == [4, 0.0, 1, 1.0]
    assert message["resonance"] == 0.6  # at least
    assert community.posts["uses"][at] == community.flows[Flow.AMPLIFIED] == community.company.stories == 1


@pytest.mark.parametrize("uses,novelty", [(2, 1.0), (3, 0.5), (4, 0.25), (6, 0.0625)])
def test_novelty_halves_past_three_fresh_uses(uses, novelty):
    community, _ = amplified(uses)
    assert sent(community)["novelty"].tolist() == [novelty] and community.company.stories == pytest.approx(novelty)


def test_the_least_worn_story_is_passed_on():
    community = working("amplify")
    worn, fresh = (thread(community, i, Kind.STORY) for i in (1, 2))
    community.posts["uses"][[worn, fresh]] = [2, 1]
    community.plan()
    assert community.posts["uses"][[worn, fresh]].tolist() == [2, 2]


def test_no_story_nothing_to_amplify():
    community = working("amplify")
    community.plan()
    assert len(sent(community)) == 0 and doer(community, "amplify").spent["amplify"] == 0.0


def announced(share, days=1, **changes):
    """A community to which the one who publishes has sent a message a day, this share of them announced."""
    community = working("publish", {"strategy.announced": share, "strategy.brand_line": 0.0, **changes})
    team = community.tables.rows["team"]["minutes"]
    doer(community, "publish").talk[6] = 3.0
    for community.day in range(1, days + 1):
        community.tables.now.messages = 0
        community.plan()
        team[doer(community, "publish").number, Activity.PUBLISH] = 45.0 - MINUTES
    return community


def test_what_is_sent_may_be_posted_as_a_thread_too():
    community = announced(1.0)
    (message,), (at,) = sent(community), open_posts(community, Kind.ANNOUNCEMENT)
    post = community.posts[at]
    assert message["topic"] == post["topic"] == 6 and post["author"] == post["last"] == -3
    assert (post["day"], post["hour"], post["latest"], post["waits"], post["breach"]) == (1, 0.0, 1.0, -1, 0)
    # the message counts by its reach, the thread as one thing to read
    assert community.company.feed == 2.0 and community.flows[Flow.STAFF_MESSAGES] == 1
    assert community.events.tolist() == [(1.0, -3, -3, 0, ANNOUNCEMENT)]  # of the first moment of the day


def test_what_is_not_announced_is_no_event_and_no_thread():
    community = announced(0.0, days=3)
    assert len(sent(community)) == 1 and len(community.events) == len(community.posts) == 0
    assert community.flows[Flow.STAFF_MESSAGES] == 0 and community.company.feed == 3.0


def test_a_share_of_messages_is_announced():
    community = announced(0.3, days=200)
    assert len(community.events) == community.flows[Flow.STAFF_MESSAGES] == pytest.approx(60, abs=20)  # sd 6.5


def test_on_a_hosted_day_nothing_is_announced_by_who_coordinates():
    for friction, threads in ((True, 1), (False, 0)):
        community = working("publish", {"strategy.announced": 1.0, "switches.friction": friction})
        community.tables.now.gatherings = 1
        community.plan()
        assert len(sent(community)) == len(open_posts(community, Kind.ANNOUNCEMENT)) == threads


def test_an_announcement_is_on_what_the_message_is_about():
    community = announced(1.0, **{"strategy.brand_line": 1.0})
    assert sent(community)["promotion"].tolist() == [1.0]
    assert community.posts["topic"].tolist() == sent(community)["topic"].tolist()


def test_respond_to_yesterdays_talk_that_has_no_reply():
    community = working("respond", {"strategy.ask_stories": True}, 10 * MINUTES_TO_RESPOND)
    tune(community, "conversing", back=NEVER)
    m = community.members.view
    places = {
        "of the day before": thread(community, 0, Kind.SOCIAL, day=-1),
        "with a reply": thread(community, 1, Kind.SOCIAL, day=0),
        "still": thread(community, 2, Kind.SOCIAL, day=0),
        "practical": thread(community, 3, Kind.PRACTICAL, day=0),
        "a question": thread(community, 4, Kind.QUESTION, day=0),
        "a story": thread(community, 4, Kind.STORY, day=0),
        "promotion": thread(community, 4, Kind.PROMOTION, day=0),
        "by the team": thread(community, -2, Kind.PROMPT, day=0),
        "hidden": thread(community, 5, Kind.SOCIAL, day=0),
        "of today": thread(community, 5, Kind.SOCIAL, day=1),
    }
    posts = community.posts
    posts["replies"][places["with a reply"]], posts["hidden"][places["hidden"]] = 1, 1
    m.wins[2] = 1
    community.plan()
    assert heard(community) == [2, 3] and m.heard_staff[[2, 3]].tolist() == [1.0, 1.0]
    assert {name for name, at in places.items() if posts["answered"][at]} == {"still", "practical"}
    assert posts["replies"].tolist() == [0, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert posts["latest"][places["still"]] == 1.375 and posts["waits"][places["still"]] == -1
    assert m.invited.tolist() == [0, 0, 1, 0, 0, 0] and m.called.tolist()[2:4] == [1, 1]
    author = doer(community, "respond").author
    assert community.events.tolist() == [(1.375, author, i, places[name], REPLY) for i, name in
                                         ((2, "still"), (3, "practical"))]  # fmt: skip
    assert community.company.practical == community.company.practical_staff == 1.0  # for the practical one
    before = community.flows[Flow.STAFF_MESSAGES]
    community.plan()
    assert community.flows[Flow.STAFF_MESSAGES] == before  # nobody is left to whom nobody has replied


def test_who_waits_for_the_team_is_answered_first_the_oldest_thread_before():
    community = working("respond", minutes=3 * MINUTES_TO_RESPOND)
    community.day = 8
    m, posts = community.members.view, community.posts
    asked, told, prompted, gone, hidden, fresh = (thread(community, author, kind, day=day) for author, kind, day in
        ((0, Kind.QUESTION, 2), (1, Kind.SOCIAL, 3), (-2, Kind.PROMPT, 4), (-2, Kind.PROMPT, 4), (-2, Kind.PROMPT, 4),
         (2, Kind.SOCIAL, 7)))  # fmt: skip
    posts = community.posts
    posts["waits"][[asked, told, prompted, gone, hidden]] = [0, 4, 3, 5, 1]
    posts["replies"][[asked, told, prompted, gone]] = [2, 3, 1, 1]
    posts["hidden"][hidden], m.stage[5] = 1, Stage.LEFT
    community.plan()
    assert heard(community) == [0, 3, 4]  # who has written, though the thread be another's
    assert posts["replies"].tolist() == [3, 4, 2, 1, 0, 0]
    assert posts["waits"].tolist() == [-1, -1, -1, 5, 1, -1] and posts["answered"].tolist() == [1, 1, 1, 0, 0, 0]
    assert posts["latest"][[asked, told, prompted]].tolist() == [8.375] * 3
    assert community.events["target"].tolist() == [0, 4, 3]  # in the order of their threads
    assert community.company.practical_staff == 1.0  # on the question alone
    team = community.tables.rows["team"]["minutes"]
    team[doer(community, "respond").number, Activity.RESPOND] = MINUTES_TO_RESPOND - MINUTES
    community.plan()
    assert heard(community) == [0, 2, 3, 4] and posts["replies"][fresh] == 1  # and then what nobody has answered


@pytest.mark.parametrize("asks,wins", [(True, 0), (False, 1)])
def test_who_is_not_asked_for_a_story(asks, wins):
    community = working("respond", {"strategy.ask_stories": asks})
    thread(community, 2, Kind.SOCIAL, day=0)
    community.members.view.wins[2] = wins
    community.plan()
    assert heard(community) == [2] and not community.members.view.invited.any()


def test_prompt_opens_a_thread():
    community = working("prompt")
    doer(community, "prompt").talk[3] = 1.0
    community.plan()
    (at,) = open_posts(community, Kind.PROMPT)
    assert (community.posts["author"][at], community.posts["topic"][at], community.posts["day"][at]) == (-3, 3, 1)
    assert community.flows[Flow.STAFF_MESSAGES] == 1 and heard(community) == []
    assert community.events.tolist() == [(1.0, -3, -3, 0, TOPIC)]
