"""The Python side of comparisons and studies, for scripts and notebooks; figures are in `experiments.study.figures`."""

from __future__ import annotations

from collections.abc import Sequence
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
    rules: Sequence[Any] = (),
) -> pd.DataFrame:
    """Compare scenarios on the same seeds: a row a pair and measure, as `stats.difference.differences` returns it.

    Parameters
    ----------
    scenarios : two or more, shipped names or paths of TOML files
    hold : dotted keys set in every scenario, e.g. {"community.members": 300}
    measures : which to compare; the five headline measures, if not said
    workers : runs at once, as many as cores if not said
    out : a folder to keep the runs in, so that the same call goes on; a temporary one, if not said
    rules : own rules (sim/own.py) under which every scenario lives; their values can be held, their measures compared

    Raises
    ------
    experiments.runs.given.BadInput : for what cannot be used
    """
    from experiments.stats.difference import differences
    from experiments.study.file import HEADLINE

    names = measures or list(HEADLINE)
    table = {"question": f"{' or '.join(scenarios)}?", "scenarios": list(scenarios), "replicates": replicates}
    table |= {"seed": seed, "hold": hold or {}, "measures": names, "rules": list(rules)}
    return differences(_rows(table, out, workers), names)


class Study:
    """A study, as a study file says it: the keys of the file are the arguments, its tables are dictionaries.

    `rules` beside these is a list of own rules (sim/own.py) under which every scenario lives; their values can vary.
    Everything is checked when it is made. `spec` holds the keys, `name` the name.

    >>> Study(question="?", scenarios=["facilitation"], replicates=2, vary={"ties.gain": [0.05, 0.1]}).name
    'study'

    Raises
    ------
    experiments.runs.given.BadInput : with every fault, a line each
    """

    def __init__(self, name: str = "study", **keys: Any):
        from experiments.study import file

        self._checked = file.checked(keys, name, name)

    @classmethod
    def read(cls, study: str | Path, **changes: Any) -> Study:
        """A shipped study's name or a file, with keys replaced, e.g. replicates=4."""
        from experiments.study import file

        made = cls.__new__(cls)
        made._checked = file.read(str(study), changes)
        return made

    @property
    def name(self) -> str:
        """Its name; of a file, the file's."""
        return self._checked.name

    @property
    def spec(self) -> Any:
        """Its keys and their values, all of them."""
        return self._checked.spec

    def save(self, path: str | Path) -> None:
        """Write it as a study file, for `hearth study`.

        Raises
        ------
        experiments.runs.given.BadInput : if there is a file already, or own rules, which no file holds
        """
        import tomli_w

        from experiments.runs import files
        from experiments.runs.given import BadInput

        if self.spec.rules:
            raise BadInput("rules: a study file holds no code; run a study with own rules from Python")
        if Path(path).exists():
            raise BadInput(f"`{path}` exists; name a new file (nothing was written)")
        said = self.spec.model_dump(exclude_none=True, exclude_unset=True)
        files.write_text(Path(path), tomli_w.dumps(said))

    def check(self) -> Any:
        """What it takes, from some runs that are timed: places, runs, seconds, disk (`experiments.study.cost.Cost`)."""
        from experiments.study import cost

        return cost.probe(self._checked)

    def run(
        self,
        out: str | Path | None = None,
        workers: int | None = None,
        part: tuple[int, int] | None = None,
        stop_after: float | None = None,
        retry_failed: bool = False,
    ) -> Any:
        """Do what is missing in the folder `out` (results/NAME, if not said); the same call goes on.

        Parameters
        ----------
        workers : runs at once, as many as cores if not said
        part : (k, n), only the k-th of n parts
        stop_after : seconds after which to stop with what is finished
        retry_failed : run again what has failed

        Returns
        -------
        `experiments.study.sweep.Result`: runs planned, stored, failed; `out_of_time`, whether the time was over before

        Raises
        ------
        experiments.runs.given.BadInput : for a folder that cannot be used, and points that cannot be
        """
        import time

        from experiments.runs.given import cores
        from experiments.runs.pool import Pool
        from experiments.study import mix, sweep

        until = None if stop_after is None else time.monotonic() + stop_after
        order = sweep.Order("Python", part, retry_failed, until=until)
        work = mix.search if self._checked.mix else sweep.sweep
        return work(self._checked, self.folder(out), Pool(workers or cores()), order)

    def folder(self, out: str | Path | None = None) -> Path:
        """The folder of its store: `out`, or results/NAME."""
        return Path("results") / self.name if out is None else Path(out)

    def rows(self, out: str | Path | None = None, day: int | str | None = None) -> pd.DataFrame:
        """The finished runs in a folder: a row a run, on its last kept day, on `day`, or on "every" kept day."""
        from experiments.runs import store

        return store.read(self.folder(out), day)

    def report(self, out: str | Path | None = None) -> list[str]:
        """Write the report into a folder; returns its summary, a sentence an item."""
        from experiments.study.report import write

        return write(self.folder(out)).summary


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

    made = Study(**{**study, **(changes or {})}) if isinstance(study, dict) else Study.read(study, **(changes or {}))
    with tempfile.TemporaryDirectory(prefix="hearth-") as aside:
        made.run(out or aside, workers)
        return made.rows(out or aside)
