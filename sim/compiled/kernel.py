"""What "compiled" means here, said once: Numba, kept on disk, exact (no fastmath, no threads inside a run).

Compiled code is kept in a folder named for the content of the model (all of `sim/`): Numba looks only at the file that
holds a function, and would go on using it when a function that it calls, in another file, has changed.
"""

import atexit
import functools
import math
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
from numba import types
from numba.core.types import unliteral
from numba.extending import typeof_impl

from sim.compiled.parts import EntryCompiler, PartCache, PartCompiler
from sim.version import source_hash

HERE = Path(__file__).resolve().parent.parent


def written_by_us_alone(folder: Path) -> bool:
    """Whether nobody but this user (and root) can put anything into the folder, or another folder in its place.

    Numba keeps pickles there, and what is unpickled can do anything. A sticky folder, such as /tmp, may lie above: in
    it nobody takes the place of what is another's.
    """
    if not hasattr(os, "getuid"):
        return True  # on Windows a user's folders are closed to others by themselves
    for whole in (folder.absolute(), folder.resolve()):
        for path in (whole, *whole.parents):
            about = path.stat()
            others_write = about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            guarded = path != whole and about.st_mode & stat.S_ISVTX
            if about.st_uid not in (os.getuid(), 0) or (others_write and not guarded):
                return False
    return True


def cache_folder(bases: tuple[Path, ...]) -> Path | None:
    """The folder of compiled code of exactly this source, in the first of `bases` that this user alone can write to.

    It is made, and those of other sources are taken away. None: no base can be used.
    """
    name = f"kernels-{source_hash()}"
    for base in bases:
        try:
            for folder in (base, base / name):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(base / name, os.W_OK) or not written_by_us_alone(base / name):
                continue
            for old in base.glob("kernels-*"):
                if old.name != name:
                    shutil.rmtree(old, ignore_errors=True)
            return base / name
        except OSError:
            continue
    return None


def choose_cache() -> str:
    """Choose where compiled code is kept; if nowhere, a folder for this process alone, with a line that says so."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named is not None:
        Path(named).mkdir(mode=0o700, parents=True, exist_ok=True)
        if written_by_us_alone(Path(named)):
            return named
    elif kept := cache_folder((HERE / "__pycache__", Path(home) / "hearthside")):
        return str(kept)
    print(f"hearthside: others can write to where compiled code would be kept ({named or home}), so it is neither read "
          f"nor kept there: each start compiles for up to a minute", file=sys.stderr)  # fmt: skip
    alone = tempfile.mkdtemp(prefix="hearthside-")
    atexit.register(shutil.rmtree, alone, ignore_errors=True)
    return alone


config: Any = numba.config
if not config.DISABLE_JIT:
    config.CACHE_DIR = choose_cache()
if "NUMBA_OPT" not in os.environ:
    config.OPT = type(config.OPT)(1)  # a third less to wait for than 3, for the same speed and the same bits

HOW: Any = {"error_model": "numpy", "nogil": True, "no_cfunc_wrapper": True, "_nrt": False}
njit: Any = numba.njit
allocating: Any = njit(cache=True, error_model="numpy")  # for what is no rule, and makes its arrays itself
COMPILED = not config.DISABLE_JIT


class Kernel:
    """A compiled function: other compiled functions call `inner`, Python calls `_door`, which is compiled on demand.

    The code that takes Python's objects apart is many times that of most rules, and few are called from Python.
    """

    def __init__(self, function: Any):
        self.py_func = function
        self.inner: Any = njit(**HOW, no_cpython_wrapper=True, pipeline_class=PartCompiler)(function)
        self.inner._cache = PartCache(function)
        self._door: Any = None
        functools.update_wrapper(self, function)
        resolve = self.inner.get_call_template
        self.inner.get_call_template = lambda given, named: resolve(
            tuple(unliteral(kind) for kind in given), {name: unliteral(kind) for name, kind in named.items()}
        )

    def __call__(self, *given: Any) -> Any:
        """Call it from Python."""
        if self._door is None:
            door = FunctionType(self.py_func.__code__, self.py_func.__globals__)
            door.__qualname__ = f"{self.py_func.__qualname__}_door"  # kept on disk under a name of its own
            self._door = njit(**HOW, cache=True, pipeline_class=EntryCompiler)(door)
        return self._door(*given)


if COMPILED:

    @typeof_impl.register(Kernel)
    def _typeof_kernel(kernel: Kernel, context: Any) -> Any:
        return types.Dispatcher(kernel.inner)


def kernel(function: Any) -> Any:
    """Compile what allocates no array; a rule is handed what it fills.

    Numba counts who uses an array whenever one is handed to a function, which in a loop over meetings costs more than
    the meeting. Where nothing is allocated nothing needs counting. And it compiles a function anew for each number that
    stands in a call, draw 1 and draw 2; here once for whole numbers.
    """
    return Kernel(function) if COMPILED else function


@kernel
def growing(x):
    """E to the `x`, where past 700 counts as 700: beyond, plain Python raises and compiled code has no number."""
    return math.exp(min(x, 700.0))


@kernel
def sig(x):
    """The logistic function: logit -> chance in (0, 1)."""
    return 1.0 / (1.0 + growing(-x))


@kernel
def out_of_reach(draw, logit):
    """Whether `draw` is for certain not below the chance at `logit`, found without an exponential.

    E to the y is more than the first terms of its series (.16 for 1/6), from y = 1 on by far more than rounding.
    """
    y = -logit
    return y >= 1.0 and draw * (2.0 + y * (1.0 + y * (0.5 + 0.16 * y))) >= 1.0


@kernel
def log_past_1(x):
    """The logarithm of 1 + `x`; nothing to reckon where there is nothing, which is most often."""
    return math.log(1.0 + x) if x != 0.0 else 0.0


@kernel
def saturated(x, scale):
    """1 - exp(-x / scale), 0-1: how far `x` of 0 or more fills what it can fill; nothing to reckon for 0."""
    return 1.0 - math.exp(-x / scale) if x != 0.0 else 0.0


@kernel
def left_after(half_lives):
    """What is left of 1 after so many half-lives; one formula everywhere, the same bits compiled and not."""
    return math.exp(-0.6931471805599453 * half_lives)


@kernel
def toward(x, share):
    """`x` in [0, 1] moved by `share` of what is missing to 1."""
    return x + share * (1.0 - x)


@kernel
def lift(level, elasticity):
    """Share by which a force at `level` (times its reference, 0 or more) moves what it acts on: constant elasticity."""
    return (1.0 + level) ** elasticity - 1.0
