"""How fast the model is: `python -m experiments.benchmark`, and `--peers` for the common core workload.

Each cell is measured in a process of its own (`benchmark_cells`), in CPU time where other work on the machine must
not count. The result is stored as JSON with machine, versions and date, and as a table for people.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.pages.wording import number, percent
from experiments.runs import files

OUT = files.ROOT / "results" / "benchmark"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
REPEATS = {1_000: 7, 10_000: 5, 100_000: 3}  # one beyond
MESA = {1_000: 7, 10_000: 5, 100_000: 1}  # none beyond: minutes
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def cell(kind: str, environment: dict[str, str] | None = None, **arguments: Any) -> dict[str, Any]:
    """Measure one cell in a process of its own.

    Raises
    ------
    RuntimeError : if the cell fails, with the end of what it said
    """
    command = [sys.executable, "-m", "experiments.benchmark_cells", kind, json.dumps(arguments)]
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    given = {**os.environ, **one_thread, **(environment or {})}
    done = subprocess.run(command, cwd=files.ROOT, env=given, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"benchmark: {kind} {arguments} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def of_machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = platform.processor() or "unknown"
    info, memory = Path("/proc/cpuinfo"), None
    if info.exists():
        named = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = named[0].split(":", 1)[1].strip() if named else cpu
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": memory,
        "system": f"{platform.system()} {platform.machine()}",
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def whole_plan(sizes: tuple[int, ...], quick: bool) -> dict[str, Callable[[], Any]]:
    """The cells of the whole model, by key."""
    days = 10 if quick else 30

    def first_calls() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            empty = cell("compiling", {"NUMBA_CACHE_DIR": folder})
            return {"empty": empty, "warm": cell("compiling", {"NUMBA_CACHE_DIR": folder})}

    plan: dict[str, Callable[[], Any]] = {} if quick else {"compile": first_calls}
    for n in sizes:
        plan[f"whole {n}"] = partial(cell, "whole", members=n, days=days, repeats=1 if quick else REPEATS.get(n, 1))
    for n in [n for n in sizes if n <= 10_000]:
        plan[f"reference {n}"] = partial(cell, "reference", members=n, days=days, repeats=1 if quick else 5)
    if not quick:
        plan["year"] = partial(cell, "year", repeats=5)
        plan["workers"] = partial(cell, "workers", runs=40, days=365)
    return plan


def peer_plan(sizes: tuple[int, ...], quick: bool) -> dict[str, Callable[[], Any]]:
    """The cells of the core workload, by key."""
    plan: dict[str, Callable[[], Any]] = {}
    for n in sizes:
        repeats, mesa = (1, 1) if quick else (REPEATS.get(n, 3), MESA.get(n, 0))
        plan[f"core workload {n}"] = partial(cell, "peers", members=n, repeats=repeats, mesa_repeats=mesa)
    return plan


def arranged(found: dict[str, Any]) -> dict[str, Any]:
    """What was measured, by kind."""
    result: dict[str, Any] = {
        "whole": [one for name, one in found.items() if name.startswith("whole")],
        "reference_ratio": {name.split()[1]: one for name, one in found.items() if name.startswith("reference")},
        **{name: found.get(name) for name in ("compile", "year", "workers")},
    }
    result["to_reach"] = targets(result)
    return result


def targets(result: dict[str, Any]) -> list[dict[str, Any]]:
    """What was to be reached: figure, bound, and whether it is (None where it was not measured)."""
    by_size = {one["members"]: one for one in result["whole"]}
    small, large = by_size.get(10_000), by_size.get(1_000_000)
    rows = []

    def add(what: str, figure: float | None, bound: float, at_least: bool = False) -> None:
        reached = None if figure is None else bool(figure >= bound if at_least else figure <= bound)
        rows.append(
            {"what": what, "figure": figure, "bound": f"{'≥' if at_least else '≤'} {bound:g}", "reached": reached}
        )

    ratio = (result["reference_ratio"].get("10000") or {}).get("ratio")
    add("times as fast as the reference model at 10,000 members", ratio, 100.0, at_least=True)
    cost = large["ns_per_member_day"]["median"] / small["ns_per_member_day"]["median"] if small and large else None
    add("cost of a member-day at 1,000,000 over that at 10,000", cost, 2.0)
    add("peak bytes a member at 1,000,000", large and large["peak_bytes_per_member"], 600.0)
    add("CPU seconds for a year of the default 1,000", result["year"] and result["year"]["seconds"]["median"], 0.5)
    for name, bound in (("empty", 15.0), ("warm", 1.0)):
        waited = result["compile"] and result["compile"][name]["wall_seconds"]
        add(f"seconds that a first run waits for compiled code, cache {name}", waited, bound)
    return rows


def peer_targets(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our time over plain C's where that was asked for."""
    from experiments.core_workload import OURS

    found = []
    for row in rows:
        if row["members"] >= 100_000:
            figure = row["of_c"][OURS]["median"] if row["of_c"] else None
            reached = None if figure is None else figure <= 0.5
            what = f"our time over plain C's, core workload, {row['members']:,} members"
            found.append({"what": what, "figure": figure, "bound": "≤ 0.5", "reached": reached})
    return found


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(folder: Path) -> str:
    """The tables for people, made from the stored files of `folder`."""
    parts = [
        "# The benchmark\n\nMade by `python -m experiments.benchmark`, with `--peers`, and by "
        "`python -m tests.bench_studio` and `python -m tests.bench_studies`; not edited by hand."
    ]
    words = {True: "yes", False: "no", None: "not measured"}
    for name, title, body in (
        ("benchmark", "The whole model", of_whole),
        ("peers", "The common core workload", of_peers),
        ("studio", "The studio in a browser", of_studio),
        ("studies", "The harness of studies", lambda data: []),  # all of it stands in the table
    ):
        path = folder / f"{name}.json"
        if not path.exists():
            continue
        data = json.loads(path.read_text(encoding="utf-8"))
        machine, commit = data["machine"], data["commit"]
        versions = ", ".join(f"{key} {value}" for key, value in data["versions"].items())
        parts.append(
            f"## {title}\n\n{data['date']}, commit {commit[:12]}{'+changes' if '+' in commit else ''}; "
            f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}, "
            f"load {number(machine['load'])} at the start; {versions}."
        )
        parts += body(data)
        rows = [
            [one["what"], number(one["figure"]), one["bound"], words[one["reached"]] if one["bound"] else ""]
            for one in data["to_reach"]
        ]
        parts.append(table(["to reach", "figure", "bound", "reached"], rows))
    return "\n\n".join(parts) + "\n"


