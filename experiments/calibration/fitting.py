"""A calibration from a log to its findings: find the posterior, look at the fit, and past the split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.calibration import holdout, parameters, tide
from experiments.calibration.parameters import Parameters
from experiments.calibration.posterior import FIRST, Posterior, posterior
from experiments.calibration.simulate import World, as_numbers, checked, fit, jobs, show, shown
from experiments.calibration.summaries import ABOUT
from experiments.calibration.window import target_of
from experiments.runs.journal import Journal
from experiments.runs.tasks import SILENT, Progress
from sim.logs.log import Log

if TYPE_CHECKING:
    import pandas as pd

FIT, FIRST_PART = 0.5, 0.3  # shares of the time for the posterior, and its first generation; the rest is for looking
FEWEST = 80  # runs of the first generation, at least
MOST = 25  # generations after the first
DRAWS = (20, 60)  # draws of the posterior that are looked at, at least and at most
LOOKS = {"tide": "fitting the tide", "replay": "looking at the fit", "ahead": "looking past the split"}
SURE = 0.95  # interval of the posterior predictive check


@dataclass(frozen=True)
class Effort:
    """How much is run. `keep`: runs of a generation; generations and draws: None: what the time allows.

    `begun`: when the time began to run (time.perf_counter, seconds); None: when the log has been read.
    """

    minutes: float = 12.0
    workers: int = 1
    root: int = 1
    keep: int = 50
    generations: int | None = None
    draws: int | None = None
    begun: float | None = None


@dataclass(frozen=True, eq=False)
class Findings:
    """What a calibration found."""

    world: World
    candidates: Parameters
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
    """The runs of one calibration, stage by stage: generations of the posterior (`fit-0`, ...), then the looks.

    Parameters
    ----------
    looks : keys of `LOOKS`, in the order in which they are asked for
    """

    def __init__(self, world: World, journal: Journal, effort: Effort, looks: list[str]):
        self.world, self.journal, self.effort, self.looks = world, journal, effort, looks
        self.seconds = 60.0 * effort.minutes
        self.fewest = min(FEWEST, FIRST * effort.keep) if effort.generations is None else FIRST * effort.keep
        self.begun: set[str] = set()  # stages, in this session
        journal.progress.expect(self.fewest + len(looks) * (effort.draws or DRAWS[0]))
        if effort.draws is None:
            journal.progress.lasts(self.seconds - journal.elapsed)

    def posterior(self, sought: Parameters, observed: np.ndarray) -> Posterior:
        """Find the settings whose runs show what was observed, as long as the time for it lasts."""

        def generation(number: int, u: np.ndarray) -> np.ndarray:
            self.journal.progress.say(f"generation {number}")
            least = None if number else self.fewest
            return as_numbers(self._perform(f"fit-{number}", sought, u, fit, least, FIRST_PART * self.seconds))

        return posterior(observed, len(sought), generation, self.effort.keep, self.effort.root, self._more)

    def _more(self, generation: int) -> bool:
        """Whether to begin a generation: as many as asked for, or as fit into the time."""
        pace = self.journal.elapsed / len(self.journal.done)
        fits = self.journal.elapsed + pace * self.effort.keep < FIT * self.seconds and generation <= MOST
        earlier = any(_stage(key) == f"fit-{generation}" for key in self.journal.done)  # in an earlier session
        more = fits or earlier if self.effort.generations is None else generation <= self.effort.generations
        if more:
            self.journal.progress.expect(self.effort.keep)
        return more

    def look(self, settings: Posterior, candidates: Parameters) -> list[dict[str, Any]]:
        """The next look: runs with draws of the posterior, as many as its part of the time that is left allows."""
        part = (self.seconds - self.journal.elapsed) / len(self.looks)
        stage = self.looks.pop(0)
        self.journal.progress.say(LOOKS[stage])
        u = settings.drawn(self.effort.draws or DRAWS[1], self.effort.root)
        least = self.effort.draws or DRAWS[0]
        return self._perform(stage, candidates, u, show, least, self.journal.elapsed + part)

    def _perform(
        self, stage: str, candidates: Parameters, u: np.ndarray, work: Callable, least: int | None, until: float
    ) -> list[Any]:
        """The runs of a stage; where an earlier session was farther, those that it had, for it went on from them."""
        self.begun.add(stage)
        farther = any(_stage(key) not in self.begun for key in self.journal.done)
        runs = jobs(stage, self.world, candidates, u, self.effort.root)
        return checked(self.journal.perform(runs, work, least, 0.0 if farther else until), work is show)


def _stage(key: str) -> str:
    """The stage of a run, by its key: `fit-0` of `fit-0-17-0123456789ab`."""
    return key.rsplit("-", 2)[0]


def calibrate(
    log: Log,
    scenario: Any,
    folder: Path,
    effort: Effort,
    at: object = None,
    keys: list[str] | None = None,
    progress: Progress = SILENT,
) -> Findings:
    """Calibrate the model to a log.

    Parameters
    ----------
    scenario : what is not fitted is taken from it
    folder : where finished runs are kept, and gone on with
    at : the moment of the split, as `target_of` takes it
    keys : which candidates; None: all

    Raises
    ------
    CalibrationError : if the log cannot be used
    StoreError : if the folder cannot
    """
    target = target_of(log, at)
    world = World.of(target, scenario)
    candidates = parameters.CANDIDATES if keys is None else parameters.by_key(keys)
    sought = tuple(one for one in candidates if one.key not in tide.KEYS)
    tides = candidates[len(sought) :]
    asked = {"log": log.name, "events": len(log), "split": target.split, "scenario": scenario.digest(),
             "root": effort.root, "keys": [one.key for one in candidates]}  # fmt: skip
    real = shown(target.fitted)
    later = None if target.later is None else shown(target.later)
    looks = [*(["tide"] if tides else []), "replay", *(["ahead"] if later else [])]
    work = Calibration(world, Journal(folder, asked, effort.workers, progress, effort.begun), effort, looks)
    settings = work.posterior(sought, np.array(list(real["summaries"].values())))
    if tides:
        runs = work.look(settings, sought)
        log_actives, *actives = (np.array(one["weekly"]["actives"]) for one in (real, *runs))
        drift = np.array([run["tide"] for run in runs])
        settings = settings.with_more(
            tide.places(log_actives, np.array(actives), drift, tides, len(settings.u), effort.root)
        )
    replays = work.look(settings, candidates)
    aheads = work.look(settings, candidates) if later else []
    return Findings(world, candidates, settings, real, replays, later, aheads, work.journal.work)
