"""Checking a study: every fault of a file is found and said at once, each with its key and what is allowed."""

from __future__ import annotations

import fnmatch
import itertools
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from experiments.runs.given import Faults, unequal_cost
from experiments.runs.point import settled
from experiments.study.file import (
    A_RANGE,
    CUBES,
    DIAL,
    HEADLINE,
    LEAST_LEVELS,
    ON_REQUEST,
    PRECISE,
    WHOLE_RANGE,
    Mix,
    Range,
    Stop,
    Study,
    StudyError,
    StudyFile,
    flat,
)
from experiments.study.stopping import Condition, conditions
from sim.own import refuse_wrong
from sim.scenario import Scenario, ScenarioError, load, nearest

LEAST = "the least study is `question`, `scenarios`, `replicates`"
ANY = {"question": "?", "scenarios": ["baseline"]}  # in place of what is missing or wrong, to look at the rest


def checked(table: dict, path: str, name: str, text: str = "") -> Study:
    """A study out of plain data; `path` is what messages call it. StudyError names every fault, a line each."""
    if not table:
        raise StudyError(f"{path}: key `question`: is missing, as is all else; {LEAST}")
    faults = Faults()
    spec = _parsed(table, faults)
    with faults.noting():
        refuse_wrong(tuple(spec.rules))
        made = _made(spec, (path, name, text), faults)
    faults.refuse(StudyError, f"{path}: ")
    return made


def _parsed(table: dict, faults: Faults) -> StudyFile:
    """The file's keys; those that are wrong are noted, and left out."""
    try:
        return StudyFile.model_validate(table)
    except ValidationError as error:
        wrong = [fault["loc"][0] for fault in error.errors()]
        faults.said += explained(error)
    return StudyFile.model_validate({**ANY, **{key: item for key, item in table.items() if key not in wrong}})


def explained(error: ValidationError) -> list[str]:
    """The messages for a file that pydantic refused."""
    messages = []
    for fault in error.errors():
        where = [str(part) for part in fault["loc"]]
        given = fault.get("input")
        message = f"{given!r} is not allowed: {fault['msg'][:1].lower()}{fault['msg'][1:]}"
        if fault["type"] == "less_than_equal" and fault["ctx"]["le"] == 1:  # a share
            message = f"{given!r} is not allowed: {given:g} means {100 * given:,.0f} %; write {given / 100:g}"
        if fault["type"] == "extra_forbidden":
            of_table: dict[str, Any] = {"mix": Mix, "stop": Stop}
            message = f"unknown; {nearest(where[-1], of_table.get(where[0], StudyFile).model_fields)}"
        if fault["type"] == "missing":
            message = f"is missing; {LEAST}"
        messages.append(f"key `{'.'.join(where)}`: {message}")
    return messages


def _made(spec: StudyFile, named: tuple[str, str, str], faults: Faults) -> Study:
    """The study of the file's keys; its faults are noted."""
    path, name, text = named
    held, vary = dict(flat(spec.hold)), dict(flat(spec.vary))
    wanted = "is missing; say how many seeds, or a `precision` such as 0.05"
    said = any(fault.startswith("key `replicates`") for fault in faults.said)
    faults.note(not (spec.replicates or spec.precision or said), "key `replicates`", wanted)
    faults.note(spec.days and spec.every, "key `every`", "is not allowed beside `days`; give one of them")
    faults.note(spec.dial_to and DIAL not in vary, "key `dial_to`", f"without a `{DIAL}` in [vary] it says nothing")
    needs = "needs `dial_to`, the scenario to which 1 leads"
    faults.note(DIAL in vary and not spec.dial_to, f"[vary] key `{DIAL}`", needs)
    for key, value in list(held.items()):
        several = isinstance(value, list | dict)
        if faults.note(several, f"[hold] key `{key}`", "holds one value; several belong under [vary]"):
            del held[key]
    beside = Path(path).parent if os.sep in path else Path()
    scenarios, dials = _scenarios(spec, held, beside, faults)
    chosen = spec.measures or list(HEADLINE)
    precise = tuple(key for key in PRECISE if key in chosen) or (chosen[0],)
    varied, measures = _vary(vary, held, scenarios, faults), _measures(spec, scenarios, faults)
    until: tuple[Condition, ...] = ()
    with faults.noting():
        until = conditions(spec.stop.when if spec.stop else [], scenarios)
    study = Study(name, path, text, spec, scenarios, varied, measures, precise, dials, until=until)
    _check_design(study, faults)
    return study


