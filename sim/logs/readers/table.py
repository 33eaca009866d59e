"""CSV: time, source, target and, if known, kind and thread, in any order; other columns are ignored.

time is in seconds since 1970 (UTC), or in ISO 8601 (2014-03-01T12:00:00Z; without a zone: UTC), one of them in a
column; source and target are numbers of members. A target equal to the source says: addressed to everybody. Fields are
separated by commas, or, where the header is, by semicolons (with a decimal comma) or tabs; the text is UTF-8, or UTF-16
with its mark, as Excel's "Unicode text". `NAME_members.csv` (or .csv.gz) beside it: member, joined (a time; may be
missing or empty), manager and staff (0 or 1; may be missing). `NAME_threads.csv`: opened, opener, first_reply,
first_replier (empty or -1: nobody known); without it, threads are those of the column thread (anything that tells them
apart).
"""

from __future__ import annotations

import codecs
import csv
import math
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from sim.logs.log import Accounts, Log, LogError, Threads, beside
from sim.logs.readers.files import Files
from sim.logs.readers.messages import LATEST, seconds
from sim.state.events import KINDS

LARGEST_ID = np.iinfo(np.int64).max - 1024
MOST_KINDS = 100
NUMBER, WHOLE = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$", r"^\+?0*\d{1,19}(\.0*)?$"
SECONDS = f"a number of seconds since 1970 (UTC), 0 to {LATEST:,} (or, in the whole column, ISO 8601)"
MARKS = ",;\t"  # between fields: that by which the header names most of what is needed
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
DATED = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{8}T|\d{4}-")  # how a date begins, in whatever order
DAY_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")  # or the month: nobody knows
ISO = "a time in ISO 8601, 1970 to 2999, as 2014-03-01T12:00:00Z (without a zone: UTC)"
UNCLEAR = (
    "is not allowed; whether the day or the month comes first is not told: write the year first, as 2014-03-01 "
    "12:00:00 (in Excel: give the column the format yyyy-mm-dd hh:mm:ss, and save again)"
)


def read(files: Files) -> Log:
    """Read a log with what is known of its accounts and threads; events of one second keep their order."""
    if not files.single:
        raise LogError(f"{files.path}: is a folder or zip; name a log, a CSV with the columns time, source, target")
    table = Table(files, files.names[0], ("time", "source", "target"), ("kind", "thread"))
    if not table.rows.size and not table.odd:
        raise LogError(f"{files.path}: has a header and no rows; a log has one row per message")
    time, source, target = table.seconds("time"), table.members("source"), table.members("target")
    kinds, kind = table.words("kind") if "kind" in table.header else (("message",), np.zeros(time.size, np.int16))
    thread = table.places("thread")
    table.refuse_faults()
    order = np.argsort(time, kind="stable")
    log = Log(time[order], source[order], target[order], kind[order], kinds, files.path.name)
    if members := _beside(files, "members"):
        log = replace(log, accounts=_accounts(files, members))
    if threads := _beside(files, "threads"):
        return replace(log, threads=_threads(files, threads))
    return log.with_threads(thread[order]) if "thread" in table.header else log


def _beside(files: Files, what: str) -> str | None:
    """The file of the accounts or threads, plain or gzipped whatever the log is; None if there is none."""
    near = beside(files.path, what).name
    plain = near.removesuffix(".gz")
    return next((name for name in (near, plain, f"{plain}.gz") if (files.root / name).is_file()), None)


def _accounts(files: Files, name: str) -> Accounts:
    table = Table(files, name, ("member",), ("joined", "manager", "staff"))
    member, joined = table.members("member"), table.seconds("joined", empty=True)
    manager, staff = (table.numbers(flag, 1, "0 or 1", empty=True) == 1 for flag in ("manager", "staff"))
    _, first = np.unique(member, return_index=True)
    table.refuse(~np.isin(np.arange(member.size), first), "member", "stands there twice")
    table.refuse_faults()
    return Accounts(member, joined, manager | staff)


def _threads(files: Files, name: str) -> Threads:
    table = Table(files, name, Threads._fields)
    opened, reply = table.seconds("opened"), table.seconds("first_reply", empty=True)
    opener, replier = (table.members(column, nobody=True) for column in ("opener", "first_replier"))
    table.refuse(reply < opened, "first_reply", "is before the thread was opened")
    table.refuse_faults()
    known = opener >= 0
    return Threads(opened[known], opener[known], reply[known], replier[known])


