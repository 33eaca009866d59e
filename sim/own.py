"""Own rules: what a package or a notebook adds to the day, or puts in place of a part of it (README.md, ODD 4.11).

Such a community lives its days from Python, as one whose rules are overridden does, and otherwise to the same bits.
"""

from __future__ import annotations

import hashlib
import inspect
import keyword
from collections import namedtuple
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.compiled.draws import Rule, day_key
from sim.scenario import ACTIVITIES, BASELINE, Scenario, ScenarioError, ScenarioTable, is_entry, nearest
from sim.state.table import record_type

if TYPE_CHECKING:
    from sim.community import Community
    from sim.measures import Measure

DECLARED = ("value", "range", "unit", "source", "about")
OURS = {*BASELINE, *ScenarioTable.model_fields, *(rule.name.lower() for rule in Rule),
        "company", "home", "hours", "person"}  # fmt: skip
LONGEST = 60  # letters of a name


class OwnRule:
    """A rule from outside: subclass it, say what it is, and give an instance to `Community(..., rules=[...])`.

    One instance may serve many runs at once: what is of a run is in `Own`, not in the instance. A rule that opens
    threads or records events calls `community.make_room()` first, opens no more than one a member, and then asks anew
    for `community.state` and `community.own(name)`, whose arrays may have grown.

    Attributes
    ----------
    name : of the rule, of its table of values and of its measures: `gifting`, `gifting.rate`, `gifting.gifts`
    after : the stage of the day (`sim.community.DAY`) that it follows; rules after one stage act in the order given
    replaces : in place of `after`, the stage, or the act of the team (`sim.scenario.ACTIVITIES`), that it stands for
    table : its values, each with value, range, unit, source (or *assumed*) and about, as in scenarios/baseline.toml
    columns : its columns of members, by name a NumPy type; they begin with zeros, grow with the members, and are in
        checkpoints (there a number must be finite)
    measures : by name a `sim.measures.Measure`. What is of kind "flow" is a sum in `own.sums` that the rule adds to;
        of what is of kind "state" the rule has a method of that name, which is given what `act` is and returns it
    """

    name = ""
    after = ""
    replaces = ""
    table: Mapping[str, Mapping[str, Any]] = {}
    columns: Mapping[str, Any] = {}
    measures: Mapping[str, Measure] = {}

    def act(self, model: Any, own: Own) -> Any:
        """Do it: once a day, or each time the act is asked for.

        Parameters
        ----------
        model : the Community; for an act of the team the Person, and what is returned tells whether there was
            something to do. `Community.tell(model)`, or `type(person).publish(person)`, does what is replaced.
        own : what the rule has for itself
        """
        raise NotImplementedError(f"{type(self).__name__} has no method `act`")

    def fingerprint(self) -> str:
        """A short hash of the rule: the text of its module or notebook cell where it is at hand, and its attributes."""
        about: list[Any] = [type(self).__qualname__, sorted((key, repr(item)) for key, item in vars(self).items())]
        for where in (inspect.getmodule(type(self)), type(self).act):
            try:
                about.append(inspect.getsource(where))  # type: ignore[arg-type]
                break
            except (OSError, TypeError):  # typed at a prompt
                continue
        return hashlib.sha256(repr(about).encode()).hexdigest()[:16]


class Own(NamedTuple):
    """What an own rule has for itself in a run, readable and writable in compiled functions as in Python."""

    values: Any  # the numbers of its table, by name
    columns: Any  # its columns, by name: arrays (rows of members and more,)
    sums: Any  # its measures of kind "flow", by name: float64, since day 0
    key: int  # of its draws today: `uniform(own.key, members.key[i], number)`


@cache
def _named(kind: str, names: tuple[str, ...]) -> Any:
    return namedtuple(kind, names)


def _flows(rule: OwnRule) -> list[str]:
    return [key for key, measure in rule.measures.items() if measure.kind == "flow"]


def _place(rule: OwnRule, *column: str) -> str:
    """Where the sums, or a column, of a rule are among the tables of a run."""
    return ".".join(["own", rule.name, *column])


