"""Try the claims of all lessons on paired seeds, and keep how often each held: `python -m studio.truth [SEEDS]`."""

from __future__ import annotations

import sys
from typing import Any

from experiments.runs.files import write_json
from experiments.runs.given import cores
from sim.version import model_hash
from studio import spread
from studio.teaching import SHARES, lessons

SEEDS = 30


def shares_of(runner: spread.Runner, seeds: range, names: list[str] | None = None) -> dict[str, Any]:
    """For each lesson, the share of `seeds` in which each claim held, in its setting and in the failing one."""
    shares: dict[str, Any] = {}
    for name in names or list(lessons()):
        lesson = lessons()[name]
        for which, failing, claims in (("claims", False, lesson.claims), ("fails", True, lesson.fail_claims)):
            runs = runner.run(spread.sides(lesson.staged(name, failing)), seeds)
            pairs = [dict(zip(runs, pair, strict=True)) for pair in zip(*runs.values(), strict=True)]
            held = {claim.text: sum(claim.holds(pair) for pair in pairs) / len(pairs) for claim in claims}
            shares.setdefault(name, {})[which] = held
    return shares


def main() -> None:
    """Write the shares of all claims beside the lessons."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    shares = shares_of(spread.Runner(cores()), range(seeds))
    write_json(SHARES, {"seeds": seeds, "model": model_hash(), "lessons": shares})


if __name__ == "__main__":
    main()
