"""The best mix: hours over activities that do best in chosen goals, at the scenario's own budget.

Optuna's multivariate TPE proposes mixes in groups, every mix is run on the same seeds, and the winners are run again
on fresh seeds that no search has seen, for a winner of many noisy trials is partly a lucky one. A search that is
stopped goes on: it proposes the same mixes again, and their runs are found in the store.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from experiments.runs import store
from experiments.runs.pool import Pool
from experiments.runs.tasks import SILENT, Progress
from experiments.stats import paired
from experiments.stats.selection import select
from experiments.study.design import Plan
from experiments.study.file import Study, StudyError, StudyFile, sheet_of
from experiments.study.sweep import USUAL, Order, Result, Sweep
from sim.scenario import nearest
from sim.version import model_hash

if TYPE_CHECKING:
    import pandas as pd

OWN_MIX = 0  # the place of the scenario's own mix
GROUP = 8  # mixes proposed at once, whatever the number of workers, so that the search is the same everywhere
BEND = 3.0
NONE_BELOW = 0.2  # of a lever: such an activity gets no hours, so that leaving one out can be found
DIGITS = 4  # of a share
LEAST = 10**-DIGITS  # of the hours, to divide
CORNER = 0.8  # a mix with this share in one activity is a corner
INDIFFERENCE = 0.02  # of the own strategy's size: a lead smaller than this is not told apart


class Best(NamedTuple):
    """What a search found.

    table : a row a mix on the front, and the scenario's own (place `OWN_MIX`), on fresh seeds: shares, each goal's mean
    with interval, lead over the own strategy with interval, `luck` (mean of the trials minus mean of the fresh seeds),
    `corner`; winner : place of the best mix (one goal only), None while more than one may be it; goals : each goal's
    mean by place, on the seeds of the trials; front : places that no other mix beats in all goals, on these seeds.
    """

    table: pd.DataFrame
    winner: int | None
    goals: pd.DataFrame
    front: list[int]
    notes: list[str]


def activities(study: Study) -> list[str]:
    """The activities among which hours are divided; StudyError if the team cannot do one of them."""
    scenario = next(iter(study.scenarios.values()))
    worn = {hat for person in scenario.team for hat in person.hats}
    able = [name for name, item in scenario.activities.items() if item.hat in worn]
    for name in study.mix.activities:
        if name not in able:
            raise StudyError(f"{study.path}: key `mix.activities`: the team cannot do `{name}`; {nearest(name, able)}")
    return list(dict.fromkeys(study.mix.activities)) or able


def to_divide(study: Study, names: list[str]) -> float:
    """The share of the team's hours that the strategy spends on these activities; StudyError if it is none."""
    hours = next(iter(study.scenarios.values())).strategy.hours
    others = {name: share for name, share in hours.items() if name not in names and share}
    total = 1.0 - sum(others.values())
    if total < LEAST:
        raise StudyError(
            f"{study.path}: key `mix.activities`: there are no hours to divide among {', '.join(names)}: the strategy "
            f"spends all on {', '.join(others)}; name one of these too"
        )
    return total


def shares(levers: np.ndarray, total: float) -> list[float]:
    """Hours by levers in [0, 1], adding up to `total`: by their cubes, so that uneven mixes are tried as well as even.

    >>> shares(np.array([0.5, 0.5, 0.01]), 1.0)
    [0.5, 0.5, 0.0]
    """
    weights = np.where(levers < NONE_BELOW, 0.0, levers) ** BEND
    weights = weights if weights.sum() else np.ones_like(levers)
    mix = [round(float(value), DIGITS) for value in weights / weights.sum() * total]
    most = int(np.argmax(mix))
    mix[most] = round(mix[most] + total - sum(mix), 10)  # what rounding took
    return mix


def starts(own_mix: np.ndarray, total: float) -> list[list[float]]:
    """Levers to try first: the own mix, half of its hours moved to one activity, for each."""
    levers = []
    for k in range(own_mix.size):
        mix = own_mix / 2
        mix[k] += total - mix.sum()
        levers.append(((mix / mix.max()) ** (1 / BEND)).tolist())
    return levers


def search(study: Study, folder: Path, pool: Pool, order: Order = USUAL, progress: Progress = SILENT) -> Result:
    """Search for the best mix and check the finalists on fresh seeds; what is stored already is not run again."""
    if order.part:
        raise StudyError(f"{study.path}: a search has no parts: each group of mixes depends on the last")
    from optuna.trial import TrialState

    names, model = activities(study), model_hash()
    hours = next(iter(study.scenarios.values())).strategy.hours
    mixes = [[hours.get(name, 0.0) for name in names]]
    total = to_divide(study, names)

    def planned() -> Plan:
        columns = {f"strategy.hours.{name}": [mix[k] for mix in mixes] for k, name in enumerate(names)}
        return Plan(study, model, columns)

    work = Sweep(study, planned(), folder, pool, order, progress)

    def run(replicates: np.ndarray) -> None:
        work.plan = planned()
        work.write_plan()
        work.run(replicates)

    with work.opened():
        guide = _guide(study)
        if study.mix.trials >= 3 * len(names):
            for start in starts(np.array(mixes[OWN_MIX]), total):
                guide.enqueue_trial(dict(zip(names, start, strict=True)))
        while len(mixes) < study.mix.trials:
            asked = [guide.ask() for _ in range(min(GROUP, study.mix.trials - len(mixes)))]
            levers = [np.array([trial.suggest_float(name, 0.0, 1.0) for name in names]) for trial in asked]
            first = len(mixes)
            mixes += [shares(lever, total) for lever in levers]
            run(np.full(len(mixes), study.first_replicates))
            means = goals_by_place(study, folder).reindex(range(first, len(mixes)))
            for trial, values in zip(asked, means.to_numpy(), strict=True):
                whole = np.isfinite(values).all()
                guide.tell(trial, values.tolist() if whole else None, TrialState.COMPLETE if whole else TrialState.FAIL)
        replicates = np.full(len(mixes), study.first_replicates)
        replicates[finalists(study, folder)] += study.mix.fresh
        progress.say(f"Running the finalists again on {study.mix.fresh} fresh seeds")
        run(replicates)
    return work.result()


