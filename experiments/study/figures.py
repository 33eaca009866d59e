"""Figures of studies: a table in, a matplotlib Figure out, in the style of `experiments.figures`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from experiments.figures import COLOURS, DASHES, INK, QUIET, STYLE, caption, new_figure, short
from experiments.study.regimes import NOBODY
from experiments.wording import percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MARKS = "osD^vP"
MOST_BARS = 20
MOST_LINES = 6


def _lines(axes: Axes, table: pd.DataFrame, x: str, labels: list[str]) -> None:
    for k, label in enumerate(labels):
        own = table[table["label"] == label].sort_values(x)
        colour = COLOURS[k % 6]
        axes.fill_between(own[x], own["low"], own["high"], color=colour, alpha=0.18, linewidth=0)
        axes.plot(
            own[x], own["mean"], color=colour, linestyle=DASHES[k % 6], marker=MARKS[k % 6], markersize=4, label=label
        )


def curves(table: pd.DataFrame, x: str, title: str, unit: str, seeds: str, by: str = "scenario") -> Figure:
    """A measure along one varied value.

    Parameters
    ----------
    table : columns label (a line each), x, mean, low, high
    """
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = new_figure(7.2, 4.2)
        _lines(axes, table, x, list(dict.fromkeys(table["label"]))[:MOST_LINES])
        values = table[x].to_numpy(float)
        if values.min() > 0 and values.max() / values.min() >= 50:
            axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axes.set_xlabel(x)
        axes.set_ylabel(unit)
        axes.set_title(title)
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
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = new_figure(7.2, 1.5 + 0.3 * len(shown))
        for y, row in enumerate(shown.itertuples()):
            clear = row.low > 0 or row.high < 0
            axes.plot([row.low, row.high], [y, y], color=COLOURS[0] if clear else QUIET, linewidth=2.2)
            face = COLOURS[0] if clear else "white"
            axes.plot(row.value, y, marker="o", color=COLOURS[0] if clear else QUIET, markerfacecolor=face)
        axes.axvline(0, color=INK, linewidth=1)
        axes.set_yticks(range(len(shown)), shown["key"])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.tick_params(axis="y", colors=INK, length=0)
        axes.grid(False, axis="y")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axes.set_xlabel(unit)
        figure.suptitle(title, fontsize=12, fontweight="bold", x=0.01, ha="left")  # keys are long: of the whole
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
    with matplotlib.rc_context(STYLE):
        columns = min(len(days), 3)
        rows = -(-len(days) // columns)
        figure, axes = new_figure(4.2 * columns + 1.2, 3.6 * rows + 0.6, columns, rows)
        names = [*labels, NOBODY]
        for panel, day in zip(axes, days, strict=False):
            for k, name in enumerate(names):
                own = table[(table["day"] == day) & (table["winner"] == name)]
                nobody = name == NOBODY
                panel.scatter(
                    own[x],
                    own[y],
                    s=34,
                    marker="x" if nobody else MARKS[k % 6],
                    color=QUIET if nobody else COLOURS[k % 6],
                    linewidth=1.2 if nobody else 0.5,
                    label=name,
                )
            for scale, key in ((panel.set_xscale, x), (panel.set_yscale, y)):
                values = table[key].to_numpy(float)
                if values.min() > 0 and values.max() / values.min() >= 50:
                    scale("log")
            panel.set_title(f"day {day}", fontsize=10)
            panel.set_xlabel(x)
            panel.set_ylabel(y)
        for empty in axes[len(days) :]:
            empty.set_axis_off()
        handles, said = axes[0].get_legend_handles_labels()
        figure.legend(handles, said, loc="outside right upper", title="ahead")
        figure.suptitle(title, fontsize=12, fontweight="bold", x=0.01, ha="left")
        caption(
            figure,
            f"Each mark is a place in the space of what varies, with {seeds} seeds; a strategy is ahead where its "
            f"paired lead over the next best excludes zero (95 %); all other varied values differ between marks too.",
        )
    return figure


def mixes(table: pd.DataFrame, goals: dict[str, str], own_place: int, fresh: int) -> Figure:
    """Hours of the best mixes and of the scenario's own, with what they reach.

    Parameters
    ----------
    table : as `mix.Best.table`
    goals : measure -> its label with unit
    """
    keys = [key for key in table.columns if key.startswith("strategy.hours.") and table[key].max() > 0]
    names = [key.removeprefix("strategy.hours.") for key in keys]
    said = ["own mix" if place == own_place else f"mix {place}" for place in table["place"]]
    with matplotlib.rc_context(STYLE):
        figure, axes = new_figure(11.0, 1.8 + 0.42 * max(len(keys), len(said)), 1 + len(goals))
        values = table[keys].to_numpy(float).T
        axes[0].imshow(values, cmap="Blues", vmin=0, vmax=max(values.max(), 0.01) * 1.4, aspect="auto")
        for i in range(values.shape[0]):
            for j in range(values.shape[1]):
                if values[i, j] > 0:
                    axes[0].text(j, i, percent(values[i, j]).replace(" ", ""), ha="center", va="center", fontsize=8)
        axes[0].set_xticks(range(len(said)), said, rotation=45, ha="right")
        axes[0].set_yticks(range(len(keys)), names)
        axes[0].grid(False)
        axes[0].set_title("Share of hours")
        for panel, goal in zip(axes[1:], goals, strict=True):
            for y, row in enumerate(table.to_dict("records")):
                colour = QUIET if row["place"] == own_place else COLOURS[0]
                panel.plot([row[f"{goal}_low"], row[f"{goal}_high"]], [y, y], color=colour, linewidth=2.2)
                panel.plot(row[goal], y, marker="D" if row["place"] == own_place else "o", color=colour)
            panel.set_yticks(range(len(said)), said)
            panel.set_ylim(len(said) - 0.4, -0.6)
            panel.grid(False, axis="y")
            panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
            panel.locator_params(axis="x", nbins=4)
            panel.set_title(goals[goal])
        caption(figure, f"On {fresh} fresh seeds, which the search has not seen; line: 95 % interval of the mean.")
    return figure


def front(table: pd.DataFrame, goals: dict[str, str], on: list[int], own_place: int, seeds: int) -> Figure:
    """All mixes tried, by two goals, and the front that no other mix beats.

    Parameters
    ----------
    table : index place, a column a goal: means over the search's seeds
    goals : measure -> its label with unit
    """
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = new_figure(6.4, 4.6)
        one, other = list(goals)[:2]
        axes.scatter(table[one], table[other], s=16, color=QUIET, alpha=0.6, label="tried")
        best = table.loc[on].sort_values(one)
        axes.plot(best[one], best[other], color=COLOURS[0], marker="o", label="front")
        own = table.loc[own_place]
        axes.scatter([own[one]], [own[other]], s=70, marker="D", color=COLOURS[1], label="own mix", zorder=3)
        axes.set_xlabel(goals[one])
        axes.set_ylabel(goals[other])
        axes.set_title("What can be had together")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axes.legend()
        caption(figure, f"Each dot is a mix, mean of {seeds} seeds of the search; the front is optimistic.")
    return figure


def numeric(values: pd.Series) -> bool:
    """Whether values can be laid along an axis."""
    return bool(np.issubdtype(values.dtype, np.number)) and values.nunique() > 1
