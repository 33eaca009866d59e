"""Runs of the model and the reference side by side: which cases, and what is found."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.community import Community
from sim.scenario import load, shipped
from tests.reference.difference import first_difference, values
from tests.reference.helpers import FLOWS
from tests.reference.model import Reference

SEEDS = tuple(range(1, 11))

# A life so fast that within a month everything happens which a shipped scenario needs a year for.
LIVELY = {
    "community.acquaintances": 1.0,
    "members.drive_mean": -1.5,
    "members.voice_mean": -3.0,
    "members.manners_sd": 1.5,
    "needing.rate": 0.05,
    "needing.patience": 8,
    "needing.library_scale": 5.0,
    "joining.rate": 0.0005,
    "joining.stories_reference": 0.01,
    "norms.civility.temptation": -1.5,
    "ties.slots": 5,
    "ties.forgotten_days": 30,
    "ties.forgotten_strength": 0.1,
    "channels.forum.lasting": 7,
    "channels.forum.noise": 0.05,
    "conflict.disagreement": 0.2,
    "keeping.codify_days": 5,
    "keeping.codify_level": 0.7,
    "keeping.false_positive": 0.2,
    "receiving.mute": 0.003,
    "telling.base": -1.0,
    "listening.insight": 1.0,
    "listening.accepted": 0.04,
    "listening.lag_product": 27,
    "listening.lag_marketing": 4,
    "listening.lag_service": 6,
    "listening.lag_sales": 9,
    "listening.ignored_days": 14,
    "leaving.base": -4.5,
    "leaving.lapse_days": 14,
}


# But newcomers flood where that is the question, and fewer join where many stand ready to.
BUT = {"newcomers_flood": {"joining.rate": 0.0008}, "tiny_startup": {"joining.rate": 0.0001}}

# In shipped teams one person opens all threads of the team; only these find a colleague's to respond to.
COLLEAGUES = (
    {"name": "second marketer", "kind": "marketer", "hats": ["social"]},
    {"name": "trainee", "kind": "staff", "hats": ["community", "social"]},
)


class Case(NamedTuple):
    """One run to compare; the world is the scenario as it is ("shipped"), "lively", or "wild"."""

    scenario: str
    seed: int
    members: int
    days: int
    world: str = "lively"

    def load(self):
        """The scenario, with no more than so many founders."""
        given = load(self.scenario)
        changes = {"community.members": min(self.members, given.community.members)}
        if self.world == "lively":
            changes |= LIVELY | BUT.get(self.scenario, {})
        elif self.world == "wild":
            changes |= wild(given, random.Random(self.seed))
        return load(self.scenario, changes)


def wild(given, luck: random.Random) -> dict:
    """Changes that nobody would choose: a quarter of all values anywhere in their range, switches thrown."""
    changes: dict = {}
    for entry in given.entries():
        allowed, value = entry.range, entry.value
        if luck.random() > 0.25 or entry.key.startswith(("community.", "strategy.hours.", "budget.")):
            continue
        if isinstance(value, bool):
            changes[entry.key] = luck.random() < 0.5
        elif isinstance(value, int):
            changes[entry.key] = luck.randint(allowed[0], min(allowed[1], max(3 * value, allowed[0] + 3)))
        elif isinstance(value, float):
            changes[entry.key] = luck.uniform(*allowed) if luck.random() < 0.8 else float(luck.choice(allowed))
        elif entry.key.split(".")[0] in ("norms", "channels"):
            changes[entry.key] = luck.choice(allowed)
    return changes | {
        "community.topics": luck.choice([2, 3, 8]),
        "community.market_per_member": luck.uniform(0.0, 50.0),
        "budget.hours_per_week": luck.choice([0.0, 20.0, 80.0]),
        "budget.money_per_week": luck.uniform(0.0, 400.0),
        "members.drive_mean": luck.uniform(-3.0, 1.0),
        "members.voice_mean": luck.uniform(-3.0, 1.0),
        "team": [*(person.model_dump() for person in given.team), *COLLEAGUES[: luck.randint(0, 2)]],
    }


@dataclass
class Outcome:
    """What came of a case: the first difference, if any, and what happened in the run."""

    case: Case
    difference: str | None = None
    values: int = 0
    days: int = 0
    member_days: int = 0
    seconds: float = 0.0
    flows: dict[str, float] = field(default_factory=dict)

    @property
    def trivial(self) -> list[str]:
        """What did not happen, of all that must in a run worth comparing."""
        did = {name: self.flows[name] for name in ("asked", "solved_members", "hostile", "left")}
        did["joined"] = sum(self.flows[name] for name in ("joined_organic", "joined_word", "joined_broadcast"))
        return [name for name, number in did.items() if number == 0]


def compare(case: Case) -> Outcome:
    """Run the model and the reference day by day, and compare all there is after founding and after every day."""
    scenario = case.load()
    model, twin = Community(scenario, case.seed), Reference(scenario, case.seed)
    outcome = Outcome(case)
    while True:
        outcome.difference = first_difference(model, twin)
        outcome.values += values(model, twin)
        if outcome.difference:
            outcome.difference = f"{case.scenario}, seed {case.seed}, day {twin.day}: {outcome.difference}"
        if outcome.difference or twin.day >= case.days:
            break
        model.step()
        start = time.process_time()
        twin.step()
        outcome.seconds += time.process_time() - start
        outcome.member_days += len(twin.members)
    outcome.days = twin.day
    outcome.flows = dict(zip(FLOWS, twin.flows, strict=True))
    return outcome


def quick(members: int = 200, days: int = 45) -> list[Case]:
    """Every shipped scenario once, each with one of ten seeds."""
    return [Case(name, SEEDS[k % len(SEEDS)], members, days) for k, name in enumerate(shipped())]


def full(members: int = 200, days: int = 90, scenarios: Iterable[str] = (), seeds: Iterable[int] = SEEDS) -> list[Case]:
    """Every shipped scenario with every seed: livened up with odd seeds, as it is with even ones."""
    worlds = ("shipped", "lively")
    return [Case(name, seed, members, days, worlds[seed % 2]) for name in scenarios or shipped() for seed in seeds]


def worlds(number: int, days: int = 30) -> list[Case]:
    """Wild worlds of a few members, of two on."""
    names, sizes = shipped(), (60, 2, 3, 12, 100)
    return [Case(names[k % len(names)], k, sizes[k % len(sizes)], days, "wild") for k in range(1, number + 1)]
