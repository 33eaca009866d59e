"""Reading and responding: the attention loop, in which members meet (ODD, 7.7; M2, M3, M4, M6, M8).

A visitor looks over a short list: who has just addressed it, whom it was introduced to, the newest posts of its ties,
and some recent posts. With the attention that company messages have left it reads some of them, chosen by weight,
one after the other. Who has come to write responds to what it reads; a response is an exchange with one member.
"""

import math

import numpy as np

from sim.draws import Rule, day_key, uniform
from sim.events import ANSWER, MESSAGE, REPLY, record
from sim.flows import Flow
from sim.kernel import kernel, log_past_1, sig, toward
from sim.members import NOBODY, Stage, interest, skill
from sim.norms import Breach
from sim.posts import Kind
from sim.rules.keeping import learning, sanctioned_share
from sim.ties import felt, find, message, remembered, weaken

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
LONGEST = 128  # entries of a short list: slots, scan and two more, within the ranges of the scenario
DIRECT = -1  # instead of a post: a word to somebody directly


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
def hostility(temptation, manners, usual, visible, sanctioned, bad_mood, heated, enforced, p, c):
    """Chance that a response is hostile: a breach of civility, likelier in a bad mood and in a heated thread."""
    logit = temptation + manners
    if enforced:
        logit -= p.descriptive * (2.0 * usual - 1.0) + p.rule * visible + p.sanction * sanctioned
    return sig(logit + c.mood * bad_mood + c.seen * heated)


@kernel
def talk_depth(kind, felt_here, felt_there, p):
    """Depth of a response in a thread of `kind`: social talk between people close to each other turns personal."""
    if kind in (SOCIAL, STORY, PROMPT, DIRECT):
        if felt_here > p.personal_threshold and felt_there > p.personal_threshold:
            return p.personal
        return p.social
    return p.practical


def short_list():
    """Room for a short list: to whom (int64), the post (int64) and the weight (float64) of each entry."""
    return np.empty(LONGEST, np.int64), np.empty(LONGEST, np.int64), np.empty(LONGEST)


