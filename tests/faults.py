"""Kill workers and parent of a sweep at random moments, and count what was lost, doubled or corrupt.

    python -m tests.faults --kills 100

The sweep is the real one (plan, crew, locks, files, going on); only the run itself is a stand-in that takes a few
milliseconds, so that a hundred kills take minutes. Each sweep is started again until it is whole.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from experiments.study import sweep

ROOT = Path(__file__).resolve().parent.parent
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
real = sweep.carry_out


def expected(point: str, seed: int, day: int) -> float:
    """What the stand-in measures."""
    return (int(point, 16) % 10_007 + seed % 10_009) * (1 + day)


def rows(batch, run, about):
    """The stand-in for a run."""
    time.sleep(SECONDS)
    value = {day: expected(run.point.key, run.seed, day) for day in batch.days}
    return [{**about, "day": day, "intimacy": value[day], "reach": -value[day]} for day in batch.days]


def carry_out(batch):
    """What a worker does: the real thing around the stand-in."""
    sweep._rows = rows
    return real(batch)


def run(folder: Path, retry_failed: bool = False) -> None:
    """The parent: one command's sweep with two workers."""
    from experiments.study.file import read

    sweep.carry_out = carry_out
    sweep.sweep(read(str(folder / "study.toml")), folder / "store", sweep.Means(2), retry_failed=retry_failed)


def workers_of(pid: int) -> list[int]:
    """The worker processes of a parent, without Python's own helpers."""
    try:
        found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [one for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
    except OSError:
        return []


def torment(folder: Path, kills: int, dice: random.Random, share_of_parents: float) -> int:
    """Run one sweep to its end, killing at random until `kills` are spent; returns how many were."""
    spent = 0
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    while True:
        command = [sys.executable, "-m", "tests.faults", "--sweep", str(folder)]
        with open(folder / "said", "w") as said:
            parent = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=said)
        while parent.poll() is None:
            if spent >= kills:
                parent.wait(timeout=300)
                break
            while parent.poll() is None and not workers_of(parent.pid):
                time.sleep(0.02)
            time.sleep(dice.uniform(0.0, 1.2))
            victims = workers_of(parent.pid)
            if parent.poll() is not None:
                break
            if dice.random() < share_of_parents:
                parent.kill()
                parent.wait()
                spent += 1
            elif victims:
                os.kill(dice.choice(victims), signal.SIGKILL)
                spent += 1
        if parent.returncode == 0:
            return spent
        if parent.returncode != -signal.SIGKILL:
            raise AssertionError(f"the sweep failed: {(folder / 'said').read_text()}")


def errors_of(folder: Path) -> list[str]:
    """The errors in a store's rows."""
    import pyarrow.parquet as pq

    tables = [pq.read_table(path, columns=["error"]) for path in (folder / "store" / "runs").iterdir()]
    return [error for table in tables for error in table["error"].to_pylist() if error]


def count(folder: Path) -> dict[str, int]:
    """What is wrong with a finished store; all zero if nothing is."""
    import pandas as pd
    import pyarrow.parquet as pq

    from experiments.store import model_hash
    from experiments.study.design import Plan
    from experiments.study.file import read

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


def ordeal(
    kills: int, seed: int = 1, replicates: int = 40, share_of_parents: float = 0.3
) -> tuple[int, dict[str, int]]:
    """Kill so many times over as many sweeps as that takes; returns the kills done and what is wrong in sum."""
    dice = random.Random(seed)
    spent, wrong = 0, {}
    while spent < kills:
        with tempfile.TemporaryDirectory(prefix="faults-") as name:
            folder = Path(name)
            (folder / "study.toml").write_text(STUDY.format(replicates=replicates))
            spent += torment(folder, kills - spent, dice, share_of_parents)
            # A killer who hits one run tried alone again and again looks like a run that kills its worker: its error
            # row is right, and the user's next step is to retry it, once; an error row of any other kind is a fault.
            errors = [error for error in errors_of(folder) if "worker process died over this run" not in error]
            assert not errors, errors[0]
            command = [sys.executable, "-m", "tests.faults", "--sweep", str(folder), "--retry-failed"]
            subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, check=True, timeout=300)
            for key, value in count(folder).items():
                wrong[key] = wrong.get(key, 0) + value
    return spent, wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sweep", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--retry-failed", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.sweep:
        run(given.sweep, given.retry_failed)
    else:
        started = time.monotonic()
        done, faults = ordeal(given.kills, given.seed)
        print(f"{done} kills in {time.monotonic() - started:.0f} s: {faults}")
        sys.exit(any(faults.values()))
