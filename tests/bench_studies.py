"""Measure what studies cost beside the model: `python -m tests.bench_studies`; with no part named, it is stored.

Where a stand-in takes the place of the model, it sleeps, so that other work on the machine counts as little as can be.
"""

from __future__ import annotations

import argparse
import operator
import resource
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from experiments.benchmark import __main__ as benchmark
from experiments.benchmark.page import page
from experiments.runs import files, tasks
from experiments.runs import store as kept
from experiments.runs.pool import Pool
from experiments.runs.tasks import Progress
from experiments.stats.difference import measured
from experiments.study import file, sweep

LEAST = 'question = "?"\nscenarios = ["broadcast", "facilitation"]\nreplicates = {}\nmeasures = ["intimacy", "reach"]\n'
TEN = "days = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n"
HELD = "[hold]\ncommunity.members = 60\ncommunity.days = 10\n"
VARY = "[vary]\nties.gain = {{ low = 0.05, high = 0.2, steps = {} }}\n"
KEPT = {"≤": operator.le, "≥": operator.ge}
FOUND: list[dict] = []
real = tasks.simulate


def tell(what: str, figure: float, bound: str = "") -> None:
    """Note and print one figure; a bound is such as "≤ 5"."""
    sign, _, limit = bound.partition(" ")
    reached = bool(KEPT[sign](figure, float(limit))) if bound else None
    FOUND.append({"what": what, "figure": float(figure), "bound": bound, "reached": reached})
    print(f"{what}: {figure:,.4g} {bound and f'({bound})'}")


def _stand_in(seconds):
    def simulate(study, task):
        if seconds:
            time.sleep(seconds)
        days = np.array(study.days or (10,))
        series = {"intimacy": np.full(len(days), float(task.seed % 997)), "reach": np.ones(len(days))}
        return SimpleNamespace(days=days, series=series)

    return simulate


def study_of(folder: Path, text: str) -> file.Study:
    path = folder / "bench.toml"
    path.write_text(text)
    return file.read(str(path))


def overhead(folder: Path) -> None:
    """CPU beside the run, for runs of 10 ms: all of it, from plan to stored rows, in one process; imports apart."""
    text = LEAST + HELD + VARY.replace("{}", "10")
    tasks.simulate = _stand_in(0.01)
    spent = []
    for replicates in (1, 100):
        before = time.process_time()
        sweep.sweep(study_of(folder, text.format(replicates)), folder / f"{replicates}", Pool(1))
        spent.append(time.process_time() - before)
    each = spent[1] / 2000
    tell("harness overhead a run, % of a run of 10 ms", 100 * each / 0.01, "≤ 5")
    tell("harness overhead once a process, CPU seconds", spent[0])


def busy(folder: Path) -> None:
    """How busy two workers are over 2,000 runs of 10 ms, with and without what comes before and after."""
    study = study_of(folder, LEAST.format(50) + HELD + VARY.format(20))
    tasks.simulate = _stand_in(0.01)
    first, ends, work = [], [], [0.0]
    settle = sweep.Sweep.settle

    def watch(self, batch, done):
        first.append(time.perf_counter() - done.seconds)
        ends.append(time.perf_counter())
        work[0] += done.seconds
        settle(self, batch, done)

    sweep.Sweep.settle = watch
    start = time.perf_counter()
    sweep.sweep(study, folder / "busy", Pool(2))
    wall, inner = time.perf_counter() - start, max(ends) - min(first)
    sweep.Sweep.settle, tasks.simulate = settle, real
    tell("two cores busy over 2,000 runs of 10 ms, % while working", 100 * work[0] / 2 / inner, "≥ 95")
    tell("the same with starting and ending, %", 100 * work[0] / 2 / wall)
    tell("seconds to the first run", min(first) - start)


