"""Reading and responding: the attention loop, in which members meet (ODD, 7.9; M2, M3, M4, M6, M8).

A visitor looks over a short list: whom it was introduced to, the newest threads of its ties, and some recent posts, as
far as there is something new to it. With the attention that company messages have left it reads some of them, chosen
by weight, one after the other. What it reads may move it to respond, to one member or the team.
"""

import math

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel, log_past_1, saturated, sig
from sim.rules.conversing import converse, expect_answer
from sim.rules.keeping import learning, learnt
from sim.rules.responding import DIRECT, Word, respond
from sim.state.conversations import Turn
from sim.state.flows import Flow
from sim.state.members import NOBODY, Stage, interest, skill
from sim.state.norms import Breach
from sim.state.posts import Kind
from sim.state.ties import felt, find, remembered

READING = int(Rule.READING)
LEFT = int(Stage.LEFT)
QUESTION, PROMOTION, STORY = int(Kind.QUESTION), int(Kind.PROMOTION), int(Kind.STORY)
HOSTILE, COMPANY = int(Breach.HOSTILE), int(Breach.COMPANY_PROMOTE)
IGNORE_NEWCOMER = int(Breach.IGNORE_NEWCOMER)
SANCTIONS, BREACHES = int(Flow.SANCTIONS), int(Flow.BREACHES)
FAR = 64  # the draws of conversations that begin with what is read are so many times as far apart
BY_COMPANY, BY_MEMBERS, STORIES = (
    int(Flow.ATTENTION_STAFF),
    int(Flow.ATTENTION_MEMBERS),
    int(Flow.ATTENTION_STORIES),
)


@kernel
def weight(activity, sent, received, cares, newcomer, p):
    """How much a visitor is drawn to a member's post: a conditional logit over what it has in view.

    `activity`: the author's contributions remembered; `sent`, `received`: messages to and from the author remembered;
    `cares`: interest in the topic, 0-1; `newcomer`: 1 where the author is new and passed over.
    """
    return math.exp(
        p.activity * log_past_1(activity)
        + p.preference * (p.outgoing * log_past_1(sent) + p.incoming * log_past_1(received))
        + p.similarity * cares
        + p.newcomer * newcomer
    )


@kernel
def breaks(state, v, breach):
    """Whether visitor v breaks a norm of kind `breach` on this visit."""
    for b in range(state.norms.breach.size):
        if state.visits.broken[v] >> b & 1 and state.norms.breach[b] == breach:
            return True
    return False


@kernel
def read(today, state, values, out):
    """Let every visitor with attention left read and respond, and answers be given, in the order of the hours."""
    now, visits, posts = state.now, state.visits, state.posts
    key = day_key(today.seed, READING, today.day)
    now.practical = 0
    upto = now.oldest
    for v in range(now.visitors):
        converse(today, state, values, out, today.day + visits.hour[v])
        while upto < now.next and written_by(today, posts, upto - now.start, visits.hour[v]):
            upto += 1
        n = list_what_is_in_view(today, key, state, values, v, upto)
        total = weigh(today, state, values, v, n)
        visits.read[v] = 0
        while visits.left[v] > 0 and n > 0 and total > 1e-12:
            c = choose(key, state, v, n, total)
            n -= 1
            exchange(state.short_list, c, n)
            total -= state.short_list.weight[n]
            open_entry(today, key, state, values, out, v, n)
            visits.read[v] += 1
        weigh_up(state, values.reading, v)
    converse(today, state, values, out, today.day + 1.0)
    state.company.practical += now.practical


@kernel
def written_by(today, posts, at, hour):
    """Whether the post at place `at` is there by `hour` of today."""
    return posts.day[at] < today.day or posts.hour[at] <= hour


@kernel
def in_view(state, serial, upto):
    """Whether the post `serial` is open, not hidden, and older than `upto`."""
    return state.now.oldest <= serial < upto and state.posts.hidden[serial - state.now.start] == 0


@kernel
def has_news(state, i, at):
    """Whether somebody else has written last in the thread at place `at`, on the day of i's last visit or later."""
    return state.posts.last[at] != i and state.posts.latest[at] >= state.members.visit_before[i]


@kernel
def put(entries, n, who, serial):
    """Write entry n of the short list; the number of entries."""
    entries.who[n] = who
    entries.serial[n] = serial
    return n + 1


@kernel
def list_what_is_in_view(today, key, state, values, v, upto):
    """Fill the short list: whom one was introduced to, the threads of ties, some recent ones, each with news."""
    m, now, entries, i = state.members, state.now, state.short_list, state.visits.row[v]
    n = 0
    friend = m.introduced[i]
    lately = today.day - m.introduced_day[i] <= values.meeting.introduction_days
    if friend >= 0 and lately and m.stage[friend] != LEFT:
        n = put(entries, n, friend, m.post[friend] if in_view(state, m.post[friend], upto) else DIRECT)
    for at in range(m.tie_row[i], m.tie_row[i] + m.tie_count[i]):
        j = state.ties.partner[at]
        if in_view(state, m.post[j], upto) and has_news(state, i, m.post[j] - now.start):
            n = put(entries, n, j, m.post[j])
    if upto > now.oldest:
        n = glance(key, state, values, i, n, upto)
    return n


