"""What visitors do before they read: receiving (ODD 7.6) and posting (7.7)."""

from __future__ import annotations

import math

from tests.reference import draws
from tests.reference.arriving import Visit
from tests.reference.helpers import ASKED, LN2, NEW, PRACTICAL, PROMOTION, QUESTION, SEARCHED, SOCIAL, grow, sig, toward
from tests.reference.member import Member
from tests.reference.parts import Norm


def receive(model):
    """Visitors meet today's company messages (7.6)."""
    company = model.company
    norm = next(iter(model.norms_of("company_promote")), None) if model.p.switches.norms else None
    excess = 0.0
    if norm and company.feed != 0.0:
        tolerance = max(norm.tolerance, model.p.keeping.least_tolerance)
        excess = max(0.0, company.promotions / company.feed / tolerance - 1.0)
    for visit in model.visits:
        visit.left = model.p.attention.things
        if not visit.member.muted:
            meet_messages(visit, norm, excess)


def meet_messages(visit: Visit, norm: Norm | None, excess: float):
    """One visitor goes through the messages in the order of sending."""
    member, model = visit.member, visit.member.model
    r, t = model.p.receiving, model.p.telling
    u = member.luck(draws.RECEIVING)
    for k, (topic, resonance, promotion, story, novelty, reach) in enumerate(model.company.messages):
        if visit.left == 0 or u(2 * k) >= r.exposure * reach:
            continue
        visit.left -= 1
        member.met = 1
        fit = (resonance + member.interest(topic)) / 2.0 if model.p.switches.resonance else r.neutral_resonance
        member.adstock += 1.0
        x = r.peak_days / r.adstock_half_life * LN2 * member.adstock / r.peak
        works = fit * novelty
        if promotion > 0:
            works *= r.knowledge
        member.brand = toward(member.brand, r.brand_gain * works)
        believed = excess * member.norms[norm.number] if norm else 0.0
        over = max(0.0, x - 1.0)
        factor = r.story_annoyance if story else r.plain_annoyance + (1.0 - r.plain_annoyance) * promotion
        member.annoyance += r.annoyance_gain * (1.0 - fit) * factor * (1.0 + over + believed)
        member.trust = max(0.0, member.trust - r.trust_loss * member.annoyance)
        if norm:
            member.learn(norm.number, 1.0 - promotion, 0.0)
        if story:
            member.passion += t.passion * novelty
            model.count("attention_stories")
        else:
            model.count("attention_company")
        if u(2 * k + 1) < r.mute * grow(member.annoyance):
            member.muted = 1
            model.count("muted")
            return


def post(visit: Visit):
    """A visitor searches, and may ask or open a thread (7.7)."""
    member, model = visit.member, visit.member.model
    p, u = model.p.posting, member.luck(draws.POSTING)
    search(member, u)
    asks = member.need >= 0 and member.asked == SEARCHED
    visit.ready = readiness(member)
    for norm in model.norms:
        b = norm.number
        if norm.breach not in ("hostile", "free_ride", "company_promote") and u(20 + b) < breach_chance(member, norm):
            visit.bits |= 1 << b
    if u(1) < sig(visit.ready + (p.asking if asks else p.opening)):
        open_thread(visit, asks, u)


def search(member: Member, u):
    """Look for a solved thread before asking."""
    model = member.model
    if member.need >= 0 and member.asked == NEW:
        member.asked = SEARCHED
        found = 1.0 - math.exp(-model.company.library[member.need] / model.p.needing.library_scale)
        if model.home.searchable and u(0) < found:
            member.need = -1
            model.count("self_solved")


def readiness(member: Member) -> float:
    """What moves a visitor to write, as a logit."""
    model, p = member.model, member.model.p.posting
    rules = model.p.switches.norms and any(norm.visible for norm in model.norms_of("hostile"))
    return (
        member.voice
        + p.heard * (1.0 - math.exp(-(member.heard_staff + member.heard_member) / p.heard_enough))
        + p.status * member.status
        + p.worth * (member.worth - model.p.reading.usual)
        + p.active * (model.day - member.last_written <= p.active_days)
        + p.passion * member.passion
        + p.assurance * bool(rules and member.is_new())
        - p.hurt * member.hurt
    )


def breach_chance(member: Member, norm: Norm) -> float:
    """How likely the member is to break a norm (7.12)."""
    return sig(norm.temptation + member.manners - member.restrained(norm))


def open_thread(visit: Visit, asks: bool, u):
    """Ask, or open a thread; some breaches show in it."""
    member, model = visit.member, visit.member.model
    p, topics = model.p.posting, model.p.community.topics
    topic = member.topic if u(3) < p.first_topic else member.second
    kind = SOCIAL if u(4) < p.social else PRACTICAL
    shown = 0
    for norm in model.norms:
        bit = 1 << norm.number
        if not visit.bits & bit:
            continue
        if norm.breach == "other":
            shown |= bit
        elif norm.breach == "stray" and not asks:
            kind, topic = SOCIAL, int(u(5) * topics)
            shown |= bit
        elif norm.breach == "promote" and not asks:
            kind = PROMOTION
            shown |= bit
    if asks:
        kind, topic = QUESTION, member.need
        member.asked = ASKED
        model.count("asked")
    difficulty = member.difficulty if asks else 0.0
    made = model.add_post(
        author=member.row, hour=visit.hour, topic=topic, kind=kind, breach=shown, difficulty=difficulty
    )
    if asks:
        member.question = made.serial
    member.post = made.serial
    model.record(made.opened, member.row, member.row, "question" if asks else "topic", made)
    member.last_written = model.day
    member.written += 1
    member.activity += 1.0
    model.count("posts")
    for norm in model.norms:
        if shown >> norm.number & 1:
            norm.breaches += 1.0
            model.count("breaches")
