"""The places of a rule, in a tree of this repository: what is missing at each, and what to do about it.

sim/README.md lists the steps of adding a rule; tests/gifting.toml is a worked example, which tests/test_new_rule.py
follows. Here the tree is read, not run, so that a place can be named which would keep the model from being imported.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.odd import ROOT, cited, declared_day, odd, sections

NO_RULES = ("__init__", "day", "room")  # the order of the rules, and the room that a day needs
PARTS = {"conversing": "reading", "responding": "reading"}  # no line of the day, but part of the rule that calls it
LENT = {"conversing.py": {"VISITING"}}  # who comes for an answer arrives as a visitor does, by the draws of visiting
OTHER_TESTS = {"acting": "test_company.py"}  # what the company makes of what it has heard
PLANTED = 3  # errors for each rule, of as many kinds


def rules(root: Path = ROOT) -> list[Path]:
    """The files of the rules."""
    return sorted(path for path in (root / "sim/rules").glob("*.py") if path.stem not in NO_RULES)


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def parsed(root: Path, path: str) -> ast.Module:
    """A file as a tree of syntax."""
    return _parsed((root / path).read_text(encoding="utf-8"))


@cache
def functions(tree: ast.AST) -> list[str]:
    """Names of all functions, those of classes too."""
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


@cache
def attributes(tree: ast.AST, of: str) -> list[str]:
    """X of every `of.X` in a tree."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return [node.attr for node in found if isinstance(node.value, ast.Name) and node.value.id == of]


def constant(tree: ast.Module, name: str) -> tuple:
    """What a module assigns to a name, where it is written out."""
    (value,) = [n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == name]
    return ast.literal_eval(value)


def members(root: Path, path: str, name: str) -> dict[str, int]:
    """Names and numbers of an IntEnum."""
    (body,) = [n.body for n in parsed(root, path).body if isinstance(n, ast.ClassDef) and n.name == name]
    pairs = [(n.targets[0], n.value) for n in body if isinstance(n, ast.Assign)]
    return {
        key.id: value.value for key, value in pairs if isinstance(key, ast.Name) and isinstance(value, ast.Constant)
    }


