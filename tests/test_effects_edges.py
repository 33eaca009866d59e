"""Effects in logs with roles at their edges: spans, windows, roles, units and intervals, by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from experiments.effects import (
    announcements,
    dilution,
    effort,
    established,
    fits,
    levels,
    life_course,
    newcomers,
    pooling,
    responders,
    study,
)
from experiments.effects.fits import over_time
from tests.test_effects import DAY, START, lived

# Announcements, dilution


def test_the_week_after_a_day_has_seven_days():
    dates = np.zeros(40, int)
    dates[10] = 1
    near = announcements.near(dates)
    days = {name: near[name].to_numpy().nonzero()[0].tolist() for name in near}
    assert days["before"] == list(range(3, 10)) and days["day"] == [10]
    assert days["week"] == list(range(11, 18)) and days["later"] == list(range(18, 25))


def test_days_are_known_two_weeks_from_the_first_to_one_week_from_the_last():
    assert list(range(50))[announcements.known(50)] == list(range(14, 43))


def test_announcements_are_told_per_active_member_and_week():
    """Two members write in the first week, one in the second; 8 announcements have 4 replies, the topic has one."""
    announced = [(k, 1, 1, "announcement", k) for k in range(8)]
    replies = [(0.1 * k + 1, 2, 1, "reply", k) for k in range(4)]
    log = lived(*announced, *replies, (2, 3, 3, "topic", 9), (8, 2, 3, "reply", 9), staff=[1])
    assert dilution.point(log) == {"frequency": 8 / 3, "drawn": 0.5}


def test_an_elasticity_has_the_interval_of_95_of_100_resamples(monkeypatch):
    monkeypatch.setattr(dilution, "DRAWS", 200)
    x, y = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), np.array([0.0, -1.0, -1.2, -2.5, -2.0, -3.9])
    found = dilution.elasticity([{"frequency": math.exp(a), "drawn": math.exp(b)} for a, b in zip(x, y, strict=True)])
    drawn = np.random.default_rng(dilution.SEED).integers(6, size=(200, 6))
    slopes = [np.polyfit(x[which], y[which], 1)[0] for which in drawn if np.ptp(x[which])]
    assert (found["low"], found["high"]) == pytest.approx(tuple(np.quantile(slopes, [0.025, 0.975])))


# Effort


def test_effort_is_held_against_the_next_period():
    draws = np.random.default_rng(4)
    effort_now, noise = draws.normal(size=60), 0.01 * draws.normal(size=60)
    table = pd.DataFrame({"effort": effort_now, "outcome": 0.5 * np.r_[0.0, effort_now[:-1]] + noise})
    found = effort.lead(table, "effort", "outcome", 1, ())
    assert found.value == pytest.approx(0.5, abs=0.02) and found.n == 59


def test_threads_count_as_answered_by_members_where_a_member_answered_within_a_week():
    """Of five threads a member answers one in a day and one too late; staff answer that and a third."""
    log = lived(
        (0, 2, 2, "topic", 1), (0, 2, 2, "topic", 2), (0, 2, 2, "topic", 3), (0, 2, 2, "topic", 4),
        (1, 3, 2, "reply", 1), (7.1, 3, 2, "reply", 2), (1, 1, 2, "reply", 3), (1, 1, 2, "reply", 2),
        (27, 2, 2, "topic", 5), staff=[1],
    )  # fmt: skip
    assert effort.panel(log, 28)["answered"].tolist() == [1 / 5]


# Established members


@pytest.mark.parametrize(("threads", "rows"), [(3, 0), (4, 4), (5, 5)])
def test_a_member_with_four_threads_counts(threads, rows):
    log = lived(*((20.0 * k, 5, 5, "topic", k) for k in range(threads)), (300, 6, 6, "topic", 99))
    assert len(established.threads_of_members(log)) == rows


def test_writing_on_in_the_same_thread_is_not_writing_elsewhere():
    log = lived(
        *((40.0 * k, 5, 5, "topic", k) for k in range(4)), (43, 5, 5, "reply", 1), (83, 5, 5, "reply", 0),
        (300, 6, 6, "topic", 9),
    )  # fmt: skip
    rows = established.threads_of_members(log)
    assert rows["back"].tolist() == [0.0, 1.0, 1.0, 0.0] and rows["elsewhere"].tolist() == [0.0, 0.0, 1.0, 0.0]


# Fits, pooling


def test_errors_over_periods_are_those_of_newey_and_west():
    """Thirty periods, three lags with weights 3/4, 1/2 and 1/4, and n / (n - 2) for few periods."""
    n, draws = 30, np.random.default_rng(6)
    x, y = np.cumsum(draws.normal(size=n)), np.cumsum(draws.normal(size=n))
    wide = np.column_stack([np.ones(n), x])
    inverse = np.linalg.inv(wide.T @ wide)
    b = inverse @ wide.T @ y
    score = wide * (y - wide @ b)[:, None]
    middle = score.T @ score
    for lag in (1, 2, 3):
        both = score[lag:].T @ score[:-lag]
        middle += (1 - lag / 4) * (both + both.T)
    found = over_time(y, pd.DataFrame({"x": x}))["x"]
    assert found.value == pytest.approx(b[1])
    assert found.se == pytest.approx(math.sqrt((inverse @ middle @ inverse)[1, 1] * n / (n - 2)))


def test_the_bootstrap_of_three_communities_reaches_to_the_least_and_the_greatest():
    """All three draws are of the least in 3.7 of 100 resamples: more than 2.5, fewer than 5."""
    found = pooling.pool([0.0, 3.0, 6.0], [0.1, 0.1, 0.1])
    assert (found.boot_low, found.boot_high) == pytest.approx((0.0, 6.0))


# Levels, life course


def test_waits_are_told_in_hours():
    log = lived((0, 1, 1, "topic", 1), (2, 2, 1, "reply", 1), (3, 1, 1, "topic", 2))
    waits = levels.waits(log).tolist()
    assert waits[0] == 48.0 and math.isnan(waits[1])


def test_the_last_quarter_is_the_thirteen_weeks_at_the_end():
    """Of twenty weeks the first has two members; the seventh, the eighth and the last have one."""
    log = lived(
        (0, 1, 1, "topic", 1), (1, 2, 1, "reply", 1), (6.9 * 7, 2, 1, "reply", 1), (7.5 * 7, 2, 1, "reply", 1),
        (19.5 * 7, 1, 1, "topic", 2),
    )  # fmt: skip
    assert levels.active(log, 7).tolist() == [2, 0, 0, 0, 0, 0, 1, 1, *[0] * 11, 1]
    assert levels.levels(log)["weekly_active_last_quarter"].value == pytest.approx(2 / 13)


def test_whether_staffs_share_has_halved_by_a_year_counts_that_year_and_no_later_one():
    for shares, by_four in (([0.4, 0.3, 0.3, 0.2], True), ([0.4, 0.3, 0.3, 0.21, 0.1], False), ([0.4, 0.2], True)):
        assert life_course.halved(pd.DataFrame({"staff_of_messages": shares}), 4) is by_four


# Logs


@pytest.mark.parametrize(("last", "days"), [(0.5, 1), (2, 3), (2.999, 3), (3, 4)])
def test_a_log_ends_at_midnight_after_its_last_message(last, days):
    log = lived((0.25, 1, 1, "topic", 1), (last, 2, 1, "reply", 1))
    assert (log.start, log.end, log.days) == (START, START + days * DAY, days)


def test_who_is_of_the_staff_is_no_volunteer_lead():
    log = lived(
        (0, 1, 1, "topic", 1), (1, 2, 1, "reply", 1), (2, 3, 1, "reply", 1), (3, 2, 2, "topic", 2),
        staff=[1, 2], leads=[2, 3],
    )  # fmt: skip
    assert log.messages["lead"].tolist() == [False, False, True, False]
    assert log.threads["lead"].tolist() == [False, False] and log.threads["first_by"].tolist() == ["staff", ""]


# Newcomers


def test_the_second_window_is_of_thirty_days():
    for day, inside in ((7, 0.0), (8, 1.0), (36.5, 1.0), (37, 1.0), (37.1, 0.0)):
        log = lived((0, 9, 9, "topic", 1), (1, 5, 5, "topic", 2), (1 + day, 5, 9, "reply", 1), (200, 9, 9, "topic", 3))
        assert newcomers.newcomers(log).set_index("member")["d7_37"][5] == inside


def test_what_staff_did_elsewhere_does_not_hold_the_newcomers_own_thread():
    """Staff answer two of the three threads of the week: one of the other two of each of these, both of the third's."""
    log = lived(
        (0, 2, 2, "topic", 2), (0, 3, 3, "topic", 3), (0, 4, 4, "topic", 4), (1, 1, 2, "reply", 2),
        (2, 1, 3, "reply", 3), (7, 5, 5, "topic", 5), staff=[1],
    )  # fmt: skip
    people = newcomers.newcomers(log).set_index("member", drop=False)
    rate = newcomers.staff_rate_elsewhere(log, people)
    assert [rate[2], rate[3], rate[4]] == [0.5, 0.5, 1.0] and math.isnan(rate[5])


