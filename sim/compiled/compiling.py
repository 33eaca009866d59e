"""Compiling the model once, in two processes, so that a first run does not wait for one after the other.

Numba compiles a function when it is first called, one at a time in a process. Here a second process calls the largest
rules while this one begins the others, and both leave what they compiled in the folder that all runs read.
"""

import gc
import os
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import numba

from sim.community import Community
from sim.compiled.kernel import HERE, config
from sim.scenario import load

MEMBERS = 30
OTHER = ("plan", "read", "create", "observe")
REST = ("dawn", "join", "need", "visit", "receive", "post", "meet", "solve", "keep_norms", "tell", "improve", "leave")


def call(rules: tuple[str, ...]) -> None:
    """Call `rules` on a small community, which compiles them or finds them compiled."""
    gc.disable()  # an eighth of the time would go to looking for garbage among what the compiler keeps
    community = Community(load("facilitation", {"community.members": MEMBERS}), 0)
    for rule in rules:
        getattr(community, rule)()
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
        call(REST)
        compiled = other.wait() == 0
    call(("step", "observe"))
    if compiled:  # the folder may be gone: a newer version of the model clears those of older ones away
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()


if __name__ == "__main__":
    call(OTHER)
