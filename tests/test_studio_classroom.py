"""A class: who comes in, what a learner cannot do, what is kept; and forty learners at once (ten minutes of it:
`python -m tests.classroom`)."""

import json
import re
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from sim.given import BadInput
from studio.classroom import address, messages
from studio.classroom.sockets import MOST_WORDS, qr
from studio.classroom.state import AWAY, SIGNS, Folder, Refused, Register, Tries, new, tidy
from studio.classroom.worlds import Pair
from studio.messages import BadMessage
from studio.session import Session
from studio.setup import Setup
from studio.teaching import lessons
from tests.classroom import Browser, Learner, held, memory
from tests.studio_server import studio

SHORT = "6-listening"  # where it should fail it lasts five weeks


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def register():
    made = Register(new(), 2, Clock())
    made.open("1-loud", False)
    return made


def test_a_code_is_short_and_kept_apart_from_what_looks_like_it():
    codes = {new().code for _ in range(200)}
    assert len(codes) == 200 and not set("".join(codes)) & set("01OILSU") and len(SIGNS) ** 5 > 10**7
    assert tidy(" bc2-d3 ") == "BC2D3"


def test_the_code_is_needed(register):
    with pytest.raises(Refused, match="not the code"):
        register.join("00000", "a")
    number, token = register.join(register.kept.code.lower(), "a")
    assert number == 1 and register.back(token, "a") == 1
    assert token not in register.kept.model_dump_json()  # who reads the file cannot sit down with it
    with pytest.raises(Refused, match="does not know you"):
        register.back(register.kept.seats[0].mark, "a")


def test_guessing_is_limited_by_address_and_in_all():
    clock = Clock()
    tries = Tries(one=3, together=5, seconds=60, clock=clock)
    for _ in range(3):
        tries.check("a"), tries.note("a")
    with pytest.raises(Refused, match="wait 60 seconds"):
        tries.check("a")
    tries.check("b"), tries.note("b"), tries.note("c")
    with pytest.raises(Refused, match="too many"):
        tries.check("d")
    clock.now = 61.0
    tries.check("a")


def test_a_full_class_says_so_and_who_went_makes_room(register):
    for _ in range(2):
        register.came(register.join(register.kept.code, "a")[0])
    register.bet(1, 0)
    with pytest.raises(Refused, match="full: 2 are here"):
        register.join(register.kept.code, "a")
    register.went(1)
    with pytest.raises(Refused, match="full"):  # a page that is loaded again has not gone
        register.join(register.kept.code, "a")
    register.clock.now = AWAY
    assert register.join(register.kept.code, "a")[0] == 1 and register.seat(1).bet is None


def test_bets_are_taken_while_they_are_open_and_for_what_there_is(register):
    number, _ = register.join(register.kept.code, "a")
    register.bet(number, 0), register.bet(number, 2)
    assert register.bets() == [0, 0, 1] and register.says() == {number: "neither"}
    with pytest.raises(Refused, match="none of the answers"):
        register.bet(number, 3)
    register.kept.phase = "run"
    with pytest.raises(Refused, match="closed"):
        register.bet(number, 0)
    register.open("1-loud", True)
    assert register.bets() == [0, 0, 0] and register.kept.failing
    with pytest.raises(Refused, match="none of that name"):
        register.open("../x", False)


