"""The form of what `hearth compare --json` prints: the comparison over worlds."""

from __future__ import annotations

from typing import Any, Literal

from experiments.pages.form import Answer, Form, Unknown, Week, said


class Spread(Form):
    """Where a number lies over worlds."""

    low: Unknown = said("10 % of the worlds lie below")
    median: Unknown = said("half of the worlds lie below")
    high: Unknown = said("90 % of the worlds lie below")


class Share(Form):
    """A share of the worlds, 0 to 1."""

    share: Unknown = said("of the worlds")
    low: Unknown = said("of its 95 % interval (Clopper & Pearson)")
    high: Unknown = said("of the same interval")


class Ahead(Form):
    """Who is ahead over worlds, second against first."""

    first: str = said("a label")
    second: str = said("a label")
    worlds: int = said("worlds in which both are known")
    effective: float = said("how many equal worlds they are worth")
    first_ahead: Share = said("worlds in which the first does better; is higher, where neither is better")
    second_ahead: Share = said("the same of the second")
    alike: Unknown = said("share of worlds without a difference")
    median: Unknown = said("of second minus first")
    low: Unknown = said("of the 95 % interval of the median")
    high: Unknown = said("of the same interval")
    inner: list[Unknown] = said("two numbers between which lie 80 % of the worlds' differences")
    chances: list[float] = said("p of the sign tests that the first, and the second, is ahead in half or fewer")
    holm: list[float] = said("the same, adjusted for all that was asked at once")


class Row(Form):
    """One measure under two scenarios over worlds, second minus first within each world, on the last day."""

    measure: str = said("key of the measure")
    name: str = said("its name")
    unit: str = said("its unit")
    wanted: str = said("more, less, or nothing")
    found: Ahead = said("who is ahead")
    ends: list[Spread] = said("two: the measure under the first and under the second")
    better: str | None = said("the label that is ahead in more than half of all such worlds; null: no telling")


class WorldsPair(Form):
    """A scenario against the first."""

    first: str = said("a label")
    second: str = said("a label")
    rows: list[Row] = said("the five lines of the verdict's table")
    others: list[Row] = said("every other measure in its own unit, fields as in `rows`")
    world: list[str] = said("keys in which the two differ beside strategy, team and budget")


class Money(Form):
    """What a strategy brings the company over doing nothing, in currency a member and year."""

    gross: Spread = said("before its costs")
    wages: float = said("what its hours cost")
    money: float = said("what it spends beside")
    net: Spread = said("what is left")
    pays: int = said("worlds in which more is left than doing nothing leaves")
    n: int = said("worlds")


class Added(Form):
    """A strategy against doing nothing."""

    label: str = said("of the strategy")
    rows: list[Row] = said("the five lines against doing nothing, fields as above")
    money: Money = said("what it brings the company")


class Way(Form):
    """From where to where a community goes."""

    measure: str = said("key of the measure")
    start: Spread = said("on day 0")
    end: Spread = said("on the last day")


class WorldsBasis(Form):
    """What a verdict over worlds rests on."""

    worlds: int = said("worlds, the same for each scenario and for doing nothing")
    days: int = said("length of a run")
    kind: Literal["priors", "population", "posterior"] = said("where the worlds are drawn from")
    draws: int = said("draws there are; worlds go round them")
    around: str | None = said("the scenario whose values they lie around, if not the baseline")
    open: int = said("values that differ between worlds")
    held: int = said("values of a world that are held constant")
    fixed: list[str] = said("keys that a file or --set gives, and that would differ else")
    equal_cost: bool = said("whether all strategies cost the same")
    costs: dict[str, dict[str, float]] = said("by label: hours_per_week, wage, money_per_week, cost_per_week")
    founded_from: str | None = said("a log, and the day in it")
    precision: dict[str, Any] | None = said("with --precision: wanted, met, needed (worlds)")
    interrupted: bool = said("stopped before all worlds")
    hours: dict[str, Week] = said("by label, hours of a week")
    currency: str = said("what money is called")


