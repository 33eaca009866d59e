"""Running a comparison: a study that varies nothing, in a store that gets its report when all runs are there."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.runs import files, store
from experiments.runs.given import stopping
from experiments.runs.pool import Pool
from experiments.runs.prepare import Prepared
from experiments.runs.tasks import Progress
from experiments.study import sweep
from experiments.study.design import Plan
from experiments.study.file import PRECISE, Study, StudyFile
from sim.measures import catalogue
from sim.version import model_hash

if TYPE_CHECKING:
    from experiments.comparison.verdict import Verdict

RESULTS = Path("results")
MOST_DAYS_OBSERVED = 400  # a picture shows no more, and an overtaking is dated to the day over a usual year
MOST_SEEDS = 200  # where --precision stops adding


@dataclass(frozen=True)
class Asked:
    """What a comparison was asked for beside its scenarios: its seeds, and the folder to work in."""

    seed: int = 1
    replicates: int = 20
    precision: float | None = None
    out: Path | None = None
    unequal: bool = False

    def words(self) -> list[str]:
        """The options of a command line that repeats the comparison; the output folder is left out."""
        options = ["--seed", str(self.seed), "--replicates", str(self.replicates)]
        options += [] if self.precision is None else ["--precision", f"{self.precision:g}"]
        return [*options, "--unequal"] if self.unequal else options


def study_of(prepared: Prepared, asked: Asked, networks: bool = True) -> Study:
    """Scenarios as a study that varies nothing and keeps every measure of every day observed."""
    labels = list(prepared.scenarios)
    measures = {key: about for scenario in prepared.scenarios.values() for key, about in catalogue(scenario).items()}
    days = next(iter(prepared.scenarios.values())).community.days
    spec = StudyFile(
        question=f"{' or '.join(labels)}?",
        scenarios=list(prepared.names),
        replicates=asked.replicates,
        precision=asked.precision,
        most=max(MOST_SEEDS, asked.replicates),
        seed=asked.seed,
        every=max(1, -(-days // MOST_DAYS_OBSERVED)),
        unequal=asked.unequal,
    )
    facts = {"founded_from": prepared.founded_from, "posterior": prepared.posterior}
    return Study(
        "-vs-".join(files.slug(label) for label in labels), "compare", "", spec, prepared.scenarios, {}, measures,
        PRECISE, foundings=prepared.foundings, draws=prepared.draws, networks=networks, facts=facts,
    )  # fmt: skip


def compare(prepared: Prepared, asked: Asked, pool: Pool, progress: Progress) -> tuple[Path, Verdict]:
    """Run what is missing, compare and report; returns the result's folder and its Verdict.

    Raises
    ------
    StoreError : before anything is run, when the folder cannot be used
    Stopped : on Ctrl-C and when a run fails; the same again goes on
    """
    study = study_of(prepared, asked)
    order = sweep.Order(prepared.command("compare", asked.words()), stop_at_failure=True)
    plan = Plan(study, model_hash())
    folder = asked.out or _folder(study.name, store.manifest(study, plan, order.command, pool.workers))
    if not (folder / store.MANIFEST).exists():
        files.refuse_used(folder, besides=store.BEGUN)
    work = sweep.Sweep(study, plan, folder, pool, order, progress)
    drawing = threading.Thread(target=importlib.import_module, args=("experiments.comparison.report",), daemon=True)
    with stopping(folder), work.opened():
        drawing.start()  # what draws takes a second to import: beside the runs, which leave Python's lock alone
        work.fill()
        progress.say("Comparing and drawing the report")
        from experiments.comparison import report

        return folder, report.write(folder)


def _folder(name: str, wanted: dict[str, Any]) -> Path:
    """The first of results/NAME, NAME-2, ... that is free, or that holds this very comparison, whole or in part."""
    numbered = (RESULTS / (f"{name}-{number}" if number > 1 else name) for number in itertools.count(1))
    return next(folder for folder in numbered if _free(folder) or _holds(folder, wanted))


def _free(folder: Path) -> bool:
    """Whether a folder can be begun in: there is none, or nothing but what a store has before its manifest."""
    with contextlib.suppress(files.StoreError):
        files.refuse_used(folder, besides=store.BEGUN)
        return True
    return False


def _holds(folder: Path, wanted: dict[str, Any]) -> bool:
    with contextlib.suppress(files.StoreError):
        stored = store.read_manifest(folder)
        return stored["sheet"] == wanted["sheet"] and not store.other(stored, wanted)
    return False
