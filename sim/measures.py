"""Measures: what is read off the state, and what each number means (ODD, 4.11 and 7.18; M16). No rule reads any of it.

Intimacy is a vector, never one score: how close pairs are, how much of it a member has, how many have any, how
evenly, whether newcomers have their part, whether it holds the community together, how much of it runs to staff.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel
from sim.equality import equality
from sim.rules.joining import followers
from sim.scenario import ACTIVITIES
from sim.state.flows import N_FLOWS, Flow
from sim.state.members import Stage
from sim.state.table import record_type
from sim.state.ties import held

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
    Flow.STAFF_MESSAGES: _flow("Messages by the team", "messages", "to members, prompts and announcements"),
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

assert list(FLOWS) == list(Flow)
N_STATES = len(STATES)
COMPANY_LINES = {
    "support": "questions to the service desk that were saved",
    "product": "ideas implemented",
    "engagement": "what being here, writing, and ties add to members' spending",
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
    measures = dict(STATES)
    measures |= {flow.name.lower(): measure for flow, measure in FLOWS.items()}
    measures |= {
        f"norm.{name}": _state(f"Norm: {name}", "share", "believed keeping, mean over members")
        for name in scenario.norms
    }
    measures |= {
        f"hours.{activity}": _flow(f"Hours: {activity}", "hours", "spent by the team")
        for activity in scenario.activities
    }
    for person in scenario.team:
        for activity, cost in scenario.activities.items():
            if cost.hat in person.hats:
                label = f"{person.name}: {activity}"
                measures[f"person.{person.name}.{activity}"] = _flow(label, "hours", "spent by this person")
    for line, about in COMPANY_LINES.items():
        measures[f"company.{line}"] = _flow(f"Company: {line}", "currency", about, "more")
    for line, about in MEMBER_LINES.items():
        measures[f"members.{line}"] = _flow(f"Members: {line}", "currency", about, "more")
    measures["value_company"] = _flow(
        "Value to the company", "currency", "sum of the company's lines, costs taken off", "more"
    )
    measures["value_members"] = _flow("Value to members", "currency", "sum of the members' lines", "more")
    return measures | {f"{rule.name}.{key}": own for rule in scenario.rules for key, own in rule.measures.items()}


def names(scenario, shares: np.ndarray) -> list[str]:
    """The names of the measures in the order in which they are written down; `shares`: as in `Out`."""
    of_team = [f"person.{scenario.team[p].name}.{ACTIVITIES[activity]}" for p, activity in shares.tolist()]
    return [
        *STATES,
        *(flow.name.lower() for flow in Flow),
        *(f"norm.{name}" for name in scenario.norms),
        *(f"hours.{activity}" for activity in ACTIVITIES),
        *of_team,
        *(f"company.{line}" for line in COMPANY_LINES),
        *(f"members.{line}" for line in MEMBER_LINES),
        "value_company",
        "value_members",
        *(f"{rule.name}.{key}" for rule in scenario.rules for key in rule.measures),
    ]


@kernel
def mutual(there, back):
    """Closeness of a pair: 0 unless both feel it."""
    return math.sqrt(there * back)


# What the ties of current members add up to.
CLOSENESS = record_type(
    {
        "total": np.float64,  # closeness of mutual ties, each seen from both ends
        "number": np.float64,  # of them
        "depth": np.float64,  # sum over members of the closeness of an average tie, weighted by itself
        "one": np.float64,  # members with a tie of `intimate` or more
        "two": np.float64,  # members with two
    }
)


@kernel
def begin_closeness(sums):
    """Begin to add up ties."""
    sums.total = sums.number = sums.depth = sums.one = sums.two = 0.0


@kernel
def intimacy_of(state, p, sums, i):
    """Intimacy of current member i, 0-1; its ties are added to `sums`. Who has left counts for nobody."""
    m, ties = state.members, state.ties
    own = squares = best = second = 0.0
    for at in range(m.tie_row[i], m.tie_row[i] + m.tie_count[i]):
        close = closeness_of(m, ties, at)
        if close > 0.0:
            own += close
            squares += close * close
            sums.number += 1.0
            best, second = max(best, close), max(second, min(best, close))
    if own == 0.0:
        return 0.0
    sums.total += own
    sums.depth += squares / own
    sums.one += best >= p.intimate
    sums.two += second >= p.intimate
    return 1.0 - math.exp(-own / p.ego_scale)


@kernel
def intimacies(state, p, out):
    """Find every member's intimacy (`out.ego`; 0 for who has left) and what all ties add up to (`out.closeness`)."""
    begin_closeness(out.closeness)
    for i in range(state.now.members):
        here = state.members.stage[i] != LEFT
        out.ego[i] = intimacy_of(state, p, out.closeness, i) if here else 0.0


