"""The report of a study: one page from the store alone, with figures and a summary that says how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.pages import page as pages
from experiments.pages.page import Picture
from experiments.pages.wording import amount, count, gap, listed, number, percent
from experiments.runs import files, store
from experiments.stats import paired
from experiments.stats.difference import PRECISION, differences, wide
from experiments.stats.selection import select
from experiments.study import figures, horizons, mix, regimes, sensitivity
from experiments.study.file import HEADLINE, Mix
from sim.measures import Measure

if TYPE_CHECKING:
    import pandas as pd

LEAST_BOX = 8  # places in a box that is told of
WORTH_TELLING = 0.8  # share of wins in it
LEAST_MAP = 20  # places from which rules are learned; fewer teach nothing
LEAST_SEEDS = 10  # with fewer, the bootstrap is too narrow to check anything
MOST_MEASURES = 4  # pictures are of so many; the tables have all


@dataclass
class Page:
    """What a report says: sentences, pictures, tables by name (the CSV files), hinting what each is."""

    summary: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def picture(self, name: str, alt: str, figure: Any) -> None:
        """Add a picture."""
        self.pictures.append(Picture.of(name, alt, figure))


@dataclass(frozen=True)
class Asked:
    """What a stored study asked, from its manifest alone; scenario files may have changed since."""

    manifest: dict[str, Any]

    def __getattr__(self, key: str) -> Any:
        return self.manifest["sheet"][key]

    @property
    def labels(self) -> list[str]:
        """The scenarios, in the order of the file."""
        return self.manifest["labels"]

    @property
    def first_replicates(self) -> int:
        """Replicates before any were added."""
        return self.replicates or min(20, self.most)

    @property
    def mix(self) -> Mix | None:
        """The search for the best mix, if it was one."""
        sheet = self.manifest["sheet"]["mix"]
        return Mix.model_validate(sheet) if sheet else None

    @property
    def measures(self) -> dict[str, Measure]:
        """The measures in the store."""
        return {key: Measure(**item) for key, item in self.manifest["measures"].items()}

    @property
    def main(self) -> list[str]:
        """The measures that pictures and sentences are of."""
        wanted = (
            self.manifest["sheet"]["measures"] or [key for key in HEADLINE if key in self.measures] or self.measures
        )
        return list(wanted)[:MOST_MEASURES]


def write(folder: Path) -> Page:
    """Make report.html, figures/ and tables/ in the study's folder; returns what the page says."""
    manifest = store.read_manifest(folder)
    study = Asked(manifest)
    page = Page()
    rows = store.read(folder)
    if rows.empty:
        raise store.StoreError(f"`{folder}` holds no finished run without a fault")
    if study.mix:
        _mix(page, folder, study)
    else:
        main = study.main
        _means(page, manifest, study, rows, main)
        if len(study.labels) > 1:
            _compared(page, manifest, study, rows, main)
        if not manifest["keys"] and len(horizons.days(folder)) > 1:
            _over_days(page, folder, study, manifest, main)
        if study.design in ("morris", "sobol", "one") and study.vary:
            _indices(page, folder, study, manifest, main)
        if len(study.labels) > 1 and study.vary:
            _regimes(page, folder, study, manifest, main)
    page.summary += _basis(folder, manifest, rows)
    html = pages.render("study", page=page, manifest=manifest)
    files.write_text(folder / "summary.txt", "\n".join(page.summary) + "\n")
    pages.write(folder, "report.html", html, page.pictures, page.tables)
    return page


def _seeds(rows: pd.DataFrame) -> str:
    found = rows.groupby(["place", "scenario"]).size()
    return f"{found.min()}" if found.min() == found.max() else f"{found.min()} to {found.max()}"


