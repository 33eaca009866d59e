"""Generic CSV: time, source, target, kind, read by `sim.logs.log`, with accounts and threads where they lie beside it.

`NAME_members.csv` (or .csv.gz): member, joined (seconds since 1970; may be missing or empty), manager and staff (0 or
1; may be missing). `NAME_threads.csv`: opened, opener, first_reply, first_replier (empty or -1: nobody known).
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sim.logs import log as events
from sim.logs.log import LATEST, Accounts, Log, LogError, Threads, beside
from sim.logs.readers.files import whole

LARGEST_ID = np.iinfo(np.int64).max - 1024


def read(path: Path) -> Log:
    """Read a log with what is known of its accounts and threads."""
    log = events.read(path)
    if found := _beside(path, "members"):
        log = replace(log, accounts=_accounts(found))
    if found := _beside(path, "threads"):
        log = replace(log, threads=_threads(found))
    return log


def _beside(path: Path, what: str) -> Path | None:
    """The file of the accounts or threads, plain or gzipped whatever the log is; none if there is none."""
    near = beside(path, what)
    plain = near.with_name(near.name.removesuffix(".gz"))
    return next((file for file in (near, plain, plain.with_name(plain.name + ".gz")) if file.is_file()), None)


class Columns:
    """The columns of a table as numbers."""

    def __init__(self, path: Path, wanted: tuple[str, ...]):
        self.path = path
        data = whole(path)
        try:
            table = pd.read_csv(
                io.BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False
            )
        except (ValueError, UnicodeDecodeError) as error:
            raise LogError(f"{path}: is not a CSV: {str(error)[:120]}") from None
        self.table = table.rename(columns=lambda name: str(name).strip().lower())
        if missing := [name for name in wanted if name not in self.table.columns]:
            raise LogError(f"{path}: row 1: no column `{'`, `'.join(missing)}`")

    def numbers(self, name: str, allowed: str, low: float, high: float, empty: bool = False) -> np.ndarray:
        """A column as float64; NaN where a cell is empty and may be."""
        said = self.table[name].str.strip()
        value = pd.to_numeric(said, errors="coerce").to_numpy(np.float64)
        bad = ~((value >= low) & (value <= high))
        if empty:
            bad &= (said != "").to_numpy()
        if bad.any():
            row = int(bad.argmax())
            raise LogError(
                f"{self.path}: row {row + 2}: column `{name}`: {said.iloc[row][:40]!r} is not allowed; it is {allowed}"
            )
        return value

    def ids(self, name: str, low: int = 0, empty: bool = False) -> np.ndarray:
        """A column of members; -1 where a cell is empty."""
        value = self.numbers(name, "the number of a member, a whole number", low, LARGEST_ID, empty)
        whole_ = self.table[name].str.strip().str.fullmatch(r"[-+]?\d+(\.0*)?").to_numpy(bool)
        odd = np.isfinite(value) & ~whole_
        if odd.any():
            raise LogError(f"{self.path}: row {int(odd.argmax()) + 2}: column `{name}`: is not a whole number")
        said = self.table[name].str.strip().str.replace(r"\.0*$", "", regex=True)
        return said.where(said != "", "-1").astype(np.int64).to_numpy()


def _accounts(path: Path) -> Accounts:
    table = Columns(path, ("member",))
    member = table.ids("member")
    _, first, count = np.unique(member, return_index=True, return_counts=True)
    if (count > 1).any():
        raise LogError(
            f"{path}: row {first[count > 1][0] + 2}: member {member[first[count > 1][0]]} stands there twice"
        )
    times = f"a number of seconds since 1970 (UTC), 0 to {LATEST:,}"
    joined = np.full(member.size, np.nan)
    if "joined" in table.table.columns:
        joined = table.numbers("joined", times, 0, LATEST, empty=True)
    staff = np.zeros(member.size, bool)
    for name in ("manager", "staff"):
        if name in table.table.columns:
            staff |= table.numbers(name, "0 or 1", 0, 1) == 1
    return Accounts(member, joined, staff)


def _threads(path: Path) -> Threads:
    table = Columns(path, Threads._fields)
    times = f"a number of seconds since 1970 (UTC), 0 to {LATEST:,}"
    opened = table.numbers("opened", times, 0, LATEST)
    reply = table.numbers("first_reply", f"{times}, or nothing", 0, LATEST, empty=True)
    early = reply < opened
    if early.any():
        raise LogError(f"{path}: row {int(early.argmax()) + 2}: column `first_reply`: is before the thread was opened")
    return Threads(opened, table.ids("opener"), reply, table.ids("first_replier", -1, empty=True))
