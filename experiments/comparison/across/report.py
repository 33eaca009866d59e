"""The report of a comparison over worlds: a pure function of the stored runs; twice the same store, the same bytes."""

from __future__ import annotations

from pathlib import Path

from experiments.comparison.across import words
from experiments.comparison.across.verdict import Across, verdict
from experiments.comparison.report import read
from experiments.runs import files


def write(folder: Path, out: Path | None = None) -> Across:
    """Make the report of the comparison stored in `folder`, into `out` or into the same folder."""
    runs, manifest = read(folder)
    judged = verdict(runs, manifest)
    out = out or folder
    files.write_json(out / "verdict.json", judged.as_dict())
    files.write_text(out / "verdict.txt", words.text(judged) + "\n")
    return judged
