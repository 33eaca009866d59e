"""`hearth compare`: strategies on the same seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from experiments.cli import late
from experiments.cli.options import (
    At,
    Days,
    Json,
    Log,
    Members,
    Quiet,
    Scenarios,
    Seed,
    Settings,
    Workers,
    flag,
    option,
)
from experiments.cli.options import out as out_option
from experiments.runs.given import MOST_REPLICATES, Whole, cores, fraction

SEEDS = Whole(2, MOST_REPLICATES, "seeds; an interval needs two")
Replicates = Annotated[Any, option("--replicates", "N", "Seeds, the same for each scenario.", SEEDS)]
PRECISION = (
    "Add seeds until the half-width of the differences in intimacy and both values is within this share of the first "
    "scenario's mean: 0.05 or 5%. Stops at 200 seeds."
)
Precision = Annotated[Any, option("--precision", "SHARE", PRECISION, fraction)]
Out = Annotated[Path | None, out_option("The result's folder; else results/A-vs-B, numbered.")]
Unequal = Annotated[bool, flag("--unequal", "Allow strategies of unequal hours or money.")]
POSTERIOR = option("--posterior", "FOLDER", "Folder of `hearth calibrate`: each seed lives under a draw.")
Posterior = Annotated[Path | None, POSTERIOR]


def compare(
    scenarios: Scenarios,
    days: Days = None,
    members: Members = None,
    seed: Seed = 1,
    replicates: Replicates = 20,
    precision: Precision = None,
    settings: Settings = None,
    log: Log = None,
    at: At = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
    workers: Workers = None,
    unequal: Unequal = False,
    posterior: Posterior = None,
) -> None:
    """Compare strategies on the same seeds; print a verdict, write a report.

    Each further scenario is compared with the first. Stopped at any moment, the same command goes on.
    """
    late.import_late()
    from experiments.comparison import run, words
    from experiments.pages import answers, terminal
    from experiments.runs import prepare
    from experiments.runs.pool import Pool

    changes = prepare.Changes(days, members, tuple(settings or ()), log, at, posterior)
    prepared = prepare.prepare(scenarios, changes, _draws(posterior))
    prepare.refuse_incomparable(prepared.scenarios, unequal)
    asked = run.Asked(seed, replicates, precision, out, unequal)
    with terminal.Bar(quiet or as_json) as bar:
        folder, verdict = run.compare(prepared, asked, Pool(workers or cores()), bar)
    if as_json:
        answers.show("compare", {"folder": str(folder), **verdict.as_dict()})
    else:
        terminal.show_verdict(words.text(verdict), folder)


def _draws(posterior: Path | None) -> tuple[dict[str, float], ...]:
    """The draws of the posterior that was asked for."""
    from experiments.calibration.draws import read

    return () if posterior is None else tuple(read(posterior))
