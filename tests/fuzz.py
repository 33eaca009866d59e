"""Files as a stranger might send them: valid ones with bytes changed, values swapped, parts cut, nested or repeated.

Whatever is handed to a reader is accepted, and then within its range, or refused with a message (`BadInput`): no other
exception, and no more than `PATIENCE` seconds. tests/test_fuzz.py tries some of each kind every time; here thousands:

    python -m tests.fuzz                   all kinds, some five minutes; writes results/fuzz/{table.csv,about.json}
    python -m tests.fuzz --kind mbox       one kind, and prints what went wrong

The examples are drawn by Hypothesis, which shrinks what fails to the few bytes that matter. Atheris, which is guided by
coverage, has no wheels for Pythons of today and must be built with clang; and most of what is read here is parsed by
libraries (JSON, TOML, XML, Parquet), in which no coverage of ours would guide it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import re
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sim.compiled.compiling import compile_all
from sim.given import BadInput, printable

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "results" / "fuzz" / "table.csv"
COLUMNS = ("kind", "examples", "accepted", "refused", "tracebacks", "hangs", "out of range", "slowest seconds")
PATIENCE = 20  # seconds
AT_ONCE = 2  # processes
LARGEST = 300_000  # bytes of a changed file
Files = dict[str, bytes]


class OutOfRange(Exception):
    """Something was accepted that no valid file could say."""


class Hang(BaseException):
    """A reader took longer than `PATIENCE`; not an Exception, so that nothing on the way takes it for bad input."""


# Changing a file


NUMBER = re.compile(rb"-?\b\d{1,15}(?:\.\d{1,15})?\b")
TOKEN = re.compile(rb'"[^"\n]*"|[\w.+-]+')
NASTY = [
    b"-1", b"0", b"1", b"1e999", b"-1e308", b"nan", b"NaN", b"inf", b"1e-320", b"9" * 5000, b"2147483648",
    b"9223372036854775808", b"1.5", b"true", b"null", b"[]", b"{}", b'""', b'"x"', b"''", b"\xff\xfe", b"\x00", b"\r",
    b'"\\ud800"', b'"\\u001b[2J"', b"\x1b[2J", '"\u202e"'.encode(), b'"../../x"', b'"/etc/passwd"', b"a" * 400,
    b'"' + b"a" * 5000 + b'"', b"<script>alert(1)</script>", b'"; drop table runs; --', b"](javascript:alert(1))",
    b"[red]", b"[/red]", b"$\\frac$", b"=?utf-8?b?x?=", b"1970-01-01", b"9999-12-31T23:59:59Z", b"&x;", b"<!DOCTYPE x>",
]  # fmt: skip
BRACKETS = [(b"[", b"]"), (b"{", b"}"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"(", b")"), (b'"', b'"')]


def _swap(data: bytes, draw: Callable) -> bytes:
    tokens = list(TOKEN.finditer(data)) or [re.search(rb"", data)]
    at = draw(st.sampled_from(tokens))
    other = draw(st.sampled_from([*NASTY, *(token[0] for token in tokens[:200])]))
    return data[: at.start()] + other + data[at.end() :]


def _number(data: bytes, draw: Callable) -> bytes:
    """A number a little or much larger or smaller, in the same notation."""
    numbers = list(NUMBER.finditer(data)) or [re.search(rb"", data)]
    at = draw(st.sampled_from(numbers))
    value = float(at[0] or 0) * draw(st.sampled_from([0.0, 0.5, 0.9, 1.1, 2.0, -1.0, 100.0]))
    return data[: at.start()] + (b"%r" % value if b"." in at[0] else b"%d" % value) + data[at.end() :]


def _byte(data: bytes, draw: Callable) -> bytes:
    at = draw(st.integers(0, max(len(data) - 1, 0)))
    return data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]


def _piece(data: bytes, draw: Callable) -> tuple[int, int]:
    start = draw(st.integers(0, len(data)))
    return start, min(len(data), start + draw(st.sampled_from([1, 4, 30, 300, 10**6])))


def _cut(data: bytes, draw: Callable) -> bytes:
    start, end = _piece(data, draw)
    return data[:start] + data[end:]


def _nest(data: bytes, draw: Callable) -> bytes:
    start, end = _piece(data, draw)
    opening, closing = draw(st.sampled_from(BRACKETS))
    deep = draw(st.sampled_from([1, 3, 100, 10_000]))
    return data[:start] + opening * deep + data[start:end] + closing * deep + data[end:]


def _repeat(data: bytes, draw: Callable) -> bytes:
    start, end = _piece(data, draw)
    times = draw(st.sampled_from([1, 2, 50, 2000]))
    return data[:end] + data[start:end] * times + data[end:]


def _insert(data: bytes, draw: Callable) -> bytes:
    at = draw(st.integers(0, len(data)))
    return data[:at] + draw(st.sampled_from(NASTY)) + data[at:]


def _line(data: bytes, draw: Callable) -> bytes:
    """A line to another place."""
    lines = data.split(b"\n")
    lines.insert(draw(st.integers(0, len(lines))), lines[draw(st.integers(0, len(lines) - 1))])
    return b"\n".join(lines)


CHANGES = [_swap, _swap, _swap, _number, _number, _number, _byte, _cut, _nest, _repeat, _insert, _line]


@st.composite
def changed(draw: Callable, examples: list[Files]) -> Files:
    """One of the examples with one of its files changed in one to three places."""
    files = dict(draw(st.sampled_from(examples)))
    name = draw(st.sampled_from(sorted(files)))
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        change = draw(st.sampled_from(CHANGES))
        files[name] = change(files[name], draw)[:LARGEST]
    return files


# Trying it


@contextlib.contextmanager
def patient() -> Iterator[None]:
    """Raise Hang after so many seconds, where there is a clock that can."""

    def ring(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def tried(kind: str, files: Files) -> str:
    """Hand the files to the reader of a kind: "accepted" or "refused"; raises what a reader should not."""
    from tests import fuzz_kinds

    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, patient():
        for name, data in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        try:
            fuzz_kinds.KINDS[kind].read(Path(folder))
        except BadInput as error:
            if not str(error).strip():
                raise OutOfRange("refused without a word") from error
            return "refused"
        return "accepted"


@cache
def examples(kind: str) -> list[Files]:
    """The valid files of a kind, each of which is accepted."""
    from tests import fuzz_kinds

    made = fuzz_kinds.KINDS[kind].examples()
    for files in made:
        assert tried(kind, files) == "accepted", kind
    return made


# All of it, and the table


def campaign(kind: str, number: int) -> dict[str, object]:
    """Try so many examples of a kind; a row of the table, and what went wrong as `faults`."""
    compile_all()
    counts: Counter[str] = Counter()
    slowest, faults = 0.0, {}

    @seed(1)
    @settings(max_examples=number, phases=(Phase.generate,), database=None, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(changed(examples(kind)))
    def try_each(files: Files) -> None:
        nonlocal slowest
        begun = time.perf_counter()
        try:
            came = tried(kind, files)
        except (Exception, Hang) as error:
            came = {OutOfRange: "out of range", Hang: "hangs"}.get(type(error), "tracebacks")
            where = traceback.extract_tb(error.__traceback__)[-1]
            faults.setdefault(f"{type(error).__name__} {where.filename}:{where.lineno}", traceback.format_exc())
        counts.update(["examples", came])
        slowest = max(slowest, time.perf_counter() - begun)

    try_each()
    row = {name: counts[name] for name in COLUMNS[1:-1]}
    return {"kind": kind, **row, "slowest seconds": round(slowest, 2), "faults": faults}


def show(row: dict) -> int:
    """Print a row and what went wrong; how many different things did."""
    print(", ".join(f"{name} {row[name]}" for name in COLUMNS), flush=True)
    for where, text in row["faults"].items():
        print(f"\n{row['kind']}: {printable(where)}\n{text}", file=sys.stderr, flush=True)
    return len(row["faults"])


def apart(kind: str, number: int) -> tuple[Any, Any]:
    """A campaign in a process of its own, which what reads past the end of an array would end; where its row comes."""
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    process = fork.Process(target=lambda: there.send(campaign(kind, number)))
    process.start()
    there.close()
    return process, here


def main(
    kind: Annotated[str, typer.Option(help="Only this kind; prints, and writes no table.")] = "",
    number: Annotated[int, typer.Option("--examples", help="Of each kind; else as many as are usual.")] = 0,
) -> None:
    """Try thousands of changed files of every kind."""
    from tests.fuzz_kinds import KINDS

    if kind:
        raise SystemExit(show(campaign(kind, number or KINDS[kind].usual)))
    begun, rows = time.perf_counter(), []
    compile_all()
    names = list(KINDS)
    for at in range(0, len(names), AT_ONCE):
        group = [(name, *apart(name, number or KINDS[name].usual)) for name in names[at : at + AT_ONCE]]
        for name, process, there in group:
            try:
                rows.append(there.recv())
            except EOFError:
                process.join()
                raise SystemExit(f"{name}: its process ended with {process.exitcode}") from None
            show(rows[-1])
    store(rows, time.perf_counter() - begun, number)


app = typer.Typer(pretty_exceptions_enable=False)
app.command()(main)


def store(rows: list[dict], seconds: float, number: int) -> None:
    """Write the table, and what made it."""
    from experiments.runs import files

    lines = [",".join(COLUMNS), *(",".join(str(row[name]) for name in COLUMNS) for row in rows)]
    files.write_text(TABLE, "\n".join(lines) + "\n")
    command = "python -m tests.fuzz" + (f" --examples {number}" if number else "")
    packages = ("numpy", "numba", "pydantic", "pyarrow", "duckdb", "hypothesis")
    files.write_json(TABLE.with_name("about.json"), files.provenance(command, seconds, packages))


if __name__ == "__main__":
    from tests.fuzz import app  # by its name, so that there is one of each class

    app()
