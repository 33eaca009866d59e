"""Two hundred repeats of a whole verdict over worlds: does a measure that it calls clear have the same winner again?

Each repeat asks a hundred small worlds of its own, broadcast against facilitation: draws of the population laid over
draws of the priors, `MEMBERS` founders, `DAYS` days. The verdict on them is `across.verdict.rows`, that of `hearth
compare`. A call is right if it is that of the strategy which is ahead in most worlds of all repeats together. Results
go to results/repeats/: table.csv, about.json, README.md.

    python -m tests.repeats                     some ten minutes of one core
    python -m tests.repeats --repeats 4         fewer; prints, and writes nothing
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from experiments.comparison.across import verdict
from experiments.comparison.verdict import at_end
from experiments.pages.text import render
from experiments.runs import files
from experiments.runs.given import cores
from experiments.runs.point import settled
from experiments.runs.pool import Pool
from experiments.stats.ahead import Ahead
from experiments.worlds import population, priors
from sim.community import Community
from sim.scenario import load
from tests.coverage import percent

FOLDER = files.ROOT / "results" / "repeats"
STRATEGIES = ("broadcast", "facilitation")
REPEATS, WORLDS = 200, 100
MEMBERS, DAYS, FOUNDERS = 60, 120, 1000  # of these worlds; of the communities that the population draws
ABOUT = {key: {"label": one.name, "unit": one.unit, "better": "more"} for key, one in verdict.QUESTIONS.items()}
SEEN = ("members", *ABOUT)


def lived(repeat: int) -> pd.DataFrame:
    """The ends of all worlds of a repeat: a row a world and strategy, the five measures in the verdict's units."""
    others, own = priors.draw(WORLDS, 1_000 + repeat), population.draw(WORLDS, 1_000 + repeat)
    about = {"community.members": MEMBERS, "community.days": DAYS}
    strategies = {name: load(name) for name in STRATEGIES}
    rows = []
    for world, (other, drawn) in enumerate(zip(others, own, strict=True)):
        hours = float(f"{drawn[population.BUDGET] * MEMBERS / FOUNDERS:.4g}")
        for name, scenario in strategies.items():
            made = settled(scenario, other | drawn | about | {population.BUDGET: hours})
            community = Community(made, 1_000_000 + repeat * WORLDS + world)
            for day in (0, DAYS):
                community.run(day)
                seen = community.observe()
                rows.append((repeat, world, name, day, *(seen[key] for key in SEEN)))
    runs = pd.DataFrame(rows, columns=["repeat", "replicate", "scenario", "day", *SEEN])
    return at_end(verdict.in_units(runs))


def called(ends: pd.DataFrame) -> list[Ahead]:
    """What a verdict on some worlds says of each measure."""
    end = {name: rows.sort_values("replicate") for name, rows in ends.groupby("scenario")}
    return [row.found for row in verdict.rows(end, ABOUT, [STRATEGIES])[0]]


def judged(ends: pd.DataFrame) -> list[dict[str, Any]]:
    """A row a measure: who is ahead in most worlds, and how many repeats call it, call the other, or call nobody."""
    whole = ends.assign(replicate=ends["repeat"] * WORLDS + ends["replicate"])
    verdicts = [called(rows) for _, rows in ends.groupby("repeat")]
    made = []
    for k, (one, about) in enumerate(zip(called(whole), ABOUT.values(), strict=True)):
        first = one.first_ahead.share >= one.second_ahead.share
        ahead, share = (one.first, one.first_ahead.share) if first else (one.second, one.second_ahead.share)
        winners = [of[k].winner for of in verdicts]
        none = winners.count(None)
        right = winners.count(ahead)
        made.append({"measure": about["label"], "ahead": ahead, "share": share, "right": right,
                     "wrong": len(winners) - right - none, "none": none})  # fmt: skip
    return made


def main(repeats: Annotated[int, typer.Option(min=2)] = REPEATS) -> None:
    """Repeat a whole verdict, and store how often it has the same winner."""
    begun = time.process_time()
    found: dict[int, pd.DataFrame] = {}
    Pool(cores()).run(range(repeats), lived, found.__setitem__)
    rows = judged(pd.concat([found[repeat] for repeat in range(repeats)]))
    right, wrong = (sum(row[key] for row in rows) for key in ("right", "wrong"))
    about = {**files.provenance("python -m tests.repeats", time.process_time() - begun), "repeats": repeats,
             "worlds": WORLDS, "members": MEMBERS, "days": DAYS, "strategies": STRATEGIES, "right": right,
             "called": right + wrong}  # fmt: skip
    page = render(Path(__file__).with_suffix(".md.j2"), about=about, rows=rows, percent=percent).strip() + "\n"
    print(page)
    if repeats == REPEATS:
        files.write_csv(FOLDER / "table.csv", pd.DataFrame(rows))
        files.write_json(FOLDER / "about.json", about)
        files.write_text(FOLDER / "README.md", page)


if __name__ == "__main__":
    typer.run(main)
