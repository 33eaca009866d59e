"""What holds of every community on every day: bounds of the state, and laws that tie counts to what there is."""

import numpy as np

from sim.measures import COMPANY_LINES, MEMBER_LINES
from sim.state.flows import Flow
from sim.state.members import COLUMNS, NOBODY, Stage
from sim.state.posts import Kind
from sim.state.table import columns
from sim.state.ties import held
from tests.tiny import insights, norms, visits, works

NEAR = 1e-9
SHARES = [name for name, (_, _, said) in COLUMNS.items() if "0-1" in said.split("; ")[0].split(", ")[-1]]
NOT_NEGATIVE = [
    "annoyance", "hurt", "loss", "activity", "adstock", "heard_staff", "heard_member", "closeness", "written",
    "helped", "wins",
]  # fmt: skip
FLAGS = ("known", "muted", "met", "invited")
MAY_FALL = [Flow.CREATED]  # a project can cost more than it is worth
JOINED = (Flow.JOINED_ORGANIC, Flow.JOINED_WORD, Flow.JOINED_BROADCAST)
READ = (Flow.ATTENTION_COMPANY, Flow.ATTENTION_STORIES, Flow.ATTENTION_STAFF, Flow.ATTENTION_MEMBERS)


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
    assert m.introduced.min() >= NOBODY and m.introduced.max() < n and (m.introduced != np.arange(n)).all()
    for name in ("question", "post"):
        assert getattr(m, name).min() >= -1 and getattr(m, name).max() < community.tables.now.next, name
    assert (m.last_visit >= m.joined).all() and np.unique(m.key).size == n
    _ties_are_sound(community)
    _posts_are_sound(community)
    _answers_owed_are_sound(community)
    company = community.company
    assert company.experience.min() >= 0.0 and company.experience.max() <= 1.0 and 0.0 <= company.capability <= 1.0
    for name in ("adstock", "stories", "exposures", "practical", "practical_staff", "feed", "promotions", "awards",
                 "money"):  # fmt: skip
        assert 0.0 <= getattr(company, name) < np.inf, name
    assert (community.tables.library >= 0).all() and company.promotions <= company.feed + NEAR
    assert company.practical_staff <= company.practical + NEAR
    member, touchpoint = insights(community).member, insights(community).touchpoint
    assert ((member >= 0) & (member < n) & (touchpoint >= 0) & (touchpoint < 4)).all()
    assert (works(community).due > community.day).all()
    for norm in (norms(community).sanctions, norms(community).breaches):
        assert np.isfinite(norm).all() and (norm >= 0).all()
    for person in community.team:
        assert min(person.minutes.values(), default=0.0) >= 0.0 and (person.talk >= 0.0).all(), person.name
    observed = community.observe()
    assert all(np.isfinite(value) or np.isnan(value) for value in observed.values())
    for name in ("intimacy", "intimacy_active", "dyad", "ego_depth", "intimate_share", "cohesion", "staff_dependence"):
        assert np.isnan(observed[name]) or 0.0 <= observed[name] <= 1.0, name


def _ties_are_sound(community):
    m, n, table = community.members.view, community.members.n, community.tables.ties
    assert m.tie_count.min() >= 0 and (m.tie_count <= m.tie_room).all()
    assert m.tie_room.max() <= community.scenario.ties.slots and ((m.tie_room > 0) == (m.tie_row >= 0)).all()
    taken = np.concatenate([np.arange(row, row + room) for row, room in zip(m.tie_row, m.tie_room, strict=True)])
    assert np.unique(taken).size == taken.size and (taken < len(table)).all()  # nobody has the place of another
    ties = held(community.members.view, table)
    assert ((ties.partner >= 0) & (ties.partner < n)).all()
    assert (ties.partner != ties.owner).all()  # nobody holds itself
    assert (m.stage[ties.partner] != Stage.LEFT).all()  # nor who has left
    assert np.unique(ties.owner * n + ties.partner).size == ties.owner.size  # nor anybody twice
    felt = dict(zip(zip(ties.owner.tolist(), ties.partner.tolist(), strict=True), ties.strength.tolist(), strict=True))
    pairs = zip(ties.partner.tolist(), ties.owner.tolist(), strict=True)
    assert ties.back.tolist() == [felt.get(pair, 0.0) for pair in pairs]  # to the bit
    assert (ties.strength >= -NEAR).all() and (ties.strength <= 1.0).all()
    assert np.abs(np.bincount(ties.owner, ties.strength, n) - m.closeness).max() < NEAR
    assert (ties.memory >= 0.0).all() and (ties.last <= community.day).all()
    gone = m.stage == Stage.LEFT
    assert (m.tie_count[gone] == 0).all() and not m.closeness[gone].any()


