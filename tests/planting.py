"""How one planted error is tried: in a copy of the tree, until the first test turns red.

An error in what is compiled is tried uncompiled, in a process of its own: the tests of the rule's own file, then the
other tests of one behaviour each, then whole small runs against censuses. An error above the model (what reads logs and
scenarios, keeps runs and draws conclusions) changes no compiled code: the tests that name its package run compiled, in
a copy that keeps what was compiled.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sim.version import source_hash

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("sim", "experiments", "scenarios", "tests", "pyproject.toml")
FEW = 3  # files of tests, in a sample, for a change that none of them may notice
PATIENCE = 600  # seconds for one step of one error; a test that hangs is no verdict

# The steps, each tried where the one before found nothing. The first, the file's own tests, is called `own`.
ONE_EACH = ("ties", "posts", "draws", "company", "people", "broadcasting", "desk", "planning", "norms", "tables",
            "room", "day", "community", "change", "overriding", "measures", "ledger", "founding")  # fmt: skip
BEHAVIOUR = ["tests/rules", *(f"tests/test_{name}.py" for name in ONE_EACH)]
BEHAVIOUR = [path for path in BEHAVIOUR if (ROOT / path).exists()]
CENSUS = ["tests/test_conservation.py"]
PINS = ["tests/test_baseline.py"]
CAUGHT = ("own", "other", "census")
# The own tests of files that no test file is named for.
OWN = {"acting": "company", "facilitating": "people", "moderating": "people", "table": "tables"}
COMPILED_ALONE = ("by_address",)  # does nothing in plain Python: its own tests are run compiled, and no others

ABOVE = ("experiments/", "sim/logs/", "sim/run.py", "sim/checkpoint.py", "sim/scenario.py", "sim/aside.py")
WITHIN = ("sim/logs/founding.py",)  # a community is founded: tried like the rules
# Tests that tell nothing about a behaviour above the model: pins, the lists of errors, the house, the browser.
ELSEWHERE = ("planted", "house", "digests", "baseline", "new_rule", "benchmark", "studio_page", "parts", "coverage")
# Tests that take long, tried after the others.
LONG = ("answers", "calibration", "cli", "cluster", "docking", "effects", "evidence", "faults", "fuzz", "reference",
        "replications", "report", "strangers", "studies", "studio", "test_study")  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """One error: in `file`, the text `old`, which is there exactly once, becomes `new`."""

    file: str
    kind: str
    old: str
    new: str
    breaks: str

    @property
    def rule(self) -> str:
        """The file's name, without folder and ending."""
        return Path(self.file).stem

    @property
    def above(self) -> bool:
        """Whether it stands above the model."""
        return is_above(self.file)

    def applied(self, source: str) -> str:
        """The source with the error in it; ValueError where `old` is not there exactly once."""
        found = source.count(self.old)
        if found != 1 or self.old == self.new:
            what = "`new` is the same as `old`" if self.old == self.new else f"found {found} times, must be once"
            raise ValueError(f"planted.toml: {self.file}: {self.old!r}: {what}; change the text in planted.toml")
        return source.replace(self.old, self.new)

    def line(self, source: str) -> int:
        """The first line in which the two texts differ, counted from 1."""
        same = os.path.commonprefix([self.old, self.new])
        return source[: source.index(self.old) + len(same)].count("\n") + 1


@dataclass(frozen=True)
class Row:
    """A row of the table: an error and what became of it."""

    rule: str
    kind: str
    file: str
    line: int
    old: str
    new: str
    breaks: str
    caught: bool
    by: str  # own, other, census; pin, nothing (missed); broken (no verdict: another error is needed)
    caught_by: str  # the first test that turned red
    seconds: float


def row_of(error: Planted, by: str, test: str, began: float) -> Row:
    """What became of an error."""
    line = error.line((ROOT / error.file).read_text(encoding="utf-8"))
    seconds = round(time.perf_counter() - began, 1)
    return Row(error.rule, error.kind, error.file, line, error.old, error.new, error.breaks, by in CAUGHT, by, test,
               seconds)  # fmt: skip


