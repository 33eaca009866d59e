"""A calibration from a log to its findings: measure a run, find the posterior, look at it again, look ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration import forecast, parameters, posterior, simulate, tide
from experiments.calibration.arrivals import Arrivals
from experiments.calibration.bench import Bench, nothing
from experiments.calibration.summaries import ABOUT, likeness
from experiments.calibration.window import Target, target_of, window_of
from experiments.runs.tasks import replicate_seed
from sim.log import DAY, Log

FIT, AHEAD = 0.5, 0.45  # shares of the time for the posterior, and for looking at it and ahead
GENERATIONS = 9  # that should fit into the time: the first counts for three
KEEP = (24, 160)  # settings in the posterior, at least and at most
RUNS = (20, 60)  # draws of the posterior that are looked at, and run ahead
SURE = 0.95  # interval of the posterior predictive check


@dataclass(frozen=True)
class Effort:
    """How much is run. `keep`: settings in the posterior; None: what the time allows, as `generations` and `draws`."""

    minutes: float = 12.0
    workers: int = 1
    root: int = 1
    keep: int | None = None
    generations: int | None = None
    draws: int | None = None


@dataclass(frozen=True, eq=False)
class Findings:
    """What a calibration found."""

    target: Target
    base: Any
    arrivals: Arrivals
    candidates: tuple[parameters.Parameter, ...]
    posterior: posterior.Posterior
    real: dict[str, Any]  # what the fitted stretch shows
    replays: list[dict[str, Any]]  # runs over it with draws of the posterior
    past: dict[str, Any]  # the series of all weeks before the split
    later: dict[str, Any] | None
    aheads: list[dict[str, Any]]  # runs from the split on
    earlier: dict[int, list[dict[str, Any]]]  # runs from origins so many weeks before the split
    seconds: float  # of work, over all workers

    def values(self, u: np.ndarray) -> dict[str, float]:
        """A place in the prior as values by key."""
        return parameters.values(self.candidates, u)

    @property
    def founders(self) -> int:
        """Members at the split: whoever wrote or was addressed before."""
        before = self.target.log.before(self.target.split)
        return int(np.union1d(before.source, before.target).size)

    def facts(self) -> list[dict[str, Any]]:
        """Each summary of the log beside the model's, with the interval of the posterior predictive runs."""
        rows = []
        for name, about in ABOUT.items():
            runs = np.array([replay["summaries"][name] for replay in self.replays])
            low, middle, high = np.quantile(runs, [(1 - SURE) / 2, 0.5, (1 + SURE) / 2])
            real = self.real["summaries"][name]
            rows.append({"fact": name, "about": about, "log": real, "model": float(middle), "low": float(low),
                         "high": float(high), "met": bool(low <= real <= high)})  # fmt: skip
        return rows

    def likenesses(self) -> dict[str, dict[str, float]]:
        """Log-log correlation of each distribution, median over the runs: fitted stretch, and after the split."""
        found = {}
        for when, real, runs in (("fitted", self.real, self.replays), ("ahead", self.later, self.aheads)):
            if real is not None and runs:
                found[when] = {
                    name: _middle([likeness(_spread(real, name), _spread(run, name)) for run in runs])
                    for name in real["distributions"]
                }
        return found

    def paths(self) -> dict[str, forecast.Path]:
        """The series that were forecast; empty if there was nothing after the split."""
        if self.later is None:
            return {}
        past = {**self.past, "fitted": self.target.fitted.weeks}
        return forecast.paths(past, self.later, self.aheads, self.earlier)

    def scores(self) -> list[forecast.Score]:
        """Errors of the forecasts."""
        found = [path.score(name) for name, path in self.paths().items()]
        return [score for score in found if score is not None]


def _middle(values: list[float]) -> float:
    """The median of what is known; nan where nothing is, such as of ties that all had one exchange."""
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else np.nan


def _spread(shown: dict[str, Any], name: str) -> np.ndarray:
    value, often = shown["distributions"][name]
    return np.repeat(value, often)


def seed_of(root: int, kind: int, generation: int, place: int) -> int:
    """A fresh seed for each run: settings never share their luck."""
    return replicate_seed(root, ((kind * 10_000 + generation) * 100_000) + place)


