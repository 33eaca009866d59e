"""The page of the evidence: results/evidence/README.md and its figures, from what is stored there, and nothing else.

A part that has not been run is named as missing; a figure whose numbers are missing is left out.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from experiments.evidence.tries import FOLDER
from experiments.pages.wording import number
from experiments.runs import files

PARTS = {
    "patterns": "Patterns of two real communities (P1-P30)",
    "forecast": "Forecast against what happened",
    "docking": "Docking: two published models rebuilt",
    "rankings": "Orderings of Ren & Kraut (RK1-RK4)",
    "replications": "Virtual replications of experiments (E1-E13)",
    "ablations": "Ablations: each mechanism off, one at a time",
    "ablated": "The replications without each mechanism",
    "kept": "Mechanisms idle above, in the world in which they should act",
}
COUNTED = {
    "ablations": "{passed} of {rows} mechanisms change a pattern or a measure",
    "ablated": "{passed} of {rows} mechanisms change a replication",
}
# Why a pattern is out of band, where it is; a pattern that is out and not named here is printed as not explained.
REASONS = {
    "P21": "after two days of contact a member and one of the team go on less often than two members: the team turns "
    "to whom its lists say and not to whom it knows. A memory of whom one spoke to, as members have it, would mend it.",
    "P23": "members write to each other too much, in some runs far too much (the interval is wide): a wave of the tide "
    "that meets a large community makes members find each other, while the hours of the team stay as they are.",
    "P25": "busy members write to more people, and less to their best partner, than real ones: what is read is drawn "
    "from posts in sight, and a strong tie outweighs a lively stranger too little.",
}
# Why a mechanism is kept that is not borne out even where it should act; one not named here is to be removed.
KEPT = {
    "introductions": "introducing members is among what community teams are paid for, so a strategist will ask; that "
    "it adds no intimacy which forty seeds can show is the model's answer, and hours put there are hours not hosting. "
    "It rests on assumed values (`reading.introduced`, `introduction_days`), so a field experiment could overturn it.",
}
NOT_SHOWN = (
    "**It is not a forecast.** The model was fitted to one civic community; a second, of the same kind, was held out. "
    "Nothing here shows that it describes a shop's or a software firm's customers.",
    "**Fitting is not testing.** P1-P30 were the targets of the calibration on Edgeryders. Only the column of Matera, "
    "the docking, the orderings, the replications and the forecast are not fitted to.",
    "**Causes.** The logs are observations. Who is answered differs from who is not before anybody answers; a right "
    "gap between them can come of wrong reasons.",
    "**The first hours of a thread.** The team works once a day, at nine, so replies in the first hours are missing "
    "and many come at once; median and share within a day are right, the course between is not.",
    "**Reading, trust, annoyance, norms, value.** No log holds them. Their numbers come from other studies or are "
    "assumed, and no row here touches them but some of the replications.",
    "**Broadcasting.** The calibrated world sends no messages. What broadcasts do rests on laboratory and marketing "
    "studies (E7, E10), not on these logs.",
    "**Identification.** Several sets of values fit about as well; the search finds one. Sensitivity studies show what "
    "hangs on that.",
)

ABOUT = {
    "docking": "DOCK-A1 to A8 are the model as published. A1' and on are the same model with a mistake of its code "
    "mended; their figures come from another rebuild, whose reading of the words is known by these figures only. Ours "
    "reads them otherwise: whom the manager helps decides in the same direction, by less.",
    "rankings": "A likely reason for what fails, not tested: in the calibrated baseline members write so seldom that "
    "few posts compete for a reader, and moderation, which decides what is in sight, moves next to nothing.",
    "ablations": "The patterns of the calibrated world and the measures of a year of the baseline, with and without a "
    "mechanism on the same seeds. The placebo is the whole model with other seeds: what chance alone changes.",
    "ablated": "What an experiment finds when a mechanism is off in all its arms: few seeds, so that only large "
    "changes are seen, and E1-E6, E8-E10 and E12 only. An ablation that makes a failing experiment pass is no "
    "reason to drop a mechanism, since nothing is tuned to the experiments.",
    "kept": "A mechanism that changes nothing above is idle in the two quiet worlds that are looked at there. Each is "
    "switched off here where it has something to act on; the one measure that it exists for must move as it claims.",
}


def read(folder: Path = FOLDER) -> dict[str, Any]:
    """What is stored, by part."""
    found = {}
    for name in (*PARTS, "real"):
        path = folder / f"{name}.json"
        if path.is_file():
            found[name] = json.loads(path.read_text(encoding="utf-8"))
    return found


def write(folder: Path = FOLDER) -> Path:
    """Write the page and its figures."""
    stored = read(folder)
    drawn = figures(stored)
    for name, data in drawn.items():
        files.write_bytes(folder / "figures" / f"{name}.png", data)
    return files.write_text(folder / "README.md", text(stored, list(drawn), folder))


# The text


def cell(x: float | None) -> str:
    """A number of a table; nothing for none."""
    return "" if x is None or not math.isfinite(x) else number(x)


def ours(row: dict) -> tuple[str, str]:
    """A row's mean and interval."""
    found = row["ours"]
    ends = found["low"] is not None and found["high"] is not None
    return cell(found["mean"]), f"{cell(found['low'])} to {cell(found['high'])}" if ends else ""


