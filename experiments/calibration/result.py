"""What a calibration hands on: a scenario file with values and intervals, tables, the posterior, and a verdict."""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration import draws
from experiments.calibration.fitting import Findings
from experiments.calibration.forecast import SERIES
from experiments.calibration.parameters import ARRIVALS, scenario_with
from experiments.calibration.window import CalibrationError
from experiments.pages.wording import number
from experiments.runs import files
from sim.scenario import BASELINE

BAND = (0.05, 0.95)  # the interval of a fitted value
NARROWED = 0.8  # a value counts as identified whose 90 % interval is this much of its prior's, or less
ALIKE = 0.95  # log-log correlation that we aim at
FITS, IN_PART = 0.8, 0.5  # shares of facts within the 95 % predictive interval
FEW_GENERATIONS = 4  # below this, a posterior is still nearer its prior than it need be
LEVELS = ("actives_early", "actives_middle", "actives_late", "exchanges_early", "exchanges_middle", "exchanges_late")


@dataclass(frozen=True)
class Fitted:
    """A value with its interval. `identified`: the log moved it away from its prior."""

    key: str
    value: float
    low: float
    high: float
    prior: tuple[float, float]
    moves: bool  # some summary, in the screen
    identified: bool


def fitted(found: Findings) -> list[Fitted]:
    """All candidates: the setting nearest the posterior's centre, which was run, and the 90 % interval of each."""
    low, high = (found.posterior.quantile(q) for q in BAND)
    centre = found.posterior.centre()
    width = BAND[1] - BAND[0]
    return [
        Fitted(one.key, one.value(c), one.value(a), one.value(b), (one.low, one.high), bool(moved),
               bool(moved and b - a <= NARROWED * width))
        for one, c, a, b, moved in zip(found.candidates, centre, low, high, found.posterior.moved, strict=True)
    ]  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """In words: how far the model can tell this log."""

    fit: str  # "fits", "fits in part", "cannot fit"
    met: int
    facts: int
    off: tuple[str, ...]  # facts outside of the 95 % predictive interval


def verdict(found: Findings) -> Verdict:
    """Judge by a posterior predictive check: how many facts of the log lie where 95 % of the model's runs lie.

    It cannot fit a log of which half the facts or more lie outside, or of whose six levels of weekly actives and
    exchanges more than half do.
    """
    rows = found.facts()
    met = sum(row["met"] for row in rows)
    levels = [row["met"] for row in rows if row["fact"] in LEVELS]
    share = met / len(rows)
    word = "fits" if share >= FITS else "fits in part"
    if share < IN_PART or sum(levels) < len(levels) / 2:
        word = "cannot fit"
    return Verdict(word, met, len(rows), tuple(row["about"] for row in rows if not row["met"]))


def words(found: Findings) -> str:
    """The verdict for a person."""
    judged, target = verdict(found), found.target
    name = target.log.name
    said = {
        "fits": f"The model fits {name}",
        "fits in part": f"The model fits {name} in part",
        "cannot fit": f"The model cannot fit {name}; do not lean on its numbers",
    }[judged.fit]
    lines = [f"{said}: {judged.met} of {judged.facts} facts lie within what 95 % of its runs show."]
    if found.posterior.generations < FEW_GENERATIONS:
        lines.append(
            f"The time allowed {found.posterior.runs} runs in {1 + found.posterior.generations} generations: the "
            f"intervals are wider than the log asks for; give a larger --budget."
        )
    if judged.off:
        lines.append(f"Outside: {'; '.join(judged.off)}.")
    lost = [one.key for one in fitted(found) if not one.identified]
    lines.append(
        f"The log does not tell: {', '.join(lost)}." if lost else "The log speaks for every value that was fitted."
    )
    for score in found.scores():
        than = "better" if score.ratio < 1 else "no better"
        lines.append(
            f"Forecast of {SERIES[score.series]} ({score.n} values): mean error {number(score.model)}, {than} than the "
            f"best naive one ({score.best}: {number(score.naive[score.best])}); the model alone: "
            f"{number(score.alone)}; {score.covered:.0%} within the 90 % interval."
        )
    for name, path in found.paths().items():
        if path.trust is not None:
            lines.append(
                f"Of {SERIES[name]}, the level is the log's of the last four weeks; the model's change since counts "
                f"with weight {path.trust.weight:.2f}, the spread of its runs is taken x {path.trust.spread:.2f}: both "
                f"learned from {path.trust.origins} forecasts that began before the split."
            )
    if found.later is None:
        lines.append("Less than four weeks lie after the split: no forecast was checked.")
    for when, likes in found.likenesses().items():
        where = "in the fitted stretch" if when == "fitted" else "after the split"
        told = ", ".join(f"{key} {value:.2f}" for key, value in likes.items())
        lines.append(f"Log-log correlation of distributions {where}: {told}.")
    return "\n".join(lines)


