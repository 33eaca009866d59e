"""Figures of a comparison: a table in, a matplotlib Figure out."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection

from experiments.pages import figures
from experiments.pages.figures import COLOURS, HATCHES, INK, MARKS, QUIET, caption, drawing, in_rows, numbers, short
from experiments.pages.wording import number, percent

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Look = dict[str, Any]
OVER: Look = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "borderaxespad": 0.2}  # between title and axes


def draw_paths(axes: Axes, bands: dict[str, pd.DataFrame], title: str, unit: str) -> None:
    """Draw each scenario's mean over the days with its band; `bands` as `path` takes them."""
    for k, (label, table) in enumerate(bands.items()):
        figures.band(axes, table, "day", k, label, linewidth=2)
    axes.set(title=title, xlabel="day", ylabel=unit.replace("0-1", "0 to 1"))
    axes.margins(x=0)
    numbers(axes.yaxis)


def path(bands: dict[str, pd.DataFrame], title: str, unit: str, seeds: int) -> Figure:
    """One measure over time.

    Parameters
    ----------
    bands : per scenario a table day, mean, low, high
    """
    with drawing(5.6, 3.7) as (figure, (axes,)):
        draw_paths(axes, bands, title, unit)
        axes.legend(loc="best", handlelength=3)
        caption(figure, f"Mean of {seeds} seeds; band: 95 % interval of the mean.")
    return figure


