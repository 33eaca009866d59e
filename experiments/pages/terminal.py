"""The terminal: progress on the error stream, results on the output stream."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import rich.progress
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from experiments.pages.wording import number
from experiments.runs.tasks import Progress
from sim.given import printable

BETWEEN_LINES = 10.0  # seconds, where there is no terminal


class Terminal(Console):
    """A console on which names that somebody else chose are text: no markup, no control characters, no escapes."""

    def __init__(self, stderr: bool = False):
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
        """Yield what is shown; what Rich itself says to the terminal is left alone."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.replace("\n", "").isprintable():
                yield segment
            else:
                yield Segment("\n".join(map(printable, segment.text.split("\n"))), segment.style)


OUT = Terminal()
ERR = Terminal(stderr=True)


def duration(seconds: float) -> str:
    """A time in words, in minutes where it is three or more.

    >>> duration(0.2), duration(179), duration(180.5)
    ('1 s', '179 s', '4 min')
    """
    return f"{math.ceil(seconds)} s" if seconds < 180 else f"{math.ceil(seconds / 60)} min"


class Left(ProgressColumn):
    """About how long the work of a bar still takes."""

    def __init__(self, bar: Bar):
        super().__init__()
        self.bar = bar

    def render(self, task: rich.progress.Task) -> Text:
        """Say it in words."""
        return Text(duration(self.bar.left()) if self.bar.count > self.bar.begun else "")


class Bar(Progress):
    """Shows progress: a bar on a terminal, plain lines elsewhere, nothing if quiet. Use it in a `with`."""

    def __init__(self, quiet: bool = False, thing: str = "runs"):
        self.quiet, self.thing = quiet, thing
        self.bar: rich.progress.Progress | None = None
        self.task: Any = None
        self.total = self.count = self.begun = 0
        self.first = self.last = self.end = time.monotonic()

    def __enter__(self) -> Bar:
        """Start the bar, if there is a terminal for it."""
        if not self.quiet and ERR.is_terminal:
            said, note = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[note]}"))
            columns: list[Any] = [said, BarColumn(), MofNCompleteColumn(), "elapsed"]
            columns += [TimeElapsedColumn(), "left", Left(self), note]
            self.bar = rich.progress.Progress(*columns, console=ERR, transient=True)
            self.task = self.bar.add_task(self.thing, total=None, note="")
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self.bar:
            self.bar.stop()

    def say(self, text: str) -> None:
        """Show what is being done."""
        if self.bar:
            self.bar.update(self.task, description=text)
        else:
            self.note(text)

    def note(self, text: str) -> None:
        """Print what is to stay on the screen, above the bar."""
        if not self.quiet:
            ERR.print(text, soft_wrap=True)

    def expect(self, count: int) -> None:
        """Add `count` tasks to those expected."""
        self.total += count
        if self.bar:
            self.bar.update(self.task, total=self.total)

    def lasts(self, seconds: float) -> None:
        """Tell that more tasks may be added until so many seconds from now have gone by."""
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """About how many seconds are left: those of the tasks expected, and at least those until the end told."""
        now = time.monotonic()
        pace = (now - self.first) / max(self.count - self.begun, 1)
        return max(pace * (self.total - self.count), self.end - now, 0.0)

    def done(self, count: int = 1, note: str = "") -> None:
        """Count finished tasks."""
        self.count += count
        now = time.monotonic()
        if self.count == count:  # the first says nothing about the next: it came with starting and compiling
            self.first = self.last = now
            self.begun = count
        if self.bar:
            self.bar.update(self.task, completed=self.count, note=note)
            return
        if not self.quiet and (self.count == self.total or now - self.last > BETWEEN_LINES):
            self.last = now
            ERR.print(
                f"{self.count} of {self.total} {self.thing}, about {duration(self.left())} left{note}", soft_wrap=True
            )


