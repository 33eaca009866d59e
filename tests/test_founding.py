"""Founding from a log: small logs worked by hand, and real ones."""

import math
import time
from pathlib import Path

import numpy as np
import pytest

from sim import checkpoint
from sim.community import Community
from sim.logs.founding import Surroundings, contributions, contributions_of_a_visit, from_log, habits_of
from sim.logs.log import DAY, Log, LogError, of_run
from sim.logs.readers import read
from sim.scenario import load
from sim.state.members import LONG_AGO, Source, Stage
from sim.state.ties import held
from tests.tiny import partners, put

REAL = Path(__file__).parents[2] / "shared/data"
SCENARIO = load("baseline")
AT = 1000 * DAY


def log_of(*events):
    """Events (day before AT, source, target[, kind]) as a log that goes on after AT."""
    kinds = ("message", "accept", "distrust")
    events = [*events, (500.0, 1, 1)]
    day, source, target = (np.array([event[k] for event in events]) for k in range(3))
    kind = np.array([kinds.index(event[3]) if len(event) > 3 else 0 for event in events], np.int16)
    return Log(AT + day * DAY, source.astype(np.int64), target.astype(np.int64), kind, kinds, "small.csv")


def found(*events, at=AT, **changes):
    scenario = load("baseline", {key.replace("__", "."): value for key, value in changes.items()})
    return from_log(log_of(*events), at, scenario)


def tie(founding, i, k=0):
    """The tie in slot k of founder i."""
    assert k < founding.tie_count[i]
    return founding.ties[founding.tie_row[i] + k]


def faded(strength, days):
    p = SCENARIO.ties
    for _ in range(days):
        strength *= 1.0 - math.log(2.0) / (p.half_life * (1.0 + p.slowing * strength))
    return strength


def test_who_is_a_founder_and_since_when():
    scenario, founding = found((-30.5, 70, 70), (-10.5, 50, 70), (-5.5, 50, 90), (3.0, 40, 70))
    assert scenario.community.members == 3 and scenario.origins["community.members"] == "small.csv"
    assert SCENARIO.community.members != 3  # the given scenario stays as it is
    assert founding.ids.tolist() == [70, 50, 90]  # in order of joining; 40 came later
    assert founding.members.joined.tolist() == [-31, -11, -6]
    assert founding.members.written.tolist() == [1, 2, 0]
    assert founding.members.last_written.tolist() == [-31, -6, LONG_AGO]
    assert founding.members.last_visit.tolist() == [-31, -6, -6]
    assert founding.members.called.tolist() == [-11, LONG_AGO, -6]
    assert founding.epoch == AT


def test_stages_and_activity():
    _, founding = found((-100.5, 1, 1), (-40.5, 2, 2), (-20.5, 2, 2), (-3.5, 3, 3), (-2.5, 3, 4))
    assert founding.members.stage.tolist() == [Stage.LAPSED, Stage.REGULAR, Stage.NEWCOMER, Stage.VISITOR]
    half = SCENARIO.feeling.activity_half_life
    assert founding.members.activity[1] == pytest.approx(0.5 ** (41 / half) + 0.5 ** (21 / half))
    assert founding.members.heard[3] == pytest.approx(0.5 ** (3 / SCENARIO.feeling.heard_half_life))


def test_a_tie_grows_by_what_is_received_and_faster_when_it_answers():
    p = SCENARIO.ties
    # 1 writes to 2 on day -11, 2 answers on day -9, and nothing more: two days and nine days of fading.
    _, founding = found((-10.5, 1, 2), (-8.5, 2, 1))
    one, two = 0, 1
    ones, twos = tie(founding, one), tie(founding, two)
    assert founding.tie_count.tolist() == [1, 1] and ones["partner"] == two and twos["partner"] == one
    assert ones["back"] == twos["strength"] > 0.0 and twos["back"] == ones["strength"] > 0.0
    by_two = p.gain * p.practical  # what 2 feels after the first message
    assert twos["strength"] == pytest.approx(faded(by_two, 11))
    by_one = p.gain * p.practical * p.reciprocity  # 2's message answers 1's own
    assert ones["strength"] == pytest.approx(faded(by_one, 9))
    assert ones["last"] == -11 and twos["last"] == -9
    assert ones["memory"] == 1.0 and ones["exchanges"] == twos["exchanges"] == 1
    assert founding.members.closeness == pytest.approx([ones["strength"], twos["strength"]])


