"""`hearth effects`: read logs, estimate, and show or write what came out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.effects import logs as reading
from experiments.effects.logs import Community
from experiments.effects.study import Study, against_published, by_log, pooled, study, targets
from experiments.effects.words import Section, sections, summary
from experiments.pages import answers, terminal, wording
from experiments.runs import files
from experiments.runs.given import BadInput
from sim.logs.log import LogError

ON_SCREEN = (
    "here (95 %)",
    "k",
    "hosted communities (95 %)",
    "band",
    "verdict",
    "target",
    "effect",
)  # what may wrap, last


def show(
    paths: list[Path], members: Path | None, threads: Path | None, out: Path | None, as_json: bool, quiet: bool
) -> None:
    """Estimate on logs, or on all logs of a folder, and show or write what came out.

    Raises
    ------
    BadInput : if a log cannot be used, or the folder `out` is taken
    """
    log_paths = logs_in(paths)
    if len(log_paths) > 1 and (members or threads):
        raise BadInput("--members, --threads: are of one log; with several, each has NAME_members beside it")
    if out is not None:
        files.refuse_used(out)
    with terminal.Bar(quiet or as_json, "logs") as bar:
        bar.expect(len(log_paths))

        def opened() -> Iterator[Community]:
            for path in log_paths:
                bar.say(f"Estimating on {path}")
                log = reading.read(path, members, threads)
                for note in log.notes:
                    bar.note(note)
                yield log
                bar.done()

        results = study(opened())
    if out is not None:
        write(results, out)
    if as_json:
        answers.show("effects", as_dict(results))
        return
    terminal.OUT.print(summary(results), soft_wrap=True)
    for section in sections(results):
        columns = [name for name in ON_SCREEN if name in section.columns]
        if section.columns[0] in ON_SCREEN:
            places = [section.columns.index(name) for name in columns]
            rows = [tuple(row[place] for place in places) for row in section.rows]
            terminal.show_rows(columns, rows, f"\n{section.title}", bold=False)
    if out is not None:
        terminal.OUT.print(f"\nPage: {out}/effects.html", soft_wrap=True)


def logs_in(paths: list[Path]) -> list[Path]:
    """The logs that are named, or lie in named folders (each with its members beside it), in order of name."""
    logs: list[Path] = []
    for path in paths:
        if not path.is_dir():
            logs.append(path)
            continue
        tables = sorted(file for file in path.iterdir() if file.name.endswith((".csv", ".csv.gz")))
        inside = [file for file in tables if reading.beside(file, "members").is_file()]
        try:
            logs += inside if inside or not reading.is_export(path) else [path]
        except LogError as error:
            raise BadInput(f"{error}; a CSV has NAME_members beside it") from None
    names = [reading.name_of(path) for path in logs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise BadInput(f"`{twice[0]}`: two logs have that name; rename one")
    return logs


def as_dict(results: Study) -> dict[str, Any]:
    """All results as plain data; null where a log has too little data."""
    return files.plain(
        {"logs": results.logs} | {name: table.to_dict("records") for name, table in tables(results).items()}
    )


def tables(results: Study) -> dict[str, Any]:
    """The tables that are written: targets, effects pooled and by log, facts, years, and what differs."""
    return {
        "targets": targets(results),
        "effects": pooled(results),
        "by_log": by_log(results),
        "facts": results.facts,
        "years": results.years,
        "published": against_published(results),
    }


def write(results: Study, out: Path) -> None:
    """Write effects.html, README.md, effects.json, tables and figures into a new folder, aside first."""
    from experiments.effects.figures import figures
    from experiments.pages import page

    pictures = [page.Picture.of(name, alt, figure) for name, (figure, alt) in figures(results).items()]
    parts = sections(results)
    html = page.render("effects", summary=summary(results), sections=parts, pictures=pictures)
    made = files.provenance("hearth effects LOG...", time.process_time())
    by = f"Made on {made['date'][:10]} by commit `{made['commit'][:10]}`, model `{made['model']}`."
    with files.gathered(out) as partial:
        files.write_json(partial / "about.json", made)
        files.write_json(partial / "effects.json", as_dict(results))
        files.write_text(partial / "README.md", markdown(summary(results), by, parts, pictures))
        page.write(partial, "effects.html", html, pictures, tables(results))


def markdown(summary: str, by: str, parts: list[Section], pictures: list[Any]) -> str:
    """The page in Markdown; `by`: what made it, in Markdown already."""
    lines = ["# Effects of staff, announcements and events", "", wording.markdown(summary), "", by, ""]
    for section in parts:
        lines += [f"## {section.title}", "", section.text, ""]
        lines += [f"| {' | '.join(map(wording.markdown, section.columns))} |", f"|{'--|' * len(section.columns)}"]
        lines += [f"| {' | '.join(map(wording.markdown, row))} |" for row in section.rows]
        lines.append("")
    lines += ["## Figures", ""]
    lines += [f"![{wording.markdown(picture.alt)}](figures/{picture.name}.png)\n" for picture in pictures]
    return "\n".join(lines).strip() + "\n"
