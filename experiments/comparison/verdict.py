"""From stored runs to a verdict: which scenario does better at what, by how much, since when.

Everything here is a pure function of two things that stand in the store: the table of runs (`store.read`, of every
day) and the manifest. A scenario is named better only where the 95 % interval of the paired difference excludes zero.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.comparison import hours
from experiments.runs.files import plain
from experiments.stats import paired
from experiments.stats.difference import Difference, gaps, measured, precision
from experiments.study.file import HEADLINE, PRECISE

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Judged(Difference):
    """The difference in one measure on the last day, whether more or less of it is `wanted`, and who led since when.

    `better` is the scenario shown to do better, None if none could be shown or if the measure is neither good nor bad.
    """

    measure: str
    label: str
    unit: str
    wanted: str
    lead: paired.Lead

    @property
    def better(self) -> str | None:
        """The scenario shown to do better."""
        if not self.shown or self.wanted not in ("more", "less"):
            return None
        return self.second if (self.mean > 0) == (self.wanted == "more") else self.first


@dataclass(frozen=True)
class Pair:
    """A scenario against the first: the five headline measures, all others, and keys of the world that differ."""

    first: str
    second: str
    headline: list[Judged]
    others: list[Judged]
    world: list[str]

    @property
    def judged(self) -> list[Judged]:
        """The measures of which more or less is better."""
        return [d for d in (*self.headline, *self.others) if d.wanted]

    def wins(self, label: str) -> list[Judged]:
        """The measures in which `label` does better even when all are asked at once (Holm)."""
        return [d for d in self.judged if d.better == label and d.holm < 1 - paired.LEVEL]


@dataclass(frozen=True)
class Best:
    """Of three or more scenarios: the one with the best mean, and its paired lead over the next."""

    measure: str
    question: str
    ranking: list[str]
    over_next: Judged


@dataclass(frozen=True)
class Basis:
    """What a verdict rests on; `draws` of a posterior, one for each seed; `hours` of a week, as `hours.of_week`.

    Nobody has measured what is `assumed`, and has a prior, nor what is `held` constant.
    """

    seeds: int
    days: int
    members: dict[str, int]
    parameters: int
    assumed: int
    held: int
    equal_cost: bool
    costs: dict[str, dict[str, float]]
    founded_from: str | None
    draws: int
    precision: dict[str, Any] | None
    interrupted: bool
    hours: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Verdict:
    """The answer to a comparison, as data; `words` puts it into sentences."""

    labels: list[str]
    pairs: list[Pair]
    best: list[Best]
    basis: Basis

    def as_dict(self) -> dict:
        """The verdict as plain data for JSON; unknown values are null."""
        data = asdict(self)
        for entry, pair in zip(data["pairs"], self.pairs, strict=True):
            for kind in ("headline", "others"):
                for row, difference in zip(entry[kind], getattr(pair, kind), strict=True):
                    row |= {name: getattr(difference, name) for name in ("shown", "higher", "better", "relative")}
            entry["wins"] = {label: [d.measure for d in pair.wins(label)] for label in (pair.first, pair.second)}
        return plain(data)


def matrix(runs: pd.DataFrame, label: str, measure: str) -> np.ndarray:
    """One measure of one scenario: float, shape (n_seeds, n_days), a row a replicate in their order."""
    chosen = (runs["scenario"] == label).to_numpy()
    replicate, day, values = (runs[key].to_numpy()[chosen] for key in ("replicate", "day", measure))
    order = np.lexsort((day, replicate))
    return values[order].astype(float).reshape(-1, np.unique(day).size)


def at_end(runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of the last day: a row a run."""
    return runs[runs["day"] == runs["day"].max()].reset_index(drop=True)


def judge(runs: pd.DataFrame, measure: str, about: dict, first: str, second: str) -> Judged:
    """Compare one measure under two scenarios.

    Parameters
    ----------
    about : label, unit and better ("more", "less", "") of the measure, as the manifest has them
    """
    a, b = matrix(runs, first, measure), matrix(runs, second, measure)
    return Judged(
        **measured(a[:, -1], b[:, -1], first, second),
        measure=measure,
        label=about["label"],
        unit=about["unit"],
        wanted=about["better"],
        lead=paired.lead(np.unique(runs["day"]), gaps(a, b)),
    )