def _means(page: Page, manifest: dict, study: Asked, rows: pd.DataFrame, main: list[str]) -> None:
    """Means by place, and curves along a value that varies alone or with one other."""
    import pandas as pd

    keys, found = manifest["keys"], []
    for measure in study.measures:
        for (place, label), own in rows.groupby(["place", "scenario"], sort=False):
            one = paired.interval(own[measure].to_numpy())
            first = own.iloc[0]
            found.append(
                {"measure": measure, "place": place, "scenario": label, **{key: first[key] for key in keys}}
                | {"mean": one.mean, "low": one.low, "high": one.high, "n": one.n}
            )
    table = pd.DataFrame(found)
    page.tables["means"] = table
    along = [key for key in keys if figures.numeric(table[key])]
    if not along or study.design not in ("grid", "rows") or len(keys) > 2:
        return
    x = max(along, key=lambda key: table[key].nunique())
    others = [key for key in keys if key != x]
    for measure in main:
        own = table[table["measure"] == measure].copy()
        parts = [own[key].map(lambda value, key=key: f"{key} {_told(value)}") for key in others]
        names = [own["scenario"]] if len(study.labels) > 1 or not parts else []
        own["label"] = [", ".join(words) for words in zip(*names, *parts, strict=True)]
        about = manifest["measures"][measure]
        page.picture(
            f"along-{measure}",
            f"{about['label']} along {x}; the table `means` has the numbers.",
            figures.curves(
                own.assign(label=own["label"].str.removeprefix(f"{others[0]} ")) if not names else own,
                x,
                about["label"],
                about["unit"],
                _seeds(rows),
                "scenario" if names else others[0],
            ),
        )
        flat = []
        for said, ends in own[own["mean"].notna()].groupby("label", sort=False):
            best = _best(ends, rows, x, measure, about)
            if best:
                page.summary.append(f"{about['label']} with {said} is best at {best}.")
            else:
                flat.append(said)
        if flat:
            page.summary.append(
                f"{about['label']} is not shown to be better at one {x} than at another with: {'; '.join(flat)}."
            )


def _told(value: object) -> str:
    """A varied value as it is read: numbers without needless digits."""
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _best(ends: pd.DataFrame, rows: pd.DataFrame, x: str, measure: str, about: dict) -> str:
    """At which value of x a curve is best, and which others are not shown to be worse over the same seeds.

    Empty if no other is.
    """
    top = ends.loc[ends["mean"].idxmax() if about["better"] != "less" else ends["mean"].idxmin()]
    runs = rows[rows["scenario"] == top["scenario"]].pivot(index="seed", columns="place", values=measure)
    gaps = {one[x]: paired.interval((runs[one["place"]] - runs[top["place"]]).to_numpy())
            for one in ends.to_dict("records") if one["place"] != top["place"]}  # fmt: skip
    close = [number(value) for value, lead in gaps.items() if not lead.excludes_zero]
    if len(close) == len(gaps):
        return ""
    size = f"{amount(top['mean'], about['unit'])} (95 % interval {number(top['low'])} to {number(top['high'])})"
    others = f"; {listed(close)} not shown to be worse" if close else ""
    return f"{x} = {number(top[x])}: {size}{others}"


def _compared(page: Page, manifest: dict, study: Asked, rows: pd.DataFrame, main: list[str]) -> None:
    table = differences(rows, list(study.measures) if not manifest["keys"] else main, study.labels[0])
    page.tables["comparisons"] = table
    for measure in main:
        about = manifest["measures"][measure]
        for second, own in table[table["measure"] == measure].groupby("second", sort=False):
            sign = -1 if about["better"] == "less" else 1
            lead = own["difference"] * sign
            shown = ((own["low"] > 0) | (own["high"] < 0)).to_numpy()
            ahead, behind = int((shown & (lead > 0)).sum()), int((shown & (lead < 0)).sum())
            first = own["first"].iloc[0]
            if len(own) == 1:
                row = own.iloc[0]
                size = gap(row["difference"], row["low"], row["high"], about["unit"])
                sure = "shown" if shown[0] else "not shown: it could be luck"
                page.summary.append(
                    f"{about['label']}: {second} against {first}: {size}; {sure}. Above in {percent(row['share'])} "
                    f"of seeds. Effect size {number(row['effect'])}."
                )
            else:
                page.summary.append(
                    f"{about['label']}: of {len(own)} places, {second} is shown ahead of {first} in {ahead}, behind in "
                    f"{behind}; in {len(own) - ahead - behind} no difference is shown."
                )
        own = table[table["measure"] == measure]
        flagged = int((own["flagged"] & (own["n"] >= LEAST_SEEDS)).sum())
        if flagged:
            page.summary.append(
                f"{about['label']}: in {count(flagged, 'comparison')} the t and the bootstrap interval disagree by "
                f"more than a fifth in width: do not lean on them without more seeds."
            )
    if len(study.labels) > 2 and len(set(rows["place"])) == 1:
        for measure in main:
            about, values = manifest["measures"][measure], wide(rows, measure)
            delta = PRECISION * float(values.mean().abs().max()) or 1e-9
            found = select(values, delta, about["better"] or "more")
            said = f"best is {found.best}" if found.best else f"one of {listed(found.left, 'or')} is best"
            page.summary.append(
                f"{about['label']}: {said} (ranking and selection, right in 95 of 100 cases where the best leads by "
                f"{number(delta)} or more; {count(found.n, 'seed')})."
            )


