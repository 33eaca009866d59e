"""The house: who may import whom, where randomness comes from, one name in six places, and what is read."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.scenario import BASELINE, is_entry

SIM = Path(sim.__file__).resolve().parent
TESTS = Path(__file__).parent
FILES = sorted(SIM.rglob("*.py"))
RULES = sorted(path for path in (SIM / "rules").glob("*.py") if path.stem != "__init__")
LONGEST = 500


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


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_knows_little(path):
    """Numbers, kernels, draws, the state, and other rules: neither Mesa nor files nor the company."""
    found = {name for name in imports(path.read_text()) if name.startswith("sim.")}
    known = ("draws", "kernel", "flows", "members", "events", "norms", "posts", "ties", "rules")
    allowed = tuple(f"sim.{name}" for name in known)
    assert all(name.startswith(allowed) for name in found), found
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
def test_one_name_in_all_places(path):
    """A rule has a test file, a section of the ODD, a line of the day, and, where it draws, a key of its own."""
    name = path.stem
    assert (TESTS / "rules" / f"test_{name}.py").is_file()
    odd = (SIM / "ODD.md").read_text(encoding="utf-8")
    headings = [line.lower() for line in odd.splitlines() if line.startswith("#")]
    assert any(re.search(rf"\b{name}\b", line) for line in headings), f"ODD.md has no section on {name}"
    assert re.search(rf"\b{name}\.\w+\(", (SIM / "community.py").read_text()), f"no day calls {name}"
    source = path.read_text()
    if "day_key(" in source:
        assert re.search(rf"Rule\.{name.upper()}\b", source)


def test_every_test_file_of_a_rule_has_its_rule():
    assert {path.stem.removeprefix("test_") for path in (TESTS / "rules").glob("test_*.py")} == {
        path.stem for path in RULES
    }


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_has_a_scalar_function_and_a_loop(path):
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    compiled = [f for f in functions if any(getattr(d, "id", "") == "kernel" for d in f.decorator_list)]
    loops = [f for f in compiled if any(isinstance(node, ast.For | ast.While) for node in ast.walk(f))]
    assert loops and all(ast.get_docstring(f) for f in functions)
    assert len(compiled) > len(loops) or path.stem == "solving"  # what solves is said in reading


# Every value is read

WATCH = """
import json, sys
from sim.community import Community
from sim.measures import observe
from sim.scenario import TEMPLATES, load

single = {plural: one for one, plural in TEMPLATES.items()}
seen = set()


class Table:
    def __init__(self, name, inner):
        self._name, self._inner = name, inner

    def __getattr__(self, key):
        seen.add(f"{self._name}.{key}")
        return getattr(self._inner, key)


class Watched:
    def __init__(self, scenario):
        self._scenario = scenario

    def values(self, name):
        return Table(name, self._scenario.values(name))

    def __getattr__(self, name):
        item = getattr(self._scenario, name)
        if name in single:
            return {one: Table(single[name], inner) for one, inner in item.items()}
        return Table(name, item) if hasattr(type(item), "model_fields") else item


busy = {"community.members": 150, "norms.civility.temptation": 0.0, "telling.base": -1.0, "joining.rate": 0.0005,
        "keeping.false_positive": 0.2, "strategy.strictness": 1.0, "listening.ignored_days": 14,
        "members.drive_mean": -1.5, "members.drive_sd": 1.8, "members.voice_mean": -1.0}
for name in sys.argv[1:]:
    community = Community(Watched(load(name, busy)), 1, keep_events=True)
    for _ in range(40):
        community.step()
    observe(community)
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
    names = ["facilitation", "heavy_handed", "story_led", "social_business", "no_social_media"]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(SIM.parent)}
    command = [sys.executable, "-c", WATCH, *names]
    found = subprocess.run(command, env=environment, cwd=SIM.parent, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr
    return set(json.loads(found.stdout))


@pytest.mark.xdist_group("watched")
def test_every_value_of_the_baseline_is_read(watched):
    assert len(declared()) > 200
    unread = declared() - watched - OF_A_RUN - UNREAD
    assert not unread, "values that no run reads: " + ", ".join(sorted(unread))


@pytest.mark.xdist_group("watched")
def test_no_value_is_read_that_is_not_declared(watched):
    more = {"strategy.hours"}
    assert {key for key in watched if not key.split(".")[1].startswith("_")} - declared() <= more


# Sizes


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SIM)))
def test_a_file_can_be_read_at_one_sitting(path):
    if path.name == "agents.py":
        pytest.xfail("Mesa's interface is in one file")
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SIM)))
def test_a_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text()))