# Responders


def test_further_members_are_those_who_come_after_the_landmark():
    log = lived(
        (0, 5, 5, "topic", 1), (0.5, 6, 5, "reply", 1), (1, 7, 5, "reply", 1), (3, 8, 5, "reply", 1),
        (30, 9, 9, "topic", 2),
    )  # fmt: skip
    (row,) = responders.by_landmark(log, 24).query("thread == 1").to_dict("records")
    assert (row["by_members"], row["further"]) == (2, 1)


def test_a_sole_responder_is_alone():
    """Of 160 threads staff alone answer 80, a member alone 40, and both 40, which count for nothing here."""
    events = []
    for k in range(160):
        asker, day = 1000 + k, k // 2
        events.append((day, asker, asker, "topic", k))
        if k % 4 != 2:
            events.append((day + 0.2, 1, asker, "reply", k))
        if k % 4 >= 2:
            events.append((day + 0.2, 2, asker, "reply", k))
        events += [(day + 2, 500 + j, asker, "reply", k) for j in range(k % 3)]
    log = lived(*events, (90, 2, 2, "topic", 999), staff=[1])
    found = responders.in_the_thread(log)
    assert found["further_sole_staff_24h"].n == found["further_sole_staff_6h"].n == 120


# Study


@pytest.mark.parametrize(
    ("ends", "said", "reaches"),
    [
        ((1.0, 0.5, 1.5), "out", True), ((1.0, 0.5, 1.1), "out", False), ((1.0, 0.5, 1.2), "out", True),
        ((3.0, 2.0, 4.0), "out", True), ((3.0, 2.1, 4.0), "out", False), ((1.0, 0.5, 9.0), "out", True),
        ((1.5, 1.3, 1.7), "in band", True), ((math.nan,) * 3, "cannot be computed", False),
    ],
)  # fmt: skip
def test_an_interval_reaches_a_band_that_it_meets_without_lying_in_it(ends, said, reaches):
    found = study.verdict(*ends, {"low": 1.2, "high": 2.0})
    assert found["verdict"] == said and found["reaches"] is reaches


def test_a_column_that_is_the_sum_of_others_is_left_out_without_a_word():
    rng = np.random.default_rng(3)
    x = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60)}).assign(c=lambda t: t["a"] + t["b"])
    y, group = 2.0 * x["a"] - x["b"] + rng.normal(0.0, 0.1, 60), np.repeat(np.arange(6), 10)
    for found in (fits.linear(y, x, group), fits.over_time(y, x), fits.over_time(y, x, group)):
        assert "c" not in found
        assert found["a"].value == pytest.approx(2.0, abs=0.1) and found["b"].value == pytest.approx(-1.0, abs=0.1)
