"""What a log shows, in ten sentences for whoever runs a community, each beside eleven communities hosted by companies.

The figures of the eleven stand in `communities.csv` (facts by community, no message of any of them), made by
`python -m experiments.pages.sentences LOG...` with the code that reads the log at hand.
"""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from experiments.pages.wording import percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.logs.patterns import Patterns

TABLE = Path(__file__).with_name("communities.csv")
Values = dict[str, float]


class Sentence(NamedTuple):
    """A sentence: its words, the facts that they take, and the fact in which communities are compared."""

    words: str
    facts: tuple[str, ...]
    compared: str
    of: str  # what the compared figure is, as the comparison names it


SENTENCES = (
    Sentence(
        "{weekly_actives} people write in an ordinary week, {weekly_actives_most} in the busiest; in the last quarter "
        "of its life, a week has {weekly_last_quarter:%} of the busiest.",
        ("weekly_actives", "weekly_actives_most", "weekly_last_quarter"),
        "weekly_last_quarter",
        "writers in a late week, of the busiest week's",
    ),
    Sentence(
        "Few write most of it: the busiest tenth of those who write makes {top_10:%} of all contributions, and "
        "{once:%} wrote once and never again.",
        ("top_10", "once"),
        "top_10",
        "made by the busiest tenth",
    ),
    Sentence(
        "Of those who write in a week, {weekly_newcomers:%} do so for the first time.",
        ("weekly_newcomers",),
        "weekly_newcomers",
        "first-time writers",
    ),
    Sentence(
        "Of those who begin to write, {lifespan_30:%} still write a month later and {lifespan_365:%} a year later.",
        ("lifespan_30", "lifespan_365"),
        "lifespan_365",
        "still writing after a year",
    ),
    Sentence(
        "Of those who write in a month, {monthly_retention:%} write in the next.",
        ("monthly_retention",),
        "monthly_retention",
        "back the next month",
    ),
    Sentence(
        "Of all threads, {replied:%} are answered and {replied_24h:%} within a day; half of the first answers come "
        "within {reply_hours} hours.",
        ("replied", "replied_24h", "reply_hours"),
        "replied_24h",
        "answered within a day",
    ),
    Sentence(
        "The team writes {staff_share:%} of all contributions and {first_reply_staff:%} of the first answers.",
        ("staff_share", "first_reply_staff"),
        "staff_share",
        "written by the team",
    ),
    Sentence(
        "Of the messages that are aimed at somebody, {flow_members_members:%} go from a member to a member.",
        ("flow_members_members",),
        "flow_members_members",
        "from member to member",
    ),
    Sentence(
        "Of the pairs of members of whom one ever wrote to the other, {mutual_members:%} wrote both ways, "
        "{one_exchange:%} exchanged a single message and {exchanges_10:%} ten or more.",
        ("mutual_members", "one_exchange", "exchanges_10"),
        "mutual_members",
        "pairs that wrote both ways",
    ),
    Sentence(
        "Of the newcomers who were answered within a week, {again_with_reply:%} wrote again later; of those who were "
        "not, {again_without_reply:%} (which does not show that the answer did it).",
        ("again_with_reply", "again_without_reply"),
        "again_with_reply",
        "answered newcomers who wrote again",
    ),
)


@cache
def communities() -> dict[str, Values]:
    """The facts of the communities that a log is compared with, by community."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            row["community"]: {name: float(x) for name, x in row.items() if name != "community" and x}
            for row in csv.DictReader(file)
        }


def sentences(values: Values) -> list[str]:
    """The sentences that these facts allow; one whose facts the log does not hold says so.

    >>> sentences({"weekly_newcomers": 0.25})[2].partition(" Elsewhere")[0]
    'Of those who write in a week, 25 % do so for the first time.'
    """
    return [written(sentence, values) for sentence in SENTENCES]


def written(sentence: Sentence, values: Values) -> str:
    """One sentence, with its comparison."""
    missing = [name for name in sentence.facts if not math.isfinite(values.get(name, math.nan))]
    if missing:
        return f"Not to be told from this log: {sentence.of} ({', '.join(missing)})."
    words = sentence.words
    for name in sentence.facts:
        words = words.replace(f"{{{name}:%}}", percent(values[name])).replace(f"{{{name}}}", plain(values[name]))
    return f"{words} {beside(sentence, values[sentence.compared])}"


def beside(sentence: Sentence, value: float) -> str:
    """Where a figure lies among those of the communities.

    It is held against what they show as it is printed, so that two that read alike count as alike.
    """
    known = sorted(facts[sentence.compared] for facts in communities().values() if sentence.compared in facts)
    less = sum(round(100 * other) < round(100 * value) for other in known)
    middle = known[len(known) // 2] if len(known) % 2 else (known[len(known) // 2 - 1] + known[len(known) // 2]) / 2
    return (
        f"Elsewhere ({sentence.of}; {len(known)} communities hosted by companies): {percent(known[0])} to "
        f"{percent(known[-1])}, the middle one {percent(middle)}; this log is above {less} of them."
    )


def plain(value: float) -> str:
    """A count or a time as a person says it: whole from ten on."""
    return f"{value:,.0f}" if value >= 10 or float(value).is_integer() else f"{value:.1f}"


def values_of(patterns: Patterns) -> Values:
    """The facts of a log by name; of a log in which no staff is known, none of staff."""
    known = {name: fact.value for name, fact in patterns.facts.items() if math.isfinite(fact.value)}
    if not patterns.staff:
        known = {name: x for name, x in known.items() if name not in ("staff_share", "first_reply_staff")}
    return known


def write_communities(paths: Sequence[str], facts_of: Callable[[Path], Patterns]) -> Path:
    """Write the table of the communities from their logs."""
    names = sorted({name for sentence in SENTENCES for name in (*sentence.facts, sentence.compared)})
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["community", *names])
        for path in sorted(Path(text) for text in paths):
            values = values_of(facts_of(path))
            out.writerow([path.name.partition(".")[0], *(f"{values[n]:.4g}" if n in values else "" for n in names)])
    return TABLE


if __name__ == "__main__":
    import sys

    from experiments.pages.patterns import facts_of

    print(f"Written: {write_communities(sys.argv[1:], lambda path: facts_of(path, None))}")
