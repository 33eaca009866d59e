"""Coverage of verdicts over worlds: do they hold as often as they promise, on worlds whose truth is known?

As tests/coverage.py does for the statistics of seeds, with fewer repeats where one takes long. Nothing is widened to
make a row pass. Results go to results/coverage-worlds/: table.csv, about.json, README.md.

    timeout 600 python -m tests.coverage_worlds            all repeats, some minutes of one core
    python -m tests.coverage_worlds --fewer 20             a twentieth of them; prints, and writes nothing
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from zlib import crc32

import numpy as np
import pandas as pd
import typer
from scipy.stats import norm

from experiments.pages.text import render
from experiments.runs import files
from experiments.stats import ahead, information, narrowing, shapley
from experiments.study import turning
from tests.coverage import Row, percent, row, short_of
from tests.coverage_cases import Case, Rng, within

FOLDER = files.ROOT / "results" / "coverage-worlds"
NAMES = ("a", "b")
PACKAGES = ("numpy", "scipy", "statsmodels", "SALib", "scikit-learn", "pandas")

# What is promised, the functions that promise it, and why they may fall short. Of what is found (power) nothing is
# promised by a function: the share beside it is what we want of worlds so clear.
PROCEDURES: dict[str, tuple[str, list[Callable], str]] = {
    "none": (
        "call: no winner is told that is none",
        [ahead.ahead, ahead.told, ahead.at_most_half],
        "weights make the number of worlds an estimate",
    ),
    "winner": ("call: a winner is told (wanted)", [ahead.told], "few worlds tell little"),
    "share": (
        "share of worlds ahead, Clopper & Pearson's interval",
        [ahead.share],
        "weights that hang together with the outcome make it less sure than their effective number says",
    ),
    "median": (
        "median difference, distribution-free interval",
        [ahead.median_ends, ahead._low_end],
        "weights that hang together with the outcome make it less sure than their effective number says",
    ),
    "inner": (
        "where 80 % of the worlds lie",
        [ahead.quantiles],
        "the quantiles of few worlds lie within those of all",
    ),
    "sum": ("Shapley: contributions sum to the difference in every world", [shapley.contributions], "rounding"),
    "shapley": ("Shapley: interval of a contribution", [shapley.shares], "it takes contributions for normal"),
    "alone": ("Shapley: interval of one group alone put in", [shapley.shares], "it takes effects for normal"),
    "quiet": (
        "influence: none is told where nothing has any",
        [turning.influences, turning.shuffled],
        "a draw of shuffles",
    ),
    "true": (
        "influence: one taken of those told is true",
        [turning.influences],
        "the false discovery rate is an average",
    ),
    "strong": ("influence: a value that makes 30 % of the variance is told (wanted)", [turning.influences], "noise"),
    "no_border": (
        "border: none is told where there is none",
        [turning.border, turning.tried, turning.better],
        "folds share worlds, and the sign test takes them for apart",
    ),
    "border": ("border: it is told where it is clear (wanted)", [turning.border], "few worlds"),
    "perfect": (
        "value of perfect information, 1.96 errors",
        [information.of_all],
        "gains lean, and the usual choice is chosen by the same worlds",
    ),
    "gain": (
        "value of knowing one value, 1.96 errors",
        [information.of_each, information.fitted],
        "gains lean, and the fit's own error is taken as none",
    ),
    "worthless": (
        "value of information: none is told where nothing is worth knowing",
        [information.of_each, information.shuffled],
        "a draw of shuffles",
    ),
    "unmoved": (
        "narrowing: none is told where weights have nothing to do with the values",
        [narrowing.spreads],
        "a draw of shuffles",
    ),
    "narrowed": (
        "narrowing: a value that a fact shows is told (wanted)",
        [narrowing.spreads, narrowing.narrow, narrowing.width, narrowing.know],
        "few worlds have weight",
    ),
}


@dataclass(frozen=True)
class Tried:
    """A case, and how often it is tried in the whole."""

    case: Case
    repeats: int


def called(rng: Rng, n: int, kind: Literal["half", "ties", "weights", "one wins", "correlated"]) -> tuple[bool, ...]:
    """Six measures of which none, or the first, has a winner; b is ahead in half of the worlds, or is alike."""
    luck = rng.normal(size=(n, 1)) if kind == "correlated" else 0.0
    gap = rng.normal(size=(n, 6)) + 2 * luck
    if kind == "ties":
        gap = rng.choice([1.0, 0.0, -1.0], (n, 6), p=[0.5, 0.3, 0.2])
    if kind == "one wins":
        gap[:, 0] += norm.ppf(0.8)
    weights = rng.lognormal(size=n) if kind == "weights" else None
    found = ahead.told([ahead.ahead(np.zeros(n), column, NAMES, weights=weights) for column in gap.T])
    of_none = found[1:] if kind == "one wins" else found
    none = all(one.winner is None for one in of_none)
    return (none, found[0].winner == "b") if kind == "one wins" else (none,)


def compared(rng: Rng, n: int, weighted: bool) -> tuple[bool, ...]:
    """Skewed differences, ahead in 70 % of the worlds; or worlds weighted by a fact that tells of the difference."""
    gap, weights, at = rng.lognormal(size=n), None, float(np.exp(norm.ppf(0.3)))
    middle, new = 1.0, rng.lognormal()
    if weighted:  # z told as 1 give or take 1: N(1/2, 1/2); the difference is e^z
        weights = narrowing.narrow(pd.DataFrame({"z": np.log(gap)}), {"z": narrowing.Told(1, 1)}).weights
        middle, at = float(np.exp(0.5)), float(np.exp(0.5 + np.sqrt(0.5) * norm.ppf(0.3)))
        new = np.exp(rng.normal(0.5, np.sqrt(0.5)))
    found = ahead.ahead(np.zeros(n), gap - at, NAMES, weights=weights)
    share = found.second_ahead
    return (within(share.low, share.high, 0.7), within(found.low, found.high, middle - at),
            within(*found.inner, new - at))  # fmt: skip


def parts(rng: Rng, n: int) -> tuple[bool, ...]:
    """Five groups of which the first two double each other; worlds differ in size (lognormal) and in luck."""
    groups = tuple("vwxyz")
    drawn = shapley.orders(groups, n, int(rng.integers(2**31)))
    outcomes = []
    for order in drawn:
        size, luck = rng.lognormal(0, 0.5), rng.normal(size=6)
        outcomes.append(
            {
                one: luck[5]
                + size * (4 * ("v" in one) * ("w" in one) + ("v" in one) - 2 * ("x" in one))
                + sum(luck["vwxyz".index(group)] for group in one)
                for one in shapley.coalitions(order)
            }  # fmt: skip
        )
    whole = [outcome[frozenset(groups)] - outcome[frozenset()] for outcome in outcomes]
    added = [sum(shapley.contributions(*pair).values()) for pair in zip(drawn, outcomes, strict=True)]
    first = shapley.shares(drawn, outcomes).set_index("group").loc["v"]
    mean = np.exp(0.125)
    return (bool(np.allclose(added, whole)), within(first["low"], first["high"], 3 * mean),
            within(first["alone_low"], first["alone_high"], mean))  # fmt: skip


def worlds(rng: Rng, n: int, k: int = 120) -> pd.DataFrame:
    """Open values, drawn apart."""
    return pd.DataFrame(rng.uniform(size=(n, k)), columns=[f"x{j}" for j in range(k)])


def quiet(rng: Rng, n: int) -> tuple[bool, ...]:
    """Differences that hang on none of 120 values."""
    return (not turning.influences(worlds(rng, n), rng.standard_t(3, n))["found"].any(),)


def influential(rng: Rng, n: int) -> tuple[bool, ...]:
    """Three of 120 values make 30, 15 and 10 % of the variance: by a line, a step and a hump."""
    values = worlds(rng, n)
    line, step, hump = (values[key].to_numpy() for key in ("x0", "x1", "x2"))
    gap = np.sqrt([0.3, 0.15, 0.1]) @ [np.sqrt(12) * line, 2.0 * (step > 0.5), np.sqrt(2) * np.cos(2 * np.pi * hump)]
    told = turning.influences(values, gap + np.sqrt(0.45) * rng.normal(size=n)).query("found")["key"].tolist()
    true = not told or rng.choice(told) in ("x0", "x1", "x2")
    return bool(true), "x0" in told


def turned(rng: Rng, n: int, clear: bool) -> tuple[bool, ...]:
    """The lead turns where the first of 40 values is .6; or it hangs on the value and turns by luck alone, 1 in 10."""
    values = worlds(rng, n, 40)
    away = values["x0"].to_numpy() - 0.6
    gap = away + 0.15 * rng.normal(size=n) if clear else np.abs(away) * rng.choice([1, 1, 1, 1, 1, 1, 1, 1, 1, -1], n)
    told = bool(turning.border(values, gap, NAMES).rules)
    return (told if clear else not told,)


def loss(mean: float, spread: float) -> float:
    """The unit normal loss: the value of knowing what is normal (Raiffa & Schlaifer 1961)."""
    return float(spread * norm.pdf(mean / spread) - abs(mean) * norm.cdf(-abs(mean) / spread))


def perfect(rng: Rng, n: int) -> tuple[bool, ...]:
    found = information.of_all(np.column_stack([np.zeros(n), rng.normal(0.3, 1, n)]))
    return (within(found.gain - 1.96 * found.error, found.gain + 1.96 * found.error, loss(0.3, 1)),)


def valued(rng: Rng, n: int) -> tuple[bool, ...]:
    """The difference is .3 + .5 x + noise in a normal x."""
    x, shared = rng.normal(size=n), rng.normal(size=n)
    outcomes = np.column_stack([shared, shared + 0.3 + 0.5 * x + rng.normal(size=n)])
    (one,) = information.of_each(pd.DataFrame({"x": x}), outcomes).itertuples()
    return (within(one.gain - 1.96 * one.error, one.gain + 1.96 * one.error, loss(0.3, 0.5)),)


def worthless(rng: Rng, n: int, mean: float) -> tuple[bool, ...]:
    """Twenty values on which the difference does not hang."""
    outcomes = np.column_stack([np.zeros(n), rng.normal(mean, 1, n)])
    return (not information.of_each(worlds(rng, n, 20), outcomes)["found"].any(),)


def unmoved(rng: Rng, n: int) -> tuple[bool, ...]:
    weights = rng.lognormal(0, 1.5, n)
    return (not narrowing.spreads(worlds(rng, n), weights / weights.sum())["found"].any(),)


def narrowed(rng: Rng, n: int) -> tuple[bool, ...]:
    """A fact that is one of 120 values with an error of a third of its spread is told exactly."""
    values = worlds(rng, n)
    fact = pd.DataFrame({"fact": values["x0"] + 0.1 * rng.normal(size=n)})
    weights = narrowing.narrow(fact, narrowing.know(fact, {"fact": 0.5})).weights
    return (bool(narrowing.spreads(values, weights).set_index("key").at["x0", "found"]),)


def case(names: str, draws: str, n: int, promised: float, repeats: int, kept: Callable, *more: Any) -> Tried:
    """A case whose function is given the generator, n and `more`."""
    procedures = tuple(PROCEDURES[name][0] for name in names.split())
    return Tried(Case(procedures, draws, n, promised, lambda rng: kept(rng, n, *more)), repeats)


def cases() -> list[Tried]:
    """Every case, in the order of the table."""
    made = [case("none", "half, six measures", n, 0.95, 300, called, "half") for n in (20, 100, 400)]
    made += [case("none", "half, six measures that go together", 100, 0.95, 300, called, "correlated")]
    made += [case("none", "half ahead, a fifth behind, the rest alike", 100, 0.95, 300, called, "ties")]
    made += [case("none", "half, lognormal weights", n, 0.95, 300, called, "weights") for n in (20, 100)]
    made += [case("none winner", "four in five for one of six", n, 0.95, 200, called, "one wins") for n in (20, 100)]
    made += [case("share median", "skewed", n, 0.95, 400, lambda *x: compared(*x)[:2], False) for n in (10, 100)]
    made += [
        case("share median", "skewed, weighted", n, 0.95, 400, lambda *x: compared(*x)[:2], True) for n in (20, 200)
    ]
    made += [case("inner", "skewed", n, 0.8, 400, lambda *x: compared(*x)[2:], False) for n in (10, 100)]
    made += [case("inner", "skewed, weighted", 200, 0.8, 400, lambda *x: compared(*x)[2:], True)]
    made += [case("sum", "five groups", n, 1.0, 80, lambda *x: parts(*x)[:1]) for n in (20, 100)]
    made += [case("shapley alone", "five groups", n, 0.95, 80, lambda *x: parts(*x)[1:]) for n in (20, 100)]
    made += [case("quiet", "120 values", n, 0.95, 120, quiet) for n in (100, 400)]
    made += [case("true strong", "3 of 120 values", n, 0.95, 50, influential) for n in (100, 400)]
    made += [case("no_border", "size, not side", 100, 0.95, 15, turned, False)]
    made += [case("border", "side", 100, 0.95, 8, turned, True)]
    made += [case("perfect", "normal", n, 0.95, 1000, perfect) for n in (100, 400)]
    made += [case("gain", "line in a normal value", 100, 0.95, 25, valued)]
    made += [case("gain", "line in a normal value", 400, 0.95, 10, valued)]
    made += [case("worthless", f"20 values, mean {mean}", 100, 0.95, 15, worthless, mean) for mean in (0.0, 0.3)]
    made += [case("unmoved", "120 values", 100, 0.95, 12, unmoved)]
    made += [case("narrowed", "one of 120 values", n, 0.95, 5, narrowed) for n in (100, 400)]
    return made


CASES = cases()


def tried(number: int, repeats: int) -> np.ndarray:
    """How often each promise of a case was kept in its first repeats, int (procedures,)."""
    one = CASES[number].case
    seed = crc32(f"{one.procedures[0]} {one.draws} {one.n}".encode())
    gc.freeze()  # statsmodels collects garbage at each call: what is loaded need not be looked through
    kept = [one.kept(np.random.default_rng([seed, repeat])) for repeat in range(repeats)]
    gc.unfreeze()
    return np.array(kept).sum(axis=0)


def rows_of(number: int, held: np.ndarray, repeats: int) -> list[Row]:
    """The rows of a case."""
    one = CASES[number].case
    return [row(one, name, int(count), repeats) for name, count in zip(one.procedures, held, strict=True)]


def stored() -> tuple[list[Row], dict[str, Any]]:
    """The table in results/coverage-worlds/, its intervals and verdicts made anew; and what is said of it."""
    table = pd.read_csv(FOLDER / "table.csv")
    held = {(each.procedure, each.draws, each.n): each.held for each in table.itertuples()}
    about = json.loads((FOLDER / "about.json").read_text(encoding="utf-8"))
    rows = []
    for number, one in enumerate(CASES):
        counts = [held[name, one.case.draws, one.case.n] for name in one.case.procedures]
        rows += rows_of(number, np.array(counts), one.repeats)
    return rows, about


def page(rows: list[Row], about: dict[str, Any]) -> str:
    """README.md."""
    template = Path(__file__).with_name("coverage_worlds.md.j2")
    return render(template, {"percent": percent}, rows=rows, short=short_of(rows, PROCEDURES), about=about)


def main(
    fewer: Annotated[int, typer.Option(min=1, help="One repeat in so many.")] = 1,
    only_page: Annotated[bool, typer.Option("--page", help="Write README.md from the stored table alone.")] = False,
) -> None:
    """Try every case; write the table where all repeats were done, and print it otherwise."""
    if only_page:
        files.write_text(FOLDER / "README.md", page(*stored()))
        return
    begun, rows = time.perf_counter(), []
    for number, one in enumerate(CASES):
        repeats = max(one.repeats // fewer, 2)
        rows += rows_of(number, tried(number, repeats), repeats)
        print(f"{number + 1} of {len(CASES)}, {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    table = pd.DataFrame(map(asdict, rows))
    if fewer > 1:
        print(table.to_string())
        return
    made = files.provenance("python -m tests.coverage_worlds", time.perf_counter() - begun, PACKAGES)
    about = made | {"verdicts": table["verdict"].value_counts().to_dict()}
    FOLDER.mkdir(parents=True, exist_ok=True)
    files.write_csv(FOLDER / "table.csv", table)
    files.write_json(FOLDER / "about.json", about)
    files.write_text(FOLDER / "README.md", page(rows, about))


if __name__ == "__main__":
    typer.run(main)