def is_above(file: str) -> bool:
    """Whether a file stands above the model, where nothing is compiled."""
    return file.startswith(ABOVE) and file not in WITHIN


def tests_of(file: str) -> list[str]:
    """The file's own tests; above the model, those that name its package, of those that take long the file itself."""
    if is_above(file):
        path = Path(file).with_suffix("")
        package = path.parent if file.count("/") > 1 else path
        own = []
        for test in tests_above():
            text, long = (ROOT / test).read_text(encoding="utf-8"), any(name in test for name in LONG)
            if names(path if long and package.name not in test else package).search(text):
                own.append((long, package.name not in test, test))
        return [test for _, _, test in sorted(own)]
    name = OWN.get(Path(file).stem, Path(file).stem)
    return [path for path in (f"tests/rules/test_{name}.py", f"tests/test_{name}.py") if (ROOT / path).is_file()]


def names(module: Path) -> re.Pattern:
    """What names a module or package in an import."""
    package = module.parent.as_posix().replace("/", r"\.")
    return re.compile(rf"\b{package}(\.{module.name}\b| import [^\n]*\b{module.name}\b)")


@cache
def tests_above() -> list[str]:
    """The tests of what stands above the model: all that name it."""
    above = re.compile(r"\b(experiments|sim\.(logs|run|checkpoint|scenario|aside))\b|from sim import")
    return [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "tests").glob("test_*.py"))
        if path.stem.removeprefix("test_") not in ELSEWHERE and above.search(path.read_text(encoding="utf-8"))
    ]


def steps_of(error: Planted, sampled: bool, harmless: bool) -> dict[str, list[str]]:
    """Which tests are run, in which order: fewer in a sample, and fewer where none is to turn red."""
    steps = {"own": tests_of(error.file)[: FEW if sampled and harmless else None]}
    if error.rule in COMPILED_ALONE or error.above or (sampled and harmless):
        return steps
    steps["other"] = BEHAVIOUR
    if not (sampled or harmless):
        steps |= {"census": CENSUS, "pin": PINS}
    return steps


class FirstRed:
    """A pytest plugin that remembers the first test that turns red."""

    def __init__(self) -> None:
        self.test = self.broken = ""

    def pytest_collectreport(self, report) -> None:
        """Keep what cannot even be imported."""
        self.broken = self.broken or (report.nodeid if report.failed else "")

    def pytest_runtest_logreport(self, report) -> None:
        """Keep the first failure."""
        self.test = self.test or (report.nodeid if report.failed else "")


def copied(names, folder: Path) -> Path:
    """Copy these files and folders of the tree."""
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def compiled_for(copy: Path) -> str:
    """A folder of compiled code for a copy of the tree: what is compiled here already need not be compiled again.

    Numba keeps the code of a file in a folder named for where that file lies (asked of Numba, which has no public name
    for it), and takes it only where the file's age and size are the same: not that of a file with an error in it.
    """
    from numba.core.caching import _CacheLocator

    here = Path(os.environ.get("NUMBA_CACHE_DIR") or ROOT / "sim" / "__pycache__" / f"kernels-{source_hash()}")
    there = copy / ".kernels"
    there.mkdir(exist_ok=True)
    for source in {path.parent for path in (ROOT / "sim").rglob("*.py")}:
        own, of_copy = (_CacheLocator.get_suitable_cache_subpath(str(tree / source.relative_to(ROOT) / "a.py"))
                        for tree in (ROOT, copy))  # fmt: skip
        if (here / own).is_dir() and not (there / of_copy).exists():
            shutil.copytree(here / own, there / of_copy)
    return str(there)


