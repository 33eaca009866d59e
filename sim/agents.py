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
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, MutableSet
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import mesa
import numpy as np
from mesa.agent import AgentSet

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import allocating
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
    def create_agents(cls, *args: Any, **kwargs: Any):
        """Refuse: members join by the joining rule."""
        raise TypeError(_JOINING)

    from_dataframe = create_agents

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
        partners = [_view(self.model, partner) for partner in held["partner"].tolist()]
        columns = (held[name].tolist() for name in ("strength", "exchanges", "last"))
        return sorted(map(Tie, partners, *columns), key=lambda tie: (-tie.strength, tie.partner.row))

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
        stage, source = self.stage.name.lower(), self.source.name.lower()
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


_NAMED: dict[str, Any] = {"stage": Stage, "source": Source}


def _column(name: str, meaning: str) -> property:
    named = _NAMED.get(name, lambda value: value)

    def read(self):
        return named(getattr(self.model.members.view, name)[self.row].item())

    return property(read, doc=meaning)


for _name, _about in COLUMNS.items():
    setattr(Member, _name, _column(_name, _about[2]))


@allocating
def order_keys(key, who, number):
    """Draw `number` of each of `who` (int64, shape (n,)) under `key`: float64, shape (n,)."""
    drawn = np.empty(who.size)
    for i in range(who.size):
        drawn[i] = uniform(key, who[i], number)
    return drawn


class AgentList(AgentSet):
    """Mesa's AgentSet of agents in a given order, held strongly; what is made from such a set is strong too.

    An order that Mesa would draw from the model's generator is drawn here from (seed, day, agent): see `shuffle`.
    """

    changing = False  # whether agents come and leave by themselves, as in the model's own sets

    def __init__(self, model: mesa.Model, agents: Iterable = ()):
        self.model = model
        self._agents = dict.fromkeys(agents)

    @property
    def random(self):
        """The model's standard generator; nothing here draws from it."""
        return self.model.random

    def __iter__(self) -> Iterator:
        return iter(self._agents)

    def __getitem__(self, item):
        return self.to_list()[item]

    def __getstate__(self) -> dict:
        return self.__dict__

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)}>"

    @classmethod
    def _from_iterable(cls, agents: Iterable) -> AgentList:  # what |, & and - of sets are made with
        agents = list(agents)
        return AgentList(agents[0].model if agents else None, agents)

    def _update(self, agents: Iterable) -> AgentList:
        if self.changing:
            raise ValueError("this set is the model's own: take a copy, or leave `inplace` out")
        self._agents = dict.fromkeys(agents)
        return self

    remove = MutableSet.remove  # KeyError if the agent is not there, whatever holds the agents

    def to_list(self) -> list:
        """The agents as a list."""
        return list(self)

    def copy(self) -> AgentList:
        """A set of its own with the same agents."""
        return AgentList(self.model, self)

    def __copy__(self) -> AgentList:
        return self.copy()

    def select(self, filter_func=None, at_most=float("inf"), inplace=False, agent_type=None) -> AgentList:
        """Those that pass the filter and are of the type; the first `at_most` of them (a float to 1: a share)."""
        return super(AgentList, self if inplace else self.copy()).select(filter_func, at_most, True, agent_type)

    def sort(self, key: Callable | str, ascending: bool = False, inplace: bool = False) -> AgentList:
        """The same agents in order of an attribute or of a function, the greatest first."""
        return super(AgentList, self if inplace else self.copy()).sort(key, ascending, True)

    def shuffle(self, inplace: bool = False, number: int = 0) -> AgentList:
        """The same agents in random order.

        The order is drawn from (seed, day, agent, `number`) and from no stream: asking for it changes nothing, and
        asking again on the same day gives the same order unless `number` differs.
        """
        members, who = self._drawn_by()
        key = day_key(self.model.root, ORDERING, self.model.day)
        drawn = np.where(members, order_keys(key, who, 2 * number), order_keys(key, who, 2 * number + 1))
        return self._in_order(np.argsort(drawn, kind="stable"), inplace)

    def _drawn_by(self) -> tuple[Any, np.ndarray]:
        """Whether each agent is a member, and the number in draws of each: two arrays, bool and int64."""
        members = [isinstance(agent, Member) for agent in self]
        return members, np.array([a.key if isinstance(a, Member) else a.unique_id for a in self], np.int64)

    def _in_order(self, order: np.ndarray, inplace: bool) -> AgentList:
        agents = self.to_list()
        return (self if inplace else self.copy())._update(agents[place] for place in order)

    def groupby(self, by: Callable | str, result_type: str = "agentset") -> Any:
        """The agents by an attribute or by a function of each; groups are sets, or lists for "list"."""
        grouped = super().groupby(by, "list")
        if result_type == "agentset":
            grouped.groups = {value: self.copy()._update(agents) for value, agents in grouped.groups.items()}
        return grouped

    def _each(self, agents: Iterable, method: Any, args: tuple, kwargs: dict) -> list:
        """Call a function with each of `agents`, or a method of each; in a changing set, if it is still there."""
        named = operator.methodcaller(method, *args, **kwargs) if isinstance(method, str) else None
        call = named or (lambda agent: method(agent, *args, **kwargs))
        return [call(agent) for agent in list(agents) if not self.changing or agent in self]

    def map(self, method: Callable | str, *args: Any, **kwargs: Any) -> list:
        """The results of a function of each agent, or of a method of each."""
        return self._each(self, method, args, kwargs)

    def do(self, method: Callable | str, *args: Any, **kwargs: Any) -> AgentList:
        """Call a function with each agent, or a method of each."""
        self._each(self, method, args, kwargs)
        return self

    def shuffle_do(self, method: Callable | str, *args: Any, **kwargs: Any) -> AgentList:
        """As `do`, in the order of `shuffle`."""
        self._each(self.shuffle(), method, args, kwargs)
        return self


