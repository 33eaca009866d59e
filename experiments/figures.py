"""Figures: a table in, a matplotlib Figure out; no simulation, no disk, no other state than the style.

Colour is never the only sign: the first scenario is a solid line or a plain bar, the second dashed or hatched, and so
on. Each figure says in its caption how many seeds it shows and what its band is.
"""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import seaborn as sns
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from experiments.wording import number, percent

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    from matplotlib.axes import Axes

# Okabe & Ito (2008), told apart with any of the common colour blindnesses; blue and vermilion first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (8, 3)))
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "oo")
INK, QUIET, FAINT = "#1d2a33", "#5b6770", "#dfe4e8"
STYLE = {
    **sns.axes_style("white"),
    "figure.facecolor": "white",
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "text.color": INK,
    "font.family": "DejaVu Sans",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "hatch.linewidth": 0.6,
    "savefig.dpi": 160,
}


def png(figure: Figure) -> bytes:
    """A figure as PNG, the same bytes every time: no software name, no date."""
    out = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(out, format="png", metadata={"Software": None}, bbox_inches="tight", pad_inches=0.12)
    return out.getvalue()


def new_figure(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """A Figure in the common style (inches), without pyplot, so nothing is kept or shown."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
    return figure, list(axes.ravel())


def caption(figure: Figure, text: str) -> None:
    """A line under the figure: what it shows, n, and the band."""
    width = max(int(figure.get_figwidth() * 14), 40)
    figure.supxlabel(textwrap.fill(text, width), fontsize=8, color=QUIET, x=0.01, ha="left")


def _plain_axis(axis) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def short(value: float) -> str:
    """A number for an axis.

    >>> short(12500), short(0.25), short(-2e6)
    ('12.5k', '0.25', '−2M')
    """
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            scaled = value / (1e3 if sign == "k" else size)
            return f"{scaled:.4g}{sign}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def draw_paths(axes: Axes, bands: dict[str, pd.DataFrame], title: str, unit: str) -> None:
    """Draw each scenario's mean over the days with its band; `bands` as `path` takes them."""
    for k, (label, band) in enumerate(bands.items()):
        colour, dash = COLOURS[k % 6], DASHES[k % 6]
        axes.fill_between(band["day"], band["low"], band["high"], color=colour, alpha=0.18, linewidth=0)
        axes.plot(band["day"], band["mean"], color=colour, linestyle=dash, linewidth=2, label=label)
    axes.set_title(title)
    axes.set_xlabel("day")
    axes.set_ylabel(unit.replace("0-1", "0 to 1"))
    axes.margins(x=0)
    _plain_axis(axes.yaxis)
    axes.legend(loc="best", handlelength=3)


def path(bands: dict[str, pd.DataFrame], title: str, unit: str, seeds: int) -> Figure:
    """One measure over time.

    Parameters
    ----------
    bands : per scenario a table day, mean, low, high
    """
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = new_figure(5.6, 3.7)
        draw_paths(axes, bands, title, unit)
        caption(figure, f"Mean of {seeds} seeds; band: 95 % interval of the mean.")
    return figure


def overview(panels: list[tuple[dict[str, pd.DataFrame], str, str]], seeds: int) -> Figure:
    """Several measures over time in one picture, for a page or a slide; panels are (bands, title, unit)."""
    with matplotlib.rc_context(STYLE):
        columns = 2
        rows = -(-len(panels) // columns)
        figure, axes = new_figure(10.5, 3.4 * rows, columns, rows)
        for k, (bands, title, unit) in enumerate(panels):
            draw_paths(axes[k], bands, title, unit)
            if k and (legend := axes[k].get_legend()):
                legend.remove()
        for empty in axes[len(panels) :]:
            empty.set_axis_off()
        caption(figure, f"Mean of {seeds} seeds under each strategy; band: 95 % interval of the mean.")
    return figure


def forest(rows: pd.DataFrame, first: str, second: str, seeds: int) -> Figure:
    """Paired differences, each as a share of the two means' average size, so that all fit one axis.

    Parameters
    ----------
    rows : columns label, wanted ("more", "less", ""), mean, low, high (second minus first, as such shares)
    """
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = new_figure(7.2, 1.7 + 0.3 * len(rows))
        for y, row in enumerate(rows.itertuples()):
            shown = row.low > 0 or row.high < 0
            colour = QUIET if not shown else COLOURS[1] if row.mean > 0 else COLOURS[0]
            axes.plot([row.low, row.high], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
            axes.plot(
                row.mean,
                y,
                marker="D" if row.mean > 0 else "o",
                markersize=6,
                color=colour,
                markerfacecolor=colour if shown else "white",
            )
        axes.axvline(0, color=INK, linewidth=1)
        left, right = axes.get_xlim()
        axes.set_xlim(max(left, -2.2), min(right, 2.2))  # 2 is one mean against nothing; intervals may go beyond
        labels = [f"{row.label} (less is better)" if row.wanted == "less" else row.label for row in rows.itertuples()]
        axes.set_yticks(range(len(rows)), labels)
        axes.tick_params(axis="y", colors=INK, length=0)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(False, axis="y")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, sign=True)))
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
    with matplotlib.rc_context(STYLE):
        columns = 2
        figure, axes = new_figure(
            7.2,
            1.0 + (0.75 + 0.22 * len(labels)) * -(-len(components) // columns),
            columns,
            -(-len(components) // columns),
        )
        for panel, component in zip(axes, components, strict=False):
            own = rows[rows["component"] == component].set_index("label").loc[labels]
            for k, (label, row) in enumerate(own.iterrows()):
                colour = COLOURS[k % 6]
                panel.plot([row["low"], row["high"]], [k, k], color=colour, linewidth=2)
                panel.plot(
                    row["mean"],
                    k,
                    linestyle="none",
                    marker="osD^vP"[k % 6],
                    markersize=7,
                    color=colour,
                    label=label,
                    markerfacecolor=colour if k == 0 else "white",
                    markeredgewidth=1.8,
                    clip_on=False,
                )
                panel.annotate(
                    number(row["mean"]),
                    (np.nanmax([row["high"], row["mean"]]), k),
                    xytext=(7, 0),
                    fontsize=8.5,
                    textcoords="offset points",
                    va="center",
                )
            top = float(np.nanmax(own[["mean", "high"]].to_numpy(), initial=0.0))
            panel.set_xlim(0, 1.25 * top if top > 0 else 1)
            panel.set_ylim(len(labels) - 0.4, -0.6)
            panel.set_yticks(range(len(labels)), labels)
            panel.tick_params(axis="y", colors=INK, length=0)
            panel.grid(False, axis="y")
            panel.set_title(component, fontsize=10)
            panel.locator_params(axis="x", nbins=4)
            _plain_axis(panel.xaxis)
        for empty in axes[len(components) :]:
            empty.set_axis_off()
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
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = new_figure(6.0, 1.7 + (0.16 + 0.22 * len(labels)) * len(lines))
        height = 0.8 / len(labels)
        reach = float(np.nanmax(np.abs(rows[["mean", "low", "high"]].to_numpy()))) or 1.0
        for k, label in enumerate(labels):
            own = rows[rows["label"] == label].set_index("line").loc[lines]
            y = np.arange(len(lines)) + (k - (len(labels) - 1) / 2) * height
            mean = own["mean"].to_numpy()
            axes.barh(
                y,
                mean,
                height=height * 0.92,
                color=COLOURS[k % 6],
                hatch=HATCHES[k % 6],
                edgecolor="white",
                linewidth=0.5,
                label=label,
            )
            axes.hlines(y, own["low"], own["high"], color=INK, linewidth=1)
            lows, highs = (own[name].fillna(own["mean"]) for name in ("low", "high"))
            for at, value, low, high in zip(y, mean, lows, highs, strict=True):
                end = max(value, high, 0) if value >= 0 else min(value, low)
                axes.annotate(
                    short(round(value)) if abs(value) >= 1 else number(value),
                    (end, at),
                    fontsize=8,
                    va="center",
                    xytext=(4 if value >= 0 else -4, 0),
                    textcoords="offset points",
                    ha="left" if value >= 0 else "right",
                    color=INK,
                )
        axes.axvline(0, color=INK, linewidth=1)
        axes.axhline(len(lines) - 1.5, color=QUIET, linewidth=0.8)
        low_end = float(min(np.nanmin(rows[["mean", "low"]].to_numpy()), 0))
        high_end = float(max(np.nanmax(rows[["mean", "high"]].to_numpy()), 0))
        axes.set_xlim(low_end - 0.16 * reach * (low_end < 0), high_end + 0.16 * reach)
        axes.set_yticks(range(len(lines)), lines)
        axes.get_yticklabels()[-1].set_fontweight("bold")
        axes.tick_params(axis="y", colors=INK, length=0)
        axes.set_ylim(len(lines) - 0.45, -0.55)
        axes.grid(False, axis="y")
        _plain_axis(axes.xaxis)
        axes.set_xlabel(unit)
        axes.set_title(title, pad=26)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(labels), borderaxespad=0.2)
        caption(figure, f"Sum over the whole run, mean of {seeds} seeds; line: 95 % interval; costs are negative.")
    return figure


def shares(table: pd.DataFrame, totals: list[float], title: str, what: str, seeds: int) -> Figure:
    """Stacked bars that add up to one, a bar a scenario.

    Parameters
    ----------
    table : index = scenarios, columns = kinds, values = shares in [0, 1]
    totals : what each bar stands for, per scenario
    """
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = new_figure(7.2, 1.9 + 0.62 * len(table))
        left = np.zeros(len(table))
        for k, kind in enumerate(table.columns):
            width = table[kind].to_numpy()
            axes.barh(
                range(len(table)),
                width,
                left=left,
                height=0.62,
                color=COLOURS[(k + 2) % 6],
                hatch=HATCHES[k % 6],
                edgecolor="white",
                linewidth=0.8,
                label=kind,
            )
            for y, (start, share) in enumerate(zip(left, width, strict=True)):
                if share > 0.055:
                    axes.text(
                        start + share / 2,
                        y,
                        percent(share),
                        ha="center",
                        va="center",
                        fontsize=8,
                        color=INK,
                        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.4},
                    )
            left = left + width
        names = [f"{label}\n{short(total)} {what}" for label, total in zip(table.index, totals, strict=True)]
        axes.set_yticks(range(len(table)), names)
        axes.tick_params(axis="y", colors=INK, length=0)
        axes.set_ylim(len(table) - 0.45, -0.55)
        axes.set_xlim(0, 1)
        axes.grid(False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))
        axes.set_title(title, pad=26)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, borderaxespad=0.2)
        caption(figure, f"Whole run, mean of {seeds} seeds.")
    return figure


