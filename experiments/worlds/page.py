"""The page of the population and its files: draws, a scenario a community, figures, and all numbers as JSON.

Everything on the page is computed from `worlds.json`, which lies beside it; the words stand in `page.md.j2`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from experiments.pages.text import render
from experiments.pages.wording import number
from experiments.runs import files
from experiments.runs.files import ROOT
from experiments.worlds.population import DRAWS, Values
from sim.version import model_hash

FOLDER = ROOT / "results" / "worlds"


def made_by() -> dict[str, str]:
    """By what the numbers were made: the command, and the code."""
    return {"command": "python -m experiments.worlds", "commit": files.commit(), "model": model_hash()}


def write(done: dict[str, Any], folder: Path = FOLDER, draws: Path = DRAWS) -> list[Path]:
    """Write all files; `done`: numbers of the page, `draws` and `communities` (settings by name)."""
    import pandas as pd

    made = [files.write_csv(draws, pd.DataFrame(done.pop("draws")))]
    for name, settings in done.pop("communities").items():
        made.append(files.write_text(draws.with_name(f"{name}.toml"), community(name, settings)))
    told = {**made_by(), **files.plain(done)}
    made.append(files.write_json(folder / "worlds.json", told))
    drawn = {"values": values_figure(told), "facts": facts_figure(told)}
    made += [files.write_bytes(folder / "figures" / f"{name}.png", data) for name, data in drawn.items()]
    return [*made, files.write_text(folder / "README.md", text(told))]


def community(name: str, settings: Values) -> str:
    """The scenario of a community, as TOML."""
    import tomli_w

    tables: dict[str, Any] = {}
    for key, x in settings.items():
        *at, last = key.split(".")
        table = tables
        for part in at:
            table = table.setdefault(part, {})
        table[last] = x
    head = {"question": f"What becomes of a community like {name}?", "base": "baseline"}
    note = "# Made by `python -m experiments.worlds`: the median of what is left open by the level facts of the log.\n"
    return note + tomli_w.dumps(head | tables)


def text(told: dict[str, Any]) -> str:
    """The page, in Markdown."""
    filters: dict[str, Callable] = {"cell": cell, "span": span}
    return render(Path(__file__).with_name("page.md.j2"), filters, **told).strip() + "\n"


def cell(x: float | None) -> str:
    """A number of a table; nothing for none."""
    return "" if x is None else number(x)


def span(ends: list[float] | None) -> str:
    """The ends of an interval."""
    return "" if ends is None else f"{number(ends[0])} to {number(ends[1])}"


def values_figure(told: dict[str, Any]) -> bytes:
    """Places of the values: of a community that was not seen, of the median community, of the eleven."""
    from experiments.pages import figures as style

    rows = told["values"]
    with style.drawing(9, 0.36 * len(rows) + 1.4) as (figure, (axes,)):
        y = np.arange(len(rows))[::-1]
        for at, row in zip(y, rows, strict=True):
            axes.plot(row["places"]["new"][::2], [at, at], color=style.FAINT, lw=9, solid_capstyle="butt", zorder=1)
            axes.plot(row["places"]["middle"][::2], [at, at], color=style.COLOURS[0], lw=3, zorder=2)
            each = list(row["places"]["each"].values())
            axes.plot(each, [at] * len(each), "o", color=style.COLOURS[1], ms=4, alpha=0.8, zorder=3)
        known = len(rows[0]["places"]["each"])
        title = f"Where the values of {known} communities lie, and what they leave open"
        axes.set(xlim=(0, 1), xlabel="place between the bounds, 0 to 1", title=title)
        axes.set_yticks(y, [row["key"] for row in rows])
        style.caption(figure, "Grey: 90 % of communities that were not seen; blue: 90 % interval of the median "
                              "community; dots: medians of the communities. First, all were as likely.")  # fmt: skip
    return style.png(figure)


def facts_figure(told: dict[str, Any]) -> bytes:
    """Facts of real communities beside those of drawn ones that were run."""
    from matplotlib.ticker import NullFormatter

    from experiments.pages import figures as style

    rows = [row for row in told["facts"] if not row["size"]]
    with style.drawing(12, 2.1 * -(-len(rows) // 6), len(rows), 6) as (figure, axes):
        for axis, row in zip(axes, rows, strict=True):
            for level, wide in (("0.9", 7), ("0.8", 14)):
                bar: dict[str, Any] = {"color": style.COLOURS[0], "alpha": 0.35, "solid_capstyle": "butt"}
                axis.plot([0, 0], row["runs"][level], lw=wide, **bar)
            axis.plot([-0.2, 0.2], [row["runs"]["median"]] * 2, color=style.INK, lw=1.5)
            real = [x for x in row["real"].values() if x is not None]
            axis.plot(np.linspace(0.4, 1.0, len(real)), sorted(real), "o", color=style.COLOURS[1], ms=4)
            axis.set(xlim=(-0.4, 1.2), xticks=[], yscale="log" if row["by"] == "log" else "linear")
            axis.yaxis.set_minor_formatter(NullFormatter())
            style.numbers(axis.yaxis)
            axis.set_title(row["name"].replace("_", " "), fontsize=7)
        style.caption(figure, f"Bars: 80 and 90 % of {told['looked']} drawn communities, run for real, and their "
                      "median; dots: the real communities, means over windows of two years. All are shares of 1 "
                      "but for messages (a week and active member), the second year (ratio to the first) and "
                      "hours.")  # fmt: skip
    return style.png(figure)


def read(folder: Path = FOLDER) -> dict[str, Any]:
    """The numbers of the page that is committed."""
    return json.loads((folder / "worlds.json").read_text(encoding="utf-8"))
