"""Which of the varied values matter: Morris screening, Sobol indices, and one value at a time; with intervals.

The answer of a place is the mean over its seeds, of one scenario or of the paired difference between two. All places
share their seeds, so luck does not pass for an effect; how much of the variance luck makes is told beside.
"""

from __future__ import annotations

import warnings
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
    table = rows.pivot(index=["place", "replicate"], columns="scenario", values=measure)
    return (table[scenario] if against is None else table[scenario] - table[against]).unstack("replicate")


def seed_share(table: pd.DataFrame) -> float:
    """The share of the variance of single runs that is due to the seed: variance within places over all variance.

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
    import pyarrow.parquet as pq

    manifest = store.read_manifest(folder)
    keys, design = manifest["keys"], manifest["sheet"]["design"]
    rows = store.read(folder, keep=[measure])
    table = answers(rows, measure, scenario, against)
    mean = table.mean(axis=1)
    if len(table) < manifest["places"] or mean.isna().any():
        lacking = manifest["places"] - len(table)
        raise StoreError(f"`{folder}`: {lacking} places have no finished run; indices need them all")
    if design == "sobol":
        return sobol_indices(mean.to_numpy(), keys)
    if design == "morris":
        try:
            unit = pq.read_table(folder / "design.parquet").to_pandas().to_numpy()
        except (OSError, ValueError) as error:
            raise store.StoreError(f"`{folder}/design.parquet`: cannot be read ({str(error)[:100]})") from None
        return morris_indices(unit, mean.to_numpy(), keys)
    if design != "one":
        raise StoreError(f"`{folder}`: a {design} design has no indices; use morris, sobol or one")
    changes = largest_changes(table, rows.drop_duplicates("place").set_index("place").loc[table.index, keys])
    return changes.assign(assumed=[manifest["values"].get(key, {}).get("assumed") for key in changes["key"]])


def morris_indices(unit: np.ndarray, y: np.ndarray, keys: list[str]) -> pd.DataFrame:
    """Morris' measures of elementary effects by SALib (Morris 1991; mu_star: Campolongo et al. 2007), largest first.

    Parameters
    ----------
    unit : the design in the unit cube, float (places, keys), each trajectory of len(keys) + 1 places in a row
    y : the answer at each place, float (places,)

    Returns
    -------
    key; mu_star, in the unit of y, with its 95 % bootstrap interval low (not below 0) to high; sigma
    """
    import pandas as pd
    from SALib.analyze import morris

    result = morris.analyze(problem(keys), unit, y, num_levels=LEVELS, num_resamples=RESAMPLES, seed=1)
    star, half, sigma = (np.asarray(result[name], float) for name in ("mu_star", "mu_star_conf", "sigma"))
    columns = {"key": keys, "mu_star": star, "low": np.maximum(star - half, 0), "high": star + half, "sigma": sigma}
    return pd.DataFrame(columns).sort_values("mu_star", ascending=False, ignore_index=True)


def sobol_indices(y: np.ndarray, keys: list[str]) -> pd.DataFrame:
    """Sobol's indices by SALib (first order: Saltelli et al. 2010, total: Jansen 1999), largest total first.

    Parameters
    ----------
    y : the answer at each place of Saltelli's design without second order, float (places,)

    Returns
    -------
    key; first and total, shares of the variance of y (0 if it has none), each with its 95 % bootstrap interval, _low to
    _high
    """
    import pandas as pd
    from SALib.analyze import sobol

    with warnings.catch_warnings(action="ignore"):  # of an answer that never varies
        result = sobol.analyze(problem(keys), y, calc_second_order=False, num_resamples=RESAMPLES, seed=1)
    made = pd.DataFrame({"key": keys})
    for name, short in (("first", "S1"), ("total", "ST")):
        share, half = result[short], result[f"{short}_conf"]
        made[name], made[f"{name}_low"], made[f"{name}_high"] = share, share - half, share + half
    return made.sort_values("total", ascending=False, ignore_index=True)


def one_at_a_time(places: pd.DataFrame) -> dict[str, list[int]]:
    """The places at which a varied key has another value than at the first, by key; for designs of one at a time.

    Parameters
    ----------
    places : index place, a column a varied key; the first row has the scenario's own values
    """
    return {key: places.index[places[key] != places[key].iloc[0]].tolist() for key in places.columns}


def largest_changes(table: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """The largest change from the first place that a value makes alone, paired by seed, largest first.

    Parameters
    ----------
    table : as `answers` returns it
    places : as `one_at_a_time` takes it

    Returns
    -------
    key; change with its 95 % interval low to high; the value `at` which it is, and the `own` one
    """
    import pandas as pd

    records = []
    for key, moved in one_at_a_time(places).items():
        changes = {place: paired.interval((table.loc[place] - table.iloc[0]).to_numpy()) for place in moved}
        if changes:
            place, most = max(changes.items(), key=lambda change: abs(change[1].mean))
            change = {"key": key, "change": most.mean, "low": most.low, "high": most.high}
            records.append({**change, "at": places.at[place, key], "own": places[key].iloc[0]})
    return pd.DataFrame(records).sort_values("change", key=abs, ascending=False, ignore_index=True)
