"""The ledger (ODD 7.17) and the measures (7.18). Nothing here changes the state or is read by a rule."""

from __future__ import annotations

import math

from tests.reference import draws
from tests.reference.draws import Luck
from tests.reference.helpers import ACTIVITIES, FLOWS, LAPSED

COMPANY_LINES = ("support", "product", "engagement", "acquisition", "departures", "stories", "broadcast", "creation",
                 "incidents", "wages", "money")  # fmt: skip
MEMBER_LINES = ("help", "relationships", "creation", "experience", "attention", "harm", "nuisance")


def total(values) -> float:
    """A plain sum, one after the other (Python's own `sum` corrects itself)."""
    summed = 0.0
    for value in values:
        summed += value
    return summed


def mean(values: list) -> float:
    """A mean over members; of nothing it is not a number."""
    return total(values) / len(values) if values else math.nan


def mutual(model) -> list[list[float]]:
    """m of every slot of the current members, in order of rows and slots; 0 unless both feel it."""
    rows = []
    for i in model.current():
        rows.append([])
        for tie in i.ties:
            j = model.members[tie.partner]
            rows[-1].append(0.0 if j.left else math.sqrt(tie.strength * j.felt(i)))
    return rows


def ego(ms: list[float], scale: float) -> float:
    """I: a member's intimacy."""
    return 1.0 - math.exp(-total(ms) / scale)


# The ledger


def account(model, d: list[float]):
    """What the day was worth to the company and to the members."""
    v, p, company = model.p.value, model.p, model.company
    flow = dict(zip(FLOWS, d, strict=True))
    current = model.current()
    intimacy = total([ego(ms, p.measures.ego_scale) for ms in mutual(model)])
    outside = model.followers * p.community.follower_customers
    solved = flow["solved_members"] + flow["solved_staff"] + flow["self_solved"]
    sales = v.spend * v.margin
    stories = lift(company.stories, p.joining.stories_reference * model.customers, v.story_elasticity)
    adstock = lift(company.adstock, p.joining.adstock_reference, v.broadcast_elasticity)
    brands = total((1.0 + member.brand) ** v.broadcast_elasticity - 1.0 for member in current)
    lines = {
        "support": v.ticket * solved * v.direct * (1.0 - v.recontact),
        "product": v.idea * flow["ideas"],
        "engagement": sales * v.uplift * bound(model, intimacy),
        "acquisition": v.newcomer * (flow["joined_word"] + flow["joined_broadcast"]),
        "departures": -v.newcomer * flow["left"],
        "stories": sales * (outside + len(current)) * stories,
        "broadcast": sales * (outside * adstock + brands),
        "creation": (1.0 - v.creation_share) * flow["created"],
        "incidents": -v.incident * flow["hostile"],
        "wages": -p.budget.hours_per_week * p.budget.wage / 7.0,
        "money": -p.budget.money_per_week / 7.0,
    }
    for line, worth in lines.items():
        model.company_value[line] += worth
    lines = {
        "help": v.help * solved,
        "relationships": v.relationship * intimacy,
        "creation": v.creation_share * flow["created"],
        "experience": v.experience * total([member.experienced() - 0.5 for member in current]),
        "attention": -v.hour * v.minutes_read / 60.0 * flow["attention_company"],
        "harm": -v.harm * flow["hostile"],
        "nuisance": -v.nuisance * total([member.annoyance for member in current]),
    }
    for line, worth in lines.items():
        model.member_value[line] += worth


def bound(model, intimacy: float) -> float:
    """How much the members are bound to the community, those who are wholly counting 1."""
    v, day, summed = model.p.value, model.day, 0.0
    for member in model.current():
        summed += v.bound_visiting * (day - member.last_visit <= v.bound_days)
        summed += v.bound_writing * (day - member.last_written <= v.bound_days)
    return summed + (1.0 - v.bound_visiting - v.bound_writing) * intimacy


def lift(x: float, reference: float, elasticity: float) -> float:
    """How sales answer to more than what customers meet anyway."""
    return (1.0 + x / reference) ** elasticity - 1.0


# The measures