@kernel
def glance(key, state, values, i, n, upto):
    """Add some recent posts to the short list of member i, newest first by chance; the number of entries."""
    m, now, posts, p, entries = state.members, state.now, state.posts, values.reading, state.short_list
    for s in range(p.scan):
        if values.home.reach < 1.0 and uniform(key, m.key[i], 40 + s) >= values.home.reach:
            continue
        u = uniform(key, m.key[i], s)
        serial = upto - 1 - int(u**p.recency * (upto - now.oldest))
        author = posts.author[serial - now.start]
        if posts.hidden[serial - now.start] == 1 or author == i or author >= 0 and m.stage[author] == LEFT:
            continue
        if not has_news(state, i, serial - now.start):
            continue
        listed = False
        for c in range(n):
            listed = listed or entries.serial[c] == serial
        if not listed:
            n = put(entries, n, author, serial)
    return n


@kernel
def weigh(today, state, values, v, n):
    """Give the `n` entries of the short list their weights for visitor v; the sum of them."""
    m, entries, i, p = state.members, state.short_list, state.visits.row[v], values.reading
    passes_over = not values.switches.norms or breaks(state, v, IGNORE_NEWCOMER)
    lately = today.day - m.introduced_day[i] <= values.meeting.introduction_days
    total = 0.0
    for c in range(n):
        j = entries.who[c]
        cares = cares_about(state, values, i, j, entries.serial[c])
        if j < 0:
            w = math.exp(p.staff + p.similarity * cares)
        else:
            new = passes_over and today.day - m.joined[j] <= p.newcomer_days
            if new:
                state.visits.passed_over[v] = 1
            w = weight_of(today, state, values, i, j, cares, new)
            if j == m.introduced[i] and lately:
                w *= p.introduced
        entries.weight[c] = w
        total += w
    return total


@kernel
def weight_of(today, state, values, i, j, cares, new):
    """How much member i is drawn to a post by member j, by what both remember of each other."""
    m, ties, half_life = state.members, state.ties, values.ties.memory_half_life
    sent = received = 0.0
    at = find(m, ties, i, j)
    if at >= 0:
        sent = remembered(ties.memory[at], ties.last[at], today.day, half_life)
        at = find(m, ties, j, i)
        if at >= 0:
            received = remembered(ties.memory[at], ties.last[at], today.day, half_life)
    return weight(m.activity[j], sent, received, cares, 1.0 if new else 0.0, values.reading)


@kernel
def choose(key, state, v, n, total):
    """Draw the next of `n` entries by weight."""
    weights, who = state.short_list.weight, state.members.key[state.visits.row[v]]
    goal = uniform(key, who, draw_number(state, v)) * total
    c = 0
    passed = weights[0]
    while passed <= goal and c < n - 1:
        c += 1
        passed += weights[c]
    return c


@kernel
def exchange(entries, one, other):
    """Exchange two entries of the short list."""
    entries.who[one], entries.who[other] = entries.who[other], entries.who[one]
    entries.serial[one], entries.serial[other] = entries.serial[other], entries.serial[one]
    entries.weight[one], entries.weight[other] = entries.weight[other], entries.weight[one]


@kernel
def draw_number(state, v):
    """The first of the sixteen draws that belong to what visitor v reads now."""
    return 100 + 16 * state.visits.read[v]


@kernel
def open_entry(today, key, state, values, out, v, c):
    """Let visitor v read entry c, unless it is lost in the noise, and respond to it if it is moved to."""
    m, visits, entries, posts = state.members, state.visits, state.short_list, state.posts
    visits.left[v] -= 1
    noise = values.home.noise
    if noise > 0.0 and uniform(key, m.key[visits.row[v]], draw_number(state, v) + 1) < noise:
        return
    kind = DIRECT
    if entries.serial[c] != DIRECT:
        at = entries.serial[c] - state.now.start
        kind = posts.kind[at]
        take_in(state, values, out, v, at)
        if values.switches.norms:
            learn(today, key, state, values, out, v, at)
    i, j = visits.row[v], entries.who[c]
    felt_here = felt(m, state.ties, i, j) if j >= 0 else 0.0
    cares = cares_about(state, values, i, j, entries.serial[c])
    visits.fits[v] += min(1.0, cares + felt_here)
    target = NOBODY if kind == PROMOTION else decide(key, state, values, v, c, cares, felt_here)
    if target != NOBODY:
        word = Word(i, target, entries.serial[c], today.day + visits.hour[v])
        if target >= 0:
            expect_answer(today, state, values, out, word, Turn(today.day, m.key[i], FAR * draw_number(state, v), 0))
        respond(today, state, values, out, word, uniform(key, m.key[i], draw_number(state, v) + 7))
        if entries.serial[c] >= 0:
            show_passing_over(state, out, v, entries.serial[c] - state.now.start)


@kernel
def cares_about(state, values, i, j, serial):
    """How much member i cares about the thread `serial`; a word apart is about j's topic."""
    m = state.members
    about = m.topic[j] if serial == DIRECT else state.posts.topic[serial - state.now.start]
    return interest(about, m.topic[i], m.second[i], values.members.secondary_topic)