def _scenarios(
    spec: StudyFile, held: dict, beside: Path, faults: Faults
) -> tuple[dict[str, Scenario], dict[str, Scenario]]:
    """The scenarios by label, and where a dial of 1 leads by label; what cannot be loaded is noted, and left out."""
    _unheld(spec, held, faults)
    scenarios: dict[str, Scenario] = {}
    for given in spec.scenarios:
        with faults.noting():
            scenario = _load(given, held, "scenarios", beside, spec)
            twice = scenario.name in scenarios
            faults.note(twice, "key `scenarios`", f"`{scenario.name}` is there twice")
            scenarios[scenario.name] = scenario
    if not scenarios:
        scenarios = {"baseline": load("baseline")}
    differing = not spec.unequal and unequal_cost(scenarios)
    ask = "hold or vary the budget, or ask for an unequal comparison with `unequal = true`"
    faults.note(differing, "key `scenarios`", f"{differing}; {ask}")
    dials: dict[str, Scenario] = {}
    if spec.dial_to:
        with faults.noting():
            dials = dict.fromkeys(scenarios, _load(spec.dial_to, held, "dial_to", beside, spec))
    return scenarios, dials


def _unheld(spec: StudyFile, held: dict, faults: Faults) -> None:
    """Note each held value that is wrong by itself, and hold it no longer."""
    if not held:
        return
    base = load("baseline", beyond=spec.beyond, rules=spec.rules)
    for key, value in list(held.items()):
        if not key.startswith(("strategy.hours.", "team")):
            try:
                settled(base, {key: value})
            except ScenarioError as error:
                known = key.split(".")[0] not in ("norms", "channels", "activities")  # of which others may have more
                if faults.note(known, f"[hold] {error}".partition(": ")[0], str(error).partition(": ")[2]):
                    del held[key]


def _load(name: str, held: dict, key: str, beside: Path, spec: StudyFile) -> Scenario:
    """A scenario by name, or by path from where the study file lies, with what is held."""
    local = beside / name
    try:
        return load(str(local) if name.endswith(".toml") and local.is_file() else name, held, spec.beyond, spec.rules)
    except ScenarioError as error:
        message = str(error)
        of_hold = message.startswith("--set: key `")
        raise StudyError(
            f"[hold] {message.removeprefix('--set: ')}" if of_hold else f"key `{key}`: {message}"
        ) from None


def _vary(asked: dict, held: dict, scenarios: dict, faults: Faults) -> dict[str, list | Range]:
    """What varies: patterns opened, ranges completed, every value tried on every scenario."""
    entries = {entry.key: entry for entry in next(iter(scenarios.values())).entries()}
    varied: dict[str, list | Range] = {}
    free = [name for name, entry in entries.items() if name not in {**held, **asked} and _numeric(entry)]
    for key, item in asked.items():
        keys = fnmatch.filter(free, key) if "*" in key else [key]
        faults.note(not keys, f"[vary] key `{key}`", "no value that could vary has such a name")
        faults.note(key in held, f"[vary] key `{key}`", "is held too; leave it out of one of [hold] and [vary]")
        for name in keys:
            with faults.noting():
                varied[name] = _values(f"[vary] key `{name}`", item, entries.get(name))
    for key, values in list(varied.items()):
        tries = values if isinstance(values, list) else [values.at(0.0), values.at(1.0)]
        if key == DIAL:
            shares = all(isinstance(x, int | float) and 0 <= x <= 1 for x in tries)
            faults.note(not shares, f"[vary] key `{DIAL}`", "is a share from 0 to 1")
        elif not key.startswith("strategy.hours."):  # shares are tried together: one alone may be too much
            said = len(faults.said)
            for label, value in itertools.product(scenarios, tries):
                with faults.noting("[vary] ", f" (in {label})" if len(scenarios) > 1 else ""):
                    settled(scenarios[label], {key: value})
                if len(faults.said) > said:  # one is enough of a key
                    del varied[key]
                    break
    return varied


def _numeric(entry: Any) -> bool:
    number = isinstance(entry.value, int | float) and not isinstance(entry.value, bool)
    return number and len(entry.range) == 2 and not entry.key.startswith("strategy.hours")


