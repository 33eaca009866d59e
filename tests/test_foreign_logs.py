"""Files that are no logs, or are made to hang or to fill the memory: one message at once, in little memory."""

import gzip
import os
import socket
import time
import tracemalloc
import zipfile
from contextlib import contextmanager

import pytest

from experiments.cli import main
from experiments.effects import logs as effects
from experiments.runs.given import BadInput
from sim.logs.log import LogError
from sim.logs.readers import read
from tests.test_reader_roles import HEAD, at, posts
from tests.test_readers import rows, stack

CSV = b"time,source,target\n"
MBOX = b"From a at b.org  Tue Jan  2 10:00:00 2024\nFrom: a@b.org\nDate: Tue, 2 Jan 2024 10:00:00 +0000\n"
DISCORD = b'{"guild": {}, "channel": {}, "messages": ['


def given(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return path


@contextmanager
def little(seconds=2.0, megabytes=30):
    """What happens inside takes neither long (of the processor's time) nor much memory."""
    tracemalloc.start()
    begun = time.process_time()
    yield
    took, (_, peak) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < seconds and peak < megabytes * 1e6


def refused(path, message, capsys):
    """`hearth patterns` says in one line what is wrong and ends with exit code 2; `hearth effects` refuses it too."""
    with little():
        assert main(["patterns", str(path), "--quiet"]) == 2
        with pytest.raises(BadInput, match="`|: "):
            effects.read(path)
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1 and "Traceback" not in told


# What is no file to read


@pytest.mark.parametrize("make", ["fifo", "socket", "device"])
def test_endless_files_are_not_opened(tmp_path, capsys, make):
    path = tmp_path / "log.csv"
    listening = socket.socket(socket.AF_UNIX)
    if make == "fifo":
        os.mkfifo(path)
    elif make == "socket":
        here = os.getcwd()
        os.chdir(tmp_path)  # names of sockets are short
        listening.bind(path.name)
        os.chdir(here)
    else:
        path.symlink_to("/dev/zero")
    refused(path, "is not a file or a folder", capsys)
    listening.close()


def test_an_endless_file_beside_a_log_is_passed_over(tmp_path):
    log = posts(tmp_path, f"11,alice,5,1,,,1,{at(10)}")
    os.mkfifo(tmp_path / "user-list-1.csv")
    table = given(tmp_path, "log.csv", CSV + b"1,2,3\n")
    os.mkfifo(tmp_path / "log_members.csv")
    os.mkfifo(tmp_path / "log_threads.csv.gz")
    site = stack(tmp_path)
    (site / "Users.xml").unlink()
    os.mkfifo(site / "Users.xml")
    with little():
        assert len(read(log)) == len(read(table)) == 1 and read(log).accounts is None and len(read(site)) == 4


def test_a_folder_of_folders_is_no_log(tmp_path, capsys):
    (tmp_path / "a/b/c.csv").mkdir(parents=True)
    (tmp_path / "a/round").symlink_to(tmp_path)
    refused(tmp_path, "holds no log", capsys)


# Huge


@pytest.mark.parametrize(
    ("name", "begin", "message"),
    [
        ("log.csv", CSV, "is not text"),
        ("log", CSV + b"1,2,3\n" * 20_000, "is too large"),
        ("log.json", DISCORD, "is too large"),
        ("list.mbox", MBOX, "is too large"),
        ("Posts.xml", b"<?xml version='1.0'?><posts>", "is too large"),
        ("noise.bin", b"", "is not text"),
    ],
)
def test_two_gigabytes_are_not_read(tmp_path, capsys, name, begin, message):
    path = given(tmp_path, name, begin)
    os.truncate(path, 2 << 30)  # the rest takes no place on the disk
    refused(path, message, capsys)


def test_what_is_packed_beyond_all_measure(tmp_path, capsys, monkeypatch):
    """A tenth of a million bytes that become a hundred millions; with the limits of real files, a minute's work."""
    monkeypatch.setattr("sim.logs.readers.files.PLAUSIBLE", 10_000_000)
    monkeypatch.setattr("sim.logs.readers.files.LARGEST_RATIO", 50)  # Python 3.12 reads 128 KB ahead: at 200, 26 MB
    packed = gzip.compress(CSV + b"1,2,3\n" * 160_000) * 100
    refused(given(tmp_path, "log.csv.gz", packed), "is too large", capsys)
    with zipfile.ZipFile(tmp_path / "log.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("posts.csv", HEAD.encode() + b"\n" + b"0" * 20_000_000)
    refused(tmp_path / "log.zip", "is too large", capsys)


def test_what_is_packed_well_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.logs.readers.files.PLAUSIBLE", 100_000)
    lines = b"".join(b"%d,%d,%d\n" % (k, k * 7 % 31, k % 5) for k in range(20_000))
    assert len(read(given(tmp_path, "log.csv.gz", gzip.compress(CSV + lines)))) == 20_000


# Deep, and slow to take apart


def test_xml_of_endless_depth(tmp_path, capsys):
    data = b"<?xml version='1.0'?><posts>" + b"<row>" * 500_000
    refused(given(tmp_path, "Posts.xml", data), "is XML, but no table of rows", capsys)


@pytest.mark.parametrize(
    "header",
    [b"Subject: " + b"Re: " * 300_000, b"Subject: " + b"=?utf-8?q?x?= " * 100_000, b"X: y\nFrom: " + b"(" * 200_000,
     b"References: " + b"<a@b> " * 50_000, b"Subject: " + b"[" * 300_000],
)  # fmt: skip
def test_mbox_headers_that_are_slow_to_take_apart(tmp_path, header):
    name, _, _ = header.partition(b":")
    mine = MBOX if name != b"X" else MBOX.replace(b"From: a@b.org\n", b"")
    path = given(tmp_path, "list.mbox", mine + header + b"\n\ntext\n")
    with little():
        assert rows(read(path)) == [(0, 0, "topic")]


def test_a_text_full_of_half_envelopes_and_half_mentions(tmp_path):
    path = given(tmp_path, "list.mbox", MBOX + b"\ntext\nFrom " + b"Mon Jan  1 10:00 " * 200_000)
    with little():
        assert len(read(path)) == 1
    with zipfile.ZipFile(tmp_path / "slack.zip", "w") as file:
        file.writestr("users.json", "[]")
        file.writestr("a/2024-01-01.json", '[{"user": "U1", "ts": "1.5", "text": "%s"}]' % ("<@U1|" * 200_000))
    with little():
        assert rows(read(tmp_path / "slack.zip")) == [(0, 0, "chat")]


# Zips


def test_nothing_of_a_zip_is_unpacked_wherever_its_names_lead(tmp_path):
    inside = tmp_path / "a/b"
    inside.mkdir(parents=True)
    with zipfile.ZipFile(inside / "export.zip", "w") as file:
        for name in ("../../posts.csv", "/tmp/posts.csv", "..\\posts.csv", "C:\\posts.csv", "a\nb/posts.csv"):
            file.writestr(name, f"{HEAD}\n{len(file.namelist())},x,5,{len(file.namelist()) + 1},,,1,{at(10)}\n")
    before = sorted(tmp_path.rglob("*"))
    assert len(read(inside / "export.zip")) == 5  # read in place, and written nowhere
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_STORED])
def test_a_zip_that_is_broken_anywhere_is_named(tmp_path, method):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("posts.csv", "\n".join([HEAD, *(f"{k},x,5,{k},,,1,{at(10)}" for k in range(1, 9))]))
    whole = path.read_bytes()
    for place in range(4, len(whole), 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            read(path)
        except LogError as error:
            assert "export.zip" in str(error)
