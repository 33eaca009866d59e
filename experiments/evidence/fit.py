"""`python -m experiments.evidence.fit`: calibrate the baseline's assumed values on Edgeryders, stage by stage.

In the order of the ODD, 1.2: visiting and writing (P1-P10, P26), partners and ties (P18-P25), leaving (P11), needs and
help (P12-P17), then all of them together on all targets. Each stage moves its own keys, within the ranges that
`scenarios/baseline.toml` declares, from where the stage before left them, by CMA-ES (Hansen & Ostermeier 2001; the
`cmaes` package) on `loss`, which never looks at E1-E13 or RK. Every try has fresh seeds, so that no seed is fitted to;
where a stage settles is the mean of the search's last distribution; the last stage settles on the middle of its
`BEST` best tries, for its distribution was still wide at the end. Tries are kept in `results/evidence/fit.jsonl`:
stopped, the same command goes on. `MOVED` says by how much ten values were then moved by hand, on three looks at eight
seeds each, before the baseline was frozen; `patterns` judges it on seeds that no search has seen.
"""

from __future__ import annotations

import json
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from cmaes import CMA

from experiments.evidence import patterns
from experiments.evidence.tries import FOLDER
from experiments.runs.given import cores

JOURNAL = FOLDER / "fit.jsonl"
MOST = 9.0  # the most that one figure adds to the loss: two and a half half-widths from the edge of its band
HOURS = {"welcome": 1.0, "connect": 0.5, "answer": 2.0, "moderate": 1.0, "recognise": 0.5, "respond": 6.0,
         "prompt": 6.0}  # fmt: skip  # the most hours a week that the world's team may spend on each


class Stage(NamedTuple):
    """A stage of the calibration."""

    name: str
    patterns: tuple[str, ...]  # that it adds to those of the stages before
    keys: tuple[str, ...]
    generations: int
    population: int
    seeds: int = 1  # that a try is the mean of
    best: bool = False  # whether it settles on its best tries


def _p(*numbers: int) -> tuple[str, ...]:
    return tuple(f"P{k}" for k in numbers)


# Where the search begins: near where a first one ended (which began where most never write and most who do stop within
# weeks: a low drive, a readier voice, an early leave, a strong thread), with more words of the team apart from threads.
# `hours.*`: hours a week of the world's whole team.
START = {
    "members.drive_mean": -3.73, "members.drive_sd": 0.77, "members.voice_mean": -3.6, "members.voice_sd": 1.31,
    "visiting.called": 0.76, "visiting.tide_sd": 0.728, "visiting.tide_half_life": 64.6, "posting.active": 1.28,
    "posting.passion": 0.983, "posting.more": 0.225, "posting.heard_staff": 1.16, "posting.heard_member": 0.59,
    "posting.opening": 0.22, "feeling.heard_half_life": 10.4, "reading.activity": 0.495, "reading.outgoing": 1.06,
    "reading.staff": 0.97, "reading.thread": 6.62, "reading.to_last": 0.408, "reading.recency": 3.31,
    "reading.answer": -0.337, "ties.memory_half_life": 16.2, "leaving.base": -3.84, "leaving.closeness": 0.442,
    "needing.rate": 0.00568, "hours.welcome": 0.7, "hours.answer": 0.08, "hours.recognise": 0.112,
    "hours.respond": 1.76, "hours.prompt": 3.7,
}  # fmt: skip
# Not searched: the days of M1, whole numbers of things glanced at and of days, hours that no figure tells.
SET = {
    "visiting.called_days": 7, "reading.scan": 4, "staffing.follow_up": 3, "leaving.belonging": 0.5,
    "hours.connect": 0.02, "hours.moderate": 0.2,
}  # fmt: skip
STAGES = (
    Stage("writing", _p(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 26), (
        "members.drive_mean", "members.drive_sd", "members.voice_mean", "members.voice_sd", "visiting.called",
        "visiting.tide_sd", "visiting.tide_half_life", "posting.passion", "posting.active", "posting.more",
    ), 3, 8),
    Stage("ties", _p(18, 19, 20, 21, 22, 23, 24, 25), (
        "reading.thread", "reading.outgoing", "reading.activity", "reading.to_last", "reading.recency",
        "reading.staff", "ties.memory_half_life", "hours.respond",
    ), 3, 8),
    Stage("leaving", _p(11), ("leaving.base", "leaving.closeness"), 2, 6),
    Stage("help", _p(12, 13, 14, 15, 16, 17), (
        "needing.rate", "reading.answer", "posting.opening", "posting.heard_staff", "posting.heard_member",
        "feeling.heard_half_life", "hours.welcome", "hours.answer", "hours.prompt",
    ), 3, 8),
    Stage("together", _p(27, 28, 29, 30), tuple(START), 16, 14, seeds=2, best=True),
)  # fmt: skip
BEST = 12  # tries that the last stage settles in the middle of
MOVED = {
    "posting.heard_staff": 0.15, "posting.heard_member": 0.036, "reading.outgoing": 0.3, "reading.thread": -1.0,
    "reading.staff": 0.1, "hours.prompt": 0.8, "hours.respond": 0.15, "members.voice_mean": -0.2,
    "members.drive_mean": 0.1, "feeling.heard_half_life": 1.0,
}  # fmt: skip
STEP = 0.04  # of the search's first distribution, in shares of the declared ranges


