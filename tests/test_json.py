"""What `--json` prints has the form that its page documents, field by field, and the page is that of the forms."""

import io
import json
import sys

import pytest
from pydantic import ValidationError

from experiments.cli import main
from experiments.pages import answers, forms

pytestmark = pytest.mark.usefixtures("unpainted")

SMALL = ["--members", "30", "--days", "4", "--workers", "1"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A log with staff, a tiny study, and its store."""
    folder = tmp_path_factory.mktemp("made")
    log = folder / "log.csv"
    assert main(["run", "facilitation", "--members", "60", "--days", "30", "--events", str(log), "--quiet"]) == 0
    (folder / "tiny.toml").write_text(
        'question = "Q?"\nscenarios = ["broadcast"]\nreplicates = 1\nmeasures = ["reach"]\n'
        "[hold]\ncommunity.members = 20\ncommunity.days = 2\n[vary]\nties.gain = [0.1, 0.2]\n"
    )
    assert main(["study", "run", str(folder / "tiny.toml"), "--out", str(folder / "store"), "--quiet"]) == 0
    return folder


CASES = {
    "compare": ["broadcast", "facilitation", "balanced", "--worlds", "2", *SMALL],
    "compare --one-world": ["broadcast", "facilitation", "balanced", "--replicates", "2", *SMALL],
    "run": ["broadcast", "--replicates", "2", *SMALL],
    "patterns": ["LOG"],
    "effects": ["LOG"],
    "list": [],
    "describe": ["broadcast"],
    "check": ["broadcast"],
    "study run": ["STUDY", "--out", "STORE"],
    "study check": ["STUDY"],
    "study list": [],
    "study show": ["STORE"],
    "study sql": ["STORE", 'select point, "ties.gain", error from runs'],
}


@pytest.mark.parametrize("command", CASES)
def test_what_is_printed_has_the_form_of_the_page(command, made, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("experiments.comparison.report.pictures", lambda tables, networks: {})
    given = {"LOG": made / "log.csv", "STUDY": made / "tiny.toml", "STORE": made / "store"}
    assert main([*command.split(), *(str(given.get(word, word)) for word in CASES[command]), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and out.count("\n") == 1
    answer = forms.FORMS[command].model_validate_json(out)
    assert answer.schema_ == forms.Schema(name=f"hearth {command}", version=answers.VERSIONS[command])
    data = json.loads(out)
    assert next(iter(data)) == "schema"
    for change in ({"more": 1}, {"schema": None}):
        with pytest.raises(ValidationError):
            forms.FORMS[command].model_validate_json(json.dumps(data | change))
    assert command in CASES


def test_every_form_is_tried():
    """Those of `calibrate` and `replay` in tests/test_calibration.py and tests/test_studio_session.py."""
    assert {*CASES, "calibrate", "replay"} == set(forms.FORMS) == set(answers.VERSIONS)


def test_the_page_is_that_of_the_forms():
    assert forms.PAGE.read_text(encoding="utf-8") == forms.page(), "python -m experiments.pages.forms"
    assert "| `pairs[].headline[].lead.since` | whole number or null |" in forms.page()
    assert "| `basis.hours.*.unused` | object of number |" in forms.page()


def test_nothing_is_lost_on_a_stream_that_is_not_of_unicode(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    answers.show("list", {"scenarios": ["−漢"], "x": float("nan")})
    sys.stdout.flush()
    assert json.loads(raw.getvalue().decode("cp1252"))["scenarios"] == ["−漢"]
    assert json.loads(raw.getvalue())["x"] is None