def observe(model) -> dict[str, float]:
    """All measures, by name."""
    current, company, r = model.current(), model.company, model.p.receiving
    outside = model.followers * (1.0 - (1.0 + company.exposures / r.reach_spread) ** -r.reach_spread)
    measured = {
        "members": len(current),
        "active": sum(is_active(model, member) for member in current),
        "lapsed": sum(member.stage == LAPSED for member in current),
        "newcomers_kept": newcomers_kept(model),
        "reach": sum(member.met for member in model.members) + outside,
    }
    measured |= closeness(model)
    measured |= {
        "belonging": mean([member.belonging for member in current]),
        "parasocial": mean([member.brand for member in current]),
        "passion": mean([member.passion for member in current]),
        "trust": mean([member.trust for member in current]),
        "annoyance": mean([member.annoyance for member in current]),
        "muted_share": mean([member.muted for member in current]),
        "experience": mean(company.experience),
    }
    measured |= dict(zip(FLOWS, model.flows, strict=True))
    for norm in model.norms:
        measured[f"norm.{norm.name}"] = mean([member.norms[norm.number] for member in current])
    for activity in ACTIVITIES:
        measured[f"hours.{activity}"] = total(person.spent[activity] / 60.0 for person in model.team)
    for person in model.team:
        measured |= {f"person.{person.name}.{activity}": person.spent[activity] / 60.0 for activity in person.work}
    measured |= {f"company.{line}": worth for line, worth in model.company_value.items()}
    measured |= {f"members.{line}": worth for line, worth in model.member_value.items()}
    measured["value_company"] = total(model.company_value.values())
    measured["value_members"] = total(model.member_value.values())
    return measured


def is_active(model, member) -> bool:
    """Whether a member has visited lately, as the measures see it."""
    return model.day - member.last_visit < model.p.measures.active_days


def newcomers_kept(model) -> float:
    """Of those who joined long enough ago, left ones too, the share active."""
    settled = [m for m in model.members if m.joined > 0 and model.day - m.joined >= model.p.measures.settled_days]
    return mean([not m.left and is_active(model, m) for m in settled])


def closeness(model) -> dict[str, float]:
    """The measures of intimacy, from mutual strengths only."""
    given, current = model.p.measures, model.current()
    rows = mutual(model)
    sums = [total(ms) for ms in rows]  # first over a member's slots, then over members
    felt = [[m for m in ms if m > 0.0] for ms in rows]
    egos = [ego(ms, given.ego_scale) for ms in rows]
    new = [model.day - member.joined < given.newcomer_days for member in current]
    near = [sum(m >= given.intimate for m in ms) for ms in rows]
    others = mean([i for i, young in zip(egos, new, strict=True) if not young])
    staff = total([math.sqrt(member.to_staff * member.from_staff) for member in current])
    among = total(sums)
    return {
        "dyad": among / sum(map(len, felt)) if any(felt) else 0.0,
        "ego_depth": mean([total(m * m for m in ms) / total(ms) if ms else 0.0 for ms in felt]),
        "intimacy": mean(egos),
        "intimacy_active": mean([i for i, member in zip(egos, current, strict=True) if is_active(model, member)]),
        "intimate_share": mean([n >= 1 for n in near]),
        "intimate_share_2": mean([n >= 2 for n in near]),
        "equality": equality(egos),
        "inclusion": mean([i for i, young in zip(egos, new, strict=True) if young]) / others if others else math.nan,
        "cohesion": cohesion(model, current, rows),
        "staff_dependence": staff / (staff + among) if staff + among > 0.0 else math.nan,
    }


def equality(egos: list[float]) -> float:
    """1 - Gini of the members' intimacy."""
    n, summed = len(egos), total(sorted(egos))
    if summed == 0.0:
        return math.nan
    ranked = total([rank * i for rank, i in enumerate(sorted(egos), start=1)])
    return 1.0 - (2.0 * ranked / (n * summed) - (n + 1) / n)


def cohesion(model, current: list, rows: list[list[float]]) -> float:
    """The share of members in the largest group joined by intimate ties."""
    joined = {
        i.row: [tie.partner for tie, m in zip(i.ties, ms, strict=True) if m >= model.p.measures.intimate]
        for i, ms in zip(current, rows, strict=True)
    }
    largest, found = 0, set()
    for start in joined:
        group, edge = set(), {start} - found
        while edge:
            group |= edge
            edge = {j for i in edge for j in joined[i]} - group
        found |= group
        largest = max(largest, len(group))
    return largest / len(current) if current else math.nan


def shuffled_intimacy(model, seed: int) -> float:
    """Intimacy where partners are a matter of chance: the null (7.18)."""
    slots = [(i.row, tie) for i in model.current() for tie in i.ties if not model.members[tie.partner].left]
    start = draws.key(seed, draws.NULL, model.day)
    order = sorted(range(len(slots)), key=lambda r: Luck(start, r)(0))
    felt: dict[tuple[int, int], float] = {}
    for (owner, tie), r in zip(slots, order, strict=True):
        partner = slots[r][1].partner
        if partner != owner:
            felt[owner, partner] = max(felt.get((owner, partner), 0.0), tie.strength)
    rows: dict[int, list[float]] = {i.row: [] for i in model.current()}
    for (i, j), strength in sorted(felt.items()):
        rows[i].append(math.sqrt(strength * felt.get((j, i), 0.0)))
    return mean([ego(ms, model.p.measures.ego_scale) for ms in rows.values()])
