"""A hundred parts of a study that start together, in forked processes, with locks that hold nobody back.

    python -m tests.parts_at_once FOLDER 100      prints how many parts failed, and runs that a last command had to do

Meanwhile this process does again and again what a command without a part does at its start and at its end: it takes
away what seems left half written, and gathers files. That is what two nodes do to each other on a disk without locks.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path

from experiments.runs import files, store
from experiments.runs.pool import Pool
from experiments.runs.tasks import Progress
from experiments.study import file, sweep

STUDY = {
    "question": "q",
    "scenarios": ["broadcast", "facilitation"],
    "replicates": 8,
    "measures": ["intimacy", "reach"],
    "hold": {"community.members": 30, "community.days": 4},
    "vary": {"ties.gain": [0.05, 0.1, 0.15, 0.2], "ties.slots": [4, 8, 12, 16]},
}


def study() -> file.Study:
    return file.checked(STUDY, "study", "study")


class Counted(Progress):
    """Counts the runs that were done."""

    count = 0

    def done(self, count: int = 1, note: str = "") -> None:
        self.count += count


def part(folder: Path, k: int, n: int, go: int) -> None:
    """Wait for the word, then do a part."""
    os.read(go, 1)
    try:
        sweep.sweep(study(), folder, Pool(1), sweep.Order(part=(k, n)))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def at_once(folder: Path, n: int) -> dict[str, int]:
    """Do n parts at once, and then what is missing."""
    files._locked = lambda file, alone: True  # type: ignore[assignment]
    waiting, word = os.pipe()
    children = set()
    for k in range(1, n + 1):
        if not (child := os.fork()):
            os.close(word)
            part(folder, k, n, waiting)
        children.add(child)
    os.close(word)
    failed = looks = 0
    while children:
        looks += 1
        if (folder / store.MANIFEST).exists():
            with files.held(folder):
                if len(store.shards(folder)) > store.MANY and (folder / "points.parquet").exists():
                    store.gather(folder)
        done, status = os.waitpid(-1, os.WNOHANG)
        if done:
            children.remove(done)
            failed += status != 0
        else:
            time.sleep(0.01)
    told = Counted()
    result = sweep.sweep(study(), folder, Pool(1), progress=told)
    return {"failed": failed, "looks": looks, "left": told.count, "stored": result.stored, "planned": result.planned}


if __name__ == "__main__":
    from sim.run import run
    from sim.scenario import load

    sweep.sweep(
        file.checked({**STUDY, "replicates": 1, "vary": {}}, "study", "study"), Path(sys.argv[1]) / "first", Pool(1)
    )
    run(load("baseline", {"community.days": 2, "community.members": 20}), 1)  # all is imported before the fork
    print(json.dumps(at_once(Path(sys.argv[1]) / "parts", int(sys.argv[2]))))
