"""`python -m experiments.evidence.fit NAME`: calibrate assumed values of a scenario on what real communities show.

`baseline` is fitted to the level facts of eleven company communities (the bands of `experiments/effects/targets.toml`,
and those that `fit.toml` adds), so that it is a community as the middle of them; `edgeryders` to P1-P30. `fit.toml` has
the values that move, from where, and within what; the search is CMA-ES (Hansen & Ostermeier 2001; the `cmaes` package)
on `loss`, which never looks at E1-E13, RK, or the estimates (a) to (f). Every attempt has fresh seeds, so that none is
fitted to, and the fit settles on the middle of the best attempts. Attempts are kept in `results/evidence/fit.jsonl`:
stopped, the same command goes on.
"""

from __future__ import annotations

import json
import math
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cmaes import CMA

from experiments.calibration.parameters import range_of
from experiments.evidence import patterns
from experiments.evidence.parts import FOLDER
from experiments.runs.given import cores
from experiments.runs.pool import Pool

Values = dict[str, float]
HERE = Path(__file__).parent
JOURNAL = FOLDER / "fit.jsonl"
MOST = 9.0  # the most that one figure adds to the loss: two and a half half-widths from the edge of its band


class Target(NamedTuple):
    """A figure, and the band in which it should lie."""

    of: str
    low: float
    high: float


class Fit(NamedTuple):
    """What one fit moves, and what it looks at."""

    scenario: str
    set: Values  # laid over the scenario, and not moved
    keys: dict[str, list[float]]  # where each value starts, and, where that is narrower than its range, low and high
    generations: int
    population: int
    seeds: int  # that an attempt is the mean of
    best: int  # attempts that it settles in the middle of
    step: float  # of the search's first distribution, in shares of the ranges
    targets: list[Target]


def of_communities() -> list[Target]:
    """The bands of level facts of company communities; those of estimates are left for the judging."""
    table = tomllib.loads((HERE.parent / "effects" / "targets.toml").read_text(encoding="utf-8"))
    told = HOW["baseline"]["facts"]
    return [Target(p["of"], p["low"], p["high"]) for t in table["target"] for p in t["part"] if p["of"] in told]


def of_patterns() -> list[Target]:
    """The bands of P1-P30."""
    return [Target(t.fact, t.band[0], 4 * t.band[0] if math.isinf(t.band[1]) else t.band[1]) for t in patterns.TARGETS]


HOW = tomllib.loads((HERE / "fit.toml").read_text(encoding="utf-8"))


def fit_called(name: str) -> Fit:
    """The fit of this name, as `fit.toml` has it."""
    how = HOW[name]
    targets = of_communities() if name == "baseline" else of_patterns()
    targets += [Target(**one) for one in how.get("target", [])]
    numbers = {key: how[key] for key in ("generations", "population", "seeds", "best", "step")}
    return Fit(how["scenario"], how.get("set", {}), how["keys"], **numbers, targets=targets)


def loss(figures: Values, targets: list[Target]) -> float:
    """How far figures lie from the middle of their bands, in squared half-widths: mildly inside, steeply outside."""
    total = 0.0
    for target in targets:
        half = (target.high - target.low) / 2
        off = abs(figures.get(target.of, math.nan) - (target.low + half)) / half
        total += MOST if math.isnan(off) else min(0.1 * off**2 + 4.0 * max(0.0, off - 0.9) ** 2, MOST)
    return total


def bounds(key: str, given: list[float]) -> tuple[float, float]:
    """Between which numbers a key moves: those given, else its declared range."""
    return (given[1], given[2]) if len(given) == 3 else range_of(key)


def changes(values: Values) -> Values:
    """Values by key as the scenario has them: hours of the team become a budget and shares of it."""
    hours = {key.partition(".")[2]: x for key, x in values.items() if key.startswith("hours.")}
    others = {key: x for key, x in values.items() if not key.startswith("hours.")}
    if not hours:
        return others
    budget = round(sum(hours.values()), 2)
    shares = {f"strategy.hours.{name}": round(x / budget, 3) for name, x in hours.items()}
    most = max(shares, key=shares.__getitem__)
    shares[most] = round(1.0 - sum(x for name, x in shares.items() if name != most), 3)
    return others | {"budget.hours_per_week": budget} | shares


