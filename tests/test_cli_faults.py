"""All that is wrong is said at once, with what to do; the version, completion, and how soon the command answers."""

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest
import typer.main

from experiments.cli import app, main
from experiments.runs import store
from sim.scenario import load
from sim.version import model_hash

ROOT = Path(__file__).resolve().parents[1]


def said(capsys, *words):
    assert main(list(words)) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    return err.splitlines()


def test_options_are_collected(capsys):
    lines = said(capsys, "compare", "--days", "0", "--members", "x", "--seed", "7", "--workers", "0")
    assert len(lines) == 4 and lines[0].startswith("hearth: Invalid value for '--days': '0' is not allowed")
    assert ["--members" in lines[1], "--workers" in lines[2], "SCENARIO" in lines[3]] == [True] * 3


def test_settings_and_scenarios_are_collected(capsys):
    words = ["--set", "ties.gian=0.1", "--set", "ties.slots=many", "--set", "community.topics=4"]
    lines = said(capsys, "compare", "broadcast", "facilitation", "nobody", *words)
    assert len(lines) == 3
    assert "did you mean `gain`" in lines[0] and "ties.slots" in lines[1] and "scenario `nobody`" in lines[2]
    lines = said(capsys, "check", "broadcast", "--set", "ties.gain", "--set", "=2")
    assert len(lines) == 2 and all("key=value" in line for line in lines)


def test_a_study_file_is_told_all_that_is_wrong(capsys, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'question = "Q?"\nscenarios = ["broadcast"]\nreplicates = 0\nprecision = 24\nmeasure = ["reach"]\n'
        "[vary]\nties.gain = [0.1]\n"
    )
    lines = said(capsys, "study", "run", str(path))
    assert len(lines) == 3 and all(str(path) in line for line in lines)
    assert "`replicates`" in lines[0] and "24 means 2,400 %; write 0.24" in lines[1]
    assert "`measure`: unknown; did you mean `measures`?" in lines[2]
    path.write_text(
        'question = "Q?"\nscenarios = ["broadcast", "nobody"]\nreplicates = 2\ndays = [1]\nevery = 2\n'
        "[hold]\nties.gain = [0.1]\n"
    )
    lines = said(capsys, "study", "run", str(path))
    assert ["`every`" in lines[0], "[hold] key `ties.gain`" in lines[1], "`nobody`" in lines[2]] == [True] * 3
    path.write_text(
        'question = "Q?"\nscenarios = ["broadcast"]\nreplicates = 2\nmeasures = ["reach", "raech", "intimcy"]\n'
        "[vary]\nties.gain = [0.1, 99]\nnorms.nothing = [1, 2]\ncommunity.members = [1, 40]\n"
    )
    lines = said(capsys, "study", "run", str(path))
    assert len(lines) == 5
    for line, part in zip(lines, ("ties.gain", "norms.nothing", "community.members", "raech", "intimcy"), strict=True):
        assert part in line
    path.write_text(
        'question = "Q?"\nscenarios = ["broadcast"]\nreplicates = 2\ndesign = "rows"\npoints = 3\ndays = [900]\n'
        "[vary]\nties.gain = [0.1, 0.2]\ncommunity.topics = [3, 4, 5]\n"
    )
    lines = said(capsys, "study", "run", str(path))
    assert ["`points`" in lines[0], "one length" in lines[1], "day 900" in lines[2]] == [True] * 3


@pytest.fixture
def dial(tmp_path):
    """A small store that has a column with a dot."""
    path = tmp_path / "tiny.toml"
    path.write_text(
        'question = "Q?"\nscenarios = ["broadcast"]\nreplicates = 1\nmeasures = ["reach"]\n'
        "[hold]\ncommunity.members = 20\ncommunity.days = 2\n[vary]\nties.gain = [0.1, 0.2]\n"
    )
    assert main(["study", "run", str(path), "--out", str(tmp_path / "store"), "--quiet", "--workers", "1"]) == 0
    return tmp_path / "store"


def test_a_name_that_needs_quotes_is_named_with_them(dial, capsys):
    (line,) = said(capsys, "study", "sql", str(dial), "select ties.gain, avg(reach) from runs group by all")
    assert line.startswith("hearth: sql: ") and line.endswith('a name with a dot stands in double quotes: "ties.gain"')
    (line,) = said(capsys, "study", "sql", str(dial), "select raech from runs")
    assert "double quotes" not in line and '"reach"' in line  # what is meant is named
    answer = store.query(dial, 'select "ties.gain" g from runs order by g')
    assert isinstance(answer, pd.DataFrame) and answer["g"].tolist() == [0.1, 0.2]


def test_the_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"hearthside {version('hearthside')}, model {model_hash()}\n"


def complete(words, place):
    """What bash is offered at a place of a command line."""
    environment = {**os.environ, "_HEARTH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(place)}
    command = [sys.executable, "-m", "experiments"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    return done.stdout.split()


def test_completion_knows_commands_scenarios_and_studies():
    assert "compare" in complete("hearth com", 1)
    assert complete("hearth compare facil", 2) == ["facilitation"]
    assert "dial" in complete("hearth study run di", 3)
    assert "--replicates" in complete("hearth compare --rep", 2)


def commands():
    """Every command, by the words that call it."""
    tree = typer.main.get_command(app)
    for name, one in tree.commands.items():
        below = getattr(one, "commands", None)
        yield from ((f"{name} {inner}", sub) for inner, sub in below.items()) if below else [(name, one)]


def test_one_spelling_of_options_everywhere():
    """An option of one name has the same letters, the same word for its value, and is a flag everywhere or nowhere."""
    seen = {}
    for name, command in commands():
        for one in command.params:
            for spelling in getattr(one, "opts", []):
                if spelling.startswith("-"):
                    seen.setdefault(spelling, {})[name] = (tuple(one.opts), one.metavar, one.is_flag)
    assert len(seen) > 25
    differing = {spelling: found for spelling, found in seen.items() if len(set(found.values())) > 1}
    assert set(differing) == {"--members"}  # how many there are; a table of who they are, of `effects`
    assert all(re.fullmatch(r"--[a-z]+(-[a-z]+)*|-o", spelling) for spelling in seen)


@pytest.mark.parametrize("words", [["--version"], ["compare", "--help"], ["study", "run", "--help"]])
def test_what_must_answer_at_once_imports_nothing_heavy(words):
    code = f"import sys, experiments.cli as c; c.main({words}); " + (
        "heavy = {'numpy', 'scipy', 'pandas', 'numba', 'mesa', 'matplotlib', 'pyarrow', 'pydantic'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_check_says_what_differs_and_which_hours_are_idle(capsys, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[strategy.hours]\nhost = 0.5\n")
    paid = load("baseline").budget.hours_per_week
    assert main(["check", str(path)]) == 0
    out = capsys.readouterr().out
    assert re.match(
        r"mine: valid; 1 of \d{3} values differ from the baseline, \d+ are assumed and \d+ held constant; ", out
    )
    assert out.endswith(f"; {paid / 2:g} of {paid:g} hours a week are given to no activity\n")
    assert main(["check", "broadcast"]) == 0
    assert "given to no activity" not in capsys.readouterr().out
