"""Reading and responding (ODD 7.9)."""

from __future__ import annotations

import math

from tests.reference import draws
from tests.reference.arriving import Visit
from tests.reference.conversing import expect, give, write
from tests.reference.helpers import NOBODY, PROMOTION, QUESTION, STORY, of_team, sig
from tests.reference.parts import Norm, Post, Turn


class Entry:
    """One entry of a short list: to whom, on which post (None: DIRECT), and its weight."""

    def __init__(self, to: int, post: Post | None):
        self.to, self.post, self.weight = to, post, 0.0


def read(model):
    """Visitors read and respond with what attention is left, in turn, and answers are given when they are due."""
    upto = model.oldest
    model.practical_responses = 0
    for visit in model.visits:
        give(model, model.day + visit.hour)
        while upto < model.next and (model.post(upto).day < model.day or model.post(upto).hour <= visit.hour):
            upto += 1
        Reading(visit, upto).run()
    give(model, model.day + 1.0)
    model.company.practical += model.practical_responses


class Reading:
    """One visitor's reading: what it sees, whom it chooses, what it writes."""

    def __init__(self, visit: Visit, upto: int):
        self.visit, self.member, self.upto = visit, visit.member, upto
        self.model, self.p = self.member.model, self.member.model.p
        self.u = self.member.luck(draws.READING)
        passes_over = [norm for norm in self.model.norms_of("ignore_newcomer") if visit.bits >> norm.number & 1]
        self.passes_over = bool(passes_over) or not self.p.switches.norms
        self.shown = False  # whether a newcomer has been passed over

    # The short list and its weights

    def visible(self, serial: int) -> Post | None:
        """The post of that number if it can be seen at this hour and is not hidden."""
        if not self.model.oldest <= serial < self.upto:
            return None
        post = self.model.post(serial)
        return None if post.hidden else post

    def has_news(self, post: Post) -> bool:
        """Whether somebody else has written in a thread since the member was last here."""
        return post.last != self.member.row and post.latest >= self.member.visit_before

    def friend(self) -> int:
        """Who was introduced to the member lately."""
        i = self.member
        fresh = i.introduced != NOBODY and self.model.day - i.introduced_day <= self.p.meeting.introduction_days
        return i.introduced if fresh else NOBODY

    def short_list(self) -> list[Entry]:
        """The friend, partners, and posts at random."""
        i, model, r = self.member, self.model, self.p.reading
        listed = []
        friend = self.friend()
        if friend != NOBODY and not model.members[friend].left:
            listed.append(Entry(friend, self.visible(model.members[friend].post)))
        for tie in i.ties:
            post = self.visible(model.members[tie.partner].post)
            if post and self.has_news(post):
                listed.append(Entry(tie.partner, post))
        for s in range(r.scan):
            x = self.u(s)
            serial = self.upto - 1 - int(x**r.recency * (self.upto - model.oldest))
            if self.u(40 + s) >= model.home.reach or self.upto == model.oldest:
                continue
            post = self.visible(serial)
            if post is None or post.author == i.row or not self.has_news(post):
                continue
            if any(entry.post is post for entry in listed):
                continue
            if of_team(post.author) or not model.members[post.author].left:
                listed.append(Entry(post.author, post))
        return listed

    def cares(self, entry: Entry) -> float:
        """How much the reader cares for the topic: of the post, or of who is met directly."""
        return self.member.interest(entry.post.topic if entry.post else self.model.members[entry.to].topic)

    def felt(self, entry: Entry) -> float:
        """How close the reader feels to whom it reads; not at all to the team."""
        return 0.0 if of_team(entry.to) else self.member.felt(self.model.members[entry.to])

    def weigh(self, entry: Entry) -> float:
        """How much an entry draws the reader."""
        return self.weigh_team(entry) if of_team(entry.to) else self.weigh_member(entry)

    def weigh_team(self, entry: Entry) -> float:
        """How much a person of the team draws."""
        r = self.p.reading
        return math.exp(r.staff + r.similarity * self.cares(entry))

    def weigh_member(self, entry: Entry) -> float:
        """How much another member draws."""
        i, r = self.member, self.p.reading
        j = self.model.members[entry.to]
        sent = received = 0.0
        if mine := i.tie_to(j):
            sent = i.remembered(mine)
            if theirs := j.tie_to(i):
                received = j.remembered(theirs)
        w = math.exp(
            r.activity * math.log(1.0 + j.activity)
            + r.preference * (r.outgoing * math.log(1.0 + sent) + r.incoming * math.log(1.0 + received))
            + r.similarity * self.cares(entry)
            + r.newcomer * (self.passes_over and j.is_new())
        )
        if entry.to == self.friend():
            w *= r.introduced
        return w

    # Reading

    def run(self):
        """Read entry by entry, perhaps respond, and see what the visit was worth."""
        listed = self.short_list()
        total = 0.0
        for entry in listed:
            entry.weight = self.weigh(entry)
            total += entry.weight
            if self.passes_over and entry.to >= 0 and self.model.members[entry.to].is_new():
                self.shown = True
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
            answered = bool(entry.post and entry.post.answered)
            if entry.post:
                self.take_in(entry.post, d)
            self.visit.fits += min(1.0, self.cares(entry) + self.felt(entry))
            if not (entry.post and entry.post.kind == PROMOTION):
                self.respond(entry, d, answered)
        got = 1.0 - math.exp(-self.visit.fits / self.p.reading.enough)
        self.member.worth += self.p.reading.learning * (got - self.member.worth)

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

    def respond(self, entry: Entry, d: int, answered: bool):
        """Perhaps respond to what was read, to its author or to who wrote last."""
        i, model, visit, post = self.member, self.model, self.visit, entry.post
        chance = sig(self.urge(entry))
        if answered:
            chance *= 1.0 - self.p.reading.crowding_out
        if self.u(d + 4) >= chance or (entry.to >= 0 and not self.p.switches.exchange):
            return
        target = entry.to
        if post and post.kind == QUESTION:
            self.solve(post, d)
        elif post and self.goes_to_last(post, target, d):
            target = post.last
        now = model.day + visit.hour
        if target >= 0:
            expect(model.members[target], i.row, post, now, Turn(model.day, i.key, 64 * d))
        write(i, target, post, now, self.u(d + 7))
        if post and self.shown:
            self.see_passing_over(post)

    def urge(self, entry: Entry) -> float:
        """What moves the reader to respond, as a logit."""
        r, post = self.p.reading, entry.post
        logit = (
            self.visit.ready
            + r.respond
            + r.respond_closeness * self.felt(entry)
            + r.respond_cares * self.cares(entry)
            + r.respond_first * bool(post and post.replies == 0)
        )
        if post and post.kind == QUESTION:
            logit += r.answer + r.answer_skill * self.member.skill(post.topic)
        return logit

    def solve(self, post: Post, d: int):
        """An answer may solve the question."""
        able = self.member.skill(post.topic)
        if post.solver == NOBODY and self.u(d + 5) < sig(self.p.reading.solve_slope * (able - post.difficulty)):
            post.solver = self.member.row

    def goes_to_last(self, post: Post, target: int, d: int) -> bool:
        """Whether the response is aimed at who wrote last."""
        last = post.last
        if not self.p.switches.exchange or last < 0 or last in (self.member.row, target):
            return False
        return not self.model.members[last].left and self.u(d + 6) < self.p.reading.to_last

    def see_passing_over(self, post: Post):
        """Whoever looks at the thread sees that newcomers were passed over."""
        for norm in self.model.norms_of("ignore_newcomer"):
            bit = 1 << norm.number
            if self.visit.bits & bit and not post.conduct & bit:
                post.conduct |= bit
                norm.breaches += 1.0
                self.model.count("breaches")