def band(row: dict) -> str:
    """A row's band in words."""
    low, high = row["band"]
    if low is None and high is None:
        return ""
    if high is None:
        return f"{cell(low)} or more"
    return f"{cell(high)} or less" if low is None else f"{cell(low)} to {cell(high)}"


def table(rows: list[dict]) -> list[str]:
    """Rows as a Markdown table."""
    lines = ["| id | what | published | band | simulated | 95 % interval | n | |", "|--|--|--|--|--|--|--|--|"]
    for row in rows:
        mean, ends = ours(row)
        verdict = "in" if row["passed"] else "**out**"
        about = row["about"].replace("|", "/")
        lines.append(f"| {row['id']} | {about} | {row['published']} | {band(row)} | {mean} | {ends} "
                     f"| {row['ours']['n']} | {verdict} |")  # fmt: skip
    return lines


def made_by(part: dict) -> str:
    """How a part was made."""
    version = ", ".join(f"{name} {said}" for name, said in part["versions"].items())
    return (f"Made by `{part['command']}` on {part['date'][:10]}, {part['seconds'] / 60:.0f} minutes of work, model "
            f"`{part['model']}`, commit `{part['commit'][:10]}`; {version}.")  # fmt: skip


def text(stored: dict[str, Any], drawn: list[str], folder: Path = FOLDER) -> str:
    """The page."""
    lines = [
        "# Evidence", "",
        "What the model is held against, row by row, with what fails. Every number is read from the JSON files beside "
        "this page, each made by the command that it names; the page is made by `python -m experiments.evidence page`.",
        "", "| part | in band, or passed |", "|--|--|",
    ]  # fmt: skip
    for name, title in PARTS.items():
        part = stored.get(name)
        if part is None:
            said = f"not run yet: `python -m experiments.evidence {name}`"
        elif name == "patterns":
            said = f"{part['patterns_in_band']} of 30 patterns ({part['passed']} of {len(part['rows'])} figures)"
        else:
            off = [row for row in part["rows"] if not row["id"].startswith("placebo")]
            passed = sum(row["passed"] for row in off)
            said = COUNTED.get(name, "{passed} of {rows} rows").format(passed=passed, rows=len(off))
        lines.append(f"| [{title}](#{anchor(title)}) | {said} |" if part else f"| {title} | {said} |")
    if (folder / "calibration.md").is_file():
        said = (
            "How `hearth calibrate` fares on other logs, fitted on the first half and forecast on the second, stands in"
        )
        lines += ["", f"{said} [calibration.md](calibration.md)."]
    lines += ["", "## What the model does not show", "", *(f"- {said}" for said in NOT_SHOWN), ""]
    for name, title in PARTS.items():
        if name in stored:
            lines += [f"## {title}", "", *section(name, stored[name], drawn), made_by(stored[name]), ""]
    return "\n".join(lines)


