"""What a user gives on the command line, read and checked, and the error that says what is wrong with it.

All that is wrong with what a user gave raises `BadInput`, whose message is one line that says what is wrong and what
is allowed. Nothing has been written when it is raised.
"""

from __future__ import annotations

import datetime
import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer

from sim.given import BadInput

NOT_DONE = 75  # exit code: stopped in time, the same command goes on (EX_TEMPFAIL of sysexits.h)
MOST_REPLICATES = 10_000
MOST_SEED = 2**63 - 1
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_-]+)*")
DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?")
CURRENCY = re.compile(r"[^\W\d_]{1,8}|[$€£¥₹₩₽₺₴฿]")
BUDGET = ("hours_per_week", "wage", "money_per_week")


class Stopped(Exception):
    """Stopped before the end; the message says what is kept, where, and how to go on."""

    def __init__(self, message: str, cause: BaseException):
        super().__init__(message)
        self.cause = cause


class Faults:
    """What is wrong with what was given, collected, so that it is said at once."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, there: Any, where: str, what: str) -> bool:
        """Note `where` and `what` as a fault, if `there` is true; returns whether it is."""
        if there:
            self.said.append(f"{where}: {what}")
        return bool(there)

    @contextmanager
    def noting(self, before: str = "", after: str = "") -> Iterator[None]:
        """Note what is raised as BadInput within, each line between `before` and `after`, and go on after it."""
        try:
            yield
        except BadInput as error:
            self.said += [f"{before}{line}{after}" for line in str(error).splitlines()]

    def refuse(self, kind: type[BadInput] = BadInput, before: str = "") -> None:
        """Raise all that was noted, a line each that begins with `before`, if anything was."""
        if self.said:
            raise kind("\n".join(before + line for line in dict.fromkeys(self.said)))


@contextmanager
def stopping(folder: Any = None) -> Iterator[None]:
    """Say what is kept, and how to go on, when work in a folder is stopped or fails; bad input says it itself.

    Without a folder, nothing is kept.
    """
    try:
        yield
    except BadInput:
        raise
    except (KeyboardInterrupt, Exception) as error:
        kept = "nothing is kept, and the same command begins anew"
        if folder is not None:
            kept = f"every finished run is kept in `{folder}`, and the same command goes on"
        raise Stopped(kept, error) from error


class Whole:
    """A whole number in a range, read from an option; the same sort of message for whatever is wrong with it."""

    def __init__(self, low: int, high: int, unit: str):
        self.low, self.high, self.unit = low, high, unit

    def __call__(self, text: str) -> int:
        """Read it."""
        try:
            value = int(str(text).replace("_", ""))
        except ValueError:
            value = None
        if value is None or not self.low <= value <= self.high:
            raise typer.BadParameter(
                f"{text!r} is not allowed; it is a whole number from {self.low:,} to {self.high:,} ({self.unit})"
            )
        return value


class OfBaseline:
    """A whole number whose range and unit stand in the baseline scenario; read late, for the scenarios import late."""

    def __init__(self, table: str, key: str):
        self.at = table, key

    def __call__(self, text: str) -> int:
        """Read it."""
        from sim.scenario import BASELINE

        meta = BASELINE[self.at[0]][self.at[1]]
        low, high = meta["range"]
        return Whole(low, high, meta["unit"])(text)


def fraction(text: str) -> float:
    """A precision: `0.05` or `5%`, in [0.001, 1]."""
    return share(text, 0.001)


def share(text: str, least: float = 0.0) -> float:
    """A share from `least` to 1, `0.05` or `5%`."""
    stripped = str(text).strip()
    try:
        value = float(stripped[:-1]) / 100 if stripped.endswith("%") else float(stripped)
    except ValueError:
        value = float("nan")
    if not least <= value <= 1:
        raise typer.BadParameter(f"{text!r} is not allowed; it is a share from {least:g} to 1, or per cent as in 5%")
    return value


def duration(text: str) -> float:
    """A time as `90s`, `50m`, `1h30m` or `2d`, in seconds.

    >>> duration("1h30m")
    5400.0
    """
    parts = DURATION.fullmatch(str(text).strip())
    if not parts or not any(parts.groups()):
        raise typer.BadParameter(f"{text!r} is not allowed; it is a time as 90s, 50m, 1h30m or 2d")
    return float(sum(int(part or 0) * size for part, size in zip(parts.groups(), (86400, 3600, 60, 1), strict=True)))


class Amount:
    """A number in the range that the baseline gives a value, read from an option, with that value's unit."""

    def __init__(self, table: str, key: str):
        self.at = table, key

    def __call__(self, text: str) -> float:
        """Read it."""
        from sim.scenario import BASELINE

        meta = BASELINE[self.at[0]][self.at[1]]
        (low, high), value = meta["range"], float("nan")
        with suppress(ValueError):
            value = float(str(text).replace("_", ""))
        if not low <= value <= high:
            raise typer.BadParameter(
                f"{text!r} is not allowed; it is a number from {low:,} to {high:,} ({meta['unit']})"
            )
        return value


def currency(text: str) -> str:
    """The name of a currency: EUR, kr, €."""
    if CURRENCY.fullmatch(str(text)):
        return str(text)
    raise typer.BadParameter(f"{text!r} is not allowed; it is up to eight letters or a sign, as EUR, kr or $")


def date(text: str) -> datetime.date:
    """A day as in 2020-12-31."""
    try:
        return datetime.date.fromisoformat(str(text))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not allowed; it is a date as in 2020-12-31") from None


def setting(text: str) -> tuple[str, Any]:
    """A `key=value` with a TOML value; what is not TOML is a string."""
    key, equals, value = str(text).partition("=")
    key = key.strip()
    if not equals or not KEY.fullmatch(key):
        raise BadInput(f"--set: `{text}` is not allowed; it is key=value, for example ties.gain=0.1")
    try:
        parsed = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        parsed = {}
    return key, parsed["value"] if set(parsed) == {"value"} else value.strip()


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def cost(scenario: Any) -> dict[str, float]:
    """What a scenario's team costs: hours and money a week, the wage, and the sum a week."""
    return {key: float(getattr(scenario.budget, key)) for key in BUDGET} | {"cost_per_week": scenario.cost_per_week}


def unequal_cost(scenarios: dict[str, Any]) -> str | None:
    """In words, which scenario costs other than the first, and by what; None if all cost the same."""
    (first, reference), *others = scenarios.items()
    for label, scenario in others:
        mine, its = cost(scenario), cost(reference)
        if differing := [f"{key} {mine[key]:g} against {its[key]:g}" for key in mine if mine[key] != its[key]]:
            return f"{label} and {first} do not cost the same ({', '.join(differing)})"
    return None
