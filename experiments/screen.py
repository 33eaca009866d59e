"""What is told on the screen: progress on the error stream, results on the output stream."""

from __future__ import annotations

import math
import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from experiments.wording import number

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)
BETWEEN_LINES = 10.0  # seconds, where there is no terminal


class Teller:
    """Tells progress: a bar on a terminal, plain lines elsewhere, nothing if quiet. Use it in a `with`."""

    def __init__(self, quiet: bool = False, thing: str = "runs"):
        self.quiet, self.thing = quiet, thing
        self.bar: Progress | None = None
        self.task: Any = None
        self.total = self.count = 0
        self.first = self.told = time.monotonic()
        self.begun = 0
        self.note = ""  # told beside the count, such as failures so far

    def __enter__(self) -> Teller:
        """Start the bar, if there is a terminal for it."""
        if not self.quiet and ERR.is_terminal:
            self.bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("elapsed"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}"),
                console=ERR,
                transient=True,
            )
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self.bar:
            self.bar.stop()

    def say(self, text: str) -> None:
        """Tell something."""
        if self.quiet:
            return
        if self.bar:
            if self.task is None:
                self.task = self.bar.add_task(text, total=None, note="")
            self.bar.update(self.task, description=text)
        else:
            ERR.print(text, soft_wrap=True)

    def expect(self, runs: int) -> None:
        """Expect so many more."""
        self.total += runs
        if self.bar:
            if self.task is None:
                self.task = self.bar.add_task(self.thing, total=self.total, note="")
            self.bar.update(self.task, total=self.total)

    def done(self, outcome: Any = None, count: int = 1) -> None:
        """Count finished ones."""
        self.count += count
        if self.bar:
            self.bar.update(self.task, completed=self.count, note=self.note)
            return
        now = time.monotonic()
        if self.count == count:  # the first says nothing about the next: it came with starting and compiling
            self.first = self.told = now
            self.begun = count
        elif not self.quiet and (self.count == self.total or now - self.told > BETWEEN_LINES):
            self.told = now
            left = (now - self.first) / max(self.count - self.begun, 1) * (self.total - self.count)
            ERR.print(
                f"{self.count} of {self.total} {self.thing}, about {math.ceil(left)} s left{self.note}", soft_wrap=True
            )


def show_verdict(text: str, folder: Any) -> None:
    """Print the verdict's text, its questions and names in bold, and where the report lies."""
    for line in text.splitlines():
        said = Text(line)
        head, colon, rest = line.partition(": ")
        if colon and len(head) < 45 and "." not in head:
            said = Text.assemble((head + colon, "bold"), rest)
        OUT.print(said, soft_wrap=not OUT.is_terminal)
    OUT.print(Text.assemble(("\nReport: ", "bold"), f"{folder}/report.html"), soft_wrap=True)


def show_ends(rows: list[dict], title: str) -> None:
    """Print the measures on the last day: label, mean, interval, unit."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("measure")
    table.add_column("mean", justify="right")
    with_interval = any(row["low"] is not None for row in rows)
    if with_interval:
        table.add_column("95 % interval", justify="right")
    table.add_column("unit")
    for row in rows:
        cells = [row["label"], number(row["mean"])]
        if with_interval:
            cells.append("" if row["low"] is None else f"{number(row['low'])} to {number(row['high'])}")
        table.add_row(*cells, row["unit"])
    OUT.print(table)


def show_rows(columns: list[str], rows: list[tuple]) -> None:
    """Print rows of text as a table, the first column in bold."""
    table = Table(box=None, pad_edge=False)
    for k, column in enumerate(columns):
        table.add_column(column, no_wrap=k == 0, style="bold" if k == 0 else "")
    for row in rows:
        table.add_row(*map(str, row))
    OUT.print(table)


def show_status(found: Any) -> None:
    """Print how far a study is and what it gave so far."""
    said = found.manifest
    OUT.print(Text(said["name"], "bold"))
    OUT.print(said["question"], markup=False)
    if said["prediction"]:
        OUT.print(Text.assemble(("Predicted before running: ", "bold"), said["prediction"]))
    OUT.print(
        f"{found.runs:,} runs of {found.points:,} points are stored, {found.failed:,} of them failed; "
        f"varied: {', '.join(said['keys']) or 'nothing but the scenario'}",
        markup=False,
    )
    if found.failures is not None:
        for row in found.failures.itertuples():
            OUT.print(f"  failed: {row.scenario}, seed {row.seed}: {row.said}", markup=False)
    if found.means is not None and len(found.means):
        table = Table(title="Means over all places, last kept day", title_justify="left", box=None, pad_edge=False)
        table.add_column("measure")
        for row in found.means.itertuples():
            table.add_column(row.scenario, justify="right")
        for key in [name for name in found.means.columns if name != "scenario"]:
            table.add_row(key, *(number(value) for value in found.means[key]))
        OUT.print(table)


def show_entries(scenario: Any) -> None:
    """Print every value of a scenario: two lines each, so that they can be searched."""
    entries = scenario.entries()
    assumed = sum(entry.assumed for entry in entries)
    OUT.print(Text(scenario.name, "bold"))
    OUT.print(scenario.question, markup=False)
    team = [f"{person.name} ({person.kind}: {', '.join(person.hats)})" for person in scenario.team]
    cost = number(scenario.cost_per_week)
    OUT.print(f"{len(entries)} values, {assumed} of them assumed; {cost} a week; team: {'; '.join(team)}", markup=False)
    table = ""
    for entry in entries:
        if (start := entry.key.rsplit(".", 1)[0]) != table:
            table = start
            OUT.print(Text(f"\n[{table}]", "bold"))
        meaning = (f"{entry.unit}; {allowed(entry.range)}", "cyan")
        OUT.print(Text.assemble((f"  {entry.key}", "bold"), f" = {toml(entry.value)}  ", meaning), soft_wrap=True)
        source = Text(entry.source)
        source.highlight_words(["assumed"], "yellow italic")
        OUT.print(Text.assemble(f"      {entry.about} (", source, f") from {entry.origin}"), soft_wrap=True)


def toml(value: Any) -> str:
    """A value as it stands in a scenario file."""
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def allowed(range_: list) -> str:
    """A range in words."""
    if not range_:
        return "any"
    if len(range_) == 2 and all(isinstance(end, int | float) and not isinstance(end, bool) for end in range_):
        return f"{range_[0]} to {range_[1]}"
    return "one of " + ", ".join(toml(item) for item in range_)
