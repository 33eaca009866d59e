"""What tests/coverage.py tries: each interval and procedure that is reported, with data whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from experiments.calibration.fitting import Findings
from experiments.calibration.holdout import Course
from experiments.calibration.summaries import ABOUT
from experiments.effects import dilution, fits, levels
from experiments.effects import study as effects
from experiments.effects.pooling import pool
from experiments.evidence import judging
from experiments.stats import difference, paired
from experiments.stats.selection import select
from experiments.study import design, regimes, sensitivity
from sim.logs import patterns
from sim.logs.patterns import estimates

Rng = np.random.Generator


@dataclass(frozen=True)
class Case:
    """Data of one kind and size, and which of the promises made of them are kept.

    procedures : what is promised, in the words of `PROCEDURES`
    draws, n : the data in words, and how many values, seeds, communities or rows
    promised : the share of data sets in which the promise is kept
    kept : draws a data set and says of each procedure whether it kept its promise
    """

    procedures: tuple[str, ...]
    draws: str
    n: int
    promised: float
    kept: Callable[[Rng], tuple[bool, ...]]


# What is promised, the functions that promise it, and why they may fall short.
PROCEDURES: dict[str, tuple[str, list[Callable], str]] = {
    "t": (
        "t interval of a paired difference",
        [paired.interval],
        "it takes differences for normal, and few that lean are not",
    ),
    "day": (
        "t interval of a day",
        [paired.intervals],
        "it takes differences for normal",
    ),
    "t_test": (
        "paired t test: no difference is found where there is none",
        [paired.chance_of_none],
        "it takes differences for normal",
    ),
    "above": (
        "share of seeds above, Clopper & Pearson's interval",
        [paired.share_ends, paired._exact],
        "it is made to hold the share at least so often",
    ),
    "bca": (
        "BCa interval of a paired difference",
        [paired.bootstrap],
        "few seeds do not show their own tails; it only checks the t interval, which is what is reported",
    ),
    "welch": (
        "interval of the unpaired difference (Welch)",
        [paired.unpaired_half],
        "it takes values for normal, and few that lean are not",
    ),
    "holm": (
        "Holm over 20 measures: no difference is found where there is none",
        [paired.holm],
        "it asks t tests for small chances, where leaning differences mislead them most",
    ),
    "precise": (
        "precision: t interval once seeds were added until it was narrow",
        [difference.precision],
        "it stops where seeds look alike by luck; the fewer it begins with, the more so",
    ),
    "kn": (
        "ranking and selection: the best of four is left",
        [select],
        "it takes numbers for normal",
    ),
    "who": (
        "who is ahead: nobody is named where all are alike",
        [regimes.ahead],
        "it takes differences for normal",
    ),
    "turned": (
        "overtaking: none is told where nobody led on the thirty days before",
        [paired.lead],
        "each day is asked by itself, and many days are many chances: `overtakes` tells of the means, no more",
    ),
    "change": (
        "one at a time: interval of the largest change",
        [sensitivity.largest_changes],
        "the largest of several changes is in part the luckiest",
    ),
    "first": (
        "Sobol, interval of a first-order index",
        [sensitivity.sobol_indices],
        "a bootstrap of few points",
    ),
    "total": (
        "Sobol, interval of a total index",
        [sensitivity.sobol_indices],
        "a bootstrap of few points",
    ),
    "mu": (
        "Morris, interval of mu*",
        [sensitivity.morris_indices],
        "a bootstrap of few trajectories",
    ),
    "fit": (
        "calibration: 95 % predictive interval of a fact",
        [Findings.facts],
        "the quantiles of few runs lie within those of all; more runs widen them",
    ),
    "band": (
        "calibration: 90 % band of a course",
        [Course.band],
        "the quantiles of few runs lie within those of all; more runs widen them",
    ),
    "of_means": (
        "evidence: interval of a ratio of means",
        [judging.ratio],
        "it takes the ratio's logarithm for normal",
    ),
    "of_odds": (
        "evidence: interval of an odds ratio",
        [judging.odds_ratio],
        "it takes the ratio's logarithm for normal",
    ),
    "hartung": (
        "effects: pooled, t interval",
        [pool],
        "the weights of communities are estimated too",
    ),
    "boot": (
        "effects: pooled, bootstrap over communities",
        [pool],
        "a bootstrap of few communities; the t interval beside it is the one to read",
    ),
    "elastic": (
        "effects: slope over communities, bootstrap",
        [dilution.elasticity],
        "a bootstrap of few communities",
    ),
    "typical": (
        "effects: median over logs, bootstrap",
        [effects.fact_of],
        "a bootstrap of few logs, whose medians are few numbers",
    ),
    "counts": (
        "effects: ratio within groups (Poisson), 1.96 errors",
        [fits.poisson, effects.by_log],
        "robust errors are a little small where rows are few",
    ),
    "members": (
        "effects: difference within members, 1.96 errors",
        [fits.linear, effects.by_log],
        "errors clustered by few members are too small",
    ),
    "in_a_row": (
        "effects: weeks in a row (Newey-West), 1.96 errors",
        [fits.over_time, effects.by_log],
        "Newey & West's errors are too small where weeks hang together",
    ),
    "part": (
        "effects: share of members, 1.96 errors",
        [levels.share, effects.fact_of],
        "the normal curve for a share",
    ),
    "centre": (
        "effects: resampled median, 1.96 errors",
        [levels.resampled, effects.fact_of],
        "the normal curve for a median",
    ),
    "bootstrap": (
        "patterns: bootstrap over accounts",
        [patterns._intervals],
        "a bootstrap of few accounts",
    ),
}


# Data whose mean is 0


def normal(rng: Rng, *shape: int) -> np.ndarray:
    """Standard normal."""
    return rng.normal(size=shape)


def skewed(rng: Rng, *shape: int) -> np.ndarray:
    """Lognormal with a spread of 1/2 in the logarithm, less its mean."""
    return 2 * (rng.lognormal(0, 0.5, shape) - np.exp(0.125))


def very_skewed(rng: Rng, *shape: int) -> np.ndarray:
    """Lognormal with a spread of 1 in the logarithm, less its mean."""
    return rng.lognormal(size=shape) - np.exp(0.5)


DRAWS = {"normal": normal, "skewed": skewed}


def gap(rng: Rng, n: int, draw: Callable) -> np.ndarray:
    """Paired differences of two scenarios that share a large skewed luck, (n,); what is their own is as `draw` says."""
    luck = 10 * rng.lognormal(size=n)
    return difference.gaps(luck + draw(rng, n), luck + draw(rng, n) if draw is normal else luck)


def within(low: float, high: float, truth: float = 0.0) -> bool:
    """Whether an interval holds the truth."""
    return bool(low <= truth <= high)


# One function a procedure: a data set is drawn, the project's function asked


def mean(rng: Rng, n: int, draw: Callable) -> tuple[bool, ...]:
    found = paired.interval(gap(rng, n, draw))
    return (within(found.low, found.high),)


def test(rng: Rng, n: int, draw: Callable) -> tuple[bool, ...]:
    return (paired.chance_of_none(gap(rng, n, draw)) >= 1 - paired.LEVEL,)


def of_day(rng: Rng, n: int, draw: Callable) -> tuple[bool, ...]:
    """A walk over thirty days that a third of the seeds join on day 11; day 20."""
    values = np.cumsum(draw(rng, n, 30), axis=1)
    values[: n // 3, :10] = np.nan
    _, low, high = paired.intervals(values)
    return (within(low[19], high[19]),)


def above(rng: Rng, n: int, truth: float, ties: float = 0.0) -> tuple[bool, ...]:
    """Seeds of which a share is above, and some are ties, which count half."""
    values = rng.choice([1.0, 0.0, -1.0], n, p=[truth - ties / 2, ties, 1 - truth - ties / 2])
    return (within(*paired.share_ends(values), truth),)


def resampled(rng: Rng, n: int, draw: Callable) -> tuple[bool, ...]:
    return (within(*paired.bootstrap(gap(rng, n, draw))),)


def unpaired(rng: Rng, n: int, draw: Callable) -> tuple[bool, ...]:
    """The second of three times the spread."""
    a, b = draw(rng, n), 3 * draw(rng, n)
    return (bool(abs(b.mean() - a.mean()) <= paired.unpaired_half(a, b)),)


def many(rng: Rng, n: int, draw: Callable, shared: float = 0.0) -> tuple[bool, ...]:
    """Twenty measures, of which five differ truly."""
    values = shared * draw(rng, n, 1) + draw(rng, n, 20) + np.where(np.arange(20) < 5, 1.0, 0.0)
    adjusted = paired.holm(np.array([paired.chance_of_none(column) for column in values.T]))
    return (bool((adjusted[5:] >= 1 - paired.LEVEL).all()),)


def narrowed(rng: Rng, first: int, draw: Callable) -> tuple[bool, ...]:
    """As `sweep.sweep` adds seeds: at most twice as many at a time, 200 in all; the truth is 1, wanted 30 % of 5."""
    drawn, n = 1 + 4 * draw(rng, 200), first
    while True:
        seeds = np.tile(np.arange(n), 2)
        rows = pd.DataFrame({"replicate": seeds, "scenario": np.repeat(["a", "b"], n),
                             "m": np.append(np.full(n, 5.0), 5 + drawn[:n])})  # fmt: skip
        more = min(difference.precision(rows, ["m"], ["a", "b"], 0.3).needed, 2 * n, 200)
        if more <= n:
            found = paired.interval(drawn[:n])
            return (within(found.low, found.high, 1.0),)
        n = more


def best(rng: Rng, n: int, draw: Callable, shared: float) -> tuple[bool, ...]:
    """The best ahead by the indifference; n seeds at most."""
    values = shared * draw(rng, n, 1) + draw(rng, n, 4) + [0.0, 0.0, 0.0, 0.6]
    return (select(pd.DataFrame(values, columns=list("abcd")), 0.6).best == "d",)


def ahead(rng: Rng, n: int, draw: Callable, scenarios: int) -> tuple[bool, ...]:
    table = pd.DataFrame(draw(rng, n, scenarios))
    return (regimes.ahead(table)["winner"] == regimes.NOBODY,)


def overtaken(rng: Rng, n: int, draw: Callable, tied: bool) -> tuple[bool, ...]:
    """Thirty days without a difference, each on its own or the day's luck carried on, then ten of a clear lead."""
    luck = draw(rng, n, 30)
    luck = np.cumsum(luck, axis=1) if tied else luck
    course = np.hstack([luck, 50 + draw(rng, n, 10)])
    return (not paired.lead(np.arange(40), course).overtaken,)


