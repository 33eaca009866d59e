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
        yield Statistic("staff_share", "P14", "share of contributions", "written by staff",
                        log.mean(log.by_staff, log.source))  # fmt: skip
    yield from first_week(log)
    yield from mutual(log)
    yield from next_week(log)
    yield from retention(log)
    yield from in_own_thread(log)
    never = int((~log.wrote & log.member).sum()) if log.registered else 0
    yield Statistic("accounts", "", "accounts", f"known; {never:,} members among them never wrote",
                    fixed(float(log.accounts), log.accounts))  # fmt: skip


def replies(log: Indexed) -> Iterator[Statistic]:
    """P12-P14: how threads are answered, and by whom."""
    threads = log.threads
    if not threads.opened.size:
        return
    hours = (threads.first_reply - threads.opened) * 24
    answered = np.isfinite(hours)
    known = answered & (threads.first_replier >= 0)
    which = "threads of anybody" if log.threads_known else "threads guessed from openings and what is aimed at openers"
    yield Statistic("replied", "P12", "share of threads", f"a reply by another, {which}",
                    log.mean(answered, threads.opener))  # fmt: skip
    yield Statistic("replied_24h", "P12", "share of threads", "a reply by another within a day",
                    log.mean(answered & (hours <= 24), threads.opener))  # fmt: skip
    for name, q, about in (("reply_hours", 0.5, "median"), ("reply_hours_p25", 0.25, "25th percentile"),
                           ("reply_hours_p75", 0.75, "75th percentile")):  # fmt: skip
        yield Statistic(name, "P13", "hours", f"to the first reply, {about}",
                        quantile(hours[answered], q, threads.opener[answered]))  # fmt: skip
    if log.staff.any():
        yield Statistic("first_reply_staff", "P14", "share of first replies", "written by staff",
                        log.mean(log.staff[threads.first_replier[known]], threads.opener[known]))  # fmt: skip
    helper, helped = np.unique(threads.first_replier[known], return_counts=True)
    yield Statistic("first_replies_top_10", "", "share of first replies", "by the top 10 % of those who gave any",
                    top(helped, 0.1, helper))  # fmt: skip


def first_week(log: Indexed) -> Iterator[Statistic]:
    """P15-P17: replies to newcomers in their first seven days, and whether they write again."""
    age = log.time - log.first[log.target]
    early = log.aimed & (age >= 0) & (age <= 7)
    from_staff, from_member = (log.marked(log.target[early & by]) for by in (log.by_staff, ~log.by_staff))
    replied, cohort, again = from_staff | from_member, log.member & log.reached(FOLLOWED), log.active_between(7, 97)
    with_reply, without = (log.share(again, cohort & flags) for flags in (replied, ~replied))
    about = "wrote again in days 8-97"
    yield Statistic("newcomer_replied", "P15", "share of newcomers", "anything aimed at them within 7 d of their first",
                    log.share(replied, cohort))  # fmt: skip
    yield Statistic("again_without_reply", "P16", "share of newcomers", f"{about}, no reply in 7 d", without)
    yield Statistic("again_with_reply", "P16", "share of newcomers", f"{about}, a reply in 7 d", with_reply)
    yield Statistic("again_odds_ratio", "P16", "ratio", "odds with a reply to odds without",
                    of_both(with_reply, without, odds_ratio))  # fmt: skip
    kinds = (("staff_only", from_staff & ~from_member), ("member_only", from_member & ~from_staff),
             ("both", from_staff & from_member))  # fmt: skip
    for name, flags in kinds if log.staff.any() else ():
        yield Statistic(f"again_{name}", "P17", "share of newcomers", f"{about}, replies by {name.replace('_', ' ')}",
                        log.share(again, cohort & flags))  # fmt: skip


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
        "none": (of_members + of_staff == 0, "no mutual tie"),
        "staff_only": ((of_members == 0) & (of_staff > 0), "mutual ties to staff only"),
        "one": (of_members == 1, "one mutual member tie"),
        "more": (of_members >= 2, "two or more mutual member ties"),
    }
    for name, (flags, about) in groups.items():
        yield Statistic(f"stays_{name}", "P28", "share of newcomers", f"active in days 31-{FOLLOWED:g}; {about} by "
                        "day 30", log.share(later, cohort & flags))  # fmt: skip
    alters, later, cohort = sum(early_alters(log, 0.0)), log.active_between(60, 90), log.reached(90.0)
    for name, low, high in (("0", 0, 0), ("1", 1, 1), ("2_3", 2, 3), ("4_more", MUCH, math.inf)):
        how_many = name.replace("_", "-").replace("-more", " or more")
        yield Statistic(f"alters_{name}", "", "share of newcomers", f"active on days 61-90; {how_many} reciprocated "
                        "alters by day 30", log.share(later, cohort & (alters >= low) & (alters <= high)))  # fmt: skip


