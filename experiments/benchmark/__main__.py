"""Measure how fast the model is, and store it with machine, versions and date: `python -m experiments.benchmark`.

Each cell is measured in a process of its own (cells.py), in CPU time where other work on the machine must not count.
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

from experiments.benchmark.page import page
from experiments.runs import files
from sim.version import model_hash

OUT = files.ROOT / "results" / "benchmark"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
REPEATS = {1_000: 7, 10_000: 5, 100_000: 3}  # one beyond
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def cell(kind: str, environment: dict[str, str] | None = None, **arguments: Any) -> dict[str, Any]:
    """Measure one cell in a process of its own.

    Raises
    ------
    RuntimeError : if the cell fails, with the end of what it said
    """
    command = [sys.executable, "-m", "experiments.benchmark.cells", kind, json.dumps(arguments)]
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    given = {**os.environ, **one_thread, **(environment or {})}
    done = subprocess.run(command, cwd=files.ROOT, env=given, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"benchmark: {kind} {arguments} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def made() -> dict[str, Any]:
    """When, where and by which code something is measured."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": of_machine(),
        "versions": files.versions(),
        "commit": files.commit(),
        "model": model_hash(),
    }


def of_machine() -> dict[str, Any]:
    """The machine and versions of the measurement."""
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
        plan["limit"] = partial(cell, "limit")
        plan["workers"] = partial(cell, "workers", runs=40, days=365)
    return plan


def arranged(cells: dict[str, Any]) -> dict[str, Any]:
    """What was measured, by kind."""
    result: dict[str, Any] = {
        "whole": [item for name, item in cells.items() if name.startswith("whole")],
        "reference_ratio": {name.split()[1]: item for name, item in cells.items() if name.startswith("reference")},
        **{name: cells.get(name) for name in ("compile", "year", "workers", "limit")},
    }
    result["to_reach"] = targets(result)
    return result


def targets(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The targets: figure, bound, and whether it is reached (None where it was not measured)."""
    by_size = {one["members"]: one for one in result["whole"]}
    small, large = by_size.get(10_000), by_size.get(1_000_000)
    rows = []

    def add(what: str, figure: float | None, bound: float, at_least: bool = False) -> None:
        reached = None if figure is None else bool(figure >= bound if at_least else figure <= bound)
        rows.append(
            {"what": what, "figure": figure, "bound": f"{'≥' if at_least else '≤'} {bound:g}", "reached": reached}
        )

    for n, bound in (("1000", 150.0), ("10000", 300.0)):
        ratio = (result["reference_ratio"].get(n) or {}).get("ratio")
        add(f"times as fast as the reference model at {int(n):,} members", ratio, bound, at_least=True)
    cost = large and large["ns_per_member_day"]["median"]
    add("CPU ns a member-day at 1,000,000", cost, 80.0)
    add("cost of a member-day at 1,000,000 over that at 10,000",
        cost / small["ns_per_member_day"]["median"] if small and large else None, 2.0)  # fmt: skip
    add("peak bytes a member at 1,000,000", large and large["peak_bytes_per_member"], 400.0)
    year, workers = result["year"], result["workers"]
    add("CPU seconds for a year of the default 1,000, observed daily", year and year["seconds"]["median"], 0.04)
    add("the same year over one observed at its ends", year and year["daily_over_rarely"], 1.25)
    add("two threads over one, 40 runs", workers and workers["speed_up"], 1.9, at_least=True)
    for name, bound in (("empty", 15.0), ("warm", 1.0)):
        waited = result["compile"] and result["compile"][name]["wall_seconds"]
        add(f"seconds that a first run waits for compiled code, cache {name}", waited, bound)
    return rows


@app.command()
def main(
    sizes: Annotated[str, typer.Option(help="Members, with commas between.")] = ",".join(map(str, SIZES)),
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
    facts = made()
    plan = whole_plan(chosen, quick)
    cells = {}
    with Bar(as_json, "cells") as bar:
        bar.expect(len(plan))
        for name, measure in plan.items():
            bar.say(f"Measuring {name}")
            cells[name] = measure()
            bar.done()
    facts |= arranged(cells)
    if not quick or out:
        folder = out or OUT
        files.write_json(folder / "benchmark.json", facts)
        text = page(folder)
        files.write_text(folder / "README.md", text)
        if not as_json:
            screen.print(text, markup=False)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))


if __name__ == "__main__":
    app()
