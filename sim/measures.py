"""Measures: what is read off the state, and what each number means (ODD, 4.11 and 7.17; M16). No rule reads any of it.

Intimacy is a vector, never one score: how close pairs are, how much of it a member has, how many have any, how
evenly, whether newcomers have their part, whether it holds the community together, how much of it runs to staff.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.draws import Rule, day_key, uniform
from sim.flows import Flow
from sim.kernel import kernel
from sim.members import Stage
from sim.ties import felt

if TYPE_CHECKING:
    from sim.community import Community

LEFT, LAPSED = int(Stage.LEFT), int(Stage.LAPSED)


class Measure(NamedTuple):
    """One column of a run's series."""

    label: str
    unit: str
    kind: str  # "state": as of the day; "flow": cumulative since day 0
    about: str
    better: str  # "more", "less" or ""


def _state(label: str, unit: str, about: str, better: str = "more") -> Measure:
    return Measure(label, unit, "state", about, better)


def _flow(label: str, unit: str, about: str, better: str = "") -> Measure:
    return Measure(label, unit, "flow", about, better)


STATES = {
    "members": _state("Members", "members", "who have not left"),
    "active": _state("Active members", "members", "visited in the last 28 days"),
    "lapsed": _state("Lapsed members", "members", "have stayed away for long", "less"),
    "newcomers_kept": _state("Newcomers kept", "share", "joined 30 days ago or more, visited in the last 28 days"),
    "reach": _state("People reached", "people", "ever met a company message, inside or outside"),
    "dyad": _state("Closeness of a tie", "strength 0-1", "mean mutual strength of ties felt on both sides"),
    "ego_depth": _state("Depth of a member's ties", "strength 0-1", "closeness of an average tie, mean over members"),
    "intimacy": _state("Community intimacy", "0-1", "mean over all members of 1 - exp(-sum of mutual ties / scale)"),
    "intimacy_active": _state("Intimacy of the active", "0-1", "the same over active members"),
    "intimate_share": _state("With an intimate tie", "share of members", "at least one mutual tie of .3 or more"),
    "intimate_share_2": _state("With two intimate ties", "share of members", "at least two mutual ties of .3 or more"),
    "equality": _state("Equality of intimacy", "0-1", "1 - Gini of members' intimacy"),
    "inclusion": _state("Inclusion of newcomers", "ratio", "intimacy of members under 90 days over that of the rest"),
    "cohesion": _state("Cohesion", "share of members", "in the largest group joined by intimate ties"),
    "staff_dependence": _state("Dependence on staff", "share", "of mutual closeness that runs to the team", "less"),
    "belonging": _state("Belonging", "0-1", "mean over members"),
    "parasocial": _state("One-way closeness to the brand", "0-1", "mean over members", ""),
    "passion": _state("Passion", "logit", "mean over members", ""),
    "trust": _state("Trust in the company", "0-1", "mean over members"),
    "annoyance": _state("Annoyance", "0 or more", "mean over members", "less"),
    "muted_share": _state("Muted the company", "share of members", "have muted company messages", "less"),
    "experience": _state("Experience of the company", "0-1", "mean of the four touchpoints"),
}  # fmt: skip