def largest(rng: Rng, n: int, draw: Callable) -> tuple[bool, ...]:
    """Four values of one key that all change the answer by as much."""
    table = pd.DataFrame(3 * draw(rng, n) + draw(rng, 5, n) + np.array([[0.0], [1], [1], [1], [1]]))
    (found,) = sensitivity.largest_changes(table, pd.DataFrame({"k": [0, 1, 2, 3, 4]})).itertuples()
    return (within(found.low, found.high, 1.0),)


KEYS = ["one", "two", "three"]
PROBLEM = design.problem(KEYS)


def sobol(rng: Rng, n: int) -> tuple[bool, ...]:
    """The first value of Ishigami's function (a = 7, b = 0.1): it acts alone, and with the third."""
    from SALib.sample import sobol

    x = (2 * sobol.sample(PROBLEM, n, calc_second_order=False, seed=int(rng.integers(2**31))) - 1) * np.pi
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    row = sensitivity.sobol_indices(y, KEYS).set_index("key").loc["one"]
    alone, together = (1 + np.pi**4 / 50) ** 2 / 2, np.pi**8 * 8 / 22500
    whole = alone + together + 49 / 8
    return (within(row["first_low"], row["first_high"], alone / whole),
            within(row["total_low"], row["total_high"], (alone + together) / whole))  # fmt: skip


