"""All designs on one or more logs: estimates by log, pooled over logs, level facts, and how they stand to the targets.

`effects.csv` names the effects with their unit and what eleven hosted communities gave (value, 95 % interval, bootstrap
over communities, k communities). Units: ratio (estimated as its log), points (differences of shares, times 100), slope,
elasticity. `facts.csv` has what was published of each of these communities.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.effects import (
    announcements,
    dilution,
    effort,
    encouragement,
    established,
    life_course,
    newcomers,
    responders,
)
from experiments.effects.fits import Estimate
from experiments.effects.levels import levels
from experiments.effects.logs import Community
from experiments.effects.pooling import DRAWS, SEED, pool

HERE = Path(__file__).parent
SCALE: dict[str, Callable[[Any], Any]] = {"ratio": np.exp, "points": lambda value: value * 100}
LEAST_YEARS, FEWEST_LOGS = 4, 4
IN, OUT, UNKNOWN = "in band", "out", "cannot be computed"


def catalogue() -> pd.DataFrame:
    """The effects with what was published: effect, design, label, unit, value, low, high, boot_low, boot_high, k."""
    return pd.read_csv(HERE / "effects.csv")


def published_facts() -> pd.DataFrame:
    """What was published of each hosted community: log, fact, value, rounding (half a unit of the last digit)."""
    return pd.read_csv(HERE / "facts.csv")


@dataclass
class Study:
    """What came out.

    estimates : a row a log and effect: log, effect, value, se (logs of ratios, differences of shares), n
    facts : a row a log and fact: log, fact, value, se (NaN: not known)
    years : the life course, a row a log and year
    points : of dilution, a row a log with announcements: log, frequency, drawn
    """

    logs: list[str] = field(default_factory=list)
    estimates: pd.DataFrame = field(default_factory=pd.DataFrame)
    facts: pd.DataFrame = field(default_factory=pd.DataFrame)
    years: pd.DataFrame = field(default_factory=pd.DataFrame)
    points: pd.DataFrame = field(default_factory=pd.DataFrame)


def estimates(log: Community, placebos: int) -> dict[str, Estimate]:
    """Every effect that the log has enough for."""
    by_name = newcomers.effects(log) | established.effects(log) | responders.effects(log) | effort.effects(log)
    return by_name | announcements.effects(log, placebos)


def facts(log: Community, years: pd.DataFrame) -> dict[str, Estimate]:
    """Level facts, the table of newcomers, days with an announcement or event, and the life course."""
    by_name = levels(log)
    plain: dict[str, Any] = newcomers.raw(log) | {"established_base": established.base(log)}
    for row in announcements.days_by_kind(log):
        kind = row.pop("kind")
        plain |= {f"{kind}_{name}": float(value) for name, value in row.items()}
    for row in years.to_dict("records"):
        year = int(row.pop("year"))
        plain |= {f"year_{year}_{name}": float(value) for name, value in row.items()}
    retained = years["kept"].dropna()
    if len(retained):
        spread = retained.std() / len(retained) ** 0.5 if len(retained) > 1 else np.nan
        by_name["kept"] = Estimate(float(retained.mean()), float(spread), len(retained))
    if len(years) >= LEAST_YEARS:
        plain["staff_halved_by_year_4"] = float(life_course.halved(years, LEAST_YEARS))
        plain["staff_halved"] = float(life_course.halved(years))
    plain_facts = {name: Estimate(float(value), np.nan, 0) for name, value in plain.items()}
    return by_name | encouragement.facts(log) | plain_facts


def study(logs: Iterable[Community], placebos: int = announcements.PLACEBOS) -> Study:
    """All designs on all logs, one after the other."""
    out = Study()
    rows: list[tuple] = []
    fact_rows: list[tuple] = []
    courses: list[pd.DataFrame] = []
    points: list[dict[str, Any]] = []
    for log in logs:
        out.logs.append(log.name)
        years = life_course.years(log)
        courses.append(years.assign(log=log.name))
        rows += [(log.name, name, *estimate) for name, estimate in estimates(log, placebos).items()]
        fact_rows += [(log.name, name, estimate.value, estimate.se) for name, estimate in facts(log, years).items()]
        if point := dilution.point(log):
            points.append({"log": log.name, **point})
    out.estimates = pd.DataFrame(rows, columns=["log", "effect", "value", "se", "n"])
    out.facts = pd.DataFrame(fact_rows, columns=["log", "fact", "value", "se"])
    out.years = pd.concat(courses, ignore_index=True)
    out.points = pd.DataFrame(points, columns=["log", "frequency", "drawn"])
    return out


def pooled(results: Study) -> pd.DataFrame:
    """The effects over all logs, in their units, beside what was published.

    Columns: effect, design, label, unit; value, low, high, boot_low, boot_high, k, tau (spread between communities, on
    the scale of the estimate; NaN where no log has enough); published, published_low, published_high, published_k;
    inside (bool: the value lies in the published interval).
    """
    known = catalogue()
    names = {name: f"published{'' if name == 'value' else '_' + name}" for name in ("value", "low", "high", "k")}
    table = known[["effect", "design", "label", "unit", *names]].rename(columns=names)
    groups = dict(list(results.estimates.groupby("effect")))
    rows: list[dict[str, Any]] = []
    for effect, unit in zip(table["effect"], table["unit"], strict=True):
        scale = SCALE.get(unit, float)
        if effect not in groups:
            rows.append({"k": 0})
            continue
        of = pool(groups[effect]["value"], groups[effect]["se"])
        ends = {name: float(scale(getattr(of, name))) for name in ("value", "low", "high", "boot_low", "boot_high")}
        rows.append({**ends, "k": of.k, "tau": of.tau})
    columns = ["value", "low", "high", "boot_low", "boot_high", "k", "tau"]
    table = pd.concat([table, pd.DataFrame(rows).reindex(columns=columns)], axis=1)
    table["inside"] = table["value"].between(table["published_low"], table["published_high"])
    return table


def by_log(results: Study) -> pd.DataFrame:
    """The effects of each log in their units: log, effect, unit, value, low, high (95 %), n."""
    table = results.estimates.merge(catalogue()[["effect", "unit"]], on="effect")
    for name, errors in (("low", -1.96), ("high", 1.96), ("value", 0.0)):
        table[name] = [
            float(SCALE.get(unit, float)(value + errors * se))
            for unit, value, se in zip(table["unit"], table["value"], table["se"], strict=True)
        ]
    return table[["log", "effect", "unit", "value", "low", "high", "n"]]


def fact_of(results: Study, name: str) -> tuple[float, float, float]:
    """A fact over all logs with its 95 % interval; NaN where it is not known.

    One log: 1.96 errors either way. Several: the median, and a bootstrap over logs; the mean of what is 0 or 1.
    """
    rows = results.facts[(results.facts["fact"] == name) & results.facts["value"].notna()]
    values = rows["value"].to_numpy()
    yes = name.startswith("staff_halved")
    if values.size == 0 or (yes and values.size < FEWEST_LOGS):
        return np.nan, np.nan, np.nan
    if values.size == 1:
        half = 1.96 * rows["se"].iloc[0]
        return values[0], values[0] - half, values[0] + half
    drawn = np.random.default_rng(SEED).choice(values, (DRAWS, values.size))
    middle = np.mean if yes else np.median
    low, high = np.quantile(middle(drawn, axis=1), [0.025, 0.975])
    return float(middle(values)), float(low), float(high)


def targets(results: Study) -> pd.DataFrame:
    """The targets held against the logs, a row a part.

    Columns: target, part (its name, if there are several), of, value, low, high (95 % interval), band_low, band_high,
    best, verdict (of the part), reaches (bool: the interval meets the band), whole (of the target: in band if all its
    parts are), note.
    """
    effects = pooled(results).set_index("effect")
    over = dilution.elasticity(results.points.to_dict("records"))
    rows = []
    for target in tomllib.loads((HERE / "targets.toml").read_text(encoding="utf-8"))["target"]:
        parts = []
        for part in target["part"]:
            of = part["of"]
            if of == "dilution":
                value, low, high = (over[key] for key in ("value", "low", "high")) if over else (np.nan,) * 3
            elif of in effects.index:
                value, low, high = effects.loc[of, ["value", "low", "high"]].astype(float)
            else:
                value, low, high = fact_of(results, of)
            row = {
                "target": target["name"],
                "part": part.get("name", ""),
                "of": of,
                "value": value,
                "low": low,
                "high": high,
            }
            parts.append({**row, **verdict(value, low, high, part)})
        verdicts = [part["verdict"] for part in parts]
        whole = UNKNOWN if UNKNOWN in verdicts else OUT if OUT in verdicts else IN
        rows += [{**part, "whole": whole, "note": target["note"]} for part in parts]
    return pd.DataFrame(rows)


def verdict(value: float, low: float, high: float, part: dict[str, Any]) -> dict[str, Any]:
    """Whether a value lies in a band, both ends counted, and whether its interval meets it."""
    inside = part["low"] <= value <= part["high"]
    ends = {"band_low": part["low"], "band_high": part["high"], "best": part.get("best", np.nan)}
    reaches = bool(inside or low <= part["high"] and high >= part["low"])
    return {**ends, "verdict": UNKNOWN if np.isnan(value) else IN if inside else OUT, "reaches": reaches}


def against_published(results: Study) -> pd.DataFrame:
    """Facts of published logs beside what was published, for logs of these names: log, fact, value, published, agrees.

    A fact agrees if it differs by no more than twice the rounding of what was published, or 5 % of it; the ratio of
    days after an announcement or event, if it lies in the interval published with it.
    """
    known = published_facts()
    ratios = by_log(results)
    ratios = ratios[ratios["effect"].str.endswith("_elsewhere_week")].rename(columns={"effect": "fact"})
    here = pd.concat([results.facts, ratios])[["log", "fact", "value"]]
    table = known.rename(columns={"value": "published"}).merge(here, on=["log", "fact"])
    near = np.maximum(2 * table["rounding"], 0.05 * table["published"].abs())
    table["agrees"] = (table["value"] - table["published"]).abs() <= near + 1e-9
    ends = known[known["fact"].str.contains("_elsewhere_week_")].pivot_table(
        index="log", columns="fact", values="value"
    )
    for at in table.index[table["fact"].str.endswith("_elsewhere_week")]:
        row = table.loc[at]
        low, high = (ends.loc[row["log"], f"{row['fact']}_{end}"] for end in ("low", "high"))
        table.loc[at, "agrees"] = low <= row["value"] <= high
    return table[["log", "fact", "value", "published", "agrees"]]