def store(folder: Path) -> None:
    """Rows a second into the store, going on with 100,000 finished runs, a million rows queried, memory."""
    study = study_of(folder, LEAST.format(500) + TEN + HELD + VARY.format(100))
    tasks.simulate = _stand_in(0)
    sizes = []

    class Watch(Progress):
        count = 0

        def done(self, count=1, note=""):
            before, self.count = self.count, self.count + count
            if before // 20_000 != self.count // 20_000:
                sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    start = time.perf_counter()
    sweep.sweep(study, folder / "store", Pool(1), progress=Watch())
    wall = time.perf_counter() - start
    tell("rows a second into the store, one process, 100,000 runs", 1_000_000 / wall)
    for done, size in enumerate(sizes, 1):
        tell(f"most memory by {20_000 * done:,} runs, MB", size)
    start = time.perf_counter()
    sweep.sweep(study, folder / "store", Pool(1))
    tell("going on with 100,000 finished runs, seconds", time.perf_counter() - start)
    best = []
    for _ in range(3):
        start = time.perf_counter()
        kept.query(folder / "store", 'select scenario, "ties.gain", day, avg(intimacy) from runs group by all')
        best.append(time.perf_counter() - start)
    tell("a query over 1,000,000 rows, seconds", min(best), "≤ 1")


def against_mesa(folder: Path) -> None:
    """The same 200 runs of the same model by mesa.batch_run, where this Mesa has it, and by a study."""
    tasks.simulate = real
    text = LEAST.format(50).replace('"broadcast", ', "") + HELD + "[vary]\nties.gain = [0.05, 0.1, 0.15, 0.2]\n"
    study = study_of(folder, text)
    times = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    sweep.sweep(study, folder / "mesa", Pool(2))
    ours, cpu = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    own = cpu.ru_utime - times.ru_utime
    from mesa import batch_run

    from tests.bench_mesa import ForMesa

    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    batch_run(ForMesa, {"gain": [0.05, 0.1, 0.15, 0.2]}, number_processes=2, rng=list(range(50)), max_steps=10,
              display_progress=False)  # fmt: skip
    theirs, cpu = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = cpu.ru_utime - times.ru_utime
    what = "200 runs of 60 members and 10 days on two cores"
    tell(f"{what}, starting included: seconds, study", ours)
    tell(f"{what}, starting included: seconds, mesa.batch_run", theirs)
    tell(f"{what}: CPU seconds, study", own)
    tell(f"{what}: CPU seconds of workers, mesa.batch_run", used)


def luck(folder: Path) -> None:
    """Seeds needed for ±5 % with the same luck and without: a small change of facilitation in 300 members."""
    text = LEAST.format(12).replace('"broadcast", ', "") + "[hold]\ncommunity.members = 300\ncommunity.days = 60\n"
    study = study_of(folder, text.replace('"reach"', '"value_members"') + "[vary]\nties.gain = [0.08, 0.085]\n")
    tasks.simulate = real
    sweep.sweep(study, folder / "luck", Pool(1))
    rows = kept.read(folder / "luck")
    for measure in ("intimacy", "value_members"):
        wide = rows.pivot(index="replicate", columns="place", values=measure)
        found = measured(wide[0], wide[1], "gain .08", "gain .085")
        same, apart = found["seeds_needed"], found["seeds_apart"]
        gaps = np.var(wide[0], ddof=1) + np.var(wide[1], ddof=1)
        tell(f"{measure}: seeds for ±5 % with the same luck", same)
        tell(f"{measure}: seeds for ±5 % without", apart)
        tell(
            f"{measure}: variance without the same luck over that with it",
            gaps / np.var(wide[1] - wide[0], ddof=1),
            "≥ 4",
        )


def main() -> None:
    """Measure, and store if nothing was left out."""
    parts = {"overhead": overhead, "busy": busy, "store": store, "mesa": against_mesa, "luck": luck}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *parts], help="which; all, if none is named")
    wanted = parser.parse_args().parts
    facts = benchmark.made()
    for name in wanted or parts:
        with tempfile.TemporaryDirectory(prefix="bench-") as aside:
            parts[name](Path(aside))
    if not wanted:
        files.write_json(benchmark.OUT / "studies.json", {**facts, "to_reach": FOUND})
        files.write_text(benchmark.OUT / "README.md", page(benchmark.OUT))


if __name__ == "__main__":
    main()
