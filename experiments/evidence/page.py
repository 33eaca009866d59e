"""The page of the evidence: results/evidence/README.md and its figures, from what is stored there, and nothing else.

A part that has not been run is named as missing; a figure whose numbers are missing is left out. The words stand in
`page.md.j2`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.evidence import PARTS
from experiments.evidence.claims import SEEN
from experiments.evidence.parts import FOLDER
from experiments.pages.text import render
from experiments.pages.wording import number
from experiments.runs import files

# The figures that lay a real and a simulated curve side by side: a panel is a curve, its title, labels and scale
MEMBERS = ("contributions", "Contributions of a member", "contributions, x", "share with x or more", "loglog")
TIES = ("exchanges", "Exchanges of a tie", "exchanges, x", "share with x or more", "loglog")
REPLIES = ("reply_hours", "First replies", "hours since the opening", "share of threads answered", "semilogx")
STAYS = ("survival", "Survival of newcomers", "days since the first contribution", "share writing for longer", "plain")
LADDER = ("ladder", "Tie ladder", "contact days so far", "share with another within 90 d", "plain")
SILENCE = ("silence", "After a silence", "days of silence", "share in contact within 30 d", "loglog")
FIGURES = {
    "distributions": ("Contributions, exchanges and first replies, real and simulated", (MEMBERS, TIES, REPLIES)),
    "courses": ("Survival of newcomers, tie ladder and silence, real and simulated", (STAYS, LADDER, SILENCE)),
}


def write(folder: Path = FOLDER) -> Path:
    """Write the page and its figures."""
    sources = {name: folder / f"{name}.json" for name in (*PARTS, "real")}
    stored = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in sources.items() if path.is_file()}
    drawn = figures(stored)
    for name, data in drawn.items():
        files.write_bytes(folder / "figures" / f"{name}.png", data)
    calibrated = (folder / "calibration.md").is_file()
    return files.write_text(folder / "README.md", text(stored, list(drawn), calibrated))


def text(stored: dict[str, Any], drawn: list[str], calibrated: bool) -> str:
    """The page, in Markdown; `stored`: what is stored, by part; `drawn`: names of the figures that there are."""
    titles = {name: title for name, (title, _) in FIGURES.items() if name in drawn}
    filters: dict[str, Callable] = {"cell": cell, "notes": notes, "anchor": anchor, "ablations": ablations}
    page = render(
        Path(__file__).with_name("page.md.j2"), filters, stored=stored, span=span, parts=PARTS, titles=titles,
        seen=len(SEEN), drawn=drawn, calibrated=calibrated,
    )  # fmt: skip
    return page.strip() + "\n"


def ablations(rows: list[dict]) -> list[dict]:
    """The rows of mechanisms, without that of the placebo."""
    return [row for row in rows if not row["id"].startswith("placebo")]


def cell(x: float | None) -> str:
    """A number of a table; nothing for none."""
    return "" if x is None else number(x)


def span(low: float | None, high: float | None) -> str:
    """The ends of an interval or of a band in words; either may be missing."""
    if low is None or high is None:
        return f"{cell(low)} or more" if low is not None else f"{cell(high)} or less" if high is not None else ""
    return f"{cell(low)} to {cell(high)}"


def notes(rows: list[dict]) -> list[str]:
    """The notes of rows, each once."""
    return sorted({f"{row['id']}: {row['note']}" for row in rows if row["note"]})


def anchor(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def figures(stored: dict[str, Any]) -> dict[str, bytes]:
    """The figures that what is stored allows, as PNG by name."""
    drawn = {}
    if {"patterns", "real"} <= stored.keys():
        of = stored["real"]["figures"], stored["patterns"]
        drawn = {name: curves(*of, panels) for name, (_, panels) in FIGURES.items()}
    if "weeks" in stored.get("forecast", {}):
        drawn["forecast"] = forecast(stored["forecast"])
    return drawn


def curves(real: dict[str, float | None], simulated: dict[str, Any], panels: tuple) -> bytes:
    """Panels of a real and a simulated curve each.

    Parameters
    ----------
    real : values by name, `curve@x`; None where the log gives none
    simulated : the stored part; its `curves` are mean, low and high by the same names
    panels : name of the curve, title, label of x, label of y, scale
    """
    from experiments.pages import figures as style

    seeds = simulated["seeds"]
    with style.drawing(12, 3.9, len(panels), len(panels)) as (figure, axes):
        for axis, (name, title, x_label, y_label, scale) in zip(axes, panels, strict=True):
            points = {key: float(key.split("@")[1]) for key in real if key.startswith(f"{name}@")}
            known = sorted((x, real[key]) for key, x in points.items() if real[key])
            axis.plot(*zip(*known, strict=True), color=style.INK, marker="o", ms=4, lw=1.2, label="Edgeryders")
            lived = sorted((x, *simulated["curves"][key]) for key, x in points.items() if key in simulated["curves"])
            x, mean, low, high = zip(*(point for point in lived if point[1]), strict=True)
            if scale == "loglog":
                low = tuple(max(a, b / 20) for a, b in zip(low, mean, strict=True))
            between(axis, x, mean, low, high, marker="s", ms=3, label=f"simulated ({seeds} seeds)")
            axis.set(title=title, xlabel=x_label, ylabel=y_label)
            axis.set(xscale="linear" if scale == "plain" else "log", yscale="log" if scale == "loglog" else "linear")
            style.numbers(axis.xaxis, axis.yaxis)
            axis.legend()
        style.caption(figure, f"Simulated: mean of {seeds} seeds; band: 95 % interval of the mean. Real: one log of "
                      "781 members who wrote.")  # fmt: skip
    return style.png(figure)


def between(axis: Any, x: Any, mean: Any, low: Any, high: Any, **line: Any) -> None:
    """Draw a simulated course: its mean, and a band from low to high."""
    from experiments.pages.figures import COLOURS

    axis.fill_between(x, low, high, color=COLOURS[1], alpha=0.25, lw=0)
    axis.plot(x, mean, color=COLOURS[1], ls="--", **line)


def forecast(part: dict) -> bytes:
    """Weekly writers: what happened, what was forecast, and the naive line."""
    from experiments.pages import figures as style

    with style.drawing(7, 4) as (figure, (axis,)):
        axis.plot(part["weeks"], part["real"], color=style.INK, marker="o", ms=4, lw=1.2, label="what happened")
        between(axis, part["weeks"], part["mean"], part["low"], part["high"], label="simulated")
        axis.axhline(part["naive"], color=style.COLOURS[0], ls=":", label="naive: as in the four weeks before")
        axis.set(title="Founded from the first half of the log", xlabel="weeks after the middle of the log",
                 ylabel="founders who write in a week")  # fmt: skip
        axis.set_ylim(bottom=0)
        axis.legend()
        style.caption(figure, f"Mean of {part['seeds']} seeds; band: 95 % interval of the mean; one real log.")
    return style.png(figure)
