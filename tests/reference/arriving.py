"""Who is there: founding (ODD 5.1), joining (7.2), needing (7.3), visiting (7.4)."""

from __future__ import annotations

import math

from tests.reference import draws
from tests.reference.draws import Luck
from tests.reference.helpers import BROADCAST, FOUNDER, LAPSED, NEW, ORGANIC, WORD, half, sig
from tests.reference.member import Member


def found(model, acquainted: bool):
    """The founders: traits, tenure, last visits, and if they are acquainted their ties (5.1)."""
    n = model.founders
    for row in range(n):
        model.members.append(Member(model, row, 0, FOUNDER))
    start = draws.key(model.luck_seed, draws.FOUNDING, 0)
    for member in model.members:
        u = Luck(start, member.row)
        member.joined = -1 - int(u(0) * model.p.community.founding_tenure)
        away = math.log(1.0 - u(1)) / math.log(1.0 - sig(member.drive))
        member.last_visit = max(member.joined, -1 - int(min(away, 10000.0)))
    if acquainted and n > 1:
        a = model.p.community.acquaintances
        for member in model.members:
            u = Luck(start, member.row)
            number = int(a) + (u(2) < a - int(a))
            for k in range(number):
                o = int(u(3 + 2 * k) * (n - 1))
                other = model.members[o + (o >= member.row)]
                member.acquaint(other, 2.0 * model.p.joining.first_tie * u(4 + 2 * k))


def join(model):
    """People of the market join: by themselves, by word of mouth, by messages (7.2)."""
    g, company = model.p.joining, model.company
    start = model.key(draws.JOINING)
    left = max(0.0, model.market - (len(model.members) - model.founders))
    told = company.stories / model.customers / g.stories_reference
    seen = company.adstock / g.adstock_reference
    numbers = {
        ORGANIC: Luck(start, 0).poisson(left * g.rate),
        WORD: Luck(start, 1).poisson(left * g.rate * ((1.0 + told) ** g.word_elasticity - 1.0)),
        BROADCAST: Luck(start, 2).poisson(left * g.rate * ((1.0 + seen) ** g.broadcast_elasticity - 1.0)),
    }
    joiners, people = {}, int(left)
    for source in numbers:
        numbers[source] = number = min(numbers[source], people)
        people -= number
        joiners[source] = []
        for n in range(number):
            member = Member(model, (model.day * 4 + source) * 2**20 + n, model.day, source)
            model.members.append(member)
            joiners[source].append(member)
    for member in joiners[WORD]:
        recruit(member, start)
    model.count("joined_organic", numbers[ORGANIC])
    model.count("joined_word", numbers[WORD])
    model.count("joined_broadcast", numbers[BROADCAST])


def recruit(member: Member, start: int):
    """Somebody who visited yesterday has brought the joiner along."""
    model = member.model
    if not model.visitors:
        return
    recruiter = model.members[model.visitors[int(Luck(start, member.key)(0) * len(model.visitors))]]
    if not recruiter.left:
        member.topic, member.second = recruiter.topic, recruiter.second
        member.acquaint(recruiter, model.p.joining.first_tie)


def need(member: Member):
    """A need arises, or an old one is given up (7.3)."""
    model, g = member.model, member.model.p.needing
    if member.need < 0:
        u = member.luck(draws.NEEDING)
        if member.stage != LAPSED and u(0) < g.rate * 2.0 * (1.0 - member.experienced()):
            member.need = member.topic if u(1) < g.own_topic else int(u(2) * model.p.community.topics)
            member.difficulty = u(3)
            member.asked = NEW
            member.question = -1
            member.need_day = model.day
            model.count("needs")
    elif model.day - member.need_day >= g.patience:
        member.need = -1
        member.trust = max(0.0, member.trust - model.p.feeling.trust_unsolved)
        model.count("given_up")


def visit(model):
    """The tide moves; then members visit, each at its hour (7.4)."""
    move_tide(model)
    present = []
    for member in model.current():
        if member.luck(draws.VISITING)(0) < sig(pull(member)) or member.joined == model.day:
            present.append((arrive(member), member))
    for owed in model.owed:
        member = model.members[owed.who]
        if owed.due < model.day + 1 and not member.left and member.last_visit < model.day:
            present.append((arrive(member), member))
    present.sort(key=lambda pair: (pair[0], pair[1].row))
    model.hours = [hour for hour, _ in present]
    model.visitors = [member.row for _, member in present]
    model.visits = [Visit(member, hour) for hour, member in present]


def away(member: Member) -> int:
    """For how many days a member has been away, at most."""
    return min(member.model.day - member.last_visit, member.model.p.visiting.longest_away)


def arrive(member: Member) -> float:
    """A member comes, today; the hour at which it visits."""
    model, u = member.model, member.luck(draws.VISITING)
    kept = half(away(member) / model.p.feeling.passion_half_life)
    member.passion = member.passion * kept + model.passion_sd * math.sqrt(1.0 - kept * kept) * u.normal(2)
    member.visit_before = member.last_visit
    member.last_visit = model.day
    model.count("visits")
    return u(1)


def move_tide(model):
    """What draws all members alike wanders about 0."""
    v = model.p.visiting
    kept = half(1.0 / v.tide_half_life)
    everybody = Luck(model.key(draws.VISITING), -1)
    model.tide = model.tide * kept + v.tide_sd * math.sqrt(1.0 - kept * kept) * everybody.normal(0)


def pull(member: Member) -> float:
    """What draws a member to visit, as a logit."""
    model, v = member.model, member.model.p.visiting
    lasting = model.home.lasting
    unread = (model.volume[member.topic] + model.volume[member.second]) * min(away(member), lasting) / lasting
    return (
        member.drive
        + model.tide
        + v.closeness * (1.0 - math.exp(-member.closeness / v.closeness_scale))
        + v.belonging * member.belonging
        + v.need * (member.need >= 0)
        + v.experience * (member.experienced() - 0.5)
        + v.called * (model.day - member.called <= v.called_days)
        + v.worth * (member.worth - model.p.reading.usual)
        - v.annoyance * member.annoyance
        - v.crowd * math.log(1.0 + unread / v.crowd_knee)
        - v.hurt * member.hurt
        - v.loss * member.loss
        - v.silence * math.log(1.0 + away(member) / v.silence_days)
    )


class Visit:
    """What the day keeps of a visitor: attention left, readiness to write, what fitted, norms it will break."""

    def __init__(self, member: Member, hour: float):
        self.member, self.hour = member, hour
        self.left = self.bits = 0
        self.ready = self.fits = 0.0
