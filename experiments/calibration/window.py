"""A stretch of a log, real or simulated, in one form: events by day, and who had written before it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.logs.log import DAY, OUTSIDE, TEAM, Log, LogError, moment

WEEK = 7
WARM = 8  # weeks, at most, that a run has lived before what is looked at
LONGEST = 728.0  # days of the fitted stretch: two years; a year shows too little of who leaves a community for good
SHORTEST = 42.0  # days of it: six weeks, so that a beginning, a middle and an end can be told apart
SHARE = 0.7  # of what lies before the split; the rest tells who the founders are
FEWEST = {"events before the split": 300, "members before the split": 30, "events in the fitted stretch": 150}
FEW_OPENINGS = 0.005  # share of messages to everybody below which a log is taken to show none
LEAST_LATER = 28.0  # days after the split without which the model's course is not checked


class CalibrationError(LogError):
    """A log, or a folder, with which a calibration cannot be done; the message is for the person who gave it."""


@dataclass(frozen=True, eq=False)
class Window:
    """Events of `length` days: `day` float64 (n,), rising, 0 at the start; source, target int64 (n,), ids."""

    day: np.ndarray
    source: np.ndarray
    target: np.ndarray
    old: np.ndarray  # int64, sorted: ids that wrote before the start
    length: float

    @property
    def aimed(self) -> np.ndarray:
        """Flags of the events addressed to somebody, bool (n,); the others open a thread, for everybody."""
        return self.source != self.target

    @property
    def weeks(self) -> int:
        """Whole weeks in it."""
        return int(self.length // WEEK)

    def only(self, chosen: np.ndarray) -> Window:
        """The events of these flags."""
        return Window(self.day[chosen], self.source[chosen], self.target[chosen], self.old, self.length)

    def between(self, begin: float, end: float) -> Window:
        """The part from day `begin` to day `end`, whose `old` are who wrote before `begin`."""
        a, b = np.searchsorted(self.day, [begin, end])
        old = np.union1d(self.old, self.source[:a])
        return Window(self.day[a:b] - begin, self.source[a:b], self.target[a:b], old, end - begin)


def window_of(log: Log, start: float, end: float, old: np.ndarray | None = None) -> Window:
    """The events of a log from `start` to `end` (seconds since 1970).

    old : ids that wrote before; None: those that the log itself shows
    """
    before, part = log.before(start), log.before(end)
    old = np.unique(before.source) if old is None else old
    part = part.only(slice(len(before), None))
    window = Window((part.time - start) / DAY, part.source, part.target, old, (end - start) / DAY)
    return window.only(part.source < TEAM)


@dataclass(frozen=True, eq=False)
class Target:
    """What is fitted: the log, cleaned; the founding of the fitted stretch, its end, and the end of the log."""

    log: Log
    start: float
    split: float
    end: float
    opens: bool = True  # whether the log shows messages to everybody; private messages have none

    @property
    def fitted(self) -> Window:
        """The fitted stretch."""
        return window_of(self.log, self.start, self.split)

    @property
    def later(self) -> Window | None:
        """What came after the split in whole weeks, or None if there is too little of it."""
        weeks = int((self.end - self.split) / DAY // WEEK)
        return window_of(self.log, self.split, self.split + weeks * WEEK * DAY) if weeks * WEEK >= LEAST_LATER else None

    @property
    def past(self) -> Window:
        """What lies before the split, in whole weeks."""
        return window_of(self.log, self.split - self._weeks_before(self.split) * WEEK * DAY, self.split)

    def warm_up(self, start: float) -> int:
        """Weeks that a run lives before `start`, from which on it is looked at (0-8).

        A founding has no threads to respond to. Half of what the log has before is left to say who the founders are.
        """
        return min(WARM, self._weeks_before(start) // 2)

    def _weeks_before(self, moment: float) -> int:
        return int((moment - float(self.log.time[0])) / DAY // WEEK)


def target_of(log: Log, at: object = None) -> Target:
    """Choose the fitted stretch of a log: the last part before the split, in whole weeks.

    Parameters
    ----------
    at : the moment of the split (a date, an ISO text, seconds since 1970); None: the middle of the log's life

    Raises
    ------
    CalibrationError : if the log is too small or too short, or the split lies outside of it
    """
    from sim.logs.founding import middle

    log = log.only(~log.is_of(OUTSIDE))
    if not len(log):
        raise CalibrationError(f"{log.name}: has no events to fit")
    split = middle(log) if at is None else moment(at)  # type: ignore[arg-type]
    if not log.time[0] < split <= log.time[-1] + DAY:
        raise CalibrationError(
            f"{log.name}: --at: lies outside of the log; it is a day after {log.first_day} and no later than "
            f"{log.last_day}"
        )
    past = (split - log.time[0]) / DAY
    length = math.floor(min(SHARE * past, LONGEST) / WEEK) * WEEK
    if length < SHORTEST:
        raise CalibrationError(
            f"{log.name}: {past:.0f} days before the split are too short to fit; "
            f"at least {SHORTEST / SHARE + WEEK:.0f} are needed"
        )
    start = split - length * DAY
    before = log.before(split)
    counts = {
        "events before the split": len(before),
        "members before the split": np.unique(before.source).size,
        "events in the fitted stretch": int((before.time >= start).sum()),
    }
    for what, least in FEWEST.items():
        if counts[what] < least:
            raise CalibrationError(f"{log.name}: {counts[what]} {what}: too few to fit; at least {least} are needed")
    opens = float((before.source == before.target).mean()) >= FEW_OPENINGS
    return Target(log, start, split, float(log.time[-1]), opens)
