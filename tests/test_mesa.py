"""The community through Mesa's own tools: what a Mesa user may expect of a model."""

import copy
import gc
import inspect
import pickle
import weakref

import mesa
import numpy as np
import pandas as pd
import pytest

from sim.agents import FIRST_ID, AgentList, AllAgents, Member, MemberSet, attach
from sim.community import Community
from sim.rules.room import room_for
from sim.scenario import load
from sim.state.members import COLUMNS, Source, Stage
from sim.state.ties import held
from sim.team.people import Marketer, Staff

SMALL = load("baseline", {"community.members": 120})


@pytest.fixture
def model():
    return Community(SMALL, seed=3)


def columns(model):
    """All member columns and ties, to compare two states."""
    ties = held(model.members.view, model.tables.ties)
    return [column.copy() for column in (*model.members.view, *ties)]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def ran(model, days):
    for _ in range(days):
        model.step()
    return model


# What Mesa looks for


def test_agents_and_types(model):
    assert isinstance(model, mesa.Model)
    assert len(model.agents) == 120 + len(model.team)
    assert set(model.agent_types) == {Staff, Marketer, Member}
    assert len(model.agents_by_type[Member]) == 120
    assert list(model.agents_by_type[Staff]) + list(model.agents_by_type[Marketer]) == model.team
    assert all(isinstance(agent, mesa.Agent) for agent in model.agents)
    assert model.team[0] in model.agents and Member(model, 0) in model.agents
    ids = [agent.unique_id for agent in model.agents]
    assert len(set(ids)) == len(ids) and FIRST_ID in ids


def test_step_is_a_day(model):
    ran(model, 3)
    assert model.day == 3
    if hasattr(model, "run_for"):
        model.run_for(2)
        assert model.day == 5


def test_sets_stay_when_nobody_holds_their_members(model):
    members = model.agents_by_type[Member]
    chosen = members.select(lambda member: member.row < 5)
    gc.collect()
    assert len(chosen) == 5 and [member.row for member in chosen] == [0, 1, 2, 3, 4]
    assert len(model.agents.select(agent_type=Member)) == 120


def test_who_joins_and_leaves_comes_and_goes(model):
    first = Member(model, 0)
    before = len(model.agents)
    first.remove()
    assert first.stage == Stage.LEFT and not first.current
    assert first not in model.agents and first not in model.agents_by_type[Member]
    assert len(model.agents) == before - 1
    ran(model, 30)
    assert model.members.n > 120
    assert len(model.agents_by_type[Member]) == np.count_nonzero(model.members.view.stage != Stage.LEFT)
    assert first.stage == Stage.LEFT  # gone for good


def test_ordinary_agents_register_as_ever(model):
    class Visitor(mesa.Agent):
        pass

    one, two = Visitor.create_agents(model, 2)
    assert one in model.agents and len(model.agents_by_type[Visitor]) == 2
    one.remove()
    assert one not in model.agents and two in model.agents and len(model.agents_by_type[Visitor]) == 1


# A member


def test_a_member_reads_and_writes_its_columns(model):
    member = Member(model, 7)
    assert member.unique_id == FIRST_ID + 7 and member.model is model
    for name in COLUMNS:
        assert getattr(member, name) == getattr(model.members.view, name)[7]
    assert type(member.trust) is float and type(member.joined) is int
    assert type(member.stage) is Stage and type(member.source) is Source  # named: `member.stage.name`
    member.trust = 0.25
    member.norms[0] = 0.125
    assert model.members.view.trust[7] == 0.25 and model.members.view.norms[7, 0] == 0.125
    assert member == Member(model, 7) and hash(member) == hash(Member(model, 7))
    assert member != Member(model, 8) and member != Member(Community(SMALL, seed=3), 7)
    assert "Member 1000007" in repr(member)


def test_views_outlive_the_growth_of_the_columns(model):
    member = Member(model, 0)
    before = model.tables.columns["key"]
    model.tables.make_room(room_for(*model.given)._replace(members=10_000))
    assert model.tables.columns["key"] is not before
    member.trust = 0.75
    assert model.members.view.trust[0] == member.trust == 0.75


def test_nothing_written_to_a_member_is_lost(model):
    member = Member(model, 0)
    with pytest.raises(AttributeError, match="`trist` is no column of a member.*did you mean `trust`"):
        member.trist = 1.0
    with pytest.raises(AttributeError):
        _ = member.trist
    with pytest.raises(AttributeError):
        member.unique_id = 5
    with pytest.raises(IndexError, match="no member has row 120"):
        Member(model, 120)


