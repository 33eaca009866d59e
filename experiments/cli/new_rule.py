"""`hearth new-rule`: a folder with an own rule, its values, its measures and its test, green as written, to change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli import late
from experiments.cli.options import echo
from experiments.runs.given import BadInput

EXAMPLE = Path(__file__).resolve().parent.parent / "example"
FILES = {"gifting.py": "{}.py", "gifting_test.py": "test_{}.py"}
Name = Annotated[str, typer.Argument(metavar="NAME", help="The rule's name: small letters, digits and _.")]


def new_rule(name: Name) -> None:
    """Write a folder with an own rule and its test, an example to change."""
    from experiments.runs import files

    late.import_late()
    _refuse(name)
    folder = Path(name)
    files.refuse_used(folder, "NAME")
    title = "".join(part.capitalize() for part in name.split("_"))
    with files.gathered(folder) as aside:
        for file, written in FILES.items():
            text = (EXAMPLE / file).read_text(encoding="utf-8")
            files.write_text(aside / written.format(name), text.replace("gifting", name).replace("Gifting", title))
    echo(f"{name}/{name}.py: the rule, its values, columns, measures\n{name}/test_{name}.py: its test, green as it is")
    echo(f'python -m pytest {name}: runs the test; Community("facilitation", rules=[{title}()]): lives under the rule')


def _refuse(name: str) -> None:
    """Refuse what is no name of a rule, and what would stand before another module."""
    import importlib.util

    from sim.own import OwnRule, refuse_wrong

    refuse_wrong((type("New", (OwnRule,), {"name": name, "after": "tell"})(),))
    if not Path(name).exists() and importlib.util.find_spec(name):
        raise BadInput(f"rule `{name}`: there is a Python module of this name, which the rule's own would hide")
