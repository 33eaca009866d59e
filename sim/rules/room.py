"""Room: how many rows of each table a day may need at the most. A rule cannot make room; who calls the day does."""

from typing import NamedTuple

from sim.compiled.kernel import kernel
from sim.rules.joining import forces, market_left
from sim.state.team import N_ACTIVITIES, Activity

HOST, MODERATE, LISTEN = int(Activity.HOST), int(Activity.MODERATE), int(Activity.LISTEN)
PUBLISH, AMPLIFY, PROMPT, ACT = int(Activity.PUBLISH), int(Activity.AMPLIFY), int(Activity.PROMPT), int(Activity.ACT)


class Room(NamedTuple):
    """Rows that tables must have for a day."""

    members: int
    posts: int
    insights: int
    works: int
    owed: int
    messages: int
    lists: int
    events: int
    series: int


@kernel
def actions(state, values, activity):
    """An upper bound on the team's actions of `activity` today: minutes at hand and of today, and one more each."""
    most = 0
    for p in range(state.team.drawn.size):
        minutes = state.team.minutes[p, activity] + max(0.0, state.team.weekly[p, activity]) / 7.0
        most += 1 + int(minutes / values.activities[activity].minutes)
    return most


@kernel
def joiners(state, values):
    """An upper bound on today's joiners: a draw gives 200 at the most for each piece of its mean."""
    most = 0
    for mean in forces(state, values):
        most += 200 * (int(mean / 16.0) + 1)
    return min(most, int(market_left(state.now, values.community)))


@kernel
def responses_of_a_day(state, values, members):
    """An upper bound on the messages that may be answered on a day on which `members` may visit and read."""
    most = members * values.attention.things
    for activity in range(N_ACTIVITIES):
        most += actions(state, values, activity)
    return most


@kernel
def events_of_a_day(state, values, members):
    """An upper bound on the events of a day on which `members` may visit: what they and the team write, and stories."""
    largest, meeting = values.creating.largest, values.meeting
    a_gathering = 2 * meeting.places * meeting.partners + 2 * largest
    most = members * (2 * largest + 2) + actions(state, values, HOST) * a_gathering
    most += (state.now.owed + responses_of_a_day(state, values, members)) * (1 + values.conversing.longest)
    most += actions(state, values, MODERATE) * 2 * values.conflict.talks
    for activity in range(N_ACTIVITIES):
        most += actions(state, values, activity)
    return most


@kernel
def room_for(today, state, values, out):
    """The rows that today's tables must have."""
    now = state.now
    members = now.members + joiners(state, values)
    prompts = actions(state, values, PROMPT) + actions(state, values, PUBLISH)
    longest = 0
    for activity in range(N_ACTIVITIES):
        longest = max(longest, actions(state, values, activity))
    kept = out.events.time.size > 0
    return Room(
        members,
        now.next - now.start + 2 * members + prompts,
        now.insights + actions(state, values, LISTEN) * values.listening.sample,
        now.works + actions(state, values, ACT),
        now.owed + responses_of_a_day(state, values, members) + 2,
        actions(state, values, PUBLISH) + actions(state, values, AMPLIFY),
        4 * longest + now.next - now.oldest + prompts,
        out.count.events + events_of_a_day(state, values, members) if kept else 0,
        out.count.rows + 1 if out.series.shape[0] > 0 else 0,
    )


@kernel
def has_room(today, state, values, out):
    """Whether the tables have room for today."""
    need = room_for(today, state, values, out)
    return (
        need.members <= state.members.key.size
        and need.posts <= state.posts.author.size
        and need.insights <= state.insights.day.size
        and need.works <= state.works.due.size
        and need.owed <= state.owed.due.size
        and need.messages <= state.messages.topic.size
        and need.lists <= state.lists.who.size
        and need.events <= out.events.time.size
        and need.series <= out.series.shape[0]
    )
