"""What a stretch of a log shows: by week, of its newcomers, and of its distributions. One code for real and simulated.

`describe` gives one number a name, on a scale on which differences mean about the same everywhere (log or logit);
`weekly` and `returns` give the series that are forecast; `distributions` what is laid side by side in log-log.
"""

from __future__ import annotations

import math

import numpy as np

from experiments.calibration.window import WEEK, Window

PARTS = {"early": "first", "middle": "middle", "late": "last"}  # thirds of the stretch
COHORT = 28  # days of newcomers taken together for their return
BACK = (30.0, 60.0)  # a newcomer has returned who writes in these days after its first message

WEEKLY = {"actives": "weekly actives", "exchanges": "exchanges a week", "newcomers": "newcomers a week"}

ABOUT = {
    **{f"{name}_{part}": f"{series}, {third} third (log)"
       for name, series in WEEKLY.items() for part, third in PARTS.items()},
    "founders_late": "actives of the last third who wrote before (log)",
    "stayed": "writers of the first third who write in the last (logit)",
    "swing": "change of weekly actives from week to week (log rms)",
    "swing_month": "change of weekly actives from month to month (log rms)",
    "openings": "share of messages to everybody (logit)",
    "return_7": "newcomers who write again a week later or more (logit)",
    "return_30": "newcomers who write again a month later or more (logit)",
    "single": "writers with one message (logit)",
    "gini": "Gini of messages per writer (logit)",
    "top_10": "share of the top tenth of writers (logit)",
    "per_week": "messages per active member and week (log)",
    "weekly_of_monthly": "weekly to monthly actives (logit)",
    "gap": "mean days between days on which a member writes (log)",
    "mutual": "ties with messages both ways (logit)",
    "single_ties": "ties of one exchange (logit)",
    "per_tie": "exchanges per tie (log)",
    "next_after_3": "ties with three exchanges that reach a fourth (logit)",
    "ties": "ties per writer (log)",
}  # fmt: skip


def _log_ratio(one: float, other: float) -> float:
    """Logarithm of a ratio of counts, 0.5 added to each."""
    return math.log((one + 0.5) / (other + 0.5))


def _logit(hits: float, of: float) -> float:
    """Logit of a share, half an observation added to either side."""
    return math.log((hits + 0.5) / (of - hits + 0.5))


def _odds(share: float, n: float) -> float:
    return _logit(share * n, n)


def _distinct(*columns: np.ndarray) -> np.ndarray:
    """The distinct rows of columns of whole numbers, (n, columns), in rising order."""
    return np.unique(np.column_stack(columns).astype(np.int64), axis=0)


def pairs(w: Window) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ties: exchanges of each, whether both wrote, and the two ends (n, 2) as ids."""
    w = w.only(w.aimed)
    ends = np.sort(np.column_stack([w.source, w.target]), axis=1)
    ties, place, count = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    upward = np.bincount(place.ravel(), w.source < w.target, len(ties))
    return count, (upward > 0) & (upward < count), ties


def weekly(w: Window) -> dict[str, np.ndarray]:
    """Weekly actives, exchanges and newcomers (first message ever): float64 (weeks,) each."""
    week = (w.day // WEEK).astype(np.int64)
    first = np.unique(w.source, return_index=True)[1]
    first = first[~np.isin(w.source[first], w.old)]
    events = (_distinct(week, w.source)[:, 0], week[w.aimed], week[first])
    counts = (np.bincount(weeks, minlength=w.weeks)[: w.weeks].astype(float) for weeks in events)
    return dict(zip(WEEKLY, counts, strict=True))


def comebacks(w: Window, low: float, high: float = math.inf) -> tuple[np.ndarray, np.ndarray]:
    """Newcomers' first days, and whether they wrote in (low, high] days after; whoever can be followed so long."""
    ids, first, place = np.unique(w.source, return_index=True, return_inverse=True)
    begun = w.day[first]
    age = w.day - begun[place]
    again = np.bincount(place, (age > low) & (age <= high), ids.size) > 0
    followed = (begun + high <= w.length) | math.isinf(high)
    who = ~np.isin(ids, w.old) & followed
    return begun[who], again[who]


