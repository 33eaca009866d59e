"""Figures of a comparison over worlds: a table in, a matplotlib Figure out; narrow, so that a phone shows them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.pages.figures import (
    COLOURS,
    DASHES,
    HATCHES,
    INK,
    QUIET,
    caption,
    drawing,
    heading,
    in_rows,
    numbers,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from experiments.comparison.across.why import Difference

WIDTH = 3.6  # inches: of half a printed page, and of a phone
ABREAST = 3
LONG = 30  # characters of two names, beyond which one stands below the other


def fans(courses: dict[str, pd.DataFrame], title: str, unit: str, worlds: int) -> Figure:
    """A measure over time under each scenario, side by side on one scale.

    Parameters
    ----------
    courses : by scenario a table day, low, lower, median, upper, high: 80 % of the worlds lie between low and high,
        half of them between lower and upper
    """
    columns = min(len(courses), ABREAST)
    with drawing(WIDTH, 0.7 + 1.7 * -(-len(courses) // columns), len(courses), columns) as (figure, axes):
        ends = np.array([[np.nanmin(table["low"]), np.nanmax(table["high"])] for table in courses.values()])
        low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
        room = 0.05 * (high - low) or 1.0
        for k, (panel, (label, table)) in enumerate(zip(axes, courses.items(), strict=True)):
            colour = QUIET if k == 0 else COLOURS[(k - 1) % 6]
            for inner, outer, alpha in (("low", "high", 0.16), ("lower", "upper", 0.3)):
                panel.fill_between(table["day"], table[inner], table[outer], color=colour, alpha=alpha, linewidth=0)
            panel.plot(table["day"], table["median"], color=colour, linestyle=DASHES[k % 6], linewidth=2)
            panel.set_title(label.replace("@", "\n@"), fontsize=8)
            panel.set(ylim=(low - room, high + room), xlabel="day")
            panel.xaxis.label.set_fontsize(8)
            panel.tick_params(labelsize=8)
            panel.locator_params(axis="x", nbins=2)
            panel.margins(x=0)
            numbers(panel.yaxis)
            if k % columns:
                panel.tick_params(labelleft=False)
            else:
                panel.set_ylabel(unit, fontsize=8)
        heading(figure, title)
        caption(figure, f"{worlds:,} worlds. Line: the middle world; dark band: half of the worlds; light: 80 %.")
    return figure


def world_map(across: np.ndarray, up: np.ndarray, names: tuple[str, str], units: tuple[str, str]) -> Figure:
    """Each world a dot: the difference in one measure against that in another, with how many lie in each corner.

    Parameters
    ----------
    across, up : second minus first, float (worlds,)
    names : of the two scenarios, first and second
    units : of the two differences
    """
    known = np.isfinite(across) & np.isfinite(up)
    x, y = across[known], up[known]
    first, second = names
    with drawing(WIDTH, 3.4) as (figure, (axes,)):
        for values, way in ((x, "x"), (y, "y")):
            size = np.abs(values)
            near = float(np.median(size[size > 0])) if (size > 0).any() else 1.0
            ends = (min(float(values.min(initial=0)), -near), max(float(values.max(initial=0)), near))
            powers = 10.0 ** np.arange(
                np.ceil(np.log10(near / 2)), np.floor(np.log10(1.6 * max(-ends[0], ends[1]))) + 1
            )
            getattr(axes, f"set_{way}scale")("asinh", linear_width=near)  # even near nothing, by ratios far from it
            axes.set(**{f"{way}ticks": [*-powers[::-1], 0, *powers]})
            axes.set(**{f"{way}lim": (1.6 * ends[0], 1.6 * ends[1])})  # last: a tick beyond the dots widens it
        for right in (True, False):
            chosen = (x > 0) == right
            look: dict[str, Any] = {"color": COLOURS[1 if right else 0], "marker": "D" if right else "o"}
            axes.scatter(x[chosen], y[chosen], s=18, alpha=0.75, linewidths=0.4, edgecolors="white", **look)
        axes.axvline(0, color=INK, linewidth=1)
        axes.axhline(0, color=INK, linewidth=1)
        for right, above in ((True, True), (False, True), (False, False), (True, False)):
            n = int(np.sum(((x > 0) if right else (x < 0)) & ((y > 0) if above else (y < 0))))
            place = (0.98 if right else 0.02, 0.98 if above else 0.02)
            axes.text(*place, f"{n:,} of {x.size:,}", transform=axes.transAxes, ha="right" if right else "left",
                      va="top" if above else "bottom", fontsize=9, fontweight="bold")  # fmt: skip
        between = "\n" if len(first + second) > LONG else "      "
        for put, unit in ((axes.set_xlabel, units[0]), (axes.set_ylabel, units[1])):
            put(f"{unit}\n← {first} higher{between}{second} higher →", fontsize=8)
        axes.tick_params(labelsize=8)
        numbers(axes.xaxis, axes.yaxis)
        axes.set_title("The worlds, each a dot")
        caption(
            figure,
            f"{second} minus {first} in {x.size:,} worlds, last day. Far from nothing the scales go by ratios. In "
            "bold: worlds in that corner.",
        )
    return figure


def parts(leads: list[Difference], about: dict[str, tuple[str, str]]) -> Figure:
    """What each group of activities makes of each lead, a panel a measure: bars with their intervals.

    Parameters
    ----------
    leads : differences between one pair of strategies, one or more
    about : by measure its name and unit
    """
    first, second = leads[0].first, leads[0].second
    groups = list(dict.fromkeys(part.group for one in leads for part in one.parts))
    columns = min(len(leads), 2)
    lines = -(-len(leads) // columns)
    with drawing(WIDTH, 0.9 + lines * (0.75 + 0.3 * len(groups)), len(leads), columns) as (figure, axes):
        for k, (panel, one) in enumerate(zip(axes, leads, strict=True)):
            added = {part.group: part.added for part in one.parts}
            for row, group in enumerate(groups):
                if group not in added:
                    continue
                effect, more = added[group], added[group].mean > 0
                panel.barh(row, effect.mean, 0.62, color=COLOURS[1 if more else 0], alpha=0.85,
                           hatch=HATCHES[0 if more else 1], edgecolor="white", linewidth=0)  # fmt: skip
                panel.plot([effect.low, effect.high], [row, row], color=INK, linewidth=1.4)
            in_rows(panel, [textwrap.fill(group, 16) for group in groups])
            panel.tick_params(labelsize=8)
            panel.tick_params(axis="y", labelleft=k % columns == 0)
            panel.axvline(0, color=INK, linewidth=1)
            panel.locator_params(axis="x", nbins=4)
            numbers(panel.xaxis)
            name, unit = about[one.measure]
            panel.set_title(f"{name[:1].upper()}{name[1:]}", fontsize=9)
            panel.set_xlabel(textwrap.fill(unit, 20), fontsize=8)
        heading(figure, "What did it")
        worlds = sorted({one.worlds for one in leads})
        some = f"{worlds[0]}" if len(worlds) == 1 else f"{worlds[0]} to {worlds[-1]}"
        caption(
            figure,
            f"What each group of activities adds to {second} minus {first}: means over {some} worlds with 95 % "
            f"intervals. Plain bars: towards {second}; hatched: towards {first}. The bars of a panel add up to the "
            "difference. Only measures in which a lead is told.",
        )
    return figure
