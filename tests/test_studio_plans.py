"""Plans and choices: hours are the budget, another budget is asked for by name, what a choice drops is told."""

import pytest

from sim.scenario import ScenarioError, load, shipped
from studio import choices, messages, planning
from studio.messages import BadMessage
from studio.setup import SLIDER, Setup, Side, plain

HOURS = {"host": 5.0, "answer": 8.0, "publish": 7.0}


def asked(*plans, **more):
    plans = plans or ({}, {"name": "Two", "hours": {"publish": 20}})
    whole = [{"name": "One", "scenario": "facilitation", "hours": HOURS, **plan} for plan in plans]
    return messages.Plans.model_validate({"do": "plans", "world": "baseline", "plans": whole, **more})


def test_every_shipped_scenario_is_a_strategy_in_a_world():
    strategies, worlds = choices.strategies(), choices.worlds()
    assert strategies[0] == worlds[0] == "baseline" and {"broadcast", "facilitation"} <= set(strategies)
    assert "tiny_startup" in worlds and "tiny_startup" not in strategies and "facilitation" not in worlds
    led = {name: choices._led(plain(name)) for name in shipped()}
    lived = {name: choices._lived(plain(name)) for name in shipped()}
    for name in shipped():
        parts = [(s, w) for s in strategies for w in worlds if (led[s], lived[w]) == (led[name], lived[name])]
        assert len(parts) == 1, (name, parts)


def test_a_plan_is_a_strategy_with_these_hours():
    found = planning.setups(asked())
    scenario = found["One"].scenario("A")
    usual = load("facilitation")
    assert {key: share * 20 for key, share in scenario.strategy.hours.items() if share} == pytest.approx(HOURS)
    assert scenario.strategy.brand_line == usual.strategy.brand_line and scenario.team == usual.team
    assert planning.setups(asked(*[{"hours": {"host": 10}, "name": name} for name in "ab"], world="tiny_startup"))


@pytest.mark.parametrize(
    ("plan", "more", "said"),
    [
        ({"hours": {"host": 19.0}}, {}, "plan `One`: its hours come to 19 a week, and its budget is 20"),
        ({"hours": {"host": 21.0}}, {}, "its hours come to 21"),
        ({"hours": {"host": 30.0}, "budget": 30.0}, {}, "asked for by the plan's name"),
        ({"hours": {"host": 30.0}, "budget": 30.0}, {"unequal": ["Two"]}, "asked for by the plan's name"),
        ({}, {"unequal": ["Three"]}, "the name of no plan"),
        ({"name": "Two"}, {}, "two have one name"),
        ({"scenario": "nobody"}, {}, "is not shipped"),
        ({}, {"world": "../x"}, "world `../x`: is not shipped"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_its_name(plan, more, said):
    with pytest.raises((BadMessage, ScenarioError), match=said):
        planning.setups(asked(plan, {"name": "Two"}, **more))


def test_an_unequal_budget_is_had_by_name_alone():
    found = planning.setups(asked({"hours": {"host": 30.0}, "budget": 30.0}, {"name": "Two"}, unequal=["One"]))
    assert [found[name].scenario("A").budget.hours_per_week for name in ("One", "Two")] == [30.0, 20.0]
    rows = {row["key"]: row for row in planning.told(found)["differs"]["Two"]}
    assert (rows["strategy.hours.host"]["A"], rows["strategy.hours.host"]["B"]) == (30.0, 5.0)
    assert rows["budget.hours_per_week"]["about"] and rows["budget.hours_per_week"]["unit"] == "hours per week"


def test_a_hat_that_nobody_wears_is_told_of_the_plan():
    with pytest.raises(ScenarioError, match="plan `Two`: .*nobody in the team wears the hat"):
        planning.setups(asked({}, {"name": "Two", "scenario": "edgeryders", "hours": {"act": 20.0}}))


def test_a_strategy_drops_what_is_of_the_strategy_and_keeps_the_world():
    setup = Setup(B=Side(scenario="broadcast@clique_town", values={SLIDER: 0.3, "ties.gain": 0.1, "budget.wage": 9.0}))
    after, dropped = choices.with_strategy(setup, "B", "responsive")
    assert Side(scenario="responsive@clique_town", values={"ties.gain": 0.1, "budget.wage": 9.0}) == after.B
    assert dropped == {SLIDER: 0.3} and after.A == setup.A
    assert choices.with_strategy(Setup(), "B", "responsive")[1] == {}  # nobody had moved the slider
    _, dropped = choices.with_strategy(Setup(B=Side(scenario="mine", text="base = 'broadcast'")), "B", "responsive")
    assert dropped == {"file": "mine"}
    with pytest.raises(ScenarioError):
        choices.with_strategy(Setup(), "A", "../x")


def test_a_world_drops_what_is_of_the_world_and_keeps_the_strategy():
    setup = Setup(A=Side(values={SLIDER: 0.3, "ties.gain": 0.1}), B=Side(scenario="mine", text="base = 'broadcast'"))
    after, dropped = choices.with_world(setup, "tiny_startup")
    assert Side(scenario="baseline@tiny_startup", values={SLIDER: 0.3}) == after.A and after.B == setup.B
    assert dropped == {"A": {"ties.gain": 0.1}}
    after.scenario("A")
    with pytest.raises(ScenarioError):
        choices.with_world(setup, "nowhere")


@pytest.fixture(scope="module")
def tab(running):
    with running.tab() as made:
        made.say(do="start", setup={"members": 40, "weeks": 2})
        made.hear("frame", timeout=180)
        yield made


def test_the_page_is_told_what_a_choice_drops(tab):
    tab.say(do="change", side="both", key="ties.gain", value=0.1)
    tab.say(do="change", side="both", key="strategy.strictness", value=0.9)
    tab.say(do="choose", side="B", scenario="heavy_handed")
    assert tab.hear("dropped")["sides"] == {"B": {"strategy.strictness": 0.9}}
    tab.say(do="world", world="clique_town")
    assert tab.hear("dropped")["sides"] == {"A": {"ties.gain": 0.1}, "B": {"ties.gain": 0.1}}
    tab.say(do="describe", side="A")
    assert tab.hear("values", "dropped")["type"] == "values"


def test_plans_are_run_on_paired_seeds(tab):
    message = asked(members=40, weeks=2, seeds=2).model_dump()
    tab.say(**{**message, "seeds": 0})
    assert set(tab.hear("planned")["sides"]) == {"One", "Two"}
    tab.say(**message)
    found = tab.hear("plans", timeout=120)
    assert found["labels"] == ["One", "Two"] and found["seeds"] == 2
    assert found["measures"]["reach"]["Two"]["band"][1][-1] > found["measures"]["reach"]["One"]["band"][1][-1]
    tab.say(**{**message, "plans": message["plans"][:1]})
    assert "at least 2" in tab.hear("error")["message"]
