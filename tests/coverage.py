"""Coverage: do intervals hold the truth as often as they promise, and do procedures err as seldom as they say?

For each interval and procedure that this project reports, data are drawn whose truth is known, the project's own
function is asked, and it is counted how often the truth is held. The table names what falls short; nothing is widened
to make it pass. Results go to results/coverage/: table.csv, about.json, README.md.

    python -m tests.coverage                  2,000 repeats of each, some minutes
    python -m tests.coverage --repeats 50     seconds; prints, and writes nothing
    python -m tests.coverage --only bca       one procedure, by its key in coverage_cases.py; the other rows stay
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any
from zlib import crc32

import numpy as np
import pandas as pd
import typer
from scipy.stats import binomtest, skew

from experiments.pages.text import render
from experiments.runs import files, store
from experiments.stats import difference
from experiments.study.file import HEADLINE
from tests.coverage_cases import CASES, PROCEDURES, Case, normal, skewed, very_skewed

FOLDER = files.ROOT / "results" / "coverage"
REPEATS = 2000
SURE = 0.001  # chance that what keeps its promise passes for what does not, each row
CHUNK = 100
PACKAGES = ("numpy", "scipy", "statsmodels", "SALib", "pandas")


@dataclass(frozen=True)
class Row:
    """A row of the table: in how many of the repeats a promise was kept, as a share with its 95 % interval (Wilson)."""

    procedure: str
    draws: str
    n: int
    promised: float
    repeats: int
    held: int
    share: float
    low: float
    high: float
    verdict: str  # kept, falls short, holds more


def tried(number: int, begin: int, end: int) -> np.ndarray:
    """How often each promise of a case was kept in these repeats, int (procedures,); a repeat has its own draws."""
    one = CASES[number]
    seed = crc32(f"{one.procedures[0]} {one.draws} {one.n}".encode())
    gc.freeze()  # statsmodels collects garbage at each call: what is loaded need not be looked through
    kept = [one.kept(np.random.default_rng([seed, repeat])) for repeat in range(begin, end)]
    gc.unfreeze()
    return np.array(kept).sum(axis=0)


def row(one: Case, procedure: str, held: int, repeats: int) -> Row:
    """A row, with the verdict."""
    test = binomtest(held, repeats, one.promised)
    ends = test.proportion_ci(0.95, "wilson")
    share = held / repeats
    verdict = "kept" if test.pvalue >= SURE else "falls short" if share < one.promised else "holds more"
    return Row(procedure, one.draws, one.n, one.promised, repeats, held, share, ends.low, ends.high, verdict)


def rows_of(number: int, held: Iterable[int], repeats: int) -> list[Row]:
    """The rows of a case."""
    one = CASES[number]
    return [row(one, name, int(count), repeats) for name, count in zip(one.procedures, held, strict=True)]


def leaning() -> dict[str, float]:
    """How skewed the differences in the headline measures of committed comparisons are, and draws of 20.

    To be read beside the table: data that lean more than the model's own are harder on the intervals.
    """
    found = {}
    for name in ("reference", "reference-startup"):
        folder = files.ROOT / "results" / name
        tables = (difference.wide(store.read(folder, keep=[key]), key).to_numpy() for key in HEADLINE)
        size = [abs(skew(difference.gaps(table[:, 0], table[:, 1]), bias=False)) for table in tables]
        found[f"results/{name}, median of {len(HEADLINE)}"], found[f"results/{name}, largest"] = (
            np.median(size),
            max(size),
        )
    rng = np.random.default_rng(1)
    for draw in (normal, skewed, very_skewed):
        found[draw.__name__.replace("_", " ")] = np.median(abs(skew(draw(rng, 20, REPEATS), bias=False)))
    return {name: round(float(size), 2) for name, size in found.items()}


def percent(share: float) -> str:
    """A share with one decimal."""
    return f"{100 * share:.1f} %"


def short_of(rows: list[Row], procedures: dict[str, tuple[str, list[Callable], str]]) -> list[str]:
    """A plain sentence for each procedure that falls short: of what, why, and by how much."""
    sentences = []
    for name, _, why in procedures.values():
        where = [row for row in rows if row.procedure == name and row.verdict == "falls short"]
        if where:
            held = "; ".join(f"{percent(row.share)} ({row.draws}, n = {row.n})" for row in where)
            sentences.append(f"{name}: {percent(where[0].promised)} promised, held {held}. Why: {why}.")
    return sentences


def page(rows: list[Row], about: dict[str, Any]) -> str:
    """README.md."""
    return render(
        Path(__file__).with_name("coverage.md.j2"),
        {"percent": percent},
        rows=rows,
        short=short_of(rows, PROCEDURES),
        about=about,
    )


def counts() -> dict[tuple[str, str, int], int]:
    """How often each promise of the stored table was held, by procedure, draws and n."""
    table = pd.read_csv(FOLDER / "table.csv")
    return {(each.procedure, each.draws, each.n): each.held for each in table.itertuples()}


def stored() -> tuple[list[Row], dict[str, Any]]:
    """The table in results/coverage/, its intervals and verdicts made anew from its counts; and what is said of it."""
    held = counts()
    about = json.loads((FOLDER / "about.json").read_text(encoding="utf-8"))
    places = [(one, name) for one in CASES for name in one.procedures]
    return [row(one, name, held[name, one.draws, one.n], about["repeats"]) for one, name in places], about


def try_all(numbers: list[int], repeats: int, workers: int) -> dict[int, np.ndarray]:
    """How often each promise of these cases was held, by their place in `CASES`."""
    chunks = [(number, begin, min(begin + CHUNK, repeats)) for number in numbers for begin in range(0, repeats, CHUNK)]
    held = {number: np.zeros(len(CASES[number].procedures), int) for number in numbers}
    with ProcessPoolExecutor(workers) as processes:
        for (number, _, end), kept in zip(chunks, processes.map(tried, *zip(*chunks, strict=True)), strict=True):
            held[number] += kept
            if end == repeats:
                print(f"{numbers.index(number) + 1} of {len(numbers)}", end="\r", file=sys.stderr, flush=True)
    return held


def said(rows: list[Row], again: list[str], seconds: float) -> dict[str, Any]:
    """What is said of a table: how the whole was made, and which procedures were tried again since, by what."""
    made = files.provenance("python -m tests.coverage", seconds, PACKAGES)
    if again:
        before = json.loads((FOLDER / "about.json").read_text(encoding="utf-8"))
        latest = {name: {key: made[key] for key in ("commit", "model", "date", "seconds")} for name in again}
        made = before | {"again": before.get("again", {}) | latest}
    verdicts = pd.Series([each.verdict for each in rows]).value_counts().to_dict()
    return made | {"repeats": REPEATS, "sure": SURE, "rows": len(rows), "verdicts": verdicts, "skewness": leaning()}


def main(
    repeats: Annotated[int, typer.Option(min=10, help="Data sets of each kind.")] = REPEATS,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    only: Annotated[list[str] | None, typer.Option(help="A procedure, by its key; may be given again.")] = None,
    only_page: Annotated[bool, typer.Option("--page", help="Write README.md from the stored table alone.")] = False,
) -> None:
    """Try every case; write the table where there were 2,000 repeats, and print it otherwise."""
    if only_page:
        files.write_text(FOLDER / "README.md", page(*stored()))
        return
    if unknown := [key for key in only or () if key not in PROCEDURES]:
        raise typer.BadParameter(f"--only: no procedure {unknown[0]}; there are {', '.join(PROCEDURES)}")
    names = {PROCEDURES[key][0] for key in only or PROCEDURES}
    numbers = [number for number, one in enumerate(CASES) if names & set(one.procedures)]
    begun = time.perf_counter()
    held = try_all(numbers, repeats, workers)
    rows = [each for number, kept in held.items() for each in rows_of(number, kept, repeats)]
    if repeats != REPEATS:
        print(pd.DataFrame(map(asdict, rows)).to_string())
        return
    again = sorted({each.procedure for each in rows}) if only else []
    if again:
        new = counts() | {(each.procedure, each.draws, each.n): each.held for each in rows}
        rows = [row(one, name, new[name, one.draws, one.n], repeats) for one in CASES for name in one.procedures]
    about = said(rows, again, time.perf_counter() - begun)
    files.write_csv(FOLDER / "table.csv", pd.DataFrame(map(asdict, rows)))
    files.write_json(FOLDER / "about.json", about)
    files.write_text(FOLDER / "README.md", page(rows, about))


if __name__ == "__main__":
    typer.run(main)
