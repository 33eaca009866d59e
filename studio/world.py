"""One side of the studio: a running community, its measures day by day, and what a picture of it needs.

Watching changes nothing: everything here is read off the state after the day is done.
"""

from __future__ import annotations

import numpy as np

from sim import events as log
from sim.community import Community
from sim.measures import LEFT, mutual
from sim.scenario import Scenario
from sim.state.members import Stage
from sim.state.ties import felt
from studio.setup import Name, Setup

MOST_DRAWN = 600
CLOSEST = 5  # ties on a member's card
PERSON = np.dtype([("key", "<f8"), ("x", "<u2"), ("y", "<u2"), ("stage", "u1"), ("passion", "u1"), ("topic", "<u2")])
TIE = np.dtype([("source", "<u2"), ("target", "<u2"), ("strength", "u1"), ("today", "u1")])
WORD = np.dtype([("member", "<u2"), ("person", "u1"), ("spare", "u1")])


class World:
    """A community under one side of a setup, stepped day by day."""

    def __init__(self, setup: Setup, name: Name, replicate: int = 0):
        self.setup, self.name = setup, name
        self.community = Community(setup.scenario(name), setup.seed_of(replicate), keep_events=True)
        self.rows = [self.community.observe()]
        self.given: dict[int, tuple[int, int]] = {}  # row of a member: day and row of whom it last answered
        self.taken: dict[int, tuple[int, int]] = {}
        self.talks: set[tuple[int, int]] = set()  # pairs who wrote to each other since the last picture
        self.words: set[tuple[int, int]] = set()  # (member, person of the team) addressed since then
        self.sent = [0] * len(self.community.team)  # messages and threads of each person of the team since then
        self.places = np.zeros((0, 2))

    @property
    def day(self) -> int:
        """Days since the founding."""
        return self.community.day

    def change(self, scenario: Scenario) -> None:
        """Live under `scenario` from the next day on."""
        self.community.change(scenario)

    def step(self) -> None:
        """One day, after what the setup says about the evening before."""
        if self.day and self.setup.moved(self.name, self.day):
            self.change(self.setup.scenario(self.name, self.day))
        self.community.step()
        self.rows.append(self.community.observe())
        self._listen(self.community.event_log.pop())

    def _listen(self, events: log.Events) -> None:
        """Note who wrote to whom."""
        for source, target, kind in zip(
            *(a.tolist() for a in (events.source, events.target, events.kind)), strict=True
        ):
            if source >= 0 and target >= 0 and source != target:
                self.talks.add((min(source, target), max(source, target)))
                if kind == log.ANSWER:
                    self.given[source], self.taken[target] = (self.day, target), (self.day, source)
            elif source <= -2 and target >= 0:
                self.words.add((target, -2 - source))
            elif source <= -2:
                self.sent[-2 - source] += 1

    def forget(self) -> None:
        """Begin to note anew who writes to whom."""
        self.talks.clear()
        self.words.clear()
        self.sent = [0] * len(self.sent)

    def drawn(self) -> np.ndarray:
        """Rows of the members to draw: at most `MOST_DRAWN`, picked by a hash of the key; who has left comes last."""
        m = self.community.members.view
        return np.sort(np.lexsort((_mixed(m.key), m.stage == LEFT))[:MOST_DRAWN])

    def picture(self) -> tuple[dict, bytes]:
        """What a page draws: counts for its header, and the records PERSON, TIE and WORD one after the other."""
        m, rows = self.community.members.view, self.drawn()
        self._settle()
        people = np.zeros(rows.size, PERSON)
        people["key"], people["stage"], people["topic"] = m.key[rows], m.stage[rows], m.topic[rows]
        people["x"], people["y"] = (np.round(self.places[rows] * 65_535)).T
        people["passion"] = np.clip(128 + 40 * m.passion[rows], 0, 255)
        place = np.full(m.key.size, -1)
        place[rows] = np.arange(rows.size)
        place[m.stage == LEFT] = -1  # who has left is seen to be missing, and has no lines
        ties = self._ties(place)
        at = [(place[i], person) for i, person in sorted(self.words) if place[i] >= 0]
        words = np.array([(i, person, 0) for i, person in at], WORD)
        counts = {
            "people": int(rows.size), "ties": int(ties.size), "words": int(words.size), "sent": list(self.sent),
            "members": self.community.current,
            "team": [{"name": person.name, "kind": type(person).__name__.lower()} for person in self.community.team],
        }  # fmt: skip
        return counts, people.tobytes() + ties.tobytes() + words.tobytes()

    def _ties(self, place: np.ndarray) -> np.ndarray:
        """Ties that both feel, between the drawn, each pair once; and pairs who talk though no tie is felt yet."""
        ties = self.community.ties.view
        n = ties.count.size
        owner, slot = np.nonzero(np.arange(ties.partner.shape[1]) < ties.count[:, None])
        partner, strength = ties.partner[owner, slot].astype(np.int64), ties.strength[owner, slot]
        there, back = owner * n + partner, partner * n + owner
        order = np.argsort(there)
        found = np.searchsorted(there, back, sorter=order)
        twin = order[np.minimum(found, order.size - 1)] if order.size else order
        met = (there[twin] == back) & (place[owner] >= 0) & (place[partner] >= 0) & (owner < partner)
        close = np.sqrt(strength * strength[twin])
        keep = met & (close > 0.0)
        talked = np.array([i * n + j for i, j in self.talks], np.int64)
        pairs = np.concatenate([there[keep], talked[~np.isin(talked, there[keep])]])
        pairs = pairs[(place[pairs // n] >= 0) & (place[pairs % n] >= 0)] if pairs.size else pairs
        made = np.zeros(pairs.size, TIE)
        made["source"], made["target"] = place[pairs // n], place[pairs % n]
        made["strength"][: keep.sum()] = np.maximum(np.round(255 * close[keep]), 1)
        made["today"] = np.isin(pairs, talked)
        return made

    def _settle(self) -> None:
        """Give new members a place: topics lie in a ring, founders close together, later members around them.

        A place depends on the key alone (and on a founder's rank in its topic), so one person has one place in both
        pictures.
        """
        m, known = self.community.members.view, len(self.places)
        if m.key.size == known:
            return
        key, topic = m.key[known:], m.topic[known:].astype(int)
        topics = self.community.scenario.community.topics
        angle = 2.0 * np.pi * topic / topics - np.pi / 2
        inner = min(0.27, 0.62 * np.sin(np.pi / topics))
        if known == 0:
            rank = np.array([np.sum(topic[:i] == topic[i]) for i in range(topic.size)])
            largest = np.bincount(topic, minlength=topics).max()
            radius, turn = inner * np.sqrt((rank + 0.5) / largest), rank * 2.399963  # the golden angle: a sunflower
        else:
            mixed = _mixed(key)
            radius = inner * (1.04 + 0.3 * (mixed % 1009) / 1009.0)
            turn = (mixed // 1009 % 4099) / 4099.0 * 2.0 * np.pi
        x = 0.62 * np.cos(angle) + radius * np.cos(turn)
        y = 0.62 * np.sin(angle) + radius * np.sin(turn)
        new = np.clip(0.5 + np.stack([x, y], axis=1) / 2.0, 0.0, 1.0)
        self.places = np.concatenate([self.places, new])

    def card(self, key: int) -> dict | None:
        """What there is to know of the member with `key`, or None where this world has no such member."""
        m, ties = self.community.members.view, self.community.ties.view
        at = np.flatnonzero(m.key == key)
        if not at.size:
            return None
        i = int(at[0])

        def help_of(found: dict[int, tuple[int, int]]) -> dict | None:
            return {"day": found[i][0], "key": int(m.key[found[i][1]])} if i in found else None

        close = []
        for k in range(int(ties.count[i])):
            j = int(ties.partner[i, k])
            strength = float(mutual(ties.strength[i, k], felt(ties, j, i)))
            if strength > 0.0 and m.stage[j] != LEFT:
                close.append({"key": int(m.key[j]), "strength": round(strength, 3)})
        close.sort(key=lambda tie: -tie["strength"])
        state = {name: round(float(getattr(m, name)[i]), 3) for name in ("passion", "trust", "belonging", "annoyance")}
        return {
            "stage": Stage(int(m.stage[i])).name.lower(), "joined": int(m.joined[i]), "topic": int(m.topic[i]) + 1,
            "need": bool(m.need[i] >= 0), "written": int(m.written[i]), "helped": int(m.helped[i]), **state,
            "ties": len(close), "closest": close[:CLOSEST],
            "given": help_of(self.given), "taken": help_of(self.taken),
        }  # fmt: skip


def _mixed(key: np.ndarray) -> np.ndarray:
    """Keys stirred (the finaliser of SplitMix64), so that neighbours land apart; for pictures only."""
    z = np.asarray(key).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z ^ (z >> np.uint64(31))).astype(np.int64) & 0x7FFFFFFFFFFF
