"""From stored runs to a verdict: which scenario does better at what, by how much, since when.

Everything here is a pure function of two things that stand in the store: the table of runs (`store.read_runs`) and the
manifest. A scenario is named better only where the 95 % interval of the paired difference excludes zero.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import paired

if TYPE_CHECKING:
    import pandas as pd

# The five questions of the verdict, in this order; the rest of the measures can only add to them.
HEADLINE = {
    "intimacy": "More intimacy between members",
    "value_members": "More value to members",
    "value_company": "More value to the company",
    "reach": "Reaches more people",
    "newcomers_kept": "Keeps more newcomers",
}
PRECISE = ("intimacy", "value_members", "value_company")  # what --precision is about
ROUNDING = 1e-12  # relative; below this a difference is that of two orders of adding up
KEYS = ("label", "replicate", "seed", "day")


@dataclass(frozen=True)
class Difference:
    """One measure on the last day under two scenarios: `second` minus `first`, paired by seed.

    `low` and `high` bound the 95 % t interval of the mean difference, `bca` the bootstrap's; `flagged` says that their
    widths differ by more than a fifth. `better` is the scenario shown to do better, None if none could be shown or if
    the measure is neither good nor bad. `holm` is the p value adjusted for all measures asked at once.
    """

    measure: str
    label: str
    unit: str
    wanted: str
    first: str
    second: str
    first_mean: float
    second_mean: float
    mean: float
    low: float
    high: float
    n: int
    share_above: float
    correlation: float
    bca: tuple[float, float]
    flagged: bool
    chance: float
    holm: float
    lead: paired.Lead

    @property
    def shown(self) -> bool:
        """Whether a difference is shown at all: the interval excludes zero."""
        return bool(self.low > 0 or self.high < 0)

    @property
    def higher(self) -> str | None:
        """The scenario shown to be higher."""
        return (self.second if self.mean > 0 else self.first) if self.shown else None

    @property
    def better(self) -> str | None:
        """The scenario shown to do better."""
        if not self.shown or self.wanted not in ("more", "less"):
            return None
        return self.second if (self.mean > 0) == (self.wanted == "more") else self.first

    @property
    def relative(self) -> float | None:
        """The difference as a share of the first's size; None where that is zero."""
        return self.mean / abs(self.first_mean) if self.first_mean else None


@dataclass(frozen=True)
class Pair:
    """A scenario against the first: the five headline measures, and all others."""

    first: str
    second: str
    headline: list[Difference]
    others: list[Difference]
    world: list[str]

    @property
    def judged(self) -> list[Difference]:
        """The measures of which more or less is better."""
        return [d for d in (*self.headline, *self.others) if d.wanted]

    def wins(self, label: str) -> list[Difference]:
        """The measures in which `label` does better even when all are asked at once (Holm)."""
        return [d for d in self.judged if d.better == label and d.holm < 1 - paired.LEVEL]


@dataclass(frozen=True)
class Best:
    """Of three or more scenarios: the one with the best mean, and its paired lead over the next."""

    measure: str
    question: str
    ranking: list[str]
    over_next: Difference


@dataclass(frozen=True)
class Basis:
    """What a verdict rests on."""

    seeds: int
    days: int
    members: dict[str, int]
    parameters: int
    assumed: int
    equal_cost: bool
    costs: dict[str, dict[str, float]]
    founded_from: str | None = None
    draws: int = 0  # of a posterior, one for each seed
    precision: dict[str, Any] | None = None
    interrupted: bool = False


@dataclass(frozen=True)
class Verdict:
    """The answer to a comparison, as data; `verdict` says it in words."""

    labels: list[str]
    pairs: list[Pair]
    best: list[Best]
    basis: Basis
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict:
        """Plain data for JSON; what is not known is null."""
        data = asdict(self)
        for made, pair in zip(data["pairs"], self.pairs, strict=True):
            for kind in ("headline", "others"):
                for row, difference in zip(made[kind], getattr(pair, kind), strict=True):
                    row |= {name: getattr(difference, name) for name in ("shown", "higher", "better", "relative")}
            made["wins"] = {label: [d.measure for d in pair.wins(label)] for label in (pair.first, pair.second)}
        return _without_nan(data)


def matrix(runs: pd.DataFrame, label: str, measure: str) -> np.ndarray:
    """One measure of one scenario: float, shape (n_seeds, n_days), a row a replicate in their order."""
    own = (runs["label"] == label).to_numpy()
    replicate, day, values = (runs[key].to_numpy()[own] for key in ("replicate", "day", measure))
    order = np.lexsort((day, replicate))
    return values[order].astype(float).reshape(-1, np.unique(day).size)