class MemberSet(AgentList):
    """Members, as row numbers in a given order; without `rows`: whoever is current, in order of rows.

    `get`, `set`, `sort`, `groupby` and `select(mask=...)` read columns whole, without a view of each member.
    """

    def __init__(self, model: mesa.Model, rows: np.ndarray | None = None):
        self.model = model
        self._rows = None if rows is None else np.asarray(rows, np.int64)
        self.changing = rows is None

    @property
    def rows(self) -> np.ndarray:
        """The row numbers, int64, in order."""
        if self._rows is None:
            return np.flatnonzero(self.model.members.view.stage != Stage.LEFT)
        return self._rows

    @property
    def _agents(self) -> dict:  # type: ignore[override]  # what Mesa's methods go over
        return dict.fromkeys(self)

    def __len__(self) -> int:
        return self.rows.size

    def __iter__(self) -> Iterator[Member]:
        return (_view(self.model, row) for row in self.rows.tolist())

    def __getitem__(self, item):
        rows = self.rows[item].tolist()
        return [_view(self.model, row) for row in rows] if isinstance(item, slice) else _view(self.model, rows)

    def __contains__(self, agent: object) -> bool:
        if not isinstance(agent, Member) or agent.model is not self.model:
            return False
        return agent.current if self._rows is None else bool((self._rows == agent.row).any())

    def _update(self, agents: Iterable) -> MemberSet:
        if self.changing:
            return super()._update(agents)
        self._rows = agents.rows if isinstance(agents, MemberSet) else np.array([a.row for a in agents], np.int64)
        return self

    def copy(self) -> MemberSet:
        """A set of its own with the same members."""
        return MemberSet(self.model, self.rows.copy())

    def column(self, name: str) -> np.ndarray:
        """The values of a column, as an array of its own in the order of the set."""
        return getattr(self.model.members.view, name)[self.rows]

    def select(
        self, filter_func=None, at_most=float("inf"), inplace=False, agent_type=None, *, mask: np.ndarray | None = None
    ) -> AgentList:
        """As Mesa's; `mask` is bool by row, shape (members.n,): `select(mask=model.members.view.trust > 0.5)`."""
        if mask is None:
            return super().select(filter_func, at_most, inplace, agent_type)
        mask, shape = np.asarray(mask), (self.model.members.n,)
        if mask.dtype != bool or mask.shape != shape:
            raise ValueError(f"mask: {mask.dtype}, shape {mask.shape}; must be bool by row, shape {shape}")
        most = int(len(self) * at_most) if isinstance(at_most, float) and at_most <= 1.0 else at_most
        chosen = MemberSet(self.model, self.rows[mask[self.rows]]).select(filter_func, most, True, agent_type)
        return self._update(chosen) if inplace else chosen

    def sort(self, key: Callable | str, ascending: bool = False, inplace: bool = False) -> AgentList:
        """The same members in order of a column or of a function, the greatest first; equals keep their order."""
        if callable(key) or key not in COLUMNS:
            return super().sort(key, ascending, inplace)
        values = self.column(key).astype(np.float64)
        return self._in_order(np.argsort(values if ascending else -values, kind="stable"), inplace)

    def groupby(self, by: Callable | str, result_type: str = "agentset") -> Any:
        """The members by a column or by a function of each; groups are sets, or lists for "list"."""
        if callable(by) or by not in COLUMNS or result_type != "agentset":
            return super().groupby(by, result_type)
        rows, values, grouped = self.rows, self.column(by), AgentList(self.model).groupby(by)
        grouped.groups = {v.item(): MemberSet(self.model, rows[values == v]) for v in np.unique(values)}
        return grouped

    def _drawn_by(self) -> tuple[Any, np.ndarray]:
        return True, self.column("key")

    def _in_order(self, order: np.ndarray, inplace: bool) -> AgentList:
        return (self if inplace else self.copy())._update(MemberSet(self.model, self.rows[order]))

    def get(self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None) -> list:
        """The values of a column or attribute, or a list of values of each member for a list of them."""
        if isinstance(attr_names, str) and attr_names in COLUMNS:
            return self.column(attr_names).tolist()
        return super().get(attr_names, handle_missing, default_value)

    def set(self, attr_name: str, value: Any) -> AgentList:
        """Give every member the same value of a column, or each its own by an array in the order of the set."""
        if attr_name not in COLUMNS:
            return super().set(attr_name, value)
        getattr(self.model.members.view, attr_name)[self.rows] = value
        return self

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


