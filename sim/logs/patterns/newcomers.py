"""What becomes of newcomers, and how fast anybody is answered: P12-P17, P28-P30 and retention."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim.logs.patterns.estimates import Statistic, fixed, odds_ratio, of_both, quantile, quotient, ratio, top
from sim.logs.patterns.indexed import WEEK, Indexed, is_in

FOLLOWED = 210.0  # days that P15-P17 and P28 follow a newcomer
EARLY, MUCH = 30.0, 4  # days in which early ties are counted; reciprocated alters that are many


def newcomers(log: Indexed) -> Iterator[Statistic]:
    """All statistics of newcomers and replies."""
    yield from replies(log)
    if log.staff.any():
        yield Statistic("staff_share", log.mean(log.by_staff, log.source))
    yield from first_week(log)
    yield from mutual(log)
    yield from next_week(log)
    yield from retention(log)
    yield from in_own_thread(log)
    silent = int((~log.wrote & log.member).sum()) if log.registered else 0
    yield Statistic("accounts", fixed(float(log.accounts), log.accounts), {"silent": silent})


def replies(log: Indexed) -> Iterator[Statistic]:
    """P12-P14: how threads are answered, and by whom."""
    threads = log.threads
    if not threads.opened.size:
        return
    hours = (threads.first_reply - threads.opened) * 24
    answered = np.isfinite(hours)
    known = answered & (threads.first_replier >= 0)
    kind = "threads of anybody" if log.threads_known else "threads guessed from openings and what is aimed at openers"
    yield Statistic("replied", log.mean(answered, threads.opener), {"threads": kind})
    yield Statistic("replied_24h", log.mean(answered & (hours <= 24), threads.opener))
    for name, q in (("reply_hours", 0.5), ("reply_hours_p25", 0.25), ("reply_hours_p75", 0.75)):
        yield Statistic(name, quantile(hours[answered], q, threads.opener[answered]))
    if log.staff.any():
        yield Statistic("first_reply_staff", log.mean(log.staff[threads.first_replier[known]], threads.opener[known]))
    helper, helped = np.unique(threads.first_replier[known], return_counts=True)
    yield Statistic("first_replies_top_10", top(helped, 0.1, helper))


def first_week(log: Indexed) -> Iterator[Statistic]:
    """P15-P17: replies to newcomers in their first seven days, and whether they write again."""
    age = log.time - log.first[log.target]
    early = log.aimed & (age >= 0) & (age <= 7)
    from_staff, from_member = (log.marked(log.target[early & by]) for by in (log.by_staff, ~log.by_staff))
    replied, cohort, again = from_staff | from_member, log.member & log.reached(FOLLOWED), log.active_between(7, 97)
    with_reply, without = (log.share(again, cohort & flags) for flags in (replied, ~replied))
    yield Statistic("newcomer_replied", log.share(replied, cohort))
    yield Statistic("again_without_reply", without)
    yield Statistic("again_with_reply", with_reply)
    yield Statistic("again_odds_ratio", of_both(with_reply, without, odds_ratio))
    if log.staff.any():
        yield Statistic("again_staff_only", log.share(again, cohort & from_staff & ~from_member))
        yield Statistic("again_member_only", log.share(again, cohort & from_member & ~from_staff))
        yield Statistic("again_both", log.share(again, cohort & from_staff & from_member))


def early_alters(log: Indexed, after: float) -> tuple[np.ndarray, np.ndarray]:
    """Per account: members and staff with whom messages went both ways within 30 days of its first.

    Messages to it count from so many days after its first own event.
    """
    n = log.accounts
    source, target, time = log.source[log.aimed], log.target[log.aimed], log.time[log.aimed]
    sent = time - log.first[source] <= EARLY
    got = (time - log.first[target] <= EARLY) & (time - log.first[target] >= after)
    pairs = np.intersect1d(source[sent] * n + target[sent], target[got] * n + source[got])
    account, alter = pairs // n, pairs % n
    of_members, of_staff = (np.bincount(account[flag[alter]], minlength=n) for flag in (log.member, log.staff))
    return of_members, of_staff


def mutual(log: Indexed) -> Iterator[Statistic]:
    """P28, and activity on days 60-90 of all accounts, by reciprocated ties in the first 30 days."""
    of_members, of_staff = early_alters(log, -math.inf)
    later, cohort = log.active_between(30, FOLLOWED), log.member & log.reached(FOLLOWED)
    groups = {
        "none": of_members + of_staff == 0,
        "staff_only": (of_members == 0) & (of_staff > 0),
        "one": of_members == 1,
        "more": of_members >= 2,
    }
    for name, flags in groups.items():
        yield Statistic(f"stays_{name}", log.share(later, cohort & flags))
    alters, later, cohort = sum(early_alters(log, 0.0)), log.active_between(60, 90), log.reached(90.0)
    for name, low, high in (("0", 0, 0), ("1", 1, 1), ("2_3", 2, 3), ("4_more", MUCH, math.inf)):
        yield Statistic(f"alters_{name}", log.share(later, cohort & (alters >= low) & (alters <= high)))


def retention(log: Indexed) -> Iterator[Statistic]:
    """Newcomers active again around day 7, 30 and 90, with and without a reply; all accounts."""
    for day in (7, 30, 90):
        followed = log.reached(day + 30.0)
        yield Statistic(f"day_{day}", log.share(log.active_between(day, day + 30), followed))
        yield Statistic(f"day_{day}_ever", log.share(log.last - log.first > day, followed))
    age = log.time - log.first[log.target]
    for name, days in (("24h", 1.0), ("7d", 7.0)):
        answered = log.marked(log.target[log.aimed & (age > 0) & (age <= days)])
        yield Statistic(f"answered_{name}", log.share(answered, log.newcomer))
        for day in (7, 30):
            followed, there = log.reached(day + 30.0), log.active_between(day, day + 30)
            with_answer, without = (log.share(there, followed & flags) for flags in (answered, ~answered))
            yield Statistic(f"day_{day}_with_{name}", with_answer)
            yield Statistic(f"day_{day}_without_{name}", without)
            yield Statistic(f"day_{day}_ratio_{name}", of_both(with_answer, without, quotient))


def in_own_thread(log: Indexed) -> Iterator[Statistic]:
    """Retention with only replies in the thread that the newcomer opened with its first message."""
    threads = log.threads
    if not threads.opened.size:
        return
    began = np.abs(threads.opened - log.first[threads.opener]) < 1 / 86_400
    began[began] &= log.reached(37.0)[threads.opener[began]]
    there, who = log.active_between(7, 37), threads.opener[began]
    quick = threads.first_reply[began] - threads.opened[began] <= 1.0
    with_reply, without = (log.mean(there[who[flags]], who[flags]) for flags in (quick, ~quick))
    yield Statistic("day_7_ratio_thread", of_both(with_reply, without, quotient))


def next_week(log: Indexed) -> Iterator[Statistic]:
    """P29-P30: active next week, by own activity and by who wrote to the member this week."""
    weeks = int(log.end // WEEK) + 1
    week = (log.time // WEEK).astype(np.int64)
    to_writer = log.aimed & ~log.to_staff & log.wrote[log.target]
    written = np.unique((log.source * weeks + week)[~log.by_staff])
    staffs = np.unique((log.target * weeks + week)[to_writer & log.by_staff])
    members = np.unique((log.target * weeks + week)[to_writer & ~log.by_staff])
    who = log.member & log.wrote
    began = np.full(log.accounts, weeks)
    began[who] = (log.first[who] // WEEK).astype(np.int64)
    cells = np.unique(np.concatenate([written, staffs, members]))
    cells = cells[(cells % weeks < weeks - 1) & (cells % weeks >= began[cells // weeks])]
    owner = cells // weeks
    active, by_staff, by_member = (is_in(cells, keys) for keys in (written, staffs, members))
    after = is_in(cells + 1, written)
    for name, state in (("idle", ~active), ("active", active)):
        for key, flags in (
            ("alone", ~by_staff & ~by_member),
            ("staff", by_staff & ~by_member),
            ("member", ~by_staff & by_member),
            ("both", by_staff & by_member),
        ):
            if key in ("staff", "both") and not log.staff.any():
                continue
            chosen = state & flags
            estimate = log.mean(after[chosen], owner[chosen])
            if (name, key) == ("idle", "alone"):  # all other weeks since the first contribution
                quiet = np.where(who, np.maximum(weeks - 1 - began, 0), 0) - np.bincount(owner, minlength=log.accounts)
                woke = np.bincount(written[written % weeks > began[written // weeks]] // weeks, minlength=log.accounts)
                woke = woke - np.bincount(owner[after], minlength=log.accounts)
                estimate = ratio(woke, quiet, int(quiet.sum()))
            yield Statistic(f"{name}_{key}", estimate)