@kernel
def take_in(state, values, out, v, at):
    """Count what visitor v reads at place `at`; a story moves it."""
    if state.posts.kind[at] == STORY:
        out.flows[STORIES] += 1
        state.members.passion[state.visits.row[v]] += values.telling.passion
    elif state.posts.author[at] < 0:
        out.flows[BY_COMPANY] += 1
    else:
        out.flows[BY_MEMBERS] += 1


@kernel
def learn(today, key, state, values, out, v, at):
    """Let visitor v learn from the example of the post at place `at`: what is usual, and whom to sanction."""
    m, posts, norms, beliefs, p = state.members, state.posts, state.norms, state.beliefs, values.keeping
    i, author = state.visits.row[v], posts.author[at]
    rate = learning(today.day - m.joined[i], 1.0 if author < 0 else m.status[author], p)
    for b in range(norms.breach.size):
        if norms.breach[b] == COMPANY:
            continue
        own = posts.breach[at] >> b & 1
        broken = own | (posts.conduct[at] >> b & 1)
        usual = beliefs[i, b]
        beliefs[i, b] = learnt(usual, 0.0 if broken else 1.0, rate)
        if not broken:
            continue
        m.annoyance[i] += p.annoyance * usual
        breaker = posts.attacker[at] if norms.breach[b] == HOSTILE else author
        if breaker >= 0 and breaker != i and (own or norms.breach[b] == HOSTILE):
            sanction(key, state, p, out, v, b, breaker)


@kernel
def sanction(key, state, p, out, v, b, breaker):
    """Let visitor v, if it dares and cares, tell somebody it knows who broke norm b."""
    m, visits, norms, i = state.members, state.visits, state.norms, state.visits.row[v]
    if norms.by_peers[b] == 0 or visits.left[v] == 0 or find(m, state.ties, i, breaker) < 0:
        return
    draw = draw_number(state, v)
    if uniform(key, m.key[i], draw + 2) >= m.vengeance[i] or uniform(key, m.key[i], draw + 3) < norms.tolerance[b]:
        return
    visits.left[v] = max(0, visits.left[v] - p.peer_cost)
    m.manners[breaker] -= p.lesson
    norms.sanctions[b] += 1.0
    out.flows[SANCTIONS] += 1


@kernel
def moved(ready, felt_here, cares, replies, p):
    """Logit of responding to what one reads: readiness to write, closeness to the author, interest, and to be first."""
    first = 1.0 if replies == 0 else 0.0
    return ready + p.respond + p.respond_closeness * felt_here + p.respond_cares * cares + p.respond_first * first


@kernel
def decide(key, state, values, v, c, cares, felt_here):
    """Whom visitor v responds to about entry c: a row, the team (-2 - k), or NOBODY.

    A question is answered by who is able to and willing; it is solved if the answer is good enough.
    """
    m, posts, p, entries = state.members, state.posts, values.reading, state.short_list
    i, j, serial, draw = state.visits.row[v], entries.who[c], entries.serial[c], draw_number(state, v)
    at = serial - state.now.start
    logit = moved(state.visits.ready[v], felt_here, cares, posts.replies[at] if serial >= 0 else 1, p)
    asked = serial >= 0 and posts.kind[at] == QUESTION
    able = 0.0
    if asked:
        able = skill(posts.topic[at], m.topic[i], m.second[i], m.expertise[i], values.members)
        logit += p.answer + p.answer_skill * able
    chance = sig(logit)
    if serial >= 0 and posts.answered[at] == 1:
        chance *= 1.0 - p.crowding_out
    if uniform(key, m.key[i], draw + 4) >= chance or j >= 0 and not values.switches.exchange:
        return NOBODY
    if asked and posts.solver[at] == NOBODY:
        solves = sig(p.solve_slope * (able - posts.difficulty[at]))
        if uniform(key, m.key[i], draw + 5) < solves:
            posts.solver[at] = i
    if serial < 0 or asked:
        return j
    last = posts.last[at]
    others = last >= 0 and last != i and last != j and m.stage[last] != LEFT and values.switches.exchange
    return last if others and uniform(key, m.key[i], draw + 6) < p.to_last else j


@kernel
def show_passing_over(state, out, v, at):
    """Let the thread at place `at` show that its writer, visitor v, passes newcomers over, against the norm."""
    posts, norms, visits = state.posts, state.norms, state.visits
    for b in range(norms.breach.size):
        shown = norms.breach[b] == IGNORE_NEWCOMER and visits.passed_over[v] == 1 and visits.broken[v] >> b & 1
        if shown and posts.conduct[at] >> b & 1 == 0:
            posts.conduct[at] |= 1 << b
            norms.breaches[b] += 1.0
            out.flows[BREACHES] += 1


@kernel
def weigh_up(state, p, v):
    """Let visitor v remember what this visit was worth: the more of what it read suits it, with falling returns."""
    i = state.visits.row[v]
    got = saturated(state.visits.fits[v], p.enough)
    state.members.worth[i] += p.learning * (got - state.members.worth[i])
