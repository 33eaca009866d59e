"""What the benchmark measures, one kind a function: each is called in a process of its own and prints JSON.

`python -m experiments.benchmark_cells KIND '{"argument": value}'`. Seconds are CPU seconds of that process unless the
name says `wall`.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

PRACTICE = (60, 8)  # members and days of the community on which everything is compiled
REHEARSAL = (10_000, 30)  # of one in which the rarest happens once, so that no compiled code is loaded while measured


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and most of repeats."""
    return {"median": median(values), "low": min(values), "high": max(values)}


def practise(members: int = PRACTICE[0], days: int = PRACTICE[1]) -> float:
    """Run a community, so that what it calls is compiled or loaded; CPU seconds."""
    from sim.community import Community
    from sim.scenario import load

    begun = time.process_time()
    community = Community(load("baseline", {"community.members": members}), 0)
    for _ in range(days):
        community.step()
    community.observe()
    return time.process_time() - begun


def memory(peak: bool) -> int:
    """Bytes of this process in memory, now or at the most since `forget_peak`."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    name = "VmHWM:" if peak else "VmRSS:"
    line = next(line for line in status.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def forget_peak() -> None:
    """Let the peak begin anew, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def whole(members: int, days: int, repeats: int) -> dict[str, Any]:
    """The whole model: setting up, then `days` days, `repeats` times."""
    from sim.community import Community
    from sim.scenario import load

    practise(*REHEARSAL)
    scenario = load("baseline", {"community.members": members})
    founding, seconds, per_day, per_visit, per_member = [], [], [], [], []
    for seed in range(repeats):
        forget_peak()
        base = memory(peak=False)
        begun = time.process_time()
        community = Community(scenario, seed)
        founded = time.process_time()
        member_days = 0
        for _ in range(days):
            community.step()
            member_days += community.members.n
        spent = time.process_time() - founded
        founding.append(founded - begun)
        seconds.append(spent)
        per_day.append(spent / member_days * 1e9)
        per_visit.append(spent / community.observe()["visits"] * 1e9)
        per_member.append((memory(peak=True) - base) / community.members.n)
        del community
    return {
        "members": members,
        "days": days,
        "repeats": repeats,
        "seconds": spread(seconds),
        "ns_per_member_day": spread(per_day),
        "ns_per_visit": spread(per_visit),
        "set_up_seconds": spread(founding),
        # of the first repeat: later ones find memory that was given back
        "peak_bytes_per_member": per_member[0],
    }


def year(repeats: int) -> dict[str, Any]:
    """A year of the default community, observed every day as a comparison does."""
    from sim.run import run
    from sim.scenario import load

    practise(*REHEARSAL)
    scenario = load("baseline")
    cpu, wall = [], []
    for seed in range(repeats):
        begun, clock = time.process_time(), time.perf_counter()
        run(scenario, seed)
        cpu.append(time.process_time() - begun)
        wall.append(time.perf_counter() - clock)
    return {"members": scenario.community.members, "seconds": spread(cpu), "wall_seconds": spread(wall)}


def compiling() -> dict[str, Any]:
    """What a first run waits for: importing, and compiling (in two processes) or loading compiled code."""
    clock, begun = time.perf_counter(), time.process_time()
    from sim.compiled.compiling import compile_all

    imported, imported_wall = time.process_time() - begun, time.perf_counter() - clock
    clock, begun = time.perf_counter(), time.process_time()
    compile_all()
    practise()
    first_wall, first = time.perf_counter() - clock, time.process_time() - begun
    again = practise()
    return {
        "import_seconds": imported,
        "import_wall_seconds": imported_wall,
        "seconds": first - again,
        "wall_seconds": first_wall - again,
    }


