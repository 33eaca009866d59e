"""Windows and follow-up of the facts of a log at their edges, worked by hand: the last moment in, the first one out."""

import math

import numpy as np
import pytest

from sim.logs.patterns import patterns
from tests.test_patterns import given, said

FIRST = 10  # day on which member 1, the newcomer, first writes
JUST = 0.01  # of a day


def lived(*events, follow, first=FIRST, **more):
    """The facts of a log from day 0 to `follow` days after day 10, held open by member 9, in which 1 is a newcomer."""
    frame = [(0, 9, 9, "topic"), (first, 1, 1, "topic"), (FIRST + follow, 9, 9, "topic")]
    return said(*frame, *events, **more)


def share_of_one(found, name):
    """Whether newcomer 1 counts, by the share among it and member 9, who never does."""
    assert found.facts[name].n == 2
    return {0.5: True, 0.0: False}[found[name]]


@pytest.mark.parametrize(("day", "counts"), [(7, False), (7 + JUST, True), (97, True), (97 + JUST, False)])
def test_p16_looks_at_days_8_to_97(day, counts):
    assert share_of_one(lived((FIRST + day, 1, 1, "topic"), follow=210), "again_without_reply") is counts


@pytest.mark.parametrize(("day", "counts"), [(0, True), (JUST, True), (7, True), (7 + JUST, False)])
def test_p15_and_p16_count_what_comes_within_a_week(day, counts):
    found = lived((FIRST + day, 8, 1, "reply"), (FIRST + 20, 1, 1, "topic"), follow=210, staff=[8])
    assert share_of_one(found, "newcomer_replied") is counts
    assert found["again_without_reply"] == (0.0 if counts else 0.5)
    assert found["again_with_reply"] == 1.0 if counts else math.isnan(found["again_with_reply"])


@pytest.mark.parametrize("name", ["newcomer_replied", "again_without_reply", "stays_none"])
def test_newcomers_that_the_log_does_not_follow_for_210_days_are_left_out(name):
    assert lived(follow=210).facts[name].n == 2
    assert lived(follow=210, first=FIRST + JUST).facts[name].n == 1


@pytest.mark.parametrize("day", [7, 30, 90])
@pytest.mark.parametrize(("after", "counts"), [(0, False), (JUST, True), (29, True), (30, True), (30 + JUST, False)])
def test_retention_looks_at_thirty_days(day, after, counts):
    found = lived((FIRST + day + after, 1, 1, "topic"), follow=130)
    assert share_of_one(found, f"day_{day}") is counts
    if day != 90:
        assert found[f"day_{day}_without_7d"] == (0.5 if counts else 0.0)


@pytest.mark.parametrize("day", [7, 30, 90])
def test_retention_leaves_out_whom_the_log_does_not_follow_to_the_end_of_the_window(day):
    assert lived(follow=day + 30).facts[f"day_{day}"].n == 2
    assert lived(follow=day + 30, first=FIRST + JUST).facts[f"day_{day}"].n == 1


@pytest.mark.parametrize(("day", "counts"), [(7, False), (7 + JUST, True), (100, True)])
def test_ever_has_no_end(day, counts):
    found = lived((FIRST + day, 1, 1, "topic"), follow=200)
    assert (found["day_7_ever"], found.facts["day_7_ever"].n) == (1.0 if counts else 0.5, 2)  # 9 writes at the end


@pytest.mark.parametrize(
    ("after", "a_day", "a_week"), [(0, 0, 0), (JUST, 1, 1), (1, 1, 1), (1 + JUST, 0, 1), (7, 0, 1), (7 + JUST, 0, 0)]
)
def test_an_answer_comes_after_the_first_message_and_within_a_day_or_a_week(after, a_day, a_week):
    """What comes in the same second as the first message answers nothing."""
    found = lived((FIRST + after, 9, 1, "reply"), follow=60)
    assert (found["answered_24h"], found["answered_7d"]) == (a_day / 2, a_week / 2)


@pytest.mark.parametrize("days", [1, 7, 30, 90, 180, 365])
@pytest.mark.parametrize(("after", "counts"), [(0, False), (JUST, True)])
def test_a_lifespan_is_longer_than_its_days(days, after, counts):
    found = lived((FIRST + days + after, 1, 1, "topic"), follow=366)
    assert (found[f"lifespan_{days}"], found.facts[f"lifespan_{days}"].n) == (1.0 if counts else 0.5, 2)


def test_lifespans_are_of_those_who_began_a_year_before_the_end():
    assert lived(follow=365).facts["lifespan_1"].n == 2
    assert lived(follow=365, first=FIRST + JUST).facts["lifespan_1"].n == 1


