"""The company (ODD 2.5): its memories, its messages, and what it changes (7.14)."""

from __future__ import annotations

from tests.reference import draws
from tests.reference.draws import Luck
from tests.reference.helpers import LN2, NOBODY, STORY, half

LAGS = ("lag_product", "lag_marketing", "lag_service", "lag_sales")


class Company:
    """State of the company; one object, no agent."""

    def __init__(self, model):
        self.model = model
        g = model.p.listening
        self.experience = [g.experience] * 4
        self.library = [0.0] * model.p.community.topics
        self.capability = g.capability
        self.backlog: list[tuple] = []  # (touchpoint, member, day)
        self.works: list[tuple] = []  # (due, touchpoint, gain, member)
        self.messages: list[tuple] = []  # (topic, resonance, promotion, story, novelty, reach)
        self.adstock = self.stories = self.exposures = 0.0
        self.practical = self.practical_staff = self.feed = self.promotions = self.awards = 0.0
        self.money = 0.0
        self.acted = False

    def morning(self):
        """Memories fade, messages are cleared, money arrives."""
        kept = half(1.0 / self.model.p.receiving.adstock_half_life)
        for name in ("adstock", "practical", "practical_staff", "feed", "promotions", "awards"):
            setattr(self, name, getattr(self, name) * kept)
        self.stories *= half(1.0 / self.model.p.joining.stories_half_life)
        self.messages = []
        self.money += self.model.p.budget.money_per_week / 7.0

    def send(self, activity: str, topic: int, promotion: int, story: int, novelty: float):
        """A company message goes out on the activity's channel (7.5, *Send*)."""
        model, r = self.model, self.model.p.receiving
        c = model.channel_of(activity)
        reach = c.reach * (1.0 - c.noise)
        loudest = max(model.volume)
        resonance = model.volume[topic] / loudest if loudest > 0 else r.neutral_resonance
        if story:
            resonance = max(resonance, model.p.telling.resonance)
        self.messages.append((topic, resonance, promotion, story, novelty, reach))
        self.feed += reach
        self.promotions += promotion * reach
        if c.direction == "one-to-many" and c.online:
            seen = r.follower_exposure * reach
            fits = resonance if model.p.switches.resonance else r.neutral_resonance
            self.adstock += seen * fits * novelty
            self.exposures += seen
            if story:
                self.stories += novelty * reach

    def act(self, number: int):
        """Change something: what an insight asks for, or blindly."""
        model, g = self.model, self.model.p.listening
        u = Luck(model.key(draws.LISTENING), number)
        if model.p.switches.loop and self.backlog:
            counts = [sum(insight[0] == t for insight in self.backlog) for t in range(4)]
            touchpoint = counts.index(max(counts))
            insight = next(insight for insight in self.backlog if insight[0] == touchpoint)
            self.backlog.remove(insight)
            gain = g.improvement * self.capability
            member = insight[1]
            if u(1) < g.accepted:
                model.count("ideas")
        else:
            touchpoint = int(u(0) * 4)
            gain = g.improvement * self.capability * g.blind
            member = NOBODY
        self.works.append((model.day + getattr(g, LAGS[touchpoint]), touchpoint, gain, member))
        self.acted = True
        model.count("acted")

    def improve(self):
        """The evening: capability, drift, works that are due, insights that were ignored."""
        model, g = self.model, self.model.p.listening
        if self.acted:
            self.capability += LN2 / g.capability_doubling * self.capability * (1.0 - self.capability)
            self.acted = False
        self.experience = [e + g.drift * (g.experience - e) for e in self.experience]
        for due, t, gain, row in self.works:
            if due <= model.day:
                self.experience[t] += gain * (1.0 - self.experience[t])
                if row != NOBODY:
                    member = model.members[row]
                    member.belonging += g.told * (1.0 - member.belonging)
                    member.trust += g.told * (1.0 - member.trust)
        self.works = [work for work in self.works if work[0] > model.day]
        for _, row, day in self.backlog:
            if model.day - day >= g.ignored_days:
                model.members[row].trust = max(0.0, model.members[row].trust - g.ignored)
        self.backlog = [insight for insight in self.backlog if model.day - insight[2] < g.ignored_days]

    def next_story(self):
        """The open story, not hidden, that was passed on least; the oldest of equals (7.5, *amplify*)."""
        stories = [post for post in self.model.open_posts() if post.kind == STORY and not post.hidden]
        return min(stories, key=lambda post: post.uses, default=None)
