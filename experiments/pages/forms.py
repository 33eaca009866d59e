"""The forms of what `--json` prints, and their page: `python -m experiments.pages.forms` writes experiments/JSON.md.

tests/test_json.py holds what the commands print to these forms, and the page to this file.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from experiments.pages.answers import VERSIONS
from experiments.pages.form import Answer, Cell, Form, Schema, Unknown, Week, said
from experiments.pages.forms_of_worlds import Compare

PAGE = Path(__file__).resolve().parents[1] / "JSON.md"


class Lead(Form):
    """Who leads when."""

    ahead: Literal["first", "second", "nobody"] = said("who leads at the end")
    since: int | None = said("the first day after which that holds to the end")
    clear: int | None = said("the first day after which the interval excludes zero to the end")
    earlier: list[float] | None = said("day and size of the largest lead of the other before")
    overtaken: bool = said("whether that lead was shown")


class Difference(Form):
    """One measure under two scenarios: second minus first on the last day, paired by seed."""

    first: str = said("a label")
    second: str = said("a label")
    n: int = said("seeds in which both are known")
    first_mean: Unknown = said("mean under the first")
    second_mean: Unknown = said("mean under the second")
    mean: Unknown = said("mean difference")
    low: Unknown = said("of the 95 % t interval")
    high: Unknown = said("of the 95 % t interval")
    bca: list[Unknown] = said("the bootstrap's 95 % interval")
    flagged: bool = said("the widths of the two intervals differ by more than a fifth")
    effect: Unknown = said("the difference over the mean of both standard deviations")
    share_above: Unknown = said("of seeds in which the second is above, 0 to 1")
    share_ends: list[Unknown] = said("two numbers, the 95 % interval of that share")
    correlation: Unknown = said("of both over seeds")
    chance: Unknown = said("p of the paired t test")
    seeds_needed: Unknown = said("for a half-width of 5 % of the first's mean, with the same luck")
    seeds_apart: Unknown = said("the same, each scenario with luck of its own")
    holm: Unknown = said("p adjusted for all that was asked at once")
    measure: str = said("key of the measure")
    label: str = said("its name")
    unit: str = said("its unit")
    wanted: str = said("more, less, or nothing")
    lead: Lead = said("who leads when")
    shown: bool = said("the interval excludes zero")
    higher: str | None = said("the label shown to be higher")
    better: str | None = said("the label shown to do better")
    relative: Unknown = said("the difference as a share of the first's size")


class Pair(Form):
    """A scenario against the first."""

    first: str = said("a label")
    second: str = said("a label")
    headline: list[Difference] = said("the five questions")
    others: list[Difference] = said("all other measures, fields as in `headline`")
    world: list[str] = said("keys in which the two differ beside strategy and team")
    wins: dict[str, list[str]] = said("by label, the measures in which it does better when all are asked at once")


class Best(Form):
    """Which of three or more is best at what."""

    measure: str = said("key of the measure")
    question: str = said("the question")
    ranking: list[str] = said("labels, the best mean first")
    over_next: dict[str, Any] = said("the best against the next, fields as in `headline` up to `lead`")


class Basis(Form):
    """What a verdict rests on."""

    seeds: int = said("seeds, the same for each scenario")
    days: int = said("length of a run")
    members: dict[str, int] = said("by label, founding members")
    parameters: int = said("values of the model")
    assumed: int = said("of them assumed and open")
    held: int = said("assumed too, and held constant")
    equal_cost: bool = said("whether all cost the same")
    costs: dict[str, dict[str, float]] = said("by label: hours_per_week, wage, money_per_week, cost_per_week")
    founded_from: str | None = said("a log, and the day in it")
    draws: int = said("draws of a posterior, one for each seed; 0 without")
    precision: dict[str, Any] | None = said("with --precision: wanted, met, needed (seeds), reached (by measure)")
    interrupted: bool = said("stopped before all seeds")
    hours: dict[str, Week] = said("by label, hours of a week")


class CompareOneWorld(Answer):
    """`hearth compare --one-world --json`."""

    folder: str = said("where the report lies")
    labels: list[str] = said("the scenarios, in order")
    pairs: list[Pair] = said("each further scenario against the first")
    best: list[Best] = said("of three or more; else empty")
    basis: Basis = said("what it rests on")


class End(Form):
    """A measure on the last day."""

    label: str = said("its name")
    unit: str = said("its unit")
    mean: Unknown = said("over the seeds")
    low: Unknown = said("of the 95 % interval; null with one seed")
    high: Unknown = said("of the 95 % interval; null with one seed")


class Run(Answer):
    """`hearth run --json`."""

    scenario: str = said("its label")
    days: int = said("length of the run")
    seeds: list[int] = said("one a run")
    measures: dict[str, End] = said("by key of the measure")


class Fact(Form):
    """A fact of a log."""

    name: str = said("key of the fact")
    pattern: str = said("the pattern that it belongs to, P1 to P30, or nothing")
    value: Unknown = said("null: too little in the log")
    unit: str = said("its unit")
    n: int = said("what it was counted over")
    low: Unknown = said("of the 95 % interval")
    high: Unknown = said("of the 95 % interval")
    about: str = said("what it says")


class Patterns(Answer):
    """`hearth patterns --json`."""

    log: str = said("name of the file")
    events: int = said("messages")
    days: float = said("from the first to the last")
    accounts: int = said("registered, or seen")
    wrote: int = said("accounts that wrote")
    staff: int = said("accounts known to be staff's")
    notes: list[str] = said("what was left out")
    sentences: list[str] = said("what the log shows in words, beside eleven communities")
    facts: list[Fact] = said("the facts")
    curves: dict[str, dict[str, list[Unknown]]] = said("by name: x, y, n and, where known, low and high")


class Effects(Answer):
    """`hearth effects --json`; what the columns mean, experiments/effects/README.md says."""

    logs: list[str] = said("names of the logs")
    targets: list[dict[str, Cell]] = said("rows: value here, its interval, the band of hosted communities, verdict")
    effects: list[dict[str, Cell]] = said("rows: an effect pooled over the logs, beside the published one")
    by_log: list[dict[str, Cell]] = said("rows: log, effect, unit, value, low, high, n")
    facts: list[dict[str, Cell]] = said("rows: log, fact, value, se")
    years: list[dict[str, Cell]] = said("rows: a log in a year of its life")
    published: list[dict[str, Cell]] = said("rows: an effect against the published one, by log")


class Fit(Form):
    """How far the model can show what the log shows."""

    fit: Literal["fits", "fits in part", "cannot fit"] = said("the verdict")
    met: int = said("facts within the 95 % predictive interval")
    facts: int = said("facts in all")
    off: list[str] = said("facts outside")


class Value(Form):
    """A fitted value."""

    key: str = said("of the scenario")
    value: float = said("at the posterior's centre")
    low: float = said("of the 90 % interval")
    high: float = said("of the 90 % interval")
    prior: list[float] = said("low and high")
    moves: bool = said("some fact moves with it")
    identified: bool = said("the log narrows it")


class Beside(Form):
    """A fact of the log beside the model's."""

    fact: str = said("its key")
    about: str = said("what it says")
    log: Unknown = said("in the log")
    model: Unknown = said("median of the runs")
    low: Unknown = said("of 95 % of the runs")
    high: Unknown = said("of 95 % of the runs")
    met: bool = said("the log lies within")


