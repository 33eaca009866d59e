"""The report of a comparison: a pure function of the stored runs; twice the same store, twice the same bytes.

It writes report.html (one file: everything inlined, nothing fetched), figures/*.png, tables/*.csv and verdict.json
into a folder. No time, no name of a machine and no path stands in them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments import figures, paired, store, verdict
from experiments.contrast import HEADLINE, Verdict, at_end, compare, matrix
from experiments.network import CLOSE, draw_together
from experiments.verdict import LEDGERS
from experiments.wording import amount, number, percent, signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = "report.html.j2"
PATHS = (*HEADLINE, "active", "belonging", "annoyance")
VECTOR = ("dyad", "ego_depth", "intimacy", "intimate_share", "equality", "inclusion", "cohesion", "staff_dependence")
# What the hours did: flows counted over the whole run, as far as the store has them.
DONE = (
    "staff_messages",
    "introductions",
    "gatherings",
    "attendances",
    "projects",
    "solved_staff",
    "sanctions",
    "mediated",
    "insights",
    "acted",
    "amplified",
    "stories",
    "joined_broadcast",
    "joined_word",
    "exchanges",
    "solved_members",
)
SUMS = {"company": "value_company", "members": "value_members"}


@dataclass(frozen=True)
class Picture:
    """A figure for the page: file name without ending, alternative text, PNG."""

    name: str
    alt: str
    data: bytes

    @property
    def inline(self) -> str:
        """The picture as a data address."""
        return "data:image/png;base64," + base64.b64encode(self.data).decode()


class Tables:
    """The tables behind the report, each made from the runs when first asked for."""

    def __init__(self, runs: pd.DataFrame, manifest: dict, found: Verdict):
        self.runs, self.manifest, self.verdict = runs, manifest, found
        self.labels: list[str] = manifest["labels"]
        self.measures: dict[str, dict] = manifest["measures"]
        self.end = at_end(runs)
        self.days = int(runs["day"].max())

    def label(self, measure: str) -> str:
        """What a measure is called; the first letter large."""
        said = self.measures.get(measure, {}).get("label", measure)
        return said[:1].upper() + said[1:]

    def unit(self, measure: str) -> str:
        """The unit of a measure."""
        return self.measures.get(measure, {}).get("unit", "")

    def has(self, measure: str) -> bool:
        """Whether the runs have this measure."""
        return measure in self.runs.columns

    def bands(self, measure: str) -> dict[str, pd.DataFrame]:
        """Mean and interval of a measure on every day: per scenario a table day, mean, low, high."""
        days = np.unique(self.runs["day"])
        return {
            label: pd.DataFrame(
                dict(
                    zip(
                        ("day", "mean", "low", "high"),
                        (days, *paired.intervals(matrix(self.runs, label, measure))),
                        strict=True,
                    )
                )
            )
            for label in self.labels
        }

    def ends(self, measures: list[str]) -> pd.DataFrame:
        """Mean and interval on the last day: label, measure, mean, low, high."""
        rows = []
        for label in self.labels:
            own = self.end[self.end["label"] == label]
            for measure in measures:
                found = paired.interval(own[measure].to_numpy())
                rows.append((label, measure, found.mean, found.low, found.high))
        return pd.DataFrame(rows, columns=["label", "measure", "mean", "low", "high"])

    def lines(self, side: str) -> list[str]:
        """The lines of one side's ledger, as far as any scenario has an entry, and their sum last."""
        start = f"{side}."
        found = [key for key in self.runs.columns if key.startswith(start) and np.nansum(np.abs(self.end[key])) > 0]
        return [*found, SUMS[side]] if self.has(SUMS[side]) else found

    def ledger(self, side: str) -> pd.DataFrame:
        """One side's ledger: label, line, mean, low, high."""
        rows = self.ends(self.lines(side))
        rows["line"] = [self.line(measure) for measure in rows["measure"]]
        return rows

    def line(self, measure: str) -> str:
        """What a line of a ledger is called within its ledger."""
        if measure in SUMS.values():
            return "sum of all lines"
        said = self.measures.get(measure, {}).get("label", measure.split(".", 1)[1])
        return said.split(":", 1)[-1].strip()

    def attention(self) -> tuple[pd.DataFrame, list[float]]:
        """Shares of what was read, by kind (index: scenarios), and how much was read in all."""
        kinds = [key for key in self.runs.columns if key.startswith("attention_")]
        table = self.end.groupby("label")[kinds].mean().loc[self.labels]
        table = table.rename(columns={key: key.removeprefix("attention_") for key in kinds})
        totals = table.sum(axis=1)
        return table.div(totals.where(totals > 0, 1), axis=0), [float(total) for total in totals]

    def hours(self) -> pd.DataFrame:
        """Hours a week by activity (index) and (scenario, person) (columns)."""
        columns: dict[tuple[str, str], dict[str, float]] = {}
        for label in self.labels:
            own = self.end[self.end["label"] == label]
            for key in own.columns:
                if key.startswith("person.") and own[key].notna().any():
                    person, activity = key.removeprefix("person.").rsplit(".", 1)
                    columns.setdefault((label, person), {})[activity] = own[key].mean() * 7 / max(self.days, 1)
        table = pd.DataFrame(columns)
        return table[table.fillna(0).sum(axis=1) > 0].fillna(0)

    def forest(self, pair: Any, chosen: list[Any]) -> pd.DataFrame:
        """Differences as shares of the average size of the two means."""
        rows = []
        for d in chosen:
            size = (abs(d.first_mean) + abs(d.second_mean)) / 2
            if size and np.isfinite(d.low):
                said = verdict.name(d)
                rows.append((said[:1].upper() + said[1:], d.wanted, d.mean / size, d.low / size, d.high / size))
        return pd.DataFrame(rows, columns=["label", "wanted", "mean", "low", "high"])