def both_ways(first, second):
    """A message by 1 to 5 and one back, days after 1's first."""
    return (FIRST + first, 1, 5, "reply"), (FIRST + second, 5, 1, "reply")


@pytest.mark.parametrize(
    ("sent", "got", "ties", "alters"), [(29, 30, 1, 1), (30, 30, 1, 2), (30, 31, 0, 0), (31, 29, 0, 1), (31, 31, 0, 1)]
)
def test_early_ties_go_both_ways_within_thirty_days(sent, got, ties, alters):
    """Of 1 alone, whom the log follows for 210 days; the alters also of 5, whose days count from its own message."""
    found = lived(*both_ways(sent, got), follow=210)
    assert (found.facts["stays_one"].n, found.facts["alters_1"].n) == (ties, alters)


@pytest.mark.parametrize(("day", "counts"), [(30, False), (30 + JUST, True), (210, True)])
def test_p28_looks_at_days_31_to_210(day, counts):
    found = lived((FIRST + day, 1, 1, "topic"), follow=210)
    assert found.facts["stays_none"].n == 2 and found["stays_none"] == (0.5 if counts else 0.0)


@pytest.mark.parametrize(("day", "counts"), [(60, False), (60 + JUST, True), (90, True), (90 + JUST, False)])
def test_alters_look_at_days_61_to_90(day, counts):
    assert share_of_one(lived((FIRST + day, 1, 1, "topic"), follow=95), "alters_0") is counts


def test_alters_are_of_those_followed_for_ninety_days():
    assert lived(follow=90).facts["alters_0"].n == 2
    assert lived(follow=90, first=FIRST + JUST).facts["alters_0"].n == 1


@pytest.mark.parametrize(("days", "again"), [(1, 1.0), (90, 1.0), (91, 0.0)])
def test_another_contact_within_ninety_days(days, again):
    found = said((0, 1, 2, "reply"), (days, 1, 2, "reply"), (200, 9, 9, "topic"))
    assert (found["ladder_1"], found.facts["ladder_1"].n) == (again, 1)


@pytest.mark.parametrize(("end", "followed"), [(90, 1), (89, 0)])
def test_a_tie_is_on_the_ladder_if_the_log_follows_it_for_ninety_days(end, followed):
    assert said((0, 1, 2, "reply"), (end, 9, 9, "topic")).facts["ladder_1"].n == followed


THREE = ((0, 1, 2, "reply"), (1, 1, 2, "reply"), (2, 1, 2, "reply"))  # contact days, as the silence asks for


@pytest.mark.parametrize("silence", [7, 14, 30, 60, 120])
@pytest.mark.parametrize(("after", "value"), [(JUST, 1.0), (29, 1.0), (30, 1.0), (30 + JUST, 0.0)])
def test_after_a_silence_thirty_days_are_looked_at(silence, after, value):
    found = said(*THREE, (2 + silence + after, 1, 2, "reply"), (400, 9, 9, "topic"))
    name = f"silence_{silence}"
    first = found[name] if found.facts[name].n == 1 else found[name] * 2  # the last contact is followed by silence too
    assert first == value and found.facts[name].n == 2


def test_no_silence_where_contact_came_at_its_end():
    assert said(*THREE, (9, 1, 2, "reply"), (39, 9, 9, "topic")).facts["silence_7"].n == 0
    assert said(*THREE, (9 + JUST, 1, 2, "reply"), (39, 9, 9, "topic")).facts["silence_7"].n == 1


@pytest.mark.parametrize(("end", "followed"), [(39, 1), (39 - JUST, 0)])
def test_a_silence_counts_if_the_log_goes_on_for_it_and_thirty_days(end, followed):
    assert said(*THREE, (end, 9, 9, "topic")).facts["silence_7"].n == followed


@pytest.mark.parametrize("days", [30, 90, 365])
@pytest.mark.parametrize(("after", "seen"), [(0, 0.0), (JUST, 1.0), (29, 1.0), (30, 1.0), (30 + JUST, 0.0)])
def test_a_tie_is_seen_again_in_thirty_days(days, after, seen):
    found = said((0, 1, 2, "reply"), (days + after, 2, 1, "reply"), (400, 9, 9, "topic"))
    assert (found[f"seen_{days}"], found.facts[f"seen_{days}"].n) == (seen, 1)