def test_a_late_answer_is_not_an_answer():
    p = SCENARIO.ties
    _, founding = found((-30.5, 1, 2), (-30.5 + p.reciprocity_days + 1, 2, 1))
    assert tie(founding, 0)["strength"] == pytest.approx(faded(p.gain * p.practical, 30 - p.reciprocity_days))


def test_second_message_adds_to_what_is_left():
    p = SCENARIO.ties
    _, founding = found((-20.5, 1, 2), (-10.5, 1, 2))
    left = faded(p.gain * p.practical, 10)
    room = 1.0 - left / p.capacity
    assert tie(founding, 1)["strength"] == pytest.approx(faded(left + p.gain * p.practical * (1 - left) * room, 11))
    assert tie(founding, 0)["memory"] == pytest.approx(1.0 + 0.5 ** (10 / p.memory_half_life))
    assert tie(founding, 0)["exchanges"] == 2


def test_weak_and_silent_ties_are_forgotten():
    _, founding = found((-400.5, 1, 2), (-1.5, 3, 3))
    assert founding.tie_count.tolist() == [0, 0, 0] and not founding.members.closeness.any()


def test_slots_are_finite_and_keep_the_strong():
    # Ten members write once, then 2 writes five times: with 4 slots, 2 must still be among them.
    events = [(-30.5 + k, 10 + k, 1) for k in range(10)] + [(-20.5 + k, 2, 1) for k in range(5)]
    _, founding = found(*sorted(events), ties__slots=4)
    me = founding.ids.tolist().index(1)
    mine = founding.ties[founding.tie_row[me] :][: founding.tie_count[me]]
    assert len(mine) == 4 and 2 in founding.ids[mine["partner"]]
    assert founding.ids[mine["partner"][mine["strength"].argmax()]] == 2


def test_accepting_has_no_time_and_distrust_no_warmth():
    _, founding = found((-10.5, 1, 2), (-9.5, 1, 3, "accept"), (-8.5, 2, 1, "distrust"))
    assert founding.ids.tolist() == [1, 2]
    assert founding.members.written.tolist() == [1, 1] and tie(founding, 0)["strength"] == 0.0


def test_belonging_grows_by_exchanges():
    start, gain = SCENARIO.members.belonging, SCENARIO.feeling.belonging_exchange
    half = SCENARIO.feeling.belonging_half_life
    _, founding = found((-10.5, 1, 2), (-10.5, 3, 3))
    assert founding.members.belonging[:2] == pytest.approx([(start + gain * (1 - start)) * 0.5 ** (11 / half)] * 2)
    assert founding.members.belonging[2] == pytest.approx(start * 0.5 ** (11 / half))


def rates(scenario, founding):
    """Contributions a day that the model expects of each founder, with what the log shows of it."""
    m, habits = founding.members, habits_of(scenario)
    received = m.replies / np.maximum(m.exposure, 1.0)
    heard = received * scenario.feeling.heard_half_life / math.log(2.0)
    active = 1.0 - np.exp(-scenario.posting.active_days * m.recent / np.maximum(m.exposure, 1.0))
    around = zip(m.closeness, m.belonging, heard, active, received, strict=True)
    traits = zip(m.drive, m.voice, around, strict=True)
    return np.array([contributions(drive, voice, Surroundings(*one), habits) for drive, voice, one in traits])