class Table:
    """Columns of a CSV as text; what is wrong with them is collected, and the first row with a fault is named.

    Columns of `more` that are not there are empty. `odd`: rows with more or fewer fields than the header.

    Raises
    ------
    LogError : if it is no CSV with these columns
    """

    def __init__(self, files: Files, name: str, needed: tuple[str, ...], more: tuple[str, ...] = ()):
        self.where = files.where(name)
        self.faults: list[tuple[int, str]] = []
        self.odd: dict[int, LogError] = {}  # by number of the row
        data = self._bytes(files, name)
        if not data or data.isspace():
            raise LogError(f"{self.where}: is empty; wanted is a CSV with the columns {', '.join(needed)}")
        if b"\0" in data:
            raise LogError(f"{self.where}: is not text; wanted is a CSV, plain or gzipped")
        try:
            if not data.isascii():
                data.decode()
        except UnicodeDecodeError:
            raise LogError(f"{self.where}: is not text in UTF-8") from None
        self.header = self._header(data, needed, more)
        chosen = [column for column in (*needed, *more) if column in self.header]
        try:
            table = self._parsed(data, chosen)
        except pa.ArrowInvalid as error:
            raise LogError(f"{self.where}: is not a CSV with one row per message: {str(error)[:120]}") from None
        blank = np.all([pc.equal(table[column], "").to_numpy() for column in chosen], axis=0)
        numbers = np.arange(len(table) + len(self.odd)) + 2  # in the file, where the header is row 1
        numbers = np.delete(numbers, np.array(list(self.odd), int) - 2)
        self.rows = numbers[~blank]
        self.columns = dict.fromkeys(more, pa.repeat("", self.rows.size))
        self.columns |= {column: table[column].filter(pa.array(~blank)).combine_chunks() for column in chosen}

    def _bytes(self, files: Files, name: str) -> bytes:
        """The text as UTF-8, without its mark; a zero where it is none."""
        start = files.head(name)  # tells before a large file is read
        if start.startswith(UTF16):
            try:
                return files.read(name).decode("utf-16").encode()
            except UnicodeError:
                raise LogError(f"{self.where}: is not text in UTF-8, nor in UTF-16 as its first bytes say") from None
        return b"\0" if b"\0" in start else files.read(name).removeprefix(codecs.BOM_UTF8)

    def _header(self, data: bytes, needed: tuple[str, ...], more: tuple[str, ...]) -> list[str]:
        """The names of the columns, in small letters; `mark` is what separates them."""
        try:
            line = data[: data.find(b"\n") % (len(data) + 1)].decode()
            headers = {mark: [name.strip().lower() for name in next(csv.reader([line], delimiter=mark))]
                       for mark in MARKS}  # fmt: skip
        except csv.Error as error:
            raise LogError(f"{self.where}: row 1: is no header of a CSV ({error})") from None
        self.mark = max(MARKS, key=lambda mark: len({*needed} & {*headers[mark]}))  # of equals the first
        header = headers[self.mark]
        if missing := [name for name in needed if name not in header]:
            known = f" (and {', '.join(more)}, if known)" if more else ""
            raise LogError(
                f"{self.where}: row 1: no column `{'`, `'.join(missing)}`; the header must name {', '.join(needed)}"
                f"{known}, separated by commas (or semicolons or tabs); it says: {', '.join(header)[:80]}"
            )
        if twice := [name for name in (*needed, *more) if header.count(name) > 1]:
            raise LogError(f"{self.where}: row 1: two columns are called `{twice[0]}`")
        return header

    def _parsed(self, data: bytes, chosen: list[str]) -> pa.Table:
        """The chosen columns of all rows, blank ones too, but for odd ones."""
        if data.count(b'"') % 2:
            raise LogError(f"{self.where}: is not a CSV with one row per message: a quotation mark is not closed")

        def keep(row: pa.csv.InvalidRow) -> str:
            why = f"has {row.actual_columns} fields; the header names {len(self.header)}"
            self.odd[row.number] = LogError(f"{self.where}: row {row.number}: {why}")
            return "skip"

        names = [name if name in chosen else f"{place}: {name}" for place, name in enumerate(self.header)]
        return pa.csv.read_csv(
            pa.BufferReader(data),
            pa.csv.ReadOptions(use_threads=False, block_size=len(data) + 1, skip_rows=1, column_names=names),
            pa.csv.ParseOptions(
                delimiter=self.mark, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep
            ),
            pa.csv.ConvertOptions(include_columns=chosen, column_types=dict.fromkeys(chosen, pa.string())),
        )

    def dicts(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Each row, but for odd ones, as text by column, with its place for messages."""
        for row, cells in zip(self.rows, pa.table(self.columns).to_pylist(), strict=True):
            yield f"{self.where}: row {row}", {name: cell.strip() for name, cell in cells.items()}

    def numbers(self, column: str, high: float, allowed: str, empty: bool = False) -> np.ndarray:
        """A column of numbers from 0 to `high`, float64; NaN where a cell is empty and may be."""
        text = self._pointed(column)
        try:
            value = pc.cast(text, pa.float64()).to_numpy()
        except pa.ArrowInvalid:  # slower, as whatever is no number has to be found
            text = pc.utf8_trim_whitespace(text)
            plain = pc.match_substring_regex(text, NUMBER)
            value = pc.cast(pc.if_else(plain, text, "nan"), pa.float64()).to_numpy()
        bad = ~((value >= 0) & (value <= high))
        if empty:
            bad &= pc.not_equal(text, "").to_numpy(zero_copy_only=False)
        milliseconds = allowed == SECONDS and bool(((value > LATEST) & (value < LATEST * 1000))[bad][:1].any())
        hint = "; are these milliseconds?" if milliseconds else ""
        self.refuse(bad, column, f"is not allowed; it is {allowed}{', or nothing' * empty}{hint}")
        return value

    def _pointed(self, column: str) -> pa.Array:
        """A column as text, with a point where between semicolons a decimal comma stands."""
        text = self.columns[column]
        return pc.replace_substring(text, ",", ".") if self.mark == ";" else text

    def seconds(self, column: str, empty: bool = False) -> np.ndarray:
        """A column of times as seconds since 1970, float64; NaN where a cell is empty and may be.

        Its first time tells whether all are numbers or in ISO 8601.
        """
        cells = (cell.as_py().strip() for cell in self.columns[column])
        if not DATED.match(next(filter(None, cells), "")):
            return self.numbers(column, LATEST, SECONDS, empty)
        text = pc.utf8_trim_whitespace(self.columns[column])
        none = pc.equal(text, "").to_numpy(zero_copy_only=False)
        value = instants(pc.if_else(none, None, text))
        bad = ~((value >= 0) & (value <= LATEST)) & ~(none & empty)
        first = text[int(bad.argmax())].as_py()
        self.refuse(bad, column, UNCLEAR if DAY_FIRST.match(first) else f"is not allowed; it is {ISO}")
        return value

    def members(self, column: str, nobody: bool = False) -> np.ndarray:
        """A column of whole numbers from 0, int64; -1 where a cell is empty or -1 and may be."""
        text = self._pointed(column)
        none, whole = np.zeros(len(text), bool), np.ones(len(text), bool)
        try:
            value = pc.cast(text, pa.uint64()).to_numpy()
        except pa.ArrowInvalid:  # slower, as whatever is no number has to be found
            text = pc.utf8_trim_whitespace(text)
            matches = pc.match_substring_regex(text, WHOLE)
            digits = pc.replace_substring_regex(pc.if_else(matches, text, "0"), r"^\+|\.0*$", "")
            value, whole = pc.cast(digits, pa.uint64()).to_numpy(), matches.to_numpy(zero_copy_only=False)
            none = pc.is_in(text, pa.array(["", "-1", "-1.0"])).to_numpy(zero_copy_only=False) & nobody
        bad = ~none & ~(whole & (value <= LARGEST_ID))
        self.refuse(bad, column, "is not allowed; it is the number of a member, a whole number from 0")
        return np.where(none | bad, -1, value.astype(np.int64))

    def words(self, column: str) -> tuple[tuple[str, ...], np.ndarray]:
        """The different words of a column in order, and the place of each row's, int16."""
        encoded = self.columns[column].dictionary_encode()
        if len(encoded.dictionary) > MOST_KINDS:
            raise LogError(
                f"{self.where}: column `{column}`: {len(encoded.dictionary):,} different kinds; at most {MOST_KINDS}"
            )
        words = encoded.dictionary.to_pylist()
        place = encoded.indices.to_numpy()
        wrong = [k for k, word in enumerate(words) if word.strip() != word or not word]
        self.refuse(np.isin(place, wrong), column, f"is not allowed; it is a word, such as {', '.join(KINDS)}")
        ordered = sorted(words)
        return tuple(ordered), np.array([ordered.index(word) for word in words], np.int16)[place]

    def places(self, column: str) -> np.ndarray:
        """A number for each different text of a column, int64; -1 where a cell is empty."""
        text = self.columns[column]
        encoded = pc.if_else(pc.equal(text, ""), None, text).dictionary_encode()
        return encoded.indices.fill_null(-1).to_numpy().astype(np.int64)

    def refuse(self, bad: np.ndarray, column: str, why: str) -> None:
        """Note the first bad row of a column."""
        if bad.any():
            place = int(bad.argmax())
            cell = self.columns[column][place].as_py()
            shown = repr(cell if len(cell) <= 40 else cell[:40] + "...") if cell else "nothing"
            self.faults.append((self.rows[place], f"column `{column}`: {shown} {why}"))

    def refuse_faults(self) -> None:
        """Raise LogError for the first odd row, or else if anything was noted: what comes first in the file."""
        for fault in self.odd.values():
            raise fault
        if self.faults:
            row, why = min(self.faults, key=lambda fault: fault[0])
            raise LogError(f"{self.where}: row {row}: {why}")


def instants(text: pa.Array) -> np.ndarray:
    """Times in ISO 8601, some of them None, as seconds since 1970; float64, NaN for None and for what is none.

    >>> instants(pa.array(["1970-01-02", "1970-01-01T01:00:00.5+01:00", "1/2/1970"])).tolist()
    [86400.0, 0.5, nan]
    """
    for zone in (None, "UTC"):  # all without, or all with one
        try:
            times = pc.cast(text, pa.timestamp("us", zone))
        except pa.ArrowInvalid:
            continue
        micro = pc.cast(pc.cast(times, pa.int64()), pa.float64(), safe=False)
        return pc.divide(micro, 1e6).to_numpy(zero_copy_only=False)
    return np.array([_instant(cell) for cell in text.to_pylist()], np.float64)  # slower


def _instant(cell: str | None) -> float:
    try:
        return math.nan if cell is None else seconds(cell)
    except (ValueError, OverflowError):
        return math.nan
