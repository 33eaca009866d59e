"""What becomes of newcomers, and how fast anybody is answered: P12-P17, P28-P30 and retention."""

from __future__ import annotations

import math

import numpy as np

from sim.logs.patterns.activity import Line
from sim.logs.patterns.estimates import Estimate, by, fixed, odds_ratio, quantile, quotient, ratio, share, top
from sim.logs.patterns.ground import WEEK, Ground, within

FOLLOWED = 210.0  # days that P15-P17 and P28 follow a newcomer
EARLY, MUCH = 30.0, 4  # days in which early ties are counted; reciprocated alters that are many


def replies(g: Ground) -> list[Line]:
    """P12-P14: how threads are answered, and by whom."""
    t, n = g.threads, g.accounts
    if not t.opened.size:
        return []
    hours = (t.first_reply - t.opened) * 24
    answered = np.isfinite(hours)
    known = answered & (t.first_replier >= 0)
    told = "threads of anybody" if g.threads_known else "threads guessed from openings and what is aimed at openers"
    lines = [
        Line("replied", "P12", "share of threads", f"a reply by another, {told}", share(answered, t.opener, n)),
        Line("replied_24h", "P12", "share of threads", "a reply by another within a day",
             share(answered & (hours <= 24), t.opener, n)),
        *(
            Line(name, "P13", "hours", f"to the first reply, {said}", quantile(hours[answered], q, t.opener[answered]))
            for name, q, said in (("reply_hours", 0.5, "median"), ("reply_hours_p25", 0.25, "25th percentile"),
                                  ("reply_hours_p75", 0.75, "75th percentile"))
        ),
    ]  # fmt: skip
    if g.staff.any():
        lines.append(
            Line("first_reply_staff", "P14", "share of first replies", "written by staff",
                 share(g.staff[t.first_replier[known]], t.opener[known], n))
        )  # fmt: skip
    helped = np.bincount(t.first_replier[known], minlength=n)
    helper = np.flatnonzero(helped)
    return [
        *lines,
        Line("first_replies_top_10", "", "share of first replies", "by the top 10 % of those who gave any",
             top(helped[helper], 0.1, helper)),
    ]  # fmt: skip


def staff(g: Ground) -> list[Line]:
    """P14: how much the staff write."""
    if not g.staff.any():
        return []
    said = share(g.by_staff, g.source, g.accounts)
    return [Line("staff_share", "P14", "share of contributions", "written by staff", said)]


def first_week(g: Ground) -> list[Line]:
    """P15-P17: replies to newcomers in their first seven days, and whether they write again."""
    age = g.time - g.first[g.target]
    early = g.aimed & (age >= 0) & (age <= 7)
    from_staff = g.marked(g.target[early & g.by_staff])
    from_member = g.marked(g.target[early & ~g.by_staff])
    cohort = g.member & g.reached(FOLLOWED)
    again = g.active_between(7, 97)

    def of(flags: np.ndarray) -> Estimate:
        who = np.flatnonzero(cohort & flags)
        return share(again[who], who, g.accounts)

    any_, none = of(from_staff | from_member), of(~(from_staff | from_member))
    who = np.flatnonzero(cohort)
    said = "wrote again in days 8-97"
    lines = [
        Line("newcomer_replied", "P15", "share of newcomers", "anything aimed at them within 7 d of their first",
             share((from_staff | from_member)[who], who, g.accounts)),
        Line("again_without_reply", "P16", "share of newcomers", f"{said}, no reply in 7 d", none),
        Line("again_with_reply", "P16", "share of newcomers", f"{said}, a reply in 7 d", any_),
        Line("again_odds_ratio", "P16", "ratio", "odds with a reply to odds without", by(any_, none, odds_ratio)),
    ]  # fmt: skip
    if g.staff.any():
        lines += [
            Line(f"again_{name}", "P17", "share of newcomers", f"{said}, replies by {name.replace('_', ' ')}",
                 of(flags))
            for name, flags in (("staff_only", from_staff & ~from_member), ("member_only", from_member & ~from_staff),
                                ("both", from_staff & from_member))
        ]  # fmt: skip
    return lines