def test_the_busy_are_busier_and_the_little_known_stay_near_the_prior():
    busy = [(-199.5 + k, 1, 1) for k in range(199)]  # one a day for 200 days
    silent = [(-199.5, 2, 2)]
    new = [(-0.5, 3, 3)]  # nothing known yet
    scenario, founding = found(*sorted(busy + silent + new))
    one, two, three = (founding.ids.tolist().index(k) for k in (1, 2, 3))
    assert founding.members.exposure[three] == founding.members.recent[three] == 0.0
    assert founding.members.drive[three] == pytest.approx(SCENARIO.members.drive_mean, abs=1e-3)
    assert founding.members.voice[three] == pytest.approx(SCENARIO.members.voice_mean, abs=1e-3)
    assert founding.members.drive[one] > founding.members.drive[three] > founding.members.drive[two]
    assert founding.members.voice[one] > founding.members.voice[three] > founding.members.voice[two]
    q = 0.5 ** (1 / SCENARIO.leaving.lapse_days)  # the day of joining counts for nobody
    assert founding.members.exposure[one] == pytest.approx(sum(q**k for k in range(1, 200)))
    assert founding.members.recent[one] == pytest.approx(sum(q**k for k in range(2, 200)))
    assert 0.7 < rates(scenario, founding)[one] < 1.2


def test_the_estimate_keeps_what_it_does_not_tell():
    scenario, founding = found((-50.5, 1, 1), (-50.5, 2, 2), (-50.5, 3, 3))
    prior = scenario.members
    # Two members whose draws differ along the estimated direction only end alike; across it they stay apart.
    drive = np.array([prior.drive_mean, prior.drive_mean + 1.0, prior.drive_mean])
    voice = np.full(3, prior.voice_mean)
    moved_drive, moved_voice = founding.traits(drive, voice, scenario)
    assert moved_drive[0] == pytest.approx(moved_drive[2])
    assert moved_drive[1] > moved_drive[0] and moved_voice[1] < moved_voice[0]
    along = founding.members.drive[0] - prior.drive_mean, founding.members.voice[0] - prior.voice_mean
    alike_drive, alike_voice = founding.traits(drive + 5 * along[0], voice + 5 * along[1], scenario)
    assert alike_drive == pytest.approx(moved_drive, abs=1e-6) and alike_voice == pytest.approx(moved_voice, abs=1e-6)


def test_no_spread_leaves_the_traits():
    scenario, founding = found((-50.5, 1, 1), (-50.5, 2, 2), members__drive_sd=0.0, members__voice_sd=0.0)
    assert founding.members.drive.tolist() == [scenario.members.drive_mean] * 2


def test_apply_writes_columns_and_ties():
    scenario, founding = found((-10.5, 1, 2), (-8.5, 2, 1), (-2.5, 3, 3), community__acquaintances=0.0)
    community = Community(scenario, 0)
    m = community.members.view
    m.expertise[:] = 0.7
    m.drive[:], m.voice[:] = scenario.members.drive_mean, scenario.members.voice_mean
    for i, j in ((0, 2), (1, 0), (2, 1)):  # an acquaintance that was drawn
        put(community, i, j, 0.1)
    founding.apply(community)
    assert community.epoch == AT
    assert m.joined.tolist() == [-11, -11, -3] and m.written.tolist() == [1, 1, 1]
    assert m.drive.tolist() == founding.members.drive.tolist() and m.key.tolist() == [0, 1, 2]
    assert m.expertise.tolist() == [0.7] * 3  # what a log does not tell stays as drawn
    assert m.tie_count.tolist() == [1, 1, 0] and partners(community, 0) == [1] and partners(community, 1) == [0]
    assert m.closeness == pytest.approx([tie(founding, 0)["strength"], tie(founding, 1)["strength"], 0.0])
    assert m.heard_member[0] > m.heard_member[1] > 0.0
    with pytest.raises(LogError, match="the log has 3 founders with 12 tie slots, the community 4"):
        founding.apply(Community(load("baseline", {"community.members": 4}), 0))


def test_the_middle_is_the_default():
    _, founding = found((-500.0, 1, 2), at=None)  # the log's last event is on day +500
    assert founding.epoch == AT


