"""Figures of a log: a `Patterns` in, matplotlib Figures out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from experiments.pages.figures import COLOURS, DASHES, caption, drawing, numbers, shares
from experiments.pages.wording import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.logs.patterns import Patterns
    from sim.logs.patterns.curves import Curve

BAND = "band: 95 % interval, bootstrap over accounts"
SIZE = 5.6, 3.9


def _line(axes: Axes, curve: Curve, k: int = 0, label: str = "") -> None:
    """A curve with its band."""
    if curve.low is not None and curve.high is not None:
        axes.fill_between(curve.x, curve.low, curve.high, color=COLOURS[k], alpha=0.18, linewidth=0)
    look = {"color": COLOURS[k], "linestyle": DASHES[k], "marker": "os"[k % 2]}
    axes.plot(curve.x, curve.y, linewidth=2, markersize=4, label=label, **look)  # type: ignore[arg-type]


def _tails(patterns: Patterns) -> Figure:
    """Contributions and ties per member, exchanges per tie: shares with so many or more."""
    wanted = {
        "contributions": ("Contributions per member", "contributions", "members who wrote"),
        "ties": ("Ties per member", "people written to or from", "members with a tie"),
        "exchanges": ("Exchanges per tie", "exchanges", "ties between members"),
    }
    with drawing(10.5, 3.7, 3, 3) as (figure, panels):
        sizes = []
        for axes, (name, (title, unit, whose)) in zip(panels, wanted.items(), strict=True):
            curve = patterns.curves[name]
            if curve.x.size:
                axes.step(curve.x, curve.y, where="pre", color=COLOURS[0], linewidth=1.8)
                axes.plot(curve.x, curve.y, "o", color=COLOURS[0], markersize=3)
            axes.set(xscale="log", yscale="log", title=title, xlabel=unit)
            numbers(axes.xaxis)
            shares(axes.yaxis)
            sizes.append(f"{int(curve.n.max(initial=0)):,} {whose}")
        panels[0].set_ylabel("share with so many or more")
        caption(figure, f"Both axes logarithmic. n = {', '.join(sizes)}.")
    return figure


def _survival(patterns: Patterns) -> Figure:
    curve = patterns.curves["survival"]
    with drawing(*SIZE) as (figure, (axes,)):
        _line(axes, curve)
        axes.set(title="How long members go on writing", ylim=(0, None))
        axes.set(xlabel="days after the first contribution", ylabel="share that wrote later than that")
        shares(axes.yaxis)
        n = count(int(curve.n.max(initial=0)), "member")
        caption(figure, f"n = {n} who began a year or more before the end of the log; {BAND}.")
    return figure


def _ladder(patterns: Patterns) -> Figure:
    with drawing(*SIZE) as (figure, (axes,)):
        sizes = []
        for k, (name, label) in enumerate((("ladder", "two members"), ("ladder_staff", "a member and staff"))):
            curve = patterns.curves[name]
            if curve.x.size:
                _line(axes, curve, k, label)
                ends = f"{int(curve.n[0]):,} ties at the first rung, {int(curve.n[-1]):,} at the last"
                sizes.append(f"{label}: n = {ends}")
        axes.set(title="Ties deepen by repetition", ylim=(0, 1))
        axes.set(xlabel="contact days so far", ylabel="share with another within 90 d")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        shares(axes.yaxis)
        if sizes:
            axes.legend(loc="lower right", handlelength=3)
        caption(figure, f"{'; '.join(sizes) or 'No ties followed for 90 days'}; {BAND}.")
    return figure


def _silence(patterns: Patterns) -> Figure:
    curve = patterns.curves["silence"]
    with drawing(*SIZE) as (figure, (axes,)):
        _line(axes, curve)
        axes.set_xscale("log", base=2)
        axes.set(title="Ties fade with silence", ylim=(0, None))
        axes.set(xlabel="days of silence so far", ylabel="share with contact in the next 30 d")
        numbers(axes.xaxis)
        shares(axes.yaxis)
        n = f"{int(curve.n[0]):,} to {int(curve.n[-1]):,}" if curve.n.size else "0"
        caption(figure, f"Ties between members with 3 or more contact days; n = {n} silences; {BAND}.")
    return figure


def _weekly(patterns: Patterns) -> Figure:
    curve = patterns.curves["weekly_actives"]
    with drawing(*SIZE) as (figure, (axes,)):
        axes.plot(curve.x, curve.y, color=COLOURS[0], linewidth=1.4)
        axes.set(title="Weekly active accounts", ylim=(0, None))
        axes.set(xlabel="week of the log", ylabel="accounts that wrote")
        axes.margins(x=0)
        weeks = count(curve.x.size, "whole week")
        caption(figure, f"All {patterns.wrote:,} accounts that wrote, staff among them; {weeks}.")
    return figure


def _replies(patterns: Patterns) -> Figure:
    curve = patterns.curves["reply_hours"]
    with drawing(*SIZE) as (figure, (axes,)):
        axes.step(np.maximum(curve.x, 1 / 60), curve.y, where="post", color=COLOURS[0], linewidth=2)
        axes.axvline(24, color=COLOURS[1], linestyle=DASHES[1], linewidth=1.2)
        axes.annotate("a day", (24, 0.02), xytext=(4, 0), textcoords="offset points", fontsize=9)
        axes.set(xscale="log", title="Time to the first reply by another", ylim=(0, 1))
        axes.set(xlabel="hours since the thread was opened", ylabel="share of threads replied to")
        numbers(axes.xaxis)
        shares(axes.yaxis)
        threads = count(int(curve.n.max(initial=0)), "thread")
        caption(figure, f"n = {threads}, {curve.x.size:,} of them with a reply.")
    return figure


FIGURES = {
    "weekly": (_weekly, "Accounts that wrote in each week of the log", ""),
    "tails": (_tails, "Shares of members by contributions and ties, and of ties by exchanges, on logarithmic axes", ""),
    "survival": (
        _survival,
        "Share of members that still wrote so many days after their first contribution",
        "survival",
    ),
    "replies": (_replies, "Share of threads with a reply by hours since they were opened", "reply_hours"),
    "ladder": (_ladder, "Share of ties with another contact by contact days so far", "ladder"),
    "silence": (_silence, "Share of ties with contact in the next thirty days by days of silence", "silence"),
}


def figures(patterns: Patterns) -> dict[str, tuple[Figure, str]]:
    """The figures that the log has data for, each with its alternative text."""
    return {
        name: (draw(patterns), alt)
        for name, (draw, alt, needed) in FIGURES.items()
        if not needed or patterns.curves[needed].x.size
    }
