"""What Mesa's own tests ask of AgentSet and batch_run, asked of our sets and of Community.

Mesa's tests/test_agent.py and tests/test_batch_run.py (3.3 to 3.5) make toy agents and models; here each of their tests
is put to members, to sets of members and team, and to the community. Covered here or in test_mesa.py: removal,
initialisation, membership, serialisation, add, remove and discard, items, do and map by name and by function, agents
that leave while `do` goes on, get, set, agg, shuffle, shuffle_do, select by share, number and type, sort, groupby;
batch_run with and without parameters, with parameters that are not hashable, in one process and in several, without
agent reporters. Do not apply: `create_agents` and attributes that an agent has not (members join by the rule, and have
columns alone: both are refused), random draws of an agent (none is taken from Mesa's streams), agents added while `do`
goes on (nobody can be), `_make_model_kwargs` and empty parameters (Mesa's code alone).
"""

import inspect
import pickle

import mesa
import numpy as np
import pytest

from sim.agents import AgentList, Member
from sim.community import Community
from sim.scenario import load
from sim.team.people import Marketer, Staff

SMALL = load("baseline", {"community.members": 40, "community.days": 4})


@pytest.fixture
def model():
    return Community(SMALL, seed=3)


@pytest.fixture(params=["members", "listed", "mixed"])
def ten(request, model):
    """Ten agents in a set of their own: members by row, the same in a list, or team and members."""
    members = model.agents_by_type[Member].select(at_most=10)
    if request.param == "mixed":
        return AgentList(model, [*model.team[:2], *members[:8]])
    return members if request.param == "members" else AgentList(model, members)


def ids(agents):
    return [agent.unique_id for agent in agents]


@pytest.mark.parametrize(("at_most", "many"), [(0.2, 2), (0.549, 5), (0.09, 0), (1.0, 10), (1, 1), (5, 5), (99, 10)])
def test_select_by_share_and_by_number(ten, at_most, many):
    assert ids(ten.select(at_most=at_most)) == ids(ten)[:many]


def test_select_by_a_function_and_in_place(ten):
    wanted = set(ids(ten)[::2])
    even = ten.select(lambda agent: agent.unique_id in wanted)
    assert ids(even) == ids(ten)[::2] and len(ten) == 10
    assert ids(ten.select(lambda agent: agent.unique_id in wanted, at_most=2)) == ids(even)[:2]
    assert ten.select(lambda agent: agent.unique_id in wanted, inplace=True) is ten and ids(ten) == ids(even)
    assert ten.select(inplace=True) is ten and len(ten) == 5


def test_select_by_type(model):
    for kind in (Member, Staff, Marketer):
        chosen = model.agents.select(agent_type=kind)
        assert len(chosen) > 0 and {type(agent) for agent in chosen} == {kind}
    assert len(model.agents.select()) == len(model.agents)


def test_items_and_order(ten):
    listed = list(ten)
    assert ten[0] == listed[0] and ten[-1] == listed[-1] and list(ten[1:3]) == listed[1:3]
    assert list(ten[::-1]) == listed[::-1] and ids(ten) == ten.get("unique_id")
    with pytest.raises(IndexError):
        _ = ten[20]


def test_sort_by_name_and_by_function(ten):
    for key in ("unique_id", lambda agent: agent.unique_id):
        assert ids(ten.sort(key)) == sorted(ids(ten), reverse=True)
        assert ids(ten.sort(key, ascending=True)) == sorted(ids(ten))
    assert ten.sort("unique_id", inplace=True) is ten and ids(ten) == sorted(ids(ten), reverse=True)


def test_who_is_in_it(ten, model):
    first, other = ten[0], Member(model, 39)
    assert first in ten and other not in ten
    ten.discard(first)
    ten.discard(first)
    assert first not in ten and len(ten) == 9
    with pytest.raises(KeyError):
        ten.remove(first)
    ten.add(first)
    ten.add(first)
    assert ten[-1] == first and len(ten) == 10
    ten.remove(first)
    assert first not in ten


def test_an_empty_set(model):
    empty = AgentList(model)
    assert len(empty) == 0 and list(empty.select(at_most=3)) == [] and empty.map("remove") == []
    assert len(model.agents_by_type[Member].select(lambda agent: False)) == 0


def test_do_and_map_by_name_and_by_function(ten):
    with pytest.raises(AttributeError):
        ten.do("no_such_method")
    with pytest.raises(AttributeError):
        ten.map(lambda agent: agent.no_such_method())
    assert ten.do("__repr__") is ten and ten.map("__hash__") == [hash(agent) for agent in ten]
    assert ten.map(lambda agent, more: agent.unique_id + more, more=1) == [one + 1 for one in ids(ten)]