@pytest.mark.parametrize(
    ("at", "message"),
    [
        (
            "1960-01-01",
            "small.csv: date `1960-01-01`: lies outside of the log; it is a day after 1972-08-27 and no later",
        ),
        ("2030-01-01", "lies outside of the log"),
        ("tomorrow", "date 'tomorrow': is none"),
        (AT - 9 * DAY, "only 1 member before"),
    ],
)
def test_bad_moments(at, message):
    with pytest.raises(LogError) as error:
        found((-30.5, 1, 1), (-5.5, 2, 1), at=at)
    assert message in str(error.value)


def test_nothing_but_acceptances():
    log = Log(np.array([1.0]), np.array([1]), np.array([2]), np.array([0], np.int16), ("accept",), "odd.csv")
    with pytest.raises(LogError, match="has no messages"):
        from_log(log, None, SCENARIO)


def test_a_founded_community_lives_on(tmp_path):
    events = [(-90.5 + k, k % 7, (k + 1) % 5) for k in range(90)]
    scenario, founding = found(*events)
    community = Community(scenario, seed=3, founding=founding, keep_events=True)
    m = community.members.view
    assert m.joined.tolist() == founding.members.joined.tolist() and m.source.tolist() == [Source.FOUNDER] * 7
    assert m.tie_count.tolist() == founding.tie_count.tolist()
    assert community.tables.ties.tolist() == founding.ties.tolist()
    for _ in range(60):
        community.step()
    m = community.members.view
    assert (m.written[:7] >= founding.members.written).all() and m.written[:7].sum() > founding.members.written.sum()
    went_on = of_run(community)
    assert len(went_on) and went_on.time[0] > founding.epoch
    again = read(went_on.write(tmp_path / "went_on.csv"))  # which could be founded from in turn
    assert from_log(again, None, SCENARIO)[1].ids.size >= 2
    other = Community(scenario, seed=3, founding=founding)
    assert other.members.view.drive.tolist() == m.drive[:7].tolist()


@pytest.mark.skipif(not REAL.is_dir(), reason="the real logs are not here")
def test_a_customers_forum_in_the_middle_of_its_life():
    log = read(REAL / "openenergymonitor_forum.csv.gz")
    from_log(log.before("2011-06-01"), None, SCENARIO)  # compiled by now
    started = time.perf_counter()
    scenario, founding = from_log(log, None, SCENARIO)
    assert time.perf_counter() - started < 2.0
    assert scenario.community.members == founding.ids.size == 1103
    assert founding.members.written.sum() == len(log.before(founding.epoch))
    assert (founding.members.joined < 0).all() and (founding.members.last_visit >= founding.members.joined).all()
    ties = held(founding, founding.ties)
    assert ((ties.strength >= 0) & (ties.strength <= 1)).all() and (ties.back > 0).any()
    assert founding.members.closeness == pytest.approx(np.bincount(ties.owner, ties.strength, 1103))
    # The estimate finds those who will write: correlation with the next 90 days, in logs.
    soon = (log.time >= founding.epoch) & (log.time < founding.epoch + 90 * DAY)
    writes = np.array([np.count_nonzero(log.source[soon] == who) for who in founding.ids])
    expected = rates(scenario, founding)
    assert np.corrcoef(np.log1p(90 * expected), np.log1p(writes))[0, 1] > 0.5
    assert 0.3 < expected.sum() / (writes.sum() / 90) < 3.0
    # And so many contributions do the founders make in the model itself: it was five times as many once, when what
    # they owed and found to read was left out of the estimate.
    made = [Community(scenario, seed, founding) for seed in (1, 2)]
    for community in made:
        community.run(90)
    wrote = np.mean([c.members.view.written[:1103].sum() - founding.members.written.sum() for c in made])
    assert 0.3 < wrote / writes.sum() < 3.0


