"""Kill a sweep at random moments, and count what was lost, doubled or corrupt.

    python -m tests.faults --kills 100

The sweep is the real one (plan, pool, locks, files, going on); only the run itself is a stand-in that takes a few
milliseconds, so that a hundred kills take minutes. Each sweep is started again until it is whole.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from experiments.runs import tasks
from experiments.runs.pool import Pool
from experiments.study import sweep

FORKS = multiprocessing.get_context("forkserver")  # a process that has imported all that a sweep needs, and forks
FORKS.set_forkserver_preload(["pandas", "duckdb", "pyarrow.parquet", "experiments.study.sweep"])
STUDY = """
question = "Is anything lost when workers and parent are killed?"
scenarios = ["broadcast", "facilitation"]
replicates = {replicates}
measures = ["intimacy", "reach"]
days = [3, 6]
[hold]
community.days = 6
community.members = 40
[vary]
ties.gain = {{ low = 0.05, high = 0.2, steps = 25 }}
"""
SECONDS = 0.004  # of a run


def expected(point: str, seed: int, day: int) -> float:
    """What the stand-in measures."""
    return (int(point, 16) % 10_007 + seed % 10_009) * (1 + day)


def simulate(study, task):
    """The stand-in for a run."""
    time.sleep(SECONDS)
    values = np.array([float(expected(task.point.key, task.seed, day)) for day in study.days])
    return SimpleNamespace(days=np.array(study.days), series={"intimacy": values, "reach": -values})


def run(folder: Path) -> None:
    """One command's sweep with two workers."""
    from experiments.study.file import read

    tasks.simulate, tasks.warm_up = simulate, lambda scenario: None
    sweep.sweep(read(str(folder / "study.toml")), folder / "store", Pool(2))


def torment(folder: Path, kills: int, dice: random.Random) -> int:
    """Run one sweep to its end, killing at random until `kills` are spent; returns how many were."""
    spent = 0
    while True:
        before = len(list((folder / "store").glob("runs/*")))
        sweeping = FORKS.Process(target=run, args=(folder,))
        sweeping.start()
        while sweeping.exitcode is None and spent < kills and len(list((folder / "store").glob("runs/*"))) == before:
            time.sleep(0.01)
        time.sleep(dice.uniform(0.0, 1.2))
        if sweeping.exitcode is None and spent < kills:
            sweeping.kill()
            spent += 1
        sweeping.join(300)
        if sweeping.exitcode == 0:
            return spent
        assert sweeping.exitcode == -signal.SIGKILL, f"the sweep failed: {sweeping.exitcode}"


def count(folder: Path) -> dict[str, int]:
    """What is wrong with a finished store; all zero if nothing is."""
    import pandas as pd
    import pyarrow.parquet as pq

    from experiments.study.design import Plan
    from experiments.study.file import read
    from sim.version import model_hash

    study = read(str(folder / "study.toml"))
    plan = Plan(study, model_hash())
    wanted = {
        (key.decode(), study.seed_of(r), day)
        for key in plan.keys.ravel()
        for r in range(study.replicates)
        for day in study.days
    }
    corrupt, tables = 0, []
    for path in (folder / "store" / "runs").iterdir():
        try:
            tables.append(pq.read_table(path).to_pandas())
        except Exception:
            corrupt += 1
    found = pd.concat(tables)
    names = list(zip(found["point"], found["seed"], found["day"], strict=True))
    right = [expected(*name) for name in names]
    return {
        "lost": len(wanted - set(names)),
        "doubled": len(names) - len(set(names)),
        "corrupt": corrupt
        + int((found["intimacy"] != right).sum())
        + int((found["reach"] != [-v for v in right]).sum()),
        "failed": int(found["error"].notna().sum()),
        "strange": len(set(names) - wanted),
        "left over": len(list((folder / "store").rglob(".*.parquet*"))),
    }


def ordeal(kills: int, seed: int = 1, replicates: int = 40) -> tuple[int, dict[str, int]]:
    """Kill so many times over as many sweeps as that takes; returns the kills done and what is wrong in sum."""
    dice = random.Random(seed)
    spent, wrong = 0, {}
    while spent < kills:
        with tempfile.TemporaryDirectory(prefix="faults-") as name:
            folder = Path(name)
            (folder / "study.toml").write_text(STUDY.format(replicates=replicates))
            spent += torment(folder, kills - spent, dice)
            for key, value in count(folder).items():
                wrong[key] = wrong.get(key, 0) + value
    return spent, wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    started = time.monotonic()
    done, faults = ordeal(given.kills, given.seed)
    print(f"{done} kills in {time.monotonic() - started:.0f} s: {faults}")
    sys.exit(any(faults.values()))