def morris(rng: Rng, n: int) -> tuple[bool, ...]:
    """(x1 - 1/2)(x2 - 1/2): a step of x1 is 1/2 or 1/6 in size, each as often."""
    from SALib.sample import morris

    unit = morris.sample(PROBLEM, n, num_levels=design.LEVELS, seed=int(rng.integers(2**31)))
    y = (unit[:, 0] - 0.5) * (unit[:, 1] - 0.5)
    row = sensitivity.morris_indices(unit, y, KEYS).set_index("key").loc["one"]
    return (within(row["low"], row["high"], 1 / 3),)


def fact(rng: Rng, n: int, draw: Callable) -> tuple[bool, ...]:
    """A log and n runs drawn alike."""
    log, *runs = ({"summaries": dict.fromkeys(ABOUT, value)} for value in draw(rng, n + 1))
    empty = dict.fromkeys(("world", "candidates", "posterior", "later", "aheads", "seconds"))
    return (bool(Findings(**(empty | {"real": log, "replays": runs})).facts()["met"][0]),)  # type: ignore[arg-type]


def course(rng: Rng, n: int, draw: Callable) -> tuple[bool, ...]:
    real, runs = draw(rng, 1), draw(rng, n, 1)
    _, low, high = Course(np.zeros(1), real, runs, 1).band()
    return (within(low[0], high[0], real[0]),)


