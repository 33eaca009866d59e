"""The team: what an hour of messages does, by hand."""

import pytest

from sim.state.flows import Flow
from sim.state.posts import Kind
from tests.tiny import doer, heard, open_posts, sent, thread, working

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


def test_respond_to_the_least_answered_talk_of_yesterday():
    community = working("respond", {"strategy.ask_stories": True})
    old = thread(community, 0, Kind.SOCIAL, day=-1)
    busy, still = thread(community, 1, Kind.SOCIAL, day=0), thread(community, 2, Kind.SOCIAL, day=0)
    community.posts["replies"][busy] = 4
    community.members.view.wins[2] = 1
    community.plan()
    assert heard(community) == [2] and community.posts["replies"][[old, busy, still]].tolist() == [0, 4, 1]
    m = community.members.view
    assert m.caller[2] == doer(community, "respond").author and m.thread[2] == still
    assert community.members.view.invited.tolist() == [0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize("asks,wins", [(True, 0), (False, 1)])
def test_who_is_not_asked_for_a_story(asks, wins):
    community = working("respond", {"strategy.ask_stories": asks})
    thread(community, 2, Kind.SOCIAL, day=0)
    community.members.view.wins[2] = wins
    community.plan()
    assert heard(community) == [2] and not community.members.view.invited.any()


@pytest.mark.parametrize("days,replies", [(1, [0, 0, 0, 0, 10]), (2, [0, 1, 0, 0, 10]), (6, [0, 1, 1, 0, 10])])
def test_colleagues_threads_come_after_what_members_say(days, replies):
    """The most answered first; its own, dead ones and those that are too old are left alone."""
    community = working("respond", {"staffing.follow_up": 3}, days * MINUTES_TO_RESPOND)
    responds = doer(community, "respond")
    colleague = next(person for person in community.team if person is not responds)
    community.day = 8
    old = thread(community, colleague.author, Kind.PROMPT, day=4)
    busy = thread(community, colleague.author, Kind.PROMPT, day=5)
    still = thread(community, colleague.author, Kind.PROMPT, day=8)
    thread(community, colleague.author, Kind.PROMPT, day=7)  # dead: of yesterday, and nobody has responded
    own = thread(community, responds.author, Kind.PROMPT, day=8)
    talk = thread(community, 2, Kind.SOCIAL, day=7)
    community.posts["replies"][[old, busy, talk]] = [3, 1, 9]
    before = community.posts["replies"].copy()
    community.plan()
    grown = community.posts["replies"] - before
    assert grown[[old, busy, still, own, talk]].tolist() == [r - (9 if r > 8 else 0) for r in replies]
    assert community.flows[Flow.STAFF_MESSAGES] == grown.sum() and heard(community) == [2]


def test_prompt_opens_a_thread():
    community = working("prompt")
    doer(community, "prompt").talk[3] = 1.0
    community.plan()
    (at,) = open_posts(community, Kind.PROMPT)
    assert (community.posts["author"][at], community.posts["topic"][at], community.posts["day"][at]) == (-3, 3, 1)
    assert community.flows[Flow.STAFF_MESSAGES] == 1 and heard(community) == []
