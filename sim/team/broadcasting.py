"""What an hour of broadcasting does: publish, amplify, prompt, respond (ODD, 7.5; M9, M10)."""

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel
from sim.state import posts as ring
from sim.state.events import ANNOUNCEMENT as ANNOUNCED
from sim.state.events import TOPIC, record
from sim.state.flows import Flow
from sim.state.members import NOBODY, Stage
from sim.state.posts import Kind
from sim.state.team import Activity
from sim.team.desk import (
    author,
    be_present,
    by_member,
    draw,
    hand_out,
    known_topic,
    open_list,
    rank,
    send,
    speak_to,
    take_part,
    workable,
)

PLANNING, RESPOND = int(Rule.PLANNING), int(Activity.RESPOND)
QUESTION, PRACTICAL = int(Kind.QUESTION), int(Kind.PRACTICAL)
SOCIAL, STORY = int(Kind.SOCIAL), int(Kind.STORY)
PROMPT, ANNOUNCEMENT = int(Kind.PROMPT), int(Kind.ANNOUNCEMENT)
AMPLIFIED, STAFF_MESSAGES = int(Flow.AMPLIFIED), int(Flow.STAFF_MESSAGES)
A_STORY = -1.0
LEFT = int(Stage.LEFT)


@kernel
def brand_topic(today, topics):
    """What the brand line is about: one topic all through a run, drawn once."""
    return int(uniform(day_key(today.seed, PLANNING, 0), 0, 0) * topics)


@kernel
def publish(today, state, values, out, p):
    """Send a message of the company: the brand line, or something on what members are known to talk about.

    On a hosted day nobody does, but for those who do not coordinate: friction on, and not a host itself.
    """
    uncoordinated = values.switches.friction and state.team.hosts[p] == 0
    if state.now.gatherings > 0 and not uncoordinated:
        return False
    brand = draw(state, p) < values.strategy.brand_line
    topic = brand_topic(today, state.talk.shape[1]) if brand else known_topic(state, p)
    send(today, state, values, out, p, topic, 1.0 if brand else 0.0, 1.0)
    if draw(state, p) < values.strategy.announced:
        open_thread(today, state, values, out, p, topic, ANNOUNCEMENT)
    return True


@kernel
def open_thread(today, state, values, out, p, topic, kind):
    """Open a thread of the team on the members' channel, early enough for all of today's visitors to see it."""
    serial = ring.add(state.now, state.posts, author(p), today.day, 0.0, topic, kind, 0)
    out.flows[STAFF_MESSAGES] += 1
    state.company.feed += 1.0
    record(out, float(today.day), author(p), author(p), ANNOUNCED if kind == ANNOUNCEMENT else TOPIC, serial)


@kernel
def amplify(today, state, values, out, p):
    """Pass on a customer's story, the least worn one in sight."""
    now, posts = state.now, state.posts
    least = -1
    for at in range(now.oldest - now.start, now.next - now.start):
        if posts.kind[at] == STORY and posts.hidden[at] == 0 and (least < 0 or posts.uses[at] < posts.uses[least]):
            least = at
    if least < 0 or not values.switches.stories:
        return False
    posts.uses[least] += 1
    novelty = values.telling.worn ** float(max(0, posts.uses[least] - values.telling.fresh_reuses))
    send(today, state, values, out, p, posts.topic[least], A_STORY, novelty)
    out.flows[AMPLIFIED] += 1
    return True


@kernel
def prompt(today, state, values, out, p):
    """Open a thread for members, on what they are known to talk about."""
    open_thread(today, state, values, out, p, known_topic(state, p), PROMPT)
    return True


@kernel
def list_fresh_talk(today, state, values):
    """List where somebody waits for the team's answer, the oldest thread first; then yesterday's talk without one."""
    m, now, posts = state.members, state.now, state.posts
    open_list(state, RESPOND)
    most = workable(state, values, RESPOND)
    for at in range(now.oldest - now.start, now.next - now.start):
        waits, talk = posts.waits[at], posts.kind[at] == PRACTICAL or posts.kind[at] == SOCIAL
        if posts.hidden[at] == 1:
            continue
        if waits != NOBODY and m.stage[waits] != LEFT:
            now.listed = rank(state.lists, 0, now.listed, most, at, 0.0, 0.0)
        elif talk and today.day - posts.day[at] == 1 and posts.replies[at] == 0 and by_member(state, at):
            now.listed = rank(state.lists, 0, now.listed, most, at, 1.0, 0.0)


@kernel
def respond(today, state, values, out, p):
    """Answer a member who has written to the team in a thread, or a post of yesterday that nobody has answered.

    It may ask the member for a story.
    """
    m, posts = state.members, state.posts
    if state.now.listing != RESPOND:
        list_fresh_talk(today, state, values)
    at = hand_out(state)
    if at < 0:
        return False
    i = posts.waits[at] if posts.waits[at] != NOBODY else posts.author[at]
    state.talk[p, posts.topic[at]] += 1.0
    if posts.kind[at] == PRACTICAL or posts.kind[at] == QUESTION:
        be_present(state, values, i)
    speak_to(today, state, values, out, p, i, 1.0, state.now.start + at)
    take_part(today, state, values, at)
    if values.strategy.ask_stories and m.wins[i] > 0:
        m.invited[i] = 1
    return True
