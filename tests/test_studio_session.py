"""The studio's sessions: the model itself, the same people on both sides, and a state that is the run."""

import json
import re
import struct

import numpy as np
import pytest

from experiments.cli import main
from experiments.pages import forms
from experiments.runs.files import StoreError
from experiments.runs.point import settled
from sim.run import run
from sim.scenario import ScenarioError, load, shipped, validated
from sim.state.members import Stage
from studio import choices, keeping, spread
from studio.file import toml_of
from studio.page import STATIC
from studio.replaying import replay
from studio.session import SHOWN, Session, hello
from studio.setup import SLIDER, Move, Setup, Side, clipped, facilitation, resolve, shifted
from studio.teaching import lessons
from studio.world import MOST_DRAWN, PERSON, TIE, WORD, World

SMALL = Setup(members=60, weeks=6)


def last(session, name):
    return session.worlds[name].rows[-1]


def header(frame):
    (length,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + length]), frame[4 + length :]


def test_it_is_the_model_of_a_run():
    session = Session(SMALL, 42)
    for name in ("A", "B"):
        done = run(SMALL.scenario(name), SMALL.seed_of(0), observe_every=7)
        assert {key: series[-1] for key, series in done.series.items()} == pytest.approx(
            last(session, name), nan_ok=True
        )


def test_one_person_is_in_both_worlds():
    session = Session(SMALL, 42)
    a, b = (session.worlds[name] for name in ("A", "B"))
    one, other = a.community.members.view, b.community.members.view
    both = np.intersect1d(one.key, other.key)
    assert both.size >= 60
    i, j = (np.array([np.flatnonzero(m.key == key)[0] for key in both]) for m in (one, other))
    for trait in ("topic", "second", "expertise", "drive", "touchpoint"):
        assert np.array_equal(getattr(one, trait)[i], getattr(other, trait)[j]), trait
    a._settle(), b._settle()
    assert np.array_equal(a.places[i], b.places[j])
    assert not np.array_equal(one.passion[i], other.passion[j])  # what they live through differs


def test_moves_are_the_run():
    """Moved by hand, or founded from the state that this left: the same numbers; and a reset starts from there."""
    session = Session(SMALL)
    session.advance(10)
    session.change("A", SLIDER, 0.9)
    session.change("B", "norms.civility.temptation", -1)
    session.advance(20)
    again = Session(Setup.model_validate_json(session.setup.model_dump_json()), 30)
    assert all(last(session, name) == pytest.approx(last(again, name), nan_ok=True) for name in ("A", "B"))
    assert last(session, "A") != pytest.approx(last(Session(SMALL, 30), "A"), nan_ok=True)
    session.reset()
    assert session.day == 0 and not session.setup.moves
    assert session.setup.A.values[SLIDER] == 0.9 and session.slider["A"] == pytest.approx(0.9)


def test_a_change_acts_on_the_running_community():
    session = Session(SMALL)
    session.advance(3)
    community = session.worlds["A"].community
    assert not session.change("A", SLIDER, 1.0)
    session.advance(1)
    assert session.worlds["A"].community is community and community.day == 4
    assert community.team[1].weekly["publish"] == 0.0


def test_what_day_0_laid_down_starts_again():
    session = Session(SMALL)
    session.advance(3)
    assert session.change("A", "community.topics", 4) and session.day == 0
    assert session.worlds["A"].community.scenario.community.topics == 4


def test_a_bad_change_changes_nothing():
    session = Session(SMALL)
    session.advance(3)
    before = session.setup
    for key, value in (
        ("ties.gian", 0.1), ("ties.gain", "much"), ("ties.gain", True), ("strategy.codify", 1), ("team", "x"),
        ("places.home", "moon"), ("team.0.hats", "crown"), ("team.9.hats", "community"), ("strategy.hours.sleep", 0.1),
        ("norms.civility.breach", "murder"),
    ):  # fmt: skip
        with pytest.raises(ScenarioError):
            session.change("A", key, value)
        assert session.setup is before, key
    session.advance(1)


