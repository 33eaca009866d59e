"""Nothing is lost: kills, a full disk, damaged and foreign files, overlapping parts, places that are closed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from experiments.cli import main
from experiments.runs import files, store
from experiments.runs.files import StoreError
from experiments.runs.journal import Journal
from experiments.runs.pool import Pool
from experiments.runs.tasks import Progress
from experiments.study import status, sweep
from experiments.study.file import read
from tests import faults

pytestmark = pytest.mark.usefixtures("unpainted")

STUDY = faults.STUDY.replace("replicates = 12", "replicates = 2").replace(", 0.15, 0.2]", "]")
COMPARE = ["compare", "broadcast", "facilitation", *faults.TINY, "--one-world", "--workers", "1", "--quiet"]
COMPARE += ["--replicates", "4"]


class Told(Progress):
    """Keeps what is said."""

    def __init__(self):
        self.words = []

    def say(self, text):
        self.words.append(text)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A tiny comparison that nothing has disturbed, in a folder of an odd name; without pictures, as all here."""
    folder = tmp_path_factory.mktemp("whole") / faults.AWKWARD
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("experiments.comparison.report.pictures", lambda tables, networks: {})
        assert main([*COMPARE, "--out", str(folder)]) == 0
        yield folder


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A tiny study of 8 runs, and the folder of the test as the working one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(STUDY)
    return read("study.toml")


def swept(study, folder, progress=None, part=None):
    return sweep.sweep(study, Path(folder), Pool(1), sweep.Order(part=part), progress or Told())


# Kills


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
@pytest.mark.skipif(os.name == "nt", reason="signals are another thing there")
def test_nothing_is_lost_doubled_or_corrupt_when_a_study_is_killed():
    row = faults.ordeal("study", 2)
    assert row["kills"] == 2 and row["results"] == row["equal"] > 0 and not faults.faults(row), row


def test_what_is_lost_doubled_corrupt_or_left_over_would_show(study, tmp_path):
    folder = tmp_path / "a" / faults.AWKWARD
    swept(study, folder)
    whole = faults.look(tmp_path / "a")
    assert len(whole.runs) == 16 and set(whole.files) == {f"{faults.AWKWARD}/points.parquet"}
    assert (whole.doubled, whole.corrupt, whole.left_over, faults.wrong(whole, whole)) == (0, 0, 0, 0)
    first, second, third, fourth = sorted((folder / "runs").iterdir(), key=lambda path: -path.stat().st_size)[:4]
    (folder / "runs" / "abc.parquet").write_bytes(first.read_bytes())
    second.write_bytes(second.read_bytes()[:-9])
    third.unlink()
    pd.read_parquet(fourth).assign(intimacy=0.5).to_parquet(fourth)
    (folder / "points.parquet").write_bytes(b"half")
    (folder / ".verdict.json.7.partial").write_text("half")
    (folder / "manifest.json").write_text("{")
    now = faults.look(tmp_path / "a")
    assert now.doubled >= 2 and now.corrupt == 2 and now.left_over == 1 and len(now.runs) < 14
    assert faults.wrong(now, whole) >= 3
    row = {"lost": 0, "doubled": 0, "corrupt": 0, "left over": 0, "results": 3, "equal": 3}
    assert not faults.faults(row) and all(faults.faults({**row, key: 1}) for key in list(row)[:4])
    assert faults.faults({**row, "equal": 2})


def test_the_stored_table_is_of_every_command_and_without_a_fault():
    table = pd.read_csv(faults.STORED / "table.csv")
    assert list(table["command"]) == list(faults.COMMANDS)
    assert (table["kills"] >= 100).all() and (table[[number.name for number in faults.SIGNALS]] > 0).all(axis=None)
    assert (table[[number.name for number in faults.SIGNALS]].sum(axis=1) == table["kills"]).all()
    assert not sum(faults.faults(row) for row in table.to_dict("records")) and (table["results"] > 1).all()
    assert {"command", "model", "commit", "versions"} <= json.loads((faults.STORED / "about.json").read_text()).keys()


