"""What a stranger may hand us: names that are obeyed where they are shown, folders that lead elsewhere, endless files.

Each test has one name or file and one place that it reaches; tests/test_fuzz.py tries many of each kind.
"""

import ast
import csv
import io
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.control import Control
from typer.testing import CliRunner

from experiments.calibration import draws
from experiments.calibration.simulate import ABOUT, checked
from experiments.calibration.window import CalibrationError
from experiments.cli import app, main
from experiments.effects.page import markdown
from experiments.effects.words import Section
from experiments.pages import figures, page, terminal, wording
from experiments.pages.page import Picture
from experiments.pages.text import toml
from experiments.runs import files, store
from experiments.runs.files import StoreError
from experiments.runs.journal import Journal
from experiments.study import file, report, status
from sim import checkpoint
from sim.given import BadInput, plain_json, printable, read_bytes
from sim.scenario import ScenarioError, load, read_toml
from studio.page import standalone
from tests.fuzz_kinds import stored_study

ROOT = Path(__file__).resolve().parents[1]
SQL = "x\"; drop table runs; copy (select 1) to 'stolen.csv' (header false); select \""
HTML = '<script>alert(1)</script><img src=x onerror="alert(1)">'
LINK = "](javascript:alert(1))"
ESCAPE = "\x1b[2J\x1b]0;mine\x07\x9b2J\u202e"
MARKUP = "[bold]x[/red]"
AWAY = "../../escaped"
REACH = {"label": "Reach", "unit": "people", "kind": "state", "about": "", "better": "more"}
FORMULA = r"$\frac{1}$"


@pytest.fixture
def study(tmp_path):
    """A stored comparison."""
    for name, data in stored_study().items():
        path = tmp_path / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "study"


