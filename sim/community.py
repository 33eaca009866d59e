"""The community as a Mesa model: its founding, and its day as a list of rules (ODD, 3 Process overview, 5, 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import mesa
import numpy as np

from sim import events as log
from sim import ledger, measures, norms
from sim import posts as ring
from sim.agents import attach
from sim.company import Company
from sim.draws import Rule, day_key, uniform
from sim.flows import N_FLOWS, Flow
from sim.members import Columns, Members, Source, Stage
from sim.norms import Breach
from sim.people import Marketer, Staff
from sim.posts import Kind
from sim.rules import (
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
from sim.scenario import ACTIVITIES, Scenario, load
from sim.ties import TieSlots


class Community(mesa.Model):
    """A company-hosted community of customers under a strategy.

    Parameters
    ----------
    scenario : Scenario, or None for the baseline
    seed : int, 0 or more; the root of every draw
    founding : what is known of the founders from a real log (sim/logs/founding.py), or None
    keep_events : whether to keep the log of who wrote to whom in `event_log`

    Attributes
    ----------
    day : int, days since the founding
    members, ties, posts, norms, company : the state (ODD, 2)
    team : list of Staff and Marketer
    flows : float64 (N_FLOWS,), what happened since day 0
    """

    scenario: Any = None  # plain, where Mesa has a property that writes the model into the scenario

    def __init__(
        self, scenario: Scenario | None = None, seed: int = 0, founding: Any = None, keep_events: bool = False
    ):
        super().__init__(rng=seed)
        self.scenario = scenario if scenario is not None else load("baseline")
        self.root, self.day, self.keep_events = seed, 0, keep_events
        world = self.scenario.community
        self.founders, self.followers = world.members, world.followers_per_member * world.members
        self.customers = world.members + world.follower_customers * self.followers
        self.market = world.market_per_member * world.members
        self.members = Members(len(self.scenario.norms), int(world.members * 1.5) + 64)
        self.ties = TieSlots(self.scenario.ties.slots, int(world.members * 1.5) + 64)
        self.posts = ring.empty(1024)
        self.norms = norms.columns(self.scenario.norms)
        self.company = Company.founded(self.scenario)
        self.volume, self.tide = np.zeros(world.topics, np.int64), np.zeros(1)
        self.flows, self.money_spent = np.zeros(N_FLOWS), 0.0
        self.epoch: float | None = None  # the moment of day 0, seconds since 1970, where a real log tells it
        self.company_value = dict.fromkeys(measures.COMPANY_LINES, 0.0)
        self.member_value = dict.fromkeys(measures.MEMBER_LINES, 0.0)
        self.visitors, self.hours, self.recent = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64)
        self.gatherings, self.events = 0, log.buffer(0)
        self.event_log: list[log.Events] = []
        self._rounds: dict[str, Iterator] = {}
        self._short_list = reading.short_list()
        self._values = {name: self.scenario.values(name) for name in _TABLES}
        self.team = self._hire()
        self._found(founding)
        attach(self)

    # Founding (ODD, 5 Initialisation)

    def _hire(self) -> list:
        """Make the team, with the hours of the strategy."""
        kinds = {"staff": Staff, "marketer": Marketer}
        people = enumerate(self.scenario.team)
        team = [kinds[person.kind](self, number, person.name, person.hats) for number, person in people]
        self._assign(team)
        return team

    def _assign(self, team: list) -> None:
        """Give the team its hours; an activity's hours go in equal parts to those who wear its hat."""
        minutes, hours = 60.0 * self.scenario.budget.hours_per_week, self.scenario.strategy.hours
        for activity, item in self.scenario.activities.items():
            wearers = [person for person in team if item.hat in person.hats]
            for person in wearers:
                person.assign(activity, minutes * hours.get(activity, 0.0) / len(wearers))

    def change(self, scenario: Scenario) -> None:
        """Live under another scenario from the next day on; what has been made by then stays (ODD, 3).

        Raises
        ------
        ValueError : when it differs in what day 0 laid down (`Scenario.laid_down`)
        """
        for what, now in self.scenario.laid_down().items():
            if scenario.laid_down()[what] != now:
                raise ValueError(f"{what}: laid down on day 0, and cannot change on day {self.day}")
        said = norms.columns(scenario.norms)
        for name in ("breach", "start", "tolerance", "by_peers", "by_staff", "temptation"):
            getattr(self.norms, name)[:] = getattr(said, name)
        self.norms.visible[:] |= said.visible
        self.scenario = scenario
        self._values = {name: scenario.values(name) for name in _TABLES}
        for person, now in zip(self.team, scenario.team, strict=True):
            person.wear(now.hats)
        self._assign(self.team)

    def _found(self, founding: Any) -> None:
        """Let the founders in: strangers with traits and a few acquaintances, or the people of a real log."""
        world, m = self.scenario.community, self._admit(self.founders, Source.FOUNDER)
        joining.settle(self.root, world.founding_tenure, m)
        if founding is not None:
            founding.apply(self)
        else:
            joining.introduce_founders(
                self.root, world.acquaintances, self.scenario.joining.first_tie, m, self.ties.view
            )

    def _admit(self, count: int, source: Source) -> Columns:
        """Add rows for `count` members and give them their traits; the columns with them."""
        first = self.members.n
        self.members.add(count)
        self.ties.add(count)
        m = self.members.view
        step = joining.KEY_STEP if self.day > 0 else 0
        m.key[first:] = (self.day * 4 + int(source)) * step + np.arange(count)
        m.joined[first:] = self.day
        m.source[first:] = source
        topics, starts = self.scenario.community.topics, self.norms.start
        joining.endow(self.root, first, topics, self._passion_sd, starts, m, self._values["members"])
        return m

    # The day

    def step(self) -> None:
        """One day, rule by rule (ODD, 3)."""
        self.day += 1
        before = self.flows.copy()
        self._morning()
        self.join()
        self.need()
        self.visit()
        self.plan()
        self.receive()
        self.post()
        self.meet()
        self.read()
        self.solve()
        self.create()
        self.keep_norms()
        self.tell()
        self.improve()
        self.leave()
        self.feel()
        self._account(self.flows - before)

    def _morning(self) -> None:
        """Close old posts, put the day's budget on the table, let what is remembered fade."""
        v = self.scenario
        self.company.fade(v)
        self.company.messages.clear()
        self.company.money += v.budget.money_per_week / 7.0
        self.gatherings = 0
        self._rounds.clear()
        ring.close_old(self.posts, self.day, self.home.lasting, v.conflict.cooling, self.volume)

    def join(self) -> None:
        """People of the market join (sim/rules/joining.py)."""
        v, company = self._values["joining"], self.company
        counts = np.zeros(3, np.int64)
        left = max(0.0, self.market - (self.members.n - self.founders))
        joining.count_joiners(self.root, self.day, left, company.adstock, company.stories / self.customers, v, counts)
        first = self.members.n
        for source, count in zip((Source.ORGANIC, Source.WORD, Source.BROADCAST), counts.tolist(), strict=True):
            if count:
                self._admit(count, source)
        m = self.members.view
        joining.recruit(self.root, self.day, first, self.visitors, m, self.ties.view, v.first_tie)
        self.flows[Flow.JOINED_ORGANIC : Flow.JOINED_BROADCAST + 1] += counts

    def need(self) -> None:
        """Needs arise and are given up (sim/rules/needing.py)."""
        needing.need(
            self.root, self.day, self.members.view, self.company.experience, self.scenario.community.topics,
            self.scenario.feeling.trust_unsolved, self._values["needing"], self.flows,
        )  # fmt: skip

    def visit(self) -> None:
        """Members visit (sim/rules/visiting.py), then act in the order of their hours."""
        visitors, hours = np.empty(self.members.n, np.int64), np.empty(self.members.n)
        found = visiting.visit(
            self.root, self.day, self.members.view, self.tide, self.company.experience, self.volume, self.home.lasting,
            self.scenario.feeling.passion_half_life, self._passion_sd, self._values["visiting"], visitors, hours,
            self.flows,
        )  # fmt: skip
        order = np.argsort(hours[:found], kind="stable")
        self.visitors, self.hours = visitors[:found][order], hours[:found][order]
        self.left, self.turns, self.bits = (np.zeros(found, np.int64) for _ in range(3))
        self.posts = ring.with_room(self.posts, found + 256)
        self.events = log.buffer(0)
        self._make_room(self.scenario.posting.most * found)  # what visitors contribute, by posting and by reading

    def plan(self) -> None:
        """Staff and marketers spend their hours (sim/people.py)."""
        m, day = self.members.view, self.day
        seen, current = np.where(m.last_visit == day, m.visit_before, m.last_visit), m.stage != Stage.LEFT
        self.recent = np.flatnonzero(current & (day - seen <= self.scenario.staffing.reach_back))
        self.here = int(np.count_nonzero(current))
        for person in self.team:
            person.step()
        for activity in ACTIVITIES:
            for person in self.team:
                person.work(activity)
        self._share_knowledge()

    def receive(self) -> None:
        """Visitors meet the company's messages (sim/rules/receiving.py)."""
        v, on = self.scenario, self.scenario.switches
        guard = np.flatnonzero(self.norms.breach == Breach.COMPANY_PROMOTE).tolist() if on.norms else []
        norm = guard[0] if guard else -1
        least = v.keeping.least_tolerance
        excess = self.company.promotion_excess(max(self.norms.tolerance[norm], least)) if guard else 0.0
        receiving.receive(
            self.root, self.day, self.visitors, receiving.as_messages(self.company.messages), on.resonance, excess,
            norm, v.telling.passion, v.reading.attention, v.members.secondary_topic, self.members.view,
            self._values["receiving"], self._values["keeping"], self.left, self.flows,
        )  # fmt: skip

    def post(self) -> None:
        """Visitors search, ask and open threads (sim/rules/posting.py)."""
        v, on = self.scenario, self.scenario.switches
        civil = (self.norms.breach == Breach.HOSTILE) & (self.norms.visible == 1)
        posting.post(
            self.root, self.day, self.visitors, self.hours, self.members.view, self.posts, self.norms, on.norms,
            bool(on.norms and civil.any()), v.reading.newcomer_days, self.company.library, self.home.searchable,
            v.community.topics, v.needing.library_scale, self._values["posting"], self._values["keeping"], self.turns,
            self.bits, self.events, self.flows,
        )  # fmt: skip

    def read(self) -> None:
        """Visitors read and respond (sim/rules/reading.py)."""
        v, on, values = self.scenario, self.scenario.switches, self._values
        practical = np.zeros(1, np.int64)
        reading.read(
            self.root, self.day, self.visitors, self.hours, self.left, self.turns, self.bits, self.members.view,
            self.ties.view, self.posts, self.norms, on.norms, on.exchange, v.meeting.introduction_days,
            v.members.secondary_topic, self.home.depth, self.home.noise, self.home.reach, values["reading"],
            values["ties"], values["keeping"], values["conflict"], values["feeling"], values["members"],
            v.telling.passion, v.ties.staff_gain, practical, self._short_list, self.flows, self.events,
        )  # fmt: skip
        self.company.practical += float(practical[0])

    def meet(self) -> None:
        """Members meet at today's gatherings (sim/rules/meeting.py), some of which become projects."""
        v, on, values = self.scenario, self.scenario.switches, self._values
        place = v.channels[v.activities["host"].channel]
        frame = v.ties.personal if v.strategy.personal_frame else v.ties.social
        key = day_key(self.root, int(Rule.MEETING), self.day)
        for number in range(self.gatherings):
            guests = np.empty(v.meeting.places, np.int64)
            self._make_room(2 * (v.meeting.places * v.meeting.partners + v.creating.largest))
            n = meeting.gather(
                self.root, self.day, number, self.visitors, self.left, self.members.view, self.ties.view,
                frame * place.depth, v.visiting.closeness_scale, v.feeling.belonging_exchange, on.exchange,
                values["meeting"], values["ties"], guests, self.flows, self.events,
            )  # fmt: skip
            if on.exchange and n > 1 and uniform(key, -1 - number, 0) < v.creating.event_chance:
                creating.create(
                    self.day, 0.8, guests, min(n, v.creating.largest), self.members.view, self.ties.view,
                    v.ties.social * place.depth, v.members.secondary_topic, on.spaces, on.exchange, values["creating"],
                    values["ties"], self.company.library, place.searchable, self.flows, self.events,
                )  # fmt: skip

    def solve(self) -> None:
        """Solutions reach those who asked (sim/rules/solving.py)."""
        solving.solve(
            self.members.view, self.posts, self.company.library, self.home.searchable, self._values["feeling"],
            self.flows,
        )  # fmt: skip
        solving.age_library(self.company.library, self.scenario.needing.library_half_life)

    def create(self) -> None:
        """Close members start projects of their own (sim/rules/creating.py)."""
        v, on = self.scenario, self.scenario.switches
        if not on.exchange:
            return
        self._make_room(2 * v.creating.largest * self.visitors.size)
        creating.start_own(
            self.root, self.day, self.visitors, self.hours, self.members.view, self.ties.view,
            v.ties.social * self.home.depth, v.members.secondary_topic, on.spaces, on.exchange,
            self._values["creating"], self._values["ties"], np.empty(v.creating.largest, np.int64),
            self.company.library, self.home.searchable, self.flows, self.events,
        )  # fmt: skip

    def keep_norms(self) -> None:
        """Sanctions are forgotten; conventions that many hold are written down (sim/rules/keeping.py)."""
        v = self.scenario
        if not v.switches.norms:
            return
        keeping.fade_sanctions(self.norms, v.keeping.sanction_half_life)
        shares = v.strategy.hours.get("host", 0.0) + v.strategy.hours.get("moderate", 0.0)
        if v.strategy.codify and shares * v.budget.hours_per_week > 0.0:
            holding = np.zeros(self.norms.breach.size, np.int64)
            keeping.codify(self.day, self.members.view, self.norms, self._values["keeping"], holding, self.flows)

    def tell(self) -> None:
        """Members who won something may tell it (sim/rules/telling.py)."""
        told = self.flows[Flow.STORIES]
        m = self.members.view
        tellers = int(np.count_nonzero(m.won) + np.count_nonzero(m.invited))
        self.posts = ring.with_room(self.posts, tellers)
        self._make_room(tellers)
        telling.tell(
            self.root, self.day, self.members.view, self.posts, self.company.experience,
            self.scenario.visiting.closeness_scale, self.scenario.switches.stories, self.scenario.feeling.win,
            self._values["telling"], self.flows, self.events,
        )  # fmt: skip
        self.company.stories += self.flows[Flow.STORIES] - told
        self._watch_feed()

    def improve(self) -> None:
        """Changes take effect, and insight that nobody acts on costs trust (sim/company.py)."""
        self.company.improve(self)

    def feel(self) -> None:
        """Ties and feelings fade (sim/rules/feeling.py)."""
        v, m = self.scenario, self.members.view
        feeling.fade(self.day, m, self.ties.view, self._values["ties"])
        feeling.feel(
            m, v.members.trust, v.receiving.adstock_half_life, v.receiving.brand_half_life,
            v.receiving.annoyance_half_life, v.ties.half_life, self._values["feeling"],
        )  # fmt: skip

    def leave(self) -> None:
        """Members lapse or leave (sim/rules/leaving.py)."""
        leaving.leave(
            self.root, self.day, self.members.view, self.ties.view, self.scenario.visiting.closeness_scale,
            self.scenario.reading.newcomer_days, self._values["leaving"], self.flows,
        )  # fmt: skip

    def _account(self, counted: np.ndarray) -> None:
        """Write the day into the ledger and the log; nothing of the state is touched."""
        for_company, for_members = ledger.day_value(self, counted)
        for line, worth in for_company.items():
            self.company_value[line] += worth
        for line, worth in for_members.items():
            self.member_value[line] += worth
        if self.keep_events:
            if self.events.used[0] == self.events.time.size:
                raise RuntimeError(f"the event log of day {self.day} is larger than its buffer; report this")
            self.event_log.append(log.Events(*(column[: self.events.used[0]] for column in self.events)))

    # What the team and the rules ask of the community

    @property
    def home(self):
        """The channel on which members post and respond."""
        return self.scenario.channels[self.scenario.places.home]

    @property
    def current(self) -> int:
        """Members who have not left."""
        return int((self.members.view.stage != Stage.LEFT).sum())

    @property
    def _passion_sd(self) -> float:
        return self.scenario.feeling.passion_sd if self.scenario.switches.passion else 0.0

    def round(self, name: str, candidates: Callable[[], np.ndarray]) -> Iterator[int]:
        """Today's list for one activity, shared by the team, each entry handed out once."""
        if name not in self._rounds:
            self._rounds[name] = iter(candidates().tolist())
        return self._rounds[name]

    def open_posts(self, *kinds: Kind) -> np.ndarray:
        """Places in the ring of the open posts of `kinds`, oldest first."""
        posts, found = self.posts, np.empty(self.posts.span[1] - self.posts.span[0], np.int64)
        return found[: ring.seen(posts.span, posts.kind, posts.hidden, sum(1 << kind for kind in kinds), found)]

    def unanswered(self) -> np.ndarray:
        """Open questions of members that nobody has solved and the team has not answered, oldest first."""
        at = self.open_posts(Kind.QUESTION)
        waited = self.day - self.posts.day[at] > self.scenario.strategy.answer_after
        return at[waited & (self.posts.answered[at] == 0) & (self.posts.solver[at] == -1) & self.by_members(at)]

    def unchecked(self) -> np.ndarray:
        """Open posts to look at: heated threads first, then the newest that the team has not looked at."""
        at = self.open_posts(*Kind)[::-1]
        hot = self.posts.heat[at] >= self.scenario.conflict.heated
        return np.concatenate([at[hot], at[~hot & (self.posts.checked[at] == 0)]])

    def fresh_talk(self) -> np.ndarray:
        """Yesterday's talk of members, least answered first; live threads of the team, most answered first."""
        at = self.open_posts(Kind.PRACTICAL, Kind.SOCIAL, Kind.PROMPT)
        age, own, replies = self.day - self.posts.day[at], self.posts.author[at] < 0, self.posts.replies[at]
        live = (age == 0) | (replies > 0) & (age <= self.scenario.staffing.follow_up)
        told = own & live | ~own & (age == 1) & self.by_members(at)
        order = np.lexsort((np.where(own, -replies, replies), own))
        return at[order[told[order]]]

    def by_members(self, at: np.ndarray) -> np.ndarray:
        """Which of the posts at places `at` are by members who have not left."""
        return ((by := self.posts.author[at]) >= 0) & (self.members.view.stage[np.maximum(by, 0)] != Stage.LEFT)

    def uncoordinated(self, person) -> bool:
        """Whether this person sends messages into a hosted day: friction on, and it does not host itself."""
        return self.scenario.switches.friction and "community" not in person.hats

    def send(self, author: int, activity: str, topic: int, promotion: float, story: bool, novelty: float) -> None:
        """Send a message of the company on the channel of `activity`."""
        v, company = self.scenario, self.company
        channel = v.channels[v.activities[activity].channel]
        reach = channel.reach * (1.0 - channel.noise)
        loudest = self.volume.max()
        resonance = self.volume[topic] / loudest if loudest > 0 else v.receiving.neutral_resonance
        if story:
            resonance = max(resonance, v.telling.resonance)
        company.messages.append((topic, resonance, promotion, int(story), novelty, reach))
        company.feed += reach
        company.promotions += promotion * reach
        if channel.direction == "one-to-many" and channel.online:
            seen = v.receiving.follower_exposure * reach
            fits = resonance if v.switches.resonance else v.receiving.neutral_resonance
            company.adstock += seen * fits * novelty
            company.exposures += seen
            if story:
                company.stories += novelty * reach
        self.keep(author, author, log.TOPIC, -1)

    def mediate(self, attacker: int, target: int) -> None:
        """Bring two members who fell out to talk; nothing but their own messages mends the tie."""
        m, v = self.members.view, self.scenario
        if attacker < 0 or not v.switches.exchange or Stage.LEFT in (m.stage[attacker], m.stage[target]):
            return
        depth = v.ties.social * v.channels[v.activities["moderate"].channel].depth
        self._make_room(2 * v.conflict.talks)
        reading.talk_it_out(
            self.ties.view, m.closeness, attacker, target, self.day, v.staffing.start_of_work, v.conflict.talks, depth,
            self._values["ties"], self.flows, self.events,
        )  # fmt: skip
        self.flows[Flow.MEDIATED] += 1

    def keep(self, source: int, target: int, kind: int, thread: int, hour: float | None = None) -> None:
        """Keep an event of the team, at the start of its work unless said."""
        self._make_room(1)
        if self.keep_events:
            hour = self.scenario.staffing.start_of_work if hour is None else hour
            log.record(self.events, self.day + hour, source, target, kind, thread)

    def _make_room(self, more: int) -> None:
        """Have room for `more` events of today, where they are kept: a rule cannot make it."""
        if self.keep_events:
            self.events = log.with_room(self.events, more)

    def _share_knowledge(self) -> None:
        """Let colleagues hear a part of what each has learnt about the talk."""
        share, heard = self.scenario.strategy.sharing, [person.talk.copy() for person in self.team]
        for person in self.team:
            for other, talk in zip(self.team, heard, strict=True):
                if other is not person:
                    person.talk = np.maximum(person.talk, share * talk)

    def _watch_feed(self) -> None:
        """Count what members opened today into the company's memory of the feed, stories included."""
        p = self.posts
        opened, practical = ring.opened(p.span, p.day, p.author, p.kind, self.day)
        self.company.feed += opened
        self.company.practical += float(practical)

    def observe(self) -> dict[str, float]:
        """All measures, as of now."""
        return measures.observe(self)


_TABLES = (
    "members", "joining", "needing", "visiting", "receiving", "posting", "reading", "ties", "meeting", "creating",
    "keeping", "conflict", "telling", "feeling", "leaving",
)  # fmt: skip
