"""The team (ODD 2.6): how a person's minutes come and go, the team's lists, sharing (7.5)."""

from __future__ import annotations

import mesa

from tests.reference import draws
from tests.reference.conversing import expect
from tests.reference.draws import Luck
from tests.reference.helpers import ACTIVITIES, NOBODY, PRACTICAL, QUESTION, SOCIAL, half, toward
from tests.reference.member import Member
from tests.reference.parts import Post, Turn


class Person(mesa.Agent):
    """A person of the team, staff or marketer; its hats say what it does."""

    def __init__(self, model, number: int, given):
        super().__init__(model)
        self.number, self.name, self.kind, self.hats = number, given.name, given.kind, list(given.hats)
        self.minutes = dict.fromkeys(ACTIVITIES, 0.0)
        self.spent = dict.fromkeys(ACTIVITIES, 0.0)
        self.talk = [0.0] * model.p.community.topics
        self.acts = 0
        self.get_work()

    def get_work(self):
        """The week's minutes for each activity of the person's hats (5.1); what is at hand stays (3)."""
        model, self.weekly = self.model, {}
        for activity in ACTIVITIES:
            hat = model.activities[activity].hat
            if hat in self.hats:
                wearers = sum(hat in person.hats for person in model.given.team)
                share = model.given.strategy.hours.get(activity, 0.0)
                self.weekly[activity] = 60.0 * model.p.budget.hours_per_week * share / wearers

    @property
    def work(self) -> list[str]:
        """The activities of its hats, and those of hats that it has taken off on which it has spent minutes (2.6)."""
        return [activity for activity in ACTIVITIES if activity in self.weekly or self.spent[activity] > 0.0]

    @property
    def name_as_author(self) -> int:
        """How the person is named where members and team may write or solve."""
        return -2 - self.number

    def get_minutes(self):
        """The morning of a person: talk fades, minutes come."""
        s = self.model.p.staffing
        kept = 1.0 - s.switching * (len(self.hats) - 1)
        faded = half(1.0 / s.talk_memory)
        self.talk = [talk * faded for talk in self.talk]
        self.acts = 0
        for activity, weekly in self.weekly.items():
            cost = self.model.activities[activity].minutes
            most = max(cost, weekly / 7.0 * kept * s.idle)
            self.minutes[activity] = min(self.minutes[activity] + weekly / 7.0 * kept, most)

    def spend(self, activity: str, action):
        """Do one activity for as long as minutes, money and things to do last."""
        model, cost = self.model, self.model.activities[activity]
        self.luck = Luck(model.key(draws.PLANNING), self.number * 12 + ACTIVITIES.index(activity))
        self.counter = 0
        while self.minutes[activity] >= cost.minutes and model.company.money >= cost.money and action(self):
            self.minutes[activity] -= cost.minutes
            self.spent[activity] += cost.minutes
            model.company.money -= cost.money
            model.money_spent += cost.money

    def draw(self) -> float:
        """D: the next draw of this person in this activity."""
        self.counter += 1
        return self.luck(self.counter)

    def known_topic(self) -> int:
        """A topic, as often as the person has met it."""
        x, total = self.draw(), 0.0
        sums = []
        for talk in self.talk:
            total += talk
            sums.append(total)
        if total == 0.0:
            return int(x * len(self.talk))
        for topic, below in enumerate(sums):
            if below > x * total:
                return topic
        return len(self.talk) - 1

    @property
    def now(self) -> float:
        """When the team works, in days."""
        return self.model.day + self.model.p.staffing.start_of_work

    def be_present(self, member: Member):
        """A practical message: welcome where the team is hardly present, a nuisance where it is everywhere."""
        model, company, f = self.model, self.model.company, self.model.p.feeling
        goodwill = 1.0
        if company.practical != 0.0:
            goodwill = 1.0 - company.practical_staff / company.practical / f.presence_peak
        if goodwill > 0.0:
            member.trust = toward(member.trust, f.presence * goodwill)
        else:
            member.annoyance -= goodwill * model.p.keeping.annoyance
        company.practical += 1.0
        company.practical_staff += 1.0

    def speak(self, member: Member, activity: str, counts: float, post: Post | None = None):
        """Say something to a member, on a post or (None) directly; it counts as so much of a reply."""
        model, serial = self.model, post.serial if post else -1
        number = -1 - ACTIVITIES.index(activity) - 12 * (serial + 1)
        expect(member, self.name_as_author, post, self.now, Turn(model.day, member.key, number))
        member.heard_staff += counts
        member.called = model.day
        member.near_team()
        model.company.feed += 1.0
        model.count("staff_messages")
        model.record(self.now, self.name_as_author, member.row, "reply" if post else "message", post)

    def take_part(self, post: Post):
        """The team has written in a thread."""
        post.answered = 1
        post.replies += 1
        post.latest = max(post.latest, self.now)
        post.waits = NOBODY