def _over_days(page: Page, folder: Path, study: Asked, manifest: dict, main: list[str]) -> None:
    """The course of each scenario over the kept days, and who is ahead when."""
    for measure in main:
        about = manifest["measures"][measure]
        title, seeds = f"{about['label']} over time", _seeds(store.read(folder, keep=[measure]))
        figure = figures.curves(horizons.course(folder, measure), "day", title, about["unit"], seeds)
        page.picture(f"days-{measure}", f"{title}, by scenario.", figure)
        if len(study.labels) > 1:
            ahead = regimes.winners(folder, measure)
            page.tables[f"days-{measure}"] = ahead
            page.summary.append(f"{about['label']}, against the next best: {horizons.when(ahead)}.")


def _pairs(study: Asked) -> tuple[str, str | None]:
    labels = study.labels
    return (labels[1], labels[0]) if len(labels) > 1 else (labels[0], None)


def _indices(page: Page, folder: Path, study: Asked, manifest: dict, main: list[str]) -> None:
    scenario, against = _pairs(study)
    of = f"the lead of {scenario} over {against}" if against else f"{scenario}"
    names = {"morris": "mu_star", "sobol": "total", "one": "change"}
    words = {
        "morris": "mean size of an elementary effect (Morris)",
        "sobol": "share of variance, total effect (Sobol)",
        "one": "largest change when this value alone is changed",
    }
    name = names[study.design]
    for measure in main:
        about = manifest["measures"][measure]
        table = sensitivity.indices(folder, measure, scenario, against)
        page.tables[f"sensitivity-{measure}"] = table
        shown = table.rename(columns={name: "value", f"{name}_low": "low", f"{name}_high": "high"})
        title = f"What moves {about['label'].lower()}: {of}"
        seeds = _seeds(store.read(folder, keep=[measure]))
        figure = figures.bars(shown, title, words[study.design], seeds, words[study.design].capitalize() + ".")
        page.picture(f"sensitivity-{measure}", f"{title}; the table has the numbers.", figure)
        luck = sensitivity.seed_share(
            sensitivity.answers(store.read(folder, keep=[measure]), measure, scenario, against)
        )
        top = [f"{row.key} ({number(row.value)})" for row in shown.head(3).itertuples()]
        page.summary.append(
            f"{about['label']}, {of}: {listed(top)} matter most, of {len(table)} values varied; luck makes "
            f"{percent(luck)} of the variance between single runs."
        )
        if study.design == "one" and against:
            hinge = regimes.hinges(folder, measure, against, scenario)
            page.tables[f"hinges-{measure}"] = hinge
            flips = hinge[hinge["flips_at"].notna()]
            if flips.empty:
                page.summary.append(f"{about['label']}: no single value within the range tried flips who leads.")
            for row in flips.head(3).itertuples():
                sure = "shown beyond it" if row.shown else "but not shown beyond it"
                page.summary.append(
                    f"{about['label']}: who leads flips where {row.key} goes from {number(row.own)} to about "
                    f"{number(row.flips_at)} ({percent(row.change)} of the range tried; {sure})."
                )


def _regimes(page: Page, folder: Path, study: Asked, manifest: dict, main: list[str]) -> None:
    if study.design not in ("grid", "latin"):
        return
    keys = manifest["keys"]
    for measure in main:
        about = manifest["measures"][measure]
        table = regimes.winners(folder, measure)
        if table.empty:  # of nobody: no newcomers to keep, say
            continue
        page.tables[f"regimes-{measure}"] = table
        shares = table["winner"].value_counts(normalize=True)
        page.summary.append(
            f"{about['label']}: ahead is "
            + listed([f"{name} in {percent(share)} of the map" for name, share in shares.items()])
            + "."
        )
        if len(table) >= LEAST_MAP and len(shares) > 1:
            page.summary += _rules(table, keys, study, about["label"])
        along = [key for key in keys if figures.numeric(table[key])]
        if len(along) >= 2:
            ranked = regimes.importance(table, along)
            page.picture(
                f"regimes-{measure}",
                f"Who is ahead in {about['label'].lower()} by {ranked[0]} and {ranked[1]}.",
                figures.regimes(
                    table, ranked[0], ranked[1], f"Who is ahead: {about['label'].lower()}", study.labels,
                    _seeds(store.read(folder, keep=[measure])),
                ),
            )  # fmt: skip


