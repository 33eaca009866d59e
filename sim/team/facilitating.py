"""What an hour of facilitating does: welcome, connect, host, answer, recognise, listen (ODD, 7.5; M11).

Each act returns whether there was something to do. None writes into a tie between members.
"""

from sim.compiled.kernel import kernel, sig, toward
from sim.state.flows import Flow
from sim.state.members import NOBODY
from sim.state.posts import Kind
from sim.state.team import Activity
from sim.state.ties import find
from sim.team.desk import (
    author,
    be_present,
    by_member,
    draw,
    hand_out,
    open_list,
    rank,
    speak_to,
    take_part,
    workable,
)

WELCOME, CONNECT, ANSWER, RECOGNISE = (
    int(Activity.WELCOME),
    int(Activity.CONNECT),
    int(Activity.ANSWER),
    int(Activity.RECOGNISE),
)
QUESTION, STORY = int(Kind.QUESTION), int(Kind.STORY)
INTRODUCTIONS, INSIGHTS = int(Flow.INTRODUCTIONS), int(Flow.INSIGHTS)


@kernel
def list_whom_to_turn_to(today, state, values, activity):
    """List whom to turn to, the newest first (or, by strategy, the most active).

    To be welcomed: newcomers to whom the team has never spoken. To be introduced: who has not been for a while.
    """
    m, now, lists = state.members, state.now, state.lists
    open_list(state, activity)
    most = workable(state, values, activity)
    for k in range(now.recent):
        i = state.recent[k]
        if activity == WELCOME:
            wanted = today.day - m.joined[i] <= values.reading.newcomer_days and m.from_staff[i] == 0.0
        else:
            wanted = today.day - m.introduced_day[i] > values.staffing.introduce_again
        if wanted:
            first = -float(m.joined[i]) if values.strategy.newer_first else -m.activity[i]
            now.listed = rank(lists, 0, now.listed, most, i, first, 0.0)


@kernel
def welcome(today, state, values, out, p):
    """Write to a newcomer to whom the team has never spoken."""
    if state.now.listing != WELCOME:
        list_whom_to_turn_to(today, state, values, WELCOME)
    i = hand_out(state)
    if i < 0:
        return False
    speak_to(today, state, values, out, p, i, values.staffing.welcome, -1)
    return True


@kernel
def likeness(state, share, i, j):
    """How well member j fits member i, as far as the team knows both; less if they know each other already."""
    m = state.members
    alike = 0.0
    if m.known[i] == 1 and m.known[j] == 1:
        alike = (1.0 if m.topic[j] == m.topic[i] else 0.0) + (share if m.second[j] == m.topic[i] else 0.0)
    return alike - 1.0 if find(m, state.ties, i, j) >= 0 else alike


@kernel
def fitting(state, values, p, i):
    """Who fits member i best among a few drawn from those seen lately; the lowest row of equals, NOBODY for none."""
    best, highest = NOBODY, -2.0
    recent = state.now.recent
    for _ in range(min(values.staffing.shortlist, recent)):
        j = state.recent[int(draw(state, p) * recent)]
        if j == i:
            continue
        alike = likeness(state, values.members.secondary_topic, i, j)
        if alike > highest or alike == highest and j < best:
            best, highest = j, alike
    return best


@kernel
def connect(today, state, values, out, p):
    """Introduce two members to each other who care about the same, as far as the team knows them."""
    m = state.members
    if state.now.listing != CONNECT:
        list_whom_to_turn_to(today, state, values, CONNECT)
    i = hand_out(state)
    if i < 0:
        return False
    j = fitting(state, values, p, i)
    if j == NOBODY:
        return False
    for one, other in ((i, j), (j, i)):
        m.introduced[one] = other
        m.introduced_day[one] = today.day
    out.flows[INTRODUCTIONS] += 1
    return True


@kernel
def host(today, state, values, out, p):
    """Open a gathering today."""
    state.now.gatherings += 1
    return True


@kernel
def list_unanswered(today, state, values):
    """List open questions of members that nobody has solved and the team has not answered, oldest first."""
    now, posts = state.now, state.posts
    open_list(state, ANSWER)
    most = workable(state, values, ANSWER)
    for at in range(now.oldest - now.start, now.next - now.start):
        waited = today.day - posts.day[at] > values.strategy.answer_after
        asks = posts.kind[at] == QUESTION and posts.hidden[at] == 0 and by_member(state, at)
        if now.listed < most and waited and asks and posts.answered[at] == 0 and posts.solver[at] == NOBODY:
            state.lists.who[now.listed] = at
            now.listed += 1


