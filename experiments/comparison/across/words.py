"""A verdict over worlds in plain words: a table and a few sentences, made of nothing but the verdict's numbers."""

from __future__ import annotations

import string

from experiments.comparison import hours
from experiments.comparison.across import narrowed, told
from experiments.comparison.across.verdict import CURRENCY, Across, Added, Pair, Row, Spread
from experiments.comparison.words import worlds_differ
from experiments.comparison.worlds import POPULATION, POSTERIOR
from experiments.pages.wording import count, listed, number, percent, plain_number

WIDTH = 60
MOST_KEYS = 4  # named of those that are fixed
UNTOLD = "no telling"


def letters(verdict: Across) -> dict[str, str]:
    """A letter for each strategy, in order, so that a table fits a small screen."""
    names = [*string.ascii_uppercase, *(f"S{k}" for k in range(27, 200))]
    return dict(zip(verdict.labels, names, strict=False))


def title(verdict: Across) -> str:
    """What was compared."""
    named = [f"{letter} {label}" for label, letter in letters(verdict).items()]
    return f"{listed(named, last='or')}?"


def spread(of: Spread, sign: bool = True) -> str:
    """The median, and where 80 % of the worlds lie."""
    return f"{plain_number(of.median, sign)} ({plain_number(of.low)} to {plain_number(of.high)})"


def share(row: Row, worlds: int) -> tuple[str, str]:
    """In how many worlds the leader is ahead, with a mark if not of all, and the 95 % interval of that in per cent."""
    count_, found = row.leads
    some = "" if row.found.worlds == worlds else "*"
    return f"{count_}{some}", f"{100 * found.low:.0f}–{100 * found.high:.0f}"


def who(row: Row, letter: dict[str, str], worlds: int) -> str:
    """The cell that says who is ahead in how many worlds."""
    if not row.found.worlds:
        return "unknown"
    if row.found.alike == 1:
        return "the same in all"
    if row.better is None:
        return f"{UNTOLD} ({letter[row.leader]} {share(row, worlds)[0]}, {share(row, worlds)[1]})"
    return "{} {} ({})".format(letter[row.better], *share(row, worlds))


def share_in_words(row: Row) -> str:
    """In how many of the worlds the leader is ahead, and the 95 % interval of that share."""
    n, found = row.leads
    if not row.found.worlds:
        return "unknown"
    return f"{n:,} of {row.found.worlds:,} ({100 * found.low:.0f} to {100 * found.high:.0f} %)"


def behind(row: Row) -> str:
    """Who does worse, of a row that tells who does better."""
    return row.found.first if row.better == row.found.second else row.found.second


def recommended(verdict: Across) -> list[str]:
    """Which strategy is recommended and how sure that is, or why none is; and what doing nothing would leave."""
    told, label = verdict.advice.told, verdict.advice.label
    ahead = {name: [row for row in told if row.better == name] for name in verdict.labels}
    several = len(verdict.pairs) > 1
    in_what = {name: [f"{row.name}{f' over {behind(row)}' if several else ''}, {share_in_words(row)}" for row in rows]
               for name, rows in ahead.items() if rows}  # fmt: skip
    each = [f"{name} is ahead in {listed(rows, last='and in')}" for name, rows in in_what.items()]
    if label is not None:
        least = min(row.leads[1].low for row in ahead[label] or told)
        lines = [f"Of these, choose {label}.",
                 f"{'; '.join(each)}: in each of these in at least {100 * least:.0f} of 100 such worlds."]  # fmt: skip
    elif not told:
        lines = ["No recommendation.", "There is no telling who is ahead in close ties, value to members or value to "
                 "the company."]  # fmt: skip
    else:
        lines = ["No recommendation.", f"{'; '.join(each)}: it depends on what counts more for you."]
    pays = [f"{item.label} in {item.money.pays:,} of {item.money.n:,} worlds" for item in verdict.added]
    poorer = [item.label for item in verdict.added for row in item.rows
              if row.measure == "value_company" and row.better == verdict.nothing]  # fmt: skip
    alone = f" By the company's money alone, doing nothing is better than {listed(poorer)}." if poorer else ""
    return [*lines, f"Against doing nothing, each pays for itself so often: {listed(pays)}.{alone}"]


def table(pair: Pair, letter: dict[str, str], worlds: int) -> list[str]:
    """The five questions as a table of six lines, at most WIDTH wide."""
    a, b = letter[pair.first], letter[pair.second]
    rows = [(row.name, who(row, letter, worlds), spread(row.difference)) for row in pair.rows]
    head = ("", f"ahead in, of {worlds:,}", f"{b} − {a} (80 %)")
    widths = [max(len(cells[k]) for cells in (head, *rows)) for k in range(3)]
    between = "  " if sum(widths) + 4 <= WIDTH else " "
    return [between.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
            for cells in (head, *rows)]  # fmt: skip


def units(verdict: Across) -> str:
    """What the numbers of the table are."""
    return (
        f"Close ties: members of 100 who have one. Value: {verdict.basis.currency} a member and year. Reach: people a "
        "member. Newcomers: of 100, those kept. In brackets: the 95 % interval of the share of worlds, in per cent; "
        "and, after the middle world's difference, where 80 % of the worlds lie."
    )