def test_what_is_kept_is_checked_like_what_comes_from_strangers(tmp_path):
    folder = Folder(tmp_path)
    assert folder.load() is None and not list(tmp_path.iterdir())  # nothing is made before there is a class
    folder.take()
    assert folder.path.stat().st_mode & 0o77 == 0
    good = new().model_dump()
    folder.save(json.dumps(good))
    with pytest.raises(BadInput, match="another command .* with --keep"):
        Folder(tmp_path).load()
    folder.hold.close()
    seat = {"number": 1, "mark": "0" * 64, "bet": None}
    for change in ({"week": 900}, {"phase": "run"}, {"lesson": "x"}, {"code": "AAAAA"}, {"seats": [seat, seat]},
                   {"seats": [{**seat, "bet": 1}]}, {"lesson": "1-loud", "phase": "bet", "seats": [{**seat, "bet": 3}]},
                   {"names": ["x"]}, {"lesson": SHORT, "failing": True, "phase": "run", "week": 6}):  # fmt: skip
        text = json.dumps({**good, **change})
        folder.file.write_text(text)
        with pytest.raises(BadInput, match="choose another folder with --keep"):
            folder.load()
        assert folder.file.read_text() == text
    other = folder.path / "mine.txt"
    other.write_text("x")
    folder.delete()
    assert not folder.file.exists() and other.exists()


def test_a_learner_lives_what_the_same_run_is_elsewhere():
    setup = Setup(members=40, weeks=3)
    pair = Pair(setup, 7, ["exchanges"])
    for _ in range(4):
        pair.live()
    other = Session(setup.model_copy(update={"weeks": 3}))
    other.worlds = {name: type(world)(setup, name, 7) for name, world in other.worlds.items()}
    other.advance(21)
    for name in ("A", "B"):
        assert pair.worlds[name].rows[-1] == pytest.approx(other.worlds[name].rows[-1], nan_ok=True)
        assert pair.worlds[name].picture() == other.worlds[name].picture()


def test_addresses():
    assert address.on_network("localhost") is address.on_network("127.0.0.1") is address.on_network("::1") is None
    assert address.on_network("192.168.1.7") == "192.168.1.7"
    found = address.on_network("0.0.0.0")
    assert found is None or (address.is_address(found) and not address.is_loopback(found))


def test_without_a_network_there_is_no_address(monkeypatch):
    def unreachable(*_):
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    assert address.on_network("0.0.0.0") is None


def test_a_qr_code_is_an_svg():
    assert qr("http://192.168.1.7:8765/join#code=BC2D3").startswith("<svg") and "script" not in qr("x")


@given(
    noise=st.binary(max_size=60), key=st.sampled_from(["week", "seats", "code", "x"]), value=st.integers() | st.text()
)
def test_any_kept_file_is_read_or_refused(tmp_path_factory, noise, key, value):
    folder = Folder(tmp_path_factory.mktemp("kept"))
    folder.path.mkdir()
    for text in (noise, json.dumps({**new().model_dump(), key: value}).encode(), b"[" * 9000):
        folder.file.write_bytes(text)
        try:
            folder.load()
        except BadInput:
            continue
    folder.hold.close()


WORD = st.dictionaries(
    st.sampled_from(["do", "key", "code", "token", "choice", "name", "failing", "speed", "more"]),
    st.none() | st.integers() | st.floats() | st.text(max_size=70) | st.sampled_from(["teach", "join", "bet", "play"]),
)


@given(message=WORD, text=st.text(max_size=30))
def test_any_word_is_read_or_refused(message, text):
    for kinds in (messages.First, messages.OfLearner, messages.OfTeacher):
        for said in (json.dumps(message), text, text.encode(), "x" * (messages.LARGEST + 1)):
            try:
                messages.read(said, kinds)
            except BadMessage:
                continue


# Over sockets


@pytest.fixture
def teacher(running):
    made = Browser(running, do="teach", key=running.key)
    made.say(do="open")
    made.until(open=True)
    yield made
    made.say(do="end")
    made.until(open=False)
    made.close()


