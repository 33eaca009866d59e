"""Mesa's agent API over member columns: the one module in which Mesa's traps are met (ODD, 2 and 4.11).

A `Member` is a view of one row, made on demand and kept by nobody; two views of one row are equal. Mesa's own sets
hold agents weakly, so such views would vanish from them: the sets here hold row numbers (`MemberSet`), or agents
strongly (`AgentList`). `attach(model)` puts them where Mesa looks for its agents. Members who have left are in no
set of the model. Everything here reads and writes columns; the rules do not use it.

What Mesa 3.3 and 3.5 do and this module answers to: the two private names of `PRIVATE` hold the registered agents;
Mesa 3.3 keeps every model that ever had an agent (`Agent._ids`), so that mapping is made weak; `model.agents` and
`agents_by_type` must not be weak sets; an event scheduled on a method of a view would be dropped (schedule methods
of the model or of staff); an attribute set on a view would be lost (refused here); Mesa 3.5 writes the model into
its scenario, which would keep it for as long as the scenario lives (`attach` takes it out).
"""

from __future__ import annotations

import difflib
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, MutableSet
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import mesa
import numpy as np

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel
from sim.state.members import COLUMNS, Source, Stage

FIRST_ID = 1_000_000  # unique_id of row 0; Mesa numbers the ordinary agents from 1
ORDERING = int(Rule.ORDERING)
PRIVATE = ("_all_agents", "_agents_by_type")


class _WeakCounts(WeakKeyDictionary):
    """Mesa 3.3's counters of unique ids by model, which no longer keep the models alive."""

    def __getitem__(self, model):
        if model not in self:  # a new model, or a copy of one, which counts on
            agents = getattr(model.agents, "ordinary", model.agents)
            self[model] = itertools.count(1 + max((agent.unique_id for agent in agents), default=0))
        return super().__getitem__(model)


if isinstance(getattr(mesa.Agent, "_ids", None), defaultdict):
    mesa.Agent._ids = _WeakCounts(mesa.Agent._ids)


class Tie(NamedTuple):
    """A tie as its owner feels it; read-only."""

    partner: Member
    strength: float  # closeness felt for the partner, 0-1
    exchanges: int  # own messages to the partner so far
    last: int  # day of the own last message


class Member(mesa.Agent):
    """A member of the community: a view of row `row` of the columns.

    Attributes are the columns of `sim.state.members.COLUMNS`, read and written in place, and `norms` (what the member
    believes of each norm, an array). `unique_id` is `FIRST_ID` + row. Members join by the joining rule alone.
    """

    def __init__(self, model: mesa.Model, row: int | None = None, **columns: Any):
        if row is None or columns:
            raise TypeError(_JOINING)
        if not 0 <= row < model.members.n:
            raise IndexError(f"no member has row {row}; rows are 0 to {model.members.n - 1}")
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "row", int(row))

    @classmethod
    def create_agents(cls, model: mesa.Model, n: int, *args: Any, **kwargs: Any):
        """Refuse: members join by the joining rule."""
        raise TypeError(_JOINING)

    @classmethod
    def from_dataframe(cls, model: mesa.Model, df: Any, **kwargs: Any):
        """Refuse: members join by the joining rule."""
        raise TypeError(_JOINING)

    @property
    def unique_id(self) -> int:
        """The member's number among all agents of the model."""
        return FIRST_ID + self.row

    @property
    def norms(self) -> np.ndarray:
        """How often the member believes each norm is kept, shape (n_norms,); writes reach the columns."""
        return self.model.members.view.norms[self.row]

    @property
    def current(self) -> bool:
        """Whether the member has not left."""
        return self.stage != Stage.LEFT

    @property
    def ties(self) -> list[Tie]:
        """The member's own ties, the strongest first."""
        m, row = self.model.members.view, self.row
        held = self.model.tables.ties[max(0, m.tie_row[row]) :][: m.tie_count[row]]
        found = [
            Tie(_view(self.model, int(tie["partner"])), float(tie["strength"]), int(tie["exchanges"]), int(tie["last"]))
            for tie in held
        ]
        return sorted(found, key=lambda tie: (-tie.strength, tie.partner.row))

    def remove(self) -> None:
        """Leave for good; the row stays, and is never given to another."""
        self.stage = Stage.LEFT

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else f"; columns: {', '.join(COLUMNS)}"
            raise AttributeError(f"`{name}` is no column of a member, it would be lost{hint}")
        getattr(self.model.members.view, name)[self.row] = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Member) and other.row == self.row and other.model is self.model

    def __hash__(self) -> int:
        return hash((id(self.model), self.row))

    def __reduce__(self):
        return _view, (self.model, self.row)

    def __repr__(self) -> str:
        stage, source = Stage(self.stage).name.lower(), Source(self.source).name.lower()
        return f"<Member {self.unique_id}: {stage}, {source}, joined on day {self.joined}>"


