"""A member: its columns (ODD 2.1), its ties (2.2, 7.0), and the helpers of section 7 that are about one member."""

from __future__ import annotations

import math
import struct

import mesa

from tests.reference import draws
from tests.reference.draws import Luck
from tests.reference.helpers import LEFT, LN2, LONG_AGO, NOBODY, half, toward
from tests.reference.parts import Norm, Tie


def in_32_bits(value: float) -> float:
    """The value rounded to the nearest of 32 bits (ODD 2.2)."""
    return struct.unpack("f", struct.pack("f", value))[0]


class Member(mesa.Agent):
    """A customer in the community. `row` names it; `key` names it in draws."""

    def __init__(self, model, key: int, joined: int, source: int):
        super().__init__(model)
        self.row = len(model.members)
        self.key, self.joined, self.source = key, joined, source
        self.stage = 0
        self.last_visit = self.visit_before = self.last_written = LONG_AGO
        self.passion = self.annoyance = self.hurt = self.status = self.activity = 0.0
        self.adstock = self.brand = self.heard_staff = self.heard_member = self.closeness = 0.0
        self.to_staff = self.from_staff = self.loss = 0.0
        self.known = self.muted = self.met = 0
        self.need, self.asked, self.question, self.difficulty, self.need_day = -1, 0, -1, 0.0, 0
        self.called = LONG_AGO
        self.introduced, self.introduced_day = NOBODY, LONG_AGO
        self.post = -1
        self.written = self.helped = self.wins = self.won = self.invited = 0
        self.ties: list[Tie] = []
        self.endow()

    def endow(self):
        """Traits, the same on whatever day and for whatever row (7.2)."""
        p, given = self.model.p, self.model.p.members
        u = Luck(draws.key(self.model.luck_seed, draws.TRAITS, 0), self.key)
        topics = p.community.topics
        c = given.drive_voice_correlation
        x = u.normal(0)
        self.drive = given.drive_mean + given.drive_sd * x
        self.voice = given.voice_mean + given.voice_sd * (c * x + math.sqrt(1.0 - c * c) * u.normal(2))
        self.topic = int(u(4) * topics)
        self.second = (self.topic + 1 + int(u(5) * (topics - 1))) % topics
        self.expertise = u(6) ** given.expertise_shape
        self.manners = given.manners_sd * u.normal(7)
        self.vengeance = u(9)
        self.touchpoint = int(u(10) * 4)
        self.passion = self.model.passion_sd * u.normal(11)
        self.trust = given.trust
        self.belonging = given.belonging
        self.worth = p.reading.usual
        self.norms = [norm.start for norm in self.model.norms]

    def luck(self, rule: int) -> Luck:
        """U of section 7: this member's draws under a rule today."""
        return Luck(self.model.key(rule), self.key)

    @property
    def left(self) -> bool:
        """Whether the member has left for good."""
        return self.stage == LEFT

    # Helpers of section 7

    def interest(self, topic: int) -> float:
        """What the member cares about."""
        return 1.0 if topic == self.topic else self.model.p.members.secondary_topic if topic == self.second else 0.0

    def skill(self, topic: int) -> float:
        """What the member is good at."""
        if topic == self.topic:
            return self.expertise
        given = self.model.p.members
        return self.expertise * (given.secondary_topic if topic == self.second else given.other_topic)

    def own(self) -> float:
        """Pull of own ties."""
        return 1.0 - math.exp(-self.closeness / self.model.p.visiting.closeness_scale)

    def experienced(self) -> float:
        """The experience of the company, as this member has it."""
        e = self.model.company.experience
        return (e[self.touchpoint] + (e[0] + e[1] + e[2] + e[3]) / 4.0) / 2.0

    def is_new(self) -> bool:
        """Whether the member has joined lately."""
        return self.model.day - self.joined <= self.model.p.reading.newcomer_days

    # Ties (7.0)

    def tie_to(self, other: Member) -> Tie | None:
        """find: the lowest slot that holds `other`."""
        for tie in self.ties:
            if tie.partner == other.row:
                return tie
        return None

    def seat(self, other: Member) -> Tie:
        """The slot that holds `other`, made if need be."""
        if tie := self.tie_to(other):
            return tie
        tie = Tie(other.row)
        if len(self.ties) < self.model.p.ties.slots:
            self.ties.append(tie)
        else:
            k = min(range(len(self.ties)), key=lambda k: self.ties[k].strength)
            self.closeness -= self.ties[k].strength
            self.ties[k] = tie
        return tie

    def drop(self, k: int):
        """Forget slot k; the last slot takes its place."""
        self.closeness -= self.ties[k].strength
        self.ties[k] = self.ties[-1]
        self.ties.pop()

    def felt(self, other: Member) -> float:
        """The strength of the tie to `other`, 0 if there is none."""
        tie = self.tie_to(other)
        return tie.strength if tie else 0.0

    def remembered(self, tie: Tie) -> float:
        """What is left of the memory of messages sent."""
        if tie.memory == 0.0:
            return 0.0
        return tie.memory * half((self.model.day - tie.last) / self.model.p.ties.memory_half_life)

    def kept(self, strength: float) -> float:
        """What a tie of this strength keeps in a day (7.16)."""
        t = self.model.p.ties
        return 1.0 - LN2 / (t.half_life * (1.0 + t.slowing * strength))

    def message(self, other: Member, depth: float):
        """This member addresses `other`, whose tie grows."""
        t, day = self.model.p.ties, self.model.day
        mine = self.seat(other)
        mine.memory = in_32_bits(self.remembered(mine) + 1.0)
        mine.last = day
        if mine.exchanges < 32000:
            mine.exchanges += 1
        theirs = other.seat(self)
        room = max(0.0, 1.0 - other.closeness / t.capacity)
        gain = t.gain * depth * (1.0 - theirs.strength) * room
        if day - theirs.last <= t.reciprocity_days:
            gain *= t.reciprocity
        gain = min(gain, 1.0 - theirs.strength)
        theirs.strength += gain
        other.closeness += gain

    def weaken(self, other: Member, loss: float):
        """The tie to `other` loses strength."""
        if tie := self.tie_to(other):
            taken = min(loss, tie.strength)
            tie.strength -= taken
            self.closeness -= taken

    def acquaint(self, other: Member, strength: float):
        """Both know each other from before (7.2)."""
        for one, two in ((self, other), (other, self)):
            tie = one.seat(two)
            if tie.strength == 0.0:
                tie.strength = strength
                one.closeness += strength

    # What more than one submodel does to a member

    def belong(self):
        """An exchange with a member makes one belong."""
        self.belonging = toward(self.belonging, self.model.p.feeling.belonging_exchange)

    def near_team(self):
        """Contact with the team: closeness both ways, and the team knows the member."""
        gain = self.model.p.ties.staff_gain
        self.to_staff = toward(self.to_staff, gain)
        self.from_staff = toward(self.from_staff, gain)
        self.known = 1

    def restrained(self, norm: Norm) -> float:
        """What restrains the member from breaking a norm, as a logit (7.12); nothing where norms are switched off."""
        k = self.model.p.keeping
        if not self.model.p.switches.norms:
            return 0.0
        return (
            k.descriptive * (2.0 * self.norms[norm.number] - 1.0)
            + k.rule * norm.visible
            + k.sanction * norm.sanctioned_share()
        )

    def learn(self, b: int, kept: float, status: float):
        """learnt: one example of norm b, kept or broken (7.12)."""
        k = self.model.p.keeping
        rate = k.learning_early if self.model.day - self.joined < k.early_days else k.learning_late
        rate = min(1.0, rate * (1.0 + (k.status_weight - 1.0) * status))
        self.norms[b] = self.norms[b] + rate * (kept - self.norms[b])
