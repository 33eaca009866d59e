"""The tables of a run: the memory behind the state, and its growth."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from sim import own
from sim.compiled.by_address import by_address
from sim.measures import CLOSENESS, COMPANY_LINES, MEMBER_LINES
from sim.rules.room import Room
from sim.scenario import Scenario
from sim.state import norms
from sim.state.company import COMPANY, INSIGHT, MESSAGE, WORK
from sim.state.conversations import OWED
from sim.state.events import EVENT
from sim.state.flows import N_FLOWS
from sim.state.members import COLUMNS, Columns, Stage, blank_columns, with_more
from sim.state.posts import POST
from sim.state.state import COUNT, ENTRY, LONGEST, NOW, VISIT, Out, State
from sim.state.table import given, record, with_room
from sim.state.team import PERSON
from sim.state.ties import TIE, places

OF_MEMBERS = ("beliefs", "visits", "recent", "ego", "sorted")  # as many rows as members can be


View = namedtuple("View", [*COLUMNS, "norms"])  # type: ignore[misc]


def guests(scenario: Scenario) -> np.ndarray:
    """Room for who comes to a gathering or works on a project, as many as `scenario` allows at the most."""
    return np.zeros(max(scenario.meeting.places, scenario.creating.largest), np.int32)


class Members:
    """The members so far: `view`, their columns as arrays by name, with `norms` (n, n_norms)."""

    def __init__(self, tables: Tables):
        self._tables = tables
        self._seen: tuple[int, int] = (-1, -1)
        self._view: Any = None

    @property
    def n(self) -> int:
        """How many rows: members so far, those who left included."""
        return int(self._tables.now.members)

    @property
    def view(self) -> Any:
        """The columns, each an array (n,) that shares the memory of the tables, and after them `norms`."""
        seen, n = (self.n, self._tables.version), self.n
        if seen != self._seen:
            columns = (column[:n] for column in self._tables.columns.values())
            self._seen, self._view = seen, View._make([*columns, self._tables.rows["beliefs"][:n]])
        return self._view

    @property
    def current(self) -> int:
        """Members who have not left."""
        return int(np.count_nonzero(self.view.stage != Stage.LEFT))

    def __getstate__(self):
        return {"_tables": self._tables, "_seen": (-1, -1), "_view": None}


class Tables:
    """What a run holds in memory.

    `columns` are those of the members, `rows` has every other table with the rows that it can hold, `now` and `count`
    how many are in use, `company` the company; `state` and `out` are these as rules are given them. Rows that nobody
    has written to take no memory yet.
    """

    def __init__(self, scenario: Scenario, keep_events: bool):
        world, n_norms, n_team = scenario.community, len(scenario.norms), len(scenario.team)
        n = int(world.members * 1.5) + 64
        start = scenario.listening
        self.now, self.count, self.company = record(NOW), record(COUNT), record(COMPANY)
        self.closeness = record(CLOSENESS)
        self.now.listing, self.now.market = -1, world.market_per_member * world.members
        self.company.experience[:] = start.experience
        self.company.capability = start.capability
        self.places = places(scenario.ties.slots)  # for ties, of each member at the most
        self.columns = blank_columns(n)
        self.rows: dict[str, np.ndarray] = {
            "beliefs": np.zeros((n, n_norms)),
            "ties": np.zeros(n * self.places, TIE), "posts": np.zeros(1024 + 3 * world.members, POST),
            "norms": norms.rows(scenario.norms), "team": np.zeros(n_team, PERSON),
            "insights": np.zeros(64, INSIGHT), "works": np.zeros(64, WORK), "owed": np.zeros(1024, OWED),
            "messages": np.zeros(16, MESSAGE),
            "visits": np.zeros(n, VISIT), "recent": np.zeros(n, np.int32), "lists": np.zeros(1024, ENTRY),
            "events": np.zeros(1 if keep_events else 0, EVENT), "ego": np.zeros(n), "sorted": np.zeros(n),
            "series": np.zeros((0, 0)),
        }  # fmt: skip
        of_rules, of_members = own.tables(scenario, n)
        self.rows |= of_rules
        self.of_members = (*OF_MEMBERS, *of_members)
        self.talk, self.heard = (np.zeros((n_team, world.topics)) for _ in range(2))
        self.library, self.volume = np.zeros(world.topics), np.zeros(world.topics, np.int64)
        self.guests = guests(scenario)
        self.flows, self.dawn = np.zeros(N_FLOWS), np.zeros(N_FLOWS)
        self.company_value, self.member_value = np.zeros(len(COMPANY_LINES)), np.zeros(len(MEMBER_LINES))
        self.shares = np.zeros((0, 2), np.int64)
        self.members, self.version = Members(self), 0
        self.lay_out()

    def lay_out(self) -> None:
        """Lay the tables out anew as rules are given them, after any of them has been replaced."""
        rows = self.rows
        table = {name: given(one) for name, one in rows.items() if one.dtype.names}
        self.version += 1
        self.state = by_address(State(
            now=self.now, members=by_address(Columns(**self.columns)), beliefs=rows["beliefs"], ties=table["ties"],
            posts=table["posts"], norms=table["norms"], team=table["team"], talk=self.talk, heard=self.heard,
            company=self.company, library=self.library, volume=self.volume, insights=table["insights"],
            works=table["works"], owed=table["owed"], messages=table["messages"], visits=table["visits"],
            recent=rows["recent"], guests=self.guests, short_list=given(np.zeros(LONGEST, ENTRY)), lists=table["lists"],
            scratch=np.zeros((2, len(rows["beliefs"]) + 1), np.int32),
        ))  # fmt: skip
        self.out = by_address(Out(
            count=self.count, flows=self.flows, dawn=self.dawn, events=table["events"],
            company_value=self.company_value, member_value=self.member_value, closeness=self.closeness,
            ego=rows["ego"], sorted=rows["sorted"], shares=self.shares, series=rows["series"],
        ))  # fmt: skip

    def make_room(self, room: Room) -> None:
        """Let the tables have the rows that a day may need."""
        now, rows = self.now, self.rows
        if room.members > len(self.columns["key"]):
            self.columns = with_more(self.columns, now.members, max(room.members, len(self.columns["key"]) * 5 // 4))
        for name in self.of_members:
            held = min(now.members, len(rows[name]))  # fewer where a checkpoint has just been read
            rows[name] = with_room(rows[name], held, room.members)
        rows["ties"] = with_room(rows["ties"], now.tie_rows, room.members * self.places)
        used = {
            "posts": now.next - now.start, "insights": now.insights, "works": now.works, "owed": now.owed,
            "messages": now.messages, "lists": now.listed, "events": self.count.events, "series": self.count.rows,
        }  # fmt: skip
        for name, in_use in used.items():
            rows[name] = with_room(rows[name], int(in_use), getattr(room, name))
        self.lay_out()

    def observe_into(self, measures: int) -> None:
        """Begin a series of days observed, of `measures` numbers each, unless it has begun."""
        if self.rows["series"].shape[1] != measures:
            self.rows["series"], self.count.rows = np.zeros((400, measures)), 0
            self.lay_out()

    def take_series(self) -> np.ndarray:
        """The days observed so far, float64 (n_days, n_measures); the series begins anew."""
        taken = self.rows["series"][: self.count.rows].copy()
        self.count.rows = 0
        return taken

    def take_last(self) -> list[float]:
        """The latest day of the series (n_measures,), which is taken out of it."""
        self.count.rows -= 1
        return self.rows["series"][self.count.rows].tolist()

    def change_norms(self, scenario: Scenario) -> None:
        """Let norms be as `scenario` has them; what is remembered of them stays, and what is written down."""
        now, table = norms.rows(scenario.norms), self.rows["norms"]
        for name in ("breach", "start", "tolerance", "by_peers", "by_staff", "temptation"):
            table[name] = now[name]
        table["visible"] |= now["visible"]

    @property
    def ties(self) -> np.ndarray:
        """The places for ties given out, TIE (tie_rows,): a member's ties are `tie_count` from `tie_row` on."""
        return self.rows["ties"][: self.now.tie_rows]

    @property
    def posts(self) -> np.ndarray:
        """The open posts, the oldest first: POST (n_open,)."""
        now = self.now
        return self.rows["posts"][now.oldest - now.start : now.next - now.start]

    @property
    def events(self) -> np.ndarray:
        """The events kept so far: EVENT (n_events,)."""
        return self.rows["events"][: self.count.events]

    def __getstate__(self):
        return {name: item for name, item in vars(self).items() if name not in ("state", "out")}

    def __setstate__(self, state):
        vars(self).update(state)
        for name in (
            "now",
            "count",
            "company",
            "closeness",
        ):  # a record that was pickled keeps nothing that Python writes
            setattr(self, name, np.array(getattr(self, name)).reshape(1).view(np.recarray)[0])
        self.columns = with_more(self.columns, self.now.members, len(self.columns["key"]))
        self.lay_out()