FLOWS = {
    Flow.JOINED_ORGANIC: _flow("Joined by themselves", "members", "since day 0"),
    Flow.JOINED_WORD: _flow("Joined by word of mouth", "members", "since day 0", "more"),
    Flow.JOINED_BROADCAST: _flow("Joined by broadcast", "members", "since day 0", "more"),
    Flow.LEFT: _flow("Left", "members", "for good, since day 0", "less"),
    Flow.VISITS: _flow("Visits", "visits", "member-days with a visit", "more"),
    Flow.POSTS: _flow("Threads opened", "posts", "by members", "more"),
    Flow.RESPONSES: _flow("Responses", "responses", "by members, to members or the team", "more"),
    Flow.EXCHANGES: _flow("Exchanges", "messages", "from a member to a member", "more"),
    Flow.STAFF_MESSAGES: _flow("Messages by the team", "messages", "to members and prompts"),
    Flow.HOSTILE: _flow("Hostile exchanges", "messages", "from a member to a member", "less"),
    Flow.SANCTIONS: _flow("Sanctions", "sanctions", "by peers and team"),
    Flow.MEDIATED: _flow("Conflicts mediated", "threads", "by the team"),
    Flow.NEEDS: _flow("Needs", "needs", "that arose", "less"),
    Flow.ASKED: _flow("Questions", "questions", "asked by members"),
    Flow.SOLVED_MEMBERS: _flow("Solved by members", "needs", "of others", "more"),
    Flow.SOLVED_STAFF: _flow("Solved by the team", "needs", "of members", "more"),
    Flow.SELF_SOLVED: _flow("Solved by the library", "needs", "found by searching", "more"),
    Flow.GIVEN_UP: _flow("Needs given up", "needs", "unmet for too long", "less"),
    Flow.STORIES: _flow("Stories told", "stories", "by members", "more"),
    Flow.AMPLIFIED: _flow("Stories amplified", "messages", "by the team"),
    Flow.GATHERINGS: _flow("Gatherings", "gatherings", "hosted"),
    Flow.ATTENDANCES: _flow("Attendances", "member-gatherings", "at gatherings", "more"),
    Flow.INTRODUCTIONS: _flow("Introductions", "pairs", "made by the team"),
    Flow.PROJECTS: _flow("Projects", "projects", "finished by groups of members", "more"),
    Flow.INSIGHTS: _flow("Insights", "insights", "gathered by listening", "more"),
    Flow.ACTED: _flow("Changes", "changes", "made for customers"),
    Flow.IDEAS: _flow("Ideas implemented", "ideas", "out of insights", "more"),
    Flow.ATTENTION_COMPANY: _flow("Attention to messages", "things read", "company messages met by members", ""),
    Flow.ATTENTION_STORIES: _flow("Attention to stories", "things read", "customers' stories met by members", ""),
    Flow.ATTENTION_STAFF: _flow("Attention to the team", "things read", "threads opened by the team", ""),
    Flow.ATTENTION_MEMBERS: _flow("Attention to members", "things read", "threads opened by members", ""),
    Flow.CREATED: _flow("Worth created together", "currency", "by projects", "more"),
    Flow.CREATED_SUM: _flow("Worth put in", "currency", "the plain sum of what members put into projects"),
    Flow.BREACHES: _flow("Breaches", "breaches", "of norms, by members", "less"),
    Flow.MUTED: _flow("Muted", "members", "muted the company, since day 0", "less"),
    Flow.CODIFIED: _flow("Norms written down", "norms", "by the team"),
    Flow.FALSE_SANCTIONS: _flow("Wrong sanctions", "sanctions", "of innocent posts", "less"),
}  # fmt: skip

FLOW_NAMES, FLOW_PLACES = [flow.name.lower() for flow in FLOWS], np.array([*FLOWS])
COMPANY_LINES = {
    "support": "questions to the service desk that were saved",
    "product": "ideas implemented",
    "engagement": "what ties add to members' spending",
    "acquisition": "members won by word of mouth and broadcast",
    "departures": "members who left for good",
    "stories": "sales moved by customers' stories",
    "broadcast": "sales moved by messages, outside and inside",
    "creation": "the company's part of what groups made",
    "incidents": "hostile exchanges",
    "wages": "hours of the budget",
    "money": "money of the budget",
}
MEMBER_LINES = {
    "help": "needs solved",
    "relationships": "living with the ties one has",
    "creation": "members' part of what groups made",
    "experience": "a company that is better, or worse, to deal with",
    "attention": "time taken by company messages",
    "harm": "hostile messages received",
    "nuisance": "being annoyed",
}


def catalogue(scenario) -> dict[str, Measure]:
    """Every column of the series of a run of `scenario`, in order."""
    found = dict(STATES)
    found |= {flow.name.lower(): measure for flow, measure in FLOWS.items()}
    found |= {
        f"norm.{name}": _state(f"Norm: {name}", "share", "believed keeping, mean over members")
        for name in scenario.norms
    }
    found |= {
        f"hours.{activity}": _flow(f"Hours: {activity}", "hours", "spent by the team")
        for activity in scenario.activities
    }
    for person in scenario.team:
        for activity, cost in scenario.activities.items():
            if cost.hat in person.hats:
                label = f"{person.name}: {activity}"
                found[f"person.{person.name}.{activity}"] = _flow(label, "hours", "spent by this person")
    for line, about in COMPANY_LINES.items():
        found[f"company.{line}"] = _flow(f"Company: {line}", "currency", about, "more")
    for line, about in MEMBER_LINES.items():
        found[f"members.{line}"] = _flow(f"Members: {line}", "currency", about, "more")
    found["value_company"] = _flow(
        "Value to the company", "currency", "sum of the company's lines, costs taken off", "more"
    )
    found["value_members"] = _flow("Value to members", "currency", "sum of the members' lines", "more")
    return found


@kernel
def mutual(there, back):
    """Closeness of a pair: 0 unless both feel it."""
    return math.sqrt(there * back)


class Closeness(NamedTuple):
    """What the ties of current members add up to."""

    total: float  # closeness of mutual ties, each seen from both ends
    number: float  # of them
    depth: float  # sum over members of the closeness of an average tie, weighted by itself
    one: float  # members with a tie of `intimate` or more
    two: float  # members with two