def returns(w: Window) -> tuple[np.ndarray, np.ndarray]:
    """Share of each 28 days' newcomers who write in the second month after their first message, and their number."""
    begun, again = comebacks(w, *BACK)
    n = max(int((w.length - BACK[1] + COHORT / 2) // COHORT), 0)  # half a cohort at the end will do
    cohort = (begun // COHORT).astype(int)
    count, back = (np.bincount(cohort, weight, minlength=n)[:n] for weight in (None, again))
    return np.where(count > 0, back / np.maximum(count, 1), np.nan), count.astype(float)


def gini(x: np.ndarray) -> float:
    """Gini coefficient of positive counts; 0 of none."""
    n, x = x.size, np.sort(x)
    return float(2 * (np.arange(1, n + 1) * x).sum() / (n * x.sum()) - (n + 1) / n) if n else 0.0


def _swing(actives: np.ndarray, weeks: int) -> float:
    """Root mean square of the changes in the logarithm of means over so many weeks, as a logarithm."""
    n = max(actives.size // weeks, 1)
    mean = actives[actives.size - n * min(weeks, actives.size) :].reshape(n, -1).mean(axis=1)
    return 0.5 * math.log(float((np.diff(np.log(mean + 0.5)) ** 2).mean()) + 1e-3) if n > 1 else math.log(0.5)


def describe(w: Window) -> dict[str, float]:
    """The summaries of a stretch, by the names of `ABOUT`, in that order."""
    series, late = weekly(w), w.source[w.day >= w.length * 2 / 3]
    early = np.unique(w.source[w.day < w.length / 3])
    return {
        **{f"{name}_{part}": math.log(piece.mean() + 0.5 / piece.size) for name, values in series.items()
           for part, piece in zip(PARTS, np.array_split(values, 3), strict=True)},
        "founders_late": math.log(np.intersect1d(late, w.old).size + 0.5),
        "stayed": _logit(np.intersect1d(early, late).size, early.size),
        "swing": _swing(series["actives"], 1),
        "swing_month": _swing(series["actives"], 4),
        "openings": _logit((~w.aimed).sum(), w.source.size),
        "return_7": _returned(w, 7.0),
        "return_30": _returned(w, 30.0),
        **_of_writers(w, series["actives"]),
        **_of_ties(w),
    }  # fmt: skip


def _returned(w: Window, days: float) -> float:
    """Newcomers who write again so many days later or more, of those who can be followed about twice as long."""
    begun, again = comebacks(w, days)
    early = begun <= max(w.length - 2.0 * days, w.length / 2)
    return _logit(again[early].sum(), early.sum())


def _of_writers(w: Window, actives: np.ndarray) -> dict[str, float]:
    """How unequally, how much at a time and how regularly members write."""
    written = np.sort(np.unique(w.source, return_counts=True)[1])[::-1]
    n, months = max(written.size, 1), max(w.weeks // 4, 1)
    monthly = (_distinct(w.day // COHORT, w.source)[:, 0] < months).sum()
    member, day = _distinct(w.source, np.floor(w.day)).T
    gap = np.diff(day)[np.diff(member) == 0]
    return {
        "single": _logit((written == 1).sum(), n),
        "gini": _odds(gini(written), n),
        "top_10": _odds(written[: max(round(n / 10), 1)].sum() / max(written.sum(), 1), n),
        "per_week": _log_ratio(w.source.size, actives.sum()),
        "weekly_of_monthly": _odds(min(actives[: 4 * months].sum() / 4 / max(monthly, 1), 1.0), n),
        "gap": math.log(gap.mean() if gap.size else w.length),
    }


def _of_ties(w: Window) -> dict[str, float]:
    """How often members exchange, and with how many."""
    count, mutual, _ = pairs(w)
    return {
        "mutual": _logit(mutual.sum(), count.size),
        "single_ties": _logit((count == 1).sum(), count.size),
        "per_tie": _log_ratio(count.sum(), max(count.size, 1)),
        "next_after_3": _logit((count >= 4).sum(), (count >= 3).sum()),
        "ties": _log_ratio(2.0 * count.size, max(np.unique(w.source).size, 1)),
    }