def pictures(tables: Tables, networks: dict[str, dict[str, pd.DataFrame]]) -> dict[str, list[Picture]]:
    """All figures of the report, by the section that they belong to."""
    labels, seeds = tables.labels, tables.verdict.basis.seeds
    both = " and ".join(labels)
    made: dict[str, list[Picture]] = {}

    def add(section: str, name: str, alt: str, figure: Figure) -> None:
        made.setdefault(section, []).append(Picture(name, alt, figures.png(figure)))

    for key in PATHS:
        if tables.has(key):
            title, unit = tables.label(key), tables.unit(key)
            alt = f"{title} over the days under {both}; mean and 95 % band. {_ends_in_words(tables, key)}"
            add("paths", f"path-{key}", alt, figures.path(tables.bands(key), title, unit, seeds))
    panels = [(tables.bands(k), tables.label(k), tables.unit(k)) for k in (*HEADLINE, "active") if tables.has(k)]
    add("overview", "overview", f"The main measures over the days under {both}.", figures.overview(panels, seeds))
    for pair in tables.verdict.pairs:
        judged = [d for d in pair.judged if not d.measure.startswith(tuple(LEDGERS))]
        alt = f"Paired differences {pair.second} minus {pair.first} with 95 % intervals; the table has the numbers."
        figure = figures.forest(tables.forest(pair, judged), pair.first, pair.second, seeds)
        add("differences", f"differences-{store.slug(pair.first)}-{store.slug(pair.second)}", alt, figure)
    parts = tables.ends([key for key in VECTOR if tables.has(key)])
    parts["component"] = [tables.label(measure) for measure in parts["measure"]]
    add(
        "vector",
        "intimacy",
        f"The parts of intimacy under {both}; the table has the numbers.",
        figures.vector(parts, labels, seeds),
    )
    for side, title in (("members", "What it is worth to members"), ("company", "What it is worth to the company")):
        if tables.lines(side):
            unit = tables.unit(SUMS[side]) or "currency"
            figure = figures.ledger(tables.ledger(side), labels, title, unit, seeds)
            add("ledger", f"ledger-{side}", f"{title}, line by line, under {both}; the table has the numbers.", figure)
    table, totals = tables.attention()
    if table.size:
        add(
            "attention",
            "attention",
            f"What members read, by kind, under {both}: {_shares_in_words(table)}.",
            figures.shares(table, totals, "Where members' attention went", "things read", seeds),
        )
    if (hours := tables.hours()).size:
        add(
            "hours",
            "hours",
            f"Hours a week by person and activity under {both}; the table has the numbers.",
            figures.hours(hours, seeds),
        )
    for k, (label, graph, places, of) in enumerate(draw_together(networks)):
        close = sum(s >= CLOSE for _, _, s in graph.edges(data="strength"))
        alt = f"The network of ties under {label}: {graph.number_of_edges():,} ties are drawn, {close:,} of them close."
        add("network", f"network-{store.slug(label)}", alt, figures.network(graph, places, label, k, CLOSE, of))
    return made


def _ends_in_words(tables: Tables, measure: str) -> str:
    rows, unit = tables.ends([measure]), tables.unit(measure)
    return f"At the end: {', '.join(f'{row.label} {amount(row.mean, unit)}' for row in rows.itertuples())}."