def early_alters(g: Ground, after: float) -> tuple[np.ndarray, np.ndarray]:
    """Per account: members and staff with whom messages went both ways within 30 days of its first.

    Messages to it count from so many days after its first own event.
    """
    n = g.accounts
    source, target, time = g.source[g.aimed], g.target[g.aimed], g.time[g.aimed]
    sent = time - g.first[source] <= EARLY
    got = (time - g.first[target] <= EARLY) & (time - g.first[target] >= after)
    pairs = np.intersect1d(source[sent] * n + target[sent], target[got] * n + source[got])
    ego, alter = pairs // n, pairs % n
    of_members, of_staff = (np.bincount(ego[flag[alter]], minlength=n) for flag in (~g.staff, g.staff))
    return of_members, of_staff


def mutual(g: Ground) -> list[Line]:
    """P28, and activity on days 60-90 of all accounts, by reciprocated ties in the first 30 days."""
    of_members, of_staff = early_alters(g, -math.inf)
    later, cohort = g.active_between(30, FOLLOWED), g.member & g.reached(FOLLOWED)
    groups = {
        "none": (of_members + of_staff == 0, "no mutual tie"),
        "staff_only": ((of_members == 0) & (of_staff > 0), "mutual ties to staff only"),
        "one": (of_members == 1, "one mutual member tie"),
        "more": (of_members >= 2, "two or more mutual member ties"),
    }
    lines = []
    for name, (flags, said) in groups.items():
        who = np.flatnonzero(cohort & flags)
        lines.append(
            Line(f"stays_{name}", "P28", "share of newcomers", f"active in days 31-{FOLLOWED:g}; {said} by day 30",
                 share(later[who], who, g.accounts))
        )  # fmt: skip
    alters, later, cohort = sum(early_alters(g, 0.0)), g.active_between(60, 90), g.reached(90.0)
    for name, low, high in (("0", 0, 0), ("1", 1, 1), ("2_3", 2, 3), ("4_more", MUCH, math.inf)):
        who = np.flatnonzero(cohort & (alters >= low) & (alters <= high))
        lines.append(
            Line(f"alters_{name}", "", "share of newcomers",
                 f"active on days 61-90; {name.replace('_', '-').replace('-more', ' or more')} reciprocated alters by "
                 "day 30", share(later[who], who, g.accounts))
        )  # fmt: skip
    return lines


def retention(g: Ground) -> list[Line]:
    """Newcomers active again around day 7, 30 and 90, with and without a reply; all accounts."""
    n, lines = g.accounts, []
    for day in (7, 30, 90):
        who = np.flatnonzero(g.reached(day + 30.0))
        there, after = g.active_between(day, day + 30), g.last - g.first > day
        lines += [
            Line(f"day_{day}", "", "share of newcomers", f"active on days {day + 1}-{day + 30}",
                 share(there[who], who, n)),
            Line(f"day_{day}_ever", "", "share of newcomers", f"active at any time after day {day}",
                 share(after[who], who, n)),
        ]  # fmt: skip
    age = g.time - g.first[g.target]
    for name, days in (("24h", 1.0), ("7d", 7.0)):
        answered = g.marked(g.target[g.aimed & (age > 0) & (age <= days)])
        everyone = np.flatnonzero(g.newcomer)
        lines.append(
            Line(f"answered_{name}", "", "share of newcomers", f"anything aimed at them within {name} of their first",
                 share(answered[everyone], everyone, n))
        )  # fmt: skip
        for day in (7, 30):
            there, cohort = g.active_between(day, day + 30), g.reached(day + 30.0)
            halves = []
            for flags, said in ((answered, "with"), (~answered, "without")):
                who = np.flatnonzero(cohort & flags)
                halves.append(share(there[who], who, n))
                lines.append(
                    Line(f"day_{day}_{said}_{name}", "", "share of newcomers",
                         f"active on days {day + 1}-{day + 30}, {said} an answer within {name}", halves[-1])
                )  # fmt: skip
            lines.append(
                Line(f"day_{day}_ratio_{name}", "", "ratio", f"with an answer within {name} to without",
                     by(halves[0], halves[1], quotient))
            )  # fmt: skip
    return lines + in_own_thread(g)


