"""`hearth compare`: strategies in the same worlds, with the same people and the same luck."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from experiments.cli import late
from experiments.cli.options import (
    At,
    Days,
    Hours,
    Json,
    Log,
    Members,
    Money,
    Quiet,
    Scenarios,
    Seed,
    Settings,
    Wage,
    Workers,
    flag,
    option,
)
from experiments.cli.options import out as out_option
from experiments.runs.given import MOST_REPLICATES, Faults, Whole, cores, currency, fraction

SEEDS = Whole(2, MOST_REPLICATES, "seeds; an interval needs two")
WORLDS = Whole(2, MOST_REPLICATES, "worlds; an interval needs two")
HUNDRED, TWENTY, WHY = 100, 20, 24  # worlds, seeds of one world, and worlds that say what did it, if not said
Worlds = Annotated[Any, option("--worlds", "N", "Worlds, the same for each scenario; 100 if not said.", WORLDS)]
ONE_WORLD = "Compare on seeds of one world, in which every value is as the scenario says."
OneWorld = Annotated[bool, flag("--one-world", ONE_WORLD)]
REPLICATES = "With --one-world: seeds, the same for each scenario; 20 if not said."
Replicates = Annotated[Any, option("--replicates", "N", REPLICATES, SEEDS)]
PRECISION = (
    "Add worlds until the share of worlds in which one is ahead is known to within this: 0.05 or 5%; up to 1,000 "
    "worlds. With --one-world: add seeds until the half-width of the differences in intimacy and both values is within "
    "this share of the first scenario's mean; up to 200 seeds."
)
Precision = Annotated[Any, option("--precision", "SHARE", PRECISION, fraction)]
WHICH = "Say which activities make the difference: by more runs, in which some hours are idle."
Why = Annotated[bool, flag("--why", WHICH)]
WHY_WORLDS = f"With --why: in how many of the worlds, from the first on; {WHY} if not said."
WhyWorlds = Annotated[Any, option("--why-worlds", "N", WHY_WORLDS, WORLDS)]
WORLD = option("--world", "FILE", "A scenario whose values the worlds lie around.")
World = Annotated[Path | None, WORLD]
Out = Annotated[Path | None, out_option("The result's folder; else results/A-vs-B, numbered.")]
CURRENCY = "What money is called, as EUR; it converts nothing, so that prices that you do not give stay as they are."
Currency = Annotated[Any, option("--currency", "NAME", CURRENCY, currency)]
Unequal = Annotated[bool, flag("--unequal", "Allow strategies of unequal hours or money.")]
POSTERIOR = option("--posterior", "FOLDER", "Folder of `hearth calibrate`: each world is a draw of it.")
Posterior = Annotated[Path | None, POSTERIOR]
LIKE = (
    "What is so of your community, as far as you know: members, followers, hours (of the team a week), weekly_writers, "
    "newcomers (a month), member_messages and staff_messages (a week), staff_answers (share of threads); may be given "
    "again. The strategies are run without the answers too, to show what these do: two thirds more runs."
)
Like = Annotated[list[str] | None, option("--like", "NAME=NUMBER", LIKE)]
KNOW = "A value of the model that has been found out; may be given again, and costs as --like."
Know = Annotated[list[str] | None, option("--know", "KEY=VALUE", KNOW)]


def compare(
    scenarios: Scenarios,
    days: Days = None,
    members: Members = None,
    hours: Hours = None,
    wage: Wage = None,
    money: Money = None,
    currency: Currency = None,
    seed: Seed = 1,
    worlds: Worlds = None,
    one_world: OneWorld = False,
    replicates: Replicates = None,
    precision: Precision = None,
    why: Why = False,
    why_worlds: WhyWorlds = None,
    settings: Settings = None,
    like: Like = None,
    know: Know = None,
    world: World = None,
    log: Log = None,
    at: At = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
    workers: Workers = None,
    unequal: Unequal = False,
    posterior: Posterior = None,
) -> None:
    """Compare strategies with each other and with doing nothing in many worlds; print a verdict, write a report.

    A world is a draw of the values that nobody has measured. Each further scenario is compared with the first. Stopped
    at any moment, the same command goes on.
    """
    late.import_late()
    from experiments.comparison import known, run
    from experiments.pages import answers, terminal
    from experiments.runs import prepare
    from experiments.runs.pool import Pool

    _refuse(one_world, worlds, replicates, world, posterior)
    _refuse_why(one_world, why, why_worlds)
    told = tuple(like or ()), tuple(know or ())
    _refuse_told(one_world, told, log, world, posterior)
    own = {"hours": hours, "wage": wage, "money": money, "currency": currency}
    changes = prepare.Changes(days, members, tuple(settings or ()), log, at, posterior, world, *told, **own)
    draws = _draws(posterior)
    prepared = known.told(prepare.prepare(scenarios, changes, draws))
    prepare.refuse_incomparable(prepared.scenarios, unequal)
    many = (replicates or TWENTY) if one_world else (worlds or HUNDRED)
    asked = run.Asked(seed, many, precision, out, unequal, one_world, min(why_worlds or WHY, many) if why else None)
    if not one_world:
        prepared = run.over_worlds(prepared, asked, draws)
    with terminal.Bar(quiet or as_json) as bar:
        folder, verdict = run.compare(prepared, asked, Pool(workers or cores()), bar)
    if as_json:
        form = "compare --one-world" if one_world else "compare"
        answers.show(form, {"folder": str(folder), **verdict.as_dict()})
    else:
        terminal.show_verdict(run.text(verdict), folder)


def _refuse(one_world: bool, worlds: Any, replicates: Any, world: Path | None, posterior: Path | None) -> None:
    """Raise BadInput for options that go with many worlds in one, or the other way round."""
    faults = Faults()
    if one_world:
        for name, value in (("--worlds", worlds), ("--world", world), ("--posterior", posterior)):
            faults.note(value, name, "is not allowed with --one-world, which asks seeds of one world")
    else:
        faults.note(replicates, "--replicates", "is not allowed without --one-world; --worlds says how many worlds")
    faults.note(world and posterior, "--world", "is not allowed with --posterior, which says what the worlds are")
    faults.refuse()


def _refuse_why(one_world: bool, why: bool, why_worlds: Any) -> None:
    """Raise BadInput for --why in one world, and for how many worlds it is asked in where it is not."""
    faults = Faults()
    faults.note(why and one_world, "--why", "is not allowed with --one-world; it asks worlds")
    faults.note(why_worlds and not why, "--why-worlds", "is not allowed without --why")
    faults.refuse()


def _refuse_told(one_world: bool, told: tuple[tuple, tuple], *others: Path | None) -> None:
    """Raise BadInput for answers where the worlds are not those of the population; others: log, world, posterior."""
    faults = Faults()
    for option_, said in zip(("--like", "--know"), told, strict=True):
        for name, there in zip(("--one-world", "--log", "--world", "--posterior"), (one_world, *others), strict=True):
            faults.note(said and there, option_, f"is not allowed with {name}; it chooses among worlds of the "
                        "population")  # fmt: skip
    faults.refuse()


def _draws(posterior: Path | None) -> tuple[dict[str, float], ...]:
    """The draws of the posterior that was asked for."""
    from experiments.calibration.draws import read

    return () if posterior is None else tuple(read(posterior))