@kernel
def answer(today, state, values, out, p):
    """Answer the oldest question that nobody has solved and the team has not answered."""
    posts = state.posts
    if state.now.listing != ANSWER:
        list_unanswered(today, state, values)
    at = hand_out(state)
    if at < 0:
        return False
    chance = sig(values.reading.solve_slope * (values.staffing.skill - posts.difficulty[at]))
    if posts.solver[at] == NOBODY and draw(state, p) < chance:
        posts.solver[at] = author(p)
    state.talk[p, posts.topic[at]] += 1.0
    be_present(state, values, posts.author[at])
    speak_to(today, state, values, out, p, posts.author[at], 1.0, state.now.start + at)
    take_part(today, state, values, at)
    return True


@kernel
def earned(today, state, values, i):
    """Share of its peers that member i outdoes in activity, 0-1: newcomers among newcomers, others among others."""
    m, n, less = state.members, 0, 0
    new_days = values.reading.newcomer_days
    for k in range(state.now.recent):
        j = state.recent[k]
        peer = (today.day - m.joined[j] <= new_days) == (today.day - m.joined[i] <= new_days) and j != i
        if peer and today.day - m.last_written[j] <= values.staffing.peer_days:
            n += 1
            less += m.activity[j] < m.activity[i]
    return less / n if n > 0 else 1.0


@kernel
def list_deserving(today, state, values):
    """List newcomers who have written and those who help, one of each in turn, those of lowest status first."""
    m, now, lists = state.members, state.now, state.lists
    open_list(state, RECOGNISE)
    most = workable(state, values, RECOGNISE)
    new = old = 0
    for k in range(now.recent):
        i = state.recent[k]
        if today.day - m.joined[i] <= values.reading.newcomer_days and m.written[i] > 0:
            new = rank(lists, 0, new, most, i, m.status[i], 0.0)
        elif m.helped[i] > 0:
            old = rank(lists, most, old, most, i, m.status[i] - m.activity[i], 0.0)
    now.handed = now.listed = 2 * most
    for k in range(max(new, old)):
        if k < new:
            lists.who[now.listed] = lists.who[k]
            now.listed += 1
        if k < old:
            lists.who[now.listed] = lists.who[most + k]
            now.listed += 1


@kernel
def recognise(today, state, values, out, p):
    """Thank in public: newcomers who have written, and those who help, in turn."""
    m, company = state.members, state.company
    if state.now.listing != RECOGNISE:
        list_deserving(today, state, values)
    i = hand_out(state)
    if i < 0:
        return False
    allowed = values.feeling.award_inflation * max(1, state.now.here)
    deserved = max(0.0, 2.0 * earned(today, state, values, i) - 1.0)
    worth = min(1.0, allowed / (company.awards + 1.0)) * deserved
    m.status[i] = toward(m.status[i], values.feeling.status_award * worth)
    m.passion[i] += values.feeling.win * worth
    company.awards += 1.0
    speak_to(today, state, values, out, p, i, values.staffing.thanks, -1)
    return True


@kernel
def listen(today, state, values, out, p):
    """Read recent posts: learn what is talked about and by whom, and gather insights."""
    m, now, posts = state.members, state.now, state.posts
    open_posts = now.next - now.oldest
    for _ in range(min(values.listening.sample, open_posts)):
        place, tells, wrong, where = draw(state, p), draw(state, p), draw(state, p), draw(state, p)
        at = now.oldest - now.start + int(place * open_posts)
        if not by_member(state, at):
            continue
        i = posts.author[at]
        state.talk[p, posts.topic[at]] += 1.0
        m.known[i] = 1
        about = posts.kind[at] == QUESTION or posts.kind[at] == STORY
        if values.switches.loop and about and tells < values.listening.insight:
            touchpoint = (
                int(where * state.company.experience.size) if wrong < values.listening.noise else m.touchpoint[i]
            )
            note(today, state, out, i, touchpoint)
    return open_posts > 0


@kernel
def note(today, state, out, i, touchpoint):
    """Write down an insight from member i."""
    insights, at = state.insights, state.now.insights
    insights.touchpoint[at] = touchpoint
    insights.member[at] = i
    insights.day[at] = today.day
    state.now.insights = at + 1
    out.flows[INSIGHTS] += 1
