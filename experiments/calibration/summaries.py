"""What a stretch of a log shows: by week, of its newcomers, and of its distributions. One code for real and simulated.

`describe` gives one number a name, on a scale on which differences mean about the same everywhere (log or logit);
`weekly` and `returns` give the series that are forecast; `distributions` what is laid side by side in log-log.
"""

from __future__ import annotations

import math

import numpy as np

from experiments.calibration.window import WEEK, Window

PARTS = ("early", "middle", "late")  # thirds of the stretch
COHORT = 28  # days of newcomers taken together for their return
BACK = (30.0, 60.0)  # a newcomer has returned who writes in these days after its first message

ABOUT = {
    "actives_early": "weekly actives, first third (log)",
    "actives_middle": "weekly actives, middle third (log)",
    "actives_late": "weekly actives, last third (log)",
    "exchanges_early": "exchanges a week, first third (log)",
    "exchanges_middle": "exchanges a week, middle third (log)",
    "exchanges_late": "exchanges a week, last third (log)",
    "newcomers_early": "newcomers a week, first third (log)",
    "newcomers_middle": "newcomers a week, middle third (log)",
    "newcomers_late": "newcomers a week, last third (log)",
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
}


def _log(x: float) -> float:
    return math.log(x + 0.5)


def _logit(hits: float, of: float) -> float:
    """Logit of a share, with half an observation on either side."""
    return math.log((hits + 0.5) / (of - hits + 0.5))


def _odds(share: float, n: float) -> float:
    return _logit(share * n, n)


def pairs(w: Window) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ties: exchanges of each, whether both wrote, and the two ends (n, 2) as ids."""
    aimed = w.source != w.target
    ends = np.sort(np.column_stack([w.source[aimed], w.target[aimed]]), axis=1)
    if not len(ends):
        return np.zeros(0, int), np.zeros(0, bool), np.zeros((0, 2), int)
    ties, place = np.unique(ends, axis=0, return_inverse=True)
    place = place.ravel()
    count = np.bincount(place)
    upward = np.bincount(place, w.source[aimed] < w.target[aimed])
    return count, (upward > 0) & (upward < count), ties


def weekly(w: Window) -> dict[str, np.ndarray]:
    """Weekly actives, exchanges and newcomers (first message ever): float64 (weeks,) each."""
    n = w.weeks
    week = (w.day // WEEK).astype(np.int64)
    kept = week < n
    _, who = np.unique(w.source, return_inverse=True)
    there = np.unique(np.column_stack([week[kept], who[kept]]), axis=0)
    first = np.unique(w.source, return_index=True)[1]
    first = first[~np.isin(w.source[first], w.old)]
    aimed = kept & (w.source != w.target)
    begun = week[first]
    return {
        "actives": np.bincount(there[:, 0], minlength=n).astype(float)[:n],
        "exchanges": np.bincount(week[aimed], minlength=n).astype(float)[:n],
        "newcomers": np.bincount(begun[begun < n], minlength=n).astype(float)[:n],
    }


def comebacks(w: Window, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Newcomers' first days, and whether they wrote in (low, high] days after; whoever can be followed so long."""
    ids, first, place = np.unique(w.source, return_index=True, return_inverse=True)
    begun = w.day[first]
    age = w.day - begun[place]
    again = np.bincount(place, (age > low) & (age <= high), ids.size) > 0
    who = ~np.isin(ids, w.old) & (begun + min(high, w.length) <= w.length) if high < math.inf else ~np.isin(ids, w.old)
    return begun[who], again[who]


