"""Try what the lessons claim on paired seeds, and keep what was found: `python -m studio.truth [SEEDS]`.

Kept are how often each claim held, in its setting, in the one in which it should fail and in the run on the screen;
what became of its lead with each cause taken out; and the seeds that the studio and each lesson start with.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from experiments.runs.files import write_json
from experiments.runs.given import cores
from sim.version import model_hash
from studio import spread
from studio.setup import NAMES, Setup
from studio.teaching import SHARES, Lesson, Pair, lessons

SEEDS = 12  # pairs on which each lesson is tried
CANDIDATES = 30  # seeds, from 1 on, of which the studio starts with the most usual
MIDDLE = ("reach", "intimacy", "exchanges", "value_members", "value_company")  # in which the first seed is a usual one


def pairs_of(runner: spread.Runner, setup: Setup, seeds: range) -> list[Pair]:
    """Both sides of a state, as the studio shows it with each of `seeds`."""
    plans = {f"{name} {seed}": (setup.model_copy(update={"seed": seed}), name) for seed in seeds for name in NAMES}
    runs = runner.run(plans, range(1))
    return [{name: runs[f"{name} {seed}"][0] for name in NAMES} for seed in seeds]


def tried(runner: spread.Runner, name: str, lesson: Lesson, seeds: range) -> dict[str, Any]:
    """What is found of a lesson.

    `claims`, `fails`: by claim the share of seeds in which it held, in its setting and in the failing one; `trials`: by
    claim and by what was taken out, as `Trial.found`, over the seeds in which the claim held; `seed`: the most usual
    of `seeds` for these claims, with which the lesson starts; `screen`: whether they held with it.
    """
    found: dict[str, Any] = {"trials": {}}
    taken_out: dict[str, list[Pair]] = {}  # so that what several claims ask is run once
    for which, failing, claims in (("fails", True, lesson.fail_claims), ("claims", False, lesson.claims)):
        setup = lesson.staged(name, failing)
        pairs = pairs_of(runner, setup, seeds)
        found[which] = {claim.text: sum(map(claim.holds, pairs)) / len(pairs) for claim in claims}
    shown = middle({claim.text: [claim.lead(pair) for pair in pairs] for claim in lesson.claims})
    found["seed"] = seeds[shown]
    found["screen"] = {claim.text: claim.holds(pairs[shown]) for claim in lesson.claims}
    for claim in lesson.claims:
        held = [at for at, pair in enumerate(pairs) if claim.holds(pair)]
        for trial in claim.trials:
            key = trial.model_dump_json(include={"out", "values"})
            if key not in taken_out:
                taken_out[key] = pairs_of(runner, trial.staged(setup), seeds)
            leads = [[claim.lead(of[at]) for at in held] for of in (pairs, taken_out[key])]
            found["trials"].setdefault(claim.text, {})[trial.words] = trial.found(*leads)
    return found


def middle(leads: dict[str, list[float]]) -> int:
    """Which of some seeds is the most usual: its leads lie, by rank, nearest to the middle over all measures.

    Parameters
    ----------
    leads : by measure, what B has more than A, a number a seed; the first of equals is taken

    >>> middle({"x": [3.0, 1.0, 2.0], "y": [2.0, 9.0, 1.0]})
    0
    """
    away = np.zeros(len(next(iter(leads.values()))))
    for of in leads.values():
        ranks = np.argsort(np.argsort(of, kind="stable"), kind="stable")
        away += np.abs(ranks - (len(of) - 1) / 2)
    return int(np.argmin(away))


def usual_seed(runner: spread.Runner, seeds: int) -> int:
    """The seed, from 1 to `seeds`, whose run of the setting that the studio starts with is the most usual."""
    pairs = pairs_of(runner, Setup(), range(1, seeds + 1))
    leads = {key: [pair["B"][key][-1] - pair["A"][key][-1] for pair in pairs] for key in MIDDLE}
    return 1 + middle(leads)


def main() -> None:
    """Write what was found beside the lessons."""
    seeds, runner = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS, spread.Runner(cores())
    usual = usual_seed(runner, CANDIDATES)
    if usual != Setup().seed:
        print(f"studio/setup.py starts with seed {Setup().seed}; the most usual of {CANDIDATES} is {usual}: set it")
    found = {name: tried(runner, name, lesson, range(1, seeds + 1)) for name, lesson in lessons().items()}
    write_json(SHARES, {"seeds": seeds, "model": model_hash(), "usual_seed": usual, "of": CANDIDATES, "lessons": found})


if __name__ == "__main__":
    main()
