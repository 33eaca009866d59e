"""Running a comparison: a study whose replicates are worlds, or seeds of one, in a store that gets its report."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.comparison import coalitions
from experiments.pages.wording import in_currency
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

RESULTS = Path("results")
MOST_DAYS_OBSERVED = 400  # a picture shows no more, and an overtaking is dated to the day over a usual year
MOST_SEEDS = 200  # where --precision stops adding
MOST_WORLDS = 1000  # the same of worlds
COURSE = 60  # days observed over worlds: as many as a fan shows


REPORTS = {True: "experiments.comparison.report", False: "experiments.comparison.across.report"}  # of one world?


@dataclass(frozen=True)
class Asked:
    """What a comparison was asked for beside its scenarios: how many seeds or worlds, and the folder to work in.

    why : in how many worlds it is asked which activities make the difference; None: in none
    """

    seed: int = 1
    replicates: int = 20
    precision: float | None = None
    out: Path | None = None
    unequal: bool = False
    one_world: bool = True
    why: int | None = None

    @property
    def most(self) -> int:
        """Where a precision stops adding seeds or worlds."""
        return max(MOST_SEEDS if self.one_world else MOST_WORLDS, self.replicates)

    def words(self) -> list[str]:
        """The options of a command line that repeats the comparison; the output folder is left out."""
        many = ["--one-world", "--replicates"] if self.one_world else ["--worlds"]
        options = ["--seed", str(self.seed), *many, str(self.replicates)]
        options += [] if self.precision is None else ["--precision", f"{self.precision:g}"]
        options += [] if self.why is None else ["--why", "--why-worlds", str(self.why)]
        return [*options, "--unequal"] if self.unequal else options


def study_of(prepared: Prepared, asked: Asked, networks: bool = True) -> Study:
    """Scenarios as a study that varies nothing and keeps every day observed; over worlds, fewer days and measures."""
    labels = list(prepared.scenarios)
    measures = {key: about for scenario in prepared.scenarios.values() for key, about in catalogue(scenario).items()}
    days = next(iter(prepared.scenarios.values())).community.days
    over_worlds, seen = prepared.worlds is not None, MOST_DAYS_OBSERVED
    if over_worlds:
        measures, seen = {key: about for key, about in measures.items() if not key.startswith("person.")}, COURSE
    if called := prepared.changes.currency:
        measures = {key: about._replace(unit=in_currency(about.unit, called)) for key, about in measures.items()}
    spec = StudyFile(
        question=f"{' or '.join(labels)}?",
        scenarios=list(prepared.names),
        replicates=asked.replicates,
        precision=asked.precision,
        most=asked.most,
        seed=asked.seed,
        every=max(1, -(-days // seen)),
        unequal=asked.unequal,
    )
    facts: dict[str, Any] = {"founded_from": prepared.founded_from, "posterior": prepared.posterior}
    facts |= {"worlds": prepared.worlds.facts()} if prepared.worlds else {}
    facts |= {"why": asked.why} if asked.why else {}
    facts |= {"currency": called} if called else {}
    return Study(
        "-vs-".join(files.slug(label) for label in labels), "compare", "", spec, prepared.scenarios, {}, measures,
        PRECISE, foundings=prepared.foundings, draws=prepared.draws,
        networks=networks and not over_worlds, facts=facts,
    )  # fmt: skip


def over_worlds(prepared: Prepared, asked: Asked, draws: tuple[dict[str, float], ...] = ()) -> Prepared:
    """The comparison in worlds: draws of a posterior if there are any, else the usual ones, chosen by what is told."""
    from experiments.comparison import known, worlds

    if draws:
        return worlds.over(prepared, draws, worlds.POSTERIOR)
    count = asked.most if asked.precision else asked.replicates
    return (known.asked if prepared.known else worlds.usual)(prepared, count, asked.seed)


def compare(prepared: Prepared, asked: Asked, pool: Pool, progress: Progress) -> tuple[Path, Any]:
    """Run what is missing, compare and report; returns the result's folder and its verdict.

    The verdict is an `across.verdict.Across` where worlds were asked, else a `verdict.Verdict`.

    Raises
    ------
    StoreError : before anything is run, when the folder cannot be used
    Stopped : on Ctrl-C and when a run fails; the same again goes on
    """
    from experiments.comparison.across import narrowed

    study = study_of(prepared, asked)
    order = sweep.Order(prepared.command("compare", asked.words()), stop_at_failure=True)
    plan = Plan(study, model_hash())
    folder = asked.out or _folder(study.name, store.manifest(study, plan, order.command, pool.workers))
    if not (folder / store.MANIFEST).exists():
        files.refuse_used(folder, besides=store.BEGUN)
    work = sweep.Sweep(study, plan, folder, pool, order, progress)
    drawing = threading.Thread(target=importlib.import_module, args=(REPORTS[prepared.worlds is None],), daemon=True)
    with stopping(folder), work.opened():
        drawing.start()  # what draws takes a second to import: beside the runs, which leave Python's lock alone
        if prepared.worlds is None:
            work.fill()
        else:
            prepared.worlds.write(folder)
            _fill_worlds(work)
            if prepared.known:
                narrowed.run(study, prepared, folder, work)
            if asked.why:
                coalitions.run(study, prepared, asked.why, folder, work)
        store.gather(folder)  # one file is read in a fraction of the time of many
        progress.say("Comparing and drawing the report")
        return folder, report(folder)


def _fill_worlds(work: sweep.Sweep) -> None:
    """Run every world that is not stored yet, and more as long as the precision asks for them."""
    from experiments.comparison.across.verdict import worlds_needed

    study = work.study
    worlds, done = study.replicates, 0
    while worlds > done:
        work.run(np.full(1, worlds))
        done = worlds
        if study.precision:
            rows = store.read(work.folder)
            needed = worlds_needed(rows, store.read_manifest(work.folder), study.precision)
            worlds = min(needed, 2 * done, study.most)


def report(folder: Path, out: Path | None = None) -> Any:
    """Make the report of a stored comparison, into `out` or its own folder; returns its verdict, as `compare`."""
    module = REPORTS["worlds" not in store.read_manifest(folder)]
    return importlib.import_module(module).write(folder, out)


def text(verdict: Any) -> str:
    """A verdict as `compare` returns it, as plain text."""
    from experiments.comparison import words
    from experiments.comparison.verdict import Verdict

    if isinstance(verdict, Verdict):
        return words.text(verdict)
    from experiments.comparison.across import words as of_worlds

    return of_worlds.text(verdict)


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
