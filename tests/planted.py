"""Planted errors: does a test turn red when something is wrong? `python -m tests.planted` tries every one.

tests/planted.toml lists errors that somebody could make: a sign, a bound, an off-by-one, a swapped argument, a missing
decay, a wrong draw, a wrong column. tests/planting.py tries one. What only a pinned number notices counts as missed
(`by` is `pin`): a pin tells that something has changed, and not that it is wrong. Results go to results/planted-errors/
where all were tried.

    python -m tests.planted                        all, half an hour; stopped, it can be gone on with
    python -m tests.planted --only reading         the errors of one file or folder; prints, and writes no table
    python -m tests.planted --sample               a few errors, chosen by the files' content

Why not a kept tool: mutmut and cosmic-ray make mutants by operator, thousands of them, many without an effect; neither
takes a list of chosen errors, tells which test caught one, or knows a pin from a behaviour.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import multiprocessing
import os
import platform
import subprocess
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sim.version import model_hash
from tests.planting import COPIED, ROOT, Planted, Row, attempt, attempt_above, copied, is_above, steps_of

LIST = ROOT / "tests" / "planted.toml"
TABLE = ROOT / "results" / "planted-errors" / "table.csv"
PARTIAL = TABLE.with_name(".partial.jsonl")
LOADED = ["mesa", "networkx", "numba", "pandas", "pydantic", "pytest", "rich.progress", "scipy.stats", "typer"]
SAMPLED, SAMPLED_ABOVE = 4, 1  # errors in a sample: of the model, and above it, where each waits for its tests
AT_ONCE = 12  # seconds: what took longer to be caught is left to the whole


def listed(key: str = "error") -> list[Planted]:
    """The errors (or, under "harmless", the changes that must be missed) of tests/planted.toml."""
    return [Planted(**item) for item in tomllib.loads(LIST.read_text(encoding="utf-8"))[key]]


def sample(errors: list[Planted]) -> list[Planted]:
    """A few errors of the model and above it, no two of one file; which ones depends on the files' content.

    So that who edits a rule meets other errors, and most are met in time. Those that the stored table calls missed, or
    caught after a while only, are left out.
    """
    left_out = {(row.file, row.old, row.new) for row in read_rows(TABLE) if not row.caught or row.seconds > AT_ONCE}
    by_file: dict[str, list[Planted]] = {}
    for error in errors:
        if (error.file, error.old, error.new) in left_out:
            continue
        by_file.setdefault(error.file, []).append(error)
    digests = {name: hashlib.sha256((ROOT / name).read_bytes()).digest() for name in by_file}
    order = sorted(by_file, key=digests.get)
    chosen = [by_file[name][int.from_bytes(digests[name][:4]) % len(by_file[name])] for name in order]
    within, above = ([error for error in chosen if error.above == is_so] for is_so in (False, True))
    return within[:SAMPLED] + above[:SAMPLED_ABOVE]


def try_all(jobs: dict[Planted, dict[str, list[str]]], workers: int, done, console: Console) -> list[Row]:
    """Try errors side by side; `done` is called with each row as it comes."""
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    os.environ.update(threads, NUMBA_DISABLE_JIT="1", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    rows = []
    with Progress(*bar, console=console) as progress:
        task = progress.add_task("planted errors", total=len(jobs))
        for row in itertools.chain(in_processes(jobs, workers), in_copies(jobs, workers)):
            rows.append(row)
            done(row)
            progress.advance(task)
    return rows


def in_processes(jobs: dict[Planted, dict[str, list[str]]], workers: int) -> Iterator[Row]:
    """Try the errors in the model, each in a process of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)  # imported once; each process begins with them and without the model
    with ProcessPoolExecutor(workers, mp_context=context, max_tasks_per_child=1) as pool:
        yield from ended(pool, [pool.submit(attempt, *job) for job in jobs.items() if not job[0].above])