def _view(model: mesa.Model, row: int) -> Member:
    """A member without a check of its row: while it is copied, its model may still be empty."""
    member = Member.__new__(Member)
    object.__setattr__(member, "model", model)
    object.__setattr__(member, "row", row)
    return member


_JOINING = (
    "members are rows of columns and join by the joining rule: set `community.members` for the founders and "
    "[joining] for those who come later; a view of member i is `Member(model, i)`"
)


def _column(name: str, meaning: str) -> property:
    def read(self):
        return getattr(self.model.members.view, name)[self.row].item()

    return property(read, doc=meaning)


for _name, _said in COLUMNS.items():
    setattr(Member, _name, _column(_name, _said[2]))


def order_keys(key, who: np.ndarray, number) -> np.ndarray:
    """Draw `number` of each of `who` (int64, shape (n,)) under `key`: float64, shape (n,)."""
    drawn = np.empty(who.size)
    draw_each(key, who, number, drawn)
    return drawn


@kernel
def draw_each(key, who, number, drawn):
    """Fill `drawn` with draw `number` of each of `who`."""
    for i in range(who.size):
        drawn[i] = uniform(key, who[i], number)


class GroupBy:
    """Groups of agents by a value, as Mesa's: `groups` maps each value to a set or list of agents."""

    def __init__(self, groups: dict):
        self.groups = groups

    def map(self, method: Callable | str, *args: Any, **kwargs: Any) -> dict:
        """The result of a function of each group, or of a method of it, by group."""
        call = _caller(method, args, kwargs)
        return {name: call(group) for name, group in self.groups.items()}

    def do(self, method: Callable | str, *args: Any, **kwargs: Any) -> GroupBy:
        """As `map`, but returns the groups."""
        self.map(method, *args, **kwargs)
        return self

    def count(self) -> dict:
        """How many agents each group has."""
        return {name: len(group) for name, group in self.groups.items()}

    def agg(self, attr_name: str, func: Callable) -> dict:
        """A function of the values of an attribute, by group."""
        return {
            name: func([getattr(agent, attr_name) for agent in group])
            if isinstance(group, list)
            else group.agg(attr_name, func)
            for name, group in self.groups.items()
        }

    def __iter__(self) -> Iterator:
        return iter(self.groups.items())

    def __len__(self) -> int:
        return len(self.groups)


def _caller(method: Callable | str, args: tuple, kwargs: dict) -> Callable:
    """What `do` and `map` call with each agent: a function, or a method by name."""
    if isinstance(method, str):
        return lambda agent: getattr(agent, method)(*args, **kwargs)
    return lambda agent: method(agent, *args, **kwargs)