def at_end(runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of the last day: a row a run."""
    return runs[runs["day"] == runs["day"].max()].reset_index(drop=True)


def difference(runs: pd.DataFrame, measure: str, about: dict, first: str, second: str) -> Difference:
    """Compare one measure under two scenarios.

    Parameters
    ----------
    about : label, unit and better ("more", "less", "") of the measure, as the manifest has them
    """
    a, b = matrix(runs, first, measure), matrix(runs, second, measure)
    between = b - a
    between[np.abs(between) <= ROUNDING * np.maximum(np.abs(a), np.abs(b))] = 0.0
    gaps = between[:, -1]
    found, resampled = paired.interval(gaps), paired.bootstrap(gaps)
    return Difference(
        measure=measure,
        label=about.get("label", measure),
        unit=about.get("unit", ""),
        wanted=about.get("better", ""),
        first=first,
        second=second,
        first_mean=paired.interval(a[:, -1]).mean,
        second_mean=paired.interval(b[:, -1]).mean,
        mean=found.mean,
        low=found.low,
        high=found.high,
        n=found.n,
        share_above=paired.share_above(gaps),
        correlation=paired.correlation(a[:, -1], b[:, -1]),
        bca=resampled,
        flagged=paired.disagree(found, resampled),
        chance=paired.chance_of_none(gaps),
        holm=1.0,
        lead=paired.lead(np.unique(runs["day"]), between),
    )


def compare_pair(runs: pd.DataFrame, manifest: dict, first: str, second: str) -> Pair:
    """Compare two scenarios in every measure that both have."""
    measures = manifest["measures"]
    known = [key for key in runs.columns if key in measures and key not in KEYS]
    found = [difference(runs, key, measures[key], first, second) for key in known]
    judged = [i for i, d in enumerate(found) if d.wanted]
    adjusted = paired.holm(np.array([found[i].chance for i in judged]))
    for i, chance in zip(judged, adjusted, strict=True):
        found[i] = replace(found[i], holm=float(chance))
    by_key = {d.measure: d for d in found}
    return Pair(
        first,
        second,
        [by_key[key] for key in HEADLINE if key in by_key],
        [d for d in found if d.measure not in HEADLINE],
        differing(manifest["scenarios"][first]["resolved"], manifest["scenarios"][second]["resolved"]),
    )


def compare(runs: pd.DataFrame, manifest: dict) -> Verdict:
    """The verdict on all scenarios of the manifest: each against the first, and which is best at what.

    Parameters
    ----------
    runs : as `store.read_runs` returns it
    manifest : as `store.read_manifest` returns it
    """
    labels = manifest["labels"]
    pairs = [compare_pair(runs, manifest, labels[0], label) for label in labels[1:]]
    best = []
    if len(labels) > 2:
        end = at_end(runs).groupby("label")
        for key, question in HEADLINE.items():
            if key not in runs.columns:
                continue
            about = manifest["measures"][key]
            means = end[key].mean()
            ranking = sorted(labels, key=lambda label: -means[label] if about["better"] != "less" else means[label])
            best.append(Best(key, question, ranking, difference(runs, key, about, ranking[1], ranking[0])))
    return Verdict(labels, pairs, best, _basis(runs, manifest))


def _basis(runs: pd.DataFrame, manifest: dict) -> Basis:
    scenarios = manifest["scenarios"]
    entries = {entry["key"]: entry["assumed"] for item in scenarios.values() for entry in item["entries"]}
    costs = {label: item["cost"] for label, item in scenarios.items()}
    return Basis(
        seeds=len(manifest["replicates"]),
        days=int(runs["day"].max()),
        members={label: item["resolved"]["community"]["members"] for label, item in scenarios.items()},
        parameters=len(entries),
        assumed=sum(entries.values()),
        equal_cost=len({tuple(cost.values()) for cost in costs.values()}) == 1,
        costs=costs,
        founded_from=manifest.get("founded_from"),
        draws=min((manifest.get("posterior") or {}).get("draws", 0), len(manifest["replicates"])),
        precision=manifest.get("precision"),
        interrupted=bool(manifest.get("interrupted")),
    )


def differing(first: dict, second: dict) -> list[str]:
    """The dotted keys in which two resolved scenarios differ outside their strategy, team, name and question."""
    a, b = _flat(first), _flat(second)
    apart = ("strategy", "team", "name", "question")
    return sorted(k for k in a.keys() | b.keys() if k.split(".")[0] not in apart and a.get(k) != b.get(k))


def narrow_enough(runs: pd.DataFrame, labels: list[str], precision: float) -> tuple[bool, int, dict[str, float]]:
    """Whether the half-widths of the headline differences are within `precision` times the first's size.

    Returns
    -------
    whether all are; the number of seeds that would be needed; the relative half-width of each measure
    """
    end, needed = at_end(runs), 2
    reached: dict[str, float] = {}
    for measure in PRECISE:
        first = end[end["label"] == labels[0]][measure].to_numpy()
        size = abs(float(np.nanmean(first)))
        for label in labels[1:]:
            found = paired.interval(end[end["label"] == label][measure].to_numpy() - first)
            needed = max(needed, paired.seeds_needed(found, precision * size))
            relative = found.half / size if size else math.inf
            reached[measure] = max(reached.get(measure, 0.0), relative)
    return all(value <= precision for value in reached.values()), needed, reached


def _flat(table: dict, at: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, item in table.items():
        found |= _flat(item, f"{at}{key}.") if isinstance(item, dict) else {f"{at}{key}": item}
    return found


def _without_nan(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_nan(item) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [_without_nan(item) for item in data]
    if isinstance(data, float | np.floating):
        return float(data) if math.isfinite(data) else None
    return data.item() if isinstance(data, np.generic) else data
