"""The report of a comparison: a pure function of the stored runs; twice the same store, twice the same bytes.

It writes report.html (one file: everything inlined, nothing fetched), figures/*.png, tables/*.csv and verdict.json
into a folder. No time, no name of a machine and no path stands in them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.comparison import figures, words
from experiments.comparison.network import CLOSE, draw_together
from experiments.comparison.verdict import Judged, Verdict, at_end, matrix, verdict
from experiments.pages import page
from experiments.pages.page import Picture
from experiments.pages.wording import amount, count, percent
from experiments.runs import files, store
from experiments.stats import paired
from experiments.study.file import HEADLINE

PATHS = (*HEADLINE, "active", "belonging", "annoyance")
VECTOR = ("dyad", "ego_depth", "intimacy", "intimate_share", "equality", "inclusion", "cohesion", "staff_dependence")
# What the hours did: flows counted over the whole run, as far as the store has them.
DONE = (
    "staff_messages", "introductions", "gatherings", "attendances", "projects", "solved_staff", "sanctions", "mediated",
    "insights", "acted", "amplified", "stories", "joined_broadcast", "joined_word", "exchanges", "solved_members",
)  # fmt: skip
SUMS = {"company": "value_company", "members": "value_members"}
ENDS = ["mean", "low", "high"]


class Tables:
    """The tables behind the report, each made from the runs when first asked for."""

    def __init__(self, runs: pd.DataFrame, manifest: dict, verdict: Verdict):
        self.runs, self.manifest, self.verdict = runs, manifest, verdict
        self.labels: list[str] = manifest["labels"]
        self.measures: dict[str, dict] = manifest["measures"]
        self.end = at_end(runs)
        self.days = int(runs["day"].max())

    def label(self, measure: str) -> str:
        """What a measure is called; the first letter large."""
        text = self.measures[measure]["label"]
        return text[:1].upper() + text[1:]

    def unit(self, measure: str) -> str:
        """The unit of a measure."""
        return self.measures[measure]["unit"]

    def known(self, measures: tuple[str, ...]) -> list[str]:
        """Those of the measures that the runs have."""
        return [key for key in measures if key in self.runs.columns]

    def bands(self, measure: str) -> dict[str, pd.DataFrame]:
        """Mean and interval of a measure on every day: per scenario a table day, mean, low, high."""
        days = np.unique(self.runs["day"])
        intervals = {label: paired.intervals(matrix(self.runs, label, measure)) for label in self.labels}
        return {label: pd.DataFrame(dict(zip(["day", *ENDS], (days, *band), strict=True)))
                for label, band in intervals.items()}  # fmt: skip

    def ends(self, measures: list[str]) -> pd.DataFrame:
        """Mean and interval on the last day: label (the scenario), measure, mean, low, high."""
        rows = []
        for label, last in self.end.groupby("scenario", sort=False):
            for measure in measures:
                estimate = paired.interval(last[measure].to_numpy())
                rows.append((label, measure, estimate.mean, estimate.low, estimate.high))
        return pd.DataFrame(rows, columns=["label", "measure", *ENDS])

    def lines(self, side: str) -> list[str]:
        """The lines of one side's ledger, as far as any scenario has an entry, and their sum last."""
        lines = [
            key for key in self.runs.columns if key.startswith(f"{side}.") and np.nansum(np.abs(self.end[key])) > 0
        ]
        return [*lines, *self.known((SUMS[side],))]

    def line(self, measure: str) -> str:
        """What a line of a ledger is called within its ledger."""
        return (
            f"sum of all lines: {self.label(measure).lower()}"
            if measure in SUMS.values()
            else self.measures[measure]["label"].split(":", 1)[-1].strip()
        )

    def attention(self) -> tuple[pd.DataFrame, list[float]]:
        """Shares of what was read, by kind (index: scenarios), and how much was read in all."""
        kinds = [key for key in self.runs.columns if key.startswith("attention_")]
        table = self.end.groupby("scenario")[kinds].mean().loc[self.labels]
        table = table.rename(columns={key: key.removeprefix("attention_") for key in kinds})
        totals = table.sum(axis=1)
        return table.div(totals.where(totals > 0, 1), axis=0), [float(total) for total in totals]

    def hours(self) -> pd.DataFrame:
        """Hours a week by activity (index) and (scenario, person) (columns)."""
        columns: dict[tuple[str, str], dict[str, float]] = {}
        for label in self.labels:
            rows = self.end[self.end["scenario"] == label]
            for key in rows.columns:
                if key.startswith("person.") and rows[key].notna().any():
                    person, activity = key.removeprefix("person.").rsplit(".", 1)
                    columns.setdefault((label, person), {})[activity] = rows[key].mean() * 7 / max(self.days, 1)
        table = pd.DataFrame(columns)
        return table[table.fillna(0).sum(axis=1) > 0].fillna(0)

    def csv(self) -> dict[str, pd.DataFrame]:
        """The tables that lie beside the report, by file name."""
        bands = [
            band.assign(scenario=label, measure=key)[["scenario", "measure", "day", *ENDS]]
            for key in self.known(PATHS)
            for label, band in self.bands(key).items()
        ]
        differences = [
            {"measure": d.measure, "label": d.label, "unit": d.unit, "wanted": d.wanted, **d.row(),
             "better": d.better or "", "leads_from_day": d.lead.since, "clear_from_day": d.lead.clear}
            for pair in self.verdict.pairs
            for d in (*pair.headline, *pair.others)
        ]  # fmt: skip
        scenarios = self.manifest["scenarios"].items()
        values = [{"scenario": label, **entry} for label, item in scenarios for entry in item["entries"]]
        return {
            "paths": pd.concat(bands, ignore_index=True),
            "differences": pd.DataFrame(differences),
            "runs": self.end,
            "assumptions": pd.DataFrame(values),
        }


