"""Memory is returned: thousands of runs in one process end at the memory of the first twenty."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FIRST = 20
# As a share. What is in use does not grow after some hundred runs (by 10 KB in 3,900, as the C library counts); the
# process holds 2.4 % more after 2,000, pages that the library keeps in pieces. Communities kept weigh .1 MB each.
MOST_GROWN = 0.04

# Prints after the first twenty runs and at the end: memory in use by the process (MB) and communities that live.
RUNS = """
import ctypes, gc, json, os, resource, sys
from pathlib import Path
from sim.community import Community
from sim.run import run
from sim.scenario import load

number, leaks, first_runs = int(sys.argv[1]), sys.argv[2] == "leaks", int(sys.argv[3])
names = ("facilitation", "broadcast", "two_hats")
worlds = [load(name, {"community.members": 30, "community.days": 4}) for name in names]
kept = []


def memory():
    gc.collect()
    try:  # freed memory that the C library (glibc) holds back for later is given back, and not counted
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        pass
    try:  # what is in use now
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        used = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:  # elsewhere: the most that ever was, in KB, or in bytes on a Mac
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return used, sum(isinstance(item, Community) for item in gc.get_objects())


for done in range(1, number + 1):
    run(worlds[done % len(worlds)], done)
    if done % 5 == 0:  # as a user of Mesa would
        model = Community(worlds[done % len(worlds)], done)
        model.step()
        len(model.agents), model.agents.get("unique_id"), model.agents.shuffle_do(lambda agent: agent.unique_id)
        model.agents_by_type[type(model.team[0])].get("name")
    if leaks:
        kept.append(Community(worlds[done % len(worlds)], done))
    if done == first_runs:
        model = None
        first = memory()
model = None
print(json.dumps([first, memory()]))
"""


def lived(number, leaks=False):
    """Memory (MB) and living communities after the first twenty runs, and after all."""
    command = [sys.executable, "-c", RUNS, str(number), "leaks" if leaks else "sound", str(FIRST)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_returned(number, first, last):
    assert last[1] == first[1] == 0, f"{last[1]} communities live on"
    assert last[0] <= first[0] * (1 + MOST_GROWN), f"{first[0]:.1f} MB after {FIRST} runs, {last[0]:.1f} MB at the end"


def test_memory_is_returned():
    assert_returned(200, *lived(200))


@pytest.mark.slow
@pytest.mark.skipif("'slow' not in config.option.markexpr", reason="two thousand runs: pytest -m slow")
def test_memory_is_returned_after_two_thousand_runs():
    assert_returned(2000, *lived(2000))


def test_a_leak_would_show():
    """A list that keeps the communities: both their number and the memory tell."""
    first, last = lived(150, leaks=True)
    assert last[1] == 150 and first[1] == FIRST
    with pytest.raises(AssertionError, match="live on"):
        assert_returned(150, first, last)
    with pytest.raises(AssertionError, match="MB at the end"):
        assert_returned(150, (first[0], 0), (last[0], 0))
