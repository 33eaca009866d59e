"""Visiting, by hand."""

import math

import numpy as np
import pytest

from sim.compiled.draws import Rule, day_key, normal, uniform
from sim.compiled.kernel import out_of_reach, sig
from sim.rules.visiting import drawn as what_draws
from sim.rules.visiting import drift, pull, visit
from sim.scenario import load
from sim.state.flows import Flow
from tests.tiny import ALWAYS, NEVER, come, drawn, owe, some_members, tune, values, visits

VISITING = dict(
    closeness=1.0, closeness_scale=2.0, belonging=0.7, need=1.2, experience=0.5, called=0.4, annoyance=0.3,
    crowd=0.1, crowd_knee=40.0, hurt=0.25, worth=2.0, loss=0.15, silence=0.6, silence_days=30.0, tide_sd=0.0,
    tide_half_life=30.0,
)  # fmt: skip


def test_pull_term_by_term():
    p = values("visiting", **VISITING)

    def with_(tide=0.0, own=0.0, belonging=0.0, needs=0.0, experience=0.5, called=0.0, **keeps):
        draws = what_draws(-3.0, tide, own, belonging, needs, experience, called, p)
        kept = {"worth": 0.0, "annoyance": 0.0, "unread": 0.0, "hurt": 0.0, "loss": 0.0, "away": 0.0, **keeps}
        return pull(draws, *kept.values(), p) + 3.0

    assert with_() == 0.0
    assert with_(tide=-0.4) == pytest.approx(-0.4)
    assert with_(own=0.5) == pytest.approx(0.5)
    assert with_(belonging=0.5) == pytest.approx(0.35)
    assert with_(needs=1.0) == pytest.approx(1.2)
    assert with_(experience=0.9) == pytest.approx(0.2)
    assert with_(experience=0.1) == pytest.approx(-0.2)
    assert with_(called=1.0) == pytest.approx(0.4)
    assert with_(annoyance=2.0) == pytest.approx(-0.6)
    assert with_(unread=40.0 * (math.e - 1.0)) == pytest.approx(-0.1)  # ln e = 1
    assert with_(hurt=2.0) == pytest.approx(-0.5)
    assert with_(loss=2.0) == pytest.approx(-0.3)
    assert with_(worth=0.25) == pytest.approx(0.5) and with_(worth=-0.25) == pytest.approx(-0.5)
    assert with_(away=30.0) == pytest.approx(-0.6 * 0.6931471805599453)  # ln 2


def test_drift():
    # after one half-life half is left, and the spread grows by sqrt(1 - 1/4) = .866
    assert drift(2.0, 30.0, 30.0, 1.0, 0.0) == pytest.approx(1.0)
    assert drift(2.0, 30.0, 30.0, 2.0, 1.0) == pytest.approx(1.0 + 2 * 0.8660254037844386)
    assert drift(2.0, 1e9, 30.0, 1.5, -2.0) == pytest.approx(-3.0)  # all forgotten: the usual spread


def test_nobody_is_out_of_reach_who_would_have_come():
    draws = np.linspace(0.0, 1.0, 2001)
    for logit in np.linspace(-12.0, 12.0, 97):
        beyond = [draw for draw in draws if out_of_reach(draw, logit)]
        assert min(beyond, default=1.0) >= sig(logit)
        if logit <= -4.0:  # and of those who stay away most are, or it would serve nothing
            assert len(beyond) > 0.9 * (draws >= sig(logit)).sum()


def test_nothing_that_keeps_away_can_pull():
    """Or who is out of reach without it might have come with it."""
    lows = {entry.key: entry.range[0] for entry in load("baseline").entries() if entry.key.startswith("visiting.")}
    for name in ("annoyance", "crowd", "hurt", "loss", "silence", "closeness"):
        assert lows[f"visiting.{name}"] >= 0.0


def visitable(n, **chosen):
    """So many members on day 10, whom everything draws and keeps away as the numbers above have it."""
    community = some_members(n, {"switches.passion": True}, seed=2, **{"worth": 0.5, **chosen})
    tune(community, "visiting", **VISITING)
    tune(community, "reading", usual=0.5)
    community.day = 10
    return community


def visited(community, volume=0, sd=0.0, **visiting):
    """Who visits, in the order of the hours, and at which hours; `sd`: of passion."""
    tune(community, "visiting", **visiting)
    tune(community, "feeling", passion_half_life=30.0, passion_sd=sd)
    community.tables.volume[:] = volume
    visit(*community.given)
    found = visits(community)
    assert community.flows[Flow.VISITS] == community.flows.sum() == len(found.row)
    assert found.hour.tolist() == sorted(found.hour.tolist())
    return found.row.tolist(), found.hour.tolist()


def in_order(rows):
    """These rows by the hours at which they visit."""
    return sorted(rows, key=lambda i: drawn(2, Rule.VISITING, 10, i, 1))