def test_one_command_makes_the_table_and_goes_on_where_it_was_stopped(tmp_path, monkeypatch, capsys):
    begun = []

    def ridden(name, kills, dice, folder, whole):
        if len(begun) == 5:
            begun.append("stopped")
            raise KeyboardInterrupt
        begun.append(f"{name} {folder.name} {dice.random():.3f}")
        count = dict.fromkeys(faults.COUNTED, 0) | {"kills": min(kills, 2), "SIGKILL": min(kills, 2), "equal": 1}
        return count | {"results": 1, "slowest stop": 0.1 * len(begun), "seconds": 30.0}

    monkeypatch.setattr(faults, "ridden", ridden)
    monkeypatch.setattr(faults, "prepare", lambda folder: None)
    monkeypatch.setattr(faults.Undisturbed, "of", lambda name, folder: None)
    out = tmp_path / "made"
    with pytest.raises(KeyboardInterrupt):
        faults.torment(kills=5, out=out)
    assert [path.name for path in out.iterdir()] == [".under-way.json"]
    with pytest.raises(faults.typer.BadParameter, match="go on there, or delete it"):
        faults.torment(kills=5, seed=2, out=out)
    with pytest.raises(SystemExit, match="0"):
        faults.torment(kills=5, out=out)
    assert begun.pop(5) == "stopped" and len(begun) == len(set(begun)) == 12
    assert [each.split()[:2] for each in begun] == [[name, number] for name in faults.COMMANDS for number in "012"]
    assert {path.name for path in out.iterdir()} == {"table.csv", "about.json", "README.md"}
    table = pd.read_csv(out / "table.csv")
    assert list(table["command"]) == list(faults.COMMANDS) and (table["kills"] == 5).all()
    assert (table["results"] == 3).all() and table["slowest stop"].is_monotonic_increasing
    about = json.loads((out / "about.json").read_text())
    assert about["command"] == "python -m tests.faults --kills 5 --seed 1" and about["seconds"] == 12 * 30
    assert "Nothing was lost" in (out / "README.md").read_text()


def test_few_kills_are_not_put_into_the_stored_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(faults, "STORED", tmp_path)
    monkeypatch.setattr(faults, "rounds", lambda *words: iter([dict.fromkeys(
        (*faults.COUNTED, "kills", "results", "slowest stop", "seconds"), 1)]))  # fmt: skip
    with pytest.raises(SystemExit):
        faults.torment(kills=1, out=tmp_path)
    assert not list(tmp_path.iterdir())


# A full disk


