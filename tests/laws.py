"""What holds of every community on every day: bounds of the state, and laws that tie counts to what there is."""

import numpy as np

from sim.state.flows import Flow
from sim.state.members import COLUMNS, NOBODY, Stage
from sim.state.posts import Kind

NEAR = 1e-9
SHARES = [name for name, (_, _, said) in COLUMNS.items() if "0-1" in said.split("; ")[0].split(", ")[-1]]
NOT_NEGATIVE = [
    "annoyance", "hurt", "activity", "adstock", "heard_staff", "heard_member", "closeness", "written", "helped",
    "wins",
]  # fmt: skip
FLAGS = ("known", "muted", "met", "invited")
MAY_FALL = [Flow.CREATED]  # a project can cost more than it is worth
JOINED = (Flow.JOINED_ORGANIC, Flow.JOINED_WORD, Flow.JOINED_BROADCAST)
READ = (Flow.ATTENTION_COMPANY, Flow.ATTENTION_STORIES, Flow.ATTENTION_STAFF, Flow.ATTENTION_MEMBERS)


def used_slots(ties):
    """Which slots hold a tie, bool (n, slots)."""
    return np.arange(ties.partner.shape[1]) < ties.count[:, None]


def assert_sound(community):
    """Every column lies within its bounds, and ties, posts, company and team are in order."""
    m, v = community.members.view, community.scenario
    n, topics = m.key.size, v.community.topics
    for name in m._fields:
        assert np.isfinite(getattr(m, name)).all(), name
    for name in SHARES:
        column = getattr(m, name)
        assert column.min() >= 0.0 and column.max() <= 1.0, name
    for name in NOT_NEGATIVE:
        assert getattr(m, name).min() >= -NEAR, name
    for name in FLAGS:
        assert set(getattr(m, name).tolist()) <= {0, 1}, name
    assert m.norms.size == 0 or (m.norms.min() >= 0.0 and m.norms.max() <= 1.0)
    assert set(m.stage.tolist()) <= set(range(6)) and set(m.won.tolist()) == {0}
    assert m.topic.min() >= 0 and m.topic.max() < topics
    assert m.second.min() >= 0 and m.second.max() < topics and (m.topic != m.second).all()
    assert m.need.min() >= -1 and m.need.max() < topics and set(m.touchpoint.tolist()) <= {0, 1, 2, 3}
    for name in ("joined", "last_visit", "visit_before", "last_written", "called", "introduced_day"):
        assert getattr(m, name).max() <= community.day, name
    for name, least in (("caller", NOBODY - len(community.team)), ("introduced", NOBODY)):
        other = getattr(m, name)
        assert other.min() >= least and other.max() < n and (other != np.arange(n)).all(), name
    for name in ("question", "thread", "post"):
        assert getattr(m, name).min() >= -1 and getattr(m, name).max() < community.posts.span[1], name
    assert (m.last_visit >= m.joined).all() and np.unique(m.key).size == n
    _ties_are_sound(community)
    _posts_are_sound(community)
    company = community.company
    assert company.experience.min() >= 0.0 and company.experience.max() <= 1.0 and 0.0 <= company.capability <= 1.0
    for name in ("adstock", "stories", "exposures", "practical", "practical_staff", "feed", "promotions", "awards",
                 "money"):  # fmt: skip
        assert 0.0 <= getattr(company, name) < np.inf, name
    assert (company.library >= 0).all() and company.promotions <= company.feed + NEAR
    assert company.practical_staff <= company.practical + NEAR
    assert all(0 <= insight.member < n and 0 <= insight.touchpoint < 4 for insight in company.backlog)
    assert all(work.due > community.day for work in company.works)
    for norm in (community.norms.sanctions, community.norms.breaches):
        assert np.isfinite(norm).all() and (norm >= 0).all()
    for person in community.team:
        assert min(person.minutes.values(), default=0.0) >= 0.0 and (person.talk >= 0.0).all(), person.name
    observed = community.observe()
    assert all(np.isfinite(value) or np.isnan(value) for value in observed.values())
    for name in ("intimacy", "intimacy_active", "dyad", "ego_depth", "intimate_share", "cohesion", "staff_dependence"):
        assert np.isnan(observed[name]) or 0.0 <= observed[name] <= 1.0, name


