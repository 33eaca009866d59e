"""A verdict in plain words: sentences for the screen and the report, made of nothing but the verdict's numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from experiments.comparison import hours
from experiments.comparison.verdict import Best, Judged, Pair, Verdict
from experiments.pages.wording import amount, count, gap, listed, number, percent, signed
from experiments.stats.difference import UNREACHABLE, share_of
from experiments.study.file import HEADLINE

LEDGERS = {"company.": "company's ledger: ", "members.": "members' ledger: "}
LONGEST_LIST = 8


@dataclass(frozen=True)
class Answer:
    """The answer to one question: the question, who (None: nobody could be shown to), the numbers, and since when."""

    question: str
    who: str | None
    numbers: str
    course: str

    @property
    def headline(self) -> str:
        """Who does better, or that this could not be shown."""
        return self.who or "no difference could be shown"

    def __str__(self) -> str:
        return f"{self.question}: {self.headline}. {self.numbers} {self.course}".strip()


def answer(d: Judged) -> Answer:
    """Say what one measure shows."""
    question = HEADLINE.get(d.measure, d.label)
    unit = d.unit
    if d.better is None:
        ends = f"{amount(d.first_mean, unit)} under {d.first} and {amount(d.second_mean, unit)} under {d.second}"
        if not d.n or not math.isfinite(d.mean):
            numbers = "It is not known in enough seeds."
        elif d.mean == 0:
            numbers = f"At the end {ends}."
        elif d.shown:
            numbers = f"At the end {ends}: {gap(d.mean, d.low, d.high, unit)}; whether that is good is for you to say."
        else:
            numbers = f"At the end {ends}; the difference could be luck: {gap(d.mean, d.low, d.high, unit)}."
        return Answer(question, None, numbers, "")
    flip = d.better == d.first
    loser = d.second if flip else d.first
    mine, theirs = (d.first_mean, d.second_mean) if flip else (d.second_mean, d.first_mean)
    mean, low, high = (-d.mean, -d.high, -d.low) if flip else (d.mean, d.low, d.high)
    share = share_of(mean, theirs)
    relative = "" if share is None else f", {percent(share, sign=True)}"
    ahead = d.share_above if d.higher == d.second else 1 - d.share_above
    numbers = (
        f"{amount(mine, unit)} at the end, against {amount(theirs, unit)} under {loser}: "
        f"{gap(mean, low, high, unit)}{relative}. Ahead in {ahead * d.n:g} of {count(d.n, 'seed')}."
    )
    if d.flagged:
        numbers += " A second kind of interval (bootstrap) disagrees in width by more than a fifth: use more seeds."
    return Answer(question, d.better, numbers, course(d))


def course(d: Judged) -> str:
    """Say from which day on the better one leads."""
    if d.better is None or d.lead.since is None:
        return ""
    loser = d.first if d.better == d.second else d.second
    clear = f"the interval excludes zero from day {d.lead.clear} on" if d.lead.clear is not None else ""
    if d.lead.overtaken and d.lead.earlier:
        day, most = d.lead.earlier
        return (
            f"It overtakes {loser} on day {d.lead.since}, which until then led by up to {number(abs(most))} "
            f"(day {day}); {clear}."
        )
    if d.lead.clear is not None and d.lead.clear <= d.lead.since:
        return f"It leads from day {d.lead.since} on."
    return f"It leads from day {d.lead.since} on; {clear}."


def name(d: Judged) -> str:
    """The measure's name where it stands in a row with others."""
    prefix = next((text for start, text in LEDGERS.items() if d.measure.startswith(start)), "")
    label = d.label if not prefix or ":" not in d.label else d.label.split(":", 1)[1].strip()
    return f"{prefix}{label[:1].lower()}{label[1:]}"


def _with_size(d: Judged, who: str) -> str:
    theirs = d.first_mean if who == d.second else d.second_mean
    more = d.mean if who == d.second else -d.mean
    share = share_of(more, theirs)
    return f"{name(d)} ({signed(more) if share is None else percent(share, sign=True)})"


def wins(pair: Pair, label: str) -> str:
    """The respects in which a scenario does better, largest headline first, as a list in words; "" if none."""
    won = pair.wins(label)
    respects = [_with_size(d, label) for d in won[:LONGEST_LIST]]
    if len(won) > LONGEST_LIST:
        respects.append(f"{len(won) - LONGEST_LIST} more in the report")
    return listed(respects)


def loser_wins(pair: Pair) -> str:
    """Say in which respects the one with less intimacy is nevertheless better."""
    intimacy = next((d for d in pair.headline if d.measure == "intimacy"), None)
    winner = intimacy.better if intimacy else None
    if winner is None:
        won = {label: wins(pair, label) for label in (pair.first, pair.second)}
        parts = [f"{label} does better in {respects}" for label, respects in won.items() if respects]
        return f"Neither is shown to create more intimacy; {'; '.join(parts) or 'nor is either better elsewhere'}."
    loser = pair.second if winner == pair.first else pair.first
    respects = wins(pair, loser)
    if not respects:
        return f"There is no respect in which {loser}, which creates less intimacy, is shown to do better."
    return f"{loser} creates less intimacy, and still does better in: {respects}."


