"""The style of all figures, and what several of them draw: bands over time, intervals in rows, numbers on axes.

A figure is a function of a table; it simulates nothing, reads nothing and writes nothing. Colour is never the only
sign: the first scenario is a solid line or a plain bar, the second dashed or hatched, and so on. Each figure says in
its caption how many seeds it shows and what its band is. Matplotlib is made for one thread: draw in the main one.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from PIL import Image, ImageOps

from experiments.pages.wording import percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Okabe & Ito (2008), told apart with any of the common colour blindnesses; blue and vermilion first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (8, 3)))
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "oo")
MARKS = "osD^vP"
INK, QUIET, FAINT = "#1d2a33", "#5b6770", "#dfe4e8"
SHADES = sns.light_palette(COLOURS[0], as_cmap=True)
STYLE = {
    **sns.axes_style("white"),
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # above the axes, where it would come to lie anyway: not looked for at each layout
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
    "text.parse_math": False,  # a name with a $ in it is no formula
}
DPI, MARGIN = 160, 12  # dots an inch, dots around a figure
MANIFOLD = 50  # where the largest is so many times the smallest, an axis is logarithmic


def png(figure: Figure) -> bytes:
    """A figure as PNG, the same bytes every time: no software name, no date. It grows where something would be cut."""
    out = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.set_dpi(DPI)
        for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) if not axis.get_label_text()):
            axis.set_label_coords(0, 0)  # no place is looked for, among all tick labels, for a label without text
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        drawn, page = figure.get_tightbbox(), figure.bbox_inches
        if drawn.x0 < page.x0 or drawn.y0 < page.y0 or drawn.x1 > page.x1 or drawn.y1 > page.y1:
            look: dict[str, Any] = {"metadata": {"Software": None}, "bbox_inches": "tight", "pad_inches": 0.12}
            figure.savefig(out, dpi=DPI, **look)  # lays out and draws twice more
        else:
            image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # nothing shines through
            ImageOps.expand(image, MARGIN, "white").save(out, "png", dpi=(DPI, DPI))
    return out.getvalue()


def new_figure(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """A Figure in the common style (inches), without pyplot, so nothing is kept or shown."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
    return figure, list(axes.ravel())


@contextmanager
def drawing(width: float, height: float, panels: int = 1, columns: int = 1) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure to draw on in the common style, with so many panels in so many columns; size in inches."""
    with matplotlib.rc_context(STYLE):
        figure, axes = new_figure(width, height, columns, -(-panels // columns))
        for empty in axes[panels:]:
            empty.set_axis_off()
        yield figure, axes[:panels]


def caption(figure: Figure, text: str) -> None:
    """A line under the figure: what it shows, n, and the band."""
    width = max(int(figure.get_figwidth() * 14), 40)
    figure.supxlabel(textwrap.fill(text, width), fontsize=8, color=QUIET, x=0.01, ha="left")


def heading(figure: Figure, text: str) -> None:
    """A title over the whole figure, where one over the axes would not be wide enough."""
    figure.suptitle(text, fontsize=12, fontweight="bold", x=0.01, ha="left")


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


def numbers(*axes: Any) -> None:
    """Short numbers along these axes (`panel.xaxis`)."""
    for axis in axes:
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def shares(axis: Any, sign: bool = False) -> None:
    """Per cent along an axis."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, sign)))


def spread(axes: Axes, table: pd.DataFrame, x: str, y: str | None = None) -> None:
    """Make the axes logarithmic along which values are of very different size."""
    for scale, key in ((axes.set_xscale, x), (axes.set_yscale, y)):
        if key is not None:
            values = table[key].to_numpy(float)
            if values.min() > 0 and values.max() / values.min() >= MANIFOLD:
                scale("log")


def band(axes: Axes, table: pd.DataFrame, x: str, k: int, label: str, **more: Any) -> None:
    """The k-th line: columns x, mean, and low to high as a band."""
    axes.fill_between(table[x], table["low"], table["high"], color=COLOURS[k % 6], alpha=0.18, linewidth=0)
    axes.plot(table[x], table["mean"], color=COLOURS[k % 6], linestyle=DASHES[k % 6], label=label, **more)


def in_rows(axes: Axes, names: Sequence[str], room: float = 0.6) -> None:
    """Names down the left side, the first at the top."""
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", colors=INK, length=0)
    axes.set_ylim(len(names) - 1 + room, -room)
    axes.grid(False, axis="y")


def interval(axes: Axes, y: float, ends: tuple[float, float], mean: float, colour: str, **more: Any) -> None:
    """A mean with its interval, lying in row y; `more` is of the mark."""
    axes.plot(ends, [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
    axes.plot(mean, y, linestyle="none", color=colour, **{"marker": "o", **more})


def cells(axes: Axes, table: pd.DataFrame, texts: Sequence[Sequence[str]], top: float) -> None:
    """A table as shaded cells with a text in each: columns across, index down; `top` is shaded darkest."""
    values = table.to_numpy(float)
    axes.imshow(values, cmap=SHADES, vmin=0, vmax=top, aspect="auto")
    for i, j in np.ndindex(*values.shape):
        colour = "white" if values[i, j] > 0.6 * top else INK
        axes.text(j, i, texts[i][j], ha="center", va="center", fontsize=9, color=colour)
    axes.set_xticks(range(values.shape[1]), table.columns)
    axes.set_yticks(range(len(table)), table.index)
    axes.set_xticks(np.arange(1, values.shape[1]) - 0.5, minor=True)
    axes.set_yticks(np.arange(1, len(table)) - 0.5, minor=True)
    axes.grid(False)
    axes.grid(True, which="minor", color="white", linewidth=1.5)
    axes.tick_params(axis="both", which="both", colors=INK, length=0)
