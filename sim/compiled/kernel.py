"""What "compiled" means here, said once: Numba, kept on disk, exact (no fastmath, no threads inside a run).

Compiled code is kept in a folder named for the content of the model (all of `sim/`): Numba looks only at the file that
holds a function, and would go on using it when a function that it calls, in another file, has changed.
"""

import functools
import hashlib
import math
import os
import shutil
import tempfile
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
from numba import types
from numba.core.types import unliteral
from numba.extending import typeof_impl

from sim.compiled.parts import EntryCompiler, PartCache, PartCompiler

HERE = Path(__file__).resolve().parent.parent


def cache_folder() -> Path:
    """Make the folder of compiled code of exactly this source: beside it, or in the user's cache if that is closed."""
    digest = hashlib.sha256()
    for path in sorted(HERE.rglob("*.py")):
        digest.update(path.relative_to(HERE).as_posix().encode() + path.read_bytes())
    name = f"kernels-{digest.hexdigest()[:16]}"
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    for base in (HERE / "__pycache__", Path(home) / "hearthside"):  # folders that nobody but the user writes
        try:
            (base / name).mkdir(parents=True, exist_ok=True)
            if not os.access(base / name, os.W_OK):
                continue
            for old in base.glob("kernels-*"):
                if old.name != name:
                    shutil.rmtree(old, ignore_errors=True)
            return base / name
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="hearthside-"))


config: Any = numba.config
if "NUMBA_CACHE_DIR" not in os.environ:
    config.CACHE_DIR = str(cache_folder())
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
