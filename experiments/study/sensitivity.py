"""Which of the varied values matter: Morris screening, Sobol indices, and one value at a time; with intervals.

The answer of a place is the mean over its seeds, of one scenario or of the paired difference between two. All places
share their seeds, so luck does not pass for an effect; how much of the variance luck makes is told beside.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.runs import store
from experiments.runs.files import StoreError
from experiments.stats import paired
from experiments.study.design import LEVELS, problem

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES = 1000


def answers(rows: pd.DataFrame, measure: str, scenario: str, against: str | None = None) -> pd.DataFrame:
    """The measure by place (index) and replicate (columns), of a scenario or of its lead over another."""
    own = rows[rows["scenario"] == scenario].pivot(index="place", columns="replicate", values=measure)
    if against is not None:
        own = own - rows[rows["scenario"] == against].pivot(index="place", columns="replicate", values=measure)
    return own


def seed_share(table: pd.DataFrame) -> float:
    """The share of the variance between single runs that is luck: within places, of all.

    Parameters
    ----------
    table : as `answers` returns it
    """
    values = table.to_numpy(float)
    total = np.nanvar(values)
    return float(np.nanmean(np.nanvar(values, axis=1)) / total) if total > 0 else float("nan")


def indices(folder: Path, measure: str, scenario: str, against: str | None = None) -> pd.DataFrame:
    """How much each varied value moves the measure, most first.

    Returns
    -------
    Morris: `mu_star`, the mean size of the change by one step of the design, with `low` and `high`, and `sigma`, its
    spread (curved, or depending on other values). Sobol: `first` and `total`, shares of the variance, each with an
    interval. One at a time: `change`, the largest change from the scenario's own value, paired by seed, with interval.
    """
    import pandas as pd
    import pyarrow.parquet as pq

    manifest = store.read_manifest(folder)
    keys, design = manifest["keys"], manifest["sheet"]["design"]
    rows = store.read(folder, keep=[measure])
    table = answers(rows, measure, scenario, against)
    if len(table) < manifest["places"] or table.mean(axis=1).isna().any():
        raise StoreError(
            f"`{folder}`: {manifest['places'] - len(table)} places have no finished run; indices need them all"
        )
    if design == "one":
        return _one(rows, table, keys, manifest)
    if design not in ("morris", "sobol"):
        raise StoreError(f"`{folder}`: a {design} design has no indices; use morris, sobol or one")
    y = table.sort_index().mean(axis=1).to_numpy()
    if design == "morris":
        from SALib.analyze import morris

        unit = np.column_stack([column.to_numpy() for column in pq.read_table(folder / "design.parquet").columns])
        found = morris.analyze(problem(keys), unit, y, num_levels=LEVELS, num_resamples=RESAMPLES, seed=1)
        star, half = np.asarray(found["mu_star"], float), np.asarray(found["mu_star_conf"], float)
        made = pd.DataFrame({"key": keys, "mu_star": star, "low": np.maximum(star - half, 0), "high": star + half})
        made["sigma"] = np.asarray(found["sigma"], float)
        return made.sort_values("mu_star", ascending=False, ignore_index=True)
    from SALib.analyze import sobol

    scaled = (y - y.mean()) / (y.std() or 1.0)  # the estimators lose digits far from zero
    found = sobol.analyze(problem(keys), scaled, calc_second_order=False, num_resamples=RESAMPLES, seed=1)
    made = pd.DataFrame({"key": keys})
    for name, short in (("first", "S1"), ("total", "ST")):
        made[name] = found[short]
        half = found[f"{short}_conf"]
        made[f"{name}_low"], made[f"{name}_high"] = found[short] - half, found[short] + half
    return made.sort_values("total", ascending=False, ignore_index=True)


def one_at_a_time(places: pd.DataFrame) -> dict[str, list[int]]:
    """The places at which a varied key has another value than at the first, by key; for designs of one at a time.

    Parameters
    ----------
    places : index place, a column a varied key; the first row has the scenario's own values
    """
    return {key: places.index[places[key] != places[key].iloc[0]].tolist() for key in places.columns}


def _one(rows: pd.DataFrame, table: pd.DataFrame, keys: list[str], manifest: dict) -> pd.DataFrame:
    """The largest change that each value makes alone."""
    import pandas as pd

    places = rows.drop_duplicates("place").set_index("place").loc[table.index, keys]
    found = []
    for key, moved in one_at_a_time(places).items():
        each = [(paired.interval((table.loc[place] - table.iloc[0]).to_numpy()), place) for place in moved]
        if each:
            most, place = max(each, key=lambda change: abs(change[0].mean))
            change = {"key": key, "change": most.mean, "low": most.low, "high": most.high, "at": places.at[place, key]}
            assumed = manifest["values"].get(key, {}).get("assumed")
            found.append({**change, "own": places[key].iloc[0], "assumed": assumed})
    return pd.DataFrame(found).sort_values("change", key=abs, ascending=False, ignore_index=True)
