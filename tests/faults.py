"""Kill the commands at random moments, and count what was lost, doubled or corrupt.

    python -m tests.faults              a hundred kills each of compare, study, calibrate and effects; results/faults
    python -m tests.faults --kills 5 --only study --only compare        fewer than a hundred go only where --out says

It may be stopped: every result that was killed and came to its end is kept, and the same command goes on. Once all four
commands have had their kills, it writes table.csv, about.json and README.md, all of one commit.

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
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from experiments.calibration import check, fitting, result
from experiments.cli import main
from experiments.comparison import report  # noqa: F401  all that the commands import late is imported before the fork
from experiments.effects import figures  # noqa: F401
from experiments.effects import page as effects
from experiments.pages import figures as painted
from experiments.pages import page as pages
from experiments.pages.text import render
from experiments.runs import files
from experiments.runs.store import EFFORT
from sim.compiled.compiling import compile_all
from sim.run import run
from sim.scenario import load
from sim.version import model_hash

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
        "--worlds",
        "12",
        "--workers",
        "2",
        "--out",
        AWKWARD,
    ],
    "study": ["study", "run", "study.toml", "--workers", "2", "--out", AWKWARD],
    "calibrate": ["calibrate", "log.csv", "--scenario", f"{AWKWARD}.toml", "--workers", "2", "--out", AWKWARD],
    "effects": ["effects", "log.csv", "--out", AWKWARD],
}
REFUSE_DONE = ("calibrate", "effects")  # write new files and nothing else
SIGNALS = {signal.SIGKILL: 6, signal.SIGTERM: 2, signal.SIGHUP: 2}  # and how often, of ten
TIMED = ("manifest.json", "plan.json", "calibration.json", "about.json")  # say when, or how long: not the same twice
LEAST_STORED = 100  # kills of a row of the stored table
COUNTED = (*(number.name for number in SIGNALS), "lost", "doubled", "corrupt", "left over", "equal")
PATIENCE = 300  # seconds
Command = StrEnum("Command", list(COMMANDS))


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
    rows = pd.read_parquet(path).drop(columns=list(EFFORT))
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


def rounds(name: str, kills: int, seed: int, done: list[dict[str, float]]) -> Iterator[dict[str, float]]:
    """Kill a command so many times, those of the rounds that are done among them; yields each further round.

    A round is a result, begun, killed and gone on with until it is whole: how often each thing happened, and the
    seconds of the slowest stop and of all.
    """
    spent, number = int(sum(each["kills"] for each in done)), len(done)
    if spent >= kills:
        return
    with tempfile.TemporaryDirectory(prefix="faults-") as above:
        given = Path(above) / "given"
        given.mkdir()
        prepare(given)
        whole = Undisturbed.of(name, Path(shutil.copytree(given, Path(above) / "whole")))
        while spent < kills:
            folder = Path(shutil.copytree(given, Path(above) / f"{number}"))
            made = ridden(name, kills - spent, random.Random(f"{seed} {name} {number}"), folder, whole)
            shutil.rmtree(folder)
            yield made
            spent, number = spent + int(made["kills"]), number + 1


def ridden(name: str, kills: int, dice: random.Random, folder: Path, whole: Undisturbed) -> dict[str, float]:
    """Begin a result, kill it at most so often, and see it to its end; what happened."""
    count, slowest, before, begun = Counter[str](), 0.0, Found(), time.monotonic()
    while True:
        process = start(name, folder)
        number = strike(process, folder, whole, dice) if count["kills"] < kills else None
        struck = time.monotonic()
        process.join(PATIENCE)
        slowest = max(slowest, time.monotonic() - struck if number else 0.0)
        now = look(folder)
        count["lost"] += len(before.runs.keys() - now.runs.keys())
        count["corrupt"] += now.corrupt + wrong(now, whole.found)
        before = now
        if process.exitcode == 0:
            break
        said = (folder / "said.txt").read_text()
        assert number and process.exitcode in (-number, 128 + number), (number, process.exitcode, said)
        count["kills"] += 1
        count[signal.Signals(number).name] += 1
        if name in REFUSE_DONE and now.files.keys() >= whole.found.files.keys():
            break  # all is there: the same words again would be refused
    count["lost"] += len(whole.found.runs.keys() - now.runs.keys())
    count["doubled"] += now.doubled
    count["left over"] += now.left_over
    count["equal"] += now.files == whole.found.files and now.runs == whole.found.runs
    times = {"slowest stop": round(slowest, 2), "seconds": round(time.monotonic() - begun, 1)}
    return {key: count[key] for key in ("kills", *COUNTED)} | {"results": 1} | times


def row(name: str, done: list[dict[str, float]]) -> dict[str, Any]:
    """The row of the table that rounds make."""
    sums = {key: int(sum(each[key] for each in done)) for key in ("kills", *COUNTED, "results")}
    return {"command": name, **sums, "slowest stop": max(each["slowest stop"] for each in done)}


def ordeal(name: str, kills: int, seed: int = 1) -> dict[str, Any]:
    """Kill a command so many times over as many results as that takes; a row of the table."""
    return row(name, list(rounds(name, kills, seed, [])))


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


class Kept:
    """The rounds so far, in a hidden file of the folder `out`, so that a stop loses no more than the one at work."""

    def __init__(self, out: Path, asked: dict[str, Any]):
        self.path, self.asked = out / ".under-way.json", asked
        stored = json.loads(self.path.read_text()) if self.path.exists() else {"asked": asked, "rounds": {}}
        if stored["asked"] != asked:
            raise typer.BadParameter(
                f"{self.path} holds kills of {stored['asked']}, and these are of {asked}: go on there, or delete it"
            )
        self.rounds: dict[str, list[dict[str, float]]] = {name: stored["rounds"].get(name, []) for name in COMMANDS}

    def add(self, name: str, made: dict[str, float]) -> None:
        """Keep a round."""
        self.rounds[name].append(made)
        files.write_json(self.path, {"asked": self.asked, "rounds": self.rounds})

    def finished(self) -> bool:
        """Whether every command has had its kills."""
        return all(sum(each["kills"] for each in done) >= self.asked["kills"] for done in self.rounds.values())


def torment(
    kills: Annotated[int, typer.Option(min=1, help="Of each command.")] = LEAST_STORED,
    only: Annotated[list[Command] | None, typer.Option(help="One command; may be given again.")] = None,
    seed: Annotated[int, typer.Option(help="Of the moments and signals.")] = 1,
    out: Annotated[Path, typer.Option(help="Where it is kept; fewer than a hundred kills only elsewhere.")] = STORED,
) -> None:
    """Kill each command so many times; exit code 1 if anything is lost, doubled, corrupt, left over or not equal."""
    asked = {"kills": kills, "seed": seed, "commit": files.commit(), "model": model_hash()}
    kept = None if kills < LEAST_STORED and out == STORED else Kept(out, asked)
    bad = 0
    for name in only or COMMANDS:
        done = list(kept.rounds[name]) if kept else []
        for made in rounds(name, kills, seed, done):
            done.append(made)
            if kept:
                kept.add(name, made)
            print(f"{name}: {sum(int(each['kills']) for each in done)} of {kills} kills", flush=True)
        print(row(name, done), flush=True)
        bad += faults(row(name, done))
    if kept and kept.finished():
        store(out, kept)
    sys.exit(int(bad > 0))


def store(out: Path, kept: Kept) -> None:
    """Write the table, what it was made with and its page, and take away what it was gathered in."""
    rows = [row(name, done) for name, done in kept.rounds.items()]
    seconds = sum(each["seconds"] for done in kept.rounds.values() for each in done)
    command = f"python -m tests.faults --kills {kept.asked['kills']} --seed {kept.asked['seed']}"
    about = files.provenance(command, seconds)
    files.write_csv(out / "table.csv", pd.DataFrame(rows))
    files.write_json(out / "about.json", about)
    page = render(Path(__file__).with_name("faults.md.j2"), {}, rows=rows, about=about, bad=sum(map(faults, rows)))
    files.write_text(out / "README.md", page)
    kept.path.unlink()


def faults(row: dict[str, Any]) -> int:
    """What is wrong in a row of the table."""
    return sum(int(row[key]) for key in ("lost", "doubled", "corrupt", "left over")) + row["results"] - row["equal"]


if __name__ == "__main__":
    typer.run(torment)
