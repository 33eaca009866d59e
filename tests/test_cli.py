"""The command: exit codes, one clear message, nothing overwritten, Ctrl-C."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from experiments.cli import app, main

pytestmark = pytest.mark.usefixtures("unpainted")

ROOT = Path(__file__).resolve().parent.parent
SMALL = ["--members", "40", "--days", "5", "--replicates", "2", "--workers", "1"]
OF_SEEDS = [*SMALL, "--one-world"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Each test in a folder of its own, so that results land there; figures are drawn only in `test_report.py`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("experiments.comparison.report.pictures", lambda tables, networks: {})


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def runs_in(folder: Path) -> int:
    """How many runs are stored in the folders below."""
    found = [pq.read_table(path, columns=["point", "seed"]) for path in folder.rglob("runs/[!.]*.parquet")]
    return sum(table.group_by(["point", "seed"]).aggregate([]).num_rows for table in found)


@pytest.mark.parametrize("words", [[], ["compare"], ["run"], ["list"], ["describe"], ["check"], ["report"]])
def test_help(words):
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0
    assert "Usage: hearth" in result.output or "Usage: root" in result.output
    if words in ([], ["compare"]):
        assert "hearth compare broadcast facilitation" in result.output


def test_help_imports_nothing_heavy():
    code = "import sys, experiments.cli as c; c.main(['--help']); " + (
        "heavy = {'numpy', 'scipy', 'pandas', 'numba', 'mesa', 'matplotlib', 'pyarrow', 'pydantic'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


BAD = [
    (["compare", "broadcast", "facilitation", "--days", "0"], ["--days", "0", "from 1 to"]),
    (["compare", "broadcast", "facilitation", "--days", "soon"], ["--days", "soon", "whole number"]),
    (["compare", "broadcast", "facilitation", "--members", "-5"], ["--members", "-5", "from 2 to"]),
    (["compare", "broadcast", "facilitation", "--members", "99999999999"], ["--members", "5,000,000"]),
    (["compare", "broadcast", "facilitation", "--replicates", "1"], ["--replicates", "from 2 to"]),
    (["compare", "broadcast", "facilitation", "--seed", "-1"], ["--seed", "from 0 to"]),
    (["compare", "broadcast", "facilitation", "--workers", "0"], ["--workers", "from 1 to"]),
    (["compare", "broadcast", "facilitation", "--precision", "0"], ["--precision", "0.001 to 1"]),
    (["compare", "broadcast", "facilitation", "--precision", "nan"], ["--precision", "0.001 to 1"]),
    (["compare", "broadcast", "facilitation", "--at", "yesterday"], ["--at", "2020-12-31"]),
    (["compare", "broadcast", "facilitation", "--at", "2020-01-01"], ["--at", "--log"]),
    (["compare", "broadcast", "facilitation", "--log", "none.csv"], ["--log", "none.csv", "no such file"]),
    (["compare", "broadcast", "facilitation", "--set", "ties.gain"], ["--set", "key=value"]),
    (["compare", "broadcast", "facilitation", "--set", "ties.gian=0.1"], ["ties.gian", "did you mean `gain`"]),
    (["compare", "broadcast", "facilitation", "--set", "ties.gain=much"], ["ties.gain", "'much'", "a number from"]),
    (["compare", "broadcast", "facilitation", "--set", "ties.gain=99"], ["ties.gain", "99"]),
    (["compare", "broadcast"], ["two scenarios"]),
    (["compare", "broadcast", "broadcast"], ["nothing to compare"]),
    (["compare", "broadcast", "facilitatoin"], ["facilitatoin", "did you mean `facilitation`"]),
    (["compare", "broadcast", "facilitation", "--unknown"], ["--unknown"]),
    (["run", "."], ["folder"]),
    (["run", "baseline", "--events", "no/such/folder.csv"], ["--events", "no folder"]),
    (["run", "baseline", "--events", "log.csv", "--replicates", "2"], ["--events", "one run"]),
    (["describe"], ["SCENARIO"]),
    (["check", "nowhere.toml"], ["nowhere.toml", "no such file"]),
    (["report", "nowhere"], ["nowhere", "no study"]),
    (["fly"], ["fly"]),
]


@pytest.mark.parametrize(("words", "said"), BAD, ids=[" ".join(words[-2:]) for words, _ in BAD])
def test_bad_input_is_one_clear_message(words, said, capsys, tmp_path):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("hearth: ") and err.count("\n") == 1 and "Traceback" not in err
    for part in said:
        assert part in err
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"[ties\ngain = 1", "TOML"),
        (b"\xff\xfe\x00binary", "UTF-8"),
        (b"[ties]\ngain = 'much'\n", "ties.gain"),
        (b"base = 'nobody'\n[ties]\ngain = 0.1\n", "nobody"),
        (b"#" * 1_000_001, "too large"),
    ],
)
def test_bad_files_are_one_clear_message(content, said, capsys, tmp_path):
    (tmp_path / "mine.toml").write_bytes(content)
    for words in (["check", "mine.toml"], ["run", "mine.toml"], ["compare", "broadcast", "mine.toml"]):
        assert main(words) == 2
        err = capsys.readouterr().err
        assert "mine.toml" in err and said in err and err.count("\n") == 1
    assert left(tmp_path) == ["mine.toml"]


def test_unequal_budgets_must_be_asked_for(capsys, tmp_path):
    (tmp_path / "rich.toml").write_text("base = 'facilitation'\n[budget]\nhours_per_week = 80.0\n")
    assert main(["compare", "broadcast", "rich.toml", *OF_SEEDS]) == 2
    err = capsys.readouterr().err
    assert "hours_per_week 80 against 20" in err and "--unequal" in err
    assert main(["compare", "broadcast", "rich.toml", "--unequal", "--quiet", *OF_SEEDS]) == 0
    assert "do NOT cost the same" in capsys.readouterr().out


def test_lengths_must_be_equal(capsys, tmp_path):
    (tmp_path / "short.toml").write_text("base = 'facilitation'\n[community]\ndays = 9\n")
    assert main(["compare", "broadcast", "short.toml"]) == 2
    assert "--days" in capsys.readouterr().err


def test_compare_prints_a_verdict_and_overwrites_nothing(capsys, tmp_path):
    assert main(["compare", "broadcast", "facilitation", *OF_SEEDS]) == 0
    out, err = capsys.readouterr()
    assert "More intimacy between members" in out and "rests on 2 seeds" in out
    assert sum(line.startswith("Hours a week that are paid and do nothing: ") for line in out.splitlines()) == 1
    assert "4 of 4 runs" in err
    first = tmp_path / "results" / "broadcast-vs-facilitation"

    def content():
        return {path: path.read_bytes() for path in first.rglob("*") if path.is_file() and path.name != "manifest.json"}

    before = content()
    assert main(["compare", "broadcast", "facilitation", *OF_SEEDS]) == 0  # the same question: it is finished
    again, err = capsys.readouterr()
    assert again == out and "4 of 4 runs are here already: none is left to do" in err
    assert main(["compare", "broadcast", "facilitation", "--quiet", *OF_SEEDS, "--seed", "2"]) == 0  # another
    assert capsys.readouterr().err == ""
    assert (tmp_path / "results" / "broadcast-vs-facilitation-2" / "report.html").is_file()
    for other, said in (["--seed", "2"], "another `seed`"), (["--set", "ties.gain=0.1"], "with other values"):
        assert main(["compare", "broadcast", "facilitation", *OF_SEEDS, *other, "--out", str(first)]) == 2
        err = capsys.readouterr().err
        assert said in err and "name another folder with --out" in err
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("experiments.comparison.run.model_hash", lambda: "another")
        assert main(["compare", "broadcast", "facilitation", *OF_SEEDS, "--out", str(first)]) == 2
        assert "another version of the model; name another folder" in capsys.readouterr().err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert main(["compare", "broadcast", "facilitation", *OF_SEEDS, "--out", "mine"]) == 2
    assert "not empty" in capsys.readouterr().err and left(tmp_path / "mine") == ["notes.txt"]
    assert main(["report", str(first)]) == 2
    assert "--replace" in capsys.readouterr().err
    assert content() == before
    assert [path.name for path in (tmp_path / "results").iterdir() if path.name.startswith(".")] == []


def test_json_is_json_and_nothing_else(capsys, tmp_path):
    assert main(["compare", "broadcast", "facilitation", "--json", *OF_SEEDS, "--out", "here"]) == 0
    out, err = capsys.readouterr()
    data = json.loads(out)
    assert err == "" and data["folder"] == "here" and data["basis"]["seeds"] == 2
    assert {d["measure"] for d in data["pairs"][0]["headline"]} == {
        "intimacy", "value_members", "value_company", "reach", "newcomers_kept"
    }  # fmt: skip
    for words in (["list"], ["describe", "baseline"], ["check", "baseline"], ["run", "baseline", *SMALL]):
        assert main([*words, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)


def test_run_writes_csv_and_events_once(capsys, tmp_path):
    words = ["run", "facilitation", "--members", "40", "--days", "5", "--quiet"]
    assert main([*words, "--out", "mine", "--events", "events.csv"]) == 0
    out = capsys.readouterr().out
    assert "Community intimacy" in out
    header = (tmp_path / "mine" / "series.csv").read_text().splitlines()
    assert header[0].startswith("label,replicate,seed,day,members") and len(header) == 7
    assert (tmp_path / "events.csv").is_file()
    assert main([*words, "--out", "mine"]) == 2
    assert main([*words, "--events", "events.csv"]) == 2


def test_describe_shows_unit_range_source_and_assumed(capsys):
    assert main(["describe", "broadcast", "--set", "ties.gain=0.1"]) == 0
    out = capsys.readouterr().out
    assert "ties.gain = 0.1" in out and "from --set" in out and "assumed" in out and "strategy.hours.publish" in out
    gain, held = (out.split(f"\n  {key} = ")[1].split("\n")[:3] for key in ("ties.gain", "telling.hour"))
    assert "in eight of ten plausible worlds from 0.07 to 0.15: half the way" in gain[2]
    assert "held constant: a convention of the clock" in held[2]


def test_set_takes_toml_values_and_strings(capsys):
    settings = ["--set", "strategy.newer_first=false", "--set", "places.home=forum", "--set", "community.topics=4"]
    assert main(["describe", "baseline", "--json", *settings]) == 0
    values = {entry["key"]: entry["value"] for entry in json.loads(capsys.readouterr().out)["values"]}
    assert values["strategy.newer_first"] is False
    assert (values["places.home"], values["community.topics"]) == ("forum", 4)


def test_a_failure_of_ours_is_short_and_exits_one(capsys, monkeypatch, tmp_path):
    def broken(*words, **more):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("sim.run.run", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["compare", "broadcast", "facilitation", *OF_SEEDS, "--quiet"]) == 1
    err = capsys.readouterr().err
    assert "broken on purpose" in err and "Traceback" not in err and "Please report it" in err
    assert main(["--debug", "compare", "broadcast", "facilitation", *OF_SEEDS, "--quiet"]) == 1
    assert "Traceback" in capsys.readouterr().err
    assert runs_in(tmp_path) == 0
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("experiments.comparison.report.pictures", lambda tables, networks: {})
    assert main(["compare", "broadcast", "facilitation", *OF_SEEDS, "--quiet"]) == 0  # mended, it goes on
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["broadcast-vs-facilitation"]


def test_precision_adds_seeds_and_says_when_the_limit_is_reached(capsys, monkeypatch):
    monkeypatch.setattr("experiments.comparison.run.MOST_SEEDS", 4)
    assert main(["compare", "broadcast", "facilitation", *OF_SEEDS, "--precision", "0.1%", "--quiet", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["basis"]["seeds"] == 4 and data["basis"]["precision"]["met"] is False
    assert main(["compare", "broadcast", "facilitation", *OF_SEEDS, "--precision", "0.1%", "--quiet"]) == 0
    assert "limit of 4 seeds" in " ".join(capsys.readouterr().out.split())


def test_the_real_process_hands_on_the_exit_code(tmp_path):
    """What `main` returns; the codes of each command, and of stops, are tested without a process of their own."""
    command = [sys.executable, "-m", "experiments", "check", "nobody"]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
                          text=True, timeout=300)  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith("hearth: scenario `nobody`")


def test_files_of_one_name_get_labels_and_files_of_their_own(capsys, tmp_path):
    for folder, gain in (("a", 0.1), ("b", 0.2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "broadcast.toml").write_text(f"base = 'broadcast'\n[ties]\ngain = {gain}\n")
    words = ["broadcast", "a/broadcast.toml", "b/broadcast.toml"]
    assert main(["compare", *words, *OF_SEEDS, "--quiet", "--json", "--out", "out"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == ["broadcast", "broadcast 2", "broadcast 3"]
    assert runs_in(tmp_path / "out") == 6
