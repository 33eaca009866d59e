"""Conversing: who is addressed may answer, some hours later, and be answered in turn (ODD, 7.9; M1, M3).

An answer that is owed is given at its hour, on a short visit if the member is not there: it reads nothing then. Who
owes an answer on a later day visits on that day (7.4).
"""

import math

from sim.compiled.draws import Rule, day_key, normal, uniform
from sim.compiled.kernel import kernel, log_past_1, sig
from sim.rules.keeping import restraint
from sim.rules.responding import DIRECT, Word, respond
from sim.rules.visiting import arrive
from sim.state import conversations
from sim.state.conversations import Turn
from sim.state.flows import Flow
from sim.state.members import Stage
from sim.state.norms import Breach

CONVERSING, VISITING = int(Rule.CONVERSING), int(Rule.VISITING)
LEFT, FREE_RIDE = int(Stage.LEFT), int(Breach.FREE_RIDE)
BREACHES, VISITS = int(Flow.BREACHES), int(Flow.VISITS)
DRAWS = 8  # that belong to one turn
WHETHER, RIDES, DELAY, TONE = 0, 1, 2, 4  # which of them decides what; the delay takes two


@kernel
def draw_of(today, turn, which):
    """A draw of a turn of a conversation."""
    return uniform(day_key(today.seed, CONVERSING, turn.day), turn.key, turn.number + DRAWS * turn.turn + which)


@kernel
def answers_back(opened, since, turn, p):
    """Chance that a word is answered by whom it addresses.

    `opened`: 1 where it is addressed in its own thread, or apart; `since`: days since it wrote there; `turn`: answers
    given in this conversation before.
    """
    if turn > 0:
        return p.further
    return sig(p.back + p.back_opener * opened - p.back_age * log_past_1(since))


@kernel
def rides_free(today, state, values, out, word, turn):
    """Whether the member addressed breaks a norm of reciprocity, and leaves who wrote to it without an answer."""
    norms, i, rides = state.norms, word.to, False
    for b in range(norms.breach.size):
        if norms.breach[b] != FREE_RIDE:
            continue
        logit = norms.temptation[b] + state.members.manners[i]
        if values.switches.norms:
            logit -= restraint(norms, b, state.beliefs[i, b], values.keeping)
        if draw_of(today, turn, RIDES) < sig(logit):
            rides = True
            norms.breaches[b] += 1.0
            out.flows[BREACHES] += 1
            if word.thread >= 0:
                state.posts.conduct[word.thread - state.now.start] |= 1 << b
    return rides


@kernel
def expect_answer(today, state, values, out, word, turn):
    """Decide whether the member whom `word` addresses will answer it, and when; before the word is written down."""
    posts, p, owed, at = state.posts, values.conversing, state.owed, word.thread - state.now.start
    if turn.turn >= p.longest:
        return
    opened, since = 1.0, 0.0
    if word.thread >= 0:
        opened = 1.0 if posts.author[at] == word.to else 0.0
        since = max(0.0, word.time - (posts.day[at] + posts.hour[at] if opened == 1.0 else posts.latest[at]))
    if draw_of(today, turn, WHETHER) >= answers_back(opened, since, turn.turn, p):
        return
    if rides_free(today, state, values, out, word, turn):
        return
    key = day_key(today.seed, CONVERSING, turn.day)
    hours = math.exp(p.delay + p.delay_sd * normal(key, turn.key, turn.number + DRAWS * turn.turn + DELAY))
    row = state.now.owed
    owed.due[row] = word.time + hours / 24.0
    owed.begun[row] = turn.day
    owed.begun_by[row] = turn.key
    owed.number[row] = turn.number
    owed.turn[row] = turn.turn + 1
    owed.thread[row] = word.thread
    owed.who[row] = word.to
    owed.to[row] = word.who
    conversations.add(state.now, owed)


@kernel
def converse(today, state, values, out, until):
    """Let every answer be given that is due by `until`, in the order of their moments; one may call for another."""
    now, owed = state.now, state.owed
    while now.owed > 0 and owed.due[0] <= until:
        at = conversations.take_first(now, owed)
        word = Word(owed.who[at], owed.to[at], owed.thread[at], owed.due[at])
        turn = Turn(owed.begun[at], owed.begun_by[at], owed.number[at], owed.turn[at])
        if can_be_given(state, values, word):
            give(today, state, values, out, word, turn)


@kernel
def can_be_given(state, values, word):
    """Whether both are still there and may talk, and the thread is open and has not been removed."""
    stage, now = state.members.stage, state.now
    if stage[word.who] == LEFT or word.to >= 0 and (stage[word.to] == LEFT or not values.switches.exchange):
        return False
    return word.thread == DIRECT or word.thread >= now.oldest and state.posts.hidden[word.thread - now.start] == 0


@kernel
def give(today, state, values, out, word, turn):
    """Give an answer; a member who has not been there today comes for it."""
    if state.members.last_visit[word.who] < today.day:
        arrive(today, day_key(today.seed, VISITING, today.day), state, values, word.who)
        out.flows[VISITS] += 1
    if word.to >= 0:
        expect_answer(today, state, values, out, word, turn)
    respond(today, state, values, out, word, draw_of(today, turn, TONE))
