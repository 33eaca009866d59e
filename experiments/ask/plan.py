"""From answers to what is run: scenario files, and a comparison that leaves out what no world is like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.ask.questions import LIKE, Answers
from experiments.comparison import known
from experiments.comparison.coalitions import GROUPS
from experiments.pages.wording import listed
from experiments.runs import files, prepare
from experiments.runs.prepare import Changes, Prepared
from experiments.worlds import outcomes, population
from sim.scenario import load

STRATEGIES = ("broadcast", "facilitation")
TODAY, COMMUNITY = "today.toml", "community.toml"
USUAL = "balanced"  # whose style and split within the groups of activities today's hours have


class LeftOut(NamedTuple):
    """An answer that is left out of choosing worlds, and how many equal draws of the population the rest leaves."""

    name: str
    left: float


class Beside(NamedTuple):
    """An outcome: what was told, and where it lies in worlds like those told of: median, and 80 % of them."""

    name: str
    told: float | None
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Ready:
    """A comparison with the answers, ready to be asked in worlds.

    left_out : in the order in which answers were left out; beside : what is told beside the worlds; draw : the number,
    from 1, of the draw of the population that is most like the answers, None where they choose none
    """

    prepared: Prepared
    left_out: tuple[LeftOut, ...]
    beside: tuple[Beside, ...]
    draw: int | None


def split(on_messages: float) -> dict[str, float]:
    """Hours over activities with a share on messages; within messages, and within the rest, as USUAL splits them."""
    usual = load(USUAL).strategy.hours
    sums = {True: 0.0, False: 0.0}
    for name, x in usual.items():
        sums[name in GROUPS["messages"]] += x
    shares = {True: on_messages, False: 1 - on_messages}
    hours = {name: round(x / sums[of] * shares[of], 4) for name, x in usual.items()
             for of in [name in GROUPS["messages"]]}  # fmt: skip
    most = max(hours, key=lambda name: hours[name])
    return hours | {most: round(hours[most] + 1 - sum(hours.values()), 10)}  # what rounding took


def write_today(folder: Path, answers: Answers) -> list[str]:
    """Write today's strategy, if it is told, and return the names of what is compared, today's first."""
    if (on := answers.get("on_messages")) is None:
        return list(STRATEGIES)
    table = {"question": f"What if we go on as today, with {on:.0%} of the hours on messages?", "base": USUAL}
    _write(folder / TODAY, table | {"strategy": {"hours": split(on)}})
    return [str(folder / TODAY), *STRATEGIES]


def _write(path: Path, table: dict[str, Any]) -> None:
    import tomli_w

    files.write_text(path, "# Written by `hearth ask`.\n\n" + tomli_w.dumps(table))


def ready(names: list[str], answers: Answers, days: int | None = None) -> Ready:
    """Prepare the comparison; while too few draws of the population are left, the least likely answer is left out.

    An answer about hours stays a fact where it chooses no worlds.

    Raises
    ------
    BadInput : if the answers make no community that can be simulated
    """
    like = {name: answers[name] for name in LIKE if answers.get(name) is not None}
    left_out: list[LeftOut] = []
    while True:
        changes = Changes(days, like=tuple(f"{name}={x:.12g}" for name, x in like.items()),
                          hours=answers.get("hours") if "hours" not in like else None,
                          wage=answers.get("wage"), currency=answers.get("currency"))  # fmt: skip
        prepared = known.told(prepare.prepare(names, changes))
        if prepared.known is None:
            return Ready(prepared, tuple(left_out), (), None)
        weighed, found = known.weighted(prepared)
        odd, left = known.least_likely(weighed, found)
        if odd is None:
            break
        left_out.append(LeftOut(odd, left))
        del like[odd]
    if not weighed.told:
        return Ready(prepared, tuple(left_out), (), None)
    members = next(iter(prepared.scenarios.values())).community.members
    beside_ = tuple(beside(answers, found.weights, members))
    return Ready(prepared, tuple(left_out), beside_, int(found.weights.argmax()) + 1)


def beside(answers: Answers, weights: np.ndarray, members: int) -> list[Beside]:
    """Each outcome as it was told, also where it chose no worlds, beside weighted draws of the population."""
    made = []
    for name, values in outcomes.table().items():
        scale = members / known.FOUNDERS if outcomes.OUTCOMES[name].size else 1.0
        there = np.isfinite(values) & (weights > 0)
        ends = np.quantile(scale * values[there], [0.1, 0.5, 0.9], weights=weights[there], method="inverted_cdf")
        made.append(Beside(name, answers.get(name), *map(float, ends)))
    return made


def write_community(folder: Path, made: Ready) -> Path:
    """Write the scenario that `hearth` runs: your facts, today's strategy, values of the draw most like the answers."""
    first = next(iter(made.prepared.scenarios.values()))
    today = (folder / TODAY).exists()
    table: dict[str, Any] = {
        "question": "What becomes of a community like ours?",
        "base": TODAY if today else USUAL,
        "community": {"members": first.community.members, "followers_per_member": first.community.followers_per_member},
        "budget": first.budget.model_dump(),
    }
    if made.draw is not None:
        for key, value in population.drawn()[made.draw - 1].items():
            if key in known.VALUES:
                name, last = key.split(".", 1)
                table.setdefault(name, {})[last] = value
    _write(folder / COMMUNITY, table)
    load(str(folder / COMMUNITY))  # it is sound, or says why not
    return folder / COMMUNITY


def left_out_in_words(made: Ready) -> str:
    """Which answers chose no worlds, and why; "" if all did."""
    if not made.left_out:
        return ""
    each = [f"{one.name} (the rest leaves {one.left:.1f})" if one.left >= 1 else one.name for one in made.left_out]
    least = known.LEFT["least"]
    return (
        f"Too few of {len(population.drawn()):,} draws are like all of your answers together ({least:g} equal ones are "
        f"needed). Left out of choosing worlds, the least likely first: {listed(each)}."
    )
