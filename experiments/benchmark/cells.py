"""What the benchmark measures, one kind a function: each is called in a process of its own and prints JSON.

`python -m experiments.benchmark.cells KIND '{"argument": value}'`. Seconds are CPU seconds of that process unless the
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
    """Run a community so that its kernels are compiled or loaded; CPU seconds."""
    from sim.community import Community
    from sim.scenario import load

    begun = time.process_time()
    community = Community(load("baseline", {"community.members": members}), 0)
    community.run(days, every=1)
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
            community.run(1)
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
    """A year of the default community, observed every day as a comparison does, and at its ends only, in turn."""
    from sim.run import run
    from sim.scenario import load

    practise(*REHEARSAL)
    scenario = load("baseline")
    cpu, wall, ratios = [], [], []
    for seed in range(repeats):
        spent = []
        for every in (1, scenario.community.days):
            begun, clock = time.process_time(), time.perf_counter()
            run(scenario, seed, observe_every=every)
            spent.append(time.process_time() - begun)
            wall += [time.perf_counter() - clock] if every == 1 else []
        cpu.append(spent[0])
        ratios.append(spent[0] / spent[1])
    return {
        "members": scenario.community.members,
        "seconds": spread(cpu),
        "wall_seconds": spread(wall),
        "daily_over_rarely": median(ratios),
    }


def compiling() -> dict[str, Any]:
    """The waiting time of a first run: imports, then compiling (in two processes) or loading compiled code."""
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
        community.run(days)
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
    """The same runs by one thread and by two: wall seconds, and whether the results are the same."""
    from experiments.runs.pool import Pool
    from sim.run import run
    from sim.scenario import load

    practise(*REHEARSAL)
    scenario = load("baseline", {"community.days": days})
    wall, results = [], []
    for count in (1, 2):
        ends: dict[int, Any] = {}
        begun = time.perf_counter()
        Pool(count).run(range(runs), lambda seed: run(scenario, seed).series, ends.__setitem__)
        wall.append(time.perf_counter() - begun)
        results.append([[column.tobytes() for column in ends[seed].values()] for seed in range(runs)])
    return {
        "runs": runs,
        "days": days,
        "wall_seconds": wall,
        "speed_up": wall[0] / wall[1],
        "same": results[0] == results[1],
    }


# What a day asks of every member, whoever visits: read by needing, visiting, telling, leaving and the ledger; fading,
# read and written.
ASKED = (
    "stage",
    "need",
    "touchpoint",
    "key",
    "drive",
    "closeness",
    "called",
    "joined",
    "last_visit",
    "written",
    "won",
    "invited",
    "tie_count",
)
FADING = ("adstock", "brand", "annoyance", "heard_staff", "heard_member", "hurt", "activity", "belonging", "status",
          "to_staff", "from_staff", "trust")  # fmt: skip
DRAWS = 2 + 1 / 7  # needing, visiting, and once a week leaving


def limit() -> dict[str, Any]:
    """Lower bound on the cost of a member-day here, from the bytes it must touch and the draws it must make."""
    import numpy as np

    from sim.agents import order_keys
    from sim.compiled.draws import day_key
    from sim.state.members import COLUMNS

    size = {name: np.dtype(dtype).itemsize for name, (dtype, _, _) in COLUMNS.items()}
    touched = sum(size[name] for name in ASKED) + 2 * sum(size[name] for name in FADING)
    source, target = np.ones(20_000_000), np.zeros(20_000_000)
    who, key = np.arange(1_000_000), day_key(0, 1, 1)
    copying, drawing = [], []
    for _ in range(7):
        begun = time.perf_counter()
        np.copyto(target, source)
        copying.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        order_keys(key, who, 0)
        drawing.append(time.perf_counter() - begun)
    bytes_per_ns = 2 * source.nbytes / min(copying) / 1e9
    ns_per_draw = min(drawing) / who.size * 1e9
    return {
        "bytes": touched,
        "draws": DRAWS,
        "bytes_per_ns": bytes_per_ns,
        "ns_per_draw": ns_per_draw,
        "ns": touched / bytes_per_ns + DRAWS * ns_per_draw,
    }


KINDS = {f.__name__: f for f in (whole, year, compiling, reference, workers, limit)}

if __name__ == "__main__":
    print(json.dumps(KINDS[sys.argv[1]](**json.loads(sys.argv[2]))))