def _date(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _toml(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def as_toml(found: Findings, base: str, name: str) -> str:
    """The scenario file: what is fitted, each value with its interval and source."""
    target = found.target
    founders = found.founders
    rows = {one.key: one for one in fitted(found)}
    values = {key: one.value for key, one in rows.items()}
    scenario = scenario_with(found.base, values, found.arrivals, founders)
    comment: dict[str, str] = {}
    plain: dict[str, Any] = {"community.members": founders}
    comment["community.members"] = f"founders at {_date(target.split)}"
    plain["community.market_per_member"] = scenario.community.market_per_member
    if ARRIVALS in rows:
        one = rows[ARRIVALS]
        comment["community.market_per_member"] = (
            f"from arrivals {_toml(one.value)} x the log's, 90 % interval {_toml(one.low)} to {_toml(one.high)}"
        )
    for key, one in rows.items():
        if key == ARRIVALS:
            continue
        table, inner = key.split(".")
        whole = isinstance(BASELINE[table][inner]["value"], int) and not isinstance(
            BASELINE[table][inner]["value"], bool
        )
        plain[key] = round(one.value) if whole else one.value
        said = f"90 % interval {_toml(one.low)} to {_toml(one.high)}"
        if not one.moves:
            said = "held: moves no fact of this log"
        elif not one.identified:
            said += "; hardly narrower than its prior: not identified"
        comment[key] = said
    source = f"{target.log.name}, {_date(target.start)} to {_date(target.split)}"
    lines = [
        f"# Fitted to {source}, by `hearth calibrate`.",
        "# A log says nothing of hours: the strategy is empty. Put one in: broadcast@THIS, facilitation@THIS.",
        f'name = "{name}"',
        f'question = "What becomes of the community of {target.log.name}?"',
        f'base = "{base}"',
    ]
    table = ""
    for key in sorted(plain):
        head, inner = key.split(".")
        if head != table:
            lines += ["", f"[{head}]"]
            table = head
        lines.append(f"{inner} = {_toml(plain[key])}  # {comment[key]}; source: {source}")
    return "\n".join([*lines, "", "[strategy.hours]", ""])


def posterior_table(found: Findings) -> Any:
    """Settings of the posterior, equally likely: a column a key of the scenario."""
    drawn = found.posterior.drawn(draws.COUNT, np.random.default_rng(draws.COUNT))
    rows = []
    for u in drawn:
        setting = found.values(u)
        scenario = scenario_with(found.base, setting, found.arrivals, found.founders)
        setting.pop(ARRIVALS, None)
        rows.append({"community.market_per_member": scenario.community.market_per_member, **setting})
    return draws.table(rows)


def as_dict(found: Findings) -> dict[str, Any]:
    """Everything as plain data."""
    target = found.target
    return {
        "log": target.log.name,
        "fitted_from": _date(target.start),
        "split": _date(target.split),
        "end": _date(target.end),
        "runs": found.posterior.runs + len(found.replays) + len(found.aheads),
        "generations": found.posterior.generations,
        "seconds_of_work": round(found.seconds, 1),
        "verdict": asdict(verdict(found)),
        "values": [asdict(one) for one in fitted(found)],
        "facts": found.facts(),
        "likeness": {when: {key: None if math.isnan(x) else x for key, x in likes.items()}
                     for when, likes in found.likenesses().items()},
        "forecasts": [{**asdict(score), "best": score.best, "ratio": score.ratio} for score in found.scores()],
    }  # fmt: skip


def write_scenario(path: Path, text: str) -> None:
    """Write the scenario file, aside first; nothing is overwritten."""
    if path.exists():
        raise CalibrationError(f"{path}: exists already, and nothing is overwritten; name another file with -o")
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, path)


def page(found: Findings, figures: list[str]) -> str:
    """The findings to read: the verdict, values, the log's facts beside the model's, and the figures."""
    target = found.target
    values = [
        f"| {one.key} | {one.value:.4g} | {one.low:.4g} to {one.high:.4g} | {'yes' if one.identified else 'no'} |"
        for one in fitted(found)
    ]
    facts = [
        f"| {row['about']} | {row['log']:.2f} | {row['model']:.2f} | {row['low']:.2f} to {row['high']:.2f} | "
        f"{'' if row['met'] else 'outside'} |"
        for row in found.facts()
    ]
    return "\n".join([
        f"# {target.log.name}, fitted",
        f"\nFitted: {_date(target.start)} to {_date(target.split)}; forecast: from there to {_date(target.end)}.\n",
        words(found).replace("\n", "\n\n"),
        "\n## Values\n",
        "| value | fitted | 90 % interval | the log tells it |\n| --- | --- | --- | --- |",
        *values,
        "\n## The log's facts beside the model's\n",
        f"Of {len(found.replays)} runs with settings drawn from the posterior: median and 95 % interval.\n",
        "| fact | log | model | 95 % of runs | |\n| --- | --- | --- | --- | --- |",
        *facts,
        *(f"\n![{name}]({name}.png)" for name in figures),
        "",
    ])  # fmt: skip


def write(found: Findings, folder: Path) -> None:
    """Write tables, posterior and figures into the folder of the runs, replacing those of an earlier go."""
    import pandas as pd

    from experiments.calibration.page import figures
    from experiments.pages.figures import png

    files.write_json(folder / "calibration.json", as_dict(found))
    tables = {"facts": pd.DataFrame(found.facts()), "values": pd.DataFrame([asdict(one) for one in fitted(found)])}
    for name, table in tables.items():
        files.write_text(folder / f"{name}.csv", table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    posterior_table(found).to_parquet(folder / draws.FILE, index=False)
    drawn = figures(found)
    for name, figure in drawn.items():
        files.write_bytes(folder / f"{name}.png", png(figure))
    files.write_text(folder / "README.md", page(found, list(drawn)))
