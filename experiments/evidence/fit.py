"""`python -m experiments.evidence.fit`: calibrate the baseline's assumed values on Edgeryders, stage by stage.

In the order of the ODD, 1.2: visiting and writing (P1-P10, P26), partners and ties (P18-P25), leaving (P11), needs and
help (P12-P17). Each stage moves its own keys, within the ranges that `scenarios/baseline.toml` declares, from where
the stage before left them, by CMA-ES (Optuna's; Hansen & Ostermeier 2001) on `loss`, which looks at the targets of the
stages so far and never at E1-E13 or RK. Every try has a fresh seed, so that no seed is fitted to. Tries are kept in
a journal: stopped, the same command goes on; two at once share the work. `--best` prints what was found. It is stopped
by hand or after `TRIES`; what it finds is then written into the baseline by hand and frozen.
"""

from __future__ import annotations

import math
import sys
from typing import Any, NamedTuple

import numpy as np

from experiments.evidence import patterns
from experiments.evidence.tries import FOLDER

MOST = 9.0  # the most that one figure adds to the loss: two and a half half-widths from the edge of its band


class Stage(NamedTuple):
    """A stage of the calibration."""

    name: str
    patterns: tuple[str, ...]
    keys: dict[str, float]  # dotted key -> where the search begins
    tries: int


def _p(*numbers: int) -> tuple[str, ...]:
    return tuple(f"P{k}" for k in numbers)


# First guesses are of one reading of the facts: most never write and most who do stop within weeks, so a low drive, a
# readier voice, an earlier leave; those who were just addressed go on with each other, so a strong thread.
STAGES = (
    Stage("writing", _p(1, 2, 3, 4, 5, 6, 7, 9, 10, 26), {
        "members.drive_mean": -4.2, "members.drive_sd": 1.2, "members.voice_mean": -2.7, "members.voice_sd": 1.4,
        "members.drive_voice_correlation": 0.5, "posting.more": 0.42, "posting.passion": 0.5,
        "visiting.called": 0.7, "leaving.base": -3.6,
    }, 40),
    Stage("ties", _p(18, 19, 20, 21, 22, 23, 24, 25), {
        "reading.thread": 4.0, "reading.outgoing": 0.9, "reading.activity": 0.5, "reading.to_last": 0.5,
        "reading.staff": 0.9, "ties.memory_half_life": 30.0, "reading.similarity": 0.5,
    }, 40),
    Stage("leaving", _p(11), {"leaving.base": -3.6, "visiting.silence": 0.6, "visiting.silence_days": 30.0}, 16),
    Stage("help", _p(12, 13, 14, 15, 16, 17), {
        "needing.rate": 0.004, "reading.answer": 0.0, "posting.opening": 0.18, "posting.social": 0.4,
        "reading.scan": 10.0,
    }, 24),
)  # fmt: skip


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
    low, high = BASELINE[table][name]["range"]
    return low, high


def ready(value: float, key: str) -> float:
    """A value as the scenario wants it: whole where its range is declared in whole numbers."""
    from sim.scenario import BASELINE

    table, name = key.split(".")
    return round(value) if isinstance(BASELINE[table][name]["value"], int) else round(value, 3)


def _storage() -> Any:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    FOLDER.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(FOLDER / "fit.journal")))


def _chosen(study: Any) -> dict[str, float]:
    """What a stage settles on: the middle of the better fifth of its tries, steadier than the luckiest one."""
    done = sorted((t for t in study.trials if t.value is not None), key=lambda t: t.value)
    best = done[: max(3, len(done) // 5)]
    return {key: ready(float(np.mean([t.params[key] for t in best])), key) for key in best[0].params}


def fit(root: int, first: int) -> dict[str, float]:
    """Go through the stages from where the journal is; the values of all keys."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    fixed: dict[str, float] = {key: x for stage in reversed(STAGES) for key, x in stage.keys.items()}
    wanted: set[str] = set()
    for stage in STAGES:
        wanted |= set(stage.patterns)
        start = {key: fixed[key] for key in stage.keys}
        scaled = {key: (start[key] - bounds(key)[0]) / (bounds(key)[1] - bounds(key)[0]) for key in start}
        sampler = optuna.samplers.CmaEsSampler(x0=scaled, sigma0=0.06, seed=root + first, n_startup_trials=1)
        study = optuna.create_study(storage=_storage(), study_name=f"{stage.name}-{root}", sampler=sampler,
                                    load_if_exists=True)  # fmt: skip
        if not study.trials:
            study.enqueue_trial(scaled)
        seen = set(wanted)

        def one(trial: Any, keys: tuple[str, ...] = tuple(start), seen: set[str] = seen) -> float:
            changes = dict(fixed)
            for key in keys:
                low, high = bounds(key)
                changes[key] = ready(low + (high - low) * trial.suggest_float(key, 0.0, 1.0), key)
            found = patterns.simulated(1_000_000 * root + 1000 * len(seen) + trial.number, changes)
            trial.set_user_attr("changes", changes)
            trial.set_user_attr("numbers", {t.fact: found[t.fact] for t in patterns.TARGETS})
            worth = loss(found, seen)
            print(f"{trial.number:4d} {worth:8.2f}", file=sys.stderr, flush=True)
            return worth

        while sum(t.state.is_finished() for t in study.trials) < stage.tries:
            study.optimize(one, n_trials=1)
        for key, share in _raw(study).items():
            low, high = bounds(key)
            fixed[key] = ready(low + (high - low) * share, key)
        print(stage.name, {key: fixed[key] for key in start}, file=sys.stderr, flush=True)
    return fixed


def _raw(study: Any) -> dict[str, float]:
    done = sorted((t for t in study.trials if t.value is not None), key=lambda t: t.value)
    best = done[: max(3, len(done) // 5)]
    return {key: float(np.mean([t.params[key] for t in best])) for key in best[0].params}


if __name__ == "__main__":
    print(fit(int(sys.argv[1]) if len(sys.argv) > 1 else 1, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
