"""Horizons: the course of each scenario over the kept days, and who is ahead when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from experiments.runs import store
from experiments.stats import paired

if TYPE_CHECKING:
    import pandas as pd

NOBODY = "nobody for certain"


def days(folder: Path) -> list[int]:
    """The days that the store has rows of, in order."""
    found = store.query(folder, "select distinct day from runs where error is null and day > 0 order by day")
    return found["day"].tolist()


def course(folder: Path, measure: str) -> pd.DataFrame:
    """Columns label (the scenario), day, mean, low, high (95 % interval over seeds)."""
    import pandas as pd

    found = []
    for day in days(folder):
        for label, own in store.read(folder, day=day, keep=[measure]).groupby("scenario", sort=False):
            one = paired.interval(own[measure].to_numpy())
            found.append({"label": label, "day": day, **vars(one)})
    return pd.DataFrame(found)


def when(ahead: pd.DataFrame) -> str:
    """Who is ahead when, in words; neighbouring days with one winner are told together.

    Parameters
    ----------
    ahead : columns day and winner, one place, as `regimes.winners` gives them
    """
    spans: list[list] = []
    for row in ahead.sort_values("day").itertuples():
        if spans and spans[-1][0] == row.winner:
            spans[-1][2] = row.day
        else:
            spans.append([row.winner, row.day, row.day])
    told = []
    for who, first, last in spans:
        held = f"on day {first}" if first == last else f"on days {first} to {last}"
        told.append(f"nobody is shown to be ahead {held}" if who == NOBODY else f"{who} is ahead {held}")
    return "; ".join(told)