def test_values_are_clipped_to_the_schema():
    scenario = load("baseline")
    assert clipped(scenario, "ties.gain", 99) == 0.2 and clipped(scenario, "ties.gain", -1) == 0.03
    assert clipped(scenario, "ties.slots", 7.4) == 7 and clipped(scenario, SLIDER, 3) == 1.0
    assert clipped(scenario, "team.1.hats", "social,community") == "community, social"


@pytest.mark.parametrize("name", shipped())
def test_the_slider_moves_hours_and_nothing_else(name):
    start = load(name)
    before = facilitation(start)
    for share in (0.0, 0.3, 1.0):
        try:
            moved = resolve(Side(scenario=name), {SLIDER: share}, 300, 364)
        except ScenarioError as error:
            assert "wears a hat" in str(error)
            continue
        assert facilitation(moved) == pytest.approx(share)
        assert sum(moved.strategy.hours.values()) == pytest.approx(sum(start.strategy.hours.values()))
        assert moved.strategy.hours.get("act") == start.strategy.hours.get("act")
    if 0 < before < 1:
        same = shifted(start, before)
        assert all(start.strategy.hours.get(key.split(".")[2], 0.0) == pytest.approx(v) for key, v in same.items())
    again = resolve(Side(scenario="mine", text=toml_of(start)), {}, start.community.members, start.community.days)
    assert again.digest() == start.digest()


def test_a_scenario_without_hours_is_saved_without_hours():
    idle = settled(load("baseline"), {"strategy.hours": {}})
    again = resolve(Side(scenario="mine", text=toml_of(idle)), {}, idle.community.members, idle.community.days)
    assert again.strategy.hours == {} and again.digest() == idle.digest()


def test_a_scenario_of_strange_words_survives_its_file():
    """What a person may type as a name or a question is written so that it is read again as it was."""
    start = load("baseline")
    table = start.resolved() | {"name": 'a "b" \\ ]', "question": "line\nline \x7f \u2028 é = [x]"}
    again = resolve(Side(scenario="mine", text=toml_of(validated(table, {}, "here"))), {}, 60, 42)
    assert (again.name, again.question) == (table["name"], table["question"])


def test_a_file_may_not_lean_on_other_files():
    for text, said in (
        ('base = "/etc/passwd"\nquestion = "x"', "not a shipped"),
        ("x = [", "TOML"),
        ("[ties]\ngain = 9", "0.03 to 0.2"),
    ):
        with pytest.raises(ScenarioError, match=said) as caught:
            resolve(Side(scenario="mine", text=text), {}, 60, 42)
        assert "/tmp" not in str(caught.value)


def test_a_frame_holds_what_it_says():
    session = Session(SMALL, 20)
    session.chosen = 5
    head, data = header(session.frame(14))
    assert head["day"] == 20 and [row[0] for row in head["rows"]] == list(range(14, 21))
    kinds = (("people", PERSON), ("ties", TIE), ("words", WORD))
    size = sum(kind.itemsize * side[what] for side in head["sides"].values() for what, kind in kinds)
    assert len(data) == size and head["cards"]["A"]["topic"] == head["cards"]["B"]["topic"]
    shown = dict(zip(SHOWN, head["rows"][-1][1], strict=True))
    assert shown["intimacy"] == pytest.approx(last(session, "A")["intimacy"], rel=1e-6)


def test_ties_drawn_are_those_that_both_feel():
    from sim.run import network

    world = Session(SMALL, 42).worlds["B"]
    counts, data = world.picture()
    ties = np.frombuffer(data, TIE, counts["ties"], PERSON.itemsize * counts["people"])
    known = network(world.community)
    pairs = {tuple(known.key[[i, j]].tolist()) for i, j in zip(known.source, known.target, strict=True)}
    key = np.frombuffer(data, PERSON, counts["people"])["key"]
    assert pairs and {(key[t["source"]], key[t["target"]]) for t in ties if t["strength"]} == pairs