def plan(model, actions: dict):
    """The team's day: minutes, then activity by activity and person by person, then sharing."""
    model.recent = [member for member in model.current() if model.day - seen(member) <= model.p.staffing.reach_back]
    for person in model.team:
        person.get_minutes()
    for activity in ACTIVITIES:
        for person in model.team:
            if activity in person.weekly:
                person.spend(activity, actions[activity])
    share_talk(model)


def seen(member: Member) -> int:
    """When the team saw the member last: who visits today is judged by the visit before."""
    return member.visit_before if member.last_visit == member.model.day else member.last_visit


def share_talk(model):
    """Colleagues share what members talk about."""
    sharing = model.p.strategy.sharing
    if len(model.team) < 2 or sharing == 0.0:
        return
    before = [person.talk for person in model.team]
    for k, person in enumerate(model.team):
        others = before[:k] + before[k + 1 :]
        person.talk = [max(own, *(sharing * talk[t] for talk in others)) for t, own in enumerate(person.talk)]


# The lists of the day, each handed out once


def handed_out(model, name: str):
    """The next entry of a list of today, made when first asked for; None when it is used up."""
    if name not in model.lists:
        model.lists[name] = iter(LISTS[name](model))
    return next(model.lists[name], None)


def to_welcome(model) -> list[Member]:
    """Newcomers to whom the team has never spoken."""
    return in_turn(model, [member for member in model.recent if member.is_new() and member.from_staff == 0.0])


def to_connect(model) -> list[Member]:
    """Who has not been introduced to somebody lately."""
    again = model.p.staffing.introduce_again
    return in_turn(model, [member for member in model.recent if model.day - member.introduced_day > again])


def in_turn(model, members: list[Member]) -> list[Member]:
    """The newest first, or the most active, as the strategy has it."""
    if model.p.strategy.newer_first:
        return sorted(members, key=lambda m: (-m.joined, m.row))
    return sorted(members, key=lambda m: (-m.activity, m.row))


def by_current(model, post: Post) -> bool:
    """Whether a post is by a current member."""
    return post.author >= 0 and not model.members[post.author].left


def unanswered(model) -> list[Post]:
    """Questions that members have had their time to answer."""
    return [
        post
        for post in model.open_posts()
        if post.kind == QUESTION
        and not post.hidden
        and model.day - post.day > model.p.strategy.answer_after
        and not post.answered
        and post.solver == NOBODY
        and by_current(model, post)
    ]


def to_moderate(model) -> list[Post]:
    """Heated threads, then those not looked at; newest first."""
    posts = [post for post in reversed(model.open_posts()) if not post.hidden]
    heated = [post for post in posts if post.heat >= model.p.conflict.heated]
    return heated + [post for post in posts if post.heat < model.p.conflict.heated and not post.checked]


def to_respond(model) -> list[Post]:
    """Threads in which a member waits for the team, then yesterday's talk that nobody has responded to."""
    posts = [post for post in model.open_posts() if not post.hidden]
    waiting = [post for post in posts if post.waits != NOBODY and not model.members[post.waits].left]
    return waiting + [
        post
        for post in posts
        if post.day == model.day - 1
        and post.kind in (PRACTICAL, SOCIAL)
        and by_current(model, post)
        and post.replies == 0
    ]


def to_recognise(model) -> list[Member]:
    """Newcomers who wrote and others who helped, in turn."""
    first = [m for m in model.recent if m.is_new() and m.written > 0]
    second = [m for m in model.recent if m not in first and m.helped > 0]
    first.sort(key=lambda m: (m.status, m.row))
    second.sort(key=lambda m: (m.status - m.activity, m.row))
    both = min(len(first), len(second))
    taken = [m for pair in zip(first, second, strict=False) for m in pair]
    return taken + first[both:] + second[both:]


LISTS = {
    "welcome": to_welcome,
    "connect": to_connect,
    "answer": unanswered,
    "moderate": to_moderate,
    "respond": to_respond,
    "recognise": to_recognise,
}
