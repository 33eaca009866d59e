"""Planning: the team gets its minutes, spends them activity by activity, and shares what it has learnt (ODD, 7.5)."""

from sim.compiled.draws import Rule, day_key
from sim.compiled.kernel import kernel, left_after
from sim.rules.acting import change_something
from sim.state.team import N_ACTIVITIES, Activity
from sim.team.broadcasting import amplify, prompt, publish, respond
from sim.team.facilitating import answer, connect, host, listen, recognise, welcome
from sim.team.moderating import moderate

PLANNING = int(Rule.PLANNING)
WELCOME, CONNECT, HOST, ANSWER = int(Activity.WELCOME), int(Activity.CONNECT), int(Activity.HOST), int(Activity.ANSWER)
MODERATE, RECOGNISE, LISTEN = int(Activity.MODERATE), int(Activity.RECOGNISE), int(Activity.LISTEN)
PUBLISH, AMPLIFY, PROMPT = int(Activity.PUBLISH), int(Activity.AMPLIFY), int(Activity.PROMPT)
RESPOND = int(Activity.RESPOND)


@kernel
def plan(today, state, values, out):
    """Let staff and marketers spend their hours, one activity after the other, and tell each other what they met."""
    begin(today, state, values)
    for activity in range(N_ACTIVITIES):
        for p in range(state.team.drawn.size):
            work(today, state, values, out, p, activity)
    share_knowledge(state, values.strategy.sharing)


@kernel
def begin(today, state, values):
    """Begin the team's day: minutes come in, of which only so many can be kept; what was met in talk fades."""
    team, staffing = state.team, values.staffing
    state.now.listing = -1
    fading = left_after(1.0 / staffing.talk_memory)
    for p in range(team.drawn.size):
        team.key[p] = day_key(today.seed, PLANNING, today.day)
        kept = 1.0 - staffing.switching * (team.hats[p] - 1)
        for topic in range(state.talk.shape[1]):
            state.talk[p, topic] *= fading
        for activity in range(N_ACTIVITIES):
            if team.weekly[p, activity] >= 0.0:
                daily = team.weekly[p, activity] / 7.0 * kept
                most = max(values.activities[activity].minutes, daily * staffing.idle)
                team.minutes[p, activity] = min(team.minutes[p, activity] + daily, most)


@kernel
def take_on(state, p, activity):
    """Let person p turn to `activity`, whose draws begin anew."""
    state.team.doing[p] = activity
    state.team.drawn[p] = 0


@kernel
def affords(state, values, p, activity):
    """Whether person p, whose work it is, has minutes at hand, and the company money, for one more action."""
    cost, team = values.activities[activity], state.team
    mine = team.weekly[p, activity] >= 0.0
    return mine and team.minutes[p, activity] >= cost.minutes and state.company.money >= cost.money


@kernel
def spend(state, values, p, activity):
    """Take the cost of an action off the minutes of person p, and off the money."""
    cost, team = values.activities[activity], state.team
    team.minutes[p, activity] -= cost.minutes
    team.spent[p, activity] += cost.minutes
    state.company.money -= cost.money
    state.now.money_spent += cost.money


@kernel
def work(today, state, values, out, p, activity):
    """Let person p spend today's minutes for `activity`, action by action, while there is something to do."""
    take_on(state, p, activity)
    while affords(state, values, p, activity) and do(today, state, values, out, p, activity):
        spend(state, values, p, activity)


@kernel
def act(today, state, values, out, p):
    """Change something for customers, on the insight most shared or blindly."""
    change_something(today, state, values, out, p * 1000 + state.team.drawn[p])
    state.team.drawn[p] += 1
    return True


@kernel
def do(today, state, values, out, p, activity):
    """One action of `activity` by person p; whether there was something to do."""
    if activity == WELCOME:
        return welcome(today, state, values, out, p)
    if activity == CONNECT:
        return connect(today, state, values, out, p)
    if activity == HOST:
        return host(today, state, values, out, p)
    if activity == ANSWER:
        return answer(today, state, values, out, p)
    if activity == MODERATE:
        return moderate(today, state, values, out, p)
    if activity == RECOGNISE:
        return recognise(today, state, values, out, p)
    if activity == LISTEN:
        return listen(today, state, values, out, p)
    if activity == PUBLISH:
        return publish(today, state, values, out, p)
    if activity == AMPLIFY:
        return amplify(today, state, values, out, p)
    if activity == PROMPT:
        return prompt(today, state, values, out, p)
    if activity == RESPOND:
        return respond(today, state, values, out, p)
    return act(today, state, values, out, p)


@kernel
def share_knowledge(state, share):
    """Let colleagues hear a part of what each has learnt about the talk."""
    talk, heard = state.talk, state.heard
    n, topics = talk.shape
    for p in range(n):
        for topic in range(topics):
            heard[p, topic] = talk[p, topic]
    for p in range(n):
        for other in range(n):
            for topic in range(topics if other != p else 0):
                talk[p, topic] = max(talk[p, topic], share * heard[other, topic])