def _rules(table: pd.DataFrame, keys: list[str], study: Asked, name: str) -> list[str]:
    """Where each wins, as rules of a tree and as boxes (PRIM)."""
    said: list[str] = []
    found, right = regimes.rules(table, keys)
    for rule in found[:4]:
        when = listed(rule.when) or "everywhere"
        held = f"{percent(rule.share)} of {count(rule.places, 'place')}"
        said.append(f"{name}: where {when}: {rule.winner} ({held}).")
    said.append(f"{name}: these rules are right in {percent(right)} of places not seen before.")
    for label in study.labels:
        box = regimes.box(table, keys, label)
        if box and box.limits and box.places >= LEAST_BOX and box.density >= WORTH_TELLING:
            where = listed(
                [
                    f"{key} {number(low)}" if low == high else f"{key} {number(low)} to {number(high)}"
                    for key, (low, high) in box.limits.items()
                ]
            )
            said.append(
                f"{name}: {label} wins in {percent(box.density)} of the places with {where}, which holds "
                f"{percent(box.coverage)} of all its wins (PRIM)."
            )
    return said


def _mix(page: Page, folder: Path, study: Asked) -> None:
    assert study.mix
    found = mix.best(study, folder)
    goals = {goal: f"{study.measures[goal].label} ({study.measures[goal].unit})" for goal in study.mix.goals}
    page.tables["mixes"] = found.table
    page.picture("mixes", "Hours of the best mixes, and what they reach.", figures.mixes(
        found.table, goals, found.own_place, study.mix.fresh))  # fmt: skip
    if len(goals) > 1:
        tried = mix.goals_by_place(study, folder)
        figure = figures.front(tried, goals, found.front, found.own_place, study.first_replicates)
        page.picture("front", "All mixes tried, and the front.", figure)
    page.summary.append(f"{found.trials} mixes were tried, {len(found.front)} of them on the front.")
    for row in found.table.to_dict("records"):
        if row["place"] == found.own_place:
            continue
        hours = [
            f"{key.removeprefix('strategy.hours.')} {percent(row[key])}"
            for key in sorted((k for k in row if k.startswith("strategy.hours.")), key=lambda k: -row[k])
            if row[key] > 0
        ]
        leads = []
        for goal in goals:
            unit, said = study.measures[goal].unit, study.measures[goal].label.lower()
            leads.append(f"{said} {gap(row[f'{goal}_lead'], row[f'{goal}_lead_low'], row[f'{goal}_lead_high'], unit)}")
        best = "The best mix" if row["place"] == found.winner else f"Mix {row['place']}"
        page.summary.append(f"{best}: {', '.join(hours)}; against the own mix, on fresh seeds: {listed(leads)}.")
    page.summary += [note[:1].upper() + note[1:] + "." for note in found.notes]


def _basis(folder: Path, manifest: dict, rows: pd.DataFrame) -> list[str]:
    failed = int(store.query(folder, "select count(error) as n from runs")["n"][0])
    values = manifest["values"].values()
    said = [
        f"It rests on {_seeds(rows)} seeds a place, the same for every scenario and place; "
        f"{count(rows['place'].nunique(), 'place')} of {manifest['places']} planned; {count(failed, 'run')} failed."
    ]
    assumed = sum(entry["assumed"] for entry in values)
    if manifest["sheet"]["mix"]:
        said.append(
            f"The model rests on {len(values)} values, of which {assumed} are assumed: nobody has measured them."
        )
    elif manifest["keys"] and assumed:
        said.append(f"Of the {len(manifest['keys'])} values varied, {assumed} are assumed: nobody has measured them.")
    said.append("An interval is about the seeds: it says how sure we are of the model, not of your community.")
    return said