def test_who_has_left_is_drawn_as_missing():
    """A speck stays, without a line, as long as there is room: those who are there come first."""
    world = World(Setup(members=60), "A")
    for _ in range(120):
        world.step()
    counts, data = world.picture()
    people = np.frombuffer(data, PERSON, counts["people"])
    ties = np.frombuffer(data, TIE, counts["ties"], people.nbytes)
    gone = np.flatnonzero(people["stage"] == Stage.LEFT)
    assert gone.size and people.size - gone.size == counts["members"] == world.community.current
    assert not np.isin(gone, [ties["source"], ties["target"]]).any()
    crowded = World(Setup(members=900), "A")
    stage = crowded.community.members.view.stage
    stage[::2] = Stage.LEFT
    assert crowded.drawn().size == MOST_DRAWN and (stage[crowded.drawn()] != Stage.LEFT).sum() == 450


def test_a_changed_side_is_a_file_of_its_own_name():
    session = Session(SMALL)
    assert session.toml("A").startswith('name = "A"\n')
    untouched = Session(Setup(A=Side(scenario="broadcast"), members=60, weeks=1))
    assert untouched.toml("A").startswith('name = "broadcast"\n')


def test_no_more_members_are_drawn_than_can_be_seen():
    world = World(Setup(members=900), "A")
    assert world.drawn().size == MOST_DRAWN < world.community.current
    assert np.array_equal(world.drawn(), World(Setup(members=900), "B").drawn())


def test_the_command_on_the_screen_gives_the_numbers_on_the_screen(tmp_path, capsys):
    session = Session(SMALL, 42)
    command = session.command().split()
    assert command[:4] == ["hearth", "compare", "A.toml", "B.toml"]
    (tmp_path / "A.toml").write_text(session.toml("A"))
    assert command[-3:] == ["--one-world", "--replicates", "30"]
    said = [*command[4:-3], "--replicates", "1", "--json", "--quiet"]
    assert main(["run", str(tmp_path / "A.toml"), *said]) == 0
    said = {key: measure["mean"] for key, measure in json.loads(capsys.readouterr().out)["measures"].items()}
    shown = session.last()["A"]
    known = {key: value for key, value in shown.items() if value is not None}
    assert said.keys() == shown.keys() and len(known) > 10
    assert {key: value for key, value in said.items() if value is not None} == pytest.approx(known, rel=1e-5)


def test_replay_repeats_a_steered_run(tmp_path, capsys):
    session = Session(SMALL)
    session.advance(8)
    session.change("A", SLIDER, 0.6)
    session.advance(20)
    assert session.command() == "hearth replay hearthside.json"
    path = tmp_path / "hearthside.json"
    path.write_text(session.json())
    replay(path, as_json=True)
    assert forms.Replay.model_validate_json(capsys.readouterr().out).same
    saved = json.loads(session.json())
    saved["last"]["A"]["intimacy"] *= 1.01
    path.write_text(json.dumps(saved))
    replay(path, as_json=True)
    assert json.loads(capsys.readouterr().out)["same"] is False


def test_many_seeds_live_through_the_same_moves():
    setup = SMALL.model_copy(update={"moves": [Move(day=10, side="A", key=SLIDER, value=0.9)]})
    runs = {
        name: [spread.carry_out(spread.Task(setup, name, replicate, name)) for replicate in range(2)]
        for name in ("A", "B")
    }
    assert runs["A"][0]["intimacy"][-1] == pytest.approx(last(Session(setup, 42), "A")["intimacy"])
    found = spread.summary(runs, SHOWN)
    assert found["seeds"] == 2 and len(found["measures"]["reach"]["A"]["band"][0]) == 7


def test_the_summary_by_hand():
    runs = {"A": [{"x": [0.0, 1.0]}, {"x": [0.0, 5.0]}], "B": [{"x": [0.0, 2.0]}, {"x": [0.0, 5.0]}]}
    found = spread.summary(runs, ("x",))["measures"]["x"]
    assert found["A"]["wins"] == 0.0 and found["B"]["wins"] == 0.5  # a tie is nobody's
    assert found["A"]["band"][1][-1] == 3.0 and found["A"]["last"] == [1.0, 5.0]