def _guide(study: Study) -> Any:
    """Optuna's study: in memory, for the store has all that it needs to be made again."""
    import warnings

    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings(action="ignore"):  # multivariate is marked as experimental, and stable since 2020
        sampler = optuna.samplers.TPESampler(seed=int(study.seed % 2**32), multivariate=True, constant_liar=True)
    wanted: dict[str, Any] = {"more": "maximize", "less": "minimize"}
    directions = [wanted[study.measures[goal].better] for goal in study.mix.goals]
    return optuna.create_study(directions=directions, sampler=sampler)


def goals_by_place(spec: StudyFile | Study, folder: Path) -> pd.DataFrame:
    """The mean of each goal by place, on the seeds of the search only."""
    rows = store.read(folder, keep=spec.mix.goals)  # type: ignore[union-attr]
    rows = rows[rows["replicate"] < spec.first_replicates]
    return rows.groupby("place")[spec.mix.goals].mean()  # type: ignore[union-attr]


def front(values: np.ndarray, wanted: list[str]) -> list[int]:
    """The rows that no other row beats or equals in every goal and beats in one.

    >>> front(np.array([[1.0, 2.0], [2.0, 1.0], [0.5, 1.5]]), ["more", "more"])
    [0, 1]
    """
    signed = values * np.array([-1 if one == "less" else 1 for one in wanted])
    return [
        i for i, row in enumerate(signed) if not any((other >= row).all() and (other > row).any() for other in signed)
    ]


def finalists(study: Study, folder: Path) -> list[int]:
    """Places to run on fresh seeds: the own strategy, and the best of the search, spread over the front."""
    means = goals_by_place(study, folder)
    wanted = [study.measures[goal].better for goal in study.mix.goals]
    on = means.iloc[front(means.to_numpy(), wanted)] if len(wanted) > 1 else means
    order = on.iloc[:, 0].sort_values(ascending=wanted[0] == "less" or len(wanted) > 1, kind="stable").index
    best = order[: study.mix.finalists]
    if len(wanted) > 1:
        best = order[np.unique(np.linspace(0, len(on) - 1, len(best)).round().astype(int))]
    return list(dict.fromkeys([OWN_MIX, *best]))


def best(folder: Path) -> Best:
    """What a finished search found, from its store."""
    import pandas as pd

    manifest = store.read_manifest(folder)
    spec: Any = sheet_of(manifest)
    goals = spec.mix.goals
    wanted = [manifest["measures"][goal]["better"] for goal in goals]
    rows, trial = store.read(folder, keep=goals), goals_by_place(spec, folder)
    fresh = rows[rows["replicate"] >= spec.first_replicates]
    if fresh.empty:
        raise store.StoreError(f"`{folder}`: the search is not finished; the same command goes on")
    mixes = rows.drop_duplicates("place").set_index("place")[manifest["keys"]]
    tables = {goal: fresh.pivot(index="replicate", columns="place", values=goal).dropna() for goal in goals}
    records, notes, winner = [], [], None
    for place in sorted(fresh["place"].unique()):
        row: dict[str, Any] = {"place": place, **mixes.loc[place]}
        for goal, table in tables.items():
            mean, lead = (
                paired.interval(table[place].to_numpy()),
                paired.interval((table[place] - table[OWN_MIX]).to_numpy()),
            )
            row |= {goal: mean.mean, f"{goal}_low": mean.low, f"{goal}_high": mean.high, f"{goal}_lead": lead.mean}
            row |= {f"{goal}_lead_low": lead.low, f"{goal}_lead_high": lead.high}
            row[f"{goal}_luck"] = float(trial.at[place, goal]) - mean.mean
        records.append({**row, "corner": corner(mixes.loc[place])})
    if len(goals) == 1:
        table = tables[goals[0]]
        selected = select(table, INDIFFERENCE * abs(float(table[OWN_MIX].mean())) or INDIFFERENCE, wanted[0])
        winner = None if selected.best is None else int(selected.best)
        if winner is None:
            names = ", ".join(map(str, selected.left))
            notes.append(f"mixes {names} cannot be told apart on {selected.n} fresh seeds; `mix.fresh` may be raised")
        elif winner == OWN_MIX:
            notes.append("no mix found is better than the scenario's own")
    notes += [f"mix {row['place']} is a corner: {row['corner']}; the model may lack what would make it cost"
              for row in records if row["corner"]]  # fmt: skip
    on = trial.index[front(trial.to_numpy(), wanted)].tolist()
    return Best(pd.DataFrame(records), winner, trial, on, notes)


def corner(mix: pd.Series) -> str:
    """What makes a mix a corner: nearly all of the hours that it divides in one activity; "" if it is none."""
    most, share = mix.idxmax(), mix.max() / mix.sum() if mix.sum() else 0.0
    name = str(most).removeprefix("strategy.hours.")
    return f"{share:.0%} of the hours divided go to {name}" if share >= CORNER else ""