def tables(scenario: Scenario, n: int) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """The tables of a scenario's own rules by name, those of members with `n` rows, and the names of these."""
    columns, sums = dict[str, np.ndarray](), dict[str, np.ndarray]()
    for rule in scenario.rules:
        columns |= {_place(rule, key): np.zeros(n, kind) for key, kind in rule.columns.items()}
        sums[_place(rule)] = np.zeros(1, record_type(dict.fromkeys(_flows(rule), np.float64)))
    return columns | sums, tuple(columns)


def own_of(community: Community, rule: OwnRule) -> Own:
    """What a rule has for itself, today."""
    rows, names = community.tables.rows, tuple(rule.columns)
    sums = rows[_place(rule)].view(np.recarray)[0]
    number = int.from_bytes(hashlib.sha256(rule.name.encode()).digest()[:6], "big") + 2**48
    columns = _named("OwnColumns", names)(*(rows[_place(rule, name)] for name in names))
    return Own(community.own_values[rule.name], columns, sums, day_key(community.root, number, community.day))


def write_down(community: Community, row: np.ndarray) -> None:
    """Write the measures of a community's own rules at the end of a row of the series, float64 (n_measures,)."""
    written = [(rule, key, about.kind) for rule in community.scenario.rules for key, about in rule.measures.items()]
    for at, (rule, key, kind) in enumerate(written, len(row) - len(written)):
        own = own_of(community, rule)
        row[at] = getattr(own.sums, key) if kind == "flow" else getattr(rule, key)(community, own)


def refuse_wrong(rules: tuple) -> None:
    """Refuse rules that cannot be used; ScenarioError names the rule, what is wrong and what is allowed."""
    for at, rule in enumerate(rules):
        if not isinstance(rule, OwnRule):
            write = f"; write `{rule.__name__}()`" if isinstance(rule, type) else ""
            raise ScenarioError(f"rules: {rule!r} is no own rule, an instance of a subclass of `OwnRule`{write}")
        if fault := _fault(rule):
            raise ScenarioError(f"rule `{rule.name or type(rule).__name__}`: {fault}")
        if rule.name in [other.name for other in rules[:at]]:
            raise ScenarioError(f"rule `{rule.name}`: two rules have this name; names must differ")
        if rule.replaces and rule.replaces in [other.replaces for other in rules[:at]]:
            raise ScenarioError(f"rule `{rule.name}`: two rules replace `{rule.replaces}`; one can")


def _fault(rule: OwnRule) -> str:
    """What is wrong with a rule; "" if nothing is."""
    from sim.community import DAY

    for name in (rule.name, *rule.table, *rule.columns, *rule.measures):
        if not name.isidentifier() or keyword.iskeyword(name) or not name.islower() or name.startswith("_"):
            return f"`{name}` is no name: small letters, digits and _, the first a letter"
        if len(name) > LONGEST:
            return f"`{name[:LONGEST]}...` is too long a name; {LONGEST} letters at most"
    if rule.name in {*OURS, *DAY, *ACTIVITIES}:
        return "is a name of the model's own; choose another"
    if bool(rule.after) == bool(rule.replaces):
        return 'says where it acts by either `after` or `replaces`, such as after = "tell"'
    places = DAY[:-1] if rule.after else (*DAY[:-1], *ACTIVITIES)  # once the day is in the ledger nothing follows
    if (rule.after or rule.replaces) not in places:
        what = f"after `{rule.after}`" if rule.after else f"replaces `{rule.replaces}`"
        return f"{what}: no such stage of the day{' or act' * bool(rule.replaces)}; " + nearest(
            rule.after or rule.replaces, places
        )
    for key, entry in rule.table.items():
        lacking = [part for part in DECLARED if part not in entry]
        if lacking or not is_entry(dict(entry)):
            return f"value `{key}`: has no {', '.join(lacking)}; each has {', '.join(DECLARED)}"
    if both := {*rule.table} & {*rule.measures}:
        return f"`{min(both)}` is a value and a measure; names must differ"
    for key, measure in rule.measures.items():
        if measure.kind not in ("flow", "state"):
            return f"measure `{key}`: is of kind {measure.kind!r}; it is `flow` or `state`"
        if measure.kind == "state" and not callable(getattr(rule, key, None)):
            return f"measure `{key}`: is a state, and the rule has no method `{key}(self, community, own)`"
    return ""