def test_who_comes():
    drive = [ALWAYS, NEVER, NEVER, ALWAYS, ALWAYS]
    community = visitable(5, drive=drive, joined=[0, 0, 10, 0, 10], last_visit=3, stage=[0, 0, 0, 5, 5])
    m, (rows, hours) = community.members.view, visited(community)
    assert rows == in_order([0, 2])  # willing; joined today; who has left never comes, not even on its first day
    assert hours == [drawn(2, Rule.VISITING, 10, i, 1) for i in rows]
    assert m.last_visit.tolist() == [10, 3, 10, 3, 3]
    assert m.visit_before[[0, 2]].tolist() == [3, 3]


def test_the_tide_moves_once_a_day_and_pulls_all_alike():
    community = visitable(2000, drive=-1.0986122886681098, last_visit=10)  # odds 1 to 3
    now = community.tables.now
    now.tide = -2.0
    rows, _ = visited(community, tide_sd=0.5, tide_half_life=1.0)
    z = normal(day_key(2, int(Rule.VISITING), 10), -1, 0)
    assert now.tide == pytest.approx(-1.0 + 0.5 * math.sqrt(0.75) * z)  # half is left
    chance = 1.0 / (1.0 + 3.0 * math.exp(-now.tide))
    assert sorted(rows) == [i for i in range(2000) if drawn(2, Rule.VISITING, 10, i, 0) < chance]
    assert 0 < len(rows) < 400  # 500 without a tide


def test_a_visit_is_one_draw_against_the_chance():
    rows, _ = visited(visitable(2000, drive=-1.0986122886681098, last_visit=10))  # odds 1 to 3: chance .25
    assert sorted(rows) == [i for i in range(2000) if drawn(2, Rule.VISITING, 10, i, 0) < 0.25]
    assert len(rows) == pytest.approx(500, abs=80)


@pytest.mark.parametrize(("closeness", "pulls"), [(2 * math.log(2), 0.5), (1e9, 1.0)])  # 1 - exp(-ln 2); full
def test_ties_pull_until_they_fill(closeness, pulls):
    community = visitable(2000, drive=-1.0986122886681098 - pulls, closeness=closeness, last_visit=10)
    assert sorted(visited(community)[0]) == [i for i in range(2000) if drawn(2, Rule.VISITING, 10, i, 0) < 0.25]


def test_unread_posts_of_ones_topics_push_after_silence():
    # full silence (14 of 14 days), 40 (e - 1) unread in two topics: ln e = 1, times 60 against drive 30
    chosen = {"topic": [0, 1, 2, 2], "second": [1, 0, 3, 4], "last_visit": [-4, 9, -4, -4]}
    community = visitable(4, drive=30.0, **chosen)
    volume = [40, 29, 0, 0, 69, 0, 0, 0]
    # member 1 was here yesterday: 69 / 14 = 5 unread, ln(1.12) x 60 = 7; member 2 has no talk on its topics,
    # member 3 all of it on its second
    assert sorted(visited(community, volume, crowd=60.0, silence=0.0)[0]) == [1, 2]


def test_a_call_pulls_for_some_days_only():
    community = visitable(3, drive=-30.0, called=[7, 6, -10_000], last_visit=10)
    assert visited(community, called=60.0, silence=0.0)[0] == [0]  # called 3 days ago; 4 days; never


def test_passion_drifts_for_visitors_alone_by_their_time_away():
    community = visitable(2, drive=[ALWAYS, NEVER], passion=2.0, last_visit=[-20, -20])
    visited(community, sd=1e-12)
    assert community.members.view.passion.tolist() == pytest.approx([1.0, 2.0])  # 30 days: one half-life
    community = visitable(1, drive=ALWAYS, passion=2.0, last_visit=-20)
    tune(community, "switches", passion=0)
    visited(community, sd=1.0)  # the claim switched off: what moved it fades, and no more
    assert community.members.view.passion[0] == pytest.approx(1.0)


def test_closeness_and_belonging_pull_each_by_its_own_weight():
    for weights in ({"closeness": 60.0, "belonging": 0.0}, {"closeness": 0.0, "belonging": 60.0}):
        community = visitable(2, drive=-30.0, closeness=[9.0, 0.0], belonging=[0.0, 1.0], last_visit=10)
        assert visited(community, **weights, silence=0.0)[0] == [0 if weights["closeness"] else 1]


def test_no_more_is_unread_than_there_is():
    community = visitable(2, drive=66.0, topic=0, second=1, last_visit=[-4, -90])
    # 69 unread in all, ln(1 + 69 / 40) x 60 = 60.2 less than 66; after 100 days of 14 it would be 155
    assert sorted(visited(community, [40, 29, 0, 0, 0, 0, 0, 0], crowd=60.0, silence=0.0)[0]) == [0, 1]


