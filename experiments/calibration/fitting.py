"""A calibration from a log to its findings: find the posterior, look at the fit, and past the split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.calibration import holdout, parameters, tide
from experiments.calibration.posterior import FIRST, Posterior, posterior
from experiments.calibration.runs import Runs
from experiments.calibration.simulate import World, as_numbers, fit, jobs, show, shown
from experiments.calibration.summaries import ABOUT
from experiments.calibration.window import target_of
from sim.logs.log import Log

if TYPE_CHECKING:
    import pandas as pd

FIT, FIRST_PART = (
    0.5,
    0.3,
)  # shares of the time for the posterior, and for its first generation; the rest is for looking
FEWEST = 80  # runs of the first generation, at least
MOST = 25  # generations after the first
DRAWS = (20, 60)  # draws of the posterior that are looked at, at least and at most
LOOKS = {"tide": "fitting the tide", "replay": "looking at the fit", "ahead": "looking past the split"}
SURE = 0.95  # interval of the posterior predictive check


@dataclass(frozen=True)
class Effort:
    """How much is run. `keep`: runs of a generation; generations and draws: None: what the time allows."""

    minutes: float = 12.0
    workers: int = 1
    root: int = 1
    keep: int = 50
    generations: int | None = None
    draws: int | None = None


@dataclass(frozen=True, eq=False)
class Findings:
    """What a calibration found."""

    world: World
    candidates: parameters.Parameters
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

    def courses(self) -> dict[str, holdout.Course]:
        """The model's own courses beside what came; empty if there was nothing after the split."""
        if self.later is None:
            return {}
        target = self.world.target
        return holdout.courses(shown(target.past), self.later, self.aheads, target.fitted.weeks)

    def scores(self) -> list[dict[str, Any]]:
        """How good the model's courses were, as `Course.score` says, with the name of the `series`."""
        scores = {name: course.score() for name, course in self.courses().items()}
        return [{"series": name, **score} for name, score in scores.items() if score is not None]


class Calibration:
    """The runs of one calibration.

    Parameters
    ----------
    sought : the values that the posterior is found of
    looks : keys of `LOOKS`, in that order
    """

    def __init__(self, world: World, sought: parameters.Parameters, looks: list[str], runs: Runs, effort: Effort):
        self.world, self.sought, self.looks, self.runs, self.effort = world, sought, looks, runs, effort
        self.seconds = 60.0 * effort.minutes
        self.fewest = min(FEWEST, FIRST * effort.keep) if effort.generations is None else FIRST * effort.keep
        self.least = effort.draws or DRAWS[0]
        runs.progress.expect(self.fewest + len(looks) * self.least)

    def posterior(self, observed: np.ndarray) -> Posterior:
        """Find the settings whose runs show what was observed, as long as the time for it lasts."""
        return posterior(observed, len(self.sought), self._generation, self.effort.keep, self.effort.root, self._more)

    def _generation(self, number: int, u: np.ndarray) -> np.ndarray:
        self.runs.progress.say(f"generation {number}")
        runs = jobs(f"fit-{number}", self.world, self.sought, u, self.effort.root)
        if not self.runs.done:  # the first alone, so that the workers find compiled code
            self.runs.perform(runs[:1], fit)
        until = self._until(FIRST_PART * self.seconds, ["fit-1-", *self.looks])
        return as_numbers(self.runs.perform(runs, fit, None if number else self.fewest, until))

    def _more(self, generation: int) -> bool:
        """Whether to begin a generation: as many as asked for, or as fit into the time."""
        pace = self.runs.elapsed / len(self.runs.done)
        fits = self.runs.elapsed + pace * self.effort.keep < FIT * self.seconds and generation <= MOST
        begun = self.runs.any(f"fit-{generation}-")  # in an earlier session
        more = fits or begun if self.effort.generations is None else generation <= self.effort.generations
        if more:
            self.runs.progress.expect(self.effort.keep)
        return more

    def look(self, settings: Posterior, candidates: parameters.Parameters) -> list[dict[str, Any]]:
        """The next look: runs with draws of the posterior, as many as its part of the time that is left allows."""
        name, *self.looks = self.looks
        self.runs.progress.say(LOOKS[name])
        part = (self.seconds - self.runs.elapsed) / (1 + len(self.looks))
        until = self._until(self.runs.elapsed + part, self.looks)
        root, most = self.effort.root, self.effort.draws or DRAWS[1]
        runs = jobs(name, self.world, candidates, settings.drawn(most, root), root)
        return self.runs.perform(runs, show, self.least, until)

    def _until(self, moment: float, later: list[str]) -> float:
        """When to end; at once where an earlier session was farther, lest what it saw then be of other settings."""
        return 0.0 if any(map(self.runs.any, later)) else moment


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
    progress : as `Runs` takes it

    Raises
    ------
    CalibrationError : if the log or the folder cannot be used
    """
    target = target_of(log, at)
    world = World.of(target, scenario)
    candidates = parameters.CANDIDATES if keys is None else parameters.by_key(keys)
    sought = tuple(one for one in candidates if one.key not in tide.KEYS)
    tides = parameters.by_key(list(tide.KEYS)) if len(sought) < len(candidates) else ()
    asked = {"log": log.name, "events": len(log), "split": target.split, "scenario": scenario.digest(),
             "root": effort.root, "keys": [one.key for one in candidates]}  # fmt: skip
    runs = Runs(folder, asked, effort.workers, progress)
    real = shown(target.fitted)
    later = None if target.later is None else shown(target.later)
    looks = [*(["tide"] if tides else []), "replay", *(["ahead"] if later else [])]
    work = Calibration(world, sought, looks, runs, effort)
    settings = work.posterior(np.array(list(real["summaries"].values())))
    if tides:
        runs_shown = work.look(settings, sought)
        own, *actives = (np.array(one["weekly"]["actives"]) for one in (real, *runs_shown))
        drift = np.array([run["tide"] for run in runs_shown])
        settings = settings.with_more(tide.places(own, np.array(actives), drift, tides, len(settings.u), effort.root))
    candidates = (*sought, *tides)
    replays = work.look(settings, candidates)
    aheads = work.look(settings, candidates) if later else []
    return Findings(world, candidates, settings, real, replays, later, aheads, runs.work)