def content(folder):
    """What a result says, by name: all but the files of runs, whose rows lie in others after a stop, and times."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")
            if path.parent.name != "runs" and path.name != "manifest.json"}  # fmt: skip


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="files are known there by their number alone")
def test_a_disk_that_is_full_loses_nothing(study, whole, tmp_path, monkeypatch, capsys):
    """There is no room for the manifest, then for the rows of a run, and so on; each time the same command goes on."""
    real, no_room = os.fsync, ["manifest.json", "broadcast-ties", "", "verdict.json", "report.html"]

    def fsync(number):
        if no_room and Path(os.readlink(f"/proc/self/fd/{number}")).name.startswith(f".{no_room[0]}"):
            no_room.pop(0)
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    for left in range(4, -1, -1):
        assert main([*COMPARE, "--out", "o ut"]) == 2 and len(no_room) == left
        assert capsys.readouterr().err == (
            "hearth: `o ut` cannot be written to: the disk is full; what is stored is whole. Make room, then run the "
            "same command to go on\n"
        )
        assert not list(tmp_path.rglob("*.partial"))
    assert main([*COMPARE, "--out", "o ut"]) == 0
    assert content(tmp_path / "o ut") == content(whole)
    no_room.append("report.html")
    assert main(["report", "o ut", "--replace"]) == 2
    assert "cannot be written to: the disk is full" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can make a small disk")
def test_a_disk_that_is_really_full(study, whole, tmp_path, capsys):
    disk = tmp_path / "disk"
    disk.mkdir()

    def sized(kilobytes, how=""):
        words = ["mount", "-t", "tmpfs", "-o", f"{how}size={kilobytes}k", "tmpfs", str(disk)]
        return subprocess.run(words, capture_output=True).returncode == 0

    if not sized(100):
        pytest.skip("no small disk can be made here")
    try:
        for room in (100, 400):
            sized(room, "remount,")
            assert main([*COMPARE, "--out", str(disk / "r")]) == 2
            said = capsys.readouterr().err
            assert "the disk is full; what is stored is whole" in said
        sized(4000, "remount,")
        assert main([*COMPARE, "--out", str(disk / "r")]) == 0
        assert content(disk / "r") == content(whole)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_an_event_log_that_finds_no_room_is_told(study, monkeypatch, capsys):
    def full(*words, **more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sim.logs.log.write_aside", full)
    assert main(["run", "facilitation", *faults.TINY, "--events", "events.csv", "--quiet"]) == 2
    assert "--events: events.csv: cannot be written (No space left on device); make room" in capsys.readouterr().err


# Files beside the runs


def test_damaged_and_foreign_files_are_named_and_passed_over(study, tmp_path):
    swept(study, "whole")
    shutil.copytree("whole", "hurt")
    rows = store.read(Path("hurt"), store.EVERY_DAY)
    short, empty, *_ = store.shards(Path("hurt"))
    short.write_bytes(short.read_bytes()[:-20])
    empty.write_bytes(b"")
    strange = ["._rows-1.parquet", "notes.txt", "rows-77.parquet", "abcd.parquet"]
    for name in strange:
        (tmp_path / "hurt" / "runs" / name).write_bytes(b"x" * 30)
    pd.DataFrame({"a": [1]}).to_parquet("hurt/runs/abcd.parquet")  # whole, and no rows of ours
    assert len(store.read(Path("hurt"), store.EVERY_DAY)) < len(rows)
    told = Told()
    assert swept(study, "hurt", told).stored == 8
    assert (
        all(name in told.words[0] for name in (*strange, short.name, empty.name)) and "being foreign" in told.words[0]
    )
    pd.testing.assert_frame_equal(store.read(Path("hurt"), store.EVERY_DAY), rows, check_exact=True)
    assert all((tmp_path / "hurt" / "runs" / name).exists() for name in strange)


def test_a_damaged_network_is_named(study, whole, tmp_path, capsys):
    shutil.copytree(whole, "r")
    for path in (tmp_path / "r" / "network").iterdir():
        path.write_bytes(b"")
    assert main(["report", "r", "--replace"]) == 2
    assert "r/network`: a file of `broadcast` is damaged" in capsys.readouterr().err


def test_a_journal_passes_over_what_it_did_not_write(tmp_path):
    told = Told()
    (tmp_path / "runs").mkdir()
    journal = Journal(tmp_path / "j", {"asked": 1})
    row = {"key": "a-1", "seconds": 1.0, "result": 5}
    for name, data in {"a-1": row, "a-1 (copy)": row, "b-1": {"key": "b-1"}}.items():
        files.write_json(journal.folder / "runs" / f"{name}.json", data)
    for name in ("._a-1.json", "c-1.json", "notes.txt"):
        (journal.folder / "runs" / name).write_text("{")
    again = Journal(tmp_path / "j", {"asked": 1}, progress=told)
    assert again.done == {"a-1": row}
    assert all(repr(name) in told.words[0] for name in ("a-1 (copy).json", "b-1.json", "._a-1.json", "c-1.json"))
    assert told.words[1] == "1 finished runs are here already; going on"


def test_overlapping_parts_never_count_twice(study, tmp_path):
    swept(study, "whole")
    for name, parts in {"thirds": [(1, 3), (2, 3), (3, 3)], "halves": [(1, 2), (2, 2), (1, 2)]}.items():
        for part in parts:
            swept(study, name, part=part)
        assert sum(len(pd.read_parquet(path)) for path in store.shards(Path(name))) == 16
    for path in store.shards(Path("halves")):  # as where both kinds of parts were at work at the same time
        shutil.copy(path, f"thirds/runs/{path.stem}0.parquet")
    rows = store.read(Path("whole"), store.EVERY_DAY)
    pd.testing.assert_frame_equal(store.read(Path("thirds"), store.EVERY_DAY), rows, check_exact=True)
    summary = status.status(Path("thirds"))
    assert (summary["runs"], summary["rows"]) == (8, 16)
    assert status.export(Path("thirds"), tmp_path / "all.csv") == 16 == len(pd.read_csv("all.csv"))


# Places


def test_folders_of_any_name_can_be_reported_and_gone_on_with(study, whole, capsys):
    shutil.copytree(whole, faults.AWKWARD)
    assert main([word for word in COMPARE if word != "--quiet"] + ["--out", faults.AWKWARD]) == 0
    assert "8 of 8 runs are here already: none is left to do" in capsys.readouterr().err
    assert content(Path(faults.AWKWARD)) == content(whole)
    assert main(["report", faults.AWKWARD, "--out", "again [b] *"]) == 0
    assert capsys.readouterr().out.endswith("Report: again [b] */report.html\n")
    assert {path.name for path in Path("again [b] *").iterdir()} == {
        "report.html", "verdict.json", "verdict.txt", "tables"}  # fmt: skip
    for _ in range(2):
        assert main(["study", "run", "study.toml", "--quiet", "--workers", "1", "--out", "s [*]?'"]) == 0
        assert "8 of 8 runs are stored in s [*]?'" in capsys.readouterr().out
    assert main(["study", "show", "s [*]?'"]) == 0 and main(["study", "export", "s [*]?'", "x*.csv"]) == 0


@pytest.mark.parametrize("words", [["--events", "events.csv"], ["--checkpoint", "c"], ["--out", "o"]])
def test_a_place_that_cannot_be_written_to_is_refused_before_the_run(study, monkeypatch, capsys, words):
    def closed(dir=None, **more):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", closed)
    monkeypatch.setattr("sim.run.run", lambda *words, **more: pytest.fail("it was run"))
    assert main(["run", "facilitation", *faults.TINY, *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"hearth: {words[0]}: `") and "cannot be written to: Permission denied" in said


def test_another_command_in_the_same_folder_is_refused(study):
    with files.held(Path("r")), pytest.raises(StoreError, match="another command is at work"), files.held(Path("r")):
        pass
    with files.held(Path("r")):
        assert [path.name for path in Path("r").iterdir()] == [files.LOCK]
    assert list(Path("r").iterdir()) == []