def ratio(rng: Rng, n: int) -> tuple[bool, ...]:
    """Counts of a lognormal world, twice as many in one arm."""
    world = 20 * rng.lognormal(0, 0.5, n)
    found = judging.ratio(rng.poisson(2 * world), rng.poisson(world))
    return (within(found.low, found.high, 2.0),)


def odds(rng: Rng, n: int) -> tuple[bool, ...]:
    """Shares of .4 and .2 of 30 members a seed."""
    members = np.full(n, 30)
    found = judging.odds_ratio(rng.binomial(30, 0.4, n), members, rng.binomial(30, 0.2, n), members)
    return (within(found.low, found.high, (0.4 / 0.6) / (0.2 / 0.8)),)


def pooled(rng: Rng, n: int) -> tuple[bool, ...]:
    """Communities that differ (spread .2) around 0, with errors from .1 to .3."""
    se = rng.uniform(0.1, 0.3, n)
    found = pool(rng.normal(0, np.sqrt(0.04 + se**2)), se)
    return within(found.low, found.high), within(found.boot_low, found.boot_high)


def slope(rng: Rng, n: int) -> tuple[bool, ...]:
    x = rng.normal(size=n)
    y = -0.5 * x + rng.normal(0, 0.5, n)
    found = dilution.elasticity([{"frequency": np.exp(a), "drawn": np.exp(b)} for a, b in zip(x, y, strict=True)])
    return (within(found["low"], found["high"], -0.5),)  # type: ignore[index]


def of_logs(values: np.ndarray, se: float = 0.0) -> tuple[float, float]:
    """The interval of a fact of these logs."""
    facts = pd.DataFrame({"fact": "fact", "value": values, "se": se})
    return effects.fact_of(SimpleNamespace(facts=facts), "fact")[1:]  # type: ignore[arg-type]


def median(rng: Rng, n: int, draw: Callable) -> tuple[bool, ...]:
    truth = 0.0 if draw is normal else 2 * (1 - np.exp(0.125))
    return (within(*of_logs(draw(rng, n)), truth),)


def as_difference(found: fits.Estimate, truth: float) -> tuple[bool, ...]:
    """Whether the interval of a slope, as it is reported, holds the truth."""
    estimates = pd.DataFrame([{"log": "x", "effect": SLOPE, **found._asdict()}])
    (row,) = effects.by_log(SimpleNamespace(estimates=estimates)).itertuples()  # type: ignore[arg-type]
    return (within(row.low, row.high, truth),)


SLOPE = next(row.effect for row in effects.catalogue().itertuples() if row.unit not in effects.SCALE)


def poisson(rng: Rng, n: int) -> tuple[bool, ...]:
    """Twenty groups of their own level; counts that vary more than Poisson's."""
    group = np.arange(n) % 20
    x = rng.normal(size=n)
    y = rng.poisson(np.exp(0.3 * x + rng.normal(size=20)[group]) * rng.gamma(4, 0.25, n))
    return as_difference(fits.poisson(y, pd.DataFrame({"x": x}), group)["x"], 0.3)


def linear(rng: Rng, n: int) -> tuple[bool, ...]:
    """Thirty members, whose level and answer to x differ."""
    member = np.arange(n) % 30
    x = rng.normal(size=n)
    y = rng.normal(size=30)[member] + (0.3 + 0.3 * rng.normal(size=30)[member]) * x + rng.normal(size=n)
    return as_difference(fits.linear(y, pd.DataFrame({"x": x}), member)["x"], 0.3)


def weeks(rng: Rng, n: int) -> tuple[bool, ...]:
    """x and errors that are half of what they were a week before, and half new."""
    x, error = rng.normal(size=(2, n))
    for k in range(1, n):
        x[k] += 0.5 * x[k - 1]
        error[k] += 0.5 * error[k - 1]
    return as_difference(fits.over_time(0.3 * x + error, pd.DataFrame({"x": x}))["x"], 0.3)


def share(rng: Rng, n: int) -> tuple[bool, ...]:
    found = levels.share(rng.binomial(n, 0.2) / n, n)
    return (within(*of_logs(np.array([found.value]), found.se), 0.2),)


