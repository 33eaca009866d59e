"""The reference model: Hearthside again, from sim/ODD.md alone, in plain objects and loops.

It shares nothing with the model in `sim/` but the scenario loader, and is slow. It is there to be compared with the
model (`difference.py`) and to be read beside ODD.md: `step` below is the day of the declaration, line by line, and each
line is a function or a method of its name (tests/places.py holds it to this).
"""

from __future__ import annotations

import mesa

from sim.scenario import Scenario
from tests.reference import actions, arriving, draws, evening, founding, groups, measures, reading, team, visitors
from tests.reference.company import Company
from tests.reference.helpers import FLOWS
from tests.reference.member import Member
from tests.reference.parts import Norm, Owed, Post


class Reference(mesa.Model):
    """A community, day by day (ODD 2 and 3), of strangers, or of the people of a log before the moment `at`."""

    def __init__(self, scenario: Scenario, seed: int, log=None, at: float | None = None):
        super().__init__(rng=seed)
        self.luck_seed = seed
        self.live_under(scenario)
        p = self.p
        self.epoch, past = founding.before(log, at) if log else (None, [])
        known = founding.people(past)
        self.founders = len(known) or p.community.members
        self.followers = p.community.followers_per_member * self.founders
        self.customers = self.founders + p.community.follower_customers * self.followers
        self.market = p.community.market_per_member * self.founders
        self.day = 0
        self.flows = [0.0] * len(FLOWS)
        self.volume = [0] * p.community.topics
        self.gatherings = 0
        self.tide = 0.0
        self.money_spent = 0.0
        self.visitors: list[int] = []
        self.hours: list[float] = []
        self.visits: list[arriving.Visit] = []
        self.events: list[tuple] = []  # (time, source, target, kind, thread)
        self.earlier = 0  # events before today
        self.owed: list[Owed] = []
        self.lists: dict = {}
        self.recent: list[Member] = []
        self.posts: dict[int, Post] = {}
        self.oldest = self.next = 0
        self.company_value = dict.fromkeys(measures.COMPANY_LINES, 0.0)
        self.member_value = dict.fromkeys(measures.MEMBER_LINES, 0.0)
        self.norms = [Norm(b, name, norm) for b, (name, norm) in enumerate(scenario.norms.items())]
        self.company = Company(self)
        self.team = [team.Person(self, k, person) for k, person in enumerate(scenario.team)]
        self.members: list[Member] = []
        arriving.found(self, acquainted=not known)
        if known:
            founding.replay(self, past, known)

    def live_under(self, scenario: Scenario):
        """Take the values of a scenario."""
        self.given, self.p = scenario, scenario.table
        self.activities, self.channels = scenario.activities, scenario.channels
        self.home = self.channels[self.p.places.home]
        self.passion_sd = self.p.feeling.passion_sd if self.p.switches.passion else 0.0

    def change(self, scenario: Scenario):
        """From the next day on, live under another scenario (3)."""
        self.live_under(scenario)
        for norm in self.norms:
            norm.take(scenario.norms[norm.name])
        for person, given in zip(self.team, scenario.team, strict=True):
            person.hats = list(given.hats)
            person.get_work()

    def step(self):
        """One day, in the order of the declaration (ODD 3)."""
        self.day += 1
        self.earlier = len(self.events)
        before = list(self.flows)
        self.dawn()
        arriving.join(self)
        self.agents_by_type[Member].do(arriving.need)
        arriving.visit(self)
        team.plan(self, actions.ACTIONS)
        visitors.receive(self)
        for visit in self.visits:
            visitors.post(visit)
        groups.meet(self)
        reading.read(self)
        evening.solve(self)
        if self.p.switches.exchange:
            groups.create(self)
        if self.p.switches.norms:
            evening.keep_norms(self)
        evening.tell(self)
        self.company.improve()
        self.agents_by_type[Member].do(evening.leave)
        evening.feel(self)
        measures.account(self, [now - then for now, then in zip(self.flows, before, strict=True)])

    def dawn(self):
        """What the night has done (7.1)."""
        self.company.morning()
        self.gatherings = 0
        self.lists = {}
        while self.oldest < self.next and self.day - self.posts[self.oldest].day >= self.home.lasting:
            del self.posts[self.oldest]
            self.oldest += 1
        self.volume = [0] * len(self.volume)
        for post in self.open_posts():
            post.heat *= 1.0 - self.p.conflict.cooling
            if not post.hidden:
                self.volume[post.topic] += 1

    def observe(self) -> dict[str, float]:
        """All measures by name (7.18)."""
        return measures.observe(self)

    # What submodels ask for

    def key(self, rule: int) -> int:
        """Where today's draws of a rule begin (4.9)."""
        return draws.key(self.luck_seed, rule, self.day)

    def current(self) -> list[Member]:
        """All members who have not left, in the order of rows."""
        return [member for member in self.members if not member.left]

    def norms_of(self, kind: str) -> list[Norm]:
        """The norms of a kind, in their order."""
        return [norm for norm in self.norms if norm.breach == kind]

    def channel_of(self, activity: str):
        """The channel that an activity uses."""
        return self.channels[self.activities[activity].channel]

    def post(self, serial: int) -> Post:
        """An open post by its number."""
        return self.posts[serial]

    def open_posts(self) -> list[Post]:
        """All open posts, oldest first."""
        return [self.posts[serial] for serial in range(self.oldest, self.next)]

    def add_post(self, **what) -> Post:
        """A thread is opened today."""
        post = Post(serial=self.next, day=self.day, **what)
        self.posts[self.next] = post
        self.next += 1
        return post

    def record(self, time: float, source: int, target: int, kind: str, thread: Post | None = None):
        """Keep an event at a time in days; a target equal to the source is everybody (4.11)."""
        self.events.append((time, source, target, kind, thread.serial if thread else -1))

    def count(self, flow: str, by: float = 1.0):
        """Count a flow (2.7)."""
        self.flows[FLOWS.index(flow)] += by
