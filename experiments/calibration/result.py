"""What a calibration hands on: a scenario file with values and intervals, tables, the posterior, and a verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration import draws
from experiments.calibration.fitting import Findings
from experiments.calibration.holdout import SERIES, figure
from experiments.calibration.parameters import ARRIVALS, MARKET, market_per_member, scenario_with
from experiments.pages.text import date, render
from experiments.runs import files
from experiments.runs.given import BadInput

HERE = Path(__file__).parent
DRAWS = 200  # of the posterior, that are written
PURPOSE = (
    "Use this to compare strategies in a community like yours, over what the log leaves open (hearth compare "
    "--posterior). Do not use this to forecast your forum."
)
BAND = (0.05, 0.95)  # the interval of a fitted value
NARROWED = 0.8  # a value counts as identified whose 90 % interval is this much of its prior's, or less
FITS, IN_PART = 0.8, 0.5  # shares of facts within the 95 % predictive interval
FEW_GENERATIONS = 4  # below this, a posterior is still nearer its prior than it need be
LEVELS = [f"{series}_{third}" for series in ("actives", "exchanges") for third in ("early", "middle", "late")]


@dataclass(frozen=True)
class Fitted:
    """A value with its 90 % interval."""

    key: str
    value: float
    low: float
    high: float
    prior: tuple[float, float]
    moves: bool  # some summary, beyond what seeds do
    identified: bool  # the log narrowed its prior


def fitted(findings: Findings) -> list[Fitted]:
    """All candidates: the setting nearest the posterior's centre, which was run, and the 90 % interval of each."""
    low, high = np.quantile(findings.posterior.u, BAND, axis=0)
    moved = findings.posterior.moved
    identified = moved & (high - low <= NARROWED * (BAND[1] - BAND[0]))
    rows = zip(findings.candidates, findings.posterior.centre(), low, high, moved, identified, strict=True)
    return [
        Fitted(p.key, float(p.value(u)), float(p.value(a)), float(p.value(b)), (p.low, p.high), bool(moves),
               bool(known))
        for p, u, a, b, moves, known in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """How far the model can show what this log shows."""

    fit: str  # "fits", "fits in part", "cannot fit"
    met: int
    facts: int
    off: tuple[str, ...]  # facts outside of the 95 % predictive interval


def verdict(findings: Findings) -> Verdict:
    """Judge by a posterior predictive check: how many facts of the log lie where 95 % of the model's runs lie.

    It cannot fit a log of which half the facts or more lie outside, or of whose six levels of weekly actives and
    exchanges more than half do.
    """
    facts = findings.facts().set_index("fact")
    share = facts["met"].mean()
    word = "fits" if share >= FITS else "fits in part"
    if share < IN_PART or facts["met"][LEVELS].mean() < 0.5:
        word = "cannot fit"
    return Verdict(word, int(facts["met"].sum()), len(facts), tuple(facts["about"][~facts["met"]]))


def words(findings: Findings) -> str:
    """The verdict in sentences: how well the model fits, and what the log identifies."""
    return render(HERE / "words.md.j2", findings=findings, verdict=verdict(findings), fitted=fitted(findings),
                  series=SERIES, few=FEW_GENERATIONS, purpose=PURPOSE).strip()  # fmt: skip


def refuse_taken(path: Path) -> None:
    """Raise BadInput unless a new scenario file can be written there."""
    if path.exists():
        raise BadInput(f"--scenario: `{path}` exists already, and nothing is overwritten; name another file")
    if not path.parent.is_dir():
        raise BadInput(f"--scenario: `{path.parent}` is no folder")
    files.refuse_unwritable(path.parent, "--scenario")


def write_scenario(path: Path, findings: Findings, base: str) -> None:
    """Write the scenario file, whole or not at all: what is fitted, each value with its interval and source."""
    refuse_taken(path)
    rows = {MARKET if row.key == ARRIVALS else row.key: row for row in fitted(findings)}
    settings = _settings(findings, {row.key: row.value for row in rows.values()})
    tables: dict[str, list[tuple[str, float, Fitted | None]]] = {"community": []}
    for key, value in sorted(settings.items()):
        table, inner = key.split(".")
        tables.setdefault(table, []).append((inner, value, rows.get(key)))
    text = render(HERE / "scenario.toml.j2", findings=findings, tables=tables, base=base, name=path.stem)
    files.write_text(path, text)


def _settings(findings: Findings, values: dict[str, float]) -> dict[str, float]:
    """Fitted values by key of the scenario: the market in place of the arrivals."""
    world = findings.world
    market = market_per_member(values, scenario_with(world.base, values), world.arrivals, findings.founders)
    return {MARKET: market, **{key: value for key, value in values.items() if key != ARRIVALS}}


def as_dict(findings: Findings) -> dict[str, Any]:
    """Everything as plain data."""
    target = findings.world.target
    return {
        "log": target.log.name,
        "members": findings.founders,
        "events": len(target.log),
        "fitted_from": date(target.start),
        "split": date(target.split),
        "end": date(target.end),
        "runs": findings.posterior.runs + len(findings.replays) + len(findings.aheads),
        "generations": findings.posterior.generations,
        "seconds_of_work": round(findings.seconds, 1),
        "verdict": asdict(verdict(findings)),
        "values": [asdict(value) for value in fitted(findings)],
        "facts": findings.facts().to_dict("records"),
        "courses": findings.scores(),
    }  # fmt: skip


def write(findings: Findings, folder: Path) -> None:
    """Write the page, tables, posterior and figure into the folder of the runs, in place of what stands there."""
    import pandas as pd

    from experiments.pages.figures import png

    files.write_json(folder / "calibration.json", as_dict(findings))
    for name, table in (("facts", findings.facts()), ("values", pd.DataFrame(fitted(findings)))):
        files.write_csv(folder / f"{name}.csv", table)
    settings = [_settings(findings, findings.values(u)) for u in findings.posterior.drawn(DRAWS, 0)]
    files.write_aside(folder / draws.FILE, lambda hidden: pd.DataFrame(settings).to_parquet(hidden, index=False))
    if findings.later:
        files.write_bytes(folder / "courses.png", png(figure(findings.courses(), len(findings.aheads))))
    page = render(HERE / "page.md.j2", findings=findings, words=words(findings), fitted=fitted(findings))
    files.write_text(folder / "README.md", page)