def in_copies(jobs: dict[Planted, dict[str, list[str]]], workers: int) -> Iterator[Row]:
    """Try the errors above the model, in one copy of the tree a worker, which keeps what was compiled."""
    above = [job for job in jobs.items() if job[0].above]
    if not above:
        return
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    with tempfile.TemporaryDirectory(prefix="planted-") as folder, ThreadPoolExecutor(workers) as pool:
        free: SimpleQueue[Path] = SimpleQueue()
        for worker in range(workers):
            free.put(copied(names, Path(folder, str(worker))))

        def attempt_in_a_copy(error: Planted, steps: dict[str, list[str]]) -> Row:
            copy = free.get()
            try:
                return attempt_above(error, steps, copy)
            finally:
                free.put(copy)

        yield from ended(pool, [pool.submit(attempt_in_a_copy, *job) for job in above])


def ended(pool: Executor, futures: list[Future[Row]]) -> Iterator[Row]:
    """Rows as they come; stopped, it tries no further ones."""
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def digest(names: Iterable[str]) -> str:
    """A hash of files, and of the Python and TOML files in folders."""
    found = hashlib.sha256()
    for name in names:
        paths = sorted((ROOT / name).rglob("*")) if (ROOT / name).is_dir() else [ROOT / name]
        for path in paths:
            if path.suffix in (".py", ".toml"):
                found.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:12]


def grounds(row: Row) -> str:
    """A hash of all that it depends on whether the test that caught an error catches it again."""
    above = ["experiments", "studio"] if is_above(row.file) else []
    return digest(["sim", *above, "scenarios", "tests/tiny.py", "tests/world.toml", row.caught_by.split("::")[0]])


def gone_on_with() -> list[Row]:
    """Rows of a run that was stopped, of errors that the same test of the same source has caught."""
    lines = PARTIAL.read_text(encoding="utf-8").splitlines() if PARTIAL.exists() else []
    rows = [(line.pop("grounds"), Row(**line)) for line in map(json.loads, lines)]
    return [row for found, row in rows if row.caught and found == grounds(row)]


def keep(row: Row) -> None:
    """Put a row aside for the case that the run is stopped."""
    PARTIAL.parent.mkdir(parents=True, exist_ok=True)
    with PARTIAL.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"grounds": grounds(row) if row.caught else "", **asdict(row)}) + "\n")


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


def page(rows: list[Row], model: str) -> str:
    """What was caught and missed, by folder, with each that was missed; `model`: its version."""
    folders: dict[str, list[Row]] = {}
    for row in rows:
        folders.setdefault(Path(row.file).parent.as_posix(), []).append(row)
    lines = [f"| {folder} | {len(of)} | {sum(row.caught for row in of)} | {sum(not row.caught for row in of)} |"
             for folder, of in sorted(folders.items())]  # fmt: skip
    missed = [f"- `{row.file}` line {row.line} ({row.kind}): {row.breaks}" for row in rows if not row.caught]
    caught = sum(row.caught for row in rows)
    text = ["# Planted errors", "Made by `python -m tests.planted`; not edited by hand. Each error of"
            " [the list](../../tests/planted.toml) is planted alone, and tests run until one turns red;"
            f" [the table](table.csv) says which did. Model {model}.",
            f"{caught} of {len(rows)} are caught ({caught / len(rows):.1%}).",
            "\n".join(["| folder | planted | caught | missed |", "| --- | ---: | ---: | ---: |", *lines]),
            "## Missed", "\n".join(missed) or "None."]  # fmt: skip
    return "\n\n".join(text) + "\n"


def main(
    only: Annotated[str, typer.Option(help="The errors of one file or folder: reading, experiments/stats.")] = "",
    sampled: Annotated[bool, typer.Option("--sample", help="A few errors, chosen by the files' content.")] = False,
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
    chosen = [error for error in errors if not only or error.rule == only or error.file.startswith(f"{only}/")]
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
        facts = about(rows, len(passed) - len(false))
        TABLE.with_name("about.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        TABLE.with_name("README.md").write_text(page(rows, facts["model"]), encoding="utf-8")
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