def test_a_learner_cannot_do_what_the_teacher_can(running, teacher):
    code = teacher.last["class"]["code"]
    for word in ({"do": "teach", "key": "x" * 24}, {"do": "join", "code": "AAAAA"}, {"do": "back", "token": "x"},
                 {"do": "bet", "choice": 0}, {"do": "open"}, {"do": "lesson", "name": SHORT}):  # fmt: skip
        stranger = Browser(running, **word)
        assert stranger.hear()["type"] == "refused"
        with pytest.raises(ConnectionClosed):
            stranger.hear()
    learner = Browser(running, do="join", code=code)
    said = learner.until(open=True)
    assert not {"code", "folder", "join", "qr"} & set(said) and running.key not in json.dumps(learner.last)
    for does in ("play", "pause", "end", "open", "teach", "lesson", "bet"):
        learner.say(do=does, **{"teach": {"key": running.key}, "lesson": {"name": SHORT}}.get(does, {"choice": 0}))
        assert learner.hear("error")["message"]
    teacher.say(do="lesson", name=SHORT)
    told = learner.until(phase="bet")
    lesson = lessons()[SHORT]
    assert lesson.claim not in json.dumps(told) and lesson.bet.choices[0].reply not in json.dumps(told)
    assert told["bets"] is None and teacher.until(phase="bet")["bets"] is None
    with pytest.raises(ConnectionClosed):  # who floods is let go, here before it has heard why
        for _ in range(3 * MOST_WORDS):
            learner.say(do="bet", choice=1)
        while learner.hear():
            pass


def test_the_newest_page_of_a_learner_counts(running, teacher):
    learner = Browser(running, do="join", code=teacher.last["class"]["code"])
    token = learner.hear("seat")["token"]
    again = Browser(running, do="back", token=token)
    assert again.until(open=True)["number"] == 1 and learner.hear("ended")["why"] == "other"
    assert again.last["class"]["here"] == 1
    again.close()
    assert teacher.until(here=0)["seats"] == 1


def test_forty_learners_bet_live_and_are_settled_together(running, teacher):
    class_of = [Learner(running, teacher.last["class"]["code"]) for _ in range(40)]
    late = Browser(running, do="join", code=teacher.last["class"]["code"])
    assert "full: 40 are here" in late.hear()["message"]
    before = memory(running.process)
    said = held(teacher, SHORT, failing=True, during=class_of[3].reload)
    assert said["here"] == said["made"] == said["lived"] == 40 and said["bets"] == [13, 14, 13]
    assert len(said["settled"]["ends"]) == said["settled"]["of"] == sum(said["settled"]["ahead"].values()) == 40
    ends = said["settled"]["ends"].values()
    assert said["settled"]["right"] == sum(
        said["lesson"]["choices"][n % 3]["says"] == end[2] for n, end in enumerate(ends, 1)
    )
    lines = teacher.hear("spread")["measures"]["experience"]
    assert len(lines) == 40 and all(len(line["A"]) == 6 for line in lines)
    for one in class_of:
        one.seen(35)
        one.leave()
        mine = one.last["class"]
        assert mine["phase"] == "done" and mine["bet"] == one.number % 3 and one.drops == 0
        assert one.pictures > 0 and one.last["frame"]["day"] == 35
        assert one.last["frame"]["series"]["experience"]["A"] == lines[one.number - 1]["A"]
    assert memory(running.process) - before < 500


def test_a_class_is_as_it_was_after_the_server_was_killed(tmp_path):
    with studio(keep=tmp_path) as first:
        teacher = Browser(first, do="teach", key=first.key)
        teacher.say(do="open")
        code = teacher.until(open=True)["code"]
        learner = Learner(first, code)
        before = held(teacher, SHORT, failing=True)
        learner.seen(35)
        first.process.kill()
        learner.done = True
        learner.thread.join(20)
    assert re.search(r'"phase": ?"done"', (tmp_path / "hearthside-class/class.json").read_text())
    with studio(keep=tmp_path) as second:
        assert second.key == first.key
        teacher, back = Browser(second, do="teach", key=first.key), Browser(second, do="back", token=learner.token)
        said = back.until(phase="done")
        while not said["settled"]:
            said = back.hear("class")
        assert (said["settled"], said["bet"]) == (before["settled"], 1)
        assert back.hear("frame")["series"] == learner.last["frame"]["series"]
        teacher.say(do="end")
        assert back.hear("ended")["why"] == "over" and teacher.until(open=False)
        assert list(tmp_path.iterdir()) == []
