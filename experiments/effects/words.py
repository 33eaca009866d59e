"""What came out, in sections of text and tables; the same on the HTML page, the Markdown page and the terminal."""

from __future__ import annotations

import tomllib
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments.effects.logs import SPECIAL
from experiments.effects.pooling import pool
from experiments.effects.study import HERE, IN, Study, against_published, pooled, targets
from experiments.pages.wording import count, number, percent

DESIGNS = {
    "a": "Replies: who writes again (a)",
    "b": "Announcements (b)",
    "c": "Staff answers: further answers (c)",
    "d": "Events (d)",
    "f": "Effort of staff: the next period (f)",
}
ABOUT = {
    "a": "Newcomers by whether and by whom their first thread was answered (Poisson; quarter, category and length of "
    "the opening fixed); established members against themselves (least squares). A better question draws answers and "
    "stays: upper bounds.",
    "b": "Daily counts, four-week and weekday effects; errors are no smaller than the spread with moved dates. One "
    "more day with an announcement. Launches cause both the announcement and the talk.",
    "c": "Threads of members at a landmark, 6 or 24 hours after the opening; and weeks, the number of threads fixed.",
    "d": "As announcements.",
    "f": "Periods of one community; own value, actives, messages, newcomers and trend fixed. Ordinary swings, no "
    "change of regime.",
}
LEVELS = {
    "posts_a_day": "messages a day",
    "weekly_active": "weekly active members",
    "weekly_of_monthly_active": "weekly / 28-day active",
    "newcomers_a_week": "newcomers a week",
    "staff_of_messages": "staff share of messages",
    "staff_of_first_repliers": "of first replies",
    "lead_of_messages": "leads' share of messages",
    "between_members": "exchanges between members",
    "staff_messages_per_active_week": "staff messages per active member-week",
    "answered_24h": "answered in 24 h",
    "answered_median_hours": "median hours",
    "wrote_once": "wrote once",
    "top_tenth_of_messages": "top tenth writes",
    "announcements_a_week": "announcements a week",
}
NEWCOMERS = {
    "newcomers": "newcomers",
    "opening_first": "opened first",
    "back_d1_8": "back days 1-8",
    "back_d7_37": "days 7-37",
    "back_d7_97": "days 7-97",
    "first_answered_24h": "first thread answered in 24 h",
    "first_answered_median_hours": "median hours",
    "back_if_both": "back days 7-97 if staff and others answered",
    "back_if_staff": "staff only",
    "back_if_lead": "leads only",
    "back_if_members": "members",
    "back_if_nobody": "nobody",
    "back_if_0_1h": "first reply in 1 h",
    "back_if_1_6h": "1-6 h",
    "back_if_6_24h": "6-24 h",
    "back_if_24_168h": "1-7 d",
}
DATES = {
    "days_with_one": "days with one",
    "threads": "threads",
    "replied": "replied",
    "replied_topics": "topics replied",
    "replies_each": "replies each",
    "replies_each_topics": "replies to a topic",
}
PULLS = {
    "pull_1": "1 reply",
    "pull_2": "2 replies",
    "pull_4": "3-4",
    "pull_8": "5-8",
    "pull_16": "9-16",
    "pull_more": "more",
    "own_last": "wrote last week",
    "own_last_more": "each log unit of further messages",
}
YEARS = {
    "weekly_active": "weekly active",
    "staff_of_messages": "staff share of messages",
    "staff_of_first_replies": "of first replies",
    "between_members": "exchanges between members",
    "newcomers": "newcomers",
    "kept": "top answerers kept",
}
COUNTS = ("posts", "weekly_active", "newcomers", "staff_messages", "median", "week", "days", "threads", "replies_each")


class Section(NamedTuple):
    """A heading, a text, and a table: the first column in words, the others to the right."""

    title: str
    text: str
    columns: list[str]
    rows: list[list[str]]


def sections(results: Study) -> list[Section]:
    """Everything that came out; sections without rows are left out."""
    parts = [
        on_targets(results),
        *on_effects(results),
        on_levels(results),
        on_years(results),
        on_newcomers(results),
        on_encouragement(results),
        on_dates(results),
    ]
    return [section for section in [*parts, on_published(results)] if section.rows]


def summary(results: Study) -> str:
    """What was looked at, and how many targets are in band."""
    table = targets(results).drop_duplicates("target")
    known = table[table["whole"] != "cannot be computed"]
    logs = f"{count(len(results.logs), 'log')}: {', '.join(results.logs)}"
    counts = f"{int((known['whole'] == IN).sum())} of the {len(known)} targets that can be computed are in band"
    return f"{logs}. {counts} (of {len(table)})."


def span(value: float, low: float, high: float) -> str:
    """A value with its interval; empty where it is not known."""
    if pd.isna(value):
        return ""
    return short(value) if pd.isna(low) else f"{short(value)} ({short(low)} to {short(high)})"


def short(value: float) -> str:
    """A number of a table: two decimals below 10, else three digits.

    >>> short(1.2345), short(-0.004), short(123.4), short(float("inf"))
    ('1.23', '0.00', '123', 'unknown')
    """
    if abs(value) >= 10 or value != value or abs(value) == float("inf"):
        return number(value)
    text = f"{value:.2f}"
    return text.replace("-", "−") if float(text) else "0.00"


def on_targets(results: Study) -> Section:
    """The targets, a row a part."""
    table = targets(results)
    rows = [
        [
            f"{row.target}: {row.part}" if row.part else row.target,
            span(row.value, row.low, row.high),
            f"{short(row.band_low)} to {short(row.band_high)}",
            "" if pd.isna(row.best) else short(row.best),
            row.verdict + (", interval reaches it" if row.verdict == "out" and row.reaches else ""),
        ]
        for row in table.itertuples()
    ]
    text = "Bands of hosted communities. Shares 0 to 1, hours, ratios, points of a per cent."
    return Section("Targets", text, ["target", "here (95 %)", "band", "best", "verdict"], rows)


