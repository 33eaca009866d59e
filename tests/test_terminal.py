"""What reaches a terminal: signs in any encoding, and notices that are true."""

import io
import sys

import numba
import pytest

from experiments.cli import main
from experiments.cli.encoding import LIKENESS
from experiments.runs.tasks import Progress, telling_of_compiling


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_a_minus_survives_any_encoding(encoding, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, errors="strict"))
    monkeypatch.setattr("experiments.pages.terminal.OUT.file", sys.stdout)
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