@kernel
def read(
    seed, day, visitors, hours, left, turns, bits, m, ties, posts, norms, norms_on, exchange_on, introduction_days,
    secondary, home_depth, home_noise, home_reach, p, t, keeping, conflict,
    feeling, traits, story_passion, staff_gain, practical, entries, flows, events,
):  # fmt: skip
    """Let every visitor read and respond, in the order of the hours; updates members, ties, posts, norms and flows.

    `entries` (as `short_list` makes them) are overwritten.
    """
    key = day_key(seed, READING, day)
    who_to, serials, weights = entries
    room = posts.author.size
    oldest = posts.span[0]
    upto = oldest
    for v in range(visitors.size):
        i = visitors[v]
        who = m.key[i]
        if left[v] == 0:
            continue
        while upto < posts.span[1] and (posts.day[upto % room] < day or posts.hour[upto % room] <= hours[v]):
            upto += 1
        caller = m.caller[i]
        free_rides = False
        passes_over = not norms_on
        for b in range(norms.breach.size):
            if bits[v] >> b & 1:
                free_rides = free_rides or norms.breach[b] == FREE_RIDE
                passes_over = passes_over or norms.breach[b] == IGNORE_NEWCOMER
        silent = 0
        if caller != NOBODY and (day - m.called[i] > p.thread_days or caller >= 0 and m.stage[caller] == LEFT):
            caller = NOBODY
        if caller != NOBODY and free_rides:
            caller = NOBODY
            silent |= 1 << FREE_RIDE

        # the short list
        n = 0
        total = 0.0
        if caller != NOBODY:
            serial = m.thread[i]
            if serial < oldest or posts.hidden[serial % room] == 1:
                serial = DIRECT
            who_to[n], serials[n] = caller, serial
            n += 1
        friend = m.introduced[i]
        if (
            friend >= 0
            and day - m.introduced_day[i] <= introduction_days
            and m.stage[friend] != LEFT
            and friend != caller
        ):
            serial = m.post[friend]
            if serial < oldest or serial >= upto or posts.hidden[serial % room] == 1:
                serial = DIRECT
            who_to[n], serials[n] = friend, serial
            n += 1
        for k in range(ties.count[i]):
            j = ties.partner[i, k]
            serial = m.post[j]
            if serial >= oldest and serial < upto and posts.hidden[serial % room] == 0:
                who_to[n], serials[n] = j, serial
                n += 1
        for s in range(p.scan):
            u = uniform(key, who, s)
            serial = upto - 1 - int(u**p.recency * (upto - oldest))
            if uniform(key, who, 40 + s) >= home_reach:
                continue
            if upto == oldest or posts.hidden[serial % room] == 1 or posts.author[serial % room] == i:
                continue
            if posts.author[serial % room] >= 0 and m.stage[posts.author[serial % room]] == LEFT:
                continue
            seen = False
            for c in range(n):
                seen = seen or serials[c] == serial
            if not seen:
                who_to[n], serials[n] = posts.author[serial % room], serial
                n += 1
        for c in range(n):
            j = who_to[c]
            about = j if j >= 0 else i  # a word apart is about whom it comes from, or, from the team, about the member
            topic = m.topic[about] if serials[c] == DIRECT else posts.topic[serials[c] % room]
            cares = interest(topic, m.topic[i], m.second[i], secondary)
            if j < 0:
                w = math.exp(p.staff + p.similarity * cares)
            else:
                sent = 0.0
                received = 0.0
                k = find(ties, i, j)
                if k >= 0:
                    sent = remembered(ties.memory[i, k], ties.last[i, k], day, t.memory_half_life)
                    k = find(ties, j, i)
                    if k >= 0:
                        received = remembered(ties.memory[j, k], ties.last[j, k], day, t.memory_half_life)
                new = 1.0 if passes_over and day - m.joined[j] <= p.newcomer_days else 0.0
                if new == 1.0:
                    silent |= 1 << IGNORE_NEWCOMER
                w = weight(m.activity[j], sent, received, cares, new, p)
                if j == friend and day - m.introduced_day[i] <= introduction_days:
                    w *= p.introduced
            if j == caller:
                w *= p.thread
            weights[c] = w
            total += w

        # reading, one after the other
        reads = 0
        while left[v] > 0 and n > 0 and total > 1e-12:
            draw = 100 + 16 * reads
            reads += 1
            left[v] -= 1
            goal = uniform(key, who, draw) * total
            c = 0
            passed = weights[0]
            while passed <= goal and c < n - 1:
                c += 1
                passed += weights[c]
            j = who_to[c]
            serial = serials[c]
            total -= weights[c]
            n -= 1
            who_to[c], serials[c], weights[c] = who_to[n], serials[n], weights[n]
            if uniform(key, who, draw + 1) < home_noise:
                continue
            kind = DIRECT
            answered = False
            at = 0
            heat = 0.0
            if serial >= 0:
                at = serial % room
                kind = posts.kind[at]
                answered = posts.answered[at] == 1
                heat = posts.heat[at]
                author = posts.author[at]
                if kind == STORY:
                    flows[STORIES] += 1
                    m.passion[i] += story_passion
                elif author < 0:
                    flows[BY_COMPANY] += 1
                else:
                    flows[BY_MEMBERS] += 1
                if norms_on:
                    rate = learning(day - m.joined[i], 1.0 if author < 0 else m.status[author], keeping)
                    for b in range(norms.breach.size):
                        if norms.breach[b] == COMPANY:
                            continue
                        own = posts.breach[at] >> b & 1
                        broken = own | (posts.conduct[at] >> b & 1)
                        usual = m.norms[i, b]
                        m.norms[i, b] = usual + rate * ((0.0 if broken else 1.0) - usual)
                        if not broken:
                            continue
                        m.annoyance[i] += keeping.annoyance * usual
                        breaker = posts.attacker[at] if norms.breach[b] == HOSTILE else author
                        named = breaker >= 0 and breaker != i and (own or norms.breach[b] == HOSTILE)
                        if norms.by_peers[b] == 0 or not named or left[v] == 0 or find(ties, i, breaker) < 0:
                            continue
                        if (
                            uniform(key, who, draw + 2) >= m.vengeance[i]
                            or uniform(key, who, draw + 3) < norms.tolerance[b]
                        ):
                            continue
                        left[v] = max(0, left[v] - keeping.peer_cost)
                        m.manners[breaker] -= keeping.lesson
                        norms.sanctions[b] += 1.0
                        flows[SANCTIONS] += 1
            if turns[v] == 0 or kind == PROMOTION:
                continue

            # responding
            target = j
            if kind == QUESTION and posts.author[at] == j:
                if not exchange_on or j == i:
                    continue
                able = skill(posts.topic[at], m.topic[i], m.second[i], m.expertise[i], traits)
                if uniform(key, who, draw + 4) >= answers(able, felt(ties, i, j), answered, p):
                    continue
                solves = sig(p.solve_slope * (able - posts.difficulty[at]))
                if posts.solver[at] == -1 and uniform(key, who, draw + 5) < solves:
                    posts.solver[at] = i
            elif serial >= 0 and posts.author[at] == j:
                last = posts.last[at]
                others = last >= 0 and last != i and last != j and m.stage[last] != LEFT
                if others and uniform(key, who, draw + 6) < p.to_last:
                    target = last
            turns[v] -= 1
            time = day + hours[v]
            if target < 0:
                m.to_staff[i] = toward(m.to_staff[i], staff_gain)
                m.from_staff[i] = toward(m.from_staff[i], staff_gain)
                m.known[i] = 1
            elif exchange_on:
                hostile = False
                for b in range(norms.breach.size):
                    if norms.breach[b] != HOSTILE:
                        continue
                    bad = 1.0 if m.passion[i] - m.hurt[i] < conflict.bad_mood else 0.0
                    heated = 1.0 if heat >= conflict.heated else 0.0
                    chance = hostility(
                        norms.temptation[b], m.manners[i], m.norms[i, b], norms.visible[b],
                        sanctioned_share(norms.sanctions[b], norms.breaches[b]), bad, heated, norms_on, keeping,
                        conflict,
                    )  # fmt: skip
                    if uniform(key, who, draw + 7) < chance:
                        hostile = True
                        norms.breaches[b] += 1.0
                        flows[BREACHES] += 1
                        if serial >= 0:
                            posts.conduct[at] |= 1 << b
                            posts.attacker[at] = i
                            posts.target[at] = target
                depth = home_depth * talk_depth(kind, felt(ties, i, target), felt(ties, target, i), t)
                message(ties, m.closeness, i, target, day, depth, t)
                flows[EXCHANGES] += 1
                m.heard_member[target] += 1.0
                m.caller[target] = i
                m.called[target] = day
                m.thread[target] = serial
                m.belonging[i] = toward(m.belonging[i], feeling.belonging_exchange)
                m.belonging[target] = toward(m.belonging[target], feeling.belonging_exchange)
                if hostile:
                    flows[HOSTILES] += 1
                    weaken(ties, m.closeness, i, target, conflict.loss)
                    weaken(ties, m.closeness, target, i, conflict.loss)
                    m.hurt[target] += 1.0
                    m.passion[target] -= feeling.insult
                if serial >= 0:
                    cares = interest(posts.topic[at], m.topic[i], m.second[i], secondary)
                    posts.heat[at] += conflict.heat_gain if hostile else 0.0
                    posts.heat[at] += conflict.disagreement * max(0.0, m.passion[i]) * (1.0 - cares)
            else:
                turns[v] += 1
                continue
            if caller == target:
                m.caller[i] = NOBODY
                caller = NOBODY
            if serial >= 0:
                posts.replies[at] += 1
                posts.last[at] = i
                if kind in (QUESTION, PRACTICAL):
                    practical[0] += 1
                for b in range(norms.breach.size):
                    shown = silent >> norms.breach[b] & 1 and bits[v] >> b & 1
                    if shown and posts.conduct[at] >> b & 1 == 0:
                        posts.conduct[at] |= 1 << b
                        norms.breaches[b] += 1.0
                        flows[BREACHES] += 1
            flows[RESPONSES] += 1
            m.activity[i] += 1.0
            m.written[i] += 1
            m.last_written[i] = day
            helps = kind == QUESTION and target == posts.author[at]  # who asked, and thanks, does not answer
            record(events, time, i, target, ANSWER if helps else (MESSAGE if serial < 0 else REPLY), serial)


@kernel
def talk_it_out(ties, closeness, i, j, day, hour, talks, depth, t, flows, events):
    """Let two members talk it out, `talks` times each way; what that does to their tie is what messages do."""
    for _ in range(talks):
        message(ties, closeness, i, j, day, depth, t)
        message(ties, closeness, j, i, day, depth, t)
        flows[EXCHANGES] += 2
        record(events, day + hour, i, j, MESSAGE, -1)
        record(events, day + hour, j, i, MESSAGE, -1)
