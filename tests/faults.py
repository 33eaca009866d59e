"""Kill the commands at random moments, and count what was lost, doubled or corrupt.

    python -m tests.faults              a hundred kills each of compare, study, calibrate and effects; stores the table
    python -m tests.faults --kills 5 --only study --only compare                    fewer than a hundred are not stored

Each command is the real one on a tiny world, in a process of its own that is forked with everything imported, so that
a kill costs a second and not ten. It is killed (SIGKILL mostly, else SIGTERM or SIGHUP) after a random time or a random
number of files, and started again by the same words, until it comes to its end between two kills; then what it made
is held against what an undisturbed command made. Some things are replaced, so that seconds are enough: pictures are
written and not painted, `effects` draws ten placebos, and `calibrate` fits six values, writes ten draws, and has a
number of runs in place of minutes (with minutes no two calibrations do the same).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from experiments.calibration import check, fitting, result
from experiments.cli import main
from experiments.comparison import report  # noqa: F401  all that the commands import late is imported before the fork
from experiments.effects import figures  # noqa: F401
from experiments.effects import page as effects
from experiments.pages import figures as painted
from experiments.pages import page as pages
from experiments.runs import files, store
from sim.compiled.compiling import compile_all
from sim.run import run
from sim.scenario import load

FORKS = multiprocessing.get_context("fork")
STORED = files.ROOT / "results" / "faults"
AWKWARD = "it's [a] * b?"  # the name of every result: whatever looks for files must take it as it is
TINY = ["--members", "30", "--days", "6"]
STUDY = """
question = "Is anything lost when it is killed?"
scenarios = ["broadcast", "facilitation"]
replicates = 12
days = [3, 6]
[hold]
community.days = 6
community.members = 30
[vary]
ties.gain = [0.05, 0.1, 0.15, 0.2]
"""
COMMANDS = {
    "compare": [
        "compare",
        "broadcast",
        "facilitation",
        *TINY,
        "--replicates",
        "12",
        "--workers",
        "2",
        "--out",
        AWKWARD,
    ],
    "study": ["study", "run", "study.toml", "--workers", "2", "--out", AWKWARD],
    "calibrate": ["calibrate", "log.csv", "-o", f"{AWKWARD}.toml", "--workers", "2", "--out", AWKWARD],
    "effects": ["effects", "log.csv", "--out", AWKWARD],
}
REFUSE_DONE = ("calibrate", "effects")  # write new files and nothing else
SIGNALS = {signal.SIGKILL: 6, signal.SIGTERM: 2, signal.SIGHUP: 2}  # and how often, of ten
TIMED = ("manifest.json", "plan.json", "calibration.json")  # say when, or how long: not the same twice
LEAST_STORED = 100  # kills of a row of the stored table
PATIENCE = 300  # seconds


def prepare(folder: Path) -> None:
    """Write what the commands read, a study and the log of a small community, and compile the model before any fork."""
    compile_all()
    (folder / "study.toml").write_text(STUDY)
    small = {"community.members": 120, "community.days": 140, "community.market_per_member": 100.0}
    run(load("facilitation", small), 1, observe_every=150, log=True).events.write(folder / "log.csv")


def child(words: list[str], folder: Path) -> None:
    """The command in a process of its own."""
    os.chdir(folder)
    for number in SIGNALS.keys() - {signal.SIGKILL}:
        signal.signal(number, signal.SIG_DFL)  # though this was started by nohup
    with open("said.txt", "a") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    fitting.Effort = partial(fitting.Effort, keep=24, generations=0, draws=8)
    fitting.parameters.CANDIDATES = fitting.parameters.by_key(list(check.TINY))
    result.DRAWS = 10
    effects.study = partial(effects.study, placebos=10)
    pages.png = painted.png = lambda figure: b"a picture"
    sys.exit(main(words))


def start(name: str, folder: Path) -> multiprocessing.Process:
    process = FORKS.Process(target=child, args=(COMMANDS[name], folder))
    process.start()
    return process


@dataclass
class Found:
    """What lies in a result: its files by name, those that say times left out; runs by key; and what is wrong."""

    files: dict[str, bytes] = field(default_factory=dict)
    runs: dict[tuple, object] = field(default_factory=dict)
    doubled: int = 0
    corrupt: int = 0
    left_over: int = 0


def look(folder: Path) -> Found:
    """Read all that a command has written so far."""
    found = Found()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in GIVEN):
        name = path.relative_to(folder).as_posix()
        if any(part[0] == "." for part in path.relative_to(folder).parts):
            found.left_over += 1
        elif "runs" in path.parts:
            try:
                rows = list(rows_of(path))
            except Exception:
                found.corrupt += 1
                continue
            found.doubled += sum(key in found.runs for key, _ in rows)
            found.runs |= rows
        elif path.name in TIMED:
            try:
                json.loads(path.read_bytes())
            except ValueError:
                found.corrupt += 1
        else:
            found.files[name] = path.read_bytes()
    return found


GIVEN = ("study.toml", "log.csv", "log_members.csv", "said.txt")


def rows_of(path: Path) -> Iterator[tuple[tuple, object]]:
    """The runs in a file, by key."""
    if path.suffix == ".json":
        row = json.loads(path.read_bytes())
        yield (row["key"],), row["result"]
        return
    rows = pd.read_parquet(path).drop(columns=list(store.EFFORT))
    bits = pd.util.hash_pandas_object(rows, index=False)
    yield from zip(zip(rows["point"], rows["seed"], rows["day"], strict=True), bits, strict=True)


@dataclass
class Undisturbed:
    """What a command makes that nobody kills, the seconds it takes, and how many files it writes."""

    found: Found
    seconds: float

    @classmethod
    def of(cls, name: str, folder: Path) -> Undisturbed:
        """Run it."""
        begun = time.monotonic()
        process = start(name, folder)
        process.join(PATIENCE)
        assert process.exitcode == 0, (folder / "said.txt").read_text()
        return cls(look(folder), time.monotonic() - begun)

    @property
    def many(self) -> int:
        """Files of the whole result, those of runs too, about."""
        return len(self.found.files) + 12


def ordeal(name: str, kills: int, seed: int = 1) -> dict[str, object]:
    """Kill a command so many times over as many results as that takes; a row of the table."""
    count, dice = Counter[str](), random.Random(f"{seed} {name}")
    slowest, spent = 0.0, 0
    with tempfile.TemporaryDirectory(prefix="faults-") as above:
        given = Path(above) / "given"
        given.mkdir()
        prepare(given)
        whole = Undisturbed.of(name, Path(shutil.copytree(given, Path(above) / "whole")))
        while spent < kills:
            folder = Path(shutil.copytree(given, Path(above) / f"{spent}"))
            before = Found()
            while True:
                process = start(name, folder)
                number = strike(process, folder, whole, dice) if spent < kills else None
                begun = time.monotonic()
                process.join(PATIENCE)
                slowest = max(slowest, time.monotonic() - begun if number else 0.0)
                now = look(folder)
                count["lost"] += len(before.runs.keys() - now.runs.keys())
                count["corrupt"] += now.corrupt + wrong(now, whole.found)
                before = now
                if process.exitcode == 0:
                    break
                assert number and process.exitcode in (-number, 128 + number), (
                    number,
                    process.exitcode,
                    (folder / "said.txt").read_text(),
                )
                spent += 1
                count[signal.Signals(number).name] += 1
                if name in REFUSE_DONE and now.files.keys() >= whole.found.files.keys():
                    break  # all is there: the same words again would be refused
            count["results"] += 1
            count["lost"] += len(whole.found.runs.keys() - now.runs.keys())
            count["doubled"] += now.doubled
            count["left over"] += now.left_over
            count["equal"] += now.files == whole.found.files and now.runs == whole.found.runs
            shutil.rmtree(folder)
    names = [*(number.name for number in SIGNALS), "lost", "doubled", "corrupt", "left over", "results", "equal"]
    return {"command": name, "kills": spent, **{key: count[key] for key in names}, "slowest stop": round(slowest, 2)}


def strike(process: multiprocessing.Process, folder: Path, whole: Undisturbed, dice: random.Random) -> int | None:
    """Send a signal at a random moment; returns which, or None if the command had come to its end before."""
    moment, files_more = time.monotonic() + whole.seconds * dice.random() ** 2, dice.randrange(4 * whole.many)
    (number,) = dice.choices(list(SIGNALS), SIGNALS.values())
    before = sum(1 for _ in folder.rglob("*"))
    while process.exitcode is None and (left := moment - time.monotonic()) > 0:
        if files_more < 2 * whole.many and sum(1 for _ in folder.rglob("*")) - before > files_more:
            break
        time.sleep(min(left, 0.02))
    if process.exitcode is not None:
        return None
    os.kill(process.pid, number)
    return number


def wrong(now: Found, whole: Found) -> int:
    """How many files and runs are not what the undisturbed command made under that name."""
    return sum(
        data != of_whole[key]
        for mine, of_whole in ((now.files, whole.files), (now.runs, whole.runs))
        for key, data in mine.items()
        if key in of_whole
    )


def torment(
    kills: Annotated[int, typer.Option(help="Of each command; a hundred or more are stored.")] = 100,
    only: Annotated[list[str] | None, typer.Option(help="One command; may be given again.")] = None,
    seed: int = 1,
) -> None:
    """Kill each command so many times; exit code 1 if anything is lost, doubled, corrupt, left over or not equal."""
    bad = 0
    for name in only or COMMANDS:
        begun = time.monotonic()
        row = ordeal(name, kills, seed)
        print(f"{time.monotonic() - begun:.0f} s: {row}", flush=True)
        bad += faults(row)
        if kills >= LEAST_STORED:
            add(row, files.provenance(f"python -m tests.faults --kills {kills} --seed {seed}", 0))
    sys.exit(bad > 0)


def add(row: dict[str, object], about: dict[str, object]) -> None:
    """Put a command's row into the stored table, in place of its earlier one."""
    path = STORED / "table.csv"
    row |= {"model": about["model"], "commit": about["commit"], "python": platform.python_version()}
    rows = {each["command"]: each for each in pd.read_csv(path).to_dict("records")} if path.exists() else {}
    rows[row["command"]] = row
    files.write_csv(path, pd.DataFrame([rows[name] for name in COMMANDS if name in rows]))
    files.write_json(STORED / "about.json", about)


def faults(row: dict[str, object]) -> int:
    """What is wrong in a row of the table."""
    return sum(int(row[key]) for key in ("lost", "doubled", "corrupt", "left over")) + row["results"] - row["equal"]


if __name__ == "__main__":
    typer.run(torment)