def forest(chosen: list[Judged]) -> pd.DataFrame:
    """Differences as shares of the average size of the two means: label, wanted, mean, low, high."""
    rows = []
    for d in chosen:
        size = (abs(d.first_mean) + abs(d.second_mean)) / 2
        if size and np.isfinite(d.low):
            label = words.name(d)
            rows.append((label[:1].upper() + label[1:], d.wanted, d.mean / size, d.low / size, d.high / size))
    return pd.DataFrame(rows, columns=["label", "wanted", *ENDS])


def pictures(tables: Tables, networks: dict[str, dict[str, pd.DataFrame]]) -> dict[str, list[Picture]]:
    """All figures of the report, by the section that they belong to."""
    labels, seeds = tables.labels, tables.verdict.basis.seeds
    both = " and ".join(labels)
    drawn: dict[str, list[Picture]] = {}

    def add(section: str, name: str, alt: str, figure: Any) -> None:
        drawn.setdefault(section, []).append(Picture.of(name, alt, figure))

    for key in tables.known(PATHS):
        title, unit, ends = tables.label(key), tables.unit(key), tables.ends([key]).itertuples()
        at_the_end = ", ".join(f"{row.label} {amount(row.mean, unit)}" for row in ends)
        alt = f"{title} over the days under {both}; mean and 95 % band. At the end: {at_the_end}."
        add("paths", f"path-{key}", alt, figures.path(tables.bands(key), title, unit, seeds))
    panels = [(tables.bands(k), tables.label(k), tables.unit(k)) for k in tables.known((*HEADLINE, "active"))]
    add("overview", "overview", f"The main measures over the days under {both}.", figures.overview(panels, seeds))
    for pair in tables.verdict.pairs:
        judged = [d for d in pair.judged if not d.measure.startswith(tuple(words.LEDGERS))]
        alt = f"Paired differences {pair.second} minus {pair.first} with 95 % intervals; the table has the numbers."
        figure = figures.forest(forest(judged), pair.first, pair.second, seeds)
        add("differences", f"differences-{files.slug(pair.first)}-{files.slug(pair.second)}", alt, figure)
    parts = tables.ends(tables.known(VECTOR))
    parts["component"] = [tables.label(measure) for measure in parts["measure"]]
    alt = f"The parts of intimacy under {both}; the table has the numbers."
    add("vector", "intimacy", alt, figures.vector(parts, labels, seeds))
    for side, title in (("members", "What it is worth to members"), ("company", "What it is worth to the company")):
        if tables.lines(side):
            rows = tables.ends(tables.lines(side))
            rows["line"] = [tables.line(measure) for measure in rows["measure"]]
            figure = figures.ledger(rows, labels, title, tables.unit(SUMS[side]), seeds)
            add("ledger", f"ledger-{side}", f"{title}, line by line, under {both}; the table has the numbers.", figure)
    table, totals = tables.attention()
    if table.size:
        read = [", ".join(f"{kind} {percent(share)}" for kind, share in row.items()) for _, row in table.iterrows()]
        alt = "; ".join(f"{label} {row}" for label, row in zip(table.index, read, strict=True))
        figure = figures.shares(table, totals, "Where members' attention went", "things read", seeds)
        add("attention", "attention", f"What members read, by kind, under {both}: {alt}.", figure)
    if (hours := tables.hours()).size:
        alt = f"Hours a week by person and activity under {both}; the table has the numbers."
        add("hours", "hours", alt, figures.hours(hours, seeds))
    for k, (label, graph, places, of) in enumerate(draw_together(networks)):
        close = sum(s >= CLOSE for _, _, s in graph.edges(data="strength"))
        alt = f"The network of ties under {label}: {graph.number_of_edges():,} ties are drawn, {close:,} of them close."
        add("network", f"network-{files.slug(label)}", alt, figures.network(graph, places, label, k, CLOSE, of))
    return drawn


