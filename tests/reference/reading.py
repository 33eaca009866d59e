"""Reading and responding (ODD 7.9)."""

from __future__ import annotations

import math

from tests.reference import draws
from tests.reference.arriving import Visit
from tests.reference.helpers import NOBODY, PRACTICAL, PROMOTION, QUESTION, STORY, of_team, sig
from tests.reference.member import Member
from tests.reference.parts import Norm, Post


class Entry:
    """One entry of a short list: to whom, on which post (None: DIRECT), and its weight."""

    def __init__(self, to: int, post: Post | None):
        self.to, self.post, self.weight = to, post, 0.0


def read(model):
    """Visitors read and respond with what attention is left, in turn."""
    upto = model.oldest
    model.practical_responses = 0
    for visit in model.visits:
        if visit.left > 0:
            while upto < model.next and (model.post(upto).day < model.day or model.post(upto).hour <= visit.hour):
                upto += 1
            Reading(visit, upto).run()
    model.company.practical += model.practical_responses


class Reading:
    """One visitor's reading: what it sees, whom it chooses, what it writes."""

    def __init__(self, visit: Visit, upto: int):
        self.visit, self.member, self.upto = visit, visit.member, upto
        self.model, self.p = self.member.model, self.member.model.p
        self.u = self.member.luck(draws.READING)
        self.passes_over = self.holds("ignore_newcomer") or not self.p.switches.norms
        self.shown: set[str] = set()
        self.caller = self.who_called()

    def holds(self, kind: str) -> bool:
        """Whether norms of a kind are broken on this visit."""
        return any(self.visit.bits >> norm.number & 1 for norm in self.model.norms_of(kind))

    def who_called(self) -> int:
        """The caller to be answered, a member or one of the team; a free rider answers nobody."""
        i = self.member
        if i.caller == NOBODY or self.model.day - i.called > self.p.reading.thread_days:
            return NOBODY
        if not of_team(i.caller) and self.model.members[i.caller].left:
            return NOBODY
        if self.holds("free_ride"):
            self.shown.add("free_ride")
            return NOBODY
        return i.caller

    # The short list and its weights

    def visible(self, serial: int) -> Post | None:
        """The post of that number if it can be seen at this hour and is not hidden."""
        if not self.model.oldest <= serial < self.upto:
            return None
        post = self.model.post(serial)
        return None if post.hidden else post

    def friend(self) -> int:
        """Who was introduced to the member lately."""
        i = self.member
        fresh = i.introduced != NOBODY and self.model.day - i.introduced_day <= self.p.meeting.introduction_days
        return i.introduced if fresh else NOBODY

    def short_list(self) -> list[Entry]:
        """The caller, the friend, partners, and posts at random."""
        i, model, r = self.member, self.model, self.p.reading
        listed = []
        if self.caller != NOBODY:
            listed.append(Entry(self.caller, self.visible(i.thread)))
        friend = self.friend()
        if friend not in (NOBODY, self.caller) and not model.members[friend].left:
            listed.append(Entry(friend, self.visible(model.members[friend].post)))
        for tie in i.ties:
            if post := self.visible(model.members[tie.partner].post):
                listed.append(Entry(tie.partner, post))
        for s in range(r.scan):
            x = self.u(s)
            serial = self.upto - 1 - int(x**r.recency * (self.upto - model.oldest))
            if self.u(40 + s) >= model.home.reach or self.upto == model.oldest:
                continue
            post = self.visible(serial)
            if post is None or post.author == i.row or any(entry.post is post for entry in listed):
                continue
            if of_team(post.author) or not model.members[post.author].left:
                listed.append(Entry(post.author, post))
        return listed

    def weigh(self, entry: Entry) -> float:
        """How much an entry draws the reader; the caller draws more."""
        r = self.p.reading
        w = self.weigh_team(entry) if of_team(entry.to) else self.weigh_member(entry)
        return w * r.thread if entry.to == self.caller else w

    def weigh_team(self, entry: Entry) -> float:
        """How much a person of the team draws, who talks directly of what the reader likes best."""
        i, r = self.member, self.p.reading
        cares = i.interest(entry.post.topic if entry.post else i.topic)
        return math.exp(r.staff + r.similarity * cares)

    def weigh_member(self, entry: Entry) -> float:
        """How much another member draws, for whatever reason but that it called."""
        i, r = self.member, self.p.reading
        j = self.model.members[entry.to]
        cares = i.interest(entry.post.topic if entry.post else j.topic)
        sent = received = 0.0
        if mine := i.tie_to(j):
            sent = i.remembered(mine)
            if theirs := j.tie_to(i):
                received = j.remembered(theirs)
        w = math.exp(
            r.activity * math.log(1.0 + j.activity)
            + r.preference * (r.outgoing * math.log(1.0 + sent) + r.incoming * math.log(1.0 + received))
            + r.similarity * cares
            + r.newcomer * (self.passes_over and j.is_new())
        )
        if entry.to == self.friend():
            w *= r.introduced
        return w

    # Reading

    def run(self):
        """Read entry by entry, and respond while there are turns left."""
        listed = self.short_list()
        total = 0.0
        for entry in listed:
            entry.weight = self.weigh(entry)
            total += entry.weight
            if self.passes_over and entry.to >= 0 and self.model.members[entry.to].is_new():
                self.shown.add("ignore_newcomer")
        reads = 0
        while self.visit.left > 0 and listed and total > 1e-12:
            d = 100 + 16 * reads
            reads += 1
            self.visit.left -= 1
            c = self.choose(listed, self.u(d) * total)
            entry = listed[c]
            total -= entry.weight
            listed[c] = listed[-1]
            listed.pop()
            if self.u(d + 1) < self.model.home.noise:
                continue
            answered, heat = 0, 0.0
            if entry.post:
                answered, heat = entry.post.answered, entry.post.heat
                self.take_in(entry.post, d)
            if self.visit.turns > 0 and not (entry.post and entry.post.kind == PROMOTION):
                self.respond(entry, d, answered, heat)

    def choose(self, listed: list[Entry], at: float) -> int:
        """The first entry whose running sum of weights is above `at`."""
        running = 0.0
        for c, entry in enumerate(listed):
            running += entry.weight
            if running > at:
                return c
        return len(listed) - 1

    def take_in(self, post: Post, d: int):
        """A post is read: attention is counted, norms are learnt."""
        i, model = self.member, self.model
        if post.kind == STORY:
            model.count("attention_stories")
            i.passion += self.p.telling.passion
        else:
            model.count("attention_staff" if of_team(post.author) else "attention_members")
        if not self.p.switches.norms:
            return
        status = 1.0 if of_team(post.author) else model.members[post.author].status
        for norm in model.norms:
            if norm.breach == "company_promote":
                continue
            b = norm.number
            usual = i.norms[b]
            i.learn(b, 0.0 if post.broken(b) else 1.0, status)
            if post.broken(b):
                i.annoyance += self.p.keeping.annoyance * usual
                self.sanction(norm, post, d)

    def sanction(self, norm: Norm, post: Post, d: int):
        """A reader may tell somebody it knows off."""
        i, model = self.member, self.model
        opener = post.author if post.breach >> norm.number & 1 else NOBODY
        row = post.attacker if norm.breach == "hostile" else opener
        if not norm.by_peers or row < 0 or row == i.row or self.visit.left <= 0:
            return
        breaker = model.members[row]
        if i.tie_to(breaker) and self.u(d + 2) < i.vengeance and self.u(d + 3) >= norm.tolerance:
            self.visit.left = max(0, self.visit.left - self.p.keeping.peer_cost)
            breaker.manners -= self.p.keeping.lesson
            norm.sanctions += 1.0
            model.count("sanctions")

    # Responding

    def respond(self, entry: Entry, d: int, answered: int, heat: float):
        """Respond to what was read, to its author or to who wrote last."""
        i, model, visit = self.member, self.model, self.visit
        post, target = entry.post, entry.to
        if post and post.author == target:
            if post.kind == QUESTION:
                if not self.answers(post, target, d, answered):
                    return
            elif self.goes_to_last(post, target, d):
                target = post.last
        visit.turns -= 1
        if of_team(target):
            i.near_team()
            model.record(visit.hour, i.row, target, "reply" if post else "message", post)
        elif not self.p.switches.exchange:
            visit.turns += 1
            return
        else:
            self.address(model.members[target], post, d, heat)
        if target == self.caller:
            i.caller = self.caller = NOBODY
        if post:
            post.replies += 1
            post.last = i.row
            for norm in model.norms:
                b = norm.number
                if norm.breach in self.shown and visit.bits >> b & 1 and not post.conduct >> b & 1:
                    post.conduct |= 1 << b
                    norm.breaches += 1.0
                    model.count("breaches")
            if post.kind in (QUESTION, PRACTICAL):
                model.practical_responses += 1
        model.count("responses")
        i.activity += 1.0
        i.written += 1
        i.last_written = model.day

    def answers(self, post: Post, target: int, d: int, answered: int) -> bool:
        """Whether the reader answers a question; the answer may solve it."""
        i, r = self.member, self.p.reading
        if not self.p.switches.exchange or target == i.row:
            return False
        able = i.skill(post.topic)
        chance = sig(r.answer + r.answer_skill * able + r.answer_closeness * i.felt(self.model.members[target]))
        if answered:
            chance *= 1.0 - r.crowding_out
        if self.u(d + 4) >= chance:
            return False
        if post.solver == NOBODY and self.u(d + 5) < sig(r.solve_slope * (able - post.difficulty)):
            post.solver = i.row
        return True

    def goes_to_last(self, post: Post, target: int, d: int) -> bool:
        """Whether the response is aimed at who wrote last."""
        last = post.last
        if last < 0 or last in (self.member.row, target) or self.model.members[last].left:
            return False
        return self.u(d + 6) < self.p.reading.to_last

    def address(self, j: Member, post: Post | None, d: int, heat: float):
        """A message to a member: perhaps hostile, and by it a tie grows."""
        i, model, conflict = self.member, self.model, self.p.conflict
        hostile = self.is_hostile(j, post, d, heat)
        i.message(j, self.depth(j, post))
        model.count("exchanges")
        asked = post and post.kind == QUESTION and post.author == j.row
        kind = "answer" if asked else "reply" if post else "message"
        model.record(self.visit.hour, i.row, j.row, kind, post)
        j.heard_member += 1.0
        j.caller = i.row
        j.called = model.day
        j.thread = post.serial if post else -1
        i.belong()
        j.belong()
        if hostile:
            model.count("hostile")
            i.weaken(j, conflict.loss)
            j.weaken(i, conflict.loss)
            j.hurt += 1.0
            j.passion -= self.p.feeling.insult
        if post:
            if hostile:
                post.heat += conflict.heat_gain
            post.heat += conflict.disagreement * max(0.0, i.passion) * (1.0 - i.interest(post.topic))

    def is_hostile(self, j: Member, post: Post | None, d: int, heat: float) -> bool:
        """Whether the message is hostile: mood, example, norm."""
        i, k, conflict = self.member, self.p.keeping, self.p.conflict
        hostile = False
        for norm in self.model.norms_of("hostile"):
            logit = norm.temptation + i.manners
            if self.p.switches.norms:
                usual = i.norms[norm.number]
                logit -= (
                    k.descriptive * (2.0 * usual - 1.0) + k.rule * norm.visible + k.sanction * norm.sanctioned_share()
                )
            mood = i.passion - i.hurt < conflict.bad_mood
            if self.u(d + 7) < sig(logit + conflict.mood * mood + conflict.seen * (heat >= conflict.heated)):
                hostile = True
                norm.breaches += 1.0
                self.model.count("breaches")
                if post:
                    post.conduct |= 1 << norm.number
                    post.attacker, post.target = i.row, j.row
        return hostile

    def depth(self, j: Member, post: Post | None) -> float:
        """How deep the talk is."""
        i, t = self.member, self.p.ties
        if post and post.kind in (QUESTION, PRACTICAL, PROMOTION):
            depth = t.practical
        elif i.felt(j) > t.personal_threshold and j.felt(i) > t.personal_threshold:
            depth = t.personal
        else:
            depth = t.social
        return self.model.home.depth * depth