def _posts_are_sound(community):
    posts, now, n = columns(community.posts), community.tables.now, community.members.n
    assert 0 <= now.start <= now.oldest <= now.next <= now.start + len(community.tables.rows["posts"])
    assert (posts.heat >= 0).all() and (posts.topic >= 0).all()
    assert (posts.topic < community.scenario.community.topics).all()
    assert (posts.author < n).all() and (posts.author >= -1 - len(community.team)).all()
    assert (posts.author != NOBODY).all() and (posts.uses >= 0).all() and (posts.replies >= 0).all()
    assert (community.day - posts.day < community.values.home.lasting).all()
    assert (posts.latest >= posts.day + posts.hour - NEAR).all() and (posts.latest <= community.day + 1.0).all()
    assert (posts.waits >= NOBODY).all() and (posts.waits < n).all()
    assert (posts.replies >= (posts.answered + (posts.waits != NOBODY) > 0)).all()  # each is by a word in the thread
    order = np.lexsort((posts.hour, posts.kind == Kind.STORY, posts.day))
    assert (np.diff(order) > 0).all()  # posts lie in the order of time; stories are told when all are gone


def _answers_owed_are_sound(community):
    """None is due before tomorrow, and the one due first lies first, as in a heap."""
    now, n = community.tables.now, community.members.n
    owed = columns(community.tables.rows["owed"][: now.owed])
    assert (owed.due > community.day + 1.0).all() and (owed.due < np.inf).all()
    assert (owed.due[(np.arange(1, now.owed) - 1) // 2] <= owed.due[1:]).all()
    assert ((owed.who >= 0) & (owed.who < n)).all() and (owed.who != owed.to).all()
    assert (owed.to < n).all() and (owed.to >= NOBODY - len(community.team)).all() and (owed.to != NOBODY).all()
    assert (owed.thread >= -1).all() and (owed.thread < now.next).all() and (owed.begun <= community.day).all()
    assert ((owed.turn >= 1) & (owed.turn <= community.scenario.conversing.longest)).all()


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
        self.closeness, self.kept = m.closeness.copy(), len(self.community.events)

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
        today = self.community.events[self.kept :]
        return today["source"], today["target"]


def flows_only_grow(watch):
    """What happened stays so."""
    now = np.delete(watch.community.flows, MAY_FALL)
    assert np.isfinite(watch.community.flows).all() and (now >= np.delete(watch.flows, MAY_FALL)).all()


def members_are_who_came_less_who_left(watch):
    """Founders, joiners and leavers add up, and no more join than the market has."""
    c, m = watch.community, watch.community.members.view
    joined = sum(c.flows[flow] for flow in JOINED)
    founders = c.scenario.community.members
    assert m.key.size == founders + joined and joined <= c.values.community.market_per_member * founders
    assert (m.stage == Stage.LEFT).sum() == c.flows[Flow.LEFT]
    assert np.bincount(m.source, minlength=4).tolist() == [founders, *(c.flows[flow] for flow in JOINED)]


def an_exchange_has_one_giver_and_one_taker(watch):
    """Both current, never one and the same, each in the log once; a tie remembers no exchange that was none."""
    source, target = watch.messages()
    between = (source >= 0) & (target >= 0) & (source != target)
    assert between.sum() == watch.gained(Flow.EXCHANGES)
    assert watch.gained(Flow.HOSTILE) <= watch.gained(Flow.EXCHANGES)
    ties = held(watch.community.members.view, watch.community.tables.ties)
    assert ties.exchanges.sum() <= watch.community.flows[Flow.EXCHANGES]


def nobody_acts_after_leaving(watch):
    """Who had left by yesterday evening writes nothing, is written to by nobody, and stays away."""
    gone, m = np.flatnonzero(watch.gone), watch.community.members.view
    assert (m.stage[gone] == Stage.LEFT).all()
    for side in watch.messages():
        assert not np.isin(side, gone).any()
    assert not np.isin(visits(watch.community).row, gone).any()
    for name, before in watch.acted.items():
        assert (getattr(m, name)[gone] == before[gone]).all(), name


def contributions_are_counted_once(watch):
    """Threads and responses are what members have written, and what the team says is its messages.

    Visits are members who came today: to read, in the order of their hours, or for the answer that they owed.
    """
    c, m, came = watch.community, watch.community.members.view, visits(watch.community).row
    assert m.written.sum() == c.flows[Flow.POSTS] + c.flows[Flow.RESPONSES]
    today = np.flatnonzero(m.last_visit == c.day)
    assert watch.gained(Flow.VISITS) == today.size and came.size == np.unique(came).size
    source, target = watch.messages()
    for_an_answer = np.setdiff1d(today, came)
    assert np.isin(came, today).all() and np.isin(for_an_answer, source[source != target]).all()
    assert ((source >= 0) & (source == target)).sum() == watch.gained(Flow.POSTS, Flow.STORIES)
    assert (source < 0).sum() == watch.gained(Flow.STAFF_MESSAGES)


def nobody_reads_more_than_its_attention(watch):
    """Company messages, posts and stories compete for the same attention."""
    attention, left = watch.community.scenario.attention.things, visits(watch.community).left
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
    assert abs(c.company.money + c.tables.now.money_spent - paid) <= NEAR * (1.0 + paid)


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
    for side, lines in (("company", COMPANY_LINES), ("members", MEMBER_LINES)):
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