def _values(where: str, item: Any, entry: Any) -> list | Range:
    """The values of one key: a list, or a range from its table or from the baseline."""
    if item == WHOLE_RANGE:
        if entry is None or not _numeric(entry):
            raise StudyError(f'{where}: "range" is for numbers of the baseline; give a list or low and high')
        item = {"low": entry.range[0], "high": entry.range[1], "steps": LEAST_LEVELS}
    if isinstance(item, dict):
        try:
            return Range(**{**item, "whole": entry is not None and isinstance(entry.value, int)})
        except ValidationError as error:
            fault = error.errors()[0]
            name = ".".join(map(str, fault["loc"])) or "low"
            unknown, given = fault["type"] == "extra_forbidden", item.get(name)
            message = (
                f"unknown; {nearest(name, Range.model_fields)}" if unknown else f"{given!r} is not allowed; {A_RANGE}"
            )
            raise StudyError(f"{where}: `{name}`: {message}") from None
    values = item if isinstance(item, list) else [item]
    if not values or any(isinstance(value, list | dict) for value in values):
        raise StudyError(f"{where}: is a list of values, one value, or a range {{ low = ..., high = ... }}")
    if entry is not None and isinstance(entry.value, float):
        values = [float(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in values]
    return values


def _measures(spec: StudyFile, scenarios: dict, faults: Faults) -> dict[str, Any]:
    """The measures to keep, each with its meaning; all but hours and people's if none are named."""
    from sim.measures import catalogue

    known = {key: about for scenario in scenarios.values() for key, about in catalogue(scenario).items()}
    judged = [key for key in known if known[key].better]
    wanted = spec.measures or [key for key in known if not key.startswith(ON_REQUEST)]
    goals = spec.mix.goals if spec.mix else []
    for goal in (goal for goal in goals if goal not in judged):
        what = f"`{goal}` is no measure of better and worse; {nearest(goal, judged)}"
        faults.note(True, "key `mix.goals`", what)
    for key in (key for key in wanted if key not in known):
        faults.note(True, "key `measures`", f"no measure `{key}`; {nearest(key, known)}")
    return {key: known[key] for key in [*wanted, *goals] if key in known}


def _check_design(study: Study, faults: Faults) -> None:
    """Note a design that does not fit what varies, and days after the end."""
    design, vary, points, mix = study.design, study.vary, study.points, study.mix
    faults.note(mix and vary, "key `mix`", "is not allowed beside [vary]; the mix is what varies")
    several = mix and len(study.scenarios) > 1
    faults.note(several, "key `scenarios`", "a search for the best mix is about one; write a file for each")
    faults.note(mix and study.precision, "key `precision`", "is not allowed with `mix`; say `replicates`")
    early = study.until and (study.days or study.every)
    faults.note(early, "key `stop.when`", "is not allowed beside `days` or `every`: a row is of the day of the end")
    budget = study.stop and study.stop.runs
    faults.note(budget and mix, "key `stop.runs`", "is not allowed with `mix`; `mix.trials` says how many")
    faults.note(budget and study.precision, "key `stop.runs`", "is not allowed beside `precision`; `most` says it")
    if vary:
        cube = design in CUBES
        faults.note(cube and points is None, "key `points`", f"is missing; a {design} design needs its size")
        uneven = design == "sobol" and points and points & (points - 1)
        faults.note(uneven, "key `points`", f"{points} is not allowed; for Sobol it is a power of 2, as 256")
        idle = f"is not allowed with design = {design!r}; its size follows from [vary]"
        faults.note(not cube and points is not None, "key `points`", idle)
    for key, item in vary.items():
        where = f"[vary] key `{key}`"
        if isinstance(item, Range):
            stepless = design in ("grid", "one") and item.steps is None
            faults.note(stepless, where, f"in a {design} design a range needs `steps`")
            faults.note(design == "rows", where, "in a design of rows give lists, all of one length")
        else:
            twice = design != "rows" and len(set(map(repr, item))) < len(item)
            faults.note(twice, where, "has a value twice")
    lengths = sorted({len(item) for item in vary.values() if isinstance(item, list)} - {1})
    many = design == "rows" and len(lengths) > 1
    faults.note(many, "[vary]", f"rows need lists of one length; these have {lengths}")
    for label, scenario in study.scenarios.items():
        values = vary.get("community.days", [scenario.community.days])
        last = min(values if isinstance(values, list) else [values.low])
        latest = max(study.days or [0])
        faults.note(latest > last, "key `days`", f"day {latest} is after the end of {label} (day {last})")
