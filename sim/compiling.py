"""Compiling the model once, in two processes, so that a first run does not wait for one after the other.

Numba compiles a function when it is first called, one at a time in a process. Here two processes call one half of the
rules each, on a community of a few strangers, and leave what they compiled in the folder that all runs read.
"""

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np

from sim.community import Community
from sim.kernel import HERE, config
from sim.scenario import load

MEMBERS, VISITORS = 30, 2
REST = (
    "_morning",
    "join",
    "need",
    "receive",
    "plan",
    "meet",
    "solve",
    "keep_norms",
    "tell",
    "leave",
    "feel",
    "observe",
)
OTHER = ("post", "read", "create")  # measured on two busy cores: 15.7 s of CPU, imports included; the rest 14.0 s


class Strangers(Community):
    """A community whose founders are blank rows: what founding calls is compiled by the other process."""

    def _found(self, founding: Any) -> None:
        self.members.add(MEMBERS)
        self.ties.add(MEMBERS)
        self.day, found = 1, np.arange(VISITORS)
        self.visitors, self.hours = found, np.zeros(VISITORS)
        self.left, self.turns, self.bits = (np.zeros(VISITORS, np.int64) for _ in range(3))


def call(kind: type[Community], rules: tuple[str, ...]) -> None:
    """Call `rules` on a small community, which compiles them or finds them compiled."""
    community = kind(load("facilitation", {"community.members": MEMBERS}), 0)
    gc.disable()  # an eighth of the time would go to looking for garbage among what the compiler keeps
    for rule in rules:
        community.gatherings = 1
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
    with subprocess.Popen([sys.executable, "-m", "sim.compiling"], env=child, stdout=subprocess.DEVNULL) as other:
        call(Community, ("visit", *REST))
        compiled = other.wait() == 0
    if compiled:  # the folder may be gone: a newer version of the model clears those of older ones away
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()


if __name__ == "__main__":
    call(Strangers, OTHER)