def on_effects(results: Study) -> list[Section]:
    """The effects, a section a design."""
    table = pooled(results)
    columns = ["effect", "unit", "here (95 %)", "bootstrap over communities", "k", "hosted communities (95 %)", "k "]
    out = []
    for design, title in DESIGNS.items():
        rows = [
            [
                row.label,
                row.unit,
                span(row.value, row.low, row.high),
                "" if pd.isna(row.boot_low) else f"{short(row.boot_low)} to {short(row.boot_high)}",
                str(int(row.k)) if row.k else "",
                span(row.published, row.published_low, row.published_high),
                str(int(row.published_k)),
            ]
            for row in table[table["design"] == design].itertuples()
        ]
        out.append(Section(title, ABOUT[design], columns, rows))
    return out


def grid(results: Study, names: dict[str, str], title: str, text: str) -> Section:
    """Facts of each log, a row a log."""
    wide = results.facts.pivot_table(index="log", columns="fact", values="value").reindex(results.logs)
    known = [name for name in names if name in wide]
    rows = [[log, *(cell(name, wide.loc[log, name]) for name in known)] for log in results.logs]
    return Section(title, text, ["log", *(names[name] for name in known)], rows if known else [])


def cell(name: str, value: float) -> str:
    """A fact: shares in per cent, the rest as numbers."""
    if pd.isna(value):
        return ""
    plain = any(word in name for word in COUNTS) and not name.endswith("_of_messages") or name.endswith("_first")
    return short(value) if plain or name == "weekly_of_monthly_active" else percent(value)


def on_levels(results: Study) -> Section:
    """Level facts."""
    return grid(
        results, LEVELS, "Level facts (g)", "Members are everybody but staff; intervals are in tables/facts.csv."
    )


def on_newcomers(results: Study) -> Section:
    """The table of newcomers."""
    text = "Shares of newcomers who write again, raw: nothing held fixed; empty with fewer than 20."
    return grid(results, NEWCOMERS, "Newcomers (a), raw", text)


def on_encouragement(results: Study) -> Section:
    """What replies and own messages do to a member's next week, a row a log, and over all logs."""
    rows = results.facts[results.facts["fact"].isin(PULLS)]
    table = [[log, *_pulls(rows[rows["log"] == log])] for log in results.logs if log in set(rows["log"])]
    if len(table) > 1:
        table.append(["all (random effects)", *_pulls(rows)])
    text = (
        "Whether a member writes in a week, by replies remembered from the two weeks before (the earlier ones count "
        "half) and by its own messages; each member beside itself in the same quarter. Ratios, 95 % intervals, against "
        "a week after no reply and nothing written. Of replies they are upper bounds, for busy spells bring both; of "
        "having written they are too low, for a quarter is short (Nickell 1981): they compare logs with simulated ones."
    )
    return Section("The next week, after replies (h)", text, ["log", *PULLS.values()], table)


def _pulls(rows: pd.DataFrame) -> list[str]:
    """The ratios of one log, or of several pooled; empty where no log has enough."""
    cells = []
    for name in PULLS:
        of = rows[rows["fact"] == name]
        cells.append(span(*np.exp(pool(of["value"], of["se"])[:3])) if len(of) else "")
    return cells


def on_years(results: Study) -> Section:
    """The life course."""
    rows = []
    for row in results.years.to_dict("records"):
        cells = [cell(name if name in ("weekly_active", "newcomers") else "share", row[name]) for name in YEARS]
        rows.append([f"{row['log']}, year {int(row['year'])}", *cells])
    text = "Years of 365 days from the first message; a last one of under 91 days is left out."
    return Section("Life course (e)", text, ["log and year", *YEARS.values()], rows)


def on_dates(results: Study) -> Section:
    """Days with an announcement or event, a row a log and kind."""
    wide = results.facts.pivot_table(index="log", columns="fact", values="value").reindex(results.logs)
    rows = [
        [f"{log}, {kind}s", *(cell(name, wide.loc[log, f"{kind}_{name}"]) for name in DATES)]
        for log in results.logs
        for kind in SPECIAL
        if f"{kind}_threads" in wide and not pd.isna(wide.loc[log, f"{kind}_threads"])
    ]
    text = "How much they draw, beside ordinary topics. What the days around them hold is above."
    return Section("Announcements and events, raw (b, d)", text, ["log and kind", *DATES.values()], rows)


def on_published(results: Study) -> Section:
    """Facts of published logs that differ from what was published, effects outside of its intervals, and why."""
    table = against_published(results)
    if table.empty:
        return Section("", "", [], [])
    over = pooled(results)
    out = over[~over["inside"] & over["value"].notna()]
    rows = [[f"pooled: {row.effect}", short(row.value), short(row.published)] for row in out.itertuples()]
    rows += [
        [f"{row.log}: {row.fact}", short(row.value), short(row.published)]
        for row in table[~table["agrees"]].itertuples()
    ]
    reasons = tomllib.loads((HERE / "differences.toml").read_text(encoding="utf-8"))["difference"]
    known = int(over["value"].notna().sum())
    text = (
        f"{int(over['inside'].sum())} of {known} pooled effects lie in the published interval, and "
        f"{int(table['agrees'].sum())} of {len(table)} facts of single communities agree within twice the rounding or "
        "5 %. Those that do not stand below. "
    )
    text += " ".join(f"({', '.join(reason['of'])}) {reason['said']}" for reason in reasons)
    return Section("Against what was published of these communities", text, ["what", "here", "published"], rows)