def of_whole(data: dict[str, Any]) -> list[str]:
    """The paragraphs on the whole model."""
    head = ["members", "CPU s", "days", "ns a member-day (low to high)", "ns a visit", "set-up s", "bytes a member"]
    rows = []
    for one in data["whole"]:
        cost = one["ns_per_member_day"]
        between = f"{number(cost['low'])} to {number(cost['high'])}"
        middle = [number(one[key]["median"]) for key in ("seconds", "ns_per_visit", "set_up_seconds")]
        rows.append(
            [f"{one['members']:,}", middle[0], str(one["days"]), f"{number(cost['median'])} ({between})", *middle[1:],
             number(one["peak_bytes_per_member"])]
        )  # fmt: skip
    parts = [table(head, rows)]
    for n, one in data["reference_ratio"].items():
        said = one.get("said")
        if not said:
            flows = "the same flows" if one["equal_flows"] else "DIFFERENT flows"
            between = f"{number(one['low'])} to {number(one['high'])}"
            said = f"{number(one['ratio'])} times as fast ({between}), {flows}"
        parts.append(f"Against the reference model at {int(n):,} members: {said}.")
    if data["workers"]:
        w = data["workers"]
        parts.append(
            f"{w['runs']} runs of {w['days']} days by two workers: {number(w['speed_up'])} times as fast as one "
            f"after the other (wall clock), results {'the same' if w['same'] else 'DIFFERENT'}."
        )
    return parts


def of_peers(data: dict[str, Any]) -> list[str]:
    """The paragraphs on the core workload."""
    cells = data["cells"]
    rows = []
    for way in cells[0]["ns_per_member_day"]:
        row = [way]
        for one in cells:
            spent, ratio = one["ns_per_member_day"].get(way), one["of_c"].get(way)
            text = number(spent["median"]) if spent else "not run"
            row.append(f"{text} ({number(ratio['median'])})" if ratio else text)
        rows.append(row)
    head = ["CPU ns a member-day (time over plain C's)", *(f"{one['members']:,}" for one in cells)]
    same = "the same bits" if all(one["same_bits"] for one in cells) else "DIFFERENT bits"
    apart = []
    for one in cells:
        found = one["mesa_apart"]
        if found:
            apart.append(f"{percent(sum(found) / len(found), sign=True)} at {one['members']:,} ({len(found)} seeds)")
    return [
        table(head, rows),
        f"C and all steps end with {same}. Mean strength on the last day, Mesa against ours: {', '.join(apart)}.",
    ]


def of_studio(data: dict[str, Any]) -> list[str]:
    """The paragraph on the studio; measured by `tests.bench_studio`."""
    head = ["members a side", "pictures a second", "ms from slider to picture, median (low to high)"]
    rows = []
    for one in data["studio"]:
        wait = {key: number(value) for key, value in one["slider_ms"].items()}
        said = f"{wait['median']} ({wait['low']} to {wait['high']}; {wait['moves']} moves)"
        rows.append([f"{one['members']:,}", number(one["pictures_per_second"]), said])
    return [table(head, rows)]


@app.command()
def main(
    sizes: Annotated[str, typer.Option(help="Members, with commas between.")] = ",".join(map(str, SIZES)),
    peers: Annotated[
        bool, typer.Option("--peers", help="The common core workload instead of the whole model.")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="1,000 members and ten days once; stores only with --out.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the result, instead of results/benchmark.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Measure how fast the model is, and store it with machine, versions and date."""
    from experiments.pages.terminal import OUT as screen
    from experiments.pages.terminal import Bar

    try:
        chosen = (1_000,) if quick else tuple(int(size) for size in sizes.split(","))
    except ValueError:
        raise typer.BadParameter(f"--sizes: `{sizes}` is not a list of whole numbers such as 1000,10000") from None
    if min(chosen) < 10:
        raise typer.BadParameter(f"--sizes: {min(chosen)} is too few; 10 or more members")
    facts: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": of_machine(),
        "versions": files.versions(),
        "commit": files.commit(),
    }
    plan = peer_plan(chosen, quick) if peers else whole_plan(chosen, quick)
    found = {}
    with Bar(as_json, "cells") as bar:
        bar.expect(len(plan))
        for name, measure in plan.items():
            bar.say(f"Measuring {name}")
            found[name] = measure()
            bar.done()
    if peers:
        cells = list(found.values())
        facts |= {"cells": cells, "to_reach": peer_targets(cells)}
    else:
        facts |= arranged(found)
    if not quick or out:
        folder = out or OUT
        files.write_json(folder / f"{'peers' if peers else 'benchmark'}.json", facts)
        text = page(folder)
        files.write_text(folder / "README.md", text)
        if not as_json:
            screen.print(text, markup=False)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))


if __name__ == "__main__":
    app()
