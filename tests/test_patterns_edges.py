"""Facts of a log that have no window, or whose edges are of another kind, by hand: each number from a small log.

Windows and follow-up are in tests/test_patterns_windows.py.
"""

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import zeta
from scipy.stats import lognorm

from sim.logs.log import DAY, Threads
from sim.logs.patterns import patterns
from sim.logs.patterns.curves import FEWEST, distribution
from sim.logs.patterns.estimates import gini, top
from sim.logs.patterns.powerlaw import Law, fit, vuong
from tests.test_patterns import START, given, many, newcomer, said
from tests.test_patterns_windows import JUST, lived

END = (400, 9, 9, "topic")  # holds a log open


def units(found, *names):
    """Values with their units, NaN as None."""
    return [(None if math.isnan(found[name]) else found[name], found.facts[name].n) for name in names]


# P2-P4: inequality


@pytest.mark.parametrize("n", [1, 2, 65_535, 65_536, 65_537, 200_000])
def test_gini_by_its_formula_for_any_number_of_members(n):
    """Amounts 1, 2 ... n: G = (n - 1) / 3n; half of all with 1, half with 3: all pairs, 2 (n/2)^2 2 / (2 n^2 2)."""
    everyone = np.ones(n, np.int64)
    shuffled = np.random.default_rng(1).permutation(np.arange(1, n + 1))
    assert gini(shuffled, np.arange(n)).at(everyone) == pytest.approx((n - 1) / (3 * n), rel=1e-12, abs=1e-12)
    if n % 2 == 0:
        assert gini(np.tile([1, 3], n // 2), np.arange(n)).at(everyone) == pytest.approx(0.25)


@pytest.mark.parametrize("n", [9, 10, 11, 30, 70, 99, 100, 101, 110])
@pytest.mark.parametrize("percent", [1, 10, 20])
def test_the_top_is_rounded_up_and_at_least_one(n, percent):
    large = -(-n * percent // 100)  # whole numbers: nothing is lost
    x = np.array([1.0] * (n - large) + [1000.0] * large)
    assert top(x, percent / 100, np.arange(n)).at(np.ones(n, int)) == pytest.approx(x[x > 1].sum() / x.sum())


# P6: power laws


@pytest.mark.parametrize("alpha", [1.3, 1.8, 2.5, 4.0])
@pytest.mark.parametrize("start", [1, 5, 18])
def test_the_exponent_is_that_of_the_law_whose_mean_logarithm_it_is_given(alpha, start):
    """The mean logarithm of a law by a sum over its first values, and beyond them by an integral."""
    x = np.arange(start, 200_000)
    edge = x[-1] + 0.5
    rest = edge ** (1 - alpha) * (math.log(edge) / (alpha - 1) + (alpha - 1) ** -2)
    mean_log = ((np.log(x) * x**-alpha).sum() + rest) / zeta(alpha, start)
    assert Law(start).alpha(mean_log) == pytest.approx(alpha, abs=2e-3)


def test_the_tail_begins_where_the_law_does():
    """Below 7 anything, from 7 on a law of exponent 2.5."""
    x = np.arange(7, 3_000)
    often = np.round(30_000 * x**-2.5 / zeta(2.5, 7)).astype(int)
    counts = np.concatenate([np.repeat(x, often), np.repeat([1, 2, 3], [400, 3_000, 5_000])])
    tail = fit(counts)
    assert tail.alpha == pytest.approx(2.5, abs=0.1) and tail.xmin in range(7, 12)
    assert tail.n == (counts >= tail.xmin).sum()


@pytest.mark.parametrize(("values", "enough"), [(9, False), (10, True)])
def test_a_tail_has_ten_values(values, enough):
    counts = np.array([1, 2, 3] * 10)[:values]
    assert math.isfinite(fit(counts).alpha) is enough


@pytest.mark.parametrize("start", [1, 4])
def test_vuongs_z_by_his_formula_with_the_likeliest_lognormal_of_scipy(start):
    x, alpha = np.maximum(np.round(np.random.default_rng(2).lognormal(1.2, 0.9, 600)), 1), 1.9
    x = x[x >= start]

    def logarithms(guess):
        law = lognorm(s=math.exp(guess[1]), scale=math.exp(guess[0]))
        return np.log((law.cdf(x + 0.5) - law.cdf(x - 0.5)) / law.sf(start - 0.5))

    best = minimize(lambda guess: -logarithms(guess).sum(), [1.2, 0.0], method="Nelder-Mead")
    gap = -alpha * np.log(x) - math.log(zeta(alpha, start)) - logarithms(best.x)
    z, sigma = vuong(*np.unique(x, return_counts=True), alpha)
    assert z == pytest.approx(gap.mean() / gap.std() * math.sqrt(x.size), rel=1e-3) and z < -2
    assert sigma == pytest.approx(math.exp(best.x[1]), rel=1e-3)


# P7-P10: weeks and months


def test_p7_members_count_from_the_week_in_which_they_registered():
    """Of four members one writes each week; two have registered before, one in the second week, one in the third."""
    events = [*((week * 7, 1, 1, "topic") for week in range(4)), (28, 1, 1, "topic")]
    found = said(*events, accounts={1: 0.0, 2: -5.0, 3: 7.0, 4: 20.9})
    assert found["weekly_of_registered"] == pytest.approx((1 / 2 + 1 / 3 + 1 / 4 + 1 / 4) / 4)
    late = said(*events, accounts={1: 0.0, 2: -5.0, 3: 6.99, 4: 21.0})
    assert late["weekly_of_registered"] == pytest.approx((1 / 3 + 1 / 3 + 1 / 3 + 1 / 4) / 4)


def test_of_accounts_that_all_wrote_nobody_knows_how_many_were_registered():
    known = {"accounts": {1: 0.0, 2: 1.0}}
    events = [(0, 1, 1, "topic"), (2, 2, 2, "topic")]
    silent = said(*events, accounts={1: 0.0, 2: 1.0, 3: 1.0})
    assert silent["contributed"] == pytest.approx(2 / 3) and "1 members among" in silent.facts["accounts"].about
    for name in ("contributed", "gini_registered", "weekly_of_registered"):
        assert name in silent.facts and name not in said(*events, **known).facts


def test_p9_contributions_of_an_active_member_and_week():
    """In whole weeks: 1, 1, 2 and 10; what staff write, and the rest after the last whole week, is none of it."""
    events = [*many(0, 1, 1, 1), *many(0, 2, 2, 1), *many(7, 1, 1, 2), *many(7, 2, 2, 10), *many(8, 9, 9, 30),
              *many(14, 1, 1, 25)]  # fmt: skip
    found = said(*events, staff=[9])
    assert units(found, "per_active_week_mean", "per_active_week_median") == [(3.5, 4), (1.5, 4)]
    assert found["per_active_week_p90"] == pytest.approx(2 + 0.7 * 8)


def test_weekly_actives_of_all_accounts():
    found = said(*many(0, 1, 1, 3), *many(1, 9, 9, 1), (8, 1, 1, "a"), (21, 1, 1, "a"), staff=[9])
    assert units(found, "weekly_actives", "weekly_actives_most") == [(1.0, 3), (2.0, 3)]


# P14: who replies first


def test_first_replies_of_the_busiest_tenth_of_those_who_gave_any():
    """Twelve reply first, one of them six times, one twice: the tenth, rounded up, are these two; one is unknown."""
    who = [1] * 6 + [2] * 2 + [3, 4, 5, 6, 7, 8, 9, 10, 11, -1, 0]
    opened = START + np.arange(len(who)) * DAY
    threads = Threads(opened, np.full(len(who), 50), opened + 60, np.array(who))
    events = [(0, 50, 50, "topic"), *((20 + k, k, 50, "reply") for k in range(12))]
    assert said(*events, threads=threads)["first_replies_top_10"] == 8 / 18
    assert said(*events, threads=threads, staff=[0, 1])["first_reply_staff"] == 7 / 18


@pytest.mark.parametrize("end", [50.0, 100.4, 101.0])
def test_guessed_threads_by_a_plain_loop(end):
    """A reply belongs to the latest opening before it of whom it is aimed at; whole hours give ties in time."""
    generator = np.random.default_rng(int(end))
    hours, sender, to = (np.sort(generator.integers(0, int(end * 24), 300)), *generator.integers(0, 6, (2, 300)))
    kinds = generator.choice(["topic", "question", "reply", "answer", "message", "chat"], 300)
    to = np.where(np.isin(kinds, ["topic", "question"]), sender, to)
    events = list(zip((hours / 24).tolist(), sender.tolist(), to.tolist(), kinds.tolist(), strict=True))
    opened = [(day, who) for day, who, to, kind in events if kind in ("topic", "question")]
    first: dict[int, float] = {}
    for day, who, to, kind in events:
        if who != to and kind not in ("topic", "question", "message"):
            before = [place for place, (begun, opener) in enumerate(opened) if opener == to and begun < day]
            if before:
                latest = max(before, key=lambda place: (opened[place][0], place))
                first.setdefault(latest, day)
    found = said(*events)
    assert units(found, "replied") == [(pytest.approx(len(first) / len(opened)), len(opened))]
    waited = [(day - opened[place][0]) * 24 for place, day in first.items()]
    assert found["reply_hours"] == pytest.approx(np.median(waited), abs=1e-6)
    assert "guessed" in found.facts["replied"].about


def test_a_reply_in_the_second_of_the_opening_answers_none():
    found = said((0, 1, 1, "topic"), (0, 2, 1, "reply"), (1, 3, 1, "reply"))
    assert (found["replied"], found["reply_hours"]) == (1.0, 24.0)


# P15-P17, P28: newcomers


@pytest.mark.parametrize(("joined", "newcomers"), [(-1.0, 2), (-1.0 - JUST, 1), (math.nan, 2), (5.0, 2)])
def test_who_joined_a_day_before_the_log_or_later_is_a_newcomer(joined, newcomers):
    found = said((0, 1, 1, "topic"), (1, 2, 2, "topic"), END, accounts={1: joined})
    assert found.facts["newcomer_replied"].n == newcomers


def test_p17_only_what_comes_in_the_first_week_tells_who_replied():
    """A staff reply on day 7 and a member's just after it is a staff reply alone; and the other way round."""
    events = [*newcomer(1, 0, [(7, 8), (7 + JUST, 5)], [20]), *newcomer(2, 0, [(7, 3), (7 + JUST, 8)], []), END]
    found = said(*events, staff=[8])
    names = ("again_staff_only", "again_member_only", "again_both")
    assert units(found, *names) == [(1.0, 1), (0.0, 1), (None, 0)]


def test_ties_in_time_of_a_newcomer():
    """Its first two messages, and an answer, in one second: an answer in P15, none for retention, and never 'again'."""
    found = lived((10, 1, 1, "topic"), (10, 8, 1, "reply"), follow=210, staff=[8])
    assert units(found, "newcomer_replied", "again_with_reply", "answered_7d") == [(0.5, 2), (0.0, 1), (0.0, 3)]


def with_alters(members, staff):
    """Facts of a newcomer, 1, with so many mutual ties to members and staff; it writes on days 61 and 70."""
    ids = [*range(20, 20 + members), *range(80, 80 + staff)]
    frame = [(0, who, who, "topic") for who in ids] + [
        (10, 1, 1, "topic"),
        (71, 1, 1, "topic"),
        (80, 1, 1, "topic"),
        END,
    ]
    ties = [event for who in ids for event in ((11, 1, who, "reply"), (12, who, 1, "reply"))]
    return said(*frame, *ties, staff=range(80, 90))


@pytest.mark.parametrize(
    ("members", "staff", "group"),
    [(0, 0, "none"), (0, 1, "staff_only"), (0, 2, "staff_only"), (1, 0, "one"), (1, 1, "one"), (1, 2, "one"),
     (2, 0, "more"), (2, 1, "more"), (5, 0, "more")],
)  # fmt: skip
def test_p28_groups_by_mutual_ties(members, staff, group):
    """Newcomer 1 stays; the others, who began with the log, do not, and have a tie with it each."""
    found = with_alters(members, staff)
    ended = {name: found.facts[f"stays_{name}"] for name in ("none", "staff_only", "one", "more")}
    stayed = {name: round(fact.value * fact.n) for name, fact in ended.items() if fact.n}
    assert {name for name, count in stayed.items() if count} == {group}


@pytest.mark.parametrize(
    ("alters", "group"), [(0, "0"), (1, "1"), (2, "2_3"), (3, "2_3"), (4, "4_more"), (6, "4_more")]
)
def test_groups_by_reciprocated_alters(alters, group):
    found = with_alters(alters, 0)
    facts = {name: found.facts[f"alters_{name}"] for name in ("0", "1", "2_3", "4_more")}
    assert {name for name, fact in facts.items() if fact.n and fact.value > 0} == {group}


# Retention of whoever opened a thread with its first message


@pytest.mark.parametrize(
    ("reply", "back", "ratio"),
    [(1, 37, 1.0), (1, 37 + JUST, 0.0), (1, 7, 0.0), (1, 7 + JUST, 1.0), (1 + JUST, 20, 0.0)],
)
def test_retention_by_a_reply_in_the_own_thread_within_a_day(reply, back, ratio):
    """With a reply, one of two is back or none; without, one of two, and two of three if 1's reply comes too late."""
    events = [*newcomer(1, 5, [(reply, 90)], [back]), *newcomer(2, 5, [(0.5, 90)], []), *newcomer(3, 5, [], [20]),
              *newcomer(4, 5, [], []), (0, 90, 3, "chat"), END]  # fmt: skip
    assert said(*events)["day_7_ratio_thread"] == ratio


@pytest.mark.parametrize(("end", "followed"), [(42, 4), (42 - JUST, 0)])
def test_the_own_thread_counts_if_the_log_follows_its_opener_for_37_days(end, followed):
    events = [*newcomer(1, 5, [(1, 90)], [20]), *newcomer(2, 5, [], [20]), (0, 90, 90, "chat"), (end, 90, 90, "chat")]
    assert said(*events).facts["day_7_ratio_thread"].n == followed / 2


def test_a_thread_that_is_not_the_first_message_is_not_looked_at():
    events = [(0, 1, 2, "chat"), (0.5, 1, 1, "topic"), (1, 3, 1, "reply"), (20, 1, 1, "topic"), END]
    assert said(*events).facts["day_7_ratio_thread"].n == 0


# P18-P25: ties


@pytest.mark.parametrize("staff", [0, 9])
def test_p20_and_p21_are_of_ties_between_members_and_with_staff(staff):
    """Contact on days 0 and 5 with staff, whose number is the smaller or the larger; once between two members."""
    found = said((0, 1, staff, "a"), (5, staff, 1, "a"), (0, 2, 3, "a"), (0, staff, 10, "b"), (1, staff, 11, "b"), END,
                 staff=[staff, 10])  # fmt: skip
    assert units(found, "ladder_1", "ladder_2") == [(0.0, 1), (None, 0)]
    assert units(found, "ladder_staff_1", "ladder_staff_2") == [(0.5, 2), (0.0, 1)]  # 10 is staff, 11 a member
    assert "ladder_staff_1" not in said((0, 1, 2, "a")).facts


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8])
def test_each_rung_is_so_many_contact_days(k):
    """A tie with k contact days stops there, one with k + 1 goes on; several messages of a day are one contact."""
    events = [(day + hour, a, b, "a") for a, b, days in ((1, 2, k), (3, 4, k + 1)) for day in range(days)
              for hour in (0, 0.5)]  # fmt: skip
    assert units(said(*events, END), f"ladder_{k}") == [(0.5, 2)]


def test_contact_days_are_days_of_the_calendar_whenever_the_log_begins():
    late = [(0.6, 5, 5, "topic"), (0.9, 1, 2, "a"), (1.1, 1, 2, "a"), (0.9, 3, 4, "a"), (0.95, 3, 4, "a")]
    assert units(said(*late, END), "ladder_1") == [(0.5, 2)]  # 1 and 2 before and after midnight


def test_p22_asks_for_three_contact_days_between_members():
    twice = [(0, 1, 2, "a"), (1, 1, 2, "a")]
    assert said(*twice, END).facts["silence_7"].n == 0
    assert said(*twice, (2, 2, 1, "a"), END).facts["silence_7"].n == 1
    assert said(*twice, (2, 2, 1, "a"), END, staff=[2]).facts["silence_7"].n == 0


@pytest.mark.parametrize("times", [1, 5, 10, 20])
def test_p19_counts_exchanges_of_members(times):
    found = said(*many(0, 1, 2, times), *many(1, 3, 4, times + 1), *many(2, 5, 9, 30), END, staff=[9])
    if times == 1:
        assert units(found, "one_exchange") == [(0.5, 2)]
    else:
        fewer = said(*many(0, 1, 2, times - 1), *many(1, 3, 4, times), END)
        assert found[f"exchanges_{times}"] == 1.0 and fewer[f"exchanges_{times}"] == 0.5


def test_p18_closes_with_an_answer_at_any_time():
    """Edges: 1-2 returned after years, 3-4 and 4-5 not."""
    found = said((0, 1, 2, "a"), (2000, 2, 1, "a"), (1, 3, 4, "a"), (1, 3, 4, "a"), (2, 4, 5, "a"))
    assert units(found, "edge_reciprocity_members", "mutual_members") == [(2 / 4, 3), (1 / 3, 3)]


def test_p23_has_all_four_directions():
    found = said((0, 1, 2, "a"), (1, 1, 9, "a"), (2, 1, 9, "a"), (3, 9, 1, "a"), (3, 9, 1, "a"), (3, 9, 1, "a"),
                 *many(4, 8, 9, 4), (5, 9, 9, "a"), staff=[8, 9])  # fmt: skip
    names = [f"flow_{a}_{b}" for a in ("members", "staff") for b in ("members", "staff")]
    assert [found[name] for name in names] == [0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize(("day", "people"), [(27, [2]), (28, [1, 2])])
def test_p24_counts_each_person_once_in_a_month_of_28_days(day, people):
    """Member 1 writes to 2 on day 0 and to 2 and 3 on another day; to itself and by staff is to nobody."""
    found = said((0, 1, 2, "a"), (day, 1, 2, "a"), (day, 1, 3, "a"), (0, 1, 1, "a"), *many(0, 9, 1, 3), END, staff=[9])
    assert units(found, "addressed_mean", "addressed_median") == [
        (np.mean(people), len(people)),
        (np.median(people), len(people)),
    ]
    assert found["addressed_p90"] == pytest.approx(np.quantile(people, 0.9))


@pytest.mark.parametrize(("sent", "busy"), [(19, 0), (20, 1)])
def test_p25_is_of_members_who_sent_twenty_messages_to_somebody(sent, busy):
    """Three quarters to one, the others to another; those to everybody, and those of staff, count for nothing."""
    large = sent * 3 // 4
    events = [*many(0, 1, 2, large), *many(1, 1, 3, sent - large), *many(2, 1, 1, 5), *many(3, 9, 2, 40), END]
    found = said(*events, staff=[9])
    assert found.facts["to_top_1"].n == busy
    if busy:
        assert (found["to_top_1"], found["to_top_5"]) == (0.75, 1.0)
        assert found["effective_partners"] == pytest.approx(1 / (0.75**2 + 0.25**2))


@pytest.mark.parametrize(("exchanges", "strong"), [(9, 0), (10, 1)])
def test_a_strong_tie_has_ten_exchanges(exchanges, strong):
    found = said(*many(3, 1, 2, exchanges - 1), (53, 2, 1, "a"), (1, 3, 4, "a"), (2, 5, 5, "a"))
    assert (found["strong_ties"], found["any_strong"]) == (strong / 2, 2 * strong / 4)  # 5 has no tie
    assert found["strong_exchanges"] == strong * exchanges / (exchanges + 1)
    assert units(found, "strong_life") == [(pytest.approx(50.0) if strong else None, strong)]


@pytest.mark.parametrize(("partners", "enough"), [(29, False), (30, True)])
def test_circles_of_those_with_thirty_partners(partners, enough):
    """Messages both ways count: half of the partners are written to, half write."""
    events = [(k, *((1, k + 2) if k % 2 else (k + 2, 1)), "a") for k in range(partners)]
    found = said(*events)
    value, n = units(found, "top_15_of_many")[0]
    assert (n, value) == ((1, pytest.approx(0.5)) if enough else (0, None))
    assert found["top_15_of_busy"] == pytest.approx(15 / partners)


# P26, P27


@pytest.mark.parametrize(("events", "busy"), [(19, 0), (20, 1)])
def test_p26_is_of_members_with_twenty_events(events, busy):
    found = said(*((k, 1, 1, "a") for k in range(events)), *((k, 9, 9, "a") for k in range(30)), staff=[9])
    assert found.facts["burstiness"].n == busy and found.facts["burstiness_all"].n == busy + 1


def test_burstiness_corrected_for_few_gaps_by_its_formula():
    """Kim & Jo (2016), equation 22, of gaps of 1 day and once 11."""
    days = [*range(10), *range(20, 30)]
    r = np.std([1] * 18 + [11]) / np.mean([1] * 18 + [11])
    n = 19
    corrected = (math.sqrt(n + 1) * r - math.sqrt(n - 1)) / ((math.sqrt(n + 1) - 2) * r + math.sqrt(n - 1))
    found = said(*((day, 1, 1, "a") for day in days))
    assert found["burstiness_corrected"] == pytest.approx(corrected)
    assert found["burstiness"] == pytest.approx((r - 1) / (r + 1))


def test_p27_staff_hold_no_members_together():
    """Members 1-2-3 in a triangle, 4 and 5 tied through staff alone: of five with a tie three are in the component."""
    ties = [(1, 2), (2, 3), (3, 1), (4, 9), (5, 9), (1, 9), (2, 9)]
    found = said(*((k, a, b, "a") for k, (a, b) in enumerate(ties)), (10, 6, 6, "a"), staff=[9])
    assert units(found, "giant_members", "giant") == [(3 / 5, 5), (1.0, 6)]
    assert found["transitivity_members"] == 1.0 and found["transitivity"] == pytest.approx(6 / (3 + 3 + 1 + 6))
    alone = said((0, 1, 1, "a"), (1, 2, 9, "a"), staff=[9])
    assert units(alone, "giant_members") == [(0.0, 1)]  # it has a tie, and none with a member


# P29-P30


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_next_week_by_a_plain_loop(seed):
    """Members who write: each week from their first but the last, by own activity and by who wrote to them."""
    generator = np.random.default_rng(seed)
    days = np.sort(generator.uniform(0, 10 * 7, 130))
    events = [(float(day), int(a), int(b), "a") for day, a, b in
              zip(days, generator.integers(0, 8, 130), generator.integers(0, 10, 130), strict=True)]  # fmt: skip
    staff, begun, end = {6, 7}, events[0][0], events[-1][0]
    week = lambda day: int((day - begun) // 7)  # noqa: E731
    last = week(end)
    cells: dict[str, list[bool]] = {}
    for who in {a for _, a, _, _ in events} - staff:
        wrote = {week(day) for day, a, _, _ in events if a == who}
        to = {
            kind: {week(day) for day, a, b, _ in events if b == who != a and (a in staff) is kind}
            for kind in (True, False)
        }
        for now in range(min(wrote), last):
            by = {(False, False): "alone", (True, False): "staff", (False, True): "member", (True, True): "both"}
            name = f"{'active' if now in wrote else 'idle'}_{by[now in to[True], now in to[False]]}"
            cells.setdefault(name, []).append(now + 1 in wrote)
    found = said(*events, staff=sorted(staff))
    names = [f"{state}_{key}" for state in ("idle", "active") for key in ("alone", "staff", "member", "both")]
    assert {name: (found[name], found.facts[name].n) for name in names if found.facts[name].n} == {
        name: (pytest.approx(np.mean(hits)), len(hits)) for name, hits in cells.items()
    }
    assert len(cells) == 8


# Logs that say little


FOLLOWED = {
    **dict.fromkeys(("newcomer_replied", "again_with_reply", "stays_one"), 210),
    **{f"lifespan_{days}": 365 for days in (1, 7, 30, 90, 180, 365)},
    **{f"day_{day}": day + 30 for day in (7, 30, 90)},
    **{f"seen_{days}": days + 30 for days in (30, 90, 365)},
    **{"alters_1": 90, "ladder_1": 90, "monthly_retention": 56, "persists_2_3": 30, "active_member": 7},
}


@pytest.mark.parametrize(("name", "window"), FOLLOWED.items())
def test_a_log_shorter_than_a_window_says_nothing(name, window):
    """Of a log that ends just before anybody could be followed up, the value is NaN over 0; just after, it is one."""
    events = [(0, 1, 2, "reply"), (0, 2, 1, "topic")]
    short, long = (said(*events, (window + more, 3, 3, "topic")) for more in (-JUST, JUST))
    assert units(short, name) == [(None, 0)]
    assert units(long, name)[0][1] > 0


def test_one_message_has_no_windows_and_no_ties():
    found = patterns(given((0, 1, 1, "topic")), resamples=20)
    assert (found.accounts, found.events, found.days, found.wrote, found.staff) == (1, 1, 0.0, 1, 0)
    known = {name for name, fact in found.facts.items() if math.isfinite(fact.value)}
    assert known.isdisjoint(FOLLOWED) and {"once", "gini", "weekly_actives", "answered_24h"} <= known
    assert found["gini"] == 0.0 and found["top_1"] == 1.0 and found["giant_members"] != found["giant_members"]
    for curve in found.curves.values():
        assert curve.x.size == curve.y.size == curve.n.size


# Curves


def test_a_distribution_counts_who_has_as_much_or_more():
    curve = distribution("x", np.array([1, 1, 2, 5]))
    assert (curve.x.tolist(), curve.y.tolist(), curve.n.tolist()) == ([1, 2, 5], [1.0, 0.5, 0.25], [4, 4, 4])


def test_curves_say_what_the_facts_say_and_leave_out_points_of_few():
    """Fifteen members live k days; the curves of survival and the ladder pass through the facts."""
    events = [event for k in range(1, 16) for event in ((0, k, 99, "a"), (10 * k + JUST, k, 99, "a"))]
    found = patterns(given(*events, (500, 99, 99, "a")), resamples=30)
    survival, ladder = found.curves["survival"], found.curves["ladder"]
    for days in (1, 7, 30, 90):
        at = survival.x.tolist().index(days)
        assert (survival.y[at], survival.n[at]) == (found[f"lifespan_{days}"], 15)
        assert survival.low[at] <= survival.y[at] <= survival.high[at]
    assert ladder.y[0] == found["ladder_1"] == 9 / 15 and (ladder.n >= FEWEST).all()
    assert found.curves["contributions"].y.tolist() == [1.0, 15 / 16] and found.curves["ties"].x.tolist() == [1, 15]
    weekly = found.curves["weekly_actives"]
    assert weekly.y[:3].tolist() == [15, 1, 1] and weekly.y.sum() == 30  # the last event is after the last whole week
    few = patterns(given(*events[:18], (500, 99, 99, "a")), resamples=0)
    assert few.curves["survival"].x.size == few.curves["ladder"].x.size == 0


def test_the_curve_of_hours_ends_at_the_share_that_was_answered():
    threads = Threads(START + np.array([0, 1, 2.0]) * DAY, np.array([1, 1, 1]),
                      START + np.array([2, 1.5, math.nan]) * DAY, np.array([2, 2, -1]))  # fmt: skip
    curve = patterns(given((0, 1, 1, "a"), (3, 2, 1, "a"), threads=threads), resamples=0).curves["reply_hours"]
    assert (curve.x.tolist(), curve.y.tolist(), curve.n.tolist()) == ([12.0, 48.0], [1 / 3, 2 / 3], [3, 3])


# Amounts and months, once more


AMOUNTS = [1] * 20 + [2] * 8 + [3] * 4 + [5] * 3 + [9] * 3 + [20] * 2


def test_p6_of_a_log_is_the_law_of_its_amounts():
    x = np.array(AMOUNTS)
    found = said(*(event for who, amount in enumerate(AMOUNTS) for event in many(who, who, who, amount)))
    tail = fit(x)
    assert found["exponent"] == Law(1).alpha(np.log(x).mean()) and found.facts["exponent"].n == 40
    above = x[x >= tail.xmin]
    assert found["tail_exponent"] == tail.alpha == pytest.approx(Law(tail.xmin).alpha(np.log(above).mean()))
    assert (found["tail_from"], found.facts["tail_exponent"].n) == (tail.xmin, above.size)
    assert f"from {tail.xmin} on" in found.facts["tail_exponent"].about


def test_p10_looks_ahead_and_not_back():
    """Of months 0 to 3, whole ones: 1 in 0 and 1, 2 in 1, 3 in 2 and 3; the last has no next one."""
    days = [(0, 1), (28, 1), (29, 2), (57, 3), (85, 3), (112, 9)]
    found = said(*((day, who, who, "a") for day, who in days))
    assert units(found, "monthly_retention", "monthly_newcomers") == [(2 / 4, 4), (3 / 5, 5)]


@pytest.mark.parametrize(("weeks", "part"), [(8, (2 + 1) / 2 / 4), (3, 1 / 4)])
def test_the_last_quarter_of_the_weeks(weeks, part):
    """Actives of the weeks before the last: 4 in the first, then one in each, two in the one before the last."""
    actives = [4, *[1] * (weeks - 3), 2, 1]
    events = [(7 * week, who, who, "a") for week, count in enumerate(actives) for who in range(count)]
    assert said(*events, (7 * weeks, 9, 9, "a"))["weekly_last_quarter"] == pytest.approx(part)


@pytest.mark.parametrize(("weeks", "said_so"), [(19, ""), (20, " after the tenth")])
def test_p7_says_which_weeks_it_leaves_out(weeks, said_so):
    found = said((0, 1, 1, "a"), (7 * weeks, 1, 1, "a"), accounts={1: 0.0, 2: 0.0})
    assert found.facts["weekly_of_registered"].about.endswith(f"mean over weeks{said_so}")