@kernel
def closeness_of(m, ties, at):
    """Mutual strength of the tie at `at`; 0 with who has left, and where one side feels nothing."""
    return 0.0 if m.stage[ties.partner[at]] == LEFT else mutual(ties.strength[at], ties.back[at])


@kernel
def root_of(parent, i):
    """The representative of i's group, with the way there shortened."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel
def largest_group(state, threshold):
    """Members in the largest group joined by mutual ties of `threshold` or more."""
    m, ties, n = state.members, state.ties, state.now.members
    parent, size = state.scratch[0], state.scratch[1]
    for i in range(n):
        parent[i] = i
        size[i] = 0
    for i in range(n):
        if m.stage[i] == LEFT:
            continue
        for at in range(m.tie_row[i], m.tie_row[i] + m.tie_count[i]):
            j = ties.partner[at]
            if j < i and closeness_of(m, ties, at) >= threshold:
                parent[root_of(parent, i)] = root_of(parent, j)
    largest = 0
    for i in range(n):
        if m.stage[i] != LEFT:
            r = root_of(parent, i)
            size[r] += 1
            largest = max(largest, size[r])
    return largest


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
def add_up(today, state, values, out, held):
    """Add up over current members; `held` (by norm) is overwritten. Joiners who left still count as not kept."""
    m, p, day = state.members, values.measures, today.day
    held[:] = 0.0
    here = active = lapsed = settled = kept = met = new = old = 0.0
    ego_sum = ego_active = ego_new = ego_old = staff = 0.0
    belonging = brand = passion = trust = annoyance = muted = 0.0
    for i in range(state.now.members):
        tenure = day - m.joined[i]
        seen = m.stage[i] != LEFT and day - m.last_visit[i] < p.active_days
        met += m.met[i]
        if m.joined[i] > 0 and tenure >= p.settled_days:
            settled += 1.0
            kept += 1.0 if seen else 0.0
        if m.stage[i] == LEFT:
            continue
        here += 1.0
        lapsed += 1.0 if m.stage[i] == LAPSED else 0.0
        ego_sum += out.ego[i]
        if seen:
            active += 1.0
            ego_active += out.ego[i]
        if tenure < p.newcomer_days:
            new += 1.0
            ego_new += out.ego[i]
        else:
            old += 1.0
            ego_old += out.ego[i]
        staff += mutual(m.to_staff[i], m.from_staff[i])
        belonging += m.belonging[i]
        brand += m.brand[i]
        passion += m.passion[i]
        trust += m.trust[i]
        annoyance += m.annoyance[i]
        muted += m.muted[i]
        for b in range(held.size):
            held[b] += state.beliefs[i, b]
    return Sums(
        here, active, lapsed, settled, kept, met, new, old, ego_sum, ego_active, ego_new, ego_old, staff, belonging,
        brand, passion, trust, annoyance, muted,
    )  # fmt: skip


@kernel
def share(part, whole):
    """`part` / `whole`, nan where there is no whole."""
    return part / whole if whole > 0.0 else math.nan


@kernel
def reached(exposures, spread):
    """Share of followers who have ever met a message: exposures are gamma-Poisson, few meet most of them."""
    return 1.0 - (1.0 + exposures / spread) ** -spread


@kernel
def write_states(today, state, values, out, row):
    """Write the measures of `STATES`, in their order, into the beginning of `row`, and after the flows the norms."""
    company, close = state.company, out.closeness
    held = row[N_STATES + N_FLOWS : N_STATES + N_FLOWS + state.norms.breach.size]
    s = add_up(today, state, values, out, held)
    e = company.experience
    numbers = (
        s.here,
        s.active,
        s.lapsed,
        share(s.kept, s.settled),
        s.met + followers(values.community) * reached(company.exposures, values.receiving.reach_spread),
        close.total / close.number if close.number > 0.0 else 0.0,
        share(close.depth, s.here),
        share(s.ego, s.here),
        share(s.ego_active, s.active),
        share(close.one, s.here),
        share(close.two, s.here),
        equality(state, out),
        share(share(s.ego_new, s.new), share(s.ego_old, s.old)),
        share(largest_group(state, values.measures.intimate), s.here),
        share(s.staff, s.staff + close.total),
        share(s.belonging, s.here),
        share(s.brand, s.here),
        share(s.passion, s.here),
        share(s.trust, s.here),
        share(s.annoyance, s.here),
        share(s.muted, s.here),
        (e[0] + e[1] + e[2] + e[3]) / 4.0,
    )
    for k in range(len(numbers)):
        row[k] = numbers[k]
    for b in range(held.size):
        held[b] = share(held[b], s.here)


@kernel
def write_sums(state, out, row):
    """Write flows, hours of the team, and the lines of the ledger into `row`, each in its place."""
    team = state.team
    for flow in range(N_FLOWS):
        row[N_STATES + flow] = out.flows[flow]
    at = N_STATES + N_FLOWS + state.norms.breach.size
    for activity in range(team.spent.shape[1]):
        hours = 0.0
        for p in range(team.spent.shape[0]):
            if team.spent[p, activity] > 0.0:
                hours += team.spent[p, activity] / 60.0
        row[at + activity] = hours
    at += team.spent.shape[1]
    for k in range(out.shares.shape[0]):
        row[at + k] = team.spent[out.shares[k, 0], out.shares[k, 1]] / 60.0
    at += out.shares.shape[0]
    total = at + out.company_value.size + out.member_value.size  # what lies behind the totals is of own rules
    for lines in (out.company_value, out.member_value):
        row[total] = 0.0
        for k in range(lines.size):
            row[at + k] = lines[k]
            row[total] += lines[k]
        at += lines.size
        total += 1


@kernel
def write_down(today, state, values, out):
    """Write all measures, at the end of a day that is in the ledger, into the next row of the series."""
    row = out.series[out.count.rows]
    write_states(today, state, values, out, row)
    write_sums(state, out, row)
    out.count.rows += 1


@kernel
def observe(today, state, values, out):
    """Write all measures, as of now, into the next row of the series; draws nothing and changes nothing."""
    intimacies(state, values.measures, out)
    write_down(today, state, values, out)


def shuffled_intimacy(community: Community, seed: int) -> float:
    """Community intimacy if partners were a matter of chance: the null that the measure must stand out from.

    Each member keeps its number of messages sent, their memory and its strengths; whom they run to is drawn anew
    among all who receive, in proportion to what they receive. Were intimacy only activity, nothing would change.
    """
    here = community.members.view.stage != LEFT
    ties = held(community.members.view, community.tables.ties)
    keep = here[ties.owner] & here[ties.partner]
    owners, partners, strengths = ties.owner[keep], ties.partner[keep], ties.strength[keep]
    key = day_key(seed, int(Rule.NULL), community.day)
    order = np.argsort([uniform(key, r, 0) for r in range(partners.size)], kind="stable")
    pairs: dict[tuple[int, int], float] = {}
    for i, j, strength in zip(owners.tolist(), partners[order].tolist(), strengths.tolist(), strict=True):
        if i != j:
            pairs[i, j] = max(strength, pairs.get((i, j), 0.0))
    sums = np.zeros(here.size)
    for (i, j), strength in pairs.items():
        sums[i] += math.sqrt(strength * pairs.get((j, i), 0.0))
    return float(np.mean(1.0 - np.exp(-sums[here] / community.scenario.measures.ego_scale)))
