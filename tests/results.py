"""Which committed results are of an older model than this: `python -m tests.results` prints them, one record a row.

A record is a JSON file that names the `commit` and the `model` (sim/version.py) by which numbers were made, such as a
manifest. Any change of a file in sim/, or of the baseline, makes another model, also one that changes no number
(tests/digests.py tells).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from sim.version import model_hash

ROOT = Path(__file__).resolve().parents[1]
MODEL = re.compile(r"[0-9a-f]{16}(\+changes)?")
COMMIT = re.compile(r"[0-9a-f]{40}(\+changes| with changes)?")
PAGES = ("*.md", "*.html")


class Record(NamedTuple):
    """By what the numbers beside a file were made."""

    file: Path
    command: str
    date: str
    commit: str
    model: str


def folders(root: Path = ROOT) -> list[Path]:
    """The folders of committed results: those that git is told not to ignore."""
    names = re.findall(r"^!results/([\w-]+)/$", (root / ".gitignore").read_text(encoding="utf-8"), re.MULTILINE)
    return [root / "results" / name for name in sorted(names)]


def records(folder: Path) -> list[Record]:
    """The records in a folder of results."""
    stored = {path: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    return [
        Record(path, str(of.get("command", "")), str(of.get("date") or of.get("started") or of.get("made") or "")[:10],
               str(of.get("commit")), str(of.get("model")))
        for path, of in stored.items() if isinstance(of, dict) and {"commit", "model", "command"} & of.keys()
    ]  # fmt: skip


def faults(folder: Path) -> Iterator[str]:
    """What hinders the comparison of a folder's results with the model, one sentence a place."""
    kept = records(folder)
    if not kept:
        yield f"{folder.name}: no JSON file in it names the `commit` and the `model` by which it was made"
    for record in kept:
        where = f"{folder.name}/{record.file.name}"
        if not MODEL.fullmatch(record.model):
            yield f"{where}: model `{record.model}` is none; it is what sim.version.model_hash() gives"
        if not COMMIT.fullmatch(record.commit):
            yield f"{where}: commit `{record.commit}` is none; it is what experiments.runs.files.commit() gives"
    pages = [path.read_text(encoding="utf-8") for pattern in PAGES for path in sorted(folder.glob(pattern))]
    for record in kept:
        if pages and not any(record.model in page for page in pages):
            yield f"{folder.name}: no page of it states model {record.model}, which {record.file.name} names"


def older() -> list[Record]:
    """The records of committed results that another model has made than this one."""
    now = model_hash()
    return [record for folder in folders() for record in records(folder) if record.model != now]


def main() -> int:
    """Print all records; 1 if one of them cannot be compared."""
    now, console = model_hash(), Console(width=200)
    table = Table("result", "made", "commit", "model", "the model is now", "by", box=None)
    for folder in folders():
        for of in records(folder):
            age = "the same" if of.model == now else "newer"
            name = f"{folder.name}/{of.file.name}"
            table.add_row(name, of.date, of.commit[:10], of.model, age, of.command)
    console.print(table)
    wrong = [fault for folder in folders() for fault in faults(folder)]
    print("\n".join([f"the model: {now}; {len(older())} records are of an older one", *wrong]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