class Course(Form):
    """How the model's course fared on what the fit has not seen."""

    series: str = said("what was foretold")
    n: int = said("values")
    model: float = said("mean absolute error of the model")
    naive: dict[str, float] = said("the same of each naive forecast")
    best: str = said("the best of them, chosen afterwards")
    covered: float = said("share of values within the model's 90 % band")


class Calibrate(Answer):
    """`hearth calibrate --json`."""

    scenario: str = said("the scenario file written")
    folder: str = said("of runs, tables and figures")
    log: str = said("name of the log")
    members: int = said("founders at the split")
    events: int = said("messages of the log")
    fitted_from: str = said("a date")
    split: str = said("a date")
    end: str = said("a date")
    runs: int = said("runs that were done")
    generations: int = said("of the posterior, after the first")
    seconds_of_work: float = said("over all workers")
    verdict: Fit = said("how well it fits")
    values: list[Value] = said("the fitted values")
    facts: list[Beside] = said("the log beside the model")
    courses: list[Course] = said("after the split; empty if too little lies there")


class Shipped(Form):
    """A shipped scenario."""

    name: str = said("its name")
    question: str = said("its question")
    cost_per_week: float = said("in currency")


class List(Answer):
    """`hearth list --json`."""

    scenarios: list[Shipped] = said("the shipped scenarios")


class Entry(Form):
    """A value of a scenario."""

    key: str = said("table and key")
    value: Cell = said("as it is")
    unit: str = said("its unit")
    range: list[Cell] = said("low and high, or the words allowed; empty: any")
    source: str = said("where it comes from")
    about: str = said("what it is")
    origin: str = said("the file that sets it, or --set")
    prior: list[float] = said("low and high, between which it lies in eight of ten plausible worlds; empty: none")
    why: str = said("a few words on the prior, or empty")
    constant: str = said("why it is held where nobody has measured it, or empty")
    assumed: bool = said("nobody has measured it")


class Describe(Answer):
    """`hearth describe --json`."""

    name: str = said("of the scenario")
    question: str = said("its question")
    cost_per_week: float = said("in currency")
    team: list[dict[str, str | list[str]]] = said("people: name, kind, hats")
    values: list[Entry] = said("every value")


class Check(Answer):
    """`hearth check --json`."""

    name: str = said("of the scenario")
    values: int = said("values in all")
    own: int = said("that differ from the baseline")
    assumed: int = said("that are assumed and open")
    held: int = said("assumed too, and held constant")
    cost_per_week: float = said("in currency")
    hours_per_week: float = said("paid")
    hours_unassigned: float = said("of them given to no activity")


