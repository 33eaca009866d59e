"""Reading and responding: the attention loop, in which members meet (ODD, 7.9; M2, M3, M4, M6, M8).

A visitor looks over a short list: who has just addressed it, whom it was introduced to, the newest posts of its ties,
and some recent posts. With the attention that company messages have left it reads some of them, chosen by weight,
one after the other. Who has come to write responds to what it reads; a response is an exchange with one member.
"""

import math

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel, log_past_1, sig, toward
from sim.rules.keeping import learning, learnt, restraint
from sim.state.events import ANSWER, MESSAGE, REPLY, record
from sim.state.flows import Flow
from sim.state.members import NOBODY, Stage, interest, skill
from sim.state.norms import Breach
from sim.state.posts import Kind
from sim.state.team import Activity
from sim.state.ties import felt, find, message, remembered, weaken

READING = int(Rule.READING)
LEFT = int(Stage.LEFT)
QUESTION, PRACTICAL, SOCIAL = int(Kind.QUESTION), int(Kind.PRACTICAL), int(Kind.SOCIAL)
PROMOTION, STORY = int(Kind.PROMOTION), int(Kind.STORY)
PROMPT = int(Kind.PROMPT)
HOSTILE, COMPANY = int(Breach.HOSTILE), int(Breach.COMPANY_PROMOTE)
FREE_RIDE, IGNORE_NEWCOMER = int(Breach.FREE_RIDE), int(Breach.IGNORE_NEWCOMER)
RESPONSES, EXCHANGES, HOSTILES = int(Flow.RESPONSES), int(Flow.EXCHANGES), int(Flow.HOSTILE)
SANCTIONS, BREACHES = int(Flow.SANCTIONS), int(Flow.BREACHES)
BY_COMPANY, BY_MEMBERS, STORIES = (
    int(Flow.ATTENTION_STAFF),
    int(Flow.ATTENTION_MEMBERS),
    int(Flow.ATTENTION_STORIES),
)
DIRECT = -1  # instead of a post: a word to somebody directly
MODERATE = int(Activity.MODERATE)


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
def answers(skilled, closeness, staff_answered, p):
    """Chance that a writer answers a question it reads; answers by staff crowd some out."""
    chance = sig(p.answer + p.answer_skill * skilled + p.answer_closeness * closeness)
    return chance * (1.0 - p.crowding_out) if staff_answered else chance


@kernel
def hostility(logit, bad_mood, heated, c):
    """Chance that a response is hostile: a breach of civility, likelier in a bad mood and in a heated thread."""
    return sig(logit + c.mood * bad_mood + c.seen * heated)


@kernel
def talk_depth(kind, felt_here, felt_there, p):
    """Depth of a response in a thread of `kind`: social talk between people close to each other turns personal."""
    if kind in (SOCIAL, STORY, PROMPT, DIRECT):
        if felt_here > p.personal_threshold and felt_there > p.personal_threshold:
            return p.personal
        return p.social
    return p.practical


@kernel
def breaks(state, v, breach):
    """Whether visitor v breaks a norm of kind `breach` on this visit."""
    for b in range(state.norms.breach.size):
        if state.visits.broken[v] >> b & 1 and state.norms.breach[b] == breach:
            return True
    return False


@kernel
def read(today, state, values, out):
    """Let every visitor with attention left read and respond, in the order of the hours."""
    now, visits, posts = state.now, state.visits, state.posts
    key = day_key(today.seed, READING, today.day)
    now.practical = 0
    upto = now.oldest
    for v in range(now.visitors):
        if visits.left[v] == 0:
            continue
        while upto < now.next and written_by(today, posts, upto - now.start, visits.hour[v]):
            upto += 1
        who_called(today, state, values, v)
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
    state.company.practical += now.practical


@kernel
def written_by(today, posts, at, hour):
    """Whether the post at place `at` is there by `hour` of today."""
    return posts.day[at] < today.day or posts.hour[at] <= hour


@kernel
def who_called(today, state, values, v):
    """Find out who has addressed visitor v of late and may hope for a response; free riders leave them waiting."""
    m, visits, i = state.members, state.visits, state.visits.row[v]
    caller = m.caller[i]
    late = today.day - m.called[i] > values.reading.thread_days
    if caller != NOBODY and (late or caller >= 0 and m.stage[caller] == LEFT):
        caller = NOBODY
    if caller != NOBODY and breaks(state, v, FREE_RIDE):
        caller = NOBODY
        visits.silent[v] |= 1 << FREE_RIDE
    visits.caller[v] = caller