def best(item: Best) -> str:
    """Say which of three or more is best at one thing, if one is."""
    d = item.over_next
    more = gap(d.mean, d.low, d.high, d.unit)
    order = " > ".join(item.ranking)
    if d.better is None:
        return (
            f"{item.question}: no single best could be shown; {d.second} and {d.first} cannot be told apart: {more}. "
            f"Order of the means: {order}."
        )
    return f"{item.question}: {d.better}, ahead of the next best, {d.first}: {more}. Order of the means: {order}."


def rests_on(verdict: Verdict) -> list[str]:
    """Sentences on what the verdict rests on and on its limits."""
    basis = verdict.basis
    sizes = set(basis.members.values())
    members = (
        f"{sizes.pop():,} members"
        if len(sizes) == 1
        else listed([f"{n:,} members under {label}" for label, n in basis.members.items()])
    )
    held = f"; {basis.held} more are held constant, each for a reason that is told" if basis.held else ""
    parts = [
        f"It rests on {count(basis.seeds, 'seed')}, the same for each scenario, of {members} over "
        f"{count(basis.days, 'day')}; and on {basis.parameters} parameters, of which {basis.assumed} are assumed: "
        f"nobody has measured them{held}."
    ]
    if basis.founded_from:
        parts.append(f"The community is founded from a real log: {basis.founded_from}.")
    if basis.draws:
        parts.append(
            f"Each seed lives under a draw of a posterior, {basis.draws} in all, the same for each scenario: "
            f"the intervals hold what calibration leaves open, not chance alone."
        )
    if basis.equal_cost:
        cost = next(iter(basis.costs.values()))
        parts.append(
            f"Each scenario costs the same: {number(cost['hours_per_week'])} hours a week at {number(cost['wage'])} an "
            f"hour, and {number(cost['money_per_week'])} a week for content and gatherings."
        )
    else:
        each = [f"{number(cost['cost_per_week'])} a week under {label}" for label, cost in basis.costs.items()]
        parts.append(f"Caution: the scenarios do NOT cost the same ({listed(each)}); a difference may be the money's.")
    if idle := hours.words(basis.hours):
        parts.append(idle)
    parts += [worlds_differ(pair.first, pair.second, pair.world) for pair in verdict.pairs if pair.world]
    if basis.precision:
        parts.append(_precision(basis.precision, verdict.labels[0], basis.seeds))
    if basis.interrupted:
        parts.append("The comparison was stopped early; it rests on the seeds that were finished.")
    parts.append(
        "Read it as: given these assumptions, and nothing else different, this is what follows. It is a comparison, "
        "not a forecast of your community."
    )
    return parts


def worlds_differ(first: str, second: str, keys: list[str]) -> str:
    """The caution about two scenarios whose worlds differ in these keys."""
    tables = sorted({key.split(".")[0] for key in keys})
    return (
        f"Caution: {first} and {second} differ in more than strategy and team: "
        f"{count(len(keys), 'value')} of the world ({listed(tables)}) differ too."
    )


def _precision(found: dict[str, Any], first: str, seeds: int) -> str:
    """Whether the intervals are as narrow as was asked for, and if not, how wide they are and what it would take."""
    wanted, needed = percent(found["wanted"]), found["needed"]
    if found["met"]:
        return f"Seeds were added until the intervals were within ±{wanted} of {first}'s means."
    widths = found["reached"].items()
    each = [f"{key} ±{percent(width)}" if math.isfinite(width) else f"{key} unbounded" for key, width in widths]
    more = "no number of seeds would do" if needed >= UNREACHABLE else f"about {needed:,} would be needed"
    limit = f"the limit of {count(seeds, 'seed')} was reached"
    return f"The intervals are NOT yet within ±{wanted} ({listed(each)}): {limit}; {more}."


def title(verdict: Verdict) -> str:
    """What was compared."""
    return f"{listed(verdict.labels, last='or')}?"


def text(verdict: Verdict) -> str:
    """The whole verdict as plain text."""
    lines = [title(verdict), ""]
    if verdict.best:
        lines += [f"Best of {len(verdict.labels)}", *(f"  {best(item)}" for item in verdict.best), ""]
    for pair in verdict.pairs:
        if len(verdict.pairs) > 1:
            lines += [f"{pair.second} against {pair.first}"]
        lines += [str(answer(d)) for d in pair.headline]
        lines += [loser_wins(pair), ""]
    lines += rests_on(verdict)
    return "\n".join(lines)