class Replay(Answer):
    """`hearth replay --json`."""

    day: int = said("the last day")
    last: dict[str, dict[str, Unknown]] = said("by side (A, B), its measures")
    same: bool = said("whether they are those of the file")


class StudyRun(Answer):
    """`hearth study run --json`."""

    folder: str = said("the store")
    planned: int = said("runs")
    stored: int = said("runs, those that failed too")
    failed: int = said("runs")
    replicates: int = said("of the first place")
    precise: bool | None = said("with a precision: whether it was reached")
    out_of_time: bool = said("whether it stopped after the time given, with more to do; then the exit code is 75")


class StudyCheck(Answer):
    """`hearth study check --json`."""

    name: str = said("of the study")
    places: int = said("of the design")
    scenarios: int = said("at each place")
    runs: int = said("at least")
    most: int = said("runs at most: more than `runs` where a precision may ask for more")
    timed: int = said("runs that were done for this")
    seconds: float = said("mean of those timed, of one run on one core")
    low: float = said("seconds of the fastest of them")
    high: float = said("seconds of the slowest of them")
    disk: int = said("bytes of the whole store at most")
    memory: int = said("bytes of a process that does such runs, about")
    beyond: list[str] = said("values beyond what is plausible, each with its scenario and what is plausible")


class StudyList(Answer):
    """`hearth study list --json`."""

    studies: dict[str, str] = said("by name, the question")


class StudyShow(Answer):
    """`hearth study show --json`."""

    name: str = said("of the study")
    question: str = said("its question")
    prediction: str = said("what was predicted before running")
    labels: list[str] = said("its scenarios")
    keys: list[str] = said("what varies")
    commit: str = said("that made the runs")
    points: int = said("points planned")
    measures: list[str] = said("that are kept")
    passed_over: list[str] = said("files that hold no runs")
    runs: int = said("stored, those that failed too")
    failed: int = said("runs")
    rows: int = said("of the store")


class StudySql(Answer):
    """`hearth study sql --json`."""

    rows: list[dict[str, Cell]] = said("of the answer, by column")


FORMS: dict[str, type[Answer]] = {
    "compare": Compare, "compare --one-world": CompareOneWorld, "run": Run, "patterns": Patterns, "effects": Effects,
    "calibrate": Calibrate, "list": List, "describe": Describe, "check": Check, "replay": Replay,
    "study run": StudyRun, "study check": StudyCheck, "study list": StudyList, "study show": StudyShow,
    "study sql": StudySql,
}  # fmt: skip


def kind(annotation: Any) -> str:
    """A type in words.

    >>> kind(list[float | None])
    'list of (number or null)'
    """
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "null", Any: "any"}
    inner, origin = [kind(one) for one in get_args(annotation) if not isinstance(one, str)], get_origin(annotation)
    if annotation in names:
        return names[annotation]
    if origin is list:
        return f"list of {inner[0] if ' ' not in inner[0] or inner[0] == 'whole number' else f'({inner[0]})'}"
    if origin is dict:
        return f"object of {inner[1] if ' or ' not in inner[1] else f'({inner[1]})'}"
    if origin is Literal:
        return " or ".join(f'"{one}"' for one in get_args(annotation))
    if origin in (Union, types.UnionType):
        return " or ".join(inner)
    return "object"


def below(annotation: Any) -> type[Form] | None:
    """The form that is within a type, if there is one."""
    if isinstance(annotation, type) and issubclass(annotation, Form):
        return annotation
    return next(filter(None, map(below, get_args(annotation))), None)


def rows(form: type[Form], at: str = "", seen: tuple[type[Form], ...] = ()) -> Iterator[str]:
    """The fields of a form and of what is below, a row of Markdown each; a form that was shown is not shown again."""
    shown = list(seen)
    for name, field in form.model_fields.items():
        path = f"{at}{field.alias or name}"
        yield f"| `{path}` | {kind(field.annotation)} | {field.description} |"
        inner = below(field.annotation)
        if inner is not None and inner is not Schema and inner not in shown:
            shown.append(inner)
            origin = get_origin(field.annotation)
            mark = "[]." if origin is list else ".*." if origin is dict else "."
            yield from rows(inner, f"{path}{mark}", tuple(shown))


def page() -> str:
    """The page of all forms, in Markdown."""
    lines = [
        "# What `--json` prints",
        "",
        "<!-- Written by `python -m experiments.pages.forms`, never by hand. -->",
        "",
        "Each command with `--json` prints one object in one line and nothing else: no progress, no table. "
        "`schema` names the form and its version, which goes up when a field changes its meaning or goes away; a "
        "field more is no new version. What is not known is null. `[].` stands for each item of a list, `.*.` for "
        "each name of an object.",
    ]
    for command, form in FORMS.items():
        lines += ["", f"## hearth {command}", "", f"Version {VERSIONS[command]}. {form.__doc__}", ""]
        lines += ["| field | what it is | meaning |", "| --- | --- | --- |", *rows(form)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
