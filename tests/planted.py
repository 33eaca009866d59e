"""Planted errors: does a test turn red when a rule is wrong? `python -m tests.planted` tries every one.

tests/planted.toml lists errors that somebody could make: a sign, a bound, an off-by-one, a swapped argument, a missing
decay, a wrong draw. Each is planted in a copy of the tree, in a temporary folder and a process of its own, and tests
run there uncompiled until the first turns red: those of the rule's own file, then the other tests of one behaviour
each, then whole small runs against censuses. What only a pinned number notices counts as missed (`by` is `pin`): a pin
tells that something has changed, and not that it is wrong. Results go to results/planted-errors/ where all were tried.

    python -m tests.planted                        all, some minutes; stopped, it can be gone on with
    python -m tests.planted --only reading         the errors of one file; prints, and writes no table
    python -m tests.planted --sample               one error a file, chosen by the file's content, behaviour tests alone

Why not a kept tool: mutmut and cosmic-ray make mutants by operator, thousands of them, many without an effect; neither
takes a list of chosen errors, tells which test caught one, or knows a pin from a behaviour.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import multiprocessing
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sim.version import model_hash

ROOT = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_suffix(".toml")
TABLE = ROOT / "results" / "planted-errors" / "table.csv"
PARTIAL = TABLE.with_name(".partial.jsonl")
COPIED = ("sim", "experiments", "scenarios", "tests", "pyproject.toml")
LOADED = ["mesa", "networkx", "numba", "pandas", "pydantic", "pytest", "rich.progress", "scipy.stats", "typer"]
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

    def applied(self, source: str) -> str:
        """The source with the error in it; ValueError where `old` is not there exactly once."""
        found = source.count(self.old)
        if found != 1 or self.old == self.new:
            what = "`new` is the same as `old`" if self.old == self.new else f"found {found} times, must be once"
            raise ValueError(f"{LIST.name}: {self.file}: {self.old!r}: {what}; change the text in {LIST.name}")
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


def listed(key: str = "error") -> list[Planted]:
    """The errors (or, under "harmless", the changes that must be missed) of tests/planted.toml."""
    return [Planted(**item) for item in tomllib.loads(LIST.read_text(encoding="utf-8"))[key]]


def tests_of(error: Planted | Row) -> list[str]:
    """The file's own tests."""
    name = OWN.get(error.rule, error.rule)
    return [path for path in (f"tests/rules/test_{name}.py", f"tests/test_{name}.py") if (ROOT / path).is_file()]


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


def attempt(error: Planted, steps: dict[str, list[str]]) -> Row:
    """Plant an error in a copy of the tree and run the tests of each step until one turns red; in a fresh process."""
    began, source = time.perf_counter(), (ROOT / error.file).read_text(encoding="utf-8")
    by, test = "nothing", ""
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder)
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / name, copy / name)
        (copy / error.file).write_text(error.applied(source), encoding="utf-8")
        os.chdir(copy)
        compiled = error.rule in COMPILED_ALONE
        for name in steps if compiled else step_into(copy, steps):
            red = red_compiled(steps[name], copy) if compiled else red_of(steps[name])
            if red.broken or red.test:
                by, test = (name, red.test) if not red.broken else ("broken", red.broken)
                break
        os.chdir(here)
    seconds = round(time.perf_counter() - began, 1)
    line = error.line(source)
    return Row(error.rule, error.kind, error.file, line, error.old, error.new, error.breaks, by in CAUGHT, by, test,
               seconds)  # fmt: skip


def step_into(copy: Path, steps: dict[str, list[str]]) -> dict[str, list[str]]:
    """Let this process import from the copy alone, uncompiled; the steps that have tests."""
    sys.dont_write_bytecode = True
    sys.path[:] = [str(copy), *(path for path in sys.path if path not in ("", str(ROOT)))]
    for name in list(sys.modules):
        if name.split(".")[0] in ("sim", "tests", "experiments") and name != "tests.planted":
            del sys.modules[name]
    import numba

    import sim

    assert Path(str(sim.__file__)).is_relative_to(copy.resolve()) and numba.config.DISABLE_JIT
    return {name: files for name, files in steps.items() if files}


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
        unknown = "ignore::pytest.PytestUnknownMarkWarning"  # marks of the plugins that are left out
        quick = ["-x", "-q", "--tb=no", "-o", "addopts=", "-p", "no:cacheprovider", "-W", unknown]
        code = pytest.main([*files, *quick], [red])
    signal.alarm(0)
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not red.broken:
        red.broken = f"pytest ended with {code!r}"
    return red