def test_who_goes_while_do_goes_on(ten, model):
    ten.do(ten.discard)
    assert len(ten) == 0
    n = len(model.agents_by_type[Member])
    model.agents_by_type[Member].do("remove")
    assert len(model.agents_by_type[Member]) == 0 and n == 40


def test_get_and_set(model):
    members = model.agents_by_type[Member].select(at_most=10)
    for one in (members, AgentList(model, members)):
        assert one.set("trust", 0.25).set("belonging", 0.5) is one
        assert one.get(["trust", "belonging"]) == [[0.25, 0.5]] * 10
        one.select(at_most=0.5).set("trust", 0.75)
        assert one.get("trust") == [0.75] * 5 + [0.25] * 5
        with pytest.raises(AttributeError):
            one.get("unknown")
        with pytest.raises(ValueError):
            one.get("unknown", handle_missing="some nonsense")
        assert one.get(["trust", "unknown"], handle_missing="default", default_value=-1)[-1] == [0.25, -1]


def test_agg(ten):
    numbers = ids(ten)
    for function in (min, max, sum, np.mean, lambda found: sum(found) / len(found)):
        assert ten.agg("unique_id", function) == function(numbers)
    assert ten.agg("unique_id", [min, max]) == [min(numbers), max(numbers)]


def test_shuffle_is_another_order_of_the_same(ten):
    before = ids(ten)
    shuffled = ten.shuffle()
    assert ids(shuffled) != before == ids(ten) and sorted(ids(shuffled)) == sorted(before)
    assert ten.shuffle(inplace=True) is ten and ids(ten) == ids(shuffled)
    turns = []
    assert ten.shuffle_do(lambda agent: turns.append(agent.unique_id)) is ten
    assert turns == ids(ten.shuffle()) and sorted(turns) == sorted(before)


def test_shuffle_do_passes_over_who_has_been_removed(model):
    here = model.agents_by_type[Member]

    def turn(member):
        assert member.current
        model.agents_by_type[Member][0].remove()

    here.shuffle_do(turn)
    assert 0 < len(here) < 40


def test_groupby(ten):
    by = {"even": lambda agent: agent.unique_id % 2 == 0}["even"]
    even = [number for number in ids(ten) if number % 2 == 0]
    groups = ten.groupby(by)
    assert len(groups) == 2 and groups.count() == {True: len(even), False: 10 - len(even)}
    for value, group in groups:
        assert all(by(agent) == value for agent in group)
    assert groups.agg("unique_id", sum)[True] == sum(even) and groups.agg("unique_id", max)[True] == max(even)
    assert ten.groupby(by, result_type="list").map(len) == groups.count()
    assert sorted(groups.map("get", "unique_id")[True]) == sorted(even)
    assert groups.do("do", "__repr__") is groups and groups.do(lambda group: group.do("__repr__")) is groups


def test_a_set_is_pickled_with_its_agents(ten):
    assert ids(pickle.loads(pickle.dumps(ten))) == ids(ten)


# batch_run


def batch(parameters, runs=1, seeds=None, **how):
    """Seeds are a parameter in older Mesa; where `batch_run` has `rng`, they are that, which overrules a parameter."""
    if "rng" in inspect.signature(mesa.batch_run).parameters:
        again = {"rng": seeds or [None] * runs}
    else:
        again, parameters = {"iterations": runs}, parameters | ({"seed": seeds} if seeds else {})
    return mesa.batch_run(Community, parameters, display_progress=False, **again, **how)


def test_batch_run_without_parameters_of_its_own():
    (row,) = batch({"scenario": SMALL}, seeds=[3])
    community = Community(SMALL, seed=3)
    community.run_model()
    told = community.observe()
    assert {name: row[name] for name in told} == pytest.approx(told, rel=0, abs=0, nan_ok=True)
    assert (row["RunId"], row["seed"]) == (0, 3) and "AgentID" not in row


def test_batch_run_gives_the_same_in_one_process_and_in_two():
    asked = {"scenario": ["broadcast", "facilitation"], "community.members": 30, "community.days": 3}

    def found(rows):
        return sorted((row["scenario"], row["seed"], row["visits"], row["intimacy"]) for row in rows)

    apart = [found(batch(asked, seeds=[1, 2], number_processes=n)) for n in (1, 2)]
    assert apart[0] == apart[1] and len({row[:2] for row in apart[0]}) == 4


def test_batch_run_takes_a_parameter_that_is_not_hashable():
    team = [[{"name": "one", "kind": "staff", "hats": ["community", "social", "service", "product"]}]]
    rows = batch({"scenario": "facilitation", "team": team, "community.members": 30, "community.days": 2}, runs=2)
    assert [row["team"] for row in rows] == team * 2
