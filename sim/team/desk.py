"""The desk of the team: lists of what there is to do, draws, and how a word or a message goes out (ODD, 7.5).

One list at a time: an activity is worked by all who do it before the next begins. Entries are handed out once a day,
to whoever of the team comes first; a list holds no more than today's minutes can work off.
"""

from sim.compiled.draws import uniform
from sim.compiled.kernel import kernel, toward
from sim.rules.conversing import expect_answer
from sim.rules.responding import Word
from sim.state.conversations import Turn
from sim.state.events import MESSAGE, REPLY, record
from sim.state.flows import Flow
from sim.state.members import NOBODY, Stage
from sim.state.team import N_ACTIVITIES

LEFT = int(Stage.LEFT)
STAFF_MESSAGES = int(Flow.STAFF_MESSAGES)


@kernel
def draw(state, p):
    """The next draw of person p for what it is doing today."""
    team = state.team
    team.drawn[p] += 1
    return uniform(team.key[p], p * N_ACTIVITIES + team.doing[p], team.drawn[p])


@kernel
def author(p):
    """How person p of the team is named as the author of a post."""
    return -2 - p


@kernel
def workable(state, values, activity):
    """How many actions of `activity` the minutes at hand allow the team, and one for each to find nothing more."""
    most = 0
    for p in range(state.team.drawn.size):
        if state.team.weekly[p, activity] >= 0.0:
            most += 1 + int(state.team.minutes[p, activity] / values.activities[activity].minutes)
    return most


@kernel
def open_list(state, activity):
    """Begin the list of `activity`."""
    now = state.now
    now.listing = activity
    now.listed = 0
    now.handed = 0


@kernel
def rank(lists, start, n, most, who, first, second):
    """Insert `who` among `n` entries from `start` on, ordered by `first`, then `second`; the number of entries.

    The least comes first, and of equals who came first; more than `most` are not kept.
    """
    at = start + n
    while at > start and (
        first < lists.weight[at - 1] or first == lists.weight[at - 1] and second < lists.second[at - 1]
    ):
        at -= 1
    if at == start + most:
        return n
    for k in range(start + min(n, most - 1), at, -1):
        lists.who[k] = lists.who[k - 1]
        lists.weight[k] = lists.weight[k - 1]
        lists.second[k] = lists.second[k - 1]
    lists.who[at] = who
    lists.weight[at] = first
    lists.second[at] = second
    return min(n + 1, most)


@kernel
def hand_out(state):
    """The next entry of the list: a row or a place; -1 where nothing is left."""
    now = state.now
    if now.handed == now.listed:
        return -1
    now.handed += 1
    return state.lists.who[now.handed - 1]


@kernel
def by_member(state, at):
    """Whether the post at place `at` is by a member who has not left."""
    i = state.posts.author[at]
    return i >= 0 and state.members.stage[i] != LEFT


@kernel
def goodwill(company, peak):
    """What one more practical message of staff is worth: 1 where it is the first, 0 at `peak`, then less [Homburg]."""
    if company.practical == 0.0:
        return 1.0
    return 1.0 - company.practical_staff / company.practical / peak


@kernel
def be_present(state, values, i):
    """Let member i take a practical message of the team well or ill, by how present the team is in practical talk."""
    m, company = state.members, state.company
    worth = goodwill(company, values.feeling.presence_peak)
    if worth > 0.0:
        m.trust[i] = toward(m.trust[i], values.feeling.presence * worth)
    else:
        m.annoyance[i] -= worth * values.keeping.annoyance
    company.practical += 1.0
    company.practical_staff += 1.0


@kernel
def take_part(today, state, values, at):
    """Let the thread at place `at` have a response by the team."""
    posts = state.posts
    posts.answered[at] = 1
    posts.replies[at] += 1
    posts.latest[at] = max(posts.latest[at], today.day + values.staffing.start_of_work)
    posts.waits[at] = NOBODY


@kernel
def speak_to(today, state, values, out, p, i, heard, thread):
    """Address member i, in a thread or apart (-1), which may answer; `heard`: how much it counts as a reply."""
    m, company, activity = state.members, state.company, state.team.doing[p]
    time = today.day + values.staffing.start_of_work
    turn = Turn(today.day, m.key[i], -1 - activity - N_ACTIVITIES * (thread + 1), 0)
    expect_answer(today, state, values, out, Word(author(p), i, thread, time), turn)
    m.heard_staff[i] += heard
    m.called[i] = today.day
    m.to_staff[i] = toward(m.to_staff[i], values.ties.staff_gain)
    m.from_staff[i] = toward(m.from_staff[i], values.ties.staff_gain)
    m.known[i] = 1
    out.flows[STAFF_MESSAGES] += 1
    company.feed += 1.0
    record(out, time, author(p), i, MESSAGE if thread < 0 else REPLY, thread)


@kernel
def resonance_of(state, values, topic):
    """How much a message on `topic` resonates with what members talk about, 0-1."""
    loudest = 0
    for one in range(state.volume.size):
        loudest = max(loudest, state.volume[one])
    return state.volume[topic] / loudest if loudest > 0 else values.receiving.neutral_resonance


@kernel
def send(today, state, values, out, p, topic, promotion, novelty):
    """Send a message of the company on the channel of what person p is doing; `promotion`: 1, 0, or -1: a story."""
    company, messages, at = state.company, state.messages, state.now.messages
    channel, story = values.activities[state.team.doing[p]].channel, promotion < 0.0
    reach = channel.reach * (1.0 - channel.noise)
    resonance = resonance_of(state, values, topic)
    if story:
        resonance = max(resonance, values.telling.resonance)
    messages.topic[at] = topic
    messages.resonance[at] = resonance
    messages.promotion[at] = max(0.0, promotion)
    messages.story[at] = 1 if story else 0
    messages.novelty[at] = novelty
    messages.reach[at] = reach
    state.now.messages = at + 1
    company.feed += reach
    company.promotions += max(0.0, promotion) * reach
    if channel.outward:
        seen = values.receiving.follower_exposure * reach
        company.adstock += (
            seen * (resonance if values.switches.resonance else values.receiving.neutral_resonance) * novelty
        )
        company.exposures += seen
        if story:
            company.stories += novelty * reach


@kernel
def known_topic(state, p):
    """A topic, by how often person p has met it in talk; any, where it knows nothing."""
    talk, topics, total = state.talk, state.talk.shape[1], 0.0
    for topic in range(topics):
        total += talk[p, topic]
    u = draw(state, p)
    if total == 0.0:
        return int(u * topics)
    passed = 0.0
    for topic in range(topics):
        passed += talk[p, topic]
        if passed > u * total:
            return topic
    return topics - 1