def test_what_a_visitor_is_expected_to_write():
    said = {"posting.heard": 1.0, "posting.heard_enough": 2.0, "posting.opening": 0.0, "posting.asking": math.log(3.0),
            "posting.active": 1.0, "reading.respond": 0.0, "attention.things": 4}  # fmt: skip
    habits = habits_of(load("baseline", said))._replace(needs=0.2)
    heard = Surroundings(0.0, 0.0, 2.0 * math.log(2.0), 0.0, 0.0)  # half of the pull: readiness -.5 + .5
    # it opens a thread with chance 1/2, or with a need 3/4, and finds four things to respond to, with chance 1/2 each
    assert contributions_of_a_visit(-0.5, heard, habits) == pytest.approx(0.8 * 0.5 + 0.2 * 0.75 + 4 * 0.5)
    both = heard._replace(active=1.0)
    assert contributions_of_a_visit(-1.5, both, habits) == pytest.approx(2.55)  # having written lately makes up for it


def test_what_is_received_is_answered_whether_one_would_visit_or_not():
    said = {"conversing.back": -math.log(3.0), "conversing.back_opener": math.log(3.0)}
    habits = habits_of(load("baseline", said))
    silent = Surroundings(0.0, 0.0, 0.0, 0.0, 0.0)
    answers = 0.8 * (0.25 + 0.5) / 2  # of .8 messages a day, a quarter in others' threads and half in one's own
    more = contributions(-2.0, -3.0, silent._replace(received=0.8), habits) - contributions(-2.0, -3.0, silent, habits)
    assert more == pytest.approx(answers)


def test_the_estimate_is_the_mode_of_the_posterior():
    """By quadrature and SciPy's minimiser: messages received a day, fading, add up to what a member has heard."""
    from scipy.integrate import quad
    from scipy.optimize import minimize_scalar

    events = [(-300.5, 1, 1), (-300.5, 2, 2), *((-300.5 + 3 * k, 2, 1) for k in range(1, 100)), (-20.5, 1, 1)]
    scenario, founding = found(*events)
    prior, habits, m, one = scenario.members, habits_of(scenario), founding.members, 0
    rate = m.replies[one] / m.exposure[one]
    half = scenario.feeling.heard_half_life
    heard = quad(lambda age: rate * 0.5 ** (age / half), 0.0, 60 * half)[0]
    days = scenario.posting.active_days
    active = 1.0 - math.exp(-days * m.recent[one] / m.exposure[one])
    around = Surroundings(m.closeness[one], m.belonging[one], heard, active, rate)
    tied, z = prior.drive_voice_correlation, (m.drive[one] - prior.drive_mean) / prior.drive_sd
    w = (m.voice[one] - prior.voice_mean) / prior.voice_sd
    place = math.hypot(z, (w - tied * z) / math.sqrt(1.0 - tied**2))  # the two standard normals: their distance
    place = math.copysign(place, z)

    def loss(s):
        expected = contributions(prior.drive_mean + s / place * (m.drive[one] - prior.drive_mean),
                                 prior.voice_mean + s / place * (m.voice[one] - prior.voice_mean),
                                 around, habits)  # fmt: skip
        return m.exposure[one] * expected - m.recent[one] * math.log(expected) + 0.5 * s * s

    assert heard > 1.0 and abs(place) > 0.1
    best = minimize_scalar(loss, bounds=(-6, 6), method="bounded", options={"xatol": 1e-8})
    assert place == pytest.approx(best.x, abs=1e-4)


def test_a_founded_community_goes_on_from_a_checkpoint_at_the_moment_of_its_log(tmp_path):
    events = ((-90.5 + k, k % 7, (k + 1) % 5) for k in range(90))
    scenario, founding = found(*events, budget__hours_per_week=40.0)
    community = Community(scenario, seed=3, founding=founding, keep_events=True)
    community.step()
    checkpoint.write(community, tmp_path / "kept")
    gone_on = checkpoint.read(tmp_path / "kept").community
    for one in (community, gone_on):
        for _ in range(30):
            one.step()
    assert gone_on.epoch == AT and len(of_run(gone_on)) > 10
    assert of_run(gone_on).time.tolist() == of_run(community).time.tolist()