def attempt(error: Planted, steps: dict[str, list[str]]) -> Row:
    """Plant an error in a copy of the tree and run the tests of each step until one turns red; in a fresh process."""
    began, here = time.perf_counter(), Path.cwd()
    by, test = "nothing", ""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = copied(COPIED, Path(folder))
        plant(error, copy)
        os.chdir(copy)
        compiled = error.rule in COMPILED_ALONE
        for name in steps if compiled else step_into(copy, steps):
            red = red_compiled(steps[name], copy, {}) if compiled else red_of(steps[name])
            if red.broken or red.test:
                by, test = (name, red.test) if not red.broken else ("broken", red.broken)
                break
        os.chdir(here)
    return row_of(error, by, test, began)


def attempt_above(error: Planted, steps: dict[str, list[str]], copy: Path) -> Row:
    """Plant an error above the model in this copy, run its tests compiled until one turns red, take the error out."""
    began = time.perf_counter()
    plant(error, copy)
    files = [path for files in steps.values() for path in files]
    red = red_compiled(files, copy, {"NUMBA_CACHE_DIR": compiled_for(copy)})
    shutil.copy2(ROOT / error.file, copy / error.file)
    if red.broken:
        return row_of(error, "broken", red.broken, began)
    by = next((name for name, files in steps.items() if red.test.split("::")[0] in files), "nothing")
    return row_of(error, by, red.test, began)


def plant(error: Planted, copy: Path) -> None:
    """Write the error into a copy of the tree."""
    source = (ROOT / error.file).read_text(encoding="utf-8")
    (copy / error.file).write_text(error.applied(source), encoding="utf-8")


def step_into(copy: Path, steps: dict[str, list[str]]) -> dict[str, list[str]]:
    """Let this process import from the copy alone, uncompiled; the steps that have tests."""
    sys.dont_write_bytecode = True
    sys.path[:] = [str(copy), *(path for path in sys.path if path not in ("", str(ROOT)))]
    for name in list(sys.modules):
        if name.split(".")[0] in ("sim", "tests", "experiments") and name not in ("tests.planted", "tests.planting"):
            del sys.modules[name]
    import numba

    import sim

    assert Path(str(sim.__file__)).is_relative_to(copy.resolve()) and numba.config.DISABLE_JIT
    return {name: files for name, files in steps.items() if files}


UNKNOWN = "ignore::pytest.PytestUnknownMarkWarning"  # marks of the plugins that are left out
QUICK = ["-x", "-q", "--tb=no", "-m", "not slow", "-o", "addopts=", "-p", "no:cacheprovider", "-W", UNKNOWN]


def red_of(files: list[str]) -> FirstRed:
    """Run these tests until the first turns red."""
    import pytest

    red = FirstRed()

    def give_up(*_) -> None:
        red.broken = f"no end after {PATIENCE} s"
        pytest.exit(red.broken)

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = pytest.main([*files, *QUICK], [red])
    signal.alarm(0)
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not red.broken:
        red.broken = f"pytest ended with {code!r}"
    return red


def red_compiled(files: list[str], copy: Path, environment: dict[str, str]) -> FirstRed:
    """Run these tests compiled, in a process of their own, until the first turns red; one that dies is red, too."""
    red = FirstRed()
    left_out = ("NUMBA_DISABLE_JIT", "NUMBA_CACHE_DIR")
    others = {name: value for name, value in os.environ.items() if name not in left_out}
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *files, *QUICK], cwd=copy, capture_output=True, text=True,
            env={**others, "PYTHONPATH": str(copy), **environment}, timeout=2 * PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        red.broken = f"no end after {2 * PATIENCE} s"
        return red
    failed = re.search(r"^(?:FAILED|ERROR) (\S+::\S+)", ended.stdout, re.MULTILINE)
    if failed or ended.returncode < 0:
        red.test = failed[1] if failed else f"{files[0]} ended with signal {-ended.returncode}"
    elif ended.returncode:
        red.broken = f"pytest ended with {ended.returncode}"
    return red
