"""What did it, in plain words: a sentence for each lead that is told, and a table of what each group makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.comparison.across.verdict import QUESTIONS, Pair
from experiments.pages.wording import count, listed, plain_number

if TYPE_CHECKING:
    from experiments.comparison.across.why import Difference, Part, Why

MEASURES = {key: (asked.name, asked.unit) for key, asked in QUESTIONS.items()}
TENTHS = ("less than one tenth", "one tenth", "two tenths", "three tenths", "four tenths", "half", "six tenths",
          "seven tenths", "eight tenths", "nine tenths", "all")  # fmt: skip
HOW = (
    "Each group of activities is put to work in turn, with those before it, the other hours being paid and idle: so "
    "wages and money are no part of this, and the parts add up to the difference between the means over worlds."
)


def of_pair(why: Why, pair: Pair) -> list[Difference]:
    """The differences of a pair of strategies."""
    return [one for one in why.differences if (one.first, one.second) == (pair.first, pair.second)]


def fraction(share: float) -> str:
    """The size of a share in words, to a tenth.

    >>> fraction(0.87), fraction(-0.02), fraction(1.3)
    ('nine tenths', 'less than one tenth', 'more than all')
    """
    tenths = round(10 * abs(share))
    return TENTHS[tenths] if tenths < len(TENTHS) else "more than all"


def worked(part: Part, one: Difference) -> str:
    """The group as it stands in a sentence: as what the leader has more of, or less."""
    ahead, behind = part.hours if one.leader == one.first else part.hours[::-1]
    return part.group if ahead >= behind else f"fewer hours on {part.group}"


def in_brackets(part: Part, first: bool) -> str:
    """A share with its interval."""
    share, low, high = (f"{100 * value:.0f}".replace("-", "−") for value in (part.share.mean, part.share.low,
                                                                              part.share.high))  # fmt: skip
    return f"({share} %, 95 % interval {low} to {high})" if first else f"({share} %, {low} to {high})"


def in_a_row(names: list[str]) -> str:
    """Names in a row; with a comma before the last `and`, where one of them has an `and` in it.

    >>> in_a_row(["welcoming", "answering"]), in_a_row(["answering", "listening and acting"])
    ('welcoming and answering', 'answering, and listening and acting')
    """
    if len(names) > 1 and any(" and " in name for name in names):
        return f"{', '.join(names[:-1])}, and {names[-1]}"
    return listed(names)


def sentence(one: Difference) -> str:
    """What made a lead; only of a difference with a leader."""
    other = one.first if one.leader == one.second else one.second
    lead = f"{one.leader}'s lead over {other} in {MEASURES[one.measure][0]}"
    gave, took = ([part for part in one.parts if part.told and (part.share.mean > 0) == more]
                  for more in (True, False))  # fmt: skip
    none, unknown = ([part.group for part in one.parts if not part.told and part.none == shown]
                     for shown in (True, False))  # fmt: skip
    said = [f"{worked(part, one)} gave {fraction(part.share.mean)}{'' if k else f' of {lead}'} "
            f"{in_brackets(part, not k)}" for k, part in enumerate(gave)]  # fmt: skip
    parts = [in_a_row(said)] if said else [f"what gave {lead} cannot be told"]
    parts += [f"{worked(part, one)} lessened it by {fraction(part.share.mean)} "
              f"{in_brackets(part, not gave and part is took[0])}" for part in took]  # fmt: skip
    if none:
        parts.append(f"{in_a_row(none)} gave none of it, or hardly any")
    if unknown and gave:
        parts.append(f"there is no telling for {in_a_row(unknown)}")
    text_ = "; ".join(parts)
    return f"{text_[:1].upper()}{text_[1:]}."


def sentences(why: Why) -> list[str]:
    """What did it: a sentence a lead, nothing where no lead is told, and what it rests on."""
    leads = [one for one in why.differences if one.leader]
    if not leads:
        return ["No lead is told, so there is nothing that made one."]
    known = sorted({one.worlds for one in leads})
    some = count(known[-1], "world") if len(known) == 1 else f"{known[0]} to {known[-1]} worlds"
    return [*(sentence(one) for one in leads), f"This rests on {some}, run again with hours idle. {HOW}"]


def table(why: Why, pair: Pair) -> list[str]:
    """What each group makes of each difference, in the units of the verdict; `*` where it is told."""
    differences = of_pair(why, pair)
    cells = {one.measure: {part.group: plain_number(part.added.mean, True) + "*" * part.told for part in one.parts}
             for one in differences}  # fmt: skip
    groups = list(dict.fromkeys(part.group for one in differences for part in one.parts))
    rows = [("", *(MEASURES[one.measure][0] for one in differences))]
    rows += [
        (group, *(cells[one.measure].get(group, "0" if one.worlds else "unknown") for one in differences))
        for group in groups
    ]
    rows += [("together", *(plain_number(one.mean, True) for one in differences))]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in
                                                  zip(row[1:], widths[1:], strict=True))]) for row in rows]  # fmt: skip


def text(why: Why) -> list[str]:
    """What did it, as lines of plain text."""
    pairs = list(dict.fromkeys((one.first, one.second) for one in why.differences))
    lines = ["What did it", *sentences(why)]
    for first, second in pairs:
        lines += ["", f"{second} minus {first}, means (* told):", *table(why, Pair(first, second, [], [], []))]
    return lines
