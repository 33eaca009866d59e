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

from sim.community import Community
from sim.compiled.kernel import HERE, config
from sim.rules import day, room
from sim.scenario import load

MEMBERS = 30
LARGEST = ("plan", "post", "read")  # as long to compile as all others together
DAY = getattr(day.day, "py_func", day.day)  # where nothing is compiled it is the function itself
RULES = (*DAY.__code__.co_names, "has_room", "write_down")  # what a day calls


class Empty(Community):
    """A community that nobody has joined: what its rules are given has the types of any other's."""

    def _add_founders(self, founding: Any) -> None:
        pass


def of_facilitation(kind: type[Community]) -> Community:
    """A small community in which everything happens that rules are compiled for."""
    return kind(load("facilitation", {"community.members": MEMBERS}), 0)


def compile_these(names: tuple[str, ...]) -> None:
    """Compile these rules of the day for what every rule is given."""
    gc.disable()  # an eighth of the time would go to looking for garbage among what the compiler keeps
    given = tuple(numba.typeof(item) for item in of_facilitation(Empty).given)
    for name in names:
        getattr(day, name).inner.compile(given)
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
        compile_these(tuple(rule for rule in RULES if rule not in LARGEST))
        community = of_facilitation(Community)
        community.observe()
        room.room_for(*community.given)
        compiled = other.wait() == 0
    community.run(1, every=1)  # the day itself, out of what both have compiled
    if compiled:  # the folder may be gone: a newer version of the model clears those of older ones away
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()


if __name__ == "__main__":
    compile_these(LARGEST)