def hours(table: pd.DataFrame, seeds: int) -> Figure:
    """Hours a week by activity and person under each scenario, as a table of shaded cells.

    Parameters
    ----------
    table : index = activities, columns = (scenario, person), values = hours a week
    """
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = new_figure(max(4.2, 2.2 + 1.15 * table.shape[1]), 1.9 + 0.32 * len(table))
        values = table.to_numpy(dtype=float)
        sns.heatmap(
            table,
            ax=axes,
            cmap=sns.light_palette(COLOURS[0], as_cmap=True),
            vmin=0,
            cbar=False,
            linewidths=1.5,
            linecolor="white",
        )
        top = np.nanmax(values) if values.size else 1.0
        for i, j in np.ndindex(*values.shape):
            text = f"{values[i, j]:.1f}" if values[i, j] >= 0.05 else "·"
            axes.text(
                j + 0.5,
                i + 0.5,
                text,
                ha="center",
                va="center",
                fontsize=9,
                color="white" if values[i, j] > 0.6 * top else INK,
            )
        labels = [f"{textwrap.fill(person, 12)}\n({textwrap.fill(scenario, 14)})" for scenario, person in table.columns]
        axes.set_xticks(np.arange(len(labels)) + 0.5, labels, rotation=0)
        axes.set_yticks(np.arange(len(table)) + 0.5, table.index, rotation=0)
        axes.tick_params(axis="both", colors=INK, length=0)
        before = None
        for j, (scenario, _) in enumerate(table.columns):
            if before not in (None, scenario):
                axes.axvline(j, color=INK, linewidth=1.5)
            before = scenario
        axes.set_xlabel("")
        axes.set_ylabel("")
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
    colour = COLOURS[k % 6]
    gone = graph.graph["gone"]
    with matplotlib.rc_context(STYLE):
        figure, (axes,) = new_figure(5.6, 5.9)
        for strong in (False, True):
            chosen = [(a, b, s) for a, b, s in graph.edges(data="strength") if (s >= close) == strong]
            axes.add_collection(
                LineCollection(
                    [(places[a], places[b]) for a, b, _ in chosen],
                    colors=INK if strong else colour,
                    linewidths=[0.7 + 1.6 * s if strong else 0.35 for _, _, s in chosen],
                    alpha=0.75 if strong else 0.3,
                    zorder=2 if strong else 1,
                )
            )
        near = [m for m in graph if any(s >= close for _, _, s in graph.edges(m, data="strength"))]
        linked = [m for m in graph if graph.degree(m) and m not in set(near)]
        alone = [m for m in graph if not graph.degree(m) and m not in gone]
        for members, size, face in ((near, 26, colour), (linked, 12, colour), (alone, 9, "white")):
            xy = np.array([places[m] for m in members]).reshape(-1, 2)
            axes.scatter(
                xy[:, 0],
                xy[:, 1],
                s=size,
                color=face,
                edgecolors="white" if face != "white" else QUIET,
                linewidths=0.4 if face != "white" else 0.7,
                zorder=3,
            )
        axes.set_aspect("equal")
        axes.set_xlim(-1.08, 1.08)
        axes.set_ylim(-1.08, 1.08)
        axes.set_axis_off()
        n_close = sum(s >= close for _, _, s in graph.edges(data="strength"))
        axes.set_title(f"{label}: {graph.number_of_edges():,} ties, {n_close:,} of them close")
        caption(
            figure,
            f"One seed, last day, {len(graph):,} of {of:,} members (those with the most ties under any of the "
            f"strategies), each at the same place. Dark thick lines: close ties (strength {close:g} or more); "
            "hollow dots: no tie to anybody drawn.",
        )
    return figure
