"""Words to one another: writing them, and the conversations that come of them (ODD 7.9)."""

from __future__ import annotations

import math

from tests.reference import draws
from tests.reference.arriving import arrive
from tests.reference.draws import Luck
from tests.reference.helpers import PRACTICAL, PROMOTION, QUESTION, of_team, sig
from tests.reference.member import Member
from tests.reference.parts import Owed, Post, Turn


def luck_of(model, turn: Turn) -> Luck:
    """W: the draws of a turn begin at `turn.number + 8 * turn.turn`."""
    return Luck(draws.key(model.luck_seed, draws.CONVERSING, turn.day), turn.key)


def expect(j: Member, i: int, post: Post | None, time: float, turn: Turn):
    """Member j may come to owe an answer to i, who is about to write to it."""
    model, c = j.model, j.model.p.conversing
    w, first = luck_of(model, turn), turn.number + 8 * turn.turn
    if turn.turn >= c.longest or w(first) >= answers(j, post, time, turn) or rides_free(j, post, w(first + 1)):
        return
    due = time + math.exp(c.delay + c.delay_sd * w.normal(first + 2)) / 24.0
    model.owed.append(Owed(due, j.row, i, post.serial if post else -1, turn.next()))


def answers(j: Member, post: Post | None, time: float, turn: Turn) -> float:
    """The chance that j answers."""
    c = j.model.p.conversing
    if turn.turn > 0:
        return c.further
    opened = post is None or post.author == j.row
    since = max(0.0, time - (post.opened if opened else post.latest)) if post else 0.0
    return sig(c.back + c.back_opener * opened - c.back_age * math.log(1.0 + since))


def rides_free(j: Member, post: Post | None, x: float) -> bool:
    """Whether j breaks the norm that who is addressed answers."""
    broken = False
    for norm in j.model.norms_of("free_ride"):
        if x < sig(norm.temptation + j.manners - j.restrained(norm)):
            broken = True
            norm.breaches += 1.0
            j.model.count("breaches")
            if post:
                post.conduct |= 1 << norm.number
    return broken


def give(model, by: float):
    """Give the answers that are due by some moment, the earliest first."""
    while model.owed:
        owed = min(model.owed, key=lambda owed: owed.due)
        if owed.due > by:
            return
        model.owed.remove(owed)
        give_one(model, owed)


def give_one(model, owed: Owed):
    """One answer, unless somebody has left or the thread has closed."""
    j, post = model.members[owed.who], None
    if j.left or (owed.to >= 0 and model.members[owed.to].left):
        return
    if owed.thread >= 0:
        if owed.thread < model.oldest or model.post(owed.thread).hidden:
            return
        post = model.post(owed.thread)
    if j.last_visit < model.day:
        arrive(j)
    if owed.to >= 0:
        expect(model.members[owed.to], j.row, post, owed.due, owed.turn)
    x = luck_of(model, owed.turn)(owed.turn.number + 8 * owed.turn.turn + 4)
    write(j, owed.to, post, owed.due, x)


# Writing


def write(i: Member, target: int, post: Post | None, time: float, x: float):
    """Member i writes to a member, or to one of the team, on a post or directly."""
    model = i.model
    if of_team(target):
        i.near_team()
        if post:
            post.waits = i.row
        model.record(time, i.row, target, "reply" if post else "message", post)
    else:
        address(i, model.members[target], post, time, x)
    if post:
        post.replies += 1
        post.last = i.row
        post.latest = time
        if post.kind in (QUESTION, PRACTICAL):
            model.practical_responses += 1
    model.count("responses")
    i.activity += 1.0
    i.written += 1
    i.last_written = model.day


def address(i: Member, j: Member, post: Post | None, time: float, x: float):
    """A message to a member: perhaps hostile, and by it a tie grows."""
    model, conflict = i.model, i.model.p.conflict
    hostile = is_hostile(i, j, post, x)
    i.message(j, depth(i, j, post))
    model.count("exchanges")
    asked = post and post.kind == QUESTION and post.author == j.row
    model.record(time, i.row, j.row, "answer" if asked else "reply" if post else "message", post)
    j.heard_member += 1.0
    j.called = model.day
    i.belong()
    j.belong()
    if hostile:
        model.count("hostile")
        i.weaken(j, conflict.loss)
        j.weaken(i, conflict.loss)
        j.hurt += 1.0
        j.passion -= model.p.feeling.insult
    if post:
        if hostile:
            post.heat += conflict.heat_gain
        post.heat += conflict.disagreement * max(0.0, i.passion) * (1.0 - i.interest(post.topic))


def is_hostile(i: Member, j: Member, post: Post | None, x: float) -> bool:
    """Whether the message is hostile: mood, example, norm."""
    conflict, hostile = i.model.p.conflict, False
    for norm in i.model.norms_of("hostile"):
        logit = norm.temptation + i.manners - i.restrained(norm)
        mood = i.passion - i.hurt < conflict.bad_mood
        heated = post is not None and post.heat >= conflict.heated
        if x < sig(logit + conflict.mood * mood + conflict.seen * heated):
            hostile = True
            norm.breaches += 1.0
            i.model.count("breaches")
            if post:
                post.conduct |= 1 << norm.number
                post.attacker, post.target = i.row, j.row
    return hostile


def depth(i: Member, j: Member, post: Post | None) -> float:
    """How deep the talk is."""
    t = i.model.p.ties
    if post and post.kind in (QUESTION, PRACTICAL, PROMOTION):
        given = t.practical
    elif i.felt(j) > t.personal_threshold and j.felt(i) > t.personal_threshold:
        given = t.personal
    else:
        given = t.social
    return i.model.home.depth * given