class AgentApi(MutableSet):
    """Mesa's AgentSet API, for sets that hold no agent weakly. What is made from such a set is strong too."""

    model: mesa.Model

    # What a kind of set must say: its agents, a set of some of them in a given order, and how to become another.
    def _subset(self, agents: Iterable) -> AgentApi:
        return AgentList(self.model, agents)

    def _become(self, other: AgentApi) -> AgentApi:
        raise ValueError("this set is the model's own: take a copy, or leave `inplace` out")

    def _shuffled(self, number: int) -> AgentApi:
        agents = self.to_list()
        members = np.array([isinstance(agent, Member) for agent in agents], bool)
        who = np.array([a.key if isinstance(a, Member) else a.unique_id for a in agents], np.int64)
        key = day_key(self.model.root, ORDERING, self.model.day)
        drawn = np.where(members, order_keys(key, who, 2 * number), order_keys(key, who, 2 * number + 1))
        return self._subset(agents[i] for i in np.argsort(drawn, kind="stable"))

    @classmethod
    def _from_iterable(cls, agents: Iterable) -> AgentApi:  # what |, & and - of sets are made with
        agents = list(agents)
        return AgentList(agents[0].model if agents else None, agents)

    @property
    def random(self):
        """The model's standard generator; nothing here draws from it."""
        return self.model.random

    def to_list(self) -> list:
        """The agents as a list."""
        return list(self)

    def copy(self) -> AgentApi:
        """A set of its own with the same agents."""
        return self._subset(self)

    __copy__ = copy

    def select(
        self,
        filter_func: Callable | None = None,
        at_most: float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> AgentApi:
        """Those that pass the filter and are of the type; the first `at_most` of them (a float to 1: a share)."""
        most = int(len(self) * at_most) if isinstance(at_most, float) and at_most <= 1.0 else at_most
        passing = (
            agent
            for agent in self
            if (filter_func is None or filter_func(agent)) and (agent_type is None or isinstance(agent, agent_type))
        )
        chosen = self._subset(itertools.islice(passing, None if most == float("inf") else int(most)))
        return self._become(chosen) if inplace else chosen

    def shuffle(self, inplace: bool = False, number: int = 0) -> AgentApi:
        """The same agents in random order.

        The order is drawn from (seed, day, agent, `number`) and from no stream: asking for it changes nothing, and
        asking again on the same day gives the same order unless `number` differs.
        """
        shuffled = self._shuffled(number)
        return self._become(shuffled) if inplace else shuffled

    def sort(self, key: Callable | str, ascending: bool = False, inplace: bool = False) -> AgentApi:
        """The same agents in order of an attribute or of a function, the greatest first."""
        read = key if callable(key) else lambda agent: getattr(agent, key)
        ordered = self._subset(sorted(self, key=read, reverse=not ascending))
        return self._become(ordered) if inplace else ordered

    def groupby(self, by: Callable | str, result_type: str = "agentset") -> GroupBy:
        """The agents by an attribute or by a function of each; groups are sets, or lists for "list"."""
        if result_type not in ("agentset", "list"):
            raise ValueError(f"result_type {result_type!r}: must be `agentset` or `list`")
        read = by if callable(by) else lambda agent: getattr(agent, by)
        groups: dict = defaultdict(list)
        for agent in self:
            groups[read(agent)].append(agent)
        kept = groups if result_type == "list" else {name: self._subset(group) for name, group in groups.items()}
        return GroupBy(dict(kept))

    def _in_turn(self, agents: Iterable) -> Iterator:
        """Those of `agents` that are still there when their turn comes."""
        return iter(list(agents))

    def map(self, method: Callable | str, *args: Any, **kwargs: Any) -> list:
        """The results of a function of each agent, or of a method of each."""
        call = _caller(method, args, kwargs)
        return [call(agent) for agent in self._in_turn(self)]

    def do(self, method: Callable | str, *args: Any, **kwargs: Any) -> AgentApi:
        """Call a function with each agent, or a method of each."""
        call = _caller(method, args, kwargs)
        for agent in self._in_turn(self):
            call(agent)
        return self

    def shuffle_do(self, method: Callable | str, *args: Any, **kwargs: Any) -> AgentApi:
        """As `do`, in the order of `shuffle`."""
        call = _caller(method, args, kwargs)
        for agent in self._in_turn(self.shuffle()):
            call(agent)
        return self

    def get(self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None) -> list:
        """The values of an attribute, or a list of values of each agent for a list of attributes."""
        if handle_missing not in ("error", "default"):
            raise ValueError(f"handle_missing {handle_missing!r}: must be `error` or `default`")
        if isinstance(attr_names, str):
            return self._values(attr_names, handle_missing, default_value)
        columns = [self._values(name, handle_missing, default_value) for name in attr_names]
        return [list(row) for row in zip(*columns, strict=True)]

    def _values(self, name: str, handle_missing: str, default: Any) -> list:
        if handle_missing == "default":
            return [getattr(agent, name, default) for agent in self]
        return [getattr(agent, name) for agent in self]

    def set(self, attr_name: str, value: Any) -> AgentApi:
        """Give every agent the same value of an attribute."""
        for agent in self:
            setattr(agent, attr_name, value)
        return self

    def agg(self, attribute: str, func: Callable | Iterable[Callable]) -> Any:
        """A function of the values of an attribute, or several."""
        values = self.get(attribute)
        return func(values) if callable(func) else [one(values) for one in func]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)}>"


class AgentList(AgentApi):
    """Agents of any kind in a given order, held strongly."""

    def __init__(self, model: mesa.Model, agents: Iterable = ()):
        self.model = model
        self._held = dict.fromkeys(agents)

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator:
        return iter(self._held)

    def __contains__(self, agent: object) -> bool:
        return agent in self._held

    def __reduce__(self):
        return AgentList, (self.model, list(self._held))

    def _become(self, other: AgentApi) -> AgentApi:
        self._held = dict.fromkeys(other)
        return self

    def add(self, value: Any) -> None:
        """Add an agent at the end."""
        self._held[value] = None

    def discard(self, value: Any) -> None:
        """Take an agent out, if it is in."""
        self._held.pop(value, None)


