"""Kernels are parts until Python enters: what of Numba's inside this leans on, and that it does what it says."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.compiled.kernel import COMPILED, Kernel, cache_folder, choose_cache, config, kernel, written_by_us_alone
from sim.version import source_hash

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not COMPILED, reason="nothing is compiled here")


@kernel
def halved(x):
    return x / 2.0


@kernel
def filled(cells, x):
    for at in range(cells.size):
        cells[at] = halved(x) + at


@pytest.fixture
def anew(tmp_path, monkeypatch):
    """Both kernels as nobody has compiled them yet: an earlier run has left nothing of them on disk."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    for one in (halved, filled):
        monkeypatch.setattr(sys.modules[__name__], one.__name__, Kernel(one.py_func))


def test_numba_has_what_parts_are_made_of():
    from numba import _dynfunc
    from numba.core import caching, codegen, compiler, compiler_machinery, typed_passes

    library = codegen.JITCodeLibrary
    for name in ("add_linking_library", "finalize", "_get_module_for_linking", "serialize_using_object_code"):
        assert callable(getattr(library, name)), name
    made = library.__init__.__code__.co_names + codegen.CPUCodeLibrary.__init__.__code__.co_names
    assert {"_linking_libraries", "_final_module"} <= set(made)
    assert caching.FunctionCache._impl_class is caching.CompileResultCacheImpl
    assert list(inspect.signature(compiler.CompileResult._rebuild).parameters)[:5] == [
        "target_context", "libdata", "fndesc", "env", "signature",
    ]  # fmt: skip
    assert hasattr(compiler.Flags(), "_values")
    assert compiler.Flags.no_compile is not None and callable(_dynfunc.make_function)
    whole = compiler.DefaultPassBuilder.define_nopython_pipeline
    assert callable(whole) and callable(compiler_machinery.PassManager.add_pass)
    assert issubclass(typed_passes.NativeLowering, compiler_machinery.CompilerPass)


def test_every_idle_step_is_one_of_numbas_by_name():
    from numba.core import typed_passes, untyped_passes

    from sim.compiled.parts import IDLE

    known = {*vars(typed_passes), *vars(untyped_passes)}
    assert known >= IDLE, f"Numba has no steps {sorted(IDLE - known)}: look whether they have other names"


def test_a_called_kernel_is_neither_optimised_nor_written_and_python_gets_its_result(anew):
    from sim.compiled.parts import Entry, Part

    cells = np.zeros(3)
    filled(cells, 4.0)
    assert cells.tolist() == [2.0, 3.0, 4.0]
    assert isinstance(halved, Kernel)
    (part,) = halved.inner.overloads.values()
    (entry,) = filled._door.overloads.values()
    assert type(part.library) is Part and type(entry.library) is Entry
    assert not part.library.codegen._engine.is_symbol_defined(part.fndesc.llvm_func_name)
    assert part.library in entry.library._linking_libraries


def test_a_part_from_disk_brings_along_what_it_calls(anew):
    from numba import float64, types
    from numba.core.registry import cpu_target

    from sim.compiled.parts import Part, called

    given = (types.Array(float64, 1, "C"), float64)
    filled.inner.compile(given)
    filled.inner._cache.save_overload(given, filled.inner.overloads[given])
    stored = filled.inner._cache.load_overload(given, cpu_target.target_context)
    assert type(stored.library) is Part and called([stored.library]) == [stored.library]
    defined = {function.name for function in stored.library._final_module.functions if not function.is_declaration}
    (part,) = halved.inner.overloads.values()
    assert {part.fndesc.llvm_func_name, stored.fndesc.llvm_func_name} <= defined


@kernel
def quartered(x):
    return halved(halved(x))


OF_NUMBA = """
import numba, numpy as np
from sim.compiled.draws import normal
from tests.test_parts import quartered

@numba.njit
def both(who):
    return quartered(8.0), normal(7, who, 0)

assert both(3) == (2.0, normal(7, 3, 0)), both(3)
"""


def test_a_function_compiled_by_numba_itself_has_all_that_the_kernels_it_calls_need():
    """In a process that has compiled nothing else: what is missing there is a crash, not an exception."""
    done = subprocess.run([sys.executable, "-c", OF_NUMBA], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


# Where they are kept: pickles, which nobody else may have written


def closed(path):
    """A folder that this user alone can write to."""
    path.mkdir(parents=True)
    path.chmod(0o700)
    return path


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_folder_that_others_can_write_to_is_not_read(tmp_path, mode):
    """Neither where it is open itself nor where one above it is, in which it could be exchanged."""
    name = f"kernels-{source_hash()}"
    shut = closed(tmp_path / "shut")
    assert cache_folder((shut,)) == shut / name
    (shut / name).chmod(mode)
    assert cache_folder((shut,)) is None
    above = closed(tmp_path / "above")
    inside = closed(above / "inside")
    above.chmod(mode)
    sticky = mode & 0o1000
    assert cache_folder((inside,)) == (inside / name if sticky else None)  # as in /tmp, where each keeps his own
    other = closed(tmp_path / "other")
    (other / "link").symlink_to(shut)
    assert cache_folder((other / "link", other)) == other / name


def test_what_is_made_is_closed_whatever_the_umask(tmp_path):
    mask = os.umask(0)
    try:
        assert cache_folder((closed(tmp_path / "home") / "hearthside",))
    finally:
        os.umask(mask)


def test_a_folder_of_somebody_else_is_not_read(tmp_path, monkeypatch):
    shut = closed(tmp_path / "shut")
    assert written_by_us_alone(shut)
    if os.getuid() == 0:
        os.chown(shut, 10_000_000, 10_000_000)
    else:
        monkeypatch.setattr(os, "getuid", lambda: 10_000_000)
    assert not written_by_us_alone(shut)


def test_where_nothing_can_be_kept_each_start_compiles_and_says_so(tmp_path, monkeypatch, capsys):
    shared = closed(tmp_path / "shared")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(shared))
    assert choose_cache() == str(shared) and not capsys.readouterr().err
    shared.chmod(0o777)
    (shared / "planted.nbi").write_bytes(b"\x80\x04")
    chosen = Path(choose_cache())
    assert chosen != shared and not list(chosen.iterdir()) and chosen.stat().st_mode & 0o777 == 0o700
    assert str(shared) in capsys.readouterr().err