def retention(log: Indexed) -> Iterator[Statistic]:
    """Newcomers active again around day 7, 30 and 90, with and without a reply; all accounts."""
    for day in (7, 30, 90):
        followed, there = log.reached(day + 30.0), log.active_between(day, day + 30)
        yield Statistic(f"day_{day}", "", "share of newcomers", f"active on days {day + 1}-{day + 30}",
                        log.share(there, followed))  # fmt: skip
        yield Statistic(f"day_{day}_ever", "", "share of newcomers", f"active at any time after day {day}",
                        log.share(log.last - log.first > day, followed))  # fmt: skip
    age = log.time - log.first[log.target]
    for name, days in (("24h", 1.0), ("7d", 7.0)):
        answered = log.marked(log.target[log.aimed & (age > 0) & (age <= days)])
        yield Statistic(f"answered_{name}", "", "share of newcomers", f"anything aimed at them within {name} of their "
                        "first", log.share(answered, log.newcomer))  # fmt: skip
        for day in (7, 30):
            followed, there = log.reached(day + 30.0), log.active_between(day, day + 30)
            with_answer, without = (log.share(there, followed & flags) for flags in (answered, ~answered))
            for which, estimate in (("with", with_answer), ("without", without)):
                yield Statistic(f"day_{day}_{which}_{name}", "", "share of newcomers",
                                f"active on days {day + 1}-{day + 30}, {which} an answer within {name}", estimate
                                )  # fmt: skip
            yield Statistic(f"day_{day}_ratio_{name}", "", "ratio", f"with an answer within {name} to without",
                            of_both(with_answer, without, quotient))  # fmt: skip


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
    yield Statistic("day_7_ratio_thread", "", "ratio", "active on days 8-37: a reply in the own thread within 24 h to "
                    "none", of_both(with_reply, without, quotient))  # fmt: skip


def next_week(log: Indexed) -> Iterator[Statistic]:
    """P29-P30: active next week, by own activity and by who wrote to the member this week."""
    weeks = int(log.end // WEEK) + 1
    week = (log.time // WEEK).astype(np.int64)
    to_writer = log.aimed & ~log.to_staff & log.wrote[log.target]
    own = np.unique((log.source * weeks + week)[~log.by_staff])
    staffs = np.unique((log.target * weeks + week)[to_writer & log.by_staff])
    members = np.unique((log.target * weeks + week)[to_writer & ~log.by_staff])
    who = log.member & log.wrote
    began = np.full(log.accounts, weeks)
    began[who] = (log.first[who] // WEEK).astype(np.int64)
    cells = np.unique(np.concatenate([own, staffs, members]))
    cells = cells[(cells % weeks < weeks - 1) & (cells % weeks >= began[cells // weeks])]
    owner = cells // weeks
    active, by_staff, by_member = (is_in(cells, keys) for keys in (own, staffs, members))
    after = is_in(cells + 1, own)
    for pattern, state, name in (("P29", ~active, "idle"), ("P30", active, "active")):
        for key, flags, about in (
            ("alone", ~by_staff & ~by_member, "nothing aimed at the member"),
            ("staff", by_staff & ~by_member, "something by staff"),
            ("member", ~by_staff & by_member, "something by a member"),
            ("both", by_staff & by_member, "something by both"),
        ):
            if key in ("staff", "both") and not log.staff.any():
                continue
            chosen = state & flags
            estimate = log.mean(after[chosen], owner[chosen])
            if (name, key) == ("idle", "alone"):  # all other weeks since the first contribution
                quiet = np.where(who, np.maximum(weeks - 1 - began, 0), 0) - np.bincount(owner, minlength=log.accounts)
                woke = np.bincount(own[own % weeks > began[own // weeks]] // weeks, minlength=log.accounts)
                woke = woke - np.bincount(owner[after], minlength=log.accounts)
                estimate = ratio(woke, quiet, int(quiet.sum()))
            yield Statistic(f"{name}_{key}", pattern, "share of member-weeks",
                            f"active next week; {name} this week, {about}", estimate)  # fmt: skip
