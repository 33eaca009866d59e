"""What reaches a terminal: signs in any encoding, and notices that are true."""

import io
import sys
import time

import numba
import pytest

from experiments.cli import main
from experiments.cli.encoding import LIKENESS
from experiments.pages.terminal import Bar
from experiments.runs.journal import Journal
from experiments.runs.tasks import Progress, telling_of_compiling


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_a_minus_survives_any_encoding(encoding, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, errors="strict"))
    assert main(["run", "facilitation", "--members", "20", "--days", "2", "--quiet"]) == 0
    sys.stdout.flush()
    (line,) = [line for line in raw.getvalue().decode(encoding).splitlines() if line.startswith("Value to the company")]
    minus = "−" if encoding == "utf-8" else "-"
    assert minus in line and "?" not in line


def test_signs_without_a_place_in_ascii():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors=LIKENESS)
    stream.write("−1 ± 2 – é’… 漢")
    stream.flush()
    assert raw.getvalue() == b"-1 +/- 2 - e'... ?"


class Heard(Progress):
    """Keeps what is said."""

    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


def test_compiling_is_told_once_and_only_if_it_happens():
    first, second, heard = numba.njit(lambda x: x + 1), numba.njit(lambda x: x + 2), Heard()
    with telling_of_compiling(heard):
        assert heard.said == []
        assert (first(1), second(1)) == (2, 3)
    assert heard.said == ["The model is compiled, once on a machine: up to a minute"]
    again = Heard()
    with telling_of_compiling(again):
        assert (first(2), second(2)) == (3, 4)
    assert again.said == []
    numba.njit(lambda x: x + 3)(1)  # after it
    assert len(heard.said) == 1


def test_the_time_left_is_that_of_the_tasks_and_at_least_until_the_end_that_was_told(monkeypatch, capsys):
    """Ten of twenty tasks, a second each after the first: ten seconds; with an end in 300, so many."""
    now = [1000.0]
    monkeypatch.setattr("experiments.pages.terminal.time.monotonic", lambda: now[0])
    bar = Bar()
    bar.expect(20)
    for _ in range(10):
        now[0] += 1.0
        bar.done()
    assert bar.left() == pytest.approx(10.0)
    bar.lasts(300.0)
    now[0] += 60.0  # nothing was finished in this minute: 69 s for 9 tasks
    assert bar.left() == pytest.approx(240.0)
    now[0] += 240.0
    assert bar.left() == pytest.approx(10 * (9 + 300) / 9)
    bar.done()
    assert "11 of 20 runs, about 5 min left" in capsys.readouterr().err


def test_a_session_began_when_its_command_did(tmp_path):
    begun = time.perf_counter() - 30.0
    assert Journal(tmp_path / "a", {}, begun=begun).elapsed == pytest.approx(30.0, abs=5)
    assert Journal(tmp_path / "b", {}).elapsed < 5


def test_calibrate_says_first_what_it_is_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.csv").write_text("time,source,target\n1,2,3\n", encoding="utf-8")
    assert main(["calibrate", "tiny.csv", "--scenario", "mine.toml"]) == 2
    first, *_ = capsys.readouterr().err.splitlines()
    assert first.endswith("Do not use this to forecast your forum.")