@kernel
def intimacies(stage, ties, scale, intimate, ego):
    """Find every member's intimacy (`ego`, (n,), overwritten; 0 for who has left) and what all ties add up to.

    Who has left counts for nobody.
    """
    total = number = depth = one = two = 0.0
    for i in range(stage.size):
        ego[i] = 0.0
        if stage[i] == LEFT or ties.count[i] == 0:
            continue
        own = squares = best = second = 0.0
        for k in range(ties.count[i]):
            j = ties.partner[i, k]
            if stage[j] == LEFT or ties.strength[i, k] == 0.0:
                continue
            close = mutual(ties.strength[i, k], felt(ties, j, i))
            if close > 0.0:
                own += close
                squares += close * close
                number += 1.0
                if close > best:
                    second = best
                    best = close
                elif close > second:
                    second = close
        if own == 0.0:
            continue
        total += own
        ego[i] = 1.0 - math.exp(-own / scale)
        depth += squares / own
        one += 1.0 if best >= intimate else 0.0
        two += 1.0 if second >= intimate else 0.0
    return Closeness(total, number, depth, one, two)


@kernel
def root_of(parent, i):
    """The representative of i's group, with the way there shortened."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel
def largest_group(stage, ties, threshold, parent, size):
    """Members in the largest group joined by mutual ties of `threshold` or more; `parent`, `size` are overwritten."""
    n = stage.size
    for i in range(n):
        parent[i] = i
        size[i] = 0
    for i in range(n):
        if stage[i] == LEFT:
            continue
        for k in range(ties.count[i]):
            j = ties.partner[i, k]
            if j < i and stage[j] != LEFT and mutual(ties.strength[i, k], felt(ties, j, i)) >= threshold:
                parent[root_of(parent, i)] = root_of(parent, j)
    largest = 0
    for i in range(n):
        if stage[i] != LEFT:
            r = root_of(parent, i)
            size[r] += 1
            largest = max(largest, size[r])
    return largest


BLOCK = 1 << 16  # places at a time: memory of a million is not taken for their numbers


def gini(values: np.ndarray) -> float:
    """Gini coefficient of values of 0 or more; nan where there is nothing to share.

    >>> gini(np.array([1.0, 1.0, 1.0])), round(gini(np.array([0.0, 0.0, 1.0])), 3)
    (0.0, 0.667)
    """
    ordered = np.sort(values)
    total = ordered.sum()
    if total <= 0.0:
        return math.nan
    n = ordered.size
    for start in range(0, n, BLOCK):
        ordered[start : start + BLOCK] *= np.arange(start + 1, min(start + BLOCK, n) + 1)
    return float(2.0 * np.sum(ordered) / (n * total) - (n + 1) / n)


class Sums(NamedTuple):
    """What the means over current members are made of: counts of members, and sums over them."""

    here: float
    active: float
    lapsed: float
    settled: float
    kept: float
    met: float
    new: float
    old: float
    ego: float
    ego_active: float
    ego_new: float
    ego_old: float
    staff: float
    belonging: float
    brand: float
    passion: float
    trust: float
    annoyance: float
    muted: float


@kernel
def add_up(day, m, ego, active_days, settled_days, newcomer_days, norm_sums):
    """Add up over current members; `norm_sums` (by norm) is updated. Joiners who left still count as not kept."""
    here = active = lapsed = settled = kept = met = new = old = 0.0
    ego_sum = ego_active = ego_new = ego_old = staff = 0.0
    belonging = brand = passion = trust = annoyance = muted = 0.0
    for i in range(m.key.size):
        tenure = day - m.joined[i]
        seen = m.stage[i] != LEFT and day - m.last_visit[i] < active_days
        met += m.met[i]
        if m.joined[i] > 0 and tenure >= settled_days:
            settled += 1.0
            kept += 1.0 if seen else 0.0
        if m.stage[i] == LEFT:
            continue
        here += 1.0
        lapsed += 1.0 if m.stage[i] == LAPSED else 0.0
        ego_sum += ego[i]
        if seen:
            active += 1.0
            ego_active += ego[i]
        if tenure < newcomer_days:
            new += 1.0
            ego_new += ego[i]
        else:
            old += 1.0
            ego_old += ego[i]
        staff += mutual(m.to_staff[i], m.from_staff[i])
        belonging += m.belonging[i]
        brand += m.brand[i]
        passion += m.passion[i]
        trust += m.trust[i]
        annoyance += m.annoyance[i]
        muted += m.muted[i]
        for b in range(norm_sums.size):
            norm_sums[b] += m.norms[i, b]
    return Sums(
        here, active, lapsed, settled, kept, met, new, old, ego_sum, ego_active, ego_new, ego_old, staff, belonging,
        brand, passion, trust, annoyance, muted,
    )  # fmt: skip


def share(part: float, whole: float) -> float:
    """`part` / `whole`, nan where there is no whole."""
    return float(part / whole) if whole > 0.0 else math.nan


def observe(community: Community) -> dict[str, float]:
    """All measures of the state as of now; draws nothing and changes nothing."""
    m, ties, p, day = community.members.view, community.ties.view, community.scenario.measures, community.day
    n = m.key.size
    ego = np.empty(n)
    close = intimacies(m.stage, ties, p.ego_scale, p.intimate, ego)
    largest = largest_group(m.stage, ties, p.intimate, np.empty(n, np.int32), np.empty(n, np.int32))
    norm_sums = np.zeros(len(community.scenario.norms))
    s = add_up(day, m, ego, p.active_days, p.settled_days, p.newcomer_days, norm_sums)
    ego = ego[m.stage != LEFT]
    equality = 1.0 - gini(ego)
    company = community.company
    rest = share(s.ego_old, s.old)
    found = {
        "members": s.here,
        "active": s.active,
        "lapsed": s.lapsed,
        "newcomers_kept": share(s.kept, s.settled),
        "reach": s.met + community.followers * company.reached(community.scenario.receiving.reach_spread),
        "dyad": close.total / close.number if close.number else 0.0,
        "ego_depth": share(close.depth, s.here),
        "intimacy": share(s.ego, s.here),
        "intimacy_active": share(s.ego_active, s.active),
        "intimate_share": share(close.one, s.here),
        "intimate_share_2": share(close.two, s.here),
        "equality": equality,
        "inclusion": share(share(s.ego_new, s.new), rest),
        "cohesion": share(largest, s.here),
        "staff_dependence": share(s.staff, s.staff + close.total),
        "belonging": share(s.belonging, s.here),
        "parasocial": share(s.brand, s.here),
        "passion": share(s.passion, s.here),
        "trust": share(s.trust, s.here),
        "annoyance": share(s.annoyance, s.here),
        "muted_share": share(s.muted, s.here),
        "experience": float(company.experience.mean()),
    }
    found |= zip(FLOW_NAMES, community.flows[FLOW_PLACES].tolist(), strict=True)
    for name, held in zip(community.scenario.norms, norm_sums.tolist(), strict=True):
        found[f"norm.{name}"] = share(held, s.here)
    hours = dict.fromkeys(community.scenario.activities, 0.0)
    each = {}
    for person in community.team:
        for activity, minutes in person.spent.items():
            hours[activity] += minutes / 60.0
            each[f"person.{person.name}.{activity}"] = minutes / 60.0
    found |= {f"hours.{activity}": spent for activity, spent in hours.items()} | each
    found |= {f"company.{line}": community.company_value[line] for line in COMPANY_LINES}
    found |= {f"members.{line}": community.member_value[line] for line in MEMBER_LINES}
    found["value_company"] = sum(community.company_value.values())
    found["value_members"] = sum(community.member_value.values())
    return found


def shuffled_intimacy(community: Community, seed: int) -> float:
    """Community intimacy if partners were a matter of chance: the null that the measure must stand out from.

    Each member keeps its number of messages sent, their memory and its strengths; whom they run to is drawn anew
    among all who receive, in proportion to what they receive. Were intimacy only activity, nothing would change.
    """
    m, ties = community.members.view, community.ties.view
    owners, slots = np.nonzero(np.arange(ties.partner.shape[1]) < ties.count[:, None])
    keep = (m.stage[owners] != LEFT) & (m.stage[ties.partner[owners, slots]] != LEFT)
    owners, slots = owners[keep], slots[keep]
    partners, strengths = ties.partner[owners, slots], ties.strength[owners, slots]
    key = day_key(seed, int(Rule.NULL), community.day)
    order = np.argsort([uniform(key, r, 0) for r in range(partners.size)], kind="stable")
    pairs: dict[tuple[int, int], float] = {}
    for i, j, strength in zip(owners.tolist(), partners[order].tolist(), strengths.tolist(), strict=True):
        if i != j:
            pairs[i, j] = max(strength, pairs.get((i, j), 0.0))
    sums = np.zeros(m.key.size)
    for (i, j), strength in pairs.items():
        sums[i] += math.sqrt(strength * pairs.get((j, i), 0.0))
    here = m.stage != LEFT
    return float(np.mean(1.0 - np.exp(-sums[here] / community.scenario.measures.ego_scale)))
