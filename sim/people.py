"""The team: staff and marketers decide each day what their hours do, from what they know (ODD, 7.4; M9, M11).

Minutes of an activity come from the strategy and go to those who wear its hat. What an action does is small: it makes
people see each other, answers, sets a frame, sends a message. None writes into a tie between members, nor into value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np

from sim import events as log
from sim import posts as ring
from sim.company import Insight
from sim.draws import Rule, day_key, uniform, uniforms
from sim.flows import Flow
from sim.kernel import kernel, left_after, sig, toward
from sim.members import NOBODY
from sim.norms import Breach
from sim.posts import Kind
from sim.scenario import ACTIVITIES
from sim.ties import find

if TYPE_CHECKING:
    from sim.community import Community


class Person(mesa.Agent):
    """Somebody of the team: wears hats, has minutes for each activity, and learns what members care about.

    Attributes
    ----------
    weekly : dict of activity -> minutes a week that its hats bring it, 0 or more
    minutes : dict of activity -> minutes at hand, 0 or more
    spent : dict of activity -> minutes spent so far
    talk : float, shape (n_topics,): how often each topic was met in talk, fading
    """

    model: Community

    def __init__(self, model: Community, number: int, name: str, hats: list[str]):
        super().__init__(model)
        self.number, self.name, self.hats = number, name, tuple(hats)
        self.weekly: dict[str, float] = {}
        self.minutes: dict[str, float] = {}
        self.spent: dict[str, float] = {}
        self.talk = np.zeros(model.scenario.community.topics)
        self._drawn = 0
        self._doing = 0
        self._key = 0

    def wear(self, hats: list[str]) -> None:
        """Change hats: what it did under the old ones is no longer its work."""
        self.hats = tuple(hats)
        self.weekly.clear()

    def assign(self, activity: str, weekly: float) -> None:
        """Get `weekly` minutes for `activity`; minutes at hand and spent stay."""
        self.weekly[activity] = weekly
        self.minutes.setdefault(activity, 0.0)
        self.spent.setdefault(activity, 0.0)

    @property
    def author(self) -> int:
        """How this person is named as the author of a post."""
        return -2 - self.number

    def draw(self) -> float:
        """The next draw of this person for what it is doing today."""
        self._drawn += 1
        return uniform(self._key, self.number * len(ACTIVITIES) + self._doing, self._drawn)

    def draws(self, count: int) -> np.ndarray:
        """The next `count` draws, float64 (count,)."""
        drawn = np.empty(count)
        uniforms(self._key, self.number * len(ACTIVITIES) + self._doing, self._drawn + 1, drawn)
        self._drawn += count
        return drawn

    def step(self) -> None:
        """Begin the day: get its minutes; what was met in talk fades."""
        staffing, activities = self.model.scenario.staffing, self.model.scenario.activities
        kept = 1.0 - staffing.switching * (len(self.hats) - 1)
        self._key = day_key(self.model.root, int(Rule.PLANNING), self.model.day)
        self.talk *= left_after(1.0 / staffing.talk_memory)
        for activity, weekly in self.weekly.items():
            most = max(activities[activity].minutes, weekly / 7.0 * kept * staffing.idle)
            self.minutes[activity] = min(self.minutes[activity] + weekly / 7.0 * kept, most)

    def work(self, activity: str) -> None:
        """Spend today's minutes for `activity`, action by action, while there is something to do and money for it."""
        if activity not in self.weekly:
            return
        cost, company = self.model.scenario.activities[activity], self.model.company
        self._doing, self._drawn = ACTIVITIES.index(activity), 0
        act = getattr(self, activity)
        while self.minutes[activity] >= cost.minutes and company.money >= cost.money and act():
            self.minutes[activity] -= cost.minutes
            self.spent[activity] += cost.minutes
            company.money -= cost.money
            self.model.money_spent += cost.money

    # What one action does. Each returns whether there was something to do.

    def welcome(self) -> bool:
        """Write to a newcomer (or, by strategy, to the most active) who has not heard from the team of late."""
        for i in self.model.round("welcome", self._newcomers):
            self.speak_to(i)
            return True
        return False

    def connect(self) -> bool:
        """Introduce two members to each other who care about the same, as far as the team knows them."""
        m, day = self.model.members.view, self.model.day
        for i in self.model.round("connect", self._newcomers):
            share = self.model.scenario.members.secondary_topic
            j = fitting(i, self._shortlist(), m.known, m.topic, m.second, self.model.ties.view, share)
            if j == NOBODY:
                return False
            for one, other in ((i, j), (j, i)):
                m.introduced[one] = other
                m.introduced_day[one] = day
            self.model.flows[Flow.INTRODUCTIONS] += 1
            return True
        return False

    def host(self) -> bool:
        """Open a gathering today."""
        self.model.gatherings += 1
        return True

    def answer(self) -> bool:
        """Answer the oldest question that nobody has solved and the team has not answered."""
        community, posts = self.model, self.model.posts
        for at in community.round("answer", community.unanswered):
            i = int(posts.author[at])
            posts.answered[at] = 1
            chance = sig(
                community.scenario.reading.solve_slope * (community.scenario.staffing.skill - posts.difficulty[at])
            )
            if posts.solver[at] == -1 and self.draw() < chance:
                posts.solver[at] = self.author
            posts.replies[at] += 1
            self.talk[posts.topic[at]] += 1.0
            self.speak_to(i, practical=True, thread=ring.serial(posts, at))
            return True
        return False

    def moderate(self) -> bool:
        """Look at one post: a heated thread first, else the newest one that nobody of the team has looked at."""
        community, posts = self.model, self.model.posts
        for at in community.round("moderate", community.unchecked):
            posts.checked[at] = 1
            if posts.heat[at] >= community.scenario.conflict.heated:
                self._calm(at)
            else:
                self._judge(at)
            return True
        return False

    def recognise(self) -> bool:
        """Thank in public: newcomers who have written, and those who help, in turn."""
        community = self.model
        m, p = community.members.view, community.scenario.feeling
        for i in community.round("recognise", self._deserving):
            allowed = p.award_inflation * max(1, community.here)
            worth = min(1.0, allowed / (community.company.awards + 1.0))
            m.status[i] = toward(m.status[i], p.status_award * worth)
            m.passion[i] += p.win * worth
            community.company.awards += 1.0
            self.speak_to(i)
            return True
        return False

    def listen(self) -> bool:
        """Read recent posts: learn what is talked about and by whom, and gather insights."""
        community, posts, m = self.model, self.model.posts, self.model.members.view
        p = community.scenario.listening
        open_posts = posts.span[1] - posts.span[0]
        if open_posts == 0:
            return False
        looks = min(p.sample, int(open_posts))
        draws = self.draws(4 * looks).reshape(looks, 4)
        at = (posts.span[0] + (draws[:, 0] * open_posts).astype(np.int64)) % posts.author.size
        by_members = community.by_members(at)
        draws, at = draws[by_members], at[by_members]
        np.add.at(self.talk, posts.topic[at], 1.0)
        m.known[posts.author[at]] = 1
        if community.scenario.switches.loop:
            told = (draws[:, 1] < p.insight) & ((posts.kind[at] == Kind.QUESTION) | (posts.kind[at] == Kind.STORY))
            for i, (_, _, wrong, where) in zip(posts.author[at[told]].tolist(), draws[told].tolist(), strict=True):
                touchpoint = int(where * 4) if wrong < p.noise else int(m.touchpoint[i])
                community.company.backlog.append(Insight(touchpoint, i, community.day))
                community.flows[Flow.INSIGHTS] += 1
        return True

    def publish(self) -> bool:
        """Send a message of the company: the brand line, or something on what members are known to talk about."""
        community = self.model
        if community.gatherings and not community.uncoordinated(self):
            return False
        brand = self.draw() < community.scenario.strategy.brand_line
        topic = self._brand_topic if brand else self._known_topic()
        community.send(self.author, "publish", topic, 1.0 if brand else 0.0, story=False, novelty=1.0)
        return True

    def amplify(self) -> bool:
        """Pass on a customer's story, the least worn one in sight."""
        community, posts = self.model, self.model.posts
        stories = community.open_posts(Kind.STORY)
        if stories.size == 0 or not community.scenario.switches.stories:
            return False
        at = int(stories[np.argmin(posts.uses[stories])])
        posts.uses[at] += 1
        worn = max(0, int(posts.uses[at]) - community.scenario.telling.fresh_reuses)
        community.send(self.author, "amplify", int(posts.topic[at]), 0.0, story=True, novelty=0.5**worn)
        community.flows[Flow.AMPLIFIED] += 1
        return True

    def respond(self) -> bool:
        """Respond to a recent post of a member, whom it may ask for a story; where none is left, to a colleague's."""
        community, posts, m = self.model, self.model.posts, self.model.members.view
        for at in community.round("respond", community.fresh_talk):
            i = int(posts.author[at])
            if i == self.author:
                continue
            self.talk[posts.topic[at]] += 1.0
            posts.replies[at] += 1
            if i < 0:
                community.flows[Flow.STAFF_MESSAGES] += 1
                community.company.feed += 1.0
                community.keep(self.author, i, log.REPLY, ring.serial(posts, at))
                return True
            self.speak_to(i, practical=posts.kind[at] == Kind.PRACTICAL, thread=ring.serial(posts, at))
            if community.scenario.strategy.ask_stories and m.wins[i] > 0:
                m.invited[i] = 1
            return True
        return False

    def prompt(self) -> bool:
        """Open a thread for members, on what they are known to talk about."""
        community = self.model
        community.posts = ring.with_room(community.posts, community.visitors.size + 1)
        topic, day = self._known_topic(), community.day
        serial = ring.add(community.posts, self.author, day, 0.0, topic, int(Kind.PROMPT), 0)
        community.flows[Flow.STAFF_MESSAGES] += 1
        community.company.feed += 1.0
        community.keep(self.author, self.author, log.TOPIC, serial, 0.0)
        return True

    def act(self) -> bool:
        """Change something for customers, on the insight most shared or blindly."""
        self.model.company.act(self.model, self.number * 1000 + self._drawn)
        self._drawn += 1
        return True

    # How it is done.

    def speak_to(self, i: int, practical: bool = False, thread: int = -1) -> None:
        """Address member i, in a thread or apart: it hears the team, and both know each other a little better."""
        community, m = self.model, self.model.members.view
        company, p = community.company, community.scenario
        goodwill = company.goodwill(p.feeling.presence_peak) if practical else 1.0
        if practical:
            company.practical += 1.0
            company.practical_staff += 1.0
        m.heard_staff[i] += max(0.0, goodwill)
        if goodwill < 0.0:
            m.annoyance[i] -= goodwill * p.keeping.annoyance
        m.caller[i], m.called[i], m.thread[i] = self.author, community.day, thread
        m.to_staff[i] = toward(m.to_staff[i], p.ties.staff_gain)
        m.from_staff[i] = toward(m.from_staff[i], p.ties.staff_gain)
        m.known[i] = 1
        community.flows[Flow.STAFF_MESSAGES] += 1
        company.feed += 1.0
        community.keep(self.author, i, log.MESSAGE if thread < 0 else log.REPLY, thread)

    def _newcomers(self) -> np.ndarray:
        """Members to turn to, those who have heard least of late first, then the newest (or most active)."""
        community = self.model
        m, rows, day = community.members.view, community.recent, community.day
        if community.scenario.strategy.newer_first:
            new = rows[day - m.joined[rows] <= community.scenario.reading.newcomer_days]
            rows = new if new.size else rows
            order = np.lexsort((-m.joined[rows], np.floor(m.heard_staff[rows] * 10)))
        else:
            order = np.lexsort((-m.activity[rows], np.floor(m.heard_staff[rows] * 10)))
        return rows[order]

    def _deserving(self) -> np.ndarray:
        """Newcomers who have written and helpers, one of each in turn, those of lowest status first."""
        m, rows, day = self.model.members.view, self.model.recent, self.model.day
        new = (day - m.joined[rows] <= self.model.scenario.reading.newcomer_days) & (m.written[rows] > 0)
        helpers = rows[(m.helped[rows] > 0) & ~new]
        new_rows = rows[new]
        new_rows = new_rows[np.argsort(m.status[new_rows], kind="stable")]
        helpers = helpers[np.argsort(m.status[helpers] - m.activity[helpers], kind="stable")]
        both = np.full(2 * max(new_rows.size, helpers.size), -1)
        both[0 : 2 * new_rows.size : 2] = new_rows
        both[1 : 2 * helpers.size + 1 : 2] = helpers
        return both[both >= 0]

    def _shortlist(self) -> np.ndarray:
        """A few members drawn from those seen lately, some perhaps twice."""
        rows = self.model.recent
        size = min(self.model.scenario.staffing.shortlist, rows.size)
        return rows[(self.draws(size) * rows.size).astype(np.int64)]

    @property
    def _brand_topic(self) -> int:
        """What the brand line is about: one topic all through a run, drawn once."""
        key = day_key(self.model.root, int(Rule.PLANNING), 0)
        return int(uniform(key, 0, 0) * self.talk.size)

    def _known_topic(self) -> int:
        """A topic, by how often this person has met it; any, where it knows nothing."""
        sums = np.cumsum(self.talk)
        total = float(sums[-1])
        u = self.draw()
        if total == 0.0:
            return int(u * self.talk.size)
        return min(int(np.searchsorted(sums, u * total, side="right")), self.talk.size - 1)

    def _calm(self, at: int) -> None:
        """Mediate a heated thread, so that those who fell out in it talk, or lock it without a word.

        Either way who was hostile in it has been sanctioned.
        """
        community, posts = self.model, self.model.posts
        posts.heat[at] = 0.0
        attacker, target = int(posts.attacker[at]), int(posts.target[at])
        posts.attacker[at], posts.target[at] = NOBODY, NOBODY
        explained = self.draw() < community.scenario.strategy.explain
        if not explained:
            posts.hidden[at] = 1
            community.flows[Flow.SANCTIONS] += 1
        if attacker < 0:
            return
        if community.scenario.switches.norms:
            self._teach(attacker, explained)
            community.norms.sanctions[community.norms.breach == Breach.HOSTILE] += 1.0
        if explained:
            community.mediate(attacker, target)

    def _teach(self, i: int, explained: bool) -> None:
        """Let a sanction teach member i if it comes with a reason, else hurt."""
        m, p = self.model.members.view, self.model.scenario.keeping
        if explained:
            m.manners[i] -= p.lesson
        else:
            m.hurt[i] += p.unexplained

    def _judge(self, at: int) -> None:
        """Remove a post that breaks a norm the team enforces, or, by mistake, one that does not."""
        community, posts, m, norms = self.model, self.model.posts, self.model.members.view, self.model.norms
        p, strategy = community.scenario.keeping, community.scenario.strategy
        i = int(posts.author[at])
        shown = int(posts.breach[at] | posts.conduct[at])
        seen = [b for b in range(norms.breach.size) if shown >> b & 1 and norms.by_staff[b]]
        broken = [b for b in seen if posts.breach[at] >> b & 1]
        u, reason = self.draw(), self.draw() < strategy.explain
        if not community.scenario.switches.norms or i < 0:
            return
        if broken and u < strategy.strictness * (1.0 - norms.tolerance[broken[0]]):
            norms.sanctions[broken[0]] += 1.0
            self._teach(i, reason)
        elif not seen and u < strategy.strictness * p.false_positive:
            new = community.day - m.joined[i] <= community.scenario.reading.newcomer_days
            m.hurt[i] += p.unexplained * (p.newcomer_hurt if new else 1.0)
            community.flows[Flow.FALSE_SANCTIONS] += 1
        else:
            return
        posts.hidden[at] = 1
        community.flows[Flow.SANCTIONS] += 1


@kernel
def fitting(i, others, known, topic, second, ties, share):
    """Find who of `others` fits member i best: alike as far as the team knows both, and not a tie already.

    The lowest row of equals; NOBODY where there is no other than i. Takes three columns, not all: a call from Python
    takes time for each array that it hands over.
    """
    best = NOBODY
    highest = -2.0
    for other in range(others.size):
        j = others[other]
        if j == i:
            continue
        alike = 0.0
        if known[i] == 1 and known[j] == 1:
            alike = (1.0 if topic[j] == topic[i] else 0.0) + (share if second[j] == topic[i] else 0.0)
        if find(ties, i, j) >= 0:
            alike -= 1.0
        if alike > highest or alike == highest and j < best:
            highest = alike
            best = j
    return best


class Staff(Person):
    """Community, service and product people of the company."""


class Marketer(Person):
    """A social marketer; a brilliant one wears the community hat too."""