def test_how_passion_drifts_has_nothing_to_do_with_the_hour():
    community = visitable(1, drive=ALWAYS, last_visit=-20)
    _, hours = visited(community, sd=1.0)
    key = day_key(2, int(Rule.VISITING), 10)
    assert hours == [uniform(key, 0, 1)]
    assert community.members.view.passion[0] == pytest.approx(math.sqrt(0.75) * normal(key, 0, 2))  # draws 2 and 3


def test_visits_of_before_take_no_places_today():
    community = visitable(3, drive=[ALWAYS, NEVER, ALWAYS], last_visit=9)
    assert visited(community)[0] == in_order([0, 2])
    community.flows[:] = 0.0
    assert visited(community)[0] == in_order([0, 2])  # on one day the draws are the same


def test_the_team_knows_whom_it_saw_before_today():
    community = visitable(4, drive=[NEVER, ALWAYS, ALWAYS, NEVER], last_visit=[3, 3, 2, 3], stage=[0, 0, 0, 5])
    tune(community, "staffing", reach_back=7)
    rows, _ = visited(community)
    now = community.tables.now
    assert sorted(rows) == [1, 2] and now.here == 3
    assert community.tables.rows["recent"][: now.recent].tolist() == [0, 1]  # a week ago, not eight days


def test_at_one_hour_the_lower_row_comes_first():
    key = [7, 5, 7, 5, 7]  # one key, one hour
    rows, _ = visited(visitable(5, drive=ALWAYS, key=key, last_visit=10))
    assert rows == sorted(range(5), key=lambda i: (drawn(2, Rule.VISITING, 10, key[i], 1), i))


def test_a_visit_has_nothing_of_the_visit_before():
    community = visitable(3, drive=ALWAYS, last_visit=10)
    come(community, [0, 1, 2], left=8, bits=1)
    visits(community).fits[:], visits(community).passed_over[:] = 2.0, 1
    visited(community)
    today = visits(community)
    assert not any(column.any() for column in (today.left, today.fits, today.broken, today.passed_over))


def test_the_team_learns_who_was_here_of_late_and_how_many_are_left():
    community = visitable(4, drive=NEVER, last_visit=[-4, -5, 9, 9], stage=[2, 2, 2, 5])
    visited(community)
    now = community.tables.now
    assert community.tables.rows["recent"][: now.recent].tolist() == [0, 2]  # within 14 days, and not gone
    assert (now.here, now.visitors) == (3, 0)


def test_what_visits_were_worth_draws_or_keeps_away_from_the_usual_on():
    community = visitable(2000, drive=-1.0986122886681098, worth=0.75, last_visit=10)
    # odds 1 to 3, times e^(2 x .25)
    chance = 1.0 / (1.0 + 3.0 * math.exp(-0.5))
    assert sorted(visited(community)[0]) == [i for i in range(2000) if drawn(2, Rule.VISITING, 10, i, 0) < chance]
    community = visitable(3, drive=[-50.0, -50.0, 50.0], worth=[1.0, 0.5, 0.0], last_visit=10)
    assert visited(community, worth=120.0)[0] == [0]
    community = visitable(3, drive=0.0, worth=[1.0, 0.6, 0.4], last_visit=10)
    tune(community, "reading", usual=0.7)
    assert visited(community, worth=600.0)[0] == [0]


def test_who_has_lost_partners_stays_away():
    community = visitable(2, drive=50.0, loss=[0.5, 0.0], last_visit=10)
    assert visited(community, loss=200.0)[0] == [1]


# Who owes an answer


def test_who_owes_an_answer_today_comes_for_it():
    community = visitable(6, drive=[NEVER, NEVER, ALWAYS, NEVER, NEVER, NEVER], last_visit=3, passion=2.0,
                          stage=[2, 2, 2, 5, 2, 2])  # fmt: skip
    come(community, [])
    # 0 twice, the second time long overdue; 1 tomorrow; 2 comes anyhow; 3 has left; 4 late today
    for who, due in ((0, 10.5), (0, 8.0), (1, 11.0), (2, 10.1), (3, 10.2), (4, 10.999)):
        owe(community, who, 5, due)
    rows, hours = visited(community)
    m = community.members.view
    assert rows == in_order([0, 2, 4]) and hours == [drawn(2, Rule.VISITING, 10, i, 1) for i in rows]
    assert m.last_visit.tolist() == [10, 3, 10, 3, 10, 3] and m.visit_before[[0, 2, 4]].tolist() == [3, 3, 3]
    assert m.passion[0] == pytest.approx(2.0 * 2 ** (-7 / 30)) == m.passion[2]  # away for seven days
    assert community.tables.now.owed == 6  # nothing is answered yet


def test_who_owes_an_answer_is_seen_as_before_by_the_team():
    community = visitable(2, drive=NEVER, last_visit=[3, -80])
    tune(community, "staffing", reach_back=7)
    come(community, [])
    for who in (0, 1):
        owe(community, who, 1 - who, 10.5)
    assert sorted(visited(community)[0]) == [0, 1]
    now = community.tables.now
    assert community.tables.rows["recent"][: now.recent].tolist() == [0] and now.here == 2