def returns(w: Window) -> tuple[np.ndarray, np.ndarray]:
    """Share of each 28 days' newcomers who write in the second month after their first message, and their number."""
    begun, again = comebacks(w, *BACK)
    n = max(int((w.length - BACK[1] + COHORT / 2) // COHORT), 0)  # half a cohort at the end will do
    cohort = (begun // COHORT).astype(int)
    kept = cohort < n
    count = np.bincount(cohort[kept], minlength=n).astype(float)
    back = np.bincount(cohort[kept], again[kept], minlength=n)
    return np.where(count > 0, back / np.maximum(count, 1), np.nan), count


def gini(x: np.ndarray) -> float:
    """Gini coefficient of positive counts."""
    x = np.sort(x)
    return float(2 * (np.arange(1, x.size + 1) * x).sum() / (x.size * x.sum()) - (x.size + 1) / x.size)


def _swing(actives: np.ndarray, weeks: int) -> float:
    """Root mean square of the changes in the logarithm of means over so many weeks, as a logarithm."""
    n = max(actives.size // weeks, 1)
    mean = actives[actives.size - n * min(weeks, actives.size) :].reshape(n, -1).mean(axis=1)
    return 0.5 * math.log(float((np.diff(np.log(mean + 0.5)) ** 2).mean()) + 1e-3) if n > 1 else math.log(0.5)


def describe(w: Window) -> dict[str, float]:
    """The summaries of a stretch, by the names of `ABOUT`, in that order."""
    series = weekly(w)
    found: dict[str, float] = {}
    for name, values in series.items():
        for part, piece in zip(PARTS, np.array_split(values, 3), strict=True):
            found[f"{name}_{part}"] = math.log(float(piece.mean()) + 0.5 / piece.size)
    late = w.day >= w.length * 2 / 3
    found["founders_late"] = _log(np.intersect1d(w.source[late], w.old).size)
    early, last = np.unique(w.source[w.day < w.length / 3]), np.unique(w.source[late])
    found["stayed"] = _logit(float(np.intersect1d(early, last).size), float(early.size))
    found["swing"], found["swing_month"] = (_swing(series["actives"], weeks) for weeks in (1, 4))
    found["openings"] = _logit(float(w.opening.sum()), w.source.size)
    begun, _ = comebacks(w, 0.0, math.inf)
    for days in (7, 30):
        _, again = comebacks(w, float(days), math.inf)
        early = begun <= max(w.length - 2.0 * days, w.length / 2)
        found[f"return_{days}"] = _logit(float(again[early].sum()), float(early.sum()))
    _, written = np.unique(w.source, return_counts=True)
    n = max(written.size, 1)
    found["single"] = _logit(float((written == 1).sum()), n)
    found["gini"] = _odds(gini(written) if written.size else 0.0, n)
    most = np.sort(written)[::-1][: max(round(n / 10), 1)]
    top = float(most.sum()) / max(float(written.sum()), 1.0)
    found["top_10"] = _odds(top, n)
    actives = series["actives"].sum()
    found["per_week"] = math.log((w.source.size + 0.5) / (actives + 0.5))
    months = max(w.weeks // 4, 1)
    month = (w.day // COHORT).astype(int)
    monthly = np.unique(np.column_stack([month[month < months], w.source[month < months]]), axis=0).shape[0]
    months_of_weeks = min(float(series["actives"][: 4 * months].sum()) / 4 / max(monthly, 1), 1.0)
    found["weekly_of_monthly"] = _odds(months_of_weeks, n)
    own = np.unique(np.column_stack([w.source, np.floor(w.day).astype(np.int64)]), axis=0)
    gap = np.diff(own[:, 1])[np.diff(own[:, 0]) == 0]
    found["gap"] = math.log(float(gap.mean())) if gap.size else math.log(w.length)
    count, mutual, _ = pairs(w)
    ties = max(count.size, 1)
    found["mutual"] = _logit(float(mutual.sum()), count.size)
    found["single_ties"] = _logit(float((count == 1).sum()), count.size)
    found["per_tie"] = math.log((count.sum() + 0.5) / (ties + 0.5))
    found["next_after_3"] = _logit(float((count >= 4).sum()), float((count >= 3).sum()))
    found["ties"] = math.log((2.0 * count.size + 0.5) / (n + 0.5))
    return found


def distributions(w: Window) -> dict[str, np.ndarray]:
    """Messages per writer, ties per member who has any, exchanges per tie."""
    _, written = np.unique(w.source, return_counts=True)
    count, _, ends = pairs(w)
    return {
        "contributions per member": written,
        "ties per member": np.unique(ends, return_counts=True)[1],
        "exchanges per tie": count,
    }


def binned(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Density of counts in the bins between `edges`."""
    return np.histogram(x, edges)[0] / max(x.size, 1) / np.diff(edges)


def edges_of(x: np.ndarray) -> np.ndarray:
    """Bins that double: 1, 2-3, 4-7, ... up to the largest value."""
    return 2.0 ** np.arange(0, math.floor(math.log2(max(x.max(initial=1), 1))) + 2)


def likeness(real: np.ndarray, simulated: np.ndarray) -> float:
    """Correlation of the logarithms of two densities over bins that double, where both have any; nan below three."""
    edges = edges_of(np.concatenate([real, simulated]))
    a, b = binned(real, edges), binned(simulated, edges)
    both = (a > 0) & (b > 0)
    return float(np.corrcoef(np.log(a[both]), np.log(b[both]))[0, 1]) if both.sum() >= 3 else math.nan