def reference(members: int, days: int, repeats: int) -> dict[str, Any]:
    """The whole model and the reference model in turn; how many times as long it takes, and if they agree."""
    try:
        from tests.reference.model import Reference
    except ImportError as error:
        return {"members": members, "ratio": None, "said": f"no reference model here: {error}"}
    import numpy as np

    from sim.community import Community
    from sim.scenario import load

    practise(*REHEARSAL)
    scenario = load("baseline", {"community.members": members})
    ratios, ours, theirs, equal = [], [], [], True
    for seed in range(repeats):
        begun = time.process_time()
        community = Community(scenario, seed)
        for _ in range(days):
            community.step()
        ours.append(time.process_time() - begun)
        begun = time.process_time()
        plain = Reference(scenario, seed)
        for _ in range(days):
            plain.step()
        theirs.append(time.process_time() - begun)
        ratios.append(theirs[-1] / ours[-1])
        equal = equal and np.array_equal(np.asarray(community.flows), np.asarray(plain.flows))
        del community, plain  # the next one is not to be slowed by garbage collection among these
    return {
        "members": members,
        "days": days,
        "ratio": median(ratios),
        "low": min(ratios),
        "high": max(ratios),
        "seconds": spread(ours),
        "reference_seconds": spread(theirs),
        "equal_flows": bool(equal),
    }


def workers(runs: int, days: int) -> dict[str, Any]:
    """The same runs one after the other and by two workers: wall seconds, and whether the rows are the same."""
    import hashlib
    import tempfile

    import pyarrow as pa

    from experiments.comparison.run import Asked, study_of
    from experiments.runs import store
    from experiments.runs.pool import Pool
    from experiments.runs.prepare import Changes, prepare
    from experiments.study.sweep import sweep

    practise(*REHEARSAL)
    study = study_of(prepare(["baseline"], Changes(days=days)), Asked(replicates=runs))
    wall, found = [], []
    for count in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            sweep(study, Path(folder), Pool(count))
            wall.append(time.perf_counter() - begun)
            rows = pa.Table.from_pandas(store.read(Path(folder), store.EVERY_DAY))
            found.append(hashlib.sha256(str(rows.to_pydict()).encode()).hexdigest())
    return {
        "runs": runs,
        "days": days,
        "wall_seconds": wall,
        "speed_up": wall[0] / wall[1],
        "same": found[0] == found[1],
    }


def peers(members: int, repeats: int, mesa_repeats: int) -> dict[str, Any]:
    """The common core workload in plain C, in the steps to ours, and in plain Mesa, in turn."""
    import numpy as np

    from experiments import core_workload as core

    have_c = core.c_kernel() is not None
    names = [*([core.C] if have_c else []), *core.STEPS]
    for way in core.STEPS.values():
        core.run_ours(50, 0, way, 3)
    spent: dict[str, list[float]] = {}
    apart: list[float] = []
    equal = True
    for seed in range(repeats):
        for name in names:
            step = core.STEPS.get(name)
            last, last_totals, seconds = core.run_ours(members, seed, step) if step else core.run_c(members, seed)
            spent.setdefault(name, []).append(seconds)
            if name == names[0]:
                first, first_totals = last, last_totals
            equal = equal and core.same(last, first) and np.allclose(last_totals, first_totals, rtol=1e-9, atol=0.0)
        if seed < mesa_repeats:
            found, seconds = core.run_mesa(members, seed)
            spent.setdefault(core.MESA, []).append(seconds)
            apart.append(float(found[-1, 0] / first_totals[-1, 0] - 1.0))
    scale = 1e9 / members / core.DAYS
    of_c = {
        name: spread([a / b for a, b in zip(seconds, spent[core.C], strict=False)])
        for name, seconds in spent.items()
        if have_c
    }
    return {
        "members": members,
        "days": core.DAYS,
        "repeats": repeats,
        "ns_per_member_day": {name: spread([s * scale for s in seconds]) for name, seconds in spent.items()},
        "of_c": of_c,
        "same_bits": bool(equal),
        "mesa_apart": apart,  # of the mean strength on the last day, relative, by seed
        "said": ("" if have_c else "no C compiler (`cc`) here. ")
        + ("" if mesa_repeats else "Mesa is not run at this size."),
    }


KINDS = {f.__name__: f for f in (whole, year, compiling, reference, workers, peers)}

if __name__ == "__main__":
    print(json.dumps(KINDS[sys.argv[1]](**json.loads(sys.argv[2]))))
