"""What an hour of broadcasting does: publish, amplify, prompt, respond (ODD, 7.5; M9, M10)."""

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel
from sim.state import posts as ring
from sim.state.events import REPLY, TOPIC, record
from sim.state.flows import Flow
from sim.state.posts import Kind
from sim.state.team import Activity
from sim.team.desk import author, by_member, draw, hand_out, known_topic, open_list, rank, send, speak_to, workable

PLANNING, RESPOND = int(Rule.PLANNING), int(Activity.RESPOND)
PRACTICAL, SOCIAL, STORY, PROMPT = int(Kind.PRACTICAL), int(Kind.SOCIAL), int(Kind.STORY), int(Kind.PROMPT)
AMPLIFIED, STAFF_MESSAGES = int(Flow.AMPLIFIED), int(Flow.STAFF_MESSAGES)
A_STORY = -1.0


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
    return True


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
    serial = ring.add(state.now, state.posts, author(p), today.day, 0.0, known_topic(state, p), PROMPT, 0)
    out.flows[STAFF_MESSAGES] += 1
    state.company.feed += 1.0
    record(out, float(today.day), author(p), author(p), TOPIC, serial)
    return True


@kernel
def list_fresh_talk(today, state, values):
    """List yesterday's talk of members, least answered first; then live threads of the team, most answered first."""
    now, posts = state.now, state.posts
    open_list(state, RESPOND)
    most = workable(state, values, RESPOND) + now.next - now.oldest  # whose own a thread is passes it over
    for at in range(now.oldest - now.start, now.next - now.start):
        talk = posts.kind[at] == PRACTICAL or posts.kind[at] == SOCIAL or posts.kind[at] == PROMPT
        if posts.hidden[at] == 1 or not talk:
            continue
        age, replies = today.day - posts.day[at], float(posts.replies[at])
        if posts.author[at] < 0 and (age == 0 or replies > 0 and age <= values.staffing.follow_up):
            now.listed = rank(state.lists, 0, now.listed, most, at, 1.0, -replies)
        elif age == 1 and by_member(state, at):
            now.listed = rank(state.lists, 0, now.listed, most, at, 0.0, replies)


@kernel
def respond(today, state, values, out, p):
    """Respond to a recent post of a member, whom it may ask for a story; where none is left, to a colleague's."""
    m, posts = state.members, state.posts
    if state.now.listing != RESPOND:
        list_fresh_talk(today, state, values)
    at = hand_out(state)
    while at >= 0 and posts.author[at] == author(p):
        at = hand_out(state)
    if at < 0:
        return False
    i, serial = posts.author[at], state.now.start + at
    state.talk[p, posts.topic[at]] += 1.0
    posts.replies[at] += 1
    if i < 0:
        out.flows[STAFF_MESSAGES] += 1
        state.company.feed += 1.0
        record(out, today.day + values.staffing.start_of_work, author(p), i, REPLY, serial)
        return True
    speak_to(today, state, values, out, p, i, posts.kind[at] == PRACTICAL, serial)
    if values.strategy.ask_stories and m.wins[i] > 0:
        m.invited[i] = 1
    return True
