"""The figure of a calibration: the model's own course beside what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from experiments.calibration.fitting import Findings
from experiments.calibration.holdout import SERIES, naive
from experiments.calibration.summaries import COHORT
from experiments.calibration.window import WEEK
from experiments.figures import COLOURS, INK, QUIET, caption, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def courses(found: Findings) -> Figure:
    """The three series: before the split, what came, the model's own median and band, the best naive forecast."""
    best = {score.series: score.best for score in found.scores()}
    figure, panels = new_figure(9, 10, rows=3)
    for axes, (name, course) in zip(panels, found.courses().items(), strict=True):
        step = COHORT if name == "returned" else WEEK
        before, after = -step * np.arange(course.past.size, 0, -1), step * np.arange(course.real.size)
        dot = "o" if min(course.past.size, course.real.size) < 3 else ""  # one value is no line
        axes.plot(before, course.past, color=QUIET, linewidth=1, marker=dot)
        axes.plot(after, course.real, color=INK, linewidth=1.2, marker=dot, label="log")
        if course.real.size:
            middle, low, high = course.band()
            axes.fill_between(after, low, high, color=COLOURS[0], alpha=0.2, linewidth=0, label="model: 90 % of runs")
            axes.plot(after, middle, color=COLOURS[0], linewidth=2, marker=dot, label="model: median")
            if dot:
                axes.errorbar(after, middle, (middle - low, high - middle), color=COLOURS[0], linewidth=1, fmt="none")
        if name in best:
            line = naive(course.past, course.real.size, course.last)[best[name]]
            axes.plot(after, line, "--", color=COLOURS[1], marker=dot, label=f"best naive: {best[name]}")
        axes.axvline(0, color=QUIET, linewidth=0.8)
        axes.set_title(SERIES[name][0].upper() + SERIES[name][1:])
        axes.set_xlabel("days after the split")
        axes.set_ylabel({"returned": "share of newcomers", "actives": "members"}.get(name, "messages"))
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=7, ncols=2)
    caption(figure, f"{len(found.aheads)} runs founded before the split with settings drawn from the posterior, a seed "
                    "each. The best of three naive forecasts is chosen afterwards. Day-30 return: newcomers who write "
                    "in days 30 to 60 after their first message.")  # fmt: skip
    return figure
