"""What is told of the population: numbers of its page, from posteriors, the emulator and runs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from experiments.effects import logs
from experiments.worlds import population, simulate
from experiments.worlds.emulator import FORMS, Emulator
from experiments.worlds.facts import Facts
from experiments.worlds.population import FACTS, SHARES, VALUES, Values
from experiments.worlds.posterior import PRIOR, Observed, Posterior

PREDICTED = 4000  # draws of the emulator for an interval
LEVELS = (0.8, 0.9)  # intervals
HELD = [k for k, fact in enumerate(FACTS) if not fact.size]
IDENTIFIED = 0.5  # of the prior's width, below which a value's middle is said to be identified


def predicted(made: Emulator, found: Posterior, root: int, error: np.ndarray | None = None) -> np.ndarray:
    """Facts of new communities, with luck and other values (draws, facts).

    error : variances (facts,) of the means that are observed; with them, the model's discrepancy is added too
    """
    rng = np.random.default_rng([root, 3])
    places = np.column_stack([found.new(PREDICTED, root), rng.random(PREDICTED)])
    y = made.facts(places) + rng.multivariate_normal(np.zeros(len(FACTS)), made.covariance, PREDICTED)
    if error is not None:
        k = np.arange(PREDICTED) % len(found.discrepancy)
        scale = np.sqrt(error + found.discrepancy[k] ** 2)
        y = y + scale * rng.normal(size=y.shape)
    return y


def intervals(y: np.ndarray) -> dict[str, list[list[float]]]:
    """Equal-tailed intervals of each column, [low, high] by level; and the median."""
    found = {f"{level:g}": np.nanquantile(y, [(1 - level) / 2, (1 + level) / 2], axis=0).T.tolist() for level in LEVELS}
    return found | {"median": np.nanmedian(y, axis=0).tolist()}


def held(y: np.ndarray, spans: list[list[list[float]]]) -> np.ndarray:
    """Whether facts (communities, facts) lie in their intervals [low, high]; 1, 0, or NaN where not known."""
    low, high = np.moveaxis(np.array(spans, float), 2, 0)
    return np.where(np.isfinite(y), (low <= y) & (y <= high), np.nan)


def targets() -> dict[str, list[float]]:
    """The bands of level facts that simulated communities are held against, from the table of the effects."""
    path = Path(logs.__file__).with_name("targets.toml")
    parts = [part for target in tomllib.loads(path.read_text(encoding="utf-8"))["target"] for part in target["part"]]
    known = {"staff_of_messages", *(fact.name for fact in FACTS)}
    return {part["of"]: [part["low"], part["high"]] for part in parts if part["of"] in known}


def shares_of(values: Values) -> Values:
    """The shares of hours among values."""
    return {key: x for key, x in values.items() if key.startswith(SHARES)}


def communities(found: Posterior, names: list[str]) -> dict[str, Values]:
    """Settings of each community: the median of its values and of its founding members."""
    made = {}
    for k, name in enumerate(names):
        places = np.median(found.places[:, k], axis=0)
        members = simulate.members_at(places[-1])
        made[name] = {"community.members": members} | population.settings(population.values_at(places[:-1]), members)
    return made


def of_values(found: Posterior, names: list[str]) -> list[dict[str, Any]]:
    """For each value: how far the communities tell it, as places and as values.

    middle: of the median community; new: of one that was not seen; each: medians of those that were. left: the width
    of what is left open (a standard deviation) over that before any was looked at, of the population's mean score and
    of a new community's place.
    """
    new = found.new(20_000, 0)
    rows = []
    for k, value in enumerate(VALUES):
        ends = [0.05, 0.5, 0.95]
        middle = population.place(np.quantile(found.mean[:, k], ends))
        wide = np.quantile(new[:, k], ends)
        each = {name: float(np.median(found.places[:, i, k])) for i, name in enumerate(names)}
        left = {"middle": found.mean[:, k].std() / PRIOR, "new": new[:, k].std() * np.sqrt(12)}
        rows.append({
            "key": value.key, "places": {"middle": middle, "new": wide, "each": each}, "left": left,
            "identified": left["middle"] < IDENTIFIED,
            "values": {"middle": [value.at(u) for u in middle], "new": [value.at(u) for u in wide],
                       "each": {name: value.at(u) for name, u in each.items()}},
        })  # fmt: skip
    return rows


def of_emulator(made: Emulator) -> dict[str, Any]:
    """How good the emulator is: cross-validated R2 of each form and fact, near the communities."""
    of = {form: dict(zip([fact.name for fact in FACTS], made.r2[form], strict=True)) for form in FORMS}
    left = dict(zip([fact.name for fact in FACTS], np.sqrt(np.diag(made.covariance)), strict=True))
    mean = {form: float(made.r2[form].mean()) for form in FORMS}
    return {"form": made.form, "r2": of, "mean": mean, "left": left, "runs": made.runs, "near": made.near}


def of_facts(
    real: dict[str, list[Facts]], seen: Observed, made: Emulator, found: Posterior, looked: list[dict], root: int
) -> list[dict[str, Any]]:
    """Each fitted fact: of the real communities, of drawn ones run for real, and of the emulator."""
    runs, guessed = intervals(simulate.table(looked)), intervals(predicted(made, found, root))
    rows = []
    for k, fact in enumerate(FACTS):
        own = fact.back(seen.facts[:, k])
        spans = {name: {key: fact.back(np.array(of[key][k])).tolist() for key in of}
                 for name, of in (("runs", runs), ("emulator", guessed))}  # fmt: skip
        rows.append({"name": fact.name, "by": fact.by, "size": fact.size, **spans,
                     "real": dict(zip(seen.names, own, strict=True))})  # fmt: skip
    return rows


def of_held(seen: Observed, without: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """How often the intervals of a population that has not seen a community hold its facts.

    run: of drawn communities as they run; all: with the spread between windows and the model's discrepancy too.
    """
    told: dict[str, Any] = {}
    for kind in ("run", "all"):
        told[kind] = {}
        for level in LEVELS:
            inside = held(seen.facts, [without[name][kind][f"{level:g}"] for name in seen.names])[:, HELD]
            told[kind][f"{level:g}"] = {
                "overall": np.nanmean(inside), "n": int(np.isfinite(inside).sum()),
                "facts": {FACTS[k].name: np.nanmean(inside[:, i]) for i, k in enumerate(HELD)},
                "communities": dict(zip(seen.names, np.nanmean(inside, axis=1), strict=True)),
                "missed": {name: [FACTS[k].name for i, k in enumerate(HELD) if inside[j, i] == 0]
                           for j, name in enumerate(seen.names)},
            }  # fmt: skip
    told["worth"] = {name: one["worth"] for name, one in without.items()}
    return told


def of_targets(real: dict[str, list[Facts]], looked: list[dict]) -> list[dict[str, Any]]:
    """Each level target: its band, the middle and quartiles of drawn communities run for real, and of the real ones."""
    rows = []
    for name, band in targets().items():
        runs = np.array([run[name] for run in looked if run and run.get(name) is not None], float)
        own = np.array([np.mean([window[name] for window in windows]) for windows in real.values()])
        middle = float(np.median(runs))
        ends = [0.05, 0.25, 0.5, 0.75, 0.95], [0.0, 0.25, 0.5, 0.75, 1.0]
        rows.append({"name": name, "band": band, "runs": np.quantile(runs, ends[0]), "real": np.quantile(own, ends[1]),
                     "in": band[0] <= middle <= band[1]})  # fmt: skip
    return rows


def of_baseline(drawn: list[Values]) -> list[dict[str, Any]]:
    """What the baseline is, as the median of the draws: key, median to three digits, and 90 % of the draws."""
    rows = []
    for key in (key for key in drawn[0] if key != population.BUDGET and not key.startswith(population.SHARES)):
        low, middle, high = np.quantile([one[key] for one in drawn], [0.05, 0.5, 0.95])
        ends = [float(f"{low:.4g}"), float(f"{high:.4g}")]
        rows.append({"key": key, "median": float(f"{middle:.3g}"), "draws": ends})
    return rows
