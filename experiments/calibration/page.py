"""The figures of a calibration: the log beside the model, and the forecast beside what came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.calibration.fitting import Findings, _spread
from experiments.calibration.forecast import SERIES, naive
from experiments.calibration.summaries import ABOUT, COHORT, binned, edges_of, likeness
from experiments.calibration.window import WEEK
from experiments.pages.figures import COLOURS, INK, QUIET, caption, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figures(found: Findings) -> dict[str, Figure]:
    """Figures by name."""
    made = {"facts": facts(found), "distributions": distributions(found)}
    if found.later is not None:
        made["forecast"] = forecast(found)
    return made


def facts(found: Findings) -> Figure:
    """Each fact of the log within the spread of the model's runs."""
    rows = found.facts()
    figure, (axes,) = new_figure(8, 7.5)
    y = np.arange(len(rows))[::-1]
    for at, row in zip(y, rows, strict=True):
        half = max((row["high"] - row["low"]) / 2, 1e-9)
        place = np.clip((row["log"] - (row["high"] + row["low"]) / 2) / half, -4, 4)
        axes.plot([-1, 1], [at, at], color=COLOURS[0], linewidth=6, alpha=0.3, solid_capstyle="butt")
        axes.plot(place, at, marker="o" if row["met"] else "X", color=INK if row["met"] else COLOURS[1], markersize=7)
    axes.set_yticks(y, [ABOUT[row["fact"]] for row in rows])
    axes.set_xlim(-4.3, 4.3)
    axes.set_title("The log's facts within the model's")
    axes.set_xlabel("half-widths of the model's 95 % interval from its middle; 4: or farther")
    caption(figure, f"Bars: 95 % of {len(found.replays)} runs with settings drawn from the posterior, a seed each. "
                    "Dots: the log, within; crosses: outside.")  # fmt: skip
    return figure


def distributions(found: Findings) -> Figure:
    """The three distributions, real and simulated, in log-log."""
    names = list(found.real["distributions"])
    figure, panels = new_figure(11, 4, columns=len(names))
    for axes, name in zip(panels, names, strict=True):
        real = _spread(found.real, name)
        runs = [_spread(run, name) for run in found.replays]
        edges = edges_of(np.concatenate([real, *runs]))
        middle = np.sqrt(edges[:-1] * (edges[1:] - 1))
        densities = np.array([binned(run, edges) for run in runs])
        low, mid, high = np.quantile(densities, [0.05, 0.5, 0.95], axis=0)
        floor = 1e-7
        axes.fill_between(middle, np.maximum(low, floor), np.maximum(high, floor), color=COLOURS[0], alpha=0.2,
                          linewidth=0)  # fmt: skip
        axes.plot(middle[mid > 0], mid[mid > 0], color=COLOURS[0], label="model")
        density = binned(real, edges)
        axes.plot(middle[density > 0], density[density > 0], "o", color=COLOURS[1], label="log")
        axes.set_xscale("log")
        axes.set_yscale("log")
        least = min(density[density > 0].min(), mid[mid > 0].min() if (mid > 0).any() else 1.0)
        axes.set_ylim(least / 5, 2)
        like = np.nanmedian([likeness(real, run) for run in runs])
        axes.set_title(f"{name}: r = {like:.3f}")
        axes.set_xlabel(name.split(" per ")[0])
        axes.set_ylabel("density")
        axes.legend()
    caption(figure, f"Bins that double. Band: 90 % of {len(found.replays)} runs; r: median log-log correlation over "
                    "the bins that both fill.")  # fmt: skip
    return figure


def forecast(found: Findings) -> Figure:
    """The three series: before the split, what came, the model's median and interval, the naive forecasts."""
    figure, panels = new_figure(9, 10, rows=3)
    for axes, (name, path) in zip(panels, found.paths().items(), strict=True):
        step = COHORT if name == "returned" else WEEK
        before, after = -step * np.arange(path.past.size, 0, -1), step * np.arange(path.real.size)
        dot = "o" if min(path.past.size, path.real.size) < 3 else ""  # one value is no line
        axes.plot(before, path.past, color=QUIET, linewidth=1, marker=dot)
        axes.plot(after, path.real, color=INK, linewidth=1.2, marker=dot, label="log")
        if path.real.size:
            middle, low, high = path.band()
            axes.fill_between(after, low, high, color=COLOURS[0], alpha=0.2, linewidth=0, label="90 % interval")
            axes.plot(after, middle, color=COLOURS[0], linewidth=2, marker=dot, label="forecast")
            if dot:
                axes.errorbar(after, middle, (middle - low, high - middle), color=COLOURS[0], linewidth=1, fmt="none")
            if path.trust is not None:
                axes.plot(after, np.median(path.alone, axis=0), color=COLOURS[2], linewidth=1, label="model alone")
            styles: dict[str, Any] = dict(zip(naive(path.past, 1, path.last), (":", "--", "-."), strict=True))
            for other, line in naive(path.past, path.real.size, path.last).items():
                axes.plot(after, line, color=COLOURS[1], linestyle=styles[other], linewidth=1, marker=dot, label=other)
        axes.axvline(0, color=QUIET, linewidth=0.8)
        axes.set_title(SERIES[name][0].upper() + SERIES[name][1:])
        axes.set_xlabel("days after the split")
        axes.set_ylabel("share of newcomers" if name == "returned" else "members" if name == "actives" else "messages")
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=7, ncols=3)
    caption(figure, f"{len(found.aheads)} runs founded before the split with settings drawn from the posterior, a seed "
                    "each; how far their change is followed is learned before the split. Day-30 return: newcomers "
                    "who write in days 30 to 60 after their first message.")  # fmt: skip
    return figure
