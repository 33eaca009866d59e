"""The company: what it hears, what it does about it, and what it sends out (ODD, 2.5, 7.13; M9, M12).

One object a run. The team (sim/people.py) works on it; rules read its columns; it holds nothing of what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from sim.draws import Rule, day_key, uniform
from sim.flows import Flow
from sim.kernel import left_after

TOUCHPOINTS = ("product", "marketing", "service", "sales")


class Insight(NamedTuple):
    """Something learnt by listening: which touchpoint should change, from whom, and when."""

    touchpoint: int
    member: int
    day: int


class Work(NamedTuple):
    """A change under way: experience of `touchpoint` gains `gain` of the rest on day `due`; `member` is told."""

    due: int
    touchpoint: int
    gain: float
    member: int


@dataclass
class Company:
    """State of the company; units as said in sim/ODD.md, 2.5."""

    experience: np.ndarray  # float64 (4,), 0-1, by touchpoint
    library: np.ndarray  # float64 (n_topics,), solved threads that can be found
    capability: float  # 0-1
    backlog: list[Insight] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    messages: list[tuple] = field(default_factory=list)  # today's, in the order of receiving.Messages
    adstock: float = 0.0  # exposures per follower outside, fading
    stories: float = 0.0  # stories passed around outside, fading
    exposures: float = 0.0  # messages met per follower outside, since day 0
    practical: float = 0.0  # practical messages on the members' channel, fading
    practical_staff: float = 0.0  # those by the team
    feed: float = 0.0  # things to read on the members' channel, fading
    promotions: float = 0.0  # those that push the brand line
    awards: float = 0.0  # recognitions, fading
    money: float = 0.0  # currency at hand
    acted: bool = False  # whether something was changed today

    @classmethod
    def founded(cls, scenario: Any) -> Company:
        """The company on day 0."""
        start = scenario.listening
        return cls(
            experience=np.full(4, start.experience),
            library=np.zeros(scenario.community.topics),
            capability=start.capability,
        )

    def felt(self) -> np.ndarray:
        """How the company is experienced by those to whom each touchpoint matters most, float64 (4,), 0-1."""
        return (self.experience + self.experience.mean()) / 2.0

    def reached(self, spread: float) -> float:
        """Share of followers who have ever met a message: exposures are gamma-Poisson, few meet most of them."""
        return 1.0 - (1.0 + self.exposures / spread) ** -spread

    def fade(self, scenario: Any) -> None:
        """Let what is remembered fade by a day; the feed with the half-life of adstock, half a month."""
        adstock = left_after(1.0 / scenario.receiving.adstock_half_life)
        self.adstock *= adstock
        self.practical *= adstock
        self.practical_staff *= adstock
        self.feed *= adstock
        self.promotions *= adstock
        self.awards *= adstock
        self.stories *= left_after(1.0 / scenario.joining.stories_half_life)

    def goodwill(self, peak: float) -> float:
        """What staff presence in practical talk is worth, 1 at `peak`, negative past twice that [Homburg 2015]."""
        if self.practical == 0.0:
            return 1.0
        q = self.practical_staff / self.practical / peak
        return q * (2.0 - q) if q > 1.0 else 1.0

    def promotion_excess(self, tolerance: float) -> float:
        """How far the share of promotion in the feed passes `tolerance` (above 0), as a multiple of it, 0 or more."""
        if self.feed == 0.0:
            return 0.0
        return max(0.0, self.promotions / self.feed / tolerance - 1.0)

    def improve(self, community: Any) -> None:
        """Grow by acting, finish the works that are due, let experience drift back; neglected insight costs trust."""
        p, m, day = community.scenario.listening, community.members.view, community.day
        if self.acted:
            growth = np.log(2.0) / p.capability_doubling
            self.capability += growth * self.capability * (1.0 - self.capability)
            self.acted = False
        self.experience += p.drift * (p.experience - self.experience)
        still = []
        for work in self.works:
            if work.due > day:
                still.append(work)
                continue
            self.experience[work.touchpoint] += work.gain * (1.0 - self.experience[work.touchpoint])
            i = work.member
            if i >= 0:
                m.belonging[i] += p.told * (1.0 - m.belonging[i])
                m.trust[i] += p.told * (1.0 - m.trust[i])
        self.works = still
        while self.backlog and day - self.backlog[0].day >= p.ignored_days:  # the oldest come first
            ignored = self.backlog.pop(0).member
            m.trust[ignored] = max(0.0, m.trust[ignored] - p.ignored)

    def act(self, community: Any, number: int) -> None:
        """Act on the touchpoint with most insights, or blindly where there is none (a change that few asked for)."""
        p, day = community.scenario.listening, community.day
        key = day_key(community.root, int(Rule.LISTENING), day)
        counts = np.bincount([insight.touchpoint for insight in self.backlog], minlength=4)
        if community.scenario.switches.loop and self.backlog:
            touchpoint = int(np.argmax(counts))
            chosen = next(insight for insight in self.backlog if insight.touchpoint == touchpoint)
            self.backlog.remove(chosen)
            gain, member = p.improvement * self.capability, chosen.member
            if uniform(key, number, 1) < p.accepted:
                community.flows[Flow.IDEAS] += 1
        else:
            touchpoint = int(uniform(key, number, 0) * 4)
            gain, member = p.improvement * self.capability * p.blind, -1
        lag = (p.lag_product, p.lag_marketing, p.lag_service, p.lag_sales)[touchpoint]
        self.works.append(Work(day + lag, touchpoint, gain, member))
        self.acted = True
        community.flows[Flow.ACTED] += 1
