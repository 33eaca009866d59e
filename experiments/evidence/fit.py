"""`python -m experiments.evidence.fit`: calibrate the baseline's assumed values on Edgeryders, stage by stage.

In the order of the ODD, 1.2: visiting and writing (P1-P10, P26), partners and ties (P18-P25), leaving (P11), needs and
help (P12-P17), then all of them together on all targets. Each stage of `fit.toml` moves its own keys, within the ranges
that `scenarios/baseline.toml` declares, from where the stage before left them, by CMA-ES (Hansen & Ostermeier 2001; the
`cmaes` package) on `loss`, which never looks at E1-E13 or RK. Every attempt has fresh seeds, so that none is fitted to;
where a stage settles is the mean of the search's last distribution; the last stage settles on the middle of its best
attempts, for its distribution was still wide at the end. Attempts are kept in `results/evidence/fit.jsonl`: stopped,
the same command goes on. Ten values were then moved by hand (`moved`), on three looks at eight seeds each, before the
baseline was frozen; `patterns` judges it on seeds that no search has seen.
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
HOW = tomllib.loads(Path(__file__).with_name("fit.toml").read_text(encoding="utf-8"))
START, SET = HOW["start"], HOW["set"]
JOURNAL = FOLDER / "fit.jsonl"
MOST = 9.0  # the most that one figure adds to the loss: two and a half half-widths from the edge of its band


class Stage(NamedTuple):
    """A stage of the calibration."""

    name: str
    patterns: list[str]  # that it adds to those of the stages before
    keys: list[str]
    generations: int
    population: int
    seeds: int = 1  # that an attempt is the mean of
    best: bool = False  # whether it settles on its best attempts


STAGES = [Stage(**stage | {"keys": stage["keys"] or list(START)}) for stage in HOW["stages"]]


def loss(figures: Values, wanted: set[str]) -> float:
    """How far figures lie from the middle of their bands, in squared half-widths: mildly inside, steeply outside."""
    total = 0.0
    for target in patterns.TARGETS:
        if target.pattern in wanted:
            low, high = target.band
            half = ((4 * low if math.isinf(high) else high) - low) / 2
            off = abs(figures[target.fact] - (low + half)) / half
            total += MOST if math.isnan(off) else min(0.1 * off**2 + 4.0 * max(0.0, off - 0.9) ** 2, MOST)
    return total


def bounds(key: str) -> tuple[float, float]:
    """The declared range of a key."""
    table, name = key.split(".")
    return (0.0, HOW["hours"][name]) if table == "hours" else range_of(key)


def changes(values: Values) -> Values:
    """Values by key as the scenario has them: hours of the team become a budget and shares of it."""
    hours = {key.partition(".")[2]: x for key, x in values.items() if key.startswith("hours.")}
    budget = round(sum(hours.values()), 2)
    shares = {f"strategy.hours.{name}": round(x / budget, 3) for name, x in hours.items()}
    most = max(shares, key=shares.__getitem__)
    shares[most] = round(1.0 - sum(x for name, x in shares.items() if name != most), 3)
    others = {key: x for key, x in values.items() if not key.startswith("hours.")}
    return others | {"budget.hours_per_week": budget} | shares


def simulate(attempt: str) -> Values:
    """The figures of one attempt: a seed and values, as the journal names it."""
    seed, values = json.loads(attempt)
    figures = patterns.simulated(seed, changes(values))
    return {t.fact: round(figures[t.fact], 5) for t in patterns.TARGETS}


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


def search(stage: Stage, fixed: Values, wanted: set[str], root: int, number: int, pool: Pool) -> Values:
    """Where one stage, the `number`th, settles."""
    low, high = np.array([bounds(key) for key in stage.keys], float).T
    start = (np.array([fixed[key] for key in stage.keys]) - low) / (high - low)
    ranges = np.tile([0.0, 1.0], (start.size, 1))
    optimiser = CMA(mean=start, sigma=HOW["step"], bounds=ranges, seed=root, population_size=stage.population)
    every: list[tuple[np.ndarray, float]] = []

    def at(point: np.ndarray) -> Values:
        return {key: round(float(x), 4) for key, x in zip(stage.keys, low + (high - low) * point, strict=True)}

    for generation in range(stage.generations):
        points = [optimiser.ask() for _ in range(stage.population)]
        first = 1_000_000 * root + 10_000 * number + 100 * generation
        attempts = [
            json.dumps([first + i + 50 * k, fixed | at(x)], sort_keys=True)
            for i, x in enumerate(points) for k in range(stage.seeds)
        ]  # fmt: skip
        figures = figures_of(attempts, pool)
        losses = []
        for k in range(0, len(attempts), stage.seeds):
            group = figures[k : k + stage.seeds]
            losses.append(loss({name: float(np.mean([x[name] for x in group])) for name in group[0]}, wanted))
        print(f"{stage.name} {generation + 1}/{stage.generations}: loss {min(losses):.2f} to {max(losses):.2f}, "
              f"middle {np.median(losses):.2f}", file=sys.stderr, flush=True)  # fmt: skip
        optimiser.tell(judged := list(zip(points, losses, strict=True)))
        every += judged
    best = sorted(every, key=lambda one: one[1])[: HOW["best"]]
    return at(np.mean([point for point, _ in best], axis=0) if stage.best else optimiser.mean)


def fit(root: int, workers: int) -> Values:
    """Go through the stages, using what the journal has; the values of all keys."""
    fixed, wanted = SET | START, set[str]()
    for number, stage in enumerate(STAGES):
        wanted |= set(stage.patterns)
        fixed |= search(stage, fixed, wanted, root, number, Pool(workers))
        print(f"{stage.name}: {json.dumps({key: fixed[key] for key in stage.keys})}", file=sys.stderr, flush=True)
    return fixed


if __name__ == "__main__":
    values = fit(1, cores())
    print(json.dumps(changes({key: round(x + HOW["moved"].get(key, 0.0), 3) for key, x in values.items()}), indent=1))
