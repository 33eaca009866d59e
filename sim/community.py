"""The community as a Mesa model: its founding, and its day as a list of rules (ODD, 3 Process overview, 5, 7)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

import mesa
import numpy as np

from sim import measures
from sim.agents import advance_clock, attach, collector, drawn_seed
from sim.ledger import account
from sim.own import Own, OwnRule, own_of, write_down
from sim.rules import (
    acting,
    creating,
    feeling,
    joining,
    keeping,
    leaving,
    meeting,
    needing,
    posting,
    reading,
    receiving,
    solving,
    telling,
    visiting,
)
from sim.rules import day as whole_day
from sim.rules.room import room_for
from sim.scenario import ACTIVITIES, Scenario, load
from sim.state.state import COUNT, Today
from sim.state.table import record
from sim.state.tables import Tables, guests
from sim.state.team import NOT_ITS_WORK
from sim.state.values import own_values, values
from sim.team import planning
from sim.team.people import Marketer, Person, Staff

DAY = (
    "dawn", "join", "need", "visit", "plan", "receive", "post", "meet", "read", "solve", "create", "keep_norms", "tell",
    "improve", "leave", "feel", "account",
)  # fmt: skip


class Community(mesa.Model):
    """A company-hosted community of customers under a strategy.

    A subclass that overrides a rule, one of `DAY`, gets it called; so does a subclass of `Staff` or `Marketer` that
    overrides an act, and an own rule. Such a community lives its days from Python, slower, and otherwise to the same
    bits.

    Parameters
    ----------
    scenario : Scenario, or the name of one or of a file
    seed : int, 0 or more; the root of every draw. None: one is drawn, which `root` tells
    founding : what is known of the founders from a real log (sim/logs/founding.py), or None
    keep_events : whether to keep the log of who wrote to whom in `events`
    rules : own rules to add (sim/own.py)
    changes : values of a named scenario to change, by dotted key: `**{"community.members": 200}`

    Attributes
    ----------
    day : int, days since the founding
    running : bool, whether the scenario's days are not over (Mesa stops there; `step` and `run` can go on)
    datacollector : mesa.DataCollector of all measures, which every `step` feeds; put another in its place as you like
    state : State, every table as rules are given it
    members : Members, with `view`, the columns of the members so far
    team : list of Staff and Marketer
    values : the values of the scenario as rules are given them
    """

    scenario: Any = None  # plain, where Mesa has a property that writes the model into the scenario
    kinds: dict[str, type[Person]] = {"staff": Staff, "marketer": Marketer}

    def __init__(
        self,
        scenario: Scenario | str = "baseline",
        seed: int | None = None,
        founding: Any = None,
        keep_events: bool = False,
        rules: Sequence[OwnRule] = (),
        **changes: Any,
    ):
        super().__init__(rng=seed)
        if not isinstance(scenario, str) and changes:
            raise TypeError(f"{', '.join(changes)}: change them in `load`, or name the scenario")
        if isinstance(scenario, str):
            self.scenario = load(scenario, changes, rules=rules)
        else:
            self.scenario = scenario.under(rules) if rules else scenario
        self.root = drawn_seed(self) if seed is None else seed
        self.day, self.keep_events = 0, keep_events
        self.epoch: float | None = None  # the moment of day 0, seconds since 1970, where a real log tells it
        self.values, self.own_values = values(self.scenario), own_values(self.scenario)
        self.tables = Tables(self.scenario, keep_events)
        self.team = self._hire()
        self._replace()
        self._assign()
        self._add_founders(founding)
        attach(self)
        self._measured: tuple[int, dict[str, float]] = (-1, {})
        self.datacollector = self._collector = collector(self.measure_names)

    # Founding (ODD, 5 Initialisation)

    def _hire(self) -> list[Person]:
        people = enumerate(self.scenario.team)
        return [self.kinds[person.kind](self, number, person.name, person.hats) for number, person in people]

    def _replace(self) -> None:
        """Let own rules stand for the stages of the day and the acts of the team that they replace."""
        for rule in self.scenario.rules:
            for one in [self] if rule.replaces in DAY else self.team if rule.replaces else []:
                setattr(one, rule.replaces, partial(self._act, rule, one))

    def _act(self, rule: OwnRule, one: Any) -> Any:
        done = rule.act(one, own_of(self, rule))
        self.make_room()  # for the rest of today, whatever the rule has added
        return done

    def _assign(self) -> None:
        """Give the team its hours; an activity's hours go in equal parts to those who wear its hat."""
        minutes, hours = 60.0 * self.scenario.budget.hours_per_week, self.scenario.strategy.hours
        rows = self.tables.rows["team"]
        rows["weekly"] = NOT_ITS_WORK
        for place, activity in enumerate(ACTIVITIES):
            hat = self.scenario.activities[activity].hat
            wearers = [person.number for person in self.team if hat in person.hats]
            for number in wearers:
                rows["weekly"][number, place] = minutes * hours.get(activity, 0.0) / len(wearers)
        rows["hats"] = [len(person.hats) for person in self.team]
        rows["hosts"] = ["community" in person.hats for person in self.team]
        listed = np.argwhere((rows["weekly"] >= 0.0) | (rows["spent"] > 0.0))
        self.tables.shares = np.ascontiguousarray(listed)  # of one row alone too: another layout is compiled anew
        self.__dict__.pop("measure_names", None)  # they name whose hours are measured
        self.tables.lay_out()

    def change(self, scenario: Scenario) -> None:
        """Live under another scenario from the next day on; what has been made by then stays (ODD, 3).

        Raises
        ------
        ValueError : when it differs in what day 0 laid down (`Scenario.laid_down`)
        """
        for what, now in self.scenario.laid_down().items():
            if scenario.laid_down()[what] != now:
                raise ValueError(f"{what}: laid down on day 0, and cannot change on day {self.day}")
        self.tables.change_norms(scenario)
        self.tables.guests = guests(scenario)
        self.scenario, self.values, self.own_values = scenario, values(scenario), own_values(scenario)
        for person, now in zip(self.team, scenario.team, strict=True):
            person.hats = tuple(now.hats)
        self._assign()

    def _add_founders(self, founding: Any) -> None:
        """Let the founders in: strangers with traits and a few acquaintances, or the people of a real log."""
        joining.found(self.today, self.state, self.values)
        if founding is not None:
            founding.apply(self)
        else:
            joining.introduce_founders(self.today, self.state, self.values)

    # The day

    def step(self) -> None:
        """One day, rule by rule (ODD, 3), and its measures into the datacollector."""
        self._live(1, every=1)
        self._measured = self.day, dict(zip(self.measure_names, self.tables.take_last(), strict=True))
        if self.datacollector is self._collector:
            self.datacollector.collect(self)

    def run(self, days: int, every: int = 0) -> None:
        """Live `days` days; `every` so many days all measures are written into the series (0: never)."""
        self._live(days, every)
        advance_clock(self, days)

    @cached_property
    def measure_names(self) -> list[str]:
        """The names of all measures, in the order of a row of the series."""
        return measures.names(self.scenario, self.tables.shares)

    def take_series(self) -> np.ndarray:
        """The days observed since this was last asked, float64 (n_days, n_measures); the series begins anew."""
        return self.tables.take_series()

    def _live(self, days: int, every: int = 0) -> None:
        last = self.day + days
        if every > 0:
            self.tables.observe_into(len(self.measure_names))
        while self.day < last:
            if self._of_python:
                self.day += 1
                self.make_room()
                for stage in DAY:
                    getattr(self, stage)()
                    for rule in self.scenario.rules:
                        if rule.after == stage:
                            self._act(rule, self)
                if every > 0 and (self.day % every == 0 or self.day == self.values.community.days):
                    measures.write_down(*self.given)
                    write_down(self, self.tables.rows["series"][self.tables.count.rows - 1])
                continue
            tomorrow = Today(self.root, self.day + 1)
            self.day = int(whole_day.days(tomorrow, last, every, self.state, self.values, self.tables.out))
            if self.day < last:
                self.make_room(self.day + 1)
        self.running = self.day < self.values.community.days

    def make_room(self, day: int | None = None) -> None:
        """Let the tables have the rows that `day`, or the rest of today, may need."""
        today = Today(self.root, self.day if day is None else day)
        self.tables.make_room(room_for(today, self.state, self.values, self.tables.out))

    @property
    def _of_python(self) -> bool:
        """Whether a rule, or an act of somebody in the team, is not the model's."""
        rules = any(getattr(type(self), rule) is not getattr(Community, rule) or rule in vars(self) for rule in DAY)
        return rules or bool(self.scenario.rules) or self._acts_of_python

    @property
    def _acts_of_python(self) -> bool:
        acts = (*ACTIVITIES, "work")
        other = (getattr(type(one), act) is not getattr(Person, act) or act in vars(one)
                 for one in self.team for act in acts)  # fmt: skip
        return any(other)

    @property
    def today(self) -> Today:
        """The seed of the run, and the day."""
        return Today(self.root, self.day)

    @property
    def state(self):
        """Every table, as rules are given it."""
        return self.tables.state

    @property
    def given(self) -> tuple:
        """What every rule is given: the day, the state, the values, and where to note what happens."""
        return self.today, self.tables.state, self.values, self.tables.out

    def dawn(self) -> None:
        """Old posts close, and what is of today only begins anew."""
        whole_day.dawn(*self.given)

    def join(self) -> None:
        """People of the market join (sim/rules/joining.py)."""
        joining.join(*self.given)

    def need(self) -> None:
        """Needs arise and are given up (sim/rules/needing.py)."""
        needing.need(*self.given)

    def visit(self) -> None:
        """Members visit (sim/rules/visiting.py), then act in the order of their hours."""
        visiting.visit(*self.given)

    def plan(self) -> None:
        """Staff and marketers spend their hours (sim/team)."""
        if not self._acts_of_python:
            return planning.plan(*self.given)
        planning.begin(self.today, self.state, self.values)
        for activity in ACTIVITIES:
            for person in self.team:
                person.work(activity)
        planning.share_knowledge(self.state, self.values.strategy.sharing)

    def receive(self) -> None:
        """Visitors meet the company's messages (sim/rules/receiving.py)."""
        receiving.receive(*self.given)

    def post(self) -> None:
        """Visitors search, ask and open threads (sim/rules/posting.py)."""
        posting.post(*self.given)

    def meet(self) -> None:
        """Members meet at today's gatherings (sim/rules/meeting.py), some of which become projects."""
        meeting.meet(*self.given)

    def read(self) -> None:
        """Visitors read and respond (sim/rules/reading.py)."""
        reading.read(*self.given)

    def solve(self) -> None:
        """Solutions reach those who asked (sim/rules/solving.py)."""
        solving.solve(*self.given)

    def create(self) -> None:
        """Close members start projects of their own (sim/rules/creating.py)."""
        creating.start_projects(*self.given)

    def keep_norms(self) -> None:
        """Sanctions fade, and norms that have held are written down (sim/rules/keeping.py)."""
        keeping.keep_norms(*self.given)

    def tell(self) -> None:
        """Members who won something may tell it (sim/rules/telling.py)."""
        telling.tell(*self.given)

    def improve(self) -> None:
        """Changes take effect, and insight that nobody acts on costs trust (sim/rules/acting.py)."""
        acting.improve(*self.given)

    def leave(self) -> None:
        """Members lapse or leave (sim/rules/leaving.py)."""
        leaving.leave(*self.given)

    def feel(self) -> None:
        """Ties and feelings fade (sim/rules/feeling.py)."""
        feeling.feel(*self.given)

    def account(self) -> None:
        """Write the day into the ledger (sim/ledger.py); nothing of the state is touched."""
        account(*self.given)

    # What is read off it

    @property
    def members(self):
        """The members so far; `view` has their columns."""
        return self.tables.members

    def own(self, name: str) -> Own:
        """What the own rule of this name has for itself: its values, columns, sums, and today's key of its draws."""
        return next(own_of(self, rule) for rule in self.scenario.rules if rule.name == name)

    @property
    def visitors(self) -> np.ndarray:
        """Rows of today's visitors, in the order of their hours: int32 (n_visitors,)."""
        return self.tables.rows["visits"]["row"][: self.tables.now.visitors]

    @property
    def flows(self) -> np.ndarray:
        """What happened since day 0, float64 (N_FLOWS,), in the order of `Flow`."""
        return self.tables.out.flows

    @property
    def current(self) -> int:
        """Members who have not left."""
        return self.tables.members.current

    @property
    def posts(self) -> np.ndarray:
        """The open posts, the oldest first: records of type POST."""
        return self.tables.posts

    @property
    def events(self) -> np.ndarray:
        """Who wrote to whom, so far: records of type EVENT; none unless `keep_events`."""
        return self.tables.events

    @property
    def company(self) -> Any:
        """The company: a record of type COMPANY."""
        return self.tables.company

    def measured(self) -> dict[str, float]:
        """All measures at the end of the day; what is changed by hand after a step shows in `observe`."""
        if self._measured[0] != self.day:
            self._measured = self.day, self.observe()
        return self._measured[1]

    def observe(self) -> dict[str, float]:
        """All measures, as of now."""
        names = self.measure_names
        out = self.tables.out._replace(series=np.zeros((1, len(names))), count=record(COUNT))
        measures.observe(self.today, self.state, self.values, out)
        write_down(self, out.series[0])
        return dict(zip(names, out.series[0].tolist(), strict=True))
