"""`python -m experiments.worlds.outcomes`: what each draw of the population comes to, so that what is told can choose.

Each draw, with one draw of all other values from their priors, is a whole world; it is run for half a year under its
own team, and what a strategist could tell of it is kept in `scenarios/worlds/outcomes.csv`, a row a draw, for a
thousand founding members. Stopped with Ctrl-C, the same command goes on. Exit codes: 0 done, 2 bad input, 130 stopped.
"""

from __future__ import annotations

import csv
import io
import math
import tomllib
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from experiments.runs.given import BadInput, cores
from experiments.worlds import population
from experiments.worlds.population import DRAWS, SHARES, Fact, Values
from sim.scenario import Scenario

TABLE = tomllib.loads(Path(__file__).with_name("outcomes.toml").read_text(encoding="utf-8"))
OUTCOMES = {name: Fact(name, one["by"], one["least"], math.log(one["factor"]), one["size"])
            for name, one in TABLE["outcomes"].items()}  # fmt: skip
HOURS = "hours"  # stands in the draw, and is told like an outcome
FILE = DRAWS.with_name("outcomes.csv")
SEED = 1  # of the priors that go with the draws, and of the runs
DAYS, SPAN = 182, 14  # of a run, and between looks at whether anybody still waits
MONTH = 365.25 / 12


class Draw(NamedTuple):
    """A run: its name in the journal, and the row of its draw."""

    key: str
    row: int


def pool(scenario: Scenario | None = None) -> list[Values]:
    """The whole worlds that were run, a draw of the population each, without what its own team does.

    scenario : the values around which the others are drawn; the baseline, if none is given
    """
    from experiments.worlds import priors

    own = population.drawn()
    return [other | {key: x for key, x in one.items() if not key.startswith(SHARES)}
            for other, one in zip(priors.draw(len(own), SEED, scenario), own, strict=True)]  # fmt: skip


def told_of(world: Values, seed: int) -> dict[str, float]:
    """What a strategist could tell of a world after its first half-year; NaN where there is nothing of the sort."""
    from experiments.runs.point import settled
    from experiments.runs.pool import heed
    from experiments.worlds import facts
    from sim.community import Community
    from sim.logs.log import EPOCH, of_run
    from sim.state.flows import Flow

    community = Community(settled(population.baseline(), world), seed, keep_events=True)
    while community.day < DAYS:
        community.run(min(SPAN, DAYS - community.day))
        heed()
    piece, start = facts.of_run(of_run(community)), int(EPOCH)
    joined = sum(int(community.flows[flow]) for flow in (Flow.JOINED_ORGANIC, Flow.JOINED_WORD, Flow.JOINED_BROADCAST))
    return {
        "weekly_writers": float(facts.active(piece, start, start + DAYS * facts.DAY, 7).mean()),
        "newcomers": joined * MONTH / DAYS,
        "member_messages": float((~piece.staff).sum() * 7 / DAYS),
        "staff_messages": float(piece.staff.sum() * 7 / DAYS),
        "staff_answers": facts.mean(piece.by_staff[piece.replied >= 0]),
    }


def of_draw(k: int, worlds: list[Values]) -> dict[str, float]:
    """What a draw comes to under its own team; k : its row; worlds : as `pool` gives them."""
    shares = {key: x for key, x in population.drawn()[k].items() if key.startswith(SHARES)}
    return told_of(worlds[k] | population.divided(shares), SEED * 100_000 + k)


def table() -> dict[str, np.ndarray]:
    """What all draws come to, for a thousand founding members: by name of OUTCOMES, float (draws,), NaN: not known."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    own = np.array([one[population.BUDGET] for one in population.drawn()])
    return {HOURS: own} | {name: np.array([float(row[name] or "nan") for row in rows]) for name in OUTCOMES
                           if name != HOURS}  # fmt: skip


def make(folder: Path, workers: int, progress: Any) -> Path:
    """Run every draw that is not run yet, and write the table."""
    from experiments.runs import files
    from experiments.runs.journal import Journal

    worlds = pool()
    with files.held(folder):
        journal = Journal(folder, {"draws": len(worlds), "seed": SEED, "days": DAYS}, workers, progress)
        progress.expect(len(worlds))
        rows = journal.perform(
            [Draw(f"draw-{k:04d}", k) for k in range(len(worlds))], lambda one: files.plain(of_draw(one.row, worlds))
        )
    text = io.StringIO()
    names = [name for name in OUTCOMES if name != HOURS]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(["" if row[name] is None else f"{row[name]:.4g}" for name in names] for row in rows)
    return files.write_text(FILE, text.getvalue())


def main(
    workers: Annotated[int | None, typer.Option(metavar="N", min=1, max=512, help="Threads; as many as cores.")] = None,
) -> None:
    """Run each draw of the population for half a year, and write what a strategist could tell of it."""
    from experiments.pages import terminal
    from experiments.worlds.__main__ import end
    from experiments.worlds.page import FOLDER
    from sim.version import model_hash

    try:
        with terminal.Bar(thing="runs") as progress:
            path = make(FOLDER / f".outcomes-{model_hash()}", workers or cores(), progress)
        terminal.OUT.print(f"Written: {path}", soft_wrap=True)
    except BadInput as error:
        end(str(error), 2)
    except KeyboardInterrupt:
        end("Stopped; what is done is kept, and the same command goes on.", 130)


if __name__ == "__main__":
    typer.run(main)
