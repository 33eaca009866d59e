"""Conducting a comparison from scenarios to report: rounds of seeds, and what is kept when it is stopped."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from experiments import harness, store
from experiments.prepare import Prepared, cost

RESULTS = Path("results")
MOST_DAYS_OBSERVED = 400  # a picture shows no more, and an overtaking is dated to the day over a usual year
MOST_SEEDS = 200  # where --precision stops adding


class Screen(Protocol):
    """Where progress is told."""

    def say(self, text: str) -> None:
        """Tell something."""

    def expect(self, runs: int) -> None:
        """Expect so many runs more."""

    def done(self, outcome: harness.Outcome) -> None:
        """Count a finished run."""


class Stopped(Exception):
    """Stopped before the end; the message says what is kept, where, and how to go on."""

    def __init__(self, message: str, cause: BaseException):
        super().__init__(message)
        self.cause = cause


@dataclass(frozen=True)
class Order:
    """How a comparison is to be conducted."""

    root: int = 1
    replicates: int = 20
    precision: float | None = None
    workers: int = 1
    out: Path | None = None
    resume: Path | None = None
    unequal: bool = False

    def words(self, replicates: int) -> list[str]:
        """As it stands on a command line that repeats it with so many replicates; workers change nothing."""
        return ["--seed", str(self.root), "--replicates", str(replicates), *(["--unequal"] if self.unequal else [])]


def conduct(prepared: Prepared, order: Order, screen: Screen) -> tuple[Path, Any]:
    """Run, compare and report; returns the result's folder and its Verdict.

    Raises
    ------
    StoreError : before anything is run, when the folder cannot be used
    Stopped : on Ctrl-C and when a run fails; what is finished is kept in a folder of its own
    """
    labels = list(prepared.scenarios)
    usual = RESULTS / "-vs-".join(store.slug(label) for label in labels)
    out = order.out or store.free_name(usual)
    store.refuse_used(out)
    days = next(iter(prepared.scenarios.values())).community.days
    every = max(1, -(-days // MOST_DAYS_OBSERVED))
    partial = order.resume if order.resume else None
    if partial:
        _refuse_other(store.read_manifest(partial), manifest(prepared, order, every, []), partial)
    else:
        partial = store.begin(out)
    try:
        replicates, precision = _run_rounds(prepared, order, every, partial, screen)
        screen.say("Comparing and drawing the report")
        from experiments import report

        facts = manifest(prepared, order, every, replicates)
        store.write_json(partial / "manifest.json", {**facts, "precision": precision})
        verdict = report.write(partial)
        if out.is_dir():
            out.rmdir()  # known to be empty
        return store.finish(partial, out, named=order.out is not None), verdict
    except (KeyboardInterrupt, Exception) as error:
        raise Stopped(_keep(prepared, order, every, partial, out), error) from error


def _run_rounds(
    prepared: Prepared, order: Order, every: int, folder: Path, screen: Screen
) -> tuple[list[int], dict | None]:
    """Run the replicates; with a precision, add seeds in rounds until it is met or the limit is reached."""
    n, have = order.replicates, 0
    most = max(MOST_SEEDS, n)
    while True:
        tasks = [
            task
            for r in range(have, n)
            for task in harness.plan(prepared.under(r), order.root, [r], every, folder, prepared.foundings)
        ]
        tasks = [task for task in tasks if not store.finished(folder, *task.key)]
        screen.expect(len(tasks))
        if have == 0 and order.workers > 1 and len(tasks) > 1:
            screen.say("Getting ready (the first time on a machine, the model is compiled: up to a minute)")
            harness.warm_up(next(iter(prepared.scenarios.values())))
        if tasks:
            screen.say(f"Running {len(tasks)} communities on {min(order.workers, len(tasks))} cores")
            harness.perform(tasks, order.workers, screen.done)
        if order.precision is None:
            return list(range(n)), None
        from experiments.contrast import narrow_enough

        labels = list(prepared.scenarios)
        runs = store.read_runs(folder, labels, list(range(n)))
        met, needed, reached = narrow_enough(runs, labels, order.precision)
        if met or n >= most:
            said = {"wanted": order.precision, "met": met, "needed": needed, "reached": reached}
            return list(range(n)), said
        have, n = n, min(max(needed, n + 2), 2 * n, most)
        screen.say(f"Not yet precise enough; adding seeds, {n} in all")


def manifest(prepared: Prepared, order: Order, every: int, replicates: Sequence[int]) -> dict[str, Any]:
    """All that a result rests on, as plain data."""
    from sim.measures import catalogue

    return {
        "format": store.FORMAT,
        "command": prepared.command("compare", order.words(len(replicates) or order.replicates)),
        "labels": list(prepared.scenarios),
        "root_seed": order.root,
        "replicates": list(replicates),
        "seeds": [harness.replicate_seed(order.root, r) for r in replicates],
        "observed_every": every,
        "founded_from": prepared.founded_from,
        "posterior": prepared.posterior,
        "model": store.model_hash(),
        "commit": store.commit(),
        "versions": store.versions(),
        "machine": {"cores": os.cpu_count(), "workers": order.workers},
        "measures": {
            key: {name: getattr(measure, name) for name in ("label", "unit", "kind", "about", "better")}
            for scenario in prepared.scenarios.values()
            for key, measure in catalogue(scenario).items()
        },
        "scenarios": {
            label: {
                "question": scenario.question,
                "digest": scenario.digest(),
                "cost": cost(scenario),
                "resolved": scenario.resolved(),
                "entries": [
                    {**entry._asdict(), "range": list(entry.range), "assumed": entry.assumed}
                    for entry in scenario.entries()
                ],
            }
            for label, scenario in prepared.scenarios.items()
        },
    }


def _refuse_other(stored: dict, wanted: dict, folder: Path) -> None:
    """Refuse to go on with runs of another model, other scenarios or other seeds."""
    for key, said in (
        ("model", "another version of the model"),
        ("root_seed", "another --seed"),
        ("labels", "other scenarios"),
        ("observed_every", "another --days"),
        ("founded_from", "another --log"),
        ("posterior", "another --posterior"),
    ):
        if stored.get(key) != wanted[key]:
            raise store.StoreError(f"--resume: the runs in `{folder}` are of {said}; compare anew without --resume")
    for label, scenario in wanted["scenarios"].items():
        if stored["scenarios"][label]["digest"] != scenario["digest"]:
            raise store.StoreError(f"--resume: the runs in `{folder}` are of a `{label}` with other values")


def _keep(prepared: Prepared, order: Order, every: int, partial: Path, out: Path) -> str:
    """Keep what is finished under a name of its own; says what is kept and how to go on."""
    labels = list(prepared.scenarios)
    stored = len(list((partial / "runs").glob("[!.]*.parquet")))
    if not stored:
        if not order.resume:
            shutil.rmtree(partial, ignore_errors=True)
        return "No run was finished; nothing is kept."
    for aside in (partial / "runs").glob(".*"):
        aside.unlink(missing_ok=True)
    whole = [r for r in range(stored_replicates(partial)) if all(store.finished(partial, label, r) for label in labels)]
    store.write_json(
        partial / "manifest.json", {**manifest(prepared, order, every, whole), "precision": None, "interrupted": True}
    )
    kept = partial if order.resume else store.finish(partial, out.with_name(f"{out.name}-unfinished"))
    more = shlex.split(prepared.command("compare", order.words(order.replicates)))
    said = f"{stored} finished runs are kept in {kept}.\nTo go on: {shlex.join([*more, '--resume', str(kept)])}"
    if len(whole) > 1:
        said += f"\nTo see the report of the {len(whole)} whole seeds: hearth report {shlex.quote(str(kept))}"
    return said


def stored_replicates(folder: Path) -> int:
    """One more than the highest replicate that is stored."""
    found = [int(path.stem.rsplit("-", 1)[1]) for path in (folder / "runs").glob("[!.]*.parquet")]
    return max(found, default=-1) + 1
