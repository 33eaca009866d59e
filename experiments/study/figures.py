"""Figures of studies: a table in, a matplotlib Figure out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.pages import figures
from experiments.pages.figures import COLOURS, INK, MARKS, QUIET, caption, drawing, heading, in_rows, numbers
from experiments.pages.wording import percent
from experiments.study.mix import OWN_MIX
from experiments.study.regimes import NOBODY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MOST_BARS = 20
MOST_LINES = 6


def curves(table: pd.DataFrame, x: str, title: str, unit: str, seeds: str, by: str = "scenario") -> Figure:
    """A measure along one varied value.

    Parameters
    ----------
    table : columns label (a line each), x, mean, low, high
    """
    with drawing(7.2, 4.2) as (figure, (axes,)):
        for k, label in enumerate(list(dict.fromkeys(table["label"]))[:MOST_LINES]):
            rows = table[table["label"] == label].sort_values(x)
            figures.band(axes, rows, x, k, label, marker=MARKS[k % 6], markersize=4)
        figures.spread(axes, table, x)
        numbers(axes.xaxis, axes.yaxis)
        axes.set(xlabel=x, ylabel=unit, title=title)
        axes.legend(title=by, handlelength=3, loc="center left", bbox_to_anchor=(1.01, 0.5))
        caption(figure, f"Mean of {seeds} seeds; band: 95 % interval of the mean.")
    return figure


def bars(table: pd.DataFrame, title: str, unit: str, seeds: str, what: str) -> Figure:
    """What matters most, largest first, with intervals.

    Parameters
    ----------
    table : columns key, value, low, high; in order
    """
    shown = table.head(MOST_BARS)
    with drawing(7.2, 1.5 + 0.3 * len(shown)) as (figure, (axes,)):
        for y, row in enumerate(shown.itertuples()):
            clear = row.low > 0 or row.high < 0
            colour, face = (COLOURS[0], COLOURS[0]) if clear else (QUIET, "white")
            figures.interval(axes, y, (row.low, row.high), row.value, colour, markerfacecolor=face)
        axes.axvline(0, color=INK, linewidth=1)
        in_rows(axes, list(shown["key"]))
        numbers(axes.xaxis)
        axes.set_xlabel(unit)
        heading(figure, title)  # keys are long: of the whole
        more = f" The first {len(shown)} of {len(table)}." if len(table) > len(shown) else ""
        caption(figure, f"{what} {seeds} seeds a place; line: 95 % interval; hollow: not told from nothing.{more}")
    return figure


def regimes(table: pd.DataFrame, x: str, y: str, title: str, labels: list[str], seeds: str) -> Figure:
    """Who wins where: two varied values across and up, a panel a day.

    Parameters
    ----------
    table : as `regimes.winners` returns it
    """
    days = sorted(table["day"].unique())
    columns = min(len(days), 3)
    size = 4.2 * columns + 1.2, 3.6 * -(-len(days) // columns) + 0.6
    with drawing(*size, len(days), columns) as (figure, axes):
        for panel, day in zip(axes, days, strict=True):
            for k, name in enumerate([*labels, NOBODY]):
                marks = table[(table["day"] == day) & (table["winner"] == name)]
                look: dict[str, Any] = {"marker": MARKS[k % 6], "color": COLOURS[k % 6], "linewidth": 0.5}
                if name == NOBODY:
                    look = {"marker": "x", "color": QUIET, "linewidth": 1.2}
                panel.scatter(marks[x], marks[y], s=34, label=name, **look)
            figures.spread(panel, table, x, y)
            panel.set_title(f"day {day}", fontsize=10)
            panel.set(xlabel=x, ylabel=y)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", title="ahead")
        heading(figure, title)
        caption(
            figure,
            f"Each mark is a place in the space of what varies, with {seeds} seeds; a strategy is ahead where its "
            f"paired lead over the next best excludes zero (95 %); all other varied values differ between marks too.",
        )
    return figure


def mixes(table: pd.DataFrame, goals: dict[str, str], fresh: int) -> Figure:
    """Hours of the best mixes and of the scenario's own, with what they reach.

    Parameters
    ----------
    table : as `mix.Best.table`
    goals : measure -> its label with unit
    """
    hours = table.filter(like="strategy.hours.").rename(columns=lambda key: key.removeprefix("strategy.hours."))
    names = ["own mix" if place == OWN_MIX else f"mix {place}" for place in table["place"]]
    hours = hours.loc[:, hours.max() > 0].T.set_axis(names, axis=1)
    with drawing(11.0, 1.8 + 0.42 * max(hours.shape), 1 + len(goals), 1 + len(goals)) as (figure, axes):
        texts = [[percent(share).replace(" ", "") if share > 0 else "" for share in row] for row in hours.to_numpy()]
        figures.cells(axes[0], hours, texts, max(hours.to_numpy().max(), 0.01) * 1.4)
        axes[0].tick_params(axis="x", rotation=45)
        axes[0].set_title("Share of hours")
        for panel, goal in zip(axes[1:], goals, strict=True):
            for y, row in enumerate(table.to_dict("records")):
                is_own = row["place"] == OWN_MIX
                ends = row[f"{goal}_low"], row[f"{goal}_high"]
                figures.interval(
                    panel, y, ends, row[goal], QUIET if is_own else COLOURS[0], marker="D" if is_own else "o"
                )
            in_rows(panel, names)
            numbers(panel.xaxis)
            panel.locator_params(axis="x", nbins=4)
            panel.set_title(goals[goal])
        caption(figure, f"On {fresh} fresh seeds, which the search has not seen; line: 95 % interval of the mean.")
    return figure


def front(table: pd.DataFrame, goals: dict[str, str], on: list[int], seeds: int) -> Figure:
    """All mixes tried, by two goals, and the front that no other mix beats.

    Parameters
    ----------
    table : index place, a column a goal: means over the search's seeds
    goals : measure -> its label with unit
    """
    across, up = list(goals)[:2]
    best, own_mix = table.loc[on].sort_values(across), table.loc[OWN_MIX]
    with drawing(6.4, 4.6) as (figure, (axes,)):
        axes.scatter(table[across], table[up], s=16, color=QUIET, alpha=0.6, label="tried")
        axes.plot(best[across], best[up], color=COLOURS[0], marker="o", label="front")
        axes.scatter([own_mix[across]], [own_mix[up]], s=70, marker="D", color=COLOURS[1], label="own mix", zorder=3)
        axes.set(xlabel=goals[across], ylabel=goals[up], title="What can be had together")
        numbers(axes.xaxis, axes.yaxis)
        axes.legend()
        caption(figure, f"Each dot is a mix, mean of {seeds} seeds of the search; the front is optimistic.")
    return figure


def numeric(values: pd.Series) -> bool:
    """Whether values can be laid along an axis."""
    return bool(np.issubdtype(values.dtype, np.number)) and values.nunique() > 1