def compiled_day(root: Path = ROOT) -> list[tuple[str, str]]:
    """Each line of `day` in sim/rules/day.py: the function called, and the module that it is from."""
    tree = parsed(root, "sim/rules/day.py")
    origin = {alias.asname or alias.name: node.module or ""
              for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}  # fmt: skip
    (day,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "day"]
    calls = [node.value.func for node in day.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    return [(ast.unparse(call), origin.get(ast.unparse(call), "sim.rules.day")) for call in calls]


def python_day(root: Path = ROOT) -> list[tuple[str, str]]:
    """Each name in `DAY` of sim/community.py, and the function that the method of this name gives all to."""
    tree = parsed(root, "sim/community.py")
    names = constant(tree, "DAY")
    (body,) = [n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Community"]
    gives = {}
    for method in (node for node in body if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(method) if isinstance(node, ast.Call)):
            if [ast.unparse(given) for given in call.args] == ["*self.given"]:
                gives.setdefault(method.name, ast.unparse(call.func).split(".")[-1])
    return [(name, gives.get(name, "")) for name in names]


def missing(root: Path = ROOT) -> list[str]:
    """What is missing in a tree, one sentence a place; none where all is there."""
    parts = (of_the_description, of_the_days, of_values, of_draws, of_flows, of_tests)
    return [sentence for part in parts for sentence in part(root)]


def of_the_description(root: Path) -> Iterator[str]:
    """Sections of the ODD, lines of the declaration, and references."""
    known = sections(root)
    described = {section.file: section.number for section in known}
    for part, rule in PARTS.items():
        title = next((section.title for section in known if section.file == f"rules/{rule}.py"), "")
        if f"`{part}.py`" not in title:
            yield f"sim/ODD.md: the heading of the section on {rule} does not name `{part}.py`, which is part of it"
    for path in rules(root):
        if path.stem not in PARTS and f"rules/{path.stem}.py" not in described:
            yield (f"sim/ODD.md has no section on {path.stem}: write one, headed ## 7.x {path.stem.capitalize()} "
                   f"(`rules/{path.stem}.py`), at its place in the day, and run python -m tests.odd")  # fmt: skip
    for file in described:
        if file.startswith("rules/") and not (root / "sim" / file).is_file():
            yield f"sim/{file} is missing, which a section of sim/ODD.md describes: write the rule's functions there"
    numbers = [section.number for section in known if section.number.startswith("7.")]
    if numbers != [f"7.{at}" for at in range(len(numbers))]:
        yield f"sim/ODD.md: the sections of 7 are not numbered in their order ({numbers}): run python -m tests.odd"
    declared = [name for _, name in declared_day(root)]
    for name, _ in python_day(root):
        if name not in declared:
            yield f"sim/ODD.md: the declaration has no line for {name}: add `x. **{name}**:`, run python -m tests.odd"
    for where, number in cited(root):
        if number not in [section.number for section in known]:
            yield f"{where}: sim/ODD.md has no section {number}; after a new section run python -m tests.odd"
        elif where.startswith("sim/rules/") and where.endswith(".py:1"):
            own = described.get(where.removeprefix("sim/").removesuffix(":1"), number)
            if own != number and number.startswith("7."):
                yield f"{where}: names section {number} of sim/ODD.md, and is described in {own}"


def of_the_days(root: Path) -> Iterator[str]:
    """The compiled day, the day from Python and the day of the reference model: the same lines in the same order."""
    compiled, python = compiled_day(root), python_day(root)
    for part, rule in PARTS.items():
        tree = parsed(root, f"sim/rules/{rule}.py")
        if f"sim.rules.{part}" not in [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]:
            yield f"sim/rules/{rule}.py takes nothing from {part}.py: call it, or take it from PARTS in tests/places.py"
    for path in (path for path in rules(root) if path.stem not in PARTS):
        if f"sim.rules.{path.stem}" not in [module for _, module in compiled]:
            yield f"sim/rules/day.py: `day` calls nothing of {path.name}: import its loop, and add its line"
    for function, module in compiled:
        if not (root / f"{module.replace('.', '/')}.py").is_file():
            yield f"{module.replace('.', '/')}.py is missing, from which sim/rules/day.py takes {function}: write it"
        if function not in [gives for _, gives in python]:
            yield (f"sim/community.py: no rule in DAY calls {function}, which is a line of `day` in sim/rules/day.py: "
                   "name it in DAY at the same place, and write a method of its name")  # fmt: skip
    for name, gives in python:
        if gives not in [function for function, _ in compiled]:
            yield (f"sim/rules/day.py: `day` has no line for {name}, which DAY in sim/community.py names; or "
                   f"Community has no method {name} that calls the rule with *self.given")  # fmt: skip
    imported = [alias.name for node in parsed(root, "sim/community.py").body if isinstance(node, ast.ImportFrom)
                for alias in node.names]  # fmt: skip
    for path in rules(root):
        if path.stem not in imported and path.stem not in PARTS:
            yield f"sim/community.py does not import {path.stem} from sim.rules: its method calls it"
    again = [name for name in _reference_day(root) if name in dict(python)]
    twin = [parsed(root, f"tests/reference/{path.name}") for path in sorted((root / "tests/reference").glob("*.py"))]
    written = [name for tree in twin for name in functions(tree)]
    for name, _ in python:
        if name not in written:
            yield f"tests/reference: no function or method {name}: write the rule again there, plainly, from sim/ODD.md"
        if name not in again:
            yield f"tests/reference: `step` in model.py calls no {name}: call it at its place in the day"
    described = [f"sim.{s.file.removesuffix('.py').replace('/', '.')}" for s in sections(root) if s.file]
    lived = [module for _, module in compiled]
    for where, order, wanted in (
        ("sim/rules/day.py", [function for function, _ in compiled], [gives for _, gives in python]),
        ("tests/reference/model.py, step", again, [name for name, _ in python]),
        ("sim/ODD.md, declaration", [name for _, name in declared_day(root)], [name for name, _ in python]),
        ("sim/ODD.md, sections of 7", [module for module in described if module in lived], lived),
    ):
        if order != wanted and sorted(order) == sorted(wanted):
            yield f"{where}: the lines of the day are in another order than in DAY of sim/community.py: {order}"
    numbers = [number for number, _ in declared_day(root)]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"sim/ODD.md, declaration: the lines of the day are numbered {numbers}: run python -m tests.odd"


def _reference_day(root: Path) -> list[str]:
    (model,) = [n for n in parsed(root, "tests/reference/model.py").body if isinstance(n, ast.ClassDef)]
    (step,) = [node for node in model.body if isinstance(node, ast.FunctionDef) and node.name == "step"]
    found = [node for node in ast.walk(step) if isinstance(node, ast.Attribute)]
    return [node.attr for node in sorted(found, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))]


def _declared(root: Path) -> dict[str, dict]:
    """Every declaration of the baseline, by table.key."""
    tables = tomllib.loads((root / "scenarios/baseline.toml").read_text(encoding="utf-8"))
    return {f"{table}.{key}": item for table, items in tables.items() if isinstance(items, dict)
            for key, item in items.items() if isinstance(item, dict) and "value" in item}  # fmt: skip


def lacking(item: dict) -> str:
    """What a declaration lacks of a prior, or of a reason why it is held constant; "" if nothing."""
    assumed = "assumed" in item.get("source", "").replace("range assumed", "")
    number = type(item["value"]) in (int, float)
    if ("prior" in item) != bool(item.get("why")):
        return "has a prior without why, or why without a prior: say both"
    if "prior" in item and item.get("constant"):
        return "has a prior and is held constant: say one of them"
    if assumed and number and "prior" not in item and not item.get("constant"):
        return ("is assumed and has no prior: say prior = [low, high], between which it lies in eight of ten plausible "
                "worlds, and why; or constant, why it is held")  # fmt: skip
    return ""


def of_values(root: Path) -> Iterator[str]:
    """Tables that rules read, values that nobody names, and what is said of each."""
    declared, told = _declared(root), set(re.findall(r"\w+", odd(root)))
    tables = {key.split(".")[0] for key in declared} | {"home", "activities"}
    sources = [path.read_text(encoding="utf-8") for path in sorted((root / "sim").rglob("*.py"))]
    used = {word for source in sources for word in re.findall(r"\w+", source)}
    for path in rules(root):
        for table in sorted(set(attributes(_parsed(path.read_text(encoding="utf-8")), "values")) - tables):
            yield (f"scenarios/baseline.toml has no table [{table}], which sim/rules/{path.name} reads: add it, each "
                   "value with range, unit, source and about")  # fmt: skip
    for key, item in declared.items():
        table, name = key.split(".")
        wanted = ("unit", "source", "about") if isinstance(item["value"], str) else ("range", "unit", "source", "about")
        absent = [word for word in wanted if not item.get(word)]
        if absent:
            yield f"scenarios/baseline.toml: {key} has no {', '.join(absent)}; source: evidence, or the word assumed"
        if said := lacking(item):
            yield f"scenarios/baseline.toml: {key} {said}"
        if name not in used:
            yield f"scenarios/baseline.toml: {key} is read by nobody: use it in a rule, or take it out"
        if name not in told:
            yield f"sim/ODD.md does not name {key}: say in the rule's section what it does"


def of_draws(root: Path) -> Iterator[str]:
    """The number of a rule that draws."""
    known = members(root, "sim/compiled/draws.py", "Rule")
    users: dict[str, list[str]] = {}
    for path in rules(root):
        source = path.read_text(encoding="utf-8")
        named = set(attributes(_parsed(source), "Rule"))
        for name in sorted(named - set(known)):
            yield (f"sim/compiled/draws.py: `Rule` has no {name}, by which sim/rules/{path.name} draws: add it with a "
                   f"number of its own, the next is {max(known.values()) + 1}")  # fmt: skip
        if "day_key(" in source and not named:
            yield f"sim/rules/{path.name} draws without a number of its own: add one to `Rule` in sim/compiled/draws.py"
        for name in named - LENT.get(path.name, set()):
            users.setdefault(name, []).append(path.name)
    for name, files in users.items():
        if len(files) > 1:
            yield f"sim/rules: {' and '.join(files)} draw by one number, Rule.{name}: give each its own"
    if len(set(known.values())) != len(known):
        yield "sim/compiled/draws.py: two members of `Rule` have one number: give the newer the next that is free"
    twin = [node.id for node in ast.walk(parsed(root, "tests/reference/draws.py")) if isinstance(node, ast.Name)]
    for name in sorted(set(users) - set(twin)):
        yield f"tests/reference/draws.py has no {name}: give it the number that it has in sim/compiled/draws.py"
    said = odd(root).split("A rule that draws has a number")[1].split("\n\n")[0]
    for name, number in known.items():
        if not re.search(rf"\b{name.lower()}\s+{number}\b", said):
            yield f"sim/ODD.md, 4.9: the list of numbers does not say `{name.lower()} {number}`: add it"


def of_flows(root: Path) -> Iterator[str]:
    """What is counted: each flow has a meaning, is counted, described, and counted again by the reference."""
    known = members(root, "sim/state/flows.py", "Flow")
    meant = attributes(parsed(root, "sim/measures.py"), "Flow")
    named = {name for path in sorted((root / "sim").rglob("*.py")) if path.name not in ("flows.py", "measures.py")
             for name in attributes(_parsed(path.read_text(encoding="utf-8")), "Flow")}  # fmt: skip
    again = constant(parsed(root, "tests/reference/helpers.py"), "FLOWS")
    text = " ".join(odd(root).split())
    for name in sorted(named - set(known)):
        yield f"sim/state/flows.py: `Flow` has no {name}, which a rule counts: add it at the end"
    for name, number in known.items():
        if name not in meant:
            yield f"sim/measures.py: Flow.{name} has no meaning in FLOWS: say there its label, unit and meaning"
        if name not in named:
            yield f"sim/state/flows.py: nobody counts Flow.{name}: count it where it happens, or take it out"
        if f"{number} {name} (" not in text:
            yield f"sim/ODD.md, 2.7: the list of flows does not say `{number} {name} (unit, meaning)`: add it"
        if name.lower() not in again:
            yield f"tests/reference/helpers.py: FLOWS has no {name.lower()}: add it at the same place, and count it"


def of_tests(root: Path) -> Iterator[str]:
    """A test file for each rule, a rule for each test file, and planted errors."""
    listed = tomllib.loads((root / "tests/planted.toml").read_text(encoding="utf-8"))["error"]
    for path in rules(root):
        test = OTHER_TESTS.get(path.stem, f"rules/test_{path.stem}.py")
        if not (root / "tests" / test).is_file():
            yield f"tests/{test} is missing: work the rule out by hand there, on a few members"
        kinds = {error["kind"] for error in listed if error["file"] == f"sim/rules/{path.name}"}
        if len(kinds) < PLANTED:
            yield (f"tests/planted.toml: {len(kinds)} kinds of errors for sim/rules/{path.name} where {PLANTED} are "
                   f"wanted: add some, and try them with python -m tests.planted --only {path.stem}")  # fmt: skip
    stems = {path.stem for path in rules(root)} | {"room"}
    for path in sorted((root / "tests/rules").glob("test_*.py")):
        if path.stem.removeprefix("test_") not in stems:
            name = path.stem.removeprefix("test_")
            yield f"sim/rules/{name}.py is missing, which tests/rules/{path.name} tests: write it"
