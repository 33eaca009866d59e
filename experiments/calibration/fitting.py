"""A calibration from a log to its findings: measure a run, find the posterior, look at the fit, and past the split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.calibration import holdout, parameters, simulate, tide
from experiments.calibration.posterior import FIRST, Posterior, posterior
from experiments.calibration.runs import Runs
from experiments.calibration.summaries import ABOUT, likeness
from experiments.calibration.window import target_of
from experiments.harness import replicate_seed
from sim.log import Log

if TYPE_CHECKING:
    import pandas as pd

FIT = 0.5  # share of the time for the posterior; the rest is for looking at it
DRAWING = 0.05  # share of the time for figures and tables
GENERATIONS = 9  # that should fit into the time: the first counts for three
KEEP = (24, 160)  # settings in the posterior, at least and at most
DRAWS = (20, 60)  # draws of the posterior that are looked at, at least and at most
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

    world: simulate.World
    candidates: tuple[parameters.Parameter, ...]
    posterior: Posterior
    real: dict[str, Any]  # what the fitted stretch shows
    replays: list[dict[str, Any]]  # runs over it with draws of the posterior
    later: dict[str, Any] | None  # what came after the split
    aheads: list[dict[str, Any]]  # runs from the split on
    seconds: float  # of work, over all workers

    def values(self, u: np.ndarray) -> dict[str, float]:
        """A place in the prior as values by key."""
        return parameters.values(self.candidates, u)

    @property
    def founders(self) -> int:
        """Members at the split: whoever wrote or was addressed before."""
        before = self.world.target.log.before(self.world.target.split)
        return int(np.union1d(before.source, before.target).size)

    def facts(self) -> pd.DataFrame:
        """Each summary of the log beside the model's, with the interval of the posterior predictive runs."""
        import pandas as pd

        runs = pd.DataFrame([replay["summaries"] for replay in self.replays])
        low, middle, high = (runs.quantile(q) for q in ((1 - SURE) / 2, 0.5, (1 + SURE) / 2))
        log = pd.Series(self.real["summaries"])
        table = {"about": pd.Series(ABOUT), "log": log, "model": middle, "low": low, "high": high,
                 "met": (low <= log) & (log <= high)}  # fmt: skip
        return pd.DataFrame(table).loc[list(ABOUT)].rename_axis("fact").reset_index()

    def likenesses(self) -> dict[str, dict[str, float]]:
        """Log-log correlation of each distribution, median over the runs: fitted stretch, and after the split.

        A correlation is nan where no run has one, such as of ties that all had one exchange.
        """
        sides = {"fitted": (self.real, self.replays), "ahead": (self.later, self.aheads)}
        return {
            when: {name: _median([likeness(spread(real, name), spread(run, name)) for run in runs])
                   for name in real["distributions"]}
            for when, (real, runs) in sides.items() if real is not None and runs
        }  # fmt: skip

    def courses(self) -> dict[str, holdout.Course]:
        """The model's own courses beside what came; empty if there was nothing after the split."""
        if self.later is None:
            return {}
        target = self.world.target
        return holdout.courses(simulate.course(target.past), self.later, self.aheads, target.fitted.weeks)

    def scores(self) -> list[holdout.Score]:
        """Errors of the model's courses."""
        scores = [course.score(name) for name, course in self.courses().items()]
        return [score for score in scores if score is not None]


