"""`python -m tests.reference`: compare the model with the reference in every shipped scenario, with ten seeds.

With `--worlds` also in worlds of random values, some steered, some founded from a random log; with `--logs` founded
from real ones. Prints what is found and writes it to results/reference-model/; ends with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from experiments.runs import files
from tests.reference.helpers import FLOWS
from tests.reference.runs import RANDOM, SEEDS, Case, Outcome, compare, full, logs_in, of_logs, worlds

TABLE = Path("results/reference-model/table.csv")
SHOWN = ("joined", "left", "exchanges", "asked", "solved_members", "hostile", "mediated", "projects", "insights",
         "ideas", "codified", "muted", "false_sanctions")  # fmt: skip


def run(cases: list[Case], processes: int, uncompiled: bool) -> list[Outcome]:
    """Compare all cases in a pool of fresh processes, with a bar; the first alone, so that all is compiled once."""
    wanted = "1" if uncompiled else "0"
    if processes == 1 and os.environ.get("NUMBA_DISABLE_JIT", "0") == wanted:
        return [compare(case) for case in cases]
    os.environ["NUMBA_DISABLE_JIT"] = wanted  # before the processes of the pool import anything
    found: list[Outcome] = []
    fresh = multiprocessing.get_context("spawn")
    console = Console(stderr=True)
    with ProcessPoolExecutor(processes, mp_context=fresh) as pool, Progress(console=console) as bar:
        task = bar.add_task("comparing", total=len(cases))
        for some in (cases[:1], cases[1:]):
            for done in as_completed([pool.submit(compare, case) for case in some]):
                found.append(done.result())
                bar.advance(task)
                if not console.is_terminal and len(found) % 10 == 0:
                    print(f"{len(found)} of {len(cases)}", file=sys.stderr, flush=True)
                if found[-1].difference:
                    bar.console.print(found[-1].difference, style="red")
    return found


def rows(found: list[Outcome], uncompiled: bool) -> list[dict]:
    """One row a scenario and world: what was compared, and what happened in it."""
    groups = defaultdict(list)
    for outcome in sorted(found, key=lambda outcome: outcome.case):
        scenario, world, log = outcome.case.scenario, outcome.case.world, outcome.case.log
        name = ("(random values)", world) if world in RANDOM else (log.name, "real log") if log else (scenario, world)
        groups[name].append(outcome)
    made = []
    for (scenario, world), some in groups.items():
        flows = Counter()
        for outcome in some:
            flows.update(outcome.flows)
        flows["joined"] = flows["joined_organic"] + flows["joined_word"] + flows["joined_broadcast"]
        made.append(
            {
                "scenario": scenario,
                "world": world,
                "code": "uncompiled" if uncompiled else "compiled",
                "seeds": len(some) if world in RANDOM else " ".join(str(outcome.case.seed) for outcome in some),
                "members": max(outcome.founders for outcome in some),
                "days": some[0].case.days,
                "values": sum(outcome.values for outcome in some),
                "differences": sum(outcome.difference is not None for outcome in some),
            }
            | {name: int(flows[name]) for name in SHOWN}
            | {"never": " ".join(name for name in FLOWS if not flows[name])}
        )
    return made


def show(table: list[dict]):
    """Print the table without its longest columns."""
    names = [name for name in table[0] if name not in ("never", "code", "members", "seeds")]
    printed = Table(*(name.replace("_", " ") for name in names), box=None)
    for row in table:
        printed.add_row(*(f"{row[name]:,}" if isinstance(row[name], int) else row[name] for name in names))
    Console(width=200).print(printed)


def main() -> int:
    """Read the command line, run, print, write."""
    parser = argparse.ArgumentParser("python -m tests.reference", description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--members", type=int, default=200, help="founders at most")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="odd ones livened up, even ones as shipped")
    parser.add_argument("--scenarios", nargs="+", default=(), help="all that are shipped, if none is named")
    parser.add_argument("--worlds", type=int, default=0, help="as many worlds of random values on top, of 30 days")
    parser.add_argument("--logs", type=Path, help="a folder of real logs (*.csv.gz) to found runs of two days from")
    parser.add_argument("--uncompiled", action="store_true", help="run the model as plain Python (slow)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--to", type=Path, default=TABLE, help="where the table is written; added to with --add")
    parser.add_argument("--add", action="store_true", help="keep the rows that the table has")
    asked = parser.parse_args()
    cases = full(asked.members, asked.days, asked.scenarios, asked.seeds) + worlds(asked.worlds)
    cases += of_logs(logs_in(asked.logs)) if asked.logs else []
    found = run(cases, asked.processes, asked.uncompiled)
    table = rows(found, asked.uncompiled)
    show(table)
    asked.to.parent.mkdir(parents=True, exist_ok=True)
    fresh = not (asked.add and asked.to.exists())
    with asked.to.open("w" if fresh else "a", newline="") as file:
        writer = csv.DictWriter(file, table[0], lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerows(table)
    seconds = sum(outcome.seconds for outcome in found)
    about, command = asked.to.with_name("about.json"), " ".join(["python -m tests.reference", *sys.argv[1:]])
    if not fresh:
        command = f"{json.loads(about.read_text(encoding='utf-8'))['command']} && {command}"
    files.write_json(about, files.provenance(command, seconds))
    dead = [outcome for outcome in found if outcome.case.world != "shipped" and outcome.trivial]
    total, different = sum(outcome.values for outcome in found), sum(row["differences"] for row in table)
    member_days = sum(outcome.member_days for outcome in found)
    speed = 1e6 * seconds / max(member_days, 1)
    print(f"{len(cases)} runs, {total:,} values compared, {different} runs differ, {len(dead)} runs too quiet")
    print(f"the reference took {speed:.0f} microseconds a member and day, over {member_days:,} member-days")
    for outcome in dead:
        print(f"too quiet: {outcome.case.scenario}, seed {outcome.case.seed}: no {', '.join(outcome.trivial)}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
