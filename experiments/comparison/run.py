"""Running a comparison: a study that varies nothing, gathered in a hidden folder that gets its name with its report."""

from __future__ import annotations

import importlib
import shlex
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.runs import files, store
from experiments.runs.given import BadInput, Stopped
from experiments.runs.pool import Pool
from experiments.runs.prepare import Prepared
from experiments.runs.tasks import Progress
from experiments.study import sweep
from experiments.study.file import PRECISE, Study, StudyFile
from sim.measures import catalogue

if TYPE_CHECKING:
    from experiments.comparison.verdict import Verdict

RESULTS = Path("results")
MOST_DAYS_OBSERVED = 400  # a picture shows no more, and an overtaking is dated to the day over a usual year
MOST_SEEDS = 200  # where --precision stops adding


@dataclass(frozen=True)
class Asked:
    """What a comparison was asked for beside its scenarios: its seeds, and the folders to write to and to go on in."""

    seed: int = 1
    replicates: int = 20
    precision: float | None = None
    out: Path | None = None
    resume: Path | None = None
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
    """Run, compare and report; returns the result's folder and its Verdict.

    Raises
    ------
    StoreError : before anything is run, when the folder cannot be used
    Stopped : on Ctrl-C and when a run fails; what is finished is kept in a folder of its own
    """
    study = study_of(prepared, asked)
    out = asked.out or files.free_name(RESULTS / study.name)
    files.refuse_used(out)
    if asked.resume:
        store.read_manifest(asked.resume)
    partial = asked.resume or files.begin(out)
    command = prepared.command("compare", asked.words())
    order = sweep.Order(command, stop_at_failure=True, otherwise="compare anew without --resume")
    drawing = threading.Thread(target=importlib.import_module, args=("experiments.comparison.report",), daemon=True)
    try:
        drawing.start()  # what draws takes a second to import: beside the runs, which leave Python's lock alone
        sweep.sweep(study, partial, pool, order, progress)
        progress.say("Comparing and drawing the report")
        from experiments.comparison import report

        verdict = report.write(partial)
        (partial / ".lock").unlink(missing_ok=True)
        return files.finish(partial, out, named=asked.out is not None), verdict
    except (KeyboardInterrupt, Exception) as error:
        if asked.resume and isinstance(error, BadInput):
            raise
        raise Stopped(_keep(partial, out, asked, command), error) from error


def _keep(partial: Path, out: Path, asked: Asked, command: str) -> str:
    """Keep the finished runs in a folder; returns a message that names it and the command to go on."""
    if not store.shards(partial):
        if not asked.resume:
            shutil.rmtree(partial, ignore_errors=True)
        return "No run was finished; nothing is kept."
    runs, whole = store.count_runs(partial)
    folder = partial if asked.resume else files.finish(partial, out.with_name(f"{out.name}-unfinished"))
    message = f"{runs} finished runs are kept in {folder}.\nTo go on: {command} --resume {shlex.quote(str(folder))}"
    if whole > 1:
        message += f"\nTo see the report of the {whole} whole seeds: hearth report {shlex.quote(str(folder))}"
    return message
