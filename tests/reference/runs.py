"""Runs of the model and the reference side by side: which cases, and what is found."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.community import Community
from sim.logs.founding import from_log
from sim.logs.log import DAY, Log
from sim.logs.readers import read
from sim.scenario import ACTIVITIES, HATS, load, shipped
from tests.reference.difference import first_difference, null_difference, values
from tests.reference.helpers import FLOWS
from tests.reference.model import Reference

SEEDS = tuple(range(1, 11))
# Worlds of random values: as they are, under other values from the middle day on, and founded from a random log.
RANDOM = ("wild", "steered", "log")

# A life so fast that within a month everything happens which a shipped scenario needs a year for.
LIVELY = {
    "community.acquaintances": 1.0,
    "budget.hours_per_week": 40.0,
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
    "strategy.announced": 0.3,
    "meeting.attendance": -2.0,
    "meeting.fewest": 6,
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

# In shipped teams one person responds for all; with these several share the threads in which somebody waits.
COLLEAGUES = (
    {"name": "second marketer", "kind": "marketer", "hats": ["social"]},
    {"name": "trainee", "kind": "staff", "hats": ["community", "social"]},
)


class Case(NamedTuple):
    """One run to compare; the world is the scenario as it is ("shipped"), "lively", or one of `RANDOM`."""

    scenario: str
    seed: int
    members: int
    days: int
    world: str = "lively"
    log: Path | None = None  # of a real community, to found the run from

    def changes(self) -> dict:
        """What differs from the scenario as it is: no more than so many founders, and what makes its world."""
        given = load(self.scenario)
        changes = {"community.members": min(self.members, given.community.members)}
        if self.world == "lively":
            changes |= LIVELY | BUT.get(self.scenario, {})
        elif self.world in RANDOM:
            changes |= LIVELY | wild(given, random.Random(self.seed))
        return changes

    def load(self):
        """The scenario of day 0."""
        return load(self.scenario, self.changes())

    def found(self) -> tuple[Community, Reference]:
        """The model and the reference on day 0, of strangers or from a log."""
        scenario = self.load()
        if not self.log and self.world != "log":
            return Community(scenario, self.seed, keep_events=True), Reference(scenario, self.seed)
        log = read(self.log) if self.log else random_log(random.Random(self.seed), self.members)
        known, founding = from_log(log, None, scenario)
        return Community(known, self.seed, founding, keep_events=True), Reference(scenario, self.seed, log)

    def steered(self):
        """The scenario of the second half of a steered run: random values again, and other hats."""
        given, before, luck = load(self.scenario), self.changes(), random.Random(-self.seed)
        after = {key: value for key, value in wild(given, luck).items() if not is_laid_down(key)}
        team = [person | {"hats": luck.sample(HATS, luck.randint(1, len(HATS)))} for person in before["team"]]
        return load(self.scenario, before | after | {"team": team} | shares(given, team, luck))


def is_laid_down(key: str) -> bool:
    """Whether day 0 lays a key down (ODD 3); norms and activities stay, and so does who is in the team."""
    return key.startswith("community.") or key == "ties.slots"


def random_log(luck: random.Random, people: int) -> Log:
    """A log of some people, in which two write at once and half of the rest happens before its middle."""
    events, days = luck.choice([30, 300]), luck.choice([3, 60, 400, 20_000])
    time = [0.0, *sorted(luck.choice([luck.uniform(0, days), luck.randrange(days)]) for _ in range(events))]
    pairs = [(0, 1), *((luck.randrange(people), luck.randrange(people)) for _ in range(events))]
    kind = [0, *luck.choices([0, 1, 2], [8, 1, 1], k=events)]
    source, target = np.array(pairs, np.int64).T
    return Log(DAY * np.array(time), source, target, np.array(kind, np.int16), ("message", "accept", "distrust"))


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
    team = [*(person.model_dump() for person in given.team), *COLLEAGUES[: luck.randint(0, 2)]]
    return changes | {
        "community.topics": luck.choice([2, 3, 8]),
        "community.market_per_member": luck.uniform(0.0, 50.0),
        "budget.hours_per_week": luck.choice([0.0, 40.0, 100.0, 300.0]),
        "budget.money_per_week": luck.uniform(0.0, 400.0),
        "members.drive_mean": luck.uniform(-1.0, 2.0),
        "members.voice_mean": luck.uniform(-1.0, 2.0),
        "joining.adstock_reference": luck.choice([0.01, 2.0]),
        "team": team,
        **shares(given, team, luck),
    }


def shares(given, team: list[dict], luck: random.Random) -> dict:
    """Random shares of hours for what somebody in the team has a hat for, and none for the rest."""
    worn = {hat for person in team for hat in person["hats"]}
    parts = {name: luck.choice([0, 1, 3]) * (given.activities[name].hat in worn) for name in ACTIVITIES}
    return {f"strategy.hours.{name}": part / max(1, sum(parts.values())) for name, part in parts.items()}


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
    events: Counter[str] = field(default_factory=Counter)  # by kind
    founders: int = 0

    @property
    def trivial(self) -> list[str]:
        """What did not happen, of all that must in a run worth comparing; of random values less is asked."""
        if self.case.world in RANDOM:
            written = self.flows["posts"] + self.flows["responses"] + self.flows["staff_messages"]
            return [name for name, number in (("visits", self.flows["visits"]), ("messages", written)) if not number]
        did = {name: self.flows[name] for name in ("asked", "solved_members", "hostile", "left")}
        did["joined"] = sum(self.flows[name] for name in ("joined_organic", "joined_word", "joined_broadcast"))
        return [name for name, number in did.items() if number == 0]


def compare(case: Case) -> Outcome:
    """Run the model and the reference; compare all there is after founding and each day, and the null at last."""
    model, twin = case.found()
    outcome = Outcome(case, founders=twin.founders)
    while True:
        outcome.difference = first_difference(model, twin)
        if twin.day == case.days:
            outcome.difference = outcome.difference or null_difference(model, twin, case.seed)
        outcome.values += values(model, twin)
        if outcome.difference:
            outcome.difference = f"{case.scenario}, seed {case.seed}, day {twin.day}: {outcome.difference}"
        if outcome.difference or twin.day >= case.days:
            break
        if case.world == "steered" and twin.day == case.days // 2:
            after = case.steered()
            model.change(after)
            twin.change(after)
        model.step()
        start = time.process_time()
        twin.step()
        outcome.seconds += time.process_time() - start
        outcome.member_days += len(twin.members)
    outcome.days = twin.day
    outcome.flows = dict(zip(FLOWS, twin.flows, strict=True))
    outcome.events = Counter(kind for *_, kind, _ in twin.events)
    return outcome


def quick(members: int = 80, days: int = 30) -> list[Case]:
    """Every shipped scenario once, each with one of ten seeds."""
    return [Case(name, SEEDS[k % len(SEEDS)], members, days) for k, name in enumerate(shipped())]


def full(members: int = 200, days: int = 90, scenarios: Iterable[str] = (), seeds: Iterable[int] = SEEDS) -> list[Case]:
    """Every shipped scenario with every seed: livened up with odd seeds, as it is with even ones."""
    worlds = ("shipped", "lively")
    return [Case(name, seed, members, days, worlds[seed % 2]) for name in scenarios or shipped() for seed in seeds]


def worlds(number: int, days: int = 30) -> list[Case]:
    """Worlds of random values of a few members, of two on."""
    names, sizes = shipped(), (60, 2, 3, 12, 50)
    return [
        Case(names[k % len(names)], k, sizes[k % len(sizes)], days, RANDOM[(k + k // len(names)) % len(RANDOM)])
        for k in range(1, number + 1)
    ]


def logs_in(folder: Path) -> list[Path]:
    """The logs in a folder and below; accounts and threads lie beside theirs."""
    beside = ("_members.csv.gz", "_threads.csv.gz", "_list.csv.gz")
    return [path for path in sorted(folder.rglob("*.csv.gz")) if not path.name.endswith(beside)]


def of_logs(logs: Iterable[Path], days: int = 2) -> list[Case]:
    """Runs founded from the logs of real communities."""
    return [Case("facilitation", k, 2, days, "shipped", log) for k, log in enumerate(logs, start=1)]
