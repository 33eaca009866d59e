"""Compiling the model once, in two processes, so that a first run does not wait for one after the other.

Numba compiles a function when it is first called, one at a time in a process. Here a second process compiles the
largest rules while this one compiles the others, and both leave what they compiled in the folder that all runs read.
"""

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba

from sim import measures
from sim.community import Community
from sim.compiled.kernel import HERE, config
from sim.ledger import account
from sim.rules import leaving, meeting, needing, posting, reading, receiving, solving, telling, visiting
from sim.scenario import load
from sim.team import planning

MEMBERS = 30
OTHER = (planning.plan, reading.read, posting.post)
REST = (visiting.visit, meeting.meet, measures.observe, account, needing.need, receiving.receive, telling.tell,
        leaving.leave, solving.solve)  # fmt: skip


def compile_these(rules: tuple[Any, ...]) -> None:
    """Compile `rules` for what every rule is given."""
    gc.disable()  # an eighth of the time would go to looking for garbage among what the compiler keeps
    given = Community(load("facilitation", {"community.members": MEMBERS}), 0).given
    for rule in rules:
        rule.inner.compile(tuple(numba.typeof(item) for item in given))
    gc.enable()


def compile_all() -> None:
    """Compile what is not compiled yet; returns at once where all is (or where nothing is to be compiled)."""
    made_by = (sys.implementation.cache_tag, numba.__version__, llvm.get_host_cpu_name())
    done = Path(config.CACHE_DIR) / "-".join(("all-compiled", *made_by))
    if config.DISABLE_JIT or done.exists():
        return
    path = os.pathsep.join(filter(None, (str(HERE.parent), os.environ.get("PYTHONPATH"))))
    child = {**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(config.CACHE_DIR)}
    with subprocess.Popen(
        [sys.executable, "-m", "sim.compiled.compiling"], env=child, stdout=subprocess.DEVNULL
    ) as other:
        compile_these(REST)
        compiled = other.wait() == 0
    community = Community(load("facilitation", {"community.members": MEMBERS}), 0)
    community.run(1, every=1)  # the day itself, out of what both have compiled
    community.observe()
    if compiled:  # the folder may be gone: a newer version of the model clears those of older ones away
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()


if __name__ == "__main__":
    compile_these(OTHER)
