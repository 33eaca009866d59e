"""The house: who may import whom, where randomness comes from, what is read, and how large things may be.

The places of a rule are held by tests/test_new_rule.py, the description by tests/test_description.py.
"""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.scenario import BASELINE, is_entry
from tests.places import rules

SIM = Path(sim.__file__).resolve().parent
TESTS = Path(__file__).parent
ROOT = TESTS.parent
FILES = sorted(SIM.rglob("*.py"))
RULES = rules()
TEAM = sorted(path for path in (SIM / "team").glob("*.py") if path.stem not in ("__init__", "people"))


def imports(source):
    """Modules that a source imports, under whatever name, with what is taken from them."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


ANALYSIS = (
    SIM / "logs/patterns",
    SIM / "logs/readers",
)  # outside of every run: NumPy's own resampling may be used there


def is_analysis(path):
    return any(path.is_relative_to(folder) for folder in ANALYSIS)


def tops(source):
    return {name.split(".")[0] for name in imports(source)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SIM)))
def test_the_model_knows_nothing_of_what_is_built_on_it(path):
    assert not tops(path.read_text()) & {"experiments", "studio", "tests", "results"}
    barred = {"seaborn", "matplotlib", "typer", "rich", "duckdb", "pyarrow", "concurrent", "multiprocessing",
              "threading", "jinja2"}  # fmt: skip
    if path.is_relative_to(SIM / "logs/readers"):
        barred.remove("pyarrow")  # parses CSV there, outside of every run; stores are kept elsewhere
    assert not tops(path.read_text()) & barred


@pytest.mark.parametrize("path", RULES + TEAM, ids=lambda path: path.stem)
def test_a_rule_knows_little(path):
    """Numbers, kernels, draws, the state, and other rules: neither Mesa nor files nor the memory behind the tables."""
    found = {name for name in imports(path.read_text()) if name.startswith("sim.")}
    known = ["sim.compiled.draws", "sim.compiled.kernel", "sim.state", "sim.rules"]
    known += ["sim.team"] if path in TEAM else []
    assert all(name.startswith(tuple(known)) for name in found), found
    assert not any(name.startswith("sim.state.tables") for name in found)
    assert tops(path.read_text()) <= {"sim", "math", "numpy", "typing", "__future__"}


def randomness(source):
    """Where a source takes random numbers from elsewhere than sim/draws."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in ("random", "rng", "default_rng", "RandomState", "shuffle"):
            found.append(ast.unparse(node))
    found += [
        name
        for name in imports(source)
        if name.split(".")[0] in ("random", "secrets", "uuid") or "numpy.random" in name
    ]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SIM)))
def test_randomness_comes_from_draws_alone(path):
    if (
        path.name == "agents.py"
    ):  # Mesa's own methods to shuffle and to choose are offered to its users, and no rule calls them
        return
    if is_analysis(path):
        return
    assert randomness(path.read_text()) == []


def test_the_model_calls_no_shuffling_of_mesa():
    for path in FILES:
        if path.name == "agents.py":
            continue
        called = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert not called & {"shuffle_do", "shuffle", "choice", "choices", "sample_agents"}, path.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SIM)))
def test_the_model_does_not_read_the_analysis_of_logs(path):
    if not is_analysis(path):
        assert not any(name.startswith(("sim.logs.patterns", "sim.logs.readers")) for name in imports(path.read_text()))


def test_other_randomness_would_show():
    assert randomness("import random\nx = np.random.random(3)") and not randomness("x = uniform(key, 1, 2)")


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_has_a_scalar_function_and_a_loop(path):
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    compiled = [f for f in functions if any(getattr(d, "id", "") == "kernel" for d in f.decorator_list)]
    loops = [f for f in compiled if any(isinstance(node, ast.For | ast.While) for node in ast.walk(f))]
    assert loops, f"sim/rules/{path.name} has no loop that says who the rule applies to"
    silent = [f.name for f in functions if not ast.get_docstring(f)]
    assert not silent, f"sim/rules/{path.name}: say in a docstring what {silent} do"
    scalar = len(compiled) > len(loops) or path.stem == "solving"  # what solves is said in reading
    assert scalar, f"sim/rules/{path.name} has no scalar function that says what one member does"


# Every value is read