class MemberSet(AgentApi):
    """Members, as row numbers in a given order; without `rows`: whoever is current, in order of rows."""

    def __init__(self, model: mesa.Model, rows: np.ndarray | None = None):
        self.model = model
        self._rows = None if rows is None else np.asarray(rows, np.int64)

    @property
    def rows(self) -> np.ndarray:
        """The row numbers, int64, in order."""
        if self._rows is None:
            return np.flatnonzero(self.model.members.view.stage != Stage.LEFT)
        return self._rows

    @property
    def live(self) -> bool:
        """Whether this is the model's own set, which changes as members come and leave."""
        return self._rows is None

    def __len__(self) -> int:
        return self.rows.size

    def __iter__(self) -> Iterator[Member]:
        model = self.model
        return (_view(model, row) for row in self.rows.tolist())

    def __contains__(self, agent: object) -> bool:
        if not isinstance(agent, Member) or agent.model is not self.model:
            return False
        return agent.current if self._rows is None else bool((self._rows == agent.row).any())

    def _subset(self, agents: Iterable) -> AgentApi:
        return MemberSet(self.model, np.fromiter((agent.row for agent in agents), np.int64))

    def _become(self, other: AgentApi) -> AgentApi:
        if self._rows is None or not isinstance(other, MemberSet):
            return super()._become(other)
        self._rows = other.rows
        return self

    def _in_turn(self, agents: Iterable) -> Iterator:
        rows = agents.rows if isinstance(agents, MemberSet) else [agent.row for agent in agents]
        for row in np.asarray(rows).tolist():
            if self._rows is not None or self.model.members.view.stage[row] != Stage.LEFT:
                yield _view(self.model, row)

    def _shuffled(self, number: int) -> AgentApi:
        rows, key = self.rows, day_key(self.model.root, ORDERING, self.model.day)
        drawn = order_keys(key, self.model.members.view.key[rows], 2 * number)
        return MemberSet(self.model, rows[np.argsort(drawn, kind="stable")])

    def column(self, name: str) -> np.ndarray:
        """The values of a column, as an array of its own in the order of the set."""
        return getattr(self.model.members.view, name)[self.rows]

    def copy(self) -> AgentApi:
        """A set of its own with the same members."""
        return MemberSet(self.model, self.rows.copy())

    __copy__ = copy

    def select(
        self,
        filter_func: Callable | None = None,
        at_most: float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
        *,
        mask: np.ndarray | None = None,
    ) -> AgentApi:
        """As Mesa's; `mask` is bool by row, shape (members.n,): `select(mask=model.members.view.trust > 0.5)`."""
        source = self
        if mask is not None:
            mask = np.asarray(mask)
            if mask.dtype != bool or mask.shape != (self.model.members.n,):
                raise ValueError(
                    f"mask: {mask.dtype}, shape {mask.shape}; must be bool by row, shape ({self.model.members.n},)"
                )
            source = MemberSet(self.model, self.rows[mask[self.rows]])
        most = int(len(self) * at_most) if isinstance(at_most, float) and at_most <= 1.0 else at_most
        if agent_type is not None and not issubclass(Member, agent_type):
            source = MemberSet(self.model, np.empty(0, np.int64))
        if filter_func is None:
            rows = source.rows
            chosen: AgentApi = MemberSet(self.model, rows[: int(min(most, rows.size))].copy())
        else:
            chosen = AgentApi.select(source, filter_func, int(most) if most != float("inf") else most)
        return self._become(chosen) if inplace else chosen

    def sort(self, key: Callable | str, ascending: bool = False, inplace: bool = False) -> AgentApi:
        """The same members in order of a column or of a function, the greatest first; equals keep their order."""
        if callable(key) or key not in COLUMNS:
            return super().sort(key, ascending, inplace)
        values = self.column(key)
        order = np.argsort(values if ascending else -values.astype(np.float64), kind="stable")
        ordered = MemberSet(self.model, self.rows[order])
        return self._become(ordered) if inplace else ordered

    def groupby(self, by: Callable | str, result_type: str = "agentset") -> GroupBy:
        """The members by a column or by a function of each; groups are sets, or lists for "list"."""
        if callable(by) or by not in COLUMNS or result_type != "agentset":
            return super().groupby(by, result_type)
        rows, values = self.rows, self.column(by)
        return GroupBy({value.item(): MemberSet(self.model, rows[values == value]) for value in np.unique(values)})

    def _values(self, name: str, handle_missing: str, default: Any) -> list:
        if name in COLUMNS:
            return self.column(name).tolist()
        return super()._values(name, handle_missing, default)

    def set(self, attr_name: str, value: Any) -> AgentApi:
        """Give every member the same value of a column, or each its own by an array in the order of the set."""
        if attr_name not in COLUMNS:
            return super().set(attr_name, value)
        getattr(self.model.members.view, attr_name)[self.rows] = value
        return self

    def agg(self, attribute: str, func: Callable | Iterable[Callable]) -> Any:
        """A function of the values of a column (it gets an array), or several."""
        values = self.column(attribute) if attribute in COLUMNS else self.get(attribute)
        return func(values) if callable(func) else [one(values) for one in func]

    def add(self, value: Any) -> None:
        """Add a member at the end; the model's own set grows by the joining rule alone."""
        if self._rows is None:
            raise TypeError(_JOINING)
        if value not in self:
            self._rows = np.append(self._rows, value.row)

    def discard(self, value: Any) -> None:
        """Take a member out, if it is in; from the model's own set that means to leave for good."""
        if value not in self:
            return
        if self._rows is None:
            value.remove()
        else:
            self._rows = self._rows[self._rows != value.row]