def judge_pair(runs: pd.DataFrame, manifest: dict, first: str, second: str) -> Pair:
    """Compare two scenarios in every measure."""
    measures = manifest["measures"]
    differences = {key: judge(runs, key, measures[key], first, second) for key in runs.columns if key in measures}
    judged = [key for key, d in differences.items() if d.wanted]
    adjusted = paired.holm(np.array([differences[key].chance for key in judged]))
    differences |= {key: replace(differences[key], holm=float(p)) for key, p in zip(judged, adjusted, strict=True)}
    worlds = [flat(manifest["scenarios"][label]["resolved"]) for label in (first, second)]
    excluded = ("strategy", "team", "name", "question")
    differing = {key for key in worlds[0].keys() | worlds[1].keys() if worlds[0].get(key) != worlds[1].get(key)}
    return Pair(
        first,
        second,
        [differences[key] for key in HEADLINE if key in differences],
        [d for key, d in differences.items() if key not in HEADLINE],
        sorted(key for key in differing if key.split(".")[0] not in excluded),
    )


def verdict(runs: pd.DataFrame, manifest: dict) -> Verdict:
    """The verdict on all scenarios of the manifest: each against the first, and which is best at what.

    Parameters
    ----------
    runs : whole seeds, as `report.read` returns them
    manifest : as `store.read_manifest` returns it
    """
    labels = manifest["labels"]
    pairs = [judge_pair(runs, manifest, labels[0], label) for label in labels[1:]]
    best = []
    if len(labels) > 2:
        end = at_end(runs).groupby("scenario")
        for key in (key for key in HEADLINE if key in runs.columns):
            about = manifest["measures"][key]
            means = end[key].mean()
            ranking = sorted(labels, key=lambda label: -means[label] if about["better"] != "less" else means[label])
            best.append(Best(key, HEADLINE[key], ranking, judge(runs, key, about, ranking[1], ranking[0])))
    return Verdict(labels, pairs, best, _basis(runs, manifest))


def _basis(runs: pd.DataFrame, manifest: dict) -> Basis:
    scenarios, spec, seeds = manifest["scenarios"], manifest["sheet"], runs["replicate"].nunique()
    entries = {entry["key"]: entry for item in scenarios.values() for entry in item["entries"]}
    held = [bool(entry.get("constant")) for entry in entries.values() if entry["assumed"]]
    costs = {label: item["cost"] for label, item in scenarios.items()}
    end, days = at_end(runs), int(runs["day"].max())
    weeks = {label: hours.of_week(end[end["scenario"] == label], item["resolved"]["strategy"]["hours"],
                                   item["cost"]["hours_per_week"], days)
             for label, item in scenarios.items()}  # fmt: skip
    wanted, interrupted, reached = spec["precision"], seeds < (spec["replicates"] or 0), None
    if wanted and not interrupted:
        reached = precision(end, PRECISE, manifest["labels"], wanted)
        interrupted = not reached.met and seeds < spec["most"]
    return Basis(
        seeds=seeds,
        days=days,
        members={label: item["resolved"]["community"]["members"] for label, item in scenarios.items()},
        parameters=len(entries),
        assumed=held.count(False),
        held=held.count(True),
        equal_cost=len({tuple(cost.values()) for cost in costs.values()}) == 1,
        costs=costs,
        founded_from=manifest.get("founded_from"),
        draws=min((manifest.get("posterior") or {}).get("draws", 0), seeds),
        precision={"wanted": wanted, **reached._asdict()} if reached and not interrupted else None,
        interrupted=interrupted,
        hours={label: week for label, week in weeks.items() if week is not None},
    )


def flat(table: dict, at: str = "") -> dict[str, Any]:
    """Dotted keys of nested tables."""
    found: dict[str, Any] = {}
    for key, item in table.items():
        found |= flat(item, f"{at}{key}.") if isinstance(item, dict) else {f"{at}{key}": item}
    return found