def middle(rng: Rng, n: int) -> tuple[bool, ...]:
    values = rng.lognormal(size=n)
    return (within(*of_logs(np.array([np.median(values)]), levels.resampled(values, np.median)), 1.0),)


def accounts(rng: Rng, n: int) -> tuple[bool, ...]:
    """Accounts with lognormal numbers of messages, of which each is answered with a chance of the account's own."""
    written = np.ceil(3 * rng.lognormal(size=n))
    answered = rng.binomial(written.astype(int), rng.beta(2, 2, n))
    found = patterns._intervals([estimates.ratio(answered, written)], n, 400, rng)
    return (within(found[1, 0], found[2, 0], 0.5),)


def case(procedures: str | tuple[str, ...], draws: str, n: int, promised: float, kept: Callable, *more: Any) -> Case:
    """A case whose function is given the generator, n and `more`."""
    names = (procedures,) if isinstance(procedures, str) else procedures
    return Case(tuple(PROCEDURES[name][0] for name in names), draws, n, promised, lambda rng: kept(rng, n, *more))


def cases() -> list[Case]:
    """Every case, in the order of the table."""
    made = []
    for draws, draw in DRAWS.items():
        made += [case("t", draws, n, 0.95, mean, draw) for n in (2, 5, 20)]
        made += [case("day", draws, 20, 0.95, of_day, draw), case("t_test", draws, 20, 0.95, test, draw)]
        made += [case("bca", draws, n, 0.95, resampled, draw) for n in (5, 20)]
        made += [case("welch", draws, n, 0.95, unpaired, draw) for n in (5, 20)]
        made += [case("holm", draws, 20, 0.95, many, draw)]
        made += [case("holm", f"{draws}, one luck for all", 20, 0.95, many, draw, 2.0)]
        made += [case("precise", f"{draws}, {n} seeds at first", n, 0.95, narrowed, draw) for n in (3, 20)]
        made += [case("kn", draws, 300, 0.95, best, draw, 0.0)]
        made += [case("kn", f"{draws}, luck shared", 300, 0.95, best, draw, 3.0)]
        made += [case("who", f"{draws}, {k} scenarios", 20, 0.95, ahead, draw, k) for k in (2, 4)]
        made += [case("turned", f"{draws}, days that go on", 20, 0.975, overtaken, draw, True)]
        made += [case("change", f"{draws}, four levels alike", 20, 0.95, largest, draw)]
        made += [case("fit", draws, n, 0.95, fact, draw) for n in (20, 60)]
        made += [case("band", draws, n, 0.9, course, draw) for n in (20, 60)]
        made += [case("typical", draws, n, 0.95, median, draw) for n in (5, 11)]
    made += [case("above", "nine in ten", n, 0.95, above, 0.9) for n in (5, 20)]
    made += [case("above", "half", 20, 0.95, above, 0.5)]
    made += [case("above", "seven in ten, a fifth ties", 20, 0.95, above, 0.7, 0.2)]
    made += [case("t", "very skewed", n, 0.95, mean, very_skewed) for n in (5, 20)]
    made += [case("bca", "very skewed", n, 0.95, resampled, very_skewed) for n in (5, 20)]
    made += [case("turned", "normal, days apart", 20, 0.975, overtaken, normal, False)]
    made += [case(("first", "total"), "Ishigami's function", 64, 0.95, sobol)]
    made += [case("mu", "product of two values", n, 0.95, morris) for n in (10, 40)]
    made += [case("of_means", "counts", n, 0.95, ratio) for n in (5, 20)]
    made += [case("of_odds", "counts", n, 0.95, odds) for n in (5, 20)]
    made += [case(("hartung", "boot"), "normal, unequal errors", n, 0.95, pooled) for n in (3, 11)]
    made += [case("elastic", "normal", n, 0.95, slope) for n in (5, 11)]
    made += [case("counts", "counts in 20 groups", 400, 0.95, poisson)]
    made += [case("members", "normal, 30 members", 300, 0.95, linear)]
    made += [case("in_a_row", "autocorrelated", 104, 0.95, weeks)]
    made += [case("part", "a fifth", n, 0.95, share) for n in (30, 300)]
    made += [case("centre", "lognormal", 100, 0.95, middle)]
    made += [case("bootstrap", "skewed accounts", n, 0.95, accounts) for n in (30, 200)]
    return made


CASES = cases()