class AllAgents(AgentList):
    """Every agent of a model: the ordinary ones as Mesa registers them, then the current members."""

    changing = True

    def __init__(self, model: mesa.Model, ordinary: Any, members: MemberSet):
        self.model, self.ordinary, self.members = model, ordinary, members

    @property
    def _agents(self) -> dict:  # type: ignore[override]  # what Mesa's methods go over
        return dict.fromkeys(self)

    def _part(self, agent: object) -> Any:
        return self.members if isinstance(agent, Member) else self.ordinary

    def __len__(self) -> int:
        return len(self.ordinary) + len(self.members)

    def __iter__(self) -> Iterator:
        return itertools.chain(list(self.ordinary), self.members)

    def __contains__(self, agent: object) -> bool:
        return agent in self._part(agent)

    def add(self, value: Any) -> None:
        """Register an ordinary agent (Mesa calls this)."""
        self._part(value).add(value)

    def discard(self, value: Any) -> None:
        """Deregister an ordinary agent (Mesa calls this); a member leaves for good."""
        self._part(value).discard(value)

    def get(self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None) -> list:
        """As Mesa's; agents of different kinds share few attributes, so an error says where they are apart."""
        try:
            return super().get(attr_names, handle_missing, default_value)
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


def drawn_seed(model: mesa.Model) -> int:
    """A seed for a run that was given none, out of Mesa's generator, which then is nobody's."""
    return int(model.rng.integers(2**31))


def collector(names: Iterable[str]) -> mesa.DataCollector:
    """A collector of the measures of these names; one that a community has no longer is not a number."""
    return mesa.DataCollector(model_reporters={name: partial(_measure, name=name) for name in names})


def _measure(model: Any, name: str) -> float:
    return model.measured().get(name, float("nan"))


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
