"""Figures of a log: a `Patterns` in, matplotlib Figures out, in the style of `experiments.figures`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.ticker import FuncFormatter

from experiments.pages.figures import COLOURS, DASHES, STYLE, caption, new_figure, short
from experiments.pages.wording import count, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.patterns import Patterns
    from sim.patterns.curves import Curve

BAND = "band: 95 % interval, bootstrap over accounts"


def _shares(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))


def _line(axes: Axes, curve: Curve, k: int, label: str) -> None:
    """A curve with its band."""
    if curve.low is not None and curve.high is not None:
        axes.fill_between(curve.x, curve.low, curve.high, color=COLOURS[k], alpha=0.18, linewidth=0)
    (line,) = axes.plot(curve.x, curve.y, color=COLOURS[k], linestyle=DASHES[k], linewidth=2, label=label)
    line.set_marker("os"[k % 2])
    line.set_markersize(4)


def _tails(found: Patterns) -> Figure:
    """Contributions and ties per member, exchanges per tie: shares with so many or more."""
    wanted = [
        ("contributions", "Contributions per member", "contributions", "members who wrote"),
        ("ties", "Ties per member", "people written to or from", "members with a tie"),
        ("exchanges", "Exchanges per tie", "exchanges", "ties between members"),
    ]
    figure, panels = new_figure(10.5, 3.7, columns=3)
    for axes, (name, title, unit, _) in zip(panels, wanted, strict=True):
        curve = found.curves[name]
        if curve.x.size:
            axes.step(curve.x, curve.y, where="pre", color=COLOURS[0], linewidth=1.8)
            axes.plot(curve.x, curve.y, "o", color=COLOURS[0], markersize=3)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_title(title)
        axes.set_xlabel(unit)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        _shares(axes)
    panels[0].set_ylabel("share with so many or more")
    sizes = [count(int(found.curves[name].n.max(initial=0)), "") for name, *_ in wanted]
    said = ", ".join(f"{size.rstrip(' s')} {whose}" for size, (*_, whose) in zip(sizes, wanted, strict=True))
    caption(figure, f"Both axes logarithmic. n = {said}.")
    return figure


def _survival(found: Patterns) -> Figure:
    curve = found.curves["survival"]
    figure, (axes,) = new_figure(5.6, 3.9)
    _line(axes, curve, 0, "members")
    axes.set_title("How long members go on writing")
    axes.set_xlabel("days after the first contribution")
    axes.set_ylabel("share that wrote later than that")
    axes.set_ylim(0, None)
    _shares(axes)
    n = int(curve.n.max(initial=0))
    caption(figure, f"n = {count(n, 'member')} who began a year or more before the end of the log; {BAND}.")
    return figure


def _ladder(found: Patterns) -> Figure:
    figure, (axes,) = new_figure(5.6, 3.9)
    sizes = []
    for k, (name, label) in enumerate((("ladder", "two members"), ("ladder_staff", "a member and staff"))):
        curve = found.curves[name]
        if curve.x.size:
            _line(axes, curve, k, label)
            sizes.append(f"{label}: n = {int(curve.n[0]):,} ties at the first rung, {int(curve.n[-1]):,} at the last")
    axes.set_title("Ties deepen by repetition")
    axes.set_xlabel("contact days so far")
    axes.set_ylabel("share with another within 90 d")
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
    _shares(axes)
    if sizes:
        axes.legend(loc="lower right", handlelength=3)
    caption(figure, f"{'; '.join(sizes) or 'No ties followed for 90 days'}; {BAND}.")
    return figure


def _silence(found: Patterns) -> Figure:
    curve = found.curves["silence"]
    figure, (axes,) = new_figure(5.6, 3.9)
    _line(axes, curve, 0, "two members")
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.set_title("Ties fade with silence")
    axes.set_xlabel("days of silence so far")
    axes.set_ylabel("share with contact in the next 30 d")
    axes.set_ylim(0, None)
    _shares(axes)
    n = f"{int(curve.n[0]):,} to {int(curve.n[-1]):,}" if curve.n.size else "0"
    caption(figure, f"Ties between members with 3 or more contact days; n = {n} silences; {BAND}.")
    return figure


def _weekly(found: Patterns) -> Figure:
    curve = found.curves["weekly_actives"]
    figure, (axes,) = new_figure(5.6, 3.9)
    axes.plot(curve.x, curve.y, color=COLOURS[0], linewidth=1.4)
    axes.set_title("Weekly active accounts")
    axes.set_xlabel("week of the log")
    axes.set_ylabel("accounts that wrote")
    axes.set_ylim(0, None)
    axes.margins(x=0)
    caption(figure, f"All {found.wrote:,} accounts that wrote, staff among them; {count(curve.x.size, 'whole week')}.")
    return figure


def _replies(found: Patterns) -> Figure:
    curve = found.curves["reply_hours"]
    figure, (axes,) = new_figure(5.6, 3.9)
    total = int(curve.n.max(initial=0))
    axes.step(np.maximum(curve.x, 1 / 60), curve.y, where="post", color=COLOURS[0], linewidth=2)
    axes.set_xscale("log")
    axes.axvline(24, color=COLOURS[1], linestyle=DASHES[1], linewidth=1.2)
    axes.annotate("a day", (24, 0.02), xytext=(4, 0), textcoords="offset points", fontsize=9)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.set_title("Time to the first reply by another")
    axes.set_xlabel("hours since the thread was opened")
    axes.set_ylabel("share of threads replied to")
    axes.set_ylim(0, 1)
    _shares(axes)
    caption(figure, f"n = {count(total, 'thread')}, {curve.x.size:,} of them with a reply.")
    return figure


FIGURES = {
    "weekly": (_weekly, "Accounts that wrote in each week of the log"),
    "tails": (_tails, "Shares of members by contributions and ties, and of ties by exchanges, on logarithmic axes"),
    "survival": (_survival, "Share of members that still wrote so many days after their first contribution"),
    "replies": (_replies, "Share of threads with a reply by hours since they were opened"),
    "ladder": (_ladder, "Share of ties with another contact by contact days so far"),
    "silence": (_silence, "Share of ties with contact in the next thirty days by days of silence"),
}
NEEDS = {"replies": "reply_hours", "survival": "survival", "ladder": "ladder", "silence": "silence"}


def figures(found: Patterns) -> dict[str, tuple[Figure, str]]:
    """The figures that the log has data for, each with its alternative text."""
    made = {}
    with matplotlib.rc_context(STYLE):
        for name, (draw, alt) in FIGURES.items():
            if name not in NEEDS or found.curves[NEEDS[name]].x.size:
                made[name] = draw(found), alt
    return made