WATCH = """
import json, sys
from types import SimpleNamespace
from sim import community as module
from sim.community import Community
from sim.scenario import TEMPLATES, load

single = {plural: one for one, plural in TEMPLATES.items()}
also = {"channel.outward": ("channel.online", "channel.direction"), ".home": ("places.home",)}
seen, given = set(), module.values


class Table:
    def __init__(self, name, inner):
        self._name, self._inner = name, inner

    def __getattr__(self, key):
        item, said = getattr(self._inner, key), f"{self._name}.{key}"
        if key in ("channel", "home") or self._name:
            seen.update(also.get(said, [said]))
        if isinstance(item, SimpleNamespace):
            return Table("channel" if key in ("channel", "home") else key, item)
        return [Table("activity", one) for one in item] if key == "activities" else item


class Watched:
    def __init__(self, scenario):
        self._scenario = scenario

    def __getattr__(self, name):
        item = getattr(self._scenario, name)
        if name in single:
            return {one: Table(single[name], inner) for one, inner in item.items()}
        return Table(name, item) if hasattr(type(item), "model_fields") else item


busy = {"community.members": 50, "norms.civility.temptation": 0.0, "telling.base": -1.0, "joining.rate": 0.0005,
        "keeping.false_positive": 0.2, "strategy.strictness": 1.0, "listening.ignored_days": 14,
        "members.drive_mean": -1.5, "members.drive_sd": 1.8, "members.voice_mean": -1.0,
        "meeting.attendance": 0.0, "creating.event_chance": 1.0, "creating.own_rate": 0.2,
        "creating.own_strength": 0.05, "budget.hours_per_week": 40.0, "needing.rate": 0.05,
        "listening.lag_marketing": 4, "listening.lag_service": 6, "listening.lag_sales": 9}
module.values = lambda scenario: Table("", given(scenario._scenario))
for name in sys.argv[1:]:
    community = Community(Watched(load(name, busy)), 1, keep_events=True)
    for _ in range(25):
        community.step()
    community.observe()
print(json.dumps(sorted(seen)))
"""

OF_A_RUN = {"community.days"}  # read by sim/run.py, which makes the days
UNREAD = {"channel.online"}  # for people and reports, where the model does not ask for it


def declared():
    """table.key of every declaration."""
    return {f"{table}.{key}" for table, items in BASELINE.items() if isinstance(items, dict)
            for key, item in items.items() if is_entry(item)}  # fmt: skip


@pytest.fixture(scope="module")
def watched():
    """table.key of every value that some run has asked for, in plain Python."""
    names = ["heavy_handed", "story_led", "social_business"]  # what one leaves out another does
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(SIM.parent)}
    command = [sys.executable, "-c", WATCH, *names]
    found = subprocess.run(command, env=environment, cwd=SIM.parent, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr
    return set(json.loads(found.stdout))


def test_every_value_of_the_baseline_is_read(watched):
    assert len(declared()) > 200
    unread = declared() - watched - OF_A_RUN - UNREAD
    assert not unread, f"values that no run reads: {sorted(unread)}; take them out of baseline.toml, or use them"


def test_no_value_is_read_that_is_not_declared(watched):
    more = {"strategy.hours", "activity.hours"}
    read = {key for key in watched if not key.split(".")[1].startswith("_")}
    assert read - declared() <= more, "scenarios/baseline.toml does not declare what a rule reads"


# Sizes

PACKAGES = ("sim", "experiments", "scenarios", "studio")
LONGEST_FILE, LONGEST, MOST_GIVEN = 500, 60, 8  # lines, lines, arguments
SIZED = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
# What is over the bar today. This list only shrinks: what has come under it is taken out.
LARGE_FILES: set[str] = set()
LARGE_FUNCTIONS = {
    "experiments/calibration/__main__.py main",
    "experiments/cli/calibrate.py calibrate",
    "experiments/cli/compare.py compare",
    "experiments/cli/run.py run",
    "experiments/cli/study.py run",
    "sim/run.py run",
}


def named(path):
    return path.relative_to(ROOT).as_posix()


def large(source):
    """Names of the functions of a source that are too long, or are given too much."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            a = node.args
            given = len(a.posonlyargs + a.args + a.kwonlyargs) + sum(one is not None for one in (a.vararg, a.kwarg))
            if node.end_lineno - node.lineno >= LONGEST or given > MOST_GIVEN:
                found.append(node.name)
    return found


def test_a_large_function_would_show():
    lines = ["def f(a, b, *c, d=1, **e):", *["    a += 1"] * (LONGEST - 1)]
    assert large("\n".join(lines)) == [] and large("\n".join([*lines, "    a += 1"])) == ["f"]
    assert large("async def f(a, b, c, d, e, g, *h, i): pass") == []
    assert large("async def f(a, b, c, d, e, g, *h, i, **j): pass") == ["f"]


@pytest.mark.parametrize("path", SIZED + sorted(TESTS.rglob("*.py")), ids=named)
def test_functions_are_short_and_given_little(path):
    now = {f"{named(path)} {name}" for name in large(path.read_text(encoding="utf-8"))}
    assert not now - LARGE_FUNCTIONS, f"over {LONGEST} lines or {MOST_GIVEN} arguments: {now - LARGE_FUNCTIONS}"


@pytest.mark.parametrize("path", SIZED, ids=named)
def test_a_file_can_be_read_at_one_sitting(path):
    assert named(path) in LARGE_FILES or len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_the_lists_of_what_is_too_large_only_shrink():
    functions = {f"{named(path)} {name}" for path in SIZED for name in large(path.read_text(encoding="utf-8"))}
    files = {named(path) for path in SIZED if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE}
    under = (LARGE_FUNCTIONS - functions) | (LARGE_FILES - files)
    assert not under, f"under the bar by now; take them out of the list: {sorted(under)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SIM)))
def test_a_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text()))