def calibrate(
    log: Log,
    scenario: Any,
    folder: Path,
    effort: Effort,
    at: object = None,
    keys: list[str] | None = None,
    tell: Callable[[int], None] = nothing,
    phase: Callable[[str, int], None] = lambda text, runs: None,
) -> Findings:
    """Calibrate the model to a log.

    Parameters
    ----------
    scenario : what is not fitted is taken from it
    folder : where finished runs are kept, and gone on with
    keys : which candidates; None: all
    tell : called with the number of runs done; phase : called with what begins, and how many runs it takes

    Raises
    ------
    CalibrationError : if the log or the folder cannot be used
    """
    target = target_of(log, at)
    world = simulate.World.of(target, scenario)
    candidates = parameters.CANDIDATES if keys is None else parameters.by_key(keys)
    asked = {"log": log.name, "events": len(log), "split": target.split, "scenario": scenario.digest(),
             "root": effort.root, "keys": [one.key for one in candidates]}  # fmt: skip
    bench = Bench.at(folder, world, asked, effort.workers, tell)
    real = simulate.shown(target.fitted)
    observed = np.array([real["summaries"][name] for name in ABOUT])
    sought = tuple(one for one in candidates if one.key not in tide.KEYS)
    place = str(folder)

    usual = {one.key: _usual(scenario, one.key) for one in sought}
    phase("measuring one run", 2)
    trials = [simulate.Job(("trial", k), place, usual, seed_of(effort.root, 0, 0, k)) for k in range(2)]
    for trial in trials:  # the first also compiles, alone, so that workers find compiled code
        bench.perform([trial], simulate.fit)
    cost = bench.done["trial", 1][0]
    budget = 60.0 * effort.minutes * effort.workers
    afford = int(FIT * budget / cost / (GENERATIONS + posterior.FIRST))
    keep = effort.keep or int(np.clip(afford, *KEEP))

    def run(generation: int, u: np.ndarray) -> np.ndarray:
        phase(f"generation {generation}", len(u))
        jobs = [
            simulate.Job(("fit", keep, generation, k), place, parameters.values(sought, row),
                         seed_of(effort.root, 1, generation, k))
            for k, row in enumerate(u)
        ]  # fmt: skip
        found = bench.perform(jobs, simulate.fit)
        return posterior.as_numbers(found)

    def more(generation: int) -> bool:
        if effort.generations is not None:
            return generation <= effort.generations
        spent = sum(bench.seconds(("fit", keep, past)) for past in range(generation))
        return spent * (1.0 + 1.0 / (generation + posterior.FIRST)) < FIT * budget

    found = posterior.posterior(observed, len(sought), run, keep, effort.root, more)
    later = target.later
    ahead = 0 if later is None else 1.5 * later.weeks + sum(target.origins)
    ratio = 2.0 + ahead / target.fitted.weeks
    draws = effort.draws or int(np.clip(AHEAD * budget / cost / ratio, *RUNS))

    def look(
        kind: int, name: str, those: tuple[parameters.Parameter, ...], back: int | None = None
    ) -> list[dict[str, Any]]:
        phase(name, draws)
        settings = found.drawn(draws, np.random.default_rng([effort.root, 10_000]))
        jobs = [
            simulate.Job(
                (name, keep, found.generations, draws, k),
                place,
                parameters.values(those, row),
                seed_of(effort.root, kind, back or 0, k),
                back,
            )  # fmt: skip
            for k, row in enumerate(settings)
        ]
        return bench.perform(jobs, simulate.show)

    if len(sought) < len(candidates):
        runs = look(2, "fitting the tide", sought)
        actives, tides = (np.array([one(run) for run in runs]) for one in (_actives, lambda run: run["tide"]))
        found = found.with_more(
            tide.places(np.array(_actives(real)), actives, tides,
                        tuple(one.value for one in parameters.by_key(list(tide.KEYS))), len(found.u),
                        np.random.default_rng([effort.root, 20_000]))
        )  # fmt: skip
        candidates = (*sought, *parameters.by_key(list(tide.KEYS)))
    replays = look(3, "looking at the fit", candidates)
    aheads = [] if later is None else look(4, "looking ahead", candidates, 0)
    origins = () if later is None else target.origins
    earlier = {back: look(5, f"looking ahead from {back} weeks before", candidates, back) for back in origins}
    begun = float(target.log.time[0]) // DAY * DAY
    before = simulate.course(window_of(target.log, begun, target.split))
    weeks = simulate.course(window_of(target.log, target.origin(target.past_weeks), target.split))["weekly"]
    seconds = sum(spent for spent, _ in bench.done.values())
    past = {**before, "weekly": weeks}
    return Findings(target, world.base, world.arrivals[0], candidates, found, real, replays, past,
                    None if later is None else simulate.shown(later), aheads, earlier, seconds)  # fmt: skip


def _actives(shown: dict[str, Any]) -> list[float]:
    return shown["weekly"]["actives"]


def _usual(scenario: Any, key: str) -> float:
    """The scenario's own value of a candidate."""
    if key == parameters.ARRIVALS:
        return 1.0
    table, name = key.split(".")
    return float(getattr(getattr(scenario, table), name))
