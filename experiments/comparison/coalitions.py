"""What is run to find out which activities make a difference: each strategy with the hours of some groups idle.

The hours of two strategies mixed could add up to more than the budget, so each strategy is asked by itself: a coalition
of groups works, all other hours are paid and idle. Budget and cost stay as they are, so wages and money make no part of
a difference. What a group adds to one strategy minus what it adds to the other is its part of the difference. All
groups idle are run here too, for doing nothing, as the comparison has it, costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from experiments.runs import files
from experiments.runs.pool import Pool
from experiments.runs.prepare import Prepared
from experiments.runs.tasks import Progress
from experiments.stats import shapley
from experiments.stats.shapley import Coalition
from experiments.study import sweep
from experiments.study.design import Plan
from experiments.study.file import Study, StudyFile
from sim.version import model_hash

FOLDER = "why"  # within that of the comparison: a store a strategy
GROUPS = {  # of activities, by the name that a reader sees
    "messages": ("publish", "amplify", "prompt", "respond"),
    "gatherings": ("host",),
    "introductions": ("connect",),
    "welcoming": ("welcome",),
    "answering": ("answer",),
    "moderating and recognising": ("moderate", "recognise"),
    "listening and acting": ("listen", "act"),
}
HOURS = "strategy.hours."
DRAWS = ("draws", "digest")  # what the store of a strategy says of the comparison's worlds


def spent(hours: Mapping[str, float]) -> dict[str, float]:
    """The share of the hours that a strategy spends on each group, as far as it does.

    >>> spent({"host": 0.2, "publish": 0.5, "amplify": 0.1, "answer": 0.0})
    {'messages': 0.6, 'gatherings': 0.2}
    """
    sums = {group: sum(hours.get(activity, 0.0) for activity in of) for group, of in GROUPS.items()}
    return {group: share for group, share in sums.items() if share > 0}


def orders(strategies: Iterable[Mapping[str, float]], worlds: int) -> list[tuple[str, ...]]:
    """In which order groups are put to work, an order a world, the same for all strategies.

    The groups are those in which any of the strategies spends hours.

    Parameters
    ----------
    strategies : the hours of each, by activity
    worlds : how many
    """
    used = {group for hours in strategies for group in spent(hours)}
    groups = [group for group in GROUPS if group in used]
    return shapley.orders(groups, worlds) if groups else []


def missing(drawn: Sequence[Sequence[str]], hours: Mapping[str, float]) -> dict[Coalition, list[int]]:
    """The coalitions of a strategy's own groups that its worlds ask for, each with these worlds, each world once.

    The one of all its groups is left out: that is the strategy itself, which the comparison has run.
    """
    own, asked = frozenset(spent(hours)), dict[Coalition, list[int]]()
    for world, order in enumerate(drawn):
        for coalition in dict.fromkeys(one & own for one in shapley.coalitions(order)):
            if coalition != own:
                asked.setdefault(coalition, []).append(world)
    return asked


def worked(hours: Mapping[str, float], coalitions: Iterable[Coalition]) -> dict[str, list[float]]:
    """The hours of a strategy in which only a coalition works, a column an activity, a value a coalition."""
    group_of = {activity: group for group, of in GROUPS.items() for activity in of}
    coalitions = list(coalitions)
    return {
        f"{HOURS}{activity}": [share if group_of[activity] in one else 0.0 for one in coalitions]
        for activity, share in hours.items()
        if share > 0
    }


@dataclass
class Chosen(sweep.Sweep):
    """A sweep that runs some replicates of each place; `chosen` : place and replicate of each, int (runs,) twice."""

    chosen: tuple[np.ndarray, np.ndarray] = field(default_factory=lambda: (np.empty(0, int), np.empty(0, int)))

    def turns(self, replicates: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The chosen ones."""
        yield self.chosen


def run(study: Study, prepared: Prepared, worlds: int, folder: Path, work: sweep.Sweep) -> None:
    """Run what the first worlds of a comparison ask for and is not stored yet, world by world.

    Parameters
    ----------
    study : the comparison's
    worlds : how many
    folder : the comparison's; a folder FOLDER in it gets a store a strategy
    work : the comparison's sweep, which has the pool, the order and the progress

    Raises
    ------
    StoreError, RunFailed : as `Sweep.opened` and `Sweep.run`
    """
    strategies = {label: one for label, one in study.scenarios.items() if label != prepared.worlds.nothing}
    drawn = orders([one.strategy.hours for one in strategies.values()], worlds)
    for label, scenario in strategies.items():
        asked = missing(drawn, scenario.strategy.hours)
        if asked:
            mine = _study(study, label, worlds)
            plan = Plan(mine, model_hash(), worked(scenario.strategy.hours, asked))
            pairs = sorted((world, place) for place, of in enumerate(asked.values()) for world in of)
            turns = np.array([place for _, place in pairs]), np.array([world for world, _ in pairs])
            _sweep(mine, plan, folder / FOLDER / files.slug(label), work, turns)


def _sweep(study: Study, plan: Plan, folder: Path, work: sweep.Sweep, turns: tuple[np.ndarray, np.ndarray]) -> None:
    """Run chosen places and replicates in a store of their own."""
    pool: Pool = work.pool
    progress: Progress = work.progress
    one = Chosen(study, plan, folder, pool, work.order, progress, chosen=turns)
    with one.opened():
        one.run(np.full(plan.places, study.replicates))


def _study(study: Study, label: str, worlds: int) -> Study:
    """A strategy of a comparison as a study of its coalitions: the measures of the verdict, on the first and last day.

    The first day has the members to whom sums are related.
    """
    from experiments.comparison.across.verdict import QUESTIONS

    scenario, about = study.scenarios[label], study.facts["worlds"]
    spec = StudyFile(
        question=f"What do the activities of {label} do, each with the others and without?",
        scenarios=[label],
        replicates=worlds,
        seed=study.seed,
        days=[0, scenario.community.days],
        design="rows",
    )
    measures = {key: about for key, about in study.measures.items() if key in QUESTIONS or key == "members"}
    return Study(
        f"{study.name}-why-{files.slug(label)}", "compare --why", "", spec, {label: scenario}, {}, measures,
        (), foundings={key: item for key, item in study.foundings.items() if key == label}, draws=study.draws,
        facts={"founded_from": study.facts["founded_from"], "posterior": {key: about[key] for key in DRAWS}},
    )  # fmt: skip