def red_compiled(files: list[str], copy: Path) -> FirstRed:
    """Run these tests compiled, in a process of their own, until the first turns red; one that dies is red, too."""
    red = FirstRed()
    left_out = ("NUMBA_DISABLE_JIT", "NUMBA_CACHE_DIR")
    others = {name: value for name, value in os.environ.items() if name not in left_out}
    unknown = "ignore::pytest.PytestUnknownMarkWarning"
    quick = ["-x", "-q", "--tb=no", "-o", "addopts=", "-p", "no:cacheprovider", "-W", unknown]
    command = [sys.executable, "-m", "pytest", *files, *quick]
    said = subprocess.run(command, cwd=copy, env={**others, "PYTHONPATH": str(copy)}, capture_output=True, text=True)
    failed = re.search(r"^FAILED (\S+)", said.stdout, re.MULTILINE)
    if failed or said.returncode < 0:
        red.test = failed[1] if failed else f"{files[0]} ended with signal {-said.returncode}"
    elif said.returncode:
        red.broken = f"pytest ended with {said.returncode}"
    return red


def steps_of(error: Planted, sampled: bool, harmless: bool) -> dict[str, list[str]]:
    """Which tests are run, in which order: fewer in a sample, and fewer where none is to turn red."""
    steps = {"own": tests_of(error)}
    if error.rule in COMPILED_ALONE:
        return steps
    if not (sampled and harmless):
        steps["other"] = BEHAVIOUR
    if not (sampled or harmless):
        steps |= {"census": CENSUS, "pin": PINS}
    return steps


def sample(errors: list[Planted]) -> list[Planted]:
    """One error a file; which one depends on the file's content, so that who edits a rule meets another."""
    by_file: dict[str, list[Planted]] = {}
    for error in errors:
        by_file.setdefault(error.file, []).append(error)
    digests = {name: hashlib.sha256((ROOT / name).read_bytes()).digest() for name in by_file}
    return [errors[int.from_bytes(digests[name][:4]) % len(errors)] for name, errors in by_file.items()]


def try_all(jobs: dict[Planted, dict[str, list[str]]], workers: int, done, console: Console) -> list[Row]:
    """Try errors side by side, each in a process of its own; `done` is called with each row as it comes."""
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    os.environ.update(threads, NUMBA_DISABLE_JIT="1", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)  # imported once; each process begins with them and without the model
    rows = []
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        ProcessPoolExecutor(workers, mp_context=context, max_tasks_per_child=1) as pool,
        Progress(*bar, console=console) as progress,
    ):
        task = progress.add_task("planted errors", total=len(jobs))
        futures = [pool.submit(attempt, error, steps) for error, steps in jobs.items()]
        try:
            for future in as_completed(futures):
                row = future.result()
                rows.append(row)
                done(row)
                progress.advance(task)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return rows


def digest(names: Iterable[str]) -> str:
    """A hash of files, and of the Python and TOML files in folders."""
    found = hashlib.sha256()
    for name in names:
        paths = sorted((ROOT / name).rglob("*")) if (ROOT / name).is_dir() else [ROOT / name]
        for path in paths:
            if path.suffix in (".py", ".toml"):
                found.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:12]


def grounds(error: Planted | Row) -> str:
    """A hash of all that it depends on whether the file's own tests catch an error in it."""
    return digest(["sim", "scenarios", "tests/tiny.py", "tests/world.toml", *tests_of(error)])


def gone_on_with() -> list[Row]:
    """Rows of a run that was stopped, of errors that the same tests of the same source have caught."""
    lines = PARTIAL.read_text(encoding="utf-8").splitlines() if PARTIAL.exists() else []
    rows = [(line.pop("grounds"), Row(**line)) for line in map(json.loads, lines)]
    return [row for found, row in rows if row.by == "own" and found == grounds(row)]