def in_own_thread(g: Ground) -> list[Line]:
    """The same with only replies in the thread that the newcomer opened with its first message."""
    t = g.threads
    if not t.opened.size:
        return []
    began = np.abs(t.opened - g.first[t.opener]) < 1 / 86_400
    began[began] &= (g.reached(37.0))[t.opener[began]]
    there = g.active_between(7, 37)
    quick = t.first_reply[began] - t.opened[began] <= 1.0
    who = t.opener[began]
    with_, without = (share(there[who[flags]], who[flags], g.accounts) for flags in (quick, ~quick))
    return [
        Line("day_7_ratio_thread", "", "ratio", "active on days 8-37: a reply in the own thread within 24 h to none",
             by(with_, without, quotient))
    ]  # fmt: skip


def next_week(g: Ground) -> list[Line]:
    """P29-P30: active next week, by own activity and by who wrote to the member this week."""
    weeks = int(g.end // WEEK) + 1
    week = (g.time // WEEK).astype(np.int64)
    to_writer = g.aimed & ~g.to_staff & g.wrote[g.target]
    own = np.unique((g.source * weeks + week)[~g.by_staff])
    staffs = np.unique((g.target * weeks + week)[to_writer & g.by_staff])
    members = np.unique((g.target * weeks + week)[to_writer & ~g.by_staff])
    who = g.member & g.wrote
    began = np.full(g.accounts, weeks)
    began[who] = (g.first[who] // WEEK).astype(np.int64)
    cells = np.unique(np.concatenate([own, staffs, members]))
    cells = cells[(cells % weeks < weeks - 1) & (cells % weeks >= began[cells // weeks])]
    owner = cells // weeks
    active, by_staff, by_member = (within(cells, keys) for keys in (own, staffs, members))
    after = within(cells + 1, own)
    lines = []
    for pattern, state, name in (("P29", ~active, "idle"), ("P30", active, "active")):
        for key, flags, said in (
            ("alone", ~by_staff & ~by_member, "nothing aimed at the member"),
            ("staff", by_staff & ~by_member, "something by staff"),
            ("member", ~by_staff & by_member, "something by a member"),
            ("both", by_staff & by_member, "something by both"),
        ):
            if key in ("staff", "both") and not g.staff.any():
                continue
            if (name, key) == ("idle", "alone"):  # all other weeks since the first contribution
                quiet = np.where(who, np.maximum(weeks - 1 - began, 0), 0) - np.bincount(owner, minlength=g.accounts)
                later = own[own % weeks > began[own // weeks]]
                woke = np.bincount(later // weeks, minlength=g.accounts)
                woke -= np.bincount(owner, after, g.accounts).astype(np.int64)
                found = ratio(woke, quiet, g.everyone, g.accounts, int(quiet.sum()))
            else:
                chosen = state & flags
                found = share(after[chosen], owner[chosen], g.accounts)
            about = f"active next week; {name} this week, {said}"
            lines.append(Line(f"{name}_{key}", pattern, "share of member-weeks", about, found))
    return lines


def newcomers(g: Ground) -> list[Line]:
    """All facts about newcomers and replies."""
    lines = replies(g) + staff(g) + first_week(g) + mutual(g) + next_week(g) + retention(g)
    never = int((~g.wrote & g.member).sum()) if g.registered else 0
    return [*lines, Line("accounts", "", "accounts", f"known; {never:,} members among them never wrote",
                         fixed(float(g.accounts), g.accounts))]  # fmt: skip
