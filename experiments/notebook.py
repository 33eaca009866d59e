"""For notebooks: comparisons and sweeps that return tables. Figures are in `experiments.study.figures`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def compare(
    *scenarios: str,
    replicates: int = 20,
    hold: dict[str, Any] | None = None,
    measures: list[str] | None = None,
    seed: int = 1,
    workers: int | None = None,
    out: str | Path | None = None,
) -> pd.DataFrame:
    """Compare scenarios on the same seeds: a row a pair and measure, as `stats.difference.differences` returns it.

    Parameters
    ----------
    scenarios : two or more, shipped names or paths of TOML files
    hold : dotted keys set in every scenario, e.g. {"community.members": 300}
    measures : which to compare; the five headline measures, if not said
    workers : runs at once, as many as cores if not said
    out : a folder to keep the runs in, so that the same call goes on; a temporary one, if not said

    Raises
    ------
    experiments.runs.given.BadInput : for what cannot be used
    """
    from experiments.stats.difference import differences
    from experiments.study.file import HEADLINE

    names = measures or list(HEADLINE)
    table = {"question": f"{' or '.join(scenarios)}?", "scenarios": list(scenarios), "replicates": replicates}
    table |= {"seed": seed, "hold": hold or {}, "measures": names}
    return differences(_rows(table, out, workers), names)


def sweep(
    study: str | Path | dict[str, Any], out: str | Path | None = None, workers: int | None = None, **changes: Any
) -> pd.DataFrame:
    """Run what is missing of a study and return its finished runs: a row a run, on the last kept day.

    Parameters
    ----------
    study : a shipped study's name, a path, or what a study file says as a dictionary
    out : its folder, so that the same call goes on; a temporary one, if not said
    changes : keys of the study replaced, e.g. replicates=4

    >>> sweep({"question": "?", "scenarios": ["facilitation"], "replicates": 8,
    ...        "vary": {"ties.gain": [0.05, 0.1]}})  # doctest: +SKIP
    """
    return _rows(study, out, workers, changes)


def _rows(study: Any, out: Any, workers: int | None, changes: dict[str, Any] | None = None) -> pd.DataFrame:
    import tempfile

    from experiments.runs import store
    from experiments.runs.given import cores
    from experiments.runs.pool import Pool
    from experiments.study import file, mix
    from experiments.study.sweep import Order
    from experiments.study.sweep import sweep as run

    if isinstance(study, dict):
        checked = file.checked({**study, **(changes or {})}, "study", "study")
    else:
        checked = file.read(str(study), changes)
    with tempfile.TemporaryDirectory(prefix="hearth-") as aside:
        folder = Path(out or aside)
        (mix.search if checked.mix else run)(checked, folder, Pool(workers or cores()), Order("a notebook"))
        return store.read(folder)