def of_company(seed: int, scenario: str, values: Values) -> Values:
    """The level facts of one run, with how the community goes: by the code that reads real logs."""
    from experiments.effects import levels, logs
    from sim.community import Community
    from sim.logs.log import of_run
    from sim.scenario import load

    community = Community(load(scenario, values), seed, keep_events=True)
    community.run(community.scenario.community.days)
    log = logs.community("run", *logs.of_export(of_run(community)))
    facts = {name: estimate.value for name, estimate in levels.levels(log).items()}
    weekly, written = levels.active(log, 7), log.messages[~log.messages["staff"]]
    half = weekly.size // 2
    return facts | {
        "second_year_of_first": float(weekly[half:].mean() / weekly[:half].mean()),
        "peak_of_mean": float(weekly.max() / weekly.mean()),
        "openings": float(written["opens"].mean()),
        "members_left_of_founders": community.members.current / community.scenario.community.members,
    }


def simulate(attempt: str) -> Values:
    """The figures of one attempt: a fit, a seed and values, as the journal names it."""
    name, seed, values = json.loads(attempt)
    one = fit_called(name)
    values = changes(one.set | values)
    figures = of_company(seed, one.scenario, values) if name == "baseline" else patterns.simulated(seed, values)
    return {target.of: round(figures[target.of], 5) for target in one.targets}


def figures_of(attempts: list[str], pool: Pool) -> list[Values]:
    """The figures of attempts: from the journal, or simulated and added to it."""
    lines = JOURNAL.read_text(encoding="utf-8").splitlines() if JOURNAL.exists() else []
    known = {line["try"]: line["figures"] for line in map(json.loads, lines)}

    def keep(attempt: str, figures: Values) -> None:
        known[attempt] = figures
        with JOURNAL.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"try": attempt, "figures": figures}) + "\n")

    pool.run([attempt for attempt in attempts if attempt not in known], simulate, keep)
    return [known[attempt] for attempt in attempts]


def search(name: str, one: Fit, root: int, pool: Pool) -> Values:
    """Where a fit settles."""
    low, high = np.array([bounds(key, given) for key, given in one.keys.items()], float).T
    start = (np.array([given[0] for given in one.keys.values()]) - low) / (high - low)
    ranges = np.tile([0.0, 1.0], (start.size, 1))
    optimiser = CMA(mean=start, sigma=one.step, bounds=ranges, seed=root, population_size=one.population)
    every: list[tuple[np.ndarray, float]] = []

    def at(point: np.ndarray) -> Values:
        whole = {key for key in one.keys if isinstance(one.keys[key][0], int)}
        values = {key: float(x) for key, x in zip(one.keys, low + (high - low) * point, strict=True)}
        return {key: round(x) if key in whole else float(f"{x:.4g}") for key, x in values.items()}

    for generation in range(one.generations):
        points = [optimiser.ask() for _ in range(one.population)]
        first = 1_000_000 * root + 100 * generation
        attempts = [
            json.dumps([name, first + i + 50 * k, at(x)], sort_keys=True)
            for i, x in enumerate(points) for k in range(one.seeds)
        ]  # fmt: skip
        figures = figures_of(attempts, pool)
        losses = []
        for k in range(0, len(attempts), one.seeds):
            group = figures[k : k + one.seeds]
            losses.append(loss({key: float(np.mean([x[key] for x in group])) for key in group[0]}, one.targets))
        print(f"{name} {generation + 1}/{one.generations}: loss {min(losses):.2f} to {max(losses):.2f}, "
              f"middle {np.median(losses):.2f}", file=sys.stderr, flush=True)  # fmt: skip
        optimiser.tell(judged := list(zip(points, losses, strict=True)))
        every += judged
    best = sorted(every, key=lambda attempt: attempt[1])[: one.best]
    return at(np.mean([point for point, _ in best], axis=0))


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "baseline"
    settled = search(chosen, fit_called(chosen), 1, Pool(cores()))
    print(json.dumps(changes(fit_called(chosen).set | settled), indent=1))