class Effect(Form):
    """A mean over worlds."""

    mean: Unknown = said("over worlds")
    low: Unknown = said("of its 95 % interval")
    high: Unknown = said("of the same interval")
    n: int = said("worlds in which it is known")


class Part(Form):
    """What a group of activities makes of a difference, second minus first."""

    group: str = said("a group of activities; `all but hours`: what remains where all hours are idle")
    hours: list[float] = said("two numbers, hours a week under the first and under the second")
    added: Effect = said("its part of the difference, in the measure's unit; the parts add up to it")
    alone: Effect = said("the difference that it makes as the only group that works")
    out: Effect = said("what goes if it alone is idle")
    share: Effect = said("its part as a share of the difference, 0 to 1; null where no lead is told")
    holm: float = said("p of the t test that the part is zero, adjusted for all that was asked at once")
    told: bool = said("it is not zero, and taking it out goes the same way")
    none: bool = said("it is shown to be less than a tenth of the difference, either way")


class WhyDifference(Form):
    """What makes the difference in one measure."""

    measure: str = said("key of the measure, in the unit of `pairs[].rows`")
    first: str = said("a label")
    second: str = said("a label")
    worlds: int = said("worlds in which all that was asked is known")
    mean: Unknown = said("of second minus first, over these worlds")
    low: Unknown = said("of its 95 % interval")
    high: Unknown = said("of the same interval")
    leader: str | None = said("the label that is told ahead, in all worlds and in these; null: no telling")
    parts: list[Part] = said("the groups, the largest in size first")


class Why(Form):
    """Which activities make the differences, by Shapley values."""

    worlds: int = said("worlds asked")
    groups: dict[str, list[str]] = said("by name, the activities of a group")
    differences: list[WhyDifference] = said("each of the five measures of each pair")


class Doubt(Form):
    """What is left open of a difference."""

    width: Unknown = said("of where 80 % of the worlds' differences lie, in the measure's unit")
    ahead: Unknown = said("share of the worlds in which the leader is ahead, 0 to 1")


class Narrowing(Form):
    """How far the answers narrow the doubt about one measure."""

    measure: str = said("key of the measure, in the unit of `pairs[].rows`")
    name: str = said("its name")
    unit: str = said("its unit")
    first: str = said("a label")
    second: str = said("a label")
    leader: str = said("the label that is ahead in more of the worlds with the answers, told or not")
    told: Doubt = said("with the answers")
    without: Doubt = said("in as many worlds without them")


class Narrowed(Form):
    """What was told of the community, and what it leaves."""

    like: dict[str, float] = said("by name, what --like says")
    know: dict[str, bool | int | float | str] = said("by key, what --know says")
    draws: int = said("draws of the population")
    left: Unknown = said("how many equally likely draws the answers leave; null: they choose none")
    different: int = said("of the worlds that were asked, those that differ")
    few: bool = said("whether those left are few")
    notes: list[str] = said("what was set beside, in words")
    rows: list[Narrowing] = said("each of the five measures of each pair")


class Compare(Answer):
    """`hearth compare --json`: the comparison over worlds."""

    folder: str = said("where the report lies")
    labels: list[str] = said("the strategies, in order")
    nothing: str = said("label of the community without a team")
    pairs: list[WorldsPair] = said("each further strategy against the first")
    added: list[Added] = said("each strategy against doing nothing")
    ways: dict[str, list[Way]] = said("by label: members, active members, share of members with a close tie times 100")
    advice: str | None = said("label of the strategy that is told ahead in close ties, value to members or value to "
                              "the company, and behind in none of them; null if there is none")  # fmt: skip
    basis: WorldsBasis = said("what it rests on")
    why: Why | None = said("with --why: which activities make the differences")
    known: Narrowed | None = said("with --like or --know: what was told, and how far that narrows the doubt")