class AllAgents(AgentApi):
    """Every agent of a model: the ordinary ones as Mesa registers them, then the current members."""

    def __init__(self, model: mesa.Model, ordinary: Any, members: MemberSet):
        self.model = model
        self.ordinary = ordinary
        self.members = members

    def __len__(self) -> int:
        return len(self.ordinary) + len(self.members)

    def __iter__(self) -> Iterator:
        return itertools.chain(list(self.ordinary), self.members)

    def __contains__(self, agent: object) -> bool:
        return agent in (self.members if isinstance(agent, Member) else self.ordinary)

    def _in_turn(self, agents: Iterable) -> Iterator:
        return (agent for agent in list(agents) if agent in self)

    def add(self, value: Any) -> None:
        """Register an ordinary agent (Mesa calls this)."""
        (self.members if isinstance(value, Member) else self.ordinary).add(value)

    def discard(self, value: Any) -> None:
        """Deregister an ordinary agent (Mesa calls this); a member leaves for good."""
        (self.members if isinstance(value, Member) else self.ordinary).discard(value)

    def _values(self, name: str, handle_missing: str, default: Any) -> list:
        # Agents of different kinds share few attributes: one word more than Python's own on which kind lacks it.
        try:
            return super()._values(name, handle_missing, default)
        except AttributeError as error:
            raise AttributeError(f"{error}; `model.agents_by_type` has the kinds apart") from None


def attach(model: mesa.Model) -> None:
    """Let Mesa find the members of a model: `agents`, `agents_by_type[Member]`, `agent_types`.

    Call it once at the end of the model's `__init__`; calling it again does nothing. The model has `members`,
    `ties`, `root` and `day`.

    Raises
    ------
    RuntimeError : if this Mesa keeps its agents under other names than it did in 3.3 to 3.5
    """
    missing = [name for name in PRIVATE if not hasattr(model, name)]
    if missing:
        raise RuntimeError(
            f"Mesa {mesa.__version__} does not keep its agents under `{'`, `'.join(missing)}`, as Mesa 3.3 to 3.5 do; "
            "install one of these, or teach sim/agents.py the new name"
        )
    vars(model.scenario).pop("model", None)
    if isinstance(model._all_agents, AllAgents):
        return
    members = MemberSet(model)
    model._agents_by_type[Member] = members
    model._all_agents = AllAgents(model, model._all_agents, members)


def set_clock(model: mesa.Model, day: int) -> None:
    """Let Mesa's clock stand where it stands after `day` steps."""
    model.steps = day
    schedule = getattr(model, "_default_schedule", None)
    if schedule is not None:  # Mesa 3.5, where a step is an event at the next whole time
        schedule.pause()
        model.time = float(day)
        schedule.resume()


def advance_clock(model: mesa.Model, days: int) -> None:
    """Let Mesa's clock go on by `days` steps."""
    set_clock(model, model.steps + days)
