"""The evening: solving (ODD 7.10), keeping norms (7.12), telling (7.13), feeling (7.16), leaving (7.15)."""

from __future__ import annotations

import math

from tests.reference import draws
from tests.reference.helpers import (
    CORE,
    LAPSED,
    LEFT,
    NEWCOMER,
    NOBODY,
    PRACTICAL,
    QUESTION,
    REGULAR,
    STORY,
    VISITOR,
    grow,
    half,
    sig,
    toward,
)
from tests.reference.member import Member


def solve(model):
    """Solutions reach askers; the library ages (7.10)."""
    f, library = model.p.feeling, model.company.library
    for post in model.open_posts():
        if post.kind != QUESTION or post.closed or post.solver == NOBODY:
            continue
        post.closed = 1
        asker = model.members[post.author]
        if asker.question == post.serial and asker.need >= 0:
            asker.need = -1
            asker.won |= 1
            asker.trust = toward(asker.trust, f.trust_solved)
            if post.solver >= 0:
                solver = model.members[post.solver]
                solver.helped += 1
                solver.status = toward(solver.status, f.status_help)
                model.count("solved_members")
            else:
                model.count("solved_staff")
        if model.home.searchable:
            library[post.topic] += 1.0
    kept = half(1.0 / model.p.needing.library_half_life)
    for topic in range(len(library)):
        library[topic] *= kept


def keep_norms(model):
    """Sanctions are forgotten; what most believe is kept gets written down (7.12)."""
    k = model.p.keeping
    kept = half(1.0 / k.sanction_half_life)
    for norm in model.norms:
        norm.sanctions *= kept
        norm.breaches *= kept
    shares = model.given.strategy.hours
    hours = (shares.get("host", 0.0) + shares.get("moderate", 0.0)) * model.p.budget.hours_per_week
    if not model.p.strategy.codify or hours <= 0.0:
        return
    active = [member for member in model.current() if model.day - member.last_visit < k.active_days]
    for norm in model.norms:
        holding = sum(member.norms[norm.number] >= k.codify_level for member in active)
        held = len(active) > 0 and holding >= k.codify_share * len(active)
        norm.held_days = norm.held_days + 1 if held else 0
        if not norm.visible and norm.held_days >= k.codify_days:
            norm.visible = 1
            model.count("codified")


def tell(model):
    """Winners and those asked tell a story; then the feed is counted (7.13)."""
    for member in model.members:
        if member.won > 0 or member.invited:
            tell_one(member)
    company = model.company
    opened = [post for post in model.open_posts() if post.day == model.day and post.author >= 0]
    company.stories += sum(post.kind == STORY for post in opened)
    company.feed += len(opened)
    company.practical += sum(post.kind in (QUESTION, PRACTICAL) for post in opened)


def tell_one(member: Member):
    """One member feels its win, and may tell."""
    model, t = member.model, member.model.p.telling
    if member.won > 0:
        member.passion += model.p.feeling.win
        member.wins += 1
    member.won = 0
    asked = member.invited
    member.invited = 0
    if member.left or member.wins == 0 or not model.p.switches.stories:
        return
    urge = t.base + t.closeness * member.own() + t.experience * member.experienced() + t.asked * asked
    if member.luck(draws.TELLING)(0) < sig(urge):
        made = model.add_post(author=member.row, hour=model.p.telling.hour, topic=member.topic, kind=STORY)
        member.post = made.serial
        model.record(made.opened, member.row, member.row, "topic", made)
        model.count("stories")


def leave(member: Member):
    """A member leaves for good, or gets its stage (7.15)."""
    model, g, day = member.model, member.model.p.leaving, member.model.day
    if (day + member.key) % g.every == 0:
        hazard = grow(
            g.base
            - g.closeness * member.own()
            - g.belonging * member.belonging
            + g.annoyance * member.annoyance
            + g.hurt * member.hurt
            + g.loss * member.loss
        )
        if member.luck(draws.LEAVING)(0) < 1.0 - math.exp(-hazard):
            member.stage = LEFT
            member.need = -1
            member.ties = []
            member.closeness = 0.0
            model.count("left")
            member.remove()  # from Mesa's set of agents; the row stays in `model.members`
            return
    set_stage(member)


def set_stage(member: Member):
    """The stage of a member that stays (7.15)."""
    g = member.model.p.leaving
    if member.model.day - member.last_visit > g.lapse_days:
        member.stage = LAPSED
    elif member.written == 0:
        member.stage = VISITOR
    elif member.is_new():
        member.stage = NEWCOMER
    else:
        member.stage = CORE if member.closeness >= g.core_closeness else REGULAR


def feel(model):
    """Ties fade, then feelings (7.16)."""
    for member in model.members:
        fade_ties(member)
    for member in model.members:
        fade_feelings(member)


def fade_ties(member: Member):
    """Ties fade; those to leavers and the forgotten fall."""
    model, t = member.model, member.model.p.ties
    total, before = 0.0, member.closeness
    k = 0
    while k < len(member.ties):
        tie = member.ties[k]
        tie.strength = tie.strength * member.kept(tie.strength)
        partner = model.members[tie.partner]
        if is_gone(partner) and tie.strength > 0.0:
            member.loss += tie.strength / max(before, tie.strength)
        silent = tie.strength < t.forgotten_strength and model.day - tie.last > t.forgotten_days
        if partner.left or silent:
            member.drop(k)
        else:
            total += tie.strength
            k += 1
    member.closeness = total


def is_gone(partner: Member) -> bool:
    """Whether those who hold a member lose it today: it has left, or has just lapsed."""
    lapses = partner.model.p.leaving.lapse_days + 1
    return partner.left or (partner.stage == LAPSED and partner.model.day - partner.last_visit == lapses)


def fade_feelings(member: Member):
    """Feelings fade, of those who have left too."""
    p = member.model.p
    f = p.feeling
    member.adstock *= half(1.0 / p.receiving.adstock_half_life)
    member.brand *= half(1.0 / p.receiving.brand_half_life)
    member.annoyance *= half(1.0 / p.receiving.annoyance_half_life)
    member.heard_staff *= half(1.0 / f.heard_half_life)
    member.heard_member *= half(1.0 / f.heard_half_life)
    member.hurt *= half(1.0 / f.hurt_half_life)
    member.loss *= half(1.0 / f.loss_half_life)
    member.activity *= half(1.0 / f.activity_half_life)
    member.belonging *= half(1.0 / f.belonging_half_life)
    member.status *= half(1.0 / f.status_half_life)
    member.to_staff *= half(1.0 / p.ties.half_life)
    member.from_staff *= half(1.0 / p.ties.half_life)
    member.trust = p.members.trust + (member.trust - p.members.trust) * half(1.0 / f.trust_half_life)