@kernel
def in_view(state, serial, upto):
    """Whether the post `serial` is open, not hidden, and older than `upto`."""
    return state.now.oldest <= serial < upto and state.posts.hidden[serial - state.now.start] == 0


@kernel
def put(entries, n, who, serial):
    """Write entry n of the short list; the number of entries."""
    entries.who[n] = who
    entries.serial[n] = serial
    return n + 1


@kernel
def list_what_is_in_view(today, key, state, values, v, upto):
    """Fill the short list: who has just called, whom one was introduced to, what ties wrote, some recent posts."""
    m, now, entries, i, caller = state.members, state.now, state.short_list, state.visits.row[v], state.visits.caller[v]
    n = 0
    if caller != NOBODY:
        n = put(entries, n, caller, m.thread[i] if in_view(state, m.thread[i], now.next) else DIRECT)
    friend = m.introduced[i]
    lately = today.day - m.introduced_day[i] <= values.meeting.introduction_days
    if friend >= 0 and lately and m.stage[friend] != LEFT and friend != caller:
        n = put(entries, n, friend, m.post[friend] if in_view(state, m.post[friend], upto) else DIRECT)
    for at in range(m.tie_row[i], m.tie_row[i] + m.tie_count[i]):
        j = state.ties.partner[at]
        if in_view(state, m.post[j], upto):
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
        about = j if j >= 0 else i  # a word apart is about whom it comes from, or, from the team, about the member
        topic = (
            m.topic[about] if entries.serial[c] == DIRECT else state.posts.topic[entries.serial[c] - state.now.start]
        )
        cares = interest(topic, m.topic[i], m.second[i], values.members.secondary_topic)
        if j < 0:
            w = math.exp(p.staff + p.similarity * cares)
        else:
            new = passes_over and today.day - m.joined[j] <= p.newcomer_days
            if new:
                state.visits.silent[v] |= 1 << IGNORE_NEWCOMER
            w = weight_of(today, state, values, i, j, cares, new)
            if j == m.introduced[i] and lately:
                w *= p.introduced
        if j == state.visits.caller[v]:
            w *= p.thread
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
    """Let visitor v read entry c, unless it is lost in the noise, and respond to it if it came to write."""
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
    if visits.turns[v] == 0 or kind == PROMOTION:
        return
    target = aim(key, state, values, v, c)
    if target != NOBODY and (target < 0 or values.switches.exchange):
        visits.turns[v] -= 1
        respond(today, key, state, values, out, v, c, target)


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
def aim(key, state, values, v, c):
    """Whom visitor v, who came to write, responds to about entry c: a row, the team (-2 - k), or NOBODY.

    A question is answered by who is able to and willing; it is solved if the answer is good enough.
    """
    m, posts, p, entries = state.members, state.posts, values.reading, state.short_list
    i, j, serial = state.visits.row[v], entries.who[c], entries.serial[c]
    at = serial - state.now.start
    if serial == DIRECT or posts.author[at] != j:
        return j
    draw = draw_number(state, v)
    if posts.kind[at] == QUESTION:
        if not values.switches.exchange or j == i:
            return NOBODY
        able = skill(posts.topic[at], m.topic[i], m.second[i], m.expertise[i], values.members)
        chance = answers(able, felt(m, state.ties, i, j), posts.answered[at] == 1, p)
        if uniform(key, m.key[i], draw + 4) >= chance:
            return NOBODY
        solves = sig(p.solve_slope * (able - posts.difficulty[at]))
        if posts.solver[at] == NOBODY and uniform(key, m.key[i], draw + 5) < solves:
            posts.solver[at] = i
        return j
    last = posts.last[at]
    others = last >= 0 and last != i and last != j and m.stage[last] != LEFT
    return last if others and uniform(key, m.key[i], draw + 6) < p.to_last else j