def sentences(verdict: Across) -> list[str]:
    """What each adds over doing nothing, what it costs, what the verdict rests on, and how to read it."""
    return [alone(verdict), *(adds(verdict, item) for item in verdict.added), *cautions(verdict), rests_on(verdict),
            READ_AS]  # fmt: skip


READ_AS = (
    "Read it as: in worlds like these, with the same people and the same luck, this is how often and by how much one "
    "strategy does better. It is no forecast of your community."
)


def alone(verdict: Across) -> str:
    """Where the community goes if nothing is done."""
    way = {item.measure: item for item in verdict.ways[verdict.nothing]}
    parts = []
    if "active" in way:
        active = way["active"]
        parts.append(f"goes from {number(round(active.start.median))} to {number(round(active.end.median))} active "
                     f"members in {count(verdict.basis.days, 'day')}")  # fmt: skip
    if "intimate_share" in way:
        close = way["intimate_share"]
        parts.append(f"from {plain_number(close.start.median)} to {plain_number(close.end.median)} of 100 with a close "
                     "tie")  # fmt: skip
    return f"Doing nothing: the community {listed(parts)} (in the median world)."


def adds(verdict: Across, item: Added) -> str:
    """What a strategy adds over doing nothing, what that costs, and what is left."""
    rows = {row.measure: row for row in item.rows}
    parts = []
    if "intimate_share" in rows:
        parts.append(f"{spread(rows['intimate_share'].difference)} members of 100 with a close tie")
    if "value_members" in rows:
        parts.append(f"{spread(rows['value_members'].difference)} of value to members")
    money = item.money
    parts.append(f"{spread(money.gross)} of value to the company")
    cost = f"{plain_number(money.wages + money.money)}, {plain_number(money.wages)} of it wages"
    return (
        f"{item.label} adds to doing nothing: {listed(parts)}. It costs {cost}, and leaves the company with "
        f"{spread(money.net)}: it pays for itself in {money.pays:,} of {count(money.n, 'world')}."
    )


def rests_on(verdict: Across) -> str:
    """How many worlds, what is open in them, what is held constant, and what the user has fixed."""
    basis = verdict.basis
    drawn = "drawn from their stated priors"
    if basis.kind == POPULATION:
        drawn = "drawn, some from a population of real communities, the others from their stated priors"
    if basis.kind == POSTERIOR:
        drawn = f"drawn together from {count(basis.draws, 'draw')} of a calibration"
    elif basis.around:
        drawn = f"drawn from priors around `{basis.around}`"
    fixed = "none is fixed by you"
    if basis.fixed:
        named = [*basis.fixed[:MOST_KEYS], *([f"{len(basis.fixed) - MOST_KEYS} more"]
                                            if len(basis.fixed) > MOST_KEYS else [])]  # fmt: skip
        fixed = f"{len(basis.fixed)} fixed by you, a scenario's file or the log ({listed(named)})"
    founded = f" The community is founded from a real log: {basis.founded_from}." if basis.founded_from else ""
    return (
        f"It rests on {count(basis.worlds, 'world')}: {count(basis.open, 'value')} {drawn}, {basis.held} held "
        f"constant, {fixed}.{founded}"
    )


def cautions(verdict: Across) -> list[str]:
    """What a reader must know before the numbers are used, if there is anything."""
    basis, said = verdict.basis, []
    if not basis.equal_cost:
        each = [f"{number(cost['cost_per_week'])} a week under {label}" for label, cost in basis.costs.items()]
        said.append(f"Caution: the strategies do NOT cost the same ({listed(each)}); a difference may be the money's.")
    said += [worlds_differ(pair.first, pair.second, pair.world) for pair in verdict.pairs if pair.world]
    if basis.precision:
        said.append(precision(verdict))
    if basis.interrupted:
        said.append("The comparison was stopped early; it rests on the worlds that were finished.")
    if idle := hours.words(basis.hours):
        said.append(idle)
    if basis.currency != CURRENCY:
        said.append(
            f"Money is in {basis.currency}. Prices that you did not give stay as they are, such as what a question to "
            "the service desk costs (value.ticket): they are meant for euros or dollars."
        )
    return said


def precision(verdict: Across) -> str:
    """Whether the shares of worlds are known as well as was asked for."""
    found = verdict.basis.precision or {}
    wanted = percent(found["wanted"])
    if found["met"]:
        return f"Worlds were added until each share of worlds was known to within ±{wanted}."
    return (
        f"The shares of worlds are NOT yet known to within ±{wanted}: the limit of "
        f"{count(verdict.basis.worlds, 'world')} was reached; about {found['needed']:,} would be needed."
    )


def text(verdict: Across) -> str:
    """The whole verdict as plain text."""
    letter, worlds, lines = letters(verdict), verdict.basis.worlds, [title(verdict), ""]
    for pair in verdict.pairs:
        lines += [*table(pair, letter, worlds), ""]
    known = [row.found.worlds for pair in verdict.pairs for row in pair.rows]
    if any(0 < n < worlds for n in known):
        lines += [f"* It is known in {min(filter(None, known)):,} worlds or more, not in all."]
    lines += [units(verdict), ""]
    if verdict.known:
        lines += [*narrowed.sentences(verdict.known), ""]
    lines += sentences(verdict)
    if verdict.why:
        lines += ["", *told.text(verdict.why)]
    return "\n".join(lines)