def test_members_join_by_the_rule_alone(model):
    for way in (
        lambda: Member(model),
        lambda: Member(model, trust=0.5),
        lambda: Member.create_agents(model, 3),
        lambda: Member.from_dataframe(model, None),
        lambda: model.agents_by_type[Member].add(Member(model, 0)),
    ):
        with pytest.raises(TypeError, match="joining rule"):
            way()


def test_ties_of_a_member(model):
    ran(model, 30)
    m = model.members.view
    row = int(np.argmax(m.closeness))
    found = Member(model, row).ties
    assert len(found) == m.tie_count[row] > 0
    assert sum(tie.strength for tie in found) == pytest.approx(m.closeness[row])
    assert [tie.strength for tie in found] == sorted((tie.strength for tie in found), reverse=True)
    assert all(isinstance(tie.partner, Member) for tie in found)


# Sets of agents


def test_get_set_agg(model):
    members = model.agents_by_type[Member]
    assert members.get("trust") == model.members.view.trust.tolist()
    assert members.get(["row", "topic"])[5] == [5, model.members.view.topic[5]]
    assert members.get("shoe_size", handle_missing="default", default_value=42) == [42] * 120
    with pytest.raises(AttributeError):
        members.get("shoe_size")
    assert members.agg("drive", np.mean) == pytest.approx(model.members.view.drive.mean())
    assert members.agg("topic", [min, max]) == [model.members.view.topic.min(), model.members.view.topic.max()]
    assert members.set("trust", 0.5) is members and set(members.get("trust")) == {0.5}
    members.set("trust", np.linspace(0, 1, 120))
    assert Member(model, 119).trust == 1.0
    with pytest.raises(AttributeError, match="no column"):
        members.set("shoe_size", 42)
    assert sorted(model.agents.get("unique_id"))[-1] == FIRST_ID + 119
    with pytest.raises(AttributeError, match="agents_by_type"):
        model.agents.get("trust")


def test_select(model):
    members = model.agents_by_type[Member]
    drive = model.members.view.drive
    high = members.select(lambda member: member.drive > 0)
    assert high.rows.tolist() == np.flatnonzero(drive > 0).tolist()
    assert members.select(mask=drive > 0).rows.tolist() == high.rows.tolist()
    assert members.select(mask=drive > 0, at_most=3).rows.tolist() == high.rows[:3].tolist()
    assert len(members.select(at_most=0.25)) == 30 and len(members.select(at_most=7)) == 7
    assert len(members.select(agent_type=Staff)) == 0 and len(members.select(agent_type=mesa.Agent)) == 120
    assert isinstance(model.agents.select(agent_type=Member), AgentList)
    assert model.agents.select(agent_type=Staff).to_list() == list(model.agents_by_type[Staff])
    mine = members.copy()
    assert mine.select(lambda member: member.row < 3, inplace=True) is mine and len(mine) == 3
    with pytest.raises(ValueError, match="the model's own"):
        members.select(at_most=3, inplace=True)
    with pytest.raises(ValueError, match="mask"):
        members.select(mask=np.ones(3, bool))


def test_sort_and_groupby(model):
    members = model.agents_by_type[Member]
    assert members.sort("drive").get("drive") == sorted(members.get("drive"), reverse=True)
    assert members.sort("drive", ascending=True).get("drive") == sorted(members.get("drive"))
    assert members.sort(lambda member: -member.row).rows[0] == 0
    by_topic = members.groupby("topic")
    assert sum(by_topic.count().values()) == 120 and len(by_topic) == len(set(members.get("topic")))
    for topic, group in by_topic:
        assert set(group.get("topic")) == {topic}
    assert by_topic.agg("drive", max)[0] == max(by_topic.groups[0].get("drive"))
    assert by_topic.map(len) == by_topic.count()
    even = members.groupby(lambda member: member.row % 2 == 0, result_type="list")
    assert isinstance(even.groups[True], list) and even.count() == {True: 60, False: 60}
    assert len(model.agents.groupby(type)) == 3


def test_do_map_and_turns(model):
    members = model.agents_by_type[Member]
    assert members.map(lambda member, more: member.row + more, 1) == list(range(1, 121))
    seen = []
    assert members.do(lambda member: seen.append(member.row)) is members and len(seen) == 120
    assert members.map("__repr__")[0] == repr(Member(model, 0))
    # Whoever is made to leave before its turn has none.
    turns = []

    def chase(member):
        turns.append(member.row)
        if member.row % 2 == 0:
            Member(model, member.row + 1).remove()

    members.do(chase)
    assert turns == list(range(0, 120, 2)) and len(members) == 60
    turns.clear()
    model.agents.do(lambda agent: turns.append(agent))
    assert len(turns) == 60 + len(model.team)