def _ties_are_sound(community):
    m, ties = community.members.view, community.ties.view
    n, slots = ties.partner.shape
    used = used_slots(ties)
    assert n == m.key.size and ties.count.min() >= 0 and ties.count.max() <= slots == community.scenario.ties.slots
    partners = ties.partner[used]
    assert ((partners >= 0) & (partners < n)).all()
    assert (ties.partner != np.arange(n)[:, None])[used].all()  # nobody holds itself
    assert (m.stage[partners] != Stage.LEFT).all()  # nor who has left
    held = np.sort(np.where(used, ties.partner, -1 - np.arange(slots)), axis=1)
    assert (np.diff(held, axis=1) != 0).all()  # nor anybody twice
    strength = np.where(used, ties.strength, 0.0)
    assert strength.min() >= -NEAR and strength.max() <= 1.0
    assert np.abs(strength.sum(axis=1) - m.closeness).max() < NEAR
    assert (ties.memory[used] >= 0.0).all() and (ties.last[used] <= community.day).all()
    gone = m.stage == Stage.LEFT
    assert (ties.count[gone] == 0).all() and not m.closeness[gone].any()


def _posts_are_sound(community):
    posts, m = community.posts, community.members.view
    at = np.arange(*posts.span) % posts.author.size
    assert posts.span[0] <= posts.span[1] and at.size <= posts.author.size
    assert (posts.heat[at] >= 0).all() and (posts.topic[at] >= 0).all()
    assert (posts.topic[at] < community.scenario.community.topics).all()
    assert (posts.author[at] < m.key.size).all() and (posts.author[at] >= -1 - len(community.team)).all()
    assert (posts.author[at] != NOBODY).all() and (posts.uses[at] >= 0).all() and (posts.replies[at] >= 0).all()
    assert (community.day - posts.day[at] < community.home.lasting).all()
    order = np.lexsort((posts.hour[at], posts.kind[at] == Kind.STORY, posts.day[at]))
    assert (np.diff(order) > 0).all()  # the ring is looked through in order of time; stories are told when all are gone


class Watch:
    """Lives through a community day by day and holds each day against the laws; the community keeps its events."""

    def __init__(self, community):
        self.community = community
        self.paid = 0.0  # hours
        self._look()

    def _look(self):
        m = self.community.members.view
        self.flows = self.community.flows.copy()
        self.gone = m.stage == Stage.LEFT
        self.acted = {name: getattr(m, name).copy() for name in ("last_visit", "last_written", "written", "helped")}
        self.closeness = m.closeness.copy()

    def day(self):
        """Live one day; AssertionError where it breaks a law."""
        self.community.step()
        self.paid += self.community.scenario.budget.hours_per_week / 7.0
        assert_sound(self.community)
        for law in LAWS:
            law(self)
        self._look()

    def gained(self, *flows):
        """What flows gained today, summed up."""
        return sum(self.community.flows[flow] - self.flows[flow] for flow in flows)

    def messages(self):
        """Today's events: source, target."""
        events = self.community.event_log[-1]
        return events.source, events.target


def flows_only_grow(watch):
    """What happened stays so."""
    now = np.delete(watch.community.flows, MAY_FALL)
    assert np.isfinite(watch.community.flows).all() and (now >= np.delete(watch.flows, MAY_FALL)).all()


def members_are_who_came_less_who_left(watch):
    """Founders, joiners and leavers add up, and no more join than the market has."""
    c, m = watch.community, watch.community.members.view
    joined = sum(c.flows[flow] for flow in JOINED)
    assert m.key.size == c.founders + joined and joined <= c.market
    assert (m.stage == Stage.LEFT).sum() == c.flows[Flow.LEFT]
    assert np.bincount(m.source, minlength=4).tolist() == [c.founders, *(c.flows[flow] for flow in JOINED)]


def an_exchange_has_one_giver_and_one_taker(watch):
    """Both current, never one and the same, each in the log once; a tie remembers no exchange that was none."""
    source, target = watch.messages()
    between = (source >= 0) & (target >= 0) & (source != target)
    assert between.sum() == watch.gained(Flow.EXCHANGES)
    assert watch.gained(Flow.HOSTILE) <= watch.gained(Flow.EXCHANGES)
    ties = watch.community.ties.view
    assert ties.exchanges[used_slots(ties)].sum() <= watch.community.flows[Flow.EXCHANGES]


