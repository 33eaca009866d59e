"""The hold-out check: how the fitted model's own course fares on what came after the split, beside naive forecasts.

Runs are founded before the split, with settings drawn from the posterior, and live on after it; nothing from after
the split is used. Their median is the model's course, and 90 % of them lie within its band. It is laid beside what
came, and its error beside that of the best of three naive forecasts, chosen afterwards: the last value, the mean of
the last eight weeks, and a straight line through the fitted stretch, none below 0. Combining the log's level with the
model's change by a learned weight was tried and left out: it bought little, and it hid what the model says itself.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.calibration.summaries import COHORT
from experiments.calibration.window import WEEK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LAST = 8  # weeks of the mean
COVER = 0.9
FEW = 3  # newcomers that a cohort needs for its share to be scored
SERIES = {
    "actives": "weekly actives",
    "exchanges": "exchanges a week",
    "returned": "newcomers' day-30 return, by four weeks",
}
NAIVE = ("last value", "mean of the last", "linear trend")


def naive(past: np.ndarray, ahead: int, last: int) -> dict[str, np.ndarray]:
    """The naive forecasts of the next `ahead` values; `last`: values in the mean. What is nan is left out.

    >>> forecasts = naive(np.array([1.0, 2.0, 3.0]), 2, 2)
    >>> forecasts["last value"].tolist(), forecasts["mean of the last"].tolist()
    ([3.0, 3.0], [2.5, 2.5])
    >>> forecasts["linear trend"].round(6).tolist()
    [4.0, 5.0]
    """
    at = np.flatnonzero(np.isfinite(past))
    if not at.size:
        return dict.fromkeys(NAIVE, np.full(ahead, np.nan))
    known = past[at]
    slope, level = np.polyfit(at, known, 1) if at.size > 1 else (0.0, known[0])
    line = np.maximum(level + slope * (past.size + np.arange(ahead)), 0.0)
    return dict(zip(NAIVE, (np.full(ahead, known[-1]), np.full(ahead, known[-last:].mean()), line), strict=True))


@dataclass(frozen=True, eq=False)
class Course:
    """One series: float64 what was before (values,), what came (values,), and the runs (runs, values)."""

    past: np.ndarray
    real: np.ndarray
    runs: np.ndarray
    last: int  # values in the mean of the last eight weeks

    def band(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Median and the two ends of the 90 % band; nan where no run has a value."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a cohort without newcomers in any run
            low, middle, high = np.nanquantile(self.runs, [(1 - COVER) / 2, 0.5, (1 + COVER) / 2], axis=0)
        return middle, low, high

    def score(self) -> dict[str, Any] | None:
        """How good the model's course was, beside the naive forecasts; None if there is nothing to compare.

        Errors are mean absolute ones over the `n` values that came, in their unit: of the `model`, and of each `naive`
        forecast, of which `best` is the best. `covered` is the share of values within the band.
        """
        if not self.real.size or not self.runs.size:
            return None
        middle, low, high = self.band()
        forecasts = naive(self.past, self.real.size, self.last)
        use = np.isfinite(self.real) & np.isfinite(middle)
        if not use.any() or not np.isfinite(list(forecasts.values())).all():
            return None
        real = self.real[use]
        errors = {name: float(np.abs(line[use] - real).mean()) for name, line in forecasts.items()}
        return {
            "n": real.size,
            "model": float(np.abs(middle[use] - real).mean()),
            "naive": errors,
            "best": min(errors, key=lambda name: errors[name]),
            "covered": float(((real >= low[use]) & (real <= high[use])).mean()),
        }


def courses(past: dict[str, Any], later: dict[str, Any], runs: list[dict[str, Any]], fitted: int) -> dict[str, Course]:
    """The three series, by the names of `SERIES`, of what `simulate.shown` gave.

    Parameters
    ----------
    past, later : of the log up to the split, and after it
    runs : of the model after the split
    fitted : weeks of the fitted stretch, through which the naive trend is laid
    """

    def weekly(stretch: dict[str, Any], name: str) -> np.ndarray:
        return np.array(stretch["weekly"][name], float)

    def returned(stretch: dict[str, Any], few: int = 0) -> np.ndarray:
        return np.where(np.array(stretch["cohorts"]) >= few, np.array(stretch["returned"], float), np.nan)

    courses = {
        name: Course(weekly(past, name)[-fitted:], weekly(later, name), np.array([weekly(run, name) for run in runs]),
                     LAST)
        for name in ("actives", "exchanges")
    }  # fmt: skip
    back = np.array([returned(run) for run in runs])
    courses["returned"] = Course(returned(past, FEW), returned(later, FEW), back, LAST * WEEK // COHORT)
    return courses


def figure(courses: dict[str, Course], runs: int) -> Figure:
    """The three series: before the split, what came, the median and band of so many runs, the best naive forecast."""
    from experiments.pages.figures import COLOURS, INK, QUIET, caption, new_figure

    figure, panels = new_figure(9, 10, rows=3)
    for axes, (name, course) in zip(panels, courses.items(), strict=True):
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
        if score := course.score():
            line = naive(course.past, course.real.size, course.last)[score["best"]]
            axes.plot(after, line, "--", color=COLOURS[1], marker=dot, label=f"best naive: {score['best']}")
        axes.axvline(0, color=QUIET, linewidth=0.8)
        axes.set_title(SERIES[name][0].upper() + SERIES[name][1:])
        axes.set_xlabel("days after the split")
        axes.set_ylabel({"returned": "share of newcomers", "actives": "members"}.get(name, "messages"))
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=7, ncols=2)
    caption(figure, f"{runs} runs founded before the split with settings drawn from the posterior, a seed "
                    "each. The best of three naive forecasts is chosen afterwards. Day-30 return: newcomers who write "
                    "in days 30 to 60 after their first message.")  # fmt: skip
    return figure
