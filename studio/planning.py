"""Plans: how a team spends its week, hour by hour. Two to six of them, named, in one world and with one budget."""

from __future__ import annotations

from typing import Any

from sim.scenario import ACTIVITIES, ScenarioError, shipped
from studio.choices import joined
from studio.messages import BadMessage, Plan, Plans
from studio.session import differing
from studio.setup import HOURS, Setup, Side, plain
from studio.spread import Plans as Tasks

CLOSE = 0.051  # hours a week: a page counts in tenths


def budget_of(asked: Plans) -> float:
    """Hours a week that every plan gets, unless another budget was asked for by its name."""
    if asked.world not in shipped():  # no file is read that a page names
        raise BadMessage(f"world `{asked.world}`: is not shipped; known: {', '.join(shipped())}")
    return plain(asked.world).budget.hours_per_week


def side_of(asked: Plans, plan: Plan) -> Side:
    """A plan as a side of the studio.

    Raises BadMessage where its hours are not its budget, and for a budget of its own that was not asked for by name.
    """
    usual = budget_of(asked)
    budget = usual if plan.budget is None else plan.budget
    if budget != usual and plan.name not in asked.unequal:
        raise BadMessage(
            f"plan `{plan.name}`: has {budget:g} hours a week, and the world has {usual:g}; plans are compared at "
            "equal hours, unless another budget is asked for by the plan's name"
        )
    spent = sum(plan.hours.values())
    if abs(spent - budget) > CLOSE:
        raise BadMessage(f"plan `{plan.name}`: its hours come to {spent:g} a week, and its budget is {budget:g}")
    scale = 1.0 / max(spent, budget)  # the shares never come to more than the whole
    values: dict[str, Any] = {HOURS + key: plan.hours.get(key, 0.0) * scale for key in ACTIVITIES}
    if budget != usual:
        values["budget.hours_per_week"] = float(budget)
    return Side(scenario=joined(plan.scenario, asked.world), values=values)


def setups(asked: Plans) -> dict[str, Setup]:
    """By name, each plan as side A of a state.

    Raises BadMessage for names that are not two, and as `side_of`; ScenarioError where a plan cannot be used
    """
    names = [plan.name for plan in asked.plans]
    if len(set(names)) < len(names):
        raise BadMessage("plans: two have one name; names must differ")
    if unknown := [name for name in asked.unequal if name not in names]:
        raise BadMessage(f"unequal: `{unknown[0]}` is the name of no plan")
    found = {}
    for plan in asked.plans:
        side = side_of(asked, plan)
        setup = Setup(A=side, B=side, members=asked.members, seed=asked.seed, weeks=asked.weeks)
        try:
            setup.scenario("A")
        except ScenarioError as error:
            raise ScenarioError(f"plan `{plan.name}`: {error}") from None
        found[plan.name] = setup
    return found


def tasks(found: dict[str, Setup]) -> Tasks:
    """What to run on paired seeds."""
    return {name: (setup, "A") for name, setup in found.items()}


def told(found: dict[str, Setup]) -> dict[str, Any]:
    """For the page: each plan as a side, and what every later plan has otherwise than the first."""
    first, *rest = found
    there = {name: setup.scenario("A") for name, setup in found.items()}
    return {
        "type": "planned",
        "sides": {name: setup.A.model_dump() for name, setup in found.items()},
        "differs": {name: differing(there[first], there[name]) for name in rest},
    }