def test_sets_are_sets(model):
    members = model.agents_by_type[Member]
    low, high = members.select(lambda m: m.row < 10), members.select(lambda m: m.row >= 5)
    assert len(low & high) == 5 and len(low | high) == 120 and len(low - high) == 5
    assert isinstance(low & high, AgentList)
    low.add(Member(model, 50))
    low.add(Member(model, 50))
    assert len(low) == 11 and Member(model, 50) in low
    low.remove(Member(model, 50))
    low.discard(Member(model, 50))
    assert Member(model, 50) not in low
    with pytest.raises(KeyError):
        low.remove(Member(model, 50))
    assert len(copy.copy(members)) == 120 and not copy.copy(members).changing


def test_shuffle_draws_from_no_stream(model):
    before = model.random.getstate(), model.rng.bit_generator.state
    members = model.agents_by_type[Member]
    order = members.shuffle().rows
    assert sorted(order) == list(range(120)) and order.tolist() != list(range(120))
    assert members.shuffle().rows.tolist() == order.tolist()  # of this seed and day
    assert members.shuffle(number=1).rows.tolist() != order.tolist()
    assert Community(SMALL, seed=3).agents_by_type[Member].shuffle().rows.tolist() == order.tolist()
    assert Community(SMALL, seed=4).agents_by_type[Member].shuffle().rows.tolist() != order.tolist()
    seen = []
    members.shuffle_do(lambda member: seen.append(member.row))
    assert seen == order.tolist()
    everyone = model.agents.shuffle()
    assert len(everyone) == len(model.agents) and set(everyone) == set(model.agents)
    assert [a.row for a in everyone if isinstance(a, Member)] == order.tolist()
    assert (model.random.getstate(), model.rng.bit_generator.state) == before
    # The first place is anybody's: over seeds and numbers, no quarter of the rows is preferred.
    firsts = [members.shuffle(number=k).rows[0] // 30 for k in range(400)]
    assert np.bincount(firsts, minlength=4).min() > 70  # 100 expected, standard deviation 8.7


def test_watching_changes_nothing():
    watched, alone = Community(SMALL, seed=3), Community(SMALL, seed=3)
    for _ in range(10):
        watched.step()
        watched.agents.shuffle()
        watched.agents_by_type[Member].sort("trust").select(at_most=5).get("ties")
    assert same(columns(watched), columns(ran(alone, 10)))


# Mesa's data collection, copies and memory


def test_data_collector(model):
    collector = mesa.DataCollector(
        model_reporters={"day": "day", "current": lambda model: len(model.agents_by_type[Member])},
        agent_reporters={"kind": lambda agent: type(agent).__name__},
        agenttype_reporters={Member: {"trust": "trust", "stage": "stage"}, Staff: {"name": "name"}},
    )
    for _ in range(3):
        model.step()
        collector.collect(model)
    frame = collector.get_model_vars_dataframe()
    assert frame["day"].tolist() == [1, 2, 3] and frame["current"].iloc[-1] == len(model.agents_by_type[Member])
    members = collector.get_agenttype_vars_dataframe(Member)
    last = members.xs(members.index.get_level_values(0).max(), level=0)
    assert last["trust"].tolist() == model.agents_by_type[Member].get("trust")
    assert last.index.tolist() == model.agents_by_type[Member].get("unique_id")
    kinds = collector.get_agent_vars_dataframe()["kind"]
    assert set(kinds) == {"Member", "Staff", "Marketer"}
    assert collector.get_agenttype_vars_dataframe(Staff)["name"].iloc[0] == model.team[0].name


def batch(parameters, runs=1, **how):
    """Mesa's batch_run, `runs` times each set of parameters; from 3.5 on it wants them as seeds."""
    again = {"rng": [None] * runs} if "rng" in inspect.signature(mesa.batch_run).parameters else {"iterations": runs}
    return pd.DataFrame(mesa.batch_run(Community, parameters, display_progress=False, **again, **how))


def test_batch_run_out_of_the_box():
    small = {"community.members": 60, "community.days": 10}
    table = batch({"scenario": ["broadcast", "facilitation"], **small}, runs=3, data_collection_period=1)
    assert len(table) == 2 * 3 * 10 and set(table["Step"]) in ({*range(10)}, {*range(1, 11)})
    last = table.groupby("RunId").last()
    assert last["visits"].nunique() > 1 and (last["members"] > 30).all()  # each iteration has a seed of its own
    assert last["hours.publish"].groupby(last["scenario"]).nunique().tolist() == [1, 1]
    again = Community("broadcast", seed=5, **small)
    again.run(10)
    assert again.observe()["visits"] > 0


def test_a_seed_that_nobody_gives_is_drawn_and_told():
    roots = {Community(SMALL).root for _ in range(4)}
    assert len(roots) == 4 and all(0 <= root < 2**31 for root in roots)
    root = next(iter(roots))
    assert same(columns(ran(Community(SMALL, seed=root), 5)), columns(ran(Community(SMALL, seed=root), 5)))


def test_every_step_is_collected_and_the_run_ends():
    scenario = load("facilitation", {"community.members": 120, "community.days": 12})
    stepped, at_once = Community(scenario, seed=3), Community(scenario, seed=3)
    stepped.run_model()
    at_once.run(12, every=1)
    assert (stepped.day, stepped.running, at_once.running) == (12, False, False)
    frame = stepped.datacollector.get_model_vars_dataframe()
    assert list(frame) == stepped.measure_names and frame["visits"].iloc[-1] > 0
    np.testing.assert_array_equal(frame.to_numpy(), at_once.take_series())
    assert same(columns(stepped), columns(at_once))
    np.testing.assert_array_equal([*stepped.measured().values()], frame.iloc[-1])
    stepped.run(3, every=1)
    stepped.step()
    assert len(stepped.take_series()) == 3 and stepped.day == 16  # a step takes nothing out of a series


def test_a_collector_of_ones_own_is_left_to_its_owner():
    model = Community(SMALL, seed=3)
    model.datacollector = mesa.DataCollector({"day": "day"})
    model.step()
    model.datacollector.collect(model)
    assert model.datacollector.get_model_vars_dataframe()["day"].tolist() == [1]


def test_a_scenario_by_name_and_its_changes():
    named, loaded = Community("broadcast", 1, **{"community.members": 50}), load("broadcast", {"community.members": 50})
    assert named.scenario.digest() == loaded.digest() and Community().scenario.digest() == load("baseline").digest()
    with pytest.raises(TypeError, match="ties.gain: change them in `load`, or name the scenario"):
        Community(loaded, 1, **{"ties.gain": 0.1})


def test_agents_by_place(model):
    members = model.agents_by_type[Member]
    assert model.agents[0] is model.team[0] and members[3].row == 3 and members[-1].row == 119
    assert [member.row for member in members[:2]] == [0, 1] and len(model.agents[:5]) == 5


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_goes_on_exactly(model, clone):
    ran(model, 5)
    other = clone(model)
    assert other.agents_by_type[Member].model is other and len(other.agents) == len(model.agents)
    assert Member(other, 0).model is other and Member(other, 0) in other.agents
    assert [person.unique_id for person in other.team] == [person.unique_id for person in model.team]
    before = columns(model)
    ran(other, 10)
    assert same(columns(model), before)  # the copy shares nothing
    assert other.day == 15 and model.day == 5
    assert same(columns(ran(model, 10)), columns(other))
    assert model.flows.tolist() == other.flows.tolist()


def test_sets_and_members_are_copied_with_their_model(model):
    model.favourites = model.agents_by_type[Member].select(at_most=3)
    model.best = Member(model, 1)
    model.both = AgentList(model, [model.team[0], model.best])
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other.best.model is other and other.best.row == 1
        assert other.favourites.model is other and other.favourites.rows.tolist() == [0, 1, 2]
        assert other.both.to_list() == [other.team[0], other.best]


def test_models_are_let_go():
    gone = []
    for seed in range(8):
        model = ran(Community(SMALL, seed=seed), 2)
        model.agents.shuffle_do(lambda agent: agent.unique_id)
        gone.append(weakref.ref(model))
    del model
    gc.collect()
    assert [ref() for ref in gone] == [None] * 8


def test_attach_is_done_once_and_checks_mesa(model):
    everyone = model.agents
    attach(model)
    assert model.agents is everyone and isinstance(everyone, AllAgents)
    assert isinstance(model.agents_by_type[Member], MemberSet)
    del model._agents_by_type
    with pytest.raises(RuntimeError, match=r"Mesa .* does not keep its agents under `_agents_by_type`"):
        attach(model)


def test_everybody_can_be_removed(model):
    for agent in list(model.agents):
        agent.remove()
    assert len(model.agents) == 0 and model.agents.to_list() == []
