"""Nothing is lost: kills, a full disk, damaged and foreign files, parts that overlap, places that cannot be written to."""

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

STUDY = faults.STUDY.replace("replicates = 12", "replicates = 2").replace(", 0.15, 0.2]", "]")
COMPARE = ["compare", "broadcast", "facilitation", *faults.TINY, "--replicates", "4", "--workers", "1", "--quiet"]


class Told(Progress):
    """Keeps what is said."""

    def __init__(self):
        self.words = []

    def say(self, text):
        self.words.append(text)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A tiny study of 8 runs, and the folder of the test as the working one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("experiments.comparison.report.pictures", lambda tables, networks: {})
    (tmp_path / "study.toml").write_text(STUDY)
    return read("study.toml")


def swept(study, folder, progress=None, part=None):
    return sweep.sweep(study, Path(folder), Pool(1), sweep.Order(part=part), progress or Told())


# Kills


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
@pytest.mark.skipif(os.name == "nt", reason="signals are another thing there")
def test_nothing_is_lost_doubled_or_corrupt_when_a_study_is_killed():
    row = faults.ordeal("study", 3)
    assert row["kills"] == 3 and row["results"] == row["equal"] > 0 and not faults.faults(row), row


def test_what_is_lost_doubled_corrupt_or_left_over_would_show(study, tmp_path):
    folder = tmp_path / "a" / faults.ODD
    swept(study, folder)
    whole = faults.look(tmp_path / "a")
    assert len(whole.runs) == 16 and set(whole.files) == {f"{faults.ODD}/points.parquet"}
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


# A full disk


def test_a_disk_that_is_full_at_any_write_loses_nothing(study, tmp_path, monkeypatch, capsys):
    """Every write in turn finds no room, each once; the command is started again until it comes to its end."""
    assert main([*COMPARE, "--out", "whole"]) == 0
    capsys.readouterr()
    real, stopped = os.fsync, 0

    def once_full_each(failed=set()):  # noqa: B006  what has failed already
        def fsync(number):
            name = Path(os.readlink(f"/proc/self/fd/{number}")).name.rsplit(".", 2)[0]
            if name not in failed:
                failed.add(name)
                raise OSError(errno.ENOSPC, "No space left on device")
            real(number)

        return fsync

    monkeypatch.setattr(os, "fsync", once_full_each())
    while (code := main([*COMPARE, "--out", "o ut"])) == 2:
        stopped += 1
        said = capsys.readouterr().err
        assert said == (
            "hearth: `o ut` cannot be written to: the disk is full; what is stored is whole. Make room, then run the "
            "same command to go on\n"
        )
        assert not list(tmp_path.rglob("*.partial"))
    assert code == 0 and stopped > 15
    one, other = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")
         if path.parent.name != "runs" and path.name != "manifest.json"}
        for name in ("o ut", "whole")
    )  # fmt: skip
    assert one == other and len(one) > 8


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can make a small disk")
def test_a_disk_that_is_really_full(study, tmp_path, capsys):
    disk = tmp_path / "disk"
    disk.mkdir()

    def sized(kilobytes, how):
        words = ["mount", "-t", "tmpfs", "-o", f"{how}size={kilobytes}k", "tmpfs", str(disk)]
        return subprocess.run(words, capture_output=True).returncode == 0

    if not sized(200, ""):
        pytest.skip("no small disk can be made here")
    try:
        stops = 0
        for room in range(200, 2000, 150):
            sized(room, "remount,")
            if (code := main([*COMPARE, "--out", str(disk / "r")])) == 0:
                break
            stops += 1
            said = capsys.readouterr().err
            assert code == 2 and "the disk is full" in said and "what is stored is whole" in said
        assert code == 0 and stops > 1
        assert main([*COMPARE, "--out", "whole"]) == 0
        tables = "verdict.json", "report.html", "tables/runs.csv", "tables/differences.csv"
        assert all((disk / "r" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes() for name in tables)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_elsewhere_is_told_too(study, monkeypatch, capsys):
    def full(*words, **more):
        raise OSError(errno.ENOSPC, "No space left on device", "there/events.csv")

    monkeypatch.setattr("sim.logs.log.write_aside", full)
    assert main(["run", "facilitation", *faults.TINY, "--events", "events.csv", "--quiet"]) == 2
    assert "`there` cannot be written to: the disk is full" in capsys.readouterr().err


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


def test_a_damaged_network_is_named(study, tmp_path, capsys):
    assert main([*COMPARE, "--out", "r"]) == 0
    for path in (tmp_path / "r" / "network").iterdir():
        path.write_bytes(b"")
    capsys.readouterr()
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


def test_folders_of_any_name_can_be_reported_and_gone_on_with(study, tmp_path, capsys):
    for words in ([*COMPARE, "--out", faults.ODD], ["study", "run", "study.toml", "--quiet", "--out", "s [*]?'"]):
        assert main(words) == 0
        assert main(words) == 0
    assert main(["report", faults.ODD, "--out", "again [b] *"]) == 0
    assert capsys.readouterr().out.endswith("Report: again [b] */report.html\n")
    again = {path.name for path in Path("again [b] *").iterdir()}
    assert again == {"report.html", "verdict.json", "verdict.txt", "tables"}
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