def loss(numbers: dict[str, float], wanted: set[str]) -> float:
    """How far figures lie from the middle of their bands, in squared half-widths: mildly inside, steeply outside."""
    total = 0.0
    for target in patterns.TARGETS:
        if target.pattern not in wanted:
            continue
        x, high = numbers[target.fact], min(target.high, 4 * target.low) if math.isinf(target.high) else target.high
        if math.isnan(x):
            total += MOST
            continue
        half = (high - target.low) / 2
        off = abs(x - (target.low + half)) / half
        total += min(0.1 * off**2 + 4.0 * max(0.0, off - 0.9) ** 2, MOST)
    return total


def bounds(key: str) -> tuple[float, float]:
    """The declared range of a key."""
    from sim.scenario import BASELINE

    table, name = key.split(".")
    if table == "hours":
        return 0.0, HOURS[name]
    low, high = BASELINE[table][name]["range"]
    return low, high


def changes(values: dict[str, float]) -> dict[str, float]:
    """Values by key as the scenario has them: hours of the team become a budget and shares of it."""
    hours = {key.partition(".")[2]: x for key, x in values.items() if key.startswith("hours.")}
    budget = round(sum(hours.values()), 2)
    shares = {f"strategy.hours.{name}": round(x / budget, 3) for name, x in hours.items()}
    most = max(shares, key=shares.__getitem__)
    shares[most] = round(1.0 - sum(x for name, x in shares.items() if name != most), 3)
    others = {key: x for key, x in values.items() if not key.startswith("hours.")}
    return others | {"budget.hours_per_week": budget} | shares


Kept = dict[str, dict[str, float]]  # what was tried, as text -> its figures


def tried(values: dict[str, float], seed: int) -> tuple[str, dict[str, float]]:
    """Simulate one try in a worker; its name in the journal, and its figures."""
    found = patterns.simulated(seed, changes(values))
    return named(values, seed), {t.fact: round(found[t.fact], 5) for t in patterns.TARGETS}


def named(values: dict[str, float], seed: int) -> str:
    """A try as text."""
    return json.dumps([seed, values], sort_keys=True)


def journal() -> Kept:
    """The tries done so far."""
    lines = JOURNAL.read_text(encoding="utf-8").splitlines() if JOURNAL.exists() else []
    return {line["try"]: line["figures"] for line in map(json.loads, lines)}


def search(
    stage: Stage, fixed: dict[str, float], wanted: set[str], root: int, number: int, pool: Any
) -> dict[str, float]:
    """Where one stage, the `number`th, settles."""
    low, high = np.array([bounds(key) for key in stage.keys], float).T
    start = (np.array([fixed[key] for key in stage.keys]) - low) / (high - low)
    ranges = np.tile([0.0, 1.0], (start.size, 1))
    optimiser = CMA(mean=start, sigma=STEP, bounds=ranges, seed=root, population_size=stage.population)
    kept, every = journal(), list[tuple[float, np.ndarray]]()

    def at(point: np.ndarray) -> dict[str, float]:
        return {key: round(float(x), 4) for key, x in zip(stage.keys, low + (high - low) * point, strict=True)}

    for generation in range(stage.generations):
        points = [optimiser.ask() for _ in range(stage.population)]
        first = 1_000_000 * root + 10_000 * number + 100 * generation
        tries = [
            (fixed | at(point), first + place + 50 * k) for place, point in enumerate(points)
            for k in range(stage.seeds)
        ]  # fmt: skip
        left = [one for one in tries if named(*one) not in kept]
        for name, figures in pool.map(tried, *zip(*left, strict=True)) if left else ():
            kept[name] = figures
            with JOURNAL.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"try": name, "figures": figures}) + "\n")
        each = [kept[named(*one)] for one in tries]
        groups = [each[k : k + stage.seeds] for k in range(0, len(each), stage.seeds)]
        losses = [loss({name: float(np.mean([x[name] for x in group])) for name in group[0]}, wanted)
                  for group in groups]  # fmt: skip
        print(f"{stage.name} {generation + 1}/{stage.generations}: loss {min(losses):.2f} to {max(losses):.2f}, "
              f"middle {np.median(losses):.2f}", file=sys.stderr, flush=True)  # fmt: skip
        optimiser.tell(list(zip(points, losses, strict=True)))
        every += zip(losses, points, strict=True)
    best = sorted(every, key=lambda one: one[0])[:BEST]
    return at(np.mean([point for _, point in best], axis=0) if stage.best else optimiser.mean)


def fit(root: int, workers: int) -> dict[str, float]:
    """Go through the stages, using what the journal has; the values of all keys."""
    fixed, wanted = SET | START, set[str]()
    with ProcessPoolExecutor(workers) as pool:
        for number, stage in enumerate(STAGES):
            wanted |= set(stage.patterns)
            fixed |= search(stage, fixed, wanted, root, number, pool)
            print(f"{stage.name}: {json.dumps({key: fixed[key] for key in stage.keys})}", file=sys.stderr, flush=True)
    return fixed


if __name__ == "__main__":
    found = fit(1, cores())
    print(json.dumps(changes({key: round(x + MOVED.get(key, 0.0), 3) for key, x in found.items()}), indent=1))