def assumptions(manifest: dict) -> list[dict]:
    """Every parameter once, the assumed ones first, with the value under each scenario."""
    rows: dict[str, dict] = {}
    for label, item in manifest["scenarios"].items():
        for entry in item["entries"]:
            row = rows.setdefault(entry["key"], {**entry, "values": {}})
            row["values"][label] = entry["value"]
    for row in rows.values():
        row["differs"] = len({json.dumps(row["values"].get(label)) for label in manifest["labels"]}) > 1
    return sorted(rows.values(), key=lambda row: not row["assumed"])


def html(tables: Tables, drawn: dict[str, list[Picture]]) -> str:
    """The report as one HTML file."""
    judged = tables.verdict
    return page.render(
        "comparison",
        verdict=judged,
        title=words.title(judged),
        answers={pair.second: [words.answer(d) for d in pair.headline] for pair in judged.pairs},
        loser_wins={pair.second: words.loser_wins(pair) for pair in judged.pairs},
        best=[words.best(item) for item in judged.best],
        basis=words.rests_on(judged),
        manifest=tables.manifest,
        labels=tables.labels,
        pictures=drawn,
        name=words.name,
        vector=_wide(tables, tables.known(VECTOR), tables.label),
        ledgers={side: _wide(tables, tables.lines(side), tables.line) for side in SUMS if tables.lines(side)},
        done=_wide(tables, tables.known(DONE), tables.label),
        hours=tables.hours(),
        parameters=assumptions(tables.manifest),
    )


def _wide(tables: Tables, measures: list[str], name: Callable[[str], str]) -> list[dict]:
    """Rows for a table on the page: a row a measure, a cell (mean, low, high) a scenario."""
    ends = tables.ends(measures).set_index(["measure", "label"])
    return [
        {"name": name(key), "about": tables.measures[key]["about"],
         "cells": [tuple(ends.loc[(key, label)]) for label in tables.labels]}
        for key in measures
    ]  # fmt: skip


def read(folder: Path) -> tuple[pd.DataFrame, dict]:
    """The whole seeds of a stored comparison, of every day in the order of its scenarios, and its manifest.

    Raises
    ------
    StoreError : if the folder holds no comparison, or fewer than two whole seeds
    """
    manifest = store.read_manifest(folder)
    labels, asked = manifest["labels"], manifest["sheet"]["replicates"]
    if manifest["keys"] or len(labels) < 2 or not manifest["sheet"]["every"]:
        raise store.StoreError(f"`{folder}` holds no comparison; `hearth study report` is for studies")
    runs = store.read(folder, store.EVERY_DAY).drop(columns=["place", "point", "error"])
    runs = runs[runs.groupby("replicate")["scenario"].transform("nunique") == len(labels)]
    if asked and not manifest["sheet"]["precision"]:
        runs = runs[runs["replicate"] < asked]
    if (whole := runs["replicate"].nunique()) < 2:
        raise store.StoreError(f"`{folder}` holds {count(whole, 'whole seed')}; two are needed")
    order = runs["scenario"].map({label: k for k, label in enumerate(labels)})
    return runs.iloc[np.lexsort((runs["day"], runs["replicate"], order))].reset_index(drop=True), manifest


def write(folder: Path, out: Path | None = None) -> Verdict:
    """Make the report of the comparison stored in `folder`, into `out` or into the same folder."""
    runs, manifest = read(folder)
    judged = verdict(runs, manifest)
    tables = Tables(runs, manifest, judged)
    out = out or folder
    drawn = pictures(tables, {label: store.read_network(folder, label) for label in manifest["labels"]})
    files.write_json(out / "verdict.json", judged.as_dict())
    files.write_text(out / "verdict.txt", words.text(judged) + "\n")
    page.write(
        out, "report.html", html(tables, drawn), [p for section in drawn.values() for p in section], tables.csv()
    )
    return judged
