"""The report of a comparison over worlds: a pure function of the stored runs; twice the same store, the same bytes.

It writes report.html (one file: a page for who decides, then what it rests on), figures/*.png, tables/*.csv,
verdict.json, verdict.txt and decision.json into a folder. No time, no name of a machine and no path stands in them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.comparison import worlds
from experiments.comparison.across import figures, narrowed, told, why, words
from experiments.comparison.across import open as open_values
from experiments.comparison.across.verdict import QUESTIONS, Across, Pair, Row, Spread, in_units, verdict
from experiments.comparison.report import read
from experiments.comparison.verdict import at_end
from experiments.pages import page
from experiments.pages.page import Picture
from experiments.pages.wording import in_currency, listed
from experiments.runs import files

DECISION = "decision.json"
FAN = {"low": 0.1, "lower": 0.25, "median": 0.5, "upper": 0.75, "high": 0.9}
COURSES = {  # measure: title, unit
    "intimate_share": ("Close ties", "members of 100"),
    "active": ("Active members", "members"),
    "value_members": ("Value to members, so far", "currency a member"),
    "value_company": ("Value to the company, so far", "currency a member"),
}
MAP = ("value_company", "intimate_share")
SIDES = {"company": "value_company", "members": "value_members"}


class Tables:
    """The tables behind the report."""

    def __init__(self, runs: pd.DataFrame, manifest: dict[str, Any], judged: Across):
        self.manifest, self.judged = manifest, judged
        self.scaled = in_units(runs)
        self.end = at_end(self.scaled)
        self.years = judged.basis.days / 365
        self.founders = runs.loc[runs["day"] == 0].set_index(["scenario", "replicate"])["members"]
        self.labels = [judged.nothing, *judged.labels]

    def fan(self, measure: str) -> dict[str, pd.DataFrame]:
        """Where a measure lies over worlds on each day: by scenario a table day and the columns of FAN."""
        scale = self.years if measure in SIDES.values() else 1.0  # what has come so far, not a year's
        made = {}
        for label in self.labels:
            rows = self.scaled[self.scaled["scenario"] == label]
            table = (rows.groupby("day")[measure].quantile(list(FAN.values())) * scale).unstack()
            made[label] = table.set_axis(list(FAN), axis=1).reset_index()
        return made

    def differences(self, pair: Pair, measure: str) -> np.ndarray:
        """Second minus first on the last day: float (worlds,), in the order of the worlds."""
        table = self.end.pivot(index="replicate", columns="scenario", values=measure)
        return (table[pair.second] - table[pair.first]).to_numpy(float)

    def ledger(self, side: str) -> list[dict[str, Any]]:
        """Lines of a ledger, as far as any scenario has an entry, the sum last: name, about, a Spread a scenario."""
        about, rows = self.manifest["measures"], []
        keys = [key for key in self.end.columns if key.startswith(f"{side}.") and self.end[key].abs().sum() > 0]
        for key in [*keys, *[total for total in (SIDES[side],) if total in self.end]]:
            cells = []
            for label in self.labels:
                rows_of = self.end[self.end["scenario"] == label].set_index("replicate")[key]
                size = 1.0 if key in SIDES.values() else self.founders[label] * self.years
                cells.append(Spread.of((rows_of / size).to_numpy()))
            name = about[key]["label"].split(":", 1)[-1].strip()
            text = "sum of all lines" if key in SIDES.values() else name
            rows.append({"name": text, "about": about[key]["about"], "cells": cells})
        return rows

    def sources(self) -> dict[str, list[dict[str, Any]]]:
        """The values of the world by what they rest on: measured, fitted, assumed; each with how it stands here."""
        about = self.manifest["worlds"]
        stands = dict.fromkeys(about["keys"], "varies") | dict.fromkeys(about["fixed"], "fixed by you")
        lists: dict[str, list[dict[str, Any]]] = {"measured": [], "fitted": [], "assumed": []}
        for entry in self.manifest["scenarios"][self.judged.labels[0]]["entries"]:
            if worlds.varies(entry["key"]):
                lists[kind(entry)].append({**entry, "stands": stands.get(entry["key"], "held")})
        return lists

    def csv(self) -> dict[str, pd.DataFrame]:
        """The tables that lie beside the report, by file name."""
        rows = [flat_row(row) for pair in self.judged.pairs for row in (*pair.rows, *pair.others)]
        rows += [flat_row(row) for item in self.judged.added for row in item.rows]
        fans = [
            table.assign(scenario=label, measure=key)
            for key in COURSES
            if key in self.scaled
            for label, table in self.fan(key).items()
        ]
        return {"differences": pd.DataFrame(rows), "courses": pd.concat(fans, ignore_index=True), "worlds": self.end}


def kind(entry: dict[str, Any]) -> str:
    """What a value rests on: fitted to logs, assumed, or else measured by somebody."""
    if "calibrated on" in entry["source"] or "fitted" in entry["source"]:
        return "fitted"
    return "assumed" if entry["assumed"] else "measured"


def flat_row(row: Row) -> dict[str, Any]:
    """A row of the verdict as a row of a table."""
    found = row.found
    return {
        "measure": row.measure, "name": row.name, "unit": row.unit, "wanted": row.wanted, "first": found.first,
        "second": found.second, "worlds": found.worlds, "first_ahead": found.first_ahead.share,
        "second_ahead": found.second_ahead.share, "second_low": found.second_ahead.low,
        "second_high": found.second_ahead.high, "alike": found.alike, "median": found.median, "low": found.low,
        "high": found.high, "inner_low": found.inner[0], "inner_high": found.inner[1], "better": row.better or "",
    }  # fmt: skip


def pictures(tables: Tables) -> dict[str, list[Picture]]:
    """All figures of the report, by the section that they belong to."""
    judged, drawn = tables.judged, dict[str, list[Picture]]()
    count, named = judged.basis.worlds, ", ".join(tables.labels)
    called = judged.basis.currency
    measures = measures_in(called)
    for key, (title, unit) in COURSES.items():
        if key in tables.scaled:
            alt = f"{title} over the days under {named}: the middle world, and bands of half and 80 % of the worlds."
            picture = Picture.of(
                f"course-{key}", alt, figures.fans(tables.fan(key), title, in_currency(unit, called), count)
            )
            drawn.setdefault("courses", []).append(picture)
    for pair in judged.pairs:
        if all(key in QUESTIONS and key in tables.end for key in MAP):
            x, y = (tables.differences(pair, key) for key in MAP)
            units = (f"company: {measures[MAP[0]][1]}", measures[MAP[1]][1])
            alt = (
                f"Each world a dot: {pair.second} minus {pair.first} in value to the company and in close ties. "
                f"{pair.second} is higher in both in {np.sum((x > 0) & (y > 0))} of {x.size} worlds, {pair.first} in "
                f"{np.sum((x < 0) & (y < 0))}."
            )
            name = f"worlds-{files.slug(pair.first)}-{files.slug(pair.second)}"
            figure = figures.world_map(x, y, (pair.first, pair.second), units)
            drawn.setdefault("map", []).append(Picture.of(name, alt, figure))
        if judged.why and (leads := [one for one in told.of_pair(judged.why, pair) if one.leader]):
            alt = f"What each group of activities adds, {pair.second} minus {pair.first}; the tables have the numbers."
            name = f"why-{files.slug(pair.first)}-{files.slug(pair.second)}"
            drawn.setdefault("why", []).append(Picture.of(name, alt, figures.parts(leads, measures)))
    return drawn


def measures_in(called: str) -> dict[str, tuple[str, str]]:
    """Name and unit of the questions by measure; called : the currency."""
    return {key: (name, in_currency(unit, called)) for key, (name, unit) in told.MEASURES.items()}


def decision(tables: Tables, found: open_values.Open | None) -> dict[str, Any]:
    """What who decides reads: which to choose, what could turn it, what to find out first; sentences by name."""
    judged = tables.judged
    entries = tables.manifest["scenarios"][judged.labels[0]]["entries"]
    about = {entry["key"]: entry["about"] for entry in entries}
    return {
        "recommended": words.recommended(judged),
        "turns": open_values.turns_in_words(found, about),
        "first": open_values.first_to_know(found, about, judged.basis.currency),
    }


def html(tables: Tables, drawn: dict[str, list[Picture]], decided: dict[str, Any]) -> str:
    """The report as one HTML file; decided : as `decision` says it."""
    judged = tables.judged
    return page.render(
        "worlds",
        {"spread": words.spread, "plain": words.plain_number},
        verdict=judged,
        title=f"{listed(judged.labels, last='or')}?",
        share=words.share_in_words,
        **decided,
        known=narrowed.sentences(judged.known) if judged.known else [],
        sentences=words.sentences(judged),
        did=told.sentences(judged.why) if judged.why else [],
        differences=told.of_pair,
        measures=measures_in(judged.basis.currency),
        currency=judged.basis.currency,
        manifest=tables.manifest,
        labels=tables.labels,
        pictures=drawn,
        ledgers={side: tables.ledger(side) for side in SIDES},
        sources=tables.sources(),
    )


def write(folder: Path, out: Path | None = None) -> Across:
    """Make the report of the comparison stored in `folder`, into `out` or into the same folder."""
    runs, manifest = read(folder)
    table = worlds.read(folder, manifest)
    judged = verdict(runs, manifest)
    judged = replace(
        judged, why=why.of(folder, runs, manifest, judged), known=narrowed.of(folder, manifest, judged, table)
    )
    found = open_values.of(runs, judged, table)
    tables = Tables(runs, manifest, judged)
    drawn, decided = pictures(tables), decision(tables, found)
    out = out or folder
    files.write_json(out / "verdict.json", judged.as_dict())
    files.write_text(out / "verdict.txt", words.text(judged) + "\n")
    files.write_json(out / DECISION, decided)
    page.write(
        out,
        "report.html",
        html(tables, drawn, decided),
        [p for section in drawn.values() for p in section],
        tables.csv() | open_values.tables(found) | ({"why": why.table(judged.why)} if judged.why else {}),
    )
    return judged
