"""(b, d) What announcements and events do to the days around them.

Daily counts; Poisson with an effect for each block of four weeks and for each day of the week, and one term each for
days -7 to -1, 0, 1 to 7 and 8 to 14 after a day with one: the number of such days in the span, so that the ratio is for
one more. `elsewhere` leaves out threads of that kind. Errors are the larger of the one clustered by block and the
spread over placebo runs, in which every date is moved by 2 to 8 whole weeks either way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from experiments.effects.fits import Estimate, poisson
from experiments.effects.logs import SPECIAL, Community

SPANS = {"before": (-7, -1), "day": (0, 0), "week": (1, 7), "later": (8, 14)}  # days after one, both ends counted
BLOCK = 28  # days
FEWEST = 8  # days with one
PLACEBOS, NEAREST, FARTHEST, SEED = 200, 2, 8, 1  # runs; weeks


def daily(log: Community, kind: str) -> pd.DataFrame:
    """Counts of each day, one row a day from the first.

    Columns: members' messages outside of threads of that kind (`elsewhere`) and all of them (`all`), first messages
    (`newcomers`), exchanges between members outside and all of them (`exchanges`, `exchanges_all`), and `dates` (1: a
    thread of that kind was opened).
    """
    messages = log.messages
    day = pd.Series(log.period(messages["time"], 1), index=messages.index)
    member, outside = ~messages["staff"], messages["special"] != kind
    between = member & ~messages["to_staff"] & (messages["source"] != messages["target"])
    first = ~messages["source"].duplicated() & member
    opened = log.threads.loc[log.threads["kind"] == kind, "opened"]
    which = {
        "elsewhere": member & outside,
        "all": member,
        "newcomers": first,
        "exchanges": between & outside,
        "exchanges_all": between,
    }
    counts = {name: np.bincount(day[chosen], minlength=log.days) for name, chosen in which.items()}
    dates = np.zeros(log.days, int)
    dates[np.unique(log.period(opened[opened >= log.start], 1))] = 1
    return pd.DataFrame(counts | {"dates": dates})


def near(dates: np.ndarray) -> pd.DataFrame:
    """How many days with one lie so that each day is in each span after them; a column a span, int (days,)."""
    total = np.r_[0, np.cumsum(dates)]
    today, last = np.arange(dates.size), dates.size
    return pd.DataFrame(
        {
            name: total[np.clip(today - after + 1, 0, last)] - total[np.clip(today - upto, 0, last)]
            for name, (after, upto) in SPANS.items()
        }
    )


def known(days: int) -> slice:
    """The days all of whose spans lie within the log."""
    return slice(SPANS["later"][1], days + SPANS["before"][0])


def fit(counts: pd.Series, dates: np.ndarray) -> dict[str, Estimate]:
    """The terms of one daily count, logs of ratios, errors clustered by block."""
    days = np.arange(dates.size)
    weekday = {f"weekday {d}": (days % 7 == d).astype(float) for d in range(1, 7)}
    x, part = near(dates).assign(**weekday), known(dates.size)
    fitted = poisson(counts.to_numpy()[part], x[part], days[part] // BLOCK, days[part] // BLOCK)
    return {name: fitted[name] for name in SPANS if name in fitted}


def moved(dates: np.ndarray, draws: np.random.Generator) -> np.ndarray:
    """The dates, each moved by 2 to 8 whole weeks either way; one that would leave the log goes the other way."""
    old = np.flatnonzero(dates)
    weeks = draws.integers(NEAREST, FARTHEST + 1, old.size) * draws.choice([-1, 1], old.size)
    new = old + 7 * weeks
    new = np.where((new < 0) | (new >= dates.size), old - 7 * weeks, new)
    out = np.zeros_like(dates)
    out[new[(new >= 0) & (new < dates.size)]] = 1
    return out


def placebos(counts: pd.Series, dates: np.ndarray, runs: int = PLACEBOS) -> pd.DataFrame:
    """The terms in runs with moved dates: a row a run, a column a span."""
    draws = np.random.default_rng(SEED)
    fits = (fit(counts, moved(dates, draws)) for _ in range(runs))
    return pd.DataFrame([{name: estimate.value for name, estimate in fitted.items()} for fitted in fits])


def effects(log: Community, runs: int = PLACEBOS) -> dict[str, Estimate]:
    """The estimates of (b) and (d): `announcement_elsewhere_week` and so on, logs of ratios."""
    estimates: dict[str, Estimate] = {}
    for kind in SPECIAL:
        days = daily(log, kind)
        if days["dates"].sum() < FEWEST:
            continue
        dates = days.pop("dates").to_numpy()
        for name, counts in days.items():
            spread = placebos(counts, dates, runs).std() if runs else {}
            for span, (value, se, n) in fit(counts, dates).items():
                estimates[f"{kind}_{name}_{span}"] = Estimate(value, max(se, spread.get(span, 0.0)), n)
    return estimates


def days_by_kind(log: Community) -> Iterator[dict[str, Any]]:
    """A row a kind: days with one and days in all; threads, share replied and replies each, and those of topics."""
    threads = log.threads.set_index("thread")
    replies = log.messages[~log.messages["opens"]].groupby("thread").size().reindex(threads.index, fill_value=0)
    topics = threads["kind"] == "topic"
    for kind in SPECIAL:
        these = threads["kind"] == kind
        dates = daily(log, kind)["dates"].to_numpy()
        if not dates.any():
            continue
        part = known(dates.size)
        yield {
            "kind": kind,
            "days_with_one": int(dates[part].sum()),
            "days": dates[part].size,
            "threads": int(these.sum()),
            "replied": float(threads.loc[these, "first_reply"].notna().mean()),
            "replied_topics": float(threads.loc[topics, "first_reply"].notna().mean()),
            "replies_each": float(replies[these].mean()),
            "replies_each_topics": float(replies[topics].mean()),
        }