def renamed(folder, old, new):
    """The folder with a measure under another name, as somebody may have written it."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["measures"] = {new if key == old else key: item for key, item in manifest["measures"].items()}
    manifest["sheet"]["measures"] = list(manifest["measures"])
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for path in (folder / "runs").glob("*.parquet"):
        table = pq.read_table(path)
        pq.write_table(table.rename_columns([new if name == old else name for name in table.schema.names]), path)
    return folder


def changed(folder, **more):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | more))
    return folder


def shown(call, *given):
    """What a terminal gets of it."""
    with terminal.OUT.capture() as taken:
        call(*given)
    return taken.get()


# Names


def test_in_sql_a_name_is_a_name(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    renamed(study, "active", SQL[:190])
    rows = store.read(study)
    for row in status.status(study)["means"]:
        assert row[SQL[:190]] == rows.loc[rows["scenario"] == row["scenario"], SQL[:190]].mean()
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_on_a_page_a_name_is_text(study):
    changed(study, question=HTML, name=HTML[:30], command=HTML)
    study = report.Report(study)
    study.summary.append(HTML)
    study.tables[HTML] = pd.DataFrame({HTML: [HTML]})
    study.pictures.append(Picture("x", HTML, b""))
    html = page.render("study", page=study, manifest=study.manifest)
    assert "<script" not in html and "<img src=x" not in html and html.count("&lt;script&gt;alert(1)") >= 6


def test_in_a_script_on_a_page_data_is_data():
    html = standalone({"state": {"question": f"</script>{HTML}"}})
    assert html.count("<script>alert(1)") == 0 and "\\u003cscript>alert(1)" in html


def test_in_markdown_a_name_is_text():
    nasty = f"a|b\n# {LINK} [x{LINK} <b> `c` _d_"
    text = markdown(
        nasty, "Made by `x`.", [Section("t", "", ["log", nasty], [[nasty, "1"]])], [Picture("x", nasty, b"")]
    )
    assert text.count("javascript") == 8 and text.count("\\]") == 8 and "[x" not in text.replace("\\[x", "")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 3 and all(row.replace("\\|", "").count("|") == 3 for row in rows)
    assert wording.markdown("\\") == "\\\\"
    assert wording.markdown("se_bicycles (2 logs)") == "se_bicycles (2 logs)"


@pytest.mark.parametrize("name", [ESCAPE, MARKUP, ":smile:", "a\rb"])
def test_on_a_terminal_a_name_is_text(name):
    row = {"name": name, "question": name, "prediction": name, "runs": 1, "points": 1, "failed": 1, "keys": [name]}
    row |= {
        "passed_over": [name],
        "failures": [{"scenario": name, "seed": 1, "said": name}],
        "means": [{"scenario": name, name: 1.0}],
    }
    wide, text_of = terminal.OUT.width, printable(name)
    terminal.OUT.width = 400
    try:
        for text in (
            shown(terminal.show_status, row), shown(terminal.show_rows, [name], [(name,)], name),
            shown(terminal.show_verdict, f"{name}: x", name), shown(terminal.OUT.print, name),
        ):  # fmt: skip
            if "\x07" not in name and "\r" not in name:  # these Rich leaves out of a line
                assert text.count(text_of) >= 2 or text == text_of + "\n"
            assert all(line.isprintable() for line in text.splitlines())
    finally:
        terminal.OUT.width = wide


def test_rich_still_says_to_the_terminal_what_it_has_to():
    out = io.StringIO()
    screen = terminal.Terminal()
    screen.file, screen._force_terminal, screen._color_system = out, True, None
    screen.print(Control.move(0, -1))
    assert "\x1b[1A" in out.getvalue()


def test_in_a_message_a_name_is_text_and_of_bounded_length(capsys, tmp_path):
    assert main(["check", ESCAPE + "a" * 5000]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and err[:-1].isprintable() and "\\x1b[2J" in err and len(err) < 1100
    (tmp_path / "mine.toml").write_text(f'["{"k" * 100_000}"]\nx = 1\n')
    assert main(["check", str(tmp_path / "mine.toml")]) == 2
    assert len(capsys.readouterr().err) < 1100


@pytest.mark.parametrize("name", ["[/red]", "[bold]", AWAY, FORMULA])
def test_a_norm_of_any_name_goes_through_a_run_and_its_table(name, tmp_path, capsys):
    (tmp_path / "mine.toml").write_text(f"[norms.{toml(name)}]\nstart = 0.5\n")
    words = ["run", str(tmp_path / "mine.toml"), "--members", "20", "--days", "3", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    assert f"Norm: {name}" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.toml", "out"]


def test_in_a_file_name_a_name_stays_in_its_folder(tmp_path):
    folder = tmp_path / "a" / "b"
    page.write(folder, "report.html", "x", [Picture(f"days-{AWAY}", "", b"1")], {AWAY: pd.DataFrame({"x": [1]})})
    inside = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert inside == ["figures/days-..-..-escaped.png", "report.html", "tables/-..-escaped.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert files.file_name("days-members.time") == "days-members.time"


CELLS = ['=HYPERLINK("http://x","y")', "+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "＝1", "x\r=1"]


@pytest.mark.parametrize("name", CELLS)
def test_in_a_spreadsheet_a_name_is_no_formula(name, tmp_path):
    """Names of scenarios, measures and topics, in cells and above them; numbers stay numbers."""
    table = pd.DataFrame({"scenario": [name, "b"], name: [-1.5, 2.0], "kind": pd.Categorical([name, "c"])})
    files.write_csv(tmp_path / "t.csv", table)
    with open(tmp_path / "t.csv", newline="") as file:
        rows = list(csv.reader(file))
    text = name.replace("\r", "\n") if name[0] == "x" else f"'{name}".replace("\r", "\n")
    assert rows == [["scenario", text, "kind"], [text, "-1.5", text], ["b", "2", "c"]]


@pytest.mark.parametrize("name", ["=1+1", "-x"])
def test_a_stored_scenario_is_no_formula_in_what_is_exported_and_asked(name, study, tmp_path, capsys):
    for path in (study / "runs").glob("*.parquet"):
        rows = pd.read_parquet(path)
        pq.write_table(pa.Table.from_pandas(rows.assign(scenario=name), preserve_index=False), path)
    assert status.export(study, tmp_path / "all.csv") and status.export(study, tmp_path / "all.parquet")
    assert set(pd.read_csv(tmp_path / "all.csv")["scenario"]) == {f"'{name}"}
    assert set(pd.read_parquet(tmp_path / "all.parquet")["scenario"]) == {name}
    asked = ["study", "sql", str(study), "select distinct scenario, -1.5 as n from runs"]
    assert main(asked) == 0 and capsys.readouterr().out.splitlines() == ["scenario,n", f"'{name},-1.5"]
    assert main([*asked, "--json"]) == 0 and json.loads(capsys.readouterr().out)["rows"][0]["scenario"] == name


def test_the_table_of_a_run_is_no_formula(tmp_path):
    (tmp_path / "=x.toml").write_text('base = "facilitation"\n[norms."@y"]\nstart = 0.5\n')
    words = ["run", str(tmp_path / "=x.toml"), "--members", "20", "--days", "3", "--replicates", "2", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    assert set(pd.read_csv(tmp_path / "out" / "series.csv")["label"]) == {"'=x"}
    for path in (tmp_path / "out").glob("*.csv"):
        assert not [one for row in csv.reader(path.read_text().splitlines()) for one in row if one[:1] in ("=", "@")]


def test_csv_is_written_in_one_place():
    """`sheets.py` marks what a spreadsheet would take for a formula; a log has numbers and kinds of our own alone."""
    allowed = {"experiments/runs/sheets.py", "sim/logs/log.py"}
    found = {path.relative_to(ROOT).as_posix() for folder in ("sim", "experiments", "studio", "scenarios")
             for path in (ROOT / folder).rglob("*.py")
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if getattr(node, "attr", None) in ("to_csv", "write_csv", "CSVWriter", "DictWriter")
             and not (node.attr == "write_csv" and getattr(node.value, "id", None) == "files")}  # fmt: skip
    assert found == allowed


def test_in_a_figure_a_name_is_no_formula():
    rows = pd.DataFrame({"label": [FORMULA, "b"], "mean": [1.0, 2.0], "low": [0.5, 1.5], "high": [1.5, 2.5]})
    figure, (axes,) = figures.new_figure(3, 2)
    axes.set_title(FORMULA)
    axes.set_xticks([0, 1], rows["label"])
    assert figures.png(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ['a"b', "a\nb\x7f", "\U0001f600", "\\"])
def test_in_toml_a_name_is_a_text(name, tmp_path):
    (tmp_path / "x.toml").write_text(f"x = {toml(name)}\n", encoding="utf-8")
    assert read_toml(tmp_path / "x.toml") == {"x": name}


def test_half_a_sign_can_be_written(tmp_path):
    assert files.write_text(tmp_path / "x", "a\ud800b").read_text() == "a?b"


# SQL and folders

REFUSED = [
    "copy runs to 'stolen.csv'", "copy (select 1) to 'stolen.csv'", "export database 'stolen'", "attach 'other.db'",
    "install httpfs", "load httpfs", "set enable_external_access = true", "reset lock_configuration", "pragma version",
    "create table t as select 1", "create view v as from runs", "drop view runs", "delete from runs", "checkpoint",
    "call pragma_version()", "select 1; select 2", "", "/* nothing */", "from read_csv('/etc/passwd')",
    "from '/etc/passwd'", "select * from read_text('/etc/passwd')", "from glob('/*')", "from parquet_scan('x.parquet')",
    "from query('copy runs to ''stolen.csv''')", "from sqlite_scan('x', 'y')", "from sql", "from folder",
    "select * from duckdb_secrets()", "prepare x as select 1", "explain analyze select 1",
]  # fmt: skip


@pytest.mark.parametrize("sql", REFUSED)
def test_a_question_in_sql_is_a_question_about_the_runs(sql, study, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    before = sorted(path for path in tmp_path.rglob("*"))
    assert main(["study", "sql", str(study), sql]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("hearth: sql: ") and err.count("\n") == 1
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_what_may_be_asked(study, capsys):
    for sql in ("from runs", "describe runs", "with x as (from points) select count(*) from x", "summarize runs"):
        assert main(["study", "sql", str(study), sql]) == 0, capsys.readouterr().err
    assert CliRunner().invoke(app, ["study", "sql", str(study), "select 'a\tb' as x"]).output == "x\na\tb\n"


@pytest.mark.parametrize(
    "name", ["runs", "points.parquet", "manifest.json", "network", "tables", "runs/rows-1.parquet"]
)
def test_a_link_that_leads_out_is_not_followed(name, study, tmp_path, capsys):
    outside = tmp_path / "outside"
    if (study / name).exists():
        (study / name).rename(outside)
    else:
        outside.mkdir()
    (study / name).symlink_to(outside)
    for words in (["sql", study, "from runs"], ["show", study], ["report", study], ["export", study, "x.csv"]):
        assert main(["study", *map(str, words)]) == 2
        assert "leads out of the folder" in capsys.readouterr().err
    assert main(["report", str(study), "--out", str(tmp_path / "out")]) == 2
    (study / name).unlink()
    if outside.exists() and name != "runs/rows-1.parquet":
        outside.rename(study / name)
    assert status.status(study)["runs"] == 4  # and a link to the folder itself is one of the user's own
    (tmp_path / "link").symlink_to(study)
    assert status.status(tmp_path / "link")["runs"] == 4


def column(folder, change):
    """The rows with another table of columns."""
    path = sorted((folder / "runs").glob("*.parquet"))[0]
    pq.write_table(change(pq.read_table(path)), path)
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop_columns("reach"), "`reach`"),
        (lambda t: t.append_column("day", t["day"]), "`day`"),
        (lambda t: t.set_column(t.schema.get_field_index("reach"), "reach", pa.array(["x"] * len(t))), "`reach`"),
        (lambda t: t.set_column(t.schema.get_field_index("seed"), "seed", pa.array([0.5] * len(t))), "`seed`"),
    ],
)
def test_rows_that_are_none_are_refused(change, said, study, capsys):
    column(study, change)
    for words in (["study", "show"], ["study", "report"], ["report", "--replace"]):
        assert main([*words, str(study)]) == 2
        err = capsys.readouterr().err
        assert said in err and err.count("\n") == 1


def test_files_without_runs_are_passed_over_and_named(study, capsys):
    before = status.status(study)["runs"]
    name = column(study, lambda table: table.drop_columns("seed")).name
    (study / "runs" / "._rows-1.parquet").write_bytes(b"")
    assert main(["study", "show", str(study)]) == 0
    assert f"passed over, being foreign or damaged: '._rows-1.parquet', '{name}'" in capsys.readouterr().out
    assert status.status(study)["runs"] < before


# Files


def endless(path):
    os.mkfifo(path)


def deep(path):
    path.write_text('{"a":' * 10_000 + "1" + "}" * 10_000)


def digits(path):
    path.write_text('{"format": "study 1", "root_seed": ' + "9" * 5000 + "}")


def foreign(path):
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))


def empty(path):
    path.write_bytes(b"")


def huge(path):
    with path.open("wb") as data:
        data.truncate(50_000_000_000)  # of nothing: takes no place


BAD = [endless, deep, digits, foreign, empty, huge]
READ = {  # a file, and the command that reads it
    "mine.toml": ["check", "mine.toml"],
    "study.toml": ["study", "run", "study.toml", "--out", "out"],
    "study/manifest.json": ["study", "show", "study"],
    "study/points.parquet": ["study", "report", "study"],
    "posterior.parquet": ["compare", "broadcast", "facilitation", "--posterior", "posterior.parquet"],
    "a.checkpoint": ["run", "broadcast", "--members", "20", "--days", "3", "--quiet", "--checkpoint", "a.checkpoint"],
    "hearthside.json": ["replay", "hearthside.json"],
    "log.csv": ["patterns", "log.csv", "--quiet"],
    "forum.csv": ["effects", "forum.csv", "--quiet"],
}


@pytest.mark.parametrize("bad", BAD, ids=[bad.__name__ for bad in BAD])
@pytest.mark.parametrize("name", READ)
def test_a_file_that_is_none_is_one_clear_message(name, bad, study, tmp_path, monkeypatch, capsys):
    if bad is huge and name in ("log.csv", "forum.csv", "a.checkpoint"):
        monkeypatch.setattr("sim.logs.readers.files.LARGEST_FILE", 1_000_000)
        monkeypatch.setattr("sim.logs.readers.files.HEAD", 1000)
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).unlink(missing_ok=True)
    bad(tmp_path / name)
    (tmp_path / "forum_members.csv").write_text("member,staff\n1,1\n")
    assert main(READ[name]) == 2
    out, err = capsys.readouterr()
    told = err.removeprefix("hearth: ").splitlines()  # a fault a line
    assert out == "" and err.startswith("hearth: ") and len(told) == 1
    assert all(name.split("/")[-1].split(".")[0] in line for line in told) and "hearth: " not in told[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", []), ("labels", ["broadcast", "nobody"]), ("places", 0), ("places", "x"), ("root_seed", -1),
        ("measures", {}), ("measures", {"reach": {"label": "x"}}), ("more", 1), ("name", ""), ("name", "a" * 500),
        ("sheet", {}), ("sheet", None), ("scenarios", {"broadcast": {"digest": "../../x", "resolved": {}, "cost": {}}}),
        ("keys", [1]), ("measures", {"reach": REACH}), ("question", "q" * 2001), ("format", "study 2"),
    ],
)  # fmt: skip
def test_a_manifest_is_checked_like_a_scenario(key, value, study):
    with pytest.raises(StoreError, match=r"manifest\.json: (key `|is not of the format)"):
        store.read_manifest(changed(study, **{key: value}))


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [("resolved", "strategy", {}), ("resolved", "community", {"members": "9"}), ("resolved", "k" * 201, 1),
     ("cost", "hours_per_week", None), ("cost", "more", 1.0)],
)  # fmt: skip
def test_what_a_verdict_rests_on_is_checked_in_a_manifest(part, key, value, study, capsys):
    scenarios = json.loads((study / "manifest.json").read_text())["scenarios"]
    scenarios["broadcast"][part][key] = value
    changed(study, scenarios=scenarios)
    assert main(["report", str(study)]) == 2
    assert f"manifest.json: key `scenarios.broadcast.{part}." in capsys.readouterr().err


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", "[" * 10_000, "9" * 5000, "{", "\ud800"])
def test_json_of_ours_holds_finite_numbers_and_has_an_end(text):
    with pytest.raises(ValueError):
        plain_json(text)
    assert plain_json(b'{"a": [1, 2.5, null, "x"]}') == {"a": [1, 2.5, None, "x"]}


def test_a_file_is_read_up_to_a_size(tmp_path):
    (tmp_path / "x").write_bytes(b"12345")
    assert read_bytes(tmp_path / "x", 5) == b"12345"
    with pytest.raises(BadInput, match="too large"):
        read_bytes(tmp_path / "x", 4)
    with pytest.raises(BadInput, match="a pipe or a device"):
        read_bytes(Path("/dev/zero"), 4)
    with pytest.raises(ScenarioError, match="a pipe or a device"):
        read_toml(Path("/dev/zero"))


def test_results_of_a_calibration_are_checked(tmp_path):
    good, asked = [0.5] * len(ABOUT), {"log": "x"}
    assert checked([good, None]) == [good, None]
    for bad in (good[1:], ["x"] * len(ABOUT), {"a": 1}, [float("nan")] * len(ABOUT), 1):
        with pytest.raises(CalibrationError, match="none of a run"):
            checked([good, bad])
    with pytest.raises(CalibrationError):
        checked([{"summaries": {}}], shown=True)
    Journal(tmp_path, asked)
    (tmp_path / "runs").mkdir()
    rows = [{"seconds": 1.5, "result": good}, {"seconds": None, "result": good}, {"seconds": -1, "result": 1}, [1],
            {"seconds": 1, "result": 1, "x": 1}]  # fmt: skip
    for name, row in zip("abcde", rows, strict=True):
        keyed = {"key": name, **row} if isinstance(row, dict) else row
        (tmp_path / "runs" / f"{name}.json").write_text(json.dumps(keyed))
    endless(tmp_path / "runs" / "f.json")
    deep(tmp_path / "runs" / "g.json")
    assert Journal(tmp_path, asked).done == {"a": {"key": "a", "seconds": 1.5, "result": good}}


def test_draws_are_of_a_bounded_size(tmp_path):
    path = tmp_path / draws.FILE
    pd.DataFrame({"ties.gain": np.full(draws.MOST + 1, 0.1)}).to_parquet(path)
    with pytest.raises(BadInput, match=f"at most {draws.MOST:,}"):
        draws.read(path)


def test_a_packed_checkpoint_is_not_unpacked(tmp_path):
    import hashlib

    packed = io.BytesIO()
    np.savez_compressed(packed, about=np.zeros(10**7, np.uint8))
    data = packed.getvalue()
    sealed = checkpoint.FORMAT + hashlib.sha256(data).hexdigest().encode() + b"\n" + data
    (tmp_path / "a").write_bytes(sealed)
    with pytest.raises(checkpoint.CheckpointError, match="it is packed"):
        checkpoint.read(tmp_path / "a")


# Code that would run what is in a file

RUNS_WHAT_IT_READS = {"pickle", "cPickle", "cloudpickle", "dill", "shelve", "joblib", "marshal", "yaml", "torch"}
CALLS = {"eval", "exec", "os.system", "os.popen", "pd.read_pickle"}


def runs_what_it_reads(source):
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found |= {name.split(".")[0] for name in names} & RUNS_WHAT_IT_READS
        elif isinstance(node, ast.Call):
            found |= {ast.unparse(node.func)} & CALLS
            found |= {
                k.arg for k in node.keywords if k.arg in ("allow_pickle", "shell") and ast.unparse(k.value) != "False"
            }
    return found


def test_nothing_of_ours_runs_what_it_reads():
    for package in ("sim", "experiments", "studio", "scenarios"):
        for path in (ROOT / package).rglob("*.py"):
            assert not runs_what_it_reads(path.read_text(encoding="utf-8")), path
    assert runs_what_it_reads("import joblib\nnp.load(x, allow_pickle=True)\neval(x)") == {
        "joblib",
        "allow_pickle",
        "eval",
    }


# Exit codes


@pytest.mark.parametrize("error", [ValueError, KeyError, RecursionError, OSError, MemoryError])
def test_what_nobody_thought_of_is_a_fault_of_ours_and_says_how_to_report_it(error, monkeypatch, capsys, tmp_path):
    def broken(*_, **__):
        raise error("broken\x1b[2J on purpose")

    monkeypatch.setattr("sim.scenario.shipped", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["list"]) == 1
    out, err = capsys.readouterr()
    (kept,) = tmp_path.iterdir()
    assert out == "" and "Traceback" not in err and "\x1b" not in err
    assert err.startswith(f"hearth: failed: {error.__name__}: ") and "Please report it" in err and str(kept) in err
    assert "Traceback" in kept.read_text() and "broken" in kept.read_text()
    assert main(["--debug", "list"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err and "the traceback above" in err and list(tmp_path.iterdir()) == [kept]


def test_bad_input_is_one_kind_of_exception():
    from experiments.effects import logs
    from sim.logs.log import LogError
    from studio.messages import BadMessage

    for kind in (StoreError, ScenarioError, LogError, CalibrationError, checkpoint.CheckpointError, BadMessage,
                 file.StudyError, logs.BadInput):  # fmt: skip
        assert issubclass(kind, BadInput), kind
    with pytest.raises(BadInput):
        load("nobody")


def test_the_page_on_security_is_about_twenty_lines_and_names_what_there_is():
    from tests.fuzz_kinds import KINDS

    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert 15 <= len([line for line in text.splitlines() if line.strip()]) <= 28
    for word in ("scenario", "study", "logs", "manifest", "posteriors", "checkpoints", "runs", "socket", "server"):
        assert word in text, word
    assert "SECURITY.md" in (ROOT / "README.md").read_text(encoding="utf-8") and len(KINDS) >= 15
