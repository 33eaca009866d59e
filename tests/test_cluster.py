"""A real Dask cluster on loopback: processes of its own, workers killed and one late, and the rows of a local run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from experiments.runs import cluster as module
from experiments.runs import store
from experiments.runs.given import BadInput
from experiments.runs.pool import ClusterLost, Pool
from experiments.runs.tasks import Progress
from experiments.study import sweep
from tests.test_study import GRID, LEAST, written

pytest.importorskip("distributed")
ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "20"}


class Cluster:
    """A scheduler and workers."""

    def __init__(self, folder: Path):
        self.folder, self.processes = folder, []
        with open(folder / "scheduler", "w") as said:
            self.start(said, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        deadline, found = time.monotonic() + 120, None
        while not found and time.monotonic() < deadline:
            time.sleep(0.1)
            found = re.search(r"tcp://127\.0\.0\.1:\d+", (folder / "scheduler").read_text())
        assert found, "no scheduler"
        self.address = found.group()

    def start(self, said, *words):
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
        self.processes.append(subprocess.Popen(command, cwd=self.folder, env=ENVIRONMENT, stdout=said, stderr=said))
        return self.processes[-1]

    def worker(self):
        with open(self.folder / "workers", "a") as said:
            return self.start(said, "worker", self.address, "--nthreads", "1", "--no-dashboard", "--no-nanny")


@contextmanager
def cluster(folder):
    made = Cluster(folder)
    try:
        yield made
    finally:
        for process in made.processes:
            process.kill()
            process.wait()


def test_a_cluster_gives_the_rows_of_a_local_run_though_workers_die_and_one_joins_late(tmp_path):
    text = LEAST.replace("= 2", "= 15") + GRID
    study = written(tmp_path, text)
    with cluster(tmp_path) as workers:
        first = [workers.worker(), workers.worker()]
        with module.connected(workers.address) as pool:
            while pool.width() < 2:
                time.sleep(0.1)
            done: list[int] = []
            seen = threading.Event()

            class Killing(Progress):
                def done(self, count=1, note=""):
                    done.append(count)
                    if sum(done) > 5 and not seen.is_set():
                        seen.set()
                        first[0].send_signal(signal.SIGKILL)
                        workers.worker()

            result = sweep.sweep(study, tmp_path / "there", pool, progress=Killing())
        assert seen.is_set() and first[0].poll() is not None
        assert (result.stored, result.failed) == (60, 0)

        class Cutting(Progress):
            def done(self, count=1, note=""):
                workers.processes[0].kill()

        with module.connected(workers.address) as pool, pytest.raises(ClusterLost, match="has gone away"):
            sweep.sweep(study, tmp_path / "cut", pool, progress=Cutting())
    sweep.sweep(study, tmp_path / "here", Pool(1))
    cut = sweep.sweep(study, tmp_path / "cut", Pool(1))  # what was cut short goes on here
    assert (cut.stored, cut.failed) == (60, 0)
    pd.testing.assert_frame_equal(*(store.read(tmp_path / name) for name in ("here", "cut")), check_exact=True)
    here, there = (store.read(tmp_path / name) for name in ("here", "there"))
    pd.testing.assert_frame_equal(here, there, check_exact=True)


def test_nobody_at_the_address(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 1)
    with pytest.raises(BadInput, match="no scheduler answers"), module.connected("tcp://127.0.0.1:9"):
        pass
