"""Figures of effects: tables of a study in, matplotlib Figures out; narrow enough for a phone."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd

from experiments.effects.study import Study, by_log, pooled, targets
from experiments.effects.words import DESIGNS
from experiments.pages.figures import (
    COLOURS,
    DASHES,
    FAINT,
    INK,
    MARKS,
    QUIET,
    caption,
    drawing,
    heading,
    in_rows,
    interval,
    numbers,
    shares,
)
from experiments.pages.wording import count

WIDE, ROW = 6.4, 0.42  # inches: of a figure, of a row
AXES = {
    "ratio": ("ratio (1: no effect)", 1.0),
    "points": ("points of a per cent (0: no effect)", 0.0),
    "slope": ("threads or members for one more thread answered by staff", 0.0),
    "elasticity": ("log units for one log unit (0: no effect)", 0.0),
}
SHOWN = {  # by log
    "reply_24h_d7_37": "A reply in 24 h: newcomer back, days 7-37",
    "announcement_elsewhere_week": "Announcement: messages elsewhere, days 1-7",
    "further_sole_staff_24h": "Sole answer by staff: further members",
    "effort_exchanges": "+1 log staff replies: exchanges, next 4 weeks",
}
FARTHEST = 2.5  # widths of a band from its middle


def figures(results: Study) -> dict[str, tuple[Any, str]]:
    """Every figure that there is something for: name, figure and alternative text."""
    table = pooled(results)
    out = {"targets": on_targets(results)}
    for design, title in DESIGNS.items():
        for unit in AXES:
            rows = table[(table["design"] == design) & (table["unit"] == unit) & table["value"].notna()]
            if len(rows):
                out[f"effects-{design}-{unit}"] = forest(rows, title, unit, len(results.logs))
    single = by_log(results)
    for effect, title in SHOWN.items():
        rows = single[single["effect"] == effect]
        if len(rows) > 1:
            out[f"by-log-{effect}"] = communities(rows, title, table.set_index("effect").loc[effect])
    out["life-course"] = life_course(results.years)
    return out


def wrapped(text: str, width: int = 38) -> str:
    """A label in lines that fit beside the axes."""
    return textwrap.fill(text, width)


def height(labels: list[str]) -> float:
    """Inches for rows with these labels, title and caption."""
    return 1.7 + ROW * 0.45 * sum(1.4 + label.count("\n") for label in labels)


def forest(rows: pd.DataFrame, title: str, unit: str, logs: int) -> tuple[Any, str]:
    """Effects in rows: here with its interval, and, paler, what hosted communities gave."""
    labels = [wrapped(f"{row.label} (k {int(row.k)})") for row in rows.itertuples()]
    axis, none = AXES[unit]
    with drawing(WIDE, height(labels)) as (figure, (axes,)):
        for y, row in enumerate(rows.itertuples()):
            interval(axes, y - 0.14, (row.low, row.high), row.value, COLOURS[0])
            ends = (row.published_low, row.published_high)
            interval(axes, y + 0.2, ends, row.published, COLOURS[1], marker="D", markerfacecolor="white")
        axes.axvline(none, color=QUIET, linewidth=0.9, linestyle=(0, (2, 2)))
        in_rows(axes, labels)
        axes.tick_params(axis="y", labelsize=8)
        near = np.r_[rows["value"], rows["published"], rows["published_low"], rows["published_high"], none]
        room = 0.6 * (near.max() - near.min())
        low, high = max(rows["low"].min(), near.min() - room), min(rows["high"].max(), near.max() + room)
        axes.set_xlim(min(low, near.min()) - 0.05 * room, max(high, near.max()) + 0.05 * room)
        numbers(axes.xaxis)
        axes.set_xlabel(axis)
        heading(figure, title)
        caption(
            figure,
            f"Dots: here, {count(logs, 'log')}; k: how many had enough. Diamonds: eleven hosted communities. Bars: "
            "95 % intervals over communities (one log: of its estimate); cut where they leave the figure.",
        )
    return figure, f"{title}: {len(rows)} effects with intervals, beside what hosted communities gave"


def communities(rows: pd.DataFrame, title: str, over: pd.Series) -> tuple[Any, str]:
    """One effect, a row a log, and pooled."""
    rows = rows.sort_values("value")
    labels = [*(f"{row.log} (n {row.n:,})" for row in rows.itertuples()), f"pooled (k {int(over['k'])})"]
    axis, none = AXES[over["unit"]]
    with drawing(WIDE, height(labels)) as (figure, (axes,)):
        for y, row in enumerate(rows.itertuples()):
            interval(axes, y, (row.low, row.high), row.value, COLOURS[0])
        interval(axes, len(rows), (over["low"], over["high"]), over["value"], COLOURS[1], marker="D")
        axes.axvline(none, color=QUIET, linewidth=0.9, linestyle=(0, (2, 2)))
        in_rows(axes, labels)
        room = rows["value"].max() - rows["value"].min() + 1e-9
        axes.set_xlim(
            max(rows["low"].min(), rows["value"].min() - room), min(rows["high"].max(), rows["value"].max() + room)
        )
        numbers(axes.xaxis)
        axes.set_xlabel(axis)
        heading(figure, title)
        caption(figure, "Dots: communities, n rows each. Diamond: random effects over them. Bars: 95 % intervals.")
    return figure, f"{title}: each community with its interval, and pooled"


def on_targets(results: Study) -> tuple[Any, str]:
    """Each target on the scale of its band, from its lower to its upper end."""
    table = targets(results)
    labels = [wrapped(f"{row.target}: {row.part}" if row.part else row.target, 42) for row in table.itertuples()]
    with drawing(WIDE, height(labels)) as (figure, (axes,)):
        axes.axvspan(0, 1, color=FAINT, alpha=0.8, linewidth=0)
        for y, row in enumerate(table.itertuples()):
            place = [(end - row.band_low) / (row.band_high - row.band_low) for end in (row.value, row.low, row.high)]
            if np.isnan(place[0]):
                axes.text(0.5, y, "cannot be computed", ha="center", va="center", fontsize=7, color=QUIET)
                continue
            value, low, high = np.clip(place, 0.5 - FARTHEST, 0.5 + FARTHEST)
            inside = row.verdict == "in band"
            look = {"marker": "o"} if inside else {"marker": "X", "markersize": 8}
            interval(axes, y, (low, high), value, COLOURS[0] if inside else COLOURS[1], **look)
        in_rows(axes, labels)
        axes.tick_params(axis="y", labelsize=7.5)
        axes.set_xlim(0.45 - FARTHEST, 0.55 + FARTHEST)
        axes.set_xticks([0, 1], ["lower end", "upper end"])
        axes.set_xlabel("place in the band of hosted communities")
        heading(figure, "Targets")
        caption(
            figure,
            f"Grey: the band. Dots: in band; crosses: out; bars: 95 % intervals, cut at the edges. "
            f"{count(len(results.logs), 'log')}.",
        )
    return figure, "Where each target lies in the band of hosted communities"


def life_course(years: pd.DataFrame) -> tuple[Any, str]:
    """Staff's share of messages and the exchanges between members over the years of each log."""
    panels = {"staff_of_messages": "Staff share of messages", "between_members": "Exchanges between members"}
    with drawing(WIDE, 6.4, 2, 1) as (figure, (upper, lower)):
        for axes, (name, title) in zip((upper, lower), panels.items(), strict=True):
            for k, (log, rows) in enumerate(years.groupby("log", sort=False)):
                look: dict[str, Any] = {
                    "color": COLOURS[k % 6],
                    "linestyle": DASHES[(k // 6 + k) % 6],
                    "marker": MARKS[(k + k // 6) % 6],
                }
                axes.plot(rows["year"], rows[name], label=log, markersize=4, linewidth=1.4, **look)
            axes.set_title(title)
            axes.set_ylim(0, 1)
            shares(axes.yaxis)
            axes.set_xticks(range(1, int(years["year"].max()) + 1))
        lower.set_xlabel("year of life (365 days)")
        lower.legend(loc="upper left", bbox_to_anchor=(0, -0.25), ncols=3, fontsize=8, labelcolor=INK)
        caption(figure, f"{years['log'].nunique()} logs; a last year of under 91 days is left out.")
    return figure, "Staff's share of messages and exchanges between members, by year of life and log"
