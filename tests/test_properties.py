"""What holds in any world that a scenario may describe, whatever it says; each is seen to fail on something broken.

`python -m pytest tests/test_properties.py --hypothesis-profile=long` tries thousands of worlds, others each time.
"""

import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sim.community import Community
from sim.compiled.kernel import growing, sig
from sim.measures import COMPANY_LINES
from sim.rules.leaving import leave_chance
from sim.rules.room import room_for
from sim.run import run
from sim.scenario import load
from sim.state import events as log
from sim.state.flows import Flow
from sim.state.members import NOBODY, Stage
from sim.state.posts import POST, Kind
from sim.state.team import Activity
from tests import laws
from tests.laws import JOINED, LAWS, Watch, assert_sound
from tests.tiny import NEVER, differences, handful, ran, state, thread, tune, values, visits, works
from tests.worlds import KEYS, SEEDS, scenarios

LIVELY = {
    "community.members": 60,
    "members.drive_mean": 1.0,
    "members.voice_mean": 0.0,
    "joining.rate": 0.001,
    "leaving.base": -3.0,
    "needing.rate": 0.05,
    "telling.base": -1.0,
    "receiving.mute": 0.003,
    "budget.hours_per_week": 40.0,
    "listening.lag_marketing": 4,
    "listening.lag_service": 6,
    "listening.lag_sales": 9,
}
ALONE = {"budget__hours_per_week": 0.0, "switches__stories": False}  # no team, no word of mouth
FEW = settings(max_examples=max(10, settings.default.max_examples // 6))


# Bounds and laws


@given(scenarios(), SEEDS)
def test_any_world_stays_within_bounds_and_keeps_the_laws(scenario, seed):
    watch = Watch(Community(scenario, seed, keep_events=True))
    assert_sound(watch.community)
    for _ in range(scenario.community.days):
        watch.day()
    event(f"exchanges: {watch.community.flows[Flow.EXCHANGES] > 0}")


def test_every_key_of_the_schema_is_drawn():
    assert len(KEYS) > 240 and {"ties.gain", "switches.exchange", "value.ticket"} <= KEYS.keys()


def lively(days=25):
    """A community of much coming, going, writing and meeting, watched for some days."""
    watch = Watch(Community(load("facilitation", LIVELY), 3, keep_events=True))
    for _ in range(days):
        watch.day()
    flows = watch.community.flows
    for flow in (
        Flow.LEFT,
        Flow.EXCHANGES,
        Flow.SOLVED_MEMBERS,
        Flow.MUTED,
        Flow.STORIES,
        Flow.GATHERINGS,
        *JOINED[:1],
    ):
        assert flows[flow] > 0, flow
    watch.community.step()
    return watch


@pytest.fixture(scope="module")
def watched():
    return lively()


def _raise(array, by=1):
    array[0] += by


def _most_tied(c):
    """Who holds most ties, and whom it holds."""
    m = c.members.view
    row = int(np.argmax(m.tie_count))
    return row, c.tables.ties["partner"][m.tie_row[row] :][: m.tie_count[row]]


def _tie_to_oneself(c):
    row, partners = _most_tied(c)
    partners[0] = row


def _tie_twice(c):
    _, partners = _most_tied(c)
    partners[1] = partners[0]


def _tie_to_a_leaver(c):
    _, partners = _most_tied(c)
    c.members.view.stage[partners[0]] = Stage.LEFT


def _row_shared(c):
    row, partners = _most_tied(c)
    c.members.view.tie_row[partners[0]] = c.members.view.tie_row[row]


def _work_overdue(c):
    c.tables.now.works = 1
    works(c).due[:] = c.day


def _owed(c, **said):
    """Let columns of the answer owed that is due first be other than they were."""
    assert c.tables.now.owed > 3
    for name, value in said.items():
        c.tables.rows["owed"][name][0] = value


UNSOUND = {
    "trust over 1": lambda c: _raise(c.members.view.trust),
    "trust not a number": lambda c: c.members.view.trust.__setitem__(0, np.nan),
    "annoyance below 0": lambda c: c.members.view.annoyance.__setitem__(0, -1.0),
    "a topic that is none": lambda c: c.members.view.topic.__setitem__(0, 99),
    "a norm over 1": lambda c: c.members.view.norms.__setitem__((0, 0), 1.1),
    "two of one name": lambda c: c.members.view.key.__setitem__(0, 1),
    "a visit tomorrow": lambda c: c.members.view.last_visit.__setitem__(0, c.day + 1),
    "introduced to oneself": lambda c: c.members.view.introduced.__setitem__(3, 3),
    "a loss below 0": lambda c: c.members.view.loss.__setitem__(0, -1.0),
    "a word tomorrow": lambda c: c.posts["latest"].__setitem__(-1, c.day + 1.5),
    "a word before the thread": lambda c: c.posts["latest"].__setitem__(-1, 0.0),
    "nobody waits who has not written": lambda c: c.posts["waits"].__setitem__(-1, 10_000),
    "a wait without a word": lambda c: (c.posts["waits"].__setitem__(-1, 0), c.posts["replies"].__setitem__(-1, 0)),
    "an answer overdue": lambda c: _owed(c, due=c.day + 0.5),
    "an answer due after others": lambda c: _owed(c, due=1e6),
    "an answer to oneself": lambda c: _owed(c, who=3, to=3),
    "an answer to nobody": lambda c: _owed(c, to=NOBODY),
    "an answer by the team": lambda c: _owed(c, who=-2),
    "an answer in a thread that is none": lambda c: _owed(c, thread=c.tables.now.next),
    "a conversation without end": lambda c: _owed(c, turn=1 + c.scenario.conversing.longest),
    "a post not written yet": lambda c: c.members.view.post.__setitem__(0, c.tables.now.next),
    "closeness without ties": lambda c: _raise(c.members.view.closeness),
    "a tie to oneself": _tie_to_oneself,
    "a tie twice": _tie_twice,
    "a tie to a leaver": _tie_to_a_leaver,
    "ties in one row": _row_shared,
    "a member without a row": lambda c: c.posts["author"].__setitem__(-1, 10_000),
    "debts": lambda c: setattr(c.company, "money", -1.0),
    "an experience over 1": lambda c: _raise(c.company.experience),
    "more promotion than feed": lambda c: setattr(c.company, "promotions", c.company.feed + 1.0),
    "a work overdue": _work_overdue,
    "fewer minutes than none": lambda c: c.tables.rows["team"]["minutes"].__setitem__((0, Activity.WELCOME), -1.0),
}  # fmt: skip


@pytest.mark.parametrize("what", UNSOUND)
def test_bounds_that_are_broken_show(what, watched):
    community = copy.deepcopy(watched.community)
    assert_sound(community)
    UNSOUND[what](community)
    with pytest.raises((AssertionError, IndexError)):
        assert_sound(community)


def _exchange_with_oneself(w):
    source, target = w.messages()
    at = np.flatnonzero((source >= 0) & (target >= 0) & (source != target))[0]
    target[at] = source[at]


def _count(flow, by=1):
    return lambda w: w.community.flows.__setitem__(flow, w.community.flows[flow] + by)


def _rich(c):
    c.company.money = 1e6


def _close(c):
    c.members.view.closeness[:] = 99.0


def _leaver_back(w):
    w.gone[np.flatnonzero(w.community.members.view.stage != Stage.LEFT)[0]] = True


def _visit_by_a_leaver(w):
    w.gone[visits(w.community).row[0]] = True


def _visit_for_nothing(w):
    m = w.community.members.view
    m.last_visit[np.flatnonzero(m.last_visit < w.community.day)[0]] = w.community.day
    _count(Flow.VISITS)(w)


def _attention_out_of_nothing(w):
    _raise(visits(w.community).left, 99)


def _no_market(c):
    c.values.community.market_per_member = 0.0


def _no_wages(c):
    c.tables.company_value[list(COMPANY_LINES).index("wages")] = 0.0


BREAKS = {
    "a visit taken back": (laws.flows_only_grow, _count(Flow.VISITS, -10_000)),
    "a leaver too many": (laws.members_are_who_came_less_who_left, _count(Flow.LEFT)),
    "a joiner too many": (laws.members_are_who_came_less_who_left, _count(Flow.JOINED_WORD)),
    "a market of none": (laws.members_are_who_came_less_who_left, lambda w: _no_market(w.community)),
    "an exchange that was none": (laws.an_exchange_has_one_giver_and_one_taker, _count(Flow.EXCHANGES)),
    "an exchange with oneself": (laws.an_exchange_has_one_giver_and_one_taker, _exchange_with_oneself),
    "more insults than words": (laws.an_exchange_has_one_giver_and_one_taker, _count(Flow.HOSTILE, 10_000)),
    "a visit by a leaver": (laws.nobody_acts_after_leaving, _visit_by_a_leaver),
    "a leaver back": (laws.nobody_acts_after_leaving, _leaver_back),
    "a word not counted": (laws.contributions_are_counted_once, lambda w: _raise(w.community.members.view.written)),
    "a visit not counted": (laws.contributions_are_counted_once, _count(Flow.VISITS)),
    "a thread not counted": (laws.contributions_are_counted_once, _count(Flow.STORIES)),
    "a word of the team not counted": (laws.contributions_are_counted_once, _count(Flow.STAFF_MESSAGES)),
    "a visit for nothing": (laws.contributions_are_counted_once, _visit_for_nothing),
    "reading without end": (laws.nobody_reads_more_than_its_attention, _count(Flow.ATTENTION_MEMBERS, 10_000)),
    "attention out of nothing": (laws.nobody_reads_more_than_its_attention, _attention_out_of_nothing),
    "a need solved twice": (laws.needs_are_met_given_up_or_open, _count(Flow.SOLVED_MEMBERS)),
    "a need lost": (laws.needs_are_met_given_up_or_open, _count(Flow.NEEDS, 10_000)),
    "hours not paid": (laws.nothing_is_spent_that_was_not_paid, lambda w: setattr(w, "paid", 0.0)),
    "money out of nothing": (laws.nothing_is_spent_that_was_not_paid, lambda w: _rich(w.community)),
    "closer than capacity": (laws.ties_are_within_capacity, lambda w: _close(w.community)),
    "mute without a word": (laws.the_muted_are_those_who_muted, _count(Flow.MUTED)),
    "wages not paid": (laws.values_add_up, lambda w: _no_wages(w.community)),
}  # fmt: skip


@pytest.mark.parametrize("what", BREAKS)
def test_a_law_that_is_broken_shows(what, watched):
    law, break_it = BREAKS[what]
    watch = copy.deepcopy(watched)
    watch.paid += watch.community.scenario.budget.hours_per_week / 7.0
    law(watch)
    break_it(watch)
    with pytest.raises(AssertionError):
        law(watch)


def test_every_law_is_seen_to_be_broken():
    assert {law for law, _ in BREAKS.values()} == set(LAWS)


# Who is in which row


def relabelled(community, order):
    """The same community with its members in other rows: row i is who was in row order[i]."""
    other = copy.deepcopy(community)
    place = np.append(np.argsort(order), NOBODY)  # place[-1]: nobody stays nobody
    m, tables, posts = other.members.view, other.tables, other.posts
    for column in m:
        column[:] = column[order].copy()
    recent = tables.rows["recent"][: tables.now.recent]
    owed = tables.rows["owed"][: tables.now.owed]
    for column in (m.introduced, tables.ties["partner"], visits(other).row, recent, posts["waits"], owed["who"]):
        column[:] = place[column]
    for column in (*(posts[name] for name in ("author", "last", "attacker", "target", "solver")), owed["to"]):
        column[:] = np.where(column >= 0, place[np.maximum(column, NOBODY)], column)
    return other


@given(scenarios(**ALONE), SEEDS, st.integers(0, 10), st.randoms(use_true_random=False))
def test_who_is_in_which_row_changes_nothing(scenario, seed, before, shuffler):
    """Without a team, whose lists go by rows among equals, and without stories, told in the order of rows."""
    one = ran(scenario, seed, before)
    order = list(range(one.members.n))
    shuffler.shuffle(order)
    other = relabelled(one, np.array(order))
    for _ in range(scenario.community.days):
        one.step()
        other.step()
    joined = np.arange(len(order), one.members.n)
    assert differences(state(relabelled(one, np.append(order, joined).astype(int))), state(other)) == []
    seen = other.observe()
    for name, measured in one.observe().items():  # sums in another order
        assert seen[name] == pytest.approx(measured, rel=1e-9, abs=1e-9, nan_ok=True), name


class Partial(Community):
    """A broken model: who is in row 0 is trusted more every day."""

    def feel(self):
        super().feel()
        self.members.view.trust[0] += 0.001


def test_a_favourite_row_would_show(monkeypatch):
    one = Partial(load("baseline", {"community.members": 10, "budget.hours_per_week": 0.0}), 1)
    other = relabelled(one, np.arange(10)[::-1])
    one.step()
    other.step()
    assert differences(state(relabelled(one, np.arange(10)[::-1])), state(other)) == ["members.trust"]


# Nothing comes of nothing

BY_TEAM = "STAFF_MESSAGES MEDIATED SOLVED_STAFF AMPLIFIED GATHERINGS ATTENDANCES INTRODUCTIONS INSIGHTS ACTED IDEAS " \
    "ATTENTION_COMPANY ATTENTION_STAFF FALSE_SANCTIONS MUTED CODIFIED"  # fmt: skip
NO_FLOW = {
    "nobody joins": ({"joining__rate": 0.0}, "JOINED_ORGANIC JOINED_WORD JOINED_BROADCAST"),
    "nobody needs": ({"needing__rate": 0.0}, "NEEDS ASKED SELF_SOLVED GIVEN_UP SOLVED_MEMBERS SOLVED_STAFF"),
    "nobody works": ({"budget__hours_per_week": 0.0}, BY_TEAM),
    "no hours are named": ({"strategy__hours": {}}, BY_TEAM),
    "nobody responds": ({"switches__exchange": False}, "EXCHANGES PROJECTS MEDIATED HOSTILE SOLVED_MEMBERS CREATED"),
    "nobody creates": ({"creating__event_chance": 0.0, "creating__own_rate": 0.0}, "PROJECTS CREATED CREATED_SUM"),
    "nobody tells": ({"switches__stories": False}, "STORIES AMPLIFIED ATTENTION_STORIES JOINED_WORD"),
    "nobody listens": ({"switches__loop": False}, "INSIGHTS IDEAS"),
    "nothing is normal": ({"switches__norms": False}, "CODIFIED FALSE_SANCTIONS"),
}
NO_TRACE = {
    "belonging": (
        {"feeling__belonging_exchange": 0.0, "meeting__belonging_gain": 0.0, "listening__told": 0.0},
        lambda c: c.members.view.belonging.max() <= c.scenario.members.belonging,
    ),
    "trust": (
        {"receiving__trust_loss": 0.0, "feeling__trust_unsolved": 0.0, "listening__ignored": 0.0},
        lambda c: c.members.view.trust.min() >= c.scenario.members.trust - 1e-12,
    ),
    "status": (
        {"feeling__status_help": 0.0, "feeling__status_award": 0.0},
        lambda c: not c.members.view.status.any(),
    ),
    "annoyance": (
        {"keeping__annoyance": 0.0, "budget__hours_per_week": 0.0},
        lambda c: not c.members.view.annoyance.any() and not c.members.view.muted.any(),
    ),
    "hurt": (
        {"keeping__unexplained": 0.0, "switches__exchange": False},
        lambda c: not c.members.view.hurt.any(),
    ),
    "experience": (
        {"listening__drift": 0.0, "budget__hours_per_week": 0.0},
        lambda c: (c.company.experience == c.scenario.listening.experience).all(),
    ),
    "ties": (
        {"switches__exchange": False, "community__acquaintances": 0.0, "joining__first_tie": 0.0},
        lambda c: not c.members.view.closeness.any(),
    ),
    "loss": (
        {"switches__exchange": False, "community__acquaintances": 0.0, "joining__first_tie": 0.0},
        lambda c: not c.members.view.loss.any(),
    ),
    "reach": (
        {"community__followers_per_member": 0.0},
        lambda c: c.observe()["reach"] == c.members.view.met.sum(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", NO_FLOW)
def test_a_rate_of_zero_does_nothing(what):
    changes, flows = NO_FLOW[what]

    @FEW
    @given(scenarios(**changes), SEEDS)
    def holds(scenario, seed):
        counted = ran(scenario, seed, scenario.community.days).flows
        assert [flow for flow in flows.split() if counted[Flow[flow]] != 0] == []

    holds()


@pytest.mark.parametrize("what", NO_TRACE)
def test_where_nothing_moves_it_nothing_changes(what):
    changes, unmoved = NO_TRACE[what]

    @FEW
    @given(scenarios(**changes), SEEDS)
    def holds(scenario, seed):
        assert unmoved(ran(scenario, seed, scenario.community.days))

    holds()


def test_and_it_moves_where_something_does(watched):
    """None of the above holds of a lively community."""
    flows, moved = watched.community.flows, [what for what in NO_TRACE if what not in ("reach", "trust")]
    for what, (_, named) in NO_FLOW.items():
        assert sum(flows[Flow[name]] for name in named.split()) != 0, what
    for what in moved:
        assert not NO_TRACE[what][1](watched.community), what


# A longer run begins with the shorter


@FEW
@given(scenarios(), SEEDS, st.integers(1, 20))
def test_a_longer_run_begins_with_the_shorter(scenario, seed, more):
    short = run(scenario, seed)
    said = scenario.resolved()
    said["community"]["days"] += more
    longer = run(type(scenario)(type(scenario.table).model_validate(said), {}, "drawn"), seed)
    days = scenario.community.days
    for name, series in short.series.items():
        assert np.array_equal(series, longer.series[name][: days + 1], equal_nan=True), name


class Hurried(Community):
    """A broken model: members trust more, the shorter the run is."""

    def feel(self):
        super().feel()
        self.members.view.trust[:] += 0.001 / self.scenario.community.days


def test_a_glance_at_the_end_would_show():
    one, other = (Hurried(load("baseline", {"community.members": 10, "community.days": days}), 1) for days in (5, 6))
    one.step()
    other.step()
    assert "members.trust" in differences(state(one), state(other))


# One member's lot is no other's luck


def _hear(c, i):
    """It does not answer: leaving the team without an answer may break a norm, which others would see."""
    longest = c.values.conversing.longest
    tune(c, "conversing", longest=0)
    c.team[0].speak_to(i, practical=True)
    tune(c, "conversing", longest=longest)


def _meet_a_message(c, i):
    c.members.view.adstock[i] += 5.0
    c.members.view.annoyance[i] += 3.0
    c.members.view.met[i] = 1


ON_ONE = {
    "speak to": _hear,
    "introduce": lambda c, i: (
        c.members.view.introduced.__setitem__(i, (i + 1) % c.scenario.community.members),
        c.members.view.introduced_day.__setitem__(i, c.day),
    ),
    "recognise": lambda c, i: c.members.view.status.__setitem__(i, 0.9),
    "annoy": _meet_a_message,
    "need": lambda c, i: (c.members.view.need.__setitem__(i, 0), c.members.view.need_day.__setitem__(i, c.day)),
    "lose": lambda c, i: c.members.view.stage.__setitem__(i, 5),
}


def others(community, i):
    """Everything of everybody but member i, and the posts."""
    seen = {
        name: column for name, column in state(community).items() if name.split(".")[0] in ("members", "ties", "posts")
    }
    rest = np.arange(community.members.n) != i
    return {name: column if name.startswith("posts.") else column[rest] for name, column in seen.items()}


@given(scenarios(**ALONE, community__acquaintances=0.0), SEEDS, st.sampled_from(sorted(ON_ONE)), st.data())
def test_an_action_on_one_member_changes_no_draw_of_another(scenario, seed, what, data):
    """Of a member whom nobody knows and who does not write: all others do exactly what they did."""
    who = data.draw(st.integers(0, scenario.community.members - 1))
    on = data.draw(st.integers(1, scenario.community.days))
    one, other = Community(scenario, seed), Community(scenario, seed)
    for community in (one, other):
        community.members.view.voice[who] = NEVER
        for day in range(1, scenario.community.days + 1):
            if day == on and community is other:
                ON_ONE[what](community, who)
            community.step()
    assert differences(others(one, who), others(other, who)) == []


def test_a_shared_stream_would_show():
    """As the drawing of keys by how many visit: who comes changes what the next one draws."""
    changes = {
        "community.members": 30,
        "community.acquaintances": 0.0,
        "budget.hours_per_week": 0.0,
        "members.drive_mean": 0.0,
    }
    one, other = (Streamed(load("baseline", changes), 1) for _ in range(2))
    ON_ONE["lose"](other, 0)
    for community in (one, other):
        for _ in range(5):
            community.step()
    assert "members.passion" in differences(others(one, 0), others(other, 0))


class Streamed(Community):
    """A broken model: one stream of numbers for all visitors, in turn."""

    def visit(self):
        super().visit()
        stream = np.random.default_rng(self.day)
        self.members.view.passion[visits(self).row] += stream.random(visits(self).row.size)


# What was found so


def test_no_more_join_than_the_market_has():
    def joined(market, days):
        community = handful({"community.market_per_member": market / 6}, seed=1)
        tune(community, "joining", rate=0.001, word_elasticity=0.7, stories_reference=0.001)
        community.company.adstock, community.company.stories = 5.0, 1e5
        for community.day in range(1, days + 1):
            community.make_room()
            community.join()
            assert community.members.n - 6 <= market
        return community.members.n - 6

    assert joined(3, 200) == 3
    assert joined(3000, 1) > 3  # who would


def test_the_event_log_has_room_for_any_day():
    """More than 65,536 events on a day of free gatherings."""
    host = {"activities.host.minutes": 0.5, "activities.host.money": 0.0, "strategy.hours": {"host": 1.0}}
    meet = {"meeting.attendance": 0.0, "meeting.shows": 0.8, "meeting.partners": 8, "meeting.places": 100}
    community = ran(load("facilitation", {**LIVELY, **host, **meet, "community.members": 80}), 1, 2, keep_events=True)
    source, target = community.events["source"], community.events["target"]
    assert len(community.events) > 65_536
    assert ((source >= 0) & (target >= 0) & (source != target)).sum() == community.flows[Flow.EXCHANGES]


def test_the_event_log_keeps_what_it_has_when_it_grows():
    community = handful()
    tables, kept = community.tables, community.tables.rows["events"]
    log.record(tables.out, 1.5, 1, 2, log.REPLY, 7)
    tables.make_room(room_for(*community.given)._replace(events=1))
    assert tables.rows["events"] is kept
    tables.make_room(room_for(*community.given)._replace(events=len(kept) + 100))
    assert len(tables.rows["events"]) >= len(kept) + 100
    assert community.events.tolist() == [(1.5, 1, 2, 7, log.REPLY)]


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda community: pickle.loads(pickle.dumps(community))])
def test_a_copy_goes_on_when_members_join(clone):
    one = ran(load("baseline", LIVELY), 3, 5)
    other = clone(one)
    before = one.members.n
    for community in (one, other):
        now = community.tables.now
        market, now.market = now.market, 0.0
        for _ in range(3):  # days on which rows are written to and none is added
            community.step()
        assert community.members.n == before
        now.market = market
        for _ in range(7):
            community.step()
    assert one.members.n > before and differences(state(one), state(other)) == []
    assert one.observe() == pytest.approx(other.observe(), abs=0, rel=0, nan_ok=True)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda community: pickle.loads(pickle.dumps(community))])
def test_a_copy_keeps_what_python_writes_and_observes_each_day_once(clone):
    one = Community(load("baseline", LIVELY), 3)
    one.run(2, every=1)
    other = clone(one)
    assert len(other.take_series()) == 2 and len(other.take_series()) == 0
    other.company.money = 7.0
    assert other.company.money == other.state.company.money == 7.0 != one.company.money


@pytest.mark.parametrize("tolerance", [0.0, 5e-324, 1e-300])
def test_below_the_least_tolerance_it_makes_no_difference(tolerance):
    def annoyed(tolerance):
        key = "norms.company_promotion.tolerance"
        community = Community(load("broadcast", {"community.members": 60, key: tolerance}), 1)
        for _ in range(12):
            community.step()
        return community.members.view.annoyance.sum()

    least = load("baseline").keeping.least_tolerance
    assert annoyed(tolerance) == annoyed(least) > annoyed(10 * least) > 0.0


def plain(rule):
    """A rule as plain Python."""
    return getattr(rule, "py_func", rule)


def test_great_annoyance_is_the_same_compiled_or_not():
    """Plain Python raises where e to the x is past all numbers; compiled code went on."""
    p = values("leaving", annoyance=4.0)
    by_name = SimpleNamespace(**{name: p[name] for name in p.dtype.names}) if isinstance(p, np.void) else p
    for annoyance in (1e3, 1e6):
        assert (
            plain(leave_chance)(0.0, 0.0, annoyance, 0.0, 0.0, by_name)
            == leave_chance(0.0, 0.0, annoyance, 0.0, 0.0, p)
            == 1.0
        )
        assert plain(sig)(-annoyance) == sig(-annoyance) < 1e-300
        assert np.isfinite(plain(growing)(annoyance)) and plain(growing)(annoyance) == growing(annoyance)
    assert sig(-3.0) == 1.0 / (1.0 + np.exp(3.0)) and sig(60.0) == 1.0


def test_a_story_can_be_passed_on_any_number_of_times():
    community = handful({"strategy.hours": {"amplify": 1.0}})
    at = thread(community, 0, Kind.STORY)
    community.posts["uses"][at] = 40_000
    community.team[1].amplify()
    assert community.posts["uses"][at] == 40_001
    assert POST["uses"] == np.int32


def test_nobody_writes_norms_down_in_no_time():
    held = {
        "keeping.codify_level": 0.5,
        "keeping.codify_days": 1,
        "keeping.codify_share": 0.25,
        "norms.civility.start": 1.0,
    }
    for hours in (0.0, 40.0):
        community = ran(load("facilitation", {**LIVELY, **held, "budget.hours_per_week": hours}), 1, 10)
        assert (community.flows[Flow.CODIFIED] > 0) == (hours > 0.0)