def test_what_differs_is_told_with_hours_and_whether_the_world_is_the_same():
    host, publish = "strategy.hours.host", "strategy.hours.publish"
    a, b = {host: 0.2, publish: 0.14}, {host: 0.1, publish: 0.24, "strategy.codify": False}
    session = Session(SMALL.model_copy(update={"A": Side(values=a), "B": Side(values=b)}))
    state = session.state()
    assert [(row["key"], row["A"], row["B"]) for row in state["differs"]] == [
        ("strategy.hours.host", 4.0, 2.0),
        ("strategy.hours.publish", 2.8, 4.8),
        ("strategy.codify", True, False),
    ]
    assert state["differs"][-1]["about"].startswith("staff write down") and state["differs"][0]["unit"] == "hours"
    assert state["same_world"]
    apart = Session(SMALL.model_copy(update={"B": Side(scenario="tiny_startup")})).state()
    assert not apart["same_world"] and any(row["key"].startswith("community.") for row in apart["differs"])


def test_what_a_page_is_told_first():
    said = hello()
    assert [measure["key"] for measure in said["measures"]] == list(SHOWN)
    assert {one["name"] for one in said["strategies"] + said["worlds"]} == set(shipped())


def test_the_built_page_is_there():
    assert {"index.html", "app.js", "app.css", "icon.svg"} <= {path.name for path in STATIC.iterdir()}


def test_the_frame_that_the_page_is_tested_with():
    """studio/web/test holds a frame by this encoder for the page's own test; renew it by running this file."""
    frame, said = specimen()
    folder = STATIC.parent / "web/test"
    assert (folder / "frame.bin").read_bytes() == frame, "renew: python -m tests.test_studio_session"
    assert json.loads((folder / "frame.json").read_text()) == said


def specimen():
    """A frame made by hand (so that no change of the model changes it), and what is in it."""
    rng = np.random.default_rng(1)
    data, said = b"", {"day": 9}
    sides = {}
    for name in ("A", "B"):
        people, ties, words = (np.zeros(n, kind) for n, kind in ((5, PERSON), (3, TIE), (2, WORD)))
        people["key"], people["stage"] = [0, 1, 2**41 + 3, 4, 5], rng.integers(0, 5, 5)
        ties["source"], ties["target"], ties["strength"] = [0, 1, 2], [1, 3, 4], [1, 128, 255]
        words["member"] = [2, 4]
        data += people.tobytes() + ties.tobytes() + words.tobytes()
        sides[name] = {"people": 5, "ties": 3, "words": 2, "sent": [0], "members": 5, "team": []}
        said[name] = {
            "key": people["key"].tolist(), "stage": people["stage"].tolist(), "source": ties["source"].tolist(),
            "target": ties["target"].tolist(), "words": words["member"].tolist(),
        }  # fmt: skip
    text = json.dumps({"type": "frame", "day": 9, "slider": {"A": 0.1, "B": 0.9}, "rows": [], "sides": sides}).encode()
    return struct.pack("<I", len(text)) + text + data, said


if __name__ == "__main__":
    made, meant = specimen()
    (STATIC.parent / "web/test/frame.bin").write_bytes(made)
    (STATIC.parent / "web/test/frame.json").write_text(json.dumps(meant))


def test_the_page_to_keep_stays_small_and_overwrites_nothing(tmp_path, monkeypatch):
    tiny = keeping.Grid((0.1, 0.9), ("baseline",), members=20, weeks=1, lessons=0)
    file = tmp_path / "new" / "kept.html"
    keeping.write(file, print, tiny)
    text = file.read_text(encoding="utf-8")
    assert "static/" not in text and not re.search(r"https?://(?!www\.w3\.org)", text.split('id="recording"')[0])
    with pytest.raises(StoreError, match="name a new file"):
        keeping.write(file, print, tiny)
    assert file.read_text(encoding="utf-8") == text
    monkeypatch.setattr(keeping, "LARGEST", 1000)
    with pytest.raises(RuntimeError, match="less than 1,000"):
        keeping.page(tiny)


def test_the_page_to_keep_says_which_runs_it_has():
    grid = keeping.USUAL
    assert set(grid.worlds) <= set(choices.worlds()) and grid.lessons == len(lessons())
    steps = {round(b - a, 6) for a, b in zip(grid.shares, grid.shares[1:], strict=False)}
    assert len(steps) == 1  # the slider of the page has equal steps