def anchor(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def section(name: str, part: dict, drawn: list[str]) -> list[str]:
    """One part."""
    lines = []
    if name == "patterns":
        lines += ["A simulated community ([scenarios/edgeryders.toml](../../scenarios/edgeryders.toml)) and the two "
                  "logs, by the same code. ER: Edgeryders, fitted to; MT: Matera 2019, held out, published figures. A "
                  "pattern is in band if all its figures are.", ""]  # fmt: skip
        out = part["out_of_band"]
        lines += [f"**Out of band: {', '.join(out) if out else 'none'}.**", ""]
        lines += [f"- {p}: {REASONS.get(p, 'not explained')}" for p in out] + [""]
        lines += [f"![{said}](figures/{figure}.png)" for figure, said in FIGURES.items() if figure in drawn] + [""]
    if name == "forecast" and "forecast" in drawn:
        lines += ["![Forecast against what happened](figures/forecast.png)", ""]
    if name in ABOUT:
        lines += [ABOUT[name], ""]
    if name in COUNTED:
        lines += ["| off | figures changed | what |", "|--|--|--|"]
        lines += [f"| {row['id']} | {cell(row['ours']['mean'])} | {row['note']} |" for row in part["rows"]]
        idle = [row["id"] for row in part["rows"] if row["ours"]["mean"] == 0 and not row["id"].startswith("placebo")]
        lines += ["", f"Changed nothing: {', '.join(idle) if idle else 'none'}.", ""]
        return lines
    lines += [*table(part["rows"]), ""]
    if name == "kept":
        failed = [row["id"] for row in part["rows"] if not row["passed"]]
        lines += [f"- {one}, not borne out: {KEPT.get(one, 'to be removed')}" for one in failed] + [""] * bool(failed)
    notes = sorted({f"{row['id']}: {row['note']}" for row in part["rows"] if row["note"]})
    return lines + [f"- {note}" for note in notes] + [""] * bool(notes)


# The figures

FIGURES = {
    "distributions": "Contributions, exchanges and first replies, real and simulated",
    "courses": "Survival of newcomers, tie ladder and silence, real and simulated",
}
PANELS = {
    "distributions": (
        ("contributions", "Contributions of a member", "contributions, x", "share with x or more", "loglog"),
        ("exchanges", "Exchanges of a tie", "exchanges, x", "share with x or more", "loglog"),
        ("reply_hours", "First replies", "hours since the opening", "share of threads answered", "semilogx"),
    ),
    "courses": (
        ("survival", "Survival of newcomers", "days since the first contribution", "share writing for longer", "plain"),
        ("ladder", "Tie ladder", "contact days so far", "share with another within 90 d", "plain"),
        ("silence", "After a silence", "days of silence", "share in contact within 30 d", "loglog"),
    ),
}  # fmt: skip


def figures(stored: dict[str, Any]) -> dict[str, bytes]:
    """The figures that what is stored allows, as PNG by name."""
    drawn = {}
    if "patterns" in stored and "real" in stored:
        for name, panels in PANELS.items():
            drawn[name] = curves(stored["real"]["figures"], stored["patterns"]["curves"], panels,
                                 stored["patterns"]["seeds"])  # fmt: skip
    if "weeks" in stored.get("forecast", {}):
        drawn["forecast"] = forecast(stored["forecast"])
    return drawn


def curves(real: dict, simulated: dict, panels: tuple, seeds: int) -> bytes:
    """Panels of a real and a simulated curve each."""
    import matplotlib as mpl

    from experiments.pages import figures as style

    with mpl.rc_context(style.STYLE):
        figure, axes = style.new_figure(12, 3.9, len(panels))
        for axis, (name, title, x_label, y_label, scale) in zip(axes, panels, strict=True):
            xs = sorted(float(key.split("@")[1]) for key in real if key.startswith(f"{name}@"))
            known = [(x, real[f"{name}@{x:g}"]) for x in xs if real[f"{name}@{x:g}"]]
            axis.plot(*zip(*known, strict=True), color=style.INK, marker="o", ms=4, lw=1.2, label="Edgeryders")
            held = [(x, *simulated[f"{name}@{x:g}"]) for x in xs if simulated.get(f"{name}@{x:g}", [0])[0]]
            x, mean, low, high = zip(*held, strict=True)
            if scale == "loglog":
                low = tuple(max(a, b / 20) for a, b in zip(low, mean, strict=True))
            axis.fill_between(x, low, high, color=style.COLOURS[1], alpha=0.25, lw=0)
            axis.plot(x, mean, color=style.COLOURS[1], ls="--", marker="s", ms=3, label=f"simulated ({seeds} seeds)")
            axis.set(title=title, xlabel=x_label, ylabel=y_label)
            if scale in ("loglog", "semilogx"):
                axis.set_xscale("log")
            if scale == "loglog":
                axis.set_yscale("log")
            axis.legend()
        style.caption(figure, f"Simulated: mean of {seeds} seeds; band: 95 % interval of the mean. Real: one log of "
                      "781 members who wrote.")  # fmt: skip
    return style.png(figure)


def forecast(part: dict) -> bytes:
    """Weekly writers: what happened, what was forecast, and the naive line."""
    import matplotlib as mpl

    from experiments.pages import figures as style

    with mpl.rc_context(style.STYLE):
        figure, (axis,) = style.new_figure(7, 4)
        axis.plot(part["weeks"], part["real"], color=style.INK, marker="o", ms=4, lw=1.2, label="what happened")
        axis.fill_between(part["weeks"], part["low"], part["high"], color=style.COLOURS[1], alpha=0.25, lw=0)
        axis.plot(part["weeks"], part["mean"], color=style.COLOURS[1], ls="--", label="simulated")
        axis.axhline(part["naive"], color=style.COLOURS[0], ls=":", label="naive: as in the four weeks before")
        axis.set(title="Founded from the first half of the log", xlabel="weeks after the middle of the log",
                 ylabel="founders who write in a week")  # fmt: skip
        axis.set_ylim(bottom=0)
        axis.legend()
        style.caption(figure, f"Mean of {part['seeds']} seeds; band: 95 % interval of the mean; one real log.")
    return style.png(figure)