def nobody_acts_after_leaving(watch):
    """Who had left by yesterday evening writes nothing, is written to by nobody, and stays away."""
    gone, m = np.flatnonzero(watch.gone), watch.community.members.view
    assert (m.stage[gone] == Stage.LEFT).all()
    for side in watch.messages():
        assert not np.isin(side, gone).any()
    assert not np.isin(watch.community.visitors, gone).any()
    for name, before in watch.acted.items():
        assert (getattr(m, name)[gone] == before[gone]).all(), name


def contributions_are_counted_once(watch):
    """Threads and responses are what members have written; visits are members who came today."""
    c, m = watch.community, watch.community.members.view
    assert m.written.sum() == c.flows[Flow.POSTS] + c.flows[Flow.RESPONSES]
    assert watch.gained(Flow.VISITS) == c.visitors.size == np.unique(c.visitors).size == (m.last_visit == c.day).sum()
    source, target = watch.messages()
    assert ((source >= 0) & (source == target)).sum() == watch.gained(Flow.POSTS, Flow.STORIES)


def nobody_reads_more_than_its_attention(watch):
    """Company messages, posts and stories compete for the same attention."""
    attention = watch.community.scenario.reading.attention
    left = watch.community.left
    assert (left >= 0).all() and (left <= attention).all()
    assert watch.gained(*READ) <= (attention - left).sum()


def needs_are_met_given_up_or_open(watch):
    """No need is lost but with whom it left."""
    flows, m = watch.community.flows, watch.community.members.view
    met = flows[Flow.SOLVED_MEMBERS] + flows[Flow.SOLVED_STAFF]
    assert met <= flows[Flow.ASKED] <= flows[Flow.NEEDS] and m.helped.sum() == flows[Flow.SOLVED_MEMBERS]
    rest = flows[Flow.NEEDS] - met - flows[Flow.SELF_SOLVED] - flows[Flow.GIVEN_UP] - (m.need >= 0).sum()
    assert 0 <= rest <= flows[Flow.LEFT]


def nothing_is_spent_that_was_not_paid(watch):
    """Hours by activity and by all, and money, which is spent once and never borrowed."""
    c, v = watch.community, watch.community.scenario
    spent = dict.fromkeys(v.activities, 0.0)
    for person in c.team:
        for activity, minutes in person.spent.items():
            spent[activity] += minutes / 60.0
    for activity, worked in spent.items():
        assert worked <= v.strategy.hours.get(activity, 0.0) * watch.paid * (1 + NEAR) + NEAR, activity
    assert sum(spent.values()) <= watch.paid * (1 + NEAR) + NEAR
    paid = v.budget.money_per_week / 7.0 * c.day
    assert abs(c.company.money + c.money_spent - paid) <= NEAR * (1.0 + paid)


def ties_are_within_capacity(watch):
    """Messages make nobody closer to others than its capacity; acquaintance, which joiners bring, may."""
    m, before = watch.community.members.view, watch.closeness
    grown = m.closeness[: before.size] > np.maximum(before, watch.community.scenario.ties.capacity) + NEAR
    joined_by_word = watch.gained(Flow.JOINED_WORD)
    assert grown.sum() <= joined_by_word


def the_muted_are_those_who_muted(watch):
    """And all of them have met a message."""
    m = watch.community.members.view
    assert m.muted.sum() == watch.community.flows[Flow.MUTED] and (m.met[m.muted == 1] == 1).all()


def values_add_up(watch):
    """The ledger's lines are its sums; wages are those of the hours paid."""
    c, seen = watch.community, watch.community.observe()
    for side, lines in (("company", c.company_value), ("members", c.member_value)):
        assert np.isclose(seen[f"value_{side}"], sum(seen[f"{side}.{line}"] for line in lines), rtol=NEAR)
    assert np.isclose(seen["company.wages"], -watch.paid * c.scenario.budget.wage, rtol=NEAR)


LAWS = (
    flows_only_grow,
    members_are_who_came_less_who_left,
    an_exchange_has_one_giver_and_one_taker,
    nobody_acts_after_leaving,
    contributions_are_counted_once,
    nobody_reads_more_than_its_attention,
    needs_are_met_given_up_or_open,
    nothing_is_spent_that_was_not_paid,
    ties_are_within_capacity,
    the_muted_are_those_who_muted,
    values_add_up,
)