@kernel
def respond(today, key, state, values, out, v, c, target):
    """Let visitor v write to `target`, about entry c."""
    m, posts, i, serial = state.members, state.posts, state.visits.row[v], state.short_list.serial[c]
    at = serial - state.now.start
    if target < 0:
        m.to_staff[i] = toward(m.to_staff[i], values.ties.staff_gain)
        m.from_staff[i] = toward(m.from_staff[i], values.ties.staff_gain)
        m.known[i] = 1
    else:
        hostile = is_hostile(key, state, values, out, v, serial, target)
        address(today, state, values, out, i, target, serial)
        if hostile:
            wound(state, values, out, i, target)
        if serial >= 0:
            cares = interest(posts.topic[at], m.topic[i], m.second[i], values.members.secondary_topic)
            posts.heat[at] += values.conflict.heat_gain if hostile else 0.0
            posts.heat[at] += values.conflict.disagreement * max(0.0, m.passion[i]) * (1.0 - cares)
    if state.visits.caller[v] == target:
        m.caller[i] = NOBODY
        state.visits.caller[v] = NOBODY
    helps = False
    if serial >= 0:
        helps = posts.kind[at] == QUESTION and target == posts.author[at]  # who asked, and thanks, does not answer
        show(state, out, v, at)
    out.flows[RESPONSES] += 1
    m.activity[i] += 1.0
    m.written[i] += 1
    m.last_written[i] = today.day
    act = ANSWER if helps else (MESSAGE if serial < 0 else REPLY)
    record(out, today.day + state.visits.hour[v], i, target, act, serial)


@kernel
def is_hostile(key, state, values, out, v, serial, target):
    """Whether the response of visitor v is hostile; if so the breach is counted, and the thread shows it."""
    m, norms, posts, i = state.members, state.norms, state.posts, state.visits.row[v]
    at = serial - state.now.start
    hostile = False
    bad = 1.0 if m.passion[i] - m.hurt[i] < values.conflict.bad_mood else 0.0
    heated = 1.0 if serial >= 0 and posts.heat[at] >= values.conflict.heated else 0.0
    for b in range(norms.breach.size):
        if norms.breach[b] != HOSTILE:
            continue
        logit = norms.temptation[b] + m.manners[i]
        if values.switches.norms:
            logit -= restraint(norms, b, state.beliefs[i, b], values.keeping)
        if uniform(key, m.key[i], draw_number(state, v) + 7) < hostility(logit, bad, heated, values.conflict):
            hostile = True
            norms.breaches[b] += 1.0
            out.flows[BREACHES] += 1
            if serial >= 0:
                posts.conduct[at] |= 1 << b
                posts.attacker[at] = i
                posts.target[at] = target
    return hostile


@kernel
def address(today, state, values, out, i, target, serial):
    """Let member i write to member `target`: an exchange, by which both come to know each other better."""
    m, ties, gain = state.members, state.ties, values.feeling.belonging_exchange
    kind = DIRECT if serial < 0 else state.posts.kind[serial - state.now.start]
    depth = values.home.depth * talk_depth(kind, felt(m, ties, i, target), felt(m, ties, target, i), values.ties)
    message(state, i, target, today.day, depth, values.ties)
    out.flows[EXCHANGES] += 1
    m.heard_member[target] += 1.0
    m.caller[target] = i
    m.called[target] = today.day
    m.thread[target] = serial
    m.belonging[i] = toward(m.belonging[i], gain)
    m.belonging[target] = toward(m.belonging[target], gain)


@kernel
def wound(state, values, out, i, target):
    """Let a hostile response of member i hurt: both feel less for each other."""
    m, loss = state.members, values.conflict.loss
    out.flows[HOSTILES] += 1
    weaken(m, state.ties, i, target, loss)
    weaken(m, state.ties, target, i, loss)
    m.hurt[target] += 1.0
    m.passion[target] -= values.feeling.insult


@kernel
def show(state, out, v, at):
    """Let the thread at place `at` have one more response, and show the norms that visitor v breaks by being silent."""
    posts, norms, visits = state.posts, state.norms, state.visits
    posts.replies[at] += 1
    posts.last[at] = visits.row[v]
    state.now.practical += posts.kind[at] in (QUESTION, PRACTICAL)
    for b in range(norms.breach.size):
        shown = visits.silent[v] >> norms.breach[b] & 1 and visits.broken[v] >> b & 1
        if shown and posts.conduct[at] >> b & 1 == 0:
            posts.conduct[at] |= 1 << b
            norms.breaches[b] += 1.0
            out.flows[BREACHES] += 1


@kernel
def talk_it_out(today, state, values, out, i, j):
    """Let two members talk it out at the start of work; what that does to their tie is what messages do."""
    time = today.day + values.staffing.start_of_work
    depth = values.ties.social * values.activities[MODERATE].channel.depth
    for _ in range(values.conflict.talks):
        message(state, i, j, today.day, depth, values.ties)
        message(state, j, i, today.day, depth, values.ties)
        out.flows[EXCHANGES] += 2
        record(out, time, i, j, MESSAGE, -1)
        record(out, time, j, i, MESSAGE, -1)
