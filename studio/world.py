"""One side of the studio: a running community, its measures day by day, and what a picture of it needs.

Watching changes nothing: everything here is read off the state after the day is done.
"""

from __future__ import annotations

import numpy as np

from sim.agents import order_keys
from sim.community import Community
from sim.compiled.draws import Rule, day_key
from sim.measures import LEFT, mutual
from sim.state import events as log
from sim.state.members import Stage
from sim.state.ties import held
from studio.setup import Name, Setup

MOST_DRAWN = 600
CLOSEST = 5  # ties on a member's card
PERSON = np.dtype([("key", "<f8"), ("x", "<u2"), ("y", "<u2"), ("stage", "u1"), ("passion", "u1"), ("topic", "<u2")])
TIE = np.dtype([("source", "<u2"), ("target", "<u2"), ("strength", "u1"), ("today", "u1")])
WORD = np.dtype([("member", "<u2"), ("person", "u1"), ("spare", "u1")])


def live(community: Community, setup: Setup, side: Name) -> None:
    """One day of one side of a setup, after the moves that the setup has for the evening before."""
    if community.day and setup.moved(side, community.day):
        community.change(setup.scenario(side, community.day))
    community.step()


class World:
    """A community under one side of a setup, stepped day by day."""

    def __init__(self, setup: Setup, name: Name, replicate: int = 0):
        self.setup, self.name = setup, name
        self.community = Community(setup.scenario(name), setup.seed_of(replicate), keep_events=True)
        self.rows = [self.community.observe()]  # then one a step
        self.given: dict[int, tuple[int, int]] = {}  # row of a member: day and row of whom it last answered
        self.taken: dict[int, tuple[int, int]] = {}
        self.talks: set[tuple[int, int]] = set()  # pairs who wrote to each other since the last picture
        self.words: set[tuple[int, int]] = set()  # (member, person of the team) addressed since then
        self.sent = [0] * len(self.community.team)  # messages and threads of each person of the team since then
        self.heard = 0  # events that it has taken note of
        self.places = np.zeros((0, 2))

    @property
    def day(self) -> int:
        """Days since the founding."""
        return self.community.day

    def step(self) -> None:
        """One day."""
        live(self.community, self.setup, self.name)
        self._note()

    def live_week(self) -> None:
        """A week at once, for who looks no closer: one row. Moves act from its first day on."""
        self.forget()
        if self.day and self.setup.moved(self.name, self.day):
            self.community.change(self.setup.scenario(self.name, self.day))
        self.community.run(7)
        self._note()

    def _note(self) -> None:
        """Take down what there is to see now."""
        self.rows.append(self.community.observe())
        self._listen(self.community.events[self.heard :])
        self.heard = len(self.community.events)

    def _listen(self, events: np.ndarray) -> None:
        """Note who wrote to whom."""
        for source, target, kind in events[["source", "target", "kind"]].tolist():
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
        return np.sort(np.lexsort((self._drawn(m.key, 2), m.stage == LEFT))[:MOST_DRAWN])

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
        n, ties = self.community.members.n, held(self.community.members.view, self.community.tables.ties)
        close, there = np.sqrt(ties.strength * ties.back), ties.owner * n + ties.partner
        keep = (ties.owner < ties.partner) & (close > 0.0) & (place[ties.owner] >= 0) & (place[ties.partner] >= 0)
        talked = np.array([i * n + j for i, j in self.talks], np.int64)
        pairs = np.concatenate([there[keep], talked[~np.isin(talked, there[keep])]])
        pairs = pairs[(place[pairs // n] >= 0) & (place[pairs % n] >= 0)] if pairs.size else pairs
        lines = np.zeros(pairs.size, TIE)
        lines["source"], lines["target"] = place[pairs // n], place[pairs % n]
        lines["strength"][: keep.sum()] = np.maximum(np.round(255 * close[keep]), 1)
        lines["today"] = np.isin(pairs, talked)
        return lines

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
            radius = inner * (1.04 + 0.3 * self._drawn(key, 0))
            turn = 2.0 * np.pi * self._drawn(key, 1)
        x = 0.62 * np.cos(angle) + radius * np.cos(turn)
        y = 0.62 * np.sin(angle) + radius * np.sin(turn)
        new = np.clip(0.5 + np.stack([x, y], axis=1) / 2.0, 0.0, 1.0)
        self.places = np.concatenate([self.places, new])

    def _drawn(self, key: np.ndarray, number: int) -> np.ndarray:
        """A draw of each key, in [0, 1); for pictures only."""
        return order_keys(day_key(0, int(Rule.PLACES), 0), key, number)

    def card(self, key: int) -> dict | None:
        """What there is to know of the member with `key`, or None where this world has no such member."""
        m = self.community.members.view
        at = np.flatnonzero(m.key == key)
        if not at.size:
            return None
        i = int(at[0])

        def help_of(noted: dict[int, tuple[int, int]]) -> dict | None:
            return {"day": noted[i][0], "key": int(m.key[noted[i][1]])} if i in noted else None

        close = []
        for tie in self.community.tables.ties[max(0, m.tie_row[i]) :][: m.tie_count[i]]:
            j = int(tie["partner"])
            strength = float(mutual(tie["strength"], tie["back"]))
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