def overview(panels: list[tuple[dict[str, pd.DataFrame], str, str]], seeds: int) -> Figure:
    """Several measures over time in one picture, for a page or a slide; panels are (bands, title, unit)."""
    with drawing(10.5, 3.4 * -(-len(panels) // 2), len(panels), 2) as (figure, axes):
        for panel, (bands, title, unit) in zip(axes, panels, strict=True):
            draw_paths(panel, bands, title, unit)
        axes[0].legend(loc="best", handlelength=3)
        caption(figure, f"Mean of {seeds} seeds under each strategy; band: 95 % interval of the mean.")
    return figure


def forest(rows: pd.DataFrame, first: str, second: str, seeds: int) -> Figure:
    """Paired differences, each as a share of the two means' average size, so that all fit one axis.

    Parameters
    ----------
    rows : columns label, wanted ("more", "less", ""), mean, low, high (second minus first, as such shares)
    """
    with drawing(7.2, 1.7 + 0.3 * len(rows)) as (figure, (axes,)):
        for y, row in enumerate(rows.itertuples()):
            shown = row.low > 0 or row.high < 0
            colour = QUIET if not shown else COLOURS[1] if row.mean > 0 else COLOURS[0]
            mark = {"marker": "D" if row.mean > 0 else "o", "markerfacecolor": colour if shown else "white"}
            figures.interval(axes, y, (row.low, row.high), row.mean, colour, **mark)
        axes.axvline(0, color=INK, linewidth=1)
        left, right = axes.get_xlim()
        axes.set_xlim(max(left, -2.2), min(right, 2.2))  # 2 is one mean against nothing; intervals may go beyond
        in_rows(axes, [f"{row.label} (less is better)" if row.wanted == "less" else row.label
                       for row in rows.itertuples()])  # fmt: skip
        figures.shares(axes.xaxis, sign=True)
        axes.set_xlabel(f"← higher under {first}      higher under {second} →")
        axes.set_title(f"Paired differences: {second} minus {first}")
        caption(
            figure,
            f"Last day, {seeds} paired seeds; difference as a share of the average size of the two means; "
            "line: 95 % interval; hollow and grey: no difference could be shown.",
        )
    return figure


def vector(rows: pd.DataFrame, labels: list[str], seeds: int) -> Figure:
    """The intimacy vector: every component of every scenario, with intervals.

    Parameters
    ----------
    rows : columns label (scenario), component, mean, low, high
    """
    components = list(dict.fromkeys(rows["component"]))
    height = 1.0 + (0.75 + 0.22 * len(labels)) * -(-len(components) // 2)
    with drawing(7.2, height, len(components), 2) as (figure, axes):
        for panel, component in zip(axes, components, strict=True):
            part = rows[rows["component"] == component].set_index("label").loc[labels]
            for k, row in enumerate(part.itertuples()):
                mark = {"marker": MARKS[k % 6], "markersize": 7, "markeredgewidth": 1.8, "clip_on": False}
                mark["markerfacecolor"] = COLOURS[k % 6] if k == 0 else "white"
                figures.interval(panel, k, (row.low, row.high), row.mean, COLOURS[k % 6], **mark)
                end = np.nanmax([row.high, row.mean])
                panel.annotate(
                    number(row.mean), (end, k), (7, 0), textcoords="offset points", fontsize=8.5, va="center"
                )
            top = float(np.nanmax(part[["mean", "high"]].to_numpy(), initial=0.0))
            panel.set_xlim(0, 1.25 * top if top > 0 else 1)
            in_rows(panel, labels)
            panel.set_title(component, fontsize=10)
            panel.locator_params(axis="x", nbins=4)
            numbers(panel.xaxis)
        caption(
            figure,
            f"Last day, mean of {seeds} seeds; line: 95 % interval. Each part has its own scale, from 0; they are "
            "never added up to one score.",
        )
    return figure


def ledger(rows: pd.DataFrame, labels: list[str], title: str, unit: str, seeds: int) -> Figure:
    """A ledger line by line, scenarios side by side.

    Parameters
    ----------
    rows : columns label (scenario), line, mean, low, high; the last line is the sum
    """
    lines = list(dict.fromkeys(rows["line"]))
    height = 0.8 / len(labels)
    with drawing(6.0, 1.7 + (0.16 + 0.22 * len(labels)) * len(lines)) as (figure, (axes,)):
        for k, label in enumerate(labels):
            part = rows[rows["label"] == label].set_index("line").loc[lines]
            y = np.arange(len(lines)) + (k - (len(labels) - 1) / 2) * height
            look: Look = {
                "color": COLOURS[k % 6],
                "hatch": HATCHES[k % 6],
                "edgecolor": "white",
                "linewidth": 0.5,
            }
            axes.barh(y, part["mean"], height=height * 0.92, label=label, **look)
            axes.hlines(y, part["low"], part["high"], color=INK, linewidth=1)
            for at, value, low, high in zip(y, part["mean"], part["low"], part["high"], strict=True):
                right = value >= 0
                axes.annotate(
                    short(round(value)) if abs(value) >= 1 else number(value),
                    (np.nanmax([value, high, 0]) if right else np.nanmin([value, low]), at), (4 if right else -4, 0),
                    textcoords="offset points", fontsize=8, va="center", ha="left" if right else "right", color=INK,
                )  # fmt: skip
        axes.axvline(0, color=INK, linewidth=1)
        axes.axhline(len(lines) - 1.5, color=QUIET, linewidth=0.8)
        ends = rows[["mean", "low", "high"]].to_numpy()
        room = 0.16 * (float(np.nanmax(np.abs(ends))) or 1.0)
        low_end, high_end = min(np.nanmin(ends), 0.0), max(np.nanmax(ends), 0.0)
        axes.set_xlim(low_end - room * (low_end < 0), high_end + room)
        in_rows(axes, lines, 0.55)
        axes.get_yticklabels()[-1].set_fontweight("bold")
        numbers(axes.xaxis)
        axes.set_xlabel(unit)
        axes.set_title(title, pad=26)
        axes.legend(ncols=len(labels), **OVER)
        caption(figure, f"Sum over the whole run, mean of {seeds} seeds; line: 95 % interval; costs are negative.")
    return figure


def shares(table: pd.DataFrame, totals: list[float], title: str, what: str, seeds: int) -> Figure:
    """Stacked bars that add up to one, a bar a scenario.

    Parameters
    ----------
    table : index = scenarios, columns = kinds, values = shares in [0, 1]
    totals : what each bar stands for, per scenario
    """
    with drawing(7.2, 1.9 + 0.62 * len(table)) as (figure, (axes,)):
        left = np.zeros(len(table))
        for k, kind in enumerate(table.columns):
            width = table[kind].to_numpy()
            look: Look = {
                "color": COLOURS[(k + 2) % 6],
                "hatch": HATCHES[k % 6],
                "edgecolor": "white",
                "linewidth": 0.8,
            }
            bars = axes.barh(range(len(table)), width, left=left, height=0.62, label=kind, **look)
            texts = [percent(share) if share > 0.055 else "" for share in width]
            back = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.4}
            for text in axes.bar_label(bars, texts, label_type="center", fontsize=8, color=INK):
                text.set_bbox(back if text.get_text() else None)
            left = left + width
        in_rows(axes, [f"{label}\n{short(total)} {what}" for label, total in zip(table.index, totals, strict=True)])
        axes.set_xlim(0, 1)
        axes.grid(False)
        figures.shares(axes.xaxis)
        axes.set_title(title, pad=26)
        axes.legend(ncols=4, **OVER)
        caption(figure, f"Whole run, mean of {seeds} seeds.")
    return figure


def hours(table: pd.DataFrame, seeds: int) -> Figure:
    """Hours a week by activity and person under each scenario, as a table of shaded cells.

    Parameters
    ----------
    table : index = activities, columns = (scenario, person), values = hours a week
    """
    with drawing(max(4.2, 2.2 + 1.15 * table.shape[1]), 1.9 + 0.32 * len(table)) as (figure, (axes,)):
        values = table.to_numpy(float)
        texts = [[f"{value:.1f}" if value >= 0.05 else "·" for value in row] for row in values]
        whose = [f"{textwrap.fill(person, 12)}\n({textwrap.fill(scenario, 14)})" for scenario, person in table.columns]
        figures.cells(axes, table.set_axis(whose, axis=1), texts, np.nanmax(values))
        scenarios = [scenario for scenario, _ in table.columns]
        for j in range(1, len(scenarios)):
            if scenarios[j] != scenarios[j - 1]:
                axes.axvline(j - 0.5, color=INK, linewidth=1.5)
        axes.set_title("Hours a week, by person and activity")
        caption(figure, f"Hours spent, mean of the whole run and of {seeds} seeds.")
    return figure


def network(graph: nx.Graph, places: dict[int, np.ndarray], label: str, k: int, close: float, of: int) -> Figure:
    """The ties of one seed under one scenario; the same member stands at the same place under each.

    Parameters
    ----------
    graph : nodes = members to draw, edges with `strength`; `graph.graph["gone"]`: members drawn only as a hollow dot
    places : position of each member
    k : which scenario it is, for its colour
    close : ties at least this strong are drawn as close
    of : how many members there are
    """
    colour, gone = COLOURS[k % 6], graph.graph["gone"]
    ties = list(graph.edges(data="strength"))
    near = {member for a, b, s in ties if s >= close for member in (a, b)}
    linked = [m for m in graph if graph.degree(m) and m not in near]
    alone = [m for m in graph if not graph.degree(m) and m not in gone]
    with drawing(5.6, 5.9) as (figure, (axes,)):
        for strong in (False, True):
            chosen = [(a, b, s) for a, b, s in ties if (s >= close) == strong]
            widths = [0.7 + 1.6 * s if strong else 0.35 for _, _, s in chosen]
            look: Look = {
                "colors": INK if strong else colour,
                "alpha": 0.75 if strong else 0.3,
                "zorder": 1 + strong,
            }
            axes.add_collection(
                LineCollection([(places[a], places[b]) for a, b, _ in chosen], linewidths=widths, **look)
            )
        for members, size, face in ((near, 26, colour), (linked, 12, colour), (alone, 9, "white")):
            xy = np.array([places[m] for m in graph if m in members]).reshape(-1, 2)
            edge, width = (QUIET, 0.7) if face == "white" else ("white", 0.4)
            axes.scatter(xy[:, 0], xy[:, 1], s=size, color=face, edgecolors=edge, linewidths=width, zorder=3)
        axes.set(aspect="equal", xlim=(-1.08, 1.08), ylim=(-1.08, 1.08))
        axes.set_axis_off()
        n_close = sum(s >= close for _, _, s in ties)
        axes.set_title(f"{label}: {len(ties):,} ties, {n_close:,} of them close")
        caption(
            figure,
            f"One seed, last day, {len(graph):,} of {of:,} members (those with the most ties under any of the "
            f"strategies), each at the same place. Dark thick lines: close ties (strength {close:g} or more); "
            "hollow dots: no tie to anybody drawn.",
        )
    return figure