@pytest.mark.parametrize("days", [30, 90, 365])
def test_a_tie_can_be_seen_again_if_the_log_goes_on_so_long(days):
    for end, followed in ((days + 30, 1), (days + 30 - JUST, 0)):
        assert said((0, 1, 2, "reply"), (end, 9, 9, "topic")).facts[f"seen_{days}"].n == followed


@pytest.mark.parametrize(("day", "next_span"), [(29, None), (30, 1.0), (59, 1.0), (60, 0.0)])
def test_spans_of_thirty_days(day, next_span):
    found = said((0, 1, 2, "reply"), (day, 1, 2, "reply"), (95, 9, 9, "topic"))
    if next_span is None:  # both in the first span
        assert found.facts["persists_1"].n == 0 and found["persists_2_3"] == 0.0
    else:
        assert found["persists_1"] == pytest.approx(next_span / 2)  # the second span, too, is followed by one


def test_the_last_span_has_no_next_one():
    found = said((0, 1, 2, "reply"), (91, 1, 2, "reply"), (95, 9, 9, "topic"))
    assert (found["persists_1"], found.facts["persists_1"].n) == (0.0, 1)


@pytest.mark.parametrize(("day", "months", "again"), [(27, 1, 0.0), (28, 2, 0.5), (55, 2, 0.5), (56, 1, 0.0)])
def test_months_have_28_days(day, months, again):
    """Three whole months; the last has no next one."""
    found = said((0, 1, 1, "topic"), (day, 1, 1, "topic"), (90, 9, 9, "topic"))
    assert (found.facts["monthly_retention"].n, found["monthly_retention"]) == (months, again)


@pytest.mark.parametrize(("day", "again"), [(6, 0.0), (7, 1.0), (13, 1.0), (14, 0.0)])
def test_the_next_week_begins_after_seven_days(day, again):
    found = said((0, 1, 1, "topic"), (day, 1, 1, "topic"), (28, 9, 9, "topic"))
    units = found.facts["active_alone"].n
    assert units == (1 if day == 6 else 2) and found["active_alone"] * units == again


def test_the_last_week_has_no_next_one():
    found = said((0, 1, 1, "topic"), (7, 1, 1, "topic"), (13, 9, 9, "topic"))
    assert (found["active_alone"], found.facts["active_alone"].n) == (1.0, 1)


@pytest.mark.parametrize(("hours", "within"), [(24, 1.0), (24.01, 0.0)])
def test_a_day_has_24_hours(hours, within):
    found = said((0, 1, 1, "topic"), (hours / 24, 2, 1, "reply"))
    assert (found["replied"], found["replied_24h"]) == (1.0, within)


@pytest.mark.parametrize(("weeks", "skipped"), [(19, 0), (20, 10)])
def test_the_first_ten_weeks_settle_where_there_are_twenty(weeks, skipped):
    """Two members write in the first week, one of them in each: of one week on, half; with the first week, more."""
    events = [(0, 2, 2, "topic"), *((7 * week, 1, 1, "topic") for week in range(weeks)), (7 * weeks, 1, 1, "topic")]
    found = said(*events)
    assert found.facts["weekly_of_contributors"].n == weeks - skipped
    assert found["weekly_of_contributors"] == pytest.approx(0.5 if skipped else (1 + 0.5 * (weeks - 1)) / weeks)


def test_intervals_leave_out_a_fortieth_at_both_ends():
    """Of the share of 900 writers who wrote once, a third: by the normal law 1.96 deviations to each side."""
    events = [(member / 900, member, member, "topic") for member in range(900)]
    events += [(1 + member / 900, member, member, "topic") for member in range(600)]
    fact = patterns(given(*events), resamples=2_000).facts["once"]
    deviation = math.sqrt(fact.value * (1 - fact.value) / 900)
    assert fact.value == 1 / 3
    for end in (fact.value - fact.low, fact.high - fact.value):
        assert end / deviation == pytest.approx(1.96, abs=0.12)  # 90 % would be 1.645


def test_an_interval_asks_for_a_value_in_more_than_half_of_the_resamples():
    """One of 200 accounts is in 63 % of the resamples, both ends of the one tie are in 40 %."""
    alone = [(day / 200, who, who, "chat") for day, who in enumerate(range(3, 201))]
    facts = patterns(given((0, 1, 1, "topic"), (0.5, 2, 1, "reply"), *alone), resamples=200).facts
    assert (facts["replied"].low, facts["replied"].value, facts["replied"].high) == (1.0, 1.0, 1.0)
    assert facts["mutual_all"].value == 0.0 and np.isnan([facts["mutual_all"].low, facts["mutual_all"].high]).all()