def _median(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else np.nan


def spread(shown: dict[str, Any], name: str) -> np.ndarray:
    """The values of a distribution, of what `simulate.shown` gave."""
    return np.repeat(*shown["distributions"][name])


def seed_of(root: int, kind: int, generation: int, place: int) -> int:
    """A fresh seed for each run: settings never share their luck."""
    return replicate_seed(root, ((kind * 10_000 + generation) * 100_000) + place)


class Calibration:
    """The runs of one calibration, planned by the time that they take.

    Parameters
    ----------
    sought : the values that the posterior is found of; the tide is fitted after them
    """

    def __init__(self, world: simulate.World, sought: tuple[parameters.Parameter, ...], runs: Runs, effort: Effort,
                 say: Callable[[str], Any]):  # fmt: skip
        self.world, self.sought, self.runs, self.effort, self.say = world, sought, runs, effort, say
        self.time = 60.0 * effort.minutes * (1 - DRAWING)
        self.keep = 0
        # Each look at the posterior, and how long its runs are in units of the fitted stretch.
        self.looks = {"tide": 1.0, "replay": 1.0}
        if world.target.later is not None:
            self.looks["ahead"] = world.target.later.weeks / world.target.fitted.weeks

    def measure(self, scenario: Any) -> None:
        """Measure a run, and choose by it how many runs a generation has."""
        self.say("measuring one run")
        settings = {one.key: _own(scenario, one.key) for one in self.sought}
        trials = [simulate.Job(f"trial-{k}", self.world, settings, seed_of(self.effort.root, 0, 0, k)) for k in (0, 1)]
        for trial in trials:  # the first also compiles, alone, so that workers find compiled code
            self.runs.perform([trial], simulate.fit)
        self.cost = self.runs.done["trial-1"]["seconds"] / self.effort.workers
        afford = int(FIT * self.time / self.cost / (GENERATIONS + FIRST))
        self.keep = self.effort.keep or int(np.clip(afford, *KEEP))
        least = self.cost * (FIRST * self.keep + (self.effort.draws or DRAWS[0]) * sum(self.looks.values()))
        if least > self.time:
            self.say(f"A run of this log takes {self.cost * self.effort.workers:.1f} s: about {least / 60:.0f} minutes "
                     f"are needed at least, more than the {self.effort.minutes:g} that are allowed.")  # fmt: skip

    def posterior(self, observed: np.ndarray) -> Posterior:
        """Find the settings whose runs show what was observed, as long as the time for it lasts."""
        return posterior(observed, len(self.sought), self._generation, self.keep, self.effort.root, self._another)

    def _generation(self, number: int, u: np.ndarray) -> np.ndarray:
        self.say(f"generation {number}")
        pace = self.runs.elapsed / len(self.runs.done)
        further = max(FIT * self.time - self.runs.elapsed, 0.0) / pace / self.keep - len(u) / self.keep
        if self.effort.generations is not None:
            further = self.effort.generations - number
        looks = len(self.looks) * (self.effort.draws or DRAWS[0])
        self.runs.expect(len(u) + int(max(further, 0)) * self.keep + looks)
        jobs = [
            simulate.Job(f"fit-{self.keep}-{number}-{k}", self.world, parameters.values(self.sought, row),
                         seed_of(self.effort.root, 1, number, k))
            for k, row in enumerate(u)
        ]  # fmt: skip
        return simulate.as_numbers(self.runs.perform(jobs, simulate.fit))

    def _another(self, generation: int) -> bool:
        if self.effort.generations is not None:
            return generation <= self.effort.generations
        if any(key.startswith(f"fit-{self.keep}-{generation}-") for key in self.runs.done):
            return True  # an earlier go began it
        pace = self.runs.elapsed / len(self.runs.done)
        return self.runs.elapsed + pace * self.keep < FIT * self.time

    def look(self, name: str, found: Posterior, candidates: tuple[parameters.Parameter, ...]) -> list[dict[str, Any]]:
        """Runs with draws of the posterior: as many as the time that is left allows."""
        self.say({"tide": "fitting the tide", "replay": "looking at the fit", "ahead": "looking past the split"}[name])
        length, left = self.looks.pop(name), max(self.time - self.runs.elapsed, 0.0)
        part = left * length / (length + sum(self.looks.values()))
        most = self.effort.draws or DRAWS[1]
        count = self.effort.draws or int(np.clip(part / (self.cost * length), *DRAWS))
        self.runs.expect(count * (1 + len(self.looks)))
        kind, root = {"tide": 2, "replay": 3, "ahead": 4}[name], self.effort.root
        settings = found.drawn(most, np.random.default_rng([root, 10_000]))
        jobs = [
            simulate.Job(f"{name}-{self.keep}-{found.generations}-{k}", self.world, parameters.values(candidates, row),
                         seed_of(root, kind, 0, k), name == "ahead")
            for k, row in enumerate(settings)
        ]  # fmt: skip
        least = None if self.effort.draws else DRAWS[0]
        return self.runs.perform(jobs, simulate.show, least, self.runs.elapsed + part)


def calibrate(
    log: Log,
    scenario: Any,
    folder: Path,
    effort: Effort,
    at: object = None,
    keys: list[str] | None = None,
    progress: Any = None,
) -> Findings:
    """Calibrate the model to a log.

    Parameters
    ----------
    scenario : what is not fitted is taken from it
    folder : where finished runs are kept, and gone on with
    at : the moment of the split, as `target_of` takes it
    keys : which candidates; None: all
    progress : has `say(text)`, `expect(runs)` and `done(count=runs)`; None: nobody is told

    Raises
    ------
    CalibrationError : if the log or the folder cannot be used
    """
    target = target_of(log, at)
    world = simulate.World.of(target, scenario)
    candidates = parameters.CANDIDATES if keys is None else parameters.by_key(keys)
    sought = tuple(one for one in candidates if one.key not in tide.KEYS)
    tides = parameters.by_key(list(tide.KEYS)) if len(sought) < len(candidates) else ()
    asked = {"log": log.name, "events": len(log), "split": target.split, "scenario": scenario.digest(),
             "root": effort.root, "keys": [one.key for one in candidates]}  # fmt: skip
    runs = Runs(folder, asked, effort.workers, progress)
    work = Calibration(world, sought, runs, effort, progress.say if progress else lambda text: None)
    if not tides:
        work.looks.pop("tide")
    work.measure(scenario)
    real = simulate.shown(target.fitted)
    found = work.posterior(np.array(list(real["summaries"].values())))
    if tides:
        shown = work.look("tide", found, sought)
        own, *actives = (np.array(one["weekly"]["actives"]) for one in (real, *shown))
        drift = np.array([run["tide"] for run in shown])
        found = found.with_more(tide.places(own, np.array(actives), drift, tides, len(found.u), effort.root))
    candidates = (*sought, *tides)
    replays = work.look("replay", found, candidates)
    later = None if target.later is None else simulate.shown(target.later)
    aheads = [] if later is None else work.look("ahead", found, candidates)
    return Findings(world, candidates, found, real, replays, later, aheads, runs.work)


def _own(scenario: Any, key: str) -> float:
    """The scenario's own value of a candidate."""
    if key == parameters.ARRIVALS:
        return 1.0
    table, name = key.split(".")
    return float(getattr(getattr(scenario, table), name))