def keep(row: Row) -> None:
    """Put a row aside for the case that the run is stopped."""
    PARTIAL.parent.mkdir(parents=True, exist_ok=True)
    with PARTIAL.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"grounds": grounds(row), **asdict(row)}) + "\n")


def read_rows(path: Path) -> list[Row]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Row(**{**item, "line": int(item["line"]), "caught": item["caught"] == "True",
                   "seconds": float(item["seconds"])})
            for item in csv.DictReader(file)
        ]  # fmt: skip


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(row) for row in rows)


def about(rows: list[Row], harmless: int) -> dict:
    """What the table was made with, and its counts."""
    said = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    changed = subprocess.run(["git", "status", "--porcelain", "--", *COPIED], cwd=ROOT, capture_output=True, text=True)
    return {
        "command": "python -m tests.planted",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": said.stdout.strip() + (" with changes" if changed.stdout.strip() else ""),
        "python": platform.python_version(),
        "model": model_hash(),
        **{name: version(name) for name in ("numba", "numpy", "mesa", "pytest")},
        "errors": len(rows),
        "caught": sum(row.caught for row in rows),
        "by": dict(Counter(row.by for row in rows)),
        "harmless changes, missed as they must be": harmless,
        "seconds of all together": round(sum(row.seconds for row in rows)),
    }


def main(
    only: Annotated[str, typer.Option(help="The errors of this file alone, such as reading.")] = "",
    sampled: Annotated[bool, typer.Option("--sample", help="One error a file, behaviour tests alone.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Errors tried at a time.")] = 2,
    out: Annotated[Path | None, typer.Option(help="A table of what was tried; all: results/planted-errors/.")] = None,
) -> None:
    """Try planted errors: exit code 0 if a behaviour test caught each, and no harmless change, else 1."""
    console = Console(stderr=True)
    errors, harmless = listed(), listed("harmless")
    try:
        for error in [*errors, *harmless]:
            error.applied((ROOT / error.file).read_text(encoding="utf-8"))
    except ValueError as problem:
        console.print(str(problem), markup=False)
        raise typer.Exit(2) from None
    chosen = [error for error in errors if not only or error.rule == only]
    if not chosen:
        console.print(f"--only {only}: no error is listed for it; there are {sorted({e.rule for e in errors})}")
        raise typer.Exit(2)
    chosen = sample(chosen) if sampled else chosen
    whole = not (only or sampled)
    known = {(row.file, row.old, row.new): row for row in gone_on_with()} if whole else {}
    todo = [error for error in [*harmless, *chosen] if (error.file, error.old, error.new) not in known]
    jobs = {error: steps_of(error, sampled, error in harmless) for error in todo}
    rows = [*known.values(), *try_all(jobs, workers, keep if whole else lambda row: None, console)]
    found = {(row.file, row.old, row.new): row for row in rows}
    passed = [found[change.file, change.old, change.new] for change in harmless]
    rows = [found[error.file, error.old, error.new] for error in chosen]
    if out or whole:
        write_rows(out or TABLE, rows + (passed if sampled else []))
    false = [row for row in passed if row.by != "nothing"]
    if whole and not out:
        described = json.dumps(about(rows, len(passed) - len(false)), indent=2)
        TABLE.with_name("about.json").write_text(described + "\n", encoding="utf-8")
        PARTIAL.unlink(missing_ok=True)
    for row in rows:
        if not row.caught:
            console.print(f"missed: {row.file}:{row.line}: {row.by}: {row.new.strip()}", markup=False)
    for row in false:
        console.print(f"harmless, and yet: {row.file}: {row.by}: {row.caught_by}", markup=False)
    caught = sum(row.caught for row in rows)
    console.print(f"{len(rows)} errors planted, {caught} caught, {len(rows) - caught} missed; {len(passed)} harmless")
    console.print(str(dict(Counter(row.by for row in rows))), markup=False)
    raise typer.Exit(0 if caught == len(rows) and not false else 1)


if __name__ == "__main__":
    typer.run(main)
