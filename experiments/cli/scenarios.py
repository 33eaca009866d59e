"""`hearth list`, `hearth describe` and `hearth check`: what the scenarios say, without running them."""

from __future__ import annotations

from experiments.cli.options import Json, Scenario, Settings, echo
from experiments.pages import answers


def _prepared(scenario: str, settings: list[str] | None):
    from experiments.runs.prepare import Changes, prepare

    (resolved,) = prepare([scenario], Changes(settings=tuple(settings or ()))).scenarios.values()
    return resolved


def list_scenarios(as_json: Json = False) -> None:
    """List the shipped scenarios, each with its question."""
    from sim.scenario import load, shipped

    scenarios = [load(name) for name in shipped()]
    if as_json:
        rows = [{"name": s.name, "question": s.question, "cost_per_week": s.cost_per_week} for s in scenarios]
        answers.show("list", {"scenarios": rows})
        return
    from experiments.pages.terminal import show_rows
    from experiments.pages.wording import number

    columns = ["scenario", "question", "cost a week"]
    show_rows(columns, [(s.name, s.question, number(s.cost_per_week)) for s in scenarios], right=("cost a week",))


def describe(scenario: Scenario, settings: Settings = None, as_json: Json = False) -> None:
    """Show every value with its unit, range and source, or *assumed*, its prior, or why it is held constant."""
    resolved = _prepared(scenario, settings)
    if as_json:
        data = {
            "name": resolved.name,
            "question": resolved.question,
            "cost_per_week": resolved.cost_per_week,
            "team": resolved.resolved()["team"],
            "values": [{**entry._asdict(), "assumed": entry.assumed} for entry in resolved.entries()],
        }
        answers.show("describe", data)
        return
    from experiments.pages.terminal import show_entries

    show_entries(resolved)


def check(scenario: Scenario, settings: Settings = None, as_json: Json = False) -> None:
    """Check a scenario without running it."""
    resolved = _prepared(scenario, settings)
    entries = resolved.entries()
    data = {
        "name": resolved.name,
        "values": len(entries),
        "own": sum(entry.origin != "baseline" for entry in entries),
        "assumed": sum(entry.open for entry in entries),
        "held": sum(entry.assumed and not entry.open for entry in entries),
        "cost_per_week": resolved.cost_per_week,
        "hours_per_week": (paid := resolved.budget.hours_per_week),
        "hours_unassigned": round(max(paid * (1 - sum(resolved.strategy.hours.values())), 0.0), 6),
    }
    if as_json:
        answers.show("check", data)
    else:
        idle = data["hours_unassigned"]
        hours = f"; {idle:,g} of {data['hours_per_week']:,g} hours a week are given to no activity" if idle else ""
        echo(
            f"{data['name']}: valid; {data['own']} of {data['values']} values differ from the baseline, "
            f"{data['assumed']} are assumed and {data['held']} held constant; {data['cost_per_week']:,g} a week{hours}"
        )
