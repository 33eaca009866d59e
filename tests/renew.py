"""Renew tests/baseline.toml, the pinned numbers of one run: `python -m tests.renew`.

Do it in the commit that changes a rule or a value, and say there which.
"""

import math
import tomllib
from pathlib import Path

from sim.run import run
from sim.scenario import load

FILE = Path(__file__).with_name("baseline.toml")
MEMBERS, DAYS, SEED = 1000, 60, 1
HEAD = "# The pinned numbers of one run. Written by `python -m tests.renew`, never by hand.\n\n"


def measured(name, changes=None):
    """Every measure on the last day of a small run of a shipped scenario, nan left out."""
    small = load(name, {"community.members": MEMBERS, "community.days": DAYS, **(changes or {})})
    series = run(small, SEED, observe_every=DAYS).series
    return {name: float(column[-1]) for name, column in series.items() if not math.isnan(column[-1])}


def kept():
    """What the file says."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def text():
    """What the file should say."""
    lines = [
        f'digest = "{load("baseline").digest()}"\n',
        "[run]",
        f"members = {MEMBERS}",
        f"days = {DAYS}",
        f"seed = {SEED}",
    ]
    for name in ("broadcast", "facilitation"):
        lines += [f"\n[{name}]", *(f'"{key}" = {value!r}' for key, value in measured(name).items())]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    print(f"renewed {FILE.name}; say in the commit which rule or value moved it")