def _shares_in_words(table: pd.DataFrame) -> str:
    rows = [", ".join(f"{kind} {percent(share)}" for kind, share in row.items()) for _, row in table.iterrows()]
    return "; ".join(f"{label} {row}" for label, row in zip(table.index, rows, strict=True))


def csv_tables(tables: Tables) -> dict[str, pd.DataFrame]:
    """The tables that lie beside the report, by file name."""
    measures = [key for key in PATHS if tables.has(key)]
    paths = pd.concat(
        [
            band.assign(label=label, measure=key)[["label", "measure", "day", "mean", "low", "high"]]
            for key in measures
            for label, band in tables.bands(key).items()
        ],
        ignore_index=True,
    )
    differences = pd.DataFrame(
        [
            {
                "measure": d.measure,
                "label": d.label,
                "unit": d.unit,
                "wanted": d.wanted,
                "first": d.first,
                "second": d.second,
                "first_mean": d.first_mean,
                "second_mean": d.second_mean,
                "difference": d.mean,
                "low": d.low,
                "high": d.high,
                "bca_low": d.bca[0],
                "bca_high": d.bca[1],
                "flagged": d.flagged,
                "seeds": d.n,
                "share_of_seeds_above": d.share_above,
                "correlation": d.correlation,
                "p": d.chance,
                "p_holm": d.holm,
                "better": d.better or "",
                "leads_from_day": d.lead.since,
                "clear_from_day": d.lead.clear,
            }
            for pair in tables.verdict.pairs
            for d in (*pair.headline, *pair.others)
        ]
    )
    scenarios = tables.manifest["scenarios"]
    values = pd.DataFrame(
        [{"scenario": label, **entry} for label, item in scenarios.items() for entry in item["entries"]]
    )
    return {"paths": paths, "differences": differences, "runs": tables.end, "assumptions": values}


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


def page(tables: Tables, made: dict[str, list[Picture]]) -> str:
    """The report as one HTML file."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    world = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    world.filters |= {"number": number, "signed": signed, "percent": percent, "letters": _letters}
    found = tables.verdict
    ledgers = {side: tables.ledger(side) for side in SUMS if tables.lines(side)}
    flows = [key for key in DONE if tables.has(key)]
    return world.get_template(TEMPLATE).render(
        verdict=found,
        title=verdict.title(found),
        answers={pair.second: [verdict.answer(d) for d in pair.headline] for pair in found.pairs},
        loser_wins={pair.second: verdict.loser_wins(pair) for pair in found.pairs},
        best=[verdict.best(item) for item in found.best],
        basis=verdict.rests_on(found),
        manifest=tables.manifest,
        labels=tables.labels,
        pictures=made,
        name=verdict.name,
        vector=_wide(tables, [key for key in VECTOR if tables.has(key)]),
        ledgers={side: _wide(tables, tables.lines(side), tables.line) for side in ledgers},
        done=_wide(tables, flows),
        hours=tables.hours(),
        parameters=assumptions(tables.manifest),
        about=tables.measures,
    )


def _letters(value: Any) -> str:
    """A parameter's value as it stands in a scenario file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _wide(tables: Tables, measures: list[str], name: Callable[[str], str] | None = None) -> list[dict]:
    """Rows for a table on the page: a row a measure, a cell (mean, low, high) a scenario."""
    ends = tables.ends(measures).set_index(["measure", "label"])
    return [
        {
            "key": key,
            "name": (name or tables.label)(key),
            "about": tables.measures.get(key, {}).get("about", ""),
            "cells": [tuple(ends.loc[(key, label)]) for label in tables.labels],
        }
        for key in measures
    ]


def write(folder: Path, out: Path | None = None) -> Verdict:
    """Make the report of the comparison stored in `folder`, into `out` or into the same folder."""
    manifest = store.read_manifest(folder)
    runs = store.read_runs(folder, manifest["labels"], manifest["replicates"])
    found = compare(runs, manifest)
    tables = Tables(runs, manifest, found)
    out = out or folder
    made = pictures(tables, {label: store.read_network(folder, label) for label in manifest["labels"]})
    for picture in (picture for section in made.values() for picture in section):
        store.write_bytes(out / "figures" / f"{picture.name}.png", picture.data)
    for name, table in csv_tables(tables).items():
        text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        store.write_text(out / "tables" / f"{name}.csv", text)
    store.write_json(out / "verdict.json", found.as_dict())
    store.write_text(out / "verdict.txt", verdict.text(found) + "\n")
    store.write_text(out / "report.html", page(tables, made))
    return found
