"""The report of a study: one page from the store alone, with figures and a summary that says how sure it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from experiments.pages import page
from experiments.pages.page import Picture, cell
from experiments.pages.wording import amount, count, gap, listed, number, percent
from experiments.runs import files, store
from experiments.stats import paired
from experiments.stats.difference import PRECISION, differences, means, wide
from experiments.stats.selection import select
from experiments.study import figures, mix, regimes, sensitivity
from experiments.study.file import HEADLINE, sheet_of
from sim.measures import Measure

LEAST_MAP = 20  # places from which rules are learned; fewer teach nothing
LEAST_SEEDS = 10  # with fewer, the bootstrap is too narrow to check anything
MOST_MEASURES = 4  # pictures are of so many; the tables have all


class Report:
    """What a stored study asked and what its page holds: sentences, pictures, and tables by name (the CSV files).

    All of it is from the store; scenario files may have changed since.
    """

    def __init__(self, folder: Path):
        self.folder, self.manifest = folder, store.read_manifest(folder)
        self.rows = store.read(folder)
        if self.rows.empty:
            raise store.StoreError(f"`{folder}` holds no finished run without a fault")
        self.spec = sheet_of(self.manifest)
        self.labels: list[str] = self.manifest["labels"]
        self.keys: list[str] = self.manifest["keys"]
        self.measures = {key: Measure(**item) for key, item in self.manifest["measures"].items()}
        wanted = self.spec.measures or [key for key in HEADLINE if key in self.measures] or list(self.measures)
        self.main = {key: self.measures[key] for key in wanted[:MOST_MEASURES]}
        self.summary: list[str] = []
        self.pictures: list[Picture] = []
        self.tables: dict[str, pd.DataFrame] = {}

    def seeds(self) -> str:
        """How many seeds the places have, in words."""
        counts = self.rows.groupby(["place", "scenario"]).size()
        return f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"

    def say(self, about: Measure, text: str) -> None:
        """Add a sentence on a measure to the summary."""
        self.summary.append(f"{about.label}{text}")

    def picture(self, name: str, alt: str, figure: Any) -> None:
        """Add a picture."""
        self.pictures.append(Picture.of(name, alt, figure))


def write(folder: Path) -> Report:
    """Make report.html, figures/ and tables/ in the study's folder; returns the page's content."""
    report = Report(folder)
    several, design = len(report.labels) > 1, report.spec.design if report.spec.vary else ""
    if report.spec.mix:
        _mix(report)
    else:
        _means(report)
        if several:
            _compared(report)
        if not report.keys and (report.spec.days or report.spec.every):
            _over_days(report)
        if design in ("morris", "sobol", "one"):
            _indices(report, design)
        if several and design in ("grid", "latin"):
            _regimes(report)
    report.summary += _basis(report)
    html = page.render("study", page=report, manifest=report.manifest)
    files.write_text(folder / "summary.txt", "\n".join(report.summary) + "\n")
    page.write(folder, "report.html", html, report.pictures, report.tables)
    return report


def _means(report: Report) -> None:
    """Means by place, and curves along a value that varies alone or with one other."""
    keys = report.keys
    table = means(report.rows, ["place", "scenario", *keys], list(report.measures))
    report.tables["means"] = table
    along = [key for key in keys if figures.numeric(table[key])]
    if not along or report.spec.design not in ("grid", "rows") or len(keys) > 2:
        return
    x = max(along, key=lambda key: table[key].nunique())
    other = next((key for key in keys if key != x), None)
    for measure, about in report.main.items():
        rows = table[table["measure"] == measure].copy()
        rows["label"] = rows["scenario"] if other is None else rows[other].map(cell)
        by = "scenario" if other is None else other
        if other is not None and len(report.labels) > 1:
            rows["label"], by = rows["scenario"] + f", {other} " + rows["label"], "scenario"
        alt = f"{about.label} along {x}; the table `means` has the numbers."
        report.picture(f"along-{measure}", alt, figures.curves(rows, x, about.label, about.unit, report.seeds(), by))
        flat = []
        for label, ends in rows[rows["mean"].notna()].groupby("label", sort=False):
            setting = f"{other} {label}" if by == other else label
            if best := _best(ends, report.rows, x, measure, about):
                report.say(about, f" with {setting} is best at {best}.")
            else:
                flat.append(str(setting))
        if flat:
            report.say(about, f" is not shown to be better at one {x} than at another with: {'; '.join(flat)}.")


def _best(ends: pd.DataFrame, rows: pd.DataFrame, x: str, measure: str, about: Measure) -> str:
    """At which value of x a curve is best, and which others are not shown to be worse over the same seeds.

    Empty if no other is.
    """
    top = ends.loc[ends["mean"].idxmax() if about.better != "less" else ends["mean"].idxmin()]
    runs = rows[rows["scenario"] == top["scenario"]].pivot(index="seed", columns="place", values=measure)
    others = ends[ends["place"] != top["place"]]
    leads = {at: paired.interval((runs[place] - runs[top["place"]]).to_numpy())
             for at, place in zip(others[x], others["place"], strict=True)}  # fmt: skip
    close = [number(at) for at, lead in leads.items() if not lead.excludes_zero]
    if len(close) == len(leads):
        return ""
    size = f"{amount(top['mean'], about.unit)} (95 % interval {number(top['low'])} to {number(top['high'])})"
    return f"{x} = {number(top[x])}: {size}" + (f"; {listed(close)} not shown to be worse" if close else "")


def _compared(report: Report) -> None:
    """Every scenario against the first, at every place, and the best of three or more."""
    table = differences(report.rows, list(report.main if report.keys else report.measures), report.labels[0])
    report.tables["comparisons"] = table
    for measure, about in report.main.items():
        compared = table[table["measure"] == measure]
        for second, group in compared.groupby("second", sort=False):
            lead = group["difference"] * (-1 if about.better == "less" else 1)
            shown, row = (group["low"] > 0) | (group["high"] < 0), group.iloc[0]
            if len(group) == 1:
                size = gap(row["difference"], row["low"], row["high"], about.unit)
                sure = "shown" if shown.iloc[0] else "not shown: it could be luck"
                ends = f"95 % interval {percent(row['share_low'])} to {percent(row['share_high'])}"
                above = f"Above in {percent(row['share'])} of seeds ({ends})"
                more = f"{above}. Effect size {number(row['effect'])}."
                report.say(about, f": {second} against {row['first']}: {size}; {sure}. {more}")
                continue
            ahead, behind = int((shown & (lead > 0)).sum()), int((shown & (lead < 0)).sum())
            text = f": of {len(group)} places, {second} is shown ahead of {row['first']} in {ahead}, behind in {behind}"
            report.say(about, f"{text}; in {len(group) - ahead - behind} no difference is shown.")
        if flagged := int((compared["flagged"] & (compared["n"] >= LEAST_SEEDS)).sum()):
            text = "the t and the bootstrap interval disagree by more than a fifth in width: do not lean on them"
            report.say(about, f": in {count(flagged, 'comparison')} {text} without more seeds.")
    if len(report.labels) > 2 and report.rows["place"].nunique() == 1:
        for measure, about in report.main.items():
            values = wide(report.rows, measure)
            delta = PRECISION * float(values.mean().abs().max()) or 1e-9
            selection = select(values, delta, about.better or "more")
            best = f"best is {selection.best}" if selection.best else f"one of {listed(selection.left, 'or')} is best"
            text = f"{best} (ranking and selection, right in 95 of 100 cases where the best leads by {number(delta)} or"
            report.say(about, f": {text} more; {count(selection.n, 'seed')}).")


def _over_days(report: Report) -> None:
    """The course of each scenario over the kept days, and who is ahead when."""
    for measure, about in report.main.items():
        title, rows = f"{about.label} over time", regimes.by_day(report.folder, measure)
        course = means(rows.rename(columns={"scenario": "label"}), ["day", "label"], [measure])
        if course["day"].nunique() < 2:
            return
        figure = figures.curves(course, "day", title, about.unit, report.seeds())
        report.picture(f"days-{measure}", f"{title}, by scenario.", figure)
        if len(report.labels) > 1:
            ahead = report.tables[f"days-{measure}"] = regimes.winners(report.folder, measure)
            report.say(about, f", against the next best: {regimes.when(ahead)}.")


def _indices(report: Report, design: str) -> None:
    """What moves the lead of the second scenario over the first, or the only one, and what would turn it."""
    against, scenario = report.labels[:2] if len(report.labels) > 1 else (None, report.labels[0])
    of = f"the lead of {scenario} over {against}" if against else scenario
    name, words = {
        "morris": ("mu_star", "mean size of an elementary effect (Morris)"),
        "sobol": ("total", "share of variance, total effect (Sobol)"),
        "one": ("change", "largest change when this value alone is changed"),
    }[design]
    for measure, about in report.main.items():
        table = report.tables[f"sensitivity-{measure}"] = sensitivity.indices(report.folder, measure, scenario, against)
        shown = table.rename(columns={name: "value", f"{name}_low": "low", f"{name}_high": "high"})
        title = f"What moves {about.label.lower()}: {of}"
        figure = figures.bars(shown, title, words, report.seeds(), words.capitalize() + ".")
        report.picture(f"sensitivity-{measure}", f"{title}; the table has the numbers.", figure)
        luck = sensitivity.seed_share(sensitivity.answers(report.rows, measure, scenario, against))
        top = listed([f"{row.key} ({number(row.value)})" for row in shown.head(3).itertuples()])
        text = f", {of}: {top} matter most, of {len(table)} values varied; luck makes {percent(luck)} of the variance"
        report.say(about, f"{text} between single runs.")
        if design == "one" and against:
            _hinges(report, measure, about, against, scenario)


def _hinges(report: Report, measure: str, about: Measure, first: str, second: str) -> None:
    """Which single value, changed least, turns the lead."""
    hinge = report.tables[f"hinges-{measure}"] = regimes.hinges(report.folder, measure, first, second)
    flips = hinge[hinge["flips_at"].notna()]
    if flips.empty:
        report.say(about, ": no single value within the range tried flips who leads.")
    for row in flips.head(3).itertuples():
        sure = "shown beyond it" if row.shown else "but not shown beyond it"
        report.say(
            about,
            f": who leads flips where {row.key} goes from {number(row.own)} to about {number(row.flips_at)} "
            f"({percent(row.change)} of the range tried; {sure}).",
        )


def _regimes(report: Report) -> None:
    """Where in the space of what varies each scenario is ahead."""
    along = [key for key in report.keys if figures.numeric(report.rows[key])]
    for measure, about in report.main.items():
        table = regimes.winners(report.folder, measure)
        if table.empty:  # of nobody: no newcomers to keep, say
            continue
        report.tables[f"regimes-{measure}"] = table
        shares = table["winner"].value_counts(normalize=True)
        ahead = listed([f"{name} in {percent(share)} of the map" for name, share in shares.items()])
        report.say(about, f": ahead is {ahead}.")
        if len(table) >= LEAST_MAP and len(shares) > 1:
            leaves, right = regimes.rules(table, report.keys)
            for rule in leaves[:4]:
                held = f"{percent(rule.share)} of {count(rule.places, 'place')}"
                report.say(about, f": where {listed(rule.when) or 'everywhere'}: {rule.winner} ({held}).")
            report.say(about, f": these rules are right in {percent(right)} of places not seen before.")
        if len(along) >= 2:
            x, y, *_ = regimes.importance(table, along)
            title, seeds = about.label.lower(), report.seeds()
            figure = figures.regimes(table, x, y, f"Who is ahead: {title}", report.labels, seeds)
            report.picture(f"regimes-{measure}", f"Who is ahead in {title} by {x} and {y}.", figure)


def _mix(report: Report) -> None:
    """What a search for the best mix found."""
    search, fresh = mix.best(report.folder), report.manifest["sheet"]["mix"]["fresh"]
    about = {goal: report.measures[goal] for goal in search.goals.columns}
    goals = {goal: f"{measure.label} ({measure.unit})" for goal, measure in about.items()}
    report.tables["mixes"] = search.table
    report.picture("mixes", "Hours of the best mixes, and what they reach.", figures.mixes(search.table, goals, fresh))
    if len(goals) > 1:
        figure = figures.front(search.goals, goals, search.front, report.spec.first_replicates)
        report.picture("front", "All mixes tried, and the front.", figure)
    report.summary.append(f"{len(search.goals)} mixes were tried, {len(search.front)} of them on the front.")
    for row in search.table[search.table["place"] != mix.OWN_MIX].to_dict("records"):
        hours = {key.removeprefix("strategy.hours."): share for key, share in row.items() if "strategy.hours." in key}
        most = sorted((name for name in hours if hours[name] > 0), key=lambda name: -hours[name])
        leads = []
        for goal, measure in about.items():
            lead, low, high = (row[f"{goal}_{end}"] for end in ("lead", "lead_low", "lead_high"))
            leads.append(f"{measure.label.lower()} {gap(lead, low, high, measure.unit)}")
        best = "The best mix" if row["place"] == search.winner else f"Mix {row['place']}"
        hours_text = ", ".join(f"{name} {percent(hours[name])}" for name in most)
        report.summary.append(f"{best}: {hours_text}; against the own mix, on fresh seeds: {listed(leads)}.")
    report.summary += [note[:1].upper() + note[1:] + "." for note in search.notes]


def _basis(report: Report) -> list[str]:
    """What the report rests on."""
    manifest, places = report.manifest, report.rows["place"].nunique()
    failed = int(store.query(report.folder, "select count(error) as n from runs")["n"][0])
    sentences = [
        f"It rests on {report.seeds()} seeds a place, the same for every scenario and place; "
        f"{count(places, 'place')} of {manifest['places']} planned; {count(failed, 'run')} failed."
    ]
    if beyond := manifest.get("beyond"):
        sentences.append(f"Beyond what is plausible, as was asked for: {listed(beyond)}.")
    if report.spec.stop and report.spec.stop.when:
        sentences.append(f"A run ends early on the first day with {listed(report.spec.stop.when, 'or')}.")
    if report.spec.stop and report.spec.stop.runs:
        sentences.append(f"The study was to stop after {count(report.spec.stop.runs, 'run')}.")
    assumed = sum(entry["assumed"] and not entry.get("constant") for entry in manifest["values"].values())
    nobody = f"{assumed} are assumed: nobody has measured them."
    if report.spec.mix:
        sentences.append(f"The model rests on {len(manifest['values'])} values, of which {nobody}")
    elif report.keys and assumed:
        sentences.append(f"Of the {len(report.keys)} values varied, {nobody}")
    return [*sentences, "An interval is about the seeds: it says how sure we are of the model, not of your community."]