def show_verdict(text: str, folder: Any) -> None:
    """Print the verdict's text, its questions and names in bold, and where the report lies."""
    for line in text.rstrip("\n").split("\n"):
        styled = Text(line)
        head, colon, rest = line.partition(": ")
        if colon and len(head) < 45 and "." not in head:
            styled = Text.assemble((head + colon, "bold"), rest)
        OUT.print(styled, soft_wrap=not OUT.is_terminal)
    OUT.print(Text.assemble(("\nReport: ", "bold"), f"{folder}/report.html"), soft_wrap=True)


def show_ends(rows: list[dict], title: str) -> None:
    """Print the measures on the last day: label, mean, interval, unit."""
    with_interval = any(row["low"] is not None for row in rows)
    ends = [f"{number(row['low'])} to {number(row['high'])}" if row["low"] is not None else "" for row in rows]
    columns = ["measure", "mean", *(["95 % interval"] if with_interval else []), "unit"]
    cells = [
        (row["label"], number(row["mean"]), *([end] if with_interval else []), row["unit"])
        for row, end in zip(rows, ends, strict=True)
    ]
    show_rows(columns, cells, title, ("mean", "95 % interval"), bold=False)


def show_rows(
    columns: list[str], rows: list[tuple], title: str | None = None, right: tuple[str, ...] = (), bold: bool = True
) -> None:
    """Print rows of text as a table: columns in `right` to the right, the first in bold."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for k, column in enumerate(columns):
        table.add_column(
            printable(column),
            no_wrap=k == 0,
            style="bold" if bold and k == 0 else "",
            justify="right" if column in right else "left",
        )
    for row in rows:
        table.add_row(*(printable(str(cell)) for cell in row))  # before its width is measured
    OUT.print(table)


def show_status(status: dict[str, Any]) -> None:
    """Print how far a study is and what it gave so far; `status` is as `study.status.status` returns it."""
    OUT.print(Text(status["name"], "bold"))
    OUT.print(status["question"])
    if status["prediction"]:
        OUT.print(Text.assemble(("Predicted before running: ", "bold"), status["prediction"]))
    OUT.print(
        f"{status['runs']:,} runs of {status['points']:,} points are stored, {status['failed']:,} of them failed; "
        f"varied: {', '.join(status['keys']) or 'nothing but the scenario'}"
    )
    if status["passed_over"]:
        names = ", ".join(map(repr, status["passed_over"]))
        OUT.print(f"passed over, being foreign or damaged: {names}", soft_wrap=True)
    for row in status["failures"]:
        OUT.print(f"  failed: {row['scenario']}, seed {row['seed']}: {row['said']}")
    if means := status["means"]:
        labels = [row["scenario"] for row in means]
        rows = [(key, *(number(row[key]) for row in means)) for key in means[0] if key != "scenario"]
        title = "Means over all places, last kept day"
        show_rows(["measure", *labels], rows, title, tuple(labels), bold=False)


def show_entries(scenario: Any) -> None:
    """Print every value of a scenario: two lines each, so that they can be searched."""
    entries = scenario.entries()
    assumed = sum(entry.open for entry in entries)
    held = sum(entry.assumed and not entry.open for entry in entries)
    OUT.print(Text(scenario.name, "bold"))
    OUT.print(scenario.question)
    team = [f"{person.name} ({person.kind}: {', '.join(person.hats)})" for person in scenario.team]
    cost = number(scenario.cost_per_week)
    OUT.print(
        f"{len(entries)} values, {assumed} of them assumed, {held} more held constant; {cost} a week; "
        f"team: {'; '.join(team)}"
    )
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
        if entry.prior:
            low, high = (f"{end:g}" for end in entry.prior)
            OUT.print(f"      in eight of ten plausible worlds from {low} to {high}: {entry.why}", soft_wrap=True)
        elif entry.constant:
            OUT.print(f"      held constant: {entry.constant}", soft_wrap=True)


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
